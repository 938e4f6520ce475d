//! Directory objects and the folders behind them.
//!
//! A folder stands beside the database's file, so that a copy of the file begins without the files of its source.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;

use crate::sandbox::oracle::catalogue::{Body, Kind, Object};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::run::Machine;

/// Where the folders of a database are.
pub(crate) fn shelf(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".files");
    PathBuf::from(name)
}

/// A name as a folder's: what a file system could take for something else is written as hexadecimal digits.
fn folder_name(name: &str) -> String {
    name.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#') {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// The folder of a directory object that the present user may read from, or write to. It is made when it is not there.
///
/// # Errors
/// ORA-29280 without such a directory (names are compared exactly), ORA-29289 without the privilege.
pub(crate) fn folder(machine: &Machine, directory: &str, write: bool) -> Outcome<PathBuf> {
    let Some(object) = machine.catalogue.find_exactly("SYS", Kind::Directory, directory) else {
        return fail(29280, &[]);
    };
    let authority = &machine.authority;
    if !machine.catalogue.can_see(authority, object) {
        return fail(29280, &[]);
    }
    if !machine.catalogue.has_object(authority, object, &[if write { "WRITE" } else { "READ" }]) {
        return fail(29289, &[]);
    }
    let path = machine.shared.files().join(folder_name(&first_of(machine, object).name));
    fs::create_dir_all(&path).map_err(|error| io_error(&error))?;
    Ok(path)
}

/// The oldest directory object of the same path: two names of one path mean one folder.
fn first_of<'a>(machine: &'a Machine, object: &'a Arc<Object>) -> &'a Arc<Object> {
    let path = |object: &Object| match &object.body {
        Body::Directory { path } => Some(path.clone()),
        _ => None,
    };
    let wanted = path(object);
    machine
        .catalogue
        .objects()
        .into_iter()
        .find(|other| wanted.is_some() && path(other) == wanted)
        .unwrap_or(object)
}

/// A file's name within its folder.
///
/// # Errors
/// ORA-29288 for no name, and for one that would leave the folder.
pub(crate) fn file_name(name: &str) -> Outcome<&str> {
    let leaves = name.contains(['/', '\\', '\0']) || matches!(name, "." | "..") || name.contains("..");
    if name.is_empty() || leaves || name.len() > 255 { fail(29288, &[]) } else { Ok(name) }
}

/// What the system says about a file that cannot be used.
pub(crate) fn io_error(error: &std::io::Error) -> OracleError {
    OracleError::new(29283, &[]).below(&format!("the sandbox: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        fn check(name: &str, good: bool) {
            assert_eq!(file_name(name).is_ok(), good, "{name}");
        }
        check("export.dmp", true);
        check("a b&c.log", true);
        check("", false);
        check("..", false);
        check("../x", false);
        check("/etc/passwd", false);
        check("a\\b", false);
        assert_eq!(folder_name("DATA_PUMP_DIR"), "DATA_PUMP_DIR");
        assert_eq!(folder_name("../x"), "%2E%2E%2Fx");
    }
}
