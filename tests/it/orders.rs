//! The control plane's half of a refresh: both orders, what is refused before anything moves, what is put back, and
//! what happens when answers get lost.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use adbctl::model::{NoSecrets, RestCall};
use adbctl::oci::{CallContext, Oci, OciOptions, database};
use serde_json::{Value, json};

use crate::equality;
use crate::support::{Ended, Rehearsal, is_change, json};

const CLONES: &str = "/20160918/autonomousDatabases";

/// Somebody else who works on the same cloud.
pub(crate) struct Colleague {
    oci: Oci,
    origin: String,
    runtime: tokio::runtime::Runtime,
}

impl Colleague {
    pub(crate) fn of(rehearsal: &Rehearsal) -> Self {
        let description = rehearsal.description();
        let origin = description["oci_endpoint"].as_str().unwrap().to_owned();
        let options = OciOptions {
            config_file: Some(description["oci_config"].as_str().unwrap().into()),
            profile: Some("DEFAULT".into()),
            endpoint: Some(origin.clone()),
            ..OciOptions::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let oci = runtime.block_on(async { Oci::new(&options) }).unwrap();
        Self { oci, origin, runtime }
    }

    pub(crate) fn send(&self, call: &RestCall) -> Value {
        let context = CallContext::default();
        let sent = self.oci.send(call, &context, &NoSecrets);
        self.runtime.block_on(sent).unwrap().value
    }

    /// Changes a database that is at rest.
    pub(crate) fn change(&self, id: &Value, body: Value) {
        self.send(&database::update(id.clone(), body, Value::Null));
        self.rest(id);
    }

    pub(crate) fn stop(&self, id: &Value) {
        self.send(&database::stop(id.clone(), Value::Null));
        assert_eq!(self.rest(id), "STOPPED");
    }

    /// The state once no work is going on.
    pub(crate) fn rest(&self, id: &Value) -> String {
        let begun = Instant::now();
        loop {
            let state = self.state(id);
            if matches!(state.as_str(), "AVAILABLE" | "STOPPED" | "TERMINATED") {
                return state;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{state}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn state(&self, id: &Value) -> String {
        self.get(id)["lifecycleState"].as_str().unwrap().to_owned()
    }

    pub(crate) fn get(&self, id: &Value) -> Value {
        self.send(&database::get(id.clone()))
    }

    pub(crate) fn fault(&self, rule: &Value) {
        let address = format!("{}/sandbox/faults", self.origin);
        let status = self
            .runtime
            .block_on(async { self.oci.http().post(address).json(rule).send().await.unwrap().status() });
        assert_eq!(status, 201, "{rule}");
    }

    /// A database with an address of the target's subnet, in the compartment of another database.
    pub(crate) fn squatter(&self, beside: &str, address: &str) -> Value {
        let compartment = format!("ocid1.compartment.oc1..{beside}example");
        let made = self.send(&database::create(json!({
            "source": "NONE", "compartmentId": compartment, "dbName": "SQUAT", "displayName": "squatter",
            "adminPassword": "Refreshed_Pw1x", "computeModel": "ECPU", "computeCount": 2, "dataStorageSizeInTBs": 1,
            "subnetId": "ocid1.subnet.oc1.uk-london-1.devexample", "privateEndpointLabel": "squat",
            "privateEndpointIp": address, "licenseModel": "LICENSE_INCLUDED",
        })));
        self.rest(&made["id"]);
        made["id"].clone()
    }

    /// The databases of a compartment that are not terminated.
    fn present(&self, compartment: &Value) -> Vec<Value> {
        let all = self.send(&database::list(compartment.clone()));
        all.as_array().unwrap().iter().filter(|d| d["lifecycleState"] != "TERMINATED").cloned().collect()
    }
}

/// A text without its line breaks.
pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What keeps a refresh to the control plane: these tests are about databases, not about what is in them.
const PLAIN: &[&str] = &[
    "--set",
    "capture_sql=false",
    "--set",
    "builder_authentication=keep",
    "--set",
    "scripts=[]",
    "--set",
    "reset_users=[]",
    "--set",
    "applications=[]",
    "--set",
    "workspace_users=[]",
    "--set",
    "role_assignments=[]",
    "--set",
    "grants=[]",
    "--set",
    "create_users=[]",
    "--set",
    "credentials=[]",
    "--set",
    "mail={}",
];

/// The words with [`PLAIN`] behind them.
pub(crate) fn plain<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().chain(PLAIN).copied().collect()
}

pub(crate) fn refresh(rehearsal: &Rehearsal, more: &[&str]) -> Ended {
    let mut words = plain(&["refresh", "prod", "dev", "--yes"]);
    words.extend(more);
    rehearsal.on_sandbox(&words)
}

/// The changes that the runs sent, in order: method and the last part of the path.
pub(crate) fn writes(rehearsal: &Rehearsal) -> Vec<Value> {
    rehearsal.audit_of_steps().into_iter().filter(|l| l["kind"] == "rest" && l["effect"] == "write").collect()
}

/// A refusal before anything moved: nothing was changed, and the text says why and what to do.
#[track_caller]
pub(crate) fn refused(rehearsal: &Rehearsal, more: &[&str], wanted: &[&str]) {
    let ended = refresh(rehearsal, more).expect(3);
    let text = flat(&ended.stderr);
    for part in wanted {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(writes(rehearsal).is_empty());
}

/// The equality of plan and audit for the newest and only run.
#[track_caller]
pub(crate) fn as_planned(rehearsal: &Rehearsal) {
    let plan = json(&rehearsal.newest_run().join("plan.json"));
    equality::compare(&plan, &rehearsal.audit_of_steps()).unwrap();
}

#[test]
fn what_is_refused_before_anything_moves() {
    let rehearsal = Rehearsal::new();
    let order = ["--order", "replace"];
    refused(&rehearsal, &order, &["was not confirmed", "--confirm-terminate dev"]);
    refused(&rehearsal, &[&order[..], &["--confirm-terminate", "prod"]].concat(), &["was not confirmed"]);
    refused(&rehearsal, &["--confirm-terminate", "prod"], &["prod was confirmed", "the target is dev"]);
    let few = [&order[..], &["--confirm-terminate", "dev", "--set", "backup_days=30"]].concat();
    refused(&rehearsal, &few, &["cannot be kept for 30 days", "90 to 3650"]);
    refused(
        &rehearsal,
        &["--set", "parking_ip="],
        &["10.0.2.21", "no parking address", "--set parking_ip=ADDRESS"],
    );
    refused(&rehearsal, &["--set", "parking_ip=10.0.2.21"], &["is the address of dev itself"]);
    refused(&rehearsal, &["--set", "clone_from=yesterday"], &["is no state that can be cloned"]);
    refused(&rehearsal, &["--set", "clone_type=partial"], &["must be one of full, metadata"]);
    let two = ["--set", "admin_secret_id=ocid1.vaultsecret.example", "--set", "admin_password={env='PW'}"];
    refused(&rehearsal, &two, &["two different passwords"]);
}

#[test]
fn replace_terminates_first_and_clones_in_its_place() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let before = rehearsal.show("dev");
    refresh(&rehearsal, &["--order", "replace", "--confirm-terminate", "dev", "--set", "parking_ip="])
        .expect(0);
    as_planned(&rehearsal);
    let after = rehearsal.show("dev");
    assert_ne!(before["id"], after["id"]);
    for kept in ["dbName", "displayName", "privateEndpointIp", "privateEndpointLabel", "subnetId", "nsgIds"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    assert_eq!(colleague.state(&before["id"]), "TERMINATED");
    let steps: Vec<String> =
        writes(&rehearsal).iter().map(|l| l["step"].as_str().unwrap().to_owned()).collect();
    assert_eq!(steps, ["backup_old", "terminate_first", "clone", "tag_new"]);
    let backups = colleague.send(&database::list_backups(before["id"].clone()));
    assert_eq!(backups[0]["type"], "LONGTERM", "it outlives its database: {backups}");
    assert_eq!(backups[0]["retentionPeriodInDays"], 90);
}

#[test]
fn replace_without_a_backup() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let before = rehearsal.show("dev");
    colleague.stop(&before["id"]);
    refresh(&rehearsal, &["--order", "replace", "--confirm-terminate", "dev", "--set", "backup_days=0"])
        .expect(0);
    as_planned(&rehearsal);
    let backups = colleague.send(&database::list_backups(before["id"].clone()));
    assert_eq!(backups, json!([]));
}

#[test]
fn swap_terminates_last_and_only_when_confirmed() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let before = rehearsal.show("dev");
    refresh(&rehearsal, &["--confirm-terminate", "dev"]).expect(0);
    as_planned(&rehearsal);
    assert_eq!(colleague.state(&before["id"]), "TERMINATED");
    let writes = writes(&rehearsal);
    assert_eq!(writes.last().unwrap()["step"], "terminate_old");
    assert_eq!(writes.last().unwrap()["method"], "DELETE");
}

/// Afterwards the name means the new database, for every command.
#[test]
fn the_name_means_the_new_database() {
    let rehearsal = Rehearsal::new();
    let before = rehearsal.show("dev");
    refresh(&rehearsal, &[]).expect(0);
    let after = rehearsal.show("dev");
    assert_ne!(before["id"], after["id"]);
    let seen = rehearsal.audit().len();
    let verified = rehearsal.on_sandbox(&["verify", "dev"]).expect(0);
    assert!(verified.stdout.contains("Verdict: done"), "{}", verified.stdout);
    let looked: Vec<Value> = rehearsal.audit().split_off(seen);
    let new = format!("{CLONES}/{}", after["id"].as_str().unwrap());
    assert!(looked.iter().any(|l| l["path"] == new.as_str()), "verify looked at {looked:#?}");
    assert!(!looked.iter().any(is_change));
    let resumed = rehearsal.on_sandbox(&["resume"]);
    assert_ne!(resumed.code, 0, "nothing is open: {}", resumed.stdout);
    assert_eq!(rehearsal.show("dev")["id"], after["id"]);
}

#[test]
fn a_public_target_keeps_its_access_list() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let id = rehearsal.show("dev")["id"].clone();
    colleague.change(&id, json!({ "privateEndpointLabel": "" }));
    colleague.change(&id, json!({ "whitelistedIps": ["203.0.113.0/24"] }));
    refresh(&rehearsal, &["--set", "parking_ip="]).expect(0);
    as_planned(&rehearsal);
    let after = rehearsal.show("dev");
    assert_eq!(after["whitelistedIps"], json!(["203.0.113.0/24"]));
    assert!(after["privateEndpointIp"].is_null() && after["subnetId"].is_null(), "{after}");
    assert!(
        !writes(&rehearsal).iter().any(|l| l["step"] == "release_address" || l["step"] == "take_address")
    );
}

/// A configuration beside the sandbox's own, for what that one does not say.
pub(crate) fn configured(rehearsal: &Rehearsal, change: impl Fn(String) -> String) -> Vec<String> {
    let text = std::fs::read_to_string(rehearsal.sandbox().join("adbctl.toml")).unwrap();
    let file = rehearsal.home().join("own.toml");
    std::fs::write(&file, change(text)).unwrap();
    let state = rehearsal.sandbox().join("state");
    ["--config", file.to_str().unwrap(), "--state-dir", state.to_str().unwrap()].map(str::to_owned).to_vec()
}

pub(crate) fn run_with(rehearsal: &Rehearsal, options: &[String], words: &[&str]) -> Ended {
    let mut all: Vec<&str> = options.iter().map(String::as_str).collect();
    all.extend(words);
    rehearsal.run(&all)
}

#[test]
fn a_stopped_source_is_started_with_consent_and_put_back() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let prod = rehearsal.show("prod")["id"].clone();
    colleague.stop(&prod);
    refused(&rehearsal, &[], &["does not consent", "consent = [\"start\"]"]);
    let options = configured(&rehearsal, |text| text.replacen("consent = [", "consent = [\"start\", ", 1));
    // It is put back after a failure too, and the run that goes on from there ends well.
    colleague.fault(
        &json!({ "method": "POST", "path": CLONES, "count": 1, "action": { "quota": { "databases": 1 } } }),
    );
    run_with(&rehearsal, &options, &plain(&["refresh", "prod", "dev", "--yes"])).expect(6);
    assert_eq!(colleague.state(&prod), "STOPPED");
    run_with(&rehearsal, &options, &["resume"]).expect(0);
    assert_eq!(colleague.state(&prod), "STOPPED");
    let on_prod: Vec<String> = writes(&rehearsal)
        .iter()
        .filter_map(|l| l["path"].as_str()?.split_once(prod.as_str().unwrap()).map(|(_, end)| end.to_owned()))
        .collect();
    assert_eq!(on_prod, ["/actions/start", "/actions/stop"]);
}

#[test]
fn a_stopped_target_is_started_and_put_back_when_the_run_fails() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let dev = rehearsal.show("dev")["id"].clone();
    colleague.stop(&dev);
    colleague.fault(&json!({ "method": "POST", "path": CLONES, "count": 1, "action": { "fail-clone": {} } }));
    refresh(&rehearsal, &[]).expect(6);
    assert_eq!(rehearsal.show("dev")["id"], dev);
    assert_eq!(colleague.state(&dev), "STOPPED");
    refresh(&rehearsal, &[]).expect(0);
    assert_eq!(rehearsal.show("dev")["lifecycleState"], "AVAILABLE");
    assert_eq!(colleague.state(&dev), "STOPPED");
}

#[test]
fn what_is_cloned_and_how_large() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let prod = rehearsal.show("prod")["id"].clone();
    let backup =
        colleague.send(&database::create_backup(prod.clone(), json!("b"), Value::Null))["id"].clone();
    colleague.rest(&prod);
    let dev = rehearsal.show("dev");
    let schedule = json!({ "repeatCadence": "WEEKLY", "timeOfBackup": "2026-02-01T02:00:00Z", "retentionPeriodInDays": 120, "isDisabled": false });
    colleague.change(&dev["id"], json!({ "longTermBackupSchedule": schedule }));
    colleague.change(&dev["id"], json!({ "permissionLevel": "RESTRICTED", "openMode": "READ_ONLY" }));
    let from = format!("clone_from={}", backup.as_str().unwrap());
    let secret = "ocid1.vaultsecret.oc1.uk-london-1.devapppasswordexample";
    let secret_id = format!("admin_secret_id={secret}");
    let set =
        [&from, "clone_type=metadata", "ecpu=4", "storage_tb=3", "backup_retention_days=30", &secret_id];
    let words: Vec<&str> = set.iter().flat_map(|s| ["--set", s]).collect();
    refresh(&rehearsal, &words).expect(0);
    as_planned(&rehearsal);
    let asked = writes(&rehearsal).into_iter().find(|l| l["step"] == "clone").unwrap()["body"].clone();
    assert_eq!((&asked["source"], &asked["autonomousDatabaseBackupId"]), (&json!("BACKUP_FROM_ID"), &backup));
    assert_eq!(asked["secretId"], secret);
    assert!(asked.get("adminPassword").is_none());
    assert!(asked["definedTags"].get("Oracle-Tags").is_none(), "the service sets these itself");
    assert_eq!(asked["freeformTags"]["cost-centre"], "1300");
    assert!(asked["freeformTags"].get("adbctl-name").is_none(), "the name goes over with the swap");
    let after = rehearsal.show("dev");
    assert_eq!(after["computeCount"], 4.0);
    assert_eq!(after["dataStorageSizeInTBs"], 3);
    assert_eq!(after["backupRetentionPeriodInDays"], 30);
    assert_eq!(after["longTermBackupSchedule"], schedule);
    assert_eq!((&after["permissionLevel"], &after["openMode"]), (&json!("RESTRICTED"), &json!("READ_ONLY")));
    assert_eq!(after["scheduledOperations"], dev["scheduledOperations"]);
    assert_eq!(after["freeformTags"]["owner"], "team@example.com");
    // A time before the first backup is refused by the service; nothing was made, and the old target is untouched.
    let ended = refresh(&rehearsal, &["--set", "clone_from=2020-01-01T00:00:00Z"]);
    assert_eq!(ended.code, 5, "{}", ended.stdout);
    assert!(
        flat(&ended.stdout).contains("no backup of the database from before that time"),
        "{}",
        ended.stdout
    );
    assert_eq!(rehearsal.show("dev")["id"], after["id"]);
}

/// No clone starts while its source is being scaled: the run waits for that.
#[test]
fn a_source_that_is_being_scaled_is_waited_for() {
    let rehearsal = Rehearsal::at_speed("1");
    let colleague = Colleague::of(&rehearsal);
    let prod = rehearsal.show("prod")["id"].clone();
    colleague.send(&database::update(
        prod.clone(),
        json!({ "computeModel": "ECPU", "computeCount": 6 }),
        Value::Null,
    ));
    let mut child = rehearsal
        .sandbox_command(&plain(&["refresh", "prod", "dev", "--yes"]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !rehearsal.audit().iter().any(|l| l["method"] == "POST" && l["path"] == CLONES) {
        assert!(begun.elapsed() < Duration::from_secs(30), "no clone was begun");
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let lines: Vec<Value> = rehearsal.audit_of_steps().into_iter().filter(|l| l["step"] == "clone").collect();
    let asked = lines.iter().position(|l| l["method"] == "POST").unwrap();
    assert!(asked >= 2, "it looked {asked} times before it asked for the clone");
    assert!(lines[asked]["status"].as_u64().unwrap() < 300, "the service took the clone: {}", lines[asked]);
}

/// Refusals of the service that a person can mend: named with advice, and the run goes on afterwards.
#[test]
fn quota_name_and_address_taken() {
    let taken = json!({ "status": { "status": 400, "code": "InvalidParameter",
        "message": "the database name DEV is in use in this tenancy" } });
    let cases = [
        (
            json!({ "method": "POST", "path": CLONES, "count": 1, "action": { "quota": { "databases": 2 } } }),
            5,
            "LimitExceeded",
            "--order replace",
        ),
        (
            json!({ "method": "POST", "path": CLONES, "count": 1, "action": taken }),
            5,
            "is in use",
            "then resume",
        ),
        (json!({ "method": "PUT", "path": "*", "count": 1, "action": taken }), 6, "is in use", "then resume"),
    ];
    for (rule, code, what, advice) in cases {
        let rehearsal = Rehearsal::new();
        let colleague = Colleague::of(&rehearsal);
        colleague.fault(&rule);
        let ended = refresh(&rehearsal, &[]).expect(code);
        let text = flat(&format!("{} {}", ended.stdout, ended.stderr));
        assert!(text.contains(what) && text.contains(advice), "{text}");
        rehearsal.on_sandbox(&["resume"]).expect(0);
        end_state(&rehearsal, &colleague);
    }
}

#[test]
fn a_parking_address_that_somebody_has() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let squatter = colleague.squatter("prod", "10.0.2.250");
    let ended = refresh(&rehearsal, &[]).expect(6);
    assert!(flat(&ended.stdout).contains("10.0.2.250 is in use in the subnet"), "{}", ended.stdout);
    colleague.send(&database::delete(squatter.clone(), Value::Null));
    colleague.rest(&squatter);
    rehearsal.on_sandbox(&["resume"]).expect(0);
    end_state(&rehearsal, &colleague);
}

#[test]
fn refreshable_clones_are_refused_or_disconnected() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let (prod, dev) = (rehearsal.show("prod"), rehearsal.show("dev"));
    let made = colleague.send(&database::create(json!({
        "source": "CLONE_TO_REFRESHABLE", "sourceId": prod["id"], "refreshableMode": "MANUAL",
        "compartmentId": dev["compartmentId"], "dbName": "LIVE", "displayName": "live",
        "computeModel": "ECPU", "computeCount": 2, "licenseModel": "LICENSE_INCLUDED",
    })));
    colleague.rest(&made["id"]);
    let options = configured(&rehearsal, |text| {
        let compartment = dev["compartmentId"].as_str().unwrap();
        let password = rehearsal.sandbox().join("passwords/dev");
        format!(
            "{text}\n[database.live]\nrole = \"nonproduction\"\ndisplay_name = \"live\"\ncompartment = \"{compartment}\"\n\
             [database.live.connect]\nuser = \"ADMIN\"\npassword = {{ file = \"{}\" }}\n",
            password.display()
        )
    });
    let ended = run_with(&rehearsal, &options, &plain(&["refresh", "live", "dev", "--yes"])).expect(3);
    assert!(ended.stderr.contains("live is a refreshable clone"), "{}", ended.stderr);
    assert!(writes(&rehearsal).is_empty());
    run_with(&rehearsal, &options, &plain(&["refresh", "prod", "live", "--yes"])).expect(0);
    let first = &writes(&rehearsal)[0];
    assert_eq!(first["step"], "disconnect_target");
    assert_eq!(first["body"], json!({ "isRefreshableClone": false }));
    assert_eq!(colleague.get(&made["id"])["lifecycleState"], "STOPPED");
}

/// What every refresh in order swap must end in: one clone, in the target's place, and the old one stopped beside it.
#[track_caller]
fn end_state(rehearsal: &Rehearsal, colleague: &Colleague) {
    let new = rehearsal.show("dev");
    let present = colleague.present(&new["compartmentId"]);
    assert_eq!(present.len(), 2, "{present:#?}");
    let old = present.iter().find(|d| d["id"] != new["id"]).unwrap();
    assert_eq!(new["sourceId"], rehearsal.show("prod")["id"]);
    assert_eq!(
        [
            &new["dbName"],
            &new["privateEndpointIp"],
            &new["privateEndpointLabel"],
            &new["freeformTags"]["adbctl-name"]
        ],
        ["DEV", "10.0.2.21", "dev-db", "dev"]
    );
    assert!(old["dbName"].as_str().unwrap().starts_with("DEVOLD"), "{old}");
    assert!(old["freeformTags"].get("adbctl-name").is_none());
    assert_eq!(old["lifecycleState"], "STOPPED");
}

/// How a write is lost.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// The work is done, the answer never comes.
    Answer,
    /// The work is done, and the process dies before the answer comes.
    Process,
}

/// Runs a refresh whose write of this number is lost, and goes on until it is done.
fn lose(number: usize, method: &str, place: usize, loss: Loss) {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let action = match loss {
        Loss::Answer => json!({ "drop": { "after": true } }),
        Loss::Process => json!({ "slow": { "seconds": 3.0 } }),
    };
    colleague.fault(
        &json!({ "method": method, "path": "/20160918/*", "after": place, "count": 1, "action": action }),
    );
    let mut command: Command = rehearsal.sandbox_command(&plain(&["refresh", "prod", "dev", "--yes"]));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    if matches!(loss, Loss::Process) {
        let begun = Instant::now();
        while sent(&rehearsal) <= number {
            assert!(begun.elapsed() < Duration::from_mins(1), "write {number} was never sent");
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(250));
        child.kill().unwrap();
    }
    let done = child.wait().unwrap().success();
    if !done {
        let resumed = rehearsal.on_sandbox(&["resume"]);
        assert_eq!(resumed.code, 0, "write {number} {loss:?}\n{}\n{}", resumed.stdout, resumed.stderr);
    }
    assert!(!(done && matches!(loss, Loss::Process)), "write {number}: the process was to be killed");
    end_state(&rehearsal, &colleague);
}

/// How many changes the newest run's journal says were sent.
fn sent(rehearsal: &Rehearsal) -> usize {
    let runs = rehearsal.sandbox().join("state/runs");
    let Some(Ok(run)) = std::fs::read_dir(runs).ok().and_then(|mut all| all.next()) else { return 0 };
    let journal = std::fs::read_to_string(run.path().join("journal.jsonl")).unwrap_or_default();
    journal.lines().filter(|line| line.contains("\"act-sent\"")).count()
}

/// Each write of a whole refresh in turn is lost, with the answer and with the process: the end is the same, and there
/// is one clone.
#[test]
fn every_write_may_be_lost() {
    let rehearsal = Rehearsal::new();
    refresh(&rehearsal, &[]).expect(0);
    end_state(&rehearsal, &Colleague::of(&rehearsal));
    let methods: Vec<String> =
        writes(&rehearsal).iter().map(|l| l["method"].as_str().unwrap().to_owned()).collect();
    assert!(methods.len() >= 9, "{methods:?}");
    let mut work = Vec::new();
    for (number, method) in methods.iter().enumerate() {
        let place = methods[..number].iter().filter(|m| *m == method).count();
        work.push((number, method.clone(), place, Loss::Answer));
        work.push((number, method.clone(), place, Loss::Process));
    }
    let work = std::sync::Mutex::new(work);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((number, method, place, loss)) = { work.lock().unwrap().pop() } {
                    lose(number, &method, place, loss);
                }
            });
        }
    });
}
