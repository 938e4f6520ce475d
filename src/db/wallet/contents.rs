//! A wallet that lies somewhere, whole or in part, as a zip or a directory: read without its password, and packed anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use camino::Utf8Path;
use jiff::Timestamp;
use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfoOwned, LineEnding, SecretDocument};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::archive::{ArchiveError, NAMES, Wallet};
use super::identity::{IdentityError, blocks, private_key, validity};
use crate::model::{ActionError, Secret};

/// How often a new password is hashed before it opens the key.
const ROUNDS: u32 = 100_000;
/// No file of a wallet is larger.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The files of a wallet that are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    files: BTreeMap<&'static str, Vec<u8>>,
    /// Names beside them that are no wallet's.
    pub(crate) ignored: Vec<String>,
}

impl Contents {
    /// Reads a zip or a directory.
    ///
    /// # Errors
    /// It cannot be read, holds something that a wallet does not, or nothing of a wallet.
    pub(crate) fn read(path: &Utf8Path) -> Result<Self, ActionError> {
        let found = if path.is_dir() {
            Self::of_directory(path)?
        } else {
            let about = fs_err::metadata(path).map_err(|e| unreadable(&e))?;
            if about.len() > MOST_BYTES {
                return Err(too_large(path));
            }
            let bytes = fs_err::read(path).map_err(|e| unreadable(&e))?;
            Self::of_zip(&bytes).map_err(|error| {
                ActionError::invalid(format!("{path}: {error}"))
                    .advise("nothing was unpacked; fetch the wallet again: adbctl wallet get DB --zip FILE")
            })?
        };
        if found.files.is_empty() {
            return Err(ActionError::invalid(format!("{path} holds no file of a wallet"))
                .advise("a wallet is the zip that the service hands out, or a directory with its files"));
        }
        Ok(found)
    }

    /// Reads a zip in memory.
    ///
    /// # Errors
    /// It holds something that a wallet does not.
    pub(crate) fn of_zip(bytes: &[u8]) -> Result<Self, ArchiveError> {
        Wallet::some_from_zip(bytes).map(|wallet| Self::of(&wallet))
    }

    /// The files of a wallet that was read.
    pub(crate) fn of(wallet: &Wallet) -> Self {
        let files = NAMES.into_iter().map(|name| (name, wallet.file(name).to_vec()));
        Self { files: files.filter(|(_, file)| !file.is_empty()).collect(), ignored: wallet.ignored.clone() }
    }

    fn of_directory(path: &Utf8Path) -> Result<Self, ActionError> {
        let mut found = Self::default();
        for name in NAMES {
            let file = path.join(name);
            match fs_err::metadata(&file) {
                Ok(about) if about.len() > MOST_BYTES => return Err(too_large(&file)),
                Ok(about) if about.is_file() => {
                    found.files.insert(name, fs_err::read(&file).map_err(|e| unreadable(&e))?);
                }
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(unreadable(&error)),
            }
        }
        Ok(found)
    }

    /// A file, if it is there.
    pub(crate) fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// The names of the files that are there.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        NAMES.into_iter().filter(|name| self.files.contains_key(name)).collect()
    }

    /// With only these files.
    #[must_use]
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        let kept = self.files.iter().filter(|(name, _)| names.contains(name));
        Self { files: kept.map(|(name, file)| (*name, file.clone())).collect(), ignored: Vec::new() }
    }

    /// With another password on `ewallet.pem`. Files whose password stays the former one are left out: it takes Java's and
    /// Oracle's own tools to change it there.
    ///
    /// # Errors
    /// There is no `ewallet.pem`, it is damaged, or the former password does not open it.
    pub(crate) fn with_password(&self, former: &Secret, new: &Secret) -> Result<Self, ActionError> {
        let pem = self.file("ewallet.pem").ok_or_else(|| {
            ActionError::invalid("the wallet has no ewallet.pem, whose password could be changed")
                .advise("fetch the wallet again: adbctl wallet get DB --zip FILE")
        })?;
        let sealed = sealed_anew(pem, former, new)?;
        let kept = ["tnsnames.ora", "sqlnet.ora", "cwallet.sso", "README"];
        let mut changed = self.only(&kept);
        changed.files.insert("ewallet.pem", sealed);
        Ok(changed)
    }

    /// Makes a zip of the files that are there.
    ///
    /// # Errors
    /// The packing failed.
    pub(crate) fn to_zip(&self) -> Result<Vec<u8>, ArchiveError> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(0o600);
        let pack = |e: zip::result::ZipError| ArchiveError::Disk(std::io::Error::other(e));
        for (name, file) in &self.files {
            writer.start_file(*name, options).map_err(pack)?;
            writer.write_all(file)?;
        }
        Ok(writer.finish().map_err(pack)?.into_inner())
    }

    /// Writes the files into a directory that is there, readable by their owner only. Those of the same name are replaced.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn write_into(&self, directory: &Utf8Path) -> Result<(), ArchiveError> {
        for (name, file) in &self.files {
            // The temporary file is made with mode 0600.
            let mut part = tempfile::NamedTempFile::new_in(directory)?;
            part.write_all(file)?;
            part.as_file().sync_all()?;
            part.persist(directory.join(name)).map_err(|e| e.error)?;
        }
        Ok(())
    }
}

fn unreadable(error: &std::io::Error) -> ActionError {
    ActionError::invalid(format!("the wallet cannot be read: {error}"))
        .advise("look at the path, its owner and its permissions")
}

fn too_large(path: &Utf8Path) -> ActionError {
    ActionError::invalid(format!("{path} is far larger than anything of a wallet"))
        .advise("a wallet is the zip that the service hands out, or a directory with its files")
}

/// A certificate, as far as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Whom it is for.
    pub(crate) subject: String,
    /// Since when it holds.
    pub(crate) from: Timestamp,
    /// Until when.
    pub(crate) until: Timestamp,
    /// SHA-256, in hexadecimal with colons.
    pub(crate) fingerprint: String,
    /// It is an authority's.
    pub(crate) authority: bool,
}

/// The certificates in `ewallet.pem`, which are not encrypted. The client's own comes first.
///
/// # Errors
/// The file is damaged.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, ActionError> {
    let text = std::str::from_utf8(pem).map_err(|_| IdentityError::Damaged("it is no text".into()))?;
    let mut found = Vec::new();
    for (_, der) in blocks(text)?.iter().filter(|(label, _)| label == "CERTIFICATE") {
        let (_, parsed) = X509Certificate::from_der(der)
            .map_err(|e| IdentityError::Damaged(format!("a certificate in it: {e}")))?;
        let (from, until) = validity(&parsed)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
        let fingerprint = digest.as_ref().iter().enumerate().fold(String::new(), |mut text, (n, byte)| {
            let _ = write!(text, "{}{byte:02X}", if n == 0 { "" } else { ":" });
            text
        });
        let subject = parsed.subject().to_string();
        found.push(Certificate { subject, from, until, fingerprint, authority: parsed.is_ca() });
    }
    found.sort_by_key(|certificate| certificate.authority);
    Ok(found)
}

/// The text of `ewallet.pem` with its key under another password.
fn sealed_anew(pem: &[u8], former: &Secret, new: &Secret) -> Result<Vec<u8>, ActionError> {
    let damaged = |what: String| IdentityError::Damaged(what);
    let text = std::str::from_utf8(pem).map_err(|_| damaged("it is no text".into()))?;
    let key = private_key(&blocks(text)?, former)?;
    let (mut salt, mut vector) = ([0_u8; 16], [0_u8; 16]);
    for bytes in [&mut salt, &mut vector] {
        aws_lc_rs::rand::fill(bytes).map_err(|_| ActionError::bug("no random bytes can be had"))?;
    }
    let unsealed = |e: pkcs8::pkcs5::Error| ActionError::bug(format!("the key cannot be encrypted: {e}"));
    let scheme =
        pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, vector).map_err(unsealed)?;
    let sealed = scheme.encrypt(new.reveal(), key.secret_pkcs8_der()).map_err(unsealed)?;
    let broken = |e: String| ActionError::bug(format!("the key cannot be written: {e}"));
    let info = EncryptedPrivateKeyInfoOwned {
        encryption_algorithm: scheme.into(),
        encrypted_data: pkcs8::der::asn1::OctetString::new(sealed).map_err(|e| broken(e.to_string()))?,
    };
    let document = SecretDocument::try_from(&info).map_err(|e| broken(e.to_string()))?;
    let block =
        document.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).map_err(|e| broken(e.to_string()))?;
    // Everything else of the file stays as it is: the certificates, and the names between them.
    let (mut rest, mut inside) = (String::new(), false);
    for line in text.lines() {
        let begins = line.trim_start().starts_with("-----BEGIN ");
        inside |= begins && line.contains("PRIVATE KEY-----");
        if !inside {
            rest.push_str(line);
            rest.push('\n');
        }
        if line.trim_start().starts_with("-----END ") {
            inside = false;
        }
    }
    Ok(format!("{}{rest}", block.as_str()).into_bytes())
}

#[cfg(test)]
#[path = "contents_tests.rs"]
mod tests;
