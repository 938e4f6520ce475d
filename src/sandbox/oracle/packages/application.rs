//! `DBMS_APPLICATION_INFO` and `DBMS_SESSION`.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use std::time::Duration;

use super::text;
use crate::model::clock;
use crate::sandbox::oracle::error::{Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::session::Attribute;
use crate::sandbox::oracle::values::{Number, Value};

fn cut(value: Option<String>, length: usize) -> Option<String> {
    value.map(|text| text.chars().take(length).collect())
}

/// Notes what a client says of its session beside its calls.
pub(in crate::sandbox::oracle) fn set_attribute(
    machine: &mut Machine,
    attribute: Attribute,
    value: Option<&str>,
) {
    let value = cut(value.map(str::to_owned), 64);
    let facts = &mut machine.facts;
    match attribute {
        Attribute::Module => facts.module = value,
        Attribute::Action => facts.action = value,
        Attribute::ClientIdentifier => facts.client_identifier = value,
        Attribute::ClientInfo => facts.client_info = value,
    }
    publish(machine);
}

fn publish(machine: &Machine) {
    let facts = machine.facts.clone();
    machine.shared.change_session(facts.session_id, |live| {
        live.module = facts.module;
        live.action = facts.action;
        live.client_identifier = facts.client_identifier;
    });
}

pub(super) fn set_module(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.facts.module = cut(text(values, 0), 64);
    machine.facts.action = cut(text(values, 1), 64);
    publish(machine);
    Ok(Value::Null)
}

pub(super) fn set_action(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.facts.action = cut(text(values, 0), 64);
    publish(machine);
    Ok(Value::Null)
}

pub(super) fn read_module(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    values[0] = Value::optional_text(machine.facts.module.as_deref());
    values[1] = Value::optional_text(machine.facts.action.as_deref());
    Ok(Value::Null)
}

pub(super) fn set_client_info(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.facts.client_info = cut(text(values, 0), 64);
    Ok(Value::Null)
}

pub(super) fn read_client_info(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    values[0] = Value::optional_text(machine.facts.client_info.as_deref());
    Ok(Value::Null)
}

pub(super) fn set_identifier(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.facts.client_identifier = cut(text(values, 0), 64);
    publish(machine);
    Ok(Value::Null)
}

pub(super) fn clear_identifier(machine: &mut Machine, _: &mut [Value]) -> Outcome<Value> {
    machine.facts.client_identifier = None;
    publish(machine);
    Ok(Value::Null)
}

/// Lets a session wait. It can be stopped meanwhile.
pub(super) fn sleep(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let seconds = values.first().and_then(Value::as_number).map(Number::to_f64);
    let asked = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let Some(asked) = asked else { return fail(38148, &[]) };
    let begun = clock::instant();
    loop {
        machine.check_cancelled()?;
        let left = asked.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(Value::Null);
        }
        std::thread::sleep(left.min(Duration::from_millis(20)));
    }
}
