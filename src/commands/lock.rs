//! One run a target at a time: a lock file that the system takes back when its holder ends, however it ends.

use std::io::{Read as _, Seek as _, Write as _};

use camino::Utf8Path;
use fs_err::{File, OpenOptions};
use serde::{Deserialize, Serialize};

use super::exit::{Exit, Failure};
use super::surroundings::{Surroundings, make_private_dir};
use crate::cli::LockCommand;
use crate::model::{RunId, clock};

/// Who holds a lock.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    run: RunId,
    process: u32,
    since: jiff::Timestamp,
}

/// A held lock. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct TargetLock {
    _file: File,
}

/// Takes the lock on a target.
pub(super) fn take(state: &Utf8Path, target: &str, run: &RunId) -> Result<TargetLock, Failure> {
    let folder = state.join("locks");
    make_private_dir(&folder)?;
    let path = folder.join(format!("{target}.lock"));
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
    if file.file().try_lock().is_err() {
        let holder = read(&mut file).map_or_else(String::new, |h| {
            format!(
                ": run {} of process {} since {}",
                h.run,
                h.process,
                h.since.strftime("%Y-%m-%d %H:%M:%SZ")
            )
        });
        return Err(Failure::new(Exit::Locked, format!("somebody else works on {target}{holder}"))
            .help("wait for it, or end that process: the lock ends with it"));
    }
    let holder = Holder { run: run.clone(), process: std::process::id(), since: clock::now() };
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec(&holder)?)?;
    Ok(TargetLock { _file: file })
}

fn read(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// The targets whose locks are held, each with its holder in words.
pub(super) fn held(folder: &Utf8Path) -> Result<Vec<(String, String)>, Failure> {
    let mut held = Vec::new();
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let mut file = File::open(entry.path())?;
        if file.file().try_lock_shared().is_ok() {
            continue;
        }
        let target = entry.path().file_stem().unwrap_or_default().to_owned();
        let holder = read(&mut file).map_or_else(
            || "held".to_owned(),
            |h| format!("run {}  process {}  since {}", h.run, h.process, h.since),
        );
        held.push((target, holder));
    }
    Ok(held)
}

/// `adbctl lock`.
pub(super) fn lock(command: LockCommand, around: &Surroundings) -> Result<Exit, Failure> {
    let folder = around.state_dir()?.join("locks");
    match command {
        LockCommand::List => {
            let held = held(&folder)?;
            for (target, holder) in &held {
                around.out.result(&format!("{target}  {holder}"))?;
            }
            if held.is_empty() {
                around.out.talk("no target is locked");
            }
            Ok(Exit::Done)
        }
        LockCommand::Release { target, .. } => {
            around.settings.database(&target)?;
            let path = folder.join(format!("{target}.lock"));
            if !path.is_file() {
                around.out.talk(&format!("{target} is not locked"));
                return Ok(Exit::Done);
            }
            let mut file = File::open(&path)?;
            if file.file().try_lock().is_ok() {
                around.out.talk(&format!("{target} is not locked: the process that held its lock is gone"));
                return Ok(Exit::Done);
            }
            let process = read(&mut file).map_or_else(String::new, |h| format!(" {}", h.process));
            Err(Failure::refused(format!("the lock on {target} is held by the living process{process}"))
                .help("end that process: the lock ends with it"))
        }
    }
}
