//! Private keys: every form in which the cloud's own tools write them.

use std::fmt;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8Path;
use md5::{Digest as _, Md5};
use pkcs8::der::Decode as _;
use zeroize::Zeroizing;

use super::error::OciError;
use crate::model::Secret;

/// What to do about a key whose encryption is too old.
const ENCRYPT_ANEW: &str = "write it anew with openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in OLD -out \
                            NEW (openssl 3 opens the oldest with -provider legacy -provider default), and let key_file \
                            name the new file";

/// An RSA key that signs requests.
pub struct PrivateKey {
    pair: KeyPair,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.fingerprint())
    }
}

impl PrivateKey {
    /// Reads the key in a PEM text; `origin` names the text in errors. Text around the PEM block is ignored.
    ///
    /// # Errors
    /// No PEM block, a kind that is no RSA private key, a missing or wrong passphrase.
    pub fn from_pem(pem: &str, passphrase: Option<&Secret>, origin: &str) -> Result<Self, OciError> {
        let block = Block::find(pem).ok_or_else(|| {
            OciError::local(format!("{origin} holds no PEM key"))
                .advise("the file must hold the private key that belongs to the profile's fingerprint")
        })?;
        match block.label {
            "RSA PRIVATE KEY" => match block.header("DEK-Info") {
                Some(encryption) => {
                    let der = open_legacy(&block.body(origin)?, encryption, passphrase, origin)?;
                    // The padding of a wrong passphrase looks right once in 256 times; the content does not.
                    Self::from_pkcs1(&der, origin).map_err(|_| wrong_passphrase(origin))
                }
                None => Self::from_pkcs1(&block.body(origin)?, origin),
            },
            "PRIVATE KEY" => Self::from_pkcs8(&block.body(origin)?, origin),
            "ENCRYPTED PRIVATE KEY" => {
                let passphrase = passphrase.ok_or_else(|| missing_passphrase(origin))?;
                let der = block.body(origin)?;
                let foreign = |e: &dyn fmt::Display| {
                    OciError::local(format!("the encryption of {origin} is not supported: {e}"))
                        .advise(ENCRYPT_ANEW)
                };
                let sealed = pkcs8::EncryptedPrivateKeyInfoRef::from_der(&der).map_err(|e| foreign(&e))?;
                let open = sealed.decrypt(passphrase.reveal()).map_err(|e| match e {
                    pkcs8::Error::EncryptedPrivateKey(
                        e @ (pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
                        | pkcs8::pkcs5::Error::NoPbes1CryptSupport
                        | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. }),
                    ) => foreign(&e),
                    _ => wrong_passphrase(origin),
                })?;
                Self::from_pkcs8(open.as_bytes(), origin)
            }
            "OPENSSH PRIVATE KEY" => Err(OciError::local(format!(
                "{origin} is a key in OpenSSH's own format"
            ))
            .advise(
                "write it as PEM with ssh-keygen -p -m PEM -f FILE, or make an API key with oci setup keys",
            )),
            label if label.ends_with("PUBLIC KEY") => {
                Err(OciError::local(format!("{origin} is a public key; the private one is needed"))
                    .advise("key_file names the file that was made beside the public key"))
            }
            label => Err(OciError::local(format!("{origin} holds a {label}, not an RSA private key"))
                .advise("make an API key with oci setup keys")),
        }
    }

    /// Reads a key file: refuses one that everybody may read, and checks it against the profile's fingerprint.
    ///
    /// # Errors
    /// Those of [`Self::from_pem`]; the file cannot be read or others can read it.
    pub fn from_file(path: &Utf8Path, passphrase: Option<&Secret>) -> Result<Self, OciError> {
        let pem = read_private(path, "key file")?;
        Self::from_pem(&pem, passphrase, &format!("the key file {path}"))
    }

    /// A new key of 2048 bits, for the sessions of an instance principal.
    ///
    /// # Errors
    /// The generator failed.
    pub fn generate() -> Result<Self, OciError> {
        KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048)
            .map(|pair| Self { pair })
            .map_err(|_| OciError::bug("no RSA key could be generated"))
    }

    fn from_pkcs1(der: &[u8], origin: &str) -> Result<Self, OciError> {
        KeyPair::from_der(der).map(|pair| Self { pair }).map_err(|e| rejected(origin, &e.to_string()))
    }

    fn from_pkcs8(der: &[u8], origin: &str) -> Result<Self, OciError> {
        const RSA: &str = "1.2.840.113549.1.1.1";
        let info = pkcs8::PrivateKeyInfoRef::from_der(der).map_err(|e| {
            OciError::local(format!("{origin} is damaged: {e}")).advise("copy the file again")
        })?;
        if info.algorithm.oid.to_string() != RSA {
            return Err(OciError::local(format!(
                "{origin} is no RSA key (its kind is {})",
                info.algorithm.oid
            ))
            .advise("the service signs with RSA only; make an API key with oci setup keys"));
        }
        KeyPair::from_pkcs8(der).map(|pair| Self { pair }).map_err(|e| rejected(origin, &e.to_string()))
    }

    /// The signature of `text` in base64: RSA PKCS#1 v1.5 over SHA-256.
    ///
    /// # Errors
    /// The crypto library refused, which it does not with a key it has accepted.
    pub fn sign(&self, text: &str) -> Result<String, OciError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| OciError::bug("the crypto library refused to sign"))?;
        Ok(STANDARD.encode(signature))
    }

    /// The public key in DER (`SubjectPublicKeyInfo`).
    pub fn public_der(&self) -> Vec<u8> {
        let der: Result<PublicKeyX509Der<'_>, _> = self.pair.public_key().as_der();
        der.map(|d| d.as_ref().to_vec()).unwrap_or_default()
    }

    /// The fingerprint as the profile holds it: MD5 of the public key, sixteen hex pairs with colons.
    pub fn fingerprint(&self) -> String {
        colons(&Md5::digest(self.public_der()), false)
    }

    /// Compares with the profile's fingerprint.
    ///
    /// # Errors
    /// They differ.
    pub fn check_fingerprint(&self, wanted: &str, origin: &str) -> Result<(), OciError> {
        let own = self.fingerprint();
        if own.eq_ignore_ascii_case(wanted.trim()) {
            return Ok(());
        }
        Err(OciError::local(format!(
            "{origin} has the fingerprint {own}, the profile says {}",
            wanted.trim()
        ))
        .advise(
            "key_file and fingerprint of the profile must belong together: correct the one that is wrong",
        ))
    }
}

/// Bytes as hex pairs with colons.
pub(super) fn colons(bytes: &[u8], upper: bool) -> String {
    let pairs: Vec<String> =
        bytes.iter().map(|b| if upper { format!("{b:02X}") } else { format!("{b:02x}") }).collect();
    pairs.join(":")
}

/// Reads a file that must not be open to everybody. `kind` names it in errors.
pub(super) fn read_private(path: &Utf8Path, kind: &str) -> Result<String, OciError> {
    use std::os::unix::fs::PermissionsExt as _;
    let unreadable = |e: &std::io::Error| {
        OciError::local(format!("the {kind} {path} cannot be read: {e}"))
            .advise("check the path in the profile and that this user may read the file")
    };
    let about = fs_err::metadata(path).map_err(|e| unreadable(&e))?;
    if !about.is_file() {
        return Err(OciError::local(format!("the {kind} {path} is no file"))
            .advise("name the file itself in the profile"));
    }
    let mode = about.permissions().mode();
    if mode & 0o006 != 0 {
        return Err(OciError::local(format!(
            "the {kind} {path} is open to everybody (mode {:03o})",
            mode & 0o777
        ))
        .advise(format!("chmod 600 {path}; if others have used this machine, make a new key")));
    }
    if mode & 0o060 != 0 {
        tracing::warn!("the {kind} {path} can be read by its group; chmod 600 {path}");
    }
    fs_err::read_to_string(path).map_err(|e| unreadable(&e))
}

fn missing_passphrase(origin: &str) -> OciError {
    OciError::local(format!("{origin} is encrypted and there is no passphrase"))
        .advise("name it with key_passphrase under [oci] in the configuration (a reference, such as { file = \"PATH\" }), with \
             OCI_CLI_PASSPHRASE in the environment, or with pass_phrase in the profile")
}

fn wrong_passphrase(origin: &str) -> OciError {
    OciError::local(format!("the passphrase of {origin} is wrong"))
        .advise("it comes from key_passphrase under [oci] in the configuration, else from OCI_CLI_PASSPHRASE, else from \
             pass_phrase in the profile: correct it there")
}

fn rejected(origin: &str, reason: &str) -> OciError {
    if reason == "TooSmall" {
        return OciError::local(format!("{origin} has fewer than 2048 bits"))
            .advise("make a new API key with oci setup keys");
    }
    OciError::local(format!("{origin} is not accepted: {reason}"))
        .advise("check that the file is a whole RSA private key; oci setup keys makes one")
}

struct Block<'a> {
    label: &'a str,
    lines: Vec<&'a str>,
}

impl<'a> Block<'a> {
    fn find(pem: &'a str) -> Option<Self> {
        let mut lines = pem.lines().map(str::trim);
        let label = lines.find_map(|line| line.strip_prefix("-----BEGIN ")?.strip_suffix("-----"))?;
        let end = format!("-----END {label}-----");
        let mut inside = Vec::new();
        for line in lines {
            if line == end {
                return Some(Self { label, lines: inside });
            }
            inside.push(line);
        }
        None
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    }

    fn body(&self, origin: &str) -> Result<Zeroizing<Vec<u8>>, OciError> {
        let text: Zeroizing<String> =
            Zeroizing::new(self.lines.iter().filter(|line| !line.contains(':')).copied().collect());
        STANDARD.decode(text.as_bytes()).map(Zeroizing::new).map_err(|e| {
            OciError::local(format!("{origin} is damaged: its text is no base64 ({e})"))
                .advise("copy the file again")
        })
    }
}

/// Opens the encryption that old OpenSSL wrote: cipher and vector in a `DEK-Info` line, the key derived with MD5.
fn open_legacy(
    body: &[u8],
    encryption: &str,
    passphrase: Option<&Secret>,
    origin: &str,
) -> Result<Zeroizing<Vec<u8>>, OciError> {
    let unknown = || {
        OciError::local(format!("{origin} is encrypted with {encryption}, which adbctl cannot open"))
            .advise(ENCRYPT_ANEW)
    };
    let passphrase = passphrase.ok_or_else(|| missing_passphrase(origin))?;
    let (cipher, vector) = encryption.split_once(',').ok_or_else(unknown)?;
    let vector = hex(vector.trim()).ok_or_else(unknown)?;
    let length = match cipher.trim() {
        "AES-128-CBC" => 16,
        "AES-192-CBC" | "DES-EDE3-CBC" => 24,
        "AES-256-CBC" => 32,
        "DES-CBC" => 8,
        _ => return Err(unknown()),
    };
    let block_length = if cipher.trim().starts_with("AES") { 16 } else { 8 };
    if vector.len() != block_length {
        return Err(unknown());
    }
    let key = stretch(passphrase.reveal().as_bytes(), &vector[..8], length);
    let open = match cipher.trim() {
        "AES-128-CBC" => open_with::<cbc::Decryptor<aes::Aes128>>(&key, &vector, body),
        "AES-192-CBC" => open_with::<cbc::Decryptor<aes::Aes192>>(&key, &vector, body),
        "AES-256-CBC" => open_with::<cbc::Decryptor<aes::Aes256>>(&key, &vector, body),
        "DES-EDE3-CBC" => open_with::<cbc::Decryptor<des::TdesEde3>>(&key, &vector, body),
        _ => open_with::<cbc::Decryptor<des::Des>>(&key, &vector, body),
    };
    open.ok_or_else(|| wrong_passphrase(origin))
}

fn open_with<C: KeyIvInit + BlockModeDecrypt>(
    key: &[u8],
    vector: &[u8],
    body: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = C::new_from_slices(key, vector).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(body).ok().map(Zeroizing::new)
}

fn stretch(passphrase: &[u8], salt: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::with_capacity(length + 16));
    let mut last: Vec<u8> = Vec::new();
    while key.len() < length {
        let mut hash = Md5::new();
        hash.update(&last);
        hash.update(passphrase);
        hash.update(salt);
        last = hash.finalize().to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    key
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
