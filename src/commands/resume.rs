//! `adbctl resume` and `adbctl verify`: from a stored plan.

use std::collections::BTreeMap;

use tokio_util::sync::CancellationToken;

use super::execute::{Ways, execute, run};
use super::exit::{Exit, Failure};
use super::prepare::step_named;
use super::store::RunFolder;
use super::surroundings::Surroundings;
use crate::cli::{ResumeArgs, Settlement, VerifyArgs};
use crate::engine::plan::FORMAT;
use crate::journal::{self, ActMemory, MemoryJournal, RunState, replay};
use crate::model::{Settled, StepId, StepStatus, Verdict};

/// `adbctl resume [RUN]`.
pub(super) async fn resume(args: ResumeArgs, around: Surroundings) -> Result<Exit, Failure> {
    let state_dir = around.state_dir()?;
    let folder = RunFolder::find(&state_dir, args.run.as_deref(), |_, state| {
        !matches!(state.closed, Some(Verdict::Done | Verdict::CheckFailed))
    })?;
    let (plan, _) = folder.plan()?;
    if plan.format > FORMAT {
        return Err(Failure::new(
            Exit::Wrong,
            format!("the plan has format {}, this adbctl reads {FORMAT}", plan.format),
        )
        .help("use the adbctl that made it"));
    }
    let state = folder.state()?;
    let open = state.steps.values().any(|step| step.status == StepStatus::Manual);
    if state.closed == Some(Verdict::Done) && !open {
        around.out.talk(&format!("run {} is done: there is nothing to go on with", plan.run));
        return Ok(Exit::Done);
    }
    let away = plan.steps.iter().find(|step| {
        step.last
            && step.destroys()
            && state.steps.get(&step.id).is_some_and(|s| s.status == StepStatus::Done)
    });
    if let Some(step) = away {
        return Err(Failure::new(
            Exit::Wrong,
            format!("run {} cannot go on: what it worked on is gone ({})", plan.run, step.title),
        )
        .help("begin a new run"));
    }
    let settled = settled(&args.unknown, &folder.state()?)?;
    let ways = Ways { settled, ..Ways::of(around.cloud().await?) };
    execute(&plan, ways, &around, args.fail_on_manual).await
}

/// What was said of acts whose end is not known. There must be one in each step that was named.
fn settled(said: &[Settlement], state: &RunState) -> Result<BTreeMap<StepId, Settled>, Failure> {
    let mut settled = BTreeMap::new();
    for Settlement { step, done } in said {
        let step = step_named(step)?;
        let open =
            state.steps.get(&step).is_some_and(|s| s.acts.values().any(|a| matches!(a, ActMemory::Sent)));
        if !open {
            return Err(Failure::new(
                Exit::Usage,
                format!("step {step} has nothing of which it is not known whether it happened"),
            )
            .help("resume without --unknown: if a step cannot tell, it says so and names itself"));
        }
        settled.insert(step, if *done { Settled::Done } else { Settled::Repeat });
    }
    Ok(settled)
}

/// `adbctl verify TARGET`: the checklist of the newest run that made the target what it is, run again.
pub(super) async fn verify(args: VerifyArgs, around: Surroundings) -> Result<Exit, Failure> {
    around.settings.database(&args.target)?;
    let state_dir = around.state_dir()?;
    let folder = RunFolder::find(&state_dir, None, |plan, state| {
        let target = plan.databases.get("target").map(|d| d.name.as_str());
        plan.runbook == args.runbook
            && target == Some(args.target.as_str())
            && matches!(state.closed, Some(Verdict::Done | Verdict::CheckFailed))
    })
    .map_err(|failure| Failure {
        message: format!("no run of {} that ended has {} as its target", args.runbook, args.target),
        ..failure
    })?;
    let (plan, digest) = folder.plan()?;
    let records = journal::read(&folder.journal())?;
    let state = replay(records.iter().cloned())?;
    around.out.talk(&format!("checklist of run {}", plan.run));
    let ways = Ways::of(around.cloud().await?);
    // The run's own journal is left as it is: this looks, and nothing else.
    let journal = Box::new(MemoryJournal::with(records));
    let never = CancellationToken::new();
    run(&plan, ways, &around, args.fail_on_manual, journal, state, None, &digest, never).await
}
