//! What the old target held over SQL is given back, compared and named; copied jobs; passwords that would be refused.

use serde_json::{Value, json as value};

use crate::contract::rows;
use crate::orders::{Colleague, configured, flat, run_with};
use crate::support::{Rehearsal, json};

/// The ids of the checks that a person has to look at, with what was found.
fn to_be_looked_at(report: &Value) -> Vec<(&str, &Value)> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks.filter(|c| c["status"] == "manual").map(|c| (c["id"].as_str().unwrap(), &c["found"])).collect()
}

#[test]
fn what_the_old_target_held_is_given_back_or_named() {
    let rehearsal = Rehearsal::new();
    let robot = "select owner, table_name, privilege from dba_tab_privs where grantee = 'TEST_ROBOT'";
    let roles =
        "select user_name, role_static_id from apex_appl_acl_user_roles where user_name in ('DAVE', 'ERIN')";
    let aces = "select privilege from dba_host_aces where host = 'erp.dev.example.com' order by privilege";
    let parameter =
        "select apex_instance_admin.get_parameter('APEX_BUILDER_AUTHENTICATION') as value from dual";
    let asked = [robot, roles, aces, parameter];
    let before: Vec<_> = asked.iter().map(|query| rows(&rehearsal, "dev", query)).collect();
    assert!(before.iter().all(|found| !found.is_empty()), "{before:?}");
    for query in &asked[..3] {
        assert!(rows(&rehearsal, "prod", query).is_empty(), "the clone has it from its source: {query}");
    }
    // One of the old target's users is not made again; everything else is as the sandbox's own configuration wants it.
    let options = configured(&rehearsal, |text| {
        let kept = text
            .lines()
            .filter(|line| !(line.contains("user_name = \"ERIN\"") || line.contains("username = \"ERIN\"")));
        kept.collect::<Vec<_>>().join("\n")
    });
    let words = [
        "refresh",
        "prod",
        "dev",
        "--yes",
        "--set",
        "builder_authentication=keep",
        "--set",
        "role_assignments=[]",
        "--report",
        "json=report.json",
    ];
    let ended = run_with(&rehearsal, &options, &words).expect(0);
    for (query, found) in asked.iter().zip(&before) {
        assert_eq!(&rows(&rehearsal, "dev", query), found, "{query}");
    }
    let report = json(&rehearsal.home().join("report.json"));
    let mut looked = to_be_looked_at(&report);
    assert!(
        ended.stdout.contains(&format!("{} checks are to be looked at", looked.len())),
        "{}",
        ended.stdout
    );
    // Whether a copied job was due before it was switched off is chance.
    looked.retain(|(id, _)| *id != "copied_jobs_ran");
    let ids: Vec<&str> = looked.iter().map(|(id, _)| *id).collect();
    assert_eq!(
        ids,
        ["host_aces_copied", "links_kept", "links_copied", "workspace_users_kept", "builder_users"]
    );
    let leads = |at: usize, wanted: &str| looked[at].1[0]["host"].as_str().unwrap().contains(wanted);
    assert!(leads(1, "(host=erp.dev.example.com)"), "{:?}", looked[1].1);
    assert!(leads(2, "(host=erp.prod.example.com)"), "{:?}", looked[2].1);
    assert_eq!(looked[2].1[0]["db_link"], "ERP_LINK");
    assert_eq!(looked[3].1, &value!([{ "workspace_name": "SALES_WS", "user_name": "ERIN" }]));
    assert!(ended.stdout.contains("db_link=ERP_LINK"), "{}", ended.stdout);
}

/// Without the users of the old target its grants cannot be given back, and each is named.
#[test]
fn what_cannot_be_given_back_is_named() {
    let rehearsal = Rehearsal::new();
    let words = [
        "refresh",
        "prod",
        "dev",
        "--yes",
        "--set",
        "create_users=[]",
        "--fail-on-manual",
        "--report",
        "json=report.json",
    ];
    // A script of the same run, with a value for its variable.
    let script = rehearsal.home().join("who.sql");
    std::fs::write(
        &script,
        "insert into sales.audit_log (actor, what) values ('&WHO', 'by script');\ncommit;\n",
    )
    .unwrap();
    let scripts = format!(
        "scripts=[{{ file = \"{}\", define = {{ WHO = \"somebody\" }}, when_unknown = \"repeat\" }}]",
        script.display()
    );
    let words = [&words[..], &["--set", &scripts]].concat();
    let ended = rehearsal.on_sandbox(&words).expect(10);
    let written = rows(&rehearsal, "dev", "select actor from sales.audit_log where what = 'by script'");
    assert_eq!(written, [value!({ "actor": "somebody" })]);
    assert!(
        ended.stderr.contains("left out: CREATE SESSION to TEST_ROBOT: there is no such user"),
        "{}",
        ended.stderr
    );
    let report = json(&rehearsal.home().join("report.json"));
    let looked = to_be_looked_at(&report);
    let found = |id: &str| {
        looked.iter().find(|(other, _)| *other == id).unwrap_or_else(|| panic!("{id}: {looked:?}")).1
    };
    assert!(found("users_kept").as_array().unwrap().contains(&value!({ "username": "TEST_ROBOT" })));
    let grant =
        value!({ "grantee": "TEST_ROBOT", "privilege": "SELECT", "owner": "SALES", "table_name": "ORDERS" });
    assert_eq!(found("object_grants_kept"), &value!([grant]));
    assert!(found("system_grants_kept").to_string().contains("TEST_ROBOT"));
}

const TRIGGERS: &str = "select trigger_name from dba_triggers where trigger_name = 'ADBCTL_AFTER_CLONE'";

#[test]
fn an_after_clone_trigger_needs_consent_and_leaves_nothing_behind() {
    let rehearsal = Rehearsal::new();
    let words = [
        "refresh",
        "prod",
        "dev",
        "--yes",
        "--set",
        "after_clone_trigger=true",
        "--report",
        "json=report.json",
    ];
    let refused = rehearsal.on_sandbox(&words).expect(3);
    let text = flat(&refused.stderr);
    assert!(text.contains("prod, whose configuration does not consent to after-clone-trigger"), "{text}");
    assert!(text.contains("consent = [\"after-clone-trigger\"] under [database.prod]"), "{text}");
    assert!(rehearsal.audit().iter().all(|line| line["effect"] == "read"));

    let options = configured(&rehearsal, |text| {
        text.replacen("consent = [", "consent = [\"after-clone-trigger\", ", 1)
    });
    // A clone that fails leaves no trigger on the source.
    let failing = value!({ "method": "POST", "path": "/20160918/autonomousDatabases", "count": 1,
        "action": { "fail-clone": { "code": "InternalError", "message": "no" } } });
    Colleague::of(&rehearsal).fault(&failing);
    run_with(&rehearsal, &options, &words).expect(6);
    assert!(rows(&rehearsal, "prod", TRIGGERS).is_empty());

    let plan = run_with(&rehearsal, &options, &[&words[..], &["--dry-run"]].concat()).expect(0).stdout;
    assert!(plan.contains("WRITES BY CONSENT of the configuration: Makes a trigger on the source"), "{plan}");
    assert!(plan.contains("[jobs_unguard]"), "{plan}");

    run_with(&rehearsal, &options, &words).expect(0);
    for name in ["prod", "dev"] {
        assert!(rows(&rehearsal, name, TRIGGERS).is_empty(), "{name}");
    }
    let report = json(&rehearsal.home().join("report.json"));
    let outputs =
        |id: &str| &report["steps"].as_array().unwrap().iter().find(|s| s["id"] == id).unwrap()["outputs"];
    let on = |id: &str| {
        let all = outputs(id)["rows"].as_array().unwrap().iter();
        all.filter(|job| job["enabled"] == "TRUE").count()
    };
    assert!(on("source_jobs") > 0, "the source's jobs were on");
    assert_eq!(on("jobs_recorded"), 0, "and off in the clone before its first statement");
    assert_eq!(outputs("jobs_runs")["count"], 0);
    let still_on = rows(
        &rehearsal,
        "prod",
        "select job_name from dba_scheduler_jobs where enabled = 'TRUE' and owner = 'SALES'",
    );
    assert!(!still_on.is_empty(), "the source's own jobs go on");
}

#[test]
fn a_password_that_the_database_would_refuse_stops_the_run_before_anything_moves() {
    let rehearsal = Rehearsal::new();
    rehearsal.description();
    std::fs::write(rehearsal.sandbox().join("example/sales_password"), "my-sales-password").unwrap();
    let ended = rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(5);
    let text = flat(&ended.stderr);
    assert!(text.contains("SALES: no upper-case letter, no digit, the user's name in it"), "{text}");
    assert!(!text.contains("my-sales-password"), "{text}");
    assert!(rehearsal.audit().iter().all(|line| line["effect"] == "read"));
}

/// What would be lost with the old target is recorded before it can be lost: nothing orders a read before a write but this.
#[test]
fn everything_is_recorded_before_the_old_target_goes() {
    let runbook: toml::Table = include_str!("../../runbooks/refresh.toml").parse().unwrap();
    let steps = runbook["step"].as_array().unwrap();
    let captures: Vec<&str> =
        steps.iter().map(|s| s["id"].as_str().unwrap()).filter(|id| id.starts_with("capture_")).collect();
    assert!(captures.len() > 9, "{captures:?}");
    for id in ["disconnect_target", "put_back_unreplaced", "terminate_first"] {
        let step = steps.iter().find(|s| s["id"].as_str() == Some(id)).unwrap();
        let needs: Vec<&str> = step["needs"].as_array().unwrap().iter().filter_map(|n| n.as_str()).collect();
        for capture in &captures {
            assert!(needs.contains(capture), "{id} does not wait for {capture}");
        }
    }
}
