//! The seam between the control plane and whatever plays the database itself.

use std::fmt::Debug;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::Secret;

/// Why the engine could not do what the control plane asked.
#[derive(Debug, thiserror::Error)]
#[error("database {database}: {message}")]
pub struct EngineError {
    /// The database's OCID.
    pub database: String,
    /// What went wrong and what to do.
    pub message: String,
}

impl EngineError {
    /// An error about one database.
    pub fn new(database: &str, message: impl Into<String>) -> Self {
        Self { database: database.to_owned(), message: message.into() }
    }
}

/// What a database knows about itself; the SQL side shows it in `V$PDBS` and its relatives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The database's OCID, as the control plane spells it.
    pub ocid: String,
    /// The tenancy's OCID.
    pub tenancy: String,
    /// The compartment's OCID.
    pub compartment: String,
    /// The database name (`dbName`).
    pub name: String,
    /// The region's identifier.
    pub region: String,
    /// OLTP, DW, AJD, APEX or LH.
    pub workload: String,
    /// `19c`, `26ai` and the like.
    pub version: String,
    /// The release of APEX it is made with: `24.2`, `23.1`.
    #[serde(default)]
    pub apex: String,
    /// The address that ends in `/ords/`.
    pub ords_url: String,
}

/// Which data a new database begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sample {
    /// The sample production data.
    Prod,
    /// The sample development data: the same application, older and smaller.
    Dev,
    /// Nothing but what every database has.
    Empty,
}

/// How far the making of a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Making {
    /// It goes on.
    GoesOn,
    /// The database is there.
    Done,
    /// It failed, for this reason.
    Failed(String),
}

/// How much of the source a clone takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloneKind {
    /// Definitions and rows.
    Full,
    /// Definitions without rows.
    Metadata,
}

/// The databases behind the control plane. Every call is quick enough to be made while a request waits.
pub trait Engine: Debug + Send + Sync {
    /// Makes a database with sample data.
    ///
    /// # Errors
    /// When its files cannot be written.
    fn create_sample(&self, identity: &Identity, sample: Sample, admin: &Secret) -> Result<(), EngineError>;

    /// Makes a database as a copy of another as it is now. Without `admin` the source's password stays.
    ///
    /// # Errors
    /// When the source is not there or the copy cannot be written.
    fn clone_to(
        &self,
        source: &str,
        identity: &Identity,
        kind: CloneKind,
        admin: Option<&Secret>,
    ) -> Result<(), EngineError>;

    /// How far the making of a database is.
    fn making(&self, ocid: &str) -> Making;

    /// Sets ADMIN's password.
    ///
    /// # Errors
    /// When the database is not there.
    fn set_admin_password(&self, ocid: &str, password: &Secret) -> Result<(), EngineError>;

    /// Whether a database has been told everything. Changes are carried out behind the caller's back; one that was not, for
    /// whatever reason, has to be told again after a restart.
    fn has_heard(&self, ocid: &str) -> bool;

    /// Tells a database its new name, compartment or address.
    ///
    /// # Errors
    /// When the database is not there.
    fn set_identity(&self, identity: &Identity) -> Result<(), EngineError>;

    /// Lets time pass in an open database: due scheduler jobs run.
    ///
    /// # Errors
    /// When the database is not there.
    fn tick(&self, ocid: &str, now: Timestamp) -> Result<(), EngineError>;

    /// Removes a database for good. Removing what is not there is no error.
    ///
    /// # Errors
    /// When its files cannot be removed.
    fn remove(&self, ocid: &str) -> Result<(), EngineError>;
}

/// A salted digest.
pub(crate) fn hash(salt: &str, password: &str) -> String {
    use base64::Engine as _;
    let text = format!("{salt}\n{password}");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(digest.as_ref())
}
