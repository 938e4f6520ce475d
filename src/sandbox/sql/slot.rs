//! A database that is perhaps still being made.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::model::Secret;
use crate::sandbox::engine::{EngineError, Identity, Making};
use crate::sandbox::oracle::Database;

/// A change from outside.
pub(super) enum Later {
    /// What it is called now.
    Identity(Identity),
    /// ADMIN's password.
    Password(Secret),
}

enum State {
    Making(Vec<Later>),
    Ready(Database),
    /// There, and being changed; whoever wants it waits.
    Changing(Database, VecDeque<Later>),
    Failed(String),
}

/// The place of one database. Whoever needs it waits until it is there.
#[derive(Clone)]
pub(super) struct Slot {
    inner: Arc<(Mutex<State>, Condvar)>,
    /// A change could not be carried out.
    behind: Arc<AtomicBool>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

impl Slot {
    /// A slot whose database is about to be made.
    pub(super) fn making() -> Self {
        Self::of(State::Making(Vec::new()))
    }

    /// A slot whose database is there.
    pub(super) fn ready(database: Database) -> Self {
        Self::of(State::Ready(database))
    }

    fn of(state: State) -> Self {
        Self { inner: Arc::new((Mutex::new(state), Condvar::new())), behind: Arc::default() }
    }

    /// Whether every change was carried out.
    pub(super) fn has_heard(&self) -> bool {
        matches!(&*self.state(), State::Ready(_)) && !self.behind.load(Ordering::Acquire)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The database, waited for.
    pub(super) fn wait(&self, ocid: &str) -> Result<Database, EngineError> {
        let mut state = self.state();
        loop {
            match &*state {
                State::Ready(database) => return Ok(database.clone()),
                State::Failed(why) => return Err(EngineError::new(ocid, why.clone())),
                State::Making(_) | State::Changing(..) => {
                    state = self.inner.1.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// How far the making is.
    pub(super) fn how_far(&self) -> Making {
        match &*self.state() {
            State::Making(_) => Making::GoesOn,
            State::Ready(_) | State::Changing(..) => Making::Done,
            State::Failed(why) => Making::Failed(why.clone()),
        }
    }

    /// The database, if it is there already.
    pub(super) fn now(&self) -> Option<Database> {
        match &*self.state() {
            State::Ready(database) => Some(database.clone()),
            _ => None,
        }
    }

    /// Keeps a change for when the database is there. Answers whether somebody has to carry it out now.
    pub(super) fn later(&self, ocid: &str, change: Later) -> Result<bool, EngineError> {
        let mut state = self.state();
        match &mut *state {
            State::Making(changes) => changes.push(change),
            State::Changing(_, changes) => changes.push_back(change),
            State::Ready(database) => {
                *state = State::Changing(database.clone(), VecDeque::from([change]));
                return Ok(true);
            }
            State::Failed(why) => return Err(EngineError::new(ocid, why.clone())),
        }
        Ok(false)
    }

    /// Carries the kept changes out, in order, before anybody gets the database. `act` answers whether it could.
    pub(super) fn carry_out(&self, act: impl Fn(&Database, &Later) -> bool) {
        loop {
            let mut state = self.state();
            let State::Changing(database, changes) = &mut *state else { return };
            let database = database.clone();
            let Some(change) = changes.pop_front() else {
                *state = State::Ready(database);
                drop(state);
                self.inner.1.notify_all();
                return;
            };
            drop(state);
            if !act(&database, &change) {
                self.behind.store(true, Ordering::Release);
            }
        }
    }

    /// The making has ended. Changes that came meanwhile are carried out before anybody sees the database.
    pub(super) fn made(
        &self,
        result: Result<Database, String>,
        carry_out: impl Fn(&Database, &Later) -> Result<(), String>,
    ) {
        let mut state = self.state();
        let changes =
            if let State::Making(changes) = &mut *state { std::mem::take(changes) } else { Vec::new() };
        let result = result.and_then(|database| {
            changes.iter().try_for_each(|change| carry_out(&database, change))?;
            Ok(database)
        });
        *state = match result {
            Ok(database) => State::Ready(database),
            Err(why) => State::Failed(why),
        };
        drop(state);
        self.inner.1.notify_all();
    }
}
