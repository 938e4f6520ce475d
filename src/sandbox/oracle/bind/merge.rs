//! MERGE.

use super::dml::MergePlan;
use super::{Binder, QueryScope};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::Merge;
use crate::sandbox::oracle::plan::{Expr, Node, Source};

impl Binder<'_> {
    /// Binds MERGE.
    pub(crate) fn merge(&mut self, merge: &Merge) -> Outcome<MergePlan> {
        let privilege = if merge.update.is_some() { "UPDATE" } else { "INSERT" };
        let (target, alias) = self.target(&merge.target, privilege)?;
        if target.view.is_some() {
            return Err(OracleError::unsupported("merge into a view"));
        }
        let table = target.table.clone();
        self.queries.push(QueryScope::default());
        let bound = (|| {
            let right = self.add_table(&table, alias.clone());
            let left = self.table_factor_reference(&merge.using)?;
            let on = self.conjunction(&merge.on)?;
            let mut values = Vec::new();
            let mut update_condition = None;
            let mut insert_condition = None;
            let update = match &merge.update {
                None => None,
                Some(update) => {
                    let (columns, list) = self.assignments(&table, &update.assignments)?;
                    for column in &columns {
                        let slot = *column;
                        let used = on.iter().any(|condition| {
                            let mut hit = false;
                            condition.walk(&mut |e| {
                                hit |= matches!(e.node, Node::Column { level: 0, slot: s } if s == slot);
                                true
                            });
                            hit
                        });
                        if used {
                            return Err(OracleError::new(
                                38104,
                                &[&format!("\"{}\".\"{}\"", table.name, table.columns[*column].name)],
                            ));
                        }
                    }
                    values.extend(list);
                    if let Some(condition) = &update.selection {
                        update_condition = Some(values.len() + 1);
                        values.push(self.condition(condition)?);
                    }
                    Some(columns)
                }
            };
            if merge.update.as_ref().is_some_and(|update| update.delete_selection.is_some()) {
                return Err(OracleError::unsupported("delete in MERGE"));
            }
            let insert = match &merge.insert {
                None => None,
                Some(insert) => {
                    let columns: Vec<usize> = if insert.columns.is_empty() {
                        (0..table.columns.len()).filter(|at| !table.columns[*at].hidden).collect()
                    } else {
                        insert
                            .columns
                            .iter()
                            .map(|name| Self::target_column(&table, name))
                            .collect::<Outcome<_>>()?
                    };
                    if columns.len() != insert.values.len() {
                        return Err(OracleError::new(
                            if insert.values.len() < columns.len() { 947 } else { 913 },
                            &[],
                        ));
                    }
                    for (value, column) in insert.values.iter().zip(&columns) {
                        let of = table.columns[*column].of.to_type();
                        let value = match self.value_or_default(value, &of)? {
                            Some(value) => value,
                            None => match &table.columns[*column].default {
                                Some(text) => self.stored_expression(text)?,
                                None => Expr::null(),
                            },
                        };
                        values.push(value);
                    }
                    if let Some(condition) = &insert.selection {
                        insert_condition = Some(values.len() + 1);
                        values.push(self.condition(condition)?);
                    }
                    Some(columns)
                }
            };
            let source = Source::Join {
                kind: crate::sandbox::oracle::plan::Joining::Left,
                left: Box::new(left),
                right: Box::new(right),
                on,
            };
            Ok((
                self.target_query(source, Vec::new(), values),
                update,
                update_condition,
                insert,
                insert_condition,
            ))
        })();
        self.queries.pop();
        let (rows, update, update_condition, insert, insert_condition) = bound?;
        Ok(MergePlan { target, rows, update, update_condition, insert, insert_condition })
    }

    pub(super) fn table_factor_reference(
        &mut self,
        factor: &crate::sandbox::oracle::language::ast::TableFactor,
    ) -> Outcome<Source> {
        self.table_reference(&crate::sandbox::oracle::language::ast::TableReference::Factor(Box::new(
            factor.clone(),
        )))
    }
}
