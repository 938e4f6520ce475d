//! `executeSql`: a script, run over a connection.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Method};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::record::{Life, ToolsConnection, settle};
use super::script::{self, Later, Request};
use crate::model::{Secret, clock};
use crate::sandbox::database::{self, Database, State};
use crate::sandbox::dispatch::Shared;
use crate::sandbox::faults;
use crate::sandbox::http::{Answer, Call, Refusal, check_if_match};
use crate::sandbox::ords::{ScriptRefusal, ScriptRequest};
use crate::sandbox::pace::Work;
use crate::sandbox::world::World;
use crate::sandbox::{audit, identity, storage, vault, work_requests};

/// Whether a call runs SQL, which takes as long as its statements do and is not answered under the world's lock.
pub(crate) fn is_execute(call: &Call) -> bool {
    call.method == axum::http::Method::POST
        && matches!(
            call.parts().as_slice(),
            ["20230222", "databaseToolsConnections", _, "actions", "executeSql"]
        )
}

/// Answers `POST …/actions/executeSql`. `seen_at` is the moment at which the signature is looked at.
pub(crate) async fn execute(shared: &Arc<Shared>, call: &Call, now: Timestamp, skew: i64) -> Answer {
    let prepared = prepare(shared, call, now, now + SignedDuration::from_secs(skew));
    let (request, job) = match prepared {
        Ok(prepared) => prepared,
        Err(refusal) => return refusal.answer(),
    };
    if let Some(later) = request.later.clone() {
        return accept(shared, call, request, job, later, now).unwrap_or_else(|refusal| refusal.answer());
    }
    match shared.ords.script(job).await {
        Ok(items) => Answer::json(200, &script::answer(&request, items)),
        Err(refused) => refusal_of(refused).answer(),
    }
}

fn refusal_of(refused: ScriptRefusal) -> Refusal {
    match refused {
        ScriptRefusal::Asked(why) => Refusal::invalid(why),
        ScriptRefusal::Refused(text) => not_connected(&text),
        ScriptRefusal::Lost(why) => Refusal::new(503, "ServiceUnavailable", why),
    }
}

/// Begins work whose answer goes to Object Storage.
fn accept(
    shared: &Arc<Shared>,
    call: &Call,
    request: Request,
    job: ScriptRequest,
    later: Later,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let mut world = shared.world();
    if later.namespace != world.tenancy.namespace || world.tables.buckets.get(&later.bucket).is_none() {
        return Err(Refusal::new(404, "BucketNotFound", "the bucket of the output does not exist"));
    }
    let id = call.segments.get(2).cloned().unwrap_or_default();
    let row = world.tables.tools_connections.get(&id).ok_or_else(Refusal::not_found)?;
    let compartment = row.text("compartmentId").unwrap_or_default().to_owned();
    let until = world.pace.end(Work::Copy, now);
    let resource = (work_requests::TOOLS, id.as_str(), "RELATED");
    let work_request =
        work_requests::begin(&mut world, work_requests::STATEMENT, &compartment, resource, now, until);
    world.commit(None).map_err(|error| Refusal::new(500, "InternalServerError", error.to_string()))?;
    drop(world);
    // The SDK reads a document with a type here too.
    let accepted = script::answer(&request, Vec::new());
    let (shared, work) = (Arc::clone(shared), work_request.clone());
    // Nobody waits for it; the work request says how it ends.
    drop(tokio::spawn(async move {
        let answered = shared.ords.script(job).await;
        let ended = clock::now();
        let spent = ended.duration_since(now).as_secs();
        let late = later.seconds.is_some_and(|seconds| spent >= i64::try_from(seconds).unwrap_or(i64::MAX));
        let mut world = shared.world();
        let canceled = work_requests::is_canceling(&world, &work);
        let stored = match answered {
            _ if canceled => Ok(()),
            _ if late => Err(Refusal::new(408, "TimedOut", "the request took longer than timeoutInSeconds")),
            Ok(items) => store(&mut world, &later, &script::answer(&request, items), ended).map(|()| {
                if let Some(gone_at) = later.gone_at {
                    let object = address(&later);
                    work_requests::delete_later(&mut world, &compartment, (&id, &object), ended, gone_at);
                }
            }),
            Err(refused) => Err(refusal_of(refused)),
        };
        let failure = stored.err().map(|refusal| (refusal.code, refusal.message));
        work_requests::finish(&mut world, &work, ended, failure);
        if let Err(error) = world.commit(None) {
            tracing::warn!(%error, "the end of a request to Database Tools cannot be written");
        }
    }));
    Ok(Answer::json(202, &accepted).header("opc-work-request-id", work_request))
}

/// Where the object of an answer is, among the calls of Object Storage.
fn address(later: &Later) -> String {
    format!("{}/b/{}/o/{}", later.namespace, later.bucket, later.object)
}

/// Deletes the objects of answers whose time has come; those that a client deleted are gone already.
pub(super) fn delete_due(world: &mut World, now: Timestamp) {
    for (work, object) in work_requests::deletions_due(world, now) {
        let call = Call::new(Method::DELETE, "/", HeaderMap::new(), Bytes::new());
        let rest: Vec<&str> = object.splitn(5, '/').collect();
        let failure = match storage::route(world, &call, &rest, now) {
            Err(refusal) if refusal.status != 404 => Some((refusal.code, refusal.message)),
            _ => None,
        };
        work_requests::finish(world, &work, now, failure);
    }
}

/// Stores an answer, by the code that stores what clients put.
fn store(world: &mut World, later: &Later, answer: &Value, now: Timestamp) -> Result<(), Refusal> {
    let broken = |error: std::io::Error| Refusal::new(500, "InternalServerError", error.to_string());
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let bytes = answer.to_string();
    let received = storage::receive_bytes(&world.dir, &headers, bytes.as_bytes()).map_err(broken)?;
    let mut call = Call::new(Method::PUT, "/", headers, Bytes::new());
    call.received = Some(received.clone());
    let rest = [later.namespace.as_str(), "b", &later.bucket, "o", &later.object];
    let stored = storage::route(world, &call, &rest, now);
    received.forget_unless_taken(&world.dir);
    stored.map(drop)
}

/// The connection to the database could not be made; `why` is what the database or the listener said.
fn not_connected(why: &str) -> Refusal {
    Refusal::new(400, "DatabaseConnectionFailed", why)
}

fn prepare(
    shared: &Arc<Shared>,
    call: &Call,
    now: Timestamp,
    seen_at: Timestamp,
) -> Result<(Request, ScriptRequest), Refusal> {
    let mut world = shared.world();
    database::settle(&mut world, now);
    settle(&mut world, now);
    world.commit(None).map_err(|error| Refusal::new(500, "InternalServerError", error.to_string()))?;
    identity::verify(&world.tenancy, call, seen_at)?;
    let id = call.segments.get(2).map(String::as_str).unwrap_or_default();
    let row = world
        .tables
        .tools_connections
        .get(id)
        .filter(|row| row.state != Life::Deleted)
        .ok_or_else(Refusal::not_found)?;
    check_if_match(call, &row.etag())?;
    if !matches!(row.state, Life::Active | Life::Updating) {
        let message = format!("the connection is {} and takes no SQL", row.state.word());
        return Err(Refusal::new(409, "IncorrectState", message));
    }
    if row.text("runtimeSupport") != Some("SUPPORTED") {
        return Err(Refusal::invalid("the connection's runtimeSupport is UNSUPPORTED"));
    }
    let request = script::read(&call.object()?)?;
    let password = password(&world, row)?;
    let database = reached(&world, row)?;
    let job = ScriptRequest {
        database: database::identity(&world, database),
        user: row.text("userName").unwrap_or_default().to_owned(),
        password,
        ask: request.ask.clone(),
        step: audit::step_of(call.header("user-agent")),
        audit: shared.audit.clone(),
        faults: Vec::new(),
        read_only: database.flag("isRefreshableClone") || database.text("openMode") == Some("READ_ONLY"),
    };
    let faults = faults::take_engine(&mut world, &call.path);
    Ok((request, ScriptRequest { faults, ..job }))
}

/// The value of the user's password, which the service reads on the caller's behalf.
fn password(world: &World, row: &ToolsConnection) -> Result<Secret, Refusal> {
    let named = row.fields.get("userPassword").and_then(|password| password["secretId"].as_str());
    let found =
        named.filter(|id| world.tables.secrets.get(id).is_some_and(|secret| secret.deletion.is_none()));
    found.and_then(|id| vault::value(world, id, None)).map(Secret::new).ok_or_else(|| {
        Refusal::new(
            400,
            "RelatedResourceNotAuthorizedOrNotFound",
            "userPassword: authorization failed or the secret was not found",
        )
    })
}

/// The service that a connect descriptor or an easy connect string names.
fn service_of(text: &str) -> Option<String> {
    if !text.trim_start().starts_with('(') {
        let service = text.rsplit_once('/')?.1;
        return Some(service.split([':', '?']).next().unwrap_or_default().to_owned());
    }
    text.split('(').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let value = value.split(')').next().unwrap_or_default().trim();
        (name.trim().eq_ignore_ascii_case("service_name") && !value.is_empty()).then(|| value.to_owned())
    })
}

/// The database that the connection string leads to, if what stands in the connection lets the service in.
fn reached<'a>(world: &'a World, row: &ToolsConnection) -> Result<&'a Database, Refusal> {
    let unknown = || {
        not_connected("ORA-12514: Cannot connect to database. Service is not registered with the listener.")
    };
    let service = row.text("connectionString").and_then(service_of).ok_or_else(unknown)?;
    let database = world
        .tables
        .databases
        .values()
        .find(|database| {
            database.exists()
                && database::service_names(database).any(|name| name.eq_ignore_ascii_case(&service))
        })
        .ok_or_else(unknown)?;
    if database.is_private() && row.text("privateEndpointId").is_none() {
        return Err(not_connected(
            "ORA-12170: Cannot connect. TCP connect timeout: the database has a private endpoint.",
        ));
    }
    let stores = row.fields.get("keyStores").and_then(|stores| stores.as_array());
    if database.flag("isMtlsConnectionRequired") && stores.is_none_or(Vec::is_empty) {
        return Err(not_connected(
            "ORA-28860: Fatal SSL error: the database asks for the client's certificate.",
        ));
    }
    if database.state.is_open() {
        return Ok(database);
    }
    let stopped = matches!(database.state, State::Stopped | State::Stopping);
    Err(if stopped { not_connected("ORA-12506: Listener refused connection.") } else { unknown() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services() {
        fn check(text: &str, wanted: Option<&str>) {
            assert_eq!(service_of(text).as_deref(), wanted, "{text}");
        }
        check("(description=(connect_data=(service_name= a_low.x )))", Some("a_low.x"));
        check("(description=(address=(host=h)))", None);
        check("host:1522/a_low.x", Some("a_low.x"));
        check("tcps://host:1522/a_low.x?retry_count=3", Some("a_low.x"));
        check("nothing", None);
    }
}
