//! `keep-texts`: keeps texts that a database gives, in a folder on this machine.

use std::collections::BTreeMap;
use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain};
use super::sql::{Plsql, STATEMENT};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::LocalCall;
use crate::model::{Act, ActionError, Call, Category, Effect, Late, Repeat, Times};

/// Keeps texts that a database gives, in files of a folder, for their owner only. The folder is made if it is not there;
/// a file of the same name is replaced. The texts are no output: they may be long.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeepTexts {
    /// The connection: `target`, or one that the runbook declares.
    pub on: String,
    /// The template of the block that reads the texts.
    pub template: String,
    /// The template's parameters.
    #[serde(default)]
    pub args: BTreeMap<String, Late<Value>>,
    /// The out bind that holds them: a JSON array of objects with `name` and `text`. A name is one word without a slash.
    pub bind: String,
    /// The folder: a whole path.
    pub folder: Late<String>,
}

const OUTPUTS: &[OutputDecl] =
    &[OutputDecl { name: "files", kind: OutputKind::List, doc: "the files that were written" }];

#[derive(Deserialize)]
struct Text {
    name: String,
    text: String,
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
        let block = Plsql {
            on: self.on.clone(),
            template: Some(self.template.clone()),
            text: None,
            args: self.args.clone(),
            secrets: BTreeMap::new(),
            consent: None,
        };
        let mut acts = block.acts(binding)?;
        if acts.iter().any(|act| act.effect != Effect::Read) {
            return Err(ActionError::invalid(format!("template {} does not only read", self.template)));
        }
        acts.push(Act {
            key: "keep".parse().expect("a word"),
            title: "keep the texts in files of a folder".into(),
            effect: Effect::Write,
            times: Times::Once,
            repeat: Repeat::Safe,
            call: Call::Local(LocalCall::Files {
                work: "write files with mode 0600".into(),
                paths: vec![json!(folder)],
            }),
        });
        Ok(acts)
    }
}

fn write(folder: &Utf8Path, texts: &[Text]) -> Result<Vec<Utf8PathBuf>, ActionError> {
    let failed = |error: std::io::Error| {
        ActionError::new(Category::Denied, format!("{folder} cannot be written: {error}"))
            .advise("make room for it, or name another folder")
    };
    fs_err::create_dir_all(folder).map_err(failed)?;
    let mut files = Vec::new();
    for text in texts {
        if text.name.is_empty() || text.name.starts_with('.') || text.name.contains(['/', '\\']) {
            return Err(ActionError::invalid(format!("{:?} is no name of a file", text.name)));
        }
        let path = folder.join(&text.name);
        let mut options = atomic_write_file::AtomicWriteFile::options();
        #[cfg(unix)]
        {
            use atomic_write_file::unix::OpenOptionsExt as _;
            use std::os::unix::fs::OpenOptionsExt as _;
            options.preserve_mode(false).mode(0o600);
        }
        let mut file = options.open(&path).map_err(failed)?;
        file.write_all(text.text.as_bytes()).map_err(failed)?;
        file.commit().map_err(failed)?;
        files.push(path);
    }
    Ok(files)
}

impl Action for KeepTexts {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let folder = self.folder()?;
            let read = cx.perform(STATEMENT, Here::nothing()).await?;
            let texts: Vec<Text> = serde_json::from_str(
                read.value["binds"][&self.bind].as_str().unwrap_or_default(),
            )
            .map_err(|e| {
                ActionError::invalid(format!("the bind {} is no list of name and text: {e}", self.bind))
            })?;
            let reply =
                cx.local("keep", Here::nothing(), async { Ok(json!(write(&folder, &texts)?)) }).await?;
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

    #[test]
    fn texts_stay_in_their_folder() {
        let home = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(home.path()).unwrap().join("kept");
        let text = |name: &str, text: &str| Text { name: name.to_owned(), text: text.to_owned() };
        for words in ["first", "ä second"] {
            let files = write(&folder, &[text("f1.sql", words)]).unwrap();
            assert_eq!(files, [folder.join("f1.sql")]);
            assert_eq!(fs_err::read_to_string(&files[0]).unwrap(), words);
        }
        for name in ["", ".hidden", "../f1.sql", "a\\b"] {
            assert!(write(&folder, &[text(name, "x")]).unwrap_err().message.contains("is no name"), "{name}");
        }
        let relative = KeepTexts {
            on: "target".to_owned(),
            template: "apex/application_sources".to_owned(),
            args: BTreeMap::new(),
            bind: "sources".to_owned(),
            folder: Late::Known("here".to_owned()),
        };
        assert!(relative.folder().unwrap_err().message.contains("no whole path"));
    }
}
