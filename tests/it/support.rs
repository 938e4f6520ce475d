//! What every outermost test stands on: a home of its own, a sandbox of its own, the real binary.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

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
    fn of(output: &Output) -> Self {
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

impl Rehearsal {
    /// A home without a sandbox.
    pub(crate) fn bare() -> Self {
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
        let dir = self.sandbox();
        let mut child = self
            .command(&["sandbox", "serve", "--speed", speed, "--dir", dir.to_str().unwrap()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert!(ready["oci_endpoint"].is_string(), "{line}");
        self.server = Some(child);
    }

    /// Kills the sandbox's process as the system would.
    pub(crate) fn stop_serving(&mut self) {
        if let Some(mut child) = self.server.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
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

    /// The lines of the sandbox's audit log.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.sandbox().join("audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The audit lines of a run's steps, in order.
    pub(crate) fn audit_of_steps(&self) -> Vec<Value> {
        self.audit().into_iter().filter(|line| line["step"].is_string()).collect()
    }

    /// The folder of the newest run.
    pub(crate) fn newest_run(&self) -> PathBuf {
        let runs = self.sandbox().join("state/runs");
        let mut all: Vec<PathBuf> = std::fs::read_dir(runs).unwrap().map(|e| e.unwrap().path()).collect();
        all.sort();
        all.pop().unwrap()
    }

    /// The service's record of a database of the configuration.
    pub(crate) fn show(&self, name: &str) -> Value {
        let shown = self.on_sandbox(&["show", name, "--output", "json"]).expect(0);
        serde_json::from_str(&shown.stdout).unwrap()
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        if let Some(child) = &mut self.server {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A JSON file.
pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
