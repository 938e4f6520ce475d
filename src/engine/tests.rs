//! The engine with toy actions: the world is a list of what was done to it.

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
use crate::model::act::{Act, Call, Effect, Method, Reply, RestCall, Service};
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
        check: Some(CheckRule { found: found.into(), expect, otherwise: Otherwise::Failed }),
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

fn sample() -> Plan {
    let probing = Toy { repeat: Some(Repeat::Probe), ..toy(2) };
    let last = Toy { gives: json!({ "$late": "steps.b.gift" }), ..toy(1) };
    plan(vec![
        step("a", &[], &toy(2)),
        step("b", &["a"], &probing),
        step("c", &["a"], &toy(1)),
        step("d", &["b", "c"], &last),
        checking("e", &["d"], "found.gift", json!("thing")),
    ])
}

fn sorted(world: &World) -> Vec<String> {
    let mut done = world.done.lock().unwrap().clone();
    done.sort();
    done
}

const WHOLE: [&str; 6] = ["a/write_0", "a/write_1", "b/write_0", "b/write_1", "c/write_0", "d/write_0"];

/// Die after every record, resume: the world is that of an unbroken run, and nothing was done twice.
#[test]
fn a_full_journal_at_every_record_loses_nothing() {
    runtime().block_on(async {
        for full_after in 0..60 {
            let world = Arc::new(World::default());
            let mut journal = MemoryJournal::default();
            journal.full_after = Some(full_after);
            let first = go(&sample(), &world, journal.clone(), Options::default()).await;
            if let Ok(outcome) = &first {
                assert_eq!(outcome.verdict, Verdict::Done);
                assert!(full_after > 20, "the sample has more records than {full_after}");
                break;
            }
            journal.full_after = None;
            let outcome = go(&sample(), &world, journal, Options::default()).await.unwrap();
            assert_eq!(outcome.verdict, Verdict::Done, "after {full_after} records");
            assert_eq!(sorted(&world), WHOLE, "after {full_after} records");
        }
    });
}

/// A condition that is known only now and does not hold: the check is not needed, and nothing failed.
#[test]
fn a_check_that_is_not_needed_fails_nothing() {
    fn check(when: &str, status: CheckStatus, verdict: Verdict) {
        let mut plan = sample();
        let last = plan.steps.last_mut().unwrap();
        last.when = Some(when.to_owned());
        last.check.as_mut().unwrap().expect = json!("never found");
        runtime().block_on(async {
            let outcome =
                go(&plan, &Arc::default(), MemoryJournal::default(), Options::default()).await.unwrap();
            assert_eq!((outcome.state.checks[&id("e")].0, outcome.verdict), (status, verdict), "{when}");
        });
    }
    check("steps.d.gift == 'another'", CheckStatus::Skipped, Verdict::Done);
    check("steps.d.gift == 'thing'", CheckStatus::Failed, Verdict::CheckFailed);
    check("steps.d.gift", CheckStatus::Failed, Verdict::CheckFailed);
}

/// The process ends between a call and its answer, before or after the far side acted.
#[test]
fn a_lost_call_or_answer_is_settled() {
    runtime().block_on(async {
        for at in 0..WHOLE.len() {
            for accident in [Accident::LostBefore, Accident::LostAfter] {
                let world = Arc::new(World { accident: Some((at, accident)), ..World::default() });
                let journal = MemoryJournal::default();
                let plan = sample();
                let run = go(&plan, &world, journal.clone(), Options::default());
                assert!(tokio::time::timeout(Duration::from_mins(1), run).await.is_err());
                let outcome = go(&plan, &world, journal, Options::default()).await.unwrap();
                assert_eq!(outcome.verdict, Verdict::Done, "{at} {accident:?}");
                assert_eq!(sorted(&world), WHOLE, "{at} {accident:?}");
            }
        }
    });
}

/// Fail each step in turn, mend it, resume.
#[test]
fn a_failed_step_is_tried_again_on_resume() {
    runtime().block_on(async {
        for broken in ["a", "b", "c", "d"] {
            let world = Arc::new(World::default());
            let journal = MemoryJournal::default();
            let mut bad = sample();
            let target = bad.steps.iter_mut().find(|s| s.id == id(broken)).unwrap();
            target.args["fail"] = json!("invalid");
            let first = go(&bad, &world, journal.clone(), Options::default()).await.unwrap();
            assert_eq!(first.verdict, Verdict::FailedWithLeftovers);
            assert_eq!(first.state.steps[&id(broken)].status, StepStatus::Failed);
            assert_eq!(first.state.checks[&id("e")].0, CheckStatus::NotRun);
            let second = go(&sample(), &world, journal, Options::default()).await.unwrap();
            assert_eq!(second.verdict, Verdict::Done);
            assert_eq!(sorted(&world), WHOLE);
        }
    });
}

#[test]
fn stopping_ends_at_a_record_and_resumes() {
    async fn check(reason: CancelReason, token: impl Fn(&Options) -> CancellationToken) {
        let world = Arc::new(World::default());
        let journal = MemoryJournal::default();
        let plan = plan(vec![step("a", &[], &Toy { waits: 100, ..toy(1) }), step("b", &["a"], &toy(1))]);
        let options = Options::default();
        let wish = token(&options);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            wish.cancel();
        });
        let first = go(&plan, &world, journal.clone(), options).await.unwrap();
        assert_eq!(first.verdict, Verdict::Interrupted);
        assert_eq!(*world.done.lock().unwrap(), ["a/write_0"]);
        let told = journal
            .records()
            .into_iter()
            .any(|r| matches!(r.record, RecordKind::CancelAsked { reason: found } if found == reason));
        assert!(told, "{reason:?} is not recorded");
        let second = go(&plan, &world, journal, Options::default()).await.unwrap();
        assert_eq!(second.verdict, Verdict::Done);
        assert_eq!(*world.done.lock().unwrap(), ["a/write_0", "b/write_0"]);
    }
    runtime().block_on(async {
        check(CancelReason::Asked, |options| options.cancel.clone()).await;
        check(CancelReason::LockLost, |options| options.lost.clone()).await;
    });
}

#[test]
fn many_waits_end_together_and_look_seldom() {
    runtime().block_on(async {
        let world = Arc::new(World::default());
        let length = |n: u64| 3 * (n + 1);
        let steps = (0..200).map(|n| step(&format!("w{n}"), &[], &Toy { waits: length(n), ..toy(0) }));
        let plan = plan(steps.collect());
        let begun = tokio::time::Instant::now();
        let outcome = go(&plan, &world, MemoryJournal::default(), Options::default()).await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Done);
        let longest = Duration::from_secs(length(199));
        assert!(
            begun.elapsed() <= longest.mul_f64(1.05),
            "{:?} for waits up to {longest:?}",
            begun.elapsed()
        );
        let looks = world.looks.lock().unwrap();
        for n in 0..200 {
            let (looks, length) = (&looks[&id(&format!("w{n}"))], Duration::from_secs(length(n)));
            for pair in looks.windows(2) {
                let gap = Pace::default().after(pair[0]);
                assert!(pair[1] >= pair[0] + gap, "wait {n} looked at {pair:?}, the interval was {gap:?}");
            }
            let (last, late) = (looks[looks.len() - 1], length.mul_f64(0.05).max(Duration::from_secs(1)));
            assert!(last <= length + late, "wait {n} of {length:?} ended after {last:?}");
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_step_starts_before_those_it_needs(edges in proptest::collection::vec((0_usize..30, 0_usize..30), 0..90)) {
        let names: Vec<String> = (0..30).map(|n| format!("s{n}")).collect();
        let steps: Vec<PlannedStep> = (0..30).map(|n| {
            let needs: Vec<&str> =
                edges.iter().filter(|(a, b)| *a == n && b < a).map(|(_, b)| names[*b].as_str()).collect();
            step(&names[n], &needs, &toy(1))
        }).collect();
        let plan = plan(steps);
        let heard = Heard::default();
        runtime().block_on(async {
            let world = Arc::new(World::default());
            go_heard(&plan, &world, MemoryJournal::default(), Options::default(), heard.clone()).await.unwrap();
        });
        let mut ended = BTreeSet::new();
        for event in heard.0.lock().unwrap().iter() {
            match &event.kind {
                EventKind::StepStarted { step, .. } => {
                    prop_assert!(plan.step(step).unwrap().needs.is_subset(&ended), "{step} began too early");
                }
                EventKind::StepFinished { step, .. } => { ended.insert(step.clone()); }
                _ => {}
            }
        }
        prop_assert_eq!(ended.len(), 30);
    }
}
