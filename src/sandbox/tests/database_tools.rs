//! Database Tools: connections and the SQL that runs over them.

use super::*;

const CONNECTIONS: &str = "/20201005/databaseToolsConnections";
const FAILED: &str = "DatabaseConnectionFailed";
const ENDPOINT: &str = "ocid1.databasetoolsprivateendpoint.oc1.uk-london-1.devexample";

/// A secret with this value.
async fn secret(cloud: &Cloud, name: &str, value: &str) -> String {
    let (vault, key) = {
        let listed = cloud.get(format!("/20180608/secrets?compartmentId={DEV_COMPARTMENT}")).await;
        let first = &listed.body[0];
        (first["vaultId"].clone(), first["keyId"].clone())
    };
    let body = json!({
        "compartmentId": DEV_COMPARTMENT, "vaultId": vault, "keyId": key, "secretName": name,
        "secretContent": {"contentType": "BASE64", "content": STANDARD.encode(value)},
    });
    let made = cloud.post("/20180608/secrets", body).await;
    made.body["id"].as_str().unwrap_or_else(|| panic!("{}", made.body)).to_owned()
}

/// What makes a connection to dev as ADMIN.
async fn body(cloud: &Cloud) -> Value {
    let facts: Value =
        serde_json::from_str(&fs::read_to_string(cloud.dir.path().join("sandbox.json")).unwrap()).unwrap();
    let password = facts["databases"]["dev"]["admin_password"].as_str().unwrap();
    let dev = cloud.database(DEV).await;
    let wallet = secret(cloud, "own-wallet", "a wallet").await;
    json!({
        "type": "ORACLE_DATABASE", "displayName": "dev", "compartmentId": DEV_COMPARTMENT,
        "relatedResource": {"entityType": "AUTONOMOUSDATABASE", "identifier": DEV},
        "connectionString": dev["connectionStrings"]["profiles"][0]["value"],
        "userName": "ADMIN",
        "userPassword": {"valueType": "SECRETID", "secretId": secret(cloud, "own-admin", password).await},
        "keyStores": [{"keyStoreType": "SSO", "keyStoreContent": {"valueType": "SECRETID", "secretId": wallet}}],
        "privateEndpointId": ENDPOINT,
    })
}

async fn made(cloud: &Cloud, body: Value) -> String {
    let reply = cloud.post(CONNECTIONS, body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    assert!(reply.header("opc-work-request-id").starts_with("ocid1.databasetoolsworkrequest."));
    reply.body["id"].as_str().unwrap().to_owned()
}

async fn run(cloud: &Cloud, id: &str, input: Value) -> Reply {
    let body = json!({"type": "SYNCHRONOUS", "input": input});
    cloud.post(format!("/20230222/databaseToolsConnections/{id}/actions/executeSql"), body).await
}

async fn query(cloud: &Cloud, id: &str) -> Reply {
    run(cloud, id, json!({"type": "STANDARD", "statementText": "select user as n from dual"})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_made_used_changed_and_deleted() {
    let cloud = Cloud::start(0.0).await;
    cloud.made(DEV).await;
    let body = body(&cloud).await;
    let refused = async |changes: Value, code: &str| {
        let reply = cloud.post(CONNECTIONS, with(body.clone(), &changes)).await;
        assert_eq!(reply.code(), code, "{changes}: {}", reply.body);
    };
    refused(json!({"userName": null}), "MissingParameter").await;
    refused(json!({"type": null}), "MissingParameter").await;
    refused(json!({"password": "x"}), "InvalidParameter").await;
    refused(json!({"type": "MYSQL"}), "NotImplemented").await;
    refused(json!({"userPassword": {"valueType": "PLAIN", "secretId": "x"}}), "InvalidParameter").await;
    let unknown =
        json!({"valueType": "SECRETID", "secretId": "ocid1.vaultsecret.oc1.uk-london-1.nobodyexample"});
    refused(json!({"userPassword": unknown}), "RelatedResourceNotAuthorizedOrNotFound").await;
    refused(json!({"privateEndpointId": "ocid1.x"}), "RelatedResourceNotAuthorizedOrNotFound").await;
    refused(json!({"compartmentId": "ocid1.compartment.oc1..nobodyexample"}), "NotAuthorizedOrNotFound")
        .await;

    let id = made(&cloud, body.clone()).await;
    let seen = cloud.get(format!("{CONNECTIONS}/{id}")).await;
    assert_eq!((seen.status, &seen.body["lifecycleState"]), (200, &json!("ACTIVE")));
    assert_eq!(seen.body["runtimeSupport"], "SUPPORTED");
    let listed = |more: &str| format!("{CONNECTIONS}?compartmentId={DEV_COMPARTMENT}{more}");
    let found = cloud.get(listed(&format!("&relatedResourceIdentifier={DEV}"))).await;
    assert_eq!(found.body["items"][0]["id"], json!(id));
    assert_eq!(cloud.get(listed("&displayName=other")).await.body["items"], json!([]));

    let rows = query(&cloud, &id).await;
    assert_eq!(rows.body["items"][0]["resultSet"]["items"], json!([{"n": "ADMIN"}]), "{}", rows.body);
    let block = json!({
        "type": "STANDARD", "responseFormat": {"statementText": false},
        "statementText": "begin dbms_output.enable(null); dbms_output.put_line('hello'); :b := :b * :a; end;",
        "binds": [{"name": "a", "dataType": "NUMBER", "mode": "IN", "values": [6]},
                  {"name": "b", "dataType": "NUMBER", "mode": "INOUT", "values": [7]}],
    });
    let done = run(&cloud, &id, block).await;
    let item = &done.body["items"][0];
    assert_eq!(
        (&item["binds"][1]["results"], &item["dbmsOutput"]),
        (&json!([42]), &json!("hello\n")),
        "{item}"
    );
    assert_eq!((&item["statementType"], item.get("statementText")), (&json!("PLSQL"), None));
    let failed =
        run(&cloud, &id, json!({"type": "STANDARD", "statementText": "select * from nowhere"})).await;
    assert_eq!((failed.status, &failed.body["items"][0]["error"]["errorCode"]), (200, &json!(942)));
    let all = json!({"type": "STANDARD", "limit": -1, "statementText": "select level from dual connect by level <= 10001"});
    let all = run(&cloud, &id, all).await;
    assert_eq!(all.body["items"][0]["resultSet"]["count"], 10_001);
    assert!(cloud.audit().iter().any(|line| line["kind"] == "sql" && line["database"] == DEV));

    // What a connection needs is looked at when it is used.
    let used = async |changes: Value, code: &str, words: &str| {
        let other = made(&cloud, with(body.clone(), &changes)).await;
        let reply = query(&cloud, &other).await;
        assert!(reply.code() == code && reply.body.to_string().contains(words), "{changes}: {}", reply.body);
    };
    used(json!({"privateEndpointId": null}), FAILED, "ORA-12170").await;
    used(json!({"keyStores": null}), FAILED, "ORA-28860").await;
    used(json!({"connectionString": "localhost:1522/nowhere"}), FAILED, "ORA-12514").await;
    used(json!({"runtimeSupport": "UNSUPPORTED"}), "InvalidParameter", "runtimeSupport").await;
    let wrong =
        json!({"valueType": "SECRETID", "secretId": secret(&cloud, "wrong", "Wrong-password-1").await});
    used(json!({"userPassword": wrong}), FAILED, "ORA-01017").await;

    let etag = seen.header("etag");
    let change = json!({"type": "ORACLE_DATABASE", "userPassword": wrong});
    let put = |etag: &'static str| cloud.ask("PUT", format!("{CONNECTIONS}/{id}")).header("if-match", etag);
    assert_eq!(put("not-this").json(&change).send().await.status, 412);
    assert_eq!(
        cloud.put(format!("{CONNECTIONS}/{id}"), json!({"displayName": "x"})).await.code(),
        "MissingParameter"
    );
    let changed = cloud.put(format!("{CONNECTIONS}/{id}"), change).await;
    assert_eq!(changed.status, 202, "{}", changed.body);
    assert_eq!(query(&cloud, &id).await.code(), FAILED);
    let back = json!({"type": "ORACLE_DATABASE", "userPassword": body["userPassword"]});
    let work = cloud.put(format!("{CONNECTIONS}/{id}"), back).await;
    let work = work.header("opc-work-request-id").to_owned();
    let seen_work = cloud.get(format!("/20201005/workRequests/{work}")).await;
    assert_eq!(
        (&seen_work.body["status"], &seen_work.body["operationType"]),
        (&json!("SUCCEEDED"), &json!("UPDATE_DATABASE_TOOLS_CONNECTION"))
    );
    assert_ne!(cloud.get(format!("{CONNECTIONS}/{id}")).await.header("etag"), etag);
    assert_eq!(cloud.get(format!("/20160918/workRequests/{work}")).await.status, 404);

    cloud
        .fault(json!({"method": "DELETE", "path": format!("{CONNECTIONS}/*"), "count": 1, "action": {"fail-work": {}}}))
        .await;
    assert_eq!(cloud.ask("DELETE", format!("{CONNECTIONS}/{id}")).send().await.status, 202);
    assert_eq!(cloud.get(format!("{CONNECTIONS}/{id}")).await.body["lifecycleState"], "ACTIVE");
    cloud.post(format!("{DATABASES}/{DEV}/actions/stop"), json!({})).await;
    assert!(query(&cloud, &id).await.body["message"].as_str().unwrap().starts_with("ORA-12506"));
    let unsigned = cloud.ask("POST", format!("/20230222/databaseToolsConnections/{id}/actions/executeSql"));
    assert_eq!(unsigned.header("authorization", "Signature x").json(&json!({})).send().await.status, 401);
    assert_eq!(query(&cloud, &format!("{id}x")).await.code(), "NotAuthorizedOrNotFound");
    assert_eq!(cloud.ask("DELETE", format!("{CONNECTIONS}/{id}")).send().await.status, 202);
    assert_eq!(cloud.get(format!("{CONNECTIONS}/{id}")).await.body["lifecycleState"], "DELETED");
    assert_eq!(query(&cloud, &id).await.code(), "NotAuthorizedOrNotFound");
    assert_eq!(cloud.ask("DELETE", format!("{CONNECTIONS}/{id}")).send().await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_waited_for_goes_to_the_bucket() {
    let cloud = Cloud::start(0.0).await;
    cloud.made(DEV).await;
    let id = "ocid1.databasetoolsconnection.oc1.uk-london-1.devexample";
    let gone_at = std::cell::Cell::new(Value::Null);
    let ask = async |text: &str, object: &str, bucket: &str| {
        let place = json!({"namespace": "sandboxspace", "bucketName": bucket, "objectName": object});
        let body = json!({
            "type": "ASYNCHRONOUS", "timeoutInSeconds": 60,
            "input": {"type": "INLINE", "content": {"type": "STANDARD", "statementText": text}},
            "output": {"type": "OBJECT_STORAGE", "object": place, "timeOfDeletion": gone_at.take()},
        });
        cloud.post(format!("/20230222/databaseToolsConnections/{id}/actions/executeSql"), body).await
    };
    let ended = async |reply: &Reply| {
        let work = reply.header("opc-work-request-id").to_owned();
        for _ in 0..1000 {
            let seen = cloud.get(format!("/20230222/workRequests/{work}")).await.body;
            if !seen["timeFinished"].is_null() {
                return seen;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{work} does not end")
    };
    assert_eq!(ask("select 1 from dual", "a.json", "nowhere").await.code(), "BucketNotFound");
    let accepted = ask("select 6 * 7 as n from dual", "out/a.json", "adbctl").await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let work = ended(&accepted).await;
    assert_eq!((&work["status"], &work["operationType"]), (&json!("SUCCEEDED"), &json!("EXECUTE_SQL")));
    let stored = cloud.get("/n/sandboxspace/b/adbctl/o/out%2Fa.json").await;
    assert_eq!(stored.body["items"][0]["resultSet"]["items"], json!([{"n": 42}]), "{}", stored.body);
    // What nobody fetched goes at its time.
    gone_at.set(json!("at noon"));
    assert_eq!(ask("select 1 from dual", "b.json", "adbctl").await.code(), "InvalidParameter");
    for (time, wanted) in [("2999-01-01T00:00:00Z", 200), ("2026-01-01T00:00:00Z", 404)] {
        gone_at.set(json!(time));
        ended(&ask("select 1 as n from dual", "b.json", "adbctl").await).await;
        cloud.get(format!("{CONNECTIONS}/{id}")).await;
        assert_eq!(cloud.get("/n/sandboxspace/b/adbctl/o/b.json").await.status, wanted, "{time}");
    }
    // One that is told to end leaves nothing; the statement itself goes on.
    let slept = ask(
        "create table slept as select 1 as n from dual;\nbegin dbms_session.sleep(2); end;",
        "c.json",
        "adbctl",
    )
    .await;
    let work = format!("/20230222/workRequests/{}", slept.header("opc-work-request-id"));
    assert_eq!(cloud.ask("DELETE", work.clone()).send().await.status, 202);
    assert_eq!(cloud.get(work.clone()).await.body["status"], "CANCELING");
    assert_eq!(ended(&slept).await["status"], "CANCELED");
    assert_eq!(cloud.ask("DELETE", work).send().await.code(), "IncorrectState");
    assert_eq!(cloud.get("/n/sandboxspace/b/adbctl/o/c.json").await.status, 404);
}
