//! The arguments of `app`: moving APEX applications.

use clap::{Args, Subcommand};

use super::arguments::RunOptions;
use super::values::{NameList, Retention};

/// Subcommands of `app`.
#[derive(Clone, Debug, Subcommand)]
pub enum AppCommand {
    /// Export APEX applications to the bucket
    Export(AppExportArgs),
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
    /// `keep` the numbers, take `new` ones, or a number for one application [default: keep]
    #[arg(long, value_name = "keep|new|NUMBER")]
    pub id: Option<String>,
    /// The alias, for one application
    #[arg(long, value_name = "ALIAS")]
    pub alias: Option<String>,
    /// Replace applications that have the numbers; they are exported first
    #[arg(long)]
    pub overwrite: bool,
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
