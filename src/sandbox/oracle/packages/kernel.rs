//! What the PL/SQL bodies of Oracle's packages need from below, and errors.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use std::sync::Arc;

use super::{application_error, text, whole};
use crate::sandbox::oracle::catalogue::{Body, TableDefinition};
use crate::sandbox::oracle::database::{Mail, verifier};
use crate::sandbox::oracle::error::{Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::{Number, Value};

/// Codes -20999 to -20000, with the stack so far when the third argument is true.
pub(super) fn raise_application_error(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let code = whole(values, 0).unwrap_or(0);
    if !(-20_999..=-20_000).contains(&code) {
        return Err(application_error(
            21000,
            &format!("error number argument to raise_application_error of {code} is out of range"),
        ));
    }
    let message = text(values, 1).unwrap_or_default();
    let error = application_error(i32::try_from(-code).unwrap_or(20000), &message);
    if values.get(2).and_then(Value::as_bool) == Some(true)
        && let Some(before) = machine.handled.last()
    {
        return Err(error.over(before));
    }
    Err(error)
}

/// Raises one of Oracle's own errors from a package body.
pub(super) fn raise_error(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let code = i32::try_from(whole(values, 0).unwrap_or(600)).unwrap_or(600);
    match text(values, 1) {
        Some(argument) if !(20000..=20999).contains(&code) => fail(code, &[&argument]),
        Some(message) => Err(application_error(code, &message)),
        None => fail(code, &[]),
    }
}

pub(super) fn format_error_stack(machine: &mut Machine, _: &mut [Value]) -> Outcome<Value> {
    Ok(machine.handled.last().map_or(Value::Null, |error| Value::text(error.message())))
}

pub(super) fn format_error_backtrace(machine: &mut Machine, _: &mut [Value]) -> Outcome<Value> {
    Ok(machine.handled.last().map_or(Value::Null, |error| {
        let lines: Vec<&str> = error.text.lines().filter(|line| line.starts_with("ORA-06512")).collect();
        Value::text(lines.join("\n").split('\u{1}').next().unwrap_or_default())
    }))
}

pub(super) fn get_time(machine: &mut Machine, _: &mut [Value]) -> Outcome<Value> {
    Ok(Value::integer(machine.now() / 10_000))
}

/// Counts the rows of a schema's tables for their statistics; answers the number of tables.
pub(super) fn analyze(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    values[1] = Value::count(keep_statistics(machine, &text(values, 0).unwrap_or_default(), None, None)?);
    Ok(Value::Null)
}

/// Takes a number of rows for a table's statistics as it is told; answers the number of tables.
pub(super) fn set_statistics(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (owner, table) = (text(values, 0).unwrap_or_default(), text(values, 1).unwrap_or_default());
    values[3] = Value::count(keep_statistics(machine, &owner, Some(&table), whole(values, 2))?);
    Ok(Value::Null)
}

fn keep_statistics(
    machine: &mut Machine,
    owner: &str,
    table: Option<&str>,
    told: Option<i64>,
) -> Outcome<usize> {
    let now = machine.now();
    let tables: Vec<Arc<TableDefinition>> = machine
        .catalogue
        .tables()
        .into_iter()
        .filter(|t| t.owner == owner && table.is_none_or(|name| t.name == name) && t.temporary.is_none())
        .cloned()
        .collect();
    let count = tables.len();
    machine.define(|machine, catalogue| {
        for table in tables {
            let rows = told.map_or_else(|| machine.store.count(&table), Ok)?;
            let Some(object) = catalogue.object(table.id).cloned() else { continue };
            let mut object = (*object).clone();
            object.body =
                Body::Table(Arc::new(TableDefinition { analyzed: Some((rows, now)), ..(*table).clone() }));
            catalogue.put(&machine.store, object)?;
        }
        Ok(())
    })?;
    Ok(count)
}

/// Compiles the objects of a schema; all of them or the invalid ones only.
pub(super) fn compile(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let owner = text(values, 0).unwrap_or_default();
    let all = values.get(1).and_then(Value::as_bool).unwrap_or(true);
    for _ in 0..2 {
        let list: Vec<i64> = machine
            .catalogue
            .objects()
            .into_iter()
            .filter(|object| object.owner == owner && (all || !object.valid))
            .filter(|object| object.kind.is_source() || matches!(object.body, Body::View { .. }))
            .map(|object| object.id)
            .collect();
        for id in list {
            machine.compile_object(id)?;
        }
    }
    Ok(Value::Null)
}

pub(super) fn has_role(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (user, role) = (text(values, 0).unwrap_or_default(), text(values, 1).unwrap_or_default());
    Ok(Value::integer(i64::from(machine.catalogue.has_role(&user, &role))))
}

pub(super) fn hash_password(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    Ok(Value::text(verifier(&text(values, 0).unwrap_or_default(), &text(values, 1).unwrap_or_default())))
}

/// Whether a text is one SQL name: plain or in double quotes.
pub(super) fn is_sql_name(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let name = text(values, 0).unwrap_or_default();
    let name = name.trim();
    let fine = if let Some(inner) = name.strip_prefix('"') {
        inner.strip_suffix('"').is_some_and(|inner| !inner.is_empty() && !inner.contains('"'))
    } else {
        name.starts_with(char::is_alphabetic)
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#'))
    };
    Ok(Value::Boolean(fine && name.len() <= 130))
}

pub(super) fn json_is_object(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let json = serde_json::from_str::<serde_json::Value>(&text(values, 0).unwrap_or_default());
    Ok(Value::Boolean(json.is_ok_and(|json| json.is_object())))
}

/// Runs a query with the caller's rights and answers its rows as CSV or JSON text.
pub(super) fn query_text(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    use crate::sandbox::oracle::language::{Dialect, parse_query};
    let query = text(values, 0).unwrap_or_default();
    let format = text(values, 1).unwrap_or_default();
    let user = text(values, 2).unwrap_or_default();
    let parsed = parse_query(&query, Dialect::default())
        .map_err(|error| crate::sandbox::oracle::bind::syntax_error(&error))?;
    let before = (machine.authority.clone(), machine.facts.current_schema.clone());
    machine.authority = crate::sandbox::oracle::catalogue::Authority { user: user.clone(), roles: true };
    machine.facts.current_schema = user;
    let result = machine.binder(&query).query(&parsed).and_then(|plan| {
        machine.observe(&query, crate::sandbox::oracle::session::Effect::Read);
        let rows = machine.run_query(&plan)?;
        Ok((plan, rows))
    });
    (machine.authority, machine.facts.current_schema) = before;
    let (plan, rows) = result?;
    if format.eq_ignore_ascii_case("json") {
        let list: Vec<serde_json::Value> =
            rows.iter()
                .map(|row| {
                    let fields = plan.columns.iter().zip(row).map(|(column, value)| {
                        (column.name.clone(), serde_json::Value::String(value.display()))
                    });
                    serde_json::Value::Object(fields.collect())
                })
                .collect();
        return Ok(Value::text(serde_json::Value::Array(list).to_string()));
    }
    let quote = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let head: Vec<String> = plan.columns.iter().map(|column| quote(column.name.clone())).collect();
    let mut lines = vec![head.join(",")];
    lines.extend(
        rows.iter().map(|row| row.iter().map(|value| quote(value.display())).collect::<Vec<_>>().join(",")),
    );
    Ok(Value::text(lines.join("\n")))
}

/// Hands a message to the host: SMTP host, user, password, sender, recipient, subject, body.
pub(super) fn send_mail(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let part = |at| text(values, at).unwrap_or_default();
    let mail = Mail {
        smtp_host: part(0),
        username: part(1),
        password: part(2),
        sender: part(3),
        recipient: part(4),
        subject: part(5),
        body: part(6),
    };
    match machine.shared.host.send_mail(&mail) {
        Ok(()) => Ok(Value::Null),
        Err(answer) => fail(29279, &[&answer]),
    }
}

/// A link of `DBMS_CLOUD_ADMIN`, in the caller's schema and with the caller's rights.
pub(super) fn make_link(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let name = text(values, 0).unwrap_or_default().to_uppercase();
    let public = values.get(3).and_then(Value::as_bool) == Some(true);
    let user = text(values, 4).unwrap_or_default();
    // Inside a stored procedure of somebody else roles do not count.
    let roles = user == machine.facts.session_user;
    let before = (machine.authority.clone(), machine.facts.current_schema.clone());
    machine.authority = crate::sandbox::oracle::catalogue::Authority { user: user.clone(), roles };
    machine.facts.current_schema = user;
    let made = machine.place_link(public, &name, text(values, 1), text(values, 2).as_deref());
    (machine.authority, machine.facts.current_schema) = before;
    made.map(|_| Value::Null)
}

pub(super) fn set_workspace(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.facts.workspace = whole(values, 0);
    Ok(Value::Null)
}

pub(super) fn set_seed(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let seed = whole(values, 0).unwrap_or(1).unsigned_abs();
    machine.random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    Ok(Value::Null)
}

/// A number from 0 up to, not including, 1; the same sequence for the same seed.
pub(super) fn random(machine: &mut Machine, _: &mut [Value]) -> Outcome<Value> {
    let mut state = machine.random;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    machine.random = state;
    let numerator = i64::try_from(state >> 24).unwrap_or(0);
    let value = Number::from(numerator).divide(Number::from(1_i64 << 40)).unwrap_or(Number::ZERO);
    Ok(Value::Number(value))
}
