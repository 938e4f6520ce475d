//! The bytes of a request's body: in memory, or a stretch of a file that is read while it is sent.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use futures::Stream;

use super::error::OciError;

/// How many bytes of a file are in memory at a time.
const CHUNK: u64 = 256 * 1024;

/// Buffers that are used again. Fresh ones of this size come from the system with every page to be made, which takes
/// longer than filling them, and the allocator keeps one for every thread that ever had one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

impl Pool {
    /// A buffer that is as it was given back; the first time it is empty.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// The first `length` bytes of a buffer, which comes back when nobody needs them any more.
    pub(crate) fn lend(&self, buffer: Vec<u8>, length: usize) -> Bytes {
        Bytes::from_owner(Lent { buffer, length, pool: self.clone() })
    }
}

struct Lent {
    buffer: Vec<u8>,
    length: usize,
    pool: Pool,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        self.pool.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// Told of bytes as they move. A transfer that is begun again takes its bytes back first.
#[derive(Clone)]
pub struct Meter(Arc<dyn Fn(i64) + Send + Sync>);

impl Meter {
    /// Calls `told` with the number of bytes, less than nothing for those that are taken back.
    pub fn new(told: impl Fn(i64) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    /// Says that bytes moved.
    pub fn moved(&self, bytes: u64) {
        (self.0)(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Takes back what was said of a transfer that failed.
    pub fn take_back(&self, bytes: u64) {
        (self.0)(-i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}

/// The bytes of a body.
#[derive(Clone, Debug)]
pub enum Payload {
    /// In memory.
    Bytes(Bytes),
    /// Read from a file while they are sent.
    File(FilePart),
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<&'static str> for Payload {
    fn from(text: &'static str) -> Self {
        Self::Bytes(Bytes::from_static(text.as_bytes()))
    }
}

impl Payload {
    /// How many bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(part) => part.length,
        }
    }

    /// The bytes, where they are in memory.
    pub fn in_memory(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::File(_) => None,
        }
    }

    /// A body for one attempt.
    pub(super) fn body(&self) -> reqwest::Body {
        match self {
            Self::Bytes(bytes) => bytes.clone().into(),
            Self::File(part) => reqwest::Body::wrap_stream(part.clone().stream()),
        }
    }

    /// Why the bytes could not be read, if that is what broke the attempt.
    pub(super) fn broken(&self) -> Option<OciError> {
        let Self::File(part) = self else { return None };
        let why = part.shared.broken.get()?;
        Some(OciError::local(format!("the file could not be read while it was sent: {why}")))
    }
}

/// A stretch of a file. Clones read the same file, each from where it wants.
#[derive(Clone, Debug)]
pub struct FilePart {
    file: Arc<fs_err::File>,
    first: u64,
    length: u64,
    meter: Meter,
    pool: Pool,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// What the meter was told of the attempt that goes on.
    sent: AtomicU64,
    broken: OnceLock<String>,
}

impl FilePart {
    /// `length` bytes from `first` on.
    pub fn new(file: Arc<fs_err::File>, first: u64, length: u64, meter: Meter) -> Self {
        Self { file, first, length, meter, pool: Pool::default(), shared: Arc::default() }
    }

    fn stream(self) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        self.meter.take_back(self.shared.sent.swap(0, Ordering::Relaxed));
        futures::stream::try_unfold((self, 0), |(part, done)| async move {
            let take = CHUNK.min(part.length - done);
            if take == 0 {
                return Ok(None);
            }
            let (file, pool, from) = (Arc::clone(&part.file), part.pool.clone(), part.first + done);
            let read = tokio::task::spawn_blocking(move || read_whole(&file, &pool, from, take));
            match read.await.map_err(std::io::Error::other).flatten() {
                Ok(bytes) => {
                    part.shared.sent.fetch_add(take, Ordering::Relaxed);
                    part.meter.moved(take);
                    Ok(Some((bytes, (part, done + take))))
                }
                Err(error) => {
                    // The first reason counts.
                    part.shared.broken.set(error.to_string()).ok();
                    Err(error)
                }
            }
        })
    }
}

fn read_whole(file: &fs_err::File, pool: &Pool, from: u64, length: u64) -> std::io::Result<Bytes> {
    let length = usize::try_from(length).map_err(std::io::Error::other)?;
    let mut buffer = pool.take();
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    let mut done = 0;
    while done < length {
        match read_at(file, &mut buffer[done..length], from + done as u64)? {
            0 => {
                return Err(std::io::Error::new(
                    std::io::ErrorKind::UnexpectedEof,
                    "it has become shorter than it was",
                ));
            }
            read => done += read,
        }
    }
    Ok(pool.lend(buffer, length))
}

/// Reads from a place of a file, which may be fewer bytes than there is room for.
#[cfg(unix)]
pub(crate) fn read_at(file: &fs_err::File, into: &mut [u8], from: u64) -> std::io::Result<usize> {
    use fs_err::os::unix::fs::FileExt as _;
    file.read_at(into, from)
}

/// Reads from a place of a file, which may be fewer bytes than there is room for.
#[cfg(windows)]
pub(crate) fn read_at(file: &fs_err::File, into: &mut [u8], from: u64) -> std::io::Result<usize> {
    use fs_err::os::windows::fs::FileExt as _;
    file.seek_read(into, from)
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;
    use std::sync::atomic::AtomicI64;

    use super::*;

    #[tokio::test]
    async fn stretches_of_files_are_counted_once_however_often_they_are_sent() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let content: Vec<u8> = (0..600_000_u32).map(|n| (n % 251) as u8).collect();
        fs_err::write(&path, &content).unwrap();
        let file = Arc::new(fs_err::File::open(&path).unwrap());
        let counted = Arc::new(AtomicI64::new(0));
        let meter = {
            let counted = Arc::clone(&counted);
            Meter::new(move |bytes| {
                counted.fetch_add(bytes, Ordering::Relaxed);
            })
        };
        let part = FilePart::new(Arc::clone(&file), 10, 500_000, meter.clone());
        for _ in 0..2 {
            let read: Vec<Bytes> = part.clone().stream().try_collect().await.unwrap();
            assert_eq!(read.concat(), content[10..500_010]);
        }
        assert_eq!(counted.load(Ordering::Relaxed), 500_000);

        let beyond = FilePart::new(file, 599_990, 20, meter);
        let payload = Payload::File(beyond.clone());
        assert!(payload.broken().is_none());
        assert!(beyond.stream().try_collect::<Vec<Bytes>>().await.is_err());
        assert!(payload.broken().unwrap().to_string().contains("shorter"), "{payload:?}");
    }
}
