//! What a statement gave beside rows, in the form that was asked for. Rows and printed lines are results; counts are talk.

use std::io;

use serde_json::{Map, Value, json};

use super::super::exit::Failure;
use super::failure::Told;
use super::text::named;
use crate::cli::RowForm;
use crate::report::{Out, counted};
use crate::sql::{PieceKind, Script};

/// What a statement did.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
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
    /// The object of a query stands open: its rows were coming.
    pub(super) unended: bool,
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
    pub(super) fn lines(&mut self, lines: &[String]) -> io::Result<()> {
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
        if self.form != RowForm::Json {
            self.lines(&outcome.output)?;
        }
        Ok(())
    }

    /// A statement that succeeded.
    pub(super) fn outcome(&mut self, number: usize, outcome: &Outcome) -> Result<(), Failure> {
        if self.form == RowForm::Json {
            return self.json(number, outcome);
        }
        self.lines(&outcome.output)?;
        for (name, value) in &outcome.binds {
            self.lines(&[format!("{name} = {}", super::table::text(value))])?;
        }
        self.out.talk(&format!("{}{}", self.place(number), self.feedback(number, outcome)));
        Ok(())
    }

    pub(super) fn place(&self, number: usize) -> String {
        if self.script.pieces.len() == 1 {
            String::new()
        } else {
            format!("{}: ", named(self.script, number, None))
        }
    }

    fn feedback(&self, number: usize, outcome: &Outcome) -> String {
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
        if let Some(affected) = outcome.affected {
            shown.insert("affected".into(), json!(affected));
        }
        if !outcome.binds.is_empty() {
            shown.insert("binds".into(), json!(outcome.binds));
        }
        if !outcome.output.is_empty() {
            shown.insert("output".into(), json!(outcome.output));
        }
        self.object(shown)
    }

    pub(super) fn head(&self, number: usize) -> Map<String, Value> {
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
            let told_of = json!({ "code": error.code(), "line": error.line, "message": error.message, "causes": error.causes });
            if std::mem::take(&mut self.unended) {
                self.out.result(&format!("],\"error\":{told_of}}}"))?;
            } else {
                let mut shown = self.head(told.number);
                shown.insert("error".into(), told_of);
                self.object(shown)?;
            }
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
