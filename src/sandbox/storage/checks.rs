//! Checksums, conditions and ranges.

use aws_lc_rs::digest;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::body::Received;
use super::record::{Algorithm, Part};
use crate::sandbox::http::{Call, Refusal};

/// The header that names a checksum to be worked out beside MD5.
const ALGORITHM: &str = "opc-checksum-algorithm";

/// The digest of an object made of parts: MD5 over the parts' binary digests, and their number.
pub(super) fn multipart_md5(parts: &[String]) -> String {
    let mut whole = Md5::new();
    for part in parts {
        whole.update(STANDARD.decode(part).unwrap_or_default());
    }
    format!("{}-{}", STANDARD.encode(whole.finalize()), parts.len())
}

impl Algorithm {
    /// The one that a request names.
    pub(super) fn named(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        match headers.get(ALGORITHM).map(axum::http::HeaderValue::as_bytes) {
            None => Ok(None),
            Some(b"CRC32C") => Ok(Some(Self::Crc32c)),
            Some(b"SHA256") => Ok(Some(Self::Sha256)),
            Some(b"SHA384") => Ok(Some(Self::Sha384)),
            Some(_) => Err(Refusal::invalid(format!("{ALGORITHM} has to be CRC32C, SHA256 or SHA384"))),
        }
    }

    /// The header that has the checksum of a body, or of an object that was stored whole.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Crc32c => "opc-content-crc32c",
            Self::Sha256 => "opc-content-sha256",
            Self::Sha384 => "opc-content-sha384",
        }
    }

    /// The checksum of an object made of parts, if all of them have one: that of the whole for CRC-32C, else one over the
    /// parts' checksums, and their number.
    pub(super) fn of_parts(self, parts: &[&Part]) -> Option<(String, String)> {
        let sums: Vec<Vec<u8>> =
            parts.iter().map(|part| STANDARD.decode(part.checksum.as_ref()?).ok()).collect::<Option<_>>()?;
        let over = |header: &str, algorithm: &'static digest::Algorithm| {
            let whole = digest::digest(algorithm, &sums.concat());
            Some((header.to_owned(), format!("{}-{}", STANDARD.encode(whole.as_ref()), sums.len())))
        };
        match self {
            Self::Sha256 => over("opc-multipart-sha256", &digest::SHA256),
            Self::Sha384 => over("opc-multipart-sha384", &digest::SHA384),
            Self::Crc32c => {
                let mut whole = 0;
                for (sum, part) in sums.into_iter().zip(parts) {
                    let sum = u32::from_be_bytes(sum.try_into().ok()?);
                    whole = crc32c::crc32c_combine(whole, sum, usize::try_from(part.size).ok()?);
                }
                Some((self.header().to_owned(), STANDARD.encode(whole.to_be_bytes())))
            }
        }
    }
}

/// Compares every checksum that the request names with the body, and gives that.
pub(super) fn check_sums(call: &Call) -> Result<&Received, Refusal> {
    let received = call
        .received
        .as_ref()
        .ok_or_else(|| Refusal::invalid("an object's bytes have to come with a PUT"))?;
    let sums = [
        ("content-md5", "MD5", Some(&received.md5)),
        ("opc-content-crc32c", "CRC32C", received.crc32c.as_ref()),
        ("opc-content-sha256", "SHA256", received.sha256.as_ref()),
        ("opc-content-sha384", "SHA384", received.sha384.as_ref()),
    ];
    for (header, name, sum) in sums {
        let Some(sent) = call.header(header) else { continue };
        let found = sum.map_or("none", String::as_str);
        if found != sent {
            let code = format!("UnmatchedContent{name}");
            let text = format!(
                "the {name} of the bytes received is {found}, not {sent} as the header {header} says"
            );
            return Err(Refusal::new(400, &code, text));
        }
    }
    Ok(received)
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
        let md5 = |bytes: &[u8]| STANDARD.encode(Md5::digest(bytes));
        assert_eq!(
            multipart_md5(&[md5(b"a"), md5(b"b")]).rsplit_once('-').map(|(_, n)| n.to_owned()),
            Some("2".to_owned())
        );
        // The whole in parts has the checksum of the whole, bit by bit.
        let whole: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        for sizes in [&[100_000][..], &[1, 99_999], &[50_000, 0, 49_999, 1]] {
            let mut rest = &whole[..];
            let parts: Vec<Part> = sizes
                .iter()
                .map(|size| {
                    let (now, later) = rest.split_at(*size);
                    rest = later;
                    part(now)
                })
                .collect();
            let parts: Vec<&Part> = parts.iter().collect();
            let wanted = STANDARD.encode(slowly(&whole).to_be_bytes());
            let found = Algorithm::Crc32c.of_parts(&parts);
            assert_eq!(found, Some(("opc-content-crc32c".to_owned(), wanted)), "{sizes:?}");
        }
        // The check value of CRC-32C.
        assert_eq!(slowly(b"123456789"), 0xe306_9283);
        let without = Part { checksum: None, ..part(b"x") };
        assert_eq!(Algorithm::Sha256.of_parts(&[&part(b"x"), &without]), None);
    }

    fn part(bytes: &[u8]) -> Part {
        let checksum = Some(STANDARD.encode(crc32c::crc32c(bytes).to_be_bytes()));
        Part { blob: "b".into(), size: bytes.len() as u64, etag: "e".into(), md5: "m".into(), checksum }
    }

    /// CRC-32C as its definition has it.
    fn slowly(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0x82f6_3b78 } else { sum >> 1 }
            })
        })
    }
}
