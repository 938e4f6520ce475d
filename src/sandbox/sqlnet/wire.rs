//! The integers and runs of bytes that the messages are made of, read and written.

/// The most bytes one request may have. Clients cut large values into several requests long before.
const LONGEST_REQUEST: usize = 512 * 1024 * 1024;
/// The longest run of bytes behind a length of one byte.
const SHORTEST_CHUNKED: usize = 252;
/// A length byte: chunks follow.
const CHUNKED: u8 = 254;
/// A length byte: null.
const NULL: u8 = 255;
/// The longest chunk that clients take.
const CHUNK: usize = 32_767;

/// Why a request could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The client went.
    Gone,
    /// A marker of this kind came in place of data.
    Marker(u8),
    /// The bytes are not the protocol.
    Garbled(&'static str),
}

/// Where the rest of a request comes from.
pub(super) trait Feed {
    /// The content of the next packet of data, waited for.
    fn more(&mut self) -> Result<Vec<u8>, Stop>;
}

/// What was read, or why not.
pub(super) type Read<T> = Result<T, Stop>;

/// Reads one request. When bytes run out it waits for another packet, as a request has no mark at its end.
pub(super) struct Reader<'a> {
    data: Vec<u8>,
    at: usize,
    feed: &'a mut dyn Feed,
}

impl<'a> Reader<'a> {
    pub(super) fn new(data: Vec<u8>, feed: &'a mut dyn Feed) -> Self {
        Self { data, at: 0, feed }
    }

    /// The next byte, which stays.
    pub(super) fn peek(&mut self) -> Read<u8> {
        self.need(1)?;
        Ok(self.data[self.at])
    }

    fn need(&mut self, count: usize) -> Read<()> {
        if count > LONGEST_REQUEST || self.at > LONGEST_REQUEST {
            return Err(Stop::Garbled("a request is too long"));
        }
        while self.data.len() - self.at < count {
            let more = self.feed.more()?;
            self.data.extend_from_slice(&more);
        }
        Ok(())
    }

    pub(super) fn raw(&mut self, count: usize) -> Read<&[u8]> {
        self.need(count)?;
        let from = self.at;
        self.at += count;
        Ok(&self.data[from..self.at])
    }

    pub(super) fn skip(&mut self, count: usize) -> Read<()> {
        self.raw(count).map(drop)
    }

    pub(super) fn u8(&mut self) -> Read<u8> {
        Ok(self.raw(1)?[0])
    }

    pub(super) fn u16(&mut self) -> Read<u16> {
        let bytes = self.raw(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// An unsigned integer behind its length. A sign is of no meaning here and is left out.
    pub(super) fn ub(&mut self) -> Read<u64> {
        let length = usize::from(self.u8()? & 0x7F);
        if length > 8 {
            return Err(Stop::Garbled("an integer of more than eight bytes"));
        }
        Ok(self.raw(length)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// The same, where it counts something in memory.
    pub(super) fn count(&mut self) -> Read<usize> {
        usize::try_from(self.ub()?).map_err(|_| Stop::Garbled("a count that no machine has"))
    }

    /// Leaves out so many integers.
    pub(super) fn skip_ub(&mut self, count: usize) -> Read<()> {
        for _ in 0..count {
            self.ub()?;
        }
        Ok(())
    }

    /// A run of bytes; nothing where it is null or empty.
    pub(super) fn bytes(&mut self) -> Read<Option<Vec<u8>>> {
        let length = self.u8()?;
        match length {
            0 | NULL => Ok(None),
            CHUNKED => {
                let mut whole = Vec::new();
                loop {
                    let chunk = self.count()?;
                    if chunk == 0 {
                        return Ok(Some(whole));
                    }
                    if whole.len().saturating_add(chunk) > LONGEST_REQUEST {
                        return Err(Stop::Garbled("a value is too long"));
                    }
                    whole.extend_from_slice(self.raw(chunk)?);
                }
            }
            length => Ok(Some(self.raw(usize::from(length))?.to_vec())),
        }
    }

    /// A run of bytes behind its whole length.
    pub(super) fn bytes2(&mut self) -> Read<Option<Vec<u8>>> {
        if self.ub()? == 0 { Ok(None) } else { self.bytes() }
    }

    /// A text behind its whole length.
    pub(super) fn text2(&mut self) -> Read<String> {
        Ok(self.bytes2()?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default())
    }

    /// Bytes up to a zero, which goes with them.
    pub(super) fn until_zero(&mut self) -> Read<()> {
        while self.u8()? != 0 {}
        Ok(())
    }
}

/// Writes one reply.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn u8(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    pub(super) fn u16(&mut self, value: u16) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    fn sized(&mut self, value: u64, sign: u8) -> &mut Self {
        let bytes = value.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let length = u8::try_from(bytes.len() - zeros).unwrap_or(8);
        self.u8(length | sign).raw(&bytes[zeros..])
    }

    /// An unsigned integer behind its length.
    pub(super) fn ub(&mut self, value: u64) -> &mut Self {
        self.sized(value, 0)
    }

    /// So many zeros as integers.
    pub(super) fn zeros(&mut self, count: usize) -> &mut Self {
        self.0.resize(self.0.len() + count, 0);
        self
    }

    /// A count of things in memory.
    pub(super) fn count(&mut self, value: usize) -> &mut Self {
        self.ub(u64::try_from(value).unwrap_or(u64::MAX))
    }

    /// A signed integer behind its length.
    pub(super) fn sb(&mut self, value: i64) -> &mut Self {
        self.sized(value.unsigned_abs(), if value < 0 { 0x80 } else { 0 })
    }

    /// A run of bytes; an empty one is null.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        match u8::try_from(bytes.len()) {
            Ok(length) if usize::from(length) <= SHORTEST_CHUNKED => self.u8(length).raw(bytes),
            _ => {
                self.u8(CHUNKED);
                for chunk in bytes.chunks(CHUNK) {
                    self.count(chunk.len()).raw(chunk);
                }
                self.u8(0)
            }
        }
    }

    /// A run of bytes behind its whole length.
    pub(super) fn bytes2(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len());
        if bytes.is_empty() { self } else { self.bytes(bytes) }
    }
}

/// Digits in upper case: clients read no others.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// Bytes of hexadecimal digits in either case.
pub(super) fn unhexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client that cuts its request into packets of a few bytes, and then goes.
    struct Pieces(Vec<Vec<u8>>);

    impl Feed for Pieces {
        fn more(&mut self) -> Result<Vec<u8>, Stop> {
            if self.0.is_empty() { Err(Stop::Gone) } else { Ok(self.0.remove(0)) }
        }
    }

    #[test]
    fn integers() {
        fn check(value: i64, wanted: &str) {
            let mut writer = Writer::new();
            writer.sb(value);
            assert_eq!(hexadecimal(&writer.0), wanted, "{value}");
            let read = Reader::new(writer.0, &mut Pieces(Vec::new())).ub();
            assert_eq!(read, Ok(value.unsigned_abs()), "{value}");
        }
        check(0, "00");
        check(1, "0101");
        check(-1, "8101");
        check(255, "01FF");
        check(256, "020100");
        check(-256, "820100");
        check(i64::MAX, "087FFFFFFFFFFFFFFF");
    }

    #[test]
    fn runs_of_bytes_come_back_however_they_are_cut() {
        fn check(length: usize) {
            let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let mut writer = Writer::new();
            writer.bytes(&bytes).bytes2(&bytes).u8(7);
            let mut rest: Vec<Vec<u8>> = writer.0.chunks(1000).map(<[u8]>::to_vec).collect();
            let mut pieces = Pieces(rest.split_off(1));
            let mut reader = Reader::new(rest.remove(0), &mut pieces);
            let wanted = (length > 0).then_some(bytes);
            assert_eq!(reader.bytes(), Ok(wanted.clone()), "{length}");
            assert_eq!(reader.bytes2(), Ok(wanted), "{length}");
            assert_eq!(reader.u8(), Ok(7), "{length}");
            assert_eq!(reader.u8(), Err(Stop::Gone), "{length}");
        }
        for length in [0, 1, 252, 253, 254, 255, 256, 32_766, 32_767, 32_768, 65_534, 65_535, 100_000] {
            check(length);
        }
    }

    #[test]
    fn what_is_no_protocol_is_refused() {
        fn check(bytes: &[u8], wanted: Stop) {
            let read = Reader::new(bytes.to_vec(), &mut Pieces(Vec::new())).bytes();
            assert_eq!(read.unwrap_err(), wanted, "{bytes:?}");
        }
        check(&[9, 1, 1], Stop::Gone);
        check(&[CHUNKED, 9, 1], Stop::Garbled("an integer of more than eight bytes"));
        check(&[CHUNKED, 8, 255, 255, 255, 255, 255, 255, 255, 255], Stop::Garbled("a value is too long"));
    }
}
