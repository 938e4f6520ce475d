//! What one `adbctl.toml` says, key by key, with the place of every value.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde_spanned::Spanned;
use url::Url;

use super::sourced::{Origin, Sourced};
use super::types::{
    AuthKind, CONSENTS, Driver, OciSettings, ResultsSettings, Role, SecretSink, ServiceLevel, WalletChoice,
};
use crate::model::diagnostic::{Diagnostic, SourceText, suggestion};
use crate::model::toml_table::{Mistakes, TableReader};
use crate::model::{Ocid, Question, Redactor, SecretRef, clock};

/// How long a lease may last. It is renewed at a third of that, and dates of the service have whole seconds.
const LEASE: RangeInclusive<Duration> = Duration::from_secs(3)..=Duration::from_hours(24);

/// One file, read but not yet layered.
#[derive(Debug, Default)]
pub(super) struct FileLayer {
    pub(super) oci: OciSettings,
    pub(super) databases: BTreeMap<String, DatabaseLayer>,
    pub(super) directory: Option<Sourced<Utf8PathBuf>>,
    pub(super) bucket: Option<Sourced<String>>,
    pub(super) namespace: Option<Sourced<String>>,
    pub(super) prefix: Option<Sourced<String>>,
    pub(super) lease: Option<Sourced<Duration>>,
    pub(super) storage: StorageLayer,
    pub(super) parallel: Option<Sourced<usize>>,
    pub(super) poll_shortest: Option<Sourced<Duration>>,
    pub(super) poll_longest: Option<Sourced<Duration>>,
    pub(super) slow_after: Option<Sourced<Duration>>,
    pub(super) sink: Option<Sourced<SecretSink>>,
    pub(super) runbooks: BTreeMap<String, BTreeMap<String, Sourced<serde_json::Value>>>,
}

/// What one file says of the bucket for dumps.
#[derive(Debug, Default)]
pub(super) struct StorageLayer {
    pub(super) bucket: Option<Sourced<String>>,
    pub(super) namespace: Option<Sourced<String>>,
    pub(super) compartment: Option<Sourced<Ocid>>,
    pub(super) credential: Option<Sourced<String>>,
    pub(super) user: Option<Sourced<String>>,
    pub(super) token: Option<Sourced<SecretRef>>,
}

/// What one file says of one database.
#[derive(Debug, Default)]
pub(super) struct DatabaseLayer {
    /// Where the table stands, for mistakes that show only after layering.
    pub(super) place: Option<(SourceText, std::ops::Range<usize>)>,
    pub(super) ocid: Option<Sourced<Ocid>>,
    pub(super) display_name: Option<Sourced<String>>,
    pub(super) compartment: Option<Sourced<Ocid>>,
    pub(super) role: Option<Sourced<Role>>,
    pub(super) driver: Option<Sourced<Driver>>,
    pub(super) user: Option<Sourced<String>>,
    pub(super) password: Option<Sourced<SecretRef>>,
    pub(super) service: Option<Sourced<ServiceLevel>>,
    pub(super) address: Option<Sourced<String>>,
    pub(super) wallet: Option<Sourced<WalletChoice>>,
    pub(super) wallet_password: Option<Sourced<SecretRef>>,
    pub(super) client_library: Option<Sourced<Utf8PathBuf>>,
    pub(super) results: Option<Sourced<ResultsSettings>>,
    pub(super) consent: Option<Sourced<Vec<String>>>,
}

/// What paths in a file are relative to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base<'a> {
    pub(super) directory: &'a Utf8Path,
    pub(super) home: Option<&'a Utf8Path>,
}

impl Base<'_> {
    /// The path with `~/` replaced and taken from the file's own directory.
    pub(super) fn resolve(&self, path: &str) -> Utf8PathBuf {
        match (path.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.directory.join(path),
        }
    }
}

/// Reads a file. The layer holds what is right; the list what is wrong.
pub(super) fn read(source: SourceText, base: Base<'_>) -> (FileLayer, Vec<Diagnostic>) {
    let mistakes = Mistakes::new(source);
    let mut layer = FileLayer::default();
    {
        let file = File { mistakes: &mistakes, base };
        let mut top = TableReader::open(&mistakes);
        if let Some(table) = top.table("oci") {
            layer.oci = file.oci(table);
        }
        if let Some(table) = top.table("database") {
            for (name, inner) in table.named_tables() {
                file.check_name(&name);
                let database = file.database(inner);
                layer.databases.insert(name.into_inner(), database);
            }
        }
        if let Some(mut table) = top.table("state") {
            layer.directory = file.path(&mut table, "directory");
            layer.bucket = file.value(&mut table, "bucket");
            layer.namespace = file.value(&mut table, "namespace");
            layer.prefix = file.value(&mut table, "prefix");
            layer.lease = file.lease(&mut table);
            table.finish();
        }
        if let Some(table) = top.table("storage") {
            layer.storage = file.storage(table);
        }
        if let Some(mut table) = top.table("run") {
            layer.parallel = file.parallel(&mut table);
            layer.poll_shortest = file.duration(&mut table, "poll_shortest");
            layer.poll_longest = file.duration(&mut table, "poll_longest");
            layer.slow_after = file.duration(&mut table, "slow_after");
            table.finish();
        }
        if let Some(mut table) = top.table("secrets") {
            layer.sink = file.sink(&mut table);
            table.finish();
        }
        if let Some(table) = top.table("runbook") {
            for (name, inner) in table.named_tables() {
                let values = inner.named_values::<serde_json::Value>().into_iter();
                let values = values.map(|(key, value)| (key.into_inner(), file.sourced(value))).collect();
                layer.runbooks.insert(name.into_inner(), values);
            }
        }
        top.finish();
    }
    (layer, mistakes.into_sorted())
}

struct File<'a> {
    mistakes: &'a Mistakes,
    base: Base<'a>,
}

impl<'a> File<'a> {
    fn sourced<T>(&self, value: Spanned<T>) -> Sourced<T> {
        let source = self.mistakes.source();
        let (line, _) = source.position(value.span().start);
        Sourced::new(value.into_inner(), Origin::File { name: source.name().to_owned(), line })
    }

    fn value<T: DeserializeOwned>(
        &self,
        table: &mut TableReader<'a>,
        key: &'static str,
    ) -> Option<Sourced<T>> {
        table.optional(key).map(|v| self.sourced(v))
    }

    /// A value that is written as text and read by `convert`, whose error becomes a mistake.
    fn converted<T>(
        &self,
        table: &mut TableReader<'a>,
        key: &'static str,
        convert: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Sourced<T>> {
        let text = table.optional::<String>(key)?;
        match convert(text.get_ref()) {
            Ok(value) => Some(self.sourced(Spanned::new(text.span(), value))),
            Err(message) => {
                self.mistakes.add(text.span(), format!("`{key}`: {message}"), None);
                None
            }
        }
    }

    fn path(&self, table: &mut TableReader<'a>, key: &'static str) -> Option<Sourced<Utf8PathBuf>> {
        self.converted(table, key, |text| Ok(self.base.resolve(text)))
    }

    fn url(
        &self,
        table: &mut TableReader<'a>,
        key: &'static str,
        schemes: &'static [&'static str],
    ) -> Option<Sourced<Url>> {
        self.converted(table, key, |text| {
            let wrong = || format!("{text:?} is no URL of the form {}://HOST[:PORT]", schemes.join("|"));
            let url = Url::parse(text).map_err(|_| wrong())?;
            if let Some(password) = url.password() {
                Redactor::global().add(password);
                return Err(
                    "a URL with a password in it is a secret as plain text; leave the password out".into()
                );
            }
            (schemes.contains(&url.scheme()) && url.has_host()).then_some(url).ok_or_else(wrong)
        })
    }

    fn duration(&self, table: &mut TableReader<'a>, key: &'static str) -> Option<Sourced<Duration>> {
        self.converted(table, key, |text| {
            let length = clock::parse_duration(text)?;
            if length.is_zero() { Err("the length must be more than nothing".into()) } else { Ok(length) }
        })
    }

    fn lease(&self, table: &mut TableReader<'a>) -> Option<Sourced<Duration>> {
        self.converted(table, "lease", |text| {
            let length = clock::parse_duration(text)?;
            if LEASE.contains(&length) {
                Ok(length)
            } else {
                Err(format!("{text:?} is not between 3 seconds and a day"))
            }
        })
    }

    fn parallel(&self, table: &mut TableReader<'a>) -> Option<Sourced<usize>> {
        let count = table.optional::<usize>("parallel")?;
        if !(1..=64).contains(count.get_ref()) {
            let message = format!("`parallel`: {} is not between 1 and 64", count.get_ref());
            self.mistakes.add(count.span(), message, None);
            return None;
        }
        Some(self.sourced(count))
    }

    fn oci(&self, mut table: TableReader<'a>) -> OciSettings {
        let mut resolve = BTreeMap::new();
        if let Some(inner) = table.table("resolve") {
            for (host, address) in inner.named_values::<String>() {
                let text = address.get_ref();
                if text.parse::<std::net::IpAddr>().is_err() && text.parse::<std::net::SocketAddr>().is_err()
                {
                    let message = format!("{text:?} is no address; write 10.0.0.7 or 127.0.0.1:8443");
                    self.mistakes.add(address.span(), message, None);
                } else {
                    resolve.insert(host.into_inner(), self.sourced(address));
                }
            }
        }
        let oci = OciSettings {
            config_file: self.path(&mut table, "config_file"),
            profile: self.value(&mut table, "profile"),
            auth: self.value::<AuthKind>(&mut table, "auth"),
            region: self.value(&mut table, "region"),
            endpoint: self.url(&mut table, "endpoint", &["https", "http"]),
            proxy: self.url(&mut table, "proxy", &["http", "https", "socks5", "socks5h"]),
            resolve,
            ca_bundle: self.path(&mut table, "ca_bundle"),
            tenancy: self.value(&mut table, "tenancy"),
            key_passphrase: self.secret(&mut table, "key_passphrase").map(|mut passphrase| {
                passphrase.value = passphrase.value.asking_for("passphrase of the API key");
                passphrase
            }),
        };
        table.finish();
        oci
    }

    fn secret(&self, table: &mut TableReader<'a>, key: &'static str) -> Option<Sourced<SecretRef>> {
        let mut found = self.value::<SecretRef>(table, key)?;
        match &mut found.value {
            SecretRef::File(path) => *path = self.base.resolve(path.as_str()),
            SecretRef::Command(words) if words.is_empty() => {
                self.mistakes.add(table.span(), format!("`{key}`: the command is empty"), None);
                return None;
            }
            SecretRef::Prompt(Question::Plain(false)) => {
                let message = format!("`{key}`: prompt = false names no secret");
                self.mistakes.add(
                    table.span(),
                    message,
                    Some("write prompt = \"what is asked for\", or another reference".into()),
                );
                return None;
            }
            _ => {}
        }
        Some(found)
    }

    fn check_name(&self, name: &Spanned<String>) {
        let text = name.get_ref();
        let good = !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            && text.starts_with(|c: char| c.is_ascii_alphabetic());
        if !good {
            self.mistakes.add(
                name.span(),
                format!("{text:?} cannot be a database's name"),
                Some("use letters, digits, - and _, a letter first".into()),
            );
        }
    }

    fn database(&self, mut table: TableReader<'a>) -> DatabaseLayer {
        let mut layer = DatabaseLayer {
            place: Some((self.mistakes.source().clone(), table.span())),
            ocid: self.value(&mut table, "ocid"),
            display_name: self.value(&mut table, "display_name"),
            compartment: self.value(&mut table, "compartment"),
            role: self.value(&mut table, "role"),
            consent: self.consent(&mut table),
            ..DatabaseLayer::default()
        };
        if let Some(mut connect) = table.table("connect") {
            layer.driver = self.converted(&mut connect, "driver", driver);
            layer.user = self.converted(&mut connect, "user", user);
            layer.password = self.secret(&mut connect, "password");
            layer.service = self.value(&mut connect, "service");
            layer.address = self.value(&mut connect, "address");
            let base = self.base;
            layer.wallet = self.converted(&mut connect, "wallet", |word| Ok(wallet(word, base)));
            layer.wallet_password = self.secret(&mut connect, "wallet_password");
            layer.client_library = self.path(&mut connect, "client_library");
            layer.results = self.results(&mut connect);
            connect.finish();
        }
        table.finish();
        layer
    }

    fn results(&self, connect: &mut TableReader<'a>) -> Option<Sourced<ResultsSettings>> {
        let mut table = connect.table("results")?;
        let span = table.span();
        let bucket = self.value::<String>(&mut table, "bucket");
        let namespace = self.value::<String>(&mut table, "namespace");
        let after = self.duration(&mut table, "after");
        if bucket.is_none() {
            let message = "`results` does not say which bucket the results of long statements go to";
            self.mistakes.add(span, message, Some("write results = { bucket = \"…\" }".into()));
        }
        table.finish();
        bucket.map(|bucket| {
            let results = ResultsSettings {
                bucket: bucket.value,
                namespace: namespace.map(|namespace| namespace.value),
                after: after.map_or(ResultsSettings::AFTER, |after| after.value),
            };
            Sourced::new(results, bucket.origin)
        })
    }

    fn storage(&self, mut table: TableReader<'a>) -> StorageLayer {
        let layer = StorageLayer {
            bucket: self.value(&mut table, "bucket"),
            namespace: self.value(&mut table, "namespace"),
            compartment: self.value(&mut table, "compartment"),
            credential: self.converted(&mut table, "credential", credential),
            user: self.value(&mut table, "user"),
            token: self.secret(&mut table, "token").map(|mut token| {
                token.value = token.value.asking_for("auth token for Object Storage");
                token
            }),
        };
        table.finish();
        layer
    }

    fn consent(&self, table: &mut TableReader<'a>) -> Option<Sourced<Vec<String>>> {
        let list = table.optional::<Vec<Spanned<String>>>("consent")?;
        let span = list.span();
        let mut words = Vec::new();
        for word in list.into_inner() {
            if CONSENTS.iter().any(|(known, _)| known == word.get_ref()) {
                words.push(word.into_inner());
            } else {
                self.mistakes.add(
                    word.span(),
                    format!("{:?} is nothing a database can consent to", word.get_ref()),
                    suggestion(word.get_ref(), CONSENTS.iter().map(|(known, _)| *known)),
                );
            }
        }
        Some(self.sourced(Spanned::new(span, words)))
    }

    fn sink(&self, table: &mut TableReader<'a>) -> Option<Sourced<SecretSink>> {
        let mut sink = table.table("sink")?;
        let directory = self.path(&mut sink, "directory");
        let vault = self.value::<Ocid>(&mut sink, "vault");
        let key = self.value::<Ocid>(&mut sink, "key");
        let compartment = self.value::<Ocid>(&mut sink, "compartment");
        let span = sink.span();
        let found = match (directory, vault, key, compartment) {
            (Some(directory), None, None, None) => {
                Some(Sourced::new(SecretSink::Directory(directory.value), directory.origin))
            }
            (None, Some(vault), Some(key), Some(compartment)) => Some(Sourced::new(
                SecretSink::Vault { vault: vault.value, key: key.value, compartment: compartment.value },
                vault.origin,
            )),
            _ => {
                self.mistakes.add(
                    span,
                    "`sink` must be either { directory = … } or { vault = …, key = …, compartment = … }",
                    None,
                );
                None
            }
        };
        sink.finish();
        found
    }
}

fn driver(word: &str) -> Result<Driver, String> {
    Driver::named(word)
        .ok_or_else(|| format!("{word:?} is no driver; use auto, ords, thin, thick or dbtools"))
}

/// A wallet by its word or its path.
fn wallet(word: &str, base: Base<'_>) -> WalletChoice {
    match word {
        "download" => WalletChoice::Download,
        "none" => WalletChoice::None,
        path => WalletChoice::Path(base.resolve(path)),
    }
}

/// A credential's name: the database makes it upper case.
fn credential(name: &str) -> Result<String, String> {
    user(name)
        .map(|name| name.to_uppercase())
        .map_err(|_| format!("{name:?} is no name of a credential; use letters, digits, _, $ and #"))
}

/// A database user as it is typed: unquoted names become upper case in the database.
fn user(name: &str) -> Result<String, String> {
    let good = !name.is_empty()
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '#'));
    if good { Ok(name.to_owned()) } else { Err(format!("{name:?} is no database user")) }
}
