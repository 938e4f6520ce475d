//! FROM: tables, views, inline views, joins.

use std::sync::Arc;

use super::expression::same_family;
use super::{Binder, ScopeColumn, ScopeSource, syntax_error};
use crate::sandbox::oracle::catalogue::{Authority, Body, Object, TableDefinition, fixed};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language;
use crate::sandbox::oracle::language::ast::{
    BinaryOperator, Expression, Join, JoinCondition, JoinKind, JsonColumn, JsonColumnKind, JsonFunction,
    JsonTable, Name, Query, TableFactor, TableReference, TableSource,
};
use crate::sandbox::oracle::plan::{Expr, Joining, JsonColumnPlan, JsonTablePlan, Node, QueryPlan, Source};
use crate::sandbox::oracle::values::{CollectionType, Type};

impl Binder<'_> {
    /// Binds one element of FROM and puts its columns in scope.
    pub(crate) fn table_reference(&mut self, reference: &TableReference) -> Outcome<Source> {
        match reference {
            TableReference::Factor(factor) => self.table_factor(factor),
            TableReference::Join(join) => self.join(join),
        }
    }

    fn join(&mut self, join: &Join) -> Outcome<Source> {
        let first = self.scope().sources.len();
        let left = self.table_reference(&join.left)?;
        let middle = self.scope().sources.len();
        let right = self.table_reference(&join.right)?;
        let mut on = Vec::new();
        let names: Option<Vec<String>> = match &join.condition {
            JoinCondition::On(condition) => {
                on.push(self.condition(condition)?);
                None
            }
            JoinCondition::Using(names) => Some(names.iter().map(|name| name.text.clone()).collect()),
            JoinCondition::Natural => {
                let sources = &self.scope().sources;
                let left: Vec<String> =
                    sources[first..middle].iter().flat_map(|s| &s.columns).map(|c| c.name.clone()).collect();
                let right: Vec<&str> =
                    sources[middle..].iter().flat_map(|s| &s.columns).map(|c| c.name.as_str()).collect();
                Some(left.into_iter().filter(|name| right.contains(&name.as_str())).collect())
            }
            JoinCondition::None => None,
        };
        for name in names.into_iter().flatten() {
            let side = |list: &[ScopeSource]| {
                list.iter()
                    .flat_map(|s| &s.columns)
                    .find(|c| c.name == name)
                    .map(|c| Expr::column(c.slot, c.of.clone()))
            };
            let sources = &self.scope().sources;
            let (a, b) = (side(&sources[first..middle]), side(&sources[middle..]));
            let (Some(a), Some(b)) = (a, b) else {
                return Err(
                    OracleError::new(904, &[&format!("\"{name}\"")]).at(join.span.line, join.span.column)
                );
            };
            let (left, right) = self.comparable(a.clone(), b.clone(), join.span)?;
            on.push(self.binary(BinaryOperator::Equal, left, right, join.span)?);
            let merged = match join.kind {
                JoinKind::Right => b,
                JoinKind::Full => self.builtin("NVL", vec![a, b], join.span)?,
                _ => a,
            };
            self.scope().merged.push((name, merged));
        }
        let on = on.into_iter().flat_map(split).collect();
        let (kind, left, right) = match join.kind {
            JoinKind::Inner | JoinKind::Cross | JoinKind::CrossApply => (Joining::Inner, left, right),
            JoinKind::Left | JoinKind::OuterApply => (Joining::Left, left, right),
            JoinKind::Right => (Joining::Left, right, left),
            JoinKind::Full => (Joining::Full, left, right),
        };
        Ok(Source::Join { kind, left: Box::new(left), right: Box::new(right), on })
    }

    fn table_factor(&mut self, factor: &TableFactor) -> Outcome<Source> {
        let refuse =
            |what: &str| Err(OracleError::unsupported(what).at(factor.span.line, factor.span.column));
        if factor.flashback.is_some() {
            return refuse("look back in time (AS OF)");
        }
        if factor.partition.is_some() {
            return refuse("read one partition");
        }
        if factor.outer_join {
            return refuse("outer join a table function by (+)");
        }
        let alias = factor.alias.as_ref().map(|alias| alias.text.clone());
        if let Some((percent, _)) = &factor.sample {
            let percent = Box::new(self.expression(percent)?);
            let TableSource::Named(name) = &factor.source else { return refuse("sample a subquery") };
            let of = self.named_source(name, alias)?;
            if !matches!(of, Source::Table { .. }) {
                return refuse("sample anything but a table");
            }
            return Ok(Source::Sample { of: Box::new(of), percent });
        }
        match &factor.source {
            TableSource::Named(name) => self.named_source(name, alias),
            TableSource::Subquery(query) => {
                let base = self.queries.len();
                let (plan, lateral) = self.inline_view(query, base)?;
                Ok(self.add_query(plan, alias, None, lateral))
            }
            TableSource::Collection(expression) | TableSource::Function(expression) => {
                let value = self.expression(expression)?;
                let Type::Collection(collection) = value.of.clone() else {
                    return Err(OracleError::with_text(
                        22905,
                        "cannot access rows from a non-nested table item",
                    )
                    .at(factor.span.line, factor.span.column));
                };
                Ok(self.add_collection(value, &collection, alias))
            }
            TableSource::JsonTable(table) => self.json_table(table, alias),
        }
    }

    /// Binds a query in FROM; it sees the sources on its left (as a lateral view does) only when it uses them.
    fn inline_view(&mut self, query: &Query, base: usize) -> Outcome<(QueryPlan, bool)> {
        let outer = std::mem::replace(&mut self.lowest, usize::MAX);
        let plan = self.query(query)?;
        let lateral = self.lowest == base - 1;
        self.lowest = self.lowest.min(outer);
        Ok((plan, lateral))
    }

    fn add_query(
        &mut self,
        plan: QueryPlan,
        alias: Option<String>,
        names: Option<&[String]>,
        lateral: bool,
    ) -> Source {
        let at = self.scope().slots;
        let columns = plan
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| ScopeColumn {
                name: names.map_or_else(|| column.name.clone(), |names| names[index].clone()),
                of: column.of.clone(),
                slot: at + index,
                nullable: column.nullable,
                hidden: false,
            })
            .collect();
        let scope = self.scope();
        scope.slots += plan.columns.len();
        scope.sources.push(ScopeSource { alias, owner: None, columns, rowid: None });
        Source::Query { plan: Box::new(plan), at, lateral }
    }

    fn add_collection(&mut self, value: Expr, collection: &CollectionType, alias: Option<String>) -> Source {
        let fields: Vec<(String, Type)> = match &collection.element {
            Type::Object(record) | Type::Record(record) => record.fields.clone(),
            other => vec![("COLUMN_VALUE".into(), other.clone())],
        };
        let at = self.scope().slots;
        let columns = fields
            .iter()
            .enumerate()
            .map(|(index, (name, of))| ScopeColumn {
                name: name.clone(),
                of: of.clone(),
                slot: at + index,
                nullable: true,
                hidden: false,
            })
            .collect();
        let scope = self.scope();
        scope.slots += fields.len();
        scope.sources.push(ScopeSource { alias, owner: None, columns, rowid: None });
        Source::Collection { value, fields: fields.len(), at }
    }

    fn named_source(&mut self, name: &Name, alias: Option<String>) -> Outcome<Source> {
        if let Some(only) = name.single() {
            if let Some(common) = self.common.iter().rev().find(|common| common.name == only.text).cloned() {
                let at = self.scope().slots;
                let columns: Vec<ScopeColumn> = common
                    .columns
                    .iter()
                    .enumerate()
                    .map(|(index, (name, of))| ScopeColumn {
                        name: name.clone(),
                        of: of.clone(),
                        slot: at + index,
                        nullable: true,
                        hidden: false,
                    })
                    .collect();
                let count = columns.len();
                let scope = self.scope();
                scope.slots += count;
                scope.sources.push(ScopeSource {
                    alias: alias.or(Some(common.name)),
                    owner: None,
                    columns,
                    rowid: None,
                });
                return Ok(Source::Common { number: common.number, columns: count, at });
            }
            if self.schema == "SYS"
                && let Some(rows) = fixed::find(&only.text)
            {
                return Ok(self.add_fixed(rows, alias.unwrap_or_else(|| only.text.clone())));
            }
        }
        let dual = |name: &Name| {
            name.last().text == "DUAL" && name.qualifier().is_none_or(|owner| owner.text == "SYS")
        };
        let object = match self.find_relation(name) {
            Err(_) if dual(name) => {
                if let Some(link) = &name.link {
                    self.reach(link, name.span)?;
                }
                let at = self.scope().slots;
                let columns = vec![ScopeColumn {
                    name: "DUMMY".into(),
                    of: Type::Varchar { length: Some(1), chars: false },
                    slot: at,
                    nullable: true,
                    hidden: false,
                }];
                let scope = self.scope();
                scope.slots += 1;
                scope.sources.push(ScopeSource {
                    alias: alias.or(Some("DUAL".into())),
                    owner: Some("SYS".into()),
                    columns,
                    rowid: None,
                });
                return Ok(Source::Fixed { rows: fixed::DUAL, at });
            }
            other => other?,
        };
        self.require(&object, &["SELECT", "READ"], name)?;
        let alias = alias.or_else(|| Some(name.last().text.clone()));
        match &object.body {
            Body::Table(table) => Ok(self.add_table(table, alias)),
            Body::View { .. } => self.view(&object, alias, name),
            _ => Err(OracleError::new(942, &[]).at(name.span.line, name.span.column)),
        }
    }

    fn add_fixed(&mut self, rows: fixed::FixedTable, alias: String) -> Source {
        let at = self.scope().slots;
        let columns: Vec<ScopeColumn> = rows
            .columns
            .iter()
            .enumerate()
            .map(|(index, (name, letter))| ScopeColumn {
                name: (*name).into(),
                of: match letter {
                    'N' => Type::NUMBER,
                    'D' => Type::Date,
                    'Z' => Type::TimestampTz(6),
                    'C' => Type::Clob,
                    _ => Type::Varchar { length: Some(4000), chars: false },
                },
                slot: at + index,
                nullable: true,
                hidden: false,
            })
            .collect();
        let scope = self.scope();
        scope.slots += columns.len();
        scope.sources.push(ScopeSource {
            alias: Some(alias),
            owner: Some("SYS".into()),
            columns,
            rowid: None,
        });
        Source::Fixed { rows, at }
    }

    /// Puts a table in scope.
    pub(crate) fn add_table(&mut self, table: &Arc<TableDefinition>, alias: Option<String>) -> Source {
        let at = self.scope().slots;
        let columns: Vec<ScopeColumn> = table
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| ScopeColumn {
                name: column.name.clone(),
                of: column.of.to_type(),
                slot: at + index,
                nullable: !column.not_null,
                hidden: column.hidden,
            })
            .collect();
        let count = columns.len();
        let scope = self.scope();
        scope.slots += count + 1;
        scope.sources.push(ScopeSource {
            alias,
            owner: Some(table.owner.clone()),
            columns,
            rowid: Some(at + count),
        });
        Source::Table { table: table.clone(), at }
    }

    fn view(&mut self, object: &Arc<Object>, alias: Option<String>, name: &Name) -> Outcome<Source> {
        let Body::View { columns, .. } = &object.body else { return Err(OracleError::new(942, &[])) };
        let plan = self.view_plan(object).map_err(|error| {
            if error.code == 3001 {
                return error;
            }
            OracleError::new(4063, &[&format!("view \"{}.{}\"", object.owner, object.name)])
                .at(name.span.line, name.span.column)
        })?;
        if plan.columns.len() != columns.len() {
            return Err(OracleError::new(4063, &[&format!("view \"{}.{}\"", object.owner, object.name)]));
        }
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let source = self.add_query(plan, alias, Some(&names), false);
        if let Some(last) = self.scope().sources.last_mut() {
            last.owner = Some(object.owner.clone());
        }
        Ok(source)
    }

    /// Binds the query of a view with its owner's rights.
    pub(crate) fn view_plan(&mut self, object: &Arc<Object>) -> Outcome<QueryPlan> {
        let Body::View { text, .. } = &object.body else { return Err(OracleError::new(942, &[])) };
        let parsed = if let Some(parsed) = self.units.views.get(&object.id) {
            parsed.clone()
        } else {
            let query = language::parse_query(text, language::Dialect::default())
                .map_err(|error| syntax_error(&error))?;
            let parsed = Arc::new((query, text.clone()));
            self.units.views.insert(object.id, parsed.clone());
            parsed
        };
        let owner = Authority { user: object.owner.clone(), roles: false };
        let catalogue = self.catalogue.clone();
        let mut inner = Binder::new(catalogue, self.units, owner, &object.owner, &parsed.1);
        inner.in_view = true;
        let plan = inner.query(&parsed.0)?;
        let depends = std::mem::take(&mut inner.depends);
        self.depends.extend(depends);
        Ok(plan)
    }

    fn json_table(&mut self, table: &JsonTable, alias: Option<String>) -> Outcome<Source> {
        let document = self.expression(&table.document)?;
        let at = self.scope().slots;
        let mut columns = Vec::new();
        let plans = self.json_columns(&table.columns, &mut columns)?;
        for (index, column) in columns.iter_mut().enumerate() {
            column.slot = at + index;
        }
        let scope = self.scope();
        scope.slots += columns.len();
        scope.sources.push(ScopeSource { alias, owner: None, columns, rowid: None });
        let path = table.path.clone().unwrap_or_else(|| "$".into());
        Ok(Source::JsonTable { table: Box::new(JsonTablePlan { document, path, columns: plans }), at })
    }

    fn json_columns(
        &mut self,
        list: &[JsonColumn],
        columns: &mut Vec<ScopeColumn>,
    ) -> Outcome<Vec<JsonColumnPlan>> {
        let mut plans = Vec::new();
        for column in list {
            let name = column.name.as_ref().map(|name| name.text.clone()).unwrap_or_default();
            let mut add = |of: Type| {
                columns.push(ScopeColumn { name: name.clone(), of, slot: 0, nullable: true, hidden: false });
            };
            plans.push(match &column.kind {
                JsonColumnKind::Ordinality => {
                    add(Type::NUMBER);
                    JsonColumnPlan::Ordinality
                }
                JsonColumnKind::Path { function, data_type, path, .. } => {
                    let of = match data_type {
                        Some(data_type) => self.data_type(data_type)?,
                        None => Type::Varchar { length: Some(4000), chars: false },
                    };
                    columns.push(ScopeColumn {
                        name: name.clone(),
                        of: of.clone(),
                        slot: 0,
                        nullable: true,
                        hidden: false,
                    });
                    let path = path.clone().unwrap_or_else(|| format!("$.{}", name.to_lowercase()));
                    JsonColumnPlan::Path {
                        path,
                        of,
                        query: *function == JsonFunction::Query,
                        exists: *function == JsonFunction::Exists,
                    }
                }
                JsonColumnKind::Nested { path, columns: inner } => {
                    JsonColumnPlan::Nested { path: path.clone(), columns: self.json_columns(inner, columns)? }
                }
            });
        }
        Ok(plans)
    }

    /// Turns a product with `(+)` conditions into outer joins.
    pub(crate) fn old_outer_joins(
        &mut self,
        from: Source,
        conditions: Vec<(Expr, Vec<usize>)>,
    ) -> Outcome<Source> {
        let mut sources = match from {
            Source::Product(list) => list,
            Source::Join { .. } => return Err(OracleError::new(25156, &[])),
            single => vec![single],
        };
        let mut left = Vec::new();
        let mut outer: Vec<(usize, Vec<Expr>)> = Vec::new();
        for (condition, marks) in conditions {
            let target = marks[0];
            if marks.iter().any(|mark| *mark != target) {
                return Err(OracleError::with_text(
                    1468,
                    "a predicate may reference only one outer-joined table",
                ));
            }
            match outer.iter_mut().find(|(at, _)| *at == target) {
                Some((_, list)) => list.push(condition),
                None => outer.push((target, vec![condition])),
            }
        }
        let mut taken = Vec::new();
        for (at, source) in sources.drain(..).enumerate() {
            match outer.iter().find(|(target, _)| *target == at) {
                Some((_, list)) => taken.push((source, list.clone())),
                None => left.push(source),
            }
        }
        let mut joined = match left.len() {
            0 => return Err(OracleError::with_text(1416, "two tables cannot be outer-joined to each other")),
            1 => left.remove(0),
            _ => Source::Product(left),
        };
        // Outer tables that hang on other outer tables come after them.
        while !taken.is_empty() {
            let ready = taken.iter().position(|(source, list)| {
                let own = slots_of(source);
                list.iter().all(|condition| {
                    let mut fine = true;
                    condition.walk(&mut |inner| {
                        if let Node::Column { level: 0, slot } = inner.node {
                            fine &= own.contains(&slot)
                                || !taken.iter().any(|(other, _)| slots_of(other).contains(&slot));
                        }
                        true
                    });
                    fine
                })
            });
            let (source, on) = taken.remove(ready.unwrap_or(0));
            joined =
                Source::Join { kind: Joining::Left, left: Box::new(joined), right: Box::new(source), on };
        }
        Ok(joined)
    }

    /// Checks that a query's columns suit those of a target.
    pub(crate) fn suits(of: &Type, to: &Type) -> bool {
        same_family(of, to) || to.accepts(of)
    }

    /// Splits a bound condition at its ANDs.
    pub(crate) fn conjunction(&mut self, condition: &Expression) -> Outcome<Vec<Expr>> {
        Ok(split(self.condition(condition)?))
    }
}

/// The parts of a conjunction.
pub(crate) fn split(condition: Expr) -> Vec<Expr> {
    match condition.node {
        Node::And(a, b) => {
            let mut list = split(*a);
            list.extend(split(*b));
            list
        }
        _ => vec![condition],
    }
}

/// The slots a source fills.
pub(crate) fn slots_of(source: &Source) -> std::ops::Range<usize> {
    match source {
        Source::Table { table, at } => *at..at + table.columns.len() + 1,
        Source::Fixed { rows, at } => *at..at + rows.columns.len(),
        Source::Query { plan, at, .. } => *at..at + plan.columns.len(),
        Source::Common { columns, at, .. } => *at..at + columns,
        Source::Collection { fields, at, .. } => *at..at + fields,
        Source::JsonTable { table, at } => *at..at + json_width(&table.columns),
        Source::Sample { of, .. } => slots_of(of),
        Source::Product(list) => {
            let start = list.iter().map(|s| slots_of(s).start).min().unwrap_or(0);
            let end = list.iter().map(|s| slots_of(s).end).max().unwrap_or(0);
            start..end
        }
        Source::Join { left, right, .. } => {
            let (a, b) = (slots_of(left), slots_of(right));
            a.start.min(b.start)..a.end.max(b.end)
        }
    }
}

/// The columns of `JSON_TABLE`, nested ones included.
pub(crate) fn json_width(columns: &[JsonColumnPlan]) -> usize {
    columns
        .iter()
        .map(
            |column| {
                if let JsonColumnPlan::Nested { columns, .. } = column { json_width(columns) } else { 1 }
            },
        )
        .sum()
}
