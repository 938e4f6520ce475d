//! `write-capture`: makes one document of what queries listed, and writes it into a file if one is named.

use std::collections::BTreeMap;
use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::{Document, named};
use crate::actions::domain::{Binding, Domain, shown};
use crate::actions::object::bytes_of;
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::LocalCall;
use crate::model::{Act, ActionError, Call, Category, Effect, Late, Repeat, Times};

/// Makes a capture of what queries listed. With a file it is written there, for its owner only and whole or not at
/// all; an earlier capture there is replaced, and anything else refused.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WriteCapture {
    /// The file: a whole path. Empty for none: the document is then an output alone.
    pub file: Late<String>,
    /// The schemas to keep; empty for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schemas: Option<Late<Vec<String>>>,
    /// Where it came from: the header's members.
    pub captured: BTreeMap<String, Late<Value>>,
    /// The rows by topic; null for a topic that was not looked at.
    pub topics: BTreeMap<String, Late<Value>>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "content", kind: OutputKind::Object, doc: "the document" },
    OutputDecl { name: "file", kind: OutputKind::Text, doc: "the file, or nothing" },
    OutputDecl {
        name: "entries",
        kind: OutputKind::Number,
        doc: "how many entries its topics have together",
    },
];

/// A path that means the same on resume, wherever that is started.
pub(super) fn whole(path: &str) -> Result<Utf8PathBuf, ActionError> {
    let path = Utf8PathBuf::from(path);
    if path.is_absolute() && path.file_name().is_some() {
        return Ok(path);
    }
    Err(ActionError::invalid(format!("file {path:?} is no whole path"))
        .advise("write it from the root on, so that a resumed run finds it again"))
}

/// The file named in a late or known text; none for an empty one.
pub(super) fn file_value(file: &Late<String>) -> Result<Option<Value>, ActionError> {
    let path = file.at_plan("the file of a capture")?;
    if path.is_empty() { Ok(None) } else { whole(path).map(|path| Some(json!(path))) }
}

impl Domain for WriteCapture {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "a file with an earlier capture is replaced".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        for name in self.topics.keys() {
            named(name)?;
        }
        let Some(file) = file_value(&self.file)? else { return Ok(Vec::new()) };
        Ok(vec![Act {
            key: "write".parse().expect("a word"),
            title: format!("write the capture into {}", shown(&file)),
            effect: Effect::Write,
            times: Times::Once,
            repeat: Repeat::Safe,
            call: Call::Local(LocalCall::Files {
                work: "write a file with mode 0600 in the place of an earlier capture".into(),
                paths: vec![file],
            }),
        }])
    }
}

impl WriteCapture {
    fn document(&self, cx: &StepCx) -> Result<Document, ActionError> {
        let mut captured = Map::new();
        for (name, value) in &self.captured {
            captured.insert(name.clone(), cx.arg(value)?);
        }
        let schemas = self.schemas.as_ref().map(|schemas| cx.arg(schemas)).transpose()?.unwrap_or_default();
        captured.insert("schemas".to_owned(), json!(schemas));
        let mut topics = BTreeMap::new();
        for (name, rows) in &self.topics {
            match cx.arg(rows)? {
                Value::Null => {}
                Value::Array(rows) => {
                    topics.insert(named(name)?.name, rows);
                }
                other => {
                    return Err(ActionError::invalid(format!(
                        "topic {name} is {other}, and no list of rows"
                    ))
                    .advise("give the `rows` of the query that lists it, or null"));
                }
            }
        }
        Document { captured, topics }.only(&schemas)
    }
}

fn unwritable(path: &Utf8Path, error: &std::io::Error) -> ActionError {
    ActionError::new(Category::Denied, format!("{path} cannot be written: {error}"))
        .advise("name another file, or make room for it")
}

/// Looks whether nothing but an earlier capture would be replaced.
fn look(path: &Utf8Path) -> Result<(), ActionError> {
    match fs_err::read_to_string(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => {
            return Err(ActionError::new(
                Category::Denied,
                format!("what is at {path} cannot be read, and is not replaced: {e}"),
            )
            .advise("name another file, or remove this one"));
        }
        Ok(text) => {
            Document::read(&text, path.as_str()).map_err(|e| {
                ActionError::invalid(format!("{path} is there already and is not replaced: {}", e.message))
                    .advise("name another file, or remove this one")
            })?;
        }
    }
    Ok(())
}

/// Puts a capture into its place.
fn write(path: &Utf8Path, bytes: &[u8]) -> Result<Value, ActionError> {
    let fail = |e: std::io::Error| unwritable(path, &e);
    let mut options = atomic_write_file::AtomicWriteFile::options();
    #[cfg(unix)]
    {
        use atomic_write_file::unix::OpenOptionsExt as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        options.preserve_mode(false).mode(0o600);
    }
    let mut file = options.open(path).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.commit().map_err(fail)?;
    Ok(json!({ "size": bytes.len() }))
}

impl Action for WriteCapture {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let document = self.document(cx)?;
            let entries: usize = document.topics.values().map(Vec::len).sum();
            let content = document.to_value();
            let path = file_value(&self.file)?;
            if let Some(path) = path.as_ref().and_then(Value::as_str) {
                let (bytes, path) = (bytes_of(&content)?, Utf8Path::new(path));
                look(path)?;
                cx.local("write", Here::nothing(), async { write(path, &bytes) }).await?;
                cx.say(format!("{path} holds {entries} entries in {} topics", document.topics.len())).await;
            }
            Ok(Finish::Done(Map::from_iter([
                ("content".to_owned(), content),
                ("file".to_owned(), json!(path)),
                ("entries".to_owned(), json!(entries)),
            ])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_capture_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let home = Utf8Path::from_path(home.path()).unwrap();
        let file = home.join("capture.json");
        let document = Document { captured: Map::new(), topics: BTreeMap::new() };
        let bytes = bytes_of(&document.to_value()).unwrap();
        for _ in 0..2 {
            look(&file).unwrap();
            write(&file, &bytes).unwrap();
        }
        assert_eq!(fs_err::read(&file).unwrap(), bytes);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let other = home.join("notes.txt");
        fs_err::write(&other, "mine").unwrap();
        let error = look(&other).unwrap_err();
        assert!(error.message.contains("is there already and is not replaced"), "{error}");
        assert_eq!(fs_err::read_to_string(&other).unwrap(), "mine");
        assert!(write(&home.join("no/such/folder.json"), &bytes).is_err());
    }
}
