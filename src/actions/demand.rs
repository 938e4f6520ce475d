//! `demand`: something that must hold before the steps that need this one begin.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::domain::{Binding, Domain};
use crate::engine::{Action, Finish, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Late};

/// Fails unless something holds that other steps have found out. A check looks at the end; this stops a run before the
/// steps that need it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Demand {
    /// What must hold.
    pub that: Late<bool>,
    /// What is wrong where it does not.
    pub message: Late<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Late<String>>,
}

const OUTPUTS: &[OutputDecl] =
    &[OutputDecl { name: "holds", kind: OutputKind::Flag, doc: "true, since otherwise the step fails" }];

impl Domain for Demand {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        Ok(Vec::new())
    }
}

impl Action for Demand {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            if cx.arg(&self.that)? {
                return Ok(Finish::Done(Map::from_iter([("holds".to_owned(), json!(true))])));
            }
            let error = ActionError::invalid(cx.arg(&self.message)?);
            Err(match &self.help {
                Some(help) => error.advise(cx.arg(help)?),
                None => error,
            })
        })
    }
}
