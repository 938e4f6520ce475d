//! Queries at run time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::machine::{Machine, Row};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::SetOperator;
use crate::sandbox::oracle::plan::{Body, Expr, Node, QueryPlan, SelectPlan, SortKey, Subquery};
use crate::sandbox::oracle::values::value::HashKey;
use crate::sandbox::oracle::values::{Number, Type, Value};

/// What one statement computes once: WITH queries, uncorrelated subqueries, hashed tables.
#[derive(Debug, Default)]
pub(crate) struct StatementCache {
    pub(crate) common: HashMap<u64, Arc<Vec<Row>>>,
    pub(crate) subqueries: HashMap<usize, Arc<Vec<Row>>>,
    pub(crate) sets: HashMap<usize, Arc<(HashSet<Vec<HashKey>>, bool)>>,
    pub(crate) hashed: HashMap<(usize, usize), Arc<HashMap<HashKey, Vec<Row>>>>,
    pub(crate) scanned: HashMap<i64, usize>,
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of) as usize
}

fn hash_keys(row: &[Value]) -> Vec<HashKey> {
    row.iter().map(Value::hash_key).collect()
}

impl Machine {
    /// Runs a query as a statement of its own.
    pub(crate) fn run_query(&mut self, plan: &QueryPlan) -> Outcome<Vec<Row>> {
        self.as_statement(|machine| machine.query_rows(plan, None))
    }

    /// Runs something with a statement's cache and moment.
    pub(crate) fn as_statement<T>(&mut self, act: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.caches.push(StatementCache::default());
        let now = self.now();
        self.facts.nls.now = now;
        let rows = std::mem::take(&mut self.rows);
        let prior = self.prior.take();
        self.in_sql += 1;
        self.check_depth()?;
        let result = act(self);
        self.in_sql -= 1;
        self.rows = rows;
        self.prior = prior;
        self.caches.pop();
        result
    }

    pub(crate) fn cache(&mut self) -> &mut StatementCache {
        if self.caches.is_empty() {
            self.caches.push(StatementCache::default());
        }
        self.caches.last_mut().expect("one was pushed")
    }

    /// The rows of a query used as an expression.
    pub(crate) fn subquery_rows(&mut self, query: &Arc<Subquery>) -> Outcome<Arc<Vec<Row>>> {
        let key = address(&**query);
        if !query.correlated
            && let Some(rows) = self.cache().subqueries.get(&key)
        {
            return Ok(rows.clone());
        }
        let rows = Arc::new(self.in_query_context(|machine| machine.query_rows(&query.plan, None))?);
        if !query.correlated {
            self.cache().subqueries.insert(key, rows.clone());
        }
        Ok(rows)
    }

    fn in_query_context<T>(&mut self, act: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.in_sql += 1;
        let result = act(self);
        self.in_sql -= 1;
        result
    }

    /// Whether a subquery has a row.
    pub(crate) fn subquery_exists(&mut self, query: &Arc<Subquery>) -> Outcome<bool> {
        if query.correlated {
            return self
                .in_query_context(|machine| Ok(!machine.query_rows(&query.plan, Some(1))?.is_empty()));
        }
        Ok(!self.subquery_rows(query)?.is_empty())
    }

    /// IN over a query that does not depend on the row: by hashing.
    pub(crate) fn in_cached(&mut self, query: &Arc<Subquery>, left: &[Value]) -> Outcome<Value> {
        let key = address(&**query);
        let found = self.cache().sets.get(&key).cloned();
        let set = if let Some(set) = found {
            set
        } else {
            let rows = self.subquery_rows(query)?;
            let nulls = rows.iter().any(|row| row.iter().any(Value::is_null));
            let set = Arc::new((rows.iter().map(|row| hash_keys(row)).collect::<HashSet<_>>(), nulls));
            self.cache().sets.insert(key, set.clone());
            set
        };
        if left.iter().any(Value::is_null) {
            return Ok(if set.0.is_empty() { Value::Boolean(false) } else { Value::Null });
        }
        if set.0.contains(&hash_keys(left)) {
            return Ok(Value::Boolean(true));
        }
        Ok(if set.1 { Value::Null } else { Value::Boolean(false) })
    }

    /// The rows of a query; `enough` lets it stop early.
    pub(crate) fn query_rows(&mut self, plan: &QueryPlan, enough: Option<usize>) -> Outcome<Vec<Row>> {
        for common in &plan.common {
            let mut rows = self.query_rows(&common.plan, None)?;
            if let Some(step) = &common.recursive {
                let mut newest = rows.clone();
                let mut rounds = 0;
                while !newest.is_empty() {
                    rounds += 1;
                    if rounds > 100_000 {
                        return fail(32044, &[]);
                    }
                    self.cache().common.insert(common.number, Arc::new(newest));
                    newest = self.query_rows(step, None)?;
                    rows.extend(newest.iter().cloned());
                }
            }
            self.cache().common.insert(common.number, Arc::new(rows));
        }
        let offset = self.row_count(plan.offset.as_ref())?.unwrap_or(0);
        let limit = match &plan.fetch {
            Some(fetch) if !fetch.percent => self.row_count(Some(&fetch.count))?,
            _ => None,
        };
        let wanted = if plan.order.is_empty() {
            match (limit, enough) {
                (Some(limit), _) if !plan.fetch.as_ref().is_some_and(|f| f.with_ties) => Some(limit + offset),
                (None, Some(enough)) => Some(enough + offset),
                _ => None,
            }
        } else {
            None
        };
        let (mut rows, mut keys) = match &plan.body {
            Body::Select(select) => self.select_rows(select, &plan.order, wanted)?,
            Body::Set { operator, all, left, right } => {
                let rows = self.set_rows(*operator, *all, left, right)?;
                let keys = self.keys_for(&plan.order, &rows)?;
                (rows, keys)
            }
        };
        for row in &mut rows {
            for (value, column) in row.iter_mut().zip(&plan.columns) {
                if needs_conversion(value, &column.of) {
                    *value = self.convert(value, &column.of)?;
                }
            }
        }
        if !plan.order.is_empty() {
            let mut paired: Vec<(Vec<Value>, Row)> = keys.drain(..).zip(rows.drain(..)).collect();
            paired.sort_by(|a, b| order_of(&plan.order, &a.0, &b.0));
            (keys, rows) = paired.into_iter().unzip();
        }
        if offset > 0 {
            rows.drain(..offset.min(rows.len()));
            keys.drain(..offset.min(keys.len()));
        }
        if let Some(fetch) = &plan.fetch {
            let count = if fetch.percent {
                let percent = self.eval(&fetch.count)?.as_number().unwrap_or(Number::ZERO);
                let part =
                    percent.multiply(Number::from(rows.len())).and_then(|n| n.divide(Number::from(100)));
                part.map(Number::ceil)
                    .and_then(Number::to_i64)
                    .and_then(|n| usize::try_from(n).ok())
                    .unwrap_or(0)
            } else {
                limit.unwrap_or(0)
            };
            let mut end = count.min(rows.len());
            if fetch.with_ties && end > 0 {
                while end < rows.len()
                    && order_of(&plan.order, &keys[end - 1], &keys[end]).is_eq()
                    && !plan.order.is_empty()
                {
                    end += 1;
                }
            }
            rows.truncate(end);
        }
        if let Some(enough) = enough {
            rows.truncate(enough);
        }
        Ok(rows)
    }

    fn row_count(&mut self, expr: Option<&Expr>) -> Outcome<Option<usize>> {
        let Some(expr) = expr else { return Ok(None) };
        let value = self.eval(expr)?;
        let number = crate::sandbox::oracle::values::convert::to_number(&value)?.unwrap_or(Number::ZERO);
        Ok(Some(number.floor().to_i64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0)))
    }

    fn keys_for(&mut self, order: &[SortKey], rows: &[Row]) -> Outcome<Vec<Vec<Value>>> {
        if order.is_empty() {
            return Ok(Vec::new());
        }
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            self.rows.push(row.clone());
            let key = order.iter().map(|key| self.eval(&key.value)).collect::<Outcome<Vec<_>>>();
            self.rows.pop();
            keys.push(key?);
        }
        Ok(keys)
    }

    fn set_rows(
        &mut self,
        operator: SetOperator,
        all: bool,
        left: &QueryPlan,
        right: &QueryPlan,
    ) -> Outcome<Vec<Row>> {
        let mut first = self.query_rows(left, None)?;
        let second = self.query_rows(right, None)?;
        if operator == SetOperator::Union && all {
            first.extend(second);
            return Ok(first);
        }
        let others: HashSet<Vec<HashKey>> = second.iter().map(|row| hash_keys(row)).collect();
        let mut seen = HashSet::new();
        let mut rows = Vec::new();
        let source: Vec<Row> = match operator {
            SetOperator::Union => {
                first.extend(second);
                first
            }
            _ => first,
        };
        for row in source {
            let key = hash_keys(&row);
            let keep = match operator {
                SetOperator::Union => true,
                SetOperator::Intersect => others.contains(&key),
                SetOperator::Minus => !others.contains(&key),
            };
            if keep && (all || seen.insert(key)) {
                rows.push(row);
            }
        }
        if all && operator != SetOperator::Union {
            return Err(OracleError::unsupported("INTERSECT ALL or MINUS ALL"));
        }
        // Duplicate removal sorts, as the real engine's does.
        rows.sort_by(|a, b| {
            a.iter()
                .zip(b)
                .map(|(x, y)| x.sort_compare(y))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        Ok(rows)
    }

    /// The rows of one SELECT and, beside them, the values of the sort keys.
    fn select_rows(
        &mut self,
        select: &SelectPlan,
        order: &[SortKey],
        wanted: Option<usize>,
    ) -> Outcome<(Vec<Row>, Vec<Vec<Value>>)> {
        let simple = select.grouping.is_none()
            && select.windows.is_empty()
            && !select.distinct
            && select.hierarchy.is_none();
        let wanted = if simple { wanted } else { None };
        let mut rows = self.from_rows(select, wanted)?;
        if let Some(grouping) = &select.grouping {
            rows = self.group(grouping, rows, select.slots)?;
        }
        if !select.windows.is_empty() {
            self.windows(&select.windows, &mut rows, select.slots)?;
        }
        let mut output = Vec::with_capacity(rows.len());
        let mut keys = Vec::new();
        let mut seen = HashSet::new();
        for row in rows {
            self.rows.push(row);
            let made = self.eval_all(&select.output);
            let key = match (&made, order.is_empty()) {
                (Ok(_), false) => order.iter().map(|key| self.eval(&key.value)).collect::<Outcome<Vec<_>>>(),
                _ => Ok(Vec::new()),
            };
            self.rows.pop();
            let (made, key) = (made?, key?);
            if select.distinct && !seen.insert(hash_keys(&made)) {
                continue;
            }
            output.push(made);
            if !order.is_empty() {
                keys.push(key);
            }
        }
        if select.distinct && order.is_empty() {
            output.sort_by(|a, b| {
                a.iter()
                    .zip(b)
                    .map(|(x, y)| x.sort_compare(y))
                    .find(|order| order.is_ne())
                    .unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        Ok((output, keys))
    }
}

/// Whether a value's family differs from the column's, as it may in set operators and IN.
fn needs_conversion(value: &Value, of: &Type) -> bool {
    match value {
        Value::Null | Value::Boolean(_) | Value::Record(..) | Value::Collection(_) | Value::Cursor(_) => {
            false
        }
        Value::Number(_) => !of.is_number() && !matches!(of, Type::Null),
        Value::Text(_) => !of.is_text() && !matches!(of, Type::Null),
        Value::Date(_) => !matches!(of, Type::Date | Type::Null),
        Value::Timestamp(_) => !matches!(of, Type::Timestamp(_) | Type::Null),
        Value::TimestampTz(..) => !matches!(of, Type::TimestampTz(_) | Type::Null),
        _ => false,
    }
}

/// The order of two lists of key values.
pub(crate) fn order_of(keys: &[SortKey], a: &[Value], b: &[Value]) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    for ((key, x), y) in keys.iter().zip(a).zip(b) {
        let order = match (x.is_null(), y.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => {
                if key.nulls_first {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (false, true) => {
                if key.nulls_first {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (false, false) => {
                let order = x.compare(y).unwrap_or(Ordering::Equal);
                if key.descending { order.reverse() } else { order }
            }
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Whether an expression depends on the current row, and on which slots; none when it may be on all.
pub(crate) fn slots_used(expr: &Expr) -> Option<Vec<usize>> {
    let mut list = Vec::new();
    let mut all = false;
    expr.walk(&mut |inner| {
        match &inner.node {
            Node::Column { level: 0, slot } => list.push(*slot),
            Node::Scalar(query)
            | Node::Exists(query)
            | Node::InQuery(_, query)
            | Node::Quantified { query, .. } => {
                all |= query.correlated;
            }
            Node::Prior(_) | Node::NextValue(_) => all = true,
            _ => {}
        }
        true
    });
    if all { None } else { Some(list) }
}
