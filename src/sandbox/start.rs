//! Starting and ending the pretend cloud.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::body::Body;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::audit::Audit;
use super::database;
use super::dispatch::{self, Shared};
use super::engine::Engine;
use super::oracle::{ApexVersion, fingerprint};
use super::ords::{NoSql, OrdsSurface};
use super::pace::Pace;
use super::sql::{Backend, SqlEngine, SqlSurface};
use super::sqlnet::{self, Premises};
use super::world::{TlsPort, World, note, read_tables, set_note};
use super::{auth_tokens, facts, sample, tls};
use crate::model::clock;

/// How a sandbox is to run.
#[derive(Debug)]
pub struct Options {
    /// Where its state is, and its description for clients.
    pub dir: Utf8PathBuf,
    /// The port on 127.0.0.1; 0 takes the recorded one, or any that is free.
    pub port: u16,
    /// How fast time runs: 1 is for watching, 0 for no waiting at all.
    pub speed: f64,
    /// How many times the usual rows the sample production database gets. It counts when the directory is new.
    pub volume: u32,
    /// Which release of APEX a sample database gets, by its name; the newest for those that are not named. It counts when
    /// the directory is new.
    pub apex: BTreeMap<String, ApexVersion>,
    /// What plays the databases; without one, the sandbox's own.
    pub engine: Option<Arc<dyn Engine>>,
    /// What answers REST-Enabled SQL; without one, the sandbox's own, or a refusal where the engine is another.
    pub ords: Option<Arc<dyn OrdsSurface>>,
}

impl Options {
    /// The default speed and any port.
    pub fn new(dir: impl Into<Utf8PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            port: 0,
            speed: 1.0,
            volume: 1,
            apex: BTreeMap::new(),
            engine: None,
            ords: None,
        }
    }
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process serves the directory.
    #[error("the sandbox in {dir} is served by another process at {address}; use that one, or end it")]
    Served {
        /// The directory.
        dir: Utf8PathBuf,
        /// The other's origin, as its `sandbox.json` has it.
        address: String,
        /// The other's `sandbox.json`.
        description: Box<Value>,
    },
    /// The speed makes no sense.
    #[error("the speed {0} is not a number from 0 upwards; 1 is the usual one")]
    Speed(f64),
    /// The databases in the directory were made by another build.
    #[error(
        "the databases of the sandbox in {dir} were made by another build of adbctl, and may lack what this one asks for"
    )]
    Outdated {
        /// The directory.
        dir: Utf8PathBuf,
    },
    /// A file or the port.
    #[error("the sandbox in {dir} cannot start: {source}")]
    Io {
        /// The directory.
        dir: Utf8PathBuf,
        /// What failed.
        #[source]
        source: std::io::Error,
    },
}

/// The pretend cloud.
#[derive(Debug)]
pub struct Sandbox;

/// A sandbox that serves. Dropping it ends the serving; the state stays.
#[derive(Debug)]
pub struct RunningSandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    ending: CancellationToken,
    /// Held for as long as this process serves the directory.
    _lock: std::fs::File,
}

impl Sandbox {
    /// Starts serving a directory. The sample tenancy is made when the directory has none.
    ///
    /// # Errors
    /// When another process serves the directory, or files or the port cannot be had.
    pub async fn start(options: Options) -> Result<RunningSandbox, StartError> {
        if !(options.speed.is_finite() && options.speed >= 0.0) {
            return Err(StartError::Speed(options.speed));
        }
        let dir = options.dir.clone();
        let io = |source| StartError::Io { dir: dir.clone(), source };
        let home = absolute(&options.dir).map_err(io)?;
        let Some(lock) = lock(&home).map_err(io)? else {
            return Err(served_elsewhere(&home).await);
        };
        if options.engine.is_none() && is_of_another_build(&home).map_err(io)? {
            return Err(StartError::Outdated { dir: home });
        }
        // Keys and sample data are made with blocking work; callers may have a single thread.
        let (shared, listener, sessions) = open(&home, options).await.map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        let ending = CancellationToken::new();
        drop(tokio::spawn(accept(Arc::clone(&shared), listener, ending.clone())));
        drop(tokio::spawn(keep_time(Arc::clone(&shared), ending.clone())));
        let premises = Arc::new(Premises::all(Arc::clone(&shared)));
        drop(tokio::spawn(sqlnet::serve(premises, sessions, ending.clone())));
        Ok(RunningSandbox { address, shared, ending, _lock: lock })
    }
}

impl RunningSandbox {
    /// The origin of all services, without a slash at its end.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What `sandbox.json` says.
    pub fn description(&self) -> Value {
        facts::sandbox_json(&self.shared.world())
    }

    /// Where `sandbox.json` is.
    pub fn description_file(&self) -> Utf8PathBuf {
        self.shared.world().dir.join("sandbox.json")
    }

    /// Ends the serving.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}

fn absolute(dir: &Utf8Path) -> std::io::Result<Utf8PathBuf> {
    fs::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    dir.canonicalize_utf8()
}

/// The lock of a directory, or nothing when another process has it.
fn lock(dir: &Utf8Path) -> std::io::Result<Option<std::fs::File>> {
    let file =
        fs::OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("lock"))?.into_file();
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

/// What the other process says of itself. It may have started this very moment, so it gets some time to come up.
async fn served_elsewhere(dir: &Utf8Path) -> StartError {
    let mut description = Value::Null;
    for _ in 0..50 {
        description = fs::read(dir.join("sandbox.json"))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or(Value::Null);
        let origin = description["oci_endpoint"].as_str().unwrap_or_default();
        if TcpStream::connect(origin.trim_start_matches("http://")).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let address =
        description["oci_endpoint"].as_str().unwrap_or("an address it has not written yet").to_owned();
    StartError::Served { dir: dir.to_owned(), address, description: Box::new(description) }
}

/// Whether the directory's databases were made from other scripts than this build's.
fn is_of_another_build(dir: &Utf8Path) -> std::io::Result<bool> {
    let (tables, _) = read_tables(dir)?;
    let made_by = tables.notes.get("made by").and_then(Value::as_str);
    Ok(tables.notes.get("filled").is_some() && made_by != Some(fingerprint()))
}

async fn open(dir: &Utf8Path, options: Options) -> std::io::Result<(Arc<Shared>, TcpListener, TcpListener)> {
    let (mut tables, last_audit) = read_tables(dir)?;
    if tables.tenancies.get("it").is_none() {
        let home = dir.to_owned();
        tables = tokio::task::spawn_blocking(move || sample::tenancy(&home)).await??;
    }
    let recorded =
        |name: &str| tables.notes.get(name).and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    let listener = bind(options.port, recorded("port")).await?;
    let port = listener.local_addr()?.port();
    let sessions = bind(0, recorded(facts::SQLNET_PORT)).await?;
    let recorded = tables.notes.get("volume").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let volume = recorded.unwrap_or(options.volume);
    let (engine, ords, own) = databases(dir, volume, options.engine, options.ords)?;
    let base_url = format!("http://127.0.0.1:{port}");
    let mut world = World::open(tables, dir, Pace(options.speed), base_url, engine)?;
    set_note(&mut world, "port", port);
    set_note(&mut world, facts::SQLNET_PORT, sessions.local_addr()?.port());
    set_note(&mut world, "volume", volume);
    if note(&world, "filled").is_none() {
        sample::fill(&mut world, &options.apex)?;
        set_note(&mut world, "filled", true);
        set_note(&mut world, "made by", fingerprint());
    }
    auth_tokens::first(&mut world, clock::now());
    world.clear_out()?;
    world.reopen_ports()?;
    world.tell_engine();
    facts::write_all(&mut world)?;
    world.commit(None)?;
    let audit = Audit::open(&dir.join("audit.jsonl"), last_audit.as_ref())?;
    let about = json!({"sandbox": true, "pid": std::process::id(), "dir": dir, "speed": options.speed});
    let backend = own.clone().map(|own| own as Arc<dyn Backend>);
    let shared = Arc::new(Shared { world: std::sync::Mutex::new(world), audit, ords, backend, about });
    if let Some(own) = own {
        own.set_speed(options.speed);
        // Not held by the databases: a sandbox that is dropped has to end.
        let network: Weak<Shared> = Arc::downgrade(&shared);
        own.connect(network);
    }
    Ok((shared, listener, sessions))
}

/// What plays the databases, what answers their SQL, and the sandbox's own engine if it is that.
type Databases = (Arc<dyn Engine>, Arc<dyn OrdsSurface>, Option<Arc<SqlEngine>>);

fn databases(
    dir: &Utf8Path,
    volume: u32,
    engine: Option<Arc<dyn Engine>>,
    ords: Option<Arc<dyn OrdsSurface>>,
) -> std::io::Result<Databases> {
    if let Some(engine) = engine {
        return Ok((engine, ords.unwrap_or_else(|| Arc::new(NoSql)), None));
    }
    let engine = Arc::new(SqlEngine::with_volume(&dir.join("engine"), volume)?);
    let ords = ords.unwrap_or_else(|| {
        let backend: Arc<dyn Backend> = engine.clone();
        Arc::new(SqlSurface::new(backend))
    });
    Ok((engine.clone(), ords, Some(engine)))
}

/// The wanted port, else the recorded one if it is free, else any.
async fn bind(wanted: u16, recorded: Option<u16>) -> std::io::Result<TcpListener> {
    if wanted != 0 {
        return TcpListener::bind(("127.0.0.1", wanted)).await;
    }
    if let Some(port) = recorded {
        // A server of this process that was just stopped lets go of its port when its tasks next run.
        for _ in 0..10 {
            match TcpListener::bind(("127.0.0.1", port)).await {
                Ok(listener) => return Ok(listener),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
    TcpListener::bind(("127.0.0.1", 0)).await
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, ending: CancellationToken) {
    loop {
        let stream = tokio::select! {
            () = ending.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (shared, ending) = (Arc::clone(&shared), ending.clone());
        drop(tokio::spawn(async move {
            let service =
                hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                    dispatch::serve(Arc::clone(&shared), request.map(Body::new))
                });
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                () = ending.cancelled() => {}
                // How a client ends its connection is its own affair.
                _ = connection => {}
            }
        }));
    }
}

/// Lets time pass where nobody asks: work ends, scheduler jobs run, new databases get their TLS endpoint.
async fn keep_time(shared: Arc<Shared>, ending: CancellationToken) {
    let mut beat = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            () = ending.cancelled() => return,
            _ = beat.tick() => {}
        }
        let inner = Arc::clone(&shared);
        let listeners = tokio::task::spawn_blocking(move || pass(&inner)).await.unwrap_or_default();
        for TlsPort { ocid, way, listener } in listeners {
            match TcpListener::from_std(listener) {
                Ok(listener) => {
                    let (shared, ending) = (Arc::clone(&shared), ending.clone());
                    drop(tokio::spawn(async move {
                        tokio::select! {
                            () = ending.cancelled() => {}
                            () = tls::serve(shared, ocid, way, listener, ending.clone()) => {}
                        }
                    }));
                }
                Err(error) => tracing::warn!(%error, "a TLS endpoint cannot be opened"),
            }
        }
    }
}

fn pass(shared: &Shared) -> Vec<TlsPort> {
    let now = clock::now();
    let (engine, open, listeners) = {
        let mut world = shared.world();
        database::settle(&mut world, now);
        if world.tables.databases.has_changed() {
            facts::refresh_if_changed(&mut world);
        }
        if let Err(error) = world.commit(None) {
            tracing::warn!(%error, "the sandbox cannot write its state");
        }
        let open: Vec<String> = world
            .tables
            .databases
            .values()
            .filter(|row| row.state.is_open())
            .map(|row| row.id.clone())
            .collect();
        (Arc::clone(&world.engine), open, world.take_listeners())
    };
    for ocid in open {
        if let Err(error) = engine.tick(&ocid, now) {
            tracing::warn!(%error, "time does not pass in a database");
        }
    }
    listeners
}
