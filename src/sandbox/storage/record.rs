//! What is kept of buckets, objects and uploads.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) compartment: String,
    pub(crate) made: Timestamp,
    pub(crate) etag: String,
    /// The fields a client sets and reads back.
    pub(crate) fields: Map<String, Value>,
    /// The policy's etag, the moment it was set, its rules.
    pub(crate) lifecycle: Option<(String, Timestamp, Value)>,
    /// Pre-authenticated requests by their secret word.
    #[serde(default)]
    pub(crate) preauthenticated: BTreeMap<String, Preauthenticated>,
    /// Replication policies by their numbers.
    #[serde(default)]
    pub(crate) replication: BTreeMap<String, Replication>,
}

/// Where a bucket's objects are copied to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Replication {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) made: Timestamp,
}

/// A request that needs no signature.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Preauthenticated {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) access: String,
    pub(crate) object: Option<String>,
    pub(crate) listing: bool,
    pub(crate) made: Timestamp,
    pub(crate) expires: Timestamp,
}

/// A file with bytes of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Piece {
    pub(crate) blob: String,
    pub(crate) size: u64,
}

/// An object. Its bytes are in one file, or in one for each part that it was made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredObject {
    pub(crate) bucket: String,
    pub(crate) name: String,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) size: u64,
    pub(crate) etag: String,
    /// Base64; of objects made of parts it is null and `multipart_md5` is set.
    pub(crate) md5: Option<String>,
    pub(crate) multipart_md5: Option<String>,
    /// The checksum that whoever stored it asked for beside MD5: the header that shows it, and its value.
    #[serde(default)]
    pub(crate) checksum: Option<(String, String)>,
    pub(crate) made: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) tier: String,
    /// Since when and until when an archived object is readable.
    pub(crate) restored: Option<(Timestamp, Timestamp)>,
    /// content-type, cache-control and the like, and every `opc-meta-…`.
    pub(crate) headers: BTreeMap<String, String>,
    /// The number of its version, where its bucket gave one.
    #[serde(default)]
    pub(crate) version: Option<String>,
}

/// A version of an object that is not the latest, or the marker of a delete.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OldVersion {
    /// What it was; of a marker its name and number only.
    pub(crate) object: StoredObject,
    pub(crate) marker: bool,
    /// Grows with every version of the name.
    pub(crate) order: u64,
    /// Since when it is not the latest.
    pub(crate) since: Timestamp,
}

/// One part of an upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) blob: String,
    pub(crate) size: u64,
    pub(crate) etag: String,
    /// Base64.
    pub(crate) md5: String,
    /// The checksum by the algorithm that its request or its upload names, in base64.
    #[serde(default)]
    pub(crate) checksum: Option<String>,
}

/// A checksum that can be asked for beside MD5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Algorithm {
    Crc32c,
    Sha256,
    Sha384,
}

/// An upload that is not committed yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) bucket: String,
    pub(crate) name: String,
    pub(crate) made: Timestamp,
    pub(crate) tier: String,
    pub(crate) headers: BTreeMap<String, String>,
    /// The checksum that its object is to have.
    #[serde(default)]
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) parts: BTreeMap<u32, Part>,
}

/// The key of an object's row. A bucket's name has no slash, so two keys are never the same by chance.
pub(crate) fn key(bucket: &str, name: &str) -> String {
    format!("{bucket}/{name}")
}

impl StoredObject {
    /// Archived, Restoring or Restored; nothing for an object that is simply readable.
    pub(crate) fn archival_state(&self, now: Timestamp) -> Option<&'static str> {
        if self.tier != "Archive" {
            return None;
        }
        Some(match self.restored {
            Some((from, until)) if now < until => {
                if now < from {
                    "Restoring"
                } else {
                    "Restored"
                }
            }
            _ => "Archived",
        })
    }
}
