//! adbctl runs database refresh, clone and backup runbooks against Oracle Autonomous Database.
//!
//! The map, from the outside in; each room's own page says what it owns and what it never does.
//!
//! * [`cli`] reads the command line, [`settings`] decides what holds, [`commands`] wires the rooms and runs.
//! * [`runbook`] turns a file into a plan; [`actions`] are what its steps can do; [`engine`] runs the plan with the
//!   [`journal`] as its memory.
//! * [`oci`] is the client of the cloud, [`db`] that of the databases, [`secret`] finds and keeps secrets, [`lease`] holds a
//!   target against other machines.
//! * [`report`] tells people; [`sandbox`] is a pretend cloud to rehearse with; [`model`] holds the shared words.

pub mod actions;
pub mod cli;
pub mod commands;
pub mod db;
pub mod engine;
pub mod journal;
pub mod lease;
pub mod model;
pub mod oci;
pub mod report;
pub mod runbook;
pub mod sandbox;
pub mod secret;
pub mod settings;
pub mod sql;

use std::process::ExitCode;

use commands::{Exit, Failure, Surroundings};
use model::environment;
use report::{ColorMode, Out};

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(usage) => {
            let out = out(ColorMode::Auto);
            if usage.is_answer() {
                let _ = out.result(usage.text().trim_end());
                return ExitCode::SUCCESS;
            }
            out.talk(usage.text().trim_end());
            return ExitCode::from(Exit::Usage as u8);
        }
    };
    let out = out(match cli.global.color {
        cli::ColorChoice::Auto => ColorMode::Auto,
        cli::ColorChoice::Always => ColorMode::Always,
        cli::ColorChoice::Never => ColorMode::Never,
    });
    log_to(&out, cli.global.verbose);
    let ended = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => {
            let ended = runtime.block_on(work(cli, out.clone()));
            // A thread that still waits for a line from the terminal must not hold the process.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(Failure::from(error)),
    };
    match ended {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            out.error(&failure.text());
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// What rooms log goes to standard error, through the one door: warnings always, acts with `-v`, requests with `-vv`.
fn log_to(out: &Out, verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    let out = out.clone();
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(move || LogLines(out.clone()))
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .init();
}

/// Hands log lines to the printer.
struct LogLines(Out);

impl std::io::Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.talk(String::from_utf8_lossy(bytes).trim_end());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn work(cli: cli::Cli, out: Out) -> Result<Exit, Failure> {
    let around = Surroundings::of(&cli, out).await?;
    if cli.global.show_settings {
        around.out.result(around.settings.shown().trim_end())?;
        return Ok(Exit::Done);
    }
    Box::pin(commands::dispatch(cli, around)).await
}

fn out(mode: ColorMode) -> Out {
    Out::of_process(mode, environment::variable("NO_COLOR").is_some(), environment::variable("CI").is_some())
}
