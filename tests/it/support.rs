//! What every outermost test stands on: a home of its own, a sandbox of its own, the real binary.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use adbctl::model::environment;
use serde_json::Value;

/// A rehearsal: a temporary home with a sandbox in it.
pub(crate) struct Rehearsal {
    home: tempfile::TempDir,
    server: Option<Child>,
}

/// How a command ended.
pub(crate) struct Ended {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The ending, which must have this exit code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// Whether a line of the audit log is a change. The log calls every block a write; those of the guard's proof do nothing, and
/// that of `keep_sources` only reads.
pub(crate) fn is_change(line: &Value) -> bool {
    line["effect"] == "write" && line["step"] != "guard_in_place" && line["step"] != "keep_sources"
}

impl Rehearsal {
    /// A home without a sandbox. One that is started in it finds the sample databases made already.
    pub(crate) fn bare() -> Self {
        let rehearsal = Self::empty();
        let sandbox = rehearsal.sandbox();
        std::fs::create_dir_all(sandbox.join("engine/samples")).unwrap();
        for name in made_once() {
            std::fs::copy(made().join(name), sandbox.join(name)).unwrap();
        }
        rehearsal
    }

    fn empty() -> Self {
        Self { home: tempfile::tempdir().unwrap(), server: None }
    }

    /// A sandbox that serves in a process of its own, without any waiting.
    pub(crate) fn new() -> Self {
        Self::at_speed("0")
    }

    /// A sandbox that serves in a process of its own.
    pub(crate) fn at_speed(speed: &str) -> Self {
        let mut rehearsal = Self::bare();
        rehearsal.serve(speed);
        rehearsal
    }

    /// Starts serving.
    pub(crate) fn serve(&mut self, speed: &str) {
        self.serve_with(speed, &[]);
    }

    /// Starts serving, with more words for `sandbox serve`.
    pub(crate) fn serve_with(&mut self, speed: &str, more: &[&str]) {
        let dir = self.sandbox();
        std::fs::create_dir_all(&dir).unwrap();
        let log = dir.join("served.log");
        let words = ["sandbox", "serve", "--speed", speed, "--dir", dir.to_str().unwrap()];
        let mut child = self
            .command(&[&words, more].concat())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = || std::fs::read_to_string(&log);
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}{:?}", said()));
        assert!(ready["oci_endpoint"].is_string(), "{line}");
        self.server = Some(child);
        // Any test can be run over another transport: ADBCTL_TEST_DRIVER=thin cargo test --test it
        if let Some(driver) = environment::variable("ADBCTL_TEST_DRIVER") {
            self.use_driver(&driver);
        }
    }

    /// Has the sandbox's own configuration reach the databases by this driver.
    pub(crate) fn use_driver(&self, driver: &str) {
        let file = self.sandbox().join("adbctl.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("driver = \"auto\"", &format!("driver = \"{driver}\""))).unwrap();
    }

    /// Kills the sandbox's process as the system would.
    pub(crate) fn stop_serving(&mut self) {
        if let Some(mut child) = self.server.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Whether a sandbox of its own process is running.
    pub(crate) fn is_serving(&self) -> bool {
        self.server.is_some()
    }

    /// The home.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The sandbox's directory.
    pub(crate) fn sandbox(&self) -> PathBuf {
        self.home().join("box")
    }

    /// What `sandbox.json` says.
    pub(crate) fn description(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.sandbox().join("sandbox.json")).unwrap()).unwrap()
    }

    /// A command of the binary with nothing of this machine's own surroundings.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adbctl"));
        command
            .args(words)
            .env_clear()
            .env("HOME", self.home())
            .env("NO_COLOR", "1")
            .env("RUST_BACKTRACE", "1")
            .current_dir(self.home())
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary.
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        Ended::of(&self.command(words).output().unwrap())
    }

    /// Runs the binary on this rehearsal's sandbox.
    pub(crate) fn on_sandbox(&self, words: &[&str]) -> Ended {
        Ended::of(&self.sandbox_command(words).output().unwrap())
    }

    /// A command of the binary on this rehearsal's sandbox.
    pub(crate) fn sandbox_command(&self, words: &[&str]) -> Command {
        let flag = format!("--sandbox={}", self.sandbox().display());
        let mut all = vec![flag.as_str()];
        all.extend(words);
        self.command(&all)
    }

    /// Gives the sandbox a fault.
    pub(crate) fn fault(&self, rule: &Value) {
        let origin = self.description()["oci_endpoint"].as_str().unwrap().to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sent = http().post(format!("{origin}/sandbox/faults")).json(rule).send();
        let status = runtime.block_on(sent).unwrap().status();
        assert_eq!(status.as_u16(), 201, "{rule}");
    }

    /// The lines of the sandbox's audit log.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.sandbox().join("audit.jsonl")).unwrap();
        // Drivers of SQL*Net ask behind each statement for what it printed. The log calls every block a write.
        let asks =
            |line: &Value| line["sql"].as_str().is_some_and(|sql| sql.starts_with("/* adbctl: output */"));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).filter(|line| !asks(line)).collect()
    }

    /// The audit lines of a run's steps, in order.
    pub(crate) fn audit_of_steps(&self) -> Vec<Value> {
        self.audit().into_iter().filter(|line| line["step"].is_string()).collect()
    }

    /// The folder of the newest run.
    pub(crate) fn newest_run(&self) -> PathBuf {
        let runs = self.sandbox().join("state/runs");
        let mut all: Vec<PathBuf> = std::fs::read_dir(runs).unwrap().map(|e| e.unwrap().path()).collect();
        // The ids of one second have no order.
        all.sort_by_key(|run| std::fs::metadata(run.join("plan.json")).and_then(|plan| plan.modified()).ok());
        all.pop().unwrap()
    }

    /// The service's record of a database of the configuration.
    pub(crate) fn show(&self, name: &str) -> Value {
        let shown = self.on_sandbox(&["show", name, "--output", "json"]).expect(0);
        serde_json::from_str(&shown.stdout).unwrap()
    }
}

/// A client for all tests: a new one reads the system's certificates first. It keeps no connection, which would end with the
/// runtime of the test that opened it.
pub(crate) fn http() -> reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT.get_or_init(|| reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap()).clone()
}

/// Where what a new sandbox takes long to make is kept for all tests of one build.
fn made() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let built = std::fs::metadata(env!("CARGO_BIN_EXE_adbctl")).unwrap().modified().unwrap();
        let number = built.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("samples").join(number.to_string())
    })
}

/// The names of what one sandbox made for all tests, and what others take from their folder when it is there: the sample
/// databases and the user's keys.
fn made_once() -> &'static [PathBuf] {
    static NAMES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let all = made().parent().unwrap();
        std::fs::create_dir_all(all).unwrap();
        let lock = std::fs::File::create(all.join("lock")).unwrap();
        lock.lock().unwrap();
        if !made().exists() {
            let earlier = std::fs::read_dir(all).unwrap().flatten().filter(|entry| entry.path().is_dir());
            earlier.for_each(|entry| std::fs::remove_dir_all(entry.path()).unwrap());
            make();
        }
        let samples = std::fs::read_dir(made().join("engine/samples")).unwrap().flatten();
        let samples = samples.map(|entry| Path::new("engine/samples").join(entry.file_name()));
        samples.chain(KEYS.map(PathBuf::from)).collect()
    })
}

const KEYS: [&str; 2] = ["oci_api_key.pem", "oci_session_key.pem"];

/// Makes them. The folder gets its name when it is whole.
fn make() {
    let mut maker = Rehearsal::empty();
    maker.serve("0");
    let sandbox = maker.sandbox();
    let begun = Instant::now();
    let samples = || -> Vec<PathBuf> {
        let entries = std::fs::read_dir(sandbox.join("engine/samples")).into_iter().flatten().flatten();
        let names = entries.map(|entry| Path::new("engine/samples").join(entry.file_name()));
        names.filter(|name| name.extension().is_some_and(|kind| kind == "db")).collect()
    };
    while samples().len() < 2 {
        assert!(begun.elapsed() < Duration::from_mins(2), "the sample databases are not made");
        std::thread::sleep(Duration::from_millis(100));
    }
    let part = made().with_extension("part");
    std::fs::create_dir_all(part.join("engine/samples")).unwrap();
    for name in samples().into_iter().chain(KEYS.map(PathBuf::from)) {
        std::fs::copy(sandbox.join(&name), part.join(&name)).unwrap();
    }
    std::fs::rename(part, made()).unwrap();
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        if let Some(child) = &mut self.server {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits for the next second: what runs write to a bucket has names by the second.
pub(crate) fn next_second() {
    let of_second =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_millis();
    std::thread::sleep(Duration::from_millis(1001 - u64::from(of_second)));
}

/// A JSON file.
pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
