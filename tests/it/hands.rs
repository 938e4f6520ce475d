//! Somebody else's hands on the sandbox: faults, cloud calls and SQL that adbctl has no part in.

use std::sync::Arc;

use adbctl::model::{NoSecrets, RestCall};
use adbctl::oci::{CallContext, Oci, OciOptions, database};
use adbctl::sandbox::oracle::{Database, Host, Mail};
use serde_json::{Value, json};

use crate::support::{Rehearsal, is_change};

pub(crate) fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The writes that the sandbox took: requests that it did not refuse, and statements that it began.
pub(crate) fn writes(rehearsal: &Rehearsal) -> Vec<Value> {
    let refused = |line: &Value| line["status"].as_u64().is_some_and(|status| status >= 400);
    let mut lines = rehearsal.audit();
    lines.retain(|line| is_change(line) && line["inside"] != true && !refused(line));
    lines
}

/// Sets a fault.
pub(crate) fn fault(rehearsal: &Rehearsal, rule: &Value) {
    let url = format!("{}/sandbox/faults", rehearsal.description()["oci_endpoint"].as_str().unwrap());
    let status = on_runtime(crate::support::http().post(url).json(rule).send()).unwrap().status();
    assert_eq!(status.as_u16(), 201, "{rule}");
}

/// Takes all faults away.
pub(crate) fn mend(rehearsal: &Rehearsal) {
    let url = format!("{}/sandbox/faults", rehearsal.description()["oci_endpoint"].as_str().unwrap());
    assert!(on_runtime(crate::support::http().delete(url).send()).unwrap().status().is_success());
}

pub(crate) fn oci(rehearsal: &Rehearsal) -> Oci {
    let description = rehearsal.description();
    let options = OciOptions {
        config_file: description["oci_config"].as_str().map(Into::into),
        endpoint: description["oci_endpoint"].as_str().map(str::to_owned),
        ..OciOptions::default()
    };
    Oci::new(&options).unwrap()
}

async fn look(oci: &Oci, id: &str) -> Value {
    oci.send(&database::get(json!(id)), &CallContext::default(), &NoSecrets).await.unwrap().value
}

/// What the service says of a database.
pub(crate) fn record(rehearsal: &Rehearsal, id: &str) -> Value {
    on_runtime(async { look(&oci(rehearsal), id).await })
}

/// Sends a call with the sandbox's own key. Gives the answer.
#[track_caller]
pub(crate) fn send(rehearsal: &Rehearsal, call: &RestCall) -> Value {
    on_runtime(async { oci(rehearsal).send(call, &CallContext::default(), &NoSecrets).await.unwrap().value })
}

/// Sends a call with the sandbox's own key, and waits until the database is at rest again.
#[track_caller]
pub(crate) fn cloud(rehearsal: &Rehearsal, id: &str, call: &RestCall) {
    on_runtime(async {
        let oci = oci(rehearsal);
        oci.send(call, &CallContext::default(), &NoSecrets).await.unwrap();
        while !matches!(
            look(&oci, id).await["lifecycleState"].as_str(),
            Some("AVAILABLE" | "STOPPED" | "TERMINATED")
        ) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
}

/// Runs a script as ADMIN at an address that ends in `/ords/`. Every statement must succeed.
#[track_caller]
pub(crate) fn sql_at(address: &str, password: &str, script: &str) -> Value {
    let answer = try_sql_at(address, password, script);
    for item in answer["items"].as_array().unwrap() {
        assert!(item.get("errorCode").is_none(), "{script}\n{item:#}");
    }
    answer
}

/// Runs a script as ADMIN in a database of the configuration, whatever comes of it.
pub(crate) fn try_sql(rehearsal: &Rehearsal, name: &str, script: &str) -> Value {
    let description = rehearsal.description();
    let database = &description["databases"][name];
    try_sql_at(database["ords_url"].as_str().unwrap(), database["admin_password"].as_str().unwrap(), script)
}

fn try_sql_at(address: &str, password: &str, script: &str) -> Value {
    let request = crate::support::http()
        .post(format!("{address}admin/_/sql"))
        .basic_auth("admin", Some(password))
        .header("content-type", "application/sql")
        .body(script.to_owned());
    on_runtime(async { request.send().await.unwrap().json().await.unwrap() })
}

/// Status and body of a page behind the database's `/ords/`, redirections followed.
pub(crate) fn page(rehearsal: &Rehearsal, name: &str, path: &str) -> (u16, String) {
    let address = rehearsal.description()["databases"][name]["ords_url"].as_str().unwrap().to_owned() + path;
    on_runtime(async {
        let answer = crate::support::http().get(address).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    })
}

/// Runs a script as ADMIN in a database of the configuration.
#[track_caller]
pub(crate) fn sql(rehearsal: &Rehearsal, name: &str, script: &str) -> Value {
    let description = rehearsal.description();
    let database = &description["databases"][name];
    sql_at(database["ords_url"].as_str().unwrap(), database["admin_password"].as_str().unwrap(), script)
}

/// The one number that a query gives.
#[track_caller]
pub(crate) fn number(answer: &Value) -> u64 {
    let items = answer["items"].as_array().unwrap();
    let row = items.iter().find_map(|i| i["resultSet"]["items"].as_array()).unwrap()[0].clone();
    row.as_object().unwrap().values().next().unwrap().as_u64().unwrap()
}

/// The surroundings of a database that nobody serves.
#[derive(Debug)]
pub(crate) struct Still;

impl Host for Still {
    fn now(&self) -> i64 {
        1_800_000_000_000_000
    }

    fn send_mail(&self, _: &Mail) -> Result<(), String> {
        Err("451 no mail here".into())
    }
}

/// Changes what APEX keeps in tables of its own, as App Builder does when a person clicks.
pub(crate) fn as_builder(rehearsal: &Rehearsal, ocid: &str, statement: &str) {
    let file = rehearsal.sandbox().join(format!("engine/{ocid}.db"));
    let database = Database::open(&file, Arc::new(Still)).unwrap();
    let mut builder = database.session_as("SYS").unwrap();
    builder.execute(statement, &mut []).unwrap();
    builder.commit().unwrap();
}
