//! The folders of runs in the state directory.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::exit::{Exit, Failure};
use super::surroundings::make_private_dir;
use crate::engine::Plan;
use crate::journal::{self, RunState, replay};
use crate::model::{RunId, Verdict};

/// The folder of one run.
#[derive(Clone, Debug)]
pub(super) struct RunFolder {
    pub(super) path: Utf8PathBuf,
}

/// A run as a list shows it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RunRow {
    pub(super) run: RunId,
    pub(super) runbook: String,
    pub(super) source: Option<String>,
    pub(super) target: Option<String>,
    pub(super) opened: Option<jiff::Timestamp>,
    pub(super) verdict: Option<Verdict>,
}

impl RunFolder {
    /// The folder of a run that may or may not exist.
    pub(super) fn of(state: &Utf8Path, run: &RunId) -> Self {
        Self { path: state.join("runs").join(run.as_str()) }
    }

    /// All runs, newest first.
    pub(super) fn all(state: &Utf8Path) -> Result<Vec<Self>, Failure> {
        let runs = state.join("runs");
        if !runs.is_dir() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for entry in fs_err::read_dir(&runs)? {
            let path = Utf8PathBuf::from_path_buf(entry?.path())
                .map_err(|p| Failure::new(Exit::Wrong, format!("{} is not valid Unicode", p.display())))?;
            if path.join("plan.json").is_file() {
                found.push(Self { path });
            }
        }
        // Names have whole seconds; runs of the same second are told apart by when their plans were written.
        found.sort_by_cached_key(|folder| {
            let name = folder.path.file_name().unwrap_or_default();
            let second = name.rsplit_once('-').map_or(name, |(second, _)| second).to_owned();
            let written = fs_err::metadata(folder.path.join("plan.json")).and_then(|m| m.modified()).ok();
            std::cmp::Reverse((second, written))
        });
        Ok(found)
    }

    /// The run that was asked for, else the newest that `wanted` accepts.
    pub(super) fn find(
        state: &Utf8Path,
        asked: Option<&str>,
        wanted: impl Fn(&Plan, &RunState) -> bool,
    ) -> Result<Self, Failure> {
        let all = Self::all(state)?;
        if let Some(asked) = asked {
            return all.into_iter().find(|f| f.path.file_name() == Some(asked)).ok_or_else(|| {
                Failure::new(Exit::Usage, format!("there is no run {asked}"))
                    .help("`adbctl runs list` names them")
            });
        }
        for folder in all {
            if let (Ok((plan, _)), Ok(state)) = (folder.plan(), folder.state())
                && wanted(&plan, &state)
            {
                return Ok(folder);
            }
        }
        Err(Failure::new(Exit::Usage, "there is no such run").help("`adbctl runs list` names them"))
    }

    /// Makes the folder and puts the plan into it, durably. Returns the plan's SHA-256.
    pub(super) fn create(&self, plan: &Plan) -> Result<String, Failure> {
        let bytes = plan.to_bytes()?;
        let written = || -> std::io::Result<()> {
            let mut file = atomic_write_file::AtomicWriteFile::open(self.path.join("plan.json"))?;
            file.write_all(&bytes)?;
            file.commit()?;
            fs_err::File::open(&self.path)?.sync_all()
        };
        make_private_dir(&self.path).and_then(|()| written().map_err(Failure::from)).map_err(|failure| {
            Failure::new(
                Exit::Failed,
                format!("the plan cannot be written to {}: {}; nothing was sent", self.path, failure.message),
            )
            .help(
                "free some space or mend the disk, or name another place with --state-dir; then run it again",
            )
        })?;
        Ok(sha256(&bytes))
    }

    /// The plan and its SHA-256.
    pub(super) fn plan(&self) -> Result<(Plan, String), Failure> {
        let bytes = fs_err::read(self.path.join("plan.json"))?;
        let plan = serde_json::from_slice(&bytes).map_err(|e| {
            Failure::new(Exit::Wrong, format!("{}/plan.json is no plan: {e}", self.path))
                .help("use the adbctl that made it")
        })?;
        Ok((plan, sha256(&bytes)))
    }

    /// Where the journal is.
    pub(super) fn journal(&self) -> Utf8PathBuf {
        self.path.join("journal.jsonl")
    }

    /// Where the events are.
    pub(super) fn events(&self) -> Utf8PathBuf {
        self.path.join("events.jsonl")
    }

    /// How the run stands, read without taking it.
    pub(super) fn state(&self) -> Result<RunState, Failure> {
        if !self.journal().is_file() {
            return Ok(RunState::default());
        }
        Ok(replay(journal::read(&self.journal())?)?)
    }

    /// The run as a list shows it.
    pub(super) fn row(&self) -> Result<RunRow, Failure> {
        let (plan, _) = self.plan()?;
        let state = self.state()?;
        let name = |part: &str| plan.databases.get(part).map(|d| d.name.clone());
        Ok(RunRow {
            run: plan.run.clone(),
            runbook: plan.runbook.clone(),
            source: name("source"),
            target: name("target"),
            opened: state.opened,
            verdict: state.closed,
        })
    }
}

/// SHA-256 in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

/// Writes a file that only its owner can read, whole or not at all.
pub(super) fn write_private(path: &Utf8Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = atomic_write_file::AtomicWriteFile::options();
    #[cfg(unix)]
    {
        use atomic_write_file::unix::OpenOptionsExt as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        options.preserve_mode(false).mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.commit()?;
    Ok(())
}

/// Opens a file that only its owner can read, to add to it.
pub(super) fn append_private(path: &Utf8Path) -> Result<fs_err::File, Failure> {
    let mut options = fs_err::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    Ok(options.open(path)?)
}
