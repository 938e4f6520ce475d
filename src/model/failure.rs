//! What goes wrong on a far side, in the few kinds that decide what to do next.

use serde::{Deserialize, Serialize};

/// The kinds of failure. Whether a call is repeated depends on this and on the act's [`super::Repeat`], nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// A passing fault: connection, time-out, a 5xx.
    Transient,
    /// Too many requests.
    Throttled,
    /// Not authenticated or not allowed.
    Denied,
    /// It is not there (or may not be seen).
    NotFound,
    /// The far side is in a state that does not allow it, or somebody else changed it first.
    Conflict,
    /// The request itself is wrong: repeating it cannot help.
    Invalid,
    /// The far side went to a state from which the wanted one cannot come.
    DeadEnd,
    /// It did not end within its time.
    TimedOut,
    /// Broken off on request.
    Cancelled,
    /// Whether it happened cannot be told; a person must look.
    Unknown,
    /// A fault of adbctl.
    Bug,
}

impl Category {
    /// Whether waiting and asking again can help at all.
    pub fn passes(self) -> bool {
        matches!(self, Self::Transient | Self::Throttled)
    }
}

/// The failure of an action. It outlives the process (the journal keeps it), so it is plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ActionError {
    /// The kind, which decides about repeats.
    pub category: Category,
    /// The far side's own code: `ORA-00942`, `IncorrectState`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The cloud's `opc-request-id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What happened and where, one sentence.
    pub message: String,
    /// The causes underneath, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl ActionError {
    /// A failure of this kind.
    pub fn new(category: Category, message: impl Into<String>) -> Self {
        Self {
            category,
            code: None,
            request_id: None,
            message: message.into(),
            causes: Vec::new(),
            advice: None,
        }
    }

    /// The request itself is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Category::Invalid, message)
    }

    /// A broken promise of adbctl's own.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Category::Bug, message)
            .advise("this is a fault of adbctl: please report it with this message")
    }

    /// With the far side's code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// With the cloud's request id.
    #[must_use]
    pub fn request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id;
        self
    }

    /// With one more cause underneath.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// With what to do next.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}
