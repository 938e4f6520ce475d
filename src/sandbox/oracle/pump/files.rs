//! Where dump files and logs are: folders of directory objects and buckets of Object Storage.
//!
//! A dump in Object Storage is an empty object of the given name and beside it the pieces, named like it with `_aaaaaa`,
//! `_aaaaab` and so on.

use fs_err as fs;

use crate::sandbox::oracle::catalogue::Authority;
use crate::sandbox::oracle::error::Outcome;
use crate::sandbox::oracle::packages::{directory, store};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::calendar::fields_of;

/// The largest piece of a dump in Object Storage, in bytes.
const PIECE: usize = 10_000_000;

/// A file: its name, the directory or credential, and whether it is in Object Storage.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) by: Option<String>,
    pub(super) remote: bool,
}

/// Does something with the rights of a job's owner.
pub(super) fn as_owner<T>(machine: &mut Machine, owner: &str, act: impl FnOnce(&mut Machine) -> T) -> T {
    let authority = Authority { user: owner.to_owned(), roles: true };
    let authority = std::mem::replace(&mut machine.authority, authority);
    let schema = std::mem::replace(&mut machine.facts.current_schema, owner.to_owned());
    let user = std::mem::replace(&mut machine.facts.session_user, owner.to_owned());
    let current = std::mem::replace(&mut machine.facts.current_user, owner.to_owned());
    let result = act(machine);
    machine.facts.current_user = current;
    machine.authority = authority;
    machine.facts.current_schema = schema;
    machine.facts.session_user = user;
    result
}

fn piece_name(uri: &str, number: usize) -> String {
    let mut letters = [b'a'; 6];
    let mut rest = number;
    for letter in letters.iter_mut().rev() {
        *letter += u8::try_from(rest % 26).unwrap_or(0);
        rest /= 26;
    }
    format!("{uri}_{}", String::from_utf8_lossy(&letters))
}

fn pieces(machine: &mut Machine, credential: Option<&str>, uri: &str) -> Outcome<Vec<String>> {
    let prefix = format!("{uri}_");
    // Names come decoded, and from the last slash on; a slash may be written as %2F.
    let decoded = percent_encoding::percent_decode_str(&prefix).decode_utf8_lossy();
    let own = decoded.rsplit('/').next().unwrap_or_default();
    let listed = store::list(machine, credential, &prefix)?;
    let mut names: Vec<String> = listed
        .iter()
        .filter_map(|entry| entry.name.strip_prefix(own))
        .filter(|end| end.len() == 6 && end.bytes().all(|b| b.is_ascii_lowercase()))
        .map(|end| format!("{prefix}{end}"))
        .collect();
    names.sort();
    Ok(names)
}

fn path(machine: &Machine, place: &Place, write: bool) -> Outcome<std::path::PathBuf> {
    let name = place.by.as_deref().unwrap_or("DATA_PUMP_DIR");
    Ok(directory::folder(machine, name, write)?.join(directory::file_name(&place.name)?))
}

/// Whether a dump file is there.
pub(super) fn exists(machine: &mut Machine, place: &Place) -> Outcome<bool> {
    if place.remote {
        return Ok(store::size(machine, place.by.as_deref(), &place.name)?.is_some());
    }
    Ok(path(machine, place, false)?.exists())
}

/// Writes a dump file over what may be there.
pub(super) fn write(machine: &mut Machine, place: &Place, bytes: &[u8]) -> Outcome<()> {
    if !place.remote {
        let path = path(machine, place, true)?;
        return fs::write(path, bytes).map_err(|error| directory::io_error(&error));
    }
    let credential = place.by.as_deref();
    let chunks: Vec<&[u8]> = bytes.chunks(PIECE).collect();
    for old in pieces(machine, credential, &place.name)?.iter().skip(chunks.len()) {
        store::delete(machine, credential, old)?;
    }
    for (number, chunk) in chunks.iter().enumerate() {
        store::put(machine, credential, &piece_name(&place.name, number), chunk)?;
    }
    store::put(machine, credential, &place.name, b"")
}

/// Reads a dump file.
pub(super) fn read(machine: &mut Machine, place: &Place) -> Outcome<Vec<u8>> {
    if !place.remote {
        let path = path(machine, place, false)?;
        return fs::read(path).map_err(|error| directory::io_error(&error));
    }
    let credential = place.by.as_deref();
    let whole = store::get(machine, credential, &place.name, None)?;
    if !whole.is_empty() {
        return Ok(whole);
    }
    let mut bytes = Vec::new();
    for piece in pieces(machine, credential, &place.name)? {
        bytes.extend(store::get(machine, credential, &piece, None)?);
    }
    Ok(bytes)
}

/// Writes a log or another text into a directory.
pub(super) fn write_text(machine: &mut Machine, directory: &str, name: &str, text: &str) -> Outcome<()> {
    let place = Place { name: name.to_owned(), by: Some(directory.to_owned()), remote: false };
    let path = path(machine, &place, true)?;
    fs::write(path, text).map_err(|error| directory::io_error(&error))
}

/// Whether a name stands for many files.
pub(super) fn is_template(name: &str) -> bool {
    let plain = name.replace("%%", "");
    ["%U", "%u", "%L", "%l"].iter().any(|word| plain.contains(word))
}

/// Whether the percent signs of a name mean something. On import only `%U`, `%L` and `%%` do.
pub(super) fn well_formed(name: &str, remote: bool, import: bool) -> bool {
    let mut rest = name;
    while let Some(at) = rest.find('%') {
        let next = rest[at + 1..].chars().next();
        let fits = match next.map(|letter| letter.to_ascii_uppercase()) {
            // An encoded byte of an address.
            Some(_) if remote && is_encoded(name, &rest[at + 1..]) => true,
            Some('U' | 'L' | '%') => true,
            Some('D' | 'M' | 'Y' | 'T') => !import,
            _ => false,
        };
        if !fits {
            return false;
        }
        rest = rest[at + 1..].get(next.map_or(0, char::len_utf8)..).unwrap_or_default();
    }
    true
}

/// Whether an address goes on with the two digits of an encoded byte.
fn is_encoded(name: &str, rest: &str) -> bool {
    let digits = rest.as_bytes().get(..2);
    name.contains("://") && digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// The name of the file with a number. None beyond what the template can count to.
pub(super) fn expand(name: &str, number: usize, now: i64) -> Option<String> {
    let date = fields_of(now);
    let mut text = String::new();
    let mut rest = name;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let next = rest[at + 1..].chars().next();
        match next.map(|letter| letter.to_ascii_uppercase()) {
            Some(_) if is_encoded(name, &rest[at + 1..]) => text.push_str(&rest[at..at + 2]),
            Some('U') if number > 99 => return None,
            Some('U' | 'L') => text.push_str(&format!("{number:02}")),
            Some('D') => text.push_str(&format!("{:02}", date.day)),
            Some('M') => text.push_str(&format!("{:02}", date.month)),
            Some('Y') => text.push_str(&format!("{:04}", date.year)),
            Some('T') => text.push_str(&format!("{:04}{:02}{:02}", date.year, date.month, date.day)),
            Some('%') | None => text.push('%'),
            Some(other) => {
                text.push('%');
                text.push(other);
            }
        }
        rest = rest[at + 1..].get(next.map_or(0, char::len_utf8)..).unwrap_or_default();
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_expand() {
        fn check(name: &str, number: usize, want: Option<&str>) {
            // 2026-11-21 10:20:30 UTC
            assert_eq!(expand(name, number, 1_795_256_430_000_000).as_deref(), want, "{name}");
        }
        check("exp%U.dmp", 1, Some("exp01.dmp"));
        check("exp%u.dmp", 100, None);
        check("exp%L.dmp", 100, Some("exp100.dmp"));
        check("e%T_%D%M%Y.dmp", 1, Some("e20261121_21112026.dmp"));
        check("100%%.dmp", 1, Some("100%.dmp"));
        check("plain.dmp", 7, Some("plain.dmp"));
        check("https://x/o/%D0%B6%D_%U.dmp", 1, Some("https://x/o/%D0%B621_01.dmp"));
        assert!(is_template("a%U") && is_template("a%l") && !is_template("a%%U"));
        assert!(!well_formed("a%Z.dmp", false, false));
        assert!(!well_formed("a%T.dmp", false, true));
        assert!(well_formed("https://x/o/a%20b%U.dmp", true, true));
        assert_eq!(piece_name("x.dmp", 27), "x.dmp_aaaabb");
    }
}
