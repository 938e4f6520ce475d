//! `clone-database`: clones a database under a new name and waits until it is available.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::describe_database::{SHAPE, outputs_of};
use super::domain::{Binding, Domain, USABLE, look, rest, shown, state_look, work_request_look};
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::late::{here, secret_of};
use crate::model::{Act, ActionError, Effect, Late, Ocid, Repeat, SecretRef};
use crate::oci::{database as calls, work_requests};

/// Clones a database under a new name and waits until it is available.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CloneDatabase {
    /// OCID of the database that is cloned. It is not stopped and not changed.
    pub source: Late<Ocid>,
    /// All of it, or its metadata without rows.
    #[serde(default)]
    pub kind: CloneKind,
    /// The state of the source to clone.
    #[serde(default)]
    pub from: CloneFrom,
    /// OCID of the compartment the clone goes to.
    pub compartment: Late<Ocid>,
    /// The clone's database name: a letter, then letters and digits, at most 30; unique in the tenancy.
    pub db_name: Late<String>,
    /// The clone's display name.
    pub display_name: Late<String>,
    /// Size and ways to take over: the `shape` that `describe-database` gives.
    pub like: Late<Value>,
    /// Where it stands in the network: the `network` that `describe-database` gives. Its address and host label are
    /// not taken over, since they belong to the other database: say them under `set`.
    pub network: Late<Value>,
    /// Settings under the service's own names, before those of `like` and `network`; null leaves one out.
    #[serde(default)]
    pub set: BTreeMap<String, Late<Value>>,
    /// The clone's ADMIN password.
    pub admin_password: Late<SecretRef>,
    /// Freeform tags.
    #[serde(default)]
    pub tags: BTreeMap<String, Late<String>>,
}

/// How much is cloned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CloneKind {
    /// Everything.
    #[default]
    Full,
    /// Everything but rows.
    Metadata,
}

/// Which state of the source is cloned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CloneFrom {
    /// The database as it is now.
    #[default]
    Now,
    /// The database as it was at this time, RFC 3339 in UTC, from its backups.
    Time(Late<String>),
    /// A backup, by its OCID.
    Backup(Late<Ocid>),
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "ocid", kind: OutputKind::Text, doc: "the clone's OCID" },
    OutputDecl { name: "db_name", kind: OutputKind::Text, doc: "its database name" },
    OutputDecl { name: "ords_url", kind: OutputKind::Text, doc: "where it answers REST-enabled SQL" },
    OutputDecl { name: "connection_urls", kind: OutputKind::Object, doc: "its web addresses" },
    OutputDecl { name: "record", kind: OutputKind::Object, doc: "the service's whole answer" },
];

/// What of a network record a clone takes over. An access list belongs to public endpoints, and is taken over there.
const NETWORK_CARRIED: &[&str] = &["subnetId", "nsgIds", "isMtlsConnectionRequired", "whitelistedIps"];

impl CloneDatabase {
    fn body(&self) -> Value {
        let mut body = Map::new();
        let clone_type = if self.kind == CloneKind::Full { "FULL" } else { "METADATA" };
        match &self.from {
            CloneFrom::Now => {
                body.insert("source".into(), json!("DATABASE"));
                body.insert("sourceId".into(), self.source.to_value());
            }
            CloneFrom::Time(time) => {
                body.insert("source".into(), json!("BACKUP_FROM_TIMESTAMP"));
                body.insert("autonomousDatabaseId".into(), self.source.to_value());
                body.insert("timestamp".into(), time.to_value());
            }
            CloneFrom::Backup(backup) => {
                body.insert("source".into(), json!("BACKUP_FROM_ID"));
                body.insert("autonomousDatabaseBackupId".into(), backup.to_value());
            }
        }
        body.insert("cloneType".into(), json!(clone_type));
        body.insert("compartmentId".into(), self.compartment.to_value());
        body.insert("dbName".into(), self.db_name.to_value());
        body.insert("displayName".into(), self.display_name.to_value());
        body.insert("adminPassword".into(), secret_of(&self.admin_password.to_value()));
        for name in SHAPE {
            body.insert((*name).into(), self.like.member(name));
        }
        for name in NETWORK_CARRIED {
            body.insert((*name).into(), self.network.member(name));
        }
        for (name, value) in &self.set {
            body.insert(name.clone(), value.to_value());
        }
        if !self.tags.is_empty() {
            let tags: Map<String, Value> = self.tags.iter().map(|(n, v)| (n.clone(), v.to_value())).collect();
            body.insert("freeformTags".into(), Value::Object(tags));
        }
        body.retain(|_, value| !value.is_null());
        Value::Object(body)
    }
}

impl Domain for CloneDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "terminate the clone, if it is not wanted".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        if let Some(name) = self.db_name.known() {
            check_name(name)?;
        }
        let title =
            format!("clone {} as {}", shown(&self.source.to_value()), shown(&self.db_name.to_value()));
        let create = rest("create", title, Effect::Write, Repeat::WithToken, calls::create(self.body()));
        let follow = look("follow", "look how far the clone is", work_requests::get(here("work_request")));
        let settle = look("settle", "look whether the clone is available", calls::get(here("ocid")));
        let errors = look("errors", "read why the clone failed", work_requests::errors(here("work_request")));
        Ok(vec![
            create,
            follow.until("the work request has succeeded"),
            errors.maybe("the work request has failed"),
            settle.until("the clone is available"),
        ])
    }
}

/// The service's rule for database names.
fn check_name(name: &str) -> Result<(), ActionError> {
    let good = name.len() <= 30
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    if good {
        return Ok(());
    }
    Err(ActionError::invalid(format!("{name:?} is no database name"))
        .advise("a database name is a letter, then letters and digits, at most 30 in all"))
}

impl Action for CloneDatabase {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            check_name(&cx.arg(&self.db_name)?)?;
            let made = cx.perform("create", Here::nothing()).await?;
            let ocid = made.value["id"].clone();
            if !ocid.is_string() {
                return Err(ActionError::bug("the service's answer to the clone request holds no id")
                    .request_id(made.request_id.clone()));
            }
            cx.say(format!("the clone is {}", shown(&ocid))).await;
            if let Some(work_request) = &made.work_request {
                let followed = cx
                    .wait(
                        "follow",
                        Here::nothing().value("work_request", work_request.as_str()),
                        "the clone",
                        work_request_look,
                    )
                    .await;
                if let Err(error) = followed {
                    let error = self.explained(cx, work_request, error).await;
                    return Err(Self::gone(cx, error).await);
                }
            }
            let ready = cx
                .wait("settle", Here::nothing().value("ocid", ocid), "the clone to be available", |reply| {
                    match state_look(reply, USABLE) {
                        // It was made running; somebody stopped it in between.
                        Look::NotYet { state: Some(state), .. } if state == "STOPPED" => Look::DeadEnd(
                            ActionError::new(
                                crate::model::Category::DeadEnd,
                                "the clone was stopped by somebody",
                            )
                            .advise("start it, then resume"),
                        ),
                        other => other,
                    }
                })
                .await;
            let ready = match ready {
                Ok(ready) => ready,
                Err(error) => return Err(Self::gone(cx, error).await),
            };
            let mut all = outputs_of(&ready.value);
            let outputs = OUTPUTS.iter().map(|o| (o.name.to_owned(), all.remove(o.name).unwrap_or_default()));
            Ok(Finish::Done(outputs.collect()))
        })
    }
}

impl CloneDatabase {
    /// After a dead end the clone is gone: the service takes it away by itself, and a resumed run makes a new one.
    async fn gone(cx: &StepCx, error: ActionError) -> ActionError {
        if error.category == crate::model::Category::DeadEnd
            && let Err(unwritten) = cx.void("create", &error.message).await
        {
            return unwritten;
        }
        error
    }

    /// The failure with the reasons that the service's work request gives.
    async fn explained(&self, cx: &StepCx, work_request: &str, error: ActionError) -> ActionError {
        if error.category != crate::model::Category::DeadEnd {
            return error;
        }
        let here = Here::nothing().value("work_request", work_request);
        let Ok(reasons) = cx.perform("errors", here).await else { return error };
        let reasons = reasons.value.as_array().cloned().unwrap_or_default();
        let mut explained = error;
        for reason in &reasons {
            let code = reason["code"].as_str().unwrap_or("no code");
            explained =
                explained.because(format!("{code}: {}", reason["message"].as_str().unwrap_or_default()));
        }
        if let Some(code) = reasons.first().and_then(|r| r["code"].as_str()) {
            explained = explained.code(code);
        }
        explained.advise("the service takes a failed clone away by itself; mend the reason, then resume: a new clone is made")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        fn check(name: &str, good: bool) {
            assert_eq!(check_name(name).is_ok(), good, "{name}");
        }
        check("DEVNEW1", true);
        check("1DEV", false);
        check("DEV_1", false);
        check("", false);
        check(&"A".repeat(31), false);
    }

    #[test]
    fn the_body_holds_known_late_and_secret_values() {
        let action: CloneDatabase = serde_json::from_value(json!({
            "source": "ocid1.autonomousdatabase.oc1.uk-london-1.prodexample",
            "compartment": "{{ steps.before.compartment }}",
            "db-name": "DEVNEW1",
            "display-name": "dev",
            "like": "{{ steps.before.shape }}",
            "network": { "subnetId": "ocid1.subnet.oc1.uk-london-1.example" },
            "set": { "computeCount": 2, "dbVersion": null },
            "admin-password": "{{ steps.password.secret }}",
        }))
        .unwrap();
        let body = action.body();
        assert_eq!(body["compartmentId"], json!({ "$late": "steps.before.compartment" }));
        assert_eq!(body["computeCount"], 2);
        assert_eq!(body["computeModel"], json!({ "$late": "steps.before.shape.computeModel" }));
        assert_eq!(body["adminPassword"], json!({ "$secret": { "$late": "steps.password.secret" } }));
        assert!(body.get("dbVersion").is_none() && body.get("nsgIds").is_none());
    }
}
