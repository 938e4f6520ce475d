//! Statements that change rows.
#![expect(missing_docs, reason = "variants and fields carry the names of Oracle's clauses")]

use super::{Expression, Ident, Into, Name, Query, Span, TableFactor};

/// What a statement changes: a table or view, or an inline view, with its alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DmlTarget {
    pub source: DmlTargetSource,
    pub alias: Option<Ident>,
    pub span: Span,
}

/// The table, or the query whose base table changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DmlTargetSource {
    Named(Name),
    Subquery(Box<Query>),
}

/// INSERT INTO one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insert {
    pub target: DmlTarget,
    /// Empty if no list was written.
    pub columns: Vec<Name>,
    pub source: InsertSource,
    pub returning: Option<Returning>,
}

/// Where inserted rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsertSource {
    Values(Vec<Expression>),
    /// `VALUES record` in PL/SQL.
    Record(Expression),
    Query(Box<Query>),
}

/// UPDATE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    pub target: DmlTarget,
    pub assignments: Vec<Assignment>,
    pub selection: Option<WhereClause>,
    pub returning: Option<Returning>,
}

/// `target = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub target: AssignmentTarget,
    /// A Subquery where several columns are set; may be Default.
    pub value: Expression,
}

/// Left side of an UPDATE's assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignmentTarget {
    Column(Name),
    Columns(Vec<Name>),
    /// `SET ROW = record` in PL/SQL.
    Row(Span),
}

/// DELETE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    pub target: DmlTarget,
    pub selection: Option<WhereClause>,
    pub returning: Option<Returning>,
}

/// WHERE of UPDATE and DELETE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhereClause {
    Condition(Expression),
    /// `WHERE CURRENT OF cursor` in PL/SQL.
    CurrentOf(Name),
}

/// MERGE. At least one of `update` and `insert` is present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    pub target: DmlTarget,
    pub using: TableFactor,
    pub on: Expression,
    pub update: Option<MergeUpdate>,
    pub insert: Option<MergeInsert>,
}

/// WHEN MATCHED THEN UPDATE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeUpdate {
    pub assignments: Vec<Assignment>,
    pub selection: Option<Expression>,
    pub delete_selection: Option<Expression>,
}

/// WHEN NOT MATCHED THEN INSERT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeInsert {
    pub columns: Vec<Name>,
    pub values: Vec<Expression>,
    pub selection: Option<Expression>,
}

/// `RETURNING expressions [BULK COLLECT] INTO targets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returning {
    pub expressions: Vec<Expression>,
    pub into: Into,
}
