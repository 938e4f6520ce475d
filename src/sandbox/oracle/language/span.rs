//! Where a piece of the tree stood in the text.

use std::hash::{Hash, Hasher};

/// A stretch of the parsed text: byte offsets, and line and column (both from 1, columns in characters) of its start.
///
/// Two spans are always equal: trees compare by meaning, wherever and however they were written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// Byte offset of the first character.
    pub offset: usize,
    /// Byte offset just past the last character.
    pub end: usize,
    /// Line of the first character, from 1.
    pub line: u32,
    /// Column of the first character, from 1, in characters.
    pub column: u32,
}

impl Span {
    /// The span from the start of `self` to the end of `last`.
    #[must_use]
    pub fn to(self, last: Self) -> Self {
        Self { end: last.end.max(self.offset), ..self }
    }

    /// The text this span covers, or nothing if `text` is not the text it was taken from.
    pub fn of(self, text: &str) -> &str {
        text.get(self.offset..self.end).unwrap_or_default()
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
