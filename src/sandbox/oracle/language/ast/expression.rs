//! Names and expressions.
#![expect(missing_docs, reason = "variants and fields carry the names of Oracle's grammar")]

use super::{DataType, Query, Span};

/// An identifier: upper case unless it was quoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ident {
    pub text: String,
    pub quoted: bool,
    pub span: Span,
}

/// A name of one or more parts, perhaps in another database.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// At least one.
    pub parts: Vec<Ident>,
    /// What followed `@`, with its dots.
    pub link: Option<String>,
    pub span: Span,
}

impl Name {
    /// The last part, which names the thing itself.
    ///
    /// # Panics
    /// Never for a parsed name: the parser makes no name without parts.
    pub fn last(&self) -> &Ident {
        self.parts.last().expect("the parser makes no name without parts")
    }

    /// The part before the last one: the owner of a two-part name.
    pub fn qualifier(&self) -> Option<&Ident> {
        self.parts.len().checked_sub(2).and_then(|at| self.parts.get(at))
    }

    /// The only part of an unqualified, local name.
    pub fn single(&self) -> Option<&Ident> {
        match (self.parts.as_slice(), &self.link) {
            ([only], None) => Some(only),
            _ => None,
        }
    }
}

/// A bind variable: `:name` in upper case, or `:1` by its digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bind {
    pub name: String,
    pub span: Span,
}

/// An expression or condition; Oracle's grammar keeps them apart in SQL, this tree does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    pub kind: ExpressionKind,
    pub span: Span,
}

/// What an expression can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpressionKind {
    Null,
    Boolean(bool),
    /// Digits as written, with `.` and exponent, without a sign; `d` or `f` suffix kept in lower case.
    Number(String),
    String {
        value: String,
        national: bool,
    },
    /// `DATE '2026-05-19'`, the text unchecked.
    Date(String),
    /// `TIMESTAMP '…'`, the text unchecked.
    Timestamp(String),
    Interval {
        value: String,
        qualifier: IntervalQualifier,
    },
    Bind(Bind),
    /// `:NEW.column` and `:OLD.column` in a trigger.
    BindField {
        bind: Bind,
        field: Ident,
    },
    /// A column, variable, constant, collection attribute or a function called without brackets.
    Name(Name),
    Pseudo(PseudoColumn),
    /// `sequence.NEXTVAL`; the name is without its last part.
    SequenceValue {
        sequence: Name,
        field: SequenceField,
    },
    Call(Box<Call>),
    /// `.field` after something that is not a plain name: `t(1).field`.
    Member {
        base: Box<Expression>,
        field: Ident,
    },
    /// `(…)` after something that is not a plain name: `t(1)(2)`.
    Apply {
        base: Box<Expression>,
        arguments: Vec<Argument>,
    },
    /// `cursor%FOUND`; the cursor is a name, or a bind.
    CursorAttribute {
        cursor: Box<Expression>,
        attribute: CursorAttribute,
    },
    Unary {
        operator: UnaryOperator,
        operand: Box<Expression>,
    },
    Binary {
        operator: BinaryOperator,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// `left op ANY (…)`; `right` is a Subquery or a Tuple.
    Quantified {
        operator: BinaryOperator,
        quantifier: Quantifier,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Between {
        operand: Box<Expression>,
        low: Box<Expression>,
        high: Box<Expression>,
        negated: bool,
    },
    InList {
        operand: Box<Expression>,
        list: Vec<Expression>,
        negated: bool,
    },
    InQuery {
        operand: Box<Expression>,
        query: Box<Query>,
        negated: bool,
    },
    Like {
        kind: LikeKind,
        operand: Box<Expression>,
        pattern: Box<Expression>,
        escape: Option<Box<Expression>>,
        negated: bool,
    },
    IsNull {
        operand: Box<Expression>,
        negated: bool,
    },
    IsJson {
        operand: Box<Expression>,
        negated: bool,
    },
    /// `IS [NOT] NAN` and `IS [NOT] INFINITE`.
    IsFloat {
        operand: Box<Expression>,
        infinite: bool,
        negated: bool,
    },
    Exists(Box<Query>),
    Case {
        operand: Option<Box<Expression>>,
        branches: Vec<CaseBranch>,
        otherwise: Option<Box<Expression>>,
    },
    Cast {
        operand: Box<Expression>,
        data_type: DataType,
    },
    /// `EXTRACT(field FROM operand)`.
    Extract {
        field: Ident,
        operand: Box<Expression>,
    },
    Trim {
        side: TrimSide,
        characters: Option<Box<Expression>>,
        operand: Box<Expression>,
    },
    /// `operand AT TIME ZONE zone`; no zone means AT LOCAL.
    AtTimeZone {
        operand: Box<Expression>,
        zone: Option<Box<Expression>>,
    },
    Subquery(Box<Query>),
    /// Two or more expressions in brackets.
    Tuple(Vec<Expression>),
    /// The old outer join mark, `column (+)`.
    OuterJoin(Box<Expression>),
    /// DEFAULT where a value is expected in INSERT and UPDATE.
    Default,
    /// `JSON_VALUE`, `JSON_QUERY` and `JSON_EXISTS`.
    JsonPath(Box<JsonPath>),
    JsonObject {
        entries: Vec<JsonEntry>,
        handling: JsonHandling,
    },
    JsonArray {
        elements: Vec<JsonValueExpression>,
        handling: JsonHandling,
    },
    JsonArrayAgg {
        element: Box<JsonValueExpression>,
        order_by: Vec<OrderItem>,
        handling: JsonHandling,
    },
    JsonObjectAgg {
        entry: Box<JsonEntry>,
        handling: JsonHandling,
    },
}

/// Columns and functions without brackets that SQL knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PseudoColumn {
    Rownum,
    /// Unqualified; a qualified ROWID is a [`Name`] ending in ROWID.
    Rowid,
    Level,
    Sysdate,
    Systimestamp,
    CurrentDate,
    CurrentTimestamp,
    Localtimestamp,
    Sessiontimezone,
    Dbtimezone,
    User,
    Uid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// Which value of a sequence.
pub enum SequenceField {
    Nextval,
    Currval,
}

/// A function or procedure call, a collection element, or a constructor: they look alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub name: Name,
    pub distinctness: Option<Distinctness>,
    /// `COUNT(*)`.
    pub star: bool,
    pub arguments: Vec<Argument>,
    /// LISTAGG's `ON OVERFLOW …`: true for TRUNCATE, false for ERROR.
    pub overflow_truncate: Option<bool>,
    pub null_treatment: Option<NullTreatment>,
    /// `WITHIN GROUP (ORDER BY …)`, empty if absent.
    pub within_group: Vec<OrderItem>,
    pub keep: Option<Keep>,
    pub over: Option<Window>,
    pub span: Span,
}

/// `[name =>] value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    pub name: Option<Ident>,
    pub value: Expression,
}

/// DISTINCT (UNIQUE) or ALL in front of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Distinctness {
    Distinct,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// `IGNORE NULLS` or `RESPECT NULLS`.
pub enum NullTreatment {
    Ignore,
    Respect,
}

/// `KEEP (DENSE_RANK FIRST ORDER BY …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// False means LAST.
    pub first: bool,
    pub order_by: Vec<OrderItem>,
}

/// What stands in `OVER (…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub partition_by: Vec<Expression>,
    pub order_by: Vec<OrderItem>,
    pub frame: Option<WindowFrame>,
}

/// `ROWS|RANGE [BETWEEN] start [AND end]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowFrame {
    pub unit: FrameUnit,
    pub start: FrameBound,
    pub end: Option<FrameBound>,
}

/// What a frame counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameUnit {
    Rows,
    Range,
}

/// One end of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameBound {
    UnboundedPreceding,
    UnboundedFollowing,
    CurrentRow,
    Preceding(Box<Expression>),
    Following(Box<Expression>),
}

/// One ORDER BY item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItem {
    pub value: Expression,
    pub descending: bool,
    pub nulls_first: Option<bool>,
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    Plus,
    Minus,
    Not,
    Prior,
    ConnectByRoot,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Concatenate,
    Multiply,
    Divide,
    /// `**`, in PL/SQL only.
    Power,
    /// `MOD` between two operands, in PL/SQL only.
    Modulo,
}

/// ANY (SOME) or ALL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    Any,
    All,
}

/// LIKE and its variants for units of comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LikeKind {
    Like,
    LikeC,
    Like2,
    Like4,
}

/// `WHEN condition THEN value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseBranch {
    pub when: Expression,
    pub then: Expression,
}

/// Which end TRIM works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrimSide {
    Both,
    Leading,
    Trailing,
}

/// Units of an interval literal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IntervalQualifier {
    /// YEAR, MONTH, DAY, HOUR, MINUTE or SECOND.
    pub leading: String,
    pub leading_precision: Option<u32>,
    /// After TO.
    pub trailing: Option<String>,
    /// Fraction digits of SECOND.
    pub second_precision: Option<u32>,
}

/// What can be asked of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CursorAttribute {
    Found,
    NotFound,
    RowCount,
    IsOpen,
    BulkRowCount,
    BulkExceptions,
}

/// Which path function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonFunction {
    Value,
    Query,
    Exists,
}

/// `JSON_VALUE(document, 'path' …)` and its sisters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    pub function: JsonFunction,
    pub document: Expression,
    pub format_json: bool,
    /// The path, unchecked; absent only where Oracle's default `$` applies.
    pub path: Option<String>,
    pub passing: Vec<(Expression, Ident)>,
    pub wrapper: Option<JsonWrapper>,
    pub handling: JsonHandling,
}

/// `JSON_QUERY`'s wrapper clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonWrapper {
    Without,
    Unconditional,
    Conditional,
}

/// The clauses at the end of JSON functions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JsonHandling {
    pub on_null: Option<JsonOnNull>,
    pub returning: Option<DataType>,
    pub pretty: bool,
    pub strict: bool,
    pub unique_keys: bool,
    /// What to answer ON ERROR and ON EMPTY: `Null` literal, DEFAULT's expression, or the words `ERROR`, `EMPTY
    /// ARRAY`, `TRUE` and so on.
    pub on_error: Option<JsonAnswer>,
    pub on_empty: Option<JsonAnswer>,
}

/// Answer of a JSON function in a special case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonAnswer {
    Null,
    Error,
    Default(Box<Expression>),
    EmptyArray,
    EmptyObject,
    True,
    False,
}

/// NULL ON NULL or ABSENT ON NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonOnNull {
    Null,
    Absent,
}

/// One key and value of `JSON_OBJECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonEntry {
    /// Absent where the column's own name is the key, as in `JSON_OBJECT(a, b)`.
    pub key: Option<Expression>,
    pub value: JsonValueExpression,
}

/// `value [FORMAT JSON]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonValueExpression {
    pub value: Expression,
    pub format_json: bool,
}
