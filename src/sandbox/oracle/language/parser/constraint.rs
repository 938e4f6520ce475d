//! Constraints and their states.

use super::core::{Parsed, Parser};
use super::message::{INVALID_IDENTIFIER, INVALID_TABLE_NAME, MISSING_KEYWORD, Message};
use crate::sandbox::oracle::language::ast::{
    Constraint, ConstraintKind, ConstraintState, ConstraintTarget, Ident, OnDelete, UsingIndex,
};

const MISSING_CONSTRAINT: Message = (2253, "constraint specification not allowed here");
const MISSING_NAME: Message = (2250, "missing or invalid constraint name");

impl Parser<'_> {
    pub(super) fn at_constraint(&self) -> bool {
        match self.word() {
            Some("CONSTRAINT" | "CHECK" | "REFERENCES" | "UNIQUE" | "NULL") => true,
            Some("NOT") => self.is_word_at(1, "NULL"),
            Some("PRIMARY" | "FOREIGN") => self.is_word_at(1, "KEY"),
            _ => false,
        }
    }

    /// A constraint of a table (`out_of_line`) or of the column before it.
    pub(super) fn constraint(&mut self, out_of_line: bool) -> Parsed<Constraint> {
        let start = self.span();
        let name = if self.take_word("CONSTRAINT") { Some(self.identifier(MISSING_NAME)?) } else { None };
        let columns = |parser: &mut Self| -> Parsed<Vec<Ident>> {
            if out_of_line { parser.bracketed_list(Self::column_name) } else { Ok(Vec::new()) }
        };
        let kind = if self.take_word("CHECK") {
            self.check()?
        } else if self.take_word("UNIQUE") {
            ConstraintKind::Unique(columns(self)?)
        } else if self.take_words(&["PRIMARY", "KEY"]) {
            ConstraintKind::PrimaryKey(columns(self)?)
        } else if out_of_line && self.take_words(&["FOREIGN", "KEY"]) {
            let columns = columns(self)?;
            self.references(columns)?
        } else if !out_of_line && self.is_word("REFERENCES") {
            self.references(Vec::new())?
        } else if !out_of_line && self.take_words(&["NOT", "NULL"]) {
            ConstraintKind::NotNull
        } else if !out_of_line && self.take_word("NULL") {
            ConstraintKind::Null
        } else if self.at_constraint() {
            return Err(self.fail(MISSING_CONSTRAINT, "check"));
        } else {
            return Err(self.fail(MISSING_KEYWORD, "check"));
        };
        let state = self.constraint_state()?;
        Ok(Constraint { name, kind, state, span: self.since(start) })
    }

    fn check(&mut self) -> Parsed<ConstraintKind> {
        self.open_bracket()?;
        let start = self.span();
        let condition = self.condition()?;
        let text = self.since(start).of(self.text).to_owned();
        self.close_bracket()?;
        Ok(ConstraintKind::Check { condition, text })
    }

    fn references(&mut self, columns: Vec<Ident>) -> Parsed<ConstraintKind> {
        self.expect_word("REFERENCES", MISSING_KEYWORD)?;
        let table = self.local_name(INVALID_TABLE_NAME)?;
        let referenced =
            if self.is_symbol("(") { self.bracketed_list(Self::column_name)? } else { Vec::new() };
        let mut on_delete = None;
        if self.take_words(&["ON", "DELETE"]) {
            on_delete = if self.take_word("CASCADE") {
                Some(OnDelete::Cascade)
            } else {
                self.expect_words(&["SET", "NULL"], MISSING_KEYWORD)?;
                Some(OnDelete::SetNull)
            };
        }
        Ok(ConstraintKind::ForeignKey { columns, table, referenced, on_delete })
    }

    /// The state clauses that are here, in any order.
    pub(super) fn constraint_state(&mut self) -> Parsed<ConstraintState> {
        let mut state = ConstraintState::default();
        loop {
            if self.take_words(&["NOT", "DEFERRABLE"]) {
                state.deferrable = Some(false);
            } else if self.take_word("DEFERRABLE") {
                state.deferrable = Some(true);
            } else if self.take_words(&["INITIALLY", "DEFERRED"]) {
                state.initially_deferred = Some(true);
            } else if self.take_words(&["INITIALLY", "IMMEDIATE"]) {
                state.initially_deferred = Some(false);
            } else if self.take_word("ENABLE") {
                state.enabled = Some(true);
            } else if self.take_word("DISABLE") {
                state.enabled = Some(false);
            } else if self.take_word("VALIDATE") {
                state.validated = Some(true);
            } else if self.take_word("NOVALIDATE") {
                state.validated = Some(false);
            } else if self.take_word("RELY") {
                state.rely = Some(true);
            } else if self.take_word("NORELY") {
                state.rely = Some(false);
            } else if self.are_words(&["USING", "INDEX"]) {
                state.using_index = self.using_index()?;
            } else if self.are_words(&["EXCEPTIONS", "INTO"]) {
                return Err(self.unsupported("write exceptions into a table"));
            } else {
                return Ok(state);
            }
        }
    }

    pub(super) fn using_index(&mut self) -> Parsed<Option<UsingIndex>> {
        if !self.take_words(&["USING", "INDEX"]) {
            return Ok(None);
        }
        if self.take_symbol("(") {
            self.expect_word("CREATE", MISSING_KEYWORD)?;
            let index = self.create_index()?;
            self.close_bracket()?;
            return Ok(Some(UsingIndex::Create(Box::new(index))));
        }
        let attributes = self.storage_options()?;
        let named = attributes.is_empty()
            && self.is_identifier_at(0)
            && !self.is_one_of(&[
                "ENABLE",
                "DISABLE",
                "NOVALIDATE",
                "RELY",
                "NORELY",
                "CASCADE",
                "DEFERRABLE",
            ]);
        if named {
            return Ok(Some(UsingIndex::Named(self.local_name(INVALID_IDENTIFIER)?)));
        }
        Ok(Some(UsingIndex::Attributes(attributes)))
    }

    /// `CONSTRAINT name`, `PRIMARY KEY` or `UNIQUE (…)`, one of which is here.
    pub(super) fn constraint_target(&mut self) -> Parsed<ConstraintTarget> {
        if self.take_word("CONSTRAINT") {
            return Ok(ConstraintTarget::Named(self.identifier(MISSING_NAME)?));
        }
        if self.take_word("UNIQUE") {
            return Ok(ConstraintTarget::Unique(self.bracketed_list(Self::column_name)?));
        }
        self.expect_words(&["PRIMARY", "KEY"], MISSING_KEYWORD)?;
        Ok(ConstraintTarget::PrimaryKey)
    }
}
