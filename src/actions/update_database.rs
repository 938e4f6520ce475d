//! `update-database`: changes one group of a database's settings.
//!
//! The service refuses settings of different groups in one request, and takes no retry token. So an update reads
//! first, sends `if-match`, and after a crash finds out by reading whether it was done.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::describe_database::outputs_of;
use super::domain::{Binding, Domain, SETTLED, look, rest, shown, state_look};
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, Probe, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::here;
use crate::model::{Act, ActionError, Category, Effect, Late, Ocid, Repeat};
use crate::oci::database as calls;

/// Changes one group of a database's settings and waits until the database is at rest again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UpdateDatabase {
    /// The database's OCID.
    pub database: Late<Ocid>,
    /// The settings under the service's own names, such as `dbName`.
    pub change: BTreeMap<String, Late<Value>>,
    /// The service may refuse this change: say so and go on.
    #[serde(default)]
    pub may_refuse: bool,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "applied", kind: OutputKind::Flag, doc: "whether the settings are as wanted now" },
    OutputDecl { name: "record", kind: OutputKind::Object, doc: "the service's whole answer afterwards" },
    OutputDecl {
        name: "addresses",
        kind: OutputKind::Object,
        doc: "where it answers afterwards, by the name of the way to it",
    },
];

/// Settings that may not share a request with those of another group.
const GROUPS: &[&[&str]] = &[
    &["dbName"],
    &["displayName"],
    &["adminPassword", "secretId"],
    &["whitelistedIps"],
    &["subnetId", "nsgIds", "privateEndpointLabel", "privateEndpointIp"],
    &["isMtlsConnectionRequired"],
    &[
        "computeModel",
        "computeCount",
        "dataStorageSizeInTBs",
        "isAutoScalingEnabled",
        "isAutoScalingForStorageEnabled",
    ],
    &["openMode", "permissionLevel"],
    &["scheduledOperations"],
    &["dbToolsDetails"],
    &["freeformTags", "definedTags"],
    &["isRefreshableClone"],
    &["longTermBackupSchedule"],
];

impl UpdateDatabase {
    fn body(&self) -> Value {
        Value::Object(self.change.iter().map(|(name, value)| (name.clone(), value.to_value())).collect())
    }

    fn wanted(&self, cx: &StepCx) -> Result<Value, ActionError> {
        cx.fill(&self.body())
    }

    fn done(record: &Value, applied: bool) -> Finish {
        let mut all = outputs_of(record);
        let mut outputs = Map::from_iter([("applied".to_owned(), json!(applied))]);
        for name in ["record", "addresses"] {
            outputs.insert(name.into(), all.remove(name).unwrap_or_default());
        }
        Finish::Done(outputs)
    }
}

/// Whether a record shows the wanted settings. What clears a setting is written differently from what it reads back.
fn is_as_wanted(record: &Value, wanted: &Value) -> bool {
    wanted.as_object().is_some_and(|settings| {
        settings.iter().all(|(name, value)| {
            let found = record.get(name).unwrap_or(&Value::Null);
            let empty = |v: &Value| {
                v.is_null() || v == "" || v.as_array().is_some_and(|a| a.iter().all(|item| item == ""))
            };
            holds(found, value) || (empty(found) && empty(value)) || same_number(found, value)
        })
    })
}

/// Whether what was found is what is wanted; an object may hold more than was asked for.
fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| found.get(name).unwrap_or(&Value::Null) == value)
        }
        _ => found == wanted,
    }
}

fn same_number(a: &Value, b: &Value) -> bool {
    matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if (a - b).abs() < f64::EPSILON)
}

impl Domain for UpdateDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "send the update again with the settings recorded before".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let groups: Vec<usize> = self
            .change
            .keys()
            .filter_map(|name| GROUPS.iter().position(|g| g.contains(&name.as_str())))
            .collect();
        if groups.windows(2).any(|pair| pair[0] != pair[1]) {
            let names: Vec<&str> = self.change.keys().map(String::as_str).collect();
            return Err(ActionError::invalid(format!(
                "the service refuses {} in one update",
                names.join(" with ")
            ))
            .advise("make it two steps"));
        }
        let id = self.database.to_value();
        let what =
            self.change.iter().map(|(n, v)| format!("{n} = {}", shown(&v.to_value()))).collect::<Vec<_>>();
        let update = rest(
            "update",
            format!("set {} on {}", what.join(", "), shown(&id)),
            Effect::Write,
            Repeat::Probe,
            calls::update(id.clone(), self.body(), here("etag")),
        );
        Ok(vec![
            look("read", format!("read {}", shown(&id)), calls::get(id.clone())).until("it is at rest"),
            update.maybe("it is not so already"),
            look("settle", "look how far the update is", calls::get(id))
                .until("it is at rest with the new settings"),
        ])
    }
}

impl Action for UpdateDatabase {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let wanted = self.wanted(cx)?;
            let before = cx
                .wait("read", Here::nothing(), "the database to be at rest", |reply| {
                    state_look(reply, SETTLED)
                })
                .await?;
            if is_as_wanted(&before.value, &wanted) {
                return Ok(Self::done(&before.value, true));
            }
            let etag = before.etag.clone().unwrap_or_default();
            match cx.perform("update", Here::nothing().value("etag", etag)).await {
                Ok(_) => {}
                Err(error) if self.may_refuse && error.category == Category::Invalid => {
                    cx.say(format!(
                        "the service refused this, and the run goes on without it: {}",
                        error.message
                    ))
                    .await;
                    return Ok(Self::done(&before.value, false));
                }
                Err(error) if error.category == Category::Invalid && error.advice.is_none() => {
                    return Err(error.advise(
                        "nothing was changed by this; mend the reason (a name or an address that is in use must become \
                         free), then resume",
                    ));
                }
                Err(error) => return Err(error),
            }
            let after = cx
                .wait("settle", Here::nothing(), "the update", |reply| match state_look(reply, SETTLED) {
                    Look::Ready if !is_as_wanted(&reply.value, &wanted) => {
                        Look::NotYet { state: Some("at rest, settings not yet shown".into()), percent: None }
                    }
                    other => other,
                })
                .await?;
            Ok(Self::done(&after.value, true))
        })
    }

    fn probe<'a>(&'a self, cx: &'a StepCx, _: &'a Act) -> BoxFuture<'a, Result<Probe, ActionError>> {
        Box::pin(async move {
            let wanted = self.wanted(cx)?;
            // A change that is still being carried out does not show yet.
            let now = cx
                .wait("settle", Here::nothing(), "the database to be at rest", |reply| {
                    state_look(reply, SETTLED)
                })
                .await?;
            Ok(if is_as_wanted(&now.value, &wanted) { Probe::Done(Reply::default()) } else { Probe::NotDone })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_done() {
        fn check(record: &Value, wanted: &Value, done: bool) {
            assert_eq!(is_as_wanted(record, wanted), done, "{record} {wanted}");
        }
        check(&json!({ "dbName": "A" }), &json!({ "dbName": "A" }), true);
        check(&json!({ "dbName": "A" }), &json!({ "dbName": "B" }), false);
        check(&json!({ "whitelistedIps": null }), &json!({ "whitelistedIps": [""] }), true);
        check(&json!({}), &json!({ "privateEndpointLabel": "" }), true);
        check(&json!({ "computeCount": 4.0 }), &json!({ "computeCount": 4 }), true);
        check(&json!({ "nsgIds": ["a"] }), &json!({ "nsgIds": [] }), false);
        check(&json!({ "plan": { "a": 1, "next": 2 } }), &json!({ "plan": { "a": 1 } }), true);
        check(&json!({ "plan": { "a": 2 } }), &json!({ "plan": { "a": 1 } }), false);
    }
}
