//! Compiled PL/SQL.

use std::collections::HashMap;
use std::sync::Arc;

use crate::sandbox::oracle::bind::{DeletePlan, InsertPlan, MergePlan, UpdatePlan};
use crate::sandbox::oracle::language::ast::ParameterMode;
use crate::sandbox::oracle::plan::{CallSite, Expr, QueryPlan};
use crate::sandbox::oracle::values::{RecordType, Type};

/// Where something is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// A subprogram so many levels out.
    Frame(usize),
    /// The package being compiled.
    Own,
    /// Another stored unit.
    Unit(i64),
}

/// A declared name.
#[derive(Clone, Debug)]
pub(crate) enum Declared {
    Variable {
        slot: usize,
        of: Type,
        constant: bool,
    },
    /// A field of a record variable.
    Field {
        slot: usize,
        steps: Vec<usize>,
        of: Type,
        root: Box<Declared>,
    },
    Type(Type),
    Cursor {
        slot: usize,
        row: Arc<RecordType>,
        cursor: Arc<CursorPlan>,
    },
    Exception(Exception),
    /// The overloads of a subprogram, by number in its unit.
    Routines(Vec<usize>),
    /// Known to be missing.
    Nothing,
}

/// A declared cursor.
#[derive(Debug)]
pub(crate) struct CursorPlan {
    pub(crate) parameters: Vec<ParameterSlot>,
    /// The slots of the parameters in the frame of the cursor's subprogram.
    pub(crate) slots: Vec<usize>,
    pub(crate) plan: Arc<QueryPlan>,
}

/// What an exception is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exception {
    /// By its error number, positive.
    Code(i32),
    /// Declared by a user: unit and number.
    User(i64, u64),
}

/// A formal parameter.
#[derive(Clone, Debug)]
pub(crate) struct ParameterSlot {
    pub(crate) name: String,
    pub(crate) mode: ParameterMode,
    pub(crate) of: Type,
    pub(crate) default: Option<Expr>,
}

/// A subprogram.
#[derive(Debug, Clone)]
pub(crate) struct Routine {
    pub(crate) name: String,
    pub(crate) parameters: Vec<ParameterSlot>,
    pub(crate) returns: Option<Type>,
    /// The size of its frame.
    pub(crate) slots: usize,
    pub(crate) body: Option<Arc<Block>>,
    pub(crate) autonomous: bool,
}

/// A compiled unit.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) id: i64,
    pub(crate) owner: String,
    pub(crate) name: String,
    /// AUTHID `CURRENT_USER`.
    pub(crate) invoker: bool,
    pub(crate) routines: Vec<Routine>,
    /// Types and first values of the package's variables.
    pub(crate) variables: Vec<(Type, Option<Expr>)>,
    pub(crate) members: HashMap<String, Declared>,
    pub(crate) initialization: Option<Arc<Block>>,
    pub(crate) slots: usize,
    pub(crate) depends: Vec<i64>,
    /// What stops its execution.
    pub(crate) broken: Option<crate::sandbox::oracle::error::OracleError>,
    pub(crate) is_package: bool,
    pub(crate) changed: i64,
}

/// A block.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) declare: Vec<Initial>,
    pub(crate) body: Vec<Line>,
    pub(crate) handlers: Vec<Handler>,
}

/// A variable's first value.
#[derive(Debug)]
pub(crate) struct Initial {
    pub(crate) slot: usize,
    pub(crate) of: Type,
    pub(crate) value: Option<Expr>,
    pub(crate) not_null: bool,
    pub(crate) line: u32,
}

/// An exception handler; no exceptions means OTHERS.
#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) catches: Vec<Exception>,
    pub(crate) others: bool,
    pub(crate) body: Vec<Line>,
}

/// A statement with its place.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) line: u32,
    pub(crate) labels: Vec<String>,
    pub(crate) code: Code,
}

/// A place a value can be put.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) root: Root,
    pub(crate) path: Vec<Step>,
    pub(crate) of: Type,
}

/// The variable of a place.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    Local { depth: usize, slot: usize },
    Package { unit: i64, slot: usize },
    Bind(usize),
}

/// A step into a record or collection.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Field(usize),
    Element(Expr),
}

/// The targets of INTO.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    pub(crate) bulk: bool,
    pub(crate) places: Vec<Place>,
}

/// An argument of USING.
#[derive(Debug)]
pub(crate) struct Using {
    pub(crate) mode: ParameterMode,
    pub(crate) value: Option<Expr>,
    pub(crate) place: Option<Place>,
}

/// A static SQL statement.
#[derive(Debug)]
pub(crate) enum Sql {
    Select { plan: Arc<QueryPlan>, into: Targets },
    Insert(Arc<InsertPlan>),
    Update(Arc<UpdatePlan>),
    Delete(Arc<DeletePlan>),
    Merge(Arc<MergePlan>),
    Commit,
    Rollback(Option<String>),
    Savepoint(String),
    Nothing,
}

/// What a statement does.
#[derive(Debug)]
pub(crate) enum Code {
    Null,
    Assign(Place, Expr),
    Call(Arc<CallSite>, Vec<Option<Place>>),
    /// A method that changes a collection: DELETE, EXTEND, TRIM.
    Method(Place, String, Vec<Expr>),
    If(Vec<(Expr, Vec<Line>)>, Vec<Line>),
    Case {
        operand: Option<(Expr, usize)>,
        branches: Vec<(Expr, Vec<Line>)>,
        otherwise: Option<Vec<Line>>,
    },
    Loop {
        condition: Option<Expr>,
        body: Vec<Line>,
    },
    ForRange {
        slot: usize,
        reverse: bool,
        low: Expr,
        high: Expr,
        body: Vec<Line>,
    },
    ForQuery {
        slot: usize,
        row: Arc<RecordType>,
        plan: Arc<QueryPlan>,
        text: String,
        body: Vec<Line>,
    },
    ForCursor {
        slot: usize,
        row: Arc<RecordType>,
        plan: Arc<CursorPlan>,
        arguments: Vec<Expr>,
        body: Vec<Line>,
    },
    Forall {
        slot: usize,
        low: Expr,
        high: Expr,
        over: Option<Expr>,
        save: bool,
        body: Vec<Line>,
    },
    Exit(Option<String>, Option<Expr>),
    Continue(Option<String>, Option<Expr>),
    Return(Option<Expr>),
    Raise(Option<Exception>),
    Block(Arc<Block>),
    Sql {
        sql: Sql,
        text: String,
    },
    Execute {
        text: Expr,
        into: Option<Targets>,
        using: Vec<Using>,
        returning: Option<Targets>,
    },
    OpenStatic {
        cursor: Place,
        plan: Arc<CursorPlan>,
        arguments: Vec<Expr>,
        text: String,
    },
    OpenQuery {
        cursor: Place,
        plan: Arc<QueryPlan>,
        text: String,
    },
    OpenDynamic {
        cursor: Place,
        text: Expr,
        using: Vec<Using>,
    },
    Fetch {
        cursor: Expr,
        into: Targets,
        limit: Option<Expr>,
    },
    Close(Expr),
}
