//! What a session answers, and how it comes by what a statement printed: the drivers have no collections, so the lines
//! come as one text.

use serde_json::{Map, Value, json};

use crate::db::driver::rows::{Column, Row, named};

/// Lets the session keep what is printed.
pub(in crate::db::driver) const ENABLE_OUTPUT: &str =
    "/* adbctl: output */ begin dbms_output.enable(null); end;";
/// Gives what was printed since the last time: little as the text `:few`, much as the CLOB `:many`.
pub(in crate::db::driver) const TAKE_OUTPUT: &str = include_str!("take_output.sql");

/// Lines, each of which has its length before it, in characters, and a colon.
pub(in crate::db::driver) fn lines(text: &str) -> Option<Vec<String>> {
    let (mut rest, mut found) = (text, Vec::new());
    while !rest.is_empty() {
        let (length, behind) = rest.split_once(':')?;
        let length: usize = length.parse().ok()?;
        let end = behind.char_indices().nth(length).map_or(behind.len(), |(at, _)| at);
        let (line, next) = behind.split_at(end);
        found.push(line.to_owned());
        rest = next;
    }
    Some(found)
}

/// The rows of an answer.
#[derive(Debug, Default)]
pub(in crate::db::driver) struct Answer {
    /// The rows.
    pub(in crate::db::driver) rows: Vec<Row>,
    /// The columns in their order.
    pub(in crate::db::driver) columns: Vec<Column>,
}

impl Answer {
    /// The answer as the contract of sessions has it.
    pub(in crate::db::driver) fn into_value(
        self,
        binds: Map<String, Value>,
        output: &[String],
        affected: u64,
    ) -> Value {
        let rows = self.rows.into_iter().map(|row| named(&self.columns, row)).collect();
        let columns: Vec<Value> = self
            .columns
            .into_iter()
            .map(|column| json!({ "name": column.name, "type": column.of }))
            .collect();
        let parts = [
            ("rows", Value::Array(rows)),
            ("columns", Value::Array(columns)),
            ("binds", Value::Object(binds)),
            ("output", json!(output)),
            ("affected", json!(affected)),
        ];
        Value::Object(parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_lines() {
        fn check(text: &str, wanted: Option<&[&str]>) {
            let wanted = wanted.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
            assert_eq!(lines(text), wanted, "{text}");
        }
        check("", Some(&[]));
        check("3:one0:2:a\n", Some(&["one", "", "a\n"]));
        check("2:ö🎈1:x", Some(&["ö🎈", "x"]));
        check("3:1:x", Some(&["1:x"]));
        check("x", None);
        check("y:x", None);
    }
}
