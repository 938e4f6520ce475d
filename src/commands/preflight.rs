//! What is looked at before a new run begins: what an earlier run still has to put back, and every secret.

use std::collections::BTreeSet;
use std::convert::Infallible;

use camino::Utf8Path;
use serde_json::Value;

use super::exit::Failure;
use super::store::RunFolder;
use crate::engine::{Plan, PlannedStep};
use crate::journal::{RunState, StepState};
use crate::model::{SecretRef, SecretSource, StepId, StepStatus, Verdict, late};

/// Looks up every secret that the plan's steps refer to, so that a reference that leads nowhere, or a person who has to be asked, does not
/// stop the run in its middle. The secrets that the run makes up are not known yet.
///
/// # Errors
/// The first one that cannot be had, with the step that needs it. Nothing was sent.
pub(super) async fn secrets(plan: &Plan, source: &dyn SecretSource) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for step in &plan.steps {
        for reference in references(step) {
            if seen.contains(&reference) {
                continue;
            }
            if let Err(error) = source.resolve(&reference).await {
                let mut failure = Failure::from(error);
                failure.message = format!("{}. Step {} needs it; nothing was sent", failure.message, step.id);
                return Err(failure);
            }
            seen.insert(reference);
        }
    }
    Ok(())
}

/// The secrets that a step's acts refer to, as far as they are known before the run.
fn references(step: &PlannedStep) -> Vec<SecretRef> {
    let mut found = Vec::new();
    for act in &step.acts {
        let Ok(_) = act.map::<Infallible>(&mut |value| {
            late::walk(value, &mut |inner| {
                found.extend(late::as_secret(inner).and_then(|r| serde_json::from_value(r.clone()).ok()));
            });
            Ok(value.clone())
        });
    }
    found
}

/// Refuses a run that records states of the target while an earlier run has not put back what it recorded: the new record would take what
/// is switched off, or not validated, for how things are meant to be.
///
/// # Errors
/// There is such a run, and how to end it.
pub(super) fn nothing_owed(state_dir: &Utf8Path, plan: &Plan, repeat: &str) -> Result<(), Failure> {
    if schemas(plan).is_empty() || plan.steps.iter().all(|step| step.puts_back.is_empty()) {
        return Ok(());
    }
    for folder in RunFolder::all(state_dir)? {
        // A run that cannot be read cannot go on either.
        let (Ok((earlier, _)), Ok(state)) = (folder.plan(), folder.state()) else { continue };
        let common = common(plan, &earlier, &state);
        if common.is_empty() || !owes(&earlier, &state) {
            continue;
        }
        let (run, target) = (&earlier.run, target(plan).unwrap_or_default());
        return Err(Failure::refused(format!(
            "run {run} of {} still has to put back states that it recorded of {} in {target}; nothing was done",
            earlier.runbook,
            common.join(", ")
        ))
        .help(format!(
            "adbctl{repeat} resume {run} goes on with it and puts them back at its end; adbctl{repeat} undo {run} puts them back and leaves it at that"
        )));
    }
    Ok(())
}

/// The runs of the same target that were broken off in the middle of changes: who types their command once more should know of
/// `resume`, and of what they left behind.
///
/// # Errors
/// The state directory cannot be read.
pub(super) fn unended(state_dir: &Utf8Path, plan: &Plan, repeat: &str) -> Result<Vec<String>, Failure> {
    let Some(name) = target(plan) else { return Ok(Vec::new()) };
    let known = RunFolder::all(state_dir)?.into_iter().filter_map(|folder| {
        let (earlier, state) = (folder.plan().ok()?.0, folder.state().ok()?);
        let ended = !matches!(state.closed, None | Some(Verdict::Interrupted));
        let changed = state.steps.values().any(|step| !step.acts.is_empty());
        let concerns = earlier.run != plan.run && target(&earlier) == Some(name);
        (concerns && changed && !ended).then(|| {
            let (run, runbook) = (&earlier.run, &earlier.runbook);
            format!(
                "run {run} of {runbook} on {name} did not end: unless it is still at work, what it made or changed is as it \
                 left it, and adbctl{repeat} resume {run} goes on with it"
            )
        })
    });
    Ok(known.collect())
}

/// The target's name, of a plan that has one.
fn target(plan: &Plan) -> Option<&str> {
    plan.databases.get("target").map(|target| target.name.as_str())
}

/// Whether something that the run changed for the time being is not put back.
fn owes(plan: &Plan, state: &RunState) -> bool {
    if matches!(state.closed, Some(Verdict::Done | Verdict::CheckFailed)) {
        return false;
    }
    let is = |id: &StepId, wanted: fn(&StepState) -> bool| state.steps.get(id).is_some_and(wanted);
    let begun = |known: &StepState| match known.status {
        StepStatus::Pending => !known.acts.is_empty(),
        StepStatus::Skipped => false,
        _ => true,
    };
    plan.steps.iter().any(|step| {
        step.puts_back.iter().any(|id| is(id, begun))
            && !is(&step.id, |known| known.status == StepStatus::Done)
    })
}

/// The schemas of the target that both runs are about. A run is also about whatever stands at the other end of a foreign key that it recorded.
fn common(plan: &Plan, earlier: &Plan, state: &RunState) -> Vec<String> {
    if plan.runbook != earlier.runbook || target(plan) != target(earlier) {
        return Vec::new();
    }
    let mut theirs = schemas(earlier);
    for known in state.steps.values() {
        let rows = known.outputs["rows"].as_array().into_iter().flatten();
        theirs.extend(rows.filter_map(|row| row["parent_owner"].as_str()).map(str::to_owned));
    }
    schemas(plan).intersection(&theirs).cloned().collect()
}

/// The schemas of the target that a plan is about, where it says so in `values.present`.
fn schemas(plan: &Plan) -> BTreeSet<String> {
    let names = plan.scope["values"]["present"].as_array().into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}
