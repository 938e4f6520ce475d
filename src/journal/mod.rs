//! The write-ahead record of a run.
//!
//! *Owns*: the records, the table of allowed transitions, appending with fsync, the hash chain, the torn tail, the
//! large values beside it, the lock on a run's folder.
//!
//! *Never*: guesses. A file that was changed or cut anywhere but in its last line is refused; a record that could not
//! be made durable stops the run.
//!
//! *Start reading at*: `record`, then `state` (what a sequence of records means).
//!
//! *To add one*: a record kind is a variant in `record` and an arm in `state`; the compiler names the second.

mod file;
mod kept;
mod record;
mod state;

pub use file::{FileJournal, Journal, JournalError, MemoryJournal, read};
pub use record::{Record, RecordKind, VERSION};
pub use state::{ActMemory, RunState, StepState, replay};
