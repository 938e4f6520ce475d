//! Uploads: whole where that is enough, else in parts side by side.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use camino::{Utf8Path, Utf8PathBuf};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use super::adopt::{Held, Unfinished};
use super::error::{Failed, Left, TransferError};
use super::sizes::{Stretch, check_name, is_part_number, part_count, part_size, stretches};
use super::store::{ObjectStore, PART_SIZE, Watch, meter};
use super::sums::{Sum, base64_md5, md5, multipart_md5};
use crate::oci::object_storage::{self as calls, Condition};
use crate::oci::payload::read_at;
use crate::oci::{FilePart, Meter, OciError, Payload, Sending};

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
    pub md5: String,
    /// How many parts it has; 1 for one that was stored whole.
    pub parts: u64,
    /// Bytes that an earlier attempt had stored.
    pub kept: u64,
}

/// A file, as it was when its upload began.
#[derive(Clone, Debug)]
struct Source {
    file: Arc<fs_err::File>,
    path: Utf8PathBuf,
    size: u64,
    modified: Option<std::time::SystemTime>,
}

impl Source {
    fn open(path: &Utf8Path) -> Result<Self, TransferError> {
        let file = fs_err::File::open(path)?;
        let about = file.metadata()?;
        Ok(Self {
            file: Arc::new(file),
            path: path.to_owned(),
            size: about.len(),
            modified: about.modified().ok(),
        })
    }

    /// Whether it is still what it was.
    fn is_unchanged(&self) -> bool {
        self.file.metadata().is_ok_and(|now| now.len() == self.size && now.modified().ok() == self.modified)
    }

    async fn md5(&self, stretch: Stretch) -> Result<Sum, TransferError> {
        let file = Arc::clone(&self.file);
        let sum = tokio::task::spawn_blocking(move || {
            let (mut sum, mut buffer) = (Md5::new(), vec![0; 256 * 1024]);
            let (mut at, end) = (stretch.first, stretch.first + stretch.length);
            while at < end {
                let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
                match read_at(&file, &mut buffer[..room], at)? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    read => {
                        sum.update(&buffer[..read]);
                        at += read as u64;
                    }
                }
            }
            Ok(Sum::from(sum.finalize()))
        });
        Ok(sum.await.map_err(std::io::Error::other).flatten()?)
    }
}

/// The bytes of one part.
#[derive(Clone, Debug)]
enum Piece {
    File(Source, Stretch),
    Memory(u64, Bytes),
}

impl Piece {
    /// The part's number, from 1 on.
    fn number(&self) -> u64 {
        match self {
            Self::File(_, stretch) => stretch.index + 1,
            Self::Memory(number, _) => *number,
        }
    }

    fn length(&self) -> u64 {
        match self {
            Self::File(_, stretch) => stretch.length,
            Self::Memory(_, bytes) => bytes.len() as u64,
        }
    }

    async fn md5(&self) -> Result<Sum, TransferError> {
        match self {
            Self::File(source, stretch) => source.md5(*stretch).await,
            Self::Memory(_, bytes) => {
                let bytes = bytes.clone();
                Ok(tokio::task::spawn_blocking(move || md5(&bytes)).await.map_err(std::io::Error::other)?)
            }
        }
    }

    fn payload(&self, meter: &Meter) -> Payload {
        match self {
            Self::File(source, stretch) => {
                let file = Arc::clone(&source.file);
                Payload::File(FilePart::new(file, stretch.first, stretch.length, meter.clone()))
            }
            Self::Memory(_, bytes) => bytes.clone().into(),
        }
    }
}

/// An upload that goes on.
struct Upload<'a> {
    store: &'a ObjectStore,
    ask: &'a PutAsk,
    id: String,
    /// What an earlier attempt stored.
    held: BTreeMap<u32, Held>,
    watch: &'a Arc<dyn Watch>,
    meter: Meter,
}

/// A part that is stored.
struct Done {
    number: u32,
    etag: String,
    sum: Sum,
    length: u64,
    kept: bool,
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
            }
        }
        let upload = self.begin(found, part, ask, watch).await?;
        let pieces = stretches(source.size, part).map(|stretch| Ok(Piece::File(source.clone(), stretch)));
        upload.finish(futures::stream::iter(pieces), Some(source)).await
    }

    /// Whether an upload is of this file: nothing of it is there yet, or its first part that is there fits.
    async fn is_of(&self, found: &Unfinished, source: &Source, part: u64) -> Result<bool, TransferError> {
        let Some((number, held)) = found.parts.first_key_value() else { return Ok(true) };
        let index = u64::from(*number).saturating_sub(1);
        let Some(stretch) = stretches(source.size, part).nth(usize::try_from(index).unwrap_or(usize::MAX))
        else {
            return Ok(false);
        };
        Ok(held.size == stretch.length && held.md5 == base64_md5(&source.md5(stretch).await?))
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
        if let Some(unfinished) = self.unfinished(&ask.name).await? {
            let fits = match unfinished.parts.get(&1) {
                Some(held) => held.size == part && held.md5 == base64_md5(&first.md5().await?),
                None => unfinished.parts.is_empty(),
            };
            if fits {
                found = Some(unfinished);
            } else {
                watch.says(&left_alone(&unfinished, &ask.name));
            }
        }
        let upload = self.begin(found, part, ask, watch).await?;
        let all = futures::stream::iter([Ok(first)]).chain(pieces);
        upload.finish(all, None).await
    }

    /// Stores a piece as a whole object.
    async fn put_one(&self, ask: &PutAsk, piece: &Piece, meter: &Meter) -> Result<Stored, TransferError> {
        let sum = base64_md5(&piece.md5().await?);
        let payload = piece.payload(meter);
        let etag = self.put_whole(&ask.name, payload, &ask.content_type, &sum, condition(ask)).await?;
        Ok(Stored { size: piece.length(), etag, md5: sum, parts: 1, kept: 0 })
    }

    /// Goes on with an upload, or begins one.
    async fn begin<'a>(
        &'a self,
        found: Option<Unfinished>,
        part: u64,
        ask: &'a PutAsk,
        watch: &'a Arc<dyn Watch>,
    ) -> Result<Upload<'a>, TransferError> {
        let meter = meter(watch);
        if let Some(found) = found {
            if !found.parts.is_empty() {
                watch.says(&format!(
                    "going on with the upload of {} that was begun at {}: {} of its parts are there",
                    ask.name,
                    found.begun,
                    found.parts.len()
                ));
            }
            return Ok(Upload { store: self, ask, id: found.id, held: found.parts, watch, meter });
        }
        let (namespace, bucket, object) = self.place(&ask.name);
        let metadata = json!({ PART_SIZE: part.to_string() });
        let call =
            calls::create_upload(namespace, bucket, object, &ask.content_type, metadata, condition(ask));
        let reply = match self.send(&call, None).await {
            Ok(reply) => reply,
            Err(error) if error.status == Some(412) => return Err(self.there(&ask.name)),
            Err(error) if error.sending == Sending::Lost && error.category.passes() => {
                // An upload whose answer was lost is there without parts; a second one is not needed.
                return match self.unfinished(&ask.name).await? {
                    Some(found) if found.parts.is_empty() => {
                        Ok(Upload { store: self, ask, id: found.id, held: found.parts, watch, meter })
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
        Ok(Upload { store: self, ask, id: id.to_owned(), held: BTreeMap::new(), watch, meter })
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
        if matches!(error, TransferError::There { .. } | TransferError::Checksum { .. }) {
            // A commit that was refused or is done; there is something to end in the first case only.
            let left = self.abort().await;
            return Err(Failed { error, left });
        }
        let left = if self.ask.keep_parts || matches!(error, TransferError::Interrupted) {
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
        let (sum, length) = (piece.md5().await?, piece.length());
        let text = base64_md5(&sum);
        if let Some(held) = self.held.get(&number)
            && held.size == length
            && held.md5 == text
        {
            self.watch.kept(length);
            return Ok(Done { number, etag: held.etag.clone(), sum, length, kept: true });
        }
        let (namespace, bucket, object) = self.store.place(&self.ask.name);
        let call = calls::put_part(namespace, bucket, object, json!(self.id), number, json!(text));
        let reply = self.store.send(&call, Some(piece.payload(&self.meter))).await?;
        if let Piece::Memory(..) = piece {
            self.meter.moved(length);
        }
        if let Some(stored) = reply.value["opc-content-md5"].as_str()
            && stored != text
        {
            let detail = format!("part {number}: {text} was sent, {stored} is stored");
            return Err(TransferError::Checksum { name: self.ask.name.clone(), detail });
        }
        Ok(Done { number, etag: reply.etag.unwrap_or_default(), sum, length, kept: false })
    }

    /// Makes the object, and compares its checksum with that of what was sent.
    async fn commit(&self, done: &[Done]) -> Result<Stored, TransferError> {
        let sums: Vec<Sum> = done.iter().map(|part| part.sum).collect();
        let wanted = multipart_md5(&sums);
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
        let size = done.iter().map(|part| part.length).sum();
        let kept = done.iter().filter(|part| part.kept).map(|part| part.length).sum();
        let stored = |etag: String, md5: String| {
            Ok(Stored { size, etag, md5, parts: part_count(done.len() as u64, 1), kept })
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.store.send(&call, None).await {
                Ok(reply) => {
                    let found = reply.value["opc-multipart-md5"].as_str().unwrap_or(&wanted).to_owned();
                    if found != wanted {
                        let detail = format!("{wanted} was sent, {found} is stored");
                        return Err(TransferError::Checksum { name: self.ask.name.clone(), detail });
                    }
                    return stored(reply.etag.unwrap_or_default(), found);
                }
                Err(error) => error,
            };
            let lost = error.sending == Sending::Lost && error.category.passes();
            // The answer to it, or to an attempt before it, may have been lost: then the object is there.
            if (lost || error.attempts > 1 || tries > 1)
                && let Ok(head) = self.store.head(&self.ask.name).await
                && head.multipart_md5.as_deref() == Some(&wanted)
            {
                return stored(head.etag, wanted);
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

/// Buffers that are used again: the allocator would keep one for every thread that ever read a piece.
type Pool = Arc<Mutex<Vec<Vec<u8>>>>;

/// The bytes of a piece; their buffer goes back when nobody needs them any more.
struct Pooled {
    bytes: Vec<u8>,
    pool: Pool,
}

impl AsRef<[u8]> for Pooled {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

/// Reads a stream in pieces of one size. One piece is read at a time, and only when there is room for it.
fn read_pieces(
    stream: Box<dyn Read + Send>,
    part: u64,
    cancel: tokio_util::sync::CancellationToken,
) -> impl Stream<Item = Result<Piece, TransferError>> + Send {
    let pool = Pool::default();
    let begin = Some((stream, 1_u64));
    futures::stream::try_unfold(begin, move |state| {
        let (cancel, pool) = (cancel.clone(), Arc::clone(&pool));
        async move {
            let Some((mut stream, number)) = state else { return Ok(None) };
            let used = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let read = tokio::task::spawn_blocking(move || {
                let mut bytes =
                    used.unwrap_or_else(|| Vec::with_capacity(usize::try_from(part).unwrap_or(0)));
                let read = stream.by_ref().take(part).read_to_end(&mut bytes);
                read.map(|_| (bytes, stream))
            });
            let read = tokio::select! {
                () = cancel.cancelled() => return Err(TransferError::Interrupted),
                read = read => read,
            };
            let (bytes, stream) = read.map_err(std::io::Error::other).flatten()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let ended = (bytes.len() as u64) < part;
            let next = if ended { None } else { Some((stream, number + 1)) };
            let bytes = Bytes::from_owner(Pooled { bytes, pool });
            Ok(Some((Piece::Memory(number, bytes), next)))
        }
    })
}
