//! Uploads that were broken off: what the service holds of them, and whether it is of use.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::TransferError;
use super::sizes::{LEAST_PART, is_part_number, part_count};
use super::store::ObjectStore;
use crate::oci::object_storage as calls;

/// A part that the service holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) etag: String,
    pub(super) md5: String,
    pub(super) size: u64,
}

/// An upload that is not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unfinished {
    pub(super) id: String,
    pub(super) begun: String,
    pub(super) parts: BTreeMap<u32, Held>,
}

impl Unfinished {
    /// The size of its parts, as those that are there show it: that of all but the last of them. A single one shows it
    /// only if it is the first and whole.
    pub(super) fn part_size(&self, planned: u64, size: Option<u64>) -> u64 {
        let largest = self.parts.values().map(|part| part.size).max().unwrap_or(planned);
        let fits = largest >= LEAST_PART
            && size.is_none_or(|size| size > largest && is_part_number(part_count(size, largest)));
        if fits { largest } else { planned }
    }
}

impl ObjectStore {
    /// The newest upload of this name that is not ended. Who may not list uploads begins a new one.
    pub(super) async fn unfinished(&self, name: &str) -> Result<Option<Unfinished>, TransferError> {
        let (namespace, bucket, object) = self.place(name);
        let uploads = match self.all(&calls::list_uploads(namespace.clone(), bucket.clone())).await {
            Ok(uploads) => uploads,
            Err(error) if matches!(error.status, Some(401 | 403 | 404)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let newest =
            uploads.iter().filter(|row| row["object"] == name).max_by_key(|row| text(&row["timeCreated"]));
        let Some(newest) = newest else { return Ok(None) };
        let (id, begun) = (text(&newest["uploadId"]), text(&newest["timeCreated"]));
        let listed = match self.all(&calls::list_parts(namespace, bucket, object, json!(id))).await {
            Ok(listed) => listed,
            // It was ended just now.
            Err(error) if error.status == Some(404) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let parts = listed.iter().filter_map(|row| {
            let number = u32::try_from(row["partNumber"].as_u64()?).ok()?;
            let held = Held { etag: text(&row["etag"]), md5: text(&row["md5"]), size: row["size"].as_u64()? };
            Some((number, held))
        });
        Ok(Some(Unfinished { id, begun, parts: parts.collect() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_parts_is_read_off_what_is_there() {
        const MIB: u64 = 1024 * 1024;
        fn check(parts: &[(u32, u64)], size: Option<u64>, wanted: u64) {
            let held = |size| Held { etag: "e".into(), md5: "m".into(), size };
            let parts = parts.iter().map(|(number, size)| (*number, held(*size))).collect();
            let upload = Unfinished { id: "u".into(), begun: String::new(), parts };
            assert_eq!(upload.part_size(16 * MIB, size), wanted, "{upload:?} {size:?}");
        }
        check(&[], Some(100 * MIB), 16 * MIB);
        check(&[(1, 10 * MIB), (3, 10 * MIB)], Some(100 * MIB), 10 * MIB);
        check(&[(1, 10 * MIB), (10, 5)], Some(90 * MIB + 5), 10 * MIB);
        check(&[(7, 4 * MIB)], Some(100 * MIB), 16 * MIB);
        check(&[(1, 20 * MIB)], Some(20 * MIB), 16 * MIB);
        check(&[(1, 20 * MIB)], None, 20 * MIB);
    }
}
