//! The engine with toy actions: the world is a list of what was done to it.

mod back;
mod faults;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::journal::{MemoryJournal, RecordKind, replay};
use crate::model::act::{
    Act, Call, Connection, Effect, Method, Reply, RestCall, Returns, Service, SqlCall, TOO_EARLY,
};
use crate::model::event::{Event, EventKind, Reporter};
use crate::model::{
    ActionError, CancelReason, Category, CheckStatus, Repeat, StepId, StepStatus, Times, Verdict,
};

/// A step that performs `writes` changing acts, then gives its output.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Toy {
    writes: usize,
    repeat: Option<Repeat>,
    fail: Option<Category>,
    manual: bool,
    waits: u64,
    gives: Value,
}

impl Action for Toy {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            for n in 0..self.writes {
                cx.perform(&format!("write_{n}"), Here::nothing()).await?;
            }
            if self.waits > 0 {
                cx.wait("look", Here::nothing(), "the toy", |reply| {
                    if reply.value["age"].as_u64().unwrap_or(0) >= self.waits {
                        Look::Ready
                    } else {
                        Look::NotYet { state: None, percent: None }
                    }
                })
                .await?;
            }
            if let Some(category) = self.fail {
                return Err(ActionError::new(category, "the toy was told to fail"));
            }
            if self.manual {
                return Ok(Finish::Manual { to_do: "do it by hand".into(), outputs: Map::new() });
            }
            let mut outputs = Map::new();
            outputs.insert("gift".into(), cx.fill(&self.gives)?);
            Ok(Finish::Done(outputs))
        })
    }

    fn probe<'a>(&'a self, cx: &'a StepCx, act: &'a Act) -> BoxFuture<'a, Result<Probe, ActionError>> {
        Box::pin(async move {
            let reply = cx.perform("look", Here::nothing()).await?;
            let name = format!("{}/{}", cx.step(), act.key);
            let done = reply.value["done"].as_array().is_some_and(|d| d.contains(&json!(name)));
            Ok(if done { Probe::Done(Reply::default()) } else { Probe::NotDone })
        })
    }
}

struct Toys;

impl Registry for Toys {
    fn bind(&self, kind: &str, args: &Value) -> Result<Box<dyn Action>, ActionError> {
        match kind {
            "toy" => Ok(Box::new(serde_json::from_value::<Toy>(args.clone()).unwrap())),
            other => Err(ActionError::invalid(format!("no action is called {other}"))),
        }
    }
}

/// What happened, and the accident that is to happen.
#[derive(Default)]
struct World {
    done: Mutex<Vec<String>>,
    tokens: Mutex<BTreeSet<String>>,
    /// When each step looked, counted from the first look of all.
    looks: Mutex<BTreeMap<StepId, Vec<Duration>>>,
    begun: Mutex<Option<tokio::time::Instant>>,
    calls: AtomicUsize,
    accident: Option<(usize, Accident)>,
}

#[derive(Clone, Copy, Debug)]
enum Accident {
    LostBefore,
    LostAfter,
    TooEarly,
}

impl Performer for World {
    fn perform<'a>(&'a self, act: &'a Act, context: ActContext) -> BoxFuture<'a, Result<Reply, ActionError>> {
        Box::pin(async move {
            if act.effect == Effect::Read {
                let now = tokio::time::Instant::now();
                let begun = *self.begun.lock().unwrap().get_or_insert(now);
                self.looks.lock().unwrap().entry(context.step).or_default().push(now - begun);
                let age = (now - begun).as_secs();
                return Ok(Reply {
                    value: json!({ "age": age, "done": *self.done.lock().unwrap() }),
                    ..Reply::default()
                });
            }
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            let accident = self.accident.filter(|(at, _)| *at == call).map(|(_, kind)| kind);
            if matches!(accident, Some(Accident::TooEarly)) {
                return Err(ActionError::new(Category::Invalid, "something is at work").code(TOO_EARLY));
            }
            if !matches!(accident, Some(Accident::LostBefore)) {
                let known = !self.tokens.lock().unwrap().insert(context.token.to_string());
                if !(known && act.repeat == Repeat::WithToken) {
                    self.done.lock().unwrap().push(format!("{}/{}", context.step, act.key));
                }
            }
            if accident.is_some() {
                // The process ends here: nobody hears of it.
                std::future::pending::<()>().await;
            }
            Ok(Reply::default())
        })
    }
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Event>>>);

impl Reporter for Heard {
    fn on_event(&mut self, event: &Event) -> std::io::Result<()> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

fn id(text: &str) -> StepId {
    text.parse().unwrap()
}

fn act(key: &str, effect: Effect, repeat: Repeat) -> Act {
    Act {
        key: key.parse().unwrap(),
        title: format!("{key} the toy"),
        effect,
        times: Times::Once,
        repeat,
        call: Call::Rest(RestCall::new(Service::Database, Method::Get, vec![json!("toys")])),
    }
}

fn step(name: &str, needs: &[&str], toy: &Toy) -> PlannedStep {
    let repeat = toy.repeat.unwrap_or(Repeat::WithToken);
    let mut acts: Vec<Act> =
        (0..toy.writes).map(|n| act(&format!("write_{n}"), Effect::Write, repeat)).collect();
    acts.push(act("look", Effect::Read, Repeat::Safe));
    PlannedStep {
        id: id(name),
        title: format!("Step {name}"),
        kind: "toy".into(),
        args: serde_json::to_value(toy).unwrap(),
        item: None,
        needs: needs.iter().map(|n| id(n)).collect(),
        when: None,
        skip: None,
        timeout_seconds: 3600,
        retries: 0,
        always: false,
        last: false,
        puts_back: BTreeSet::new(),
        outputs: BTreeMap::from([("gift".into(), OutputKind::Text)]),
        acts,
        check: None,
    }
}

fn plan(steps: Vec<PlannedStep>) -> Plan {
    Plan {
        format: plan::FORMAT,
        adbctl: "0".into(),
        run: "toy-0000".parse().unwrap(),
        runbook: "toys".into(),
        title: "Toys".into(),
        runbook_sha256: String::new(),
        settings_sha256: String::new(),
        parameters: Map::new(),
        databases: BTreeMap::new(),
        production: Vec::new(),
        scope: json!({ "params": { "yes": true, "no": false } }),
        results: Map::new(),
        next: None,
        steps,
    }
}

async fn go(
    plan: &Plan,
    world: &Arc<World>,
    journal: MemoryJournal,
    options: Options,
) -> Result<Outcome, EngineError> {
    go_heard(plan, world, journal, options, Heard::default()).await
}

async fn go_heard(
    plan: &Plan,
    world: &Arc<World>,
    journal: MemoryJournal,
    options: Options,
    heard: Heard,
) -> Result<Outcome, EngineError> {
    let state = replay(journal.records()).unwrap();
    let performer: Arc<dyn Performer> = world.clone();
    Engine::new(plan, &Toys, performer, Box::new(journal), Box::new(heard), options, state)?.run("sha").await
}

fn statuses(outcome: &Outcome) -> String {
    let mut words: Vec<String> = outcome
        .state
        .steps
        .iter()
        .map(|(id, s)| format!("{id}={}", json!(s.status).as_str().unwrap()))
        .collect();
    words.extend(
        outcome.state.checks.iter().map(|(id, (s, _, _))| format!("{id}:{}", json!(s).as_str().unwrap())),
    );
    words.join(" ")
}

/// Runs the steps once; compares the verdict, the statuses and what was done to the world.
fn check(steps: Vec<PlannedStep>, verdict: Verdict, wanted: &str, done: &[&str]) {
    runtime().block_on(async {
        let world = Arc::new(World::default());
        let outcome = go(&plan(steps), &world, MemoryJournal::default(), Options::default()).await.unwrap();
        assert_eq!(statuses(&outcome), wanted);
        assert_eq!(outcome.verdict, verdict);
        assert_eq!(*world.done.lock().unwrap(), done);
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn toy(writes: usize) -> Toy {
    Toy { writes, gives: json!("thing"), ..Toy::default() }
}

fn failing() -> Toy {
    Toy { fail: Some(Category::Invalid), ..toy(0) }
}

fn checking(name: &str, needs: &[&str], found: &str, expect: Value) -> PlannedStep {
    PlannedStep {
        check: Some(CheckRule {
            found: found.into(),
            expect,
            otherwise: Otherwise::Failed,
            on_request: None,
        }),
        ..step(name, needs, &toy(0))
    }
}

#[test]
fn ends_of_runs() {
    check(
        vec![step("a", &[], &toy(1)), step("b", &["a"], &toy(1))],
        Verdict::Done,
        "a=done b=done",
        &["a/write_0", "b/write_0"],
    );
    check(vec![step("a", &[], &failing()), step("b", &["a"], &toy(1))], Verdict::Failed, "a=failed", &[]);
    check(
        vec![step("a", &[], &toy(1)), step("b", &["a"], &failing())],
        Verdict::FailedWithLeftovers,
        "a=done b=failed",
        &["a/write_0"],
    );
    let manual = Toy { manual: true, ..toy(0) };
    check(
        vec![step("a", &[], &manual), step("b", &["a"], &toy(1)), step("c", &[], &toy(1))],
        Verdict::Done,
        "a=manual c=done",
        &["c/write_0"],
    );
}

#[test]
fn conditions_and_reasons_to_skip() {
    let when = |w: &str| PlannedStep { when: Some(w.into()), ..step("a", &[], &toy(1)) };
    check(vec![when("params.yes")], Verdict::Done, "a=done", &["a/write_0"]);
    check(
        vec![when("params.no"), step("b", &["a"], &toy(1))],
        Verdict::Done,
        "a=skipped b=done",
        &["b/write_0"],
    );
    check(vec![when("params.nothing")], Verdict::Failed, "a=failed", &[]);
    check(vec![when("'text'")], Verdict::Failed, "a=failed", &[]);
    let skipped = || PlannedStep { skip: Some("asked to".into()), ..step("a", &[], &toy(1)) };
    check(vec![skipped()], Verdict::Done, "a=skipped", &[]);
    let or_else = Toy { gives: json!({ "$late": "steps.a.gift or 'nothing'" }), ..toy(0) };
    let after = PlannedStep { needs: [id("a")].into(), ..step("b", &[], &or_else) };
    check(
        vec![skipped(), after, checking("c", &["b"], "steps.b.gift", json!("nothing"))],
        Verdict::Done,
        "a=skipped b=done c:passed",
        &[],
    );
}

#[test]
fn steps_that_put_things_back_run_after_a_failure() {
    let back = |needs: &[&str], gives: &str| PlannedStep {
        always: true,
        ..step("back", needs, &Toy { gives: json!({ "$late": gives }), ..toy(1) })
    };
    check(
        vec![
            step("off", &[], &toy(1)),
            step("work", &["off"], &failing()),
            back(&["off", "work"], "steps.off.gift"),
        ],
        Verdict::FailedWithLeftovers,
        "back=done off=done work=failed",
        &["off/write_0", "back/write_0"],
    );
    check(
        vec![step("off", &[], &failing()), back(&["off"], "steps.off.gift")],
        Verdict::Failed,
        "back=skipped off=failed",
        &[],
    );
}

#[test]
fn checks_compare_after_everything_else() {
    check(
        vec![step("a", &[], &toy(0)), checking("c1", &["a"], "found.gift", json!("thing"))],
        Verdict::Done,
        "a=done c1:passed",
        &[],
    );
    check(vec![checking("c1", &[], "found.gift", json!("other"))], Verdict::CheckFailed, "c1:failed", &[]);
    check(vec![checking("c1", &[], "found.absent", json!("other"))], Verdict::CheckFailed, "c1:failed", &[]);
    check(
        vec![step("a", &[], &failing()), checking("c1", &["a"], "found.gift", json!("thing"))],
        Verdict::Failed,
        "a=failed c1:not-run",
        &[],
    );
}

#[test]
fn steps_that_come_last_run_after_the_checklist_or_a_failure() {
    let last = |when: &str| PlannedStep {
        always: true,
        last: true,
        when: Some(when.into()),
        ..step("last", &["a"], &toy(1))
    };
    check(
        vec![
            step("a", &[], &toy(1)),
            checking("c1", &["a"], "found.gift", json!("other")),
            last("so_far.outcome == 'check-failed' and so_far.checks_failed == 1"),
        ],
        Verdict::CheckFailed,
        "a=done last=done c1:failed",
        &["a/write_0", "last/write_0"],
    );
    check(
        vec![
            step("a", &[], &failing()),
            last("so_far.outcome == 'failed' and so_far.failed == 'a'"),
            checking("c1", &[], "found.gift", json!("thing")),
        ],
        Verdict::FailedWithLeftovers,
        "a=failed last=done c1:not-run",
        &["last/write_0"],
    );
}

#[test]
fn an_output_of_the_wrong_type_is_a_bug() {
    let wrong = Toy { gives: json!(5), ..toy(0) };
    check(vec![step("a", &[], &wrong)], Verdict::Failed, "a=failed", &[]);
}

#[test]
fn an_unknown_kind_refuses_before_anything_moves() {
    runtime().block_on(async {
        let world = Arc::new(World::default());
        let mut steps = vec![step("a", &[], &toy(1)), step("b", &[], &toy(1))];
        steps[1].kind = "elsewhere".into();
        let found = go(&plan(steps), &world, MemoryJournal::default(), Options::default()).await;
        assert!(matches!(found, Err(EngineError::Bind { .. })));
        assert!(world.done.lock().unwrap().is_empty());
    });
}

#[test]
fn an_act_outside_the_plan_is_not_sent() {
    let mut lonely = step("a", &[], &toy(1));
    lonely.acts.retain(|a| a.effect == Effect::Read);
    check(vec![lonely], Verdict::Failed, "a=failed", &[]);
}

#[test]
fn passing_faults_are_tried_again() {
    runtime().block_on(async {
        let world = Arc::new(World::default());
        let retrying =
            PlannedStep { retries: 2, ..step("a", &[], &Toy { fail: Some(Category::Transient), ..toy(1) }) };
        let outcome =
            go(&plan(vec![retrying]), &world, MemoryJournal::default(), Options::default()).await.unwrap();
        assert_eq!(statuses(&outcome), "a=failed");
        assert_eq!(*world.done.lock().unwrap(), ["a/write_0"], "an act that is done is not done again");
    });
}

/// Steps that change a database take turns; what a source consents to does not.
#[test]
fn only_changes_without_consent_take_turns() {
    let statement = |consented: bool| {
        let mut step = step("s", &[], &toy(1));
        let connection = Connection {
            database: "prod".into(),
            ocid: json!("ocid1.prod.example"),
            driver: "ords".into(),
            address: Value::Null,
            user: Value::Null,
            password: Value::Null,
            wallet: Value::Null,
            results: Value::Null,
        };
        step.acts[0].call = Call::Sql(Box::new(SqlCall {
            connection,
            text: "begin null; end;".into(),
            returns: Returns::Nothing,
            binds: Vec::new(),
            limit_seconds: 1,
            consented,
        }));
        step.writes().len()
    };
    assert_eq!((statement(false), statement(true)), (1, 0));
}
