//! What a statement gave, in the form that was asked for. Rows and printed lines are results; counts are talk.

use serde_json::{Map, Value, json};

use super::super::exit::Failure;
use super::failure::Told;
use super::table::{Column, csv, table};
use super::text::named;
use crate::cli::RowForm;
use crate::report::{Out, counted};
use crate::sql::{PieceKind, Script};

/// What a statement did.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// The columns of its rows, for a query.
    pub(super) columns: Option<Vec<Value>>,
    /// The rows that are shown.
    pub(super) rows: Vec<Value>,
    /// There are more rows than these.
    pub(super) more: bool,
    /// How many rows it changed, where that is known.
    pub(super) affected: Option<u64>,
    /// The binds that came out.
    pub(super) binds: Map<String, Value>,
    /// The lines that were printed.
    pub(super) output: Vec<String>,
}

/// Shows outcomes one after the other.
pub(super) struct Display<'a> {
    pub(super) out: &'a Out,
    pub(super) form: RowForm,
    pub(super) script: &'a Script,
    /// Something was written before, and tables stand apart.
    pub(super) begun: bool,
    /// Values were cut in a table.
    pub(super) cut: bool,
}

impl Display<'_> {
    /// What PROMPT says before a statement.
    pub(super) fn prompts(&mut self, number: usize) -> Result<(), Failure> {
        let lines = self.script.pieces.get(number - 1).map_or(&[][..], |piece| piece.prompts.as_slice());
        if self.form != RowForm::Json {
            self.lines(lines)?;
        }
        Ok(())
    }

    /// Lines that the script or the database prints: among tables they are results, beside CSV they would spoil it.
    fn lines(&mut self, lines: &[String]) -> Result<(), Failure> {
        for line in lines {
            match self.form {
                RowForm::Csv => self.out.talk(line),
                RowForm::Table | RowForm::Json => {
                    self.out.result(line)?;
                    self.begun = true;
                }
            }
        }
        Ok(())
    }

    /// The lines of an outcome alone.
    pub(super) fn lines_of(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        if self.form == RowForm::Json { Ok(()) } else { self.lines(&outcome.output) }
    }

    /// A statement that succeeded.
    pub(super) fn outcome(&mut self, number: usize, outcome: &Outcome) -> Result<(), Failure> {
        if self.form == RowForm::Json {
            return self.json(number, outcome);
        }
        self.lines(&outcome.output)?;
        if let Some(described) = &outcome.columns {
            let columns = columns(described, &outcome.rows);
            self.rows(&columns, &outcome.rows)?;
        }
        for (name, value) in &outcome.binds {
            self.lines(&[format!("{name} = {}", super::table::text(value))])?;
        }
        self.out.talk(&format!("{}{}", self.place(number), self.feedback(number, outcome)));
        Ok(())
    }

    fn rows(&mut self, columns: &[Column], rows: &[Value]) -> Result<(), Failure> {
        let text = match self.form {
            RowForm::Csv => csv(columns, rows),
            _ if rows.is_empty() => return Ok(()),
            _ => {
                let (text, cut) = table(columns, rows);
                self.cut |= cut;
                text
            }
        };
        let apart = match (self.begun, self.form) {
            (false, _) => "",
            (true, RowForm::Csv) => "\r\n",
            (true, _) => "\n",
        };
        self.begun = true;
        // The door ends the last line itself.
        self.out.result(&format!("{apart}{}", text.strip_suffix('\n').unwrap_or(&text)))?;
        Ok(())
    }

    fn place(&self, number: usize) -> String {
        if self.script.pieces.len() == 1 {
            String::new()
        } else {
            format!("{}: ", named(self.script, number, None))
        }
    }

    fn feedback(&self, number: usize, outcome: &Outcome) -> String {
        if outcome.columns.is_some() {
            let rows = counted(outcome.rows.len(), "row");
            return if outcome.more {
                format!("{rows} shown, and there are more: --rows 0 shows all")
            } else {
                rows
            };
        }
        match outcome.affected {
            Some(rows) => {
                format!("{} changed", counted(usize::try_from(rows).unwrap_or(usize::MAX), "row"))
            }
            None => match self.script.pieces.get(number - 1).map(|piece| piece.kind) {
                Some(PieceKind::Session) => "set".to_owned(),
                _ => "done".to_owned(),
            },
        }
    }

    fn json(&mut self, number: usize, outcome: &Outcome) -> Result<(), Failure> {
        let mut shown = self.head(number);
        let mut rows = None;
        if let Some(described) = &outcome.columns {
            shown.insert("columns".into(), json!(described));
            shown.insert("more".into(), json!(outcome.more));
            rows = Some(exact_rows(&columns(described, &outcome.rows), &outcome.rows));
        }
        if let Some(affected) = outcome.affected {
            shown.insert("affected".into(), json!(affected));
        }
        if !outcome.binds.is_empty() {
            shown.insert("binds".into(), json!(outcome.binds));
        }
        if !outcome.output.is_empty() {
            shown.insert("output".into(), json!(outcome.output));
        }
        let text = Value::Object(shown).to_string();
        let text = match rows {
            Some(rows) => format!("{},\"rows\":{rows}}}", text.strip_suffix('}').unwrap_or(&text)),
            None => text,
        };
        self.out.result(&text)?;
        Ok(())
    }

    fn head(&self, number: usize) -> Map<String, Value> {
        let mut head = Map::new();
        head.insert("statement".into(), json!(number));
        if let Some(piece) = self.script.pieces.get(number - 1) {
            head.insert("file".into(), json!(piece.file));
            head.insert("line".into(), json!(piece.line));
            head.insert("kind".into(), json!(kind(piece.kind)));
        }
        head
    }

    fn object(&mut self, shown: Map<String, Value>) -> Result<(), Failure> {
        self.out.result(&Value::Object(shown).to_string())?;
        Ok(())
    }

    /// A statement that failed: for programs it stands among the results, and the last one ends the command besides.
    pub(super) fn failed(&mut self, told: &Told, last: bool) -> Result<(), Failure> {
        let error = &told.error;
        if self.form == RowForm::Json {
            let mut shown = self.head(told.number);
            shown.insert(
                "error".into(),
                json!({ "code": error.code(), "line": error.line, "message": error.message, "causes": error.causes }),
            );
            self.object(shown)?;
        }
        if !last {
            self.out.error(&Failure::from(error.clone()).text());
        }
        Ok(())
    }

    /// The word at the end, where something could not be shown whole.
    pub(super) fn close(&self) {
        if self.cut {
            self.out.talk("values that end in … were cut; --format csv and --format json show them whole");
        }
    }
}

/// Rows as JSON text. A number that readers of JSON would round comes as text from a driver, and stands here as it is.
fn exact_rows(columns: &[Column], rows: &[Value]) -> String {
    let one = |row: &Value| {
        let members = row.as_object().into_iter().flatten().map(|(name, value)| {
            let number = columns.iter().any(|column| column.number && column.name == *name);
            let text = match value.as_str().filter(|text| number && is_number(text)) {
                Some(digits) => digits.to_owned(),
                None => value.to_string(),
            };
            format!("{}:{text}", json!(name))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    };
    format!("[{}]", rows.iter().map(one).collect::<Vec<_>>().join(","))
}

/// Whether a text is a number as JSON writes it.
fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}

/// The columns of rows; where none are described, those of the first row.
fn columns(described: &[Value], rows: &[Value]) -> Vec<Column> {
    let numeric = |name: &str, kind: &str| {
        let named = ["NUMBER", "FLOAT", "BINARY_", "INTEGER"].iter().any(|start| kind.starts_with(start));
        named || rows.first().is_some_and(|row| row[name].is_number())
    };
    if described.is_empty() {
        let names = rows.first().and_then(Value::as_object).into_iter().flat_map(Map::keys);
        return names.map(|name| Column { name: name.clone(), number: numeric(name, "") }).collect();
    }
    described
        .iter()
        .map(|column| {
            let name = column["name"].as_str().unwrap_or_default().to_owned();
            let number = numeric(&name, column["type"].as_str().unwrap_or_default());
            Column { name, number }
        })
        .collect()
}

fn kind(kind: PieceKind) -> &'static str {
    match kind {
        PieceKind::Query => "query",
        PieceKind::Dml => "dml",
        PieceKind::Ddl => "ddl",
        PieceKind::Plsql => "plsql",
        PieceKind::PlsqlDefinition => "definition",
        PieceKind::Transaction => "transaction",
        PieceKind::Session => "session",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_of_a_number_stands_in_json() {
        let column = |name: &str, number| Column { name: name.to_owned(), number };
        let rows = [
            json!({ "n": "12345678901234567890123", "w": "12345678901234567890123" }),
            json!({ "n": 1.5, "w": null }),
        ];
        assert_eq!(
            exact_rows(&[column("n", true), column("w", false)], &rows),
            r#"[{"n":12345678901234567890123,"w":"12345678901234567890123"},{"n":1.5,"w":null}]"#
        );
    }
}
