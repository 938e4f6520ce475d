//! Statements.

use super::{
    AlterIndex, AlterSession, AlterSystem, AlterTableAction, AlterTrigger, Authentication, Bind, Block, Call,
    CommentTarget, CreateIndex, CreateSequence, CreateSource, CreateSynonym, CreateTable, CreateView,
    DatabaseLinkUser, Delete, DropStatement, Grant, Ident, Insert, LockWait, Merge, Name, ObjectKind,
    PackagePart, Query, Revoke, RoleChoice, SequenceOptions, Span, Update, UserOption,
};

/// One complete statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// Its bind variables in the order of the text, as often as they stand there. Stored source has none.
    pub binds: Vec<Bind>,
    /// The whole statement.
    pub span: Span,
}

/// What a statement can be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "variants and fields carry the names of Oracle's statements and clauses")]
pub enum StatementKind {
    Query(Box<Query>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Merge(Box<Merge>),
    /// An anonymous PL/SQL block.
    Block(Box<Block>),
    /// `CALL routine(...) [INTO :bind]`.
    Call {
        routine: Call,
        into: Option<Bind>,
    },

    CreateTable(Box<CreateTable>),
    AlterTable {
        table: Name,
        actions: Vec<AlterTableAction>,
    },
    CreateIndex(Box<CreateIndex>),
    AlterIndex {
        index: Name,
        action: AlterIndex,
    },
    CreateView(Box<CreateView>),
    CreateSequence(Box<CreateSequence>),
    AlterSequence {
        sequence: Name,
        options: SequenceOptions,
    },
    CreateSynonym(CreateSynonym),
    /// CREATE PROCEDURE, FUNCTION, PACKAGE, PACKAGE BODY, TRIGGER or TYPE.
    CreateSource(Box<CreateSource>),
    /// `ALTER <kind> name COMPILE`.
    Compile {
        object: ObjectKind,
        name: Name,
        part: PackagePart,
        reuse_settings: bool,
    },
    AlterTrigger {
        trigger: Name,
        action: AlterTrigger,
    },
    CreateDirectory {
        or_replace: bool,
        name: Ident,
        path: String,
    },
    CreateDatabaseLink {
        public: bool,
        name: Name,
        user: Option<DatabaseLinkUser>,
        using: Option<String>,
    },
    Drop(DropStatement),
    Truncate {
        table: Name,
        reuse_storage: bool,
        cascade: bool,
    },
    Rename {
        from: Ident,
        to: Ident,
    },
    Comment {
        on: CommentTarget,
        text: String,
    },
    /// `PURGE RECYCLEBIN`, or the named table.
    Purge {
        table: Option<Name>,
    },

    CreateUser {
        user: Ident,
        options: Vec<UserOption>,
    },
    AlterUser {
        user: Ident,
        options: Vec<UserOption>,
    },
    CreateRole {
        role: Ident,
        authentication: Option<Authentication>,
    },
    Grant(Box<Grant>),
    Revoke(Box<Revoke>),

    AlterSession(AlterSession),
    AlterSystem(AlterSystem),
    /// `ALTER DATABASE PROPERTY SET name = 'value'`; no value means REMOVE.
    AlterDatabaseProperty {
        name: Ident,
        value: Option<String>,
    },
    SetRole(RoleChoice),

    LockTable {
        tables: Vec<Name>,
        mode: String,
        wait: LockWait,
    },
    Commit {
        comment: Option<String>,
    },
    /// To a savepoint, or the whole transaction.
    Rollback {
        to: Option<Ident>,
    },
    Savepoint(Ident),
    /// The words after SET TRANSACTION, upper case, single spaces; a name is kept apart.
    SetTransaction {
        mode: String,
        name: Option<String>,
    },
    /// An empty list means ALL.
    SetConstraints {
        constraints: Vec<Name>,
        deferred: bool,
    },
}
