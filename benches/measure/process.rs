//! Processes of the program under test.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::ensure;

/// The program under test with these arguments, without this user's own configuration.
pub(crate) fn adbctl(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adbctl"));
    command.args(words).env_clear().env("HOME", home).current_dir(home).stdin(Stdio::null());
    command
}

/// Runs a command to its end, which must be a good one.
pub(crate) fn finish(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
