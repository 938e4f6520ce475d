//! Runs a script in one session, piece by piece.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::answer::{Place, check_columns, kind_of};
use super::backend::{Bind, SqlError, SqlSession};
use super::bind::shown;
use super::command::{self, Command};
use super::request::Ask;
use crate::sandbox::oracle::language::script::{PieceKind, ScriptPiece, split};

/// What a script meets beside its database.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Rows of a query where the request does not say.
    pub(super) limit: usize,
    /// More rows than this are never given at once.
    pub(super) largest_limit: usize,
    /// The name of the user, for SHOW USER.
    pub(super) user: String,
    /// The session is killed.
    pub(super) kill: Option<Kill>,
}

/// When a session is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kill {
    /// This many statements run before.
    pub(super) after: u64,
    /// The statement that meets it runs; only its answer is lost.
    pub(super) late: bool,
}

/// Whether a script can change anything.
pub(super) fn only_reads(text: &str) -> bool {
    split(text).iter().all(|piece| match piece.kind {
        PieceKind::Sql => kind_of(&piece.text) == "query",
        PieceKind::Plsql => false,
        PieceKind::Command => !matches!(command::read(&piece.text), Command::Execute(_)),
    })
}

struct Run<'a> {
    session: &'a mut dyn SqlSession,
    ask: &'a Ask,
    terms: Terms,
    letter: Option<char>,
    values: BTreeMap<String, String>,
    on_error: OnError,
    previous: Option<(PieceKind, String)>,
    executed: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct OnError {
    exit: bool,
    commit: bool,
    rollback: bool,
}

/// What follows a piece.
enum Next {
    Go(Map<String, Value>),
    Stop(Map<String, Value>),
}

/// Runs a script; the answer's items, one a piece. What was not committed is rolled back.
pub(super) fn run(session: &mut dyn SqlSession, ask: &Ask, terms: Terms) -> Vec<Value> {
    let mut run = Run {
        session,
        ask,
        terms,
        letter: Some('&'),
        values: BTreeMap::new(),
        on_error: OnError::default(),
        previous: None,
        executed: 0,
    };
    let mut items = Vec::new();
    for (at, piece) in split(&ask.text).into_iter().enumerate() {
        match run.piece(at + 1, piece) {
            Next::Go(item) => items.push(Value::Object(item)),
            Next::Stop(item) => {
                items.push(Value::Object(item));
                break;
            }
        }
    }
    if let Err(error) = run.session.rollback() {
        tracing::debug!(%error, "a session ended without its rollback");
    }
    items
}

impl Run<'_> {
    fn piece(&mut self, id: usize, piece: ScriptPiece) -> Next {
        let kind = if piece.kind == PieceKind::Command { "sqlplus" } else { kind_of(&piece.text) };
        let mut place =
            Place { id, kind, text: piece.text, start_line: piece.start_line, end_line: piece.end_line };
        match command::substitute(&place.text, self.letter, &self.values) {
            Ok(text) => place.text = text,
            Err(name) => {
                let why = format!(
                    "Enter value for {}: \nSP2-0546: User requested Interrupt or EOF detected.",
                    name.to_lowercase()
                );
                return Next::Go(place.refused(&why));
            }
        }
        match piece.kind {
            PieceKind::Command => self.command(place),
            kind => {
                self.previous = Some((kind, place.text.clone()));
                let text = place.text.clone();
                self.statement(&place, &text)
            }
        }
    }

    fn command(&mut self, mut place: Place) -> Next {
        let answered = match command::read(&place.text) {
            Command::Nothing => Vec::new(),
            Command::ServerOutput(on) => {
                self.session.set_output(on);
                Vec::new()
            }
            Command::DefineLetter(letter) => {
                self.letter = letter;
                Vec::new()
            }
            Command::Define(name, value) => {
                self.values.insert(name, value);
                Vec::new()
            }
            Command::ShowDefine(name) => self.shown_values(name.as_deref()),
            Command::Undefine(names) => {
                self.values.retain(|name, _| !names.contains(name));
                Vec::new()
            }
            Command::Prompt(text) => vec![format!("{text}\n")],
            Command::WheneverError { exit, commit, rollback } => {
                self.on_error = OnError { exit, commit, rollback };
                Vec::new()
            }
            Command::Exit { commit } => {
                return match self.finish(commit) {
                    Ok(()) => Next::Stop(place.item(&[], 0)),
                    Err(error) => Next::Stop(place.failed(&error)),
                };
            }
            Command::Execute(block) => {
                place.kind = "plsql";
                self.previous = Some((PieceKind::Plsql, block.clone()));
                return self.statement(&place, &block);
            }
            Command::Again => {
                let Some((_, text)) = self.previous.clone() else {
                    return Next::Go(place.refused("SP2-0103: Nothing in SQL buffer to run."));
                };
                place.kind = kind_of(&text);
                return self.statement(&place, &text);
            }
            Command::ShowUser => vec![format!("USER is \"{}\"\n", self.terms.user)],
            Command::Restricted(name) => {
                return Next::Go(
                    place.refused(&format!("SP2-0738: Restricted command \"{name}\" not available")),
                );
            }
            Command::Mistake(why) => return Next::Go(place.refused(&why)),
        };
        Next::Go(place.item(&answered, 0))
    }

    fn shown_values(&self, name: Option<&str>) -> Vec<String> {
        self.values
            .iter()
            .filter(|(found, _)| name.is_none_or(|name| name == found.as_str()))
            .map(|(name, value)| format!("DEFINE {name} = \"{value}\" (CHAR)\n"))
            .collect()
    }

    fn finish(&mut self, commit: bool) -> Result<(), SqlError> {
        if commit { self.session.commit() } else { Ok(()) }
    }

    fn statement(&mut self, place: &Place, text: &str) -> Next {
        let killed = self.terms.kill.filter(|kill| self.executed >= kill.after);
        self.executed += 1;
        if killed.is_some_and(|kill| !kill.late) {
            return Next::Stop(place.failed(&SqlError::new(28, "your session has been killed")));
        }
        let mut binds: Vec<Bind> = self.ask.binds.iter().map(|sent| sent.bind.clone()).collect();
        let limit = self.ask.limit.unwrap_or(self.terms.limit).min(self.terms.largest_limit);
        let answered = self.session.execute(text, &mut binds).and_then(|done| {
            done.rows.as_ref().map_or(Ok(()), check_columns)?;
            Ok(done)
        });
        if killed.is_some() {
            return Next::Stop(place.failed(&SqlError::new(3113, "end-of-file on communication channel")));
        }
        let mut item = match &answered {
            Ok(done) => place.done(done, self.ask.offset, limit),
            Err(error) => place.failed(error),
        };
        if answered.is_ok() && !binds.is_empty() {
            let list =
                self.ask.binds.iter().zip(&binds).map(|(sent, bind)| shown(&sent.sent, bind)).collect();
            item.insert("binds".to_owned(), Value::Array(list));
        }
        let lines = self.session.take_output();
        if !lines.is_empty() {
            item.insert("dbmsOutput".to_owned(), format!("{}\n", lines.join("\n")).into());
        }
        match answered {
            Err(error) => self.after_error(&error, item),
            Ok(_) => Next::Go(item),
        }
    }

    /// WHENEVER SQLERROR has its say; a session that is gone runs nothing more.
    fn after_error(&mut self, error: &SqlError, item: Map<String, Value>) -> Next {
        if matches!(error.code, 28 | 1012 | 3113 | 3114) {
            return Next::Stop(item);
        }
        let OnError { exit, commit, rollback } = self.on_error;
        let settled = match (commit, rollback) {
            (true, _) => self.session.commit(),
            (_, true) => self.session.rollback(),
            _ => Ok(()),
        };
        if let Err(error) = settled {
            tracing::debug!(%error, "WHENEVER SQLERROR could not end the transaction");
        }
        if exit { Next::Stop(item) } else { Next::Go(item) }
    }
}
