//! A database's wallet: its keys, and the zip that a client downloads.

use std::io::Write as _;

use jiff::Timestamp;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfoOwned, LineEnding};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};

use super::database::Database;
use super::http::Refusal;
use crate::model::clock;

/// Why a wallet could not be made. It is always a defect of the sandbox.
#[derive(Debug, thiserror::Error)]
#[error("the wallet cannot be made ({what}); this is a defect of the sandbox")]
pub(crate) struct WalletError {
    what: String,
}

impl WalletError {
    fn new(what: impl Into<Box<dyn std::error::Error>>) -> Self {
        Self { what: what.into().to_string() }
    }
}

impl From<WalletError> for Refusal {
    fn from(error: WalletError) -> Self {
        Self::new(500, "InternalServerError", error.to_string())
    }
}

/// The keys behind one generation of a wallet. A new generation trusts nothing of the one before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WalletKeys {
    pub(crate) made: Timestamp,
    pub(crate) authority: String,
    pub(crate) server_certificate: String,
    pub(crate) server_key: String,
    pub(crate) client_certificate: String,
    pub(crate) client_key: String,
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name.push(DnType::OrganizationName, "Example sandbox");
    name
}

impl WalletKeys {
    /// New keys for a database.
    pub(crate) fn generate(ocid: &str) -> Result<Self, WalletError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named("Sandbox wallet authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate().map_err(WalletError::new)?;
        let authority = params.self_signed(&authority_key).map_err(WalletError::new)?;
        let issuer = Issuer::from_params(&params, &authority_key);

        // As at the real service, the names of private endpoints are in it and no address is.
        let region = ocid.split('.').nth(3).unwrap_or_default();
        let names = vec!["localhost".to_owned(), format!("*.adb.{region}.oraclecloud.com")];
        let mut server = CertificateParams::new(names).map_err(WalletError::new)?;
        server.distinguished_name = named("localhost");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let server_key = KeyPair::generate().map_err(WalletError::new)?;
        let server_certificate = server.signed_by(&server_key, &issuer).map_err(WalletError::new)?;

        let mut client = CertificateParams::default();
        let tail: String = ocid.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
        client.distinguished_name = named(&format!("client of {tail}"));
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let client_key = KeyPair::generate().map_err(WalletError::new)?;
        let client_certificate = client.signed_by(&client_key, &issuer).map_err(WalletError::new)?;

        Ok(Self {
            made: clock::now(),
            authority: authority.pem(),
            server_certificate: server_certificate.pem(),
            server_key: server_key.serialize_pem(),
            client_certificate: client_certificate.pem(),
            client_key: client_key.serialize_pem(),
        })
    }
}

/// The bytes inside the first PEM block of a text.
pub(crate) fn der_of(pem: &str) -> Result<Vec<u8>, WalletError> {
    use base64::Engine as _;
    let body: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    base64::engine::general_purpose::STANDARD.decode(body).map_err(WalletError::new)
}

fn encrypted_key(key_pem: &str, password: &str) -> Result<String, WalletError> {
    let der = der_of(key_pem)?;
    let (mut salt, mut vector) = ([0_u8; 16], [0_u8; 16]);
    aws_lc_rs::rand::fill(&mut salt).map_err(WalletError::new)?;
    aws_lc_rs::rand::fill(&mut vector).map_err(WalletError::new)?;
    let params =
        pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(2048, &salt, vector).map_err(WalletError::new)?;
    let encrypted_data = params.encrypt(password, &der).map_err(WalletError::new)?;
    let info = EncryptedPrivateKeyInfoOwned {
        encryption_algorithm: params.into(),
        encrypted_data: pkcs8::der::asn1::OctetString::new(encrypted_data).map_err(WalletError::new)?,
    };
    let document = pkcs8::SecretDocument::try_from(&info).map_err(WalletError::new)?;
    let pem = document.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).map_err(WalletError::new)?;
    Ok(pem.as_str().to_owned())
}

fn key_store(keys: &WalletKeys, password: &str, with_key: bool) -> Result<Vec<u8>, WalletError> {
    let authority = Certificate::from_der(&der_of(&keys.authority)?).map_err(WalletError::new)?;
    let mut store = KeyStore::new();
    if with_key {
        let own = Certificate::from_der(&der_of(&keys.client_certificate)?).map_err(WalletError::new)?;
        let key = PrivateKey::from_der(&der_of(&keys.client_key)?).map_err(WalletError::new)?;
        let chain = PrivateKeyChain::new("orakey", key, vec![own, authority.clone()]);
        store.add_entry("orakey", KeyStoreEntry::PrivateKeyChain(chain));
    }
    store.add_entry("sandbox authority", KeyStoreEntry::Certificate(authority));
    // Few rounds: nothing here is worth guarding, and each download would wait for them.
    store.writer(password).encryption_iterations(1000).mac_iterations(1000).write().map_err(WalletError::new)
}

fn tnsnames(databases: &[&Database]) -> String {
    let mut text = String::new();
    for database in databases {
        let name = database.name().to_ascii_lowercase();
        for (service, _) in super::database::services(database) {
            let descriptor = super::database::descriptor(database, service);
            text.extend([&name, "_", service, " = ", &descriptor, "\n\n"]);
        }
    }
    text
}

const SQLNET: &str = "WALLET_LOCATION = (SOURCE = (METHOD = file) (METHOD_DATA = (DIRECTORY=\"?/network/admin\")))\n\
                      SSL_SERVER_DN_MATCH=yes\n";

const README: &str = "This wallet was made by the adbctl sandbox for a database that exists on this machine only.\n\
    ewallet.pem and ewallet.p12 hold the client's key and certificates under the password given at the download.\n\
    keystore.jks and truststore.jks are PKCS#12 containers, which Java reads under either name.\n\
    cwallet.sso is a placeholder: its format is not public and the sandbox does not make one.\n";

/// The files of a wallet, by name.
pub(crate) fn files(
    keys: &WalletKeys,
    databases: &[&Database],
    password: &str,
) -> Result<Vec<(&'static str, Vec<u8>)>, WalletError> {
    let pem = format!(
        "{}{}{}",
        encrypted_key(&keys.client_key, password)?,
        keys.client_certificate,
        keys.authority
    );
    let jdbc = format!(
        "oracle.net.wallet_location=(SOURCE=(METHOD=FILE)(METHOD_DATA=(DIRECTORY=${{TNS_ADMIN}})))\n\
         #javax.net.ssl.trustStore=${{TNS_ADMIN}}/truststore.jks\n#javax.net.ssl.keyStore=${{TNS_ADMIN}}/keystore.jks\n\
         #made={}\n",
        keys.made
    );
    Ok(vec![
        ("tnsnames.ora", tnsnames(databases).into_bytes()),
        ("sqlnet.ora", SQLNET.as_bytes().to_vec()),
        ("cwallet.sso", b"adbctl sandbox: placeholder, no auto-login wallet\n".to_vec()),
        ("ewallet.p12", key_store(keys, password, true)?),
        ("ewallet.pem", pem.into_bytes()),
        ("keystore.jks", key_store(keys, password, true)?),
        ("truststore.jks", key_store(keys, password, false)?),
        ("ojdbc.properties", jdbc.into_bytes()),
        ("README", README.as_bytes().to_vec()),
    ])
}

/// The zip of a wallet.
pub(crate) fn zip(
    keys: &WalletKeys,
    databases: &[&Database],
    password: &str,
) -> Result<Vec<u8>, WalletError> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files(keys, databases, password)? {
        writer.start_file(name, options).map_err(WalletError::new)?;
        writer.write_all(&bytes).map_err(WalletError::new)?;
    }
    Ok(writer.finish().map_err(WalletError::new)?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_open_with_the_password_and_with_no_other() {
        let keys = WalletKeys::generate("ocid1.autonomousdatabase.oc1.uk-london-1.example").unwrap();
        let files = files(&keys, &[], "Wallet-Password-1").unwrap();
        let file =
            |name: &str| files.iter().find(|(own, _)| *own == name).map(|(_, bytes)| bytes.clone()).unwrap();
        assert_eq!(files.len(), 9);

        let pem = String::from_utf8(file("ewallet.pem")).unwrap();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{pem}");
        let (_, document) = pkcs8::SecretDocument::from_pem(
            pem.split_inclusive("PRIVATE KEY-----\n").take(2).collect::<String>().as_str(),
        )
        .unwrap();
        let info = pkcs8::EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).unwrap();
        assert_eq!(info.decrypt("Wallet-Password-1").unwrap().as_bytes(), der_of(&keys.client_key).unwrap());
        assert!(info.decrypt("another").is_err());

        for (name, entries) in [("ewallet.p12", 2), ("keystore.jks", 2), ("truststore.jks", 1)] {
            let open = |password: &str| {
                KeyStore::from_pkcs12(&file(name), password, p12_keystore::Pkcs12ImportPolicy::Relaxed)
            };
            assert_eq!(open("Wallet-Password-1").unwrap().entries_len(), entries, "{name}");
            assert!(open("another").is_err(), "{name}");
        }
    }
}
