//! A statement as it is sent, with its binds.
//!
//! The driver has no CLOB that goes in, and the room of a text that comes out is what the bind itself has. Where that
//! is not enough, one block is made around the statement: it builds the values on the server, from pieces that fit,
//! and gives them to the statement's own binds. The statement's text stays as it is, and so do its lines, as all that
//! is added before it stands on its first line.

use std::fmt::Write as _;

use oracledb::{OracleNumber, ToDbValue};

use crate::db::driver::sqlnet::text::{Kind, bare, kind_of};
use crate::db::driver::sqlnet::{bound, number};
use crate::db::error::DbError;
use crate::model::act::{Bind, BindKind, Direction, SqlCall};

/// The longest text of a bind in a block, in bytes.
pub(super) const LONGEST: usize = 32_767;
/// Stands before a statement that a block was made around, so that the audit of the database shows which is whose.
pub(super) const MARK: &str = "/* adbctl: the statement */ ";

/// A value as it is sent.
#[derive(Debug)]
pub(super) enum Sent {
    /// A text that goes in.
    Text(Option<String>),
    /// A number that goes in, or in and out.
    Number(Option<OracleNumber>),
    /// A number that comes out.
    NumberOut,
    /// A CLOB that comes out, or is given its value inside the block.
    Clob,
    /// A text that comes out, with all the room there can be.
    Room(String),
    /// Rows that come out.
    Cursor,
}

impl Sent {
    /// The value as the driver takes it.
    pub(super) fn as_value(&self) -> &dyn ToDbValue {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number,
            Self::NumberOut => &oracledb::DB_TYPE_NUMBER,
            Self::Clob => &oracledb::DB_TYPE_CLOB,
            Self::Room(room) => room,
            Self::Cursor => &oracledb::DB_TYPE_CURSOR,
        }
    }
}

/// A statement ready to be sent.
#[derive(Debug)]
pub(super) struct Ready {
    /// Its kind.
    pub(super) kind: Kind,
    /// Its rows come by a cursor that comes out of a block.
    pub(super) by_cursor: bool,
    /// The text.
    pub(super) text: String,
    /// How many characters were put before the statement's own text.
    pub(super) before: usize,
    /// The binds by name.
    pub(super) binds: Vec<(String, Sent)>,
    /// The bind that tells how many rows were changed, where a block had to count them.
    pub(super) counted: Option<String>,
}

impl Ready {
    /// The binds as the driver takes them.
    pub(super) fn named(&self) -> Vec<(&str, &dyn ToDbValue)> {
        self.binds.iter().map(|(name, sent)| (name.as_str(), sent.as_value())).collect()
    }
}

/// The name of the bind for the rows of a cursor.
pub(super) const ROWS: &str = "adbctl_rows";
/// The name of the bind for the number of changed rows.
const COUNT: &str = "adbctl_count";

/// Makes a call ready.
///
/// # Errors
/// A value that its bind cannot hold.
pub(super) fn ready(call: &SqlCall) -> Result<Ready, DbError> {
    let statement = bare(&call.text);
    let (kind, labelled) = kind_of(statement);
    let sql = matches!(kind, Kind::Query | Kind::Change);
    let mut binds = Vec::new();
    let mut prologue = Prologue::default();
    for (place, bind) in call.binds.iter().enumerate() {
        let value = bound::text(bind)?;
        send(bind, value, sql, place + 1, &mut binds, &mut prologue)?;
    }
    let text = match kind {
        _ if !prologue.wanted && !labelled => {
            return Ok(Ready {
                kind,
                by_cursor: false,
                text: statement.to_owned(),
                before: 0,
                binds,
                counted: None,
            });
        }
        Kind::Block | Kind::Other => statement.to_owned(),
        Kind::Query => format!("open :{ROWS} for {statement};"),
        Kind::Change => format!("{statement}; :{COUNT} := sql%rowcount;"),
    };
    let text = match text.get(..4) {
        // CALL is SQL: inside a block it is the call alone.
        Some(word) if kind == Kind::Block && word.eq_ignore_ascii_case("call") => format!("{};", &text[4..]),
        _ => text,
    };
    let before = prologue.text();
    let opening = if kind == Kind::Query { format!("open :{ROWS} for ").chars().count() } else { 0 };
    if kind == Kind::Query {
        binds.push((ROWS.to_owned(), Sent::Cursor));
    }
    let counted = (kind == Kind::Change).then(|| COUNT.to_owned());
    if let Some(name) = &counted {
        binds.push((name.clone(), Sent::NumberOut));
    }
    Ok(Ready {
        kind: Kind::Block,
        by_cursor: kind == Kind::Query,
        before: before.chars().count() + opening,
        text: format!("{before}{text}\nend;"),
        binds,
        counted,
    })
}

/// What has to happen before the statement.
#[derive(Default)]
struct Prologue {
    wanted: bool,
    declared: String,
    done: String,
}

impl Prologue {
    fn text(&self) -> String {
        let declare =
            if self.declared.is_empty() { String::new() } else { format!("declare {}", self.declared) };
        format!("{declare}begin {}{MARK}", self.done)
    }
}

fn send(
    bind: &Bind,
    value: Option<String>,
    sql: bool,
    place: usize,
    binds: &mut Vec<(String, Sent)>,
    prologue: &mut Prologue,
) -> Result<(), DbError> {
    let name = bind.name.clone();
    let goes_in = bind.direction != Direction::Out;
    let comes_out = bind.direction != Direction::In;
    match bind.kind {
        BindKind::Number => {
            let number =
                value.filter(|_| goes_in).map(|text| driver_number(&bind.name, &text)).transpose()?;
            let sent = if bind.direction == Direction::Out { Sent::NumberOut } else { Sent::Number(number) };
            prologue.wanted |= sql && comes_out;
            binds.push((name, sent));
        }
        BindKind::Varchar2 if !comes_out => binds.push((name, Sent::Text(value))),
        // What comes out needs its room from the beginning, and the blanks that make it are not the value.
        BindKind::Varchar2 => {
            prologue.wanted = true;
            match value.filter(|_| goes_in) {
                Some(text) => {
                    let piece = format!("adbctl_{place}_1");
                    let _ = write!(prologue.done, ":{name} := :{piece}; ");
                    binds.push((piece, Sent::Text(Some(text))));
                }
                None => {
                    let _ = write!(prologue.done, ":{name} := null; ");
                }
            }
            binds.push((name, Sent::Room(" ".repeat(LONGEST))));
        }
        // In SQL a text of this length is one; the database makes a CLOB of it where it has to be one.
        BindKind::Clob if sql && !comes_out && value.as_ref().is_none_or(|text| text.len() <= LONGEST) => {
            binds.push((name, Sent::Text(value)));
        }
        BindKind::Clob => {
            prologue.wanted |= sql;
            if let Some(text) = value.filter(|text| goes_in && !text.is_empty()) {
                prologue.wanted = true;
                for (number, piece) in pieces(&text).enumerate() {
                    let bound = format!("adbctl_{place}_{}", number + 1);
                    if number == 0 {
                        let _ = write!(prologue.declared, "adbctl_{place} clob := :{bound}; ");
                    } else {
                        let _ = write!(prologue.done, "dbms_lob.append(adbctl_{place}, :{bound}); ");
                    }
                    binds.push((bound, Sent::Text(Some(piece.to_owned()))));
                }
                let _ = write!(prologue.done, ":{name} := adbctl_{place}; ");
            }
            binds.push((name, Sent::Clob));
        }
    }
    Ok(())
}

fn driver_number(bind: &str, text: &str) -> Result<OracleNumber, DbError> {
    let wrong = |_| DbError::invalid(format!("the bind :{bind} is {text}, which the driver does not take"));
    number::to_driver(bind, text)?.parse().map_err(wrong)
}

/// The text in pieces that fit into a bind, none of which ends inside a character.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.floor_char_boundary(LONGEST);
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
#[path = "block_tests.rs"]
mod tests;
