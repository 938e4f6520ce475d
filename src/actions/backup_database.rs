//! `backup-database`: makes a backup that outlives its database, and waits until it is there.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::domain::{Binding, Domain, SETTLED, USABLE, look, rest, shown, state_look};
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::late::here;
use crate::model::{Act, ActionError, Category, Effect, Late, Ocid, Repeat};
use crate::oci::database as calls;

/// Makes a long-term backup, which outlives its database, and waits until it can be restored from.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BackupDatabase {
    /// The database's OCID.
    pub database: Late<Ocid>,
    /// The backup's display name.
    pub name: Late<String>,
    /// How many days it is kept: 90 to 3650.
    pub days: Late<u32>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "ocid", kind: OutputKind::Text, doc: "the backup's OCID" },
    OutputDecl { name: "kept_until", kind: OutputKind::Text, doc: "until when it is kept" },
];

/// What a backup's state means for somebody who waits for it.
fn backup_look(record: &Value) -> Look {
    match record["lifecycleState"].as_str() {
        Some("ACTIVE") => Look::Ready,
        Some(state @ ("FAILED" | "DELETING" | "DELETED")) => {
            let error = ActionError::new(Category::DeadEnd, format!("the backup went to {state}"));
            let details = record["lifecycleDetails"].as_str().unwrap_or_default();
            Look::DeadEnd(if details.is_empty() { error } else { error.because(details) })
        }
        state => Look::NotYet { state: state.map(str::to_owned), percent: None },
    }
}

impl Domain for BackupDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "delete the backup, if it is not wanted".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        if let Some(days) = self.days.known()
            && !(90..=3650).contains(days)
        {
            return Err(ActionError::invalid(format!("a long-term backup cannot be kept for {days} days"))
                .advise("the service keeps one for 90 to 3650 days"));
        }
        let id = self.database.to_value();
        let make = rest(
            "make",
            format!(
                "make a backup of {} that outlives it by {} days",
                shown(&id),
                shown(&self.days.to_value())
            ),
            Effect::Write,
            Repeat::WithToken,
            calls::create_backup(id.clone(), self.name.to_value(), self.days.to_value()),
        );
        Ok(vec![
            look("read", format!("read {}", shown(&id)), calls::get(id.clone())).until("it is at rest"),
            make,
            look("follow", "look how far the backup is", calls::get_backup(here("backup")))
                .until("it is there"),
            look("settle", "look whether the database is at rest again", calls::get(id))
                .until("it is at rest"),
        ])
    }
}

impl Action for BackupDatabase {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            cx.wait("read", Here::nothing(), "the database to be at rest", |reply| {
                match state_look(reply, USABLE) {
                    Look::NotYet { state: Some(state), .. } if state == "STOPPED" => Look::DeadEnd(
                        ActionError::invalid("a stopped database cannot be backed up")
                            .advise("start it, then resume"),
                    ),
                    other => other,
                }
            })
            .await?;
            let made = cx.perform("make", Here::nothing()).await?;
            let Some(backup) = made.value["id"].as_str() else {
                return Err(ActionError::bug("the service's answer to the backup request holds no id")
                    .request_id(made.request_id.clone()));
            };
            cx.say(format!("the backup is {backup}")).await;
            let there = cx
                .wait("follow", Here::nothing().value("backup", backup), "the backup", |reply| {
                    backup_look(&reply.value)
                })
                .await?;
            cx.wait("settle", Here::nothing(), "the database to be at rest", |reply| {
                state_look(reply, SETTLED)
            })
            .await?;
            Ok(Finish::Done(Map::from_iter([
                ("ocid".to_owned(), there.value["id"].clone()),
                ("kept_until".to_owned(), there.value["timeAvailableTill"].clone()),
            ])))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn states() {
        fn check(state: &str, wanted: &str) {
            let found = match backup_look(&json!({ "lifecycleState": state })) {
                Look::Ready => "ready",
                Look::NotYet { .. } => "not yet",
                Look::DeadEnd(_) => "dead end",
            };
            assert_eq!(found, wanted, "{state}");
        }
        check("CREATING", "not yet");
        check("ACTIVE", "ready");
        check("FAILED", "dead end");
    }
}
