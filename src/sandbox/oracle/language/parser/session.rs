//! Transactions, sessions and settings.

use super::super::lexer::TokenKind;
use super::core::{Mode, Parsed, Parser};
use super::message::{
    ILLEGAL_SYSTEM_OPTION, INVALID_COMMIT, INVALID_IDENTIFIER, INVALID_ROLLBACK, INVALID_SESSION_OPTION,
    MISSING_EQUAL, MISSING_EXPRESSION, MISSING_KEYWORD, MISSING_OPTION, MISSING_PASSWORD, MISSING_USER,
};
use crate::sandbox::oracle::language::ast::{
    AlterSession, AlterSystem, Ident, LockWait, RoleChoice, SettingValue, StatementKind,
};

impl Parser<'_> {
    pub(super) fn commit(&mut self) -> Parsed<StatementKind> {
        self.advance();
        self.take_word("WORK");
        let comment = if self.take_word("COMMENT") { Some(self.string(INVALID_COMMIT)?) } else { None };
        if self.take_word("WRITE") {
            while self.is_one_of(&["WAIT", "NOWAIT", "IMMEDIATE", "BATCH"]) {
                self.advance();
            }
        } else if self.is_word("FORCE") {
            return Err(self.unsupported("commit a distributed transaction by force"));
        }
        self.end_of_words(INVALID_COMMIT)?;
        Ok(StatementKind::Commit { comment })
    }

    /// Nothing but the end (or a semicolon in PL/SQL) may follow.
    fn end_of_words(&mut self, otherwise: super::message::Message) -> Parsed<()> {
        if self.at_end() || (self.mode != Mode::Sql && self.is_symbol(";")) {
            return Ok(());
        }
        // PL/SQL reads these statements itself.
        Err(if self.mode == Mode::Sql { self.fail(otherwise, ";") } else { self.unexpected(";") })
    }

    pub(super) fn rollback(&mut self) -> Parsed<StatementKind> {
        self.advance();
        self.take_word("WORK");
        let mut to = None;
        if self.take_word("TO") {
            self.take_word("SAVEPOINT");
            to = Some(self.identifier((3001, "unimplemented feature"))?);
        } else if self.is_word("FORCE") {
            return Err(self.unsupported("roll back a distributed transaction by force"));
        }
        self.end_of_words(INVALID_ROLLBACK)?;
        Ok(StatementKind::Rollback { to })
    }

    pub(super) fn savepoint(&mut self) -> Parsed<StatementKind> {
        self.advance();
        Ok(StatementKind::Savepoint(self.identifier(INVALID_IDENTIFIER)?))
    }

    /// SET TRANSACTION, SET ROLE, SET CONSTRAINTS.
    pub(super) fn set_statement(&mut self) -> Parsed<StatementKind> {
        self.advance();
        match self.word() {
            Some("ROLE") => {
                self.advance();
                Ok(StatementKind::SetRole(self.role_choice()?))
            }
            Some("TRANSACTION") => {
                self.advance();
                self.set_transaction()
            }
            Some("CONSTRAINT" | "CONSTRAINTS") => {
                self.advance();
                let constraints = if self.take_word("ALL") {
                    Vec::new()
                } else {
                    self.list(|parser| parser.local_name(INVALID_IDENTIFIER))?
                };
                let deferred = self.take_word("DEFERRED");
                if !deferred {
                    self.expect_word("IMMEDIATE", MISSING_KEYWORD)?;
                }
                Ok(StatementKind::SetConstraints { constraints, deferred })
            }
            _ => Err(self.fail(MISSING_OPTION, "role transaction")),
        }
    }

    fn set_transaction(&mut self) -> Parsed<StatementKind> {
        const MODES: [&[&str]; 4] = [
            &["READ", "ONLY"],
            &["READ", "WRITE"],
            &["ISOLATION", "LEVEL", "SERIALIZABLE"],
            &["ISOLATION", "LEVEL", "READ", "COMMITTED"],
        ];
        let found = MODES.iter().find(|words| self.are_words(words));
        let mode = found.map(|words| words.join(" ")).unwrap_or_default();
        self.at += found.map_or(0, |words| words.len());
        let name = if self.take_word("NAME") { Some(self.string(MISSING_EXPRESSION)?) } else { None };
        if mode.is_empty() && name.is_none() {
            return Err(self.fail((900, "invalid SQL statement"), "read isolation name"));
        }
        Ok(StatementKind::SetTransaction { mode, name })
    }

    fn role_choice(&mut self) -> Parsed<RoleChoice> {
        if self.take_word("NONE") {
            return Ok(RoleChoice::None);
        }
        if self.take_word("ALL") {
            let except = if self.take_word("EXCEPT") { self.list(Self::role_name)? } else { Vec::new() };
            return Ok(RoleChoice::All { except });
        }
        let roles = self.list(|parser| {
            let role = parser.role_name()?;
            let password =
                if parser.take_words(&["IDENTIFIED", "BY"]) { Some(parser.password()?) } else { None };
            Ok((role, password))
        })?;
        Ok(RoleChoice::These(roles))
    }

    /// RESOURCE is a reserved word and a role.
    pub(super) fn role_name(&mut self) -> Parsed<Ident> {
        if self.is_one_of(&["RESOURCE", "CONNECT"]) {
            return self.any_word(MISSING_USER);
        }
        self.identifier(MISSING_USER)
    }

    pub(super) fn password(&mut self) -> Parsed<Ident> {
        let span = self.span();
        let mut password = self.any_word(MISSING_PASSWORD)?;
        if !password.quoted {
            span.of(self.text).clone_into(&mut password.text);
        }
        Ok(password)
    }

    /// ALTER SESSION, whose two words have been taken.
    pub(super) fn alter_session(&mut self) -> Parsed<StatementKind> {
        let action = if self.take_word("SET") {
            AlterSession::Set(self.settings()?)
        } else if self.is_one_of(&["ENABLE", "DISABLE", "FORCE"]) {
            AlterSession::Words(self.remaining_words(INVALID_SESSION_OPTION)?)
        } else if self.is_one_of(&["CLOSE", "ADVISE", "SYNC"]) {
            return Err(self.unsupported("alter a session in this way"));
        } else {
            return Err(self.fail(INVALID_SESSION_OPTION, "set"));
        };
        Ok(StatementKind::AlterSession(action))
    }

    /// `name = value`, one or more without commas.
    fn settings(&mut self) -> Parsed<Vec<(Ident, SettingValue)>> {
        let mut settings = Vec::new();
        loop {
            let name = self.identifier(INVALID_SESSION_OPTION)?;
            self.expect_symbol("=", MISSING_EQUAL)?;
            settings.push((name, self.setting_value()?));
            if self.is_one_of(&["SCOPE", "SID", "COMMENT", "DEFERRED", "CONTAINER"]) {
                return Err(self.unsupported("limit a setting with SCOPE, SID, COMMENT or CONTAINER"));
            }
            if self.at_end() || !self.is_identifier_at(0) {
                return Ok(settings);
            }
        }
    }

    fn setting_value(&mut self) -> Parsed<SettingValue> {
        if let Some(text) = self.take_string() {
            return Ok(SettingValue::String(text));
        }
        let sign = if self.take_symbol("-") { "-" } else { "" };
        if let TokenKind::Number(digits) = self.kind() {
            let number = format!("{sign}{digits}");
            self.advance();
            return Ok(SettingValue::Number(number));
        }
        Ok(SettingValue::Name(self.any_word((2017, "integer value required"))?))
    }

    /// All words up to the end.
    fn remaining_words(&mut self, otherwise: super::message::Message) -> Parsed<String> {
        let mut words = Vec::new();
        while !self.at_end() {
            match self.kind() {
                TokenKind::Number(digits) => {
                    words.push(digits.clone());
                    self.advance();
                }
                _ => words.push(self.any_word(otherwise)?.text),
            }
        }
        Ok(words.join(" "))
    }

    /// ALTER SYSTEM, whose two words have been taken.
    pub(super) fn alter_system(&mut self) -> Parsed<StatementKind> {
        let action = if self.take_words(&["KILL", "SESSION"]) || self.take_words(&["DISCONNECT", "SESSION"]) {
            let session = self.string((26, "missing or invalid session ID"))?;
            self.take_word("POST_TRANSACTION");
            AlterSystem::KillSession { session, immediate: self.take_word("IMMEDIATE") }
        } else if self.take_word("SET") {
            AlterSystem::Set(self.settings()?)
        } else if self.is_one_of(&[
            "FLUSH",
            "CHECKPOINT",
            "SWITCH",
            "ARCHIVE",
            "ENABLE",
            "DISABLE",
            "REGISTER",
        ]) {
            AlterSystem::Words(self.remaining_words(ILLEGAL_SYSTEM_OPTION)?)
        } else {
            return Err(self.fail(ILLEGAL_SYSTEM_OPTION, "set kill flush"));
        };
        Ok(StatementKind::AlterSystem(action))
    }

    /// ALTER DATABASE, whose two words have been taken.
    pub(super) fn alter_database(&mut self) -> Parsed<StatementKind> {
        if !self.take_word("PROPERTY") {
            return Err(self.unsupported("alter a database but for its properties"));
        }
        if self.take_word("REMOVE") {
            return Ok(StatementKind::AlterDatabaseProperty {
                name: self.any_word(MISSING_OPTION)?,
                value: None,
            });
        }
        self.expect_word("SET", MISSING_OPTION)?;
        let name = self.any_word(MISSING_OPTION)?;
        self.expect_symbol("=", MISSING_EQUAL)?;
        let value = Some(self.string(MISSING_OPTION)?);
        Ok(StatementKind::AlterDatabaseProperty { name, value })
    }

    /// LOCK TABLE.
    pub(super) fn lock_table(&mut self) -> Parsed<StatementKind> {
        const MODES: [&[&str]; 6] = [
            &["ROW", "SHARE"],
            &["ROW", "EXCLUSIVE"],
            &["SHARE", "UPDATE"],
            &["SHARE", "ROW", "EXCLUSIVE"],
            &["SHARE"],
            &["EXCLUSIVE"],
        ];
        self.advance();
        self.expect_word("TABLE", MISSING_KEYWORD)?;
        let tables = self.list(Self::table_name)?;
        self.expect_word("IN", MISSING_KEYWORD)?;
        let Some(words) = MODES.iter().find(|words| self.are_words(words)) else {
            return Err(
                self.fail((1737, "valid modes: [ROW] SHARE, [[SHARE] ROW] EXCLUSIVE, SHARE UPDATE"), "share")
            );
        };
        self.at += words.len();
        self.expect_word("MODE", MISSING_KEYWORD)?;
        let wait: LockWait = self.lock_wait()?;
        Ok(StatementKind::LockTable { tables, mode: words.join(" "), wait })
    }
}
