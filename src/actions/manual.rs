//! `manual`: a task for a person.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::domain::{Binding, Domain};
use crate::engine::{Action, Finish, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Late};

/// A task for a person. At a terminal the run waits for it; else it is left open, named in the verdict and the report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manual {
    /// What to do, step by step.
    pub instructions: Late<String>,
}

const OUTPUTS: &[OutputDecl] =
    &[OutputDecl { name: "done", kind: OutputKind::Flag, doc: "whether the person says that it is done" }];

impl Domain for Manual {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "a person did it".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        Ok(Vec::new())
    }
}

impl Action for Manual {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let instructions = cx.arg(&self.instructions)?;
            if cx.ask(&instructions).await {
                return Ok(Finish::Done(Map::from_iter([("done".to_owned(), json!(true))])));
            }
            Ok(Finish::Manual(instructions))
        })
    }
}
