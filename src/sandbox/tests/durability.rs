use super::*;
use crate::model::Secret;
use crate::sandbox::StartError;
use crate::sandbox::engine::{CloneKind, Engine, EngineError, Identity, Making, Sample};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_restart() {
    let mut cloud = Cloud::start(1.0).await;
    let endpoint = cloud.endpoint.clone();
    let made =
        cloud.ask("POST", DATABASES).json(&clone_body("DEVTMP")).header("opc-retry-token", "t").send().await;
    let id = made.body["id"].as_str().unwrap().to_owned();
    let object = "/n/sandboxspace/b/adbctl/o/kept";
    assert_eq!(cloud.ask("PUT", object).bytes(b"bytes").send().await.status, 200);
    cloud.fault(json!({"path": "/none", "action": {"slow": {"seconds": 1}}})).await;
    fs::write(cloud.dir.path().join("objects/nobodys"), "left by a kill").unwrap();
    // A write that was cut off in the middle: its request was never answered.
    let journal = cloud.dir.path().join("state.jsonl");
    let mut text = fs::read_to_string(&journal).unwrap();
    text.push_str("{\"changes\":[[\"databases\",\"half");
    fs::write(&journal, text).unwrap();

    cloud.restart(1.0).await;
    assert_eq!(cloud.endpoint, endpoint, "the recorded port");
    assert!(!cloud.dir.path().join("objects/nobodys").exists(), "what nothing names is gone");
    let found = cloud.database(&id).await;
    assert_eq!(found["lifecycleState"], "PROVISIONING", "the work goes on from when it began");
    let again =
        cloud.ask("POST", DATABASES).json(&clone_body("DEVTMP")).header("opc-retry-token", "t").send().await;
    assert_eq!(again.body["id"].as_str(), Some(id.as_str()), "the retry token is remembered");
    assert_eq!(cloud.get(object).await.bytes, b"bytes");
    let rules =
        cloud.http.get(format!("{endpoint}/sandbox/faults")).send().await.unwrap().text().await.unwrap();
    assert!(rules.contains("/none"), "{rules}");
    let numbers: Vec<u64> = cloud.audit().iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
}

/// Databases that take what they are told, and hear of it or not.
#[derive(Debug, Default)]
struct Hearsay {
    hears: std::sync::atomic::AtomicBool,
    passwords: std::sync::Mutex<Vec<String>>,
}

impl Engine for Hearsay {
    fn create_sample(&self, _: &Identity, _: Sample, _: &Secret) -> Result<(), EngineError> {
        Ok(())
    }

    fn clone_to(&self, _: &str, _: &Identity, _: CloneKind, _: Option<&Secret>) -> Result<(), EngineError> {
        Ok(())
    }

    fn making(&self, _: &str) -> Making {
        Making::Done
    }

    fn set_admin_password(&self, _: &str, password: &Secret) -> Result<(), EngineError> {
        self.passwords.lock().unwrap().push(password.reveal().to_owned());
        Ok(())
    }

    fn has_heard(&self, _: &str) -> bool {
        self.hears.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn set_identity(&self, _: &Identity) -> Result<(), EngineError> {
        Ok(())
    }

    fn tick(&self, _: &str, _: jiff::Timestamp) -> Result<(), EngineError> {
        Ok(())
    }

    fn remove(&self, _: &str) -> Result<(), EngineError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_told_until_it_is_heard() {
    let mut cloud = Cloud::start(0.0).await;
    let url = format!("{DATABASES}/{DEV}");
    let told = |engine: &Hearsay| engine.passwords.lock().unwrap().clone();
    let life = || std::sync::Arc::new(Hearsay::default());
    let first = life();
    cloud.restart_with(0.0, Some(first.clone())).await;
    assert_eq!(cloud.put(&url, json!({"adminPassword": "Good-enough-2"})).await.status, 200);
    cloud.get(&url).await;
    assert_eq!(told(&first), ["Good-enough-2"]);
    // The process ended before the database was told.
    let second = life();
    cloud.restart_with(0.0, Some(second.clone())).await;
    assert_eq!(told(&second), ["Good-enough-2"]);
    second.hears.store(true, std::sync::atomic::Ordering::Relaxed);
    cloud.get(&url).await;
    let third = life();
    cloud.restart_with(0.0, Some(third.clone())).await;
    assert_eq!(told(&third), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_another_build_is_recognised() {
    for (found, other) in
        [(r#""made by",""#, r#""made by","elsewhere "#), (r#""made by""#, r#""made of old""#)]
    {
        let mut cloud = Cloud::start(0.0).await;
        drop(cloud.running.take());
        let file = path_of(&cloud.dir).join("state.jsonl");
        let text = fs_err::read_to_string(&file).unwrap();
        assert!(text.contains(found), "{text}");
        fs_err::write(&file, text.replace(found, other)).unwrap();
        let mut options = Options::new(path_of(&cloud.dir));
        options.speed = 0.0;
        let refused = Sandbox::start(options).await;
        assert!(matches!(&refused, Err(StartError::Outdated { .. })), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cannot_serve_one_directory() {
    let cloud = Cloud::start(0.0).await;
    match Sandbox::start(Options::new(path_of(&cloud.dir))).await {
        Err(StartError::Served { address, description, .. }) => {
            assert_eq!(address, cloud.endpoint);
            assert_eq!(description["oci_endpoint"].as_str(), Some(cloud.endpoint.as_str()));
        }
        other => panic!("{other:?}"),
    }
    let mut options = Options::new(path_of(&cloud.dir));
    options.speed = -1.0;
    assert!(matches!(Sandbox::start(options).await, Err(StartError::Speed(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_follows_the_names() {
    let cloud = Cloud::start_from(0.0, &[]).await;
    let description = || -> Value {
        serde_json::from_slice(&fs::read(cloud.dir.path().join("sandbox.json")).unwrap()).unwrap()
    };
    let before = description();
    assert_eq!(before["databases"]["dev"]["ocid"], DEV);
    let tns = before["databases"]["dev"]["tns"].as_str().unwrap();
    assert!(
        tns.starts_with(before["sqlnet"].as_str().unwrap()) && tns.ends_with("_dev_low.adb.oraclecloud.com")
    );
    assert!(before["databases"]["dev"]["ords_url"].as_str().unwrap().ends_with("/ords/"));
    for key in ["oci_endpoint", "oci_config", "adbctl_config", "audit_log", "namespace", "bucket"] {
        assert!(before[key].is_string(), "{key}");
    }
    let id = cloud.clone_of_prod("DEVTMP").await;
    cloud.database(&id).await;
    let untagged = json!({"freeformTags": {"owner": "team@example.com"}});
    assert_eq!(cloud.put(format!("{DATABASES}/{DEV}"), untagged).await.status, 200);
    let tagged = json!({"freeformTags": {"adbctl-name": "dev"}});
    assert_eq!(cloud.put(format!("{DATABASES}/{id}"), tagged).await.status, 200);
    cloud.database(&id).await;
    let after = description();
    assert_eq!(after["databases"]["dev"]["ocid"].as_str(), Some(id.as_str()), "the name moved with its tag");
    assert_eq!(after["databases"]["dev"]["admin_password"], "Good-enough-1");
    let names = fs::read_to_string(cloud.dir.path().join("wallets/dev/tnsnames.ora")).unwrap();
    assert!(names.contains("devtmp_low = "), "{names}");
    #[cfg(unix)]
    for file in ["sandbox.json", "oci_api_key.pem", "oci_config", "passwords/dev", "wallets/dev/ewallet.pem"]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(cloud.dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_names_the_step() {
    let cloud = Cloud::start(0.0).await;
    let agent = "adbctl/0.1 (run 20260519t211000-k3fa; step clone)";
    cloud.ask("POST", DATABASES).json(&clone_body("DEVTMP")).header("user-agent", agent).send().await;
    cloud.get(format!("{DATABASES}/{DEV}")).await;
    let lines = cloud.audit();
    let wanted: [(&str, &str, Value, Value); 2] =
        [("POST", "write", json!("clone"), Value::Null), ("GET", "read", Value::Null, json!(DEV))];
    for (line, (method, effect, step, database)) in lines.iter().zip(wanted) {
        assert_eq!((&line["method"], &line["effect"]), (&json!(method), &json!(effect)));
        assert_eq!((&line["step"], &line["database"], &line["kind"]), (&step, &database, &json!("rest")));
        let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        let all = [
            "seq",
            "at",
            "kind",
            "method",
            "path",
            "status",
            "step",
            "database",
            "user",
            "sql",
            "effect",
            "query",
            "body",
            "retry_token",
        ];
        assert_eq!(keys, all);
    }
    assert_eq!(lines[0]["body"]["dbName"], "DEVTMP");
    let refused = with(clone_body("OTHER"), &json!({"adminPassword": "weak"}));
    assert_eq!(cloud.post(DATABASES, refused).await.status, 400);
    cloud.ask("PUT", "/n/sandboxspace/b/adbctl/o/x").bytes(b"{\"an\":\"object\"}").send().await;
    let lines = cloud.audit();
    assert_eq!(lines[3]["body"], Value::Null, "objects' bytes are not noted");
    let text = fs::read_to_string(cloud.dir.path().join("audit.jsonl")).unwrap();
    for secret in ["Good-enough-1", "weak"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
