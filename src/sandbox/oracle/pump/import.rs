//! Import: the dump set and its checks, objects made one by one, and what happens to tables that are there already.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::collect::{Act, Entry};
use super::dump::{self, Broken, Content, DumpSet, Header, PackedRows, TableRows};
use super::export::{TRANSPARENT, missing_tables, select, without_rows};
use super::files::{self, Place};
use super::job::{Job, MetadataFilter, Mode, Operation, Step};
use super::rules::{Refusal, refusal};
use super::text::Names;
use super::{api, filter, journal, load, make, paths, run};
use crate::sandbox::oracle::catalogue::{Body, Kind, TableDefinition};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::run::Machine;

/// Rows that one worker loads in a second.
const ROWS_A_SECOND: i64 = 14_000;
/// What one object takes, in microseconds.
const OBJECT: i64 = 6_000;

/// Checks a job and lays out what it will do.
pub(super) fn prepare(worker: &mut Machine, job: &mut Job) -> Outcome<Result<(), Refusal>> {
    if job.dump_files().next().is_none() {
        return Ok(Err(refusal(39004, 39053, &["DUMPFILE", job.operation.word()])));
    }
    if job.data_filters.iter().any(|rule| rule.name == "SUBQUERY") {
        return Err(OracleError::unsupported(
            "filter the rows of an import by a query; filter them in the export",
        ));
    }
    if job.operation == Operation::SqlFile && !job.files.iter().any(|file| file.kind == 4) {
        return Ok(Err(refusal(39002, 39054, &[])));
    }
    let set = match read_set(worker, job) {
        Ok(set) => set,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(path) = absent_path(job, &set) {
        return Ok(Err(refusal(39002, 39168, &[&path])));
    }
    if job.mode == Mode::Full && set.header.privileged && !job.privileged {
        return Ok(Err(refusal(31631, 39161, &[])));
    }
    let now = worker.now();
    job.lines.clear();
    job.errors = 0;
    job.notes.clear();
    job.say(now, format!("Master table {} successfully loaded/unloaded", job.quoted()));
    if set.header.salt.is_none() && job.text("ENCRYPTION_PASSWORD").is_some() {
        job.report(now, &OracleError::new(39175, &[]));
    }
    job.say(now, job.starting());
    let entries = wanted(worker, job, &set)?;
    if job.mode != Mode::Full && !job.privileged {
        let names = names(job);
        if entries.iter().any(|(_, entry)| names.schema(&entry.schema) != job.owner) {
            return Ok(Err(refusal(31631, 39109, &[])));
        }
    }
    if entries.is_empty() {
        job.fail(now, &OracleError::new(31655, &[]));
    }
    let mut steps = Vec::new();
    let mut rows: Vec<(usize, i64, i64)> = Vec::new();
    for (at, entry) in &entries {
        if let Act::Rows { rows: count, bytes, .. } = &entry.act {
            rows.push((*at, *count, *bytes));
            continue;
        }
        push_rows(&mut steps, &mut rows, paths::rank(&entry.path) > paths::rank("TABLE/TABLE_DATA"));
        steps.push((Step::Make(*at), OBJECT, 0));
    }
    push_rows(&mut steps, &mut rows, true);
    run::plan(job, steps);
    worker.shared.clone().pump.open(&worker.store)?.sets.insert(job.guid.clone(), Arc::new(set));
    Ok(Ok(()))
}

/// The rows come together, the largest table first.
fn push_rows(steps: &mut Vec<(Step, i64, i64)>, rows: &mut Vec<(usize, i64, i64)>, now: bool) {
    if now {
        rows.sort_by_key(|(.., bytes)| std::cmp::Reverse(*bytes));
        let cost = |count: i64| count * 1_000_000 / ROWS_A_SECOND + OBJECT;
        steps.extend(rows.drain(..).map(|(at, count, bytes)| (Step::Rows(at), cost(count), bytes)));
    }
}

/// What the names of the dump become.
pub(super) fn names(job: &Job) -> Names {
    let mut names = Names::default();
    for remap in &job.remaps {
        match remap.name.as_str() {
            "REMAP_SCHEMA" => names.schemas.insert(remap.old.clone(), remap.new.text()),
            "REMAP_TABLE" => names.tables.insert(remap.old.clone(), remap.new.text()),
            _ => None,
        };
    }
    names
}

fn bad_file(name: &str, inner: Vec<OracleError>) -> Refusal {
    let mut details = vec![OracleError::new(39000, &[])];
    if inner.is_empty() {
        details.push(OracleError::new(31619, &[name]));
    }
    details.extend(inner);
    Refusal { code: 39001, details }
}

fn read_files(worker: &mut Machine, job: &Job) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
    let now = worker.now();
    let mut found = Vec::new();
    for file in job.dump_files() {
        for number in 1.. {
            let Some(name) = files::expand(&file.name, number, now) else { break };
            let template = files::is_template(&file.name);
            if number > 1 && !template {
                break;
            }
            let place = Place { name: name.clone(), by: file.place.clone(), remote: file.kind == 5 };
            let bytes = files::as_owner(worker, &job.owner, |machine| {
                if number > 1 && !files::exists(machine, &place)? {
                    Ok(None)
                } else {
                    files::read(machine, &place).map(Some)
                }
            });
            match bytes {
                Ok(Some(bytes)) => found.push((name, bytes)),
                Ok(None) => break,
                Err(inner) => return Err(bad_file(&name, vec![OracleError::new(31640, &[&name]), inner])),
            }
        }
    }
    Ok(found)
}

/// Reads the whole dump set.
fn read_set(worker: &mut Machine, job: &Job) -> Result<DumpSet, Refusal> {
    let found = read_files(worker, job)?;
    let mut headers: Vec<Header> = Vec::new();
    for (name, bytes) in &found {
        headers.push(dump::read_header(bytes).ok_or_else(|| bad_file(name, Vec::new()))?);
    }
    let Some(first) = headers.first().cloned() else { return Err(refusal(39002, 39059, &[])) };
    let own = run::version_of(worker);
    if api::figures(&first.version) > api::figures(&own) {
        return Err(bad_file(&found[0].0, vec![OracleError::new(39142, &[&first.version, &found[0].0])]));
    }
    let zone = run::time_zone_of(&own);
    if first.time_zone > zone {
        return Err(refusal(39002, 39405, &[&first.time_zone.to_string(), &zone.to_string()]));
    }
    if let Some(at) = headers.iter().position(|header| header.guid != first.guid) {
        return Err(bad_file(&found[at].0, vec![OracleError::new(31619, &[&found[at].0])]));
    }
    let numbers: BTreeSet<usize> = headers.iter().map(|header| header.number).collect();
    if !headers.iter().any(|header| header.master) {
        let details = vec![OracleError::new(31694, &[&job.quoted()]), OracleError::new(39059, &[])];
        return Err(Refusal { code: 39002, details });
    }
    if numbers.len() != first.count {
        return Err(Refusal { code: 39002, details: vec![OracleError::new(39059, &[])] });
    }
    let password = match job.text("ENCRYPTION_PASSWORD") {
        Some(password) => Some(password),
        None if matches!(first.encryption_mode.as_deref(), Some("TRANSPARENT")) => Some(TRANSPARENT),
        None => None,
    };
    let mut content = Content::default();
    for (name, bytes) in &found {
        match dump::read(bytes, password) {
            Ok((_, part)) => {
                content.tables.extend(part.tables);
                content.entries.extend(part.entries);
            }
            Err(Broken::PasswordNeeded) => return Err(refusal(39002, 39174, &[])),
            Err(Broken::PasswordWrong) => return Err(refusal(39002, 39176, &[])),
            Err(Broken::NotADump) => return Err(bad_file(name, Vec::new())),
        }
    }
    Ok(DumpSet { header: first, content })
}

/// An object path that a filter names and of which the dump holds nothing.
fn absent_path(job: &Job, set: &DumpSet) -> Option<String> {
    let there = |path: &String| set.content.entries.iter().any(|entry| paths::covers(path, &entry.path));
    let of_paths = job.filters.iter().filter(|filter| filter.name.contains("_PATH_"));
    of_paths.flat_map(MetadataFilter::named).find(|path| !there(path))
}

/// The entries a job takes from its dump, with their places.
fn wanted(worker: &mut Machine, job: &mut Job, set: &DumpSet) -> Outcome<Vec<(usize, Entry)>> {
    let now = worker.now();
    let schemas: BTreeSet<String> = set.content.entries.iter().map(|entry| entry.schema.clone()).collect();
    let filters: Vec<MetadataFilter> =
        job.filters.iter().filter(|filter| filter.name.starts_with("SCHEMA_")).cloned().collect();
    let mut chosen = BTreeSet::new();
    for name in &schemas {
        let mut fits = filter::schema_wanted(worker, job, name)?;
        for filter in &filters {
            fits = fits && filter::passes(worker, filter, name)?;
        }
        if fits && (!filters.is_empty() || job.mode != Mode::Table || *name == job.owner) {
            chosen.insert(name.clone());
        }
    }
    for filter in &filters {
        for name in filter.named() {
            if !schemas.contains(&name) {
                job.fail(now, &OracleError::new(39165, &[&name]));
            }
        }
    }
    let mut entries = set.content.entries.clone();
    // Places are those of the dump; the entries carry them through the filters.
    for (at, entry) in entries.iter_mut().enumerate() {
        entry.place = at;
    }
    entries.retain(|entry| chosen.contains(&entry.schema) && paths::belongs(job.mode, &entry.path));
    let mut entries = select(worker, job, entries)?;
    missing_tables(worker, job, &entries);
    without_rows(job, &mut entries);
    if job.operation == Operation::SqlFile {
        entries.retain(|entry| !matches!(entry.act, Act::Rows { .. }));
    } else if job.number("INCLUDE_METADATA") == Some(0) {
        entries.retain(|entry| matches!(entry.act, Act::Rows { .. }));
    }
    Ok(entries.into_iter().map(|entry| (entry.place, entry)).collect())
}

fn set_of(worker: &mut Machine, job: &Job) -> Outcome<Arc<DumpSet>> {
    let shared = worker.shared.clone();
    let known = shared.pump.open(&worker.store)?.sets.get(&job.guid).cloned();
    if let Some(set) = known {
        return Ok(set);
    }
    // The process was another when the job began.
    let set = read_set(worker, job).map_err(|refusal| {
        let top = OracleError::new(refusal.code, &[]);
        refusal.details.iter().fold(top, OracleError::over)
    })?;
    let set = Arc::new(set);
    shared.pump.open(&worker.store)?.sets.insert(job.guid.clone(), Arc::clone(&set));
    Ok(set)
}

/// Takes a step.
pub(super) fn step(worker: &mut Machine, job: &mut Job, step: &Step) -> Outcome<()> {
    let set = set_of(worker, job)?;
    let (Step::Make(at) | Step::Rows(at)) = step else { return Ok(()) };
    let Some(entry) = set.content.entries.get(*at) else { return Ok(()) };
    let names = names(job);
    let now = worker.now();
    let path = paths::whole(set.header.mode, &entry.path);
    if job.notes.get("path") != Some(&path) {
        job.say(now, format!("Processing object type {path}"));
        job.notes.insert("path".to_owned(), path);
    }
    job.current = Some((names.schema(&entry.schema), entry.name.clone(), entry.kind().to_owned()));
    match step {
        _ if job.operation == Operation::SqlFile => Ok(()),
        Step::Rows(_) => {
            let rows =
                set.content.tables.iter().find(|rows| rows.schema == entry.schema && rows.name == entry.name);
            let rows = rows.map(PackedRows::unpack).transpose()?;
            load_rows(worker, job, &names, entry, rows.as_ref())
        }
        _ => make::make(worker, job, &names, entry),
    }
}

/// The table that an entry's rows go to.
pub(super) fn target(
    worker: &Machine,
    names: &Names,
    schema: &str,
    table: &str,
) -> Option<Arc<TableDefinition>> {
    let (owner, name) = (names.schema(schema), names.table(schema, table));
    match &worker.catalogue.find_exactly(&owner, Kind::Table, &name)?.body {
        Body::Table(table) => Some(table.clone()),
        _ => None,
    }
}

fn load_rows(
    worker: &mut Machine,
    job: &mut Job,
    names: &Names,
    entry: &Entry,
    rows: Option<&TableRows>,
) -> Outcome<()> {
    let now = worker.now();
    let full = format!("\"{}\".\"{}\"", names.schema(&entry.schema), names.table(&entry.schema, &entry.name));
    let note = make::table_note(&entry.schema, &entry.name);
    let met = job.notes.get(&note).cloned();
    if matches!(met.as_deref(), Some("skip" | "failed")) {
        return Ok(());
    }
    let Some(table) = target(worker, names, &entry.schema, &entry.name) else {
        job.fail(now, &OracleError::new(39034, &[&format!("TABLE_DATA:{full}")]));
        return Ok(());
    };
    if met.is_none() && !make::meet(worker, job, &note, &full, &table)? {
        return Ok(());
    }
    let Some(rows) = rows else { return Ok(()) };
    worker.refresh_catalogue()?;
    let Some(table) = target(worker, names, &entry.schema, &entry.name) else { return Ok(()) };
    load::check_room(worker, &table, rows)?;
    let loaded = match load::no_room(worker, &table, rows).or_else(|| run::bad_rows(job)) {
        Some(error) => Err(error),
        None => load::load(worker, job, &table, rows),
    };
    match loaded {
        Ok(loaded) => {
            let bytes =
                i64::try_from(serde_json::to_string(&rows.rows).map_or(0, |text| text.len())).unwrap_or(0);
            let size = if rows.rows.is_empty() { "0 KB".to_owned() } else { journal::size(bytes) };
            let count = match loaded.rejected {
                Some(_) => format!("{} out of {}", loaded.rows, rows.rows.len()),
                None => loaded.rows.to_string(),
            };
            job.say(now, format!(". . imported {full:<50} {size:>10} {count:>7} rows"));
            if let Some((count, error)) = loaded.rejected {
                job.say(now, format!("{count} row(s) were rejected with the following error: "));
                job.fail(now, &error);
            }
        }
        Err(error) if error.is_busy() => return Err(error),
        Err(error) => {
            let top = OracleError::new(31693, &[&full]);
            job.fail(now, &top.over(&error));
        }
    }
    Ok(())
}

/// Writes the statements that an import would run.
fn write_statements(worker: &mut Machine, job: &Job) -> Outcome<()> {
    let set = set_of(worker, job)?;
    let names = names(job);
    let mut text = String::new();
    let mut path = "";
    for item in &job.items {
        let (Step::Make(at) | Step::Rows(at)) = &item.step else { continue };
        let Some(entry) = set.content.entries.get(*at) else { continue };
        if path != entry.path {
            path = &entry.path;
            text.push_str(&format!("-- new object type path: {}\n", paths::whole(set.header.mode, path)));
        }
        for statement in make::statements(entry, &names) {
            text.push_str(&statement);
            text.push_str(if super::make::is_compiled(path) { "\n/\n" } else { ";\n" });
        }
    }
    let Some(file) = job.files.iter().find(|file| file.kind == 4).cloned() else { return Ok(()) };
    let directory = file.place.unwrap_or_else(|| "DATA_PUMP_DIR".to_owned());
    files::as_owner(worker, &job.owner, |machine| files::write_text(machine, &directory, &file.name, &text))
}

/// Compiles what was made before what it needs.
pub(super) fn finish(worker: &mut Machine, job: &mut Job) -> Outcome<()> {
    if job.operation == Operation::SqlFile {
        return write_statements(worker, job);
    }
    make::compile(worker, job)
}
