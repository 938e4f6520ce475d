//! The sandbox: `adbctl sandbox …`, and the one embedded by `--sandbox`. No other file knows that it exists.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::surroundings::Surroundings;
use crate::cli::{FaultArgs, FaultKind, SandboxCommand};
use crate::model::environment;
use crate::sandbox::{ApexVersion, Options, RunningSandbox, Sandbox, StartError};

/// The sample databases.
const SAMPLES: [&str; 2] = ["prod", "dev"];

/// The speed of an embedded sandbox.
const SPEED: &str = "ADBCTL_SANDBOX_SPEED";

/// A sandbox that this process runs, or one that another process runs on the same directory.
#[derive(Debug)]
pub struct Embedded {
    /// Its description, as in `sandbox.json`.
    pub description: Value,
    _running: Option<RunningSandbox>,
}

impl Embedded {
    /// The configuration that points at it.
    pub(super) fn config(&self) -> Result<Utf8PathBuf, Failure> {
        self.description["adbctl_config"]
            .as_str()
            .map(Utf8PathBuf::from)
            .ok_or_else(|| Failure::new(Exit::Bug, "the sandbox does not say where its configuration is"))
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let failure = Self::new(Exit::Failed, error.to_string());
        match error {
            StartError::Outdated { dir } => failure
                .help(format!("adbctl sandbox reset --dir {dir} forgets it, with its runs; it begins anew when it is used next")),
            _ => failure,
        }
    }
}

/// Starts the sandbox of a directory inside this process, or attaches to the process that serves it.
pub(super) async fn embed(dir: &Utf8Path) -> Result<Embedded, Failure> {
    let mut options = Options::new(dir);
    if let Some(speed) = environment::variable(SPEED) {
        options.speed = speed.parse().map_err(|_| {
            Failure::new(Exit::Usage, format!("{SPEED}={speed} is no number"))
                .help("1 is the usual speed, 10 is ten times as fast, 0 waits for nothing")
        })?;
    }
    match Sandbox::start(options).await {
        Ok(running) => Ok(Embedded { description: running.description(), _running: Some(running) }),
        Err(StartError::Served { description, .. }) if description.is_object() => {
            Ok(Embedded { description: *description, _running: None })
        }
        Err(error) => Err(error.into()),
    }
}

/// `adbctl sandbox …`.
pub(super) async fn sandbox(command: SandboxCommand, around: Surroundings) -> Result<Exit, Failure> {
    match command {
        SandboxCommand::Serve { dir, port, speed, volume, apex } => {
            let apex = releases(&apex)?;
            let options = Options { port, volume, apex, ..Options::new(directory(dir, &around)?) };
            serve(options, speed, &around).await
        }
        SandboxCommand::Reset { dir } => reset(&directory(dir, &around)?, &around),
        SandboxCommand::Fault(args) => fault(args, &around).await,
    }
}

fn directory(dir: Option<Utf8PathBuf>, around: &Surroundings) -> Result<Utf8PathBuf, Failure> {
    match dir {
        Some(dir) => Ok(dir),
        None => Ok(around.state_dir()?.join("sandbox")),
    }
}

/// Which release of APEX each sample database gets.
fn releases(words: &[String]) -> Result<BTreeMap<String, ApexVersion>, Failure> {
    let mut releases = BTreeMap::new();
    for word in words {
        let (names, version) = match word.split_once('=') {
            Some((name, version)) if SAMPLES.contains(&name) => (vec![name], version),
            Some((name, _)) => {
                return Err(Failure::new(Exit::Usage, format!("--apex {word}: the sandbox has no {name}"))
                    .help(format!("its databases are {}", SAMPLES.join(" and "))));
            }
            None => (SAMPLES.to_vec(), word.as_str()),
        };
        let version: ApexVersion =
            version.parse().map_err(|e| Failure::new(Exit::Usage, format!("--apex {word}: {e}")))?;
        releases.extend(names.into_iter().map(|name| (name.to_owned(), version)));
    }
    Ok(releases)
}

async fn serve(mut options: Options, speed: Option<f64>, around: &Surroundings) -> Result<Exit, Failure> {
    if let Some(speed) = speed {
        options.speed = speed;
    }
    let running = Sandbox::start(options).await?;
    around.out.result(&serde_json::to_string(&running.description())?)?;
    around.out.talk("serving until it is stopped with Ctrl-C");
    super::execute::stop_asked().await;
    running.stop();
    Ok(Exit::Done)
}

/// Forgets everything: the files of a sandbox, and nothing else that may be in the directory.
fn reset(dir: &Utf8Path, around: &Surroundings) -> Result<Exit, Failure> {
    if !dir.join("sandbox.json").is_file() {
        return Err(Failure::refused(format!("{dir} holds no sandbox")).help("name its directory with --dir"));
    }
    let lock = fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("lock"))?;
    if lock.file().try_lock().is_err() {
        return Err(Failure::refused(format!("the sandbox in {dir} is being served")).help("end it first"));
    }
    fs_err::remove_dir_all(dir)?;
    around.out.talk(&format!("the sandbox in {dir} is forgotten; it begins anew when it is used next"));
    Ok(Exit::Done)
}

async fn fault(args: FaultArgs, around: &Surroundings) -> Result<Exit, Failure> {
    let dir = directory(args.dir.clone(), around)?;
    let embedded = embed(&dir).await?;
    let origin = embedded.description["oci_endpoint"].as_str().unwrap_or_default().to_owned();
    let url = format!("{origin}/sandbox/faults");
    let client = reqwest::Client::new();
    let sent = if args.list {
        client.get(&url).send().await
    } else if args.clear {
        client.delete(&url).send().await
    } else {
        client.post(&url).json(&rule(&args)?).send().await
    };
    let answer = sent
        .map_err(|e| Failure::new(Exit::FarSide, format!("the sandbox at {origin} does not answer: {e}")))?;
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    if !status.is_success() {
        return Err(Failure::new(Exit::Wrong, format!("the sandbox refused the fault: {text}")));
    }
    if !text.trim().is_empty() {
        around.out.result(text.trim_end())?;
    }
    Ok(Exit::Done)
}

fn rule(args: &FaultArgs) -> Result<Value, Failure> {
    let kind = args.kind.ok_or_else(|| Failure::new(Exit::Usage, "say which fault"))?;
    let action = match kind {
        FaultKind::Throttle => json!({ "status": { "status": 429, "retry-after": args.seconds } }),
        FaultKind::ServerError => json!({ "status": { "status": 500 } }),
        FaultKind::DropAnswer => json!({ "drop": { "after": true } }),
        FaultKind::DropRequest => json!({ "drop": { "after": false } }),
        FaultKind::Slow => json!({ "slow": { "seconds": args.seconds.unwrap_or(10) } }),
        FaultKind::CloneFails => json!({ "fail-clone": {} }),
        FaultKind::ExpiredToken => json!({ "expire-tokens": {} }),
        FaultKind::KillSession => json!({ "engine": { "name": "kill-session" } }),
    };
    let path = args.on.as_ref().map_or_else(|| "*".to_owned(), |text| format!("*{text}*"));
    Ok(json!({ "method": "*", "path": path, "after": args.after, "count": args.times, "action": action }))
}
