//! The forms of values in an answer: the same as REST-Enabled SQL gives for them.

use std::fmt::Write as _;

use serde_json::Value;

/// An empty text is null in this database.
pub(in crate::db::driver) fn text(text: Option<String>) -> Value {
    text.filter(|text| !text.is_empty()).map_or(Value::Null, Value::String)
}

/// The text of a floating number as JSON.
pub(in crate::db::driver) fn fraction(text: String) -> Value {
    serde_json::from_str::<serde_json::Number>(&text).map_or(Value::String(text), Value::Number)
}

/// Bytes as the database shows a RAW.
pub(in crate::db::driver) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// A moment as ISO 8601 has it, from year to second; those with a time zone come in UTC, and those without one are shown
/// as if they were.
pub(in crate::db::driver) fn moment(parts: [i64; 6], nanoseconds: u32) -> String {
    let [year, month, day, hour, minute, second] = parts;
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if !nanoseconds.is_multiple_of(1000) {
        let _ = write!(text, ".{nanoseconds:09}");
    } else if nanoseconds != 0 {
        let _ = write!(text, ".{:06}", nanoseconds / 1000);
    }
    text.push('Z');
    text
}

/// Days, hours, minutes and seconds as the database itself shows them: `+02 03:04:05.000006`.
pub(in crate::db::driver) fn days(parts: [i32; 4], nanoseconds: i32) -> String {
    let negative = parts.iter().any(|part| *part < 0) || nanoseconds < 0;
    let [days, hours, minutes, seconds] = parts.map(i32::unsigned_abs);
    let sign = if negative { '-' } else { '+' };
    let micros = nanoseconds.unsigned_abs() / 1000;
    format!("{sign}{days:02} {hours:02}:{minutes:02}:{seconds:02}.{micros:06}")
}

/// Years and months as the database itself shows them: `+01-02`.
pub(in crate::db::driver) fn years(years: i32, months: i32) -> String {
    let sign = if years < 0 || months < 0 { '-' } else { '+' };
    format!("{sign}{:02}-{:02}", years.unsigned_abs(), months.unsigned_abs())
}
