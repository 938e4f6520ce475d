//! Work requests of the database service: what is being done, how far it is, why it failed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::http::{Answer, Call, Refusal, paged};
use super::pace::{share, text};
use super::world::World;

/// One thing a work request touches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Resource {
    /// What happens to it when the work is done: CREATED, UPDATED, DELETED or RELATED.
    pub(crate) becomes: String,
    pub(crate) entity: String,
    pub(crate) identifier: String,
}

/// Work that takes its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WorkRequest {
    pub(crate) id: String,
    pub(crate) operation: String,
    pub(crate) compartment: String,
    pub(crate) resources: Vec<Resource>,
    pub(crate) accepted: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) finished: Option<Timestamp>,
    pub(crate) failure: Option<(String, String)>,
    /// Of Object Storage, which has work requests of its own.
    pub(crate) of_storage: bool,
    /// Somebody asked to end it.
    #[serde(default)]
    pub(crate) canceling: bool,
}

/// What a request to Database Tools that runs SQL is called.
pub(crate) const STATEMENT: &str = "EXECUTE_SQL";

/// The end of what such a request left in a bucket.
const DELETION: &str = "EXECUTE_SQL_SCHEDULED_DELETION";

/// The kind of resource that the Database Tools service has, whose work requests are its own too.
pub(crate) const TOOLS: &str = "databaseToolsConnection";

/// Begins work on one resource and gives the work request's OCID.
pub(crate) fn begin(
    world: &mut World,
    operation: &str,
    compartment: &str,
    resource: (&str, &str, &str),
    now: Timestamp,
    until: Timestamp,
) -> String {
    let (entity, identifier, becomes) = resource;
    let of_storage = entity == "object";
    let of_tools = entity == TOOLS;
    let id = world.new_ocid(match (of_storage, of_tools) {
        (true, _) => "objectstorageworkrequest",
        (_, true) => "databasetoolsworkrequest",
        _ => "coreservicesworkrequest",
    });
    let row = WorkRequest {
        id: id.clone(),
        operation: operation.to_owned(),
        compartment: compartment.to_owned(),
        resources: vec![Resource {
            becomes: becomes.to_owned(),
            entity: entity.to_owned(),
            identifier: identifier.to_owned(),
        }],
        accepted: now,
        until,
        finished: None,
        failure: None,
        of_storage,
        canceling: false,
    };
    world.tables.work_requests.insert(&id, row);
    id
}

/// Ends work, well or badly.
pub(crate) fn finish(world: &mut World, id: &str, at: Timestamp, failure: Option<(String, String)>) {
    if let Some(row) = world.tables.work_requests.change(id) {
        row.finished = Some(at);
        row.failure = failure;
    }
}

/// Asks to end a statement that is at work.
pub(crate) fn cancel_statement(world: &mut World, id: &str) -> Result<(), Refusal> {
    let row = world.tables.work_requests.get(id).filter(|row| row.is_of_tools());
    let row = row.ok_or_else(Refusal::not_found)?;
    if row.operation != STATEMENT || row.finished.is_some() {
        return Err(Refusal::new(409, "IncorrectState", "the work request has ended, or cannot be canceled"));
    }
    if let Some(row) = world.tables.work_requests.change(id) {
        row.canceling = true;
    }
    Ok(())
}

/// Whether somebody asked to end it.
pub(crate) fn is_canceling(world: &World, id: &str) -> bool {
    world.tables.work_requests.get(id).is_some_and(|row| row.canceling)
}

/// Notes that an object of a connection is to be deleted.
pub(crate) fn delete_later(
    world: &mut World,
    compartment: &str,
    (connection, object): (&str, &str),
    now: Timestamp,
    until: Timestamp,
) {
    let id = begin(world, DELETION, compartment, (TOOLS, connection, "RELATED"), now, until);
    let object =
        Resource { becomes: "DELETED".into(), entity: "object".into(), identifier: object.to_owned() };
    if let Some(row) = world.tables.work_requests.change(&id) {
        row.resources.push(object);
    }
}

/// The deletions whose time has come, with their objects.
pub(crate) fn deletions_due(world: &World, now: Timestamp) -> Vec<(String, String)> {
    let due = |row: &&WorkRequest| row.operation == DELETION && row.finished.is_none() && row.until <= now;
    let rows = world.tables.work_requests.values().filter(due);
    rows.filter_map(|row| Some((row.id.clone(), row.resources.last()?.identifier.clone()))).collect()
}

/// The sentence behind a failure stays for as long as the work request does; so do finished ones for a day.
pub(crate) fn forget_old(world: &mut World, now: Timestamp) {
    let day = jiff::SignedDuration::from_hours(24);
    let old: Vec<String> = world
        .tables
        .work_requests
        .values()
        .filter(|row| row.finished.is_some_and(|at| now.duration_since(at) > day))
        .map(|row| row.id.clone())
        .collect();
    for id in old {
        world.tables.work_requests.remove(&id);
    }
}

/// The work requests of the Database Tools service in a compartment, newest first.
pub(crate) fn of_tools(world: &World, compartment: &str, about: Option<&str>, now: Timestamp) -> Vec<Value> {
    let concerns = |row: &&WorkRequest| {
        row.is_of_tools()
            && row.compartment == compartment
            && about.is_none_or(|id| row.resources.iter().any(|resource| resource.identifier == id))
    };
    let mut rows: Vec<&WorkRequest> = world.tables.work_requests.values().filter(concerns).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.accepted, row.id.clone())));
    rows.iter().map(|row| row.view(now, true)).collect()
}

/// One work request of the Database Tools service, and its errors.
pub(crate) fn tools_view(world: &World, id: &str, now: Timestamp) -> Option<(Value, Vec<Value>)> {
    let row = world.tables.work_requests.get(id).filter(|row| row.is_of_tools())?;
    let mut view = row.view(now, true);
    view["timeUpdated"] = json!(text(row.finished.unwrap_or(row.accepted)));
    let errors = row
        .failure
        .iter()
        .map(|(code, message)| json!({"code": code, "message": message, "timestamp": row.finished.map(text)}))
        .collect();
    Some((view, errors))
}

impl WorkRequest {
    fn is_of_tools(&self) -> bool {
        self.resources.iter().any(|resource| resource.entity == TOOLS)
    }

    fn status(&self, now: Timestamp) -> &'static str {
        match (&self.finished, &self.failure) {
            (Some(_), _) if self.canceling => "CANCELED",
            (None, _) if self.canceling => "CANCELING",
            (Some(_), Some(_)) => "FAILED",
            (Some(_), None) if self.of_storage => "COMPLETED",
            (Some(_), None) => "SUCCEEDED",
            (None, _) if share(self.accepted, self.until, now) < 0.04 => "ACCEPTED",
            (None, _) => "IN_PROGRESS",
        }
    }

    fn percent(&self, now: Timestamp) -> f64 {
        if self.finished.is_some() && self.failure.is_none() {
            return 100.0;
        }
        // What has not ended is never complete, whatever the clock says.
        (share(self.accepted, self.until, self.finished.unwrap_or(now)) * 100.0).floor().min(99.0)
    }

    fn view(&self, now: Timestamp, with_resources: bool) -> Value {
        let mut view = json!({
            "id": self.id,
            "operationType": self.operation,
            "status": self.status(now),
            "compartmentId": self.compartment,
            "percentComplete": self.percent(now),
            "timeAccepted": text(self.accepted),
            "timeStarted": (self.status(now) != "ACCEPTED").then(|| text(self.accepted)),
            "timeFinished": self.finished.map(text),
        });
        if with_resources {
            let done = self.finished.is_some() && self.failure.is_none();
            view["resources"] = self
                .resources
                .iter()
                .map(|resource| {
                    json!({
                        "actionType": if done { resource.becomes.as_str() } else { "IN_PROGRESS" },
                        "entityType": resource.entity,
                        "identifier": resource.identifier,
                        "entityUri": entity_uri(resource),
                    })
                })
                .collect();
        }
        view
    }

    fn logs(&self, now: Timestamp) -> Vec<Value> {
        let mut logs = vec![
            json!({"message": format!("{} was accepted", self.operation), "timestamp": text(self.accepted)}),
        ];
        if self.status(now) == "IN_PROGRESS" {
            let line = format!("{} is {} % complete", self.operation, self.percent(now));
            logs.push(json!({"message": line, "timestamp": text(now)}));
        }
        if let Some(at) = self.finished {
            let end = if self.failure.is_some() { "failed" } else { "succeeded" };
            logs.push(json!({"message": format!("{} {end}", self.operation), "timestamp": text(at)}));
        }
        logs
    }
}

fn entity_uri(resource: &Resource) -> Value {
    match resource.entity.as_str() {
        "autonomousDatabase" => format!("/20160918/autonomousDatabases/{}", resource.identifier).into(),
        TOOLS => format!("/20201005/databaseToolsConnections/{}", resource.identifier).into(),
        "autonomousDatabaseBackup" => {
            format!("/20160918/autonomousDatabaseBackups/{}", resource.identifier).into()
        }
        _ => Value::Null,
    }
}

/// The calls under `/20160918/workRequests`, and with `of_storage` those of Object Storage.
pub(crate) fn route(
    world: &World,
    call: &Call,
    rest: &[&str],
    of_storage: bool,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    if call.method != axum::http::Method::GET {
        return Err(Refusal::new(405, "MethodNotAllowed", "work requests are only read here"));
    }
    let find = |id: &str| {
        world
            .tables
            .work_requests
            .get(id)
            .filter(|row| row.of_storage == of_storage && !row.is_of_tools())
            .ok_or_else(Refusal::not_found)
    };
    match rest {
        [] => {
            let compartment = call.required_query("compartmentId")?;
            if !world.knows_compartment(compartment) {
                return Err(Refusal::not_found());
            }
            let mut rows: Vec<_> = world
                .tables
                .work_requests
                .values()
                .filter(|row| {
                    row.of_storage == of_storage && !row.is_of_tools() && row.compartment == compartment
                })
                .filter(|row| {
                    call.query("resourceId")
                        .is_none_or(|id| row.resources.iter().any(|resource| resource.identifier == id))
                })
                .collect();
            rows.sort_by_key(|row| std::cmp::Reverse((row.accepted, row.id.clone())));
            paged(call, rows.iter().map(|row| row.view(now, false)).collect())
        }
        [id] => {
            let row = find(id)?;
            let answer = Answer::json(200, &row.view(now, true))
                .header("etag", format!("{}-{}", row.id, row.status(now)));
            Ok(if row.finished.is_none() { answer.header("retry-after", "1") } else { answer })
        }
        [id, "errors"] => {
            let row = find(id)?;
            let errors = row
                .failure
                .iter()
                .map(|(code, message)| {
                    json!({"code": code, "message": message, "timestamp": row.finished.map(text)})
                })
                .collect();
            paged(call, errors)
        }
        [id, "logs"] => {
            let mut logs = find(id)?.logs(now);
            if call.query("sortOrder") == Some("DESC") {
                logs.reverse();
            }
            paged(call, logs)
        }
        _ => Err(Refusal::new(404, "NotFound", "there is no such call in the work request service")),
    }
}
