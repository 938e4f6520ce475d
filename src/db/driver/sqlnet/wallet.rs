//! The wallet of a connection: none, one of the disk, or one that the service gives for the occasion.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::db::error::DbError;
use crate::db::wallet::archive::Wallet;
use crate::model::act::Connection;
use crate::model::{ActionError, NoSecrets, Secret};
use crate::oci::{CallContext, Oci, database};

/// Which wallet a connection wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::db::driver) enum Choice<'a> {
    /// None.
    None,
    /// The one that the service hands out.
    Download,
    /// A directory or zip.
    Path(&'a str),
}

impl<'a> Choice<'a> {
    /// Reads a connection.
    ///
    /// # Errors
    /// It names something that is no wallet.
    pub(in crate::db::driver) fn of(connection: &'a Connection) -> Result<Self, DbError> {
        match &connection.wallet {
            Value::Null => Ok(Self::None),
            Value::String(word) if word == "download" => Ok(Self::Download),
            Value::Object(wallet) if wallet.get("path").is_some_and(Value::is_string) => {
                Ok(Self::Path(wallet["path"].as_str().unwrap_or_default()))
            }
            other => Err(DbError::invalid(format!(
                "the wallet of {} is {other}, which is none",
                connection.database
            ))
            .advise("it is download, none, or the whole path of a directory or zip")),
        }
    }
}

/// What this process made of the wallets that it was given, by the OCID of their database.
#[derive(Debug)]
pub(in crate::db::driver) struct Given<T> {
    given: Mutex<HashMap<String, Arc<T>>>,
}

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self { given: Mutex::default() }
    }
}

/// A wallet, or what was made of it.
pub(in crate::db::driver) struct Held<T> {
    /// What it connects with.
    pub(in crate::db::driver) kept: Arc<T>,
    /// It was given earlier, so that the database may have another one by now.
    pub(in crate::db::driver) aged: bool,
}

impl<T> Given<T> {
    /// What `make` makes of the wallet that the service hands out and of its password; `anew` if what was given earlier is
    /// not to be taken.
    ///
    /// # Errors
    /// The wallet cannot be had, or those of `make`.
    ///
    /// # Cancel safety
    /// A download leaves nothing behind.
    pub(in crate::db::driver) async fn of(
        &self,
        connection: &Connection,
        cloud: Option<&Oci>,
        anew: bool,
        make: impl FnOnce(&Wallet, &Secret) -> Result<T, ActionError> + Send,
    ) -> Result<Held<T>, DbError>
    where
        T: Send + Sync,
    {
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
        if let Some(kept) = given.get(ocid).filter(|_| !anew) {
            return Ok(Held { kept: Arc::clone(kept), aged: true });
        }
        let cloud = cloud.ok_or_else(|| lacks("there is no access to the service"))?;
        let password = made_up();
        let mut call = database::generate_wallet(json!(ocid), json!(password.reveal()));
        call.sensitive = true;
        let reply =
            cloud.send(&call, &CallContext::default(), &NoSecrets).await.map_err(ActionError::from)?;
        let wallet = Wallet::from_zip(&reply.bytes.unwrap_or_default()).map_err(ActionError::from)?;
        let kept = Arc::new(make(&wallet, &password)?);
        given.insert(ocid.to_owned(), Arc::clone(&kept));
        Ok(Held { kept, aged: false })
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
mod tests {
    use super::*;

    #[test]
    fn made_up_passwords_keep_the_rules() {
        let password = made_up();
        let text = password.reveal();
        assert!(text.len() >= 12 && text.len() <= 60, "{text}");
        assert!(text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic()));
        assert_ne!(text, made_up().reveal());
    }
}
