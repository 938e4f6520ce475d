//! Runbooks: from TOML to a plan.
//!
//! *Owns*: the file format, the checks on it (every mistake of a file in one pass, at its line and column), references
//! and the edges they make, the JSON Schema, the shipped library, compiling a runbook and its parameters into a plan.
//!
//! *Never*: talks to a cloud or a database; what a plan needs from there is handed in as facts.
//!
//! *Start reading at*: [`mod@file`] (what a file can say), then [`load`] and [`compile`].
//!
//! *To add one*: a shipped runbook is `runbooks/<name>.toml` and nothing else.

mod compile;
pub mod file;
mod library;
mod load;
mod references;
mod schema;
#[cfg(test)]
mod tests;

pub use compile::{CompileError, Selection, compile};
pub use library::{LibraryError, find, shipped};
pub use load::{Runbook, Step, load};
pub use schema::schema;
