//! Queries.
#![expect(missing_docs, reason = "variants and fields carry the names of Oracle's clauses")]

use super::{
    DataType, Distinctness, Expression, Ident, Into, JsonFunction, JsonHandling, JsonWrapper, Name,
    OrderItem, Span,
};

/// `[WITH …] body [ORDER BY …] [OFFSET … FETCH …] [FOR UPDATE …]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub with: Vec<CommonTable>,
    pub body: SetExpression,
    pub order_by: Vec<OrderItem>,
    /// ORDER SIBLINGS BY.
    pub order_siblings: bool,
    pub offset: Option<Expression>,
    pub fetch: Option<Fetch>,
    pub for_update: Option<ForUpdate>,
    pub span: Span,
}

/// `name [(columns)] AS (query)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommonTable {
    pub name: Ident,
    pub columns: Vec<Ident>,
    pub query: Query,
}

/// A SELECT, a query in brackets, or two of them combined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetExpression {
    Select(Box<Select>),
    Nested(Box<Query>),
    Set { operator: SetOperator, all: bool, left: Box<SetExpression>, right: Box<SetExpression> },
}

/// How two queries combine. All have the same precedence in Oracle, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOperator {
    Union,
    Intersect,
    /// MINUS; EXCEPT from 21c on.
    Minus,
}

/// One SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    pub distinctness: Option<Distinctness>,
    pub items: Vec<SelectItem>,
    /// `[BULK COLLECT] INTO`, in PL/SQL only.
    pub into: Option<Into>,
    /// Empty only in dialects that allow a SELECT without FROM.
    pub from: Vec<TableReference>,
    pub selection: Option<Expression>,
    pub hierarchical: Option<Hierarchical>,
    /// Empty if absent.
    pub group_by: Vec<GroupItem>,
    pub having: Option<Expression>,
    pub span: Span,
}

/// One item of the select list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectItem {
    Star(Span),
    /// `t.*` or `owner.t.*`.
    QualifiedStar(Name),
    Expression {
        value: Expression,
        alias: Option<Ident>,
    },
}

/// START WITH and CONNECT BY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchical {
    pub start_with: Option<Expression>,
    pub connect_by: Expression,
    pub nocycle: bool,
}

/// One item of GROUP BY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupItem {
    Expression(Expression),
    Rollup(Vec<Expression>),
    Cube(Vec<Expression>),
    GroupingSets(Vec<GroupItem>),
    /// `()` in GROUPING SETS.
    Empty,
}

/// One element of FROM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableReference {
    Factor(Box<TableFactor>),
    Join(Box<Join>),
}

/// One row source with its alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFactor {
    pub source: TableSource,
    pub lateral: bool,
    pub alias: Option<Ident>,
    pub flashback: Option<Flashback>,
    /// Percent, and whether BLOCK.
    pub sample: Option<(Expression, bool)>,
    /// PARTITION (name).
    pub partition: Option<Ident>,
    /// `(+)` after a `TABLE()` or inline view.
    pub outer_join: bool,
    pub span: Span,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableSource {
    /// A table, view, synonym or WITH name.
    Named(Name),
    Subquery(Box<Query>),
    /// `TABLE(expression)`.
    Collection(Expression),
    /// `pkg.function(arguments)` without `TABLE()`.
    Function(Expression),
    JsonTable(Box<JsonTable>),
}

/// `AS OF SCN|TIMESTAMP expression`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flashback {
    /// False means SCN.
    pub timestamp: bool,
    pub value: Expression,
}

/// Two row sources joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    pub kind: JoinKind,
    pub left: TableReference,
    pub right: TableReference,
    pub condition: JoinCondition,
    pub span: Span,
}

/// Kinds of join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
    CrossApply,
    OuterApply,
}

/// How rows match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinCondition {
    On(Expression),
    Using(Vec<Ident>),
    Natural,
    /// CROSS JOIN and APPLY.
    None,
}

/// `FETCH FIRST n ROWS ONLY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Absent means one row.
    pub count: Option<Expression>,
    pub percent: bool,
    pub with_ties: bool,
}

/// `FOR UPDATE [OF …] [NOWAIT|WAIT n|SKIP LOCKED]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForUpdate {
    pub of: Vec<Name>,
    pub wait: LockWait,
}

/// What to do about a lock somebody else holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockWait {
    Forever,
    NoWait,
    Seconds(u32),
    SkipLocked,
}

/// `JSON_TABLE(document, 'path' COLUMNS (…))`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonTable {
    pub document: Expression,
    pub format_json: bool,
    pub path: Option<String>,
    pub passing: Vec<(Expression, Ident)>,
    pub handling: JsonHandling,
    pub columns: Vec<JsonColumn>,
    pub span: Span,
}

/// One COLUMNS entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonColumn {
    /// Absent for NESTED PATH.
    pub name: Option<Ident>,
    pub kind: JsonColumnKind,
    pub span: Span,
}

/// What a `JSON_TABLE` column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonColumnKind {
    Ordinality,
    /// VALUE by default; QUERY with FORMAT JSON; EXISTS when said so.
    Path {
        function: JsonFunction,
        data_type: Option<DataType>,
        wrapper: Option<JsonWrapper>,
        path: Option<String>,
        handling: Box<JsonHandling>,
    },
    Nested {
        path: String,
        columns: Vec<JsonColumn>,
    },
}
