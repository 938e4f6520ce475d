//! Runs that end too early, and go on.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::equality;
use crate::support::{Ended, Rehearsal, is_change, json};

/// Waits until the condition holds; a rehearsal that does not get there fails.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(1), "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn clones(lines: &[Value]) -> usize {
    lines.iter().filter(|l| l["method"] == "POST" && l["path"] == "/20160918/autonomousDatabases").count()
}

fn databases(rehearsal: &Rehearsal) -> usize {
    let mut made: Vec<String> = rehearsal
        .audit()
        .iter()
        .filter_map(|l| l["database"].as_str().map(str::to_owned))
        .filter(|d| !d.ends_with("devexample") && !d.ends_with("prodexample"))
        .collect();
    made.sort();
    made.dedup();
    made.len()
}

/// SIGKILL between the start of the clone and its handle: the answer is lost on the way, and so is the process.
#[test]
fn killed_between_start_and_handle() {
    for when in ["drop-answer", "drop-request"] {
        let rehearsal = Rehearsal::new();
        // The request hangs in the sandbox, so that the process can be killed with it on its way.
        let fault = if when == "drop-answer" { "slow" } else { "drop-request" };
        let mut words = vec!["sandbox", "fault", fault, "--on", "/20160918/autonomousDatabases"];
        let dir = rehearsal.sandbox();
        words.extend(["--dir", dir.to_str().unwrap(), "--seconds", "3"]);
        rehearsal.run(&words).expect(0);
        let mut child = rehearsal
            .sandbox_command(&["refresh", "prod", "dev", "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let sent = || {
            let run = rehearsal.sandbox().join("state/runs");
            std::fs::read_dir(run).ok().and_then(|mut d| d.next()).and_then(Result::ok).is_some_and(|e| {
                std::fs::read_to_string(e.path().join("journal.jsonl"))
                    .is_ok_and(|t| t.contains("\"act-sent\":{\"step\":\"clone\""))
            })
        };
        until("the clone's request to be recorded", sent);
        child.kill().unwrap();
        child.wait().unwrap();
        let resumed = rehearsal.on_sandbox(&["resume"]).expect(0);
        assert!(resumed.stdout.contains("Verdict: done"), "{}", resumed.stdout);
        assert_eq!(databases(&rehearsal), 1, "one clone, whatever was lost");
        let tokens: Vec<Value> = rehearsal
            .audit()
            .iter()
            .filter(|l| l["method"] == "POST" && l["path"] == "/20160918/autonomousDatabases")
            .map(|l| l["retry_token"].clone())
            .collect();
        assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]), "{tokens:?}");
    }
}

/// SIGKILL while the clone is being made, the embedded sandbox dying with it.
#[test]
fn killed_while_waiting_with_the_embedded_sandbox() {
    let rehearsal = Rehearsal::bare();
    let mut child = rehearsal
        .sandbox_command(&["refresh", "prod", "dev", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the clone to be on its way", || {
        rehearsal.sandbox().join("audit.jsonl").is_file()
            && clones(&rehearsal.audit()) == 1
            && std::fs::read_to_string(rehearsal.newest_run().join("journal.jsonl"))
                .is_ok_and(|t| t.contains("\"act-done\":{\"step\":\"clone\""))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = rehearsal.sandbox_command(&["resume"]).env("ADBCTL_SANDBOX_SPEED", "0").output().unwrap();
    let resumed = Ended::of(&resumed).expect(0);
    assert!(resumed.stdout.contains("Verdict: done"), "{}", resumed.stdout);
    assert_eq!(clones(&rehearsal.audit()), 1, "the clone was followed, not made again");
    let plan = json(&rehearsal.newest_run().join("plan.json"));
    let lines: Vec<Value> = rehearsal.audit_of_steps();
    // Looks were repeated by the second life; what changes was sent once.
    let writes: Vec<Value> = lines.into_iter().filter(is_change).collect();
    let mut planned = plan.clone();
    for step in planned["steps"].as_array_mut().unwrap() {
        step["acts"].as_array_mut().unwrap().retain(|a| a["effect"] != "read");
    }
    equality::compare(&planned, &writes).unwrap();
}

/// The first Ctrl-C reaches a record and prints how to go on.
#[test]
fn interrupted_and_resumed() {
    let rehearsal = Rehearsal::at_speed("1");
    let child = rehearsal
        .sandbox_command(&["refresh", "prod", "dev", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("the clone to be on its way", || clones(&rehearsal.audit()) == 1);
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let command = format!("adbctl --sandbox={} resume ", rehearsal.sandbox().display());
    assert!(stdout.contains(&command), "{stdout}");
    let resumed = rehearsal.on_sandbox(&["resume"]).expect(0);
    assert!(resumed.stdout.contains("Verdict: done"), "{}", resumed.stdout);
    assert_eq!(clones(&rehearsal.audit()), 1);
}

/// A clone that ends in TERMINATED is a dead end, named at once, with the service's reason.
#[test]
fn a_failed_clone_stops_the_run_and_leaves_the_target_alone() {
    let rehearsal = Rehearsal::new();
    let dir = rehearsal.sandbox();
    rehearsal
        .run(&[
            "sandbox",
            "fault",
            "clone-fails",
            "--on",
            "/20160918/autonomousDatabases",
            "--dir",
            dir.to_str().unwrap(),
        ])
        .expect(0);
    let before = rehearsal.show("dev");
    let ended = rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(5);
    assert!(ended.stdout.contains("✗ clone"), "{}", ended.stdout);
    let after = rehearsal.show("dev");
    for kept in ["id", "dbName", "lifecycleState", "privateEndpointIp"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    // The clone that failed is gone; going on makes a new one.
    let resumed = rehearsal.on_sandbox(&["resume"]).expect(0);
    assert!(resumed.stdout.contains("Verdict: done"), "{}", resumed.stdout);
}
