//! adbctl runs database refresh, clone and backup runbooks against Oracle Autonomous Database.

pub mod cli;
pub mod model;
pub mod report;
pub mod settings;
pub mod sql;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
