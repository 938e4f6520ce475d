//! What `doctor` finds: everything well on the sandbox, and each kind of trouble by its own line.

use std::os::unix::fs::PermissionsExt as _;

use adbctl::model::{NoSecrets, RestCall};
use adbctl::oci::object_storage::{self, Condition};
use adbctl::oci::{CallContext, Oci, OciOptions, database};
use serde_json::{Value, json};

use crate::hands::sql;
use crate::support::Rehearsal;

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
        assert!(matches!(line["status"].as_str(), Some("passed" | "note")), "{line}");
    }
    for check in ["database service", "work requests", "object storage", "secrets", "clock", "signature"] {
        assert!(checks("Cloud").contains(&check), "{check}");
    }
    for area in ["Database prod", "Database dev"] {
        for check in [
            "role",
            "found",
            "state",
            "network",
            "driver",
            "ORDS",
            "password",
            "log on",
            "identity",
            "privileges",
        ] {
            assert!(checks(area).contains(&check), "{area} {check}");
        }
    }
    assert!(clinic.rehearsal.audit().iter().all(|line| line["effect"] == "read"));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
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
    until(&clinic, &database::delete(json!(id), Value::Null), id, |now| {
        now["lifecycleState"] == "TERMINATED"
    });
    let named = format!(
        "{config}\n[database.twin]\ndisplay_name = \"dev\"\ncompartment = \"{compartment}\"\nrole = \"nonproduction\"\n"
    );
    clinic.expect(&named, Some("twin"), 10, "found", &["terminated ones do not count", id]);
    let by_ocid = format!("{config}\n[database.late]\nocid = \"{id}\"\nrole = \"nonproduction\"\n");
    clinic.expect(&by_ocid, Some("late"), 10, "found", &["is terminated", "give the present one"]);
}

/// Does something in the cloud as somebody else would, with the sandbox's own key. A body goes with a call that has one.
fn in_the_cloud(clinic: &Clinic, call: &RestCall, body: Option<Vec<u8>>) -> Value {
    let options = OciOptions {
        config_file: Some(clinic.profile_path().into()),
        endpoint: clinic.rehearsal.description()["oci_endpoint"].as_str().map(str::to_owned),
        ..OciOptions::default()
    };
    let context = CallContext { body: body.map(Into::into), ..CallContext::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sent = async { Oci::new(&options).unwrap().send(call, &context, &NoSecrets).await.unwrap().value };
    runtime.block_on(sent)
}

/// Changes a database and waits until the service says that this came about.
fn until(clinic: &Clinic, change: &RestCall, id: &str, done: impl Fn(&Value) -> bool) {
    in_the_cloud(clinic, change, None);
    let begun = std::time::Instant::now();
    while !done(&in_the_cloud(clinic, &database::get(json!(id)), None)) {
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{id} does not get there");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
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

/// The lines of one area, as `check: status`, in order, and all their words.
fn area(lines: &[Value], area: &str) -> (Vec<String>, String) {
    let lines: Vec<&Value> = lines.iter().filter(|line| line["area"] == area).collect();
    let text = |line: &Value, member: &str| line[member].as_str().unwrap_or_default().to_owned();
    let shown =
        lines.iter().map(|line| format!("{}: {}", text(line, "check"), text(line, "status"))).collect();
    let told = |line: &&Value| format!("{} | {}", text(line, "found"), text(line, "remedy"));
    let words: Vec<String> = lines.iter().map(told).collect();
    (shown, words.join("\n"))
}

impl Clinic {
    /// Runs doctor with these words. Gives the exit code and the lines.
    fn lists(&self, words: &[&str]) -> (i32, Vec<Value>) {
        let all: Vec<&str> = ["doctor", "--output", "json"].iter().chain(words).copied().collect();
        let ended = self.rehearsal.on_sandbox(&all);
        let lines = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|e| panic!("{e}\n{}\n{}", ended.stdout, ended.stderr));
        (ended.code, lines)
    }

    /// Expects these lines of an area, and these words in them.
    #[track_caller]
    fn expect_list(&self, words: &[&str], name: &str, wanted: &[&str], told: &[&str]) {
        let (_, lines) = self.lists(words);
        let (shown, text) = area(&lines, name);
        assert_eq!(shown, wanted, "{text}");
        for word in told {
            assert!(text.contains(word), "{word:?} is not in\n{text}");
        }
    }

    fn bucket(&self) -> (Value, Value) {
        let described = self.rehearsal.description();
        (described["namespace"].clone(), described["bucket"].clone())
    }

    /// Stores a manifest as an export or another run would.
    fn record(&self, prefix: &str, manifest: &Value) {
        let (namespace, bucket) = self.bucket();
        let object = json!(format!("{prefix}manifest.json"));
        let call = object_storage::put_object(
            namespace,
            bucket,
            object,
            "application/json",
            Value::Null,
            Condition::Always,
        );
        in_the_cloud(self, &call, Some(manifest.to_string().into_bytes()));
    }
}

#[test]
fn before_an_upgrade() {
    let clinic = Clinic::new();
    let words = ["--for", "upgrade", "dev"];
    let name = "Before an upgrade of dev";
    let bad = [
        "tier: note",
        "credential: failed",
        "full export: failed",
        "app exports: failed",
        "static files: person",
        "environment: failed",
        "restore drill: failed",
    ];
    clinic.expect_list(
        &words,
        name,
        &bad,
        &[
            "paid database already",
            "ADMIN has no credential ADBCTL_STORE",
            "records no finished full export of dev",
        ],
    );
    assert_eq!(clinic.lists(&words).0, 10);
    clinic.expect_list(
        &words,
        "Bucket for dumps",
        &["bucket: passed", "lifecycle rules: failed", "lifecycle rules: note", "manifests: passed"],
        &["temp/"],
    );

    let dev = clinic.rehearsal.show("dev");
    let id = dev["id"].as_str().unwrap();
    let free = database::update(json!(id), json!({ "isFreeTier": true }), Value::Null);
    until(&clinic, &free, id, |now| now["isFreeTier"] == true && now["lifecycleState"] == "AVAILABLE");
    clinic.rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    let manifest = |kind: &str, mode: Value, finished: &str, outcome: &str, errors: u32| json!({ "kind": kind, "mode": mode, "database": "dev", "finished": finished, "outcome": outcome, "errors": errors });
    clinic
        .record("temp/dev/full/1/", &manifest("export", json!("full"), "2026-05-19T21:10:00Z", "errors", 3));
    clinic.expect_list(
        &words,
        name,
        &["tier: passed", "credential: passed", bad[2], bad[3], bad[4], bad[5], bad[6]],
        &[
            "ended as \"errors\" with 3 errors: temp/dev/full/1/manifest.json",
            "ADBCTL_STORE of ADMIN is there and enabled, for operator@example.com",
        ],
    );
    clinic.record(
        "temp/dev/full/2/",
        &manifest("export", json!("full"), "2026-05-19T22:10:00Z", "succeeded", 0),
    );
    // What the commands themselves leave behind.
    let done = |words: &[&str]| clinic.rehearsal.on_sandbox(words).expect(0);
    done(&["capture", "dev", "--retention", "permanent", "--yes"]);
    done(&["app", "export", "dev", "--all", "--retention", "permanent", "--yes"]);
    clinic.record(
        "permanent/dev/drill/",
        &manifest("drill", Value::Null, "2026-05-19T23:10:00Z", "succeeded", 0),
    );
    clinic.record("temp/broken/", &json!("no object"));
    let good = [
        "tier: passed",
        "credential: passed",
        "full export: passed",
        "app exports: passed",
        "static files: person",
        "environment: passed",
        "restore drill: passed",
    ];
    clinic.expect_list(&words, name, &good, &["temp/dev/full/2/manifest.json", "Static Workspace Files"]);
    clinic.expect_list(
        &words,
        "Bucket for dumps",
        &["bucket: passed", "lifecycle rules: passed", "lifecycle rules: passed", "manifests: note"],
        &["adbctl-delete-temp (delete after 7 days)", "5 read; not read: temp/broken/manifest.json"],
    );
    // Without a name, the list is gone through for the databases that it can concern.
    let (_, lines) = clinic.lists(&["--for", "upgrade"]);
    assert_eq!(area(&lines, name).0, good);
    assert!(area(&lines, "Before an upgrade of prod").0.is_empty());
}

#[test]
fn before_a_standby() {
    let clinic = Clinic::new();
    let words = ["--for", "standby"];
    let name = "Before a standby of prod";
    let line = |backup, dump, state| -> Vec<String> {
        ["service limits: person", "quiet window: person"]
            .into_iter()
            .map(str::to_owned)
            .chain([format!("backup: {backup}"), format!("dump: {dump}"), format!("state: {state}")])
            .chain(["team: person".to_owned()])
            .collect()
    };
    let expect = |wanted: Vec<String>, told: &[&str]| {
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        clinic.expect_list(&words, name, &wanted, told);
    };
    expect(
        line("failed", "failed", "passed"),
        &["a second instance of 4 ECPU", "no finished backup", "AVAILABLE"],
    );
    let prod = clinic.rehearsal.show("prod");
    let id = prod["id"].as_str().unwrap();
    let made = in_the_cloud(&clinic, &database::create_backup(json!(id), json!("kept"), json!(90)), None);
    let kept = database::get_backup(made["id"].clone());
    while in_the_cloud(&clinic, &kept, None)["lifecycleState"] != "ACTIVE" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    clinic.record(
        "permanent/",
        &json!({ "kind": "export", "mode": "full", "database": "prod", "ocid": id.to_uppercase(), "finished": "2026-05-19T21:10:00Z",
                 "outcome": "succeeded", "errors": 0 }),
    );
    expect(line("passed", "passed", "passed"), &["(longterm, made by hand)", "permanent/manifest.json"]);
    until(&clinic, &database::stop(json!(id), Value::Null), id, |now| now["lifecycleState"] == "STOPPED");
    expect(line("passed", "passed", "failed"), &["STOPPED", "wait until it is AVAILABLE"]);
    let (_, lines) = clinic.lists(&words);
    assert!(area(&lines, "Before a standby of dev").0.is_empty(), "it is no production database");
}

#[test]
fn before_a_clone() {
    let clinic = Clinic::new();
    let name = "Before a clone into dev";
    let check = |words: &[&str], [workspace, schema, association]: [&str; 3], told: &[&str]| {
        let words: Vec<&str> = ["--for", "clone", "dev"].iter().chain(words).copied().collect();
        let workspace = format!("workspace: {workspace}");
        let schema = format!("schema: {schema}");
        let association = format!("schema of workspace: {association}");
        let wanted = [workspace.as_str(), &schema, &association, "masking: person", "names outside: person"];
        clinic.expect_list(&words, name, &wanted, told);
    };
    sql(&clinic.rehearsal, "dev", "create user loose identified by \"Long-enough-12345\";\n");
    check(
        &[],
        ["failed", "failed", "unchecked"],
        &["there are: SALES_WS", "--workspace NAME", "--schema NAME"],
    );
    check(
        &["--workspace", "sales_ws", "--schema", "sales"],
        ["passed"; 3],
        &["SALES_WS may work with SALES"],
    );
    check(
        &["--workspace", "SALES_WS", "--schema", "LOOSE"],
        ["passed", "passed", "failed"],
        &["it has: SALES", "Workspace to Schema"],
    );
    check(
        &["--workspace", "OTHER", "--schema", "SALES"],
        ["failed", "passed", "unchecked"],
        &["OTHER is not there"],
    );
    check(
        &["--workspace", "SALES_WS", "--schema", "NOBODY"],
        ["passed", "failed", "unchecked"],
        &["no user NOBODY"],
    );
    check(
        &["--workspace", "SALES_WS", "--schema", "SYS"],
        ["passed", "failed", "unchecked"],
        &["belongs to the database itself"],
    );
    let (code, lines) = clinic.lists(&["--for", "clone", "prod"]);
    assert_eq!(code, 10);
    let (shown, text) = area(&lines, "Before a clone into prod");
    assert_eq!(shown[0], "target: failed", "{text}");
    let (_, lines) = clinic.lists(&["--for", "clone"]);
    assert!(area(&lines, "Before a clone into prod").0.is_empty());
    assert!(clinic.rehearsal.run(&["doctor", "--schema", "SALES"]).expect(2).stderr.contains("--for"));
    let looked = clinic.rehearsal.audit();
    assert!(
        looked
            .iter()
            .filter(|line| line["sql"].as_str().is_some_and(|sql| sql.contains("apex_workspace")))
            .all(|line| line["effect"] == "read")
    );
}

#[test]
fn lists_without_a_bucket_or_a_database() {
    let clinic = Clinic::new();
    let config = clinic.config();
    let look = |change: fn(&mut toml::Table), database: &str| {
        let mut bent: toml::Table = config.parse().unwrap();
        change(&mut bent);
        std::fs::write(clinic.rehearsal.home().join("adbctl.toml"), toml::to_string(&bent).unwrap()).unwrap();
        let words = ["doctor", "--output", "json", "--for", "standby,upgrade,clone", database];
        let ended = clinic.rehearsal.run(&words).expect(10);
        let lines: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
        lines
    };
    let standby = |lines: &[Value]| area(lines, "Before a standby of prod").0;

    let lines = look(|config| drop(config.remove("storage")), "prod");
    let (shown, text) = area(&lines, "Bucket for dumps");
    assert_eq!(shown, ["bucket: failed"]);
    assert!(text.contains("[storage] bucket"), "{text}");
    assert!(standby(&lines).contains(&"dump: unchecked".to_owned()), "{lines:#?}");

    let lines = look(|config| config["storage"]["bucket"] = "elsewhere".into(), "prod");
    let (shown, text) = area(&lines, "Bucket for dumps");
    assert_eq!(shown, ["bucket: failed", "lifecycle rules: unchecked", "manifests: unchecked"]);
    assert!(text.contains("there is no bucket") && text.contains("elsewhere"), "{text}");

    let lines = look(|_| {}, "ghost");
    for (name, checks) in [
        ("Before a standby of ghost", &["backup", "state"][..]),
        ("Before an upgrade of ghost", &["tier", "credential", "static files"]),
        ("Before a clone into ghost", &["workspace", "schema", "schema of workspace"]),
    ] {
        let shown = area(&lines, name).0;
        for check in checks {
            assert!(shown.contains(&format!("{check}: unchecked")), "{check} of {name}: {shown:?}");
        }
    }
}

#[test]
fn what_setup_makes_is_what_the_lists_look_for() {
    let clinic = Clinic::new();
    let words = ["--for", "upgrade", "dev"];
    let seen = || {
        let (_, lines) = clinic.lists(&words);
        let credential = area(&lines, "Before an upgrade of dev").0.swap_remove(1);
        (area(&lines, "Bucket for dumps").0.join(", "), credential)
    };
    let is = |rules: &str, credential: &str| {
        let bucket = format!("bucket: passed, {rules}, manifests: passed");
        assert_eq!(seen(), (bucket, format!("credential: {credential}")));
    };
    is("lifecycle rules: failed, lifecycle rules: note", "failed");
    clinic.rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    is("lifecycle rules: passed, lifecycle rules: passed", "passed");
}
