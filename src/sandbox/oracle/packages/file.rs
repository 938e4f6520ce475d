//! `UTL_FILE`: files in the folders of directory objects.
//!
//! A file that is read is read whole when it is opened; one that is written is written through at once.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use std::collections::HashMap;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use fs_err as fs;

use super::{directory, text, whole};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::{Type, Value};

/// The longest line, in bytes.
const LONGEST: usize = 32_767;

/// The files that a session holds open, by number.
#[derive(Debug, Default)]
pub(crate) struct Files {
    open: HashMap<i64, Open>,
    last: i64,
}

#[derive(Debug)]
struct Open {
    how: How,
    /// Bytes of a line, its end not counted.
    longest: usize,
    /// Bytes of the line that is being written.
    written: usize,
}

#[derive(Debug)]
enum How {
    Read { bytes: Vec<u8>, at: usize },
    Write(fs::File),
}

/// What the system says about a file.
fn failed(error: &std::io::Error) -> OracleError {
    let error_line = match error.kind() {
        ErrorKind::NotFound => "the file does not exist".to_owned(),
        _ => error.to_string(),
    };
    OracleError::new(29283, &[]).below(&format!("the sandbox: {error_line}"))
}

fn path(machine: &Machine, values: &[Value], at: usize, write: bool) -> Outcome<PathBuf> {
    let Some(folder) = text(values, at) else { return fail(29280, &[]) };
    let folder = directory::folder(machine, &folder, write)?;
    let name = text(values, at + 1).unwrap_or_default();
    Ok(folder.join(directory::file_name(&name)?))
}

fn number(values: &[Value]) -> Option<i64> {
    match values.first() {
        Some(Value::Record(_, fields)) => whole(fields, 0),
        _ => None,
    }
}

fn held<'a>(machine: &'a mut Machine, values: &[Value]) -> Outcome<&'a mut Open> {
    let found = number(values).and_then(|number| machine.files.open.get_mut(&number));
    found.ok_or_else(|| OracleError::new(29282, &[]))
}

/// `FOPEN`: location, file name, mode, longest line.
pub(super) fn open(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let mode = text(values, 2).unwrap_or_default().to_lowercase();
    let write = match mode.as_str() {
        "r" | "rb" => false,
        "w" | "wb" | "a" | "ab" => true,
        _ => return fail(29281, &[]),
    };
    let longest = whole(values, 3).unwrap_or(1024);
    let longest = usize::try_from(longest).ok().filter(|n| (1..=LONGEST).contains(n));
    let Some(longest) = longest else { return fail(29287, &[]) };
    let path = path(machine, values, 0, write)?;
    let how = if write {
        let appends = mode.starts_with('a');
        let mut options = fs::OpenOptions::new();
        options.create(true).append(appends).write(true).truncate(!appends);
        How::Write(options.open(path).map_err(|error| failed(&error))?)
    } else {
        How::Read { bytes: fs::read(path).map_err(|error| failed(&error))?, at: 0 }
    };
    machine.files.last += 1;
    let number = machine.files.last;
    machine.files.open.insert(number, Open { how, longest, written: 0 });
    let returned = machine.routine().and_then(|routine| routine.returns.clone());
    let Some(Type::Record(of)) = returned else {
        return Err(OracleError::with_text(600, "a file has to be a record"));
    };
    let fields = vec![Value::integer(number), Value::integer(1), Value::Boolean(mode.ends_with('b'))];
    Ok(Value::Record(of, fields))
}

/// `IS_OPEN`.
pub(super) fn is_open(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    Ok(Value::Boolean(held(machine, values).is_ok()))
}

/// `FCLOSE`.
pub(super) fn close(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    held(machine, values)?;
    if let Some(number) = number(values) {
        machine.files.open.remove(&number);
    }
    if let Value::Record(_, fields) = &mut values[0] {
        fields[0] = Value::Null;
    }
    Ok(Value::Null)
}

/// `FCLOSE_ALL`.
pub(super) fn close_all(machine: &mut Machine, _: &mut [Value]) -> Outcome<Value> {
    machine.files.open.clear();
    Ok(Value::Null)
}

/// How much is asked for; nothing where it is not said.
fn length(values: &[Value]) -> Outcome<Option<usize>> {
    if values.get(2).is_none_or(Value::is_null) {
        return Ok(None);
    }
    let asked = whole(values, 2).and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=LONGEST).contains(n));
    asked.map_or_else(|| fail(29287, &[]), |asked| Ok(Some(asked)))
}

/// `GET_LINE`: file, line, length.
pub(super) fn get_line(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let asked = length(values)?;
    let file = held(machine, values)?;
    let longest = asked.unwrap_or(file.longest);
    let How::Read { bytes, at } = &mut file.how else { return fail(29283, &[]) };
    let rest = &bytes[*at..];
    if rest.is_empty() {
        return fail(1403, &[]);
    }
    let end = rest.iter().position(|byte| *byte == b'\n');
    let line = &rest[..end.unwrap_or(rest.len())];
    if line.len() > longest {
        if asked.is_none() {
            return fail(29284, &[]);
        }
        // What was asked for comes, and the rest with the next call.
        let line = Value::text(String::from_utf8_lossy(&line[..longest]));
        *at += longest;
        values[1] = line;
        return Ok(Value::Null);
    }
    let next = *at + line.len() + usize::from(end.is_some());
    let line = Value::text(String::from_utf8_lossy(line));
    *at = next;
    values[1] = line;
    Ok(Value::Null)
}

/// `GET_RAW`: file, bytes, length.
pub(super) fn get_raw(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let length = length(values)?.unwrap_or(LONGEST);
    let How::Read { bytes, at } = &mut held(machine, values)?.how else { return fail(29283, &[]) };
    let rest = &bytes[*at..];
    if rest.is_empty() {
        return fail(1403, &[]);
    }
    let taken = rest.len().min(length);
    let part = Value::raw(&rest[..taken]);
    *at += taken;
    values[1] = part;
    Ok(Value::Null)
}

fn write(machine: &mut Machine, values: &[Value], bytes: &[u8], lines: bool) -> Outcome<Value> {
    let file = held(machine, values)?;
    let How::Write(out) = &mut file.how else { return fail(29283, &[]) };
    if lines {
        let last = bytes.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().len();
        let widest = bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap_or(0);
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().len() + file.written;
        if widest.max(first) > file.longest {
            return fail(29285, &[]);
        }
        file.written = if bytes.contains(&b'\n') { last } else { first };
    }
    out.write_all(bytes).map_err(|_| OracleError::new(29285, &[]))?;
    Ok(Value::Null)
}

/// `PUT`.
pub(super) fn put(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let part = text(values, 1).unwrap_or_default();
    write(machine, values, part.as_bytes(), true)
}

/// `PUT_LINE`.
pub(super) fn put_line(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let line = text(values, 1).unwrap_or_default() + "\n";
    write(machine, values, line.as_bytes(), true)
}

/// `NEW_LINE`.
pub(super) fn new_line(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let count = whole(values, 1).and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    if count > LONGEST {
        return fail(29285, &[]);
    }
    write(machine, values, "\n".repeat(count).as_bytes(), true)
}

/// `PUT_RAW`.
pub(super) fn put_raw(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let bytes = match &values[1] {
        Value::Raw(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    write(machine, values, &bytes, false)
}

/// `FFLUSH`: nothing waits to be written.
pub(super) fn flush(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    match &held(machine, values)?.how {
        How::Write(_) => Ok(Value::Null),
        How::Read { .. } => fail(29283, &[]),
    }
}

/// `FREMOVE`.
pub(super) fn remove(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let path = path(machine, values, 0, true)?;
    match fs::remove_file(path) {
        Ok(()) => Ok(Value::Null),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(failed(&error)),
        Err(_) => fail(29291, &[]),
    }
}

/// `FRENAME`: from, to, and whether a file of the new name may go.
pub(super) fn rename(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (from, to) = (path(machine, values, 0, true)?, path(machine, values, 2, true)?);
    if !from.exists() {
        return Err(failed(&ErrorKind::NotFound.into()));
    }
    if to.exists() && values.get(4).and_then(Value::as_bool) != Some(true) {
        return fail(29292, &[]);
    }
    fs::rename(from, to).map_err(|_| OracleError::new(29292, &[]))?;
    Ok(Value::Null)
}

/// `FCOPY`: from, to, the first and the last line.
pub(super) fn copy(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (from, to) = (path(machine, values, 0, false)?, path(machine, values, 2, true)?);
    let first = whole(values, 4).and_then(|n| usize::try_from(n).ok()).unwrap_or(1).max(1);
    let last = whole(values, 5).and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    let bytes = fs::read(from).map_err(|error| failed(&error))?;
    let lines: Vec<u8> = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .skip(first - 1)
        .take(last.saturating_sub(first - 1))
        .flatten()
        .copied()
        .collect();
    fs::write(to, lines).map_err(|error| failed(&error))?;
    Ok(Value::Null)
}

/// `FGETATTR`: whether there is the file, its length, the size of a block.
pub(super) fn attributes(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let path = path(machine, values, 0, false)?;
    let about = fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
    values[2] = Value::Boolean(about.is_some());
    values[3] = about
        .as_ref()
        .map_or(Value::Null, |about| Value::integer(i64::try_from(about.len()).unwrap_or(i64::MAX)));
    values[4] = Value::integer(if about.is_some() { 4096 } else { 0 });
    Ok(Value::Null)
}
