//! One SELECT.

use super::query::position_of;
use super::{Binder, QueryScope};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::{
    BinaryOperator, Distinctness, Expression, ExpressionKind, GroupItem, OrderItem, Select, SelectItem,
};
use crate::sandbox::oracle::plan::{
    Body, Expr, Grouping, Hierarchy, Node, OutputColumn, QueryPlan, SelectPlan, SortKey, Source,
};
use crate::sandbox::oracle::values::Type;

/// A SELECT of everything another query answers.
pub(super) fn whole_of(plan: QueryPlan) -> SelectPlan {
    let width = plan.columns.len();
    let output =
        plan.columns.iter().enumerate().map(|(at, column)| Expr::column(at, column.of.clone())).collect();
    SelectPlan {
        from: Source::Query { plan: Box::new(plan), at: 0, lateral: false },
        width,
        slots: width,
        rownum: None,
        filter: Vec::new(),
        hierarchy: None,
        grouping: None,
        windows: Vec::new(),
        output,
        distinct: false,
    }
}

/// The name Oracle gives a column without alias: the expression's text without blanks, in upper case.
pub(crate) fn output_name(text: &str) -> String {
    let mut name = String::new();
    let mut quoted = false;
    for letter in text.chars() {
        if letter == '\'' {
            quoted = !quoted;
        }
        if quoted {
            name.push(letter);
        } else if !letter.is_whitespace() {
            name.extend(letter.to_uppercase());
        }
    }
    name.truncate(name.char_indices().nth(128).map_or(name.len(), |(at, _)| at));
    name
}

impl Binder<'_> {
    /// Binds a SELECT with the ORDER BY that belongs to it.
    pub(crate) fn select(
        &mut self,
        select: &Select,
        order: &[OrderItem],
        siblings: &[OrderItem],
    ) -> Outcome<QueryPlan> {
        if select.from.is_empty() {
            return Err(OracleError::new(923, &[]).at(select.span.line, select.span.column));
        }
        self.queries
            .push(QueryScope { hierarchical: select.hierarchical.is_some(), ..QueryScope::default() });
        let bound = self.select_parts(select, order, siblings);
        self.queries.pop();
        bound
    }

    fn conjuncts(&mut self, condition: &Expression, list: &mut Vec<(Expr, Vec<usize>)>) -> Outcome<()> {
        if let ExpressionKind::Binary { operator: BinaryOperator::And, left, right } = &condition.kind {
            self.conjuncts(left, list)?;
            return self.conjuncts(right, list);
        }
        let marks = outer_marks(condition);
        let mut marked = Vec::new();
        for mark in marks {
            self.scope().outer_marks.clear();
            self.expression(mark)?;
            marked.append(&mut self.scope().outer_marks);
        }
        let bound = self.condition(condition)?;
        list.push((bound, marked));
        Ok(())
    }

    /// Binds a condition: an expression that is true or false.
    pub(crate) fn condition(&mut self, written: &Expression) -> Outcome<Expr> {
        let bound = self.expression(written)?;
        if !matches!(bound.of, Type::Boolean | Type::Null)
            || matches!(bound.node, Node::Constant(_)) && self.in_sql
        {
            return Err(self.wrong(
                written.span,
                382,
                "expression is of wrong type",
                OracleError::new(920, &[]),
            ));
        }
        Ok(bound)
    }

    fn select_parts(
        &mut self,
        select: &Select,
        order: &[OrderItem],
        siblings: &[OrderItem],
    ) -> Outcome<QueryPlan> {
        let mut sources = Vec::new();
        for reference in &select.from {
            let source = self.table_reference(reference)?;
            sources.push(source);
        }
        let mut from = if sources.len() == 1 { sources.remove(0) } else { Source::Product(sources) };
        let width = self.scope().slots;
        let mut filter = Vec::new();
        if let Some(selection) = &select.selection {
            let mut list = Vec::new();
            self.conjuncts(selection, &mut list)?;
            let (outer, plain): (Vec<_>, Vec<_>) = list.into_iter().partition(|(_, marks)| !marks.is_empty());
            filter = plain.into_iter().map(|(expr, _)| expr).collect();
            if !outer.is_empty() {
                from = self.old_outer_joins(from, outer)?;
            }
        }
        let hierarchy = self.hierarchy(select, siblings)?;
        let mut keys = Vec::new();
        let mut sets = Vec::new();
        if !select.group_by.is_empty() {
            sets.push(Vec::new());
            for item in &select.group_by {
                self.group_item(item, &mut keys, &mut sets)?;
            }
        }
        self.scope().aggregates_allowed = true;
        let having = match &select.having {
            Some(having) => Some(self.condition(having)?),
            None => None,
        };
        self.scope().windows_allowed = true;
        let (mut output, columns) = self.select_items(&select.items)?;
        let mut order_keys = self.order_keys(
            order,
            &mut output,
            &columns,
            select.distinctness == Some(Distinctness::Distinct),
        )?;
        let scope = self.scope();
        let aggregated = !keys.is_empty() || !scope.aggregates.is_empty() || having.is_some();
        let grouping = aggregated.then(|| {
            let aggregates = std::mem::take(&mut scope.aggregates)
                .into_iter()
                .map(|(slot, plan, _)| (slot, plan))
                .collect();
            let key_slots = keys.iter().map(|_| scope.new_slot()).collect::<Vec<_>>();
            if sets.is_empty() {
                sets.push(Vec::new());
            }
            Grouping { keys, key_slots, sets, aggregates, having }
        });
        let windows: Vec<_> = std::mem::take(&mut scope.windows).into_iter().map(|(plan, _)| plan).collect();
        let mut grouping = grouping;
        if let Some(grouping) = &mut grouping {
            let names: Vec<Expr> = output.clone();
            for expr in names.iter().chain(order_keys.iter().map(|key| &key.value)) {
                check_grouped(expr, grouping, width)?;
            }
            if grouping.sets.len() > 1 {
                output = output.into_iter().map(|expr| with_keys(expr, grouping)).collect();
                for key in &mut order_keys {
                    key.value = with_keys(key.value.clone(), grouping);
                }
            }
        }
        let mut hierarchy = hierarchy;
        if let Some(hierarchy) = &mut hierarchy {
            (hierarchy.paths, hierarchy.leaf) = self.hierarchy_extras();
        }
        let scope = self.scope();
        let plan = SelectPlan {
            from,
            width,
            slots: scope.slots,
            rownum: scope.rownum,
            filter,
            hierarchy,
            grouping,
            windows,
            output,
            distinct: select.distinctness == Some(Distinctness::Distinct),
        };
        Ok(QueryPlan {
            common: Vec::new(),
            body: Body::Select(Box::new(plan)),
            order: order_keys,
            offset: None,
            fetch: None,
            columns,
        })
    }

    fn hierarchy(&mut self, select: &Select, siblings: &[OrderItem]) -> Outcome<Option<Hierarchy>> {
        let Some(written) = &select.hierarchical else { return Ok(None) };
        let start = match &written.start_with {
            Some(start) => Some(self.condition(start)?),
            None => None,
        };
        self.scope().in_connect = true;
        let connect = self.expression(&written.connect_by)?;
        self.scope().in_connect = false;
        let siblings = self.sort_keys(siblings)?;
        let scope = self.scope();
        let level = match scope.level {
            Some(slot) => slot,
            None => scope.new_slot(),
        };
        scope.level = Some(level);
        // Paths and leaf marks found later, in the select list, are added when the plan is complete.
        Ok(Some(Hierarchy {
            start,
            connect,
            level,
            leaf: None,
            nocycle: written.nocycle,
            siblings,
            paths: Vec::new(),
        }))
    }

    fn group_item(
        &mut self,
        item: &GroupItem,
        keys: &mut Vec<Expr>,
        sets: &mut Vec<Vec<usize>>,
    ) -> Outcome<()> {
        let mut add = |binder: &mut Self, written: &Expression| -> Outcome<usize> {
            let key = binder.expression(written)?;
            if let Some(at) = keys.iter().position(|other| *other == key) {
                return Ok(at);
            }
            keys.push(key);
            Ok(keys.len() - 1)
        };
        let choices: Vec<Vec<usize>> = match item {
            GroupItem::Expression(Expression { kind: ExpressionKind::Tuple(list), .. }) => {
                vec![list.iter().map(|e| add(self, e)).collect::<Outcome<_>>()?]
            }
            GroupItem::Expression(expression) => vec![vec![add(self, expression)?]],
            GroupItem::Rollup(list) => {
                let all = list.iter().map(|e| add(self, e)).collect::<Outcome<Vec<_>>>()?;
                (0..=all.len()).rev().map(|count| all[..count].to_vec()).collect()
            }
            GroupItem::Cube(list) => {
                let all = list.iter().map(|e| add(self, e)).collect::<Outcome<Vec<_>>>()?;
                (0..1_usize << all.len())
                    .rev()
                    .map(|bits| {
                        all.iter()
                            .enumerate()
                            .filter(|(at, _)| bits & (1 << at) != 0)
                            .map(|(_, k)| *k)
                            .collect()
                    })
                    .collect()
            }
            GroupItem::GroupingSets(items) => {
                let mut list = Vec::new();
                for inner in items {
                    list.push(match inner {
                        GroupItem::Empty => Vec::new(),
                        GroupItem::Expression(Expression { kind: ExpressionKind::Tuple(tuple), .. }) => {
                            tuple.iter().map(|e| add(self, e)).collect::<Outcome<_>>()?
                        }
                        GroupItem::Expression(expression) => vec![add(self, expression)?],
                        _ => return Err(OracleError::unsupported("nest grouping sets")),
                    });
                }
                list
            }
            GroupItem::Empty => vec![Vec::new()],
        };
        let before = std::mem::take(sets);
        for set in before {
            for choice in &choices {
                let mut joined = set.clone();
                joined.extend(choice.iter().filter(|key| !set.contains(key)));
                sets.push(joined);
            }
        }
        Ok(())
    }

    fn select_items(&mut self, items: &[SelectItem]) -> Outcome<(Vec<Expr>, Vec<OutputColumn>)> {
        let mut output = Vec::new();
        let mut columns = Vec::new();
        for item in items {
            match item {
                SelectItem::Star(_) => {
                    let merged = self.scope().merged.clone();
                    for (name, expr) in &merged {
                        columns.push(OutputColumn {
                            name: name.clone(),
                            of: expr.of.clone(),
                            nullable: true,
                        });
                        output.push(expr.clone());
                    }
                    for source in self.scope().sources.clone() {
                        for column in source
                            .columns
                            .iter()
                            .filter(|c| !c.hidden && !merged.iter().any(|(m, _)| *m == c.name))
                        {
                            columns.push(OutputColumn {
                                name: column.name.clone(),
                                of: column.of.clone(),
                                nullable: column.nullable,
                            });
                            output.push(Expr::column(column.slot, column.of.clone()));
                        }
                    }
                }
                SelectItem::QualifiedStar(name) => {
                    let alias = &name.last().text;
                    let source =
                        self.scope().sources.iter().find(|s| s.alias.as_ref() == Some(alias)).cloned();
                    let Some(source) = source else {
                        return Err(OracleError::new(904, &[&format!("\"{alias}\"")])
                            .at(name.span.line, name.span.column));
                    };
                    for column in source.columns.iter().filter(|c| !c.hidden) {
                        columns.push(OutputColumn {
                            name: column.name.clone(),
                            of: column.of.clone(),
                            nullable: column.nullable,
                        });
                        output.push(Expr::column(column.slot, column.of.clone()));
                    }
                }
                SelectItem::Expression { value, alias } => {
                    let expr = self.expression(value)?;
                    if self.in_sql && matches!(expr.of, Type::Boolean) {
                        return Err(OracleError::new(923, &[]).at(value.span.line, value.span.column));
                    }
                    let name = match (alias, &value.kind) {
                        (Some(alias), _) => alias.text.clone(),
                        (None, ExpressionKind::Name(name)) => name.last().text.clone(),
                        (None, _) => output_name(value.span.of(&self.text)),
                    };
                    let nullable = match &expr.node {
                        Node::Column { level: 0, slot } => self
                            .scope()
                            .sources
                            .iter()
                            .flat_map(|source| &source.columns)
                            .find(|column| column.slot == *slot)
                            .is_none_or(|column| column.nullable),
                        _ => true,
                    };
                    columns.push(OutputColumn { name, of: expr.of.clone(), nullable });
                    output.push(expr);
                }
            }
        }
        Ok((output, columns))
    }

    fn order_keys(
        &mut self,
        order: &[OrderItem],
        output: &mut [Expr],
        columns: &[OutputColumn],
        distinct: bool,
    ) -> Outcome<Vec<SortKey>> {
        let mut keys = Vec::new();
        for item in order {
            let span = item.value.span;
            let value = if let Some(position) = position_of(&item.value) {
                let Some(expr) = position.checked_sub(1).and_then(|at| output.get(at)) else {
                    return Err(OracleError::new(
                        1785,
                        &["ORDER BY item must be the number of a SELECT-list expression"],
                    )
                    .at(span.line, span.column));
                };
                expr.clone()
            } else {
                let alias = match &item.value.kind {
                    ExpressionKind::Name(name) => {
                        name.single().and_then(|only| columns.iter().position(|c| c.name == only.text))
                    }
                    _ => None,
                };
                match alias {
                    Some(at) => output[at].clone(),
                    None => self.order_expression(&item.value, output, columns)?,
                }
            };
            if distinct && !output.contains(&value) {
                return Err(OracleError::new(1791, &[]).at(span.line, span.column));
            }
            keys.push(SortKey {
                value,
                descending: item.descending,
                nulls_first: item.nulls_first.unwrap_or(item.descending),
            });
        }
        Ok(keys)
    }

    /// An expression of ORDER BY may use aliases of the select list inside.
    fn order_expression(
        &mut self,
        written: &Expression,
        output: &[Expr],
        columns: &[OutputColumn],
    ) -> Outcome<Expr> {
        match self.expression(written) {
            Err(error) if error.code == 904 => {
                let before = self.scope().merged.len();
                for (column, expr) in columns.iter().zip(output) {
                    self.scope().merged.push((column.name.clone(), expr.clone()));
                }
                let bound = self.expression(written);
                self.scope().merged.truncate(before);
                bound.map_err(|_| error)
            }
            other => other,
        }
    }

    /// What the select list asked of CONNECT BY.
    pub(crate) fn hierarchy_extras(&mut self) -> (Vec<(usize, Expr, Option<String>)>, Option<usize>) {
        let scope = self.scope();
        (std::mem::take(&mut scope.paths), scope.leaf)
    }
}

/// The operands under `(+)` in a condition.
fn outer_marks(condition: &Expression) -> Vec<&Expression> {
    match &condition.kind {
        ExpressionKind::OuterJoin(inner) => vec![inner],
        ExpressionKind::Binary { left, right, .. } => {
            let mut list = outer_marks(left);
            list.extend(outer_marks(right));
            list
        }
        ExpressionKind::Between { operand, low, high, .. } => {
            [operand, low, high].into_iter().flat_map(|e| outer_marks(e)).collect()
        }
        ExpressionKind::IsNull { operand, .. }
        | ExpressionKind::Like { operand, .. }
        | ExpressionKind::InList { operand, .. } => outer_marks(operand),
        ExpressionKind::Call(call) => call.arguments.iter().flat_map(|a| outer_marks(&a.value)).collect(),
        _ => Vec::new(),
    }
}

/// ORA-00979 and ORA-00937: outside aggregates only keys may be used.
fn check_grouped(expr: &Expr, grouping: &Grouping, width: usize) -> Outcome<()> {
    let mut wrong = false;
    expr.walk(&mut |inner| {
        if grouping.keys.contains(inner) {
            return false;
        }
        if let Node::Column { level: 0, slot } = inner.node
            && slot < width
        {
            wrong = true;
        }
        true
    });
    if wrong {
        return Err(OracleError::new(if grouping.keys.is_empty() { 937 } else { 979 }, &[]));
    }
    Ok(())
}

/// The expression with its group keys read from their slots, which ROLLUP empties.
fn with_keys(expr: Expr, grouping: &Grouping) -> Expr {
    if let Some(at) = grouping.keys.iter().position(|key| *key == expr) {
        return Expr::column(grouping.key_slots[at], expr.of);
    }
    let node = match expr.node {
        Node::Builtin(function, list) => {
            Node::Builtin(function, list.into_iter().map(|e| with_keys(e, grouping)).collect())
        }
        Node::Convert(inner) => Node::Convert(Box::new(with_keys(*inner, grouping))),
        Node::Concatenate(a, b) => {
            Node::Concatenate(Box::new(with_keys(*a, grouping)), Box::new(with_keys(*b, grouping)))
        }
        Node::Case { branches, otherwise } => Node::Case {
            branches: branches
                .into_iter()
                .map(|(a, b)| (with_keys(a, grouping), with_keys(b, grouping)))
                .collect(),
            otherwise: otherwise.map(|e| Box::new(with_keys(*e, grouping))),
        },
        Node::IsNull(inner) => Node::IsNull(Box::new(with_keys(*inner, grouping))),
        Node::Not(inner) => Node::Not(Box::new(with_keys(*inner, grouping))),
        other => other,
    };
    Expr { node, of: expr.of }
}
