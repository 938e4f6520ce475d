//! `await-database`: waits until a new database is available.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::describe_database::outputs_of;
use super::domain::{Binding, Domain, USABLE, look, shown, state_look, work_request_look};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Category, Late, Ocid};
use crate::oci::{database as calls, work_requests};

/// Waits until a new database is available, and says why where it never will be.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AwaitDatabase {
    /// The database's OCID.
    pub database: Late<Ocid>,
    /// The work request that makes it.
    pub work_request: Late<String>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl {
        name: "addresses",
        kind: OutputKind::Object,
        doc: "where it answers, by the name of the way to it",
    },
    OutputDecl { name: "record", kind: OutputKind::Object, doc: "the service's whole answer" },
];

impl Domain for AwaitDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let (id, work) = (self.database.to_value(), self.work_request.to_value());
        Ok(vec![
            look("follow", "look how far the database is", work_requests::get(work.clone()))
                .until("the work request has succeeded"),
            look("errors", "read why it failed", work_requests::errors(work))
                .maybe("the work request has failed"),
            look("settle", format!("look whether {} is available", shown(&id)), calls::get(id))
                .until("it is available"),
        ])
    }
}

impl AwaitDatabase {
    /// The failure with the reasons that the service's work request gives.
    async fn explained(cx: &StepCx, mut error: ActionError) -> ActionError {
        if error.category != Category::DeadEnd {
            return error;
        }
        let Ok(reasons) = cx.perform("errors", Here::nothing()).await else { return error };
        for reason in reasons.value.as_array().into_iter().flatten() {
            let code = reason["code"].as_str().unwrap_or("no code");
            let message = reason["message"].as_str().unwrap_or_default();
            error = error.because(format!("{code}: {message}")).code(code);
        }
        error
    }
}

impl Action for AwaitDatabase {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            if let Err(error) = cx.wait("follow", Here::nothing(), "the database", work_request_look).await {
                return Err(Self::explained(cx, error).await);
            }
            let ready = cx
                .wait("settle", Here::nothing(), "the database to be available", |reply| {
                    state_look(reply, USABLE)
                })
                .await?;
            let mut all = outputs_of(&ready.value);
            let outputs = OUTPUTS.iter().map(|o| (o.name.to_owned(), all.remove(o.name).unwrap_or_default()));
            Ok(Finish::Done(outputs.collect()))
        })
    }
}
