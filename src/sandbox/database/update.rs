//! Changes of a database's settings.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::record::{Pending, State};
use super::{fields, names, network, password, view};
use crate::sandbox::http::{Answer, Call, Refusal, check_if_match};
use crate::sandbox::pace::Work;
use crate::sandbox::work_requests;
use crate::sandbox::world::World;

pub(super) fn update(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let database = world.tables.databases.get(id).cloned().ok_or_else(Refusal::not_found)?;
    check_if_match(call, &database.etag())?;
    let mut body = call.object()?;
    fields::check_update(&mut body)?;
    let allowed = match database.state {
        State::Available => true,
        State::Stopped => body.keys().all(|name| fields::changes_while_stopped(name)),
        _ => false,
    };
    if !allowed {
        return Err(Refusal::new(
            409,
            "IncorrectState",
            format!("the database is {}; this change needs another state", database.state.word()),
        ));
    }
    if body.is_empty() {
        return Err(Refusal::missing("the body names nothing to change"));
    }
    if let Some(name) = body.get("dbName").and_then(Value::as_str) {
        names::check_name(world, name, Some(id))?;
    }
    let renamed = body.get("displayName").and_then(Value::as_str) != database.text("displayName");
    if body.contains_key("displayName") && renamed && !world.twist.allow_display_name {
        return Err(Refusal::invalid("displayName can be changed on dedicated infrastructure only"));
    }
    names::check_sizes(&body, Some(&database))?;
    names::normal_access_list(&mut body)?;
    check_refreshable(&database, &body)?;
    network::settle_endpoint(world, &mut body, &database.fields, Some(id))?;
    let password = password::take(world, &mut body)?;
    if let Some(password) = &password {
        password::check_reuse(&database, password, now)?;
    }
    if call.is_dry_run() {
        return Ok(Answer::json(200, &view::view(world, &database)).header("etag", database.etag()));
    }
    if let Some(password) = &password {
        world
            .engine
            .set_admin_password(id, password)
            .map_err(|error| Refusal::new(500, "InternalServerError", error.to_string()))?;
    }

    let scaling = body.keys().any(|name| fields::scales(name));
    let (state, work) =
        if scaling { (State::ScaleInProgress, Work::Scale) } else { (State::Updating, Work::Update) };
    let until = world.pace.end(work, now);
    let resource = ("autonomousDatabase", id, "UPDATED");
    let operation =
        if body.contains_key("dbName") { "Rename Autonomous Database" } else { "Update Autonomous Database" };
    let work_request = work_requests::begin(world, operation, database.compartment(), resource, now, until);
    let failure = world.twist.fail_work.clone();
    let changed = world.tables.databases.change(id).expect("it was read above");
    if let Some(password) = &password {
        password::remember(changed, password, now);
        changed.password_untold = true;
    }
    changed.pending = Some(Pending {
        until,
        then: changed.state,
        work_request: work_request.clone(),
        changes: body,
        failure,
    });
    changed.state = state;
    changed.version += 1;
    let changed = changed.clone();
    Ok(Answer::json(200, &view::view(world, &changed))
        .header("etag", changed.etag())
        .header("opc-work-request-id", work_request))
}

fn check_refreshable(database: &super::Database, body: &Map<String, Value>) -> Result<(), Refusal> {
    let refreshable = database.flag("isRefreshableClone");
    match body.get("isRefreshableClone").and_then(Value::as_bool) {
        Some(true) if !refreshable => {
            return Err(Refusal::invalid("a database cannot be made a refreshable clone again here"));
        }
        _ => {}
    }
    if !refreshable && body.contains_key("refreshableMode") {
        return Err(Refusal::invalid("refreshableMode is for refreshable clones"));
    }
    if refreshable && body.contains_key("adminPassword") {
        return Err(Refusal::invalid("a refreshable clone has its source's ADMIN password"));
    }
    if refreshable && body.get("openMode").and_then(Value::as_str) == Some("READ_WRITE") {
        return Err(Refusal::invalid("a refreshable clone is read-only while it is connected to its source"));
    }
    Ok(())
}

/// Puts the values of a finished change into the fields; null removes one.
pub(super) fn apply(fields: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (name, value) in changes {
        if name == "isRefreshableClone" && value == Value::Bool(false) {
            for gone in ["refreshableMode", "autoRefreshFrequencyInSeconds", "autoRefreshPointLagInSeconds"] {
                fields.remove(gone);
            }
            fields.insert("openMode".to_owned(), "READ_WRITE".into());
        }
        if name.starts_with("dataStorageSize") {
            fields.remove("dataStorageSizeInTBs");
            fields.remove("dataStorageSizeInGBs");
        }
        if value.is_null() {
            fields.remove(&name);
        } else {
            fields.insert(name, value);
        }
    }
}
