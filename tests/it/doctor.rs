//! What `doctor` finds: everything well on the sandbox, and each kind of trouble by its own line.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::Rehearsal;

/// What needs a password and an engine that speaks SQL.
const SQL: &[&str] = &["log on", "identity", "privileges", "database version", "APEX version"];

/// A rehearsal with a configuration of its own that points at its sandbox, so that the file can be bent.
struct Clinic {
    rehearsal: Rehearsal,
}

impl Clinic {
    fn new() -> Self {
        Self { rehearsal: Rehearsal::new() }
    }

    fn config(&self) -> String {
        let path = self.rehearsal.description()["adbctl_config"].as_str().unwrap().to_owned();
        std::fs::read_to_string(path).unwrap()
    }

    fn profile_path(&self) -> String {
        self.rehearsal.description()["oci_config"].as_str().unwrap().to_owned()
    }

    fn key_path(&self) -> String {
        let profile = std::fs::read_to_string(self.profile_path()).unwrap();
        let line = profile.lines().find(|line| line.starts_with("key_file")).unwrap();
        line.split_once('=').unwrap().1.trim().to_owned()
    }

    fn fault(&self, rule: &Value) {
        self.rehearsal.fault(rule);
    }

    /// Runs doctor with this configuration. Gives the exit code and the lines.
    fn look(&self, config: &str, database: Option<&str>) -> (i32, Vec<Value>) {
        std::fs::write(self.rehearsal.home().join("adbctl.toml"), config).unwrap();
        let words: Vec<&str> = ["doctor", "--output", "json"].into_iter().chain(database).collect();
        let ended = self.rehearsal.run(&words);
        let lines = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|e| panic!("{e}\n{}\n{}", ended.stdout, ended.stderr));
        (ended.code, lines)
    }

    /// Expects this line to fail with these words, and this exit code.
    #[track_caller]
    fn expect(&self, config: &str, database: Option<&str>, code: i32, check: &str, words: &[&str]) {
        let (ended, lines) = self.look(config, database);
        assert_eq!(ended, code, "{lines:#?}");
        let line = lines
            .iter()
            .find(|line| line["check"] == check && line["status"] == "failed")
            .unwrap_or_else(|| panic!("no failed {check} in {lines:#?}"));
        let text =
            format!("{} | {}", line["found"].as_str().unwrap(), line["remedy"].as_str().unwrap_or_default());
        for word in words {
            assert!(text.contains(word), "{word:?} is not in {text}");
        }
    }
}

#[test]
fn all_is_well_on_the_sandbox() {
    let clinic = Clinic::new();
    let ended = clinic.rehearsal.on_sandbox(&["doctor", "--output", "json"]);
    let lines: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let checks = |area: &str| -> Vec<&str> {
        lines.iter().filter(|l| l["area"] == area).filter_map(|l| l["check"].as_str()).collect()
    };
    for line in &lines {
        let check = line["check"].as_str().unwrap();
        if !SQL.contains(&check) {
            assert!(matches!(line["status"].as_str(), Some("passed" | "note")), "{line}");
        }
    }
    for check in ["database service", "work requests", "object storage", "secrets", "clock", "signature"] {
        assert!(checks("Cloud").contains(&check), "{check}");
    }
    for area in ["Database prod", "Database dev"] {
        for check in ["role", "found", "state", "network", "driver", "ORDS", "password", "log on"] {
            assert!(checks(area).contains(&check), "{area} {check}");
        }
    }
    assert!(clinic.rehearsal.audit().iter().all(|line| line["effect"] == "read"));
    let sql_is_well = lines.iter().all(|line| line["status"] == "passed" || line["status"] == "note");
    assert_eq!(ended.code, if sql_is_well { 0 } else { 10 }, "{}", ended.stdout);
}

#[test]
fn the_text_has_marks_and_remedies() {
    let rehearsal = Rehearsal::new();
    let ended = rehearsal.on_sandbox(&["doctor", "nosuch"]).expect(10);
    for part in
        ["Cloud\n", "  ✓ credentials ", "Database nosuch\n", "  ✗ found ", "      help: ", "1 thing has"]
    {
        assert!(ended.stdout.contains(part), "{part:?} is not in\n{}", ended.stdout);
    }
}

#[test]
fn credentials_that_cannot_be_used() {
    let clinic = Clinic::new();
    let config = clinic.config();
    let key = clinic.key_path();
    let mode = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    clinic.expect(&config, Some("dev"), 10, "credentials", &["open to everybody (mode 644)", "chmod 600"]);
    mode(0o640);
    clinic.expect(&config, Some("dev"), 10, "credentials", &["mode 640", "others can read the key"]);
    mode(0o600);
    let profile = std::fs::read_to_string(clinic.profile_path()).unwrap();
    let bent: Vec<String> = profile
        .lines()
        .map(|line| match line.split_once('=') {
            Some((key, _)) if key.trim() == "fingerprint" => {
                "fingerprint=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff".to_owned()
            }
            _ => line.to_owned(),
        })
        .collect();
    std::fs::write(clinic.profile_path(), bent.join("\n")).unwrap();
    clinic.expect(&config, Some("dev"), 10, "credentials", &["00:11:22", "must belong together"]);
    let (_, lines) = clinic.look(&config, Some("dev"));
    let unchecked = lines.iter().find(|line| line["check"] == "signature").unwrap();
    assert_eq!(unchecked["status"], "unchecked", "nothing is sent with a key that is wrong");
}

#[test]
fn a_cloud_that_does_not_answer() {
    let mut clinic = Clinic::new();
    let config = clinic.config();
    clinic.rehearsal.stop_serving();
    clinic.expect(&config, Some("dev"), 8, "database service", &["could not be sent", "check the network"]);
    let (_, lines) = clinic.look(&config, Some("dev"));
    let found = lines.iter().find(|line| line["check"] == "found").unwrap();
    assert_eq!(found["status"], "unchecked");
}

#[test]
fn clocks_that_differ() {
    let clinic = Clinic::new();
    clinic.fault(&json!({ "action": { "skew": { "seconds": 900 } } }));
    let config = clinic.config();
    clinic.expect(&config, Some("dev"), 10, "clock", &["behind the service's", "set it"]);
    clinic.expect(&config, Some("dev"), 10, "signature", &["401"]);
}

#[test]
fn databases_that_are_not_there() {
    let clinic = Clinic::new();
    let config = clinic.config();
    clinic.expect(&config, Some("dve"), 10, "found", &["no database called \"dve\"", "dev"]);
    let unknown = "[database.ghost]\nocid = \"ocid1.autonomousdatabase.oc1.uk-london-1.ghostexample\"\nrole = \"nonproduction\"\n";
    let bent = format!("{config}\n{unknown}");
    clinic.expect(&bent, Some("ghost"), 10, "found", &["unknown to the service"]);
}

#[test]
fn a_terminated_namesake_does_not_count() {
    let clinic = Clinic::new();
    let config = clinic.config();
    let dev = clinic.rehearsal.show("dev");
    let (id, compartment) = (dev["id"].as_str().unwrap(), dev["compartmentId"].as_str().unwrap());
    terminate(&clinic.profile_path(), &clinic.rehearsal, id);
    let named = format!(
        "{config}\n[database.twin]\ndisplay_name = \"dev\"\ncompartment = \"{compartment}\"\nrole = \"nonproduction\"\n"
    );
    clinic.expect(&named, Some("twin"), 10, "found", &["terminated ones do not count", id]);
    let by_ocid = format!("{config}\n[database.late]\nocid = \"{id}\"\nrole = \"nonproduction\"\n");
    clinic.expect(&by_ocid, Some("late"), 10, "found", &["is terminated", "give the present one"]);
}

/// Terminates a database as somebody else would, with the sandbox's own key.
fn terminate(profile: &str, rehearsal: &Rehearsal, id: &str) {
    use adbctl::model::NoSecrets;
    use adbctl::oci::{CallContext, Oci, OciOptions, database};
    let options = OciOptions {
        config_file: Some(profile.into()),
        endpoint: rehearsal.description()["oci_endpoint"].as_str().map(str::to_owned),
        ..OciOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let oci = Oci::new(&options).unwrap();
        let call = database::delete(json!(id), Value::Null);
        oci.send(&call, &CallContext::default(), &NoSecrets).await.unwrap();
        loop {
            let call = database::get(json!(id));
            let reply = oci.send(&call, &CallContext::default(), &NoSecrets).await.unwrap();
            if reply.value["lifecycleState"] == "TERMINATED" {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn services_that_refuse_the_database() {
    let clinic = Clinic::new();
    let config = clinic.config();
    clinic.fault(&json!({ "method": "GET", "path": "*/ords/", "action": { "status": { "status": 503 } } }));
    clinic.expect(&config, Some("dev"), 10, "ORDS", &["503", "just opened"]);
}

#[test]
fn secrets_and_state_that_cannot_be_used() {
    let clinic = Clinic::new();
    let config = clinic.config();
    let secrets = clinic.rehearsal.home().join("open-to-all");
    std::fs::create_dir(&secrets).unwrap();
    std::fs::set_permissions(&secrets, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut bent: toml::Table = config.parse().unwrap();
    let table =
        |key: &str, value: toml::Value| toml::Value::Table(toml::Table::from_iter([(key.to_owned(), value)]));
    let directory = table("directory", secrets.to_str().unwrap().into());
    bent.insert("secrets".into(), table("sink", directory));
    bent["database"]["dev"]["connect"]["password"] = table("env", "NOT_SET".into());
    let bent = toml::to_string(&bent).unwrap();
    clinic.expect(&bent, Some("dev"), 10, "sink", &["open to others", "chmod 700"]);
    clinic.expect(&bent, Some("dev"), 10, "password", &["NOT_SET"]);
    let (_, lines) = clinic.look(&bent, Some("dev"));
    let log_on = lines.iter().find(|line| line["check"] == "log on").unwrap();
    assert_eq!(log_on["status"], "unchecked", "nobody logs on without a password");
}
