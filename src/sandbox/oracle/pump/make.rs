//! Objects made by an import, one by one: what is there already, what fails, what does not compile.

use std::sync::Arc;

use super::collect::{Act, Entry};
use super::job::Job;
use super::text::{Names, quote};
use super::{control, import, journal};
use crate::sandbox::oracle::catalogue::{Body, Kind, Object, TableDefinition, User};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::run::Machine;

/// Errors that say that an object is there already.
const EXISTS: [i32; 10] = [955, 957, 1408, 1920, 1921, 2011, 2260, 2261, 2264, 4081];
/// Between schema and name in notes: names may have dots.
const BETWEEN: char = '\u{1}';
/// The verifier of a user that came under another name: no password fits.
const UNUSABLE: &str = "-";

/// The name of the note on a table that was there, was made, or failed.
pub(super) fn table_note(schema: &str, table: &str) -> String {
    format!("table:{schema}{BETWEEN}{table}")
}

/// Makes one object.
pub(super) fn make(worker: &mut Machine, job: &mut Job, names: &Names, entry: &Entry) -> Outcome<()> {
    let schema = names.schema(&entry.schema);
    if let Some(base) =
        entry.base.as_ref().filter(|_| entry.path.starts_with("TABLE/") || entry.path.starts_with("VIEW/"))
    {
        match job.notes.get(&table_note(&entry.schema, base)).map(String::as_str) {
            Some("skip" | "rows") => return Ok(()),
            Some("failed") => {
                let full = format!("TABLE:\"{schema}\".\"{}\"", names.table(&entry.schema, base));
                job.fail(worker.now(), &OracleError::new(39112, &[&shown(entry, names), &full]));
                return Ok(());
            }
            _ => {}
        }
    }
    let result = match &entry.act {
        Act::User(user) => make_user(worker, job, user, &schema),
        Act::Quotas(user) => make_quotas(worker, job, user, &schema),
        Act::Link { user, host } => make_link(worker, &schema, &entry.name, user.as_deref(), host.as_deref()),
        Act::Statistics(rows, at) => set_statistics(worker, names, entry, (*rows, *at)),
        Act::Job(cells) => existing_schema(worker, &schema).and_then(|()| {
            if journal::make_scheduler_job(worker, &schema, cells)? {
                Ok(())
            } else {
                Err(OracleError::new(955, &[]))
            }
        }),
        Act::Rows { .. } => Ok(()),
        Act::Statements(_) if entry.path == "TABLE/TABLE" => return make_table(worker, job, names, entry),
        Act::Statements(list) => run_all(worker, job, names, entry, list),
    };
    match result {
        Ok(()) => Ok(()),
        Err(error) => failed(worker, job, names, entry, error),
    }
}

fn shown(entry: &Entry, names: &Names) -> String {
    let schema = names.schema(&entry.schema);
    match entry.path.as_str() {
        "TABLE/TABLE" => format!("TABLE:\"{schema}\".\"{}\"", names.table(&entry.schema, &entry.name)),
        _ => entry.shown(&schema),
    }
}

/// Says that an object could not be made. A busy database is nothing to say: the step is taken again.
fn failed(worker: &Machine, job: &mut Job, names: &Names, entry: &Entry, error: OracleError) -> Outcome<()> {
    if error.is_busy() {
        return Err(error);
    }
    let now = worker.now();
    let shown = shown(entry, names);
    if EXISTS.contains(&error.code) {
        if job.notes.get("again") == Some(&job.done.to_string()) {
            // The step was under way when the worker ended.
            return Ok(());
        }
        job.fail(now, &OracleError::new(31684, &[&shown]));
        return Ok(());
    }
    if error.code == 1031 && !job.privileged {
        job.fail(now, &OracleError::new(31685, &[&shown]).over(&error));
        return Ok(());
    }
    let mut whole = OracleError::new(39083, &[&shown]).over(&error);
    if let Act::Statements(list) = &entry.act
        && let Some(first) = list.first()
    {
        whole = whole.below("Failing sql is:").below(names.render(first).lines().next().unwrap_or_default());
    }
    job.fail(now, &whole);
    Ok(())
}

/// What an entry says in statements; users come without their passwords.
pub(super) fn statements(entry: &Entry, names: &Names) -> Vec<String> {
    match &entry.act {
        Act::Statements(list) => list.iter().map(|marked| names.render(marked)).collect(),
        Act::User(user) => {
            let name = quote(&names.schema(&entry.schema));
            vec![format!(
                "CREATE USER {name} NO AUTHENTICATION DEFAULT TABLESPACE {}",
                quote(&user.tablespace)
            )]
        }
        Act::Quotas(user) => {
            let name = quote(&names.schema(&entry.schema));
            let quota = |bytes: i64| if bytes < 0 { "UNLIMITED".to_owned() } else { bytes.to_string() };
            user.quotas
                .iter()
                .map(|(place, bytes)| {
                    format!("ALTER USER {name} QUOTA {} ON {}", quota(*bytes), quote(place))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn existing_schema(worker: &Machine, schema: &str) -> Outcome<()> {
    match worker.catalogue.schema(schema) {
        Some(_) => Ok(()),
        None => Err(OracleError::new(1918, &[schema])),
    }
}

/// Runs statements in the name of SYS, or of the job's owner who may do less.
fn run_all(
    worker: &mut Machine,
    job: &mut Job,
    names: &Names,
    entry: &Entry,
    list: &[String],
) -> Outcome<()> {
    let schema = names.schema(&entry.schema);
    let of_none = schema.is_empty();
    if !of_none {
        existing_schema(worker, &schema)?;
    }
    let user = if job.privileged { "SYS" } else { job.owner.as_str() };
    let mut session = control::worker(&worker.shared, user)?;
    if !of_none {
        session.set_current_schema(&schema)?;
    }
    for marked in list {
        session.execute(&names.render(marked), &mut [])?;
    }
    drop(session);
    worker.refresh_catalogue()?;
    if is_compiled(&entry.path) {
        job.notes.insert(format!("compile:{}:{schema}{BETWEEN}{}", entry.kind(), entry.name), String::new());
    }
    Ok(())
}

pub(super) fn is_compiled(path: &str) -> bool {
    ["PACKAGE_SPEC", "PACKAGE_BODY", "FUNCTION", "PROCEDURE", "VIEW", "TRIGGER", "TYPE_SPEC"]
        .contains(&path.rsplit('/').next().unwrap_or_default())
}

/// Compiles what was made and reports what stays invalid.
pub(super) fn compile(worker: &mut Machine, job: &mut Job) -> Outcome<()> {
    let now = worker.now();
    let list: Vec<(String, String, String)> = job
        .notes
        .keys()
        .filter_map(|key| key.strip_prefix("compile:"))
        .filter_map(|rest| rest.split_once(':'))
        .filter_map(|(kind, full)| {
            full.split_once(BETWEEN).map(|(owner, name)| (kind.to_owned(), owner.to_owned(), name.to_owned()))
        })
        .collect();
    let find = |worker: &Machine, (kind, owner, name): &(String, String, String)| {
        let kind = match kind.as_str() {
            "PACKAGE_SPEC" => Kind::Package,
            "PACKAGE_BODY" => Kind::PackageBody,
            "FUNCTION" => Kind::Function,
            "PROCEDURE" => Kind::Procedure,
            "VIEW" => Kind::View,
            "TRIGGER" => Kind::Trigger,
            _ => Kind::Type,
        };
        worker.catalogue.find_exactly(owner, kind, name).cloned()
    };
    for _ in 0..2 {
        for item in &list {
            if let Some(object) = find(worker, item)
                && !object.valid
            {
                match worker.compile_object(object.id) {
                    Err(error) if error.is_busy() => return Err(error),
                    // What the sandbox cannot compile stays invalid.
                    _ => {}
                }
            }
        }
    }
    for item in &list {
        if find(worker, item).is_some_and(|object| !object.valid) {
            let full = format!("{}:\"{}\".\"{}\"", item.0, item.1, item.2);
            job.fail(now, &OracleError::new(39082, &[&full]));
        }
    }
    Ok(())
}

fn make_user(worker: &mut Machine, job: &Job, user: &User, schema: &str) -> Outcome<()> {
    if !job.privileged {
        return Err(OracleError::new(1031, &[]));
    }
    let now = worker.now();
    worker.define(|machine, catalogue| {
        if catalogue.user(schema).is_some() {
            return Err(OracleError::new(1920, &[schema]));
        }
        let verifier = match &user.verifier {
            Some(_) if user.name != schema => Some(UNUSABLE.to_owned()),
            other => other.clone(),
        };
        let made = User {
            id: catalogue.new_id(),
            name: schema.to_owned(),
            tablespace: tablespace(job, &user.tablespace),
            verifier,
            exchange: user.exchange.clone().filter(|_| user.name == schema),
            created: now,
            quotas: std::collections::BTreeMap::new(),
            maintained: false,
            ..user.clone()
        };
        catalogue.put_user(&machine.store, made)
    })
}

/// What a tablespace becomes.
fn tablespace(job: &Job, name: &str) -> String {
    let remap = job.remaps.iter().find(|remap| remap.name == "REMAP_TABLESPACE" && remap.old == name);
    remap.map_or_else(|| name.to_owned(), |remap| remap.new.text())
}

fn make_quotas(worker: &mut Machine, job: &Job, user: &User, schema: &str) -> Outcome<()> {
    worker.define(|machine, catalogue| {
        let Some(found) = catalogue.schema(schema).cloned() else {
            return Err(OracleError::new(1918, &[schema]));
        };
        let mut quotas = found.quotas.clone();
        quotas.extend(user.quotas.iter().map(|(place, bytes)| (tablespace(job, place), *bytes)));
        catalogue.put_user(&machine.store, User { quotas, ..(*found).clone() })
    })
}

fn make_link(
    worker: &mut Machine,
    schema: &str,
    name: &str,
    user: Option<&str>,
    host: Option<&str>,
) -> Outcome<()> {
    existing_schema(worker, schema)?;
    let now = worker.now();
    worker.define(|machine, catalogue| {
        if catalogue.find(schema, Kind::DatabaseLink, name).is_some() {
            return Err(OracleError::new(2011, &[]));
        }
        let object = Object {
            id: catalogue.new_id(),
            owner: schema.to_owned(),
            name: name.to_owned(),
            kind: Kind::DatabaseLink,
            created: now,
            changed: now,
            valid: true,
            generated: false,
            body: Body::DatabaseLink { user: user.map(str::to_owned), host: host.map(str::to_owned) },
            depends: Vec::new(),
        };
        catalogue.put(&machine.store, object)
    })
}

fn set_statistics(worker: &mut Machine, names: &Names, entry: &Entry, figures: (i64, i64)) -> Outcome<()> {
    let Some(table) = import::target(worker, names, &entry.schema, &entry.name) else { return Ok(()) };
    worker.define(|machine, catalogue| {
        let Some(object) = catalogue.object(table.id).cloned() else { return Ok(()) };
        let body = Body::Table(Arc::new(TableDefinition { analyzed: Some(figures), ..(*table).clone() }));
        catalogue.put(&machine.store, Object { body, ..(*object).clone() })
    })
}

fn make_table(worker: &mut Machine, job: &mut Job, names: &Names, entry: &Entry) -> Outcome<()> {
    let (owner, name) = (names.schema(&entry.schema), names.table(&entry.schema, &entry.name));
    let note = table_note(&entry.schema, &entry.name);
    let full = format!("\"{owner}\".\"{name}\"");
    let replace = job.text("TABLE_EXISTS_ACTION") == Some("REPLACE");
    let again = job.notes.get("again") == Some(&job.done.to_string());
    if let Some(object) = worker.catalogue.find(&owner, Kind::Table, &name).cloned() {
        if again && object.created >= job.started.min(job.begun) {
            job.notes.insert(note, "made".to_owned());
            return Ok(());
        }
        match &object.body {
            Body::Table(table) if !replace => {
                meet(worker, job, &note, &full, table)?;
                return Ok(());
            }
            Body::Table(_) => {
                worker.define(|machine, catalogue| machine.drop_one(catalogue, &object, true))?;
            }
            _ => {
                job.fail(worker.now(), &OracleError::new(31684, &[&format!("TABLE:{full}")]));
                job.notes.insert(note, "skip".to_owned());
                return Ok(());
            }
        }
    }
    let Act::Statements(list) = &entry.act else { return Ok(()) };
    match run_all(worker, job, names, entry, list) {
        Ok(()) => {
            job.notes.insert(note, "made".to_owned());
        }
        Err(error) => {
            failed(worker, job, names, entry, error)?;
            job.notes.insert(note, "failed".to_owned());
        }
    }
    Ok(())
}

/// Decides what happens to a table that is there already; answers whether its rows are loaded.
pub(super) fn meet(
    worker: &mut Machine,
    job: &mut Job,
    note: &str,
    full: &str,
    table: &Arc<TableDefinition>,
) -> Outcome<bool> {
    let now = worker.now();
    let data_only = job.number("INCLUDE_METADATA") == Some(0);
    let default = if data_only { "APPEND" } else { "SKIP" };
    let action = job.text("TABLE_EXISTS_ACTION").unwrap_or(default).to_owned();
    let rows = match action.as_str() {
        "APPEND" => {
            job.say(now, OracleError::new(39152, &[full]).text);
            true
        }
        "TRUNCATE" => match empty(worker, table)? {
            Ok(()) => {
                job.say(now, OracleError::new(39153, &[full]).text);
                true
            }
            Err(error) => {
                job.fail(now, &OracleError::new(39120, &[full]).over(&error));
                false
            }
        },
        _ => {
            job.fail(now, &OracleError::new(39151, &[full]));
            false
        }
    };
    job.notes.insert(note.to_owned(), if rows { "rows" } else { "skip" }.to_owned());
    Ok(rows)
}

/// Truncates; ORA-02266 while enabled foreign keys of other tables point at the table, ORA-00054 while somebody holds rows
/// of it locked. A busy database is nothing to say: the step is taken again.
fn empty(worker: &mut Machine, table: &Arc<TableDefinition>) -> Outcome<Result<(), OracleError>> {
    let referenced =
        worker.catalogue.references_to(table.id).iter().any(|(child, foreign)| {
            child.id != table.id && child.constraint(foreign).is_some_and(|c| c.enabled)
        });
    if referenced {
        return Ok(Err(OracleError::new(2266, &[])));
    }
    if let Err(locked) = worker.require_unlocked(table) {
        return Ok(Err(locked));
    }
    worker.store.begin()?;
    worker.store.clear(table)?;
    worker.commit().map(Ok)
}
