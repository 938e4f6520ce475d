//! One value of any length, in pieces.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::db::error::DbError;

/// So many units make a piece unless its taker wants otherwise: few round trips, little memory. It is no round number of
/// packets of any usual size, so the end of an answer does not fall on the edge of one.
const UNITS: usize = 240_000;

/// Who takes the pieces of a long value.
pub trait Pieces: Send {
    /// The most units of UTF-16, or bytes of a BLOB, that a piece shall have; at least 2.
    fn size(&self) -> usize {
        UNITS
    }

    /// Takes the next piece: whole characters in UTF-8, or bytes of a BLOB.
    ///
    /// # Errors
    /// There is no room for it, or nobody reads on.
    fn take(&mut self, piece: &[u8]) -> io::Result<()>;

    /// Forgets what was taken: the value comes once more from its beginning.
    ///
    /// # Errors
    /// What was taken cannot be taken back.
    fn again(&mut self) -> io::Result<()>;
}

/// What was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongValue {
    /// The type, as the database names it.
    pub of: String,
    /// There was no value, and nothing was handed over.
    pub null: bool,
}

/// Why a value was not handed over whole.
#[derive(Debug)]
pub enum LongFailure {
    /// The database or the way to it.
    Database(DbError),
    /// Its taker.
    Taker(io::Error),
}

impl From<DbError> for LongFailure {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// What is wrong with a query that gives no single value.
pub(in crate::db) fn not_one(rows: &str, columns: usize) -> DbError {
    let found = if columns == 1 { format!("{rows} row") } else { format!("{columns} columns") };
    let mut error = DbError::invalid(format!("the query gives {found}, and one value was asked for"))
        .advise("select one column, and one row by its key");
    // It was executed, and only read.
    error.not_sent = false;
    error
}

/// Hands over the value of an answer that is there as a whole.
pub(in crate::db) fn of_answer(answer: &Value, pieces: &mut dyn Pieces) -> Result<LongValue, LongFailure> {
    let list = |name: &str| answer[name].as_array().map_or(&[][..], Vec::as_slice);
    let [column] = list("columns") else { return Err(not_one("", list("columns").len()).into()) };
    let row = match list("rows") {
        [row] => row,
        [] => return Err(not_one("no", 1).into()),
        _ => return Err(not_one("more than one", 1).into()),
    };
    let value = row.as_object().and_then(|row| row.values().next()).unwrap_or(&Value::Null);
    of_value(column["type"].as_str().unwrap_or_default(), value, pieces)
}

/// Hands over a value as it stands in an answer.
pub(in crate::db) fn of_value(
    of: &str,
    value: &Value,
    pieces: &mut dyn Pieces,
) -> Result<LongValue, LongFailure> {
    let bytes = bytes(of, value)?;
    pieces.take(&bytes).map_err(LongFailure::Taker)?;
    Ok(LongValue { of: of.to_owned(), null: value.is_null() })
}

fn bytes(of: &str, value: &Value) -> Result<Vec<u8>, DbError> {
    Ok(match value {
        Value::Null => Vec::new(),
        Value::String(text) if of == "BLOB" => {
            STANDARD.decode(text.replace(['\r', '\n'], "")).map_err(|e| {
                DbError::new(
                    crate::model::Category::Unknown,
                    format!("the BLOB came in a form that cannot be read: {e}"),
                )
                .advise("use driver = \"thin\"")
            })?
        }
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    impl Pieces for Vec<u8> {
        fn take(&mut self, piece: &[u8]) -> io::Result<()> {
            self.extend_from_slice(piece);
            Ok(())
        }

        fn again(&mut self) -> io::Result<()> {
            self.clear();
            Ok(())
        }
    }

    #[test]
    fn values_of_answers() {
        fn check(columns: &Value, rows: &Value, wanted: Result<(&[u8], bool), &str>) {
            let answer = json!({ "columns": columns, "rows": rows });
            let mut found = Vec::new();
            match (of_answer(&answer, &mut found), wanted) {
                (Ok(value), Ok((bytes, null))) => {
                    assert_eq!((found.as_slice(), value.null), (bytes, null), "{answer}");
                }
                (Err(LongFailure::Database(error)), Err(wanted)) => {
                    assert!(error.to_string().contains(wanted) && !error.not_sent, "{answer}: {error}");
                }
                (found, wanted) => panic!("{answer}: {found:?} instead of {wanted:?}"),
            }
        }
        let clob = json!([{ "name": "c", "type": "CLOB" }]);
        let blob = json!([{ "name": "b", "type": "BLOB" }]);
        check(&clob, &json!([{ "c": "Größe\n" }]), Ok(("Größe\n".as_bytes(), false)));
        check(&clob, &json!([{ "c": null }]), Ok((b"", true)));
        check(&json!([{ "name": "n", "type": "NUMBER" }]), &json!([{ "n": 1.5 }]), Ok((b"1.5", false)));
        check(&blob, &json!([{ "b": "AP8=" }]), Ok((&[0, 255], false)));
        check(&blob, &json!([{ "b": "?" }]), Err("cannot be read"));
        check(&clob, &json!([]), Err("gives no row"));
        check(&clob, &json!([{ "c": "a" }, { "c": "b" }]), Err("gives more than one row"));
        check(
            &json!([{ "name": "a" }, { "name": "b" }]),
            &json!([{ "a": 1, "b": 2 }]),
            Err("gives 2 columns"),
        );
    }
}
