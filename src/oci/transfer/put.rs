//! Uploads: whole where that is enough, else in parts side by side.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use camino::Utf8Path;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::adopt::{Held, Unfinished};
use super::error::{Failed, Left, TransferError};
use super::pieces::{Piece, Source, read_pieces};
use super::sizes::{Stretch, check_name, is_part_number, part_count, part_size, stretches};
use super::store::{Head, ObjectStore, PART_SIZE, Watch, meter, refused_sum};
use super::sums::{Kind, Md5Sum, Sum, base64_crc32c, joined, multipart_md5, read_md5};
use crate::model::act::Reply;
use crate::oci::object_storage::{self as calls, Condition, PartSum};
use crate::oci::{Meter, OciError, Sending};

/// What is asked of an upload.
#[derive(Clone, Debug)]
pub struct PutAsk {
    /// The object's name.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Whether an object of that name may be replaced.
    pub replace: bool,
    /// The size of parts in bytes; by default as it fits.
    pub part_size: Option<u64>,
    /// How many parts are sent at a time.
    pub parallel: usize,
    /// Whether the parts stay in the bucket if it fails.
    pub keep_parts: bool,
}

/// An upload that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The object's length in bytes.
    pub size: u64,
    /// Its entity tag.
    pub etag: String,
    /// Its MD5, with the number of parts where it was stored in parts, as the service gives it.
    pub md5: Option<String>,
    /// The CRC-32C of the whole in base64, where all of it was summed up that way.
    pub crc32c: Option<String>,
    /// How many parts it has; 1 for one that was stored whole.
    pub parts: u64,
    /// Bytes that an earlier attempt had stored.
    pub kept: u64,
}

/// An upload that goes on.
struct Upload<'a> {
    store: &'a ObjectStore,
    ask: &'a PutAsk,
    id: String,
    /// Whether this call began it.
    is_own: bool,
    /// What an earlier attempt stored.
    held: BTreeMap<u32, Held>,
    /// The service has shown that it does not sum parts up with CRC-32C.
    only_md5: AtomicBool,
    watch: &'a Arc<dyn Watch>,
    meter: Meter,
}

/// A part that is stored, and compared.
#[derive(Debug)]
struct Done {
    number: u32,
    etag: String,
    /// Its own, or as the service says where only the other sum was compared.
    md5: Option<Md5Sum>,
    crc32c: Option<u32>,
    length: u64,
    kept: bool,
}

/// What the sums of an object have to be that is made of parts.
#[derive(Debug)]
struct Whole {
    size: u64,
    md5: Option<String>,
    crc32c: Option<String>,
}

impl Whole {
    fn of(parts: &[Done]) -> Self {
        let md5: Option<Vec<Md5Sum>> = parts.iter().map(|part| part.md5).collect();
        let crc32c: Option<Vec<(u32, u64)>> =
            parts.iter().map(|part| part.crc32c.map(|sum| (sum, part.length))).collect();
        Self {
            size: parts.iter().map(|part| part.length).sum(),
            md5: md5.map(|sums| multipart_md5(&sums)),
            crc32c: crc32c.map(|sums| base64_crc32c(joined(sums.into_iter()))),
        }
    }

    /// The sums that are known on both sides: those that were sent and those that are stored.
    fn compared<'a>(
        &'a self,
        md5: Option<&'a str>,
        crc32c: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let both = [(self.md5.as_deref(), md5), (self.crc32c.as_deref(), crc32c)];
        both.into_iter().filter_map(|(sent, stored)| sent.zip(stored))
    }

    /// Whether an object is this one, by all that is known of both.
    fn is(&self, head: &Head) -> bool {
        let mut compared = self.compared(head.multipart_md5.as_deref(), head.crc32c.as_deref()).peekable();
        head.size == self.size && compared.peek().is_some() && compared.all(|(sent, stored)| sent == stored)
    }
}

impl ObjectStore {
    /// Stores a file. An upload of this file that was broken off is gone on with: parts that the service holds and that
    /// have the checksums of the file's are not sent again.
    ///
    /// # Errors
    /// There is an object of that name; the file cannot be read or is changed meanwhile; the service refuses or is not
    /// reached. What was stored is then taken back, unless it is to stay.
    ///
    /// # Cancel safety
    /// Parts that are stored stay, and can be gone on with.
    pub async fn put_file(
        &self,
        path: &Utf8Path,
        ask: &PutAsk,
        watch: &Arc<dyn Watch>,
    ) -> Result<Stored, Failed> {
        check_name(&ask.name)?;
        let source = Source::open(path)?;
        let planned = part_size(source.size, ask.part_size)?;
        watch.begins(Some(source.size));
        let outcome = if source.size <= planned {
            let whole = Stretch { index: 0, first: 0, length: source.size };
            self.put_one(ask, &Piece::File(source.clone(), whole), &meter(watch)).await.map_err(Failed::from)
        } else {
            self.put_in_parts(&source, planned, ask, watch).await
        };
        outcome.map_err(|mut failed| {
            // Whatever the service says of bytes that do not fit their checksum, this is why.
            if !source.is_unchanged() && !matches!(failed.error, TransferError::Interrupted) {
                failed.error = TransferError::Changed(source.path.clone());
            }
            failed
        })
    }

    async fn put_in_parts(
        &self,
        source: &Source,
        planned: u64,
        ask: &PutAsk,
        watch: &Arc<dyn Watch>,
    ) -> Result<Stored, Failed> {
        let mut part = planned;
        let mut found = None;
        let mut other = None;
        if let Some(unfinished) = self.unfinished(&ask.name).await? {
            let size = match ask.part_size {
                Some(asked) => asked,
                None => unfinished.part_size(planned, Some(source.size)),
            };
            if self.is_of(&unfinished, source, size).await? {
                part = size;
                found = Some(unfinished);
            } else {
                watch.says(&left_alone(&unfinished, &ask.name));
                other = Some(unfinished.id);
            }
        }
        let upload = self.begin(found, other.as_deref(), part, ask, watch).await?;
        let pieces = stretches(source.size, part).map(|stretch| Ok(Piece::File(source.clone(), stretch)));
        upload.finish(futures::stream::iter(pieces), Some(source)).await
    }

    /// Whether an upload is of this file: its first part that is there fits. One without parts may be of anything, in parts of
    /// any size, and another process may be at work on it.
    async fn is_of(&self, found: &Unfinished, source: &Source, part: u64) -> Result<bool, TransferError> {
        let Some((number, held)) = found.parts.first_key_value() else { return Ok(false) };
        let index = u64::from(*number).saturating_sub(1);
        let Some(stretch) = stretches(source.size, part).nth(usize::try_from(index).unwrap_or(usize::MAX))
        else {
            return Ok(false);
        };
        Ok(held.size == stretch.length && held.md5 == Piece::File(source.clone(), stretch).md5().await?)
    }

    /// Stores what a stream gives, in parts of at least 10 MiB if it is longer than one.
    ///
    /// # Errors
    /// As with [`Self::put_file`]; or the stream is too long for its parts.
    ///
    /// # Cancel safety
    /// Parts that are stored stay.
    pub async fn put_stream(
        &self,
        stream: Box<dyn Read + Send>,
        ask: &PutAsk,
        watch: &Arc<dyn Watch>,
    ) -> Result<Stored, Failed> {
        check_name(&ask.name)?;
        let part = part_size(0, Some(ask.part_size.unwrap_or(super::LEAST_PART)))?;
        watch.begins(None);
        let mut pieces = Box::pin(read_pieces(stream, part, self.cancel().clone()));
        let first = pieces.next().await.transpose()?.unwrap_or(Piece::Memory(1, Bytes::new()));
        if first.length() < part {
            let stored = self.put_one(ask, &first, &Meter::default()).await?;
            watch.moved(i64::try_from(stored.size).unwrap_or(i64::MAX));
            return Ok(stored);
        }
        let mut found = None;
        let mut other = None;
        if let Some(unfinished) = self.unfinished(&ask.name).await? {
            let fits = match unfinished.parts.get(&1) {
                Some(held) => held.size == part && held.md5 == first.md5().await?,
                None => false,
            };
            if fits {
                found = Some(unfinished);
            } else {
                watch.says(&left_alone(&unfinished, &ask.name));
                other = Some(unfinished.id);
            }
        }
        let upload = self.begin(found, other.as_deref(), part, ask, watch).await?;
        let all = futures::stream::iter([Ok(first)]).chain(pieces);
        upload.finish(all, None).await
    }

    /// Stores a piece as a whole object.
    async fn put_one(&self, ask: &PutAsk, piece: &Piece, meter: &Meter) -> Result<Stored, TransferError> {
        let sums = piece.sums([Kind::Md5, Kind::Crc32c]).await?.map(|sum| sum.text());
        let payload = piece.payload(meter);
        let etag = self.put_whole(&ask.name, payload, &ask.content_type, &sums, condition(ask)).await?;
        let [md5, crc32c] = sums.map(Some);
        Ok(Stored { size: piece.length(), etag, md5, crc32c, parts: 1, kept: 0 })
    }

    /// Goes on with an upload, or begins one beside another that is left alone.
    async fn begin<'a>(
        &'a self,
        found: Option<Unfinished>,
        other: Option<&str>,
        part: u64,
        ask: &'a PutAsk,
        watch: &'a Arc<dyn Watch>,
    ) -> Result<Upload<'a>, TransferError> {
        if let Some(found) = found {
            watch.says(&format!(
                "going on with the upload of {} that was begun at {}: {} of its parts are there",
                ask.name,
                found.begun,
                found.parts.len()
            ));
            return Ok(Upload { is_own: false, ..self.upload(ask, found.id, found.parts, watch) });
        }
        let (namespace, bucket, object) = self.place(&ask.name);
        let metadata = json!({ PART_SIZE: part.to_string() });
        let call =
            calls::create_upload(namespace, bucket, object, &ask.content_type, metadata, condition(ask));
        let reply = match self.send(&call, None).await {
            Ok(reply) => reply,
            Err(error) if error.status == Some(412) => return Err(self.there(&ask.name)),
            Err(error) if error.sending == Sending::Lost && error.category.passes() => {
                // An upload whose answer was lost is there without parts, and was not before.
                return match self.unfinished(&ask.name).await? {
                    Some(found) if found.parts.is_empty() && Some(found.id.as_str()) != other => {
                        Ok(self.upload(ask, found.id, found.parts, watch))
                    }
                    _ => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        };
        let Some(id) = reply.value["uploadId"].as_str() else {
            return Err(OciError::local("the service began an upload and gave no id for it")
                .advise("check that the endpoint is Object Storage itself and not a gateway")
                .into());
        };
        Ok(self.upload(ask, id.to_owned(), BTreeMap::new(), watch))
    }

    fn upload<'a>(
        &'a self,
        ask: &'a PutAsk,
        id: String,
        held: BTreeMap<u32, Held>,
        watch: &'a Arc<dyn Watch>,
    ) -> Upload<'a> {
        let (only_md5, meter) = (AtomicBool::new(false), meter(watch));
        Upload { store: self, ask, id, is_own: true, held, only_md5, watch, meter }
    }
}

fn left_alone(found: &Unfinished, name: &str) -> String {
    format!("another upload of {name} was begun at {} and not ended; it is left alone", found.begun)
}

fn condition(ask: &PutAsk) -> Condition {
    if ask.replace { Condition::Always } else { Condition::Absent }
}

impl Upload<'_> {
    /// Stores all pieces and makes them an object. What fails is taken back, unless it is to stay or was only broken off.
    async fn finish(
        self,
        pieces: impl Stream<Item = Result<Piece, TransferError>> + Send,
        source: Option<&Source>,
    ) -> Result<Stored, Failed> {
        let outcome = async {
            let mut done: Vec<Done> = pieces
                .map_ok(|piece| self.part(piece))
                .try_buffer_unordered(self.ask.parallel.max(1))
                .try_collect()
                .await?;
            if let Some(changed) = source.filter(|source| !source.is_unchanged()) {
                return Err(TransferError::Changed(changed.path.clone()));
            }
            done.sort_by_key(|part| part.number);
            self.commit(&done).await
        };
        let error = match outcome.await {
            Ok(stored) => return Ok(stored),
            Err(error) => error,
        };
        if matches!(error, TransferError::Spoiled { .. }) {
            return Err(Failed { error, left: Left::Nothing });
        }
        if matches!(error, TransferError::There { .. } | TransferError::Checksum { .. }) {
            // It can come to nothing any more: no object of that name may be made, or bytes are spoilt on the way.
            let left = self.abort().await;
            return Err(Failed { error, left });
        }
        // What another call began may still be wanted there.
        let left = if self.ask.keep_parts || !self.is_own || matches!(error, TransferError::Interrupted) {
            Left::Upload { id: self.id, because: None }
        } else {
            self.abort().await
        };
        Err(Failed { error, left })
    }

    async fn part(&self, piece: Piece) -> Result<Done, TransferError> {
        let number = u32::try_from(piece.number()).unwrap_or(u32::MAX);
        if !is_part_number(piece.number()) {
            return Err(TransferError::TooLong(self.ask.part_size.unwrap_or(super::LEAST_PART) >> 20));
        }
        let length = piece.length();
        if let Some(held) = self.held.get(&number).filter(|held| held.size == length) {
            let sums = piece.sums([Kind::Md5, Kind::Crc32c]).await?;
            if let [Sum::Md5(md5), Sum::Crc32c(crc32c)] = sums
                && held.md5 == sums[0].text()
            {
                self.watch.kept(length);
                let etag = held.etag.clone();
                return Ok(Done { number, etag, md5: Some(md5), crc32c: Some(crc32c), length, kept: true });
            }
        }
        loop {
            let kind = if self.only_md5.load(Ordering::Relaxed) { Kind::Md5 } else { Kind::Crc32c };
            let [sum] = piece.sums([kind]).await?;
            let reply = self.send_part(&piece, number, sum).await?;
            let header = |name: &str| reply.value[name].as_str();
            let (md5, stored) = (header("opc-content-md5"), header("opc-content-crc32c"));
            let (md5, crc32c, stored) = match sum {
                Sum::Md5(own) => (Some(own), None, md5),
                // Nobody has compared these bytes: the service does not know this sum.
                Sum::Crc32c(_) if stored.is_none() => {
                    self.only_md5.store(true, Ordering::Relaxed);
                    self.meter.take_back(length);
                    continue;
                }
                Sum::Crc32c(own) => (md5.and_then(read_md5), Some(own), stored),
            };
            if let Some(stored) = stored.filter(|stored| *stored != sum.text()) {
                let detail = format!("part {number}: {} was sent, {stored} is stored", sum.text());
                return Err(TransferError::Checksum { name: self.ask.name.clone(), detail });
            }
            let etag = reply.etag.clone().unwrap_or_default();
            return Ok(Done { number, etag, md5, crc32c, length, kept: false });
        }
    }

    async fn send_part(&self, piece: &Piece, number: u32, sum: Sum) -> Result<Reply, TransferError> {
        let (namespace, bucket, object) = self.store.place(&self.ask.name);
        let sum = match sum {
            Sum::Md5(_) => PartSum::Md5(sum.text()),
            Sum::Crc32c(_) => PartSum::Crc32c(sum.text()),
        };
        let call = calls::put_part(namespace, bucket, object, json!(self.id), number, &sum);
        let reply = self.store.send(&call, Some(piece.payload(&self.meter))).await;
        let reply = reply.map_err(|error| refused_sum(&self.ask.name, error))?;
        if let Piece::Memory(..) = piece {
            self.meter.moved(piece.length());
        }
        Ok(reply)
    }

    /// Makes the object, and compares its checksum with that of what was sent.
    async fn commit(&self, done: &[Done]) -> Result<Stored, TransferError> {
        let whole = Whole::of(done);
        let parts: Value =
            done.iter().map(|part| json!({"partNum": part.number, "etag": part.etag})).collect();
        let excluded: Vec<u32> = self
            .held
            .keys()
            .copied()
            .filter(|number| done.binary_search_by_key(number, |part| part.number).is_err())
            .collect();
        let (namespace, bucket, object) = self.store.place(&self.ask.name);
        let id = json!(self.id);
        let call =
            calls::commit_upload(namespace, bucket, object, id, parts, json!(excluded), condition(self.ask));
        let kept = done.iter().filter(|part| part.kept).map(|part| part.length).sum();
        let stored = |etag: String, md5: Option<String>, crc32c: Option<String>| {
            Ok(Stored { size: whole.size, etag, md5, crc32c, parts: part_count(done.len() as u64, 1), kept })
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.store.send(&call, None).await {
                Ok(reply) => {
                    let header = |name: &str| reply.value[name].as_str();
                    let (md5, crc32c) = (header("opc-multipart-md5"), header("opc-content-crc32c"));
                    if let Some((sent, found)) =
                        whole.compared(md5, crc32c).find(|(sent, found)| sent != found)
                    {
                        let detail = format!("{sent} was sent, {found} is stored");
                        let etag = reply.etag.unwrap_or_default();
                        return Err(self
                            .store
                            .spoiled(&self.ask.name, &etag, !self.ask.replace, detail)
                            .await);
                    }
                    let (md5, crc32c) = (md5.or(whole.md5.as_deref()), crc32c.map(str::to_owned));
                    let md5 = md5.map(str::to_owned);
                    return stored(reply.etag.unwrap_or_default(), md5, crc32c);
                }
                Err(error) => error,
            };
            let lost = error.sending == Sending::Lost && error.category.passes();
            // The answer to it, or to an attempt before it, may have been lost: then the object is there.
            if (lost || error.attempts > 1 || tries > 1)
                && let Ok(head) = self.store.head(&self.ask.name).await
                && whole.is(&head)
            {
                return stored(head.etag, head.multipart_md5, head.crc32c);
            }
            if error.status == Some(412) {
                return Err(self.store.there(&self.ask.name));
            }
            if !lost || tries == 3 {
                return Err(error.into());
            }
        }
    }

    /// Gives the upload up. It may be ended already.
    async fn abort(self) -> Left {
        let (namespace, bucket, object) = self.store.place(&self.ask.name);
        let call = calls::abort_upload(namespace, bucket, object, json!(self.id));
        let mut tries = 0;
        loop {
            tries += 1;
            match self.store.send(&call, None).await {
                Ok(_) => return Left::Nothing,
                Err(error) if error.status == Some(404) => return Left::Nothing,
                Err(error) if error.sending == Sending::Lost && tries < 3 => {}
                Err(error) => {
                    return Left::Upload { id: self.id, because: Some(error.to_string()) };
                }
            }
        }
    }
}
