//! Small objects of Object Storage: stored whole, read whole, listed.
//!
//! *Owns*: `put-object`, `get-object`, `list-objects`; `dump-set`, which holds a dump's pieces against its manifest; `prepare-bucket`
//! and `replicate-bucket`.
//!
//! *Never*: moves large files, which go in parts and by the database itself; decides on names.
//!
//! *Start reading at*: [`PutObject`].
//!
//! *To add one*: a file here, its re-export, and the three lines of `actions/mod.rs`.

mod dump_set;
mod get;
mod list;
mod prepare_bucket;
mod put;
mod replicate_bucket;

pub use dump_set::DumpSet;
pub use get::GetObject;
pub use list::ListObjects;
pub use prepare_bucket::{LifecycleRule, PrepareBucket};
pub use put::PutObject;
pub use replicate_bucket::ReplicateBucket;

use base64::Engine as _;
use md5::{Digest as _, Md5};
use serde_json::Value;

use crate::model::ActionError;

/// The bytes of a document: a text as it is, everything else as indented JSON with a line end.
///
/// # Errors
/// Nothing to store.
pub(super) fn bytes_of(content: &Value) -> Result<bytes::Bytes, ActionError> {
    match content {
        Value::Null => Err(ActionError::invalid("there is nothing to write: the content is null")),
        Value::String(text) => Ok(bytes::Bytes::from(text.clone().into_bytes())),
        other => {
            let mut text =
                serde_json::to_vec_pretty(other).map_err(|e| ActionError::bug(format!("a document: {e}")))?;
            text.push(b'\n');
            Ok(text.into())
        }
    }
}

/// The base64 of the MD5 of some bytes, as the service compares it.
fn md5_of(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(Md5::digest(bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_as_bytes() {
        fn check(content: &Value, wanted: Option<&str>) {
            let found = bytes_of(content).ok().map(|b| String::from_utf8(b.to_vec()).unwrap());
            assert_eq!(found.as_deref(), wanted, "{content}");
        }
        check(&json!("as it is"), Some("as it is"));
        check(&json!({ "b": 1, "a": [] }), Some("{\n  \"b\": 1,\n  \"a\": []\n}\n"));
        check(&json!(""), Some(""));
        check(&Value::Null, None);
    }

    #[test]
    fn the_digest_is_the_services() {
        assert_eq!(md5_of(b""), "1B2M2Y8AsgTpgAmY7PhCfg==");
    }
}
