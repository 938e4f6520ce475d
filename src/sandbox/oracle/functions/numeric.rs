//! Functions on numbers. ROUND and TRUNC serve dates too.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::text::number_or;
use super::{Facts, Returns, Row, text_of, whole};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::values::calendar::MICROS;
use crate::sandbox::oracle::values::{Number, Value, convert, date_format};

use Returns::Family;

pub(super) const ROWS: &[Row] = &[
    ("ABS", 1, 1, "N", Family('N'), true, |_, v| Ok(Value::Number(number_or(v, 0, 0).abs()))),
    ("CEIL", 1, 1, "N", Family('N'), true, |_, v| Ok(Value::Number(number_or(v, 0, 0).ceil()))),
    ("FLOOR", 1, 1, "N", Family('N'), true, |_, v| Ok(Value::Number(number_or(v, 0, 0).floor()))),
    ("SIGN", 1, 1, "N", Family('N'), true, |_, v| {
        let number = number_or(v, 0, 0);
        Ok(Value::integer(if number.is_zero() {
            0
        } else if number.is_negative() {
            -1
        } else {
            1
        }))
    }),
    ("MOD", 2, 2, "NN", Family('N'), true, |_, v| overflow(number_or(v, 0, 0).modulo(number_or(v, 1, 0)))),
    ("REMAINDER", 2, 2, "NN", Family('N'), true, remainder),
    ("POWER", 2, 2, "NN", Family('N'), true, power),
    ("SQRT", 1, 1, "N", Family('N'), true, |_, v| {
        number_or(v, 0, 0)
            .square_root()
            .map(Value::Number)
            .ok_or_else(|| OracleError::new(1428, &[&number_or(v, 0, 0).to_string()]))
    }),
    ("BITAND", 2, 2, "NN", Family('N'), true, |_, v| {
        Ok(Value::integer(whole(v, 0).unwrap_or(0) & whole(v, 1).unwrap_or(0)))
    }),
    ("ROUND", 1, 2, "AA", Returns::First, true, |facts, v| cut(facts, v, true)),
    ("TRUNC", 1, 2, "AA", Returns::First, true, |facts, v| cut(facts, v, false)),
];

fn overflow(number: Option<Number>) -> Outcome<Value> {
    number.map(Value::Number).ok_or_else(|| OracleError::new(1426, &[]))
}

fn remainder(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let (a, b) = (number_or(v, 0, 0), number_or(v, 1, 0));
    if b.is_zero() {
        return fail(1476, &[]);
    }
    let times = a.divide(b).map(|n| n.round(0));
    overflow(times.and_then(|times| times.multiply(b)).and_then(|product| a.subtract(product)))
}

fn power(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let (base, exponent) = (number_or(v, 0, 0), number_or(v, 1, 0));
    match exponent.to_i64() {
        Some(exponent) => overflow(base.power(exponent)),
        None => Err(OracleError::unsupported("raise to a power that is not a whole number")),
    }
}

fn cut(_: &Facts, v: &[Value], round: bool) -> Outcome<Value> {
    match &v[0] {
        Value::Number(number) => {
            let places = match v.get(1) {
                Some(places) => convert::to_number(places)?.and_then(|n| n.truncate(0).to_i64()).unwrap_or(0),
                None => 0,
            };
            let places = i32::try_from(places).unwrap_or(0);
            Ok(Value::Number(if round { number.round(places) } else { number.truncate(places) }))
        }
        Value::Text(text) => {
            let number = Number::parse(text).ok_or_else(|| OracleError::new(1722, &[]))?;
            let places = i32::try_from(whole(v, 1).unwrap_or(0)).unwrap_or(0);
            Ok(Value::Number(if round { number.round(places) } else { number.truncate(places) }))
        }
        moment => {
            let Some(micros) = moment.as_moment() else { return fail(932, &["NUMBER", "INTERVAL"]) };
            let unit = if v.len() > 1 { text_of(v, 1) } else { "DD" };
            Ok(Value::Date(date_format::truncate(micros, unit, round)?.div_euclid(MICROS)))
        }
    }
}
