//! Replies: the messages that the server sends.

use super::request::{V12_2, V20_1, V23_1, V23_1_NOTES, V23_4};
use super::values::{CLOB, UTF8, VARCHAR, shown};
use super::wire::Writer;
use crate::sandbox::sql::{BindMode, Column, SqlError};

const DATA_TYPES: u8 = 2;
const ERROR: u8 = 4;
const ROW_HEADER: u8 = 6;
pub(super) const PARAMETER: u8 = 8;
const STATUS: u8 = 9;
const IO_VECTOR: u8 = 11;
const DESCRIBE: u8 = 16;

/// A call's state: a transaction is open.
const TRANSACTION: u64 = 2;
/// The error of a fetch that found the end.
pub(super) const NO_DATA: u32 = 1403;
/// What a warning of compilation looks like in the end of a reply.
const COMPILED_WITH_ERRORS: u8 = 0x20;

/// What the server says of the protocol.
pub(super) fn protocol(writer: &mut Writer, version: u8) {
    let mut compiled = [0; 55];
    compiled[7] = version;
    let mut running = [0; 13];
    (running[0], running[1], running[6]) = (2, 1, 0x04);
    let mut sets = [0; 11];
    sets[9..].copy_from_slice(&2000_u16.to_be_bytes());
    writer.raw(&[1, 6, 0]).raw(b"adbctl sandbox\0").raw(&[0x69, 0x03]).u8(1).raw(&[0, 0]);
    writer.u16(11).raw(&sets).bytes(&compiled).bytes(&running);
}

/// What the server says of data types: nothing but the zone, which is UTC.
pub(super) fn data_types(writer: &mut Writer, zone: bool) {
    writer.u8(DATA_TYPES);
    if zone {
        writer.raw(&[0x80, 0, 0, 0, 60, 60, 60, 0x80, 0, 0, 0]);
    }
    writer.u16(0);
}

/// The end of a call that has nothing to tell.
pub(super) fn status(writer: &mut Writer, transaction: bool) {
    writer.u8(STATUS).ub(if transaction { TRANSACTION } else { 0 }).ub(0);
}

/// The end of an execution or fetch.
#[derive(Clone, Debug, Default)]
pub(super) struct End<'a> {
    pub(super) error: Option<&'a SqlError>,
    /// The place of the error in the text, in letters from 0.
    pub(super) position: u64,
    pub(super) cursor: u64,
    /// Rows changed, or fetched so far.
    pub(super) rows: u64,
    pub(super) transaction: bool,
    /// What was made has errors of compilation.
    pub(super) warning: bool,
    /// What is wrong with single rows of a batch, by their numbers from 0.
    pub(super) batch: &'a [(usize, SqlError)],
}

/// Writes the end of an execution or fetch.
pub(super) fn end(writer: &mut Writer, version: u8, end: &End<'_>) {
    let code = end.error.map_or(0, |error| u64::from(error.code));
    writer.u8(ERROR).ub(if end.transaction { TRANSACTION } else { 0 }).ub(0);
    writer.ub(end.rows & 0xFFFF_FFFF).ub(code.min(65_535)).zeros(2).ub(end.cursor).ub(end.position);
    writer.zeros(5).u8(if end.warning { COMPILED_WITH_ERRORS } else { 0 });
    // Row id, error of the system, numbers.
    writer.zeros(5).zeros(6);
    batch(writer, end.batch);
    writer.ub(code).ub(end.rows);
    if version >= V20_1 {
        writer.zeros(2);
    }
    if let Some(error) = end.error {
        writer.bytes(format!("{}\n", error.text.trim_end()).as_bytes());
    }
}

/// Codes, rows and texts of a batch's errors, each behind their count and a byte that clients leave out.
fn batch(writer: &mut Writer, errors: &[(usize, SqlError)]) {
    if errors.is_empty() {
        writer.zeros(3);
        return;
    }
    writer.count(errors.len()).u8(1);
    for (_, error) in errors {
        writer.ub(error.code.min(65_535).into());
    }
    writer.count(errors.len()).u8(1);
    for (row, _) in errors {
        writer.count(*row);
    }
    writer.count(errors.len()).u8(1);
    for (_, error) in errors {
        let text = format!("{}\n", error.text.trim_end());
        writer.count(text.len()).bytes(text.as_bytes()).zeros(2);
    }
}

/// The columns of a query, as they stand in a description and in a cursor that comes out of a block.
pub(super) fn columns(writer: &mut Writer, columns: &[Column], version: u8) {
    let all: Vec<_> = columns.iter().map(shown).collect();
    writer.ub(all.iter().map(|column| column.bytes).sum()).count(columns.len());
    if !columns.is_empty() {
        writer.u8(0);
    }
    for (at, (column, shown)) in columns.iter().zip(all).enumerate() {
        let text = shown.letters > 0 || matches!(shown.of, VARCHAR | CLOB);
        writer.u8(shown.of).u8(0).u8(shown.precision).raw(&shown.scale.to_be_bytes());
        writer.ub(shown.bytes).zeros(4).ub(if text { UTF8 } else { 0 }).u8(u8::from(text)).ub(shown.letters);
        if version >= V12_2 {
            writer.ub(0);
        }
        let name = column.name.as_bytes();
        writer.u8(u8::from(column.nullable)).u8(u8::try_from(name.len()).unwrap_or(u8::MAX)).bytes2(name);
        writer.zeros(2).count(at + 1).ub(0);
        if version >= V23_1 {
            writer.zeros(2);
        }
        if version >= V23_1_NOTES {
            writer.ub(0);
        }
        if version >= V23_4 {
            writer.zeros(3);
        }
    }
    writer.zeros(6);
}

/// The description of a query.
pub(super) fn describe(writer: &mut Writer, list: &[Column], version: u8) {
    writer.u8(DESCRIBE).u8(0);
    columns(writer, list, version);
}

/// What stands before rows.
pub(super) fn row_header(writer: &mut Writer) {
    writer.u8(ROW_HEADER).zeros(7);
}

/// The directions of a block's binds.
pub(super) fn directions(writer: &mut Writer, modes: &[BindMode]) {
    writer.u8(IO_VECTOR).u8(0).count(modes.len() % 256).count(modes.len() / 256).zeros(4);
    for mode in modes {
        writer.u8(match mode {
            BindMode::Out => 16,
            BindMode::In => 32,
            BindMode::InOut => 48,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::hexadecimal;
    use super::*;

    fn bytes(write: impl FnOnce(&mut Writer)) -> String {
        let mut writer = Writer::new();
        write(&mut writer);
        hexadecimal(&writer.0)
    }

    /// Bytes that other people's clients were seen to take.
    #[test]
    fn messages_as_clients_take_them() {
        fn check(write: impl FnOnce(&mut Writer), wanted: &str) {
            assert_eq!(bytes(write), wanted.to_uppercase());
        }
        check(|w| status(w, false), "090000");
        check(
            |w| end(w, 13, &End { cursor: 5, rows: 1, ..End::default() }),
            "04000001010000000105000000000000000000000000000000000000000000000101",
        );
        let missing = SqlError::new(942, "table or view does not exist");
        check(
            |w| end(w, 13, &End { error: Some(&missing), position: 14, ..End::default() }),
            "040000000203ae000000010e00000000000000000000000000000000000000000203ae00\
             284f52412d30303934323a207461626c65206f72207669657720646f6573206e6f742065786973740a",
        );
        let column = |name: &str, of: &str, precision: u32| Column {
            name: name.to_owned(),
            type_name: of.to_owned(),
            precision,
            scale: 0,
            nullable: true,
        };
        check(
            |w| describe(w, &[column("ID", "NUMBER", 10), column("NAME", "VARCHAR2", 100)], 13),
            "10000201a601020002000a00011600000000000000000102010202494400000101000100000002\
             0190000000000203690101640001040104044e414d450000010200000000000000",
        );
        let twice = [(0, SqlError::new(1, "x")), (300, SqlError::new(2, "y"))];
        let failed = SqlError::new(24381, "error(s) in array DML");
        let found = bytes(|w| end(w, 13, &End { error: Some(&failed), batch: &twice, ..End::default() }));
        let text = |text: &str| hexadecimal(text.as_bytes());
        let texts = format!("01020D{}0000010D0D{}0000", text("ORA-00001: x\n"), text("ORA-00002: y\n"))
            .replacen("01020D", "0102 01 010D 0D", 1);
        assert!(
            found.contains(&format!("0102 01 0101 0102 0102 01 00 02012C {texts}").replace(' ', "")),
            "{found}"
        );
        check(row_header, "0600000000000000");
        check(|w| directions(w, &[BindMode::Out, BindMode::In, BindMode::InOut]), "0b0001030000000000102030");
    }

    #[test]
    fn newer_layouts_are_longer() {
        fn check(version: u8, wanted: usize) {
            let column = Column {
                name: "A".into(),
                type_name: "DATE".into(),
                precision: 0,
                scale: 0,
                nullable: false,
            };
            let length = bytes(|w| describe(w, &[column], version)).len() / 2;
            assert_eq!(length, wanted, "{version}");
        }
        check(7, 37);
        check(13, 38);
        check(17, 40);
        check(20, 41);
        check(24, 44);
    }
}
