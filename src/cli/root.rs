//! The root of the command line: global options and the subcommands.

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, Parser, Subcommand};
use std::fmt::Write as _;

use super::applications::{AppCommand, CloneAppArgs};
use super::arguments::{
    ApplyArgs, CompletionsArgs, DatabaseArgs, DoctorArgs, ExplainArgs, InitArgs, LockCommand, ManArgs,
    PlanArgs, PowerArgs, RefreshArgs, ResumeArgs, RunArgs, RunbookCommand, RunsCommand, SandboxCommand,
    UndoArgs, VerifyArgs,
};
use super::captures::{CaptureArgs, ReplayArgs};
use super::objects::ObjectCommand;
use super::procedures::{
    DrillArgs, ExportArgs, ImportArgs, JobsArgs, RefreshDataArgs, RestoreArgs, ScheduleArgs, SetupArgs,
    SnapshotArgs,
};
use super::sql::SqlArgs;
use super::values::{ColorChoice, DryRunForm, OutputForm, ReportRequest};
use super::wallets::WalletCommand;

/// The exit codes and their meaning. The help's footer and the documentation are made from this table.
pub const EXIT_CODES: &[(u8, &str)] = &[
    (0, "done; manual steps may be open"),
    (1, "a fault of adbctl"),
    (2, "wrong usage"),
    (3, "runbook or settings are wrong"),
    (4, "refused or declined"),
    (5, "failed; nothing was left behind, or all was put back"),
    (6, "failed, and something it made is still there"),
    (7, "interrupted; `adbctl resume`, or the same `adbctl object` command, goes on"),
    (8, "the far side is unreachable or denies access"),
    (9, "somebody else holds the lock"),
    (10, "ran to the end, but a check failed (or a manual step is open under --fail-on-manual)"),
];

/// Runs database refresh, clone and backup runbooks against Oracle Autonomous Database.
///
/// A runbook is planned, shown and confirmed before anything moves; a run that stopped goes on with `adbctl resume`.
#[derive(Clone, Debug, Parser)]
#[command(name = "adbctl", version, propagate_version = true, after_help = footer(), max_term_width = 100)]
pub struct Cli {
    /// Options of every subcommand.
    #[command(flatten)]
    pub global: Global,
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every subcommand takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Configuration file, instead of ./adbctl.toml and the one in the user's configuration directory
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<Utf8PathBuf>,
    /// Work in the built-in sandbox, without a cloud; its state stays in DIR. The value follows `=` directly
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    pub sandbox: Option<Option<Utf8PathBuf>>,
    /// Show exactly what would be sent, and send nothing. The value follows `=` directly
    #[arg(long, global = true, value_name = "FORM", num_args = 0..=1, require_equals = true,
          default_missing_value = "text")]
    pub dry_run: Option<DryRunForm>,
    /// Do not ask; manual steps are left open and named in the verdict
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,
    /// How results are written to standard output
    #[arg(long, global = true, value_name = "FORM", default_value_t)]
    pub output: OutputForm,
    /// Write a final report (json, junit, html or markdown) to a file; can be given several times
    #[arg(long, global = true, value_name = "FORMAT=FILE")]
    pub report: Vec<ReportRequest>,
    /// Say more; twice for every request
    #[arg(long, short = 'v', global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value_t)]
    pub color: ColorChoice,
    /// Directory of runs, made-up secrets and the sandbox
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<Utf8PathBuf>,
    /// Print every setting with where it came from, and stop
    #[arg(long, global = true, hide = true)]
    pub show_settings: bool,
}

/// What adbctl can do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Make TARGET a usable, safe copy of SOURCE
    Refresh(RefreshArgs),
    /// Clone APEX applications with their schemas from SOURCE to TARGET
    CloneApp(Box<CloneAppArgs>),
    /// Give schemas of TARGET the rows that SOURCE has, and leave everything else there as it is
    RefreshData(Box<RefreshDataArgs>),
    /// Export a database, schemas or tables to the bucket for dumps
    Export(Box<ExportArgs>),
    /// Import schemas from a dump, under the same or other names
    Import(Box<ImportArgs>),
    /// Restore a whole database from a dump or a snapshot into a new or empty one
    Restore(Box<RestoreArgs>),
    /// Take a snapshot: a full export, what it leaves behind, and the APEX applications, under one prefix
    Snapshot(SnapshotArgs),
    /// Restore a dump or a snapshot into a throwaway database, time it, and terminate that database
    Drill(DrillArgs),
    /// Move APEX applications between databases: export, import
    #[command(subcommand)]
    App(AppCommand),
    /// Prepare bucket and database for dumps
    Setup(SetupArgs),
    /// Export a database regularly, and see whether its exports succeed
    Schedule(ScheduleArgs),
    /// Look at the Data Pump jobs of databases; stop, restart or clean up one
    Jobs(JobsArgs),
    /// Record what an export leaves behind: REST modules, jobs, grants, host ACEs, links, APEX settings and users
    Capture(CaptureArgs),
    /// Give a database back what was captured
    Replay(ReplayArgs),
    /// Run any runbook, a shipped one by name or your own by path
    Run(RunArgs),
    /// Make a plan, show it, and seal it with -o for `apply`
    Plan(PlanArgs),
    /// Run a sealed plan, if runbook, configuration and target are still the same
    Apply(ApplyArgs),
    /// Go on with a run that stopped
    Resume(ResumeArgs),
    /// Give a run that stopped up: put back what it switched off for the time being. It can still be resumed
    Undo(UndoArgs),
    /// Look at past and present runs
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Run the verification checklist of a database alone
    Verify(VerifyArgs),
    /// Look at runbooks and check your own
    #[command(subcommand)]
    Runbook(RunbookCommand),
    /// Show what the service says of a database, now
    Show(DatabaseArgs),
    /// Start a database; one of role production only with its consent
    Start(PowerArgs),
    /// Stop a database; never one of role production
    Stop(PowerArgs),
    /// Run statements or a script in a database
    Sql(Box<SqlArgs>),
    /// Fetch a database's wallet, look at one, or pack one anew
    #[command(subcommand)]
    Wallet(WalletCommand),
    /// Check everything a run needs, and say what to do where something is missing. It changes nothing
    Doctor(DoctorArgs),
    /// Write a commented configuration file
    Init(InitArgs),
    /// Look at the locks on targets, and release one that was left behind
    #[command(subcommand)]
    Lock(LockCommand),
    /// Move objects to and from Object Storage: put, get, list, rm
    #[command(subcommand)]
    Object(ObjectCommand),
    /// Run the built-in sandbox: a region with databases, for rehearsals
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Explain an error code, such as ORA-02266
    Explain(ExplainArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
    /// Print a manual page
    Man(ManArgs),
}

fn footer() -> String {
    let mut text =
        String::from("Results go to standard output, everything else to standard error.\n\nExit codes:\n");
    for (code, meaning) in EXIT_CODES {
        let _ = writeln!(text, "  {code:>2}  {meaning}");
    }
    text
}
