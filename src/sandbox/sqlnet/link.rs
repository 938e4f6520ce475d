//! One connection as its session sees it: packets in, packets out, and the wish to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::mpsc;

use super::packet::{self, BREAK, DATA, GOODBYE, LAST, MARKER, RESET};
use super::wire::{Feed, Reader, Stop, Writer};
use crate::sandbox::sql::Halt;

/// A message: the end of a reply.
const END_OF_REPLY: u8 = 29;

/// A packet that arrived.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
}

/// What goes out.
#[derive(Debug)]
pub(super) enum Out {
    Bytes(Vec<u8>),
    /// The connection ends without a word.
    Cut,
}

/// What the two halves of a connection know of each other.
#[derive(Debug, Default)]
pub(super) struct Common {
    /// Lengths of packets have four bytes from now on.
    pub(super) large: AtomicBool,
    /// Bytes that arrived and were not taken yet.
    pub(super) waiting: AtomicUsize,
    /// The logon is over.
    pub(super) inside: AtomicBool,
    /// What runs is to stop.
    pub(super) halt: Halt,
}

/// What a session's end of a connection has at its other end: where packets come from and replies go.
pub(super) trait Ends: Send {
    /// The next packet, waited for; nothing when the client has gone.
    fn next(&mut self) -> Option<Packet>;

    /// Takes what goes out; false when it goes nowhere any more.
    fn put(&mut self, out: Out) -> bool;
}

/// The ends that a connection of the network has.
pub(super) struct Channels {
    pub(super) inbox: mpsc::UnboundedReceiver<Packet>,
    pub(super) outbox: mpsc::Sender<Out>,
    pub(super) common: Arc<Common>,
}

impl Ends for Channels {
    fn next(&mut self) -> Option<Packet> {
        let packet = self.inbox.blocking_recv()?;
        self.common.waiting.fetch_sub(packet.body.len(), Ordering::Relaxed);
        Some(packet)
    }

    fn put(&mut self, out: Out) -> bool {
        self.outbox.blocking_send(out).is_ok()
    }
}

/// The session's end of a connection.
pub(super) struct Link {
    ends: Box<dyn Ends>,
    pub(super) common: Arc<Common>,
    unit: usize,
    /// Replies end with a mark.
    pub(super) marks: bool,
    /// The next reply is cut in its middle.
    pub(super) cut_next: bool,
}

impl Link {
    pub(super) fn new(ends: Box<dyn Ends>, common: Arc<Common>) -> Self {
        Self { ends, common, unit: 8192, marks: false, cut_next: false }
    }

    /// The next packet, waited for.
    pub(super) fn packet(&mut self) -> Result<Packet, Stop> {
        self.ends.next().ok_or(Stop::Gone)
    }

    fn out(&mut self, bytes: Vec<u8>) -> Result<(), Stop> {
        if self.ends.put(Out::Bytes(bytes)) { Ok(()) } else { Err(Stop::Gone) }
    }

    /// Sends one packet.
    pub(super) fn send(&mut self, kind: u8, body: &[u8]) -> Result<(), Stop> {
        let large = self.common.large.load(Ordering::Acquire);
        self.out(packet::packet(kind, body, large))
    }

    /// Ends the connection without a word.
    pub(super) fn cut(&mut self) -> Stop {
        // Whoever is not there any more has been cut already.
        self.ends.put(Out::Cut);
        Stop::Gone
    }

    /// The connection is accepted: from now on lengths have four bytes and packets at most so many.
    pub(super) fn open(&mut self, body: &[u8], unit: usize) -> Result<(), Stop> {
        let bytes = packet::packet(packet::ACCEPT, body, false);
        // Before the client can know of it, so that its next packet is read rightly.
        self.common.large.store(true, Ordering::Release);
        self.unit = unit;
        self.out(bytes)
    }

    /// The next request, as far as its first packet goes.
    pub(super) fn request(&mut self) -> Result<Reader<'_>, Stop> {
        let first = self.more()?;
        Ok(Reader::new(first, self))
    }

    /// Sends a reply in as many packets as it takes.
    pub(super) fn reply(&mut self, message: &Writer) -> Result<(), Stop> {
        let mut bytes = message.0.clone();
        if self.marks {
            bytes.push(END_OF_REPLY);
        }
        let room = self.unit - packet::HEAD - 2;
        let count = bytes.len().div_ceil(room).max(1);
        let mut whole = Vec::with_capacity(bytes.len() + count * (packet::HEAD + 2));
        for at in 0..count {
            let part = &bytes[at * room..bytes.len().min((at + 1) * room)];
            let last = self.marks && at + 1 == count;
            let mut body = Writer::new();
            body.u16(if last { LAST } else { 0 }).raw(part);
            whole.extend(packet::packet(DATA, &body.0, true));
        }
        if self.cut_next {
            whole.truncate(whole.len() / 2);
            self.out(whole)?;
            return Err(self.cut());
        }
        self.out(whole)
    }

    /// The client wants what runs to stop: markers go to and fro until both sides are at the same place, then comes
    /// what the caller has to say.
    pub(super) fn settle_break(&mut self, first: u8, last_word: &Writer) -> Result<(), Stop> {
        if first != RESET {
            self.send(MARKER, &packet::marker(BREAK))?;
            loop {
                let packet = self.packet()?;
                if packet.kind == MARKER && packet.body.get(2) == Some(&RESET) {
                    break;
                }
            }
        }
        self.common.halt.forget();
        self.send(MARKER, &packet::marker(RESET))?;
        self.reply(last_word)
    }

    /// The marker that has arrived or is about to; what else comes before it is for nobody any more.
    pub(super) fn awaited_marker(&mut self) -> Result<u8, Stop> {
        loop {
            let packet = self.packet()?;
            if packet.kind == MARKER {
                return Ok(packet.body.get(2).copied().unwrap_or(BREAK));
            }
        }
    }
}

impl Feed for Link {
    fn more(&mut self) -> Result<Vec<u8>, Stop> {
        let mut packet = self.packet()?;
        match packet.kind {
            DATA if packet.body.len() < 2 => Err(Stop::Garbled("a packet of data without flags")),
            DATA => {
                let flags = u16::from_be_bytes([packet.body[0], packet.body[1]]);
                if flags & GOODBYE != 0 {
                    return Err(Stop::Gone);
                }
                packet.body.drain(..2);
                Ok(packet.body)
            }
            MARKER => Err(Stop::Marker(packet.body.get(2).copied().unwrap_or(BREAK))),
            _ => Err(Stop::Garbled("a packet that has no place here")),
        }
    }
}
