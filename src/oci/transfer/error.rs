//! What can go wrong with a transfer, and what it leaves behind.

use camino::Utf8PathBuf;

use crate::model::Category;
use crate::oci::OciError;

/// Why a transfer failed.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The service refused or was not reached.
    #[error("{0}")]
    Cloud(OciError),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// There is an object of that name, and it may not be replaced.
    #[error("{name} is there already, in the bucket {bucket}; nothing was changed")]
    There {
        /// The object.
        name: String,
        /// The bucket.
        bucket: String,
    },
    /// There is a file of that name, and it may not be replaced.
    #[error("{0} is there already; nothing was changed")]
    FileThere(Utf8PathBuf),
    /// There is no such object.
    #[error("there is no object {name} in the bucket {bucket}, or this user may not see it")]
    Missing {
        /// The object.
        name: String,
        /// The bucket.
        bucket: String,
        /// What the service said.
        said: OciError,
    },
    /// The object is another one than when its transfer began.
    #[error("{name} was replaced or removed while it was read")]
    Replaced {
        /// The object.
        name: String,
    },
    /// The object cannot be read before it is restored.
    #[error("{name} is in the archive tier and cannot be read ({state})")]
    Archived {
        /// The object.
        name: String,
        /// `Archived` or `Restoring`.
        state: String,
    },
    /// The file is another one than when its transfer began.
    #[error("{0} was changed while it was read")]
    Changed(Utf8PathBuf),
    /// What arrived is not what was sent.
    #[error("the checksum of {name} is not that of the bytes that arrived: {detail}")]
    Checksum {
        /// The object.
        name: String,
        /// Both sums.
        detail: String,
    },
    /// What was stored is not what was sent.
    #[error(
        "{name} was stored with another checksum than that of the bytes that were sent: {detail}; {}",
        if *.stands { "it stands in the bucket under that name" } else { "it was removed again" }
    )]
    Spoiled {
        /// The object.
        name: String,
        /// Both sums.
        detail: String,
        /// Whether it is there under its name.
        stands: bool,
    },
    /// The disk is full.
    #[error("the disk that holds {path} is full: {source}")]
    Full {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file may not become that large.
    #[error("{path} may not become as large as the object is: {source}")]
    TooLarge {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or stream of this machine.
    #[error("{0}")]
    Local(std::io::Error),
    /// Whoever read the bytes is gone.
    #[error("nobody reads the output any more")]
    NobodyReads,
    /// Another process transfers to the same file.
    #[error("another process is fetching to {0}")]
    Busy(Utf8PathBuf),
    /// A stream has more bytes than fit.
    #[error("the input is longer than 10,000 parts of {0} MiB, which is all that an upload takes")]
    TooLong(u64),
    /// Broken off on request.
    #[error("broken off")]
    Interrupted,
}

impl From<OciError> for TransferError {
    fn from(error: OciError) -> Self {
        if error.category == Category::Cancelled { Self::Interrupted } else { Self::Cloud(error) }
    }
}

impl From<std::io::Error> for TransferError {
    fn from(error: std::io::Error) -> Self {
        Self::Local(error)
    }
}

impl TransferError {
    /// A failure to write a file.
    pub(super) fn writing(path: &camino::Utf8Path, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::Full { path: path.to_owned(), source }
            }
            std::io::ErrorKind::FileTooLarge => Self::TooLarge { path: path.to_owned(), source },
            _ => Self::Local(source),
        }
    }

    /// What to do next.
    pub fn advice(&self) -> Option<String> {
        Some(match self {
            Self::Cloud(error) => return error.advice.clone(),
            Self::There { .. } | Self::FileThere(_) => {
                "give another name, or --force if it may be replaced".to_owned()
            }
            Self::Missing { .. } => {
                "`adbctl object list` shows the names that are there; check bucket, namespace and policies"
                    .to_owned()
            }
            Self::Replaced { .. } => "run it again: it then reads the object that is there now".to_owned(),
            Self::Archived { name, state } if state == "Restoring" => {
                format!("{name} is being restored, which takes an hour at most; run it again then")
            }
            Self::Archived { name, .. } => format!(
                "have it restored, which takes an hour at most, then run it again: oci os object restore --bucket-name BUCKET \
                 --name '{name}' --hours 24"
            ),
            Self::Changed(_) => "wait until nobody writes to it, then run it again".to_owned(),
            Self::Spoiled { stands: true, .. } => {
                "do not use it: store it again with --force, or remove it. A bucket that keeps versions has the one before it"
                    .to_owned()
            }
            Self::Checksum { .. } | Self::Spoiled { .. } => {
                "run it again; if it stays, memory, disk or network of this machine spoil data".to_owned()
            }
            Self::Full { .. } => "free some space, then run it again".to_owned(),
            Self::TooLarge { .. } => {
                "its file system or a limit (ulimit -f) takes no file of that size: lift the limit, or give another place"
                    .to_owned()
            }
            Self::Busy(_) => "wait for it, or give another file".to_owned(),
            Self::TooLong(part) => format!(
                "give larger parts, such as --part-size {}, which take as much memory three times; or write it to a file first",
                part * 4
            ),
            Self::Local(_) => {
                "look whether the file or the directory is there, may be read or written, and has room".to_owned()
            }
            Self::Usage(_) | Self::NobodyReads | Self::Interrupted => return None,
        })
    }
}

/// What a transfer that failed left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    #[default]
    Nothing,
    /// An upload that is not ended, in the bucket.
    Upload {
        /// Its id.
        id: String,
        /// Why it was not ended, where it should have been.
        because: Option<String>,
    },
    /// A file that holds some of the object.
    Partial {
        /// The file.
        path: Utf8PathBuf,
        /// How much of the object is in it.
        bytes: u64,
    },
}

/// A transfer that failed.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Failed {
    /// Why.
    pub error: TransferError,
    /// What is left.
    pub left: Left,
}

impl<E: Into<TransferError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), left: Left::Nothing }
    }
}
