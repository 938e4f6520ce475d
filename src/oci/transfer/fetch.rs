//! Downloads: ranges side by side, into a file that gets its name when it is whole.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use bytes::Bytes;
use camino::Utf8Path;
use futures::{StreamExt as _, TryStreamExt as _};

use super::check;
use super::error::{Failed, Left, TransferError};
use super::partial::{About, Partial, write_at};
use super::reader::Reader;
use super::sizes::{Stretch, range_size, stretches};
use super::store::{Head, ObjectStore, Watch, meter};
use super::sums::{Expected, Kind, Sum, Summing, Verified};
use crate::oci::Meter;

/// Bytes that are written in one go.
const BATCH: usize = 1024 * 1024;

/// What is asked of a download.
#[derive(Clone, Debug)]
pub struct GetAsk {
    /// The object's name.
    pub name: String,
    /// Whether a file of that name may be replaced.
    pub replace: bool,
    /// The size of the object's parts in bytes, where the user knows it and the object does not say it.
    pub part_size: Option<u64>,
    /// How many ranges are asked for at a time.
    pub parallel: usize,
}

/// A download that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The object.
    pub head: Head,
    /// How its bytes were compared.
    pub verified: Verified,
    /// Bytes that an earlier attempt had fetched.
    pub kept: u64,
}

impl ObjectStore {
    /// Fetches an object into a file. It is written to `FILE.part`, whose finished ranges stay if it breaks off, and gets
    /// its name when it is whole and has the object's checksum.
    ///
    /// # Errors
    /// The object is not there, archived, or replaced meanwhile; the file is there; disk or service fail.
    ///
    /// # Cancel safety
    /// What is finished can be gone on with.
    pub async fn get_file(
        &self,
        target: &Utf8Path,
        ask: &GetAsk,
        watch: &Arc<dyn Watch>,
    ) -> Result<Fetched, Failed> {
        if !ask.replace && target.exists() {
            return Err(TransferError::FileThere(target.to_owned()).into());
        }
        let head = self.head(&ask.name).await?;
        head.readable(&ask.name)?;
        let expected = Expected::of(&head, ask.part_size);
        let about = About {
            v: 1,
            bucket: self.bucket().to_owned(),
            name: ask.name.clone(),
            etag: head.etag.clone(),
            size: head.size,
            range: range_size(head.size, expected.parts()),
        };
        let mut partial = Partial::open(target, &about)?;
        let outcome = self.fill(&mut partial, &head, &expected, ask, watch).await;
        let path = partial.path.clone();
        let bytes = held(&partial, head.size);
        match outcome {
            Ok((verified, kept)) => match partial.commit(target, ask.replace) {
                Ok(()) => Ok(Fetched { head, verified, kept }),
                Err(error) => Err(Failed { error, left: Left::Partial { path, bytes } }),
            },
            // What is there is of no use any more.
            Err(error @ (TransferError::Replaced { .. } | TransferError::Checksum { .. })) => {
                let left = match partial.discard() {
                    Ok(()) => Left::Nothing,
                    Err(_) => Left::Partial { path, bytes },
                };
                Err(Failed { error, left })
            }
            Err(error) => {
                let empty = bytes == 0 && partial.discard().is_ok();
                let left = if empty { Left::Nothing } else { Left::Partial { path, bytes } };
                Err(Failed { error, left })
            }
        }
    }

    async fn fill(
        &self,
        partial: &mut Partial,
        head: &Head,
        expected: &Expected,
        ask: &GetAsk,
        watch: &Arc<dyn Watch>,
    ) -> Result<(Verified, u64), TransferError> {
        let kept = held(partial, head.size);
        let expected = &expected.clone().in_ranges(partial.range);
        watch.begins(Some(head.size));
        if kept > 0 {
            watch.kept(kept);
        }
        let (tell, told) = std::sync::mpsc::channel();
        for index in &partial.there {
            // It is received as long as the checking goes on.
            tell.send((*index, None)).ok();
        }
        let checking = {
            let (file, expected, range) = (Arc::clone(&partial.file), expected.clone(), partial.range);
            let size = head.size;
            tokio::task::spawn_blocking(move || check::sums(&told, &file, size, range, &expected))
        };
        // Sums of other stretches than the expected ones would be of no use.
        let fits = expected.part == partial.range || head.size <= partial.range.min(expected.part);
        let summed = fits.then_some(expected.kind);
        let fetched = self.ranges(partial, head, ask, &tell, (summed, &meter(watch))).await;
        drop(tell);
        let sums = checking.await.map_err(std::io::Error::other).flatten();
        fetched?;
        let compared = expected.compare(&sums?);
        let verified =
            compared.map_err(|detail| TransferError::Checksum { name: ask.name.clone(), detail })?;
        Ok((verified, kept))
    }

    async fn ranges(
        &self,
        partial: &mut Partial,
        head: &Head,
        ask: &GetAsk,
        tell: &Sender<(u64, Option<Sum>)>,
        (summed, meter): (Option<Kind>, &Meter),
    ) -> Result<(), TransferError> {
        let missing: Vec<Stretch> = stretches(head.size, partial.range)
            .filter(|stretch| !partial.there.contains(&stretch.index))
            .collect();
        let (file, path) = (Arc::clone(&partial.file), partial.path.clone());
        let mut ranges = futures::stream::iter(missing)
            .map(|stretch| {
                let sum = summed.map(Summing::new);
                let sink = Sink { file: Arc::clone(&file), at: stretch.first, sum };
                let path = path.clone();
                async move {
                    let sum = self.range(head, ask, stretch, sink, &path, meter).await?;
                    Ok::<_, TransferError>((stretch.index, sum))
                }
            })
            .buffer_unordered(ask.parallel.max(1));
        while let Some((index, sum)) = ranges.try_next().await? {
            partial.finished(index)?;
            // If nobody receives it, the checking has failed and says why.
            tell.send((index, sum)).ok();
        }
        Ok(())
    }

    /// Fetches one range. While one batch is written the next one comes.
    async fn range(
        &self,
        head: &Head,
        ask: &GetAsk,
        stretch: Stretch,
        sink: Sink,
        path: &Utf8Path,
        meter: &Meter,
    ) -> Result<Option<Sum>, TransferError> {
        let mut reader = Reader::new(self, &ask.name, head, stretch, meter);
        let (mut batch, mut length) = (Vec::new(), 0);
        let mut writing = tokio::task::spawn_blocking(move || Ok(sink));
        loop {
            let chunk = reader.next().await?;
            let ended = chunk.is_none();
            if let Some(bytes) = chunk {
                length += bytes.len();
                batch.push(bytes);
            }
            if ended || length >= BATCH {
                let sink = writing.await.map_err(std::io::Error::other).flatten();
                let sink = sink.map_err(|error| TransferError::writing(path, error))?;
                let full = std::mem::take(&mut batch);
                length = 0;
                writing = tokio::task::spawn_blocking(move || sink.take(&full));
            }
            if ended {
                let sink = writing.await.map_err(std::io::Error::other).flatten();
                let sink = sink.map_err(|error| TransferError::writing(path, error))?;
                return Ok(sink.sum.map(|mut sum| sum.finish()));
            }
        }
    }

    /// Reads an object in order, for a stream. The checksum is compared at the end, when all was handed over.
    ///
    /// # Errors
    /// As with [`Self::get_file`]; or the bytes are not taken.
    pub async fn get_stream(
        &self,
        ask: &GetAsk,
        watch: &Arc<dyn Watch>,
        take: &mut (dyn FnMut(&[u8]) -> std::io::Result<()> + Send),
    ) -> Result<Fetched, TransferError> {
        let head = self.head(&ask.name).await?;
        head.readable(&ask.name)?;
        watch.begins(Some(head.size));
        let verified = self.read_all(&ask.name, &head, ask.part_size, &meter(watch), take).await?;
        Ok(Fetched { head, verified, kept: 0 })
    }
}

/// How many bytes are there.
fn held(partial: &Partial, size: u64) -> u64 {
    let each = partial.range;
    partial.there.iter().map(|index| each.min(size.saturating_sub(index * each))).sum()
}

/// Where the bytes of a range go.
struct Sink {
    file: Arc<fs_err::File>,
    at: u64,
    /// Of all that was written, where it is wanted.
    sum: Option<Summing>,
}

impl Sink {
    fn take(mut self, batch: &[Bytes]) -> std::io::Result<Self> {
        for bytes in batch {
            write_at(&self.file, bytes, self.at)?;
            if let Some(sum) = &mut self.sum {
                sum.update(bytes);
            }
            self.at += bytes.len() as u64;
        }
        Ok(self)
    }
}
