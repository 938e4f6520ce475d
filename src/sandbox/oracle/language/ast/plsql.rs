//! PL/SQL.
#![expect(missing_docs, reason = "variants and fields carry the names of Oracle's grammar")]

use super::{Argument, DataType, Expression, Ident, Name, Query, Rights, Span, Statement};

/// `[DECLARE …] BEGIN … [EXCEPTION …] END`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Labels of an anonymous block; those of an inner block are with its [`PlStatement`].
    pub labels: Vec<Ident>,
    pub declarations: Vec<Declaration>,
    pub body: Vec<PlStatement>,
    pub handlers: Vec<ExceptionHandler>,
    pub end_label: Option<Ident>,
    pub span: Span,
}

/// One declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    pub kind: DeclarationKind,
    pub span: Span,
}

/// What can be declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclarationKind {
    Variable {
        name: Ident,
        constant: bool,
        data_type: DataType,
        not_null: bool,
        default: Option<Expression>,
    },
    Type {
        name: Ident,
        definition: TypeDefinition,
    },
    Subtype {
        name: Ident,
        base: DataType,
        not_null: bool,
        range: Option<(Expression, Expression)>,
    },
    /// Without a query in a package specification.
    Cursor {
        name: Ident,
        parameters: Vec<Parameter>,
        returns: Option<DataType>,
        query: Option<Box<Query>>,
    },
    Exception(Ident),
    Pragma(Pragma),
    /// Procedure or function; without a body it is a forward or package declaration.
    Subprogram(Box<Subprogram>),
}

/// What a named type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeDefinition {
    Record(Vec<RecordField>),
    TableOf {
        element: DataType,
        not_null: bool,
        index_by: Option<DataType>,
    },
    Varray {
        limit: u32,
        element: DataType,
        not_null: bool,
    },
    RefCursor {
        returns: Option<DataType>,
    },
    /// CREATE TYPE … AS OBJECT, attributes only.
    Object(Vec<RecordField>),
}

/// One field of a record or attribute of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordField {
    pub name: Ident,
    pub data_type: DataType,
    pub not_null: bool,
    pub default: Option<Expression>,
}

/// PRAGMA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pragma {
    /// The error number with its sign, usually negative.
    ExceptionInit {
        exception: Ident,
        code: i32,
    },
    AutonomousTransaction,
    SeriallyReusable,
    /// Any other one, which has no effect on meaning.
    Other(Ident),
}

/// A procedure or function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subprogram {
    /// One part, but for a stored one that names its owner.
    pub name: Name,
    pub parameters: Vec<Parameter>,
    /// Present for a function.
    pub returns: Option<DataType>,
    pub rights: Option<Rights>,
    pub properties: Vec<SubprogramProperty>,
    pub block: Option<Box<Block>>,
    pub span: Span,
}

/// Words between the heading and IS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubprogramProperty {
    Deterministic,
    ParallelEnable,
    ResultCache,
    Pipelined,
}

/// A formal parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: Ident,
    pub mode: ParameterMode,
    pub no_copy: bool,
    pub data_type: DataType,
    pub default: Option<Expression>,
    pub span: Span,
}

/// Direction of a parameter or bind argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterMode {
    In,
    Out,
    InOut,
}

/// `WHEN … THEN …` of an EXCEPTION part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionHandler {
    pub trigger: HandlerTrigger,
    pub body: Vec<PlStatement>,
    pub span: Span,
}

/// What a handler catches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandlerTrigger {
    Others,
    Exceptions(Vec<Name>),
}

/// One statement with its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlStatement {
    pub labels: Vec<Ident>,
    pub kind: PlStatementKind,
    pub span: Span,
}

/// What a PL/SQL statement can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlStatementKind {
    Null,
    /// The target is a name, bind, element or field.
    Assign {
        target: Expression,
        value: Expression,
    },
    /// A Name, Call, Member or Apply in the place of a statement.
    Call(Expression),
    If {
        branches: Vec<IfBranch>,
        otherwise: Option<Vec<PlStatement>>,
    },
    /// No match without ELSE raises `CASE_NOT_FOUND`, so an absent ELSE is not an empty one.
    Case {
        operand: Option<Expression>,
        branches: Vec<IfBranch>,
        otherwise: Option<Vec<PlStatement>>,
    },
    Loop {
        body: Vec<PlStatement>,
        end_label: Option<Ident>,
    },
    While {
        condition: Expression,
        body: Vec<PlStatement>,
        end_label: Option<Ident>,
    },
    ForRange {
        variable: Ident,
        reverse: bool,
        low: Expression,
        high: Expression,
        body: Vec<PlStatement>,
        end_label: Option<Ident>,
    },
    ForQuery {
        variable: Ident,
        query: Box<Query>,
        body: Vec<PlStatement>,
        end_label: Option<Ident>,
    },
    ForCursor {
        variable: Ident,
        cursor: Name,
        arguments: Vec<Argument>,
        body: Vec<PlStatement>,
        end_label: Option<Ident>,
    },
    Forall {
        index: Ident,
        bounds: ForallBounds,
        save_exceptions: bool,
        statement: Box<PlStatement>,
    },
    Exit {
        label: Option<Ident>,
        when: Option<Expression>,
    },
    Continue {
        label: Option<Ident>,
        when: Option<Expression>,
    },
    Return(Option<Expression>),
    /// Without a name: raise again, inside a handler only.
    Raise(Option<Name>),
    Block(Box<Block>),
    /// Static SQL: a query with INTO, DML, transaction control, LOCK TABLE.
    Sql(Box<Statement>),
    ExecuteImmediate {
        text: Expression,
        into: Option<Into>,
        using: Vec<UsingArgument>,
        returning: Option<Into>,
    },
    /// `OPEN cursor[(arguments)]`.
    Open {
        cursor: Expression,
        arguments: Vec<Argument>,
    },
    /// `OPEN cursor FOR query`.
    OpenQuery {
        cursor: Expression,
        query: Box<Query>,
    },
    /// `OPEN cursor FOR text USING …`.
    OpenDynamic {
        cursor: Expression,
        text: Expression,
        using: Vec<UsingArgument>,
    },
    Fetch {
        cursor: Expression,
        into: Into,
        limit: Option<Expression>,
    },
    Close {
        cursor: Expression,
    },
}

/// A condition (or CASE value) and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfBranch {
    pub condition: Expression,
    pub body: Vec<PlStatement>,
}

/// What a FORALL runs over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForallBounds {
    Range { low: Expression, high: Expression },
    IndicesOf { collection: Expression, between: Option<(Expression, Expression)> },
    ValuesOf(Expression),
}

/// `[BULK COLLECT] INTO targets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Into {
    pub bulk: bool,
    pub targets: Vec<Expression>,
    pub span: Span,
}

/// One argument of USING.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsingArgument {
    pub mode: ParameterMode,
    pub value: Expression,
}
