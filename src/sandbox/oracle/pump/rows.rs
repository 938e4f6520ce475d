//! The tables behind Data Pump's views.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::job::{Job, Mode, State, code_of};
use super::registry::{JobKey, Progress};
use super::{control, paths, run};
use crate::sandbox::oracle::catalogue::fixed::FixedTable;
use crate::sandbox::oracle::error::Outcome;
use crate::sandbox::oracle::run::{Machine, Row};
use crate::sandbox::oracle::values::Value;
use crate::sandbox::oracle::values::calendar::MICROS;

/// The tables, for the catalogue.
pub(crate) const TABLES: &[FixedTable] = &[
    FixedTable {
        name: "X$DATAPUMP_JOBS",
        columns: &[
            ("OWNER_NAME", 'T'),
            ("JOB_NAME", 'T'),
            ("OPERATION", 'T'),
            ("JOB_MODE", 'T'),
            ("STATE", 'T'),
            ("DEGREE", 'N'),
            ("ATTACHED_SESSIONS", 'N'),
            ("DATAPUMP_SESSIONS", 'N'),
        ],
        rows: jobs,
    },
    FixedTable {
        name: "X$DATAPUMP_SESSIONS",
        columns: &[("OWNER_NAME", 'T'), ("JOB_NAME", 'T'), ("SID", 'N'), ("SESSION_TYPE", 'T')],
        rows: pump_sessions,
    },
    FixedTable {
        name: "X$DATAPUMP_LONGOPS",
        columns: &[
            ("SID", 'N'),
            ("SERIAL", 'N'),
            ("OWNER_NAME", 'T'),
            ("JOB_NAME", 'T'),
            ("OPERATION", 'T'),
            ("SOFAR", 'N'),
            ("TOTALWORK", 'N'),
            ("START_TIME", 'D'),
            ("LAST_UPDATE_TIME", 'D'),
            ("TIME_REMAINING", 'N'),
            ("ELAPSED_SECONDS", 'N'),
            ("MESSAGE", 'T'),
        ],
        rows: longops,
    },
    FixedTable {
        name: "X$DATAPUMP_WAITS",
        columns: &[
            ("OWNER_NAME", 'T'),
            ("JOB_NAME", 'T'),
            ("SID", 'N'),
            ("SUSPENDED_AT", 'D'),
            ("ERROR_NUMBER", 'N'),
            ("ERROR_MESSAGE", 'T'),
        ],
        rows: waits,
    },
    FixedTable {
        name: "X$DATAPUMP_PATHS",
        columns: &[("JOB_MODE", 'T'), ("OBJECT_PATH", 'T'), ("COMMENTS", 'T'), ("NAMED", 'T')],
        rows: object_paths,
    },
];

const MEGABYTE: i64 = 1 << 20;

fn count(number: usize) -> Value {
    Value::count(number)
}

/// Jobs that live, and control tables that are left over.
fn jobs(machine: &mut Machine) -> Outcome<Vec<Row>> {
    run::advance_from(machine)?;
    let catalogue = machine.catalogue.clone();
    let inner = machine.shared.pump.open(&machine.store)?;
    let mut rows = Vec::new();
    for (key, job) in &inner.jobs {
        if job.state.is_over() || control::find(&catalogue, job).is_none() {
            continue;
        }
        let attached = inner.count_attached(key);
        let processes = job.processes().len();
        rows.push(vec![
            Value::text(&job.owner),
            Value::text(&job.name),
            Value::text(job.operation.word()),
            Value::text(job.mode.word()),
            Value::text(job.state.word()),
            Value::integer(job.degree),
            count(attached),
            count(attached + processes),
        ]);
    }
    for table in catalogue.tables() {
        let Some((operation, mode)) = control::of_comment(table) else { continue };
        let lives = inner.jobs.values().any(|job| job.table == table.id && !job.state.is_over());
        if !lives {
            rows.push(vec![
                Value::text(&table.owner),
                Value::text(&table.name),
                Value::text(operation),
                Value::text(mode),
                Value::text(State::NotRunning.word()),
                Value::integer(0),
                Value::integer(0),
                Value::integer(0),
            ]);
        }
    }
    Ok(rows)
}

/// Sessions that are attached to jobs, and the jobs' own.
fn pump_sessions(machine: &mut Machine) -> Outcome<Vec<Row>> {
    let inner = machine.shared.pump.open(&machine.store)?;
    let row = |key: &JobKey, session: i64, kind: &str| {
        vec![Value::text(&key.0), Value::text(&key.1), Value::integer(session), Value::text(kind)]
    };
    let mut rows: Vec<Row> =
        inner.attached.iter().map(|(key, session)| row(key, *session, "DBMS_DATAPUMP")).collect();
    for (key, job) in inner.jobs.iter().filter(|(_, job)| !job.state.is_over()) {
        rows.extend(job.processes().into_iter().map(|(session, kind)| row(key, session, kind)));
    }
    Ok(rows)
}

/// The jobs that have processes.
pub(crate) fn live(machine: &Machine) -> Outcome<Vec<Job>> {
    let inner = machine.shared.pump.open(&machine.store)?;
    Ok(inner.jobs.values().filter(|job| !job.state.is_over()).cloned().collect())
}

/// How far the rows of jobs are, in megabytes. Those of a job that ended stay for a while.
fn longops(machine: &mut Machine) -> Outcome<Vec<Row>> {
    run::advance_from(machine)?;
    let now = machine.now();
    let inner = machine.shared.pump.open(&machine.store)?;
    let running = inner.jobs.values().filter(|job| job.state.is_running());
    let all = inner.past.iter().cloned().chain(running.map(|job| Progress::of(job, now)));
    Ok(all.map(|progress| progress_row(&progress)).collect())
}

fn progress_row(job: &Progress) -> Row {
    let date = |micros: i64| Value::Date(micros.div_euclid(MICROS));
    let up = |bytes: i64| (bytes + MEGABYTE - 1) / MEGABYTE;
    let (sofar, total) = (up(job.bytes_done), up(job.bytes_total));
    let elapsed = (job.seen - job.started).max(0) / MICROS;
    let (owner, name) = &job.key;
    let message = format!("{name}: {} : {sofar} out of {total} MB done", job.operation.word());
    let left = if sofar > 0 { Value::integer(elapsed * (total - sofar) / sofar) } else { Value::Null };
    vec![
        Value::integer(job.sid),
        Value::integer(1),
        Value::text(owner),
        Value::text(name),
        Value::text(job.operation.word()),
        Value::integer(sofar),
        Value::integer(total),
        date(job.started),
        date(job.seen),
        left,
        Value::integer(elapsed),
        Value::text(message),
    ]
}

/// Jobs that wait for room, with the error that they wait over.
fn waits(machine: &mut Machine) -> Outcome<Vec<Row>> {
    run::advance_from(machine)?;
    let inner = machine.shared.pump.open(&machine.store)?;
    let mut rows = Vec::new();
    for job in inner.jobs.values().filter(|job| job.state.is_running()) {
        let Some((since, text)) = job.notes.get("waits").and_then(|note| note.split_once(' ')) else {
            continue;
        };
        let since: i64 = since.parse().unwrap_or_default();
        rows.push(vec![
            Value::text(&job.owner),
            Value::text(&job.name),
            Value::integer(job.master()),
            Value::Date(since.div_euclid(MICROS)),
            code_of(text).map_or(Value::Null, Value::integer),
            Value::text(text),
        ]);
    }
    Ok(rows)
}

/// The object paths of each mode.
fn object_paths(_: &mut Machine) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for mode in [Mode::Full, Mode::Schema, Mode::Table] {
        let mut known: Vec<String> = Vec::new();
        for row in paths::PATHS.iter().filter(|row| paths::belongs(mode, row.path)) {
            // Every way to say it: the whole path, and any stretch of its words.
            let full = paths::whole(mode, row.path);
            let words: Vec<&str> = full.split('/').collect();
            let spans = (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| (from, to)));
            for (from, to) in spans {
                let path = words[from..to].join("/");
                if !known.contains(&path) {
                    let named = if row.named { Value::text("Y") } else { Value::Null };
                    rows.push(vec![
                        Value::text(mode.word()),
                        Value::text(&path),
                        Value::text(row.comment),
                        named,
                    ]);
                    known.push(path);
                }
            }
        }
    }
    Ok(rows)
}
