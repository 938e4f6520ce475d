//! Names of one or more parts.

use super::core::{Mode, Parsed, Parser};
use super::message::{INVALID_COLUMN, INVALID_TABLE_NAME, MISSING_EXPRESSION, Message};
use crate::sandbox::oracle::language::ast::{Ident, Name};

/// Reserved words that may follow a dot in SQL.
const AFTER_DOT: [&str; 3] = ["ROWID", "ROWNUM", "LEVEL"];

impl Parser<'_> {
    /// `a.b.c@link`; `otherwise` is the mistake if there is no name at all.
    pub(super) fn name(&mut self, otherwise: Message) -> Parsed<Name> {
        let start = self.span();
        let mut parts = vec![self.identifier(otherwise)?];
        while self.is_symbol(".") && !self.is_symbol_at(1, "*") {
            self.advance();
            parts.push(self.part()?);
        }
        let link = self.link()?;
        Ok(Name { parts, link, span: self.since(start) })
    }

    /// A name without a link, for what is created or dropped here.
    pub(super) fn local_name(&mut self, otherwise: Message) -> Parsed<Name> {
        let start = self.span();
        let mut parts = vec![self.identifier(otherwise)?];
        while self.take_symbol(".") {
            parts.push(self.identifier(otherwise)?);
        }
        Ok(Name { parts, link: None, span: self.since(start) })
    }

    pub(super) fn table_name(&mut self) -> Parsed<Name> {
        self.name(INVALID_TABLE_NAME)
    }

    pub(super) fn column_name(&mut self) -> Parsed<Ident> {
        self.identifier(super::message::INVALID_IDENTIFIER)
    }

    /// The part after a dot.
    fn part(&mut self) -> Parsed<Ident> {
        if self.mode == Mode::Plsql || self.is_one_of(&AFTER_DOT) {
            return self.any_word(MISSING_EXPRESSION);
        }
        self.identifier(INVALID_COLUMN)
    }

    /// `@link.domain`, if it is there.
    fn link(&mut self) -> Parsed<Option<String>> {
        if !self.take_symbol("@") {
            return Ok(None);
        }
        let mut link = self.any_word((1729, "database link name expected"))?.text;
        while self.take_symbol(".") {
            link.push('.');
            link.push_str(&self.any_word((1729, "database link name expected"))?.text);
        }
        Ok(Some(link))
    }
}
