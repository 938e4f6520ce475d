//! JSON at run time.

use serde_json::Value as Json;

use super::machine::{Machine, Row};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::{JsonAnswer, JsonFunction, JsonWrapper};
use crate::sandbox::oracle::plan::{Expr, JsonAccess, JsonColumnPlan, JsonTablePlan};
use crate::sandbox::oracle::values::{Type, Value, date_format};

fn to_json(value: &Value, raw: bool) -> Outcome<Json> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Number(number) => {
            let text = number.to_string();
            let text = if text.starts_with('.') { format!("0{text}") } else { text.replacen("-.", "-0.", 1) };
            text.parse::<i64>()
                .map_or_else(|_| serde_json::from_str(&text).unwrap_or(Json::String(text)), Json::from)
        }
        Value::Boolean(value) => Json::Bool(*value),
        Value::Date(_) => Json::String(date_format::format(value, "YYYY-MM-DD\"T\"HH24:MI:SS")?),
        Value::Timestamp(_) => Json::String(date_format::format(value, "YYYY-MM-DD\"T\"HH24:MI:SS.FF6")?),
        Value::TimestampTz(..) => {
            Json::String(date_format::format(value, "YYYY-MM-DD\"T\"HH24:MI:SS.FF6TZR")?)
        }
        Value::Text(text) if raw => serde_json::from_str(text).map_err(|_| OracleError::new(40441, &[]))?,
        other => Json::String(other.display()),
    })
}

/// A scalar of JSON as a value; none for objects and arrays.
fn scalar(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::text(if *value { "true" } else { "false" }),
        Json::Number(number) => Value::text(number.to_string()),
        Json::String(text) => Value::text(text),
        _ => return None,
    })
}

/// The items a path selects: `$`, `.name`, `."name"`, `[n]`, `[*]`.
pub(crate) fn select<'a>(document: &'a Json, path: &str) -> Outcome<Vec<&'a Json>> {
    let bad = || OracleError::new(40442, &[]);
    let path = path.trim().strip_prefix("strict").unwrap_or(path).trim();
    let path = path.strip_prefix("lax").unwrap_or(path).trim();
    let mut rest = path.strip_prefix('$').ok_or_else(bad)?;
    let mut items = vec![document];
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('.') {
            let (name, next) = if let Some(quoted) = tail.strip_prefix('"') {
                let end = quoted.find('"').ok_or_else(bad)?;
                (quoted[..end].to_owned(), &quoted[end + 1..])
            } else {
                let end = tail.find(['.', '[', '(']).unwrap_or(tail.len());
                if tail[end..].starts_with('(') {
                    return Err(OracleError::unsupported("use item methods in a JSON path"));
                }
                (tail[..end].to_owned(), &tail[end..])
            };
            rest = next;
            let mut found = Vec::new();
            for item in items {
                // A lax path looks into arrays.
                let inner: Vec<&Json> =
                    if let Json::Array(list) = item { list.iter().collect() } else { vec![item] };
                for one in inner {
                    if name == "*" {
                        if let Json::Object(map) = one {
                            found.extend(map.values());
                        }
                    } else if let Some(value) = one.get(&name) {
                        found.push(value);
                    }
                }
            }
            items = found;
        } else if let Some(tail) = rest.strip_prefix('[') {
            let end = tail.find(']').ok_or_else(bad)?;
            let step = tail[..end].trim();
            rest = &tail[end + 1..];
            let mut found = Vec::new();
            for item in items {
                match (item, step) {
                    (Json::Array(list), "*") => found.extend(list.iter()),
                    (other, "*") => found.push(other),
                    (Json::Array(list), "last") => found.extend(list.last()),
                    (Json::Array(list), index) => {
                        let index: usize = index
                            .parse()
                            .map_err(|_| OracleError::unsupported("use this step of a JSON path"))?;
                        found.extend(list.get(index));
                    }
                    (other, "0") => found.push(other),
                    _ => {}
                }
            }
            items = found;
        } else if rest.starts_with('?') {
            return Err(OracleError::unsupported("filter in a JSON path"));
        } else {
            return Err(bad());
        }
    }
    Ok(items)
}

impl Machine {
    pub(super) fn json_object(&mut self, entries: &[(Expr, Expr, bool)], absent: bool) -> Outcome<Value> {
        let mut map = serde_json::Map::new();
        for (key, value, raw) in entries {
            let key = self.eval(key)?;
            let Some(key) = key.as_str() else { return fail(40449, &["key is null"]) };
            let key = key.to_owned();
            let value = self.eval(value)?;
            if value.is_null() && absent {
                continue;
            }
            map.insert(key, to_json(&value, *raw)?);
        }
        Ok(Value::text(Json::Object(map).to_string()))
    }

    pub(super) fn json_array(&mut self, elements: &[(Expr, bool)], absent: bool) -> Outcome<Value> {
        let mut list = Vec::new();
        for (value, raw) in elements {
            let value = self.eval(value)?;
            if value.is_null() && absent {
                continue;
            }
            list.push(to_json(&value, *raw)?);
        }
        Ok(Value::text(Json::Array(list).to_string()))
    }

    pub(super) fn json_access(&mut self, access: &JsonAccess, of: &Type) -> Outcome<Value> {
        let document = self.eval(&access.document)?;
        let on_error = |machine: &mut Self, error: OracleError| match &access.handling.on_error {
            Some(JsonAnswer::Error) => Err(error),
            Some(JsonAnswer::Default(_)) => match &access.default {
                Some(default) => machine.eval(default),
                None => Ok(Value::Null),
            },
            _ if access.function == JsonFunction::Exists => Ok(Value::Boolean(false)),
            _ => Ok(Value::Null),
        };
        let Some(text) = document.as_str() else { return Ok(Value::Null) };
        let Ok(json) = serde_json::from_str::<Json>(text) else {
            return on_error(self, OracleError::new(40441, &[]));
        };
        let items = select(&json, &access.path)?;
        match access.function {
            JsonFunction::Exists => Ok(Value::Boolean(!items.is_empty())),
            JsonFunction::Value => match items.as_slice() {
                [one] => match scalar(one) {
                    Some(value) => match self.convert(&value, of) {
                        Ok(value) => Ok(value),
                        Err(error) => on_error(self, error),
                    },
                    None => on_error(
                        self,
                        OracleError::with_text(40456, "JSON_VALUE evaluated to non-scalar value"),
                    ),
                },
                [] => on_error(self, OracleError::new(40462, &[])),
                _ => on_error(self, OracleError::with_text(40470, "JSON_VALUE evaluated to multiple values")),
            },
            JsonFunction::Query => {
                let list: Vec<Json> = items.into_iter().cloned().collect();
                let wrap = match access.wrapper {
                    Some(JsonWrapper::Unconditional) => true,
                    Some(JsonWrapper::Conditional) => list.len() != 1 || scalar(&list[0]).is_some(),
                    _ => false,
                };
                if wrap {
                    return Ok(Value::text(Json::Array(list).to_string()));
                }
                match list.as_slice() {
                    [one] if scalar(one).is_none() => Ok(Value::text(one.to_string())),
                    [] => on_error(self, OracleError::new(40462, &[])),
                    _ => on_error(
                        self,
                        OracleError::with_text(40480, "result cannot be returned without array wrapper"),
                    ),
                }
            }
        }
    }

    pub(super) fn json_rows(&mut self, table: &JsonTablePlan) -> Outcome<Vec<Row>> {
        let document = self.eval(&table.document)?;
        let Some(text) = document.as_str() else { return Ok(Vec::new()) };
        let Ok(json) = serde_json::from_str::<Json>(text) else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        for (number, item) in (1..).zip(select(&json, &table.path)?) {
            rows.extend(self.json_columns(&table.columns, item, number)?);
        }
        Ok(rows)
    }

    fn json_columns(&mut self, columns: &[JsonColumnPlan], item: &Json, number: i64) -> Outcome<Vec<Row>> {
        let mut rows: Vec<Row> = vec![Vec::new()];
        for column in columns {
            let pieces: Vec<Row> = match column {
                JsonColumnPlan::Ordinality => vec![vec![Value::integer(number)]],
                JsonColumnPlan::Path { path, of, query, exists } => {
                    let found = select(item, path)?;
                    let value = if *exists {
                        Value::text(if found.is_empty() { "false" } else { "true" })
                    } else if *query {
                        found.first().map_or(Value::Null, |json| Value::text(json.to_string()))
                    } else {
                        found.first().and_then(|json| scalar(json)).unwrap_or_default()
                    };
                    vec![vec![self.convert(&value, of).unwrap_or_default()]]
                }
                JsonColumnPlan::Nested { path, columns } => {
                    let mut list = Vec::new();
                    for (number, inner) in (1..).zip(select(item, path)?) {
                        list.extend(self.json_columns(columns, inner, number)?);
                    }
                    if list.is_empty() {
                        list.push(vec![Value::Null; crate::sandbox::oracle::bind::json_width(columns)]);
                    }
                    list
                }
            };
            rows = rows
                .iter()
                .flat_map(|row| pieces.iter().map(move |piece| row.iter().chain(piece).cloned().collect()))
                .collect();
        }
        Ok(rows)
    }
}
