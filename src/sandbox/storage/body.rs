//! Objects' bytes on their way in and out: through files, so that no object is ever whole in memory.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::digest::{self, Context};
use axum::body::Body;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use camino::Utf8Path;
use fs_err as fs;
use futures::{Stream, StreamExt as _};

use super::md5_lanes::Md5;
use super::record::{Algorithm, Piece};
use crate::sandbox::http::Call;
use crate::sandbox::identity::is_bare_upload;
use crate::sandbox::world::random_word;

/// How many bytes are read from a file in one go.
const CHUNK: u64 = 256 * 1024;

/// How many of them one answer keeps to be filled again.
const LENT: usize = 4;

/// Whether a call sends bytes that are kept as they are: an object or a part, signed or by a pre-authenticated address.
pub(crate) fn stores_bytes(call: &Call) -> bool {
    is_bare_upload(call)
        || (call.method == axum::http::Method::PUT
            && matches!(call.parts().as_slice(), ["p", _, "n", _, "b", _, "o", ..]))
}

/// A body that was received into a file of its own.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    blob: String,
    taken: Arc<AtomicBool>,
    pub(crate) size: u64,
    /// Base64, as are the others.
    pub(crate) md5: String,
    /// These only where the request or its upload names them.
    pub(crate) crc32c: Option<String>,
    pub(crate) sha256: Option<String>,
    pub(crate) sha384: Option<String>,
}

impl Received {
    /// The checksum by an algorithm, with the header that shows it.
    pub(super) fn checksum(&self, algorithm: Algorithm) -> Option<(String, String)> {
        let sum = match algorithm {
            Algorithm::Crc32c => &self.crc32c,
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Sha384 => &self.sha384,
        };
        Some((algorithm.header().to_owned(), sum.clone()?))
    }

    /// The one piece that the bytes are. From here on something names it.
    pub(super) fn take(&self) -> Piece {
        self.taken.store(true, Ordering::Relaxed);
        Piece { blob: self.blob.clone(), size: self.size }
    }

    /// Removes the file if the request was refused.
    pub(crate) fn forget_unless_taken(&self, dir: &Utf8Path) {
        if !self.taken.load(Ordering::Relaxed) {
            // A file that stays costs room and nothing else, and the next start removes it.
            fs::remove_file(dir.join("objects").join(&self.blob)).ok();
        }
    }
}

/// The sums of what is received: MD5 always, others where the request or its upload asks for them.
struct Sums {
    md5: Md5,
    crc32c: Option<u32>,
    sha256: Option<Context>,
    sha384: Option<Context>,
}

impl Sums {
    fn wanted(headers: &HeaderMap, upload: Option<Algorithm>) -> Self {
        let named = Algorithm::named(headers).ok().flatten();
        let has = |name: &str| {
            let asks = |algorithm: Algorithm| algorithm.header() == name;
            headers.contains_key(name) || named.is_some_and(asks) || upload.is_some_and(asks)
        };
        Self {
            md5: Md5::new(),
            crc32c: has("opc-content-crc32c").then_some(0),
            sha256: (has("opc-content-sha256") || has("x-content-sha256"))
                .then(|| Context::new(&digest::SHA256)),
            sha384: has("opc-content-sha384").then(|| Context::new(&digest::SHA384)),
        }
    }

    fn update(&mut self, bytes: &Bytes) {
        self.md5.update(bytes);
        if let Some(sum) = &mut self.crc32c {
            *sum = crc32c::crc32c_append(*sum, bytes);
        }
        for sum in [&mut self.sha256, &mut self.sha384].into_iter().flatten() {
            sum.update(bytes);
        }
    }

    fn finish(self, blob: String, size: u64) -> Received {
        let text = |sum: Option<Context>| sum.map(|sum| STANDARD.encode(sum.finish().as_ref()));
        Received {
            blob,
            taken: Arc::default(),
            size,
            md5: STANDARD.encode(self.md5.finish()),
            crc32c: self.crc32c.map(|sum| STANDARD.encode(sum.to_be_bytes())),
            sha256: text(self.sha256),
            sha384: text(self.sha384),
        }
    }
}

/// Receives a body into a new file below `dir`. Nothing stays of a body that ends too early. `upload` is the checksum that
/// the upload of a part asks for; `spoilt` has a bit fall over on the way.
pub(crate) async fn receive(
    dir: &Utf8Path,
    headers: &HeaderMap,
    upload: Option<Algorithm>,
    spoilt: bool,
    body: Body,
) -> std::io::Result<Received> {
    let folder = dir.join("objects");
    let blob = random_word(32);
    let path = folder.join(&blob);
    let mut sums = Sums::wanted(headers, upload);
    let (give, mut take) = tokio::sync::mpsc::channel::<Bytes>(8);
    let file = path.clone();
    let name = blob.clone();
    // Writing and summing up goes on beside the receiving.
    let writer = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(&folder)?;
        let mut file = fs::File::create(&file)?;
        let mut size = 0;
        while let Some(bytes) = take.blocking_recv() {
            file.write_all(&bytes)?;
            sums.update(&bytes);
            size += bytes.len() as u64;
        }
        Ok(sums.finish(name, size))
    });
    let mut chunks = spoil(body.into_data_stream(), spoilt);
    let mut broken = None;
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(bytes) => {
                // Nobody takes what the disk refused; the writer says why.
                if give.send(bytes).await.is_err() {
                    break;
                }
            }
            Err(error) => {
                broken = Some(std::io::Error::other(error));
                break;
            }
        }
    }
    drop(give);
    let written = writer.await.map_err(std::io::Error::other).flatten();
    let outcome = match broken {
        Some(error) => Err(error),
        None => written,
    };
    if outcome.is_err() {
        // There may be no file yet.
        fs::remove_file(&path).ok();
    }
    outcome
}

/// The bytes of a stream, with a bit of the first ones fallen over where that is asked for.
pub(crate) fn spoil<E>(
    chunks: impl Stream<Item = Result<Bytes, E>> + Send,
    spoilt: bool,
) -> impl Stream<Item = Result<Bytes, E>> + Send {
    let mut sound = !spoilt;
    chunks.map(move |chunk| {
        let bytes = chunk?;
        if sound || bytes.is_empty() {
            return Ok(bytes);
        }
        sound = true;
        let mut bytes = BytesMut::from(bytes);
        bytes[0] ^= 1;
        Ok(bytes.freeze())
    })
}

/// Keeps bytes that are in memory in a new file below `dir`, as if they had been received.
pub(crate) fn receive_bytes(dir: &Utf8Path, headers: &HeaderMap, bytes: &[u8]) -> std::io::Result<Received> {
    let folder = dir.join("objects");
    let blob = random_word(32);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(&blob), bytes)?;
    let mut sums = Sums::wanted(headers, None);
    sums.update(&Bytes::copy_from_slice(bytes));
    Ok(sums.finish(blob, bytes.len() as u64))
}

/// A stretch of an object: open files, each with the number of bytes to take from where it stands.
#[derive(Debug)]
pub(crate) struct Excerpt {
    pieces: std::collections::VecDeque<(fs::File, u64)>,
    /// What was handed out; it is filled again when nobody else has it any more, since fresh memory costs more than reading.
    lent: Vec<Bytes>,
}

impl Excerpt {
    /// Opens the bytes from `first`, `length` of them. Open files stay readable though the object goes.
    pub(crate) fn open(dir: &Utf8Path, pieces: &[Piece], first: u64, length: u64) -> std::io::Result<Self> {
        let (mut skip, mut wanted) = (first, length);
        let mut opened = std::collections::VecDeque::new();
        for piece in pieces {
            if skip >= piece.size {
                skip -= piece.size;
                continue;
            }
            let take = wanted.min(piece.size - skip);
            if take == 0 {
                break;
            }
            let mut file = fs::File::open(dir.join("objects").join(&piece.blob))?;
            file.seek(SeekFrom::Start(skip))?;
            opened.push_back((file, take));
            skip = 0;
            wanted -= take;
        }
        Ok(Self { pieces: opened, lent: Vec::new() })
    }

    /// Room for a chunk.
    fn room(&mut self, length: usize) -> BytesMut {
        let free = self.lent.iter().position(|bytes| bytes.is_unique() && bytes.len() == length);
        let free = free.and_then(|place| self.lent.swap_remove(place).try_into_mut().ok());
        free.unwrap_or_else(|| BytesMut::zeroed(length))
    }

    fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        let Some((_, left)) = self.pieces.front() else { return Ok(None) };
        let take = CHUNK.min(*left);
        let mut bytes = self.room(usize::try_from(take).expect("a chunk fits into memory"));
        let Some((file, left)) = self.pieces.front_mut() else { return Ok(None) };
        file.read_exact(&mut bytes)?;
        *left -= take;
        if *left == 0 {
            self.pieces.pop_front();
        }
        let bytes = bytes.freeze();
        if take == CHUNK && self.lent.len() < LENT {
            self.lent.push(bytes.clone());
        }
        Ok(Some(bytes))
    }

    /// All bytes at once.
    pub(crate) fn whole(mut self) -> std::io::Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(bytes) = self.next()? {
            all.extend_from_slice(&bytes);
        }
        Ok(all)
    }

    /// The bytes, chunk by chunk.
    pub(crate) fn stream(self) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
        futures::stream::try_unfold(self, |mut rest| async move {
            let read = tokio::task::spawn_blocking(move || rest.next().map(|bytes| (bytes, rest)));
            let (bytes, rest) = read.await.map_err(std::io::Error::other).flatten()?;
            Ok(bytes.map(|bytes| (bytes, rest)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_cross_pieces() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        fs::create_dir_all(dir.join("objects")).unwrap();
        let mut pieces = Vec::new();
        for text in ["abc", "", "defg", "h"] {
            let blob = format!("blob{}", pieces.len());
            fs::write(dir.join("objects").join(&blob), text).unwrap();
            pieces.push(Piece { blob, size: text.len() as u64 });
        }
        let check = |first: u64, length: u64, wanted: &str| {
            let found = Excerpt::open(dir, &pieces, first, length).unwrap().whole().unwrap();
            assert_eq!(String::from_utf8(found).unwrap(), wanted, "{first} {length}");
        };
        check(0, 8, "abcdefgh");
        check(2, 3, "cde");
        check(3, 4, "defg");
        check(7, 1, "h");
        check(0, 0, "");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(home.path()).unwrap();
        let broken = futures::stream::iter([Ok(Bytes::from_static(b"abc")), Err("gone")]);
        assert!(receive(dir, &HeaderMap::new(), None, false, Body::from_stream(broken)).await.is_err());
        assert_eq!(fs::read_dir(dir.join("objects")).unwrap().count(), 0);
        let received = receive(dir, &HeaderMap::new(), None, false, Body::from("0123456789")).await.unwrap();
        assert_eq!((received.size, received.md5.as_str()), (10, "eB5eJF1ptWaXm4bijSPyxw=="));
        assert_eq!(fs::read_to_string(dir.join("objects").join(received.blob)).unwrap(), "0123456789");
    }
}
