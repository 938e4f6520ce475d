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
