//! Conversions by name, and functions about the session.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use aws_lc_rs::digest;

use super::{Facts, Returns, Row, text_of};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::values::calendar::MICROS;
use crate::sandbox::oracle::values::{Type, Value, convert, date_format, number_format};

use Returns::Family;

pub(super) const ROWS: &[Row] = &[
    ("TO_CHAR", 1, 3, "ATT", Family('T'), true, to_char),
    ("TO_NCHAR", 1, 3, "ATT", Family('T'), true, to_char),
    ("TO_CLOB", 1, 1, "A", Family('C'), true, |facts, v| convert::to_text(&v[0], &facts.nls)),
    ("TO_NUMBER", 1, 3, "ATT", Family('N'), true, to_number),
    ("TO_DATE", 1, 3, "ATT", Family('D'), true, to_date),
    ("TO_TIMESTAMP", 1, 3, "ATT", Family('S'), true, to_timestamp),
    ("TO_TIMESTAMP_TZ", 1, 3, "ATT", Family('Z'), true, to_timestamp_tz),
    ("HEXTORAW", 1, 1, "T", Family('R'), true, |facts, v| {
        convert::convert(&v[0], &Type::Raw(None), &facts.nls)
    }),
    ("RAWTOHEX", 1, 1, "R", Family('T'), true, |_, v| Ok(Value::text(v[0].display()))),
    ("ROWIDTOCHAR", 1, 1, "T", Family('T'), true, |_, v| Ok(v[0].clone())),
    ("CHARTOROWID", 1, 1, "T", Family('T'), true, |_, v| Ok(v[0].clone())),
    ("SYS_GUID", 0, 0, "A", Family('R'), false, |_, _| random_bytes(16)),
    ("SYS_CONTEXT", 2, 3, "TTN", Family('T'), false, sys_context),
    ("USERENV", 1, 1, "T", Family('T'), true, |facts, v| Ok(environment(facts, text_of(v, 0)))),
    ("STANDARD_HASH", 1, 2, "AT", Family('R'), true, standard_hash),
    ("ORA_HASH", 1, 3, "ANN", Family('N'), false, ora_hash),
    ("VSIZE", 1, 1, "A", Family('N'), true, |_, v| Ok(Value::count(v[0].display().len()))),
    ("$CAST", 1, 1, "A", Returns::First, false, |_, v| Ok(v[0].clone())),
    ("$IS_JSON", 1, 1, "T", Family('B'), true, |_, v| {
        Ok(Value::Boolean(serde_json::from_str::<serde_json::Value>(text_of(v, 0)).is_ok()))
    }),
    ("$UTL_TO_RAW", 1, 1, "T", Family('R'), true, |_, v| Ok(Value::raw(text_of(v, 0).as_bytes()))),
    ("$UTL_TO_TEXT", 1, 1, "R", Family('T'), true, |_, v| match &v[0] {
        Value::Raw(bytes) => Ok(Value::text(String::from_utf8_lossy(bytes))),
        _ => Ok(Value::Null),
    }),
];

fn random_bytes(count: usize) -> Outcome<Value> {
    let mut bytes = vec![0; count];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => Ok(Value::raw(&bytes)),
        Err(_) => Err(OracleError::with_text(600, "no random numbers are to be had")),
    }
}

fn to_char(facts: &Facts, v: &[Value]) -> Outcome<Value> {
    if v.len() == 1 {
        return convert::to_text(&v[0], &facts.nls);
    }
    match &v[0] {
        Value::Number(number) => Ok(Value::text(number_format::format(*number, text_of(v, 1))?)),
        Value::Text(_) => match convert::to_number(&v[0])? {
            Some(number) => Ok(Value::text(number_format::format(number, text_of(v, 1))?)),
            None => Ok(Value::Null),
        },
        moment if moment.as_moment().is_some() => {
            Ok(Value::text(date_format::format(moment, text_of(v, 1))?))
        }
        Value::IntervalDay(_) | Value::IntervalYear(_) => Ok(Value::text(v[0].display())),
        _ => fail(932, &["NUMBER", "BINARY"]),
    }
}

fn to_number(_: &Facts, v: &[Value]) -> Outcome<Value> {
    if v.len() > 1 && v[0].as_str().is_some() {
        return Ok(Value::Number(number_format::parse(text_of(v, 0), text_of(v, 1))?));
    }
    Ok(convert::to_number(&v[0])?.map_or(Value::Null, Value::Number))
}

fn moment(facts: &Facts, v: &[Value], default: &str) -> Outcome<date_format::Moment> {
    let text = convert::to_text(&v[0], &facts.nls)?;
    let format = if v.len() > 1 { text_of(v, 1) } else { default };
    date_format::parse(text.as_str().unwrap_or_default(), format, facts.nls.now)
}

fn to_date(facts: &Facts, v: &[Value]) -> Outcome<Value> {
    Ok(Value::Date(moment(facts, v, &facts.nls.date)?.0.div_euclid(MICROS)))
}

fn to_timestamp(facts: &Facts, v: &[Value]) -> Outcome<Value> {
    if let (1, Some(micros)) = (v.len(), v[0].as_moment()) {
        return Ok(Value::Timestamp(micros));
    }
    Ok(Value::Timestamp(moment(facts, v, &facts.nls.timestamp)?.0))
}

fn to_timestamp_tz(facts: &Facts, v: &[Value]) -> Outcome<Value> {
    let (micros, offset) = moment(facts, v, &facts.nls.timestamp_tz)?;
    let offset = offset.unwrap_or(0);
    Ok(Value::TimestampTz(micros - i64::from(offset) * 60 * MICROS, offset))
}

fn environment(facts: &Facts, name: &str) -> Value {
    let optional = |text: &Option<String>| Value::optional_text(text.as_deref());
    match name.to_ascii_uppercase().as_str() {
        "SESSION_USER" | "AUTHENTICATED_IDENTITY" => Value::text(&facts.session_user),
        "CURRENT_USER" => Value::text(&facts.current_user),
        "CURRENT_SCHEMA" => Value::text(&facts.current_schema),
        "MODULE" => optional(&facts.module),
        "ACTION" => optional(&facts.action),
        "CLIENT_IDENTIFIER" => optional(&facts.client_identifier),
        "CLIENT_INFO" => optional(&facts.client_info),
        "SID" | "SESSIONID" => Value::text(facts.session_id.to_string()),
        "INSTANCE" => Value::text("1"),
        "CON_ID" => Value::text("3"),
        "INSTANCE_NAME" => Value::text("sandbox1"),
        "SERVER_HOST" | "HOST" => Value::text("sandbox.example.com"),
        "DB_NAME" | "CON_NAME" | "DB_UNIQUE_NAME" | "PDB_NAME" => Value::text(&facts.database),
        "SERVICE_NAME" => Value::text(&facts.service),
        "CLOUD_SERVICE" => Value::text("OLTP"),
        "LANGUAGE" => Value::text("AMERICAN_AMERICA.AL32UTF8"),
        "LANG" => Value::text("US"),
        "NLS_DATE_FORMAT" => Value::text(&facts.nls.date),
        "NLS_TERRITORY" => Value::text("AMERICA"),
        "NLS_CALENDAR" => Value::text("GREGORIAN"),
        "NLS_SORT" => Value::text("BINARY"),
        "ISDBA" => Value::text("FALSE"),
        "BG_JOB_ID" => optional(&facts.background),
        "IP_ADDRESS" => Value::text("127.0.0.1"),
        _ => Value::Null,
    }
}

fn sys_context(facts: &Facts, v: &[Value]) -> Outcome<Value> {
    match text_of(v, 0).to_ascii_uppercase().as_str() {
        "USERENV" => Ok(environment(facts, text_of(v, 1))),
        "APEX$SESSION" => Ok(match text_of(v, 1).to_ascii_uppercase().as_str() {
            "WORKSPACE_ID" => facts.workspace.map_or(Value::Null, |id| Value::text(id.to_string())),
            _ => Value::Null,
        }),
        _ => Ok(Value::Null),
    }
}

fn bytes_of(value: &Value) -> Vec<u8> {
    match value {
        Value::Raw(bytes) => bytes.to_vec(),
        other => other.display().into_bytes(),
    }
}

fn standard_hash(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let method = if v.len() > 1 { text_of(v, 1).to_ascii_uppercase() } else { "SHA1".into() };
    let algorithm = match method.as_str() {
        "SHA1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "SHA256" => &digest::SHA256,
        "SHA384" => &digest::SHA384,
        "SHA512" => &digest::SHA512,
        other => return Err(OracleError::unsupported(format!("hash by {other}"))),
    };
    Ok(Value::raw(digest::digest(algorithm, &bytes_of(&v[0])).as_ref()))
}

/// Buckets by a hash; the numbers differ from those of a real database, the spread does not.
fn ora_hash(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let buckets = v
        .get(1)
        .and_then(Value::as_number)
        .and_then(super::super::values::number::Number::to_i64)
        .unwrap_or(4_294_967_295);
    let seed = v.get(2).map(bytes_of).unwrap_or_default();
    let mut bytes = bytes_of(&v[0]);
    bytes.extend(seed);
    let hash = digest::digest(&digest::SHA256, &bytes);
    let number = hash.as_ref()[..4].iter().fold(0_i64, |sum, byte| sum * 256 + i64::from(*byte));
    Ok(Value::integer(number % (buckets + 1).max(1)))
}
