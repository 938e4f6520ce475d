//! `adbctl run` and its shorthands `refresh`, `start` and `stop`: plan, show, confirm, run.

use super::execute::{Ways, confirm, execute, show_plan};
use super::exit::{Exit, Failure};
use super::prepare::{Wish, prepare, step_named};
use super::surroundings::Surroundings;
use crate::cli::{Assignment, PowerArgs, RefreshArgs, RunArgs, RunOptions};
use crate::model::{RunId, clock};
use crate::runbook::Selection;

/// The shipped runbook behind `adbctl refresh`.
const REFRESH: &str = "refresh";

/// `adbctl refresh SOURCE TARGET`: a shorthand for the shipped runbook.
pub(super) async fn refresh(args: RefreshArgs, around: Surroundings) -> Result<Exit, Failure> {
    let mut options = args.options;
    let mut set = |key: &str, value: String| options.set.push(Assignment { key: key.to_owned(), value });
    if let Some(order) = args.order {
        set("order", order.to_string());
    }
    if let Some(name) = args.confirm_terminate {
        set("confirm_terminate", name);
    }
    let args = RunArgs {
        runbook: REFRESH.to_owned(),
        source: Some(args.source),
        target: Some(args.target),
        options,
    };
    run(args, around).await
}

/// `adbctl start DB` and `adbctl stop DB`: shorthands for the shipped runbooks of these names.
pub(super) async fn power(
    runbook: &'static str,
    args: PowerArgs,
    around: Surroundings,
) -> Result<Exit, Failure> {
    let PowerArgs { database, options } = args;
    let args = RunArgs { runbook: runbook.to_owned(), source: None, target: Some(database), options };
    run(args, around).await
}

/// `adbctl run RUNBOOK [SOURCE] [TARGET]`.
pub(super) async fn run(args: RunArgs, around: Surroundings) -> Result<Exit, Failure> {
    let wish = wish(&args)?;
    known(&wish, &around)?;
    let ways = Ways::of(around.cloud().await?);
    let plan = prepare(&wish, &around, &ways.oci).await?;
    if let Some(form) = around.global.dry_run {
        show_plan(&plan, form, args.options.out.as_deref(), &around.out)?;
        return Ok(Exit::Done);
    }
    confirm(&plan, &around).await?;
    execute(&plan, ways, &around, args.options.fail_on_manual).await
}

/// Says that a database is not in the configuration before anything is said of keys and profiles.
pub(super) fn known(wish: &Wish, around: &Surroundings) -> Result<(), Failure> {
    for name in [&wish.source, &wish.target].into_iter().flatten() {
        around.settings.database(name)?;
    }
    Ok(())
}

/// What the arguments ask for.
pub(super) fn wish(args: &RunArgs) -> Result<Wish, Failure> {
    Ok(Wish {
        runbook: args.runbook.clone(),
        source: args.source.clone(),
        target: args.target.clone(),
        set: args.options.set.clone(),
        selection: selection(&args.options)?,
        run: RunId::new(clock::now()),
    })
}

fn selection(options: &RunOptions) -> Result<Selection, Failure> {
    Ok(Selection {
        from: options.from.as_deref().map(step_named).transpose()?,
        until: options.until.as_deref().map(step_named).transpose()?,
        skip: options.skip.iter().map(|s| step_named(s)).collect::<Result<_, _>>()?,
    })
}
