//! The audit log: one line for each request and each SQL statement that was carried out.

use std::io::{BufRead, BufReader, Write};
use std::sync::{Arc, Mutex, MutexGuard};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde_json::{Value, json};

use super::pace::text;
use crate::model::{Redactor, clock};

/// The audit log. Cheap to clone; every clone writes the same file.
#[derive(Clone, Debug)]
pub struct Audit {
    inner: Arc<Mutex<Inner>>,
    path: Utf8PathBuf,
}

#[derive(Debug)]
struct Inner {
    file: fs::File,
    next: u64,
}

/// One statement, for the audit log.
#[derive(Clone, Debug, Default)]
pub struct SqlLine<'a> {
    /// The step that sent it, where the sender said so.
    pub step: Option<&'a str>,
    /// The database's OCID.
    pub database: &'a str,
    /// The database user.
    pub user: &'a str,
    /// The statement's text.
    pub sql: &'a str,
    /// Whether it changes anything.
    pub writes: bool,
    /// The HTTP status of the answer it was part of, or 0.
    pub status: u16,
    /// A block sent it, not the client.
    pub inside: bool,
}

impl Audit {
    /// Opens the log, with the line that a killed sandbox did not get to write added to it.
    pub(crate) fn open(path: &Utf8Path, last_in_journal: Option<&Value>) -> std::io::Result<Self> {
        let mut last = 0;
        if path.exists() {
            for line in BufReader::new(fs::File::open(path)?).lines() {
                let line: Value = serde_json::from_str(&line?).unwrap_or(Value::Null);
                last = line["seq"].as_u64().unwrap_or(last);
            }
        }
        let file = fs::OpenOptions::new().append(true).create(true).open(path)?;
        let mut inner = Inner { file, next: last + 1 };
        if let Some(line) = last_in_journal.filter(|line| line["seq"].as_u64() > Some(last)) {
            inner.next = line["seq"].as_u64().unwrap_or(last) + 1;
            inner.file.write_all(format!("{line}\n").as_bytes())?;
        }
        Ok(Self { inner: Arc::new(Mutex::new(inner)), path: path.to_owned() })
    }

    /// Where the log is.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Writes a line; `keep` is called with it before it is in the file.
    pub(crate) fn write(
        &self,
        mut line: Value,
        keep: impl FnOnce(&Value) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let mut inner = self.lock();
        line["seq"] = inner.next.into();
        let line = Redactor::global().scrub_json(&line);
        keep(&line)?;
        inner.next += 1;
        inner.file.write_all(format!("{line}\n").as_bytes())
    }

    /// Notes a statement that was carried out.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn sql(&self, statement: &SqlLine<'_>) -> std::io::Result<()> {
        let line = json!({
            "seq": null, "at": text(clock::now()), "kind": "sql", "method": null, "path": null,
            "status": statement.status, "step": statement.step, "database": statement.database,
            "user": statement.user, "sql": statement.sql,
            "effect": if statement.writes { "write" } else { "read" }, "inside": statement.inside,
        });
        self.write(line, |_| Ok(()))
    }
}

/// The step that a client names in the comment of its user agent: `adbctl/1.0 (run R; step S)`.
pub fn step_of(user_agent: Option<&str>) -> Option<String> {
    let comment = user_agent?.split_once('(')?.1.split_once(')')?.0;
    let step = comment.split(';').find_map(|part| part.trim().strip_prefix("step "))?.trim();
    (!step.is_empty()).then(|| step.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_user_agents() {
        fn check(agent: &str, wanted: Option<&str>) {
            assert_eq!(step_of(Some(agent)).as_deref(), wanted, "{agent}");
        }
        check("adbctl/0.1 (run 20260519t211000-k3fa; step clone)", Some("clone"));
        check("adbctl/0.1 (run r)", None);
        check("adbctl/0.1", None);
        check("Oracle-PythonSDK/2.189.0 (python 3.11; x86_64-Linux)", None);
    }

    #[test]
    fn numbers_go_on_and_a_lost_line_is_added() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(dir.path().join("audit.jsonl")).unwrap();
        let audit = Audit::open(&path, None).unwrap();
        audit.sql(&SqlLine { sql: "select 1 from dual", ..SqlLine::default() }).unwrap();
        drop(audit);
        let audit = Audit::open(&path, Some(&json!({"seq": 2, "kind": "rest"}))).unwrap();
        audit.sql(&SqlLine::default()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let numbers: Vec<u64> = text
            .lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap()["seq"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, [1, 2, 3]);
    }
}
