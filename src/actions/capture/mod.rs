//! Captures: one document with everything that an export leaves behind, which can be given back and compared.
//!
//! *Owns*: what a capture document is, `write-capture`, `read-capture` and `compare-captures`.
//!
//! *Never*: asks a database, which queries and blocks do; holds a secret.
//!
//! *Start reading at*: [`document`], the format.
//!
//! *To add one*: a topic is a line of [`document::TOPICS`], a query in `sql/capture`, and its lines in
//! `runbooks/capture.toml` and `runbooks/replay.toml`; `document` holds them to each other.

mod compare;
pub mod document;
mod read;
mod write;

pub use compare::CompareCaptures;
pub use read::ReadCapture;
pub use write::WriteCapture;
