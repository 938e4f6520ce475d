//! GROUP BY, aggregates and window functions at run time.

use std::collections::{HashMap, HashSet};

use super::machine::{Machine, Row};
use super::query::order_of;
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::plan::{
    AggregateFunction, AggregatePlan, Edge, Grouping, SortKey, WindowFunction, WindowPlan,
};
use crate::sandbox::oracle::values::value::HashKey;
use crate::sandbox::oracle::values::{Number, Value};

impl Machine {
    fn in_row<T>(&mut self, row: &Row, act: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.rows.push(row.clone());
        let result = act(self);
        self.rows.pop();
        result
    }

    /// Groups rows: each group is its first row with keys and aggregates in their slots.
    pub(crate) fn group(&mut self, grouping: &Grouping, rows: Vec<Row>, slots: usize) -> Outcome<Vec<Row>> {
        let mut keyed = Vec::with_capacity(rows.len());
        for row in rows {
            let keys = self.in_row(&row, |machine| machine.eval_all(&grouping.keys))?;
            keyed.push((keys, row));
        }
        let mut result = Vec::new();
        for set in &grouping.sets {
            let mut order: Vec<Vec<HashKey>> = Vec::new();
            let mut groups: HashMap<Vec<HashKey>, Vec<usize>> = HashMap::new();
            for (number, (keys, _)) in keyed.iter().enumerate() {
                let key: Vec<HashKey> = set.iter().map(|at| keys[*at].hash_key()).collect();
                let members = groups.entry(key.clone()).or_default();
                if members.is_empty() {
                    order.push(key);
                }
                members.push(number);
            }
            if set.is_empty() && groups.is_empty() {
                order.push(Vec::new());
                groups.insert(Vec::new(), Vec::new());
            }
            for key in order {
                let members = &groups[&key];
                let mut row =
                    members.first().map_or_else(|| vec![Value::Null; slots], |first| keyed[*first].1.clone());
                row.resize(slots, Value::Null);
                for (at, slot) in grouping.key_slots.iter().enumerate() {
                    let present = set.contains(&at);
                    row[*slot] = match members.first() {
                        Some(first) if present => keyed[*first].0[at].clone(),
                        _ => Value::Null,
                    };
                }
                for (slot, aggregate) in &grouping.aggregates {
                    let list: Vec<&Row> = members.iter().map(|number| &keyed[*number].1).collect();
                    row[*slot] = self.aggregate(aggregate, &list)?;
                }
                if let Some(having) = &grouping.having {
                    let kept = self.in_row(&row, |machine| machine.test(having))?;
                    if kept != Some(true) {
                        continue;
                    }
                }
                result.push(row);
            }
        }
        Ok(result)
    }

    fn sorted<'a>(&mut self, rows: &[&'a Row], order: &[SortKey]) -> Outcome<Vec<(Vec<Value>, &'a Row)>> {
        let mut keyed = Vec::with_capacity(rows.len());
        for row in rows {
            let key = self.in_row(row, |machine| {
                order.iter().map(|key| machine.eval(&key.value)).collect::<Outcome<Vec<_>>>()
            })?;
            keyed.push((key, *row));
        }
        keyed.sort_by(|a, b| order_of(order, &a.0, &b.0));
        Ok(keyed)
    }

    fn aggregate(&mut self, plan: &AggregatePlan, rows: &[&Row]) -> Outcome<Value> {
        if plan.function == AggregateFunction::CountAll && plan.keep.is_none() {
            return Ok(Value::count(rows.len()));
        }
        let mut rows: Vec<&Row> = rows.to_vec();
        if let Some((first, order)) = &plan.keep {
            let sorted = self.sorted(&rows, order)?;
            let edge = if *first { sorted.first() } else { sorted.last() }.map(|(key, _)| key.clone());
            if let Some(edge) = edge {
                rows = sorted
                    .iter()
                    .filter(|(key, _)| order_of(order, key, &edge).is_eq())
                    .map(|(_, row)| *row)
                    .collect();
            }
        }
        if !plan.order.is_empty() {
            rows = self.sorted(&rows, &plan.order)?.into_iter().map(|(_, row)| row).collect();
        }
        let mut values = Vec::with_capacity(rows.len());
        let mut separator = Value::Null;
        for row in &rows {
            self.rows.push((*row).clone());
            let value = plan.arguments.first().map_or(Ok(Value::integer(1)), |argument| self.eval(argument));
            if let (Some(second), true) = (plan.arguments.get(1), separator.is_null()) {
                separator = self.eval(second)?;
            }
            self.rows.pop();
            values.push(value?);
        }
        accumulate(plan.function, values, plan.distinct, &separator)
    }

    /// Computes window functions into their slots.
    pub(crate) fn windows(&mut self, windows: &[WindowPlan], rows: &mut [Row], slots: usize) -> Outcome<()> {
        for row in rows.iter_mut() {
            row.resize(slots, Value::Null);
        }
        for window in windows {
            let mut parts: HashMap<Vec<HashKey>, Vec<usize>> = HashMap::new();
            let mut keys: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
            let mut arguments: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
            for (number, row) in rows.iter().enumerate() {
                let (part, key, values) = self.in_row(row, |machine| {
                    let part = machine.eval_all(&window.partition)?;
                    let key = window
                        .order
                        .iter()
                        .map(|key| machine.eval(&key.value))
                        .collect::<Outcome<Vec<_>>>()?;
                    Ok((part, key, machine.eval_all(&window.arguments)?))
                })?;
                parts.entry(part.iter().map(Value::hash_key).collect()).or_default().push(number);
                keys.push(key);
                arguments.push(values);
            }
            for members in parts.values_mut() {
                members.sort_by(|a, b| order_of(&window.order, &keys[*a], &keys[*b]).then(a.cmp(b)));
                let values = self.window_values(window, members, &keys, &arguments)?;
                for (number, value) in members.iter().zip(values) {
                    rows[*number][window.slot] = value;
                }
            }
        }
        // Oracle delivers rows in the order of the last window's sort when nothing else orders them; no promise is made.
        Ok(())
    }

    fn window_values(
        &mut self,
        window: &WindowPlan,
        members: &[usize],
        keys: &[Vec<Value>],
        arguments: &[Vec<Value>],
    ) -> Outcome<Vec<Value>> {
        let count = members.len();
        let peers =
            |a: usize, b: usize| order_of(&window.order, &keys[members[a]], &keys[members[b]]).is_eq();
        let argument = |at: usize, n: usize| arguments[members[at]].get(n).cloned().unwrap_or_default();
        let mut result = Vec::with_capacity(count);
        let (mut rank, mut dense) = (0, 0);
        let mut cached: Option<(usize, usize, Value)> = None;
        for at in 0..count {
            if at == 0 || !peers(at - 1, at) {
                rank = at + 1;
                dense += 1;
            }
            result.push(match &window.function {
                WindowFunction::RowNumber => Value::count(at + 1),
                WindowFunction::Rank => Value::count(rank),
                WindowFunction::DenseRank => Value::count(dense),
                WindowFunction::NTile => {
                    let tiles = argument(at, 0)
                        .as_number()
                        .and_then(super::super::values::number::Number::to_i64)
                        .and_then(|n| usize::try_from(n).ok())
                        .unwrap_or(1)
                        .max(1);
                    let (size, extra) = (count / tiles, count % tiles);
                    let big = extra * (size + 1);
                    Value::count(
                        if at < big { at / (size + 1) } else { extra + (at - big) / size.max(1) } + 1,
                    )
                }
                WindowFunction::Lag | WindowFunction::Lead => {
                    let distance = if window.arguments.len() > 1 {
                        argument(at, 1)
                            .as_number()
                            .and_then(super::super::values::number::Number::to_i64)
                            .unwrap_or(1)
                    } else {
                        1
                    };
                    let step =
                        if matches!(window.function, WindowFunction::Lag) { -distance } else { distance };
                    let other = i64::try_from(at).unwrap_or(0) + step;
                    match usize::try_from(other).ok().filter(|other| *other < count) {
                        Some(other) => argument(other, 0),
                        None => argument(at, 2),
                    }
                }
                WindowFunction::RatioToReport => {
                    let all = (0..count).map(|n| argument(n, 0)).collect();
                    let sum = accumulate(AggregateFunction::Sum, all, false, &Value::Null)?;
                    match (argument(at, 0).as_number(), sum.as_number()) {
                        (Some(part), Some(sum)) if !sum.is_zero() => {
                            part.divide(sum).map_or(Value::Null, Value::Number)
                        }
                        _ => Value::Null,
                    }
                }
                WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::Aggregate(..) => {
                    let (from, to) = self.frame(window, at, count, &peers)?;
                    if let Some((a, b, value)) = &cached
                        && (*a, *b) == (from, to)
                    {
                        value.clone()
                    } else {
                        let values: Vec<Value> = (from..to).map(|n| argument(n, 0)).collect();
                        let value = match &window.function {
                            WindowFunction::Aggregate(function, distinct) => {
                                let list = if *function == AggregateFunction::CountAll {
                                    vec![Value::integer(1); values.len()]
                                } else {
                                    values
                                };
                                let separator = argument(at, 1);
                                let function = if *function == AggregateFunction::CountAll {
                                    AggregateFunction::Count
                                } else {
                                    *function
                                };
                                accumulate(function, list, *distinct, &separator)?
                            }
                            WindowFunction::FirstValue => values
                                .iter()
                                .find(|v| !window.ignore_nulls || !v.is_null())
                                .cloned()
                                .unwrap_or_default(),
                            _ => values
                                .iter()
                                .rev()
                                .find(|v| !window.ignore_nulls || !v.is_null())
                                .cloned()
                                .unwrap_or_default(),
                        };
                        cached = Some((from, to, value.clone()));
                        value
                    }
                }
            });
        }
        Ok(result)
    }

    fn frame(
        &mut self,
        window: &WindowPlan,
        at: usize,
        count: usize,
        peers: &dyn Fn(usize, usize) -> bool,
    ) -> Outcome<(usize, usize)> {
        let peer_end = || (at..count).take_while(|other| peers(at, *other)).count() + at;
        let peer_start = || at + 1 - (0..=at).rev().take_while(|other| peers(at, *other)).count();
        let Some(frame) = &window.frame else {
            return Ok(if window.order.is_empty() { (0, count) } else { (0, peer_end()) });
        };
        let mut distance = |expr| -> Outcome<usize> {
            let value = self.eval(expr)?;
            Ok(value
                .as_number()
                .and_then(super::super::values::number::Number::to_i64)
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(0))
        };
        let from = match &frame.start {
            Edge::Unbounded => 0,
            Edge::Current => {
                if frame.rows {
                    at
                } else {
                    peer_start()
                }
            }
            Edge::Preceding(expr) => at.saturating_sub(distance(expr)?),
            Edge::Following(expr) => at + distance(expr)?,
        };
        let to = match &frame.end {
            Edge::Unbounded => count,
            Edge::Current => {
                if frame.rows {
                    at + 1
                } else {
                    peer_end()
                }
            }
            Edge::Preceding(expr) => (at + 1).saturating_sub(distance(expr)?),
            Edge::Following(expr) => at + 1 + distance(expr)?,
        };
        let to = to.min(count);
        Ok((from.min(to), to))
    }
}

/// Folds the values of a group.
fn accumulate(
    function: AggregateFunction,
    values: Vec<Value>,
    distinct: bool,
    separator: &Value,
) -> Outcome<Value> {
    let mut seen = HashSet::new();
    let list: Vec<Value> =
        values.into_iter().filter(|v| !v.is_null() && (!distinct || seen.insert(v.hash_key()))).collect();
    let overflow = || OracleError::new(1426, &[]);
    let sum =
        || list.iter().filter_map(Value::as_number).try_fold(Number::ZERO, Number::add).ok_or_else(overflow);
    let count = Number::from(list.len());
    Ok(match function {
        AggregateFunction::CountAll | AggregateFunction::Count => Value::Number(count),
        AggregateFunction::Minimum => list.into_iter().min_by(Value::sort_compare).unwrap_or_default(),
        AggregateFunction::Maximum => list.into_iter().max_by(Value::sort_compare).unwrap_or_default(),
        AggregateFunction::ListAgg => {
            let parts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            let text = parts.join(separator.as_str().unwrap_or_default());
            if text.len() > 4000 {
                return fail(1489, &[]);
            }
            Value::text(text)
        }
        AggregateFunction::JsonArray => {
            let parts: Vec<&str> = list
                .iter()
                .filter_map(Value::as_str)
                .map(|t| t.trim_start_matches('[').strip_suffix(']').unwrap_or(t))
                .filter(|t| !t.is_empty())
                .collect();
            Value::text(format!("[{}]", parts.join(",")))
        }
        AggregateFunction::JsonObject => {
            let parts: Vec<&str> = list
                .iter()
                .filter_map(Value::as_str)
                .map(|t| t.strip_prefix('{').unwrap_or(t))
                .map(|t| t.strip_suffix('}').unwrap_or(t))
                .filter(|t| !t.is_empty())
                .collect();
            Value::text(format!("{{{}}}", parts.join(",")))
        }
        _ if list.is_empty() => Value::Null,
        AggregateFunction::Sum => Value::Number(sum()?),
        AggregateFunction::Average => Value::Number(sum()?.divide(count).ok_or_else(overflow)?),
        AggregateFunction::Median => {
            let mut numbers: Vec<Number> = list.iter().filter_map(Value::as_number).collect();
            numbers.sort();
            let middle = numbers.len() / 2;
            let value = if numbers.len() % 2 == 1 {
                numbers[middle]
            } else {
                numbers[middle - 1]
                    .add(numbers[middle])
                    .and_then(|n| n.divide(Number::from(2)))
                    .ok_or_else(overflow)?
            };
            Value::Number(value)
        }
        AggregateFunction::Variance | AggregateFunction::Deviation => {
            if list.len() == 1 {
                return Ok(Value::integer(0));
            }
            let mean = sum()?.divide(count).ok_or_else(overflow)?;
            let squares = list
                .iter()
                .filter_map(Value::as_number)
                .try_fold(Number::ZERO, |total, n| {
                    let distance = n.subtract(mean)?;
                    total.add(distance.multiply(distance)?)
                })
                .ok_or_else(overflow)?;
            let variance = squares.divide(Number::from(list.len() - 1)).ok_or_else(overflow)?;
            let result =
                if function == AggregateFunction::Variance { Some(variance) } else { variance.square_root() };
            Value::Number(result.ok_or_else(overflow)?)
        }
    })
}
