//! Conversions between types, implicit and by CAST.

use std::sync::Arc;

use super::calendar::{DAY_MICROS, MICROS};
use super::date_format;
use super::number::Number;
use super::types::Type;
use super::value::{Value, from_hexadecimal, hexadecimal};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};

/// The session settings conversions depend on.
#[derive(Clone, Debug)]
pub(crate) struct Nls {
    /// `NLS_DATE_FORMAT`.
    pub(crate) date: String,
    /// `NLS_TIMESTAMP_FORMAT`.
    pub(crate) timestamp: String,
    /// `NLS_TIMESTAMP_TZ_FORMAT`.
    pub(crate) timestamp_tz: String,
    /// The current moment, microseconds since 1970 UTC.
    pub(crate) now: i64,
}

impl Default for Nls {
    fn default() -> Self {
        Self {
            date: date_format::DEFAULT_DATE.into(),
            timestamp: date_format::DEFAULT_TIMESTAMP.into(),
            timestamp_tz: date_format::DEFAULT_TIMESTAMP_TZ.into(),
            now: 0,
        }
    }
}

/// Text of a value as implicit conversion makes it.
pub(crate) fn to_text(value: &Value, nls: &Nls) -> Outcome<Value> {
    Ok(match value {
        Value::Null | Value::Text(_) => value.clone(),
        Value::Date(_) => Value::text(date_format::format(value, &nls.date)?),
        Value::Timestamp(_) => Value::text(date_format::format(value, &nls.timestamp)?),
        Value::TimestampTz(..) => Value::text(date_format::format(value, &nls.timestamp_tz)?),
        Value::Raw(bytes) => Value::text(hexadecimal(bytes)),
        Value::Boolean(_) | Value::Record(..) | Value::Collection(_) | Value::Cursor(_) => {
            return fail(932, &["CHAR", "other"]);
        }
        other => Value::text(other.display()),
    })
}

/// A number from a value.
pub(crate) fn to_number(value: &Value) -> Outcome<Option<Number>> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(Some(*number)),
        Value::Text(text) => Number::parse(text).map(Some).ok_or_else(|| OracleError::new(1722, &[])),
        Value::Boolean(_) => fail(932, &["NUMBER", "BOOLEAN"]),
        _ => fail(932, &["NUMBER", "DATE"]),
    }
}

/// Converts a value to a type, with rounding and length checks where the type is constrained.
///
/// Errors are those of PL/SQL assignment (ORA-06502); column stores check lengths on their own to name the column.
pub(crate) fn convert(value: &Value, to: &Type, nls: &Nls) -> Outcome<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match to {
        Type::Null | Type::Record(_) | Type::Collection(_) | Type::Cursor | Type::Object(_) => {
            Ok(value.clone())
        }
        Type::Boolean => match value {
            Value::Boolean(_) => Ok(value.clone()),
            _ => fail(6502, &[""]),
        },
        Type::Number(precision, scale) => {
            let Some(number) = to_number(value)? else { return Ok(Value::Null) };
            fit_number(number, *precision, *scale)
                .map(Value::Number)
                .ok_or_else(|| OracleError::new(6502, &[": number precision too large"]))
        }
        Type::Integer => {
            let Some(number) = to_number(value)? else { return Ok(Value::Null) };
            let whole = number.round(0);
            if whole.to_i64().is_some_and(|n| i32::try_from(n).is_ok()) {
                Ok(Value::Number(whole))
            } else {
                fail(1426, &[])
            }
        }
        Type::Varchar { .. } | Type::Clob | Type::Char { .. } => {
            let text = to_text(value, nls)?;
            let Some(content) = text.as_str() else { return Ok(text) };
            if let Type::Char { length, chars } = to {
                let size = measure(content, *chars);
                if size < *length as usize {
                    return Ok(Value::text(format!("{content}{}", " ".repeat(*length as usize - size))));
                }
            }
            match text_limit(to) {
                Some((limit, chars)) if measure(content, chars) > limit => {
                    fail(6502, &[": character string buffer too small"])
                }
                _ => Ok(text),
            }
        }
        Type::Rowid => to_text(value, nls),
        Type::Date => match value {
            Value::Text(text) => {
                Ok(Value::Date(date_format::parse(text, &nls.date, nls.now)?.0.div_euclid(MICROS)))
            }
            _ => match value.as_moment() {
                Some(micros) => Ok(Value::Date(micros.div_euclid(MICROS))),
                None => fail(932, &["DATE", "NUMBER"]),
            },
        },
        Type::Timestamp(places) => match value {
            Value::Text(text) => Ok(Value::Timestamp(date_format::parse(text, &nls.timestamp, nls.now)?.0)),
            _ => match value.as_moment() {
                Some(micros) => Ok(Value::Timestamp(round_fraction(micros, *places))),
                None => fail(932, &["TIMESTAMP", "NUMBER"]),
            },
        },
        Type::TimestampTz(places) => match value {
            Value::Text(text) => {
                let (micros, offset) = date_format::parse(text, &nls.timestamp_tz, nls.now)?;
                let offset = offset.unwrap_or(0);
                Ok(Value::TimestampTz(micros - i64::from(offset) * 60 * MICROS, offset))
            }
            Value::TimestampTz(..) => Ok(value.clone()),
            _ => match value.as_moment() {
                Some(micros) => Ok(Value::TimestampTz(round_fraction(micros, *places), 0)),
                None => fail(932, &["TIMESTAMP WITH TIME ZONE", "NUMBER"]),
            },
        },
        Type::IntervalDay => match value {
            Value::IntervalDay(_) => Ok(value.clone()),
            Value::Text(text) => {
                parse_interval_day(text).map(Value::IntervalDay).ok_or_else(|| OracleError::new(1867, &[]))
            }
            _ => fail(932, &["INTERVAL DAY TO SECOND", "NUMBER"]),
        },
        Type::IntervalYear => match value {
            Value::IntervalYear(_) => Ok(value.clone()),
            Value::Text(text) => {
                parse_interval_year(text).map(Value::IntervalYear).ok_or_else(|| OracleError::new(1867, &[]))
            }
            _ => fail(932, &["INTERVAL YEAR TO MONTH", "NUMBER"]),
        },
        Type::Raw(limit) => {
            let bytes: Arc<[u8]> = match value {
                Value::Raw(bytes) => bytes.clone(),
                Value::Text(text) => from_hexadecimal(text)
                    .ok_or_else(|| OracleError::new(1465, &["invalid hex number"]))?
                    .into(),
                _ => return fail(932, &["BINARY", "NUMBER"]),
            };
            if limit.is_some_and(|limit| bytes.len() > limit as usize) {
                return fail(6502, &[": raw variable length too long"]);
            }
            Ok(Value::Raw(bytes))
        }
        Type::Blob => match value {
            Value::Raw(_) => Ok(value.clone()),
            Value::Text(text) => Ok(Value::Raw(
                from_hexadecimal(text).ok_or_else(|| OracleError::new(1465, &["invalid hex number"]))?.into(),
            )),
            _ => fail(932, &["BLOB", "NUMBER"]),
        },
    }
}

/// The length limit of a text type and whether it counts characters.
pub(crate) fn text_limit(of: &Type) -> Option<(usize, bool)> {
    match of {
        Type::Varchar { length: Some(length), chars } | Type::Char { length, chars } => {
            Some((*length as usize, *chars))
        }
        _ => None,
    }
}

/// The length of a text in bytes or characters.
pub(crate) fn measure(text: &str, chars: bool) -> usize {
    if chars { text.chars().count() } else { text.len() }
}

/// Rounds a number to precision and scale; none when it does not fit.
pub(crate) fn fit_number(number: Number, precision: Option<u8>, scale: Option<i8>) -> Option<Number> {
    let scale = match (precision, scale) {
        (None, None) => return Some(number),
        (_, Some(scale)) => i32::from(scale),
        (Some(_), None) => 0,
    };
    let rounded = number.round(scale);
    let Some(precision) = precision else { return Some(rounded) };
    let room = i32::from(precision) - scale;
    let limit = Number::parse(&format!("1e{room}"))?;
    (rounded.abs() < limit).then_some(rounded)
}

fn round_fraction(micros: i64, places: u8) -> i64 {
    if places >= 6 {
        return micros;
    }
    let unit = 10_i64.pow(6 - u32::from(places));
    (micros + unit / 2).div_euclid(unit) * unit
}

/// Reads `[-]DAYS HH:MI:SS[.FF]`; microseconds.
pub(crate) fn parse_interval_day(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (days, clock) = body.trim().split_once(' ').unwrap_or((body.trim(), ""));
    let mut micros = days.parse::<i64>().ok()?.checked_mul(DAY_MICROS)?;
    if !clock.is_empty() {
        micros += parse_clock(clock.trim())?;
    }
    Some(if negative { -micros } else { micros })
}

/// Reads `HH[:MI[:SS[.FF]]]`; microseconds.
pub(crate) fn parse_clock(text: &str) -> Option<i64> {
    let mut micros = 0;
    for (part, unit) in text.split(':').zip([3600, 60, 1]) {
        let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
        micros += whole.parse::<i64>().ok()? * unit * MICROS;
        if !fraction.is_empty() {
            micros += format!("{fraction:0<6}").get(..6)?.parse::<i64>().ok()?;
        }
    }
    Some(micros)
}

/// Reads `[-]YEARS-MONTHS`; months.
pub(crate) fn parse_interval_year(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (years, months) = body.split_once('-').unwrap_or((body, "0"));
    let total = years.parse::<i64>().ok()? * 12 + months.parse::<i64>().ok()?;
    Some(if negative { -total } else { total })
}

/// A number of days as microseconds, rounded to the second as date arithmetic does.
pub(crate) fn days_to_micros(days: Number, whole_seconds: bool) -> Option<i64> {
    let unit = if whole_seconds { DAY_MICROS / MICROS } else { DAY_MICROS };
    let units = days.multiply(Number::from(unit))?.round(0).to_i64()?;
    Some(if whole_seconds { units * MICROS } else { units })
}
