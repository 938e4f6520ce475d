//! The TLS endpoints: two loopback ports a database. One takes the client of its present wallet and no other; one takes
//! clients without a certificate, and its listener refuses them where the database demands mutual TLS. Behind the handshake
//! is SQL*Net.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::TLS12;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_util::sync::CancellationToken;

use super::dispatch::Shared;
use super::sqlnet::{self, Premises};
use super::wallet::{WalletKeys, der_of};
use super::world::Way;
use super::{database, wallet};
use crate::model::clock;

/// The server's side of a handshake. TLS 1.2 only, as a 19c database has it: there the handshake itself fails when
/// the client's certificate is refused, so a client that completes it has proved its wallet.
fn server_config(keys: &WalletKeys, way: Way) -> std::io::Result<ServerConfig> {
    let authority = CertificateDer::from(der_of(&keys.authority).map_err(std::io::Error::other)?);
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).map_err(std::io::Error::other)?;
    let provider = Arc::new(default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = verifier.build().map_err(std::io::Error::other)?;
    let own = CertificateDer::from(wallet::der_of(&keys.server_certificate).map_err(std::io::Error::other)?);
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(
        der_of(&keys.server_key).map_err(std::io::Error::other)?,
    ));
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS12])
        .map_err(std::io::Error::other)?;
    let builder = match way {
        Way::Mutual => builder.with_client_cert_verifier(verifier),
        Way::OneWay => builder.with_no_client_auth(),
    };
    builder.with_single_cert(vec![own, authority], key).map_err(std::io::Error::other)
}

/// Serves one database's port until the database is gone.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    ocid: String,
    way: Way,
    listener: TcpListener,
    ending: CancellationToken,
) {
    while let Ok((stream, _)) = listener.accept().await {
        // A database that is not open shakes hands too: its listener is there, and refuses afterwards.
        let (keys, mutual) = {
            let mut world = shared.world();
            database::settle(&mut world, clock::now());
            let Some(row) = world.tables.databases.get(&ocid).filter(|row| row.exists()) else { return };
            (row.wallet.clone(), row.flag("isMtlsConnectionRequired"))
        };
        match server_config(&keys, way) {
            Ok(config) => {
                let premises = Premises::of(Arc::clone(&shared), ocid.clone(), mutual && way == Way::OneWay);
                let acceptor = TlsAcceptor::from(Arc::new(config));
                drop(tokio::spawn(greet(acceptor, stream, premises, ending.clone())));
            }
            Err(error) => tracing::warn!(%error, "a TLS endpoint has no keys"),
        }
    }
}

/// Shakes hands; what follows is a connection of SQL*Net.
async fn greet(acceptor: TlsAcceptor, stream: TcpStream, premises: Premises, ending: CancellationToken) {
    stream.set_nodelay(true).ok();
    let handshake = tokio::time::timeout(Duration::from_secs(10), acceptor.accept(stream));
    if let Ok(Ok(stream)) = handshake.await {
        sqlnet::attend(stream, Arc::new(premises), ending).await;
    }
}
