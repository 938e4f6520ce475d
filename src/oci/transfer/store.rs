//! A bucket to move objects to and from.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::error::TransferError;
use crate::model::act::Reply;
use crate::model::{NoSecrets, RestCall};
use crate::oci::object_storage::{self as calls, Condition};
use crate::oci::{CallContext, Meter, Oci, OciError, Payload};

/// The header that says how large the parts of an object are that adbctl stored.
pub(super) const PART_SIZE: &str = "opc-meta-adbctl-part-size";

/// Told of a transfer while it goes on.
pub trait Watch: Send + Sync {
    /// The transfer begins; `total` is the number of bytes, where that is known.
    fn begins(&self, total: Option<u64>);
    /// Bytes moved; less than none are taken back, because they have to be moved again.
    fn moved(&self, bytes: i64);
    /// Bytes need not be moved, because an earlier attempt did.
    fn kept(&self, bytes: u64);
    /// A sentence for the person who waits.
    fn says(&self, text: &str);
}

/// A bucket. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    cloud: Oci,
    namespace: Value,
    bucket: Value,
    cancel: CancellationToken,
}

/// What the service says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its length in bytes.
    pub size: u64,
    /// Its entity tag.
    pub etag: String,
    /// Base64, for objects that were stored whole.
    pub md5: Option<String>,
    /// The sum over its parts' sums and their number, for objects that were stored in parts.
    pub multipart_md5: Option<String>,
    /// Base64, of the whole however it was stored; only where whoever stored it asked for this sum.
    pub crc32c: Option<String>,
    /// The size of its parts, where adbctl stored it.
    pub part: Option<u64>,
    /// `Archived`, `Restoring` or `Restored`; nothing for one that is simply readable.
    pub archival_state: Option<String>,
}

/// An object as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its entity tag.
    pub etag: String,
    /// When it was last changed, as the service writes times.
    pub modified: String,
    /// `Standard`, `InfrequentAccess` or `Archive`.
    pub tier: String,
    /// As in [`Head`].
    pub archival_state: Option<String>,
    /// Base64; of objects in parts with their number.
    pub md5: Option<String>,
}

impl ObjectStore {
    /// A bucket of a namespace. `cancel` breaks off what goes on.
    pub fn new(cloud: Oci, namespace: &str, bucket: &str, cancel: CancellationToken) -> Self {
        Self { cloud, namespace: json!(namespace), bucket: json!(bucket), cancel }
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        self.bucket.as_str().unwrap_or_default()
    }

    pub(super) fn cloud(&self) -> &Oci {
        &self.cloud
    }

    pub(super) fn place(&self, name: &str) -> (Value, Value, Value) {
        (self.namespace.clone(), self.bucket.clone(), json!(name))
    }

    pub(super) fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    pub(super) fn context(&self, body: Option<Payload>) -> CallContext {
        CallContext { body, cancel: self.cancel.clone(), ..CallContext::default() }
    }

    pub(super) async fn send(&self, call: &RestCall, body: Option<Payload>) -> Result<Reply, OciError> {
        self.cloud.send(call, &self.context(body), &NoSecrets).await
    }

    pub(super) async fn all(&self, call: &RestCall) -> Result<Vec<Value>, OciError> {
        let reply = self.cloud.list(call, &self.context(None), &NoSecrets).await?;
        Ok(reply.value.as_array().cloned().unwrap_or_default())
    }

    /// Asks about an object.
    ///
    /// # Errors
    /// It is not there, or the service was not reached.
    pub async fn head(&self, name: &str) -> Result<Head, TransferError> {
        let (namespace, bucket, object) = self.place(name);
        let reply = self.send(&calls::head_object(namespace, bucket, object), None).await;
        let reply = reply.map_err(|error| match error.status {
            Some(404) => self.missing(name, error),
            _ => error.into(),
        })?;
        let text = |header: &str| reply.value[header].as_str().map(str::to_owned);
        let number = |header: &str| text(header).and_then(|text| text.parse::<u64>().ok());
        let (Some(size), Some(etag)) = (number("content-length"), reply.etag.clone()) else {
            return Err(OciError::local(format!("the service did not tell size and entity tag of {name}"))
                .advise("check that the endpoint is Object Storage itself and not a gateway")
                .into());
        };
        Ok(Head {
            size,
            etag,
            md5: text("content-md5"),
            multipart_md5: text("opc-multipart-md5"),
            crc32c: text("opc-content-crc32c"),
            part: number(PART_SIZE).filter(|part| *part > 0),
            archival_state: text("archival-state"),
        })
    }

    pub(super) fn missing(&self, name: &str, said: OciError) -> TransferError {
        // A HEAD has no body, so the code is not known; the bucket itself is asked for by nobody here.
        TransferError::Missing { name: name.to_owned(), bucket: self.bucket().to_owned(), said }
    }

    /// One page of the objects whose names begin with `prefix`, and where the next one starts.
    ///
    /// # Errors
    /// The bucket is not there, or the service was not reached.
    pub async fn page(
        &self,
        prefix: &str,
        start: Option<&str>,
    ) -> Result<(Vec<Entry>, Option<String>), TransferError> {
        let call = calls::list_objects(self.namespace.clone(), self.bucket.clone(), json!(prefix))
            .query("start", json!(start));
        let reply = self.send(&call, None).await?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let entries = reply.value["objects"].as_array().into_iter().flatten();
        let entries = entries.map(|row| Entry {
            name: text(&row["name"]).unwrap_or_default(),
            size: row["size"].as_u64().unwrap_or_default(),
            etag: text(&row["etag"]).unwrap_or_default(),
            modified: text(&row["timeModified"]).unwrap_or_default(),
            tier: text(&row["storageTier"]).unwrap_or_default(),
            archival_state: text(&row["archivalState"]),
            md5: text(&row["md5"]),
        });
        Ok((entries.collect(), text(&reply.value["nextStartWith"])))
    }

    /// Removes the object that has this entity tag. One that is gone already is no failure.
    ///
    /// # Errors
    /// It is another one by now, or the service refused or was not reached.
    pub async fn remove(&self, name: &str, etag: &str) -> Result<(), TransferError> {
        let (namespace, bucket, object) = self.place(name);
        match self.send(&calls::delete_object(namespace, bucket, object, json!(etag)), None).await {
            Ok(_) => Ok(()),
            // The answer to an earlier attempt was lost.
            Err(error) if error.status == Some(404) && error.attempts > 1 => Ok(()),
            Err(error) if error.status == Some(404) => Err(self.missing(name, error)),
            Err(error) if error.status == Some(412) => Err(TransferError::Replaced { name: name.to_owned() }),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores an object by one request; `sums` are its MD5 and its CRC-32C in base64. The first is checked by every
    /// store, the second makes later downloads quick.
    pub(super) async fn put_whole(
        &self,
        name: &str,
        payload: Payload,
        content_type: &str,
        [md5, crc32c]: &[String; 2],
        condition: Condition,
    ) -> Result<String, TransferError> {
        let (namespace, bucket, object) = self.place(name);
        let is_new = condition == Condition::Absent;
        let call = calls::put_object(namespace, bucket, object, content_type, json!(md5), condition);
        let call = calls::with_crc32c(call, crc32c);
        match self.send(&call, Some(payload)).await {
            Ok(reply) => {
                for (header, sent) in [("opc-content-md5", md5), ("opc-content-crc32c", crc32c)] {
                    if let Some(stored) = reply.value[header].as_str()
                        && stored != sent
                    {
                        let detail = format!("{sent} was sent, {stored} is stored");
                        let etag = reply.etag.unwrap_or_default();
                        return Err(self.spoiled(name, &etag, is_new, detail).await);
                    }
                }
                Ok(reply.etag.unwrap_or_default())
            }
            Err(error) if error.status == Some(412) => {
                // After more than one attempt it can be the echo of the first.
                if error.attempts > 1
                    && let Ok(head) = self.head(name).await
                    && head.md5.as_ref() == Some(md5)
                {
                    return Ok(head.etag);
                }
                Err(self.there(name))
            }
            Err(error) => Err(refused_sum(name, error)),
        }
    }

    /// What was stored is not what was sent. One that stands in nobody's place is removed again.
    pub(super) async fn spoiled(
        &self,
        name: &str,
        etag: &str,
        is_new: bool,
        detail: String,
    ) -> TransferError {
        let stands = !is_new || self.remove(name, etag).await.is_err();
        TransferError::Spoiled { name: name.to_owned(), detail, stands }
    }

    pub(super) fn there(&self, name: &str) -> TransferError {
        TransferError::There { name: name.to_owned(), bucket: self.bucket().to_owned() }
    }
}

impl Head {
    /// Refuses an object that lies in the archive.
    pub(super) fn readable(&self, name: &str) -> Result<(), TransferError> {
        match self.archival_state.as_deref() {
            Some(state @ ("Archived" | "Restoring")) => {
                Err(TransferError::Archived { name: name.to_owned(), state: state.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

/// The failure of a request that sent bytes: the service may have found that they are not those of their checksum.
pub(super) fn refused_sum(name: &str, error: OciError) -> TransferError {
    if error.code.as_deref().is_some_and(|code| code.starts_with("UnmatchedContent")) {
        return TransferError::Checksum { name: name.to_owned(), detail: error.to_string() };
    }
    error.into()
}

/// A meter that tells a watch.
pub(super) fn meter(watch: &Arc<dyn Watch>) -> Meter {
    let watch = Arc::clone(watch);
    Meter::new(move |bytes| watch.moved(bytes))
}
