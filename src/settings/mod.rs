//! The settings of one start of adbctl.
//!
//! *Owns*: `adbctl.toml`, the layers flag > environment > project file > user file > default, the origin of every
//! value, and the file that `adbctl init` writes.
//!
//! *Never*: resolves a secret, opens a connection, or decides what a command does.
//!
//! *Start reading at*: [`Settings::load`], then `file.rs` for what a file may say.
//!
//! *To add one*: a field in `types.rs`, its key in `file.rs`, its default and its row in `layers.rs`, and a line in
//! the file of `init.rs`. The test of `--show-settings` shows it.

mod error;
mod file;
mod init;
mod layers;
mod sourced;
mod types;

pub use error::SettingsError;
pub use init::{AnsweredDatabase, Answers, render};
pub use layers::Inputs;
pub use sourced::{Origin, Sourced};
pub use types::{
    AuthKind, CONSENTS, ConnectSettings, DatabaseSettings, Driver, OciSettings, Role, RunSettings,
    SecretSink, ServiceLevel, Settings, StateSettings, WalletChoice,
};
