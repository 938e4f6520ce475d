//! What was planned is what was sent: the audit log of a run matches the acts of its plan.
//!
//! Each step's lines must match its acts in order, by method, path, query and body, with late values as wildcards;
//! looks match one act that is performed until something holds; an unmatched line on either side fails.

use adbctl::model::names::encoded_segment;
use serde_json::Value;

use crate::support::{Rehearsal, json};

/// Compares every step of a plan with the lines of the audit log.
pub(crate) fn compare(plan: &Value, lines: &[Value]) -> Result<(), String> {
    let steps = plan["steps"].as_array().unwrap();
    for line in lines {
        let step = line["step"].as_str().unwrap();
        if !steps.iter().any(|s| s["id"] == step) {
            return Err(format!("a line of step {step}, which the plan does not have"));
        }
    }
    for step in steps {
        let id = step["id"].as_str().unwrap();
        let acts: Vec<&Value> =
            step["acts"].as_array().unwrap().iter().filter(|a| a["call"].get("local").is_none()).collect();
        // What a block sends in its turn is part of the block's own text.
        let of_step = lines.iter().filter(|l| l["step"] == id && l["inside"] != true);
        let own: Vec<&Value> = of_step.filter(|line| !fetches_wallet(line, &acts)).collect();
        let left_out =
            own.is_empty() && (step.get("when").is_some() || step["check"]["on_request"].is_string());
        if !left_out && !matches(&acts, &own) {
            return Err(format!("step {id}: planned {acts:#?}\nsent {own:#?}"));
        }
    }
    Ok(())
}

/// Whether a line of no step is a lease being stored or removed, in the bucket and under the prefix that are configured.
pub(crate) fn is_lease(line: &Value, folder: &str) -> bool {
    let path = line["path"].as_str().unwrap_or_default().replace("%2F", "/");
    let target = path.strip_prefix(folder).and_then(|name| name.strip_suffix(".json"));
    line["kind"] == "rest"
        && (line["method"] == "PUT" || line["method"] == "DELETE")
        && target.is_some_and(|target| !target.contains('/'))
}

/// Everything that changes something belongs to a step, and so to an act of the plan; leases alone do not.
pub(crate) fn strays(lines: &[Value], leases: Option<&str>) -> Vec<Value> {
    let changes = lines.iter().filter(|l| l["effect"] == "write" && l["step"].is_null());
    changes.filter(|l| !leases.is_some_and(|folder| is_lease(l, folder))).cloned().collect()
}

/// A plan says in words with each statement over SQL*Net that the wallet comes from the service; it is fetched once for all.
fn fetches_wallet(line: &Value, acts: &[&Value]) -> bool {
    let planned = acts.iter().any(|act| act["call"]["rest"]["path"].to_string().contains("generateWallet"));
    !planned && line["path"].as_str().is_some_and(|path| path.ends_with("/actions/generateWallet"))
}

/// Whether the lines are what these acts, in this order, may have sent.
fn matches(acts: &[&Value], lines: &[&Value]) -> bool {
    let Some((act, later)) = acts.split_first() else { return lines.is_empty() };
    let (least, most) = times(act);
    let mut taken = 0;
    loop {
        if taken >= least && matches(later, &lines[taken..]) {
            return true;
        }
        if taken == most || taken == lines.len() || !is_of(act, lines[taken]) {
            return false;
        }
        taken += 1;
    }
}

fn times(act: &Value) -> (usize, usize) {
    match &act["times"] {
        Value::String(once) if once == "once" => (1, 1),
        Value::Object(times) if times.contains_key("maybe") => (0, 1),
        // A wait that was cut short by a failure may not have looked at all.
        Value::Object(times) if times.contains_key("until") => (0, usize::MAX),
        Value::Object(times) if times.contains_key("each") => (0, usize::MAX),
        other => panic!("times {other}"),
    }
}

fn is_of(act: &Value, line: &Value) -> bool {
    if let Some(sql) = act["call"].get("sql") {
        // A request that came to no statement (the database was not up yet) is noted as a request.
        let asked = line["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("/_/sql") || path.ends_with("/actions/executeSql"));
        return if line["kind"] == "sql" { same_text(&sql["text"], &line["sql"]) } else { asked };
    }
    let Some(rest) = act["call"].get("rest") else { return false };
    if line["kind"] != "rest" || rest["method"] != line["method"] {
        return false;
    }
    if rest["service"] == "direct" {
        // The whole address is the first segment; the log has the path alone.
        let address = &rest["path"][0];
        return is_late(address) || address.as_str().unwrap().ends_with(line["path"].as_str().unwrap());
    }
    let base = match rest["service"].as_str().unwrap() {
        "database" | "work-requests" | "network" => "/20160918/",
        "object-storage" => "/",
        "secrets" => "/20190301/",
        "vaults" => "/20180608/",
        "database-tools" => "/20201005/",
        other => panic!("service {other}"),
    };
    let Some(path) = line["path"].as_str().unwrap().strip_prefix(base) else { return false };
    let segments: Vec<&str> = path.split('/').collect();
    let planned = rest["path"].as_array().unwrap();
    let same_path = planned.len() == segments.len()
        && planned
            .iter()
            .zip(&segments)
            .all(|(p, s)| is_late(p) || p.as_str().map(encoded_segment).as_deref() == Some(s));
    let body = rest["body"].get("json").unwrap_or(&Value::Null);
    let query: Vec<&Value> = rest["query"].as_array().map(|q| q.iter().collect()).unwrap_or_default();
    let same_query = query.iter().all(|pair| {
        let sent = &line["query"][pair[0].as_str().unwrap()];
        is_late(&pair[1])
            || pair[1].as_str().map_or_else(|| pair[1].to_string(), str::to_owned)
                == sent.as_str().unwrap_or("")
    }) && line["query"].as_object().map_or(0, serde_json::Map::len) <= query.len();
    same_path && same_query && same_body(body, &line["body"])
}

/// The log masks what stands behind `identified by`; all around it must be the planned text.
fn same_text(planned: &Value, sent: &Value) -> bool {
    let (Some(planned), Some(sent)) = (planned.as_str(), sent.as_str()) else { return false };
    // Over SQL*Net a block may have been made around it, which the plan cannot show: its values are not known yet.
    let sent = match sent.split_once("/* adbctl: the statement */ ") {
        Some((_, around)) => {
            let inner = around.strip_suffix("\nend;").unwrap_or(around);
            let counted = inner.strip_suffix("; :adbctl_count := sql%rowcount;").unwrap_or(inner);
            counted
                .strip_prefix("open :adbctl_rows for ")
                .and_then(|q| q.strip_suffix(';'))
                .unwrap_or(counted)
        }
        None => sent,
    };
    match sent.split_once("identified by ***") {
        None => planned == sent,
        Some((before, after)) => {
            planned.starts_with(before)
                && planned.ends_with(after)
                && planned[before.len()..].starts_with("identified by ")
        }
    }
}

fn is_late(value: &Value) -> bool {
    value.get("$late").is_some() || value.get("$secret").is_some()
}

/// Every planned member is there (a late one may have been null, and then is left out), and nothing else is.
fn same_body(planned: &Value, sent: &Value) -> bool {
    if is_late(planned) {
        return true;
    }
    match (planned, sent) {
        (Value::Object(planned), Value::Object(sent)) => {
            sent.keys().all(|name| planned.contains_key(name))
                && planned.iter().all(|(name, value)| match sent.get(name) {
                    Some(sent) => same_body(value, sent),
                    None => is_late(value),
                })
        }
        (Value::Array(planned), Value::Array(sent)) => {
            planned.len() == sent.len() && planned.iter().zip(sent).all(|(p, s)| same_body(p, s))
        }
        _ => planned == sent,
    }
}

/// Where a labelled export of these schemas lies.
const DUMP: &str = "temp/prod/schema/sales-sales_report/snapshots/one/";

/// How each shipped runbook is run: what goes before, then the run itself, and how many lines it is to leave at least.
pub(crate) const CASES: &[(&str, &[&[&str]], usize)] = &[
    ("app-export", &[&["setup", "prod", "--yes"], &["app", "export", "prod", "--all", "--yes"]], 8),
    (
        "app-import",
        &[
            &["setup", "prod", "--yes"],
            &["setup", "dev", "--yes"],
            &["app", "export", "prod", "--all", "--label", "one", "--yes"],
            &[
                "app",
                "import",
                "dev",
                "--export",
                "temp/prod/apex/_all/snapshots/one/",
                "--overwrite",
                "--workspace-files",
                "--yes",
            ],
        ],
        10,
    ),
    ("capture", &[&["capture", "prod", "--yes"]], 26),
    (
        "clone-app",
        &[
            &["setup", "prod", "--yes"],
            &["setup", "dev", "--yes"],
            &[
                "clone-app",
                "prod",
                "dev",
                "--app",
                "100",
                "--schema",
                "sales:sales_two",
                "--id",
                "new",
                "--yes",
            ],
        ],
        80,
    ),
    (
        "drill",
        &[
            &["setup", "prod", "--yes"],
            &["snapshot", "prod", "--label", "one", "--yes"],
            &["drill", "prod", "--dump", "permanent/prod/snapshots/one/", "--yes"],
        ],
        70,
    ),
    (
        "export",
        &[&["setup", "prod", "--yes"], &["export", "prod", "--schema", "sales,sales_report", "--yes"]],
        20,
    ),
    (
        "import",
        &[
            &["setup", "prod", "--yes"],
            &["setup", "dev", "--yes"],
            &["export", "prod", "--schema", "sales,sales_report", "--label", "one", "--yes"],
            &["import", "dev", "--dump", DUMP, "--schema", "SALES:COPY,SALES_REPORT:REPORT_COPY", "--yes"],
        ],
        20,
    ),
    (
        "jobs",
        // The fault that the test sets has left this job.
        &[&["jobs", "prod", "--clean", "LEFT_BEHIND", "--yes"]],
        4,
    ),
    ("refresh", &[&["refresh", "prod", "dev", "--yes"]], 20),
    (
        "refresh-data",
        &[
            &["setup", "prod", "--yes"],
            &["setup", "dev", "--yes"],
            &["refresh-data", "prod", "dev", "--schema", "sales,sales_report", "--end-sessions", "--yes"],
        ],
        60,
    ),
    (
        "replay",
        &[
            &["capture", "prod", "--file", "c.json", "--yes"],
            &["replay", "dev", "--capture", "c.json", "--yes"],
        ],
        40,
    ),
    (
        "restore",
        &[
            &["setup", "prod", "--yes"],
            &["setup", "dev", "--yes"],
            &["snapshot", "prod", "--label", "one", "--yes"],
            // The sample database is not empty; its tables are made anew.
            &[
                "restore",
                "dev",
                "--dump",
                "permanent/prod/snapshots/one/",
                "--existing",
                "replace",
                "--overwrite",
                "--yes",
            ],
        ],
        70,
    ),
    (
        "schedule",
        &[&["setup", "prod", "--yes"], &["schedule", "prod", "--every", "6h", "--schema", "sales", "--yes"]],
        4,
    ),
    ("setup", &[&["setup", "prod", "--yes"]], 8),
    ("snapshot", &[&["setup", "prod", "--yes"], &["snapshot", "prod", "--yes"]], 40),
    ("start", &[&["stop", "dev", "--yes"], &["start", "dev", "--yes"]], 3),
    ("stop", &[&["stop", "dev", "--yes"]], 3),
    ("verify", &[&["run", "verify", "dev", "--yes"]], 6),
];

/// The plan of the only run of this runbook.
pub(crate) fn plan_of(rehearsal: &Rehearsal, runbook: &str) -> Value {
    let runs = std::fs::read_dir(rehearsal.sandbox().join("state/runs")).unwrap();
    let plans = runs.map(|run| json(&run.unwrap().path().join("plan.json")));
    let mut found: Vec<Value> = plans.filter(|plan| plan["runbook"] == runbook).collect();
    assert_eq!(found.len(), 1, "runs of {runbook}");
    found.remove(0)
}

#[test]
fn every_shipped_runbook_sends_what_its_plan_says() {
    let shipped: Vec<&str> = adbctl::runbook::shipped().into_iter().map(|(name, _)| name).collect();
    let cases: Vec<&str> = CASES.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(cases, shipped, "a shipped runbook needs a line in CASES, in the order of names");
    for (name, commands, least) in CASES {
        let rehearsal = Rehearsal::new();
        if *name == "jobs" {
            crate::dumps::pump_fault(&rehearsal, "pump-fatal", &serde_json::json!({}));
            crate::jobs::begin_job(&rehearsal, "LEFT_BEHIND", "ADMIN");
        }
        let by_hand = rehearsal.audit().len();
        let (run, before) = commands.split_last().unwrap();
        for words in before {
            rehearsal.on_sandbox(words).expect(0);
        }
        let old = rehearsal.audit_of_steps().len();
        rehearsal.on_sandbox(run).expect(0);
        let lines = rehearsal.audit_of_steps().split_off(old);
        assert!(lines.len() >= *least, "{name}: only {} lines", lines.len());
        compare(&plan_of(&rehearsal, name), &lines).unwrap_or_else(|why| panic!("{name}: {why}"));
        let strays = strays(&rehearsal.audit()[by_hand..], None);
        assert!(strays.is_empty(), "{name}: {strays:#?}");
    }
}

#[test]
fn a_dry_run_shows_the_plan_and_sends_nothing_that_changes() {
    let rehearsal = Rehearsal::new();
    let shown = rehearsal.on_sandbox(&["refresh", "prod", "dev", "--dry-run"]).expect(0);
    assert!(rehearsal.audit().iter().all(|line| line["effect"] == "read"), "{:#?}", rehearsal.audit());
    // The plan that runs is the plan that was shown, but for the run's own name.
    rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(0);
    let plan = json(&rehearsal.newest_run().join("plan.json"));
    let suffix = plan["run"].as_str().unwrap().rsplit('-').next().unwrap().to_owned();
    for act in plan["steps"].as_array().unwrap().iter().flat_map(|s| s["acts"].as_array().unwrap()) {
        let title = act["title"].as_str().unwrap();
        let known = title.split(&suffix).next().unwrap().split(&suffix.to_uppercase()).next().unwrap();
        assert!(shown.stdout.contains(known), "the dry run does not show: {title}");
    }
}

/// Of what belongs to no step only leases are let pass.
#[test]
fn a_change_without_a_step_is_noticed() {
    fn check(method: &str, path: &str, step: &Value, effect: &str, stray: bool) {
        let line = serde_json::json!({ "kind": "rest", "method": method, "path": path, "step": step, "effect": effect });
        let lines = [line];
        assert_eq!(!strays(&lines, Some("/n/ns/b/bkt/o/p/leases/")).is_empty(), stray, "{method} {path}");
        assert_eq!(strays(&lines, None).is_empty(), effect == "read" || !step.is_null(), "{method} {path}");
    }
    check("PUT", "/n/ns/b/bkt/o/p%2Fleases%2Fdev.json", &Value::Null, "write", false);
    check("DELETE", "/n/ns/b/bkt/o/p/leases/dev.json", &Value::Null, "write", false);
    check("POST", "/n/ns/b/bkt/o/p/leases/dev.json", &Value::Null, "write", true);
    check("PUT", "/n/ns/b/bkt/o/p/other/dev.json", &Value::Null, "write", true);
    check("PUT", "/n/ns/b/bkt/o/p/leases/x/dev.json", &Value::Null, "write", true);
    check("PUT", "/n/ns/b/other/o/p/leases/dev.json", &Value::Null, "write", true);
    check("PUT", "/20160918/autonomousDatabases/x", &Value::Null, "write", true);
    check("PUT", "/20160918/autonomousDatabases/x", &"clone".into(), "write", false);
    check("GET", "/n/ns/b/bkt/o/x", &Value::Null, "read", false);
}

/// The comparison itself notices what is not planned.
#[test]
fn a_line_or_an_act_too_many_is_noticed() {
    let rehearsal = Rehearsal::new();
    rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(0);
    let plan = json(&rehearsal.newest_run().join("plan.json"));
    let lines = rehearsal.audit_of_steps();
    let clone = lines.iter().position(|l| l["method"] == "POST").unwrap();
    let mut doubled = lines.clone();
    doubled.insert(clone, lines[clone].clone());
    assert!(compare(&plan, &doubled).is_err(), "a call sent twice");
    let mut missing = lines.clone();
    missing.remove(clone);
    assert!(compare(&plan, &missing).is_err(), "a call not sent");
    let mut other = lines.clone();
    other[clone]["body"]["dbName"] = "OTHER".into();
    assert!(compare(&plan, &other).is_err(), "another body");
    let mut more = lines;
    more[clone]["body"]["isFreeTier"] = true.into();
    assert!(compare(&plan, &more).is_err(), "a field that was not planned");
}
