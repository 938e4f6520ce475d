//! The bound tree: names are places, types are known, conversions are written out. The machine runs it.

use std::sync::Arc;

use super::catalogue::TableDefinition;
use super::functions::Builtin;
use super::language::ast::{BinaryOperator, CursorAttribute, JsonHandling, JsonWrapper, ParameterMode};
use super::values::{Type, Value};

/// An expression with its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expr {
    pub(crate) node: Node,
    pub(crate) of: Type,
}

/// What an expression does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Constant(Value),
    /// A column of the current row (level 0) or of an enclosing query's.
    Column {
        level: usize,
        slot: usize,
    },
    /// A PL/SQL variable: `depth` subprograms out, at `slot`.
    Local {
        depth: usize,
        slot: usize,
    },
    /// A package variable.
    Package {
        unit: i64,
        slot: usize,
    },
    Bind(usize),
    Field(Box<Expr>, usize),
    Element(Box<Expr>, Box<Expr>),
    Method(Box<Expr>, Method, Vec<Expr>),
    /// A constructor of a collection, record or object.
    Construct(Vec<Expr>),
    Convert(Box<Expr>),
    Builtin(&'static Builtin, Vec<Expr>),
    Arithmetic(BinaryOperator, Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    Concatenate(Box<Expr>, Box<Expr>),
    Compare(BinaryOperator, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    IsNull(Box<Expr>),
    Like {
        operand: Box<Expr>,
        pattern: Box<Expr>,
        escape: Option<Box<Expr>>,
    },
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    InList(Box<Expr>, Vec<Expr>),
    /// Several values at once, in comparisons.
    Row(Vec<Expr>),
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    /// CASE with an operand: compared with each branch by equality.
    Switch {
        operand: Box<Expr>,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Scalar(Arc<Subquery>),
    Exists(Arc<Subquery>),
    InQuery(Box<Expr>, Arc<Subquery>),
    Quantified {
        operator: BinaryOperator,
        all: bool,
        left: Box<Expr>,
        query: Arc<Subquery>,
    },
    Call(Arc<CallSite>),
    NextValue(i64),
    CurrentValue(i64),
    /// The expression over the parent row of CONNECT BY.
    Prior(Box<Expr>),
    /// `cursor%FOUND` and so on.
    Cursor(Box<Expr>, CursorAttribute),
    /// `SQL%ROWCOUNT` and so on.
    Implicit(CursorAttribute),
    Sysdate,
    Systimestamp {
        zone: bool,
    },
    User,
    SqlCode,
    SqlErrm(Option<Box<Expr>>),
    JsonObject {
        entries: Vec<(Expr, Expr, bool)>,
        absent: bool,
    },
    JsonArray {
        elements: Vec<(Expr, bool)>,
        absent: bool,
    },
    Json(Arc<JsonAccess>),
}

/// Methods of collections used as functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Count,
    First,
    Last,
    Next,
    Prior,
    Exists,
    Limit,
}

/// `JSON_VALUE`, `JSON_QUERY`, `JSON_EXISTS`.
#[derive(Clone, Debug)]
pub(crate) struct JsonAccess {
    pub(crate) function: super::language::ast::JsonFunction,
    pub(crate) document: Expr,
    pub(crate) path: String,
    pub(crate) wrapper: Option<JsonWrapper>,
    pub(crate) handling: JsonHandling,
    pub(crate) default: Option<Expr>,
}

/// A query used as an expression.
#[derive(Clone, Debug)]
pub(crate) struct Subquery {
    pub(crate) plan: QueryPlan,
    /// Whether it looks at rows of the queries around it; if not, it runs once a statement.
    pub(crate) correlated: bool,
}

macro_rules! compared_by_address {
    ($($name:ty),*) => { $(impl PartialEq for $name {
        fn eq(&self, other: &Self) -> bool { std::ptr::eq(self, other) }
    })* };
}
compared_by_address!(JsonAccess, Subquery, CallSite);

/// A query, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct QueryPlan {
    /// WITH queries, in order; each materialised under its number.
    pub(crate) common: Vec<CommonPlan>,
    pub(crate) body: Body,
    pub(crate) order: Vec<SortKey>,
    pub(crate) offset: Option<Expr>,
    pub(crate) fetch: Option<FetchPlan>,
    pub(crate) columns: Vec<OutputColumn>,
}

/// One WITH query.
#[derive(Clone, Debug)]
pub(crate) struct CommonPlan {
    pub(crate) number: u64,
    pub(crate) plan: QueryPlan,
    /// The second branch of a recursive query.
    pub(crate) recursive: Option<QueryPlan>,
}

/// FETCH FIRST.
#[derive(Clone, Debug)]
pub(crate) struct FetchPlan {
    pub(crate) count: Expr,
    pub(crate) percent: bool,
    pub(crate) with_ties: bool,
}

/// A column of a result.
#[derive(Clone, Debug)]
pub(crate) struct OutputColumn {
    pub(crate) name: String,
    pub(crate) of: Type,
    pub(crate) nullable: bool,
}

/// What a query is made of.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Select(Box<SelectPlan>),
    Set {
        operator: super::language::ast::SetOperator,
        all: bool,
        left: Box<QueryPlan>,
        right: Box<QueryPlan>,
    },
}

/// One SELECT.
#[derive(Clone, Debug)]
pub(crate) struct SelectPlan {
    pub(crate) from: Source,
    /// The slots of a row of FROM.
    pub(crate) width: usize,
    /// All slots: FROM's, ROWNUM, LEVEL, aggregates, windows.
    pub(crate) slots: usize,
    pub(crate) rownum: Option<usize>,
    pub(crate) filter: Vec<Expr>,
    pub(crate) hierarchy: Option<Hierarchy>,
    pub(crate) grouping: Option<Grouping>,
    pub(crate) windows: Vec<WindowPlan>,
    pub(crate) output: Vec<Expr>,
    pub(crate) distinct: bool,
}

/// CONNECT BY.
#[derive(Clone, Debug)]
pub(crate) struct Hierarchy {
    pub(crate) start: Option<Expr>,
    pub(crate) connect: Expr,
    pub(crate) level: usize,
    pub(crate) leaf: Option<usize>,
    pub(crate) nocycle: bool,
    pub(crate) siblings: Vec<SortKey>,
    /// `SYS_CONNECT_BY_PATH` and `CONNECT_BY_ROOT` values: where they go and what they are of.
    pub(crate) paths: Vec<(usize, Expr, Option<String>)>,
}

/// GROUP BY and the aggregates.
#[derive(Clone, Debug)]
pub(crate) struct Grouping {
    pub(crate) keys: Vec<Expr>,
    /// Where a key's value goes, for ROLLUP and its kin.
    pub(crate) key_slots: Vec<usize>,
    /// The sets of keys; one with all of them for a plain GROUP BY.
    pub(crate) sets: Vec<Vec<usize>>,
    pub(crate) aggregates: Vec<(usize, AggregatePlan)>,
    pub(crate) having: Option<Expr>,
}

/// One aggregate.
#[derive(Clone, Debug)]
pub(crate) struct AggregatePlan {
    pub(crate) function: AggregateFunction,
    pub(crate) arguments: Vec<Expr>,
    pub(crate) distinct: bool,
    pub(crate) order: Vec<SortKey>,
    /// KEEP (`DENSE_RANK` FIRST or LAST).
    pub(crate) keep: Option<(bool, Vec<SortKey>)>,
    pub(crate) json: bool,
}

/// Aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AggregateFunction {
    CountAll,
    Count,
    Sum,
    Average,
    Minimum,
    Maximum,
    ListAgg,
    Median,
    Variance,
    Deviation,
    JsonArray,
    JsonObject,
}

/// One window function.
#[derive(Clone, Debug)]
pub(crate) struct WindowPlan {
    pub(crate) slot: usize,
    pub(crate) function: WindowFunction,
    pub(crate) arguments: Vec<Expr>,
    pub(crate) partition: Vec<Expr>,
    pub(crate) order: Vec<SortKey>,
    pub(crate) frame: Option<FramePlan>,
    pub(crate) ignore_nulls: bool,
}

/// What a window function computes.
#[derive(Clone, Debug)]
pub(crate) enum WindowFunction {
    RowNumber,
    Rank,
    DenseRank,
    NTile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    RatioToReport,
    Aggregate(AggregateFunction, bool),
}

/// ROWS or RANGE with its two ends; only rows before and after by a constant count.
#[derive(Clone, Debug)]
pub(crate) struct FramePlan {
    pub(crate) rows: bool,
    pub(crate) start: Edge,
    pub(crate) end: Edge,
}

/// An end of a frame.
#[derive(Clone, Debug)]
pub(crate) enum Edge {
    Unbounded,
    Current,
    Preceding(Expr),
    Following(Expr),
}

/// A sort key.
#[derive(Clone, Debug)]
pub(crate) struct SortKey {
    pub(crate) value: Expr,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// Where rows come from. `at` is the first slot of the source in the row of FROM.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Table {
        table: Arc<TableDefinition>,
        at: usize,
    },
    Fixed {
        rows: super::catalogue::fixed::FixedTable,
        at: usize,
    },
    Query {
        plan: Box<QueryPlan>,
        at: usize,
        lateral: bool,
    },
    Common {
        number: u64,
        columns: usize,
        at: usize,
    },
    Collection {
        value: Expr,
        fields: usize,
        at: usize,
    },
    JsonTable {
        table: Box<JsonTablePlan>,
        at: usize,
    },
    /// A share of a table's rows, in percent.
    Sample {
        of: Box<Source>,
        percent: Box<Expr>,
    },
    /// Inner joins of any number of sources under conjunctions, written in the select's filter.
    Product(Vec<Source>),
    Join {
        kind: Joining,
        left: Box<Source>,
        right: Box<Source>,
        on: Vec<Expr>,
    },
}

/// Kinds of outer joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joining {
    Inner,
    Left,
    Full,
}

/// `JSON_TABLE`.
#[derive(Clone, Debug)]
pub(crate) struct JsonTablePlan {
    pub(crate) document: Expr,
    pub(crate) path: String,
    pub(crate) columns: Vec<JsonColumnPlan>,
}

/// A column of `JSON_TABLE`.
#[derive(Clone, Debug)]
pub(crate) enum JsonColumnPlan {
    Ordinality,
    Path { path: String, of: Type, query: bool, exists: bool },
    Nested { path: String, columns: Vec<JsonColumnPlan> },
}

/// A call of a subprogram.
#[derive(Clone, Debug)]
pub(crate) struct CallSite {
    pub(crate) target: Target,
    /// One for each parameter, in the parameters' order; none takes the default.
    pub(crate) arguments: Vec<Option<Expr>>,
    pub(crate) modes: Vec<ParameterMode>,
}

/// What is called.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A subprogram of the unit being run; `depth` subprograms out is its parent's frame.
    Own { routine: usize, depth: usize },
    /// A subprogram of a stored unit.
    Stored { unit: i64, routine: usize },
}

impl Expr {
    /// A constant of its natural type.
    pub(crate) fn constant(value: Value, of: Type) -> Self {
        Self { node: Node::Constant(value), of }
    }

    /// A NULL.
    pub(crate) fn null() -> Self {
        Self::constant(Value::Null, Type::Null)
    }

    /// A column of the current row.
    pub(crate) fn column(slot: usize, of: Type) -> Self {
        Self { node: Node::Column { level: 0, slot }, of }
    }

    /// Visits this expression and those below it, but not inside subqueries; stops below a node when told so.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self) -> bool) {
        if !visit(self) {
            return;
        }
        match &self.node {
            Node::Field(a, _)
            | Node::Convert(a)
            | Node::Negate(a)
            | Node::Not(a)
            | Node::IsNull(a)
            | Node::Prior(a)
            | Node::Cursor(a, _)
            | Node::SqlErrm(Some(a)) => {
                a.walk(visit);
            }
            Node::Element(a, b)
            | Node::Arithmetic(_, a, b)
            | Node::Concatenate(a, b)
            | Node::Compare(_, a, b)
            | Node::And(a, b)
            | Node::Or(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Node::Method(a, _, list) | Node::InList(a, list) => {
                a.walk(visit);
                for e in list {
                    e.walk(visit);
                }
            }
            Node::Construct(list) | Node::Builtin(_, list) | Node::Row(list) => {
                for e in list {
                    e.walk(visit);
                }
            }
            Node::Like { operand, pattern, escape } => {
                operand.walk(visit);
                pattern.walk(visit);
                if let Some(escape) = escape {
                    escape.walk(visit);
                }
            }
            Node::Between(a, b, c) => {
                a.walk(visit);
                b.walk(visit);
                c.walk(visit);
            }
            Node::Case { branches, otherwise } | Node::Switch { branches, otherwise, .. } => {
                if let Node::Switch { operand, .. } = &self.node {
                    operand.walk(visit);
                }
                for (when, then) in branches {
                    when.walk(visit);
                    then.walk(visit);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.walk(visit);
                }
            }
            Node::InQuery(a, _) | Node::Quantified { left: a, .. } => a.walk(visit),
            Node::Call(call) => {
                for e in call.arguments.iter().flatten() {
                    e.walk(visit);
                }
            }
            Node::JsonObject { entries, .. } => {
                for (key, value, _) in entries {
                    key.walk(visit);
                    value.walk(visit);
                }
            }
            Node::JsonArray { elements, .. } => {
                for (e, _) in elements {
                    e.walk(visit);
                }
            }
            Node::Json(access) => access.document.walk(visit),
            _ => {}
        }
    }
}
