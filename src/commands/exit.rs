//! How the process ends.

use crate::engine::EngineError;
use crate::journal::JournalError;
use crate::model::diagnostic::{Diagnostic, draw};
use crate::model::{ActionError, Category, Verdict};
use crate::runbook::{CompileError, LibraryError};
use crate::settings::SettingsError;

/// The exit codes. Their meaning stands in the help's footer, which is made from `cli::EXIT_CODES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// A fault of adbctl.
    Bug = 1,
    /// Wrong usage.
    Usage = 2,
    /// Runbook or settings are wrong.
    Wrong = 3,
    /// Refused or declined.
    Refused = 4,
    /// Failed, nothing left.
    Failed = 5,
    /// Failed, with leftovers.
    FailedWithLeftovers = 6,
    /// Interrupted.
    Interrupted = 7,
    /// Unreachable or denied.
    FarSide = 8,
    /// Locked by another.
    Locked = 9,
    /// A check failed.
    CheckFailed = 10,
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Done => Self::Done,
            Verdict::CheckFailed => Self::CheckFailed,
            Verdict::Failed => Self::Failed,
            Verdict::FailedWithLeftovers => Self::FailedWithLeftovers,
            Verdict::Interrupted => Self::Interrupted,
        }
    }
}

/// Why a command could not do its work, ready to be shown.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened and where.
    pub message: String,
    /// The causes underneath.
    pub causes: Vec<String>,
    /// What to do next.
    pub help: Option<String>,
}

impl Failure {
    /// A failure with this exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), help: None }
    }

    /// Something that is not allowed.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// With what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The failure as text for a terminal, without the leading word.
    pub fn text(&self) -> String {
        let mut text = self.message.clone();
        for cause in &self.causes {
            text.push_str(&format!("\n  because: {cause}"));
        }
        if let Some(help) = &self.help {
            text.push_str(&format!("\n  help: {help}"));
        }
        text
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(mistakes: Vec<Diagnostic>) -> Self {
        let count = mistakes.len();
        let plural = if count == 1 { "" } else { "s" };
        Self::new(Exit::Wrong, format!("{count} mistake{plural} found\n{}", draw(&mistakes)))
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Mistakes(mistakes) => mistakes.into(),
            other => Self::new(Exit::Wrong, other.to_string()),
        }
    }
}

impl From<LibraryError> for Failure {
    fn from(error: LibraryError) -> Self {
        Self::new(Exit::Wrong, error.to_string())
    }
}

impl From<Vec<CompileError>> for Failure {
    fn from(errors: Vec<CompileError>) -> Self {
        let lines = errors.iter().map(|e| match &e.help {
            Some(help) => format!("{}\n  help: {help}", e.message),
            None => e.message.clone(),
        });
        Self::new(Exit::Wrong, lines.collect::<Vec<_>>().join("\n"))
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let exit = match &error {
            JournalError::Locked(_) => Exit::Locked,
            JournalError::Write { .. } => Exit::Interrupted,
            _ => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Journal(error) => error.into(),
            EngineError::Bind { .. } => Self::new(Exit::Wrong, error.to_string()).help(
                "the plan was made by another version of adbctl, or was changed; use the adbctl that made it",
            ),
        }
    }
}

impl From<ActionError> for Failure {
    fn from(error: ActionError) -> Self {
        let exit = match error.category {
            Category::Bug => Exit::Bug,
            Category::Invalid => Exit::Wrong,
            Category::Cancelled => Exit::Interrupted,
            _ => Exit::FarSide,
        };
        let mut message = error.message;
        if let Some(code) = &error.code
            && !message.contains(code.as_str())
        {
            message = format!("{code}: {message}");
        }
        if let Some(id) = &error.request_id {
            message = format!("{message} (opc-request-id {id})");
        }
        Self { exit, message, causes: error.causes, help: error.advice }
    }
}

impl From<crate::oci::OciError> for Failure {
    fn from(error: crate::oci::OciError) -> Self {
        ActionError::from(error).into()
    }
}

impl From<crate::db::DbError> for Failure {
    fn from(error: crate::db::DbError) -> Self {
        ActionError::from(error).into()
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Failed, error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(Exit::Bug, format!("JSON: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented() {
        let all = [
            Exit::Done,
            Exit::Bug,
            Exit::Usage,
            Exit::Wrong,
            Exit::Refused,
            Exit::Failed,
            Exit::FailedWithLeftovers,
            Exit::Interrupted,
            Exit::FarSide,
            Exit::Locked,
            Exit::CheckFailed,
        ];
        let codes: Vec<u8> = all.iter().map(|e| *e as u8).collect();
        let documented: Vec<u8> = crate::cli::EXIT_CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, documented);
    }
}
