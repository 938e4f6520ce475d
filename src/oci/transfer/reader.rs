//! The bytes of a stretch of an object, asked for again where an answer breaks off.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::error::TransferError;
use super::sizes::Stretch;
use super::store::{Head, ObjectStore};
use super::sums::{Expected, Running, Verified};
use crate::model::NoSecrets;
use crate::oci::object_storage as calls;
use crate::oci::retry::{Repeatable, RetryPolicy, chance, pause};
use crate::oci::{Meter, OciError, Opened};

/// Answers that broke off one after the other without a byte between them, before it is given up.
const FRUITLESS: u32 = 5;

/// Reads a stretch in order.
pub(super) struct Reader<'a> {
    store: &'a ObjectStore,
    name: &'a str,
    etag: &'a str,
    size: u64,
    at: u64,
    end: u64,
    opened: Option<Opened>,
    fruitless: u32,
    meter: &'a Meter,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        store: &'a ObjectStore,
        name: &'a str,
        head: &'a Head,
        stretch: Stretch,
        meter: &'a Meter,
    ) -> Self {
        let end = stretch.first + stretch.length;
        let (etag, size) = (head.etag.as_str(), head.size);
        Self { store, name, etag, size, at: stretch.first, end, opened: None, fruitless: 0, meter }
    }

    /// The next bytes; nothing at the end of the stretch.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, TransferError> {
        while self.at < self.end {
            if self.opened.is_none() {
                self.opened = Some(self.open().await?);
            }
            let Some(opened) = &mut self.opened else { continue };
            let left = self.end - self.at;
            let error = match opened.chunk().await {
                Ok(Some(bytes)) if bytes.len() as u64 > left => {
                    let text =
                        format!("the answer with {} is longer than the range that was asked for", self.name);
                    return Err(OciError::local(text)
                        .advise("check that the endpoint is Object Storage itself and not a gateway")
                        .into());
                }
                Ok(Some(bytes)) => {
                    self.at += bytes.len() as u64;
                    self.fruitless = 0;
                    self.meter.moved(bytes.len() as u64);
                    return Ok(Some(bytes));
                }
                Ok(None) => opened.cut_short(self.at, self.end),
                Err(error) => error,
            };
            self.opened = None;
            self.wait_after(error).await?;
        }
        Ok(None)
    }

    /// Waits before the rest is asked for again, or gives up.
    async fn wait_after(&mut self, error: OciError) -> Result<(), TransferError> {
        self.fruitless += 1;
        let policy = RetryPolicy { attempts: FRUITLESS, ..self.store.cloud().retry() };
        // There is no time limit: with every byte that comes the counting begins anew.
        let spent = Duration::ZERO;
        let Some(wait) = pause(&error, Repeatable::Yes, &policy, self.fruitless, spent, chance()) else {
            return Err(error.into());
        };
        tracing::debug!("{error}; the rest is asked for in {} ms", wait.as_millis());
        tokio::select! {
            () = self.store.cancel().cancelled() => Err(TransferError::Interrupted),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    async fn open(&self) -> Result<Opened, TransferError> {
        let (namespace, bucket, object) = self.store.place(self.name);
        let (first, last) = (self.at, self.end - 1);
        let call = calls::get_range(namespace, bucket, object, json!(self.etag), first, last);
        let opened = match self.store.cloud().open(&call, &self.store.context(None), &NoSecrets).await {
            Ok(opened) => opened,
            Err(error) if matches!(error.status, Some(404 | 412 | 416)) => {
                return Err(TransferError::Replaced { name: self.name.to_owned() });
            }
            Err(error) if error.code.as_deref() == Some("NotRestored") => {
                let state = "Archived".to_owned();
                return Err(TransferError::Archived { name: self.name.to_owned(), state });
            }
            Err(error) => return Err(error.into()),
        };
        let wanted = format!("bytes {first}-{last}/{}", self.size);
        let whole = opened.status() == 200 && first == 0 && self.end == self.size;
        if !whole && opened.header("content-range") != Some(wanted.as_str()) {
            let found = opened.header("content-range").unwrap_or("no range at all");
            let text = format!("{wanted} of {} were asked for, and the answer has {found}", self.name);
            return Err(OciError::local(text)
                .advise("check that the endpoint is Object Storage itself and not a gateway")
                .into());
        }
        Ok(opened)
    }
}

impl ObjectStore {
    /// Reads an object from its first byte to its last, in order, and compares its checksum at the end.
    pub(super) async fn read_all(
        &self,
        name: &str,
        head: &Head,
        part: Option<u64>,
        meter: &Meter,
        take: &mut (dyn FnMut(&[u8]) -> std::io::Result<()> + Send),
    ) -> Result<Verified, TransferError> {
        let expected = Expected::of(head, part);
        let mut running = Running::new(expected.kind, expected.part);
        let whole = Stretch { index: 0, first: 0, length: head.size };
        let mut reader = Reader::new(self, name, head, whole, meter);
        while let Some(bytes) = reader.next().await? {
            running.update(&bytes);
            take(&bytes).map_err(|error| match error.kind() {
                std::io::ErrorKind::BrokenPipe => TransferError::NobodyReads,
                _ => TransferError::Local(error),
            })?;
        }
        let compared = expected.compare(&running.finish());
        compared.map_err(|detail| TransferError::Checksum { name: name.to_owned(), detail })
    }
}
