//! The wallet of a refreshed database, and wallets that do not work.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

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
