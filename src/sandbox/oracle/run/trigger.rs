//! Triggers at run time.

use std::sync::Arc;

use super::machine::{Frame, Machine};
use crate::sandbox::oracle::catalogue::{Body, Kind, Object, TableDefinition, TriggerDefinition};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::values::{Type, Value};

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Insert,
    Update,
    Delete,
    Clone,
}

impl Event {
    fn word(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Clone => "CLONE",
        }
    }
}

/// When a trigger fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    Before,
    After,
}

fn definition(object: &Object) -> Option<&TriggerDefinition> {
    match &object.body {
        Body::Source { trigger: Some(trigger), .. } => Some(trigger),
        _ => None,
    }
}

impl Machine {
    /// The enabled triggers of a table for an event.
    pub(crate) fn triggers_of(
        &mut self,
        table: &TableDefinition,
        event: Event,
        columns: &[&str],
    ) -> Outcome<Vec<Arc<Object>>> {
        let list = self.catalogue.belonging_to(table.id, Kind::Trigger);
        Ok(list
            .into_iter()
            .filter(|object| {
                definition(object).is_some_and(|trigger| {
                    trigger.enabled
                        && trigger.events.iter().any(|word| word == event.word())
                        && (event != Event::Update
                            || trigger.columns.is_empty()
                            || trigger.columns.iter().any(|column| columns.contains(&column.as_str())))
                })
            })
            .cloned()
            .collect())
    }

    /// Fires statement triggers.
    pub(crate) fn statement_triggers(
        &mut self,
        triggers: &[Arc<Object>],
        timing: Timing,
        event: Event,
    ) -> Outcome<()> {
        for object in triggers {
            if definition(object).is_some_and(|t| !t.each_row && t.timing == word(timing)) {
                self.fire(object, event, Value::Null, Value::Null)?;
            }
        }
        Ok(())
    }

    /// Fires row triggers; a BEFORE trigger may change the new row.
    pub(crate) fn row_triggers(
        &mut self,
        triggers: &[Arc<Object>],
        timing: Timing,
        event: Event,
        table: &TableDefinition,
        old: Option<&[Value]>,
        mut new: Option<&mut Vec<Value>>,
    ) -> Outcome<()> {
        for object in triggers {
            if !definition(object).is_some_and(|t| t.each_row && t.timing == word(timing)) {
                continue;
            }
            let of = crate::sandbox::oracle::plsql::row_record(table);
            let empty = || vec![Value::Null; table.columns.len()];
            let before = Value::Record(of.clone(), old.map_or_else(empty, <[Value]>::to_vec));
            let after = Value::Record(of, new.as_ref().map_or_else(empty, |row| (**row).clone()));
            let changed = self.fire(object, event, before, after)?;
            if let (Timing::Before, Some(row), Value::Record(_, fields)) =
                (timing, new.as_deref_mut(), changed)
            {
                *row = fields;
            }
        }
        Ok(())
    }

    /// Fires the INSTEAD OF triggers of a view.
    pub(crate) fn instead_of(
        &mut self,
        view: i64,
        table: &TableDefinition,
        event: Event,
        old: Option<Vec<Value>>,
        new: Option<Vec<Value>>,
    ) -> Outcome<()> {
        let list: Vec<Arc<Object>> =
            self.catalogue.belonging_to(view, Kind::Trigger).into_iter().cloned().collect();
        let mut fired = false;
        for object in list {
            let fits = definition(&object).is_some_and(|t| {
                t.enabled && t.timing == "INSTEAD OF" && t.events.iter().any(|e| e == event.word())
            });
            if !fits {
                continue;
            }
            fired = true;
            let of = crate::sandbox::oracle::plsql::row_record(table);
            let empty = || vec![Value::Null; table.columns.len()];
            let before = Value::Record(of.clone(), old.clone().unwrap_or_else(empty));
            let after = Value::Record(of, new.clone().unwrap_or_else(empty));
            self.fire(&object, event, before, after)?;
        }
        if fired { Ok(()) } else { fail(1732, &[]) }
    }

    /// Fires the AFTER CLONE triggers of a database that has just been copied, and drops each once it has fired: a copy
    /// of the copy does not fire it again.
    pub(crate) fn after_clone(&mut self) -> Outcome<()> {
        let waiting: Vec<Arc<Object>> = self
            .catalogue
            .objects()
            .into_iter()
            .filter(|object| {
                definition(object).is_some_and(|trigger| {
                    trigger.enabled
                        && trigger.scope.as_deref() == Some("PLUGGABLE DATABASE")
                        && trigger.events.iter().any(|word| word == Event::Clone.word())
                })
            })
            .cloned()
            .collect();
        for object in waiting {
            self.fire(&object, Event::Clone, Value::Null, Value::Null)?;
            self.define(|machine, catalogue| machine.drop_one(catalogue, &object, false))?;
        }
        self.commit()
    }

    /// Runs a trigger's body; answers the new row.
    pub(crate) fn fire(
        &mut self,
        object: &Arc<Object>,
        event: Event,
        old: Value,
        new: Value,
    ) -> Outcome<Value> {
        let name = format!("{}.{}", object.owner, object.name);
        let unit = self.unit(object.id)?;
        if unit.broken.is_some() {
            return fail(4098, &[&name]);
        }
        let Some(routine) = unit.routines.first().cloned() else { return fail(4098, &[&name]) };
        let mut values = vec![Value::Null; routine.slots];
        values[0] = old;
        values[1] = new;
        for (slot, of) in [(2, Event::Insert), (3, Event::Update), (4, Event::Delete)] {
            values[slot] = Value::Boolean(event == of);
        }
        self.check_depth()?;
        let condition = unit.variables.first().and_then(|(_, value)| value.clone());
        let saved = self.enter_unit(&unit);
        let rows = std::mem::take(&mut self.rows);
        let in_sql = std::mem::replace(&mut self.in_sql, 0);
        self.in_trigger += 1;
        self.frames.push(Frame { unit: unit.clone(), routine: 0, values, parent: 0, line: 0 });
        let result = self.trigger_body(condition.as_ref(), &routine);
        let frame = self.frames.pop();
        self.in_trigger -= 1;
        self.in_sql = in_sql;
        self.rows = rows;
        self.leave_unit(saved);
        match result {
            Ok(()) => Ok(frame.map(|mut frame| frame.values.swap_remove(1)).unwrap_or_default()),
            Err(error) => Err(error.below(&OracleError::new(4088, &[&name]).text)),
        }
    }

    fn trigger_body(
        &mut self,
        condition: Option<&crate::sandbox::oracle::plan::Expr>,
        routine: &crate::sandbox::oracle::plsql::code::Routine,
    ) -> Outcome<()> {
        if let Some(condition) = condition
            && self.test(condition)? != Some(true)
        {
            return Ok(());
        }
        let Some(body) = &routine.body else { return Ok(()) };
        debug_assert!(
            routine.returns.as_ref().is_none_or(|of| matches!(of, Type::Null)),
            "a trigger returns nothing"
        );
        self.run_routine_body(body, routine.autonomous).map(|_| ())
    }
}

fn word(timing: Timing) -> &'static str {
    if timing == Timing::Before { "BEFORE" } else { "AFTER" }
}
