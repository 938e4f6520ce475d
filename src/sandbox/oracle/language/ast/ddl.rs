//! Stored source, and the smaller statements about objects and settings.
#![expect(missing_docs, reason = "variants and fields carry the names of Oracle's clauses")]

use super::super::LanguageError;
use super::{Block, Call, Declaration, Expression, Ident, Name, Span, Subprogram, TypeDefinition};

/// Kinds of schema object that DROP, COMPILE and stored source speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    Table,
    View,
    Index,
    Sequence,
    Synonym,
    PublicSynonym,
    Procedure,
    Function,
    Package,
    PackageBody,
    Trigger,
    Type,
    TypeBody,
    User,
    Role,
    DatabaseLink,
    PublicDatabaseLink,
    Directory,
}

/// DROP of anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropStatement {
    pub object: ObjectKind,
    pub name: Name,
    pub if_exists: bool,
    /// CASCADE CONSTRAINTS of tables and views, CASCADE of users.
    pub cascade: bool,
    pub purge: bool,
    /// FORCE of types, synonyms and indexes.
    pub force: bool,
}

/// CREATE of something whose source the dictionary keeps.
///
/// Oracle creates such an object even if its text is wrong; then `body` holds the error, and the statement ends
/// with ORA-24344 (success with compilation error). A trigger keeps its heading then: see [`TriggerBody::Invalid`].
/// What the sandbox does not support fails the statement instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSource {
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub object: ObjectKind,
    pub name: Name,
    /// The text from the word PROCEDURE, PACKAGE and so on to the end.
    pub source: String,
    /// Where `source` begins in the statement.
    pub source_span: Span,
    /// Where `USER_ERRORS` counts lines from: the body of a trigger, the source of anything else.
    pub error_origin: Span,
    pub body: Result<UnitBody, LanguageError>,
}

impl CreateSource {
    /// Line and column of an error in this source, both from 1, as `USER_ERRORS` counts them.
    pub fn relative(&self, line: u32, column: u32) -> (u32, u32) {
        let first = self.error_origin;
        let relative_line = line.saturating_sub(first.line) + 1;
        let relative_column =
            if line == first.line { column.saturating_sub(first.column) + 1 } else { column };
        (relative_line, relative_column)
    }
}

/// What a source says when it is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitBody {
    /// A procedure or function, with its block.
    Subprogram(Box<Subprogram>),
    Package {
        rights: Option<Rights>,
        declarations: Vec<Declaration>,
        end_name: Option<Ident>,
    },
    /// The initialisation part has no declarations of its own.
    PackageBody {
        declarations: Vec<Declaration>,
        initialization: Option<Box<Block>>,
        end_name: Option<Ident>,
    },
    Trigger(Box<CreateTrigger>),
    Type(TypeDefinition),
}

/// AUTHID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rights {
    Definer,
    CurrentUser,
}

/// A trigger; its name is in the [`CreateSource`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTrigger {
    pub timing: TriggerTiming,
    pub event: TriggerEvent,
    pub follows: Vec<Name>,
    /// False for DISABLE.
    pub enabled: bool,
    pub when: Option<Expression>,
    /// The condition as written.
    pub when_text: Option<String>,
    pub body: TriggerBody,
    /// The body as written, which the dictionary shows.
    pub body_text: String,
    /// From the trigger's name to the end of the event clause, which the dictionary shows as DESCRIPTION.
    pub description: String,
}

/// When a trigger fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

/// What fires a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerEvent {
    Dml {
        events: Vec<DmlEvent>,
        table: Name,
        /// Alias of OLD, alias of NEW.
        old: Option<Ident>,
        new: Option<Ident>,
        for_each_row: bool,
    },
    /// DDL and database events by their words: `CLONE`, `LOGON`, `CREATE`, ...
    System { events: Vec<String>, scope: SystemScope },
}

/// One DML event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DmlEvent {
    Insert,
    Delete,
    /// Any column if empty.
    Update(Vec<Ident>),
}

/// Where a system event is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemScope {
    Database,
    PluggableDatabase,
    Schema(Option<Ident>),
}

/// What a trigger does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerBody {
    Block(Box<Block>),
    Call(Box<Call>),
    /// The trigger exists and is invalid.
    Invalid(LanguageError),
}

/// ALTER TRIGGER, but for COMPILE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterTrigger {
    Enable,
    Disable,
    RenameTo(Ident),
}

/// Which part of a package is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackagePart {
    /// Nothing said: specification and body.
    All,
    Specification,
    Body,
}

/// ALTER SESSION.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterSession {
    Set(Vec<(Ident, SettingValue)>),
    /// `ENABLE|DISABLE|FORCE words`, such as `ENABLE PARALLEL DML`, in upper case.
    Words(String),
}

/// The value of a session or system parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    Name(Ident),
    String(String),
    /// With its sign.
    Number(String),
}

/// ALTER SYSTEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterSystem {
    /// `'sid,serial#'`.
    KillSession {
        session: String,
        immediate: bool,
    },
    Set(Vec<(Ident, SettingValue)>),
    /// FLUSH `SHARED_POOL` and the like, in upper case.
    Words(String),
}

/// What a comment is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommentTarget {
    Table(Name),
    /// `[owner.]table.column`.
    Column(Name),
}
