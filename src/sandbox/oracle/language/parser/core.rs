//! The cursor over the tokens: looking, taking, expecting, failing.

use super::super::keywords::{reserved_in_plsql, reserved_in_sql};
use super::super::lexer::{Problem, Token, TokenKind, lex};
use super::super::{Code, LanguageError, Span};
use super::message::{
    EMPTY_IDENTIFIER, INVALID_CHARACTER, LONG_IDENTIFIER, Message, SINGLE_PIPE, UNTERMINATED_COMMENT,
    UNTERMINATED_IDENTIFIER, UNTERMINATED_STRING,
};
use crate::sandbox::oracle::language::ast::{Bind, Ident};

/// How deep the parser descends, and so how deep brackets, subqueries and blocks may nest. An unoptimised build
/// needs up to 20 KiB of stack a level, and threads have 2 MiB.
const MAX_DEPTH: u32 = 64;
/// How high a tree may grow, counting chains such as `a || b || c`; keeps every walk over a tree off the stack's end.
const MAX_HEIGHT: u32 = 400;

/// Which release's rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// 19c: no BOOLEAN in SQL, FROM is required.
    #[default]
    Oracle19,
    /// 23ai and 26ai: BOOLEAN in SQL, SELECT without FROM, `IF [NOT] EXISTS`.
    Oracle23,
}

/// Whose rules and messages apply to the text at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Sql,
    Plsql,
    /// A SQL statement inside PL/SQL.
    Embedded,
}

pub(super) type Parsed<T> = Result<T, LanguageError>;

/// A position in one text, and the rules it is read by.
pub(in super::super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    pub(super) dialect: Dialect,
    pub(super) mode: Mode,
    depth: u32,
    height: u32,
    /// Loops around the statement at hand, within its subprogram.
    pub(super) loops: u32,
    /// The statement at hand belongs to a function.
    pub(super) in_function: bool,
    /// Exception handlers around it.
    pub(super) handlers: u32,
    /// Bind variables so far.
    pub(super) binds: Vec<Bind>,
    /// Where the last ORDER BY began.
    pub(super) order_span: Span,
    /// The next SELECT may have an INTO clause.
    pub(super) into_allowed: bool,
}

impl<'t> Parser<'t> {
    pub(in super::super) fn new(text: &'t str, dialect: Dialect) -> Self {
        Self {
            text,
            tokens: lex(text),
            at: 0,
            dialect,
            mode: Mode::Sql,
            depth: 0,
            height: 0,
            loops: 0,
            in_function: false,
            handlers: 0,
            binds: Vec::new(),
            order_span: Span::default(),
            into_allowed: false,
        }
    }

    /// SQL as in 19c, where conditions are no values.
    pub(super) fn strict(&self) -> bool {
        self.mode != Mode::Plsql && self.dialect == Dialect::Oracle19
    }

    pub(super) fn kind(&self) -> &TokenKind {
        self.kind_at(0)
    }

    pub(super) fn kind_at(&self, ahead: usize) -> &TokenKind {
        self.tokens.get(self.at + ahead).map_or(&TokenKind::End, |token| &token.kind)
    }

    pub(super) fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map(|token| token.span).unwrap_or_default()
    }

    /// The span of the token just taken.
    pub(super) fn previous(&self) -> Span {
        let index = self.at.checked_sub(1);
        index.and_then(|index| self.tokens.get(index)).map(|token| token.span).unwrap_or_default()
    }

    /// From `start` to the token just taken.
    pub(super) fn since(&self, start: Span) -> Span {
        start.to(self.previous())
    }

    pub(super) fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    pub(super) fn at_end(&self) -> bool {
        *self.kind() == TokenKind::End
    }

    pub(super) fn word(&self) -> Option<&str> {
        self.word_at(0)
    }

    pub(super) fn word_at(&self, ahead: usize) -> Option<&str> {
        match self.kind_at(ahead) {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_word(&self, wanted: &str) -> bool {
        self.word() == Some(wanted)
    }

    pub(super) fn is_word_at(&self, ahead: usize, wanted: &str) -> bool {
        self.word_at(ahead) == Some(wanted)
    }

    /// True if the next words are these.
    pub(super) fn are_words(&self, wanted: &[&str]) -> bool {
        wanted.iter().enumerate().all(|(ahead, word)| self.is_word_at(ahead, word))
    }

    pub(super) fn is_one_of(&self, wanted: &[&str]) -> bool {
        self.word().is_some_and(|word| wanted.contains(&word))
    }

    pub(super) fn take_word(&mut self, wanted: &str) -> bool {
        let found = self.is_word(wanted);
        if found {
            self.advance();
        }
        found
    }

    /// Takes all of these words, or none.
    pub(super) fn take_words(&mut self, wanted: &[&str]) -> bool {
        let found = self.are_words(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    pub(super) fn is_symbol(&self, wanted: &str) -> bool {
        self.is_symbol_at(0, wanted)
    }

    pub(super) fn is_symbol_at(&self, ahead: usize, wanted: &str) -> bool {
        matches!(self.kind_at(ahead), TokenKind::Symbol(symbol) if *symbol == wanted)
    }

    pub(super) fn take_symbol(&mut self, wanted: &str) -> bool {
        let found = self.is_symbol(wanted);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect_word(&mut self, wanted: &str, otherwise: Message) -> Parsed<()> {
        if self.take_word(wanted) { Ok(()) } else { Err(self.fail(otherwise, &wanted.to_lowercase())) }
    }

    pub(super) fn expect_words(&mut self, wanted: &[&str], otherwise: Message) -> Parsed<()> {
        wanted.iter().try_for_each(|word| self.expect_word(word, otherwise))
    }

    pub(super) fn expect_symbol(&mut self, wanted: &str, otherwise: Message) -> Parsed<()> {
        if self.take_symbol(wanted) { Ok(()) } else { Err(self.fail(otherwise, wanted)) }
    }

    pub(super) fn take_string(&mut self) -> Option<String> {
        let TokenKind::String { value, .. } = self.kind() else { return None };
        let value = value.clone();
        self.advance();
        Some(value)
    }

    pub(super) fn string(&mut self, otherwise: Message) -> Parsed<String> {
        self.take_string().ok_or_else(|| self.fail(otherwise, "<a string literal>"))
    }

    /// An unsigned whole number.
    pub(super) fn integer<T: std::str::FromStr>(&mut self, otherwise: Message) -> Parsed<T> {
        let parsed = match self.kind() {
            TokenKind::Number(digits) => digits.parse().ok(),
            _ => None,
        };
        let value = parsed.ok_or_else(|| self.fail(otherwise, "<an integer>"))?;
        self.advance();
        Ok(value)
    }

    /// A whole number that may have a sign.
    pub(super) fn signed_integer(&mut self, otherwise: Message) -> Parsed<i128> {
        let negative = self.take_symbol("-");
        if !negative {
            self.take_symbol("+");
        }
        let value: i128 = self.integer(otherwise)?;
        Ok(if negative { -value } else { value })
    }

    /// True if the token `ahead` can be an identifier under the rules at hand.
    pub(super) fn is_identifier_at(&self, ahead: usize) -> bool {
        match self.kind_at(ahead) {
            TokenKind::Quoted(_) => true,
            TokenKind::Word(word) if self.mode == Mode::Plsql => !reserved_in_plsql(word),
            TokenKind::Word(word) => !reserved_in_sql(word),
            _ => false,
        }
    }

    pub(super) fn identifier(&mut self, otherwise: Message) -> Parsed<Ident> {
        if self.is_identifier_at(0) {
            self.any_word(otherwise)
        } else {
            Err(self.fail(otherwise, "<an identifier>"))
        }
    }

    /// An identifier where even reserved words are fine.
    pub(super) fn any_word(&mut self, otherwise: Message) -> Parsed<Ident> {
        let (text, quoted) = match self.kind() {
            TokenKind::Word(word) => (word.clone(), false),
            TokenKind::Quoted(name) => (name.clone(), true),
            _ => return Err(self.fail(otherwise, "<an identifier>")),
        };
        let span = self.span();
        self.advance();
        Ok(Ident { text, quoted, span })
    }

    /// `item, item, …`
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take_symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `(item, item, …)`
    pub(super) fn bracketed_list<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.open_bracket()?;
        let items = self.list(item)?;
        self.close_bracket()?;
        Ok(items)
    }

    pub(super) fn open_bracket(&mut self) -> Parsed<()> {
        self.expect_symbol("(", super::message::MISSING_LEFT_PARENTHESIS)
    }

    pub(super) fn close_bracket(&mut self) -> Parsed<()> {
        self.expect_symbol(")", super::message::MISSING_RIGHT_PARENTHESIS)
    }

    /// Runs `parse` one level deeper, and counts one level of height for what it returns.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            let what = format!("read text nested more than {MAX_DEPTH} levels deep");
            return Err(self.unsupported(&what));
        }
        self.depth += 1;
        let outer = std::mem::take(&mut self.height);
        let result = parse(self);
        self.depth -= 1;
        self.grow()?;
        self.height = self.height.max(outer);
        result
    }

    /// Counts one more level on top of everything parsed in the current `nested`.
    pub(super) fn grow(&mut self) -> Parsed<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT {
            return Err(self.unsupported(&format!("read an expression of more than {MAX_HEIGHT} levels")));
        }
        Ok(())
    }

    /// Runs `parse` under SQL's rules, as PL/SQL knows them.
    pub(super) fn embedded<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let mode = if self.mode == Mode::Plsql { Mode::Embedded } else { self.mode };
        self.in_mode(mode, parse)
    }

    pub(super) fn in_mode<T>(&mut self, mode: Mode, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let before = std::mem::replace(&mut self.mode, mode);
        let result = parse(self);
        self.mode = before;
        result
    }

    pub(super) fn unsupported(&self, what: &str) -> LanguageError {
        LanguageError::unsupported(what, self.span())
    }

    /// The error for the token at hand: its own if it is no token at all, else `message`, or in PL/SQL PLS-00103
    /// with what was `expected`.
    pub(super) fn fail(&self, message: Message, expected: &str) -> LanguageError {
        let span = self.span();
        if let TokenKind::Invalid(problem) = self.kind() {
            return self.lexical_error(*problem, expected, span);
        }
        if self.mode == Mode::Plsql {
            return self.unexpected(expected);
        }
        let foreign = matches!(self.kind(), TokenKind::Symbol(";") if self.mode == Mode::Sql
            && self.dialect == Dialect::Oracle19)
            || matches!(self.kind(), TokenKind::Symbol("%" | "[" | "]" | "{" | "}" | "?"));
        self.sql_error(if foreign { INVALID_CHARACTER } else { message }, span)
    }

    /// An `ORA-` error as SQL, or SQL inside PL/SQL, reports it.
    pub(super) fn sql_error(&self, (number, text): Message, at: Span) -> LanguageError {
        let mut error = LanguageError::ora(number, text, at);
        if self.mode != Mode::Sql {
            error.code = Code::SqlInPlsql(number);
        }
        error
    }

    fn lexical_error(&self, problem: Problem, expected: &str, span: Span) -> LanguageError {
        let message = match problem {
            Problem::Character if self.mode == Mode::Plsql => return self.unexpected(expected),
            Problem::ConditionalCompilation if self.mode == Mode::Plsql => {
                return self.unsupported("do conditional compilation");
            }
            Problem::LongIdentifier if self.mode == Mode::Plsql => {
                let shown: String = span.of(self.text).chars().take(30).collect();
                return LanguageError::pls(
                    114,
                    format!("identifier '{}' too long", shown.to_uppercase()),
                    span,
                );
            }
            Problem::Character | Problem::ConditionalCompilation => {
                return self.sql_error(INVALID_CHARACTER, span);
            }
            Problem::LongIdentifier => return self.sql_error(LONG_IDENTIFIER, span),
            Problem::SinglePipe => return self.sql_error(SINGLE_PIPE, span),
            Problem::UnterminatedString => UNTERMINATED_STRING,
            Problem::UnterminatedIdentifier => UNTERMINATED_IDENTIFIER,
            Problem::EmptyIdentifier => EMPTY_IDENTIFIER,
            Problem::UnterminatedComment => UNTERMINATED_COMMENT,
        };
        // These are found before anybody asks whether the text is SQL or PL/SQL.
        LanguageError::ora(message.0, message.1, span)
    }

    /// PLS-00103 for the token at hand. Oracle lists every symbol its tables allow; the list here is the short truth.
    pub(super) fn unexpected(&self, expected: &str) -> LanguageError {
        let span = self.span();
        let symbol = match self.kind() {
            TokenKind::End => return self.unexpected_end(expected),
            TokenKind::String { value, .. } => value.chars().take(60).collect(),
            TokenKind::Quoted(name) => name.clone(),
            TokenKind::Bind(_) => span.of(self.text).to_owned(),
            _ => span.of(self.text).to_uppercase(),
        };
        LanguageError::pls(103, Self::encountered(&symbol, expected), span)
    }

    /// The end of the text is reported at its last character.
    fn unexpected_end(&self, expected: &str) -> LanguageError {
        let last = self.previous();
        let inside: Vec<char> = last.of(self.text).chars().collect();
        let breaks = inside.iter().filter(|letter| **letter == '\n').count();
        let tail = inside.iter().rev().take_while(|letter| **letter != '\n').count();
        let first_column = if breaks == 0 { last.column } else { 1 };
        let at = Span {
            offset: last.end,
            end: last.end,
            line: last.line.max(1) + u32::try_from(breaks).unwrap_or(u32::MAX),
            column: (first_column + u32::try_from(tail).unwrap_or(u32::MAX)).saturating_sub(1).max(1),
        };
        LanguageError::pls(103, Self::encountered("end-of-file", expected), at)
    }

    fn encountered(symbol: &str, expected: &str) -> String {
        format!("Encountered the symbol \"{symbol}\" when expecting one of the following:\n\n   {expected}\n")
    }
}
