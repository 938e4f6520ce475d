//! `GET_STATUS` and `GET_DUMPFILE_INFO`: what a session is told, in the shape its types ask for.

use super::api::{Call, job_of, pause, refuse};
use super::dump::{self, Header};
use super::files::{self, Place};
use super::job::{Given, Job, Line, State};
use super::registry::Handle;
use super::rules::{Refusal, refusal};
use super::{journal, run};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::run::collection_of;
use crate::sandbox::oracle::values::calendar::MICROS;
use crate::sandbox::oracle::values::value::from_hexadecimal;
use crate::sandbox::oracle::values::{Type, Value};

const WIP: i64 = 1;
const DESCRIPTION: i64 = 2;
const STATUS: i64 = 4;
const ERROR: i64 = 8;

/// Something to be told, before it has a type.
enum Tree {
    One(Value),
    Many(Vec<Tree>),
    Fields(Vec<(&'static str, Tree)>),
}

fn text(text: &str) -> Tree {
    Tree::One(Value::text(text))
}

fn number(number: i64) -> Tree {
    Tree::One(Value::integer(number))
}

fn nothing() -> Tree {
    Tree::One(Value::Null)
}

/// The value that a type makes of a tree: attributes it does not have are left out, others are NULL.
fn shape(tree: Tree, of: &Type) -> Value {
    match (tree, of) {
        (Tree::One(value), _) => value,
        (Tree::Many(list), Type::Collection(collection)) => {
            let values = list.into_iter().map(|tree| shape(tree, &collection.element)).collect();
            collection_of(collection.clone(), values)
        }
        (Tree::Fields(mut list), Type::Object(record) | Type::Record(record)) => {
            let mut values = Vec::new();
            for (name, of) in &record.fields {
                let found = list.iter().position(|(known, _)| known == name);
                values.push(found.map_or(Value::Null, |at| shape(list.swap_remove(at).1, of)));
            }
            Value::Record(record.clone(), values)
        }
        _ => Value::Null,
    }
}

/// The types of the routine being run: its result, then its parameters.
fn types(machine: &Machine) -> (Option<Type>, Vec<Type>) {
    machine.routine().map_or((None, Vec::new()), |routine| {
        (routine.returns.clone(), routine.parameters.iter().map(|parameter| parameter.of.clone()).collect())
    })
}

fn lines(list: &[&Line]) -> Tree {
    if list.is_empty() {
        return nothing();
    }
    let line = |(at, line): (usize, &&Line)| {
        Tree::Fields(vec![
            ("LOGLINENUMBER", Tree::One(Value::count(at + 1))),
            ("ERRORNUMBER", line.code.map_or_else(nothing, |code| number(-code))),
            ("LOGTEXT", text(&line.text.chars().take(2000).collect::<String>())),
        ])
    };
    Tree::Many(list.iter().enumerate().map(line).collect())
}

fn files_of(job: &Job) -> Tree {
    if job.written.is_empty() {
        let list = job.dump_files().map(|file| {
            let kind = match (files::is_template(&file.name), file.kind) {
                (true, _) => 3,
                (false, 5) => 4,
                _ => 0,
            };
            Tree::Fields(vec![
                ("FILE_NAME", text(&file.name)),
                ("FILE_TYPE", number(kind)),
                ("FILE_SIZE", nothing()),
                ("FILE_BYTES_WRITTEN", number(0)),
            ])
        });
        return Tree::Many(list.collect());
    }
    let kind = if job.dump_files().any(|file| file.kind == 5) { 4 } else { 0 };
    let list = job.written.iter().map(|(name, bytes)| {
        Tree::Fields(vec![
            ("FILE_NAME", text(name)),
            ("FILE_TYPE", number(kind)),
            ("FILE_SIZE", number(*bytes)),
            ("FILE_BYTES_WRITTEN", number(*bytes)),
        ])
    });
    Tree::Many(list.collect())
}

fn workers(job: &Job) -> Tree {
    let busy = job.state.is_running();
    let list = (1..=job.degree.max(1)).map(|at| {
        let current = job.current.as_ref().filter(|_| busy && at == 1);
        Tree::Fields(vec![
            ("WORKER_NUMBER", number(at)),
            ("PROCESS_NAME", text(&format!("DW{at:02}"))),
            ("STATE", text(if busy { "EXECUTING" } else { "UNDEFINED" })),
            ("SCHEMA", current.map_or_else(nothing, |(schema, ..)| text(schema))),
            ("NAME", current.map_or_else(nothing, |(_, name, _)| text(name))),
            ("OBJECT_TYPE", current.map_or_else(nothing, |(.., kind)| text(kind))),
            ("COMPLETED_OBJECTS", Tree::One(Value::count(job.done))),
            ("TOTAL_OBJECTS", Tree::One(Value::count(job.items.len()))),
            ("COMPLETED_BYTES", number(job.bytes_done)),
            ("PERCENT_DONE", number(job.percent())),
            ("DEGREE", number(1)),
            ("INSTANCE_ID", number(1)),
            ("INSTANCE_NAME", text("sandbox1")),
            ("HOST_NAME", text("sandbox.example.com")),
        ])
    });
    Tree::Many(list.collect())
}

fn job_status(job: &Job) -> Tree {
    Tree::Fields(vec![
        ("JOB_NAME", text(&job.name)),
        ("OPERATION", text(job.operation.word())),
        ("JOB_MODE", text(job.mode.word())),
        ("BYTES_PROCESSED", number(job.bytes_done)),
        ("TOTAL_BYTES", number(job.bytes_total)),
        ("PERCENT_DONE", number(job.percent())),
        ("DEGREE", number(job.degree)),
        ("ERROR_COUNT", number(job.errors)),
        ("STATE", text(job.state.word())),
        ("PHASE", number(i64::from(job.state.is_running()))),
        ("RESTART_COUNT", number(job.restarts)),
        ("HEARTBEAT", number(i64::try_from(job.done).unwrap_or(0))),
        ("WORKER_STATUS_LIST", workers(job)),
        ("FILES", files_of(job)),
    ])
}

fn parameters(job: &Job) -> Tree {
    let secret = |name: &str| name == "ENCRYPTION_PASSWORD";
    let list = job.parameters.iter().filter(|(name, _)| !secret(name)).map(|(name, value)| {
        let (kind, n, t) = match value {
            Given::Number(figure) => ("NUMBER", number(*figure), nothing()),
            Given::Fraction(_) => ("NUMBER", nothing(), text(&value.text())),
            Given::Text(words) => ("VARCHAR2", nothing(), text(words)),
        };
        Tree::Fields(vec![
            ("PARAM_NAME", text(name)),
            ("PARAM_OP", text("SET_PARAMETER")),
            ("PARAM_TYPE", text(kind)),
            ("PARAM_LENGTH", Tree::One(Value::count(value.text().len()))),
            ("PARAM_VALUE_N", n),
            ("PARAM_VALUE_T", t),
        ])
    });
    Tree::Many(list.collect())
}

fn description(machine: &Machine, job: &Job) -> Tree {
    let version = run::version_of(machine);
    let date =
        |micros: i64| if micros == 0 { nothing() } else { Tree::One(Value::Date(micros.div_euclid(MICROS))) };
    Tree::Fields(vec![
        ("JOB_NAME", text(&job.name)),
        ("GUID", Tree::One(Value::raw(&from_hexadecimal(&job.guid).unwrap_or_default()))),
        ("OPERATION", text(job.operation.word())),
        ("JOB_MODE", text(job.mode.word())),
        ("OWNER", text(&job.owner)),
        ("PLATFORM", text("x86_64/Linux 2.4.xx")),
        ("GLOBAL_NAME", text(&machine.facts.database)),
        ("INSTANCE", text("sandbox1")),
        ("DB_VERSION", text(&version)),
        ("JOB_VERSION", text(&job.version)),
        ("CREATOR_PRIVS", text(if job.privileged { "TRUE" } else { "FALSE" })),
        ("START_TIME", date(job.started)),
        ("TERM_REASON", job.term_reason.map_or_else(nothing, number)),
        ("MAX_DEGREE", number(job.degree)),
        ("TIMEZONE", text("+00:00")),
        ("TSTZ_VERSION", number(run::time_zone_of(&version))),
        ("ENDIANNESS", text("Little")),
        ("CHARSET", text("AL32UTF8")),
        ("NCHARSET", text("AL16UTF16")),
        ("LOG_FILE", job.log_file().map_or_else(nothing, |file| text(&file.name))),
        ("PARAMS", parameters(job)),
    ])
}

/// `GET_STATUS`: handle, mask, timeout, and as a procedure state and status out.
pub(crate) fn get_status(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    super::api::commit(machine)?;
    let call = Call::new(values);
    let (returns, parameters) = types(machine);
    let of = returns.clone().or_else(|| parameters.last().cloned()).unwrap_or(Type::Null);
    let Some(mask) = call.number(1).filter(|mask| (0..=15).contains(mask)) else {
        let shown = call.number(1).map(|mask| mask.to_string()).unwrap_or_default();
        return Err(refuse(machine, &refusal(39001, 39096, &[&shown, "MASK"])));
    };
    let (tree, state) = if call.number(0).is_none() {
        let details = std::mem::take(&mut machine.pump.details);
        let list: Vec<&Line> = details.iter().filter(|_| mask & ERROR != 0).collect();
        (Tree::Fields(vec![("MASK", number(mask)), ("ERROR", lines(&list))]), "UNDEFINED")
    } else {
        of_job(machine, &call, mask)?
    };
    let status = shape(tree, &of);
    if returns.is_some() {
        return Ok(status);
    }
    values[3] = Value::text(state);
    values[4] = status;
    Ok(Value::Null)
}

fn of_job(machine: &mut Machine, call: &Call, mask: i64) -> Outcome<(Tree, &'static str)> {
    run::advance_from(machine)?;
    let (at, mut handle) = call.handle(machine)?;
    let details = std::mem::take(&mut machine.pump.details);
    let mut job = found(machine, call, &handle)?;
    let timeout = call.number(2).unwrap_or(0);
    let until = machine.now().saturating_add(timeout.saturating_mul(MICROS));
    let waits = mask & (WIP | ERROR) != 0;
    while waits && details.is_empty() && job.state.is_running() && job.lines.len() <= handle.told {
        if timeout == 0 || (timeout > 0 && machine.now() >= until) {
            break;
        }
        pause(machine)?;
        run::advance_from(machine)?;
        job = found(machine, call, &handle)?;
    }
    let mut news: Vec<&Line> = Vec::new();
    let mut errors: Vec<&Line> = details.iter().collect();
    for line in job.lines.iter().skip(handle.told).filter(|line| !line.file_only) {
        if line.code.is_some() { errors.push(line) } else { news.push(line) }
    }
    // With LOGTIME the lines say when they were written.
    let stamped = matches!(job.text("LOGTIME"), Some("STATUS" | "ALL"));
    let timed: Vec<Line> = news
        .iter()
        .map(|line| Line {
            text: format!("{}{}", if stamped { journal::stamp(line.at) } else { String::new() }, line.text),
            ..(*line).clone()
        })
        .collect();
    let news: Vec<&Line> = timed.iter().collect();
    let mut fields = vec![("MASK", number(mask))];
    if mask & WIP != 0 {
        fields.push(("WIP", lines(&news)));
    }
    if mask & ERROR != 0 {
        fields.push(("ERROR", lines(&errors)));
    }
    if mask & DESCRIPTION != 0 {
        fields.push(("JOB_DESCRIPTION", description(machine, &job)));
    }
    if mask & STATUS != 0 {
        fields.push(("JOB_STATUS", job_status(&job)));
    }
    if mask & (WIP | ERROR) != 0 {
        handle.told = job.lines.len();
        machine.pump.handles.insert(at, handle);
    }
    let state = if job.state == State::NotRunning { State::Stopped } else { job.state };
    Ok((Tree::Fields(fields), state.word()))
}

fn found(machine: &mut Machine, _: &Call, handle: &Handle) -> Outcome<Job> {
    match job_of(machine, handle)? {
        Some(job) => Ok(job),
        None => Err(refuse(machine, &Refusal { code: 31626, details: Vec::new() })),
    }
}

fn items(header: &Header) -> Vec<(i64, String)> {
    let flag = |on: bool| i64::from(on).to_string();
    let mode = match header.encryption_mode.as_deref() {
        None => 2,
        Some("PASSWORD") => 3,
        Some("DUAL") => 4,
        Some(_) => 5,
    };
    vec![
        (1, "5.1".to_owned()),
        (2, flag(header.master)),
        (3, header.guid.clone()),
        (4, header.number.to_string()),
        (5, "873".to_owned()),
        (6, journal::moment(header.created)),
        (7, "2".to_owned()),
        (8, header.job.clone()),
        (9, "x86_64/Linux 2.4.xx".to_owned()),
        (10, header.instance.clone()),
        (11, "AL32UTF8".to_owned()),
        (12, "4096".to_owned()),
        (14, flag(header.metadata_compressed)),
        (15, header.version.clone()),
        (16, "1".to_owned()),
        (17, "1".to_owned()),
        (18, flag(header.data_compressed)),
        (19, flag(header.metadata_encrypted)),
        (20, flag(header.data_encrypted)),
        (21, "0".to_owned()),
        (22, mode.to_string()),
        (23, if header.data_compressed || header.metadata_compressed { "2" } else { "1" }.to_owned()),
    ]
}

/// `GET_DUMPFILE_INFO`: name, directory, items out, kind out.
pub(crate) fn get_dumpfile_info(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.pump.details.clear();
    let call = Call::new(values);
    let (_, parameters) = types(machine);
    let (Some(name), Some(directory)) = (call.text(0), call.text(1)) else {
        return Err(refuse(machine, &refusal(39211, 39087, &[&call.text(1).unwrap_or_default()])));
    };
    let place = Place { remote: name.contains("://"), name, by: Some(directory) };
    let bytes = match files::read(machine, &place) {
        Ok(bytes) => bytes,
        Err(inner) => {
            let opened = OracleError::new(31640, &[&place.name]);
            return Err(refuse(machine, &Refusal { code: 39211, details: vec![opened, inner] }));
        }
    };
    let of = parameters.get(2).cloned().unwrap_or(Type::Null);
    let header = dump::read_header(&bytes);
    let list = header.as_ref().map(items).unwrap_or_default();
    let tree = Tree::Many(
        list.into_iter()
            .map(|(code, value)| Tree::Fields(vec![("ITEM_CODE", number(code)), ("VALUE", text(&value))]))
            .collect(),
    );
    values[2] = shape(tree, &of);
    values[3] = Value::integer(i64::from(header.is_some()));
    Ok(Value::Null)
}
