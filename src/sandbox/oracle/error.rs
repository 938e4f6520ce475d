//! What the database says when it refuses: a stack of messages with a code on top.

use std::fmt;

use super::messages;

/// An error as Oracle raises it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleError {
    /// The code on top of the stack, positive (942 for ORA-00942).
    pub code: i32,
    /// The whole stack as Oracle prints it, one message a line.
    pub text: String,
    /// The line of the statement, from 1; 0 where it has none.
    pub line: u32,
    /// The column, from 1; 0 where it has none.
    pub column: u32,
    /// Another session is changing the file: who works on his own takes the step again.
    pub(super) busy: bool,
}

/// The result of everything here.
pub(super) type Outcome<T> = Result<T, OracleError>;

impl OracleError {
    /// An error with Oracle's own text for the code, blanks filled in order.
    pub fn new(code: i32, arguments: &[&str]) -> Self {
        Self {
            code,
            text: format!("ORA-{code:05}: {}", messages::fill(code, arguments)),
            line: 0,
            column: 0,
            busy: false,
        }
    }

    /// An error of an application code or one whose text is made elsewhere.
    pub fn with_text(code: i32, text: &str) -> Self {
        Self { code, text: format!("ORA-{code:05}: {text}"), line: 0, column: 0, busy: false }
    }

    /// ORA-00054 for a file that another session is changing, which is over in a moment; unlike a lock that a session holds.
    pub(super) fn of_busy_file() -> Self {
        Self { busy: true, ..Self::new(54, &[]) }
    }

    /// Whether another session is changing the file.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// What the sandbox does not do; never to be taken for an answer of the real database.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::with_text(3001, &format!("unimplemented feature: the sandbox cannot {what}"))
    }

    /// A compilation error of a block: PLS text at a place, wrapped in ORA-06550.
    pub fn compilation(line: u32, column: u32, message: &str) -> Self {
        Self {
            code: 6550,
            text: format!("ORA-06550: line {line}, column {column}:\n{message}"),
            line,
            column,
            busy: false,
        }
    }

    /// The same error at a place of its statement.
    #[must_use]
    pub fn at(mut self, line: u32, column: u32) -> Self {
        if self.line == 0 {
            self.line = line;
            self.column = column;
        }
        self
    }

    /// The stack with one more line below.
    #[must_use]
    pub fn below(mut self, line: &str) -> Self {
        self.text.push('\n');
        self.text.push_str(line);
        self
    }

    /// The stack with this error on top of another's.
    #[must_use]
    pub fn over(mut self, cause: &Self) -> Self {
        self.text.push('\n');
        self.text.push_str(&cause.text);
        self
    }

    /// The stack without its ORA-06512 lines: what SQLERRM shows of the first message.
    pub fn message(&self) -> &str {
        self.text.split("\nORA-06512").next().unwrap_or(&self.text)
    }
}

impl fmt::Display for OracleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for OracleError {}

/// Short for `Err(OracleError::new(…))`.
pub(crate) fn fail<T>(code: i32, arguments: &[&str]) -> Outcome<T> {
    Err(OracleError::new(code, arguments))
}
