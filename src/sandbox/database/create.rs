//! New databases: empty, cloned, from a backup, refreshable.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::record::{Database, Pending, State};
use super::{fields, names, network, password, view};
use crate::sandbox::engine::{CloneKind, Sample};
use crate::sandbox::http::{Answer, Call, Refusal};
use crate::sandbox::pace::Work;
use crate::sandbox::wallet::WalletKeys;
use crate::sandbox::work_requests;
use crate::sandbox::world::{Way, World, random_word};

/// Fields a clone has from its source when the body does not say otherwise.
const INHERITED: [&str; 8] = [
    "dbWorkload",
    "dbVersion",
    "characterSet",
    "ncharacterSet",
    "dataStorageSizeInTBs",
    "dataStorageSizeInGBs",
    "databaseEdition",
    "isMtlsConnectionRequired",
];

/// Where the data of a new database comes from.
struct Origin {
    /// The database copied, if there is one.
    source: Option<String>,
    /// The engine's name for the data: a database or a backup.
    data: Option<String>,
    kind: CloneKind,
    refreshable: bool,
}

pub(super) fn create(world: &mut World, call: &Call, now: Timestamp) -> Result<Answer, Refusal> {
    let mut body = call.object()?;
    fields::check_create(&mut body)?;
    let compartment = required(&body, "compartmentId")?.to_owned();
    if !world.knows_compartment(&compartment) {
        return Err(Refusal::not_found());
    }
    let name = required(&body, "dbName")?.to_owned();
    names::check_name(world, &name, None)?;
    names::check_sizes(&body, None)?;
    names::normal_access_list(&mut body)?;
    let origin = origin(world, &body, now)?;
    let password = password::take(world, &mut body)?;
    match (&password, origin.refreshable) {
        (None, false) => return Err(Refusal::missing("adminPassword or secretId is required")),
        (Some(_), true) => {
            return Err(Refusal::invalid("a refreshable clone has its source's ADMIN password"));
        }
        _ => {}
    }
    check_quota(world)?;
    let fields = complete(world, body, &name, &origin)?;

    let id = world.new_ocid("autonomousdatabase");
    let source = origin.source.as_ref().and_then(|id| world.tables.databases.get(id));
    let apex = source.map(|source| source.apex).unwrap_or_default();
    let mut database = Database {
        unique: format!("g{}", random_word(14)),
        fields,
        apex,
        state: State::Provisioning,
        details: None,
        version: 1,
        created: now,
        pending: None,
        passwords: Vec::new(),
        admin_password: None,
        password_untold: false,
        wallet: WalletKeys::generate(&id)?,
        tls_port: 0,
        one_way_port: 0,
        last_refresh: origin.refreshable.then_some(now),
        forget_at: None,
        id,
    };
    if let Some(password) = &password {
        password::remember(&mut database, password, now);
    } else if let Some(source) = origin.source.as_ref().and_then(|id| world.tables.databases.get(id)) {
        database.passwords.clone_from(&source.passwords);
        database.admin_password.clone_from(&source.admin_password);
    }
    if call.is_dry_run() {
        return Ok(Answer::json(200, &view::view(world, &database)));
    }

    let port = |error: std::io::Error| Refusal::new(500, "InternalServerError", error.to_string());
    database.tls_port = world.reserve_port(&database.id, Way::Mutual).map_err(port)?;
    database.one_way_port = world.reserve_port(&database.id, Way::OneWay).map_err(port)?;
    let identity = view::identity(world, &database);
    let made = if let Some(data) = &origin.data {
        world.engine.clone_to(data, &identity, origin.kind, password.as_ref())
    } else {
        let password = password.as_ref().expect("only a clone goes without a password");
        world.engine.create_sample(&identity, Sample::Empty, password)
    };
    made.map_err(|error| Refusal::new(500, "InternalServerError", error.to_string()))?;

    let until = world.pace.end(Work::Provision, now);
    let operation =
        if origin.data.is_some() { "Clone Autonomous Database" } else { "Create Autonomous Database" };
    let resource = ("autonomousDatabase", database.id.as_str(), "CREATED");
    let work_request = work_requests::begin(world, operation, &compartment, resource, now, until);
    database.pending = Some(Pending {
        until,
        then: State::Available,
        work_request: work_request.clone(),
        changes: Map::new(),
        failure: world.twist.fail_work.clone(),
    });
    let answer = Answer::json(200, &view::view(world, &database))
        .header("etag", database.etag())
        .header("opc-work-request-id", work_request);
    let id = database.id.clone();
    world.tables.databases.insert(&id, database);
    Ok(answer)
}

fn required<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
    body.get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Refusal::missing(format!("{name} is required")))
}

fn check_quota(world: &World) -> Result<(), Refusal> {
    let Some(quota) = world.twist.quota else { return Ok(()) };
    let present = world.tables.databases.values().filter(|database| database.exists()).count();
    if present >= quota {
        return Err(Refusal::new(
            400,
            "LimitExceeded",
            format!("the limit of {quota} databases in this tenancy is reached"),
        ));
    }
    Ok(())
}

fn origin(world: &World, body: &Map<String, Value>, now: Timestamp) -> Result<Origin, Refusal> {
    let source = body.get("source").and_then(Value::as_str).unwrap_or("NONE");
    let refreshable = source == "CLONE_TO_REFRESHABLE";
    if source == "NONE" {
        return Ok(Origin { source: None, data: None, kind: CloneKind::Full, refreshable });
    }
    let kind = match body.get("cloneType").and_then(Value::as_str) {
        Some("METADATA") => CloneKind::Metadata,
        Some("FULL") => CloneKind::Full,
        Some(_) => {
            return Err(Refusal::new(400, "InvalidParameter", "the sandbox cannot make PARTIAL clones"));
        }
        None if refreshable => CloneKind::Full,
        None => return Err(Refusal::missing("cloneType is required")),
    };
    let (source, data) = match source {
        "DATABASE" | "CLONE_TO_REFRESHABLE" => {
            let id = required(body, "sourceId")?;
            check_source(world, id)?;
            (id.to_owned(), id.to_owned())
        }
        "BACKUP_FROM_ID" => {
            let id = required(body, "autonomousDatabaseBackupId")?;
            let backup = world
                .tables
                .backups
                .get(id)
                .filter(|backup| backup.is_active(now))
                .ok_or_else(Refusal::not_found)?;
            (backup.database.clone(), backup.id.clone())
        }
        _ => {
            let id = required(body, "autonomousDatabaseId")?;
            check_source(world, id)?;
            let backup = super::backups::at(world, id, point_in_time(body, now)?).ok_or_else(|| {
                Refusal::invalid("there is no backup of the database from before that time")
            })?;
            (id.to_owned(), backup)
        }
    };
    Ok(Origin { source: Some(source), data: Some(data), kind, refreshable })
}

fn point_in_time(body: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, Refusal> {
    let latest = body.get("useLatestAvailableBackupTimeStamp").and_then(Value::as_bool) == Some(true);
    match (body.get("timestamp").and_then(Value::as_str), latest) {
        (Some(_), true) => {
            Err(Refusal::invalid("send timestamp or useLatestAvailableBackupTimeStamp, not both"))
        }
        (None, false) => Err(Refusal::missing("timestamp or useLatestAvailableBackupTimeStamp is required")),
        (None, true) => Ok(now),
        (Some(time), false) => match time.parse::<Timestamp>() {
            Ok(at) if at < now => Ok(at),
            _ => Err(Refusal::invalid("timestamp has to be in the past")),
        },
    }
}

fn check_source(world: &World, id: &str) -> Result<(), Refusal> {
    let source =
        world.tables.databases.get(id).filter(|source| source.exists()).ok_or_else(Refusal::not_found)?;
    if source.flag("isRefreshableClone") {
        return Err(Refusal::invalid("a refreshable clone cannot be cloned; disconnect it first"));
    }
    match source.state {
        State::Available | State::Stopped | State::Updating | State::BackupInProgress => Ok(()),
        other => Err(Refusal::new(
            409,
            "IncorrectState",
            format!("the source is {}; a clone can begin when it is AVAILABLE", other.word()),
        )),
    }
}

/// The fields of the new database: the body, what it has from its source, and what the service sets by itself.
fn complete(
    world: &World,
    mut body: Map<String, Value>,
    name: &str,
    origin: &Origin,
) -> Result<Map<String, Value>, Refusal> {
    network::settle_endpoint(world, &mut body, &Map::new(), None)?;
    body.retain(|_, value| !value.is_null());
    for passing in ["source", "timestamp", "useLatestAvailableBackupTimeStamp", "autonomousDatabaseBackupId"]
    {
        body.remove(passing);
    }
    body.remove("autonomousDatabaseId");
    if let Some(source) = &origin.source {
        body.insert("sourceId".to_owned(), source.as_str().into());
        let from = world.tables.databases.get(source).map(|source| source.fields.clone()).unwrap_or_default();
        let storage = body.keys().any(|key| key.starts_with("dataStorageSize"));
        for field in INHERITED {
            if let Some(value) = from.get(field)
                && !(storage && field.starts_with("dataStorageSize"))
            {
                body.entry(field).or_insert_with(|| value.clone());
            }
        }
        if !body.contains_key("subnetId")
            && let Some(list) = from.get("whitelistedIps")
        {
            body.entry("whitelistedIps").or_insert_with(|| list.clone());
        }
    }
    if origin.refreshable {
        body.insert("isRefreshableClone".to_owned(), true.into());
        body.entry("refreshableMode").or_insert_with(|| "MANUAL".into());
        body.insert("openMode".to_owned(), "READ_ONLY".into());
    }
    if body.contains_key("subnetId") {
        body.entry("privateEndpointLabel").or_insert_with(|| format!("h{}", random_word(9)).into());
    }
    if body.get("dbVersion").and_then(Value::as_str) == Some("23ai") {
        body.insert("dbVersion".to_owned(), "26ai".into());
    }
    if !body.contains_key("cpuCoreCount") {
        body.entry("computeModel").or_insert_with(|| "ECPU".into());
        body.entry("computeCount").or_insert_with(|| 2.0.into());
        body.insert("cpuCoreCount".to_owned(), 0.into());
    }
    if !body.keys().any(|key| key.starts_with("dataStorageSize")) {
        body.insert("dataStorageSizeInTBs".to_owned(), 1.into());
    }
    let defaults = [
        ("displayName", json!(name)),
        ("dbWorkload", json!("OLTP")),
        ("dbVersion", json!("19c")),
        ("licenseModel", json!("BRING_YOUR_OWN_LICENSE")),
        ("characterSet", json!("AL32UTF8")),
        ("ncharacterSet", json!("AL16UTF16")),
        ("isAutoScalingEnabled", json!(false)),
        ("isAutoScalingForStorageEnabled", json!(false)),
        ("isMtlsConnectionRequired", json!(false)),
        ("isFreeTier", json!(false)),
        ("isDevTier", json!(false)),
        ("openMode", json!("READ_WRITE")),
        ("permissionLevel", json!("UNRESTRICTED")),
        ("backupRetentionPeriodInDays", json!(60)),
        ("freeformTags", json!({})),
        ("definedTags", json!({})),
    ];
    for (field, value) in defaults {
        body.entry(field).or_insert(value);
    }
    Ok(body)
}
