//! adbctl runs database refresh, clone and backup runbooks against Oracle Autonomous Database.

pub mod actions;
pub mod cli;
pub mod db;
pub mod engine;
pub mod journal;
pub mod model;
pub mod oci;
pub mod report;
pub mod runbook;
pub mod sandbox;
pub mod secret;
pub mod settings;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
