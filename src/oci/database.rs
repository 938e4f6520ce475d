//! Calls of the database service, and its answers.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the parts of a call are handed over, all alike, to be built into it"
)]

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::model::act::Method;
use crate::model::{RestCall, Service};

const DATABASES: &str = "autonomousDatabases";
const BACKUPS: &str = "autonomousDatabaseBackups";

fn call(method: Method, path: Vec<Value>) -> RestCall {
    RestCall::new(Service::Database, method, path)
}

fn action(id: Value, name: &str) -> RestCall {
    call(Method::Post, vec![json!(DATABASES), id, json!("actions"), json!(name)])
}

/// Reads one database.
pub fn get(id: Value) -> RestCall {
    call(Method::Get, vec![json!(DATABASES), id])
}

/// Lists the databases of a compartment, terminated ones included. Follow the pages.
pub fn list(compartment: Value) -> RestCall {
    call(Method::Get, vec![json!(DATABASES)]).query("compartmentId", compartment).query("limit", 100)
}

/// Creates or clones a database; `source` in the body says which.
pub fn create(body: Value) -> RestCall {
    call(Method::Post, vec![json!(DATABASES)]).json(body)
}

/// Changes a database; one group of fields a call (see the service's rules).
pub fn update(id: Value, body: Value, if_match: Value) -> RestCall {
    call(Method::Put, vec![json!(DATABASES), id]).header("if-match", if_match).json(body)
}

/// Starts a stopped database.
pub fn start(id: Value, if_match: Value) -> RestCall {
    action(id, "start").header("if-match", if_match)
}

/// Stops a database.
pub fn stop(id: Value, if_match: Value) -> RestCall {
    action(id, "stop").header("if-match", if_match)
}

/// Restarts a database.
pub fn restart(id: Value, if_match: Value) -> RestCall {
    action(id, "restart").header("if-match", if_match)
}

/// Terminates a database.
pub fn delete(id: Value, if_match: Value) -> RestCall {
    call(Method::Delete, vec![json!(DATABASES), id]).header("if-match", if_match)
}

/// Downloads the wallet of this one database.
pub fn generate_wallet(id: Value, password: Value) -> RestCall {
    let mut call =
        action(id, "generateWallet").json(json!({ "password": password, "generateType": "SINGLE" }));
    call.binary = true;
    call
}

/// Rotates the wallet: those given out before end.
pub fn rotate_wallet(id: Value) -> RestCall {
    call(Method::Put, vec![json!(DATABASES), id, json!("wallet")]).json(json!({ "shouldRotate": true }))
}

/// Brings a refreshable clone up to `cutoff`, an RFC 3339 time.
pub fn refresh(id: Value, cutoff: Value, if_match: Value) -> RestCall {
    action(id, "refresh").header("if-match", if_match).json(json!({ "timeRefreshCutoff": cutoff }))
}

/// Takes the database itself back to a time.
pub fn restore(id: Value, timestamp: Value, if_match: Value) -> RestCall {
    action(id, "restore").header("if-match", if_match).json(json!({ "timestamp": timestamp }))
}

/// Lists the refreshable clones of a database.
pub fn refreshable_clones(id: Value) -> RestCall {
    call(Method::Get, vec![json!(DATABASES), id, json!("refreshableClones")])
}

/// Lists the backups of a database. Follow the pages.
pub fn list_backups(id: Value) -> RestCall {
    call(Method::Get, vec![json!(BACKUPS)]).query("autonomousDatabaseId", id).query("limit", 100)
}

/// Makes a backup. `long_term_days` makes one that outlives the database; null makes an ordinary one.
pub fn create_backup(id: Value, name: Value, long_term_days: Value) -> RestCall {
    let mut body = Map::new();
    body.insert("autonomousDatabaseId".into(), id);
    body.insert("displayName".into(), name);
    if !long_term_days.is_null() {
        body.insert("isLongTermBackup".into(), json!(true));
        body.insert("retentionPeriodInDays".into(), long_term_days);
    }
    call(Method::Post, vec![json!(BACKUPS)]).json(Value::Object(body))
}

/// Reads one backup.
pub fn get_backup(id: Value) -> RestCall {
    call(Method::Get, vec![json!(BACKUPS), id])
}

/// Deletes a backup.
pub fn delete_backup(id: Value, if_match: Value) -> RestCall {
    call(Method::Delete, vec![json!(BACKUPS), id]).header("if-match", if_match)
}

/// Lists the database versions on offer. Follow the pages.
pub fn versions(compartment: Value, workload: Value) -> RestCall {
    call(Method::Get, vec![json!("autonomousDbVersions")])
        .query("compartmentId", compartment)
        .query("dbWorkload", workload)
}

/// The same call as a trial: the service checks it and changes nothing.
#[must_use]
pub fn dry_run(call: RestCall) -> RestCall {
    call.header("opc-dry-run", "True")
}

/// A lifecycle state as the service spells it. States that are not known yet are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lifecycle(pub String);

/// What a lifecycle state means for somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleKind {
    /// Settled and usable.
    Usable,
    /// Settled and stopped.
    Off,
    /// Terminated.
    Gone,
    /// Failed or not reachable: waiting does not help.
    Failed,
    /// On its way to another state.
    Moving,
    /// A state adbctl has not heard of; wait on.
    Unknown,
}

impl Lifecycle {
    /// What the state means.
    pub fn kind(&self) -> LifecycleKind {
        match self.0.as_str() {
            "AVAILABLE" | "AVAILABLE_NEEDS_ATTENTION" | "STANDBY" => LifecycleKind::Usable,
            "STOPPED" => LifecycleKind::Off,
            "TERMINATED" => LifecycleKind::Gone,
            "UNAVAILABLE" | "RESTORE_FAILED" | "INACCESSIBLE" => LifecycleKind::Failed,
            "PROVISIONING"
            | "STARTING"
            | "STOPPING"
            | "RESTARTING"
            | "TERMINATING"
            | "UPDATING"
            | "SCALE_IN_PROGRESS"
            | "BACKUP_IN_PROGRESS"
            | "RESTORE_IN_PROGRESS"
            | "MAINTENANCE_IN_PROGRESS"
            | "UPGRADING"
            | "RECREATING"
            | "ROLE_CHANGE_IN_PROGRESS"
            | "TRANSPORTING" => LifecycleKind::Moving,
            _ => LifecycleKind::Unknown,
        }
    }

    /// Whether no clone starts from a database in this state.
    pub fn forbids_clone(&self) -> bool {
        self.0 == "SCALE_IN_PROGRESS"
    }
}

impl std::fmt::Display for Lifecycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A database as the service describes it, in the fields adbctl reads. Unknown fields are ignored, missing ones empty;
/// keep the whole JSON where everything matters.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Database {
    /// OCID.
    pub id: String,
    /// Compartment's OCID.
    pub compartment_id: String,
    /// Display name; need not be unique.
    pub display_name: Option<String>,
    /// Database name, unique in the tenancy.
    pub db_name: Option<String>,
    /// State.
    pub lifecycle_state: Lifecycle,
    /// The service's words about the state.
    pub lifecycle_details: Option<String>,
    /// `OLTP`, `DW`, `AJD`, `APEX`, `LH`.
    pub db_workload: Option<String>,
    /// Version such as `19c`.
    pub db_version: Option<String>,
    /// `ECPU` or `OCPU`.
    pub compute_model: Option<String>,
    /// Compute units.
    pub compute_count: Option<f64>,
    /// Storage in TB.
    #[serde(rename = "dataStorageSizeInTBs")]
    pub storage_tb: Option<f64>,
    /// Storage in GB.
    #[serde(rename = "dataStorageSizeInGBs")]
    pub storage_gb: Option<f64>,
    /// Whether a wallet is demanded.
    pub is_mtls_connection_required: Option<bool>,
    /// Whether it is a refreshable clone.
    pub is_refreshable_clone: Option<bool>,
    /// `READ_ONLY` or `READ_WRITE`.
    pub open_mode: Option<String>,
    /// Subnet's OCID, for private endpoints.
    pub subnet_id: Option<String>,
    /// Network security groups.
    pub nsg_ids: Option<Vec<String>>,
    /// Full host name of the private endpoint.
    pub private_endpoint: Option<String>,
    /// Its address.
    pub private_endpoint_ip: Option<String>,
    /// Its host label.
    pub private_endpoint_label: Option<String>,
    /// Access list of the public endpoint.
    pub whitelisted_ips: Option<Vec<String>>,
    /// Connect descriptors.
    pub connection_strings: Option<ConnectionStrings>,
    /// Web addresses.
    pub connection_urls: Option<ConnectionUrls>,
    /// Tags without a namespace.
    pub freeform_tags: Map<String, Value>,
    /// Time of creation, RFC 3339.
    pub time_created: Option<String>,
    /// The database it was cloned from.
    pub source_id: Option<String>,
}

/// The connect descriptors of a database.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionStrings {
    /// By alias.
    pub all_connection_strings: Option<Map<String, Value>>,
    /// One entry a descriptor.
    pub profiles: Vec<ConnectionProfile>,
}

/// One connect descriptor.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionProfile {
    /// Alias, such as `dev_low`.
    pub display_name: String,
    /// The descriptor.
    pub value: String,
    /// `HIGH`, `MEDIUM`, `LOW`, `TP`, `TPURGENT`.
    pub consumer_group: Option<String>,
    /// `SERVER` for TLS without a wallet, `MUTUAL` with one.
    pub tls_authentication: Option<String>,
}

/// The web addresses of a database.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionUrls {
    /// ORDS; ends in `/ords/`.
    pub ords_url: Option<String>,
    /// APEX.
    pub apex_url: Option<String>,
    /// Database Actions.
    pub sql_dev_web_url: Option<String>,
}

impl Database {
    /// Reads the service's answer.
    ///
    /// # Errors
    /// A known field has an unexpected type.
    pub fn read(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(without_nulls(value))
    }

    /// The name by which adbctl's configuration knows it, from its tag.
    pub fn tagged_name(&self) -> Option<&str> {
        self.freeform_tags.get(NAME_TAG)?.as_str()
    }

    /// The address of ORDS.
    pub fn ords_url(&self) -> Option<&str> {
        self.connection_urls.as_ref()?.ords_url.as_deref()
    }
}

/// The addresses of a database by the name of the way to it: `ords`; for each service level `mutual_low` and so on for
/// mutual TLS with a wallet, and `server_low` and so on for TLS without one, where the database allows that.
pub fn addresses(record: &Value) -> Value {
    let mut all = Map::from_iter([("ords".to_owned(), record["connectionUrls"]["ordsUrl"].clone())]);
    let profiles = record["connectionStrings"]["profiles"].as_array().into_iter().flatten();
    // Beside the descriptors stand the same in the short form, which carries no security.
    for profile in
        profiles.filter(|profile| profile["syntaxFormat"].as_str().is_none_or(|form| form == "LONG"))
    {
        let (Some(level), Some(kind)) =
            (profile["consumerGroup"].as_str(), profile["tlsAuthentication"].as_str())
        else {
            continue;
        };
        let name = format!("{}_{}", kind.to_lowercase(), level.to_lowercase());
        all.entry(name).or_insert_with(|| profile["value"].clone());
    }
    Value::Object(all)
}

/// The freeform tag that holds a database's name in adbctl's configuration.
pub const NAME_TAG: &str = "adbctl-name";

/// A list of databases.
///
/// # Errors
/// It is no list, or a known field has an unexpected type.
pub fn read_list(value: &Value) -> Result<Vec<Database>, serde_json::Error> {
    match value.as_array() {
        Some(items) => items.iter().map(Database::read).collect(),
        None => Vec::<Database>::deserialize(value),
    }
}

/// A backup.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Backup {
    /// OCID.
    pub id: String,
    /// The database.
    pub autonomous_database_id: String,
    /// Display name.
    pub display_name: Option<String>,
    /// `CREATING`, `ACTIVE`, `FAILED` and so on.
    pub lifecycle_state: String,
    /// The service's words about the state.
    pub lifecycle_details: Option<String>,
    /// `LONGTERM`, `FULL`, `INCREMENTAL` and so on.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// End of the backup, RFC 3339.
    pub time_ended: Option<String>,
}

impl Backup {
    /// Reads the service's answer.
    ///
    /// # Errors
    /// A known field has an unexpected type.
    pub fn read(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(without_nulls(value))
    }
}

/// The value without null members, so that a null reads as absent.
pub(super) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v))).collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::act::Body;

    #[test]
    fn requests() {
        fn check(call: &RestCall, line: &str, if_match: bool, body: &Value) {
            assert_eq!(format!("{} {}", call.method, call.shown_path()), line);
            assert_eq!(call.headers.iter().any(|(name, _)| name == "if-match"), if_match, "{line}");
            let own = match &call.body {
                Body::Json(body) => body.clone(),
                _ => Value::Null,
            };
            assert_eq!(&own, body, "{line}");
        }
        let (id, etag) = (json!({"$late": "steps.clone.ocid"}), json!("e"));
        let none = Value::Null;
        let at = "/20160918/autonomousDatabases/{{ steps.clone.ocid }}";
        check(&get(id.clone()), &format!("GET {at}"), false, &none);
        check(
            &create(json!({"source": "NONE"})),
            "POST /20160918/autonomousDatabases",
            false,
            &json!({"source": "NONE"}),
        );
        check(
            &update(id.clone(), json!({"dbName": "N"}), etag.clone()),
            &format!("PUT {at}"),
            true,
            &json!({"dbName": "N"}),
        );
        check(&start(id.clone(), etag.clone()), &format!("POST {at}/actions/start"), true, &none);
        check(&stop(id.clone(), etag.clone()), &format!("POST {at}/actions/stop"), true, &none);
        check(&restart(id.clone(), etag.clone()), &format!("POST {at}/actions/restart"), true, &none);
        check(&delete(id.clone(), etag.clone()), &format!("DELETE {at}"), true, &none);
        let wallet = generate_wallet(id.clone(), json!("p"));
        assert!(wallet.binary);
        check(
            &wallet,
            &format!("POST {at}/actions/generateWallet"),
            false,
            &json!({"password": "p", "generateType": "SINGLE"}),
        );
        check(
            &refresh(id.clone(), json!("t"), etag.clone()),
            &format!("POST {at}/actions/refresh"),
            true,
            &json!({"timeRefreshCutoff": "t"}),
        );
        check(
            &restore(id.clone(), json!("t"), etag),
            &format!("POST {at}/actions/restore"),
            true,
            &json!({"timestamp": "t"}),
        );
        check(
            &create_backup(id.clone(), json!("n"), json!(90)),
            "POST /20160918/autonomousDatabaseBackups",
            false,
            &json!({"autonomousDatabaseId": id, "displayName": "n", "isLongTermBackup": true, "retentionPeriodInDays": 90}),
        );
        let dry = dry_run(create(json!({})));
        assert_eq!(dry.headers, [("opc-dry-run".to_owned(), json!("True"))]);
        assert_eq!(list(json!("c")).query[0], ("compartmentId".to_owned(), json!("c")));
    }

    #[test]
    fn states() {
        fn check(state: &str, wanted: LifecycleKind) {
            assert_eq!(Lifecycle(state.into()).kind(), wanted, "{state}");
        }
        check("AVAILABLE", LifecycleKind::Usable);
        check("STOPPED", LifecycleKind::Off);
        check("TERMINATED", LifecycleKind::Gone);
        check("TERMINATING", LifecycleKind::Moving);
        check("UNAVAILABLE", LifecycleKind::Failed);
        check("SCALE_IN_PROGRESS", LifecycleKind::Moving);
        check("LEVITATING", LifecycleKind::Unknown);
    }

    #[test]
    fn answers_are_read_leniently() {
        let database = Database::read(&json!({
            "id": "ocid1.autonomousdatabase.oc1.uk-london-1.example", "compartmentId": "c", "lifecycleState": "LEVITATING",
            "computeCount": 2, "dataStorageSizeInTBs": 1, "brandNew": {"x": 1}, "nsgIds": null, "freeformTags": null,
            "connectionStrings": {"profiles": [{"displayName": "dev_low", "value": "(d)", "tlsAuthentication": "SERVER",
                "consumerGroup": null}]},
            "connectionUrls": {"ordsUrl": "https://h.example.com/ords/"},
        }))
        .unwrap();
        assert_eq!(database.lifecycle_state.to_string(), "LEVITATING");
        assert_eq!(database.compute_count, Some(2.0));
        assert_eq!(database.ords_url(), Some("https://h.example.com/ords/"));
        assert_eq!(database.connection_strings.unwrap().profiles[0].display_name, "dev_low");
        let tagged = json!([{"id": "a", "freeformTags": {"adbctl-name": "dev"}}]);
        assert_eq!(read_list(&tagged).unwrap()[0].tagged_name(), Some("dev"));
        assert!(read_list(&json!({"items": []})).is_err());
    }
}
