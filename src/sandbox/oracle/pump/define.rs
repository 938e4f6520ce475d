//! The calls that define a job: filters, remaps, transforms, parameters, files.

use super::api::{Call, checked, refused};
use super::files::{self, Place};
use super::filter;
use super::job::{Change, DataRule, Given, Job, JobFile, MetadataFilter, Mode, Operation};
use super::rules::{self, Refusal, refusal};
use super::{dump, paths};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::{Number, Value};

/// A required text in upper case.
fn name_of(value: Option<String>, what: &str) -> Result<String, Refusal> {
    match value {
        Some(text) => Ok(text.trim().to_uppercase()),
        None => Err(refusal(39001, 39053, &[what, "defined"])),
    }
}

fn given(value: &Value) -> Option<Given> {
    match value {
        Value::Number(number) if number.is_integer() => {
            Some(Given::Number(number.to_i64().unwrap_or(i64::MAX)))
        }
        Value::Number(number) => {
            let millionths = number.multiply(Number::from(1_000_000)).and_then(|n| n.truncate(0).to_i64());
            Some(Given::Fraction(millionths.unwrap_or(i64::MAX)))
        }
        Value::Text(text) => Some(Given::Text(text.to_string())),
        _ => None,
    }
}

/// `METADATA_FILTER`: handle, name, value, object path, object type.
pub(crate) fn metadata_filter(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let call = Call::new(values);
    let job = call.defining(machine)?;
    let modern = super::api::figures(&super::run::version_of(machine)) >= Some(vec![21]);
    let result = (|| {
        let name = name_of(call.text(1), "NAME")?;
        if !rules::is_filter(&name) {
            return Err(refusal(39001, 39036, &[&name]));
        }
        let value = call.text(2).ok_or_else(|| refusal(39001, 39071, &[&name]))?;
        let path = call.text(3).or_else(|| call.text(4)).map(|path| path.to_uppercase());
        check_filter(&job, &name, &value, path.as_deref(), modern)?;
        Ok(MetadataFilter { name, value, path })
    })();
    let filter = checked(machine, result)?;
    if filter.name.ends_with("_EXPR") {
        // Read as the language reads it, against any name.
        if filter::passes(machine, &filter, "X").is_err() {
            return refused(machine, &refusal(39001, 39071, &[&filter.name]));
        }
    }
    rules::refuse_beyond(&filter.name, &Given::Text(filter.value.clone()))?;
    call.change(machine, |job| job.filters.push(filter))
}

/// Checks a filter; `modern` databases, from 21c on, take INCLUDE and EXCLUDE together.
fn check_filter(job: &Job, name: &str, value: &str, path: Option<&str>, modern: bool) -> Result<(), Refusal> {
    let list = filter::is_list(name);
    if (list && filter::elements(value).is_none()) || (!list && !filter::parses(value)) {
        return Err(refusal(39001, 39071, &[name]));
    }
    let of_paths = name.contains("_PATH_");
    if let Some(path) = path {
        if of_paths || name.starts_with("SCHEMA") {
            return Err(refusal(39001, 39037, &[name]));
        }
        if !paths::is_known(job.mode, path) {
            return Err(refusal(39001, 39038, &[path, job.mode.word()]));
        }
    }
    if of_paths {
        for written in &filter::named(name, value).unwrap_or_default() {
            if !paths::is_known(job.mode, written) && job.operation == Operation::Export {
                return Err(refusal(39001, 39038, &[written, job.mode.word()]));
            }
        }
        let other = if name.starts_with("INCLUDE") { "EXCLUDE_PATH" } else { "INCLUDE_PATH" };
        if !modern && job.filters.iter().any(|filter| filter.name.starts_with(other)) {
            return Err(refusal(39001, 39050, &["INCLUDE", "EXCLUDE"]));
        }
    }
    if name.starts_with("SCHEMA") && job.mode == Mode::Table {
        // One filter, and it names the schema.
        let one = filter::named(name, value).is_some_and(|names| names.len() == 1);
        if !one || job.filters.iter().any(|filter| filter.name.starts_with("SCHEMA")) {
            return Err(refusal(39001, 39040, &[value]));
        }
    }
    if name.starts_with("SCHEMA") && job.mode == Mode::Full && job.operation == Operation::Export {
        return Err(refusal(39001, 39050, &[name, "FULL"]));
    }
    Ok(())
}

/// `METADATA_REMAP`: handle, name, old value, value, object type.
pub(crate) fn metadata_remap(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let call = Call::new(values);
    let job = call.defining(machine)?;
    let result = (|| {
        let name = name_of(call.text(1), "NAME")?;
        if !rules::is_remap(&name) {
            return Err(refusal(39001, 39045, &[&name]));
        }
        if job.operation == Operation::Export {
            return Err(refusal(39002, 39032, &["METADATA_REMAP", "EXPORT"]));
        }
        let (Some(old), Some(new)) = (call.text(2), call.text(3)) else {
            return Err(refusal(39001, 39071, &[&name]));
        };
        if job.remaps.iter().any(|remap| remap.name == name && remap.old == old) {
            return Err(refusal(39001, 39046, &[&name]));
        }
        if name == "REMAP_SCHEMA" && !job.privileged && new != job.owner {
            return Err(Refusal { code: 31631, details: vec![OracleError::new(39122, &[&name])] });
        }
        Ok(Change { name, old, new: Given::Text(new), path: call.text(4) })
    })();
    let change = checked(machine, result)?;
    rules::refuse_beyond(&change.name, &change.new)?;
    if change.path.is_some() {
        return Err(OracleError::unsupported("remap the objects of one type alone"));
    }
    call.change(machine, |job| job.remaps.push(change))
}

/// `METADATA_TRANSFORM`: handle, name, value, object type.
pub(crate) fn metadata_transform(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let call = Call::new(values);
    let job = call.defining(machine)?;
    let value = given(&values[2]);
    let result = (|| {
        let name = name_of(call.text(1), "NAME")?;
        let value = value.ok_or_else(|| refusal(39001, 39071, &[&name]))?;
        rules::transform(&name, &value)?;
        if job.operation == Operation::Export {
            return Err(refusal(39002, 39032, &["METADATA_TRANSFORM", "EXPORT"]));
        }
        if job.transforms.iter().any(|other| other.name == name && other.path == call.text(3)) {
            return Err(refusal(39001, 39044, &[&name]));
        }
        Ok(Change { name, old: String::new(), new: value, path: call.text(3) })
    })();
    let change = checked(machine, result)?;
    call.change(machine, |job| job.transforms.push(change))
}

/// `DATA_FILTER`: handle, name, value, table, schema.
pub(crate) fn data_filter(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let call = Call::new(values);
    let job = call.defining(machine)?;
    let value = given(&values[2]);
    let result =
        (|| {
            let name = name_of(call.text(1), "NAME")?;
            let value = value.ok_or_else(|| refusal(39001, 39071, &[&name]))?;
            rules::data_filter(job.operation, &name, &value)?;
            let (table, schema) = (call.text(3), call.text(4));
            if schema.is_some() && table.is_none() {
                return Err(refusal(39005, 39053, &["TABLE_NAME", "DATA_FILTER"]));
            }
            if schema.as_ref().is_some_and(|schema| *schema != job.owner) && !job.privileged {
                return Err(Refusal { code: 31631, details: vec![OracleError::new(1031, &[])] });
            }
            let rule = DataRule { name, value, column: None, table, schema };
            if job.data_filters.iter().any(|other| {
                other.name == rule.name && other.table == rule.table && other.schema == rule.schema
            }) {
                return Err(refusal(39001, 39035, &[&rule.name]));
            }
            Ok(rule)
        })();
    let rule = checked(machine, result)?;
    rules::refuse_beyond(&rule.name, &rule.value)?;
    call.change(machine, |job| job.data_filters.push(rule))
}

/// `DATA_REMAP`: handle, name, table, column, function, schema, flags.
pub(crate) fn data_remap(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let call = Call::new(values);
    let job = call.defining(machine)?;
    let result = (|| {
        let name = name_of(call.text(1), "NAME")?;
        if name != "COLUMN_FUNCTION" {
            return Err(refusal(39001, 39045, &[&name]));
        }
        let (Some(table), Some(column), Some(function)) = (call.text(2), call.text(3), call.text(4)) else {
            return Err(refusal(39001, 39071, &[&name]));
        };
        if !matches!(function.split('.').count(), 2 | 3) {
            return Err(refusal(39001, 39071, &[&name]));
        }
        let rule = DataRule {
            name,
            value: Given::Text(function),
            column: Some(column),
            table: Some(table),
            schema: call.text(5),
        };
        if job.data_remaps.iter().any(|other| {
            other.table == rule.table && other.column == rule.column && other.schema == rule.schema
        }) {
            return Err(refusal(39001, 39046, &[&rule.name]));
        }
        Ok(rule)
    })();
    let rule = checked(machine, result)?;
    call.change(machine, |job| job.data_remaps.push(rule))
}

/// `SET_PARAMETER`: handle, name, value.
pub(crate) fn set_parameter(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let call = Call::new(values);
    let job = call.defining(machine)?;
    let value = given(&values[2]);
    let result = (|| {
        let name = name_of(call.text(1), "NAME")?;
        let value = value.ok_or_else(|| refusal(39001, 39071, &[&name]))?;
        let value = rules::parameter(&job, &name, &value)?;
        if let Some(other) = rules::excluded_by(&name).filter(|other| job.parameters.contains_key(*other)) {
            return Err(refusal(39005, 39050, &[&name, other]));
        }
        if name == "USER_METADATA" && !job.privileged && value.number() == Some(1) {
            return Err(Refusal { code: 31631, details: vec![OracleError::new(1031, &[])] });
        }
        if job.parameters.contains_key(&name) {
            return Err(refusal(39001, 39051, &[&name]));
        }
        Ok((name, value))
    })();
    let (name, value) = checked(machine, result)?;
    rules::refuse_beyond(&name, &value)?;
    call.change(machine, |job| {
        job.parameters.insert(name, value);
    })
}

/// `ADD_FILE`: handle, name, directory, size, type, reuse.
pub(crate) fn add_file(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let call = Call::new(values);
    let kind = call.number(4).unwrap_or(1);
    let job = call.job(machine)?;
    // More room for a running export may be added.
    let late = job.operation == Operation::Export && matches!(kind, 1 | 5) && job.state.is_running();
    if !late {
        call.defining(machine)?;
    }
    let result = check_file(machine, &job, &call, kind);
    let file = checked(machine, result)?;
    call.change(machine, |job| job.files.push(file))
}

/// The bytes of a size such as `10M`; none when it is no size.
fn size_of(text: &str) -> Option<u64> {
    let upper = text.trim().to_uppercase();
    let upper = upper.strip_suffix('B').unwrap_or(&upper);
    let (digits, factor) = match upper.chars().last()? {
        'K' => (&upper[..upper.len() - 1], 1 << 10),
        'M' => (&upper[..upper.len() - 1], 1 << 20),
        'G' => (&upper[..upper.len() - 1], 1 << 30),
        'T' => (&upper[..upper.len() - 1], 1 << 40),
        _ => (upper, 1_u64),
    };
    digits.trim().parse::<u64>().ok()?.checked_mul(factor)
}

fn check_file(machine: &mut Machine, job: &Job, call: &Call, kind: i64) -> Result<JobFile, Refusal> {
    let name = call.text(1).ok_or_else(|| refusal(39001, 39053, &["FILENAME", "ADD_FILE"]))?;
    let import = job.operation != Operation::Export;
    let dump = matches!(kind, 1 | 5);
    let fits = match kind {
        1 | 3 | 5 => true,
        4 => job.operation == Operation::SqlFile,
        _ => false,
    };
    if !fits {
        return Err(refusal(39001, 39030, &[&kind.to_string()]));
    }
    let reuse = call.number(5);
    if reuse == Some(1) && (!dump || import) {
        return Err(refusal(39001, 39050, &["REUSEFILE", job.operation.word()]));
    }
    if let Some(size) = call.text(3) {
        let enough = size_of(&size).is_some_and(|bytes| bytes >= 10 * 4096);
        if !enough || !dump || import {
            return Err(refusal(39001, 39096, &[&size, "FILESIZE"]));
        }
    }
    if !dump && job.files.iter().any(|file| file.kind == kind) {
        let inner = if kind == 3 { 39056 } else { 39054 };
        return Err(refusal(39001, inner, &[]));
    }
    let mut place = call.text(2);
    if kind == 5 && place.is_none() {
        place = machine.catalogue.settings.get("DEFAULT_CREDENTIAL").cloned();
    }
    if place.is_none() && (kind == 5 || name.contains("://")) {
        return Err(refusal(39001, 39145, &[]));
    }
    let looks_remote = name.contains("://");
    if kind == 5 && !looks_remote {
        return Err(bad_dump(
            &name,
            OracleError::with_text(20006, &format!("Unsupported object store URI - {name}")),
        ));
    }
    if kind != 5 && (name.contains('/') || name.contains('\\')) {
        return Err(if dump {
            Refusal { code: 39001, details: vec![OracleError::new(39000, &[]), OracleError::new(39088, &[])] }
        } else {
            Refusal { code: 39001, details: vec![OracleError::new(39088, &[])] }
        });
    }
    let place = place.or_else(|| (kind != 5).then(|| "DATA_PUMP_DIR".to_owned()));
    let file = JobFile { name, place, kind, reuse: reuse == Some(1) };
    if dump && job.dump_files().any(|other| other.name == file.name && other.place == file.place) {
        return Err(refusal(39001, 39000, &[]));
    }
    check_place(machine, &file, import)?;
    Ok(file)
}

fn bad_dump(name: &str, inner: OracleError) -> Refusal {
    let opened = OracleError::new(31640, &[name]);
    Refusal { code: 39001, details: vec![OracleError::new(39000, &[]), opened, inner] }
}

fn check_place(machine: &mut Machine, file: &JobFile, import: bool) -> Result<(), Refusal> {
    let dump = matches!(file.kind, 1 | 5);
    let remote = file.kind == 5;
    if !remote {
        let directory = file.place.clone().unwrap_or_default();
        let found =
            crate::sandbox::oracle::packages::directory::folder(machine, &directory, !(import && dump));
        if found.is_err() {
            let mut details = vec![OracleError::new(39087, &[&directory])];
            if !dump {
                details.insert(0, OracleError::new(39070, &[]));
            }
            return Err(Refusal { code: if dump { 39001 } else { 39002 }, details });
        }
    }
    if !dump {
        return Ok(());
    }
    if !files::well_formed(&file.name, remote, import) {
        let inner = OracleError::new(39156, &[&file.name]);
        return Err(Refusal { code: 39001, details: vec![OracleError::new(39000, &[]), inner] });
    }
    let now = machine.now();
    let first = files::expand(&file.name, 1, now).unwrap_or_else(|| file.name.clone());
    let place = Place { name: first.clone(), by: file.place.clone(), remote };
    if import {
        return match files::read(machine, &place) {
            Ok(bytes) if dump::read_header(&bytes).is_some() => Ok(()),
            Ok(_) => Err(Refusal {
                code: 39001,
                details: vec![OracleError::new(39000, &[]), OracleError::new(31619, &[&first])],
            }),
            Err(_) if !remote => Err(bad_dump(&first, OracleError::new(27037, &[]))),
            Err(error) => Err(bad_dump(&first, error)),
        };
    }
    let created = |inner: OracleError| Refusal {
        code: 39001,
        details: vec![OracleError::new(39000, &[]), OracleError::new(31641, &[&first]), inner],
    };
    match files::exists(machine, &place) {
        Ok(true) if !file.reuse => Err(created(OracleError::new(27038, &[]))),
        Ok(_) => Ok(()),
        Err(error) => Err(created(error)),
    }
}
