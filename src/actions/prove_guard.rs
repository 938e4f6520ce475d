//! `prove-guard`: shows that the identity guard works in a database.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::domain::{Binding, Domain};
use super::sql::{act, guard, guard_for};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Late, Ocid};
use crate::sql::{REFUSED_BIND, Side, guarded_nothing, guarded_refusal};

/// Sends two blocks that do nothing behind the identity guard: one for the connection's own database, which must pass,
/// and one that is meant for another, which must be refused.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProveGuard {
    /// The connection.
    pub on: String,
    /// OCID of a database that it is not.
    pub other: Late<Ocid>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl {
        name: "passed",
        kind: OutputKind::Flag,
        doc: "whether the block for the database itself passed",
    },
    OutputDecl {
        name: "refused",
        kind: OutputKind::Number,
        doc: "the error with which the block for another database was refused, or nothing",
    },
];

impl Domain for ProveGuard {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it changes nothing".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let to = binding.connection(&self.on)?;
        let own = guarded_nothing(&guard(binding, to), Side::Target)?;
        let other = guarded_refusal(&guard_for(self.other.to_value(), binding), Side::Target)?;
        let title = &to.connection.database;
        Ok(vec![
            act("own", format!("send {title} an empty block that is meant for it"), own, to),
            act(
                "other",
                format!("send {title} an empty block that is meant for another database"),
                other,
                to,
            ),
        ])
    }
}

impl Action for ProveGuard {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            cx.perform("own", Here::nothing()).await?;
            let other = cx.perform("other", Here::nothing()).await?;
            let refused = other.value["binds"].get(REFUSED_BIND).cloned().unwrap_or_default();
            Ok(Finish::Done(Map::from_iter([
                ("passed".to_owned(), json!(true)),
                ("refused".to_owned(), refused),
            ])))
        })
    }
}
