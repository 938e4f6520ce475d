//! The rows of a query as they come, in portions.

use std::io;
use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::long::LongFailure;

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in lower case.
    pub name: String,
    /// Its type, as the database names it; empty where a driver does not say it.
    pub of: String,
}

/// One row: a value for each column, in their order.
pub type Row = Vec<Value>;

/// Who takes the rows of a query.
pub trait Rows: Send {
    /// Hears of the columns, before the first row and where there is none.
    ///
    /// # Errors
    /// What it writes to cannot be written.
    fn columns(&mut self, columns: Vec<Column>) -> io::Result<()>;

    /// Takes the next rows, and says whether it wants more.
    ///
    /// # Errors
    /// There is no room for them, or nobody reads on.
    fn take(&mut self, rows: Vec<Row>) -> io::Result<ControlFlow<()>>;
}

/// Hands over the rows of an answer that is there as a whole.
pub(in crate::db) fn of_answer(answer: &mut Value, taker: &mut dyn Rows) -> Result<Vec<String>, LongFailure> {
    let rows = match answer["rows"].take() {
        Value::Array(rows) => rows,
        _ => Vec::new(),
    };
    let described = answer["columns"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let columns: Vec<Column> = if described.is_empty() {
        // Some servers describe nothing; the members of the rows stand in their order.
        let names = rows.first().and_then(Value::as_object).into_iter().flat_map(Map::keys);
        names.map(|name| Column { name: name.clone(), of: String::new() }).collect()
    } else {
        described.iter().map(|one| Column { name: text(&one["name"]), of: text(&one["type"]) }).collect()
    };
    let of_row = |row: &Value| columns.iter().map(|column| row[&column.name].clone()).collect();
    let rows: Vec<Row> = rows.iter().map(of_row).collect();
    taker.columns(columns).map_err(LongFailure::Taker)?;
    if !rows.is_empty() {
        // There are no more, wanted or not.
        let _ = taker.take(rows).map_err(LongFailure::Taker)?;
    }
    Ok(answer["output"].as_array().into_iter().flatten().map(text).collect())
}

/// A row as an object with names. Of two columns of one name the last counts.
pub(in crate::db) fn named(columns: &[Column], row: Row) -> Value {
    Value::Object(columns.iter().map(|column| column.name.clone()).zip(row).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Keeps what it takes.
    #[derive(Debug, Default)]
    struct Kept {
        columns: Vec<Column>,
        rows: Vec<Row>,
    }

    impl Rows for Kept {
        fn columns(&mut self, columns: Vec<Column>) -> io::Result<()> {
            self.columns = columns;
            Ok(())
        }

        fn take(&mut self, rows: Vec<Row>) -> io::Result<ControlFlow<()>> {
            self.rows.extend(rows);
            Ok(ControlFlow::Continue(()))
        }
    }

    #[test]
    fn rows_of_answers() {
        fn check(columns: &Value, rows: &Value, names: &[(&str, &str)], wanted: &Value) {
            let mut kept = Kept::default();
            let mut answer = json!({ "columns": columns, "rows": rows, "output": ["a line"] });
            assert_eq!(of_answer(&mut answer, &mut kept).unwrap(), ["a line"]);
            let found: Vec<_> = kept.columns.iter().map(|one| (one.name.as_str(), one.of.as_str())).collect();
            assert_eq!(found, names);
            assert_eq!(&json!(kept.rows), wanted);
        }
        let described = json!([{ "name": "b", "type": "NUMBER" }, { "name": "a", "type": "CLOB" }]);
        let names = [("b", "NUMBER"), ("a", "CLOB")];
        check(&described, &json!([{ "a": "x", "b": 1 }, { "b": 2 }]), &names, &json!([[1, "x"], [2, null]]));
        check(&described, &json!([]), &names, &json!([]));
        check(&json!([]), &json!([{ "b": 1, "a": "x" }]), &[("b", ""), ("a", "")], &json!([[1, "x"]]));
        check(&json!([]), &json!([]), &[], &json!([]));
    }

    #[test]
    fn of_two_columns_of_one_name_the_last_counts() {
        let column = |name: &str| Column { name: name.to_owned(), of: String::new() };
        let row = named(&[column("a"), column("b"), column("a")], vec![json!(1), json!(2), json!(3)]);
        assert_eq!(row, json!({ "a": 3, "b": 2 }));
    }
}
