//! The way to the listener: TCP, an HTTP proxy where there is one, TLS with the wallet's key.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{Resumption, WebPkiServerVerifier};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::keys::Keys;
use crate::db::driver::sqlnet::address::{NameRule, Place};
use crate::db::wallet::handshake::{Fault, fault_of, system_roots};

/// A proxy says no more than this before the tunnel is open.
const LONGEST_PROXY_ANSWER: usize = 8192;

/// The connection to a listener.
pub(super) enum Upstream {
    /// Without TLS.
    Plain(TcpStream),
    /// With TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Upstream {
    /// The same connection after one more handshake from its beginning, as a listener asks for that hands it on to a
    /// process of its own. Without TLS nothing changes.
    ///
    /// # Errors
    /// Those of the handshake.
    pub(super) async fn again(self, place: &Place, keys: &Keys) -> Result<Self, Fault> {
        match self {
            Self::Plain(stream) => Ok(Self::Plain(stream)),
            Self::Tls(stream) => shake(stream.into_inner().0, place, keys).await,
        }
    }
}

impl AsyncRead for Upstream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Upstream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

/// Connects to a place within its limit.
///
/// # Errors
/// What went wrong on the way.
///
/// # Cancel safety
/// Nothing is left when it is dropped.
pub(super) async fn dial(place: &Place, keys: &Keys) -> Result<Upstream, Fault> {
    let way = async {
        let (host, port) =
            place.proxy.as_ref().map_or((&place.host, place.port), |(host, port)| (host, *port));
        let stream = connect(host, port).await;
        let stream = match (stream, &place.proxy) {
            (Ok(stream), None) => stream,
            (Ok(stream), Some(proxy)) => tunnel(stream, place, proxy).await?,
            (Err(fault), None) => return Err(fault),
            (Err(fault), Some((host, port))) => {
                return Err(Fault::Proxy(format!("{host}:{port} is not reached: {fault}")));
            }
        };
        if place.tls { shake(stream, place, keys).await } else { Ok(Upstream::Plain(stream)) }
    };
    tokio::time::timeout(place.limit, way).await.unwrap_or(Err(Fault::TimedOut(place.limit.as_secs().max(1))))
}

async fn connect(host: &str, port: u16) -> Result<TcpStream, Fault> {
    let found = tokio::net::lookup_host((host, port)).await;
    let addresses: Vec<_> = found.map_err(|e| Fault::Unresolved(e.to_string()))?.collect();
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|e| Fault::Refused(e.to_string()))?;
    stream.set_nodelay(true).map_err(|e| Fault::Refused(e.to_string()))?;
    Ok(stream)
}

async fn tunnel(mut stream: TcpStream, place: &Place, proxy: &(String, u16)) -> Result<TcpStream, Fault> {
    let broken = |why: String| Fault::Proxy(format!("{}:{} {why}", proxy.0, proxy.1));
    let host = if place.host.contains(':') { format!("[{}]", place.host) } else { place.host.clone() };
    let target = format!("{host}:{}", place.port);
    let ask = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.map_err(|e| broken(format!("broke off: {e}")))?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        // The listener says nothing before it is spoken to, so nothing of it stands behind the proxy's answer.
        let count = stream.read_buf(&mut answer).await.map_err(|e| broken(format!("broke off: {e}")))?;
        if count == 0 || answer.len() > LONGEST_PROXY_ANSWER {
            return Err(broken("gave no answer to CONNECT".into()));
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.lines().next().unwrap_or_default();
    match status.split_whitespace().nth(1) {
        Some("200") => Ok(stream),
        _ => Err(broken(format!("refused the way to {target}: {status}"))),
    }
}

async fn shake(stream: TcpStream, place: &Place, keys: &Keys) -> Result<Upstream, Fault> {
    let provider = Arc::new(default_provider());
    let other = |e: &dyn std::fmt::Display| Fault::Other(e.to_string());
    let wallet = trusting(keys.authorities(), &provider);
    let verifier = Arc::new(Verifier { wallet, provider: Arc::clone(&provider), rule: place.rule.clone() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| other(&e))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match keys.identity() {
        Some(key) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(key)))),
        None => config.with_no_client_auth(),
    };
    // Another process may answer at the same address the next time.
    config.resumption = Resumption::disabled();
    let name = ServerName::try_from(place.host.clone()).map_err(|e| Fault::Name(format!(" ({e})")))?;
    match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Ok(stream) => Ok(Upstream::Tls(Box::new(stream))),
        Err(error) => Err(subject_fault(&error).unwrap_or_else(|| fault_of(&error))),
    }
}

/// Who trusts these authorities; nobody where there are none.
fn trusting(
    authorities: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities.iter().cloned());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().ok()
}

/// The issuer as always, and the name by the descriptor's rule. The system's many authorities are read only where the
/// wallet's do not know the issuer: that takes longer than the handshake.
#[derive(Debug)]
struct Verifier {
    wallet: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    rule: NameRule,
}

impl Verifier {
    fn issuer(
        &self,
        verify: impl Fn(&WebPkiServerVerifier) -> Result<ServerCertVerified, TlsError>,
    ) -> Result<ServerCertVerified, TlsError> {
        static SYSTEM: OnceLock<Option<Arc<WebPkiServerVerifier>>> = OnceLock::new();
        let unknown = || TlsError::InvalidCertificate(CertificateError::UnknownIssuer);
        let own = self.wallet.as_deref().map_or_else(|| Err(unknown()), &verify);
        let said = match own {
            Err(error) if !is_of_name(&error) => error,
            other => return other,
        };
        let system = SYSTEM.get_or_init(|| trusting(system_roots(), &self.provider));
        match system.as_deref().map_or_else(|| Err(unknown()), &verify) {
            Err(TlsError::InvalidCertificate(CertificateError::UnknownIssuer)) => Err(said),
            other => other,
        }
    }
}

/// The name is looked at last: whoever comes to it has a known issuer and holds at this time.
fn is_of_name(error: &TlsError) -> bool {
    matches!(
        error,
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        )
    )
}

/// A certificate that is for another subject, carried through the TLS library.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is for {found}, not {wanted}")]
struct OtherSubject {
    found: String,
    wanted: String,
}

fn subject_fault(error: &io::Error) -> Option<Fault> {
    let tls = error.get_ref()?.downcast_ref::<TlsError>()?;
    let TlsError::InvalidCertificate(CertificateError::Other(other)) = tls else { return None };
    let OtherSubject { found, wanted } = other.0.downcast_ref::<OtherSubject>()?;
    Some(Fault::Subject { found: found.clone(), wanted: wanted.clone() })
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let verified = self.issuer(|verifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        });
        let verified = match verified {
            Err(error) if self.rule != NameRule::Host && is_of_name(&error) => {
                ServerCertVerified::assertion()
            }
            other => other?,
        };
        if let NameRule::Subject(wanted) = &self.rule {
            let (_, certificate) = X509Certificate::from_der(end_entity)
                .map_err(|_| TlsError::InvalidCertificate(CertificateError::BadEncoding))?;
            let found = certificate.subject().to_string();
            if parts(&found) != parts(wanted) {
                let other = Arc::new(OtherSubject { found, wanted: wanted.clone() });
                return Err(TlsError::InvalidCertificate(CertificateError::Other(
                    tokio_rustls::rustls::OtherError(other),
                )));
            }
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The parts of a distinguished name in no order: the order is written in both directions.
fn parts(name: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut part, mut quoted, mut escaped) = (String::new(), false, false);
    for letter in name.chars().chain(std::iter::once(',')) {
        match letter {
            _ if escaped => {
                part.push(letter);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ',' | '+' if !quoted => {
                if let Some((kind, value)) = part.split_once('=') {
                    let kind = match kind.trim().to_ascii_uppercase() {
                        kind if kind == "S" => "ST".to_owned(),
                        kind => kind,
                    };
                    found.push((kind, value.trim().to_owned()));
                }
                part.clear();
            }
            _ => part.push(letter),
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn subjects() {
        fn check(one: &str, other: &str, same: bool) {
            assert_eq!(parts(one) == parts(other), same, "{one} / {other}");
        }
        check("CN=a,O=b c,C=US", "c=US, o=b c, CN=a", true);
        check("CN=a, ST=California", "S=California,CN=a", true);
        check("CN=a, O=\"b, c\"", "CN=a, O=b\\, c", true);
        check("CN=a, O=b", "CN=a", false);
        check("CN=a", "CN=A", false);
        check("", "CN=a", false);
    }

    /// A proxy that answers with these words, and what it was asked.
    async fn proxy(answer: &'static str) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut asked).await.unwrap();
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        (port, asked)
    }

    #[tokio::test]
    async fn proxies() {
        async fn check(answer: &'static str, wanted: Option<&str>) {
            let (port, asked) = proxy(answer).await;
            let text = format!(
                "(description=(address=(protocol=tcp)(https_proxy=127.0.0.1)(https_proxy_port={port})(host=adb.example.com)\
                 (port=1522))(connect_data=(service_name=s)))"
            );
            let around =
                crate::db::driver::sqlnet::address::Around { database: "dev", tnsnames: None, wallet: false };
            let route = crate::db::driver::sqlnet::address::read(&text, around).unwrap();
            let found = dial(&route.places[0], &Keys::none()).await.err();
            assert_eq!(asked.await.unwrap().lines().next(), Some("CONNECT adb.example.com:1522 HTTP/1.1"));
            match wanted {
                None => assert_eq!(found, None),
                Some(wanted) => assert!(found.as_ref().unwrap().to_string().contains(wanted), "{found:?}"),
            }
        }
        check("HTTP/1.1 200 Connection established\r\n\r\n", None).await;
        check(
            "HTTP/1.1 403 Forbidden\r\nx: y\r\n\r\n",
            Some("refused the way to adb.example.com:1522: HTTP/1.1 403"),
        )
        .await;
        check("HTTP/1.1", Some("gave no answer")).await;
    }
}
