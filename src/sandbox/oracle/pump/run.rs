//! Time moving jobs on: which steps are over, and how a job ends.

use std::sync::Arc;

use super::job::{Item, Job, Operation, State, Step};
use super::registry::{JobKey, save};
use super::{control, export, import, journal};
use crate::sandbox::oracle::database::Shared;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::run::Machine;

/// The whole, in the unit of shares.
const WHOLE: i64 = 1_000_000;
/// When the last step is over; the rest is for completing.
const STEPS: i64 = 920_000;
/// What starting and ending a job takes at speed 1, in microseconds.
const BASE: i64 = 1_300_000;

/// The note of a job that is to stop, and what it holds where the control table is kept.
const STOPS: &str = "stops";
const KEEPS: &str = "keeps its control table";

/// The note of a job that has nothing left to do but to end.
const FINISHED: &str = "finished";
/// The error of a job that waits for room.
const WAITING: i32 = 39171;

/// The version of the database.
pub(crate) fn version_of(machine: &Machine) -> String {
    machine.catalogue.settings.get("$VERSION").cloned().unwrap_or_else(|| "19.0.0.0.0".to_owned())
}

/// The version of the time zone file of a database version.
pub(crate) fn time_zone_of(version: &str) -> i64 {
    let major = version.split('.').next().and_then(|major| major.parse::<i64>().ok()).unwrap_or(19);
    if major >= 23 { 45 } else { 43 }
}

/// Lays the steps out in time: each with what it costs in microseconds at speed 1.
pub(super) fn plan(job: &mut Job, steps: Vec<(Step, i64, i64)>) {
    let streams = steps.iter().filter(|(step, ..)| matches!(step, Step::Rows(_))).count().max(1);
    let degree = job.degree.clamp(1, i64::try_from(streams).unwrap_or(1));
    let cost = |step: &Step, cost: i64| if matches!(step, Step::Rows(_)) { cost / degree } else { cost };
    let total: i64 = steps.iter().map(|(step, micros, _)| cost(step, *micros)).sum::<i64>().max(1);
    let mut over = 0;
    job.bytes_total = steps.iter().map(|(.., bytes)| bytes).sum();
    job.bytes_done = 0;
    job.done = 0;
    job.items = steps
        .into_iter()
        .map(|(step, micros, bytes)| {
            over += cost(&step, micros);
            Item { step, due: over * STEPS / total, bytes }
        })
        .collect();
    job.length = BASE + total;
}

/// Starts the clock of a job.
pub(super) fn begin(worker: &mut Machine, job: &mut Job, restart: bool) {
    let now = worker.now();
    job.head_start = match job.done.checked_sub(1).and_then(|last| job.items.get(last)) {
        Some(item) => item.due,
        None => 0,
    };
    job.state = State::Executing;
    job.started = now;
    if !restart {
        job.begun = now;
    }
    job.term_reason = None;
    job.notes.remove(STOPS);
    if restart {
        job.restarts += 1;
        // A step that was under way may have made what it was to make.
        match job.notes.remove("under way") {
            Some(step) => job.notes.insert("again".to_owned(), step),
            None => job.notes.remove("again"),
        };
        job.say(now, format!("Job {} has been reopened at {}", job.quoted(), journal::moment(now)));
        job.say(now, format!("Restarting {}:  ", job.quoted()));
    }
}

/// How much of a job is over by now.
fn share(worker: &Machine, job: &Job) -> i64 {
    let speed = worker.shared.host.speed();
    if speed <= 0.0 || job.length <= 0 {
        return WHOLE;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a pace needs no exact figure"
    )]
    let length = ((job.length as f64 / speed) as i64).max(1);
    job.head_start.saturating_add((worker.now() - job.started).saturating_mul(WHOLE) / length)
}

/// Moves all running jobs on; answers how many steps were taken.
pub(crate) fn advance(shared: &Arc<Shared>) -> Outcome<usize> {
    let keys = shared.pump.running();
    if keys.is_empty() {
        return Ok(0);
    }
    let Some(_turn) = shared.pump.turn() else { return Ok(0) };
    let mut session = control::worker(shared, "SYS")?;
    let worker = session.machine();
    let mut count = 0;
    for key in keys {
        worker.refresh_catalogue()?;
        match move_on(worker, &key) {
            Ok(steps) => count += steps,
            // Whoever looks is not told that somebody else is at work.
            Err(error) if error.is_busy() => worker.rollback()?,
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// The same from within a session, which has to have nothing uncommitted for it.
pub(crate) fn advance_from(machine: &mut Machine) -> Outcome<()> {
    let shared = machine.shared.clone();
    let worker = machine.facts.module.as_deref() == Some(control::WORKER);
    if worker || machine.in_trigger > 0 || shared.pump.running().is_empty() {
        return Ok(());
    }
    if machine.store.in_transaction() {
        if !machine.store.is_untouched() || !machine.savepoints.is_empty() {
            return Ok(());
        }
        machine.commit()?;
    }
    advance(&shared)?;
    machine.refresh_catalogue()
}

fn move_on(worker: &mut Machine, key: &JobKey) -> Outcome<usize> {
    let shared = worker.shared.clone();
    let mut count = 0;
    loop {
        let found = shared.pump.open(&worker.store)?.job(key);
        let Some(mut job) = found.filter(|job| job.state.is_running()) else { return Ok(count) };
        let known = job.lines.len();
        let over = share(worker, &job);
        let lost = control::find(&worker.catalogue, &job).is_none().then(|| control::lost(&job));
        if let Some(error) = lost.or_else(|| gone_wrong(&mut job, over)) {
            return fatal(worker, job, &error).map(|()| count);
        }
        let next = job.items.get(job.done).cloned();
        let result = match next {
            Some(item) if item.due <= over => {
                count += 1;
                step(worker, &mut job, &item)
            }
            None if job.state == State::StopPending => Ok(()),
            None if over >= WHOLE && job.notes.contains_key(FINISHED) => {
                match complete(worker, &job, known) {
                    Err(error) if error.is_busy() => Err(error),
                    done => return done.map(|()| count + 1),
                }
            }
            None if job.state != State::Completing => {
                job.state = State::Completing;
                Ok(())
            }
            None if over >= WHOLE => finish(worker, &mut job),
            Some(_) | None => return Ok(count),
        };
        match result {
            Ok(()) => {
                let job = shared.pump.open(&worker.store)?.merge(job, known);
                journal::keep(worker, &job);
                if job.state == State::StopPending {
                    let keep = job.notes.get(STOPS).is_some_and(|keep| keep == KEEPS);
                    return stop(worker, job, keep).map(|()| count);
                }
            }
            // Another session changes something for longer than a worker waits: the step is taken at another look.
            Err(error) if error.is_busy() => {
                worker.rollback()?;
                return Ok(count);
            }
            Err(error) if error.code == WAITING => {
                worker.rollback()?;
                wait(worker, key, &error)?;
                return Ok(count);
            }
            Err(error) => {
                worker.rollback()?;
                return fatal(worker, job, &error).map(|()| count);
            }
        }
    }
}

/// Says once that a job waits, and leaves it at its step.
fn wait(worker: &mut Machine, key: &JobKey, error: &OracleError) -> Outcome<()> {
    let shared = worker.shared.clone();
    let found = shared.pump.open(&worker.store)?.job(key);
    let Some(mut job) = found.filter(|job| !job.notes.contains_key("waits")) else { return Ok(()) };
    let known = job.lines.len();
    let now = worker.now();
    job.report(now, error);
    let under = error.text.lines().find(|line| !line.starts_with("ORA-39171")).unwrap_or_default();
    job.notes.insert("waits".to_owned(), format!("{now} {under}"));
    let job = shared.pump.open(&worker.store)?.merge(job, known);
    journal::keep(worker, &job);
    Ok(())
}

/// The error of a job that a fault ends now. The fault is used up, so that a restart goes on.
fn gone_wrong(job: &mut Job, over: i64) -> Option<OracleError> {
    let (name, figure) = job.fault.clone()?;
    let error = match name.as_str() {
        "pump-fatal" => OracleError::new(39006, &[]).over(&OracleError::new(39065, &["DISPATCH"])),
        "pump-stops" if job.done > 0 && over >= figure * WHOLE / 100 => OracleError::new(39014, &[])
            .over(&OracleError::new(39029, &["1", "DW00"]))
            .over(&OracleError::new(31671, &["DW00"])),
        _ => return None,
    };
    job.fault = None;
    Some(error)
}

/// The error that a fault gives the rows of a table.
pub(super) fn bad_rows(job: &mut Job) -> Option<OracleError> {
    let (name, left) = job.fault.clone()?;
    if name != "pump-errors" || left < 1 {
        return None;
    }
    job.fault = (left > 1).then_some((name, left - 1));
    Some(OracleError::new(1555, &["1", "_SYSSMU1_1$"]))
}

/// Does what is left when all steps are taken, and keeps that it is done.
fn finish(worker: &mut Machine, job: &mut Job) -> Outcome<()> {
    match job.operation {
        Operation::Export => export::finish(worker, job)?,
        _ => import::finish(worker, job)?,
    }
    job.notes.insert(FINISHED.to_owned(), String::new());
    worker.store.begin()?;
    save(&worker.store, job)?;
    worker.commit()
}

/// Notes something before it is done: the file has it for a restart, the registry for another look.
pub(super) fn note(worker: &mut Machine, job: &mut Job, name: &str, value: &str) -> Outcome<()> {
    job.notes.insert(name.to_owned(), value.to_owned());
    worker.store.begin()?;
    save(&worker.store, job)?;
    worker.commit()?;
    worker.shared.clone().pump.open(&worker.store)?.note(job, name, value);
    Ok(())
}

/// Takes one step and keeps that it is done, with its rows in one transaction.
fn step(worker: &mut Machine, job: &mut Job, item: &Item) -> Outcome<()> {
    if job.operation == Operation::Import && matches!(item.step, Step::Make(_)) {
        let number = job.done.to_string();
        if job.notes.get("under way") == Some(&number) {
            // It was made, and another session kept that from being noted.
            job.notes.insert("again".to_owned(), number);
        } else {
            note(worker, job, "under way", &number)?;
        }
    }
    match job.operation {
        Operation::Export => export::step(worker, job, &item.step)?,
        _ => import::step(worker, job, &item.step)?,
    }
    job.done += 1;
    job.notes.remove("waits");
    job.notes.remove("under way");
    job.bytes_done += item.bytes;
    worker.store.begin()?;
    save(&worker.store, job)?;
    worker.commit()
}

fn elapsed(now: i64, job: &Job) -> String {
    let seconds = (now - job.started).max(0) / 1_000_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    format!("elapsed {days} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Ends a job that is finished. The log says so only when nothing of the job is left in the database.
fn complete(worker: &mut Machine, job: &Job, known: usize) -> Outcome<()> {
    if job.number("KEEP_MASTER") == Some(1) {
        worker.store.begin()?;
        worker.store.put_document(&job.document(), None)?;
        worker.commit()?;
    } else {
        control::drop_table(worker, job)?;
    }
    let shared = worker.shared.clone();
    let mut job = shared.pump.open(&worker.store)?.merge(job.clone(), known);
    let now = worker.now();
    let end = format!("at {} {}", journal::moment(now), elapsed(now, &job));
    let text = match job.errors {
        0 => format!("Job {} successfully completed {end}", job.quoted()),
        count => format!("Job {} completed with {count} error(s) {end}", job.quoted()),
    };
    job.say(now, text);
    job.state = State::Completed;
    job.term_reason = Some(if job.errors == 0 { 1 } else { 2 });
    journal::keep(worker, &job);
    shared.pump.open(&worker.store)?.end(job, false);
    Ok(())
}

/// Ends a job that cannot go on; its control table stays.
fn fatal(worker: &mut Machine, mut job: Job, error: &OracleError) -> Outcome<()> {
    let now = worker.now();
    job.report(now, error);
    job.say(
        now,
        format!(
            "Job {} stopped due to fatal error at {} {}",
            job.quoted(),
            journal::moment(now),
            elapsed(now, &job)
        ),
    );
    leave(worker, job, State::Stopped, 4, true)
}

/// Has a job stop when its workers are done with what they are at.
pub(super) fn stop_soon(worker: &mut Machine, mut job: Job, keep: bool) -> Outcome<()> {
    let known = job.lines.len();
    job.state = State::StopPending;
    job.notes.insert(STOPS.to_owned(), if keep { KEEPS } else { "" }.to_owned());
    worker.shared.clone().pump.open(&worker.store)?.merge(job, known);
    Ok(())
}

/// Stops a job; without its control table it is over for good.
pub(super) fn stop(worker: &mut Machine, mut job: Job, keep: bool) -> Outcome<()> {
    let now = worker.now();
    if job.state.is_running() {
        job.say(
            now,
            format!(
                "Job {} stopped by user request at {} {}",
                job.quoted(),
                journal::moment(now),
                elapsed(now, &job)
            ),
        );
    }
    leave(worker, job, State::Stopped, if keep { 3 } else { 4 }, keep)
}

fn leave(worker: &mut Machine, mut job: Job, state: State, reason: i64, keep: bool) -> Outcome<()> {
    job.state = state;
    job.term_reason = Some(reason);
    journal::keep(worker, &job);
    if keep && control::find(&worker.catalogue, &job).is_some() {
        worker.store.begin()?;
        save(&worker.store, &job)?;
        worker.commit()?;
    } else {
        control::drop_table(worker, &job)?;
    }
    worker.shared.clone().pump.open(&worker.store)?.end(job, keep);
    Ok(())
}
