//! Calls of Database Tools: connections to databases, and SQL over them.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the parts of a call are handed over, all alike, to be built into it"
)]

use serde_json::{Value, json};

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
        let Body::Json(body) = &call.body else { panic!("no body") };
        assert_eq!(body, &json!({ "type": "SYNCHRONOUS", "input": { "type": "STANDARD" } }));
    }
}
