//! Values between the database and JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Number, Value};

use crate::sandbox::oracle::Value as OracleValue;

/// A value of a row or bind. The empty text never appears: it is NULL.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// NULL.
    #[default]
    Null,
    /// A number as decimal text.
    Number(String),
    /// Characters of any type.
    Text(String),
    /// A DATE: seconds since 1970, without zone.
    Date(i64),
    /// A TIMESTAMP, microseconds since 1970: without zone, or in UTC for one that has a zone.
    Timestamp(i64),
    /// A TIMESTAMP WITH TIME ZONE: microseconds since 1970 UTC, and by how many minutes its zone is ahead.
    Zoned(i64, i32),
    /// INTERVAL DAY TO SECOND in microseconds.
    IntervalDay(i64),
    /// INTERVAL YEAR TO MONTH in months.
    IntervalYear(i64),
    /// Bytes of a RAW, shown as hexadecimal digits.
    Raw(Vec<u8>),
    /// Bytes of a BLOB, shown in base64.
    Blob(Vec<u8>),
    /// A truth value.
    Boolean(bool),
    /// The elements of an array.
    Array(Vec<Self>),
    /// The rows of a cursor.
    Rows(Box<super::backend::Rows>),
}

impl Cell {
    /// Characters; none of them are NULL.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Null } else { Self::Text(text) }
    }

    /// The value as the answer shows it.
    pub fn to_json(&self) -> Value {
        match self {
            // No request can bind a cursor.
            Self::Null | Self::Rows(_) => Value::Null,
            Self::Number(text) => number(text),
            Self::Text(text) => Value::String(text.clone()),
            Self::Date(seconds) => moment(seconds.checked_mul(1_000_000), 0),
            Self::Timestamp(micros) | Self::Zoned(micros, _) => {
                let digits = if micros % 1_000_000 == 0 { 0 } else { 6 };
                moment(Some(*micros), digits)
            }
            Self::Raw(bytes) => Value::String(hexadecimal(bytes)),
            Self::Blob(bytes) => Value::String(STANDARD.encode(bytes)),
            Self::Boolean(truth) => Value::Bool(*truth),
            Self::IntervalDay(micros) => shown(&OracleValue::IntervalDay(*micros)),
            Self::IntervalYear(months) => shown(&OracleValue::IntervalYear(*months)),
            Self::Array(cells) => Value::Array(cells.iter().map(Self::to_json).collect()),
        }
    }
}

fn shown(value: &OracleValue) -> Value {
    Value::String(value.display())
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// A decimal text as a JSON number: whole where it can be, without the database's habit of leaving out a leading zero.
fn number(text: &str) -> Value {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let zero = if digits.starts_with('.') { "0" } else { "" };
    serde_json::from_str::<Number>(&format!("{sign}{zero}{digits}"))
        .map_or_else(|_| Value::String(text.to_owned()), Value::Number)
}

fn moment(micros: Option<i64>, digits: usize) -> Value {
    let moment = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    moment.map_or(Value::Null, |moment| Value::String(format!("{moment:.digits$}")))
}

/// Microseconds since 1970 of an ISO-8601 text: UTC with a Z or offset, without zone as it stands.
pub(super) fn moment_of(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_microsecond());
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_as_json() {
        fn check(cell: &Cell, wanted: &Value) {
            assert_eq!(cell.to_json(), *wanted, "{cell:?}");
        }
        check(&Cell::text(""), &Value::Null);
        check(&Cell::Number("42".into()), &json!(42));
        check(&Cell::Number("-.5".into()), &json!(-0.5));
        check(&Cell::Number(".25".into()), &json!(0.25));
        check(&Cell::Number("9007199254740993".into()), &json!(9_007_199_254_740_993_u64));
        check(&Cell::Text("42".into()), &json!("42"));
        check(&Cell::Date(1_559_139_933), &json!("2019-05-29T14:25:33Z"));
        check(&Cell::Timestamp(1_559_139_933_123_000), &json!("2019-05-29T14:25:33.123000Z"));
        check(&Cell::Timestamp(1_559_139_933_000_000), &json!("2019-05-29T14:25:33Z"));
        check(&Cell::Raw(vec![0, 255]), &json!("00FF"));
        check(&Cell::Blob(b"hey".to_vec()), &json!("aGV5"));
    }

    #[test]
    fn moments() {
        fn check(text: &str, wanted: Option<i64>) {
            assert_eq!(moment_of(text), wanted, "{text}");
        }
        check("1970-01-01T00:00:01Z", Some(1_000_000));
        check("1970-01-01T01:00:01+01:00", Some(1_000_000));
        check("1970-01-01T00:00:01.5", Some(1_500_000));
        check("1970-01-02", Some(86_400_000_000));
        check("02-JAN-70", None);
    }
}
