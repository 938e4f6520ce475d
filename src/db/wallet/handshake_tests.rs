use std::fmt::Write as _;
use std::sync::atomic::AtomicUsize;

use camino::Utf8PathBuf;
use pkcs8::pkcs5::pbes2;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};

use super::*;

const PASSWORD: &str = "Wallet-Test-1";

/// A certificate authority of a test.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
    der: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        Self { params, key, pem: made.pem(), der: made.der().clone() }
    }

    /// A certificate with its key; it holds from 1975 to the given year.
    fn issue(&self, name: &str, until: i32) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        (made, key)
    }
}

/// `ewallet.pem` as the service makes it.
pub(crate) fn pem(authority: &Authority, until: i32) -> String {
    let (certificate, key) = authority.issue("client.example.com", until);
    let params = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(1000, &[7; 16], [9; 16]).unwrap();
    let info = pkcs8::EncryptedPrivateKeyInfoOwned {
        encrypted_data: pkcs8::der::asn1::OctetString::new(
            params.encrypt(PASSWORD, key.serialized_der()).unwrap(),
        )
        .unwrap(),
        encryption_algorithm: params.into(),
    };
    let document = pkcs8::SecretDocument::try_from(&info).unwrap();
    let key = document.to_pem("ENCRYPTED PRIVATE KEY", pkcs8::LineEnding::LF).unwrap();
    format!("{}{}{}", key.as_str(), certificate.pem(), authority.pem)
}

struct Server {
    port: u16,
    greeted: Arc<AtomicUsize>,
}

/// A server that takes clients of `trusted` only, with a certificate of `own` for `name`.
async fn serve(
    own: &Authority,
    trusted: &Authority,
    name: &str,
    until: i32,
    version: &'static SupportedProtocolVersion,
) -> Server {
    let (certificate, key) = own.issue(name, until);
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der.clone()).unwrap();
    let provider = Arc::new(default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server { port: listener.local_addr().unwrap().port(), greeted: Arc::default() };
    let (acceptor, greeted) = (TlsAcceptor::from(Arc::new(config)), Arc::clone(&server.greeted));
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, greeted) = (acceptor.clone(), Arc::clone(&greeted));
            tokio::task::spawn_local(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    greeted.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.read(&mut [0]).await;
                }
            });
        }
    });
    server
}

struct Folder {
    _home: tempfile::TempDir,
    path: Utf8PathBuf,
}

/// A wallet with these addresses; each gets two aliases.
fn wallet(pem: &str, addresses: &[(&str, u16)]) -> Folder {
    let home = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(home.path().to_owned()).unwrap();
    let mut names = String::new();
    for (n, (host, port)) in addresses.iter().enumerate() {
        for service in ["high", "low"] {
            let _ = writeln!(
                names,
                "db{n}_{service} = (description=(address=(protocol=tcps)(port={port})(host={host}))\
                 (connect_data=(service_name=x_db{n}_{service}.example.com)))"
            );
        }
    }
    fs_err::write(path.join("tnsnames.ora"), names).unwrap();
    fs_err::write(path.join("ewallet.pem"), pem).unwrap();
    Folder { _home: home, path }
}

async fn proof_of(folder: &Folder, connect_to: &[(&str, String)]) -> Result<Value, ActionError> {
    let connect_to = connect_to.iter().map(|(host, to)| ((*host).to_owned(), to.clone())).collect();
    prove_within(&folder.path, &Secret::new(PASSWORD.into()), &connect_to, Duration::from_secs(2)).await
}

#[tokio::test]
async fn a_good_wallet_is_proved_at_every_address_once() {
    let all = async {
        let authority = Authority::new("Wallet authority");
        for (version, spoken) in [(&TLS12, "TLS 1.2"), (&TLS13, "TLS 1.3")] {
            let first = serve(&authority, &authority, "localhost", 4000, version).await;
            let second = serve(&authority, &authority, "adb.example.com", 4000, version).await;
            let folder =
                wallet(&pem(&authority, 3000), &[("localhost", first.port), ("ADB.example.com", 1522)]);
            let to = [("adb.example.com", format!("127.0.0.1:{}", second.port))];
            let proof = proof_of(&folder, &to).await.unwrap();
            assert_eq!(
                proof["endpoints"],
                json!([
                    { "host": "localhost", "port": first.port, "aliases": ["db0_high", "db0_low"],
                      "protocol": spoken, "client": "accepted" },
                    { "host": "ADB.example.com", "port": 1522, "aliases": ["db1_high", "db1_low"],
                      "protocol": spoken, "client": "accepted" },
                ])
            );
            assert_eq!(proof["expires"], "3000-01-01T00:00:00Z");
            assert_eq!(proof["fingerprint"].as_str().unwrap().len(), 95);
            tokio::task::yield_now().await;
            assert_eq!(first.greeted.load(Ordering::SeqCst), 1, "one handshake for two names");
        }
    };
    tokio::task::LocalSet::new().run_until(all).await;
}

#[tokio::test]
async fn what_fails_is_named_with_its_remedy() {
    fn check(result: Result<Value, ActionError>, category: Category, message: &str, advice: &str) {
        let error = result.unwrap_err();
        let said = error.advice.clone().unwrap_or_default();
        assert!(error.message.contains(message), "{error:?}\nwanted: {message}");
        assert!(said.contains(advice), "{error:?}\nwanted: {advice}");
        assert_eq!(error.category, category, "{error:?}");
        assert!(!format!("{error:?}").contains(PASSWORD));
    }
    let all = async {
        let (own, other) = (Authority::new("Wallet authority"), Authority::new("Another authority"));
        let good = pem(&own, 3000);
        for version in [&TLS12, &TLS13] {
            let stranger = serve(&other, &own, "localhost", 4000, version).await;
            let result = proof_of(&wallet(&good, &[("localhost", stranger.port)]), &[]).await;
            let line =
                format!("db0_high, db0_low (localhost:{}): the server's certificate comes", stranger.port);
            check(result, Category::Invalid, &line, "download the wallet again");

            let named = serve(&own, &own, "adb.example.com", 4000, version).await;
            let result = proof_of(&wallet(&good, &[("localhost", named.port)]), &[]).await;
            check(
                result,
                Category::Invalid,
                "is not for this name (it is for ",
                "another server answers there",
            );
            let result = proof_of(&wallet(&good, &[("127.0.0.1", named.port)]), &[]).await;
            check(result, Category::Invalid, "(127.0.0.1:", "an IP was put into tnsnames.ora: use the FQDN");

            let old = serve(&own, &own, "localhost", 2001, version).await;
            let result = proof_of(&wallet(&good, &[("localhost", old.port)]), &[]).await;
            check(result, Category::Invalid, "the server's certificate has expired", "clock");

            let strict = serve(&own, &other, "localhost", 4000, version).await;
            let result = proof_of(&wallet(&good, &[("localhost", strict.port)]), &[]).await;
            check(
                result,
                Category::Denied,
                "refused the wallet's client certificate",
                "download the wallet again",
            );
        }
        let expired = wallet(&pem(&own, 2001), &[("localhost", 1)]);
        let advice = "download the wallet again, or rotate";
        check(proof_of(&expired, &[]).await, Category::Invalid, "expired at 2001-01-01T00:00:00Z", advice);

        let closing = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = closing.local_addr().unwrap().port();
        tokio::task::spawn_local(async move { while closing.accept().await.is_ok() {} });
        let result = proof_of(&wallet(&good, &[("localhost", port)]), &[]).await;
        check(result, Category::Transient, "closed the connection", "access list");

        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = silent.local_addr().unwrap().port();
        let result = proof_of(&wallet(&good, &[("localhost", port)]), &[]).await;
        check(result, Category::Transient, "no handshake within 2 s", "whether the database is open");
        drop(silent);
        let result = proof_of(&wallet(&good, &[("localhost", port)]), &[]).await;
        check(result, Category::Transient, "the connection was not made", "whether the database is open");

        let talker = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = talker.local_addr().unwrap().port();
        tokio::task::spawn_local(async move {
            while let Ok((mut stream, _)) = talker.accept().await {
                use tokio::io::AsyncWriteExt as _;
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            }
        });
        let result = proof_of(&wallet(&good, &[("localhost", port)]), &[]).await;
        check(result, Category::Invalid, "the handshake failed", "TLS port");

        // A lasting fault is told first, the passing one beside it.
        let stranger = serve(&other, &own, "localhost", 4000, &TLS12).await;
        let result = proof_of(&wallet(&good, &[("localhost", 1), ("localhost", stranger.port)]), &[]).await;
        let causes = result.as_ref().unwrap_err().causes.clone();
        check(result, Category::Invalid, "db1_high", "download the wallet again");
        assert!(causes.len() == 1 && causes[0].starts_with("db0_high"), "{causes:?}");
    };
    tokio::task::LocalSet::new().run_until(all).await;
}

#[tokio::test]
async fn wallets_that_cannot_be_used() {
    async fn check(pem: &str, password: &str, wanted: &str) {
        let folder = wallet(pem, &[("localhost", 1)]);
        let error = prove(&folder.path, &Secret::new(password.into()), &BTreeMap::new()).await.unwrap_err();
        assert!(error.message.contains(wanted), "{error:?}");
        assert!(error.advice.is_some());
    }
    let authority = Authority::new("Wallet authority");
    let good = pem(&authority, 3000);
    check(&good, "Another-Password-1", "password does not open").await;
    check("", PASSWORD, "has no private key").await;
    check("-----BEGIN CERTIFICATE-----\nAAAA\n", PASSWORD, "a block does not end").await;
    check("-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n", PASSWORD, "is no base64").await;
    let key_only = good.split("-----BEGIN CERTIFICATE").next().unwrap();
    check(key_only, PASSWORD, "no certificate").await;
    check(&format!("{key_only}{}", authority.pem), PASSWORD, "no certificate").await;
    let plain = wallet(&good, &[]);
    let names = "x = (description=(address=(protocol=tcp)(host=localhost)(port=1521)))";
    for (names, wanted) in [("", "names no service"), ("x =", "x has no description"), (names, "has no TLS")]
    {
        fs_err::write(plain.path.join("tnsnames.ora"), names).unwrap();
        let error = proof_of(&plain, &[]).await.unwrap_err();
        assert!(error.message.contains(wanted), "{error:?}");
    }
    fs_err::remove_file(plain.path.join("tnsnames.ora")).unwrap();
    assert_eq!(proof_of(&plain, &[]).await.unwrap_err().category, Category::NotFound);
}

#[test]
fn where_a_host_is_dialled() {
    fn check(to: &str, host: &str, port: u16) {
        let target = Target { host: "Adb.example.com".into(), port: 1522, aliases: Vec::new() };
        let table = BTreeMap::from([("adb.example.com".to_owned(), to.to_owned())]);
        assert_eq!(dial(&target, &table), (host.to_owned(), port), "{to}");
    }
    check("10.0.0.5", "10.0.0.5", 1522);
    check("localhost:2522", "localhost", 2522);
    check("fd00::5", "fd00::5", 1522);
    check("[fd00::5]", "fd00::5", 1522);
    check("[fd00::5]:2522", "fd00::5", 2522);
}
