//! One run a target at a time: on this machine a lock file, which the system takes back when its holder ends, however it
//! ends; across machines a lease (`lease.rs`).

use std::io::{Read as _, Seek as _, Write as _};

use camino::Utf8Path;
use fs_err::{File, OpenOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::execute::read_line;
use super::exit::{Exit, Failure};
use super::lease;
use super::surroundings::{Surroundings, make_private_dir};
use crate::cli::{LockCommand, OutputForm};
use crate::lease::{Bucket, Shelf as _};
use crate::model::{RunId, clock};

/// Who holds a lock on this machine.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Holder {
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

/// The targets whose locks are held on this machine, each with its holder where that can be read.
pub(super) fn held(folder: &Utf8Path) -> Result<Vec<(String, Option<Holder>)>, Failure> {
    let mut held = Vec::new();
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let mut file = File::open(entry.path())?;
        if file.file().try_lock_shared().is_ok() {
            continue;
        }
        let target = entry.path().file_stem().unwrap_or_default().to_owned();
        held.push((target, read(&mut file)));
    }
    held.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(held)
}

/// A holder in words.
pub(super) fn words(holder: Option<&Holder>) -> String {
    holder.map_or_else(
        || "held".to_owned(),
        |h| format!("run {}  process {}  since {}", h.run, h.process, h.since),
    )
}

/// `adbctl lock`.
pub(super) async fn lock(command: LockCommand, around: &Surroundings) -> Result<Exit, Failure> {
    let folder = around.state_dir()?.join("locks");
    match command {
        LockCommand::List => list(&folder, around).await,
        LockCommand::Release { target } => release(&folder, &target, around).await,
    }
}

/// The bucket of leases, where one is configured.
async fn bucket(around: &Surroundings) -> Result<Option<Bucket>, Failure> {
    if around.settings.state.bucket.is_none() {
        return Ok(None);
    }
    let (cloud, _) = around.cloud().await?;
    lease::bucket(&cloud, around).await
}

async fn list(folder: &Utf8Path, around: &Surroundings) -> Result<Exit, Failure> {
    let here = held(folder)?;
    // The locks of this machine are known even where the bucket is not reached.
    let leases = match bucket(around).await {
        Ok(Some(bucket)) => lease::listed(&bucket).await,
        Ok(None) => Ok(Vec::new()),
        Err(failure) => Err(failure),
    };
    let known = leases.as_deref().unwrap_or_default();
    if around.global.output == OutputForm::Json {
        let local =
            here.iter().map(|(target, holder)| json!({"target": target, "kind": "local", "holder": holder}));
        let rows: Vec<Value> = local.chain(known.iter().map(|(t, seen)| lease::as_json(t, seen))).collect();
        around.out.result(&serde_json::to_string_pretty(&rows)?)?;
    } else {
        for (target, holder) in &here {
            around.out.result(&format!("{target}  on this machine  {}", words(holder.as_ref())))?;
        }
        for (target, seen) in known {
            around.out.result(&format!("{target}  lease  {}; {}", lease::whose(seen), seen.until()))?;
        }
        if here.is_empty() && leases.as_ref().is_ok_and(Vec::is_empty) {
            around.out.talk("no target is locked");
        }
    }
    leases.map(|_| Exit::Done)
}

async fn release(folder: &Utf8Path, target: &str, around: &Surroundings) -> Result<Exit, Failure> {
    around.settings.database(target)?;
    let path = folder.join(format!("{target}.lock"));
    // Kept to the end: no run of this machine begins while its lease is removed.
    let mut local = path.is_file().then(|| File::open(&path)).transpose()?;
    if let Some(file) = &mut local
        && file.file().try_lock().is_err()
    {
        let process = read(file).map_or_else(String::new, |h| format!(" {}", h.process));
        return Err(Failure::refused(format!("the lock on {target} is held by the living process{process}"))
            .help("end that process: the lock ends with it, and its lease too"));
    }
    let Some(bucket) = bucket(around).await? else {
        let gone = if local.is_some() { ": the process that held its lock is gone" } else { "" };
        around.out.talk(&format!("{target} is not locked{gone}"));
        return Ok(Exit::Done);
    };
    let Some(seen) = bucket.read(target).await? else {
        around.out.talk(&format!("{target} is not locked, here or in {}", bucket.shown(target)));
        return Ok(Exit::Done);
    };
    let whose = lease::whose(&seen);
    let found = format!(
        "the lease on {target} is of {whose}; last renewed {}; {}",
        lease::renewed(&seen),
        seen.until()
    );
    around.out.warning(&found);
    agree(target, around).await?;
    lease::remove(&bucket, target, &seen).await?;
    around.out.warning(&format!(
        "released the lease on {target} of {whose}. If that run is alive, it stops when it next renews its lease; until then two \
         may work on {target}"
    ));
    Ok(Exit::Done)
}

/// Asks whether to remove a lease. Without a terminal a missing `--yes` is a refusal.
async fn agree(target: &str, around: &Surroundings) -> Result<(), Failure> {
    if around.global.yes {
        return Ok(());
    }
    if !around.out.screen().can_ask {
        return Err(Failure::refused(format!("nobody is there to confirm that {target} is to be released"))
            .help("make sure that the run is dead, then run again with --yes"));
    }
    around.out.question("Is that run dead, and its lease to be removed? Type yes to remove it: ");
    if read_line().await.is_some_and(|answer| answer.trim().eq_ignore_ascii_case("yes")) {
        return Ok(());
    }
    Err(Failure::refused("declined; nothing was removed"))
}
