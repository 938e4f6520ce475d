//! `set-admin-password`: gives ADMIN a password through the service, so that nothing needs to be known of the present one.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::domain::{Binding, Domain, SETTLED, look, rest, shown, state_look};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::late::{here, secret_of};
use crate::model::{Act, ActionError, Category, Effect, Late, Ocid, Repeat, SecretRef};
use crate::oci::database as calls;

/// Gives ADMIN a password through the service and waits until the database is at rest again. The service refuses one that
/// was among the last four; that is told, and whoever logs on with it next proves whether it is the present one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SetAdminPassword {
    /// The database's OCID.
    pub database: Late<Ocid>,
    /// The password.
    pub password: Late<SecretRef>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "secret", kind: OutputKind::Secret, doc: "where the password is to be found" },
    OutputDecl { name: "changed", kind: OutputKind::Flag, doc: "whether the service took it" },
];

impl Domain for SetAdminPassword {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "the former password is not known".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let id = self.database.to_value();
        let body = json!({ "adminPassword": secret_of(&self.password.to_value()) });
        let update = rest(
            "update",
            format!("set ADMIN's password on {}", shown(&id)),
            Effect::Write,
            // One that was set already is refused and stays.
            Repeat::Safe,
            calls::update(id.clone(), body, here("etag")),
        );
        Ok(vec![
            look("read", format!("read {}", shown(&id)), calls::get(id.clone())).until("it is at rest"),
            update,
            look("settle", "look how far the update is", calls::get(id)).until("it is at rest"),
        ])
    }
}

/// Whether a refusal is about a password that was in use lately. How the service words it is not documented; what else it
/// refuses a password for (length, kinds of characters) it says without these words.
fn is_of_reuse(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("password")
        && ["last ", "previous", "reuse", "recent", "history", "already", "same as", "used "]
            .iter()
            .any(|word| message.contains(word))
}

impl Action for SetAdminPassword {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let secret = cx.arg(&self.password)?;
            let at_rest = "the database to be at rest";
            let before =
                cx.wait("read", Here::nothing(), at_rest, |reply| state_look(reply, SETTLED)).await?;
            let etag = before.etag.clone().unwrap_or_default();
            let changed = match cx.perform("update", Here::nothing().value("etag", etag)).await {
                Ok(_) => true,
                Err(error) if error.category == Category::Invalid && is_of_reuse(&error.message) => {
                    cx.say(format!(
                        "the service does not take one that ADMIN had lately; the next step shows whether it is still the present one: {}",
                        error.message
                    ))
                    .await;
                    false
                }
                Err(error) => return Err(error),
            };
            cx.wait("settle", Here::nothing(), at_rest, |reply| state_look(reply, SETTLED)).await?;
            let secret = serde_json::to_value(secret).map_err(|e| ActionError::bug(e.to_string()))?;
            Ok(Finish::Done(Map::from_iter([
                ("secret".to_owned(), secret),
                ("changed".to_owned(), json!(changed)),
            ])))
        })
    }
}
