//! Instance principals: the instance's certificate is exchanged for a token, and a fresh key signs with it.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::auth::{Wire, life, post_json, trimmed};
use super::error::OciError;
use super::key::{PrivateKey, colons};
use super::region::Endpoints;
use super::signing::Signer;
use crate::model::{Secret, clock};

/// The instance's identity, and the token that was made of it last.
#[derive(Debug)]
pub(super) struct InstancePrincipal {
    base: String,
    state: Mutex<Option<Session>>,
}

#[derive(Clone, Debug)]
struct Session {
    signer: Arc<Signer>,
    tenancy: String,
    ends: i64,
}

/// What the metadata service tells about the instance.
struct Leaf {
    certificate: String,
    intermediate: String,
    signer: Signer,
    tenancy: String,
}

/// A token is renewed this long before its end, in seconds.
const RENEW_EARLY: i64 = 60;
/// Tries at the metadata service, which is not there yet while an instance starts.
const METADATA_TRIES: u32 = 8;
/// Tries at the token call.
const TOKEN_TRIES: u32 = 3;
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

impl InstancePrincipal {
    pub(super) fn new(base: String) -> Self {
        Self { base, state: Mutex::default() }
    }

    /// The signer of the moment. `refused` is the key id that a service has just refused, which forces a new one.
    pub(super) async fn signer(&self, wire: &Wire, refused: Option<&str>) -> Result<Arc<Signer>, OciError> {
        let mut state = self.state.lock().await;
        let now = clock::now().as_second();
        if let Some(session) = state.as_ref() {
            let other = refused.is_none_or(|key_id| key_id != session.signer.key_id);
            if other && now < session.ends - RENEW_EARLY {
                return Ok(session.signer.clone());
            }
        }
        let fresh = self.exchange(wire).await?;
        if let Some(before) = state.as_ref().filter(|before| before.tenancy != fresh.tenancy) {
            return Err(OciError::denied(format!(
                "the instance's certificate now names the tenancy {} and named {} before",
                fresh.tenancy, before.tenancy
            ))
            .advise("this must not happen on one instance: check who answers at its metadata address"));
        }
        let signer = fresh.signer.clone();
        *state = Some(fresh);
        Ok(signer)
    }

    /// The endpoints of the instance's region.
    pub(super) async fn endpoints(&self, http: &reqwest::Client) -> Result<Endpoints, OciError> {
        let wire = Wire { http: http.clone(), endpoints: Endpoints::Origin(String::new()) };
        if let Ok(text) = fetch(&wire, &format!("{}/instance/regionInfo", self.base)).await {
            let info: Value = serde_json::from_str(&text).unwrap_or_default();
            let member = |name: &str| info.get(name).and_then(Value::as_str);
            if let (Some(region), Some(domain)) = (member("regionIdentifier"), member("realmDomainComponent"))
            {
                return Ok(Endpoints::of_region_in(region, domain));
            }
        }
        Ok(Endpoints::of_region(self.get(&wire, "/instance/region").await?.trim()))
    }

    async fn exchange(&self, wire: &Wire) -> Result<Session, OciError> {
        let leaf = self.leaf(wire).await?;
        let key = PrivateKey::generate()?;
        let body = json!({
            "certificate": armour_off(&leaf.certificate),
            "publicKey": STANDARD.encode(key.public_der()),
            "intermediateCertificates": [armour_off(&leaf.intermediate)],
        });
        let mut tries = 0;
        let answer = loop {
            tries += 1;
            match post_json(wire, "/x509", &body, &leaf.signer, false).await {
                Ok(answer) => break answer,
                Err(error) if tries < TOKEN_TRIES && error.category.passes() => pause(tries).await,
                Err(error) => {
                    return Err(error.because("the instance's certificate was to be exchanged for a token"));
                }
            }
        };
        let token = trimmed(answer.get("token").and_then(Value::as_str).unwrap_or_default());
        let life = life(&token)
            .ok_or_else(|| OciError::denied("the authentication service gave no readable token"))?;
        let key_id = format!("ST${}", Secret::new(token).reveal());
        Ok(Session {
            signer: Arc::new(Signer { key_id, key: Arc::new(key) }),
            tenancy: leaf.tenancy,
            ends: life.ends,
        })
    }

    async fn leaf(&self, wire: &Wire) -> Result<Leaf, OciError> {
        let certificate = self.get(wire, "/identity/cert.pem").await?;
        let intermediate = self.get(wire, "/identity/intermediate.pem").await?;
        let pem = self.get(wire, "/identity/key.pem").await?;
        let key = PrivateKey::from_pem(&pem, None, "the instance's key")?;
        let der = STANDARD
            .decode(armour_off(&certificate))
            .map_err(|e| OciError::denied(format!("the instance's certificate is damaged: {e}")))?;
        let tenancy = tenancy(&der)?;
        let print = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der);
        let key_id = format!("{tenancy}/fed-x509/{}", colons(print.as_ref(), true));
        Ok(Leaf { certificate, intermediate, signer: Signer { key_id, key: Arc::new(key) }, tenancy })
    }

    async fn get(&self, wire: &Wire, path: &str) -> Result<String, OciError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let failed = match fetch(wire, &format!("{}{path}", self.base)).await {
                Ok(text) => return Ok(text),
                Err(failed) => failed,
            };
            if tries >= METADATA_TRIES || !failed.passes {
                return Err(OciError::local(format!(
                    "the instance metadata service at {}{path}: {}",
                    self.base, failed.reason
                ))
                .category(crate::model::Category::Denied)
                .advise(
                    "instance principals work on an OCI instance only; use another auth kind elsewhere",
                ));
            }
            pause(tries).await;
        }
    }
}

struct Failed {
    reason: String,
    passes: bool,
}

async fn fetch(wire: &Wire, address: &str) -> Result<String, Failed> {
    let lost = |e: &reqwest::Error| Failed { reason: e.to_string(), passes: true };
    let sent = wire.http.get(address).header("authorization", "Bearer Oracle").timeout(CONNECT_LIMIT).send();
    let answer = sent.await.map_err(|e| lost(&e))?;
    let status = answer.status().as_u16();
    if status == 200 {
        return answer.text().await.map_err(|e| lost(&e));
    }
    Err(Failed { reason: format!("answered {status}"), passes: matches!(status, 404 | 429 | 500..) })
}

async fn pause(tries: u32) {
    tokio::time::sleep(Duration::from_secs(1 << tries.min(5)).min(Duration::from_secs(30))).await;
}

/// The first PEM block's text without its armour and line ends.
fn armour_off(pem: &str) -> String {
    pem.lines()
        .map(str::trim)
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect()
}

/// The tenancy in a certificate's subject.
fn tenancy(der: &[u8]) -> Result<String, OciError> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der)
        .map_err(|e| OciError::denied(format!("the instance's certificate cannot be read: {e}")))?;
    let values: Vec<&str> = certificate.subject().iter_attributes().filter_map(|a| a.as_str().ok()).collect();
    ["opc-tenant:", "opc-identity:"]
        .iter()
        .find_map(|prefix| values.iter().find_map(|value| value.strip_prefix(prefix)))
        .map(str::to_owned)
        .ok_or_else(|| {
            OciError::denied("the instance's certificate names no tenancy")
                .advise("check who answers at the metadata address")
        })
}

#[cfg(test)]
#[path = "principal_tests.rs"]
mod tests;
