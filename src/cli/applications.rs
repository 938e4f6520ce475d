//! The arguments of `app`: moving APEX applications.

use clap::{Args, Subcommand};

use super::arguments::RunOptions;
use super::shared::{InstallOptions, MaskOptions};
use super::values::{ExistingTables, NameList, Retention};

/// Subcommands of `app`.
#[derive(Clone, Debug, Subcommand)]
pub enum AppCommand {
    /// Export APEX applications to the bucket
    Export(Box<AppExportArgs>),
    /// Import APEX applications that were exported
    Import(Box<AppImportArgs>),
}

/// Arguments of `app export`.
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["app", "workspace", "all"]))]
pub struct AppExportArgs {
    /// The database the applications are in, by its name in the configuration
    pub database: String,
    /// Export these applications, by their numbers
    #[arg(long, value_name = "ID,…")]
    pub app: Option<NameList>,
    /// Export all applications of this workspace, with its users and static files
    #[arg(long, value_name = "NAME")]
    pub workspace: Option<String>,
    /// Export all applications and workspaces
    #[arg(long)]
    pub all: bool,
    /// Export in many files, zipped, as suits source control
    #[arg(long)]
    pub split: bool,
    /// Take along who has which role in the applications
    #[arg(long)]
    pub with_roles: bool,
    /// How long the objects are kept: temp is deleted after 7 days by the bucket's rules [default: temp]
    #[arg(long, value_name = "CLASS")]
    pub retention: Option<Retention>,
    /// Name the export instead of giving it the time
    #[arg(long)]
    pub label: Option<String>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `app import`.
#[derive(Clone, Debug, Args)]
pub struct AppImportArgs {
    /// The database to install into, by its name in the configuration; never one of role production
    pub database: String,
    /// What the objects' names begin with, as `app export` told it
    #[arg(long, value_name = "PREFIX")]
    pub export: String,
    /// Take these applications, by their numbers in the export [default: all]
    #[arg(long, value_name = "ID,…")]
    pub app: Option<NameList>,
    /// The workspace to install into [default: the one each comes from]
    #[arg(long, value_name = "NAME")]
    pub workspace: Option<String>,
    /// The parsing schema [default: the one each comes from]
    #[arg(long, value_name = "NAME")]
    pub schema: Option<String>,
    /// As what the applications are installed.
    #[command(flatten)]
    pub install: InstallOptions,
    /// Run the scripts of supporting objects that the applications bring along
    #[arg(long)]
    pub supporting_objects: bool,
    /// Put the static files of the exported workspaces into the workspace too
    #[arg(long)]
    pub workspace_files: bool,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Arguments of `clone-app`.
#[derive(Clone, Debug, Args)]
pub struct CloneAppArgs {
    /// The database the applications are in, by its name in the configuration
    pub source: String,
    /// The database they go to, by its name in the configuration; never one of role production
    pub target: String,
    /// The applications, by their numbers
    #[arg(long, value_name = "ID,…", required = true)]
    pub app: NameList,
    /// The schemas to clone, the applications' parsing schemas among them, each with its new name: OLD:NEW, or just NAME to keep it
    #[arg(long, value_name = "OLD:NEW,…", required = true)]
    pub schema: NameList,
    /// The workspace in the target, made unless it is there [default: the name it has in the source]
    #[arg(long, value_name = "NAME")]
    pub workspace: Option<String>,
    /// The workspace's administrator [default: `WORKSPACE_ADMIN`, where the workspace has none]
    #[arg(long, value_name = "NAME")]
    pub admin: Option<String>,
    /// The administrator's address
    #[arg(long, value_name = "ADDRESS")]
    pub admin_email: Option<String>,
    /// Stop where a schema's user, the workspace or one of its schemas would have to be made
    #[arg(long)]
    pub must_exist: bool,
    /// As what the applications are installed.
    #[command(flatten)]
    pub install: InstallOptions,
    /// What to do with tables that are there already: skip, append, truncate or replace [default: stop]
    #[arg(long, value_name = "ACTION")]
    pub existing: Option<ExistingTables>,
    /// Stop before anything moves where code names a schema by its old name
    #[arg(long)]
    pub strict: bool,
    /// Compare the tables' rows with what the source counts at the end, too
    #[arg(long)]
    pub live_counts: bool,
    /// How values are masked.
    #[command(flatten)]
    pub masks: MaskOptions,
    /// How long dump and applications are kept in the bucket: temp is deleted after 7 days [default: temp]
    #[arg(long, value_name = "CLASS")]
    pub retention: Option<Retention>,
    /// How many workers [default: as many as the databases have ECPUs]
    #[arg(long, value_name = "N")]
    pub parallel: Option<u32>,
    /// Options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}
