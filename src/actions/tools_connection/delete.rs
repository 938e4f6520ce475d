//! `delete-database-tools-connection`: takes a connection away.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::actions::domain::{Binding, Domain, look, rest, shown};
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, Probe, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::here;
use crate::model::{Act, ActionError, Category, Effect, Late, Ocid, Repeat};
use crate::oci::database_tools as calls;

/// Takes a Database Tools connection away. One that is gone already is no mistake.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeleteDatabaseToolsConnection {
    /// OCID of the connection.
    pub connection: Late<Ocid>,
}

const OUTPUTS: &[OutputDecl] =
    &[OutputDecl { name: "state", kind: OutputKind::Text, doc: "the state afterwards" }];

fn state(value: &Value) -> &str {
    value["lifecycleState"].as_str().unwrap_or("unknown")
}

fn is_gone(value: &Value) -> bool {
    matches!(state(value), "DELETED" | "DELETING")
}

impl Domain for DeleteDatabaseToolsConnection {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "a connection that was deleted has to be made anew".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let id = self.connection.to_value();
        let delete = rest(
            "delete",
            format!("delete the Database Tools connection {}", shown(&id)),
            Effect::Destroy,
            Repeat::Probe,
            calls::delete(id.clone(), here("etag")),
        );
        Ok(vec![
            look("read", format!("read the connection {}", shown(&id)), calls::get(id.clone()))
                .until("it is at rest or gone"),
            delete.maybe("it is still there"),
            look("settle", "look whether it is gone", calls::get(id))
                .until("it is deleted or no longer known"),
        ])
    }
}

impl Action for DeleteDatabaseToolsConnection {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let before = cx
                .wait("read", Here::nothing(), "the connection to be at rest", |reply| {
                    match state(&reply.value) {
                        "CREATING" | "UPDATING" => {
                            Look::NotYet { state: Some(state(&reply.value).to_owned()), percent: None }
                        }
                        _ => Look::Ready,
                    }
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
                .wait("settle", Here::nothing(), "the connection to be deleted", |reply| {
                    match state(&reply.value) {
                        "DELETED" => Look::Ready,
                        "ACTIVE" | "FAILED" => Look::DeadEnd(
                            ActionError::new(Category::DeadEnd, "the service did not delete the connection")
                                .request_id(reply.request_id.clone())
                                .advise("look at its work requests in the console, then resume"),
                        ),
                        other => Look::NotYet { state: Some(other.to_owned()), percent: None },
                    }
                })
                .await;
            match gone {
                Ok(_) => {}
                // After a time the service does not know it any more.
                Err(error) if error.category == Category::NotFound => {}
                Err(error) => return Err(error),
            }
            Ok(Finish::Done(Map::from_iter([("state".to_owned(), json!("DELETED"))])))
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
