//! The arguments of `capture` and `replay`: each is a shorthand for `run` with its runbook.

use camino::Utf8PathBuf;
use clap::Args;

use super::arguments::RunOptions;
use super::values::{NameList, Retention};

/// Arguments of `capture`.
#[derive(Clone, Debug, Args)]
pub struct CaptureArgs {
    /// The database to capture, by its name in the configuration
    pub database: String,
    /// Capture these schemas only; a name that is not all upper case stands in double quotes
    #[arg(long, value_name = "A,B")]
    pub schema: Option<NameList>,
    /// Write the capture into this file; without it, it goes into the bucket
    #[arg(long, value_name = "FILE")]
    pub file: Option<Utf8PathBuf>,
    /// Compare with an earlier capture: tell what differs, and exit with 10 if something does
    #[arg(long, value_name = "FILE")]
    pub compare: Option<Utf8PathBuf>,
    /// How long the object is kept: temp is deleted after 7 days by the bucket's rules [default: temp]
    #[arg(long, value_name = "CLASS", conflicts_with = "file")]
    pub retention: Option<Retention>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `replay`.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The database that is given back what was captured, by its name in the configuration; never one of role production
    pub database: String,
    /// The capture: a file, or an object's name in the bucket
    #[arg(long, value_name = "FILE|OBJECT")]
    pub capture: String,
    /// Schemas that have another name now: OLD:NEW
    #[arg(long, value_name = "OLD:NEW,…")]
    pub schema: Option<NameList>,
    /// Switch the jobs on that were on
    #[arg(long)]
    pub enable_jobs: bool,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}
