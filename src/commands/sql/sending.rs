//! What is sent for each statement.
//!
//! Statements up to a COMMIT, a ROLLBACK or a DDL statement travel together, as in `run-script`: every driver commits what
//! it has sent. A script that needs more of a session, and no transaction, goes statement by statement where sessions last.

use super::super::exit::{Exit, Failure};
use super::text::{mistakes, named};
use crate::db::driver::keeps_state;
use crate::model::act::{Bind, Connection, Returns, SqlCall};
use crate::model::{Act, Call, Effect, Repeat, Times};
use crate::sql::{Group, Guard, Guarded, Piece, PieceKind, Reach, Script, Side, UnitKind, reads_only};

/// One request, and the statements it carries.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    /// The numbers of the statements, from 1.
    pub(super) numbers: Vec<usize>,
    /// What is sent.
    pub(super) call: SqlCall,
    /// In which form.
    pub(super) way: Way,
}

/// The form in which statements travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A query, with a limit around it where `bare` holds it without one.
    Rows { bare: Option<String> },
    /// One PL/SQL block behind the guard, with so many lines before it.
    Block { lines_before: u64 },
    /// Statements behind the guard, which has so many lines.
    Behind { guard_lines: u64 },
    /// The statement as it is.
    Bare,
}

impl Sending {
    /// Whether it can change the database.
    pub(super) fn writes(&self) -> bool {
        matches!(self.way, Way::Block { .. } | Way::Behind { .. })
    }

    /// The act that it is, for a dry run.
    pub(super) fn act(&self, script: &Script) -> Act {
        let names: Vec<String> = self.numbers.iter().map(|number| named(script, *number, None)).collect();
        let title = match names.as_slice() {
            [] => "send nothing".to_owned(),
            [one] => format!("send {one}"),
            [first, .., last] => format!("send {first} to {last}"),
        };
        let key = self.numbers.first().map_or("end".to_owned(), |number| format!("statement-{number}"));
        Act {
            key: key.parse().expect("letters, a dash and digits"),
            title,
            effect: if self.writes() { Effect::Write } else { Effect::Read },
            times: Times::Once,
            repeat: if self.writes() { Repeat::Probe } else { Repeat::Safe },
            call: Call::Sql(Box::new(self.call.clone())),
        }
    }
}

/// What sendings are made of.
pub(super) struct Desk<'a> {
    pub(super) script: &'a Script,
    pub(super) connection: &'a Connection,
    pub(super) guard: &'a Guard,
    pub(super) given: &'a [Bind],
    /// How many rows of a query are shown; all where there is no limit.
    pub(super) rows: Option<usize>,
    pub(super) limit_seconds: u64,
}

impl Desk<'_> {
    /// Everything that is sent, in order, with what is worth a warning.
    pub(super) fn sendings(&self) -> Result<(Vec<Sending>, Vec<String>), Failure> {
        let units = self.by_units();
        let lasts = keeps_state(&self.connection.driver);
        let transactions = self.script.pieces.iter().any(|piece| piece.kind == PieceKind::Transaction);
        match units {
            // What a request cannot keep, a session that lasts can: all but an open transaction.
            Err(_) if lasts && !transactions => {
                let warning = format!(
                    "over {} each statement of this script is committed by itself",
                    self.connection.driver
                );
                Ok((self.one_by_one()?, vec![warning]))
            }
            other => other,
        }
    }

    fn one_by_one(&self) -> Result<Vec<Sending>, Failure> {
        let mut all = Vec::new();
        for (n, piece) in self.script.pieces.iter().enumerate() {
            let number = n + 1;
            let sending = match (piece.kind, piece.reach()) {
                (PieceKind::Query, reach) => {
                    if reach == Reach::Writes {
                        // The guard cannot stand in a query; the session stays with the database that it found.
                        let guarded = self.group(&[], &[], false)?;
                        all.push(self.behind(vec![number], guarded));
                    }
                    self.query(number, piece)
                }
                (_, Reach::Session) => self.bare(number, piece),
                _ => {
                    let guarded = self.group(&[(number, piece)], &[], true)?;
                    self.behind(vec![number], guarded)
                }
            };
            all.push(sending);
        }
        Ok(all)
    }

    fn by_units(&self) -> Result<(Vec<Sending>, Vec<String>), Failure> {
        let units = self.script.units().map_err(|error| {
            let driver = &self.connection.driver;
            mistakes(error).help(format!(
                "over {driver} statements travel up to a COMMIT or DDL; put what belongs together into one PL/SQL block, or use \
                 --driver thin, whose session keeps all but an open transaction"
            ))
        })?;
        let (mut all, mut warnings) = (Vec::new(), Vec::new());
        let (mut at, mut open) = (0, false);
        for (place, unit) in units.iter().enumerate() {
            let mut pieces = Vec::new();
            for wanted in &unit.pieces {
                let rest = self.script.pieces.iter().enumerate().skip(at);
                let found = rest.into_iter().find(|(_, piece)| *piece == wanted);
                let (index, piece) = found.ok_or_else(|| {
                    Failure::new(
                        Exit::Bug,
                        format!("a statement of the script is lost at {}", wanted.place()),
                    )
                })?;
                at = index + 1;
                pieces.push((index + 1, piece));
            }
            if let (UnitKind::Query, [(number, piece)]) = (unit.kind, pieces.as_slice()) {
                reads_only(&piece.text).map_err(|why| {
                    Failure::new(Exit::Wrong, format!("{}: {why}", named(self.script, *number, None))).help(format!(
                        "over {} a query stands alone, without the guard; put it into a PL/SQL block, or use --driver thin",
                        self.connection.driver
                    ))
                })?;
                all.push(self.query(*number, piece));
                let more = units[place..].iter().any(|later| later.kind == UnitKind::Statements);
                if std::mem::take(&mut open) && more {
                    warnings.push(format!(
                        "{} stands inside a transaction: over {} what stands before it is committed first",
                        named(self.script, *number, None),
                        self.connection.driver
                    ));
                }
                continue;
            }
            let ended = pieces.last().is_some_and(|(_, piece)| piece.ends_transaction());
            open = !ended && pieces.iter().any(|(_, piece)| piece.kind == PieceKind::Dml);
            // COMMIT alone has nothing to commit here.
            if pieces.iter().all(|(_, piece)| piece.reach() == Reach::Session) {
                continue;
            }
            let guarded = self.group(&pieces, &unit.session, true)?;
            all.push(self.behind(pieces.iter().map(|(number, _)| *number).collect(), guarded));
        }
        Ok((all, warnings))
    }

    fn group(
        &self,
        pieces: &[(usize, &Piece)],
        session: &[String],
        commits: bool,
    ) -> Result<Guarded, Failure> {
        let group = Group { pieces, session, commits, given: self.given };
        group.render(self.guard, Side::Target).map_err(mistakes)
    }

    fn behind(&self, numbers: Vec<usize>, guarded: Guarded) -> Sending {
        let lines = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let way = match guarded.lines_before {
            Some(before) => Way::Block { lines_before: lines(before) },
            None => Way::Behind { guard_lines: lines(guarded.guard_lines) },
        };
        Sending { numbers, call: self.call(guarded.text, guarded.binds, Returns::Nothing), way }
    }

    /// One row more than is shown is asked for, so that it is known whether there are more.
    fn query(&self, number: usize, piece: &Piece) -> Sending {
        let names = piece.placeholders();
        let binds =
            names.iter().filter_map(|name| self.given.iter().find(|bind| bind.name == *name).cloned());
        let binds: Vec<Bind> = binds.collect();
        let (text, bare) = match self.rows {
            Some(rows) if piece.reach() == Reach::Reads => (
                format!("select * from (\n{}\n) where rownum <= {}", piece.text, rows + 1),
                Some(piece.text.clone()),
            ),
            _ => (piece.text.clone(), None),
        };
        Sending {
            numbers: vec![number],
            call: self.call(text, binds, Returns::Rows),
            way: Way::Rows { bare },
        }
    }

    fn bare(&self, number: usize, piece: &Piece) -> Sending {
        Sending {
            numbers: vec![number],
            call: self.call(piece.text.clone(), Vec::new(), Returns::Nothing),
            way: Way::Bare,
        }
    }

    fn call(&self, text: String, binds: Vec<Bind>, returns: Returns) -> SqlCall {
        SqlCall {
            connection: self.connection.clone(),
            text,
            returns,
            binds,
            limit_seconds: self.limit_seconds,
            consented: false,
        }
    }
}
