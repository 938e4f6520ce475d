//! Checksums of objects: CRC-32C of the whole where the service keeps one, else MD5 of the whole or of its parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::sizes::{guessed_part, stretches};
use super::store::Head;

/// The bytes of an MD5.
pub(super) type Md5Sum = [u8; 16];

/// Which checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Strong enough to recognise bytes by, and slow.
    Md5,
    /// Finds what a disk or a network spoils, and costs next to nothing. Sums of neighbours make the sum of both.
    Crc32c,
}

/// A checksum of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    Md5(Md5Sum),
    Crc32c(u32),
}

impl Sum {
    pub(super) fn of(kind: Kind, bytes: &[u8]) -> Self {
        let mut sum = Summing::new(kind);
        sum.update(bytes);
        sum.finish()
    }

    /// As the service writes it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Md5(sum) => STANDARD.encode(sum),
            Self::Crc32c(sum) => base64_crc32c(*sum),
        }
    }
}

/// The base64 of the MD5 of some bytes, as the service compares it.
pub fn base64_md5(bytes: &[u8]) -> String {
    Sum::of(Kind::Md5, bytes).text()
}

/// A checksum that is not finished.
#[derive(Clone, Debug)]
pub(super) enum Summing {
    Md5(Box<Md5>),
    Crc32c(u32),
}

impl Summing {
    pub(super) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Md5 => Self::Md5(Box::default()),
            Kind::Crc32c => Self::Crc32c(0),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(sum) => sum.update(bytes),
            Self::Crc32c(sum) => *sum = crc32c::crc32c_append(*sum, bytes),
        }
    }

    /// The sum; what comes from here on is summed up anew.
    pub(super) fn finish(&mut self) -> Sum {
        match self {
            Self::Md5(sum) => Sum::Md5(sum.finalize_reset().into()),
            Self::Crc32c(sum) => Sum::Crc32c(std::mem::take(sum)),
        }
    }
}

/// A CRC-32C as the service writes it.
pub(super) fn base64_crc32c(sum: u32) -> String {
    STANDARD.encode(sum.to_be_bytes())
}

/// An MD5 as the service wrote it.
pub(super) fn read_md5(text: &str) -> Option<Md5Sum> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// The CRC-32C of all bytes, from the sums of stretches in their order and the stretches' lengths.
pub(super) fn joined(stretches: impl Iterator<Item = (u32, u64)>) -> u32 {
    stretches.fold(0, |whole, (sum, length)| {
        crc32c::crc32c_combine(whole, sum, usize::try_from(length).unwrap_or(usize::MAX))
    })
}

/// The sum of an object in parts: MD5 over its parts' sums, and their number.
pub(super) fn multipart_md5(sums: &[Md5Sum]) -> String {
    let mut whole = Md5::new();
    for sum in sums {
        whole.update(sum);
    }
    format!("{}-{}", STANDARD.encode(whole.finalize()), sums.len())
}

/// How far a download was compared with what the service says of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Its CRC-32C is the object's.
    Crc32c,
    /// Its MD5 is the object's.
    Whole,
    /// The sum over its parts is the object's.
    Parts,
    /// The service gives no sum, or it is not known how large the parts were.
    No,
}

/// What a download is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// The stretches that have sums of their own.
    pub(super) part: u64,
    pub(super) kind: Kind,
    size: u64,
    text: Option<String>,
    verified: Verified,
    /// The size of the parts is a guess, so a difference proves nothing.
    guessed: bool,
}

impl Expected {
    /// What is known of an object. `part` is the size of its parts, where the user knows it.
    pub(super) fn of(head: &Head, part: Option<u64>) -> Self {
        let nothing = Self {
            part: head.size.max(1),
            kind: Kind::Crc32c,
            size: head.size,
            text: None,
            verified: Verified::No,
            guessed: true,
        };
        if let Some(sum) = &head.crc32c {
            return Self { text: Some(sum.clone()), verified: Verified::Crc32c, guessed: false, ..nothing };
        }
        let nothing = Self { kind: Kind::Md5, ..nothing };
        if let Some(md5) = &head.md5 {
            return Self { text: Some(md5.clone()), verified: Verified::Whole, guessed: false, ..nothing };
        }
        let Some(sum) = &head.multipart_md5 else { return nothing };
        let count = sum.rsplit_once('-').and_then(|(_, count)| count.parse::<u64>().ok());
        let told = part.or(head.part);
        let Some(size) = told.or_else(|| guessed_part(head.size, count?)) else { return nothing };
        Self {
            part: size,
            text: Some(sum.clone()),
            verified: Verified::Parts,
            guessed: told.is_none(),
            ..nothing
        }
    }

    /// The size of the parts, where they have to be summed up one by one.
    pub(super) fn parts(&self) -> Option<u64> {
        (self.verified == Verified::Parts).then_some(self.part)
    }

    /// For bytes that come in ranges of this size: a CRC-32C is joined from whatever stretches there are.
    pub(super) fn in_ranges(mut self, range: u64) -> Self {
        if self.kind == Kind::Crc32c {
            self.part = range;
        }
        self
    }

    /// Compares the sums of all stretches.
    ///
    /// # Errors
    /// They are others: both sums as text.
    pub(super) fn compare(&self, sums: &[Sum]) -> Result<Verified, String> {
        let Some(wanted) = &self.text else { return Ok(Verified::No) };
        let found = match (self.verified, sums) {
            (Verified::Crc32c, sums) => {
                let lengths = stretches(self.size, self.part).map(|stretch| stretch.length);
                base64_crc32c(joined(sums.iter().filter_map(crc32c_of).zip(lengths)))
            }
            (Verified::Parts, sums) => multipart_md5(&sums.iter().filter_map(md5_of).collect::<Vec<_>>()),
            (_, [one]) => one.text(),
            (_, sums) => format!("{} sums in place of one", sums.len()),
        };
        if found == *wanted {
            Ok(self.verified)
        } else if self.guessed {
            Ok(Verified::No)
        } else {
            Err(format!("{wanted} is the object's, {found} that of what arrived"))
        }
    }
}

fn crc32c_of(sum: &Sum) -> Option<u32> {
    if let Sum::Crc32c(sum) = sum { Some(*sum) } else { None }
}

fn md5_of(sum: &Sum) -> Option<Md5Sum> {
    if let Sum::Md5(sum) = sum { Some(*sum) } else { None }
}

/// Sums stretches of one size up, from bytes in their order.
#[derive(Debug)]
pub(super) struct Running {
    each: u64,
    in_this: u64,
    sum: Summing,
    done: Vec<Sum>,
}

impl Running {
    pub(super) fn new(kind: Kind, each: u64) -> Self {
        Self { each, in_this: 0, sum: Summing::new(kind), done: Vec::new() }
    }

    /// Whether a stretch has just ended.
    pub(super) fn at_border(&self) -> bool {
        self.in_this == 0
    }

    /// Takes a whole stretch whose sum is known.
    pub(super) fn whole(&mut self, sum: Sum) {
        self.done.push(sum);
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = usize::try_from(self.each - self.in_this).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.sum.update(now);
            self.in_this += now.len() as u64;
            if self.in_this == self.each {
                self.done.push(self.sum.finish());
                self.in_this = 0;
            }
            bytes = later;
        }
    }

    /// All sums; of no bytes at all the one of nothing.
    pub(super) fn finish(mut self) -> Vec<Sum> {
        if self.in_this > 0 || self.done.is_empty() {
            self.done.push(self.sum.finish());
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base64_md5(bytes: &[u8]) -> String {
        Sum::of(Kind::Md5, bytes).text()
    }

    fn head(size: u64, md5: Option<String>, multipart: Option<String>, part: Option<u64>) -> Head {
        Head {
            size,
            etag: "e".into(),
            md5,
            multipart_md5: multipart,
            crc32c: None,
            part,
            archival_state: None,
        }
    }

    #[test]
    fn sums_as_the_service_writes_them() {
        // The check values of MD5 and CRC-32C.
        assert_eq!(base64_md5(b""), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert_eq!(Sum::of(Kind::Crc32c, b"123456789"), Sum::Crc32c(0xe306_9283));
        assert_eq!(base64_crc32c(0xe306_9283), "4waSgw==");
        assert_eq!(
            read_md5("1B2M2Y8AsgTpgAmY7PhCfg==").map(|sum| Sum::Md5(sum).text()),
            Some(base64_md5(b""))
        );
        assert_eq!(read_md5("4waSgw=="), None);
    }

    #[test]
    fn sums_of_stretches_do_not_depend_on_how_the_bytes_come() {
        let bytes: Vec<u8> = (0..=99).collect();
        for kind in [Kind::Md5, Kind::Crc32c] {
            let wanted = [&bytes[..40], &bytes[40..80], &bytes[80..]].map(|bytes| Sum::of(kind, bytes));
            for step in [1, 7, 40, 100] {
                let mut running = Running::new(kind, 40);
                bytes.chunks(step).for_each(|chunk| running.update(chunk));
                assert_eq!(running.finish(), wanted, "{step}");
            }
            assert_eq!(Running::new(kind, 1).finish(), [Sum::of(kind, b"")]);
            let mut running = Running::new(kind, 40);
            running.whole(wanted[0]);
            assert!(running.at_border());
            running.update(&bytes[40..]);
            assert!(!running.at_border());
            assert_eq!(running.finish(), wanted);
        }
    }

    #[test]
    fn what_is_compared() {
        fn check(head: &Head, part: Option<u64>, sums: &[Sum], wanted: Option<Verified>) {
            let found = Expected::of(head, part).compare(sums).ok();
            assert_eq!(found, wanted, "{head:?} {part:?}");
        }
        let (a, b) = (Md5::digest(b"a").into(), Md5::digest(b"b").into());
        let whole = head(1, Some(base64_md5(b"a")), None, None);
        check(&whole, None, &[Sum::Md5(a)], Some(Verified::Whole));
        check(&whole, None, &[Sum::Md5(b)], None);
        let sum = multipart_md5(&[a, b]);
        let (a, b) = (Sum::Md5(a), Sum::Md5(b));
        let own = head(20, None, Some(sum.clone()), Some(10));
        check(&own, None, &[a, b], Some(Verified::Parts));
        check(&own, None, &[b, a], None);
        let unknown = head(20, None, Some(sum.clone()), None);
        check(&unknown, None, &[a], Some(Verified::No));
        check(&unknown, Some(10), &[a, b], Some(Verified::Parts));
        check(&unknown, Some(10), &[b], None);
        let guessed = head(30 << 20, None, Some(sum), None);
        assert_eq!(Expected::of(&guessed, None).parts(), Some(16 << 20));
        check(&guessed, None, &[a, b], Some(Verified::Parts));
        check(&guessed, None, &[b, a], Some(Verified::No));
        check(&head(1, None, None, None), None, &[a], Some(Verified::No));
    }

    #[test]
    fn a_crc32c_is_joined_from_any_ranges() {
        let bytes: Vec<u8> = (0..=99).collect();
        let both = Head { crc32c: Some(Sum::of(Kind::Crc32c, &bytes).text()), ..own(&bytes) };
        let expected = Expected::of(&both, Some(10));
        assert_eq!((expected.kind, expected.parts()), (Kind::Crc32c, None));
        for range in [1, 7, 50, 99, 100, 200] {
            let expected = expected.clone().in_ranges(range);
            let sums = |bytes: &[u8]| {
                let mut running = Running::new(expected.kind, expected.part);
                running.update(bytes);
                running.finish()
            };
            assert_eq!(expected.compare(&sums(&bytes)), Ok(Verified::Crc32c), "{range}");
            let mut spoilt = bytes.clone();
            spoilt[60] ^= 1;
            assert!(expected.compare(&sums(&spoilt)).is_err(), "{range}");
            assert!(expected.compare(&sums(&bytes[1..])).is_err(), "{range}");
        }
        let empty = Head { size: 0, crc32c: Some("AAAAAA==".into()), ..own(b"") };
        let expected = Expected::of(&empty, None);
        assert_eq!(expected.compare(&Running::new(expected.kind, 1).finish()), Ok(Verified::Crc32c));
    }

    fn own(bytes: &[u8]) -> Head {
        head(bytes.len() as u64, Some(base64_md5(bytes)), None, None)
    }
}
