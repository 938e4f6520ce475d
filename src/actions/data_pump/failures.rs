//! What is said of a job that was refused, went wrong, stopped, or whose end nobody knows: each with what to do next.

use super::log::{self, PumpLog};
use crate::db::codes;
use crate::model::{ActionError, Category};

pub(super) fn refusal(job: &str, said: &str) -> ActionError {
    let mut lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.dedup();
    // The first error only wraps the ones that say what is wrong.
    let telling = lines.iter().rev().find_map(|line| log::code(line)).unwrap_or_default();
    let remedy = codes::lookup(&telling).map(|known| format!("; {}", known.remedy)).unwrap_or_default();
    let error = ActionError::new(Category::Invalid, format!("Data Pump refused job {job}"))
        .because(lines.join("; "))
        .advise(format!(
            "nothing was started{remedy}. Mend what the last of these errors names, and resume; where something else has to be \
             given, begin a new run"
        ));
    if telling.is_empty() { error } else { error.code(telling) }
}

pub(super) fn with_errors(job: &str, log: &PumpLog, unexpected: &[log::Wrong], place: &str) -> ActionError {
    let shown: Vec<&str> = unexpected.iter().take(5).map(|e| e.text.as_str()).collect();
    let more = unexpected.len().saturating_sub(shown.len());
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    let mut error = ActionError::new(
        Category::DeadEnd,
        match unexpected.len() {
            1 => format!("Data Pump job {job} ended with an error that was not expected"),
            many => format!("Data Pump job {job} ended with {many} errors that were not expected"),
        },
    )
    .because(format!("{}{more}. The log ends: {}", shown.join("; "), log.last_line))
    .advise(format!(
        "{place}; what went well stays. The job has ended: mend the cause and begin a new run, since this one has nothing to \
         go on with"
    ));
    if let Some(code) = unexpected.iter().find_map(|wrong| wrong.code.clone()) {
        error = error.code(code);
    }
    error
}

pub(super) fn waits_for_room(job: &str, reason: &str) -> ActionError {
    let error = ActionError::new(Category::Conflict, format!("Data Pump job {job} waits for room (ORA-39171)"))
        .because(reason.trim())
        .advise(
            "the job waits in the database, for two hours at most. Give the schema room (alter user NAME quota unlimited on the \
             tablespace that is named) or the database more storage, then resume: it goes on from where it stands",
        );
    match log::code(reason) {
        Some(code) => error.code(code),
        None => error,
    }
}

/// For a run that is resumed after its job ended with errors.
pub(super) fn ended_before(job: &str, place: &str) -> ActionError {
    ActionError::new(
        Category::DeadEnd,
        format!("Data Pump job {job} ended with errors when this run was last at work"),
    )
    .because(format!("its log is {place}"))
    .advise("mend what the log names and begin a new run, since this one has nothing to go on with")
}

pub(super) fn halted(job: &str, how: &str, log: &PumpLog, place: &str) -> ActionError {
    let last = if log.last_line.is_empty() { "it left no log".to_owned() } else { log.last_line.clone() };
    let mut error = ActionError::new(Category::DeadEnd, format!("Data Pump job {job} did not end: {how}"))
        .because(last)
        .advise(format!("resume this run to let the job go on from where it was; {place}"));
    if let Some(found) = log.errors.last() {
        error = error.code(found.code.clone());
    }
    error
}

/// For a job that stopped and whose control table is gone: nothing is left that could go on.
pub(super) fn stopped_for_good(job: &str, log: &PumpLog, place: &str) -> ActionError {
    let error = ActionError::new(
        Category::DeadEnd,
        format!("Data Pump job {job} stopped before its end and is gone"),
    )
    .because(log.last_line.clone())
    .advise(format!(
        "{place}; somebody stopped it or it failed, and nothing of it is left to go on with: begin a new run"
    ));
    match log.errors.last() {
        Some(found) => error.code(found.code.clone()),
        None => error,
    }
}

pub(super) fn unknown(job: &str, why: &str) -> ActionError {
    ActionError::new(Category::Unknown, format!("it is not known how Data Pump job {job} ended"))
        .because(format!("it is not in the job view any more, and {why}"))
        .advise(
            "look at what it made and at USER_DATAPUMP_JOBS before you run it again; an export goes under a new prefix \
             in a new run",
        )
}
