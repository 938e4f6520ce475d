//! PL/SQL.
//!
//! *Owns*: compiled code, its compilation and its interpretation.
//! *Never*: matches texts; a package is its specification in `seed/` and its body, in PL/SQL or in `packages/`.
//! *Start reading at*: `code.rs`, then `compile.rs`.
//! *To add one*: a statement is a variant of `Code`, an arm in `statement.rs` and one in `run.rs`.

pub(crate) mod code;
mod compile;
mod declare;
mod dynamic;
mod run;
mod statement;

pub(crate) use compile::{compile_block, compile_stored, row_record};
pub(crate) use dynamic::placeholders;
