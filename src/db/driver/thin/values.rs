//! What comes back, as JSON: the same as REST-Enabled SQL gives for it.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oracledb::{
    DbType, Lob, Metadata, OracleIntervalDS, OracleIntervalYM, OracleNumber, OracleTimestamp, Row,
};
use serde_json::Value;

use super::failure::Trouble;
use crate::db::driver::rows::Column;
use crate::db::driver::sqlnet::forms::{self, fraction, hexadecimal, text};
use crate::db::driver::sqlnet::number;

/// How the values of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Number,
    Float,
    Double,
    Text,
    Moment,
    Bytes,
    Base64,
    Truth,
    DaysAndSeconds,
    YearsAndMonths,
    LongText,
    LongBytes,
}

/// Reads a column's description.
///
/// # Errors
/// Its type is one that is not converted.
pub(super) fn column(metadata: &Metadata) -> Result<(Column, Form), Trouble> {
    let of = metadata.db_type();
    let known: [(&DbType, Form, &str); 20] = [
        (oracledb::DB_TYPE_NUMBER, Form::Number, "NUMBER"),
        (oracledb::DB_TYPE_BINARY_INTEGER, Form::Number, "NUMBER"),
        (oracledb::DB_TYPE_BINARY_FLOAT, Form::Float, "BINARY_FLOAT"),
        (oracledb::DB_TYPE_BINARY_DOUBLE, Form::Double, "BINARY_DOUBLE"),
        (oracledb::DB_TYPE_VARCHAR, Form::Text, "VARCHAR2"),
        (oracledb::DB_TYPE_CHAR, Form::Text, "CHAR"),
        (oracledb::DB_TYPE_NVARCHAR, Form::Text, "NVARCHAR2"),
        (oracledb::DB_TYPE_NCHAR, Form::Text, "NCHAR"),
        // A CLOB is fetched as a text, and is described so.
        (oracledb::DB_TYPE_LONG, Form::Text, "CLOB"),
        (oracledb::DB_TYPE_LONG_NVARCHAR, Form::Text, "NCLOB"),
        (oracledb::DB_TYPE_ROWID, Form::Text, "ROWID"),
        (oracledb::DB_TYPE_UROWID, Form::Text, "UROWID"),
        (oracledb::DB_TYPE_DATE, Form::Moment, "DATE"),
        (oracledb::DB_TYPE_RAW, Form::Bytes, "RAW"),
        (oracledb::DB_TYPE_LONG_RAW, Form::Base64, "BLOB"),
        (oracledb::DB_TYPE_BOOLEAN, Form::Truth, "BOOLEAN"),
        (oracledb::DB_TYPE_CLOB, Form::LongText, "CLOB"),
        (oracledb::DB_TYPE_NCLOB, Form::LongText, "NCLOB"),
        (oracledb::DB_TYPE_BLOB, Form::LongBytes, "BLOB"),
        (oracledb::DB_TYPE_TIMESTAMP, Form::Moment, "TIMESTAMP"),
    ];
    let name = metadata.name().to_lowercase();
    if let Some((_, form, word)) = known.iter().find(|(known, ..)| *known == of) {
        // A precision stands in the names of moments only.
        let of = if *word == "TIMESTAMP" { metadata.data_type() } else { (*word).to_owned() };
        return Ok((Column { name, of }, *form));
    }
    let form = if of.is_date_type() {
        Form::Moment
    } else if of == oracledb::DB_TYPE_INTERVAL_DS {
        Form::DaysAndSeconds
    } else if of == oracledb::DB_TYPE_INTERVAL_YM {
        Form::YearsAndMonths
    } else {
        let of = metadata.data_type();
        return Err(Trouble::Unread(format!(
            "the column {name} is of the type {of}, which this driver does not read"
        )));
    };
    Ok((Column { name, of: metadata.data_type() }, form))
}

/// The value in a row.
///
/// # Errors
/// Those of the driver.
pub(super) fn value(row: &mut Row, at: usize, form: Form) -> Result<Value, Trouble> {
    let none = Value::Null;
    Ok(match form {
        Form::Number => {
            let number = row.get::<Option<OracleNumber>>(at)?;
            number.map_or(none, |number| number::to_json(number.to_string()))
        }
        Form::Float => row.get::<Option<f32>>(at)?.map_or(none, |number| fraction(number.to_string())),
        Form::Double => row.get::<Option<f64>>(at)?.map_or(none, |number| fraction(number.to_string())),
        Form::Text => text(row.take::<Option<String>>(at)?),
        Form::Moment => row.get::<Option<OracleTimestamp>>(at)?.map_or(none, |at| Value::String(moment(&at))),
        Form::Bytes => row.get::<Option<&[u8]>>(at)?.map_or(none, |bytes| Value::String(hexadecimal(bytes))),
        Form::Base64 => {
            row.get::<Option<&[u8]>>(at)?.map_or(none, |bytes| Value::String(STANDARD.encode(bytes)))
        }
        Form::Truth => row.get::<Option<bool>>(at)?.map_or(none, Value::Bool),
        Form::DaysAndSeconds => {
            row.get::<Option<OracleIntervalDS>>(at)?.map_or(none, |length| Value::String(days(&length)))
        }
        Form::YearsAndMonths => row
            .get::<Option<OracleIntervalYM>>(at)?
            .map_or(none, |length| Value::String(forms::years(length.years(), i32::from(length.months())))),
        Form::LongText => text(row.take::<Option<Lob>>(at)?.map(long_text).transpose()?),
        Form::LongBytes => match row.take::<Option<Lob>>(at)? {
            Some(lob) => Value::String(STANDARD.encode(long_bytes(lob)?)),
            None => none,
        },
    })
}

/// A CLOB of any length. The driver reads it in one piece here: in several it would cut characters in two, and where the
/// end of a reply falls into a packet of its own, it gives what it read twice over. Both are left without effect by room
/// for twice the text and by the length that is known.
pub(super) fn long_text(mut lob: Lob) -> Result<String, Trouble> {
    let units = lob.get_size()?;
    if units == 0 {
        return Ok(String::new());
    }
    let mut bytes = vec![0; units.saturating_mul(6)];
    let count = lob.read(&mut bytes)?;
    bytes.truncate(count);
    let mut text =
        String::from_utf8(bytes).map_err(|e| Trouble::Unread(format!("a CLOB is no text: {e}")))?;
    let mut left = units;
    let end = text.char_indices().find_map(|(at, letter)| {
        if left == 0 {
            return Some(at);
        }
        left = left.saturating_sub(letter.len_utf16());
        None
    });
    if let Some(end) = end {
        text.truncate(end);
    }
    if left > 0 {
        return Err(Trouble::Unread(format!("a CLOB of {units} units came without its last {left}")));
    }
    Ok(text)
}

fn long_bytes(mut lob: Lob) -> Result<Vec<u8>, Trouble> {
    let length = lob.get_size()?;
    let mut bytes = vec![0; length.saturating_mul(2)];
    let count = if length == 0 { 0 } else { lob.read(&mut bytes)? };
    if count < length {
        return Err(Trouble::Unread(format!("a BLOB of {length} bytes came with {count}")));
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn moment(at: &OracleTimestamp) -> String {
    forms::moment(
        [
            i64::from(at.year()),
            i64::from(at.month()),
            i64::from(at.day()),
            i64::from(at.hour()),
            i64::from(at.minute()),
            i64::from(at.second()),
        ],
        at.nanoseconds(),
    )
}

fn days(length: &OracleIntervalDS) -> String {
    let parts =
        [length.days(), i32::from(length.hours()), i32::from(length.minutes()), i32::from(length.seconds())];
    forms::days(parts, length.nanoseconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        fn check(nanoseconds: u32, wanted: &str) {
            assert_eq!(moment(&OracleTimestamp::new_timestamp(2024, 2, 9, 3, 4, 5, nanoseconds)), wanted);
        }
        check(0, "2024-02-09T03:04:05Z");
        check(120_000_000, "2024-02-09T03:04:05.120000Z");
        check(1, "2024-02-09T03:04:05.000000001Z");
    }

    #[test]
    fn lengths() {
        assert_eq!(days(&OracleIntervalDS::new(2, 3, 4, 5, 6_000)), "+02 03:04:05.000006");
        assert_eq!(days(&OracleIntervalDS::new(0, -1, 0, 0, 0)), "-00 01:00:00.000000");
        assert_eq!(forms::years(-1, -2), "-01-02");
    }
}
