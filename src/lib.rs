//! adbctl runs database refresh, clone and backup runbooks against Oracle Autonomous Database.

pub mod actions;
pub mod cli;
pub mod engine;
pub mod journal;
pub mod db;
pub mod model;
pub mod oci;
pub mod runbook;
pub mod report;
pub mod settings;
pub mod sandbox;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
//! adbctl

pub mod sandbox;

/// Runs.
pub fn run() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
