//! One signed request against a sandbox, beside Oracle's own command line where that is installed; and the memory of a
//! run that waits.

mod measure;
#[path = "measure/process.rs"]
mod process;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use measure::{line, report, times};
use process::{adbctl, finish};
use serde_json::Value;

/// The clock ticks of `/proc/PID/stat` a second: a constant of Linux towards programs.
const TICKS: f64 = 100.0;

/// A sandbox in a process of its own, ended with this value.
struct Server {
    child: Child,
    about: Value,
}

impl Server {
    fn start(home: &Path, name: &str, speed: &str) -> anyhow::Result<Self> {
        let dir = home.join(name);
        let dir = dir.to_str().context("the directory's name is no text")?;
        let mut child = adbctl(home, &["sandbox", "serve", "--speed", speed, "--dir", dir])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut text = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut text)?;
        Ok(Self { child, about: serde_json::from_str(&text)? })
    }

    fn text(&self, key: &str) -> anyhow::Result<&str> {
        self.about[key].as_str().with_context(|| format!("the sandbox does not say its {key}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time that ended children of this process have used.
fn children_time() -> anyhow::Result<Duration> {
    let text = fs_err::read_to_string("/proc/self/stat")?;
    // The name in brackets may hold blanks; behind it the fields are counted from the third.
    let (_, fields) = text.rsplit_once(") ").context("/proc/self/stat has no name")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: f64 = fields[13].parse::<f64>()? + fields[14].parse::<f64>()?;
    Ok(Duration::from_secs_f64(ticks / TICKS))
}

/// The most memory that a living process has had in use, in KiB.
fn peak_memory(process: u32) -> anyhow::Result<u64> {
    let text = fs_err::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// The processor time of a command, as the mean over enough runs to be seen in ticks.
fn processor_time(name: &str, count: u32, make: impl Fn() -> Command) -> anyhow::Result<Duration> {
    finish(&mut make())?;
    let before = children_time()?;
    for _ in 0..count {
        finish(&mut make())?;
    }
    let used = children_time()?.checked_sub(before).context("processor time went backwards")?;
    let each = used / count;
    line(&format!("{name:<44} {each:>10.2?} of processor time, mean of {count}"))?;
    Ok(each)
}

fn main() -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    let server = Server::start(home.path(), "quick", "0")?;
    let config = server.text("adbctl_config")?;
    let show = || adbctl(home.path(), &["--config", config, "show", "dev", "--output", "json"]);
    report("adbctl show dev, wall time", times(30, || finish(&mut show()))?, "")?;
    let bare = processor_time("adbctl --version", 50, || adbctl(home.path(), &["--version"]))?;
    let own = processor_time("adbctl show dev", 50, show)?;
    line(&format!(
        "{:<44} {:>10.2?} for configuration, key, signature, request",
        "",
        own.saturating_sub(bare)
    ))?;
    let ocid = server.about["databases"]["dev"]["ocid"].as_str().context("dev has no OCID")?;
    let (profile, origin) = (server.text("oci_config")?, server.text("oci_endpoint")?);
    if Command::new("oci").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok() {
        let theirs = processor_time("oci db autonomous-database get", 3, || {
            let mut command = Command::new("oci");
            command.args(["--config-file", profile, "--endpoint", origin]);
            command.args(["db", "autonomous-database", "get", "--autonomous-database-id", ocid]);
            command.env("OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING", "True");
            command
        })?;
        let factor = theirs.as_secs_f64() / own.as_secs_f64().max(0.0005);
        line(&format!("{:<44} {factor:>9.0}×  target 100×", "less processor time than oci"))?;
    } else {
        line("oci is not installed: pip install oci-cli, then run this again for the comparison")?;
    }
    memory(home.path())
}

/// The most memory of a run while it waits for a clone that takes its time.
fn memory(home: &Path) -> anyhow::Result<()> {
    let server = Server::start(home, "slow", "1")?;
    let config = server.text("adbctl_config")?;
    let mut run = adbctl(home, &["--config", config, "refresh", "prod", "dev", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let process = run.id();
    let (mut most, mut looks) = (0, 0);
    // Ten seconds are well inside the wait for the clone, and long after everything has been set up.
    while looks < 100 && run.try_wait()?.is_none() {
        most = peak_memory(process).unwrap_or(0).max(most);
        looks += 1;
        std::thread::sleep(Duration::from_millis(100));
    }
    let waited = looks == 100;
    run.kill()?;
    run.wait()?;
    anyhow::ensure!(waited, "the run ended after {looks} looks instead of waiting");
    let mebibytes = most / 1024;
    line(&format!("{:<44} {mebibytes:>6} MiB at most  target 30 MiB", "a refresh that waits for its clone"))
}
