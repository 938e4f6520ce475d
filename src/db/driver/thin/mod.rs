//! SQL*Net by Oracle's thin driver for Rust, which is synchronous and has gaps; both are this folder's affair.
//!
//! Each session is a thread of its own that is told what to do through a channel. The driver never sees the network: it
//! speaks to the `bridge` of its session, which has the wallet's key and ends or interrupts what takes too long.
//! Sessions keep their state. Each statement that succeeds is committed, as REST-Enabled SQL does it.

mod block;
mod bridge;
mod dial;
mod failure;
mod fetch;
mod keys;
mod pieces;
mod session;
mod values;
mod worker;

use std::sync::Arc;

use futures::future::BoxFuture;
use oracledb::Config;

use super::sqlnet::address::{self, Around, Place};
use super::sqlnet::wallet::Held;
use super::sqlnet::{LOGON_LIMIT, Who, late};
use super::{Connector, Credentials, Session, SessionOptions};
use crate::db::error::DbError;
use crate::model::Category;
use crate::model::act::Connection;
use crate::oci::Oci;
use bridge::Bridge;
use keys::{Keys, Wallets};
use session::ThinSession;
use worker::{Opening, Worker};

/// The driver.
#[derive(Debug)]
pub struct Thin {
    cloud: Option<Oci>,
    wallets: Wallets,
}

impl Thin {
    /// The driver. Wallets that are to be downloaded are asked for at this cloud.
    pub fn new(cloud: Option<Oci>) -> Self {
        Self { cloud, wallets: Wallets::default() }
    }

    async fn open(
        &self,
        connection: &Connection,
        credentials: &Credentials,
        options: &SessionOptions,
    ) -> Result<ThinSession, DbError> {
        let who = Who::of(connection, &credentials.password)?;
        let password = credentials.wallet_password.as_ref();
        let held = self.wallets.of(connection, password, self.cloud.as_ref(), false).await?;
        let failure = match enter(connection, &who, &held, options).await {
            Err(failure) if held.aged && failure.by_wallet => failure,
            other => return other.map_err(|failure| failure.error),
        };
        tracing::debug!(error = %failure.error, "the wallet is fetched anew");
        let held = self.wallets.of(connection, password, self.cloud.as_ref(), true).await?;
        enter(connection, &who, &held, options).await.map_err(|failure| failure.error)
    }
}

impl Connector for Thin {
    fn open<'a>(
        &'a self,
        connection: &'a Connection,
        credentials: Credentials,
        options: &'a SessionOptions,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, DbError>> {
        Box::pin(async move {
            let opened = self.open(connection, &credentials, options).await?;
            let session: Box<dyn Session> = Box::new(opened);
            Ok(session)
        })
    }
}

/// Why nobody was let in.
struct NotIn {
    error: DbError,
    /// A wallet from before a renaming or rotation could be the reason.
    by_wallet: bool,
}

impl From<DbError> for NotIn {
    fn from(error: DbError) -> Self {
        Self { error, by_wallet: false }
    }
}

/// Tries the places of an address, and logs on at the first that accepts.
async fn enter(
    connection: &Connection,
    who: &Who<'_>,
    held: &Held<Keys>,
    options: &SessionOptions,
) -> Result<ThinSession, NotIn> {
    let keys = &held.kept;
    let around =
        Around { database: &connection.database, tnsnames: keys.tnsnames.as_deref(), wallet: keys.wallet };
    let route = address::read(&who.address, around)?;
    let tries = async {
        let mut last = None;
        for round in 0..route.rounds {
            if round > 0 {
                tokio::time::sleep(route.pause).await;
            }
            for place in &route.places {
                match attempt(place, who, keys, options).await {
                    Ok(session) => return Ok(session),
                    Err(Refused::ForGood(not_in)) => return Err(not_in),
                    Err(Refused::Here(not_in)) => last = Some(not_in),
                }
            }
            if last.as_ref().is_some_and(|not_in: &NotIn| !not_in.error.category.passes()) {
                break;
            }
        }
        Err(last.unwrap_or_else(|| DbError::invalid(format!("{} has no address", who.what)).into()))
    };
    tokio::time::timeout(LOGON_LIMIT, tries).await.unwrap_or_else(|_| Err(late(&who.what).into()))
}

/// Why one place did not let in.
enum Refused {
    /// Another place may.
    Here(NotIn),
    /// The same answer would come from each.
    ForGood(NotIn),
}

async fn attempt(
    place: &Place,
    who: &Who<'_>,
    keys: &Arc<Keys>,
    options: &SessionOptions,
) -> Result<ThinSession, Refused> {
    let upstream = bridge::dial(place, keys).await.map_err(|fault| {
        let by_wallet = is_of_wallet(&fault);
        let shows = keys.identity().is_some();
        Refused::Here(NotIn { error: failure::not_reached(&who.what, place, &fault, shows), by_wallet })
    })?;
    let plain = |error: DbError| Refused::Here(error.into());
    let bridge = Bridge::open(upstream, place.clone(), Arc::clone(keys)).map_err(|error| {
        plain(DbError::new(Category::Transient, format!("no port of this machine can be opened: {error}")))
    })?;
    let opening = Opening {
        config: config(who, place, bridge.port()).map_err(|error| Refused::ForGood(error.into()))?,
        run: options.run.as_ref().map(ToString::to_string),
        step: options.step.as_ref().map(ToString::to_string),
    };
    let (worker, opened) = Worker::start(opening).map_err(|error| {
        plain(DbError::new(Category::Transient, format!("there is no thread for a session: {error}")))
    })?;
    let outcome = opened.await;
    match outcome {
        Ok(Ok(())) => Ok(ThinSession::new(who.what.clone(), worker, bridge)),
        Ok(Err(error)) => Err(match bridge.heard() {
            Some(heard) => {
                let by_wallet = matches!(&heard, bridge::Heard::Broken(fault) if is_of_wallet(fault));
                Refused::Here(NotIn {
                    error: failure::not_accepted(&who.what, place, &heard, keys.identity().is_some()),
                    by_wallet,
                })
            }
            None => Refused::ForGood(failure::not_logged_on(&who.what, place, &error).into()),
        }),
        Err(_) => Err(Refused::ForGood(
            DbError::new(Category::Bug, format!("the driver broke while it logged on to {}", who.what))
                .advise(
                    "please report this; driver = \"ords\" or \"dbtools\" reaches the database without it",
                )
                .into(),
        )),
    }
}

/// Whether a newer wallet may mend it.
fn is_of_wallet(fault: &crate::db::wallet::handshake::Fault) -> bool {
    use crate::db::wallet::handshake::Fault;
    matches!(fault, Fault::ClientRefused(_) | Fault::UnknownIssuer | Fault::Subject { .. } | Fault::Name(_))
}

/// What the driver is told: this machine's port, and what the listener is to be asked for. The large packets keep the
/// reading of long answers short.
fn config(who: &Who<'_>, place: &Place, port: u16) -> Result<Config, DbError> {
    let descriptor = format!(
        "(description=(sdu=65535)(retry_count=0)(address=(protocol=tcp)(host=127.0.0.1)(port={port})){})",
        place.connect_data
    );
    let wrong = |error: oracledb::Error| {
        DbError::invalid(format!("the address of {} is not taken by the driver: {error}", who.what))
            .advise("look at its connect_data")
    };
    Config::default()
        .set_credentials(&who.user, who.password.reveal())
        .set_driver_name("adbctl thin")
        .set_program("adbctl")
        .map_err(wrong)?
        .set_connect_string(&descriptor)
        .map_err(wrong)
}
