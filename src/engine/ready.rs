//! Which steps are worth a look: a long plan must not be walked again for every step that ends.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Plan, PlannedStep};
use crate::model::StepId;

/// The steps whose turn may have come. A step is looked at once at the beginning, and again whenever something it
/// waits for has ended.
pub(super) struct Ready<'a> {
    plan: &'a Plan,
    places: BTreeMap<&'a StepId, usize>,
    /// By place: the steps that need the one of that place.
    followers: Vec<Vec<usize>>,
    /// The steps that run after a failure too.
    always: Vec<usize>,
    steps: BTreeSet<usize>,
    checks: BTreeSet<usize>,
    /// Steps that only wait for a database to be free.
    blocked: BTreeSet<usize>,
}

impl<'a> Ready<'a> {
    /// Everything, in the plan's order.
    pub(super) fn new(plan: &'a Plan) -> Self {
        let places: BTreeMap<&StepId, usize> =
            plan.steps.iter().enumerate().map(|(place, step)| (&step.id, place)).collect();
        let mut followers = vec![Vec::new(); plan.steps.len()];
        for (place, step) in plan.steps.iter().enumerate().filter(|(_, step)| step.check.is_none()) {
            for need in step.needs.iter().filter_map(|id| places.get(id)) {
                followers[*need].push(place);
            }
        }
        let always = plan.steps.iter().enumerate().filter(|(_, step)| step.always && step.check.is_none());
        let always = always.map(|(place, _)| place).collect();
        let of_kind = |checks: bool| {
            let all = plan.steps.iter().enumerate();
            all.filter(|(_, step)| step.check.is_some() == checks).map(|(place, _)| place).collect()
        };
        let (steps, checks) = (of_kind(false), of_kind(true));
        Self { plan, places, followers, always, steps, checks, blocked: BTreeSet::new() }
    }

    /// The step with this id.
    pub(super) fn step(&self, id: &StepId) -> Option<&'a PlannedStep> {
        self.places.get(id).map(|place| &self.plan.steps[*place])
    }

    /// Takes the first step that is worth a look.
    pub(super) fn next(&mut self) -> Option<&'a PlannedStep> {
        self.steps.pop_first().map(|place| &self.plan.steps[place])
    }

    /// Takes the first check that is left.
    pub(super) fn next_check(&mut self) -> Option<&'a PlannedStep> {
        self.checks.pop_first().map(|place| &self.plan.steps[place])
    }

    /// The step or check is to be looked at again.
    pub(super) fn put_back(&mut self, step: &PlannedStep) {
        if let Some(place) = self.places.get(&step.id) {
            if step.check.is_some() {
                self.checks.insert(*place)
            } else {
                self.steps.insert(*place)
            };
        }
    }

    /// The step waits until another has let go of a database.
    pub(super) fn block(&mut self, step: &PlannedStep) {
        self.blocked.extend(self.places.get(&step.id));
    }

    /// Another step has let go of a database.
    pub(super) fn unblock(&mut self) {
        self.steps.append(&mut self.blocked);
    }

    /// A step has ended, so those that need it are worth a look.
    pub(super) fn ended(&mut self, id: &StepId) {
        if let Some(place) = self.places.get(id) {
            self.steps.extend(&self.followers[*place]);
        }
    }

    /// Something has happened that concerns the steps that always run.
    pub(super) fn always_again(&mut self) {
        self.steps.extend(&self.always);
    }

    /// Something has happened that concerns every step, such as a failure.
    pub(super) fn all_again(&mut self) {
        let all = self.plan.steps.iter().enumerate().filter(|(_, step)| step.check.is_none());
        self.steps.extend(all.map(|(place, _)| place));
    }
}
