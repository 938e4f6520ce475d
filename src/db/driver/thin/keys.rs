//! The wallet of a connection, held in memory: none, one of the disk, or one that the service gives for the occasion.

use std::sync::Arc;

use camino::Utf8Path;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::db::driver::sqlnet::wallet::{Choice, Given, Held};
use crate::db::error::DbError;
use crate::db::wallet::archive::Wallet;
use crate::db::wallet::folder;
use crate::db::wallet::identity::{self, Identity, IdentityError};
use crate::model::act::Connection;
use crate::model::{ActionError, Secret, clock};
use crate::oci::Oci;

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

/// The wallets of connections.
#[derive(Debug, Default)]
pub(super) struct Wallets {
    given: Given<Keys>,
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
    ) -> Result<Held<Keys>, DbError> {
        match Choice::of(connection)? {
            Choice::None => Ok(Held { kept: Arc::new(Keys::none()), aged: false }),
            Choice::Path(path) => Ok(Held { kept: Arc::new(Keys::of_path(path, password)?), aged: false }),
            Choice::Download => {
                let opened = |wallet: &Wallet, password: &Secret| Keys::of_zip(wallet, Some(password));
                self.given.of(connection, cloud, anew, opened).await
            }
        }
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
