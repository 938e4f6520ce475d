//! The wire form of `executeSql`: what a request asks for, and its answer made of the items that REST-Enabled SQL gives.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sandbox::http::Refusal;
use crate::sandbox::ords::ScriptAsk;

/// Which members of an answer a request wants.
#[expect(clippy::struct_excessive_bools, reason = "the request has one flag for each")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    metadata: bool,
    information: bool,
    text: bool,
    binds: bool,
    result: bool,
    response: bool,
}

/// A request, read.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) ask: ScriptAsk,
    pub(super) format: Format,
    pub(super) properties: Option<Value>,
    /// Where the answer goes, of a request that is not waited for.
    pub(super) later: Option<Later>,
}

/// What is asked of a request that is not waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Later {
    pub(super) namespace: String,
    pub(super) bucket: String,
    pub(super) object: String,
    /// How long it may take.
    pub(super) seconds: Option<u64>,
    /// When the service deletes the object.
    pub(super) gone_at: Option<Timestamp>,
}

fn only(what: &str, map: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    match map.iter().find(|(key, value)| !value.is_null() && !known.contains(&key.as_str())) {
        Some((other, _)) => Err(Refusal::invalid(format!("{other} is not a field of {what}"))),
        None => Ok(()),
    }
}

fn object<'a>(what: &str, value: Option<&'a Value>) -> Result<&'a Map<String, Value>, Refusal> {
    value.and_then(Value::as_object).ok_or_else(|| Refusal::missing(format!("{what} is required")))
}

fn cannot(what: &str) -> Refusal {
    Refusal::new(501, "NotImplemented", format!("the sandbox cannot run {what}"))
}

/// Reads the body of a request.
///
/// # Errors
/// 400 for what the service would not understand, 501 for what the sandbox cannot.
pub(super) fn read(body: &Map<String, Value>) -> Result<Request, Refusal> {
    match body.get("type").and_then(Value::as_str) {
        Some("SYNCHRONOUS") => {}
        Some("ASYNCHRONOUS") => return read_later(body),
        _ => return Err(Refusal::invalid("type has to be SYNCHRONOUS or ASYNCHRONOUS")),
    }
    only("this request", body, &["type", "input", "output"])?;
    if body.get("output").is_some_and(|output| !output.is_null()) {
        return Err(cannot("SQL whose results go to Object Storage"));
    }
    read_input(object("input", body.get("input"))?)
}

fn read_later(body: &Map<String, Value>) -> Result<Request, Refusal> {
    only("this request", body, &["type", "input", "output", "timeoutInSeconds"])?;
    let output = object("output", body.get("output"))?;
    only("output", output, &["type", "object", "resultDispositionTemplates", "timeOfDeletion"])?;
    if output.get("type").and_then(Value::as_str) != Some("OBJECT_STORAGE") {
        return Err(Refusal::invalid("output.type has to be OBJECT_STORAGE"));
    }
    let templates = output.get("resultDispositionTemplates").and_then(Value::as_array);
    if templates.is_some_and(|templates| !templates.is_empty()) {
        return Err(cannot("SQL whose results go into objects of their own"));
    }
    let place = object("output.object", output.get("object"))?;
    only("output.object", place, &["namespace", "bucketName", "objectName"])?;
    let text = |name: &str| {
        let found = place.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        found.map(str::to_owned).ok_or_else(|| Refusal::missing(format!("output.object.{name} is required")))
    };
    let seconds = match body.get("timeoutInSeconds").filter(|value| !value.is_null()) {
        None => None,
        Some(value) => Some(
            value
                .as_u64()
                .filter(|seconds| *seconds > 0)
                .ok_or_else(|| Refusal::invalid("timeoutInSeconds has to be a number from 1 upwards"))?,
        ),
    };
    let gone_at = match output.get("timeOfDeletion").filter(|value| !value.is_null()) {
        None => None,
        Some(value) => Some(
            value
                .as_str()
                .and_then(|text| text.parse::<Timestamp>().ok())
                .ok_or_else(|| Refusal::invalid("output.timeOfDeletion has to be a time as in RFC 3339"))?,
        ),
    };
    let later = Later {
        namespace: text("namespace")?,
        bucket: text("bucketName")?,
        object: text("objectName")?,
        seconds,
        gone_at,
    };
    let input = object("input", body.get("input"))?;
    match input.get("type").and_then(Value::as_str) {
        Some("INLINE") => only("input", input, &["type", "content"])?,
        Some("OBJECT_STORAGE") => return Err(cannot("scripts that stand in Object Storage")),
        _ => return Err(Refusal::invalid("input.type has to be INLINE or OBJECT_STORAGE")),
    }
    let request = read_input(object("input.content", input.get("content"))?)?;
    Ok(Request { later: Some(later), ..request })
}

fn read_input(input: &Map<String, Value>) -> Result<Request, Refusal> {
    match input.get("type").and_then(Value::as_str) {
        Some("STANDARD") => {}
        Some(kind @ ("BATCH" | "SCRIPT")) => return Err(cannot(&format!("requests of the type {kind}"))),
        _ => return Err(Refusal::invalid("input.type has to be STANDARD, BATCH or SCRIPT")),
    }
    only(
        "input",
        input,
        &["type", "statementText", "limit", "offset", "binds", "responseFormat", "properties"],
    )?;
    let text = input
        .get("statementText")
        .and_then(Value::as_str)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| Refusal::missing("input.statementText is required"))?;
    let whole =
        |name: &str, least: i64| match input.get(name).filter(|value| !value.is_null()) {
            None => Ok(None),
            Some(value) => value.as_i64().filter(|number| *number >= least).map(Some).ok_or_else(|| {
                Refusal::invalid(format!("input.{name} has to be a number from {least} upwards"))
            }),
        };
    let limit = whole("limit", -1)?;
    let offset = whole("offset", 0)?.unwrap_or(0);
    Ok(Request {
        ask: ScriptAsk {
            text: text.to_owned(),
            offset: usize::try_from(offset).unwrap_or(usize::MAX),
            limit: limit.and_then(|limit| usize::try_from(limit).ok()),
            all_rows: limit == Some(-1),
            binds: read_binds(input.get("binds"))?,
        },
        format: read_format(input.get("responseFormat"))?,
        properties: input.get("properties").filter(|value| !value.is_null()).cloned(),
        later: None,
    })
}

fn read_format(value: Option<&Value>) -> Result<Format, Refusal> {
    let none = Map::new();
    let map = match value {
        None | Some(Value::Null) => &none,
        some => object("input.responseFormat", some)?,
    };
    only(
        "input.responseFormat",
        map,
        &["resultSetMetaData", "statementInformation", "statementText", "binds", "result", "response"],
    )?;
    let wanted = |name: &str| map.get(name).and_then(Value::as_bool).unwrap_or(true);
    Ok(Format {
        metadata: wanted("resultSetMetaData"),
        information: wanted("statementInformation"),
        text: wanted("statementText"),
        binds: wanted("binds"),
        result: wanted("result"),
        response: wanted("response"),
    })
}

/// Binds in the form that REST-Enabled SQL has for them.
fn read_binds(value: Option<&Value>) -> Result<Value, Refusal> {
    let list = match value {
        None | Some(Value::Null) => return Ok(Value::Null),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Refusal::invalid("input.binds has to be a list")),
    };
    list.iter().map(read_bind).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn read_bind(bind: &Value) -> Result<Value, Refusal> {
    let map = bind.as_object().ok_or_else(|| Refusal::invalid("a bind has to be an object"))?;
    only(
        "a bind",
        map,
        &["dataType", "name", "index", "mode", "values", "results", "plsqlTableTypeDetails"],
    )?;
    if map.get("plsqlTableTypeDetails").is_some_and(|details| !details.is_null()) {
        return Err(cannot("statements with PL/SQL tables as binds"));
    }
    let kind = map
        .get("dataType")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::missing("a bind's dataType is required"))?;
    let mode = match map.get("mode").filter(|mode| !mode.is_null()) {
        None => "in",
        Some(mode) => match mode.as_str() {
            Some("IN") => "in",
            Some("OUT") => "out",
            Some("INOUT") => "inout",
            _ => return Err(Refusal::invalid("a bind's mode has to be IN, OUT or INOUT")),
        },
    };
    let mut read = json!({ "data_type": kind, "mode": mode });
    for name in ["name", "index"] {
        if let Some(value) = map.get(name).filter(|value| !value.is_null()) {
            read[name] = value.clone();
        }
    }
    match map.get("values") {
        None | Some(Value::Null) => {}
        Some(Value::Array(values)) if values.len() > 1 => return Err(cannot("batches of binds")),
        Some(Value::Array(values)) => {
            if let Some(value) = values.first() {
                read["value"] = value.clone();
            }
        }
        Some(_) => return Err(Refusal::invalid("a bind's values have to be a list")),
    }
    Ok(read)
}

/// The whole answer.
pub(super) fn answer(request: &Request, items: Vec<Value>) -> Value {
    let items: Vec<Value> = items.into_iter().map(|item| shown(request, item)).collect();
    json!({ "type": "STANDARD", "env": { "defaultTimeZone": "GMT" }, "version": null, "items": items })
}

fn shown(request: &Request, mut item: Value) -> Value {
    let format = request.format;
    let mut shown = Map::new();
    let mut put = |wanted: bool, name: &str, value: Value| {
        if wanted {
            shown.insert(name.to_owned(), value);
        }
    };
    let kind = item["statementType"].as_str().unwrap_or_default().to_ascii_uppercase().replace('-', "_");
    put(format.information, "statementId", item["statementId"].take());
    put(format.information, "statementType", kind.into());
    put(format.information, "statementPos", item["statementPos"].take());
    put(format.text, "statementText", item["statementText"].take());
    put(format.response, "responses", item["response"].take());
    put(format.result, "results", json!([item["result"].take()]));
    if let Some(output) = item.get("dbmsOutput") {
        put(true, "dbmsOutput", output.clone());
    }
    if let Some(properties) = &request.properties {
        put(true, "properties", json!({ "statement": properties }));
    }
    if !item["errorCode"].is_null() {
        let details = item["errorDetails"].as_str().unwrap_or_default();
        let message = details.lines().next().unwrap_or_default();
        let error = json!({
            "errorCode": item["errorCode"], "errorLine": item["errorLine"], "errorColumn": item["errorColumn"],
            "errorMessage": message, "errorDetails": details,
        });
        put(true, "error", error);
    }
    if item["resultSet"].is_object() {
        put(true, "resultSet", result_set(format, item["resultSet"].take()));
    }
    if let Some(binds) = item["binds"].as_array() {
        put(format.binds, "binds", binds.iter().map(shown_bind).collect());
    }
    Value::Object(shown)
}

fn result_set(format: Format, mut set: Value) -> Value {
    let metadata = set["metadata"].take();
    if format.metadata {
        let columns = metadata.as_array().into_iter().flatten().map(|column| {
            json!({
                "databaseColumnName": column["columnName"],
                "uniqueColumnName": column["jsonColumnName"],
                "columnTypeName": column["columnTypeName"],
                "precision": column["precision"],
                "scale": column["scale"],
                "isNullable": column["isNullable"] != 0,
            })
        });
        set["metadata"] = columns.collect();
    }
    set
}

fn shown_bind(bind: &Value) -> Value {
    let mut shown = json!({
        "dataType": bind["data_type"],
        "mode": bind["mode"].as_str().unwrap_or("in").to_ascii_uppercase(),
    });
    for name in ["name", "index"] {
        if let Some(value) = bind.get(name) {
            shown[name] = value.clone();
        }
    }
    if let Some(value) = bind.get("value") {
        shown["values"] = json!([value]);
    }
    if let Some(result) = bind.get("result") {
        shown["results"] = json!([result]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(input: &Value) -> Map<String, Value> {
        json!({ "type": "SYNCHRONOUS", "input": input }).as_object().cloned().unwrap()
    }

    #[test]
    fn what_is_refused() {
        #[expect(clippy::needless_pass_by_value, reason = "a row of the table makes it")]
        fn check(body: Value, status: u16, wanted: &str) {
            let refusal = read(body.as_object().unwrap()).unwrap_err();
            assert!(refusal.status == status && refusal.message.contains(wanted), "{body}: {refusal}");
        }
        let of = |input: Value| json!({ "type": "SYNCHRONOUS", "input": input });
        let with_bind = |bind: Value| json!({ "type": "SYNCHRONOUS", "input": { "type": "STANDARD", "statementText": "x", "binds": [bind] } });
        check(json!({}), 400, "type");
        check(json!({ "type": "SYNCHRONOUS" }), 400, "input is required");
        check(json!({ "type": "SYNCHRONOUS", "wait": 1, "input": {} }), 400, "wait");
        check(json!({ "type": "ASYNCHRONOUS" }), 400, "output is required");
        let place = json!({ "type": "OBJECT_STORAGE", "object": { "namespace": "n", "bucketName": "b", "objectName": "o" } });
        check(json!({ "type": "ASYNCHRONOUS", "output": place }), 400, "input is required");
        check(
            json!({ "type": "ASYNCHRONOUS", "output": place, "input": { "type": "STANDARD" } }),
            400,
            "INLINE",
        );
        check(
            json!({ "type": "ASYNCHRONOUS", "output": place, "timeoutInSeconds": 0 }),
            400,
            "timeoutInSeconds",
        );
        check(of(json!({ "statementText": "x" })), 400, "input.type");
        check(of(json!({ "type": "BATCH" })), 501, "BATCH");
        check(of(json!({ "type": "STANDARD" })), 400, "statementText");
        check(of(json!({ "type": "STANDARD", "statementText": "x", "limit": -2 })), 400, "limit");
        check(of(json!({ "type": "STANDARD", "statementText": "x", "rows": 2 })), 400, "rows");
        check(with_bind(json!({ "name": "a" })), 400, "dataType");
        check(with_bind(json!({ "name": "a", "data_type": "NUMBER" })), 400, "data_type");
        check(with_bind(json!({ "name": "a", "dataType": "NUMBER", "mode": "in" })), 400, "mode");
        check(with_bind(json!({ "name": "a", "dataType": "NUMBER", "values": 1 })), 400, "list");
        check(with_bind(json!({ "name": "a", "dataType": "NUMBER", "values": [1, 2] })), 501, "batches");
    }

    #[test]
    fn items_take_the_other_form() {
        let request = read(&body(&json!({
            "type": "STANDARD", "statementText": "begin :a := 1; end;", "limit": -1,
            "binds": [{ "name": "a", "dataType": "NUMBER", "mode": "INOUT", "values": [7] }],
            "responseFormat": { "statementText": false },
        })))
        .unwrap();
        assert!(request.ask.all_rows);
        assert_eq!(
            request.ask.binds,
            json!([{ "name": "a", "data_type": "NUMBER", "mode": "inout", "value": 7 }])
        );
        let found = answer(
            &request,
            vec![json!({
                "statementId": 1, "statementType": "session-control", "statementText": "x", "response": ["done"],
                "result": 2, "errorCode": 942, "errorLine": 1, "errorColumn": 5, "errorDetails": "ORA-00942: no\n",
                "binds": [{ "name": "a", "data_type": "NUMBER", "mode": "inout", "value": 7, "result": 1 }],
                "resultSet": { "metadata": [{ "columnName": "N", "jsonColumnName": "n", "isNullable": 1 }], "items": [] },
            })],
        );
        let item = &found["items"][0];
        assert_eq!(
            [&item["statementType"], &item["error"]["errorMessage"]],
            ["SESSION_CONTROL", "ORA-00942: no"]
        );
        assert_eq!(
            item["binds"],
            json!([{ "name": "a", "dataType": "NUMBER", "mode": "INOUT", "values": [7], "results": [1] }])
        );
        assert_eq!((&item["results"], &item["responses"]), (&json!([2]), &json!(["done"])));
        assert_eq!(item["resultSet"]["metadata"][0]["uniqueColumnName"], "n");
        assert!(item.get("statementText").is_none() && item.get("errorCode").is_none());
    }
}
