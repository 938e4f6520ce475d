//! Binds of a request: read from JSON, given back with what came out.

use serde_json::{Map, Value};

use super::backend::{Bind, BindMode, BindType};
use super::value::{Cell, moment_of};

/// A bind as it was sent and as the database takes it.
#[derive(Clone, Debug)]
pub(super) struct SentBind {
    /// The object of the request.
    pub(super) sent: Map<String, Value>,
    /// What the database takes.
    pub(super) bind: Bind,
    index: Option<u64>,
}

/// Reads the member `binds`.
///
/// # Errors
/// A sentence that says which bind is wrong, and how.
pub(super) fn read(value: Option<&Value>) -> Result<Vec<SentBind>, String> {
    let list = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err("binds has to be a list".to_owned()),
    };
    let mut binds = Vec::new();
    for (at, value) in list.iter().enumerate() {
        let Value::Object(sent) = value else { return Err(format!("bind {} is no object", at + 1)) };
        binds.push(read_one(sent).map_err(|why| format!("bind {}: {why}", at + 1))?);
    }
    if binds.iter().all(|bind| bind.index.is_none()) {
        let mut names: Vec<String> =
            binds.iter().filter_map(|bind| bind.bind.name.as_ref().map(|name| name.to_uppercase())).collect();
        names.sort();
        return match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("the bind {} is there twice", pair[0])),
            None => Ok(binds),
        };
    }
    if binds.iter().any(|bind| bind.index.is_none()) {
        return Err("binds go all by name or all by index".to_owned());
    }
    binds.sort_by_key(|bind| bind.index);
    let gapless = (1_u64..).zip(&binds).all(|(wanted, bind)| bind.index == Some(wanted));
    if gapless { Ok(binds) } else { Err("the indexes of the binds are not 1 to their count".to_owned()) }
}

fn read_one(sent: &Map<String, Value>) -> Result<SentBind, String> {
    let index = match sent.get("index") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_u64()
                .or_else(|| value.as_str()?.trim().parse().ok())
                .filter(|index| *index > 0)
                .ok_or("its index is no number from 1 upwards")?,
        ),
    };
    let name = match sent.get("name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) if !name.is_empty() && !name.starts_with(':') => Some(name.clone()),
        Some(_) => return Err("its name is no word, or begins with a colon".to_owned()),
    };
    if name.is_some() == index.is_some() {
        return Err("it has to have a name or an index".to_owned());
    }
    if sent.get("batch").and_then(Value::as_bool) == Some(true) {
        return Err("the sandbox cannot run batches of binds".to_owned());
    }
    let of = match sent.get("data_type") {
        Some(Value::String(word)) => type_of(word)?,
        _ => return Err("it has no data_type".to_owned()),
    };
    let mode = match sent.get("mode").map(|mode| mode.as_str().unwrap_or("?").to_ascii_lowercase()).as_deref()
    {
        None | Some("in") => BindMode::In,
        Some("out") => BindMode::Out,
        Some("inout") => BindMode::InOut,
        Some(_) => return Err("its mode is not in, out or inout".to_owned()),
    };
    let value = match sent.get("value") {
        Some(value) if mode != BindMode::Out => cell_of(value, of)?,
        _ => Cell::Null,
    };
    Ok(SentBind { sent: sent.clone(), bind: Bind { name, of, mode, value, size: None }, index })
}

fn type_of(word: &str) -> Result<BindType, String> {
    let word = word.trim().to_ascii_uppercase();
    Ok(match word.as_str() {
        "NUMBER" | "NUMERIC" | "DECIMAL" | "DEC" | "INTEGER" | "INT" | "SMALLINT" | "FLOAT" | "REAL"
        | "BINARY_FLOAT" | "BINARY_DOUBLE" => BindType::Number,
        "CHAR" | "NCHAR" => BindType::Char,
        "VARCHAR" | "VARCHAR2" | "NVARCHAR2" => BindType::Varchar2,
        "CLOB" | "NCLOB" | "LONG" => BindType::Clob,
        "DATE" => BindType::Date,
        "TIMESTAMP" => BindType::Timestamp,
        "TIMESTAMP WITH TIME ZONE" | "TIMESTAMP WITH LOCAL TIME ZONE" => BindType::TimestampTz,
        "ROWID" => BindType::Rowid,
        "RAW" | "LONG RAW" | "BLOB" | "INTERVAL DAY TO SECOND" | "INTERVAL YEAR TO MONTH" => {
            return Err(format!("the sandbox cannot bind a {word}"));
        }
        _ => return Err(format!("{word} is no data_type")),
    })
}

fn cell_of(value: &Value, of: BindType) -> Result<Cell, String> {
    let plain = match value {
        Value::Null => return Ok(Cell::Null),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Array(_) | Value::Object(_) => return Err("its value is a list or object".to_owned()),
    };
    match of {
        BindType::Number => {
            let text = plain.trim();
            match text.parse::<f64>() {
                _ if text.is_empty() => Ok(Cell::Null),
                Ok(number) if number.is_finite() => Ok(Cell::Number(text.to_owned())),
                _ => Err("its value is no number".to_owned()),
            }
        }
        BindType::Char | BindType::Varchar2 | BindType::Clob | BindType::Rowid => Ok(Cell::text(plain)),
        BindType::Date | BindType::Timestamp | BindType::TimestampTz => {
            let micros = moment_of(&plain).ok_or("its value is no moment like 2026-05-19T21:10:00Z")?;
            Ok(if of == BindType::Date {
                Cell::Date(micros.div_euclid(1_000_000))
            } else {
                Cell::Timestamp(micros)
            })
        }
        BindType::Raw
        | BindType::Blob
        | BindType::Boolean
        | BindType::Cursor
        | BindType::Texts
        | BindType::Numbers => Err("the sandbox cannot bind this type in a request".to_owned()),
    }
}

/// The bind as the answer shows it: what was sent, and what came out as `result`.
pub(super) fn shown(sent: &Map<String, Value>, bind: &Bind) -> Value {
    let mut shown = sent.clone();
    if bind.mode != BindMode::In {
        shown.insert("result".to_owned(), bind.value.to_json());
    }
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_read() {
        fn check(value: &Value, wanted: &[(Option<&str>, BindType, BindMode, Cell)]) {
            let found = read(Some(value)).unwrap();
            let found: Vec<_> = found
                .iter()
                .map(|b| (b.bind.name.as_deref(), b.bind.of, b.bind.mode, b.bind.value.clone()))
                .collect();
            assert_eq!(found, wanted, "{value}");
        }
        check(
            &json!([{"name": "a", "data_type": "VARCHAR2", "value": "x"}, {"name": "b", "data_type": "number", "mode": "out"}]),
            &[
                (Some("a"), BindType::Varchar2, BindMode::In, Cell::Text("x".into())),
                (Some("b"), BindType::Number, BindMode::Out, Cell::Null),
            ],
        );
        check(
            &json!([{"index": 2, "data_type": "DATE", "value": "1970-01-01T00:00:01Z"}, {"index": 1, "data_type": "CLOB", "mode": "inout", "value": 7}]),
            &[
                (None, BindType::Clob, BindMode::InOut, Cell::Text("7".into())),
                (None, BindType::Date, BindMode::In, Cell::Date(1)),
            ],
        );
        check(
            &json!([{"name": "n", "data_type": "NUMBER", "value": "1e3"}]),
            &[(Some("n"), BindType::Number, BindMode::In, Cell::Number("1e3".into()))],
        );
    }

    #[test]
    fn what_is_refused() {
        fn check(value: &Value, wanted: &str) {
            let why = read(Some(value)).unwrap_err();
            assert!(why.contains(wanted), "{value}: {why}");
        }
        check(&json!({}), "list");
        check(&json!([1]), "no object");
        check(&json!([{"data_type": "NUMBER"}]), "name or an index");
        check(&json!([{"name": ":a", "data_type": "NUMBER"}]), "colon");
        check(&json!([{"name": "a", "data_type": "TEXT"}]), "no data_type");
        check(&json!([{"name": "a"}]), "no data_type");
        check(&json!([{"name": "a", "data_type": "RAW"}]), "sandbox cannot");
        check(&json!([{"name": "a", "data_type": "NUMBER", "batch": true}]), "sandbox cannot");
        check(&json!([{"name": "a", "data_type": "NUMBER", "value": "x"}]), "no number");
        check(&json!([{"name": "a", "data_type": "DATE", "value": "01-JAN-26"}]), "no moment");
        check(&json!([{"name": "a", "data_type": "NUMBER", "mode": "both"}]), "mode");
        check(&json!([{"index": 0, "data_type": "NUMBER"}]), "index");
        check(&json!([{"index": 2, "data_type": "NUMBER"}]), "not 1 to");
        check(&json!([{"name": "a", "data_type": "NUMBER"}, {"name": "A", "data_type": "NUMBER"}]), "twice");
        check(&json!([{"name": "a", "data_type": "NUMBER"}, {"index": 1, "data_type": "NUMBER"}]), "all by");
    }
}
