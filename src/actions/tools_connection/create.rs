//! `create-database-tools-connection`: makes a connection to a database, like one that is there.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::descriptor::{level_of, of};
use super::{connection_look, password_body};
use crate::actions::clone_database::given;
use crate::actions::domain::{Binding, Domain, look, rest, shown, work_request_look};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::late::here;
use crate::model::{Act, ActionError, Category, Effect, Late, Ocid, Repeat, SecretRef};
use crate::oci::{database, database_tools as calls};

/// Makes a Database Tools connection to a database: with the user, the private endpoint, the wallet and the properties of
/// another connection.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CreateDatabaseToolsConnection {
    /// OCID of the database that it leads to.
    pub database: Late<Ocid>,
    /// OCID of the connection that it is to be like.
    pub like: Late<Ocid>,
    /// Its display name.
    pub display_name: Late<String>,
    /// Where the user's password is: a secret in OCI Vault.
    pub password: Late<SecretRef>,
    /// Freeform tags.
    #[serde(default)]
    pub tags: BTreeMap<String, Late<String>>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "ocid", kind: OutputKind::Text, doc: "its OCID" },
    OutputDecl {
        name: "connection_string",
        kind: OutputKind::Text,
        doc: "the connect descriptor that it has",
    },
];

/// What it takes over as it is.
const TAKEN_OVER: &[&str] =
    &["compartmentId", "userName", "advancedProperties", "keyStores", "privateEndpointId", "runtimeIdentity"];

impl CreateDatabaseToolsConnection {
    fn body(&self) -> Value {
        let mut body = Map::from_iter([
            ("type".to_owned(), json!("ORACLE_DATABASE")),
            ("displayName".to_owned(), self.display_name.to_value()),
            (
                "relatedResource".to_owned(),
                json!({ "entityType": "AUTONOMOUSDATABASE", "identifier": self.database.to_value() }),
            ),
            ("connectionString".to_owned(), here("connectionString")),
            ("userPassword".to_owned(), here("userPassword")),
            ("runtimeSupport".to_owned(), json!("SUPPORTED")),
        ]);
        body.extend(TAKEN_OVER.iter().map(|name| ((*name).to_owned(), here(name))));
        if !self.tags.is_empty() {
            body.insert("freeformTags".into(), Value::Object(given(&self.tags)));
        }
        Value::Object(body)
    }
}

impl Domain for CreateDatabaseToolsConnection {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "delete the Database Tools connection, if it is not wanted".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        if let Some(reference) = self.password.known() {
            password_body(reference)?;
        }
        let (like, id) = (self.like.to_value(), self.database.to_value());
        let title = format!(
            "make the Database Tools connection {} to {}",
            shown(&self.display_name.to_value()),
            shown(&id)
        );
        Ok(vec![
            look("like", format!("read the connection {}", shown(&like)), calls::get(like)),
            look("database", format!("read the connect descriptors of {}", shown(&id)), database::get(id)),
            rest("create", title, Effect::Write, Repeat::WithToken, calls::create(self.body())),
            look("follow", "look how far the connection is", calls::work_request(here("work_request")))
                .until("the work request has succeeded"),
            look("settle", "look whether the connection is active", calls::get(here("ocid")))
                .until("it is active"),
        ])
    }
}

impl Action for CreateDatabaseToolsConnection {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let password = password_body(&cx.arg(&self.password)?)?;
            let like = cx.perform("like", Here::nothing()).await.map_err(unknown)?.value;
            let record = cx.perform("database", Here::nothing()).await?.value;
            let stores = like["keyStores"].as_array().is_some_and(|stores| !stores.is_empty());
            let level = level_of(like["connectionString"].as_str().unwrap_or_default());
            let descriptor = of(&record, level, stores)?;
            let mut own = Here::nothing()
                .value("connectionString", descriptor.as_str())
                .value("userPassword", password);
            for name in TAKEN_OVER {
                own = own.value(name, like[*name].clone());
            }
            let made = cx.perform("create", own).await?;
            let ocid = made.value["id"].clone();
            if !ocid.is_string() {
                return Err(ActionError::bug("the service's answer to the new connection holds no id")
                    .request_id(made.request_id.clone()));
            }
            cx.say(format!("the connection is {}", shown(&ocid))).await;
            if let Some(work_request) = &made.work_request {
                let own = Here::nothing().value("work_request", work_request.as_str());
                cx.wait("follow", own, "the connection", work_request_look).await?;
            }
            let own = Here::nothing().value("ocid", ocid.clone());
            cx.wait("settle", own, "the connection to be active", connection_look).await?;
            Ok(Finish::Done(Map::from_iter([
                ("ocid".to_owned(), ocid),
                ("connection_string".to_owned(), json!(descriptor)),
            ])))
        })
    }
}

/// Nothing is known of the connection that the new one is to be like.
fn unknown(error: ActionError) -> ActionError {
    if error.category != Category::NotFound {
        return error;
    }
    error.advise(
        "the Database Tools connection of the configuration does not exist, or this user may not see it: the new database's \
         connection takes its user, its private endpoint and its wallet over",
    )
}
