//! What is kept of a connection, and how it moves from state to state.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::sandbox::pace::{Work, text};
use crate::sandbox::work_requests;
use crate::sandbox::world::World;

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Life {
    Creating,
    Updating,
    Active,
    Deleting,
    Deleted,
    Failed,
}

impl Life {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Updating => "UPDATING",
            Self::Active => "ACTIVE",
            Self::Deleting => "DELETING",
            Self::Deleted => "DELETED",
            Self::Failed => "FAILED",
        }
    }
}

/// What happens to a connection when its present work is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(super) until: Timestamp,
    pub(super) work_request: String,
    /// Fields that take their new values at the end.
    pub(super) changes: Map<String, Value>,
    /// The work fails at its end, with this code and sentence.
    pub(super) failure: Option<(String, String)>,
}

/// A connection as the control plane keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ToolsConnection {
    pub(crate) id: String,
    /// The fields that a client sets and reads back, by their names in the API.
    pub(super) fields: Map<String, Value>,
    pub(super) state: Life,
    pub(super) details: Option<String>,
    /// Counts the changes; the etag is made of it.
    pub(super) version: u64,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) pending: Option<Pending>,
    /// When a deleted connection is no longer known.
    pub(super) forget_at: Option<Timestamp>,
}

impl ToolsConnection {
    /// One that has been there for long.
    pub(crate) fn sample(id: String, fields: &Value, made: Timestamp) -> Self {
        let fields = fields.as_object().cloned().unwrap_or_default();
        Self {
            id,
            fields,
            state: Life::Active,
            details: None,
            version: 1,
            created: made,
            updated: made,
            pending: None,
            forget_at: None,
        }
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    pub(super) fn etag(&self) -> String {
        let end = self.id.rsplit('.').next().unwrap_or_default();
        format!("{}-{}", end.get(..12).unwrap_or(end), self.version)
    }

    /// The whole document. Fields that were never set are null.
    pub(super) fn view(&self, base_url: &str) -> Value {
        let mut view = self.summary(base_url);
        view["lifecycleDetails"] = json!(self.details);
        view["locks"] = json!([]);
        view
    }

    /// What a list shows.
    pub(super) fn summary(&self, base_url: &str) -> Value {
        let mut view = json!({ "id": self.id });
        for name in super::fields::readable() {
            view[name] = self.fields.get(name).cloned().unwrap_or(Value::Null);
        }
        view["lifecycleState"] = self.state.word().into();
        view["timeCreated"] = text(self.created).into();
        view["timeUpdated"] = text(self.updated).into();
        view["systemTags"] = json!({});
        view["runtimeEndpoint"] = base_url.into();
        view
    }
}

/// Ends the work that is due.
pub(crate) fn settle(world: &mut World, now: Timestamp) {
    super::execute::delete_due(world, now);
    for id in world.tables.tools_connections.keys() {
        let Some(row) = world.tables.tools_connections.get(&id) else { continue };
        if row.forget_at.is_some_and(|at| at <= now) {
            world.tables.tools_connections.remove(&id);
        } else if row.pending.as_ref().is_some_and(|pending| pending.until <= now) {
            finish(world, &id, now);
        }
    }
}

fn finish(world: &mut World, id: &str, now: Timestamp) {
    let forget_at = world.pace.end(Work::Forget, now);
    let Some(row) = world.tables.tools_connections.change(id) else { return };
    let Some(pending) = row.pending.take() else { return };
    row.version += 1;
    row.updated = pending.until;
    if let Some((_, message)) = &pending.failure {
        row.details = Some(message.clone());
        // A connection that never was has failed; one that was stays as it was.
        row.state = if row.state == Life::Creating { Life::Failed } else { Life::Active };
    } else {
        row.state = if row.state == Life::Deleting { Life::Deleted } else { Life::Active };
        row.forget_at = (row.state == Life::Deleted).then_some(forget_at);
        row.fields.extend(pending.changes);
    }
    work_requests::finish(world, &pending.work_request, pending.until, pending.failure);
}
