//! Downloads from, and uploads to, a server that misbehaves on purpose.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response};
use bytes::Bytes;
use camino::{Utf8Path, Utf8PathBuf};
use futures::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::sums::{Kind, Sum, multipart_md5, read_md5};
use super::*;
use crate::model::Category;
use crate::oci::client::tests::{client, quick};

const MIB: usize = 1024 * 1024;

/// What the server does wrong with the GETs of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Misdeed {
    #[default]
    None,
    /// Every answer ends after so many bytes, though it promised more.
    Cut(usize),
    /// Every answer breaks off before its first byte.
    Empty,
    /// One bit of the last byte of every answer is another one.
    Flip,
    /// The whole object comes whatever was asked for.
    Whole,
    /// Another range comes than was asked for.
    Shift,
    /// The object is another one after so many GETs.
    Replace(usize),
    /// What is stored has another checksum than what was sent.
    Forge,
}

/// A store with one object, which may misbehave.
#[derive(Debug, Default)]
struct Store {
    bytes: Bytes,
    part: Option<usize>,
    /// Whether it knows CRC-32C.
    crc32c: bool,
    misdeed: Misdeed,
    gets: AtomicUsize,
    seen: Mutex<Vec<String>>,
    parts: Mutex<BTreeMap<u32, Bytes>>,
}

fn base64_md5(bytes: &[u8]) -> String {
    Sum::of(Kind::Md5, bytes).text()
}

fn crc32c(bytes: &[u8]) -> String {
    Sum::of(Kind::Crc32c, bytes).text()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn range(headers: &HeaderMap) -> Option<(usize, usize)> {
    let (first, last) = header(headers, "range")?.strip_prefix("bytes=")?.split_once('-')?;
    Some((first.parse().unwrap(), last.parse().unwrap()))
}

async fn serve(State(store): State<Arc<Store>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri.path());
    store.seen.lock().unwrap().push(line);
    let mut answer = Response::builder().header("etag", "e1");
    if parts.uri.path().contains("/u") && parts.method != Method::PUT {
        return upload(&store, &parts.method, parts.uri.query());
    }
    if parts.method == Method::DELETE {
        assert_eq!(header(&parts.headers, "if-match"), Some("e1"), "only what was stored just now may go");
        return Response::builder().status(204).body(Body::empty()).unwrap();
    }
    if parts.method == Method::PUT {
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let sent = [header(&parts.headers, "content-md5"), header(&parts.headers, "opc-content-crc32c")];
        let mut sums = [base64_md5(&bytes), crc32c(&bytes)];
        assert!(sent.iter().any(Option::is_some), "the bytes are guarded by a checksum");
        for (sent, sum) in sent.iter().zip(&sums) {
            assert!(sent.is_none_or(|sent| sent == sum), "{sent:?} {sum}");
        }
        assert!(
            header(&parts.headers, "x-content-sha256").is_none(),
            "the body is not hashed for the signature"
        );
        if store.misdeed == Misdeed::Forge {
            sums = [base64_md5(b"other"), crc32c(b"other")];
        }
        let [md5, crc32c] = sums;
        answer = answer.header("opc-content-md5", md5);
        if store.crc32c && sent[1].is_some() {
            assert_eq!(header(&parts.headers, "opc-checksum-algorithm"), Some("CRC32C"));
            answer = answer.header("opc-content-crc32c", crc32c);
        }
        if let Some((_, number)) = parts.uri.query().and_then(|query| query.split_once("uploadPartNum=")) {
            store.parts.lock().unwrap().insert(number.parse().unwrap(), bytes);
        }
        return answer.body(Body::empty()).unwrap();
    }
    answer = match store.part {
        None => answer.header("content-md5", base64_md5(&store.bytes)),
        Some(part) => answer
            .header("opc-multipart-md5", multipart(store.bytes.chunks(part)))
            .header(store::PART_SIZE, part.to_string()),
    };
    if store.crc32c {
        answer = answer.header("opc-content-crc32c", crc32c(&store.bytes));
    }
    if parts.method == Method::HEAD {
        return answer.header("content-length", store.bytes.len()).body(Body::empty()).unwrap();
    }
    let gets = store.gets.fetch_add(1, Ordering::SeqCst);
    if matches!(store.misdeed, Misdeed::Replace(after) if gets >= after) {
        assert_eq!(header(&parts.headers, "if-match"), Some("e1"));
        return Response::builder().status(412).body(Body::empty()).unwrap();
    }
    let (mut first, mut last) = range(&parts.headers).unwrap();
    match store.misdeed {
        Misdeed::Whole => return answer.body(Body::from(store.bytes.clone())).unwrap(),
        Misdeed::Shift if first > 0 => (first, last) = (first - 1, last - 1),
        _ => {}
    }
    let mut bytes = store.bytes.slice(first..=last).to_vec();
    let length = bytes.len();
    match store.misdeed {
        Misdeed::Flip => bytes[length - 1] ^= 1,
        Misdeed::Cut(after) => bytes.truncate(after),
        Misdeed::Empty => bytes.clear(),
        _ => {}
    }
    let body = if bytes.len() == length {
        Body::from(bytes)
    } else {
        // The server forgets what it has not sent yet when a body fails.
        let cut = async {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            Err(std::io::Error::other("cut"))
        };
        Body::from_stream(futures::stream::iter([Ok(Bytes::from(bytes))]).chain(futures::stream::once(cut)))
    };
    answer
        .status(206)
        .header("content-range", format!("bytes {first}-{last}/{}", store.bytes.len()))
        .header("content-length", length)
        .body(body)
        .unwrap()
}

fn multipart<'a>(parts: impl Iterator<Item = &'a [u8]>) -> String {
    multipart_md5(&parts.map(|part| read_md5(&base64_md5(part)).unwrap()).collect::<Vec<_>>())
}

/// Begins, lists, commits and ends the one upload there is.
fn upload(store: &Store, method: &Method, query: Option<&str>) -> Response<Body> {
    let answer = Response::builder().header("etag", "e2").header("content-type", "application/json");
    let body = match (method.as_str(), query) {
        ("POST", None) => r#"{"uploadId": "one"}"#,
        ("GET", _) => "[]",
        ("POST", Some(_)) => {
            let parts = store.parts.lock().unwrap();
            let mut answer =
                answer.header("opc-multipart-md5", multipart(parts.values().map(|part| &part[..])));
            if store.crc32c {
                let whole: Vec<u8> = parts.values().flatten().copied().collect();
                answer = answer.header("opc-content-crc32c", crc32c(&whole));
            }
            return answer.body(Body::empty()).unwrap();
        }
        _ => "",
    };
    answer.body(Body::from(body)).unwrap()
}

/// A served store, and a client for it.
async fn served(store: Store) -> (Arc<Store>, ObjectStore) {
    let store = Arc::new(store);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(serve).with_state(Arc::clone(&store));
    drop(tokio::spawn(async move { axum::serve(listener, app).await }));
    let objects = ObjectStore::new(client(&origin, quick()), "ns", "bkt", CancellationToken::new());
    (store, objects)
}

fn noise(length: usize) -> Bytes {
    (0..length).map(|n| u8::try_from((n * 7 + n / 251) % 256).unwrap()).collect()
}

/// Counts what a watch is told.
#[derive(Debug, Default)]
struct Counted(std::sync::atomic::AtomicI64);

impl Watch for Counted {
    fn begins(&self, _: Option<u64>) {}
    fn moved(&self, bytes: i64) {
        self.0.fetch_add(bytes, Ordering::SeqCst);
    }
    fn kept(&self, bytes: u64) {
        self.moved(i64::try_from(bytes).unwrap());
    }
    fn says(&self, _: &str) {}
}

fn ask(replace: bool) -> GetAsk {
    GetAsk { name: "dir/x".into(), replace, part_size: None, parallel: 3 }
}

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(dir.path()).unwrap().to_owned();
    (dir, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_from_a_server_that_misbehaves() {
    async fn check(size: usize, misdeed: Misdeed, part: Option<usize>, wanted: Result<Verified, &str>) {
        check_with(size, misdeed, part, false, wanted).await;
        check_with(size, misdeed, part, true, wanted.map(|_| Verified::Crc32c)).await;
    }
    async fn check_with(
        size: usize,
        misdeed: Misdeed,
        part: Option<usize>,
        crc32c: bool,
        wanted: Result<Verified, &str>,
    ) {
        let bytes = noise(size);
        let (store, objects) =
            served(Store { bytes: bytes.clone(), part, crc32c, misdeed, ..Store::default() }).await;
        let (_dir, path) = folder();
        let target = path.join("file");
        let counted = Arc::new(Counted::default());
        let watch: Arc<dyn Watch> = Arc::clone(&counted) as Arc<dyn Watch>;
        let outcome = objects.get_file(&target, &ask(false), &watch).await;
        let mut left: Vec<String> =
            path.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
        left.sort();
        match (outcome, wanted) {
            (Ok(fetched), Ok(verified)) => {
                assert_eq!(fetched.verified, verified, "{misdeed:?}");
                assert!(fs_err::read(&target).unwrap() == bytes, "{misdeed:?}");
                assert_eq!(left, ["file"]);
                assert_eq!(
                    counted.0.load(Ordering::SeqCst),
                    i64::try_from(bytes.len()).unwrap(),
                    "{misdeed:?}"
                );
            }
            (Err(failed), Err(text)) => {
                assert!(failed.to_string().contains(text), "{misdeed:?}: {failed}");
                let partial = matches!(failed.left, Left::Partial { .. });
                assert_eq!(partial, !left.is_empty(), "{misdeed:?}: {left:?}");
                assert!(!target.exists());
            }
            (outcome, wanted) => panic!("{misdeed:?}: {outcome:?} in place of {wanted:?}"),
        }
        assert!(store.seen.lock().unwrap()[0].starts_with("HEAD "));
    }
    let (small, large) = (3 * MIB + 5, 20 * MIB + 5);
    check(large, Misdeed::None, None, Ok(Verified::Whole)).await;
    check(large, Misdeed::None, Some(100 * MIB), Ok(Verified::Parts)).await;
    check(large, Misdeed::Cut(7 * MIB), None, Ok(Verified::Whole)).await;
    check(large, Misdeed::Shift, None, Err("were asked for, and the answer has")).await;
    check(small, Misdeed::None, Some(MIB), Ok(Verified::Parts)).await;
    check(small, Misdeed::None, Some(MIB / 3), Ok(Verified::Parts)).await;
    check(small, Misdeed::Cut(MIB / 2 + 1), Some(MIB), Ok(Verified::Parts)).await;
    check(small, Misdeed::Flip, None, Err("checksum of dir/x")).await;
    check(small, Misdeed::Flip, Some(MIB), Err("checksum of dir/x")).await;
    check_with(small, Misdeed::Whole, Some(MIB), false, Err("no range at all")).await;
    check(small, Misdeed::Whole, None, Ok(Verified::Whole)).await;
    check(small, Misdeed::Replace(0), None, Err("was replaced")).await;
    check_with(small, Misdeed::Replace(2), Some(MIB), false, Err("was replaced")).await;
    check_with(2 * 16 * MIB + 5, Misdeed::Replace(2), Some(MIB), true, Err("was replaced")).await;
    check(1, Misdeed::Empty, None, Err("got no whole answer")).await;
    check(1, Misdeed::None, None, Ok(Verified::Whole)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_small_objects() {
    let bytes = noise(300_000);
    for (misdeed, crc32c) in [
        (Misdeed::None, false),
        (Misdeed::Cut(100_000), true),
        (Misdeed::Whole, false),
        (Misdeed::Flip, false),
        (Misdeed::Flip, true),
    ] {
        let (_, objects) = served(Store { bytes: bytes.clone(), crc32c, misdeed, ..Store::default() }).await;
        let watch: Arc<dyn Watch> = Arc::new(Counted::default());
        let mut got = Vec::new();
        let mut take = |chunk: &[u8]| {
            got.extend_from_slice(chunk);
            Ok(())
        };
        let outcome = objects.get_stream(&ask(false), &watch, &mut take).await;
        assert_eq!(outcome.is_ok(), misdeed != Misdeed::Flip, "{misdeed:?}: {outcome:?}");
        assert_eq!(got == bytes, misdeed != Misdeed::Flip, "{misdeed:?}");
        let mut refuse = |_: &[u8]| Err(std::io::ErrorKind::BrokenPipe.into());
        let gone = objects.get_stream(&ask(false), &watch, &mut refuse).await;
        assert!(matches!(gone, Err(TransferError::NobodyReads)), "{gone:?}");
    }
}

fn put_ask(part_size: Option<u64>) -> PutAsk {
    PutAsk {
        name: "x".into(),
        content_type: "text/plain".into(),
        replace: true,
        part_size,
        parallel: 2,
        keep_parts: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_guarded_by_the_sum_that_the_service_knows() {
    let bytes = noise(25 * MIB);
    let (_dir, path) = folder();
    let file = path.join("file");
    fs_err::write(&file, &bytes).unwrap();
    for (crc32c, misdeed) in [(true, Misdeed::None), (false, Misdeed::None), (true, Misdeed::Forge)] {
        let (store, objects) = served(Store { crc32c, misdeed, ..Store::default() }).await;
        let counted = Arc::new(Counted::default());
        let watch: Arc<dyn Watch> = Arc::clone(&counted) as Arc<dyn Watch>;
        let outcome = objects.put_file(&file, &put_ask(Some(LEAST_PART)), &watch).await;
        let sent = |method: &str| store.seen.lock().unwrap().iter().filter(|l| l.starts_with(method)).count();
        if misdeed == Misdeed::Forge {
            let failed = outcome.expect_err("forged");
            assert!(matches!(failed.error, TransferError::Checksum { .. }), "{failed}");
            assert_eq!((failed.left, sent("DELETE")), (Left::Nothing, 1));
            continue;
        }
        let stored = outcome.unwrap();
        assert_eq!((stored.size, stored.parts), (bytes.len() as u64, 3));
        assert_eq!(stored.md5, Some(multipart(bytes.chunks(10 * MIB))));
        assert_eq!(stored.crc32c, crc32c.then(|| super::tests::crc32c(&bytes)));
        assert_eq!(counted.0.load(Ordering::SeqCst), i64::try_from(bytes.len()).unwrap());
        // What was sent before the service showed that it does not know the sum is sent again.
        assert!(if crc32c { sent("PUT") == 3 } else { (4..=5).contains(&sent("PUT")) }, "{}", sent("PUT"));
        let parts: Vec<u8> = store.parts.lock().unwrap().values().flatten().copied().collect();
        assert!(parts == bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_compared_with_what_was_sent() {
    let put = put_ask(None);
    let (_dir, path) = folder();
    let file = path.join("file");
    fs_err::write(&file, noise(1_000_000)).unwrap();
    for (misdeed, good) in [(Misdeed::None, true), (Misdeed::Forge, false)] {
        let (_, objects) = served(Store { misdeed, ..Store::default() }).await;
        let counted = Arc::new(Counted::default());
        let watch: Arc<dyn Watch> = Arc::clone(&counted) as Arc<dyn Watch>;
        let stored = objects.put_file(&file, &put, &watch).await;
        assert_eq!(stored.is_ok(), good, "{stored:?}");
        assert_eq!(counted.0.load(Ordering::SeqCst), 1_000_000);
        // In the place of another one it stands; where there was none it is taken away again.
        for (replace, removed) in [(true, 0), (false, 1)] {
            let (store, objects) = served(Store { misdeed, ..Store::default() }).await;
            let stored = objects.put_file(&file, &PutAsk { replace, ..put.clone() }, &watch).await;
            let seen = store.seen.lock().unwrap().clone();
            let spoilt = stored.err().map(
                |failed| matches!(failed.error, TransferError::Spoiled { stands, .. } if stands == replace),
            );
            assert_eq!(spoilt, (!good).then_some(true), "{seen:?}");
            let gone = seen.iter().filter(|line| line.as_str() == "DELETE /n/ns/b/bkt/o/x").count();
            assert_eq!(gone, if good { 0 } else { removed }, "{seen:?}");
        }
        let stream: Box<dyn std::io::Read + Send> = Box::new(std::io::Cursor::new(vec![1; 1000]));
        assert_eq!(objects.put_stream(stream, &put, &watch).await.is_ok(), good);
    }
    let missing = served(Store::default()).await.1;
    let watch: Arc<dyn Watch> = Arc::new(Counted::default());
    assert!(matches!(
        missing.put_file(&path.join("none"), &put, &watch).await,
        Err(Failed { error: TransferError::Local(_), left: Left::Nothing })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_off_on_request() {
    let (_, objects) = served(Store { bytes: noise(100), ..Store::default() }).await;
    objects.cancel().cancel();
    let (_dir, path) = folder();
    let watch: Arc<dyn Watch> = Arc::new(Counted::default());
    let outcome = objects.get_file(&path.join("file"), &ask(false), &watch).await;
    assert!(matches!(outcome, Err(Failed { error: TransferError::Interrupted, .. })), "{outcome:?}");
    let refused = crate::oci::OciError::local("x").category(Category::Cancelled);
    assert!(matches!(TransferError::from(refused), TransferError::Interrupted));
}
