//! `read-capture`: reads a capture and gives its topics, with schemas under the names that they are to have.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::{Document, TOPICS};
use super::write::file_value;
use crate::actions::domain::{Binding, Domain, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::LocalCall;
use crate::model::diagnostic::suggestion;
use crate::model::names::folded;
use crate::model::{Act, ActionError, Call, Category, Effect, Late, Repeat, Times};

/// Reads a capture, from a file or from a text, and gives its topics. Schemas get the names that they are to have,
/// but for those in code, which are named.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadCapture {
    /// The file: a whole path. Empty where `text` is given.
    pub file: Late<String>,
    /// The document's text, such as an object's; used where there is no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Late<Option<String>>>,
    /// There may be none: then all topics are empty, and so is `captured`.
    #[serde(default)]
    pub optional: bool,
    /// New names of schemas by their old ones. Unquoted names become upper case, as in SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rename: Option<Late<BTreeMap<String, String>>>,
    /// The database's users, as `capture/users` lists them: schemas that were asked for by name must be among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Late<Vec<Value>>>,
}

/// Those that are no topics.
const OWN_OUTPUTS: [OutputDecl; 3] = [
    OutputDecl { name: "content", kind: OutputKind::Object, doc: "the document, with the new names" },
    OutputDecl { name: "captured", kind: OutputKind::Object, doc: "where it came from" },
    OutputDecl {
        name: "code_names",
        kind: OutputKind::List,
        doc: "code that names a schema by its old name: kind, name and the schema",
    },
];

/// The outputs: those, and the rows of each topic under its name.
const OUTPUTS: [OutputDecl; OWN_OUTPUTS.len() + TOPICS.len()] = {
    let rows = OutputDecl { name: "", kind: OutputKind::List, doc: "its rows of this topic" };
    let mut all = [rows; OWN_OUTPUTS.len() + TOPICS.len()];
    let mut at = 0;
    while at < all.len() {
        if at < OWN_OUTPUTS.len() {
            all[at] = OWN_OUTPUTS[at];
        } else {
            all[at].name = TOPICS[at - OWN_OUTPUTS.len()].name;
        }
        at += 1;
    }
    all
};

impl Domain for ReadCapture {
    fn outputs(&self) -> &'static [OutputDecl] {
        &OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let Some(file) = file_value(&self.file)? else {
            return if self.text.is_some() {
                Ok(Vec::new())
            } else {
                Err(ActionError::invalid("nothing says where the capture is")
                    .advise("give `file`, or `text` for what another step has read"))
            };
        };
        Ok(vec![Act {
            key: "read".parse().expect("a word"),
            title: format!("read the capture {}", shown(&file)),
            effect: Effect::Read,
            times: Times::Once,
            repeat: Repeat::Safe,
            call: Call::Local(LocalCall::Files { work: "read a file".into(), paths: vec![file] }),
        }])
    }
}

/// The new names that are other ones.
fn changed(rename: BTreeMap<String, String>) -> BTreeMap<String, String> {
    rename.into_iter().filter(|(old, new)| old != new).collect()
}

/// Refuses new names for schemas that the document does not have, and a document for schemas that are not there under the
/// names that they are to have.
fn must_be_there(
    document: &Document,
    rename: &BTreeMap<String, String>,
    users: &[Value],
) -> Result<(), ActionError> {
    let captured = document.captured.get("schemas").and_then(Value::as_array).into_iter().flatten();
    let captured = captured.filter_map(Value::as_str);
    let known: BTreeSet<&str> =
        captured.chain(document.rows("users").iter().filter_map(|row| row["username"].as_str())).collect();
    // A capture of a few topics may not say whose they are.
    if let Some(old) = rename.keys().find(|old| !known.is_empty() && !known.contains(old.as_str())) {
        let near = suggestion(old, known.iter().copied()).unwrap_or_default();
        return Err(ActionError::invalid(format!("the capture has no schema {old}")).because(near).advise(
            "correct the name before the colon of --schema OLD:NEW: under a wrong one everything would be given back to \
             its old schema",
        ));
    }
    let asked = document.captured.get("schemas").and_then(Value::as_array).into_iter().flatten();
    let asked = asked.filter_map(Value::as_str).map(|old| rename.get(old).map_or(old, String::as_str));
    let wanted: BTreeSet<&str> = asked.chain(rename.values().map(String::as_str)).collect();
    let there: BTreeSet<&str> = users.iter().filter_map(|row| row["username"].as_str()).collect();
    let missing: Vec<&str> = wanted.difference(&there).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(ActionError::invalid(format!("the database has no schema {}", missing.join(" and no schema ")))
        .advise("import it first, make its user, or correct the name after the colon of --schema OLD:NEW"))
}

impl Action for ReadCapture {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let file = file_value(&self.file)?;
            let (text, place) = if let Some(path) = file.as_ref().and_then(Value::as_str) {
                let read = async {
                    fs_err::read_to_string(path).map(Value::String).map_err(|e| {
                        ActionError::new(Category::NotFound, format!("the capture cannot be read: {e}"))
                            .advise("look whether the file is there and may be read")
                    })
                };
                let text = cx.local("read", Here::nothing(), read).await?.value;
                (text.as_str().unwrap_or_default().to_owned(), path.to_owned())
            } else {
                let text = self.text.as_ref().map(|text| cx.arg(text)).transpose()?.flatten();
                (text.unwrap_or_default(), "the capture that was read".to_owned())
            };
            let rename = self.rename.as_ref().map(|rename| cx.arg(rename)).transpose()?.unwrap_or_default();
            let rename = rename.iter().map(|(old, new)| (folded(old), folded(new))).collect();
            let document = if self.optional && text.is_empty() {
                Document { captured: Map::new(), topics: BTreeMap::new() }
            } else {
                Document::read(&text, &place)?
            };
            if let Some(users) = &self.users {
                must_be_there(&document, &rename, &cx.arg(users)?)?;
            }
            let rename = changed(rename);
            let code = document.code_naming(&rename);
            for entry in &code {
                cx.say(format!(
                    "{} {} names {} in its code, which stays as it is",
                    shown(&entry["kind"]),
                    shown(&entry["name"]),
                    shown(&entry["names"])
                ))
                .await;
            }
            let document = document.renamed(&rename);
            let mut outputs = Map::from_iter([
                ("captured".to_owned(), json!(document.captured)),
                ("content".to_owned(), document.to_value()),
                ("code_names".to_owned(), json!(code)),
            ]);
            for topic in TOPICS {
                outputs.insert(topic.name.to_owned(), json!(document.rows(topic.name)));
            }
            Ok(Finish::Done(outputs))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_must_be_there() {
        fn check(captured: &[&str], rename: &[(&str, &str)], wanted: Option<&str>) {
            let captured = Map::from_iter([("schemas".to_owned(), json!(captured))]);
            let document = Document { captured, topics: BTreeMap::new() };
            let rename = rename.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
            let found = must_be_there(&document, &rename, &[json!({ "username": "SALES" })]);
            assert_eq!(found.err().map(|e| e.message).as_deref(), wanted);
        }
        check(&[], &[], None);
        check(&["SALES"], &[], None);
        check(&["APP"], &[], Some("the database has no schema APP"));
        check(&["APP"], &[("APP", "SALES")], None);
        check(&["APP"], &[("APQ", "SALES")], Some("the capture has no schema APQ"));
        check(&[], &[("APP", "APP_DEV"), ("B", "SALES")], Some("the database has no schema APP_DEV"));
    }
}
