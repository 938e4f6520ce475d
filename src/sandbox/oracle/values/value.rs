//! A value at run time.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::calendar::{DAY_MICROS, MICROS};
use super::date_format;
use super::number::Number;
use super::types::{CollectionType, RecordType};

/// A value. The empty string never appears: it is NULL.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// NULL of any type.
    #[default]
    Null,
    /// NUMBER and the integers.
    Number(Number),
    /// Character strings of any type, never empty.
    Text(Arc<str>),
    /// DATE: seconds since 1970, local time without zone.
    Date(i64),
    /// TIMESTAMP: microseconds since 1970, without zone.
    Timestamp(i64),
    /// TIMESTAMP WITH TIME ZONE: microseconds since 1970 UTC, and the zone's offset in minutes.
    TimestampTz(i64, i32),
    /// INTERVAL DAY TO SECOND in microseconds.
    IntervalDay(i64),
    /// INTERVAL YEAR TO MONTH in months.
    IntervalYear(i64),
    /// RAW and BLOB.
    Raw(Arc<[u8]>),
    /// BOOLEAN.
    Boolean(bool),
    /// A record or object, its fields in order.
    Record(Arc<RecordType>, Vec<Value>),
    /// A collection.
    Collection(Arc<Collection>),
    /// A cursor, by its number in the session.
    Cursor(u64),
}

/// A collection's content.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Its type.
    pub of: Arc<CollectionType>,
    /// Its elements.
    pub elements: BTreeMap<Key, Value>,
    /// The highest subscript of a nested table or varray, deleted elements included.
    pub extent: i64,
}

/// A subscript.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A number.
    Integer(i64),
    /// A string.
    Text(Arc<str>),
}

impl Value {
    /// A string; the empty one is NULL.
    pub fn text(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        if text.is_empty() { Self::Null } else { Self::Text(text.into()) }
    }

    /// A whole number.
    pub fn integer(value: i64) -> Self {
        Self::Number(Number::from(value))
    }

    /// A count.
    pub fn count(value: usize) -> Self {
        Self::Number(Number::from(value))
    }

    /// Bytes; none of them is NULL.
    pub fn raw(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::Null } else { Self::Raw(bytes.into()) }
    }

    /// The string, or NULL.
    pub fn optional_text(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    /// True for NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The characters of a string value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a number value.
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth of a BOOLEAN; none for NULL.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The moment of a DATE or timestamp in microseconds, in its own zone.
    pub fn as_moment(&self) -> Option<i64> {
        match self {
            Self::Date(seconds) => Some(seconds * MICROS),
            Self::Timestamp(micros) => Some(*micros),
            Self::TimestampTz(micros, offset) => Some(micros + i64::from(*offset) * 60 * MICROS),
            _ => None,
        }
    }

    /// How the value shows where no format is given, with the session's default formats.
    pub fn display(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.to_string(),
            Self::Date(_) => date_format::format(self, date_format::DEFAULT_DATE).unwrap_or_default(),
            Self::Timestamp(_) => {
                date_format::format(self, date_format::DEFAULT_TIMESTAMP).unwrap_or_default()
            }
            Self::TimestampTz(..) => {
                date_format::format(self, date_format::DEFAULT_TIMESTAMP_TZ).unwrap_or_default()
            }
            Self::IntervalDay(micros) => interval_day_text(*micros),
            Self::IntervalYear(months) => {
                let sign = if *months < 0 { '-' } else { '+' };
                format!("{sign}{:02}-{:02}", months.abs() / 12, months.abs() % 12)
            }
            Self::Raw(bytes) => hexadecimal(bytes),
            Self::Boolean(value) => if *value { "TRUE" } else { "FALSE" }.into(),
            Self::Record(..) | Self::Collection(_) | Self::Cursor(_) => String::new(),
        }
    }

    /// The order of two values of one family, neither NULL; none when they cannot be compared.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::TimestampTz(a, _), Self::TimestampTz(b, _)) => a.cmp(b),
            (Self::IntervalDay(a), Self::IntervalDay(b)) | (Self::IntervalYear(a), Self::IntervalYear(b)) => {
                a.cmp(b)
            }
            (Self::Raw(a), Self::Raw(b)) => a.cmp(b),
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Record(_, a), Self::Record(_, b)) => {
                for (x, y) in a.iter().zip(b) {
                    match x.compare(y)? {
                        Ordering::Equal => {}
                        other => return Some(other),
                    }
                }
                a.len().cmp(&b.len())
            }
            _ => self.as_moment()?.cmp(&other.as_moment()?),
        })
    }

    /// A total order over values, NULL last: for sorting, grouping and DISTINCT.
    pub fn sort_compare(&self, other: &Self) -> Ordering {
        match (self.is_null(), other.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }

    /// A key that is equal for equal values: for hash joins and grouping.
    pub fn hash_key(&self) -> HashKey {
        match self {
            Self::Null => HashKey::Null,
            Self::Number(number) => HashKey::Number(*number),
            Self::Text(text) => HashKey::Text(text.clone()),
            Self::TimestampTz(micros, _) => HashKey::Moment(*micros),
            Self::Date(_) | Self::Timestamp(_) => HashKey::Moment(self.as_moment().unwrap_or_default()),
            Self::IntervalDay(n) | Self::IntervalYear(n) => HashKey::Moment(*n),
            Self::Raw(bytes) => HashKey::Raw(bytes.clone()),
            Self::Boolean(value) => HashKey::Moment(i64::from(*value)),
            Self::Record(_, fields) => HashKey::Many(fields.iter().map(Self::hash_key).collect()),
            Self::Collection(items) => HashKey::Many(items.elements.values().map(Self::hash_key).collect()),
            Self::Cursor(number) => HashKey::Moment(i64::try_from(*number).unwrap_or(i64::MAX)),
        }
    }
}

/// What `hash_key` makes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HashKey {
    /// NULL.
    Null,
    /// A number.
    Number(Number),
    /// A string.
    Text(Arc<str>),
    /// A moment, interval or truth value.
    Moment(i64),
    /// Bytes.
    Raw(Arc<[u8]>),
    /// The fields of a record.
    Many(Vec<HashKey>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Collection(a), Self::Collection(b)) => a.elements == b.elements,
            (Self::Cursor(a), Self::Cursor(b)) => a == b,
            (Self::Record(_, a), Self::Record(_, b)) => a == b,
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }
}

fn interval_day_text(micros: i64) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    let size = micros.abs();
    let (days, rest) = (size / DAY_MICROS, size % DAY_MICROS);
    let (seconds, fraction) = (rest / MICROS, rest % MICROS);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{sign}{days:02} {hours:02}:{minutes:02}:{seconds:02}.{fraction:06}")
}

/// Bytes in upper-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// Reads hexadecimal; an odd count of digits gets a zero in front.
pub(crate) fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let padded = if text.len() % 2 == 1 { format!("0{text}") } else { text.to_owned() };
    padded
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
