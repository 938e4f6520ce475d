//! What the engine itself costs a step: toy actions, a journal in memory, nobody who listens.

mod measure;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use adbctl::engine::{
    ActContext, Action, CheckRule, Engine, Finish, Here, Options, Otherwise, OutputKind, Performer, Plan,
    PlannedStep, Registry, StepCx, plan,
};
use adbctl::journal::{MemoryJournal, RunState};
use adbctl::model::act::{Method, Reply};
use adbctl::model::event::{Event, Reporter};
use adbctl::model::{Act, ActionError, Call, Effect, Repeat, RestCall, Service, Times, Verdict};
use futures::future::BoxFuture;
use measure::{report, times};
use serde_json::{Map, Value, json};

const STEPS: usize = 10_000;

/// An action that sends its one act and gives one output.
#[derive(Debug)]
struct Toy;

impl Action for Toy {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            cx.perform("write", Here::nothing()).await?;
            Ok(Finish::Done(Map::from_iter([("gift".to_owned(), json!("thing"))])))
        })
    }
}

struct Toys;

impl Registry for Toys {
    fn bind(&self, _kind: &str, _args: &Value) -> Result<Box<dyn Action>, ActionError> {
        Ok(Box::new(Toy))
    }
}

impl Performer for Toys {
    fn perform<'a>(
        &'a self,
        _act: &'a Act,
        _context: ActContext,
    ) -> BoxFuture<'a, Result<Reply, ActionError>> {
        Box::pin(async { Ok(Reply::default()) })
    }
}

struct Nobody;

impl Reporter for Nobody {
    fn on_event(&mut self, _event: &Event) -> std::io::Result<()> {
        Ok(())
    }
}

fn step(name: &str, need: Option<String>, check: Option<CheckRule>) -> anyhow::Result<PlannedStep> {
    let effect = if check.is_some() { Effect::Read } else { Effect::Write };
    Ok(PlannedStep {
        id: name.parse()?,
        title: name.to_owned(),
        kind: "toy".into(),
        args: Value::Null,
        item: None,
        needs: need.map(|need| need.parse()).transpose()?.into_iter().collect(),
        when: None,
        skip: None,
        timeout_seconds: 60,
        retries: 0,
        always: false,
        last: false,
        puts_back: std::collections::BTreeSet::new(),
        outputs: BTreeMap::from([("gift".into(), OutputKind::Text)]),
        acts: vec![Act {
            key: "write".parse()?,
            title: "write".into(),
            effect,
            times: Times::Once,
            repeat: if check.is_some() { Repeat::Safe } else { Repeat::WithToken },
            call: Call::Rest(RestCall::new(Service::Database, Method::Get, vec![json!("toys")])),
        }],
        check,
    })
}

fn plan_of(steps: Vec<PlannedStep>) -> anyhow::Result<Plan> {
    Ok(Plan {
        format: plan::FORMAT,
        adbctl: "0".into(),
        run: "toy-0000".parse()?,
        runbook: "toys".into(),
        title: "Toys".into(),
        runbook_sha256: String::new(),
        settings_sha256: String::new(),
        parameters: Map::new(),
        databases: BTreeMap::new(),
        production: Vec::new(),
        scope: json!({}),
        results: Map::new(),
        next: None,
        steps,
    })
}

fn run(plan: &Plan) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let journal = Box::new(MemoryJournal::with(Vec::new()));
        let (performer, reporter) = (Arc::new(Toys), Box::new(Nobody));
        let engine =
            Engine::new(plan, &Toys, performer, journal, reporter, Options::default(), RunState::default())?;
        let outcome = engine.run("").await?;
        anyhow::ensure!(outcome.verdict == Verdict::Done, "{:?}", outcome.verdict);
        Ok(())
    })
}

fn main() -> anyhow::Result<()> {
    let chain = |n: usize| n.checked_sub(1).map(|before| format!("s{before}"));
    let steps = |need: &dyn Fn(usize) -> Option<String>| -> anyhow::Result<Vec<PlannedStep>> {
        (0..STEPS).map(|n| step(&format!("s{n}"), need(n), None)).collect()
    };
    let mut half: Vec<PlannedStep> =
        (0..STEPS / 2).map(|n| step(&format!("s{n}"), None, None)).collect::<anyhow::Result<_>>()?;
    for n in 0..STEPS / 2 {
        let rule = CheckRule {
            found: "found.gift".into(),
            expect: json!("thing"),
            otherwise: Otherwise::Failed,
            on_request: None,
        };
        half.push(step(&format!("c{n}"), Some(format!("s{n}")), Some(rule))?);
    }
    for (name, steps) in
        [("a chain", steps(&chain)?), ("side by side", steps(&|_| None)?), ("half of them checks", half)]
    {
        let plan = plan_of(steps)?;
        let samples = times(5, || run(&plan))?;
        let each: Vec<Duration> = samples.iter().map(|s| *s / u32::try_from(STEPS).unwrap_or(1)).collect();
        report(&format!("engine, a step of 10,000, {name}"), each, "target 50 µs")?;
    }
    Ok(())
}
