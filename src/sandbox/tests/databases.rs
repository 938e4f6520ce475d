use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_goes_its_way() {
    let cloud = Cloud::start(0.0).await;
    let made = cloud.post(DATABASES, clone_body("DEVTMP")).await;
    assert_eq!((made.status, made.body["lifecycleState"].as_str()), (200, Some("PROVISIONING")));
    let id = made.body["id"].as_str().unwrap().to_owned();
    let clone = cloud.made(&id).await;
    assert_eq!(clone["lifecycleState"], "AVAILABLE");
    assert_eq!((&clone["sourceId"], &clone["dbVersion"]), (&json!(PROD), &json!("19c")));
    assert_eq!(
        clone["whitelistedIps"],
        json!(["192.0.2.0/24", "198.51.100.7"]),
        "a public clone has the access list"
    );
    assert_eq!(clone["adminPassword"], Value::Null);
    let work = cloud.get(format!("/20160918/workRequests/{}", made.header("opc-work-request-id"))).await.body;
    assert_eq!((&work["status"], &work["percentComplete"]), (&json!("SUCCEEDED"), &json!(100.0)));
    assert_eq!(work["resources"][0]["identifier"], json!(id));

    let gone = cloud.ask("DELETE", format!("{DATABASES}/{id}")).send().await;
    assert_eq!(gone.status, 204);
    assert!(!gone.header("opc-work-request-id").is_empty());
    assert_eq!(cloud.database(&id).await["lifecycleState"], "TERMINATED");
    let listed =
        cloud.get(format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}&lifecycleState=TERMINATED")).await;
    assert_eq!(listed.body.as_array().map(Vec::len), Some(1), "a terminated database stays in the list");
    assert_eq!(
        cloud.ask("DELETE", format!("{DATABASES}/{id}")).send().await.code(),
        "NotAuthorizedOrNotFound"
    );
    let again = cloud.post(DATABASES, clone_body("DEVTMP")).await;
    assert_eq!(again.status, 200, "its name is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn subnets_can_be_read() {
    let cloud = Cloud::start(0.0).await;
    let subnet = cloud.database(DEV).await["subnetId"].as_str().unwrap().to_owned();
    let seen = cloud.get(format!("/20160918/subnets/{subnet}")).await;
    assert_eq!(seen.status, 200);
    for name in ["id", "compartmentId", "vcnId", "lifecycleState", "routeTableId", "virtualRouterMac"] {
        assert!(seen.body[name].is_string(), "{name}, which a subnet always has, of {}", seen.body);
    }
    assert_eq!((&seen.body["id"], &seen.body["cidrBlock"]), (&json!(subnet), &json!("10.0.2.0/24")));
    assert_eq!(cloud.get(format!("/20160918/subnets/{subnet}x")).await.code(), "NotAuthorizedOrNotFound");
    assert_eq!(cloud.get("/20160918/subnets".to_owned()).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn creates_that_are_refused() {
    let cloud = Cloud::start(0.0).await;
    let cases = [
        (json!({"dbName": "DEV"}), "InvalidParameter"),
        (json!({"dbName": "dev"}), "InvalidParameter"),
        (json!({"dbName": "1X"}), "InvalidParameter"),
        (json!({"dbName": "WITH_LINE"}), "InvalidParameter"),
        (json!({"dbName": null}), "MissingParameter"),
        (json!({"compartmentId": null}), "MissingParameter"),
        (json!({"compartmentId": "ocid1.compartment.oc1..nobody"}), "NotAuthorizedOrNotFound"),
        (json!({"sourceId": "ocid1.autonomousdatabase.oc1.uk-london-1.none"}), "NotAuthorizedOrNotFound"),
        (json!({"sourceId": null}), "MissingParameter"),
        (json!({"cloneType": null}), "MissingParameter"),
        (json!({"cloneType": "HALF"}), "InvalidParameter"),
        (json!({"adminPassword": null}), "MissingParameter"),
        (json!({"adminPassword": "too-short"}), "InvalidParameter"),
        (json!({"secretId": "ocid1.vaultsecret.oc1.uk-london-1.none"}), "InvalidParameter"),
        (
            json!({"adminPassword": null, "secretId": "ocid1.vaultsecret.oc1.uk-london-1.none"}),
            "RelatedResourceNotAuthorizedOrNotFound",
        ),
        (json!({"computeCount": null}), "MissingParameter"),
        (json!({"computeCount": 1}), "InvalidParameter"),
        (json!({"computeCount": "4"}), "InvalidParameter"),
        (json!({"cpuCoreCount": 1}), "InvalidParameter"),
        (json!({"dataStorageSizeInTBs": 385}), "InvalidParameter"),
        (json!({"dataStorageSizeInTBs": 1, "dataStorageSizeInGBs": 1024}), "InvalidParameter"),
        (json!({"surprise": true}), "InvalidParameter"),
        (json!({"whitelistedIps": ["somewhere"]}), "InvalidParameter"),
        (json!({"databaseEdition": "ENTERPRISE_EDITION"}), "InvalidParameter"),
        (json!({"privateEndpointLabel": "x"}), "MissingParameter"),
        (json!({"subnetId": "ocid1.subnet.oc1.uk-london-1.none"}), "RelatedResourceNotAuthorizedOrNotFound"),
        (json!({"subnetId": SUBNET, "privateEndpointLabel": "dev-db"}), "InvalidParameter"),
        (json!({"subnetId": SUBNET, "privateEndpointIp": "10.0.2.21"}), "InvalidParameter"),
        (json!({"subnetId": SUBNET, "privateEndpointIp": "10.0.9.21"}), "InvalidParameter"),
        (json!({"subnetId": SUBNET, "nsgIds": ["ocid1.none"]}), "RelatedResourceNotAuthorizedOrNotFound"),
        (json!({"source": "CLONE_TO_REFRESHABLE"}), "InvalidParameter"),
        (json!({"source": "BACKUP_FROM_ID"}), "InvalidParameter"),
    ];
    for (changes, code) in cases {
        let reply = cloud.post(DATABASES, with(clone_body("OKNAME"), &changes)).await;
        assert_eq!(reply.code(), code, "{changes}: {}", reply.body);
    }
    let broken = cloud.ask("POST", DATABASES).bytes(b"{").header("content-type", "application/json");
    let broken = Ask { bare: false, ..broken }.send().await;
    assert_eq!(broken.code(), "CannotParseRequest");
    let listed = cloud.get(format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}")).await;
    assert_eq!(listed.body.as_array().map(Vec::len), Some(1), "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_take_their_turn() {
    let cloud = Cloud::start(0.0).await;
    let url = format!("{DATABASES}/{DEV}");
    let before = cloud.get(&url).await;
    let old_ords = before.body["connectionUrls"]["ordsUrl"].as_str().unwrap().to_owned();
    let stale = before.header("etag").to_owned();
    let renamed =
        cloud.ask("PUT", &url).json(&json!({"dbName": "DEVOLD"})).header("if-match", &stale).send().await;
    assert_eq!((renamed.status, renamed.body["lifecycleState"].as_str()), (200, Some("UPDATING")));
    assert_eq!(renamed.body["dbName"], "DEV", "the new name comes at the end");
    let after = cloud.get(&url).await;
    assert_eq!(
        (&after.body["dbName"], &after.body["lifecycleState"]),
        (&json!("DEVOLD"), &json!("AVAILABLE"))
    );
    let new_ords = after.body["connectionUrls"]["ordsUrl"].as_str().unwrap();
    assert_ne!(old_ords, new_ords);
    assert_eq!(cloud.http.get(&old_ords).send().await.unwrap().status(), 404, "the old address is gone");
    assert_eq!(cloud.http.get(new_ords).send().await.unwrap().status(), 200);
    assert!(after.body["connectionStrings"]["low"].as_str().unwrap().contains("_devold_low."));

    let mismatch =
        cloud.ask("PUT", &url).json(&json!({"dbName": "X"})).header("if-match", &stale).send().await;
    assert_eq!((mismatch.status, mismatch.code()), (412, "NoEtagMatch"));
    for (body, code) in [
        (json!({"dbName": "PROD"}), "InvalidParameter"),
        (json!({"dbName": "A", "adminPassword": "Good-enough-9"}), "InvalidParameter"),
        (json!({"displayName": "other"}), "InvalidParameter"),
        (json!({}), "MissingParameter"),
        (json!({"compartmentId": DEV_COMPARTMENT}), "InvalidParameter"),
        (json!({"isRefreshableClone": true}), "InvalidParameter"),
    ] {
        assert_eq!(cloud.put(&url, body.clone()).await.code(), code, "{body}");
    }
    for password in ["Good-enough-2", "Good-enough-3"] {
        assert_eq!(cloud.put(&url, json!({"adminPassword": password})).await.status, 200);
        cloud.get(&url).await;
    }
    assert_eq!(
        cloud.put(&url, json!({"adminPassword": "Good-enough-2"})).await.code(),
        "InvalidParameter",
        "used lately"
    );
    cloud.fault(json!({"action": {"allow-display-name": {}}, "count": 1})).await;
    assert_eq!(cloud.put(&url, json!({"displayName": "other"})).await.status, 200, "allowed on request");

    let public = cloud.put(&url, json!({"privateEndpointLabel": ""})).await;
    assert_eq!(public.status, 200, "{}", public.body);
    let after = cloud.database(DEV).await;
    assert_eq!((&after["subnetId"], &after["privateEndpoint"]), (&Value::Null, &Value::Null));
    let network =
        json!({"subnetId": SUBNET, "privateEndpointLabel": "dev-db", "privateEndpointIp": "10.0.2.21"});
    assert_eq!(cloud.put(&url, network).await.status, 200);
    let after = cloud.database(DEV).await;
    assert_eq!(after["privateEndpoint"], "dev-db.adb.uk-london-1.oraclecloud.com");
    assert_eq!(cloud.put(&url, json!({"whitelistedIps": [""]})).await.status, 200);
    assert_eq!(cloud.database(DEV).await["whitelistedIps"], json!([]), "the way to clear the list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_database_refuses() {
    let cloud = Cloud::start(1.0).await;
    let made = cloud.post(DATABASES, clone_body("DEVTMP")).await;
    let id = made.body["id"].as_str().unwrap().to_owned();
    for (method, target, body) in [
        ("PUT", format!("{DATABASES}/{id}"), json!({"dbName": "OTHER"})),
        ("POST", format!("{DATABASES}/{id}/actions/start"), json!({})),
        ("POST", format!("{DATABASES}/{id}/actions/stop"), json!({})),
        ("DELETE", format!("{DATABASES}/{id}"), json!({})),
    ] {
        let reply = cloud.ask(method, target).json(&body).send().await;
        assert_eq!((reply.status, reply.code()), (409, "IncorrectState"), "{method}");
    }
    let work = cloud.get(format!("/20160918/workRequests/{}", made.header("opc-work-request-id"))).await;
    assert!(["ACCEPTED", "IN_PROGRESS"].contains(&work.body["status"].as_str().unwrap()), "{}", work.body);
    assert!(work.body["percentComplete"].as_f64().unwrap() < 50.0);
    let scaled = cloud.put(format!("{DATABASES}/{PROD}"), json!({"computeCount": 6})).await;
    assert_eq!(scaled.body["lifecycleState"], "SCALE_IN_PROGRESS", "{}", scaled.body);
    assert_eq!(
        cloud.post(DATABASES, clone_body("THIRD")).await.code(),
        "IncorrectState",
        "no clone while it scales"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_token_stands_for_one_request() {
    let cloud = Cloud::start(0.0).await;
    let send = async |name: &str, token: &str| {
        cloud.ask("POST", DATABASES).json(&clone_body(name)).header("opc-retry-token", token).send().await
    };
    let first = send("DEVTMP", "token1").await;
    let second = send("DEVTMP", "token1").await;
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("opc-work-request-id"), second.header("opc-work-request-id"));
    let other = send("OTHER", "token1").await;
    assert_eq!((other.status, other.code()), (409, "InvalidatedRetryToken"));
    assert_eq!(send("DEVTMP", "token2").await.code(), "InvalidParameter", "a new token is a new request");
    let writes: Vec<Value> =
        cloud.audit().into_iter().filter(|line| line["effect"] == "write" && line["status"] == 200).collect();
    assert_eq!(writes.len(), 1, "the repetition changed nothing: {writes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_checks_and_changes_nothing() {
    let cloud = Cloud::start(0.0).await;
    let dry = |method, target: String, body: Value| {
        cloud.ask(method, target).json(&body).header("opc-dry-run", "True").send()
    };
    assert_eq!(dry("POST", DATABASES.to_owned(), clone_body("DEVTMP")).await.status, 200);
    assert_eq!(dry("POST", DATABASES.to_owned(), clone_body("DEV")).await.code(), "InvalidParameter");
    assert_eq!(dry("PUT", format!("{DATABASES}/{DEV}"), json!({"dbName": "OTHER"})).await.status, 200);
    assert_eq!(dry("POST", format!("{DATABASES}/{DEV}/actions/stop"), json!({})).await.status, 200);
    assert_eq!(dry("DELETE", format!("{DATABASES}/{DEV}"), json!({})).await.status, 204);
    let listed = cloud.get(format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}")).await.body;
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!((&listed[0]["dbName"], &listed[0]["lifecycleState"]), (&json!("DEV"), &json!("AVAILABLE")));
    assert!(cloud.audit().iter().all(|line| line["effect"] == "read" || line["status"] == 400));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refreshable_clone_is_its_sources_shadow() {
    let cloud = Cloud::start(0.0).await;
    let body = with(
        clone_body("SHADOW"),
        &json!({"source": "CLONE_TO_REFRESHABLE", "adminPassword": null, "cloneType": "FULL"}),
    );
    let made = cloud.post(DATABASES, body).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = made.body["id"].as_str().unwrap().to_owned();
    let url = format!("{DATABASES}/{id}");
    let shadow = cloud.made(&id).await;
    assert_eq!((&shadow["isRefreshableClone"], &shadow["openMode"]), (&json!(true), &json!("READ_ONLY")));
    assert_eq!(shadow["connectionUrls"]["apexUrl"], Value::Null);
    let refresh = json!({"timeRefreshCutoff": "2026-05-01T00:00:00Z"});
    assert_eq!(cloud.post(format!("{url}/actions/refresh"), refresh.clone()).await.status, 200);
    assert_eq!(
        cloud.post(format!("{DATABASES}/{PROD}/actions/refresh"), refresh).await.code(),
        "InvalidParameter"
    );
    let of_shadow = with(clone_body("SECOND"), &json!({"sourceId": id}));
    assert_eq!(cloud.post(DATABASES, of_shadow).await.code(), "InvalidParameter", "no clone of a clone");
    let backup = json!({"autonomousDatabaseId": id});
    assert_eq!(cloud.post("/20160918/autonomousDatabaseBackups", backup).await.code(), "InvalidParameter");
    assert_eq!(cloud.put(&url, json!({"isRefreshableClone": false})).await.status, 200);
    let free = cloud.database(&id).await;
    assert_eq!((&free["isRefreshableClone"], &free["openMode"]), (&json!(false), &json!("READ_WRITE")));
    assert!(free["connectionUrls"]["apexUrl"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_are_kept_as_long_as_they_should() {
    let cloud = Cloud::start(0.0).await;
    let backups = "/20160918/autonomousDatabaseBackups";
    let make = |body: Value| cloud.post(backups, body);
    let short = make(json!({"autonomousDatabaseId": DEV, "displayName": "short"})).await.body;
    cloud.database(DEV).await;
    let long = json!({"autonomousDatabaseId": DEV, "isLongTermBackup": true, "retentionPeriodInDays": 365});
    let long = make(long).await.body;
    cloud.database(DEV).await;
    let none = json!({"autonomousDatabaseId": DEV, "isLongTermBackup": true});
    assert_eq!(make(none).await.code(), "MissingParameter");
    let from =
        json!({"source": "BACKUP_FROM_ID", "sourceId": null, "autonomousDatabaseBackupId": short["id"]});
    assert_eq!(cloud.post(DATABASES, with(clone_body("FROMBACKUP"), &from)).await.status, 200);
    let past = json!({
        "source": "BACKUP_FROM_TIMESTAMP", "sourceId": null, "autonomousDatabaseId": DEV,
        "useLatestAvailableBackupTimeStamp": true,
    });
    assert_eq!(cloud.post(DATABASES, with(clone_body("FROMTIME"), &past)).await.status, 200);
    assert_eq!(cloud.ask("DELETE", format!("{DATABASES}/{DEV}")).send().await.status, 204);
    cloud.database(DEV).await;
    let listed = cloud.get(format!("{backups}?autonomousDatabaseId={DEV}")).await.body;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!((&listed[0]["id"], &listed[0]["lifecycleState"]), (&long["id"], &json!("ACTIVE")));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_paged() {
    let cloud = Cloud::start(0.0).await;
    for name in ["ONE", "TWO", "THREE"] {
        cloud.clone_of_prod(name).await;
    }
    let names = async |query: &str| {
        let body = cloud.get(format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}&{query}")).await.body;
        let names: Vec<String> = body
            .as_array()
            .unwrap_or(&Vec::new())
            .iter()
            .map(|row| row["dbName"].as_str().unwrap().to_owned())
            .collect();
        names.join(" ")
    };
    assert_eq!(names("sortBy=DISPLAYNAME&sortOrder=ASC").await, "ONE THREE TWO DEV");
    assert_eq!(names("displayName=one").await, "ONE");
    assert_eq!(names("lifecycleState=STOPPED").await, "");
    assert_eq!(names("lifecycleStateNotEqualTo=AVAILABLE").await, "");
    assert_eq!(names("isRefreshableClone=true").await, "");
    assert_eq!(names("dbWorkload=DW").await, "");
    let first = cloud.get(format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}&limit=3")).await;
    let token = first.header("opc-next-page").to_owned();
    assert_eq!(first.body.as_array().map(Vec::len), Some(3));
    let second = cloud.get(format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}&limit=3&page={token}")).await;
    assert_eq!((second.body.as_array().map(Vec::len), second.header("opc-next-page")), (Some(1), ""));
    assert_eq!(cloud.get(DATABASES).await.code(), "MissingParameter");
    assert_eq!(
        cloud.get(format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}&colour=red")).await.code(),
        "InvalidParameter"
    );
}
