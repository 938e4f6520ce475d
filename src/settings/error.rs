//! What can be wrong with settings.

use camino::Utf8PathBuf;
use thiserror::Error;

use crate::model::Diagnostic;

/// Why there are no usable settings. All of these end with exit code 3.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// A file holds mistakes; all of them are here, in the order of the files.
    #[error("the configuration has {} mistake{}: {}", .0.len(), if .0.len() == 1 { "" } else { "s" },
            .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Mistakes(Vec<Diagnostic>),
    /// The named file cannot be read.
    #[error(
        "the configuration file cannot be read: {0}; name another one with --config, or write one with `adbctl init`"
    )]
    Unreadable(#[source] std::io::Error),
    /// No such database.
    #[error("{file} has no database called {name:?}; {advice}")]
    UnknownDatabase {
        /// The name asked for.
        name: String,
        /// The files that were read.
        file: String,
        /// Near names, or what to write.
        advice: String,
    },
    /// Neither a home directory nor a state directory is known.
    #[error(
        "no state directory is known, because there is no home directory; give one with --state-dir or ADBCTL_STATE_DIR"
    )]
    NoStateDirectory,
    /// A variable or an option holds something that is no such value.
    #[error("{origin}: {message}")]
    BadValue {
        /// The variable or option.
        origin: String,
        /// What is wrong with it, and what is allowed.
        message: String,
    },
    /// The current directory or another path is not valid Unicode.
    #[error("the path {0:?} is not valid Unicode; adbctl cannot work there")]
    NotUnicode(Utf8PathBuf),
}
