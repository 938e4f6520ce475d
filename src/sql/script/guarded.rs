//! A script's statements behind the guard, with values for their placeholders, and with word of what each did.

use std::fmt::Write as _;

use super::classify::{PieceKind, words_as_written};
use super::reader::Piece;
use super::units::{carried, ends_transaction};
use crate::model::act::{Bind, BindKind, Direction};
use crate::sql::error::SqlError;
use crate::sql::guard::{Guard, statement_expression, wrap};
use crate::sql::header::Side;
use crate::sql::lexer::placeholders;
use crate::sql::quote::text_expression;
use crate::sql::reads::reads_only;

/// The out bind that says what the statements of a block did: a line each, read by [`done_by`].
pub const DONE_BIND: &str = "adbctl_done";
/// What the error of a block with several statements begins with: the number of the one that failed follows.
pub const AT_STATEMENT: &str = "adbctl: at statement ";
/// What the report may hold, so that it always fits its bind.
const LONGEST_REPORT: usize = 32_000;

/// What a statement can do to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nothing: a plain read.
    Reads,
    /// Nothing beyond its own session.
    Session,
    /// It may change something.
    Writes,
}

impl Piece {
    /// What the statement can do, as far as its text tells.
    pub fn reach(&self) -> Reach {
        match self.kind {
            PieceKind::Query if reads_only(&self.text).is_ok() => Reach::Reads,
            PieceKind::Transaction => Reach::Session,
            PieceKind::Session if carried(&self.text).is_some() => Reach::Session,
            _ => Reach::Writes,
        }
    }

    /// Whether it ends the open transaction by COMMIT or ROLLBACK, or by committing by itself.
    pub fn ends_transaction(&self) -> bool {
        self.kind.commits() || ends_transaction(self)
    }

    /// The names of its placeholders, each once: none in definitions, where `:new` and `:old` mean rows.
    pub fn placeholders(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.every_placeholder() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn every_placeholder(&self) -> Vec<String> {
        match self.kind {
            PieceKind::Query | PieceKind::Dml | PieceKind::Plsql => placeholders(&self.text),
            _ => Vec::new(),
        }
    }

    /// The object that a definition of PL/SQL makes: owner, where one is written, and name, as the catalogue has them.
    pub fn defined(&self) -> Option<(Option<String>, String)> {
        let words = words_as_written(&self.text, 14);
        let kinds = ["procedure", "function", "package", "trigger", "type", "library"];
        let kind = words.iter().position(|word| kinds.iter().any(|kind| word.eq_ignore_ascii_case(kind)))?;
        let body = words.get(kind + 1).is_some_and(|word| word.eq_ignore_ascii_case("body"));
        let name = words.get(kind + if body { 2 } else { 1 })?;
        let folded = |part: &str| match part.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
            Some(exact) => exact.to_owned(),
            None => part.to_uppercase(),
        };
        Some(match name.split_once('.') {
            Some((owner, name)) => (Some(folded(owner)), folded(name)),
            None => (None, folded(name)),
        })
    }
}

/// Statements as one block behind the guard.
#[derive(Clone, Debug, PartialEq)]
pub struct Guarded {
    /// The text as it is sent.
    pub text: String,
    /// The binds, those of the guard and of the report included.
    pub binds: Vec<Bind>,
    /// Where one PL/SQL block stands in the text as it is: how many lines stand before it.
    pub lines_before: Option<usize>,
    /// How many lines the guard has.
    pub guard_lines: usize,
}

/// Statements, each with its number, as one block behind the guard.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// The statements with their numbers from 1.
    pub pieces: &'a [(usize, &'a Piece)],
    /// `alter session` statements to be made first.
    pub session: &'a [String],
    /// What the block leaves uncommitted is committed at its end.
    pub commits: bool,
    /// The values of placeholders, by names in small letters.
    pub given: &'a [Bind],
}

impl Group<'_> {
    /// The block.
    ///
    /// # Errors
    /// Control characters in a text.
    pub fn render(&self, guard: &Guard, side: Side) -> Result<Guarded, SqlError> {
        let mut binds = vec![guard.bind()];
        let names: Vec<String> = self.pieces.iter().flat_map(|(_, piece)| piece.placeholders()).collect();
        binds.extend(self.given.iter().filter(|bind| names.contains(&bind.name)).cloned());
        let ended = self.pieces.last().is_some_and(|(_, piece)| piece.ends_transaction());
        let commit = if self.commits && !ended { "  commit;\n" } else { "" };
        let alone = match self.pieces {
            [(_, piece)] if piece.kind == PieceKind::Plsql && self.session.is_empty() => Some(*piece),
            _ => None,
        };
        let block = match alone {
            Some(piece) => {
                format!("begin\n  dbms_output.enable(null);\n{}\n{commit}end;", piece.text.trim_end())
            }
            None => self.statements(commit, &mut binds)?,
        };
        let text = wrap(&block, guard, side)?;
        let lines = |until: &str| text.find(until).map_or(0, |at| text[..at].matches('\n').count());
        let guard_lines = lines(&block);
        let lines_before = alone.map(|_| guard_lines + 2);
        Ok(Guarded { text, binds, lines_before, guard_lines })
    }

    fn statements(&self, commit: &str, binds: &mut Vec<Bind>) -> Result<String, SqlError> {
        let several = self.pieces.len() > 1;
        let mut block = String::from("declare\n");
        if several {
            block.push_str("  adbctl_at number := 0;\n");
        }
        block.push_str("  adbctl_report varchar2(32767);\nbegin\n  dbms_output.enable(null);\n");
        for setting in self.session {
            let expression = statement_expression(setting, "adbctl_session", binds)?;
            let _ = writeln!(block, "  execute immediate {expression};");
        }
        for (number, piece) in self.pieces {
            if several {
                let _ = writeln!(block, "  adbctl_at := {number};");
                for prompt in &piece.prompts {
                    if let Ok(text) = text_expression(prompt) {
                        let _ = writeln!(block, "  dbms_output.put_line({text});");
                    }
                }
            }
            let run = self.run(*number, piece, binds)?;
            if several && piece.goes_on {
                let _ = writeln!(
                    block,
                    "  begin\n{run}  exception\n    when others then\n      adbctl_report := substr(adbctl_report || '{number} failed ' || \
                     replace(sqlerrm, chr(10), chr(9)) || chr(10), 1, {LONGEST_REPORT});\n  end;"
                );
            } else {
                block.push_str(&run);
            }
        }
        block.push_str(commit);
        let _ = writeln!(block, "  :{DONE_BIND} := adbctl_report;");
        if several {
            let _ = writeln!(
                block,
                "exception\n  when others then\n    raise_application_error(-20904, substr('{AT_STATEMENT}' || adbctl_at || ': ' || sqlerrm, 1, 1900), true);"
            );
        }
        block.push_str("end;");
        binds.push(Bind {
            name: DONE_BIND.to_owned(),
            kind: BindKind::Varchar2,
            direction: Direction::Out,
            value: serde_json::Value::Null,
        });
        Ok(block)
    }

    /// One statement of the block, and the line that reports what it did.
    fn run(&self, number: usize, piece: &Piece, binds: &mut Vec<Bind>) -> Result<String, SqlError> {
        if piece.kind == PieceKind::Transaction {
            return Ok(format!("  {};\n", piece.text));
        }
        let mut run = format!(
            "  execute immediate {}",
            statement_expression(&piece.text, &format!("adbctl_statement_{number}"), binds)?
        );
        // A block has a placeholder once for each name, a statement of SQL as often as it is written.
        let names =
            if piece.kind == PieceKind::Plsql { piece.placeholders() } else { piece.every_placeholder() };
        for (n, name) in names.iter().enumerate() {
            let comes_out =
                self.given.iter().any(|bind| bind.name == *name && bind.direction == Direction::Out);
            let begin = if n == 0 { " using " } else { ", " };
            let mode = if comes_out { "out " } else { "" };
            let _ = write!(run, "{begin}{mode}:{name}");
        }
        run.push_str(";\n");
        if piece.kind == PieceKind::Dml {
            let _ = writeln!(
                run,
                "  adbctl_report := substr(adbctl_report || '{number} rows ' || sql%rowcount || chr(10), 1, {LONGEST_REPORT});"
            );
        }
        Ok(run)
    }
}

/// What one statement of a block did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// It changed so many rows.
    Rows(u64),
    /// It failed, and the block went on; the error's text.
    Failed(String),
}

/// Reads the report of a block: the numbers of statements, and what they did.
pub fn done_by(report: &str) -> Vec<(usize, Did)> {
    // A line that is not ended was cut off.
    let lines = report.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines
        .filter_map(|line| {
            let (number, rest) = line.split_once(' ')?;
            let number = number.parse().ok()?;
            let (word, rest) = rest.split_once(' ')?;
            match word {
                "rows" => Some((number, Did::Rows(rest.parse().ok()?))),
                "failed" => Some((number, Did::Failed(rest.replace('\t', "\n")))),
                _ => None,
            }
        })
        .collect()
}
