//! `ewallet.pem`: the client's key, encrypted under the wallet's password, its certificate, and the authorities.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use pkcs8::der::Decode as _;
use tokio_rustls::rustls::crypto::aws_lc_rs::sign::any_supported_type;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::model::{ActionError, Category, Secret};

/// More rounds than this would only keep the machine busy.
const MOST_ROUNDS: u32 = 10_000_000;

/// What `ewallet.pem` cannot be used for, and why. No text of the file is ever part of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdentityError {
    #[error("the wallet's ewallet.pem cannot be read: {0}")]
    Damaged(String),
    #[error("the wallet's ewallet.pem has no private key")]
    NoKey,
    #[error("the wallet's password does not open its ewallet.pem")]
    Password,
    #[error("no certificate in the wallet's ewallet.pem belongs to its key")]
    NoCertificate,
    #[error("the wallet's client certificate expired at {0}")]
    Expired(Timestamp),
    #[error("the wallet's client certificate holds from {0} on only")]
    NotYet(Timestamp),
}

impl From<IdentityError> for ActionError {
    fn from(error: IdentityError) -> Self {
        let (category, advice) = match &error {
            IdentityError::Password => (
                Category::Denied,
                "give the password that the wallet was downloaded with, or download it again",
            ),
            IdentityError::Expired(_) => (Category::Invalid, "download the wallet again, or rotate it first"),
            IdentityError::NotYet(_) => (Category::Invalid, "look at this machine's clock"),
            _ => (Category::Invalid, "download the wallet again"),
        };
        Self::new(category, error.to_string()).advise(advice)
    }
}

/// The client that a wallet makes of its owner.
pub(crate) struct Identity {
    /// The certificate with its key, ready for a handshake.
    pub(crate) key: Arc<CertifiedKey>,
    /// The certificates of the wallet that may vouch for a server.
    pub(crate) authorities: Vec<CertificateDer<'static>>,
    /// The earliest end of any of the wallet's certificates.
    pub(crate) expires: Timestamp,
    /// SHA-256 of the client's certificate, in hexadecimal with colons.
    pub(crate) fingerprint: String,
    holds: (Timestamp, Timestamp),
}

impl Identity {
    /// Opens the file's text.
    ///
    /// # Errors
    /// It is damaged, or the password is another.
    pub(crate) fn open(pem: &[u8], password: &Secret) -> Result<Self, IdentityError> {
        let text = std::str::from_utf8(pem).map_err(|_| IdentityError::Damaged("it is no text".into()))?;
        let blocks = blocks(text)?;
        let key = private_key(&blocks, password)?;
        let signer = any_supported_type(&PrivateKeyDer::from(key))
            .map_err(|_| IdentityError::Damaged("its key is of a kind that TLS does not use".into()))?;
        let certificates: Vec<CertificateDer<'static>> = blocks
            .iter()
            .filter(|(label, _)| label == "CERTIFICATE")
            .map(|(_, der)| CertificateDer::from(der.clone()))
            .collect();
        let own = signer.public_key().map(|spki| spki.as_ref().to_vec());
        let (mut client, mut authorities, mut ends) = (None, Vec::new(), Vec::new());
        let mut between = Vec::new();
        for certificate in &certificates {
            let (_, parsed) = X509Certificate::from_der(certificate)
                .map_err(|e| IdentityError::Damaged(format!("a certificate in it: {e}")))?;
            let holds = validity(&parsed)?;
            ends.push(holds.1);
            let is_own = own.as_deref().is_none_or(|spki| spki == parsed.public_key().raw);
            if client.is_none() && is_own {
                client = Some((certificate.clone(), holds));
            } else {
                if parsed.subject().as_raw() != parsed.issuer().as_raw() {
                    between.push(certificate.clone());
                }
                authorities.push(certificate.clone());
            }
        }
        let (certificate, holds) = client.ok_or(IdentityError::NoCertificate)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &certificate);
        let chain: Vec<_> = std::iter::once(certificate).chain(between).collect();
        Ok(Self {
            key: Arc::new(CertifiedKey::new(chain, signer)),
            authorities,
            expires: ends.into_iter().min().ok_or(IdentityError::NoCertificate)?,
            fingerprint: colons(digest.as_ref()),
            holds,
        })
    }

    /// Whether the client's certificate holds at this moment.
    ///
    /// # Errors
    /// It does not, and since or from when.
    pub(crate) fn check_dates(&self, now: Timestamp) -> Result<(), IdentityError> {
        if now > self.holds.1 {
            Err(IdentityError::Expired(self.holds.1))
        } else if now < self.holds.0 {
            Err(IdentityError::NotYet(self.holds.0))
        } else {
            Ok(())
        }
    }
}

/// The certificates of a file without a key: they vouch for servers, and there is nothing to show to one.
///
/// # Errors
/// It is damaged.
pub(crate) fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let text = std::str::from_utf8(pem).map_err(|_| IdentityError::Damaged("it is no text".into()))?;
    let blocks = blocks(text)?.into_iter();
    Ok(blocks.filter(|(label, _)| label == "CERTIFICATE").map(|(_, der)| CertificateDer::from(der)).collect())
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().enumerate().fold(String::new(), |mut text, (n, byte)| {
        let _ = write!(text, "{}{byte:02X}", if n == 0 { "" } else { ":" });
        text
    })
}

pub(super) fn validity(certificate: &X509Certificate<'_>) -> Result<(Timestamp, Timestamp), IdentityError> {
    let at = |seconds: i64| {
        Timestamp::from_second(seconds).map_err(|_| IdentityError::Damaged("a certificate's dates".into()))
    };
    let validity = certificate.validity();
    Ok((at(validity.not_before.timestamp())?, at(validity.not_after.timestamp())?))
}

/// The PEM blocks of a text: label and content.
pub(super) fn blocks(text: &str) -> Result<Vec<(String, Vec<u8>)>, IdentityError> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines().map(str::trim) {
        let begin = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
        match (&mut open, begin) {
            (None, Some(label)) => open = Some((label.to_owned(), String::new())),
            (Some(_), Some(_)) => return Err(IdentityError::Damaged("a block does not end".into())),
            (Some(_), None) if line.starts_with("-----END ") => {
                let (label, body) = open.take().unwrap_or_default();
                let der = STANDARD
                    .decode(body)
                    .map_err(|_| IdentityError::Damaged(format!("the block {label:?} is no base64")))?;
                found.push((label, der));
            }
            (Some((_, body)), None) => body.push_str(line),
            // Between the blocks stand names of the certificates, for people.
            (None, None) => {}
        }
    }
    if open.is_some() { Err(IdentityError::Damaged("a block does not end".into())) } else { Ok(found) }
}

pub(super) fn private_key(
    blocks: &[(String, Vec<u8>)],
    password: &Secret,
) -> Result<PrivatePkcs8KeyDer<'static>, IdentityError> {
    let Some((label, der)) = blocks.iter().find(|(label, _)| label.ends_with("PRIVATE KEY")) else {
        return Err(IdentityError::NoKey);
    };
    let foreign =
        |what: String| IdentityError::Damaged(format!("its key is encrypted in an unknown way ({what})"));
    match label.as_str() {
        "PRIVATE KEY" => Ok(PrivatePkcs8KeyDer::from(der.clone())),
        "ENCRYPTED PRIVATE KEY" => {
            let sealed =
                pkcs8::EncryptedPrivateKeyInfoRef::from_der(der).map_err(|e| foreign(e.to_string()))?;
            let rounds = sealed
                .encryption_algorithm
                .pbes2()
                .and_then(|scheme| scheme.kdf.pbkdf2())
                .map_or(0, |kdf| kdf.iteration_count);
            if rounds > MOST_ROUNDS {
                return Err(foreign(format!("{rounds} rounds")));
            }
            let open = sealed.decrypt(password.reveal()).map_err(|e| match e {
                pkcs8::Error::EncryptedPrivateKey(
                    e @ (pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
                    | pkcs8::pkcs5::Error::NoPbes1CryptSupport
                    | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. }),
                ) => foreign(e.to_string()),
                _ => IdentityError::Password,
            })?;
            Ok(PrivatePkcs8KeyDer::from(open.as_bytes().to_vec()))
        }
        other => Err(foreign(other.to_owned())),
    }
}
