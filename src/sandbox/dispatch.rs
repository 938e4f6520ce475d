//! One request from arrival to answer: faults, signature, the call itself, journal, audit log.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::audit::{Audit, step_of};
use super::faults::{self, Action};
use super::http::{Answer, Call, Refusal};
use super::ords::{ApexRequest, OrdsRequest, OrdsSurface, Visit};
use super::pace::text;
use super::sql::Backend;
use super::world::{Remembered, World};
use super::{
    auth_tokens, database, database_tools, identity, network, ords, principal, storage, vault, work_requests,
};
use crate::model::clock;

/// The largest document that is read; objects' bytes go into files and may be larger.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: Mutex<World>,
    pub(crate) audit: Audit,
    pub(crate) ords: Arc<dyn OrdsSurface>,
    /// What runs the statements of SQL*Net's sessions; nothing where the engine is another than the sandbox's own.
    pub(crate) backend: Option<Arc<dyn Backend>>,
    /// What `/sandbox` says about this process.
    pub(crate) about: Value,
}

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // A panic in one request must not end the sandbox; tables are changed after all checks.
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The connection ends without an answer, because a fault says so.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on request")]
pub(crate) struct Dropped;

/// How a request was dealt with, for the audit log.
struct Outcome {
    answer: Answer,
    /// Nothing was changed although the method is one that changes.
    only_read: bool,
}

/// Serves one request.
pub(crate) async fn serve(shared: Arc<Shared>, request: Request<Body>) -> Result<Response<Body>, Dropped> {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str).to_owned();
    let mut call = Call::new(parts.method, &target, parts.headers, Bytes::new());
    if !storage::stores_bytes(&call) {
        let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
            let refusal =
                Refusal::new(413, "RequestEntityTooLarge", "the body is larger than the sandbox takes");
            return Ok(refusal.answer().into_response());
        };
        call.body = body;
        let actions = met(&shared, &call);
        return answer(&shared, call, actions).await;
    }
    let actions = met(&shared, &call);
    let spoilt = actions.contains(&Action::Spoil {});
    let (dir, upload) = {
        let world = shared.world();
        (world.dir.clone(), storage::algorithm_of_upload(&world, &call))
    };
    let received = match storage::receive(&dir, &call.headers, upload, spoilt, body).await {
        Ok(received) => received,
        Err(error) => {
            let refusal =
                Refusal::new(500, "InternalServerError", format!("the bytes did not arrive: {error}"));
            return Ok(refusal.answer().into_response());
        }
    };
    call.received = Some(received.clone());
    let answered = answer(&shared, call, actions).await;
    received.forget_unless_taken(&dir);
    answered
}

/// The faults that a request meets. The calls that arm them meet none.
fn met(shared: &Shared, call: &Call) -> Vec<Action> {
    if call.segments.first().map(String::as_str) == Some("sandbox") {
        return Vec::new();
    }
    faults::take(&mut shared.world(), call.method.as_str(), &call.path)
}

/// Answers a request that has arrived whole.
async fn answer(shared: &Arc<Shared>, call: Call, actions: Vec<Action>) -> Result<Response<Body>, Dropped> {
    if call.segments.first().map(String::as_str) == Some("sandbox") {
        return Ok(control(shared, &call).into_response());
    }
    let after = actions.iter().any(|action| matches!(action, Action::Drop { after: true }));
    let before = actions.iter().any(|action| matches!(action, Action::Drop { after: false }));
    for action in &actions {
        if let Action::Slow { seconds } = action {
            tokio::time::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 3600.0))).await;
        }
    }
    let request_id = request_id(&call);
    if before {
        note_rest(shared, &call, 0, false);
        return Err(Dropped);
    }
    if let Some(answer) = actions.iter().find_map(faults::answer) {
        note_rest(shared, &call, answer.status, false);
        return Ok(answer.header("opc-request-id", request_id).into_response());
    }
    let skew = actions
        .iter()
        .find_map(|action| if let Action::Skew { seconds } = action { Some(*seconds) } else { None })
        .unwrap_or(0);
    let spoilt = actions.contains(&Action::Spoil {});
    let mut answer = if call.segments.get(1).map(String::as_str) == Some("ords") {
        visit(shared, call).await
    } else if database_tools::is_execute(&call) {
        let answer = database_tools::execute(shared, &call, clock::now(), skew).await;
        // Statements have lines of their own; a request that came to none gets one.
        if answer.status != 200 {
            note_rest(shared, &call, answer.status, true);
        }
        answer
    } else {
        let shared = Arc::clone(shared);
        // Copies of databases are made while the request waits, so it must not hold up the other connections.
        let work = tokio::task::spawn_blocking(move || carry_out(&shared, &call, &actions, skew));
        work.await.unwrap_or_else(|error| {
            Refusal::new(500, "InternalServerError", format!("a defect of the sandbox: {error}")).answer()
        })
    };
    if after {
        return Err(Dropped);
    }
    answer.spoilt = spoilt;
    if skew != 0 {
        let shown = clock::now() + SignedDuration::from_secs(skew);
        answer = answer.header("date", httpdate::fmt_http_date(shown.into()));
    }
    Ok(answer.header("opc-request-id", request_id).into_response())
}

fn request_id(call: &Call) -> String {
    let random = || super::world::random_word(32).to_ascii_uppercase();
    let client = call
        .header("opc-request-id")
        .or_else(|| call.header("opc-client-request-id"))
        .map_or_else(random, str::to_owned);
    format!("{client}/{}/{}", random(), random())
}

fn control(shared: &Shared, call: &Call) -> Answer {
    let parts = call.parts();
    match parts.as_slice() {
        ["sandbox"] => Answer::json(200, &shared.about),
        ["sandbox", "faults", rest @ ..] => {
            let mut world = shared.world();
            let answer = faults::control(&mut world, call.method.as_str(), rest, &call.body);
            match world.commit(None) {
                Ok(()) => answer,
                Err(error) => Refusal::new(500, "InternalServerError", error.to_string()).answer(),
            }
        }
        ["sandbox", "lifecycle"] if call.method == axum::http::Method::POST => upkeep(shared, call),
        _ => {
            let text = "the sandbox has /sandbox, /sandbox/faults and /sandbox/lifecycle here";
            Refusal::new(404, "NotFound", text).answer()
        }
    }
}

/// Carries lifecycle policies out as if some days had passed.
fn upkeep(shared: &Shared, call: &Call) -> Answer {
    let days =
        call.query("days").unwrap_or("0").parse::<i64>().ok().filter(|days| (0..=36_500).contains(days));
    let Some(days) = days else {
        return Refusal::invalid("days has to be a number from 0 to 36500").answer();
    };
    let mut world = shared.world();
    let done = storage::carry_out_lifecycle(&mut world, days, clock::now());
    match world.commit(None) {
        Ok(()) => Answer::json(200, &done),
        Err(error) => Refusal::new(500, "InternalServerError", error.to_string()).answer(),
    }
}

/// Carries a call to a cloud service out and writes journal and audit log before the answer goes.
fn carry_out(shared: &Shared, call: &Call, actions: &[Action], skew: i64) -> Answer {
    let now = clock::now();
    let mut world = shared.world();
    database::settle(&mut world, now);
    storage::settle(&mut world, now);
    database_tools::settle(&mut world, now);
    if actions.iter().any(|action| matches!(action, Action::ExpireTokens {})) {
        world.change_tenancy(|tenancy| tenancy.tokens_from = Some(now));
    }
    world.twist = faults::twist(actions);
    let outcome = decide(&mut world, call, now, skew);
    world.twist = super::world::Twist::default();
    let line = rest_line(call, outcome.answer.status, outcome.only_read);
    if let Err(error) = shared.audit.write(line, |line| world.commit(Some(line))) {
        return Refusal::new(
            500,
            "InternalServerError",
            format!("the sandbox cannot write its state: {error}"),
        )
        .answer();
    }
    super::facts::refresh_if_changed(&mut world);
    outcome.answer
}

fn decide(world: &mut World, call: &Call, now: Timestamp, skew: i64) -> Outcome {
    let seen_at = now + SignedDuration::from_secs(skew);
    let parts = call.parts();
    let unsigned = matches!(parts.as_slice(), ["opc", "v2", ..] | ["v1", "x509"] | ["p", ..]);
    if !unsigned && let Err(refusal) = identity::verify(&world.tenancy, call, seen_at) {
        return Outcome { answer: refusal.answer(), only_read: false };
    }
    match remembered(world, call, now) {
        Some(Ok(answer)) => return Outcome { answer, only_read: true },
        Some(Err(refusal)) => return Outcome { answer: refusal.answer(), only_read: false },
        None => {}
    }
    match route(world, call, &parts, now, seen_at) {
        Ok(answer) => {
            remember(world, call, &answer, now);
            Outcome { answer, only_read: call.is_dry_run() }
        }
        Err(refusal) => Outcome { answer: refusal.answer(), only_read: call.is_dry_run() },
    }
}

fn route(
    world: &mut World,
    call: &Call,
    parts: &[&str],
    now: Timestamp,
    seen_at: Timestamp,
) -> Result<Answer, Refusal> {
    match parts {
        ["20160918", "workRequests", rest @ ..] => work_requests::route(world, call, rest, false, now),
        ["workRequests", rest @ ..] => work_requests::route(world, call, rest, true, now),
        ["20160918", "users", rest @ ..] => auth_tokens::route(world, call, rest, now),
        ["20160918", "subnets", rest @ ..] => network::route(world, call, rest),
        ["20160918", rest @ ..] => database::route(world, call, rest, now),
        ["20201005", rest @ ..] => database_tools::route(world, call, rest, now),
        ["20230222", "workRequests", rest @ ..] => database_tools::route_runtime(world, call, rest, now),
        ["n", rest @ ..] => storage::route(world, call, rest, now),
        ["p", rest @ ..] => storage::route_preauthenticated(world, call, rest, now),
        ["20190301", rest @ ..] => vault::route_values(world, call, rest),
        ["20180608", rest @ ..] => vault::route_names(world, call, rest, now),
        ["opc", "v2", rest @ ..] => principal::metadata(world, call, rest),
        ["v1", "x509"] if call.method == axum::http::Method::POST => {
            principal::federate(world, call, seen_at)
        }
        ["v1", "authentication", "refresh"] if call.method == axum::http::Method::POST => {
            principal::refresh(world, call)
        }
        _ => Err(Refusal::new(404, "NotFound", "the sandbox has no service at this path")),
    }
}

/// The key under which the answer to a request with a retry token is kept.
fn retry_key(call: &Call) -> Option<String> {
    let takes_one = match call.parts().as_slice() {
        ["20160918", "autonomousDatabases", _, "actions", action] => {
            matches!(*action, "refresh" | "changeCompartment")
        }
        ["20160918", "autonomousDatabases" | "autonomousDatabaseBackups"]
        | ["20180608", "secrets"]
        | ["20201005", "databaseToolsConnections"] => true,
        _ => false,
    };
    let token = call.header("opc-retry-token").filter(|token| !token.is_empty())?;
    (takes_one && call.method == axum::http::Method::POST && !call.is_dry_run())
        .then(|| format!("{} {token}", call.path))
}

fn digest_of(body: &Bytes) -> String {
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
    base64::engine::general_purpose::STANDARD.encode(digest.as_ref())
}

fn remembered(world: &mut World, call: &Call, now: Timestamp) -> Option<Result<Answer, Refusal>> {
    let key = retry_key(call)?;
    let day = SignedDuration::from_hours(24);
    let known = world.tables.remembered.get(&key)?;
    if now.duration_since(known.at) > day {
        world.tables.remembered.remove(&key);
        return None;
    }
    if known.request != digest_of(&call.body) {
        return Some(Err(Refusal::new(
            409,
            "InvalidatedRetryToken",
            "the retry token was used before with another request",
        )));
    }
    let answer = Answer {
        status: known.status,
        headers: known.headers.clone(),
        body: Bytes::from(known.body.clone()),
        excerpt: None,
        spoilt: false,
    };
    Some(Ok(answer))
}

fn remember(world: &mut World, call: &Call, answer: &Answer, now: Timestamp) {
    let Some(key) = retry_key(call) else { return };
    let row = Remembered {
        at: now,
        request: digest_of(&call.body),
        status: answer.status,
        headers: answer.headers.clone(),
        body: String::from_utf8_lossy(&answer.body).into_owned(),
    };
    world.tables.remembered.insert(&key, row);
}

fn rest_line(call: &Call, status: u16, only_read: bool) -> Value {
    let reads = matches!(call.method.as_str(), "GET" | "HEAD")
        || only_read
        || call.path.ends_with("/actions/generateWallet")
        || call.path.ends_with("/secretbundles/actions/getByName");
    let database = call.segments.iter().find(|segment| segment.starts_with("ocid1.autonomousdatabase."));
    // The word in a pre-authenticated address is as good as a password.
    let path = match call.parts().as_slice() {
        ["p", word, ..] => call.path.replacen(word, "[secret]", 1),
        _ => call.path.clone(),
    };
    json!({
        "seq": null, "at": text(clock::now()), "kind": "rest", "method": call.method.as_str(), "path": path,
        "status": status, "step": step_of(call.header("user-agent")), "database": database, "user": null,
        "sql": null, "effect": if reads { "read" } else { "write" }, "query": query_of(call),
        "body": body_of(call),
        "retry_token": call.header("opc-retry-token"),
    })
}

/// The query as an object, for the audit log.
fn query_of(call: &Call) -> Value {
    Value::Object(call.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect())
}

/// The body as the log shows it; an object's bytes are not for the log.
fn body_of(call: &Call) -> Value {
    if identity::is_bare_upload(call) {
        return Value::Null;
    }
    masked(serde_json::from_slice(&call.body).unwrap_or(Value::Null))
}

/// A request body for the audit log: passwords and tokens are masked, whoever chose them.
fn masked(body: Value) -> Value {
    match body {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(name, value)| {
                    let lower = name.to_lowercase();
                    let secret = ["password", "token", "secretcontent", "privatekey"]
                        .iter()
                        .any(|w| lower.contains(w));
                    (name, if secret && !value.is_null() { json!("[secret]") } else { masked(value) })
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(masked).collect()),
        other => other,
    }
}

fn note_rest(shared: &Shared, call: &Call, status: u16, only_read: bool) {
    let mut world = shared.world();
    let written = shared.audit.write(rest_line(call, status, only_read), |line| world.commit(Some(line)));
    if let Err(error) = written {
        tracing::warn!(%error, "the audit log cannot be written");
    }
}

/// A request to a database's own web server.
async fn visit(shared: &Shared, call: Call) -> Answer {
    let parts = call.parts();
    let (visit, found) = {
        let mut world = shared.world();
        database::settle(&mut world, clock::now());
        if let Err(error) = world.commit(None) {
            return Refusal::new(500, "InternalServerError", error.to_string()).answer();
        }
        let found =
            world.tables.databases.values().find(|row| row.exists() && database::path_name(row) == parts[0]);
        let visit = ords::visit(found, &call, &parts[2..]);
        let found = found.map(|row| {
            let read_only = row.flag("isRefreshableClone") || row.text("openMode") == Some("READ_ONLY");
            (database::identity(&world, row), read_only)
        });
        (visit, found)
    };
    match (visit, found) {
        (Visit::Sql { alias }, Some((database, read_only))) => {
            let faults = faults::take_engine(&mut shared.world(), &call.path);
            let request = OrdsRequest {
                alias,
                database,
                step: step_of(call.header("user-agent")),
                audit: shared.audit.clone(),
                faults,
                read_only,
                call: call.clone(),
            };
            let answer = shared.ords.answer(request).await;
            // Statements have lines of their own; a request that came to none gets one.
            if answer.status != 200 {
                note_rest(shared, &call, answer.status, true);
            }
            answer
        }
        (Visit::Apex(page), Some((database, _))) => {
            let answer = shared.ords.apex(ApexRequest { database, page }).await;
            note_rest(shared, &call, answer.status, true);
            answer
        }
        (Visit::Here(answer), _) => {
            note_rest(shared, &call, answer.status, false);
            answer
        }
        (Visit::Sql { .. } | Visit::Apex(_), None) => Answer::empty(404),
    }
}
