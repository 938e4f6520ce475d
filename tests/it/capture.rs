//! What an export leaves behind is captured, given back, and compared; what cannot be is refused or named.

use adbctl::db::{Drivers, SessionOptions};
use adbctl::model::act::{Returns, SqlCall};
use serde_json::{Value, json as value};
use tokio_util::sync::CancellationToken;

use crate::contract::{admin_of, rows};
use crate::kill::kill_at;
use crate::orders::{configured, flat, run_with};
use crate::support::{Ended, Rehearsal, is_change, json};

/// Runs a statement as ADMIN.
pub(crate) fn alter(rehearsal: &Rehearsal, name: &str, text: &str) {
    let (connection, password) = admin_of(rehearsal, name);
    let call = SqlCall {
        connection,
        text: text.to_owned(),
        returns: Returns::Nothing,
        binds: Vec::new(),
        limit_seconds: 60,
        consented: false,
    };
    let drivers = Drivers::new(crate::support::http(), None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connector = drivers.connector("ords").unwrap();
        let options = SessionOptions::default();
        let mut session =
            connector.open(&call.connection, adbctl::db::Credentials::of(password), &options).await.unwrap();
        session.execute(&call, &CancellationToken::new()).await.unwrap_or_else(|e| panic!("{text}: {e}"));
    });
}

fn capture(rehearsal: &Rehearsal, database: &str, file: &str) -> Value {
    rehearsal.on_sandbox(&["capture", database, "--file", file, "--yes"]).expect(0);
    json(&rehearsal.home().join(file))
}

fn replay(rehearsal: &Rehearsal, file: &str, more: &[&str]) -> Ended {
    let words = ["replay", "dev", "--capture", file, "--yes", "--report", "json=report.json"];
    rehearsal.on_sandbox(&[&words[..], more].concat())
}

/// What a step gave, from the last report.
pub(crate) fn outputs(rehearsal: &Rehearsal, step: &str) -> Value {
    let report = json(&rehearsal.home().join("report.json"));
    report["steps"].as_array().unwrap().iter().find(|s| s["id"] == step).unwrap()["outputs"].clone()
}

/// The checks that a person is to look at, with what was found.
fn open(rehearsal: &Rehearsal) -> Vec<(String, Value)> {
    let report = json(&rehearsal.home().join("report.json"));
    let checks = report["checks"].as_array().unwrap().iter().filter(|c| c["status"] == "manual");
    checks.map(|c| (c["id"].as_str().unwrap().to_owned(), c["found"].clone())).collect()
}

/// Drops SALES's link, which nobody else can.
const NO_LINK: &str = "begin execute immediate 'create procedure sales.away is begin execute immediate ''drop database link erp_link''; end;'; \
     execute immediate 'begin sales.away; end;'; execute immediate 'drop procedure sales.away'; end;";

/// Takes things from dev, and changes others, that prod's capture is to give back.
fn spoil(rehearsal: &Rehearsal) {
    for text in [
        NO_LINK,
        // A module that differs, protected by a privilege that the capture does not know; a schema that is closed stays closed.
        "declare r owa.vc_arr; p owa.vc_arr; m owa.vc_arr; begin \
         ords_admin.enable_schema(p_enabled => true, p_schema => 'SALES', p_url_mapping_pattern => 'sales', p_auto_rest_auth => true); \
         ords_admin.define_module(p_schema => 'SALES', p_module_name => 'orders.v1', p_base_path => 'orders/v1/', p_comments => 'Old'); \
         ords_admin.create_role(p_schema => 'SALES', p_role_name => 'Auditor'); r(1) := 'Auditor'; m(1) := 'orders.v1'; \
         ords_admin.define_privilege(p_schema => 'SALES', p_privilege_name => 'sales.audit', p_roles => r, p_patterns => p, \
         p_modules => m, p_label => 'Audit'); commit; end;",
        "begin execute immediate 'grant execute on dbms_cloud_admin to sales'; end;",
        "begin dbms_scheduler.drop_job('SALES.PURGE_CANCELLED', true); end;",
        "begin dbms_scheduler.set_attribute('SALES.NIGHTLY_REPORT', 'repeat_interval', 'FREQ=WEEKLY'); end;",
        "begin dbms_scheduler.set_attribute_null('SALES.NIGHTLY_REPORT', 'comments'); end;",
    ] {
        alter(rehearsal, "dev", text);
    }
}

/// Secrets by reference: each member of the list names the same file.
fn secrets(rehearsal: &Rehearsal) -> Vec<String> {
    let file = rehearsal.home().join("secret");
    std::fs::write(&file, "Harbour-Lantern-26").unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let file = format!("{{ file = \"{}\" }}", file.display());
    vec![
        "--set".into(),
        format!("link_passwords=[{{ owner = \"SALES\", db_link = \"ERP_LINK\", password = {file} }}]"),
        "--set".into(),
        format!("workspace_users=[{{ workspace = \"SALES_WS\", user_name = \"ALICE\", password = {file} }}]"),
        "--set".into(),
        format!(
            "credentials=[{{ owner = \"SALES\", credential_name = \"EMAIL_CRED\", username = \"u\", password = {file} }}]"
        ),
    ]
}

#[test]
fn what_was_captured_is_given_back_once() {
    let rehearsal = Rehearsal::new();
    let first = capture(&rehearsal, "prod", "first.json");
    let second = capture(&rehearsal, "prod", "second.json");
    let text = std::fs::read_to_string(rehearsal.home().join("first.json")).unwrap();
    let other = std::fs::read_to_string(rehearsal.home().join("second.json")).unwrap();
    let topics = |text: &str| text[text.find("\n  \"topics\"").unwrap()..].to_owned();
    assert_eq!(topics(&text), topics(&other), "nothing changed, so only the headers differ");
    assert_ne!(first["captured"]["run"], second["captured"]["run"]);
    assert_eq!(first["captured"]["ords_version"], "25.2.0");
    for secret in ["Erp#Reader2026x", "prod-smtp-password", "Alice#Prod2026xy"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(rehearsal.audit().iter().all(|line| line["effect"] == "read"), "a capture only reads");
    for topic in
        ["ords_handlers", "ords_parameters", "scheduler_jobs", "host_aces", "object_grants", "workspaces"]
    {
        assert!(!first["topics"][topic].as_array().unwrap().is_empty(), "{topic}");
    }

    spoil(&rehearsal);
    let references = secrets(&rehearsal);
    let references: Vec<&str> = references.iter().map(String::as_str).collect();
    replay(&rehearsal, "first.json", &references).expect(0);
    for file in [rehearsal.sandbox().join("audit.jsonl"), rehearsal.newest_run().join("journal.jsonl")] {
        assert!(
            !std::fs::read_to_string(&file).unwrap().contains("Harbour-Lantern-26"),
            "{}",
            file.display()
        );
    }
    // However many steps hand the document on, the run keeps it once, and its journal only names it.
    let bytes = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().len();
    let kept = std::fs::read_dir(rehearsal.newest_run().join("kept")).unwrap();
    let kept: u64 = kept.map(|file| bytes(file.unwrap().path())).sum();
    let document = text.len() as u64;
    let journal = std::fs::read_to_string(rehearsal.newest_run().join("journal.jsonl")).unwrap();
    assert!(kept < document * 3 / 2 && kept > document / 4, "{kept} of {document}");
    assert!((journal.len() as u64) < document && journal.contains("kept-sha256"), "{}", journal.len());
    // What is there now is what prod had, but for what only a person can give back.
    let after = capture(&rehearsal, "dev", "after.json");
    let missing = |topic: &str| -> Vec<Value> {
        let there = after["topics"][topic].as_array().unwrap();
        let wanted = first["topics"][topic].as_array().unwrap().iter();
        wanted.filter(|row| !there.contains(row)).cloned().collect()
    };
    for topic in first["topics"].as_object().unwrap().keys() {
        let known = match topic.as_str() {
            // Made again switched off; the other recorded one was there and on, and stays on.
            "scheduler_jobs" => 1,
            // BOB and CAROL have no password by reference.
            "workspace_users" => 2,
            // Their users and dates are the databases' own; credentials stand for other people in dev.
            "users" | "credentials" => continue,
            _ => 0,
        };
        assert_eq!(missing(topic).len(), known, "{topic}: {:#?}", missing(topic));
    }
    let jobs = rows(
        &rehearsal,
        "dev",
        "select job_name, enabled from dba_scheduler_jobs where owner = 'SALES' order by job_name",
    );
    let states: Vec<String> =
        jobs.iter().map(|j| format!("{} {}", j["job_name"], j["enabled"]).replace('"', "")).collect();
    assert!(states.contains(&"NIGHTLY_REPORT TRUE".to_owned()), "{states:?}");
    assert!(states.contains(&"PURGE_CANCELLED FALSE".to_owned()), "{states:?}");
    let looked: Vec<(String, Value)> = open(&rehearsal);
    let ids: Vec<&str> = looked.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["workspace_users_there", "jobs_on"]);
    assert_eq!(looked[0].1[0], value!({ "user_name": "BOB", "workspace_name": "SALES_WS" }));
    assert_eq!(looked[1].1, value!([{ "job_name": "PURGE_CANCELLED", "owner": "SALES" }]));
    assert_eq!(outputs(&rehearsal, "database_links.1")["binds"]["outcome"], "made");
    assert_eq!(outputs(&rehearsal, "credentials.1")["binds"]["outcome"], "kept", "it is there and stays");

    let protects = "select count(*) as n from dba_ords_privilege_modules r join dba_ords_privileges p on p.id = r.privilege_id \
                    where r.module_name = 'orders.v1' and p.name in ('sales.audit', 'sales.partners')";
    assert_eq!(
        rows(&rehearsal, "dev", protects)[0]["n"],
        2,
        "what protected it does, and what is recorded too"
    );

    // Once more changes nothing.
    replay(&rehearsal, "first.json", &references).expect(0);
    let steps = [
        "grants",
        "synonyms",
        "host_aces",
        "scheduler_jobs",
        "ords_schemas",
        "ords_modules",
        "ords_privileges",
        "workspaces",
        "application_roles",
    ];
    for step in steps {
        assert_eq!(outputs(&rehearsal, step)["binds"]["given"], 0, "{step}");
    }
    assert_eq!(outputs(&rehearsal, "apex_parameters")["binds"]["changed"], 0);
    assert_eq!(capture(&rehearsal, "dev", "again.json")["topics"], after["topics"]);

    // The jobs that were on, on request.
    replay(&rehearsal, "first.json", &["--enable-jobs"]).expect(0);
    assert!(!open(&rehearsal).iter().any(|(id, _)| id == "jobs_on"));

    // Helpers that do not compile are taken away, and what they were for is not said to be done.
    alter(&rehearsal, "dev", NO_LINK);
    alter(&rehearsal, "dev", "begin execute immediate 'revoke execute on dbms_cloud_admin from sales'; end;");
    let elsewhere: Vec<String> = references
        .iter()
        .map(|text| text.replace("SALES\", credential", "SALES_REPORT\", credential"))
        .collect();
    let elsewhere: Vec<&str> = elsewhere.iter().map(String::as_str).collect();
    let failed = flat(&replay(&rehearsal, "first.json", &elsewhere).expect(6).stderr);
    assert!(
        failed.contains("SALES_REPORT cannot make credentials; may it execute DBMS_CLOUD? PL"),
        "{failed}"
    );
    let outcome = outputs(&rehearsal, "database_links.1")["binds"]["outcome"].to_string();
    assert!(outcome.contains("left to a person: SALES needs EXECUTE on DBMS_CLOUD"), "{outcome}");
    let helpers = "select count(*) as n from dba_objects where object_name like 'ADBCTL%'";
    assert_eq!(rows(&rehearsal, "dev", helpers)[0]["n"], 0);
}

#[test]
fn a_schema_gets_another_name() {
    let rehearsal = Rehearsal::new();
    rehearsal
        .on_sandbox(&["capture", "prod", "--schema", "sales", "--file", "sales.json", "--yes"])
        .expect(0);
    let captured = json(&rehearsal.home().join("sales.json"));
    assert_eq!(captured["captured"]["schemas"], value!(["SALES"]));
    assert_eq!(captured["topics"]["apex_parameters"], value!([]), "they belong to no schema");
    let ended = replay(&rehearsal, "sales.json", &["--schema", "SALES:SALES_DEV"]).expect(5);
    assert!(flat(&ended.stderr).contains("the database has no schema SALES_DEV"), "{}", ended.stderr);
    assert!(!rehearsal.audit().iter().any(is_change), "nothing was changed");

    alter(&rehearsal, "dev", "create user sales_dev identified by \"Harbour-Lantern-26\"");
    replay(&rehearsal, "sales.json", &["--schema", "SALES:SALES_DEV"]).expect(0);
    let count = |query: &str| rows(&rehearsal, "dev", query)[0]["n"].clone();
    assert_eq!(
        count("select count(*) as n from dba_scheduler_jobs where owner = 'SALES_DEV' and enabled = 'FALSE'"),
        3
    );
    assert_eq!(
        count(
            "select count(*) as n from dba_ords_schemas where parsing_schema = 'SALES_DEV' and pattern = 'sales_dev'"
        ),
        1
    );
    assert_eq!(count("select count(*) as n from apex_workspace_schemas where schema = 'SALES_DEV'"), 1);
    assert_eq!(count("select count(*) as n from dba_host_aces where principal = 'SALES_DEV'"), 4);
    assert_ne!(count("select count(*) as n from dba_sys_privs where grantee = 'SALES_DEV'"), 0);
    let looked = open(&rehearsal);
    let code = &looked.iter().find(|(id, _)| id == "code_names").unwrap().1;
    let purge = value!({ "kind": "job", "name": "SALES.PURGE_CANCELLED", "names": "SALES" });
    assert!(code.as_array().unwrap().contains(&purge), "{code}");
}

#[test]
fn what_is_no_capture_is_refused_before_anything_changes() {
    let rehearsal = Rehearsal::new();
    let whole = capture(&rehearsal, "prod", "good.json");
    let text = std::fs::read_to_string(rehearsal.home().join("good.json")).unwrap();
    let check = |content: Option<&str>, more: &[&str], code: i32, wanted: &str| {
        if let Some(content) = content {
            std::fs::write(rehearsal.home().join("bad.json"), content).unwrap();
        }
        let ended = replay(&rehearsal, "./bad.json", more).expect(code);
        let said = flat(&ended.stderr);
        assert!(said.contains(wanted), "{wanted}\n{said}");
    };
    check(None, &[], 5, "the capture cannot be read");
    check(Some(&text[..text.len() / 2]), &[], 5, "is cut off");
    check(
        Some("{ \"kind\": \"manifest\", \"format\": 1 }"),
        &[],
        5,
        "it says that it is of the kind \"manifest\"",
    );
    let mut newer = whole;
    newer["format"] = 2.into();
    check(Some(&newer.to_string()), &[], 5, "is of format 2, and this adbctl reads formats up to 1");
    check(Some(&text), &["--set", "object=x"], 3, "it takes one capture");
    assert!(!rehearsal.audit().iter().any(is_change));
    // Production is no target, whatever the file says.
    let ended = rehearsal.on_sandbox(&["replay", "prod", "--capture", "good.json", "--yes"]).expect(4);
    assert!(flat(&ended.stderr).contains("prod is a production database"), "{}", ended.stderr);
    let ended =
        rehearsal.on_sandbox(&["capture", "prod", "--schema", "SALE", "--file", "x.json", "--yes"]).expect(5);
    assert!(flat(&ended.stderr).contains("there is no schema SALE"), "{}", ended.stderr);
    std::fs::write(rehearsal.home().join("notes.txt"), "mine").unwrap();
    let ended = rehearsal.on_sandbox(&["capture", "prod", "--file", "notes.txt", "--yes"]).expect(5);
    assert!(flat(&ended.stderr).contains("is there already and is not replaced"), "{}", ended.stderr);
    assert_eq!(std::fs::read_to_string(rehearsal.home().join("notes.txt")).unwrap(), "mine");
}

#[test]
fn captures_are_compared() {
    let rehearsal = Rehearsal::new();
    capture(&rehearsal, "dev", "before.json");
    let words = [
        "capture",
        "dev",
        "--file",
        "after.json",
        "--compare",
        "before.json",
        "--yes",
        "--report",
        "json=report.json",
    ];
    rehearsal.on_sandbox(&words).expect(0);
    alter(
        &rehearsal,
        "dev",
        "begin dbms_scheduler.set_attribute('SALES.NIGHTLY_REPORT', 'comments', 'weekly'); end;",
    );
    alter(&rehearsal, "dev", "grant delete on sales.orders to test_robot");
    let ended = rehearsal.on_sandbox(&words).expect(10);
    assert!(ended.stdout.contains("Everything is as in the earlier capture"), "{}", ended.stdout);
    let report = json(&rehearsal.home().join("report.json"));
    let checks = report["checks"].as_array().unwrap();
    let found = &checks.iter().find(|c| c["id"] == "same" && c["status"] == "failed").unwrap()["found"];
    assert_eq!(
        found.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["object_grants", "scheduler_jobs"],
        "{found}"
    );
    let grants = &found["object_grants"];
    assert_eq!([grants["gone"].as_array().unwrap().len(), grants["new"].as_array().unwrap().len()], [0, 1]);
    assert_eq!(grants["new"][0]["privilege"], "DELETE");
}

#[test]
fn a_capture_goes_through_the_bucket() {
    let rehearsal = Rehearsal::new();
    let bucket = rehearsal.description()["bucket"].as_str().unwrap().to_owned();
    let options = configured(&rehearsal, |text| {
        if text.contains("[storage]") { text } else { format!("{text}\n[storage]\nbucket = \"{bucket}\"\n") }
    });
    let words = ["capture", "prod", "--retention", "permanent", "--yes", "--report", "json=report.json"];
    run_with(&rehearsal, &options, &words).expect(0);
    let stored = outputs(&rehearsal, "stored");
    let name = stored["name"].as_str().unwrap();
    assert!(name.starts_with("permanent/prod/capture/_all/") && name.ends_with("/capture.json"), "{name}");
    assert!(stored["uri"].as_str().unwrap().ends_with(name), "{stored}");
    let words = ["replay", "dev", "--capture", name, "--yes", "--report", "json=report.json"];
    run_with(&rehearsal, &options, &words).expect(0);
    assert_eq!(outputs(&rehearsal, "ords_modules")["binds"]["given"], 1);
    let words = ["replay", "dev", "--capture", "no/such/object", "--yes"];
    let ended = run_with(&rehearsal, &options, &words).expect(5);
    assert!(flat(&ended.stderr).contains("ObjectNotFound"), "{}", ended.stderr);
}

/// The process dies with a block on its way or between two: the run that goes on ends as one that was not cut.
#[test]
fn a_killed_replay_goes_on() {
    for point in [12, 24, 40] {
        let rehearsal = Rehearsal::new();
        let wanted = capture(&rehearsal, "prod", "all.json");
        spoil(&rehearsal);
        let nothing = std::process::Stdio::null;
        let mut command = rehearsal.sandbox_command(&["replay", "dev", "--capture", "all.json", "--yes"]);
        // The capture's own run has ended, and its journal is longer than that.
        std::fs::remove_dir_all(rehearsal.sandbox().join("state/runs")).unwrap();
        let child = command.stdout(nothing()).stderr(nothing()).spawn().unwrap();
        kill_at(&rehearsal, child, point);
        let resumed = rehearsal.on_sandbox(&["resume", "--report", "json=report.json"]).expect(0);
        assert!(resumed.stdout.contains("Verdict: done"), "{point}: {}", resumed.stdout);
        let ids: Vec<String> = open(&rehearsal).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["database_links_there", "workspace_users_there", "jobs_on"], "{point}");
        let now = capture(&rehearsal, "dev", "now.json");
        for topic in ["ords_handlers", "ords_privilege_parts", "host_aces", "role_grants"] {
            let there = now["topics"][topic].as_array().unwrap();
            let missing =
                wanted["topics"][topic].as_array().unwrap().iter().filter(|row| !there.contains(row));
            assert_eq!(missing.count(), 0, "{point}: {topic}");
        }
    }
}
