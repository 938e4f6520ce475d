//! The databases of the sandbox: one file each, sample data made once and copied.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::backend::{Backend, Logon, LogonError, SqlError, SqlSession};
use super::pages::Application;
use super::session::{OracleSession, ReadOnly, report, sql_error};
use super::slot::{Later, Slot};
use crate::model::{Secret, clock};
use crate::sandbox::engine::{CloneKind, Engine, EngineError, Identity, Making, Sample};
use crate::sandbox::oracle::{
    ApexVersion, BindMode, BindValue, CloneKind as Copied, Database, Host, Identity as Named, Mail, Number,
    OracleError, Sample as Data, Type, Value, Verifier, WebAnswer, WebRequest, fingerprint,
};
use crate::sandbox::outbound::Network;
use crate::sandbox::store::write_private;

/// The least time between two looks at a database's scheduler, in milliseconds.
const TICK_MILLIS: i64 = 500;

/// The databases in a directory.
#[derive(Debug)]
pub struct SqlEngine {
    shelf: Arc<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    dir: Utf8PathBuf,
    host: Arc<dyn Host>,
    /// Where requests of databases go, once there is such a place.
    network: Arc<OnceLock<Weak<dyn Network>>>,
    /// How fast the sandbox's time runs, once it is known.
    speed: Arc<OnceLock<f64>>,
    slots: Mutex<HashMap<String, Slot>>,
    /// Held while a sample is made, so that it is made once.
    samples: Mutex<()>,
    /// How many times the usual rows the production sample has.
    volume: u32,
    ticked: Mutex<HashMap<String, i64>>,
    /// Databases whose jobs run at the moment.
    busy: Mutex<HashSet<String>>,
}

/// How a database comes to be; on disk until it is there, so that a killed sandbox makes it again.
#[derive(Clone, Serialize, Deserialize)]
struct Order {
    identity: Identity,
    from: Origin,
    admin: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
enum Origin {
    Sample(Sample),
    Copy(String, CloneKind),
}

impl SqlEngine {
    /// The databases in `dir`, which is made if it is not there. Those that were being made are made again.
    ///
    /// # Errors
    /// When the directory cannot be made or read.
    pub fn new(dir: &Utf8Path) -> std::io::Result<Self> {
        Self::with_volume(dir, 1)
    }

    /// The same, with so many times the usual rows in the production sample.
    ///
    /// # Errors
    /// When the directory cannot be made or read.
    pub fn with_volume(dir: &Utf8Path, volume: u32) -> std::io::Result<Self> {
        fs::create_dir_all(dir.join("samples"))?;
        let network = Arc::new(OnceLock::new());
        let speed = Arc::new(OnceLock::new());
        let shelf = Arc::new(Shelf {
            dir: dir.to_owned(),
            host: Arc::new(Outside {
                mail: dir.join("mail.jsonl"),
                lock: Mutex::new(()),
                network: Arc::clone(&network),
                speed: Arc::clone(&speed),
            }),
            network,
            speed,
            slots: Mutex::new(HashMap::new()),
            samples: Mutex::new(()),
            volume: volume.max(1),
            ticked: Mutex::new(HashMap::new()),
            busy: Mutex::new(HashSet::new()),
        });
        for entry in dir.read_dir_utf8()? {
            let path = entry?.into_path();
            if path.extension() == Some("order") {
                let order: Order =
                    serde_json::from_slice(&fs::read(&path)?).map_err(std::io::Error::other)?;
                shelf.start(order);
            } else if path.as_str().contains(".scratch") {
                if path.is_dir() { fs::remove_dir_all(&path)? } else { remove_file(&path)? }
            }
        }
        Ok(Self { shelf })
    }

    /// Tells the databases where what they send goes. The first one told counts.
    pub(crate) fn connect(&self, network: Weak<dyn Network>) {
        self.shelf.network.get_or_init(|| network);
    }

    /// Tells the databases how fast time runs. The first figure told counts; without one nothing is waited for.
    pub(crate) fn set_speed(&self, speed: f64) {
        self.shelf.speed.get_or_init(|| speed);
    }
}

impl Shelf {
    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn busy(&self) -> MutexGuard<'_, HashSet<String>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, ocid: &str) -> Utf8PathBuf {
        self.dir.join(format!("{ocid}.db"))
    }

    fn order_file(&self, ocid: &str) -> Utf8PathBuf {
        self.dir.join(format!("{ocid}.order"))
    }

    /// The slot of a database, opened when it is first asked for.
    fn slot(&self, ocid: &str) -> Result<Slot, EngineError> {
        let mut slots = self.slots();
        if let Some(slot) = slots.get(ocid) {
            return Ok(slot.clone());
        }
        let file = self.file(ocid);
        if !file.exists() {
            return Err(EngineError::new(ocid, "there is no such database"));
        }
        let database =
            Database::open(file.as_std_path(), Arc::clone(&self.host)).map_err(|error| lost(ocid, &error))?;
        database.end_interrupted_jobs().map_err(|error| lost(ocid, &error))?;
        report(&database);
        let slot = Slot::ready(database);
        slots.insert(ocid.to_owned(), slot.clone());
        Ok(slot)
    }

    /// Notes an order on disk and begins it.
    fn order(self: &Arc<Self>, order: Order) -> Result<(), EngineError> {
        let ocid = &order.identity.ocid;
        let failed = |error: &dyn std::fmt::Display| EngineError::new(ocid, error.to_string());
        let text = serde_json::to_vec(&order).map_err(|error| failed(&error))?;
        write_private(&self.order_file(ocid), &text).map_err(|error| failed(&error))?;
        self.start(order);
        Ok(())
    }

    /// Makes a database on a thread of its own: copying must not hold up requests to others.
    fn start(self: &Arc<Self>, order: Order) {
        let slot = Slot::making();
        let ocid = order.identity.ocid.clone();
        self.slots().insert(ocid.clone(), slot.clone());
        let owner = Arc::clone(self);
        std::thread::spawn(move || {
            let made = owner.make(&order).map_err(|error| error.message);
            if let Err(why) = &made {
                tracing::warn!(ocid, why, "a database could not be made");
            }
            // Before anybody sees the database: made again later, it would lose what was done in it.
            if let Err(error) = remove_file(&owner.order_file(&ocid)) {
                tracing::warn!(%error, "an order stays behind");
            }
            slot.made(made, |database, change| change_now(database, change).map_err(|error| error.text));
        });
    }

    fn make(&self, order: &Order) -> Result<Database, EngineError> {
        let ocid = &order.identity.ocid;
        let failed = |error: OracleError| lost(ocid, &error);
        remove_database(&self.file(ocid)).map_err(|error| EngineError::new(ocid, error.to_string()))?;
        let (source, kind) = match &order.from {
            Origin::Sample(sample) => {
                // An order of an earlier build names none.
                let apex = order.identity.apex.parse().unwrap_or_default();
                (self.sample(*sample, apex, ocid)?, Copied::Full)
            }
            Origin::Copy(source, CloneKind::Full) => (self.slot(source)?.wait(source)?, Copied::Full),
            Origin::Copy(source, CloneKind::Metadata) => (self.slot(source)?.wait(source)?, Copied::Metadata),
        };
        let file = self.file(ocid);
        let database = source
            .clone_to(file.as_std_path(), kind, &named(&order.identity), order.admin.as_deref())
            .map_err(failed)?;
        report(&database);
        match order.from {
            Origin::Copy(..) => database.fire_after_clone().map_err(failed)?,
            Origin::Sample(_) => database.schedule_anew().map_err(failed)?,
        }
        Ok(database)
    }

    /// The file that every sample of a kind is copied from.
    fn sample(&self, sample: Sample, apex: ApexVersion, ocid: &str) -> Result<Database, EngineError> {
        let _once = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let name = match sample {
            Sample::Prod => "prod",
            Sample::Dev => "dev",
            Sample::Empty => "empty",
        };
        let times = if sample == Sample::Prod && self.volume > 1 {
            format!("-x{}", self.volume)
        } else {
            String::new()
        };
        let release = if apex == ApexVersion::default() { String::new() } else { format!("-apex{apex}") };
        let file = self.dir.join(format!("samples/{name}{times}{release}-{}.db", fingerprint()));
        let failed = |error: OracleError| lost(ocid, &error);
        let host = || Arc::clone(&self.host);
        if !file.exists() {
            let part = self.dir.join(format!("samples/{name}.part"));
            let broken = |error: std::io::Error| EngineError::new(ocid, error.to_string());
            remove_database(&part).map_err(broken)?;
            let nobody = Named::default();
            let path = part.as_std_path();
            // Copies get a password of their own; this one is never told to anybody.
            let password = format!("Sample-{}-1", crate::sandbox::world::random_word(16));
            let made = match sample {
                Sample::Prod => Database::create_sample(
                    path,
                    Data::Production,
                    self.volume,
                    apex,
                    &nobody,
                    &password,
                    host(),
                ),
                Sample::Dev => {
                    Database::create_sample(path, Data::Development, 1, apex, &nobody, &password, host())
                }
                Sample::Empty => Database::create_empty(path, apex, &nobody, &password, host()),
            };
            // A copy is one finished file, whatever the maker still holds open beside its own.
            let whole = self.dir.join(format!("samples/{name}.whole"));
            remove_database(&whole).map_err(broken)?;
            made.and_then(|made| made.clone_to(whole.as_std_path(), Copied::Full, &nobody, None))
                .map_err(failed)?;
            fs::rename(&whole, &file).map_err(broken)?;
            remove_database(&part).map_err(broken)?;
            remove_database(&whole).map_err(broken)?;
        }
        Database::open(file.as_std_path(), host()).map_err(failed)
    }

    fn change(&self, ocid: &str, change: Later) -> Result<(), EngineError> {
        let slot = self.slot(ocid)?;
        if slot.later(ocid, change)? {
            // Whoever asks holds the world, and a session that has this database's rows may be waiting for the world.
            let ocid = ocid.to_owned();
            std::thread::spawn(move || {
                slot.carry_out(|database, change| {
                    // Each try on a busy database waits for some seconds.
                    while let Err(error) = change_now(database, change) {
                        if !error.is_busy() {
                            tracing::warn!(%error, ocid, "a database was not told of a change");
                            return false;
                        }
                    }
                    true
                });
            });
        }
        Ok(())
    }
}

fn lost(ocid: &str, error: &OracleError) -> EngineError {
    EngineError::new(ocid, error.text.clone())
}

fn change_now(database: &Database, change: &Later) -> Result<(), OracleError> {
    match change {
        Later::Identity(identity) => database.set_identity(&named(identity)),
        Later::Password(password) => database.set_admin_password(password.reveal()),
    }
}

/// What the database shows of its identity. The pluggable database is named like the host in its web address.
fn named(identity: &Identity) -> Named {
    let prefix = identity.ords_url.trim_end_matches('/').trim_end_matches("/ords").rsplit('/').next();
    let prefix = prefix.and_then(|host| host.split_once('-')).map_or("", |(prefix, _)| prefix);
    let db_name =
        if prefix.is_empty() { identity.name.clone() } else { format!("{prefix}_{}", identity.name) };
    Named {
        database_name: identity.name.to_uppercase(),
        db_name: db_name.to_uppercase(),
        region: identity.region.clone(),
        tenant_ocid: identity.tenancy.clone(),
        database_ocid: identity.ocid.clone(),
        compartment_ocid: identity.compartment.clone(),
        version: identity.version.clone(),
    }
}

fn remove_file(path: &Utf8Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a database's file and what is beside it.
fn remove_database(path: &Utf8Path) -> std::io::Result<()> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        remove_file(Utf8Path::new(&format!("{path}{ending}")))?;
    }
    match fs::remove_dir_all(format!("{path}.files")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Engine for SqlEngine {
    fn create_sample(&self, identity: &Identity, sample: Sample, admin: &Secret) -> Result<(), EngineError> {
        let from = Origin::Sample(sample);
        self.shelf.order(Order { identity: identity.clone(), from, admin: Some(admin.reveal().to_owned()) })
    }

    fn clone_to(
        &self,
        source: &str,
        identity: &Identity,
        kind: CloneKind,
        admin: Option<&Secret>,
    ) -> Result<(), EngineError> {
        self.shelf.slot(source)?;
        let from = Origin::Copy(source.to_owned(), kind);
        let admin = admin.map(|admin| admin.reveal().to_owned());
        self.shelf.order(Order { identity: identity.clone(), from, admin })
    }

    fn making(&self, ocid: &str) -> Making {
        self.shelf.slots().get(ocid).map_or(Making::Done, Slot::how_far)
    }

    fn set_admin_password(&self, ocid: &str, password: &Secret) -> Result<(), EngineError> {
        self.shelf.change(ocid, Later::Password(password.clone()))
    }

    fn has_heard(&self, ocid: &str) -> bool {
        self.shelf.slots().get(ocid).is_some_and(Slot::has_heard)
    }

    fn set_identity(&self, identity: &Identity) -> Result<(), EngineError> {
        self.shelf.change(&identity.ocid, Later::Identity(identity.clone()))
    }

    fn tick(&self, ocid: &str, now: Timestamp) -> Result<(), EngineError> {
        {
            let mut ticked = self.shelf.ticked.lock().unwrap_or_else(PoisonError::into_inner);
            let last = ticked.entry(ocid.to_owned()).or_insert(i64::MIN);
            if now.as_millisecond() < last.saturating_add(TICK_MILLIS) {
                return Ok(());
            }
            *last = now.as_millisecond();
        }
        let Some(database) = self.shelf.slot(ocid)?.now() else { return Ok(()) };
        let ocid = ocid.to_owned();
        if !self.shelf.busy().insert(ocid.clone()) {
            return Ok(());
        }
        let owner = Arc::clone(&self.shelf);
        // A job takes as long as it takes; time passes for the other databases meanwhile.
        std::thread::spawn(move || {
            if let Err(error) = database.tick(now.as_microsecond()) {
                tracing::warn!(%error, ocid, "the scheduler of a database does not run");
            }
            owner.busy().remove(&ocid);
        });
        Ok(())
    }

    fn remove(&self, ocid: &str) -> Result<(), EngineError> {
        let slot = self.shelf.slots().remove(ocid);
        let files = [self.shelf.file(ocid), self.shelf.order_file(ocid)];
        let clear =
            move || -> std::io::Result<()> { files.iter().try_for_each(|file| remove_database(file)) };
        let failed = |error: std::io::Error| EngineError::new(ocid, error.to_string());
        match slot {
            Some(slot) if slot.now().is_none() => {
                // Its files are taken away when they are finished.
                let ocid = ocid.to_owned();
                std::thread::spawn(move || {
                    drop(slot.wait(&ocid));
                    if let Err(error) = clear() {
                        tracing::warn!(%error, "the files of a removed database stay behind");
                    }
                });
                Ok(())
            }
            _ => clear().map_err(failed),
        }
    }
}

impl Backend for SqlEngine {
    fn user_of_alias(&self, database: &str, alias: &str) -> Result<Option<String>, EngineError> {
        let open = self.shelf.slot(database)?.wait(database)?;
        match first_row(&open, include_str!("alias.sql"), &[("alias", Some(alias))]) {
            Ok(row) => {
                Ok(row.into_iter().flatten().next().and_then(|value| value.as_str().map(str::to_owned)))
            }
            // A dictionary without ORDS: ADMIN's schema is enabled from the start.
            Err(error) if error.code == 942 => Ok((alias == "admin").then(|| "ADMIN".to_owned())),
            Err(error) => Err(lost(database, &error)),
        }
    }

    fn application(
        &self,
        database: &str,
        prefix: Option<&str>,
        name: &str,
        page: Option<&str>,
    ) -> Result<Option<Application>, EngineError> {
        let open = self.shelf.slot(database)?.wait(database)?;
        let binds = [("name", Some(name)), ("prefix", prefix), ("page", page)];
        let row = first_row(&open, include_str!("application.sql"), &binds)
            .map_err(|error| lost(database, &error))?;
        let Some(row) = row else { return Ok(None) };
        let text = |at: usize| row.get(at).and_then(|value| value.as_str().map(str::to_owned));
        let number =
            |at: usize| row.get(at).and_then(Value::as_number).and_then(Number::to_i64).unwrap_or_default();
        Ok(Some(Application {
            id: number(0),
            alias: text(1),
            status: text(2).unwrap_or_default(),
            unavailable_text: text(3),
            prefix: text(4).unwrap_or_default(),
            mapped: number(5) > 0,
            page: text(6),
        }))
    }

    fn verifier(&self, database: &str, user: &str) -> Result<Option<Verifier>, EngineError> {
        let open = self.shelf.slot(database)?.wait(database)?;
        open.password_verifier(user).map_err(|error| lost(database, &error))
    }

    fn change_password(
        &self,
        database: &str,
        user: &str,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), SqlError> {
        let slot = self.shelf.slot(database).and_then(|slot| slot.wait(database));
        let open = slot.map_err(|error| SqlError::new(1034, &format!("ORACLE not available ({error})")))?;
        open.change_password(user, old.reveal(), new.reveal()).map_err(sql_error)
    }

    fn logon(&self, logon: Logon) -> Result<Box<dyn SqlSession>, LogonError> {
        let ocid = &logon.database.ocid;
        let database = self.shelf.slot(ocid)?.wait(ocid)?;
        for (name, detail) in &logon.faults {
            if !database.arm(name, detail) {
                tracing::warn!(name, "the database knows no such fault");
            }
        }
        let session = database.logon(&logon.user, logon.password.reveal()).map_err(sql_error)?;
        if !logon.read_only {
            return Ok(Box::new(OracleSession::new(session, logon.watch)));
        }
        let user = session.user().to_owned();
        drop(session);
        let path = self.shelf.dir.join(format!("{ocid}.{}.scratch", crate::sandbox::world::random_word(12)));
        let scratch = Scratch(path.clone());
        let copy = database
            .clone_to(path.as_std_path(), Copied::Full, &named(&logon.database), None)
            .map_err(sql_error)?;
        report(&copy);
        copy.share_files_of(&database);
        let session = copy.session_as(&user).map_err(sql_error)?;
        Ok(Box::new(ReadOnly::new(session, logon.watch, scratch)))
    }
}

/// The first row of a query that the sandbox itself asks, with texts as binds.
fn first_row(
    database: &Database,
    query: &str,
    binds: &[(&str, Option<&str>)],
) -> Result<Option<Vec<Value>>, OracleError> {
    let mut session = database.session_as("SYS")?;
    let mut binds: Vec<BindValue> = binds
        .iter()
        .map(|(name, value)| BindValue {
            name: Some((*name).to_owned()),
            of: Type::TEXT,
            mode: BindMode::In,
            value: Value::optional_text(*value),
        })
        .collect();
    let done = session.execute(query.trim(), &mut binds)?;
    Ok(done.rows.and_then(|set| set.rows.into_iter().next()))
}

/// The file of a copy that nobody needs any more when its session ends.
pub(super) struct Scratch(Utf8PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove_database(&self.0) {
            tracing::warn!(%error, "a scratch copy stays behind");
        }
    }
}

/// What a database reaches outside: the clock, a mail server that keeps what it gets, and the network.
#[derive(Debug)]
struct Outside {
    mail: Utf8PathBuf,
    lock: Mutex<()>,
    network: Arc<OnceLock<Weak<dyn Network>>>,
    speed: Arc<OnceLock<f64>>,
}

impl Host for Outside {
    fn now(&self) -> i64 {
        clock::now().as_microsecond()
    }

    fn speed(&self) -> f64 {
        self.speed.get().copied().unwrap_or(0.0)
    }

    fn send_mail(&self, mail: &Mail) -> Result<(), String> {
        use std::io::Write as _;
        let _turn = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let line = serde_json::json!({
            "smtp_host": mail.smtp_host, "username": mail.username, "sender": mail.sender,
            "recipient": mail.recipient, "subject": mail.subject, "body": mail.body,
        });
        let file = fs::OpenOptions::new().append(true).create(true).open(&self.mail);
        file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
            .map_err(|error| format!("451 the mail cannot be kept: {error}"))
    }

    fn send(&self, request: &WebRequest) -> Result<WebAnswer, String> {
        match self.network.get().and_then(Weak::upgrade) {
            Some(network) => network.send(request),
            None => Err("the sandbox's databases are not connected to a network".to_owned()),
        }
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
