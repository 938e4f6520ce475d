//! Tasks for a person: who is asked, what is looked at, and what is left open.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use adbctl::actions::{Actions, Facts};
use adbctl::engine::{ActContext, Ask, Engine, Options, Outcome, Performer, Plan, PlannedDatabase};
use adbctl::journal::{MemoryJournal, Record, replay};
use adbctl::model::act::Reply;
use adbctl::model::event::{Event, Reporter};
use adbctl::model::{Act, ActionError, Category, SourceText};
use adbctl::runbook::{Selection, compile, load};
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use crate::orders::{Colleague, plain};
use crate::support::{Rehearsal, is_change, json};
use crate::{equality, hands};

const OCID: &str = "ocid1.autonomousdatabase.oc1.uk-london-1.devexample";

const VERIFIED: &str = "
[step.run.manual.verify]
run.describe-database = { database = '{{ target.ocid }}' }
found = 'found.state'
expect = 'STOPPED'
";

/// A runbook with a person's task and a step that comes after it.
fn plan(verification: &str) -> Plan {
    let text = format!(
        "format = 1\ntitle = 'x'\n[database.target]\ndoc = 'd'\naccess = 'read'\n\
         [[step]]\nid = 'task'\ntitle = 'T'\ntimeout = '1s'\n[step.run.manual]\ninstructions = 'Stop {{{{ target.name }}}}.'\n\
         {verification}\n[[step]]\nid = 'after'\ntitle = 'A'\nneeds = ['task']\n\
         run.describe-database = {{ database = '{{{{ target.ocid }}}}' }}\n"
    );
    let runbook = load("x", &SourceText::new("x", text)).unwrap();
    let target = PlannedDatabase { name: "dev".into(), ocid: OCID.into(), production: false };
    let facts = Facts {
        run: "20261121t000000-abcd".parse().unwrap(),
        folder: "/runs/x".into(),
        databases: BTreeMap::from([("target".to_owned(), target)]),
        seen: Map::from_iter([("target".to_owned(), json!({ "name": "dev", "ocid": OCID }))]),
        storage: serde_json::Map::new(),
        production: Vec::new(),
        consents: Vec::new(),
        given: Map::new(),
        settings_sha256: String::new(),
    };
    compile(&runbook, &facts, &Selection::default(), "sha").unwrap()
}

/// A cloud whose database is in these states, one a look; the last one stays. An empty one cannot be asked.
struct Cloud(Mutex<VecDeque<&'static str>>);

impl Performer for Cloud {
    fn perform<'a>(&'a self, _: &'a Act, _: ActContext) -> BoxFuture<'a, Result<Reply, ActionError>> {
        Box::pin(async move {
            let mut states = self.0.lock().unwrap();
            let state = if states.len() > 1 { states.pop_front() } else { states.front().copied() };
            match state {
                Some(state) => {
                    Ok(Reply { value: json!({ "id": OCID, "lifecycleState": state }), ..Reply::default() })
                }
                None => Err(ActionError::new(Category::NotFound, "there is nothing like that")),
            }
        })
    }
}

/// Somebody at the terminal, who takes longer than the step may take.
struct Person {
    answers: Mutex<VecDeque<bool>>,
    heard: Mutex<Vec<String>>,
}

impl Ask for Person {
    fn done<'a>(&'a self, instructions: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_hours(1)).await;
            self.heard.lock().unwrap().push(instructions.to_owned());
            self.answers.lock().unwrap().pop_front().expect("asked too often")
        })
    }
}

struct Nobody;

impl Reporter for Nobody {
    fn on_event(&mut self, _: &Event) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs a plan, from the records of an earlier run where there are any.
fn go(plan: &Plan, states: &[&'static str], options: Options, records: Vec<Record>) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let state = replay(records.clone()).unwrap();
    let cloud: Arc<dyn Performer> = Arc::new(Cloud(Mutex::new(states.iter().copied().collect())));
    let journal = Box::new(MemoryJournal::with(records));
    let engine = Engine::new(plan, &Actions, cloud, journal, Box::new(Nobody), options, state).unwrap();
    runtime.block_on(engine.run("sha")).unwrap()
}

fn statuses(outcome: &Outcome) -> String {
    let words =
        outcome.state.steps.iter().map(|(id, step)| format!("{id}={}", json!(step.status).as_str().unwrap()));
    words.collect::<Vec<_>>().join(" ")
}

/// Runs the runbook with a person who gives these answers, and compares the ends of the steps, how often the person was
/// asked, and what the last text says.
#[track_caller]
fn check(verification: &str, states: &[&'static str], answers: Option<&[bool]>, wanted: &str, said: &[&str]) {
    let person = Arc::new(Person {
        answers: Mutex::new(answers.unwrap_or_default().iter().copied().collect()),
        heard: Mutex::default(),
    });
    let ask: Option<Arc<dyn Ask>> = answers.map(|_| Arc::clone(&person) as _);
    let outcome = go(&plan(verification), states, Options { ask, ..Options::default() }, Vec::new());
    assert_eq!(statuses(&outcome), wanted);
    assert!(person.answers.lock().unwrap().is_empty(), "asked too rarely");
    let task = &outcome.state.steps[&"task".parse().unwrap()];
    let heard = person.heard.lock().unwrap().last().cloned();
    let text = task.reason.clone().or(heard).unwrap_or_default();
    for part in said {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn without_a_terminal_the_look_decides() {
    check(VERIFIED, &["STOPPED"], None, "after=done task=done", &[]);
    let open = ["Stop dev.", "not done yet", "found:    AVAILABLE", "expected: STOPPED"];
    check(VERIFIED, &["AVAILABLE"], None, "task=manual", &open);
    check(VERIFIED, &[], None, "task=manual", &["it cannot be told: there is nothing like that"]);
    check("", &["STOPPED"], None, "task=manual", &["Stop dev."]);
}

#[test]
fn at_a_terminal_the_person_is_asked_until_it_is_seen() {
    check(VERIFIED, &["STOPPED"], Some(&[]), "after=done task=done", &[]);
    check(VERIFIED, &["AVAILABLE", "STOPPED"], Some(&[true]), "after=done task=done", &["Stop dev."]);
    let again = ["found:    STOPPING", "expected: STOPPED"];
    check(
        VERIFIED,
        &["AVAILABLE", "STOPPING", "STOPPED"],
        Some(&[true, true]),
        "after=done task=done",
        &again,
    );
    check(VERIFIED, &["AVAILABLE"], Some(&[true, false]), "task=manual", &["found:    AVAILABLE"]);
    check("", &["AVAILABLE"], Some(&[true]), "after=done task=done", &["Stop dev."]);
    check("", &["AVAILABLE"], Some(&[false]), "task=manual", &["Stop dev."]);
}

/// Looking again at a run that ended closes its tasks, and begins nothing that was never begun.
#[test]
fn only_looking_begins_nothing() {
    let plan = plan(VERIFIED);
    let first = MemoryJournal::default();
    let records = {
        use adbctl::journal::{Journal as _, RecordKind};
        let mut journal = first;
        let task = || "task".parse().unwrap();
        let token = adbctl::model::Token::random();
        for kind in [
            RecordKind::RunOpened { plan_sha256: "sha".into() },
            RecordKind::StepStarted { step: task(), token, attempt: 1 },
            RecordKind::ManualOpen { step: task(), instructions: "x".into(), outputs: Value::Null },
            RecordKind::RunClosed { verdict: adbctl::model::Verdict::Done },
        ] {
            journal.append(kind).unwrap();
        }
        journal.records()
    };
    for (only_looks, wanted) in [(true, "task=done"), (false, "after=done task=done")] {
        let options = Options { only_looks, ..Options::default() };
        assert_eq!(statuses(&go(&plan, &["STOPPED"], options, records.clone())), wanted);
    }
    let options = Options { only_looks: true, ..Options::default() };
    let outcome = go(&plan, &["AVAILABLE"], options, records);
    assert_eq!(statuses(&outcome), "task=manual");
    let seen = &outcome.state.steps[&"task".parse().unwrap()].outputs;
    assert_eq!(*seen, json!({ "done": false, "found": "AVAILABLE", "expected": "STOPPED" }));
}

/// What App Builder keeps when somebody changes the application's schemes.
fn change_schemes(rehearsal: &Rehearsal, ocid: &str) {
    let changed = "update apex_240200.authorization$ set scheme_type_code = 'NATIVE_IS_IN_GROUP', \
                   scheme_type = 'Is In Role or Group' where application_id = 100";
    hands::as_builder(rehearsal, ocid, changed);
}

/// The application without the roles that its schemes are to ask for.
const NO_ROLES: &str =
    r#"applications=[{ workspace = "SALES_WS", id = 100, authentication_scheme = "Oracle APEX Accounts" }]"#;

#[test]
fn the_builder_changes_the_schemes_and_verify_sees_it() {
    let mut rehearsal = Rehearsal::new();
    let ended = rehearsal
        .on_sandbox(&["refresh", "prod", "dev", "--yes", "--report", "json=report.json", "--set", NO_ROLES])
        .expect(0);
    assert!(ended.stdout.contains("Verdict: done; 1 manual step is open"), "{}", ended.stdout);
    let report = json(&rehearsal.home().join("report.json"));
    let steps = report["steps"].as_array().unwrap();
    let task = steps.iter().find(|step| step["id"] == "authorization_schemes.1").unwrap();
    assert_eq!(task["status"], "manual", "{task}");
    let seen = json!({
        "done": false, "found": "[\"NATIVE_FUNCTION_BODY\"]", "expected": "[\"NATIVE_IS_IN_GROUP\"]",
    });
    assert_eq!(task["outputs"], seen);
    assert!(task["reason"].as_str().unwrap().contains("Source for Role or Group Schemes"), "{task}");
    equality::compare(&equality::plan_of(&rehearsal, "refresh"), &rehearsal.audit_of_steps()).unwrap();

    let lines = rehearsal.audit().len();
    let verified = rehearsal.on_sandbox(&["verify", "dev"]).expect(0);
    assert!(
        verified.stdout.contains("manual step authorization_schemes.1: still open"),
        "{}",
        verified.stdout
    );
    assert!(verified.stdout.contains("1 manual step is open"), "{}", verified.stdout);
    rehearsal.on_sandbox(&["verify", "dev", "--fail-on-manual"]).expect(10);

    let ocid = rehearsal.show("dev")["id"].as_str().unwrap().to_owned();
    rehearsal.stop_serving();
    change_schemes(&rehearsal, &ocid);
    rehearsal.serve("0");
    let verified = rehearsal.on_sandbox(&["verify", "dev"]).expect(0);
    assert!(verified.stdout.contains("manual step authorization_schemes.1: done"), "{}", verified.stdout);
    assert!(!verified.stdout.contains("is open"), "{}", verified.stdout);
    assert!(!rehearsal.audit()[lines..].iter().any(is_change));
}

#[test]
fn a_vanity_url_is_left_open_until_the_new_target_has_it() {
    let rehearsal = Rehearsal::new();
    let colleague = Colleague::of(&rehearsal);
    let vanity = json!({ "vanityUrlDetails": { "vanityUrlHostName": "desk.example.com" } });
    colleague.change(&rehearsal.show("dev")["id"], vanity.clone());
    let ended = rehearsal.on_sandbox(&plain(&["refresh", "prod", "dev", "--yes"])).expect(0);
    let new = rehearsal.show("dev")["id"].clone();
    assert!(ended.stdout.contains("1 manual step is open"), "{}", ended.stdout);
    assert!(ended.stdout.contains("found: nothing"), "{}", ended.stdout);
    assert!(ended.stdout.contains("https://desk.example.com/ords/"), "{}", ended.stdout);
    equality::compare(&equality::plan_of(&rehearsal, "refresh"), &rehearsal.audit_of_steps()).unwrap();
    let verified = rehearsal.on_sandbox(&["verify", "dev"]).expect(0);
    assert!(verified.stdout.contains("manual step vanity_url: still open"), "{}", verified.stdout);
    colleague.change(&new, vanity);
    let verified = rehearsal.on_sandbox(&["verify", "dev"]).expect(0);
    assert!(verified.stdout.contains("manual step vanity_url: done"), "{}", verified.stdout);
    // Taken up by its name, the run itself records that it is done.
    let run = equality::plan_of(&rehearsal, "refresh")["run"].as_str().unwrap().to_owned();
    let resumed = rehearsal.on_sandbox(&["resume", &run]).expect(0);
    assert!(!resumed.stdout.contains("is open"), "{}", resumed.stdout);
    let shown = rehearsal.on_sandbox(&["runs", "show", &run]).expect(0);
    assert!(!shown.stdout.contains("is open"), "{}", shown.stdout);
}
