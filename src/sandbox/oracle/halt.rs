//! The wish that what a session runs should stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::error::{Outcome, fail};

const GOES_ON: u8 = 0;
const CANCELLED: u8 = 1;
const KILLED: u8 = 2;

/// A wish that a session's present statement should stop, made from another thread. Clones are the same wish.
#[derive(Clone, Debug, Default)]
pub struct Halt(Arc<AtomicU8>);

impl Halt {
    /// The present statement is to end in ORA-01013.
    pub fn cancel(&self) {
        // A session that was killed stays that.
        let _ = self.0.compare_exchange(GOES_ON, CANCELLED, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The session is to end: ORA-00028 now and later.
    pub fn kill(&self) {
        self.0.store(KILLED, Ordering::Release);
    }

    /// A cancellation has been dealt with.
    pub fn forget(&self) {
        let _ = self.0.compare_exchange(CANCELLED, GOES_ON, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Whether a statement is to be cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire) == CANCELLED
    }

    /// Whether the session is to end.
    pub fn is_killed(&self) -> bool {
        self.0.load(Ordering::Acquire) == KILLED
    }

    /// Lets what runs go on, or ends it.
    pub(super) fn check(&self) -> Outcome<()> {
        match self.0.load(Ordering::Relaxed) {
            GOES_ON => Ok(()),
            CANCELLED => fail(1013, &[]),
            _ => fail(28, &["your session has been killed"]),
        }
    }
}
