//! A file that is fetched: `FILE.part` with the bytes, `FILE.part.ranges` with what is known of them.
//!
//! The second file begins with a line of JSON, which says which object it is, and goes on with the number of each range
//! that is in the first file, in the order in which they came. It is locked while a process works on it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Seek as _, Write as _};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::error::TransferError;

/// The object, as of which bytes were fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    pub(super) v: u32,
    pub(super) bucket: String,
    pub(super) name: String,
    pub(super) etag: String,
    pub(super) size: u64,
    pub(super) range: u64,
}

/// A file that is fetched.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) file: Arc<fs::File>,
    pub(super) path: Utf8PathBuf,
    /// The size of ranges, which is that of the attempt before where one goes on.
    pub(super) range: u64,
    /// The ranges that are there.
    pub(super) there: BTreeSet<u64>,
    ranges: fs::File,
    ranges_path: Utf8PathBuf,
}

fn with_end(path: &Utf8Path, end: &str) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{path}{end}"))
}

impl Partial {
    /// Opens what is there of a fetch to `target`, or begins one. What belongs to another object is thrown away.
    pub(super) fn open(target: &Utf8Path, about: &About) -> Result<Self, TransferError> {
        let path = with_end(target, ".part");
        let ranges_path = with_end(target, ".part.ranges");
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut private = options.clone();
        #[cfg(unix)]
        {
            use fs_err::os::unix::fs::OpenOptionsExt as _;
            private.mode(0o600);
        }
        let mut ranges = private.open(&ranges_path).map_err(|e| TransferError::writing(&ranges_path, e))?;
        if ranges.file().try_lock().is_err() {
            return Err(TransferError::Busy(target.to_owned()));
        }
        let known = known(&mut ranges)?;
        let file = options.open(&path).map_err(|e| TransferError::writing(&path, e))?;
        let (range, there) = match known {
            Some((before, there, end))
                if (About { range: about.range, ..before.clone() }) == *about && before.range > 0 =>
            {
                // A line that a kill cut off goes; the next one must not be glued to it.
                ranges.set_len(end)?;
                let length = file.metadata()?.len();
                let present = there.into_iter().filter(|index| {
                    let first = index.saturating_mul(before.range);
                    first < about.size && (first + before.range).min(about.size) <= length
                });
                (before.range, present.collect())
            }
            _ => {
                empty(&file)?;
                empty(&ranges)?;
                ranges.rewind()?;
                let line = format!("{}\n", serde_json::to_string(about).map_err(std::io::Error::from)?);
                ranges.write_all(line.as_bytes()).map_err(|e| TransferError::writing(&ranges_path, e))?;
                (about.range, BTreeSet::new())
            }
        };
        ranges.seek(std::io::SeekFrom::End(0))?;
        Ok(Self { file: Arc::new(file), path, range, there, ranges, ranges_path })
    }

    /// Notes that a range is there.
    pub(super) fn finished(&mut self, index: u64) -> Result<(), TransferError> {
        self.there.insert(index);
        let line = format!("{index}\n");
        self.ranges.write_all(line.as_bytes()).map_err(|e| TransferError::writing(&self.ranges_path, e))
    }

    /// Gives the file its name.
    pub(super) fn commit(self, target: &Utf8Path, replace: bool) -> Result<(), TransferError> {
        if !replace && target.exists() {
            return Err(TransferError::FileThere(target.to_owned()));
        }
        fs::rename(&self.path, target).map_err(|e| TransferError::writing(target, e))?;
        fs::remove_file(&self.ranges_path)?;
        Ok(())
    }

    /// Removes what was fetched.
    pub(super) fn discard(self) -> std::io::Result<()> {
        fs::remove_file(&self.path)?;
        fs::remove_file(&self.ranges_path)
    }
}

/// Empties a file that is not empty. Some file systems (ext4) write a file that was cut to nothing out to the disk when it is
/// closed, which would be in vain for a new one and takes as long as the download.
fn empty(file: &fs::File) -> std::io::Result<()> {
    if file.metadata()?.len() > 0 { file.set_len(0) } else { Ok(()) }
}

/// What the file of ranges says, and where its last whole line ends; nothing where it has no first line.
fn known(ranges: &mut fs::File) -> std::io::Result<Option<(About, BTreeSet<u64>, u64)>> {
    let mut lines = BufReader::new(ranges);
    let mut line = String::new();
    let mut end = lines.read_line(&mut line).unwrap_or(0) as u64;
    if !line.ends_with('\n') {
        return Ok(None);
    }
    let Ok(about) = serde_json::from_str::<About>(&line) else { return Ok(None) };
    let mut there = BTreeSet::new();
    loop {
        line.clear();
        let read = lines.read_line(&mut line).unwrap_or(0) as u64;
        let Some(index) = line.strip_suffix('\n').and_then(|text| text.parse().ok()) else {
            return Ok(Some((about, there, end)));
        };
        there.insert(index);
        end += read;
    }
}

/// Writes all bytes at a place of a file.
pub(super) fn write_at(file: &fs::File, mut bytes: &[u8], mut to: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let written = write_some(file, bytes, to)?;
        if written == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        to += written as u64;
    }
    Ok(())
}

#[cfg(unix)]
fn write_some(file: &fs::File, bytes: &[u8], to: u64) -> std::io::Result<usize> {
    use fs_err::os::unix::fs::FileExt as _;
    file.write_at(bytes, to)
}

#[cfg(windows)]
fn write_some(file: &fs::File, bytes: &[u8], to: u64) -> std::io::Result<usize> {
    use fs_err::os::windows::fs::FileExt as _;
    file.seek_write(bytes, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(etag: &str) -> About {
        About { v: 1, bucket: "b".into(), name: "n".into(), etag: etag.into(), size: 25, range: 10 }
    }

    #[test]
    fn what_is_there_counts_only_for_the_same_object() {
        let dir = tempfile::tempdir().unwrap();
        let target = Utf8Path::from_path(dir.path()).unwrap().join("file");
        let mut partial = Partial::open(&target, &about("e1")).unwrap();
        write_at(&partial.file, b"0123456789", 0).unwrap();
        write_at(&partial.file, b"abcde", 20).unwrap();
        partial.finished(2).unwrap();
        partial.finished(0).unwrap();
        assert!(matches!(Partial::open(&target, &about("e1")), Err(TransferError::Busy(_))));
        drop(partial);

        // Another size of ranges is that of the attempt before.
        let again = Partial::open(&target, &About { range: 12, ..about("e1") }).unwrap();
        assert_eq!((again.range, again.there.iter().copied().collect::<Vec<_>>()), (10, vec![0, 2]));
        drop(again);
        let ranges = with_end(&target, ".part.ranges");
        let mut text = fs::read_to_string(&ranges).unwrap();
        text.push('1');
        fs::write(&ranges, &text).unwrap();
        let mut torn = Partial::open(&target, &about("e1")).unwrap();
        assert_eq!(torn.there.len(), 2);
        torn.finished(1).unwrap();
        drop(torn);
        assert_eq!(Partial::open(&target, &about("e1")).unwrap().there.len(), 3);
        // Bytes that the file does not have are not there, whatever was noted.
        fs::write(with_end(&target, ".part"), "0123456789").unwrap();
        assert_eq!(Partial::open(&target, &about("e1")).unwrap().there.len(), 1);

        assert!(Partial::open(&target, &about("e2")).unwrap().there.is_empty());
        fs::write(&ranges, "garbage\n1\n").unwrap();
        let fresh = Partial::open(&target, &about("e2")).unwrap();
        assert!(fresh.there.is_empty());
        fs::write(&target, "there").unwrap();
        assert!(matches!(fresh.commit(&target, false), Err(TransferError::FileThere(_))));
        Partial::open(&target, &about("e2")).unwrap().commit(&target, true).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        Partial::open(&target, &about("e2")).unwrap().discard().unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
