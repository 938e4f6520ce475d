//! Calls of subprograms, and places values are put to.

use std::sync::Arc;

use super::evaluate::key_of;
use super::machine::{Frame, Machine};
use crate::sandbox::oracle::catalogue::Authority;
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::ParameterMode;
use crate::sandbox::oracle::packages;
use crate::sandbox::oracle::plan::{CallSite, Target};
use crate::sandbox::oracle::plsql::code::{Block, Place, Root, Routine, Step, Unit};
use crate::sandbox::oracle::values::{Collection, CollectionKind, Key, Type, Value};

/// What a variable of a type holds before it is given a value.
pub(crate) fn blank(of: &Type) -> Value {
    match of {
        Type::Record(record) => {
            Value::Record(record.clone(), record.fields.iter().map(|(_, of)| blank(of)).collect())
        }
        Type::Collection(collection)
            if matches!(collection.kind, CollectionKind::ByInteger | CollectionKind::ByText) =>
        {
            Value::Collection(Arc::new(Collection {
                of: collection.clone(),
                elements: std::collections::BTreeMap::new(),
                extent: 0,
            }))
        }
        _ => Value::Null,
    }
}

/// The rights and schema to go back to.
pub(crate) type Saved = (Authority, String, String);

impl Machine {
    /// Takes on the rights a unit runs with.
    pub(crate) fn enter_unit(&mut self, unit: &Unit) -> Saved {
        let saved =
            (self.authority.clone(), self.facts.current_schema.clone(), self.facts.current_user.clone());
        if unit.id != 0 && !unit.invoker {
            self.authority = Authority { user: unit.owner.clone(), roles: false };
            self.facts.current_schema.clone_from(&unit.owner);
            self.facts.current_user.clone_from(&unit.owner);
        }
        saved
    }

    pub(crate) fn leave_unit(&mut self, saved: Saved) {
        (self.authority, self.facts.current_schema, self.facts.current_user) = saved;
    }

    /// Calls a function for its value.
    pub(crate) fn call_function(&mut self, site: &Arc<CallSite>) -> Outcome<Value> {
        let (value, _) = self.call(site)?;
        Ok(value)
    }

    /// Calls a subprogram; answers its value and the parameters' last values.
    pub(crate) fn call(&mut self, site: &CallSite) -> Outcome<(Value, Vec<Value>)> {
        self.check_depth()?;
        let (unit, routine, parent) = match &site.target {
            Target::Own { routine, depth } => {
                let current = self
                    .frames
                    .last()
                    .map(|frame| frame.unit.clone())
                    .ok_or_else(|| OracleError::with_text(600, "no unit is running"))?;
                let parent = if *depth == usize::MAX { 0 } else { self.frame_at(*depth) };
                (current, *routine, parent)
            }
            Target::Stored { unit, routine } => (self.unit(*unit)?, *routine, 0),
        };
        if let Some(broken) = &unit.broken {
            let kind = if unit.is_package { "package body" } else { "procedure" };
            let _ = broken;
            return Err(OracleError::new(4063, &[&format!("{kind} \"{}.{}\"", unit.owner, unit.name)])
                .below(&format!(
                    "ORA-06508: PL/SQL: could not find program unit being called: \"{}.{}\"",
                    unit.owner, unit.name
                )));
        }
        let Some(definition) = unit.routines.get(routine).cloned() else { return fail(6508, &[&unit.name]) };
        let mut values = Vec::with_capacity(definition.slots);
        for (at, parameter) in definition.parameters.iter().enumerate() {
            values.push(match (site.arguments.get(at).and_then(Option::as_ref), parameter.mode) {
                (Some(_), ParameterMode::Out) => blank(&parameter.of),
                (Some(expr), _) => {
                    let value = self.eval(expr)?;
                    if matches!(parameter.of, Type::Integer) && !value.is_null() {
                        self.convert(&value, &parameter.of)?
                    } else {
                        value
                    }
                }
                (None, _) => Value::Null,
            });
        }
        let missing: Vec<usize> = (0..definition.parameters.len())
            .filter(|at| site.arguments.get(*at).is_none_or(Option::is_none))
            .collect();
        values.resize(definition.slots.max(values.len()), Value::Null);
        self.invoke(&unit, routine, &definition, values, parent, &missing)
    }

    /// Runs a subprogram with its parameters in place.
    pub(crate) fn invoke(
        &mut self,
        unit: &Arc<Unit>,
        routine: usize,
        definition: &Routine,
        values: Vec<Value>,
        parent: usize,
        missing: &[usize],
    ) -> Outcome<(Value, Vec<Value>)> {
        if unit.is_package && !self.packages.contains_key(&unit.id) {
            self.package_state(unit.id)?;
        }
        let saved = self.enter_unit(unit);
        let rows = std::mem::take(&mut self.rows);
        let in_sql = std::mem::replace(&mut self.in_sql, 0);
        self.frames.push(Frame { unit: unit.clone(), routine, values, parent, line: 0 });
        let result = self.invoke_inner(unit, definition, missing);
        let frame = self.frames.pop();
        self.in_sql = in_sql;
        self.rows = rows;
        self.leave_unit(saved);
        let values = frame.map(|frame| frame.values).unwrap_or_default();
        result.map(|value| (value, values))
    }

    fn invoke_inner(&mut self, unit: &Arc<Unit>, definition: &Routine, missing: &[usize]) -> Outcome<Value> {
        for at in missing {
            if let Some(default) = &definition.parameters[*at].default {
                let value = self.eval(default)?;
                if let Some(frame) = self.frames.last_mut() {
                    frame.values[*at] = value;
                }
            }
        }
        if let Some(body) = &definition.body {
            let value = self.run_routine_body(body, definition.autonomous)?;
            match (value, &definition.returns) {
                (Some(value), Some(of)) => self.convert(&value, of),
                (None, Some(_)) => fail(6503, &[]),
                _ => Ok(Value::Null),
            }
        } else {
            let name = format!("{}.{}", unit.name, definition.name);
            let Some(native) = packages::find(&name) else {
                return Err(OracleError::unsupported(format!("run {name}")));
            };
            // Native code works with the rights of whoever called the package.
            let mut values =
                self.frames.last_mut().map(|frame| std::mem::take(&mut frame.values)).unwrap_or_default();
            let result = native(self, &mut values);
            if let Some(frame) = self.frames.last_mut() {
                frame.values = values;
            }
            result
        }
    }

    /// Runs a subprogram's block, in a transaction of its own when it is autonomous.
    pub(crate) fn run_routine_body(&mut self, body: &Arc<Block>, autonomous: bool) -> Outcome<Option<Value>> {
        if autonomous && self.store.in_transaction() {
            return Err(OracleError::unsupported("run an autonomous transaction while another has changes"));
        }
        // A transaction of its own may end inside a trigger.
        let in_trigger = if autonomous { std::mem::take(&mut self.in_trigger) } else { self.in_trigger };
        let result = self.run_block(body);
        self.in_trigger = in_trigger;
        if autonomous && self.store.in_transaction() {
            self.rollback()?;
            result?;
            return Err(OracleError::with_text(
                6519,
                "active autonomous transaction detected and rolled back",
            ));
        }
        match result? {
            crate::sandbox::oracle::run::Flow::Return(value) => Ok(value),
            _ => Ok(None),
        }
    }

    /// The place of the code being run, for stacks: `"OWNER.UNIT"` and its line.
    pub(crate) fn stack_line(&self, line: u32) -> String {
        match self.frames.last() {
            Some(frame) if frame.unit.id != 0 => {
                let unit = &frame.unit;
                let inner =
                    unit.routines.get(frame.routine).map(|routine| routine.name.as_str()).unwrap_or_default();
                let _ = inner;
                format!("ORA-06512: at \"{}.{}\", line {line}", unit.owner, unit.name)
            }
            _ => format!("ORA-06512: at line {line}"),
        }
    }

    /// Puts a value into a place.
    pub(crate) fn store_at(&mut self, place: &Place, value: Value) -> Outcome<()> {
        let mut keys = Vec::new();
        for step in &place.path {
            keys.push(match step {
                Step::Field(at) => Access::Field(*at),
                Step::Element(key) => Access::Element(self.eval(key)?),
            });
        }
        let root: &mut Value = match &place.root {
            Root::Local { depth, slot } => {
                let at = self.frame_at(*depth);
                let values = &mut self.frames[at].values;
                if values.len() <= *slot {
                    values.resize(slot + 1, Value::Null);
                }
                &mut values[*slot]
            }
            Root::Package { unit, slot } => {
                self.package_state(*unit)?;
                let Some((_, values)) = self.packages.get_mut(unit) else { return fail(6508, &[""]) };
                &mut values[*slot]
            }
            Root::Bind(at) => {
                let Some(list) = self.binds.last_mut() else { return fail(1006, &[]) };
                let Some(place) = list.get_mut(*at) else { return fail(1006, &[]) };
                place
            }
        };
        put(root, &keys, value)
    }

    /// Reads the value of a place.
    pub(crate) fn load_from(&mut self, place: &Place) -> Outcome<Value> {
        let mut value = match &place.root {
            Root::Local { depth, slot } => self.local(*depth, *slot).clone(),
            Root::Package { unit, slot } => self.package_value(*unit, *slot)?,
            Root::Bind(at) => self.binds.last().and_then(|list| list.get(*at)).cloned().unwrap_or_default(),
        };
        for step in &place.path {
            value = match (step, value) {
                (Step::Field(at), Value::Record(_, mut fields)) => fields.swap_remove(*at),
                (Step::Element(key), Value::Collection(collection)) => {
                    let key = self.eval(key)?;
                    let key = key_of(&collection, &key)?;
                    collection.elements.get(&key).cloned().ok_or_else(|| OracleError::new(1403, &[]))?
                }
                _ => return fail(6531, &[]),
            };
        }
        Ok(value)
    }
}

/// One step into a value.
pub(crate) enum Access {
    Field(usize),
    Element(Value),
}

fn put(root: &mut Value, path: &[Access], value: Value) -> Outcome<()> {
    let Some((first, rest)) = path.split_first() else {
        *root = value;
        return Ok(());
    };
    match (first, root) {
        (Access::Field(at), Value::Record(_, fields)) => put(&mut fields[*at], rest, value),
        (Access::Field(_), _) => fail(6530, &[]),
        (Access::Element(key), Value::Collection(collection)) => {
            let key = key_of(collection, key)?;
            let collection = Arc::make_mut(collection);
            if !collection.elements.contains_key(&key) {
                if let (CollectionKind::Table | CollectionKind::Varray(_), Key::Integer(n)) =
                    (collection.of.kind, &key)
                {
                    if *n < 1 {
                        return fail(6532, &[]);
                    }
                    if *n > collection.extent {
                        return fail(6533, &[]);
                    }
                }
                let first = blank(&collection.of.element);
                collection.elements.insert(key.clone(), first);
            }
            match collection.elements.get_mut(&key) {
                Some(element) => put(element, rest, value),
                None => fail(6533, &[]),
            }
        }
        (Access::Element(_), _) => fail(6531, &[]),
    }
}
