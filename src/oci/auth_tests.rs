use camino::Utf8Path;
use wiremock::matchers::{any, body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

/// A token that was issued and ends so many seconds from now.
fn token(issued: i64, ends: i64, mark: &str) -> String {
    let now = clock::now().as_second();
    let claims = json!({ "iat": now + issued, "exp": now + ends, "mark": mark });
    format!("head.{}.sign", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn store(path: &Utf8Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::write(path, text).unwrap();
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn test_key() -> Arc<PrivateKey> {
    Arc::new(PrivateKey::from_pem(include_str!("testdata/pkcs8.pem"), None, "key").unwrap())
}

fn wire(origin: &str) -> Wire {
    Wire { http: reqwest::Client::new(), endpoints: Endpoints::at(origin).unwrap() }
}

struct Login {
    _folder: tempfile::TempDir,
    file: Utf8PathBuf,
    auth: Auth,
}

fn login(content: &str) -> Login {
    let folder = tempfile::tempdir().unwrap();
    let file = Utf8PathBuf::from_path_buf(folder.path().join("token")).unwrap();
    store(&file, content);
    let identity = Identity::Session { token_file: file.clone(), key: test_key(), profile: "DEV".into() };
    Login { _folder: folder, file, auth: Auth::new(identity) }
}

#[test]
fn lives() {
    fn check(issued: Option<i64>, ends: i64, now: i64, wanes: bool, ended: bool) {
        let life = Life { issued, ends };
        assert_eq!((life.wanes(now), life.ended(now)), (wanes, ended), "{life:?} at {now}");
    }
    check(Some(0), 3600, 1700, false, false);
    check(Some(0), 3600, 1900, true, false);
    check(Some(0), 300, 100, false, false);
    check(Some(0), 300, 160, true, false);
    check(None, 3600, 3200, false, false);
    check(None, 3600, 3400, true, false);
    check(Some(0), 3600, 3600, true, true);
    assert_eq!(life("no token"), None);
    assert_eq!(life("a.!!.c"), None);
}

#[tokio::test]
async fn a_fresh_token_is_used_without_line_ends() {
    let server = MockServer::start().await;
    let fresh = token(-10, 3590, "a");
    let login = login(&format!("{fresh}\r\n"));
    let signer = login.auth.signer(&wire(&server.uri())).await.unwrap();
    assert_eq!(signer.key_id, format!("ST${fresh}"));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_waning_token_is_refreshed_and_stored() {
    let server = MockServer::start().await;
    let (old, new) = (token(-3000, 600, "old"), token(0, 3600, "new"));
    Mock::given(method("POST"))
        .and(path("/v1/authentication/refresh"))
        .and(body_json(json!({ "currentToken": old })))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "token": format!("{new}\n") })))
        .expect(1)
        .mount(&server)
        .await;
    let login = login(&old);
    for _ in 0..3 {
        let signer = login.auth.signer(&wire(&server.uri())).await.unwrap();
        assert_eq!(signer.key_id, format!("ST${new}"));
    }
    assert_eq!(fs_err::read_to_string(&login.file).unwrap(), new);
    let sent = &server.received_requests().await.unwrap()[0];
    let authorization = sent.headers["authorization"].to_str().unwrap();
    assert!(authorization.contains(&format!("keyId=\"ST${old}\"")), "{authorization}");
}

#[tokio::test]
async fn a_refused_refresh_leaves_the_old_token_to_its_end() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).expect(1).mount(&server).await;
    let old = token(-3000, 600, "old");
    let login = login(&old);
    for _ in 0..3 {
        let signer = login.auth.signer(&wire(&server.uri())).await.unwrap();
        assert_eq!(signer.key_id, format!("ST${old}"));
    }
}

#[tokio::test]
async fn an_expired_token_stops_and_a_new_login_goes_on() {
    let server = MockServer::start().await;
    let login = login(&token(-3600, -1, "old"));
    let error = login.auth.signer(&wire(&server.uri())).await.unwrap_err();
    assert!(error.to_string().contains("has expired"), "{error}");
    let advice = error.advice.clone().unwrap();
    assert!(advice.contains("oci session authenticate --profile-name DEV"), "{advice}");
    assert!(advice.contains("oci session refresh"), "{advice}");
    assert_eq!(error.category, crate::model::Category::Denied);
    let new = token(0, 3600, "new");
    store(&login.file, &new);
    let signer = login.auth.signer(&wire(&server.uri())).await.unwrap();
    assert_eq!(signer.key_id, format!("ST${new}"));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn after_a_401_the_file_is_read_again() {
    let login = login(&token(-10, 3590, "a"));
    let wire = wire("http://127.0.0.1:1");
    let first = login.auth.signer(&wire).await.unwrap();
    assert!(!login.auth.renew(&wire, &first.key_id).await.unwrap());
    store(&login.file, &token(-5, 3595, "b"));
    assert!(login.auth.renew(&wire, &first.key_id).await.unwrap());
    assert_ne!(login.auth.signer(&wire).await.unwrap().key_id, first.key_id);
}

#[tokio::test]
async fn tokens_that_cannot_be_read() {
    let wire = wire("http://127.0.0.1:1");
    let error = login("nonsense").auth.signer(&wire).await.unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
    let missing = login(&token(0, 10, "a"));
    fs_err::remove_file(&missing.file).unwrap();
    let error = missing.auth.signer(&wire).await.unwrap_err();
    assert!(error.to_string().contains("session token"), "{error}");
}

#[tokio::test]
async fn a_resource_principal_reads_its_files_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let (rpst, pem) = (folder.join("rpst"), folder.join("pem"));
    store(&rpst, &token(-10, 3590, "a"));
    store(&pem, include_str!("testdata/pkcs8-enc.pem"));
    let auth = Auth::new(Identity::Resource {
        token: Given::new(rpst.to_string()),
        key: Given::new(pem.to_string()),
        passphrase: Some(Given::new("knock".into())),
    });
    let wire = wire("http://127.0.0.1:1");
    let first = auth.signer(&wire).await.unwrap();
    let second = token(-5, 30, "b");
    store(&rpst, &second);
    assert_eq!(auth.signer(&wire).await.unwrap().key_id, first.key_id);
    assert!(auth.renew(&wire, &first.key_id).await.unwrap());
    // This one ends within a minute, so the file is looked at again each time.
    let third = token(0, 3600, "c");
    store(&rpst, &third);
    assert_eq!(auth.signer(&wire).await.unwrap().key_id, format!("ST${third}"));
    store(&rpst, &token(-100, -5, "d"));
    let error = auth.renew(&wire, "x").await.unwrap_err();
    assert!(error.to_string().contains("expired"), "{error}");
}

#[tokio::test]
async fn a_resource_principal_by_value() {
    let value = token(-10, 3590, "a");
    let auth = Auth::new(Identity::Resource {
        token: Given::new(value.clone()),
        key: Given::new(include_str!("testdata/pkcs1.pem").into()),
        passphrase: None,
    });
    let signer = auth.signer(&wire("http://127.0.0.1:1")).await.unwrap();
    assert_eq!(signer.key_id, format!("ST${value}"));
}
