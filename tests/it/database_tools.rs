//! OCI Database Tools on the sandbox: the driver's contract, and a refresh of a target that is reached through it.

use std::collections::BTreeSet;

use adbctl::db::{Drivers, contract};
use adbctl::model::Secret;
use adbctl::model::act::Connection;
use adbctl::oci::database_tools as calls;
use serde_json::{Value, json};

use crate::contract::rows;
use crate::equality::{CASES, compare, strays};
use crate::hands::{oci, on_runtime, send};
use crate::orders::{configured, flat, plain, run_with};
use crate::support::{Rehearsal, json as document};

/// The connection to dev that every sandbox begins with.
fn connection_of(rehearsal: &Rehearsal, name: &str) -> String {
    rehearsal.description()["databases"][name]["tools_connection"].as_str().unwrap().to_owned()
}

#[test]
fn the_driver_keeps_its_contract() {
    keeps_its_contract(Value::Null);
}

#[test]
fn the_driver_keeps_its_contract_where_results_go_to_a_bucket() {
    let rehearsal = keeps_its_contract(json!({"bucket": "adbctl", "namespace": null, "after_seconds": 1}));
    let asked = rehearsal.audit();
    let of = |method: &str| {
        let path = |line: &Value| line["path"].as_str().unwrap_or_default().contains("adbctl-results");
        asked.iter().filter(|line| line["method"] == method && path(line)).count()
    };
    assert!(of("GET") > 20 && of("DELETE") >= of("GET"), "{} {}", of("GET"), of("DELETE"));
    let left = send(
        &rehearsal,
        &adbctl::oci::object_storage::list_objects(
            json!("sandboxspace"),
            json!("adbctl"),
            json!("adbctl-results/"),
        ),
    );
    assert_eq!(left["objects"], json!([]));
}

fn keeps_its_contract(results: Value) -> Rehearsal {
    let rehearsal = Rehearsal::new();
    let connection = Connection {
        database: "dev".to_owned(),
        ocid: rehearsal.description()["databases"]["dev"]["ocid"].clone(),
        driver: "dbtools".to_owned(),
        address: json!(connection_of(&rehearsal, "dev")),
        user: Value::Null,
        password: Value::Null,
        wallet: Value::Null,
        results,
    };
    let drivers = Drivers::new(crate::support::http(), Some(oci(&rehearsal)));
    let connector = drivers.connector("dbtools").unwrap();
    let findings = on_runtime(contract::all(connector, &connection, &Secret::new(String::new())));
    let wrong: Vec<_> =
        findings.iter().filter_map(|(rule, found)| found.as_ref().err().map(|why| (rule, why))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    rehearsal
}

/// The sandbox's configuration, these databases reached through Database Tools with these passwords.
pub(crate) fn through_tools(rehearsal: &Rehearsal, databases: &[(&str, &str)]) -> Vec<String> {
    configured(rehearsal, |text| {
        databases.iter().fold(text, |text, (name, password)| {
            let table = format!("[database.{name}.connect]");
            let (before, own) = text.split_once(&table).unwrap();
            let (_, after) = own.split_once("\n\n").unwrap();
            let address = connection_of(rehearsal, name);
            format!(
                "{before}{table}\ndriver = \"dbtools\"\naddress = \"{address}\"\nuser = \"ADMIN\"\n{password}\n\n{after}"
            )
        })
    })
}

pub(crate) const VAULT: &str = "password = { vault = \"ocid1.vaultsecret.oc1.uk-london-1.devadminexample\" }";

#[test]
fn a_refresh_leads_the_connection_to_the_new_target() {
    let rehearsal = Rehearsal::new();
    let own = connection_of(&rehearsal, "dev");
    let before = send(&rehearsal, &calls::get(json!(own)));
    // A password that the service cannot read is refused before anything is made.
    let file = format!("password = {{ file = \"{}\" }}", rehearsal.sandbox().join("passwords/dev").display());
    let ended = run_with(
        &rehearsal,
        &through_tools(&rehearsal, &[("dev", &file)]),
        &plain(&["refresh", "prod", "dev", "--yes"]),
    );
    assert!(ended.expect(3).stderr.contains("secret in OCI Vault"));
    assert!(rehearsal.audit_of_steps().iter().all(|line| line["effect"] == "read"));

    let options = through_tools(&rehearsal, &[("dev", VAULT)]);
    run_with(&rehearsal, &options, &plain(&["refresh", "prod", "dev", "--yes"])).expect(0);
    let plan = document(&rehearsal.newest_run().join("plan.json"));
    let lines = rehearsal.audit_of_steps();
    compare(&plan, &lines).unwrap();
    assert_eq!(strays(&rehearsal.audit(), None), Vec::<Value>::new());
    let sent: Vec<String> = lines
        .iter()
        .filter(|line| {
            line["path"].as_str().is_some_and(|path| path.starts_with("/20201005/"))
                && line["effect"] == "write"
        })
        .map(|line| format!("{} {}", line["method"].as_str().unwrap(), line["step"].as_str().unwrap()))
        .collect();
    assert_eq!(sent, ["POST clone_connection", "PUT connection_follows", "DELETE clone_connection_gone"]);
    // What the target's own connection is afterwards: the same, and it leads to the clone.
    let (new, after) = (rehearsal.show("dev"), send(&rehearsal, &calls::get(json!(own))));
    assert_eq!(after["relatedResource"]["identifier"], new["id"]);
    assert_ne!(after["connectionString"], before["connectionString"]);
    for kept in ["displayName", "userName", "privateEndpointId", "keyStores", "compartmentId", "userPassword"]
    {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    let listed = send(&rehearsal, &calls::list(new["compartmentId"].clone(), new["id"].clone()));
    let alive = listed["items"].as_array().unwrap().iter().filter(|row| row["lifecycleState"] != "DELETED");
    assert_eq!(alive.count(), 1, "{listed}");
    // Every statement on the target goes over the service; ORDS sees what they left.
    for act in plan["steps"].as_array().unwrap().iter().flat_map(|step| step["acts"].as_array().unwrap()) {
        let connection = &act["call"]["sql"]["connection"];
        if connection.is_object() {
            let wanted = if connection["database"] == "prod" { "ords" } else { "dbtools" };
            assert_eq!(connection["driver"], wanted, "{}", act["title"]);
        }
    }
    assert!(lines.iter().any(|line| line["kind"] == "sql" && line["step"] == "identity_of_target"));
    let on = "select count(*) as n from dba_scheduler_jobs where enabled = 'TRUE' and owner = 'SALES'";
    assert_eq!(rows(&rehearsal, "dev", on), [json!({ "n": 0 })]);
}

/// Passwords that runs make up are kept in the sandbox's vault, where the service can read them.
fn with_vault(rehearsal: &Rehearsal, mut options: Vec<String>) -> Vec<String> {
    let compartment = rehearsal.show("dev")["compartmentId"].as_str().unwrap().to_owned();
    let file = options.iter_mut().find(|word| word.ends_with("own.toml")).unwrap();
    let sink = format!(
        "\n[secrets.sink]\nvault = \"ocid1.vault.oc1.uk-london-1.sandboxexample\"\n\
         key = \"ocid1.key.oc1.uk-london-1.sandboxexample\"\ncompartment = \"{compartment}\"\n"
    );
    let own = file.replace("own.toml", "vault.toml");
    std::fs::write(&own, std::fs::read_to_string(&*file).unwrap() + &sink).unwrap();
    *file = own;
    options
}

/// Those that `transports.rs` compares over every driver are left out. One sandbox serves them all, one after the other.
#[test]
fn every_other_runbook_goes_through_the_service() {
    let rehearsal = Rehearsal::new();
    let own = connection_of(&rehearsal, "dev");
    let files = through_tools(&rehearsal, &[("prod", ""), ("dev", VAULT)]);
    // What the service could not read is refused before a database is made or a password set: the one made up stays.
    let made = |lines: &[Value]| {
        lines.iter().filter(|line| line["method"] == "POST" && line["step"] == "create").count()
    };
    run_with(&rehearsal, &files, &["setup", "prod", "--yes"]).expect(0);
    run_with(&rehearsal, &files, &["snapshot", "prod", "--label", "one", "--yes"]).expect(0);
    let dump = ["--dump", "permanent/prod/snapshots/one/"];
    let refused = run_with(&rehearsal, &files, &[&["drill", "prod", "--yes"][..], &dump].concat());
    assert!(flat(&refused.expect(6).stdout).contains("secrets in OCI Vault"));
    let replace = ["--existing", "replace", "--new-admin-password"];
    let refused = run_with(&rehearsal, &files, &[&["restore", "dev", "--yes"][..], &dump, &replace].concat());
    assert!(flat(&refused.expect(6).stdout).contains("secrets in OCI Vault"));
    let asked = rehearsal.audit();
    assert_eq!(made(&asked), 0);
    assert!(!asked.iter().any(|line| line["step"] == "admin"), "ADMIN's password was set");

    let options = with_vault(&rehearsal, files);
    let mut before: Vec<&[&str]> =
        vec![&["setup", "prod", "--yes"], &["snapshot", "prod", "--label", "one", "--yes"]];
    for (runbook, commands, _) in CASES {
        if ["clone-app", "refresh", "refresh-data", "stop"].contains(runbook) {
            continue;
        }
        let (run, preparing) = commands.split_last().unwrap();
        for words in preparing {
            if !before.contains(words) {
                before.push(*words);
                run_with(&rehearsal, &options, words).expect(0);
            }
        }
        if *runbook == "verify" {
            // What the import left under other names misses schemas that did not come with it.
            let drop = "drop user copy cascade; drop user report_copy cascade;";
            run_with(&rehearsal, &options, &["sql", "dev", drop, "--yes"]).expect(0);
        }
        // There is no job that was left behind here.
        let run: &[&str] = if *runbook == "jobs" { &["jobs", "prod"] } else { run };
        let ended = run_with(&rehearsal, &options, run);
        assert_eq!(ended.code, 0, "{runbook}: {}\n{}", ended.stdout, ended.stderr);
    }
    let mut drivers = BTreeSet::new();
    for run in std::fs::read_dir(rehearsal.sandbox().join("state/runs")).unwrap() {
        let plan = document(&run.unwrap().path().join("plan.json"));
        for act in plan["steps"].as_array().unwrap().iter().flat_map(|step| step["acts"].as_array().unwrap())
        {
            drivers.extend(act["call"]["sql"]["connection"]["driver"].as_str().map(str::to_owned));
        }
    }
    assert_eq!(drivers, BTreeSet::from(["dbtools".to_owned()]));
    // The throwaway database is gone, and so is the connection to it; the restored one's own goes with its password.
    assert_eq!(made(&rehearsal.audit()), 1);
    for name in ["prod", "dev"] {
        let compartment = rehearsal.show(name)["compartmentId"].clone();
        let listed = send(&rehearsal, &calls::list(compartment, Value::Null));
        let rows = listed["items"].as_array().unwrap().iter();
        assert_eq!(rows.filter(|row| row["lifecycleState"] != "DELETED").count(), 1, "{listed}");
    }
    let after = send(&rehearsal, &calls::get(json!(own)));
    assert_eq!(after["userPassword"]["secretId"], "ocid1.vaultsecret.oc1.uk-london-1.devadminexample");
    let shown =
        run_with(&rehearsal, &options, &["sql", "dev", "select 'in' as w from dual", "--format", "csv"]);
    assert_eq!(shown.expect(0).stdout, "w\r\nin\r\n");
}

/// A statement that may take long is not waited for on the line, and ends as one that is.
#[test]
fn long_statements_leave_their_results_in_a_bucket() {
    let rehearsal = Rehearsal::new();
    let by_hand = |bucket: &str, words: &[&str]| {
        let results = format!("results = {{ bucket = \"{bucket}\", after = \"1s\" }}");
        let options = through_tools(&rehearsal, &[("dev", &results)]);
        run_with(&rehearsal, &options, &[&["sql", "dev", "--format", "csv"], words].concat())
    };
    let asked = |path: &str| {
        let lines = rehearsal.audit();
        lines.iter().filter(|line| line["path"].as_str().unwrap_or_default().contains(path)).count()
    };
    let short = by_hand("adbctl", &["select 1 as n from dual", "--limit-seconds", "1"]).expect(0);
    assert_eq!((short.stdout.as_str(), asked("adbctl-results")), ("n\r\n1\r\n", 0));
    let long = ["select level as n from dual connect by level <= 25000", "--limit-seconds", "60"];
    let rows = by_hand("adbctl", &long).expect(0).stdout;
    assert!(rows.starts_with("n\r\n1\r\n") && rows.ends_with("\r\n25000\r\n"));
    assert_eq!(asked("adbctl-results"), 2, "it is fetched and deleted");
    assert!(
        by_hand("adbctl", &["select * from nosuch", "--limit-seconds", "60"])
            .expect(5)
            .stderr
            .contains("ORA-00942")
    );
    let nowhere = by_hand("nosuch", &long).expect(8).stderr;
    assert!(flat(&nowhere).contains("make the bucket nosuch, or name another one in `results`"), "{nowhere}");
    let late = by_hand("adbctl", &["begin dbms_session.sleep(4); end;", "--limit-seconds", "2", "--yes"]);
    assert!(late.stderr.contains("took longer than its 2 s"), "{}", late.stderr);
    // The plan names the bucket beside what goes that way.
    let both = format!("{VAULT}\nresults = {{ bucket = \"adbctl\", after = \"1m\" }}");
    let options = through_tools(&rehearsal, &[("dev", &both)]);
    let plan = run_with(&rehearsal, &options, &["refresh", "prod", "dev", "--dry-run"]).expect(0).stdout;
    let ways: Vec<&str> = plan.lines().filter(|line| line.contains("through dbtools")).collect();
    let through =
        ways.iter().filter(|way| way.ends_with("through dbtools, its result through the bucket adbctl"));
    assert!((1..ways.len()).contains(&through.count()), "{ways:#?}");
}

/// Another driver than the configured one has no configured address: the connection that leads to the database is looked up.
#[test]
fn statements_by_hand_find_the_connection() {
    let rehearsal = Rehearsal::new();
    let by_hand = |words: &[&str]| {
        rehearsal.on_sandbox(&[&["sql", "dev", "--driver", "dbtools", "--format", "csv"], words].concat())
    };
    let shown = by_hand(&["select 'x' as word, 1.5 as n from dual"]).expect(0);
    assert_eq!(shown.stdout, "word,n\r\nx,1.5\r\n");
    let block = "create table by_tools (id number);\nbegin insert into by_tools values (7); end;\n/\nselect id from by_tools;";
    assert!(by_hand(&[block, "--yes"]).expect(0).stdout.contains("id\r\n7\r\n"));
    assert!(by_hand(&["select * from nosuch"]).expect(5).stderr.contains("ORA-00942"));
    assert_eq!(rows(&rehearsal, "dev", "select id from admin.by_tools"), [json!({ "id": 7 })]);
    let asked = rehearsal.audit();
    assert!(asked.iter().any(|line| line["path"] == "/20201005/databaseToolsConnections"), "{asked:#?}");
    // Two connections lead to it: which one is for the configuration to say.
    let own = send(&rehearsal, &calls::get(json!(connection_of(&rehearsal, "dev"))));
    let mut body =
        json!({ "type": "ORACLE_DATABASE", "displayName": "another", "runtimeSupport": "SUPPORTED" });
    for same in [
        "compartmentId",
        "relatedResource",
        "connectionString",
        "userName",
        "userPassword",
        "privateEndpointId",
        "keyStores",
    ] {
        if !own[same].is_null() {
            body[same] = own[same].clone();
        }
    }
    send(&rehearsal, &calls::create(body));
    let refused = by_hand(&["select 1 from dual"]).expect(3).stderr;
    assert!(
        refused.contains("several Database Tools connections lead to dev") && refused.contains("another"),
        "{refused}"
    );
}
