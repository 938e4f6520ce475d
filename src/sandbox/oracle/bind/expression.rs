//! Expressions and conditions.

use std::sync::Arc;

use super::Binder;
use super::names::Resolved;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::functions;
use crate::sandbox::oracle::language::Span;
use crate::sandbox::oracle::language::ast::{
    BinaryOperator, Expression, ExpressionKind, Name, PseudoColumn, SequenceField, TrimSide, UnaryOperator,
};
use crate::sandbox::oracle::plan::{Expr, Node};
use crate::sandbox::oracle::plsql::code::{Declared, Home};
use crate::sandbox::oracle::values::{Number, Type, Value, convert, date_format};

impl Binder<'_> {
    /// Binds a list.
    pub(crate) fn expressions(&mut self, list: &[Expression]) -> Outcome<Vec<Expr>> {
        list.iter().map(|item| self.expression(item)).collect()
    }

    /// Binds an expression.
    pub(crate) fn expression(&mut self, written: &Expression) -> Outcome<Expr> {
        let span = written.span;
        self.expression_kind(&written.kind, span).map_err(|error| error.at(span.line, span.column))
    }

    fn boxed(&mut self, written: &Expression) -> Outcome<Box<Expr>> {
        self.expression(written).map(Box::new)
    }

    fn expression_kind(&mut self, kind: &ExpressionKind, span: Span) -> Outcome<Expr> {
        let boolean = |node: Node| Expr { node, of: Type::Boolean };
        let negate = |expr: Expr, negated: bool| {
            if negated { Expr { node: Node::Not(Box::new(expr)), of: Type::Boolean } } else { expr }
        };
        Ok(match kind {
            ExpressionKind::Null => Expr::null(),
            ExpressionKind::Boolean(value) => {
                if self.in_sql {
                    return Err(OracleError::new(904, &[if *value { "\"TRUE\"" } else { "\"FALSE\"" }]));
                }
                Expr::constant(Value::Boolean(*value), Type::Boolean)
            }
            ExpressionKind::Number(text) => {
                let digits = text.trim_end_matches(['d', 'f']);
                let number = Number::parse(digits).ok_or_else(|| OracleError::new(1426, &[]))?;
                Expr::constant(Value::Number(number), Type::NUMBER)
            }
            ExpressionKind::String { value, .. } => {
                let length = u32::try_from(value.len()).ok().filter(|length| *length > 0);
                Expr::constant(Value::text(value), Type::Varchar { length, chars: false })
            }
            ExpressionKind::Date(text) => {
                let (micros, _) = date_format::parse(text, "YYYY-MM-DD", 0)?;
                Expr::constant(Value::Date(micros / 1_000_000), Type::Date)
            }
            ExpressionKind::Timestamp(text) => timestamp_literal(text)?,
            ExpressionKind::Interval { value, qualifier } => super::json::interval(value, qualifier)?,
            ExpressionKind::Bind(bind) => self.bind_variable(bind)?,
            ExpressionKind::BindField { bind, field } => {
                let name = Name {
                    parts: vec![
                        crate::sandbox::oracle::language::ast::Ident {
                            text: format!(":{}", bind.name),
                            quoted: false,
                            span,
                        },
                        field.clone(),
                    ],
                    link: None,
                    span,
                };
                match self.resolve(&name)? {
                    Some(Resolved::Declared(declared, home)) => match self.place_of(&declared, &home) {
                        Some(place) => place,
                        None => {
                            return Err(Self::pls(
                                span,
                                49,
                                &format!("bad bind variable '{}.{}'", bind.name, field.text),
                            ));
                        }
                    },
                    _ => {
                        return Err(Self::pls(
                            span,
                            49,
                            &format!("bad bind variable '{}.{}'", bind.name, field.text),
                        ));
                    }
                }
            }
            ExpressionKind::Name(name) => self.name(name)?,
            ExpressionKind::Pseudo(pseudo) => self.pseudo(*pseudo)?,
            ExpressionKind::SequenceValue { sequence, field } => {
                // A record field may be called so too.
                let object = self.find_sequence(sequence)?;
                let node = match field {
                    SequenceField::Nextval => Node::NextValue(object.id),
                    SequenceField::Currval => Node::CurrentValue(object.id),
                };
                Expr { node, of: Type::NUMBER }
            }
            ExpressionKind::Call(call) => self.call(call)?,
            ExpressionKind::Member { base, field } => {
                let base = self.expression(base)?;
                self.field(base, &field.text, field.span)?
            }
            ExpressionKind::Apply { base, arguments } => {
                let base = self.expression(base)?;
                self.element(base, arguments, span)?
            }
            ExpressionKind::CursorAttribute { cursor, attribute } => {
                self.cursor_attribute(cursor, *attribute)?
            }
            ExpressionKind::Unary { operator, operand } => self.unary(*operator, operand)?,
            ExpressionKind::Binary { operator, left, right } => {
                let left = self.expression(left)?;
                let right = self.expression(right)?;
                self.binary(*operator, left, right, span)?
            }
            ExpressionKind::Quantified { operator, quantifier, left, right } => {
                self.quantified(*operator, *quantifier, left, right)?
            }
            ExpressionKind::Between { operand, low, high, negated } => {
                let operand = self.expression(operand)?;
                let (a, low) = {
                    let low = self.expression(low)?;
                    self.comparable(operand.clone(), low, span)?
                };
                let (b, high) = {
                    let high = self.expression(high)?;
                    self.comparable(operand, high, span)?
                };
                let node = if a == b {
                    Node::Between(Box::new(a), Box::new(low), Box::new(high))
                } else {
                    Node::And(
                        Box::new(boolean(Node::Compare(
                            BinaryOperator::GreaterOrEqual,
                            Box::new(a),
                            Box::new(low),
                        ))),
                        Box::new(boolean(Node::Compare(
                            BinaryOperator::LessOrEqual,
                            Box::new(b),
                            Box::new(high),
                        ))),
                    )
                };
                negate(boolean(node), *negated)
            }
            ExpressionKind::InList { operand, list, negated } => {
                let operand = self.expression(operand)?;
                let items = self.expressions(list)?;
                negate(self.in_list(operand, items, span)?, *negated)
            }
            ExpressionKind::InQuery { operand, query, negated } => {
                let operand = self.expression(operand)?;
                let subquery = self.subquery(query)?;
                let (operand, subquery) = self.match_query(operand, subquery, span)?;
                negate(boolean(Node::InQuery(Box::new(operand), Arc::new(subquery))), *negated)
            }
            ExpressionKind::Like { operand, pattern, escape, negated, .. } => {
                let operand = self.expression(operand)?;
                let pattern = self.expression(pattern)?;
                let escape = escape.as_ref().map(|escape| self.boxed(escape)).transpose()?;
                let operand = Box::new(self.coerce(operand, &Type::TEXT, span)?);
                let pattern = Box::new(self.coerce(pattern, &Type::TEXT, span)?);
                negate(boolean(Node::Like { operand, pattern, escape }), *negated)
            }
            ExpressionKind::IsNull { operand, negated } => {
                negate(boolean(Node::IsNull(self.boxed(operand)?)), *negated)
            }
            ExpressionKind::IsJson { operand, negated } => {
                let operand = self.expression(operand)?;
                negate(self.builtin("$IS_JSON", vec![operand], span)?, *negated)
            }
            ExpressionKind::IsFloat { .. } => {
                return Err(OracleError::unsupported("test for NAN or INFINITE"));
            }
            ExpressionKind::Exists(query) => boolean(Node::Exists(Arc::new(self.subquery(query)?))),
            ExpressionKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), span)?
            }
            ExpressionKind::Cast { operand, data_type } => {
                let operand = self.expression(operand)?;
                let to = self.data_type(data_type)?;
                if !to.accepts(&operand.of) {
                    return Err(OracleError::new(932, &[to.error_name(), operand.of.error_name()]));
                }
                let to = if let Type::Varchar { length: None, chars } = to {
                    Type::Varchar { length: Some(4000), chars }
                } else {
                    to
                };
                Expr {
                    node: Node::Builtin(
                        functions::find("$CAST").ok_or_else(|| OracleError::unsupported("CAST"))?,
                        vec![Expr { node: Node::Convert(Box::new(operand)), of: to.clone() }],
                    ),
                    of: to,
                }
            }
            ExpressionKind::Extract { field, operand } => {
                let operand = self.expression(operand)?;
                self.builtin(
                    "$EXTRACT",
                    vec![Expr::constant(Value::text(&field.text), Type::TEXT), operand],
                    span,
                )?
            }
            ExpressionKind::Trim { side, characters, operand } => {
                let mut list = vec![self.expression(operand)?];
                if let Some(characters) = characters {
                    list.push(self.expression(characters)?);
                }
                let name = match side {
                    TrimSide::Leading => "LTRIM",
                    TrimSide::Trailing => "RTRIM",
                    TrimSide::Both if list.len() == 1 => "TRIM",
                    TrimSide::Both => "$TRIM",
                };
                self.builtin(name, list, span)?
            }
            ExpressionKind::AtTimeZone { operand, zone } => {
                let operand = self.expression(operand)?;
                let zone = match zone {
                    Some(zone) => self.expression(zone)?,
                    None => Expr::constant(Value::text("+00:00"), Type::TEXT),
                };
                self.builtin("$AT_ZONE", vec![operand, zone], span)?
            }
            ExpressionKind::Subquery(query) => {
                let subquery = self.subquery(query)?;
                if subquery.plan.columns.len() > 1 {
                    return Err(OracleError::new(913, &[]));
                }
                let of = subquery.plan.columns[0].of.clone();
                Expr { node: Node::Scalar(Arc::new(subquery)), of }
            }
            ExpressionKind::Tuple(list) => Expr { node: Node::Row(self.expressions(list)?), of: Type::Null },
            ExpressionKind::OuterJoin(inner) => self.expression(inner)?,
            ExpressionKind::Default => return Err(OracleError::new(936, &[])),
            ExpressionKind::JsonPath(path) => self.json_path(path)?,
            ExpressionKind::JsonObject { entries, handling } => self.json_object(entries, handling)?,
            ExpressionKind::JsonArray { elements, handling } => self.json_array(elements, handling)?,
            ExpressionKind::JsonArrayAgg { element, order_by, handling } => {
                self.json_array_aggregate(element, order_by, handling)?
            }
            ExpressionKind::JsonObjectAgg { entry, handling } => {
                self.json_object_aggregate(entry, handling)?
            }
        })
    }

    fn name(&mut self, name: &Name) -> Outcome<Expr> {
        if self.in_sql
            && let Some(column) = self.find_column(name)?
        {
            return Ok(column);
        }
        if let Some(resolved) = self.resolve(name)? {
            match &resolved {
                Resolved::Declared(Declared::Nothing, _) => {
                    if let Some(method) = self.collection_method(name, &[])? {
                        return Ok(method);
                    }
                    return Err(self.undeclared_name(name));
                }
                Resolved::Declared(declared, home) => {
                    if let Some(place) = self.place_of(declared, home) {
                        return Ok(place);
                    }
                    match declared {
                        Declared::Cursor { slot, row, .. } => {
                            let node = match home {
                                Home::Frame(depth) => Node::Local { depth: *depth, slot: *slot },
                                Home::Own => {
                                    Node::Package { unit: self.unit.unwrap_or_default(), slot: *slot }
                                }
                                Home::Unit(unit) => Node::Package { unit: *unit, slot: *slot },
                            };
                            let _ = row;
                            return Ok(Expr { node, of: Type::Cursor });
                        }
                        Declared::Routines(_) => return self.call_resolved(&resolved, name, &[]),
                        Declared::Exception(_) | Declared::Type(_) => return Err(self.undeclared_name(name)),
                        _ => {}
                    }
                }
                Resolved::Unit(_) => return self.call_resolved(&resolved, name, &[]),
            }
        }
        if let Some(only) = name.single()
            && !only.quoted
            && let Some(expr) = self.bare_function(&only.text, name.span)?
        {
            return Ok(expr);
        }
        if let Some(method) = self.collection_method(name, &[])? {
            return Ok(method);
        }
        Err(self.undeclared_name(name))
    }

    fn bare_function(&mut self, name: &str, span: Span) -> Outcome<Option<Expr>> {
        Ok(Some(match name {
            "SQLCODE" if !self.in_sql => Expr { node: Node::SqlCode, of: Type::Integer },
            "SQLERRM" if !self.in_sql => Expr { node: Node::SqlErrm(None), of: Type::TEXT },
            "CONNECT_BY_ISLEAF" if self.in_sql && self.queries.last().is_some_and(|q| q.hierarchical) => {
                let scope = self.scope();
                let slot = match scope.leaf {
                    Some(slot) => slot,
                    None => scope.new_slot(),
                };
                scope.leaf = Some(slot);
                Expr::column(slot, Type::NUMBER)
            }
            "SYS_GUID" => self.builtin(name, Vec::new(), span)?,
            _ => return Ok(None),
        }))
    }

    fn pseudo(&mut self, pseudo: PseudoColumn) -> Outcome<Expr> {
        Ok(match pseudo {
            PseudoColumn::Rownum | PseudoColumn::Level if self.queries.is_empty() => {
                return Err(OracleError::new(976, &[]));
            }
            PseudoColumn::Rownum => {
                let scope = self.scope();
                let slot = match scope.rownum {
                    Some(slot) => slot,
                    None => scope.new_slot(),
                };
                scope.rownum = Some(slot);
                Expr::column(slot, Type::NUMBER)
            }
            PseudoColumn::Level => {
                let scope = self.scope();
                if !scope.hierarchical {
                    return Err(OracleError::with_text(
                        1788,
                        "CONNECT BY clause required in this query block",
                    ));
                }
                let slot = match scope.level {
                    Some(slot) => slot,
                    None => scope.new_slot(),
                };
                scope.level = Some(slot);
                Expr::column(slot, Type::NUMBER)
            }
            PseudoColumn::Rowid => {
                let slots: Vec<usize> = self
                    .queries
                    .last()
                    .map(|q| q.sources.iter().filter_map(|s| s.rowid).collect())
                    .unwrap_or_default();
                match slots.as_slice() {
                    [slot] => Expr::column(*slot, Type::Rowid),
                    [] => return Err(OracleError::new(1446, &[])),
                    _ => return Err(OracleError::new(918, &[])),
                }
            }
            PseudoColumn::Sysdate | PseudoColumn::CurrentDate => Expr { node: Node::Sysdate, of: Type::Date },
            PseudoColumn::Systimestamp | PseudoColumn::CurrentTimestamp => {
                Expr { node: Node::Systimestamp { zone: true }, of: Type::TimestampTz(6) }
            }
            PseudoColumn::Localtimestamp => {
                Expr { node: Node::Systimestamp { zone: false }, of: Type::Timestamp(6) }
            }
            PseudoColumn::Sessiontimezone | PseudoColumn::Dbtimezone => {
                Expr::constant(Value::text("+00:00"), Type::TEXT)
            }
            PseudoColumn::User => {
                Expr { node: Node::User, of: Type::Varchar { length: Some(128), chars: false } }
            }
            PseudoColumn::Uid => return Err(OracleError::unsupported("answer UID")),
        })
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Expression) -> Outcome<Expr> {
        match operator {
            UnaryOperator::Plus => {
                let operand = self.expression(operand)?;
                self.coerce(operand, &Type::NUMBER, Span::default())
            }
            UnaryOperator::Minus => {
                let inner = self.expression(operand)?;
                if inner.of.is_interval() {
                    let of = inner.of.clone();
                    return Ok(Expr { node: Node::Negate(Box::new(inner)), of });
                }
                let inner = self.coerce(inner, &Type::NUMBER, operand.span)?;
                if let Node::Constant(Value::Number(number)) = &inner.node {
                    return Ok(Expr::constant(Value::Number(number.negate()), Type::NUMBER));
                }
                Ok(Expr { node: Node::Negate(Box::new(inner)), of: Type::NUMBER })
            }
            UnaryOperator::Not => Ok(Expr { node: Node::Not(self.boxed(operand)?), of: Type::Boolean }),
            UnaryOperator::Prior => {
                if !self.queries.last().is_some_and(|scope| scope.hierarchical) {
                    return Err(OracleError::with_text(
                        1788,
                        "CONNECT BY clause required in this query block",
                    ));
                }
                let inner = self.expression(operand)?;
                let of = inner.of.clone();
                if !self.scope().in_connect {
                    let scope = self.scope();
                    let slot = scope.new_slot();
                    scope.paths.push((
                        slot,
                        Expr { node: Node::Prior(Box::new(inner)), of: of.clone() },
                        None,
                    ));
                    return Ok(Expr::column(slot, of));
                }
                Ok(Expr { node: Node::Prior(Box::new(inner)), of })
            }
            UnaryOperator::ConnectByRoot => {
                let inner = self.expression(operand)?;
                let of = inner.of.clone();
                let scope = self.scope();
                let slot = scope.new_slot();
                scope.paths.push((slot, inner, Some(String::new())));
                Ok(Expr::column(slot, of))
            }
        }
    }

    pub(crate) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Outcome<Expr> {
        use BinaryOperator as Op;
        let boolean = |node: Node| Expr { node, of: Type::Boolean };
        Ok(match operator {
            Op::And | Op::Or => {
                for side in [&left, &right] {
                    if !matches!(side.of, Type::Boolean | Type::Null) {
                        return Err(self.wrong(
                            span,
                            382,
                            "expression is of wrong type",
                            OracleError::new(920, &[]),
                        ));
                    }
                }
                let (left, right) = (Box::new(left), Box::new(right));
                boolean(if operator == Op::And { Node::And(left, right) } else { Node::Or(left, right) })
            }
            Op::Equal | Op::NotEqual | Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => {
                if let (Node::Row(_), Node::Scalar(_)) = (&left.node, &right.node) {
                    return Err(OracleError::unsupported("compare a list with a subquery other than by IN"));
                }
                let (left, right) = self.comparable(left, right, span)?;
                boolean(Node::Compare(operator, Box::new(left), Box::new(right)))
            }
            Op::Concatenate => {
                let of = if matches!(left.of, Type::Clob) || matches!(right.of, Type::Clob) {
                    Type::Clob
                } else {
                    Type::TEXT
                };
                let left = self.coerce(left, &Type::TEXT, span)?;
                let right = self.coerce(right, &Type::TEXT, span)?;
                Expr { node: Node::Concatenate(Box::new(left), Box::new(right)), of }
            }
            Op::Modulo => self.builtin("MOD", vec![left, right], span)?,
            Op::Power => self.builtin("POWER", vec![left, right], span)?,
            Op::Add | Op::Subtract | Op::Multiply | Op::Divide => {
                self.arithmetic(operator, left, right, span)?
            }
        })
    }

    fn arithmetic(&mut self, operator: BinaryOperator, left: Expr, right: Expr, span: Span) -> Outcome<Expr> {
        use BinaryOperator as Op;
        let (l, r) = (left.of.clone(), right.of.clone());
        let add = matches!(operator, Op::Add);
        let minus = matches!(operator, Op::Subtract);
        let of = if l.is_moment() && r.is_moment() && minus {
            if matches!((&l, &r), (Type::Date, Type::Date)) {
                Some(Type::NUMBER)
            } else {
                Some(Type::IntervalDay)
            }
        } else if l.is_moment() && (r.is_interval()) && (add || minus) {
            Some(l.clone())
        } else if l.is_interval() && r.is_moment() && add {
            Some(r.clone())
        } else if l.is_moment() && (add || minus) {
            return Ok(Expr {
                node: Node::Arithmetic(
                    operator,
                    Box::new(left),
                    Box::new(self.coerce(right, &Type::NUMBER, span)?),
                ),
                of: Type::Date,
            });
        } else if r.is_moment() && add {
            return Ok(Expr {
                node: Node::Arithmetic(
                    operator,
                    Box::new(self.coerce(left, &Type::NUMBER, span)?),
                    Box::new(right),
                ),
                of: Type::Date,
            });
        } else if l.is_interval() && l == r && (add || minus) {
            Some(l.clone())
        } else if l.is_interval() && !r.is_interval() && matches!(operator, Op::Multiply | Op::Divide) {
            Some(l.clone())
        } else if r.is_interval() && !l.is_interval() && operator == Op::Multiply {
            Some(r.clone())
        } else {
            None
        };
        if let Some(of) = of {
            return Ok(Expr { node: Node::Arithmetic(operator, Box::new(left), Box::new(right)), of });
        }
        let left = self.coerce(left, &Type::NUMBER, span)?;
        let right = self.coerce(right, &Type::NUMBER, span)?;
        Ok(Expr { node: Node::Arithmetic(operator, Box::new(left), Box::new(right)), of: Type::NUMBER })
    }

    /// Converts an expression where the family of types differs.
    pub(crate) fn coerce(&mut self, expr: Expr, to: &Type, span: Span) -> Outcome<Expr> {
        if same_family(&expr.of, to) {
            return Ok(expr);
        }
        if !to.accepts(&expr.of) || (to.is_number() && expr.of.is_moment()) {
            return Err(self.wrong(
                span,
                382,
                "expression is of wrong type",
                OracleError::new(932, &[to.error_name(), expr.of.error_name()]),
            ));
        }
        Ok(Expr { node: Node::Convert(Box::new(expr)), of: to.clone() })
    }
}

/// The text type that holds both.
pub(crate) fn wider_text(a: &Type, b: &Type) -> Type {
    if matches!(a, Type::Clob) || matches!(b, Type::Clob) {
        return Type::Clob;
    }
    match (convert::text_limit(a), convert::text_limit(b)) {
        (Some((x, chars)), Some((y, _))) => Type::Varchar { length: u32::try_from(x.max(y)).ok(), chars },
        _ => Type::TEXT,
    }
}

/// Types whose values need no conversion to one another.
pub(crate) fn same_family(a: &Type, b: &Type) -> bool {
    matches!(a, Type::Null)
        || matches!(b, Type::Null)
        || (a.is_text() && b.is_text())
        || (a.is_number() && b.is_number())
        || (!matches!(a, Type::Collection(_) | Type::Record(_) | Type::Object(_))
            && std::mem::discriminant(a) == std::mem::discriminant(b))
        || (a.accepts(b) && matches!(a, Type::Collection(_) | Type::Record(_) | Type::Object(_)))
        || matches!((a, b), (Type::Raw(_), Type::Blob) | (Type::Blob, Type::Raw(_)))
}

fn timestamp_literal(text: &str) -> Outcome<Expr> {
    let zoned = text.len() > 19 && text[19..].contains(['+', '-', 'Z', 'U']);
    if zoned {
        let (micros, offset) = date_format::parse(text, "YYYY-MM-DD HH24:MI:SSXFF TZR", 0)
            .or_else(|_| date_format::parse(text, "YYYY-MM-DD HH24:MI:SS TZR", 0))?;
        let offset = offset.unwrap_or(0);
        let utc = micros - i64::from(offset) * 60_000_000;
        return Ok(Expr::constant(Value::TimestampTz(utc, offset), Type::TimestampTz(6)));
    }
    let format = if text.contains('.') { "YYYY-MM-DD HH24:MI:SS.FF" } else { "YYYY-MM-DD HH24:MI:SS" };
    let (micros, _) = date_format::parse(text, format, 0)?;
    Ok(Expr::constant(Value::Timestamp(micros), Type::Timestamp(6)))
}

/// The type a query's column is brought to before it is stored: without limits, which the store checks itself.
pub(crate) fn wider_text_or(of: &Type) -> Type {
    match of {
        Type::Varchar { .. } => Type::TEXT,
        Type::Number(..) => Type::NUMBER,
        Type::Raw(_) => Type::Raw(None),
        other => other.clone(),
    }
}
