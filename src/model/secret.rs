//! Secrets: the one type that holds one, and the references by which files name them.

use std::fmt;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::ids::Ocid;
use super::redactor::Redactor;

/// A secret in memory. It has no `Display` and no `Serialize`, its `Debug` says `[secret]`, and from the moment it
/// exists every output is scrubbed of its value.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a value in and registers it with the process's [`Redactor`].
    pub fn new(value: String) -> Self {
        Redactor::global().add(&value);
        Self(SecretString::from(value))
    }

    /// The value itself. Each caller hands it to a far side or a 0600 file and keeps no copy.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Where a secret is to be found. This is the only form a runbook or a configuration file can hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file that only its owner can read; one line end at its end is not part of the secret.
    File(#[schemars(with = "String")] Utf8PathBuf),
    /// A secret in OCI Vault, by its OCID.
    Vault(Ocid),
    /// A command whose standard output is the secret; one line end at its end is not part of it.
    Command(Vec<String>),
    /// Asked at the terminal.
    Prompt(bool),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Vault(ocid) => write!(f, "vault secret {ocid}"),
            Self::Command(words) => write!(f, "command {}", words.first().map_or("", String::as_str)),
            Self::Prompt(_) => f.write_str("asked at the terminal"),
        }
    }
}
