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
            if lateral {
                // Its rows follow from the row beside them, so each pair is looked at by itself.
                rest.push(filter);
            } else if slots.as_ref().is_some_and(|s| !s.is_empty() && within(s, std::slice::from_ref(&own)))
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

    /// The rows of a hierarchy, each parent before its children. Rows that were found are their descendants' ancestors:
    /// nothing of them is copied, however deep it goes.
    pub(super) fn connect(&mut self, hierarchy: &Hierarchy, rows: Vec<Row>) -> Outcome<Vec<Row>> {
        let mut uses_prior = false;
        hierarchy.connect.walk(&mut |inner| {
            uses_prior |= matches!(inner.node, Node::Prior(_));
            true
        });
        let mut roots = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let mut row = row.clone();
            row[hierarchy.level] = Value::integer(1);
            match &hierarchy.start {
                None => roots.push((number, row)),
                Some(start) => {
                    roots.extend(self.keep(vec![row], start)?.into_iter().map(|row| (number, row)));
                }
            }
        }
        self.sort_siblings(hierarchy, &mut roots)?;
        let mut result: Vec<Row> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        let at_top = |(number, row)| (Place { number, parent: None, level: 1 }, row);
        let mut stack: Vec<(Place, Row)> = roots.into_iter().rev().map(at_top).collect();
        while let Some((place, mut row)) = stack.pop() {
            self.path_values(hierarchy, &mut row, place.parent.map(|parent| &result[parent]))?;
            let mut children = Vec::new();
            for (number, candidate) in rows.iter().enumerate() {
                let mut candidate = candidate.clone();
                candidate[hierarchy.level] = Value::count(place.level + 1);
                self.prior = uses_prior.then(|| row.clone());
                self.rows.push(candidate);
                let linked = self.test(&hierarchy.connect);
                let candidate = self.rows.pop().unwrap_or_default();
                self.prior = None;
                if linked? != Some(true) {
                    continue;
                }
                if uses_prior && is_above(&places, place, number) {
                    if hierarchy.nocycle {
                        continue;
                    }
                    return Err(OracleError::with_text(1436, "CONNECT BY loop in user data"));
                }
                children.push((number, candidate));
            }
            if let Some(leaf) = hierarchy.leaf {
                row[leaf] = Value::integer(i64::from(children.is_empty()));
            }
            self.sort_siblings(hierarchy, &mut children)?;
            if result.len() == 5_000_000 {
                return Err(OracleError::with_text(30009, "Not enough memory for CONNECT BY operation"));
            }
            let parent = Some(result.len());
            result.push(row);
            places.push(place);
            let below = |(number, row)| (Place { number, parent, level: place.level + 1 }, row);
            stack.extend(children.into_iter().rev().map(below));
        }
        Ok(result)
    }

    fn sort_siblings(&mut self, hierarchy: &Hierarchy, rows: &mut Vec<(usize, Row)>) -> Outcome<()> {
        if hierarchy.siblings.is_empty() {
            return Ok(());
        }
        let mut keyed = Vec::new();
        for (number, row) in std::mem::take(rows) {
            self.rows.push(row);
            let key = hierarchy.siblings.iter().map(|key| self.eval(&key.value)).collect::<Outcome<Vec<_>>>();
            let row = self.rows.pop().unwrap_or_default();
            keyed.push((key?, (number, row)));
        }
        keyed.sort_by(|a, b| super::query::order_of(&hierarchy.siblings, &a.0, &b.0));
        rows.extend(keyed.into_iter().map(|(_, row)| row));
        Ok(())
    }

    fn path_values(&mut self, hierarchy: &Hierarchy, row: &mut Row, parent: Option<&Row>) -> Outcome<()> {
        for (slot, expr, separator) in &hierarchy.paths {
            self.prior = parent.cloned();
            self.rows.push(row.clone());
            let value = self.eval(expr);
            self.rows.pop();
            self.prior = None;
            let value = value?;
            row[*slot] = match separator.as_deref() {
                None => value,
                // The parent has its root's value there already.
                Some("") => parent.map_or(value, |parent| parent[*slot].clone()),
                Some(separator) => {
                    let before = parent.map(|parent| parent[*slot].display()).unwrap_or_default();
                    Value::text(format!("{before}{separator}{}", value.display()))
                }
            };
        }
        Ok(())
    }
}

/// Where a row of a hierarchy stands.
#[derive(Clone, Copy)]
struct Place {
    /// Which of the source's rows it is.
    number: usize,
    /// The place of its parent among the rows that were found.
    parent: Option<usize>,
    level: usize,
}

/// Whether a row of the source is the one at a place, or one of its ancestors.
fn is_above(places: &[Place], mut place: Place, number: usize) -> bool {
    loop {
        if place.number == number {
            return true;
        }
        match place.parent {
            Some(parent) => place = places[parent],
            None => return false,
        }
    }
}
