//! Who adbctl is and where the services are: options first, then the environment, then the profile.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::config_file::{ConfigFile, Section};
use super::error::OciError;
use super::key::PrivateKey;
use super::options::{AuthKind, OciOptions};
use super::signing::Signer;
use crate::model::Secret;

/// Reads an environment variable. Tests give their own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What options, environment and profile come to.
#[derive(Debug)]
pub struct Profile {
    /// How requests are signed.
    pub identity: Identity,
    /// Region identifier, short code or domain; an instance principal asks its metadata service.
    pub region: Option<String>,
    /// One origin for all services.
    pub endpoint: Option<String>,
    /// File of further certificate authorities.
    pub ca_bundle: Option<Utf8PathBuf>,
    /// File of the key, where the profile or the environment names one.
    pub key_file: Option<Utf8PathBuf>,
}

/// The means to sign.
#[derive(Debug)]
pub enum Identity {
    /// A user's key.
    ApiKey(Arc<Signer>),
    /// A session token in a file, and its key.
    Session {
        /// The file.
        token_file: Utf8PathBuf,
        /// The key that belongs to the token.
        key: Arc<PrivateKey>,
        /// The profile's name, for advice.
        profile: String,
    },
    /// The metadata service's base address, without a trailing slash.
    Instance {
        /// Such as `http://169.254.169.254/opc/v2`.
        base: String,
    },
    /// The values of the environment.
    Resource {
        /// The token.
        token: Given,
        /// The key in PEM.
        key: Given,
        /// The key's passphrase.
        passphrase: Option<Given>,
    },
}

/// A value of the environment: itself, or the absolute path of a file that holds it and may change.
#[derive(Clone, Debug)]
pub enum Given {
    /// The value.
    Value(Secret),
    /// The file.
    File(Utf8PathBuf),
}

impl Given {
    pub(super) fn new(text: String) -> Self {
        if text.starts_with('/') { Self::File(text.into()) } else { Self::Value(Secret::new(text)) }
    }

    /// The value, read anew where it is in a file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> Result<Secret, OciError> {
        match self {
            Self::Value(secret) => Ok(secret.clone()),
            Self::File(path) => fs_err::read_to_string(path).map(Secret::new).map_err(|e| {
                OciError::local(format!("a file of the resource principal cannot be read: {e}"))
                    .advise("the platform writes these files: check that this process may read them")
            }),
        }
    }
}

/// Where the metadata service is unless the environment says otherwise.
const METADATA_BASE: &str = "http://169.254.169.254/opc/v2";

struct Source<'a> {
    environment: Environment<'a>,
    section: Section,
    name: String,
    origin: String,
}

impl Source<'_> {
    fn optional(&self, key: &str, variable: &str) -> Option<String> {
        let own = self.section.get(key).filter(|value| !value.is_empty()).cloned();
        (self.environment)(variable).or(own)
    }

    fn needed(&self, key: &str, variable: &str) -> Result<String, OciError> {
        self.optional(key, variable).ok_or_else(|| {
            OciError::local(format!("profile {} of {} has no {key}", self.name, self.origin))
                .advise(format!("add it (oci setup config asks for everything), or set {variable}"))
        })
    }

    fn key(&self, passphrase: Option<&Secret>) -> Result<(PrivateKey, String), OciError> {
        if self.section.contains_key("key_content") {
            return Err(OciError::local(format!(
                "profile {} of {} holds key_content: a key may not stand in that file",
                self.name, self.origin
            ))
            .advise("put the key into a file of its own, mode 600, and name it with key_file"));
        }
        let configured = self.optional("pass_phrase", "OCI_CLI_PASSPHRASE").map(Secret::new);
        let passphrase = passphrase.or(configured.as_ref());
        if let Some(content) = (self.environment)("OCI_CLI_KEY_CONTENT") {
            let origin = "the key in OCI_CLI_KEY_CONTENT";
            return Ok((PrivateKey::from_pem(&content, passphrase, origin)?, origin.to_owned()));
        }
        let path = self.path(&self.needed("key_file", "OCI_CLI_KEY_FILE")?);
        Ok((PrivateKey::from_file(&path, passphrase)?, format!("the key file {path}")))
    }

    fn path(&self, text: &str) -> Utf8PathBuf {
        expand(text, self.environment)
    }
}

impl Profile {
    /// Decides everything; reads the configuration file and the key.
    ///
    /// # Errors
    /// A file that cannot be read, a profile that lacks something, a key that cannot be used.
    pub fn resolve(options: &OciOptions, environment: Environment<'_>) -> Result<Self, OciError> {
        let name = options
            .profile
            .clone()
            .or_else(|| environment("OCI_CLI_PROFILE"))
            .unwrap_or_else(|| "DEFAULT".into());
        let chosen = match (options.auth, environment("OCI_CLI_AUTH")) {
            (Some(kind), _) => Some(kind),
            (None, Some(word)) => Some(word.parse::<AuthKind>()?),
            (None, None) => None,
        };
        let from_file = !matches!(chosen, Some(AuthKind::InstancePrincipal | AuthKind::ResourcePrincipal));
        let Found { section, origin, session } =
            if from_file { section(options, environment, &name)? } else { Found::default() };
        let source = Source { environment, section, name, origin };
        let kind = chosen.unwrap_or(if session { AuthKind::SecurityToken } else { AuthKind::ApiKey });
        let region = options
            .region
            .clone()
            .or_else(|| source.optional("region", "OCI_CLI_REGION"))
            .or_else(|| environment("OCI_REGION"));
        let own_key = matches!(kind, AuthKind::ApiKey | AuthKind::SecurityToken)
            && environment("OCI_CLI_KEY_CONTENT").is_none();
        let key_file = if own_key { source.optional("key_file", "OCI_CLI_KEY_FILE") } else { None };
        Ok(Self {
            key_file: key_file.map(|path| source.path(&path)),
            identity: identity(&source, kind, options.passphrase.as_ref())?,
            region: match kind {
                AuthKind::ResourcePrincipal => {
                    region.or_else(|| environment("OCI_RESOURCE_PRINCIPAL_REGION"))
                }
                _ => region,
            },
            endpoint: options.endpoint.clone().or_else(|| environment("OCI_CLI_ENDPOINT")),
            ca_bundle: options
                .ca_bundle
                .clone()
                .or_else(|| environment("OCI_CLI_CERT_BUNDLE").map(|p| source.path(&p))),
        })
    }
}

fn identity(source: &Source<'_>, kind: AuthKind, passphrase: Option<&Secret>) -> Result<Identity, OciError> {
    Ok(match kind {
        AuthKind::ApiKey => {
            let user = source.needed("user", "OCI_CLI_USER")?;
            let tenancy = source.needed("tenancy", "OCI_CLI_TENANCY")?;
            let fingerprint = source.needed("fingerprint", "OCI_CLI_FINGERPRINT")?.to_ascii_lowercase();
            for (key, ocid) in [("user", &user), ("tenancy", &tenancy)] {
                if !looks_like_ocid(ocid) {
                    return Err(OciError::local(format!(
                        "the {key} of profile {} is no OCID: {ocid:?}",
                        source.name
                    ))
                    .advise("copy it from the console; it begins with ocid1."));
                }
            }
            let (key, origin) = source.key(passphrase)?;
            key.check_fingerprint(&fingerprint, &origin)?;
            let key_id = format!("{tenancy}/{user}/{fingerprint}");
            Identity::ApiKey(Arc::new(Signer { key_id, key: Arc::new(key) }))
        }
        AuthKind::SecurityToken => {
            let token_file =
                source.path(&source.needed("security_token_file", "OCI_CLI_SECURITY_TOKEN_FILE")?);
            let (key, _) = source.key(passphrase)?;
            Identity::Session { token_file, key: Arc::new(key), profile: source.name.clone() }
        }
        AuthKind::InstancePrincipal => {
            let base = (source.environment)("OCI_METADATA_BASE_URL").unwrap_or_else(|| METADATA_BASE.into());
            Identity::Instance { base: base.trim_end_matches('/').to_owned() }
        }
        AuthKind::ResourcePrincipal => resource(source.environment)?,
    })
}

fn resource(environment: Environment<'_>) -> Result<Identity, OciError> {
    let needed = |name: &str| {
        environment(name).ok_or_else(|| {
            OciError::local(format!("{name} is not set, so there is no resource principal here"))
                .advise("resource principals exist inside functions and the like only; use another auth kind")
        })
    };
    let version = needed("OCI_RESOURCE_PRINCIPAL_VERSION")?;
    if version != "2.2" {
        return Err(OciError::local(format!("resource principals of version {version} are not supported"))
            .advise("version 2.2 is; use another auth kind here"));
    }
    Ok(Identity::Resource {
        token: Given::new(needed("OCI_RESOURCE_PRINCIPAL_RPST")?),
        key: Given::new(needed("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM")?),
        passphrase: environment("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE").map(Given::new),
    })
}

/// A profile's keys.
#[derive(Default)]
struct Found {
    section: Section,
    origin: String,
    /// `oci session authenticate` wrote it: it has a token of its own and no user of its own.
    session: bool,
}

/// The profile's keys and the file they are from. Without a file the environment may hold everything.
fn section(options: &OciOptions, environment: Environment<'_>, name: &str) -> Result<Found, OciError> {
    let named = options
        .config_file
        .clone()
        .or_else(|| environment("OCI_CLI_CONFIG_FILE").map(|path| expand(&path, environment)));
    let file = match named {
        Some(path) => path,
        None => match usual_file(environment) {
            Some(path) => path,
            None if environment("OCI_CLI_USER").is_some() => {
                return Ok(Found { origin: "the environment".into(), ..Found::default() });
            }
            None => {
                return Err(OciError::local("there is no configuration file of the cloud (~/.oci/config)")
                    .advise("make one with oci setup config, or name one with config_file"));
            }
        },
    };
    let config = ConfigFile::read(&file)?;
    let section = config.profile(name, file.as_str())?;
    let session = config.has_own(name, "security_token_file") && !config.has_own(name, "user");
    Ok(Found { section, origin: file.into_string(), session })
}

fn usual_file(environment: Environment<'_>) -> Option<Utf8PathBuf> {
    let usual = expand("~/.oci/config", environment);
    if usual.is_file() {
        return Some(usual);
    }
    let old = expand("~/.oraclebmc/config", environment);
    environment("OCI_CONFIG_FILE")
        .map(|path| expand(&path, environment))
        .or_else(|| old.is_file().then_some(old))
}

fn expand(text: &str, environment: Environment<'_>) -> Utf8PathBuf {
    match (text.strip_prefix("~/"), environment("HOME")) {
        (Some(rest), Some(home)) => Utf8Path::new(&home).join(rest),
        _ => Utf8PathBuf::from(text),
    }
}

fn looks_like_ocid(text: &str) -> bool {
    text.split(['.', ':']).count() > 4
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
