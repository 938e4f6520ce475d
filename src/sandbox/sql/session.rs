//! A session of the sandbox's own database, as the surface wants it.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::answer::kind_of;
use super::backend::{Bind, BindMode, BindType, Column, Done, Rows, Seen, SqlError, SqlSession, Watch};
use super::engine::Scratch;
use super::value::Cell;
use crate::sandbox::oracle::{
    Attribute, BindMode as Mode, BindValue, Collection, ColumnMeta, Database, Effect, Halt, Key, Number,
    Observed, OracleError, Outcome, ResultSet, Session, Type, Value,
};

/// The longest VARCHAR2 of PL/SQL, in bytes.
const LONGEST_TEXT: u32 = 32_767;
/// The longest CHAR of SQL, in bytes.
const LONGEST_CHAR: u32 = 2000;

/// Whoever watches the statement that this thread runs, and that statement's text.
struct Watched {
    watch: Watch,
    text: String,
}

thread_local! {
    // The database reports statements on the thread that runs them, without saying for which session.
    static WATCHED: RefCell<Option<Watched>> = const { RefCell::new(None) };
}

/// Has a database report its statements to whoever watches on their thread.
pub(super) fn report(database: &Database) {
    database.set_observer(Some(Arc::new(|observed: &Observed| {
        WATCHED.with_borrow_mut(|watched| {
            let Some(Watched { watch, text }) = watched else { return };
            let inside = text.is_empty();
            // The first report is of the statement itself; those after it come from inside.
            text.clear();
            watch(&Seen {
                user: &observed.user,
                sql: &observed.sql,
                writes: observed.effect == Effect::Write,
                inside,
                module: observed.module.as_deref(),
                action: observed.action.as_deref(),
            });
        });
    })));
}

/// A session of one user.
pub(super) struct OracleSession {
    pub(super) session: Session,
    pub(super) watch: Watch,
    /// SET SERVEROUTPUT OFF: lines are not shown.
    muted: bool,
}

impl OracleSession {
    pub(super) fn new(session: Session, watch: Watch) -> Self {
        Self { session, watch, muted: false }
    }
}

impl SqlSession for OracleSession {
    fn execute(&mut self, text: &str, binds: &mut [Bind]) -> Result<Done, SqlError> {
        let mut values: Vec<BindValue> = binds.iter().map(bind_value).collect::<Result<_, _>>()?;
        WATCHED.set(Some(Watched { watch: Arc::clone(&self.watch), text: text.to_owned() }));
        let outcome = self.session.execute(text, &mut values);
        WATCHED.set(None);
        let outcome = outcome.map_err(sql_error)?;
        for (bind, value) in binds.iter_mut().zip(values) {
            if bind.mode != BindMode::In {
                bind.value = match value.value {
                    Value::Cursor(number) => {
                        let set = self.session.take_cursor(number);
                        set.map_or(Cell::Null, |set| Cell::Rows(Box::new(rows(set))))
                    }
                    other => cell(&other, &value.of),
                };
            }
        }
        Ok(done(outcome))
    }

    fn set_output(&mut self, on: bool) {
        self.muted = !on;
        if on {
            self.session.enable_dbms_output();
        }
    }

    fn take_output(&mut self) -> Vec<String> {
        let lines = self.session.take_dbms_output();
        if self.muted { Vec::new() } else { lines }
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        self.session.commit().map_err(sql_error)
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        self.session.rollback().map_err(sql_error)
    }

    fn describe(&mut self, text: &str) -> Result<Option<Vec<Column>>, SqlError> {
        let columns = self.session.describe(text).map_err(sql_error)?;
        Ok(columns.map(|columns| columns.into_iter().map(column).collect()))
    }

    fn in_transaction(&self) -> bool {
        self.session.in_transaction()
    }

    fn number(&self) -> (i64, i64) {
        self.session.number()
    }

    fn set_halt(&mut self, halt: Halt) {
        self.session.set_halt(halt);
    }

    fn set_attribute(&mut self, attribute: Attribute, value: Option<String>) {
        self.session.set_attribute(attribute, value.as_deref());
    }

    fn set_schema(&mut self, schema: &str) -> Result<(), SqlError> {
        self.session.set_current_schema(schema).map_err(sql_error)
    }
}

/// A session on a database that takes no changes. It works on a copy of its own, so that nothing can remain, and
/// whatever would have changed something ends in ORA-16000.
pub(super) struct ReadOnly {
    // Before the copy's file, so that it is closed when that goes.
    inner: OracleSession,
    changed: Arc<AtomicBool>,
    _scratch: Scratch,
}

impl ReadOnly {
    pub(super) fn new(session: Session, watch: Watch, scratch: Scratch) -> Self {
        let changed = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&changed);
        let watch: Watch = Arc::new(move |seen: &Seen<'_>| {
            let harmless = matches!(kind_of(seen.sql), "plsql" | "transaction-control" | "session-control");
            if seen.writes && !harmless {
                flag.store(true, Ordering::Relaxed);
            }
            watch(seen);
        });
        Self { inner: OracleSession::new(session, watch), changed, _scratch: scratch }
    }
}

impl SqlSession for ReadOnly {
    fn execute(&mut self, text: &str, binds: &mut [Bind]) -> Result<Done, SqlError> {
        let done = self.inner.execute(text, binds);
        if self.changed.swap(false, Ordering::Relaxed) {
            self.inner.rollback()?;
            return Err(SqlError::new(16000, "database or pluggable database open for read-only access"));
        }
        done
    }

    fn set_output(&mut self, on: bool) {
        self.inner.set_output(on);
    }

    fn take_output(&mut self) -> Vec<String> {
        self.inner.take_output()
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        self.inner.commit()
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        self.inner.rollback()
    }

    fn describe(&mut self, text: &str) -> Result<Option<Vec<Column>>, SqlError> {
        self.inner.describe(text)
    }

    fn in_transaction(&self) -> bool {
        self.inner.in_transaction()
    }

    fn number(&self) -> (i64, i64) {
        self.inner.number()
    }

    fn set_halt(&mut self, halt: Halt) {
        self.inner.set_halt(halt);
    }

    fn set_attribute(&mut self, attribute: Attribute, value: Option<String>) {
        self.inner.set_attribute(attribute, value);
    }

    fn set_schema(&mut self, schema: &str) -> Result<(), SqlError> {
        self.inner.set_schema(schema)
    }
}

/// The database's error in the words of the seam.
pub(super) fn sql_error(error: OracleError) -> SqlError {
    SqlError { code: error.code.unsigned_abs(), text: error.text, line: error.line, column: error.column }
}

fn bind_value(bind: &Bind) -> Result<BindValue, SqlError> {
    let room = bind.size.map_or(LONGEST_TEXT, |size| size.clamp(1, LONGEST_TEXT));
    let of = match bind.of {
        BindType::Number => Type::NUMBER,
        BindType::Varchar2 => Type::Varchar { length: Some(room), chars: false },
        BindType::Char => {
            let length = match &bind.value {
                Cell::Text(text) if bind.mode == BindMode::In => {
                    u32::try_from(text.len()).unwrap_or(u32::MAX)
                }
                _ => LONGEST_CHAR,
            };
            Type::Char { length, chars: false }
        }
        BindType::Clob => Type::Clob,
        BindType::Date => Type::Date,
        BindType::Timestamp => Type::Timestamp(6),
        BindType::TimestampTz => Type::TimestampTz(6),
        BindType::Rowid => Type::Rowid,
        BindType::Raw => Type::Raw(Some(room)),
        BindType::Blob => Type::Blob,
        BindType::Boolean => Type::Boolean,
        BindType::Cursor => Type::Cursor,
        BindType::Texts => Type::array(Type::Varchar { length: Some(room), chars: false }),
        BindType::Numbers => Type::array(Type::NUMBER),
    };
    let mode = match bind.mode {
        BindMode::In => Mode::In,
        BindMode::Out => Mode::Out,
        BindMode::InOut => Mode::InOut,
    };
    let value = value_of(&bind.value, &of)?;
    Ok(BindValue { name: bind.name.clone(), of, mode, value })
}

fn value_of(given: &Cell, of: &Type) -> Result<Value, SqlError> {
    Ok(match given {
        Cell::Number(text) => {
            Value::Number(Number::parse(text).ok_or_else(|| SqlError::new(1722, "invalid number"))?)
        }
        Cell::Text(text) => {
            if matches!(of, Type::Varchar { .. }) && text.len() > LONGEST_TEXT as usize {
                return Err(SqlError::new(1461, "can bind a LONG value only for insert into a LONG column"));
            }
            Value::text(text)
        }
        Cell::Date(seconds) => Value::Date(*seconds),
        Cell::Timestamp(micros) if matches!(of, Type::TimestampTz(_)) => Value::TimestampTz(*micros, 0),
        Cell::Timestamp(micros) => Value::Timestamp(*micros),
        Cell::Zoned(micros, offset) => Value::TimestampTz(*micros, *offset),
        Cell::IntervalDay(micros) => Value::IntervalDay(*micros),
        Cell::IntervalYear(months) => Value::IntervalYear(*months),
        Cell::Boolean(truth) => Value::Boolean(*truth),
        Cell::Raw(bytes) | Cell::Blob(bytes) => Value::raw(bytes),
        Cell::Array(cells) => array(cells, of)?,
        // An array that is not given is an empty one.
        Cell::Null if matches!(of, Type::Collection(_)) => array(&[], of)?,
        Cell::Null | Cell::Rows(_) => Value::Null,
    })
}

/// A client's array as a collection that is indexed from 1 on.
fn array(cells: &[Cell], of: &Type) -> Result<Value, SqlError> {
    let Type::Collection(kind) = of else {
        return Err(SqlError::new(
            3001,
            "unimplemented feature: the sandbox cannot bind an array of this type",
        ));
    };
    let mut elements = std::collections::BTreeMap::new();
    for (at, cell) in (1..).zip(cells) {
        elements.insert(Key::Integer(at), value_of(cell, &kind.element)?);
    }
    Ok(Value::Collection(Arc::new(Collection { of: Arc::clone(kind), elements, extent: 0 })))
}

fn cell(value: &Value, of: &Type) -> Cell {
    match value {
        Value::Null | Value::Cursor(_) => Cell::Null,
        Value::Number(number) => Cell::Number(number.to_string()),
        Value::Text(text) => Cell::text(&**text),
        Value::Date(seconds) => Cell::Date(*seconds),
        Value::Timestamp(micros) => Cell::Timestamp(*micros),
        Value::TimestampTz(micros, offset) => Cell::Zoned(*micros, *offset),
        Value::IntervalDay(micros) => Cell::IntervalDay(*micros),
        Value::IntervalYear(months) => Cell::IntervalYear(*months),
        Value::Raw(bytes) if matches!(of, Type::Blob) => Cell::Blob(bytes.to_vec()),
        Value::Raw(bytes) => Cell::Raw(bytes.to_vec()),
        Value::Boolean(truth) => Cell::Boolean(*truth),
        Value::Collection(list) => {
            Cell::Array(list.elements.values().map(|value| cell(value, &list.of.element)).collect())
        }
        other @ Value::Record(..) => Cell::text(other.display()),
    }
}

fn column(column: ColumnMeta) -> Column {
    Column {
        name: column.name,
        type_name: column.type_name,
        precision: column.precision,
        scale: column.scale,
        nullable: column.nullable,
    }
}

fn rows(set: ResultSet) -> Rows {
    let cells = |row: &Vec<Value>| {
        row.iter().zip(&set.columns).map(|(value, column)| cell(value, &column.of)).collect()
    };
    let rows = set.rows.iter().map(cells).collect();
    Rows { columns: set.columns.into_iter().map(column).collect(), rows }
}

fn done(outcome: Outcome) -> Done {
    let mode = |mode: &Mode| match mode {
        Mode::In => BindMode::In,
        Mode::Out => BindMode::Out,
        Mode::InOut => BindMode::InOut,
    };
    let returned =
        outcome.returned.iter().map(|row| row.iter().map(|value| cell(value, &Type::Null)).collect());
    Done {
        rows: outcome.rows.map(rows),
        affected: outcome.affected,
        feedback: outcome.feedback,
        directions: outcome.directions.iter().map(mode).collect(),
        returned: returned.collect(),
    }
}
