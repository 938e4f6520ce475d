//! `update-database-tools-connection`: leads a connection to another database.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::descriptor::{level_of, of};
use super::{connection_look, password_body};
use crate::actions::domain::{Binding, Domain, look, rest, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, Probe, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::here;
use crate::model::{Act, ActionError, Effect, Late, Ocid, Repeat, SecretRef};
use crate::oci::{database, database_tools as calls};

/// Leads a Database Tools connection to a database, under its present name, and gives it another password.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UpdateDatabaseToolsConnection {
    /// OCID of the connection.
    pub connection: Late<Ocid>,
    /// OCID of the database that it is to lead to.
    pub database: Late<Ocid>,
    /// Where the user's password is: a secret in OCI Vault.
    pub password: Late<SecretRef>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "ocid", kind: OutputKind::Text, doc: "the connection's OCID" },
    OutputDecl {
        name: "connection_string",
        kind: OutputKind::Text,
        doc: "the connect descriptor that it has now",
    },
    OutputDecl { name: "before", kind: OutputKind::Object, doc: "the connection as it was before" },
];

impl UpdateDatabaseToolsConnection {
    fn body(&self) -> Value {
        json!({
            "type": "ORACLE_DATABASE",
            "relatedResource": { "entityType": "AUTONOMOUSDATABASE", "identifier": self.database.to_value() },
            "connectionString": here("connectionString"),
            "userPassword": here("userPassword"),
        })
    }

    /// The descriptor that the connection is to have, and whether it is so already.
    async fn wanted(&self, cx: &StepCx, now: &Value) -> Result<(String, Value, bool), ActionError> {
        let password = password_body(&cx.arg(&self.password)?)?;
        let record = cx.perform("database", Here::nothing()).await?.value;
        let stores = now["keyStores"].as_array().is_some_and(|stores| !stores.is_empty());
        let descriptor = of(&record, level_of(now["connectionString"].as_str().unwrap_or_default()), stores)?;
        let same = now["connectionString"] == descriptor.as_str()
            && now["relatedResource"]["identifier"] == record["id"]
            && now["userPassword"]["secretId"] == password["secretId"];
        Ok((descriptor, password, same))
    }
}

impl Domain for UpdateDatabaseToolsConnection {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "lead the connection back to the database that it led to before".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        if let Some(reference) = self.password.known() {
            password_body(reference)?;
        }
        let (id, database) = (self.connection.to_value(), self.database.to_value());
        let title = format!("lead the Database Tools connection {} to {}", shown(&id), shown(&database));
        let read = format!("read the connect descriptors of {}", shown(&database));
        let update = rest(
            "update",
            title,
            Effect::Write,
            Repeat::Probe,
            calls::update(id.clone(), self.body(), here("etag")),
        );
        Ok(vec![
            look("read", format!("read the connection {}", shown(&id)), calls::get(id.clone()))
                .until("it is active"),
            look("database", read, database::get(database)),
            update.maybe("it is not so already"),
            look("settle", "look whether the connection is active", calls::get(id)).until("it is active"),
        ])
    }
}

impl Action for UpdateDatabaseToolsConnection {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let before =
                cx.wait("read", Here::nothing(), "the connection to be active", connection_look).await?;
            let (descriptor, password, same) = self.wanted(cx, &before.value).await?;
            if !same {
                let own = Here::nothing()
                    .value("connectionString", descriptor.as_str())
                    .value("userPassword", password)
                    .value("etag", before.etag.clone().unwrap_or_default());
                cx.perform("update", own).await?;
                cx.wait("settle", Here::nothing(), "the connection to be active", connection_look).await?;
            }
            Ok(Finish::Done(Map::from_iter([
                ("ocid".to_owned(), before.value["id"].clone()),
                ("connection_string".to_owned(), json!(descriptor)),
                ("before".to_owned(), before.value),
            ])))
        })
    }

    fn probe<'a>(&'a self, cx: &'a StepCx, _: &'a Act) -> BoxFuture<'a, Result<Probe, ActionError>> {
        Box::pin(async move {
            let now =
                cx.wait("settle", Here::nothing(), "the connection to be active", connection_look).await?;
            let (_, _, same) = self.wanted(cx, &now.value).await?;
            Ok(if same { Probe::Done(Reply::default()) } else { Probe::NotDone })
        })
    }
}
