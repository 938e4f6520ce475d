//! The contract of the database drivers against a real database, where one is named:
//!
//! `ADBCTL_LIVE_ORDS_URL=https://…/ords/ ADBCTL_LIVE_USER=… ADBCTL_LIVE_PASSWORD=… cargo test --test it -- --ignored live`
//!
//! Over SQL*Net `ADBCTL_LIVE_ADDRESS` stands in the place of the URL (a descriptor, `host:port/service` or an alias), with
//! `ADBCTL_LIVE_WALLET` and `ADBCTL_LIVE_WALLET_PASSWORD` where there is a wallet, and `ADBCTL_CLIENT_LIBRARY` for thick. Oracle's container `adb-free` serves both.

use adbctl::db::{Credentials, Drivers, contract};
use adbctl::model::act::Connection;
use adbctl::model::{Secret, environment};
use serde_json::{Value, json};

/// Runs every rule of the contract and lists those that are broken.
async fn broken(driver: &str, address: &str, user: &str, password: &str, wallet: Value) -> Vec<String> {
    let connection = Connection {
        database: "the database under test".into(),
        ocid: Value::Null,
        driver: driver.into(),
        address: json!(address),
        user: json!(user),
        password: Value::Null,
        wallet,
        results: Value::Null,
    };
    let drivers = Drivers::new(crate::support::http(), None);
    let connector = drivers.connector(driver).expect("the driver is part of this version");
    let credentials = Credentials {
        password: Secret::new(password.into()),
        wallet_password: environment::variable("ADBCTL_LIVE_WALLET_PASSWORD").map(Secret::new),
    };
    let findings = contract::all_with(connector, &connection, &credentials).await;
    findings.into_iter().filter_map(|(rule, found)| Some(format!("{rule}: {}", found.err()?))).collect()
}

#[tokio::test]
#[ignore = "needs a real database, named by ADBCTL_LIVE_ORDS_URL, ADBCTL_LIVE_USER and ADBCTL_LIVE_PASSWORD"]
async fn live_ords() {
    let given = |name: &str| environment::variable(name).unwrap_or_else(|| panic!("{name} is not set"));
    let (address, user, password) =
        (given("ADBCTL_LIVE_ORDS_URL"), given("ADBCTL_LIVE_USER"), given("ADBCTL_LIVE_PASSWORD"));
    let broken = broken("ords", &address, &user, &password, Value::Null).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A driver over SQL*Net against the database that is named.
async fn live_sqlnet(driver: &str) {
    let given = |name: &str| environment::variable(name).unwrap_or_else(|| panic!("{name} is not set"));
    let (address, user, password) =
        (given("ADBCTL_LIVE_ADDRESS"), given("ADBCTL_LIVE_USER"), given("ADBCTL_LIVE_PASSWORD"));
    let wallet = environment::variable("ADBCTL_LIVE_WALLET");
    let wallet = wallet.map_or(Value::Null, |path| json!({ "path": path, "password": null }));
    let broken = broken(driver, &address, &user, &password, wallet).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[tokio::test]
#[ignore = "needs a real database, named by ADBCTL_LIVE_ADDRESS, ADBCTL_LIVE_USER and ADBCTL_LIVE_PASSWORD"]
async fn live_thin() {
    live_sqlnet("thin").await;
}

#[cfg(feature = "thick")]
#[tokio::test]
#[ignore = "needs Oracle's client library, and a real database named by ADBCTL_LIVE_ADDRESS, ADBCTL_LIVE_USER and ADBCTL_LIVE_PASSWORD"]
async fn live_thick() {
    live_sqlnet("thick").await;
}
