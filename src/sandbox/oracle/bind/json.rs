//! JSON functions, and interval literals.

use std::sync::Arc;

use super::Binder;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::{
    Expression, ExpressionKind, IntervalQualifier, JsonAnswer, JsonEntry, JsonFunction, JsonHandling,
    JsonOnNull, JsonPath, JsonValueExpression, OrderItem,
};
use crate::sandbox::oracle::plan::{AggregateFunction, AggregatePlan, Expr, JsonAccess, Node};
use crate::sandbox::oracle::values::calendar::{DAY_MICROS, MICROS};
use crate::sandbox::oracle::values::{Type, Value, convert};

/// The value of an interval literal.
pub(super) fn interval(value: &str, qualifier: &IntervalQualifier) -> Outcome<Expr> {
    let bad = || OracleError::new(1867, &[]);
    let whole = |unit: i64| value.trim().parse::<i64>().map(|n| n * unit).map_err(|_| bad());
    let days = |micros: i64| Expr::constant(Value::IntervalDay(micros), Type::IntervalDay);
    let months = |months: i64| Expr::constant(Value::IntervalYear(months), Type::IntervalYear);
    Ok(match (qualifier.leading.as_str(), qualifier.trailing.as_deref()) {
        ("YEAR", None) => months(whole(12)?),
        ("MONTH", None) => months(whole(1)?),
        ("YEAR", Some(_)) => months(convert::parse_interval_year(value).ok_or_else(bad)?),
        ("DAY", None) => days(whole(DAY_MICROS)?),
        ("HOUR", None) => days(whole(3600 * MICROS)?),
        ("MINUTE", None) => days(whole(60 * MICROS)?),
        ("SECOND", None) => days(convert::parse_clock(&format!("0:0:{value}")).ok_or_else(bad)?),
        ("DAY", Some(_)) => days(convert::parse_interval_day(value).ok_or_else(bad)?),
        ("HOUR", Some(_)) => days(convert::parse_clock(value).ok_or_else(bad)?),
        ("MINUTE", Some(_)) => days(convert::parse_clock(&format!("0:{value}")).ok_or_else(bad)?),
        _ => return Err(bad()),
    })
}

impl Binder<'_> {
    pub(super) fn json_path(&mut self, path: &JsonPath) -> Outcome<Expr> {
        if !path.passing.is_empty() {
            return Err(OracleError::unsupported("use PASSING in a JSON function"));
        }
        let document = self.expression(&path.document)?;
        let of = match (&path.handling.returning, path.function) {
            (Some(returning), _) => self.data_type(returning)?,
            (None, JsonFunction::Exists) => Type::Boolean,
            (None, _) => Type::Varchar { length: Some(4000), chars: false },
        };
        let default = match &path.handling.on_error {
            Some(JsonAnswer::Default(expr)) => Some(self.expression(expr)?),
            _ => None,
        };
        let access = JsonAccess {
            function: path.function,
            document,
            path: path.path.clone().unwrap_or_else(|| "$".into()),
            wrapper: path.wrapper,
            handling: path.handling.clone(),
            default,
        };
        Ok(Expr { node: Node::Json(Arc::new(access)), of })
    }

    fn json_type(&mut self, handling: &JsonHandling) -> Outcome<Type> {
        match &handling.returning {
            Some(returning) => self.data_type(returning),
            None => Ok(Type::Varchar { length: Some(4000), chars: false }),
        }
    }

    fn json_value(&mut self, value: &JsonValueExpression) -> Outcome<(Expr, bool)> {
        let expr = self.expression(&value.value)?;
        let nested = matches!(expr.node, Node::JsonObject { .. } | Node::JsonArray { .. })
            || matches!(&expr.node, Node::Json(access) if access.function == JsonFunction::Query)
            || self.queries.last().is_some_and(|scope| {
                matches!(expr.node, Node::Column { level: 0, slot } if scope.aggregates.iter().any(|(at, plan, _)| *at == slot && plan.json))
            });
        Ok((expr, value.format_json || nested))
    }

    fn json_key(&mut self, entry: &JsonEntry) -> Outcome<Expr> {
        match &entry.key {
            Some(key) => {
                let key_expr = self.expression(key)?;
                self.coerce(key_expr, &Type::TEXT, key.span)
            }
            None => match &entry.value.value {
                Expression { kind: ExpressionKind::Name(name), .. } => {
                    Ok(Expr::constant(Value::text(&name.last().text), Type::TEXT))
                }
                _ => Err(OracleError::new(2000, &["VALUE"])),
            },
        }
    }

    pub(super) fn json_object(&mut self, entries: &[JsonEntry], handling: &JsonHandling) -> Outcome<Expr> {
        let mut list = Vec::new();
        for entry in entries {
            let key = self.json_key(entry)?;
            let (value, raw) = self.json_value(&entry.value)?;
            list.push((key, value, raw));
        }
        let of = self.json_type(handling)?;
        let absent = handling.on_null == Some(JsonOnNull::Absent);
        Ok(Expr { node: Node::JsonObject { entries: list, absent }, of })
    }

    pub(super) fn json_array(
        &mut self,
        elements: &[JsonValueExpression],
        handling: &JsonHandling,
    ) -> Outcome<Expr> {
        let mut list = Vec::new();
        for element in elements {
            list.push(self.json_value(element)?);
        }
        let of = self.json_type(handling)?;
        let absent = handling.on_null != Some(JsonOnNull::Null);
        Ok(Expr { node: Node::JsonArray { elements: list, absent }, of })
    }

    fn json_aggregate(
        &mut self,
        function: AggregateFunction,
        arguments: Vec<Expr>,
        order: &[OrderItem],
        handling: &JsonHandling,
    ) -> Outcome<Expr> {
        let order = self.sort_keys(order)?;
        let of = self.json_type(handling)?;
        self.scope().aggregates_allowed = true;
        let plan = AggregatePlan { function, arguments, distinct: false, order, keep: None, json: true };
        Ok(self.add_aggregate(plan, of))
    }

    fn allow_aggregate(&mut self) -> Outcome<()> {
        if self.queries.is_empty() || !self.scope().aggregates_allowed {
            return Err(OracleError::new(934, &[]));
        }
        self.scope().aggregates_allowed = false;
        Ok(())
    }

    pub(super) fn json_array_aggregate(
        &mut self,
        element: &JsonValueExpression,
        order: &[OrderItem],
        handling: &JsonHandling,
    ) -> Outcome<Expr> {
        self.allow_aggregate()?;
        let (value, raw) = self.json_value(element)?;
        // The value is made JSON text before it is collected.
        let item = Expr {
            node: Node::JsonArray {
                elements: vec![(value, raw)],
                absent: handling.on_null != Some(JsonOnNull::Null),
            },
            of: Type::Clob,
        };
        self.json_aggregate(AggregateFunction::JsonArray, vec![item], order, handling)
    }

    pub(super) fn json_object_aggregate(
        &mut self,
        entry: &JsonEntry,
        handling: &JsonHandling,
    ) -> Outcome<Expr> {
        self.allow_aggregate()?;
        let key = self.json_key(entry)?;
        let (value, raw) = self.json_value(&entry.value)?;
        let absent = handling.on_null == Some(JsonOnNull::Absent);
        let item =
            Expr { node: Node::JsonObject { entries: vec![(key, value, raw)], absent }, of: Type::Clob };
        self.json_aggregate(AggregateFunction::JsonObject, vec![item], &[], handling)
    }
}
