//! Functions on strings.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::{Facts, Returns, Row, text_of, whole};
use crate::sandbox::oracle::error::{Outcome, fail};
use crate::sandbox::oracle::values::{Number, Value};

use Returns::{Family, First, TextLike};

pub(super) const ROWS: &[Row] = &[
    ("UPPER", 1, 1, "T", TextLike, true, |_, v| Ok(Value::text(text_of(v, 0).to_uppercase()))),
    ("LOWER", 1, 1, "T", TextLike, true, |_, v| Ok(Value::text(text_of(v, 0).to_lowercase()))),
    ("NLS_UPPER", 1, 1, "T", TextLike, true, |_, v| Ok(Value::text(text_of(v, 0).to_uppercase()))),
    ("NLS_LOWER", 1, 1, "T", TextLike, true, |_, v| Ok(Value::text(text_of(v, 0).to_lowercase()))),
    ("INITCAP", 1, 1, "T", TextLike, true, initcap),
    ("LENGTH", 1, 1, "T", Family('N'), true, |_, v| Ok(Value::count(text_of(v, 0).chars().count()))),
    ("LENGTHB", 1, 1, "T", Family('N'), true, |_, v| Ok(Value::count(text_of(v, 0).len()))),
    ("LENGTHC", 1, 1, "T", Family('N'), true, |_, v| Ok(Value::count(text_of(v, 0).chars().count()))),
    ("SUBSTR", 2, 3, "TNN", TextLike, true, substr),
    ("SUBSTRB", 2, 3, "TNN", TextLike, true, substrb),
    ("INSTR", 2, 4, "TTNN", Family('N'), true, instr),
    ("REPLACE", 2, 3, "TTT", TextLike, false, replace),
    ("TRANSLATE", 3, 3, "TTT", TextLike, true, translate),
    ("LPAD", 2, 3, "TNT", TextLike, true, |_, v| pad(v, true)),
    ("RPAD", 2, 3, "TNT", TextLike, true, |_, v| pad(v, false)),
    ("LTRIM", 1, 2, "TT", TextLike, true, |_, v| Ok(trim(v, true, false))),
    ("RTRIM", 1, 2, "TT", TextLike, true, |_, v| Ok(trim(v, false, true))),
    ("TRIM", 1, 1, "T", TextLike, true, |_, v| Ok(trim(v, true, true))),
    ("$TRIM", 2, 2, "TT", TextLike, true, |_, v| Ok(trim(v, true, true))),
    ("ASCII", 1, 1, "T", Family('N'), true, |_, v| {
        Ok(text_of(v, 0).chars().next().map_or(Value::Null, |c| Value::integer(i64::from(u32::from(c)))))
    }),
    ("CHR", 1, 1, "N", Family('T'), true, chr),
    ("ASCIISTR", 1, 1, "T", Family('T'), true, |_, v| Ok(Value::text(asciistr(text_of(v, 0))))),
    ("UNISTR", 1, 1, "T", Family('T'), true, unistr),
    ("CONCAT", 2, 2, "TT", TextLike, false, |_, v| {
        Ok(Value::text(format!("{}{}", text_of(v, 0), text_of(v, 1))))
    }),
    ("REVERSE", 1, 1, "T", TextLike, true, |_, v| {
        Ok(Value::text(text_of(v, 0).chars().rev().collect::<String>()))
    }),
    ("GREATEST", 1, 200, "A", First, true, |_, v| pick(v, true)),
    ("LEAST", 1, 200, "A", First, true, |_, v| pick(v, false)),
    ("NVL", 2, 2, "A", First, false, |_, v| Ok(if v[0].is_null() { v[1].clone() } else { v[0].clone() })),
    ("NVL2", 3, 3, "A", First, false, |_, v| Ok(if v[0].is_null() { v[2].clone() } else { v[1].clone() })),
    ("NULLIF", 2, 2, "A", First, false, |_, v| Ok(if v[0] == v[1] { Value::Null } else { v[0].clone() })),
];

fn initcap(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let mut inside = false;
    let mut text = String::new();
    for letter in text_of(v, 0).chars() {
        if inside {
            text.extend(letter.to_lowercase());
        } else {
            text.extend(letter.to_uppercase());
        }
        inside = letter.is_alphanumeric();
    }
    Ok(Value::text(text))
}

/// The part of a text from `start` (1 is the first, negative counts from the end) of `length` characters.
pub(crate) fn part(text: &str, start: i64, length: Option<i64>) -> String {
    let letters: Vec<char> = text.chars().collect();
    let count = i64::try_from(letters.len()).unwrap_or(i64::MAX);
    let first = match start {
        0 => 0,
        n if n > 0 => n - 1,
        n => count + n,
    };
    if first < 0 || first >= count || length.is_some_and(|length| length < 1) {
        return String::new();
    }
    let end = length.map_or(count, |length| first.saturating_add(length).min(count));
    let (first, end) = (usize::try_from(first).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    letters[first..end].iter().collect()
}

fn substr(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let (Some(start), length) = (whole(v, 1), whole(v, 2)) else { return Ok(Value::Null) };
    if let Value::Raw(_) = v[0] {
        return fail(932, &["CHAR", "BINARY"]);
    }
    Ok(Value::text(part(text_of(v, 0), start, length)))
}

fn substrb(facts: &Facts, v: &[Value]) -> Outcome<Value> {
    if text_of(v, 0).is_ascii() {
        return substr(facts, v);
    }
    let bytes = text_of(v, 0).as_bytes();
    let Some(start) = whole(v, 1) else { return Ok(Value::Null) };
    let count = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let first = match start {
        0 => 0,
        n if n > 0 => n - 1,
        n => count + n,
    };
    if first < 0 || first >= count {
        return Ok(Value::Null);
    }
    let end = whole(v, 2).map_or(count, |length| (first + length).min(count));
    let piece = &bytes[usize::try_from(first).unwrap_or(0)..usize::try_from(end.max(first)).unwrap_or(0)];
    Ok(Value::text(String::from_utf8_lossy(piece).replace('\u{fffd}', " ")))
}

/// The position of the nth occurrence, from 1; 0 when there is none.
pub(crate) fn position(text: &str, wanted: &str, start: i64, nth: i64) -> i64 {
    let letters: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = wanted.chars().collect();
    if pattern.is_empty() || letters.len() < pattern.len() || start == 0 {
        return 0;
    }
    let last = letters.len() - pattern.len();
    let matches = |at: usize| letters[at..at + pattern.len()] == pattern[..];
    let mut left = nth;
    let mut check = |at: usize| {
        if matches(at) {
            left -= 1;
        }
        left == 0
    };
    let found = if start > 0 {
        (usize::try_from(start - 1).unwrap_or(usize::MAX)..=last).find(|at| check(*at))
    } else {
        let from = i64::try_from(letters.len()).unwrap_or(i64::MAX) + start;
        match usize::try_from(from) {
            Ok(from) => (0..=from.min(last)).rev().find(|at| check(*at)),
            Err(_) => None,
        }
    };
    found.map_or(0, |at| i64::try_from(at + 1).unwrap_or(0))
}

fn instr(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let start = if v.len() > 2 { whole(v, 2).unwrap_or(1) } else { 1 };
    let nth = if v.len() > 3 { whole(v, 3).unwrap_or(1) } else { 1 };
    if nth < 1 {
        return fail(1428, &[&nth.to_string()]);
    }
    Ok(Value::integer(position(text_of(v, 0), text_of(v, 1), start, nth)))
}

fn replace(_: &Facts, v: &[Value]) -> Outcome<Value> {
    if v[0].is_null() || v[1].is_null() {
        return Ok(v[0].clone());
    }
    Ok(Value::text(text_of(v, 0).replace(text_of(v, 1), text_of(v, 2))))
}

fn translate(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let to: Vec<char> = text_of(v, 2).chars().collect();
    let from: Vec<char> = text_of(v, 1).chars().collect();
    let changed: String = text_of(v, 0)
        .chars()
        .filter_map(|letter| match from.iter().position(|c| *c == letter) {
            Some(at) => to.get(at).copied(),
            None => Some(letter),
        })
        .collect();
    Ok(Value::text(changed))
}

fn pad(v: &[Value], left: bool) -> Outcome<Value> {
    let wanted = whole(v, 1).unwrap_or(0);
    let Ok(wanted) = usize::try_from(wanted) else { return Ok(Value::Null) };
    let letters: Vec<char> = text_of(v, 0).chars().collect();
    if letters.len() >= wanted {
        return Ok(Value::text(letters[..wanted].iter().collect::<String>()));
    }
    let filler = if v.len() > 2 { text_of(v, 2) } else { " " };
    let fill: String = filler.chars().cycle().take(wanted - letters.len()).collect();
    let body: String = letters.into_iter().collect();
    Ok(Value::text(if left { fill + &body } else { body + &fill }))
}

/// Trims the characters of a set.
pub(crate) fn trim(v: &[Value], left: bool, right: bool) -> Value {
    let set: Vec<char> = if v.len() > 1 { text_of(v, 1).chars().collect() } else { vec![' '] };
    let mut text = text_of(v, 0);
    if left {
        text = text.trim_start_matches(&set[..]);
    }
    if right {
        text = text.trim_end_matches(&set[..]);
    }
    Value::text(text)
}

fn chr(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let code = whole(v, 0).unwrap_or(-1);
    match u32::try_from(code).ok().and_then(char::from_u32) {
        Some(letter) => Ok(Value::text(letter.to_string())),
        None => fail(1428, &[&code.to_string()]),
    }
}

/// What is not ASCII, and the backslash, as units of UTF-16 in hexadecimal digits.
fn asciistr(text: &str) -> String {
    use std::fmt::Write as _;
    let mut plain = String::new();
    for letter in text.chars() {
        if letter.is_ascii() && letter != '\\' {
            plain.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            write!(plain, "\\{unit:04X}").expect("a String takes all");
        }
    }
    plain
}

fn unistr(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let text = text_of(v, 0);
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            units.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
            continue;
        }
        let digits: String = rest.clone().take(4).collect();
        if let Some(unit) = u16::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4) {
            units.push(unit);
            rest.nth(3);
        } else if rest.clone().next() == Some('\\') {
            units.push(u16::from(b'\\'));
            rest.next();
        } else {
            return crate::sandbox::oracle::error::fail(
                30186,
                &["'\\' must be followed by four hexdecimal characters or another '\\'"],
            );
        }
    }
    Ok(Value::text(String::from_utf16_lossy(&units)))
}

fn pick(v: &[Value], greatest: bool) -> Outcome<Value> {
    let mut best = v[0].clone();
    for value in &v[1..] {
        let order = value.compare(&best).unwrap_or(std::cmp::Ordering::Equal);
        if (greatest && order.is_gt()) || (!greatest && order.is_lt()) {
            best = value.clone();
        }
    }
    Ok(best)
}

/// A number argument or a default.
pub(crate) fn number_or(values: &[Value], at: usize, default: i64) -> Number {
    values.get(at).and_then(Value::as_number).unwrap_or_else(|| Number::from(default))
}
