//! Sessions: text and binds in, rows or Oracle's error out.

use std::collections::HashMap;

use super::bind::{Units, syntax_error};
use super::catalogue::Authority;
use super::database::Database;
use super::error::{OracleError, Outcome as Answer, fail};
use super::functions::Facts;
use super::halt::Halt;
use super::language::ast::{Statement, StatementKind};
use super::language::{self, Dialect};
use super::plan::OutputColumn;
use super::plsql::compile_block;
use super::run::{Machine, Output};
use super::storage::Store;
use super::values::{Type, Value};

/// Whether a statement may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A query.
    Read,
    /// Anything else.
    Write,
}

/// The direction of a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindMode {
    /// Into the statement.
    In,
    /// Out of it.
    Out,
    /// Both.
    InOut,
}

/// What a client says of its session, as V$SESSION shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// The program or part of it.
    Module,
    /// What it does.
    Action,
    /// Who the user is to the application.
    ClientIdentifier,
    /// Anything else.
    ClientInfo,
}

/// A bind variable.
#[derive(Clone, Debug)]
pub struct BindValue {
    /// Its name without colon; none to bind by position.
    pub name: Option<String>,
    /// Its type.
    pub of: Type,
    /// Its direction.
    pub mode: BindMode,
    /// Its value; replaced by what comes out.
    pub value: Value,
}

/// What kind of statement ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// A query.
    Query,
    /// INSERT, UPDATE, DELETE, MERGE.
    Dml,
    /// A PL/SQL block or CALL.
    Plsql,
    /// CREATE, ALTER, DROP, GRANT and so on.
    Ddl,
    /// COMMIT, ROLLBACK, SAVEPOINT.
    Transaction,
    /// ALTER SESSION, SET ROLE.
    Session,
}

/// A column of a result.
#[derive(Clone, Debug)]
pub struct ColumnMeta {
    /// Its name.
    pub name: String,
    /// Its type.
    pub of: Type,
    /// The name of the type as the dictionary writes it.
    pub type_name: String,
    /// Digits of a number, length of a text; 0 where there is no limit.
    pub precision: u32,
    /// The scale of a number.
    pub scale: i32,
    /// Whether it can be NULL.
    pub nullable: bool,
}

/// Rows.
#[derive(Clone, Debug)]
pub struct ResultSet {
    /// The columns.
    pub columns: Vec<ColumnMeta>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
}

/// What a statement answered.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it was.
    pub kind: OutcomeKind,
    /// The rows of a query.
    pub rows: Option<ResultSet>,
    /// The count of rows changed.
    pub affected: u64,
    /// The line SQL*Plus would print.
    pub feedback: String,
    /// What a block does with each of its binds: a property of the block, not of the run.
    pub directions: Vec<BindMode>,
    /// The rows that RETURNING … INTO gives.
    pub returned: Vec<Vec<Value>>,
}

/// A session. Dropping it rolls back.
#[derive(Debug)]
pub struct Session {
    machine: Box<Machine>,
    sid: i64,
}

pub(crate) fn column_meta(column: &OutputColumn) -> ColumnMeta {
    let (precision, scale) = match &column.of {
        Type::Number(precision, scale) => (
            precision.map_or(0, u32::from),
            scale.map_or(if precision.is_some() { 0 } else { -127 }, i32::from),
        ),
        Type::Varchar { length, .. } | Type::Raw(length) => (length.unwrap_or(4000), 0),
        Type::Char { length, .. } => (*length, 0),
        Type::Null => (1, 0),
        _ => (0, 0),
    };
    let type_name = match &column.of {
        Type::Timestamp(_) => "TIMESTAMP".to_owned(),
        Type::TimestampTz(_) => "TIMESTAMP WITH TIME ZONE".to_owned(),
        Type::Integer => "NUMBER".to_owned(),
        other => other.catalogue_name(),
    };
    ColumnMeta {
        name: column.name.clone(),
        of: column.of.clone(),
        type_name,
        precision,
        scale,
        nullable: column.nullable,
    }
}

impl Session {
    pub(crate) fn open(database: &Database, user: &str) -> Answer<Self> {
        let store = Store::open(&database.shared.path, false)?;
        let (sid, _) = database.shared.enter(user);
        let machine = Machine {
            store,
            shared: database.shared.clone(),
            catalogue: database.shared.catalogue().unwrap_or_default(),
            units: Units::default(),
            facts: Facts {
                session_user: user.to_owned(),
                current_user: user.to_owned(),
                current_schema: user.to_owned(),
                session_id: sid,
                ..Facts::default()
            },
            authority: Authority { user: user.to_owned(), roles: true },
            rows: Vec::new(),
            prior: None,
            frames: Vec::new(),
            binds: Vec::new(),
            packages: HashMap::new(),
            cursors: HashMap::new(),
            next_cursor: 0,
            caches: Vec::new(),
            output: Output::default(),
            files: crate::sandbox::oracle::packages::Files::default(),
            implicit: None,
            handled: Vec::new(),
            raised: None,
            in_sql: 0,
            in_trigger: 0,
            current_values: HashMap::new(),
            savepoints: Vec::new(),
            next_savepoint: 0,
            temporary: std::collections::HashSet::new(),
            random: 88_172_645_463_325_252,
            pump: super::pump::Desk::default(),
            halt: Halt::default(),
        };
        let mut session = Self { machine: Box::new(machine), sid };
        session.machine.refresh_catalogue()?;
        let catalogue = session.machine.catalogue.clone();
        if user != "SYS" {
            if catalogue.schema(user).is_none() {
                return fail(1017, &[]);
            }
            if !catalogue.has_system(&session.machine.authority, "CREATE SESSION") {
                return fail(1045, &[user]);
            }
        }
        let setting = |name: &str| catalogue.settings.get(name).cloned().unwrap_or_default();
        session.machine.facts.database = setting("$PDB");
        session.machine.facts.identity = setting("$IDENTITY");
        session.machine.facts.service = format!("{}_tp.adb.oraclecloud.com", setting("$PDB").to_lowercase());
        session.machine.facts.nls.now = session.machine.now();
        Ok(session)
    }

    /// The machine, for the database's own work.
    pub(crate) fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// The user of the session.
    pub fn user(&self) -> &str {
        &self.machine.facts.session_user
    }

    /// The session's number, V$SESSION.SID.
    pub fn sid(&self) -> i64 {
        self.sid
    }

    /// The module set with `DBMS_APPLICATION_INFO`.
    pub fn module(&self) -> Option<&str> {
        self.machine.facts.module.as_deref()
    }

    /// The action set with `DBMS_APPLICATION_INFO`.
    pub fn action(&self) -> Option<&str> {
        self.machine.facts.action.as_deref()
    }

    /// Commits.
    pub fn commit(&mut self) -> Answer<()> {
        self.machine.commit()
    }

    /// Rolls back.
    pub fn rollback(&mut self) -> Answer<()> {
        self.machine.rollback()
    }

    /// Sets the schema unqualified names are looked up in.
    pub fn set_current_schema(&mut self, schema: &str) -> Answer<()> {
        if self.machine.catalogue.schema(schema).is_none() {
            return fail(1435, &["user does not exist"]);
        }
        schema.clone_into(&mut self.machine.facts.current_schema);
        Ok(())
    }

    /// Has what runs here stop when somebody else wants that.
    pub fn set_halt(&mut self, halt: Halt) {
        self.machine.shared.change_session(self.sid, |live| live.halt = halt.clone());
        self.machine.halt = halt;
    }

    /// The session's number and serial number.
    pub fn number(&self) -> (i64, i64) {
        let live = self.machine.shared.live();
        (self.sid, live.iter().find(|live| live.sid == self.sid).map_or(0, |live| live.serial))
    }

    /// Whether changes wait for their commit.
    pub fn in_transaction(&self) -> bool {
        self.machine.store.in_transaction() && !self.machine.store.is_untouched()
    }

    /// Notes what the client says of its session.
    pub fn set_attribute(&mut self, attribute: Attribute, value: Option<&str>) {
        super::packages::set_attribute(&mut self.machine, attribute, value);
    }

    /// The rows left in a cursor that a block gave out; it is closed here with that.
    pub fn take_cursor(&mut self, number: u64) -> Option<ResultSet> {
        let state = self.machine.cursors.remove(&number)?;
        let columns = state.columns.iter().map(column_meta).collect();
        Some(ResultSet { columns, rows: state.rows.into_iter().skip(state.at).collect() })
    }

    /// The columns of a query, which is bound and not run; nothing for what is no query.
    ///
    /// # Errors
    /// Oracle's error about the text.
    pub fn describe(&mut self, text: &str) -> Answer<Option<Vec<ColumnMeta>>> {
        self.machine.reset();
        self.machine.refresh_catalogue()?;
        let statement =
            language::parse_statement(text, Dialect::default()).map_err(|error| syntax_error(&error))?;
        let StatementKind::Query(query) = &statement.kind else { return Ok(None) };
        let (names, _) = super::plsql::placeholders(text);
        let mut binder = self.machine.binder(text);
        binder.binds.names = names.into_iter().map(|name| (name, Type::TEXT)).collect();
        let plan = binder.query(query).map_err(clean)?;
        Ok(Some(plan.columns.iter().map(column_meta).collect()))
    }

    /// Switches `DBMS_OUTPUT` on, as SET SERVEROUTPUT ON does.
    pub fn enable_dbms_output(&mut self) {
        self.machine.output.enabled = true;
        self.machine.output.limit = None;
    }

    /// Takes the lines `DBMS_OUTPUT` holds.
    pub fn take_dbms_output(&mut self) -> Vec<String> {
        self.machine.output.size = 0;
        self.machine.output.lines.drain(..).collect()
    }

    /// Binds and runs one statement or block; OUT binds get their values.
    ///
    /// # Errors
    /// Oracle's error with its whole stack; nothing of the statement remains then.
    pub fn execute(&mut self, text: &str, binds: &mut [BindValue]) -> Answer<Outcome> {
        let killed = self.machine.shared.live().iter().any(|live| live.sid == self.sid && live.killed);
        if killed {
            return fail(28, &["your session has been killed"]);
        }
        self.machine.reset();
        self.machine.refresh_catalogue()?;
        let (open, changes) = (self.machine.store.in_transaction(), self.machine.store.changes());
        self.machine.shared.change_session(self.sid, |live| live.at_work = true);
        let result = self.run(text, binds);
        self.machine.shared.change_session(self.sid, |live| live.at_work = false);
        let untouched = result.is_err() || self.machine.store.changes() == changes;
        if !open && untouched && self.machine.savepoints.is_empty() {
            // Nothing was changed: no lock is kept that other sessions would wait for.
            self.machine.rollback()?;
        }
        self.machine.reset();
        result.map_err(clean)
    }

    fn run(&mut self, text: &str, binds: &mut [BindValue]) -> Answer<Outcome> {
        let statement =
            language::parse_statement(text, Dialect::default()).map_err(|error| syntax_error(&error))?;
        let (names, order) = match &statement.kind {
            StatementKind::Query(_)
            | StatementKind::Insert(_)
            | StatementKind::Update(_)
            | StatementKind::Delete(_)
            | StatementKind::Merge(_)
            | StatementKind::Block(_)
            | StatementKind::Call { .. } => super::plsql::placeholders(text),
            _ => (Vec::new(), Vec::new()),
        };
        let by_name = binds.iter().all(|bind| bind.name.is_some());
        let mut of_name = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let found = if by_name {
                binds.iter().position(|bind| {
                    bind.name
                        .as_ref()
                        .is_some_and(|given| given.trim_start_matches(':').eq_ignore_ascii_case(name))
                })
            } else {
                Some(at).filter(|at| *at < binds.len())
            };
            of_name.push(found.ok_or_else(|| OracleError::new(1008, &[]))?);
        }
        if binds.len() > names.len() {
            return fail(1036, &[]);
        }
        let typed: Vec<(String, Type)> =
            names.iter().zip(&of_name).map(|(name, at)| (name.clone(), binds[*at].of.clone())).collect();
        let values: Vec<Value> = of_name
            .iter()
            .map(|at| if binds[*at].mode == BindMode::Out { Value::Null } else { binds[*at].value.clone() })
            .collect();
        self.machine.binds.push(values);
        let mut result = self.dispatch(&statement, text, typed, &order);
        let values = self.machine.binds.pop().unwrap_or_default();
        if let Ok(outcome) = &mut result {
            let of_bind = |at: usize| of_name.iter().position(|name| *name == at);
            let modes = std::mem::take(&mut outcome.directions);
            let mode = |at: usize| of_bind(at).and_then(|name| modes.get(name)).copied();
            outcome.directions = (0..binds.len()).map(|at| mode(at).unwrap_or(BindMode::In)).collect();
            for (at, value) in of_name.into_iter().zip(values) {
                if binds[at].mode != BindMode::In {
                    binds[at].value = self.machine.convert(&value, &binds[at].of).unwrap_or(value);
                }
            }
        }
        result
    }

    fn dispatch(
        &mut self,
        statement: &Statement,
        text: &str,
        named: Vec<(String, Type)>,
        _: &[usize],
    ) -> Answer<Outcome> {
        let machine = &mut self.machine;
        match &statement.kind {
            StatementKind::Query(query) => {
                let plan = {
                    let mut binder = machine.binder(text);
                    binder.binds.names = named;
                    binder.query(query)?
                };
                machine.observe(text, Effect::Read);
                let rows = machine.run_query(&plan)?;
                let feedback = match rows.len() {
                    0 => "no rows selected".to_owned(),
                    1 => "1 row selected.".to_owned(),
                    count => format!("{count} rows selected."),
                };
                let columns = plan.columns.iter().map(column_meta).collect();
                Ok(Outcome {
                    kind: OutcomeKind::Query,
                    rows: Some(ResultSet { columns, rows }),
                    affected: 0,
                    feedback,
                    directions: Vec::new(),
                    returned: Vec::new(),
                })
            }
            StatementKind::Insert(_)
            | StatementKind::Update(_)
            | StatementKind::Delete(_)
            | StatementKind::Merge(_) => {
                let (count, returned) = machine.change_named(statement, text, named)?;
                let verb = match &statement.kind {
                    StatementKind::Insert(_) => "created",
                    StatementKind::Update(_) => "updated",
                    StatementKind::Delete(_) => "deleted",
                    _ => "merged",
                };
                let noun = if count == 1 { "row" } else { "rows" };
                Ok(Outcome {
                    kind: OutcomeKind::Dml,
                    rows: None,
                    affected: u64::try_from(count).unwrap_or(0),
                    feedback: format!("{count} {noun} {verb}."),
                    directions: Vec::new(),
                    returned,
                })
            }
            StatementKind::Block(block) => {
                let (unit, directions) = {
                    let mut binder = machine.binder(text);
                    binder.binds.names = named;
                    let unit = compile_block(&mut binder, block)?;
                    (unit, directions(&binder.binds.uses))
                };
                machine.observe(text, Effect::Write);
                machine.atomically(|machine| machine.run_unit(unit))?;
                Ok(Outcome {
                    kind: OutcomeKind::Plsql,
                    rows: None,
                    affected: 0,
                    feedback: "PL/SQL procedure successfully completed.".into(),
                    directions,
                    returned: Vec::new(),
                })
            }
            _ => machine.execute_other(statement, text),
        }
    }
}

impl Machine {
    /// Puts the machine back into the state between statements.
    pub(crate) fn reset(&mut self) {
        self.rows.clear();
        self.prior = None;
        self.frames.clear();
        self.binds.clear();
        self.caches.clear();
        self.handled.clear();
        self.raised = None;
        self.in_sql = 0;
        self.in_trigger = 0;
        self.authority = Authority { user: self.facts.session_user.clone(), roles: true };
        self.facts.current_user = self.facts.session_user.clone();
        self.facts.nls.now = self.now();
    }

    fn change_named(
        &mut self,
        statement: &Statement,
        text: &str,
        named: Vec<(String, Type)>,
    ) -> Answer<(i64, Vec<Vec<Value>>)> {
        let mut binder = self.binder(text);
        binder.binds.names = named;
        let (done, returning) = match &statement.kind {
            StatementKind::Insert(insert) => {
                let plan = binder.insert(insert)?;
                self.observe(text, Effect::Write);
                (self.insert(&plan)?, plan.returning)
            }
            StatementKind::Update(update) => {
                let plan = binder.update(update)?;
                self.observe(text, Effect::Write);
                (self.update(&plan)?, plan.returning)
            }
            StatementKind::Delete(delete) => {
                let plan = binder.delete(delete)?;
                self.observe(text, Effect::Write);
                (self.delete(&plan)?, plan.returning)
            }
            StatementKind::Merge(merge) => {
                let plan = binder.merge(merge)?;
                self.observe(text, Effect::Write);
                (self.merge(&plan)?, None)
            }
            _ => return fail(900, &[]),
        };
        let (count, mut rows) = done;
        let Some((_, targets)) = returning else { return Ok((count, Vec::new())) };
        for row in &mut rows {
            for (value, place) in row.iter_mut().zip(&targets.places) {
                *value = self.convert(value, &place.of)?;
            }
        }
        Ok((count, rows))
    }
}

/// What a block does with its binds, from how often each is read and whether something is put into it.
fn directions(uses: &[(u32, bool)]) -> Vec<BindMode> {
    let mode = |(reads, put): &(u32, bool)| match (reads, put) {
        (0, true) => BindMode::Out,
        (_, true) => BindMode::InOut,
        _ => BindMode::In,
    };
    uses.iter().map(mode).collect()
}

/// Removes the marks that kept a stack to one line a frame.
pub(super) fn clean(error: OracleError) -> OracleError {
    let mut text = error.text;
    while let Some(at) = text.find('\u{1}') {
        let digits = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        text.replace_range(at..at + 1 + digits, "");
    }
    OracleError { text, ..error }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.machine.rollback();
        if let Err(error) = super::pump::session_ended(&mut self.machine) {
            tracing::warn!(%error, "a session's jobs of Data Pump stay defined");
        }
        self.machine.shared.leave(self.sid);
    }
}
