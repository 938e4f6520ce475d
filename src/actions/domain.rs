//! What the planning side asks of an action, beside what the engine asks of it; and the words that several share.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::engine::{Action, Look, OutputDecl, PlannedDatabase, UndoPolicy};
use crate::model::act::Connection;
use crate::model::act::Reply;
use crate::model::diagnostic::suggestion;
use crate::model::late::SECRET;
use crate::model::{Act, ActionError, Call, Category, Effect, Repeat, RestCall, RunId, StepId, Times};

/// What a plan needs to know of the world: found out before, with calls that only read.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The run the plan is for.
    pub run: RunId,
    /// Its folder, as text.
    pub folder: String,
    /// The databases by the part they play.
    pub databases: BTreeMap<String, PlannedDatabase>,
    /// What expressions can see of each database, by the part it plays.
    pub seen: Map<String, Value>,
    /// What expressions can see of the bucket for dumps; an object without members where none is configured.
    pub storage: Map<String, Value>,
    /// The OCID of every database that the configuration calls production.
    pub production: Vec<String>,
    /// The source-side writes that the configuration consents to.
    pub consents: Vec<String>,
    /// Values for parameters.
    pub given: Map<String, Value>,
    /// SHA-256 of the settings that matter.
    pub settings_sha256: String,
}

/// What an action can look at when it states its acts.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// The step it is for.
    pub step: &'a StepId,
    /// What the plan knows of the world.
    pub facts: &'a Facts,
    /// The connections that statements can run on, by name.
    pub connections: &'a BTreeMap<String, NamedConnection>,
}

/// A connection under the name that steps use.
#[derive(Clone, Debug)]
pub struct NamedConnection {
    /// The part its database plays: `source` or `target`.
    pub part: String,
    /// Where and as whom; late values stand in it.
    pub connection: Connection,
}

impl<'a> Binding<'a> {
    /// The connection of this name.
    ///
    /// # Errors
    /// There is none, or nothing says where its password is.
    pub fn connection(&self, name: &str) -> Result<&'a NamedConnection, ActionError> {
        let found = self.connections.get(name).ok_or_else(|| {
            let error = ActionError::invalid(format!("no connection is called {name:?}"));
            match suggestion(name, self.connections.keys().map(String::as_str)) {
                Some(help) => error.advise(help),
                None => error,
            }
        })?;
        // Database Tools logs on by itself.
        let needs_password = found.connection.driver != "dbtools";
        if needs_password && found.connection.password.get(SECRET).is_none_or(Value::is_null) {
            return Err(ActionError::invalid(format!(
                "nothing says where the password of {} is to be found",
                found.connection.database
            ))
            .advise("write a `password` reference under its [database.NAME.connect]"));
        }
        Ok(found)
    }
}

/// An action as the planner sees it.
pub trait Domain: Action {
    /// The outputs it promises.
    fn outputs(&self) -> &'static [OutputDecl];

    /// Whether it can be taken back.
    fn undo_policy(&self) -> UndoPolicy;

    /// Everything it may do, in the order in which it does it. Pure: the same arguments give the same acts.
    ///
    /// # Errors
    /// Arguments that can never work.
    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError>;
}

/// An act on the cloud.
pub(super) fn rest(
    key: &str,
    title: impl Into<String>,
    effect: Effect,
    repeat: Repeat,
    call: RestCall,
) -> Act {
    let key = key.parse().expect("act keys in source are words");
    Act { key, title: title.into(), effect, times: Times::Once, repeat, call: Call::Rest(call) }
}

/// An act that reads.
pub(super) fn look(key: &str, title: impl Into<String>, call: RestCall) -> Act {
    rest(key, title, Effect::Read, Repeat::Safe, call)
}

impl Act {
    /// The act, performed only under a condition.
    #[must_use]
    pub fn maybe(mut self, when: impl Into<String>) -> Self {
        self.times = Times::Maybe { when: when.into() };
        self
    }

    /// The act, performed until a condition holds.
    #[must_use]
    pub fn until(mut self, condition: impl Into<String>) -> Self {
        self.times = Times::Until { condition: condition.into() };
        self
    }
}

/// What a late or known value is called in a title.
pub(super) fn shown(value: &Value) -> String {
    match crate::model::late::show(value) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// What the state of a database means for somebody who waits for one of `wanted`.
pub(super) fn state_look(reply: &Reply, wanted: &[&str]) -> Look {
    let state = reply.value["lifecycleState"].as_str().unwrap_or("unknown");
    if wanted.contains(&state) {
        return Look::Ready;
    }
    let details = reply.value["lifecycleDetails"].as_str().unwrap_or_default();
    let dead = matches!(
        state,
        "TERMINATED" | "TERMINATING" | "UNAVAILABLE" | "RESTORE_FAILED" | "INACCESSIBLE" | "FAILED"
    );
    if dead {
        let mut error = ActionError::new(Category::DeadEnd, format!("the database went to {state}"))
            .request_id(reply.request_id.clone())
            .advise("the service's work request names the reason; nothing that follows was started");
        if !details.is_empty() {
            error = error.because(details);
        }
        return Look::DeadEnd(error);
    }
    Look::NotYet { state: Some(state.to_owned()), percent: None }
}

/// The states in which a database can be used.
pub(super) const USABLE: &[&str] = &["AVAILABLE", "AVAILABLE_NEEDS_ATTENTION"];

/// The states in which a database is at rest.
pub(super) const SETTLED: &[&str] = &["AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "STANDBY", "STOPPED"];

/// What a work request says to somebody who waits for its end.
pub(super) fn work_request_look(reply: &Reply) -> Look {
    let status = reply.value["status"].as_str().unwrap_or("unknown");
    match status {
        "SUCCEEDED" => Look::Ready,
        "FAILED" | "CANCELED" | "CANCELING" => Look::DeadEnd(
            ActionError::new(Category::DeadEnd, format!("the service's work request ended {status}"))
                .request_id(reply.request_id.clone()),
        ),
        _ => {
            Look::NotYet { state: Some(status.to_owned()), percent: reply.value["percentComplete"].as_f64() }
        }
    }
}

/// The object's members under these names; absent ones are null, so that later steps can refer to each.
pub(super) fn pick(record: &Value, names: &[&str]) -> Value {
    Value::Object(
        names
            .iter()
            .map(|name| ((*name).to_owned(), record.get(*name).cloned().unwrap_or(json!(null))))
            .collect(),
    )
}
