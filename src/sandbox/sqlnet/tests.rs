//! Sessions under what Oracle's own client once said, as it stands and spoilt.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::link::Packet;
use super::spoilt::{Cottage, Heard, hear, logon_of, one_packet, play, recording};
use super::wire::{Stop, Writer};
use super::{attend, packet};

fn packets(bytes: &[Vec<u8>]) -> Vec<Packet> {
    bytes.iter().map(|bytes| one_packet(bytes)).collect()
}

/// What becomes of these packets, with everything that was said.
fn heard(version: &'static str, bytes: &[Vec<u8>]) -> Heard {
    play(version, packets(bytes), true)
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
        let Heard { told, stop, answered, .. } = heard(version, &recording(version));
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
        let Heard { told, stop, answered, .. } = heard("19c", packets);
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
    let Heard { told, stop, answered, .. } = heard("19c", &broken);
    let text = String::from_utf8_lossy(&answered).into_owned();
    assert_eq!(text.matches("ORA-01013").count(), 2, "{stop:?} {told:?}");
    assert_eq!(stop, Stop::Gone);
    assert_eq!(told.len(), heard("19c", &whole).told.len());
}

/// Requests of a client that is logged on to a database of 19c, where few bytes ask for much.
mod greedy {
    use super::*;

    fn request(body: &Writer) -> Vec<u8> {
        packet::packet(packet::DATA, &[&[0, 0], body.0.as_slice()].concat(), true)
    }

    fn execute(text: &str, times: u64) -> Vec<u8> {
        let mut body = Writer::new();
        body.raw(&[3, 94, 1]).ub(0x21).zeros(37).bytes(text.as_bytes());
        body.zeros(1).ub(times).zeros(11);
        request(&body)
    }

    /// One of a large object that the client made: its locator is the first one.
    fn lob(operation: u64, from: u64, data: &[u8]) -> Vec<u8> {
        let mut body = Writer::new();
        let creates = operation == 0x110;
        body.raw(&[3, 96, 1, 1]).ub(40).zeros(4).u8(u8::from(creates)).zeros(2).ub(operation).zeros(2);
        body.ub(from).ub(112).u8(0).zeros(6);
        let mut locator = [0; 40];
        locator[15] = 1;
        body.raw(&locator);
        if creates {
            body.zeros(1);
        }
        if operation == 0x40 {
            body.u8(14).bytes(data);
        }
        request(&body)
    }

    fn reply(requests: &[Vec<u8>]) -> (usize, String) {
        let mut all = recording("19c")[..logon_of("19c")].to_vec();
        all.extend(requests.iter().cloned());
        let heard = heard("19c", &all);
        (heard.calls, String::from_utf8_lossy(&heard.answered).into_owned())
    }

    #[test]
    fn what_asks_for_too_much_gets_an_error() {
        fn check(requests: &[Vec<u8>], wanted: &str) {
            let (calls, text) = reply(requests);
            assert!(calls <= 3, "{wanted}: {calls}");
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        check(&[execute("delete from t", u64::MAX)], "ORA-03001");
        check(&[execute("begin p; end;", 70_000)], "ORA-03001");
        check(&[lob(0x110, 0, b""), lob(0x40, 200_000_000, b"ab")], "ORA-03001");
        check(&[lob(0x110, 0, b""), lob(0x40, 300_000_000, b"ab")], "ORA-21560");
    }

    #[test]
    fn cursors_end_at_what_the_client_was_told() {
        let many: Vec<_> = (0..1001).map(|_| execute("select 1 from dual", 1)).collect();
        let (calls, text) = reply(&many);
        assert_eq!((calls, text.matches("ORA-01000").count()), (1001, 1));
    }

    #[test]
    fn many_names_take_no_longer_than_their_text() {
        let mut names = String::new();
        for at in 0..100_000 {
            names.push_str(&format!(":n{at},"));
        }
        let text = format!("begin p({names}:z); end;");
        let (calls, _) = reply(&[execute(&text, 1)]);
        assert_eq!(calls, 2);
    }
}

/// Numbers that follow from a first one, the same each time (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of so many, which are at least one.
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

/// Lengths and counts that promise more than comes.
const HUGE: &[&[u8]] = &[
    &[0xFE, 8, 255, 255, 255, 255, 255, 255, 255, 255],
    &[8, 127, 255, 255, 255, 255, 255, 255, 255],
    &[4, 127, 255, 255, 255],
    &[3, 1, 0, 0],
    &[2, 255, 255],
    &[255, 255],
    &[254, 2, 127, 255],
];

/// One thing that goes wrong with a session's packets behind the first ones.
fn spoil(packets: &mut Vec<Vec<u8>>, from: usize, dice: &mut Dice) {
    let place = from + dice.below(packets.len() - from);
    let other = from + dice.below(packets.len() - from);
    let at = packet::HEAD + dice.below(packets[place].len().saturating_sub(packet::HEAD));
    let inside = at < packets[place].len();
    match dice.below(9) {
        0 if inside => packets[place].truncate(at),
        1 if inside => packets[place][at] ^= 1 << dice.below(8),
        2 if inside => packets[place][at] = dice.byte(),
        3 if inside => {
            let huge = HUGE[dice.below(HUGE.len())];
            let end = packets[place].len().min(at + dice.below(huge.len() + 1));
            packets[place].splice(at..end, huge.iter().copied());
        }
        4 => packets.swap(place, other),
        5 => packets.insert(place, packets[other].clone()),
        6 => {
            let kind = [1, 2, 3][dice.below(3)];
            packets.insert(place, packet::packet(packet::MARKER, &packet::marker(kind), true));
        }
        // The rest of one packet becomes that of another.
        7 if inside => {
            let part = packets[other][dice.below(packets[other].len())..].to_vec();
            packets[place].splice(at.., part);
        }
        _ => {
            let noise: Vec<u8> = (0..dice.below(60)).map(|_| dice.byte()).collect();
            packets.insert(place, packet::packet([1, 6, 6, 11, 14][dice.below(5)], &noise, true));
        }
    }
}

/// A session that is spoilt in some places: from its first packet on, or after its logon; and it may go on as another version's.
fn spoilt(seed: u64) -> (&'static str, Vec<Vec<u8>>) {
    let mut dice = Dice(seed);
    let (version, other) = if dice.below(2) == 0 { ("19c", "26ai") } else { ("26ai", "19c") };
    let mut packets = recording(version);
    let from = if dice.below(4) == 0 { 0 } else { logon_of(version) };
    if dice.below(8) == 0 {
        packets.truncate(logon_of(version) + dice.below(packets.len() - logon_of(version)));
        packets.extend(recording(other).split_off(logon_of(other)));
    }
    for _ in 0..=dice.below(5) {
        spoil(&mut packets, from, &mut dice);
    }
    (version, packets)
}

/// Plays it to its end, which has to come without a panic and with no more work or talk than the packets allow.
fn ends(what: &str, version: &'static str, bytes: &[Vec<u8>]) {
    let heard = play(version, packets(bytes), false);
    assert!(heard.calls <= 65_600 * bytes.len(), "{what}: {heard:?}");
    assert!(heard.length < 8 << 20, "{what}: {heard:?}");
}

/// Runs something on a thread of its own and gives up on it after minutes.
fn in_time(work: impl FnOnce() + Send + 'static) {
    let (done, told) = mpsc::channel::<()>();
    let worker = std::thread::spawn(move || {
        work();
        drop(done);
    });
    let waited = told.recv_timeout(Duration::from_mins(5)).unwrap_err();
    assert_eq!(waited, mpsc::RecvTimeoutError::Disconnected, "a session does not end");
    worker.join().unwrap();
}

#[test]
fn sessions_end_wherever_they_are_cut() {
    in_time(|| {
        for version in ["19c", "26ai"] {
            let whole = recording(version);
            for (place, packet) in whole.iter().enumerate() {
                // The list of data types repeats itself.
                let step = if packet.len() > 1000 { 97 } else { 1 };
                for length in (packet::HEAD..packet.len()).step_by(step) {
                    let mut cut = whole[..=place].to_vec();
                    cut[place].truncate(length);
                    ends(&format!("{version}, packet {place} of {length} bytes"), version, &cut);
                }
            }
        }
    });
}

#[test]
fn spoilt_sessions_end() {
    in_time(|| {
        for seed in 0..3000 {
            let (version, packets) = spoilt(seed);
            ends(&format!("seed {seed}"), version, &packets);
        }
    });
}

/// What the fuzz target once found, and the forms in which it takes its inputs.
#[test]
fn inputs_of_the_fuzz_target() {
    fn check(how: u8, rest: &[u8], stop: Stop, calls: usize) {
        let heard = hear(&[&[how], rest].concat());
        assert_eq!((heard.stop, heard.calls), (stop, calls), "{how}");
    }
    let parted = |packets: &[Vec<u8>]| -> Vec<u8> {
        let bodies: Vec<Vec<u8>> =
            packets.iter().map(|packet| [&packet[4..5], &packet[packet::HEAD..]].concat()).collect();
        bodies.join([0xFE, 0xED, 0xFE, 0xED].as_slice())
    };
    let (old, new) = (recording("19c"), recording("26ai"));
    let all = heard("19c", &old).calls;
    check(4, &old.concat(), Stop::Gone, all);
    check(5, &new.concat(), Stop::Gone, all);
    check(0, &parted(&old), Stop::Gone, all);
    check(2, &parted(&old[logon_of("19c")..]), Stop::Gone, all);
    check(3, &parted(&new[logon_of("26ai")..]), Stop::Gone, all);
    check(3, &[], Stop::Gone, 1);
    check(4, &[], Stop::Gone, 0);
    check(0, &[packet::DATA], Stop::Garbled("the first packet does not connect"), 0);
}

#[tokio::test]
async fn bytes_of_no_protocol_end_their_connection() {
    async fn check(bytes: &[u8]) {
        let house = Arc::new(Cottage::new("19c", false));
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
