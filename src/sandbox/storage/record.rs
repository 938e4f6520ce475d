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
    pub(crate) lifecycle: Option<(String, Timestamp, Value)>,
}

/// An object. Its bytes are in a file of their own, named by `blob`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredObject {
    pub(crate) bucket: String,
    pub(crate) name: String,
    pub(crate) blob: String,
    pub(crate) size: u64,
    pub(crate) etag: String,
    /// Base64; of objects made of parts it is null and `multipart_md5` is set.
    pub(crate) md5: Option<String>,
    pub(crate) multipart_md5: Option<String>,
    pub(crate) made: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) tier: String,
    /// Since when and until when an archived object is readable.
    pub(crate) restored: Option<(Timestamp, Timestamp)>,
    /// content-type, cache-control and the like, and every `opc-meta-…`.
    pub(crate) headers: BTreeMap<String, String>,
}

/// One part of an upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) blob: String,
    pub(crate) size: u64,
    pub(crate) etag: String,
    /// Base64.
    pub(crate) md5: String,
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
    pub(crate) parts: BTreeMap<u32, Part>,
}
