//! What a request asks for.

use serde_json::Value;

use super::bind::{self, SentBind};
use crate::sandbox::http::{Call, Refusal};

/// A request, read.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// The script.
    pub(super) text: String,
    /// Rows of a query to leave out.
    pub(super) offset: usize,
    /// Rows of a query to give; the surface's own number when left out.
    pub(super) limit: Option<usize>,
    /// The binds of every statement.
    pub(super) binds: Vec<SentBind>,
}

/// Reads a request.
///
/// # Errors
/// 400 for a body that cannot be read, 415 for another media type.
pub(super) fn read(call: &Call) -> Result<Ask, Refusal> {
    let media = call.header("content-type").unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let text = std::str::from_utf8(&call.body).map_err(|_| bad("the body is not UTF-8"))?;
    match media.as_str() {
        "application/sql" => Ok(Ask { text: text.to_owned(), offset: 0, limit: None, binds: Vec::new() }),
        "application/json" => read_json(text),
        _ => Err(Refusal::new(
            415,
            "UnsupportedMediaType",
            "the content type has to be application/sql or application/json",
        )),
    }
}

fn bad(why: impl Into<String>) -> Refusal {
    Refusal::new(400, "BadRequest", why)
}

fn read_json(text: &str) -> Result<Ask, Refusal> {
    let body: Value =
        serde_json::from_str(text).map_err(|error| bad(format!("the body is not JSON: {error}")))?;
    let Value::Object(body) = body else { return Err(bad("the body is no JSON object")) };
    let Some(Value::String(text)) = body.get("statementText") else {
        return Err(bad("statementText is missing or no text"));
    };
    let count = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .or_else(|| value.as_str()?.trim().parse().ok())
            .and_then(|count| usize::try_from(count).ok())
            .map(Some)
            .ok_or_else(|| bad(format!("{name} is no number from 0 upwards"))),
    };
    Ok(Ask {
        text: text.clone(),
        offset: count("offset")?.unwrap_or(0),
        limit: count("limit")?,
        binds: bind::read(body.get("binds")).map_err(bad)?,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, Method};
    use bytes::Bytes;

    use super::*;

    fn ask(media: &str, body: &'static [u8]) -> Result<Ask, u16> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_str(media).unwrap());
        let call = Call::new(Method::POST, "/x", headers, Bytes::from_static(body));
        read(&call).map_err(|refusal| refusal.status)
    }

    #[test]
    fn bodies() {
        fn check(media: &str, body: &'static [u8], wanted: Result<(&str, usize, Option<usize>), u16>) {
            let found = ask(media, body);
            let found = found
                .as_ref()
                .map(|ask| (ask.text.as_str(), ask.offset, ask.limit))
                .map_err(|status| *status);
            assert_eq!(found, wanted, "{}", String::from_utf8_lossy(body));
        }
        check("application/sql", b"select 1", Ok(("select 1", 0, None)));
        check("application/json; charset=utf-8", br#"{"statementText": "x"}"#, Ok(("x", 0, None)));
        check(
            "Application/JSON",
            br#"{"statementText": "x", "offset": 5, "limit": "7"}"#,
            Ok(("x", 5, Some(7))),
        );
        check("application/json", br#"{"statementText": "x""#, Err(400));
        check("application/json", b"[]", Err(400));
        check("application/json", br#"{"statement": "x"}"#, Err(400));
        check("application/json", br#"{"statementText": 1}"#, Err(400));
        check("application/json", br#"{"statementText": "x", "offset": -1}"#, Err(400));
        check("application/json", br#"{"statementText": "x", "binds": [{}]}"#, Err(400));
        check("application/sql", b"\xff", Err(400));
        check("text/plain", b"select 1", Err(415));
    }
}
