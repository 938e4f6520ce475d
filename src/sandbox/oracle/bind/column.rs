//! Columns by name, in this query or one around it.

use super::Binder;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::Name;
use crate::sandbox::oracle::plan::{Expr, Node};
use crate::sandbox::oracle::values::Type;

impl Binder<'_> {
    /// The column a name means; none if no query in scope has one.
    pub(crate) fn find_column(&mut self, name: &Name) -> Outcome<Option<Expr>> {
        if name.link.is_some() {
            return Ok(None);
        }
        let parts: Vec<&str> = name.parts.iter().map(|part| part.text.as_str()).collect();
        let (owner, qualifier, column) = match parts.as_slice() {
            [column] => (None, None, *column),
            [table, column] => (None, Some(*table), *column),
            [owner, table, column] => (Some(*owner), Some(*table), *column),
            _ => return Ok(None),
        };
        for index in (0..self.queries.len()).rev() {
            let level = self.queries.len() - 1 - index;
            let scope = &self.queries[index];
            if qualifier.is_none()
                && let Some((_, merged)) = scope.merged.iter().find(|(merged, _)| merged == column)
            {
                let merged = merged.clone();
                self.lowest = self.lowest.min(index);
                return Ok(Some(lift(merged, level)));
            }
            let mut found: Vec<(usize, usize, Type)> = Vec::new();
            for (position, source) in scope.sources.iter().enumerate() {
                let fits = qualifier.is_none_or(|qualifier| {
                    source.alias.as_deref() == Some(qualifier)
                        && owner.is_none_or(|owner| source.owner.as_deref() == Some(owner))
                });
                if !fits {
                    continue;
                }
                if column == "ROWID"
                    && let Some(slot) = source.rowid
                {
                    found.push((position, slot, Type::Rowid));
                    continue;
                }
                if let Some(hit) = source.columns.iter().find(|hit| hit.name == column) {
                    found.push((position, hit.slot, hit.of.clone()));
                }
            }
            if found.len() > 1 {
                return Err(OracleError::new(918, &[]).at(name.span.line, name.span.column));
            }
            if let Some((position, slot, of)) = found.pop() {
                self.lowest = self.lowest.min(index);
                if level == 0 {
                    self.scope().outer_marks.push(position);
                }
                return Ok(Some(Expr { node: Node::Column { level, slot }, of }));
            }
        }
        Ok(None)
    }
}

/// The same expression seen from `levels` queries further in.
fn lift(mut expr: Expr, levels: usize) -> Expr {
    match &mut expr.node {
        Node::Column { level, .. } => *level += levels,
        Node::Builtin(_, list) => {
            for item in list {
                *item = lift(item.clone(), levels);
            }
        }
        _ => {}
    }
    expr
}
