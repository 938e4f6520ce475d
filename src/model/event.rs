//! Events: what people are told. They may be lost; the journal may not.

use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::failure::ActionError;
use super::ids::{RunId, StepId};
use super::verdict::{CancelReason, CheckStatus, StepStatus, Verdict};

/// Something that happened, numbered in the one order there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The number, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// In which run.
    pub run: RunId,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// The kinds of event, in the past tense.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum EventKind {
    /// The run began or was taken up again.
    RunStarted {
        /// Name of the runbook.
        runbook: String,
        /// How many steps are still to do.
        steps: usize,
        /// Whether an earlier start of this run is continued.
        resumed: bool,
    },
    /// A step began.
    StepStarted {
        /// Which.
        step: StepId,
        /// Its title.
        title: String,
        /// Which try, from 1.
        attempt: u32,
    },
    /// A step waits for something outside.
    StepWaiting {
        /// Which.
        step: StepId,
        /// What is waited for.
        what: String,
        /// How long so far, in seconds.
        seconds: u64,
        /// Percent complete, where the far side tells.
        percent: Option<f64>,
        /// The state it is in now.
        state: Option<String>,
    },
    /// A step tries again.
    StepRetrying {
        /// Which.
        step: StepId,
        /// After which try.
        attempt: u32,
        /// In how many seconds.
        seconds: u64,
        /// Why.
        error: ActionError,
    },
    /// A step has something to say.
    StepOutput {
        /// Which.
        step: StepId,
        /// What.
        line: String,
    },
    /// A step ended.
    StepFinished {
        /// Which.
        step: StepId,
        /// Its title.
        title: String,
        /// How.
        status: StepStatus,
        /// What it made, for later steps.
        outputs: Value,
        /// Why it was skipped, or what a person has to do.
        reason: Option<String>,
        /// What went wrong.
        error: Option<ActionError>,
        /// How long it took, in seconds.
        seconds: f64,
    },
    /// A check ended.
    CheckFinished {
        /// Which.
        check: StepId,
        /// Its title.
        title: String,
        /// How.
        status: CheckStatus,
        /// What was expected.
        expected: Value,
        /// What was found.
        found: Value,
        /// Why it could not look.
        error: Option<ActionError>,
    },
    /// The user asked to stop.
    CancelAsked {
        /// How urgently.
        reason: CancelReason,
    },
    /// The run ended.
    RunFinished {
        /// How.
        verdict: Verdict,
        /// How long it took since it was started or taken up, in seconds.
        seconds: f64,
        /// What it is to be known by from now on, by name; nothing where it did not come to its end.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        results: Map<String, Value>,
    },
}

/// Somebody who is told about events, in order, one at a time. Taking long is the backpressure.
pub trait Reporter: Send {
    /// Takes one event.
    ///
    /// # Errors
    /// The reporter is dropped with a warning; the run goes on.
    fn on_event(&mut self, event: &Event) -> io::Result<()>;
}
