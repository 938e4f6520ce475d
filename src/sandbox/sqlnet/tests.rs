//! Sessions under what Oracle's own client once said, as it stands and spoilt.

use std::sync::{Arc, Mutex, PoisonError};

use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::house::{House, Open, UNKNOWN_SERVICE};
use super::link::{Common, Link, Out, Packet};
use super::wire::{Stop, unhexadecimal};
use super::{attend, packet, session};
use crate::sandbox::engine::{EngineError, Identity};
use crate::sandbox::faults::Action;
use crate::sandbox::sql::{
    Application, Backend, Bind, BindMode, Cell, Column, Done, Logon, LogonError, Rows, SqlError, SqlSession,
};

type Told = Arc<Mutex<Vec<String>>>;

/// A database that takes every password and answers whatever is asked.
#[derive(Debug, Default)]
struct Anything {
    told: Told,
}

struct AnySession(Told);

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
        Ok(Box::new(AnySession(Arc::clone(&self.told))))
    }
}

impl AnySession {
    fn tell(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}

/// Two rows of everything that travels in a way of its own.
fn some_rows() -> Rows {
    let all = [
        ("NUMBER", Cell::Number("1".into())),
        ("VARCHAR2", Cell::text("x")),
        ("DATE", Cell::Date(0)),
        ("TIMESTAMP WITH TIME ZONE", Cell::Zoned(0, 60)),
    ];
    let column = |(type_name, _): &(&str, Cell)| Column {
        name: "A".to_owned(),
        type_name: (*type_name).to_owned(),
        precision: 0,
        scale: 0,
        nullable: true,
    };
    let row: Vec<Cell> = all.iter().map(|(_, cell)| cell.clone()).collect();
    Rows { columns: all.iter().map(column).collect(), rows: vec![row, vec![Cell::Null; 4]] }
}

impl SqlSession for AnySession {
    fn execute(&mut self, text: &str, binds: &mut [Bind]) -> Result<Done, SqlError> {
        let values: Vec<String> = binds.iter().map(|bind| format!("{:?}", bind.value)).collect();
        self.tell(format!("{text} [{}]", values.join(", ")));
        if text.contains("open :r") {
            binds[0].value = Cell::Rows(Box::new(some_rows()));
        }
        // A bind that nothing was said of comes out as well.
        let directions = vec![if text.contains(":o :=") { BindMode::Out } else { BindMode::InOut }; 1];
        let returned = vec![vec![Cell::Number("7".into())]];
        Ok(Done { rows: text.starts_with("select").then(some_rows), directions, returned, ..Done::default() })
    }

    fn set_output(&mut self, _on: bool) {}

    fn take_output(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        self.tell("commit".to_owned());
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        self.tell("rollback".to_owned());
        Ok(())
    }

    fn set_attribute(&mut self, attribute: super::request::Attribute, value: Option<String>) {
        self.tell(format!("{attribute:?} = {value:?}"));
    }

    fn set_schema(&mut self, schema: &str) -> Result<(), SqlError> {
        self.tell(format!("schema {schema}"));
        Ok(())
    }
}

/// A house with one database of a version, whose services are all there are.
#[derive(Debug)]
struct Cottage {
    version: &'static str,
    told: Told,
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
            backend: Arc::new(Anything { told: Arc::clone(&self.told) }),
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

fn recording(version: &str) -> Vec<Vec<u8>> {
    let text = if version == "19c" {
        include_str!("recordings/19c.hex")
    } else {
        include_str!("recordings/26ai.hex")
    };
    text.lines().map(|line| unhexadecimal(line.as_bytes()).unwrap()).collect()
}

/// Plays packets to a session and lets the client go then; what the database was told, why it ended, what was answered.
fn play(version: &'static str, packets: &[Vec<u8>]) -> (Vec<String>, Stop, Vec<u8>) {
    let (arrived, inbox) = mpsc::unbounded_channel();
    let (outbox, mut out) = mpsc::channel(100_000);
    let common = Arc::new(Common::default());
    for bytes in packets {
        let (kind, body) = (bytes.get(4).copied().unwrap_or(0), bytes.get(8..).unwrap_or_default().to_vec());
        common.waiting.fetch_add(body.len(), std::sync::atomic::Ordering::Relaxed);
        if kind == packet::MARKER {
            common.halt.cancel();
        }
        arrived.send(Packet { kind, body }).unwrap();
    }
    drop(arrived);
    let house = Cottage { version, told: Told::default() };
    let mut link = Link::new(inbox, outbox, common);
    let stop = session::talk(&mut link, &house);
    drop(link);
    let mut answered = Vec::new();
    while let Ok(next) = out.try_recv() {
        if let Out::Bytes(bytes) = next {
            answered.extend(bytes);
        }
    }
    let told = std::mem::take(&mut *house.told.lock().unwrap());
    (told, stop, answered)
}

#[test]
fn a_whole_session_of_the_real_client_is_understood() {
    const WANTED: &[&str] = &[
        "ALTER SESSION SET TIME_ZONE='+00:00' []",
        "Module = Some(\"m\")",
        "Action = Some(\"a\")",
        "select :a, :b, :c from dual [Number(\"01\"), Text(\"text\"), Null]",
        "select :a, :b, :c from dual [Number(\"02\"), Text(\"more\"), Null]",
        "select level from dual connect by level < 5 []",
        "begin :o := :i; end; [Null, Number(\"03\")]",
        "begin :o := :i; end; [Null, Number(\"04\")]",
        "insert into t (a) values (:a) returning a into :b [Number(\"01\"), Null]",
        "begin :o := length(:l); end; [Number(\"04\"), Text(\"t\")]",
        "begin open :r for select 1 from dual; end; [Null]",
        "begin dbms_output.get_lines(:1,:2); end; [Array([]), Number(\"05\")]",
        "schema SYS",
        "commit",
        "rollback",
    ];
    fn check(version: &'static str) {
        let (told, stop, answered) = play(version, &recording(version));
        assert_eq!(stop, Stop::Gone, "{version}");
        assert_eq!(told.join("\n"), WANTED.join("\n"), "{version}");
        assert!(answered.len() > 1000);
    }
    check("19c");
    check("26ai");
}

#[test]
fn connections_that_come_to_nothing() {
    fn check(packets: &[Vec<u8>], wanted: Stop, answer: &str) {
        let (told, stop, answered) = play("19c", packets);
        assert_eq!((told.len(), stop), (0, wanted));
        let text = String::from_utf8_lossy(&answered).into_owned();
        assert!(text.contains(answer), "{text}");
    }
    let whole = recording("19c");
    check(&[], Stop::Gone, "");
    check(&whole[1..2], Stop::Garbled("the first packet does not connect"), "");
    check(&whole[..1], Stop::Gone, "");
    let mut elsewhere = whole[..2].to_vec();
    let place = elsewhere[1].windows(4).position(|part| part == b".adb").unwrap();
    elsewhere[1][place] = b'x';
    check(&elsewhere, Stop::Gone, "(ERR=12514)");
    let mut by_sid = whole[..2].to_vec();
    let place = by_sid[1].windows(12).position(|part| part == b"SERVICE_NAME").unwrap();
    by_sid[1][place..place + 12].copy_from_slice(b"         SID");
    check(&by_sid, Stop::Gone, "(ERR=12505)");
    check(&whole[..4], Stop::Gone, "adbctl sandbox");
}

#[test]
fn a_break_ends_in_its_error_wherever_it_comes() {
    let whole = recording("19c");
    let marker = |kind: u8| packet::packet(packet::MARKER, &packet::marker(kind), true);
    // Behind the logon, before any call: interrupt and reset, as clients send them.
    let mut broken = whole[..6].to_vec();
    broken.extend([marker(3), marker(2), marker(2)]);
    broken.extend(whole[6..].iter().cloned());
    let (told, stop, answered) = play("19c", &broken);
    let text = String::from_utf8_lossy(&answered).into_owned();
    assert_eq!(text.matches("ORA-01013").count(), 2, "{stop:?} {told:?}");
    assert_eq!(stop, Stop::Gone);
    assert_eq!(told.len(), play("19c", &whole).0.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing that a client says, or fails to say, brings a session to a panic or keeps it from its end.
    #[test]
    fn spoilt_sessions_end(
        new in any::<bool>(),
        packet in 0_usize..28,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        more in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let version = if new { "26ai" } else { "19c" };
        let mut packets = recording(version);
        let place = packet % packets.len();
        for (index, byte) in changes {
            let at = index.index(packets[place].len());
            packets[place][at] = byte;
        }
        if let Some(cut) = cut {
            let at = cut.index(packets[place].len());
            packets[place].truncate(at);
        }
        packets[place].extend(more);
        play(version, &packets);
    }

    #[test]
    fn words_without_meaning_end(
        known in 0_usize..8,
        noise in proptest::collection::vec((prop::sample::select(vec![1_u8, 2, 6, 11, 12, 14]), proptest::collection::vec(any::<u8>(), 0..200)), 0..12),
    ) {
        let mut packets: Vec<Vec<u8>> = recording("19c").into_iter().take(known).collect();
        packets.extend(noise.iter().map(|(kind, body)| packet::packet(*kind, body, true)));
        play("19c", &packets);
    }
}

#[tokio::test]
async fn bytes_of_no_protocol_end_their_connection() {
    async fn check(bytes: &[u8]) {
        let house = Arc::new(Cottage { version: "19c", told: Told::default() });
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let attended = tokio::spawn(attend(server, house, CancellationToken::new()));
        client.write_all(bytes).await.unwrap();
        client.shutdown().await.unwrap();
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        attended.await.unwrap();
    }
    check(b"").await;
    check(b"GET / HTTP/1.1\r\n\r\n").await;
    check(&[0xFF; 4096]).await;
    check(&[0; 8]).await;
    check(&recording("26ai").concat()[..5000]).await;
}
