//! Statements compiled.

use std::collections::HashMap;
use std::sync::Arc;

use super::code::{Block, Code, CursorPlan, Declared, Exception, Handler, Line, Place, Root, Sql, Step};
use super::declare::PREDEFINED;
use crate::sandbox::oracle::bind::Binder;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::Span;
use crate::sandbox::oracle::language::ast::{
    self, Argument, Expression, ExpressionKind, ForallBounds, HandlerTrigger, IfBranch, Name, PlStatement,
    PlStatementKind, Query, SetExpression, Statement, StatementKind,
};
use crate::sandbox::oracle::plan::{Expr, Node, QueryPlan};
use crate::sandbox::oracle::values::{RecordType, Type};

impl Binder<'_> {
    /// Compiles a block.
    pub(super) fn block(&mut self, block: &ast::Block) -> Outcome<Block> {
        if let Some(scope) = self.code.last_mut() {
            scope.blocks.push(HashMap::new());
        }
        let result = (|| {
            let declare = self.declarations(&block.declarations)?;
            let body = self.lines(&block.body)?;
            let mut handlers = Vec::new();
            for handler in &block.handlers {
                let (catches, others) = match &handler.trigger {
                    HandlerTrigger::Others => (Vec::new(), true),
                    HandlerTrigger::Exceptions(names) => {
                        (names.iter().map(|name| self.exception(name)).collect::<Outcome<Vec<_>>>()?, false)
                    }
                };
                handlers.push(Handler { catches, others, body: self.lines(&handler.body)? });
            }
            Ok(Block { declare, body, handlers })
        })();
        if let Some(scope) = self.code.last_mut() {
            scope.blocks.pop();
        }
        result
    }

    fn exception(&mut self, name: &Name) -> Outcome<Exception> {
        use crate::sandbox::oracle::bind::Resolved;
        match self.resolve(name)? {
            Some(Resolved::Declared(Declared::Exception(exception), _)) => return Ok(exception),
            Some(Resolved::Declared(_, _)) => {}
            _ => {
                let plain = name.single().map(|only| only.text.clone()).or_else(|| {
                    (name.parts.len() == 2 && name.parts[0].text == "STANDARD")
                        .then(|| name.last().text.clone())
                });
                if let Some((_, code)) =
                    plain.and_then(|plain| PREDEFINED.iter().find(|(known, _)| *known == plain))
                {
                    return Ok(Exception::Code(*code));
                }
            }
        }
        Err(self.undeclared_name(name))
    }

    fn lines(&mut self, list: &[PlStatement]) -> Outcome<Vec<Line>> {
        list.iter().map(|statement| self.line(statement)).collect()
    }

    fn line(&mut self, statement: &PlStatement) -> Outcome<Line> {
        let span = statement.span;
        let sql = matches!(
            statement.kind,
            PlStatementKind::Sql(_) | PlStatementKind::ForQuery { .. } | PlStatementKind::OpenQuery { .. }
        );
        let was = self.in_sql;
        let code = self.code_of(statement).map_err(|error| as_compilation(error, span, sql));
        self.in_sql = was;
        let labels = statement.labels.iter().map(|label| label.text.clone()).collect();
        Ok(Line { number: span.line, labels, code: code? })
    }

    fn pl_condition(&mut self, written: &Expression) -> Outcome<Expr> {
        let expr = self.expression(written)?;
        if !matches!(expr.of, Type::Boolean | Type::Null) {
            return Err(Self::pls(written.span, 382, "expression is of wrong type"));
        }
        Ok(expr)
    }

    fn branches(&mut self, list: &[IfBranch]) -> Outcome<Vec<(Expr, Vec<Line>)>> {
        list.iter()
            .map(|branch| Ok((self.pl_condition(&branch.condition)?, self.lines(&branch.body)?)))
            .collect()
    }

    fn in_block<T>(
        &mut self,
        names: HashMap<String, Declared>,
        act: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<T> {
        if let Some(scope) = self.code.last_mut() {
            scope.blocks.push(names);
        }
        let result = act(self);
        if let Some(scope) = self.code.last_mut() {
            scope.blocks.pop();
        }
        result
    }

    fn number(&mut self, written: &Expression) -> Outcome<Expr> {
        let expr = self.expression(written)?;
        self.coerce(expr, &Type::NUMBER, written.span)
    }

    fn code_of(&mut self, statement: &PlStatement) -> Outcome<Code> {
        let span = statement.span;
        Ok(match &statement.kind {
            PlStatementKind::Null => Code::Null,
            PlStatementKind::Assign { target, value } => {
                let place = self.place(target)?;
                let value_expr = self.expression(value)?;
                let value = self.assignable(value_expr, &place.of, value.span)?;
                Code::Assign(place, value)
            }
            PlStatementKind::Call(expression) => self.call_statement(expression)?,
            PlStatementKind::If { branches, otherwise } => {
                let branches = self.branches(branches)?;
                Code::If(branches, self.lines(otherwise.as_deref().unwrap_or_default())?)
            }
            PlStatementKind::Case { operand: None, branches, otherwise } => {
                let branches = self.branches(branches)?;
                let otherwise = otherwise.as_ref().map(|lines| self.lines(lines)).transpose()?;
                Code::Case { operand: None, branches, otherwise }
            }
            PlStatementKind::Case { operand: Some(operand), branches, otherwise } => {
                let value = self.expression(operand)?;
                let slot = self.new_local();
                let held = Expr { node: Node::Local { depth: 0, slot }, of: value.of.clone() };
                let mut list = Vec::new();
                for branch in branches {
                    let when = self.expression(&branch.condition)?;
                    let test =
                        self.binary(ast::BinaryOperator::Equal, held.clone(), when, branch.condition.span)?;
                    list.push((test, self.lines(&branch.body)?));
                }
                let otherwise = otherwise.as_ref().map(|lines| self.lines(lines)).transpose()?;
                Code::Case { operand: Some((value, slot)), branches: list, otherwise }
            }
            PlStatementKind::Loop { body, .. } => Code::Loop { condition: None, body: self.lines(body)? },
            PlStatementKind::While { condition, body, .. } => {
                Code::Loop { condition: Some(self.pl_condition(condition)?), body: self.lines(body)? }
            }
            PlStatementKind::ForRange { variable, reverse, low, high, body, .. } => {
                let (low, high) = (self.number(low)?, self.number(high)?);
                let slot = self.new_local();
                let names =
                    [(variable.text.clone(), Declared::Variable { slot, of: Type::Integer, constant: true })]
                        .into();
                let body = self.in_block(names, |binder| binder.lines(body))?;
                Code::ForRange { slot, reverse: *reverse, low, high, body }
            }
            PlStatementKind::ForQuery { variable, query, body, .. } => {
                let plan = self.static_query(query)?;
                let text = query.span.of(&self.text).to_owned();
                let row = record_of(&variable.text, &plan);
                let slot = self.new_local();
                let names = [(
                    variable.text.clone(),
                    Declared::Variable { slot, of: Type::Record(row.clone()), constant: true },
                )]
                .into();
                let body = self.in_block(names, |binder| binder.lines(body))?;
                Code::ForQuery { slot, row, plan: Arc::new(plan), text, body }
            }
            PlStatementKind::ForCursor { variable, cursor, arguments, body, .. } => {
                let (_, row, plan) = self.declared_cursor(cursor)?;
                let arguments = self.cursor_arguments(&plan, arguments, cursor.span)?;
                let slot = self.new_local();
                let names = [(
                    variable.text.clone(),
                    Declared::Variable { slot, of: Type::Record(row.clone()), constant: true },
                )]
                .into();
                let body = self.in_block(names, |binder| binder.lines(body))?;
                Code::ForCursor { slot, row, plan, arguments, body }
            }
            PlStatementKind::Forall { index, bounds, save_exceptions, statement } => {
                let (low, high, over) = match bounds {
                    ForallBounds::Range { low, high } => (self.number(low)?, self.number(high)?, None),
                    ForallBounds::IndicesOf { collection, between: None } => {
                        (Expr::null(), Expr::null(), Some(self.expression(collection)?))
                    }
                    _ => return Err(OracleError::unsupported("run FORALL over VALUES OF")),
                };
                let slot = self.new_local();
                let names =
                    [(index.text.clone(), Declared::Variable { slot, of: Type::Integer, constant: true })]
                        .into();
                let line = self.in_block(names, |binder| binder.line(statement))?;
                Code::Forall { slot, low, high, over, save: *save_exceptions, body: vec![line] }
            }
            PlStatementKind::Exit { label, when } => {
                let when = when.as_ref().map(|when| self.pl_condition(when)).transpose()?;
                Code::Exit(label.as_ref().map(|label| label.text.clone()), when)
            }
            PlStatementKind::Continue { label, when } => {
                let when = when.as_ref().map(|when| self.pl_condition(when)).transpose()?;
                Code::Continue(label.as_ref().map(|label| label.text.clone()), when)
            }
            PlStatementKind::Return(value) => {
                Code::Return(value.as_ref().map(|value| self.expression(value)).transpose()?)
            }
            PlStatementKind::Raise(name) => {
                Code::Raise(name.as_ref().map(|name| self.exception(name)).transpose()?)
            }
            PlStatementKind::Block(block) => Code::Block(Arc::new(self.block(block)?)),
            PlStatementKind::Sql(statement) => self.static_sql(statement)?,
            PlStatementKind::ExecuteImmediate { text, into, using, returning } => {
                let text = self.expression(text)?;
                let text = self.coerce(text, &Type::TEXT, span)?;
                let into = into.as_ref().map(|into| self.open_targets(into)).transpose()?;
                let using = self.using(using)?;
                let returning = returning.as_ref().map(|into| self.open_targets(into)).transpose()?;
                Code::Execute { text, into, using, returning }
            }
            PlStatementKind::Open { cursor, arguments } => {
                let ExpressionKind::Name(name) = &cursor.kind else {
                    return Err(OracleError::unsupported("open this cursor"));
                };
                let (handle, _, plan) = self.declared_cursor(name)?;
                let arguments = self.cursor_arguments(&plan, arguments, name.span)?;
                Code::OpenStatic {
                    cursor: place_of_expr(handle)?,
                    plan,
                    arguments,
                    text: name.last().text.clone(),
                }
            }
            PlStatementKind::OpenQuery { cursor, query } => {
                let place = self.place(cursor)?;
                let plan = Arc::new(self.static_query(query)?);
                Code::OpenQuery { cursor: place, plan, text: query.span.of(&self.text).to_owned() }
            }
            PlStatementKind::OpenDynamic { cursor, text, using } => {
                let place = self.place(cursor)?;
                let text = self.expression(text)?;
                Code::OpenDynamic { cursor: place, text, using: self.using(using)? }
            }
            PlStatementKind::Fetch { cursor, into, limit } => {
                let cursor = self.expression(cursor)?;
                let into = self.open_targets(into)?;
                let limit = limit.as_ref().map(|limit| self.number(limit)).transpose()?;
                Code::Fetch { cursor, into, limit }
            }
            PlStatementKind::Close { cursor } => Code::Close(self.expression(cursor)?),
        })
    }

    fn declared_cursor(&mut self, name: &Name) -> Outcome<(Expr, Arc<RecordType>, Arc<CursorPlan>)> {
        use super::code::Home;
        use crate::sandbox::oracle::bind::Resolved;
        match self.resolve(name)? {
            Some(Resolved::Declared(Declared::Cursor { slot, row, cursor }, home)) => {
                let node = match home {
                    Home::Frame(depth) => Node::Local { depth, slot },
                    Home::Own => Node::Package { unit: self.unit.unwrap_or_default(), slot },
                    Home::Unit(unit) => Node::Package { unit, slot },
                };
                Ok((Expr { node, of: Type::Cursor }, row, cursor))
            }
            Some(_) => {
                Err(Self::pls(name.span, 456, &format!("item '{}' is not a cursor", name.last().text)))
            }
            None => Err(self.undeclared_name(name)),
        }
    }

    fn cursor_arguments(
        &mut self,
        plan: &CursorPlan,
        arguments: &[Argument],
        span: Span,
    ) -> Outcome<Vec<Expr>> {
        let mut list = Vec::new();
        if arguments.len() > plan.parameters.len() {
            return Err(Self::pls(span, 306, "wrong number or types of arguments in call to a cursor"));
        }
        for (at, parameter) in plan.parameters.iter().enumerate() {
            let written = arguments
                .iter()
                .find(|a| a.name.as_ref().is_some_and(|n| n.text == parameter.name))
                .or_else(|| arguments.get(at).filter(|a| a.name.is_none()));
            list.push(match (written, &parameter.default) {
                (Some(argument), _) => {
                    let value = self.expression(&argument.value)?;
                    self.assignable(value, &parameter.of, argument.value.span)?
                }
                (None, Some(default)) => default.clone(),
                (None, None) => {
                    return Err(Self::pls(
                        span,
                        306,
                        "wrong number or types of arguments in call to a cursor",
                    ));
                }
            });
        }
        Ok(list)
    }

    fn call_statement(&mut self, expression: &Expression) -> Outcome<Code> {
        use super::code::Home;
        use crate::sandbox::oracle::bind::Resolved;
        let (name, arguments) = match &expression.kind {
            ExpressionKind::Name(name) => (name.clone(), Vec::new()),
            ExpressionKind::Call(call) => (call.name.clone(), call.arguments.clone()),
            ExpressionKind::Member { base, field } => {
                let place = self.place(base)?;
                return Ok(Code::Method(place, field.text.clone(), Vec::new()));
            }
            ExpressionKind::Apply { base, arguments } => {
                if let ExpressionKind::Member { base, field } = &base.kind {
                    let place = self.place(base)?;
                    let list = arguments.iter().map(|a| self.expression(&a.value)).collect::<Outcome<_>>()?;
                    return Ok(Code::Method(place, field.text.clone(), list));
                }
                return Err(Self::pls(expression.span, 221, "this is not a procedure or is undefined"));
            }
            _ => return Err(Self::pls(expression.span, 221, "this is not a procedure or is undefined")),
        };
        if matches!(name.last().text.as_str(), "DELETE" | "EXTEND" | "TRIM") && name.parts.len() > 1 {
            let mut base = name.clone();
            base.parts.pop();
            if let Some(Resolved::Declared(declared, home)) = self.resolve(&base)?
                && let Some(place) = self.place_of(&declared, &home)
                && matches!(place.of, Type::Collection(_))
            {
                let list = arguments.iter().map(|a| self.expression(&a.value)).collect::<Outcome<_>>()?;
                return Ok(Code::Method(place_of_expr(place)?, name.last().text.clone(), list));
            }
        }
        let only = name.single().map(|only| only.text.as_str());
        if only == Some("PIPE ROW") {
            return Err(OracleError::unsupported("pipe rows"));
        }
        let resolved = match self.resolve(&name)? {
            Some(resolved) => resolved,
            None if only == Some("RAISE_APPLICATION_ERROR") => {
                let standard = Name {
                    parts: vec![
                        ast::Ident { text: "SYS".into(), quoted: false, span: name.span },
                        ast::Ident { text: "DBMS_STANDARD".into(), quoted: false, span: name.span },
                        name.last().clone(),
                    ],
                    link: None,
                    span: name.span,
                };
                let was = std::mem::replace(&mut self.authority.user, "SYS".into());
                let found = self.resolve(&standard);
                self.authority.user = was;
                found?.ok_or_else(|| self.undeclared_name(&name))?
            }
            None => return Err(self.undeclared_name(&name)),
        };
        let (list, home) = match resolved {
            Resolved::Declared(Declared::Routines(list), home) => (list, home),
            Resolved::Unit(object) => {
                let unit = self.stored_unit(object.id)?;
                if unit.is_package {
                    return Err(Self::pls(
                        name.span,
                        221,
                        &format!("'{}' is not a procedure or is undefined", name.last().text),
                    ));
                }
                if let Some(broken) = &unit.broken
                    && unit.routines.is_empty()
                {
                    let _ = broken;
                    return Err(Self::pls(
                        name.span,
                        905,
                        &format!("object {}.{} is invalid", object.owner, object.name),
                    ));
                }
                (vec![0], Home::Unit(object.id))
            }
            Resolved::Declared(Declared::Nothing, _) => return Err(self.undeclared_name(&name)),
            Resolved::Declared(..) => {
                return Err(Self::pls(
                    name.span,
                    221,
                    &format!("'{}' is not a procedure or is undefined", name.last().text),
                ));
            }
        };
        let site = self.call_site(&list, &home, &name, &arguments)?;
        let routine = match &site.target {
            crate::sandbox::oracle::plan::Target::Own { routine, .. }
            | crate::sandbox::oracle::plan::Target::Stored { routine, .. } => *routine,
        };
        let returns = match &home {
            Home::Unit(id) if Some(*id) != self.unit => {
                self.stored_unit(*id)?.routines.get(routine).is_some_and(|r| r.returns.is_some())
            }
            _ => self.routines.get(routine).is_some_and(|r| r.returns.is_some()),
        };
        if returns {
            return Err(Self::pls(
                name.span,
                221,
                &format!("'{}' is not a procedure or is undefined", name.last().text),
            ));
        }
        let places = self.out_places(&site)?;
        Ok(Code::Call(Arc::new(site), places))
    }

    /// Binds a query of static SQL.
    pub(super) fn static_query(&mut self, query: &Query) -> Outcome<QueryPlan> {
        let was = std::mem::replace(&mut self.in_sql, true);
        let scopes = std::mem::take(&mut self.queries);
        let plan = self.query(query);
        self.queries = scopes;
        self.in_sql = was;
        plan
    }

    fn static_sql(&mut self, statement: &Statement) -> Outcome<Code> {
        let text = statement.span.of(&self.text).to_owned();
        self.in_sql = true;
        let sql = match &statement.kind {
            StatementKind::Query(query) => {
                let SetExpression::Select(select) = &query.body else {
                    return Err(Self::pls(
                        statement.span,
                        428,
                        "an INTO clause is expected in this SELECT statement",
                    ));
                };
                let Some(into) = &select.into else {
                    return Err(Self::pls(
                        statement.span,
                        428,
                        "an INTO clause is expected in this SELECT statement",
                    ));
                };
                let plan = self.static_query(query)?;
                let types: Vec<Type> = plan.columns.iter().map(|column| column.of.clone()).collect();
                let into = self.into_targets(into, &types)?;
                Sql::Select { plan: Arc::new(plan), into }
            }
            StatementKind::Insert(insert) => Sql::Insert(Arc::new(self.insert(insert)?)),
            StatementKind::Update(update) => Sql::Update(Arc::new(self.update(update)?)),
            StatementKind::Delete(delete) => Sql::Delete(Arc::new(self.delete(delete)?)),
            StatementKind::Merge(merge) => Sql::Merge(Arc::new(self.merge(merge)?)),
            StatementKind::Commit { .. } => Sql::Commit,
            StatementKind::Rollback { to } => Sql::Rollback(to.as_ref().map(|to| to.text.clone())),
            StatementKind::Savepoint(name) => Sql::Savepoint(name.text.clone()),
            StatementKind::LockTable { tables, .. } => {
                for table in tables {
                    self.find_relation(table)?;
                }
                Sql::Nothing
            }
            StatementKind::SetTransaction { .. } => Sql::Nothing,
            _ => return Err(OracleError::unsupported("run this statement as static SQL")),
        };
        Ok(Code::Sql { sql, text })
    }
}

/// The place a bound expression denotes.
pub(super) fn place_of_expr(expr: Expr) -> Outcome<Place> {
    let of = expr.of;
    let (root, path) = match expr.node {
        Node::Local { depth, slot } => (Root::Local { depth, slot }, Vec::new()),
        Node::Package { unit, slot } => (Root::Package { unit, slot }, Vec::new()),
        Node::Bind(at) => (Root::Bind(at), Vec::new()),
        Node::Field(base, at) => {
            let mut base = place_of_expr(*base)?;
            base.path.push(Step::Field(at));
            (base.root, base.path)
        }
        Node::Element(base, key) => {
            let mut base = place_of_expr(*base)?;
            base.path.push(Step::Element(*key));
            (base.root, base.path)
        }
        // A conversion of an OUT argument is undone on the way back.
        Node::Convert(inner) => return place_of_expr(*inner),
        _ => {
            return Err(OracleError::compilation(
                0,
                0,
                "PLS-00363: expression cannot be used as an assignment target",
            ));
        }
    };
    Ok(Place { root, path, of })
}

fn record_of(name: &str, plan: &QueryPlan) -> Arc<RecordType> {
    Arc::new(RecordType {
        name: name.to_owned(),
        fields: plan.columns.iter().map(|column| (column.name.clone(), column.of.clone())).collect(),
    })
}

/// Makes an error of binding one of compilation, with Oracle's closing line.
fn as_compilation(error: OracleError, span: Span, sql: bool) -> OracleError {
    if error.code == 3001 {
        return error;
    }
    let closing = if sql { "PL/SQL: SQL Statement ignored" } else { "PL/SQL: Statement ignored" };
    if error.text.ends_with("ignored") {
        return error;
    }
    let (line, column) = if error.line > 0 { (error.line, error.column) } else { (span.line, span.column) };
    let base = if error.code == 6550 {
        error
    } else {
        OracleError::compilation(line, column, &format!("PL/SQL: {}", error.text))
    };
    base.below(&format!("ORA-06550: line {}, column {}:\n{closing}", span.line, span.column))
}
