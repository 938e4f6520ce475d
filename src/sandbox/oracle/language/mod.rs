//! Oracle's SQL and PL/SQL as a language: text in, tree or Oracle's own error out. Nothing is looked up or executed.
//!
//! Not known for certain, because no Oracle database was at hand: the whole list of symbols in PLS-00103 (ours is short
//! and true), the place of its "end-of-file" (ours is the last character), and whether columns count characters or
//! bytes (ours count characters). Messages have the wording of 19c in both dialects.
//!
//! *Owns*: the lexer, the syntax tree, the grammar, the reserved words, syntax errors with their positions, and the
//! splitting of scripts.
//!
//! *Never*: knows a table, a package or a session; an unknown name is the binder's business.
//!
//! *Start reading at*: [`ast`] for the tree, then `parser`.
//!
//! *To add one*: a construct gets its node in `ast`, its function in `parser`, its text in `display`, and files in
//! `tests/corpus/accept` and `tests/corpus/reject`.

pub mod ast;
mod display;
mod error;
mod keywords;
mod lexer;
mod parse;
mod parser;
pub mod script;
mod span;
#[cfg(test)]
mod tests;

pub use error::{Code, LanguageError};
pub use parse::{parse_block, parse_expression, parse_query, parse_statement};
pub use parser::Dialect;
pub use span::Span;
