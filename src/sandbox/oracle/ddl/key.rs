//! Enforcing constraints: indexes of keys, and the check of rows that are there already.

use crate::sandbox::oracle::catalogue::{Catalogue, ConstraintKind, Kind, TableDefinition};
use crate::sandbox::oracle::error::{Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

impl Machine {
    /// Switches a constraint of a definition on; `check` looks at the rows.
    pub(super) fn enforce(
        &mut self,
        catalogue: &mut Catalogue,
        table: &mut TableDefinition,
        at: usize,
        check: bool,
    ) -> Outcome<()> {
        let constraint = table.constraints[at].clone();
        let full = format!("{}.{}", table.owner, constraint.name);
        match &constraint.kind {
            ConstraintKind::Primary | ConstraintKind::Unique => {
                if constraint.kind == ConstraintKind::Primary {
                    for column in &constraint.columns {
                        if check && self.has_nulls(table, column)? {
                            return fail(2437, &[&full]);
                        }
                        if let Some(at) = table.column(column) {
                            table.columns[at].not_null = true;
                        }
                    }
                }
                if constraint.index.is_some_and(|index| catalogue.object(index).is_some()) {
                    return Ok(());
                }
                let fresh = catalogue.find(&table.owner, Kind::Index, &constraint.name).is_none();
                let name =
                    if fresh { constraint.name.clone() } else { format!("SYS_IL{}", catalogue.new_id()) };
                let made = self.make_index(
                    catalogue,
                    table,
                    &table.owner.clone(),
                    &name,
                    constraint.columns.clone(),
                    true,
                    false,
                    constraint.generated,
                );
                match made {
                    Ok(index) => table.constraints[at].index = Some(index),
                    Err(error) if error.code == 1452 => {
                        return fail(
                            if constraint.kind == ConstraintKind::Primary { 2437 } else { 2299 },
                            &[&full],
                        );
                    }
                    Err(error) => return Err(error),
                }
            }
            ConstraintKind::NotNull => {
                for column in &constraint.columns {
                    if check && self.has_nulls(table, column)? {
                        return fail(2296, &[&full]);
                    }
                }
            }
            ConstraintKind::Check(text) if check => {
                let whole = std::sync::Arc::new(table.clone());
                let expr = self.binder(text).over_table(&whole, text)?;
                self.prepare_temporary(&whole)?;
                for stored in self.store.scan(&whole, &[], None)? {
                    let row = self.complete(&whole, 0, whole.columns.len() + 1, stored)?;
                    self.rows.push(row);
                    let holds = self.test(&expr);
                    self.rows.pop();
                    if holds? == Some(false) {
                        return fail(2293, &[&full]);
                    }
                }
            }
            ConstraintKind::Foreign { table: parent, key, .. } if check => {
                let Some(parent) = catalogue.table(*parent).cloned() else { return fail(942, &[]) };
                let Some(key) = parent.constraint(key).cloned() else { return fail(2270, &[]) };
                if !key.enabled {
                    return fail(2270, &[]);
                }
                let mut known = std::collections::HashSet::new();
                for (_, row) in self.store.scan(table, &[], None)? {
                    let values: Vec<Value> = constraint
                        .columns
                        .iter()
                        .filter_map(|c| table.column(c))
                        .map(|at| row[at].clone())
                        .collect();
                    if values.iter().any(Value::is_null)
                        || !known.insert(values.iter().map(Value::hash_key).collect::<Vec<_>>())
                    {
                        continue;
                    }
                    let keys: Vec<(usize, Value)> =
                        key.columns.iter().filter_map(|c| parent.column(c)).zip(values).collect();
                    if !self.store.exists(&parent, &keys)? {
                        return fail(2298, &[&full]);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn has_nulls(&mut self, table: &TableDefinition, column: &str) -> Outcome<bool> {
        let Some(at) = table.column(column) else { return Ok(false) };
        if table.temporary.is_some() || table.columns[at].computed.is_some() {
            return Ok(false);
        }
        Ok(self.store.scan(table, &[], None)?.iter().any(|(_, row)| row[at].is_null()))
    }
}
