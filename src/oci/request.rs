//! From a filled call to what goes over the wire: address, headers and body, before they are signed.

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use url::Url;

use super::error::OciError;
use super::payload::Payload;
use super::region::Endpoints;
use super::signing::body_digest;
use crate::model::act::{Body, Method};
use crate::model::names::encoded_segment;
use crate::model::{RestCall, SecretSource, Service, reveal_all};

/// A request that is ready to be signed and sent, as often as needed.
#[derive(Debug)]
pub struct Prepared {
    /// The service.
    pub service: Service,
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// Path and query exactly as sent.
    pub target: String,
    /// Host, with the port where it stands in the address.
    pub authority: String,
    /// The call's own headers and those of its body.
    pub headers: HeaderMap,
    /// The body; `None` for GET, HEAD and DELETE.
    pub body: Option<PreparedBody>,
    /// Whether the answer is bytes.
    pub binary: bool,
    /// Method and path for messages; no path where the call is sensitive.
    pub shown: String,
}

/// A body and what is signed of it.
#[derive(Debug)]
pub struct PreparedBody {
    /// The bytes.
    pub payload: Payload,
    /// Their media type.
    pub content_type: String,
    /// Base64 of their SHA-256; `None` where the service wants none.
    pub sha256: Option<String>,
}

/// Whether the call stores an object or a part of one: those sign no digest of their body.
pub fn stores_object(call: &RestCall) -> bool {
    let is = |index: usize, words: &[&str]| {
        call.path.get(index).and_then(Value::as_str).is_some_and(|s| words.contains(&s))
    };
    call.service == Service::ObjectStorage
        && call.method == Method::Put
        && call.path.len() == 6
        && is(0, &["n"])
        && is(4, &["o", "u"])
}

/// Whether the service knows a retry token for this call.
pub fn takes_retry_token(call: &RestCall) -> bool {
    if call.method != Method::Post {
        return false;
    }
    let words: Vec<&str> = call.path.iter().map(|v| v.as_str().unwrap_or("*")).collect();
    match call.service {
        Service::Database => matches!(
            words.as_slice(),
            ["autonomousDatabases" | "autonomousDatabaseBackups"]
                | ["autonomousDatabases", _, "actions", "generateWallet" | "refresh" | "changeCompartment"]
        ),
        Service::Vaults => matches!(words.as_slice(), ["secrets"]),
        Service::DatabaseTools => matches!(words.as_slice(), ["databaseToolsConnections"]),
        _ => false,
    }
}

/// Method and path as messages have it.
pub fn shown(call: &RestCall) -> String {
    if call.sensitive {
        return format!("a {} request that is not shown", call.method);
    }
    format!("{} {}", call.method, call.shown_path())
}

/// Fills in the secrets and builds the request.
///
/// # Errors
/// A late value that is still open, a secret that cannot be had, a segment that has no address.
pub async fn prepare(
    call: &RestCall,
    payload: Option<Payload>,
    endpoints: &Endpoints,
    secrets: &dyn SecretSource,
) -> Result<Prepared, OciError> {
    let shown = shown(call);
    let fail = |e: OciError| e.at(call.service, &shown);
    let body = match &call.body {
        Body::Json(body) => body.clone(),
        _ => Value::Null,
    };
    let parts = json!({ "path": call.path, "query": call.query, "headers": call.headers, "body": body });
    let parts = reveal_all(&parts, secrets).await.map_err(|e| fail(e.into()))?;
    let origin = endpoints.origin(call.service);
    let address = address(call.service, &origin, &parts["path"], &parts["query"]).map_err(fail)?;
    let url = Url::parse(&address)
        .map_err(|e| fail(OciError::local(format!("{shown} has no valid address: {e}"))))?;
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    if call.service != Service::Direct && !address.ends_with(&target) {
        return Err(fail(
            OciError::local(format!("{shown} has a part that no web address can hold"))
                .advise("objects named . or .. cannot be addressed over HTTP: rename them with another tool"),
        ));
    }
    let host = url.host_str().unwrap_or_default();
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut headers = own_headers(&parts["headers"]).map_err(fail)?;
    let body = body_of(call, &parts["body"], payload).map_err(fail)?;
    if let Some(body) = &body {
        insert(&mut headers, "content-type", &body.content_type).map_err(fail)?;
        insert(&mut headers, "content-length", &body.payload.length().to_string()).map_err(fail)?;
        if let Some(sha256) = &body.sha256 {
            insert(&mut headers, "x-content-sha256", sha256).map_err(fail)?;
        }
    }
    if !headers.contains_key("accept") {
        let accept = if call.binary { "application/octet-stream" } else { "application/json" };
        insert(&mut headers, "accept", accept).map_err(fail)?;
    }
    Ok(Prepared {
        service: call.service,
        method: call.method,
        url,
        target,
        authority,
        headers,
        body,
        binary: call.binary,
        shown: shown.clone(),
    })
}

/// Adds a header.
///
/// # Errors
/// The name or value cannot stand in a request.
pub fn insert(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), OciError> {
    let wrong = || OciError::local(format!("the header {name} has a value that cannot be sent"));
    let key = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).map_err(|_| wrong())?;
    headers.insert(key, HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())?);
    Ok(())
}

fn own_headers(values: &Value) -> Result<HeaderMap, OciError> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(values) {
        if let Some(text) = text(value)? {
            insert(&mut headers, name, &text)?;
        }
    }
    Ok(headers)
}

fn body_of(
    call: &RestCall,
    json: &Value,
    payload: Option<Payload>,
) -> Result<Option<PreparedBody>, OciError> {
    if matches!(call.method, Method::Get | Method::Head | Method::Delete) {
        return Ok(None);
    }
    let (payload, content_type): (Payload, String) = match &call.body {
        Body::Empty => (Bytes::new().into(), "application/json".to_owned()),
        Body::Json(_) => (Bytes::from(json.to_string()).into(), "application/json".to_owned()),
        Body::Bytes { content_type } => {
            let payload = payload
                .ok_or_else(|| OciError::bug(format!("{} was to be sent without its bytes", shown(call))))?;
            (payload, content_type.clone())
        }
    };
    let mut sha256 = None;
    if !stores_object(call) && call.service != Service::Direct {
        let bytes = payload
            .in_memory()
            .ok_or_else(|| OciError::bug(format!("{} needs a digest of its body", shown(call))))?;
        sha256 = Some(body_digest(bytes));
    }
    Ok(Some(PreparedBody { payload, content_type, sha256 }))
}

fn address(service: Service, origin: &str, path: &Value, query: &Value) -> Result<String, OciError> {
    let mut address = format!("{origin}{}", service.base_path());
    for (index, segment) in path.as_array().into_iter().flatten().enumerate() {
        let text = text(segment)?.unwrap_or_default();
        if service == Service::Direct && index == 0 {
            address.push_str(&text);
            continue;
        }
        if text.is_empty() {
            return Err(OciError::local(format!("part {} of the path is empty", index + 1))
                .advise("the name or OCID that belongs there is missing"));
        }
        address.push('/');
        address.push_str(&encoded_segment(&text));
    }
    let mut mark = if address.contains('?') { '&' } else { '?' };
    for (name, value) in pairs(query) {
        if let Some(text) = text(value)? {
            address.push(mark);
            address.push_str(&encode_query(name));
            address.push('=');
            address.push_str(&encode_query(&text));
            mark = '&';
        }
    }
    Ok(address)
}

fn encode_query(text: &str) -> String {
    encoded_segment(text).replace("%20", "+")
}

fn pairs(values: &Value) -> impl Iterator<Item = (&str, &Value)> {
    values.as_array().into_iter().flatten().filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?)))
}

/// A value as text for path, query and header; nothing for null. A list is joined with commas.
fn text(value: &Value) -> Result<Option<String>, OciError> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            let texts: Result<Vec<_>, _> = items.iter().map(text).collect();
            texts?.into_iter().flatten().collect::<Vec<_>>().join(",")
        }
        Value::Object(_) => {
            return Err(OciError::bug("an object stands where a request needs a plain value"));
        }
    }))
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
