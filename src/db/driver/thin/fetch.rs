//! The rows of a cursor, in portions.

use std::ops::ControlFlow;

use oracledb::Cursor;
use serde_json::Value;

use super::failure::Trouble;
use super::values;
use crate::db::driver::rows::{Column, Row};
use crate::db::driver::sqlnet::answer::Answer;

/// So many rows make a portion, or fewer that are heavy.
const ROWS: usize = 256;
/// So many bytes of text make a portion.
const BYTES: usize = 1024 * 1024;

/// What goes to the session.
#[derive(Debug)]
pub(super) struct Portion {
    /// The columns, with the first one.
    pub(super) columns: Option<Vec<Column>>,
    /// The next rows.
    pub(super) rows: Vec<Row>,
}

/// Gives what a cursor holds until nobody wants more of it.
///
/// # Errors
/// The fetch fails, or a value is of a type that is not read.
pub(super) fn portions(
    cursor: Cursor,
    mut give: impl FnMut(Portion) -> ControlFlow<()>,
) -> Result<(), Trouble> {
    let read = cursor.columns().iter().map(values::column).collect::<Result<Vec<_>, Trouble>>()?;
    let (columns, forms): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let mut columns = Some(columns);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for row in cursor {
        let mut row = row?;
        let one = forms.iter().enumerate().map(|(at, form)| values::value(&mut row, at, *form));
        let one = one.collect::<Result<Row, Trouble>>()?;
        bytes += one.iter().filter_map(Value::as_str).map(str::len).sum::<usize>();
        rows.push(one);
        if rows.len() == ROWS || bytes > BYTES {
            bytes = 0;
            let rows = std::mem::replace(&mut rows, Vec::with_capacity(ROWS));
            if give(Portion { columns: columns.take(), rows }).is_break() {
                return Ok(());
            }
        }
    }
    if columns.is_some() || !rows.is_empty() {
        // There are no more, wanted or not.
        let _ = give(Portion { columns, rows });
    }
    Ok(())
}

/// All that a cursor holds.
///
/// # Errors
/// As [`portions`].
pub(super) fn all(cursor: Cursor) -> Result<Answer, Trouble> {
    let mut answer = Answer::default();
    portions(cursor, |portion| {
        if let Some(columns) = portion.columns {
            answer.columns = columns;
        }
        answer.rows.extend(portion.rows);
        ControlFlow::Continue(())
    })?;
    Ok(answer)
}
