//! Calls that read the values of Vault secrets. Every one of them is sensitive.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::OciError;
use crate::model::act::Method;
use crate::model::{RestCall, Secret, Service};

/// Reads the current version of a secret by its OCID.
pub fn get(id: Value) -> RestCall {
    let mut call = RestCall::new(Service::Secrets, Method::Get, vec![json!("secretbundles"), id]);
    call.sensitive = true;
    call
}

/// Reads the current version of a secret by its name in a vault. It is a POST that only reads.
pub fn get_by_name(name: Value, vault: Value) -> RestCall {
    let path = ["secretbundles", "actions", "getByName"].map(|s| json!(s)).to_vec();
    let mut call =
        RestCall::new(Service::Secrets, Method::Post, path).query("secretName", name).query("vaultId", vault);
    call.sensitive = true;
    call
}

/// The secret inside the service's answer. A line end at its end belongs to it.
///
/// # Errors
/// The answer is not the documented one, or the secret is no text.
pub fn read(answer: &Value) -> Result<Secret, OciError> {
    let content = answer.get("secretBundleContent");
    let text = content.and_then(|c| c.get("content")).and_then(Value::as_str);
    let bytes = text.and_then(|text| STANDARD.decode(text).ok()).ok_or_else(|| {
        OciError::local("the secret service gave no readable content")
            .advise("check that the OCID is that of a secret and not of a vault or key")
    })?;
    String::from_utf8(bytes).map(Secret::new).map_err(|_| {
        OciError::local("the vault secret is no text")
            .advise("store the password itself, as plain text, in the secret")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers() {
        let call = get(json!("ocid1.vaultsecret.oc1..example"));
        assert_eq!(call.shown_path(), "/20190301/secretbundles/ocid1.vaultsecret.oc1..example");
        let call = get_by_name(json!("n"), json!("v"));
        assert_eq!(call.method, Method::Post);
        assert!(call.sensitive && call.shown_path().ends_with("/actions/getByName"));
        let answer =
            json!({"secretBundleContent": {"contentType": "BASE64", "content": STANDARD.encode("s3cret\n")}});
        assert_eq!(read(&answer).unwrap().reveal(), "s3cret\n");
        assert!(read(&json!({})).is_err());
        let binary = json!({"secretBundleContent": {"content": STANDARD.encode([0xff, 0xfe])}});
        assert!(read(&binary).is_err());
    }
}
