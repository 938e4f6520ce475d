//! Data Pump: exports and imports as jobs inside a database.
//!
//! The job's name is the key: it follows from the run, so that after a crash the job is found and not started twice. A
//! row that is gone from the job view proves nothing; the end is what the log says.
//!
//! *Owns*: the action `data-pump`, the settings of a job as the calls that it gets, what a log says.
//!
//! *Never*: holds SQL, which is in `sql/datapump`; moves dumps, which the database writes and reads itself.
//!
//! *Start reading at*: [`DataPump`], and in it the run.
//!
//! *To add one*: a setting is a field of [`Settings`] and a line of its calls; what the log can say more is read in `log`.

mod failures;
mod job;
mod log;
mod settings;

pub use job::{DataPump, Masks, Mode, Operation};
pub use log::{End, Noise, PumpLog};
pub use settings::Settings;
