//! Expressions at run time.

use std::cmp::Ordering;
use std::sync::Arc;

use super::machine::{Machine, Row};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::{BinaryOperator, CursorAttribute};
use crate::sandbox::oracle::plan::{Expr, Method, Node, Subquery};
use crate::sandbox::oracle::values::calendar::{MICROS, add_months, fields_of};
use crate::sandbox::oracle::values::{Collection, CollectionKind, Key, Number, Type, Value, convert};

/// What a comparison operator makes of an order.
pub(crate) fn holds(operator: BinaryOperator, order: Ordering) -> bool {
    match operator {
        BinaryOperator::Equal => order.is_eq(),
        BinaryOperator::NotEqual => order.is_ne(),
        BinaryOperator::Less => order.is_lt(),
        BinaryOperator::LessOrEqual => order.is_le(),
        BinaryOperator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// LIKE: `%`, `_` and an escape; case counts.
pub(crate) fn like(text: &[char], pattern: &[char], escape: Option<char>) -> Outcome<bool> {
    let Some((first, rest)) = pattern.split_first() else { return Ok(text.is_empty()) };
    if Some(*first) == escape {
        let Some((literal, rest)) = rest.split_first() else {
            return Err(OracleError::with_text(
                1424,
                "missing or illegal character following the escape character",
            ));
        };
        if *literal != '%' && *literal != '_' && Some(*literal) != escape {
            return Err(OracleError::with_text(
                1424,
                "missing or illegal character following the escape character",
            ));
        }
        return Ok(text.first() == Some(literal) && like(&text[1..], rest, escape)?);
    }
    match first {
        '%' => {
            for at in 0..=text.len() {
                if like(&text[at..], rest, escape)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        '_' => Ok(!text.is_empty() && like(&text[1..], rest, escape)?),
        letter => Ok(text.first() == Some(letter) && like(&text[1..], rest, escape)?),
    }
}

fn truth(value: Option<bool>) -> Value {
    value.map_or(Value::Null, Value::Boolean)
}

impl Machine {
    /// The truth of a condition; none for unknown.
    pub(crate) fn test(&mut self, expr: &Expr) -> Outcome<Option<bool>> {
        Ok(self.eval(expr)?.as_bool())
    }

    /// The values of a list.
    pub(crate) fn eval_all(&mut self, list: &[Expr]) -> Outcome<Vec<Value>> {
        list.iter().map(|expr| self.eval(expr)).collect()
    }

    /// The value of an expression in the current row and frame.
    pub(crate) fn eval(&mut self, expr: &Expr) -> Outcome<Value> {
        match &expr.node {
            Node::Constant(value) => Ok(value.clone()),
            Node::Column { level, slot } => {
                let at = self.rows.len().checked_sub(1 + level);
                let row = at.and_then(|at| self.rows.get(at));
                row.and_then(|row| row.get(*slot)).cloned().ok_or_else(|| {
                    OracleError::with_text(600, "internal error code, arguments: [row out of reach]")
                })
            }
            Node::Local { depth, slot } => Ok(self.local(*depth, *slot).clone()),
            Node::Package { unit, slot } => self.package_value(*unit, *slot),
            Node::Bind(at) => {
                Ok(self.binds.last().and_then(|list| list.get(*at)).cloned().unwrap_or_default())
            }
            Node::Field(base, at) => match self.eval(base)? {
                Value::Record(_, mut fields) => Ok(fields.swap_remove(*at)),
                Value::Null => match base.of {
                    Type::Object(_) => fail(6530, &[]),
                    _ => Ok(Value::Null),
                },
                _ => fail(6502, &[""]),
            },
            Node::Element(base, key) => self.element(base, key),
            Node::Method(base, method, list) => self.method(base, *method, list),
            Node::Construct(list) => self.construct(list, &expr.of),
            Node::Convert(inner) => {
                let value = self.eval(inner)?;
                self.convert(&value, &expr.of)
            }
            Node::Builtin(function, list) => {
                let values = self.eval_all(list)?;
                if function.strict && values.iter().any(Value::is_null) {
                    return Ok(Value::Null);
                }
                (function.call)(&self.facts, &values)
            }
            Node::Arithmetic(operator, a, b) => {
                let (left, right) = (self.eval(a)?, self.eval(b)?);
                self.arithmetic(*operator, &left, &right)
            }
            Node::Negate(inner) => Ok(match self.eval(inner)? {
                Value::Number(number) => Value::Number(number.negate()),
                Value::IntervalDay(n) => Value::IntervalDay(-n),
                Value::IntervalYear(n) => Value::IntervalYear(-n),
                other => other,
            }),
            Node::Concatenate(a, b) => {
                let (left, right) = (self.eval(a)?, self.eval(b)?);
                let joined = match (left.as_str(), right.as_str()) {
                    (None, _) => right,
                    (_, None) => left,
                    (Some(x), Some(y)) => Value::text(format!("{x}{y}")),
                };
                let limit = if self.in_sql > 0 { 4000 } else { 32767 };
                if !matches!(expr.of, Type::Clob) && joined.as_str().is_some_and(|text| text.len() > limit) {
                    return if self.in_sql > 0 {
                        fail(1489, &[])
                    } else {
                        fail(6502, &[": character string buffer too small"])
                    };
                }
                Ok(joined)
            }
            Node::Compare(operator, a, b) => {
                let (left, right) = (self.eval_row(a)?, self.eval_row(b)?);
                Ok(truth(compare(*operator, &left, &right)))
            }
            Node::And(a, b) => {
                let left = self.test(a)?;
                if left == Some(false) {
                    return Ok(Value::Boolean(false));
                }
                let right = self.test(b)?;
                Ok(truth(match (left, right) {
                    (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }))
            }
            Node::Or(a, b) => {
                let left = self.test(a)?;
                if left == Some(true) {
                    return Ok(Value::Boolean(true));
                }
                let right = self.test(b)?;
                Ok(truth(match (left, right) {
                    (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                }))
            }
            Node::Not(inner) => Ok(truth(self.test(inner)?.map(|value| !value))),
            Node::IsNull(inner) => {
                let value = self.eval(inner)?;
                Ok(Value::Boolean(value.is_null()))
            }
            Node::Like { operand, pattern, escape } => {
                let (text, pattern) = (self.eval(operand)?, self.eval(pattern)?);
                let escape = match escape {
                    Some(escape) => self.eval(escape)?.as_str().and_then(|text| text.chars().next()),
                    None => None,
                };
                let (Some(text), Some(pattern)) = (text.as_str(), pattern.as_str()) else {
                    return Ok(Value::Null);
                };
                let (text, pattern): (Vec<char>, Vec<char>) =
                    (text.chars().collect(), pattern.chars().collect());
                Ok(Value::Boolean(like(&text, &pattern, escape)?))
            }
            Node::Between(operand, low, high) => {
                let value = self.eval(operand)?;
                let (low, high) = (self.eval(low)?, self.eval(high)?);
                let above =
                    value.compare(&low).filter(|_| !value.is_null() && !low.is_null()).map(Ordering::is_ge);
                let below =
                    value.compare(&high).filter(|_| !value.is_null() && !high.is_null()).map(Ordering::is_le);
                Ok(truth(match (above, below) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }))
            }
            Node::InList(operand, list) => {
                let value = self.eval_row(operand)?;
                let mut unknown = false;
                for item in list {
                    let item = self.eval_row(item)?;
                    match compare(BinaryOperator::Equal, &value, &item) {
                        Some(true) => return Ok(Value::Boolean(true)),
                        Some(false) => {}
                        None => unknown = true,
                    }
                }
                Ok(if unknown { Value::Null } else { Value::Boolean(false) })
            }
            Node::Row(_) => fail(920, &[]),
            Node::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    if self.test(condition)? == Some(true) {
                        return self.eval(result);
                    }
                }
                otherwise.as_ref().map_or(Ok(Value::Null), |expr| self.eval(expr))
            }
            Node::Switch { operand, branches, otherwise } => {
                let value = self.eval(operand)?;
                for (when, result) in branches {
                    let when = self.eval(when)?;
                    if !value.is_null() && !when.is_null() && value.compare(&when) == Some(Ordering::Equal) {
                        return self.eval(result);
                    }
                }
                otherwise.as_ref().map_or(Ok(Value::Null), |expr| self.eval(expr))
            }
            Node::Scalar(query) => {
                let rows = self.subquery_rows(query)?;
                match rows.as_slice() {
                    [] => Ok(Value::Null),
                    [row] => Ok(row[0].clone()),
                    _ => fail(1427, &[]),
                }
            }
            Node::Exists(query) => {
                let found = self.subquery_exists(query)?;
                Ok(Value::Boolean(found))
            }
            Node::InQuery(operand, query) => self.in_query(operand, query),
            Node::Quantified { operator, all, left, query } => {
                let left = self.eval_row(left)?;
                let rows = self.subquery_rows(query)?;
                let mut unknown = false;
                for row in rows.iter() {
                    match compare(*operator, &left, row) {
                        Some(result) if result != *all => return Ok(Value::Boolean(!all)),
                        None => unknown = true,
                        _ => {}
                    }
                }
                Ok(if unknown { Value::Null } else { Value::Boolean(*all) })
            }
            Node::Call(site) => self.call_function(site),
            Node::NextValue(id) => self.next_value(*id),
            Node::CurrentValue(id) => self.current_value(*id),
            Node::Prior(inner) => {
                let Some(prior) = self.prior.clone() else { return Ok(Value::Null) };
                let current =
                    std::mem::replace(self.rows.last_mut().expect("PRIOR is evaluated in a row"), prior);
                let value = self.eval(inner);
                if let Some(row) = self.rows.last_mut() {
                    *row = current;
                }
                value
            }
            Node::Cursor(cursor, attribute) => self.cursor_attribute(cursor, *attribute),
            Node::Implicit(attribute) => Ok(match attribute {
                CursorAttribute::Found => truth(self.implicit.map(|count| count > 0)),
                CursorAttribute::NotFound => truth(self.implicit.map(|count| count == 0)),
                CursorAttribute::IsOpen => Value::Boolean(false),
                _ => self
                    .implicit
                    .map_or(Value::Null, |count| Value::count(usize::try_from(count).unwrap_or(0))),
            }),
            Node::Sysdate => Ok(Value::Date(self.statement_now().div_euclid(MICROS))),
            Node::Systimestamp { zone } => {
                let now = self.statement_now();
                Ok(if *zone { Value::TimestampTz(now, 0) } else { Value::Timestamp(now) })
            }
            Node::User => Ok(Value::text(&self.facts.session_user)),
            Node::SqlCode => Ok(self.handled.last().map_or(Value::integer(0), |error| {
                Value::integer(match error.code {
                    1403 => 100,
                    6510 => 1,
                    code => -i64::from(code),
                })
            })),
            Node::SqlErrm(argument) => self.sqlerrm(argument.as_deref()),
            Node::JsonObject { entries, absent } => self.json_object(entries, *absent),
            Node::JsonArray { elements, absent } => self.json_array(elements, *absent),
            Node::Json(access) => self.json_access(access, &expr.of),
        }
    }

    /// A value, or the values of a list.
    fn eval_row(&mut self, expr: &Expr) -> Outcome<Row> {
        match &expr.node {
            Node::Row(list) => self.eval_all(list),
            _ => Ok(vec![self.eval(expr)?]),
        }
    }

    /// Converts with the session's formats; in PL/SQL a bad number is ORA-06502.
    pub(crate) fn convert(&self, value: &Value, to: &Type) -> Outcome<Value> {
        convert::convert(value, to, &self.facts.nls).map_err(|error| {
            if error.code == 1722 && self.in_sql == 0 {
                return OracleError::new(6502, &[": character to number conversion error"]);
            }
            error
        })
    }

    fn sqlerrm(&mut self, argument: Option<&Expr>) -> Outcome<Value> {
        let Some(argument) = argument else {
            let text = self.handled.last().map(|error| match error.code {
                6510 => "User-Defined Exception".to_owned(),
                _ => error.message().to_owned(),
            });
            return Ok(Value::text(text.unwrap_or_else(|| "ORA-0000: normal, successful completion".into())));
        };
        let code = self.eval(argument)?.as_number().and_then(Number::to_i64).unwrap_or(0);
        let text = match code {
            0 => "ORA-0000: normal, successful completion".to_owned(),
            100 => "ORA-01403: no data found".to_owned(),
            1 => "User-Defined Exception".to_owned(),
            n if n < 0 => match self.handled.last() {
                Some(error) if i64::from(error.code) == -n => error.message().to_owned(),
                _ => {
                    let code = i32::try_from(-n).unwrap_or(0);
                    if crate::sandbox::oracle::messages::is_known(code) {
                        OracleError::new(code, &[]).text
                    } else {
                        format!("ORA-{code:05}: Message {code} not found;  product=RDBMS; facility=ORA")
                    }
                }
            },
            n => format!(" -{n}: non-ORACLE exception "),
        };
        Ok(Value::text(text))
    }

    pub(crate) fn arithmetic(&self, operator: BinaryOperator, left: &Value, right: &Value) -> Outcome<Value> {
        use BinaryOperator as Op;
        let overflow = || OracleError::new(1426, &[]);
        let sign = if operator == Op::Subtract { -1 } else { 1 };
        Ok(match (left, right) {
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            (Value::Number(a), Value::Number(b)) => {
                let result = match operator {
                    Op::Add => a.add(*b),
                    Op::Subtract => a.subtract(*b),
                    Op::Multiply => a.multiply(*b),
                    _ => {
                        if b.is_zero() {
                            return fail(1476, &[]);
                        }
                        a.divide(*b)
                    }
                };
                Value::Number(result.ok_or_else(overflow)?)
            }
            (Value::Date(a), Value::Date(b)) => {
                Value::Number(Number::from(a - b).divide(Number::from(86_400)).ok_or_else(overflow)?)
            }
            (moment, Value::Number(days)) if moment.as_moment().is_some() => {
                let delta = convert::days_to_micros(*days, true).ok_or_else(overflow)?;
                Value::Date(
                    in_calendar(moment.as_moment().unwrap_or_default() + sign * delta)?.div_euclid(MICROS),
                )
            }
            (Value::Number(days), moment) if moment.as_moment().is_some() => {
                let delta = convert::days_to_micros(*days, true).ok_or_else(overflow)?;
                Value::Date(in_calendar(moment.as_moment().unwrap_or_default() + delta)?.div_euclid(MICROS))
            }
            (moment, Value::IntervalDay(delta)) if moment.as_moment().is_some() => {
                shift(moment, sign * delta)?
            }
            (Value::IntervalDay(delta), moment) if moment.as_moment().is_some() => shift(moment, *delta)?,
            (moment, Value::IntervalYear(months)) | (Value::IntervalYear(months), moment)
                if moment.as_moment().is_some() =>
            {
                let before = moment.as_moment().unwrap_or_default();
                let after = add_months(before, sign * months);
                if fields_of(after).day != fields_of(before).day && fields_of(before).day > 28 {
                    return fail(1839, &[]);
                }
                shift(moment, after - before)?
            }
            (Value::IntervalDay(a), Value::IntervalDay(b)) => Value::IntervalDay(a + sign * b),
            (Value::IntervalYear(a), Value::IntervalYear(b)) => Value::IntervalYear(a + sign * b),
            (Value::IntervalDay(a), Value::Number(n)) | (Value::Number(n), Value::IntervalDay(a)) => {
                let size = Number::from(*a);
                let result = if operator == Op::Divide {
                    if n.is_zero() {
                        return fail(1476, &[]);
                    }
                    size.divide(*n)
                } else {
                    size.multiply(*n)
                };
                Value::IntervalDay(result.and_then(Number::round_to_i64).ok_or_else(overflow)?)
            }
            (a, b) => match (a.as_moment(), b.as_moment()) {
                (Some(x), Some(y)) => Value::IntervalDay(x - y),
                _ => return fail(932, &["NUMBER", "UNKNOWN"]),
            },
        })
    }

    fn in_query(&mut self, operand: &Expr, query: &Arc<Subquery>) -> Outcome<Value> {
        let left = self.eval_row(operand)?;
        if !query.correlated {
            return self.in_cached(query, &left);
        }
        let rows = self.subquery_rows(query)?;
        let mut unknown = false;
        for row in rows.iter() {
            match compare(BinaryOperator::Equal, &left, row) {
                Some(true) => return Ok(Value::Boolean(true)),
                None => unknown = true,
                Some(false) => {}
            }
        }
        Ok(if unknown { Value::Null } else { Value::Boolean(false) })
    }

    fn element(&mut self, base: &Expr, key: &Expr) -> Outcome<Value> {
        let key = self.eval(key)?;
        let collection = self.eval(base)?;
        let Value::Collection(collection) = collection else { return fail(6531, &[]) };
        let key = key_of(&collection, &key)?;
        match collection.elements.get(&key) {
            Some(value) => Ok(value.clone()),
            None => match (&collection.of.kind, &key) {
                (CollectionKind::Table | CollectionKind::Varray(_), Key::Integer(n))
                    if *n < 1 || *n > collection.extent =>
                {
                    fail(if *n < 1 { 6532 } else { 6533 }, &[])
                }
                _ => fail(1403, &[]),
            },
        }
    }

    fn method(&mut self, base: &Expr, method: Method, list: &[Expr]) -> Outcome<Value> {
        let arguments = self.eval_all(list)?;
        let Value::Collection(collection) = self.eval(base)? else {
            return if method == Method::Exists { Ok(Value::Boolean(false)) } else { fail(6531, &[]) };
        };
        let show = |key: Option<&Key>| match key {
            None => Value::Null,
            Some(Key::Integer(n)) => Value::integer(*n),
            Some(Key::Text(text)) => Value::Text(text.clone()),
        };
        let elements = &collection.elements;
        let argument = |at: usize| key_of(&collection, arguments.get(at).unwrap_or(&Value::Null));
        Ok(match method {
            Method::Count => Value::count(elements.len()),
            Method::First => show(elements.keys().next()),
            Method::Last => show(elements.keys().next_back()),
            Method::Next => {
                let from = argument(0)?;
                show(
                    elements
                        .range((std::ops::Bound::Excluded(from), std::ops::Bound::Unbounded))
                        .next()
                        .map(|(key, _)| key),
                )
            }
            Method::Prior => {
                let from = argument(0)?;
                show(elements.range(..from).next_back().map(|(key, _)| key))
            }
            Method::Exists => Value::Boolean(argument(0).is_ok_and(|key| elements.contains_key(&key))),
            Method::Limit => match collection.of.kind {
                CollectionKind::Varray(limit) => Value::integer(i64::from(limit)),
                _ => Value::Null,
            },
        })
    }

    fn construct(&mut self, list: &[Expr], of: &Type) -> Outcome<Value> {
        let values = self.eval_all(list)?;
        Ok(match of {
            Type::Record(record) | Type::Object(record) => Value::Record(record.clone(), values),
            Type::Collection(of) => collection_of(of.clone(), values),
            _ => return fail(6502, &[""]),
        })
    }
}

/// A collection of values from subscript 1 on.
pub(crate) fn collection_of(
    of: Arc<crate::sandbox::oracle::values::CollectionType>,
    values: Vec<Value>,
) -> Value {
    let extent = i64::try_from(values.len()).unwrap_or(i64::MAX);
    let elements = (1..).map(Key::Integer).zip(values).collect();
    Value::Collection(Arc::new(Collection { of, elements, extent }))
}

/// The subscript a value is.
pub(crate) fn key_of(collection: &Collection, value: &Value) -> Outcome<Key> {
    match (collection.of.kind, value) {
        (_, Value::Null) => fail(6502, &[": NULL index table key value"]),
        (CollectionKind::ByText, Value::Text(text)) => Ok(Key::Text(text.clone())),
        (CollectionKind::ByText, other) => Ok(Key::Text(other.display().into())),
        (_, Value::Number(number)) => {
            number.round_to_i64().map(Key::Integer).ok_or_else(|| OracleError::new(6502, &[""]))
        }
        _ => fail(6502, &[""]),
    }
}

fn in_calendar(micros: i64) -> Outcome<i64> {
    let year = fields_of(micros).year;
    if (-4712..=9999).contains(&year) { Ok(micros) } else { fail(1841, &[]) }
}

fn shift(moment: &Value, delta: i64) -> Outcome<Value> {
    Ok(match moment {
        Value::Date(seconds) => Value::Date(in_calendar(seconds * MICROS + delta)?.div_euclid(MICROS)),
        Value::Timestamp(micros) => Value::Timestamp(in_calendar(micros + delta)?),
        Value::TimestampTz(micros, offset) => Value::TimestampTz(in_calendar(micros + delta)?, *offset),
        other => other.clone(),
    })
}

/// Compares values or lists; none when a NULL makes it unknown.
pub(crate) fn compare(operator: BinaryOperator, left: &[Value], right: &[Value]) -> Option<bool> {
    let mut unknown = false;
    let mut order = Ordering::Equal;
    for (a, b) in left.iter().zip(right) {
        if a.is_null() || b.is_null() {
            unknown = true;
            continue;
        }
        order = a.compare(b)?;
        if order.is_ne() {
            break;
        }
    }
    if unknown && !(left.len() > 1 && order.is_ne()) {
        return None;
    }
    Some(holds(operator, order))
}
