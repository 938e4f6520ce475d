//! The wallet of a refreshed database, and wallets that do not work.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::orders::plain;
use crate::support::{Rehearsal, json};

fn mode(path: &Path) -> u32 {
    fs_err::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn a_refresh_hands_over_a_wallet_that_works() {
    let rehearsal = Rehearsal::new();
    let zip = rehearsal.home().join("dev.zip");
    let set = format!("wallet_zip={}", zip.display());
    rehearsal
        .on_sandbox(&["refresh", "prod", "dev", "--yes", "--set", &set, "--report", "json=report.json"])
        .expect(0);
    let report = json(&rehearsal.home().join("report.json"));
    let find = |list: &str, id: &str| {
        report[list].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
    };
    let outputs = find("steps", "wallet")["outputs"].clone();
    assert_eq!(outputs["proved"], true);
    assert_eq!(outputs["aliases"].as_array().unwrap().len(), 5);
    assert_eq!(outputs["aliases"][0], "dev_high");
    assert_eq!(find("checks", "wallet_works")["found"][0], true);

    let wallet = rehearsal.newest_run().join("wallet");
    assert_eq!(outputs["directory"], wallet.to_str().unwrap());
    assert_eq!((mode(&wallet), mode(&zip)), (0o700, 0o600));
    let names: Vec<_> = fs_err::read_dir(&wallet).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names.len(), 9);
    for name in names {
        assert_eq!(mode(&name), 0o600, "{name:?}");
    }

    let secret = find("steps", "wallet_password")["outputs"]["secret"]["file"].as_str().unwrap().to_owned();
    let secret = fs_err::read_to_string(secret).unwrap();
    assert!(secret.len() >= 8);
    for entry in fs_err::read_dir(rehearsal.newest_run()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = String::from_utf8_lossy(&fs_err::read(&path).unwrap()).into_owned();
            assert!(!text.contains(&secret), "{path:?} holds the wallet's password");
            assert!(!text.contains("PRIVATE KEY"), "{path:?} holds a key");
        }
    }
}

/// What stands in the wallet's folder and in its zip: the names of the files, and tnsnames.ora.
fn contents(folder: &Path, zip: &Path) -> [(BTreeMap<String, Vec<u8>>, String); 2] {
    let unpacked: BTreeMap<String, Vec<u8>> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs_err::read(&path).unwrap()))
        .collect();
    let mut archive = zip::ZipArchive::new(fs_err::File::open(zip).unwrap()).unwrap();
    let packed = (0..archive.len())
        .map(|n| {
            let mut file = archive.by_index(n).unwrap();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect();
    [unpacked, packed].map(|files| {
        let names = String::from_utf8(files["tnsnames.ora"].clone()).unwrap();
        (files, names)
    })
}

/// Another host in tnsnames.ora: in the folder and in the zip, and nothing else is touched. A name that is on the
/// server's certificate is proved, also by another way; an address is written too, and the report says what it costs.
#[test]
fn hosts_of_a_wallet_can_be_replaced() {
    let rehearsal = Rehearsal::new();
    let (zip, folder) = (rehearsal.home().join("dev.zip"), rehearsal.home().join("wallet"));
    let run = |set: &[&str], code: i32| {
        let places = [format!("wallet_zip={}", zip.display()), format!("wallet_dir={}", folder.display())];
        let mut words = plain(&["refresh", "prod", "dev", "--yes", "--report", "json=report.json"]);
        for value in places.iter().map(String::as_str).chain(set.iter().copied()) {
            words.extend(["--set", value]);
        }
        let ended = rehearsal.on_sandbox(&words).expect(code);
        (ended, json(&rehearsal.home().join("report.json")))
    };
    let one = |report: &Value, list: &str, id: &str| {
        report[list].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
    };
    let name = "dev-db.adb.uk-london-1.oraclecloud.com";
    let hosts = format!("wallet_hosts={{ localhost = \"{name}\" }}");
    let way = format!("wallet_connect_to={{ \"{name}\" = \"127.0.0.1\" }}");
    let (_, report) = run(&[&hosts, &way], 0);
    assert_eq!(one(&report, "steps", "wallet")["outputs"]["proved"], true);
    assert_eq!(one(&report, "checks", "wallet_works")["status"], "passed");
    let [(unpacked, names), (packed, zipped)] = contents(&folder, &zip);
    assert_eq!(unpacked, packed);
    assert_eq!((names.matches(name).count(), names.contains("localhost")), (5, false), "{names}");
    assert_eq!(names, zipped);

    let (ended, report) = run(&["wallet_hosts={ localhost = \"127.0.0.1\" }"], 10);
    let [(unpacked, names), (packed, _)] = contents(&folder, &zip);
    assert_eq!(unpacked, packed);
    assert_eq!((names.matches("127.0.0.1").count(), names.contains("localhost")), (5, false), "{names}");
    let step = one(&report, "steps", "wallet");
    assert_eq!((&step["status"], &step["outputs"]["proved"]), (&json!("done"), &json!(false)));
    assert!(ended.stderr.contains("the wallet is written, and not proved"), "{}", ended.stderr);
    let check = one(&report, "checks", "wallet_works");
    assert_eq!(check["status"], "failed");
    let said = check["error"].to_string();
    for part in ["127.0.0.1", "certificate is not for this name", "use the FQDN there", "wallet_connect_to"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    let failed =
        report["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "failed").count();
    assert_eq!(failed, 1, "{report}");
}

/// An APEX Service database has no SQL*Net: no wallet is fetched, and its check is not needed.
#[test]
fn an_apex_service_has_no_wallet_and_that_is_no_fault() {
    let rehearsal = Rehearsal::new();
    let report = |code: i32, words: &[&str]| {
        let words = [words, &["--report", "json=report.json"]].concat();
        let ended = rehearsal.on_sandbox(&words).expect(code);
        (ended.stdout, json(&rehearsal.home().join("report.json")))
    };
    let words = plain(&["refresh", "prod", "dev", "--yes", "--set", "workload=APEX"]);
    for words in [words, vec!["verify", "dev"]] {
        let (text, report) = report(0, &words);
        assert_eq!(report["verdict"], "done");
        let of = |list: &str, id: &str| {
            report[list].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap()["status"].clone()
        };
        assert_eq!(
            (of("steps", "wallet"), of("checks", "wallet_works")),
            (json!("skipped"), json!("skipped"))
        );
        assert!(text.contains("– Wallet updated and tested"), "{text}");
    }
    assert_eq!(rehearsal.show("dev")["dbWorkload"], "APEX");
    // The next refresh has an APEX Service database as its target from the start.
    let (_, report) = report(0, &plain(&["refresh", "prod", "dev", "--yes"]));
    assert_eq!(report["verdict"], "done");
}

const HEAD: &str = r#"
format = 1
title = "Wallets"
[database.source]
doc = "Not used."
access = "read"
[database.target]
doc = "The database whose wallet is fetched."
access = "write"
[param.folder]
type = "text"
doc = "where the wallet goes"
[[step]]
id = "secret"
title = "Make up a password"
run.generate-secret = { name = "w", rules = "wallet" }
[[step]]
id = "wallet"
title = "Fetch"
[step.run.fetch-wallet]
database = "{{ target.ocid }}"
password = "{{ steps.secret.secret }}"
directory = "{{ params.folder }}"
"#;

/// The existence of its files proves nothing: after a renaming they are still there.
#[test]
fn a_wallet_from_before_a_renaming_fails_its_check() {
    let rehearsal = Rehearsal::new();
    let rest = r#"
[[step]]
id = "rename"
title = "Rename"
needs = ["wallet"]
run.update-database = { database = "{{ target.ocid }}", change = { dbName = "OTHER" } }
[[check]]
id = "works"
title = "The wallet works"
found = "found.proved"
expect = true
[check.run.inspect-wallet]
directory = "{{ steps.wallet.directory }}"
password = "{{ steps.secret.secret }}"
"#;
    fs_err::write(rehearsal.home().join("own.toml"), format!("{HEAD}{rest}")).unwrap();
    let set = format!("folder={}", rehearsal.home().join("w").display());
    let words = ["run", "./own.toml", "prod", "dev", "--yes", "--set", &set, "--report", "json=report.json"];
    rehearsal.on_sandbox(&words).expect(10);
    let check = json(&rehearsal.home().join("report.json"))["checks"][0].clone();
    assert_eq!(check["status"], "failed");
    let said = check["error"].to_string();
    assert!(said.contains("dev_high") && said.contains("download the wallet again"), "{check}");
    assert!(rehearsal.home().join("w/tnsnames.ora").is_file());
}

#[test]
fn a_folder_with_other_things_in_it_is_left_alone() {
    let rehearsal = Rehearsal::new();
    fs_err::write(rehearsal.home().join("own.toml"), HEAD).unwrap();
    let thesis = rehearsal.home().join("work/thesis.txt");
    fs_err::create_dir(thesis.parent().unwrap()).unwrap();
    fs_err::write(&thesis, "dear").unwrap();
    let set = format!("folder={}", thesis.parent().unwrap().display());
    let ended = rehearsal.on_sandbox(&["run", "./own.toml", "prod", "dev", "--yes", "--set", &set]);
    assert_ne!(ended.code, 0);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("thesis.txt"), "{said}");
    assert_eq!(fs_err::read_to_string(&thesis).unwrap(), "dear");
}
