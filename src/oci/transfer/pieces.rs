//! What an upload is made of: stretches of a file, or what a stream gave so far.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use camino::{Utf8Path, Utf8PathBuf};
use futures::Stream;

use super::error::TransferError;
use super::sizes::Stretch;
use super::sums::{Kind, Sum, Summing};
use crate::oci::payload::{Pool, read_at};
use crate::oci::{FilePart, Meter, Payload};

/// A file, as it was when its upload began.
#[derive(Clone, Debug)]
pub(super) struct Source {
    file: Arc<fs_err::File>,
    pub(super) path: Utf8PathBuf,
    pub(super) size: u64,
    modified: Option<std::time::SystemTime>,
}

impl Source {
    pub(super) fn open(path: &Utf8Path) -> Result<Self, TransferError> {
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
    pub(super) fn is_unchanged(&self) -> bool {
        self.file.metadata().is_ok_and(|now| now.len() == self.size && now.modified().ok() == self.modified)
    }

    /// The sums of a stretch, in the order in which they are named.
    async fn sums<const N: usize>(
        &self,
        stretch: Stretch,
        kinds: [Kind; N],
    ) -> Result<[Sum; N], TransferError> {
        let file = Arc::clone(&self.file);
        let sums = tokio::task::spawn_blocking(move || {
            let (mut sums, mut buffer) = (kinds.map(Summing::new), vec![0; 256 * 1024]);
            let (mut at, end) = (stretch.first, stretch.first + stretch.length);
            while at < end {
                let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
                match read_at(&file, &mut buffer[..room], at)? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    read => {
                        for sum in &mut sums {
                            sum.update(&buffer[..read]);
                        }
                        at += read as u64;
                    }
                }
            }
            Ok(sums.map(|mut sum| sum.finish()))
        });
        Ok(sums.await.map_err(std::io::Error::other).flatten()?)
    }
}

/// The bytes of one part.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    File(Source, Stretch),
    Memory(u64, Bytes),
}

impl Piece {
    /// The part's number, from 1 on.
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::File(_, stretch) => stretch.index + 1,
            Self::Memory(number, _) => *number,
        }
    }

    pub(super) fn length(&self) -> u64 {
        match self {
            Self::File(_, stretch) => stretch.length,
            Self::Memory(_, bytes) => bytes.len() as u64,
        }
    }

    pub(super) async fn sums<const N: usize>(&self, kinds: [Kind; N]) -> Result<[Sum; N], TransferError> {
        match self {
            Self::File(source, stretch) => source.sums(*stretch, kinds).await,
            Self::Memory(_, bytes) => {
                let bytes = bytes.clone();
                let sums = tokio::task::spawn_blocking(move || kinds.map(|kind| Sum::of(kind, &bytes)));
                Ok(sums.await.map_err(std::io::Error::other)?)
            }
        }
    }

    /// The MD5 in base64.
    pub(super) async fn md5(&self) -> Result<String, TransferError> {
        self.sums([Kind::Md5]).await.map(|[sum]| sum.text())
    }

    pub(super) fn payload(&self, meter: &Meter) -> Payload {
        match self {
            Self::File(source, stretch) => {
                let file = Arc::clone(&source.file);
                Payload::File(FilePart::new(file, stretch.first, stretch.length, meter.clone()))
            }
            Self::Memory(_, bytes) => bytes.clone().into(),
        }
    }
}

/// Reads a stream in pieces of one size. One piece is read at a time, and only when there is room for it.
pub(super) fn read_pieces(
    stream: Box<dyn Read + Send>,
    part: u64,
    cancel: tokio_util::sync::CancellationToken,
) -> impl Stream<Item = Result<Piece, TransferError>> + Send {
    let pool = Pool::default();
    let begin = Some((stream, 1_u64));
    futures::stream::try_unfold(begin, move |state| {
        let (cancel, pool) = (cancel.clone(), pool.clone());
        async move {
            let Some((mut stream, number)) = state else { return Ok(None) };
            let mut bytes = pool.take();
            let read = tokio::task::spawn_blocking(move || {
                bytes.clear();
                bytes.reserve_exact(usize::try_from(part).unwrap_or(0));
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
            let length = bytes.len();
            let bytes = pool.lend(bytes, length);
            Ok(Some((Piece::Memory(number, bytes), next)))
        }
    })
}
