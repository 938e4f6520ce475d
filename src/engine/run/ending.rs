//! What becomes of a step or a check that ended, and of the run.

use std::time::Duration;

use serde_json::Value;

use super::{Engine, EngineError};
use crate::engine::action::Finish;
use crate::engine::plan::{Otherwise, PlannedStep};
use crate::journal::RecordKind;
use crate::model::event::EventKind;
use crate::model::{ActionError, Category, CheckStatus, Expression, StepId, StepStatus, Verdict};

impl Engine<'_> {
    pub(super) fn end(
        &mut self,
        id: &StepId,
        result: Result<Finish, ActionError>,
        took: Duration,
    ) -> Result<(), EngineError> {
        let Some(step) = self.ready.step(id) else { return Ok(()) };
        if step.check.is_some() {
            return self.end_check(step, result);
        }
        let seconds = took.as_secs_f64();
        match result.and_then(|finish| admit(step, finish)) {
            Ok(Finish::Done(outputs)) => {
                let outputs = Value::Object(outputs);
                self.append(RecordKind::StepDone { step: id.clone(), outputs: outputs.clone() })?;
                self.tell_end(step, StepStatus::Done, outputs, None, None, seconds);
            }
            Ok(Finish::Skipped(reason)) => {
                let outputs = Value::Object(serde_json::Map::new());
                self.append(RecordKind::StepDone { step: id.clone(), outputs: outputs.clone() })?;
                self.tell_end(step, StepStatus::Done, outputs, Some(reason), None, seconds);
            }
            Ok(Finish::Manual { to_do, outputs }) => {
                let outputs = Value::Object(outputs);
                let (step_id, instructions) = (id.clone(), to_do.clone());
                self.append(RecordKind::ManualOpen {
                    step: step_id,
                    instructions,
                    outputs: outputs.clone(),
                })?;
                self.tell_end(step, StepStatus::Manual, outputs, Some(to_do), None, seconds);
            }
            Err(error) if error.category == Category::Cancelled => {
                // No record: the step stays begun, and resume goes on from what it recorded.
                self.tell_end(step, StepStatus::Running, Value::Null, Some(error.message), None, seconds);
                self.ready.put_back(step);
            }
            Err(error) => {
                self.append(RecordKind::StepFailed { step: id.clone(), error: error.clone() })?;
                self.tell_end(step, StepStatus::Failed, Value::Null, None, Some(error), seconds);
            }
        }
        Ok(())
    }

    fn end_check(
        &mut self,
        step: &PlannedStep,
        result: Result<Finish, ActionError>,
    ) -> Result<(), EngineError> {
        let Some(rule) = &step.check else { return Ok(()) };
        let outputs = match result.and_then(|finish| admit(step, finish)) {
            Ok(Finish::Done(outputs)) => Value::Object(outputs),
            Ok(Finish::Skipped(_)) => Value::Object(serde_json::Map::new()),
            Ok(Finish::Manual { to_do, .. }) => {
                return self.see_check(step, CheckStatus::Manual, Value::String(to_do), None);
            }
            Err(error) if error.category == Category::Cancelled => return Ok(()),
            Err(error) => return self.see_check(step, CheckStatus::Failed, Value::Null, Some(error)),
        };
        let mut scope = self.scope_for(step);
        if let Some(map) = scope.as_object_mut() {
            map.insert("found".into(), outputs);
        }
        let seen = Expression::parse(&rule.found).and_then(|e| e.evaluate(&scope)).and_then(|found| {
            let mut give = |source: &str| Expression::parse(source)?.evaluate(&scope).map(Some);
            Ok((found, crate::model::late::fill(&rule.expect, &mut give)?))
        });
        match seen {
            Ok((found, expect)) if found == expect => self.see_check(step, CheckStatus::Passed, found, None),
            Ok((found, _)) => {
                let status = match rule.otherwise {
                    Otherwise::Failed => CheckStatus::Failed,
                    Otherwise::Manual => CheckStatus::Manual,
                };
                self.see_check(step, status, found, None)
            }
            Err(error) => {
                let error = ActionError::invalid(error.to_string());
                self.see_check(step, CheckStatus::Failed, Value::Null, Some(error))
            }
        }
    }

    pub(super) fn see_check(
        &mut self,
        step: &PlannedStep,
        status: CheckStatus,
        found: Value,
        error: Option<ActionError>,
    ) -> Result<(), EngineError> {
        let expected = step.check.as_ref().map_or(Value::Null, |rule| crate::model::late::show(&rule.expect));
        self.append(RecordKind::CheckSeen {
            check: step.id.clone(),
            status,
            found: found.clone(),
            error: error.clone(),
        })?;
        let (check, title) = (step.id.clone(), step.title.clone());
        self.tell(EventKind::CheckFinished { check, title, status, expected, found, error });
        Ok(())
    }

    pub(super) fn has_ended(&self, id: &StepId) -> bool {
        self.state.checks.contains_key(id)
            || self
                .state
                .steps
                .get(id)
                .is_some_and(|s| !matches!(s.status, StepStatus::Pending | StepStatus::Running))
    }

    pub(super) fn verdict(&self) -> Verdict {
        let steps = self.state.steps.values();
        if self.stopping.is_some() {
            return Verdict::Interrupted;
        }
        let failed = steps.clone().any(|s| s.status == StepStatus::Failed);
        if self.options.gives_up && !failed {
            return Verdict::Interrupted;
        }
        if failed {
            let acted = steps.clone().any(|s| !s.undone && !s.acts.is_empty());
            return if acted { Verdict::FailedWithLeftovers } else { Verdict::Failed };
        }
        let manual = steps.clone().any(|s| s.status == StepStatus::Manual);
        let unhappy = self.state.checks.iter().any(|(_, (status, _, _))| {
            matches!(status, CheckStatus::Failed) || (*status == CheckStatus::NotRun && !manual)
        });
        let open = manual || self.state.checks.values().any(|(status, _, _)| *status == CheckStatus::Manual);
        if unhappy || (self.options.fail_on_manual && open) { Verdict::CheckFailed } else { Verdict::Done }
    }
}

/// Holds a step to the outputs it promised.
fn admit(step: &PlannedStep, finish: Finish) -> Result<Finish, ActionError> {
    let Finish::Done(outputs) = &finish else { return Ok(finish) };
    for (name, kind) in &step.outputs {
        match outputs.get(name) {
            Some(value) if kind.admits(value) => {}
            Some(value) => {
                return Err(ActionError::bug(format!(
                    "output {name} of step {} is {value}, not {kind:?}",
                    step.id
                )));
            }
            None => return Err(ActionError::bug(format!("step {} did not give its output {name}", step.id))),
        }
    }
    match outputs.keys().find(|name| !step.outputs.contains_key(*name)) {
        Some(name) => {
            Err(ActionError::bug(format!("step {} gave an output that it does not declare: {name}", step.id)))
        }
        None => Ok(finish),
    }
}
