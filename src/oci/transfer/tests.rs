//! Downloads from, and uploads to, a server that misbehaves on purpose.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response};
use bytes::Bytes;
use camino::{Utf8Path, Utf8PathBuf};
use futures::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::sums::{base64_md5, md5, multipart_md5};
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
    misdeed: Misdeed,
    gets: AtomicUsize,
    seen: Mutex<Vec<String>>,
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
    if parts.method == Method::PUT {
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let mut sum = base64_md5(&md5(&bytes));
        assert_eq!(header(&parts.headers, "content-md5"), Some(sum.as_str()));
        assert!(
            header(&parts.headers, "x-content-sha256").is_none(),
            "the body is not hashed for the signature"
        );
        if store.misdeed == Misdeed::Forge {
            sum = base64_md5(&md5(b"other"));
        }
        return answer.header("opc-content-md5", sum).body(Body::empty()).unwrap();
    }
    answer = match store.part {
        None => answer.header("content-md5", base64_md5(&md5(&store.bytes))),
        Some(part) => {
            let sums: Vec<_> = store.bytes.chunks(part).map(md5).collect();
            answer
                .header("opc-multipart-md5", multipart_md5(&sums))
                .header(store::PART_SIZE, part.to_string())
        }
    };
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
        let bytes = noise(size);
        let (store, objects) =
            served(Store { bytes: bytes.clone(), part, misdeed, ..Store::default() }).await;
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
    check(small, Misdeed::Whole, Some(MIB), Err("no range at all")).await;
    check(small, Misdeed::Whole, None, Ok(Verified::Whole)).await;
    check(small, Misdeed::Replace(0), None, Err("was replaced")).await;
    check(small, Misdeed::Replace(2), Some(MIB), Err("was replaced")).await;
    check(1, Misdeed::Empty, None, Err("got no whole answer")).await;
    check(1, Misdeed::None, None, Ok(Verified::Whole)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_small_objects() {
    let bytes = noise(300_000);
    for misdeed in [Misdeed::None, Misdeed::Cut(100_000), Misdeed::Whole, Misdeed::Flip] {
        let (_, objects) = served(Store { bytes: bytes.clone(), misdeed, ..Store::default() }).await;
        let watch: Arc<dyn Watch> = Arc::new(Counted::default());
        let mut got = Vec::new();
        let mut take = |chunk: &[u8]| {
            got.extend_from_slice(chunk);
            Ok(())
        };
        let outcome = objects.get_stream(&ask(false), &watch, &mut take).await;
        assert_eq!(outcome.is_ok(), misdeed != Misdeed::Flip, "{misdeed:?}: {outcome:?}");
        assert_eq!(got == bytes, misdeed != Misdeed::Flip, "{misdeed:?}");
        let small = objects.get_small("x", 300_000).await;
        assert_eq!(small.is_ok_and(|(small, etag)| small == bytes && etag == "e1"), misdeed != Misdeed::Flip);
        let error = objects.get_small("x", 299_999).await.expect_err("too large");
        assert!(error.to_string().contains("299999"), "{error}");
        let mut refuse = |_: &[u8]| Err(std::io::ErrorKind::BrokenPipe.into());
        let gone = objects.get_stream(&ask(false), &watch, &mut refuse).await;
        assert!(matches!(gone, Err(TransferError::NobodyReads)), "{gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_compared_with_what_was_sent() {
    let put = PutAsk {
        name: "x".into(),
        content_type: "text/plain".into(),
        replace: true,
        part_size: None,
        parallel: 2,
        keep_parts: false,
    };
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
        let stream: Box<dyn std::io::Read + Send> = Box::new(std::io::Cursor::new(vec![1; 1000]));
        assert_eq!(objects.put_stream(stream, &put, &watch).await.is_ok(), good);
        let small = objects.put_small("x", Bytes::from_static(b"note"), "text/plain", true).await;
        match small {
            Ok(etag) => assert_eq!((etag.as_str(), good), ("e1", true)),
            Err(error) => assert!(!good && matches!(error, TransferError::Checksum { .. }), "{error}"),
        }
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
