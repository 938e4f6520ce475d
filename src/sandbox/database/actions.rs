//! Start, stop, restart, delete, refresh, restore, move, and the wallet.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::record::{Database, Pending, State};
use super::view;
use crate::sandbox::http::{Answer, Call, Refusal, check_if_match};
use crate::sandbox::pace::Work;
use crate::sandbox::wallet::{self, WalletKeys};
use crate::sandbox::work_requests;
use crate::sandbox::world::World;

fn incorrect(database: &Database, wanted: &str) -> Refusal {
    Refusal::new(
        409,
        "IncorrectState",
        format!("the database is {}; this call needs it {wanted}", database.state.word()),
    )
}

/// A kind of work: its name, the state on the way, the state after it, its length.
struct Move {
    operation: &'static str,
    from: &'static [State],
    by: State,
    to: State,
    work: Work,
    becomes: &'static str,
}

const START: Move = Move {
    operation: "Start Autonomous Database",
    from: &[State::Stopped],
    by: State::Starting,
    to: State::Available,
    work: Work::StartOrStop,
    becomes: "UPDATED",
};
const STOP: Move = Move {
    operation: "Stop Autonomous Database",
    from: &[State::Available],
    by: State::Stopping,
    to: State::Stopped,
    work: Work::StartOrStop,
    becomes: "UPDATED",
};
const RESTART: Move = Move {
    operation: "Restart Autonomous Database",
    from: &[State::Available],
    by: State::Restarting,
    to: State::Available,
    work: Work::Restart,
    becomes: "UPDATED",
};
const DELETE: Move = Move {
    operation: "Terminate Autonomous Database",
    from: &[State::Available, State::Stopped],
    by: State::Terminating,
    to: State::Terminated,
    work: Work::Terminate,
    becomes: "DELETED",
};
const RESTORE: Move = Move {
    operation: "Restore Autonomous Database",
    from: &[State::Available],
    by: State::RestoreInProgress,
    to: State::Available,
    work: Work::Restore,
    becomes: "UPDATED",
};
const REFRESH: Move = Move {
    operation: "Refresh Autonomous Database",
    from: &[State::Available],
    by: State::Updating,
    to: State::Available,
    work: Work::Refresh,
    becomes: "UPDATED",
};

fn existing<'a>(world: &'a World, call: &Call, id: &str) -> Result<&'a Database, Refusal> {
    let database = world.tables.databases.get(id).ok_or_else(Refusal::not_found)?;
    check_if_match(call, &database.etag())?;
    Ok(database)
}

fn go(world: &mut World, call: &Call, id: &str, what: &Move, now: Timestamp) -> Result<Answer, Refusal> {
    let database = existing(world, call, id)?;
    if !what.from.contains(&database.state) {
        let wanted: Vec<&str> = what.from.iter().map(|state| state.word()).collect();
        return Err(incorrect(database, &wanted.join(" or ")));
    }
    if call.is_dry_run() {
        return Ok(Answer::json(200, &view::view(world, database)).header("etag", database.etag()));
    }
    let compartment = database.compartment().to_owned();
    let until = world.pace.end(what.work, now);
    let resource = ("autonomousDatabase", id, what.becomes);
    let work_request = work_requests::begin(world, what.operation, &compartment, resource, now, until);
    let failure = world.twist.fail_work.clone();
    let changed = world.tables.databases.change(id).expect("it was read above");
    changed.pending = Some(Pending {
        until,
        then: what.to,
        work_request: work_request.clone(),
        changes: Map::new(),
        failure,
    });
    changed.state = what.by;
    changed.version += 1;
    let changed = changed.clone();
    Ok(Answer::json(200, &view::view(world, &changed))
        .header("etag", changed.etag())
        .header("opc-work-request-id", work_request))
}

fn only_flag(call: &Call, name: &str) -> Result<(), Refusal> {
    for (key, value) in call.object()? {
        if key != name {
            return Err(Refusal::invalid(format!("{key} is not a field of this request")));
        }
        if !value.is_boolean() {
            return Err(Refusal::invalid(format!("{name} has to be true or false")));
        }
    }
    Ok(())
}

pub(super) fn start(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    go(world, call, id, &START, now)
}

pub(super) fn stop(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    only_flag(call, "isForceStop")?;
    go(world, call, id, &STOP, now)
}

pub(super) fn restart(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    only_flag(call, "isForceRestart")?;
    go(world, call, id, &RESTART, now)
}

pub(super) fn delete(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    if existing(world, call, id)?.state == State::Terminated {
        return Err(Refusal::not_found());
    }
    let answer = go(world, call, id, &DELETE, now)?;
    if !call.is_dry_run() && call.query("mustDeleteAssociatedLongTermBackups") == Some("true") {
        super::backups::remove_of(world, id, true)?;
    }
    let mut empty = Answer::empty(204);
    empty.headers = answer.headers.into_iter().filter(|(name, _)| name == "opc-work-request-id").collect();
    Ok(empty)
}

pub(super) fn refresh(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let cutoff = body
        .get("timeRefreshCutoff")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::missing("timeRefreshCutoff is required"))?;
    cutoff.parse::<Timestamp>().map_err(|_| Refusal::invalid("timeRefreshCutoff has to be a time"))?;
    let database = existing(world, call, id)?.clone();
    if !database.flag("isRefreshableClone") {
        return Err(Refusal::invalid("only a refreshable clone can be refreshed"));
    }
    if now > view::refresh_ends(&database) {
        return Err(Refusal::new(
            409,
            "IncorrectState",
            "the last refresh is more than a week ago; the clone can only be disconnected now",
        ));
    }
    let source = database.text("sourceId").unwrap_or_default().to_owned();
    if !world.tables.databases.get(&source).is_some_and(Database::exists) {
        return Err(Refusal::new(409, "IncorrectState", "the source of the clone is gone"));
    }
    let answer = go(world, call, id, &REFRESH, now)?;
    if !call.is_dry_run() {
        copy_data(world, &source, &database)?;
        if let Some(changed) = world.tables.databases.change(id) {
            changed.last_refresh = Some(now);
        }
    }
    Ok(answer)
}

/// Gives a database the data of another database or of a backup; its ADMIN password is that of the data.
fn copy_data(world: &World, data: &str, database: &Database) -> Result<(), Refusal> {
    let kind = match database.text("cloneType") {
        Some("METADATA") => crate::sandbox::engine::CloneKind::Metadata,
        _ => crate::sandbox::engine::CloneKind::Full,
    };
    world
        .engine
        .clone_to(data, &view::identity(world, database), kind, None)
        .map_err(|error| Refusal::new(500, "InternalServerError", error.to_string()))
}

pub(super) fn restore(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let at =
        match (body.get("timestamp").and_then(Value::as_str), body.get("latest").and_then(Value::as_bool)) {
            (Some(time), None) => {
                time.parse::<Timestamp>().map_err(|_| Refusal::invalid("timestamp has to be a time"))?
            }
            (None, Some(true)) => now,
            _ if body.contains_key("databaseSCN") => {
                return Err(Refusal::invalid(
                    "the sandbox cannot restore to an SCN; give timestamp or latest",
                ));
            }
            _ => return Err(Refusal::missing("one of timestamp, databaseSCN and latest is required")),
        };
    let database = existing(world, call, id)?.clone();
    if database.flag("isRefreshableClone") {
        return Err(Refusal::invalid("a refreshable clone cannot be restored"));
    }
    let backup = super::backups::at(world, id, at)
        .ok_or_else(|| Refusal::invalid("there is no backup of the database from before that time"))?;
    let answer = go(world, call, id, &RESTORE, now)?;
    if !call.is_dry_run() {
        let full = Database { fields: database.fields.clone(), ..database };
        copy_data(world, &backup, &full)?;
    }
    Ok(answer)
}

pub(super) fn change_compartment(
    world: &mut World,
    call: &Call,
    id: &str,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let to = body
        .get("compartmentId")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::missing("compartmentId is required"))?
        .to_owned();
    if !world.knows_compartment(&to) {
        return Err(Refusal::not_found());
    }
    let database = existing(world, call, id)?;
    if !matches!(database.state, State::Available | State::Stopped) {
        return Err(incorrect(database, "AVAILABLE or STOPPED"));
    }
    let until = world.pace.end(Work::Update, now);
    let resource = ("autonomousDatabase", id, "UPDATED");
    let work_request =
        work_requests::begin(world, "Change Compartment of Autonomous Database", &to, resource, now, until);
    let changed = world.tables.databases.change(id).expect("it was read above");
    let mut moved = Map::new();
    moved.insert("compartmentId".to_owned(), to.into());
    changed.pending = Some(Pending {
        until,
        then: changed.state,
        work_request: work_request.clone(),
        changes: moved,
        failure: None,
    });
    changed.state = State::Updating;
    changed.version += 1;
    Ok(Answer::empty(202).header("etag", changed.etag()).header("opc-work-request-id", work_request))
}

pub(super) fn generate_wallet(world: &World, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let database = world.tables.databases.get(id).ok_or_else(Refusal::not_found)?;
    if !database.exists() {
        return Err(Refusal::not_found());
    }
    if matches!(database.state, State::Provisioning | State::Terminating) {
        return Err(incorrect(database, "AVAILABLE"));
    }
    let body = call.object()?;
    for (key, value) in &body {
        let good = match key.as_str() {
            "password" => value.is_string(),
            "generateType" => matches!(value.as_str(), Some("SINGLE" | "ALL")) || value.is_null(),
            "isRegional" => value.is_boolean() || value.is_null(),
            _ => return Err(Refusal::invalid(format!("{key} is not a field of this request"))),
        };
        if !good {
            return Err(Refusal::invalid(format!("{key} has a value it cannot have")));
        }
    }
    let password = body
        .get("password")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::missing("password is required"))?;
    let shaped = password.chars().count() >= 8
        && password.chars().any(char::is_alphabetic)
        && password.chars().any(|c| !c.is_alphabetic());
    if !shaped {
        return Err(Refusal::invalid(
            "password has to have at least 8 characters, a letter and a digit or special character",
        ));
    }
    let all = body.get("generateType").and_then(Value::as_str) == Some("ALL");
    let listed: Vec<&Database> = if all {
        world.tables.databases.values().filter(|other| other.exists()).collect()
    } else {
        vec![database]
    };
    if call.is_dry_run() {
        return Ok(Answer::empty(200));
    }
    let zip = wallet::zip(&database.wallet, &listed, password)
        .map_err(|error| Refusal::new(500, "InternalServerError", error.to_string()))?;
    Ok(Answer::bytes(200, "application/octet-stream", zip))
}

pub(super) fn rotate_wallet(
    world: &mut World,
    call: &Call,
    id: &str,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let database = existing(world, call, id)?;
    if database.state != State::Available {
        return Err(incorrect(database, "AVAILABLE"));
    }
    if body.get("shouldRotate").and_then(Value::as_bool) != Some(true) {
        return Err(Refusal::invalid("shouldRotate has to be true"));
    }
    let compartment = database.compartment().to_owned();
    let until = world.pace.end(Work::Update, now);
    let resource = ("autonomousDatabase", id, "UPDATED");
    let work_request =
        work_requests::begin(world, "Rotate Autonomous Database Wallet", &compartment, resource, now, until);
    let fresh = WalletKeys::generate(id)?;
    let changed = world.tables.databases.change(id).expect("it was read above");
    changed.wallet = fresh;
    changed.pending = Some(Pending {
        until,
        then: State::Available,
        work_request: work_request.clone(),
        changes: Map::new(),
        failure: None,
    });
    changed.state = State::Updating;
    changed.version += 1;
    Ok(Answer::empty(202).header("opc-work-request-id", work_request))
}
