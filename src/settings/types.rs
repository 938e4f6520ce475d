//! The decided settings.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use url::Url;

use super::error::SettingsError;
use super::sourced::Sourced;
use crate::model::diagnostic::suggestion;
use crate::model::{Ocid, SecretRef, clock};

/// Everything that was decided from flags, environment and files.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How the cloud is reached.
    pub oci: OciSettings,
    /// The databases by the names people use.
    pub databases: BTreeMap<String, DatabaseSettings>,
    /// Where state lives.
    pub state: StateSettings,
    /// Where dumps and what goes with them lie.
    pub storage: StorageSettings,
    /// How runs behave.
    pub run: RunSettings,
    /// Where secrets go that adbctl makes up.
    pub sink: Option<Sourced<SecretSink>>,
    /// Values for parameters, by runbook and parameter.
    pub runbooks: BTreeMap<String, BTreeMap<String, Sourced<serde_json::Value>>>,
    /// The files that were read, the strongest first.
    pub files: Vec<Utf8PathBuf>,
}

/// How the cloud is reached.
#[derive(Clone, Debug, Default)]
pub struct OciSettings {
    /// The cloud's own configuration file; when not set, `~/.oci/config`.
    pub config_file: Option<Sourced<Utf8PathBuf>>,
    /// Profile in that file; when not set, `DEFAULT`.
    pub profile: Option<Sourced<String>>,
    /// Kind of authentication; when not set, what the profile has.
    pub auth: Option<Sourced<AuthKind>>,
    /// Region; when not set, the profile's.
    pub region: Option<Sourced<String>>,
    /// One origin for all services, instead of the region's own.
    pub endpoint: Option<Sourced<Url>>,
    /// HTTP(S) or SOCKS proxy.
    pub proxy: Option<Sourced<Url>>,
    /// Addresses that are used instead of asking the name service: host name to `ADDRESS` or `ADDRESS:PORT`.
    pub resolve: BTreeMap<String, Sourced<String>>,
    /// Certificates that are trusted beside the built-in ones, PEM.
    pub ca_bundle: Option<Sourced<Utf8PathBuf>>,
    /// Tenancy, when the profile names none.
    pub tenancy: Option<Sourced<Ocid>>,
    /// Passphrase of the API key.
    pub key_passphrase: Option<Sourced<SecretRef>>,
}

/// The kinds of authentication with the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthKind {
    /// An API key of the profile.
    ApiKey,
    /// A session token of the profile.
    SecurityToken,
    /// The compute instance this runs on.
    InstancePrincipal,
    /// The function or job this runs in.
    ResourcePrincipal,
}

impl fmt::Display for AuthKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApiKey => "api_key",
            Self::SecurityToken => "security_token",
            Self::InstancePrincipal => "instance_principal",
            Self::ResourcePrincipal => "resource_principal",
        })
    }
}

/// What a database is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Never a target, whatever the flags say.
    Production,
    /// May be overwritten.
    Nonproduction,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Production => "production",
            Self::Nonproduction => "nonproduction",
        })
    }
}

/// The drivers that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Driver {
    /// Chosen when the plan is made, by workload and address.
    Auto,
    /// REST-Enabled SQL over HTTPS.
    Ords,
    /// SQL*Net, spoken by the program itself.
    Thin,
    /// SQL*Net through Oracle's client libraries, where they are installed.
    Thick,
    /// OCI Database Tools, with the cloud's own identity.
    Dbtools,
}

impl Driver {
    /// The driver of this name.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Auto, Self::Ords, Self::Thin, Self::Thick, Self::Dbtools]
            .into_iter()
            .find(|driver| driver.word() == word)
    }

    /// The name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ords => "ords",
            Self::Thin => "thin",
            Self::Thick => "thick",
            Self::Dbtools => "dbtools",
        }
    }

    /// What `auto` comes to for a database of this workload, at this address where one is configured: databases of APEX
    /// Service have no other way in than HTTPS, and a URL is nowhere else of use.
    #[must_use]
    pub fn chosen(self, workload: Option<&str>, address: Option<&str>) -> Self {
        let web = |address: &str| address.starts_with("https://") || address.starts_with("http://");
        match self {
            Self::Auto if workload == Some("APEX") || address.is_some_and(web) => Self::Ords,
            Self::Auto => Self::Thin,
            named => named,
        }
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Which wallet opens mutual TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WalletChoice {
    /// The one that the service hands out, kept in memory.
    Download,
    /// None: TLS that proves the server only, which needs an access list or a private endpoint.
    None,
    /// A directory or a zip.
    Path(Utf8PathBuf),
}

impl fmt::Display for WalletChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Download => f.write_str("download"),
            Self::None => f.write_str("none"),
            Self::Path(path) => path.fmt(f),
        }
    }
}

/// The service levels of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceLevel {
    /// Many sessions, no parallel statements.
    Low,
    /// Parallel statements, few sessions.
    Medium,
    /// Most resources, fewest sessions.
    High,
    /// Transactions.
    Tp,
    /// Transactions, with parallel statements on request.
    Tpurgent,
}

impl ServiceLevel {
    /// The level as it ends a service name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Tp => "tp",
            Self::Tpurgent => "tpurgent",
        }
    }
}

/// Writes that a production database allows as a source, with what each does.
pub const CONSENTS: &[(&str, &str)] = &[
    ("after-clone-trigger", "an AFTER CLONE trigger that keeps copied jobs from running in the clone"),
    ("credential", "a credential for Object Storage in the database, made, changed or proved"),
    ("export", "Data Pump export jobs, which keep a control table and a log file while they go on"),
    ("masking", "a package of masks and their key, which are there while a masked export goes on"),
    ("schedule", "a scheduler job that exports regularly"),
    ("start", "starting the database when it is stopped, and stopping it afterwards"),
];

/// One database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// Its OCID, where it is found by that.
    pub ocid: Option<Sourced<Ocid>>,
    /// Its display name.
    pub display_name: Option<Sourced<String>>,
    /// The compartment it is found in.
    pub compartment: Option<Sourced<Ocid>>,
    /// What it is for.
    pub role: Sourced<Role>,
    /// How it is reached.
    pub connect: ConnectSettings,
    /// The writes it allows as a source, words of [`CONSENTS`].
    pub consent: Option<Sourced<Vec<String>>>,
}

impl DatabaseSettings {
    /// Whether the database allows this write as a source.
    pub fn consents(&self, word: &str) -> bool {
        self.consent.as_ref().is_some_and(|list| list.value.iter().any(|w| w == word))
    }
}

/// How SQL reaches a database.
#[derive(Clone, Debug)]
pub struct ConnectSettings {
    /// The driver.
    pub driver: Sourced<Driver>,
    /// The database user.
    pub user: Sourced<String>,
    /// Where its password is to be found.
    pub password: Option<Sourced<SecretRef>>,
    /// The service level.
    pub service: Sourced<ServiceLevel>,
    /// An address instead of the one the service tells: for ords the URL that ends in `/ords/`, for thin and thick a
    /// connect descriptor, `host:port/service` or an alias of the wallet, for dbtools the OCID of the connection.
    pub address: Option<Sourced<String>>,
    /// The wallet for mutual TLS.
    pub wallet: Sourced<WalletChoice>,
    /// Where the password of a configured wallet is to be found.
    pub wallet_password: Option<Sourced<SecretRef>>,
    /// The directory of Oracle's client library, for thick.
    pub client_library: Option<Sourced<Utf8PathBuf>>,
    /// Where the results of long statements go, for dbtools.
    pub results: Option<Sourced<ResultsSettings>>,
}

/// The bucket for results of statements that Database Tools does not answer on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultsSettings {
    /// The bucket.
    pub bucket: String,
    /// Its namespace; when not set, the tenancy's own.
    pub namespace: Option<String>,
    /// Statements that may take longer than this go that way.
    pub after: Duration,
}

impl ResultsSettings {
    /// How long an answer is waited for on the line where nothing else is written.
    pub const AFTER: Duration = Duration::from_mins(2);
}

impl fmt::Display for ResultsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = self.namespace.as_ref().map(|name| format!("{name}/")).unwrap_or_default();
        write!(
            f,
            "bucket {namespace}{}, of statements of more than {}",
            self.bucket,
            clock::spoken(self.after)
        )
    }
}

/// Where state lives.
#[derive(Clone, Debug)]
pub struct StateSettings {
    /// The directory of runs, made-up secrets and the sandbox.
    pub directory: Option<Sourced<Utf8PathBuf>>,
    /// Bucket for locks that hold across machines.
    pub bucket: Option<Sourced<String>>,
    /// The bucket's namespace; when not set, the tenancy's own.
    pub namespace: Option<Sourced<String>>,
    /// Before every object's name.
    pub prefix: Option<Sourced<String>>,
    /// How long a lock in the bucket lasts when it is not renewed.
    pub lease: Sourced<Duration>,
}

impl StorageSettings {
    /// The bucket's namespace, where one is configured.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_ref().map(|namespace| namespace.value.as_str())
    }
}

/// The bucket for dumps, and how databases reach it.
#[derive(Clone, Debug)]
pub struct StorageSettings {
    /// The bucket; without it nothing is exported or imported.
    pub bucket: Option<Sourced<String>>,
    /// The bucket's namespace; when not set, the tenancy's own.
    pub namespace: Option<Sourced<String>>,
    /// The compartment a missing bucket is made in.
    pub compartment: Option<Sourced<Ocid>>,
    /// What the credential is called inside the databases.
    pub credential: Sourced<String>,
    /// The cloud user that databases sign in as.
    pub user: Option<Sourced<String>>,
    /// Where that user's auth token is to be found.
    pub token: Option<Sourced<SecretRef>>,
}

/// How runs behave.
#[derive(Clone, Debug)]
pub struct RunSettings {
    /// How many steps run at the same time.
    pub parallel: Sourced<usize>,
    /// The shortest pause between two polls.
    pub poll_shortest: Sourced<Duration>,
    /// The longest pause between two polls.
    pub poll_longest: Sourced<Duration>,
    /// When a wait is marked as slow.
    pub slow_after: Sourced<Duration>,
}

/// Where secrets go that adbctl makes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSink {
    /// Files of mode 0600 in a directory.
    Directory(Utf8PathBuf),
    /// Secrets of OCI Vault.
    Vault {
        /// The vault.
        vault: Ocid,
        /// The key that encrypts them.
        key: Ocid,
        /// The compartment they are made in.
        compartment: Ocid,
    },
}

impl fmt::Display for SecretSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => write!(f, "directory {path}"),
            Self::Vault { vault, .. } => write!(f, "vault {vault}"),
        }
    }
}

impl Settings {
    /// The database of this name.
    ///
    /// # Errors
    /// There is none; the error names near ones.
    pub fn database(&self, name: &str) -> Result<&DatabaseSettings, SettingsError> {
        self.databases.get(name).ok_or_else(|| {
            let file = self.files.first().map_or_else(|| "the configuration".to_owned(), ToString::to_string);
            let advice = suggestion(name, self.databases.keys().map(String::as_str)).unwrap_or_else(|| {
                format!(
                    "write a [database.{name}] table, or let `adbctl init` write one; --sandbox works without"
                )
            });
            SettingsError::UnknownDatabase { name: name.to_owned(), file, advice }
        })
    }

    /// The names and settings of all databases of role production.
    pub fn production(&self) -> impl Iterator<Item = (&str, &DatabaseSettings)> {
        self.databases.iter().filter(|(_, d)| d.role.value == Role::Production).map(|(n, d)| (n.as_str(), d))
    }

    /// The directory of runs, made-up secrets and the sandbox.
    ///
    /// # Errors
    /// There is no home directory to put it in, and none was given.
    pub fn state_dir(&self) -> Result<&Utf8Path, SettingsError> {
        self.state.directory.as_ref().map(|d| d.value.as_path()).ok_or(SettingsError::NoStateDirectory)
    }

    /// Where made-up secrets go: what was configured, else `secrets` in the state directory.
    ///
    /// # Errors
    /// As [`Self::state_dir`].
    pub fn secret_sink(&self) -> Result<SecretSink, SettingsError> {
        match &self.sink {
            Some(sink) => Ok(sink.value.clone()),
            None => Ok(SecretSink::Directory(self.state_dir()?.join("secrets"))),
        }
    }

    /// Every setting with where it came from, one a line: what `--show-settings` prints.
    pub fn shown(&self) -> String {
        super::layers::rows(self).into_iter().fold(String::new(), |all, (name, value, origin)| {
            all + &format!("{name} = {value}  # {origin}\n")
        })
    }
}
