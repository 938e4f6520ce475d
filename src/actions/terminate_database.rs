//! `terminate-database`: takes a database away for good.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain, look, rest, shown, state_look};
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, Probe, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::here;
use crate::model::{Act, ActionError, Category, Effect, Late, Ocid, Repeat};
use crate::oci::database as calls;

/// Takes a database away for good. It wants the name of what it takes away, typed by a person.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TerminateDatabase {
    /// The database's OCID.
    pub database: Late<Ocid>,
    /// The name that it must have: what the person typed to confirm.
    pub confirm: Late<String>,
    /// The name that it has in the configuration.
    pub name: Late<String>,
}

const OUTPUTS: &[OutputDecl] =
    &[OutputDecl { name: "state", kind: OutputKind::Text, doc: "the state afterwards" }];

/// The states from which a database can be terminated.
const DELETABLE: &[&str] = &[
    "AVAILABLE",
    "AVAILABLE_NEEDS_ATTENTION",
    "STANDBY",
    "STOPPED",
    "UNAVAILABLE",
    "RESTORE_FAILED",
    "INACCESSIBLE",
];

fn is_gone(record: &Value) -> bool {
    matches!(record["lifecycleState"].as_str(), Some("TERMINATED" | "TERMINATING"))
}

impl Domain for TerminateDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never {
            why: "a terminated database can only be restored from a backup that outlived it".into(),
        }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        if let (Some(confirm), Some(name)) = (self.confirm.known(), self.name.known())
            && confirm != name
        {
            return Err(ActionError::invalid(format!(
                "{name} is to be terminated, and {confirm:?} was confirmed"
            ))
            .advise(format!("confirm with --confirm-terminate {name}")));
        }
        let id = self.database.to_value();
        let delete = rest(
            "delete",
            format!("TERMINATE {} ({})", shown(&self.name.to_value()), shown(&id)),
            Effect::Destroy,
            Repeat::Probe,
            calls::delete(id.clone(), here("etag")),
        );
        Ok(vec![
            look("read", format!("read {}", shown(&id)), calls::get(id.clone()))
                .until("it is at rest or gone"),
            delete.maybe("it is still there"),
            look("settle", "look how far it is", calls::get(id)).until("it is terminated or no longer known"),
        ])
    }
}

impl Action for TerminateDatabase {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let (confirm, name) = (cx.arg(&self.confirm)?, cx.arg(&self.name)?);
            if confirm != name {
                return Err(ActionError::invalid(format!(
                    "{name} is to be terminated, and {confirm:?} was confirmed"
                )));
            }
            let before = cx
                .wait("read", Here::nothing(), "the database to be at rest", |reply| {
                    if is_gone(&reply.value) { Look::Ready } else { state_look(reply, DELETABLE) }
                })
                .await;
            match before {
                Ok(before) if !is_gone(&before.value) => {
                    let etag = before.etag.clone().unwrap_or_default();
                    cx.perform("delete", Here::nothing().value("etag", etag)).await?;
                }
                Ok(_) => {}
                Err(error) if error.category == Category::NotFound => {}
                Err(error) => return Err(error),
            }
            let gone = cx
                .wait("settle", Here::nothing(), "the database to be terminated", |reply| {
                    match reply.value["lifecycleState"].as_str() {
                        Some("TERMINATED") => Look::Ready,
                        state => Look::NotYet { state: state.map(str::to_owned), percent: None },
                    }
                })
                .await;
            match gone {
                Ok(_) => {}
                // After a time the service does not know it any more.
                Err(error) if error.category == Category::NotFound => {}
                Err(error) => return Err(error),
            }
            Ok(Finish::Done(Map::from_iter([("state".to_owned(), json!("TERMINATED"))])))
        })
    }

    fn probe<'a>(&'a self, cx: &'a StepCx, _: &'a Act) -> BoxFuture<'a, Result<Probe, ActionError>> {
        Box::pin(async move {
            match cx.perform("settle", Here::nothing()).await {
                Ok(now) if is_gone(&now.value) => Ok(Probe::Done(Reply::default())),
                Ok(_) => Ok(Probe::NotDone),
                Err(error) if error.category == Category::NotFound => Ok(Probe::Done(Reply::default())),
                Err(error) => Err(error),
            }
        })
    }
}
