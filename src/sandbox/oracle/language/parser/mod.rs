//! The grammar, by recursive descent over the lexer's tokens.
//!
//! *Owns*: the order of words, the code of each mistake, and the limit on nesting.
//!
//! *Never*: guesses. A construct Oracle has and the sandbox lacks is refused by name.
//!
//! *Start reading at*: `core` for the cursor over the tokens, `statement` for what a statement begins with.
//!
//! *To add one*: a function beside its kin; the mistake's message is in `message`.

mod block;
mod constraint;
mod core;
mod dml;
mod expression;
mod from;
mod function;
mod grant;
mod json;
mod message;
mod name;
mod object;
mod primary;
mod procedural;
mod query;
mod session;
mod source;
mod statement;
mod table;
mod types;
mod user;

pub use self::core::Dialect;
pub(super) use self::core::Parser;
