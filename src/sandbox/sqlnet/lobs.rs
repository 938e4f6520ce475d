//! Large objects that a client has locators of.

use std::collections::HashMap;

use super::reply::PARAMETER;
use super::request::{LOB_DATA, LOCATOR, LobCall};
use super::values::{BLOB, UTF8};
use super::wire::Writer;
use crate::sandbox::sql::{Cell, SqlError};

/// The unit in which clients are told to write.
pub(super) const CHUNK: u64 = 8060;
/// The most that an offset may point at, in units.
const FARTHEST: u64 = 256 * 1024 * 1024;
/// The widest gap, in units, that a write may leave behind the present end: blanks that nobody sent.
const WIDEST_GAP: usize = 65_536;

const READ: u64 = 0x0002;
const LENGTH: u64 = 0x0001;
const CHUNK_SIZE: u64 = 0x4000;
const WRITE: u64 = 0x0040;
const TRIM: u64 = 0x0020;
const CREATE: u64 = 0x0110;
const OPEN: u64 = 0x8000;
const CLOSE: u64 = 0x1_0000;
const IS_OPEN: u64 = 0x1_1000;

/// The content of a large object.
#[derive(Clone, Debug)]
enum Content {
    /// A text of ASCII only, whose bytes are the units in which clients count.
    Ascii(Vec<u8>),
    /// Any other text in those units, so that no part of it has to be looked for.
    Units(Vec<u16>),
    Bytes(Vec<u8>),
}

impl Content {
    fn of(text: &str) -> Self {
        if text.is_ascii() {
            Self::Ascii(text.as_bytes().to_vec())
        } else {
            Self::Units(text.encode_utf16().collect())
        }
    }
}

#[derive(Clone, Debug)]
struct Lob {
    content: Content,
    temporary: bool,
    open: bool,
}

/// The large objects of a session.
#[derive(Debug, Default)]
pub(super) struct Lobs {
    known: HashMap<u64, Lob>,
    last: u64,
}

fn key_of(locator: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(locator.get(8..16)?.try_into().ok()?))
}

/// What the client gets for a value: length in its units, and the locator.
pub(super) struct Handed {
    pub(super) length: usize,
    pub(super) locator: [u8; LOCATOR],
}

impl Lob {
    fn length(&self) -> usize {
        match &self.content {
            Content::Units(units) => units.len(),
            Content::Ascii(bytes) | Content::Bytes(bytes) => bytes.len(),
        }
    }

    fn units(&mut self) -> Option<&mut Vec<u16>> {
        if let Content::Ascii(text) = &self.content {
            self.content = Content::Units(text.iter().copied().map(u16::from).collect());
        }
        match &mut self.content {
            Content::Units(units) => Some(units),
            _ => None,
        }
    }

    /// So much from a place on, as it travels: texts in UTF-16.
    fn part(&self, from: usize, amount: usize) -> (usize, Vec<u8>) {
        let end = from.saturating_add(amount).min(self.length());
        let from = from.min(end);
        let count = end - from;
        let mut part = Vec::with_capacity(2 * count);
        match &self.content {
            Content::Bytes(bytes) => part.extend_from_slice(&bytes[from..end]),
            Content::Ascii(text) => text[from..end].iter().for_each(|byte| part.extend([0, *byte])),
            Content::Units(units) => units[from..end].iter().for_each(|unit| part.extend(unit.to_be_bytes())),
        }
        (count, part)
    }

    fn write(&mut self, from: usize, data: &[u8]) {
        fn put<T: Copy>(whole: &mut Vec<T>, from: usize, part: &[T], blank: T) {
            let end = from + part.len();
            if whole.len() < end {
                whole.resize(end, blank);
            }
            whole[from..end].copy_from_slice(part);
        }
        if let Content::Bytes(bytes) = &mut self.content {
            return put(bytes, from, data, 0);
        }
        let part: Vec<u16> =
            data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        if let Some(units) = self.units() {
            put(units, from, &part, u16::from(b' '));
        }
    }

    fn trim(&mut self, amount: usize) {
        if let Content::Bytes(bytes) = &mut self.content {
            return bytes.truncate(amount);
        }
        if let Some(units) = self.units() {
            units.truncate(amount);
        }
    }
}

impl Lobs {
    fn add(&mut self, lob: Lob) -> [u8; LOCATOR] {
        self.last += 1;
        let text = !matches!(lob.content, Content::Bytes(_));
        let mut locator = [0; LOCATOR];
        locator[1] = 38;
        locator[3] = 4;
        locator[4] = if text { 0x02 } else { 0x01 };
        locator[5] = 0x08;
        // The content travels as UTF-16.
        locator[6] = if text { 0x80 } else { 0 };
        locator[7] = u8::from(lob.temporary);
        locator[8..16].copy_from_slice(&self.last.to_be_bytes());
        self.known.insert(self.last, lob);
        locator
    }

    /// Keeps a value for the client; nothing for NULL.
    pub(super) fn hand_out(&mut self, cell: &Cell, temporary: bool) -> Option<Handed> {
        let content = match cell {
            Cell::Text(text) | Cell::Number(text) => Content::of(text),
            Cell::Raw(bytes) | Cell::Blob(bytes) => Content::Bytes(bytes.clone()),
            _ => return None,
        };
        let lob = Lob { content, temporary, open: false };
        Some(Handed { length: lob.length(), locator: self.add(lob) })
    }

    /// The value behind a locator.
    pub(super) fn value(&self, locator: &[u8]) -> Result<Cell, SqlError> {
        let lob = key_of(locator).and_then(|key| self.known.get(&key)).ok_or_else(unknown)?;
        Ok(match &lob.content {
            Content::Ascii(text) => Cell::text(String::from_utf8_lossy(text)),
            Content::Units(units) => Cell::text(String::from_utf16_lossy(units)),
            Content::Bytes(bytes) if bytes.is_empty() => Cell::Null,
            Content::Bytes(bytes) => Cell::Blob(bytes.clone()),
        })
    }

    /// Forgets a temporary one.
    pub(super) fn free(&mut self, locator: &[u8]) {
        if let Some(key) = key_of(locator) {
            self.known.remove(&key);
        }
    }

    /// Does what a client asks of a large object; the reply but for its end.
    pub(super) fn call(&mut self, call: &LobCall) -> Result<Writer, SqlError> {
        let mut out = Writer::new();
        if call.operation == CREATE {
            let bytes = call.to == u64::from(BLOB);
            let content = if bytes { Content::Bytes(Vec::new()) } else { Content::Ascii(Vec::new()) };
            let locator = self.add(Lob { content, temporary: true, open: false });
            out.u8(PARAMETER).raw(&locator).ub(UTF8).u8(0);
            return Ok(out);
        }
        let lob = key_of(&call.locator).and_then(|key| self.known.get_mut(&key)).ok_or_else(unknown)?;
        if call.from > FARTHEST || call.data.len() > usize::try_from(FARTHEST).unwrap_or(usize::MAX) {
            return Err(SqlError::new(21560, "argument 3 is null, invalid, or out of range"));
        }
        let from = usize::try_from(call.from.saturating_sub(1)).unwrap_or(usize::MAX);
        let amount = usize::try_from(call.amount).unwrap_or(usize::MAX);
        let mut after = Writer::new();
        match call.operation {
            READ => {
                let (count, bytes) = lob.part(from, amount);
                if !bytes.is_empty() {
                    out.u8(LOB_DATA).bytes(&bytes);
                }
                after.count(count);
            }
            LENGTH => drop(after.count(lob.length())),
            CHUNK_SIZE => drop(after.ub(CHUNK)),
            WRITE | TRIM if !lob.temporary => {
                return Err(SqlError::new(22920, "row containing the LOB value is not locked"));
            }
            WRITE if from > lob.length().saturating_add(WIDEST_GAP) => {
                let what =
                    "unimplemented feature: the sandbox cannot write so far behind the end of a large object";
                return Err(SqlError::new(3001, what));
            }
            WRITE => lob.write(from, &call.data),
            TRIM => {
                lob.trim(amount);
                after.ub(call.amount);
            }
            OPEN => {
                lob.open = true;
                after.ub(call.amount);
            }
            CLOSE => lob.open = false,
            IS_OPEN => drop(after.u8(u8::from(lob.open))),
            _ => return Err(SqlError::new(22275, "invalid LOB locator specified")),
        }
        out.u8(PARAMETER).raw(&call.locator).raw(&after.0);
        Ok(out)
    }
}

fn unknown() -> SqlError {
    SqlError::new(22922, "nonexistent LOB value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_texts_count_units_and_may_cut_a_pair() {
        fn check(from: u64, amount: u64, wanted: &[u16]) {
            let mut lobs = Lobs::default();
            let handed = lobs.hand_out(&Cell::text("aä€😀z"), false).unwrap();
            assert_eq!(handed.length, 6);
            let call = LobCall {
                operation: READ,
                locator: handed.locator.to_vec(),
                from,
                amount,
                ..LobCall::default()
            };
            let mut reply = Writer::new();
            if !wanted.is_empty() {
                let bytes: Vec<u8> = wanted.iter().flat_map(|unit| unit.to_be_bytes()).collect();
                reply.u8(LOB_DATA).bytes(&bytes);
            }
            reply.u8(PARAMETER).raw(&handed.locator).count(wanted.len());
            assert_eq!(lobs.call(&call).unwrap().0, reply.0, "{from} {amount}");
        }
        check(1, 2, &[0x61, 0xE4]);
        check(4, 1, &[0xD83D]);
        check(5, 99, &[0xDE00, 0x7A]);
        check(7, 1, &[]);
        check(99, u64::MAX, &[]);
    }

    #[test]
    fn a_temporary_one_is_written_and_another_is_not() {
        let mut lobs = Lobs::default();
        let ask = |lobs: &mut Lobs, call: LobCall| lobs.call(&call).map_err(|error| error.code);
        let made = ask(&mut lobs, LobCall { operation: CREATE, to: 112, ..LobCall::default() }).unwrap();
        let locator = made.0[1..=LOCATOR].to_vec();
        let write = |from: u64, text: &str| LobCall {
            operation: WRITE,
            locator: locator.clone(),
            from,
            data: text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            ..LobCall::default()
        };
        ask(&mut lobs, write(1, "häuser")).unwrap();
        ask(&mut lobs, write(9, "€")).unwrap();
        assert_eq!(lobs.value(&locator).unwrap(), Cell::text("häuser  €"));
        let trim = LobCall { operation: TRIM, locator: locator.clone(), amount: 3, ..LobCall::default() };
        ask(&mut lobs, trim).unwrap();
        assert_eq!(lobs.value(&locator).unwrap(), Cell::text("häu"));
        assert_eq!(ask(&mut lobs, write(u64::MAX, "x")).unwrap_err(), 21560);
        lobs.free(&locator);
        assert_eq!(ask(&mut lobs, write(1, "x")).unwrap_err(), 22922);
        let kept = lobs.hand_out(&Cell::Blob(vec![1, 2]), false).unwrap();
        let call =
            LobCall { operation: WRITE, locator: kept.locator.to_vec(), from: 1, ..LobCall::default() };
        assert_eq!(ask(&mut lobs, call).unwrap_err(), 22920);
        assert_eq!(lobs.call(&LobCall::default()).unwrap_err().code, 22922);
    }
}
