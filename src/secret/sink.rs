//! Where secrets go that adbctl makes up: a folder of files only the owner can read, or a vault.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::error::SecretError;
use crate::model::{NoSecrets, Ocid, Secret, SecretRef};
use crate::oci::{CallContext, Oci, OciError, vaults};

/// The place for generated secrets.
#[derive(Clone, Debug)]
pub enum SecretSink {
    /// One file a secret, mode 0600, in a folder of mode 0700.
    Folder(Utf8PathBuf),
    /// Secrets of a vault.
    Vault(Box<VaultSink>),
}

/// A vault and what its secrets are made with.
#[derive(Clone, Debug)]
pub struct VaultSink {
    /// The client.
    pub cloud: Oci,
    /// Compartment of new secrets.
    pub compartment: Ocid,
    /// The vault.
    pub vault: Ocid,
    /// The key that encrypts them.
    pub key: Ocid,
}

impl SecretSink {
    /// Keeps the secret under `name` and gives the reference by which it is found again. A secret of that name that is
    /// already there gets a new value.
    ///
    /// # Errors
    /// The name is none, the file cannot be written, or the vault refuses.
    ///
    /// # Cancel safety
    /// A file is either whole or not there; a vault may have taken the secret.
    pub async fn store(
        &self,
        name: &str,
        secret: &Secret,
        context: &CallContext,
    ) -> Result<SecretRef, SecretError> {
        if !is_name(name) {
            return Err(SecretError::Name(name.to_owned()));
        }
        match self {
            Self::Folder(folder) => store_in(folder, name, secret).map_err(SecretError::File),
            Self::Vault(vault) => vault.store(name, secret, context).await,
        }
    }

    /// The sink in words, for plans.
    pub fn describe(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => format!("file {}", folder.join(name)),
            Self::Vault(vault) => format!("secret {name} of vault {}", vault.vault),
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn store_in(folder: &Utf8Path, name: &str, secret: &Secret) -> std::io::Result<SecretRef> {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    if !folder.is_dir() {
        fs_err::create_dir_all(folder)?;
        fs_err::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    // The temporary file is made with mode 0600 and takes the name only when it is whole.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(secret.reveal().as_bytes())?;
    file.as_file().sync_all()?;
    let path = folder.join(name);
    file.persist(&path).map_err(|e| e.error)?;
    Ok(SecretRef::File(path))
}

impl VaultSink {
    async fn store(
        &self,
        name: &str,
        secret: &Secret,
        context: &CallContext,
    ) -> Result<SecretRef, SecretError> {
        let encoded = json!(STANDARD.encode(secret.reveal()));
        let (compartment, vault) = (json!(self.compartment), json!(self.vault));
        let find = vaults::find(compartment.clone(), vault.clone(), json!(name));
        let found = self.cloud.list(&find, context, &NoSecrets).await?.value;
        let there = found.as_array().into_iter().flatten().find(|item| item["secretName"] == name);
        let call = match there {
            Some(item) => vaults::update(item["id"].clone(), encoded, Value::Null),
            None => vaults::create(compartment, vault, json!(self.key), json!(name), encoded),
        };
        let made = self.cloud.send(&call, context, &NoSecrets).await?.value;
        let ocid = made["id"].as_str().and_then(|id| id.parse::<Ocid>().ok()).ok_or_else(|| {
            OciError::local(format!("the vault gave no OCID for the secret {name}"))
                .advise("look for the secret in the console before starting again")
        })?;
        Ok(SecretRef::Vault(ocid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Resolver;

    #[tokio::test]
    async fn files_are_closed_to_others_and_read_back() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::from_path_buf(folder.path().join("new/secrets")).unwrap();
        let sink = SecretSink::Folder(folder.clone());
        let context = CallContext::default();
        for value in ["first-Value1", "second-Value2"] {
            let reference = sink.store("dev-admin", &Secret::new(value.into()), &context).await.unwrap();
            let mode = |path: &Utf8Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&folder.join("dev-admin"))), (0o700, 0o600));
            let read = Resolver::new(None).secret(&reference).await.unwrap();
            assert_eq!(read.reveal(), value);
        }
        assert_eq!(fs_err::read_dir(&folder).unwrap().count(), 1);
        for name in ["", "../x", "a/b", ".x", "a b"] {
            assert!(sink.store(name, &Secret::new("some-Value3".into()), &context).await.is_err(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_vault_gets_a_new_secret_or_a_new_version() {
        use crate::oci::client::tests::{client, quick};
        use wiremock::matchers::{body_partial_json, method, path, query_param};
        use wiremock::{Mock, MockServer, ResponseTemplate};
        const ID: &str = "ocid1.vaultsecret.oc1.uk-london-1.example";
        let server = MockServer::start().await;
        let is = |name: &str, items: Value| {
            Mock::given(method("GET"))
                .and(path("/20180608/secrets"))
                .and(query_param("name", name))
                .respond_with(ResponseTemplate::new(200).set_body_json(items))
        };
        is("new", json!([])).mount(&server).await;
        is("old", json!([{"id": ID, "secretName": "old"}])).mount(&server).await;
        let content =
            json!({"secretContent": {"contentType": "BASE64", "content": STANDARD.encode("made-Up1-value")}});
        let answer = || ResponseTemplate::new(200).set_body_json(json!({"id": ID}));
        Mock::given(method("POST"))
            .and(path("/20180608/secrets"))
            .and(body_partial_json(
                json!({"secretName": "new", "vaultId": "ocid1.vault.oc1.uk-london-1.example"}),
            ))
            .and(body_partial_json(&content))
            .respond_with(answer())
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(method("PUT"))
            .and(path(format!("/20180608/secrets/{ID}")))
            .and(body_partial_json(&content))
            .respond_with(answer())
            .expect(1)
            .mount(&server)
            .await;
        let bundle = json!({"secretBundleContent": {"contentType": "BASE64", "content": STANDARD.encode("made-Up1-value")}});
        Mock::given(method("GET"))
            .and(path(format!("/20190301/secretbundles/{ID}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(bundle))
            .mount(&server)
            .await;
        let cloud = client(&server.uri(), quick());
        let sink = SecretSink::Vault(Box::new(VaultSink {
            cloud: cloud.clone(),
            compartment: "ocid1.compartment.oc1..example".parse().unwrap(),
            vault: "ocid1.vault.oc1.uk-london-1.example".parse().unwrap(),
            key: "ocid1.key.oc1.uk-london-1.example".parse().unwrap(),
        }));
        for name in ["new", "old"] {
            let secret = Secret::new("made-Up1-value".into());
            let reference = sink.store(name, &secret, &CallContext::default()).await.unwrap();
            let read = Resolver::new(Some(cloud.clone())).secret(&reference).await.unwrap();
            assert_eq!(read.reveal(), "made-Up1-value");
        }
    }
}
