//! The databases' REST-Enabled SQL: what a request says, how its script runs, what the answer looks like.
//!
//! *Owns*: the wire form of requests and answers, the commands of SQL*Plus that a script may hold, sessions that end
//! with their request, and the audit of every statement.
//!
//! *Never*: knows what a statement means; that is the database behind [`Backend`].
//!
//! *Start reading at*: [`SqlSurface`], then `run`.
//!
//! *To add one*: a command of a script is an arm in `command` and one in `run`; a type of bind is a row in `bind`; another
//! kind of database implements [`Backend`].

mod answer;
mod backend;
mod bind;
mod command;
mod engine;
mod pages;
mod request;
mod run;
mod session;
mod slot;
mod surface;
mod value;

pub use backend::{
    Backend, Bind, BindMode, BindType, Column, Done, Logon, LogonError, Rows, Seen, SqlError, SqlSession,
    Watch,
};
pub use engine::SqlEngine;
pub use pages::Application;
pub use surface::{Limits, SqlSurface};
pub use value::Cell;

pub use super::oracle::{Attribute, Halt, VERIFIER_ROUNDS, Verifier};
pub(crate) use surface::watch;

#[cfg(test)]
mod tests;
