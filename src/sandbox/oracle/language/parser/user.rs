//! Users and roles.

use super::core::{Parsed, Parser};
use super::message::{MISSING_KEYWORD, MISSING_OPTION, MISSING_USER, Message};
use crate::sandbox::oracle::language::ast::{Authentication, DefaultRoles, Quota, StatementKind, UserOption};

const TABLESPACE_NAME: Message = (2216, "tablespace name expected");

impl Parser<'_> {
    pub(super) fn create_user(&mut self) -> Parsed<StatementKind> {
        self.advance();
        self.if_not_exists();
        let user = self.identifier(MISSING_USER)?;
        let options = self.user_options()?;
        if options.is_empty() && !self.at_end() {
            return Err(self.fail(MISSING_OPTION, "identified"));
        }
        if !options.iter().any(|option| matches!(option, UserOption::Identified(_))) {
            return Err(self.fail(MISSING_OPTION, "identified"));
        }
        Ok(StatementKind::CreateUser { user, options })
    }

    pub(super) fn alter_user(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let user = self.identifier(MISSING_USER)?;
        let options = self.user_options()?;
        if options.is_empty() {
            return Err(self.fail(MISSING_OPTION, "identified"));
        }
        Ok(StatementKind::AlterUser { user, options })
    }

    fn user_options(&mut self) -> Parsed<Vec<UserOption>> {
        let mut options = Vec::new();
        while let Some(option) = self.user_option()? {
            options.push(option);
        }
        Ok(options)
    }

    fn user_option(&mut self) -> Parsed<Option<UserOption>> {
        let Some(word) = self.word().map(str::to_owned) else { return Ok(None) };
        let option = match word.as_str() {
            "IDENTIFIED" | "NO" => UserOption::Identified(self.authentication()?),
            "DEFAULT" => {
                self.advance();
                if self.take_word("ROLE") {
                    return Ok(Some(UserOption::DefaultRole(self.default_roles()?)));
                }
                if self.is_word("COLLATION") {
                    return Err(self.unsupported("set a default collation"));
                }
                self.expect_word("TABLESPACE", MISSING_OPTION)?;
                UserOption::DefaultTablespace(self.identifier(TABLESPACE_NAME)?)
            }
            "TEMPORARY" => {
                self.advance();
                self.expect_word("TABLESPACE", MISSING_OPTION)?;
                UserOption::TemporaryTablespace(self.identifier(TABLESPACE_NAME)?)
            }
            "QUOTA" => self.quota()?,
            "PROFILE" => {
                self.advance();
                // DEFAULT is a reserved word and a profile.
                let default = self.is_word("DEFAULT");
                let profile =
                    if default { self.any_word(MISSING_OPTION) } else { self.identifier(MISSING_OPTION) };
                UserOption::Profile(profile?)
            }
            "PASSWORD" => {
                self.advance();
                self.expect_word("EXPIRE", MISSING_OPTION)?;
                UserOption::PasswordExpire
            }
            "ACCOUNT" => {
                self.advance();
                let lock = self.take_word("LOCK");
                if !lock {
                    self.expect_word("UNLOCK", MISSING_OPTION)?;
                }
                UserOption::AccountLock(lock)
            }
            "ENABLE" => {
                self.advance();
                self.expect_word("EDITIONS", MISSING_OPTION)?;
                UserOption::EnableEditions
            }
            "GRANT" | "REVOKE" if self.is_word_at(1, "CONNECT") => {
                let grant = word == "GRANT";
                self.at += 2;
                self.expect_word("THROUGH", MISSING_OPTION)?;
                UserOption::ConnectThrough { grant, user: self.identifier(MISSING_USER)? }
            }
            "CONTAINER" | "SET" | "LOCAL" | "EXPIRE" | "READ" => {
                return Err(self.unsupported(&format!("alter users with {word}")));
            }
            _ => return Ok(None),
        };
        Ok(Some(option))
    }

    fn authentication(&mut self) -> Parsed<Authentication> {
        if self.take_word("NO") {
            self.expect_word("AUTHENTICATION", MISSING_OPTION)?;
            return Ok(Authentication::None);
        }
        self.advance();
        if self.take_word("EXTERNALLY") {
            return Ok(Authentication::External);
        }
        if self.take_word("GLOBALLY") {
            let name = if self.take_word("AS") { Some(self.string(MISSING_OPTION)?) } else { None };
            return Ok(Authentication::Global(name));
        }
        self.expect_word("BY", MISSING_KEYWORD)?;
        if self.take_word("VALUES") {
            return Ok(Authentication::Values(self.string(super::message::MISSING_PASSWORD)?));
        }
        let password = self.password()?;
        let replace = if self.take_word("REPLACE") { Some(self.password()?) } else { None };
        Ok(Authentication::Password { password, replace })
    }

    fn quota(&mut self) -> Parsed<UserOption> {
        const INVALID_QUOTA: Message = (2187, "invalid quota specification");
        self.advance();
        let amount = if self.take_word("UNLIMITED") {
            Quota::Unlimited
        } else {
            let figure: u64 = self.integer(INVALID_QUOTA)?;
            let unit = match self.word() {
                Some("K") => 1 << 10,
                Some("M") => 1 << 20,
                Some("G") => 1 << 30,
                Some("T") => 1 << 40,
                _ => 1,
            };
            if unit > 1 {
                self.advance();
            }
            Quota::Bytes(figure.checked_mul(unit).ok_or_else(|| self.fail(INVALID_QUOTA, ""))?)
        };
        self.expect_word("ON", MISSING_KEYWORD)?;
        Ok(UserOption::Quota { amount, tablespace: self.identifier(TABLESPACE_NAME)? })
    }

    fn default_roles(&mut self) -> Parsed<DefaultRoles> {
        if self.take_word("NONE") {
            return Ok(DefaultRoles::None);
        }
        if self.take_word("ALL") {
            let except = if self.take_word("EXCEPT") { self.list(Self::role_name)? } else { Vec::new() };
            return Ok(DefaultRoles::All { except });
        }
        Ok(DefaultRoles::These(self.list(Self::role_name)?))
    }

    pub(super) fn create_role(&mut self) -> Parsed<StatementKind> {
        self.advance();
        self.if_not_exists();
        let role = self.identifier(MISSING_USER)?;
        let authentication = if self.take_words(&["NOT", "IDENTIFIED"]) {
            Some(Authentication::None)
        } else if self.is_word("IDENTIFIED") {
            if self.is_word_at(1, "USING") {
                return Err(self.unsupported("create application roles"));
            }
            Some(self.authentication()?)
        } else {
            None
        };
        if self.is_word("CONTAINER") {
            return Err(self.unsupported("create common roles"));
        }
        Ok(StatementKind::CreateRole { role, authentication })
    }
}
