//! Whether a step can start, in its turn: from what is recorded, never from what is going on.

use serde_json::Value;

use super::Engine;
use crate::engine::plan::PlannedStep;
use crate::model::{ActionError, Expression, StepId, StepStatus};

pub(super) enum Decision {
    Wait,
    Start,
    Skip(String),
    Fail(ActionError),
    NotRun(ActionError),
}

impl Engine<'_> {
    pub(super) fn decide(&self, step: &PlannedStep) -> Decision {
        if self.options.only_looks && !self.state.steps.contains_key(&step.id) {
            return Decision::Wait;
        }
        if self.options.gives_up && !step.always {
            return Decision::Wait;
        }
        let done = |id: &StepId| self.is_over(id);
        if step.last && self.failed.is_none() && !self.options.gives_up && !self.has_checked() {
            return Decision::Wait;
        }
        if let Some(reason) = &step.skip {
            // Only in its turn: what comes after it comes after what it would have come after.
            let reached = step.needs.iter().all(|id| done(id) || (step.always && self.is_settled(id)));
            return if reached { Decision::Skip(reason.clone()) } else { Decision::Wait };
        }
        if step.always {
            let settled = step.needs.iter().all(|id| self.is_settled(id));
            if !settled {
                return Decision::Wait;
            }
            if !step.needs.iter().all(|id| done(id) || !Self::refers_to(step, id)) {
                return Decision::Skip("what it works from was never recorded".into());
            }
        } else if self.failed.is_some() || !step.needs.iter().all(done) {
            return Decision::Wait;
        }
        self.decide_when(step)
    }

    fn decide_when(&self, step: &PlannedStep) -> Decision {
        let Some(when) = &step.when else { return Decision::Start };
        let scope = self.scope_for(step);
        match Expression::parse(when).and_then(|e| e.evaluate(&scope)) {
            Ok(Value::Bool(true)) => Decision::Start,
            Ok(Value::Bool(false) | Value::Null) => {
                Decision::Skip(format!("not needed: {when} does not hold"))
            }
            Ok(other) => Decision::Fail(ActionError::invalid(format!(
                "when = {when:?} gives {other}, not true or false"
            ))),
            Err(error) => Decision::Fail(ActionError::invalid(error.to_string())),
        }
    }

    pub(super) fn decide_check(&self, step: &PlannedStep) -> Decision {
        if let Some(id) = &self.failed {
            return Decision::NotRun(ActionError::invalid(format!(
                "the run did not get there: step {id} failed"
            )));
        }
        if let Some(flag) = step.check.as_ref().and_then(|rule| rule.on_request.as_ref())
            && self.plan.scope["params"][flag] != Value::Bool(true)
        {
            let option = flag.replace('_', "-");
            return Decision::Skip(format!("on request only: adbctl verify with --{option}"));
        }
        match step.needs.iter().find(|id| !self.is_over(id)) {
            Some(id) => {
                Decision::NotRun(ActionError::invalid(format!("step {id}, which it looks at, is not done")))
            }
            None => self.decide_when(step),
        }
    }

    /// Whether nothing of the checklist is left.
    pub(super) fn has_checked(&self) -> bool {
        let mut checks = self.plan.steps.iter().filter(|step| step.check.is_some());
        checks.all(|check| self.state.checks.contains_key(&check.id))
    }

    /// A step that was done, or was not needed.
    pub(super) fn is_over(&self, id: &StepId) -> bool {
        let known = self.state.steps.get(id);
        known.is_some_and(|s| matches!(s.status, StepStatus::Done | StepStatus::Skipped))
    }

    /// A step that has ended, or that will not start any more.
    fn is_settled(&self, id: &StepId) -> bool {
        match self.state.steps.get(id).map(|s| s.status) {
            // What an earlier life of a run that is given up was at, nobody is at any more.
            Some(StepStatus::Running) => {
                self.options.gives_up && self.ready.step(id).is_none_or(|s| !s.always)
            }
            Some(status) if status != StepStatus::Pending => true,
            _ => {
                (self.failed.is_some() || self.manual || self.options.gives_up)
                    && self.ready.step(id).is_none_or(|s| matches!(self.decide(s), Decision::Wait))
            }
        }
    }

    fn refers_to(step: &PlannedStep, id: &StepId) -> bool {
        let needle = format!("steps.{id}.");
        serde_json::to_string(&step.args).is_ok_and(|text| text.contains(&needle))
    }
}
