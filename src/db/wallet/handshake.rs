//! The proof of a wallet: a TLS handshake with its own key at every address it names.
//!
//! The server's name is always compared with its certificate, as the thin drivers do, whatever the descriptor says;
//! its issuer may be one of the wallet's own authorities or one of the system's. A wallet counts as proved when every
//! address has completed the handshake.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use camino::Utf8Path;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{
    AlertDescription, CertificateError, ClientConfig, Error as TlsError, ProtocolVersion, RootCertStore,
    SignatureScheme,
};

use super::identity::Identity;
use super::tnsnames::Descriptor;
use crate::model::{ActionError, Category, Secret};

/// How long one address may take, from the name's resolution to the end of the handshake.
const LIMIT: Duration = Duration::from_secs(10);
/// How long a TLS 1.3 server is listened to after the handshake: there it refuses a client's certificate only then.
const AFTERTHOUGHT: Duration = Duration::from_millis(700);
/// How many addresses are tried at the same time.
const AT_ONCE: usize = 4;

/// The code of a proof that failed only because certificates are for names, and addresses stand there.
const NAME_MISMATCH: &str = "name-mismatch";

/// Whether a proof failed only because certificates are for names, and addresses stand there.
pub(crate) fn is_name_mismatch(error: &ActionError) -> bool {
    error.code.as_deref() == Some(NAME_MISMATCH)
}

/// Why a handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the name does not resolve ({0})")]
    Unresolved(String),
    #[error("the connection was not made ({0})")]
    Refused(String),
    #[error("the server closed the connection during the handshake")]
    Closed,
    #[error("no handshake within {0} s")]
    TimedOut(u64),
    #[error("the server's certificate comes from an issuer that neither the wallet nor this system knows")]
    UnknownIssuer,
    #[error("the server's certificate is not for this name{0}")]
    Name(String),
    #[error("the server's certificate has expired or does not hold yet")]
    ServerExpired,
    #[error("the server refused the wallet's client certificate ({0})")]
    ClientRefused(String),
    #[error("the handshake failed: {0}")]
    Other(String),
    #[error("the proxy {0}")]
    Proxy(String),
    #[error("the server's certificate is for {found:?}, and {wanted:?} is asked for")]
    Subject { found: String, wanted: String },
}

impl Fault {
    /// Faults of the connection can pass: a database that was just renamed or started needs a moment.
    pub(crate) fn category(&self) -> Category {
        match self {
            // A proxy may be restarting as well as forbidding it; asking again does no harm.
            Self::Unresolved(_) | Self::Refused(_) | Self::Closed | Self::TimedOut(_) | Self::Proxy(_) => {
                Category::Transient
            }
            Self::ClientRefused(_) => Category::Denied,
            _ => Category::Invalid,
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(&self, host: &str) -> String {
        match self {
            Self::Unresolved(_) => format!(
                "let DNS or the hosts file know {host}; a private endpoint's name resolves inside its network only. \
                 Do not put an address into tnsnames.ora: the certificate belongs to the name"
            ),
            Self::Refused(_) | Self::TimedOut(_) => "look whether the database is open, and whether the network \
                 groups, the access list and any tunnel let this machine in"
                .into(),
            Self::Closed => "look whether the database is open and whether its access list has this machine's \
                 address"
                .into(),
            Self::UnknownIssuer => "download the wallet again: this one may be of another database or from before \
                 its renaming; else a proxy on the way replaces certificates"
                .into(),
            Self::Name(_) if is_address(host) => "an IP was put into tnsnames.ora: use the FQDN there, and let DNS or \
                 the hosts file lead to the IP. Where the address is only another way for the proof, as through a \
                 tunnel, leave tnsnames.ora alone and say connect-to (wallet_connect_to of the refresh)"
                .into(),
            Self::Name(_) => format!("look where {host} leads to: another server answers there"),
            Self::ServerExpired => "look at this machine's clock; the service renews its certificates itself".into(),
            Self::ClientRefused(_) => "download the wallet again: renaming or rotating makes older wallets invalid".into(),
            Self::Proxy(_) => "look whether the proxy lets CONNECT through to this host and port; NO_PROXY names hosts \
                 that are reached without it"
                .into(),
            Self::Subject { .. } => "download the wallet again: an older one names the certificate that the service had \
                 then; or leave ssl_server_cert_dn out, and the host's name is compared"
                .into(),
            Self::Other(_) => "look what answers at this address; it must be the database's TLS port, usually 1522".into(),
        }
    }
}

/// Whether a host is an IP rather than a name.
pub(crate) fn is_address(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
}

/// Shakes hands with everything that the wallet in `directory` names. `connect_to` leads a host's name to another
/// address, as behind a tunnel; the certificate must still be the name's.
///
/// # Errors
/// The wallet cannot be read, its client certificate has expired, or an address fails: the first failure, with the
/// others as causes.
pub(crate) async fn prove(
    directory: &Utf8Path,
    password: &Secret,
    connect_to: &BTreeMap<String, String>,
) -> Result<Value, ActionError> {
    prove_within(directory, password, connect_to, LIMIT).await
}

async fn prove_within(
    directory: &Utf8Path,
    password: &Secret,
    connect_to: &BTreeMap<String, String>,
    limit: Duration,
) -> Result<Value, ActionError> {
    let descriptors = super::folder::descriptors(directory)?;
    let pem = super::folder::read(directory, "ewallet.pem")?;
    let identity = Identity::open(&pem, password)?;
    identity.check_dates(crate::model::clock::now())?;
    let identity = Arc::new(identity);
    let targets = targets(&descriptors)?;
    let proofs: Vec<(Target, Result<Proof, Fault>)> = futures::stream::iter(targets)
        .map(|target| {
            let (identity, address) = (Arc::clone(&identity), dial(&target, connect_to));
            async move {
                let tried = tokio::time::timeout(limit, shake(&identity, &target.host, &address)).await;
                let result = tried.unwrap_or(Err(Fault::TimedOut(limit.as_secs())));
                (target, result)
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut done = Vec::new();
    let mut failed = Vec::new();
    for (target, result) in proofs {
        match result {
            Ok(proof) => done.push(json!({
                "host": target.host,
                "port": target.port,
                "aliases": target.aliases,
                "protocol": proof.protocol,
                "client": if proof.asked { "accepted" } else { "not asked for" },
            })),
            Err(fault) => failed.push((target, fault)),
        }
    }
    if let Some(error) = failure(&failed) {
        return Err(error);
    }
    Ok(json!({
        "endpoints": done,
        "expires": identity.expires.to_string(),
        "fingerprint": identity.fingerprint,
    }))
}

/// The failure of a proof: a lasting one before one that may pass, since waiting cures nothing then.
fn failure(failed: &[(Target, Fault)]) -> Option<ActionError> {
    let say = |(target, fault): &(Target, Fault)| {
        format!("{} ({}:{}): {fault}", target.aliases.join(", "), target.host, target.port)
    };
    let first = failed.iter().position(|(_, fault)| !fault.category().passes()).unwrap_or(0);
    let (target, fault) = failed.get(first)?;
    let message = format!("the wallet does not work for {}", say(&failed[first]));
    let mut error = ActionError::new(fault.category(), message).advise(fault.remedy(&target.host));
    // A mismatch tells nothing of addresses that failed otherwise, so it is marked only where it is all there is.
    if failed.iter().all(|(target, fault)| matches!(fault, Fault::Name(_)) && is_address(&target.host)) {
        error = error.code(NAME_MISMATCH);
    }
    let others = failed.iter().enumerate().filter(|(n, _)| *n != first);
    Some(others.fold(error, |error, (_, other)| error.because(say(other))))
}

/// A distinct address, with the names that lead to it.
#[derive(Debug)]
struct Target {
    host: String,
    port: u16,
    aliases: Vec<String>,
}

fn targets(descriptors: &[Descriptor]) -> Result<Vec<Target>, ActionError> {
    let mut targets: Vec<Target> = Vec::new();
    for d in descriptors {
        if d.protocol != "tcps" {
            return Err(ActionError::invalid(format!(
                "{} in tnsnames.ora uses the protocol {}, which has no TLS",
                d.alias, d.protocol
            ))
            .advise("download the wallet again; a wallet's addresses use tcps"));
        }
        match targets.iter_mut().find(|t| t.port == d.port && t.host.eq_ignore_ascii_case(&d.host)) {
            Some(target) => target.aliases.push(d.alias.clone()),
            None => {
                targets.push(Target { host: d.host.clone(), port: d.port, aliases: vec![d.alias.clone()] });
            }
        }
    }
    for target in &mut targets {
        let mut seen = BTreeSet::new();
        target.aliases.retain(|alias| seen.insert(alias.clone()));
    }
    Ok(targets)
}

/// The address that is dialled for a target.
fn dial(target: &Target, connect_to: &BTreeMap<String, String>) -> (String, u16) {
    let Some((_, to)) = connect_to.iter().find(|(host, _)| host.eq_ignore_ascii_case(&target.host)) else {
        return (target.host.clone(), target.port);
    };
    match to.rsplit_once(':') {
        // An IPv6 address without a port has colons of its own.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host.trim_matches(['[', ']']).to_owned(), port),
            Err(_) => (to.clone(), target.port),
        },
        _ => (to.trim_matches(['[', ']']).to_owned(), target.port),
    }
}

#[derive(Debug)]
struct Proof {
    protocol: String,
    /// Whether the server asked for the client's certificate at all.
    asked: bool,
}

/// Gives the wallet's certificate to a server that asks, and remembers that it did.
#[derive(Debug)]
struct Presenter {
    key: Arc<CertifiedKey>,
    asked: AtomicBool,
}

impl ResolvesClientCert for Presenter {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::SeqCst);
        Some(Arc::clone(&self.key))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

pub(crate) fn system_roots() -> &'static [CertificateDer<'static>] {
    static ROOTS: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    // A system without roots still has the wallet's own; what is missing shows as an unknown issuer.
    ROOTS.get_or_init(|| rustls_native_certs::load_native_certs().certs)
}

async fn shake(identity: &Identity, host: &str, address: &(String, u16)) -> Result<Proof, Fault> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(identity.authorities.iter().cloned());
    roots.add_parsable_certificates(system_roots().iter().cloned());
    let presenter = Arc::new(Presenter { key: Arc::clone(&identity.key), asked: AtomicBool::new(false) });
    let shared: Arc<dyn ResolvesClientCert> = Arc::<Presenter>::clone(&presenter);
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| Fault::Other(e.to_string()))?
        .with_root_certificates(roots)
        .with_client_cert_resolver(shared);
    let bare = host.trim_matches(['[', ']']);
    let name = ServerName::try_from(bare.to_owned()).map_err(|e| Fault::Name(format!(" ({e})")))?;
    let addresses: Vec<_> = tokio::net::lookup_host((address.0.as_str(), address.1))
        .await
        .map_err(|e| Fault::Unresolved(e.to_string()))?
        .collect();
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|e| Fault::Refused(e.to_string()))?;
    let mut stream =
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|e| fault_of(&e))?;
    let version = stream.get_ref().1.protocol_version();
    if version == Some(ProtocolVersion::TLSv1_3) {
        let mut byte = [0_u8; 1];
        if let Ok(Err(error)) = tokio::time::timeout(AFTERTHOUGHT, stream.read(&mut byte)).await
            && let fault @ Fault::ClientRefused(_) = fault_of(&error)
        {
            return Err(fault);
        }
    }
    let protocol = match version {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS 1.2",
    };
    Ok(Proof { protocol: protocol.to_owned(), asked: presenter.asked.load(Ordering::SeqCst) })
}

/// What an error of the stream means, in or after the handshake.
pub(crate) fn fault_of(error: &std::io::Error) -> Fault {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) else {
        return match error.kind() {
            std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::ConnectionAborted
            | std::io::ErrorKind::BrokenPipe => Fault::Closed,
            _ => Fault::Other(error.to_string()),
        };
    };
    match tls {
        TlsError::InvalidCertificate(why) => match why {
            // An issuer made anew has the name of the one before and another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Fault::UnknownIssuer,
            CertificateError::NotValidForName => Fault::Name(String::new()),
            CertificateError::NotValidForNameContext { presented, .. } => {
                Fault::Name(format!(" (it is for {})", presented.join(", ")))
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Fault::ServerExpired,
            other => Fault::Other(format!("the server's certificate is not taken: {other:?}")),
        },
        TlsError::AlertReceived(alert) => match alert {
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied => Fault::ClientRefused(format!("{alert:?}")),
            other => Fault::Other(format!("the server answered {other:?}")),
        },
        other => Fault::Other(other.to_string()),
    }
}

#[cfg(test)]
#[path = "handshake_tests.rs"]
pub(crate) mod tests;
