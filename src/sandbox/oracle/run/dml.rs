//! Changing rows: values, triggers, constraints.

use std::collections::HashSet;
use std::sync::Arc;

use super::machine::Machine;
use super::trigger::{Event, Timing};
use crate::sandbox::oracle::bind::{DeletePlan, InsertPlan, InsertRows, MergePlan, TargetPlan, UpdatePlan};
use crate::sandbox::oracle::catalogue::{Constraint, ConstraintKind, TableDefinition};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::plan::Expr;
use crate::sandbox::oracle::storage;
use crate::sandbox::oracle::values::value::HashKey;
use crate::sandbox::oracle::values::{Type, Value, convert};

/// A changed row: its number, what it was, what it is.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) number: i64,
    pub(crate) old: Option<Vec<Value>>,
    pub(crate) new: Option<Vec<Value>>,
}

/// What a statement did: the count of rows, and the values of RETURNING.
pub(crate) type Done = (i64, Vec<Vec<Value>>);

/// ORA-25128 where a constraint of the table is disabled and yet validated: nothing would see that it goes on holding.
fn may_change(table: &TableDefinition) -> Outcome<()> {
    match table.constraints.iter().find(|c| c.validated && !c.enabled) {
        Some(constraint) => fail(25128, &[&format!("{}.{}", table.owner, constraint.name)]),
        None => Ok(()),
    }
}

fn quoted(table: &TableDefinition, column: usize) -> String {
    format!("\"{}\".\"{}\".\"{}\"", table.owner, table.name, table.columns[column].name)
}

impl Machine {
    /// A value made fit for a column, or the error that names the column.
    pub(crate) fn fit(&mut self, table: &TableDefinition, at: usize, value: &Value) -> Outcome<Value> {
        let of = table.columns[at].of.to_type();
        match &of {
            Type::Number(precision, scale) => {
                let Some(number) = convert::to_number(value)? else { return Ok(Value::Null) };
                convert::fit_number(number, *precision, *scale)
                    .map(Value::Number)
                    .ok_or_else(|| OracleError::new(1438, &[]))
            }
            Type::Varchar { .. } | Type::Char { .. } => {
                let text = convert::to_text(value, &self.facts.nls)?;
                if let (Some(content), Some((limit, chars))) = (text.as_str(), convert::text_limit(&of)) {
                    let size = convert::measure(content, chars);
                    if size > limit {
                        return fail(12899, &[&quoted(table, at), &size.to_string(), &limit.to_string()]);
                    }
                }
                convert::convert(&text, &of, &self.facts.nls)
            }
            Type::Raw(Some(limit)) => {
                let raw = convert::convert(value, &Type::Raw(None), &self.facts.nls)?;
                if let Value::Raw(bytes) = &raw
                    && bytes.len() > *limit as usize
                {
                    return fail(12899, &[&quoted(table, at), &bytes.len().to_string(), &limit.to_string()]);
                }
                Ok(raw)
            }
            _ => convert::convert(value, &of, &self.facts.nls),
        }
    }

    fn check_row(&mut self, target: &TargetPlan, row: &mut [Value], insert: bool) -> Outcome<()> {
        let table = &target.table;
        for at in 0..row.len().min(table.columns.len()) {
            if table.columns[at].computed.is_some() {
                continue;
            }
            row[at] = self.fit(table, at, &row[at].clone())?;
            if row[at].is_null() && table.columns[at].not_null {
                return fail(if insert { 1400 } else { 1407 }, &[&quoted(table, at)]);
            }
        }
        for (at, expr) in &target.computed {
            self.rows.push(row.to_vec());
            let value = self.eval(expr);
            self.rows.pop();
            row[*at] = value?;
        }
        for (name, check) in &target.checks {
            self.rows.push(row.to_vec());
            let holds = self.test(check);
            self.rows.pop();
            if holds? == Some(false) {
                return fail(2290, &[&format!("{}.{name}", table.owner)]);
            }
        }
        Ok(())
    }

    /// The unique constraint or index a row offends.
    fn duplicate(&self, table: &TableDefinition, row: &[Value], own: Option<i64>) -> OracleError {
        let hit = |columns: &[String]| {
            let keys: Vec<(usize, Value)> = columns
                .iter()
                .filter_map(|name| table.column(name))
                .map(|at| (at, row[at].clone()))
                .collect();
            !keys.is_empty()
                && keys.iter().all(|(_, value)| !value.is_null())
                && self
                    .store
                    .scan(table, &keys, Some(2))
                    .is_ok_and(|rows| rows.iter().any(|(number, _)| Some(*number) != own))
        };
        for constraint in &table.constraints {
            let key = matches!(constraint.kind, ConstraintKind::Primary | ConstraintKind::Unique);
            if key && constraint.enabled && hit(&constraint.columns) {
                return OracleError::new(1, &[&format!("{}.{}", table.owner, constraint.name)]);
            }
        }
        for index in self.catalogue.belonging_to(table.id, crate::sandbox::oracle::catalogue::Kind::Index) {
            if let crate::sandbox::oracle::catalogue::Body::Index { columns, unique: true, .. } = &index.body
                && hit(columns)
            {
                return OracleError::new(1, &[&format!("{}.{}", index.owner, index.name)]);
            }
        }
        OracleError::new(1, &[&table.full_name()])
    }

    /// INSERT.
    pub(crate) fn insert(&mut self, plan: &InsertPlan) -> Outcome<Done> {
        self.atomically(|machine| machine.as_statement(|machine| machine.insert_rows(plan)))
    }

    fn insert_rows(&mut self, plan: &InsertPlan) -> Outcome<Done> {
        let table = plan.target.table.clone();
        self.prepare_temporary(&table)?;
        let sources: Vec<Vec<Option<Value>>> = match &plan.rows {
            InsertRows::Values(list) => {
                let mut row = Vec::new();
                for value in list {
                    row.push(match value {
                        Some(expr) => Some(self.eval(expr)?),
                        None => None,
                    });
                }
                vec![row]
            }
            InsertRows::Query(query) => self
                .query_rows(query, None)?
                .into_iter()
                .map(|row| row.into_iter().map(Some).collect())
                .collect(),
        };
        let mut made = Vec::with_capacity(sources.len());
        for source in sources {
            let mut given: Vec<Option<Value>> = vec![None; table.columns.len()];
            for (value, column) in source.into_iter().zip(&plan.columns) {
                given[*column] = value;
            }
            let mut row = Vec::with_capacity(given.len());
            for (at, value) in given.into_iter().enumerate() {
                row.push(self.initial(&plan.target, at, value)?);
            }
            made.push(row);
        }
        self.insert_made(&plan.target, made, plan.returning.as_ref().map(|(list, _)| list.as_slice()))
    }

    /// The value of a column of a new row: given, by identity or by default.
    fn initial(&mut self, target: &TargetPlan, at: usize, given: Option<Value>) -> Outcome<Value> {
        let column = &target.table.columns[at];
        if let Some(identity) = &column.identity {
            let sequence = identity.sequence;
            match given {
                Some(_) if identity.generation == "ALWAYS" => return fail(32795, &[]),
                Some(Value::Null) if identity.on_null => return self.next_value(sequence),
                Some(value) => return Ok(value),
                None => return self.next_value(sequence),
            }
        }
        match given {
            Some(Value::Null) if column.default_on_null => {}
            Some(value) => return Ok(value),
            None => {}
        }
        match target.defaults.get(at).and_then(Option::as_ref) {
            Some(expr) => self.eval(expr),
            None => Ok(Value::Null),
        }
    }

    /// Stores new rows, with triggers and constraints.
    pub(crate) fn insert_made(
        &mut self,
        target: &TargetPlan,
        made: Vec<Vec<Value>>,
        returning: Option<&[Expr]>,
    ) -> Outcome<Done> {
        let table = target.table.clone();
        if let Some(view) = target.view {
            let count = i64::try_from(made.len()).unwrap_or(i64::MAX);
            for row in made {
                self.instead_of(view, &table, Event::Insert, None, Some(row))?;
            }
            return Ok((count, Vec::new()));
        }
        may_change(&table)?;
        let triggers = self.triggers_of(&table, Event::Insert, &[])?;
        self.statement_triggers(&triggers, Timing::Before, Event::Insert)?;
        let mut changed = Vec::with_capacity(made.len());
        let mut returned = Vec::new();
        for mut row in made {
            self.row_triggers(&triggers, Timing::Before, Event::Insert, &table, None, Some(&mut row))?;
            self.check_row(target, &mut row, true)?;
            let Some(number) = self.store.insert(&table, None, &row)? else {
                return Err(self.duplicate(&table, &row, None));
            };
            self.row_triggers(&triggers, Timing::After, Event::Insert, &table, None, Some(&mut row))?;
            if let Some(list) = returning {
                returned.push(self.returned(&table, number, &row, list)?);
            }
            changed.push(Changed { number, old: None, new: Some(row) });
        }
        self.check_references(&table, &changed)?;
        self.statement_triggers(&triggers, Timing::After, Event::Insert)?;
        Ok((i64::try_from(changed.len()).unwrap_or(i64::MAX), returned))
    }

    fn returned(
        &mut self,
        table: &TableDefinition,
        number: i64,
        row: &[Value],
        list: &[Expr],
    ) -> Outcome<Vec<Value>> {
        let mut whole = row.to_vec();
        whole.push(storage::rowid(table.id, number));
        self.rows.push(whole);
        let values = self.eval_all(list);
        self.rows.pop();
        values
    }

    fn row_number(value: &Value) -> Outcome<i64> {
        value
            .as_str()
            .and_then(storage::read_rowid)
            .map(|(_, number)| number)
            .ok_or_else(|| OracleError::new(1410, &[]))
    }

    /// UPDATE.
    pub(crate) fn update(&mut self, plan: &UpdatePlan) -> Outcome<Done> {
        self.atomically(|machine| {
            machine.as_statement(|machine| {
                let table = plan.target.table.clone();
                let found = machine.query_rows(&plan.rows, None)?;
                if let Some(view) = plan.target.view {
                    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
                    for row in found {
                        let old = row[1 + plan.columns.len()..].to_vec();
                        let mut new = old.clone();
                        for (at, value) in plan.columns.iter().zip(&row[1..]) {
                            new[*at] = value.clone();
                        }
                        machine.instead_of(view, &table, Event::Update, Some(old), Some(new))?;
                    }
                    return Ok((count, Vec::new()));
                }
                let mut changes = Vec::with_capacity(found.len());
                for mut row in found {
                    let number = Self::row_number(&row[0])?;
                    changes.push((number, row.split_off(1)));
                }
                let list = plan.returning.as_ref().map(|(list, _)| list.as_slice());
                machine.update_rows(&plan.target, &plan.columns, changes, list)
            })
        })
    }

    fn update_rows(
        &mut self,
        target: &TargetPlan,
        columns: &[usize],
        changes: Vec<(i64, Vec<Value>)>,
        returning: Option<&[Expr]>,
    ) -> Outcome<Done> {
        let table = target.table.clone();
        may_change(&table)?;
        let names: Vec<&str> = columns.iter().map(|at| table.columns[*at].name.as_str()).collect();
        let triggers = self.triggers_of(&table, Event::Update, &names)?;
        self.statement_triggers(&triggers, Timing::Before, Event::Update)?;
        let unique: HashSet<usize> = table
            .constraints
            .iter()
            .filter(|c| matches!(c.kind, ConstraintKind::Primary | ConstraintKind::Unique))
            .flat_map(|c| c.columns.iter().filter_map(|name| table.column(name)))
            .collect();
        let keys_change = columns.iter().any(|at| unique.contains(at)) && changes.len() > 1;
        let mut changed = Vec::with_capacity(changes.len());
        let mut returned = Vec::new();
        for (number, values) in changes {
            let Some((_, mut old)) = self.store.fetch(&table, number)? else { continue };
            for (at, expr) in &target.computed {
                self.rows.push(old.clone());
                let value = self.eval(expr);
                self.rows.pop();
                old[*at] = value?;
            }
            let mut row = old.clone();
            for (at, value) in columns.iter().zip(values) {
                row[*at] = value;
            }
            self.row_triggers(&triggers, Timing::Before, Event::Update, &table, Some(&old), Some(&mut row))?;
            self.check_row(target, &mut row, false)?;
            if keys_change {
                self.store.delete(&table, number)?;
            } else if !self.store.update(&table, number, &row)? {
                return Err(self.duplicate(&table, &row, Some(number)));
            }
            self.row_triggers(&triggers, Timing::After, Event::Update, &table, Some(&old), Some(&mut row))?;
            if let Some(list) = returning {
                returned.push(self.returned(&table, number, &row, list)?);
            }
            changed.push(Changed { number, old: Some(old), new: Some(row) });
        }
        if keys_change {
            // Keys may change places within one statement: all rows are out before the first comes back.
            for change in &changed {
                let row = change.new.as_ref().expect("an update has a new row");
                if self.store.insert(&table, Some(change.number), row)?.is_none() {
                    return Err(self.duplicate(&table, row, Some(change.number)));
                }
            }
        }
        self.check_references(&table, &changed)?;
        self.check_children(&table, &changed)?;
        self.statement_triggers(&triggers, Timing::After, Event::Update)?;
        Ok((i64::try_from(changed.len()).unwrap_or(i64::MAX), returned))
    }

    /// DELETE.
    pub(crate) fn delete(&mut self, plan: &DeletePlan) -> Outcome<Done> {
        self.atomically(|machine| {
            machine.as_statement(|machine| {
                let table = plan.target.table.clone();
                let found = machine.query_rows(&plan.rows, None)?;
                if let Some(view) = plan.target.view {
                    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
                    for row in found {
                        machine.instead_of(view, &table, Event::Delete, Some(row[1..].to_vec()), None)?;
                    }
                    return Ok((count, Vec::new()));
                }
                let numbers =
                    found.iter().map(|row| Self::row_number(&row[0])).collect::<Outcome<Vec<_>>>()?;
                let list = plan.returning.as_ref().map(|(list, _)| list.as_slice());
                machine.delete_rows(&table, &numbers, list)
            })
        })
    }

    /// Deletes rows by number, with triggers and foreign keys.
    pub(crate) fn delete_rows(
        &mut self,
        table: &Arc<TableDefinition>,
        numbers: &[i64],
        returning: Option<&[Expr]>,
    ) -> Outcome<Done> {
        may_change(table)?;
        let triggers = self.triggers_of(table, Event::Delete, &[])?;
        self.statement_triggers(&triggers, Timing::Before, Event::Delete)?;
        let mut changed = Vec::with_capacity(numbers.len());
        let mut returned = Vec::new();
        for number in numbers {
            let Some((_, old)) = self.store.fetch(table, *number)? else { continue };
            self.row_triggers(&triggers, Timing::Before, Event::Delete, table, Some(&old), None)?;
            self.store.delete(table, *number)?;
            self.row_triggers(&triggers, Timing::After, Event::Delete, table, Some(&old), None)?;
            if let Some(list) = returning {
                returned.push(self.returned(table, *number, &old, list)?);
            }
            changed.push(Changed { number: *number, old: Some(old), new: None });
        }
        self.check_children(table, &changed)?;
        self.statement_triggers(&triggers, Timing::After, Event::Delete)?;
        Ok((i64::try_from(changed.len()).unwrap_or(i64::MAX), returned))
    }

    /// MERGE.
    pub(crate) fn merge(&mut self, plan: &MergePlan) -> Outcome<Done> {
        self.atomically(|machine| {
            machine.as_statement(|machine| {
                let found = machine.query_rows(&plan.rows, None)?;
                let table = plan.target.table.clone();
                let mut updates = Vec::new();
                let mut inserts = Vec::new();
                let mut seen = HashSet::new();
                let update_count = plan.update.as_ref().map_or(0, Vec::len);
                let insert_from = 1 + update_count + usize::from(plan.update_condition.is_some());
                let allowed =
                    |row: &[Value], at: Option<usize>| at.is_none_or(|at| row[at].as_bool() == Some(true));
                for row in found {
                    if row[0].is_null() {
                        if let Some(columns) = &plan.insert
                            && allowed(&row, plan.insert_condition)
                        {
                            let mut given: Vec<Option<Value>> = vec![None; table.columns.len()];
                            for (column, value) in columns.iter().zip(&row[insert_from..]) {
                                given[*column] = Some(value.clone());
                            }
                            let mut made = Vec::new();
                            for (at, value) in given.into_iter().enumerate() {
                                made.push(machine.initial(&plan.target, at, value)?);
                            }
                            inserts.push(made);
                        }
                    } else if plan.update.is_some() && allowed(&row, plan.update_condition) {
                        let number = Self::row_number(&row[0])?;
                        if !seen.insert(number) {
                            return fail(30926, &[]);
                        }
                        updates.push((number, row[1..=update_count].to_vec()));
                    }
                }
                let mut count = 0;
                if let Some(columns) = &plan.update
                    && !updates.is_empty()
                {
                    count += machine.update_rows(&plan.target, columns, updates, None)?.0;
                }
                if !inserts.is_empty() {
                    count += machine.insert_made(&plan.target, inserts, None)?.0;
                }
                Ok((count, Vec::new()))
            })
        })
    }

    fn key_values(table: &TableDefinition, columns: &[String], row: &[Value]) -> Option<Vec<Value>> {
        let values: Vec<Value> =
            columns.iter().filter_map(|name| table.column(name)).map(|at| row[at].clone()).collect();
        (!values.iter().any(Value::is_null)).then_some(values)
    }

    fn key_columns(table: &TableDefinition, columns: &[String], values: Vec<Value>) -> Vec<(usize, Value)> {
        columns.iter().filter_map(|name| table.column(name)).zip(values).collect()
    }

    /// The parent of a foreign key and the columns of its key.
    pub(crate) fn parent_of(
        &self,
        constraint: &Constraint,
    ) -> Outcome<Option<(Arc<TableDefinition>, Vec<String>)>> {
        let ConstraintKind::Foreign { table, key, .. } = &constraint.kind else { return Ok(None) };
        let Some(parent) = self.catalogue.table(*table).cloned() else { return Ok(None) };
        let Some(columns) = parent.constraint(key).map(|key| key.columns.clone()) else { return Ok(None) };
        Ok(Some((parent, columns)))
    }

    /// ORA-02291: the parents of new child rows must exist.
    fn check_references(&mut self, table: &Arc<TableDefinition>, changed: &[Changed]) -> Outcome<()> {
        for constraint in table.constraints.iter().filter(|c| c.enabled) {
            let Some((parent, key)) = self.parent_of(constraint)? else { continue };
            let mut known: HashSet<Vec<HashKey>> = HashSet::new();
            for change in changed {
                let Some(new) = &change.new else { continue };
                let Some(values) = Self::key_values(table, &constraint.columns, new) else { continue };
                if let Some(old) = &change.old
                    && Self::key_values(table, &constraint.columns, old).as_ref() == Some(&values)
                {
                    continue;
                }
                if !known.insert(values.iter().map(Value::hash_key).collect()) {
                    continue;
                }
                if !self.store.exists(&parent, &Self::key_columns(&parent, &key, values))? {
                    return fail(2291, &[&format!("{}.{}", table.owner, constraint.name)]);
                }
            }
        }
        Ok(())
    }

    /// ORA-02292: a key that children use may not go, unless the rule says what happens to them.
    fn check_children(&mut self, table: &Arc<TableDefinition>, changed: &[Changed]) -> Outcome<()> {
        for (child, name) in self.catalogue.clone().references_to(table.id) {
            let Some(constraint) = child.constraint(&name).filter(|c| c.enabled).cloned() else { continue };
            let Some((_, key)) = self.parent_of(&constraint)? else { continue };
            let ConstraintKind::Foreign { rule, .. } = &constraint.kind else { continue };
            for change in changed {
                let Some(old) = change.old.as_ref().and_then(|old| Self::key_values(table, &key, old)) else {
                    continue;
                };
                let new = change.new.as_ref().and_then(|new| Self::key_values(table, &key, new));
                if new.as_ref() == Some(&old)
                    || self.store.exists(table, &Self::key_columns(table, &key, old.clone()))?
                {
                    continue;
                }
                let keys = Self::key_columns(&child, &constraint.columns, old);
                if !self.store.exists(&child, &keys)? {
                    continue;
                }
                if change.new.is_some() || rule == "NO ACTION" {
                    return fail(2292, &[&format!("{}.{}", child.owner, constraint.name)]);
                }
                let numbers: Vec<i64> =
                    self.store.scan(&child, &keys, None)?.into_iter().map(|(number, _)| number).collect();
                if rule == "CASCADE" {
                    self.delete_rows(&child, &numbers, None)?;
                } else {
                    let target = self.binder("").target_plan(&child)?;
                    let columns: Vec<usize> =
                        constraint.columns.iter().filter_map(|name| child.column(name)).collect();
                    let nulls = numbers
                        .into_iter()
                        .map(|number| (number, vec![Value::Null; columns.len()]))
                        .collect();
                    self.update_rows(&target, &columns, nulls, None)?;
                }
            }
        }
        Ok(())
    }
}
