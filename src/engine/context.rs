//! What a running step can ask for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::action::{ActContext, Action, Ask, Performer, Probe};
use super::plan::PlannedStep;
use crate::journal::{ActMemory, RecordKind};
use crate::model::act::{Reply, TOO_EARLY};
use crate::model::event::EventKind;
use crate::model::{
    Act, ActKey, ActionError, Category, Effect, Expression, Late, Repeat, RunId, Settled, StepId, Times,
    Token, clock, late,
};

/// What a step's task tells the loop.
#[derive(Debug)]
pub(super) enum Message {
    /// Make this durable, then answer.
    Append(RecordKind, oneshot::Sender<Result<(), String>>),
    /// Tell people.
    Say(EventKind),
}

/// The bounds of the pause between two looks at something that takes its time.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The shortest pause.
    pub least: Duration,
    /// The longest pause.
    pub most: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { least: Duration::from_secs(1), most: Duration::from_secs(30) }
    }
}

impl Pace {
    /// The pause after having waited this long: 4 % of it, within the bounds.
    pub fn after(self, waited: Duration) -> Duration {
        (waited / 25).clamp(self.least, self.most)
    }
}

/// Values and bytes that an action supplies for one performance of an act.
#[derive(Clone, Debug, Default)]
pub struct Here {
    values: Map<String, Value>,
    bytes: Option<bytes::Bytes>,
    item: usize,
    what: Option<Value>,
}

impl Here {
    /// Nothing to supply.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// With a value for `{{ here.name }}`.
    #[must_use]
    pub fn value(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// With the body's bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: bytes::Bytes) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// For the item of this number in a list, which is this.
    #[must_use]
    pub fn item(mut self, item: usize, what: Value) -> Self {
        self.item = item;
        self.what = Some(what);
        self
    }
}

/// What a look at something that takes its time showed.
#[derive(Clone, Debug)]
pub enum Look {
    /// It is there.
    Ready,
    /// Not yet.
    NotYet {
        /// The state, for people.
        state: Option<String>,
        /// Percent complete, where the far side tells.
        percent: Option<f64>,
    },
    /// It will never be.
    DeadEnd(ActionError),
}

/// Everything that all steps of a run share.
pub(super) struct Shared {
    pub(super) run: RunId,
    pub(super) performer: Arc<dyn Performer>,
    pub(super) slots: Arc<Semaphore>,
    pub(super) pace: Pace,
    pub(super) ask: Option<Arc<dyn Ask>>,
    /// What a person says of acts whose end is not known, by step.
    pub(super) settled: BTreeMap<StepId, Settled>,
    /// Set when the user asked to stop: nothing new is sent.
    pub(super) stop: CancellationToken,
    /// Set when the user insists: requests are broken off.
    pub(super) leave: CancellationToken,
}

/// A running step's hold on the world.
pub struct StepCx {
    pub(super) shared: Arc<Shared>,
    pub(super) step: Arc<PlannedStep>,
    pub(super) token: Token,
    pub(super) scope: Value,
    pub(super) memory: Mutex<BTreeMap<(ActKey, usize), ActMemory>>,
    pub(super) spent: Mutex<BTreeMap<(ActKey, usize), u32>>,
    pub(super) messages: mpsc::Sender<Message>,
    pub(super) slot: Mutex<Option<OwnedSemaphorePermit>>,
    pub(super) action: Arc<dyn Action>,
}

impl StepCx {
    /// The run.
    pub fn run(&self) -> &RunId {
        &self.shared.run
    }

    /// The step.
    pub fn step(&self) -> &StepId {
        &self.step.id
    }

    /// The acts that the plan holds for the step.
    pub fn acts(&self) -> &[Act] {
        &self.step.acts
    }

    /// The value of an argument that may be late.
    ///
    /// # Errors
    /// The expression has no value, or one of another type.
    pub fn arg<T: DeserializeOwned + Clone>(&self, argument: &Late<T>) -> Result<T, ActionError> {
        match argument {
            Late::Known(value) => Ok(value.clone()),
            Late::Later(expression) => {
                let value = self.evaluate(expression)?;
                serde_json::from_value(value).map_err(|e| {
                    ActionError::invalid(format!(
                        "{{{{ {} }}}} has a value of the wrong type: {e}",
                        expression.source()
                    ))
                })
            }
        }
    }

    /// The value of an expression that can also see `value`, under this name.
    ///
    /// # Errors
    /// An expression that has no value.
    pub fn evaluate_with(
        &self,
        expression: &Expression,
        name: &str,
        value: &Value,
    ) -> Result<Value, ActionError> {
        let mut scope = self.scope.clone();
        if let Some(map) = scope.as_object_mut() {
            map.insert(name.to_owned(), value.clone());
        }
        expression.evaluate(&scope).map_err(|e| ActionError::invalid(e.to_string()))
    }

    fn evaluate(&self, expression: &Expression) -> Result<Value, ActionError> {
        expression.evaluate(&self.scope).map_err(|e| ActionError::invalid(e.to_string()))
    }

    /// The value of any late expressions inside `value`.
    ///
    /// # Errors
    /// An expression that has no value.
    pub fn fill(&self, value: &Value) -> Result<Value, ActionError> {
        late::fill(value, &mut |source| {
            let expression = Expression::parse(source).map_err(|e| ActionError::bug(e.to_string()))?;
            self.evaluate(&expression).map(Some)
        })
    }

    /// Whether a planned act was sent before this moment, in this life of the run or an earlier one.
    pub fn has_performed(&self, key: &str) -> bool {
        self.memory().keys().any(|(act, _)| act.as_str() == key)
    }

    /// Says that what an act made is gone again, so that a later try does it anew instead of taking it for done.
    ///
    /// # Errors
    /// The run ends before that is recorded.
    pub async fn void(&self, key: &str, why: &str) -> Result<(), ActionError> {
        self.void_item(key, 0, why).await
    }

    /// As [`Self::void`], for one item of an act that is performed for each of a list.
    ///
    /// # Errors
    /// The run ends before that is recorded.
    pub async fn void_item(&self, key: &str, item: usize, why: &str) -> Result<(), ActionError> {
        let act = self.planned(key)?.key.clone();
        let slot = (act.clone(), item);
        if !matches!(self.memory().get(&slot), Some(ActMemory::Done(_))) {
            return Ok(());
        }
        let step = self.step.id.clone();
        self.journal(RecordKind::ActVoid { step, act, item, why: why.to_owned() }).await?;
        self.forget(slot);
        Ok(())
    }

    fn forget(&self, slot: (ActKey, usize)) {
        self.memory().remove(&slot);
        *self.spent().entry(slot).or_default() += 1;
    }

    fn spent(&self) -> std::sync::MutexGuard<'_, BTreeMap<(ActKey, usize), u32>> {
        self.spent.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Tells people something.
    pub async fn say(&self, line: impl Into<String>) {
        let event = EventKind::StepOutput { step: self.step.id.clone(), line: line.into() };
        let _ = self.messages.send(Message::Say(event)).await;
    }

    /// Asks the person at the terminal, if there is one; without one the answer is no.
    pub async fn ask(&self, instructions: &str) -> bool {
        let Some(ask) = self.shared.ask.clone() else { return false };
        self.give_slot_back();
        let done = tokio::select! {
            done = ask.done(instructions) => done,
            () = self.shared.stop.cancelled() => false,
        };
        self.take_slot().await;
        done
    }

    /// Performs a planned act.
    ///
    /// # Errors
    /// What the far side said, or that it is not known whether the act happened.
    ///
    /// # Cancel safety
    /// Dropping it after the act was sent leaves the act in the journal as sent; recovery settles it.
    pub fn perform<'a>(&'a self, key: &'a str, here: Here) -> BoxFuture<'a, Result<Reply, ActionError>> {
        Box::pin(async move {
            let act = self.planned(key)?;
            let filled = self.filled(act, &here)?;
            if act.effect == Effect::Read {
                self.check_stop()?;
                return self.send(&filled, &here).await;
            }
            let slot = (act.key.clone(), here.item);
            let remembered = self.memory().get(&slot).cloned();
            match remembered {
                Some(ActMemory::Done(Some(reply))) => Ok(reply),
                Some(ActMemory::Done(None)) if act.repeat == Repeat::Probe => {
                    Err(unknown(act, "its answer was not kept"))
                }
                Some(ActMemory::Sent) => self.settle(act, &filled, &here).await,
                Some(ActMemory::Done(None)) => {
                    // The answer was too sensitive to keep; asking again is the same as having asked once.
                    self.check_stop()?;
                    self.send(&filled, &here).await
                }
                None => {
                    self.check_stop()?;
                    self.journal(RecordKind::ActSent {
                        step: self.step.id.clone(),
                        act: act.key.clone(),
                        item: here.item,
                        what: here.what.clone(),
                    })
                    .await?;
                    self.memory().insert(slot, ActMemory::Sent);
                    self.send_and_record(act, &filled, &here).await
                }
            }
        })
    }

    /// Does planned work on this machine: `work` is run once; like every changing act it is journalled around.
    ///
    /// # Errors
    /// What `work` failed with.
    pub async fn local<F>(&self, key: &str, here: Here, work: F) -> Result<Reply, ActionError>
    where
        F: Future<Output = Result<Value, ActionError>> + Send,
    {
        let act = self.planned(key)?;
        self.filled(act, &here)?;
        let slot = (act.key.clone(), here.item);
        if let Some(ActMemory::Done(Some(reply))) = self.memory().get(&slot).cloned() {
            return Ok(reply);
        }
        self.check_stop()?;
        if act.effect == Effect::Read {
            return Ok(Reply { value: work.await?, ..Reply::default() });
        }
        let (step, item) = (self.step.id.clone(), here.item);
        self.journal(RecordKind::ActSent { step: step.clone(), act: act.key.clone(), item, what: here.what })
            .await?;
        let reply = Reply { value: work.await?, ..Reply::default() };
        self.journal(RecordKind::ActDone { step, act: act.key.clone(), item, reply: Some(reply.clone()) })
            .await?;
        self.memory().insert(slot, ActMemory::Done(Some(reply.clone())));
        Ok(reply)
    }

    /// Performs a planned look again and again until `judge` is content. Waiting holds no slot. A look that fails in
    /// passing says nothing about what is being waited for, so a few of those are let pass.
    ///
    /// # Errors
    /// A dead end, a failure of the look that does not pass, or the user's wish to stop.
    pub async fn wait<J>(&self, key: &str, here: Here, what: &str, mut judge: J) -> Result<Reply, ActionError>
    where
        J: FnMut(&Reply) -> Look + Send,
    {
        let mut faults = 0_u32;
        self.wait_through(key, here, what, move |looked| match looked {
            Ok(reply) => {
                faults = 0;
                judge(reply)
            }
            Err(error) if error.category.passes() && faults < 5 => {
                faults += 1;
                Look::NotYet { state: Some(error.message.clone()), percent: None }
            }
            Err(error) => Look::DeadEnd(error.clone()),
        })
        .await
    }

    /// As [`Self::wait`], for something that at first cannot even be asked: `judge` sees failures too.
    ///
    /// # Errors
    /// A dead end, or the user's wish to stop.
    pub async fn wait_through<J>(
        &self,
        key: &str,
        here: Here,
        what: &str,
        mut judge: J,
    ) -> Result<Reply, ActionError>
    where
        J: FnMut(Result<&Reply, &ActionError>) -> Look + Send,
    {
        let begun = clock::instant();
        loop {
            let asked_at = clock::instant();
            let looked = self.perform(key, here.clone()).await;
            if looked.as_ref().is_err_and(|error| error.category == Category::Cancelled) {
                return looked;
            }
            match judge(looked.as_ref()) {
                Look::Ready => return looked,
                Look::DeadEnd(error) => return Err(error),
                Look::NotYet { state, percent } => {
                    self.say_waiting(what, begun.elapsed(), state, percent).await;
                    let asked =
                        looked.ok().and_then(|r| r.retry_after).map_or(Duration::ZERO, Duration::from_secs);
                    // What waited inside the database has paused already.
                    let pause = self.shared.pace.after(begun.elapsed()).saturating_sub(asked_at.elapsed());
                    self.pause(pause.max(asked)).await?;
                }
            }
        }
    }

    async fn say_waiting(&self, what: &str, waited: Duration, state: Option<String>, percent: Option<f64>) {
        let event = EventKind::StepWaiting {
            step: self.step.id.clone(),
            what: what.to_owned(),
            seconds: waited.as_secs(),
            percent,
            state,
        };
        let _ = self.messages.send(Message::Say(event)).await;
    }

    async fn pause(&self, length: Duration) -> Result<(), ActionError> {
        self.give_slot_back();
        tokio::select! {
            () = tokio::time::sleep(length) => {}
            () = self.shared.stop.cancelled() => {}
        }
        self.take_slot().await;
        self.check_stop()
    }

    /// Records a failed try, tells people, and waits before the next one.
    pub(super) async fn retry(
        &self,
        attempt: u32,
        pause: Duration,
        error: ActionError,
    ) -> Result<(), ActionError> {
        let step = self.step.id.clone();
        // Of a check only its end stands in the journal.
        if self.step.check.is_none() {
            let failed = RecordKind::AttemptFailed { step: step.clone(), attempt, error: error.clone() };
            self.journal(failed).await?;
        }
        let event = EventKind::StepRetrying { step, attempt, seconds: pause.as_secs(), error };
        let _ = self.messages.send(Message::Say(event)).await;
        self.pause(pause).await
    }

    fn give_slot_back(&self) {
        self.slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    }

    pub(super) async fn take_slot(&self) {
        // The semaphore is never closed, so the error cannot happen; without a slot the step simply goes on.
        let permit = Arc::clone(&self.shared.slots).acquire_owned().await.ok();
        *self.slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = permit;
    }

    fn check_stop(&self) -> Result<(), ActionError> {
        if self.shared.stop.is_cancelled() {
            Err(ActionError::new(Category::Cancelled, "stopped on request before the next call"))
        } else {
            Ok(())
        }
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, BTreeMap<(ActKey, usize), ActMemory>> {
        self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn planned(&self, key: &str) -> Result<&Act, ActionError> {
        self.step.acts.iter().find(|a| a.key.as_str() == key).ok_or_else(|| {
            ActionError::bug(format!("step {} tried an act that is not in its plan: {key}", self.step.id))
        })
    }

    fn filled(&self, act: &Act, here: &Here) -> Result<Act, ActionError> {
        if here.item > 0 && !matches!(act.times, Times::Each { .. }) {
            return Err(ActionError::bug(format!(
                "act {} of step {} is not planned for each item",
                act.key, self.step.id
            )));
        }
        let mut scope = self.scope.clone();
        if let Some(map) = scope.as_object_mut() {
            map.insert("here".into(), Value::Object(here.values.clone()));
        }
        act.map(&mut |value| {
            late::fill(value, &mut |source| {
                let expression = Expression::parse(source).map_err(|e| ActionError::bug(e.to_string()))?;
                expression.evaluate(&scope).map(Some).map_err(|e| {
                    ActionError::invalid(format!("act {} of step {}: {e}", act.key, self.step.id))
                })
            })
        })
    }

    async fn send(&self, filled: &Act, here: &Here) -> Result<Reply, ActionError> {
        let spent = self.spent().get(&(filled.key.clone(), here.item)).copied().unwrap_or(0);
        let context = ActContext {
            run: self.shared.run.clone(),
            step: self.step.id.clone(),
            token: self.token.for_act(&filled.key, here.item, spent),
            bytes: here.bytes.clone(),
            cancel: self.shared.leave.clone(),
        };
        let begun = clock::instant();
        loop {
            let answer = self.shared.performer.perform(filled, context.clone()).await;
            let Some(early) = answer.as_ref().err().filter(|e| e.code.as_deref() == Some(TOO_EARLY)) else {
                return answer;
            };
            let state = Some(early.message.clone());
            self.say_waiting("what is still at work there", begun.elapsed(), state, None).await;
            self.pause(self.shared.pace.after(begun.elapsed())).await?;
        }
    }

    async fn send_and_record(&self, act: &Act, filled: &Act, here: &Here) -> Result<Reply, ActionError> {
        let slot = (act.key.clone(), here.item);
        let (step, key, item) = (self.step.id.clone(), act.key.clone(), here.item);
        match self.send(filled, here).await {
            Ok(reply) => {
                let kept = (!is_sensitive(act)).then(|| reply.clone());
                self.journal(RecordKind::ActDone { step, act: key, item, reply: kept.clone() }).await?;
                self.memory().insert(slot, ActMemory::Done(kept));
                Ok(reply)
            }
            Err(error) => {
                if certainly_not_done(error.category) {
                    self.journal(RecordKind::ActRefused { step, act: key, item }).await?;
                    self.forget(slot);
                }
                Err(error)
            }
        }
    }

    /// Settles an act that was sent in an earlier life and whose end is not known.
    async fn settle(&self, act: &Act, filled: &Act, here: &Here) -> Result<Reply, ActionError> {
        self.check_stop()?;
        if act.repeat != Repeat::Probe {
            return self.send_and_record(act, filled, here).await;
        }
        match self.action.probe(self, filled).await? {
            Probe::NotDone => self.send_and_record(act, filled, here).await,
            Probe::Done(reply) => self.happened(act, here, reply).await,
            Probe::Unknown { advice } => match self.shared.settled.get(&self.step.id) {
                Some(Settled::Repeat) => self.send_and_record(act, filled, here).await,
                Some(Settled::Done) => {
                    let value = json!({ "rows": [], "columns": [], "binds": {}, "output": [] });
                    self.happened(act, here, Reply { value, ..Reply::default() }).await
                }
                None => {
                    let step = &self.step.id;
                    Err(unknown(act, "the process or the connection ended in between").advise(format!(
                        "{advice}; then resume with --unknown {step}=done if it happened, or with \
                         --unknown {step}=repeat if it did not"
                    )))
                }
            },
        }
    }

    /// Records that an act which was sent in an earlier life happened.
    async fn happened(&self, act: &Act, here: &Here, reply: Reply) -> Result<Reply, ActionError> {
        let kept = (!is_sensitive(act)).then(|| reply.clone());
        self.journal(RecordKind::ActDone {
            step: self.step.id.clone(),
            act: act.key.clone(),
            item: here.item,
            reply: kept.clone(),
        })
        .await?;
        self.memory().insert((act.key.clone(), here.item), ActMemory::Done(kept));
        Ok(reply)
    }

    async fn journal(&self, record: RecordKind) -> Result<(), ActionError> {
        let (answer, answered) = oneshot::channel();
        let gone = || ActionError::new(Category::Cancelled, "the run ended while a record was to be written");
        self.messages.send(Message::Append(record, answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?.map_err(|e| ActionError::new(Category::Cancelled, e))
    }
}

fn is_sensitive(act: &Act) -> bool {
    matches!(&act.call, crate::model::Call::Rest(rest) if rest.sensitive)
}

/// Failures in which the far side surely did nothing.
fn certainly_not_done(category: Category) -> bool {
    matches!(
        category,
        Category::Invalid | Category::Denied | Category::NotFound | Category::Conflict | Category::Throttled
    )
}

fn unknown(act: &Act, why: &str) -> ActionError {
    ActionError::new(
        Category::Unknown,
        format!("it is not known whether this happened: {} ({why})", act.title),
    )
}

/// The names an expression of a step can see: the plan's own, and the outputs of the steps that are done.
pub(super) fn scope_of(plan_scope: &Value, outputs: &BTreeMap<StepId, Value>) -> Value {
    let mut scope = plan_scope.clone();
    if let Some(map) = scope.as_object_mut() {
        let steps: Map<String, Value> = outputs.iter().map(|(id, v)| (id.to_string(), v.clone())).collect();
        map.insert("steps".into(), Value::Object(steps));
    } else {
        scope = json!({ "steps": outputs });
    }
    scope
}
