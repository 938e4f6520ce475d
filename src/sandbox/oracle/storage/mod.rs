//! Rows on disk.
//!
//! *Owns*: the database file, the form of a cell, transactions of the storage engine.
//! *Never*: knows Oracle's rules; constraints and triggers are the machine's.
//! *Start reading at*: `native.rs`.
//! *To add one*: an access path is a method of `Store`.

mod encoding;
mod native;

pub(crate) use encoding::{read_rowid, rowid};
pub(crate) use native::{Store, StoredRow};
