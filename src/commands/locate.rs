//! Finding databases: by compartment and the tag `adbctl-name`, then by display name, then by OCID.
//!
//! A refresh gives the target a new OCID, so an OCID in the configuration is the last word only where no database
//! carries the tag. Terminated databases never match.

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use crate::model::act::DOWNLOADED;
use crate::model::{Category, NoSecrets, late, network};
use crate::oci::{CallContext, Oci, database as calls};
use crate::settings::{ConnectSettings, DatabaseSettings, Driver, Role, Settings, WalletChoice};

/// The tag that carries a database's name in the configuration.
pub(super) const NAME_TAG: &str = "adbctl-name";

/// A database of the configuration, and what the service says of it.
#[derive(Clone, Debug)]
pub(super) struct Located {
    /// Its name in the configuration.
    pub name: String,
    /// The service's answer.
    pub record: Value,
}

impl Located {
    /// Its OCID.
    pub(super) fn ocid(&self) -> &str {
        self.record["id"].as_str().unwrap_or_default()
    }

    /// What expressions can see of it.
    pub(super) fn facts(&self, settings: &DatabaseSettings) -> Value {
        let record = &self.record;
        let connect = &settings.connect;
        let given = connect.address.as_ref().map(|a| json!(a.value));
        let driver = driver(record, connect);
        let way = way(driver, connect);
        let addresses = calls::addresses(record);
        let address = given.clone().unwrap_or_else(|| addresses[&way].clone());
        let ords_url = given.filter(|_| driver == Driver::Ords).unwrap_or_else(|| addresses["ords"].clone());
        json!({
            "name": self.name,
            "ocid": record["id"],
            "role": settings.role.value.to_string(),
            "db_name": record["dbName"],
            "display_name": record["displayName"],
            "compartment": record["compartmentId"],
            "state": record["lifecycleState"],
            "workload": record["dbWorkload"],
            "version": record["dbVersion"],
            "ords_url": ords_url,
            "way": way,
            "address": address,
            "apex_url": record["connectionUrls"]["apexUrl"],
            "user": settings.connect.user.value,
            "password": settings.connect.password.as_ref().map(|p| json!(p.value)),
            "driver": driver.word(),
            "wallet": wallet(driver, connect),
            "results": results(driver, connect),
            "tags": record["freeformTags"],
            "private_endpoint": record["privateEndpoint"],
            "private_endpoint_ip": record["privateEndpointIp"],
            "private_endpoint_label": record["privateEndpointLabel"],
            "subnet": record["subnetId"],
            "network": network::MEMBERS.map(|name| (name.to_owned(), record[name].clone())).into_iter().collect::<Value>(),
            "secrets": null,
            "consents": settings.consent.as_ref().map_or(json!([]), |c| json!(c.value)),
            "refreshable": record["isRefreshableClone"].as_bool().unwrap_or(false),
        })
    }
}

/// The driver of a database.
pub(super) fn driver(record: &Value, connect: &ConnectSettings) -> Driver {
    let address = connect.address.as_ref().map(|address| address.value.as_str());
    connect.driver.value.chosen(record["dbWorkload"].as_str(), address)
}

/// The name of a database's address, among those that the service tells, by which this driver reaches it.
fn way(driver: Driver, connect: &ConnectSettings) -> String {
    let level = connect.service.value.word();
    match (driver, &connect.wallet.value) {
        (Driver::Thin | Driver::Thick, WalletChoice::None) => format!("server_{level}"),
        (Driver::Thin | Driver::Thick, _) => format!("mutual_{level}"),
        _ => driver.word().to_owned(),
    }
}

/// The wallet as a connection has it.
fn wallet(driver: Driver, connect: &ConnectSettings) -> Value {
    match (driver, &connect.wallet.value) {
        (Driver::Thin | Driver::Thick, WalletChoice::Download) => json!(DOWNLOADED),
        (Driver::Thin | Driver::Thick, WalletChoice::Path(path)) => {
            let password = connect.wallet_password.as_ref();
            json!({"path": path, "password": password.map(|p| late::secret_of(&json!(p.value)))})
        }
        _ => Value::Null,
    }
}

/// Where results of long statements go, as a connection has it.
fn results(driver: Driver, connect: &ConnectSettings) -> Value {
    connect.results.as_ref().filter(|_| driver == Driver::Dbtools).map_or(Value::Null, |results| {
        let results = &results.value;
        json!({"bucket": results.bucket, "namespace": results.namespace, "after_seconds": results.after.as_secs()})
    })
}

fn is_gone(record: &Value) -> bool {
    matches!(record["lifecycleState"].as_str(), Some("TERMINATED" | "TERMINATING"))
}

/// Finds a database of the configuration.
pub(super) async fn locate(oci: &Oci, settings: &Settings, name: &str) -> Result<Located, Failure> {
    let database = settings.database(name)?;
    let by_ocid = match &database.ocid {
        Some(ocid) => read(oci, ocid.value.as_str(), name).await?,
        None => None,
    };
    let compartment = database
        .compartment
        .as_ref()
        .map(|c| json!(c.value))
        .or_else(|| by_ocid.as_ref().map(|record| record["compartmentId"].clone()));
    let listed = match compartment {
        Some(compartment) => list(oci, compartment).await?,
        None => Vec::new(),
    };
    let found = |record: Value| Ok(Located { name: name.to_owned(), record });
    let tagged: Vec<&Value> = listed.iter().filter(|r| r["freeformTags"][NAME_TAG] == name).collect();
    match tagged.as_slice() {
        [one] => return found((*one).clone()),
        [] => {}
        several => return Err(ambiguous(name, &format!("the tag {NAME_TAG} = {name}"), several)),
    }
    if let Some(display) = database.display_name.as_ref().map(|d| &d.value) {
        let named: Vec<&Value> = listed.iter().filter(|r| r["displayName"] == display.as_str()).collect();
        match named.as_slice() {
            [one] => return found((*one).clone()),
            [] => {}
            several => return Err(ambiguous(name, &format!("the display name {display}"), several)),
        }
    }
    match by_ocid {
        Some(record) if is_gone(&record) => Err(Failure::refused(format!("database {name} is terminated"))
            .help("its OCID in the configuration is that of a database that is gone; give the present one")),
        Some(record) => found(record),
        None => Err(Failure::new(Exit::Wrong, format!("no database of the compartment is {name}")).help(format!(
            "a database is found by the tag {NAME_TAG} = {name}, then by its display name, then by its OCID; terminated \
             ones do not count"
        ))),
    }
}

fn ambiguous(name: &str, by: &str, several: &[&Value]) -> Failure {
    let ids: Vec<&str> = several.iter().filter_map(|r| r["id"].as_str()).collect();
    Failure::refused(format!("several databases have {by}: {}", ids.join(", ")))
        .help(format!("leave the tag {NAME_TAG} = {name} on one of them only"))
}

async fn read(oci: &Oci, ocid: &str, name: &str) -> Result<Option<Value>, Failure> {
    match oci.send(&calls::get(json!(ocid)), &CallContext::default(), &NoSecrets).await {
        Ok(reply) => Ok(Some(reply.value)),
        Err(error) => {
            let error = crate::model::ActionError::from(error);
            if error.category == Category::NotFound {
                return Err(Failure::from(error).help(format!(
                    "the OCID of database {name} in the configuration is unknown to the service, or you may not read \
                     it: the service answers both alike"
                )));
            }
            Err(error.into())
        }
    }
}

/// The OCIDs of terminated databases that carry the name or the display name of a configured one. They never count,
/// and explain why one is not found.
pub(super) async fn gone_namesakes(oci: &Oci, settings: &DatabaseSettings, name: &str) -> Vec<String> {
    let mut compartment = settings.compartment.as_ref().map(|c| json!(c.value));
    if let (None, Some(ocid)) = (&compartment, &settings.ocid) {
        let record = read(oci, ocid.value.as_str(), name).await.ok().flatten();
        compartment = record.map(|record| record["compartmentId"].clone());
    }
    let Some(compartment) = compartment else { return Vec::new() };
    let reply = oci.list(&calls::list(compartment), &CallContext::default(), &NoSecrets).await;
    let all = reply.ok().and_then(|reply| reply.value.as_array().cloned()).unwrap_or_default();
    let display = settings.display_name.as_ref().map(|d| d.value.as_str());
    all.iter()
        .filter(|record| is_gone(record))
        .filter(|record| {
            record["freeformTags"][NAME_TAG] == name
                || display.is_some_and(|display| record["displayName"] == display)
        })
        .filter_map(|record| record["id"].as_str().map(str::to_owned))
        .collect()
}

async fn list(oci: &Oci, compartment: Value) -> Result<Vec<Value>, Failure> {
    let reply = oci.list(&calls::list(compartment), &CallContext::default(), &NoSecrets).await?;
    let all = reply.value.as_array().cloned().unwrap_or_default();
    Ok(all.into_iter().filter(|record| !is_gone(record)).collect())
}

/// The OCIDs of every database that the configuration calls production. One that cannot be found is a refusal: what
/// must not be touched has to be known.
pub(super) async fn production(oci: &Oci, settings: &Settings) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for (name, database) in settings.production() {
        if let Some(ocid) = &database.ocid {
            found.push(ocid.value.to_string());
        }
        match locate(oci, settings, name).await {
            Ok(located) => found.push(located.ocid().to_owned()),
            Err(_) if database.ocid.is_some() => {}
            Err(error) => {
                return Err(error.help(format!(
                    "production database {name} must be known before anything is changed; give its ocid in the \
                     configuration"
                )));
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Refuses what must never be a target.
pub(super) fn check_direction(
    source: Option<&Located>,
    target: &Located,
    settings: &Settings,
    production: &[String],
) -> Result<(), Failure> {
    let role = settings.database(&target.name)?.role.value;
    if role == Role::Production || production.iter().any(|ocid| ocid.eq_ignore_ascii_case(target.ocid())) {
        return Err(Failure::refused(format!(
            "{} is a production database, and is never a target",
            target.name
        ))
        .help("no option changes this; if the role in the configuration is wrong, correct it there"));
    }
    if let Some(source) = source
        && source.ocid().eq_ignore_ascii_case(target.ocid())
    {
        return Err(Failure::refused(format!("{} and {} are the same database", source.name, target.name))
            .help("source and target must be two databases"));
    }
    Ok(())
}
