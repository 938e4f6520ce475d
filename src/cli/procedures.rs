//! The arguments of the shipped procedures on dumps: each is a shorthand for `run` with its runbook.

use clap::Args;

use super::arguments::RunOptions;
use super::shared::{MaskOptions, ReaderOptions};
use super::values::{Assignment, Compression, NameList, Retention};

/// Arguments of `export`.
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["full", "schema", "table"]))]
pub struct ExportArgs {
    /// The database to export, by its name in the configuration
    pub database: String,
    /// Export the whole database
    #[arg(long)]
    pub full: bool,
    /// Export these schemas; a name that is not all upper case stands in double quotes
    #[arg(long, value_name = "A,B")]
    pub schema: Option<NameList>,
    /// Export these tables of one schema
    #[arg(long, value_name = "SCHEMA.TABLE,…")]
    pub table: Option<NameList>,
    /// With --schema: only these tables, by name without schema
    #[arg(long, value_name = "TABLE,…", requires = "schema")]
    pub only_table: Option<NameList>,
    /// Leave these tables out, by name without schema
    #[arg(long, value_name = "TABLE,…", conflicts_with = "table")]
    pub exclude_table: Option<NameList>,
    /// Take only the rows of a table for which this holds: SCHEMA.TABLE=where …; can be given several times
    #[arg(long = "where", value_name = "TABLE=CLAUSE")]
    pub rows: Vec<Assignment>,
    /// Take a sample of a table's rows, in percent: SCHEMA.TABLE=10; can be given several times
    #[arg(long, value_name = "TABLE=PERCENT")]
    pub sample: Vec<Assignment>,
    /// How values are masked.
    #[command(flatten)]
    pub masks: MaskOptions,
    /// How long the dump is kept: temp is deleted after 7 days by the bucket's rules [default: temp]
    #[arg(long, value_name = "CLASS")]
    pub retention: Option<Retention>,
    /// Name the dump instead of giving it the time
    #[arg(long)]
    pub label: Option<String>,
    /// Who is to be able to read the dump.
    #[command(flatten)]
    pub reader: ReaderOptions,
    /// What is compressed [default: all]
    #[arg(long, value_name = "WHAT")]
    pub compression: Option<Compression>,
    /// How many workers [default: as many as the database has ECPUs]
    #[arg(long, value_name = "N")]
    pub parallel: Option<u32>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `import`.
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    /// The database to import into, by its name in the configuration; never one of role production
    pub database: String,
    /// The dump's prefix in the bucket, as `export` printed it
    #[arg(long, value_name = "PREFIX")]
    pub dump: String,
    /// The schemas to take from the dump, each with its new name: OLD:NEW, or just NAME to keep it
    #[arg(long, value_name = "OLD:NEW,…", required = true)]
    pub schema: NameList,
    /// Tables that change their name: OLD:NEW
    #[arg(long, value_name = "OLD:NEW,…")]
    pub rename_table: Option<NameList>,
    /// What to do with tables that are there already: skip, append, truncate or replace [default: skip]
    #[arg(long, value_name = "ACTION")]
    pub existing: Option<super::values::ExistingTables>,
    /// The APEX workspace that is to see the new schemas
    #[arg(long, value_name = "NAME")]
    pub workspace: Option<String>,
    /// Fail where code names a schema by its old name, instead of listing it to be looked at
    #[arg(long)]
    pub strict: bool,
    /// How many workers [default: as many as the database has ECPUs]
    #[arg(long, value_name = "N")]
    pub parallel: Option<u32>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `refresh-data`.
#[derive(Clone, Debug, Args)]
pub struct RefreshDataArgs {
    /// The database whose rows are taken, by its name in the configuration
    pub source: String,
    /// The database that gets them; never one of role production
    pub target: String,
    /// The schemas, each with its name in the target: OLD:NEW, or just NAME where both have the same
    #[arg(long, value_name = "OLD:NEW,…", required = true)]
    pub schema: NameList,
    /// Go on although these tables, or these columns alone, are not the same on both sides: TABLE or TABLE.COLUMN; '*' for all
    #[arg(long, value_name = "TABLE,…")]
    pub acknowledge_drift: Option<NameList>,
    /// Leave these tables as they are in the target, by name without schema
    #[arg(long, value_name = "TABLE,…")]
    pub exclude_table: Option<NameList>,
    /// End the sessions that work in the target's schemas or hold locks on their tables, where there are any
    #[arg(long)]
    pub end_sessions: bool,
    /// What to do where a foreign key finds rows without parent: fail, or leave it enabled without validation [default: fail]
    #[arg(long, value_name = "WHAT")]
    pub orphans: Option<super::values::Orphans>,
    /// How far sequences and identity columns are put ahead of the source's [default: 1000]
    #[arg(long, value_name = "N")]
    pub sequence_margin: Option<u32>,
    /// Compare the tables' rows with what the source counts at the end, too
    #[arg(long)]
    pub live_counts: bool,
    /// How values are masked.
    #[command(flatten)]
    pub masks: MaskOptions,
    /// How many workers [default: as many as the database has ECPUs]
    #[arg(long, value_name = "N")]
    pub parallel: Option<u32>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `restore`.
#[derive(Clone, Debug, Args)]
pub struct RestoreArgs {
    /// The database to restore into, new or empty, by its name in the configuration; never one of role production
    pub database: String,
    /// The prefix in the bucket of a snapshot, or of a dump of a whole database
    #[arg(long, value_name = "PREFIX")]
    pub dump: String,
    /// Restore although the database is not empty, and do this with tables that are there: skip, append, truncate, replace
    #[arg(long, value_name = "ACTION")]
    pub existing: Option<super::values::ExistingTables>,
    /// Replace applications that have numbers of the snapshot's, after exporting them
    #[arg(long)]
    pub overwrite: bool,
    /// Let users keep the passwords that they have in the dump; otherwise nobody can log on as one of them
    #[arg(long)]
    pub keep_passwords: bool,
    /// Make ADMIN's password up, although the configuration names one
    #[arg(long)]
    pub new_admin_password: bool,
    /// Switch the jobs on that the snapshot says were on
    #[arg(long)]
    pub enable_jobs: bool,
    /// How many workers [default: as many as the database has ECPUs]
    #[arg(long, value_name = "N")]
    pub parallel: Option<u32>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `snapshot`.
#[derive(Clone, Debug, Args)]
pub struct SnapshotArgs {
    /// The database to take a snapshot of, by its name in the configuration
    pub database: String,
    /// The snapshot's name in the bucket [default: the time]
    #[arg(long)]
    pub label: Option<String>,
    /// How long the snapshot is kept: temp is deleted after 7 days by the bucket's rules [default: permanent]
    #[arg(long, value_name = "CLASS")]
    pub retention: Option<Retention>,
    /// Who is to be able to read the dump.
    #[command(flatten)]
    pub reader: ReaderOptions,
    /// How many workers [default: as many as the database has ECPUs]
    #[arg(long, value_name = "N")]
    pub parallel: Option<u32>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `drill`.
#[derive(Clone, Debug, Args)]
pub struct DrillArgs {
    /// The database whose restore is drilled, by its name in the configuration: a throwaway database of its size is made. It
    /// is not changed itself
    pub database: String,
    /// The prefix in the bucket of a snapshot, or of a dump of a whole database
    #[arg(long, value_name = "PREFIX")]
    pub dump: String,
    /// ECPUs of the throwaway database [default: as many as the database has]
    #[arg(long, value_name = "N")]
    pub ecpu: Option<u32>,
    /// How many workers [default: as many as the throwaway database has ECPUs]
    #[arg(long, value_name = "N")]
    pub parallel: Option<u32>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `setup`.
#[derive(Clone, Debug, Args)]
pub struct SetupArgs {
    /// The database to prepare for dumps, by its name in the configuration
    pub database: String,
    /// Give the database's credential the configured user's present auth token, and prove it
    #[arg(long)]
    pub rotate_credential: bool,
    /// Make the credential the database's default one for Data Pump; it counts for every user of the database
    #[arg(long)]
    pub default_credential: bool,
    /// Let the service copy the bucket's objects to this bucket of another region
    #[arg(long, value_name = "REGION:BUCKET")]
    pub replicate_to: Option<String>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `jobs`.
#[derive(Clone, Debug, Args)]
pub struct JobsArgs {
    /// Look into this database only, by its name in the configuration [default: all]
    pub database: Option<String>,
    /// Look again every two seconds until no job is at work
    #[arg(long, conflicts_with_all = ["stop", "restart", "clean"])]
    pub watch: bool,
    /// Stop a running job so that it can go on later
    #[arg(long, value_name = "JOB", group = "wish")]
    pub stop: Option<String>,
    /// Let a job that stopped go on
    #[arg(long, value_name = "JOB", group = "wish")]
    pub restart: Option<String>,
    /// Take away what a job left that does not run: its control table and its log
    #[arg(long, value_name = "JOB", group = "wish")]
    pub clean: Option<String>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

impl JobsArgs {
    /// What is to be done with which job, where anything is.
    pub fn wish(&self) -> Option<(&'static str, String)> {
        let of = |action, job: &Option<String>| job.clone().map(|job| (action, job));
        of("stop", &self.stop).or_else(|| of("restart", &self.restart)).or_else(|| of("clean", &self.clean))
    }
}

/// Arguments of `schedule`.
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("act").args(["every", "pause", "resume", "run_now", "drop"]))]
pub struct ScheduleArgs {
    /// The database, by its name in the configuration; without an option below its schedule and last exports are shown
    pub database: String,
    /// Export so often: 30m, 6h, 1d
    #[arg(long, value_name = "TIME")]
    pub every: Option<String>,
    /// With --every: these schemas instead of the whole database
    #[arg(long, value_name = "A,B", requires = "every")]
    pub schema: Option<NameList>,
    /// With --every: how long the dumps are kept [default: temp]
    #[arg(long, value_name = "CLASS", requires = "every")]
    pub retention: Option<Retention>,
    /// Let no further export begin
    #[arg(long)]
    pub pause: bool,
    /// Go on after a pause
    #[arg(long)]
    pub resume: bool,
    /// Export now
    #[arg(long)]
    pub run_now: bool,
    /// Take the schedule away; the dumps stay
    #[arg(long)]
    pub drop: bool,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

impl ScheduleArgs {
    /// What is to be done, where anything is.
    pub fn wish(&self) -> Option<&'static str> {
        let wishes = [
            ("create", self.every.is_some()),
            ("pause", self.pause),
            ("resume", self.resume),
            ("run", self.run_now),
            ("drop", self.drop),
        ];
        wishes.into_iter().find(|(_, wanted)| *wanted).map(|(word, _)| word)
    }
}
