//! The sandbox over its own wire, asked by a client that shares nothing with the product's.

mod authentication;
mod database_tools;
mod databases;
mod durability;
mod faults;
mod network;
mod object_storage;
mod pump;
mod storage;

use aws_lc_rs::{digest, rand, rsa, signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8PathBuf;
use fs_err as fs;
use serde_json::{Value, json};

use super::{Options, RunningSandbox, Sandbox};
use crate::model::clock;

const PROD: &str = "ocid1.autonomousdatabase.oc1.uk-london-1.prodexample";
const DEV: &str = "ocid1.autonomousdatabase.oc1.uk-london-1.devexample";
const DEV_COMPARTMENT: &str = "ocid1.compartment.oc1..devexample";
const SUBNET: &str = "ocid1.subnet.oc1.uk-london-1.devexample";
const DATABASES: &str = "/20160918/autonomousDatabases";

/// A sandbox in a directory of its own, and a signer for it.
struct Cloud {
    running: Option<RunningSandbox>,
    dir: tempfile::TempDir,
    http: reqwest::Client,
    key: rsa::KeyPair,
    key_id: String,
    endpoint: String,
}

/// A request being put together.
struct Ask<'a> {
    cloud: &'a Cloud,
    method: &'a str,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    bare: bool,
}

/// What came back.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    bytes: Vec<u8>,
    body: Value,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

fn path_of(dir: &tempfile::TempDir) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap()
}

/// What a new sandbox takes long to make, by its place in the directory, made once for all tests: the sample databases and
/// the user's keys. A sandbox takes what is there.
async fn made_once() -> &'static [(&'static str, String, Vec<u8>)] {
    static MADE: tokio::sync::OnceCell<Vec<(&str, String, Vec<u8>)>> = tokio::sync::OnceCell::const_new();
    let make = async || {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::new(path_of(&dir));
        options.speed = 0.0;
        let running = Sandbox::start(options).await.unwrap();
        let found = |folder: &'static str, kind: &str| -> Vec<(&str, String, Vec<u8>)> {
            let files =
                path_of(&dir).join(folder).read_dir_utf8().unwrap().map(|file| file.unwrap().into_path());
            files
                .filter(|file| file.extension() == Some(kind))
                .map(|file| (folder, file.file_name().unwrap().to_owned(), fs::read(&file).unwrap()))
                .collect()
        };
        let all = async {
            while found("engine/samples", "db").len() < 2 {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(2), all).await.expect("the samples are made");
        drop(running);
        [found("engine/samples", "db"), found("", "pem")].concat()
    };
    MADE.get_or_init(make).await
}

impl Cloud {
    async fn start(speed: f64) -> Self {
        Self::start_from(speed, made_once().await).await
    }

    /// A sandbox that finds these files in its directory.
    async fn start_from(speed: f64, files: &[(&str, String, Vec<u8>)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (folder, name, bytes) in files {
            let folder = path_of(&dir).join(folder);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), bytes).unwrap();
        }
        let mut options = Options::new(path_of(&dir));
        options.speed = speed;
        let running = Sandbox::start(options).await.unwrap();
        let config = fs::read_to_string(dir.path().join("oci_config")).unwrap();
        let field = |name: &str| {
            config.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap().to_owned()
        };
        let pem = fs::read_to_string(field("key_file")).unwrap();
        let key = rsa::KeyPair::from_pkcs8(&super::wallet::der_of(&pem).unwrap()).unwrap();
        Self {
            endpoint: running.endpoint(),
            key_id: format!("{}/{}/{}", field("tenancy"), field("user"), field("fingerprint")),
            running: Some(running),
            dir,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            key,
        }
    }

    /// Ends the serving without any farewell and starts it again from the directory.
    async fn restart(&mut self, speed: f64) {
        self.restart_with(speed, None).await;
    }

    /// The same, with something else that plays the databases.
    async fn restart_with(&mut self, speed: f64, engine: Option<std::sync::Arc<dyn super::engine::Engine>>) {
        drop(self.running.take());
        self.makers_are_done().await;
        let mut options = Options::new(path_of(&self.dir));
        options.speed = speed;
        options.engine = engine;
        let running = Sandbox::start(options).await.unwrap();
        self.endpoint = running.endpoint();
        self.running = Some(running);
    }

    /// A process that ends takes with it those who make its databases; within one process they end by themselves.
    async fn makers_are_done(&self) {
        let at_work = || {
            let entries = path_of(&self.dir).join("engine").read_dir_utf8().into_iter().flatten();
            entries.flatten().any(|entry| entry.path().extension() == Some("order"))
        };
        for _ in 0..3000 {
            if !at_work() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("a database is not made within a minute")
    }

    fn ask<'a>(&'a self, method: &'a str, target: impl Into<String>) -> Ask<'a> {
        Ask { cloud: self, method, target: target.into(), headers: Vec::new(), body: None, bare: false }
    }

    async fn get(&self, target: impl Into<String>) -> Reply {
        self.ask("GET", target).send().await
    }

    async fn post(&self, target: impl Into<String>, body: Value) -> Reply {
        self.ask("POST", target).json(&body).send().await
    }

    async fn put(&self, target: impl Into<String>, body: Value) -> Reply {
        self.ask("PUT", target).json(&body).send().await
    }

    async fn database(&self, ocid: &str) -> Value {
        self.get(format!("{DATABASES}/{ocid}")).await.body
    }

    async fn fault(&self, rule: Value) {
        let url = format!("{}/sandbox/faults", self.endpoint);
        let answer = self.http.post(url).body(rule.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{rule}");
    }

    /// A database once it is made: copying its data takes its time at every speed.
    async fn made(&self, ocid: &str) -> Value {
        for _ in 0..3000 {
            let database = self.database(ocid).await;
            if database["lifecycleState"] != "PROVISIONING" {
                return database;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{ocid} is not made within a minute")
    }

    /// A full clone of prod, ready to use (at speed 0).
    async fn clone_of_prod(&self, name: &str) -> String {
        let reply = self.post(DATABASES, clone_body(name)).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let id = reply.body["id"].as_str().unwrap().to_owned();
        self.made(&id).await;
        id
    }

    fn audit(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.dir.path().join("audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn clone_body(name: &str) -> Value {
    json!({
        "source": "DATABASE", "sourceId": PROD, "cloneType": "FULL", "compartmentId": DEV_COMPARTMENT,
        "dbName": name, "adminPassword": "Good-enough-1", "computeModel": "ECPU", "computeCount": 4.0,
        "licenseModel": "LICENSE_INCLUDED",
    })
}

/// A body with some fields set, or taken out by null.
fn with(mut body: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(name);
        } else {
            body[name.as_str()] = value.clone();
        }
    }
    body
}

impl Ask<'_> {
    fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string().into_bytes());
        self
    }

    fn bytes(mut self, body: &[u8]) -> Self {
        self.body = Some(body.to_vec());
        self.bare = true;
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    async fn send(self) -> Reply {
        self.try_send().await.unwrap()
    }

    async fn try_send(self) -> reqwest::Result<Reply> {
        let cloud = self.cloud;
        let host = cloud.endpoint.trim_start_matches("http://").to_owned();
        let with_body = matches!(self.method, "POST" | "PUT");
        let body = self.body.unwrap_or_default();
        let mut own = vec![
            ("host".to_owned(), host),
            ("date".to_owned(), httpdate::fmt_http_date(clock::now().into())),
        ];
        if with_body {
            own.push(("content-length".to_owned(), body.len().to_string()));
            own.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        if with_body && !self.bare {
            let sum = STANDARD.encode(digest::digest(&digest::SHA256, &body).as_ref());
            own.push(("x-content-sha256".to_owned(), sum));
        }
        // A header given by the test takes the place of the right one, and is signed as such.
        for (name, value) in &self.headers {
            own.retain(|(other, _)| other != name);
            own.push((name.clone(), value.clone()));
        }
        let mut signed = vec!["date", "(request-target)", "host"];
        if with_body && !self.bare {
            signed.extend(["content-length", "content-type", "x-content-sha256"]);
        }
        let value = |name: &str| own.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let lines: Vec<String> = signed
            .iter()
            .map(|name| match *name {
                "(request-target)" => format!("{name}: {} {}", self.method.to_lowercase(), self.target),
                name => format!("{name}: {}", value(name).unwrap_or_default()),
            })
            .collect();
        let authorization = authorization(&cloud.key, &cloud.key_id, &signed.join(" "), &lines.join("\n"));
        let url = format!("{}{}", cloud.endpoint, self.target);
        let mut request = cloud.http.request(self.method.parse().unwrap(), url).body(body);
        if value("authorization").is_none() {
            request = request.header("authorization", authorization);
        }
        for (name, value) in own.iter().filter(|(name, _)| name != "content-length") {
            request = request.header(name, value);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await?.to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Reply { status, headers, bytes, body })
    }
}

fn authorization(key: &rsa::KeyPair, key_id: &str, headers: &str, text: &str) -> String {
    let mut signed = vec![0; key.public_modulus_len()];
    key.sign(&signature::RSA_PKCS1_SHA256, &rand::SystemRandom::new(), text.as_bytes(), &mut signed).unwrap();
    format!(
        "Signature version=\"1\",keyId=\"{key_id}\",algorithm=\"rsa-sha256\",headers=\"{headers}\",signature=\"{}\"",
        STANDARD.encode(signed)
    )
}
