//! The machine: evaluates bound trees over stored rows.
//!
//! *Owns*: expressions, joins, grouping, changes of rows with their triggers and constraints, calls.
//! *Never*: looks a name up; everything it runs was bound.
//! *Start reading at*: `machine.rs`, then `evaluate.rs`.
//! *To add one*: a node is an arm in `evaluate.rs`; a row source is an arm in `from.rs`.
#![expect(
    clippy::similar_names,
    clippy::match_same_arms,
    clippy::unused_self,
    clippy::needless_pass_by_value,
    clippy::type_complexity,
    clippy::unnecessary_wraps,
    clippy::wrong_self_convention,
    reason = "the machine's methods share their shapes, whatever one of them needs"
)]

mod call;
mod connect;
mod dml;
mod evaluate;
mod from;
mod group;
mod json;
mod machine;
mod query;
mod trigger;

use super::values::Value;

pub(crate) use call::blank;
pub(crate) use evaluate::{collection_of, key_of};
pub(crate) use from::keep_sample;
pub(crate) use machine::{CursorState, Frame, Machine, Output, Row};

/// How a statement of PL/SQL ended.
#[derive(Debug)]
pub(crate) enum Flow {
    /// On to the next.
    Next,
    /// EXIT, of the loop with this label or the innermost.
    Exit(Option<String>),
    /// CONTINUE likewise.
    Continue(Option<String>),
    /// RETURN, with a function's value.
    Return(Option<Value>),
}
