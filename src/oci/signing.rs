//! Request signatures: which headers are signed, in which order, and the header that carries the result.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::error::OciError;
use super::key::PrivateKey;

/// A key and the name under which the service knows it.
#[derive(Clone)]
pub struct Signer {
    /// `tenancy/user/fingerprint`, or `ST$` and a token.
    pub key_id: String,
    /// The key.
    pub key: Arc<PrivateKey>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A token is as good as a password until it ends.
        let name = if self.key_id.starts_with("ST$") { "ST$…" } else { &self.key_id };
        f.debug_struct("Signer").field("key_id", &name).field("key", &self.key).finish()
    }
}

/// What is signed of a request.
#[derive(Clone, Copy, Debug)]
pub struct ToSign<'a> {
    /// The method in lower case.
    pub method: &'a str,
    /// Path and query exactly as sent.
    pub target: &'a str,
    /// The authority of the URL; `None` where the host is not signed.
    pub host: Option<&'a str>,
    /// The `Date` header.
    pub date: &'a str,
    /// The body's headers; `None` for requests without a body and for object uploads.
    pub body: Option<SignedBody<'a>>,
}

/// The headers that describe a signed body.
#[derive(Clone, Copy, Debug)]
pub struct SignedBody<'a> {
    /// Its length in bytes.
    pub length: usize,
    /// Its media type.
    pub content_type: &'a str,
    /// Base64 of its SHA-256.
    pub sha256: &'a str,
}

impl Signer {
    /// The `Authorization` header.
    ///
    /// # Errors
    /// The crypto library refused.
    pub fn authorization(&self, request: &ToSign<'_>) -> Result<String, OciError> {
        let (names, text) = signing_text(request);
        let signature = self.key.sign(&text)?;
        let key_id = &self.key_id;
        Ok(format!(
            "Signature algorithm=\"rsa-sha256\",headers=\"{names}\",keyId=\"{key_id}\",signature=\"{signature}\",version=\"1\""
        ))
    }
}

/// The names of the signed headers, separated by blanks, and the text that is signed.
pub fn signing_text(request: &ToSign<'_>) -> (String, String) {
    let mut lines = vec![
        ("date", request.date.to_owned()),
        ("(request-target)", format!("{} {}", request.method, request.target)),
    ];
    if let Some(host) = request.host {
        lines.push(("host", host.to_owned()));
    }
    if let Some(body) = &request.body {
        lines.push(("content-length", body.length.to_string()));
        lines.push(("content-type", body.content_type.to_owned()));
        lines.push(("x-content-sha256", body.sha256.to_owned()));
    }
    let names: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
    let text: Vec<String> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    (names.join(" "), text.join("\n"))
}

/// Base64 of the SHA-256 of a body.
pub fn body_digest(body: &[u8]) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, body))
}

/// A time as the `Date` header has it.
pub fn http_date(at: Timestamp) -> String {
    httpdate::fmt_http_date(at.into())
}

/// A new `opc-request-id`: 32 upper-case hexadecimal digits.
pub fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    format!("{:032X}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
#[path = "signing_tests.rs"]
mod tests;
