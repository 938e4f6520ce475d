use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn answers_on_request() {
    let cloud = Cloud::start(0.0).await;
    let url = format!("{DATABASES}/{PROD}");
    cloud
        .fault(json!({
            "method": "GET", "path": "*/autonomousDatabases/*", "after": 1, "count": 2,
            "action": {"status": {"status": 429, "retry-after": 3}},
        }))
        .await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let reply = cloud.get(&url).await;
        seen.push((reply.status, reply.header("retry-after").to_owned()));
    }
    assert_eq!(seen.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [200, 429, 429, 200]);
    assert_eq!(seen[1].1, "3");
    cloud.fault(json!({"count": 1, "action": {"status": {"status": 502, "html": true}}})).await;
    let gateway = cloud.get(&url).await;
    assert_eq!((gateway.status, gateway.header("content-type")), (502, "text/html"));

    cloud.fault(json!({"count": 1, "action": {"skew": {"seconds": 3600}}})).await;
    let skewed = cloud.get(&url).await;
    assert_eq!(skewed.status, 401);
    let shown = httpdate::parse_http_date(skewed.header("date")).unwrap();
    let shown = jiff::Timestamp::try_from(shown).unwrap();
    assert!(shown.duration_since(clock::now()).as_secs() > 3500, "the date says why");
    assert_eq!(cloud.get(&url).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_end_before_or_after_the_act() {
    let cloud = Cloud::start(0.0).await;
    for (after, name, made) in [(false, "BEFORE", false), (true, "AFTER", true)] {
        cloud.fault(json!({"method": "POST", "count": 1, "action": {"drop": {"after": after}}})).await;
        let sent = cloud.ask("POST", DATABASES).json(&clone_body(name)).header("opc-retry-token", name);
        assert!(sent.try_send().await.is_err(), "{name}");
        let listed =
            cloud.get(format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}&displayName={name}")).await;
        assert_eq!(listed.body.as_array().map(|rows| rows.len() == 1), Some(made), "{name}");
        let again = cloud.ask("POST", DATABASES).json(&clone_body(name)).header("opc-retry-token", name);
        assert_eq!(again.send().await.status, 200, "{name}: the retry");
    }
    let listed = cloud.get(format!("{DATABASES}?compartmentId={DEV_COMPARTMENT}")).await;
    assert_eq!(listed.body.as_array().map(Vec::len), Some(3), "each was made once");
}

#[tokio::test(flavor = "multi_thread")]
async fn clones_fail_and_quotas_bind() {
    let cloud = Cloud::start(0.0).await;
    cloud.fault(json!({"count": 1, "action": {"fail-clone": {"message": "No room was left."}}})).await;
    let made = cloud.post(DATABASES, clone_body("DEVTMP")).await;
    assert_eq!(made.status, 200, "it fails later, not at once");
    let clone = cloud.made(made.body["id"].as_str().unwrap()).await;
    assert_eq!(clone["lifecycleState"], "TERMINATED");
    assert_eq!(clone["lifecycleDetails"], "No room was left.");
    let work = format!("/20160918/workRequests/{}", made.header("opc-work-request-id"));
    assert_eq!(cloud.get(&work).await.body["status"], "FAILED");
    assert_eq!(cloud.get(format!("{work}/errors")).await.body[0]["message"], "No room was left.");
    assert!(cloud.get(&work).await.body["percentComplete"].as_f64().unwrap() < 100.0);

    cloud.fault(json!({"action": {"quota": {"databases": 2}}})).await;
    let refused = cloud.post(DATABASES, clone_body("DEVTMP")).await;
    assert_eq!((refused.status, refused.code()), (400, "LimitExceeded"));
    let all = format!("{}/sandbox/faults", cloud.endpoint);
    assert_eq!(cloud.http.delete(&all).send().await.unwrap().status(), 204);
    assert_eq!(cloud.post(DATABASES, clone_body("DEVTMP")).await.status, 200);
    let nonsense = cloud.http.post(&all).body("{\"action\":{\"explode\":{}}}").send().await.unwrap();
    assert_eq!(nonsense.status(), 400);
}
