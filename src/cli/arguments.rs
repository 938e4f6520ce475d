//! The arguments of the subcommands.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::values::{Assignment, AuthKind, NamedDatabase, Order, Settlement};

/// Options of every command that makes a plan and runs it.
#[derive(Clone, Debug, Default, Args)]
pub struct RunOptions {
    /// Give a parameter of the runbook a value; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<Assignment>,
    /// With --dry-run: write the scripts or the plan into this directory instead of standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<Utf8PathBuf>,
    /// Begin at this step; earlier ones are skipped
    #[arg(long, value_name = "STEP")]
    pub from: Option<String>,
    /// End after this step; later ones are skipped
    #[arg(long, value_name = "STEP")]
    pub until: Option<String>,
    /// Skip this step; can be given several times
    #[arg(long, value_name = "STEP")]
    pub skip: Vec<String>,
    /// Exit with 10 while a manual step is open
    #[arg(long)]
    pub fail_on_manual: bool,
}

/// Arguments of `refresh`.
#[derive(Clone, Debug, Args)]
pub struct RefreshArgs {
    /// The database to copy, by its name in the configuration
    pub source: String,
    /// The database to make anew, by its name in the configuration; never one of role production
    pub target: String,
    /// How the old target makes room for the new one [default: swap]
    #[arg(long, value_name = "ORDER")]
    pub order: Option<Order>,
    /// Allow the old target to be terminated; NAME must be the target's name
    #[arg(long, value_name = "NAME")]
    pub confirm_terminate: Option<String>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `start` and `stop`.
#[derive(Clone, Debug, Args)]
pub struct PowerArgs {
    /// The database, by its name in the configuration
    pub database: String,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// A shipped runbook's name, or the path of a file
    pub runbook: String,
    /// The database to read from; for a runbook with one database, that database
    pub source: Option<String>,
    /// The database to change
    pub target: Option<String>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `plan`.
#[derive(Clone, Debug, Args)]
pub struct PlanArgs {
    /// What to plan.
    #[command(flatten)]
    pub run: RunArgs,
    /// Seal the plan into this file
    #[arg(long = "output-file", short = 'o', value_name = "FILE")]
    pub file: Option<Utf8PathBuf>,
    /// Have the service itself check each change that is known by now, and change nothing; exit with 4 if it
    /// would refuse one
    #[arg(long)]
    pub validate: bool,
}

/// Arguments of `apply`.
#[derive(Clone, Debug, Args)]
pub struct ApplyArgs {
    /// The sealed plan
    pub file: Utf8PathBuf,
    /// Exit with 10 while a manual step is open
    #[arg(long)]
    pub fail_on_manual: bool,
}

/// Arguments of `resume`.
#[derive(Clone, Debug, Args)]
pub struct ResumeArgs {
    /// The run [default: the newest one that can go on]
    pub run: Option<String>,
    /// Say what became of a statement whose end is not known: STEP=done or STEP=repeat; can be given several times
    #[arg(long, value_name = "STEP=ANSWER")]
    pub unknown: Vec<Settlement>,
    /// Exit with 10 while a manual step is open
    #[arg(long)]
    pub fail_on_manual: bool,
}

/// Arguments of `undo`.
#[derive(Clone, Debug, Args)]
pub struct UndoArgs {
    /// The run [default: the newest one that has something left to put back]
    pub run: Option<String>,
}

/// Subcommands of `runs`.
#[derive(Clone, Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, newest first
    List,
    /// Show one run: steps, checks, what is left to do
    Show {
        /// The run [default: the newest one]
        run: Option<String>,
    },
    /// Print the events of a run, one JSON object a line
    Events {
        /// The run [default: the newest one]
        run: Option<String>,
    },
    /// Pack a run's folder, without secrets, into one file
    Export {
        /// The run
        run: String,
        /// The file, a zip
        file: Utf8PathBuf,
    },
    /// Remove the folders of ended runs
    Prune {
        /// Only runs that ended longer ago, such as 90d
        #[arg(long, value_name = "AGE", default_value = "90d")]
        older_than: String,
    },
}

/// Arguments of `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// The database, by its name in the configuration
    pub target: String,
    /// The runbook whose checklist is used [default: that of the last run that put something into the database]
    #[arg(long, value_name = "NAME")]
    pub runbook: Option<String>,
    /// The database it was copied from, for checks that compare
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Count the rows of the source's tables as they are now, too, where the checklist knows the source
    #[arg(long)]
    pub live_counts: bool,
    /// Give a parameter of the runbook a value; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<Assignment>,
    /// Exit with 10 while a manual step is open
    #[arg(long)]
    pub fail_on_manual: bool,
}

/// Subcommands of `runbook`.
#[derive(Clone, Debug, Subcommand)]
pub enum RunbookCommand {
    /// List the shipped runbooks
    List,
    /// Print a runbook with its parameters and steps
    Show {
        /// A shipped runbook's name, or the path of a file
        runbook: String,
    },
    /// Check a runbook and report every mistake in it
    Check {
        /// A shipped runbook's name, or the path of a file
        runbook: String,
    },
    /// Print the graph of steps in DOT form
    Graph {
        /// A shipped runbook's name, or the path of a file
        runbook: String,
    },
    /// Print the JSON Schema of runbooks, for editors
    Schema,
}

/// Arguments of commands on one database.
#[derive(Clone, Debug, Args)]
pub struct DatabaseArgs {
    /// The database, by its name in the configuration
    pub database: String,
}

/// Arguments of `doctor`.
#[derive(Clone, Debug, Args)]
pub struct DoctorArgs {
    /// Look at this database only, by its name in the configuration [default: all]
    pub database: Option<String>,
    /// Go through the list of what has to be in place before this, too; several with commas
    #[arg(long = "for", value_name = "WHAT", value_delimiter = ',')]
    pub before: Vec<Undertaking>,
    /// The APEX workspace that a clone is for
    #[arg(long, value_name = "NAME", requires = "before")]
    pub workspace: Option<String>,
    /// The schema that a clone is for
    #[arg(long, value_name = "NAME", requires = "before")]
    pub schema: Option<String>,
}

/// What `doctor` knows a list for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Undertaking {
    /// An application or a schema is cloned into the database
    Clone,
    /// The Always Free database becomes a paid one
    Upgrade,
    /// The database gets a standby
    Standby,
}

/// Arguments of `init`. What is not given is asked for at a terminal, or left as a commented example.
#[derive(Clone, Debug, Default, Args)]
pub struct InitArgs {
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "adbctl.toml")]
    pub file: Utf8PathBuf,
    /// Write over an existing file
    #[arg(long)]
    pub force: bool,
    /// Profile in the cloud's configuration file
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Kind of authentication
    #[arg(long, value_name = "KIND")]
    pub auth: Option<AuthKind>,
    /// Region, such as uk-london-1
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Compartment of databases that are given by display name
    #[arg(long, value_name = "OCID")]
    pub compartment: Option<String>,
    /// A production database; can be given several times
    #[arg(long, value_name = "NAME=OCID")]
    pub production: Vec<NamedDatabase>,
    /// A database that may be overwritten; can be given several times
    #[arg(long, value_name = "NAME=OCID")]
    pub nonproduction: Vec<NamedDatabase>,
    /// Directory for the passwords that adbctl makes up
    #[arg(long, value_name = "DIR")]
    pub secrets: Option<Utf8PathBuf>,
}

/// Subcommands of `lock`.
#[derive(Clone, Debug, Subcommand)]
pub enum LockCommand {
    /// List the locks of this machine and the leases in the state bucket, with their holders and their age
    List,
    /// Remove a lease that was left behind, of whatever machine; a run that still holds it stops
    Release {
        /// The database, by its name in the configuration
        target: String,
    },
}

/// Subcommands of `sandbox`.
#[derive(Clone, Debug, Subcommand)]
pub enum SandboxCommand {
    /// Run the sandbox until it is stopped; prints one JSON line when it is ready
    Serve {
        /// Where its state stays [default: in the state directory]
        #[arg(long, value_name = "DIR")]
        dir: Option<Utf8PathBuf>,
        /// Port on the loopback address; 0 lets the system pick one
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
        /// How much faster than the real service: 60 makes a minute a second, 0 does not wait at all
        #[arg(long, value_name = "X")]
        speed: Option<f64>,
        /// How many times its usual 37000 rows the sample production database gets, when DIR is new
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=200))]
        volume: u32,
        /// Which APEX the sample databases get, when DIR is new: 23.1 or 24.2, for all or by name [default: 24.2]
        #[arg(long, value_name = "[NAME=]VERSION,…", value_delimiter = ',')]
        apex: Vec<String>,
    },
    /// Forget everything and begin anew with the sample databases
    Reset {
        /// Where its state stays [default: in the state directory]
        #[arg(long, value_name = "DIR")]
        dir: Option<Utf8PathBuf>,
    },
    /// Make something go wrong, on request
    Fault(FaultArgs),
}

/// Arguments of `sandbox fault`.
#[derive(Clone, Debug, Args)]
pub struct FaultArgs {
    /// What goes wrong
    #[arg(required_unless_present_any = ["list", "clear"])]
    pub kind: Option<FaultKind>,
    /// Only for requests and statements that contain this text
    #[arg(long, value_name = "TEXT")]
    pub on: Option<String>,
    /// How many times
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub times: u32,
    /// How many matching requests go well before
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub after: u32,
    /// How slow, for `slow`; how long to wait, for `throttle`
    #[arg(long, value_name = "N")]
    pub seconds: Option<u64>,
    /// List the faults that are set
    #[arg(long, conflicts_with = "kind")]
    pub list: bool,
    /// Take all faults away
    #[arg(long, conflicts_with_all = ["kind", "list"])]
    pub clear: bool,
    /// Where the sandbox's state stays [default: in the state directory]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<Utf8PathBuf>,
}

/// What the sandbox can be asked to do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultKind {
    /// Answer 429
    Throttle,
    /// Answer 500
    ServerError,
    /// Do the work and close the connection without an answer
    DropAnswer,
    /// Close the connection before the work
    DropRequest,
    /// Answer late
    Slow,
    /// Let a clone end in TERMINATED
    CloneFails,
    /// Answer 401 as for an expired token
    ExpiredToken,
    /// End the database session in the middle of a statement
    KillSession,
}

/// Arguments of `explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// The code, such as ORA-02266 or PLS-00201
    pub code: String,
}

/// Arguments of `completions`.
#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Clone, Debug, Args)]
pub struct ManArgs {
    /// The subcommand's words, such as `runs show` [default: adbctl itself]
    pub command: Vec<String>,
}
