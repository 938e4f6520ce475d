//! `APEX_EXPORT` and the reading of its scripts, as far as PL/SQL would be too slow or cannot: zip files, hexadecimal lines, a script's pieces.

use std::fmt::Write as _;
use std::io::{Cursor, Read as _, Write as _};
use std::sync::Arc;

use zip::write::SimpleFileOptions;

use super::{application_error, text};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::script::{PieceKind, ScriptPiece, split};
use crate::sandbox::oracle::language::{Dialect, parse_statement};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::{Collection, Key, Type, Value};

/// Names and contents as the collection of export files that the subprogram being run answers.
fn files(machine: &Machine, entries: impl IntoIterator<Item = (String, String)>) -> Outcome<Value> {
    let returned = machine
        .frames
        .last()
        .and_then(|frame| frame.unit.routines.get(frame.routine).and_then(|routine| routine.returns.clone()));
    let Some(Type::Collection(of)) = returned else {
        return Err(OracleError::with_text(600, "files have to be a collection"));
    };
    let Type::Object(record) = &of.element else {
        return Err(OracleError::with_text(600, "files have to be a collection of objects"));
    };
    let elements = (1_i64..)
        .zip(entries)
        .map(|(place, (name, contents))| {
            let fields = vec![Value::text(name), Value::text(contents)];
            (Key::Integer(place), Value::Record(record.clone(), fields))
        })
        .collect::<std::collections::BTreeMap<_, _>>();
    let extent = i64::try_from(elements.len()).unwrap_or(i64::MAX);
    Ok(Value::Collection(Arc::new(Collection { of: of.clone(), elements, extent })))
}

fn word(kind: PieceKind) -> &'static str {
    match kind {
        PieceKind::Sql => "SQL",
        PieceKind::Plsql => "PLSQL",
        PieceKind::Command => "COMMAND",
    }
}

/// `WWV_FLOW_IMP_PARSER.PIECES`: what SQL*Plus would send, one by one.
pub(super) fn pieces(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let script = text(values, 0).unwrap_or_default();
    files(machine, split(&script).into_iter().map(|piece| (word(piece.kind).to_owned(), piece.text)))
}

/// `WWV_FLOW_IMP_PARSER.PROBLEM`: the first statement that cannot be read; NULL where all can.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]
pub(super) fn problem(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let script = text(values, 0).unwrap_or_default();
    let unread = |piece: &ScriptPiece| {
        let sent = piece.kind != PieceKind::Command;
        let error = sent.then(|| parse_statement(&piece.text, Dialect::default()).err()).flatten()?;
        Some(format!("line {}: {error}", piece.start_line))
    };
    Ok(Value::optional_text(split(&script).iter().find_map(unread).as_deref()))
}

/// How many bytes stand in a line of an export.
const LINE: usize = 100;

/// How many characters of a text stand in a line of an export.
const TEXT_LINE: usize = 2000;

const EMPTY: &str = "wwv_flow_imp.g_varchar2_table := wwv_flow_imp.empty_varchar2_table;\n";

/// `HEX_LINES`: a file's bytes as assignments to `g_varchar2_table`.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]
pub(super) fn hex_lines(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let bytes = if let Value::Raw(bytes) = &values[0] { &bytes[..] } else { &[] };
    let mut lines = String::with_capacity(EMPTY.len() + bytes.len() * 5 / 2);
    lines.push_str(EMPTY);
    for (at, part) in bytes.chunks(LINE).enumerate() {
        let hex: String = part.iter().fold(String::with_capacity(2 * LINE), |mut hex, byte| {
            write!(hex, "{byte:02X}").expect("a String takes all");
            hex
        });
        writeln!(lines, "wwv_flow_imp.g_varchar2_table({}) := '{hex}';", at + 1).expect("a String takes all");
    }
    Ok(Value::text(lines))
}

/// `TEXT_LINES`: a text as assignments to `g_varchar2_table`.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]
pub(super) fn text_lines(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let letters: Vec<char> = text(values, 0).unwrap_or_default().chars().collect();
    let mut lines = EMPTY.to_owned();
    for (at, part) in letters.chunks(TEXT_LINE).enumerate() {
        let part: String = part.iter().collect();
        let part = part.replace('\'', "''").replace('\n', "'||wwv_flow.LF||\n'");
        writeln!(lines, "wwv_flow_imp.g_varchar2_table({}) := '{part}';", at + 1)
            .expect("a String takes all");
    }
    Ok(Value::text(lines))
}

/// The elements of a collection of texts, in order, as one text.
fn joined(values: &[Value]) -> String {
    match &values[0] {
        Value::Collection(table) => table.elements.values().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// `VARCHAR2_TO_BLOB`: hexadecimal digits as the bytes they stand for.
pub(super) fn to_blob(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let digits = joined(values);
    let pair = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(pair).collect();
    bytes.map(|bytes| Value::raw(&bytes)).ok_or_else(|| OracleError::new(1465, &[]))
}

/// `VARCHAR2_TO_CLOB`: the texts, one after the other.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]
pub(super) fn to_clob(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    Ok(Value::text(joined(values)))
}

fn zip_error(error: &zip::result::ZipError) -> OracleError {
    application_error(20001, &format!("The zip file cannot be read or made: {error}"))
}

/// `ZIP`: files as one archive, their texts in UTF-8.
pub(super) fn zip(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let failed = |error: std::io::Error| OracleError::with_text(600, &error.to_string());
    for list in &values[..2] {
        let Value::Collection(list) = list else { continue };
        for file in list.elements.values() {
            let Value::Record(_, fields) = file else { continue };
            let name = fields[0].as_str().unwrap_or_default();
            archive.start_file(name, SimpleFileOptions::default()).map_err(|e| zip_error(&e))?;
            archive.write_all(fields[1].as_str().unwrap_or_default().as_bytes()).map_err(failed)?;
        }
    }
    let bytes = archive.finish().map_err(|e| zip_error(&e))?.into_inner();
    Ok(Value::raw(&bytes))
}

/// `UNZIP`: the files of an archive; folders are left out.
pub(super) fn unzip(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let bytes = if let Value::Raw(bytes) = &values[0] { &bytes[..] } else { &[] };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| zip_error(&e))?;
    let mut entries = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).map_err(|e| zip_error(&e))?;
        if file.is_dir() {
            continue;
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(|e| zip_error(&zip::result::ZipError::Io(e)))?;
        let name = file.name().map_err(|e| zip_error(&e))?.into_owned();
        entries.push((name, String::from_utf8_lossy(&content).into_owned()));
    }
    files(machine, entries)
}
