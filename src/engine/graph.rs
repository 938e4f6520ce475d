//! The order of steps.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::model::StepId;

/// Steps that wait for each other in a ring.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("these steps wait for each other: {}", ring.iter().map(StepId::as_str).collect::<Vec<_>>().join(" -> "))]
pub struct Cycle {
    /// The ring, its first step again at the end.
    pub ring: Vec<StepId>,
}

/// The steps in an order in which each comes after those it needs; among steps that could go next, the order given.
///
/// # Errors
/// A ring of needs.
pub fn order<'a>(
    steps: impl IntoIterator<Item = (&'a StepId, Vec<&'a StepId>)>,
) -> Result<Vec<StepId>, Cycle> {
    let steps: Vec<(&StepId, Vec<&StepId>)> = steps.into_iter().collect();
    let index: BTreeMap<&StepId, usize> = steps.iter().enumerate().map(|(i, (id, _))| (*id, i)).collect();
    let mut waiting: Vec<usize> = vec![0; steps.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (i, (_, needs)) in steps.iter().enumerate() {
        for need in needs.iter().collect::<BTreeSet<_>>() {
            if let Some(&j) = index.get(*need) {
                waiting[i] += 1;
                followers[j].push(i);
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..steps.len()).filter(|i| waiting[*i] == 0).collect();
    let mut sorted = Vec::with_capacity(steps.len());
    while let Some(next) = ready.pop_first() {
        sorted.push(steps[next].0.clone());
        for &follower in &followers[next] {
            waiting[follower] -= 1;
            if waiting[follower] == 0 {
                ready.insert(follower);
            }
        }
    }
    if sorted.len() == steps.len() { Ok(sorted) } else { Err(ring(&steps, &index, &waiting)) }
}

fn ring(steps: &[(&StepId, Vec<&StepId>)], index: &BTreeMap<&StepId, usize>, waiting: &[usize]) -> Cycle {
    // Every step that still waits has a need that still waits, so following needs must come round.
    let mut at = waiting.iter().position(|w| *w > 0).unwrap_or(0);
    let mut path: Vec<usize> = Vec::new();
    while !path.contains(&at) {
        path.push(at);
        at = steps[at]
            .1
            .iter()
            .filter_map(|need| index.get(*need).copied())
            .find(|&need| waiting[need] > 0)
            .unwrap_or(at);
    }
    let start = path.iter().position(|&i| i == at).unwrap_or(0);
    let mut ring: Vec<StepId> = path[start..].iter().map(|&i| steps[i].0.clone()).collect();
    ring.push(steps[at].0.clone());
    Cycle { ring }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(steps: &[(&str, &[&str])], wanted: &str) {
        let ids: BTreeMap<&str, StepId> = steps.iter().map(|(id, _)| (*id, id.parse().unwrap())).collect();
        let found =
            order(steps.iter().map(|(id, needs)| (&ids[id], needs.iter().map(|n| &ids[n]).collect())));
        let text = match found {
            Ok(sorted) => sorted.iter().map(StepId::as_str).collect::<Vec<_>>().join(" "),
            Err(e) => e.to_string(),
        };
        assert_eq!(text, wanted);
    }

    #[test]
    fn orders() {
        check(&[("a", &[]), ("b", &[])], "a b");
        check(&[("a", &["b"]), ("b", &[]), ("c", &["a", "b"])], "b a c");
        check(&[("a", &["b"]), ("b", &["a"]), ("c", &[])], "these steps wait for each other: a -> b -> a");
        check(&[("a", &["a"])], "these steps wait for each other: a -> a");
    }
}
