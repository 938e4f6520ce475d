//! Connections: bytes between the network and the sessions, each of which has a thread of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::house::House;
use super::link::{Channels, Common, Link, Out, Packet};
use super::packet::{self, MARKER};
use super::session;

/// How long a client has for its logon, as a real listener gives it.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many bytes of a client may wait for its session.
const MOST_WAITING: usize = 32 * 1024 * 1024;
/// Blocks may call blocks deeply.
const STACK: usize = 16 * 1024 * 1024;

/// Takes connections without TLS until the sandbox ends.
pub(crate) async fn serve(house: Arc<dyn House>, listener: TcpListener, ending: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = ending.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                stream.set_nodelay(true).ok();
                drop(tokio::spawn(attend(stream, Arc::clone(&house), ending.clone())));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection of SQL*Net was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Serves one connection to its end.
pub(crate) async fn attend<S>(stream: S, house: Arc<dyn House>, ending: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let common = Arc::new(Common::default());
    let (arrived, inbox) = mpsc::unbounded_channel();
    let (outbox, out) = mpsc::channel(16);
    let (read, write) = tokio::io::split(stream);
    let ends = Channels { inbox, outbox, common: Arc::clone(&common) };
    let mut link = Link::new(Box::new(ends), Arc::clone(&common));
    let thread = std::thread::Builder::new().name("sqlnet".to_owned()).stack_size(STACK);
    let started = thread.spawn(move || {
        let stop = session::talk(&mut link, house.as_ref());
        tracing::debug!(?stop, "a connection of SQL*Net has ended");
    });
    if let Err(error) = started {
        tracing::warn!(%error, "there is no thread for a session");
        return;
    }
    let reading = async {
        receive(read, arrived, &common).await;
        // Nobody waits for what runs any more. The session hears of it when it asks for the next packet.
        common.halt.cancel();
        std::future::pending::<()>().await;
    };
    let outstaying = async {
        tokio::time::sleep(PATIENCE).await;
        if common.inside.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = ending.cancelled() => {}
        () = reading => {}
        () = outstaying => {}
        () = send(write, out) => {}
    }
    common.halt.cancel();
}

/// Takes packets until the client goes or says what is none.
async fn receive<S: AsyncRead>(
    mut read: ReadHalf<S>,
    arrived: mpsc::UnboundedSender<Packet>,
    common: &Common,
) {
    let mut head = [0; packet::HEAD];
    loop {
        while common.waiting.load(Ordering::Relaxed) > MOST_WAITING {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if read.read_exact(&mut head).await.is_err() {
            return;
        }
        let Some((kind, length)) = packet::head(head, common.large.load(Ordering::Acquire)) else { return };
        let mut body = Vec::with_capacity(length.min(65_536));
        match (&mut read).take(u64::try_from(length).unwrap_or(0)).read_to_end(&mut body).await {
            Ok(count) if count == length => {}
            _ => return,
        }
        if kind == MARKER {
            common.halt.cancel();
        }
        common.waiting.fetch_add(body.len(), Ordering::Relaxed);
        if arrived.send(Packet { kind, body }).is_err() {
            return;
        }
    }
}

/// Sends what the session says until it has nothing to say any more.
async fn send<S: AsyncWrite>(mut write: WriteHalf<S>, mut out: mpsc::Receiver<Out>) {
    while let Some(next) = out.recv().await {
        match next {
            Out::Bytes(bytes) => {
                if write.write_all(&bytes).await.is_err() || write.flush().await.is_err() {
                    return;
                }
            }
            Out::Cut => return,
        }
    }
    // A client that is gone already has no use for a goodbye.
    tokio::time::timeout(Duration::from_secs(5), write.shutdown()).await.ok();
}
