//! Data Pump: jobs that outlive their sessions and move schemas through dump files.
//!
//! *Owns*: the job with its states, control table and log; what a dump file holds; what export takes and import makes.
//! *Never*: works in the caller's session: jobs are run by workers of their own, moment by moment.
//! *Start reading at*: `job.rs` for what a job is, then `api` for the calls and `run.rs` for how time moves a job on.
//! *To add one*: a parameter is a row of `rules.rs` and a look at it in `export.rs` or `import.rs`; a kind of object is an
//! arm of `collect.rs` and a row of `paths.rs`.

mod api;
mod collect;
mod control;
mod define;
mod dump;
mod export;
mod files;
mod filter;
mod import;
mod job;
mod journal;
mod load;
mod make;
mod paths;
#[cfg(test)]
mod refusal_tests;
mod registry;
mod rows;
mod rules;
mod run;
mod status;
#[cfg(test)]
mod tests;
mod text;
#[cfg(test)]
mod time_tests;

pub(crate) use api::{
    add_file, attach, data_filter, data_remap, detach, get_dumpfile_info, get_status, log_entry,
    metadata_filter, metadata_remap, metadata_transform, open, session_ended, set_parallel, set_parameter,
    start_job, stop_job, stop_worker, wait_for_job,
};
pub(crate) use control::WORKER;
pub(crate) use registry::{Desk, Registry};
pub(crate) use rows::{TABLES, live};
pub(crate) use run::advance;
