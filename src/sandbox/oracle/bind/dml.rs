//! INSERT, UPDATE, DELETE, MERGE.

use std::sync::Arc;

use super::{Binder, QueryScope};
use crate::sandbox::oracle::catalogue::{Body, Kind, TableDefinition};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::Span;
use crate::sandbox::oracle::language::ast::{
    Assignment, AssignmentTarget, Delete, DmlTarget, DmlTargetSource, Expression, ExpressionKind, Insert,
    InsertSource, Name, Returning, Update, WhereClause,
};
use crate::sandbox::oracle::plan::{Body as PlanBody, Expr, Node, QueryPlan, SelectPlan, Source};
use crate::sandbox::oracle::plsql::code::Targets;
use crate::sandbox::oracle::values::Type;

/// The table that changes.
#[derive(Clone, Debug)]
pub(crate) struct TargetPlan {
    pub(crate) table: Arc<TableDefinition>,
    /// The expressions of virtual columns, and of check constraints that are enabled, over the table's row.
    pub(crate) computed: Vec<(usize, Expr)>,
    pub(crate) checks: Vec<(String, Expr)>,
    /// Defaults by column.
    pub(crate) defaults: Vec<Option<Expr>>,
    /// The view with INSTEAD OF triggers, when it is one that changes.
    pub(crate) view: Option<i64>,
}

/// INSERT.
#[derive(Debug)]
pub(crate) struct InsertPlan {
    pub(crate) target: TargetPlan,
    /// The column of each value.
    pub(crate) columns: Vec<usize>,
    pub(crate) rows: InsertRows,
    pub(crate) returning: Option<(Vec<Expr>, Targets)>,
}

/// Where inserted rows come from; none stands for DEFAULT.
#[derive(Debug)]
pub(crate) enum InsertRows {
    Values(Vec<Option<Expr>>),
    Query(QueryPlan),
}

/// UPDATE: a query answers the row number and the new values.
#[derive(Debug)]
pub(crate) struct UpdatePlan {
    pub(crate) target: TargetPlan,
    /// Answers the rowid and the new values in order of `columns`.
    pub(crate) rows: QueryPlan,
    pub(crate) columns: Vec<usize>,
    pub(crate) returning: Option<(Vec<Expr>, Targets)>,
}

/// DELETE: a query answers the row numbers.
#[derive(Debug)]
pub(crate) struct DeletePlan {
    pub(crate) target: TargetPlan,
    pub(crate) rows: QueryPlan,
    pub(crate) returning: Option<(Vec<Expr>, Targets)>,
}

/// MERGE.
#[derive(Debug)]
pub(crate) struct MergePlan {
    pub(crate) target: TargetPlan,
    /// Source rows outer joined to the target: rowid, update values, update condition, delete condition, insert values,
    /// insert condition.
    pub(crate) rows: QueryPlan,
    pub(crate) update: Option<Vec<usize>>,
    pub(crate) update_condition: Option<usize>,
    pub(crate) insert: Option<Vec<usize>>,
    pub(crate) insert_condition: Option<usize>,
}

impl Binder<'_> {
    pub(super) fn target(
        &mut self,
        target: &DmlTarget,
        privilege: &str,
    ) -> Outcome<(TargetPlan, Option<String>)> {
        let DmlTargetSource::Named(name) = &target.source else {
            return Err(
                OracleError::unsupported("change an inline view").at(target.span.line, target.span.column)
            );
        };
        let object = self.find_relation(name)?;
        self.require(&object, &[privilege], name)?;
        let alias =
            target.alias.as_ref().map(|alias| alias.text.clone()).or_else(|| Some(name.last().text.clone()));
        match &object.body {
            Body::Table(table) => {
                if table.read_only {
                    return Err(OracleError::with_text(
                        12081,
                        &format!(
                            "update operation not allowed on table \"{}\".\"{}\"",
                            table.owner, table.name
                        ),
                    ));
                }
                let table = table.clone();
                Ok((self.target_plan(&table)?, alias))
            }
            Body::View { columns, .. } => {
                let has_trigger = !self.catalogue.belonging_to(object.id, Kind::Trigger).is_empty();
                if !has_trigger {
                    return self.simple_view_target(&object.clone(), alias, name);
                }
                let stand_in = TableDefinition {
                    id: object.id,
                    owner: object.owner.clone(),
                    name: object.name.clone(),
                    columns: columns
                        .iter()
                        .enumerate()
                        .map(|(at, (name, of))| crate::sandbox::oracle::catalogue::Column {
                            name: name.clone(),
                            of: of.clone(),
                            not_null: false,
                            default: None,
                            default_on_null: false,
                            identity: None,
                            computed: None,
                            storage: u32::try_from(at).unwrap_or(0),
                            hidden: false,
                            comment: None,
                        })
                        .collect(),
                    constraints: Vec::new(),
                    temporary: None,
                    read_only: false,
                    comment: None,
                    next_storage: 0,
                    analyzed: None,
                };
                let count = stand_in.columns.len();
                let plan = TargetPlan {
                    table: Arc::new(stand_in),
                    computed: Vec::new(),
                    checks: Vec::new(),
                    defaults: vec![None; count],
                    view: Some(object.id),
                };
                Ok((plan, alias))
            }
            _ => Err(OracleError::new(942, &[]).at(name.span.line, name.span.column)),
        }
    }

    fn simple_view_target(
        &mut self,
        object: &Arc<crate::sandbox::oracle::catalogue::Object>,
        _: Option<String>,
        name: &Name,
    ) -> Outcome<(TargetPlan, Option<String>)> {
        let dictionary = self.catalogue.user(&object.owner).is_some_and(|user| user.maintained);
        if dictionary {
            return Err(OracleError::new(1031, &[]).at(name.span.line, name.span.column));
        }
        Err(OracleError::unsupported("change rows through a view without an INSTEAD OF trigger")
            .at(name.span.line, name.span.column))
    }

    /// Binds what every change of a table needs.
    pub(crate) fn target_plan(&mut self, table: &Arc<TableDefinition>) -> Outcome<TargetPlan> {
        let mut computed = Vec::new();
        let mut checks = Vec::new();
        let mut defaults = Vec::new();
        for (at, column) in table.columns.iter().enumerate() {
            if let Some(text) = &column.computed {
                let value = self.over_table(table, text)?;
                let of = column.of.to_type();
                computed.push((at, self.coerce(value, &of, Span::default())?));
            }
            defaults.push(match &column.default {
                Some(text) => {
                    let value = self.stored_expression(text)?;
                    Some(value)
                }
                None => None,
            });
        }
        for constraint in &table.constraints {
            if let (crate::sandbox::oracle::catalogue::ConstraintKind::Check(text), true) =
                (&constraint.kind, constraint.enabled)
            {
                checks.push((constraint.name.clone(), self.over_table(table, text)?));
            }
        }
        Ok(TargetPlan { table: table.clone(), computed, checks, defaults, view: None })
    }

    /// Binds a stored expression over a table's columns.
    pub(crate) fn over_table(&mut self, table: &Arc<TableDefinition>, text: &str) -> Outcome<Expr> {
        let parsed = crate::sandbox::oracle::language::parse_expression(
            text,
            crate::sandbox::oracle::language::Dialect::default(),
        )
        .map_err(|error| super::syntax_error(&error))?;
        let mut inner =
            Binder::new(self.catalogue.clone(), self.units, self.authority.clone(), &table.owner, text);
        inner.queries.push(QueryScope::default());
        inner.add_table(table, Some(table.name.clone()));
        inner.expression(&parsed)
    }

    /// Binds a stored expression without columns: a default.
    pub(crate) fn stored_expression(&mut self, text: &str) -> Outcome<Expr> {
        let parsed = crate::sandbox::oracle::language::parse_expression(
            text,
            crate::sandbox::oracle::language::Dialect::default(),
        )
        .map_err(|error| super::syntax_error(&error))?;
        let mut inner = Binder::new(
            self.catalogue.clone(),
            self.units,
            self.authority.clone(),
            &self.schema.clone(),
            text,
        );
        inner.expression(&parsed)
    }

    pub(super) fn target_column(table: &TableDefinition, name: &Name) -> Outcome<usize> {
        let column = name.last();
        table.column(&column.text).ok_or_else(|| {
            let quoted: Vec<String> = name.parts.iter().map(|part| format!("\"{}\"", part.text)).collect();
            OracleError::new(904, &[&quoted.join(".")]).at(column.span.line, column.span.column)
        })
    }

    /// Converts a value for a column, or says ORA-00932.
    fn for_column(&mut self, value: Expr, of: &Type, span: Span) -> Outcome<Expr> {
        if !Self::suits(&value.of, of) || (matches!(value.of, Type::Boolean)) {
            return Err(
                OracleError::new(932, &[of.error_name(), value.of.error_name()]).at(span.line, span.column)
            );
        }
        self.coerce(value, of, span)
    }

    /// Binds INSERT.
    pub(crate) fn insert(&mut self, insert: &Insert) -> Outcome<InsertPlan> {
        let (target, _) = self.target(&insert.target, "INSERT")?;
        let table = target.table.clone();
        let columns: Vec<usize> = if insert.columns.is_empty() {
            (0..table.columns.len())
                .filter(|at| !table.columns[*at].hidden && table.columns[*at].computed.is_none())
                .collect()
        } else {
            insert.columns.iter().map(|name| Self::target_column(&table, name)).collect::<Outcome<_>>()?
        };
        for (at, column) in columns.iter().enumerate() {
            if columns[..at].contains(column) {
                return Err(OracleError::new(957, &[]));
            }
            if table.columns[*column].computed.is_some() {
                return Err(OracleError::new(54013, &[]));
            }
        }
        let rows = match &insert.source {
            InsertSource::Values(values) => {
                if values.len() != columns.len() {
                    return Err(OracleError::new(if values.len() < columns.len() { 947 } else { 913 }, &[])
                        .at(insert.target.span.line, insert.target.span.column));
                }
                let mut list = Vec::new();
                for (value, column) in values.iter().zip(&columns) {
                    list.push(self.value_or_default(value, &table.columns[*column].of.to_type())?);
                }
                InsertRows::Values(list)
            }
            InsertSource::Record(expression) => {
                let record = self.expression(expression)?;
                let Type::Record(of) = record.of.clone() else { return Err(OracleError::new(947, &[])) };
                if of.fields.len() != columns.len() {
                    return Err(OracleError::new(
                        if of.fields.len() < columns.len() { 947 } else { 913 },
                        &[],
                    ));
                }
                let list = of
                    .fields
                    .iter()
                    .enumerate()
                    .map(|(at, (_, of))| {
                        Some(Expr { node: Node::Field(Box::new(record.clone()), at), of: of.clone() })
                    })
                    .collect();
                InsertRows::Values(list)
            }
            InsertSource::Query(query) => {
                let mut plan = self.query(query)?;
                if plan.columns.len() != columns.len() {
                    return Err(OracleError::new(
                        if plan.columns.len() < columns.len() { 947 } else { 913 },
                        &[],
                    ));
                }
                for (column, at) in plan.columns.iter_mut().zip(&columns) {
                    let of = table.columns[*at].of.to_type();
                    if !Self::suits(&column.of, &of) {
                        return Err(OracleError::new(932, &[of.error_name(), column.of.error_name()]));
                    }
                    column.of = if matches!(of, Type::Char { .. }) {
                        Type::TEXT
                    } else {
                        super::expression::wider_text_or(&of)
                    };
                }
                InsertRows::Query(plan)
            }
        };
        let returning = self.returning(insert.returning.as_ref(), &table, None)?;
        Ok(InsertPlan { target, columns, rows, returning })
    }

    pub(super) fn value_or_default(&mut self, value: &Expression, of: &Type) -> Outcome<Option<Expr>> {
        if matches!(value.kind, ExpressionKind::Default) {
            return Ok(None);
        }
        let bound = self.expression(value)?;
        self.for_column(bound, of, value.span).map(Some)
    }

    fn returning(
        &mut self,
        returning: Option<&Returning>,
        table: &Arc<TableDefinition>,
        alias: Option<String>,
    ) -> Outcome<Option<(Vec<Expr>, Targets)>> {
        let Some(returning) = returning else { return Ok(None) };
        self.queries.push(QueryScope::default());
        self.add_table(table, Some(alias.unwrap_or_else(|| table.name.clone())));
        let list = self.expressions(&returning.expressions);
        self.queries.pop();
        let list = list?;
        let types: Vec<Type> = list.iter().map(|expr| expr.of.clone()).collect();
        let targets = self.into_targets(&returning.into, &types)?;
        Ok(Some((list, targets)))
    }

    /// A query over the target alone whose output is the rowid and further values.
    pub(super) fn target_query(&mut self, source: Source, filter: Vec<Expr>, values: Vec<Expr>) -> QueryPlan {
        let scope = self.scope();
        let rowid = scope.sources[0].rowid.unwrap_or_default();
        let mut output = vec![Expr::column(rowid, Type::Rowid)];
        output.extend(values);
        let columns = output
            .iter()
            .map(|expr| crate::sandbox::oracle::plan::OutputColumn {
                name: String::new(),
                of: expr.of.clone(),
                nullable: true,
            })
            .collect();
        let width = scope
            .sources
            .iter()
            .flat_map(|s| s.columns.iter().map(|c| c.slot).chain(s.rowid))
            .max()
            .map_or(0, |m| m + 1);
        let select = SelectPlan {
            from: source,
            width,
            slots: scope.slots,
            rownum: scope.rownum,
            filter,
            hierarchy: None,
            grouping: None,
            windows: Vec::new(),
            output,
            distinct: false,
        };
        QueryPlan {
            common: Vec::new(),
            body: PlanBody::Select(Box::new(select)),
            order: Vec::new(),
            offset: None,
            fetch: None,
            columns,
        }
    }

    fn selection(&mut self, selection: Option<&WhereClause>) -> Outcome<Vec<Expr>> {
        match selection {
            None => Ok(Vec::new()),
            Some(WhereClause::Condition(condition)) => self.conjunction(condition),
            Some(WhereClause::CurrentOf(name)) => {
                Err(OracleError::unsupported("use WHERE CURRENT OF").at(name.span.line, name.span.column))
            }
        }
    }

    pub(super) fn assignments(
        &mut self,
        table: &Arc<TableDefinition>,
        list: &[Assignment],
    ) -> Outcome<(Vec<usize>, Vec<Expr>)> {
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for assignment in list {
            let span = assignment.value.span;
            match &assignment.target {
                AssignmentTarget::Column(name) => {
                    let at = Self::target_column(table, name)?;
                    if table.columns[at].computed.is_some() {
                        return Err(OracleError::new(54017, &[]));
                    }
                    if table.columns[at]
                        .identity
                        .as_ref()
                        .is_some_and(|identity| identity.generation == "ALWAYS")
                    {
                        return Err(OracleError::new(32796, &[]));
                    }
                    let of = table.columns[at].of.to_type();
                    let value = match self.value_or_default(&assignment.value, &of)? {
                        Some(value) => value,
                        None => match &table.columns[at].default {
                            Some(text) => self.stored_expression(text)?,
                            None => Expr::null(),
                        },
                    };
                    columns.push(at);
                    values.push(value);
                }
                AssignmentTarget::Columns(names) => {
                    let ExpressionKind::Subquery(query) = &assignment.value.kind else {
                        return Err(OracleError::new(
                            1767,
                            &["UPDATE ... SET expression must be a subquery"],
                        ));
                    };
                    let ats: Vec<usize> =
                        names.iter().map(|name| Self::target_column(table, name)).collect::<Outcome<_>>()?;
                    let whole = self.subquery(query)?;
                    if whole.plan.columns.len() != ats.len() {
                        return Err(OracleError::new(
                            if whole.plan.columns.len() < ats.len() { 947 } else { 913 },
                            &[],
                        ));
                    }
                    for (index, at) in ats.iter().enumerate() {
                        // Each column reads its own part of the same query.
                        let mut part = whole.clone();
                        let of = part.plan.columns[index].of.clone();
                        project(&mut part.plan, index);
                        let value = Expr { node: Node::Scalar(Arc::new(part)), of };
                        let to = table.columns[*at].of.to_type();
                        columns.push(*at);
                        values.push(self.for_column(value, &to, span)?);
                    }
                }
                AssignmentTarget::Row(span) => {
                    let record = self.expression(&assignment.value)?;
                    let Type::Record(of) = record.of.clone() else {
                        return Err(OracleError::new(947, &[]).at(span.line, span.column));
                    };
                    for (at, (_, field)) in of.fields.iter().enumerate().take(table.columns.len()) {
                        columns.push(at);
                        values.push(Expr {
                            node: Node::Field(Box::new(record.clone()), at),
                            of: field.clone(),
                        });
                    }
                }
            }
        }
        Ok((columns, values))
    }

    /// Binds UPDATE.
    pub(crate) fn update(&mut self, update: &Update) -> Outcome<UpdatePlan> {
        let (target, alias) = self.target(&update.target, "UPDATE")?;
        let table = target.table.clone();
        self.queries.push(QueryScope::default());
        let bound = (|| {
            let source = self.target_source(&target, alias.clone(), &update.target)?;
            let (columns, values) = self.assignments(&table, &update.assignments)?;
            let filter = self.selection(update.selection.as_ref())?;
            let mut values = values;
            if target.view.is_some() {
                let old = self.scope().sources[0].columns.clone();
                values.extend(old.iter().map(|column| Expr::column(column.slot, column.of.clone())));
            }
            Ok((columns, self.target_query(source, filter, values)))
        })();
        self.queries.pop();
        let (columns, rows) = bound?;
        let returning = self.returning(update.returning.as_ref(), &table, alias)?;
        Ok(UpdatePlan { target, rows, columns, returning })
    }

    fn target_source(
        &mut self,
        target: &TargetPlan,
        alias: Option<String>,
        written: &DmlTarget,
    ) -> Outcome<Source> {
        if target.view.is_none() {
            return Ok(self.add_table(&target.table, alias));
        }
        let DmlTargetSource::Named(name) = &written.source else { return Err(OracleError::new(1732, &[])) };
        let reference = crate::sandbox::oracle::language::ast::TableReference::Factor(Box::new(
            crate::sandbox::oracle::language::ast::TableFactor {
                source: crate::sandbox::oracle::language::ast::TableSource::Named(name.clone()),
                lateral: false,
                alias: written.alias.clone(),
                flashback: None,
                sample: None,
                partition: None,
                outer_join: false,
                span: written.span,
            },
        ));
        self.table_reference(&reference)
    }

    /// Binds DELETE.
    pub(crate) fn delete(&mut self, delete: &Delete) -> Outcome<DeletePlan> {
        let (target, alias) = self.target(&delete.target, "DELETE")?;
        let table = target.table.clone();
        self.queries.push(QueryScope::default());
        let bound = (|| {
            let source = self.target_source(&target, alias.clone(), &delete.target)?;
            let filter = self.selection(delete.selection.as_ref())?;
            let mut values = Vec::new();
            if target.view.is_some() {
                let old = self.scope().sources[0].columns.clone();
                values.extend(old.iter().map(|column| Expr::column(column.slot, column.of.clone())));
            }
            Ok(self.target_query(source, filter, values))
        })();
        self.queries.pop();
        let rows = bound?;
        let returning = self.returning(delete.returning.as_ref(), &table, alias)?;
        Ok(DeletePlan { target, rows, returning })
    }
}

/// Leaves one column of a query's output.
fn project(plan: &mut QueryPlan, index: usize) {
    let column = plan.columns[index].clone();
    plan.columns = vec![column];
    match &mut plan.body {
        PlanBody::Select(select) => {
            let output = select.output[index].clone();
            select.output = vec![output];
        }
        PlanBody::Set { left, right, .. } => {
            project(left, index);
            project(right, index);
        }
    }
}
