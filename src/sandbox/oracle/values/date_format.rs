//! Date and timestamp formats: `TO_CHAR`, `TO_DATE`, `TO_TIMESTAMP`.

use super::calendar::{
    DAY_SECONDS, DAYS, Fields, MICROS, MONTHS, days_from_civil, fields_of, iso_week, month_length, weekday,
};
use super::value::Value;
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};

/// `NLS_DATE_FORMAT` of a new session.
pub(crate) const DEFAULT_DATE: &str = "DD-MON-RR";
/// `NLS_TIMESTAMP_FORMAT` of a new session.
pub(crate) const DEFAULT_TIMESTAMP: &str = "DD-MON-RR HH.MI.SSXFF AM";
/// `NLS_TIMESTAMP_TZ_FORMAT` of a new session.
pub(crate) const DEFAULT_TIMESTAMP_TZ: &str = "DD-MON-RR HH.MI.SSXFF AM TZR";

/// The elements of a format, longest first where one is a prefix of another.
const ELEMENTS: &[&str] = &[
    "SYYYY", "YYYY", "RRRR", "Y,YYY", "YEAR", "YYY", "YY", "RR", "IYYY", "IYY", "IY", "MONTH", "MON", "MM",
    "MI", "DDD", "DD", "DAY", "DY", "DS", "DL", "D", "HH24", "HH12", "HH", "SSSSS", "SS", "FF1", "FF2",
    "FF3", "FF4", "FF5", "FF6", "FF7", "FF8", "FF9", "FF", "A.M.", "P.M.", "AM", "PM", "B.C.", "A.D.", "BC",
    "AD", "TZH", "TZM", "TZR", "TZD", "TS", "WW", "IW", "W", "Q", "J", "RM", "CC", "FM", "FX", "X", "Y", "I",
];

#[derive(Debug, PartialEq, Clone)]
enum Token {
    /// An element, and how it was written (case decides the case of names).
    Element(&'static str, String),
    /// Characters copied; true when quoted.
    Literal(String, bool),
}

fn tokens(format: &str) -> Outcome<Vec<Token>> {
    let mut list = Vec::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let Some(end) = rest[1..].find('"') else { return fail(1821, &[]) };
            list.push(Token::Literal(rest[1..=end].to_owned(), true));
            rest = &rest[end + 2..];
            continue;
        }
        let found = ELEMENTS
            .iter()
            .find(|element| rest.get(..element.len()).is_some_and(|head| head.eq_ignore_ascii_case(element)));
        if let Some(element) = found {
            list.push(Token::Element(element, rest[..element.len()].to_owned()));
            rest = &rest[element.len()..];
            let spelled = rest.get(..2).map(str::to_ascii_uppercase);
            if spelled.as_deref() == Some("TH") || spelled.as_deref() == Some("SP") {
                return Err(OracleError::unsupported(format!(
                    "use the suffix {} in a date format",
                    &rest[..2]
                )));
            }
            continue;
        }
        if first.is_ascii_alphanumeric() {
            return fail(1821, &[]);
        }
        list.push(Token::Literal(first.to_string(), false));
        rest = &rest[first.len_utf8()..];
    }
    Ok(list)
}

fn in_case(name: &str, written: &str) -> String {
    let mut letters = written.chars();
    let first = letters.next().is_some_and(char::is_uppercase);
    let second = letters.next().is_some_and(char::is_uppercase);
    match (first, second) {
        (true, true) => name.to_uppercase(),
        (true, false) => name.to_owned(),
        _ => name.to_lowercase(),
    }
}

fn roman(month: i64) -> &'static str {
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
        [usize::try_from(month - 1).unwrap_or(0).min(11)]
}

fn name_of<'a>(names: &[&'a str], index: i64) -> &'a str {
    names[usize::try_from(index).unwrap_or(0).min(names.len() - 1)]
}

/// Formats a DATE or timestamp.
pub(crate) fn format(value: &Value, format: &str) -> Outcome<String> {
    let Some(micros) = value.as_moment() else {
        return fail(1481, &[]);
    };
    let offset = if let Value::TimestampTz(_, offset) = value { *offset } else { 0 };
    let fields = fields_of(micros);
    let days = days_from_civil(fields.year, fields.month, fields.day);
    let mut text = String::new();
    let mut fill = true;
    for token in tokens(format)? {
        let (element, written) = match token {
            Token::Literal(literal, _) => {
                text.push_str(&literal);
                continue;
            }
            Token::Element(element, written) => (element, written),
        };
        if element == "FM" {
            fill = !fill;
            continue;
        }
        text.push_str(&piece(element, &written, &fields, days, offset, fill)?);
    }
    Ok(text)
}

fn piece(element: &str, written: &str, at: &Fields, days: i64, offset: i32, fill: bool) -> Outcome<String> {
    let number = |value: i64, width: usize| if fill { format!("{value:0width$}") } else { value.to_string() };
    let (hour, minute, second) = (at.second_of_day / 3600, at.second_of_day / 60 % 60, at.second_of_day % 60);
    let day_of_year = days - days_from_civil(at.year, 1, 1) + 1;
    let year = if at.year <= 0 { 1 - at.year } else { at.year };
    let (iso_year, iso) = iso_week(days);
    Ok(match element {
        "SYYYY" => format!(
            "{}{}",
            if at.year <= 0 {
                "-"
            } else if fill {
                " "
            } else {
                ""
            },
            number(year, 4)
        ),
        "YYYY" | "RRRR" => number(year, 4),
        "Y,YYY" => format!("{},{:03}", year / 1000, year % 1000),
        "YYY" => number(year % 1000, 3),
        "YY" | "RR" => number(year % 100, 2),
        "Y" => (year % 10).to_string(),
        "IYYY" => number(iso_year, 4),
        "IYY" => number(iso_year % 1000, 3),
        "IY" => number(iso_year % 100, 2),
        "I" => (iso_year % 10).to_string(),
        "MM" => number(at.month, 2),
        "MON" => in_case(&name_of(&MONTHS, at.month - 1)[..3], written),
        "MONTH" => {
            let name = in_case(name_of(&MONTHS, at.month - 1), written);
            if fill { format!("{name:<9}") } else { name }
        }
        "RM" => {
            if fill {
                format!("{:<4}", roman(at.month))
            } else {
                roman(at.month).to_owned()
            }
        }
        "DDD" => number(day_of_year, 3),
        "DD" => number(at.day, 2),
        "D" => (weekday(days) + 1).to_string(),
        "DY" => in_case(&name_of(&DAYS, weekday(days))[..3], written),
        "DAY" => {
            let name = in_case(name_of(&DAYS, weekday(days)), written);
            if fill { format!("{name:<9}") } else { name }
        }
        "HH" | "HH12" => number(if hour % 12 == 0 { 12 } else { hour % 12 }, 2),
        "HH24" => number(hour, 2),
        "MI" => number(minute, 2),
        "SS" => number(second, 2),
        "SSSSS" => number(at.second_of_day, 5),
        "FF" => format!("{:06}", at.micros),
        "X" => ".".into(),
        "AM" | "PM" => in_case(if hour < 12 { "AM" } else { "PM" }, written),
        "A.M." | "P.M." => {
            let upper = written.starts_with(char::is_uppercase);
            let name = if hour < 12 { "A.M." } else { "P.M." };
            if upper { name.into() } else { name.to_lowercase() }
        }
        "BC" | "AD" => if at.year <= 0 { "BC" } else { "AD" }.into(),
        "B.C." | "A.D." => if at.year <= 0 { "B.C." } else { "A.D." }.into(),
        "Q" => ((at.month + 2) / 3).to_string(),
        "WW" => number((day_of_year - 1) / 7 + 1, 2),
        "W" => ((at.day - 1) / 7 + 1).to_string(),
        "IW" => number(iso, 2),
        "J" => number(days + 2_440_588, 7),
        "CC" => number((year + 99) / 100, 2),
        "TZH" => format!("{}{:02}", if offset < 0 { '-' } else { '+' }, offset.abs() / 60),
        "TZM" => format!("{:02}", offset.abs() % 60),
        "TZR" => {
            format!("{}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, offset.abs() / 60, offset.abs() % 60)
        }
        "DS" => format!("{}/{}/{year}", at.month, at.day),
        "FX" => String::new(),
        other if other.starts_with("FF") => {
            let places: usize = other[2..].parse().unwrap_or(6);
            let padded = format!("{:06}000", at.micros);
            padded[..places].to_owned()
        }
        other => return Err(OracleError::unsupported(format!("write the date format element {other}"))),
    })
}

/// What a text read by a format holds.
#[derive(Debug, Default)]
struct Read {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    hour12: Option<i64>,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    second_of_day: Option<i64>,
    micros: i64,
    offset: Option<i32>,
    julian: Option<i64>,
}

/// A moment read from text: microseconds since 1970 in its own zone, and the zone's offset in minutes if one was given.
pub(crate) type Moment = (i64, Option<i32>);

/// Reads text by a format. `now` is the current moment in microseconds: a missing year or month is the current one.
pub(crate) fn parse(text: &str, format: &str, now: i64) -> Outcome<Moment> {
    let mut read = Read::default();
    let current = fields_of(now);
    let mut rest = text.trim();
    let list = tokens(format)?;
    let exact = list.iter().any(|token| matches!(token, Token::Element("FX", _)));
    let mut position = 0;
    while position < list.len() {
        let token = &list[position];
        position += 1;
        match token {
            Token::Literal(literal, quoted) => rest = skip_literal(rest, literal, *quoted, exact)?,
            Token::Element("FM" | "FX", _) => {}
            Token::Element("X", _) => rest = rest.strip_prefix('.').unwrap_or(rest),
            Token::Element(element, _) => {
                if !exact {
                    rest = rest.trim_start();
                }
                if rest.is_empty() {
                    // Trailing time elements may be missing; a missing date element is an error.
                    if matches!(
                        *element,
                        "HH24" | "HH" | "HH12" | "MI" | "SS" | "AM" | "PM" | "TZR" | "TZH" | "TZM" | "TZD"
                    ) || element.starts_with("FF")
                    {
                        continue;
                    }
                    return fail(1840, &[]);
                }
                rest = read_element(rest, element, &mut read, &current)?;
            }
        }
    }
    if !rest.trim().is_empty() {
        return fail(1830, &[]);
    }
    assemble(&read, &current)
}

fn skip_literal<'a>(rest: &'a str, literal: &str, quoted: bool, exact: bool) -> Outcome<&'a str> {
    if quoted {
        return rest.strip_prefix(literal).ok_or_else(|| OracleError::new(1861, &[]));
    }
    if let Some(next) = rest.strip_prefix(literal) {
        return Ok(next);
    }
    if exact {
        return if rest.is_empty() { Ok(rest) } else { fail(1861, &[]) };
    }
    match rest.chars().next() {
        // Punctuation in the text may differ from that of the format, or be left out before digits.
        Some(found) if found.is_ascii_punctuation() => Ok(&rest[1..]),
        Some(found) if found.is_whitespace() => Ok(rest.trim_start()),
        Some(_) if literal.trim().is_empty() => Ok(rest),
        Some(found) if found.is_ascii_digit() => Ok(rest),
        None => Ok(rest),
        Some(_) => fail(1861, &[]),
    }
}

fn take_number(rest: &str, width: usize, code: i32) -> Outcome<(i64, usize, &str)> {
    let length = rest.bytes().take(width).take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return fail(code, &[]);
    }
    Ok((rest[..length].parse().unwrap_or(0), length, &rest[length..]))
}

fn in_range(value: i64, low: i64, high: i64, code: i32) -> Outcome<i64> {
    if (low..=high).contains(&value) { Ok(value) } else { fail(code, &[]) }
}

fn read_element<'a>(rest: &'a str, element: &str, read: &mut Read, now: &Fields) -> Outcome<&'a str> {
    let (value, after);
    match element {
        "YYYY" | "SYYYY" | "IYYY" | "RRRR" => {
            let negative = element == "SYYYY" && rest.starts_with('-');
            let body = if negative { &rest[1..] } else { rest };
            let (year, length, next) = take_number(body, 4, 1841)?;
            let year = if element == "RRRR" && length <= 2 { round_year(year, now.year) } else { year };
            read.year = Some(in_range(if negative { 1 - year } else { year }, -4712, 9999, 1841)?);
            if year == 0 {
                return fail(1841, &[]);
            }
            return Ok(next);
        }
        "RR" => {
            let (year, length, next) = take_number(rest, 4, 1841)?;
            if length <= 2 {
                read.year = Some(round_year(year, now.year));
                return Ok(next);
            }
            // More than two digits are taken as a whole year.
            read.year = Some(year);
            return Ok(next);
        }
        "YY" | "YYY" | "Y" => {
            let width = element.len();
            let (year, length, next) = take_number(rest, 4, 1841)?;
            if length > width {
                read.year = Some(year);
                return Ok(next);
            }
            let modulus = 10_i64.pow(u32::try_from(width).unwrap_or(2));
            read.year = Some(now.year - now.year % modulus + year);
            return Ok(next);
        }
        "MM" => {
            if rest.starts_with(char::is_alphabetic) {
                return read_month(rest, read);
            }
            (value, _, after) = take_number(rest, 2, 1858)?;
            read.month = Some(in_range(value, 1, 12, 1843)?);
        }
        "MON" | "MONTH" => return read_month(rest, read),
        "DD" => {
            (value, _, after) = take_number(rest, 2, 1858)?;
            read.day = Some(in_range(value, 1, 31, 1847)?);
        }
        "DDD" => {
            (value, _, after) = take_number(rest, 3, 1858)?;
            read.day_of_year = Some(in_range(value, 1, 366, 1848)?);
        }
        "DY" | "DAY" => {
            let upper = rest.to_ascii_uppercase();
            let name = DAYS.iter().map(|d| d.to_ascii_uppercase()).find(|d| upper.starts_with(&d[..3]));
            let Some(name) = name else { return fail(1846, &[]) };
            return Ok(if upper.starts_with(&name) { &rest[name.len()..] } else { &rest[3..] });
        }
        "HH24" => {
            (value, _, after) = take_number(rest, 2, 1858)?;
            read.hour = in_range(value, 0, 23, 1850)?;
        }
        "HH" | "HH12" => {
            (value, _, after) = take_number(rest, 2, 1858)?;
            read.hour12 = Some(in_range(value, 1, 12, 1849)?);
        }
        "MI" => {
            (value, _, after) = take_number(rest, 2, 1858)?;
            read.minute = in_range(value, 0, 59, 1851)?;
        }
        "SS" => {
            (value, _, after) = take_number(rest, 2, 1858)?;
            read.second = in_range(value, 0, 59, 1852)?;
        }
        "SSSSS" => {
            (value, _, after) = take_number(rest, 5, 1858)?;
            read.second_of_day = Some(in_range(value, 0, DAY_SECONDS - 1, 1853)?);
        }
        "J" => {
            (value, _, after) = take_number(rest, 7, 1858)?;
            read.julian = Some(value);
        }
        "AM" | "PM" | "A.M." | "P.M." => {
            let upper = rest.to_ascii_uppercase();
            for (name, afternoon) in [("A.M.", false), ("P.M.", true), ("AM", false), ("PM", true)] {
                if upper.starts_with(name) {
                    read.afternoon = Some(afternoon);
                    return Ok(&rest[name.len()..]);
                }
            }
            return fail(1855, &[]);
        }
        "TZH" | "TZR" => return read_zone(rest, element == "TZR", read),
        "TZM" => {
            (value, _, after) = take_number(rest, 2, 1858)?;
            let minutes = i32::try_from(value).unwrap_or(0);
            read.offset = read.offset.map(|hours| if hours < 0 { hours - minutes } else { hours + minutes });
        }
        other if other.starts_with("FF") => {
            let digits = rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return fail(1858, &[]);
            }
            let padded = format!("{:0<6}", &rest[..digits]);
            read.micros = padded[..6].parse().unwrap_or(0);
            return Ok(&rest[digits..]);
        }
        other => return Err(OracleError::unsupported(format!("read the date format element {other}"))),
    }
    Ok(after)
}

fn round_year(year: i64, current: i64) -> i64 {
    let century = current - current % 100;
    match (year < 50, current % 100 < 50) {
        (true, true) | (false, false) => century + year,
        (true, false) => century + 100 + year,
        (false, true) => century - 100 + year,
    }
}

fn read_month<'a>(rest: &'a str, read: &mut Read) -> Outcome<&'a str> {
    let upper = rest.to_ascii_uppercase();
    for (index, name) in (1..).zip(MONTHS) {
        let name = name.to_ascii_uppercase();
        if upper.starts_with(&name[..3]) {
            read.month = Some(index);
            return Ok(if upper.starts_with(&name) { &rest[name.len()..] } else { &rest[3..] });
        }
    }
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        let (value, _, next) = take_number(rest, 2, 1843)?;
        read.month = Some(in_range(value, 1, 12, 1843)?);
        return Ok(next);
    }
    fail(1843, &[])
}

fn read_zone<'a>(rest: &'a str, with_minutes: bool, read: &mut Read) -> Outcome<&'a str> {
    for name in ["UTC", "GMT", "Z"] {
        if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name) {
            read.offset = Some(0);
            return Ok(&rest[name.len()..]);
        }
    }
    let negative = rest.starts_with('-');
    let body = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    if !body.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(OracleError::unsupported("use named time zones other than UTC"));
    }
    let (hours, _, mut next) = take_number(body, 2, 1858)?;
    let mut minutes = 0;
    if with_minutes && let Some(tail) = next.strip_prefix(':') {
        (minutes, _, next) = take_number(tail, 2, 1858)?;
    }
    let offset = i32::try_from(hours * 60 + minutes).unwrap_or(0);
    read.offset = Some(if negative { -offset } else { offset });
    Ok(next)
}

fn assemble(read: &Read, now: &Fields) -> Outcome<Moment> {
    let year = read.year.unwrap_or(now.year);
    let hour = match (read.hour12, read.afternoon) {
        (Some(hour), Some(true)) => hour % 12 + 12,
        (Some(hour), _) => hour % 12,
        (None, Some(true)) if read.hour < 12 => read.hour + 12,
        (None, _) => read.hour,
    };
    let second_of_day = read.second_of_day.unwrap_or(hour * 3600 + read.minute * 60 + read.second);
    let days = if let Some(julian) = read.julian {
        julian - 2_440_588
    } else if let Some(day) = read.day_of_year {
        days_from_civil(year, 1, 1) + day - 1
    } else {
        let month = read.month.unwrap_or(if read.year.is_some() && read.day.is_none() {
            now.month
        } else {
            now.month
        });
        let day = read.day.unwrap_or(1);
        if day > month_length(year, month) {
            return fail(1839, &[]);
        }
        days_from_civil(year, month, day)
    };
    Ok(((days * DAY_SECONDS + second_of_day) * MICROS + read.micros, read.offset))
}

/// Cuts (or rounds) a moment to a unit of the formats of `TRUNC`; microseconds since 1970.
pub(crate) fn truncate(micros: i64, unit: &str, round: bool) -> Outcome<i64> {
    let day = |y, m, d| days_from_civil(y, m, d) * DAY_SECONDS * MICROS;
    let at = fields_of(micros);
    let days = days_from_civil(at.year, at.month, at.day);
    let midnight = days * DAY_SECONDS * MICROS;
    let next_month = |count: i64| {
        let index = at.year * 12 + at.month - 1 + count;
        day(index.div_euclid(12), index.rem_euclid(12) + 1, 1)
    };
    let unit = unit.to_ascii_uppercase();
    let (low, high, up) = match unit.as_str() {
        "DD" | "DDD" | "J" => {
            (midnight, midnight + DAY_SECONDS * MICROS, at.second_of_day >= DAY_SECONDS / 2)
        }
        "YYYY" | "YEAR" | "YY" | "YYY" | "Y" | "SYYYY" | "RRRR" | "RR" => {
            (day(at.year, 1, 1), day(at.year + 1, 1, 1), at.month >= 7)
        }
        "MM" | "MON" | "MONTH" | "RM" => (next_month(0), next_month(1), at.day >= 16),
        "Q" => {
            let first = (at.month - 1) / 3 * 3 + 1;
            let ahead = (at.month - first) > 1 || ((at.month - first) == 1 && at.day >= 16);
            (day(at.year, first, 1), next_month(first + 3 - at.month), ahead)
        }
        "HH" | "HH12" | "HH24" => {
            let low = midnight + at.second_of_day / 3600 * 3600 * MICROS;
            (low, low + 3600 * MICROS, at.second_of_day % 3600 >= 1800)
        }
        "MI" => {
            let low = midnight + at.second_of_day / 60 * 60 * MICROS;
            (low, low + 60 * MICROS, at.second_of_day % 60 >= 30)
        }
        "D" | "DY" | "DAY" | "IW" => {
            let back = if unit == "IW" { (weekday(days) + 6) % 7 } else { weekday(days) };
            let low = (days - back) * DAY_SECONDS * MICROS;
            (low, low + 7 * DAY_SECONDS * MICROS, micros - low >= 7 * DAY_SECONDS * MICROS / 2)
        }
        "WW" | "W" => {
            let from = if unit == "WW" {
                days_from_civil(at.year, 1, 1)
            } else {
                days_from_civil(at.year, at.month, 1)
            };
            let low = (days - (days - from) % 7) * DAY_SECONDS * MICROS;
            (low, low + 7 * DAY_SECONDS * MICROS, micros - low >= 7 * DAY_SECONDS * MICROS / 2)
        }
        "CC" | "SCC" | "IYYY" | "I" | "IY" | "IYY" => {
            return Err(OracleError::unsupported(format!("truncate a date to {unit}")));
        }
        _ => return fail(1898, &[]),
    };
    Ok(if round && up { high } else { low })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::oracle::values::calendar::micros_of;

    fn moment(y: i64, m: i64, d: i64, second_of_day: i64) -> i64 {
        micros_of(&Fields { year: y, month: m, day: d, second_of_day, micros: 0 })
    }

    #[test]
    fn formats() {
        let value = Value::Date(moment(2026, 3, 9, 54_245) / MICROS);
        let check =
            |pattern: &str, want: &str| assert_eq!(format(&value, pattern).unwrap(), want, "{pattern}");
        check("YYYY-MM-DD HH24:MI:SS", "2026-03-09 15:04:05");
        check("DD-MON-RR", "09-MAR-26");
        check("Day, Month DD", "Monday   , March     09");
        check("FMDay, Month DD", "Monday, March 9");
        check("hh:mi am", "03:04 pm");
        check("YYYYMMDD\"T\"HH24MISS", "20260309T150405");
        check("DDD Q WW IW J D", "068 1 10 11 2461109 2");
        assert!(format(&value, "YYYY-GG").is_err());
    }

    #[test]
    fn texts() {
        let now = moment(2026, 11, 21, 0);
        let check = |text: &str, pattern: &str, want: i64| {
            assert_eq!(parse(text, pattern, now).unwrap().0, want, "{text}")
        };
        check("2026-03-09", "YYYY-MM-DD", moment(2026, 3, 9, 0));
        check("2026/03/09 15:04:05", "YYYY-MM-DD HH24:MI:SS", moment(2026, 3, 9, 54_245));
        check("09-mar-26", "DD-MON-RR", moment(2026, 3, 9, 0));
        check("09-MAR-99", "DD-MON-RR", moment(1999, 3, 9, 0));
        check("20260309T150405", "YYYYMMDD\"T\"HH24MISS", moment(2026, 3, 9, 54_245));
        check("03:04 PM", "HH:MI AM", moment(2026, 11, 1, 54_240));
        let refuse = |text: &str, pattern: &str, code: i32| {
            assert_eq!(parse(text, pattern, now).unwrap_err().code, code, "{text}");
        };
        refuse("2026-13-01", "YYYY-MM-DD", 1843);
        refuse("2026-02-30", "YYYY-MM-DD", 1839);
        refuse("2026-02-01 x", "YYYY-MM-DD", 1830);
        refuse("2026", "YYYY-MM-DD", 1840);
        refuse("01-XXX-26", "DD-MON-RR", 1843);
    }
}
