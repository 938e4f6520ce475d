//! adbctl runs database refresh, clone and backup runbooks against Oracle Autonomous Database.

pub mod engine;
pub mod journal;
pub mod cli;
pub mod model;
pub mod settings;
pub mod oci;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
