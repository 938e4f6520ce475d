//! A script cut into the pieces SQL*Plus would send one by one.

use super::lexer::{begins_word, closing_delimiter, continues_word};

/// What a piece of a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PieceKind {
    /// A SQL statement, without its semicolon.
    Sql,
    /// A block or stored source, with its semicolons and without the slash.
    Plsql,
    /// A command of SQL*Plus itself, such as `SET DEFINE OFF`; a lone `/` runs the statement before it again.
    Command,
}

/// One piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptPiece {
    /// What it is.
    pub kind: PieceKind,
    /// Its text, without terminator and surrounding space.
    pub text: String,
    /// Line where the text begins, from 1.
    pub start_line: u32,
    /// Line where the text ends, from 1.
    pub end_line: u32,
    /// Byte offset of the text in the script.
    pub offset: usize,
}

/// First words of SQL*Plus and SQLcl commands. SET, COMMENT and others that are SQL too are decided by hand.
const COMMANDS: &[&str] = &[
    "ACCEPT",
    "APEX",
    "APPEND",
    "BREAK",
    "BTITLE",
    "CD",
    "CLEAR",
    "COL",
    "COLUMN",
    "COMPUTE",
    "CONN",
    "CONNECT",
    "COPY",
    "DEF",
    "DEFINE",
    "DESC",
    "DESCRIBE",
    "DISC",
    "DISCONNECT",
    "ECHO",
    "EDIT",
    "EXEC",
    "EXECUTE",
    "EXIT",
    "HELP",
    "HOST",
    "INFO",
    "INFORMATION",
    "PAUSE",
    "PASSWORD",
    "PRINT",
    "PROMPT",
    "QUIT",
    "REM",
    "REMARK",
    "REPHEADER",
    "RUN",
    "SAVE",
    "SHOW",
    "SHO",
    "SHUTDOWN",
    "SPOOL",
    "SPO",
    "STARTUP",
    "STORE",
    "TIMING",
    "TTITLE",
    "UNDEFINE",
    "UNDEF",
    "VAR",
    "VARIABLE",
    "WHENEVER",
];

/// Cuts `text` into its pieces. Comments between them are dropped; nothing is parsed or checked.
pub fn split(text: &str) -> Vec<ScriptPiece> {
    let mut splitter = Splitter { text, at: 0, counted: 0, line: 1, pieces: Vec::new() };
    while splitter.skip_blanks_and_comments() {
        splitter.piece();
    }
    splitter.pieces
}

struct Splitter<'t> {
    text: &'t str,
    at: usize,
    /// How far lines have been counted, and the line reached there.
    counted: usize,
    line: u32,
    pieces: Vec<ScriptPiece>,
}

impl<'t> Splitter<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Moves to the next piece; false at the end of the script.
    fn skip_blanks_and_comments(&mut self) -> bool {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            let rest = self.rest();
            if rest.starts_with("--") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").map_or(rest.len(), |length| length + 2);
            } else {
                return !rest.is_empty();
            }
        }
    }

    fn piece(&mut self) {
        let rest = self.rest();
        let line = rest.lines().next().unwrap_or_default();
        if rest.starts_with(';') {
            self.at += 1;
            return;
        }
        let words = first_words(rest);
        let first = words.first().map_or("", String::as_str);
        if line.trim() == "/" || is_command(line, first, &words) {
            self.command();
        } else if is_plsql(rest, &words) {
            self.statement(PieceKind::Plsql);
        } else {
            self.statement(PieceKind::Sql);
        }
    }

    /// A command ends with its line, unless that ends in a hyphen.
    fn command(&mut self) {
        let rest = self.rest();
        let mut length = 0;
        for line in rest.split_inclusive('\n') {
            length += line.len();
            if !line.trim_end().ends_with('-') || line.trim_end().ends_with("--") {
                break;
            }
        }
        let text = rest[..length].trim_end();
        let text = text.strip_suffix(';').unwrap_or(text);
        self.push(PieceKind::Command, text.len());
        self.at += length;
    }

    /// A statement ends at a lone slash, and SQL also at a semicolon.
    fn statement(&mut self, kind: PieceKind) {
        let rest = self.rest();
        let mut at = 0;
        let mut word_before = false;
        while let Some(letter) = rest[at..].chars().next() {
            if kind == PieceKind::Sql && letter == ';' {
                self.push(kind, at);
                self.at += at + 1;
                return;
            }
            if letter == '\n'
                && let Some(length) = slash_line(&rest[at + 1..])
            {
                self.push(kind, at);
                self.at += at + 1 + length;
                return;
            }
            at += opaque_length(&rest[at..], word_before).unwrap_or(letter.len_utf8());
            word_before = continues_word(letter);
        }
        self.push(kind, rest.len());
        self.at = self.text.len();
    }

    /// Records the next `length` bytes as a piece.
    fn push(&mut self, kind: PieceKind, length: usize) {
        let text = self.rest()[..length].trim_end();
        let start_line = self.line_at(self.at);
        let end_line = self.line_at(self.at + text.len());
        self.pieces.push(ScriptPiece { kind, text: text.to_owned(), start_line, end_line, offset: self.at });
    }

    /// The line of `offset`, which is never before the last one asked for.
    fn line_at(&mut self, offset: usize) -> u32 {
        let passed = self.text.get(self.counted..offset).unwrap_or_default();
        let breaks = passed.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.counted = offset.max(self.counted);
        self.line
    }
}

/// Bytes up to and with the line break if the first line is a lone `/` (or `.`, which ends a buffer too).
fn slash_line(text: &str) -> Option<usize> {
    let line = text.split_inclusive('\n').next()?;
    matches!(line.trim(), "/" | ".").then_some(line.len())
}

/// Length of the string, quoted identifier or comment that begins here, if one does; all of the rest if it does
/// not end.
fn opaque_length(text: &str, word_before: bool) -> Option<usize> {
    let close = |skip: usize, end: &str| {
        let inside = text.get(skip..).unwrap_or_default();
        Some(inside.find(end).map_or(text.len(), |length| skip + length + end.len()))
    };
    let lower = text.get(..3).unwrap_or(text).to_ascii_lowercase();
    let prefix = usize::from(lower.starts_with("nq'"));
    if !word_before && (lower.starts_with("q'") || prefix == 1) {
        let opening = text[prefix + 2..].chars().next()?;
        let end = format!("{}'", closing_delimiter(opening));
        return close(prefix + 2 + opening.len_utf8(), &end);
    }
    match text.as_bytes() {
        [b'\'', ..] => close(1, "'"),
        [b'"', ..] => close(1, "\""),
        [b'-', b'-', ..] => Some(text.find('\n').unwrap_or(text.len())),
        [b'/', b'*', ..] => close(2, "*/"),
        _ => None,
    }
}

/// The first few words, in upper case, up to anything that is no word.
fn first_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while words.len() < 6 && rest.starts_with(begins_word) {
        let length = rest.find(|letter| !continues_word(letter)).unwrap_or(rest.len());
        words.push(rest[..length].to_uppercase());
        rest = rest[length..].trim_start();
    }
    words
}

fn is_command(line: &str, first: &str, words: &[String]) -> bool {
    if line.starts_with('@') || line.starts_with('!') {
        return true;
    }
    let second = words.get(1).map_or("", String::as_str);
    match first {
        "SET" => !matches!(second, "ROLE" | "TRANSACTION" | "CONSTRAINT" | "CONSTRAINTS"),
        "START" => true,
        _ => COMMANDS.contains(&first),
    }
}

fn is_plsql(text: &str, words: &[String]) -> bool {
    let mut words = words.iter().map(String::as_str);
    match words.next() {
        Some("BEGIN" | "DECLARE") => true,
        Some("WITH") => matches!(words.next(), Some("FUNCTION" | "PROCEDURE")),
        Some("CREATE") => {
            let object =
                words.find(|word| !matches!(*word, "OR" | "REPLACE" | "EDITIONABLE" | "NONEDITIONABLE"));
            matches!(object, Some("PROCEDURE" | "FUNCTION" | "PACKAGE" | "TRIGGER" | "TYPE"))
        }
        _ => text.starts_with("<<"),
    }
}
