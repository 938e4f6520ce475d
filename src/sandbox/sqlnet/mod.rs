//! The databases' SQL*Net: the listener and the sessions behind it, as Oracle's own clients speak with them.
//!
//! *Owns*: packets and messages of the protocol, the proof of passwords, sessions that live as long as their connections,
//! cursors, locators of large objects, breaks.
//!
//! *Never*: knows a statement's text beyond where its binds are; what it means is for the database behind
//! [`Backend`](super::sql::Backend), the same one that REST-Enabled SQL has.
//!
//! *Start reading at*: `listener`, then `session` (one call after the other), then `execute`.
//!
//! *To add one*: a call is a code and an arm in `session`, with what it says in `request` and what it answers in `reply`; a
//! type of values is a row in `values` with its image in `image`.

mod execute;
mod house;
mod image;
mod link;
mod listener;
mod lobs;
mod logon;
mod packet;
mod premises;
mod reply;
mod request;
mod session;
#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, expect(dead_code, reason = "the tests read more of it"))]
mod spoilt;
mod text;
mod values;
mod wire;

#[cfg(test)]
mod tests;

pub(crate) use listener::{attend, serve};
pub(crate) use premises::Premises;
#[cfg(fuzzing)]
pub use spoilt::feed;
