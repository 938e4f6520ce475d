use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_rightly_signed_is_answered() {
    let cloud = Cloud::start(0.0).await;
    let list = format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}");
    assert_eq!(cloud.get(&list).await.status, 200);
    let late = httpdate::fmt_http_date((clock::now() - jiff::SignedDuration::from_mins(6)).into());
    let soon = httpdate::fmt_http_date((clock::now() - jiff::SignedDuration::from_mins(4)).into());
    let cases = [
        ("no authorization", "authorization", "none", 401),
        ("a date six minutes old", "date", late.as_str(), 401),
        ("a date four minutes old", "date", soon.as_str(), 200),
        ("no date at all", "date", "yesterday", 401),
    ];
    for (title, name, value, status) in cases {
        let reply = cloud.ask("GET", &list).header(name, value).send().await;
        assert_eq!(reply.status, status, "{title}");
        if status == 401 {
            assert_eq!(reply.code(), "NotAuthenticated", "{title}");
            assert!(!reply.header("sandbox-reason").is_empty(), "{title}");
        }
    }
    let body = clone_body("NEVER");
    let wrong = cloud.ask("POST", DATABASES).json(&body).header("x-content-sha256", "AAAA").send().await;
    assert_eq!(wrong.status, 401, "a digest of another body");

    let text = format!("date: {soon}\n(request-target): get {list}");
    let unsigned_host = authorization(&cloud.key, &cloud.key_id, "date (request-target)", &text);
    let reply =
        cloud.ask("GET", &list).header("date", &soon).header("authorization", &unsigned_host).send().await;
    assert_eq!(reply.status, 401, "the host is not signed");

    let host = cloud.endpoint.trim_start_matches("http://");
    let text = format!("date: {soon}\n(request-target): get {DATABASES}\nhost: {host}");
    let another = authorization(&cloud.key, &cloud.key_id, "date (request-target) host", &text);
    let reply = cloud.ask("GET", &list).header("date", &soon).header("authorization", &another).send().await;
    assert_eq!(reply.status, 401, "the signature of another path");

    let text = format!("date: {soon}\n(request-target): get {list}\nhost: {host}");
    let stranger = authorization(&cloud.key, "a/b/c", "date (request-target) host", &text);
    let reply = cloud.ask("GET", &list).header("date", &soon).header("authorization", &stranger).send().await;
    assert_eq!(reply.status, 401, "the key of nobody here");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_good_until_they_end() {
    let mut cloud = Cloud::start(0.0).await;
    let list = format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}");
    let pem = fs::read_to_string(cloud.dir.path().join("oci_session_key.pem")).unwrap();
    let token = fs::read_to_string(cloud.dir.path().join("oci_session_token")).unwrap();
    cloud.key = rsa::KeyPair::from_pkcs8(&super::super::wallet::der_of(&pem).unwrap()).unwrap();
    cloud.key_id = format!("ST${token}");
    assert_eq!(cloud.get(&list).await.status, 200);

    let reply = cloud.post("/v1/authentication/refresh", json!({"currentToken": token})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    cloud.key_id = format!("ST${}", reply.body["token"].as_str().unwrap());
    assert_eq!(cloud.get(&list).await.status, 200, "the new token");

    cloud.fault(json!({"count": 1, "action": {"expire-tokens": {}}})).await;
    assert_eq!(cloud.get(&list).await.status, 401, "expired on request");
    assert_eq!(cloud.get(&list).await.status, 401, "and they stay expired");

    let mut forged = token;
    forged.replace_range(40..41, if &forged[40..41] == "A" { "B" } else { "A" });
    cloud.key_id = format!("ST${forged}");
    assert_eq!(cloud.get(&list).await.status, 401, "a changed token");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_gets_a_token_for_its_certificate() {
    let mut cloud = Cloud::start(0.0).await;
    let metadata = |path: &str| cloud.http.get(format!("{}/opc/v2/{path}", cloud.endpoint));
    assert_eq!(metadata("instance/region").send().await.unwrap().status(), 403, "without the header");
    let read = async |path: &str| {
        metadata(path).header("authorization", "Bearer Oracle").send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(read("instance/region").await, "uk-london-1");
    let (leaf, key) = (read("identity/cert.pem").await, read("identity/key.pem").await);
    let leaf = super::super::wallet::der_of(&leaf).unwrap();
    let leaf_key = rsa::KeyPair::from_pkcs8(&super::super::wallet::der_of(&key).unwrap()).unwrap();
    let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &leaf);
    let pairs: Vec<String> = sha1.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    // Any key will do as the session's; this one is at hand.
    let config = fs::read_to_string(cloud.dir.path().join("oci_session_key.pem")).unwrap();
    let session = rsa::KeyPair::from_pkcs8(&super::super::wallet::der_of(&config).unwrap()).unwrap();
    let public: &[u8] = signature::KeyPair::public_key(&session).as_ref();
    let body = json!({
        "certificate": STANDARD.encode(&leaf), "publicKey": STANDARD.encode(public), "intermediateCertificates": [],
    });
    let user = std::mem::replace(&mut cloud.key, leaf_key);
    let tenancy = "ocid1.tenancy.oc1..sandboxexample";
    cloud.key_id = format!("{tenancy}/fed-x509/{}", pairs.join(":"));
    let reply = cloud.post("/v1/x509", body.clone()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    cloud.key = user;
    assert_eq!(cloud.post("/v1/x509", body).await.status, 401, "signed by another key");
    cloud.key = session;
    cloud.key_id = format!("ST${}", reply.body["token"].as_str().unwrap());
    assert_eq!(cloud.get(format!("{DATABASES}/{PROD}")).await.status, 200, "a call with the token");
}
