//! From a reference to the secret, once a process.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use camino::Utf8Path;
use futures::future::BoxFuture;
use serde_json::json;
use tokio::sync::Mutex;

use super::error::SecretError;
use crate::model::redactor::SHORTEST;
use crate::model::{ActionError, NoSecrets, Ocid, Question, Secret, SecretRef, SecretSource, environment};
use crate::oci::{CallContext, Oci, secrets};

/// Shorter secrets are taken with a warning.
const WORTH_A_WARNING: usize = 8;
/// Time for a command to give its secret, which may include a person unlocking a keyring.
const COMMAND_LIMIT: Duration = Duration::from_mins(1);

/// Asks a person for a secret. The answer is nothing where there is no terminal.
pub type Ask = Box<dyn Fn(&str) -> Option<std::io::Result<String>> + Send + Sync>;

/// Resolves references and remembers what they gave until the process ends.
pub struct Resolver {
    cloud: Option<Oci>,
    ask: Ask,
    command_limit: Duration,
    known: Mutex<BTreeMap<SecretRef, Secret>>,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

impl Resolver {
    /// A resolver that asks at the process's terminal. Without a cloud, references to a vault fail.
    pub fn new(cloud: Option<Oci>) -> Self {
        Self::asking(cloud, Box::new(ask_at_terminal))
    }

    /// A resolver that asks by `ask`.
    pub fn asking(cloud: Option<Oci>, ask: Ask) -> Self {
        Self { cloud, ask, command_limit: COMMAND_LIMIT, known: Mutex::default() }
    }

    /// The secret behind a reference.
    ///
    /// # Errors
    /// It cannot be had, is too short, or is open to others.
    ///
    /// # Cancel safety
    /// Nothing is lost; a command that runs is ended.
    pub async fn secret(&self, reference: &SecretRef) -> Result<Secret, SecretError> {
        // Held over the whole resolution, so that two steps never ask a person for the same secret.
        let mut known = self.known.lock().await;
        if let Some(secret) = known.get(reference) {
            return Ok(secret.clone());
        }
        let secret = match reference {
            SecretRef::Env(name) => {
                Secret::new(environment::variable(name).ok_or_else(|| SecretError::NotSet(name.clone()))?)
            }
            SecretRef::File(path) => from_file(path)?,
            SecretRef::Vault(ocid) => self.vault_secret(ocid).await?,
            SecretRef::Command(words) => self.command_output(words).await?,
            SecretRef::Prompt(Question::Plain(true)) => self.entered("secret")?,
            SecretRef::Prompt(Question::Words(what)) => self.entered(what)?,
            SecretRef::Prompt(Question::Plain(false)) => {
                return Err(SecretError::Reference("`prompt = false` names no source of a secret".into()));
            }
        };
        let length = secret.reveal().chars().count();
        if length < SHORTEST {
            return Err(SecretError::TooShort { origin: reference.to_string(), length });
        }
        if length < WORTH_A_WARNING {
            tracing::warn!("the secret from the {reference} has only {length} characters");
        }
        known.insert(reference.clone(), secret.clone());
        Ok(secret)
    }

    /// Forgets what a reference gave, after the secret behind it was changed.
    pub async fn forget(&self, reference: &SecretRef) {
        self.known.lock().await.remove(reference);
    }

    async fn vault_secret(&self, ocid: &Ocid) -> Result<Secret, SecretError> {
        let cloud = self.cloud.as_ref().ok_or(SecretError::NoCloud)?;
        let call = secrets::get(json!(ocid));
        let answer = cloud.send(&call, &CallContext::default(), &NoSecrets).await?;
        Ok(secrets::read(&answer.value)?)
    }

    async fn command_output(&self, words: &[String]) -> Result<Secret, SecretError> {
        let (program, arguments) =
            words.split_first().ok_or_else(|| SecretError::Reference("`command` names no program".into()))?;
        let failed = |reason: String| SecretError::Command { program: program.clone(), reason };
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(self.command_limit, command.output())
            .await
            .map_err(|_| failed(format!("it did not end within {} s", self.command_limit.as_secs())))?
            .map_err(|e| failed(format!("it cannot be started ({e})")))?;
        // Before anything else is looked at: what it printed must not show up in a message.
        let printed =
            String::from_utf8(output.stdout).map(|text| Secret::new(without_line_end(&text).to_owned()));
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            let complaint = complaint.lines().next_back().unwrap_or_default().trim();
            return Err(failed(format!("it ended with {} ({complaint})", output.status)));
        }
        let secret = printed.map_err(|_| failed("what it printed is no text".into()))?;
        if secret.reveal().is_empty() {
            return Err(failed("it printed nothing".into()));
        }
        Ok(secret)
    }

    fn entered(&self, what: &str) -> Result<Secret, SecretError> {
        let answer = (self.ask)(&format!("{what} (not shown): ")).ok_or(SecretError::NoTerminal)?;
        let secret = Secret::new(answer.map_err(SecretError::File)?);
        if secret.reveal().is_empty() { Err(SecretError::NothingEntered) } else { Ok(secret) }
    }
}

impl SecretSource for Resolver {
    fn resolve<'a>(&'a self, reference: &'a SecretRef) -> BoxFuture<'a, Result<Secret, ActionError>> {
        Box::pin(async move { self.secret(reference).await.map_err(ActionError::from) })
    }
}

fn ask_at_terminal(question: &str) -> Option<std::io::Result<String>> {
    use std::io::IsTerminal as _;
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return None;
    }
    let terminal = console::Term::stderr();
    Some(terminal.write_str(question).and_then(|()| terminal.read_secure_line()))
}

fn from_file(path: &Utf8Path) -> Result<Secret, SecretError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs_err::metadata(path).map_err(SecretError::File)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretError::OpenToOthers { path: path.to_string(), mode });
    }
    let text = fs_err::read_to_string(path).map_err(SecretError::File)?;
    Ok(Secret::new(without_line_end(&text).to_owned()))
}

/// The text without one line end.
fn without_line_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

#[cfg(test)]
#[path = "resolver_tests.rs"]
mod tests;
