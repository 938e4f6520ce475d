//! Secrets: the one type that holds one, and the references by which files name them.

use std::fmt;

use camino::Utf8PathBuf;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::failure::ActionError;
use super::ids::Ocid;
use super::late;
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
    Prompt(Question),
}

/// What is asked at the terminal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Question {
    /// True: whatever the reference is for, where its place says that.
    Plain(bool),
    /// What it is, such as `password of SALES`. Two references with the same words are one secret, asked for once.
    Words(String),
}

impl SecretRef {
    /// The reference, with these words for a person where it asks without saying for what.
    #[must_use]
    pub fn asking_for(self, what: &str) -> Self {
        match self {
            Self::Prompt(Question::Plain(true)) => Self::Prompt(Question::Words(what.to_owned())),
            other => other,
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Vault(ocid) => write!(f, "vault secret {ocid}"),
            Self::Command(words) => write!(f, "command {}", words.first().map_or("", String::as_str)),
            Self::Prompt(Question::Plain(_)) => f.write_str("asked at the terminal"),
            Self::Prompt(Question::Words(what)) => write!(f, "{what}, asked at the terminal"),
        }
    }
}

/// Gives the values of secret references. The calls ask it at the last moment before they are sent.
pub trait SecretSource: Send + Sync {
    /// The secret that `reference` names.
    fn resolve<'a>(&'a self, reference: &'a SecretRef) -> BoxFuture<'a, Result<Secret, ActionError>>;
}

/// The source of calls that carry no secrets: any reference is a fault of adbctl.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecrets;

impl SecretSource for NoSecrets {
    fn resolve<'a>(&'a self, reference: &'a SecretRef) -> BoxFuture<'a, Result<Secret, ActionError>> {
        Box::pin(async move {
            Err(ActionError::bug(format!("a call that may not carry secrets refers to the {reference}")))
        })
    }
}

/// The value with every secret reference inside replaced by the secret's text. The answer is for a far side only.
///
/// # Errors
/// A late value that is still open, a reference that cannot be read, or whatever `source` answers.
pub async fn reveal_all(value: &Value, source: &dyn SecretSource) -> Result<Value, ActionError> {
    let mut references = Vec::new();
    let mut open = None;
    late::walk(value, &mut |v| {
        if let Some(reference) = late::as_secret(v) {
            references.push(reference.clone());
        } else if let Some(expression) = late::as_late(v) {
            open.get_or_insert_with(|| expression.to_owned());
        }
    });
    if let Some(expression) = open {
        return Err(ActionError::bug(format!(
            "a call was to be sent while {{{{ {expression} }}}} is not known"
        )));
    }
    let mut known = Vec::with_capacity(references.len());
    for reference in references {
        let parsed: SecretRef = serde_json::from_value(reference.clone())
            .map_err(|e| ActionError::bug(format!("a secret reference cannot be read: {e}")))?;
        let secret = source.resolve(&parsed).await?;
        known.push((reference, secret));
    }
    Ok(put_in(value, &known))
}

fn put_in(value: &Value, known: &[(Value, Secret)]) -> Value {
    if let Some(reference) = late::as_secret(value) {
        let found = known.iter().find(|(r, _)| r == reference);
        return found.map_or(Value::Null, |(_, secret)| Value::String(secret.reveal().to_owned()));
    }
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|v| put_in(v, known)).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(k, v)| (k.clone(), put_in(v, known))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}
