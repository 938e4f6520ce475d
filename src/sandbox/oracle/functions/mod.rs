//! SQL's own scalar functions.
//!
//! *Owns*: one row for each function: its arguments, its result, what it computes.
//! *Never*: reads tables; a function sees its arguments and the session's facts.
//! *Start reading at*: `BUILTINS`.
//! *To add one*: a row in the table of its file.

mod conversion;
mod moments;
mod numeric;
mod regexp;
mod text;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::error::Outcome;
use super::values::convert::Nls;
use super::values::{Type, Value};

/// What functions may know of the session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) nls: Nls,
    pub(crate) session_user: String,
    pub(crate) current_user: String,
    pub(crate) current_schema: String,
    pub(crate) module: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) client_identifier: Option<String>,
    pub(crate) client_info: Option<String>,
    pub(crate) session_id: i64,
    pub(crate) database: String,
    pub(crate) service: String,
    pub(crate) identity: String,
    pub(crate) background: Option<String>,
    pub(crate) workspace: Option<i64>,
}

/// What a function answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Returns {
    /// Always this family: T text, N number, D date, S timestamp, Z timestamp with zone, R raw, C CLOB, B boolean,
    /// I interval of days, Y interval of months.
    Family(char),
    /// The type of the first argument.
    First,
    /// Text or CLOB like the first argument.
    TextLike,
}

/// One function.
#[derive(Debug)]
pub(crate) struct Builtin {
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// A letter for each argument as in `Returns`, `A` for any; the last stands for all that follow.
    pub(crate) arguments: &'static str,
    pub(crate) returns: Returns,
    /// Answers NULL when one of its arguments is NULL.
    pub(crate) strict: bool,
    pub(crate) call: fn(&Facts, &[Value]) -> Outcome<Value>,
}

impl PartialEq for Builtin {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Builtin {
    /// The type an argument is converted to; none for any.
    pub(crate) fn argument(&self, position: usize) -> Option<Type> {
        let letter = self.arguments.chars().nth(position).or_else(|| self.arguments.chars().last())?;
        family(letter)
    }

    /// The type of the result for arguments of these types.
    pub(crate) fn result(&self, arguments: &[Type]) -> Type {
        match self.returns {
            Returns::Family(letter) => family(letter).unwrap_or(Type::TEXT),
            Returns::First => arguments.first().cloned().unwrap_or(Type::TEXT),
            Returns::TextLike => match arguments.first() {
                Some(Type::Clob) => Type::Clob,
                _ => Type::TEXT,
            },
        }
    }
}

fn family(letter: char) -> Option<Type> {
    Some(match letter {
        'T' => Type::TEXT,
        'N' => Type::NUMBER,
        'D' => Type::Date,
        'S' => Type::Timestamp(6),
        'Z' => Type::TimestampTz(6),
        'R' => Type::Raw(None),
        'C' => Type::Clob,
        'B' => Type::Boolean,
        'I' => Type::IntervalDay,
        'Y' => Type::IntervalYear,
        _ => return None,
    })
}

/// A row of a table of functions: name, least, most, argument letters, result, strict, code.
type Row = (&'static str, usize, usize, &'static str, Returns, bool, fn(&Facts, &[Value]) -> Outcome<Value>);

static BUILTINS: LazyLock<HashMap<&'static str, Builtin>> = LazyLock::new(|| {
    [text::ROWS, numeric::ROWS, moments::ROWS, conversion::ROWS, regexp::ROWS]
        .into_iter()
        .flatten()
        .map(|&(name, least, most, arguments, returns, strict, call)| {
            (name, Builtin { least, most, arguments, returns, strict, call })
        })
        .collect()
});

/// The function of a name.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.get(name)
}

fn text_of(values: &[Value], at: usize) -> &str {
    values.get(at).and_then(Value::as_str).unwrap_or_default()
}

fn whole(values: &[Value], at: usize) -> Option<i64> {
    values.get(at)?.as_number()?.truncate(0).to_i64()
}
