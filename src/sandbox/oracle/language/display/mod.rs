//! Trees back into Oracle's text, for the dictionary: view texts, defaults, conditions.
//!
//! *Owns*: where brackets, quotes and spaces are needed so that the text parses to the same tree.
//!
//! *Never*: keeps the author's layout; who wants that keeps the text.
//!
//! *Start reading at*: `expression`.
//!
//! *To add one*: a node that gets a `Display` here joins the round-trip test in `tests.rs`.

mod expression;
mod json;
mod name;
mod query;

use std::fmt::{self, Display, Formatter};

/// `a, b, c`
fn list<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

/// A string literal.
fn literal(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}
