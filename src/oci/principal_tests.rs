use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;

const TENANCY: &str = "ocid1.tenancy.oc1..example";

/// The leaf certificate of the test key, with this organizational unit.
fn leaf(unit: &str) -> String {
    let key = KeyPair::from_pem(include_str!("testdata/pkcs8.pem")).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "ocid1.instance.oc1..example");
    params.distinguished_name.push(DnType::OrganizationalUnitName, unit);
    params.self_signed(&key).unwrap().pem()
}

fn jwt(ends: i64, mark: u32) -> String {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = json!({ "exp": clock::now().as_second() + ends, "mark": mark });
    format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

async fn metadata(server: &MockServer, address: &str, text: &str) {
    Mock::given(method("GET"))
        .and(path(format!("/opc/v2{address}")))
        .and(header("authorization", "Bearer Oracle"))
        .respond_with(ResponseTemplate::new(200).set_body_string(text))
        .mount(server)
        .await;
}

/// A metadata service and an authentication service in one; each token lives for `ends` seconds.
async fn services(unit: &str, ends: i64) -> MockServer {
    let server = MockServer::start().await;
    let pem = leaf(unit);
    metadata(&server, "/identity/cert.pem", &pem).await;
    metadata(&server, "/identity/intermediate.pem", &pem).await;
    metadata(&server, "/identity/key.pem", include_str!("testdata/pkcs8.pem")).await;
    let count = std::sync::atomic::AtomicU32::new(0);
    Mock::given(method("POST"))
        .and(path("/v1/x509"))
        .respond_with(move |_: &Request| {
            let mark = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            ResponseTemplate::new(200).set_body_json(json!({ "token": jwt(ends, mark) }))
        })
        .mount(&server)
        .await;
    server
}

fn parts(server: &MockServer) -> (InstancePrincipal, Wire) {
    let wire = Wire { http: reqwest::Client::new(), endpoints: Endpoints::at(&server.uri()).unwrap() };
    (InstancePrincipal::new(format!("{}/opc/v2", server.uri())), wire)
}

#[tokio::test]
async fn the_certificate_is_exchanged_for_a_token() {
    let server = services(&format!("opc-tenant:{TENANCY}"), 3600).await;
    let (instance, wire) = parts(&server);
    let signer = instance.signer(&wire, None).await.unwrap();
    assert!(signer.key_id.starts_with("ST$h."), "{}", signer.key_id);
    assert_eq!(instance.signer(&wire, None).await.unwrap().key_id, signer.key_id);
    let arrived = server.received_requests().await.unwrap();
    let exchange: Vec<_> = arrived.iter().filter(|r| r.url.path() == "/v1/x509").collect();
    assert_eq!(exchange.len(), 1);
    let authorization = exchange[0].headers["authorization"].to_str().unwrap();
    assert!(
        authorization
            .contains("headers=\"date (request-target) content-length content-type x-content-sha256\""),
        "{authorization}"
    );
    let body: Value = exchange[0].body_json().unwrap();
    let sent = STANDARD.decode(body["certificate"].as_str().unwrap()).unwrap();
    let offered = fetch(&wire, &format!("{}/opc/v2/identity/cert.pem", server.uri())).await.ok().unwrap();
    assert_eq!(body["certificate"], armour_off(&offered));
    let print = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &sent);
    let key_id = format!("keyId=\"{TENANCY}/fed-x509/{}\"", colons(print.as_ref(), true));
    assert!(authorization.contains(&key_id), "{authorization}");
    assert_eq!(body["publicKey"], STANDARD.encode(signer.key.public_der()));
    assert_eq!(body["intermediateCertificates"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_near_its_end_or_refused_is_replaced() {
    let server = services(&format!("opc-tenant:{TENANCY}"), 30).await;
    let (instance, wire) = parts(&server);
    let first = instance.signer(&wire, None).await.unwrap();
    let second = instance.signer(&wire, None).await.unwrap();
    assert_ne!(first.key_id, second.key_id);
    let server = services(&format!("opc-identity:{TENANCY}"), 3600).await;
    let (instance, wire) = parts(&server);
    let first = instance.signer(&wire, None).await.unwrap();
    let second = instance.signer(&wire, Some(&first.key_id)).await.unwrap();
    assert_ne!(first.key_id, second.key_id);
    // Somebody else's refusal of the older token changes nothing.
    assert_eq!(instance.signer(&wire, Some(&first.key_id)).await.unwrap().key_id, second.key_id);
}

#[tokio::test]
async fn other_certificates_are_refused() {
    let server = services("nothing:x", 3600).await;
    let (instance, wire) = parts(&server);
    let error = instance.signer(&wire, None).await.unwrap_err();
    assert!(error.to_string().contains("names no tenancy"), "{error}");

    let server = services(&format!("opc-tenant:{TENANCY}"), 30).await;
    let (instance, wire) = parts(&server);
    instance.signer(&wire, None).await.unwrap();
    let other = services("opc-tenant:ocid1.tenancy.oc1..other", 30).await;
    let instance = InstancePrincipal { base: format!("{}/opc/v2", other.uri()), ..instance };
    let error = instance.signer(&wire, None).await.unwrap_err();
    assert!(error.to_string().contains("ocid1.tenancy.oc1..other"), "{error}");
}

#[tokio::test]
async fn the_region_is_asked_for() {
    async fn check(address: &str, text: &str, wanted: &str) {
        let server = MockServer::start().await;
        metadata(&server, address, text).await;
        let (instance, wire) = parts(&server);
        let found = instance.endpoints(&wire.http).await.unwrap();
        assert_eq!(found.origin(crate::model::Service::Database), wanted);
    }
    check("/instance/region", "lhr\n", "https://database.uk-london-1.oraclecloud.com").await;
    let info = r#"{"realmKey":"oc99","realmDomainComponent":"cloud.example.com","regionKey":"XYZ","regionIdentifier":"xx-new-1"}"#;
    check("/instance/regionInfo", info, "https://database.xx-new-1.cloud.example.com").await;
}
