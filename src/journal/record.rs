//! What is recorded.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::act::Reply;
use crate::model::{ActKey, ActionError, CancelReason, CheckStatus, StepId, Token, Verdict};

/// The version of the format. A newer file is refused, never rewritten.
pub const VERSION: u32 = 2;

/// The version of records that hold all their values themselves.
pub(super) const PLAIN: u32 = 1;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The format's version.
    pub v: u32,
    /// Number of the record, from 1.
    pub seq: u64,
    /// SHA-256 of the line before, in hex; empty for the first.
    pub prev: String,
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub record: RecordKind,
}

/// What a record can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// The run exists; its plan was made durable before.
    RunOpened {
        /// SHA-256 of the plan file, in hex.
        plan_sha256: String,
    },
    /// A process took the run up again.
    RunResumed {
        /// Its process number, for people.
        process: u32,
    },
    /// A step is about to act.
    StepStarted {
        /// Which.
        step: StepId,
        /// From this token the retry tokens of its acts are derived.
        token: Token,
        /// Which try, from 1.
        attempt: u32,
    },
    /// A changing act is about to be sent.
    ActSent {
        /// Of which step.
        step: StepId,
        /// Which act.
        act: ActKey,
        /// Which item, for acts that are performed for each of a list.
        item: usize,
        /// What the item is, for people and for `undo`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        what: Option<Value>,
    },
    /// The act's answer came; its handle (an OCID, a work request, an out bind) is here.
    ActDone {
        /// Of which step.
        step: StepId,
        /// Which act.
        act: ActKey,
        /// Which item.
        item: usize,
        /// The answer, or nothing where it is sensitive.
        reply: Option<Reply>,
    },
    /// The act certainly did not happen.
    ActRefused {
        /// Of which step.
        step: StepId,
        /// Which act.
        act: ActKey,
        /// Which item.
        item: usize,
    },
    /// What the act made is gone again: it is to be done anew, under another token.
    ActVoid {
        /// Of which step.
        step: StepId,
        /// Which act.
        act: ActKey,
        /// Which item.
        item: usize,
        /// What became of it.
        why: String,
    },
    /// A try failed in a way that lets the step try again.
    AttemptFailed {
        /// Which step.
        step: StepId,
        /// Which try.
        attempt: u32,
        /// Why.
        error: ActionError,
    },
    /// The step ended well.
    StepDone {
        /// Which.
        step: StepId,
        /// What it made.
        outputs: Value,
    },
    /// The step was not needed.
    StepSkipped {
        /// Which.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// What the step did was taken back after a failure, and the run goes on: it is to be done again.
    StepAgain {
        /// Which.
        step: StepId,
    },
    /// The step ended badly.
    StepFailed {
        /// Which.
        step: StepId,
        /// Why.
        error: ActionError,
    },
    /// A person has to do it, and has not yet.
    ManualOpen {
        /// Which step.
        step: StepId,
        /// What to do.
        instructions: String,
        /// What was seen of it.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        outputs: Value,
    },
    /// A check came out.
    CheckSeen {
        /// Which.
        check: StepId,
        /// How.
        status: CheckStatus,
        /// What was found.
        found: Value,
        /// Why it could not look.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<ActionError>,
    },
    /// The undo of a step began.
    UndoStarted {
        /// Which.
        step: StepId,
    },
    /// The undo of a step ended well.
    UndoDone {
        /// Which.
        step: StepId,
    },
    /// The undo of a step failed: a person has to look.
    UndoFailed {
        /// Which.
        step: StepId,
        /// Why.
        error: ActionError,
    },
    /// Somebody asked the run to stop.
    CancelAsked {
        /// How urgently.
        reason: CancelReason,
    },
    /// The run ended, for now or for good.
    RunClosed {
        /// How.
        verdict: Verdict,
    },
}
