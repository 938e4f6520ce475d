//! Calls of Database Tools: connections to databases, and SQL over them.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the parts of a call are handed over, all alike, to be built into it"
)]

use serde_json::{Value, json};

use super::signing::request_id;
use crate::model::act::Method;
use crate::model::{RestCall, Service};

const CONNECTIONS: &str = "databaseToolsConnections";

fn of(method: Method, id: Option<Value>) -> RestCall {
    let mut path = vec![json!(CONNECTIONS)];
    path.extend(id);
    RestCall::new(Service::DatabaseTools, method, path)
}

/// Lists the connections of a compartment, or those to one database where `database` is not null. Follow the pages.
pub fn list(compartment: Value, database: Value) -> RestCall {
    of(Method::Get, None)
        .query("compartmentId", compartment)
        .query("relatedResourceIdentifier", database)
        .query("limit", json!(100))
}

/// Reads a connection.
pub fn get(id: Value) -> RestCall {
    of(Method::Get, Some(id))
}

/// Makes a connection. It takes a retry token.
pub fn create(body: Value) -> RestCall {
    of(Method::Post, None).json(body)
}

/// Changes a connection; `body` holds what changes and the type.
pub fn update(id: Value, body: Value, if_match: Value) -> RestCall {
    of(Method::Put, Some(id)).header("if-match", if_match).json(body)
}

/// Deletes a connection.
pub fn delete(id: Value, if_match: Value) -> RestCall {
    of(Method::Delete, Some(id)).header("if-match", if_match)
}

/// Reads a work request of this service.
pub fn work_request(id: Value) -> RestCall {
    RestCall::new(Service::DatabaseTools, Method::Get, vec![json!("workRequests"), id])
}

/// Reads the errors of a work request of this service. Follow the pages.
pub fn work_request_errors(id: Value) -> RestCall {
    RestCall::new(Service::DatabaseTools, Method::Get, vec![json!("workRequests"), id, json!("errors")])
}

/// Runs statements over a connection and gives their results with the answer. Nothing says that a second one is harmless,
/// so it has no retry token. The body holds values of binds, secrets among them, so it is sensitive.
pub fn execute(id: Value, input: Value) -> RestCall {
    let path = vec![json!(CONNECTIONS), id, json!("actions"), json!("executeSql")];
    let mut call = RestCall::new(Service::DatabaseToolsRuntime, Method::Post, path)
        .json(json!({ "type": "SYNCHRONOUS", "input": input }));
    call.sensitive = true;
    call
}

/// Where the result of a statement goes that is not waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultsPlace {
    /// The namespace of Object Storage.
    pub namespace: String,
    /// The bucket.
    pub bucket: String,
    /// The object, which is there for this statement only.
    pub object: String,
}

impl ResultsPlace {
    /// A new place in a bucket; `run` stands in the object's name.
    pub fn new(namespace: &str, bucket: &str, run: &str) -> Self {
        let object = format!("adbctl-results/{run}/{}.json", request_id().to_ascii_lowercase());
        Self { namespace: namespace.to_owned(), bucket: bucket.to_owned(), object }
    }
}

/// Begins statements over a connection; the answer names a work request. The service gives up after `seconds`, and deletes
/// the result at `gone_at` (RFC 3339).
pub fn execute_later(id: Value, input: Value, place: &ResultsPlace, seconds: u64, gone_at: &str) -> RestCall {
    let object =
        json!({ "namespace": place.namespace, "bucketName": place.bucket, "objectName": place.object });
    execute(id, Value::Null).json(json!({
        "type": "ASYNCHRONOUS",
        "input": { "type": "INLINE", "content": input },
        "output": { "type": "OBJECT_STORAGE", "object": object, "timeOfDeletion": gone_at },
        "timeoutInSeconds": seconds,
    }))
}

fn statement(method: Method, mut further: Vec<Value>) -> RestCall {
    let mut path = vec![json!("workRequests")];
    path.append(&mut further);
    RestCall::new(Service::DatabaseToolsRuntime, method, path)
}

/// Reads the work request of a statement.
pub fn statement_work(id: Value) -> RestCall {
    statement(Method::Get, vec![id])
}

/// Reads the errors of a statement's work request. Follow the pages.
pub fn statement_work_errors(id: Value) -> RestCall {
    statement(Method::Get, vec![id, json!("errors")])
}

/// Asks the service to end a statement's work request.
pub fn cancel_statement_work(id: Value) -> RestCall {
    statement(Method::Delete, vec![id])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::act::Body;

    #[test]
    fn requests() {
        fn check(call: &RestCall, line: &str) {
            assert_eq!(format!("{} {}", call.method, call.shown_path()), line);
        }
        let id = || json!("c1");
        check(&list(json!("c"), Value::Null), "GET /20201005/databaseToolsConnections");
        check(&get(id()), "GET /20201005/databaseToolsConnections/c1");
        check(&create(json!({})), "POST /20201005/databaseToolsConnections");
        check(&update(id(), json!({}), json!("e")), "PUT /20201005/databaseToolsConnections/c1");
        check(&delete(id(), json!("e")), "DELETE /20201005/databaseToolsConnections/c1");
        check(&work_request(json!("w")), "GET /20201005/workRequests/w");
        check(&work_request_errors(json!("w")), "GET /20201005/workRequests/w/errors");
        let call = execute(id(), json!({ "type": "STANDARD" }));
        check(&call, "POST /20230222/databaseToolsConnections/c1/actions/executeSql");
        assert!(call.sensitive);
        check(&statement_work(json!("w")), "GET /20230222/workRequests/w");
        check(&statement_work_errors(json!("w")), "GET /20230222/workRequests/w/errors");
        check(&cancel_statement_work(json!("w")), "DELETE /20230222/workRequests/w");
        let place = ResultsPlace::new("space", "bucket", "20261122t081000-abcd");
        assert!(place.object.starts_with("adbctl-results/20261122t081000-abcd/"), "{place:?}");
        assert_ne!(place, ResultsPlace::new("space", "bucket", "20261122t081000-abcd"));
        let later = execute_later(id(), json!({ "type": "STANDARD" }), &place, 300, "2026-11-22T09:10:00Z");
        check(&later, "POST /20230222/databaseToolsConnections/c1/actions/executeSql");
        assert!(later.sensitive);
        let Body::Json(body) = &later.body else { panic!("no body") };
        assert_eq!(body["output"]["object"]["objectName"], place.object.as_str());
        assert_eq!((&body["type"], &body["timeoutInSeconds"]), (&json!("ASYNCHRONOUS"), &json!(300)));
        let Body::Json(body) = &call.body else { panic!("no body") };
        assert_eq!(body, &json!({ "type": "SYNCHRONOUS", "input": { "type": "STANDARD" } }));
    }
}
