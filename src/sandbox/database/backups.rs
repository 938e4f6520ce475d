//! Backups: made, listed, kept, removed.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::record::{Database, Pending, State};
use super::view;
use crate::sandbox::engine::CloneKind;
use crate::sandbox::http::{Answer, Call, Refusal, check_if_match, paged};
use crate::sandbox::pace::{Work, text};
use crate::sandbox::work_requests;
use crate::sandbox::world::World;

/// A backup. Its data is a copy that the engine keeps under the backup's OCID.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Backup {
    pub(crate) id: String,
    pub(crate) database: String,
    pub(crate) compartment: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) started: Timestamp,
    pub(crate) ends: Timestamp,
    pub(crate) long_term: bool,
    pub(crate) retention_days: i64,
    pub(crate) deleting: Option<Timestamp>,
    pub(crate) changes: u64,
}

impl Backup {
    pub(crate) fn is_active(&self, now: Timestamp) -> bool {
        self.deleting.is_none() && self.ends <= now
    }

    fn state(&self, now: Timestamp) -> &'static str {
        match self.deleting {
            Some(at) if at <= now => "DELETED",
            Some(_) => "DELETING",
            None if self.ends <= now => "ACTIVE",
            None => "CREATING",
        }
    }

    fn kept_until(&self) -> Timestamp {
        self.started
            .saturating_add(SignedDuration::from_hours(24 * self.retention_days))
            .unwrap_or(self.started)
    }

    fn etag(&self) -> String {
        format!("backup-{}", self.changes)
    }

    fn view(&self, now: Timestamp) -> Value {
        json!({
            "id": self.id,
            "autonomousDatabaseId": self.database,
            "compartmentId": self.compartment,
            "displayName": self.name,
            "type": if self.long_term { "LONGTERM" } else { "INCREMENTAL" },
            "isAutomatic": false,
            "isRestorable": self.is_active(now),
            "lifecycleState": self.state(now),
            "lifecycleDetails": null,
            "timeStarted": text(self.started),
            "timeEnded": (self.ends <= now).then(|| text(self.ends)),
            "timeAvailableTill": text(self.kept_until()),
            "retentionPeriodInDays": self.retention_days,
            "databaseSizeInTBs": 0.02,
            "sizeInTBs": 0.02,
            "dbVersion": self.version,
            "infrastructureType": null,
            "region": null,
        })
    }
}

/// The newest finished backup of a database from before a moment.
pub(super) fn at(world: &World, database: &str, moment: Timestamp) -> Option<String> {
    world
        .tables
        .backups
        .values()
        .filter(|backup| backup.database == database && backup.is_active(moment))
        .max_by_key(|backup| backup.ends)
        .map(|backup| backup.id.clone())
}

/// Removes a database's backups; the long-term ones outlive it unless they are to go too.
pub(super) fn remove_of(world: &mut World, database: &str, long_term: bool) -> Result<(), Refusal> {
    let going: Vec<String> = world
        .tables
        .backups
        .values()
        .filter(|backup| backup.database == database && backup.long_term == long_term)
        .map(|backup| backup.id.clone())
        .collect();
    for id in going {
        world
            .engine
            .remove(&id)
            .map_err(|error| Refusal::new(500, "InternalServerError", error.to_string()))?;
        world.tables.backups.remove(&id);
    }
    Ok(())
}

/// Removes what is past its time.
pub(super) fn settle(world: &mut World, now: Timestamp) {
    let gone: Vec<String> = world
        .tables
        .backups
        .values()
        .filter(|backup| backup.kept_until() <= now)
        .map(|backup| backup.id.clone())
        .collect();
    for id in gone {
        if let Err(error) = world.engine.remove(&id) {
            tracing::warn!(%error, "an old backup's data stays");
        }
        world.tables.backups.remove(&id);
    }
}

fn whole(body: &serde_json::Map<String, Value>, name: &str) -> Result<Option<i64>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_i64()
            .map(Some)
            .ok_or_else(|| Refusal::invalid(format!("{name} has to be a whole number"))),
    }
}

fn retention(days: Option<i64>, long_term: bool) -> Result<i64, Refusal> {
    match (days, long_term) {
        (None, false) => Ok(60),
        (None, true) => Err(Refusal::missing("a long-term backup needs retentionPeriodInDays")),
        (Some(days), true) if !(90..=3650).contains(&days) => {
            Err(Refusal::invalid("retentionPeriodInDays of a long-term backup has to be from 90 to 3650"))
        }
        (Some(days), false) if !(1..=60).contains(&days) => {
            Err(Refusal::invalid("retentionPeriodInDays has to be from 1 to 60"))
        }
        (Some(days), _) => Ok(days),
    }
}

const CREATE_FIELDS: [&str; 5] = [
    "autonomousDatabaseId",
    "displayName",
    "isLongTermBackup",
    "retentionPeriodInDays",
    "backupDestinationDetails",
];

fn create(world: &mut World, call: &Call, now: Timestamp) -> Result<Answer, Refusal> {
    let body = call.object()?;
    if let Some(other) = body.keys().find(|key| !CREATE_FIELDS.contains(&key.as_str())) {
        return Err(Refusal::invalid(format!("{other} is not a field of this request")));
    }
    let id = body
        .get("autonomousDatabaseId")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::missing("autonomousDatabaseId is required"))?;
    let database =
        world.tables.databases.get(id).filter(|database| database.exists()).ok_or_else(Refusal::not_found)?;
    if database.state != State::Available {
        return Err(Refusal::new(
            409,
            "IncorrectState",
            format!("the database is {}; a backup needs it AVAILABLE", database.state.word()),
        ));
    }
    if database.flag("isRefreshableClone") {
        return Err(Refusal::invalid("a refreshable clone has no backups"));
    }
    let long_term = body.get("isLongTermBackup").and_then(Value::as_bool).unwrap_or(false);
    let retention_days = retention(whole(&body, "retentionPeriodInDays")?, long_term)?;
    let database = database.clone();
    let until = world.pace.end(Work::Backup, now);
    let backup = Backup {
        id: world.new_ocid("autonomousdatabasebackup"),
        database: database.id.clone(),
        compartment: database.compartment().to_owned(),
        name: body
            .get("displayName")
            .and_then(Value::as_str)
            .map_or_else(|| format!("backup {}", text(now)), str::to_owned),
        version: database.text("dbVersion").unwrap_or("19c").to_owned(),
        started: now,
        ends: until,
        long_term,
        retention_days,
        deleting: None,
        changes: 1,
    };
    if call.is_dry_run() {
        return Ok(Answer::json(200, &backup.view(now)));
    }
    keep_data(world, &database, &backup.id)?;
    let resource = ("autonomousDatabaseBackup", backup.id.as_str(), "CREATED");
    let work_request = work_requests::begin(
        world,
        "Create Autonomous Database Backup",
        &backup.compartment,
        resource,
        now,
        until,
    );
    let changed = world.tables.databases.change(&database.id).expect("it was read above");
    changed.state = State::BackupInProgress;
    changed.version += 1;
    changed.pending = Some(Pending {
        until,
        then: State::Available,
        work_request: work_request.clone(),
        changes: serde_json::Map::new(),
        failure: None,
    });
    let answer = Answer::json(200, &backup.view(now))
        .header("etag", backup.etag())
        .header("opc-work-request-id", work_request);
    let id = backup.id.clone();
    world.tables.backups.insert(&id, backup);
    Ok(answer)
}

fn keep_data(world: &World, database: &Database, backup: &str) -> Result<(), Refusal> {
    let mut identity = view::identity(world, database);
    backup.clone_into(&mut identity.ocid);
    world
        .engine
        .clone_to(&database.id, &identity, CloneKind::Full, None)
        .map_err(|error| Refusal::new(500, "InternalServerError", error.to_string()))
}

fn list(world: &World, call: &Call, now: Timestamp) -> Result<Answer, Refusal> {
    let (database, compartment) = (call.query("autonomousDatabaseId"), call.query("compartmentId"));
    if database.is_none() && compartment.is_none() {
        return Err(Refusal::missing("autonomousDatabaseId or compartmentId is required"));
    }
    if compartment.is_some_and(|id| !world.knows_compartment(id)) {
        return Err(Refusal::not_found());
    }
    let mut rows: Vec<&Backup> = world
        .tables
        .backups
        .values()
        .filter(|backup| database.is_none_or(|id| backup.database == id))
        .filter(|backup| compartment.is_none_or(|id| backup.compartment == id))
        .filter(|backup| call.query("displayName").is_none_or(|name| backup.name == name))
        .filter(|backup| call.query("lifecycleState").is_none_or(|state| backup.state(now) == state))
        .filter(|backup| call.query("type").is_none_or(|kind| (kind == "LONGTERM") == backup.long_term))
        .collect();
    if call.query("sortBy") == Some("DISPLAYNAME") {
        rows.sort_by(|a, b| a.name.cmp(&b.name));
    } else {
        rows.sort_by_key(|backup| std::cmp::Reverse(backup.started));
    }
    if call.query("sortOrder") == Some("DESC") && call.query("sortBy") == Some("DISPLAYNAME") {
        rows.reverse();
    }
    paged(call, rows.iter().map(|backup| backup.view(now)).collect())
}

/// The calls under `/autonomousDatabaseBackups`.
pub(super) fn route(
    world: &mut World,
    call: &Call,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, now),
        ("POST", []) => create(world, call, now),
        ("GET", [id]) => {
            let backup = world.tables.backups.get(id).ok_or_else(Refusal::not_found)?;
            Ok(Answer::json(200, &backup.view(now)).header("etag", backup.etag()))
        }
        ("PUT", [id]) => {
            let backup = world.tables.backups.get(id).ok_or_else(Refusal::not_found)?;
            check_if_match(call, &backup.etag())?;
            let days = whole(&call.object()?, "retentionPeriodInDays")?
                .ok_or_else(|| Refusal::missing("retentionPeriodInDays is required"))?;
            let days = retention(Some(days), backup.long_term)?;
            let backup = world.tables.backups.change(id).expect("it was read above");
            backup.retention_days = days;
            backup.changes += 1;
            Ok(Answer::json(200, &backup.view(now)).header("etag", backup.etag()))
        }
        ("DELETE", [id]) => {
            let backup = world.tables.backups.get(id).ok_or_else(Refusal::not_found)?.clone();
            check_if_match(call, &backup.etag())?;
            if !backup.is_active(now) {
                return Err(Refusal::new(409, "IncorrectState", "the backup is not ACTIVE"));
            }
            if call.is_dry_run() {
                return Ok(Answer::empty(204));
            }
            let until = world.pace.end(Work::Update, now);
            let resource = ("autonomousDatabaseBackup", *id, "DELETED");
            let work_request = work_requests::begin(
                world,
                "Delete Autonomous Database Backup",
                &backup.compartment,
                resource,
                now,
                until,
            );
            world
                .engine
                .remove(id)
                .map_err(|error| Refusal::new(500, "InternalServerError", error.to_string()))?;
            if let Some(changed) = world.tables.backups.change(id) {
                changed.deleting = Some(until);
                changed.changes += 1;
            }
            work_requests::finish(world, &work_request, until, None);
            Ok(Answer::empty(204).header("opc-work-request-id", work_request))
        }
        _ => Err(Refusal::new(404, "NotFound", "there is no such call on backups")),
    }
}
