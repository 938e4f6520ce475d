//! Runs that are killed at a record of their journal, or whose journal cannot be written, and go on.
//!
//! A script of two units, neither of which may run twice, is part of the refresh. What must happen once is counted
//! in the audit log (by retry token or step), and in the database.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::hands;
use crate::resume::until;
use crate::support::{Ended, Rehearsal, json};

/// Where the runs are killed unless `ADBCTL_KILL_POINTS` says `all`, or names other records: before anything is recorded, with the clone's
/// request on its way, between two units of the script, in the middle of the exchange, and near the end.
const SERVED: &[usize] = &[1, 32, 57, 60, 99, 138];
const EMBEDDED: &[usize] = &[33, 59, 122];

/// Every statement of it leaves a trace of its own, and none may run twice.
const SCRIPT: &str = "insert into sales.audit_log (actor, what) values ('attack', 'first');\ncommit;\n\
    insert into sales.audit_log (actor, what) values ('attack', 'second');\ncommit;\n";

fn points(few: &[usize]) -> Vec<usize> {
    match std::env::var("ADBCTL_KILL_POINTS") {
        Err(_) => few.to_vec(),
        Ok(all) if all == "all" => (0..=230).collect(),
        Ok(list) => list.split(',').map(|point| point.trim().parse().unwrap()).collect(),
    }
}

fn script(rehearsal: &Rehearsal) -> String {
    let path = rehearsal.home().join("once.sql");
    std::fs::write(&path, SCRIPT).unwrap();
    format!("scripts=[{{ file = \"{}\" }}]", path.display())
}

fn runs(rehearsal: &Rehearsal) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(rehearsal.sandbox().join("state/runs"));
    entries.into_iter().flatten().map(|e| e.unwrap().path()).collect()
}

fn records(run: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(run.join("journal.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Kills the process as soon as the journal has this many lines; a run that ends before is none the worse. Runs that
/// ended before are none of its business.
pub(crate) fn kill_at(rehearsal: &Rehearsal, mut child: Child, lines: usize) {
    let begun = Instant::now();
    loop {
        let written = runs(rehearsal).into_iter().map(|run| {
            std::fs::read_to_string(run.join("journal.jsonl")).map_or(0, |text| {
                if text.contains("\"run-closed\"") { 0 } else { text.split('\n').count() - 1 }
            })
        });
        // At point 0 the plan alone is there.
        let there = written.max().is_some_and(|written| written >= lines);
        if there || child.try_wait().unwrap().is_some() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_mins(2), "the journal does not reach {lines} lines");
        std::thread::sleep(Duration::from_micros(300));
    }
    let _ = child.kill();
    child.wait().unwrap();
}

fn start(rehearsal: &Rehearsal, words: &[&str]) -> Child {
    rehearsal
        .sandbox_command(words)
        .env("ADBCTL_SANDBOX_SPEED", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn on_fast_sandbox(rehearsal: &Rehearsal, words: &[&str]) -> Ended {
    let output = rehearsal.sandbox_command(words).env("ADBCTL_SANDBOX_SPEED", "0").output().unwrap();
    Ended::of(&output)
}

/// How many rows a unit of the script left, looked up as a person would: in the clone itself.
fn traces(rehearsal: &mut Rehearsal, what: &str) -> u64 {
    let journal = records(&rehearsal.newest_run());
    let clone = journal.iter().find(|r| r["record"]["step-done"]["step"] == "clone").unwrap();
    let outputs = &clone["record"]["step-done"]["outputs"];
    // What is large is kept beside the journal.
    let outputs = match outputs["kept-sha256"].as_str() {
        Some(sum) => json(&rehearsal.newest_run().join(format!("kept/{sum}.json"))),
        None => outputs.clone(),
    };
    let id = outputs["ocid"].as_str().unwrap().to_owned();
    let embedded = !rehearsal.is_serving();
    if embedded {
        rehearsal.serve("0");
    }
    let of_clone = hands::record(rehearsal, &id);
    let address = of_clone["connectionUrls"]["ordsUrl"].as_str().unwrap().to_owned();
    let password = rehearsal.description()["databases"]["dev"]["admin_password"].as_str().unwrap().to_owned();
    let query = format!("select count(*) from sales.audit_log where actor = 'attack' and what = '{what}'");
    let count = hands::number(&hands::sql_at(&address, &password, &query));
    if embedded {
        rehearsal.stop_serving();
    }
    count
}

/// Resumes to the end. A unit of the script whose end nobody knows is looked up and answered for.
fn resume(rehearsal: &mut Rehearsal) -> Ended {
    let ended = on_fast_sandbox(rehearsal, &["resume"]);
    if ended.code == 0 {
        return ended;
    }
    if ended.stderr.contains("there is no such run") {
        let planned: Vec<PathBuf> = runs(rehearsal);
        let planned: Vec<&PathBuf> = planned.iter().filter(|run| run.join("plan.json").is_file()).collect();
        let Some(run) = planned.first() else {
            // Killed before there was a plan: nothing was begun.
            assert!(hands::writes(rehearsal).is_empty());
            let set = script(rehearsal);
            return on_fast_sandbox(rehearsal, &["refresh", "prod", "dev", "--yes", "--set", &set]).expect(0);
        };
        // The killer came too late.
        assert_eq!(records(run).last().unwrap()["record"]["run-closed"]["verdict"], "done");
        return ended;
    }
    let ended = ended.expect(6);
    assert!(ended.stdout.contains("--unknown scripts.1=done"), "{}", ended.stdout);
    assert!(ended.stdout.contains("it is not known whether this happened"), "{}", ended.stdout);
    let journal = records(&rehearsal.newest_run());
    let settled = |unit: &str| {
        journal.iter().any(|r| {
            let done = &r["record"]["act-done"];
            done["step"] == "scripts.1" && done["act"] == unit
        })
    };
    let what = if settled("unit-1") { "second" } else { "first" };
    let answer = match traces(rehearsal, what) {
        0 => "scripts.1=repeat",
        _ => "scripts.1=done",
    };
    on_fast_sandbox(rehearsal, &["resume", "--unknown", answer]).expect(0)
}

/// What must have happened once, and did.
fn once(rehearsal: &mut Rehearsal, at: &str) {
    let lines = hands::writes(rehearsal);
    let made: Vec<&Value> = lines
        .iter()
        .filter(|l| l["method"] == "POST" && l["path"] == "/20160918/autonomousDatabases")
        .collect();
    assert_eq!(made.len(), 1, "{at}: one clone: {made:#?}");
    let repeated =
        rehearsal.audit().into_iter().filter(|l| l["path"] == made[0]["path"] && l["method"] == "POST");
    let accepted: Vec<Value> = repeated.filter(|l| l["status"].as_u64().is_none_or(|s| s < 400)).collect();
    assert!(accepted.iter().all(|l| l["retry_token"] == made[0]["retry_token"]), "{at}: {accepted:#?}");
    for step in
        ["rename_old", "rename_new", "release_address", "take_address", "unpark_old", "untag_old", "tag_new"]
    {
        let changes = lines.iter().filter(|l| l["step"] == step && l["method"] == "PUT");
        assert_eq!(changes.count(), 1, "{at}: {step}");
    }
    for what in ["first", "second"] {
        assert_eq!(traces(rehearsal, what), 1, "{at}: unit {what} of the script");
    }
    let planned = runs(rehearsal).iter().filter(|run| run.join("plan.json").is_file()).count();
    assert_eq!(planned, 1, "{at}: one run");
}

#[test]
fn killed_at_a_record_on_a_served_sandbox() {
    for point in points(SERVED) {
        let mut rehearsal = Rehearsal::new();
        let child = start(&rehearsal, &["refresh", "prod", "dev", "--yes", "--set", &script(&rehearsal)]);
        kill_at(&rehearsal, child, point);
        // Who types the command again hears of what was left: behind the clone's request, before names are exchanged.
        if point == 57 {
            let again = rehearsal.on_sandbox(&["refresh", "prod", "dev"]).expect(4).stderr;
            assert!(
                again.contains("of refresh on dev did not end") && again.contains(" resume 2"),
                "{again}"
            );
        }
        // Once more, while it is taken up again.
        let child = start(&rehearsal, &["resume"]);
        kill_at(&rehearsal, child, point + 20);
        resume(&mut rehearsal);
        once(&mut rehearsal, &format!("killed at record {point}"));
    }
}

#[test]
fn killed_at_a_record_with_the_embedded_sandbox() {
    for point in points(EMBEDDED) {
        let mut rehearsal = Rehearsal::bare();
        let child = start(&rehearsal, &["refresh", "prod", "dev", "--yes", "--set", &script(&rehearsal)]);
        kill_at(&rehearsal, child, point);
        resume(&mut rehearsal);
        once(&mut rehearsal, &format!("killed with the sandbox at record {point}"));
    }
}

const SCRIPT_ONLY: &str = "format = 1\ntitle = 'Only a script'\n[database.source]\ndoc = 's'\naccess = 'read'\n\
    [database.target]\ndoc = 't'\naccess = 'write'\n[[step]]\nid = 'a'\ntitle = 'Run it'\n\
    [step.run.run-script]\non = 'target'\nscript = 'once.sql'\n";

/// The connection breaks after, or before, the first unit of a script is carried out. From here both look alike, so a
/// person is asked, unless the runbook says that the script may run twice. Over HTTPS a unit is one request; what is lost over
/// SQL*Net is with that driver's tests.
#[test]
fn a_unit_whose_end_is_not_known_is_asked_about() {
    let check = |carried_out: bool, when_unknown: &str, answer: Option<&str>, rows: u64| {
        let rehearsal = Rehearsal::new();
        rehearsal.use_driver("ords");
        std::fs::write(rehearsal.home().join("once.sql"), SCRIPT).unwrap();
        std::fs::write(rehearsal.home().join("own.toml"), format!("{SCRIPT_ONLY}{when_unknown}")).unwrap();
        let path = "*/_/sql";
        let drop = json!({ "path": path, "count": 1, "action": { "drop": { "after": carried_out } } });
        hands::fault(&rehearsal, &drop);
        let ended = rehearsal.on_sandbox(&["run", "./own.toml", "prod", "dev", "--yes"]);
        let count = || {
            let query = "select count(*) from sales.audit_log where actor = 'attack'";
            hands::number(&hands::sql(&rehearsal, "dev", query))
        };
        let Some(answer) = answer else {
            assert_eq!((ended.code, count()), (0, rows), "{}", ended.stderr);
            return;
        };
        assert_eq!((ended.code, count()), (6, u64::from(carried_out)), "{}", ended.stderr);
        // Without an answer it stops as often as it is asked, and sends nothing.
        let ended = rehearsal.on_sandbox(&["resume"]).expect(6);
        for words in
            ["it is not known whether this happened", "once.sql:1", "--unknown a=done if it happened"]
        {
            assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        }
        assert_eq!(count(), u64::from(carried_out));
        rehearsal.on_sandbox(&["resume", "--unknown", answer]).expect(0);
        assert_eq!(count(), rows, "{carried_out} {answer:?}");
    };
    check(true, "", Some("a=done"), 2);
    check(false, "", Some("a=repeat"), 2);
    check(true, "when-unknown = 'repeat'\n", None, 3);
}

/// An answer for a step that has no question open is a mistake, and a malformed one too.
#[test]
fn only_open_questions_are_answered() {
    let rehearsal = Rehearsal::new();
    hands::fault(&rehearsal, &json!({ "action": { "quota": { "databases": 1 } } }));
    rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(5);
    let ended = rehearsal.on_sandbox(&["resume", "--unknown", "scripts.1=done"]).expect(2);
    assert!(ended.stderr.contains("step scripts.1 has nothing of which it is not known"), "{}", ended.stderr);
    let ended = rehearsal.on_sandbox(&["resume", "--unknown", "scripts.1=perhaps"]).expect(2);
    assert!(ended.stderr.contains("STEP=repeat"), "{}", ended.stderr);
}

/// Runs the binary so that no file can grow beyond this many blocks of 512 bytes, as on a full disk.
fn with_little_room(rehearsal: &Rehearsal, blocks: u64, words: &[&str]) -> Ended {
    let inner = rehearsal.sandbox_command(words);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
    shell.arg(inner.get_program()).args(inner.get_args());
    shell.env_clear().env("HOME", rehearsal.home()).env("NO_COLOR", "1").current_dir(rehearsal.home());
    let output = shell.stdin(Stdio::null()).output().unwrap();
    Ended::of(&output)
}

/// The journal runs full before the clone, between statements, and in the exchange. What it could not announce was
/// not sent, and with room again the run goes on.
#[test]
fn a_full_disk_under_the_journal() {
    let mut rehearsal = Rehearsal::new();
    let set = script(&rehearsal);
    hands::fault(&rehearsal, &json!({ "action": { "quota": { "databases": 1 } } }));
    rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes", "--set", &set]).expect(5);
    hands::mend(&rehearsal);
    let journal = rehearsal.newest_run().join("journal.jsonl");
    let mut sent_before = 0;
    for more in [2, 60, 40, 60] {
        let size = std::fs::metadata(&journal).unwrap().len();
        let ended = with_little_room(&rehearsal, size.div_ceil(512) + more, &["resume"]).expect(7);
        for words in
            ["the journal cannot be written, so the run stops here", "free some space", "go on with: adbctl"]
        {
            assert!(ended.stderr.contains(words), "{words} is not in {}", ended.stderr);
        }
        let kept = records(&rehearsal.newest_run());
        let whole = std::fs::read_to_string(&journal).unwrap();
        assert!(whole.ends_with('\n') && whole.lines().count() == kept.len(), "only whole lines are kept");
        // Every write that was sent is announced: none is of a step without a record of it.
        let writes = hands::writes(&rehearsal);
        for write in &writes {
            let announced = kept.iter().any(|r| r["record"]["act-sent"]["step"] == write["step"]);
            assert!(announced, "sent without a record: {write:#}");
        }
        let announced = kept.iter().filter(|r| r["record"]["act-sent"].is_object()).count();
        assert!(writes.len() <= announced, "{} writes, {announced} announced", writes.len());
        assert!(writes.len() >= sent_before);
        sent_before = writes.len();
    }
    assert!(sent_before > 1, "the later limits let statements through");
    resume(&mut rehearsal);
    once(&mut rehearsal, "a full disk");
}

/// There is no room for the plan: nothing is sent, nothing is left that a later run stumbles over.
#[test]
fn a_full_disk_under_the_plan() {
    let rehearsal = Rehearsal::new();
    let ended = with_little_room(&rehearsal, 16, &["refresh", "prod", "dev", "--yes"]).expect(5);
    for words in ["the plan cannot be written to", "nothing was sent", "free some space"] {
        assert!(ended.stderr.contains(words), "{words} is not in {}", ended.stderr);
    }
    assert!(hands::writes(&rehearsal).is_empty());
    let ended = rehearsal.on_sandbox(&["resume"]).expect(2);
    assert!(ended.stderr.contains("there is no such run"), "{}", ended.stderr);
    rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(0);
}

/// Ctrl-C twice leaves at once, in the middle of a request; the run goes on afterwards.
#[test]
fn interrupted_twice_leaves_at_once() {
    let rehearsal = Rehearsal::new();
    hands::fault(
        &rehearsal,
        &json!({ "method": "POST", "path": "/20160918/autonomousDatabases", "count": 1, "action": { "slow": { "seconds": 20 } } }),
    );
    let child = rehearsal
        .sandbox_command(&["refresh", "prod", "dev", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("the clone's request to be recorded", || {
        std::fs::read_dir(rehearsal.sandbox().join("state/runs")).is_ok_and(|mut d| {
            d.next().and_then(Result::ok).is_some_and(|e| {
                std::fs::read_to_string(e.path().join("journal.jsonl"))
                    .is_ok_and(|t| t.contains("\"act-sent\":{\"step\":\"clone\""))
            })
        })
    });
    let begun = Instant::now();
    for _ in 0..2 {
        let signal = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(signal.unwrap().success());
        std::thread::sleep(Duration::from_millis(300));
    }
    let output = child.wait_with_output().unwrap();
    assert!(begun.elapsed().as_secs() < 10, "it waited for the request: {:?}", begun.elapsed());
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.contains(&format!("adbctl --sandbox={} resume ", rehearsal.sandbox().display())),
        "{shown}"
    );
    hands::mend(&rehearsal);
    rehearsal.on_sandbox(&["resume"]).expect(0);
    let made = rehearsal
        .audit()
        .iter()
        .filter(|l| {
            l["method"] == "POST" && l["path"] == "/20160918/autonomousDatabases" && l["effect"] == "write"
        })
        .count();
    assert_eq!(made, 1, "one clone, whichever answer was lost");
}
