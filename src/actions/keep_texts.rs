//! `keep-texts`: keeps texts that a database gives, in a folder on this machine.

use std::collections::BTreeMap;
use std::io::Write as _;

use aws_lc_rs::digest::{Context, SHA256};
use camino::{Utf8Path, Utf8PathBuf};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain};
use super::sql::act_of;
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::LocalCall;
use crate::model::late::here;
use crate::model::{Act, ActionError, Call, Category, Effect, Late, Repeat, Times};

/// Keeps texts that a database gives, in files of a folder, for their owner only. The folder is made if it is not there;
/// a file of the same name is replaced. The texts are no output, and come in pieces: they may be long.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeepTexts {
    /// The connection: `target`, or one that the runbook declares.
    pub on: String,
    /// The template of the block that reads a piece. It is also given `text_number` (from 1), `skipped` and `at_most`, in characters, and
    /// answers in binds: `name` (one word without a slash; nothing: there is no such text), `piece`, `total` in characters, `digest` (SHA-256
    /// of the whole in hex) and `more`, how many texts come after this one.
    pub template: String,
    /// The template's other parameters.
    #[serde(default)]
    pub args: BTreeMap<String, Late<Value>>,
    /// The folder: a whole path.
    pub folder: Late<String>,
}

const OUTPUTS: &[OutputDecl] =
    &[OutputDecl { name: "files", kind: OutputKind::List, doc: "the files that were written" }];

const READ: &str = "read";
/// How many characters are asked for at once.
const PIECE: u64 = 2_000_000;

/// A piece of a text, as the block gives it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Piece {
    name: Option<String>,
    #[serde(rename = "piece")]
    text: Option<String>,
    total: u64,
    digest: Option<String>,
    more: u64,
}

impl KeepTexts {
    fn folder(&self) -> Result<Utf8PathBuf, ActionError> {
        let path = Utf8Path::new(self.folder.at_plan("the folder")?);
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        Err(ActionError::invalid(format!("folder {path:?} is no whole path"))
            .advise("write it from the root on, so that a resumed run finds it again"))
    }

    /// Reads every text and writes it, piece by piece.
    async fn keep(&self, cx: &StepCx, folder: &Utf8Path) -> Result<Value, ActionError> {
        let mut kept = Vec::new();
        for number in 1_u64.. {
            let mut text: Option<Text> = None;
            let more = loop {
                let skipped = text.as_ref().map_or(0, |text| text.characters);
                let asked = Here::nothing().value("text_number", number).value("skipped", skipped);
                let reply = cx.perform(READ, asked).await?;
                let piece: Piece = serde_json::from_value(reply.value["binds"].clone())
                    .map_err(|e| ActionError::invalid(format!("template {}: {e}", self.template)))?;
                let Some(name) = &piece.name else { break piece.more };
                if text.is_none() {
                    text = Some(Text::new(folder, name, &piece)?);
                }
                if let Some(text) = &mut text
                    && text.takes(&piece)?
                {
                    break piece.more;
                }
            };
            kept.extend(text.map(Text::finish).transpose()?);
            if more == 0 {
                break;
            }
        }
        Ok(json!(kept))
    }
}

impl Domain for KeepTexts {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "what was kept does no harm".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let folder = self.folder()?;
        let to = binding.connection(&self.on)?;
        let mut arguments =
            json!({ "text_number": here("text_number"), "skipped": here("skipped"), "at_most": PIECE });
        for (name, value) in &self.args {
            arguments[name] = value.to_value();
        }
        let read = act_of(READ, &self.template, &arguments, binding, to)?.until("every text is read");
        if read.effect != Effect::Read {
            return Err(ActionError::invalid(format!("template {} does not only read", self.template)));
        }
        let keep = Act {
            key: "keep".parse().expect("a word"),
            title: "keep the texts in files of a folder".into(),
            effect: Effect::Write,
            times: Times::Once,
            repeat: Repeat::Safe,
            call: Call::Local(LocalCall::Files {
                work: "write files with mode 0600".into(),
                paths: vec![json!(folder)],
            }),
        };
        Ok(vec![read, keep])
    }
}

fn unwritten(folder: &Utf8Path) -> impl Fn(std::io::Error) -> ActionError {
    move |error| {
        ActionError::new(Category::Denied, format!("{folder} cannot be written: {error}"))
            .advise("make room for it, or name another folder")
    }
}

/// A text on its way into a file, which gets its name when the text is whole.
struct Text {
    path: Utf8PathBuf,
    file: atomic_write_file::AtomicWriteFile,
    sum: Context,
    characters: u64,
    total: u64,
    digest: Option<String>,
}

impl Text {
    fn new(folder: &Utf8Path, name: &str, first: &Piece) -> Result<Self, ActionError> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
            return Err(ActionError::invalid(format!("{name:?} is no name of a file")));
        }
        fs_err::create_dir_all(folder).map_err(unwritten(folder))?;
        let path = folder.join(name);
        let mut options = atomic_write_file::AtomicWriteFile::options();
        #[cfg(unix)]
        {
            use atomic_write_file::unix::OpenOptionsExt as _;
            use std::os::unix::fs::OpenOptionsExt as _;
            options.preserve_mode(false).mode(0o600);
        }
        let file = options.open(&path).map_err(unwritten(folder))?;
        let (total, digest) = (first.total, first.digest.clone());
        Ok(Self { path, file, sum: Context::new(&SHA256), characters: 0, total, digest })
    }

    /// Takes a piece. Gives whether it was the last one.
    fn takes(&mut self, piece: &Piece) -> Result<bool, ActionError> {
        let text = piece.text.as_deref().unwrap_or_default();
        let ends_early = text.is_empty() && self.characters < self.total;
        if (piece.total, &piece.digest) != (self.total, &self.digest) || ends_early {
            return Err(self.changed());
        }
        self.file.write_all(text.as_bytes()).map_err(unwritten(&self.path))?;
        self.sum.update(text.as_bytes());
        self.characters += text.chars().count() as u64;
        Ok(self.characters >= self.total)
    }

    fn changed(&self) -> ActionError {
        let name = self.path.file_name().unwrap_or_default();
        ActionError::new(Category::Conflict, format!("{name} changed while it was read"))
            .advise("let whoever works on it come to an end, and resume")
    }

    fn finish(self) -> Result<Utf8PathBuf, ActionError> {
        let Self { path, file, sum, digest, .. } = self;
        let sum =
            sum.finish().as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        if digest.is_some_and(|wanted| wanted != sum) {
            let name = path.file_name().unwrap_or_default();
            return Err(ActionError::invalid(format!("{name} did not arrive as the database sent it"))
                .advise("resume to read it once more"));
        }
        file.commit().map_err(unwritten(&path))?;
        Ok(path)
    }
}

impl Action for KeepTexts {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let folder = self.folder()?;
            let reply = cx.local("keep", Here::nothing(), self.keep(cx, &folder)).await?;
            for file in reply.value.as_array().into_iter().flatten() {
                cx.say(format!("kept in {}", file.as_str().unwrap_or_default())).await;
            }
            Ok(Finish::Done(Map::from_iter([("files".to_owned(), reply.value)])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, total: u64, digest: &str) -> Piece {
        let digest = (!digest.is_empty()).then(|| digest.to_owned());
        Piece { name: Some("f1.sql".to_owned()), text: Some(text.to_owned()), total, digest, more: 0 }
    }

    #[test]
    fn texts_come_in_pieces_and_stay_in_their_folder() {
        let home = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(home.path()).unwrap().join("kept");
        let check = |pieces: &[Piece], wanted: Result<&str, &str>| {
            let mut text = Text::new(&folder, "f1.sql", &pieces[0]).unwrap();
            let mut taken = pieces.iter().map(|piece| text.takes(piece));
            let found = match taken.find(|taken| !matches!(taken, Ok(false))) {
                Some(Err(error)) => Err(error.message),
                Some(Ok(_)) => text.finish().map_err(|error| error.message),
                None => panic!("it is not whole"),
            };
            match (found, wanted) {
                (Ok(path), Ok(wanted)) => assert_eq!(fs_err::read_to_string(path).unwrap(), wanted),
                (Err(message), Err(wanted)) => assert!(message.contains(wanted), "{message}"),
                (found, _) => panic!("{found:?}, {wanted:?}"),
            }
        };
        let sum = "e6f6d68bf4a5a1d0e8a7d8d8b7d5b1a2f0d2a3f9d9a7a8f0f4e7bd4f8e3c2b1a";
        check(&[piece("first", 5, "")], Ok("first"));
        check(&[piece("ä sec", 8, ""), piece("ond", 8, "")], Ok("ä second"));
        check(&[piece("first", 5, sum)], Err("did not arrive"));
        check(&[piece("fi", 5, ""), piece("rst", 6, "")], Err("changed while it was read"));
        check(&[piece("fi", 5, ""), piece("", 5, "")], Err("changed while it was read"));
        // What went wrong left the last whole text in place.
        assert_eq!(fs_err::read_to_string(folder.join("f1.sql")).unwrap(), "ä second");
        for name in ["", ".hidden", "../f1.sql", "a\\b"] {
            let refused = Text::new(&folder, name, &piece("x", 1, "")).err().unwrap();
            assert!(refused.message.contains("is no name"), "{name}");
        }
        let relative = KeepTexts {
            on: "target".to_owned(),
            template: "apex/application_sources".to_owned(),
            args: BTreeMap::new(),
            folder: Late::Known("here".to_owned()),
        };
        assert!(relative.folder().unwrap_err().message.contains("no whole path"));
    }
}
