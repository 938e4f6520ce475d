//! FROM and WHERE at run time: scans, index look-ups, hash joins, CONNECT BY.

use std::collections::HashMap;
use std::sync::Arc;

use super::machine::{Machine, Row};
use super::query::slots_used;
use crate::sandbox::oracle::bind::{json_width, slots_of};
use crate::sandbox::oracle::catalogue::{Body as ObjectBody, Kind, TableDefinition};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::BinaryOperator;
use crate::sandbox::oracle::plan::{Expr, Joining, Node, SelectPlan, Source};
use crate::sandbox::oracle::storage;
use crate::sandbox::oracle::values::value::HashKey;
use crate::sandbox::oracle::values::{Number, Type, Value};

/// A row of a flattened product that is being joined.
pub(super) struct Pending<'a> {
    pub(super) filters: Vec<(&'a Expr, Option<Vec<usize>>)>,
}

pub(super) fn within(slots: &[usize], ranges: &[std::ops::Range<usize>]) -> bool {
    slots.iter().all(|slot| ranges.iter().any(|range| range.contains(slot)))
}

/// The two sides of an equality.
fn equality(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.node {
        Node::Compare(BinaryOperator::Equal, a, b) if !matches!(a.node, Node::Row(_)) => Some((a, b)),
        _ => None,
    }
}

/// Keeps a share of rows, in millionths of a percent, evenly spread over all of them.
pub(crate) fn keep_sample<T>(rows: &mut Vec<T>, millionths: i64) {
    const WHOLE: i128 = 100_000_000;
    let share = i128::from(millionths);
    let mut number: i128 = 0;
    rows.retain(|_| {
        number += 1;
        number * share / WHOLE > (number - 1) * share / WHOLE
    });
}

impl Machine {
    /// The rows of FROM that pass WHERE, with all slots of the select.
    pub(crate) fn from_rows(&mut self, select: &SelectPlan, wanted: Option<usize>) -> Outcome<Vec<Row>> {
        let mut early = Vec::new();
        let mut late = Vec::new();
        for filter in &select.filter {
            match slots_used(filter) {
                Some(slots)
                    if slots.iter().all(|slot| *slot < select.width) && select.hierarchy.is_none() =>
                {
                    early.push((filter, Some(slots)));
                }
                _ => late.push(filter),
            }
        }
        let limit = wanted.filter(|_| late.is_empty() && early.is_empty());
        let mut pending = Pending { filters: early };
        let mut rows = self.source_rows(&select.from, &mut pending, select.slots, limit)?;
        for (filter, _) in pending.filters {
            rows = self.keep(rows, filter)?;
        }
        if let Some(hierarchy) = &select.hierarchy {
            rows = self.connect(hierarchy, rows)?;
        }
        let Some(rownum) = select.rownum else {
            for filter in late {
                rows = self.keep(rows, filter)?;
            }
            return Ok(rows);
        };
        let mut kept: Vec<Row> = Vec::new();
        for mut row in rows {
            if wanted.is_some_and(|wanted| kept.len() >= wanted) {
                break;
            }
            row[rownum] = Value::count(kept.len() + 1);
            self.rows.push(row);
            let mut passes = true;
            let mut finished = false;
            for filter in &late {
                match self.test(filter) {
                    Ok(Some(true)) => {}
                    Ok(_) => {
                        passes = false;
                        finished |= slots_used(filter).is_some_and(|slots| slots == [rownum]);
                        break;
                    }
                    Err(error) => {
                        self.rows.pop();
                        return Err(error);
                    }
                }
            }
            let row = self.rows.pop().unwrap_or_default();
            if passes {
                kept.push(row);
            }
            if finished {
                break;
            }
        }
        Ok(kept)
    }

    /// The rows for which a condition holds.
    pub(crate) fn keep(&mut self, rows: Vec<Row>, filter: &Expr) -> Outcome<Vec<Row>> {
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            self.check_cancelled()?;
            self.rows.push(row);
            let passes = self.test(filter);
            let row = self.rows.pop().unwrap_or_default();
            if passes? == Some(true) {
                kept.push(row);
            }
        }
        Ok(kept)
    }

    pub(super) fn source_rows(
        &mut self,
        source: &Source,
        pending: &mut Pending<'_>,
        width: usize,
        limit: Option<usize>,
    ) -> Outcome<Vec<Row>> {
        let own = [slots_of(source)];
        let mut mine = Vec::new();
        let mut rest = Vec::new();
        for (filter, slots) in std::mem::take(&mut pending.filters) {
            match &slots {
                Some(list) if within(list, &own) => mine.push((filter, slots)),
                _ => rest.push((filter, slots)),
            }
        }
        pending.filters = rest;
        match source {
            Source::Product(list) => {
                let mut inner = Pending { filters: mine };
                let rows = self.product(list, &mut inner, width)?;
                self.keep_all(rows, &inner.filters)
            }
            Source::Join { kind: Joining::Inner, left, right, on } => {
                for filter in on {
                    mine.push((filter, slots_used(filter)));
                }
                let mut inner = Pending { filters: mine };
                let rows = self.product(&[(**left).clone(), (**right).clone()], &mut inner, width)?;
                self.keep_all(rows, &inner.filters)
            }
            Source::Join { kind, left, right, on } => {
                let mut inner = Pending { filters: mine };
                let left_rows = if *kind == Joining::Full {
                    self.source_rows(left, &mut Pending { filters: Vec::new() }, width, None)?
                } else {
                    self.source_rows(left, &mut inner, width, None)?
                };
                let rows = self.outer_join(*kind, left_rows, left, right, on, width)?;
                self.keep_all(rows, &inner.filters)
            }
            _ => {
                let filters: Vec<&Expr> = mine.iter().map(|(filter, _)| *filter).collect();
                let rows = self.base_rows(source, &filters, width, limit)?;
                self.keep_all(rows, &mine)
            }
        }
    }

    pub(super) fn keep_all(
        &mut self,
        mut rows: Vec<Row>,
        filters: &[(&Expr, Option<Vec<usize>>)],
    ) -> Outcome<Vec<Row>> {
        for (filter, _) in filters {
            rows = self.keep(rows, filter)?;
        }
        Ok(rows)
    }

    fn product(&mut self, list: &[Source], pending: &mut Pending<'_>, width: usize) -> Outcome<Vec<Row>> {
        let mut left: Vec<&Source> = list.iter().collect();
        let mut done: Vec<std::ops::Range<usize>> = Vec::new();
        let mut rows: Option<Vec<Row>> = None;
        while !left.is_empty() {
            let at = if done.is_empty() {
                // Start where a constant narrows the rows.
                let narrowed = |source: &&Source| {
                    let own = [slots_of(source)];
                    pending.filters.iter().any(|(filter, slots)| {
                        equality(filter).is_some()
                            && slots.as_ref().is_some_and(|s| !s.is_empty() && within(s, &own))
                    })
                };
                left.iter().position(|s| narrowed(s) && !is_lateral(s)).unwrap_or(0)
            } else {
                let linked = |source: &&Source| {
                    let own = slots_of(source);
                    pending.filters.iter().any(|(filter, _)| join_sides(filter, &done, &own).is_some())
                };
                left.iter().position(linked).unwrap_or(0)
            };
            let at = if is_lateral(left[at]) && at > 0 && !is_lateral(left[0]) { 0 } else { at };
            let source = left.remove(at);
            rows = Some(match rows {
                None => self.source_rows(source, pending, width, None)?,
                Some(rows) => self.join_next(rows, &done, source, pending, width)?,
            });
            done.push(slots_of(source));
            let mut ready = Vec::new();
            let mut rest = Vec::new();
            for (filter, slots) in std::mem::take(&mut pending.filters) {
                if slots.as_ref().is_some_and(|slots| within(slots, &done)) {
                    ready.push((filter, slots));
                } else {
                    rest.push((filter, slots));
                }
            }
            pending.filters = rest;
            if let Some(current) = rows.take() {
                rows = Some(self.keep_all(current, &ready)?);
            }
        }
        Ok(rows.unwrap_or_default())
    }

    fn join_next(
        &mut self,
        rows: Vec<Row>,
        done: &[std::ops::Range<usize>],
        source: &Source,
        pending: &mut Pending<'_>,
        width: usize,
    ) -> Outcome<Vec<Row>> {
        let own = slots_of(source);
        if is_lateral(source) {
            let mut joined = Vec::new();
            for row in rows {
                self.check_cancelled()?;
                self.rows.push(row);
                let found = self.base_rows(source, &[], width, None);
                let row = self.rows.pop().unwrap_or_default();
                for other in found? {
                    joined.push(combine(&row, &other, &own));
                }
            }
            return Ok(joined);
        }
        let keys: Vec<(Expr, Expr)> = pending
            .filters
            .iter()
            .filter_map(|(filter, _)| join_sides(filter, done, &own))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect();
        pending.filters.retain(|(filter, _)| join_sides(filter, done, &own).is_none());
        let others = self.source_rows(source, pending, width, None)?;
        if keys.is_empty() {
            let mut joined = Vec::with_capacity(rows.len() * others.len());
            for row in &rows {
                self.check_cancelled()?;
                for other in &others {
                    joined.push(combine(row, other, &own));
                }
            }
            return Ok(joined);
        }
        let table = self.hash_rows(others, keys.iter().map(|(_, b)| b))?;
        let mut joined = Vec::new();
        for row in rows {
            self.rows.push(row);
            let key = self.key_of_row(keys.iter().map(|(a, _)| a));
            let row = self.rows.pop().unwrap_or_default();
            if let Some(key) = key?
                && let Some(found) = table.get(&key)
            {
                for other in found {
                    joined.push(combine(&row, other, &own));
                }
            }
        }
        Ok(joined)
    }

    pub(super) fn key_of_row<'a>(
        &mut self,
        keys: impl Iterator<Item = &'a Expr>,
    ) -> Outcome<Option<Vec<HashKey>>> {
        let mut list = Vec::new();
        for key in keys {
            let value = self.eval(key)?;
            if value.is_null() {
                return Ok(None);
            }
            list.push(value.hash_key());
        }
        Ok(Some(list))
    }

    fn hash_rows<'a>(
        &mut self,
        rows: Vec<Row>,
        keys: impl Iterator<Item = &'a Expr> + Clone,
    ) -> Outcome<HashMap<Vec<HashKey>, Vec<Row>>> {
        let mut table: HashMap<Vec<HashKey>, Vec<Row>> = HashMap::new();
        for row in rows {
            self.rows.push(row);
            let key = self.key_of_row(keys.clone());
            let row = self.rows.pop().unwrap_or_default();
            if let Some(key) = key? {
                table.entry(key).or_default().push(row);
            }
        }
        Ok(table)
    }

    /// Rows of a source that is no join.
    pub(super) fn base_rows(
        &mut self,
        source: &Source,
        filters: &[&Expr],
        width: usize,
        limit: Option<usize>,
    ) -> Outcome<Vec<Row>> {
        let place = |at: usize, values: Vec<Value>| {
            let mut row = vec![Value::Null; width];
            for (index, value) in values.into_iter().enumerate() {
                row[at + index] = value;
            }
            row
        };
        match source {
            Source::Table { table, at } => self.table_rows(table, *at, filters, width, limit),
            Source::Fixed { rows, at } => {
                let found = (rows.rows)(self)?;
                Ok(found.into_iter().map(|row| place(*at, row)).collect())
            }
            Source::Query { plan, at, .. } => {
                let found = self.query_rows(plan, limit)?;
                Ok(found.into_iter().map(|row| place(*at, row)).collect())
            }
            Source::Sample { of, percent } => {
                let percent = match self.eval(percent)? {
                    Value::Number(percent) => percent.multiply(Number::from(1_000_000)),
                    _ => None,
                };
                let millionths = percent.and_then(|millionths| millionths.truncate(0).to_i64());
                let Some(millionths) = millionths.filter(|share| (1..100_000_000).contains(share)) else {
                    return Err(OracleError::new(30562, &[]));
                };
                // The sample is taken before conditions are looked at.
                let mut rows = self.base_rows(of, &[], width, None)?;
                keep_sample(&mut rows, millionths);
                Ok(rows)
            }
            Source::Common { number, at, .. } => {
                let found = self
                    .caches
                    .iter()
                    .rev()
                    .find_map(|cache| cache.common.get(number))
                    .cloned()
                    .unwrap_or_default();
                Ok(found.iter().map(|row| place(*at, row.clone())).collect())
            }
            Source::Collection { value, at, .. } => {
                let Value::Collection(collection) = self.eval(value)? else { return Ok(Vec::new()) };
                let rows = collection.elements.values().map(|element| match element {
                    Value::Record(_, fields) => place(*at, fields.clone()),
                    other => place(*at, vec![other.clone()]),
                });
                Ok(rows.collect())
            }
            Source::JsonTable { table, at } => {
                let found = self.json_rows(table)?;
                debug_assert!(
                    found.iter().all(|row| row.len() == json_width(&table.columns)),
                    "one value a column"
                );
                Ok(found.into_iter().map(|row| place(*at, row)).collect())
            }
            Source::Product(_) | Source::Join { .. } => {
                self.source_rows(source, &mut Pending { filters: Vec::new() }, width, limit)
            }
        }
    }

    fn table_rows(
        &mut self,
        table: &Arc<TableDefinition>,
        at: usize,
        filters: &[&Expr],
        width: usize,
        limit: Option<usize>,
    ) -> Outcome<Vec<Row>> {
        self.prepare_temporary(table)?;
        let mut keys: Vec<(usize, Value)> = Vec::new();
        for filter in filters {
            let Some((a, b)) = equality(filter) else { continue };
            for (column, other) in [(a, b), (b, a)] {
                let Node::Column { level: 0, slot } = column.node else { continue };
                let free = slots_used(other).is_some_and(|slots| slots.is_empty());
                if !free || slot < at || slot > at + table.columns.len() {
                    continue;
                }
                // The value must not depend on this row; it is evaluated with a row of nulls in its place.
                self.rows.push(vec![Value::Null; width]);
                let value = self.eval(other);
                self.rows.pop();
                let value = value?;
                if value.is_null() {
                    return Ok(Vec::new());
                }
                if slot == at + table.columns.len() {
                    let number =
                        value.as_str().and_then(storage::read_rowid).filter(|(of, _)| *of == table.id);
                    let Some((_, number)) = number else {
                        return Err(OracleError::new(1410, &[]));
                    };
                    let found = self.store.fetch(table, number)?;
                    return found.into_iter().map(|row| self.complete(table, at, width, row)).collect();
                }
                if table.columns[slot - at].computed.is_none()
                    && exact(&value, &table.columns[slot - at].of.to_type())
                {
                    keys.push((slot - at, value));
                }
                break;
            }
        }
        if keys.is_empty() {
            let rows = self.store.scan(table, &[], limit)?;
            return rows.into_iter().map(|row| self.complete(table, at, width, row)).collect();
        }
        let indexed = self.indexed_columns(table.id);
        keys.sort_by_key(|(column, _)| !indexed.contains(&table.columns[*column].name));
        if indexed.contains(&table.columns[keys[0].0].name) {
            let rows = self.store.scan(table, &keys, None)?;
            return rows.into_iter().map(|row| self.complete(table, at, width, row)).collect();
        }
        // The second scan by the same column builds a hash for the rest of the statement.
        let (column, value) = keys[0].clone();
        let scans = self.cache().scanned.entry(table.id).or_default();
        *scans += 1;
        if *scans < 3 {
            let rows = self.store.scan(table, &keys, None)?;
            return rows.into_iter().map(|row| self.complete(table, at, width, row)).collect();
        }
        let key = (usize::try_from(table.id).unwrap_or(0), column);
        if !self.cache().hashed.contains_key(&key) {
            let mut hashed: HashMap<HashKey, Vec<Row>> = HashMap::new();
            for (number, mut row) in self.store.scan(table, &[], None)? {
                row.push(Value::integer(number));
                hashed.entry(row[column].hash_key()).or_default().push(row);
            }
            self.cache().hashed.insert(key, Arc::new(hashed));
        }
        let hashed = self.cache().hashed[&key].clone();
        let found = hashed.get(&value.hash_key()).cloned().unwrap_or_default();
        found
            .into_iter()
            .map(|mut row| {
                let number = row
                    .pop()
                    .and_then(|n| n.as_number())
                    .and_then(super::super::values::number::Number::to_i64)
                    .unwrap_or(0);
                self.complete(table, at, width, (number, row))
            })
            .collect()
    }

    /// A stored row as a row of FROM: with virtual columns and ROWID.
    pub(crate) fn complete(
        &mut self,
        table: &Arc<TableDefinition>,
        at: usize,
        width: usize,
        stored: storage::StoredRow,
    ) -> Outcome<Row> {
        let (number, mut values) = stored;
        if table.columns.iter().any(|column| column.computed.is_some()) {
            self.compute_columns(table, &mut values)?;
        }
        values.push(storage::rowid(table.id, number));
        if at == 0 {
            values.resize(width.max(values.len()), Value::Null);
            return Ok(values);
        }
        let mut row = vec![Value::Null; width];
        for (index, value) in values.into_iter().enumerate() {
            row[at + index] = value;
        }
        Ok(row)
    }

    /// The first columns of a table's indexes.
    fn indexed_columns(&self, table: i64) -> Vec<String> {
        self.catalogue
            .belonging_to(table, Kind::Index)
            .into_iter()
            .filter_map(|index| match &index.body {
                ObjectBody::Index { columns, functional: false, .. } => columns.first().cloned(),
                _ => None,
            })
            .collect()
    }
}

pub(super) fn is_lateral(source: &Source) -> bool {
    match source {
        Source::Query { lateral, .. } => *lateral,
        Source::Collection { .. } | Source::JsonTable { .. } => true,
        _ => false,
    }
}

pub(super) fn combine(row: &Row, other: &Row, own: &std::ops::Range<usize>) -> Row {
    let mut joined = row.clone();
    joined[own.clone()].clone_from_slice(&other[own.clone()]);
    joined
}

/// An equality between what is joined already and the next source, in that order.
pub(super) fn join_sides<'a>(
    filter: &'a Expr,
    done: &[std::ops::Range<usize>],
    own: &std::ops::Range<usize>,
) -> Option<(&'a Expr, &'a Expr)> {
    let (a, b) = equality(filter)?;
    let (x, y) = (slots_used(a)?, slots_used(b)?);
    let next = std::slice::from_ref(own);
    if !x.is_empty() && !y.is_empty() {
        if within(&x, done) && within(&y, next) {
            return Some((a, b));
        }
        if within(&y, done) && within(&x, next) {
            return Some((b, a));
        }
    }
    None
}

/// Whether equal values are equal cells for this pair of families.
fn exact(value: &Value, of: &Type) -> bool {
    match value {
        Value::Number(_) => of.is_number(),
        Value::Text(_) => of.is_text() && !matches!(of, Type::Clob),
        Value::Date(_) => matches!(of, Type::Date),
        Value::Timestamp(_) => matches!(of, Type::Timestamp(_)),
        Value::Raw(_) => matches!(of, Type::Raw(_)),
        _ => false,
    }
}
