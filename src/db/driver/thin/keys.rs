//! The wallet of a connection, held in memory: none, one of the disk, or one that the service gives for the occasion.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use camino::Utf8Path;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::db::error::DbError;
use crate::db::wallet::archive::Wallet;
use crate::db::wallet::folder;
use crate::db::wallet::identity::{self, Identity, IdentityError};
use crate::model::act::Connection;
use crate::model::{ActionError, NoSecrets, Secret, clock};
use crate::oci::{CallContext, Oci, database};

/// What a client shows, whom it trusts, and the names it knows.
#[derive(Default)]
pub(super) struct Keys {
    identity: Option<Identity>,
    authorities: Vec<CertificateDer<'static>>,
    /// The wallet's `tnsnames.ora`.
    pub(super) tnsnames: Option<String>,
    /// Whether there is a wallet at all.
    pub(super) wallet: bool,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("wallet", &self.wallet).finish_non_exhaustive()
    }
}

impl Keys {
    /// Those of a client without a wallet.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// The key and its certificate.
    pub(super) fn identity(&self) -> Option<&Arc<CertifiedKey>> {
        self.identity.as_ref().map(|identity| &identity.key)
    }

    /// Who may vouch for the server beside the system's roots.
    pub(super) fn authorities(&self) -> &[CertificateDer<'static>] {
        self.identity.as_ref().map_or(&self.authorities, |identity| &identity.authorities)
    }

    /// Opens what a wallet holds.
    fn open(pem: &[u8], tnsnames: Option<String>, password: Option<&Secret>) -> Result<Self, ActionError> {
        let none = Secret::new(String::new());
        let keys = Self { tnsnames, wallet: true, ..Self::default() };
        match Identity::open(pem, password.unwrap_or(&none)) {
            Ok(identity) => {
                identity.check_dates(clock::now())?;
                Ok(Self { identity: Some(identity), ..keys })
            }
            // A wallet for TLS without a client's certificate holds authorities only.
            Err(IdentityError::NoKey) => Ok(Self { authorities: identity::authorities(pem)?, ..keys }),
            Err(IdentityError::Password) if password.is_none() => Err(ActionError::invalid(
                "the wallet's key is encrypted, and no password of the wallet is configured",
            )
            .advise("name its source: wallet_password = { env = … } under [database.NAME.connect]")),
            Err(error) => Err(error.into()),
        }
    }

    /// Those of a directory or zip.
    fn of_path(path: &str, password: Option<&Secret>) -> Result<Self, ActionError> {
        let lacks = || {
            ActionError::invalid(format!("the wallet {path} has no ewallet.pem"))
                .advise("the thin driver reads ewallet.pem, which wallets downloaded since 2021 have: download it again")
        };
        let path = Utf8Path::new(path);
        if path.is_dir() {
            if !path.join("ewallet.pem").exists() {
                return Err(lacks());
            }
            let tnsnames =
                path.join("tnsnames.ora").exists().then(|| folder::read(path, "tnsnames.ora")).transpose()?;
            return Self::open(&folder::read(path, "ewallet.pem")?, tnsnames.as_deref().map(lossy), password);
        }
        let bytes = fs_err::read(path).map_err(|e| {
            ActionError::invalid(format!("the wallet cannot be read: {e}"))
                .advise("wallet under [database.NAME.connect] is the whole path of its directory or zip")
        })?;
        let wallet = Wallet::some_from_zip(&bytes)?;
        if wallet.file("ewallet.pem").is_empty() {
            return Err(lacks());
        }
        Self::of_zip(&wallet, password)
    }

    fn of_zip(wallet: &Wallet, password: Option<&Secret>) -> Result<Self, ActionError> {
        let tnsnames = Some(wallet.file("tnsnames.ora")).filter(|file| !file.is_empty()).map(lossy);
        Self::open(wallet.file("ewallet.pem"), tnsnames, password)
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The wallets that this process was given, by the OCID of their database.
#[derive(Debug, Default)]
pub(super) struct Wallets {
    given: Mutex<HashMap<String, Arc<Keys>>>,
}

/// The keys of a connection.
pub(super) struct Held {
    /// What it connects with.
    pub(super) keys: Arc<Keys>,
    /// It was given earlier, so that the database may have another one by now.
    pub(super) aged: bool,
}

impl Wallets {
    /// The keys of a connection; `anew` if those given earlier are not to be taken.
    ///
    /// # Errors
    /// The wallet cannot be had, read or opened.
    ///
    /// # Cancel safety
    /// It only reads; a download leaves nothing behind.
    pub(super) async fn of(
        &self,
        connection: &Connection,
        password: Option<&Secret>,
        cloud: Option<&Oci>,
        anew: bool,
    ) -> Result<Held, DbError> {
        match &connection.wallet {
            Value::Null => Ok(Held { keys: Arc::new(Keys::none()), aged: false }),
            Value::String(word) if word == "download" => self.downloaded(connection, cloud, anew).await,
            Value::Object(wallet) if wallet.get("path").is_some_and(Value::is_string) => {
                let path = wallet["path"].as_str().unwrap_or_default();
                let keys = Keys::of_path(path, password)?;
                Ok(Held { keys: Arc::new(keys), aged: false })
            }
            other => Err(DbError::invalid(format!(
                "the wallet of {} is {other}, which is none",
                connection.database
            ))
            .advise("it is download, none, or the whole path of a directory or zip")),
        }
    }

    async fn downloaded(
        &self,
        connection: &Connection,
        cloud: Option<&Oci>,
        anew: bool,
    ) -> Result<Held, DbError> {
        let ocid = connection.ocid.as_str().unwrap_or_default();
        let lacks = |what: &str| {
            DbError::invalid(format!("the wallet of {} cannot be downloaded: {what}", connection.database))
                .advise("configure its directory or zip: wallet = \"/path\" under [database.NAME.connect]")
        };
        if ocid.is_empty() {
            return Err(lacks("its OCID is not known"));
        }
        // Held over the download, so that sessions that open at the same time ask for it once.
        let mut given = self.given.lock().await;
        if let Some(keys) = given.get(ocid).filter(|_| !anew) {
            return Ok(Held { keys: Arc::clone(keys), aged: true });
        }
        let cloud = cloud.ok_or_else(|| lacks("there is no access to the service"))?;
        let password = made_up();
        let mut call = database::generate_wallet(json!(ocid), json!(password.reveal()));
        call.sensitive = true;
        let reply =
            cloud.send(&call, &CallContext::default(), &NoSecrets).await.map_err(ActionError::from)?;
        let wallet = Wallet::from_zip(&reply.bytes.unwrap_or_default()).map_err(ActionError::from)?;
        let keys = Arc::new(Keys::of_zip(&wallet, Some(&password))?);
        given.insert(ocid.to_owned(), Arc::clone(&keys));
        Ok(Held { keys, aged: false })
    }
}

/// A password for a wallet that nobody but this process opens.
fn made_up() -> Secret {
    let mut bytes = [0; 24];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    // The rules want a letter and a digit.
    Secret::new(format!("w1{}", URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
