//! Long waits: over SQL*Net one session looks again and again, and another one when it is lost; over HTTP there is none.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Rehearsal, http};

/// From where the counting rule counts down.
const MANY: u64 = 1_000_000;

/// What an export did: the connections it made, its own statements in order, and what it said while it waited.
struct Export {
    connections: u64,
    statements: Vec<Value>,
    waited: Vec<String>,
}

impl Export {
    /// Where among the statements its looks at the job are.
    fn looks(&self) -> Vec<usize> {
        let is_look = |line: &Value| line["sql"].as_str().unwrap().contains(":job_state :=");
        (0..self.statements.len()).filter(|at| is_look(&self.statements[*at])).collect()
    }

    /// How many steps sent statements.
    fn steps(&self) -> u64 {
        let steps: BTreeSet<&str> =
            self.statements.iter().map(|line| line["step"].as_str().unwrap()).collect();
        u64::try_from(steps.len()).unwrap()
    }
}

/// How many connections of SQL*Net the sandbox still lets pass before the counting rule.
fn left(rehearsal: &Rehearsal) -> u64 {
    let origin = rehearsal.description()["oci_endpoint"].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rules: Value = runtime.block_on(async {
        let answer = http().get(format!("{origin}/sandbox/faults")).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    });
    let rule = rules.as_array().unwrap().iter().find(|rule| rule["id"] == "counts").unwrap();
    rule["after"].as_u64().unwrap()
}

/// Every line of the audit log: each call of a session counts here.
fn audit(rehearsal: &Rehearsal) -> Vec<Value> {
    let text = std::fs::read_to_string(rehearsal.sandbox().join("audit.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn export(rehearsal: &Rehearsal, label: &str) -> Export {
    let (audited, before) = (audit(rehearsal).len(), left(rehearsal));
    rehearsal.on_sandbox(&["export", "prod", "--schema", "sales", "--label", label, "--yes"]).expect(0);
    let mut statements = audit(rehearsal).split_off(audited);
    statements.retain(|line| line["kind"] == "sql" && line["inside"] == false);
    let events = std::fs::read_to_string(rehearsal.newest_run().join("events.jsonl")).unwrap();
    let waited = events.lines().filter(|line| line.contains("step-waiting")).map(str::to_owned).collect();
    Export { connections: before - left(rehearsal), statements, waited }
}

#[test]
fn one_session_waits_and_another_takes_its_place() {
    let rehearsal = Rehearsal::at_speed("3");
    rehearsal.fault(&json!({
        "id": "counts", "method": "CONNECT", "path": "*", "after": MANY, "action": { "slow": { "seconds": 0 } },
    }));
    rehearsal.use_driver("thin");
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    let one = export(&rehearsal, "one");
    assert!(one.looks().len() >= 2, "{:#?}", one.statements);
    // Each step has a session; that of the job has one for its start and one for all looks.
    assert_eq!(one.connections, one.steps() + 1, "{:#?}", one.statements);
    assert!(!one.waited.is_empty());

    // The second look ends in ORA-00028, and the connection of the one in its place in the middle of the answer.
    let second = one.looks()[1];
    let kill = json!({ "engine": { "name": "kill-session", "detail": {} } });
    for (after, action) in [(second, kill), (second + 1, json!({ "drop": { "after": true } }))] {
        let path = "/sqlnet/*/execute";
        rehearsal
            .fault(&json!({ "method": "CALL", "path": path, "after": after, "count": 1, "action": action }));
    }
    let two = export(&rehearsal, "two");
    assert_eq!(two.connections, two.steps() + 3, "{:#?}", two.statements);
    let said = two.waited.join("\n");
    assert!(said.contains("ORA-00028") && said.contains("lost"), "{said}");

    // A session of HTTP keeps nothing, so nothing is held.
    let file = rehearsal.sandbox().join("adbctl.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("driver = \"thin\"", "driver = \"ords\"");
    std::fs::write(&file, text).unwrap();
    let three = export(&rehearsal, "three");
    assert_eq!((three.connections, three.looks().is_empty()), (0, false));
}
