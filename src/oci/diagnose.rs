//! Questions about the way to the cloud itself: who signs, and whether a service's host answers.

use std::time::Duration;

use camino::Utf8PathBuf;
use jiff::{SignedDuration, Timestamp};

use super::auth::life;
use super::client::{AnswerHeaders, Oci, not_answered};
use super::error::OciError;
use super::key::read_private;
use super::options::OciOptions;
use super::profile::{Identity, Profile};
use crate::model::{Service, clock, environment};

/// Time for a host to answer an unsigned request.
const LIMIT: Duration = Duration::from_secs(15);

/// What an unsigned request to a service showed. Any answer, a refusal too, means that the host is reached.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The service's origin.
    pub origin: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// How far the service's clock is ahead of this machine's, where the answer has a date. Dates have whole seconds.
    pub ahead: Option<SignedDuration>,
}

/// By what means requests are signed.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The kind in words.
    pub kind: &'static str,
    /// The file of the key, where there is one.
    pub key_file: Option<Utf8PathBuf>,
    /// The key's fingerprint, which has been compared with the profile's; API keys only.
    pub fingerprint: Option<String>,
    /// When the token ends, where one is at hand.
    pub token_ends: Option<Timestamp>,
}

impl Credentials {
    /// Reads profile, key and token as a client does, without a client. Nothing is sent.
    ///
    /// # Errors
    /// Whatever a client would refuse: the profile, the key file's permissions, the fingerprint, the token's file.
    pub fn read(options: &OciOptions) -> Result<Self, OciError> {
        let profile = Profile::resolve(options, &environment::variable)?;
        let mut found = Self { kind: "", key_file: profile.key_file, fingerprint: None, token_ends: None };
        let ends = |token: &str| {
            life(token.trim()).and_then(|life| Timestamp::from_second(life.ends).ok()).ok_or_else(|| {
                OciError::local("the token does not say when it ends").advise("make a new one")
            })
        };
        match profile.identity {
            Identity::ApiKey(signer) => {
                found.kind = "API key";
                found.fingerprint = Some(signer.key.fingerprint());
            }
            Identity::Session { token_file, .. } => {
                found.kind = "session token";
                found.token_ends = Some(ends(&read_private(&token_file, "token file")?)?);
            }
            Identity::Instance { .. } => found.kind = "instance principal",
            Identity::Resource { token, .. } => {
                found.kind = "resource principal";
                found.token_ends = Some(ends(token.read()?.reveal())?);
            }
        }
        Ok(found)
    }
}

impl Oci {
    /// Asks a service's host for its front page, unsigned and once.
    ///
    /// # Errors
    /// The host was not reached or did not answer in time.
    ///
    /// # Cancel safety
    /// It only reads.
    pub async fn reach(&self, service: Service) -> Result<Reach, OciError> {
        let wire = self.wire().await?;
        let origin = wire.endpoints.origin(service);
        let shown = format!("GET {origin}");
        let asked = clock::now();
        let request = wire.http.get(format!("{origin}{}/", service.base_path())).timeout(LIMIT).send();
        let answer = request.await.map_err(|error| not_answered(&shown, error).at(service, &shown))?;
        let middle = asked + clock::now().duration_since(asked) / 2;
        let date = AnswerHeaders::read(answer.headers()).date;
        Ok(Reach {
            origin,
            status: answer.status().as_u16(),
            ahead: date.map(|date| date.duration_since(middle)),
        })
    }
}
