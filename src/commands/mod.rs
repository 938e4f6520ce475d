//! The subcommands: the only place where rooms are wired.
//!
//! *Owns*: one file a subcommand; finding databases; making a plan from a runbook and the configuration; the folders
//! of runs; exit codes.
//!
//! *Never*: knows how a request is signed, a statement sent or a report drawn.
//!
//! *Start reading at*: [`dispatch`], then `refresh.rs`, `prepare.rs` and `execute.rs`.
//!
//! *To add one*: a file here, its arm in [`dispatch`] (the compiler names it) and its arguments in `cli`.

mod applications;
mod database;
mod doctor;
mod execute;
mod exit;
mod explain;
mod init;
mod jobs;
mod lease;
mod locate;
mod lock;
mod object;
mod plan;
mod preflight;
mod prepare;
mod probe;
mod procedures;
mod refresh;
mod resume;
mod runbook;
mod runs;
mod sandbox;
mod schedule;
mod sql;
mod store;
mod surroundings;
mod validate;
mod view;
mod wallet;

pub use exit::{Exit, Failure};
pub use surroundings::Surroundings;

use crate::cli::{Cli, Command};

/// Runs one subcommand.
///
/// # Errors
/// Why it could not do its work at all; a run that failed is an exit code, not an error.
pub async fn dispatch(cli: Cli, around: Surroundings) -> Result<Exit, Failure> {
    match cli.command {
        Command::Refresh(args) => refresh::refresh(args, around).await,
        Command::CloneApp(args) => Box::pin(applications::clone_app(*args, around)).await,
        Command::RefreshData(args) => procedures::refresh_data(*args, around).await,
        Command::Export(args) => procedures::export(*args, around).await,
        Command::Import(args) => procedures::import(*args, around).await,
        Command::Restore(args) => procedures::restore(*args, around).await,
        Command::Snapshot(args) => procedures::snapshot(args, around).await,
        Command::Drill(args) => procedures::drill(args, around).await,
        Command::App(command) => applications::app(command, around).await,
        Command::Capture(args) => procedures::capture(args, around).await,
        Command::Replay(args) => procedures::replay(args, around).await,
        Command::Schedule(args) => Box::pin(schedule::schedule(args, around)).await,
        Command::Jobs(args) => jobs::jobs(args, around).await,
        Command::Setup(args) => procedures::setup(args, around).await,
        Command::Run(args) => refresh::run(args, around).await,
        Command::Plan(args) => plan::plan(args, around).await,
        Command::Apply(args) => plan::apply(args, around).await,
        Command::Resume(args) => resume::resume(args, around).await,
        Command::Undo(args) => resume::undo(args, around).await,
        Command::Runs(command) => runs::runs(command, &around),
        Command::Verify(args) => resume::verify(args, around).await,
        Command::Runbook(command) => runbook::runbook(command, &around),
        Command::Show(args) => database::show(args, around).await,
        Command::Start(args) => refresh::power("start", args, around).await,
        Command::Stop(args) => refresh::power("stop", args, around).await,
        Command::Sql(args) => Box::pin(sql::sql(*args, around)).await,
        Command::Wallet(command) => Box::pin(wallet::wallet(command, around)).await,
        Command::Doctor(args) => doctor::doctor(args, around).await,
        Command::Init(args) => init::init(args, &around),
        Command::Lock(command) => lock::lock(command, &around).await,
        Command::Object(command) => object::object(command, around).await,
        Command::Sandbox(command) => sandbox::sandbox(command, around).await,
        Command::Explain(args) => explain::explain(&args, &around),
        Command::Completions(args) => explain::completions(&args, &around),
        Command::Man(args) => explain::manual(&args, &around),
    }
}
