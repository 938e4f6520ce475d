//! The HTTP client under the signed requests: no redirects, one protocol, proxies and authorities as configured.

use std::time::Duration;

use super::error::OciError;
use super::options::OciOptions;

/// Hosts that no proxy stands in front of, whatever is configured.
const LOCAL_HOSTS: &str = "localhost,127.0.0.1,::1";

/// Makes the one HTTP client of the process. `loopback` says that no proxy can stand in between.
///
/// # Errors
/// The proxy's address or the CA bundle is wrong.
pub(super) fn http_client(
    options: &OciOptions,
    ca_bundle: Option<&camino::Utf8Path>,
    loopback: bool,
) -> Result<reqwest::Client, OciError> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .http1_only()
        .connect_timeout(options.connect_limit)
        .pool_idle_timeout(Duration::from_secs(50))
        .user_agent(concat!("adbctl/", env!("CARGO_PKG_VERSION")));
    if loopback {
        builder = builder.no_proxy();
    }
    if let Some(address) = &options.proxy {
        let proxy = reqwest::Proxy::all(address)
            .map_err(|e| {
                OciError::local(format!("the proxy's address is not understood: {e}"))
                    .advise("write it like http://host:3128 or socks5h://host:1080")
            })?
            .no_proxy(reqwest::NoProxy::from_string(LOCAL_HOSTS));
        builder = builder.proxy(proxy);
    }
    for (host, address) in &options.pinned {
        builder = builder.resolve(host, *address);
    }
    if let Some(path) = ca_bundle {
        let pem = fs_err::read(path).map_err(|e| {
            OciError::local(format!("the CA bundle cannot be read: {e}")).advise("correct its path")
        })?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| {
            OciError::local(format!("the CA bundle {path} is not understood: {e}"))
                .advise("it must hold certificates in PEM")
        })?;
        if certificates.is_empty() {
            return Err(OciError::local(format!("the CA bundle {path} holds no certificate"))
                .advise("it must hold certificates in PEM"));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|e| OciError::local(format!("the HTTP client cannot be made: {e}")))
}
