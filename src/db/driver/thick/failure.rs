//! What can go wrong in Oracle's library and in the crate around it, in the words of the drivers' common errors.

use oracle::ErrorKind;

use crate::db::driver::sqlnet::ending::{DEAD, lost};
use crate::db::error::DbError;
use crate::model::Category;

/// ODPI-C's own errors after which there is no session: not connected, a timeout of a call, a closed connection.
const DEAD_DPI: [i32; 3] = [1010, 1067, 1080];
/// What a wallet of another time gives: unreadable files, unknown issuers, refused certificates.
const OF_WALLET: [&str; 8] =
    ["ORA-28759", "ORA-28791", "ORA-28860", "ORA-28862", "ORA-28864", "ORA-29002", "ORA-29003", "ORA-29024"];

/// An error of the library or the crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fault {
    /// The database's code, where it is the database's error.
    pub(super) code: Option<u64>,
    /// ODPI-C's own code.
    pub(super) dpi: Option<i32>,
    /// The place of the mistake in the text that was sent, in bytes; 0 if there is none.
    pub(super) offset: usize,
    /// The binds do not fit the statement.
    pub(super) binds: bool,
    /// The whole message.
    pub(super) text: String,
}

impl From<oracle::Error> for Fault {
    fn from(error: oracle::Error) -> Self {
        let kind = error.kind();
        let code = error.oci_code().and_then(|code| u64::try_from(code).ok());
        let text = match error.db_error() {
            Some(found) => found.message().to_owned(),
            None => error.to_string(),
        };
        // Only the database's own errors have a place.
        let offset = match (code, error.db_error()) {
            (Some(_), Some(found)) => usize::try_from(found.offset()).unwrap_or(0),
            _ => 0,
        };
        let binds = matches!(kind, ErrorKind::InvalidBindIndex | ErrorKind::InvalidBindName);
        Self { code, dpi: error.dpi_code(), offset, binds, text }
    }
}

impl Fault {
    /// Something of an answer that is not read.
    pub(super) fn unread(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// As the failure of a statement: `before` is what was put before its text, in bytes of the first line.
    pub(super) fn of_statement(&self, what: &str, statement: &str, before: usize) -> DbError {
        let at = format!("the statement on {what}");
        if self.binds {
            return DbError::invalid(format!("{at} cannot be sent: {}", self.text)).advise(
                "look at the binds: each name of the statement needs one, and no others may be there",
            );
        }
        if self.code.is_none() && self.dpi.is_some_and(|code| DEAD_DPI.contains(&code)) {
            return lost(what).because(&self.text);
        }
        if self.code.is_none() && crate::db::codes::find(&self.text).is_empty() {
            return DbError::new(Category::Unknown, format!("{at} failed in the driver: {}", self.text))
                .advise("the statement may have been executed: look before repeating it");
        }
        let place = self.offset.checked_sub(before).filter(|_| self.offset > 0);
        let line = place.map(|place| {
            let lines = statement.bytes().take(place).filter(|byte| *byte == b'\n').count();
            u64::try_from(lines).unwrap_or(0) + 1
        });
        DbError::reported(&at, &self.text, self.code, line, statement)
    }

    /// As the failure of a logon.
    pub(super) fn of_logon(&self, what: &str) -> DbError {
        let doing = format!("logging on to {what}");
        let mut error = if self.code.is_some() || !crate::db::codes::find(&self.text).is_empty() {
            DbError::reported(&doing, &self.text, self.code, None, "")
        } else {
            DbError::new(Category::Unknown, format!("{doing} failed in Oracle's library: {}", self.text))
                .advise("look at the address, the wallet, and the sqlnet.ora in TNS_ADMIN, which the library reads")
        };
        error.line = None;
        error.not_sent = true;
        error
    }

    /// Whether the session has ended with this failure.
    pub(super) fn ends_session(&self, error: &DbError) -> bool {
        error.codes.iter().any(|code| DEAD.contains(&code.as_str()))
            || self.dpi.is_some_and(|code| DEAD_DPI.contains(&code))
    }
}

/// Whether a newer wallet may mend it.
pub(super) fn is_of_wallet(error: &DbError) -> bool {
    error.codes.iter().any(|code| OF_WALLET.contains(&code.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_database(code: u64, offset: usize, text: &str) -> Fault {
        Fault { code: Some(code), offset, text: text.into(), ..Fault::default() }
    }

    fn of_library(dpi: i32, text: &str) -> Fault {
        Fault { dpi: Some(dpi), text: text.into(), ..Fault::default() }
    }

    #[test]
    fn statements() {
        fn check(fault: &Fault, before: usize, wanted: (Category, Option<&str>, Option<u64>), ends: bool) {
            let error = fault.of_statement("dev as ADMIN", "selöct 1\nfrom nowhere", before);
            assert_eq!((error.category, error.code(), error.line), wanted, "{error}");
            assert_eq!(fault.ends_session(&error), ends, "{error}");
            assert!(error.advice.is_some(), "{error}");
        }
        let missing = "ORA-00942: table or view does not exist";
        check(&of_database(942, 15, missing), 0, (Category::NotFound, Some("ORA-00942"), Some(2)), false);
        check(&of_database(942, 15, missing), 9, (Category::NotFound, Some("ORA-00942"), Some(1)), false);
        check(&of_database(942, 0, missing), 0, (Category::NotFound, Some("ORA-00942"), None), false);
        let ended = of_database(3113, 0, "ORA-03113: end-of-file on communication channel");
        assert!(ended.ends_session(&ended.of_statement("dev", "x", 0)));
        check(&of_library(1010, "DPI-1010: not connected"), 0, (Category::Transient, None, None), true);
        let late = "DPI-1067: call timeout of 62000 ms exceeded with ORA-03136";
        check(&of_library(1067, late), 0, (Category::Transient, None, None), true);
        check(
            &of_library(1043, "DPI-1043: invalid number"),
            0,
            (Category::Invalid, Some("DPI-1043"), None),
            false,
        );
        check(&Fault::unread("a column".into()), 0, (Category::Unknown, None, None), false);
        let binds = Fault { binds: true, text: "invalid bind name x".into(), ..Fault::default() };
        check(&binds, 0, (Category::Invalid, None, None), false);
        assert!(binds.of_statement("dev", "x", 0).not_sent);
    }

    #[test]
    fn logons() {
        fn check(fault: &Fault, wanted: (Category, Option<&str>), of_old_wallet: bool) {
            let error = fault.of_logon("dev as ADMIN");
            assert_eq!((error.category, error.code()), wanted, "{error}");
            assert_eq!(is_of_wallet(&error), of_old_wallet, "{error}");
            assert!(error.not_sent && error.advice.is_some(), "{error}");
        }
        let refused = "ORA-01017: invalid username/password; logon denied";
        check(&of_database(1017, 0, refused), (Category::Denied, Some("ORA-01017")), false);
        let unknown = of_database(29024, 0, "ORA-29024: Certificate validation failure");
        assert!(is_of_wallet(&unknown.of_logon("dev")));
        check(
            &of_library(1072, "DPI-1072: the library is too old"),
            (Category::Invalid, Some("DPI-1072")),
            false,
        );
    }

    #[test]
    fn errors_of_the_crate() {
        let fault = Fault::from(oracle::Error::new(ErrorKind::InvalidBindName, "invalid bind name X"));
        assert!(fault.binds && fault.text.contains("invalid bind name X"), "{fault:?}");
        let fault = Fault::from(oracle::Error::new(ErrorKind::NullValue, "NULL value found"));
        assert!(!fault.binds && fault.code.is_none() && fault.dpi.is_none(), "{fault:?}");
    }
}
