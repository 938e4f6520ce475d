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
    let refused = rehearsal.on_sandbox(&words).expect(3);
    let said = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("driver = \"ords\" under [database.dev.connect]"), "{said}");
    rehearsal.use_driver("ords");
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

/// A zip of these files.
fn zip_of(path: &Path, files: &[(&str, &[u8])]) {
    let mut writer = zip::ZipWriter::new(fs_err::File::create(path).unwrap());
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, bytes).unwrap();
    }
    writer.finish().unwrap();
}

/// A client's certificate that holds until the first day of a year.
fn certificate(until: i32) -> String {
    let mut params = rcgen::CertificateParams::new(vec!["client.example.com".to_owned()]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, "client.example.com");
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
}

#[track_caller]
fn tool(rehearsal: &Rehearsal, words: &[&str], code: i32, wanted: &[&str]) -> Value {
    let all = [&["wallet"], words, &["--output", "json"]].concat();
    let mut command = rehearsal.sandbox_command(&all);
    command.env("NEW_PASSWORD", "Another-Wallet-1").env("WRONG_PASSWORD", "Another-Wallet-2");
    let ended = crate::support::Ended::of(&command.output().unwrap()).expect(code);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    for part in wanted {
        assert!(said.contains(part), "{words:?}: {part:?} is not in\n{said}");
    }
    assert!(!said.contains("Another-Wallet") && !said.contains("PRIVATE KEY"), "{said}");
    serde_json::from_str(&ended.stdout).unwrap_or_default()
}

const NEW: &str = "{ env = \"NEW_PASSWORD\" }";
const WRONG: &str = "{ env = \"WRONG_PASSWORD\" }";

/// Fetched, looked at, packed anew; and after a rotation and a renaming it is noticed that it is another one by now.
#[test]
fn wallets_are_fetched_looked_at_and_packed_anew() {
    let rehearsal = &Rehearsal::new();
    let run = |words: &[&str], code: i32, wanted: &[&str]| tool(rehearsal, words, code, wanted);
    let got =
        run(&["get", "dev", "--prove"], 0, &["every address completed a TLS handshake", "dev_tpurgent"]);
    let zip = rehearsal.home().join("dev-wallet.zip");
    assert_eq!((mode(&zip), got["drivers"].clone()), (0o600, json!(["thin", "thick", "JDBC"])));
    let kept = got["password"]["file"].as_str().unwrap().to_owned();
    assert_eq!(mode(Path::new(&kept)), 0o600);
    let password = format!("{{ file = \"{kept}\" }}");
    assert!(!rehearsal.home().join("dev-wallet").exists());
    // Nothing is written over unasked, and one password opens all wallets of a database.
    run(&["get", "dev"], 4, &["dev-wallet.zip is there already"]);
    let again = run(&["get", "dev", "--directory", "unpacked"], 0, &[]);
    assert_eq!((&again["password"]["file"], &again["zip"]), (&json!(kept), &Value::Null));
    assert_eq!(mode(&rehearsal.home().join("unpacked")), 0o700);
    assert_eq!(mode(&rehearsal.home().join("unpacked/ewallet.pem")), 0o600);
    run(&["get", "dev", "--directory", "unpacked"], 4, &["unpacked is there already"]);
    let seen = run(&["inspect", "unpacked", "--for", "dev", "--password", &password, "--prove"], 0, &[]);
    assert_eq!((&seen["current"], &seen["opens"]), (&json!(true), &json!(true)));
    let one = run(&["inspect", "dev-wallet.zip", "--alias", "DEV_LOW"], 0, &[]);
    assert_eq!((one["services"].as_array().unwrap().len(), &one["current"]), (1, &Value::Null));
    run(&["inspect", "dev"], 0, &["dev_high"]);
    run(&["inspect", "dev-wallet.zip", "--alias", "prod_low"], 3, &["the names there: dev_high, dev_medium"]);
    run(
        &["inspect", "dev-wallet.zip", "--password", WRONG, "--prove"],
        10,
        &["does not open its ewallet.pem"],
    );
    run(&["inspect", "dev-wallet.zip", "--for", "prod"], 10, &["have other names now"]);
    run(&["inspect", "nowhere.zip"], 2, &["no file or directory nowhere.zip"]);

    // With another password only what can carry it is kept; for one driver, what it reads.
    let pack = |words: &[&str], code: i32, wanted: &[&str]| {
        let words = [&["repack", "dev-wallet.zip"], words].concat();
        run(&words, code, wanted)
    };
    pack(&["--zip", "new.zip", "--password", &password, "--new-password", NEW], 0, &["keystore.jks"]);
    assert_eq!(mode(&rehearsal.home().join("new.zip")), 0o600);
    let opened = run(&["inspect", "new.zip", "--password", NEW, "--prove", "--for", "dev"], 0, &[]);
    assert_eq!(opened["drivers"], json!(["thin", "thick"]));
    pack(
        &["--directory", "thin", "--for", "thin", "--password", &password, "--keep-as", "thin"],
        0,
        &["secrets/thin"],
    );
    let files: Vec<_> = fs_err::read_dir(rehearsal.home().join("thin")).unwrap().collect();
    assert_eq!(files.len(), 3, "{files:?}");
    pack(&["--zip", "new.zip", "--for", "thick"], 4, &["new.zip is there already"]);
    pack(&["--zip", "new.zip", "--for", "thick", "--force"], 0, &["cwallet.sso"]);
    run(&["inspect", "new.zip"], 10, &["it has no ewallet.pem"]);
    run(&["repack", "new.zip", "--zip", "x.zip", "--for", "thin"], 3, &["has no ewallet.pem"]);
    pack(&["--zip", "x.zip", "--password", WRONG, "--keep-as", "never"], 5, &["does not open"]);
    assert!(!Path::new(&kept).with_file_name("never").exists() && !rehearsal.home().join("x.zip").exists());
    pack(&["--zip", "x.zip"], 2, &["nothing is to be changed"]);

    let ocid = rehearsal.show("dev")["id"].as_str().unwrap().to_owned();
    crate::hands::cloud(rehearsal, &ocid, &adbctl::oci::database::rotate_wallet(json!(ocid)));
    let seen = run(&["inspect", "dev-wallet.zip", "--for", "dev"], 10, &["it was rotated"]);
    assert_eq!(seen["current"], false);
    run(&["inspect", "dev-wallet.zip", "--password", &password, "--prove"], 10, &["does not work for"]);
    run(&["get", "dev", "--force", "--prove"], 0, &[]);
    run(&["inspect", "dev-wallet.zip", "--for", "dev"], 0, &[]);
}

/// Wallets that somebody sent: each is told what is wrong with it, and nothing of it is unpacked.
#[test]
fn wallets_that_cannot_be_relied_on() {
    let rehearsal = &Rehearsal::new();
    let home = rehearsal.home();
    let names = |host: &str| {
        format!(
            "dev_low = (description=(address=(protocol=tcps)(port=1522)(host={host}))\
             (connect_data=(service_name=dev_low.example.com)))\n"
        )
    };
    let check = |files: &[(&str, &[u8])], code: i32, wanted: &[&str]| {
        let path = home.join("sent.zip");
        zip_of(&path, files);
        tool(rehearsal, &["inspect", "sent.zip"], code, wanted);
    };
    let (good, old) = (certificate(2090), certificate(2001));
    let by_name = names("adb.example.com");
    check(
        &[("tnsnames.ora", by_name.as_bytes()), ("ewallet.pem", good.as_bytes())],
        0,
        &["client.example.com"],
    );
    check(
        &[("tnsnames.ora", by_name.as_bytes()), ("ewallet.pem", old.as_bytes())],
        10,
        &["its client certificate expired at 2001-01-01"],
    );
    check(
        &[("tnsnames.ora", names("10.0.0.5").as_bytes()), ("ewallet.pem", good.as_bytes())],
        10,
        &["10.0.0.5 stands in tnsnames.ora", "put the full name there"],
    );
    check(
        &[("tnsnames.ora", b"dev_low = (description"), ("ewallet.pem", good.as_bytes())],
        3,
        &["tnsnames.ora line 1"],
    );
    check(&[("../tnsnames.ora", by_name.as_bytes())], 3, &["leads out of the wallet's directory"]);
    check(&[("notes.txt", b"dear")], 3, &["holds no file of a wallet"]);
    let whole = fs_err::read(home.join("sent.zip")).unwrap();
    fs_err::write(home.join("sent.zip"), &whole[..whole.len() / 2]).unwrap();
    tool(rehearsal, &["inspect", "sent.zip"], 3, &["sent.zip", "is no readable zip"]);
}
