//! A wallet that is unpacked: reading its files, and what is said of its addresses.

use camino::Utf8Path;
use serde_json::{Value, json};

use super::tnsnames::{self, Descriptor};
use crate::model::{ActionError, Category};

/// A file of the wallet.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(directory: &Utf8Path, name: &str) -> Result<Vec<u8>, ActionError> {
    fs_err::read(directory.join(name)).map_err(|e| {
        let category = match e.kind() {
            std::io::ErrorKind::NotFound => Category::NotFound,
            _ => Category::Invalid,
        };
        ActionError::new(category, format!("the wallet cannot be read: {e}"))
            .advise("download it again, or look at the directory's owner and permissions")
    })
}

/// The addresses that the wallet names: at least one.
///
/// # Errors
/// The file cannot be read or understood, or names nothing.
pub(crate) fn descriptors(directory: &Utf8Path) -> Result<Vec<Descriptor>, ActionError> {
    understood(&read(directory, "tnsnames.ora")?)
}

/// The addresses in a `tnsnames.ora`: at least one.
///
/// # Errors
/// The text cannot be understood, or names nothing.
pub(crate) fn understood(text: &[u8]) -> Result<Vec<Descriptor>, ActionError> {
    let found = tnsnames::parse(&String::from_utf8_lossy(text))
        .map_err(|e| ActionError::invalid(format!("the wallet's {e}")).advise("download the wallet again"))?;
    if found.is_empty() {
        return Err(ActionError::invalid("the wallet's tnsnames.ora names no service")
            .advise("an APEX Service database has no SQL*Net and needs no wallet; else download it again"));
    }
    Ok(found)
}

/// The names that clients can use.
pub(crate) fn aliases(descriptors: &[Descriptor]) -> Value {
    let mut names: Vec<&str> = Vec::new();
    for d in descriptors {
        if !names.contains(&d.alias.as_str()) {
            names.push(&d.alias);
        }
    }
    json!(names)
}

/// Where each name leads.
pub(crate) fn services(descriptors: &[Descriptor]) -> Value {
    let one = |d: &Descriptor| {
        json!({
            "alias": d.alias,
            "host": d.host,
            "port": d.port,
            "service": d.service,
            "server_dn": d.server_dn,
            "name_matching": d.name_matching,
        })
    };
    descriptors.iter().map(one).collect()
}
