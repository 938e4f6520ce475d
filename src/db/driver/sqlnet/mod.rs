//! What the drivers over SQL*Net share: addresses, binds as texts, forms of values, what was printed, and how statements end.

pub(super) mod address;
pub(super) mod answer;
pub(super) mod bound;
pub(super) mod ending;
pub(super) mod forms;
pub(super) mod number;
pub(super) mod text;
pub(super) mod wallet;

use std::time::Duration;

use serde_json::Value;

use crate::db::error::DbError;
use crate::model::act::Connection;
use crate::model::{Category, Secret};

/// A logon may take this long in all, with every place that is tried on the way.
pub(super) const LOGON_LIMIT: Duration = Duration::from_mins(1);

/// Who logs on where, for people and for the driver.
pub(super) struct Who<'a> {
    /// The database and the user, for people.
    pub(super) what: String,
    /// Where it is.
    pub(super) address: String,
    /// The user.
    pub(super) user: String,
    /// Their password.
    pub(super) password: &'a Secret,
}

impl<'a> Who<'a> {
    /// Reads a connection.
    ///
    /// # Errors
    /// It has no user or address, or the password is empty.
    pub(super) fn of(connection: &Connection, password: &'a Secret) -> Result<Self, DbError> {
        let text = |value: &Value, what: &str| {
            let found = value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
            found.ok_or_else(|| {
                DbError::invalid(format!("the connection to {} has no {what}", connection.database))
                    .advise("set it under [database.NAME.connect], or let the service tell it")
            })
        };
        let user = text(&connection.user, "user")?;
        if password.reveal().is_empty() {
            return Err(DbError::invalid(format!(
                "the password of {user} for {} is empty",
                connection.database
            ))
            .advise("look at its source under [database.NAME.connect]"));
        }
        Ok(Self {
            what: format!("{} as {user}", connection.database),
            address: text(&connection.address, "address")?,
            user,
            password,
        })
    }
}

/// The failure of a logon that took longer than its limit.
pub(super) fn late(what: &str) -> DbError {
    let limit = LOGON_LIMIT.as_secs();
    let mut late =
        DbError::new(Category::TimedOut, format!("the logon to {what} took longer than {limit} s"))
            .advise("look whether the database answers others; a proxy or firewall may hold the connection");
    late.not_sent = true;
    late
}
