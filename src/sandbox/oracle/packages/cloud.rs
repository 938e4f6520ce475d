//! `DBMS_CLOUD`: objects in Object Storage, files in directories.

use std::sync::Arc;

use fs_err as fs;
use jiff::Timestamp;

use super::store::{self, Entry};
use super::{application_error, directory, text, whole};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::{Collection, Key, Type, Value};

/// What is wrong with a file, as this package says it.
fn broken(directory: &str, file: &str, error: &std::io::Error) -> OracleError {
    if error.kind() == std::io::ErrorKind::NotFound {
        application_error(20025, &format!("File does not exist - {directory}/{file}"))
    } else {
        directory::io_error(error)
    }
}

/// A parameter that has to have a value.
fn needed(values: &[Value], at: usize, code: i32, what: &str) -> Outcome<String> {
    text(values, at).ok_or_else(|| application_error(code, &format!("Missing {what}")))
}

/// The file that two parameters name.
fn file(machine: &Machine, values: &[Value], at: usize, write: bool) -> Outcome<(String, String)> {
    let folder = needed(values, at, 20018, "directory name")?;
    let name = needed(values, at + 1, 20019, "file name")?;
    directory::folder(machine, &folder, write)?;
    if directory::file_name(&name).is_err() {
        return Err(application_error(20019, &format!("Invalid file name - {name}")));
    }
    Ok((folder, name))
}

fn path_of(machine: &Machine, folder: &str, name: &str, write: bool) -> Outcome<std::path::PathBuf> {
    Ok(directory::folder(machine, folder, write)?.join(name))
}

/// How many parameters the subprogram has that is being run: two of one name are told apart by that.
fn parameters(machine: &Machine) -> usize {
    machine.routine().map_or(0, |routine| routine.parameters.len())
}

fn no_compression(values: &[Value], at: usize) -> Outcome<()> {
    match text(values, at) {
        None => Ok(()),
        Some(_) => Err(OracleError::unsupported("compress objects")),
    }
}

/// `PUT_OBJECT`, of a file or of a BLOB.
pub(super) fn put_object(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let credential = text(values, 0);
    let uri = needed(values, 1, 20011, "object URI")?;
    let bytes = if parameters(machine) == 5 {
        no_compression(values, 4)?;
        let (folder, name) = file(machine, values, 2, false)?;
        fs::read(path_of(machine, &folder, &name, false)?).map_err(|error| broken(&folder, &name, &error))?
    } else {
        no_compression(values, 3)?;
        match &values[2] {
            Value::Raw(bytes) => bytes.to_vec(),
            _ => Vec::new(),
        }
    };
    store::put(machine, credential.as_deref(), &uri, &bytes)?;
    Ok(Value::Null)
}

/// The bytes from one offset to another; two zeros mean all of them.
fn range(values: &[Value], at: usize) -> Outcome<Option<(u64, u64)>> {
    let offset = |at: usize| {
        u64::try_from(whole(values, at).unwrap_or(0))
            .map_err(|_| application_error(20000, "Invalid parameter value - offset"))
    };
    Ok(match (offset(at)?, offset(at + 1)?) {
        (0, 0) => None,
        (first, 0) => Some((first, u64::MAX)),
        (first, last) => Some((first, last)),
    })
}

/// `GET_OBJECT`: the procedure writes a file, the function answers a BLOB.
pub(super) fn get_object(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let credential = text(values, 0);
    let uri = needed(values, 1, 20011, "object URI")?;
    if parameters(machine) == 5 {
        no_compression(values, 4)?;
        let range = range(values, 2)?;
        return Ok(Value::raw(&store::get(machine, credential.as_deref(), &uri, range)?));
    }
    no_compression(values, 6)?;
    if text(values, 3).is_none() {
        let last = uri.rsplit('/').next().unwrap_or_default();
        values[3] = Value::text(percent_encoding::percent_decode_str(last).decode_utf8_lossy());
    }
    let (folder, name) = file(machine, values, 2, true)?;
    let range = range(values, 4)?;
    let bytes = store::get(machine, credential.as_deref(), &uri, range)?;
    fs::write(path_of(machine, &folder, &name, true)?, bytes)
        .map_err(|error| broken(&folder, &name, &error))?;
    Ok(Value::Null)
}

/// `DELETE_OBJECT`; with `force` one that is not there is no error.
pub(super) fn delete_object(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let credential = text(values, 0);
    let uri = needed(values, 1, 20011, "object URI")?;
    let force = values.get(2).and_then(Value::as_bool) == Some(true);
    match store::delete(machine, credential.as_deref(), &uri) {
        Err(error) if force && error.code == 20404 => Ok(Value::Null),
        other => other.map(|()| Value::Null),
    }
}

/// `DELETE_FILE`; with `force` one that is not there is no error.
pub(super) fn delete_file(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (folder, name) = file(machine, values, 0, true)?;
    let force = values.get(2).and_then(Value::as_bool) == Some(true);
    match fs::remove_file(path_of(machine, &folder, &name, true)?) {
        Err(error) if force && error.kind() == std::io::ErrorKind::NotFound => Ok(Value::Null),
        Err(error) => Err(broken(&folder, &name, &error)),
        Ok(()) => Ok(Value::Null),
    }
}

/// `LIST_OBJECTS`, a row an object.
pub(super) fn list_objects(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let credential = text(values, 0);
    let uri = needed(values, 1, 20011, "location URI")?;
    let entries = store::list(machine, credential.as_deref(), &uri)?;
    rows(machine, entries)
}

/// `LIST_FILES`, a row a file.
pub(super) fn list_files(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let folder = needed(values, 0, 20018, "directory name")?;
    let path = directory::folder(machine, &folder, false)?;
    let mut entries = Vec::new();
    let failed = |error: std::io::Error| broken(&folder, "", &error);
    for found in fs::read_dir(path).map_err(failed)? {
        let found = found.map_err(failed)?;
        let about = found.metadata().map_err(failed)?;
        if about.is_file() {
            let modified = about.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
            let created = about.created().ok().and_then(|time| Timestamp::try_from(time).ok()).or(modified);
            entries.push(Entry {
                name: found.file_name().to_string_lossy().into_owned(),
                bytes: about.len(),
                checksum: None,
                created: created.map(Timestamp::as_microsecond),
                modified: modified.map(Timestamp::as_microsecond),
            });
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    rows(machine, entries)
}

/// Entries as the collection that the subprogram being run answers.
fn rows(machine: &Machine, entries: Vec<Entry>) -> Outcome<Value> {
    let returned = machine.routine().and_then(|routine| routine.returns.clone());
    let Some(Type::Collection(of)) = returned else {
        return Err(OracleError::with_text(600, "a list has to be a collection"));
    };
    let Type::Object(record) = &of.element else {
        return Err(OracleError::with_text(600, "a list has to be a collection of objects"));
    };
    let moment = |micros: Option<i64>| micros.map_or(Value::Null, |micros| Value::TimestampTz(micros, 0));
    let elements = (1_i64..)
        .zip(entries)
        .map(|(place, entry)| {
            let fields = vec![
                Value::text(&entry.name),
                Value::integer(i64::try_from(entry.bytes).unwrap_or(i64::MAX)),
                Value::optional_text(entry.checksum.as_deref()),
                moment(entry.created),
                moment(entry.modified),
            ];
            (Key::Integer(place), Value::Record(record.clone(), fields))
        })
        .collect::<std::collections::BTreeMap<_, _>>();
    let extent = i64::try_from(elements.len()).unwrap_or(i64::MAX);
    Ok(Value::Collection(Arc::new(Collection { of: of.clone(), elements, extent })))
}
