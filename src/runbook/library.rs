//! The shipped runbooks, and those an operator names by path.

use camino::Utf8Path;
use include_dir::{Dir, include_dir};
use thiserror::Error;

use crate::model::diagnostic::{SourceText, suggestion};

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/runbooks");

/// Why a runbook cannot be found.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// Neither a shipped name nor a path.
    #[error("no runbook is called {name:?}; {help}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest, or all.
        help: String,
    },
    /// The file cannot be read.
    #[error(
        "the runbook cannot be read: {0}; give its path, or a shipped one's name (`adbctl runbook list`)"
    )]
    Read(#[from] std::io::Error),
}

/// Names and texts of the shipped runbooks, by name.
pub fn shipped() -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<_> = SHIPPED
        .files()
        .filter(|file| file.path().extension().is_some_and(|e| e == "toml"))
        .filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)))
        .collect();
    found.sort_unstable();
    found
}

/// The name and text of a runbook: a path when it has a `/` or ends in `.toml`, else a shipped one.
///
/// # Errors
/// There is none.
pub fn find(name: &str) -> Result<(String, SourceText), LibraryError> {
    if name.contains('/') || Utf8Path::new(name).extension() == Some("toml") {
        let text = fs_err::read_to_string(name)?;
        let stem = Utf8Path::new(name).file_stem().unwrap_or(name).to_owned();
        return Ok((stem, SourceText::new(name, text)));
    }
    let shipped = shipped();
    if let Some((known, text)) = shipped.iter().find(|(known, _)| *known == name) {
        Ok(((*known).to_owned(), SourceText::new(format!("runbooks/{known}.toml"), *text)))
    } else {
        let help = suggestion(name, shipped.iter().map(|(known, _)| *known))
            .unwrap_or_else(|| "give the path of a file".into());
        Err(LibraryError::Unknown { name: name.to_owned(), help })
    }
}
