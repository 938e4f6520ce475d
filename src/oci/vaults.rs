//! Calls that make and change Vault secrets. Their bodies hold the secret, so they are sensitive.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the parts of a call are handed over, all alike, to be built into it"
)]

use serde_json::{Value, json};

use crate::model::act::Method;
use crate::model::{RestCall, Service};

/// Finds secrets by name in a compartment and vault; their values are not in the answer. Follow the pages.
pub fn find(compartment: Value, vault: Value, name: Value) -> RestCall {
    RestCall::new(Service::Vaults, Method::Get, vec![json!("secrets")])
        .query("compartmentId", compartment)
        .query("vaultId", vault)
        .query("name", name)
}

/// Reads what is known of a secret, without its value.
pub fn get(id: Value) -> RestCall {
    RestCall::new(Service::Vaults, Method::Get, vec![json!("secrets"), id])
}

fn content(base64: Value) -> Value {
    json!({ "contentType": "BASE64", "content": base64, "stage": "CURRENT" })
}

/// Makes a secret. `base64` is the base64 of the value.
pub fn create(compartment: Value, vault: Value, key: Value, name: Value, base64: Value) -> RestCall {
    let mut call = RestCall::new(Service::Vaults, Method::Post, vec![json!("secrets")]).json(json!({
        "compartmentId": compartment,
        "vaultId": vault,
        "keyId": key,
        "secretName": name,
        "description": "made by adbctl",
        "secretContent": content(base64),
    }));
    call.sensitive = true;
    call
}

/// Gives a secret a new current version. `base64` is the base64 of the value.
pub fn update(id: Value, base64: Value, if_match: Value) -> RestCall {
    let mut call = RestCall::new(Service::Vaults, Method::Put, vec![json!("secrets"), id])
        .header("if-match", if_match)
        .json(json!({ "secretContent": content(base64) }));
    call.sensitive = true;
    call
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::act::Body;

    #[test]
    fn requests() {
        let call = create(json!("c"), json!("v"), json!("k"), json!("n"), json!("czNjcmV0"));
        assert_eq!(call.shown_path(), "/20180608/secrets");
        let Body::Json(body) = &call.body else { panic!("no body") };
        assert_eq!(
            body["secretContent"],
            json!({"contentType": "BASE64", "content": "czNjcmV0", "stage": "CURRENT"})
        );
        assert!(call.sensitive);
        let call = update(json!("s"), json!("czNjcmV0"), json!("e"));
        assert_eq!((call.method, call.shown_path()), (Method::Put, "/20180608/secrets/s".into()));
        assert!(call.sensitive && !find(json!("c"), json!("v"), json!("n")).sensitive);
    }
}
