//! What lies on this machine: configuration files, the state directory, runs, locks, the place for secrets.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use super::super::lock::{held, words};
use super::super::store::RunFolder;
use super::super::surroundings::Surroundings;
use super::cloud::Reached;
use super::findings::Findings;
use crate::model::{NoSecrets, Verdict};
use crate::oci::{CallContext, vaults};
use crate::settings::SecretSink;

/// Less free space than this, in KiB, is too little for journals, wallets and scripts.
const SPACE: u64 = 64 * 1024;

/// The configuration files that were read, and where the important settings come from.
pub(super) fn configuration(findings: &mut Findings, around: &Surroundings) {
    findings.begin("Configuration");
    let settings = &around.settings;
    if settings.files.is_empty() {
        findings.failed(
            "files",
            "no configuration file was found",
            "write one with `adbctl init`, name one with --config, or try everything with --sandbox",
        );
    } else {
        let files: Vec<&str> = settings.files.iter().map(|file| file.as_str()).collect();
        findings.passed("files", files.join(", "));
    }
    let oci = &settings.oci;
    let mut origins = Vec::new();
    let mut origin = |name: &str, value: Option<String>| origins.extend(value.map(|v| format!("{name} {v}")));
    origin("config file", oci.config_file.as_ref().map(|s| format!("{} ({})", s.value, s.origin)));
    origin("profile", oci.profile.as_ref().map(|s| format!("{} ({})", s.value, s.origin)));
    origin("auth", oci.auth.as_ref().map(|s| format!("{} ({})", s.value, s.origin)));
    origin("region", oci.region.as_ref().map(|s| format!("{} ({})", s.value, s.origin)));
    origin("endpoint", oci.endpoint.as_ref().map(|s| format!("{} ({})", s.value, s.origin)));
    origin(
        "proxy",
        oci.proxy.as_ref().map(|s| format!("{} ({})", s.value.host_str().unwrap_or(""), s.origin)),
    );
    if origins.is_empty() {
        findings.note(
            "cloud settings",
            "all from the profile DEFAULT of the cloud's own configuration file",
            None,
        );
    } else {
        findings.passed("cloud settings", origins.join(", "));
    }
    if !settings.files.is_empty() && settings.databases.is_empty() {
        findings.failed("databases", "none is configured", "write a [database.NAME] table for each");
    }
}

/// The nearest directory that exists: the path itself, or the one in which it would be made.
fn nearest(path: &Utf8Path) -> Option<&Utf8Path> {
    path.ancestors().find(|path| path.is_dir())
}

/// Whether a file can be made there. It never gets a name, so nothing stays behind.
fn writable(dir: &Utf8Path) -> std::io::Result<()> {
    tempfile::tempfile_in(dir).map(drop)
}

/// The state directory: writable, with space; its runs and locks, of one database or of all.
pub(super) async fn state(findings: &mut Findings, around: &Surroundings, only: Option<&str>) {
    findings.begin("State");
    let dir = match around.settings.state_dir() {
        Ok(dir) => dir.to_owned(),
        Err(error) => {
            findings.error("directory", error);
            findings.unchecked(&["free space", "runs", "locks"], "there is no state directory");
            return;
        }
    };
    let found = nearest(&dir).map(|there| (there, writable(there)));
    match found {
        Some((there, Ok(()))) if there == dir => findings.passed("directory", format!("{dir} is writable")),
        Some((there, Ok(()))) => {
            findings.passed("directory", format!("{dir} will be made; {there} is writable"));
        }
        Some((there, Err(error))) => findings.failed(
            "directory",
            format!("{there} cannot be written to: {error}"),
            "give another one with --state-dir, or mend the permissions",
        ),
        None => {
            findings.failed(
                "directory",
                format!("{dir} cannot be made"),
                "give another one with --state-dir",
            );
        }
    }
    if let Some(there) = nearest(&dir) {
        space(findings, there).await;
    }
    runs(findings, around, &dir, only);
    match held(&dir.join("locks")) {
        Ok(held) => {
            let held: Vec<_> = held.into_iter().filter(|(t, _)| only.is_none_or(|only| only == t)).collect();
            if held.is_empty() {
                findings.passed("locks", "no target is locked");
            }
            for (target, holder) in held {
                let remedy = "wait for that run, or end its process: the lock ends with it";
                findings.note(
                    "locks",
                    format!("{target} is locked: {}", words(holder.as_ref())),
                    Some(remedy.into()),
                );
            }
        }
        Err(failure) => findings.error("locks", failure),
    }
}

/// The free space, as the system's own `df` says: there is no portable way to ask for it without unsafe code.
async fn space(findings: &mut Findings, dir: &Utf8Path) {
    let output = tokio::process::Command::new("df").args(["-P", "-k"]).arg(dir).output().await;
    let free = output
        .ok()
        .filter(|o| o.status.success())
        .and_then(|o| free_kib(&String::from_utf8_lossy(&o.stdout)));
    match free {
        None => findings.note("free space", "df does not say how much there is", None),
        Some(free) if free < SPACE => findings.failed(
            "free space",
            format!("only {} MiB", free / 1024),
            "make room, or give another directory with --state-dir: a journal that cannot be written stops a run",
        ),
        Some(free) => findings.passed("free space", format!("{} MiB", free / 1024)),
    }
}

/// The available KiB in the output of `df -P -k`: the column before the percentage. Device and mount point may hold
/// blanks.
fn free_kib(text: &str) -> Option<u64> {
    let words: Vec<&str> = text.lines().nth(1)?.split_whitespace().collect();
    let percent = words.iter().position(|word| word.ends_with('%'))?;
    words.get(percent.checked_sub(1)?)?.parse().ok()
}

fn runs(findings: &mut Findings, around: &Surroundings, dir: &Utf8Path, only: Option<&str>) {
    let folders = match RunFolder::all(dir) {
        Ok(folders) => folders,
        Err(failure) => {
            findings.error("runs", failure);
            return;
        }
    };
    let mut open = 0;
    for row in folders.iter().filter_map(|folder| folder.row().ok()) {
        let concerns =
            only.is_none_or(|only| [&row.source, &row.target].into_iter().flatten().any(|name| name == only));
        let what = match row.verdict {
            None => "did not end",
            Some(Verdict::Interrupted) => "was interrupted",
            Some(_) => continue,
        };
        if !concerns {
            continue;
        }
        open += 1;
        let remedy = format!("go on with: adbctl{} resume {}", around.repeat, row.run);
        findings.note("runs", format!("run {} of {} {what}", row.run, row.runbook), Some(remedy));
    }
    if open == 0 {
        findings.passed("runs", "none is unfinished");
    }
}

/// Where made-up secrets go.
pub(super) async fn sink(findings: &mut Findings, around: &Surroundings, reached: Option<&Reached>) {
    findings.begin("Secrets");
    match around.settings.secret_sink() {
        Err(error) => findings.error("sink", error),
        Ok(SecretSink::Directory(dir)) => directory(findings, &dir),
        Ok(SecretSink::Vault { vault, compartment, .. }) => {
            let Some(reached) = reached else {
                findings.unchecked(&["sink"], "the cloud cannot be used");
                return;
            };
            // Whether a secret may be made shows only when one is made; that it can be looked up is the half that
            // can be asked without leaving anything.
            let call = vaults::find(json!(compartment), json!(vault), json!("adbctl-doctor"));
            match reached.oci.send(&call, &CallContext::default(), &NoSecrets).await {
                Ok(_) => findings.passed("sink", format!("vault {vault} answers")),
                Err(error) => findings.error("sink", error),
            }
        }
    }
}

fn directory(findings: &mut Findings, dir: &Utf8PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(there) = nearest(dir) else {
        findings.failed("sink", format!("{dir} cannot be made"), "set another one under [secrets]");
        return;
    };
    let mode = fs_err::metadata(there).map_or(0, |data| data.permissions().mode() & 0o777);
    if there == dir && mode & 0o077 != 0 {
        let found = format!("directory {dir} is open to others than its owner (mode {mode:03o})");
        findings.failed("sink", found, format!("chmod 700 {dir}"));
        return;
    }
    match writable(there) {
        Ok(()) => findings.passed("sink", format!("directory {dir}")),
        Err(error) => findings.failed(
            "sink",
            format!("{there} cannot be written to: {error}"),
            "set another directory or a vault under [secrets]",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_as_df_says() {
        fn check(line: &str, wanted: Option<u64>) {
            let text = format!("Filesystem 1024-blocks Used Available Capacity Mounted on\n{line}\n");
            assert_eq!(free_kib(&text), wanted, "{line}");
        }
        check("/dev/vda1 1000 400 600 40% /", Some(600));
        check("host:/a b 1000 400 600 40% /mnt/x y", Some(600));
        check("overlay - - - - /", None);
        check("", None);
    }
}
