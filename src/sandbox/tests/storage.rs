use super::*;

const BUCKET: &str = "/n/sandboxspace/b/adbctl";

#[tokio::test(flavor = "multi_thread")]
async fn objects_go_in_and_come_out() {
    let cloud = Cloud::start(0.0).await;
    assert_eq!(cloud.get("/n").await.body, json!("sandboxspace"));
    let name = format!("{BUCKET}/o/a%2Fb%20c%252F");
    let put = cloud.ask("PUT", &name).bytes(b"0123456789").header("opc-meta-run", "r1").send().await;
    assert_eq!((put.status, put.header("opc-content-md5")), (200, "eB5eJF1ptWaXm4bijSPyxw=="));
    let got = cloud.get(&name).await;
    assert_eq!((got.bytes.as_slice(), got.header("opc-meta-run")), (&b"0123456789"[..], "r1"));
    assert_eq!(got.header("etag"), put.header("etag"));
    let plain = cloud.get(format!("{BUCKET}/o/a/b%20c%252F")).await;
    assert_eq!(plain.status, 200, "a slash that is not encoded reaches the same object");
    let head = cloud.ask("HEAD", &name).send().await;
    assert_eq!((head.status, head.header("content-length"), head.bytes.len()), (200, "10", 0));
    let listed = cloud.get(format!("{BUCKET}/o?fields=name,size,md5")).await.body;
    assert_eq!(
        listed["objects"][0],
        json!({"name": "a/b c%2F", "size": 10, "md5": "eB5eJF1ptWaXm4bijSPyxw=="})
    );

    let etag = put.header("etag").to_owned();
    let cases: [(&str, &str, &str, u16); 8] = [
        ("GET", "range", "bytes=2-4", 206),
        ("GET", "range", "bytes=20-", 416),
        ("GET", "if-none-match", &etag, 304),
        ("GET", "if-match", "other", 412),
        ("PUT", "if-none-match", "*", 412),
        ("PUT", "if-match", "other", 412),
        ("PUT", "content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", 400),
        ("DELETE", "if-match", "other", 412),
    ];
    for (method, header, value, status) in cases {
        let ask = cloud.ask(method, &name).header(header, value);
        let ask = if method == "PUT" { ask.bytes(b"x") } else { ask };
        let reply = ask.send().await;
        assert_eq!(reply.status, status, "{method} {header}: {value}");
        if status == 206 {
            assert_eq!(
                (reply.bytes.as_slice(), reply.header("content-range")),
                (&b"234"[..], "bytes 2-4/10")
            );
        }
    }
    assert_eq!(cloud.ask("DELETE", &name).send().await.status, 204);
    assert_eq!(cloud.get(&name).await.code(), "ObjectNotFound");
    assert_eq!(cloud.get("/n/sandboxspace/b/none/o").await.code(), "BucketNotFound");
    assert_eq!(cloud.get("/n/elsewhere/b/adbctl/o").await.code(), "NamespaceNotFound");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_walk_in_order() {
    let cloud = Cloud::start(0.0).await;
    for name in ["a", "dir/1", "dir/2", "dir/sub/3", "z"] {
        let name = name.replace('/', "%2F");
        cloud.ask("PUT", format!("{BUCKET}/o/{name}")).bytes(b"x").send().await;
    }
    let list = async |query: &str| {
        let body = cloud.get(format!("{BUCKET}/o?{query}")).await.body;
        let names: Vec<&str> =
            body["objects"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
        let prefixes: Vec<&str> =
            body["prefixes"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
        format!(
            "{} | {} | {}",
            names.join(" "),
            prefixes.join(" "),
            body["nextStartWith"].as_str().unwrap_or("-")
        )
    };
    for (query, wanted) in [
        ("delimiter=/", "a z | dir/ | -"),
        ("prefix=dir/&delimiter=/", "dir/1 dir/2 | dir/sub/ | -"),
        ("limit=2", "a dir/1 |  | dir/2"),
        ("start=dir/2&limit=2", "dir/2 dir/sub/3 |  | z"),
        ("startAfter=dir/2", "dir/sub/3 z |  | -"),
        ("end=dir/2", "a dir/1 |  | -"),
        ("prefix=none", " |  | -"),
    ] {
        assert_eq!(list(query).await, wanted, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_become_an_object() {
    let cloud = Cloud::start(0.0).await;
    let made =
        cloud.post(format!("{BUCKET}/u"), json!({"object": "big", "metadata": {"opc-meta-run": "r"}})).await;
    let id = made.body["uploadId"].as_str().unwrap().to_owned();
    let large = vec![7_u8; 10 * 1024 * 1024];
    let part = |number: u32, bytes: Vec<u8>| {
        let target = format!("{BUCKET}/u/big?uploadId={id}&uploadPartNum={number}");
        let cloud = &cloud;
        async move { cloud.ask("PUT", target).bytes(&bytes).send().await.header("etag").to_owned() }
    };
    let (one, three) = (part(1, large.clone()).await, part(3, b"end".to_vec()).await);
    let target = format!("{BUCKET}/u/big?uploadId={id}");
    let chosen = |number: u32, etag: &str| json!({"partNum": number, "etag": etag});
    for (body, code) in [
        (json!({"partsToCommit": []}), "MissingParameter"),
        (json!({"partsToCommit": [chosen(1, &one)]}), "InvalidUploadPart"),
        (json!({"partsToCommit": [chosen(1, "other"), chosen(3, &three)]}), "InvalidUploadPart"),
        (json!({"partsToCommit": [chosen(2, &one)], "partsToExclude": [1, 3]}), "InvalidUploadPart"),
    ] {
        assert_eq!(cloud.post(&target, body.clone()).await.code(), code, "{body}");
    }
    let done = cloud.post(&target, json!({"partsToCommit": [chosen(1, &one), chosen(3, &three)]})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.header("opc-multipart-md5").ends_with("-2"));
    let got = cloud.ask("GET", format!("{BUCKET}/o/big")).header("range", "bytes=10485758-").send().await;
    assert_eq!(got.bytes, [7, 7, b'e', b'n', b'd']);
    assert_eq!(cloud.post(&target, json!({})).await.code(), "NoSuchUpload", "it is over");

    let small = cloud.post(format!("{BUCKET}/u"), json!({"object": "small"})).await;
    let id = small.body["uploadId"].as_str().unwrap().to_owned();
    let target = format!("{BUCKET}/u/small?uploadId={id}");
    let mut etags = Vec::new();
    for number in [1, 2] {
        let reply = cloud.ask("PUT", format!("{target}&uploadPartNum={number}")).bytes(b"tiny").send().await;
        etags.push(chosen(number, reply.header("etag")));
    }
    assert_eq!(cloud.post(&target, json!({"partsToCommit": etags})).await.code(), "InvalidUploadPart");
    assert_eq!(cloud.ask("DELETE", &target).send().await.status, 204);
    assert_eq!(cloud.get(format!("{BUCKET}/u")).await.body, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_on_objects() {
    let cloud = Cloud::start(0.0).await;
    for name in ["one", "two", "cold"] {
        let ask = cloud.ask("PUT", format!("{BUCKET}/o/{name}")).bytes(b"x");
        let ask = if name == "cold" { ask.header("storage-tier", "Archive") } else { ask };
        assert_eq!(ask.send().await.status, 200);
    }
    let act = async |action: &str, body: Value| cloud.post(format!("{BUCKET}/actions/{action}"), body).await;
    assert_eq!(act("renameObject", json!({"sourceName": "one", "newName": "uno"})).await.status, 200);
    assert_eq!(
        act("renameObject", json!({"sourceName": "one", "newName": "x"})).await.code(),
        "ObjectNotFound"
    );
    let taken = json!({"sourceName": "uno", "newName": "two", "newObjIfNoneMatchETag": "*"});
    assert_eq!(act("renameObject", taken).await.code(), "IfNoneMatchFailed");
    let copy = json!({
        "sourceObjectName": "uno", "destinationRegion": "uk-london-1", "destinationNamespace": "sandboxspace",
        "destinationBucket": "adbctl", "destinationObjectName": "copied",
    });
    let copied = act("copyObject", copy).await;
    let work = cloud.get(format!("/workRequests/{}", copied.header("opc-work-request-id"))).await;
    assert_eq!((copied.status, work.body["status"].as_str()), (202, Some("COMPLETED")));
    assert_eq!(cloud.get(format!("{BUCKET}/o/cold")).await.code(), "NotRestored");
    assert_eq!(act("restoreObjects", json!({"objectName": "cold", "hours": 2})).await.status, 202);
    let cold = cloud.get(format!("{BUCKET}/o/cold")).await;
    assert_eq!((cold.status, cold.header("archival-state")), (200, "Restored"));
    let gone =
        act("batchDeleteObjects", json!({"objects": [{"objectName": "two"}, {"objectName": "none"}]})).await;
    assert_eq!(
        (&gone.body["deleted"][0]["objectName"], &gone.body["failed"][0]["statusCode"]),
        (&json!("two"), &json!(404))
    );

    let rule =
        json!({"name": "t", "action": "DELETE", "timeAmount": 7, "timeUnit": "DAYS", "isEnabled": true});
    let policy = format!("{BUCKET}/l");
    assert_eq!(cloud.get(&policy).await.status, 404);
    let first =
        cloud.ask("PUT", &policy).json(&json!({"items": [rule]})).header("if-none-match", "*").send().await;
    assert_eq!(first.status, 200, "{}", first.body);
    let second =
        cloud.ask("PUT", &policy).json(&json!({"items": []})).header("if-none-match", "*").send().await;
    assert_eq!(second.code(), "IfNoneMatchFailed");
    let wrong = with(rule, &json!({"action": "ABORT"}));
    assert_eq!(cloud.put(&policy, json!({"items": [wrong]})).await.code(), "InvalidParameter");

    let expires = clock::now() + jiff::SignedDuration::from_hours(1);
    let open =
        json!({"name": "p", "accessType": "ObjectRead", "objectName": "copied", "timeExpires": expires});
    let open = cloud.post(format!("{BUCKET}/p"), open).await.body;
    let url = open["fullPath"].as_str().unwrap();
    assert_eq!(cloud.http.get(url).send().await.unwrap().text().await.unwrap(), "x");
    assert_eq!(cloud.http.put(url).body("y").send().await.unwrap().status(), 404, "it is for reading");
    assert_eq!(
        cloud.ask("DELETE", format!("{BUCKET}/p/{}", open["id"].as_str().unwrap())).send().await.status,
        204
    );
    assert_eq!(cloud.http.get(url).send().await.unwrap().status(), 404);
    assert!(
        cloud.audit().iter().all(|line| !line["path"].as_str().unwrap().contains(&url[url.len() - 70..]))
    );
}

/// The versions of a bucket as `name number-of-its-bytes` or `name marker`, the latest of a name first.
async fn versions(cloud: &Cloud, bucket: &str) -> Vec<String> {
    let list = cloud.get(format!("{bucket}/objectversions?fields=size")).await.body;
    let rows = list["items"].as_array().unwrap_or_else(|| panic!("{list}"));
    rows.iter()
        .map(|row| {
            let what =
                if row["isDeleteMarker"] == true { "marker".to_owned() } else { row["size"].to_string() };
            format!("{} {what}", row["name"].as_str().unwrap())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_stay() {
    let mut cloud = Cloud::start(0.0).await;
    let bucket = "/n/sandboxspace/b/kept";
    let made = json!({"name": "kept", "compartmentId": DEV_COMPARTMENT, "versioning": "Enabled"});
    assert_eq!(cloud.post("/n/sandboxspace/b", made).await.body["versioning"], "Enabled");
    let object = format!("{bucket}/o/x");
    let put = async |cloud: &Cloud, text: &str| {
        let reply = cloud.ask("PUT", &object).bytes(text.as_bytes()).send().await;
        assert_eq!(reply.status, 200);
        reply.header("version-id").to_owned()
    };
    let one = put(&cloud, "1").await;
    let two = put(&cloud, "22").await;
    assert!(!one.is_empty() && one != two);
    assert_eq!(versions(&cloud, bucket).await, ["x 2", "x 1"]);
    assert_eq!(cloud.get(&object).await.header("version-id"), two);
    assert_eq!(cloud.get(format!("{object}?versionId={one}")).await.bytes, b"1");
    assert_eq!(cloud.get(format!("{object}?versionId=none")).await.code(), "ObjectNotFound");

    // A version that is not the latest has a tier of its own.
    let act = async |action: &str, body: Value| cloud.post(format!("{bucket}/actions/{action}"), body).await;
    let tier = json!({"objectName": "x", "versionId": one, "storageTier": "Archive"});
    assert_eq!(act("updateObjectStorageTier", tier.clone()).await.status, 200);
    assert_eq!(act("updateObjectStorageTier", tier).await.code(), "NotRestored");
    assert_eq!(cloud.get(format!("{object}?versionId={one}")).await.code(), "NotRestored");
    assert_eq!(cloud.get(&object).await.bytes, b"22");
    assert_eq!(act("restoreObjects", json!({"objectName": "x"})).await.code(), "NotArchived");
    assert_eq!(act("restoreObjects", json!({"objectName": "x", "versionId": one})).await.status, 202);
    assert_eq!(cloud.get(format!("{object}?versionId={one}")).await.bytes, b"1");

    // A delete hides, and the end of its marker shows again.
    let gone = cloud.ask("DELETE", &object).send().await;
    assert_eq!((gone.status, gone.header("is-delete-marker")), (204, "true"));
    assert_eq!(cloud.get(&object).await.code(), "ObjectNotFound");
    assert_eq!(cloud.get(format!("{bucket}/o")).await.body["objects"], json!([]));
    assert_eq!(versions(&cloud, bucket).await, ["x marker", "x 2", "x 1"]);
    assert_eq!(cloud.ask("DELETE", bucket).send().await.code(), "BucketNotEmpty");
    cloud.restart(0.0).await;
    assert_eq!(cloud.get(format!("{object}?versionId={one}")).await.bytes, b"1", "its bytes are still there");
    let marker = gone.header("version-id");
    assert_eq!(cloud.ask("DELETE", format!("{object}?versionId={marker}")).send().await.status, 204);
    assert_eq!(cloud.get(&object).await.bytes, b"22");
    // The end of the latest version makes the one before it the latest.
    assert_eq!(cloud.ask("DELETE", format!("{object}?versionId={two}")).send().await.status, 204);
    assert_eq!(cloud.get(&object).await.bytes, b"1");
    assert_eq!(versions(&cloud, bucket).await, ["x 1"]);

    // Suspended: what has a number stays, what has none is replaced.
    assert_eq!(cloud.post(bucket, json!({"versioning": "Disabled"})).await.code(), "InvalidParameter");
    assert_eq!(cloud.post(bucket, json!({"versioning": "Suspended"})).await.status, 200);
    for text in ["333", "4444"] {
        assert_eq!(put(&cloud, text).await, "");
    }
    assert_eq!(versions(&cloud, bucket).await, ["x 4", "x 1"]);
    let renamed = json!({"sourceName": "x", "newName": "y"});
    assert_eq!(cloud.post(format!("{bucket}/actions/renameObject"), renamed).await.status, 200);
    assert_eq!(versions(&cloud, bucket).await, ["x marker", "x 1", "y 4"]);
    assert_eq!(cloud.get(format!("{bucket}/o/y")).await.bytes, b"4444");
}

#[tokio::test(flavor = "multi_thread")]
async fn age_has_consequences() {
    let cloud = Cloud::start(0.0).await;
    assert_eq!(cloud.post(BUCKET, json!({"versioning": "Enabled"})).await.status, 200);
    for name in ["temp/a", "temp/keep.log", "permanent/b", "warm/c", "other"] {
        let target = format!("{BUCKET}/o/{}", name.replace('/', "%2F"));
        assert_eq!(cloud.ask("PUT", target).bytes(b"x").send().await.status, 200);
    }
    cloud.ask("PUT", format!("{BUCKET}/o/other")).bytes(b"xy").send().await;
    cloud.post(format!("{BUCKET}/u"), json!({"object": "half"})).await;
    let rule = |name: &str, action: &str, days: i64, more: Value| {
        let rule = json!({"name": name, "action": action, "timeAmount": days, "timeUnit": "DAYS", "isEnabled": true});
        with(rule, &more)
    };
    let only = |prefix: &str| json!({"inclusionPrefixes": [prefix]});
    let kept = json!({"inclusionPrefixes": ["temp/"], "exclusionPatterns": ["*.log"]});
    let rules = json!({"items": [
        rule("delete-temp", "DELETE", 7, json!({"target": "objects", "objectNameFilter": kept})),
        rule("archive-temp", "ARCHIVE", 7, json!({"objectNameFilter": only("temp/a")})),
        rule("archive", "ARCHIVE", 90, json!({"objectNameFilter": only("permanent/")})),
        rule("warm", "INFREQUENT_ACCESS", 30, json!({"objectNameFilter": only("warm/")})),
        rule("off", "DELETE", 1, json!({"isEnabled": false})),
        rule("old", "DELETE", 60, json!({"target": "previous-object-versions"})),
        rule("abort", "ABORT", 2, json!({"target": "multipart-uploads"})),
    ]});
    let policy = format!("{BUCKET}/l");
    assert_eq!(cloud.put(&policy, rules).await.status, 200);
    for wrong in [
        json!({"target": "buckets"}),
        json!({"action": "SHRED"}),
        json!({"timeUnit": "HOURS"}),
        json!({"timeAmount": 0}),
        json!({"timeAmount": i64::MAX}),
        json!({"timeAmount": 101, "timeUnit": "YEARS"}),
        json!({"isEnabled": "yes"}),
        json!({"target": "multipart-uploads"}),
        json!({"colour": "red"}),
        json!({"objectNameFilter": {"prefixes": ["x"]}}),
        json!({"objectNameFilter": {"inclusionPrefixes": [7]}}),
    ] {
        let body = json!({"items": [rule("r", "DELETE", 7, wrong.clone())]});
        assert_eq!(cloud.put(&policy, body).await.code(), "InvalidParameter", "{wrong}");
    }
    let missing = json!({"items": [rule("r", "DELETE", 7, json!({"timeUnit": null}))]});
    assert_eq!(cloud.put(&policy, missing).await.code(), "MissingParameter");

    let pass = async |days: u32| {
        let url = format!("{}/sandbox/lifecycle?days={days}", cloud.endpoint);
        let text = cloud.http.post(url).send().await.unwrap().text().await.unwrap();
        let done: Value = serde_json::from_str(&text).unwrap();
        let list = |name: &str| {
            let rows = done[name].as_array().unwrap_or_else(|| panic!("{text}"));
            rows.iter()
                .map(|row| row.as_str().unwrap().trim_start_matches("adbctl/"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        format!(
            "{} | {} | {} | {} {}",
            list("deleted"),
            list("archived"),
            list("infrequent"),
            done["versions"],
            done["uploads"]
        )
    };
    for (days, wanted) in [
        (0, " |  |  | 0 0"),
        (1, " |  |  | 0 0"),
        (3, " |  |  | 0 1"),
        (8, "temp/a |  |  | 0 0"),
        (31, " |  | warm/c | 0 0"),
        (91, " | permanent/b |  | 2 0"),
        (91, " |  |  | 0 0"),
    ] {
        assert_eq!(pass(days).await, wanted, "{days} days");
    }
    // A deleted object of a bucket with versions leaves its marker; the version before went with the rule for those.
    assert_eq!(
        versions(&cloud, BUCKET).await,
        ["other 2", "permanent/b 1", "temp/a marker", "temp/keep.log 1", "warm/c 1"]
    );
    assert_eq!(cloud.get(format!("{BUCKET}/o/permanent%2Fb")).await.code(), "NotRestored");
    assert_eq!(cloud.get(format!("{BUCKET}/o/warm%2Fc")).await.header("storage-tier"), "InfrequentAccess");
    let url = format!("{}/sandbox/lifecycle?days=soon", cloud.endpoint);
    assert_eq!(cloud.http.post(url).send().await.unwrap().status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_are_replicated() {
    let cloud = Cloud::start(0.0).await;
    let policies = format!("{BUCKET}/replicationPolicies");
    let body = json!({
        "name": "copy", "destinationRegionName": "uk-cardiff-1", "destinationBucketName": "adbctl-copy",
    });
    // The service acts by itself, which the tenancy has to allow; so with lifecycle policies and copies.
    cloud.fault(json!({"count": 3, "action": {"no-service-policy": {}}})).await;
    let rule =
        json!({"name": "t", "action": "DELETE", "timeAmount": 7, "timeUnit": "DAYS", "isEnabled": true});
    cloud.ask("PUT", format!("{BUCKET}/o/x")).bytes(b"x").send().await;
    let copy = json!({
        "sourceObjectName": "x", "destinationRegion": "uk-london-1", "destinationNamespace": "sandboxspace",
        "destinationBucket": "adbctl", "destinationObjectName": "y",
    });
    for reply in [
        cloud.post(&policies, body.clone()).await,
        cloud.put(format!("{BUCKET}/l"), json!({"items": [rule]})).await,
        cloud.post(format!("{BUCKET}/actions/copyObject"), copy.clone()).await,
    ] {
        assert_eq!((reply.status, reply.code()), (400, "InsufficientServicePermissions"), "{}", reply.body);
        assert!(reply.body["message"].as_str().unwrap().contains("objectstorage-uk-london-1"));
    }
    for (change, code) in [
        (json!({"name": null}), "MissingParameter"),
        (json!({"destinationBucketName": null}), "MissingParameter"),
        (json!({"colour": "red"}), "InvalidParameter"),
        (json!({"destinationRegionName": "us-ashburn-1"}), "InvalidParameter"),
        (json!({"destinationRegionName": "uk-lodnon-1"}), "InvalidParameter"),
        (json!({"destinationRegionName": "uk-london-1"}), "InvalidParameter"),
    ] {
        assert_eq!(cloud.post(&policies, with(body.clone(), &change)).await.code(), code, "{change}");
    }
    let made = cloud.post(&policies, body.clone()).await;
    assert_eq!((made.status, made.body["status"].as_str()), (200, Some("ACTIVE")), "{}", made.body);
    assert_eq!(cloud.post(&policies, body).await.code(), "Conflict");
    assert_eq!(cloud.get(BUCKET).await.body["replicationEnabled"], true);
    let listed = cloud.get(&policies).await.body;
    assert_eq!(listed[0]["destinationBucketName"], "adbctl-copy");
    let one = format!("{policies}/{}", made.body["id"].as_str().unwrap());
    let synced: jiff::Timestamp =
        cloud.get(&one).await.body["timeLastSync"].as_str().unwrap().parse().unwrap();
    assert!(clock::now().duration_since(synced).as_secs() < 60);
    assert_eq!(cloud.ask("DELETE", &one).send().await.status, 204);
    assert_eq!(cloud.get(&one).await.status, 404);
    assert_eq!(cloud.get(BUCKET).await.body["replicationEnabled"], false);
}
