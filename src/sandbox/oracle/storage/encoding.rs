//! How a value lies in a cell of the storage engine, and back.
//!
//! A whole number is an INTEGER, any other the TEXT of its digits; texts are TEXT; moments are INTEGER; a timestamp
//! with zone is the TEXT of both its figures, so that equal values are equal cells.

use rusqlite::types::{Value as Cell, ValueRef};

use crate::sandbox::oracle::values::{Number, Type, Value};

/// The cell of a value.
pub(crate) fn encode(value: &Value) -> Cell {
    match value {
        Value::Null | Value::Boolean(_) | Value::Record(..) | Value::Collection(_) | Value::Cursor(_) => {
            Cell::Null
        }
        Value::Number(number) => {
            number.to_i64().map_or_else(|| Cell::Text(number.to_string()), Cell::Integer)
        }
        Value::Text(text) => Cell::Text(text.to_string()),
        Value::Date(n) | Value::Timestamp(n) | Value::IntervalDay(n) | Value::IntervalYear(n) => {
            Cell::Integer(*n)
        }
        Value::TimestampTz(micros, offset) => Cell::Text(format!("{micros:020} {offset}")),
        Value::Raw(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

/// The value of a cell in a column of a type.
pub(crate) fn decode(cell: ValueRef<'_>, of: &Type) -> Value {
    match cell {
        ValueRef::Null | ValueRef::Real(_) => Value::Null,
        ValueRef::Integer(n) => match of {
            Type::Date => Value::Date(n),
            Type::Timestamp(_) => Value::Timestamp(n),
            Type::IntervalDay => Value::IntervalDay(n),
            Type::IntervalYear => Value::IntervalYear(n),
            _ => Value::Number(Number::from(n)),
        },
        ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            match of {
                Type::Number(..) | Type::Integer => Number::parse(text).map_or(Value::Null, Value::Number),
                Type::TimestampTz(_) => {
                    let mut parts = text.split(' ').map(|part| part.parse::<i64>().unwrap_or_default());
                    let micros = parts.next().unwrap_or_default();
                    let offset = parts.next().and_then(|n| i32::try_from(n).ok()).unwrap_or_default();
                    Value::TimestampTz(micros, offset)
                }
                _ => Value::text(text),
            }
        }
        ValueRef::Blob(bytes) => Value::raw(bytes),
    }
}

/// The text of a ROWID.
pub(crate) fn rowid(table: i64, row: i64) -> Value {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |mut number: i64, width: usize| {
        let mut text = vec![b'A'; width];
        for place in text.iter_mut().rev() {
            *place = DIGITS[usize::try_from(number & 63).unwrap_or(0)];
            number >>= 6;
        }
        String::from_utf8(text).unwrap_or_default()
    };
    Value::text(format!("{}{}", digits(table, 6), digits(row, 12)))
}

/// Table and row of a ROWID's text.
pub(crate) fn read_rowid(text: &str) -> Option<(i64, i64)> {
    if text.len() != 18 {
        return None;
    }
    let number = |part: &str| {
        part.bytes().try_fold(0_i64, |sum, byte| {
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            sum.checked_mul(64)?.checked_add(i64::from(digit))
        })
    };
    Some((number(&text[..6])?, number(&text[6..])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rowids_round_trip() {
        for (table, row) in [(1, 1), (73_001, 20_000), (5, i64::from(u32::MAX))] {
            let text = rowid(table, row);
            assert_eq!(read_rowid(text.as_str().unwrap()), Some((table, row)));
        }
        assert_eq!(read_rowid("x"), None);
    }

    #[test]
    fn values_come_back() {
        let check = |value: Value, of: Type| {
            let cell = encode(&value);
            assert_eq!(decode(ValueRef::from(&cell), &of), value);
        };
        check(Value::integer(5), Type::NUMBER);
        check(Value::Number(Number::parse("12345678901234567890.5").unwrap()), Type::NUMBER);
        check(Value::text("x"), Type::TEXT);
        check(Value::Date(86_400), Type::Date);
        check(Value::TimestampTz(-1_000_000, -90), Type::TimestampTz(6));
        check(Value::raw(&[1, 2]), Type::Raw(None));
    }
}
