use super::*;
use crate::model::NoSecrets;

fn endpoints() -> Endpoints {
    Endpoints::at("http://127.0.0.1:8080").unwrap()
}

async fn ready(call: &RestCall, bytes: Option<&'static str>) -> Result<Prepared, OciError> {
    prepare(call, bytes.map(|text| Bytes::from(text).into()), &endpoints(), &NoSecrets).await
}

fn object(method: Method, kind: &str, name: &str) -> RestCall {
    let path = ["n", "ns", "b", "bucket", kind, name].map(|s| json!(s)).to_vec();
    RestCall::new(Service::ObjectStorage, method, path)
}

#[tokio::test]
async fn targets() {
    async fn check(call: RestCall, wanted: &str) {
        assert_eq!(ready(&call, Some("x")).await.unwrap().target, wanted);
    }
    let databases = RestCall::new(Service::Database, Method::Get, vec![json!("autonomousDatabases")]);
    check(databases.clone(), "/20160918/autonomousDatabases").await;
    check(
        databases
            .query("displayName", "a b/c&d=é~")
            .query("limit", 10)
            .query("isFreeTier", false)
            .query("page", Value::Null)
            .query("fields", json!(["name", "size"])),
        "/20160918/autonomousDatabases?displayName=a+b%2Fc%26d%3D%C3%A9~&limit=10&isFreeTier=false&fields=name%2Csize",
    )
    .await;
    check(object(Method::Get, "o", "dir/a b+c.txt"), "/n/ns/b/bucket/o/dir%2Fa%20b%2Bc.txt").await;
    check(object(Method::Get, "o", "../x"), "/n/ns/b/bucket/o/..%2Fx").await;
    check(object(Method::Get, "o", "a|b^c\"d'e"), "/n/ns/b/bucket/o/a%7Cb%5Ec%22d%27e").await;
}

#[tokio::test]
async fn parts_without_an_address_are_refused() {
    async fn check(call: RestCall, wanted: &str) {
        let error = ready(&call, None).await.unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
    }
    // A URL parser takes these for the folder above, which would be the bucket.
    check(object(Method::Delete, "o", ".."), "no web address can hold").await;
    check(object(Method::Delete, "o", "."), "no web address can hold").await;
    check(object(Method::Delete, "o", ""), "is empty").await;
    let late = RestCall::new(Service::Database, Method::Get, vec![json!({"$late": "steps.clone.ocid"})]);
    check(late, "steps.clone.ocid").await;
    let header = RestCall::new(Service::Database, Method::Get, vec![json!("x")]).header("if-match", "a\nb");
    check(header, "cannot be sent").await;
    let mut bytes = object(Method::Put, "o", "x");
    bytes.body = Body::Bytes { content_type: "text/plain".into() };
    check(bytes, "without its bytes").await;
}

#[tokio::test]
async fn bodies_and_their_digests() {
    let empty = RestCall::new(Service::Database, Method::Post, vec![json!("x")]);
    let prepared = ready(&empty, None).await.unwrap();
    assert_eq!(prepared.headers["content-length"], "0");
    assert_eq!(prepared.headers["content-type"], "application/json");
    assert_eq!(prepared.headers["x-content-sha256"], "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let get = RestCall::new(Service::Database, Method::Get, vec![json!("x")]);
    let prepared = ready(&get, None).await.unwrap();
    assert!(prepared.body.is_none() && !prepared.headers.contains_key("content-length"));
    let mut put = object(Method::Put, "o", "x");
    put.body = Body::Bytes { content_type: "text/plain".into() };
    let prepared = ready(&put, Some("hello")).await.unwrap();
    assert!(!prepared.headers.contains_key("x-content-sha256"));
    assert_eq!(prepared.headers["content-length"], "5");
    assert_eq!(prepared.headers["content-type"], "text/plain");
}

#[tokio::test]
async fn secrets_are_filled_in_and_sensitive_calls_not_shown() {
    struct Fixed;
    impl SecretSource for Fixed {
        fn resolve<'a>(
            &'a self,
            reference: &'a crate::model::SecretRef,
        ) -> futures::future::BoxFuture<'a, Result<crate::model::Secret, crate::model::ActionError>> {
            assert_eq!(reference.to_string(), "environment variable ADMIN");
            Box::pin(async { Ok(crate::model::Secret::new("s3cret-Value".into())) })
        }
    }
    let mut call = RestCall::new(Service::Database, Method::Post, vec![json!("x")])
        .json(json!({"adminPassword": {"$secret": {"env": "ADMIN"}}, "list": [1, null]}));
    let prepared = prepare(&call, None, &endpoints(), &Fixed).await.unwrap();
    assert_eq!(
        prepared.body.unwrap().payload.in_memory().unwrap(),
        r#"{"adminPassword":"s3cret-Value","list":[1,null]}"#
    );
    assert_eq!(prepared.shown, "POST /20160918/x");
    call.sensitive = true;
    let prepared = prepare(&call, None, &endpoints(), &Fixed).await.unwrap();
    assert!(!prepared.shown.contains('x'), "{}", prepared.shown);
    let error = prepare(&call, None, &endpoints(), &NoSecrets).await.unwrap_err();
    assert_eq!(error.category, crate::model::Category::Bug);
}

#[tokio::test]
async fn web_addresses_go_as_they_are() {
    let mut call = RestCall::new(
        Service::Direct,
        Method::Get,
        vec![json!("https://db.example.com/ords/"), json!("a b")],
    );
    let prepared = ready(&call, None).await.unwrap();
    assert_eq!(prepared.url.as_str(), "https://db.example.com/ords//a%20b");
    call.path.truncate(1);
    assert_eq!(ready(&call, None).await.unwrap().url.as_str(), "https://db.example.com/ords/");
}

#[test]
fn retry_tokens_go_where_they_are_known() {
    fn check(service: Service, method: Method, path: &[&str], wanted: bool) {
        let call = RestCall::new(service, method, path.iter().map(|s| json!(s)).collect());
        assert_eq!(takes_retry_token(&call), wanted, "{method} {path:?}");
    }
    let db = "autonomousDatabases";
    check(Service::Database, Method::Post, &[db], true);
    check(Service::Database, Method::Get, &[db], false);
    check(Service::Database, Method::Put, &[db, "id"], false);
    check(Service::Database, Method::Post, &[db, "id", "actions", "start"], false);
    check(Service::Database, Method::Post, &[db, "id", "actions", "restore"], false);
    check(Service::Database, Method::Post, &[db, "id", "actions", "generateWallet"], true);
    check(Service::Database, Method::Post, &[db, "id", "actions", "refresh"], true);
    check(Service::Database, Method::Post, &[db, "id", "actions", "changeCompartment"], true);
    check(Service::Database, Method::Post, &["autonomousDatabaseBackups"], true);
    check(Service::ObjectStorage, Method::Post, &["n", "ns", "b"], false);
    check(Service::Vaults, Method::Post, &["secrets"], true);
}

/// Paths, queries and signed headers as Oracle's own Python clients really sent them for the same calls.
#[tokio::test]
async fn targets_match_the_peer() {
    use crate::oci::{database, object_storage, secrets};
    let recorded: Value = serde_json::from_str(include_str!("testdata/targets.json")).unwrap();
    let odd = &recorded["odd"];
    let (ns, bucket) = (|| json!("ns"), || json!("bucket"));
    let compartment = || json!("ocid1.compartment.oc1..example");
    let listed = RestCall::new(Service::Database, Method::Get, vec![json!("autonomousDatabases")])
        .query("compartmentId", compartment())
        .query("limit", 10)
        .query("isFreeTier", false)
        .query("displayName", odd.clone());
    let objects = RestCall { query: Vec::new(), ..object_storage::list_objects(ns(), bucket(), Value::Null) }
        .query("prefix", odd.clone())
        .query("fields", "name,size");
    let get = |name: &str| object_storage::get_object(ns(), bucket(), json!(name), Value::Null);
    let put = object_storage::put_object(
        ns(),
        bucket(),
        json!("dir/x y"),
        "application/json",
        Value::Null,
        object_storage::Condition::Always,
    );
    let calls = [
        listed,
        object_storage::head_object(ns(), bucket(), odd.clone()),
        get(".hidden"),
        get("a..b"),
        get("dir/../x"),
        objects,
        put,
        secrets::get_by_name(json!("n m"), json!("ocid1.vault.oc1..example")),
        database::start(json!("ocid1.autonomousdatabase.oc1..example"), Value::Null),
    ];
    let requests = recorded["requests"].as_array().unwrap();
    assert_eq!(calls.len(), requests.len());
    for (call, request) in calls.iter().zip(requests) {
        let name = request["name"].as_str().unwrap();
        let prepared = ready(call, Some("hello")).await.unwrap();
        assert_eq!(prepared.method.as_str(), request["method"], "{name}");
        assert_eq!(prepared.target, request["target"].as_str().unwrap(), "{name}");
        let digest = prepared.headers.contains_key("x-content-sha256");
        let signed =
            request["signed"].as_str().unwrap().ends_with("content-length content-type x-content-sha256");
        assert_eq!(digest, signed, "{name}");
    }
}
