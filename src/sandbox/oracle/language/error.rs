//! The one error of the language: Oracle's code and wording, and the place.

use std::fmt;

use super::Span;

/// Which of Oracle's messages an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// `ORA-nnnnn`, raised by the SQL parser.
    Ora(u32),
    /// `PLS-nnnnn`, raised by the PL/SQL compiler; reaches a client wrapped in ORA-06550.
    Pls(u32),
    /// An `ORA-` error of a SQL statement inside PL/SQL; reaches a client wrapped in ORA-06550 too.
    SqlInPlsql(u32),
    /// Oracle may accept this; the sandbox does not support it and says so.
    Unsupported,
}

/// A text that is not accepted, in Oracle's words, with its place in the text that was parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LanguageError {
    /// The message's number.
    pub code: Code,
    /// The message without its number.
    pub message: String,
    /// Line of the offending symbol, from 1.
    pub line: u32,
    /// Column of the offending symbol, from 1, in characters.
    pub column: u32,
    /// Byte offset of the offending symbol.
    pub offset: usize,
}

impl LanguageError {
    /// An `ORA-` error at the start of `at`.
    pub fn ora(number: u32, message: impl Into<String>, at: Span) -> Self {
        Self::new(Code::Ora(number), message, at)
    }

    /// A `PLS-` error at the start of `at`.
    pub fn pls(number: u32, message: impl Into<String>, at: Span) -> Self {
        Self::new(Code::Pls(number), message, at)
    }

    /// Something the sandbox cannot do; `what` completes the sentence "the sandbox cannot ...".
    pub fn unsupported(what: impl fmt::Display, at: Span) -> Self {
        Self::new(Code::Unsupported, format!("the sandbox cannot {what}"), at)
    }

    fn new(code: Code, message: impl Into<String>, at: Span) -> Self {
        Self { code, message: message.into(), line: at.line, column: at.column, offset: at.offset }
    }

    /// The `ORA-` number a client sees: a PL/SQL error arrives as 6550. `None` for what the sandbox lacks.
    pub fn ora_number(&self) -> Option<u32> {
        match self.code {
            Code::Ora(number) => Some(number),
            Code::Pls(_) | Code::SqlInPlsql(_) => Some(6550),
            Code::Unsupported => None,
        }
    }
}

impl fmt::Display for LanguageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Code::Ora(number) => write!(f, "ORA-{number:05}: {}", self.message),
            Code::Pls(number) => write!(
                f,
                "ORA-06550: line {}, column {}:\nPLS-{number:05}: {}",
                self.line, self.column, self.message
            ),
            Code::SqlInPlsql(number) => write!(
                f,
                "ORA-06550: line {}, column {}:\nPL/SQL: ORA-{number:05}: {}",
                self.line, self.column, self.message
            ),
            Code::Unsupported => write!(f, "{} (line {}, column {})", self.message, self.line, self.column),
        }
    }
}
