use super::*;
use crate::actions::AnyAction;
use crate::db::wallet::archive::NAMES;

fn action(args: &Value) -> Result<FetchWallet, ActionError> {
    match AnyAction::from_parts("fetch-wallet", args)? {
        AnyAction::FetchWallet(action) => Ok(*action),
        other => panic!("{other:?}"),
    }
}

fn facts() -> crate::actions::Facts {
    crate::actions::Facts {
        run: "20261121-000000-abcd".parse().unwrap(),
        folder: "/runs/x".into(),
        databases: BTreeMap::new(),
        seen: Map::new(),
        storage: serde_json::Map::new(),
        production: Vec::new(),
        consents: Vec::new(),
        given: Map::new(),
        settings_sha256: String::new(),
    }
}

fn acts(args: &Value) -> Result<Vec<Act>, ActionError> {
    let (step, facts) = ("wallet".parse().unwrap(), facts());
    action(args)?.acts(&Binding { step: &step, facts: &facts, connections: &BTreeMap::new() })
}

fn args(more: &Value) -> Value {
    let mut args = json!({
        "database": "{{ steps.clone.ocid }}",
        "password": { "file": "/secrets/w" },
        "directory": "/wallets/dev",
    });
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    args
}

#[test]
fn what_the_plan_shows() {
    let planned =
        acts(&args(&json!({ "zip": "", "host-addresses": { "adb.example.com": "{{ steps.x.ip }}" } })))
            .unwrap();
    let shape: Vec<(&str, Effect)> = planned.iter().map(|a| (a.key.as_str(), a.effect)).collect();
    assert_eq!(shape, [("download", Effect::Read), ("unpack", Effect::Write), ("handshake", Effect::Read)]);
    let Call::Rest(download) = &planned[0].call else { panic!() };
    assert!(download.sensitive && download.binary);
    let Call::Local(unpack) = &planned[1].call else { panic!() };
    assert_eq!(unpack.paths(), [json!("/wallets/dev")]);
    let wanted = "in tnsnames.ora put {{ steps.x.ip }} for adb.example.com";
    assert!(unpack.work().ends_with(wanted), "{}", unpack.work());
    let Call::Local(prove) = &planned[2].call else { panic!() };
    assert_eq!(prove.work(), "TLS handshakes with the wallet's key, opened with <secret: file /secrets/w>");
    let planned = acts(&args(&json!({ "zip": "{{ steps.x.y }}" }))).unwrap();
    let Call::Local(unpack) = &planned[1].call else { panic!() };
    assert_eq!(unpack.paths(), [json!("/wallets/dev"), json!({ "$late": "steps.x.y" })]);
}

#[test]
fn arguments_that_can_never_work() {
    fn check(more: &Value, wanted: &str) {
        let error = acts(&args(more)).unwrap_err();
        assert!(error.message.contains(wanted), "{error:?}");
    }
    check(&json!({ "directory": "wallets/dev" }), "is no whole path");
    check(&json!({ "directory": "/wallets/../etc" }), "is no whole path");
    check(&json!({ "zip": "dev.zip" }), "is no whole path");
    check(&json!({ "password": "Literal-1" }), "fetch-wallet");
    check(&json!({ "directroy": "/x" }), "directroy");
}

fn zip(names: &[&str], tnsnames: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in names {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        let content = if *name == "tnsnames.ora" { tnsnames } else { name };
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const ONE: &str = "dev_low = (description=(address=(protocol=tcps)(port=1522)(host=adb.example.com))\
    (connect_data=(service_name=x_dev_low.example.com)))\n";

#[test]
fn hosts_change_in_the_directory_and_in_the_zip_alike() {
    let home = tempfile::tempdir().unwrap();
    let home = Utf8PathBuf::from_path_buf(home.path().to_owned()).unwrap();
    let hosts = BTreeMap::from(
        [("adb.example.com", "adb2.example.com"), ("abd.example.com", "adb3.example.com")]
            .map(|(old, new)| (old.to_owned(), new.to_owned())),
    );
    let mut unpacking =
        Unpacking { directory: home.join("w"), zip: Some(home.join("w.zip")), hosts: BTreeMap::new() };
    let found = unpacking.run(&zip(&NAMES, ONE)).unwrap();
    assert_eq!(found["aliases"], json!(["dev_low"]));
    assert_eq!(found["services"][0]["service"], "x_dev_low.example.com");
    assert_eq!(fs_err::read_to_string(home.join("w/tnsnames.ora")).unwrap(), ONE);
    unpacking.hosts = hosts;
    let found = unpacking.run(&zip(&NAMES, ONE)).unwrap();
    assert_eq!((&found["replaced"], &found["services"][0]["host"]), (&json!(1), &json!("adb2.example.com")));
    assert_eq!(found["unknown"], json!(["abd.example.com"]), "a host that is not there is told");
    let changed = fs_err::read(home.join("w/tnsnames.ora")).unwrap();
    assert_eq!(changed, ONE.replace("adb.", "adb2.").into_bytes());
    let packed = Wallet::from_zip(&fs_err::read(home.join("w.zip")).unwrap()).unwrap();
    assert_eq!(packed.file("tnsnames.ora"), changed);
    for name in NAMES.into_iter().filter(|name| *name != "tnsnames.ora") {
        assert_eq!(fs_err::read(home.join("w").join(name)).unwrap(), name.as_bytes());
        assert_eq!(packed.file(name), name.as_bytes());
    }
}

#[test]
fn a_bad_download_leaves_the_older_wallet_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let directory = Utf8PathBuf::from_path_buf(home.path().join("w")).unwrap();
    let unpacking = Unpacking { directory: directory.clone(), zip: None, hosts: BTreeMap::new() };
    unpacking.run(&zip(&NAMES, ONE)).unwrap();
    for (bytes, wanted) in [
        (zip(&NAMES[..5], ONE), "lacks keystore.jks, truststore.jks, ojdbc.properties, README"),
        (zip(&NAMES, "broken"), "a name and = were expected"),
        (zip(&NAMES, ""), "names no service"),
        (Vec::new(), "no readable zip"),
    ] {
        let error = unpacking.run(&bytes).unwrap_err();
        assert!(error.message.contains(wanted), "{error:?}");
        assert_eq!(fs_err::read_to_string(directory.join("tnsnames.ora")).unwrap(), ONE);
    }
}
