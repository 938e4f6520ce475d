//! The bridge: the driver speaks plain TCP to a port of this process, and the process speaks to the listener.
//!
//! It closes the driver's gaps from outside: the wallet's own authority, the rule for names, the proxy, a further
//! handshake in the middle of the logon, cancelling a call, and an end to a peer that says nothing. One connection is
//! taken; after it nobody listens on the port any more. Packets are told apart only as far as that needs.
//!
//! The bridges of all sessions share one thread. After something passed it stays awake for a moment: to be woken costs
//! more than an answer from a near server takes, and each statement would pay for it twice.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Handle};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::dial::{self, Upstream};
use super::keys::Keys;
use crate::db::driver::sqlnet::address::Place;
use crate::db::wallet::handshake::{Fault, fault_of};
use crate::model::clock;

/// A request to break off what runs, as a packet of its own.
const INTERRUPT: [u8; 11] = [0, 0, 0, 11, 12, 0, 0, 0, 1, 0, 3];

const ACCEPT: u8 = 2;
const REFUSE: u8 = 4;
const REDIRECT: u8 = 5;
const RESEND: u8 = 11;
/// The bytes before a packet's body.
const HEAD: usize = 8;
/// A flag of RESEND: TLS begins anew on the same socket.
const HANDSHAKE_AGAIN: u8 = 0x08;
/// Where ACCEPT says whether the server insists on its own encryption, which the driver does not speak.
const ACCEPT_FLAGS: usize = 22;
const OWN_ENCRYPTION: u8 = 0x10;
/// How much is taken at once in either direction.
const ROOM: usize = 65_536;

/// How long the thread stays awake after something passed.
const AWAKE: Duration = Duration::from_micros(200);

/// What the listener said instead of accepting, or how the way to it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It refused with this error.
    Refused(Option<u32>),
    /// It sends its clients elsewhere.
    Redirected,
    /// It insists on its own encryption.
    OwnEncryption,
    /// The way broke.
    Broken(Fault),
    /// It closed the connection before it answered.
    Closed,
}

/// The side of a bridge that the session holds. When it is dropped, both connections end at once.
#[derive(Debug)]
pub(super) struct Bridge {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    ending: CancellationToken,
    interrupt: Notify,
    passed: Notify,
    heard: Mutex<Option<Heard>>,
}

impl Shared {
    fn hear(&self, heard: Heard) {
        // What was heard first is the reason for what follows.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(heard);
    }
}

/// The thread of all bridges, which lives as long as the process.
fn home() -> io::Result<Handle> {
    static HOME: Mutex<Option<Handle>> = Mutex::new(None);
    let mut home = HOME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*home {
        return Ok(handle.clone());
    }
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("bridges".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(home.insert(handle).clone())
}

/// Connects to a place, from the thread of the bridges.
///
/// # Errors
/// What went wrong on the way.
///
/// # Cancel safety
/// Nothing is left when it is dropped.
pub(super) async fn dial(place: &Place, keys: &Arc<Keys>) -> Result<Upstream, Fault> {
    let (there, with) = (place.clone(), Arc::clone(keys));
    let home = home().map_err(|error| Fault::Other(format!("there is no thread for it: {error}")))?;
    let dialling = AbortOnDropHandle::new(home.spawn(async move { dial::dial(&there, &with).await }));
    dialling.await.unwrap_or_else(|broken| Err(Fault::Other(broken.to_string())))
}

impl Bridge {
    /// Opens the port that the driver is to connect to, for this connection to the listener.
    ///
    /// # Errors
    /// No port can be had.
    pub(super) fn open(upstream: Upstream, place: Place, keys: Arc<Keys>) -> io::Result<Self> {
        let home = home()?;
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let inside = Arc::clone(&shared);
        drop(home.spawn(async move {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            let ending = inside.ending.clone();
            tokio::select! {
                () = ending.cancelled() => {}
                () = carry(listener, upstream, &place, &keys, &inside) => {}
            }
        }));
        Ok(Self { port, shared })
    }

    /// The port on this machine.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Asks the server to break off what runs. Only while the driver waits for an answer.
    pub(super) fn interrupt(&self) {
        self.shared.interrupt.notify_one();
    }

    /// Ends both connections: whatever the driver waits for, it waits no more.
    pub(super) fn cut(&self) {
        self.shared.ending.cancel();
    }

    /// Why the connection did not come about, or ended, as far as the bridge has seen it.
    pub(super) fn heard(&self) -> Option<Heard> {
        self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.cut();
    }
}

async fn carry(listener: TcpListener, upstream: Upstream, place: &Place, keys: &Keys, shared: &Shared) {
    let Ok((mut driver, _)) = listener.accept().await else { return };
    drop(listener);
    driver.set_nodelay(true).ok();
    let Some(upstream) = begin(&mut driver, upstream, place, keys, shared).await else { return };
    let (from_driver, to_driver) = tokio::io::split(driver);
    let (from_server, to_server) = tokio::io::split(upstream);
    tokio::select! {
        () = down(from_server, to_driver, shared) => {}
        () = up(from_driver, to_server, shared) => {}
        () = stay_awake(shared) => {}
    }
}

/// Keeps the thread from going to sleep for a moment after something passed, and lets others go first.
async fn stay_awake(shared: &Shared) {
    loop {
        shared.passed.notified().await;
        let begun = clock::instant();
        while begun.elapsed() < AWAKE {
            std::thread::yield_now();
            tokio::task::yield_now().await;
        }
    }
}

/// Until the listener has accepted: packets have short lengths, and some of its answers are the bridge's own affair.
async fn begin(
    driver: &mut TcpStream,
    mut upstream: Upstream,
    place: &Place,
    keys: &Keys,
    shared: &Shared,
) -> Option<Upstream> {
    let (mut sent, mut answer) = (BytesMut::with_capacity(1024), BytesMut::with_capacity(1024));
    loop {
        tokio::select! {
            read = driver.read_buf(&mut sent) => {
                if !matches!(read, Ok(1..)) {
                    return None;
                }
                let passed = upstream.write_all(&sent).await;
                sent.clear();
                if let Err(error) = flushed(passed, &mut upstream).await {
                    shared.hear(Heard::Broken(fault_of(&error)));
                    return None;
                }
            }
            read = upstream.read_buf(&mut answer) => match read {
                Ok(1..) => {}
                Ok(_) => {
                    shared.hear(Heard::Closed);
                    return None;
                }
                Err(error) => {
                    shared.hear(Heard::Broken(fault_of(&error)));
                    return None;
                }
            }
        }
        while let Some(mut packet) = whole_packet(&mut answer) {
            let kind = packet[4];
            match kind {
                REFUSE => {
                    shared.hear(Heard::Refused(refusal(&packet)));
                    return None;
                }
                REDIRECT => {
                    shared.hear(Heard::Redirected);
                    return None;
                }
                ACCEPT if packet.get(ACCEPT_FLAGS).is_some_and(|flags| flags & OWN_ENCRYPTION != 0) => {
                    shared.hear(Heard::OwnEncryption);
                    return None;
                }
                RESEND if packet[5] & HANDSHAKE_AGAIN != 0 => {
                    match upstream.again(place, keys).await {
                        Ok(anew) => upstream = anew,
                        Err(fault) => {
                            shared.hear(Heard::Broken(fault));
                            return None;
                        }
                    }
                    // For the driver there is no TLS that could begin anew.
                    packet[5] &= !HANDSHAKE_AGAIN;
                }
                _ => {}
            }
            driver.write_all(&packet).await.ok()?;
            if kind == ACCEPT {
                driver.write_all(&answer).await.ok()?;
                return Some(upstream);
            }
        }
    }
}

async fn flushed(written: io::Result<()>, upstream: &mut Upstream) -> io::Result<()> {
    written?;
    upstream.flush().await
}

/// Takes the first packet with a short length, if it is there whole.
fn whole_packet(bytes: &mut BytesMut) -> Option<BytesMut> {
    let length: [u8; 2] = bytes.get(..2)?.try_into().ok()?;
    let length = usize::from(u16::from_be_bytes(length)).max(HEAD);
    (bytes.len() >= length).then(|| bytes.split_to(length))
}

/// The listener's error in a REFUSE.
fn refusal(packet: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(packet.get(HEAD..)?).into_owned();
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    let found = |key: &str| text.split_once(key).and_then(|(_, rest)| digits(rest)).filter(|code| *code > 0);
    found("(ERR=").or_else(|| found("(CODE="))
}

/// From the server to the driver.
async fn down(mut from: ReadHalf<Upstream>, mut to: WriteHalf<TcpStream>, shared: &Shared) {
    let mut room = vec![0; ROOM];
    loop {
        match from.read(&mut room).await {
            Ok(0) => return,
            Ok(count) => {
                if to.write_all(&room[..count]).await.is_err() {
                    return;
                }
                shared.passed.notify_one();
            }
            Err(error) => {
                shared.hear(Heard::Broken(fault_of(&error)));
                return;
            }
        }
    }
}

/// From the driver to the server, with an interrupt between two packets where one is asked for.
async fn up(mut from: ReadHalf<TcpStream>, mut to: WriteHalf<Upstream>, shared: &Shared) {
    let mut room = vec![0; ROOM];
    let mut frames = Frames::default();
    loop {
        tokio::select! {
            read = from.read(&mut room) => {
                let Ok(count @ 1..) = read else { break };
                frames.pass(&room[..count]);
                if to.write_all(&room[..count]).await.is_err() || to.flush().await.is_err() {
                    return;
                }
                shared.passed.notify_one();
            }
            () = shared.interrupt.notified(), if frames.between() => {
                if to.write_all(&INTERRUPT).await.is_err() || to.flush().await.is_err() {
                    return;
                }
            }
        }
    }
    to.shutdown().await.ok();
}

/// Where packets with long lengths begin and end in a stream.
#[derive(Debug, Default)]
struct Frames {
    length: BytesMut,
    left: usize,
}

impl Frames {
    /// Whether the last byte that passed was the last of a packet.
    fn between(&self) -> bool {
        self.left == 0 && self.length.is_empty()
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left == 0 {
                let take = bytes.len().min(4 - self.length.len());
                self.length.extend_from_slice(&bytes[..take]);
                bytes = &bytes[take..];
                if self.length.len() == 4 {
                    let length = usize::try_from(self.length.get_u32()).unwrap_or(usize::MAX);
                    self.length.clear();
                    self.left = length.saturating_sub(4);
                }
            } else {
                let take = bytes.len().min(self.left);
                self.left -= take;
                bytes = &bytes[take..];
            }
        }
    }
}

#[cfg(test)]
#[path = "bridge_tests.rs"]
mod tests;
