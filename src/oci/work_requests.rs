//! Calls of the work request service, which has a host of its own, and its answers.

use serde::Deserialize;
use serde_json::{Value, json};

use super::database::without_nulls;
use crate::model::act::Method;
use crate::model::{RestCall, Service};

fn read_call(mut further: Vec<Value>) -> RestCall {
    let mut path = vec![json!("workRequests")];
    path.append(&mut further);
    RestCall::new(Service::WorkRequests, Method::Get, path)
}

/// Reads one work request.
pub fn get(id: Value) -> RestCall {
    read_call(vec![id])
}

/// Reads the errors of a work request. Follow the pages.
pub fn errors(id: Value) -> RestCall {
    read_call(vec![id, json!("errors")])
}

/// Reads the log of a work request. Follow the pages.
pub fn logs(id: Value) -> RestCall {
    read_call(vec![id, json!("logs")])
}

/// Lists the work requests of a compartment, or those about one resource where `resource` is not null. Follow the pages.
pub fn list(compartment: Value, resource: Value) -> RestCall {
    read_call(Vec::new()).query("compartmentId", compartment).query("resourceId", resource)
}

/// A work request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkRequest {
    /// OCID.
    pub id: String,
    /// What it does, in the service's words.
    pub operation_type: Option<String>,
    /// `ACCEPTED`, `IN_PROGRESS`, `CANCELING`, `SUCCEEDED`, `FAILED`, `CANCELED`; others are kept.
    pub status: String,
    /// How far it is, 0 to 100.
    pub percent_complete: Option<f64>,
    /// What it touches.
    pub resources: Vec<WorkResource>,
    /// Start, RFC 3339.
    pub time_started: Option<String>,
    /// End, RFC 3339.
    pub time_finished: Option<String>,
}

/// Something a work request touches.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkResource {
    /// `CREATED`, `UPDATED`, `DELETED`, `RELATED`, `IN_PROGRESS`.
    pub action_type: String,
    /// Kind of resource.
    pub entity_type: String,
    /// Its OCID.
    pub identifier: String,
}

/// Where a work request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not ended.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Broken off.
    Canceled,
}

impl WorkRequest {
    /// Reads the service's answer.
    ///
    /// # Errors
    /// A known field has an unexpected type.
    pub fn read(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(without_nulls(value))
    }

    /// Where it stands. A status that is not known counts as running.
    pub fn progress(&self) -> Progress {
        match self.status.as_str() {
            // Object Storage's own work requests say COMPLETED.
            "SUCCEEDED" | "COMPLETED" => Progress::Succeeded,
            "FAILED" => Progress::Failed,
            "CANCELED" => Progress::Canceled,
            _ => Progress::Running,
        }
    }
}

/// The errors of a work request as lines for people: code and message.
pub fn error_lines(value: &Value) -> Vec<String> {
    let text =
        |item: &Value, name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let items = value.as_array().or_else(|| value.get("items").and_then(Value::as_array));
    items
        .into_iter()
        .flatten()
        .map(|item| format!("{}: {}", text(item, "code"), text(item, "message")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        fn check(call: &RestCall, line: &str) {
            assert_eq!(format!("{} {}", call.method, call.shown_path()), line);
        }
        check(&get(json!("w")), "GET /20160918/workRequests/w");
        check(&errors(json!("w")), "GET /20160918/workRequests/w/errors");
        check(&logs(json!("w")), "GET /20160918/workRequests/w/logs");
        check(&list(json!("c"), Value::Null), "GET /20160918/workRequests");
    }

    #[test]
    fn progress() {
        fn check(status: &str, wanted: Progress) {
            let read =
                WorkRequest::read(&json!({"id": "w", "status": status, "percentComplete": 12.5})).unwrap();
            assert_eq!(read.progress(), wanted, "{status}");
        }
        check("ACCEPTED", Progress::Running);
        check("SUCCEEDED", Progress::Succeeded);
        check("FAILED", Progress::Failed);
        check("CANCELED", Progress::Canceled);
        check("PONDERING", Progress::Running);
        let lines = error_lines(&json!([{"code": "QuotaExceeded", "message": "no room", "timestamp": "t"}]));
        assert_eq!(lines, ["QuotaExceeded: no room"]);
    }
}
