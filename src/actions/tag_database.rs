//! `tag-database`: sets or removes freeform tags and leaves the others.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain, SETTLED, look, rest, shown, state_look};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, Probe, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::here;
use crate::model::{Act, ActionError, Effect, Late, Ocid, Repeat};
use crate::oci::database as calls;

/// Sets or removes freeform tags and leaves the others.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TagDatabase {
    /// The database's OCID.
    pub database: Late<Ocid>,
    /// The tags to set, by name.
    #[serde(default)]
    pub set: BTreeMap<String, Late<String>>,
    /// The names of the tags to remove.
    #[serde(default)]
    pub remove: Vec<String>,
}

const OUTPUTS: &[OutputDecl] =
    &[OutputDecl { name: "tags", kind: OutputKind::Object, doc: "the freeform tags afterwards" }];

impl TagDatabase {
    fn wanted(&self, cx: &StepCx, now: &Value) -> Result<Value, ActionError> {
        let mut tags: Map<String, Value> = now["freeformTags"].as_object().cloned().unwrap_or_default();
        for (name, value) in &self.set {
            tags.insert(name.clone(), json!(cx.arg(value)?));
        }
        for name in &self.remove {
            tags.remove(name);
        }
        Ok(Value::Object(tags))
    }

    fn has(&self, cx: &StepCx, now: &Value) -> Result<bool, ActionError> {
        let tags = now["freeformTags"].as_object().cloned().unwrap_or_default();
        Ok(self.wanted(cx, now)? == Value::Object(tags))
    }

    fn title(&self, id: &Value) -> String {
        let set = self.set.iter().map(|(n, v)| format!("tag {n} = {}", shown(&v.to_value())));
        let remove = self.remove.iter().map(|n| format!("no tag {n}"));
        format!("set {} on {}", set.chain(remove).collect::<Vec<_>>().join(", "), shown(id))
    }
}

impl Domain for TagDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "set the tags that were recorded before".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let id = self.database.to_value();
        let body = json!({ "freeformTags": here("tags") });
        let update = rest(
            "update",
            self.title(&id),
            Effect::Write,
            Repeat::Probe,
            calls::update(id.clone(), body, here("etag")),
        );
        Ok(vec![
            look("read", format!("read {}", shown(&id)), calls::get(id.clone())).until("it is at rest"),
            update.maybe("it is not so already"),
            look("settle", "look how far the update is", calls::get(id)).until("it is at rest"),
        ])
    }
}

impl Action for TagDatabase {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let before = cx
                .wait("read", Here::nothing(), "the database to be at rest", |reply| {
                    state_look(reply, SETTLED)
                })
                .await?;
            let mut tags = before.value["freeformTags"].clone();
            if !self.has(cx, &before.value)? {
                let wanted = self.wanted(cx, &before.value)?;
                let etag = before.etag.clone().unwrap_or_default();
                cx.perform("update", Here::nothing().value("etag", etag).value("tags", wanted)).await?;
                let after = cx
                    .wait("settle", Here::nothing(), "the update", |reply| state_look(reply, SETTLED))
                    .await?;
                tags = after.value["freeformTags"].clone();
            }
            Ok(Finish::Done(Map::from_iter([("tags".to_owned(), tags)])))
        })
    }

    fn probe<'a>(&'a self, cx: &'a StepCx, _: &'a Act) -> BoxFuture<'a, Result<Probe, ActionError>> {
        Box::pin(async move {
            // A change that is still being carried out does not show yet.
            let now = cx
                .wait("settle", Here::nothing(), "the database to be at rest", |reply| {
                    state_look(reply, SETTLED)
                })
                .await?;
            Ok(if self.has(cx, &now.value)? { Probe::Done(Reply::default()) } else { Probe::NotDone })
        })
    }
}
