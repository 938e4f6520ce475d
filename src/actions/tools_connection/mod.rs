//! Connections of OCI Database Tools: over one of them the service runs SQL, with a user and a password that it reads from a
//! Vault secret.
//!
//! *Owns*: the three actions, and which connect descriptor of a database a connection takes.
//!
//! *Never*: holds a password, or a reference that is none to a Vault secret.
//!
//! *Start reading at*: `create`.
//!
//! *To add one*: a file here, and its three lines in [`super`].

mod create;
mod delete;
mod descriptor;
mod update;

pub use create::CreateDatabaseToolsConnection;
pub use delete::DeleteDatabaseToolsConnection;
pub use update::UpdateDatabaseToolsConnection;

use serde_json::{Value, json};

use crate::engine::Look;
use crate::model::act::Reply;
use crate::model::{ActionError, Category, SecretRef};

/// What the state of a connection means for somebody who waits until it is `ACTIVE`.
fn connection_look(reply: &Reply) -> Look {
    let state = reply.value["lifecycleState"].as_str().unwrap_or("unknown");
    match state {
        "ACTIVE" => Look::Ready,
        "FAILED" | "DELETED" | "DELETING" | "INACTIVE" => {
            let error = ActionError::new(Category::DeadEnd, format!("the connection went to {state}"))
                .request_id(reply.request_id.clone())
                .advise("look at the connection and its work requests in the console; nothing that follows was started");
            let details = reply.value["lifecycleDetails"].as_str().unwrap_or_default();
            Look::DeadEnd(if details.is_empty() { error } else { error.because(details) })
        }
        _ => Look::NotYet { state: Some(state.to_owned()), percent: None },
    }
}

/// Where the service finds the user's password, as a connection has it.
fn password_body(reference: &SecretRef) -> Result<Value, ActionError> {
    match reference {
        SecretRef::Vault(id) => Ok(json!({ "valueType": "SECRETID", "secretId": id })),
        _ => Err(ActionError::invalid(
            "Database Tools reads the user's password from a secret in OCI Vault, and the password here is kept elsewhere",
        )
        .advise(
            "put it into a Vault secret and name that: password = { vault = \"ocid1.vaultsecret…\" }; or let passwords that are \
             made up go to a vault: [secrets.sink] in the configuration with vault, key and compartment",
        )),
    }
}
