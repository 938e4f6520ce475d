//! Values between a client and the database: what binds bring, what rows and binds take back.

use super::image;
use super::lobs::{CHUNK, Lobs};
use super::request::Described;
use super::wire::{Read, Reader, Writer};
use crate::sandbox::sql::{BindType, Cell, Column, SqlError};

pub(super) const VARCHAR: u8 = 1;
pub(super) const NUMBER: u8 = 2;
const INTEGER: u8 = 3;
pub(super) const LONG: u8 = 8;
const ROWID: u8 = 11;
const DATE: u8 = 12;
pub(super) const RAW: u8 = 23;
pub(super) const LONG_RAW: u8 = 24;
const CHAR: u8 = 96;
const FLOAT: u8 = 100;
const DOUBLE: u8 = 101;
pub(super) const CURSOR: u8 = 102;
pub(super) const CLOB: u8 = 112;
pub(super) const BLOB: u8 = 113;
const TIMESTAMP: u8 = 180;
const TIMESTAMP_ZONED: u8 = 181;
const INTERVAL_YEAR: u8 = 182;
const INTERVAL_DAY: u8 = 183;
const TIMESTAMP_LOCAL: u8 = 231;
const BOOLEAN: u8 = 252;

/// The character set of all texts.
pub(super) const UTF8: u64 = 873;
/// The longest text or RAW of a bind in PL/SQL, in bytes.
const LONGEST: usize = 32_767;
/// The byte that stands for a null BOOLEAN.
const ESCAPE: u8 = 253;

/// A column as clients are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) of: u8,
    pub(super) precision: u8,
    pub(super) scale: i8,
    pub(super) bytes: u64,
    pub(super) letters: u64,
}

/// How a column of a query shows to clients. Sizes are never 0, which would mean that all values are NULL.
pub(super) fn shown(column: &Column) -> Shown {
    let plain = |of: u8, bytes: u64| Shown { of, precision: 0, scale: 0, bytes, letters: 0 };
    let text = |of: u8, most: u64| {
        let letters = u64::from(column.precision);
        let letters = if letters == 0 { most } else { letters };
        Shown { letters, ..plain(of, (letters * 4).min(32_767)) }
    };
    match column.type_name.as_str() {
        "NUMBER" | "PLS_INTEGER" => Shown {
            precision: u8::try_from(column.precision).unwrap_or(0),
            scale: i8::try_from(column.scale).unwrap_or(-127),
            ..plain(NUMBER, 22)
        },
        "CHAR" => text(CHAR, 2000),
        "DATE" => plain(DATE, 7),
        "TIMESTAMP" => Shown { scale: 6, ..plain(TIMESTAMP, 11) },
        "TIMESTAMP WITH TIME ZONE" => Shown { scale: 6, ..plain(TIMESTAMP_ZONED, 13) },
        "CLOB" => plain(CLOB, 4000),
        "BLOB" => plain(BLOB, 4000),
        "RAW" => plain(RAW, column.precision.max(1).into()),
        "BOOLEAN" => plain(BOOLEAN, 1),
        name if name.starts_with("INTERVAL DAY") => {
            Shown { precision: 2, scale: 6, ..plain(INTERVAL_DAY, 11) }
        }
        name if name.starts_with("INTERVAL YEAR") => Shown { precision: 2, ..plain(INTERVAL_YEAR, 5) },
        // Row ids are texts here, and so they travel.
        _ => text(VARCHAR, 4000),
    }
}

fn unsupported(of: u8) -> SqlError {
    let what = format!("unsupported network datatype or representation (the sandbox cannot bind type {of})");
    SqlError::new(3115, &what)
}

/// The database's type for a bind. A long text is a CLOB to SQL, and nothing to PL/SQL.
pub(super) fn bind_type(bind: &Described, plsql: bool) -> Result<BindType, SqlError> {
    let size = u32::try_from(bind.size).unwrap_or(u32::MAX);
    Ok(match bind.of {
        VARCHAR | LONG if !plsql && size > 32_767 => BindType::Clob,
        VARCHAR | LONG => BindType::Varchar2,
        CHAR => BindType::Char,
        NUMBER | INTEGER | FLOAT | DOUBLE => BindType::Number,
        DATE => BindType::Date,
        TIMESTAMP | TIMESTAMP_LOCAL => BindType::Timestamp,
        TIMESTAMP_ZONED => BindType::TimestampTz,
        RAW | LONG_RAW if !plsql && size > 32_767 => BindType::Blob,
        RAW | LONG_RAW => BindType::Raw,
        CLOB => BindType::Clob,
        BLOB => BindType::Blob,
        BOOLEAN => BindType::Boolean,
        CURSOR => BindType::Cursor,
        ROWID => BindType::Rowid,
        other => return Err(unsupported(other)),
    })
}

fn broken() -> SqlError {
    SqlError::new(3115, "unsupported network datatype or representation")
}

/// The value of a bind. What is wrong with it is for the answer: the bytes behind it have to be read all the same.
pub(super) fn read(
    reader: &mut Reader<'_>,
    bind: &Described,
    plsql: bool,
    lobs: &Lobs,
) -> Read<Result<Cell, SqlError>> {
    match bind.of {
        CLOB | BLOB => {
            return Ok(match reader.bytes2()? {
                Some(locator) => lobs.value(&locator),
                None => Ok(Cell::Null),
            });
        }
        CURSOR => {
            if reader.ub()? != 0 {
                reader.ub()?;
            }
            return Ok(Ok(Cell::Null));
        }
        BOOLEAN => {
            let length = reader.u8()?;
            if length == ESCAPE {
                reader.u8()?;
            }
            if matches!(length, 0 | ESCAPE) {
                return Ok(Ok(Cell::Null));
            }
            let bytes = reader.raw(length.into())?;
            return Ok(Ok(Cell::Boolean(bytes.last() == Some(&1))));
        }
        _ => {}
    }
    let Some(image) = reader.bytes()? else { return Ok(Ok(Cell::Null)) };
    Ok(plain(image, bind, plsql))
}

fn plain(image: Vec<u8>, bind: &Described, plsql: bool) -> Result<Cell, SqlError> {
    let in_zone = |wanted: fn(i64, i32) -> Cell| {
        image::moment(&image).map(|(micros, offset)| wanted(micros, offset)).ok_or_else(broken)
    };
    Ok(match bind.of {
        VARCHAR | CHAR | LONG => {
            let text = if bind.form == 2 {
                let units = image.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                String::from_utf16_lossy(&units.collect::<Vec<u16>>())
            } else {
                String::from_utf8(image).map_err(|_| broken())?
            };
            check_length(text.len(), plsql)?;
            Cell::text(text)
        }
        NUMBER | INTEGER => Cell::Number(image::number_text(&image).ok_or_else(broken)?),
        FLOAT | DOUBLE => Cell::Number(image::fraction_text(&image).ok_or_else(broken)?),
        DATE => in_zone(|micros, _| Cell::Date(micros.div_euclid(1_000_000)))?,
        TIMESTAMP | TIMESTAMP_LOCAL => in_zone(|micros, _| Cell::Timestamp(micros))?,
        TIMESTAMP_ZONED => in_zone(Cell::Zoned)?,
        RAW | LONG_RAW => {
            check_length(image.len(), plsql)?;
            Cell::Raw(image)
        }
        other => return Err(unsupported(other)),
    })
}

fn check_length(length: usize, plsql: bool) -> Result<(), SqlError> {
    if plsql && length > LONGEST {
        return Err(SqlError::new(1460, "unimplemented or unreasonable conversion requested"));
    }
    Ok(())
}

/// The image of a value in a type; an empty one for NULL.
fn image_of(cell: &Cell, of: u8) -> Option<Vec<u8>> {
    if matches!(cell, Cell::Null) {
        return Some(Vec::new());
    }
    match (of, cell) {
        (NUMBER | INTEGER, Cell::Number(text)) => image::number(text),
        (DOUBLE, Cell::Number(text)) => Some(image::double(text.parse().ok()?)),
        (FLOAT, Cell::Number(text)) => image::float(text),
        (DATE, Cell::Date(seconds)) => image::date(*seconds),
        (DATE, Cell::Timestamp(micros)) => image::date(micros.div_euclid(1_000_000)),
        (TIMESTAMP | TIMESTAMP_LOCAL, Cell::Date(seconds)) => {
            image::timestamp(seconds.checked_mul(1_000_000)?)
        }
        (TIMESTAMP | TIMESTAMP_LOCAL, Cell::Timestamp(micros)) => image::timestamp(*micros),
        (TIMESTAMP_ZONED, Cell::Zoned(micros, offset)) => image::zoned(*micros, *offset),
        (TIMESTAMP_ZONED, Cell::Timestamp(micros)) => image::zoned(*micros, 0),
        (INTERVAL_DAY, Cell::IntervalDay(micros)) => image::interval_day(*micros),
        (INTERVAL_YEAR, Cell::IntervalYear(months)) => image::interval_year(*months),
        (VARCHAR | CHAR | LONG | ROWID, Cell::Text(text) | Cell::Number(text)) => {
            Some(text.as_bytes().to_vec())
        }
        (RAW | LONG_RAW, Cell::Raw(bytes) | Cell::Blob(bytes)) => Some(bytes.clone()),
        _ => None,
    }
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A row of a query.
    Row,
    /// A bind that comes out.
    Bind,
}

/// Writes a value; not those of cursors, which have cursors to be made for them.
pub(super) fn write(
    writer: &mut Writer,
    cell: &Cell,
    of: u8,
    place: Place,
    lobs: &mut Lobs,
) -> Result<(), SqlError> {
    let null = matches!(cell, Cell::Null);
    match of {
        CLOB | BLOB => match lobs.hand_out(cell, place == Place::Bind) {
            Some(handed) => {
                writer.count(handed.locator.len()).count(handed.length).ub(CHUNK).bytes(&handed.locator);
            }
            None => drop(writer.ub(0)),
        },
        BOOLEAN => match cell {
            Cell::Boolean(true) => drop(writer.raw(&[2, 1, 1])),
            _ => drop(writer.raw(&[1, 0])),
        },
        _ => {
            let image = image_of(cell, of).ok_or_else(|| {
                SqlError::new(
                    932,
                    "inconsistent datatypes: the sandbox cannot convert this value for the client",
                )
            })?;
            writer.bytes(&image);
        }
    }
    match place {
        Place::Bind => drop(writer.sb(if of == BOOLEAN && null { -1 } else { 0 })),
        Place::Row if matches!(of, LONG | LONG_RAW) => {
            writer.sb(if null { -1 } else { 0 }).ub(if null { 1405 } else { 0 });
        }
        Place::Row => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::wire::hexadecimal;
    use super::*;

    fn column(type_name: &str, precision: u32, scale: i32) -> Column {
        Column { name: "X".to_owned(), type_name: type_name.to_owned(), precision, scale, nullable: true }
    }

    #[test]
    fn columns() {
        fn check(name: &str, precision: u32, scale: i32, wanted: (u8, u8, i8, u64, u64)) {
            let Shown { of, precision, scale, bytes, letters } = shown(&column(name, precision, scale));
            assert_eq!((of, precision, scale, bytes, letters), wanted, "{name}");
        }
        check("NUMBER", 10, 2, (NUMBER, 10, 2, 22, 0));
        check("NUMBER", 0, -127, (NUMBER, 0, -127, 22, 0));
        check("VARCHAR2", 100, 0, (VARCHAR, 0, 0, 400, 100));
        check("VARCHAR2", 32_767, 0, (VARCHAR, 0, 0, 32_767, 32_767));
        check("VARCHAR2", 0, 0, (VARCHAR, 0, 0, 16_000, 4000));
        check("RAW", 0, 0, (RAW, 0, 0, 1, 0));
        check("INTERVAL DAY(2) TO SECOND(6)", 0, 0, (INTERVAL_DAY, 2, 6, 11, 0));
    }

    #[test]
    fn values_of_rows_and_binds() {
        fn check(cell: &Cell, of: u8, row: &str, bind: &str) {
            let put = |place| {
                let mut writer = Writer::new();
                write(&mut writer, cell, of, place, &mut Lobs::default()).unwrap();
                hexadecimal(&writer.0)
            };
            assert_eq!(
                (put(Place::Row), put(Place::Bind)),
                (row.to_owned(), bind.to_owned()),
                "{cell:?} as {of}"
            );
        }
        check(&Cell::Null, NUMBER, "00", "0000");
        check(&Cell::Number("42".to_owned()), NUMBER, "02C12B", "02C12B00");
        check(&Cell::text("abc"), VARCHAR, "03616263", "0361626300");
        check(&Cell::text("abc"), LONG, "036162630000", "0361626300");
        check(&Cell::Null, LONG, "00810102057D", "0000");
        check(&Cell::Boolean(true), BOOLEAN, "020101", "02010100");
        check(&Cell::Null, BOOLEAN, "0100", "01008101");
        check(&Cell::Null, CLOB, "00", "0000");
        let mut writer = Writer::new();
        let mixed = write(&mut writer, &Cell::Date(0), NUMBER, Place::Row, &mut Lobs::default());
        assert_eq!(mixed.unwrap_err().code, 932);
    }
}
