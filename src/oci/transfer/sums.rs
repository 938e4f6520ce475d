//! MD5 sums of objects that were stored whole, and of objects that were stored in parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::sizes::guessed_part;
use super::store::Head;

/// The bytes of an MD5.
pub(super) type Sum = [u8; 16];

/// The MD5 of bytes.
pub(super) fn md5(bytes: &[u8]) -> Sum {
    Md5::digest(bytes).into()
}

/// As the service writes it.
pub(super) fn base64_md5(sum: &Sum) -> String {
    STANDARD.encode(sum)
}

/// The sum of an object in parts: MD5 over its parts' sums, and their number.
pub(super) fn multipart_md5(sums: &[Sum]) -> String {
    let mut whole = Md5::new();
    for sum in sums {
        whole.update(sum);
    }
    format!("{}-{}", STANDARD.encode(whole.finalize()), sums.len())
}

/// How far a download was compared with what the service says of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
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
    text: Option<String>,
    verified: Verified,
    /// The size of the parts is a guess, so a difference proves nothing.
    guessed: bool,
}

impl Expected {
    /// What is known of an object. `part` is the size of its parts, where the user knows it.
    pub(super) fn of(head: &Head, part: Option<u64>) -> Self {
        let nothing = Self { part: head.size.max(1), text: None, verified: Verified::No, guessed: true };
        if let Some(md5) = &head.md5 {
            return Self { text: Some(md5.clone()), verified: Verified::Whole, guessed: false, ..nothing };
        }
        let Some(sum) = &head.multipart_md5 else { return nothing };
        let count = sum.rsplit_once('-').and_then(|(_, count)| count.parse::<u64>().ok());
        let told = part.or(head.part);
        let Some(size) = told.or_else(|| guessed_part(head.size, count?)) else { return nothing };
        Self { part: size, text: Some(sum.clone()), verified: Verified::Parts, guessed: told.is_none() }
    }

    /// The size of the parts, where the object has some.
    pub(super) fn parts(&self) -> Option<u64> {
        (self.verified == Verified::Parts).then_some(self.part)
    }

    /// Compares the sums of all stretches.
    ///
    /// # Errors
    /// They are others: both sums as text.
    pub(super) fn compare(&self, sums: &[Sum]) -> Result<Verified, String> {
        let Some(wanted) = &self.text else { return Ok(Verified::No) };
        let found = match (self.verified, sums) {
            (Verified::Parts, sums) => multipart_md5(sums),
            (_, [one]) => base64_md5(one),
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

/// Sums stretches of one size up, from bytes in their order.
#[derive(Debug)]
pub(super) struct Running {
    each: u64,
    in_this: u64,
    sum: Md5,
    done: Vec<Sum>,
}

impl Running {
    pub(super) fn new(each: u64) -> Self {
        Self { each, in_this: 0, sum: Md5::new(), done: Vec::new() }
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
                self.done.push(self.sum.finalize_reset().into());
                self.in_this = 0;
            }
            bytes = later;
        }
    }

    /// All sums; of no bytes at all the one of nothing.
    pub(super) fn finish(mut self) -> Vec<Sum> {
        if self.in_this > 0 || self.done.is_empty() {
            self.done.push(self.sum.finalize().into());
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(size: u64, md5: Option<&str>, multipart: Option<String>, part: Option<u64>) -> Head {
        Head {
            size,
            etag: "e".into(),
            md5: md5.map(str::to_owned),
            multipart_md5: multipart,
            part,
            archival_state: None,
        }
    }

    #[test]
    fn sums_of_stretches_do_not_depend_on_how_the_bytes_come() {
        let bytes: Vec<u8> = (0..=99).collect();
        let wanted = [md5(&bytes[..40]), md5(&bytes[40..80]), md5(&bytes[80..])];
        for step in [1, 7, 40, 100] {
            let mut running = Running::new(40);
            bytes.chunks(step).for_each(|chunk| running.update(chunk));
            assert_eq!(running.finish(), wanted, "{step}");
        }
        assert_eq!(Running::new(1).finish(), [md5(b"")]);
        let mut running = Running::new(40);
        running.whole(wanted[0]);
        assert!(running.at_border());
        running.update(&bytes[40..]);
        assert!(!running.at_border());
        assert_eq!(running.finish(), wanted);
    }

    #[test]
    fn what_is_compared() {
        fn check(head: &Head, part: Option<u64>, sums: &[Sum], wanted: Option<Verified>) {
            let found = Expected::of(head, part).compare(sums).ok();
            assert_eq!(found, wanted, "{head:?} {part:?}");
        }
        let (a, b) = (md5(b"a"), md5(b"b"));
        let whole = head(1, Some(&base64_md5(&a)), None, None);
        check(&whole, None, &[a], Some(Verified::Whole));
        check(&whole, None, &[b], None);
        let sum = multipart_md5(&[a, b]);
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
}
