//! The format of capture documents: a header, and rows by topic.
//!
//! Topics stand in one order and rows in the order of their queries, so that two captures of an unchanged database
//! differ in the header alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::model::ActionError;
use crate::model::diagnostic::suggestion;

/// The format that is written, and the newest that is read.
pub const FORMAT: u64 = 1;

/// What a capture says it is.
pub const KIND: &str = "capture";

/// What a capture holds of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// Its name in the document, and of its query in `sql/capture`.
    pub name: &'static str,
    /// The members that name a schema.
    pub schemas: &'static [&'static str],
    /// The member that names a workspace, for rows that belong to a schema only through it.
    pub workspace: Option<&'static str>,
}

const fn topic(name: &'static str, schemas: &'static [&'static str]) -> Topic {
    Topic { name, schemas, workspace: None }
}

/// The topics in the order of the document.
pub const TOPICS: &[Topic] = &[
    topic("users", &["username"]),
    topic("object_grants", &["grantee", "owner"]),
    topic("role_grants", &["grantee"]),
    topic("system_grants", &["grantee"]),
    topic("synonyms", &["owner", "table_owner"]),
    topic("database_links", &["owner"]),
    topic("credentials", &["owner"]),
    topic("host_aces", &["principal"]),
    topic("scheduler_jobs", &["owner", "program_owner", "schedule_owner"]),
    topic("ords_schemas", &["parsing_schema"]),
    topic("ords_modules", &["parsing_schema"]),
    topic("ords_templates", &["parsing_schema"]),
    topic("ords_handlers", &["parsing_schema"]),
    topic("ords_parameters", &["parsing_schema"]),
    topic("ords_roles", &["parsing_schema"]),
    topic("ords_privileges", &["parsing_schema"]),
    topic("ords_privilege_parts", &["parsing_schema"]),
    topic("apex_parameters", &[]),
    topic("workspaces", &["schema"]),
    Topic { name: "workspace_users", schemas: &[], workspace: Some("workspace_name") },
    Topic { name: "application_roles", schemas: &[], workspace: Some("workspace") },
];

/// The topic of this name.
///
/// # Errors
/// There is none.
pub fn named(name: &str) -> Result<&'static Topic, ActionError> {
    TOPICS.iter().find(|topic| topic.name == name).ok_or_else(|| {
        let error = ActionError::invalid(format!("a capture has no topic {name:?}"));
        match suggestion(name, TOPICS.iter().map(|topic| topic.name)) {
            Some(help) => error.advise(help),
            None => error,
        }
    })
}

/// A capture.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Where it came from: the header's members.
    pub captured: Map<String, Value>,
    /// The rows by topic; a topic that was not looked at is not there.
    pub topics: BTreeMap<&'static str, Vec<Value>>,
}

impl Document {
    /// The rows of a topic; none where it was not looked at.
    pub fn rows(&self, topic: &str) -> &[Value] {
        self.topics.get(topic).map_or(&[], Vec::as_slice)
    }

    /// The document as JSON.
    pub fn to_value(&self) -> Value {
        let topics: Map<String, Value> = TOPICS
            .iter()
            .filter_map(|topic| Some((topic.name.to_owned(), json!(self.topics.get(topic.name)?))))
            .collect();
        json!({ "format": FORMAT, "kind": KIND, "captured": self.captured, "topics": topics })
    }

    /// Reads a document. `place` is where it was found, for messages.
    ///
    /// # Errors
    /// The text is cut off or no JSON, something else than a capture, of a newer format, or damaged.
    pub fn read(text: &str, place: &str) -> Result<Self, ActionError> {
        let value: Value = serde_json::from_str(text).map_err(|e| {
            let what = if e.is_eof() { "is cut off" } else { "is no JSON document" };
            ActionError::invalid(format!("{place} {what}: {e}"))
                .advise("take the capture again, or get the file anew from where it was kept")
        })?;
        let foreign = |found: &str| {
            ActionError::invalid(format!("{place} is no capture: {found}"))
                .advise("name a file that `adbctl capture` wrote")
        };
        let top = value.as_object().ok_or_else(|| foreign("it is no object"))?;
        match top.get("kind").and_then(Value::as_str) {
            Some(KIND) => {}
            Some(other) => return Err(foreign(&format!("it says that it is of the kind {other:?}"))),
            None => return Err(foreign("it does not say of what kind it is")),
        }
        match top.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(newer) if newer > FORMAT => {
                return Err(ActionError::invalid(format!(
                    "{place} is of format {newer}, and this adbctl reads formats up to {FORMAT}"
                ))
                .advise("replay it with the adbctl that wrote it, or a newer one"));
            }
            _ => return Err(foreign("its format is no number that was ever in use")),
        }
        let damaged = |what: String| {
            ActionError::invalid(format!("{place} is damaged: {what}")).advise("take the capture again")
        };
        let captured = top.get("captured").and_then(Value::as_object);
        let captured = captured.ok_or_else(|| damaged("it has no header `captured`".into()))?.clone();
        let listed = top.get("topics").and_then(Value::as_object);
        let listed = listed.ok_or_else(|| damaged("it has no `topics`".into()))?;
        let mut topics = BTreeMap::new();
        for (name, rows) in listed {
            let topic = named(name).map_err(|e| damaged(e.message))?;
            let rows = rows.as_array().filter(|rows| rows.iter().all(Value::is_object));
            let rows = rows.ok_or_else(|| damaged(format!("topic {name} is no list of objects")))?;
            topics.insert(topic.name, rows.clone());
        }
        Ok(Self { captured, topics })
    }

    /// The document with the rows of these schemas alone; of all, where there are none.
    ///
    /// # Errors
    /// A schema that the database does not have.
    pub fn only(mut self, schemas: &[String]) -> Result<Self, ActionError> {
        if schemas.is_empty() {
            return Ok(self);
        }
        let users: Vec<&str> = self.rows("users").iter().filter_map(|row| row["username"].as_str()).collect();
        if let Some(missing) = schemas.iter().find(|schema| !users.contains(&schema.as_str())) {
            let error = ActionError::invalid(format!("there is no schema {missing}"));
            let help = suggestion(missing, users.iter().copied());
            return Err(
                error.advise(help.unwrap_or_else(|| "names of schemas are usually in capitals".into()))
            );
        }
        let wanted = |value: &Value| value.as_str().is_some_and(|name| schemas.iter().any(|s| s == name));
        let workspaces: BTreeSet<String> = self
            .rows("workspaces")
            .iter()
            .filter(|row| wanted(&row["schema"]))
            .filter_map(|row| row["workspace_name"].as_str().map(str::to_owned))
            .collect();
        for topic in TOPICS {
            let Some(rows) = self.topics.get_mut(topic.name) else { continue };
            rows.retain(|row| match topic.workspace {
                Some(member) => row[member].as_str().is_some_and(|name| workspaces.contains(name)),
                None => topic.schemas.iter().any(|member| wanted(&row[*member])),
            });
        }
        Ok(self)
    }

    /// The document with schemas under their new names. Code is left as it is.
    #[must_use]
    pub fn renamed(mut self, names: &BTreeMap<String, String>) -> Self {
        for topic in TOPICS {
            for row in self.topics.get_mut(topic.name).into_iter().flatten() {
                if topic.name == "ords_schemas" {
                    rename_pattern(row, names);
                }
                if topic.name == "object_grants" && row["type"] == "USER" {
                    rename(&mut row["table_name"], names);
                }
                for member in topic.schemas {
                    rename(&mut row[*member], names);
                }
            }
        }
        self
    }

    /// Code that names one of these schemas, which a new name does not reach: kind, name and the schema.
    pub fn code_naming(&self, names: &BTreeMap<String, String>) -> Vec<Value> {
        let mut found = Vec::new();
        let mut look = |kind: &str, name: String, code: &Value| {
            for old in names.keys().filter(|old| mentions(code.as_str().unwrap_or_default(), old)) {
                found.push(json!({ "kind": kind, "name": name, "names": old }));
            }
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for job in self.rows("scheduler_jobs") {
            look("job", format!("{}.{}", text(&job["owner"]), text(&job["job_name"])), &job["job_action"]);
        }
        for handler in self.rows("ords_handlers") {
            let name = format!(
                "{} {} of {}.{}",
                text(&handler["method"]),
                text(&handler["uri_template"]),
                text(&handler["parsing_schema"]),
                text(&handler["module_name"])
            );
            look("REST handler", name, &handler["source"]);
        }
        found
    }
}

fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    if let Some(new) = value.as_str().and_then(|old| names.get(old)) {
        *value = json!(new);
    }
}

/// A schema that has its place in addresses by its own name gets a place by its new one: two cannot share it.
fn rename_pattern(row: &mut Value, names: &BTreeMap<String, String>) {
    let Some((old, new)) = row["parsing_schema"].as_str().and_then(|old| names.get_key_value(old)) else {
        return;
    };
    if row["pattern"].as_str() == Some(old.to_lowercase().as_str()) {
        row["pattern"] = json!(new.to_lowercase());
    }
}

/// Whether a text holds a name as a word of its own, in any case.
fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#');
    text.match_indices(&name)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + name.len()..].starts_with(part))
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
