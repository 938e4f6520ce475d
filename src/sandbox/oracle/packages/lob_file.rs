//! `DBMS_LOB` over files: what BFILENAME names.

use std::io::ErrorKind;
use std::path::PathBuf;

use fs_err as fs;

use super::lob::{Span, overwrite, put_text};
use super::{directory, text};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

/// The file that a locator names, for an operation that may be refused.
fn path(machine: &Machine, locator: &Value, operation: &str) -> Outcome<PathBuf> {
    let Value::Record(_, fields) = locator else { return fail(22289, &[operation]) };
    let folder = text(fields, 0).unwrap_or_default();
    let name = text(fields, 1).unwrap_or_default();
    let folder = directory::folder(machine, &folder, false)
        .map_err(|error| OracleError::new(if error.code == 29289 { 22286 } else { 22285 }, &[operation]))?;
    match directory::file_name(&name) {
        Ok(name) => Ok(folder.join(name)),
        Err(_) => fail(22285, &[operation]),
    }
}

fn failed(error: &std::io::Error, operation: &str) -> OracleError {
    let why = if error.kind() == ErrorKind::NotFound {
        "No such file or directory".to_owned()
    } else {
        error.to_string()
    };
    OracleError::new(22288, &[operation]).below(&why)
}

fn flagged(locator: &Value) -> bool {
    matches!(locator, Value::Record(_, fields) if fields.get(2).and_then(Value::as_bool) == Some(true))
}

fn flag(locator: &mut Value, open: bool) {
    if let Value::Record(_, fields) = locator
        && let Some(field) = fields.get_mut(2)
    {
        *field = Value::Boolean(open);
    }
}

/// `FILEOPEN`.
pub(super) fn open(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let path = path(machine, &values[0], "FILEOPEN")?;
    fs::metadata(path).map_err(|error| failed(&error, "FILEOPEN"))?;
    flag(&mut values[0], true);
    Ok(Value::Null)
}

/// `FILECLOSE`.
pub(super) fn close(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    if !flagged(&values[0]) {
        return fail(22289, &["FILECLOSE"]);
    }
    flag(&mut values[0], false);
    Ok(Value::Null)
}

/// `FILEISOPEN`.
pub(super) fn is_open(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    path(machine, &values[0], "FILEISOPEN")?;
    Ok(Value::integer(i64::from(flagged(&values[0]))))
}

/// `FILEEXISTS`.
pub(super) fn exists(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let path = path(machine, &values[0], "FILEEXISTS")?;
    Ok(Value::integer(i64::from(path.is_file())))
}

/// `GETLENGTH`.
pub(super) fn length(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let path = path(machine, &values[0], "GETLENGTH")?;
    let about = fs::metadata(path).map_err(|error| failed(&error, "GETLENGTH"))?;
    Ok(Value::integer(i64::try_from(about.len()).unwrap_or(i64::MAX)))
}

fn load(machine: &mut Machine, values: &[Value], operation: &str) -> Outcome<(Span, Vec<u8>)> {
    if !flagged(&values[1]) {
        return fail(22289, &[operation]);
    }
    let path = path(machine, &values[1], operation)?;
    let span = Span::read(values)?;
    let bytes = fs::read(path).map_err(|error| failed(&error, operation))?;
    let part = bytes[span.range(bytes.len())?].to_vec();
    Ok((span, part))
}

/// `LOADCLOBFROMFILE`.
pub(super) fn load_clob(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (span, part) = load(machine, values, "LOADCLOBFROMFILE")?;
    put_text(values, &span, &part);
    Ok(Value::Null)
}

/// `LOADBLOBFROMFILE`.
pub(super) fn load_blob(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (span, part) = load(machine, values, "LOADBLOBFROMFILE")?;
    values[0] = overwrite(&values[0], span.to, &part);
    span.done(values, part.len(), part.len());
    Ok(Value::Null)
}
