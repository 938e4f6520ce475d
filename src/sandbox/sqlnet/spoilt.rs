//! Sessions without a network or a database, for tests and the fuzz target: packets go in, and what became of them comes out.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::house::{House, Open, UNKNOWN_SERVICE};
use super::link::{Common, Ends, Link, Out, Packet};
use super::wire::{Stop, unhexadecimal};
use super::{packet, session};
use crate::sandbox::engine::{EngineError, Identity};
use crate::sandbox::faults::Action;
use crate::sandbox::sql::{
    Application, Attribute, Backend, Bind, BindMode, Cell, Column, Done, Logon, LogonError, Rows, SqlError,
    SqlSession,
};

/// What parts one packet from the next in an input of the fuzz target.
const BETWEEN: &[u8] = &[0xFE, 0xED, 0xFE, 0xED];
/// How many packets of a recording make its logon, in a session of 19c and in one of 26ai.
const LOGON: (usize, usize) = (6, 4);

/// What a database was told by its sessions.
#[derive(Debug, Default)]
struct Told {
    /// How many things.
    count: usize,
    /// Each of them, where somebody wants to read them.
    lines: Option<Vec<String>>,
}

/// A database that takes every password and answers whatever is asked.
#[derive(Debug)]
struct Anything(Arc<Mutex<Told>>);

struct AnySession(Arc<Mutex<Told>>);

impl Backend for Anything {
    fn user_of_alias(&self, _database: &str, _alias: &str) -> Result<Option<String>, EngineError> {
        Ok(None)
    }

    fn application(
        &self,
        _database: &str,
        _prefix: Option<&str>,
        _name: &str,
        _page: Option<&str>,
    ) -> Result<Option<Application>, EngineError> {
        Ok(None)
    }

    fn logon(&self, _logon: Logon) -> Result<Box<dyn SqlSession>, LogonError> {
        Ok(Box::new(AnySession(Arc::clone(&self.0))))
    }
}

impl AnySession {
    fn tell(&self, what: impl FnOnce() -> String) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.count += 1;
        if let Some(lines) = &mut told.lines {
            lines.push(what());
        }
    }
}

fn rows_of(all: &[(&str, Cell)]) -> Rows {
    let column = |(type_name, _): &(&str, Cell)| Column {
        name: "A".to_owned(),
        type_name: (*type_name).to_owned(),
        precision: 0,
        scale: 0,
        nullable: true,
    };
    let row: Vec<Cell> = all.iter().map(|(_, cell)| cell.clone()).collect();
    let nulls = vec![Cell::Null; row.len()];
    Rows { columns: all.iter().map(column).collect(), rows: vec![row, nulls] }
}

/// Two rows of everything that travels in a way of its own.
fn some_rows() -> Rows {
    rows_of(&[
        ("NUMBER", Cell::Number("1".into())),
        ("VARCHAR2", Cell::text("x")),
        ("DATE", Cell::Date(0)),
        ("TIMESTAMP WITH TIME ZONE", Cell::Zoned(0, 60)),
        ("BOOLEAN", Cell::Boolean(true)),
    ])
}

/// The same with large objects, of which a client has to say first how it wants them.
fn large_rows() -> Rows {
    rows_of(&[
        ("CLOB", Cell::text("häuser")),
        ("BLOB", Cell::Blob(vec![1, 2, 3])),
        ("RAW", Cell::Raw(vec![9])),
    ])
}

impl SqlSession for AnySession {
    fn execute(&mut self, text: &str, binds: &mut [Bind]) -> Result<Done, SqlError> {
        self.tell(|| {
            let values: Vec<String> = binds.iter().map(|bind| format!("{:?}", bind.value)).collect();
            format!("{text} [{}]", values.join(", "))
        });
        if text.contains("open :r")
            && let Some(bind) = binds.first_mut()
        {
            bind.value = Cell::Rows(Box::new(some_rows()));
        }
        // A bind that nothing was said of comes out as well.
        let directions = vec![if text.contains(":o :=") { BindMode::Out } else { BindMode::InOut }; 1];
        let returned = vec![vec![Cell::Number("7".into())]];
        let rows = match text.get(..7) {
            Some("select ") if text.contains("lob") => Some(large_rows()),
            Some("select ") => Some(some_rows()),
            _ => None,
        };
        Ok(Done { rows, directions, returned, ..Done::default() })
    }

    fn set_output(&mut self, _on: bool) {}

    fn take_output(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        self.tell(|| "commit".to_owned());
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        self.tell(|| "rollback".to_owned());
        Ok(())
    }

    fn set_attribute(&mut self, attribute: Attribute, value: Option<String>) {
        self.tell(|| format!("{attribute:?} = {value:?}"));
    }

    fn set_schema(&mut self, schema: &str) -> Result<(), SqlError> {
        self.tell(|| format!("schema {schema}"));
        Ok(())
    }
}

/// A house with one database of a version, whose services are all there are.
#[derive(Debug)]
pub(super) struct Cottage {
    version: &'static str,
    told: Arc<Mutex<Told>>,
}

impl Cottage {
    /// One whose database remembers what it was told, or only counts it.
    pub(super) fn new(version: &'static str, remembers: bool) -> Self {
        let told = Told { lines: remembers.then(Vec::new), ..Told::default() };
        Self { version, told: Arc::new(Mutex::new(told)) }
    }
}

impl House for Cottage {
    fn find(&self, service: &str) -> Result<Open, u32> {
        if !service.ends_with(".adb.oraclecloud.com") {
            return Err(UNKNOWN_SERVICE);
        }
        let word = |text: &str| text.to_owned();
        Ok(Open {
            database: Identity {
                ocid: word("ocid1.autonomousdatabase.oc1..example"),
                tenancy: String::new(),
                compartment: String::new(),
                name: word("DB"),
                region: String::new(),
                workload: word("OLTP"),
                version: self.version.to_owned(),
                apex: String::new(),
                ords_url: String::new(),
            },
            read_only: false,
            backend: Arc::new(Anything(Arc::clone(&self.told))),
            watch: Arc::new(|_| {}),
        })
    }

    fn is_open(&self, _ocid: &str) -> bool {
        true
    }

    fn faults(&self, _method: &str, _path: &str) -> Vec<Action> {
        Vec::new()
    }
}

/// What went out to a client.
#[derive(Debug, Default)]
struct Said {
    length: usize,
    bytes: Option<Vec<u8>>,
}

/// Packets that are all there, as the ends of a connection.
struct Script {
    packets: VecDeque<Packet>,
    common: Arc<Common>,
    said: Arc<Mutex<Said>>,
}

impl Ends for Script {
    fn next(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        // A marker has arrived as soon as the packet in front of it is being served.
        if [Some(&packet), self.packets.front()].into_iter().flatten().any(|it| it.kind == packet::MARKER) {
            self.common.halt.cancel();
        }
        Some(packet)
    }

    fn put(&mut self, out: Out) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Out::Bytes(bytes) = out {
            said.length += bytes.len();
            if let Some(all) = &mut said.bytes {
                all.extend(bytes);
            }
        }
        true
    }
}

/// What became of a session.
#[derive(Debug)]
pub(super) struct Heard {
    /// Why it ended.
    pub(super) stop: Stop,
    /// What the database was told, if that was wanted.
    pub(super) told: Vec<String>,
    /// How many things it was told.
    pub(super) calls: usize,
    /// What was answered, if that was wanted.
    pub(super) answered: Vec<u8>,
    /// How many bytes were answered.
    pub(super) length: usize,
}

/// Plays packets to a session and lets the client go then. What was said is kept or only counted.
pub(super) fn play(version: &'static str, packets: Vec<Packet>, keeps: bool) -> Heard {
    let common = Arc::new(Common::default());
    let said = Arc::new(Mutex::new(Said { bytes: keeps.then(Vec::new), ..Said::default() }));
    let script = Script { packets: packets.into(), common: Arc::clone(&common), said: Arc::clone(&said) };
    let house = Cottage::new(version, keeps);
    let stop = session::talk(&mut Link::new(Box::new(script), common), &house);
    let told = std::mem::take(&mut *house.told.lock().unwrap_or_else(PoisonError::into_inner));
    let said = std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner));
    Heard {
        stop,
        told: told.lines.unwrap_or_default(),
        calls: told.count,
        answered: said.bytes.unwrap_or_default(),
        length: said.length,
    }
}

/// A packet of its own bytes, whatever its head says of its length.
pub(super) fn one_packet(bytes: &[u8]) -> Packet {
    Packet {
        kind: bytes.get(4).copied().unwrap_or(0),
        body: bytes.get(packet::HEAD..).unwrap_or_default().to_vec(),
    }
}

/// The packets of a stream of bytes, as the listener takes them: up to the first head that can be none.
fn packets_of(mut bytes: &[u8]) -> Vec<Packet> {
    let mut packets = Vec::new();
    let mut small = 1;
    while let Some((head, rest)) = bytes.split_first_chunk::<{ packet::HEAD }>() {
        let Some((kind, length)) = packet::head(*head, small == 0) else { break };
        let Some((body, rest)) = rest.split_at_checked(length) else { break };
        // Lengths have four bytes once the connection is accepted, which is when its data are whole.
        if packets.is_empty() && packet::connect(body).is_some_and(|ask| ask.text.is_none()) {
            small += 1;
        }
        small = usize::saturating_sub(small, 1);
        packets.push(Packet { kind, body: body.to_vec() });
        bytes = rest;
    }
    packets
}

/// What the real client once said to a database of a version, packet by packet.
pub(super) fn recording(version: &str) -> Vec<Vec<u8>> {
    static BOTH: LazyLock<[Vec<Vec<u8>>; 2]> = LazyLock::new(|| {
        [include_str!("recordings/19c.hex"), include_str!("recordings/26ai.hex")]
            .map(|text| text.lines().map(|line| unhexadecimal(line.as_bytes()).unwrap_or_default()).collect())
    });
    BOTH[usize::from(version != "19c")].clone()
}

/// How many packets of a recording make its logon.
pub(super) fn logon_of(version: &str) -> usize {
    if version == "19c" { LOGON.0 } else { LOGON.1 }
}

/// Plays an input of the fuzz target. Of its first byte, bit 0 says the version, bit 1 that the client is logged on before the
/// rest comes, bit 2 that the rest is a stream as it comes from the network. Else the rest is packets that are parted by
/// `FE ED FE ED`, each a kind and its content, so that no length has to be right for the next packet to be seen.
pub(super) fn hear(input: &[u8]) -> Heard {
    let (how, rest) = input.split_first().map_or((0, input), |(how, rest)| (*how, rest));
    let version = if how & 1 == 0 { "19c" } else { "26ai" };
    let mut packets = Vec::new();
    if how & 2 != 0 {
        packets.extend(recording(version)[..logon_of(version)].iter().map(|bytes| one_packet(bytes)));
    }
    if how & 4 != 0 && how & 2 == 0 {
        packets.extend(packets_of(rest));
    } else {
        let mut from = 0;
        while from <= rest.len() {
            let next = rest[from..].windows(BETWEEN.len()).position(|part| part == BETWEEN);
            let end = next.map_or(rest.len(), |next| from + next);
            if let Some((kind, body)) = rest[from..end].split_first() {
                packets.push(Packet { kind: *kind, body: body.to_vec() });
            }
            from = end + BETWEEN.len();
        }
    }
    play(version, packets, false)
}

/// Feeds an input to the listener's session code, as `hear` takes it; how many bytes were answered. The door of the fuzz target.
#[cfg(fuzzing)]
pub fn feed(input: &[u8]) -> usize {
    hear(input).length
}
