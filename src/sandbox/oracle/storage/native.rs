//! The only place that speaks to the storage engine: one file a database, one table a table.
//!
//! Its statements are the storage engine's, never Oracle's; they are put together from numbers alone.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row as NativeRow, params_from_iter};

use super::encoding::{decode, encode};
use crate::sandbox::oracle::catalogue::TableDefinition;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::values::{Type, Value};

/// A row and its number.
pub(crate) type StoredRow = (i64, Vec<Value>);

/// A connection to the file.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    in_transaction: bool,
    /// What `changes` said when the transaction began.
    changes_before: u64,
}

fn broken(error: &rusqlite::Error) -> OracleError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OracleError::of_busy_file(),
        _ => OracleError::with_text(600, &format!("internal error code, arguments: [storage], [{error}]")),
    }
}

/// The stored name of a table.
fn table_name(table: &TableDefinition) -> String {
    if table.temporary.is_some() { format!("temp.t{}", table.id) } else { format!("t{}", table.id) }
}

fn columns_of(table: &TableDefinition) -> Vec<String> {
    table
        .columns
        .iter()
        .filter(|c| c.computed.is_none())
        .map(|column| format!("c{}", column.storage))
        .collect()
}

/// How long a session waits for another one that changes something.
const PATIENCE: Duration = Duration::from_secs(20);

impl Store {
    /// How long to wait from now on for sessions that change something.
    pub(crate) fn set_patience(&self, patience: Duration) -> Outcome<()> {
        self.connection.busy_timeout(patience).map_err(|e| broken(&e))
    }

    /// Opens the file, creating it if `create`.
    pub(crate) fn open(path: &Path, create: bool) -> Outcome<Self> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = Connection::open_with_flags(path, flags).map_err(|e| broken(&e))?;
        connection.busy_timeout(PATIENCE).map_err(|e| broken(&e))?;
        connection.set_prepared_statement_cache_capacity(200);
        let store = Self { connection, in_transaction: false, changes_before: 0 };
        store.run("pragma journal_mode = wal")?;
        store.run("pragma synchronous = off")?;
        store.run("pragma cache_size = -16000")?;
        store.run("create table if not exists documents (key text primary key, document text not null) without rowid")?;
        store.run("create table if not exists sequences (id integer primary key, next text not null)")?;
        Ok(store)
    }

    /// Copies the whole database into a new file.
    pub(crate) fn copy_to(&self, path: &Path) -> Outcome<()> {
        self.connection.backup("main", path, None::<fn(rusqlite::backup::Progress)>).map_err(|e| broken(&e))
    }

    fn run(&self, statement: &str) -> Outcome<()> {
        self.connection.execute_batch(statement).map_err(|e| broken(&e))
    }

    /// Begins a transaction unless one runs.
    pub(crate) fn begin(&mut self) -> Outcome<()> {
        if !self.in_transaction {
            self.run("begin immediate")?;
            self.changes_before = self.changes();
            self.in_transaction = true;
        }
        Ok(())
    }

    /// Whether a transaction runs.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Whether a transaction runs that has changed nothing yet.
    pub(crate) fn is_untouched(&self) -> bool {
        self.in_transaction && self.changes() == self.changes_before
    }

    /// How many rows this connection has changed so far.
    pub(crate) fn changes(&self) -> u64 {
        self.connection.total_changes()
    }

    /// Commits.
    pub(crate) fn commit(&mut self) -> Outcome<()> {
        if self.in_transaction {
            self.run("commit")?;
            self.in_transaction = false;
        }
        Ok(())
    }

    /// Rolls back.
    pub(crate) fn rollback(&mut self) -> Outcome<()> {
        if self.in_transaction {
            self.in_transaction = false;
            self.run("rollback")?;
        }
        Ok(())
    }

    /// Sets a savepoint by number.
    pub(crate) fn savepoint(&mut self, number: u64) -> Outcome<()> {
        self.begin()?;
        self.run(&format!("savepoint s{number}"))
    }

    /// Goes back to a savepoint, which stays set.
    pub(crate) fn rollback_to(&self, number: u64) -> Outcome<()> {
        self.run(&format!("rollback to s{number}"))
    }

    /// Forgets a savepoint and those after it.
    pub(crate) fn release(&self, number: u64) -> Outcome<()> {
        self.run(&format!("release s{number}"))
    }

    /// All documents.
    pub(crate) fn documents(&self) -> Outcome<Vec<(String, String)>> {
        let mut statement =
            self.connection.prepare_cached("select key, document from documents").map_err(|e| broken(&e))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(|e| broken(&e))?;
        rows.collect::<Result<_, _>>().map_err(|e| broken(&e))
    }

    /// One document.
    pub(crate) fn document(&self, key: &str) -> Outcome<Option<String>> {
        let mut statement = self
            .connection
            .prepare_cached("select document from documents where key = ?1")
            .map_err(|e| broken(&e))?;
        let mut rows = statement.query([key]).map_err(|e| broken(&e))?;
        let row = rows.next().map_err(|e| broken(&e))?;
        row.map(|row| row.get(0)).transpose().map_err(|e| broken(&e))
    }

    /// Writes a document, or removes it.
    pub(crate) fn put_document(&self, key: &str, document: Option<&str>) -> Outcome<()> {
        let done = match document {
            Some(text) => self
                .connection
                .prepare_cached("insert or replace into documents values (?1, ?2)")
                .and_then(|mut statement| statement.execute([key, text])),
            None => self
                .connection
                .prepare_cached("delete from documents where key = ?1")
                .and_then(|mut statement| statement.execute([key])),
        };
        done.map(|_| ()).map_err(|e| broken(&e))
    }

    /// The next value of a sequence as text; none before it was set.
    pub(crate) fn sequence(&self, id: i64) -> Outcome<Option<i128>> {
        let mut statement = self
            .connection
            .prepare_cached("select next from sequences where id = ?1")
            .map_err(|e| broken(&e))?;
        let mut rows = statement.query([id]).map_err(|e| broken(&e))?;
        let Some(row) = rows.next().map_err(|e| broken(&e))? else { return Ok(None) };
        let text: String = row.get(0).map_err(|e| broken(&e))?;
        Ok(text.parse().ok())
    }

    /// Sets the next value of a sequence.
    pub(crate) fn set_sequence(&self, id: i64, next: i128) -> Outcome<()> {
        self.connection
            .prepare_cached("insert or replace into sequences values (?1, ?2)")
            .and_then(|mut statement| statement.execute((id, next.to_string())))
            .map(|_| ())
            .map_err(|e| broken(&e))
    }

    /// Makes the storage of a table.
    pub(crate) fn create_table(&self, table: &TableDefinition) -> Outcome<()> {
        let columns = columns_of(table);
        let list = if columns.is_empty() { "none".to_owned() } else { columns.join(", ") };
        self.run(&format!(
            "create table if not exists {} (id integer primary key, {list})",
            table_name(table)
        ))
    }

    /// Drops the storage of a table.
    pub(crate) fn drop_table(&self, table: &TableDefinition) -> Outcome<()> {
        self.run(&format!("drop table if exists {}", table_name(table)))
    }

    /// Adds the storage of a column.
    pub(crate) fn add_column(&self, table: &TableDefinition, storage: u32) -> Outcome<()> {
        self.run(&format!("alter table {} add column c{storage}", table_name(table)))
    }

    /// Makes an index over stored columns; `unique` counts a row with some nulls but not one of nulls only.
    ///
    /// Answers false when duplicates stand in the way.
    pub(crate) fn create_index(
        &self,
        index: i64,
        table: &TableDefinition,
        columns: &[u32],
        unique: bool,
        nullable: bool,
    ) -> Outcome<bool> {
        let names: Vec<String> = columns.iter().map(|column| format!("c{column}")).collect();
        let list = if unique && nullable && columns.len() > 1 {
            let padded: Vec<String> = names.iter().map(|name| format!("ifnull({name}, x'00')")).collect();
            let some: Vec<String> = names.iter().map(|name| format!("{name} is not null")).collect();
            format!("({}) where {}", padded.join(", "), some.join(" or "))
        } else {
            format!("({})", names.join(", "))
        };
        let word = if unique { "unique " } else { "" };
        let space = if table.temporary.is_some() { "temp." } else { "" };
        let statement = format!("create {word}index if not exists {space}i{index} on t{} {list}", table.id);
        match self.connection.execute_batch(&statement) {
            Ok(()) => Ok(true),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(false),
            Err(error) => Err(broken(&error)),
        }
    }

    /// Drops an index.
    pub(crate) fn drop_index(&self, index: i64) -> Outcome<()> {
        self.run(&format!("drop index if exists i{index}"))
    }

    fn types(table: &TableDefinition) -> Vec<Option<Type>> {
        table.columns.iter().map(|c| c.computed.is_none().then(|| c.of.to_type())).collect()
    }

    fn read(row: &NativeRow<'_>, types: &[Option<Type>]) -> Result<StoredRow, rusqlite::Error> {
        let number = row.get(0)?;
        let mut values = Vec::with_capacity(types.len() + 2);
        let mut at = 1;
        for of in types {
            if let Some(of) = of {
                values.push(decode(row.get_ref(at)?, of));
                at += 1;
            } else {
                values.push(Value::Null);
            }
        }
        Ok((number, values))
    }

    /// Rows of a table, all of them or those equal in the given columns; `visit` answers whether to go on.
    pub(crate) fn scan(
        &self,
        table: &TableDefinition,
        keys: &[(usize, Value)],
        limit: Option<usize>,
    ) -> Outcome<Vec<StoredRow>> {
        let columns = columns_of(table);
        let list = if columns.is_empty() { String::new() } else { format!(", {}", columns.join(", ")) };
        let mut text = format!("select id{list} from {}", table_name(table));
        for (position, (column, _)) in keys.iter().enumerate() {
            let word = if position == 0 { "where" } else { "and" };
            let _ = write!(text, " {word} c{} = ?{}", table.columns[*column].storage, position + 1);
        }
        if let Some(limit) = limit {
            let _ = write!(text, " limit {limit}");
        }
        let types = Self::types(table);
        let mut statement = self.connection.prepare_cached(&text).map_err(|e| broken(&e))?;
        let cells: Vec<Cell> = keys.iter().map(|(_, value)| encode(value)).collect();
        let mut rows = statement.query(params_from_iter(cells)).map_err(|e| broken(&e))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(|e| broken(&e))? {
            found.push(Self::read(row, &types).map_err(|e| broken(&e))?);
        }
        Ok(found)
    }

    /// The count of rows of a table.
    pub(crate) fn count(&self, table: &TableDefinition) -> Outcome<i64> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("select count(*) from {}", table_name(table)))
            .map_err(|e| broken(&e))?;
        statement.query_row([], |row| row.get(0)).map_err(|e| broken(&e))
    }

    /// One row by its number.
    pub(crate) fn fetch(&self, table: &TableDefinition, row: i64) -> Outcome<Option<StoredRow>> {
        let columns = columns_of(table);
        let list = if columns.is_empty() { String::new() } else { format!(", {}", columns.join(", ")) };
        let text = format!("select id{list} from {} where id = ?1", table_name(table));
        let types = Self::types(table);
        let mut statement = self.connection.prepare_cached(&text).map_err(|e| broken(&e))?;
        let mut rows = statement.query([row]).map_err(|e| broken(&e))?;
        match rows.next().map_err(|e| broken(&e))? {
            Some(row) => Self::read(row, &types).map(Some).map_err(|e| broken(&e)),
            None => Ok(None),
        }
    }

    /// Whether a row is equal in the given columns.
    pub(crate) fn exists(&self, table: &TableDefinition, keys: &[(usize, Value)]) -> Outcome<bool> {
        let conditions: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(position, (column, _))| format!("c{} = ?{}", table.columns[*column].storage, position + 1))
            .collect();
        let text = format!("select 1 from {} where {} limit 1", table_name(table), conditions.join(" and "));
        let mut statement = self.connection.prepare_cached(&text).map_err(|e| broken(&e))?;
        let cells: Vec<Cell> = keys.iter().map(|(_, value)| encode(value)).collect();
        statement.exists(params_from_iter(cells)).map_err(|e| broken(&e))
    }

    /// Inserts a row; none when a unique index refuses it.
    pub(crate) fn insert(
        &self,
        table: &TableDefinition,
        number: Option<i64>,
        values: &[Value],
    ) -> Outcome<Option<i64>> {
        let columns = columns_of(table);
        let places: Vec<String> = (2..columns.len() + 2).map(|place| format!("?{place}")).collect();
        let text = format!(
            "insert into {} (id{}{}) values (?1{}{})",
            table_name(table),
            if columns.is_empty() { "" } else { ", " },
            columns.join(", "),
            if columns.is_empty() { "" } else { ", " },
            places.join(", ")
        );
        let mut cells = vec![number.map_or(Cell::Null, Cell::Integer)];
        cells.extend(
            table.columns.iter().zip(values).filter(|(c, _)| c.computed.is_none()).map(|(_, v)| encode(v)),
        );
        let mut statement = self.connection.prepare_cached(&text).map_err(|e| broken(&e))?;
        match statement.execute(params_from_iter(cells)) {
            Ok(_) => Ok(Some(self.connection.last_insert_rowid())),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(None),
            Err(error) => Err(broken(&error)),
        }
    }

    /// Replaces a row's values; false when a unique index refuses them.
    pub(crate) fn update(&self, table: &TableDefinition, number: i64, values: &[Value]) -> Outcome<bool> {
        let columns = columns_of(table);
        let sets: Vec<String> =
            columns.iter().enumerate().map(|(place, column)| format!("{column} = ?{}", place + 2)).collect();
        let text = format!("update {} set {} where id = ?1", table_name(table), sets.join(", "));
        let mut cells = vec![Cell::Integer(number)];
        cells.extend(
            table.columns.iter().zip(values).filter(|(c, _)| c.computed.is_none()).map(|(_, v)| encode(v)),
        );
        let mut statement = self.connection.prepare_cached(&text).map_err(|e| broken(&e))?;
        match statement.execute(params_from_iter(cells)) {
            Ok(_) => Ok(true),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(false),
            Err(error) => Err(broken(&error)),
        }
    }

    /// Deletes a row.
    pub(crate) fn delete(&self, table: &TableDefinition, number: i64) -> Outcome<bool> {
        let text = format!("delete from {} where id = ?1", table_name(table));
        let mut statement = self.connection.prepare_cached(&text).map_err(|e| broken(&e))?;
        statement.execute([number]).map(|count| count > 0).map_err(|e| broken(&e))
    }

    /// Deletes all rows.
    pub(crate) fn clear(&self, table: &TableDefinition) -> Outcome<()> {
        self.run(&format!("delete from {}", table_name(table)))
    }
}
