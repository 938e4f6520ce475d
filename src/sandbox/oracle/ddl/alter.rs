//! ALTER TABLE.

use std::sync::Arc;

use super::table::refresh_not_null;
use crate::sandbox::oracle::catalogue::{
    Body, Catalogue, ConstraintKind, Kind, Object, StoredType, TableDefinition, TriggerDefinition,
};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::{
    AlterColumn, AlterTableAction, ConstraintKind as WrittenKind, ConstraintTarget, IdentityGeneration, Name,
    TableElement,
};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::{Number, Type, Value};

impl Machine {
    pub(super) fn alter_table(
        &mut self,
        name: &Name,
        actions: &[AlterTableAction],
        _: &str,
    ) -> Outcome<String> {
        let object = self.existing(name, Kind::Table, "ALTER", OracleError::new(942, &[]))?;
        let id = object.id;
        if let Body::Table(table) = &object.body {
            self.require_unlocked(table)?;
        }
        self.define(|machine, catalogue| {
            for action in actions {
                machine.alter_one(catalogue, id, action)?;
            }
            catalogue.invalidate_dependents(&machine.store, id)
        })?;
        Ok("Table altered.".into())
    }

    fn alter_one(&mut self, catalogue: &mut Catalogue, id: i64, action: &AlterTableAction) -> Outcome<()> {
        let Some(current) = catalogue.table(id).cloned() else { return fail(942, &[]) };
        let mut table = (*current).clone();
        match action {
            AlterTableAction::Add(elements) => {
                for element in elements {
                    match element {
                        TableElement::Column(column) => self.add_column(catalogue, id, column)?,
                        TableElement::Constraint(constraint) => {
                            let check = constraint.state.validated != Some(false);
                            self.add_constraint(catalogue, id, None, constraint, check)?;
                        }
                    }
                }
                return Ok(());
            }
            AlterTableAction::ModifyColumns(columns) => {
                for column in columns {
                    self.modify_column(catalogue, id, column)?;
                }
                return Ok(());
            }
            AlterTableAction::ModifyConstraint { target, state, cascade } => {
                if let Some(enable) = state.enabled {
                    return self.set_constraint(catalogue, id, enable, state.validated, target, *cascade);
                }
                if let Some(validate) = state.validated {
                    return self.set_constraint(catalogue, id, true, Some(validate), target, *cascade);
                }
            }
            AlterTableAction::SetConstraint { enable, validate, target, cascade, .. } => {
                return self.set_constraint(catalogue, id, *enable, *validate, target, *cascade);
            }
            AlterTableAction::AllTriggers { enable } => {
                let list: Vec<Arc<Object>> =
                    catalogue.belonging_to(id, Kind::Trigger).into_iter().cloned().collect();
                for object in list {
                    self.set_trigger(catalogue, &object, *enable)?;
                }
                return Ok(());
            }
            AlterTableAction::DropColumns { columns, cascade_constraints }
            | AlterTableAction::SetUnused { columns, cascade_constraints } => {
                for column in columns {
                    let Some(at) = table.column(&column.text) else {
                        return fail(904, &[&format!("\"{}\"", column.text)]);
                    };
                    if table.columns.len() == 1 {
                        return fail(12983, &["cannot drop all columns in a table"]);
                    }
                    let referenced = catalogue.references_to(id).iter().any(|(child, name)| {
                        child.constraint(name).is_some_and(|c| matches!(&c.kind, ConstraintKind::Foreign { key, .. } if table.constraint(key).is_some_and(|k| k.columns.contains(&column.text))))
                    });
                    let several = table
                        .constraints
                        .iter()
                        .any(|c| c.columns.len() > 1 && c.columns.contains(&column.text));
                    if (referenced || several) && !cascade_constraints {
                        return fail(12992, &["cannot drop parent key column"]);
                    }
                    let indexes: Vec<i64> = catalogue
                        .belonging_to(id, Kind::Index)
                        .iter()
                        .filter(|index| matches!(&index.body, Body::Index { columns, .. } if columns.contains(&column.text)))
                        .map(|index| index.id)
                        .collect();
                    for index in indexes {
                        self.store.drop_index(index)?;
                        catalogue.remove(&self.store, index)?;
                    }
                    if let Some(identity) = &table.columns[at].identity {
                        catalogue.remove(&self.store, identity.sequence)?;
                    }
                    table.constraints.retain(|c| !c.columns.contains(&column.text));
                    table.columns.remove(at);
                }
            }
            AlterTableAction::DropUnusedColumns
            | AlterTableAction::RowMovement { .. }
            | AlterTableAction::Storage(_) => {}
            AlterTableAction::DropConstraint { target, cascade, .. } => {
                let at = find_constraint(&table, target, 2443)?;
                let constraint = table.constraints[at].clone();
                self.release_key(catalogue, &table, &constraint.name, *cascade, true)?;
                if let Some(index) = constraint.index {
                    self.store.drop_index(index)?;
                    catalogue.remove(&self.store, index)?;
                }
                table.constraints.remove(at);
                refresh_not_null(&mut table);
            }
            AlterTableAction::RenameColumn { from, to } => {
                let Some(at) = table.column(&from.text) else {
                    return fail(904, &[&format!("\"{}\"", from.text)]);
                };
                if table.column(&to.text).is_some() {
                    return fail(957, &[]);
                }
                if table.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::Check(_)))
                    || table.columns.iter().any(|c| c.computed.is_some())
                {
                    return Err(OracleError::unsupported(
                        "rename a column of a table with check constraints or virtual columns",
                    ));
                }
                table.columns[at].name.clone_from(&to.text);
                for constraint in &mut table.constraints {
                    for column in &mut constraint.columns {
                        if *column == from.text {
                            column.clone_from(&to.text);
                        }
                    }
                }
                let list: Vec<Arc<Object>> =
                    catalogue.belonging_to(id, Kind::Index).into_iter().cloned().collect();
                for object in list {
                    let mut changed = (*object).clone();
                    if let Body::Index { columns, .. } = &mut changed.body {
                        for column in columns.iter_mut().filter(|column| **column == from.text) {
                            column.clone_from(&to.text);
                        }
                    }
                    catalogue.put(&self.store, changed)?;
                }
            }
            AlterTableAction::RenameConstraint { from, to } => {
                let at = find_constraint(&table, &ConstraintTarget::Named(from.clone()), 23292)?;
                table.constraints[at].name.clone_from(&to.text);
                table.constraints[at].generated = false;
            }
            AlterTableAction::RenameTo(to) => {
                Self::check_free(catalogue, &table.owner, Kind::Table, &to.text)?;
                table.name.clone_from(&to.text);
            }
            AlterTableAction::ReadOnly(on) => table.read_only = *on,
        }
        self.put_table(catalogue, &Arc::new(table))
    }

    fn add_column(
        &mut self,
        catalogue: &mut Catalogue,
        id: i64,
        column: &crate::sandbox::oracle::language::ast::ColumnDefinition,
    ) -> Outcome<()> {
        let Some(current) = catalogue.table(id).cloned() else { return fail(942, &[]) };
        let mut table = (*current).clone();
        if table.column(&column.name.text).is_some() {
            return fail(1430, &[]);
        }
        let empty = self.store.count(&table)? == 0;
        self.add_column_definition(catalogue, &mut table, column, None)?;
        let mandatory = column
            .constraints
            .iter()
            .any(|c| matches!(c.kind, WrittenKind::NotNull | WrittenKind::PrimaryKey(_)));
        let at = table.columns.len() - 1;
        if mandatory && !empty && table.columns[at].default.is_none() && table.columns[at].identity.is_none()
        {
            return fail(1758, &[]);
        }
        if table.columns[at].computed.is_none() {
            self.store.add_column(&table, table.columns[at].storage)?;
        }
        let table = Arc::new(table);
        self.put_table(catalogue, &table)?;
        if !empty && table.columns[at].computed.is_none() {
            let default = match (&table.columns[at].default, &table.columns[at].identity) {
                (Some(text), _) => Some(self.binder(text).stored_expression(text)?),
                _ => None,
            };
            if default.is_some() || table.columns[at].identity.is_some() {
                for (number, mut row) in self.store.scan(&table, &[], None)? {
                    let value = match (&default, &table.columns[at].identity) {
                        (Some(expr), _) => self.eval(expr)?,
                        (None, Some(identity)) => {
                            let start = self.store.sequence(identity.sequence)?.unwrap_or(1);
                            self.store.set_sequence(identity.sequence, start + 1)?;
                            Value::integer(i64::try_from(start).unwrap_or(i64::MAX))
                        }
                        _ => Value::Null,
                    };
                    row[at] = self.fit(&table, at, &value)?;
                    self.store.update(&table, number, &row)?;
                }
            }
        }
        for constraint in &column.constraints {
            self.add_constraint(catalogue, id, Some(&column.name.text), constraint, true)?;
        }
        Ok(())
    }

    fn modify_column(&mut self, catalogue: &mut Catalogue, id: i64, column: &AlterColumn) -> Outcome<()> {
        let Some(current) = catalogue.table(id).cloned() else { return fail(942, &[]) };
        let mut table = (*current).clone();
        let Some(at) = table.column(&column.name.text) else {
            return fail(904, &[&format!("\"{}\"", column.name.text)]);
        };
        if let Some(written) = &column.data_type {
            let of = self.binder("").data_type(written)?;
            let before = table.columns[at].of.to_type();
            let rows = self.store.scan(&table, &[], None)?;
            let filled = rows.iter().any(|(_, row)| !row[at].is_null());
            let mut changed = table.clone();
            let stored = StoredType::of(&of).ok_or_else(|| OracleError::new(902, &[]))?.national(written);
            if filled && stored.family != table.columns[at].of.family {
                return fail(1439, &[]);
            }
            changed.columns[at].of = stored;
            if filled && matches!(of, Type::Number(..)) && narrower(&of, &before) {
                return fail(1440, &[]);
            }
            for (_, row) in &rows {
                if self.fit(&changed, at, &row[at]).is_err() {
                    return fail(1441, &[]);
                }
            }
            table = changed;
        }
        if let Some(default) = &column.default {
            self.binder(&default.text).stored_expression(&default.text)?;
            table.columns[at].default = Some(default.text.trim().to_owned());
            table.columns[at].default_on_null = default.on_null;
        }
        if let Some(visible) = column.visible {
            table.columns[at].hidden = !visible;
        }
        if column.drop_identity {
            let Some(identity) = table.columns[at].identity.take() else {
                return fail(30673, &["column to be modified is not an identity column"]);
            };
            catalogue.remove(&self.store, identity.sequence)?;
        }
        if let Some(written) = &column.identity {
            let Some(identity) = &mut table.columns[at].identity else {
                return fail(30673, &["column to be modified is not an identity column"]);
            };
            let always = written.generation == IdentityGeneration::Always;
            if always { "ALWAYS" } else { "BY DEFAULT" }.clone_into(&mut identity.generation);
            identity.on_null = written.generation == IdentityGeneration::ByDefaultOnNull;
            let sequence = identity.sequence;
            let Some(object) = catalogue.object(sequence).cloned() else { return fail(2289, &[]) };
            if let Body::Sequence(before) = &object.body {
                let definition = super::table::sequence_of(&written.options, Some(before))?;
                if written.options.start_with_limit_value {
                    let rows = self.store.scan(&table, &[], None)?;
                    let numbers = rows.iter().filter_map(|(_, row)| row[at].as_number());
                    let (last, first) = if definition.step > 0 {
                        (numbers.max().map(Number::floor), definition.minimum)
                    } else {
                        (numbers.min().map(Number::ceil), definition.maximum)
                    };
                    let next = last.and_then(Number::to_i64).map(|n| i128::from(n) + definition.step);
                    self.store.set_sequence(sequence, next.unwrap_or(first))?;
                } else if let Some(start) = written.options.start_with {
                    self.store.set_sequence(sequence, start)?;
                }
                catalogue.put(
                    &self.store,
                    Object { body: Body::Sequence(definition), changed: self.now(), ..(*object).clone() },
                )?;
            }
        }
        self.put_table(catalogue, &Arc::new(table.clone()))?;
        for constraint in &column.constraints {
            match &constraint.kind {
                WrittenKind::Null => {
                    let Some(current) = catalogue.table(id).cloned() else { continue };
                    let mut table = (*current).clone();
                    let before = table.constraints.len();
                    table.constraints.retain(|c| {
                        !(c.kind == ConstraintKind::NotNull && c.columns == [column.name.text.clone()])
                    });
                    if table.constraints.len() == before {
                        return fail(1451, &[]);
                    }
                    refresh_not_null(&mut table);
                    self.put_table(catalogue, &Arc::new(table))?;
                }
                WrittenKind::NotNull if table.columns[at].not_null => return fail(1442, &[]),
                _ => self.add_constraint(catalogue, id, Some(&column.name.text), constraint, true)?,
            }
        }
        Ok(())
    }

    /// ORA-02273 or ORA-02297 when foreign keys hang on a key, unless CASCADE takes them along.
    fn release_key(
        &mut self,
        catalogue: &mut Catalogue,
        table: &TableDefinition,
        name: &str,
        cascade: bool,
        drop: bool,
    ) -> Outcome<()> {
        for (child, foreign) in catalogue.references_to(table.id) {
            let hangs = child.constraint(&foreign).is_some_and(|c| {
                matches!(&c.kind, ConstraintKind::Foreign { key, .. } if key == name) && (drop || c.enabled)
            });
            if !hangs {
                continue;
            }
            if !cascade {
                return fail(if drop { 2273 } else { 2297 }, &[&format!("{}.{name}", table.owner)]);
            }
            let mut changed = (*child).clone();
            if drop {
                changed.constraints.retain(|c| c.name != foreign);
            } else if let Some(c) = changed.constraints.iter_mut().find(|c| c.name == foreign) {
                c.enabled = false;
                c.validated = false;
            }
            self.put_table(catalogue, &Arc::new(changed))?;
        }
        Ok(())
    }

    fn set_constraint(
        &mut self,
        catalogue: &mut Catalogue,
        id: i64,
        enable: bool,
        validate: Option<bool>,
        target: &ConstraintTarget,
        cascade: bool,
    ) -> Outcome<()> {
        let Some(current) = catalogue.table(id).cloned() else { return fail(942, &[]) };
        let mut table = (*current).clone();
        let at = find_constraint(&table, target, if enable { 2430 } else { 2431 })?;
        let name = table.constraints[at].name.clone();
        table.constraints[at].changed = self.now();
        if enable {
            let check = validate != Some(false);
            self.enforce(catalogue, &mut table, at, check)?;
            table.constraints[at].enabled = true;
            table.constraints[at].validated = check;
        } else {
            if validate == Some(true) && !table.constraints[at].validated {
                self.enforce(catalogue, &mut table, at, true)?;
            }
            if matches!(table.constraints[at].kind, ConstraintKind::Primary | ConstraintKind::Unique) {
                self.release_key(catalogue, &table, &name, cascade, false)?;
                if let Some(index) = table.constraints[at].index.take() {
                    self.store.drop_index(index)?;
                    catalogue.remove(&self.store, index)?;
                }
            }
            table.constraints[at].enabled = false;
            table.constraints[at].validated = validate == Some(true);
        }
        refresh_not_null(&mut table);
        self.put_table(catalogue, &Arc::new(table))
    }

    /// Switches a trigger on or off.
    pub(super) fn set_trigger(
        &mut self,
        catalogue: &mut Catalogue,
        object: &Arc<Object>,
        enable: bool,
    ) -> Outcome<()> {
        let Body::Source { text, errors, trigger: Some(trigger) } = &object.body else {
            return fail(4080, &[&object.name]);
        };
        let body = Body::Source {
            text: text.clone(),
            errors: errors.clone(),
            trigger: Some(TriggerDefinition { enabled: enable, ..trigger.clone() }),
        };
        catalogue.put(&self.store, Object { body, changed: self.now(), ..(**object).clone() })
    }
}

fn narrower(of: &Type, before: &Type) -> bool {
    match (of, before) {
        (Type::Number(Some(p), s), Type::Number(Some(q), t)) => {
            let whole = |p: u8, s: Option<i8>| i32::from(p) - i32::from(s.unwrap_or(0));
            whole(*p, *s) < whole(*q, *t) || s.unwrap_or(0) < t.unwrap_or(0)
        }
        (Type::Number(Some(_), _), Type::Number(None, _)) => true,
        _ => false,
    }
}

fn find_constraint(table: &TableDefinition, target: &ConstraintTarget, missing: i32) -> Outcome<usize> {
    let found = match target {
        ConstraintTarget::Named(name) => table.constraints.iter().position(|c| c.name == name.text),
        ConstraintTarget::PrimaryKey => {
            table.constraints.iter().position(|c| c.kind == ConstraintKind::Primary)
        }
        ConstraintTarget::Unique(columns) => table.constraints.iter().position(|c| {
            c.kind == ConstraintKind::Unique
                && c.columns.len() == columns.len()
                && columns.iter().all(|x| c.columns.contains(&x.text))
        }),
    };
    match (found, target) {
        (Some(at), _) => Ok(at),
        (None, ConstraintTarget::Named(name)) => fail(missing, &[&name.text]),
        (None, _) => fail(missing, &["PRIMARY KEY"]),
    }
}
