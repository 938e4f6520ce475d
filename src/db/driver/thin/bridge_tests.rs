use tokio::task::JoinHandle;

use super::*;
use crate::db::driver::sqlnet::address::NameRule;

/// A packet with a short length.
fn short(kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(HEAD + body.len()).unwrap().to_be_bytes();
    [&length[..], &[0, 0, kind, flags, 0, 0], body].concat()
}

/// A packet with a long length.
fn long(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEAD + body.len()).unwrap().to_be_bytes();
    [&length[..], &[6, 0, 0, 0], body].concat()
}

fn accept(flags: u8) -> Vec<u8> {
    let mut body = vec![0; 37];
    body[ACCEPT_FLAGS - HEAD] = flags;
    short(ACCEPT, 0, &body)
}

/// A bridge between two plain sockets: the driver's end, the server's end, and the bridge.
async fn between() -> (TcpStream, TcpStream, Bridge) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let upstream: JoinHandle<TcpStream> =
        tokio::spawn(async move { TcpStream::connect(("127.0.0.1", port)).await.unwrap() });
    let (server, _) = listener.accept().await.unwrap();
    let place = Place {
        host: "127.0.0.1".into(),
        port,
        tls: false,
        proxy: None,
        rule: NameRule::Host,
        limit: std::time::Duration::from_secs(1),
        connect_data: String::new(),
        service: "s".into(),
    };
    let upstream = Upstream::Plain(upstream.await.unwrap());
    let bridge = Bridge::open(upstream, place, Arc::new(Keys::none())).unwrap();
    let driver = TcpStream::connect(("127.0.0.1", bridge.port())).await.unwrap();
    (driver, server, bridge)
}

async fn read(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn packets_pass_and_interrupts_stand_between_them() {
    let (mut driver, mut server, bridge) = between().await;
    let connect = short(1, 0, b"(description)");
    driver.write_all(&connect).await.unwrap();
    assert_eq!(read(&mut server, connect.len()).await, connect);
    // RESEND without TLS passes without the flag that asks for it.
    server.write_all(&short(RESEND, HANDSHAKE_AGAIN, b"")).await.unwrap();
    assert_eq!(read(&mut driver, HEAD).await, short(RESEND, 0, b""));
    // What stands right behind ACCEPT is not held back.
    server.write_all(&[accept(4), long(b"hello")].concat()).await.unwrap();
    assert_eq!(read(&mut driver, 45 + HEAD + 5).await, [accept(4), long(b"hello")].concat());
    // Nobody else gets in.
    assert!(TcpStream::connect(("127.0.0.1", bridge.port())).await.is_err());
    let packet = long(b"a call");
    driver.write_all(&packet[..7]).await.unwrap();
    assert_eq!(read(&mut server, 7).await, packet[..7]);
    bridge.interrupt();
    driver.write_all(&packet[7..]).await.unwrap();
    let rest = read(&mut server, packet.len() - 7 + INTERRUPT.len()).await;
    assert_eq!(rest, [&packet[7..], &INTERRUPT[..]].concat());
    bridge.cut();
    assert_eq!(driver.read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!(server.read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!(bridge.heard(), None);
}

#[tokio::test]
async fn what_a_listener_says_instead_of_accepting() {
    async fn check(answer: Vec<u8>, wanted: Heard) {
        let (mut driver, mut server, bridge) = between().await;
        driver.write_all(&short(1, 0, b"x")).await.unwrap();
        server.write_all(&answer).await.unwrap();
        server.shutdown().await.unwrap();
        assert_eq!(driver.read(&mut [0; 1]).await.unwrap_or(0), 0, "{wanted:?}");
        assert_eq!(bridge.heard(), Some(wanted));
    }
    let refuse = |text: &str| {
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        short(REFUSE, 0, &[&[0x22, 0][..], &length, text.as_bytes()].concat())
    };
    check(refuse("(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=12514))"), Heard::Refused(Some(12514))).await;
    check(refuse("(DESCRIPTION=(ERR=x)(ERROR_STACK=(ERROR=(CODE=12506))))"), Heard::Refused(Some(12506)))
        .await;
    check(refuse(""), Heard::Refused(None)).await;
    check(short(REDIRECT, 2, &[0, 0]), Heard::Redirected).await;
    check(accept(OWN_ENCRYPTION), Heard::OwnEncryption).await;
    check(Vec::new(), Heard::Closed).await;
}

#[test]
fn frames() {
    let stream = [long(b"one"), long(&[7; 300]), long(b"")].concat();
    let ends: Vec<usize> = vec![11, 11 + 308, 11 + 308 + 8];
    for step in [1, 3, 4, 5, 1000] {
        let mut frames = Frames::default();
        let mut at = 0;
        assert!(frames.between());
        for piece in stream.chunks(step) {
            frames.pass(piece);
            at += piece.len();
            assert_eq!(frames.between(), ends.contains(&at), "{step} {at}");
        }
    }
}
