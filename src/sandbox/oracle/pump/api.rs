//! The calls of `DBMS_DATAPUMP`: handles, states, refusals.

use std::time::Duration;

use super::job::{Given, Job, Line, Mode, Operation, State, code_of};
use super::registry::{Handle, JobKey, save};
use super::rules::{Refusal, refusal};
use super::{control, export, files, import, journal, run};
use crate::sandbox::oracle::catalogue::Kind;
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

pub(crate) use super::define::{
    add_file, data_filter, data_remap, metadata_filter, metadata_remap, metadata_transform, set_parameter,
};
pub(crate) use super::status::{get_dumpfile_info, get_status};

/// How long a waiting session sleeps between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Commits what the session has changed, as calls do that concern a job at work.
///
/// # Errors
/// ORA-04092 in a trigger.
pub(super) fn commit(machine: &mut Machine) -> Outcome<()> {
    if machine.in_trigger > 0 {
        return fail(4092, &["COMMIT"]);
    }
    machine.commit()
}

/// The arguments of a call; the first is the handle.
pub(super) struct Call {
    values: Vec<Value>,
}

/// Keeps what `GET_STATUS` is to tell and answers the error to raise.
pub(super) fn refuse(machine: &mut Machine, refusal: &Refusal) -> OracleError {
    let top = OracleError::new(refusal.code, &[]);
    let at = machine.now();
    let mut lines = Vec::new();
    for error in std::iter::once(&top).chain(&refusal.details) {
        for text in error.text.split('\u{1}').next().unwrap_or_default().lines() {
            let code = code_of(text).or(Some(i64::from(error.code)));
            lines.push(Line { text: text.to_owned(), code, file_only: false, at });
        }
    }
    machine.pump.details = lines;
    top
}

/// The result, its refusal raised.
pub(super) fn checked<T>(machine: &mut Machine, result: Result<T, Refusal>) -> Outcome<T> {
    result.map_err(|refusal| refuse(machine, &refusal))
}

/// Refuses a call.
pub(super) fn refused<T>(machine: &mut Machine, refusal: &Refusal) -> Outcome<T> {
    Err(refuse(machine, refusal))
}

impl Call {
    pub(super) fn new(values: &[Value]) -> Self {
        Self { values: values.to_vec() }
    }

    pub(super) fn text(&self, at: usize) -> Option<String> {
        self.values.get(at).and_then(Value::as_str).map(str::to_owned)
    }

    pub(super) fn number(&self, at: usize) -> Option<i64> {
        self.values.get(at).and_then(Value::as_number).and_then(|number| number.truncate(0).to_i64())
    }

    /// The session's hold on the job.
    pub(super) fn handle(&self, machine: &mut Machine) -> Outcome<(i64, Handle)> {
        let number = self.number(0);
        let found = number
            .and_then(|number| machine.pump.handles.get(&number).map(|handle| (number, handle.clone())));
        found.ok_or_else(|| refuse(machine, &Refusal { code: 31623, details: Vec::new() }))
    }

    /// The job as it is, or as it ended.
    pub(super) fn job(&self, machine: &mut Machine) -> Outcome<Job> {
        let (_, handle) = self.handle(machine)?;
        job_of(machine, &handle)?
            .ok_or_else(|| refuse(machine, &Refusal { code: 31626, details: Vec::new() }))
    }

    /// The job while it is being defined.
    pub(super) fn defining(&self, machine: &mut Machine) -> Outcome<Job> {
        machine.pump.details.clear();
        let job = self.job(machine)?;
        if job.state.is_over() {
            return Err(refuse(machine, &Refusal { code: 31623, details: Vec::new() }));
        }
        if job.state != State::Defining {
            return Err(refuse(machine, &refusal(39004, 39016, &[job.state.word()])));
        }
        Ok(job)
    }

    /// Changes the job.
    pub(super) fn change(&self, machine: &mut Machine, act: impl FnOnce(&mut Job)) -> Outcome<Value> {
        let (_, handle) = self.handle(machine)?;
        let shared = machine.shared.clone();
        let mut inner = shared.pump.open(&machine.store)?;
        if let Some(job) = inner.jobs.get_mut(&handle.key).filter(|job| job.guid == handle.guid) {
            act(job);
        }
        Ok(Value::Null)
    }
}

/// The job behind a handle.
pub(super) fn job_of(machine: &Machine, handle: &Handle) -> Outcome<Option<Job>> {
    let inner = machine.shared.pump.open(&machine.store)?;
    let session = machine.facts.session_id;
    let live = inner.attached.iter().any(|(key, sid)| *key == handle.key && *sid == session);
    let job = inner.job(&handle.key).filter(|job| live && job.guid == handle.guid);
    Ok(job.or_else(|| inner.ended.get(&handle.guid).cloned()))
}

fn hold(machine: &mut Machine, key: JobKey, guid: String, told: usize) -> Outcome<Value> {
    let session = machine.facts.session_id;
    {
        let mut inner = machine.shared.pump.open(&machine.store)?;
        inner.attached.push((key.clone(), session));
        inner.hold(&guid);
    }
    machine.pump.next += 1;
    let number = machine.pump.next;
    machine.pump.handles.insert(number, Handle { key, guid, told });
    Ok(Value::integer(number))
}

fn has_role(machine: &Machine, role: &str) -> bool {
    // Roles do not count in code that runs with its definer's rights.
    machine.authority.user == "SYS" || machine.catalogue.grantees_of(&machine.authority).contains(role)
}

fn digits() -> String {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has random numbers");
    crate::sandbox::oracle::values::value::hexadecimal(&bytes)
}

/// The figures of a version such as `12.2`; none when it is no version.
pub(super) fn figures(version: &str) -> Option<Vec<u64>> {
    version.trim().split('.').map(|part| part.parse().ok()).collect()
}

fn check_open(machine: &Machine, call: &Call) -> Result<(Operation, Mode, String), Refusal> {
    let word = |at| call.text(at).map(|text: String| text.trim().to_uppercase()).unwrap_or_default();
    let operation = match word(0).as_str() {
        "EXPORT" => Operation::Export,
        "IMPORT" => Operation::Import,
        "SQL_FILE" => Operation::SqlFile,
        other => return Err(refusal(39001, 39019, &[other])),
    };
    let mode = match word(1).as_str() {
        "FULL" => Mode::Full,
        "SCHEMA" => Mode::Schema,
        "TABLE" => Mode::Table,
        other => return Err(refusal(39001, 39020, &[other])),
    };
    let own = run::version_of(machine);
    let version = match word(4).as_str() {
        "" | "COMPATIBLE" | "LATEST" => own,
        other => match figures(other) {
            Some(figure)
                if figure.first().is_some_and(|major| *major >= 9)
                    && figure <= figures(&own).unwrap_or_default() =>
            {
                other.to_owned()
            }
            _ => return Err(refusal(39001, 39023, &[other])),
        },
    };
    if operation == Operation::Import && version != run::version_of(machine) {
        return Err(refusal(39005, 39050, &["VERSION", "IMPORT"]));
    }
    Ok((operation, mode, version))
}

/// OPEN: operation, mode, link, name, version, compression.
pub(crate) fn open(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.pump.details.clear();
    commit(machine)?;
    let call = Call::new(values);
    let upper = call.text(1).map(|mode| mode.trim().to_uppercase());
    if matches!(upper.as_deref(), Some("TABLESPACE" | "TRANSPORTABLE")) {
        return Err(OracleError::unsupported("move tablespaces with Data Pump"));
    }
    let result = check_open(machine, &call);
    let (operation, mode, version) = checked(machine, result)?;
    if call.text(2).is_some() {
        return Err(OracleError::unsupported("run Data Pump over a database link"));
    }
    if !matches!(call.number(5), None | Some(1 | 2)) {
        return refused(machine, &refusal(39001, 39096, &["COMPRESSION", "OPEN"]));
    }
    let role = if operation == Operation::Export {
        "DATAPUMP_EXP_FULL_DATABASE"
    } else {
        "DATAPUMP_IMP_FULL_DATABASE"
    };
    let privileged = has_role(machine, role);
    if mode == Mode::Full && operation == Operation::Export && !privileged {
        return refused(machine, &refusal(31631, 39161, &[]));
    }
    let owner = machine.authority.user.clone();
    let name = job_name(machine, &call, operation, mode, &owner)?;
    check_room(machine, &owner, &name)?;
    let table = control::create(machine, &owner, &name, operation, mode)?;
    let mut job = Job {
        owner: owner.clone(),
        name: name.clone(),
        operation,
        mode,
        state: State::Defining,
        guid: digits(),
        version,
        degree: 1,
        files: Vec::new(),
        filters: Vec::new(),
        remaps: Vec::new(),
        transforms: Vec::new(),
        data_filters: Vec::new(),
        data_remaps: Vec::new(),
        parameters: std::collections::BTreeMap::new(),
        privileged,
        table,
        started: 0,
        begun: 0,
        length: 0,
        head_start: 0,
        items: Vec::new(),
        done: 0,
        bytes_done: 0,
        bytes_total: 0,
        errors: 0,
        restarts: 0,
        lines: Vec::new(),
        term_reason: None,
        written: Vec::new(),
        current: None,
        fault: None,
        notes: std::collections::BTreeMap::new(),
    };
    if call.number(5) == Some(1) && operation == Operation::Export {
        job.parameters.insert("COMPRESSION".to_owned(), Given::Text("NONE".to_owned()));
    }
    let key = (owner, name);
    let guid = job.guid.clone();
    machine.shared.pump.open(&machine.store)?.jobs.insert(key.clone(), job);
    hold(machine, key, guid, 0)
}

fn job_name(
    machine: &mut Machine,
    call: &Call,
    operation: Operation,
    mode: Mode,
    owner: &str,
) -> Outcome<String> {
    let taken = |machine: &Machine, name: &str| machine.catalogue.find(owner, Kind::Table, name).cloned();
    if let Some(name) = call.text(3) {
        let name: String = name.chars().take(128).collect();
        return match taken(machine, &name) {
            None => Ok(name),
            Some(object) if control::is_body(&object.body) => {
                refused(machine, &Refusal { code: 31634, details: Vec::new() })
            }
            Some(_) => {
                let full = format!("{owner}.{name}");
                let details = vec![OracleError::new(31633, &[&full]), OracleError::new(955, &[])];
                refused(machine, &Refusal { code: 31634, details })
            }
        };
    }
    for number in 1..100 {
        let name = format!("SYS_{}_{}_{number:02}", operation.word(), mode.word());
        if taken(machine, &name).is_none() {
            return Ok(name);
        }
    }
    refused(machine, &refusal(31634, 31664, &[]))
}

/// The control table is an ordinary table: it needs the privilege and room.
fn check_room(machine: &mut Machine, owner: &str, name: &str) -> Outcome<()> {
    let who = machine.authority.clone();
    let inner = if machine.catalogue.has_system(&who, "CREATE TABLE") {
        machine
            .catalogue
            .schema(owner)
            .filter(|user| !user.quotas.contains_key(&user.tablespace))
            .filter(|_| !machine.catalogue.has_system(&who, "UNLIMITED TABLESPACE"))
            .map(|user| OracleError::new(1950, &[&user.tablespace]))
    } else {
        Some(OracleError::new(1031, &[]))
    };
    match inner {
        None => Ok(()),
        Some(inner) => {
            let full = format!("{owner}.{name}");
            let details = vec![OracleError::new(31633, &[&full]), inner];
            Err(refuse(machine, &Refusal { code: 31626, details }))
        }
    }
}

/// ATTACH: name, owner.
pub(crate) fn attach(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.pump.details.clear();
    commit(machine)?;
    run::advance_from(machine)?;
    let call = Call::new(values);
    let user = machine.authority.user.clone();
    let owner = call.text(1).unwrap_or_else(|| user.clone());
    let privileged =
        has_role(machine, "DATAPUMP_EXP_FULL_DATABASE") || has_role(machine, "DATAPUMP_IMP_FULL_DATABASE");
    if owner != user && !privileged {
        return refused(machine, &refusal(31631, 1031, &[]));
    }
    let session = machine.facts.session_id;
    let shared = machine.shared.clone();
    let catalogue = machine.catalogue.clone();
    let mut inner = shared.pump.open(&machine.store)?;
    let wanted: Vec<JobKey> = inner
        .jobs
        .values()
        .filter(|job| job.owner == owner && control::find(&catalogue, job).is_some())
        .filter(|job| call.text(0).is_none_or(|name| name == job.name))
        .map(|job| (job.owner.clone(), job.name.clone()))
        .collect();
    let [key] = wanted.as_slice() else {
        drop(inner);
        let name = call.text(0).unwrap_or_default();
        let full = format!("{owner}.{name}");
        let details = vec![
            OracleError::new(31638, &[&name, &owner]),
            OracleError::new(31632, &[&full]),
            OracleError::new(942, &[]),
        ];
        return refused(machine, &Refusal { code: 31626, details });
    };
    if inner.attached.iter().any(|(other, sid)| other == key && *sid == session) {
        drop(inner);
        return refused(machine, &refusal(39001, 31638, &[&key.1, &owner]));
    }
    let Some(job) = inner.jobs.get_mut(key) else { return fail(31626, &[]) };
    if job.state == State::NotRunning {
        job.state = State::Idling;
    }
    let (guid, told) = (job.guid.clone(), job.lines.len());
    let key = key.clone();
    drop(inner);
    hold(machine, key, guid, told)
}

/// Lets a session's handle go; a job that nobody defines any more vanishes, an idle one stops.
fn let_go(machine: &mut Machine, number: i64) -> Outcome<()> {
    let Some(handle) = machine.pump.handles.remove(&number) else { return Ok(()) };
    let shared = machine.shared.clone();
    let mut inner = shared.pump.open(&machine.store)?;
    inner.leave(&handle.key, machine.facts.session_id);
    inner.release(&handle.guid);
    if inner.count_attached(&handle.key) > 0 {
        return Ok(());
    }
    let Some(job) = inner.jobs.get_mut(&handle.key).filter(|job| job.guid == handle.guid) else {
        return Ok(());
    };
    match job.state {
        State::Defining => {
            let job = job.clone();
            inner.jobs.remove(&handle.key);
            drop(inner);
            control::drop_table(machine, &job)
        }
        State::Idling => {
            job.state = State::NotRunning;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// DETACH: handle.
pub(crate) fn detach(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.pump.details.clear();
    let (number, _) = Call::new(values).handle(machine)?;
    let_go(machine, number)?;
    Ok(Value::Null)
}

/// What a session leaves behind when it ends.
pub(crate) fn session_ended(machine: &mut Machine) -> Outcome<()> {
    let numbers: Vec<i64> = machine.pump.handles.keys().copied().collect();
    numbers.into_iter().try_for_each(|number| let_go(machine, number))
}

/// `LOG_ENTRY`: handle, message, for the file only.
pub(crate) fn log_entry(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.pump.details.clear();
    let call = Call::new(values);
    let job = call.job(machine)?;
    if job.state.is_over() {
        return refused(machine, &Refusal { code: 31623, details: Vec::new() });
    }
    let Some(message) = call.text(1) else {
        return refused(machine, &refusal(39001, 39053, &["MESSAGE", "LOG_ENTRY"]));
    };
    let (at, file_only) = (machine.now(), call.number(2).is_some_and(|number| number != 0));
    call.change(machine, |job| {
        job.lines.push(Line { text: format!(";;; {message}"), code: None, file_only, at });
    })
}

/// `SET_PARALLEL`: handle, degree.
pub(crate) fn set_parallel(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.pump.details.clear();
    let call = Call::new(values);
    let job = call.job(machine)?;
    if job.state.is_over() {
        return refused(machine, &Refusal { code: 31623, details: Vec::new() });
    }
    match call.number(1) {
        Some(degree) if degree >= 1 => call.change(machine, |job| job.degree = degree),
        other => {
            let shown = other.map(|degree| degree.to_string()).unwrap_or_default();
            refused(machine, &refusal(39001, 39096, &[&shown, "PARALLEL"]))
        }
    }
}

/// `START_JOB`: handle, skip the current object, abort step, cluster, service.
pub(crate) fn start_job(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.pump.details.clear();
    commit(machine)?;
    let call = Call::new(values);
    let shared = machine.shared.clone();
    // Another session may be about to start it.
    let _turn = shared.pump.wait_turn();
    let mut job = call.job(machine)?;
    if job.state.is_over() {
        return refused(machine, &Refusal { code: 31623, details: Vec::new() });
    }
    if !matches!(job.state, State::Defining | State::Idling) {
        return refused(machine, &refusal(39004, 39016, &[job.state.word()]));
    }
    if call.number(2).is_some_and(|step| step != 0) {
        return Err(OracleError::unsupported("stop a job of Data Pump after a step"));
    }
    let known = job.lines.len();
    // Before the job is prepared: an export of one moment reads its rows there. It stays armed until a job starts.
    let armed = shared.pump.open(&machine.store)?.armed.first().cloned().filter(|_| job.fault.is_none());
    job.fault = job.fault.or_else(|| armed.clone());
    let mut worker = control::patient_worker(&machine.shared, "SYS")?;
    let worker = worker.machine();
    let restart = job.state == State::Idling;
    let prepared = if restart && !job.items.is_empty() {
        if call.number(1).is_some_and(|skip| skip != 0) {
            job.done = (job.done + 1).min(job.items.len());
        }
        Ok(())
    } else {
        // What the definition says in expressions is evaluated with the rights and in the schema of whose job it is.
        let owner = job.owner.clone();
        files::as_owner(worker, &owner, |worker| match job.operation {
            Operation::Export => export::prepare(worker, &mut job),
            _ => import::prepare(worker, &mut job),
        })?
    };
    checked(machine, prepared)?;
    run::begin(worker, &mut job, restart);
    if let Err(inner) = journal::flush(worker, &job) {
        let details = vec![OracleError::new(39070, &[]), inner];
        return refused(machine, &Refusal { code: 39002, details });
    }
    worker.store.begin()?;
    save(&worker.store, &job)?;
    worker.commit()?;
    let mut inner = shared.pump.open(&machine.store)?;
    inner.armed.retain(|fault| Some(fault) != armed.as_ref());
    inner.merge(job, known);
    Ok(Value::Null)
}

/// `STOP_JOB`: handle, immediate, keep the control table, delay.
pub(crate) fn stop_job(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.pump.details.clear();
    commit(machine)?;
    let call = Call::new(values);
    let (number, handle) = call.handle(machine)?;
    let job = call.job(machine)?;
    if job.state.is_over() {
        return refused(machine, &Refusal { code: 31623, details: Vec::new() });
    }
    let keep = call.number(2) != Some(0) && job.state != State::Defining;
    let shared = machine.shared.clone();
    let _turn = shared.pump.wait_turn();
    let mut worker = control::patient_worker(&machine.shared, "SYS")?;
    // A worker may have brought it further meanwhile, or to its end, and another may have its name.
    let latest = shared.pump.open(&machine.store)?.job(&handle.key);
    match latest.filter(|job| job.guid == handle.guid) {
        Some(job) if job.state.is_running() && call.number(1) != Some(1) => {
            run::stop_soon(worker.machine(), job, keep)?;
        }
        Some(job) => run::stop(worker.machine(), job, keep)?,
        None => {}
    }
    let_go(machine, number)?;
    Ok(Value::Null)
}

/// `STOP_WORKER`: handle, worker, skip.
pub(crate) fn stop_worker(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let call = Call::new(values);
    call.job(machine)?;
    Err(OracleError::unsupported("stop a single worker of Data Pump"))
}

/// `WAIT_FOR_JOB`: handle, state out.
pub(crate) fn wait_for_job(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    machine.pump.details.clear();
    commit(machine)?;
    let call = Call::new(values);
    let (number, _) = call.handle(machine)?;
    let mut job = call.job(machine)?;
    // Nothing will happen to it that could be waited for.
    if matches!(job.state, State::Defining | State::Idling) {
        return refused(machine, &refusal(39004, 39016, &[job.state.word()]));
    }
    while job.state.is_running() {
        run::advance_from(machine)?;
        job = call.job(machine)?;
        if job.state.is_running() {
            pause(machine)?;
        }
    }
    let_go(machine, number)?;
    values[1] = Value::text(job.state.word());
    Ok(Value::Null)
}

/// Waits a moment, unless the session is to end.
pub(super) fn pause(machine: &mut Machine) -> Outcome<()> {
    machine.check_cancelled()?;
    let session = machine.facts.session_id;
    if machine.shared.live().iter().any(|live| live.sid == session && live.killed) {
        return fail(28, &["your session has been killed"]);
    }
    std::thread::sleep(LOOK);
    machine.refresh_catalogue()
}
