//! `generate-secret`: makes up a password and puts it into the secret sink.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::domain::{Binding, Domain};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::{LocalCall, SecretRules};
use crate::model::{Act, ActionError, Call, Effect, Repeat, Times};

/// Makes up a password and puts it into the secret sink. It is never shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GenerateSecret {
    /// The name under which the sink keeps it.
    pub name: crate::model::Late<String>,
    /// The rules it must satisfy.
    pub rules: SecretRules,
}

const OUTPUTS: &[OutputDecl] =
    &[OutputDecl { name: "secret", kind: OutputKind::Secret, doc: "where the secret is to be found" }];

impl Domain for GenerateSecret {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "an unused password does no harm".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        Ok(vec![Act {
            key: "make".parse().expect("a word"),
            title: "make up a password and put it into the secret sink".into(),
            effect: Effect::Write,
            times: Times::Once,
            // Nobody has used a secret whose making was not recorded as done.
            repeat: Repeat::Safe,
            call: Call::Local(LocalCall::MakeSecret { name: self.name.to_value(), rules: self.rules }),
        }])
    }
}

impl Action for GenerateSecret {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let reply = cx.perform("make", Here::nothing()).await?;
            // Where it is, not what it is.
            for (sink, place) in reply.value.as_object().into_iter().flatten() {
                if let Some(place) = place.as_str() {
                    cx.say(&format!("it is kept in the {sink} {place}")).await;
                }
            }
            Ok(Finish::Done(Map::from_iter([("secret".to_owned(), reply.value)])))
        })
    }
}
