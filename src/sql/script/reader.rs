//! Reading a script line by line: what is a command, what a statement, and where each begins.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};

use super::classify::{PieceKind, classify};
use super::commands::{Command, read};
use super::files::included;
use crate::model::{Diagnostic, SourceText};
use crate::sql::error::SqlError;
use crate::sql::lexer::{Lexer, Part, parts};

/// How deep scripts may include scripts, as SQL*Plus has it.
const DEEPEST: usize = 20;

/// What a script may use from outside.
#[derive(Clone, Debug, Default)]
pub struct ScriptOptions {
    /// Substitution variables, by name in any case.
    pub defines: BTreeMap<String, String>,
}

/// A statement of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Its text without the mark that ends it; PL/SQL keeps its last semicolon.
    pub text: String,
    /// The file, relative to the script directory.
    pub file: Utf8PathBuf,
    /// The line it begins at, from 1.
    pub line: usize,
    /// `WHENEVER SQLERROR CONTINUE` holds: an error is said and the script goes on.
    pub goes_on: bool,
    /// PROMPT lines before it.
    pub prompts: Vec<String>,
}

impl Piece {
    /// `file:line`, for people.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// A script with everything it includes, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The statements in order.
    pub pieces: Vec<Piece>,
    /// The texts of all files by path, for a frozen plan.
    pub texts: BTreeMap<Utf8PathBuf, String>,
}

impl Script {
    /// Reads the script at `path` (relative to its directory, as all paths that `load` is asked for).
    ///
    /// # Errors
    /// All mistakes of all files, each with its line and what to write instead.
    pub fn read(
        path: &Utf8Path,
        load: &dyn Fn(&Utf8Path) -> io::Result<String>,
        options: &ScriptOptions,
    ) -> Result<Self, SqlError> {
        let mut reader = Reader {
            load,
            pieces: Vec::new(),
            texts: BTreeMap::new(),
            mistakes: Vec::new(),
            stack: Vec::new(),
            defines: options.defines.iter().map(|(k, v)| (k.to_uppercase(), v.clone())).collect(),
            mark: Some('&'),
            goes_on: false,
            prompts: Vec::new(),
            ended: false,
        };
        match load(path) {
            Ok(text) => reader.file(path, text),
            Err(e) => {
                let source = SourceText::new(path.as_str(), "");
                reader.mistakes.push(Diagnostic::new(
                    &source,
                    0..0,
                    format!("the script cannot be read: {e}"),
                ));
            }
        }
        if reader.mistakes.is_empty() {
            Ok(Self { pieces: reader.pieces, texts: reader.texts })
        } else {
            Err(SqlError::Mistakes(reader.mistakes))
        }
    }
}

struct Reader<'a> {
    load: &'a dyn Fn(&Utf8Path) -> io::Result<String>,
    pieces: Vec<Piece>,
    texts: BTreeMap<Utf8PathBuf, String>,
    mistakes: Vec<Diagnostic>,
    stack: Vec<Utf8PathBuf>,
    defines: BTreeMap<String, String>,
    /// The substitution mark; none after SET DEFINE OFF.
    mark: Option<char>,
    goes_on: bool,
    prompts: Vec<String>,
    ended: bool,
}

/// The statement that is being collected.
struct Open {
    text: String,
    line: usize,
    span: Range<usize>,
    lexer: Lexer,
    kind: Option<PieceKind>,
}

impl Reader<'_> {
    fn wrong(
        &mut self,
        source: &SourceText,
        span: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let mut mistake = Diagnostic::new(source, span, message);
        mistake.help = help;
        self.mistakes.push(mistake);
    }

    fn file(&mut self, path: &Utf8Path, text: String) {
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let source = SourceText::new(path.as_str(), text.as_str());
        self.texts.insert(path.to_owned(), text.clone());
        self.stack.push(path.to_owned());
        let mut open: Option<Open> = None;
        let mut in_comment = false;
        let mut last_ended_by_semicolon = false;
        let mut at = 0;
        let mut number = 0;
        let mut lines = text.split_inclusive('\n');
        while let Some(raw) = lines.next() {
            if self.ended {
                break;
            }
            number += 1;
            let (begin, first_line) = (at, number);
            at += raw.len();
            let mut line = raw.trim_end_matches(['\n', '\r']).to_owned();
            let span = begin..begin + line.len();
            if open.is_none() {
                line = without_comments(&line, &mut in_comment);
                let trimmed = line.trim();
                if trimmed.is_empty() || trimmed.starts_with("--") {
                    continue;
                }
                if trimmed == "/" {
                    if last_ended_by_semicolon {
                        self.wrong(
                            &source,
                            span,
                            "this / runs the statement before it a second time",
                            Some("take it out: a statement that ends with ; needs none".into()),
                        );
                    }
                    continue;
                }
                // A dash at a command's end continues it on the next line.
                if read(&line).is_some() {
                    while line.trim_end().ends_with('-') && !line.trim_start().starts_with('@') {
                        let Some(next) = lines.next() else { break };
                        number += 1;
                        at += next.len();
                        let start = line.trim_end().trim_end_matches('-').to_owned();
                        line = format!("{start}{}", next.trim_end_matches(['\n', '\r']));
                    }
                }
            }
            let line = self.substitute(&source, &span, &line, open.as_ref());
            if open.is_none()
                && let Some(command) = read(&line)
            {
                last_ended_by_semicolon = false;
                self.command(&source, path, span, first_line, command);
                continue;
            }
            self.statement_line(
                &source,
                path,
                &mut open,
                &line,
                span,
                first_line,
                &mut last_ended_by_semicolon,
            );
        }
        if let Some(left) = open {
            let what = if left.lexer.open() {
                format!("{} is not closed", left.lexer.open_name())
            } else if left.kind.is_some_and(PieceKind::is_plsql) {
                "this block is not ended; write / on a line of its own after it".into()
            } else {
                "this statement is not ended; write ; after it".to_owned()
            };
            self.wrong(&source, left.span, what, None);
        }
        self.stack.pop();
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one loop, which is nowhere else")]
    fn statement_line(
        &mut self,
        source: &SourceText,
        path: &Utf8Path,
        open: &mut Option<Open>,
        line: &str,
        span: Range<usize>,
        number: usize,
        by_semicolon: &mut bool,
    ) {
        let current = open.get_or_insert_with(|| Open {
            text: String::new(),
            line: number,
            span: span.clone(),
            lexer: Lexer::default(),
            kind: None,
        });
        let trimmed = line.trim();
        let slash =
            trimmed == "/" && (current.kind.is_some_and(PieceKind::is_plsql) || !current.lexer.open());
        if slash || (trimmed == "." && current.lexer.in_code()) {
            if let Some(done) = open.take() {
                *by_semicolon = false;
                if slash {
                    self.piece(source, path, done);
                } else {
                    self.wrong(
                        source,
                        span,
                        "a . throws the statement before it away",
                        Some("take both out".into()),
                    );
                }
            }
            return;
        }
        let mut at = 0;
        let with_end = format!("{line}\n");
        let mut begin = 0;
        while at < with_end.len() {
            let (part, length) = current.lexer.step(&with_end[at..]);
            let ends = part == Part::Code && with_end[at..].starts_with(';');
            if ends {
                let so_far = format!("{}{}", current.text, &with_end[begin..at]);
                current.kind = current.kind.or_else(|| classify(&so_far));
                if !current.kind.is_some_and(PieceKind::is_plsql) {
                    current.text = so_far;
                    begin = at + 1;
                    let rest = with_end[begin..].trim();
                    if let Some(done) = open.take() {
                        self.piece(source, path, done);
                    }
                    *by_semicolon = true;
                    if !rest.is_empty() && !rest.starts_with("--") && !rest.starts_with("/*") {
                        // Another statement on the same line.
                        let rest = rest.to_owned();
                        self.statement_line(source, path, open, &rest, span, number, by_semicolon);
                    }
                    return;
                }
            }
            at += length;
        }
        current.text.push_str(&with_end[begin..]);
        if current.kind.is_none() {
            current.kind = classify(&current.text).filter(|kind| kind.is_plsql());
        }
        current.span.end = span.end;
    }

    fn piece(&mut self, source: &SourceText, path: &Utf8Path, done: Open) {
        let text = done.text.trim().to_owned();
        if text.is_empty() {
            return;
        }
        if self.typographic(source, &done) {
            return;
        }
        let Some(kind) = classify(&text) else {
            let word = text.split_whitespace().next().unwrap_or_default();
            self.wrong(
                source,
                done.span,
                format!("{word:?} begins no statement"),
                Some("SQL, PL/SQL and the usual commands of SQL*Plus are understood".into()),
            );
            return;
        };
        self.pieces.push(Piece {
            kind,
            text,
            file: path.to_owned(),
            line: done.line,
            goes_on: self.goes_on,
            prompts: std::mem::take(&mut self.prompts),
        });
    }

    /// Reports quotation marks and spaces that a word processor has put in. They are fine inside literals.
    fn typographic(&mut self, source: &SourceText, done: &Open) -> bool {
        let mut found = false;
        for (part, range) in parts(&done.text) {
            if part != Part::Code {
                continue;
            }
            let code = &done.text[range.clone()];
            for (offset, letter) in code.char_indices() {
                let instead = match letter {
                    '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' => "an apostrophe: '",
                    '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' => {
                        "a straight mark: ' around a text, \" around a name"
                    }
                    '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{200b}' => "an ordinary space",
                    '\u{2013}' | '\u{2014}' | '\u{2212}' => "a hyphen: -",
                    _ => continue,
                };
                let before = &done.text[..range.start + offset];
                let line = done.line + before.matches('\n').count();
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
                let span = place(source.text(), line, column, letter);
                self.wrong(
                    source,
                    span,
                    format!(
                        "line {line}: {letter:?} (U+{:04X}) is not a character of SQL",
                        u32::from(letter)
                    ),
                    Some(format!("a word processor has put it in; type {instead}")),
                );
                found = true;
            }
        }
        found
    }

    fn command(
        &mut self,
        source: &SourceText,
        path: &Utf8Path,
        span: Range<usize>,
        line: usize,
        command: Command,
    ) {
        match command {
            Command::Ignored => {}
            Command::Prompt(text) => self.prompts.push(text),
            Command::SetDefine(mark) => self.mark = mark,
            Command::Define(name, value) => {
                self.defines.insert(name, value);
            }
            Command::Undefine(names) => names.iter().for_each(|name| {
                self.defines.remove(name);
            }),
            Command::OnError { goes_on } => self.goes_on = goes_on,
            Command::Exit => self.ended = true,
            Command::Refused(why) => self.wrong(source, span, why, None),
            Command::Execute(statement) => {
                let done = Open {
                    text: format!("begin {statement}; end;"),
                    line,
                    span,
                    lexer: Lexer::default(),
                    kind: Some(PieceKind::Plsql),
                };
                self.piece(source, path, done);
            }
            Command::Include { file, nested } => self.include(source, path, span, &file, nested),
        }
    }

    fn include(
        &mut self,
        source: &SourceText,
        path: &Utf8Path,
        span: Range<usize>,
        file: &str,
        nested: bool,
    ) {
        let Some(wanted) = included(file, nested, path) else {
            self.wrong(
                source,
                span,
                format!("{file:?} leads out of the script's directory"),
                Some("keep included scripts in the directory of the first one, or under it".into()),
            );
            return;
        };
        if self.stack.contains(&wanted) || self.stack.len() >= DEEPEST {
            self.wrong(source, span, format!("{wanted} includes itself"), None);
            return;
        }
        match (self.load)(&wanted) {
            Ok(text) => self.file(&wanted, text),
            Err(e) => self.wrong(source, span, format!("{wanted} cannot be read: {e}"), None),
        }
    }

    /// Puts substitution variables in. One that has no value is a mistake: nobody can be asked.
    fn substitute(
        &mut self,
        source: &SourceText,
        span: &Range<usize>,
        line: &str,
        open: Option<&Open>,
    ) -> String {
        let Some(mark) = self.mark else { return line.to_owned() };
        let comment = line.trim_start().starts_with("--") || open.is_some_and(|o| o.lexer.in_block_comment());
        if comment || !line.contains(mark) {
            return line.to_owned();
        }
        let mut filled = String::new();
        let mut rest = line;
        while let Some(at) = rest.find(mark) {
            filled.push_str(&rest[..at]);
            let after = rest[at..].trim_start_matches(mark);
            let name: String =
                after.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#')).collect();
            if name.is_empty() {
                filled.push_str(&rest[at..rest.len() - after.len()]);
                rest = after;
                continue;
            }
            match self.defines.get(&name.to_uppercase()) {
                Some(value) => filled.push_str(value),
                None => self.wrong(
                    source,
                    span.clone(),
                    format!("{mark}{name} has no value, and nobody can be asked for one"),
                    Some(format!(
                        "write DEFINE {name} = …, give it in the runbook, or write SET DEFINE OFF when {mark} means itself"
                    )),
                ),
            }
            rest = &after[name.len()..];
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
        filled.push_str(rest);
        filled
    }
}

/// What is left of a line outside statements when the block comments at its beginning are taken away.
fn without_comments(line: &str, inside: &mut bool) -> String {
    let mut rest = line;
    loop {
        if *inside {
            let Some(end) = rest.find("*/") else { return String::new() };
            rest = &rest[end + 2..];
            *inside = false;
        }
        match rest.trim_start().strip_prefix("/*") {
            Some(after) => {
                rest = after;
                *inside = true;
            }
            None => return rest.to_owned(),
        }
    }
}

/// The bytes of a letter in a line of the file, or the whole line where substitution has moved it.
fn place(text: &str, line: usize, column: usize, letter: char) -> Range<usize> {
    let mut begin = 0;
    for (n, raw) in text.split_inclusive('\n').enumerate() {
        if n + 1 == line {
            let near = raw.char_indices().skip(column).find(|(_, c)| *c == letter);
            let any = near.or_else(|| raw.char_indices().find(|(_, c)| *c == letter));
            return match any {
                Some((at, c)) => begin + at..begin + at + c.len_utf8(),
                None => begin..begin + raw.trim_end().len(),
            };
        }
        begin += raw.len();
    }
    text.len()..text.len()
}
