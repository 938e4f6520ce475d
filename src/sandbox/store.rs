//! What the sandbox remembers: tables in memory, every change a line of a journal on disk.
//!
//! One request is one line, written in one go: after a kill the journal holds the request whole or not at all. The
//! journal is rewritten short at each start. It is not flushed to the disk's platter: the end of the process is
//! survived, the end of the machine is not promised.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Rows by key, with a note of which ones changed.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<String, T>,
    changed: BTreeSet<String>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

impl<T: Serialize + DeserializeOwned> Table<T> {
    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(key)
    }

    /// The row for changing; it counts as changed from here on.
    pub(crate) fn change(&mut self, key: &str) -> Option<&mut T> {
        let row = self.rows.get_mut(key)?;
        self.changed.insert(key.to_owned());
        Some(row)
    }

    pub(crate) fn insert(&mut self, key: &str, row: T) {
        self.rows.insert(key.to_owned(), row);
        self.changed.insert(key.to_owned());
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<T> {
        let row = self.rows.remove(key)?;
        self.changed.insert(key.to_owned());
        Some(row)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    /// The rows whose keys begin with a text, in the order of their keys.
    pub(crate) fn beginning<'a>(&'a self, prefix: &str) -> impl Iterator<Item = &'a T> + use<'a, T> {
        let prefix = prefix.to_owned();
        let from = self.rows.range(prefix.clone()..);
        from.take_while(move |(key, _)| key.starts_with(&prefix)).map(|(_, row)| row)
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.rows.keys().cloned().collect()
    }

    pub(crate) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The changes since the last call, as `[table, key, row or null]`.
    pub(crate) fn take_changes(&mut self, name: &str, into: &mut Vec<Value>) {
        for key in std::mem::take(&mut self.changed) {
            let row = self.rows.get(&key).map_or(Value::Null, |row| {
                serde_json::to_value(row).expect("rows are plain data with text keys")
            });
            into.push(json!([name, key, row]));
        }
    }

    /// Every row as a change, for the short journal of a start.
    pub(crate) fn all_rows(&mut self, name: &str, into: &mut Vec<Value>) {
        self.changed = self.rows.keys().cloned().collect();
        self.take_changes(name, into);
    }

    /// Takes one change of the journal in.
    pub(crate) fn replay(&mut self, key: &str, row: Value) -> Result<(), serde_json::Error> {
        if row.is_null() {
            self.rows.remove(key);
        } else {
            self.rows.insert(key.to_owned(), serde_json::from_value(row)?);
        }
        Ok(())
    }
}

/// One line of the journal.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Entry {
    pub(crate) changes: Vec<(String, String, Value)>,
    pub(crate) audit: Option<Value>,
}

/// The file behind the tables.
#[derive(Debug)]
pub(crate) struct Journal {
    path: Utf8PathBuf,
    file: fs::File,
}

impl Journal {
    /// The entries of a journal; a torn last line is left out, because its request was never answered.
    pub(crate) fn read(path: &Utf8Path) -> std::io::Result<Vec<Entry>> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        let mut reader = BufReader::new(fs::File::open(path)?);
        let mut line = Vec::new();
        let mut number = 0_usize;
        loop {
            line.clear();
            number += 1;
            if reader.read_until(b'\n', &mut line)? == 0 {
                return Ok(entries);
            }
            match serde_json::from_slice(&line) {
                Ok(entry) => entries.push(entry),
                Err(_) if line.last() != Some(&b'\n') => return Ok(entries),
                Err(error) => {
                    return Err(std::io::Error::new(
                        std::io::ErrorKind::InvalidData,
                        format!(
                            "{path}, line {number}, is not a journal entry ({error}); remove the sandbox's directory or run `adbctl sandbox reset`"
                        ),
                    ));
                }
            }
        }
    }

    /// Begins a new journal that holds `rows`, in place of the old one.
    pub(crate) fn begin(path: &Utf8Path, rows: &[Value]) -> std::io::Result<Self> {
        let fresh = path.with_extension("new");
        fs::write(&fresh, format!("{}\n", json!({"changes": rows, "audit": null})))?;
        fs::rename(&fresh, path)?;
        let file = fs::OpenOptions::new().append(true).open(path)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Adds one entry, in one write.
    pub(crate) fn append(&mut self, changes: &[Value], audit: Option<&Value>) -> std::io::Result<()> {
        let line = format!("{}\n", json!({"changes": changes, "audit": audit}));
        self.file.write_all(line.as_bytes())
    }

    /// Where the journal is.
    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }
}

/// Writes a file so that a reader sees the old or the new text and nothing between, readable by its owner only.
pub(crate) fn write_private(path: &Utf8Path, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = path.with_extension("tmp");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    drop(file);
    fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_is_left_out_and_a_broken_one_refused() {
        fn check(text: &str, wanted: Option<usize>) {
            let dir = tempfile::tempdir().unwrap();
            let path = Utf8PathBuf::from_path_buf(dir.path().join("state.jsonl")).unwrap();
            fs::write(&path, text).unwrap();
            assert_eq!(Journal::read(&path).ok().map(|e| e.len()), wanted, "{text}");
        }
        let whole = "{\"changes\":[[\"t\",\"k\",1]],\"audit\":null}\n";
        check(whole, Some(1));
        check(&format!("{whole}{}", &whole[..20]), Some(1));
        check(&format!("{}\n{whole}", &whole[..20]), None);
        check("", Some(0));
    }

    #[test]
    fn tables_survive_through_the_journal() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(dir.path().join("state.jsonl")).unwrap();
        let mut table = Table::<u32>::default();
        let mut journal = Journal::begin(&path, &[]).unwrap();
        for step in 0..3_u32 {
            table.insert(&format!("k{step}"), step);
            let mut changes = Vec::new();
            table.take_changes("t", &mut changes);
            journal.append(&changes, None).unwrap();
        }
        table.remove("k1");
        let mut changes = Vec::new();
        table.take_changes("t", &mut changes);
        journal.append(&changes, None).unwrap();
        assert_eq!(journal.path(), path);

        let mut again = Table::<u32>::default();
        for entry in Journal::read(&path).unwrap() {
            for (_, key, row) in entry.changes {
                again.replay(&key, row).unwrap();
            }
        }
        assert_eq!(again.keys(), ["k0", "k2"]);
        again.insert("k10", 10);
        again.insert("l", 11);
        assert_eq!(again.beginning("k1").collect::<Vec<_>>(), [&10]);
        assert_eq!(again.beginning("k").count(), 3);
        assert_eq!(again.beginning("m").count(), 0);
    }
}
