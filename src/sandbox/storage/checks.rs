//! Checksums, conditions and ranges.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::body::Received;
use crate::sandbox::http::{Call, Refusal};

/// The digest of an object made of parts: MD5 over the parts' binary digests, and their number.
pub(super) fn multipart_md5(parts: &[String]) -> String {
    let mut whole = Md5::new();
    for part in parts {
        whole.update(STANDARD.decode(part).unwrap_or_default());
    }
    format!("{}-{}", STANDARD.encode(whole.finalize()), parts.len())
}

/// CRC-32C of bytes that come in pieces.
#[derive(Debug)]
pub(super) struct Crc32c(u32);

impl Default for Crc32c {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc32c {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u32::from(*byte);
            for _ in 0..8 {
                self.0 = if self.0 & 1 == 1 { (self.0 >> 1) ^ 0x82f6_3b78 } else { self.0 >> 1 };
            }
        }
    }

    pub(super) fn finish(self) -> [u8; 4] {
        (!self.0).to_be_bytes()
    }
}

/// Compares every checksum that the request names with the body, and gives that.
pub(super) fn check_sums(call: &Call) -> Result<&Received, Refusal> {
    let received = call
        .received
        .as_ref()
        .ok_or_else(|| Refusal::invalid("an object's bytes have to come with a PUT"))?;
    let differs = |what: &str| {
        Refusal::new(400, "UnmatchedContentMD5", format!("the {what} sent is not that of the bytes received"))
    };
    let sums = [
        ("content-md5", Some(&received.md5)),
        ("opc-content-crc32c", received.crc32c.as_ref()),
        ("opc-content-sha256", received.sha256.as_ref()),
        ("opc-content-sha384", received.sha384.as_ref()),
    ];
    for (header, sum) in sums {
        if let Some(sent) = call.header(header)
            && sum.is_none_or(|sum| sum != sent)
        {
            return Err(differs(header));
        }
    }
    match call.header("opc-checksum-algorithm") {
        None | Some("CRC32C" | "SHA256" | "SHA384") => Ok(received),
        Some(_) => Err(Refusal::invalid("opc-checksum-algorithm has to be CRC32C, SHA256 or SHA384")),
    }
}

/// Checks `if-match` and `if-none-match` of a change against what is there now.
pub(super) fn check_conditions(call: &Call, etag: Option<&str>) -> Result<(), Refusal> {
    if let Some(wanted) = call.header("if-match")
        && etag.is_none_or(|etag| wanted.trim_matches('"') != etag && wanted != "*")
    {
        return Err(Refusal::new(412, "IfMatchFailed", "the object is another one than if-match names"));
    }
    if let Some(unwanted) = call.header("if-none-match") {
        if unwanted != "*" {
            return Err(Refusal::invalid("if-none-match of a change has to be *"));
        }
        if etag.is_some() {
            return Err(Refusal::new(412, "IfNoneMatchFailed", "there is an object of this name"));
        }
    }
    Ok(())
}

/// The first and the last byte that a `range` header asks for.
pub(super) fn range(header: &str, size: u64) -> Result<(u64, u64), Refusal> {
    let bad = || Refusal::new(416, "InvalidRange", "the range is not one of the object's");
    let (first, last) =
        header.strip_prefix("bytes=").and_then(|rest| rest.split_once('-')).ok_or_else(bad)?;
    let end = size.checked_sub(1).ok_or_else(bad)?;
    let (first, last) = match (first, last) {
        ("", count) => {
            let count: u64 = count.parse().map_err(|_| bad())?;
            if count == 0 {
                return Err(bad());
            }
            (size.saturating_sub(count), end)
        }
        (first, "") => (first.parse().map_err(|_| bad())?, end),
        (first, last) => {
            (first.parse().map_err(|_| bad())?, last.parse::<u64>().map_err(|_| bad())?.min(end))
        }
    };
    if first > last { Err(bad()) } else { Ok((first, last)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        fn check(header: &str, size: u64, wanted: Option<(u64, u64)>) {
            assert_eq!(range(header, size).ok(), wanted, "{header} of {size}");
        }
        check("bytes=0-4", 10, Some((0, 4)));
        check("bytes=5-", 10, Some((5, 9)));
        check("bytes=-3", 10, Some((7, 9)));
        check("bytes=0-99", 10, Some((0, 9)));
        check("bytes=10-", 10, None);
        check("bytes=-0", 10, None);
        check("bytes=4-2", 10, None);
        check("lines=1-2", 10, None);
        check("bytes=0-0", 0, None);
    }

    #[test]
    fn sums() {
        // The check value of CRC-32C, and the digest of nothing.
        let mut crc = Crc32c::default();
        crc.update(b"1234");
        crc.update(b"56789");
        assert_eq!(crc.finish(), 0xe306_9283_u32.to_be_bytes());
        let md5 = |bytes: &[u8]| STANDARD.encode(Md5::digest(bytes));
        assert_eq!(
            multipart_md5(&[md5(b"a"), md5(b"b")]).rsplit_once('-').map(|(_, n)| n.to_owned()),
            Some("2".to_owned())
        );
    }
}
