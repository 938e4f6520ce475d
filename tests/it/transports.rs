//! The procedures over every transport: what they leave behind is the same.

use serde_json::{Value, json as value};

use crate::applications::proofs as application;
use crate::contract::rows;
use crate::database_tools::{VAULT, through_tools};
use crate::dumps::proofs as schema;
use crate::orders::run_with;
use crate::support::{Rehearsal, json, next_second};

/// What a driver's runs left in the databases, and how their checklists ended.
struct Left {
    data: Vec<Vec<Value>>,
    checks: Vec<Value>,
}

/// What decides beside data and applications whether two ends are equal.
const STATES: &[&str] = &[
    "select owner, job_name, enabled from dba_scheduler_jobs where owner like 'SALES%' order by 1, 2",
    "select owner, trigger_name, status from dba_triggers where owner like 'SALES%' order by 1, 2",
    "select owner, constraint_name, status, validated from dba_constraints where owner like 'SALES%' and generated = 'USER NAME' order by 1, 2",
    "select username, account_status from dba_users where oracle_maintained = 'N' order by 1",
    "select workspace_name, user_name, is_admin from apex_workspace_apex_users order by 1, 2",
    "select principal, host, privilege from dba_host_aces order by 1, 2, 3",
    "select owner, object_name, object_type from dba_objects where status <> 'VALID' order by 1, 2, 3",
];

/// Refreshes dev from prod, clones an application into it beside its own, and refreshes the clone's rows; every statement goes
/// over one driver.
fn run_all(driver: &str) -> Left {
    let rehearsal = Rehearsal::new();
    let options = if driver == "dbtools" {
        through_tools(&rehearsal, &[("prod", ""), ("dev", VAULT)])
    } else {
        rehearsal.use_driver(driver);
        vec![format!("--sandbox={}", rehearsal.sandbox().display())]
    };
    let mut checks = Vec::new();
    let mut run = |words: &[&str]| {
        next_second();
        run_with(&rehearsal, &options, &[words, &["--yes", "--report", "json=report.json"]].concat())
            .expect(0);
        let report = json(&rehearsal.home().join("report.json"));
        assert!(report["steps"].as_array().unwrap().len() > 2, "{words:?}");
        for check in report["checks"].as_array().unwrap() {
            // Whether a copied job had time to run before it was switched off is chance.
            if check["id"] != "copied_jobs_ran" {
                checks.push(value!([words[0], check["id"], check["status"]]));
            }
        }
        let plan = std::fs::read_to_string(rehearsal.newest_run().join("plan.json")).unwrap();
        assert!(plan.contains(&format!("\"driver\": \"{driver}\"")), "{words:?} over {driver}");
    };
    let shown = run_with(&rehearsal, &options, &["refresh", "prod", "dev", "--dry-run"]).expect(0).stdout;
    run(&["refresh", "prod", "dev"]);
    shows_the_way(&rehearsal, &shown, driver);
    run(&["setup", "prod"]);
    run(&["setup", "dev"]);
    run(&[
        "clone-app",
        "prod",
        "dev",
        "--app",
        "100",
        "--schema",
        "sales:sales_two,sales_report:sales_three",
        "--workspace",
        "two_ws",
        "--id",
        "new",
    ]);
    crate::hands::sql(&rehearsal, "dev", "delete from sales_two.notes;\ncommit;");
    run(&["refresh-data", "prod", "dev", "--schema", "sales:sales_two,sales_report:sales_three"]);
    let mut data = application(&rehearsal, "dev", 100);
    data.extend(schema(&rehearsal, "dev", "sales"));
    data.extend(schema(&rehearsal, "dev", "sales_two"));
    data.extend(STATES.iter().map(|state| rows(&rehearsal, "dev", state)));
    assert_eq!(schema(&rehearsal, "prod", "sales"), schema(&rehearsal, "dev", "sales_two"), "{driver}");
    Left { data, checks }
}

/// A dry run says of each statement by which driver it goes and with which wallet.
fn shows_the_way(rehearsal: &Rehearsal, shown: &str, driver: &str) {
    let wanted = match driver {
        "thin" => "through thin with the wallet that generateWallet gives, in memory",
        "dbtools" => "through dbtools",
        _ => "through ords",
    };
    let ways: Vec<&str> = shown.lines().filter_map(|line| line.trim().strip_prefix("SQL on ")).collect();
    let plan = json(&rehearsal.newest_run().join("plan.json"));
    let acts = plan["steps"].as_array().unwrap().iter().flat_map(|step| step["acts"].as_array().unwrap());
    assert_eq!(ways.len(), acts.filter(|act| act["call"]["sql"].is_object()).count(), "{driver}");
    let other: Vec<_> = ways.iter().filter(|way| !way.ends_with(wanted)).collect();
    assert!(ways.len() > 20 && other.is_empty(), "{driver}: {other:#?}");
}

#[test]
fn every_transport_leaves_the_same() {
    let [wanted, thin, dbtools] = ["ords", "thin", "dbtools"]
        .map(|driver| std::thread::spawn(move || run_all(driver)))
        .map(|ended| ended.join().unwrap());
    for (driver, found) in [("thin", thin), ("dbtools", dbtools)] {
        assert_eq!(found.checks, wanted.checks, "{driver}");
        assert_eq!(found.data, wanted.data, "{driver}");
    }
}
