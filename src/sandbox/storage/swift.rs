//! The Swift form of Object Storage: its paths and answers in terms of the service's own.

use axum::http::Method;
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::sandbox::http::{Answer, Call, Refusal};

/// What a Swift request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Bucket,
    Object,
}

/// A Swift path and query as the service's own, or nothing when the path is no such path.
pub(crate) fn native_target(target: &str) -> Option<(Thing, String)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let rest = path.strip_prefix("/v1/")?;
    let mut parts = rest.splitn(3, '/');
    let (namespace, bucket) = (parts.next()?, parts.next().filter(|bucket| !bucket.is_empty())?);
    if let Some(name) = parts.next().filter(|name| !name.is_empty()) {
        return Some((Thing::Object, format!("/n/{namespace}/b/{bucket}/o/{name}")));
    }
    let mut native = format!("/n/{namespace}/b/{bucket}/o?fields=name,size,md5,timeModified");
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let name = match &*name {
            "prefix" | "limit" | "delimiter" => name.into_owned(),
            "marker" => "startAfter".to_owned(),
            _ => continue,
        };
        native.push_str(&format!("&{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)));
    }
    Some((Thing::Bucket, native))
}

/// The service's own answer as Swift gives it.
pub(crate) fn answer(method: &Method, thing: Thing, answer: Answer) -> Answer {
    if answer.status >= 300 {
        return answer;
    }
    let mut answer = match thing {
        Thing::Object => answer,
        Thing::Bucket => listing(&answer),
    };
    answer.status = match (method.as_str(), thing) {
        ("PUT", _) => 201,
        ("DELETE", _) => 204,
        _ => answer.status,
    };
    answer
}

fn listing(answer: &Answer) -> Answer {
    let page: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let rows: Vec<Value> = page["objects"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| {
            json!({
                "name": row["name"], "bytes": row["size"], "hash": row["md5"],
                "content_type": "application/octet-stream", "last_modified": row["timeModified"],
            })
        })
        .collect();
    if rows.is_empty() { Answer::empty(204) } else { Answer::json(200, &Value::Array(rows)) }
}

/// What a call on a bucket that Swift has and the sandbox has not comes to.
pub(crate) fn check(call: &Call, thing: Thing) -> Result<(), Refusal> {
    let known = match thing {
        Thing::Object => matches!(call.method.as_str(), "GET" | "HEAD" | "PUT" | "DELETE"),
        Thing::Bucket => call.method == Method::GET,
    };
    if known {
        Ok(())
    } else {
        Err(Refusal::new(405, "MethodNotAllowed", "the sandbox's Swift form lists buckets and keeps objects"))
    }
}

/// The body that goes with a HEAD request: none.
pub(crate) fn without_body(method: &Method, mut answer: Answer) -> Answer {
    if method == Method::HEAD {
        answer.body = Bytes::new();
        answer.excerpt = None;
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        fn check(target: &str, wanted: Option<&str>) {
            assert_eq!(native_target(target).map(|(_, native)| native).as_deref(), wanted, "{target}");
        }
        check("/v1/space/bucket/a%2Fb/c", Some("/n/space/b/bucket/o/a%2Fb/c"));
        check("/v1/space/bucket", Some("/n/space/b/bucket/o?fields=name,size,md5,timeModified"));
        check(
            "/v1/space/bucket/?prefix=a%20b&marker=x&format=json",
            Some("/n/space/b/bucket/o?fields=name,size,md5,timeModified&prefix=a%20b&startAfter=x"),
        );
        check("/v1/space", None);
        check("/n/space/b/bucket", None);
    }
}
