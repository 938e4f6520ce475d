//! `recall`: looks at nothing, for checks that compare what steps have found out.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::domain::{Binding, Domain};
use crate::engine::{Action, Finish, OutputDecl, StepCx, UndoPolicy};
use crate::model::{Act, ActionError};

/// Looks at nothing and finds nothing out. It is what a check does for which no action is written: `found` then speaks of
/// what steps recorded.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recall {}

impl Domain for Recall {
    fn outputs(&self) -> &'static [OutputDecl] {
        &[]
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        Ok(Vec::new())
    }
}

impl Action for Recall {
    fn run<'a>(&'a self, _: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async { Ok(Finish::Done(Map::new())) })
    }
}
