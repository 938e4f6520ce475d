//! PL/SQL.
//!
//! *Owns*: compiled code, its compilation and its interpretation.
//! *Never*: matches texts; a package is its specification in `seed/` and its body, in PL/SQL or in `packages/`.
//! *Start reading at*: `code.rs`, then `compile.rs`.
//! *To add one*: a statement is a variant of `Code`, an arm in `statement.rs` and one in `run.rs`.
#![expect(
    clippy::similar_names,
    clippy::unused_self,
    clippy::needless_pass_by_value,
    clippy::wrong_self_convention,
    reason = "INTO and its kin are named as the language names them"
)]

pub(crate) mod code;
mod compile;
mod declare;
mod dynamic;
mod place;
mod run;
mod statement;

pub(crate) use compile::{compile_block, compile_stored, row_record};
pub(crate) use dynamic::placeholders;
