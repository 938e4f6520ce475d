//! The pretend Oracle database: language, binder, executor and catalogue.
//!
//! *Owns*: what a statement means and which error it ends in.
//!
//! *Never*: answers wrongly. What it does not do it refuses by name ("the sandbox cannot ...").
//!
//! *Start reading at*: [`language`], which turns text into a tree.
//!
//! *To add one*: a new kind of statement starts in `language::ast`, then gets a parser function, then a meaning.

pub mod language;
