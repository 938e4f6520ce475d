//! Loading Oracle's client library: once in a process, at the first session.

use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};
use oracle::InitParams;

use super::failure::Fault;
use crate::db::driver::client::{self, Found};
use crate::db::error::DbError;
use crate::model::Category;

/// From where the library was loaded.
#[derive(Debug, PartialEq, Eq)]
enum Loaded {
    /// Nowhere yet.
    Nowhere,
    /// The places that the linker knows.
    Linker,
    /// A directory that was named.
    Directory(Utf8PathBuf),
}

static LOADED: Mutex<Loaded> = Mutex::new(Loaded::Nowhere);

/// ODPI-C's word for a library that is not there.
const NOT_THERE: i32 = 1047;

/// Loads the library for a database, unless it is loaded.
///
/// # Errors
/// It is not there, cannot be loaded, or another one was loaded earlier.
pub(super) fn load(what: &str, database: &str) -> Result<(), DbError> {
    let named = client::named_for(database);
    // Whoever comes at the same time waits for the outcome; a panic elsewhere leaves the value as it was.
    let mut loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match (&*loaded, &named) {
        (Loaded::Nowhere, _) => {}
        (_, None) => return Ok(()),
        (Loaded::Directory(earlier), Some(named)) if earlier == named => return Ok(()),
        (earlier, Some(named)) => return Err(other(what, named, earlier)),
    }
    let mut params = InitParams::new();
    let prepared = params.default_driver_name("adbctl : thick").and_then(|params| match &named {
        Some(directory) => params.oracle_client_lib_dir(directory.as_str()),
        None => Ok(params),
    });
    match prepared.and_then(|params| params.init()) {
        Ok(_) => {
            *loaded = named.map_or(Loaded::Linker, Loaded::Directory);
            Ok(())
        }
        Err(error) => Err(not_loaded(what, &Fault::from(error), &client::look(database))),
    }
}

fn other(what: &str, named: &Utf8Path, earlier: &Loaded) -> DbError {
    let earlier = match earlier {
        Loaded::Directory(path) => path.as_str(),
        Loaded::Nowhere | Loaded::Linker => "the linker's places",
    };
    DbError::invalid(format!(
        "{what} wants Oracle's client library from {named}, and this process has loaded the one from {earlier}"
    ))
    .advise("one process loads one client library: set the same client_library for every database")
}

/// Why there is no library, where it was looked for, and what can be done without it.
fn not_loaded(what: &str, fault: &Fault, looked: &Found) -> DbError {
    let alternatives = "or take a driver that needs no installation: driver = \"thin\" (SQL*Net), \"ords\" (HTTPS) \
                        or \"dbtools\" (OCI Database Tools)";
    let places = looked.places.join("; ");
    let (why, advice) = match (&looked.library, fault.dpi) {
        (None, Some(NOT_THERE)) => (
            "Oracle's client library (libclntsh) is not on this machine".to_owned(),
            format!(
                "install Oracle Instant Client (Basic or Basic Light) and name its directory in LD_LIBRARY_PATH, by \
                 ldconfig, in {} or as client_library under [database.NAME.connect]; {alternatives}",
                client::VARIABLE
            ),
        ),
        (Some(library), _) => (
            format!("Oracle's client library {library} cannot be loaded"),
            format!(
                "look whether it is for this processor, and whether everything it needs is found beside it (ldd \
                 {library}): libnnz and libaio among others; {alternatives}"
            ),
        ),
        (None, _) => (
            "Oracle's client library cannot be used".to_owned(),
            format!("look at the cause; {alternatives}"),
        ),
    };
    let mut error =
        DbError::new(Category::Invalid, format!("{what} cannot be reached by driver thick: {why}"))
            .because(format!("looked in: {places}"))
            .because(&fault.text)
            .advise(advice);
    error.not_sent = true;
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_are_not_loaded() {
        fn check(library: Option<&str>, dpi: Option<i32>, wanted: &str, advice: &str) {
            let fault =
                Fault { dpi, text: "DPI-1047: libclntsh.so: no such file".into(), ..Fault::default() };
            let looked = Found { library: library.map(Utf8PathBuf::from), places: vec!["/opt/x".into()] };
            let error = not_loaded("dev as ADMIN", &fault, &looked);
            assert!(
                error.to_string().contains(wanted) && error.to_string().contains("dev as ADMIN"),
                "{error}"
            );
            let said = error.advice.as_deref().unwrap();
            for word in [advice, "\"thin\"", "\"ords\"", "\"dbtools\""] {
                assert!(said.contains(word), "{said}");
            }
            assert_eq!(error.causes, ["looked in: /opt/x", "DPI-1047: libclntsh.so: no such file"]);
            assert!(error.not_sent && error.category == Category::Invalid);
        }
        check(None, Some(1047), "is not on this machine", "client_library");
        check(Some("/opt/x/libclntsh.so"), Some(1047), "libclntsh.so cannot be loaded", "libnnz");
        check(None, Some(1050), "cannot be used", "look at the cause");
    }

    #[test]
    fn one_library_in_a_process() {
        let error = other("dev as ADMIN", "/opt/new".into(), &Loaded::Directory("/opt/old".into()));
        assert!(error.to_string().contains("/opt/new") && error.to_string().contains("/opt/old"), "{error}");
        let error = other("dev as ADMIN", "/opt/new".into(), &Loaded::Linker);
        assert!(error.to_string().contains("the linker's places"), "{error}");
    }
}
