//! `adbctl resume`, `adbctl undo` and `adbctl verify`: from a stored plan.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::execute::{Ways, execute, run};
use super::exit::{Exit, Failure};
use super::prepare::{Wish, prepare, step_named};
use super::store::{RunFolder, sha256};
use super::surroundings::Surroundings;
use crate::cli::{ResumeArgs, Settlement, UndoArgs, VerifyArgs};
use crate::engine::Plan;
use crate::engine::plan::FORMAT;
use crate::journal::{self, ActMemory, MemoryJournal, RunState, replay};
use crate::model::{RunId, Settled, StepId, StepStatus, Verdict, clock};
use crate::runbook::Selection;

/// The parameter that asks for the rows that the source has now.
const LIVE_COUNTS: &str = "live_counts";
/// The shipped runbook whose checklist needs no run.
const ANY_DATABASE: &str = "verify";

/// `adbctl resume [RUN]`.
pub(super) async fn resume(args: ResumeArgs, around: Surroundings) -> Result<Exit, Failure> {
    let state_dir = around.state_dir()?;
    let folder = RunFolder::find(&state_dir, args.run.as_deref(), |_, state| {
        !matches!(state.closed, Some(Verdict::Done | Verdict::CheckFailed))
    })?;
    let plan = readable(&folder)?;
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

/// `adbctl undo [RUN]`: runs what runs after a failure, and nothing else. The run can still be resumed: what is put back here is
/// done again then.
pub(super) async fn undo(args: UndoArgs, around: Surroundings) -> Result<Exit, Failure> {
    let state_dir = around.state_dir()?;
    let folder = if let Some(asked) = &args.run {
        RunFolder::find(&state_dir, Some(asked), |_, _| true)?
    } else if let Some((folder, _)) = unfinished(&state_dir)?.into_iter().next() {
        folder
    } else {
        around.out.talk("no run has anything left to put back");
        return Ok(Exit::Done);
    };
    let plan = readable(&folder)?;
    if !has_left(&plan, &folder.state()?) {
        around.out.talk(&format!("run {} has nothing left to put back", plan.run));
        return Ok(Exit::Done);
    }
    let ways = Ways { gives_up: true, ..Ways::of(around.cloud().await?) };
    let exit = execute(&plan, ways, &around, false).await?;
    let put_back = exit == Exit::Interrupted && !has_left(&plan, &folder.state()?);
    for (_, other) in unfinished(&state_dir)?.iter().filter(|(other, _)| other.path != folder.path) {
        around.out.talk(&format!(
            "run {} of {} has something left to put back too: adbctl{} undo {}",
            other.run, other.runbook, around.repeat, other.run
        ));
    }
    Ok(if put_back { Exit::Done } else { exit })
}

/// Whether a run changed something, stopped, and has steps to run that put things back.
fn has_left(plan: &Plan, state: &RunState) -> bool {
    let over = |id| {
        let known = state.steps.get(id).map(|step| step.status);
        matches!(known, Some(StepStatus::Done | StepStatus::Skipped))
    };
    !matches!(state.closed, Some(Verdict::Done | Verdict::CheckFailed))
        && state.steps.values().any(|step| !step.acts.is_empty())
        && plan.steps.iter().any(|step| step.always && step.check.is_none() && !over(&step.id))
}

/// The runs that have something left to put back, newest first.
fn unfinished(state_dir: &Utf8Path) -> Result<Vec<(RunFolder, Plan)>, Failure> {
    let known = RunFolder::all(state_dir)?.into_iter().filter_map(|folder| {
        let (plan, state) = (folder.plan().ok()?.0, folder.state().ok()?);
        has_left(&plan, &state).then_some((folder, plan))
    });
    Ok(known.collect())
}

/// The plan of a run that this adbctl can read.
fn readable(folder: &RunFolder) -> Result<Plan, Failure> {
    let (plan, _) = folder.plan()?;
    if plan.format > FORMAT {
        return Err(Failure::new(
            Exit::Wrong,
            format!("the plan has format {}, this adbctl reads {FORMAT}", plan.format),
        )
        .help("use the adbctl that made it"));
    }
    Ok(plan)
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

/// `adbctl verify TARGET`: the checklist of the newest run that put something into the target, run again; where there is
/// none, what can be asked of any database.
pub(super) async fn verify(args: VerifyArgs, around: Surroundings) -> Result<Exit, Failure> {
    around.settings.database(&args.target)?;
    let state_dir = around.state_dir()?;
    let folder = RunFolder::find(&state_dir, None, |plan, state| {
        let target = plan.databases.get("target").map(|d| d.name.as_str());
        let fits = match &args.runbook {
            Some(name) => plan.runbook == *name,
            None => plan.steps.iter().any(|step| !step.writes().is_empty()),
        };
        fits && target == Some(args.target.as_str())
            && matches!(state.closed, Some(Verdict::Done | Verdict::CheckFailed))
    });
    let (mut plan, digest, records) = match (folder, args.runbook.as_deref()) {
        (Ok(folder), _) => {
            let (plan, digest) = folder.plan()?;
            around.out.talk(&format!("checklist of run {}", plan.run));
            (plan, digest, journal::read(&folder.journal())?)
        }
        (Err(_), None | Some(ANY_DATABASE)) => {
            let plan = fresh(&args, &around).await?;
            let digest = sha256(&plan.to_bytes()?);
            around.out.talk(&format!(
                "no run that ended has put anything into {}: this is what can be asked of any database",
                args.target
            ));
            (plan, digest, Vec::new())
        }
        (Err(failure), Some(name)) => {
            let message = format!("no run of {name} that ended has {} as its target", args.target);
            return Err(Failure { message, ..failure });
        }
    };
    if args.live_counts {
        ask_for(&mut plan, LIVE_COUNTS)?;
    }
    let state = replay(records.iter().cloned())?;
    let ways = Ways::of(around.cloud().await?);
    // The run's own journal is left as it is: this looks, and nothing else.
    let journal = Box::new(MemoryJournal::with(records));
    let never = CancellationToken::new();
    run(&plan, ways, &around, args.fail_on_manual, journal, state, None, &digest, never).await
}

/// Asks for the checks that are made on request of this parameter only. The stored plan stays as it is.
fn ask_for(plan: &mut Plan, flag: &str) -> Result<(), Failure> {
    let rules = plan.steps.iter().filter_map(|step| step.check.as_ref());
    if !rules.into_iter().any(|rule| rule.on_request.as_deref() == Some(flag)) {
        let option = flag.replace('_', "-");
        return Err(Failure::new(
            Exit::Usage,
            format!("the checklist of {} has nothing for --{option}", plan.runbook),
        )
        .help("it is for runs that know their source: clone-app and refresh-data"));
    }
    plan.scope["params"][flag] = Value::Bool(true);
    Ok(())
}

/// The plan of the checklist that asks what can be asked of any database.
async fn fresh(args: &VerifyArgs, around: &Surroundings) -> Result<Plan, Failure> {
    let wish = Wish {
        runbook: ANY_DATABASE.to_owned(),
        source: Some(args.target.clone()),
        target: None,
        set: args.set.clone(),
        selection: Selection::default(),
        run: RunId::new(clock::now()),
    };
    let (oci, _) = around.cloud().await?;
    prepare(&wish, around, &oci).await
}
