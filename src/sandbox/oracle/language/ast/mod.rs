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
mod statement;

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
pub use statement::{Statement, StatementKind};

use super::Span;
