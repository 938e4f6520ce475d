//! `DBMS_LOB` over values held in variables.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::{text, whole};
use crate::sandbox::oracle::error::{Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

pub(super) fn create(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    values[0] = Value::Null;
    Ok(Value::Null)
}

pub(super) fn free(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    values[0] = Value::Null;
    Ok(Value::Null)
}

pub(super) fn length(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    Ok(match &values[0] {
        Value::Record(..) => return super::lob_file::length(machine, values),
        Value::Text(text) => Value::count(text.chars().count()),
        Value::Raw(bytes) => Value::count(bytes.len()),
        _ => Value::Null,
    })
}

/// The bytes of two values when one of them has bytes and none has characters.
fn two_blobs<'a>(one: &'a Value, two: &'a Value) -> Option<(&'a [u8], &'a [u8])> {
    match (one, two) {
        (Value::Raw(one), Value::Raw(two)) => Some((one, two)),
        (Value::Null, Value::Raw(two)) => Some((&[], two)),
        (Value::Raw(one), Value::Null) => Some((one, &[])),
        _ => None,
    }
}

pub(super) fn append(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    if let Some((dest, source)) = two_blobs(&values[0], &values[1]) {
        values[0] = Value::raw(&[dest, source].concat());
        return Ok(Value::Null);
    }
    let joined = text(values, 0).unwrap_or_default() + &text(values, 1).unwrap_or_default();
    values[0] = Value::text(joined);
    Ok(Value::Null)
}

/// `COPY`: a part of one LOB over a part of another. What is asked for beyond the source's end is left out.
pub(super) fn copy(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let amount = whole(values, 2).and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let place = |at: usize| {
        let place = whole(values, at).and_then(|n| usize::try_from(n.checked_sub(1)?).ok());
        place.filter(|place| *place < LARGEST)
    };
    let bad = |at: usize| fail(21560, &[&format!("argument {at} is null, invalid, or out of range")]);
    let Some(amount) = amount else { return bad(3) };
    let Some(to) = place(3) else { return bad(4) };
    let Some(from) = place(4) else { return bad(5) };
    if let Some((_, source)) = two_blobs(&values[0], &values[1]) {
        let rest = source.get(from..).unwrap_or_default();
        let part = rest[..rest.len().min(amount)].to_vec();
        values[0] = overwrite(&values[0], to, &part);
        return Ok(Value::Null);
    }
    let source = text(values, 1).unwrap_or_default();
    let mut signs = source.char_indices().map(|(at, _)| at).skip(from);
    let start = signs.next().unwrap_or(source.len());
    let end = signs.nth(amount - 1).unwrap_or(source.len());
    values[0] = overwrite_text(&values[0], to, &source[start..end.max(start)]);
    Ok(Value::Null)
}

pub(super) fn write_append(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    if let Some((dest, added)) = two_blobs(&values[0], &values[2]) {
        let amount = whole(values, 1).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= added.len());
        let Some(amount) = amount else {
            return fail(21560, &["argument 2 is null, invalid, or out of range"]);
        };
        values[0] = Value::raw(&[dest, &added[..amount]].concat());
        return Ok(Value::Null);
    }
    let added = text(values, 2).unwrap_or_default();
    let amount = whole(values, 1).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    if amount > added.chars().count() {
        return fail(21560, &["argument 2 is null, invalid, or out of range"]);
    }
    let joined = text(values, 0).unwrap_or_default() + &added.chars().take(amount).collect::<String>();
    values[0] = Value::text(joined);
    Ok(Value::Null)
}

pub(super) fn substr(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let amount = whole(values, 1).and_then(|n| usize::try_from(n).ok()).unwrap_or(32_767);
    let offset = whole(values, 2).and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    if offset == 0 {
        return Ok(Value::Null);
    }
    if let Value::Raw(bytes) = &values[0] {
        let rest = bytes.get(offset - 1..).unwrap_or_default();
        return Ok(Value::raw(&rest[..rest.len().min(amount)]));
    }
    let whole = text(values, 0).unwrap_or_default();
    Ok(Value::text(whole.chars().skip(offset - 1).take(amount).collect::<String>()))
}

pub(super) fn instr(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (Some(whole_text), Some(pattern)) = (text(values, 0), text(values, 1)) else {
        return Ok(Value::Null);
    };
    let offset = whole(values, 2).and_then(|n| usize::try_from(n).ok()).unwrap_or(1).max(1);
    let skipped: usize = whole_text.chars().take(offset - 1).map(char::len_utf8).sum();
    let found = whole_text[skipped..].find(&pattern).map(|at| whole_text[..skipped + at].chars().count() + 1);
    Ok(Value::count(found.unwrap_or(0)))
}

/// The parameters that loading and conversion share, from the third on: how much, where to, where from.
pub(super) struct Span {
    /// Nothing: to the end.
    pub(super) amount: Option<usize>,
    pub(super) to: usize,
    pub(super) from: usize,
}

/// The largest LOB, in bytes or characters: what a statement asks for must not take the memory of all databases.
const LARGEST: usize = 256 << 20;

impl Span {
    pub(super) fn read(values: &[Value]) -> Outcome<Self> {
        let place = |at: usize| {
            let place = whole(values, at).and_then(|n| usize::try_from(n.checked_sub(1)?).ok());
            place.filter(|place| *place < LARGEST)
        };
        let bad = |at: usize| fail(21560, &[&format!("argument {at} is null, invalid, or out of range")]);
        let Some(to) = place(3) else { return bad(4) };
        let Some(from) = place(4) else { return bad(5) };
        if values[2].is_null() {
            return bad(3);
        }
        // LOBMAXSIZE is more than a number of this machine holds.
        let amount = whole(values, 2).and_then(|n| usize::try_from(n).ok()).filter(|n| *n < usize::MAX / 2);
        Ok(Self { amount, to, from })
    }

    /// The part of a source that is wanted, of `length` units.
    pub(super) fn range(&self, length: usize) -> Outcome<std::ops::Range<usize>> {
        if self.from > length {
            return fail(22994, &[]);
        }
        match self.amount {
            None => Ok(self.from..length),
            Some(amount) if self.from + amount > length => fail(22993, &[]),
            Some(amount) => Ok(self.from..self.from + amount),
        }
    }

    /// Says how far it went: the offsets behind what was written and read.
    pub(super) fn done(&self, values: &mut [Value], written: usize, read: usize) {
        values[3] = Value::count(self.to + written + 1);
        values[4] = Value::count(self.from + read + 1);
    }
}

/// Bytes over others from a place on, as a LOB is written.
pub(super) fn overwrite(old: &Value, at: usize, part: &[u8]) -> Value {
    let mut bytes = match old {
        Value::Raw(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    if bytes.len() < at + part.len() {
        bytes.resize(at + part.len(), 0);
    }
    bytes[at..at + part.len()].copy_from_slice(part);
    Value::raw(&bytes)
}

/// Characters over others from a place on.
pub(super) fn overwrite_text(old: &Value, at: usize, part: &str) -> Value {
    let old = old.as_str().unwrap_or_default();
    let mut new: String = old.chars().take(at).collect();
    let missing = at - new.chars().count();
    new.extend(std::iter::repeat_n(' ', missing));
    new.push_str(part);
    new.extend(old.chars().skip(at + part.chars().count()));
    Value::text(new)
}

/// `CONVERTTOBLOB`: characters become bytes of UTF-8, the database's own character set.
pub(super) fn to_blob(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let span = Span::read(values)?;
    let source: Vec<char> = text(values, 1).unwrap_or_default().chars().collect();
    let part = span.range(source.len())?;
    let read = part.len();
    let bytes = source[part].iter().collect::<String>().into_bytes();
    values[0] = overwrite(&values[0], span.to, &bytes);
    span.done(values, bytes.len(), read);
    values[7] = Value::integer(0);
    Ok(Value::Null)
}

/// `CONVERTTOCLOB`.
pub(super) fn to_clob(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let span = Span::read(values)?;
    let source = match &values[1] {
        Value::Raw(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    let part = span.range(source.len())?;
    put_text(values, &span, &source[part]);
    Ok(Value::Null)
}

/// Puts bytes as characters in their place, and says how far it went and whether a sign was none.
pub(super) fn put_text(values: &mut [Value], span: &Span, bytes: &[u8]) {
    let part = String::from_utf8_lossy(bytes);
    values[0] = overwrite_text(&values[0], span.to, &part);
    span.done(values, part.chars().count(), bytes.len());
    values[7] = Value::integer(i64::from(matches!(part, std::borrow::Cow::Owned(_))));
}
