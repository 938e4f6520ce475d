//! The pretend Oracle database: language, binder, executor and catalogue.
//!
//! *Owns*: what a statement means and which error it ends in.
//!
//! *Never*: answers wrongly. What it does not do it refuses by name ("the sandbox cannot ...").
//!
//! *Start reading at*: [`language`], which turns text into a tree; then `bind`, which makes the tree mean something; then
//! `run`, which executes it over the rows in `storage`. [`Database`] and [`Session`] are the way in.
//!
//! *To add one*: a new kind of statement starts in `language::ast`, then gets a parser function, then a meaning.

#[cfg(test)]
mod application_tests;
mod bind;
mod catalogue;
#[cfg(test)]
mod copy_tests;
mod database;
mod ddl;
mod error;
#[cfg(test)]
mod file_tests;
mod functions;
mod halt;
pub mod language;
mod messages;
mod packages;
mod plan;
mod plsql;
mod pump;
mod run;
mod seed;
mod session;
mod storage;
#[cfg(test)]
mod tests;
mod values;
mod verifier;

pub use database::{
    CloneKind, Database, Host, Identity, Mail, Observed, Observer, Sample, WebAnswer, WebRequest,
};
pub use error::OracleError;
pub use halt::Halt;
pub(crate) use seed::fingerprint;
pub use seed::{ApexVersion, UnknownVersion};
pub use session::{
    Attribute, BindMode, BindValue, ColumnMeta, Effect, Outcome, OutcomeKind, ResultSet, Session,
};
pub use values::{Collection, CollectionKind, CollectionType, Key, Number, RecordType, Type, Value};
pub use verifier::{VERIFIER_ROUNDS, Verifier};
