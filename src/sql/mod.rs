//! SQL text: templates, quoting, the identity guard, and operators' own scripts.
//!
//! *Owns*: the template library with its headers, the filters that make a value safe inside text, the guard in front
//! of every block that writes, and the splitter of SQL*Plus-style scripts.
//!
//! *Never*: opens a session, knows a driver, or puts a secret or a late value into text.
//!
//! *Start reading at*: [`Library`] and [`Template::render`]; for scripts [`Script::read`].
//!
//! *To add one*: a template is one file under `sql/`, found by its path; the walk test of `library.rs` checks it.

mod error;
mod guard;
mod header;
mod lexer;
mod library;
mod quote;
mod reads;
mod script;
mod template;

pub use error::SqlError;
pub use guard::{DATABASE_BIND, Guard, REFUSED_BIND, guarded_nothing, guarded_refusal, guarded_statement};
pub use header::{BindSpec, Header, Parameter, ParameterKind, Side};
pub use lexer::code_only;
pub use library::Library;
pub use quote::{identifier, literal, simple_name, text_expression};
pub use reads::reads_only;
pub use script::{
    AT_STATEMENT, DONE_BIND, Did, Group, Guarded, Piece, PieceKind, Reach, Script, ScriptOptions, Unit,
    UnitKind, directory_loader, done_by,
};
pub use template::{Rendered, Template};
