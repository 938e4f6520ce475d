//! The jobs of a database as its process knows them, and which sessions are attached.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::collect::Entry;
use super::dump::DumpSet;
use super::job::{Job, Line, Operation, State};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::storage::Store;

/// Owner and name.
pub(crate) type JobKey = (String, String);

/// What all sessions share.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    inner: Mutex<Inner>,
    /// Held by whoever moves the jobs on.
    turn: Mutex<()>,
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    loaded: bool,
    pub(super) jobs: BTreeMap<JobKey, Job>,
    /// Job and session.
    pub(super) attached: Vec<(JobKey, i64)>,
    /// How many handles there are of jobs, by GUID.
    holders: HashMap<String, usize>,
    /// What became of the jobs that sessions still have handles of, by GUID.
    pub(super) ended: HashMap<String, Job>,
    /// What is to go wrong with the jobs that start next: name and figure.
    pub(super) armed: Vec<(String, i64)>,
    /// How far the rows of jobs were when these ended, the last one last.
    pub(super) past: Vec<Progress>,
    /// The dump sets of running imports, by GUID of the job.
    pub(super) sets: HashMap<String, Arc<DumpSet>>,
    /// What running exports take, by GUID of the job: their control tables have it too.
    pub(super) entries: HashMap<String, Arc<Vec<Entry>>>,
}

/// How many jobs are remembered that ended.
const MOST_PAST: usize = 20;

/// How far the rows of a job are.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    pub(super) sid: i64,
    pub(super) key: JobKey,
    pub(super) operation: Operation,
    pub(super) bytes_done: i64,
    pub(super) bytes_total: i64,
    /// Microseconds since 1970.
    pub(super) started: i64,
    pub(super) seen: i64,
}

impl Progress {
    /// That of a job at this moment.
    pub(super) fn of(job: &Job, now: i64) -> Self {
        Self {
            sid: job.master(),
            key: (job.owner.clone(), job.name.clone()),
            operation: job.operation,
            bytes_done: if job.state == State::Completed { job.bytes_total } else { job.bytes_done },
            bytes_total: job.bytes_total,
            started: job.started,
            seen: now,
        }
    }
}

/// What a session knows of Data Pump.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(super) handles: BTreeMap<i64, Handle>,
    pub(super) next: i64,
    /// The lines behind the last refusal.
    pub(super) details: Vec<Line>,
}

/// A session's hold on a job.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    pub(super) key: JobKey,
    pub(super) guid: String,
    /// How many lines of the log this session has been told.
    pub(super) told: usize,
}

impl Registry {
    /// The jobs, read from the file the first time.
    pub(super) fn open(&self, store: &Store) -> Outcome<MutexGuard<'_, Inner>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !inner.loaded {
            for (key, document) in store.documents()? {
                if !key.starts_with("j/") {
                    continue;
                }
                let mut job: Job = serde_json::from_str(&document).map_err(|error| {
                    OracleError::with_text(600, &format!("a job of Data Pump is damaged: {error}"))
                })?;
                // Whatever ran it is gone.
                job.state = State::NotRunning;
                inner.jobs.insert((job.owner.clone(), job.name.clone()), job);
            }
            inner.loaded = true;
        }
        Ok(inner)
    }

    /// Has the next job that starts go wrong; false when there is no such fault. The same fault is armed once.
    pub(crate) fn arm(&self, name: &str, detail: &serde_json::Value) -> bool {
        let figure =
            |field: &str, usual: i64| detail.get(field).and_then(serde_json::Value::as_i64).unwrap_or(usual);
        let fault = match name {
            "pump-errors" => figure("errors", 1),
            "pump-stops" => figure("percent", 50),
            "pump-fatal" => 0,
            _ => return false,
        };
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !inner.armed.iter().any(|(known, _)| known == name) {
            inner.armed.push((name.to_owned(), fault));
        }
        true
    }

    /// The right to move jobs on; none while another has it.
    pub(super) fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            Err(std::sync::TryLockError::Poisoned(broken)) => Some(broken.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }

    /// The right to move jobs on, when whoever has it is done.
    pub(super) fn wait_turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The jobs that workers are at.
    pub(super) fn running(&self) -> Vec<JobKey> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.jobs.iter().filter(|(_, job)| job.state.is_running()).map(|(key, _)| key.clone()).collect()
    }
}

impl Inner {
    /// A copy of a job.
    pub(super) fn job(&self, key: &JobKey) -> Option<Job> {
        self.jobs.get(key).cloned()
    }

    /// Notes something in the job that sessions see.
    pub(super) fn note(&mut self, job: &Job, name: &str, value: &str) {
        let key = (job.owner.clone(), job.name.clone());
        if let Some(known) = self.jobs.get_mut(&key).filter(|known| known.guid == job.guid) {
            known.notes.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Puts a worker's copy of a job back. What sessions said meanwhile stays: the lines after the first `known`, files
    /// and the degree.
    pub(super) fn merge(&mut self, mut job: Job, known: usize) -> Job {
        let key = (job.owner.clone(), job.name.clone());
        if let Some(old) = self.jobs.get_mut(&key).filter(|old| old.guid == job.guid) {
            let said = old.lines.split_off(known.min(old.lines.len()));
            job.lines.extend(said);
            job.files.clone_from(&old.files);
            job.degree = old.degree;
            *old = job.clone();
        }
        job
    }

    /// Takes a job out for good or leaves it as not running; its sessions keep what it ended as.
    pub(super) fn end(&mut self, mut job: Job, keep: bool) {
        let key = (job.owner.clone(), job.name.clone());
        if job.started > 0 {
            let at = job.lines.last().map_or(job.started, |line| line.at);
            self.past.push(Progress::of(&job, at));
            self.past.drain(..self.past.len().saturating_sub(MOST_PAST));
        }
        self.sets.remove(&job.guid);
        self.entries.remove(&job.guid);
        if self.holders.contains_key(&job.guid) {
            self.ended.insert(job.guid.clone(), job.clone());
        }
        self.attached.retain(|(other, _)| *other != key);
        if keep {
            job.state = State::NotRunning;
            self.jobs.insert(key, job);
        } else {
            self.jobs.remove(&key);
        }
    }

    /// Counts a handle of a job.
    pub(super) fn hold(&mut self, guid: &str) {
        *self.holders.entry(guid.to_owned()).or_default() += 1;
    }

    /// Counts a handle less; after the last nobody can ask what became of the job.
    pub(super) fn release(&mut self, guid: &str) {
        match self.holders.get_mut(guid) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                self.holders.remove(guid);
                self.ended.remove(guid);
            }
        }
    }

    /// How many sessions are attached.
    pub(super) fn count_attached(&self, key: &JobKey) -> usize {
        self.attached.iter().filter(|(other, _)| other == key).count()
    }

    /// Lets a session go of a job.
    pub(super) fn leave(&mut self, key: &JobKey, session: i64) {
        if let Some(at) = self.attached.iter().position(|(other, sid)| other == key && *sid == session) {
            self.attached.remove(at);
        }
    }
}

/// Writes a job into the file.
pub(super) fn save(store: &Store, job: &Job) -> Outcome<()> {
    let text = serde_json::to_string(job).expect("a job has text keys only");
    store.put_document(&job.document(), Some(&text))
}
