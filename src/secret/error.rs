//! Why a secret could not be had or kept.

use crate::model::{ActionError, Category};
use crate::oci::OciError;

/// The failure of resolving or storing a secret. No variant holds a part of the secret itself.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    NotSet(String),
    /// The file cannot be read or written.
    #[error("the secret's file cannot be used: {0}")]
    File(#[source] std::io::Error),
    /// Others than its owner can get at the file.
    #[error("the secret's file {path} is open to others than its owner (mode {mode:03o})")]
    OpenToOthers {
        /// The file.
        path: String,
        /// Its permissions.
        mode: u32,
    },
    /// The command did not give a secret.
    #[error("the command {program} gave no secret: {reason}")]
    Command {
        /// The program, without its arguments.
        program: String,
        /// What went wrong.
        reason: String,
    },
    /// There is nobody to ask.
    #[error("a secret is to be asked at the terminal and there is none")]
    NoTerminal,
    /// The person gave nothing.
    #[error("no secret was entered")]
    NothingEntered,
    /// Too short to keep out of outputs.
    #[error("the secret from the {origin} has only {length} characters")]
    TooShort {
        /// The reference.
        origin: String,
        /// Its length.
        length: usize,
    },
    /// A vault is named and no cloud is configured.
    #[error("a vault is named and the cloud is not configured")]
    NoCloud,
    /// A name that cannot be a file or a vault secret.
    #[error("{0:?} is no name for a secret (letters, digits, - and _, at most 100)")]
    Name(String),
    /// The reference makes no sense.
    #[error("{0}")]
    Reference(String),
    /// The vault answered with an error.
    #[error("the vault: {0}")]
    Vault(#[from] OciError),
}

impl SecretError {
    fn advice(&self) -> String {
        match self {
            Self::NotSet(name) => format!("export {name}, or name another source in the configuration"),
            Self::File(_) => "check the path and that this user owns the file".into(),
            Self::OpenToOthers { path, .. } => {
                format!("chmod 600 {path}; if others use this machine, change the secret as well")
            }
            Self::Command { .. } => {
                "run the command by hand: it must print the secret to its standard output, alone, and end with 0".into()
            }
            Self::NoTerminal => {
                "run it at a terminal, or use { env = … }, { file = … }, { vault = … } or { command = […] }".into()
            }
            Self::NothingEntered => "start again and enter the secret".into(),
            Self::TooShort { .. } => {
                format!("use at least {} characters: shorter values cannot be kept out of outputs", crate::model::redactor::SHORTEST)
            }
            Self::NoCloud => "configure [oci], or name another source".into(),
            Self::Name(_) => "choose another name".into(),
            Self::Reference(_) => "correct the reference in the configuration".into(),
            Self::Vault(error) => error.advice.clone().unwrap_or_else(|| "see the vault in the console".into()),
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::Vault(error) => error.category,
            _ => Category::Invalid,
        }
    }
}

impl From<SecretError> for ActionError {
    fn from(error: SecretError) -> Self {
        let plain = Self::new(error.category(), error.to_string()).advise(error.advice());
        match error {
            SecretError::Vault(oci) => {
                let inner = Self::from(oci);
                Self { code: inner.code, request_id: inner.request_id, causes: inner.causes, ..plain }
            }
            _ => plain,
        }
    }
}
