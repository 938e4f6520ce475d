//! What a driver promises, and the table of drivers.

pub(crate) mod client;
pub mod dbtools;
pub mod long;
pub mod ords;
pub mod rows;
mod sqlnet;
#[cfg(feature = "thick")]
pub mod thick;
pub mod thin;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use self::long::{LongFailure, LongValue, Pieces};
use self::rows::Rows;
use super::error::DbError;
use crate::model::act::{Connection, Reply, SqlCall};
use crate::model::{NoSecrets, RunId, Secret, SecretRef, SecretSource, StepId, late, reveal_all};
use crate::oci::Oci;

/// Makes sessions.
pub trait Connector: Send + Sync {
    /// Opens a session as the connection's user. The connection holds no late values any more; its secrets are not read
    /// from it, they come beside it.
    ///
    /// # Errors
    /// The connection is incomplete, the database is not reached, the user is refused.
    fn open<'a>(
        &'a self,
        connection: &'a Connection,
        credentials: Credentials,
        options: &'a SessionOptions,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, DbError>>;

    /// Whether it logs on by itself and so needs the user's password.
    fn needs_password(&self) -> bool {
        true
    }
}

/// The secrets of a connection.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user's password.
    pub password: Secret,
    /// That of a configured wallet.
    pub wallet_password: Option<Secret>,
}

impl Credentials {
    /// A password without a wallet's.
    pub fn of(password: Secret) -> Self {
        Self { password, wallet_password: None }
    }
}

/// On whose behalf a session is opened.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// The run.
    pub run: Option<RunId>,
    /// The step.
    pub step: Option<StepId>,
    /// Whether the same is asked again and again.
    pub held: bool,
}

/// A session of one database user.
pub trait Session: Send {
    /// Whether package variables, `ALTER SESSION` and open transactions live on between two statements.
    fn keeps_state(&self) -> bool;

    /// Executes one statement whose binds hold no late values and no secret references any more. The answer's value is
    /// `{"rows": [{column: value}], "columns": [{"name", "type"}], "binds": {name: value}, "output": [line],
    /// "affected": n}`: names of columns in lower case, binds by the call's own names and only those that come out, an
    /// empty text as null, dates as text.
    ///
    /// # Errors
    /// The statement failed, took longer than its limit, was cancelled, or its answer was lost.
    ///
    /// # Cancel safety
    /// The statement may go on in the database after a cancel or a drop.
    fn execute<'a>(
        &'a mut self,
        call: &'a SqlCall,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, DbError>>;

    /// Executes a query that gives one row with one column, and hands its value over in pieces. Where a driver knows no
    /// other way, the value stands in memory as a whole before that.
    ///
    /// # Errors
    /// Those of [`Self::execute`]; the query gives no single value; or the pieces are not taken.
    ///
    /// # Cancel safety
    /// That of [`Self::execute`].
    fn long_value<'a>(
        &'a mut self,
        call: &'a SqlCall,
        pieces: &'a mut dyn Pieces,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<LongValue, LongFailure>> {
        Box::pin(async move {
            let reply = self.execute(call, cancel).await?;
            long::of_answer(&reply.value, pieces)
        })
    }

    /// Executes a query and hands its rows over as they come. Where a driver knows no other way, all of them stand in
    /// memory before that. Gives the lines that were printed.
    ///
    /// # Errors
    /// Those of [`Self::execute`], before the first row or behind any; or the rows are not taken.
    ///
    /// # Cancel safety
    /// That of [`Self::execute`].
    fn rows<'a>(
        &'a mut self,
        call: &'a SqlCall,
        taker: &'a mut dyn Rows,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Vec<String>, LongFailure>> {
        Box::pin(async move {
            let mut reply = self.execute(call, cancel).await?;
            rows::of_answer(&mut reply.value, taker)
        })
    }

    /// Ends the session.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// The drivers of this program.
pub struct Drivers {
    ords: ords::Ords,
    thin: thin::Thin,
    #[cfg(feature = "thick")]
    thick: thick::Thick,
    dbtools: dbtools::DatabaseTools,
    /// Sessions between two looks of one step.
    held: Mutex<BTreeMap<Place, Box<dyn Session>>>,
}

impl fmt::Debug for Drivers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drivers").field("held", &self.held().len()).finish_non_exhaustive()
    }
}

/// The names that [`Drivers::connector`] knows.
pub const AVAILABLE: &[&str] = if cfg!(feature = "thick") {
    &["ords", "thin", "dbtools", "thick"]
} else {
    &["ords", "thin", "dbtools"]
};

impl Drivers {
    /// The drivers. Those that speak HTTP share this client; those that ask the cloud for something ask this one.
    pub fn new(http: reqwest::Client, cloud: Option<Oci>) -> Self {
        Self {
            ords: ords::Ords::new(http),
            thin: thin::Thin::new(cloud.clone()),
            #[cfg(feature = "thick")]
            thick: thick::Thick::new(cloud.clone()),
            dbtools: dbtools::DatabaseTools::new(cloud),
            held: Mutex::default(),
        }
    }

    /// The driver of that name.
    ///
    /// # Errors
    /// There is none in this version.
    pub fn connector(&self, driver: &str) -> Result<&dyn Connector, DbError> {
        match driver {
            "ords" => Ok(&self.ords),
            "thin" => Ok(&self.thin),
            #[cfg(feature = "thick")]
            "thick" => Ok(&self.thick),
            "dbtools" => Ok(&self.dbtools),
            other => Err(DbError::invalid(format!("the driver {other:?} is not part of this version"))
                .advise(format!("available now: {}", AVAILABLE.join(", ")))),
        }
    }
}

impl Drivers {
    /// Opens a session, with the secrets that its connection refers to.
    ///
    /// # Errors
    /// A late value that is still open, a secret that cannot be had, a driver that is not there, or those of
    /// [`Connector::open`].
    ///
    /// # Cancel safety
    /// A session may stay open in the database for a moment.
    pub async fn open(
        &self,
        connection: &Connection,
        secrets: &dyn SecretSource,
        options: &SessionOptions,
    ) -> Result<Box<dyn Session>, DbError> {
        for value in [&connection.address, &connection.user] {
            reveal_all(value, &NoSecrets).await?;
        }
        let connector = self.connector(&connection.driver)?;
        let password = if connector.needs_password() {
            secrets.resolve(&password_reference(connection)?).await?
        } else {
            Secret::new(String::new())
        };
        let wallet_password = match connection.wallet.get("password").filter(|password| !password.is_null()) {
            Some(password) => Some(secrets.resolve(&reference_in(password, connection, "wallet")?).await?),
            None => None,
        };
        let credentials = Credentials { password, wallet_password };
        connector.open(connection, credentials, options).await
    }

    /// Opens a session, executes one statement with its secrets filled in, and closes the session again: the whole of
    /// what an act does. For one look of several the session stays open till the next one or [`Self::release`], where it keeps its
    /// state; one that was lost meanwhile fails this look, and the next one opens another.
    ///
    /// # Errors
    /// A late value that is still open, a secret that cannot be had, a driver that is not there, or those of
    /// [`Connector::open`] and [`Session::execute`].
    ///
    /// # Cancel safety
    /// That of [`Session::execute`].
    pub async fn run(
        &self,
        call: &SqlCall,
        secrets: &dyn SecretSource,
        options: &SessionOptions,
        cancel: &CancellationToken,
    ) -> Result<Reply, DbError> {
        let ready = reveal(call, secrets).await?;
        let place = options.held.then(|| place(&ready.connection, options));
        let held = place.as_ref().and_then(|place| self.held().remove(place));
        let mut session = match held {
            Some(session) => session,
            None => self.open(&ready.connection, secrets, options).await?,
        };
        let outcome = session.execute(&ready, cancel).await;
        match place {
            Some(place) if outcome.is_ok() && session.keeps_state() => {
                self.held().insert(place, session);
            }
            _ => session.close().await,
        }
        outcome
    }

    /// Closes the sessions that are held for the next look of a step, which is over.
    pub async fn release(&self, step: &StepId) {
        let over: Vec<_> = {
            let mut held = self.held();
            held.extract_if(.., |(holder, _), _| holder.as_ref() == Some(step)).collect()
        };
        for (_, session) in over {
            session.close().await;
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<Place, Box<dyn Session>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a session waits for the next look: each step has its own, for each way to a database.
type Place = (Option<StepId>, String);

fn place(connection: &Connection, options: &SessionOptions) -> Place {
    let way = format!("{} {} {} {}", connection.driver, connection.ocid, connection.address, connection.user);
    (options.step.clone(), way)
}

/// Whether sessions of this driver keep their state between two statements, so that one can be held and wait inside the database.
pub fn keeps_state(driver: &str) -> bool {
    matches!(driver, "thin" | "thick")
}

/// Where a connection's password is found: the reference itself, or the form in which it stands in an act.
///
/// # Errors
/// It is neither; a password as plain text is refused.
pub fn password_reference(connection: &Connection) -> Result<SecretRef, DbError> {
    reference_in(&connection.password, connection, "connection")
}

fn reference_in(value: &Value, connection: &Connection, what: &str) -> Result<SecretRef, DbError> {
    let value = late::as_secret(value).unwrap_or(value);
    serde_json::from_value(value.clone()).map_err(|_| {
        DbError::invalid(format!("the {what} to {} has no password, or not by reference", connection.database))
            .advise("name its source under [database.NAME.connect]: { env = … }, { file = … }, { vault = … } or another")
    })
}

/// The call with the secrets filled into its binds, ready for [`Session::execute`].
///
/// # Errors
/// A late value that is still open, or a secret that cannot be had.
pub async fn reveal(call: &SqlCall, secrets: &dyn SecretSource) -> Result<SqlCall, DbError> {
    let mut ready = call.clone();
    for bind in &mut ready.binds {
        bind.value = reveal_all(&bind.value, secrets).await?;
    }
    Ok(ready)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn drivers_by_name() {
        let drivers = Drivers::new(reqwest::Client::new(), None);
        for name in AVAILABLE {
            assert!(drivers.connector(name).is_ok(), "{name}");
        }
        let absent: &[&str] = if cfg!(feature = "thick") { &["auto", ""] } else { &["auto", "", "thick"] };
        for name in absent {
            let Err(error) = drivers.connector(name) else { panic!("{name} is there") };
            assert!(error.to_string().contains(name));
            assert!(error.advice.unwrap().contains("ords"), "{name}");
        }
    }

    /// A session that says when it was closed.
    struct Door(Arc<AtomicBool>);

    impl Session for Door {
        fn keeps_state(&self) -> bool {
            true
        }

        fn execute<'a>(
            &'a mut self,
            _call: &'a SqlCall,
            _cancel: &'a CancellationToken,
        ) -> BoxFuture<'a, Result<Reply, DbError>> {
            Box::pin(std::future::ready(Ok(Reply::default())))
        }

        fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
            Box::pin(async move { self.0.store(true, Ordering::Relaxed) })
        }
    }

    #[tokio::test]
    async fn the_end_of_a_step_closes_what_was_held_for_it() {
        let drivers = Drivers::new(reqwest::Client::new(), None);
        let closed: [Arc<AtomicBool>; 3] = Default::default();
        let held_for = [("one", "dev"), ("one", "prod"), ("other", "dev")];
        for ((step, way), closed) in held_for.into_iter().zip(&closed) {
            let place = (Some(step.parse().unwrap()), way.to_owned());
            drivers.held().insert(place, Box::new(Door(Arc::clone(closed))));
        }
        drivers.release(&"one".parse().unwrap()).await;
        assert_eq!(closed.map(|closed| closed.load(Ordering::Relaxed)), [true, true, false]);
        assert_eq!(drivers.held().len(), 1);
    }
}
