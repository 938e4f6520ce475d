//! Comparisons, IN, CASE and queries inside expressions.

use super::Binder;
use super::expression::{same_family, wider_text};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::Span;
use crate::sandbox::oracle::language::ast::{
    BinaryOperator, CaseBranch, Expression, ExpressionKind, Quantifier, Query,
};
use crate::sandbox::oracle::plan::{Expr, Node, Subquery};
use crate::sandbox::oracle::values::Type;
use std::sync::Arc;

impl Binder<'_> {
    /// Two expressions made comparable by Oracle's rules: numbers win over text, dates over text.
    pub(crate) fn comparable(&mut self, left: Expr, right: Expr, span: Span) -> Outcome<(Expr, Expr)> {
        if let (Node::Row(a), Node::Row(b)) = (&left.node, &right.node) {
            if a.len() != b.len() {
                return Err(OracleError::new(if a.len() < b.len() { 913 } else { 947 }, &[]));
            }
            let (mut list, mut others) = (Vec::new(), Vec::new());
            for (x, y) in a.clone().into_iter().zip(b.clone()) {
                let (x, y) = self.comparable(x, y, span)?;
                list.push(x);
                others.push(y);
            }
            return Ok((
                Expr { node: Node::Row(list), of: Type::Null },
                Expr { node: Node::Row(others), of: Type::Null },
            ));
        }
        let lob = |of: &Type| matches!(of, Type::Clob | Type::Blob);
        if self.in_sql && (lob(&left.of) || lob(&right.of)) {
            let name = if lob(&right.of) { right.of.error_name() } else { left.of.error_name() };
            return Err(OracleError::new(932, &["-", name]).at(span.line, span.column));
        }
        let (l, r) = (left.of.clone(), right.of.clone());
        if matches!(l, Type::Null) || matches!(r, Type::Null) {
            return Ok((left, right));
        }
        let padded = |a: &Expr, b: &Expr| {
            matches!(a.of, Type::Char { .. })
                && (matches!(b.of, Type::Char { .. }) || matches!(b.node, Node::Constant(_)))
        };
        if padded(&left, &right) || padded(&right, &left) {
            return Ok((self.builtin("RTRIM", vec![left], span)?, self.builtin("RTRIM", vec![right], span)?));
        }
        if same_family(&l, &r) || (l.is_moment() && r.is_moment()) {
            if matches!(l, Type::TimestampTz(_)) != matches!(r, Type::TimestampTz(_)) && l.is_moment() {
                let zone = Type::TimestampTz(6);
                return Ok((self.coerce(left, &zone, span)?, self.coerce(right, &zone, span)?));
            }
            return Ok((left, right));
        }
        let target = [&l, &r].into_iter().find(|of| !of.is_text()).cloned().unwrap_or(Type::TEXT);
        let wide = match target {
            Type::Number(..) | Type::Integer => Type::NUMBER,
            other => other,
        };
        let left = self.coerce(left, &wide, span)?;
        let right = self.coerce(right, &wide, span)?;
        Ok((left, right))
    }

    pub(super) fn in_list(&mut self, operand: Expr, items: Vec<Expr>, span: Span) -> Outcome<Expr> {
        let mut left = None;
        let mut list = Vec::new();
        let mut mixed = false;
        for item in &items {
            let (a, b) = self.comparable(operand.clone(), item.clone(), span)?;
            mixed |= left.as_ref().is_some_and(|left| *left != a);
            left = Some(a);
            list.push(b);
        }
        if mixed {
            let mut any: Option<Expr> = None;
            for item in items {
                let next = self.binary(BinaryOperator::Equal, operand.clone(), item, span)?;
                any = Some(match any {
                    None => next,
                    Some(before) => self.binary(BinaryOperator::Or, before, next, span)?,
                });
            }
            return any.ok_or_else(|| OracleError::new(936, &[]));
        }
        let left = left.unwrap_or(operand);
        Ok(Expr { node: Node::InList(Box::new(left), list), of: Type::Boolean })
    }

    /// Makes the operand of IN and the columns of its query comparable.
    pub(super) fn match_query(
        &mut self,
        operand: Expr,
        mut subquery: Subquery,
        span: Span,
    ) -> Outcome<(Expr, Subquery)> {
        let operands = if let Node::Row(list) = &operand.node { list.clone() } else { vec![operand.clone()] };
        if operands.len() != subquery.plan.columns.len() {
            return Err(OracleError::new(
                if operands.len() < subquery.plan.columns.len() { 913 } else { 947 },
                &[],
            ));
        }
        let mut list = Vec::new();
        for (item, column) in operands.into_iter().zip(&mut subquery.plan.columns) {
            let probe = Expr::column(0, column.of.clone());
            let (left, right) = self.comparable(item, probe, span)?;
            // The engine converts the query's column to the type noted here.
            column.of = right.of;
            list.push(left);
        }
        let operand =
            if list.len() == 1 { list.remove(0) } else { Expr { node: Node::Row(list), of: Type::Null } };
        Ok((operand, subquery))
    }

    pub(super) fn quantified(
        &mut self,
        operator: BinaryOperator,
        quantifier: Quantifier,
        left: &Expression,
        right: &Expression,
    ) -> Outcome<Expr> {
        let span = left.span;
        let left = self.expression(left)?;
        let all = quantifier == Quantifier::All;
        match &right.kind {
            ExpressionKind::Subquery(query) => {
                let subquery = self.subquery(query)?;
                let (left, subquery) = self.match_query(left, subquery, span)?;
                let node =
                    Node::Quantified { operator, all, left: Box::new(left), query: Arc::new(subquery) };
                Ok(Expr { node, of: Type::Boolean })
            }
            ExpressionKind::Tuple(list) => {
                let mut result: Option<Expr> = None;
                for item in list {
                    let item = self.expression(item)?;
                    let next = self.binary(operator, left.clone(), item, span)?;
                    let join = if all { BinaryOperator::And } else { BinaryOperator::Or };
                    result = Some(match result {
                        None => next,
                        Some(before) => self.binary(join, before, next, span)?,
                    });
                }
                result.ok_or_else(|| OracleError::new(936, &[]))
            }
            _ => {
                let item = self.expression(right)?;
                self.binary(operator, left, item, span)
            }
        }
    }

    /// Binds a query inside an expression.
    pub(crate) fn subquery(&mut self, query: &Query) -> Outcome<Subquery> {
        let base = self.queries.len();
        let outer = std::mem::replace(&mut self.lowest, usize::MAX);
        let was_sql = std::mem::replace(&mut self.in_sql, true);
        let plan = self.query(query);
        self.in_sql = was_sql;
        let correlated = self.lowest < base;
        self.lowest = self.lowest.min(outer);
        Ok(Subquery { plan: plan?, correlated })
    }

    pub(super) fn case(
        &mut self,
        operand: Option<&Expression>,
        branches: &[CaseBranch],
        otherwise: Option<&Expression>,
        span: Span,
    ) -> Outcome<Expr> {
        let mut results = Vec::new();
        let mut conditions = Vec::new();
        for branch in branches {
            conditions.push(self.expression(&branch.when)?);
            results.push(self.expression(&branch.then)?);
        }
        let otherwise = otherwise.map(|expr| self.expression(expr)).transpose()?;
        let mut all = results.clone();
        all.extend(otherwise.clone());
        let of = self.common_type(&all, span)?;
        let mut pairs = Vec::new();
        for (condition, result) in conditions.into_iter().zip(results) {
            pairs.push((condition, self.coerce(result, &of, span)?));
        }
        let otherwise = match otherwise {
            Some(expr) => Some(Box::new(self.coerce(expr, &of, span)?)),
            None => None,
        };
        let Some(operand) = operand else {
            return Ok(Expr { node: Node::Case { branches: pairs, otherwise }, of });
        };
        let operand = self.expression(operand)?;
        let mut compared = operand.clone();
        let mut list = Vec::new();
        for (value, result) in pairs {
            let (left, right) = self.comparable(operand.clone(), value, span)?;
            compared = left;
            list.push((right, result));
        }
        Ok(Expr { node: Node::Switch { operand: Box::new(compared), branches: list, otherwise }, of })
    }

    /// The type several expressions are brought to: that of the first that has one.
    pub(crate) fn common_type(&mut self, list: &[Expr], span: Span) -> Outcome<Type> {
        let mut of = Type::Null;
        for expr in list {
            if matches!(of, Type::Null) {
                of = expr.of.clone();
            } else if matches!(expr.of, Type::Null) {
            } else if of.is_text() && expr.of.is_text() {
                of = wider_text(&of, &expr.of);
            } else if of.is_number() && expr.of.is_number() {
                of = Type::NUMBER;
            } else if of.is_moment() && expr.of.is_moment() {
                if matches!(of, Type::Date) {
                    of = expr.of.clone();
                }
            } else if !same_family(&of, &expr.of) && self.in_sql {
                return Err(OracleError::new(932, &[of.error_name(), expr.of.error_name()])
                    .at(span.line, span.column));
            }
        }
        Ok(of)
    }
}
