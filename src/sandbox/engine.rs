//! The seam between the control plane and whatever plays the database itself.

use std::fmt::Debug;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
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

    /// Sets ADMIN's password.
    ///
    /// # Errors
    /// When the database is not there.
    fn set_admin_password(&self, ocid: &str, password: &Secret) -> Result<(), EngineError>;

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

/// An engine without SQL: it keeps identity and a hash of ADMIN's password, one file a database.
#[derive(Debug)]
pub struct FileEngine {
    dir: Utf8PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    identity: Identity,
    admin_sha256: String,
    admin_salt: String,
    sample: Option<Sample>,
    copied_from: Option<String>,
    kind: Option<CloneKind>,
}

impl FileEngine {
    /// An engine whose files are in `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn new(dir: &Utf8Path) -> std::io::Result<Self> {
        fs::create_dir_all(dir)?;
        Ok(Self { dir: dir.to_owned() })
    }

    fn file(&self, ocid: &str) -> Utf8PathBuf {
        self.dir.join(format!("{ocid}.json"))
    }

    fn load(&self, ocid: &str) -> Result<Held, EngineError> {
        let text = fs::read(self.file(ocid)).map_err(|error| EngineError::new(ocid, error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| EngineError::new(ocid, error.to_string()))
    }

    fn save(&self, held: &Held) -> Result<(), EngineError> {
        let ocid = &held.identity.ocid;
        let text = serde_json::to_vec_pretty(held).map_err(|e| EngineError::new(ocid, e.to_string()))?;
        super::store::write_private(&self.file(ocid), &text)
            .map_err(|error| EngineError::new(ocid, error.to_string()))
    }

    /// Whether this is ADMIN's password in a database.
    ///
    /// # Errors
    /// When the database is not there.
    pub fn admin_password_is(&self, ocid: &str, password: &str) -> Result<bool, EngineError> {
        let held = self.load(ocid)?;
        Ok(held.admin_sha256 == hash(&held.admin_salt, password))
    }

    /// What a database was told about itself.
    ///
    /// # Errors
    /// When the database is not there.
    pub fn identity(&self, ocid: &str) -> Result<Identity, EngineError> {
        Ok(self.load(ocid)?.identity)
    }
}

/// A salted digest.
pub(crate) fn hash(salt: &str, password: &str) -> String {
    use base64::Engine as _;
    let text = format!("{salt}\n{password}");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(digest.as_ref())
}

impl Engine for FileEngine {
    fn create_sample(&self, identity: &Identity, sample: Sample, admin: &Secret) -> Result<(), EngineError> {
        self.save(&Held {
            admin_sha256: hash(&identity.ocid, admin.reveal()),
            admin_salt: identity.ocid.clone(),
            identity: identity.clone(),
            sample: Some(sample),
            copied_from: None,
            kind: None,
        })
    }

    fn clone_to(
        &self,
        source: &str,
        identity: &Identity,
        kind: CloneKind,
        admin: Option<&Secret>,
    ) -> Result<(), EngineError> {
        let from = self.load(source)?;
        let (admin_sha256, admin_salt) = match admin {
            Some(admin) => (hash(&identity.ocid, admin.reveal()), identity.ocid.clone()),
            None => (from.admin_sha256, from.admin_salt),
        };
        self.save(&Held {
            identity: identity.clone(),
            admin_sha256,
            admin_salt,
            sample: from.sample,
            copied_from: Some(source.to_owned()),
            kind: Some(kind),
        })
    }

    fn set_admin_password(&self, ocid: &str, password: &Secret) -> Result<(), EngineError> {
        let mut held = self.load(ocid)?;
        held.admin_sha256 = hash(&held.admin_salt, password.reveal());
        self.save(&held)
    }

    fn set_identity(&self, identity: &Identity) -> Result<(), EngineError> {
        let mut held = self.load(&identity.ocid)?;
        held.identity = identity.clone();
        self.save(&held)
    }

    fn tick(&self, ocid: &str, _now: Timestamp) -> Result<(), EngineError> {
        self.load(ocid).map(|_| ())
    }

    fn remove(&self, ocid: &str) -> Result<(), EngineError> {
        match fs::remove_file(self.file(ocid)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(EngineError::new(ocid, error.to_string()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(ocid: &str, name: &str) -> Identity {
        Identity {
            ocid: ocid.to_owned(),
            tenancy: "ocid1.tenancy.oc1..example".to_owned(),
            compartment: "ocid1.compartment.oc1..example".to_owned(),
            name: name.to_owned(),
            region: "uk-london-1".to_owned(),
            workload: "OLTP".to_owned(),
            version: "19c".to_owned(),
            ords_url: "http://127.0.0.1:1/x/ords/".to_owned(),
        }
    }

    #[test]
    fn a_copy_is_its_own_database() {
        let dir = tempfile::tempdir().unwrap();
        let engine = FileEngine::new(Utf8Path::from_path(dir.path()).unwrap()).unwrap();
        let first = Secret::new("First-Password-1".to_owned());
        let second = Secret::new("Second-Password-2".to_owned());
        engine.create_sample(&identity("a", "PROD"), Sample::Prod, &first).unwrap();
        engine.clone_to("a", &identity("b", "DEV"), CloneKind::Full, Some(&second)).unwrap();
        assert!(engine.admin_password_is("a", first.reveal()).unwrap());
        assert!(engine.admin_password_is("b", second.reveal()).unwrap());
        assert!(!engine.admin_password_is("b", first.reveal()).unwrap());
        engine.clone_to("b", &identity("c", "SECOND"), CloneKind::Full, None).unwrap();
        assert!(engine.admin_password_is("c", second.reveal()).unwrap());
        engine.set_identity(&identity("b", "DEV2")).unwrap();
        assert_eq!(engine.identity("b").unwrap().name, "DEV2");
        engine.remove("b").unwrap();
        engine.remove("b").unwrap();
        assert!(engine.tick("b", Timestamp::UNIX_EPOCH).is_err());
        assert!(engine.clone_to("none", &identity("d", "D"), CloneKind::Full, None).is_err());
    }
}
