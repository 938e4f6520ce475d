//! The client of the cloud against the sandbox, as strangers: every kind of authentication, every service, and what
//! happens when answers get lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use adbctl::model::{Category, NoSecrets, RestCall, Token};
use adbctl::oci::object_storage::Condition;
use adbctl::oci::{
    CallContext, Oci, OciError, OciOptions, RetryPolicy, database, object_storage, work_requests,
};
use adbctl::secret::sink::VaultSink;
use adbctl::secret::{Resolver, SecretSink, generate};
use serde_json::{Value, json};

use crate::support::Rehearsal;

fn client(description: &Value, profile: &str) -> Oci {
    let options = OciOptions {
        config_file: Some(description["oci_config"].as_str().unwrap().into()),
        profile: Some(profile.into()),
        endpoint: Some(description["oci_endpoint"].as_str().unwrap().into()),
        retry: RetryPolicy { unit: Duration::from_millis(5), ..RetryPolicy::default() },
        ..OciOptions::default()
    };
    Oci::new(&options).unwrap()
}

async fn send(oci: &Oci, call: &RestCall) -> Result<adbctl::model::act::Reply, OciError> {
    oci.send(call, &CallContext::default(), &NoSecrets).await
}

async fn fault(oci: &Oci, description: &Value, rule: Value) {
    let address = format!("{}/sandbox/faults", description["oci_endpoint"].as_str().unwrap());
    let answer = oci.http().post(address).json(&rule).send().await.unwrap();
    assert_eq!(answer.status(), 201, "{rule}");
}

fn clone_of(description: &Value, name: &str) -> RestCall {
    let prod = &description["databases"]["prod"];
    database::create(json!({
        "source": "DATABASE", "sourceId": prod["ocid"], "cloneType": "FULL", "compartmentId": prod["compartment"],
        "dbName": name, "displayName": name, "adminPassword": "Refreshed_Pw1x", "computeModel": "ECPU", "computeCount": 2.0,
        "dataStorageSizeInTBs": 1, "licenseModel": "LICENSE_INCLUDED",
    }))
}

#[tokio::test]
async fn a_clone_is_made_once_though_its_answer_was_lost() {
    let rehearsal = Rehearsal::new();
    let description = rehearsal.description();
    let oci = client(&description, "DEFAULT");
    let lost = json!({"method": "POST", "path": "/20160918/autonomousDatabases", "count": 1,
                      "action": {"drop": {"after": true}}});
    fault(&oci, &description, lost.clone()).await;
    let context = CallContext {
        run: Some("20260519t211000-k3fa".parse().unwrap()),
        step: Some("clone".parse().unwrap()),
        token: Some(Token::random()),
        ..CallContext::default()
    };
    let made = oci.send(&clone_of(&description, "ONCE"), &context, &NoSecrets).await.unwrap();
    let request = json!(made.work_request.expect("a clone is followed by a work request"));
    let mut progress = work_requests::Progress::Running;
    for _ in 0..100 {
        let read = send(&oci, &work_requests::get(request.clone())).await.unwrap();
        progress = work_requests::WorkRequest::read(&read.value).unwrap().progress();
        if progress != work_requests::Progress::Running {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(progress, work_requests::Progress::Succeeded);

    let by_one = database::list(description["databases"]["prod"]["compartment"].clone()).query("limit", 1);
    let all = oci.list(&by_one, &CallContext::default(), &NoSecrets).await.unwrap();
    let all = database::read_list(&all.value).unwrap();
    let clones: Vec<_> = all.iter().filter(|d| d.display_name.as_deref() == Some("ONCE")).collect();
    assert_eq!(clones.len(), 1, "{clones:?}");
    assert!(all.len() > 1);
    assert_eq!(clones[0].lifecycle_state.kind(), database::LifecycleKind::Usable);
    let posts = rehearsal.audit_of_steps().into_iter().filter(|l| l["method"] == "POST").count();
    assert_eq!(posts, 2, "the repeat is seen and changes nothing");

    // Without a token the client does not dare.
    fault(&oci, &description, lost).await;
    let error = send(&oci, &clone_of(&description, "TWICE")).await.unwrap_err();
    assert_eq!((error.category, error.attempts), (Category::Transient, 1), "{error}");
}

#[tokio::test]
async fn faults_of_the_service() {
    async fn check(action: Value, call: impl Fn(&Value) -> RestCall, wanted: Result<(), (Category, &str)>) {
        let rehearsal = Rehearsal::new();
        let description = rehearsal.description();
        let oci = client(&description, "DEFAULT");
        fault(&oci, &description, json!({"path": "/20160918/*", "count": 2, "action": action})).await;
        let found = send(&oci, &call(&description)).await;
        match (found, wanted) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err((category, words))) => {
                assert_eq!(error.category, category, "{error:?}");
                let all = format!("{error} {}", error.advice.clone().unwrap_or_default());
                assert!(all.contains(words), "{all}");
            }
            (found, wanted) => panic!("{found:?} instead of {wanted:?} after {action}"),
        }
    }
    let get = |d: &Value| database::get(d["databases"]["dev"]["ocid"].clone());
    let stop = |d: &Value| database::stop(d["databases"]["dev"]["ocid"].clone(), Value::Null);
    check(json!({"status": {"status": 503}}), get, Ok(())).await;
    check(json!({"status": {"status": 429, "retry-after": 0}}), stop, Ok(())).await;
    check(json!({"status": {"status": 500}}), get, Ok(())).await;
    check(json!({"status": {"status": 500}}), stop, Err((Category::Transient, "500 InternalServerError")))
        .await;
    check(
        json!({"status": {"status": 502, "html": true}}),
        stop,
        Err((Category::Transient, "The gateway gave up")),
    )
    .await;
    check(json!({"status": {"status": 409}}), stop, Ok(())).await;
    check(json!({"drop": {"after": false}}), get, Ok(())).await;
    check(json!({"skew": {"seconds": 1200}}), get, Err((Category::Denied, "behind the service's"))).await;
    check(json!({"skew": {"seconds": -1200}}), get, Err((Category::Denied, "ahead of the service's"))).await;
    check(json!({"quota": {"databases": 2}}), |d| clone_of(d, "MORE"), Err((Category::Invalid, "quota")))
        .await;
}

#[tokio::test]
async fn objects_with_odd_names() {
    let rehearsal = Rehearsal::new();
    let description = rehearsal.description();
    let oci = client(&description, "DEFAULT");
    let place = || (description["namespace"].clone(), description["bucket"].clone());
    for name in ["dir/ä b+c?.txt", "a%2Fb", "../up", "x&y=z", "100 %", "a//b", "~tilde", "quote\"'"] {
        let put = |condition| {
            let (n, b) = place();
            object_storage::put_object(n, b, json!(name), "text/plain", Value::Null, condition)
        };
        let context = CallContext { body: Some("hello".into()), ..CallContext::default() };
        let stored = oci.send(&put(Condition::Absent), &context, &NoSecrets).await.unwrap();
        let again = oci.send(&put(Condition::Absent), &context, &NoSecrets).await.unwrap_err();
        assert_eq!((again.category, again.status), (Category::Conflict, Some(412)), "{name}");
        let held = Condition::Unchanged(json!(stored.etag));
        oci.send(&put(held), &context, &NoSecrets).await.unwrap();
        let (n, b) = place();
        let part = object_storage::get_range(n, b, json!(name), Value::Null, 1, 3);
        assert_eq!(send(&oci, &part).await.unwrap().bytes.unwrap(), "ell", "{name}");
        let (n, b) = place();
        let headers = send(&oci, &object_storage::head_object(n, b, json!(name))).await.unwrap();
        assert_eq!(headers.value["content-length"], "5", "{name}");
        let (n, b) = place();
        let list = object_storage::list_objects(n, b, json!(name));
        let listed = oci.list(&list, &CallContext::default(), &NoSecrets).await.unwrap();
        assert_eq!(listed.value["objects"][0]["name"], name);
        let (n, b) = place();
        send(&oci, &object_storage::delete_object(n, b, json!(name), Value::Null)).await.unwrap();
        let (n, b) = place();
        let gone = send(&oci, &object_storage::get_object(n, b, json!(name), Value::Null)).await.unwrap_err();
        assert_eq!(gone.category, Category::NotFound, "{name}");
    }
}

#[tokio::test]
async fn a_vault_keeps_generated_secrets() {
    let rehearsal = Rehearsal::new();
    let description = rehearsal.description();
    let oci = client(&description, "DEFAULT");
    let sink = SecretSink::Vault(Box::new(VaultSink {
        cloud: oci.clone(),
        compartment: description["databases"]["dev"]["compartment"].as_str().unwrap().parse().unwrap(),
        vault: "ocid1.vault.oc1.uk-london-1.sandboxexample".parse().unwrap(),
        key: "ocid1.key.oc1.uk-london-1.sandboxexample".parse().unwrap(),
    }));
    let mut references = Vec::new();
    for _ in 0..2 {
        let secret = generate::admin_password();
        let reference = sink.store("dev-admin", &secret, &CallContext::default()).await.unwrap();
        let read = Resolver::new(Some(oci.clone())).secret(&reference).await.unwrap();
        assert_eq!(read.reveal(), secret.reveal());
        references.push(reference);
    }
    assert_eq!(references[0], references[1], "a new version of the same secret");
}

#[tokio::test]
async fn a_session_token_serves_until_it_is_taken_back() {
    let rehearsal = Rehearsal::new();
    let description = rehearsal.description();
    let oci = client(&description, "SESSION");
    let get = database::get(description["databases"]["dev"]["ocid"].clone());
    send(&oci, &get).await.unwrap();
    fault(&oci, &description, json!({"count": 1, "action": {"expire-tokens": {}}})).await;
    let error = send(&oci, &get).await.unwrap_err();
    assert_eq!((error.status, error.attempts), (Some(401), 1), "{error}");
}

/// The binary's own view of a database, with this kind of authentication.
fn show(rehearsal: &Rehearsal, auth: &str, profile: &str, variables: &[(&str, String)]) -> String {
    let config = fs_err::read_to_string(rehearsal.sandbox().join("adbctl.toml")).unwrap();
    let config = config
        .replace("auth = \"api_key\"", &format!("auth = \"{auth}\""))
        .replace("profile = \"DEFAULT\"", &format!("profile = \"{profile}\""));
    let file = rehearsal.home().join(format!("{auth}.toml"));
    fs_err::write(&file, config).unwrap();
    let mut command =
        rehearsal.command(&["--config", file.to_str().unwrap(), "show", "dev", "--output", "json"]);
    command.envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{auth}: {}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    shown["displayName"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_kind_of_authentication_is_let_in() {
    let rehearsal = Rehearsal::new();
    let description = rehearsal.description();
    let origin = description["oci_endpoint"].as_str().unwrap();
    let file = |name: &str| rehearsal.sandbox().join("resource_principal").join(name).display().to_string();
    let metadata = [("OCI_METADATA_BASE_URL", format!("{origin}/opc/v2"))];
    let resource = [
        ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2".to_owned()),
        ("OCI_RESOURCE_PRINCIPAL_RPST", file("rpst")),
        ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", file("private_key.pem")),
        ("OCI_RESOURCE_PRINCIPAL_REGION", "lhr".to_owned()),
    ];
    let check = |auth: &str, profile: &str, variables: &[(&str, String)]| {
        assert_eq!(show(&rehearsal, auth, profile, variables), "dev", "{auth}");
    };
    check("api_key", "DEFAULT", &[]);
    check("security_token", "SESSION", &[]);
    check("instance_principal", "DEFAULT", &metadata);
    check("resource_principal", "DEFAULT", &resource);
}
