//! The seam between REST-Enabled SQL and the database that runs the statements.

use std::fmt::{self, Debug};
use std::sync::Arc;

use serde_json::Value;

use super::pages::Application;
use super::value::Cell;
use crate::model::Secret;
use crate::sandbox::engine::{EngineError, Identity};
use crate::sandbox::oracle::{Attribute, Halt, Verifier};

/// Runs the statements of databases. Every call may take as long as the statement does.
pub trait Backend: Debug + Send + Sync {
    /// The user whose schema is REST-enabled under an alias, in upper case unless its name is quoted.
    ///
    /// # Errors
    /// When the database is not there.
    fn user_of_alias(&self, database: &str, alias: &str) -> Result<Option<String>, EngineError>;

    /// The application of APEX that has a number or an alias, in the workspace with a path prefix or in any, with a page by its
    /// number or alias, or its first one.
    ///
    /// # Errors
    /// When the database is not there.
    fn application(
        &self,
        database: &str,
        prefix: Option<&str>,
        name: &str,
        page: Option<&str>,
    ) -> Result<Option<Application>, EngineError>;

    /// Opens a session that ends when it is dropped, with what it did not commit.
    ///
    /// # Errors
    /// The database refuses the user, or is not there.
    fn logon(&self, logon: Logon) -> Result<Box<dyn SqlSession>, LogonError>;

    /// With what a user, whose name is as the dictionary has it, can prove the password; none for one without.
    ///
    /// # Errors
    /// When the database is not there.
    fn verifier(&self, _database: &str, _user: &str) -> Result<Option<Verifier>, EngineError> {
        Ok(None)
    }

    /// Gives a user another password.
    ///
    /// # Errors
    /// The database's error about the user or either password.
    fn change_password(
        &self,
        _database: &str,
        _user: &str,
        _old: &Secret,
        _new: &Secret,
    ) -> Result<(), SqlError> {
        Err(cannot("change passwords here"))
    }
}

fn cannot(what: &str) -> SqlError {
    SqlError::new(3001, &format!("unimplemented feature: the sandbox cannot {what}"))
}

/// Who wants a session, and on what terms.
#[derive(Clone)]
pub struct Logon {
    /// The database.
    pub database: Identity,
    /// The user as the client wrote it.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// Nothing may be changed: ORA-16000.
    pub read_only: bool,
    /// Is told of every statement before it runs.
    pub watch: Watch,
    /// Faults asked for this session that the surface does not know itself, by name and detail.
    pub faults: Vec<(String, Value)>,
}

impl Debug for Logon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logon")
            .field("database", &self.database.ocid)
            .field("user", &self.user)
            .field("read_only", &self.read_only)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum LogonError {
    /// The database refuses the user.
    #[error(transparent)]
    Refused(#[from] SqlError),
    /// The database is not there.
    #[error(transparent)]
    Lost(#[from] EngineError),
}

/// A session of one user. Dropping it rolls back and forgets everything it held.
pub trait SqlSession {
    /// Binds and runs one statement or block without its terminator; binds that come out get their values.
    ///
    /// # Errors
    /// The database's error; nothing of the statement remains then.
    fn execute(&mut self, text: &str, binds: &mut [Bind]) -> Result<Done, SqlError>;

    /// Switches `DBMS_OUTPUT` on or off, as SET SERVEROUTPUT does.
    fn set_output(&mut self, on: bool);

    /// Takes the lines that `DBMS_OUTPUT` holds.
    fn take_output(&mut self) -> Vec<String>;

    /// Commits.
    ///
    /// # Errors
    /// The database's error.
    fn commit(&mut self) -> Result<(), SqlError>;

    /// Rolls back.
    ///
    /// # Errors
    /// The database's error.
    fn rollback(&mut self) -> Result<(), SqlError>;

    /// The columns of a query, which is bound and not run; nothing for what is no query.
    ///
    /// # Errors
    /// The database's error about the text.
    fn describe(&mut self, _text: &str) -> Result<Option<Vec<Column>>, SqlError> {
        Err(cannot("describe a statement here"))
    }

    /// Whether changes wait for their commit.
    fn in_transaction(&self) -> bool {
        false
    }

    /// The session's number and serial number.
    fn number(&self) -> (i64, i64) {
        (1, 1)
    }

    /// Has what runs stop when somebody else wants that.
    fn set_halt(&mut self, _halt: Halt) {}

    /// Notes what the client says of its session.
    fn set_attribute(&mut self, _attribute: Attribute, _value: Option<String>) {}

    /// Sets the schema in which names without one are looked up.
    ///
    /// # Errors
    /// ORA-01435 where there is no such user.
    fn set_schema(&mut self, _schema: &str) -> Result<(), SqlError> {
        Err(cannot("set a schema here"))
    }
}

/// Is told of every statement before it runs, on the thread that runs it.
pub type Watch = Arc<dyn Fn(&Seen<'_>) + Send + Sync>;

/// A statement that is about to run.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The session's user.
    pub user: &'a str,
    /// The text without values of binds, passwords masked.
    pub sql: &'a str,
    /// Whether it may change anything.
    pub writes: bool,
    /// Whether a block sent it, not the client.
    pub inside: bool,
    /// The session's module.
    pub module: Option<&'a str>,
    /// The session's action.
    pub action: Option<&'a str>,
}

/// The type of a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindType {
    /// NUMBER and its relatives.
    Number,
    /// CHAR and NCHAR.
    Char,
    /// VARCHAR2 and its relatives, up to 32767 bytes.
    Varchar2,
    /// CLOB, NCLOB and LONG.
    Clob,
    /// DATE.
    Date,
    /// TIMESTAMP.
    Timestamp,
    /// TIMESTAMP WITH TIME ZONE, also the local one.
    TimestampTz,
    /// ROWID.
    Rowid,
    /// RAW, up to 32767 bytes.
    Raw,
    /// BLOB.
    Blob,
    /// BOOLEAN.
    Boolean,
    /// A cursor that comes out.
    Cursor,
    /// An array of VARCHAR2.
    Texts,
    /// An array of NUMBER.
    Numbers,
}

impl BindType {
    /// The array of such elements, where there is one.
    #[must_use]
    pub fn array(self) -> Option<Self> {
        match self {
            Self::Varchar2 | Self::Char => Some(Self::Texts),
            Self::Number => Some(Self::Numbers),
            _ => None,
        }
    }
}

/// The direction of a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindMode {
    /// Into the statement.
    In,
    /// Out of it.
    Out,
    /// Both.
    InOut,
}

/// A bind variable.
#[derive(Clone, Debug)]
pub struct Bind {
    /// Its name without colon; none when binds go by position.
    pub name: Option<String>,
    /// Its type.
    pub of: BindType,
    /// Its direction.
    pub mode: BindMode,
    /// Its value; replaced by what comes out.
    pub value: Cell,
    /// Room for so many bytes of text or RAW; what the type takes at most where it is not said.
    pub size: Option<u32>,
}

/// What a statement answered.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The rows of a query.
    pub rows: Option<Rows>,
    /// How many rows were changed.
    pub affected: u64,
    /// What SQL*Plus would print.
    pub feedback: String,
    /// What a block does with its binds, whatever was said of their modes.
    pub directions: Vec<BindMode>,
    /// The rows that RETURNING … INTO gives.
    pub returned: Vec<Vec<Cell>>,
}

/// Rows of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, a cell a column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as the dictionary writes it.
    pub type_name: String,
    /// Digits of a number or length of a text; 0 where there is no limit.
    pub precision: u32,
    /// The scale of a number; -127 for one without precision.
    pub scale: i32,
    /// Whether it can be NULL.
    pub nullable: bool,
}

/// The database's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct SqlError {
    /// The code on top, without sign: 942 for ORA-00942.
    pub code: u32,
    /// The whole stack, one message a line.
    pub text: String,
    /// The line of the statement, from 1; 0 where it has none.
    pub line: u32,
    /// The column, from 1; 0 where it has none.
    pub column: u32,
}

impl SqlError {
    /// An error without a place.
    pub fn new(code: u32, message: &str) -> Self {
        Self { code, text: format!("ORA-{code:05}: {message}"), line: 0, column: 0 }
    }

    /// The line of the statement at which it went wrong: its own, else that of the outermost anonymous block.
    pub(super) fn place(&self) -> Option<u32> {
        if self.line > 0 {
            return Some(self.line);
        }
        let last =
            self.text.lines().filter_map(|line| line.strip_prefix("ORA-06512: at line ")).next_back()?;
        last.trim().parse().ok()
    }
}
