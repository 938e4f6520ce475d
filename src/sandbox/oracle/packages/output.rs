//! `DBMS_OUTPUT`.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::{application_error, text, whole};
use crate::sandbox::oracle::error::Outcome;
use crate::sandbox::oracle::run::{Machine, Output};
use crate::sandbox::oracle::values::Value;

pub(super) fn enable(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.output.enabled = true;
    machine.output.limit = whole(values, 0).and_then(|n| usize::try_from(n.max(2000)).ok());
    Ok(Value::Null)
}

pub(super) fn disable(machine: &mut Machine, _: &mut [Value]) -> Outcome<Value> {
    machine.output = Output::default();
    Ok(Value::Null)
}

fn add_line(machine: &mut Machine, line: String) -> Outcome<Value> {
    if !machine.output.enabled {
        return Ok(Value::Null);
    }
    if line.len() > 32_767 {
        return Err(application_error(
            20000,
            "ORU-10028: line length overflow, limit of 32767 bytes per line",
        ));
    }
    machine.output.size += line.len();
    if let Some(limit) = machine.output.limit.filter(|limit| machine.output.size > *limit) {
        return Err(application_error(20000, &format!("ORU-10027: buffer overflow, limit of {limit} bytes")));
    }
    machine.output.lines.push_back(line);
    Ok(Value::Null)
}

pub(super) fn put_line(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let line = std::mem::take(&mut machine.output.partial) + &text(values, 0).unwrap_or_default();
    add_line(machine, line)
}

pub(super) fn put(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    if machine.output.enabled {
        machine.output.partial.push_str(&text(values, 0).unwrap_or_default());
    }
    Ok(Value::Null)
}

pub(super) fn new_line(machine: &mut Machine, _: &mut [Value]) -> Outcome<Value> {
    let line = std::mem::take(&mut machine.output.partial);
    add_line(machine, line)
}

pub(super) fn get_line(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let line = machine.output.lines.pop_front();
    values[1] = Value::integer(i64::from(line.is_none()));
    if let Some(line) = line {
        machine.output.size = machine.output.size.saturating_sub(line.len());
        values[0] = Value::text(line);
    }
    Ok(Value::Null)
}
