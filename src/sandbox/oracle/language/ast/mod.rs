//! The syntax tree: what a text says, before anything is looked up.
//!
//! *Owns*: one typed node for each construct, with its place in the text.
//!
//! *Never*: resolves. `a.b(1)` is a [`Call`] whether `a` is a package, a schema or a collection; the binder decides.
//!
//! *Start reading at*: [`Statement`], then [`Expression`].
//!
//! *To add one*: add a variant; existing ones keep their shape because the binder matches on them.

mod data_type;
mod ddl;
mod dml;
mod expression;
mod plsql;
mod query;
mod schema;
mod security;

pub use data_type::{
    CharacterKind, DataType, DataTypeKind, IntegerKind, LengthUnit, Precision, TimeZoneKind,
};
pub use ddl::{
    AlterSession, AlterSystem, AlterTrigger, CommentTarget, CreateSource, CreateTrigger, DmlEvent,
    DropStatement, ObjectKind, PackagePart, Rights, SettingValue, SystemScope, TriggerBody, TriggerEvent,
    TriggerTiming, UnitBody,
};
pub use dml::{
    Assignment, AssignmentTarget, Delete, DmlTarget, DmlTargetSource, Insert, InsertSource, Merge,
    MergeInsert, MergeUpdate, Returning, Update, WhereClause,
};
pub use expression::{
    Argument, BinaryOperator, Bind, Call, CaseBranch, CursorAttribute, Distinctness, Expression,
    ExpressionKind, FrameBound, FrameUnit, Ident, IntervalQualifier, JsonAnswer, JsonEntry, JsonFunction,
    JsonHandling, JsonOnNull, JsonPath, JsonValueExpression, JsonWrapper, Keep, LikeKind, Name,
    NullTreatment, OrderItem, PseudoColumn, Quantifier, SequenceField, TrimSide, UnaryOperator, Window,
    WindowFrame,
};
pub use plsql::{
    Block, Declaration, DeclarationKind, ExceptionHandler, ForallBounds, HandlerTrigger, IfBranch, Into,
    Parameter, ParameterMode, PlStatement, PlStatementKind, Pragma, RecordField, Subprogram,
    SubprogramProperty, TypeDefinition, UsingArgument,
};
pub use query::{
    CommonTable, Fetch, Flashback, ForUpdate, GroupItem, Hierarchical, Join, JoinCondition, JoinKind,
    JsonColumn, JsonColumnKind, JsonTable, LockWait, Query, Select, SelectItem, SetExpression, SetOperator,
    TableFactor, TableReference, TableSource,
};
pub use schema::{
    AlterColumn, AlterIndex, AlterTableAction, Bound, Cache, ColumnDefault, ColumnDefinition, Constraint,
    ConstraintKind, ConstraintState, ConstraintTarget, CreateIndex, CreateSequence, CreateSynonym,
    CreateTable, CreateView, Identity, IdentityGeneration, IndexColumn, IndexKind, OnDelete, SequenceOptions,
    StorageOption, TableElement, Temporary, UsingIndex, ViewRestriction,
};
pub use security::{
    Authentication, DatabaseLinkUser, DefaultRoles, Grant, GrantObject, Grantee, Privilege, Quota, Revoke,
    RoleChoice, UserOption,
};

use super::Span;

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
