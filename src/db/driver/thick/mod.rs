//! SQL*Net through Oracle's own client library, which is loaded when the first session is opened.
//!
//! Each session is a thread of its own that is told what to do through a channel; another thread may break off what it
//! waits for. Wallet, certificates and proxies are the library's affair: it is given a descriptor that names them, and a
//! folder with the wallet's files for as long as the session lasts. Each statement that succeeds is committed.

mod binds;
mod descriptor;
mod failure;
mod files;
mod library;
mod session;
mod values;
mod worker;

use std::sync::Arc;

use futures::future::BoxFuture;

use super::sqlnet::address::{self, Around};
use super::sqlnet::wallet::{Choice, Given, Held};
use super::sqlnet::{LOGON_LIMIT, Who, late};
use super::{Connector, Credentials, Session, SessionOptions};
use crate::db::error::DbError;
use crate::db::wallet::contents::Contents;
use crate::model::act::Connection;
use crate::model::{Category, Secret};
use crate::oci::Oci;
use files::Files;
use session::ThickSession;
use worker::{Opening, Worker};

/// The driver.
#[derive(Debug)]
pub struct Thick {
    cloud: Option<Oci>,
    wallets: Given<Contents>,
}

impl Thick {
    /// The driver. Wallets that are to be downloaded are asked for at this cloud.
    pub fn new(cloud: Option<Oci>) -> Self {
        Self { cloud, wallets: Given::default() }
    }

    async fn open(
        &self,
        connection: &Connection,
        credentials: &Credentials,
        options: &SessionOptions,
    ) -> Result<ThickSession, DbError> {
        let who = Who::of(connection, &credentials.password)?;
        library::load(&who.what, &connection.database)?;
        let (files, aged) = self.files(connection, false).await?;
        let error = match enter(connection, &who, files, options).await {
            Err(error) if aged && failure::is_of_wallet(&error) => error,
            other => return other,
        };
        tracing::debug!(%error, "the wallet is fetched anew");
        let (files, _) = self.files(connection, true).await?;
        enter(connection, &who, files, options).await
    }

    /// The files for a session, and whether their wallet was given earlier.
    async fn files(&self, connection: &Connection, anew: bool) -> Result<(Files, bool), DbError> {
        match Choice::of(connection)? {
            Choice::None => Ok((Files::None, false)),
            Choice::Path(path) => Ok((Files::of_path(path)?, false)),
            Choice::Download => {
                let made = |wallet: &_, _: &Secret| Ok(Contents::of(wallet));
                let Held { kept, aged } =
                    self.wallets.of(connection, self.cloud.as_ref(), anew, made).await?;
                Ok((Files::unpack(&kept)?, aged))
            }
        }
    }
}

impl Connector for Thick {
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

/// What the library is to connect to.
///
/// # Errors
/// The address is none, or an alias that the wallet does not have.
fn connect_string(database: &str, address: &str, files: &Files) -> Result<String, DbError> {
    let plain = !address.trim().starts_with('(') && !address.contains(['/', ':']);
    let tnsnames = files.tnsnames()?;
    // The library has a tnsnames.ora of its own, where there is no wallet's.
    if plain && tnsnames.is_none() {
        return Ok(address.trim().to_owned());
    }
    let wallet = files.directory();
    let around = Around { database, tnsnames: tnsnames.as_deref(), wallet: wallet.is_some() };
    Ok(descriptor::of(&address::read(address, around)?, wallet.as_deref()))
}

async fn enter(
    connection: &Connection,
    who: &Who<'_>,
    files: Files,
    options: &SessionOptions,
) -> Result<ThickSession, DbError> {
    let opening = Opening {
        user: who.user.clone(),
        password: who.password.clone(),
        address: connect_string(&connection.database, &who.address, &files)?,
        run: options.run.as_ref().map(ToString::to_string),
        step: options.step.as_ref().map(ToString::to_string),
    };
    let (worker, opened) = Worker::start(opening).map_err(|error| {
        DbError::new(Category::Transient, format!("there is no thread for a session: {error}"))
            .advise("look at the limits of processes and memory on this machine")
    })?;
    match tokio::time::timeout(LOGON_LIMIT, opened).await {
        Ok(Ok(Ok(opened))) => Ok(ThickSession::new(who.what.clone(), worker, Arc::clone(&opened), files)),
        Ok(Ok(Err(fault))) => Err(fault.of_logon(&who.what)),
        Ok(Err(_)) => {
            Err(DbError::new(Category::Bug, format!("the driver broke while it logged on to {}", who.what))
                .advise(
                    "please report this; driver = \"thin\" reaches the database without Oracle's library",
                ))
        }
        Err(_) => Err(late(&who.what)),
    }
}

#[cfg(test)]
#[path = "thick_tests.rs"]
mod tests;
