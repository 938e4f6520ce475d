//! How runs, steps and checks end.

use serde::{Deserialize, Serialize};

/// Why a run was asked to stop, in rising urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancelReason {
    /// The user asked once: start nothing new, reach a journal record.
    Asked,
    /// The lock on the target is no longer held: start nothing new, reach a journal record.
    LockLost,
    /// The user asked again: leave now.
    Insisted,
}

/// What a person found out about an act of which the journal does not know whether it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It happened.
    Done,
    /// It did not, or may happen twice: it is to be sent again.
    Repeat,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Not begun.
    Pending,
    /// Begun, not ended.
    Running,
    /// Ended well.
    Done,
    /// Not needed, for a stated reason.
    Skipped,
    /// Ended badly.
    Failed,
    /// A person's task that is still open.
    Manual,
    /// Not begun because a step it needs failed or is open.
    Blocked,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStatus {
    /// Found what was expected.
    Passed,
    /// Found something else, or could not look.
    Failed,
    /// A person has to look.
    Manual,
    /// Not needed: its condition turned out not to hold.
    Skipped,
    /// Did not run because what it looks at was not made.
    NotRun,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All steps done, all checks passed; manual steps may be open.
    Done,
    /// Ran to the end, but a check failed or (on request) a manual step counts as failure.
    CheckFailed,
    /// A step failed and nothing was left behind.
    Failed,
    /// A step failed and something it or an earlier step made is still there.
    FailedWithLeftovers,
    /// Stopped on request; `resume` goes on.
    Interrupted,
}

impl Verdict {
    /// The verdict as one word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::CheckFailed => "check-failed",
            Self::Failed => "failed",
            Self::FailedWithLeftovers => "failed-with-leftovers",
            Self::Interrupted => "interrupted",
        }
    }
}
