//! What a sequence of records means: a pure fold, with the allowed transitions in one `match`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::file::JournalError;
use super::record::{Record, RecordKind};
use crate::model::act::Reply;
use crate::model::{ActKey, ActionError, CheckStatus, StepId, StepStatus, Token, Verdict};

/// What is known of an act that was begun.
#[derive(Clone, Debug, PartialEq)]
pub enum ActMemory {
    /// It was about to be sent; whether it arrived is not known.
    Sent,
    /// It happened, with this answer (none where the answer is sensitive).
    Done(Option<Reply>),
}

/// How one step stands.
#[derive(Clone, Debug, PartialEq)]
pub struct StepState {
    /// Its status.
    pub status: StepStatus,
    /// Its token.
    pub token: Token,
    /// How many tries were begun.
    pub attempts: u32,
    /// The changing acts that were begun, by key and item.
    pub acts: BTreeMap<(ActKey, usize), ActMemory>,
    /// How often an act was refused or came to nothing: each new try has a token of its own.
    pub spent: BTreeMap<(ActKey, usize), u32>,
    /// What it made.
    pub outputs: Value,
    /// Why it failed or last failed.
    pub error: Option<ActionError>,
    /// Why it was skipped, or what a person has to do.
    pub reason: Option<String>,
    /// When its first try began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Whether it was undone.
    pub undone: bool,
}

/// How a run stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunState {
    /// SHA-256 of its plan.
    pub plan_sha256: String,
    /// Every step that was begun, skipped or left open.
    pub steps: BTreeMap<StepId, StepState>,
    /// Every check that was seen, with what it found.
    pub checks: BTreeMap<StepId, (CheckStatus, Value, Option<ActionError>)>,
    /// How it ended, if it did.
    pub closed: Option<Verdict>,
    /// When it was opened.
    pub opened: Option<Timestamp>,
    /// When the last record was written.
    pub last: Option<Timestamp>,
}

/// Folds records into the state they describe.
///
/// # Errors
/// A record that cannot follow the ones before it.
pub fn replay(records: impl IntoIterator<Item = Record>) -> Result<RunState, JournalError> {
    let mut state = RunState::default();
    for record in records {
        let seq = record.seq;
        state.apply(record).map_err(|what| JournalError::Impossible { seq, what })?;
    }
    Ok(state)
}

impl RunState {
    /// Takes one more record.
    ///
    /// # Errors
    /// What is impossible about it, as half a sentence.
    pub fn apply(&mut self, record: Record) -> Result<(), String> {
        let at = record.at;
        if self.opened.is_none() && !matches!(record.record, RecordKind::RunOpened { .. }) {
            return Err("a record before the run was opened".into());
        }
        if self.closed.is_some()
            && !matches!(record.record, RecordKind::RunResumed { .. } | RecordKind::UndoStarted { .. })
        {
            return Err("a record after the run was closed".into());
        }
        self.last = Some(at);
        match record.record {
            RecordKind::RunOpened { plan_sha256 } => {
                if self.opened.is_some() {
                    return Err("the run was opened twice".into());
                }
                self.plan_sha256 = plan_sha256;
                self.opened = Some(at);
            }
            RecordKind::RunResumed { .. } => {
                self.closed = None;
                self.checks.clear();
                // What failed or was left open is tried again.
                for step in self.steps.values_mut() {
                    if matches!(step.status, StepStatus::Failed | StepStatus::Manual) {
                        step.status = StepStatus::Pending;
                    }
                }
            }
            RecordKind::StepStarted { step, token, attempt } => self.start(step, token, attempt, at)?,
            RecordKind::ActSent { step, act, item, .. } => {
                let memory = self.running(&step)?.acts.entry((act.clone(), item)).or_insert(ActMemory::Sent);
                if *memory != ActMemory::Sent {
                    return Err(format!("act {act} of step {step} was sent after it was done"));
                }
            }
            RecordKind::ActDone { step, act, item, reply } => {
                match self.running(&step)?.acts.get_mut(&(act.clone(), item)) {
                    Some(memory @ ActMemory::Sent) => *memory = ActMemory::Done(reply),
                    _ => return Err(format!("act {act} of step {step} ended without having been sent")),
                }
            }
            RecordKind::ActRefused { step, act, item } => {
                let state = self.running(&step)?;
                match state.acts.remove(&(act.clone(), item)) {
                    Some(ActMemory::Sent) => *state.spent.entry((act, item)).or_default() += 1,
                    _ => {
                        return Err(format!("act {act} of step {step} was refused without having been sent"));
                    }
                }
            }
            RecordKind::ActVoid { step, act, item, .. } => {
                let state = self.running(&step)?;
                match state.acts.remove(&(act.clone(), item)) {
                    Some(ActMemory::Done(_)) => *state.spent.entry((act, item)).or_default() += 1,
                    _ => {
                        return Err(format!(
                            "act {act} of step {step} came to nothing without having been done"
                        ));
                    }
                }
            }
            RecordKind::AttemptFailed { step, error, .. } => self.running(&step)?.error = Some(error),
            RecordKind::StepDone { step, outputs } => {
                let state = self.end(&step, StepStatus::Done, at)?;
                state.outputs = outputs;
                state.error = None;
                state.reason = None;
            }
            RecordKind::StepFailed { step, error } => {
                self.end(&step, StepStatus::Failed, at)?.error = Some(error);
            }
            RecordKind::ManualOpen { step, instructions, outputs } => {
                let state = self.end(&step, StepStatus::Manual, at)?;
                state.reason = Some(instructions);
                state.outputs = outputs;
            }
            RecordKind::StepSkipped { step, reason } => {
                if let Some(old) = self.steps.get(&step)
                    && old.status != StepStatus::Skipped
                {
                    return Err(format!("step {step} was skipped after it had begun"));
                }
                let mut state = fresh(Token::none(), at);
                state.status = StepStatus::Skipped;
                state.reason = Some(reason);
                state.finished = Some(at);
                self.steps.insert(step, state);
            }
            RecordKind::StepAgain { step } => {
                let state = self.known(&step)?;
                if state.status == StepStatus::Skipped {
                    self.steps.remove(&step);
                } else {
                    // Each act gets a token of its own: what was done was taken back.
                    for slot in std::mem::take(&mut state.acts).into_keys() {
                        *state.spent.entry(slot).or_default() += 1;
                    }
                    (state.status, state.finished, state.error) = (StepStatus::Pending, None, None);
                }
            }
            RecordKind::CheckSeen { check, status, found, error } => {
                self.checks.insert(check, (status, found, error));
            }
            RecordKind::UndoStarted { step } | RecordKind::UndoFailed { step, .. } => {
                self.known(&step)?;
            }
            RecordKind::UndoDone { step } => self.known(&step)?.undone = true,
            RecordKind::CancelAsked { .. } => {}
            RecordKind::RunClosed { verdict } => self.closed = Some(verdict),
        }
        Ok(())
    }

    fn start(&mut self, step: StepId, token: Token, attempt: u32, at: Timestamp) -> Result<(), String> {
        match self.steps.get_mut(&step) {
            None => {
                let mut state = fresh(token, at);
                state.attempts = attempt;
                self.steps.insert(step, state);
            }
            Some(old) => {
                if matches!(old.status, StepStatus::Done | StepStatus::Skipped) {
                    return Err(format!("step {step} was started after it had ended"));
                }
                if old.token != token {
                    return Err(format!("step {step} was started again with another token"));
                }
                old.status = StepStatus::Running;
                old.attempts = attempt;
                old.finished = None;
            }
        }
        Ok(())
    }

    fn known(&mut self, step: &StepId) -> Result<&mut StepState, String> {
        self.steps.get_mut(step).ok_or_else(|| format!("step {step} was never started"))
    }

    fn running(&mut self, step: &StepId) -> Result<&mut StepState, String> {
        let state = self.known(step)?;
        if state.status == StepStatus::Running {
            Ok(state)
        } else {
            Err(format!("step {step} acted while it was not running"))
        }
    }

    fn end(&mut self, step: &StepId, status: StepStatus, at: Timestamp) -> Result<&mut StepState, String> {
        let state = self.running(step)?;
        state.status = status;
        state.finished = Some(at);
        Ok(state)
    }
}

fn fresh(token: Token, at: Timestamp) -> StepState {
    StepState {
        status: StepStatus::Running,
        token,
        attempts: 1,
        acts: BTreeMap::new(),
        spent: BTreeMap::new(),
        outputs: Value::Null,
        error: None,
        reason: None,
        started: at,
        finished: None,
        undone: false,
    }
}
