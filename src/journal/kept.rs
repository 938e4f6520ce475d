//! Large values, which records name by their hash: each stands once beside the journal, however many records hold it.
//!
//! A capture, an export of an application or the rows of a query are the outputs of several steps. What is looked into are
//! the members of objects; a list is kept whole.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};

/// From this many bytes of JSON on a value is kept beside the journal.
const LARGE: usize = 8192;

/// The only member of what stands in a record in the place of a kept value: the SHA-256 of its JSON.
const MARK: &str = "kept-sha256";

/// The files beside a journal.
#[derive(Debug)]
pub(super) struct Kept {
    folder: Utf8PathBuf,
}

impl Kept {
    /// Those that belong to the journal of this path.
    pub(super) fn beside(journal: &Utf8Path) -> Self {
        Self { folder: journal.with_file_name("kept") }
    }

    /// Puts a name in the place of each large value in the fields of a record, and makes the values durable. Says whether
    /// there were any.
    pub(super) fn put(&self, record: &mut Value) -> std::io::Result<bool> {
        let mut any = false;
        let variants = record.as_object_mut().into_iter().flat_map(Map::values_mut);
        for field in variants.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
            any |= self.shrink(field)?;
        }
        if any {
            // The names of new files are durable only with their folders.
            fs_err::File::open(&self.folder)?.sync_all()?;
            if let Some(run) = self.folder.parent() {
                fs_err::File::open(run)?.sync_all()?;
            }
        }
        Ok(any)
    }

    fn shrink(&self, value: &mut Value) -> std::io::Result<bool> {
        let mut any = false;
        let mut ambiguous = false;
        if let Value::Object(members) = value {
            ambiguous = members.contains_key(MARK);
            for member in members.values_mut() {
                any |= self.shrink(member)?;
            }
        }
        let bytes = match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => return Ok(any),
            Value::String(text) if text.len() < LARGE => return Ok(any),
            _ => serde_json::to_vec(value)?,
        };
        if bytes.len() < LARGE && !ambiguous {
            return Ok(any);
        }
        *value = Value::Object(Map::from_iter([(MARK.to_owned(), Value::String(self.keep(&bytes)?))]));
        Ok(true)
    }

    fn keep(&self, bytes: &[u8]) -> std::io::Result<String> {
        let name = super::file::hash(bytes);
        let path = self.file(&name);
        if path.is_file() {
            return Ok(name);
        }
        fs_err::create_dir_all(&self.folder)?;
        let mut options = atomic_write_file::AtomicWriteFile::options();
        #[cfg(unix)]
        {
            use atomic_write_file::unix::OpenOptionsExt as _;
            use std::os::unix::fs::OpenOptionsExt as _;
            options.preserve_mode(false).mode(0o600);
        }
        let mut file = options.open(&path)?;
        file.write_all(bytes)?;
        file.commit()?;
        Ok(name)
    }

    fn file(&self, name: &str) -> Utf8PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// Puts the values back into the fields of a record.
    ///
    /// # Errors
    /// What is wrong with a file, as half a sentence.
    pub(super) fn put_back(&self, record: &mut Value) -> Result<(), String> {
        let variants = record.as_object_mut().into_iter().flat_map(Map::values_mut);
        for field in variants.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
            self.grow(field)?;
        }
        Ok(())
    }

    fn grow(&self, value: &mut Value) -> Result<(), String> {
        let Value::Object(members) = &*value else { return Ok(()) };
        if let (1, Some(name)) = (members.len(), members.get(MARK)) {
            *value = self.read(name.as_str().unwrap_or_default())?;
        }
        for member in value.as_object_mut().into_iter().flat_map(Map::values_mut) {
            self.grow(member)?;
        }
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Value, String> {
        if name.len() != 64 || !name.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!("{name:?} names no value that is kept beside it"));
        }
        let path = self.file(name);
        let bytes =
            fs_err::read(&path).map_err(|e| format!("what is kept beside it cannot be read ({e})"))?;
        if super::file::hash(&bytes) != name {
            return Err(format!("{path}, which is kept beside it, is not what was written"));
        }
        serde_json::from_slice(&bytes).map_err(|e| format!("{path} is no JSON ({e})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn beside(folder: &tempfile::TempDir) -> Kept {
        Kept::beside(Utf8Path::from_path(&folder.path().join("journal.jsonl")).unwrap())
    }

    fn files(kept: &Kept) -> Vec<Utf8PathBuf> {
        let found = fs_err::read_dir(&kept.folder).into_iter().flatten();
        found.map(|entry| Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap()).collect()
    }

    fn rows(n: usize) -> Value {
        (0..n).map(|n| json!({ "name": format!("row {n}"), "text": "é".repeat(20) })).collect()
    }

    /// A record with these outputs comes back as it was, with so many files and so many bytes of its own at most.
    #[track_caller]
    fn check(outputs: &Value, wanted: usize, most: usize) {
        let folder = tempfile::tempdir().unwrap();
        let kept = beside(&folder);
        let whole = json!({ "step-done": { "step": "a", "outputs": outputs } });
        let mut record = whole.clone();
        assert_eq!(kept.put(&mut record).unwrap(), wanted > 0);
        assert_eq!(files(&kept).len(), wanted);
        assert!(record.to_string().len() <= most, "{record}");
        assert_eq!(record["step-done"]["step"], "a");
        kept.put_back(&mut record).unwrap();
        assert_eq!(record, whole);
    }

    #[test]
    fn large_values_stand_beside_the_record_once() {
        check(&json!(null), 0, 100);
        check(&json!({ "rows": rows(3) }), 0, 1000);
        check(&json!({ "rows": rows(150) }), 1, 200);
        check(&json!({ "text": "x".repeat(9000), "size": 9000 }), 1, 200);
        // The same rows in a document and by themselves.
        check(
            &json!({ "content": { "topics": { "jobs": rows(150), "users": rows(3) } }, "jobs": rows(150) }),
            1,
            1000,
        );
        // A document with too much of its own is one value more.
        check(&json!({ "content": { "jobs": rows(150), "users": rows(60), "links": rows(60) } }), 2, 200);
        // What looks like a name and is none.
        check(&json!({ MARK: "no name" }), 1, 200);
        check(&json!({ "rows": [{ MARK: "no name" }], MARK: { MARK: 1 } }), 2, 200);
    }

    #[test]
    fn a_value_that_is_gone_or_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let kept = beside(&folder);
        let mut record = json!({ "step-done": { "outputs": { "rows": rows(150) } } });
        kept.put(&mut record).unwrap();
        let file = files(&kept).remove(0);
        let text = fs_err::read_to_string(&file).unwrap();
        fs_err::write(&file, text.replace("row 7", "row 8")).unwrap();
        let error = kept.put_back(&mut record.clone()).unwrap_err();
        assert!(error.contains("is not what was written"), "{error}");
        fs_err::remove_file(&file).unwrap();
        let error = kept.put_back(&mut record).unwrap_err();
        assert!(error.contains("cannot be read"), "{error}");
        let error =
            kept.put_back(&mut json!({ "step-done": { "outputs": { MARK: "../../etc" } } })).unwrap_err();
        assert!(error.contains("names no value"), "{error}");
    }
}
