//! The shipped runbooks, and those an operator names by path.

use std::sync::LazyLock;

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

/// The shipped runbooks with what they include, by name.
static WHOLE: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let mut found: Vec<_> = texts(&SHIPPED).map(|(name, text)| (name, with_fragments(text))).collect();
    found.sort_unstable();
    found
});

/// The names and texts of the TOML files that lie in this folder itself.
fn texts(folder: &'static Dir<'static>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let toml = |file: &&include_dir::File<'_>| file.path().extension().is_some_and(|e| e == "toml");
    let named = folder.files().filter(toml);
    named.filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)))
}

/// Names and texts of the shipped fragments: tables that several runbooks have in common.
pub(super) fn fragments() -> Vec<(&'static str, &'static str)> {
    SHIPPED.get_dir("fragments").into_iter().flat_map(texts).collect()
}

/// The text of a runbook, followed by the fragments that its `include` names. Those that there are not stay named, and are
/// told as mistakes when it is read.
fn with_fragments(text: &str) -> String {
    let head = text.lines().take_while(|line| !line.starts_with('['));
    let include = head.filter(|line| line.trim_start().starts_with("include")).find_map(|line| {
        let table: toml::Table = toml::from_str(line).ok()?;
        table.get("include")?.clone().try_into::<Vec<String>>().ok()
    });
    let mut whole = text.to_owned();
    for name in include.unwrap_or_default() {
        if let Some((_, fragment)) = fragments().into_iter().find(|(known, _)| *known == name) {
            whole.push_str(&format!("\n# ---- {name} ----\n{fragment}"));
        }
    }
    whole
}

/// Names and texts of the shipped runbooks, by name, each with what it includes.
pub fn shipped() -> Vec<(&'static str, &'static str)> {
    WHOLE.iter().map(|(name, text)| (*name, text.as_str())).collect()
}

/// The name and text of a runbook: a path when it has a `/` or ends in `.toml`, else a shipped one. What it
/// includes stands behind it.
///
/// # Errors
/// There is none.
pub fn find(name: &str) -> Result<(String, SourceText), LibraryError> {
    if name.contains('/') || Utf8Path::new(name).extension() == Some("toml") {
        let text = fs_err::read_to_string(name)?;
        let stem = Utf8Path::new(name).file_stem().unwrap_or(name).to_owned();
        return Ok((stem, SourceText::new(name, with_fragments(&text))));
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
