//! What can go wrong, from the name that does not resolve to the answer that never came, in the words of the drivers'
//! common errors.

use oracledb::ErrorKind;

use super::bridge::Heard;
use crate::db::driver::sqlnet::address::Place;
use crate::db::driver::sqlnet::ending::{DEAD, line_of, lost};
use crate::db::error::DbError;
use crate::db::wallet::handshake::Fault;
use crate::model::Category;

/// What the driver, or the reading of what it gave, ran into.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The driver's own error.
    Driver(oracledb::Error),
    /// An answer that cannot be read.
    Unread(String),
    /// A query that gives no single value where one was asked for.
    NotOne(DbError),
}

impl From<oracledb::Error> for Trouble {
    fn from(error: oracledb::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<std::io::Error> for Trouble {
    /// An error of a CLOB's stream holds the database's error as a text only.
    fn from(error: std::io::Error) -> Self {
        Self::Unread(error.to_string())
    }
}

impl Trouble {
    /// As the failure of a statement: `before` is what was put before its text, in characters of the first line.
    pub(super) fn of_statement(&self, what: &str, statement: &str, before: usize) -> DbError {
        let at = format!("the statement on {what}");
        match self {
            Self::NotOne(error) => error.clone(),
            Self::Unread(text) if crate::db::codes::find(text).is_empty() => DbError::new(
                Category::Unknown,
                format!("the answer of {what} cannot be read: {text}"),
            )
            .advise(
                "the statement may have been executed; change the type of what it gives, as with TO_CHAR",
            ),
            Self::Unread(text) => DbError::reported(&at, text, None, None, statement),
            Self::Driver(error) => match error.kind() {
                ErrorKind::DbError(found) => {
                    let place = found.offset().checked_sub(before).filter(|_| found.offset() > 0);
                    let line = place.map(|place| line_of(statement, place));
                    DbError::reported(&at, found.message(), u64::try_from(found.code()).ok(), line, statement)
                }
                ErrorKind::DeadConnection
                | ErrorKind::StreamOperation
                | ErrorKind::UnableToRecover
                | ErrorKind::NotConnected
                | ErrorKind::CallTimeoutExceeded => lost(what).because(error),
                ErrorKind::MissingBindValue(_)
                | ErrorKind::InvalidBindName(_)
                | ErrorKind::WrongNumPositionalBinds(..)
                | ErrorKind::ParseError(..) => DbError::invalid(format!("{at} cannot be sent: {error}"))
                    .advise(
                        "look at the binds: each name of the statement needs one, and no others may be there",
                    ),
                _ => DbError::new(Category::Unknown, format!("{at} failed in the driver: {error}"))
                    .advise("the statement may have been executed: look before repeating it"),
            },
        }
    }
}

/// Whether the session has ended with this failure.
pub(super) fn ends_session(error: &DbError, trouble: &Trouble) -> bool {
    let dead = error.codes.iter().any(|code| DEAD.contains(&code.as_str()));
    let driver = match trouble {
        Trouble::Driver(error) => matches!(
            error.kind(),
            ErrorKind::DeadConnection
                | ErrorKind::StreamOperation
                | ErrorKind::UnableToRecover
                | ErrorKind::NotConnected
                | ErrorKind::CallTimeoutExceeded
        ),
        Trouble::Unread(_) | Trouble::NotOne(_) => false,
    };
    dead || driver
}

/// A place that was not reached: the fault of the way.
pub(super) fn not_reached(what: &str, place: &Place, fault: &Fault, shows: bool) -> DbError {
    let (host, port) = (&place.host, place.port);
    // Servers say it with various alerts that they want a certificate and were shown none.
    let wants_key = matches!(fault, Fault::ClientRefused(_))
        || matches!(fault, Fault::Other(text) if text.contains("HandshakeFailure"));
    let whole = |why: &dyn std::fmt::Display| format!("{what} cannot be reached at {host}:{port}: {why}");
    let mut error = if wants_key && !shows {
        DbError::invalid(whole(&"the server demands a client certificate, and there is none to show"))
            .advise("use a wallet with a key, or the port and address for TLS without one")
    } else {
        DbError::new(fault.category(), whole(fault)).advise(fault.remedy(host))
    };
    error.not_sent = true;
    error
}

/// A listener that was reached and did not let in.
pub(super) fn not_accepted(what: &str, place: &Place, heard: &Heard, wallet: bool) -> DbError {
    let (host, port) = (&place.host, place.port);
    let at = format!("{host}:{port}");
    let mut error = match heard {
        Heard::Broken(fault) => return not_reached(what, place, fault, wallet),
        Heard::Refused(code) => {
            let said = match code {
                Some(code) => format!("ORA-{code:05}"),
                None => "a refusal without a number".to_owned(),
            };
            let service = &place.service;
            let text = format!("{said}: the listener at {at} refused the service {service}");
            DbError::reported(&format!("connecting to {what}"), &text, None, None, "")
        }
        Heard::Closed => DbError::new(
            Category::Transient,
            format!("{what} cannot be reached: the listener at {at} closed the connection without an answer"),
        )
        .advise("look whether the database is open, and whether its access list has this machine's address"),
        Heard::Redirected => DbError::invalid(format!(
            "{what} cannot be reached: the listener at {at} sends its clients to another address, which this driver does not follow"
        ))
        .advise("write the address of the server itself, or use driver = \"thick\""),
        Heard::OwnEncryption => DbError::invalid(format!(
            "{what} cannot be reached: the server at {at} insists on Oracle's native encryption, which this driver does not speak"
        ))
        .advise("use TLS (tcps), or driver = \"thick\""),
    };
    error.not_sent = true;
    error
}

/// A logon that failed behind the listener.
pub(super) fn not_logged_on(what: &str, place: &Place, error: &oracledb::Error) -> DbError {
    let doing = format!("logging on to {what}");
    let mut failure = match error.kind() {
        ErrorKind::DbError(found) => {
            DbError::reported(&doing, found.message(), u64::try_from(found.code()).ok(), None, "")
        }
        _ => DbError::new(
            Category::Transient,
            format!("{doing} failed: {}:{} ended the connection in the middle of it", place.host, place.port),
        )
        .because(error)
        .advise("look whether the database is open; if it stays so, look at its own log"),
    };
    failure.line = None;
    failure.not_sent = true;
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_cannot_be_read() {
        fn check(text: &str, wanted: Category, code: Option<&str>) {
            let trouble = Trouble::Unread(text.to_owned());
            let error = trouble.of_statement("dev as ADMIN", "begin null; end;", 0);
            assert_eq!((error.category, error.code()), (wanted, code), "{text}");
            assert!(error.advice.is_some() && !error.not_sent, "{text}");
        }
        check("a CLOB is no text", Category::Unknown, None);
        check(
            "ORA-01013: user requested cancel of current operation",
            Category::Cancelled,
            Some("ORA-01013"),
        );
    }
}
