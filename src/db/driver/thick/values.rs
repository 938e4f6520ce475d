//! What comes back, as JSON: the same as the other drivers give for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::ToSpan as _;
use oracle::sql_type::{IntervalDS, IntervalYM, OracleType, Timestamp};
use oracle::{ColumnInfo, Row};
use serde_json::Value;

use super::failure::Fault;
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
}

/// Reads a column's description.
///
/// # Errors
/// Its type is one that is not converted.
pub(super) fn column(info: &ColumnInfo) -> Result<(Column, Form), Fault> {
    let name = info.name().to_lowercase();
    match form(info.oracle_type()) {
        Some((of, form)) => Ok((Column { name, of }, form)),
        None => Err(Fault::unread(format!(
            "the column {name} is of the type {}, which this driver does not read",
            info.oracle_type()
        ))),
    }
}

/// A type's name without a length, and how it is read.
fn form(of: &OracleType) -> Option<(String, Form)> {
    let form = match of {
        OracleType::Number(..) | OracleType::Float(_) | OracleType::Int64 | OracleType::UInt64 => {
            return Some(("NUMBER".to_owned(), Form::Number));
        }
        OracleType::BinaryFloat => Form::Float,
        OracleType::BinaryDouble => Form::Double,
        OracleType::Varchar2(_)
        | OracleType::NVarchar2(_)
        | OracleType::Char(_)
        | OracleType::NChar(_)
        | OracleType::Rowid
        | OracleType::CLOB
        | OracleType::NCLOB => Form::Text,
        OracleType::Long => return Some(("CLOB".to_owned(), Form::Text)),
        OracleType::Raw(_) => Form::Bytes,
        OracleType::BLOB => Form::Base64,
        OracleType::LongRaw => return Some(("BLOB".to_owned(), Form::Base64)),
        OracleType::Boolean => Form::Truth,
        // A precision stands in the names of moments and lengths of time.
        OracleType::Date
        | OracleType::Timestamp(_)
        | OracleType::TimestampTZ(_)
        | OracleType::TimestampLTZ(_) => return Some((of.to_string(), Form::Moment)),
        OracleType::IntervalDS(..) => return Some((of.to_string(), Form::DaysAndSeconds)),
        OracleType::IntervalYM(_) => return Some((of.to_string(), Form::YearsAndMonths)),
        _ => return None,
    };
    let named = of.to_string();
    Some((named.split('(').next().unwrap_or_default().to_owned(), form))
}

/// The value in a row.
///
/// # Errors
/// Those of the driver.
pub(super) fn value(row: &Row, at: usize, form: Form) -> Result<Value, Fault> {
    let none = Value::Null;
    Ok(match form {
        Form::Number => row.get::<_, Option<String>>(at)?.map_or(none, number::to_json),
        Form::Float => row.get::<_, Option<f32>>(at)?.map_or(none, |number| fraction(number.to_string())),
        Form::Double => row.get::<_, Option<f64>>(at)?.map_or(none, |number| fraction(number.to_string())),
        Form::Text => text(row.get::<_, Option<String>>(at)?),
        Form::Moment => row.get::<_, Option<Timestamp>>(at)?.map_or(none, |at| Value::String(moment(&at))),
        Form::Bytes => {
            row.get::<_, Option<Vec<u8>>>(at)?.map_or(none, |bytes| Value::String(hexadecimal(&bytes)))
        }
        Form::Base64 => {
            row.get::<_, Option<Vec<u8>>>(at)?.map_or(none, |bytes| Value::String(STANDARD.encode(bytes)))
        }
        Form::Truth => row.get::<_, Option<bool>>(at)?.map_or(none, Value::Bool),
        Form::DaysAndSeconds => {
            row.get::<_, Option<IntervalDS>>(at)?.map_or(none, |length| Value::String(days(&length)))
        }
        Form::YearsAndMonths => row
            .get::<_, Option<IntervalYM>>(at)?
            .map_or(none, |length| Value::String(forms::years(length.years(), length.months()))),
    })
}

/// The library gives a moment with a time zone as it is there, and the answer has it in UTC.
fn moment(at: &Timestamp) -> String {
    let plain = [
        i64::from(at.year()),
        i64::from(at.month()),
        i64::from(at.day()),
        i64::from(at.hour()),
        i64::from(at.minute()),
        i64::from(at.second()),
    ];
    let small = |number: u32| i8::try_from(number).unwrap_or(0);
    let there = i16::try_from(at.year()).ok().and_then(|year| {
        let (hour, minute, second) = (small(at.hour()), small(at.minute()), small(at.second()));
        jiff::civil::DateTime::new(year, small(at.month()), small(at.day()), hour, minute, second, 0).ok()
    });
    let shifted = there
        .filter(|_| at.tz_offset() != 0)
        .and_then(|there| there.checked_sub(i64::from(at.tz_offset()).seconds()).ok());
    let parts = shifted.map_or(plain, |utc| {
        [
            i64::from(utc.year()),
            i64::from(utc.month()),
            i64::from(utc.day()),
            i64::from(utc.hour()),
            i64::from(utc.minute()),
            i64::from(utc.second()),
        ]
    });
    forms::moment(parts, at.nanosecond())
}

fn days(length: &IntervalDS) -> String {
    forms::days([length.days(), length.hours(), length.minutes(), length.seconds()], length.nanoseconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        fn check(at: &Timestamp, wanted: &str) {
            assert_eq!(moment(at), wanted);
        }
        let plain = Timestamp::new(2024, 2, 9, 3, 4, 5, 120_000_000).unwrap();
        check(&plain, "2024-02-09T03:04:05.120000Z");
        check(&plain.and_tz_hm_offset(5, 30).unwrap(), "2024-02-08T21:34:05.120000Z");
        check(&plain.and_tz_hm_offset(-8, 0).unwrap(), "2024-02-09T11:04:05.120000Z");
        check(&Timestamp::new(2024, 12, 31, 23, 59, 59, 1).unwrap(), "2024-12-31T23:59:59.000000001Z");
    }

    #[test]
    fn lengths_of_time() {
        assert_eq!(days(&IntervalDS::new(2, 3, 4, 5, 6_000).unwrap()), "+02 03:04:05.000006");
        assert_eq!(days(&IntervalDS::new(0, -1, 0, 0, 0).unwrap()), "-00 01:00:00.000000");
    }

    #[test]
    fn types() {
        fn check(of: &OracleType, wanted: Option<(&str, Form)>) {
            let found = form(of);
            let found = found.as_ref().map(|(name, form)| (name.as_str(), *form));
            assert_eq!(found, wanted, "{of}");
        }
        check(&OracleType::Number(10, 2), Some(("NUMBER", Form::Number)));
        check(&OracleType::Int64, Some(("NUMBER", Form::Number)));
        check(&OracleType::BinaryDouble, Some(("BINARY_DOUBLE", Form::Double)));
        check(&OracleType::Varchar2(30), Some(("VARCHAR2", Form::Text)));
        check(&OracleType::NChar(3), Some(("NCHAR", Form::Text)));
        check(&OracleType::CLOB, Some(("CLOB", Form::Text)));
        check(&OracleType::Raw(16), Some(("RAW", Form::Bytes)));
        check(&OracleType::BLOB, Some(("BLOB", Form::Base64)));
        check(&OracleType::Date, Some(("DATE", Form::Moment)));
        check(&OracleType::TimestampTZ(3), Some(("TIMESTAMP(3) WITH TIME ZONE", Form::Moment)));
        check(&OracleType::IntervalYM(2), Some(("INTERVAL YEAR TO MONTH", Form::YearsAndMonths)));
        check(&OracleType::Boolean, Some(("BOOLEAN", Form::Truth)));
        check(&OracleType::RefCursor, None);
        check(&OracleType::Json, None);
    }
}
