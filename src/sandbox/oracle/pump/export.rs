//! Export: what is taken, how rows are read, and the dump files at the end.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::collect::{Act, Entry, collect};
use super::dump::{self, Content, Header, PackedRows, TableRows};
use super::files::{self, Place};
use super::job::{Job, MetadataFilter, Mode, Step};
use super::rules::{Refusal, refusal};
use super::{control, filter, journal, load, paths, run};
use crate::sandbox::oracle::catalogue::{Body, Kind, TableDefinition};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

/// Rows that one worker takes in a second.
const ROWS_A_SECOND: i64 = 16_000;
/// What one object takes, in microseconds.
const OBJECT: i64 = 4_000;
/// The number under which the control table keeps the entries.
const ENTRIES: i64 = 0;

/// Checks a job and lays out what it will do.
pub(super) fn prepare(worker: &mut Machine, job: &mut Job) -> Outcome<Result<(), Refusal>> {
    let estimate = job.number("ESTIMATE_ONLY") == Some(1);
    if job.dump_files().next().is_none() && !estimate {
        return Ok(Err(refusal(39004, 39053, &["DUMPFILE", "EXPORT"])));
    }
    if let Err(refusal) = check_encryption(job) {
        return Ok(Err(refusal));
    }
    let now = worker.now();
    if let Some(text) = job.text("FLASHBACK_TIME").map(str::to_owned)
        && let Err(inner) = load::moment_of(worker, &text, now)
    {
        return Ok(Err(Refusal { code: 39001, details: vec![OracleError::new(39150, &[]), inner] }));
    }
    job.lines.clear();
    job.errors = 0;
    job.say(now, job.starting());
    let schemas = match schemas(worker, job)? {
        Ok(schemas) => schemas,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let users = job.number("USER_METADATA").map_or(job.privileged, |number| number == 1);
    let all = collect(worker, job.mode, &schemas, users)?;
    let mut entries = select(worker, job, all)?;
    missing_tables(worker, job, &entries);
    without_rows(job, &mut entries);
    if job.number("INCLUDE_METADATA") == Some(0) {
        entries.retain(|entry| matches!(entry.act, Act::Rows { .. }));
    }
    if entries.is_empty() {
        job.fail(now, &OracleError::new(31655, &[]));
    }
    announce(job, &entries, now);
    keep_entries(worker, job, &entries)?;
    if estimate {
        estimates(job, &entries, now);
    }
    let mut steps = vec![(Step::Definitions, OBJECT * i64::try_from(entries.len()).unwrap_or(1), 0)];
    if !estimate {
        let mut tables: Vec<(usize, i64, i64)> = entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| match &entry.act {
                Act::Rows { rows, bytes, .. } => Some((at, *rows, *bytes)),
                _ => None,
            })
            .collect();
        // The largest first, as the workers take them.
        tables.sort_by_key(|(.., bytes)| std::cmp::Reverse(*bytes));
        steps.extend(
            tables.iter().map(|(at, rows, bytes)| {
                (Step::Rows(*at), rows * 1_000_000 / ROWS_A_SECOND + OBJECT, *bytes)
            }),
        );
    }
    run::plan(job, steps);
    if job.parameters.contains_key("FLASHBACK_TIME") {
        take_all(worker, job, &entries)?;
    }
    Ok(Ok(()))
}

/// The lines of `ESTIMATE_ONLY`.
fn estimates(job: &mut Job, entries: &[Entry], now: i64) {
    let method = job.text("ESTIMATE").unwrap_or("BLOCKS").to_owned();
    let mut total = 0;
    job.say(now, format!("Estimate in progress using {method} method..."));
    for entry in entries {
        if let Act::Rows { bytes, .. } = &entry.act {
            // Rows take whole extents of 64 KB.
            let room = if *bytes == 0 { 0 } else { (bytes / 65_536 + 1) * 65_536 };
            total += room;
            let full = format!("\"{}\".\"{}\"", entry.schema, entry.name);
            job.say(now, format!(".  estimated {full:<50} {:>10}", journal::size(room)));
        }
    }
    job.say(now, format!("Total estimation using {method} method: {}", journal::size(total)));
}

fn check_encryption(job: &Job) -> Result<(), Refusal> {
    let password = job.text("ENCRYPTION_PASSWORD").is_some();
    let wanted = job.text("ENCRYPTION").is_some_and(|what| what != "NONE");
    match job.text("ENCRYPTION_MODE") {
        Some("PASSWORD" | "DUAL") if !password => Err(refusal(39002, 39174, &[])),
        Some("TRANSPARENT") if password => {
            Err(refusal(39002, 39050, &["ENCRYPTION_PASSWORD", "ENCRYPTION_MODE"]))
        }
        Some(_) if !password && !wanted => Err(refusal(39002, 39050, &["ENCRYPTION_MODE", "ENCRYPTION"])),
        _ if password && job.text("ENCRYPTION") == Some("NONE") => {
            Err(refusal(39002, 39050, &["ENCRYPTION_PASSWORD", "ENCRYPTION"]))
        }
        _ => Ok(()),
    }
}

fn keep_entries(worker: &mut Machine, job: &Job, entries: &[Entry]) -> Outcome<()> {
    let text = serde_json::to_string(entries).expect("entries have text keys only");
    worker.store.begin()?;
    control::keep(worker, job, ENTRIES, (&job.owner, &job.name, "ENTRIES"), 0, &text)?;
    worker.commit()
}

fn kept_entries(worker: &Machine, job: &Job) -> Outcome<Arc<Vec<Entry>>> {
    let jobs = worker.shared.clone();
    let known = jobs.pump.open(&worker.store)?.entries.get(&job.guid).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let text = control::kept(worker, job, ENTRIES)?.ok_or_else(|| control::lost(job))?;
    let read: Vec<Entry> = serde_json::from_str(&text).map_err(|error| {
        OracleError::new(39006, &[]).below(&format!("the control table is damaged: {error}"))
    })?;
    let entries = Arc::new(read);
    jobs.pump.open(&worker.store)?.entries.insert(job.guid.clone(), entries.clone());
    Ok(entries)
}

/// The schemas a job concerns; errors about those that are not there go to the log.
fn schemas(worker: &mut Machine, job: &mut Job) -> Outcome<Result<BTreeSet<String>, Refusal>> {
    let now = worker.now();
    let everybody: Vec<String> = worker
        .catalogue
        .users()
        .filter(|user| !user.role && !user.maintained)
        .map(|user| user.name.clone())
        .collect();
    let filters: Vec<MetadataFilter> =
        job.filters.iter().filter(|filter| filter.name.starts_with("SCHEMA_")).cloned().collect();
    if job.mode == Mode::Full {
        let mut wanted = BTreeSet::new();
        for name in everybody {
            if filter::schema_wanted(worker, job, &name)? {
                wanted.insert(name);
            }
        }
        return Ok(Ok(wanted));
    }
    if filters.is_empty() {
        return Ok(Ok([job.owner.clone()].into()));
    }
    let mut chosen = BTreeSet::new();
    for name in &everybody {
        let mut wanted = true;
        for filter in &filters {
            wanted = wanted && filter::passes(worker, filter, name)?;
        }
        if wanted {
            chosen.insert(name.clone());
        }
    }
    for filter in &filters {
        for name in filter.named() {
            if !everybody.contains(&name) {
                job.fail(now, &OracleError::new(39165, &[&name]));
            }
        }
    }
    if chosen.iter().any(|name| *name != job.owner) && !job.privileged {
        return Ok(Err(refusal(31631, 39109, &[])));
    }
    if chosen.is_empty() {
        job.fail(now, &OracleError::new(39170, &[&filters[0].value]));
    }
    Ok(Ok(chosen))
}

/// The entries that the filters let through, dependents with what they hang on.
pub(super) fn select(worker: &mut Machine, job: &Job, entries: Vec<Entry>) -> Outcome<Vec<Entry>> {
    let mut bases: BTreeSet<(String, String)> = BTreeSet::new();
    for entry in &entries {
        if matches!(entry.path.as_str(), "TABLE/TABLE" | "VIEW/VIEW")
            && !(entry.path == "TABLE/TABLE" && filter::is_excluded(job, &entry.schema, &entry.name))
            && filter::name_wanted(worker, job, &entry.path, &entry.name)?
        {
            bases.insert((entry.schema.clone(), entry.name.clone()));
        }
    }
    let mut wanted_paths: Vec<(String, bool)> = Vec::new();
    let mut selected = Vec::new();
    for entry in entries {
        let known = wanted_paths.iter().find(|(path, _)| *path == entry.path).map(|(_, wanted)| *wanted);
        let wanted = if let Some(wanted) = known {
            wanted
        } else {
            let wanted = filter::path_wanted(worker, job, &entry.path)?;
            wanted_paths.push((entry.path.clone(), wanted));
            wanted
        };
        let hangs = entry.path.starts_with("TABLE/") || entry.path.starts_with("VIEW/");
        let base = entry.base.as_ref().unwrap_or(&entry.name);
        if !wanted || (hangs && !bases.contains(&(entry.schema.clone(), base.clone()))) {
            continue;
        }
        let own_name = !matches!(entry.path.as_str(), "TABLE/TABLE" | "VIEW/VIEW" | "TABLE/TABLE_DATA");
        let named = paths::PATHS.iter().any(|row| row.path == entry.path && row.named);
        if own_name && named && !filter::name_wanted(worker, job, &entry.path, &entry.name)? {
            continue;
        }
        selected.push(entry);
    }
    Ok(selected)
}

/// ORA-39166 for tables that were asked for by name and are not there.
pub(super) fn missing_tables(worker: &Machine, job: &mut Job, entries: &[Entry]) {
    let now = worker.now();
    let lists: Vec<MetadataFilter> = job
        .filters
        .iter()
        .filter(|filter| job.mode == Mode::Table && filter.name.starts_with("NAME_"))
        .cloned()
        .collect();
    for name in lists.iter().flat_map(MetadataFilter::named) {
        if !entries.iter().any(|entry| entry.path.starts_with("TABLE/TABLE") && entry.name == name) {
            let schema = job.filters.iter().find(|filter| filter.name.starts_with("SCHEMA_"));
            let schema = schema.and_then(|filter| filter.named().into_iter().next());
            let full = format!("\"{}\".\"{name}\"", schema.unwrap_or_else(|| job.owner.clone()));
            job.fail(now, &OracleError::new(39166, &[&full]));
        }
    }
}

/// Takes out the rows that a data filter leaves behind.
pub(super) fn without_rows(job: &Job, entries: &mut Vec<Entry>) {
    entries.retain(|entry| {
        !matches!(entry.act, Act::Rows { .. })
            || !job.data_filters.iter().any(|rule| {
                rule.name == "INCLUDE_ROWS"
                    && rule.value.number() == Some(0)
                    && rule.table.as_ref().is_none_or(|table| *table == entry.name)
                    && rule.schema.as_ref().is_none_or(|schema| *schema == entry.schema)
            })
    });
}

/// The lines that name the kinds of object.
pub(super) fn announce(job: &mut Job, entries: &[Entry], now: i64) {
    let mut last = "";
    for entry in entries {
        if entry.path != last {
            job.say(now, format!("Processing object type {}", paths::whole(job.mode, &entry.path)));
            last = &entry.path;
        }
    }
}

fn take_all(worker: &mut Machine, job: &mut Job, entries: &[Entry]) -> Outcome<()> {
    // One transaction: nothing changes between the first table and the last. Functions that masks call may change something
    // of their own, so they come after it.
    worker.store.begin()?;
    let mut taken = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if matches!(entry.act, Act::Rows { .. }) {
            taken.push((at, entry, raw_rows(worker, job, entry)));
        }
    }
    worker.commit()?;
    for (at, entry, rows) in taken {
        keep_rows(worker, job, at, entry, rows)?;
        worker.commit()?;
    }
    Ok(())
}

/// Reads the rows of a table into the control table, in the running transaction.
fn take(worker: &mut Machine, job: &mut Job, at: usize, entry: &Entry) -> Outcome<()> {
    let rows = raw_rows(worker, job, entry);
    keep_rows(worker, job, at, entry, rows)
}

/// Keeps the rows that were read of a table, masked, in the control table.
fn keep_rows(
    worker: &mut Machine,
    job: &mut Job,
    at: usize,
    entry: &Entry,
    rows: Outcome<Vec<Vec<Value>>>,
) -> Outcome<()> {
    let number = i64::try_from(at).unwrap_or(0) + 1;
    let now = worker.now();
    let read = match run::bad_rows(job) {
        Some(error) => Err(error),
        None => rows.and_then(|rows| masked_rows(worker, job, entry, rows)),
    };
    match read {
        Err(error) if error.is_busy() => Err(error),
        Ok(rows) => {
            let text = serde_json::to_string(&rows).expect("rows have text keys only");
            let bytes = i64::try_from(text.len()).unwrap_or(i64::MAX);
            let count = i64::try_from(rows.rows.len()).unwrap_or(i64::MAX);
            worker.store.begin()?;
            control::keep(worker, job, number, (&entry.schema, &entry.name, "TABLE_DATA"), count, &text)?;
            let line = format!("{bytes} {count}");
            job.notes.insert(format!("rows:{at}"), line);
            Ok(())
        }
        Err(error) => {
            let full = format!("\"{}\".\"{}\"", entry.schema, entry.name);
            let top = OracleError::new(31693, &[&full]);
            job.fail(now, &top.over(&OracleError::new(2354, &[])).over(&error));
            job.notes.insert(format!("failed:{at}"), String::new());
            Ok(())
        }
    }
}

fn table_of(worker: &Machine, entry: &Entry) -> Outcome<Arc<TableDefinition>> {
    let found = worker.catalogue.find_exactly(&entry.schema, Kind::Table, &entry.name);
    match found.map(|object| &object.body) {
        Some(Body::Table(table)) => Ok(Arc::clone(table)),
        _ => Err(OracleError::new(942, &[])),
    }
}

fn raw_rows(worker: &mut Machine, job: &Job, entry: &Entry) -> Outcome<Vec<Vec<Value>>> {
    let table = table_of(worker, entry)?;
    load::table_rows(worker, job, &table, &entry.schema)
}

fn masked_rows(
    worker: &mut Machine,
    job: &Job,
    entry: &Entry,
    mut rows: Vec<Vec<Value>>,
) -> Outcome<TableRows> {
    let table = table_of(worker, entry)?;
    let Act::Rows { columns, .. } = &entry.act else { return Err(OracleError::new(39006, &[])) };
    let places: Vec<usize> = columns.iter().filter_map(|(name, _)| table.column(name)).collect();
    if places.len() != columns.len() {
        return Err(OracleError::new(1466, &[]));
    }
    load::remap_rows(worker, job, &table, (&entry.schema, &entry.name), &mut rows)?;
    let rows = rows
        .into_iter()
        .map(|row| places.iter().map(|place| dump::pack_value(&row[*place])).collect())
        .collect();
    Ok(TableRows { schema: entry.schema.clone(), name: entry.name.clone(), columns: columns.clone(), rows })
}

/// Takes a step.
pub(super) fn step(worker: &mut Machine, job: &mut Job, step: &Step) -> Outcome<()> {
    let Step::Rows(at) = step else { return Ok(()) };
    let entries = kept_entries(worker, job)?;
    let Some(entry) = entries.get(*at) else { return Ok(()) };
    job.current = Some((entry.schema.clone(), entry.name.clone(), "TABLE_DATA".to_owned()));
    if !job.notes.contains_key(&format!("rows:{at}")) && !job.notes.contains_key(&format!("failed:{at}")) {
        take(worker, job, *at, entry)?;
    }
    if let Some(note) = job.notes.get(&format!("rows:{at}")) {
        let figures: Vec<i64> = note.split(' ').filter_map(|figure| figure.parse().ok()).collect();
        let full = format!("\"{}\".\"{}\"", entry.schema, entry.name);
        let (bytes, rows) = (figures.first().copied().unwrap_or(0), figures.get(1).copied().unwrap_or(0));
        let size = if rows == 0 { "0 KB".to_owned() } else { journal::size(bytes) };
        job.say(worker.now(), format!(". . exported {full:<50} {size:>10} {rows:>7} rows"));
    }
    Ok(())
}

/// The names of the dump files for so many streams.
fn names(job: &Job, streams: usize, now: i64) -> Vec<(Place, bool)> {
    let files: Vec<_> = job.dump_files().cloned().collect();
    let place = |name: String, file: &super::job::JobFile| {
        (Place { name, by: file.place.clone(), remote: file.kind == 5 }, file.reuse)
    };
    let mut list = Vec::new();
    let mut numbers = vec![0_usize; files.len()];
    let templates = files.iter().any(|file| files::is_template(&file.name));
    while list.len() < streams.max(1) {
        let before = list.len();
        for (file, number) in files.iter().zip(&mut numbers) {
            if list.len() >= streams.max(1) {
                break;
            }
            *number += 1;
            if !files::is_template(&file.name) && *number > 1 {
                continue;
            }
            if let Some(name) = files::expand(&file.name, *number, now) {
                list.push(place(name, file));
            }
        }
        if list.len() == before || !templates && list.len() >= files.len() {
            break;
        }
    }
    list
}

/// Writes the dump files.
pub(super) fn finish(worker: &mut Machine, job: &mut Job) -> Outcome<()> {
    let now = worker.now();
    let entries = kept_entries(worker, job)?;
    if job.number("ESTIMATE_ONLY") == Some(1) || entries.is_empty() {
        return Ok(());
    }
    let mut tables = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if !matches!(entry.act, Act::Rows { .. }) {
            continue;
        }
        if let Some(text) = control::kept(worker, job, i64::try_from(at).unwrap_or(0) + 1)? {
            let rows = PackedRows { schema: entry.schema.clone(), name: entry.name.clone(), text };
            tables.push((rows.text.len(), rows));
        }
    }
    tables.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let degree = usize::try_from(job.degree).unwrap_or(1);
    // A second try writes the same files, on whatever day.
    let names = names(job, degree.min(tables.len().max(1)), job.begun);
    job.written.clear();
    let mut contents: Vec<(usize, Content)> = names.iter().map(|_| (0, Content::default())).collect();
    for (size, rows) in tables {
        if let Some(least) = contents.iter_mut().min_by_key(|(filled, _)| *filled) {
            least.0 += size.max(1);
            least.1.tables.push(rows);
        }
    }
    // The control table goes into the last file.
    if let Some(last) = contents.last_mut() {
        last.1.entries = entries.to_vec();
    }
    let count = names.len();
    let salt = salt_of(job);
    let password = password_of(job);
    let mut said = Vec::new();
    for (at, ((place, reuse), (_, content))) in names.iter().zip(&contents).enumerate() {
        let header = header(worker, job, at + 1, count, salt.clone());
        let bytes = dump::write(&header, content, password.as_deref());
        let file = format!("file:{}", place.name);
        let own = job.notes.contains_key(&file);
        if !own && !*reuse {
            refuse_strangers(worker, job, place)?;
        }
        run::note(worker, job, &file, "")?;
        put(worker, job, place, &bytes)?;
        job.written.push((place.name.clone(), i64::try_from(bytes.len()).unwrap_or(i64::MAX)));
        said.push(format!("  {}", place.name));
    }
    job.say(now, format!("Master table {} successfully loaded/unloaded", job.quoted()));
    job.say(now, "*".repeat(78));
    job.say(now, format!("Dump file set for {}.{} is:", job.owner, job.name));
    for line in said {
        job.say(now, line);
    }
    Ok(())
}

fn uncreated(place: &Place, inner: &OracleError) -> OracleError {
    OracleError::new(31641, &[&place.name]).over(inner)
}

/// ORA-27038 when there is a file that this job did not write.
fn refuse_strangers(worker: &mut Machine, job: &Job, place: &Place) -> Outcome<()> {
    match files::as_owner(worker, &job.owner, |machine| files::exists(machine, place)) {
        Ok(false) => Ok(()),
        Ok(true) => Err(uncreated(place, &OracleError::new(27038, &[]))),
        Err(error) => Err(uncreated(place, &error)),
    }
}

fn put(worker: &mut Machine, job: &Job, place: &Place, bytes: &[u8]) -> Outcome<()> {
    let written = files::as_owner(worker, &job.owner, |machine| files::write(machine, place, bytes));
    written.map_err(|inner| uncreated(place, &inner))
}

fn salt_of(job: &Job) -> Option<String> {
    password_of(job)?;
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has random numbers");
    Some(crate::sandbox::oracle::values::value::hexadecimal(&bytes))
}

/// What a dump is encrypted with: the password, or the database's own key where none is given.
fn password_of(job: &Job) -> Option<String> {
    let wanted = job.text("ENCRYPTION").is_some_and(|what| what != "NONE");
    match job.text("ENCRYPTION_PASSWORD") {
        Some(password) => Some(password.to_owned()),
        None if wanted => Some(TRANSPARENT.to_owned()),
        None => None,
    }
}

/// Stands for the key of the wallet that every database of the sandbox has.
pub(super) const TRANSPARENT: &str = "the sandbox's wallet";

fn header(worker: &Machine, job: &Job, number: usize, count: usize, salt: Option<String>) -> Header {
    let encrypted = salt.is_some();
    let what = job.text("ENCRYPTION").unwrap_or("ALL");
    // A wallet is always open here.
    let given = job.text("ENCRYPTION_PASSWORD").is_some();
    let mode = job.text("ENCRYPTION_MODE").unwrap_or(if given { "DUAL" } else { "TRANSPARENT" }).to_owned();
    let compression = job.text("COMPRESSION").unwrap_or("METADATA_ONLY");
    Header {
        guid: job.guid.clone(),
        number,
        count,
        master: number == count,
        job: job.quoted(),
        mode: job.mode,
        version: job.version.clone(),
        time_zone: run::time_zone_of(&run::version_of(worker)),
        instance: worker.facts.database.clone(),
        created: worker.now(),
        salt,
        encryption_mode: encrypted.then_some(mode),
        metadata_encrypted: encrypted && matches!(what, "ALL" | "METADATA_ONLY"),
        data_encrypted: encrypted && what != "METADATA_ONLY",
        metadata_compressed: matches!(compression, "ALL" | "METADATA_ONLY"),
        data_compressed: matches!(compression, "ALL" | "DATA_ONLY"),
        privileged: job.privileged,
    }
}
