//! The control table: named like the job, it lives as long as the job and holds what a restart needs.

use std::sync::Arc;
use std::time::Duration;

use super::job::{Job, Mode, Operation};
use crate::sandbox::oracle::catalogue::{Body, Catalogue, Column, Kind, StoredType, TableDefinition};
use crate::sandbox::oracle::database::{Database, Shared};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::session::Session;
use crate::sandbox::oracle::values::{Type, Value};

/// How the comment of a control table begins; operation and mode follow, each padded to 30.
const COMMENT: &str = "Data Pump Master Table ";
/// The module of workers; what they run is nobody's statement.
pub(crate) const WORKER: &str = "Data Pump Worker";

/// Whether a table is the control table of some job.
pub(super) fn is_control_table(table: &TableDefinition) -> bool {
    table.comment.as_deref().is_some_and(|comment| comment.starts_with(COMMENT))
}

/// Operation and mode of the job that a control table belongs to, padded as they are kept.
pub(super) fn of_comment(table: &TableDefinition) -> Option<(String, String)> {
    let rest = table.comment.as_deref()?.strip_prefix(COMMENT)?;
    Some((rest.get(..30)?.to_owned(), rest.get(30..60)?.to_owned()))
}

fn columns() -> Vec<Column> {
    let number = Type::NUMBER;
    let text = |length| Type::Varchar { length: Some(length), chars: false };
    let list = [
        ("PROCESS_ORDER", number.clone()),
        ("DUPLICATE", number.clone()),
        ("OBJECT_SCHEMA", text(128)),
        ("OBJECT_NAME", text(500)),
        ("OBJECT_TYPE", text(200)),
        ("COMPLETED_ROWS", number),
        ("PROCESSING_STATE", text(30)),
        ("XML_CLOB", Type::Clob),
    ];
    (0..)
        .zip(list)
        .map(|(storage, (name, of))| Column {
            name: name.to_owned(),
            of: StoredType::of(&of).expect("these are types of columns"),
            not_null: false,
            default: None,
            default_on_null: false,
            identity: None,
            computed: None,
            storage,
            hidden: false,
            comment: None,
        })
        .collect()
}

/// Makes a control table.
///
/// # Errors
/// ORA-00955 when the name is taken.
pub(super) fn create(
    machine: &mut Machine,
    owner: &str,
    name: &str,
    operation: Operation,
    mode: Mode,
) -> Outcome<i64> {
    machine.define(|machine, catalogue| {
        Machine::check_free(catalogue, owner, Kind::Table, name)?;
        let columns = columns();
        let table = TableDefinition {
            id: catalogue.new_id(),
            owner: owner.to_owned(),
            name: name.to_owned(),
            next_storage: u32::try_from(columns.len()).unwrap_or(8),
            columns,
            constraints: Vec::new(),
            temporary: None,
            read_only: false,
            comment: Some(format!("{COMMENT}{:<30}{:<30}", operation.word(), mode.word())),
            analyzed: None,
        };
        let now = machine.now();
        machine.store_new_table(catalogue, &table, now)?;
        Ok(table.id)
    })
}

/// The definition of a job's control table; none when somebody dropped it.
pub(super) fn find(catalogue: &Catalogue, job: &Job) -> Option<Arc<TableDefinition>> {
    catalogue.table(job.table).filter(|table| is_control_table(table)).cloned()
}

/// Takes a control table and the job's document away.
pub(super) fn drop_table(machine: &mut Machine, job: &Job) -> Outcome<()> {
    machine.define(|machine, catalogue| {
        if let Some(table) = find(catalogue, job) {
            machine.store.drop_table(&table)?;
            catalogue.remove(&machine.store, table.id)?;
        }
        machine.store.put_document(&job.document(), None)
    })
}

/// Keeps a text under a number, in the running transaction.
pub(super) fn keep(
    machine: &mut Machine,
    job: &Job,
    number: i64,
    about: (&str, &str, &str),
    rows: i64,
    text: &str,
) -> Outcome<()> {
    let table = find(&machine.catalogue, job).ok_or_else(|| lost(job))?;
    let values = [
        Value::integer(number),
        Value::integer(0),
        Value::text(about.0),
        Value::text(about.1),
        Value::text(about.2),
        Value::integer(rows),
        Value::text("W"),
        Value::text(text),
    ];
    for (old, _) in machine.store.scan(&table, &[(0, Value::integer(number))], None)? {
        machine.store.delete(&table, old)?;
    }
    machine.store.insert(&table, None, &values)?;
    Ok(())
}

/// What was kept under a number.
pub(super) fn kept(machine: &Machine, job: &Job, number: i64) -> Outcome<Option<String>> {
    let table = find(&machine.catalogue, job).ok_or_else(|| lost(job))?;
    let rows = machine.store.scan(&table, &[(0, Value::integer(number))], Some(1))?;
    Ok(rows.first().and_then(|(_, row)| row[7].as_str()).map(str::to_owned))
}

/// The error of a job whose control table is not there any more.
pub(super) fn lost(job: &Job) -> OracleError {
    let name = format!("{}.{}", job.owner, job.name);
    OracleError::new(31626, &[]).over(&OracleError::new(39086, &[&name]))
}

/// A session of a worker. It does not wait for others that change something: its steps are taken again at another look,
/// and whoever looks must not wait with it.
pub(super) fn worker(shared: &Arc<Shared>, user: &str) -> Outcome<Session> {
    let mut session = patient_worker(shared, user)?;
    session.machine().store.set_patience(Duration::from_millis(50))?;
    Ok(session)
}

/// The same for what a session asks for and waits for itself.
pub(super) fn patient_worker(shared: &Arc<Shared>, user: &str) -> Outcome<Session> {
    let mut session = Database { shared: shared.clone() }.session_as(user)?;
    session.machine().facts.module = Some(WORKER.to_owned());
    Ok(session)
}

/// Whether a control table is meant by a name.
pub(super) fn is_body(body: &Body) -> bool {
    matches!(body, Body::Table(table) if is_control_table(table))
}
