use serde_json::{Value, json};

use super::*;

fn connection(address: &str, wallet: Value) -> Connection {
    Connection {
        database: "dev".into(),
        ocid: Value::Null,
        driver: "thick".into(),
        address: json!(address),
        user: json!("app"),
        password: Value::Null,
        wallet,
        results: Value::Null,
    }
}

#[test]
fn what_the_library_connects_to() {
    fn check(address: &str, files: &Files, wanted: Result<&str, &str>) {
        match (connect_string("dev", address, files), wanted) {
            (Ok(found), Ok(wanted)) => assert!(found.contains(wanted), "{found}"),
            (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{error}"),
            (found, wanted) => panic!("{address}: {found:?} instead of {wanted:?}"),
        }
    }
    check("dev_low", &Files::None, Ok("dev_low"));
    check("127.0.0.1/free", &Files::None, Ok("(protocol=tcp)(host=127.0.0.1)(port=1521)"));
    check("127.0.0.1:x/free", &Files::None, Err("127.0.0.1:x/free"));
    let folder = tempfile::tempdir().unwrap();
    let folder = camino::Utf8Path::from_path(folder.path()).unwrap();
    fs_err::write(folder.join("cwallet.sso"), "").unwrap();
    fs_err::write(
        folder.join("tnsnames.ora"),
        "dev_low = (description=(address=(protocol=tcps)(port=1522)(host=127.0.0.1))(connect_data=(service_name=s_low)))\n",
    )
    .unwrap();
    let files = Files::of_path(folder.as_str()).unwrap();
    check("DEV_low", &files, Ok(&format!("(my_wallet_directory=\"{folder}\")")));
    check("dev_high", &files, Err("has no dev_high; it has dev_low"));
}

/// Nothing is sent or unpacked where the library is missing, and the failure says what can be done. On a machine that has
/// Oracle's client library nobody answers at this port.
#[tokio::test]
async fn without_the_library_nothing_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("wallet.zip");
    let thick = Thick::new(None);
    let connection = connection("127.0.0.1:1/free", json!({ "path": zip, "password": null }));
    let credentials = Credentials::of(Secret::new("some-Passw0rd".into()));
    let opened = Connector::open(&thick, &connection, credentials, &SessionOptions::default()).await;
    let Err(error) = opened else { panic!("somebody answered") };
    assert!(error.not_sent && error.category == Category::Invalid, "{error:?}");
    if super::super::client::look("dev").library.is_none() {
        assert!(error.to_string().contains("libclntsh"), "{error}");
        assert!(error.causes.iter().any(|cause| cause.contains("DPI-1047")), "{error:?}");
        assert!(error.causes.iter().any(|cause| cause.contains("LD_LIBRARY_PATH")), "{error:?}");
        assert!(error.advice.unwrap().contains("driver = \"thin\""));
    } else {
        assert!(error.to_string().contains("wallet.zip") || error.to_string().contains("wallet"), "{error}");
    }
}

#[tokio::test]
async fn connections_that_lack_something() {
    async fn check(connection: &Connection, password: &str, wanted: &str) {
        let thick = Thick::new(None);
        let credentials = Credentials::of(Secret::new(password.into()));
        let opened = Connector::open(&thick, connection, credentials, &SessionOptions::default()).await;
        let Err(error) = opened else { panic!("somebody answered") };
        assert!(error.to_string().contains(wanted), "{error}");
    }
    check(&connection("127.0.0.1:1/free", Value::Null), "", "the password of app for dev is empty").await;
    check(&connection(" ", Value::Null), "x", "has no address").await;
    let thick = Thick::new(None);
    let wanted = connection("dev_low", json!("download"));
    let Err(error) = thick.files(&wanted, false).await else { panic!("there is a wallet") };
    assert!(error.to_string().contains("cannot be downloaded"), "{error}");
    let Err(error) = thick.files(&connection("dev_low", json!(5)), false).await else { panic!("a wallet") };
    assert!(error.to_string().contains("which is none"), "{error}");
}
