//! What a caller decides about the client; everything else comes from the cloud's own configuration file.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::error::OciError;
use super::retry::RetryPolicy;
use crate::model::Secret;

/// How requests are authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// A user's API key.
    ApiKey,
    /// The token of `oci session authenticate`.
    SecurityToken,
    /// The instance adbctl runs on.
    InstancePrincipal,
    /// The function or other resource adbctl runs in.
    ResourcePrincipal,
}

impl AuthKind {
    /// The word for it in configuration files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::SecurityToken => "security_token",
            Self::InstancePrincipal => "instance_principal",
            Self::ResourcePrincipal => "resource_principal",
        }
    }
}

impl FromStr for AuthKind {
    type Err = OciError;

    fn from_str(text: &str) -> Result<Self, OciError> {
        [Self::ApiKey, Self::SecurityToken, Self::InstancePrincipal, Self::ResourcePrincipal]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| {
                OciError::local(format!("{text:?} is no kind of authentication that adbctl knows"))
                    .advise("use api_key, security_token, instance_principal or resource_principal")
            })
    }
}

/// The client's settings. What is `None` comes from the environment, then from the profile.
#[derive(Clone, Debug)]
pub struct OciOptions {
    /// The cloud's own configuration file; else the usual places.
    pub config_file: Option<Utf8PathBuf>,
    /// The profile in it; else `DEFAULT`.
    pub profile: Option<String>,
    /// How to authenticate; else by the profile's content.
    pub auth: Option<AuthKind>,
    /// Region identifier or short code.
    pub region: Option<String>,
    /// One origin for all services, such as `http://127.0.0.1:8080`.
    pub endpoint: Option<String>,
    /// URL of a proxy: `http://`, `https://`, `socks5://` or `socks5h://`.
    pub proxy: Option<String>,
    /// Host names that stand for a fixed address while the name stays in TLS and in the signature.
    pub pinned: Vec<(String, SocketAddr)>,
    /// File of certificate authorities trusted beside the system's.
    pub ca_bundle: Option<Utf8PathBuf>,
    /// Passphrase of the key, before the profile's.
    pub passphrase: Option<Secret>,
    /// Time to make a connection.
    pub connect_limit: Duration,
    /// Time without a byte from the far side.
    pub read_limit: Duration,
    /// When and how often a call is repeated.
    pub retry: RetryPolicy,
}

/// How connections leave this machine.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// URL of a proxy: `http://`, `https://`, `socks5://` or `socks5h://`.
    pub proxy: Option<String>,
    /// Addresses of hosts, before any name service.
    pub pinned: Vec<(String, SocketAddr)>,
    /// Authorities trusted beside the system's, as a PEM file.
    pub ca_bundle: Option<Utf8PathBuf>,
}

impl Default for OciOptions {
    fn default() -> Self {
        Self {
            config_file: None,
            profile: None,
            auth: None,
            region: None,
            endpoint: None,
            proxy: None,
            pinned: Vec::new(),
            ca_bundle: None,
            passphrase: None,
            connect_limit: Duration::from_secs(10),
            read_limit: Duration::from_mins(1),
            retry: RetryPolicy::default(),
        }
    }
}
