//! The journal as a file: one JSON line a record, each naming the hash of the line before, fsynced before the caller
//! goes on.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::{File, OpenOptions};
use thiserror::Error;

use super::kept::Kept;
use super::record::{PLAIN, Record, RecordKind, VERSION};
use crate::model::{Redactor, clock};

/// Why the journal cannot be written or read.
#[derive(Debug, Error)]
pub enum JournalError {
    /// A record could not be made durable. The run stops before it acts on it.
    #[error(
        "the journal cannot be written, so the run stops here: {source}; free some space or mend the disk, then resume"
    )]
    Write {
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be read.
    #[error("the journal cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// A line in the middle is not what was written.
    #[error("{file}, line {line}: {what}; the journal was changed after it was written and is not trusted")]
    Damaged {
        /// The file.
        file: Utf8PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A newer adbctl wrote it.
    #[error(
        "the journal has format {found}, this adbctl reads up to {VERSION}; use the adbctl that wrote it"
    )]
    Newer {
        /// The file's format.
        found: u32,
    },
    /// The records do not make sense together.
    #[error("journal record {seq}: {what}")]
    Impossible {
        /// The record's number.
        seq: u64,
        /// What is wrong.
        what: String,
    },
    /// Another process works on this run.
    #[error("another adbctl works on this run ({0}); wait for it, or end it first")]
    Locked(Utf8PathBuf),
}

/// Where records go. `append` returns when the record is durable, or the run stops.
pub trait Journal: Send {
    /// Makes one more record durable.
    ///
    /// # Errors
    /// [`JournalError::Write`]; nothing may be done that the record announces.
    fn append(&mut self, kind: RecordKind) -> Result<Record, JournalError>;
}

/// The journal of a run's folder.
#[derive(Debug)]
pub struct FileJournal {
    file: File,
    kept: Kept,
    next: u64,
    prev: String,
    end: u64,
}

/// Reads a journal's records. A last line that was not written whole is left out; anything else that is not as it
/// was written is an error.
///
/// # Errors
/// [`JournalError::Read`], [`JournalError::Damaged`], [`JournalError::Newer`].
pub fn read(path: &Utf8Path) -> Result<Vec<Record>, JournalError> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(parse(path, &bytes)?.0)
}

/// The records, the length of their bytes, and the hash of the last line.
fn parse(path: &Utf8Path, bytes: &[u8]) -> Result<(Vec<Record>, u64, String), JournalError> {
    let kept = Kept::beside(path);
    let mut records = Vec::new();
    let mut prev = String::new();
    let mut good: usize = 0;
    let mut number = 0_u64;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        number += 1;
        let damaged = |what: String| JournalError::Damaged { file: path.to_owned(), line: number, what };
        let Some(content) = line.strip_suffix(b"\n") else {
            break; // The tail of a write that the machine did not finish.
        };
        let mut value: serde_json::Value =
            serde_json::from_slice(content).map_err(|e| damaged(format!("it is no JSON ({e})")))?;
        let version = value.get("v").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if version > u64::from(VERSION) {
            return Err(JournalError::Newer { found: u32::try_from(version).unwrap_or(u32::MAX) });
        }
        if version > u64::from(PLAIN) {
            kept.put_back(&mut value["record"]).map_err(damaged)?;
        }
        let record: Record =
            serde_json::from_value(value).map_err(|e| damaged(format!("it is no record ({e})")))?;
        if record.prev != prev {
            return Err(damaged("the line before it is not the one that was written".into()));
        }
        if record.seq != number {
            return Err(damaged(format!("it is numbered {}", record.seq)));
        }
        prev = hash(content);
        good += line.len();
        records.push(record);
    }
    Ok((records, good as u64, prev))
}

/// SHA-256 in hex.
pub(super) fn hash(line: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, line);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl FileJournal {
    /// Opens the journal at `path`, making it if it is not there, and returns what it holds. A torn tail is cut off.
    ///
    /// # Errors
    /// Another process holds it, or it cannot be trusted.
    pub fn open(path: &Utf8Path) -> Result<(Self, Vec<Record>), JournalError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use fs_err::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(path)?;
        if file.file().try_lock().is_err() {
            return Err(JournalError::Locked(path.to_owned()));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (records, end, prev) = parse(path, &bytes)?;
        if end < bytes.len() as u64 {
            file.set_len(end)?;
        }
        file.seek(SeekFrom::Start(end))?;
        if let Some(folder) = path.parent() {
            // The name of a new file is durable only with its folder.
            File::open(folder)?.sync_all()?;
        }
        let next = records.last().map_or(1, |r: &Record| r.seq + 1);
        Ok((Self { file, kept: Kept::beside(path), next, prev, end }, records))
    }
}

impl Journal for FileJournal {
    fn append(&mut self, kind: RecordKind) -> Result<Record, JournalError> {
        let mut record = scrubbed(self.next, self.prev.clone(), &kind)?;
        let mut slim = serde_json::to_value(&record.record).map_err(broken)?;
        if self.kept.put(&mut slim).map_err(|source| JournalError::Write { source })? {
            record.v = VERSION;
        }
        let Record { v, seq, prev, at, .. } = &record;
        let line = Line { v: *v, seq: *seq, prev, at: *at, record: &slim };
        let mut line = serde_json::to_vec(&line).map_err(broken)?;
        let digest = hash(&line);
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // Half a line must not be followed by a whole one.
            let _ = self.file.set_len(self.end);
            let _ = self.file.seek(SeekFrom::Start(self.end));
            return Err(JournalError::Write { source });
        }
        self.end += line.len() as u64;
        self.next += 1;
        self.prev = digest;
        Ok(record)
    }
}

/// A record as its line has it: with names in the place of large values.
#[derive(serde::Serialize)]
struct Line<'a> {
    v: u32,
    seq: u64,
    prev: &'a str,
    at: jiff::Timestamp,
    record: &'a serde_json::Value,
}

fn broken(error: serde_json::Error) -> JournalError {
    JournalError::Write { source: error.into() }
}

/// The record with every known secret masked, as it is written.
fn scrubbed(seq: u64, prev: String, kind: &RecordKind) -> Result<Record, JournalError> {
    let clean = Redactor::global().scrub_json(&serde_json::to_value(kind).map_err(broken)?);
    let record = serde_json::from_value(clean).map_err(broken)?;
    Ok(Record { v: PLAIN, seq, prev, at: clock::now(), record })
}

/// A journal in memory, for rehearsals of the engine. Cloned handles see the same records.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    records: Arc<Mutex<Vec<Record>>>,
    /// Refuse every record after this many, as a full disk does.
    pub full_after: Option<usize>,
}

impl MemoryJournal {
    /// A journal that already holds these records.
    pub fn with(records: Vec<Record>) -> Self {
        Self { records: Arc::new(Mutex::new(records)), full_after: None }
    }

    /// The records so far.
    pub fn records(&self) -> Vec<Record> {
        self.records.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, kind: RecordKind) -> Result<Record, JournalError> {
        let mut records = self.records.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.full_after.is_some_and(|limit| records.len() >= limit) {
            return Err(JournalError::Write {
                source: std::io::Error::from(std::io::ErrorKind::StorageFull),
            });
        }
        let record = scrubbed(records.len() as u64 + 1, String::new(), &kind)?;
        records.push(record.clone());
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Token;
    use proptest::prelude::*;

    fn sample() -> Vec<RecordKind> {
        let step: crate::model::StepId = "clone".parse().unwrap();
        let act: crate::model::ActKey = "create".parse().unwrap();
        vec![
            RecordKind::RunOpened { plan_sha256: "ab".into() },
            RecordKind::StepStarted { step: step.clone(), token: Token::random(), attempt: 1 },
            RecordKind::ActSent { step: step.clone(), act: act.clone(), item: 0, what: None },
            RecordKind::ActDone { step: step.clone(), act, item: 0, reply: None },
            RecordKind::StepDone { step, outputs: serde_json::json!({ "ocid": "é\n" }) },
        ]
    }

    fn written(folder: &tempfile::TempDir) -> (Utf8PathBuf, Vec<Record>) {
        let path = Utf8PathBuf::from_path_buf(folder.path().join("journal.jsonl")).unwrap();
        let (mut journal, empty) = FileJournal::open(&path).unwrap();
        assert!(empty.is_empty());
        let records = sample().into_iter().map(|k| journal.append(k).unwrap()).collect();
        (path, records)
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (path, records) = written(&folder);
        assert_eq!(read(&path).unwrap(), records);
        let (mut again, found) = FileJournal::open(&path).unwrap();
        assert_eq!(found, records);
        again.append(RecordKind::RunClosed { verdict: crate::model::Verdict::Done }).unwrap();
        assert_eq!(read(&path).unwrap().len(), records.len() + 1);
    }

    #[test]
    fn what_is_large_is_written_beside_it_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = written(&folder);
        let (mut journal, _) = FileJournal::open(&path).unwrap();
        let step: crate::model::StepId = "look".parse().unwrap();
        let found = serde_json::json!({ "text": "long ".repeat(2000), "count": 1 });
        let skipped = RecordKind::StepDone { step, outputs: found };
        let record = journal.append(skipped.clone()).unwrap();
        assert_eq!((record.v, &record.record), (VERSION, &skipped));
        let text = fs_err::read_to_string(&path).unwrap();
        assert!(text.len() < 2000 && !text.contains("long long"), "{text}");
        assert_eq!(read(&path).unwrap().pop().unwrap(), record);
        fs_err::remove_dir_all(folder.path().join("kept")).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("line 6: what is kept beside it cannot be read"), "{error}");
    }

    #[test]
    fn a_second_process_is_kept_out() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = written(&folder);
        let (_held, _) = FileJournal::open(&path).unwrap();
        assert!(matches!(FileJournal::open(&path), Err(JournalError::Locked(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Any cut reads as a prefix of what was written.
        #[test]
        fn a_cut_file_is_a_prefix(keep in 0.0_f64..1.0) {
            let folder = tempfile::tempdir().unwrap();
            let (path, records) = written(&folder);
            let bytes = fs_err::read(&path).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small length")]
            let cut = (bytes.len() as f64 * keep) as usize;
            fs_err::write(&path, &bytes[..cut]).unwrap();
            let (mut journal, found) = FileJournal::open(&path).unwrap();
            prop_assert_eq!(&records[..found.len()], &found[..]);
            journal.append(RecordKind::RunOpened { plan_sha256: "cd".into() }).unwrap();
            prop_assert_eq!(read(&path).unwrap().len(), found.len() + 1);
        }

        /// A changed byte is never taken for a record.
        #[test]
        fn a_changed_byte_is_refused(at in 0.0_f64..1.0, to in any::<u8>()) {
            let folder = tempfile::tempdir().unwrap();
            let (path, records) = written(&folder);
            let mut bytes = fs_err::read(&path).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small length")]
            let position = (bytes.len() as f64 * at) as usize;
            let last_line = bytes[..bytes.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
            prop_assume!(position < last_line && bytes[position] != to);
            bytes[position] = to;
            fs_err::write(&path, &bytes).unwrap();
            match read(&path) {
                Err(_) => {}
                Ok(found) => prop_assert!(found.len() < records.len() && found[..] == records[..found.len()]),
            }
        }
    }
}
