//! The wallet's zip: read in memory, checked name by name, and put on the disk as a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::os::unix::fs::OpenOptionsExt as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::model::ActionError;

/// The files of a wallet. Nothing else is unpacked, and all of them must be there.
pub(crate) const NAMES: [&str; 9] = [
    "tnsnames.ora",
    "sqlnet.ora",
    "cwallet.sso",
    "ewallet.p12",
    "ewallet.pem",
    "keystore.jks",
    "truststore.jks",
    "ojdbc.properties",
    "README",
];

/// More entries than this are no wallet.
const MOST_ENTRIES: usize = 32;
/// The most bytes the zip may have, packed and unpacked. A real wallet has about 30 KiB.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// From this size on, an entry may not be packed more tightly than [`MOST_RATIO`].
const RATIO_FROM: u64 = 64 * 1024;
const MOST_RATIO: u64 = 200;

/// Why a wallet's zip is not taken, or not put on the disk.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("the wallet's zip has {0} bytes, more than the {MOST_BYTES} that are taken")]
    Large(usize),
    #[error("the wallet is no readable zip: {0}")]
    NotZip(String),
    #[error("the wallet's zip has {0} entries, more than the {MOST_ENTRIES} that are taken")]
    Many(usize),
    #[error("the wallet's zip has two entries with one name")]
    Duplicate,
    #[error("the wallet's zip has an entry {name:?}, which {why}")]
    Entry { name: String, why: &'static str },
    #[error("the entry {name:?} of the wallet's zip unpacks to far more than a wallet holds")]
    Bomb { name: String },
    #[error("the entry {name:?} of the wallet's zip cannot be read: {why}")]
    Damaged { name: String, why: String },
    #[error("the wallet lacks {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    #[error("{path} {why}")]
    Place { path: Utf8PathBuf, why: String },
    #[error("the wallet cannot be put on the disk: {0}")]
    Disk(#[from] std::io::Error),
}

impl From<ArchiveError> for ActionError {
    fn from(error: ArchiveError) -> Self {
        let advice = match &error {
            ArchiveError::Place { .. } => "name a directory of the wallet's own, which adbctl may replace",
            ArchiveError::Disk(_) => "look at the space and the permissions there; resume downloads it again",
            ArchiveError::Missing(_) => "download it again; a wallet in the directory was left as it was",
            _ => {
                "nothing was unpacked; look whether a proxy on the way changes downloads, and get the wallet \
                 from the console if it stays so"
            }
        };
        Self::invalid(error.to_string()).advise(advice)
    }
}

/// A wallet in memory.
#[derive(Debug)]
pub(crate) struct Wallet {
    files: BTreeMap<&'static str, Vec<u8>>,
    /// Names in the zip that are no wallet's; they were not unpacked.
    pub(crate) ignored: Vec<String>,
}

impl Wallet {
    /// Reads a zip. Every entry's name and kind is looked at before anything is unpacked.
    ///
    /// # Errors
    /// Anything that a wallet of the service does not have.
    pub(crate) fn from_zip(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let wallet = Self::some_from_zip(bytes)?;
        let missing: Vec<&str> = NAMES.into_iter().filter(|n| !wallet.files.contains_key(n)).collect();
        if missing.is_empty() { Ok(wallet) } else { Err(ArchiveError::Missing(missing)) }
    }

    /// Reads a zip in which files of the wallet may be missing, as one may be that somebody packed by hand.
    ///
    /// # Errors
    /// Anything that a wallet does not have.
    pub(crate) fn some_from_zip(bytes: &[u8]) -> Result<Self, ArchiveError> {
        if bytes.len() > MOST_BYTES {
            return Err(ArchiveError::Large(bytes.len()));
        }
        let mut archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|e| ArchiveError::NotZip(e.to_string()))?;
        if archive.len() > MOST_ENTRIES {
            return Err(ArchiveError::Many(archive.len()));
        }
        if archive.has_duplicate_names() {
            return Err(ArchiveError::Duplicate);
        }
        let known = check_entries(&archive)?;
        let mut wallet = Self { files: BTreeMap::new(), ignored: Vec::new() };
        let mut left = MOST_BYTES;
        for (index, found) in known.into_iter().enumerate() {
            match found {
                Ok(name) => {
                    let content = unpack_entry(&mut archive, index, name, left)?;
                    left -= content.len();
                    wallet.files.insert(name, content);
                }
                Err(stranger) => wallet.ignored.push(stranger),
            }
        }
        Ok(wallet)
    }

    /// A file's content.
    pub(crate) fn file(&self, name: &str) -> &[u8] {
        self.files.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Replaces a file's content.
    pub(crate) fn replace(&mut self, name: &'static str, content: Vec<u8>) {
        self.files.insert(name, content);
    }

    /// Makes a zip of the wallet as it is now.
    ///
    /// # Errors
    /// The packing failed.
    pub(crate) fn to_zip(&self) -> Result<Vec<u8>, ArchiveError> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(0o600);
        let pack = |e: zip::result::ZipError| ArchiveError::Disk(std::io::Error::other(e));
        for name in NAMES {
            writer.start_file(name, options).map_err(pack)?;
            writer.write_all(self.file(name))?;
        }
        Ok(writer.finish().map_err(pack)?.into_inner())
    }

    /// Puts the zip of the wallet there, readable by its owner only, whole or not at all.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn write_zip(&self, path: &Utf8Path) -> Result<(), ArchiveError> {
        let folder = path.parent().filter(|p| !p.as_str().is_empty()).ok_or_else(|| ArchiveError::Place {
            path: path.to_owned(),
            why: "is no place for a file".into(),
        })?;
        if path.is_dir() {
            return Err(ArchiveError::Place { path: path.to_owned(), why: "is a directory".into() });
        }
        fs_err::create_dir_all(folder)?;
        // The temporary file is made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&self.to_zip()?)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    }

    /// Puts the files into `directory`, which only its owner can enter. The new wallet is written beside it and takes
    /// its place by a rename; an older wallet there is removed afterwards.
    ///
    /// # Errors
    /// The directory holds something else than a wallet, or the disk refuses. The older wallet is there then.
    pub(crate) fn unpack(&self, directory: &Utf8Path) -> Result<(), ArchiveError> {
        let beside = |word: &str| {
            let name = directory.file_name().unwrap_or("wallet");
            directory.with_file_name(format!(".{name}.{word}"))
        };
        let (fresh, former) = (beside("new"), beside("former"));
        if directory.file_name().is_none() {
            return Err(ArchiveError::Place { path: directory.to_owned(), why: "is no name".into() });
        }
        if let Some(parent) = directory.parent().filter(|p| !p.as_str().is_empty()) {
            fs_err::create_dir_all(parent)?;
        }
        for place in [directory, &fresh, &former] {
            check_replaceable(place)?;
        }
        // An earlier life may have ended between the two renames.
        if former.exists() {
            if directory.exists() {
                fs_err::remove_dir_all(&former)?;
            } else {
                fs_err::rename(&former, directory)?;
            }
        }
        if fresh.exists() {
            fs_err::remove_dir_all(&fresh)?;
        }
        self.fill(&fresh).inspect_err(|_| drop(fs_err::remove_dir_all(&fresh)))?;
        let replaced = directory.exists();
        if replaced {
            fs_err::rename(directory, &former)?;
        }
        if let Err(error) = fs_err::rename(&fresh, directory) {
            if replaced {
                fs_err::rename(&former, directory)?;
            }
            return Err(error.into());
        }
        if replaced {
            fs_err::remove_dir_all(&former)?;
        }
        Ok(())
    }

    fn fill(&self, folder: &Utf8Path) -> Result<(), ArchiveError> {
        fs_err::create_dir(folder)?;
        fs_err::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        for name in NAMES {
            let path = folder.join(name);
            let mut file = fs_err::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(self.file(name))?;
            file.sync_all()?;
        }
        Ok(())
    }
}

/// A directory that holds nothing but wallet files can be replaced; so can one that is empty or not there.
fn check_replaceable(path: &Utf8Path) -> Result<(), ArchiveError> {
    let refuse = |why: String| Err(ArchiveError::Place { path: path.to_owned(), why });
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(found) if found.is_symlink() => {
            return refuse("is a link; a wallet is not written through one".into());
        }
        Ok(found) if !found.is_dir() => return refuse("is there already and is no directory".into()),
        Ok(_) => {}
    }
    for entry in fs_err::read_dir(path)? {
        let name = entry?.file_name();
        if !NAMES.iter().any(|known| name == **known) {
            return refuse(format!(
                "holds {:?}, which is no wallet's file, and is not replaced",
                name.to_string_lossy()
            ));
        }
    }
    Ok(())
}

/// What stands at each index: a file of the wallet, or the name of something else.
fn check_entries(
    archive: &ZipArchive<Cursor<&[u8]>>,
) -> Result<Vec<Result<&'static str, String>>, ArchiveError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(|e| ArchiveError::NotZip(e.to_string()))?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let kind = entry.unix_mode().map_or(0, |mode| mode & 0o170_000);
        let wrong = wrong_name(&name)
            .or_else(|| (entry.is_symlink() || kind == 0o120_000).then_some("is a link"))
            .or_else(|| entry.is_dir().then_some("is a directory"))
            .or_else(|| (!matches!(kind, 0 | 0o100_000)).then_some("is no plain file"))
            .or_else(|| entry.encrypted().then_some("is encrypted"));
        if let Some(why) = wrong {
            return Err(ArchiveError::Entry { name, why });
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(ArchiveError::Duplicate);
        }
        total = total.saturating_add(entry.size());
        let dense = entry.size() > RATIO_FROM && entry.size() / entry.compressed_size().max(1) > MOST_RATIO;
        if dense || total > MOST_BYTES as u64 {
            return Err(ArchiveError::Bomb { name });
        }
        found.push(NAMES.into_iter().find(|known| *known == name).ok_or(name));
    }
    Ok(found)
}

/// What is wrong with the name of an entry, if anything.
fn wrong_name(name: &str) -> Option<&'static str> {
    let mut letters = name.chars();
    let drive = letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.next() == Some(':');
    if name.is_empty() || name == "." {
        Some("is no name of a file")
    } else if name.contains(['\u{fffd}']) || name.chars().any(char::is_control) {
        Some("has characters that no wallet's file has")
    } else if name.split(['/', '\\']).any(|part| part == "..") {
        Some("leads out of the wallet's directory")
    } else if name.starts_with('/') || name.starts_with('\\') || drive {
        Some("is an absolute path")
    } else if name.contains('\\') {
        Some("has a backslash in its name")
    } else if name.contains('/') {
        Some("lies in a directory of its own; a wallet's files lie side by side")
    } else {
        None
    }
}

/// What the headers say of sizes may be a lie, so the reading itself has a limit.
fn unpack_entry(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    name: &'static str,
    left: usize,
) -> Result<Vec<u8>, ArchiveError> {
    let damaged = |why: String| ArchiveError::Damaged { name: name.into(), why };
    let entry = archive.by_index(index).map_err(|e| damaged(e.to_string()))?;
    let mut content = Vec::new();
    entry.take(left as u64 + 1).read_to_end(&mut content).map_err(|e| damaged(e.to_string()))?;
    if content.len() > left { Err(ArchiveError::Bomb { name: name.into() }) } else { Ok(content) }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
pub(crate) mod tests;
