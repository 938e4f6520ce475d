//! The one loop in which steps, records, events and the wish to stop meet.

mod decide;
mod ending;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde_json::{Map, Value, json};
use thiserror::Error;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use self::decide::Decision;
use super::action::{Action, Ask, Finish, Performer, Registry};
use super::context::{Message, Pace, Shared, StepCx, scope_of};
use super::plan::{Plan, PlannedStep};
use super::ready::Ready;
use crate::journal::{Journal, JournalError, Record, RecordKind, RunState, StepState};
use crate::model::event::{Event, EventKind, Reporter};
use crate::model::{
    ActionError, CancelReason, Category, CheckStatus, Settled, StepId, StepStatus, Token, Verdict, clock,
};

/// How a run is to be run.
#[derive(Clone)]
pub struct Options {
    /// How many steps may work at once.
    pub parallel: usize,
    /// The bounds of the pause between two looks.
    pub pace: Pace,
    /// An open manual step makes the run fail.
    pub fail_on_manual: bool,
    /// Somebody at the terminal who can say that a manual step is done.
    pub ask: Option<Arc<dyn Ask>>,
    /// It only looks: what was left to a person, and the checks. Nothing that was never begun begins.
    pub only_looks: bool,
    /// It gives up: only the steps that run after a failure run, and no checks.
    pub gives_up: bool,
    /// What a person says of acts whose end is not known, by step.
    pub settled: BTreeMap<StepId, Settled>,
    /// The user's wish to stop, as it comes.
    pub cancel: CancellationToken,
    /// The user's second wish to stop.
    pub leave: CancellationToken,
    /// The lock on the target is lost: to be taken as a wish to stop.
    pub lost: CancellationToken,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parallel: 8,
            pace: Pace::default(),
            fail_on_manual: false,
            ask: None,
            only_looks: false,
            gives_up: false,
            settled: BTreeMap::new(),
            cancel: CancellationToken::new(),
            leave: CancellationToken::new(),
            lost: CancellationToken::new(),
        }
    }
}

/// Why a run could not be run at all. A run that fails is an [`Outcome`], not an error.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A step of the plan cannot be made into an action.
    #[error("step {step}: {source}")]
    Bind {
        /// Which.
        step: StepId,
        /// Why.
        source: ActionError,
    },
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Every step and check as the journal has them.
    pub state: RunState,
}

/// Runs one plan.
pub struct Engine<'a> {
    plan: &'a Plan,
    shared: Arc<Shared>,
    actions: BTreeMap<StepId, Arc<dyn Action>>,
    journal: Box<dyn Journal>,
    reporter: Box<dyn Reporter + 'a>,
    options: Options,
    state: RunState,
    events: u64,
    resumed: bool,
    stopping: Option<CancelReason>,
    ready: Ready<'a>,
    /// The failed step that comes first by name.
    failed: Option<StepId>,
    /// A manual step was left open.
    manual: bool,
    /// No step can run any more; only checks are left.
    quiet: bool,
}

type Ended = (StepId, Result<Finish, ActionError>, Duration);

struct Running<'a> {
    tasks: FuturesUnordered<futures::future::BoxFuture<'a, Ended>>,
    steps: BTreeSet<StepId>,
    /// How many of the steps are no checks.
    acting: usize,
    written: BTreeSet<String>,
}

impl<'a> Engine<'a> {
    /// Prepares a run. Every step is bound to its action first, so an unknown kind refuses the run before anything
    /// moves. `state` is what the journal already holds; an empty one begins a new run.
    ///
    /// # Errors
    /// [`EngineError::Bind`].
    pub fn new(
        plan: &'a Plan,
        registry: &dyn Registry,
        performer: Arc<dyn Performer>,
        journal: Box<dyn Journal>,
        reporter: Box<dyn Reporter + 'a>,
        options: Options,
        state: RunState,
    ) -> Result<Self, EngineError> {
        let mut actions = BTreeMap::new();
        for step in &plan.steps {
            let action = registry
                .bind(&step.kind, &step.args)
                .map_err(|source| EngineError::Bind { step: step.id.clone(), source })?;
            actions.insert(step.id.clone(), Arc::from(action));
        }
        let shared = Arc::new(Shared {
            run: plan.run.clone(),
            performer,
            slots: Arc::new(Semaphore::new(options.parallel.max(1))),
            pace: options.pace,
            ask: options.ask.clone(),
            settled: options.settled.clone(),
            stop: CancellationToken::new(),
            leave: options.leave.clone(),
        });
        let resumed = state.opened.is_some();
        Ok(Self {
            plan,
            shared,
            actions,
            journal,
            reporter,
            options,
            state,
            events: 0,
            resumed,
            stopping: None,
            ready: Ready::new(plan),
            failed: None,
            manual: false,
            quiet: false,
        })
    }

    /// Runs the plan to an end: the end of the steps, a failure, or the user's wish to stop.
    ///
    /// # Errors
    /// [`EngineError::Journal`]: nothing was done that is not recorded.
    pub async fn run(mut self, plan_sha256: &str) -> Result<Outcome, EngineError> {
        let begun = clock::instant();
        if self.resumed {
            let again = self.put_back_too_early();
            self.append(RecordKind::RunResumed { process: std::process::id() })?;
            for step in again {
                self.append(RecordKind::StepAgain { step })?;
            }
        } else {
            self.append(RecordKind::RunOpened { plan_sha256: plan_sha256.to_owned() })?;
        }
        let open = self.plan.steps.iter().filter(|s| s.check.is_none() && !self.has_ended(&s.id)).count();
        let started =
            EventKind::RunStarted { runbook: self.plan.runbook.clone(), steps: open, resumed: self.resumed };
        self.tell(started);
        self.steps().await?;
        let verdict = self.verdict();
        self.append(RecordKind::RunClosed { verdict })?;
        let came_to_its_end = matches!(verdict, Verdict::Done | Verdict::CheckFailed);
        let results = if came_to_its_end { self.plan.results.clone() } else { Map::new() };
        self.tell(EventKind::RunFinished { verdict, seconds: begun.elapsed().as_secs_f64(), results });
        Ok(Outcome { verdict, state: self.state })
    }

    /// What is to be done again by a run that goes on: the steps whose work was taken back after a failure, and then the
    /// steps that ran because of it, before what they wait for was done.
    fn put_back_too_early(&self) -> Vec<StepId> {
        let (mut redone, mut again) = (Vec::new(), Vec::new());
        if self.options.gives_up || self.options.only_looks {
            return again;
        }
        for step in self.plan.steps.iter().filter(|step| step.always && !step.last && step.check.is_none()) {
            // One that failed is to be tried again, and is pending if a life of the run ended before that was recorded.
            let begun = self
                .state
                .steps
                .get(&step.id)
                .is_some_and(|known| known.status != StepStatus::Pending || known.error.is_some());
            if begun && !step.needs.iter().all(|id| self.is_over(id) && !again.contains(id)) {
                again.push(step.id.clone());
                let known = step.puts_back.iter().filter(|id| self.state.steps.contains_key(*id));
                redone.extend(known.filter(|id| !redone.contains(*id)).cloned().collect::<Vec<_>>());
            }
        }
        // In this order a death between two records leaves the others still to be seen.
        redone.retain(|id| !again.contains(id));
        redone.extend(again);
        redone
    }

    async fn steps(&mut self) -> Result<(), EngineError> {
        let (messages, mut inbox) = mpsc::channel::<Message>(256);
        let mut running = Running {
            tasks: FuturesUnordered::new(),
            steps: BTreeSet::new(),
            acting: 0,
            written: BTreeSet::new(),
        };
        let (cancel, leave) = (self.options.cancel.clone(), self.options.leave.clone());
        let lost = self.options.lost.clone();
        loop {
            self.start_what_can(&mut running, &messages)?;
            if running.steps.is_empty() {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = leave.cancelled(), if self.stopping != Some(CancelReason::Insisted) => {
                    self.stopping = Some(CancelReason::Insisted);
                    self.tell(EventKind::CancelAsked { reason: CancelReason::Insisted });
                    self.append(RecordKind::CancelAsked { reason: CancelReason::Insisted })?;
                    // Dropped at whatever point they are: what they sent is in the journal.
                    return Ok(());
                }
                () = lost.cancelled(), if self.stopping.is_none() => self.stop(CancelReason::LockLost)?,
                () = cancel.cancelled(), if self.stopping.is_none() => self.stop(CancelReason::Asked)?,
                Some(message) = inbox.recv() => self.take(message)?,
                Some((step, result, took)) = running.tasks.next() => {
                    // Whatever the step still had to say comes before its end.
                    while let Ok(message) = inbox.try_recv() {
                        self.take(message)?;
                    }
                    running.steps.remove(&step);
                    if let Some(planned) = self.ready.step(&step) {
                        running.acting -= usize::from(planned.check.is_none());
                        for database in planned.writes() {
                            running.written.remove(database);
                            self.ready.unblock();
                        }
                    }
                    self.end(&step, result, took)?;
                }
            }
        }
    }

    /// Starts nothing new; what runs ends at its next record.
    fn stop(&mut self, reason: CancelReason) -> Result<(), EngineError> {
        self.stopping = Some(reason);
        self.shared.stop.cancel();
        self.append(RecordKind::CancelAsked { reason })?;
        self.tell(EventKind::CancelAsked { reason });
        Ok(())
    }

    fn take(&mut self, message: Message) -> Result<(), EngineError> {
        match message {
            Message::Say(kind) => self.tell(kind),
            Message::Append(kind, answer) => match self.append(kind) {
                Ok(()) => {
                    let _ = answer.send(Ok(()));
                }
                Err(error) => {
                    let _ = answer.send(Err(error.to_string()));
                    return Err(error.into());
                }
            },
        }
        Ok(())
    }

    fn start_what_can(
        &mut self,
        running: &mut Running<'a>,
        messages: &mpsc::Sender<Message>,
    ) -> Result<(), EngineError> {
        if self.stopping.is_some() {
            return Ok(());
        }
        if !self.start_steps(running, messages)? || running.acting > 0 {
            return Ok(());
        }
        // Checks come when no other step can run any more, so this is asked of all of them once more.
        if !self.quiet {
            self.ready.all_again();
            if !self.start_steps(running, messages)? || running.acting > 0 {
                return Ok(());
            }
            self.quiet = true;
        }
        if self.options.gives_up {
            return Ok(());
        }
        while let Some(check) = self.ready.next_check() {
            if self.has_ended(&check.id) {
                continue;
            }
            if running.steps.len() >= self.most() {
                self.ready.put_back(check);
                break;
            }
            let decision = self.decide_check(check);
            self.carry_out(check, decision, running, messages)?;
        }
        if self.has_checked() {
            // What waits for the end of the checklist.
            self.ready.all_again();
            self.start_steps(running, messages)?;
        }
        Ok(())
    }

    /// Starts every step whose turn has come. Gives false where there are more than may run at once.
    fn start_steps(
        &mut self,
        running: &mut Running<'a>,
        messages: &mpsc::Sender<Message>,
    ) -> Result<bool, EngineError> {
        // Deciding on one step (skipping it) can free the next, which then is among the ready ones.
        while let Some(step) = self.ready.next() {
            if self.has_ended(&step.id) || running.steps.contains(&step.id) {
                continue;
            }
            if running.steps.len() >= self.most() {
                self.ready.put_back(step);
                return Ok(false);
            }
            // At most one writing step a database.
            if step.writes().iter().any(|database| running.written.contains(*database)) {
                self.ready.block(step);
                continue;
            }
            let decision = self.decide(step);
            self.carry_out(step, decision, running, messages)?;
        }
        Ok(true)
    }

    /// How many steps may have begun at once; most of them wait.
    fn most(&self) -> usize {
        self.options.parallel.max(1) * 64
    }

    fn carry_out(
        &mut self,
        step: &'a PlannedStep,
        decision: Decision,
        running: &mut Running<'a>,
        messages: &mpsc::Sender<Message>,
    ) -> Result<(), EngineError> {
        match decision {
            Decision::Wait => {}
            Decision::Skip(reason) if step.check.is_some() => {
                self.see_check(step, CheckStatus::Skipped, Value::String(reason), None)?;
            }
            Decision::Skip(reason) => {
                self.append(RecordKind::StepSkipped { step: step.id.clone(), reason: reason.clone() })?;
                self.tell_end(step, StepStatus::Skipped, Value::Null, Some(reason), None, 0.0);
            }
            Decision::Fail(error) => {
                let token = self.token_of(&step.id);
                self.append(RecordKind::StepStarted { step: step.id.clone(), token, attempt: 1 })?;
                self.end(&step.id, Err(error), Duration::ZERO)?;
            }
            Decision::NotRun(error) => self.see_check(step, CheckStatus::NotRun, Value::Null, Some(error))?,
            Decision::Start => {
                running.steps.insert(step.id.clone());
                running.acting += usize::from(step.check.is_none());
                running.written.extend(step.writes().into_iter().map(str::to_owned));
                let task = self.task(step, messages.clone())?;
                running.tasks.push(task);
            }
        }
        Ok(())
    }

    fn scope_for(&self, step: &PlannedStep) -> Value {
        let outputs: BTreeMap<StepId, Value> = step
            .needs
            .iter()
            .map(|id| (id.clone(), self.seen_outputs(id, self.state.steps.get(id))))
            .collect();
        let mut scope = scope_of(&self.plan.scope, &outputs);
        if let (Some(item), Some(map)) = (&step.item, scope.as_object_mut()) {
            map.insert("item".into(), item.clone());
        }
        if let (true, Some(map)) = (step.last, scope.as_object_mut()) {
            map.insert("so_far".into(), self.so_far());
        }
        scope
    }

    /// How the run stands, for steps that come after all others.
    fn so_far(&self) -> Value {
        let checks = self.plan.steps.iter().filter(|step| step.check.is_some());
        let seen = |step: &PlannedStep| self.state.checks.get(&step.id).map(|(status, _, _)| *status);
        let unhappy = checks.clone().filter(|check| seen(check) == Some(CheckStatus::Failed)).count();
        let open = checks.clone().filter(|check| seen(check) == Some(CheckStatus::Manual)).count();
        let ended = self.plan.steps.iter().filter_map(|step| {
            let state = self.state.steps.get(&step.id)?;
            let seconds = state.finished?.duration_since(state.started).as_secs_f64();
            (state.status != StepStatus::Skipped).then(
                || json!({ "id": step.id, "title": step.title, "status": state.status, "seconds": seconds }),
            )
        });
        let (now, failed) = (clock::now(), self.failed.clone());
        let outcome = match (&failed, unhappy) {
            (Some(_), _) => "failed",
            (None, _) if self.options.gives_up => "failed",
            (None, 0) => "succeeded",
            (None, _) => "check-failed",
        };
        let error = failed.as_ref().and_then(|id| self.state.steps.get(id)?.error.clone());
        json!({
            "outcome": outcome, "failed": failed, "error": error.map(|error| error.message), "now": now,
            "seconds": self.state.opened.map(|opened| now.duration_since(opened).as_secs_f64()),
            "steps": ended.collect::<Vec<_>>(), "checks_failed": unhappy, "checks_open": open,
            "checks": checks.map(|check| json!({ "id": check.id, "title": check.title, "status": seen(check) }))
                .collect::<Vec<_>>(),
        })
    }

    /// The outputs of a step as others see them. A step that was not needed, or that was never reached, has made
    /// nothing: each of its outputs is null.
    fn seen_outputs(&self, id: &StepId, state: Option<&StepState>) -> Value {
        if let Some(state) = state
            && state.outputs.as_object().is_some_and(|outputs| !outputs.is_empty())
        {
            return state.outputs.clone();
        }
        let names = self.ready.step(id).into_iter().flat_map(|s| s.outputs.keys());
        Value::Object(names.map(|name| (name.clone(), Value::Null)).collect())
    }

    fn token_of(&self, step: &StepId) -> Token {
        self.state.steps.get(step).map_or_else(Token::random, |s| s.token.clone())
    }

    fn task(
        &mut self,
        step: &'a PlannedStep,
        messages: mpsc::Sender<Message>,
    ) -> Result<futures::future::BoxFuture<'a, Ended>, EngineError> {
        let before = self.state.steps.get(&step.id);
        let memory = before.map(|s| s.acts.clone()).unwrap_or_default();
        let spent = before.map(|s| s.spent.clone()).unwrap_or_default();
        let attempt = before.map_or(1, |s| s.attempts + 1);
        let token = self.token_of(&step.id);
        if step.check.is_none() {
            self.append(RecordKind::StepStarted { step: step.id.clone(), token: token.clone(), attempt })?;
            self.tell(EventKind::StepStarted { step: step.id.clone(), title: step.title.clone(), attempt });
        }
        let action = self.actions.get(&step.id).cloned().ok_or_else(|| EngineError::Bind {
            step: step.id.clone(),
            source: ActionError::bug("a step lost its action"),
        })?;
        let cx = StepCx {
            shared: Arc::clone(&self.shared),
            step: Arc::new(step.clone()),
            token,
            scope: self.scope_for(step),
            memory: Mutex::new(memory),
            spent: Mutex::new(spent),
            messages,
            slot: Mutex::new(None),
            action,
        };
        Ok(Box::pin(attempts(cx, attempt)))
    }

    fn append(&mut self, kind: RecordKind) -> Result<(), JournalError> {
        let record: Record = self.journal.append(kind)?;
        let seq = record.seq;
        self.notice(&record.record);
        self.state.apply(record).map_err(|what| JournalError::Impossible { seq, what })
    }

    /// What a record means for the steps that have not begun.
    fn notice(&mut self, kind: &RecordKind) {
        match kind {
            RecordKind::StepDone { step, .. } | RecordKind::StepSkipped { step, .. } => {
                self.ready.ended(step);
                // A step that always runs waits until what it needs is settled, not until it is done.
                if self.failed.is_some() || self.manual {
                    self.ready.always_again();
                }
            }
            RecordKind::StepFailed { step, .. } => {
                if self.failed.as_ref().is_none_or(|first| step < first) {
                    self.failed = Some(step.clone());
                }
                self.ready.all_again();
            }
            RecordKind::ManualOpen { .. } => {
                self.manual = true;
                self.ready.all_again();
            }
            RecordKind::RunResumed { .. } => (self.failed, self.manual) = (None, false),
            _ => {}
        }
    }

    fn tell_end(
        &mut self,
        step: &PlannedStep,
        status: StepStatus,
        outputs: Value,
        reason: Option<String>,
        error: Option<ActionError>,
        seconds: f64,
    ) {
        let (id, title) = (step.id.clone(), step.title.clone());
        self.tell(EventKind::StepFinished { step: id, title, status, outputs, reason, error, seconds });
    }

    fn tell(&mut self, kind: EventKind) {
        self.events += 1;
        let event = Event { seq: self.events, at: clock::now(), run: self.plan.run.clone(), kind };
        // Events may be lost; the reporter itself says when one of its parts fails.
        let _ = self.reporter.on_event(&event);
    }
}

/// One step, with its time limit and its retries.
async fn attempts(cx: StepCx, first: u32) -> Ended {
    let begun = clock::instant();
    let limit = Duration::from_secs(cx.step.timeout_seconds);
    let mut attempt = first;
    let mut left = cx.step.retries;
    cx.take_slot().await;
    let result = loop {
        let one = async {
            if cx.action.waits_for_a_person() {
                return cx.action.run(&cx).await;
            }
            match tokio::time::timeout(limit, cx.action.run(&cx)).await {
                Ok(result) => result,
                Err(_) => Err(timed_out(&cx.step)),
            }
        };
        match one.await {
            Err(error) if error.category.passes() && left > 0 => {
                left -= 1;
                let pause = Duration::from_secs(2) * attempt.min(15);
                if cx.retry(attempt, pause, error).await.is_err() {
                    break Err(ActionError::new(Category::Cancelled, "stopped on request between two tries"));
                }
                attempt += 1;
            }
            other => break other,
        }
    };
    cx.shared.performer.leave(&cx.step.id).await;
    (cx.step.id.clone(), result, begun.elapsed())
}

fn timed_out(step: &PlannedStep) -> ActionError {
    let limit = clock::spoken(Duration::from_secs(step.timeout_seconds));
    ActionError::new(Category::TimedOut, format!("step {} did not end within {limit}", step.id)).advise(
        "what it started may still be going on over there: resume looks first and goes on from what it finds",
    )
}
