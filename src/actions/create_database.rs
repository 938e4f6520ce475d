//! `create-database`: has an empty database made. It does not wait, so that whoever is to take the database away again knows
//! it from the moment it begins to be there.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::clone_database::{carried, check_name, given};
use super::domain::{Binding, Domain, rest, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::late::secret_of;
use crate::model::{Act, ActionError, Effect, Late, Ocid, Repeat, SecretRef};
use crate::oci::database as calls;

/// Has an empty database made, of the size and in the network of another one. It does not wait until it is there.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CreateDatabase {
    /// OCID of the compartment it goes to.
    pub compartment: Late<Ocid>,
    /// Its database name: a letter, then letters and digits, at most 30; unique in the tenancy.
    pub db_name: Late<String>,
    /// Its display name.
    pub display_name: Late<String>,
    /// Size and ways to take over: the `shape` that `describe-database` gives.
    pub like: Late<Value>,
    /// Where it stands in the network: the `network` that `describe-database` gives, without address and host label.
    pub network: Late<Value>,
    /// Settings under the service's own names, before those of `like` and `network`; null leaves one out.
    #[serde(default)]
    pub set: BTreeMap<String, Late<Value>>,
    /// ADMIN's password.
    pub admin_password: Late<SecretRef>,
    /// Freeform tags.
    #[serde(default)]
    pub tags: BTreeMap<String, Late<String>>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "ocid", kind: OutputKind::Text, doc: "its OCID" },
    OutputDecl { name: "work_request", kind: OutputKind::Text, doc: "the work request that makes it" },
];

impl CreateDatabase {
    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("source".into(), json!("NONE"));
        body.insert("compartmentId".into(), self.compartment.to_value());
        body.insert("dbName".into(), self.db_name.to_value());
        body.insert("displayName".into(), self.display_name.to_value());
        body.insert("adminPassword".into(), secret_of(&self.admin_password.to_value()));
        body.extend(carried(&self.like, &self.network));
        body.extend(given(&self.set));
        body.insert("freeformTags".into(), Value::Object(given(&self.tags)));
        body.retain(|_, value| !value.is_null());
        Value::Object(body)
    }
}

impl Domain for CreateDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "terminate the database".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        if let Some(name) = self.db_name.known() {
            check_name(name)?;
        }
        let title = format!("create the database {}", shown(&self.db_name.to_value()));
        Ok(vec![rest("create", title, Effect::Write, Repeat::WithToken, calls::create(self.body()))])
    }
}

impl Action for CreateDatabase {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            check_name(&cx.arg(&self.db_name)?)?;
            let made = cx
                .perform("create", Here::nothing())
                .await
                .map_err(|error| error.advise("nothing was made: mend the reason, then begin anew"))?;
            let ocid = made.value["id"].clone();
            if !ocid.is_string() {
                return Err(ActionError::bug("the service's answer to the request holds no id")
                    .request_id(made.request_id.clone()));
            }
            cx.say(format!("it is {}", shown(&ocid))).await;
            Ok(Finish::Done(Map::from_iter([
                ("ocid".to_owned(), ocid),
                ("work_request".to_owned(), json!(made.work_request)),
            ])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_takes_over_size_and_network() {
        let action: CreateDatabase = serde_json::from_value(json!({
            "compartment": "ocid1.compartment.oc1..example", "db-name": "DRILL1", "display-name": "drill",
            "like": { "computeModel": "ECPU", "computeCount": 4 },
            "network": { "subnetId": "ocid1.subnet.oc1.uk-london-1.example", "privateEndpointIp": "10.0.0.9" },
            "set": { "computeCount": 2 }, "admin-password": "{{ steps.password.secret }}", "tags": { "a": "b" },
        }))
        .unwrap();
        let body = action.body();
        assert_eq!([&body["source"], &body["computeModel"]], ["NONE", "ECPU"]);
        assert_eq!(body["computeCount"], 2);
        assert_eq!(body["freeformTags"], json!({ "a": "b" }));
        assert!(body.get("privateEndpointIp").is_none() && body.get("nsgIds").is_none());
        assert_eq!(body["adminPassword"], json!({ "$secret": { "$late": "steps.password.secret" } }));
    }
}
