//! What a client reads of a database.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fields;
use super::record::Database;
use crate::sandbox::engine::Identity;
use crate::sandbox::pace::text;
use crate::sandbox::world::World;

/// The first segment of the database's own addresses. It has the name in it, as the real host names do, so a rename
/// moves everything behind it.
pub(crate) fn path_name(database: &Database) -> String {
    format!("{}-{}", database.unique, database.name().to_ascii_lowercase())
}

/// The address that ends in `/ords/`.
pub(crate) fn ords_url(base_url: &str, database: &Database) -> String {
    format!("{base_url}/{}/ords/", path_name(database))
}

/// What the engine is told about a database.
pub(crate) fn identity(world: &World, database: &Database) -> Identity {
    Identity {
        ocid: database.id.clone(),
        tenancy: world.tenancy.id.clone(),
        compartment: database.compartment().to_owned(),
        name: database.name().to_owned(),
        region: world.tenancy.region.clone(),
        workload: database.text("dbWorkload").unwrap_or("OLTP").to_owned(),
        version: database.text("dbVersion").unwrap_or("19c").to_owned(),
        apex: database.apex.number().to_owned(),
        ords_url: ords_url(&world.base_url, database),
    }
}

/// The services a database offers, with the name each has in the API.
pub(crate) fn services(database: &Database) -> &'static [(&'static str, &'static str)] {
    match database.text("dbWorkload") {
        // An APEX database has no SQL*Net at all.
        Some("APEX") => &[],
        Some("DW" | "LH") => &[("high", "HIGH"), ("medium", "MEDIUM"), ("low", "LOW")],
        _ => {
            &[("high", "HIGH"), ("medium", "MEDIUM"), ("low", "LOW"), ("tp", "TP"), ("tpurgent", "TPURGENT")]
        }
    }
}

/// The name of a service, as clients say it.
pub(crate) fn service_name(database: &Database, service: &str) -> String {
    format!("{}_{}_{service}.adb.oraclecloud.com", database.unique, database.name().to_ascii_lowercase())
}

/// The names of all services of a database.
pub(crate) fn service_names(database: &Database) -> impl Iterator<Item = String> + '_ {
    services(database).iter().map(|(service, _)| service_name(database, service))
}

/// The connect descriptor of one service.
pub(crate) fn descriptor(database: &Database, service: &str) -> String {
    descriptor_at(database, service, database.tls_port)
}

fn descriptor_at(database: &Database, service: &str, port: u16) -> String {
    format!(
        "(description=(retry_count=20)(retry_delay=3)(address=(protocol=tcps)(port={port})(host=localhost))\
         (connect_data=(service_name={}))(security=(ssl_server_dn_match=yes)))",
        service_name(database, service),
    )
}

fn connection_strings(database: &Database) -> Value {
    let name = database.name().to_ascii_lowercase();
    let easy = |service: &str| format!("localhost:{}/{}", database.tls_port, service_name(database, service));
    let mut all = serde_json::Map::new();
    let mut profiles = Vec::new();
    let mutual = database.flag("isMtlsConnectionRequired");
    for (service, group) in services(database) {
        all.insert((*group).to_owned(), easy(service).into());
        let ways = [("MUTUAL", database.tls_port), ("SERVER", database.one_way_port)];
        for (authentication, port) in ways.into_iter().take(if mutual { 1 } else { 2 }) {
            profiles.push(json!({
                "displayName": format!("{name}_{service}"),
                "value": descriptor_at(database, service, port),
                "consumerGroup": group,
                "protocol": "TCPS",
                "tlsAuthentication": authentication,
                "hostFormat": "FQDN",
                "sessionMode": "DIRECT",
                "syntaxFormat": "LONG",
                "isRegional": null,
            }));
        }
    }
    let one = |service: &str| all.get(&service.to_ascii_uppercase()).cloned();
    json!({
        "high": one("high"), "medium": one("medium"), "low": one("low"), "dedicated": null,
        "allConnectionStrings": all, "profiles": profiles,
    })
}

fn connection_urls(base_url: &str, database: &Database) -> Value {
    let ords = ords_url(base_url, database);
    let root = ords.trim_end_matches("ords/").to_owned();
    // A refreshable clone has no APEX.
    let apex = (!database.flag("isRefreshableClone")).then(|| format!("{ords}apex"));
    json!({
        "apexUrl": apex,
        "ordsUrl": ords,
        "sqlDevWebUrl": format!("{ords}sql-developer"),
        "databaseTransformsUrl": format!("{root}odi/"),
        "graphStudioUrl": format!("{root}graphstudio/"),
        "machineLearningNotebookUrl": format!("{root}oml/"),
        "machineLearningUserManagementUrl": format!("{root}omlusers/"),
        "mongoDbUrl": null,
        "essbaseUrl": null,
        "spatialStudioUrl": null,
    })
}

/// The whole document. Fields that were never set are there as null, as the service shows them.
pub(super) fn view(world: &World, database: &Database) -> Value {
    let mut view = json!({"id": database.id});
    for name in fields::readable() {
        view[name] = database.fields.get(name).cloned().unwrap_or(Value::Null);
    }
    view["lifecycleState"] = database.state.word().into();
    view["lifecycleDetails"] = json!(database.details);
    view["timeCreated"] = text(database.created).into();
    view["infrastructureType"] = "CLOUD".into();
    view["isDedicated"] = false.into();
    view["isRefreshableClone"] = database.flag("isRefreshableClone").into();
    view["sourceId"] = json!(database.text("sourceId"));
    view["cloneType"] = json!(database.text("cloneType"));
    view["dataSafeStatus"] = "NOT_REGISTERED".into();
    view["operationsInsightsStatus"] = "NOT_ENABLED".into();
    view["databaseManagementStatus"] = "NOT_ENABLED".into();
    view["systemTags"] = json!({});
    view["apexDetails"] = json!({"apexVersion": database.apex.full(), "ordsVersion": "25.1.0"});
    view["timeOfLastRefresh"] = json!(database.last_refresh.map(text));
    view["timeOfLastRefreshPoint"] = json!(database.last_refresh.map(text));
    view["refreshableStatus"] =
        if database.flag("isRefreshableClone") { "NOT_REFRESHING".into() } else { Value::Null };
    view["usedDataStorageSizeInTBs"] = 1.into();
    let closed = !database.exists();
    view["connectionStrings"] = if closed { Value::Null } else { connection_strings(database) };
    let urls = if closed { Value::Null } else { connection_urls(&world.base_url, database) };
    view["connectionUrls"] = urls.clone();
    let private = database.is_private() && !closed;
    view["privateEndpoint"] = if private {
        let label = database.text("privateEndpointLabel").unwrap_or(&database.unique);
        format!("{label}.adb.{}.oraclecloud.com", world.tenancy.region).into()
    } else {
        Value::Null
    };
    view["publicEndpoint"] = Value::Null;
    view["publicConnectionUrls"] = if private { Value::Null } else { urls };
    view["vanityConnectionUrls"] = vanity(database);
    view["accessTypes"] = if private { json!(["PRIVATE"]) } else { json!(["PUBLIC"]) };
    view["serviceConsoleUrl"] = Value::Null;
    view
}

fn vanity(database: &Database) -> Value {
    match database.fields.get("vanityUrlDetails").and_then(|details| details["vanityUrlHostName"].as_str()) {
        Some(host) => json!({
            "apexUrl": format!("https://{host}/ords/apex"),
            "ordsUrl": format!("https://{host}/ords/"),
            "sqlDevWebUrl": format!("https://{host}/ords/sql-developer"),
        }),
        None => Value::Null,
    }
}

/// The moment from which a refreshable clone can no longer be refreshed.
pub(super) fn refresh_ends(database: &Database) -> Timestamp {
    let last = database.last_refresh.unwrap_or(database.created);
    last.saturating_add(jiff::SignedDuration::from_hours(7 * 24)).unwrap_or(last)
}
