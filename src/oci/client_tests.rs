use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use wiremock::matchers::{any, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::model::NoSecrets;
use crate::oci::{database, work_requests};

const FINGERPRINT: &str = "be:8c:c9:ee:f7:96:f8:fa:e7:3a:ac:75:ca:c0:f2:30";

/// A folder with a key and a configuration file.
pub(crate) fn config(folder: &Utf8Path) -> Utf8PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let key = folder.join("key.pem");
    fs_err::write(&key, include_str!("testdata/pkcs8.pem")).unwrap();
    fs_err::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = folder.join("config");
    let text = format!(
        "[DEFAULT]\nuser=ocid1.user.oc1..example\ntenancy=ocid1.tenancy.oc1..example\nfingerprint={FINGERPRINT}\n\
         key_file={key}\nregion=uk-london-1\n"
    );
    fs_err::write(&file, text).unwrap();
    file
}

pub(crate) fn quick() -> RetryPolicy {
    RetryPolicy { unit: Duration::from_millis(1), ..RetryPolicy::default() }
}

/// A client with a test key for a server at `origin`.
pub(crate) fn client(origin: &str, retry: RetryPolicy) -> Oci {
    let folder = tempfile::tempdir().unwrap();
    let options = OciOptions {
        config_file: Some(config(Utf8Path::from_path(folder.path()).unwrap())),
        endpoint: Some(origin.to_owned()),
        retry,
        ..OciOptions::default()
    };
    Oci::with_environment(&options, &|_| None).unwrap()
}

async fn send(oci: &Oci, call: &RestCall) -> Result<Reply, OciError> {
    oci.send(call, &CallContext::default(), &NoSecrets).await
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
}

/// Checks the signature of a request that arrived, knowing only the public key.
fn verify(request: &Request) {
    let authorization = header(request, "authorization");
    let part = |name: &str| {
        let start = authorization.split(&format!("{name}=\"")).nth(1).unwrap();
        start.split('"').next().unwrap().to_owned()
    };
    let target = match request.url.query() {
        Some(query) => format!("{}?{query}", request.url.path()),
        None => request.url.path().to_owned(),
    };
    let lines: Vec<String> = part("headers")
        .split(' ')
        .map(|name| match name {
            "(request-target)" => {
                format!("{name}: {} {target}", request.method.as_str().to_ascii_lowercase())
            }
            name => format!("{name}: {}", header(request, name)),
        })
        .collect();
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let key = crate::oci::key::PrivateKey::from_pem(include_str!("testdata/pkcs8.pem"), None, "key").unwrap();
    let public = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256,
        key.public_der(),
    );
    public.verify(lines.join("\n").as_bytes(), &decode(&part("signature"))).unwrap();
    assert_eq!(part("keyId"), format!("ocid1.tenancy.oc1..example/ocid1.user.oc1..example/{FINGERPRINT}"));
    if part("headers").contains("x-content-sha256") {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &request.body);
        assert_eq!(decode(header(request, "x-content-sha256")), digest.as_ref());
    }
}

#[tokio::test]
async fn what_arrives_is_signed_and_named() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200)
        .insert_header("etag", "e1")
        .insert_header("opc-request-id", "R/1")
        .insert_header("opc-work-request-id", "ocid1.workrequest.oc1..example")
        .set_body_json(json!({"id": "x"}));
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let oci = client(&server.uri(), quick());
    let context = CallContext {
        run: Some("20260519t211000-k3fa".parse().unwrap()),
        step: Some("clone".parse().unwrap()),
        token: Some("abc123".parse().unwrap()),
        body: Some(Bytes::from_static(b"hello").into()),
        ..CallContext::default()
    };
    let mut put = RestCall::new(
        Service::ObjectStorage,
        Method::Put,
        ["n", "ns", "b", "bucket", "o", "dir/a b"].map(|s| json!(s)).to_vec(),
    );
    put.body = crate::model::act::Body::Bytes { content_type: "text/plain".into() };
    let calls = [
        database::list(json!("ocid1.compartment.oc1..example")).query("displayName", "a b"),
        database::create(json!({"source": "NONE", "displayName": "Köln"})),
        database::start(json!("id"), json!("e0")),
        database::delete(json!("id"), json!(null)),
        put,
    ];
    for call in &calls {
        let reply = oci.send(call, &context, &NoSecrets).await.unwrap();
        assert_eq!(reply.etag.as_deref(), Some("e1"));
        assert_eq!(reply.request_id.as_deref(), Some("R/1"));
        assert!(reply.work_request.is_some());
    }
    let arrived = server.received_requests().await.unwrap();
    for request in &arrived {
        verify(request);
        assert_eq!(header(request, "opc-client-retries"), "true");
        let agent = header(request, "user-agent");
        assert!(agent.starts_with("adbctl/") && agent.ends_with("(run 20260519t211000-k3fa; step clone)"));
        assert!(request.headers.get("accept-encoding").is_none());
    }
    assert_eq!(
        arrived[0].url.query().unwrap(),
        "compartmentId=ocid1.compartment.oc1..example&limit=100&displayName=a+b"
    );
    assert_eq!(header(&arrived[1], "opc-retry-token"), "abc123");
    assert_eq!(header(&arrived[2], "opc-retry-token"), "");
    assert_eq!(header(&arrived[2], "if-match"), "e0");
    assert_eq!(header(&arrived[2], "content-length"), "0");
    assert_eq!(header(&arrived[3], "if-match"), "");
    assert_eq!(arrived[4].url.path(), "/n/ns/b/bucket/o/dir%2Fa%20b");
    assert_eq!(header(&arrived[4], "x-content-sha256"), "");
}

/// Answers the statuses in turn, the last one for ever.
async fn scripted(statuses: &'static [u16]) -> MockServer {
    let server = MockServer::start().await;
    let count = AtomicU32::new(0);
    let answer = move |_: &Request| {
        let n = count.fetch_add(1, Ordering::SeqCst) as usize;
        let status = statuses[n.min(statuses.len() - 1)];
        let template = ResponseTemplate::new(status);
        match status {
            200 => template.set_body_json(json!({"id": "x"})),
            409 => template.set_body_json(json!({"code": "IncorrectState", "message": "busy"})),
            _ => template.set_body_json(json!({"code": "Code", "message": "text"})),
        }
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn repeats() {
    async fn check(statuses: &'static [u16], call: RestCall, token: bool, sent: usize, good: bool) {
        let server = scripted(statuses).await;
        let oci = client(&server.uri(), quick());
        let context = CallContext { token: token.then(|| "abc".parse().unwrap()), ..CallContext::default() };
        let result = oci.send(&call, &context, &NoSecrets).await;
        let arrived = server.received_requests().await.unwrap();
        assert_eq!((arrived.len(), result.is_ok()), (sent, good), "{statuses:?} {}", call.shown_path());
        if let Err(error) = result {
            assert_eq!(error.attempts as usize, sent);
        }
        for pair in arrived.windows(2) {
            assert_ne!(header(&pair[0], "opc-request-id"), header(&pair[1], "opc-request-id"));
            assert_eq!(header(&pair[0], "opc-retry-token"), header(&pair[1], "opc-retry-token"));
        }
        arrived.iter().for_each(verify);
    }
    let (get, create) = (database::get(json!("id")), database::create(json!({})));
    let start = database::start(json!("id"), json!(null));
    let held = database::start(json!("id"), json!("e"));
    check(&[503, 500, 200], get.clone(), false, 3, true).await;
    check(&[500], get.clone(), false, 8, false).await;
    check(&[501], get.clone(), false, 1, false).await;
    check(&[401], get.clone(), false, 1, false).await;
    check(&[404], get, false, 1, false).await;
    check(&[500, 200], create.clone(), true, 2, true).await;
    check(&[500, 200], create, false, 1, false).await;
    check(&[500, 200], start.clone(), true, 1, false).await;
    check(&[500, 200], held, false, 2, true).await;
    check(&[429, 503, 200], start.clone(), false, 3, true).await;
    check(&[409, 200], start.clone(), false, 2, true).await;
    check(&[409], start, false, 5, false).await;
}

#[tokio::test]
async fn lost_answers_are_repeated_only_where_that_is_safe() {
    async fn check(call: RestCall, sent: u32) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let count = std::sync::Arc::new(AtomicU32::new(0));
        let counted = count.clone();
        let server = tokio::spawn(async move {
            use tokio::io::AsyncReadExt as _;
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
            }
        });
        let retry = RetryPolicy { attempts: 3, ..quick() };
        let error = send(&client(&origin, retry), &call).await.unwrap_err();
        server.abort();
        assert_eq!(error.sending, Sending::Lost, "{error}");
        assert_eq!(error.category, Category::Transient);
        assert_eq!(count.load(Ordering::SeqCst), sent, "{}", call.shown_path());
    }
    check(database::get(json!("id")), 3).await;
    check(database::start(json!("id"), json!(null)), 1).await;
}

#[tokio::test]
async fn requests_that_were_never_sent_are_repeated() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let retry = RetryPolicy { few_attempts: 3, ..quick() };
    let error = send(&client(&origin, retry), &database::start(json!("id"), json!(null))).await.unwrap_err();
    assert_eq!((error.sending, error.attempts), (Sending::NotSent, 3), "{error}");
    assert!(error.advice.as_deref().unwrap().contains("network"));
}

#[tokio::test]
async fn a_cancel_ends_the_pause() {
    let server = scripted(&[503]).await;
    let slow = RetryPolicy { unit: Duration::from_mins(1), ..RetryPolicy::default() };
    let oci = client(&server.uri(), slow);
    let context = CallContext::default();
    let cancel = context.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(150)).await;
        cancel.cancel();
    });
    let begun = clock::instant();
    let error = oci.send(&database::get(json!("id")), &context, &NoSecrets).await.unwrap_err();
    assert_eq!(error.category, Category::Cancelled);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn pages_are_joined() {
    let server = MockServer::start().await;
    let list = "/20160918/autonomousDatabases";
    let second = ResponseTemplate::new(200).set_body_json(json!([{"id": "b"}]));
    Mock::given(path(list))
        .and(query_param("page", "p 2"))
        .respond_with(second)
        .with_priority(1)
        .mount(&server)
        .await;
    let first =
        ResponseTemplate::new(200).insert_header("opc-next-page", "p 2").set_body_json(json!([{"id": "a"}]));
    Mock::given(path(list)).respond_with(first).mount(&server).await;
    let objects = "/n/ns/b/bucket/o";
    let rest =
        ResponseTemplate::new(200).set_body_json(json!({"objects": [{"name": "z"}], "prefixes": ["y/"]}));
    Mock::given(path(objects))
        .and(query_param("start", "z"))
        .respond_with(rest)
        .with_priority(1)
        .mount(&server)
        .await;
    let begin =
        ResponseTemplate::new(200).set_body_json(json!({"objects": [{"name": "a"}], "nextStartWith": "z"}));
    Mock::given(path(objects)).respond_with(begin).mount(&server).await;
    let oci = client(&server.uri(), quick());
    let context = CallContext::default();
    let all = oci.list(&database::list(json!("c")), &context, &NoSecrets).await.unwrap();
    assert_eq!(all.value, json!([{"id": "a"}, {"id": "b"}]));
    let call = RestCall::new(
        Service::ObjectStorage,
        Method::Get,
        ["n", "ns", "b", "bucket", "o"].map(|s| json!(s)).to_vec(),
    );
    let all = oci.list(&call, &context, &NoSecrets).await.unwrap();
    assert_eq!(all.value, json!({"objects": [{"name": "a"}, {"name": "z"}], "prefixes": ["y/"]}));
}

#[tokio::test]
async fn odd_answers() {
    async fn check(answer: ResponseTemplate, call: RestCall, wanted: &str) {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let retry = RetryPolicy::never();
        let found = match send(&client(&server.uri(), retry), &call).await {
            Ok(reply) => format!("{} {} {:?}", reply.status, reply.value, reply.bytes),
            Err(error) => format!("{error} / {}", error.advice.clone().unwrap_or_default()),
        };
        assert!(found.contains(wanted), "{found} (wanted {wanted})");
    }
    let get = || database::get(json!("id"));
    let redirect = ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/");
    check(redirect, get(), "redirects are not followed").await;
    let html = "<html><body>Bad <b>Gateway</b></body></html>";
    check(
        ResponseTemplate::new(502).set_body_raw(html, "text/html"),
        get(),
        "502 to GET /20160918/autonomousDatabases/id: Bad Gateway",
    )
    .await;
    check(ResponseTemplate::new(200).set_body_raw(html, "text/html"), get(), "is no JSON").await;
    check(ResponseTemplate::new(204), get(), "204 null None").await;
    check(
        ResponseTemplate::new(202).insert_header("etag", "e"),
        database::delete(json!("id"), json!("e")),
        "202",
    )
    .await;
    let zip = ResponseTemplate::new(200).set_body_raw(b"PK\x03".to_vec(), "application/octet-stream");
    check(zip, database::generate_wallet(json!("id"), json!("p")), "PK\\x03").await;
    let gzip = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(b"raw".to_vec(), "text/plain");
    check(gzip, database::generate_wallet(json!("id"), json!("p")), "b\"raw\"").await;
    let late = ResponseTemplate::new(401)
        .insert_header("date", "Sat, 01 Jan 2022 00:00:00 GMT")
        .set_body_json(json!({"code": "NotAuthenticated", "message": "m"}));
    check(late, get(), "ahead of the service's").await;
    let mut hidden = work_requests::get(json!("hidden-id"));
    hidden.sensitive = true;
    check(ResponseTemplate::new(500), hidden, "to a GET request that is not shown").await;
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "1");
    Mock::given(method("GET")).respond_with(busy).up_to_n_times(1).mount(&server).await;
    let good = ResponseTemplate::new(200).insert_header("retry-after", "7").set_body_json(json!({}));
    Mock::given(method("GET")).respond_with(good).mount(&server).await;
    let begun = clock::instant();
    let reply = send(&client(&server.uri(), quick()), &database::get(json!("id"))).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(990));
    assert_eq!(reply.retry_after, Some(7));
}

#[tokio::test]
async fn a_web_address_is_asked_without_a_signature() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_raw("ok", "text/plain"))
        .mount(&server)
        .await;
    let call = RestCall::new(Service::Direct, Method::Get, vec![json!(format!("{}/ords/", server.uri()))]);
    let reply = send(&client(&server.uri(), quick()), &call).await.unwrap();
    assert_eq!(reply.bytes.unwrap(), "ok");
    let arrived = server.received_requests().await.unwrap();
    assert_eq!(header(&arrived[0], "authorization"), "");
}

#[test]
fn retry_after_forms() {
    fn check(value: &str, wanted: Option<u64>) {
        let date = "2026-11-21T02:00:00Z".parse().ok();
        assert_eq!(seconds(value, date), wanted, "{value}");
    }
    check("20", Some(20));
    check("Sat, 21 Nov 2026 02:01:00 GMT", Some(60));
    check("Sat, 21 Nov 2026 01:01:00 GMT", None);
    check("soon", None);
}

#[test]
fn settings_that_cannot_work() {
    fn check(change: &dyn Fn(&mut OciOptions), wanted: &str) {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let mut options = OciOptions { config_file: Some(config(folder)), ..OciOptions::default() };
        change(&mut options);
        let error = Oci::with_environment(&options, &|_| None).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
    }
    check(&|o| o.proxy = Some("::".into()), "proxy");
    check(&|o| o.ca_bundle = Some("/nowhere/ca.pem".into()), "CA bundle");
    check(&|o| o.ca_bundle.clone_from(&o.config_file), "no certificate");
    check(&|o| o.endpoint = Some("nonsense".into()), "endpoint");
    check(&|o| o.profile = Some("OTHER".into()), "OTHER");
    check(&|o| o.config_file = Some("/nowhere/config".into()), "/nowhere/config");
}

/// A client of the region, which reaches the server through `change`.
async fn through(change: impl Fn(&mut OciOptions), call: &RestCall) -> Result<Reply, OciError> {
    let folder = tempfile::tempdir().unwrap();
    let mut options = OciOptions {
        config_file: Some(config(Utf8Path::from_path(folder.path()).unwrap())),
        retry: RetryPolicy::never(),
        ..OciOptions::default()
    };
    change(&mut options);
    send(&Oci::with_environment(&options, &|_| None).unwrap(), call).await
}

#[tokio::test]
async fn a_pinned_address_keeps_the_name() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(json!({}))).mount(&server).await;
    let pin = |options: &mut OciOptions| {
        options.endpoint = Some("http://database.example.com".into());
        options.pinned = vec![("database.example.com".into(), *server.address())];
    };
    through(pin, &database::get(json!("id"))).await.unwrap();
    let arrived = server.received_requests().await.unwrap();
    assert_eq!(header(&arrived[0], "host"), "database.example.com");
    verify(&arrived[0]);
}

#[tokio::test]
async fn a_proxy_stands_in_between_except_on_this_machine() {
    let proxy = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"by": "proxy"})))
        .mount(&proxy)
        .await;
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"by": "server"})))
        .mount(&server)
        .await;
    let far = |options: &mut OciOptions| {
        options.endpoint = Some("http://database.example.com".into());
        options.proxy = Some(proxy.uri());
    };
    assert_eq!(through(far, &database::get(json!("id"))).await.unwrap().value["by"], "proxy");
    let near = |options: &mut OciOptions| {
        options.endpoint = Some(server.uri());
        options.proxy = Some(proxy.uri());
    };
    assert_eq!(through(near, &database::get(json!("id"))).await.unwrap().value["by"], "server");
    let arrived = proxy.received_requests().await.unwrap();
    assert_eq!(arrived.len(), 1);
    assert_eq!(header(&arrived[0], "host"), "database.example.com");
}

/// A SOCKS5 proxy without a password for one connection, which it leads to `to` whatever it is asked for. Gives what it
/// was asked for: the kind of address (3 is a name), the address and the port.
async fn socks(listener: tokio::net::TcpListener, to: std::net::SocketAddr) -> (u8, String, u16) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (mut client, _) = listener.accept().await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), 5, "the version");
    let mut ways = vec![0; client.read_u8().await.unwrap().into()];
    client.read_exact(&mut ways).await.unwrap();
    assert!(ways.contains(&0), "without a password: {ways:?}");
    client.write_all(&[5, 0]).await.unwrap();
    let mut head = [0; 4];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(head[..3], [5, 1, 0], "connect");
    let length = if head[3] == 3 { client.read_u8().await.unwrap().into() } else { 4 };
    let mut address = vec![0; length];
    client.read_exact(&mut address).await.unwrap();
    let port = client.read_u16().await.unwrap();
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
    let mut server = tokio::net::TcpStream::connect(to).await.unwrap();
    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok();
    (head[3], String::from_utf8_lossy(&address).into_owned(), port)
}

/// With `socks5h` the proxy looks the name up, which this machine cannot do for a name inside a private network.
#[tokio::test]
async fn a_socks_proxy_resolves_the_name() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(json!({}))).mount(&server).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("socks5h://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(socks(listener, *server.address()));
    let far = |options: &mut OciOptions| {
        options.endpoint = Some("http://database.invalid:8080".into());
        options.proxy = Some(proxy.clone());
    };
    through(far, &database::get(json!("id"))).await.unwrap();
    assert_eq!(asked.await.unwrap(), (3, "database.invalid".to_owned(), 8080));
    let arrived = server.received_requests().await.unwrap();
    assert_eq!(header(&arrived[0], "host"), "database.invalid:8080");
    verify(&arrived[0]);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_mins(1));
    Mock::given(any()).respond_with(late).mount(&server).await;
    let impatient = |options: &mut OciOptions| {
        options.endpoint = Some(server.uri());
        options.read_limit = Duration::from_millis(200);
    };
    let error = through(impatient, &database::get(json!("id"))).await.unwrap_err();
    assert_eq!((error.sending, error.category), (Sending::Lost, Category::Transient), "{error}");
}

/// A TLS server for `name` that answers every request with an empty object; gives its certificate in PEM.
async fn tls_server(name: &str) -> (tokio::task::JoinHandle<()>, std::net::SocketAddr, String) {
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
    use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec![name.into()]).unwrap().self_signed(&key).unwrap();
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (server, address, certificate.pem())
}

#[tokio::test]
async fn certificates_are_checked_against_the_name_and_the_bundle() {
    async fn check(name: &str, trusted: bool, good: bool) {
        let (server, address, pem) = tls_server(name).await;
        let folder = tempfile::tempdir().unwrap();
        let bundle = Utf8Path::from_path(folder.path()).unwrap().join("ca.pem");
        fs_err::write(&bundle, pem).unwrap();
        let change = |options: &mut OciOptions| {
            options.endpoint = Some("https://database.example.com".into());
            options.pinned = vec![("database.example.com".into(), address)];
            options.ca_bundle = trusted.then(|| bundle.clone());
            options.retry = quick();
        };
        let found = through(change, &database::get(json!("id"))).await;
        server.abort();
        match found {
            Ok(_) => assert!(good, "{name} {trusted}"),
            Err(error) => {
                assert!(!good, "{name} {trusted}: {error:?}");
                // It is no reason to repeat.
                let kind = (error.sending, error.category, error.attempts);
                assert_eq!(kind, (Sending::NotSent, Category::Invalid, 1), "{error:?}");
                assert!(error.advice.as_deref().unwrap().contains("CA bundle"));
            }
        }
    }
    check("database.example.com", true, true).await;
    check("database.example.com", false, false).await;
    check("other.example.com", true, false).await;
}
