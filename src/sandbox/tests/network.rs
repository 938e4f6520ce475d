use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;

const PASSWORD: &str = "Wallet-pass-1";

/// What a client takes out of a downloaded wallet.
struct Wallet {
    names: String,
    key: Vec<u8>,
    own: Vec<u8>,
    authority: Vec<u8>,
}

async fn wallet(cloud: &Cloud, ocid: &str) -> Wallet {
    let body = json!({"password": PASSWORD, "generateType": "SINGLE"});
    let reply = cloud.post(format!("{DATABASES}/{ocid}/actions/generateWallet"), body).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/octet-stream"));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(reply.bytes)).unwrap();
    let mut read = |name: &str| {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_name(name).unwrap(), &mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    let (names, pem) = (read("tnsnames.ora"), read("ewallet.pem"));
    let block = |place: usize| {
        let text: Vec<&str> = pem.split_inclusive("-----\n").collect();
        super::super::wallet::der_of(&text[place * 2..place * 2 + 2].concat()).unwrap()
    };
    let encrypted = block(0);
    let key =
        pkcs8::EncryptedPrivateKeyInfoRef::try_from(encrypted.as_slice()).unwrap().decrypt(PASSWORD).unwrap();
    Wallet { names, key: key.as_bytes().to_vec(), own: block(1), authority: block(2) }
}

/// Shakes hands with the database of a wallet, with its client certificate or without one.
async fn greet(wallet: &Wallet, with_key: bool) -> std::io::Result<TlsStream<TcpStream>> {
    greet_at(wallet, &wallet.names, with_key).await
}

/// Shakes hands at the first port in a text.
async fn greet_at(wallet: &Wallet, text: &str, with_key: bool) -> std::io::Result<TlsStream<TcpStream>> {
    let port: u16 =
        text.split("(port=").nth(1).and_then(|rest| rest.split(')').next()).unwrap().parse().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(wallet.authority.clone())).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = if with_key {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(wallet.key.clone()));
        config.with_client_auth_cert(vec![CertificateDer::from(wallet.own.clone())], key).unwrap()
    } else {
        config.with_no_client_auth()
    };
    let stream = TcpStream::connect(("localhost", port)).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// What the listener says to whoever wants the first service of a wallet.
async fn knock(wallet: &Wallet) -> String {
    let mut stream = greet(wallet, true).await.unwrap();
    let service =
        wallet.names.split("(service_name=").nth(1).and_then(|rest| rest.split(')').next()).unwrap();
    let text = format!("(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME={service})))");
    let mut packet = vec![0; 74];
    for (at, value) in [(0, 74 + text.len()), (8, 319), (14, 8192), (24, text.len()), (26, 74)] {
        packet[at..at + 2].copy_from_slice(&u16::try_from(value).unwrap().to_be_bytes());
    }
    packet[4] = 1;
    packet.extend(text.bytes());
    stream.write_all(&packet).await.unwrap();
    let mut answer = vec![0; 300];
    let length = stream.read(&mut answer).await.unwrap();
    answer.truncate(length);
    if answer[4] == 2 { "accepted".to_owned() } else { String::from_utf8_lossy(&answer[12..]).into_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_present_wallet_opens_the_door() {
    let cloud = Cloud::start(0.0).await;
    let first = wallet(&cloud, DEV).await;
    for service in ["dev_high", "dev_medium", "dev_low", "dev_tp", "dev_tpurgent"] {
        assert!(first.names.contains(&format!("{service} = (description=")), "{service}");
    }
    assert_eq!(knock(&first).await, "accepted");
    assert!(greet(&first, false).await.is_err(), "mutual TLS is asked for");
    assert_eq!(cloud.put(format!("{DATABASES}/{DEV}"), json!({"dbName": "DEVOLD"})).await.status, 200);
    cloud.database(DEV).await;
    assert!(greet(&first, true).await.is_err(), "the rename ended the old wallet");
    let second = wallet(&cloud, DEV).await;
    greet(&second, true).await.unwrap();
    assert_eq!(
        cloud.put(format!("{DATABASES}/{DEV}/wallet"), json!({"shouldRotate": true})).await.status,
        202
    );
    cloud.database(DEV).await;
    assert!(greet(&second, true).await.is_err(), "so did the rotation");
    let third = wallet(&cloud, DEV).await;
    greet(&third, true).await.unwrap();
    assert_eq!(
        cloud.put(format!("{DATABASES}/{DEV}"), json!({"isMtlsConnectionRequired": false})).await.status,
        200
    );
    let record = cloud.database(DEV).await;
    assert!(greet(&third, false).await.is_err(), "this port demands the certificate all the same");
    let profiles = record["connectionStrings"]["profiles"].as_array().unwrap();
    let server = profiles.iter().find(|profile| profile["tlsAuthentication"] == "SERVER").unwrap();
    greet_at(&third, server["value"].as_str().unwrap(), false).await.unwrap();
    assert_eq!(cloud.post(format!("{DATABASES}/{DEV}/actions/stop"), json!({})).await.status, 200);
    cloud.database(DEV).await;
    assert!(knock(&third).await.contains("(ERR=12506)"), "a stopped database refuses");
    let weak =
        cloud.post(format!("{DATABASES}/{DEV}/actions/generateWallet"), json!({"password": "short1"})).await;
    assert_eq!(weak.code(), "InvalidParameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn web_addresses_follow_the_state() {
    let cloud = Cloud::start(0.0).await;
    let ords = cloud.database(DEV).await["connectionUrls"]["ordsUrl"].as_str().unwrap().to_owned();
    let status =
        async |path: &str| cloud.http.get(format!("{ords}{path}")).send().await.unwrap().status().as_u16();
    for (path, wanted) in
        [("", 200), ("apex", 200), ("sql-developer", 200), ("nothing/here", 404), ("admin/_/sql", 405)]
    {
        assert_eq!(status(path).await, wanted, "{path}");
    }
    let sql = cloud.http.post(format!("{ords}admin/_/sql")).body("select 1 from dual").send().await.unwrap();
    assert_eq!(sql.status(), 401, "nobody comes in without a password");
    cloud.post(format!("{DATABASES}/{DEV}/actions/stop"), json!({})).await;
    assert_eq!(status("apex").await, 503);
    cloud.post(format!("{DATABASES}/{DEV}/actions/start"), json!({})).await;
    assert_eq!(status("apex").await, 200);
    cloud.ask("DELETE", format!("{DATABASES}/{DEV}")).send().await;
    cloud.database(DEV).await;
    assert_eq!(status("apex").await, 404);
}
