//! adbctl runs database refresh, clone and backup runbooks against Oracle Autonomous Database.

pub mod db;
pub mod model;
pub mod oci;
pub mod secret;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
