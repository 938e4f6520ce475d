//! Oracle's client library, as Instant Client brings it: where it is looked for, and whether it lies there. Looking loads
//! nothing, so it is here whether or not the driver that loads it is part of this version.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::environment;

/// The variable that names the library's directory for every database.
pub(crate) const VARIABLE: &str = "ADBCTL_CLIENT_LIBRARY";
/// How the names of the library begin; a version may follow.
const LIBRARY: &str = if cfg!(target_os = "macos") { "libclntsh.dylib" } else { "libclntsh.so" };
/// What the linker knows, beside these, is written here.
const LINKER_CACHE: &str = "/etc/ld.so.cache";
const USUAL: [&str; 4] = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];

/// The configured directories, by the names of databases. The library is loaded once in a process, whatever is opened.
static CONFIGURED: OnceLock<BTreeMap<String, Utf8PathBuf>> = OnceLock::new();

/// Keeps what is configured. The first call counts.
pub(crate) fn configure(directories: BTreeMap<String, Utf8PathBuf>) {
    CONFIGURED.get_or_init(|| directories);
}

/// The directory that is configured for a database, else the one that the environment names.
pub(crate) fn named_for(database: &str) -> Option<Utf8PathBuf> {
    let configured = CONFIGURED.get().and_then(|directories| directories.get(database)).cloned();
    configured.or_else(|| environment::variable(VARIABLE).map(Utf8PathBuf::from)).map(directory_of)
}

/// The library's own path stands for its directory.
fn directory_of(path: Utf8PathBuf) -> Utf8PathBuf {
    let is_library = path.file_name().is_some_and(|name| name.starts_with(LIBRARY));
    match path.parent() {
        Some(parent) if is_library => parent.to_owned(),
        _ => path,
    }
}

/// What a look for the library gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The library, if it is there.
    pub(crate) library: Option<Utf8PathBuf>,
    /// The places, for people, in the order in which they were looked at.
    pub(crate) places: Vec<String>,
}

/// Looks for the library as it would be loaded for a database.
pub(crate) fn look(database: &str) -> Found {
    let cache = fs_err::read(LINKER_CACHE).unwrap_or_default();
    look_in(named_for(database).as_deref(), &environment::variable, &cache, &USUAL)
}

/// A directory that is named is the only one; else those of the linker.
fn look_in(
    named: Option<&Utf8Path>,
    variable: &dyn Fn(&str) -> Option<String>,
    cache: &[u8],
    usual: &[&str],
) -> Found {
    if let Some(named) = named {
        return Found { library: library_in(named), places: vec![named.to_string()] };
    }
    let path = variable("LD_LIBRARY_PATH").unwrap_or_default();
    let of_path: Vec<&str> = path.split([':', ';']).filter(|part| !part.is_empty()).collect();
    let said = if of_path.is_empty() { "which is not set".to_owned() } else { of_path.join(", ") };
    let mut places = vec![format!("LD_LIBRARY_PATH ({said})"), "the linker's list (ldconfig)".to_owned()];
    let home = variable("ORACLE_HOME").map(|home| Utf8PathBuf::from(home).join("lib"));
    places.extend(home.iter().map(|home| format!("{home} (ORACLE_HOME)")));
    places.push(usual.join(", "));
    let library = of_path
        .iter()
        .find_map(|directory| library_in(Utf8Path::new(directory)))
        .or_else(|| cached(cache))
        .or_else(|| home.as_deref().and_then(library_in))
        .or_else(|| usual.iter().find_map(|directory| library_in(Utf8Path::new(directory))));
    Found { library, places }
}

/// The library in a directory: the name without a version before those with one.
fn library_in(directory: &Utf8Path) -> Option<Utf8PathBuf> {
    let entries = directory.read_dir_utf8().ok()?.flatten();
    let is_library = |name: &str| {
        name.strip_prefix(LIBRARY).is_some_and(|version| version.is_empty() || version.starts_with('.'))
    };
    let mut found: Vec<Utf8PathBuf> =
        entries.filter(|entry| is_library(entry.file_name())).map(|entry| entry.path().to_owned()).collect();
    found.sort();
    found.into_iter().next()
}

/// The library among the paths of the linker's cache, which stand there as texts that end with a zero.
fn cached(cache: &[u8]) -> Option<Utf8PathBuf> {
    cache.split(|byte| *byte == 0).find_map(|text| {
        let path = Utf8Path::new(std::str::from_utf8(text).ok()?);
        let known = path.is_absolute() && path.file_name().is_some_and(|name| name.starts_with(LIBRARY));
        known.then(|| path.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_the_library() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let make = |name: &str, files: &[&str]| {
            let directory = folder.join(name);
            fs_err::create_dir_all(&directory).unwrap();
            for file in files {
                fs_err::write(directory.join(file), "").unwrap();
            }
            directory
        };
        let (none, other) = (make("none", &[]), make("other", &["libclntshcore.so.21.1", "libclntsh.solid"]));
        let one = make("one", &[&format!("{LIBRARY}.19.1")]);
        let two = make("two", &[LIBRARY, &format!("{LIBRARY}.21.1")]);
        let home = make("home/lib", &[LIBRARY]);
        let cache = format!("glibc-ld.so.cache1.1\0libclntsh.so.19.1\0{one}/{LIBRARY}.19.1\0/lib/libc.so\0");
        let check = |named: Option<&Utf8Path>,
                     set: &[(&str, String)],
                     cache: &str,
                     usual: &[&str],
                     wanted: Option<Utf8PathBuf>| {
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
            let found = look_in(named, &variable, cache.as_bytes(), usual);
            assert_eq!(found.library, wanted, "{named:?} {set:?}");
            assert!(!found.places.is_empty());
            found.places.join("; ")
        };
        let path = |value: String| ("LD_LIBRARY_PATH", value);
        let first = Some(one.join(format!("{LIBRARY}.19.1")));
        let places = check(None, &[], "", &[none.as_str()], None);
        assert!(
            places.contains("LD_LIBRARY_PATH (which is not set)") && places.contains("ldconfig"),
            "{places}"
        );
        check(None, &[path(format!("{none}:{other}:{two}"))], "", &[], Some(two.join(LIBRARY)));
        check(None, &[path(format!("{other}:{one}"))], &cache, &[], first.clone());
        check(None, &[], &cache, &[], first.clone());
        let set = [("ORACLE_HOME", folder.join("home").to_string())];
        check(None, &set, "", &[two.as_str()], Some(home.join(LIBRARY)));
        check(None, &[], "", &[none.as_str(), one.as_str()], first);
        // Nothing else counts where a directory is named.
        let places = check(Some(&none), &[path(two.to_string())], &cache, &[two.as_str()], None);
        assert_eq!(places, none.as_str());
        assert_eq!(directory_of(two.join(LIBRARY)), two);
        assert_eq!(directory_of(two.clone()), two);
    }
}
