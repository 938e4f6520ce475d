//! The plan as the report room sees it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::engine::Plan;
use crate::model::late;
use crate::model::plan_view::{CheckView, DatabaseView, PlanView, StepView};

/// The view of a plan.
pub(super) fn view(plan: &Plan) -> PlanView {
    let steps = plan.steps.iter().filter(|s| s.check.is_none()).map(|step| StepView {
        id: step.id.clone(),
        title: step.title.clone(),
        kind: step.kind.clone(),
        when: step.when.clone(),
        skip: step.skip.clone(),
        needs: step.needs.iter().cloned().collect(),
        always: step.always,
        last: step.last,
        manual: (step.kind == "manual").then(|| to_do(&step.args)),
        acts: step.acts.clone(),
    });
    let checks = plan.steps.iter().filter_map(|step| {
        let rule = step.check.as_ref()?;
        Some(CheckView {
            id: step.id.clone(),
            title: step.title.clone(),
            expected: late::show(&rule.expect),
            acts: step.acts.clone(),
        })
    });
    PlanView {
        title: plan.title.clone(),
        runbook: plan.runbook.clone(),
        run: plan.run.clone(),
        parameters: plan.parameters.clone(),
        databases: plan
            .databases
            .iter()
            .map(|(part, d)| DatabaseView {
                part: part.clone(),
                name: d.name.clone(),
                ocid: d.ocid.clone(),
                production: d.production,
            })
            .collect(),
        steps: steps.collect(),
        checks: checks.collect(),
    }
}

/// What a person is asked to do, and how it is seen that it was done.
fn to_do(args: &Value) -> String {
    let shown = |value: &Value| match late::show(&late::unprotect(value.clone())) {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let mut text = shown(&args["instructions"]).trim_end().to_owned();
    if let Some(found) = args["verify"]["found"].as_str() {
        let _ = write!(text, "\nDone when this is {}: {found}", shown(&args["verify"]["expect"]));
    }
    text
}
