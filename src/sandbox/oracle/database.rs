//! A database: one file, its host, its sessions.

mod hold;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;

use super::catalogue::{Catalogue, User};
use super::error::{Outcome, fail};
use super::functions::Facts;
use super::halt::Halt;
use super::packages::directory;
use super::seed::{self, ApexVersion};
use super::session::{Effect, Session, clean};
use super::storage::Store;

/// What the database asks of the world outside.
pub trait Host: Send + Sync + fmt::Debug {
    /// The current moment, microseconds since 1970 UTC.
    fn now(&self) -> i64;
    /// How fast time runs for work that takes some: 1 is the usual pace, 0 has everything done at the next look.
    fn speed(&self) -> f64 {
        0.0
    }
    /// Hands a message to the SMTP server; the error is that server's answer.
    fn send_mail(&self, mail: &Mail) -> Result<(), String>;
    /// Sends a request to a web server. Unless a host says otherwise, no server can be reached.
    ///
    /// # Errors
    /// When the server's name means nothing here, or it does not answer.
    fn send(&self, request: &WebRequest) -> Result<WebAnswer, String> {
        Err(format!("no server answers at {}", request.url))
    }
}

/// A request to a web server.
#[derive(Clone, PartialEq, Eq)]
pub struct WebRequest {
    /// The method.
    pub method: &'static str,
    /// The address; what cannot stand in one is percent-encoded already.
    pub url: String,
    /// User and password (for Object Storage an auth token) of HTTP's basic authentication.
    pub login: Option<(String, String)>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for WebRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("user", &self.login.as_ref().map(|(user, _)| user))
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A web server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl WebAnswer {
    /// A header's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A message on its way to an SMTP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The server's name.
    pub smtp_host: String,
    /// The SMTP user of the credential.
    pub username: String,
    /// The password of the credential.
    pub password: String,
    /// The sender's address.
    pub sender: String,
    /// The recipients, comma separated.
    pub recipient: String,
    /// The subject line.
    pub subject: String,
    /// The text, and for a query its result.
    pub body: String,
}

/// What the cloud calls a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The database name.
    pub database_name: String,
    /// The name of the pluggable database.
    pub db_name: String,
    /// The region's identifier.
    pub region: String,
    /// OCID of the tenancy.
    pub tenant_ocid: String,
    /// OCID of the database.
    pub database_ocid: String,
    /// OCID of the compartment.
    pub compartment_ocid: String,
    /// `19c`, `26ai` and the like; an empty one is `19c`.
    pub version: String,
}

impl Identity {
    /// The version as the database writes it. What is sold as 26ai calls itself 23.
    fn release(&self) -> &'static str {
        match self.version.trim_end_matches(char::is_alphabetic) {
            "23" | "26" => "23.0.0.0.0",
            _ => "19.0.0.0.0",
        }
    }

    /// The JSON of `V$PDBS.CLOUD_IDENTITY`: OCIDs in upper case.
    pub fn to_json(&self) -> String {
        serde_json::json!({
            "DATABASE_NAME": self.database_name,
            "REGION": self.region,
            "TENANT_OCID": self.tenant_ocid.to_uppercase(),
            "DATABASE_OCID": self.database_ocid.to_uppercase(),
            "COMPARTMENT_OCID": self.compartment_ocid.to_uppercase(),
        })
        .to_string()
    }
}

/// Which sample data a new database gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// The production database.
    Production,
    /// The smaller and older development database.
    Development,
}

/// What a clone takes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloneKind {
    /// Definitions and rows.
    Full,
    /// Definitions only; the rows of the dictionary and of APEX come too.
    Metadata,
}

/// One statement, for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The session's user.
    pub user: String,
    /// The text, binds not substituted, passwords masked.
    pub sql: String,
    /// Whether it may change anything.
    pub effect: Effect,
    /// The session's module.
    pub module: Option<String>,
    /// The session's action.
    pub action: Option<String>,
}

/// Receives each statement before it runs.
pub type Observer = Arc<dyn Fn(&Observed) + Send + Sync>;

/// A row of V$SESSION.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) sid: i64,
    pub(crate) serial: i64,
    pub(crate) user: String,
    pub(crate) since: i64,
    pub(crate) module: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) client_identifier: Option<String>,
    pub(crate) killed: bool,
    /// Stops what it runs.
    pub(crate) halt: Halt,
    /// It is in the middle of a statement.
    pub(crate) at_work: bool,
    /// The tables of which it holds rows locked, by owner and name. Only sessions that stand for somebody else's have any.
    pub(crate) locks: Vec<(String, String)>,
}

/// What all handles and sessions of a database share.
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    /// The folders of its directories, where they are not beside its file.
    files: Mutex<Option<PathBuf>>,
    pub(crate) host: Arc<dyn Host>,
    catalogue: Mutex<Option<Arc<Catalogue>>>,
    observer: Mutex<Option<Observer>>,
    pub(crate) sessions: Mutex<Vec<Live>>,
    next_session: AtomicI64,
    cancelled: AtomicBool,
    pub(crate) pump: super::pump::Registry,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("path", &self.path).finish_non_exhaustive()
    }
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn new(path: &Path, host: Arc<dyn Host>) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            files: Mutex::new(None),
            host,
            catalogue: Mutex::new(None),
            observer: Mutex::new(None),
            sessions: Mutex::new(Vec::new()),
            next_session: AtomicI64::new(100),
            cancelled: AtomicBool::new(false),
            pump: super::pump::Registry::default(),
        })
    }

    /// Where the folders of its directories are.
    pub(crate) fn files(&self) -> PathBuf {
        held(&self.files).clone().unwrap_or_else(|| directory::shelf(&self.path))
    }

    pub(crate) fn catalogue(&self) -> Option<Arc<Catalogue>> {
        held(&self.catalogue).clone()
    }

    pub(crate) fn publish(&self, catalogue: &Arc<Catalogue>) {
        *held(&self.catalogue) = Some(catalogue.clone());
    }

    /// The dictionary as it stands in the file, read again only if it is not the one in memory.
    pub(crate) fn current(&self, store: &Store) -> Outcome<Arc<Catalogue>> {
        let stored = Catalogue::stored_version(store)?;
        if let Some(known) = self.catalogue().filter(|known| known.version == stored) {
            return Ok(known);
        }
        let loaded = Arc::new(Catalogue::load(store)?);
        self.publish(&loaded);
        Ok(loaded)
    }

    pub(crate) fn observe(&self, facts: &Facts, sql: &str, effect: Effect) {
        // What workers run is nobody's statement.
        let worker = facts.module.as_deref() == Some(super::pump::WORKER);
        let observer = held(&self.observer).clone().filter(|_| !worker);
        if let Some(observer) = observer {
            observer(&Observed {
                user: facts.session_user.clone(),
                sql: mask_passwords(sql),
                effect,
                module: facts.module.clone(),
                action: facts.action.clone(),
            });
        }
    }

    pub(crate) fn check_cancelled(&self) -> Outcome<()> {
        if self.cancelled.load(Ordering::Relaxed) { fail(1013, &[]) } else { Ok(()) }
    }

    pub(crate) fn enter(&self, user: &str) -> (i64, i64) {
        let sid = self.next_session.fetch_add(1, Ordering::Relaxed);
        // Clients keep it in two bytes.
        let serial = (sid * 7 + 11) % 65_536;
        held(&self.sessions).push(Live {
            sid,
            serial,
            user: user.to_owned(),
            since: self.host.now(),
            module: None,
            action: None,
            client_identifier: None,
            killed: false,
            halt: Halt::default(),
            at_work: false,
            locks: Vec::new(),
        });
        (sid, serial)
    }

    /// Marks a session as killed. One that nobody is behind is gone at once.
    pub(crate) fn kill(&self, sid: i64) {
        let mut sessions = held(&self.sessions);
        sessions.retain(|live| live.sid != sid || live.locks.is_empty());
        if let Some(live) = sessions.iter_mut().find(|live| live.sid == sid) {
            live.killed = true;
            live.halt.kill();
        }
    }

    pub(crate) fn leave(&self, sid: i64) {
        held(&self.sessions).retain(|live| live.sid != sid);
    }

    pub(crate) fn change_session(&self, sid: i64, act: impl FnOnce(&mut Live)) {
        if let Some(live) = held(&self.sessions).iter_mut().find(|live| live.sid == sid) {
            act(live);
        }
    }

    pub(crate) fn live(&self) -> Vec<Live> {
        held(&self.sessions).clone()
    }
}

/// Hides what stands after IDENTIFIED BY.
fn mask_passwords(sql: &str) -> String {
    let upper = sql.to_ascii_uppercase();
    let mut text = String::new();
    let mut from = 0;
    while let Some(found) = upper[from..].find("IDENTIFIED BY") {
        let start = from + found + "IDENTIFIED BY".len();
        text.push_str(&sql[from..start]);
        let rest = &sql[start..];
        let skip = rest.len() - rest.trim_start().len();
        let body = &rest[skip..];
        let length = if let Some(quoted) = body.strip_prefix('"') {
            quoted.find('"').map_or(body.len(), |end| end + 2)
        } else {
            body.find(|c: char| c.is_whitespace() || c == ';' || c == '\'').unwrap_or(body.len())
        };
        text.push_str(" ***");
        from = start + skip + length;
    }
    text.push_str(&sql[from..]);
    text
}

/// The stored form of a password.
pub(crate) fn verifier(user: &str, password: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{user}\u{0}{password}").as_bytes());
    super::values::value::hexadecimal(hash.as_ref())
}

/// A database, by its file. Clones are handles on the same one.
#[derive(Clone, Debug)]
pub struct Database {
    pub(crate) shared: Arc<Shared>,
}

impl Database {
    /// Makes a database with sample data at a path that does not exist.
    pub fn create_sample(
        path: &Path,
        sample: Sample,
        volume: u32,
        apex: ApexVersion,
        identity: &Identity,
        admin_password: &str,
        host: Arc<dyn Host>,
    ) -> Outcome<Self> {
        let database = Self::create_empty(path, apex, identity, admin_password, host)?;
        seed::sample(&database, sample, volume, apex)?;
        Ok(database)
    }

    /// Makes a database that holds the dictionary only.
    pub fn create_empty(
        path: &Path,
        apex: ApexVersion,
        identity: &Identity,
        admin_password: &str,
        host: Arc<dyn Host>,
    ) -> Outcome<Self> {
        let store = Store::open(path, true)?;
        drop(store);
        let database = Self { shared: Shared::new(path, host) };
        seed::dictionary(&database, apex)?;
        database.set_identity(identity)?;
        database.set_admin_password(admin_password)?;
        Ok(database)
    }

    /// Opens an existing database.
    pub fn open(path: &Path, host: Arc<dyn Host>) -> Outcome<Self> {
        let database = Self { shared: Shared::new(path, host) };
        let store = Store::open(path, false)?;
        database.shared.current(&store)?;
        Ok(database)
    }

    /// Has each statement reported, before it runs, to an observer.
    pub fn set_observer(&self, observer: Option<Observer>) {
        *held(&self.shared.observer) = observer;
    }

    /// Interrupts what runs (ORA-01013) until called with false.
    pub fn cancel(&self, cancelled: bool) {
        self.shared.cancelled.store(cancelled, Ordering::Relaxed);
    }

    pub(super) fn change(&self, act: impl FnOnce(&mut Catalogue, &Store) -> Outcome<()>) -> Outcome<()> {
        let mut store = Store::open(&self.shared.path, false)?;
        store.begin()?;
        let mut catalogue = (*self.shared.current(&store)?).clone();
        act(&mut catalogue, &store)?;
        catalogue.bump(&store)?;
        store.commit()?;
        self.shared.publish(&Arc::new(catalogue));
        Ok(())
    }

    /// The dictionary as it stands.
    pub(super) fn present(&self) -> Outcome<Arc<Catalogue>> {
        self.shared.current(&Store::open(&self.shared.path, false)?)
    }

    /// Copies the database to a new file under a new identity.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clone_to<'a>(
        &self,
        path: &Path,
        kind: CloneKind,
        identity: &Identity,
        admin_password: impl Into<Option<&'a str>>,
    ) -> Outcome<Self> {
        let store = Store::open(&self.shared.path, false)?;
        store.copy_to(path)?;
        let copy = Self { shared: Shared::new(path, self.shared.host.clone()) };
        let store = Store::open(path, false)?;
        if let Some(known) = self.shared.catalogue() {
            copy.shared.publish(&known);
        }
        if kind == CloneKind::Metadata {
            let catalogue = copy.shared.current(&store)?;
            for table in catalogue.tables() {
                if catalogue.user(&table.owner).is_some_and(|owner| !owner.maintained)
                    && table.temporary.is_none()
                {
                    store.clear(table)?;
                }
            }
        }
        drop(store);
        copy.end_interrupted_jobs()?;
        copy.set_identity(identity)?;
        if let Some(password) = admin_password.into() {
            copy.set_admin_password(password)?;
        }
        Ok(copy)
    }

    /// Puts scheduler jobs that somebody else's process was running, as this file has them, back to waiting for their time: the
    /// scheduler finds nobody at work on them when a database opens.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn end_interrupted_jobs(&self) -> Outcome<()> {
        let mut session = self.session_as("SYS")?;
        session.execute(include_str!("seed/jobs_interrupted.sql"), &mut [])?;
        session.commit()
    }

    /// Has the jobs of a sample begin as if they had been made just now: the sample may be old, and is nobody's copy.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn schedule_anew(&self) -> Outcome<()> {
        let mut session = self.session_as("SYS")?;
        session.execute(include_str!("seed/jobs_anew.sql"), &mut [])?;
        session.commit()
    }

    /// Lets a copy use the files of its source in place of its own.
    pub fn share_files_of(&self, source: &Self) {
        *held(&self.shared.files) = Some(source.shared.files());
    }

    /// Runs the AFTER CLONE triggers that came with a copy; each is gone afterwards.
    ///
    /// # Errors
    /// What a trigger raised: the copy has failed then.
    pub fn fire_after_clone(&self) -> Outcome<()> {
        self.session_as("SYS")?.machine().after_clone().map_err(clean)
    }

    /// Has the next job of Data Pump that starts go wrong, or somebody hold locks; false when there is no such fault.
    pub fn arm(&self, name: &str, detail: &serde_json::Value) -> bool {
        if name == "hold-locks" {
            self.shared.hold(detail);
            return true;
        }
        self.shared.pump.arm(name, detail)
    }

    /// Gives the database another identity.
    pub fn set_identity(&self, identity: &Identity) -> Outcome<()> {
        let number = digest::digest(&digest::SHA256, identity.database_ocid.as_bytes());
        let dbid = number.as_ref()[..4].iter().fold(0_i64, |sum, byte| sum * 256 + i64::from(*byte));
        self.change(|catalogue, store| {
            catalogue.set(store, "$IDENTITY", Some(&identity.to_json()))?;
            catalogue.set(store, "$VERSION", Some(identity.release()))?;
            catalogue.set(store, "$PDB", Some(&identity.db_name.to_uppercase()))?;
            catalogue.set(store, "$DBID", Some(&dbid.to_string()))
        })
    }

    /// Opens a session for a user and password.
    ///
    /// # Errors
    /// ORA-01017 for a wrong user or password, ORA-28000 for a locked account (ten failures lock it), ORA-28001 for an
    /// expired password, ORA-01045 without CREATE SESSION.
    pub fn logon(&self, user: &str, password: &str) -> Outcome<Session> {
        let name = if let Some(quoted) = user.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            quoted.to_owned()
        } else {
            user.to_uppercase()
        };
        let mut store = Store::open(&self.shared.path, false)?;
        let catalogue = self.shared.current(&store)?;
        let Some(found) = catalogue.schema(&name).cloned() else { return fail(1017, &[]) };
        if found.locked.is_some() {
            return fail(28000, &[]);
        }
        let key = format!("l/{name}");
        let failures: i64 = store.document(&key)?.and_then(|text| text.parse().ok()).unwrap_or(0);
        if found.verifier.as_deref() != Some(verifier(&name, password).as_str()) {
            store.begin()?;
            store.put_document(&key, Some(&(failures + 1).to_string()))?;
            store.commit()?;
            drop(store);
            if failures + 1 >= 10 {
                let now = self.shared.host.now();
                self.change(|catalogue, store| {
                    catalogue.put_user(store, User { locked: Some(now), ..(*found).clone() })
                })?;
            }
            return fail(1017, &[]);
        }
        if failures > 0 {
            store.begin()?;
            store.put_document(&key, None)?;
            store.commit()?;
        }
        if found.expired || found.expires.is_some_and(|at| at <= self.shared.host.now()) {
            return fail(28001, &[]);
        }
        self.session_as(&name)
    }

    /// Opens a session for a user without a password.
    pub fn session_as(&self, user: &str) -> Outcome<Session> {
        Session::open(self, user)
    }

    /// Runs the scheduler jobs that are due at a moment (microseconds since 1970 UTC) and moves the jobs of Data Pump on;
    /// answers how many jobs ran and steps were taken.
    ///
    /// # Errors
    /// Only when the dictionary cannot be read; a failing job is recorded, not reported.
    pub fn tick(&self, now: i64) -> Outcome<usize> {
        let mut session = self.session_as("SYS")?;
        let ran = session.machine().run_due_jobs(now)?;
        drop(session);
        let moved = super::pump::advance(&self.shared)?;
        Ok(usize::try_from(ran).unwrap_or(0) + moved)
    }
}
