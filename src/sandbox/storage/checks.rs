//! Checksums, conditions and ranges.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use crate::sandbox::http::{Call, Refusal};

/// The MD5 of bytes in base64, as the service gives it.
pub(super) fn md5(bytes: &[u8]) -> String {
    STANDARD.encode(Md5::digest(bytes))
}

/// The digest of an object made of parts: MD5 over the parts' binary digests, and their number.
pub(super) fn multipart_md5(parts: &[String]) -> String {
    let mut whole = Md5::new();
    for part in parts {
        whole.update(STANDARD.decode(part).unwrap_or_default());
    }
    format!("{}-{}", STANDARD.encode(whole.finalize()), parts.len())
}

fn crc32c(bytes: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    (!crc).to_be_bytes()
}

/// A way to sum bytes up, in base64.
type Sum = fn(&[u8]) -> String;

/// Compares every checksum that the request names with the body.
pub(super) fn check_sums(call: &Call) -> Result<(), Refusal> {
    let differs = |what: &str| {
        Refusal::new(400, "UnmatchedContentMD5", format!("the {what} sent is not that of the bytes received"))
    };
    if let Some(sent) = call.header("content-md5")
        && sent != md5(&call.body)
    {
        return Err(differs("content-md5"));
    }
    let sums: [(&str, Sum); 3] = [
        ("opc-content-crc32c", |bytes| STANDARD.encode(crc32c(bytes))),
        ("opc-content-sha256", |bytes| STANDARD.encode(digest::digest(&digest::SHA256, bytes).as_ref())),
        ("opc-content-sha384", |bytes| STANDARD.encode(digest::digest(&digest::SHA384, bytes).as_ref())),
    ];
    for (header, sum) in sums {
        if let Some(sent) = call.header(header)
            && sent != sum(&call.body)
        {
            return Err(differs(header));
        }
    }
    match call.header("opc-checksum-algorithm") {
        None | Some("CRC32C" | "SHA256" | "SHA384") => Ok(()),
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
        assert_eq!(crc32c(b"123456789"), 0xe306_9283_u32.to_be_bytes());
        assert_eq!(md5(b""), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert_eq!(
            multipart_md5(&[md5(b"a"), md5(b"b")]).rsplit_once('-').map(|(_, n)| n.to_owned()),
            Some("2".to_owned())
        );
    }
}
