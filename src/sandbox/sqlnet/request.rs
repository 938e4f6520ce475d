//! Requests: what a client asks for, read from its bytes.

use super::wire::{Read, Reader, Stop};

pub(super) const PROTOCOL: u8 = 1;
pub(super) const FUNCTION: u8 = 3;
pub(super) const ROW: u8 = 7;
pub(super) const LOB_DATA: u8 = 14;
pub(super) const PIGGYBACK: u8 = 17;
pub(super) const FAST_AUTH: u8 = 34;

/// Option of an execution: the text comes with it.
pub(super) const PARSE: u64 = 0x01;
/// Option: run it.
pub(super) const EXECUTE: u64 = 0x20;
/// Option: rows are wanted at once.
pub(super) const FETCH: u64 = 0x40;
/// Option: commit afterwards.
pub(super) const COMMIT: u64 = 0x100;
/// Option: what is wrong with single rows of a batch is reported at its end.
pub(super) const BATCH_ERRORS: u64 = 0x8_0000;

/// The field versions at which layouts grow.
pub(super) const V12_2: u8 = 8;
pub(super) const V20_1: u8 = 14;
pub(super) const V23_1: u8 = 17;
pub(super) const V23_1_TOKENS: u8 = 18;
pub(super) const V23_1_NOTES: u8 = 20;
pub(super) const V23_4: u8 = 24;

/// The bytes of a locator.
pub(super) const LOCATOR: usize = 40;
/// Most binds, columns or rows that one request may announce.
const MOST: usize = 65_535;

/// The type and size of a bind or define.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) of: u8,
    pub(super) size: u64,
    /// 2 for the national character set, whose text is UTF-16.
    pub(super) form: u8,
    pub(super) array: bool,
}

/// A statement to run or to go on with, up to its rows of binds.
#[derive(Clone, Debug, Default)]
pub(super) struct Execute {
    pub(super) cursor: u64,
    pub(super) options: u64,
    pub(super) text: Option<String>,
    /// Rows wanted with the answer.
    pub(super) rows: usize,
    /// How often it is to run.
    pub(super) times: usize,
    pub(super) binds: Vec<Described>,
    pub(super) defines: Vec<Described>,
    /// The whole form, not the short one of a statement that is known.
    pub(super) full: bool,
}

/// What is asked of a LOB.
#[derive(Clone, Debug, Default)]
pub(super) struct LobCall {
    pub(super) operation: u64,
    pub(super) locator: Vec<u8>,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) amount: u64,
    pub(super) data: Vec<u8>,
}

/// What a client says of its session beside a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    Close(Vec<u64>),
    Schema(String),
    /// Attributes that changed, by name; none for one that was cleared.
    Attributes(Vec<(Attribute, Option<String>)>),
    FreeLobs(Vec<Vec<u8>>),
    Nothing,
}

pub(super) use crate::sandbox::sql::Attribute;

/// The code of the function that is asked for, after what the client says beside it.
pub(super) fn head(reader: &mut Reader<'_>, version: u8) -> Read<(u8, Vec<Aside>)> {
    let mut asides = Vec::new();
    loop {
        let (kind, code) = (reader.u8()?, reader.u8()?);
        reader.u8()?;
        if version >= V23_1_TOKENS {
            reader.ub()?;
        }
        match kind {
            FUNCTION => return Ok((code, asides)),
            PIGGYBACK => asides.push(aside(reader, code)?),
            _ => return Err(Stop::Garbled("a message that begins no request")),
        }
    }
}

fn few(count: usize) -> Read<usize> {
    if count > MOST { Err(Stop::Garbled("more items than there can be")) } else { Ok(count) }
}

fn aside(reader: &mut Reader<'_>, code: u8) -> Read<Aside> {
    match code {
        105 | 120 => {
            reader.u8()?;
            let count = few(reader.count()?)?;
            let cursors = (0..count).map(|_| reader.ub()).collect::<Read<Vec<_>>>()?;
            Ok(if code == 105 { Aside::Close(cursors) } else { Aside::Nothing })
        }
        135 => attributes(reader),
        152 => {
            reader.u8()?;
            Ok(Aside::Schema(reader.text2()?))
        }
        176 => reader.ub().map(|_| Aside::Nothing),
        96 => {
            reader.u8()?;
            let length = reader.count()?;
            reader.u8()?;
            reader.skip_ub(3)?;
            reader.skip(3)?;
            reader.ub()?;
            reader.u8()?;
            reader.skip_ub(3)?;
            reader.u8()?;
            for _ in 0..3 {
                reader.u8()?;
                reader.ub()?;
            }
            let bytes = reader.raw(length)?;
            Ok(Aside::FreeLobs(bytes.chunks(LOCATOR).map(<[u8]>::to_vec).collect()))
        }
        154 => {
            reader.u8()?;
            reader.ub()?;
            reader.u8()?;
            let count = few(reader.count()?)?;
            reader.ub()?;
            reader.u8()?;
            reader.bytes()?;
            for _ in 0..count {
                reader.bytes2()?;
                reader.bytes2()?;
                reader.ub()?;
            }
            Ok(Aside::Nothing)
        }
        _ => Err(Stop::Garbled("something beside a call that is not known")),
    }
}

fn attributes(reader: &mut Reader<'_>) -> Read<Aside> {
    let given = |reader: &mut Reader<'_>| -> Read<(bool, bool)> { Ok((reader.u8()? != 0, reader.ub()? > 0)) };
    reader.skip(2)?;
    reader.ub()?;
    let mut list = vec![
        (Some(Attribute::ClientIdentifier), given(reader)?),
        (Some(Attribute::Module), given(reader)?),
        (Some(Attribute::Action), given(reader)?),
        (None, given(reader)?),
    ];
    reader.u8()?;
    reader.ub()?;
    list.push((Some(Attribute::ClientInfo), given(reader)?));
    reader.u8()?;
    reader.ub()?;
    reader.u8()?;
    reader.ub()?;
    list.push((None, given(reader)?));
    let mut found = Vec::new();
    for (name, (given, filled)) in list {
        if !given {
            continue;
        }
        let value = if filled { reader.bytes()? } else { None };
        if let Some(name) = name {
            found.push((name, value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())));
        }
    }
    Ok(Aside::Attributes(found))
}

/// What the client says of the data types it knows: its field version, and whether it wants to know the time zone.
pub(super) fn data_types(reader: &mut Reader<'_>) -> Read<(u8, bool)> {
    reader.skip(5)?;
    let compiled = reader.bytes()?.unwrap_or_default();
    let running = reader.bytes()?.unwrap_or_default();
    let zone = running.get(1).is_some_and(|byte| byte & 1 != 0);
    if zone {
        reader.skip(11)?;
    }
    while reader.u16()? != 0 {
        reader.skip(6)?;
    }
    Ok((compiled.get(7).copied().unwrap_or(0), zone))
}

fn described(reader: &mut Reader<'_>, version: u8) -> Read<Described> {
    let (of, flags) = (reader.u8()?, reader.u8()?);
    reader.skip(2)?;
    let size = reader.ub()?;
    reader.skip_ub(2)?;
    reader.bytes2()?;
    reader.skip_ub(2)?;
    let form = reader.u8()?;
    reader.ub()?;
    if version >= V12_2 {
        reader.ub()?;
    }
    Ok(Described { of, size, form, array: flags & 0x40 != 0 })
}

/// A statement in the whole form.
pub(super) fn execute(reader: &mut Reader<'_>, version: u8) -> Read<Execute> {
    let (options, cursor) = (reader.ub()?, reader.ub()?);
    for _ in 0..2 {
        reader.u8()?;
        reader.ub()?;
    }
    reader.skip(2)?;
    reader.ub()?;
    let wanted = reader.count()?;
    reader.ub()?;
    let (has_binds, binds) = (reader.u8()? != 0, few(reader.count()?)?);
    reader.skip(5)?;
    let (has_defines, defines) = (reader.u8()? != 0, few(reader.count()?)?);
    reader.ub()?;
    reader.skip(2)?;
    reader.u8()?;
    reader.ub()?;
    reader.u8()?;
    reader.skip_ub(2)?;
    reader.u8()?;
    reader.ub()?;
    reader.u8()?;
    if version >= V12_2 {
        for _ in 0..2 {
            reader.u8()?;
            reader.ub()?;
        }
        reader.u8()?;
        if version > V12_2 {
            reader.u8()?;
            reader.ub()?;
        }
    }
    let text = if options & PARSE == 0 { None } else { Some(reader.bytes()?.unwrap_or_default()) };
    let list = (0..13).map(|_| reader.ub()).collect::<Read<Vec<_>>>()?;
    let all = |reader: &mut Reader<'_>, has: bool, count: usize| -> Read<Vec<Described>> {
        (0..if has { count } else { 0 }).map(|_| described(reader, version)).collect()
    };
    let defines = all(reader, has_defines, defines)?;
    let binds = all(reader, has_binds, binds)?;
    let times = usize::try_from(list[1]).unwrap_or(usize::MAX).max(1);
    // What does not run fetches: a define, or more rows of a cursor that a block opened.
    let fetches = options & FETCH != 0 || options & EXECUTE == 0;
    Ok(Execute {
        cursor,
        options,
        text: text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        rows: if fetches { wanted } else { 0 },
        times: if list[7] == 0 { times } else { 1 },
        binds,
        defines,
        full: true,
    })
}

/// A statement that is known, to run again.
pub(super) fn again(reader: &mut Reader<'_>, fetches: bool) -> Read<Execute> {
    let (cursor, count, options) = (reader.ub()?, reader.count()?, reader.ub()?);
    reader.ub()?;
    Ok(Execute {
        cursor,
        options: options | EXECUTE,
        rows: if fetches { count } else { 0 },
        times: if fetches { 1 } else { count.max(1) },
        ..Execute::default()
    })
}

/// What is asked of a LOB.
pub(super) fn lob(reader: &mut Reader<'_>) -> Read<LobCall> {
    reader.u8()?;
    let length = reader.count()?;
    reader.u8()?;
    reader.skip_ub(3)?;
    let creates = reader.u8()? != 0;
    reader.skip(2)?;
    let operation = reader.ub()?;
    reader.skip(2)?;
    let (from, to) = (reader.ub()?, reader.ub()?);
    let counted = reader.u8()? != 0;
    reader.skip(6)?;
    if length > 4096 {
        return Err(Stop::Garbled("a locator that is too long"));
    }
    let locator = reader.raw(length)?.to_vec();
    if creates {
        reader.ub()?;
    }
    let mut data = Vec::new();
    if operation == 0x40 {
        if reader.u8()? != LOB_DATA {
            return Err(Stop::Garbled("a write of a LOB without data"));
        }
        data = reader.bytes()?.unwrap_or_default();
    }
    let amount = if counted { reader.ub()? } else { 0 };
    Ok(LobCall { operation, locator, from, to, amount, data })
}

#[cfg(test)]
mod tests {
    use super::super::wire::Feed;
    use super::*;

    struct Nothing;

    impl Feed for Nothing {
        fn more(&mut self) -> Result<Vec<u8>, Stop> {
            Err(Stop::Gone)
        }
    }

    #[test]
    fn what_is_said_beside_a_call() {
        #[expect(clippy::needless_pass_by_value, reason = "a row of the table makes it")]
        fn check(bytes: &[u8], wanted: Result<(u8, Vec<Aside>), Stop>) {
            assert_eq!(head(&mut Reader::new(bytes.to_vec(), &mut Nothing), 13), wanted, "{bytes:?}");
        }
        check(&[3, 147, 1], Ok((147, vec![])));
        check(&[17, 105, 1, 1, 1, 2, 1, 7, 1, 9, 3, 14, 2], Ok((14, vec![Aside::Close(vec![7, 9])])));
        check(&[17, 120, 1, 1, 1, 1, 1, 7, 3, 14, 2], Ok((14, vec![Aside::Nothing])));
        check(&[17, 152, 1, 1, 1, 2, 2, 72, 82, 3, 5, 2], Ok((5, vec![Aside::Schema("HR".to_owned())])));
        check(&[17, 99, 1], Err(Stop::Garbled("something beside a call that is not known")));
        check(&[4, 99, 1], Err(Stop::Garbled("a message that begins no request")));
        check(&[17, 105, 1, 1, 3, 1, 0, 0], Err(Stop::Garbled("more items than there can be")));
        check(&[3], Err(Stop::Gone));
        let mut text = vec![17, 135, 1, 0, 0, 0];
        text.extend([1, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]); // an identifier, no module any more
        text.extend([0, 0, 0, 0, 0, 0, 0]);
        text.extend([2, 65, 66, 3, 147, 1]);
        let identifier = (Attribute::ClientIdentifier, Some("AB".to_owned()));
        check(&text, Ok((147, vec![Aside::Attributes(vec![identifier, (Attribute::Module, None)])])));
    }
}
