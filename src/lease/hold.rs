//! Taking a lease, renewing it while a run goes on, losing it, giving it back.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::record::{Lease, Seen, Standing};
use super::shelf::Shelf;
use crate::model::clock;
use crate::oci::OciError;
use crate::oci::object_storage::Condition;

/// How often others may be quicker before taking is given up. Each time means that the lease changed in between.
const TRIES: u32 = 5;

/// Time for giving a lease back. One that is not given back ends by itself.
const RETURNING: Duration = Duration::from_secs(10);

/// A lease that was taken.
#[derive(Debug)]
pub struct Taken {
    /// The hold on it.
    pub hold: Hold,
    /// The lease that lay there before, where one was taken over.
    pub before: Option<(Standing, Seen)>,
}

/// Why a lease was not taken.
#[derive(Debug)]
pub enum NotTaken {
    /// Somebody else holds it.
    Held(Box<Seen>),
    /// It changed with every look.
    Unsteady,
    /// The place of leases cannot be used.
    Far(OciError),
}

impl From<OciError> for NotTaken {
    fn from(error: OciError) -> Self {
        Self::Far(error)
    }
}

/// Why a lease is held no more.
#[derive(Debug)]
pub enum Lost {
    /// Somebody else has it now.
    Taken(Box<Seen>),
    /// Somebody removed it.
    Removed,
    /// It could not be renewed for this long, so that somebody else may soon have it.
    NotRenewed(Duration, String),
}

/// What became of a lease that was to be given back.
#[derive(Debug)]
pub enum Returned {
    /// It is free.
    Free,
    /// It was no longer there, or another's.
    Gone,
    /// It stays until it ends by itself.
    Left(String),
}

/// A lease that is being renewed. Dropping it ends the renewing, and leaves the lease to its end.
#[derive(Debug)]
pub struct Hold {
    task: JoinHandle<Keeper>,
    lost: CancellationToken,
    why: Arc<OnceLock<Lost>>,
    stop: DropGuard,
}

/// Takes the lease on `wanted.target`, and renews it from then on.
///
/// # Errors
/// [`NotTaken`].
///
/// # Cancel safety
/// Dropping it may leave the lease taken; it ends by itself.
pub async fn take(shelf: Arc<dyn Shelf>, wanted: Lease) -> Result<Taken, NotTaken> {
    let mut before = None;
    let mut condition = Condition::Absent;
    for _ in 0..TRIES {
        let asked = Moment::now();
        if let Some(etag) = shelf.write(&wanted, condition).await? {
            return Ok(Taken { hold: Hold::begin(Keeper { shelf, lease: wanted, etag, asked }), before });
        }
        condition = Condition::Absent;
        let Some(seen) = shelf.read(&wanted.target).await? else { continue };
        let standing = seen.standing(&wanted);
        if standing == Standing::Held {
            return Err(NotTaken::Held(Box::new(seen)));
        }
        condition = Condition::Unchanged(seen.etag.as_str().into());
        if standing != Standing::Same {
            before = Some((standing, seen));
        }
    }
    Err(NotTaken::Unsteady)
}

impl Hold {
    fn begin(keeper: Keeper) -> Self {
        let (lost, stop) = (CancellationToken::new(), CancellationToken::new());
        let why = Arc::new(OnceLock::new());
        let task = tokio::spawn(keeper.renew_until(stop.clone(), lost.clone(), Arc::clone(&why)));
        Self { task, lost, why, stop: stop.drop_guard() }
    }

    /// Set when the lease is lost.
    pub fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// Why it was lost, once it is.
    pub fn why(&self) -> Arc<OnceLock<Lost>> {
        Arc::clone(&self.why)
    }

    /// Gives the lease back.
    pub async fn give_back(self) -> Returned {
        drop(self.stop);
        match self.task.await {
            Ok(keeper) => tokio::time::timeout(RETURNING, keeper.give_back())
                .await
                .unwrap_or_else(|_| Returned::Left("the service did not answer in time".into())),
            Err(error) => Returned::Left(error.to_string()),
        }
    }
}

/// A point in time by both clocks: the steady one stands still while a machine sleeps, the other one can be set.
#[derive(Clone, Copy, Debug)]
struct Moment {
    steady: Instant,
    wall: Timestamp,
}

impl Moment {
    fn now() -> Self {
        Self { steady: clock::instant(), wall: clock::now() }
    }

    /// How long ago it is, by the clock that shows more.
    fn ago(self) -> Duration {
        let slept = Duration::try_from(clock::now().duration_since(self.wall)).unwrap_or_default();
        self.steady.elapsed().max(slept)
    }
}

/// The holder's side of a lease.
struct Keeper {
    shelf: Arc<dyn Shelf>,
    lease: Lease,
    etag: String,
    /// When the last renewal that succeeded was sent, which is before the service stored it.
    asked: Moment,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("lease", &self.lease).finish_non_exhaustive()
    }
}

impl Keeper {
    /// Renews the lease at each third of its length. A sixth before its end it counts as lost, so that what is on its
    /// way has time to end before somebody else can begin.
    async fn renew_until(
        mut self,
        stop: CancellationToken,
        lost: CancellationToken,
        why: Arc<OnceLock<Lost>>,
    ) -> Self {
        let length = self.lease.length();
        let (due, limit) = (length / 3, length / 6 * 5);
        // Short sleeps, so that a machine that slept notices it soon.
        let beat = (length / 12).min(Duration::from_secs(1));
        let mut trouble = None::<String>;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return self,
                () = tokio::time::sleep(beat) => {}
            }
            let ago = self.asked.ago();
            if ago < due {
                continue;
            }
            // Also past the limit it is tried once: if the object is unchanged, nobody came in between.
            let patience = limit.saturating_sub(ago).clamp(beat, due);
            let renewed = tokio::select! {
                biased;
                () = stop.cancelled() => return self,
                renewed = tokio::time::timeout(patience, self.renew()) => renewed,
            };
            let problem = match renewed {
                Ok(Ok(None)) => {
                    trouble = None;
                    continue;
                }
                Ok(Ok(Some(ending))) => {
                    let _ = why.set(ending);
                    lost.cancel();
                    return self;
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "the service did not answer in time".to_owned(),
            };
            if trouble.is_none() {
                tracing::warn!("the lease on {} was not renewed: {problem}", self.lease.target);
            }
            let problem = trouble.insert(problem);
            let ago = self.asked.ago();
            if ago >= limit {
                let _ = why.set(Lost::NotRenewed(ago, std::mem::take(problem)));
                lost.cancel();
                return self;
            }
        }
    }

    /// Renews once. Gives how the lease was lost, if it was.
    async fn renew(&mut self) -> Result<Option<Lost>, OciError> {
        for _ in 0..TRIES {
            let asked = Moment::now();
            let unchanged = Condition::Unchanged(self.etag.as_str().into());
            if let Some(etag) = self.shelf.write(&self.lease, unchanged).await? {
                (self.etag, self.asked) = (etag, asked);
                return Ok(None);
            }
            match self.shelf.read(&self.lease.target).await? {
                None => return Ok(Some(Lost::Removed)),
                // An earlier renewal arrived, and its answer did not.
                Some(seen) if self.is_own(&seen) => self.etag = seen.etag,
                Some(seen) => return Ok(Some(Lost::Taken(Box::new(seen)))),
            }
        }
        Err(OciError::local("the lease changes with every look, and is one's own each time"))
    }

    fn is_own(&self, seen: &Seen) -> bool {
        seen.lease.as_ref().is_ok_and(|lease| lease.fence == self.lease.fence)
    }

    async fn give_back(mut self) -> Returned {
        for _ in 0..TRIES {
            match self.shelf.remove(&self.lease.target, &self.etag).await {
                Ok(true) => return Returned::Free,
                Ok(false) => {}
                Err(error) => return Returned::Left(error.to_string()),
            }
            match self.shelf.read(&self.lease.target).await {
                // A renewal that was broken off arrived after all.
                Ok(Some(seen)) if self.is_own(&seen) => self.etag = seen.etag,
                Ok(_) => return Returned::Gone,
                Err(error) => return Returned::Left(error.to_string()),
            }
        }
        Returned::Left("it changed with every look".into())
    }
}

#[cfg(test)]
#[path = "hold_tests.rs"]
mod tests;
