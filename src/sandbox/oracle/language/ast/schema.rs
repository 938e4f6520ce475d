//! Definitions of tables, indexes, views, sequences and synonyms.
#![expect(missing_docs, reason = "variants and fields carry the names of Oracle's clauses")]

use super::{DataType, Expression, Ident, Name, Query, Span};

/// CREATE TABLE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    pub temporary: Option<Temporary>,
    pub if_not_exists: bool,
    pub name: Name,
    /// Columns and out-of-line constraints, in the order written; empty for `CREATE TABLE t AS SELECT`.
    pub elements: Vec<TableElement>,
    pub options: Vec<StorageOption>,
    pub as_query: Option<Box<Query>>,
}

/// GLOBAL or PRIVATE TEMPORARY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Temporary {
    pub private: bool,
    /// ON COMMIT PRESERVE ROWS (or DEFINITION).
    pub preserve: bool,
}

/// A column or a constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableElement {
    Column(Box<ColumnDefinition>),
    Constraint(Box<Constraint>),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefinition {
    pub name: Ident,
    /// Absent for the columns of CREATE TABLE AS SELECT and for some virtual columns.
    pub data_type: Option<DataType>,
    pub visible: Option<bool>,
    pub default: Option<ColumnDefault>,
    pub identity: Option<Identity>,
    /// `GENERATED ALWAYS AS (expression) VIRTUAL`.
    pub virtual_value: Option<Expression>,
    /// Inline constraints; their own column lists are empty.
    pub constraints: Vec<Constraint>,
    pub span: Span,
}

/// `DEFAULT [ON NULL] value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefault {
    pub on_null: bool,
    pub value: Expression,
    /// The value as written, which the dictionary shows.
    pub text: String,
}

/// `GENERATED … AS IDENTITY (…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub generation: IdentityGeneration,
    pub options: SequenceOptions,
}

/// When an identity column makes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentityGeneration {
    Always,
    ByDefault,
    ByDefaultOnNull,
}

/// A constraint with its optional name and state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    pub name: Option<Ident>,
    pub kind: ConstraintKind,
    pub state: ConstraintState,
    pub span: Span,
}

/// What is constrained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintKind {
    NotNull,
    /// The word NULL, which says that nulls are welcome.
    Null,
    Unique(Vec<Ident>),
    PrimaryKey(Vec<Ident>),
    ForeignKey {
        columns: Vec<Ident>,
        table: Name,
        /// Empty means the primary key.
        referenced: Vec<Ident>,
        on_delete: Option<OnDelete>,
    },
    Check {
        condition: Expression,
        /// The condition as written, without its brackets.
        text: String,
    },
}

/// What happens to children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDelete {
    Cascade,
    SetNull,
}

/// The state clauses; `None` where nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConstraintState {
    pub deferrable: Option<bool>,
    pub initially_deferred: Option<bool>,
    pub enabled: Option<bool>,
    pub validated: Option<bool>,
    pub rely: Option<bool>,
    pub using_index: Option<UsingIndex>,
}

/// `USING INDEX …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsingIndex {
    /// With index attributes, or nothing.
    Attributes(Vec<StorageOption>),
    Named(Name),
    Create(Box<CreateIndex>),
}

/// Physical attributes: parsed, kept, and without effect on meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageOption {
    Tablespace(Ident),
    /// Any other clause in upper case with single spaces, such as `PCTFREE 10` or `NOLOGGING`.
    Clause(String),
}

/// One action of ALTER TABLE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterTableAction {
    Add(Vec<TableElement>),
    ModifyColumns(Vec<AlterColumn>),
    ModifyConstraint {
        target: ConstraintTarget,
        state: ConstraintState,
        cascade: bool,
    },
    /// `ENABLE|DISABLE [VALIDATE|NOVALIDATE] constraint`.
    SetConstraint {
        enable: bool,
        validate: Option<bool>,
        target: ConstraintTarget,
        state: ConstraintState,
        cascade: bool,
    },
    /// `ENABLE|DISABLE ALL TRIGGERS`.
    AllTriggers {
        enable: bool,
    },
    DropColumns {
        columns: Vec<Ident>,
        cascade_constraints: bool,
    },
    SetUnused {
        columns: Vec<Ident>,
        cascade_constraints: bool,
    },
    DropUnusedColumns,
    DropConstraint {
        target: ConstraintTarget,
        cascade: bool,
        keep_index: Option<bool>,
    },
    RenameColumn {
        from: Ident,
        to: Ident,
    },
    RenameConstraint {
        from: Ident,
        to: Ident,
    },
    RenameTo(Ident),
    ReadOnly(bool),
    RowMovement {
        enable: bool,
    },
    /// `MOVE` and physical attributes.
    Storage(Vec<StorageOption>),
}

/// One column of MODIFY; only what was written changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterColumn {
    pub name: Ident,
    pub data_type: Option<DataType>,
    pub visible: Option<bool>,
    pub default: Option<ColumnDefault>,
    pub identity: Option<Identity>,
    pub drop_identity: bool,
    pub constraints: Vec<Constraint>,
    pub span: Span,
}

/// Which constraint an ALTER TABLE is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintTarget {
    Named(Ident),
    PrimaryKey,
    Unique(Vec<Ident>),
}

/// CREATE INDEX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    pub kind: IndexKind,
    pub name: Name,
    pub table: Name,
    pub columns: Vec<IndexColumn>,
    pub options: Vec<StorageOption>,
}

/// Kinds of index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexKind {
    Normal,
    Unique,
    Bitmap,
}

/// One indexed column or expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexColumn {
    pub value: Expression,
    pub descending: bool,
}

/// ALTER INDEX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterIndex {
    Rebuild(Vec<StorageOption>),
    RenameTo(Ident),
    Unusable,
    Visible(bool),
    Enable(bool),
    Coalesce,
}

/// CREATE VIEW.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateView {
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub force: bool,
    pub name: Name,
    pub columns: Vec<Ident>,
    pub query: Query,
    /// The query as written, which the dictionary shows.
    pub text: String,
    pub restriction: Option<ViewRestriction>,
}

/// WITH READ ONLY or WITH CHECK OPTION.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewRestriction {
    ReadOnly,
    CheckOption { constraint: Option<Ident> },
}

/// CREATE SEQUENCE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSequence {
    pub if_not_exists: bool,
    pub name: Name,
    pub options: SequenceOptions,
}

/// Options of a sequence or identity; `None` where nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SequenceOptions {
    pub start_with: Option<i128>,
    /// `START WITH LIMIT VALUE`, of identity columns only.
    pub start_with_limit_value: bool,
    pub increment_by: Option<i128>,
    pub max_value: Option<Bound>,
    pub min_value: Option<Bound>,
    pub cycle: Option<bool>,
    pub cache: Option<Cache>,
    pub order: Option<bool>,
    pub keep: Option<bool>,
    /// SCALE or NOSCALE.
    pub scale: Option<bool>,
    /// SESSION (true) or GLOBAL.
    pub session: Option<bool>,
    /// RESTART, of ALTER SEQUENCE only.
    pub restart: bool,
}

/// MAXVALUE n or NOMAXVALUE, and likewise for the minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    Value(i128),
    None,
}

/// CACHE n or NOCACHE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cache {
    Values(i128),
    None,
}

/// CREATE SYNONYM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSynonym {
    pub or_replace: bool,
    pub public: bool,
    pub name: Name,
    pub target: Name,
}
