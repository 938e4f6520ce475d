//! How statements and sessions end when they do not end well.

use crate::db::error::DbError;
use crate::model::Category;

/// Errors after which there is no session any more, whatever the driver still thinks of it.
pub(in crate::db::driver) const DEAD: &[&str] = &[
    "ORA-00028",
    "ORA-00600",
    "ORA-00603",
    "ORA-01012",
    "ORA-01033",
    "ORA-01034",
    "ORA-01041",
    "ORA-01089",
    "ORA-01092",
    "ORA-02396",
    "ORA-02399",
    "ORA-03106",
    "ORA-03113",
    "ORA-03114",
    "ORA-03135",
    "ORA-12153",
    "ORA-12537",
    "ORA-12547",
    "ORA-12570",
    "ORA-12583",
    "ORA-28511",
];
/// The code of a call that was broken off.
pub(in crate::db::driver) const BROKEN_OFF: &str = "ORA-01013";

/// Why a statement is not waited for any longer.
#[derive(Clone, Copy, Debug)]
pub(in crate::db::driver) enum Enough {
    /// Somebody asked for it.
    Cancelled,
    /// It had this many seconds.
    Late(u64),
}

impl Enough {
    /// The failure of a statement that was broken off.
    pub(in crate::db::driver) fn broken_off(self, what: &str, not_sent: bool) -> DbError {
        let mut error = match self {
            Self::Cancelled => DbError::new(
                Category::Cancelled,
                format!("the statement on {what} was broken off on request"),
            ),
            Self::Late(limit) => DbError::new(
                Category::TimedOut,
                format!("the statement on {what} took longer than its {limit} s"),
            ),
        };
        error.not_sent = not_sent;
        error.advise(match self {
            Self::Cancelled => "what it had committed by itself stays: look before repeating it",
            Self::Late(_) => {
                "it was broken off; what it had committed by itself stays. Long work belongs into a job that is polled"
            }
        })
    }
}

/// The answer never came.
pub(in crate::db::driver) fn lost(what: &str) -> DbError {
    DbError::new(Category::Transient, format!("the answer of {what} was lost"))
        .advise("the statement may have been executed: look before repeating it")
}

/// A statement for a session that is no more.
pub(in crate::db::driver) fn gone(what: &str, why: &str) -> DbError {
    let mut gone = DbError::new(Category::Transient, format!("the session on {what} has ended: {why}"))
        .advise("open a new session; what the ended one kept is gone");
    gone.not_sent = true;
    gone
}

/// The line of a place in a statement, from 1.
pub(in crate::db::driver) fn line_of(statement: &str, characters: usize) -> u64 {
    let lines = statement.chars().take(characters).filter(|letter| *letter == '\n').count();
    u64::try_from(lines).unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_places() {
        fn check(statement: &str, characters: usize, wanted: u64) {
            assert_eq!(line_of(statement, characters), wanted, "{statement:?} {characters}");
        }
        check("select\n1", 0, 1);
        check("select\n1", 7, 2);
        check("sélect\n1\n2", 9, 3);
        check("", 5, 1);
    }
}
