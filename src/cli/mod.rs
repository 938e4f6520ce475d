//! The command line: what can be typed, and what the help says about it.
//!
//! *Owns*: the clap structs, help texts, hints for common slips, shell completions and manual pages.
//!
//! *Never*: decides anything, reads a file or a variable, or imports another room.
//!
//! *Start reading at*: [`Cli`] in `root.rs`, then [`parse`].
//!
//! *To add one*: a subcommand is a variant of [`Command`] with an `…Args` struct beside its kin; the tests of
//! `parse.rs` walk all of them.

mod applications;
mod arguments;
mod captures;
mod documents;
mod objects;
mod parse;
mod procedures;
mod root;
mod shared;
mod sql;
mod values;
mod wallets;

pub use applications::{AppCommand, AppExportArgs, AppImportArgs, CloneAppArgs};
pub use arguments::{
    ApplyArgs, CompletionsArgs, DatabaseArgs, DoctorArgs, ExplainArgs, FaultArgs, FaultKind, InitArgs,
    LockCommand, ManArgs, PlanArgs, PowerArgs, RefreshArgs, ResumeArgs, RunArgs, RunOptions, RunbookCommand,
    RunsCommand, SandboxCommand, Undertaking, UndoArgs, VerifyArgs,
};
pub use captures::{CaptureArgs, ReplayArgs};
pub use documents::{completions, manual_pages};
pub use objects::{
    BucketOptions, DEFAULT_CONTENT_TYPE, GetArgs, ListArgs, ObjectCommand, PutArgs, RemoveArgs,
};
pub use parse::{UsageError, parse};
pub use procedures::{
    DrillArgs, ExportArgs, ImportArgs, JobsArgs, RefreshDataArgs, RestoreArgs, ScheduleArgs, SetupArgs,
    SnapshotArgs,
};
pub use root::{Cli, Command, EXIT_CODES, Global};
pub use shared::{InstallOptions, MaskOptions, ReaderOptions};
pub use sql::{BindType, BindWish, DriverName, RowForm, SqlArgs, bind_name};
pub use values::{
    Assignment, AuthKind, ColorChoice, Compression, DryRunForm, ExistingTables, Masking, NameList,
    NamedDatabase, Order, Orphans, OutputForm, ReportFormat, ReportRequest, Retention, Settlement,
};
pub use wallets::{WalletCommand, WalletDriver, WalletGetArgs, WalletInspectArgs, WalletRepackArgs};
