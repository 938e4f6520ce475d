//! `DBMS_LOB` over values held in variables.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::{text, whole};
use crate::sandbox::oracle::error::{Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

pub(super) fn create(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    values[0] = Value::Null;
    Ok(Value::Null)
}

pub(super) fn free(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    values[0] = Value::Null;
    Ok(Value::Null)
}

pub(super) fn length(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    Ok(match &values[0] {
        Value::Text(text) => Value::count(text.chars().count()),
        Value::Raw(bytes) => Value::count(bytes.len()),
        _ => Value::Null,
    })
}

pub(super) fn append(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let joined = text(values, 0).unwrap_or_default() + &text(values, 1).unwrap_or_default();
    values[0] = Value::text(joined);
    Ok(Value::Null)
}

pub(super) fn write_append(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let added = text(values, 2).unwrap_or_default();
    let amount = whole(values, 1).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    if amount > added.chars().count() {
        return fail(21560, &["argument 2 is null, invalid, or out of range"]);
    }
    let joined = text(values, 0).unwrap_or_default() + &added.chars().take(amount).collect::<String>();
    values[0] = Value::text(joined);
    Ok(Value::Null)
}

pub(super) fn substr(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let amount = whole(values, 1).and_then(|n| usize::try_from(n).ok()).unwrap_or(32_767);
    let offset = whole(values, 2).and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    if offset == 0 {
        return Ok(Value::Null);
    }
    let whole = text(values, 0).unwrap_or_default();
    Ok(Value::text(whole.chars().skip(offset - 1).take(amount).collect::<String>()))
}

pub(super) fn instr(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (Some(whole_text), Some(pattern)) = (text(values, 0), text(values, 1)) else {
        return Ok(Value::Null);
    };
    let offset = whole(values, 2).and_then(|n| usize::try_from(n).ok()).unwrap_or(1).max(1);
    let skipped: usize = whole_text.chars().take(offset - 1).map(char::len_utf8).sum();
    let found = whole_text[skipped..].find(&pattern).map(|at| whole_text[..skipped + at].chars().count() + 1);
    Ok(Value::count(found.unwrap_or(0)))
}
