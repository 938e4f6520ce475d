//! Statements: their binds, their runs and the rows they answer.

use std::collections::{HashMap, VecDeque};

use super::reply::{self, End, NO_DATA};
use super::request::{self, BATCH_ERRORS, Described, Execute, PARSE, ROW};
use super::session::{Bound, Call, Session};
use super::text::{self, Kind, Shape};
use super::values::{self, BLOB, CLOB, CURSOR, Place, shown};
use super::wire::{Reader, Stop, Writer};
use crate::sandbox::sql::{Bind, BindMode, Cell, Column, Done, Rows, SqlError};

/// Binds longer than this come after all others in SQL.
const LONG_FROM: u64 = 32_767;

/// Most cursors that a session may have open, as the client was told at its logon.
const MOST_CURSORS: usize = 1000;
/// Most runs, times binds, that a request may ask for without a row of binds for each.
const MOST_BARE_RUNS: usize = 65_535;

/// A statement that the client has an id of.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    text: String,
    binds: Vec<Described>,
    modes: Vec<BindMode>,
    defines: Vec<u8>,
    columns: Vec<Column>,
    /// Rows that the client has not fetched yet.
    waiting: VecDeque<Vec<Cell>>,
    fetched: u64,
}

fn is_lob(of: u8) -> bool {
    matches!(of, CLOB | BLOB)
}

impl Cursor {
    /// The types in which rows travel.
    fn kinds(&self) -> Vec<u8> {
        if self.defines.is_empty() {
            self.columns.iter().map(|column| shown(column).of).collect()
        } else {
            self.defines.clone()
        }
    }

    /// Whether a client has to say first how it wants the large objects.
    fn wants_defines(&self) -> bool {
        self.defines.is_empty() && self.columns.iter().any(|column| is_lob(shown(column).of))
    }
}

fn cannot_array() -> SqlError {
    SqlError::new(3001, "unimplemented feature: the sandbox cannot bind an array of this type")
}

fn too_many_cursors() -> SqlError {
    SqlError::new(1000, "maximum open cursors exceeded")
}

/// How often a statement without rows of binds is to run.
fn bare_runs(ask: &Execute, shape: &Shape, binds: usize) -> Result<usize, SqlError> {
    let count = if shape.kind == Kind::Query { 1 } else { ask.times };
    if count > 1 && count.saturating_mul(binds.max(1)) > MOST_BARE_RUNS {
        let what =
            format!("unimplemented feature: the sandbox cannot run a statement {count} times in one call");
        return Err(SqlError::new(3001, &what));
    }
    Ok(count)
}

/// What one execution came to.
struct Ran {
    done: Done,
    binds: Vec<Bind>,
}

impl Session<'_> {
    /// Reads the rows of binds behind a request to run something.
    pub(super) fn read_rows(&mut self, reader: &mut Reader<'_>, ask: Execute) -> Result<Call, Stop> {
        let cursor = self.cursors.get(&ask.cursor);
        let text = ask.text.as_deref().or(cursor.map(|cursor| cursor.text.as_str())).unwrap_or_default();
        let shape = text::shape(text);
        let plsql = shape.kind == Kind::Plsql;
        let known = cursor.filter(|_| ask.binds.is_empty() && ask.defines.is_empty());
        let binds: &[Described] = known.map_or(&ask.binds, |cursor| &cursor.binds);
        let mut order: Vec<usize> = (0..binds.len()).collect();
        if plsql {
            // Of a block that is known, only what goes in comes again.
            let modes = known.filter(|_| !ask.full).map_or(&[][..], |cursor| &cursor.modes);
            order.retain(|at| modes.get(*at) != Some(&BindMode::Out));
        } else {
            order.truncate(binds.len().saturating_sub(shape.returning));
            order.sort_by_key(|at| binds[*at].size > LONG_FROM);
        }
        let mut rows = Vec::new();
        if !order.is_empty() && (!ask.binds.is_empty() || !ask.full) {
            for _ in 0..ask.times {
                if reader.u8()? != ROW {
                    return Err(Stop::Garbled("a row of binds was expected"));
                }
                rows.push(self.read_row(reader, binds, &order, plsql)?);
            }
        }
        Ok(Call::Run(ask, rows))
    }

    fn read_row(
        &self,
        reader: &mut Reader<'_>,
        binds: &[Described],
        order: &[usize],
        plsql: bool,
    ) -> Result<Result<Vec<Bound>, SqlError>, Stop> {
        let mut row = vec![Bound::One(Cell::Null); binds.len()];
        let mut wrong = None;
        for at in order {
            let bind = &binds[*at];
            let mut one = |reader: &mut Reader<'_>| -> Result<Cell, Stop> {
                let value = values::read(reader, bind, plsql, &self.lobs)?;
                Ok(value.unwrap_or_else(|error| {
                    wrong.get_or_insert(error);
                    Cell::Null
                }))
            };
            row[*at] = if bind.array {
                let count = reader.count()?;
                Bound::Many((0..count).map(|_| one(reader)).collect::<Result<_, _>>()?)
            } else {
                Bound::One(one(reader)?)
            };
        }
        Ok(wrong.map_or(Ok(row), Err))
    }

    /// A new id.
    fn new_cursor(&mut self) -> u64 {
        self.last_cursor += 1;
        self.last_cursor
    }

    /// Runs a statement, describes it, or goes on with it.
    pub(super) fn run(&mut self, ask: &Execute, rows: Vec<Result<Vec<Bound>, SqlError>>) -> Writer {
        let id = if ask.cursor == 0 { self.new_cursor() } else { ask.cursor };
        if self.cursors.len() >= MOST_CURSORS && !self.cursors.contains_key(&id) {
            return self.failed(&too_many_cursors(), 0, 0);
        }
        let mut cursor = self.cursors.remove(&id).unwrap_or_default();
        if let Some(text) = &ask.text {
            cursor = Cursor { text: text.clone(), ..Cursor::default() };
        } else if cursor.text.is_empty() && cursor.columns.is_empty() {
            return self.failed(&SqlError::new(1001, "invalid cursor"), 0, 0);
        }
        if !ask.binds.is_empty() {
            cursor.binds.clone_from(&ask.binds);
            cursor.modes.clear();
        }
        if !ask.defines.is_empty() {
            cursor.defines = ask.defines.iter().map(|define| define.of).collect();
        }
        let answered = if ask.options & request::EXECUTE == 0 {
            self.look_at(ask, id, &mut cursor)
        } else {
            self.execute(ask, id, &mut cursor, rows)
        };
        let gone = cursor.columns.is_empty() && text::shape(&cursor.text).kind == Kind::Other;
        let text = cursor.text.clone();
        if !gone {
            self.cursors.insert(id, cursor);
        }
        answered.unwrap_or_else(|(error, rows)| {
            let mut out = Writer::new();
            let end = End {
                position: text::offset(&text, error.line, error.column),
                error: Some(&error),
                cursor: id,
                rows,
                transaction: self.sql.in_transaction(),
                ..End::default()
            };
            reply::end(&mut out, self.version, &end);
            out
        })
    }

    /// A request that runs nothing: a description, a define, or more rows.
    fn look_at(&mut self, ask: &Execute, id: u64, cursor: &mut Cursor) -> Result<Writer, (SqlError, u64)> {
        let mut out = Writer::new();
        if ask.options & PARSE != 0 {
            let shape = text::shape(&cursor.text);
            let described = if matches!(shape.kind, Kind::Query | Kind::Dml) {
                self.sql.describe(&cursor.text).map_err(|error| (error, 0))?
            } else {
                None
            };
            if let Some(columns) = described {
                cursor.columns = columns;
                reply::describe(&mut out, &cursor.columns, self.version);
            }
        } else if ask.rows > 0 && !cursor.columns.is_empty() {
            self.send_rows(&mut out, id, cursor, ask.rows).map_err(|error| (error, 0))?;
            return Ok(out);
        }
        self.succeed(&mut out, id, 0, false);
        Ok(out)
    }

    fn succeed(&self, out: &mut Writer, cursor: u64, rows: u64, warning: bool) {
        let transaction = self.sql.in_transaction();
        reply::end(out, self.version, &End { cursor, rows, transaction, warning, ..End::default() });
    }

    fn execute(
        &mut self,
        ask: &Execute,
        id: u64,
        cursor: &mut Cursor,
        rows: Vec<Result<Vec<Bound>, SqlError>>,
    ) -> Result<Writer, (SqlError, u64)> {
        let shape = text::shape(&cursor.text);
        let goes_on = ask.options & BATCH_ERRORS != 0 && shape.kind == Kind::Dml;
        let (mut ran, mut wrong, mut affected) = (Vec::new(), Vec::new(), 0);
        // A statement without rows of binds runs all the same; a batch in one request is as long as its rows.
        let count = if rows.is_empty() {
            bare_runs(ask, &shape, cursor.binds.len()).map_err(|error| (error, 0))?
        } else {
            rows.len()
        };
        let mut rows = rows.into_iter();
        for at in 0..count {
            let row = rows.next().unwrap_or_else(|| Ok(vec![Bound::One(Cell::Null); cursor.binds.len()]));
            match row.and_then(|row| self.once(&shape, cursor, row)) {
                Ok(one) => {
                    affected += one.done.affected;
                    ran.push(one);
                }
                // A session that is to stop has no further rows.
                Err(error) if goes_on && !matches!(error.code, 28 | 1013) => wrong.push((at, error)),
                Err(error) => {
                    let before = u64::try_from(at).unwrap_or(0);
                    return Err((error, if shape.kind == Kind::Dml { affected } else { before }));
                }
            }
        }
        if ask.options & request::COMMIT != 0 && matches!(shape.kind, Kind::Dml | Kind::Plsql) {
            self.sql.commit().map_err(|error| (error, affected))?;
        }
        if wrong.is_empty() {
            return self.answer(ask, id, cursor, &shape, ran).map_err(|error| (error, affected));
        }
        let error = SqlError::new(24381, "error(s) in array DML");
        let mut out = Writer::new();
        let transaction = self.sql.in_transaction();
        let end = End {
            error: Some(&error),
            cursor: id,
            rows: affected,
            transaction,
            batch: &wrong,
            ..End::default()
        };
        reply::end(&mut out, self.version, &end);
        Ok(out)
    }

    /// One execution.
    fn once(&mut self, shape: &Shape, cursor: &Cursor, row: Vec<Bound>) -> Result<Ran, SqlError> {
        let plsql = shape.kind == Kind::Plsql;
        let mut binds: Vec<Bind> = Vec::new();
        let mut named: HashMap<&str, usize> = HashMap::new();
        for (at, (described, value)) in cursor.binds.iter().zip(row).enumerate() {
            let Some(name) = shape.binds.get(at) else {
                return Err(SqlError::new(1036, "illegal variable name/number"));
            };
            let value = match value {
                Bound::One(cell) => cell,
                Bound::Many(cells) => Cell::Array(cells),
            };
            // The same name once more: it is the same variable if it has the same value.
            if let Some(known) = named.get(name.as_str()) {
                if binds[*known].value == value {
                    continue;
                }
                let what = "unimplemented feature: the sandbox cannot bind two values to one name";
                return Err(SqlError::new(3001, what));
            }
            let of = values::bind_type(described, plsql)?;
            let out = at >= cursor.binds.len().saturating_sub(shape.returning) && !plsql;
            let mode = match (plsql, out) {
                (true, _) => BindMode::InOut,
                (_, true) => BindMode::Out,
                _ => BindMode::In,
            };
            let of = if described.array { of.array().ok_or_else(cannot_array)? } else { of };
            let size = u32::try_from(described.size).ok().filter(|size| plsql && *size > 0);
            named.insert(name, binds.len());
            binds.push(Bind { name: Some(name.clone()), of, mode, value, size });
        }
        let done = self.sql.execute(&cursor.text, &mut binds)?;
        Ok(Ran { done, binds })
    }

    fn answer(
        &mut self,
        ask: &Execute,
        id: u64,
        cursor: &mut Cursor,
        shape: &Shape,
        mut ran: Vec<Ran>,
    ) -> Result<Writer, SqlError> {
        let mut out = Writer::new();
        let affected = ran.iter().map(|one| one.done.affected).sum();
        let warning = ran.iter().any(|one| one.done.feedback.starts_with("Warning"));
        if let Some(rows) = ran.last_mut().and_then(|one| one.done.rows.take()) {
            cursor.columns = rows.columns;
            cursor.waiting = rows.rows.into();
            cursor.fetched = 0;
            if ask.options & PARSE != 0 {
                reply::describe(&mut out, &cursor.columns, self.version);
            }
            if ask.rows > 0 && !cursor.wants_defines() {
                self.send_rows(&mut out, id, cursor, ask.rows)?;
                return Ok(out);
            }
            self.succeed(&mut out, id, 0, false);
            return Ok(out);
        }
        match shape.kind {
            Kind::Plsql if !cursor.binds.is_empty() => self.block_binds(&mut out, ask, cursor, ran)?,
            Kind::Dml if shape.returning > 0 => self.returned(&mut out, cursor, shape, &ran)?,
            _ => {}
        }
        let (id, rows) = match shape.kind {
            Kind::Other => (0, 0),
            Kind::Plsql => (id, 1),
            _ => (id, affected),
        };
        self.succeed(&mut out, id, rows, warning);
        Ok(out)
    }

    /// What comes out of a block.
    fn block_binds(
        &mut self,
        out: &mut Writer,
        ask: &Execute,
        cursor: &mut Cursor,
        ran: Vec<Ran>,
    ) -> Result<(), SqlError> {
        if ask.full {
            if let Some(first) = ran.first() {
                cursor.modes.clone_from(&first.done.directions);
            }
            cursor.modes.resize(cursor.binds.len(), BindMode::In);
            reply::directions(out, &cursor.modes);
        }
        if cursor.modes.iter().all(|mode| *mode == BindMode::In) {
            return Ok(());
        }
        for one in ran {
            out.u8(ROW);
            for (at, (described, bind)) in cursor.binds.iter().zip(one.binds).enumerate() {
                if cursor.modes.get(at) != Some(&BindMode::In) {
                    self.bind_out(out, described, bind.value)?;
                }
            }
        }
        Ok(())
    }

    fn bind_out(&mut self, out: &mut Writer, described: &Described, value: Cell) -> Result<(), SqlError> {
        match value {
            Cell::Rows(rows) if described.of == CURSOR => self.cursor_out(out, *rows),
            // A cursor that was never opened.
            _ if described.of == CURSOR => Err(SqlError::new(24338, "statement handle not executed")),
            Cell::Array(cells) => {
                out.count(cells.len());
                cells
                    .iter()
                    .try_for_each(|cell| values::write(out, cell, described.of, Place::Bind, &mut self.lobs))
            }
            _ if described.array => {
                out.ub(0);
                Ok(())
            }
            cell => values::write(out, &cell, described.of, Place::Bind, &mut self.lobs),
        }
    }

    fn cursor_out(&mut self, out: &mut Writer, rows: Rows) -> Result<(), SqlError> {
        if self.cursors.len() >= MOST_CURSORS {
            return Err(too_many_cursors());
        }
        let id = self.new_cursor();
        out.u8(1);
        reply::columns(out, &rows.columns, self.version);
        out.ub(id).sb(0);
        let cursor = Cursor { columns: rows.columns, waiting: rows.rows.into(), ..Cursor::default() };
        self.cursors.insert(id, cursor);
        Ok(())
    }

    /// What RETURNING … INTO gave, a row of lists for each execution.
    fn returned(
        &mut self,
        out: &mut Writer,
        cursor: &Cursor,
        shape: &Shape,
        ran: &[Ran],
    ) -> Result<(), SqlError> {
        let first = cursor.binds.len().saturating_sub(shape.returning);
        for one in ran {
            out.u8(ROW);
            for (at, described) in cursor.binds[first..].iter().enumerate() {
                out.count(one.done.returned.len());
                for row in &one.done.returned {
                    let cell = row.get(at).unwrap_or(&Cell::Null);
                    values::write(out, cell, described.of, Place::Bind, &mut self.lobs)?;
                }
            }
        }
        Ok(())
    }

    /// More rows of a cursor.
    pub(super) fn fetch(&mut self, id: u64, count: usize) -> Writer {
        let Some(mut cursor) = self.cursors.remove(&id) else {
            return self.failed(&SqlError::new(1001, "invalid cursor"), 0, 0);
        };
        let mut out = Writer::new();
        let sent = self.send_rows(&mut out, id, &mut cursor, count);
        self.cursors.insert(id, cursor);
        match sent {
            Ok(()) => out,
            Err(error) => self.failed(&error, id, 0),
        }
    }

    fn send_rows(
        &mut self,
        out: &mut Writer,
        id: u64,
        cursor: &mut Cursor,
        count: usize,
    ) -> Result<(), SqlError> {
        let kinds = cursor.kinds();
        let count = count.min(cursor.waiting.len());
        if count > 0 {
            reply::row_header(out);
        }
        for row in cursor.waiting.drain(..count) {
            out.u8(ROW);
            for (cell, of) in row.iter().zip(&kinds) {
                values::write(out, cell, *of, Place::Row, &mut self.lobs)?;
            }
        }
        cursor.fetched += u64::try_from(count).unwrap_or(0);
        let ended = SqlError::new(NO_DATA, "no data found");
        let end = End {
            error: cursor.waiting.is_empty().then_some(&ended),
            cursor: id,
            rows: cursor.fetched,
            transaction: self.sql.in_transaction(),
            ..End::default()
        };
        reply::end(out, self.version, &end);
        Ok(())
    }
}
