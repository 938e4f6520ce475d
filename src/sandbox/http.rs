//! A request taken apart, an answer put together, and the refusal that every service shares.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Response};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::storage::{Excerpt, Received, spoil};

/// A request whose body was read, into memory or, where it is an object, into a file.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query exactly as they were sent: what a signature covers.
    pub target: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// The path's segments, each percent-decoded once, so a `%2F` stays inside its segment.
    pub segments: Vec<String>,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty where it was received into a file.
    pub body: Bytes,
    /// An object's bytes, received into a file.
    pub(crate) received: Option<Received>,
}

impl Call {
    /// Takes the parts of a request apart.
    pub fn new(method: Method, target: &str, headers: HeaderMap, body: Bytes) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let segments = path
            .split('/')
            .skip(1)
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self {
            method,
            target: target.to_owned(),
            path: path.to_owned(),
            segments,
            query,
            headers,
            body,
            received: None,
        }
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A query parameter, the first of its name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter or header that has to be there.
    pub(crate) fn required_query(&self, name: &str) -> Result<&str, Refusal> {
        self.query(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Refusal::missing(format!("the query parameter {name} is required")))
    }

    /// The body as a JSON object; an empty body is an empty object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(Refusal::new(400, "CannotParseRequest", "the body has to be a JSON object")),
            Err(error) => {
                Err(Refusal::new(400, "CannotParseRequest", format!("the body is not JSON: {error}")))
            }
        }
    }

    /// Whether the caller asked to have the request checked and not carried out.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.header("opc-dry-run").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The segments as slices, for matching.
    pub fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }
}

/// What is sent back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside those that every answer has.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// An object's bytes, in place of the body.
    pub(crate) excerpt: Option<Excerpt>,
    /// Whether a bit of those bytes falls over on the way.
    pub(crate) spoilt: bool,
}

impl Answer {
    /// A JSON document.
    pub fn json(status: u16, value: &Value) -> Self {
        let body = Bytes::from(value.to_string());
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
            excerpt: None,
            spoilt: false,
        }
    }

    /// No body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), excerpt: None, spoilt: false }
    }

    /// Bytes of a media type.
    pub fn bytes(status: u16, media_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.into(),
            excerpt: None,
            spoilt: false,
        }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut builder = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            // A header that cannot be sent (a line end in stored metadata) is left out rather than ending the server.
            if let Ok(value) = axum::http::HeaderValue::from_str(value) {
                builder = builder.header(name, value);
            }
        }
        let spoilt = self.spoilt;
        let body = self.excerpt.map_or_else(
            || Body::from(self.body),
            |excerpt| Body::from_stream(spoil(excerpt.stream(), spoilt)),
        );
        builder.body(body).unwrap_or_else(|_| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

/// A service's refusal: the status, the code a program reads and the sentence a person reads.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The service's code.
    pub code: String,
    /// The sentence.
    pub message: String,
    /// Why, where the real service would not say; sent as a header that only a sandbox has.
    pub reason: Option<String>,
}

impl Refusal {
    /// A refusal.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), reason: None }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameter", message)
    }

    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::new(400, "MissingParameter", message)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found.")
    }

    pub(crate) fn unauthenticated(reason: impl Into<String>) -> Self {
        Self {
            status: 401,
            code: "NotAuthenticated".to_owned(),
            message: "The required information to complete authentication was not provided or was incorrect."
                .to_owned(),
            reason: Some(reason.into()),
        }
    }

    /// The answer that carries the refusal.
    pub fn answer(&self) -> Answer {
        let answer = Answer::json(self.status, &json!({"code": self.code, "message": self.message}));
        match &self.reason {
            Some(reason) => answer.header("sandbox-reason", reason.clone()),
            None => answer,
        }
    }
}

/// One page of a list, by the `limit` and `page` of the request.
pub(crate) fn page(call: &Call, items: Vec<Value>) -> Result<(Vec<Value>, Option<String>), Refusal> {
    page_of(call, items, 25)
}

/// The same, with `usual` rows where the request has no limit.
pub(crate) fn page_of(
    call: &Call,
    items: Vec<Value>,
    usual: usize,
) -> Result<(Vec<Value>, Option<String>), Refusal> {
    let limit = match call.query("limit") {
        None => usual,
        Some(text) => match text.parse::<usize>() {
            Ok(limit @ 1..=1000) => limit,
            _ => return Err(Refusal::invalid("limit has to be a number from 1 to 1000")),
        },
    };
    let from = match call.query("page") {
        None | Some("") => 0,
        Some(text) => text
            .strip_prefix("after-")
            .and_then(|number| number.parse::<usize>().ok())
            .ok_or_else(|| Refusal::invalid("page is not a value of opc-next-page"))?,
    };
    let end = from.saturating_add(limit);
    let next = (end < items.len()).then(|| format!("after-{end}"));
    Ok((items.into_iter().skip(from).take(limit).collect(), next))
}

/// A list's answer, with the header of the next page.
pub(crate) fn paged(call: &Call, items: Vec<Value>) -> Result<Answer, Refusal> {
    let (items, next) = page(call, items)?;
    let answer = Answer::json(200, &Value::Array(items));
    Ok(match next {
        Some(token) => answer.header("opc-next-page", token),
        None => answer,
    })
}

/// Refuses when the caller's `if-match` names another version than `etag`.
pub(crate) fn check_if_match(call: &Call, etag: &str) -> Result<(), Refusal> {
    match call.header("if-match") {
        Some(wanted) if wanted.trim_matches('"') != etag && wanted != "*" => Err(Refusal::new(
            412,
            "NoEtagMatch",
            "the etag of the request is not that of the resource; read it again",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(target: &str) -> Call {
        Call::new(Method::GET, target, HeaderMap::new(), Bytes::new())
    }

    #[test]
    fn paths_are_decoded_once_and_slashes_kept_apart() {
        fn check(target: &str, wanted: &[&str]) {
            assert_eq!(call(target).parts(), wanted, "{target}");
        }
        check("/n/space/b/bucket/o/a%2Fb", &["n", "space", "b", "bucket", "o", "a/b"]);
        check("/n/space/b/bucket/o/a%252Fb?x=1", &["n", "space", "b", "bucket", "o", "a%2Fb"]);
        check("/n/space/b/bucket/o/a/b%20c", &["n", "space", "b", "bucket", "o", "a", "b c"]);
    }

    #[test]
    fn pages() {
        fn check(target: &str, wanted: Option<(usize, Option<&str>)>) {
            let items = (0..30).map(Value::from).collect();
            let found = page(&call(target), items).ok();
            let found = found.as_ref().map(|(items, next)| (items.len(), next.as_deref()));
            assert_eq!(found, wanted, "{target}");
        }
        check("/x", Some((25, Some("after-25"))));
        check("/x?page=after-25", Some((5, None)));
        check("/x?limit=30", Some((30, None)));
        check("/x?limit=0", None);
        check("/x?limit=1001", None);
        check("/x?page=2", None);
    }
}
