//! The session's machine: everything that running code needs.

use std::collections::HashMap;
use std::sync::Arc;

use super::query::StatementCache;
use crate::sandbox::oracle::bind::{Binder, Units};
use crate::sandbox::oracle::catalogue::{Authority, Body, Catalogue, Object, TableDefinition};
use crate::sandbox::oracle::database::Shared;
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::functions::Facts;
use crate::sandbox::oracle::halt::Halt;
use crate::sandbox::oracle::plan::{Expr, OutputColumn};
use crate::sandbox::oracle::plsql::code::{Exception, Routine, Unit};
use crate::sandbox::oracle::session::Effect;
use crate::sandbox::oracle::storage::Store;
use crate::sandbox::oracle::values::{Number, Value};

/// A row at run time.
pub(crate) type Row = Vec<Value>;

/// One subprogram's variables.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) unit: Arc<Unit>,
    pub(crate) routine: usize,
    pub(crate) values: Vec<Value>,
    /// The frame of the enclosing subprogram.
    pub(crate) parent: usize,
    pub(crate) line: u32,
}

/// An open cursor.
#[derive(Debug)]
pub(crate) struct CursorState {
    pub(crate) columns: Vec<OutputColumn>,
    pub(crate) rows: Vec<Row>,
    pub(crate) at: usize,
    pub(crate) found: Option<bool>,
}

/// `DBMS_OUTPUT`'s buffer.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) enabled: bool,
    pub(crate) limit: Option<usize>,
    pub(crate) lines: std::collections::VecDeque<String>,
    pub(crate) size: usize,
    pub(crate) partial: String,
}

/// A session's state.
pub(crate) struct Machine {
    pub(crate) store: Store,
    pub(crate) shared: Arc<Shared>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) units: Units,
    pub(crate) facts: Facts,
    pub(crate) authority: Authority,
    pub(crate) rows: Vec<Row>,
    pub(crate) prior: Option<Row>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) binds: Vec<Vec<Value>>,
    pub(crate) packages: HashMap<i64, (i64, Vec<Value>)>,
    pub(crate) cursors: HashMap<u64, CursorState>,
    pub(crate) next_cursor: u64,
    pub(crate) caches: Vec<StatementCache>,
    pub(crate) output: Output,
    pub(crate) files: crate::sandbox::oracle::packages::Files,
    pub(crate) implicit: Option<i64>,
    pub(crate) handled: Vec<OracleError>,
    pub(crate) raised: Option<Exception>,
    pub(crate) in_sql: u32,
    pub(crate) in_trigger: u32,
    pub(crate) current_values: HashMap<i64, i128>,
    pub(crate) savepoints: Vec<(String, u64)>,
    pub(crate) next_savepoint: u64,
    pub(crate) temporary: std::collections::HashSet<i64>,
    pub(crate) random: u64,
    pub(crate) pump: crate::sandbox::oracle::pump::Desk,
    pub(crate) halt: Halt,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("user", &self.authority.user).finish_non_exhaustive()
    }
}

impl Machine {
    /// The routine that is being run.
    pub(crate) fn routine(&self) -> Option<&Routine> {
        self.frames.last().and_then(|frame| frame.unit.routines.get(frame.routine))
    }

    /// The current moment of the host, microseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.shared.host.now()
    }

    /// The moment of the statement being run.
    pub(crate) fn statement_now(&self) -> i64 {
        if self.caches.is_empty() { self.now() } else { self.facts.nls.now }
    }

    /// Refuses recursion without end.
    pub(crate) fn check_depth(&self) -> Outcome<()> {
        if self.frames.len() > 150 || self.caches.len() > 60 {
            return fail(36, &["maximum number of recursive SQL levels (50) exceeded"]);
        }
        Ok(())
    }

    /// Ends what runs if somebody wants that.
    pub(crate) fn check_cancelled(&self) -> Outcome<()> {
        self.halt.check()?;
        self.shared.check_cancelled()
    }

    /// Reads the dictionary again if another session changed it.
    pub(crate) fn refresh_catalogue(&mut self) -> Outcome<()> {
        let stored = Catalogue::stored_version(&self.store)?;
        if stored == self.catalogue.version {
            return Ok(());
        }
        let fresh = self.shared.current(&self.store)?;
        self.adopt(fresh);
        Ok(())
    }

    /// Takes a changed dictionary and forgets what was compiled from the old one.
    pub(crate) fn adopt(&mut self, fresh: Arc<Catalogue>) {
        let kept = |id: &i64| {
            fresh.object(*id).is_some_and(|object| {
                self.catalogue.object(*id).is_some_and(|old| old.changed == object.changed)
                    && fresh.user(&object.owner).is_some_and(|user| user.maintained)
            })
        };
        self.units.compiled.retain(|id, _| kept(id));
        self.units.views.retain(|id, _| kept(id));
        self.catalogue = fresh;
    }

    /// A binder for a text run with the current rights.
    pub(crate) fn binder(&mut self, text: &str) -> Binder<'_> {
        let schema = self.facts.current_schema.clone();
        Binder::new(self.catalogue.clone(), &mut self.units, self.authority.clone(), &schema, text)
    }

    /// A compiled stored unit.
    pub(crate) fn unit(&mut self, id: i64) -> Outcome<Arc<Unit>> {
        if let Some(unit) = self.units.compiled.get(&id) {
            return Ok(unit.clone());
        }
        crate::sandbox::oracle::plsql::compile_stored(&self.catalogue, &mut self.units, id)
    }

    pub(crate) fn frame_at(&self, depth: usize) -> usize {
        let mut at = self.frames.len() - 1;
        for _ in 0..depth {
            at = self.frames[at].parent;
        }
        at
    }

    pub(crate) fn local(&self, depth: usize, slot: usize) -> &Value {
        let at = self.frame_at(depth);
        self.frames[at].values.get(slot).unwrap_or(&Value::Null)
    }

    /// The variables of a package, initialised on first use.
    pub(crate) fn package_state(&mut self, id: i64) -> Outcome<()> {
        let unit = match self.frames.last() {
            Some(frame) if frame.unit.id == id && frame.unit.id != 0 => frame.unit.clone(),
            _ => self.unit(id)?,
        };
        if self.packages.get(&id).is_some_and(|(changed, _)| *changed == unit.changed) {
            return Ok(());
        }
        let values = unit.variables.iter().map(|_| Value::Null).collect();
        self.packages.insert(id, (unit.changed, values));
        self.frames.push(Frame {
            unit: unit.clone(),
            routine: usize::MAX,
            values: vec![Value::Null; unit.slots],
            parent: 0,
            line: 0,
        });
        let result = self.initialise_package(&unit);
        self.frames.pop();
        if result.is_err() {
            self.packages.remove(&id);
        }
        result
    }

    fn initialise_package(&mut self, unit: &Arc<Unit>) -> Outcome<()> {
        for (slot, (of, value)) in unit.variables.iter().enumerate() {
            let first = match value {
                Some(expr) => {
                    let value = self.eval(expr)?;
                    self.convert(&value, of)?
                }
                None => super::call::blank(of),
            };
            if let Some((_, values)) = self.packages.get_mut(&unit.id) {
                values[slot] = first;
            }
        }
        if let Some(block) = unit.initialization.clone() {
            self.run_block(&block)?;
        }
        Ok(())
    }

    pub(crate) fn package_value(&mut self, unit: i64, slot: usize) -> Outcome<Value> {
        self.package_state(unit)?;
        Ok(self.packages.get(&unit).and_then(|(_, values)| values.get(slot)).cloned().unwrap_or_default())
    }

    /// The next value of a sequence.
    pub(crate) fn next_value(&mut self, id: i64) -> Outcome<Value> {
        let Some(object) = self.catalogue.object(id).cloned() else { return fail(2289, &[]) };
        let Body::Sequence(sequence) = &object.body else { return fail(2289, &[]) };
        let next = self.store.sequence(id)?.unwrap_or(sequence.start);
        if (next > sequence.maximum || next < sequence.minimum) && !sequence.cycle {
            return fail(8004, &[&object.name]);
        }
        let value = if next > sequence.maximum {
            sequence.minimum
        } else if next < sequence.minimum {
            sequence.maximum
        } else {
            next
        };
        self.store.begin()?;
        self.store.set_sequence(id, value + sequence.step)?;
        self.current_values.insert(id, value);
        Ok(Value::Number(Number::parse(&value.to_string()).unwrap_or(Number::ZERO)))
    }

    /// The value this session drew last from a sequence.
    pub(crate) fn current_value(&mut self, id: i64) -> Outcome<Value> {
        if let Some(value) = self.current_values.get(&id) {
            Ok(Value::Number(Number::parse(&value.to_string()).unwrap_or(Number::ZERO)))
        } else {
            let name = self.catalogue.object(id).map(|o: &Arc<Object>| o.name.clone()).unwrap_or_default();
            fail(8002, &[&name])
        }
    }

    /// Makes the storage of a temporary table in this session.
    pub(crate) fn prepare_temporary(&mut self, table: &Arc<TableDefinition>) -> Outcome<()> {
        if table.temporary.is_some() && self.temporary.insert(table.id) {
            self.store.create_table(table)?;
        }
        Ok(())
    }

    /// Computes the virtual columns of a row.
    pub(crate) fn compute_columns(
        &mut self,
        table: &Arc<TableDefinition>,
        values: &mut [Value],
    ) -> Outcome<()> {
        let list: Vec<(usize, Expr)> = {
            let mut binder = self.binder("");
            let mut list = Vec::new();
            for (at, column) in table.columns.iter().enumerate() {
                if let Some(text) = &column.computed {
                    list.push((at, binder.over_table(table, text)?));
                }
            }
            list
        };
        for (at, expr) in list {
            self.rows.push(values.to_vec());
            let value = self.eval(&expr);
            self.rows.pop();
            let value = value?;
            values[at] = self.convert(&value, &table.columns[at].of.to_type())?;
        }
        Ok(())
    }

    /// Tells the observer of a statement.
    pub(crate) fn observe(&self, text: &str, effect: Effect) {
        self.shared.observe(&self.facts, text, effect);
    }

    /// Commits and empties transaction-bound temporary tables.
    pub(crate) fn commit(&mut self) -> Outcome<()> {
        self.store.commit()?;
        self.end_transaction()
    }

    /// Rolls back.
    pub(crate) fn rollback(&mut self) -> Outcome<()> {
        self.store.rollback()?;
        self.end_transaction()
    }

    fn end_transaction(&mut self) -> Outcome<()> {
        self.savepoints.clear();
        for id in self.temporary.clone() {
            if let Some(table) = self.catalogue.table(id).cloned()
                && table.temporary == Some(false)
            {
                self.store.clear(&table)?;
            }
        }
        Ok(())
    }

    /// Sets a savepoint by name.
    pub(crate) fn savepoint(&mut self, name: &str) -> Outcome<()> {
        self.next_savepoint += 1;
        self.store.savepoint(self.next_savepoint)?;
        self.savepoints.retain(|(other, _)| other != name);
        self.savepoints.push((name.to_owned(), self.next_savepoint));
        Ok(())
    }

    /// Goes back to a savepoint.
    pub(crate) fn rollback_to(&mut self, name: &str) -> Outcome<()> {
        let Some(at) = self.savepoints.iter().position(|(other, _)| other == name) else {
            return fail(1086, &[name]);
        };
        self.store.rollback_to(self.savepoints[at].1)?;
        self.savepoints.truncate(at + 1);
        Ok(())
    }

    /// Runs a statement whose changes vanish if it fails.
    pub(crate) fn atomically<T>(&mut self, act: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.next_savepoint += 1;
        let number = self.next_savepoint;
        self.store.savepoint(number)?;
        match act(self) {
            Ok(value) => {
                if self.store.in_transaction() {
                    // An inner COMMIT has taken the savepoint with it.
                    let _ = self.store.release(number);
                }
                Ok(value)
            }
            Err(error) => {
                if self.store.in_transaction() {
                    let _ = self.store.rollback_to(number);
                    let _ = self.store.release(number);
                }
                Err(error)
            }
        }
    }
}
