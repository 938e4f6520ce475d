//! The packets: their heads, and the ones that open a connection.

use super::wire::Writer;

pub(super) const CONNECT: u8 = 1;
pub(super) const ACCEPT: u8 = 2;
pub(super) const REFUSE: u8 = 4;
pub(super) const DATA: u8 = 6;
pub(super) const MARKER: u8 = 12;

pub(super) const BREAK: u8 = 1;
pub(super) const RESET: u8 = 2;

/// A flag of a packet of data: the client says goodbye.
pub(super) const GOODBYE: u16 = 0x0040;
/// A flag of a packet of data: the last one of a reply.
pub(super) const LAST: u16 = 0x2000;

/// The client may log on in two requests.
pub(super) const FAST_LOGON: u32 = 0x1000_0000;
/// Replies end with a mark.
pub(super) const END_MARKS: u32 = 0x0200_0000;

/// The bytes of a packet's head.
pub(super) const HEAD: usize = 8;
/// The longest packet that any client may agree on, with some room.
const LONGEST: usize = 2_097_152 + 1024;
/// The shortest and longest unit of data that is agreed on.
const UNITS: std::ops::RangeInclusive<usize> = 512..=65_535;
/// No encryption of its own: neither asked for nor offered.
const NO_NATIVE_ENCRYPTION: u8 = 0x04;

/// The kind of a packet and the length of its body, from its head; nothing where it can be none.
pub(super) fn head(bytes: [u8; HEAD], large: bool) -> Option<(u8, usize)> {
    let length = if large {
        u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    } else {
        u16::from_be_bytes([bytes[0], bytes[1]]).into()
    };
    let length = usize::try_from(length).ok().filter(|length| (HEAD..=LONGEST).contains(length))?;
    Some((bytes[4], length - HEAD))
}

/// A whole packet.
pub(super) fn packet(kind: u8, body: &[u8], large: bool) -> Vec<u8> {
    let length = body.len() + HEAD;
    let mut writer = Writer(Vec::with_capacity(length));
    if large {
        writer.u32(u32::try_from(length).unwrap_or(u32::MAX));
    } else {
        writer.u16(u16::try_from(length).unwrap_or(u16::MAX)).u16(0);
    }
    writer.u8(kind).zeros(3).raw(body);
    writer.0
}

/// What a client wants to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Connect {
    /// The newest version of the protocol that it speaks.
    pub(super) version: u16,
    /// The length of the packets that it takes.
    pub(super) unit: usize,
    /// The connect data, unless they follow in a packet of their own.
    pub(super) text: Option<String>,
    /// How long they are.
    pub(super) length: usize,
}

/// Reads the body of the first packet.
pub(super) fn connect(body: &[u8]) -> Option<Connect> {
    let u16_at = |at: usize| body.get(at - HEAD..at - HEAD + 2).map(|b| u16::from_be_bytes([b[0], b[1]]));
    let (version, length, from) = (u16_at(8)?, usize::from(u16_at(24)?), usize::from(u16_at(26)?));
    let unit = body
        .get(58 - HEAD..62 - HEAD)
        .and_then(|b| usize::try_from(u32::from_be_bytes([b[0], b[1], b[2], b[3]])).ok())
        .filter(|unit| *unit > 0)
        .or_else(|| u16_at(14).map(usize::from))?;
    let from = from.checked_sub(HEAD)?;
    let text = body.get(from..from + length).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    Some(Connect { version, unit: unit.clamp(*UNITS.start(), *UNITS.end()), text, length })
}

/// The body that accepts a connection.
pub(super) fn accept(version: u16, unit: usize, flags: u32) -> Vec<u8> {
    let short = u16::try_from(unit).unwrap_or(u16::MAX);
    let mut writer = Writer::new();
    // The option 0x0400 is left out: clients would cancel with urgent data of TCP.
    writer.u16(version).u16(0x0001).u16(short).u16(u16::MAX).u16(0x0100).u16(0).u16(45);
    writer.u8(NO_NATIVE_ENCRYPTION).u8(NO_NATIVE_ENCRYPTION).zeros(8);
    writer.u32(short.into()).u32(2_097_152).u8(0).u32(flags);
    writer.0
}

/// The body that refuses a connection with an error of the listener.
pub(super) fn refuse(code: u32) -> Vec<u8> {
    let text = format!(
        "(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR={code})(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))"
    );
    let mut writer = Writer::new();
    writer.u8(0x22).u8(0).u16(u16::try_from(text.len()).unwrap_or(u16::MAX)).raw(text.as_bytes());
    writer.0
}

/// The body of a marker.
pub(super) fn marker(kind: u8) -> [u8; 3] {
    [1, 0, kind]
}

/// The value of a word in connect data: `(WORD=value)`, in any case and with blanks.
pub(super) fn value(text: &str, word: &str) -> Option<String> {
    text.split('(').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let value = value.split(')').next().unwrap_or_default().trim();
        (name.trim().eq_ignore_ascii_case(word) && !value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        fn check(bytes: [u8; HEAD], large: bool, wanted: Option<(u8, usize)>) {
            assert_eq!(head(bytes, large), wanted, "{bytes:?}");
        }
        check([0, 70, 0, 0, 1, 0, 0, 0], false, Some((1, 62)));
        check([0, 0, 0, 11, 12, 0, 0, 0], true, Some((12, 3)));
        check([0, 0, 0, 8, 6, 0, 0, 0], true, Some((6, 0)));
        check([0, 7, 0, 0, 1, 0, 0, 0], false, None);
        check([0xFF, 0, 0, 0, 6, 0, 0, 0], true, None);
        check(*b"GET / HT", true, None);
        assert_eq!(packet(MARKER, &marker(RESET), true), [0, 0, 0, 11, 12, 0, 0, 0, 1, 0, 2]);
        assert_eq!(packet(REFUSE, &[9], false), [0, 9, 0, 0, 4, 0, 0, 0, 9]);
    }

    #[test]
    fn connects() {
        let text = "(DESCRIPTION=(CONNECT_DATA=( service_name = db_low )(CID=(PROGRAM=x))))";
        let mut body = vec![0; 66];
        body[..2].copy_from_slice(&319_u16.to_be_bytes());
        body[6..8].copy_from_slice(&8192_u16.to_be_bytes());
        body[16..18].copy_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
        body[18..20].copy_from_slice(&74_u16.to_be_bytes());
        let check = |body: &[u8], unit: usize, found: Option<&str>| {
            let read = connect(body).unwrap();
            assert_eq!((read.version, read.unit, read.text.as_deref()), (319, unit, found));
        };
        check(&body, 8192, None);
        body.extend_from_slice(text.as_bytes());
        check(&body, 8192, Some(text));
        body[50..54].copy_from_slice(&2_000_000_u32.to_be_bytes());
        check(&body, 65_535, Some(text));
        for length in 0..20 {
            assert_eq!(connect(&body[..length]), None, "{length}");
        }
        assert_eq!(value(text, "SERVICE_NAME").as_deref(), Some("db_low"));
        assert_eq!(value(text, "SID"), None);
        assert_eq!(value("(SID=)", "SID"), None);
        assert_eq!(accept(318, 8192, 0).len(), 37);
    }
}
