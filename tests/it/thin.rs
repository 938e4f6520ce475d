//! The thin driver against the sandbox's listener: its contract over each way there, and each way in which a
//! connection fails.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use adbctl::db::driver::Credentials;
use adbctl::db::driver::long::{LongFailure, Pieces};
use adbctl::db::{DbError, Drivers, Session, SessionOptions, contract};
use adbctl::model::act::{Bind, BindKind, Connection, Direction, Reply, Returns, SqlCall};
use adbctl::model::{Category, Secret};
use adbctl::oci::{Oci, OciOptions, database};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::hands;
use crate::support::Rehearsal;

fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// ADMIN's way into the sandbox's dev over the thin driver.
struct Way {
    connection: Connection,
    credentials: Credentials,
}

impl Way {
    fn to(rehearsal: &Rehearsal, address: &str, wallet: Value, wallet_password: Option<&str>) -> Self {
        let database = &rehearsal.description()["databases"]["dev"];
        Self {
            connection: Connection {
                database: "dev".to_owned(),
                ocid: database["ocid"].clone(),
                driver: "thin".to_owned(),
                address: json!(address),
                user: json!("ADMIN"),
                password: Value::Null,
                wallet,
                results: Value::Null,
            },
            credentials: Credentials {
                password: Secret::new(database["admin_password"].as_str().unwrap().to_owned()),
                wallet_password: wallet_password.map(|password| Secret::new(password.to_owned())),
            },
        }
    }

    /// Without TLS.
    fn tcp(rehearsal: &Rehearsal) -> Self {
        let address = rehearsal.description()["databases"]["dev"]["tns"].as_str().unwrap().to_owned();
        Self::to(rehearsal, &address, Value::Null, None)
    }

    /// With the wallet in a directory.
    fn wallet(rehearsal: &Rehearsal, address: &str, directory: &Path) -> Self {
        let password =
            rehearsal.description()["databases"]["dev"]["wallet_password"].as_str().unwrap().to_owned();
        Self::to(rehearsal, address, json!({ "path": directory, "password": null }), Some(&password))
    }

    async fn open(&self, drivers: &Drivers) -> Result<Box<dyn Session>, DbError> {
        let connector = drivers.connector("thin").unwrap();
        connector.open(&self.connection, self.credentials.clone(), &SessionOptions::default()).await
    }

    fn call(&self, text: &str, binds: Vec<Bind>) -> SqlCall {
        SqlCall {
            connection: self.connection.clone(),
            text: text.to_owned(),
            returns: Returns::Nothing,
            binds,
            limit_seconds: 60,
            consented: false,
        }
    }

    async fn run(&self, session: &mut dyn Session, text: &str) -> Result<Reply, DbError> {
        session.execute(&self.call(text, Vec::new()), &CancellationToken::new()).await
    }
}

fn drivers() -> Drivers {
    Drivers::new(crate::support::http(), None)
}

fn dev(rehearsal: &Rehearsal) -> Value {
    rehearsal.description()["databases"]["dev"].clone()
}

/// The wallet that the sandbox lays out, and a copy of it that a test may spoil.
fn wallet_of(rehearsal: &Rehearsal) -> PathBuf {
    PathBuf::from(dev(rehearsal)["wallet_dir"].as_str().unwrap())
}

fn copy_of(rehearsal: &Rehearsal, name: &str) -> PathBuf {
    let copy = rehearsal.home().join(name);
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(wallet_of(rehearsal)).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    copy
}

/// A directory with the wallet's authority and nothing else, for TLS without a client's certificate.
fn authority_of(rehearsal: &Rehearsal) -> PathBuf {
    let directory = rehearsal.home().join("authority");
    std::fs::create_dir(&directory).unwrap();
    let pem = std::fs::read_to_string(wallet_of(rehearsal).join("ewallet.pem")).unwrap();
    let authority = pem.rfind("-----BEGIN CERTIFICATE-----").unwrap();
    std::fs::write(directory.join("ewallet.pem"), &pem[authority..]).unwrap();
    directory
}

fn allow_one_way(rehearsal: &Rehearsal) {
    let ocid = dev(rehearsal)["ocid"].as_str().unwrap().to_owned();
    let body = json!({ "isMtlsConnectionRequired": false });
    hands::cloud(rehearsal, &ocid, &database::update(json!(ocid), body, Value::Null));
}

fn service(rehearsal: &Rehearsal) -> String {
    dev(rehearsal)["tns"].as_str().unwrap().split_once('/').unwrap().1.to_owned()
}

#[test]
fn the_driver_keeps_its_contract() {
    fn check(what: &str, way: &Way) {
        let drivers = drivers();
        let connector = drivers.connector("thin").unwrap();
        let findings = on_runtime(contract::all_with(connector, &way.connection, &way.credentials));
        let wrong: Vec<_> =
            findings.iter().filter_map(|(rule, found)| found.as_ref().err().map(|why| (rule, why))).collect();
        assert!(wrong.is_empty(), "{what}: {wrong:#?}");
    }
    let rehearsal = Rehearsal::new();
    check("without TLS", &Way::tcp(&rehearsal));
    check("with the wallet", &Way::wallet(&rehearsal, "dev_low", &wallet_of(&rehearsal)));
    allow_one_way(&rehearsal);
    let port = &dev(&rehearsal)["one_way_port"];
    let address = format!("tcps://localhost:{port}/{}", service(&rehearsal));
    let wallet = json!({ "path": authority_of(&rehearsal), "password": null });
    check("with TLS and no wallet", &Way::to(&rehearsal, &address, wallet, None));
}

/// A reply's tail of some fifty bytes travels in a packet of its own at some lengths; what is read must not depend on it.
#[test]
fn every_length_around_a_packet() {
    let rehearsal = Rehearsal::new();
    let way = Way::tcp(&rehearsal);
    on_runtime(async {
        let mut session = way.open(&drivers()).await.unwrap();
        // A packet holds 65535 bytes, its own head included, and a CLOB travels in two bytes a unit.
        for units in (32_680..32_780).chain([65_400, 65_448, 65_480, 65_500, 98_180]) {
            let text: String = "0123456789öü🎈".chars().cycle().take(units / 14 * 13).collect();
            let binds = vec![
                Bind {
                    name: "there".into(),
                    kind: BindKind::Clob,
                    direction: Direction::In,
                    value: json!(text),
                },
                Bind {
                    name: "back".into(),
                    kind: BindKind::Clob,
                    direction: Direction::Out,
                    value: Value::Null,
                },
            ];
            let fill = format!(
                "begin :back := rpad('x', 1000, 'x') || :there || rpad('y', {}, 'y'); end;",
                units % 14 + 1
            );
            let reply = session.execute(&way.call(&fill, binds), &CancellationToken::new()).await.unwrap();
            let back = reply.value["binds"]["back"].as_str().unwrap();
            assert_eq!(
                back.encode_utf16().count(),
                1000 + text.encode_utf16().count() + units % 14 + 1,
                "{units}"
            );
            assert_eq!(&back[1000..1000 + text.len()], text, "{units}");
        }
        session.close().await;
    });
}

/// Takes a value in pieces of a size, and counts how often it had to begin anew.
#[derive(Default)]
struct Taker {
    size: usize,
    bytes: Vec<u8>,
    begun_anew: usize,
}

impl Pieces for Taker {
    fn size(&self) -> usize {
        self.size
    }

    fn take(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    fn again(&mut self) -> std::io::Result<()> {
        self.bytes.clear();
        self.begun_anew += 1;
        Ok(())
    }
}

/// Pieces whose answers end at every place around the edge of a packet. The driver gives some of them twice over from a
/// database that does not mark the ends of its answers.
#[test]
fn values_in_pieces_of_every_size_around_a_packet() {
    fn check(rehearsal: &Rehearsal, marks: bool) {
        let way = Way::tcp(rehearsal);
        on_runtime(async {
            let mut session = way.open(&drivers()).await.unwrap();
            way.run(&mut *session, "create table pieces_try (id number, words clob, bytes blob)")
                .await
                .unwrap();
            let texts = ["0123456789".repeat(8_000), "0a🎈ö".repeat(20_000)];
            let fill = "declare w clob := :w; b blob; begin dbms_lob.createtemporary(b, true); \
                        for i in 1 .. 5 loop dbms_lob.append(b, utl_raw.cast_to_raw(dbms_lob.substr(w, 10000, i))); \
                        end loop; insert into pieces_try values (:id, w, b); end;";
            for (id, text) in texts.iter().enumerate() {
                let bind = |name: &str, kind, value| Bind {
                    name: name.into(),
                    kind,
                    direction: Direction::In,
                    value,
                };
                let binds =
                    vec![bind("w", BindKind::Clob, json!(text)), bind("id", BindKind::Number, json!(id))];
                session.execute(&way.call(fill, binds), &CancellationToken::new()).await.unwrap();
            }
            let mut ask = async |text: &str, size: usize| {
                let mut taker = Taker { size, ..Taker::default() };
                let call = way.call(text, Vec::new());
                session.long_value(&call, &mut taker, &CancellationToken::new()).await.unwrap();
                taker
            };
            let mut begun_anew = 0;
            // A packet holds 65535 bytes, its own head included; a CLOB travels in two bytes a unit.
            for size in 32_690..32_765 {
                for (id, text) in texts.iter().enumerate() {
                    let taken = ask(&format!("select words from pieces_try where id = {id}"), size).await;
                    assert!(taken.bytes == text.as_bytes(), "{id} in pieces of {size}");
                    begun_anew += taken.begun_anew;
                }
            }
            // The last piece alone, which may come twice over without harm, and a BLOB, whose pieces never do harm.
            for size in (65_460..65_530).step_by(4) {
                let text =
                    format!("select substr(words, 1, {}) from pieces_try where id = 0", size / 2 + 40_000);
                assert_eq!(ask(&text, 40_000).await.bytes.len(), size / 2 + 40_000, "{size}");
                let taken = ask("select bytes from pieces_try where id = 0", size).await;
                assert_eq!((taken.bytes.len(), taken.begun_anew), (50_000, 0), "{size}");
            }
            assert_eq!(begun_anew > 0, !marks, "{begun_anew}");
            let mut disk = Full;
            let call = way.call("select words from pieces_try where id = 0", Vec::new());
            let failed = session.long_value(&call, &mut disk, &CancellationToken::new()).await.unwrap_err();
            assert!(matches!(failed, LongFailure::Taker(_)), "{failed:?}");
            way.run(&mut *session, "drop table pieces_try").await.unwrap();
            session.close().await;
        });
    }
    let rehearsal = Rehearsal::new();
    check(&rehearsal, false);
    let ocid = dev(&rehearsal)["ocid"].as_str().unwrap().to_owned();
    hands::cloud(
        &rehearsal,
        &ocid,
        &database::update(json!(ocid), json!({ "dbVersion": "26ai" }), Value::Null),
    );
    check(&rehearsal, true);
}

/// A disk without room.
struct Full;

impl Pieces for Full {
    fn size(&self) -> usize {
        1000
    }

    fn take(&mut self, _: &[u8]) -> std::io::Result<()> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn again(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn sessions_keep_state_and_statements_are_committed() {
    let rehearsal = Rehearsal::new();
    let way = Way::tcp(&rehearsal);
    on_runtime(async {
        let drivers = drivers();
        let mut one = way.open(&drivers).await.unwrap();
        let mut other = way.open(&drivers).await.unwrap();
        let count = "select count(*) as n from thin_try";
        way.run(&mut *one, "create table thin_try (id number primary key, word varchar2(10))").await.unwrap();
        let changed = way
            .run(&mut *one, "insert into thin_try select level, 'x' from dual connect by level <= 3;")
            .await;
        assert_eq!(changed.unwrap().value["affected"], 3);
        let seen = way.run(&mut *other, count).await.unwrap();
        assert_eq!(seen.value["rows"], json!([{ "n": 3 }]), "the other session sees what was committed");
        // A statement that fails leaves nothing of itself.
        let twice = "begin insert into thin_try values (4, 'x'); insert into thin_try values (1, 'x'); end;";
        let error = way.run(&mut *one, twice).await.unwrap_err();
        assert_eq!((error.code(), error.category), (Some("ORA-00001"), Category::Conflict));
        assert_eq!(way.run(&mut *one, count).await.unwrap().value["rows"], json!([{ "n": 3 }]));
        let returned = way.call(
            "update thin_try set word = 'y' where id = 2 returning word into :w",
            vec![Bind {
                name: "w".into(),
                kind: BindKind::Varchar2,
                direction: Direction::Out,
                value: Value::Null,
            }],
        );
        let reply = one.execute(&returned, &CancellationToken::new()).await.unwrap();
        assert_eq!((&reply.value["binds"], &reply.value["affected"]), (&json!({ "w": "y" }), &json!(1)));
        way.run(&mut *one, "alter session set nls_date_format = 'YYYY'").await.unwrap();
        let year = way.run(&mut *one, "select to_char(date '2024-02-29') as y from dual").await.unwrap();
        assert_eq!(year.value["rows"], json!([{ "y": "2024" }]));
        // The line of a mistake in SQL, of several lines.
        let error = way.run(&mut *one, "select 1\nfrom\nno_such_table").await.unwrap_err();
        assert_eq!((error.code(), error.line), (Some("ORA-00942"), Some(3)));
        way.run(&mut *one, "drop table thin_try").await.unwrap();
        one.close().await;
        other.close().await;
    });
}

#[test]
fn statements_are_broken_off() {
    let rehearsal = Rehearsal::new();
    let way = Way::wallet(&rehearsal, "dev_low", &wallet_of(&rehearsal));
    on_runtime(async {
        let mut session = way.open(&drivers()).await.unwrap();
        way.run(&mut *session, "begin dbms_application_info.set_client_info('kept'); end;").await.unwrap();
        let begun = Instant::now();
        let cancel = CancellationToken::new();
        let later = cancel.clone();
        drop(tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(150)).await;
            later.cancel();
        }));
        let endless = way.call("declare n number := 0; begin loop n := n + 1; end loop; end;", Vec::new());
        let error = session.execute(&endless, &cancel).await.unwrap_err();
        assert_eq!(error.category, Category::Cancelled, "{error} {:?}", error.causes);
        let late = SqlCall { limit_seconds: 1, ..endless };
        let error = session.execute(&late, &CancellationToken::new()).await.unwrap_err();
        assert_eq!(error.category, Category::TimedOut, "{error} {:?}", error.causes);
        assert!(error.to_string().contains("longer than its 1 s"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10));
        // It is the same session all the while.
        let info = way
            .run(&mut *session, "select sys_context('userenv', 'client_info') as i from dual")
            .await
            .unwrap();
        assert_eq!(info.value["rows"], json!([{ "i": "kept" }]));
        session.close().await;
    });
}

#[test]
fn lost_sessions() {
    fn check(rehearsal: &Rehearsal, rule: &Value, wanted: (Category, Option<&str>)) {
        let way = Way::tcp(rehearsal);
        on_runtime(async {
            let mut session = way.open(&drivers()).await.unwrap();
            way.run(&mut *session, "begin null; end;").await.unwrap();
            rehearsal_fault(rehearsal, rule).await;
            let error = way.run(&mut *session, "begin dbms_output.put_line('x'); end;").await.unwrap_err();
            assert_eq!((error.category, error.code()), wanted, "{rule}: {error} {:?}", error.causes);
            assert!(!error.not_sent && error.advice.is_some(), "{rule}");
            let next = way.run(&mut *session, "begin null; end;").await.unwrap_err();
            assert!(next.not_sent && next.to_string().contains("has ended"), "{rule}: {next}");
            session.close().await;
        });
    }
    let rehearsal = Rehearsal::new();
    let rule = |action: Value| json!({ "method": "CALL", "path": "/sqlnet/*/execute", "count": 1, "action": action });
    check(&rehearsal, &rule(json!({ "drop": { "after": false } })), (Category::Transient, None));
    check(&rehearsal, &rule(json!({ "drop": { "after": true } })), (Category::Transient, None));
    let kill = json!({ "engine": { "name": "kill-session", "detail": { "late": false } } });
    check(&rehearsal, &rule(kill), (Category::Transient, Some("ORA-00028")));
}

async fn rehearsal_fault(rehearsal: &Rehearsal, rule: &Value) {
    let url = format!("{}/sandbox/faults", rehearsal.description()["oci_endpoint"].as_str().unwrap());
    let status = crate::support::http().post(url).json(rule).send().await.unwrap().status();
    assert_eq!(status.as_u16(), 201, "{rule}");
}

#[test]
fn connections_that_fail_say_why() {
    #[track_caller]
    fn check(way: &Way, category: Category, said: &str, advice: &str) {
        let Err(error) = on_runtime(way.open(&drivers())) else { panic!("{said}: it was let in") };
        let whole = format!("{error} {:?}", error.causes);
        assert!(whole.contains(said), "{said}: {whole}");
        let advised = error.advice.clone().unwrap_or_default();
        assert!(advised.contains(advice), "{said}: {advised}");
        assert_eq!(error.category, category, "{whole}");
        assert!(error.not_sent, "{whole}");
    }
    let rehearsal = Rehearsal::new();
    let wallet = wallet_of(&rehearsal);
    let service = service(&rehearsal);
    let with = |address: &str, wallet: &Path| Way::wallet(&rehearsal, address, wallet);
    let tls_port = &dev(&rehearsal)["tls_port"];

    // The wallet.
    check(&with("dev_law", &wallet), Category::Invalid, "has no dev_law; it has", "take one of these");
    let bare = copy_of(&rehearsal, "bare");
    std::fs::remove_file(bare.join("ewallet.pem")).unwrap();
    check(&with("dev_low", &bare), Category::Invalid, "has no ewallet.pem", "download it again");
    let there = json!({ "path": wallet, "password": null });
    let way = Way::to(&rehearsal, "dev_low", there.clone(), Some("not-the-Passw0rd"));
    check(&way, Category::Denied, "password does not open", "downloaded with");
    let way = Way::to(&rehearsal, "dev_low", there, None);
    check(&way, Category::Invalid, "no password of the wallet is configured", "wallet_password");
    let way = Way::to(&rehearsal, "dev_low", Value::Null, None);
    check(&way, Category::Invalid, "there is no tnsnames.ora", "host:port/service");
    check(&with("dev_low", Path::new("/nowhere/at/all")), Category::Invalid, "cannot be read", "whole path");

    // The way to the listener.
    let by_address = copy_of(&rehearsal, "by_address");
    let names = std::fs::read_to_string(by_address.join("tnsnames.ora")).unwrap();
    std::fs::write(by_address.join("tnsnames.ora"), names.replace("localhost", "127.0.0.1")).unwrap();
    check(
        &with("dev_low", &by_address),
        Category::Invalid,
        "is not for this name",
        "an IP was put into tnsnames.ora",
    );
    std::fs::write(by_address.join("tnsnames.ora"), names.replace("host=localhost", "host=nowhere.invalid"))
        .unwrap();
    check(&with("dev_low", &by_address), Category::Transient, "does not resolve", "DNS");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    check(
        &with(&format!("tcps://localhost:{free}/{service}"), &wallet),
        Category::Transient,
        "connection was not made",
        "open",
    );
    let plain = dev(&rehearsal)["tns"].as_str().unwrap().replace("127.0.0.1", "localhost");
    let plain = format!("tcps://{plain}?connect_timeout=1");
    check(&with(&plain, &wallet), Category::Transient, "no handshake within 1 s", "network groups");
    let dn = format!(
        "(description=(address=(protocol=tcps)(host=127.0.0.1)(port={tls_port}))(connect_data=(service_name={service}))\
         (security=(ssl_server_cert_dn=\"CN=other.example.com\")))"
    );
    check(
        &with(&dn, &wallet),
        Category::Invalid,
        "\"CN=other.example.com\" is asked for",
        "ssl_server_cert_dn",
    );
    let way = Way::to(
        &rehearsal,
        &format!("tcps://localhost:{tls_port}/{service}"),
        json!({ "path": authority_of(&rehearsal) }),
        None,
    );
    check(&way, Category::Invalid, "demands a client certificate", "a wallet with a key");
    let one_way = format!("tcps://localhost:{}/{service}", dev(&rehearsal)["one_way_port"]);
    check(&with(&one_way, &wallet), Category::Denied, "ORA-12506", "wallet");
    let quiet = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let quiet = format!("tcp://127.0.0.1:{}/{service}?connect_timeout=1", quiet.local_addr().unwrap().port());
    // Nothing is said after the connection: the sessions' own limit would be a minute.
    let begun = Instant::now();
    let way = Way::to(&rehearsal, &quiet, Value::Null, None);
    let ended =
        on_runtime(async { tokio::time::timeout(Duration::from_millis(300), way.open(&drivers())).await });
    assert!(
        ended.is_err() && begun.elapsed() < Duration::from_secs(5),
        "a logon can be given up at any time"
    );

    // The listener and the logon.
    let tns = dev(&rehearsal)["tns"].as_str().unwrap().to_owned();
    let unknown = Way::to(&rehearsal, &tns.replace("_low.", "_law."), Value::Null, None);
    check(&unknown, Category::Transient, "ORA-12514", "take the new wallet");
    for (number, code, category) in
        [(12506, "ORA-12506", Category::Denied), (12528, "ORA-12528", Category::Transient)]
    {
        let rule = json!({ "method": "CONNECT", "path": "/sqlnet/*", "count": 1, "action": { "refuse": { "error": number } } });
        on_runtime(rehearsal_fault(&rehearsal, &rule));
        check(&Way::tcp(&rehearsal), category, code, "");
    }
    let drop = json!({ "method": "CONNECT", "path": "/sqlnet/*", "count": 1, "action": { "drop": { "after": false } } });
    on_runtime(rehearsal_fault(&rehearsal, &drop));
    check(
        &Way::tcp(&rehearsal),
        Category::Transient,
        "closed the connection without an answer",
        "access list",
    );
    let mut wrong = Way::tcp(&rehearsal);
    wrong.credentials.password = Secret::new("not-the-Passw0rd".to_owned());
    check(&wrong, Category::Denied, "ORA-01017", "do not try again");
    hands::sql(
        &rehearsal,
        "dev",
        "create user locked_one identified by \"Locked-Pass-1\" account lock;\ngrant create session to locked_one;\n\
         create user old_one identified by \"Locked-Pass-1\" password expire;\ngrant create session to old_one;\n",
    );
    for (user, code, advice) in
        [("LOCKED_ONE", "ORA-28000", "ACCOUNT UNLOCK"), ("OLD_ONE", "ORA-28001", "IDENTIFIED BY")]
    {
        let mut way = Way::tcp(&rehearsal);
        way.connection.user = json!(user);
        way.credentials.password = Secret::new("Locked-Pass-1".to_owned());
        check(&way, Category::Denied, code, advice);
    }
    let mut empty = Way::tcp(&rehearsal);
    empty.credentials.password = Secret::new(String::new());
    check(&empty, Category::Invalid, "is empty", "source");

    // A wallet from before a rotation, and a stopped database.
    let old = copy_of(&rehearsal, "old");
    let ocid = dev(&rehearsal)["ocid"].as_str().unwrap().to_owned();
    hands::cloud(&rehearsal, &ocid, &database::rotate_wallet(json!(ocid)));
    check(&with("dev_low", &old), Category::Invalid, "issuer", "download the wallet again");
    hands::cloud(&rehearsal, &ocid, &database::stop(json!(ocid), Value::Null));
    check(&Way::tcp(&rehearsal), Category::Denied, "ORA-12506", "start the database");
}

/// A wallet that the service gives is asked for once, and once more when the database has another.
#[test]
fn downloaded_wallets() {
    let rehearsal = Rehearsal::new();
    let description = rehearsal.description();
    let cloud = Oci::new(&OciOptions {
        config_file: description["oci_config"].as_str().map(Into::into),
        endpoint: description["oci_endpoint"].as_str().map(str::to_owned),
        ..OciOptions::default()
    })
    .unwrap();
    let drivers = Drivers::new(crate::support::http(), Some(cloud));
    let ocid = dev(&rehearsal)["ocid"].as_str().unwrap().to_owned();
    let downloads = || {
        let asked =
            |line: &Value| line["path"].as_str().is_some_and(|path| path.ends_with("/generateWallet"));
        rehearsal.audit().iter().filter(|line| asked(line)).count()
    };
    let way = Way::to(&rehearsal, "dev_low", json!("download"), None);
    let visit = async || {
        let mut session = way.open(&drivers).await.unwrap();
        way.run(&mut *session, "begin null; end;").await.unwrap();
        session.close().await;
    };
    on_runtime(async {
        visit().await;
        visit().await;
    });
    assert_eq!(downloads(), 1);
    hands::cloud(&rehearsal, &ocid, &database::rotate_wallet(json!(ocid)));
    on_runtime(visit());
    assert_eq!(downloads(), 2);
    let Err(error) = on_runtime(way.open(&self::drivers())) else { panic!("there is nobody to ask") };
    assert!(error.to_string().contains("cannot be downloaded"), "{error}");
}
