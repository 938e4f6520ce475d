//! Grouping statements into units that travel as one request: a session ends with each request.

use std::fmt::Write as _;

use super::classify::{PieceKind, words};
use super::reader::{Piece, Script};
use crate::model::act::Returns;
use crate::model::{Diagnostic, Effect, Repeat, SourceText};
use crate::sql::error::SqlError;
use crate::sql::guard::{Guard, statement_expression, wrap};
use crate::sql::header::Side;
use crate::sql::quote::{literal, text_expression};
use crate::sql::template::Rendered;

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// One query; its rows are part of the run's record.
    Query,
    /// Statements up to a COMMIT, a ROLLBACK or a DDL statement.
    Statements,
}

/// Statements that travel as one request, with the session state they need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// `alter session set current_schema = …` and `nls_…`, to be repeated first.
    pub session: Vec<String>,
    /// The statements.
    pub pieces: Vec<Piece>,
}

/// Calls whose effect is package state, which ends with the request.
const PACKAGE_STATE: &[&str] = &[
    "APEX_UTIL.SET_WORKSPACE",
    "APEX_UTIL.SET_SECURITY_GROUP_ID",
    "APEX_APPLICATION_INSTALL.SET_",
    "WWV_FLOW_API.SET_SECURITY_GROUP_ID",
    "DBMS_SESSION.SET_ROLE",
    "DBMS_SESSION.SET_CONTEXT",
    "DBMS_OUTPUT.ENABLE",
];

impl Script {
    /// The script's units in order.
    ///
    /// # Errors
    /// Session state that cannot travel, each place with advice.
    pub fn units(&self) -> Result<Vec<Unit>, SqlError> {
        let mut grouping = Grouping::default();
        let mut mistakes = Vec::new();
        let mut package_state: Option<(usize, Piece)> = None;
        for (n, piece) in self.pieces.iter().enumerate() {
            match piece.kind {
                PieceKind::Session => match carried(&piece.text) {
                    Some(setting) => grouping.setting(setting, piece),
                    None => mistakes.push(self.mistake(
                        piece,
                        "this session state ends with each request and cannot be carried along",
                        "CURRENT_SCHEMA and NLS_… settings are; put anything else, with what needs it, into one PL/SQL block",
                    )),
                },
                PieceKind::Query => {
                    if !grouping.open.is_empty() && rolls_back(&self.pieces[n..]) {
                        mistakes.push(self.mistake(
                            piece,
                            "this query stands inside a transaction that is rolled back later, and a request cannot stay open for it",
                            "move the query before the transaction or behind its end",
                        ));
                    }
                    if !grouping.session.is_empty() {
                        mistakes.push(self.mistake(
                            piece,
                            "a query travels alone, so ALTER SESSION before it has no effect on it",
                            "write schema names and formats into the query",
                        ));
                    }
                    grouping.query(piece);
                }
                _ => {
                    if package_state.is_none() && sets_package_state(piece) {
                        package_state = Some((grouping.units.len(), piece.clone()));
                    }
                    grouping.statement(piece);
                }
            }
        }
        grouping.close();
        let units = grouping.units;
        if let Some((unit, piece)) = package_state
            && units.iter().skip(unit + 1).any(|later| later.kind == UnitKind::Statements)
        {
            mistakes.push(self.mistake(
                &piece,
                "what this call sets ends with its request, and statements after the next COMMIT or DDL do not see it",
                "put the call and everything that needs it into one PL/SQL block",
            ));
        }
        if mistakes.is_empty() { Ok(units) } else { Err(SqlError::Mistakes(mistakes)) }
    }

    fn mistake(&self, piece: &Piece, message: &str, help: &str) -> Diagnostic {
        let text = self.texts.get(&piece.file).map_or("", String::as_str);
        let begin: usize = text.split_inclusive('\n').take(piece.line - 1).map(str::len).sum();
        let length = text[begin..].lines().next().unwrap_or_default().len();
        let source = SourceText::new(piece.file.as_str(), text);
        Diagnostic::new(&source, begin..begin + length, message).help(help)
    }
}

/// The name of the setting, if it is one that can be repeated in each request.
pub(super) fn carried(text: &str) -> Option<String> {
    let words = words(&text.replace('=', " = "), 6);
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ALTER", "SESSION", "SET", name, "=", _]
            if *name == "CURRENT_SCHEMA" || name.starts_with("NLS_") =>
        {
            Some((*name).to_owned())
        }
        _ => None,
    }
}

fn sets_package_state(piece: &Piece) -> bool {
    let squeezed: String = piece.text.to_uppercase().split_whitespace().collect();
    piece.kind == PieceKind::Plsql && PACKAGE_STATE.iter().any(|call| squeezed.contains(call))
}

/// Units as they come together.
#[derive(Default)]
struct Grouping {
    units: Vec<Unit>,
    session: Vec<(String, String)>,
    /// The session settings that held when the open unit began.
    begun_with: Vec<String>,
    open: Vec<Piece>,
}

impl Grouping {
    fn settings(&self) -> Vec<String> {
        self.session.iter().map(|(_, text)| text.clone()).collect()
    }

    fn push(&mut self, piece: &Piece) {
        if self.open.is_empty() {
            self.begun_with = self.settings();
        }
        self.open.push(piece.clone());
    }

    /// A setting inside an open unit is made there too; the transaction goes on.
    fn setting(&mut self, name: String, piece: &Piece) {
        if !self.open.is_empty() {
            self.push(piece);
        }
        self.session.retain(|(known, _)| *known != name);
        self.session.push((name, piece.text.clone()));
    }

    fn query(&mut self, piece: &Piece) {
        self.close();
        self.units.push(Unit { kind: UnitKind::Query, session: Vec::new(), pieces: vec![piece.clone()] });
    }

    fn statement(&mut self, piece: &Piece) {
        self.push(piece);
        if piece.kind.commits() || ends_transaction(piece) {
            self.close();
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            let (session, pieces) = (std::mem::take(&mut self.begun_with), std::mem::take(&mut self.open));
            self.units.push(Unit { kind: UnitKind::Statements, session, pieces });
        }
    }
}

/// COMMIT and ROLLBACK, but not back to a savepoint only.
pub(super) fn ends_transaction(piece: &Piece) -> bool {
    let words = words(&piece.text, 3);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["COMMIT", ..] => true,
        ["ROLLBACK", rest @ ..] => !rest.contains(&"TO"),
        _ => false,
    }
}

/// Whether the transaction that is open before these pieces is rolled back, wholly or to a savepoint.
fn rolls_back(rest: &[Piece]) -> bool {
    rest.iter()
        .find(|p| {
            p.kind.commits()
                || (p.kind == PieceKind::Transaction && !words(&p.text, 1).contains(&"SAVEPOINT".into()))
        })
        .is_some_and(|p| words(&p.text, 1).first().is_some_and(|w| w == "ROLLBACK"))
}

impl Unit {
    /// Where the unit begins, as `file:line`.
    pub fn place(&self) -> String {
        self.pieces.first().map(Piece::place).unwrap_or_default()
    }

    /// The unit as one statement behind the guard. Work that the script leaves uncommitted at its end is committed, as
    /// SQL*Plus does when it leaves. An error carries the failing statement's file and line and keeps the database's
    /// own message under it.
    ///
    /// # Errors
    /// Control characters in a text.
    pub fn render(&self, guard: &Guard, side: Side, limit_seconds: u64) -> Result<Rendered, SqlError> {
        if let (UnitKind::Query, Some(piece)) = (self.kind, self.pieces.first()) {
            return Ok(query(piece, side, limit_seconds));
        }
        let mut binds = vec![guard.bind()];
        let mut block =
            String::from("declare\n  adbctl_at varchar2(400) := 'the session settings';\nbegin\n");
        for setting in &self.session {
            let expression = statement_expression(setting, "adbctl_session", &mut binds)?;
            let _ = writeln!(block, "  execute immediate {expression};");
        }
        let mut committed = false;
        for (n, piece) in self.pieces.iter().enumerate() {
            let place = literal(&piece.place())
                .map_err(|message| SqlError::Render { template: piece.place(), message })?;
            let _ = writeln!(block, "  adbctl_at := {place};");
            for prompt in &piece.prompts {
                if let Ok(text) = text_expression(prompt) {
                    let _ = writeln!(block, "  dbms_output.put_line({text});");
                }
            }
            let run = if piece.kind == PieceKind::Transaction {
                format!("{};", piece.text)
            } else {
                let name = format!("adbctl_statement_{}", n + 1);
                format!("execute immediate {};", statement_expression(&piece.text, &name, &mut binds)?)
            };
            if piece.goes_on {
                let _ = writeln!(
                    block,
                    "  begin\n    {run}\n  exception when others then\n    dbms_output.put_line(adbctl_at || ': ' || sqlerrm);\n  end;"
                );
            } else {
                let _ = writeln!(block, "  {run}");
            }
            committed = piece.kind.commits() || ends_transaction(piece);
        }
        if !committed {
            block.push_str("  commit;\n");
        }
        block.push_str(
            "exception when others then\n  raise_application_error(-20904, 'adbctl: at ' || adbctl_at || ': ' || sqlerrm, true);\nend;",
        );
        Ok(Rendered {
            text: wrap(&block, guard, side)?,
            binds,
            side,
            effect: Effect::Write,
            repeat: Repeat::Probe,
            returns: Returns::Nothing,
            limit_seconds,
        })
    }
}

fn query(piece: &Piece, side: Side, limit_seconds: u64) -> Rendered {
    Rendered {
        text: piece.text.clone(),
        binds: Vec::new(),
        side,
        effect: Effect::Read,
        repeat: Repeat::Safe,
        returns: Returns::Rows,
        limit_seconds,
    }
}
