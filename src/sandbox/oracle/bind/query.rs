//! Queries: WITH, set operators, ORDER BY, FETCH FIRST.

use super::expression::{same_family, wider_text};
use super::{Binder, CommonScope};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::{
    CommonTable, Expression, ExpressionKind, OrderItem, Query, SetExpression,
};
use crate::sandbox::oracle::plan::{Body, CommonPlan, Expr, FetchPlan, OutputColumn, QueryPlan, SortKey};
use crate::sandbox::oracle::values::{Type, Value};

impl Binder<'_> {
    /// Binds a query.
    pub(crate) fn query(&mut self, query: &Query) -> Outcome<QueryPlan> {
        let known = self.common.len();
        let bound = self.query_parts(query);
        self.common.truncate(known);
        bound
    }

    fn query_parts(&mut self, query: &Query) -> Outcome<QueryPlan> {
        let mut common = Vec::new();
        for table in &query.with {
            common.push(self.common_table(table)?);
        }
        let mut plan = match &query.body {
            SetExpression::Select(select) => {
                let siblings = if query.order_siblings { &query.order_by[..] } else { &[] };
                let order = if query.order_siblings { &[] } else { &query.order_by[..] };
                self.select(select, order, siblings)?
            }
            SetExpression::Nested(inner) => {
                let mut plan = self.query(inner)?;
                if !query.order_by.is_empty() {
                    plan = Self::nest(plan);
                    plan.order = self.set_order(&query.order_by, &plan.columns)?;
                }
                plan
            }
            SetExpression::Set { .. } => {
                let mut plan = self.set_expression(&query.body)?;
                plan.order = self.set_order(&query.order_by, &plan.columns)?;
                plan
            }
        };
        if plan.offset.is_some() || plan.fetch.is_some() {
            plan = Self::nest(plan);
        }
        if let Some(offset) = &query.offset {
            let offset = self.expression(offset)?;
            plan.offset = Some(offset);
        }
        if let Some(fetch) = &query.fetch {
            let count = match &fetch.count {
                Some(count) => self.expression(count)?,
                None => Expr::constant(Value::integer(1), Type::NUMBER),
            };
            plan.fetch = Some(FetchPlan { count, percent: fetch.percent, with_ties: fetch.with_ties });
        }
        common.append(&mut plan.common);
        plan.common = common;
        Ok(plan)
    }

    /// A query over a query, so that an outer clause comes after the inner ones.
    fn nest(plan: QueryPlan) -> QueryPlan {
        let columns = plan.columns.clone();
        QueryPlan {
            common: Vec::new(),
            body: Body::Select(Box::new(super::select::whole_of(plan))),
            order: Vec::new(),
            offset: None,
            fetch: None,
            columns,
        }
    }

    fn common_table(&mut self, table: &CommonTable) -> Outcome<CommonPlan> {
        let number = self.fresh_number();
        let recursive = match &table.query.body {
            SetExpression::Set { all: true, left, right, .. } if mentions(right, &table.name.text) => {
                Some((left, right))
            }
            _ => None,
        };
        if let Some((left, right)) = recursive {
            if table.columns.is_empty() {
                return Err(OracleError::new(32039, &[]).at(table.name.span.line, table.name.span.column));
            }
            let base = self.set_expression(left)?;
            let columns: Vec<(String, Type)> = table
                .columns
                .iter()
                .map(|c| c.text.clone())
                .zip(base.columns.iter().map(|c| c.of.clone()))
                .collect();
            self.common.push(CommonScope { name: table.name.text.clone(), number, columns });
            let step = self.set_expression(right)?;
            return Ok(CommonPlan { number, plan: base, recursive: Some(step) });
        }
        let plan = self.query(&table.query)?;
        if !table.columns.is_empty() && table.columns.len() != plan.columns.len() {
            return Err(OracleError::with_text(
                32038,
                "number of WITH clause column names does not match number of elements in select list",
            ));
        }
        let columns = plan
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let name =
                    table.columns.get(at).map_or_else(|| column.name.clone(), |ident| ident.text.clone());
                (name, column.of.clone())
            })
            .collect();
        self.common.push(CommonScope { name: table.name.text.clone(), number, columns });
        Ok(CommonPlan { number, plan, recursive: None })
    }

    fn set_expression(&mut self, body: &SetExpression) -> Outcome<QueryPlan> {
        match body {
            SetExpression::Select(select) => self.select(select, &[], &[]),
            SetExpression::Nested(query) => self.query(query),
            SetExpression::Set { operator, all, left, right } => {
                let mut left = self.set_expression(left)?;
                let mut right = self.set_expression(right)?;
                if left.columns.len() != right.columns.len() {
                    return Err(OracleError::new(1789, &[]));
                }
                let mut columns = Vec::new();
                for (a, b) in left.columns.iter().zip(&right.columns) {
                    let of = if matches!(a.of, Type::Null) {
                        b.of.clone()
                    } else if matches!(b.of, Type::Null) {
                        a.of.clone()
                    } else if a.of.is_text() && b.of.is_text() {
                        wider_text(&a.of, &b.of)
                    } else if a.of.is_number() && b.of.is_number() {
                        if a.of == b.of { a.of.clone() } else { Type::NUMBER }
                    } else if a.of.is_moment() && b.of.is_moment() {
                        if matches!(a.of, Type::Date) { b.of.clone() } else { a.of.clone() }
                    } else if same_family(&a.of, &b.of) {
                        a.of.clone()
                    } else {
                        return Err(OracleError::new(1790, &[]));
                    };
                    columns.push(OutputColumn {
                        name: a.name.clone(),
                        of,
                        nullable: a.nullable || b.nullable,
                    });
                }
                for (at, column) in columns.iter().enumerate() {
                    left.columns[at].of = column.of.clone();
                    right.columns[at].of = column.of.clone();
                }
                Ok(QueryPlan {
                    common: Vec::new(),
                    body: Body::Set {
                        operator: *operator,
                        all: *all,
                        left: Box::new(left),
                        right: Box::new(right),
                    },
                    order: Vec::new(),
                    offset: None,
                    fetch: None,
                    columns,
                })
            }
        }
    }

    /// ORDER BY over the columns of a result: positions and names.
    fn set_order(&mut self, items: &[OrderItem], columns: &[OutputColumn]) -> Outcome<Vec<SortKey>> {
        let mut keys = Vec::new();
        for item in items {
            let at = match &item.value.kind {
                ExpressionKind::Number(text) => text.parse::<usize>().ok().and_then(|n| n.checked_sub(1)),
                ExpressionKind::Name(name) => {
                    columns.iter().position(|column| column.name == name.last().text)
                }
                _ => {
                    return Err(OracleError::new(
                        1785,
                        &["ORDER BY item must be the number of a SELECT-list expression"],
                    ));
                }
            };
            let Some(column) = at.and_then(|at| columns.get(at)) else {
                return Err(match &item.value.kind {
                    ExpressionKind::Name(name) => {
                        OracleError::new(904, &[&format!("\"{}\"", name.last().text)])
                    }
                    _ => OracleError::new(
                        1785,
                        &["ORDER BY item must be the number of a SELECT-list expression"],
                    ),
                }
                .at(item.value.span.line, item.value.span.column));
            };
            keys.push(SortKey {
                value: Expr::column(at.unwrap_or_default(), column.of.clone()),
                descending: item.descending,
                nulls_first: item.nulls_first.unwrap_or(item.descending),
            });
        }
        Ok(keys)
    }
}

/// Whether a set expression reads a table of a name: the mark of a recursive WITH.
fn mentions(body: &SetExpression, name: &str) -> bool {
    use crate::sandbox::oracle::language::ast::{TableReference, TableSource};
    fn in_reference(reference: &TableReference, name: &str) -> bool {
        match reference {
            TableReference::Factor(factor) => match &factor.source {
                TableSource::Named(table) => table.single().is_some_and(|only| only.text == name),
                TableSource::Subquery(query) => mentions(&query.body, name),
                _ => false,
            },
            TableReference::Join(join) => in_reference(&join.left, name) || in_reference(&join.right, name),
        }
    }
    match body {
        SetExpression::Select(select) => select.from.iter().any(|reference| in_reference(reference, name)),
        SetExpression::Nested(query) => mentions(&query.body, name),
        SetExpression::Set { left, right, .. } => mentions(left, name) || mentions(right, name),
    }
}

/// Whether an expression is a whole number literal: a position in ORDER BY.
pub(super) fn position_of(expression: &Expression) -> Option<usize> {
    match &expression.kind {
        ExpressionKind::Number(text) => text.parse().ok(),
        _ => None,
    }
}
