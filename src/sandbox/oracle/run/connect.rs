//! CONNECT BY and outer joins at run time.

use super::from::{Pending, combine, is_lateral, join_sides, within};
use super::machine::{Machine, Row};
use super::query::slots_used;
use crate::sandbox::oracle::bind::slots_of;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::plan::{Expr, Hierarchy, Joining, Node, Source};
use crate::sandbox::oracle::values::Value;
use crate::sandbox::oracle::values::value::HashKey;
use std::collections::{HashMap, HashSet};

impl Machine {
    pub(super) fn outer_join(
        &mut self,
        kind: Joining,
        left_rows: Vec<Row>,
        left: &Source,
        right: &Source,
        on: &[Expr],
        width: usize,
    ) -> Outcome<Vec<Row>> {
        let own = slots_of(right);
        let other_side = slots_of(left);
        let lateral = is_lateral(right);
        let mut mine = Vec::new();
        let mut keys = Vec::new();
        let mut rest = Vec::new();
        for filter in on {
            let slots = slots_used(filter);
            if slots.as_ref().is_some_and(|s| !s.is_empty() && within(s, std::slice::from_ref(&own)))
                && kind != Joining::Full
            {
                mine.push((filter, slots));
            } else if let Some((a, b)) = join_sides(filter, std::slice::from_ref(&other_side), &own) {
                keys.push((a.clone(), b.clone()));
            } else {
                rest.push(filter);
            }
        }
        let mut inner = Pending { filters: mine };
        let right_rows = if lateral { Vec::new() } else { self.source_rows(right, &mut inner, width, None)? };
        let right_rows = self.keep_all(right_rows, &inner.filters)?;
        // Right rows carry their number in their last place while a full join counts its matches.
        let numbered: Vec<(usize, Row)> = right_rows.into_iter().enumerate().collect();
        let mut table: HashMap<Vec<HashKey>, Vec<usize>> = HashMap::new();
        for (number, row) in &numbered {
            self.rows.push(row.clone());
            let key = self.key_of_row(keys.iter().map(|(_, b)| b));
            self.rows.pop();
            if let Some(key) = key? {
                table.entry(key).or_default().push(*number);
            }
        }
        let everything: Vec<usize> = (0..numbered.len()).collect();
        let mut matched = HashSet::new();
        let mut joined = Vec::new();
        for row in left_rows {
            self.rows.push(row);
            let key = self.key_of_row(keys.iter().map(|(a, _)| a));
            let lateral_rows = if lateral { self.base_rows(right, &[], width, None) } else { Ok(Vec::new()) };
            let row = self.rows.pop().unwrap_or_default();
            let candidates: Vec<(usize, Row)> = if lateral {
                lateral_rows?.into_iter().enumerate().collect()
            } else if keys.is_empty() {
                everything.iter().map(|n| (*n, numbered[*n].1.clone())).collect()
            } else {
                let list = key?.and_then(|key| table.get(&key).cloned()).unwrap_or_default();
                list.into_iter().map(|n| (n, numbered[n].1.clone())).collect()
            };
            let mut any = false;
            for (number, other) in candidates {
                let both = combine(&row, &other, &own);
                self.rows.push(both);
                let mut fits = true;
                for filter in &rest {
                    match self.test(filter) {
                        Ok(Some(true)) => {}
                        Ok(_) => {
                            fits = false;
                            break;
                        }
                        Err(error) => {
                            self.rows.pop();
                            return Err(error);
                        }
                    }
                }
                let both = self.rows.pop().unwrap_or_default();
                if fits {
                    any = true;
                    matched.insert(number);
                    joined.push(both);
                }
            }
            if !any {
                joined.push(row);
            }
        }
        if kind == Joining::Full {
            joined.extend(
                numbered.into_iter().filter(|(number, _)| !matched.contains(number)).map(|(_, row)| row),
            );
        }
        Ok(joined)
    }

    pub(super) fn connect(&mut self, hierarchy: &Hierarchy, rows: Vec<Row>) -> Outcome<Vec<Row>> {
        let mut uses_prior = false;
        hierarchy.connect.walk(&mut |inner| {
            uses_prior |= matches!(inner.node, Node::Prior(_));
            true
        });
        let mut roots = Vec::new();
        for mut row in rows.clone() {
            row[hierarchy.level] = Value::integer(1);
            match &hierarchy.start {
                None => roots.push(row),
                Some(start) => roots.extend(self.keep(vec![row], start)?),
            }
        }
        self.sort_siblings(hierarchy, &mut roots)?;
        let mut result = Vec::new();
        let mut stack: Vec<(Row, Vec<Row>)> = roots.into_iter().rev().map(|row| (row, Vec::new())).collect();
        while let Some((mut row, ancestors)) = stack.pop() {
            self.path_values(hierarchy, &mut row, &ancestors)?;
            let level = ancestors.len() + 2;
            let mut children = Vec::new();
            for candidate in &rows {
                let mut candidate = candidate.clone();
                candidate[hierarchy.level] = Value::count(level);
                self.prior = Some(row.clone());
                self.rows.push(candidate);
                let linked = self.test(&hierarchy.connect);
                let candidate = self.rows.pop().unwrap_or_default();
                self.prior = None;
                if linked? == Some(true) {
                    let plain = |r: &Row| {
                        let mut r = r.clone();
                        r[hierarchy.level] = Value::Null;
                        for (slot, ..) in &hierarchy.paths {
                            r[*slot] = Value::Null;
                        }
                        if let Some(leaf) = hierarchy.leaf {
                            r[leaf] = Value::Null;
                        }
                        r
                    };
                    if uses_prior
                        && (ancestors.iter().any(|a| plain(a) == plain(&candidate))
                            || plain(&row) == plain(&candidate))
                    {
                        if hierarchy.nocycle {
                            continue;
                        }
                        return Err(OracleError::with_text(1436, "CONNECT BY loop in user data"));
                    }
                    children.push(candidate);
                }
            }
            if let Some(leaf) = hierarchy.leaf {
                row[leaf] = Value::integer(i64::from(children.is_empty()));
            }
            self.sort_siblings(hierarchy, &mut children)?;
            let mut line = if uses_prior || !hierarchy.paths.is_empty() {
                ancestors
            } else {
                ancestors.iter().map(|_| Vec::new()).collect()
            };
            line.push(if uses_prior || !hierarchy.paths.is_empty() { row.clone() } else { Vec::new() });
            result.push(row);
            if result.len() > 5_000_000 {
                return Err(OracleError::with_text(30009, "Not enough memory for CONNECT BY operation"));
            }
            if children.len() == 1 {
                stack.push((children.remove(0), line));
            } else {
                stack.extend(children.into_iter().rev().map(|child| (child, line.clone())));
            }
        }
        Ok(result)
    }

    pub(super) fn sort_siblings(&mut self, hierarchy: &Hierarchy, rows: &mut [Row]) -> Outcome<()> {
        if hierarchy.siblings.is_empty() {
            return Ok(());
        }
        let mut keyed = Vec::new();
        for row in rows.iter() {
            self.rows.push(row.clone());
            let key = hierarchy.siblings.iter().map(|key| self.eval(&key.value)).collect::<Outcome<Vec<_>>>();
            self.rows.pop();
            keyed.push((key?, row.clone()));
        }
        keyed.sort_by(|a, b| super::query::order_of(&hierarchy.siblings, &a.0, &b.0));
        for (place, (_, row)) in rows.iter_mut().zip(keyed) {
            *place = row;
        }
        Ok(())
    }

    pub(super) fn path_values(
        &mut self,
        hierarchy: &Hierarchy,
        row: &mut Row,
        ancestors: &[Row],
    ) -> Outcome<()> {
        for (slot, expr, separator) in &hierarchy.paths {
            self.prior = ancestors.last().cloned();
            self.rows.push(row.clone());
            let value = self.eval(expr);
            self.rows.pop();
            self.prior = None;
            let value = value?;
            row[*slot] = match separator.as_deref() {
                None => value,
                Some("") => ancestors.first().map_or(value, |root| root[*slot].clone()),
                Some(separator) => {
                    let before = ancestors.last().map(|parent| parent[*slot].display()).unwrap_or_default();
                    Value::text(format!("{before}{separator}{}", value.display()))
                }
            };
        }
        Ok(())
    }
}
