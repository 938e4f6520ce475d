//! The rows of one query, shown as they come. Those of a table are kept until its end: its columns are as wide as their
//! widest values.

use std::io;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::show::Display;
use super::table::{self, Column, csv_line, table};
use crate::cli::RowForm;
use crate::db::driver::rows::{self, Row, Rows};
use crate::report::counted;

/// Shows the rows of one query.
pub(super) struct Shown<'d, 'a> {
    display: &'d mut Display<'a>,
    /// The statement's number.
    number: usize,
    /// So many are shown at most.
    most: usize,
    columns: Vec<Column>,
    kept: Vec<Row>,
    count: usize,
    /// There are more than are shown.
    more: bool,
}

impl<'d, 'a> Shown<'d, 'a> {
    /// Nothing is shown before the columns are known.
    pub(super) fn new(display: &'d mut Display<'a>, number: usize, most: Option<usize>) -> Self {
        let most = most.unwrap_or(usize::MAX);
        Self { display, number, most, columns: Vec::new(), kept: Vec::new(), count: 0, more: false }
    }

    /// The end of the rows, and what was printed beside them.
    pub(super) fn end(mut self, printed: &[String]) -> io::Result<()> {
        match self.display.form {
            RowForm::Json => {
                self.display.unended = false;
                let output = if printed.is_empty() {
                    String::new()
                } else {
                    format!(",\"output\":{}", json!(printed))
                };
                return self.display.out.result(&format!("],\"more\":{}{output}}}", self.more));
            }
            RowForm::Csv => {}
            RowForm::Table if self.kept.is_empty() => {}
            RowForm::Table => {
                let (text, cut) = table(&self.columns, &self.kept);
                self.display.cut |= cut;
                let apart = self.apart("\n");
                // The door ends the last line itself.
                self.display.out.result(&format!("{apart}{}", text.strip_suffix('\n').unwrap_or(&text)))?;
            }
        }
        self.display.lines(printed)?;
        let rows = counted(self.count, "row");
        let feedback =
            if self.more { format!("{rows} shown, and there are more: --rows 0 shows all") } else { rows };
        self.display.out.talk(&format!("{}{feedback}", self.display.place(self.number)));
        Ok(())
    }

    /// What stands between this and what was written before.
    fn apart(&mut self, line_end: &'static str) -> &'static str {
        if std::mem::replace(&mut self.display.begun, true) { line_end } else { "" }
    }

    fn json(&self, rows: &[Row]) -> String {
        let objects: Vec<String> = rows.iter().map(|row| exact(&self.columns, row)).collect();
        let before = if self.count > 0 && !rows.is_empty() { "," } else { "" };
        format!("{before}{}", objects.join(","))
    }
}

impl Rows for Shown<'_, '_> {
    fn columns(&mut self, columns: Vec<rows::Column>) -> io::Result<()> {
        self.columns = columns
            .iter()
            .map(|one| Column { name: one.name.clone(), number: is_numeric(&one.of) })
            .collect();
        match self.display.form {
            RowForm::Table => Ok(()),
            RowForm::Csv => {
                let names = csv_line(columns.into_iter().map(|column| column.name));
                let apart = self.apart("\r\n");
                self.display.out.part(&format!("{apart}{names}"))
            }
            RowForm::Json => {
                let mut head = self.display.head(self.number);
                head.insert("columns".into(), columns.iter().map(described).collect());
                let head = Value::Object(head).to_string();
                self.display.unended = true;
                self.display.out.part(&format!("{},\"rows\":[", head.strip_suffix('}').unwrap_or(&head)))
            }
        }
    }

    fn take(&mut self, mut rows: Vec<Row>) -> io::Result<ControlFlow<()>> {
        if let (0, Some(first)) = (self.count, rows.first()) {
            // Where no type is known, the first value tells.
            for (column, value) in self.columns.iter_mut().zip(first) {
                column.number |= value.is_number();
            }
        }
        let room = self.most - self.count;
        self.more = rows.len() > room;
        rows.truncate(room);
        let written = match self.display.form {
            RowForm::Table => Ok(()),
            RowForm::Csv => self.display.out.part(&csv(&rows)),
            RowForm::Json => self.display.out.part(&self.json(&rows)),
        };
        self.count += rows.len();
        if self.display.form == RowForm::Table {
            self.kept.append(&mut rows);
        }
        written?;
        Ok(if self.more { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

fn described(column: &rows::Column) -> Value {
    if column.of.is_empty() {
        json!({ "name": column.name })
    } else {
        json!({ "name": column.name, "type": column.of })
    }
}

fn is_numeric(of: &str) -> bool {
    ["NUMBER", "FLOAT", "BINARY_", "INTEGER"].iter().any(|start| of.starts_with(start))
}

/// A row as the text of an object. A number that readers of JSON would round comes as text from a driver, and stands here
/// as it is. Of two columns of one name the last counts.
fn exact(columns: &[Column], row: &[Value]) -> String {
    let members = columns.iter().zip(row).enumerate().filter_map(|(at, (column, value))| {
        if columns[at + 1..].iter().any(|later| later.name == column.name) {
            return None;
        }
        let text = match value.as_str().filter(|text| column.number && is_number(text)) {
            Some(digits) => digits.to_owned(),
            None => value.to_string(),
        };
        Some(format!("{}:{text}", json!(column.name)))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn csv(rows: &[Row]) -> String {
    rows.iter().map(|row| csv_line(row.iter().map(table::text))).collect()
}

/// Whether a text is a number as JSON writes it.
fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_as_objects() {
        fn check(columns: &[(&str, bool)], row: &Value, wanted: &str) {
            let columns: Vec<Column> = columns
                .iter()
                .map(|(name, number)| Column { name: (*name).to_owned(), number: *number })
                .collect();
            assert_eq!(exact(&columns, row.as_array().unwrap()), wanted);
        }
        let digits = "12345678901234567890123";
        let wanted = r#"{"n":12345678901234567890123,"w":"12345678901234567890123"}"#;
        check(&[("n", true), ("w", false)], &json!([digits, digits]), wanted);
        check(&[("n", true), ("w", false)], &json!([1.5, null]), r#"{"n":1.5,"w":null}"#);
        check(&[("n", true), ("n", false)], &json!([1, "\"x\n"]), r#"{"n":"\"x\n"}"#);
    }
}
