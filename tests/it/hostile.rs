//! Wallets that an attacker put together, on their way between the cloud and adbctl.

use std::io::{Cursor, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use zip::write::SimpleFileOptions;

use crate::attacks::{REFRESH, Scene};

/// Something between adbctl and the cloud that hands out a wallet of its own.
fn between(origin: &str, wallet: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let there = origin.trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = relay(stream.unwrap(), &there, &wallet);
        }
    });
    address
}

fn relay(mut here: TcpStream, there: &str, wallet: &impl Fn(&[u8]) -> Vec<u8>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut block = [0; 8192];
    let (head, length) = loop {
        let n = here.read(&mut block)?;
        if n == 0 {
            return Ok(());
        }
        request.extend(&block[..n]);
        if let Some(end) = request.windows(4).position(|w| w == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length = text.lines().find_map(|l| l.strip_prefix("content-length:"));
            break (end, length.map_or(0, |l| l.trim().parse::<usize>().unwrap()));
        }
    };
    while request.len() < head + 4 + length {
        let n = here.read(&mut block)?;
        request.extend(&block[..n]);
    }
    let asks_for_wallet = String::from_utf8_lossy(&request[..head]).contains("/actions/generateWallet");
    request.splice(head..head, *b"\r\nconnection: close");
    let mut cloud = TcpStream::connect(there)?;
    cloud.write_all(&request)?;
    let mut answer = Vec::new();
    cloud.read_to_end(&mut answer)?;
    if asks_for_wallet {
        let body = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        let zip = wallet(&answer[body..]);
        answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/zip\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            zip.len()
        )
        .into_bytes();
        answer.extend(zip);
    }
    here.write_all(&answer)
}

/// A wallet that an attacker put together: it is refused as a whole, nothing is written outside or inside, and with
/// a good wallet the run goes on.
#[test]
fn hostile_wallets_are_refused() {
    type Hostile = fn(&mut zip::ZipWriter<Cursor<Vec<u8>>>);
    let attacks: [(&str, Hostile, &str); 4] = [
        (
            "..",
            |z| {
                z.start_file("../evil.txt", SimpleFileOptions::default()).unwrap();
                z.write_all(b"evil").unwrap();
            },
            "evil.txt",
        ),
        (
            "absolute",
            |z| {
                z.start_file("/adbctl-evil.txt", SimpleFileOptions::default()).unwrap();
                z.write_all(b"evil").unwrap();
            },
            "evil.txt",
        ),
        (
            "link",
            |z| {
                z.add_symlink("sqlnet.ora.link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
            },
            "link",
        ),
        (
            "bomb",
            |z| {
                z.start_file("README2", SimpleFileOptions::default()).unwrap();
                z.write_all(&vec![0; 64 << 20]).unwrap();
            },
            "README2",
        ),
    ];
    let scene = Scene::new();
    // So that the wallet is fetched first where it is handed over.
    scene.rehearsal.use_driver("ords");
    scene.lay_out();
    let origin = scene.rehearsal.description()["oci_endpoint"].as_str().unwrap().to_owned();
    let mut first = true;
    for (name, attack, named) in attacks {
        let address = between(&origin, move |good| {
            let mut writer = zip::ZipWriter::new_append(Cursor::new(good.to_vec())).unwrap();
            attack(&mut writer);
            writer.finish().unwrap().into_inner()
        });
        scene.replace("adbctl.toml", "endpoint", &format!("endpoint = '{address}'"));
        let ended = scene.rehearsal.run(if first { REFRESH } else { &["resume"] });
        assert_eq!(ended.code, 6, "{name}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("✗ wallet") && ended.stderr.contains(named),
            "{name}: {}",
            ended.stderr
        );
        assert!(ended.stderr.contains("what to do:"), "{name}: {}", ended.stderr);
        let runs = scene.home().join(".local/state/adbctl/runs");
        let run = std::fs::read_dir(runs).unwrap().next().unwrap().unwrap().path();
        assert!(!run.join("wallet").exists(), "{name}: nothing of it is unpacked");
        assert!(!run.join("evil.txt").exists(), "{name}: nothing is written beside");
        first = false;
    }
    assert!(!Path::new("/adbctl-evil.txt").exists());
    scene.replace("adbctl.toml", "endpoint", &format!("endpoint = '{origin}'"));
    let ended = scene.rehearsal.run(&["resume"]).expect(0);
    assert!(ended.stdout.contains("Verdict: done"), "{}", ended.stdout);
}
