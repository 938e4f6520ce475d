//! The signer of the moment: a fixed key, or a token that is renewed before it ends.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use camino::Utf8PathBuf;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::error::{OciError, Refusal};
use super::key::{PrivateKey, read_private};
use super::principal::InstancePrincipal;
use super::profile::{Given, Identity};
use super::region::Endpoints;
use super::signing::{SignedBody, Signer, ToSign, body_digest, http_date, request_id};
use crate::model::{Secret, Service, clock};

/// The client and the addresses that the renewing of tokens needs.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub(super) http: reqwest::Client,
    pub(super) endpoints: Endpoints,
}

/// The means to sign requests.
#[derive(Debug)]
pub(super) enum Auth {
    Key(Arc<Signer>),
    Session(SessionToken),
    Instance(InstancePrincipal),
    Resource(ResourcePrincipal),
}

impl Auth {
    pub(super) fn new(identity: Identity) -> Self {
        match identity {
            Identity::ApiKey(signer) => Self::Key(signer),
            Identity::Session { token_file, key, profile } => {
                Self::Session(SessionToken { file: token_file, key, profile, state: Mutex::default() })
            }
            Identity::Instance { base } => Self::Instance(InstancePrincipal::new(base)),
            Identity::Resource { token, key, passphrase } => {
                Self::Resource(ResourcePrincipal { token, key, passphrase, state: Mutex::default() })
            }
        }
    }

    /// The signer to use now.
    pub(super) async fn signer(&self, wire: &Wire) -> Result<Arc<Signer>, OciError> {
        match self {
            Self::Key(signer) => Ok(signer.clone()),
            Self::Session(session) => session.signer(wire).await,
            Self::Instance(instance) => instance.signer(wire, None).await,
            Self::Resource(resource) => resource.signer(false).await,
        }
    }

    /// After a 401: whether there is now another signer than the one that was refused.
    pub(super) async fn renew(&self, wire: &Wire, refused: &str) -> Result<bool, OciError> {
        let now = match self {
            Self::Key(_) => return Ok(false),
            Self::Session(session) => match session.read_again().await? {
                Some(signer) => signer,
                None => return Ok(false),
            },
            Self::Instance(instance) => instance.signer(wire, Some(refused)).await?,
            Self::Resource(resource) => resource.signer(true).await?,
        };
        Ok(now.key_id != refused)
    }
}

/// The life of a token, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) issued: Option<i64>,
    pub(super) ends: i64,
}

/// The claims of a JSON web token, unverified: the service verifies, adbctl only looks at the times.
pub(super) fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

pub(super) fn life(token: &str) -> Option<Life> {
    let claims = claims(token)?;
    Some(Life { issued: claims.get("iat").and_then(Value::as_i64), ends: claims.get("exp")?.as_i64()? })
}

impl Life {
    fn ended(self, now: i64) -> bool {
        now >= self.ends
    }

    /// Past the middle of its life; under five minutes left where its beginning is not known.
    fn wanes(self, now: i64) -> bool {
        let left = self.ends - now;
        self.issued.map_or(left < 300, |issued| left * 2 < self.ends - issued)
    }
}

/// The token without blanks and line ends, which would break the header.
pub(super) fn trimmed(token: &str) -> String {
    token.chars().filter(|c| !c.is_whitespace()).collect()
}

fn session_key_id(token: &str) -> String {
    // The redactor learns the token, which is as good as a password until it ends.
    format!("ST${}", Secret::new(token.to_owned()).reveal())
}

/// The token of `oci session authenticate`.
#[derive(Debug)]
pub(super) struct SessionToken {
    file: Utf8PathBuf,
    key: Arc<PrivateKey>,
    profile: String,
    state: Mutex<SessionState>,
}

#[derive(Debug, Default)]
struct SessionState {
    current: Option<(Arc<Signer>, Life)>,
    refused_at: Option<i64>,
}

/// A refused refresh is not asked again for this long, in seconds.
const PAUSE_AFTER_REFUSAL: i64 = 30;

impl SessionToken {
    async fn signer(&self, wire: &Wire) -> Result<Arc<Signer>, OciError> {
        let mut state = self.state.lock().await;
        let now = clock::now().as_second();
        let (signer, life) = match state.current.take() {
            Some(known) if !known.1.ended(now) => known,
            // Somebody may have logged in again in the meantime.
            _ => self.read()?,
        };
        state.current = Some((signer.clone(), life));
        if life.ended(now) {
            return Err(self.expired());
        }
        let may_ask = state.refused_at.is_none_or(|at| now - at >= PAUSE_AFTER_REFUSAL);
        if !(life.wanes(now) && may_ask) {
            return Ok(signer);
        }
        match self.refresh(wire, &signer).await {
            Ok(fresh) => {
                state.refused_at = None;
                let signer = fresh.0.clone();
                state.current = Some(fresh);
                Ok(signer)
            }
            Err(error) => {
                // The old token is still good: it is used to its end, and its end says what to do.
                tracing::debug!("the session token could not be refreshed: {error}");
                state.refused_at = Some(now);
                Ok(signer)
            }
        }
    }

    async fn read_again(&self) -> Result<Option<Arc<Signer>>, OciError> {
        let mut state = self.state.lock().await;
        let (signer, life) = self.read()?;
        if life.ended(clock::now().as_second()) {
            return Err(self.expired());
        }
        state.current = Some((signer.clone(), life));
        Ok(Some(signer))
    }

    fn read(&self) -> Result<(Arc<Signer>, Life), OciError> {
        let token = trimmed(&read_private(&self.file, "session token")?);
        self.of_token(&token)
    }

    fn of_token(&self, token: &str) -> Result<(Arc<Signer>, Life), OciError> {
        let life = life(token).ok_or_else(|| {
            OciError::denied(format!("the session token in {} cannot be read", self.file))
                .advise(format!("log in again: oci session authenticate --profile-name {}", self.profile))
        })?;
        Ok((Arc::new(Signer { key_id: session_key_id(token), key: self.key.clone() }), life))
    }

    fn expired(&self) -> OciError {
        OciError::denied(format!("the session token in {} has expired", self.file)).advise(format!(
            "log in again: oci session authenticate --profile-name {profile} (while a token is valid, oci session refresh \
             --profile {profile} is enough); then resume",
            profile = self.profile
        ))
    }

    async fn refresh(&self, wire: &Wire, signer: &Signer) -> Result<(Arc<Signer>, Life), OciError> {
        let token = signer.key_id.trim_start_matches("ST$");
        let answer =
            post_json(wire, "/authentication/refresh", &json!({ "currentToken": token }), signer, true)
                .await?;
        let fresh = trimmed(answer.get("token").and_then(Value::as_str).unwrap_or_default());
        let found = self.of_token(&fresh)?;
        // Other processes, and a later resume, find the new token where they look for it.
        if let Err(error) = write_private(&self.file, &fresh) {
            tracing::debug!("the refreshed session token could not be stored: {error}");
        }
        Ok(found)
    }
}

fn write_private(path: &camino::Utf8Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = atomic_write_file::AtomicWriteFile::open(path)?;
    file.write_all(text.as_bytes())?;
    file.commit()
}

/// Time for one answer of the authentication service.
const ANSWER_LIMIT: std::time::Duration = std::time::Duration::from_mins(1);

/// A signed POST to the authentication service, below its base path.
pub(super) async fn post_json(
    wire: &Wire,
    path: &str,
    body: &Value,
    signer: &Signer,
    sign_host: bool,
) -> Result<Value, OciError> {
    let shown = format!("POST {}{path}", Service::Auth.base_path());
    let fail = |e: OciError| e.at(Service::Auth, &shown);
    let address = format!("{}{}{path}", wire.endpoints.origin(Service::Auth), Service::Auth.base_path());
    let url = url::Url::parse(&address).map_err(|e| fail(OciError::bug(format!("{address}: {e}"))))?;
    let host = url.host_str().unwrap_or_default();
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let bytes = body.to_string();
    let date = http_date(clock::now());
    let sha256 = body_digest(bytes.as_bytes());
    let authorization = signer.authorization(&ToSign {
        method: "post",
        target: url.path(),
        host: sign_host.then_some(authority.as_str()),
        date: &date,
        body: Some(SignedBody { length: bytes.len(), content_type: "application/json", sha256: &sha256 }),
    })?;
    let id = request_id();
    let answer = wire
        .http
        .post(url)
        .header("date", date)
        .header("content-type", "application/json")
        .header("content-length", bytes.len())
        .header("x-content-sha256", sha256)
        .header("opc-request-id", &id)
        .header("authorization", authorization)
        .body(bytes)
        .timeout(ANSWER_LIMIT)
        .send()
        .await
        .map_err(|e| super::client::not_answered(&shown, e))?;
    let status = answer.status().as_u16();
    let headers = super::client::AnswerHeaders::read(answer.headers());
    let body = answer.bytes().await.map_err(|e| super::client::not_answered(&shown, e))?;
    if !(200..300).contains(&status) {
        return Err(Refusal {
            service: Service::Auth,
            request: &shown,
            status,
            body: &body,
            request_id: headers.request_id.or(Some(id)),
            date: headers.date,
            now: clock::now(),
            retry_after: headers.retry_after,
        }
        .into());
    }
    serde_json::from_slice(&body).map_err(|e| fail(OciError::denied(format!("{shown} gave no JSON: {e}"))))
}

/// The token that a function or another resource finds in its environment.
#[derive(Debug)]
pub(super) struct ResourcePrincipal {
    token: Given,
    key: Given,
    passphrase: Option<Given>,
    state: Mutex<Option<(Arc<Signer>, Option<Life>)>>,
}

/// A resource's token is read again this long before its end, in seconds.
const READ_EARLY: i64 = 60;

impl ResourcePrincipal {
    async fn signer(&self, refused: bool) -> Result<Arc<Signer>, OciError> {
        let mut state = self.state.lock().await;
        let now = clock::now().as_second();
        if let Some((signer, life)) = state.as_ref() {
            let good = life.is_none_or(|l| now < l.ends - READ_EARLY);
            if good && !refused {
                return Ok(signer.clone());
            }
        }
        let token = trimmed(self.token.read()?.reveal());
        let pem = self.key.read()?;
        let passphrase = match &self.passphrase {
            Some(given) => Some(Secret::new(given.read()?.reveal().trim_end().to_owned())),
            None => None,
        };
        let key =
            PrivateKey::from_pem(pem.reveal(), passphrase.as_ref(), "the key of the resource principal")?;
        let life = life(&token);
        if life.is_some_and(|l| l.ended(now)) {
            return Err(OciError::denied("the resource principal's token has expired")
                .advise("the platform renews it: start this process anew"));
        }
        let signer = Arc::new(Signer { key_id: session_key_id(&token), key: Arc::new(key) });
        *state = Some((signer.clone(), life));
        Ok(signer)
    }
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
