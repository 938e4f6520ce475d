//! The layers: flag > environment > project file > user file > default.

use std::collections::BTreeMap;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use etcetera::{BaseStrategy as _, choose_base_strategy};

use super::error::SettingsError;
use super::file::{Base, DatabaseLayer, FileLayer, read};
use super::sourced::{Origin, Sourced};
use super::types::{
    AuthKind, ConnectSettings, DatabaseSettings, Driver, OciSettings, Role, RunSettings, ServiceLevel,
    Settings, StateSettings, StorageSettings, WalletChoice,
};
use crate::cli::Global;
use crate::model::diagnostic::Diagnostic;
use crate::model::{SourceText, environment};

/// The file's name in the current directory and, under `adbctl/`, in the user's configuration directory.
pub(super) const FILE_NAME: &str = "adbctl.toml";

type Lookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What settings are decided from. The process's own surroundings, or made-up ones in tests.
pub struct Inputs {
    /// `--config`.
    pub config: Option<Utf8PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<Utf8PathBuf>,
    /// Environment variables.
    pub lookup: Lookup,
    /// The current directory.
    pub current_dir: Utf8PathBuf,
    /// The home directory.
    pub home: Option<Utf8PathBuf>,
    /// The user's directory for configuration.
    pub user_config: Option<Utf8PathBuf>,
    /// The user's directory for state.
    pub user_state: Option<Utf8PathBuf>,
}

impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs")
            .field("config", &self.config)
            .field("current_dir", &self.current_dir)
            .finish_non_exhaustive()
    }
}

impl Inputs {
    /// The surroundings of this process.
    ///
    /// # Errors
    /// The current directory is gone or is not valid Unicode.
    pub fn of_process(global: &Global) -> Result<Self, SettingsError> {
        let current = std::env::current_dir().map_err(SettingsError::Unreadable)?;
        let current_dir = Utf8PathBuf::from_path_buf(current)
            .map_err(|path| SettingsError::NotUnicode(path.to_string_lossy().into_owned().into()))?;
        let strategy = choose_base_strategy().ok();
        let utf8 = |path: std::path::PathBuf| Utf8PathBuf::from_path_buf(path).ok();
        Ok(Self {
            config: global.config.clone(),
            state_dir: global.state_dir.clone(),
            lookup: Box::new(environment::variable),
            current_dir,
            home: environment::variable("HOME").map(Utf8PathBuf::from),
            user_config: strategy.as_ref().and_then(|s| utf8(s.config_dir())),
            user_state: strategy
                .as_ref()
                .and_then(|s| s.state_dir().or_else(|| Some(s.data_dir())))
                .and_then(utf8),
        })
    }

    /// The same surroundings without any configuration file, for commands that need none.
    #[must_use]
    pub fn without_files(&self) -> Self {
        Self {
            config: None,
            state_dir: self.state_dir.clone(),
            lookup: Box::new({
                let state = (self.lookup)("ADBCTL_STATE_DIR");
                move |name| if name == "ADBCTL_STATE_DIR" { state.clone() } else { None }
            }),
            // A directory without files of that name: nothing can be found below a device.
            current_dir: Utf8PathBuf::from("/dev/null"),
            home: self.home.clone(),
            user_config: None,
            user_state: self.user_state.clone(),
        }
    }

    /// The same surroundings, but with this configuration file and nothing else: the sandbox's own file must not be
    /// bent by variables that were set for the real cloud.
    #[must_use]
    pub fn only(mut self, config: Utf8PathBuf) -> Self {
        self.config = Some(config);
        let all = self.lookup;
        self.lookup = Box::new(move |name| if name == "ADBCTL_STATE_DIR" { all(name) } else { None });
        self
    }
}

impl Settings {
    /// The configured directories of Oracle's client library, by the names of databases.
    pub fn client_libraries(&self) -> BTreeMap<String, Utf8PathBuf> {
        let named = |(name, database): (&String, &DatabaseSettings)| {
            let library = database.connect.client_library.as_ref()?;
            Some((name.clone(), library.value.clone()))
        };
        self.databases.iter().filter_map(named).collect()
    }

    /// Reads the files and decides every setting.
    ///
    /// # Errors
    /// A named file cannot be read, or files or variables hold mistakes; the mistakes of all files come together.
    pub fn load(inputs: &Inputs) -> Result<Self, SettingsError> {
        let mut files = Vec::new();
        let mut mistakes = Vec::new();
        let mut merged = FileLayer::default();
        for (path, shown) in sources(inputs)? {
            let text = fs_err::read_to_string(&path).map_err(SettingsError::Unreadable)?;
            let directory = path.parent().unwrap_or(&inputs.current_dir).to_owned();
            let base = Base { directory: &directory, home: inputs.home.as_deref() };
            let (layer, wrong) = read(SourceText::new(shown.as_str(), text), base);
            mistakes.extend(wrong);
            merged = merged.over(layer);
            files.push(path);
        }
        let mut databases = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (name, layer) in std::mem::take(&mut merged.databases) {
            places.extend(layer.place.clone().map(|place| (name.clone(), place)));
            match decide_database(&name, layer) {
                Ok(database) => {
                    databases.insert(name, database);
                }
                Err(wrong) => mistakes.extend(wrong),
            }
        }
        mistakes.extend(in_two_roles(&databases, &places));
        if !mistakes.is_empty() {
            return Err(SettingsError::Mistakes(mistakes));
        }
        without_bucket(&merged)?;
        let oci = with_environment(merged.oci, inputs)?;
        let run = RunSettings {
            parallel: merged.parallel.unwrap_or(Sourced::built_in(4)),
            poll_shortest: merged.poll_shortest.unwrap_or(Sourced::built_in(Duration::from_secs(1))),
            poll_longest: merged.poll_longest.unwrap_or(Sourced::built_in(Duration::from_secs(30))),
            slow_after: merged.slow_after.unwrap_or(Sourced::built_in(Duration::from_mins(10))),
        };
        if run.poll_shortest.value > run.poll_longest.value {
            return Err(SettingsError::BadValue {
                origin: run.poll_shortest.origin.to_string(),
                message: "the shortest pause, poll_shortest, is longer than the longest one, poll_longest"
                    .into(),
            });
        }
        Ok(Self {
            oci,
            databases,
            state: StateSettings {
                directory: state_directory(inputs, merged.directory),
                bucket: merged.bucket,
                namespace: merged.namespace,
                prefix: merged.prefix,
                lease: merged.lease.unwrap_or(Sourced::built_in(Duration::from_mins(2))),
            },
            storage: StorageSettings {
                bucket: merged.storage.bucket,
                namespace: merged.storage.namespace,
                compartment: merged.storage.compartment,
                credential: merged
                    .storage
                    .credential
                    .unwrap_or_else(|| Sourced::built_in("ADBCTL_STORE".to_owned())),
                user: merged.storage.user,
                token: merged.storage.token,
            },
            run,
            sink: merged.sink,
            runbooks: merged.runbooks,
            files,
        })
    }
}

/// Refuses what is said of a bucket where there is none: whoever wrote it believes in a lock that is not there.
fn without_bucket(merged: &FileLayer) -> Result<(), SettingsError> {
    if merged.bucket.is_some() {
        return Ok(());
    }
    let origins = [
        ("namespace", merged.namespace.as_ref().map(|s| &s.origin)),
        ("prefix", merged.prefix.as_ref().map(|s| &s.origin)),
        ("lease", merged.lease.as_ref().map(|s| &s.origin)),
    ];
    match origins.into_iter().find_map(|(key, origin)| origin.map(|origin| (key, origin))) {
        None => Ok(()),
        Some((key, origin)) => Err(SettingsError::BadValue {
            origin: origin.to_string(),
            message: format!(
                "{key} of [state] means nothing without a bucket; name the bucket, or take {key} out"
            ),
        }),
    }
}

/// The files to read, the strongest first, each with the name it is shown under.
fn sources(inputs: &Inputs) -> Result<Vec<(Utf8PathBuf, Utf8PathBuf)>, SettingsError> {
    let named = inputs.config.clone().or_else(|| (inputs.lookup)("ADBCTL_CONFIG").map(Utf8PathBuf::from));
    if let Some(named) = named {
        return Ok(vec![(inputs.current_dir.join(&named), named)]);
    }
    let project = (inputs.current_dir.join(FILE_NAME), Utf8PathBuf::from(FILE_NAME));
    let user = inputs.user_config.as_ref().map(|d| d.join("adbctl").join(FILE_NAME));
    let mut found = Vec::new();
    for (path, shown) in std::iter::once(project).chain(user.map(|path| (path.clone(), path))) {
        match fs_err::metadata(&path) {
            Ok(_) => found.push((path, shown)),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(e) => return Err(SettingsError::Unreadable(e)),
        }
    }
    Ok(found)
}

macro_rules! over {
    ($upper:ident, $lower:ident; $($field:ident),+) => { $( $upper.$field = $upper.$field.or($lower.$field); )+ };
}

impl FileLayer {
    /// This layer, and the weaker one where this one is silent. Tables are merged key by key.
    fn over(mut self, lower: Self) -> Self {
        over!(self, lower; directory, bucket, namespace, prefix, lease, parallel, poll_shortest, poll_longest, slow_after, sink);
        let (mut oci, under) = (self.oci, lower.oci);
        over!(oci, under; config_file, profile, auth, region, endpoint, proxy, ca_bundle, tenancy, key_passphrase);
        for (host, address) in under.resolve {
            oci.resolve.entry(host).or_insert(address);
        }
        self.oci = oci;
        let (mut storage, under) = (self.storage, lower.storage);
        over!(storage, under; bucket, namespace, compartment, credential, user, token);
        self.storage = storage;
        for (name, under) in lower.databases {
            let mut database = self.databases.remove(&name).unwrap_or_default();
            over!(database, under; place, ocid, display_name, compartment, role, driver, user, password, service, address, wallet, wallet_password, client_library, results, consent);
            self.databases.insert(name, database);
        }
        for (name, under) in lower.runbooks {
            let values = self.runbooks.entry(name).or_default();
            for (key, value) in under {
                values.entry(key).or_insert(value);
            }
        }
        self
    }
}

fn decide_database(name: &str, layer: DatabaseLayer) -> Result<DatabaseSettings, Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    let mut add = |message: String, help: &str| {
        if let Some((source, span)) = &layer.place {
            wrong.push(Diagnostic::new(source, span.clone(), message).help(help));
        }
    };
    if layer.ocid.is_none() && (layer.display_name.is_none() || layer.compartment.is_none()) {
        add(
            format!("[database.{name}] does not say which database it is"),
            "write ocid = \"ocid1.autonomousdatabase…\", or display_name = \"…\" together with compartment = \"…\"",
        );
    }
    if layer.role.is_none() {
        add(
            format!("[database.{name}] has no role"),
            "write role = \"production\" (never overwritten) or role = \"nonproduction\"",
        );
    }
    let Some(role) = layer.role.filter(|_| wrong.is_empty()) else { return Err(wrong) };
    let user = layer.user.unwrap_or_else(|| Sourced::built_in("ADMIN".to_owned()));
    Ok(DatabaseSettings {
        ocid: layer.ocid,
        display_name: layer.display_name,
        compartment: layer.compartment,
        role,
        connect: ConnectSettings {
            driver: layer.driver.unwrap_or(Sourced::built_in(Driver::Auto)),
            password: layer.password.map(|mut password| {
                password.value = password.value.asking_for(&format!("password of {} in {name}", user.value));
                password
            }),
            user,
            service: layer.service.unwrap_or(Sourced::built_in(ServiceLevel::Low)),
            address: layer.address,
            wallet: layer.wallet.unwrap_or(Sourced::built_in(WalletChoice::Download)),
            wallet_password: layer.wallet_password.map(|mut password| {
                password.value = password.value.asking_for(&format!("password of the wallet of {name}"));
                password
            }),
            client_library: layer.client_library,
            results: layer.results,
        },
        consent: layer.consent,
    })
}

/// Databases that one name calls production and another one does not: whichever is wrong, nothing may be overwritten.
fn in_two_roles(
    databases: &BTreeMap<String, DatabaseSettings>,
    places: &BTreeMap<String, (SourceText, std::ops::Range<usize>)>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let open = databases.iter().filter(|(_, d)| d.may_be_overwritten());
    for (name, database) in open {
        let twin =
            databases.iter().find(|(_, other)| !other.may_be_overwritten() && same_database(database, other));
        if let (Some((production, _)), Some((source, span))) = (twin, places.get(name)) {
            let message = format!(
                "[database.{name}] may be overwritten and is the same database as [database.{production}], which may not"
            );
            found.push(
                Diagnostic::new(source, span.clone(), message)
                    .help("correct the OCID or the display name of one of them, or take one out"),
            );
        }
    }
    found
}

fn same_database(one: &DatabaseSettings, other: &DatabaseSettings) -> bool {
    let same_ocid = match (&one.ocid, &other.ocid) {
        (Some(a), Some(b)) => a.value.as_str().eq_ignore_ascii_case(b.value.as_str()),
        _ => false,
    };
    let same_name = match (&one.display_name, &one.compartment, &other.display_name, &other.compartment) {
        (Some(a), Some(in_a), Some(b), Some(in_b)) => a.value == b.value && in_a.value == in_b.value,
        _ => false,
    };
    same_ocid || same_name
}

fn with_environment(mut oci: OciSettings, inputs: &Inputs) -> Result<OciSettings, SettingsError> {
    let get = |name: &'static str| {
        (inputs.lookup)(name).map(|value| Sourced::new(value, Origin::Environment(name)))
    };
    if let Some(file) = get("OCI_CLI_CONFIG_FILE") {
        let path = Base { directory: &inputs.current_dir, home: inputs.home.as_deref() }.resolve(&file.value);
        oci.config_file = Some(Sourced::new(path, file.origin));
    }
    oci.profile = get("OCI_CLI_PROFILE").or(oci.profile);
    oci.region = get("OCI_CLI_REGION").or(oci.region);
    if let Some(auth) = get("OCI_CLI_AUTH") {
        let kind = AuthKind::from_str(&auth.value)
            .map_err(|message| SettingsError::BadValue { origin: auth.origin.to_string(), message })?;
        oci.auth = Some(Sourced::new(kind, auth.origin));
    }
    Ok(oci)
}

impl FromStr for AuthKind {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        [Self::ApiKey, Self::SecurityToken, Self::InstancePrincipal, Self::ResourcePrincipal]
            .into_iter()
            .find(|kind| kind.to_string() == word)
            .ok_or_else(|| {
                format!(
                    "{word:?} is no kind of authentication; use api_key, security_token, instance_principal or \
                     resource_principal"
                )
            })
    }
}

fn state_directory(inputs: &Inputs, file: Option<Sourced<Utf8PathBuf>>) -> Option<Sourced<Utf8PathBuf>> {
    let absolute = |path: &Utf8Path| inputs.current_dir.join(path);
    if let Some(flag) = &inputs.state_dir {
        return Some(Sourced::new(absolute(flag), Origin::Flag("--state-dir")));
    }
    if let Some(variable) = (inputs.lookup)("ADBCTL_STATE_DIR") {
        return Some(Sourced::new(
            absolute(variable.as_str().into()),
            Origin::Environment("ADBCTL_STATE_DIR"),
        ));
    }
    file.or_else(|| inputs.user_state.as_ref().map(|d| Sourced::built_in(d.join("adbctl"))))
}

struct Rows(Vec<(String, String, Origin)>);

impl Rows {
    fn add<T: std::fmt::Display>(&mut self, name: impl Into<String>, value: &Sourced<T>) {
        self.0.push((name.into(), value.value.to_string(), value.origin.clone()));
    }

    fn maybe<T: std::fmt::Display>(&mut self, name: impl Into<String>, value: Option<&Sourced<T>>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    fn length(&mut self, name: &str, value: &Sourced<Duration>) {
        self.0.push((name.to_owned(), format!("{}s", value.value.as_secs()), value.origin.clone()));
    }
}

/// Every setting that has a value, as name, value and origin.
pub(super) fn rows(settings: &Settings) -> Vec<(String, String, Origin)> {
    let mut rows = Rows(Vec::new());
    let oci = &settings.oci;
    rows.maybe("oci.config_file", oci.config_file.as_ref());
    rows.maybe("oci.profile", oci.profile.as_ref());
    rows.maybe("oci.auth", oci.auth.as_ref());
    rows.maybe("oci.region", oci.region.as_ref());
    rows.maybe("oci.endpoint", oci.endpoint.as_ref());
    rows.maybe("oci.proxy", oci.proxy.as_ref());
    for (host, address) in &oci.resolve {
        rows.add(format!("oci.resolve.{host:?}"), address);
    }
    rows.maybe("oci.ca_bundle", oci.ca_bundle.as_ref());
    rows.maybe("oci.tenancy", oci.tenancy.as_ref());
    rows.maybe("oci.key_passphrase", oci.key_passphrase.as_ref());
    for (name, database) in &settings.databases {
        let at = |key: &str| format!("database.{name}.{key}");
        rows.maybe(at("ocid"), database.ocid.as_ref());
        rows.maybe(at("display_name"), database.display_name.as_ref());
        rows.maybe(at("compartment"), database.compartment.as_ref());
        rows.add(at("role"), &database.role);
        if let Some(consent) = &database.consent {
            rows.add(at("consent"), &Sourced::new(consent.value.join(", "), consent.origin.clone()));
        }
        let connect = &database.connect;
        rows.add(at("connect.driver"), &connect.driver);
        rows.add(at("connect.user"), &connect.user);
        rows.maybe(at("connect.password"), connect.password.as_ref());
        rows.add(
            at("connect.service"),
            &Sourced::new(connect.service.value.word(), connect.service.origin.clone()),
        );
        rows.maybe(at("connect.address"), connect.address.as_ref());
        rows.add(at("connect.wallet"), &connect.wallet);
        rows.maybe(at("connect.wallet_password"), connect.wallet_password.as_ref());
        rows.maybe(at("connect.client_library"), connect.client_library.as_ref());
        rows.maybe(at("connect.results"), connect.results.as_ref());
    }
    rows.maybe("state.directory", settings.state.directory.as_ref());
    rows.maybe("state.bucket", settings.state.bucket.as_ref());
    rows.maybe("state.namespace", settings.state.namespace.as_ref());
    rows.maybe("state.prefix", settings.state.prefix.as_ref());
    if settings.state.bucket.is_some() {
        rows.length("state.lease", &settings.state.lease);
    }
    let storage = &settings.storage;
    rows.maybe("storage.bucket", storage.bucket.as_ref());
    rows.maybe("storage.namespace", storage.namespace.as_ref());
    rows.maybe("storage.compartment", storage.compartment.as_ref());
    if storage.bucket.is_some() {
        rows.add("storage.credential", &storage.credential);
    }
    rows.maybe("storage.user", storage.user.as_ref());
    rows.maybe("storage.token", storage.token.as_ref());
    rows.add("run.parallel", &settings.run.parallel);
    rows.length("run.poll_shortest", &settings.run.poll_shortest);
    rows.length("run.poll_longest", &settings.run.poll_longest);
    rows.length("run.slow_after", &settings.run.slow_after);
    rows.maybe("secrets.sink", settings.sink.as_ref());
    for (name, values) in &settings.runbooks {
        for (key, value) in values {
            rows.add(format!("runbook.{name}.{key}"), value);
        }
    }
    rows.0
}

/// The strictest reading of a role, for code that only asks whether a database may be overwritten.
impl DatabaseSettings {
    /// Whether the database may be a target.
    pub fn may_be_overwritten(&self) -> bool {
        self.role.value == Role::Nonproduction
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
