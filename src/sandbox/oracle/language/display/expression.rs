//! Expressions.

use std::fmt::{self, Display, Formatter};

use super::super::ast::{
    Argument, BinaryOperator, Call, CursorAttribute, Distinctness, Expression, ExpressionKind, FrameBound,
    FrameUnit, IntervalQualifier, LikeKind, NullTreatment, OrderItem, PseudoColumn, Quantifier,
    SequenceField, TrimSide, UnaryOperator, Window,
};
use super::{list, literal};

/// How tightly an expression holds together; the figures are the parser's.
fn power(expression: &Expression) -> u8 {
    match &expression.kind {
        ExpressionKind::Binary { operator, .. } => binary_power(*operator),
        ExpressionKind::Unary { operator: UnaryOperator::Not, .. } => 3,
        ExpressionKind::Unary { .. } | ExpressionKind::AtTimeZone { .. } => 7,
        ExpressionKind::Quantified { .. }
        | ExpressionKind::Between { .. }
        | ExpressionKind::InList { .. }
        | ExpressionKind::InQuery { .. }
        | ExpressionKind::Like { .. }
        | ExpressionKind::IsNull { .. }
        | ExpressionKind::IsJson { .. }
        | ExpressionKind::IsFloat { .. } => 4,
        _ => 9,
    }
}

fn binary_power(operator: BinaryOperator) -> u8 {
    use BinaryOperator as Op;
    match operator {
        Op::Or => 1,
        Op::And => 2,
        Op::Equal | Op::NotEqual | Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => 4,
        Op::Add | Op::Subtract | Op::Concatenate => 5,
        Op::Multiply | Op::Divide | Op::Modulo => 6,
        Op::Power => 8,
    }
}

/// An operand, in brackets if it holds less tightly than `least`.
struct Operand<'e>(&'e Expression, u8);

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if power(self.0) < self.1 { write!(f, "({})", self.0) } else { self.0.fmt(f) }
    }
}

fn not(negated: bool) -> &'static str {
    if negated { " NOT" } else { "" }
}

fn symbol(operator: BinaryOperator) -> &'static str {
    use BinaryOperator as Op;
    match operator {
        Op::Or => "OR",
        Op::And => "AND",
        Op::Equal => "=",
        Op::NotEqual => "<>",
        Op::Less => "<",
        Op::LessOrEqual => "<=",
        Op::Greater => ">",
        Op::GreaterOrEqual => ">=",
        Op::Add => "+",
        Op::Subtract => "-",
        Op::Concatenate => "||",
        Op::Multiply => "*",
        Op::Divide => "/",
        Op::Power => "**",
        Op::Modulo => "MOD",
    }
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExpressionKind::Unary { .. }
            | ExpressionKind::Binary { .. }
            | ExpressionKind::Quantified { .. } => operators(f, &self.kind),
            ExpressionKind::Between { .. }
            | ExpressionKind::InList { .. }
            | ExpressionKind::InQuery { .. }
            | ExpressionKind::Like { .. }
            | ExpressionKind::IsNull { .. }
            | ExpressionKind::IsJson { .. }
            | ExpressionKind::IsFloat { .. } => predicate(f, &self.kind),
            ExpressionKind::JsonPath(_)
            | ExpressionKind::JsonObject { .. }
            | ExpressionKind::JsonArray { .. }
            | ExpressionKind::JsonArrayAgg { .. }
            | ExpressionKind::JsonObjectAgg { .. } => super::json::function(f, &self.kind),
            kind => primary(f, kind),
        }
    }
}

fn operators(f: &mut Formatter<'_>, kind: &ExpressionKind) -> fmt::Result {
    match kind {
        ExpressionKind::Unary { operator, operand } => {
            let (word, least) = match operator {
                UnaryOperator::Plus => ("+", 8),
                UnaryOperator::Minus => ("-", 8),
                UnaryOperator::Not => ("NOT ", 4),
                UnaryOperator::Prior => ("PRIOR ", 8),
                UnaryOperator::ConnectByRoot => ("CONNECT_BY_ROOT ", 8),
            };
            write!(f, "{word}{}", Operand(operand, least))
        }
        ExpressionKind::Binary { operator, left, right } => {
            let own = binary_power(*operator);
            // A comparison of a comparison needs brackets, whatever its side.
            let left_least = if own == 4 { 5 } else { own };
            write!(f, "{} {} {}", Operand(left, left_least), symbol(*operator), Operand(right, own + 1))
        }
        ExpressionKind::Quantified { operator, quantifier, left, right } => {
            let word = match quantifier {
                Quantifier::Any => "ANY",
                Quantifier::All => "ALL",
            };
            write!(f, "{} {} {word} ", Operand(left, 5), symbol(*operator))?;
            match &right.kind {
                ExpressionKind::Tuple(items) => {
                    f.write_str("(")?;
                    list(f, items)?;
                    f.write_str(")")
                }
                _ => right.fmt(f),
            }
        }
        _ => Ok(()),
    }
}

fn predicate(f: &mut Formatter<'_>, kind: &ExpressionKind) -> fmt::Result {
    match kind {
        ExpressionKind::Between { operand, low, high, negated } => {
            let (operand, low, high) = (Operand(operand, 5), Operand(low, 5), Operand(high, 5));
            write!(f, "{operand}{} BETWEEN {low} AND {high}", not(*negated))
        }
        ExpressionKind::InList { operand, list: items, negated } => {
            write!(f, "{}{} IN (", Operand(operand, 5), not(*negated))?;
            list(f, items)?;
            f.write_str(")")
        }
        ExpressionKind::InQuery { operand, query, negated } => {
            write!(f, "{}{} IN ({query})", Operand(operand, 5), not(*negated))
        }
        ExpressionKind::Like { kind, operand, pattern, escape, negated } => {
            let word = match kind {
                LikeKind::Like => "LIKE",
                LikeKind::LikeC => "LIKEC",
                LikeKind::Like2 => "LIKE2",
                LikeKind::Like4 => "LIKE4",
            };
            write!(f, "{}{} {word} {}", Operand(operand, 5), not(*negated), Operand(pattern, 5))?;
            match escape {
                Some(escape) => write!(f, " ESCAPE {}", Operand(escape, 5)),
                None => Ok(()),
            }
        }
        ExpressionKind::IsNull { operand, negated } => {
            write!(f, "{} IS{} NULL", Operand(operand, 5), not(*negated))
        }
        ExpressionKind::IsJson { operand, negated } => {
            write!(f, "{} IS{} JSON", Operand(operand, 5), not(*negated))
        }
        ExpressionKind::IsFloat { operand, infinite, negated } => {
            let word = if *infinite { "INFINITE" } else { "NAN" };
            write!(f, "{} IS{} {word}", Operand(operand, 5), not(*negated))
        }
        _ => Ok(()),
    }
}

fn primary(f: &mut Formatter<'_>, kind: &ExpressionKind) -> fmt::Result {
    match kind {
        ExpressionKind::Null => f.write_str("NULL"),
        ExpressionKind::Boolean(true) => f.write_str("TRUE"),
        ExpressionKind::Boolean(false) => f.write_str("FALSE"),
        ExpressionKind::Number(digits) => f.write_str(digits),
        ExpressionKind::String { value, national } => {
            f.write_str(if *national { "N" } else { "" })?;
            literal(f, value)
        }
        ExpressionKind::Date(text) => {
            f.write_str("DATE ")?;
            literal(f, text)
        }
        ExpressionKind::Timestamp(text) => {
            f.write_str("TIMESTAMP ")?;
            literal(f, text)
        }
        ExpressionKind::Interval { value, qualifier } => interval(f, value, qualifier),
        ExpressionKind::Bind(bind) => bind.fmt(f),
        ExpressionKind::BindField { bind, field } => write!(f, "{bind}.{field}"),
        ExpressionKind::Name(name) => name.fmt(f),
        ExpressionKind::Pseudo(pseudo) => f.write_str(pseudo_name(*pseudo)),
        ExpressionKind::SequenceValue { sequence, field: SequenceField::Nextval } => {
            write!(f, "{sequence}.NEXTVAL")
        }
        ExpressionKind::SequenceValue { sequence, field: SequenceField::Currval } => {
            write!(f, "{sequence}.CURRVAL")
        }
        ExpressionKind::Call(call) => call.fmt(f),
        ExpressionKind::Member { base, field } => write!(f, "{base}.{field}"),
        ExpressionKind::Apply { base, arguments } => {
            write!(f, "{base}(")?;
            list(f, arguments)?;
            f.write_str(")")
        }
        ExpressionKind::CursorAttribute { cursor, attribute } => {
            write!(f, "{cursor}%{}", attribute_name(*attribute))
        }
        ExpressionKind::Exists(query) => write!(f, "EXISTS ({query})"),
        ExpressionKind::Case { operand, branches, otherwise } => {
            f.write_str("CASE")?;
            if let Some(operand) = operand {
                write!(f, " {operand}")?;
            }
            for branch in branches {
                write!(f, " WHEN {} THEN {}", branch.when, branch.then)?;
            }
            if let Some(otherwise) = otherwise {
                write!(f, " ELSE {otherwise}")?;
            }
            f.write_str(" END")
        }
        ExpressionKind::Cast { operand, data_type } => write!(f, "CAST({operand} AS {data_type})"),
        ExpressionKind::Extract { field, operand } => write!(f, "EXTRACT({field} FROM {operand})"),
        ExpressionKind::Trim { side, characters, operand } => trim(f, *side, characters.as_deref(), operand),
        ExpressionKind::AtTimeZone { operand, zone: None } => write!(f, "{} AT LOCAL", Operand(operand, 8)),
        ExpressionKind::AtTimeZone { operand, zone: Some(zone) } => {
            write!(f, "{} AT TIME ZONE {}", Operand(operand, 8), Operand(zone, 8))
        }
        ExpressionKind::Subquery(query) => write!(f, "({query})"),
        ExpressionKind::Tuple(items) => {
            f.write_str("(")?;
            list(f, items)?;
            f.write_str(")")
        }
        ExpressionKind::OuterJoin(column) => write!(f, "{column}(+)"),
        ExpressionKind::Default => f.write_str("DEFAULT"),
        _ => Ok(()),
    }
}

fn interval(f: &mut Formatter<'_>, value: &str, qualifier: &IntervalQualifier) -> fmt::Result {
    f.write_str("INTERVAL ")?;
    literal(f, value)?;
    write!(f, " {}", qualifier.leading)?;
    let inside = qualifier.second_precision.filter(|_| qualifier.trailing.is_none());
    match (qualifier.leading_precision, inside) {
        (Some(leading), Some(second)) => write!(f, "({leading}, {second})")?,
        (Some(leading), None) => write!(f, "({leading})")?,
        (None, _) => {}
    }
    if let Some(trailing) = &qualifier.trailing {
        write!(f, " TO {trailing}")?;
        if let Some(second) = qualifier.second_precision {
            write!(f, "({second})")?;
        }
    }
    Ok(())
}

fn trim(
    f: &mut Formatter<'_>,
    side: TrimSide,
    characters: Option<&Expression>,
    operand: &Expression,
) -> fmt::Result {
    let word = match side {
        TrimSide::Both => "BOTH",
        TrimSide::Leading => "LEADING",
        TrimSide::Trailing => "TRAILING",
    };
    match characters {
        Some(characters) => write!(f, "TRIM({word} {characters} FROM {operand})"),
        None => write!(f, "TRIM({word} FROM {operand})"),
    }
}

fn pseudo_name(pseudo: PseudoColumn) -> &'static str {
    match pseudo {
        PseudoColumn::Rownum => "ROWNUM",
        PseudoColumn::Rowid => "ROWID",
        PseudoColumn::Level => "LEVEL",
        PseudoColumn::Sysdate => "SYSDATE",
        PseudoColumn::Systimestamp => "SYSTIMESTAMP",
        PseudoColumn::CurrentDate => "CURRENT_DATE",
        PseudoColumn::CurrentTimestamp => "CURRENT_TIMESTAMP",
        PseudoColumn::Localtimestamp => "LOCALTIMESTAMP",
        PseudoColumn::Sessiontimezone => "SESSIONTIMEZONE",
        PseudoColumn::Dbtimezone => "DBTIMEZONE",
        PseudoColumn::User => "USER",
        PseudoColumn::Uid => "UID",
    }
}

fn attribute_name(attribute: CursorAttribute) -> &'static str {
    match attribute {
        CursorAttribute::Found => "FOUND",
        CursorAttribute::NotFound => "NOTFOUND",
        CursorAttribute::RowCount => "ROWCOUNT",
        CursorAttribute::IsOpen => "ISOPEN",
        CursorAttribute::BulkRowCount => "BULK_ROWCOUNT",
        CursorAttribute::BulkExceptions => "BULK_EXCEPTIONS",
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name} => ")?;
        }
        self.value.fmt(f)
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        if self.star {
            f.write_str("*")?;
        }
        if let Some(distinctness) = self.distinctness {
            write!(f, "{distinctness} ")?;
        }
        list(f, &self.arguments)?;
        match self.overflow_truncate {
            Some(true) => f.write_str(" ON OVERFLOW TRUNCATE")?,
            Some(false) => f.write_str(" ON OVERFLOW ERROR")?,
            None => {}
        }
        match self.null_treatment {
            Some(NullTreatment::Ignore) => f.write_str(" IGNORE NULLS")?,
            Some(NullTreatment::Respect) => f.write_str(" RESPECT NULLS")?,
            None => {}
        }
        f.write_str(")")?;
        if !self.within_group.is_empty() {
            f.write_str(" WITHIN GROUP (ORDER BY ")?;
            list(f, &self.within_group)?;
            f.write_str(")")?;
        }
        if let Some(keep) = &self.keep {
            write!(f, " KEEP (DENSE_RANK {} ORDER BY ", if keep.first { "FIRST" } else { "LAST" })?;
            list(f, &keep.order_by)?;
            f.write_str(")")?;
        }
        match &self.over {
            Some(window) => write!(f, " OVER ({window})"),
            None => Ok(()),
        }
    }
}

impl Display for Distinctness {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Distinct => "DISTINCT",
            Self::All => "ALL",
        })
    }
}

impl Display for OrderItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)?;
        f.write_str(if self.descending { " DESC" } else { "" })?;
        f.write_str(match self.nulls_first {
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
            None => "",
        })
    }
}

impl Display for Window {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        if !self.partition_by.is_empty() {
            f.write_str("PARTITION BY ")?;
            list(f, &self.partition_by)?;
            gap = " ";
        }
        if !self.order_by.is_empty() {
            write!(f, "{gap}ORDER BY ")?;
            list(f, &self.order_by)?;
            gap = " ";
        }
        let Some(frame) = &self.frame else { return Ok(()) };
        let unit = match frame.unit {
            FrameUnit::Rows => "ROWS",
            FrameUnit::Range => "RANGE",
        };
        match &frame.end {
            Some(end) => write!(f, "{gap}{unit} BETWEEN {} AND {end}", frame.start),
            None => write!(f, "{gap}{unit} {}", frame.start),
        }
    }
}

impl Display for FrameBound {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnboundedPreceding => f.write_str("UNBOUNDED PRECEDING"),
            Self::UnboundedFollowing => f.write_str("UNBOUNDED FOLLOWING"),
            Self::CurrentRow => f.write_str("CURRENT ROW"),
            Self::Preceding(limit) => write!(f, "{} PRECEDING", Operand(limit, 5)),
            Self::Following(limit) => write!(f, "{} FOLLOWING", Operand(limit, 5)),
        }
    }
}
