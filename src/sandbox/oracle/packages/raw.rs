//! `UTL_RAW`.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::{text, whole};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

fn bytes(value: &Value) -> &[u8] {
    match value {
        Value::Raw(bytes) => bytes,
        _ => &[],
    }
}

/// A RAW, which has at most 32767 bytes.
fn limited(bytes: &[u8]) -> Outcome<Value> {
    if bytes.len() > 32_767 {
        return Err(OracleError::new(6502, &[": raw variable length too long"]));
    }
    Ok(Value::raw(bytes))
}

pub(super) fn cast_to_raw(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    limited(text(values, 0).unwrap_or_default().as_bytes())
}

pub(super) fn cast_to_varchar2(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    if bytes(&values[0]).len() > 32_767 {
        return Err(OracleError::new(6502, &[": raw variable length too long"]));
    }
    Ok(Value::text(String::from_utf8_lossy(bytes(&values[0]))))
}

pub(super) fn length(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    Ok(if values[0].is_null() { Value::Null } else { Value::count(bytes(&values[0]).len()) })
}

pub(super) fn concat(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let joined: Vec<u8> = values.iter().flat_map(|value| bytes(value).to_vec()).collect();
    limited(&joined)
}

/// `SUBSTR`: bytes from a place, counted from the end when it is below 0.
pub(super) fn substr(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let all = bytes(&values[0]);
    let place = whole(values, 1).unwrap_or(1);
    let length = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let start = if place < 0 { length + place } else { (place - 1).max(0) };
    let (Ok(start), true) = (usize::try_from(start), start < length) else {
        return fail(6502, &[""]);
    };
    let rest = &all[start..];
    let taken = whole(values, 2).map_or(Some(rest.len()), |n| usize::try_from(n).ok());
    match taken.filter(|taken| *taken <= rest.len()) {
        Some(taken) => Ok(Value::raw(&rest[..taken])),
        None => fail(6502, &[""]),
    }
}
