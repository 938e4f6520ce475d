//! `start` and `stop`: one database, one direction, and what production allows.

use serde_json::Value;

use crate::orders::{Colleague, configured, flat, run_with};
use crate::support::Rehearsal;

/// The changes that were sent, by the last two parts of their paths.
fn sent(rehearsal: &Rehearsal) -> Vec<String> {
    let lines = rehearsal.audit_of_steps();
    let writes = lines.iter().filter(|line| line["effect"] == "write");
    writes
        .map(|line| line["path"].as_str().unwrap().rsplitn(3, '/').take(2).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn a_database_is_stopped_and_started_once() {
    let rehearsal = Rehearsal::new();
    let shown = rehearsal.on_sandbox(&["stop", "dev", "--dry-run"]).expect(0);
    assert!(shown.stdout.contains("/actions/stop"), "{}", shown.stdout);
    let ended = rehearsal.on_sandbox(&["stop", "dev"]).expect(4);
    assert!(ended.stderr.contains("--yes"), "{}", ended.stderr);
    assert!(sent(&rehearsal).is_empty(), "nothing was confirmed");
    for (command, state, total) in
        [("stop", "STOPPED", 1), ("stop", "STOPPED", 1), ("start", "AVAILABLE", 2), ("start", "AVAILABLE", 2)]
    {
        let ended = rehearsal.on_sandbox(&[command, "dev", "--yes"]).expect(0);
        assert!(ended.stdout.contains("Verdict: done"), "{}", ended.stdout);
        assert_eq!(rehearsal.show("dev")["lifecycleState"], state);
        assert_eq!(sent(&rehearsal).len(), total, "{command}: {:?}", sent(&rehearsal));
    }
    assert_eq!(sent(&rehearsal), ["stop actions", "start actions"]);
    // The same by its long name, with the one database that the runbook has.
    rehearsal.on_sandbox(&["run", "stop", "dev", "--yes"]).expect(0);
    assert_eq!(rehearsal.show("dev")["lifecycleState"], "STOPPED");
    rehearsal.on_sandbox(&["verify", "dev", "--runbook", "stop"]).expect(0);
    // A database that cannot be asked for its jobs hides nothing of the others.
    let jobs = rehearsal.on_sandbox(&["jobs"]).expect(8);
    for wanted in ["dev: cannot be asked: ", "prod: no Data Pump jobs"] {
        assert!(jobs.stdout.contains(wanted), "{}", jobs.stdout);
    }
    let ended = rehearsal.on_sandbox(&["run", "stop", "prod", "dev", "--yes"]).expect(2);
    assert!(flat(&ended.stderr).contains("adbctl run stop TARGET"), "{}", ended.stderr);
}

#[test]
fn production_is_never_stopped_and_started_only_with_consent() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let prod: Value = rehearsal.show("prod")["id"].clone();
    let consenting = configured(&rehearsal, |text| text.replacen("consent = [", "consent = [\"start\", ", 1));
    let ended = run_with(&rehearsal, &consenting, &["stop", "prod", "--yes"]).expect(4);
    assert!(flat(&ended.stderr).contains("prod is a production database"), "{}", ended.stderr);
    colleague.stop(&prod);
    let ended = rehearsal.on_sandbox(&["start", "prod", "--yes"]).expect(3);
    let text = flat(&ended.stderr);
    assert!(text.contains("does not consent to starting it"), "{text}");
    assert!(text.contains("consent = [\"start\"] under [database.prod]"), "{text}");
    assert!(sent(&rehearsal).is_empty());
    run_with(&rehearsal, &consenting, &["start", "prod", "--yes"]).expect(0);
    assert_eq!(colleague.state(&prod), "AVAILABLE");
    assert_eq!(sent(&rehearsal), ["start actions"]);
}

/// The process dies with the request on its way: the run that goes on sends it no second time.
#[test]
fn a_killed_stop_goes_on() {
    let rehearsal = Rehearsal::new();
    let dir = rehearsal.sandbox();
    let dir = dir.to_str().unwrap();
    let fault = ["sandbox", "fault", "slow", "--on", "/actions/stop", "--seconds", "3", "--dir", dir];
    rehearsal.run(&fault).expect(0);
    let mut command = rehearsal.sandbox_command(&["stop", "dev", "--yes"]);
    let nothing = std::process::Stdio::null;
    let mut child = command.stdout(nothing()).stderr(nothing()).spawn().unwrap();
    let begun = std::time::Instant::now();
    let journalled = || {
        let runs = rehearsal.sandbox().join("state/runs");
        let run = std::fs::read_dir(runs).ok().and_then(|mut all| all.next()).and_then(Result::ok);
        run.and_then(|run| std::fs::read_to_string(run.path().join("journal.jsonl")).ok())
            .is_some_and(|text| text.contains("\"act-sent\""))
    };
    while !journalled() {
        assert!(begun.elapsed() < std::time::Duration::from_mins(1), "the stop was never sent");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    std::thread::sleep(std::time::Duration::from_millis(250));
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = rehearsal.on_sandbox(&["resume"]).expect(0);
    assert!(resumed.stdout.contains("Verdict: done"), "{}", resumed.stdout);
    assert_eq!(rehearsal.show("dev")["lifecycleState"], "STOPPED");
    assert!(sent(&rehearsal).len() <= 2, "{:?}", sent(&rehearsal));
}
