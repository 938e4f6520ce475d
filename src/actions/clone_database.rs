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
use crate::model::{Act, ActionError, Category, Effect, Late, Ocid, Repeat, SecretRef};
use crate::oci::{database as calls, work_requests};

/// Clones a database under a new name and waits until it is available.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CloneDatabase {
    /// OCID of the database that is cloned. It is not stopped and not changed.
    pub source: Late<Ocid>,
    /// All of it (`full`), or its metadata without rows (`metadata`).
    #[serde(default = "full")]
    pub kind: Late<CloneKind>,
    /// Which state of the source is cloned: `now`; a time, RFC 3339 in UTC, or `latest`, from its backups; or the OCID
    /// of a backup.
    #[serde(default = "now")]
    pub from: Late<String>,
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
    /// OCID of the vault secret that holds the ADMIN password: the service reads it there, and it is not sent. An empty
    /// text is as none.
    #[serde(default)]
    pub admin_secret_id: Option<Late<String>>,
    /// Freeform tags that are taken over.
    #[serde(default)]
    pub like_tags: Option<Late<Value>>,
    /// Freeform tags, before those of `like-tags`.
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

fn full() -> Late<CloneKind> {
    Late::Known(CloneKind::Full)
}

fn now() -> Late<String> {
    Late::Known("now".to_owned())
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "ocid", kind: OutputKind::Text, doc: "the clone's OCID" },
    OutputDecl { name: "db_name", kind: OutputKind::Text, doc: "its database name" },
    OutputDecl {
        name: "addresses",
        kind: OutputKind::Object,
        doc: "where it answers, by the name of the way to it",
    },
    OutputDecl { name: "connection_urls", kind: OutputKind::Object, doc: "its web addresses" },
    OutputDecl { name: "record", kind: OutputKind::Object, doc: "the service's whole answer" },
];

/// What of a network record a clone takes over. An access list belongs to public endpoints, and is taken over there.
const NETWORK_CARRIED: &[&str] = &["subnetId", "nsgIds", "isMtlsConnectionRequired", "whitelistedIps"];

/// What a new database takes over of the size and the network of another one.
pub(super) fn carried(like: &Late<Value>, network: &Late<Value>) -> Map<String, Value> {
    let size = SHAPE.iter().map(|name| ((*name).to_owned(), like.member(name)));
    size.chain(NETWORK_CARRIED.iter().map(|name| ((*name).to_owned(), network.member(name)))).collect()
}

/// What was given by name, late or not.
pub(super) fn given<T: Serialize>(members: &BTreeMap<String, Late<T>>) -> Map<String, Value> {
    members.iter().map(|(name, value)| (name.clone(), value.to_value())).collect()
}

/// The least that a backup's OCID begins with.
const BACKUP: &str = "ocid1.autonomousdatabasebackup.";

impl CloneDatabase {
    fn origin(&self, body: &mut Map<String, Value>) -> Result<(), ActionError> {
        let from = self.from.at_plan("from which moment is cloned")?;
        let kind = self.kind.at_plan("how much is cloned")?;
        let mut insert = |name: &str, value: Value| body.insert(name.to_owned(), value);
        if from == "now" {
            insert("source", json!("DATABASE"));
            insert("sourceId", self.source.to_value());
        } else if from.starts_with(BACKUP) {
            insert("source", json!("BACKUP_FROM_ID"));
            insert("autonomousDatabaseBackupId", json!(from));
        } else {
            insert("source", json!("BACKUP_FROM_TIMESTAMP"));
            insert("autonomousDatabaseId", self.source.to_value());
            if from == "latest" {
                insert("useLatestAvailableBackupTimeStamp", json!(true));
            } else if from.parse::<jiff::Timestamp>().is_ok() {
                insert("timestamp", json!(from));
            } else {
                return Err(ActionError::invalid(format!("{from:?} is no state that can be cloned")).advise(
                    "say now, latest, a time such as 2026-03-01T04:00:00Z, or the OCID of a backup",
                ));
            }
        }
        insert("cloneType", json!(if *kind == CloneKind::Full { "FULL" } else { "METADATA" }));
        Ok(())
    }

    /// The vault secret that the service reads the password from, if one is given.
    fn admin_secret(&self) -> Option<Value> {
        let id = self.admin_secret_id.as_ref()?;
        (id.known().map(String::as_str) != Some("")).then(|| id.to_value())
    }

    /// Whether the state of the source matters: a backup is there whatever the source does.
    fn is_live(&self) -> bool {
        self.from.known().is_some_and(|from| from == "now")
    }

    fn tags_now(&self, cx: &StepCx) -> Result<Value, ActionError> {
        let mut tags = Map::new();
        if let Some(like) = &self.like_tags {
            tags.extend(cx.arg(like)?.as_object().cloned().unwrap_or_default());
        }
        for (name, value) in &self.tags {
            tags.insert(name.clone(), json!(cx.arg(value)?));
        }
        Ok(Value::Object(tags))
    }

    fn body(&self) -> Result<Value, ActionError> {
        let mut body = Map::new();
        self.origin(&mut body)?;
        body.insert("compartmentId".into(), self.compartment.to_value());
        body.insert("dbName".into(), self.db_name.to_value());
        body.insert("displayName".into(), self.display_name.to_value());
        match self.admin_secret() {
            Some(id) => body.insert("secretId".into(), id),
            None => body.insert("adminPassword".into(), secret_of(&self.admin_password.to_value())),
        };
        body.extend(carried(&self.like, &self.network));
        // Where it is public, an empty list keeps the source's away; a private endpoint has none to begin with.
        if body["subnetId"].is_string() && body["whitelistedIps"] == json!([]) {
            body.remove("whitelistedIps");
        }
        body.extend(given(&self.set));
        if self.like_tags.is_some() {
            body.insert("freeformTags".into(), here("tags"));
        } else if !self.tags.is_empty() {
            body.insert("freeformTags".into(), Value::Object(given(&self.tags)));
        }
        body.retain(|_, value| !value.is_null());
        Ok(Value::Object(body))
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
        let create = rest("create", title, Effect::Write, Repeat::WithToken, calls::create(self.body()?));
        let source = look(
            "source",
            format!("look whether {} can be cloned", shown(&self.source.to_value())),
            calls::get(self.source.to_value()),
        );
        let follow = look("follow", "look how far the clone is", work_requests::get(here("work_request")));
        let settle = look("settle", "look whether the clone is available", calls::get(here("ocid")));
        let errors = look("errors", "read why the clone failed", work_requests::errors(here("work_request")));
        let source = self.is_live().then(|| source.until("no work on it forbids a clone"));
        Ok(Vec::from_iter(source)
            .into_iter()
            .chain([
                create,
                follow.until("the work request has succeeded"),
                errors.maybe("the work request has failed"),
                settle.until("the clone is available"),
            ])
            .collect())
    }
}

/// The states of a source in which a clone can begin. While it is being scaled, none does.
const CLONEABLE: &[&str] = &["AVAILABLE", "AVAILABLE_NEEDS_ATTENTION", "STOPPED", "BACKUP_IN_PROGRESS"];

/// What to do about a clone that the service did not even begin.
fn refused(error: ActionError) -> ActionError {
    let advice = match error.code.as_deref() {
        Some("LimitExceeded" | "QuotaExceeded") => {
            "nothing was made. Raise the limit, or terminate a database that is not needed any more, then resume; where \
             the limit never allows two, begin anew with --order replace, which takes the old target away first"
        }
        _ if error.category == Category::Invalid => {
            "nothing was made. Mend the reason (a name or an address that is in use must become free), then resume; or, if \
             the old target is still there, give another one and begin anew"
        }
        _ => return error,
    };
    error.advise(advice)
}

/// The service's rule for database names.
pub(super) fn check_name(name: &str) -> Result<(), ActionError> {
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
            if self.is_live() {
                cx.wait("source", Here::nothing(), "the source to be fit for a clone", |reply| {
                    state_look(reply, CLONEABLE)
                })
                .await?;
            }
            let tags = self.tags_now(cx)?;
            let made = match cx.perform("create", Here::nothing().value("tags", tags)).await {
                Ok(made) => made,
                Err(error) => return Err(refused(error)),
            };
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
                            ActionError::new(Category::DeadEnd, "the clone was stopped by somebody")
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
        if error.category == Category::DeadEnd
            && let Err(unwritten) = cx.void("create", &error.message).await
        {
            return unwritten;
        }
        error
    }

    /// The failure with the reasons that the service's work request gives.
    async fn explained(&self, cx: &StepCx, work_request: &str, error: ActionError) -> ActionError {
        if error.category != Category::DeadEnd {
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
            "network": { "subnetId": "ocid1.subnet.oc1.uk-london-1.example", "whitelistedIps": [] },
            "set": { "computeCount": 2, "dbVersion": null },
            "admin-password": "{{ steps.password.secret }}",
        }))
        .unwrap();
        let body = action.body().unwrap();
        assert_eq!(body["compartmentId"], json!({ "$late": "steps.before.compartment" }));
        assert_eq!(body["computeCount"], 2);
        assert_eq!(body["computeModel"], json!({ "$late": "steps.before.shape.computeModel" }));
        assert_eq!(body["adminPassword"], json!({ "$secret": { "$late": "steps.password.secret" } }));
        for left_out in ["dbVersion", "nsgIds", "whitelistedIps"] {
            assert!(body.get(left_out).is_none(), "{left_out}");
        }
    }

    #[test]
    fn which_state_is_cloned() {
        fn check(from: &str, wanted: &Value) {
            let action: CloneDatabase = serde_json::from_value(json!({
                "source": "ocid1.autonomousdatabase.oc1.uk-london-1.prodexample", "from": from, "kind": "metadata",
                "compartment": "ocid1.compartment.oc1..example", "db-name": "DEV", "display-name": "dev",
                "like": {}, "network": {}, "admin-password": { "env": "X" }, "admin-secret-id": "ocid1.vaultsecret.example",
            }))
            .unwrap();
            match action.body() {
                Ok(body) => {
                    assert_eq!(body["cloneType"], "METADATA");
                    assert_eq!(body["secretId"], "ocid1.vaultsecret.example");
                    assert!(body.get("adminPassword").is_none());
                    let of = [
                        "source",
                        "sourceId",
                        "autonomousDatabaseId",
                        "timestamp",
                        "autonomousDatabaseBackupId",
                    ];
                    assert_eq!(
                        &json!(of.map(|name| body.get(name).is_some().then(|| body[name].clone()))),
                        wanted
                    );
                }
                Err(error) => assert_eq!(&json!(error.message), wanted, "{from}"),
            }
        }
        let prod = "ocid1.autonomousdatabase.oc1.uk-london-1.prodexample";
        check("now", &json!(["DATABASE", prod, null, null, null]));
        check(
            "2026-03-01T04:00:00Z",
            &json!(["BACKUP_FROM_TIMESTAMP", null, prod, "2026-03-01T04:00:00Z", null]),
        );
        check("latest", &json!(["BACKUP_FROM_TIMESTAMP", null, prod, null, null]));
        let backup = "ocid1.autonomousdatabasebackup.oc1.uk-london-1.example";
        check(backup, &json!(["BACKUP_FROM_ID", null, null, null, backup]));
        check("yesterday", &json!("\"yesterday\" is no state that can be cloned"));
    }
}
