//! Calls: SQL functions, subprograms, collection elements, constructors.

use std::sync::Arc;

use super::Binder;
use super::expression::same_family;
use super::names::Resolved;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::functions;
use crate::sandbox::oracle::language::Span;
use crate::sandbox::oracle::language::ast::{
    Argument, BinaryOperator, Call, CursorAttribute, Expression, ExpressionKind, Name, ParameterMode,
};
use crate::sandbox::oracle::plan::{CallSite, Expr, Method, Node, Target};
use crate::sandbox::oracle::plsql::code::{Declared, Home, ParameterSlot, Routine};
use crate::sandbox::oracle::values::{CollectionKind, Type};

impl Binder<'_> {
    /// Binds a call in an expression.
    pub(crate) fn call(&mut self, call: &Call) -> Outcome<Expr> {
        if self.in_sql
            && let Some(only) = call.name.single()
            && let Some(expr) = self.aggregate_or_window(&only.text, call)?
        {
            return Ok(expr);
        }
        if call.over.is_some() || call.star || call.keep.is_some() || !call.within_group.is_empty() {
            if call.over.is_some() {
                return Err(OracleError::new(30484, &[]).at(call.span.line, call.span.column));
            }
            return Err(self.wrong(
                call.span,
                306,
                &format!("wrong number or types of arguments in call to '{}'", call.name.last().text),
                OracleError::new(904, &[&format!("\"{}\"", call.name.last().text)]),
            ));
        }
        let local = call.name.single().is_some_and(|only| {
            self.package.contains_key(&only.text)
                || self
                    .code
                    .iter()
                    .any(|frame| frame.blocks.iter().any(|block| block.contains_key(&only.text)))
        });
        if !local
            && let Some(only) = call.name.single()
            && let Some(expr) = self.builtin_call(&only.text, call)?
        {
            return Ok(expr);
        }
        // STANDARD may be written in front of a built-in function.
        if let Some(resolved) = self.resolve(&call.name)? {
            if matches!(resolved, Resolved::Declared(Declared::Nothing, _))
                && let Some(method) = self.collection_method(&call.name, &call.arguments)?
            {
                return Ok(method);
            }
            return self.call_resolved(&resolved, &call.name, &call.arguments);
        }
        if let Some(method) = self.collection_method(&call.name, &call.arguments)? {
            return Ok(method);
        }
        if let [owner, only] = call.name.parts.as_slice()
            && (owner.text == "STANDARD" || owner.text == "SYS")
            && let Some(expr) = self.builtin_call(&only.text, call)?
        {
            return Ok(expr);
        }
        // `t(1).field` parses as a call of a name; a column's object attribute does not exist here.
        Err(self.undeclared_name(&call.name))
    }

    fn positional(&mut self, call: &Call) -> Outcome<Vec<Expr>> {
        if call.arguments.iter().any(|argument| argument.name.is_some()) {
            return Err(OracleError::new(907, &[]).at(call.span.line, call.span.column));
        }
        let values: Vec<Expression> = call.arguments.iter().map(|argument| argument.value.clone()).collect();
        self.expressions(&values)
    }

    fn builtin_call(&mut self, name: &str, call: &Call) -> Outcome<Option<Expr>> {
        match name {
            "DECODE" => {
                if !self.in_sql {
                    return Err(Self::pls(
                        call.span,
                        204,
                        "function or pseudo-column 'DECODE' may be used inside a SQL statement only",
                    ));
                }
                return self.decode(call).map(Some);
            }
            "COALESCE" => {
                let list = self.positional(call)?;
                let of = self.common_type(&list, call.span)?;
                let mut result = None;
                for expr in list.into_iter().rev() {
                    let expr = self.coerce(expr, &of, call.span)?;
                    result = Some(match result {
                        None => expr,
                        Some(rest) => {
                            let test = Expr { node: Node::IsNull(Box::new(expr.clone())), of: Type::Boolean };
                            let present = Expr { node: Node::Not(Box::new(test)), of: Type::Boolean };
                            Expr {
                                node: Node::Case {
                                    branches: vec![(present, expr)],
                                    otherwise: Some(Box::new(rest)),
                                },
                                of: of.clone(),
                            }
                        }
                    });
                }
                return Ok(result);
            }
            "SQLERRM" if !self.in_sql => {
                let mut list = self.positional(call)?;
                let argument = if list.is_empty() { None } else { Some(Box::new(list.remove(0))) };
                return Ok(Some(Expr { node: Node::SqlErrm(argument), of: Type::TEXT }));
            }
            "SYS_CONNECT_BY_PATH" if self.in_sql => {
                let list = self.positional(call)?;
                let [value, separator] = list.as_slice() else { return Err(OracleError::new(909, &[])) };
                let Node::Constant(separator) = &separator.node else {
                    return Err(OracleError::unsupported("use a computed separator in SYS_CONNECT_BY_PATH"));
                };
                let text = separator.display();
                let value = self.coerce(value.clone(), &Type::TEXT, call.span)?;
                let scope = self.scope();
                let slot = scope.new_slot();
                scope.paths.push((slot, value, Some(text)));
                return Ok(Some(Expr::column(slot, Type::TEXT)));
            }
            "BFILENAME" if !self.in_sql => {
                let mut list = self.positional(call)?;
                if list.len() != 2 {
                    return Err(Self::pls(
                        call.span,
                        306,
                        "wrong number or types of arguments in call to 'BFILENAME'",
                    ));
                }
                for part in &mut list {
                    *part = self.coerce(part.clone(), &Type::TEXT, call.span)?;
                }
                list.push(Expr::null());
                return Ok(Some(Expr { node: Node::Construct(list), of: Type::bfile() }));
            }
            "TO_BLOB" => {
                let mut list = self.positional(call)?;
                if list.len() != 1 || !matches!(list[0].of, Type::Raw(_) | Type::Blob | Type::Null) {
                    return Err(self.wrong(
                        call.span,
                        306,
                        "wrong number or types of arguments in call to 'TO_BLOB'",
                        OracleError::new(932, &["BLOB", "another type"]),
                    ));
                }
                return Ok(Some(self.coerce(list.remove(0), &Type::Blob, call.span)?));
            }
            "EMPTY_CLOB" | "EMPTY_BLOB" => {
                return Err(
                    OracleError::unsupported(format!("call {name}")).at(call.span.line, call.span.column)
                );
            }
            _ => {}
        }
        if functions::find(name).is_none() {
            return Ok(None);
        }
        let list = self.positional(call)?;
        self.builtin(name, list, call.span).map(Some)
    }

    fn decode(&mut self, call: &Call) -> Outcome<Expr> {
        let list = self.positional(call)?;
        if list.len() < 3 {
            return Err(OracleError::new(938, &[]).at(call.span.line, call.span.column));
        }
        let operand = list[0].clone();
        let mut branches = Vec::new();
        let mut otherwise = None;
        let of = list[2].of.clone();
        let of = if matches!(of, Type::Null) {
            Type::TEXT
        } else if of.is_text() {
            Type::TEXT
        } else {
            of
        };
        for pair in list[1..].chunks(2) {
            match pair {
                [value, result] => {
                    let (left, right) = self.comparable(operand.clone(), value.clone(), call.span)?;
                    let equal = self.binary(BinaryOperator::Equal, left.clone(), right.clone(), call.span)?;
                    // DECODE takes two nulls for equal.
                    let null = |expr: Expr| Expr { node: Node::IsNull(Box::new(expr)), of: Type::Boolean };
                    let both = self.binary(BinaryOperator::And, null(left), null(right), call.span)?;
                    let test = self.binary(BinaryOperator::Or, equal, both, call.span)?;
                    branches.push((test, self.coerce(result.clone(), &of, call.span)?));
                }
                [last] => otherwise = Some(Box::new(self.coerce(last.clone(), &of, call.span)?)),
                _ => {}
            }
        }
        Ok(Expr { node: Node::Case { branches, otherwise }, of })
    }

    /// A call of an SQL function with bound arguments.
    pub(crate) fn builtin(&mut self, name: &str, list: Vec<Expr>, span: Span) -> Outcome<Expr> {
        let function =
            functions::find(name).ok_or_else(|| OracleError::unsupported(format!("call {name}")))?;
        if list.len() < function.least || list.len() > function.most {
            return Err(self.wrong(
                span,
                306,
                &format!("wrong number or types of arguments in call to '{name}'"),
                OracleError::new(if list.len() < function.least { 938 } else { 939 }, &[]),
            ));
        }
        let unified = matches!(name, "NVL" | "GREATEST" | "LEAST" | "NULLIF");
        let mut list = list;
        if unified {
            let of = match list.iter().find(|e| !matches!(e.of, Type::Null)) {
                Some(first) => first.of.clone(),
                None => Type::TEXT,
            };
            let of = if of.is_text() && !matches!(of, Type::Clob) {
                list.iter().fold(of, |sum, e| {
                    if e.of.is_text() { super::expression::wider_text(&sum, &e.of) } else { Type::TEXT }
                })
            } else {
                of
            };
            let mut converted = Vec::new();
            for expr in list {
                converted.push(if same_family(&expr.of, &of) {
                    Expr { of: of.clone(), ..expr }
                } else {
                    self.coerce(expr, &of, span)?
                });
            }
            list = converted;
        } else if name == "NVL2" {
            let of = if matches!(list[1].of, Type::Null) { list[2].of.clone() } else { list[1].of.clone() };
            let third = list.remove(2);
            let third = self.coerce(third, &of, span)?;
            list.push(third);
            return Ok(Expr { node: Node::Builtin(function, list), of });
        } else {
            let mut converted = Vec::new();
            for (position, expr) in list.into_iter().enumerate() {
                converted.push(match function.argument(position) {
                    Some(to) if !(matches!(to, Type::Date) && expr.of.is_moment()) => {
                        self.coerce(expr, &to, span)?
                    }
                    _ => expr,
                });
            }
            list = converted;
            if matches!(name, "ROUND" | "TRUNC") && list[0].of.is_text() {
                list[0] = self.coerce(list[0].clone(), &Type::NUMBER, span)?;
            }
        }
        let types: Vec<Type> = list.iter().map(|expr| expr.of.clone()).collect();
        let mut of = function.result(&types);
        if matches!(name, "ROUND" | "TRUNC") {
            of = if of.is_moment() { Type::Date } else { Type::NUMBER };
        }
        Ok(Expr { node: Node::Builtin(function, list), of })
    }

    /// A call of what a name was found to be.
    pub(crate) fn call_resolved(
        &mut self,
        resolved: &Resolved,
        name: &Name,
        arguments: &[Argument],
    ) -> Outcome<Expr> {
        match resolved {
            Resolved::Declared(Declared::Routines(list), home) => {
                let site = self.call_site(list, home, name, arguments)?;
                let Some(of) = self.returned(list, home, &site)? else {
                    return Err(Self::pls(
                        name.span,
                        222,
                        &format!("no function with name '{}' exists in this scope", name.last().text),
                    ));
                };
                if self.in_sql && !of.is_sql() && !matches!(of, Type::Collection(_) | Type::Object(_)) {
                    return Err(OracleError::new(6553, &["382: expression is of wrong type"])
                        .at(name.span.line, name.span.column));
                }
                Ok(Expr { node: Node::Call(Arc::new(site)), of })
            }
            Resolved::Unit(object) => {
                let unit = self.stored_unit(object.id)?;
                if unit.is_package {
                    return Err(self.undeclared_name(name));
                }
                let home = Home::Unit(object.id);
                let site = self.call_site(&[0], &home, name, arguments)?;
                let Some(of) = unit.routines.first().and_then(|routine| routine.returns.clone()) else {
                    return Err(Self::pls(
                        name.span,
                        222,
                        &format!("no function with name '{}' exists in this scope", name.last().text),
                    ));
                };
                Ok(Expr { node: Node::Call(Arc::new(site)), of })
            }
            Resolved::Declared(Declared::Type(of), _) => self.construct(of, name, arguments),
            Resolved::Declared(Declared::Nothing, _) => Err(self.undeclared_name(name)),
            Resolved::Declared(declared, home) => match self.place_of(declared, home) {
                Some(place) => self.element(place, arguments, name.span),
                None => Err(self.undeclared_name(name)),
            },
        }
    }

    fn construct(&mut self, of: &Type, name: &Name, arguments: &[Argument]) -> Outcome<Expr> {
        let wrong = || {
            Self::pls(
                name.span,
                306,
                &format!("wrong number or types of arguments in call to '{}'", name.last().text),
            )
        };
        let mut list = Vec::new();
        match of {
            Type::Collection(collection) => {
                if matches!(collection.kind, CollectionKind::ByInteger | CollectionKind::ByText)
                    && !arguments.is_empty()
                {
                    return Err(OracleError::unsupported("construct an associative array with values"));
                }
                for argument in arguments {
                    let value = self.expression(&argument.value)?;
                    list.push(self.assignable(value, &collection.element, argument.value.span)?);
                }
            }
            Type::Record(record) | Type::Object(record) => {
                let named = arguments.iter().all(|a| a.name.is_some()) && !arguments.is_empty();
                for (position, (field, field_type)) in record.fields.iter().enumerate() {
                    let argument = if named {
                        arguments.iter().find(|a| a.name.as_ref().is_some_and(|n| n.text == *field))
                    } else {
                        arguments.get(position)
                    };
                    list.push(match argument {
                        Some(argument) => {
                            let value = self.expression(&argument.value)?;
                            self.assignable(value, field_type, argument.value.span)?
                        }
                        // xs$ace_type and records may leave fields out; other objects may not.
                        None if matches!(of, Type::Record(_)) || record.name.contains("XS$") => Expr::null(),
                        None => return Err(wrong()),
                    });
                }
                let unknown = arguments
                    .iter()
                    .filter_map(|a| a.name.as_ref())
                    .any(|n| !record.fields.iter().any(|f| f.0 == n.text));
                if unknown || arguments.len() > record.fields.len() {
                    return Err(wrong());
                }
            }
            _ => return Err(self.undeclared_name(name)),
        }
        Ok(Expr { node: Node::Construct(list), of: of.clone() })
    }

    /// Converts a value to the type of a place or parameter, or says PLS-00382.
    pub(crate) fn assignable(&mut self, value: Expr, to: &Type, span: Span) -> Outcome<Expr> {
        if !to.accepts(&value.of) {
            return Err(self.wrong(
                span,
                382,
                "expression is of wrong type",
                OracleError::new(932, &[to.error_name(), value.of.error_name()]),
            ));
        }
        let constrained = match to {
            Type::Varchar { length, .. } => length.is_some(),
            Type::Raw(length) => length.is_some(),
            Type::Char { .. } | Type::Integer => true,
            Type::Number(precision, scale) => precision.is_some() || scale.is_some(),
            _ => false,
        };
        if !constrained && same_family(&value.of, to) {
            return Ok(value);
        }
        Ok(Expr { node: Node::Convert(Box::new(value)), of: to.clone() })
    }

    fn routines_of(&mut self, home: &Home) -> Outcome<Vec<Routine>> {
        match home {
            Home::Unit(id) if Some(*id) != self.unit => Ok(self.stored_unit(*id)?.routines.clone()),
            _ => Ok(self.routines.clone()),
        }
    }

    fn returned(&mut self, _: &[usize], home: &Home, site: &CallSite) -> Outcome<Option<Type>> {
        let routine = match &site.target {
            Target::Own { routine, .. } | Target::Stored { routine, .. } => *routine,
        };
        Ok(self.routines_of(home)?.get(routine).and_then(|routine| routine.returns.clone()))
    }

    /// Chooses the overload and binds the arguments.
    pub(crate) fn call_site(
        &mut self,
        list: &[usize],
        home: &Home,
        name: &Name,
        arguments: &[Argument],
    ) -> Outcome<CallSite> {
        let routines = self.routines_of(home)?;
        let mut best: Option<(u32, usize, Vec<Option<Expr>>)> = None;
        let mut failure = None;
        for index in list {
            let Some(routine) = routines.get(*index) else { continue };
            match self.match_arguments(&routine.parameters, arguments) {
                Ok(Some((cost, values))) => {
                    if best.as_ref().is_none_or(|(other, ..)| cost < *other) {
                        best = Some((cost, *index, values));
                    }
                }
                Ok(None) => {}
                Err(error) => failure = Some(error),
            }
        }
        let Some((_, routine, values)) = best else {
            if let Some(error) = failure {
                return Err(error);
            }
            let text = format!("wrong number or types of arguments in call to '{}'", name.last().text);
            let ora = OracleError::new(6553, &[&format!("306: {text}")]);
            return Err(self.wrong(name.span, 306, &text, ora));
        };
        let modes = routines[routine].parameters.iter().map(|parameter| parameter.mode).collect();
        let target = match home {
            Home::Frame(depth) => Target::Own { routine, depth: *depth },
            Home::Own => Target::Own { routine, depth: usize::MAX },
            Home::Unit(unit) => Target::Stored { unit: *unit, routine },
        };
        Ok(CallSite { target, arguments: values, modes })
    }

    fn match_arguments(
        &mut self,
        parameters: &[ParameterSlot],
        arguments: &[Argument],
    ) -> Outcome<Option<(u32, Vec<Option<Expr>>)>> {
        let mut values: Vec<Option<Expr>> = vec![None; parameters.len()];
        let mut cost = 0;
        for (position, argument) in arguments.iter().enumerate() {
            let at = match &argument.name {
                Some(name) => parameters.iter().position(|parameter| parameter.name == name.text),
                None => Some(position),
            };
            let Some(at) = at.filter(|at| *at < parameters.len() && values[*at].is_none()) else {
                return Ok(None);
            };
            let was_sql = self.in_sql;
            let value = self.expression(&argument.value);
            self.in_sql = was_sql;
            let value = value?;
            let parameter = &parameters[at];
            if parameter.mode == ParameterMode::In {
                let Some(distance) = parameter.of.distance(&value.of) else { return Ok(None) };
                cost += distance;
                values[at] = Some(if same_family(&value.of, &parameter.of) {
                    value
                } else {
                    Expr { node: Node::Convert(Box::new(value)), of: parameter.of.clone() }
                });
            } else {
                let (there, back) = (parameter.of.distance(&value.of), value.of.distance(&parameter.of));
                if there.is_none() && back.is_none() {
                    return Ok(None);
                }
                // Where a value goes only one way, another overload may suit better.
                cost += there.unwrap_or(4).max(back.unwrap_or(4));
                values[at] = Some(value);
            }
        }
        for (parameter, value) in parameters.iter().zip(&values) {
            if value.is_none() && parameter.default.is_none() {
                return Ok(None);
            }
        }
        Ok(Some((cost, values)))
    }

    /// An element of a collection, or a further one.
    pub(crate) fn element(&mut self, base: Expr, arguments: &[Argument], span: Span) -> Outcome<Expr> {
        let Type::Collection(collection) = base.of.clone() else {
            return Err(Self::pls(span, 224, "object must be of type function or array to be used this way"));
        };
        let [argument] = arguments else {
            return Err(Self::pls(span, 306, "wrong number or types of arguments in call to a collection"));
        };
        let key = self.expression(&argument.value)?;
        let wanted = if collection.kind == CollectionKind::ByText { Type::TEXT } else { Type::NUMBER };
        let key = self.coerce(key, &wanted, span)?;
        Ok(Expr { node: Node::Element(Box::new(base), Box::new(key)), of: collection.element.clone() })
    }

    /// A field of a record, or a method of a collection.
    pub(crate) fn field(&mut self, base: Expr, field: &str, span: Span) -> Outcome<Expr> {
        if let Type::Record(record) | Type::Object(record) = &base.of
            && let Some(at) = record.fields.iter().position(|(name, _)| name == field)
        {
            let of = record.fields[at].1.clone();
            return Ok(Expr { node: Node::Field(Box::new(base), at), of });
        }
        if let Type::Collection(_) = &base.of
            && let Some(method) = method_of(field)
        {
            return Ok(method_call(base, method, Vec::new()));
        }
        Err(Self::pls(span, 302, &format!("component '{field}' must be declared")))
    }

    /// `collection.COUNT` and its kin, written as a name or call.
    pub(crate) fn collection_method(&mut self, name: &Name, arguments: &[Argument]) -> Outcome<Option<Expr>> {
        let Some(method) = method_of(&name.last().text) else { return Ok(None) };
        if name.parts.len() < 2 {
            return Ok(None);
        }
        let mut base = name.clone();
        base.parts.pop();
        let Some(Resolved::Declared(declared, home)) = self.resolve(&base)? else { return Ok(None) };
        let Some(place) = self.place_of(&declared, &home) else { return Ok(None) };
        if !matches!(place.of, Type::Collection(_)) {
            return Ok(None);
        }
        let values: Vec<Expression> = arguments.iter().map(|a| a.value.clone()).collect();
        let list = self.expressions(&values)?;
        Ok(Some(method_call(place, method, list)))
    }

    /// `cursor%FOUND` and so on.
    pub(crate) fn cursor_attribute(
        &mut self,
        cursor: &Expression,
        attribute: CursorAttribute,
    ) -> Outcome<Expr> {
        let of = match attribute {
            CursorAttribute::RowCount | CursorAttribute::BulkRowCount => Type::Integer,
            _ => Type::Boolean,
        };
        if let ExpressionKind::Name(name) = &cursor.kind
            && name.single().is_some_and(|only| only.text == "SQL")
        {
            return Ok(Expr { node: Node::Implicit(attribute), of });
        }
        let expr = self.expression(cursor)?;
        if !matches!(expr.of, Type::Cursor) {
            return Err(Self::pls(cursor.span, 324, "cursor attribute may not be applied to non-cursor"));
        }
        Ok(Expr { node: Node::Cursor(Box::new(expr), attribute), of })
    }
}

fn method_of(name: &str) -> Option<Method> {
    Some(match name {
        "COUNT" => Method::Count,
        "FIRST" => Method::First,
        "LAST" => Method::Last,
        "NEXT" => Method::Next,
        "PRIOR" => Method::Prior,
        "EXISTS" => Method::Exists,
        "LIMIT" => Method::Limit,
        _ => return None,
    })
}

fn method_call(base: Expr, method: Method, list: Vec<Expr>) -> Expr {
    let by_text = matches!(&base.of, Type::Collection(c) if c.kind == CollectionKind::ByText);
    let of = match method {
        Method::Exists => Type::Boolean,
        Method::Count | Method::Limit => Type::Integer,
        _ if by_text => Type::TEXT,
        _ => Type::Integer,
    };
    Expr { node: Node::Method(Box::new(base), method, list), of }
}
