//! GRANT and REVOKE.

use super::super::lexer::TokenKind;
use super::core::{Parsed, Parser};
use super::message::{
    INVALID_IDENTIFIER, INVALID_TABLE_NAME, MISSING_KEYWORD, MISSING_ON, MISSING_PRIVILEGE, Message,
};
use crate::sandbox::oracle::language::ast::{
    Grant, GrantObject, Grantee, Ident, Privilege, Revoke, StatementKind,
};

const INVALID_GRANTEE: Message = (987, "missing or invalid username(s)");

/// Privileges on objects.
const ON_OBJECTS: [&str; 18] = [
    "SELECT",
    "READ",
    "INSERT",
    "UPDATE",
    "DELETE",
    "ALTER",
    "INDEX",
    "REFERENCES",
    "EXECUTE",
    "DEBUG",
    "WRITE",
    "FLASHBACK",
    "UNDER",
    "USE",
    "ALL",
    "ON COMMIT REFRESH",
    "QUERY REWRITE",
    "INHERIT PRIVILEGES",
];

/// Kinds of object in `CREATE ANY x`, `ALTER ANY x`, `DROP ANY x`.
const KINDS: [&str; 22] = [
    "TABLE",
    "VIEW",
    "INDEX",
    "SEQUENCE",
    "SYNONYM",
    "PROCEDURE",
    "TRIGGER",
    "TYPE",
    "DIRECTORY",
    "ROLE",
    "CLUSTER",
    "CONTEXT",
    "DIMENSION",
    "EDITION",
    "INDEXTYPE",
    "JOB",
    "LIBRARY",
    "MATERIALIZED VIEW",
    "OPERATOR",
    "OUTLINE",
    "SQL PROFILE",
    "RULE",
];

/// System privileges that do not follow the pattern of [`KINDS`].
const SYSTEM: [&str; 72] = [
    "CREATE SESSION",
    "ALTER SESSION",
    "RESTRICTED SESSION",
    "CREATE USER",
    "ALTER USER",
    "DROP USER",
    "BECOME USER",
    "CREATE TABLE",
    "CREATE VIEW",
    "CREATE SEQUENCE",
    "CREATE SYNONYM",
    "CREATE PUBLIC SYNONYM",
    "DROP PUBLIC SYNONYM",
    "CREATE PROCEDURE",
    "CREATE TRIGGER",
    "CREATE TYPE",
    "CREATE JOB",
    "CREATE EXTERNAL JOB",
    "CREATE MATERIALIZED VIEW",
    "CREATE DATABASE LINK",
    "CREATE PUBLIC DATABASE LINK",
    "DROP PUBLIC DATABASE LINK",
    "CREATE ROLE",
    "CREATE PROFILE",
    "ALTER PROFILE",
    "DROP PROFILE",
    "CREATE CLUSTER",
    "CREATE DIMENSION",
    "CREATE INDEXTYPE",
    "CREATE OPERATOR",
    "CREATE LIBRARY",
    "CREATE TABLESPACE",
    "ALTER TABLESPACE",
    "DROP TABLESPACE",
    "MANAGE TABLESPACE",
    "UNLIMITED TABLESPACE",
    "ALTER SYSTEM",
    "ALTER DATABASE",
    "ALTER RESOURCE COST",
    "AUDIT SYSTEM",
    "AUDIT ANY",
    "SELECT ANY TABLE",
    "READ ANY TABLE",
    "INSERT ANY TABLE",
    "UPDATE ANY TABLE",
    "DELETE ANY TABLE",
    "LOCK ANY TABLE",
    "BACKUP ANY TABLE",
    "UNDER ANY TABLE",
    "UNDER ANY VIEW",
    "FLASHBACK ANY TABLE",
    "COMMENT ANY TABLE",
    "SELECT ANY SEQUENCE",
    "EXECUTE ANY PROCEDURE",
    "EXECUTE ANY TYPE",
    "EXECUTE ANY PROGRAM",
    "EXECUTE ANY CLASS",
    "SELECT ANY DICTIONARY",
    "SELECT ANY TRANSACTION",
    "ANALYZE ANY",
    "ANALYZE ANY DICTIONARY",
    "GRANT ANY ROLE",
    "GRANT ANY PRIVILEGE",
    "GRANT ANY OBJECT PRIVILEGE",
    "MANAGE SCHEDULER",
    "ADMINISTER DATABASE TRIGGER",
    "ADMINISTER SQL TUNING SET",
    "ADVISOR",
    "DEBUG CONNECT SESSION",
    "DEBUG ANY PROCEDURE",
    "EXEMPT ACCESS POLICY",
    "INHERIT ANY PRIVILEGES",
];

impl Parser<'_> {
    pub(super) fn grant(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let (privileges, on) = self.privileges()?;
        self.expect_word("TO", MISSING_KEYWORD)?;
        let grantees = self.grantees()?;
        if self.is_word("IDENTIFIED") {
            return Err(self.unsupported("create users by granting"));
        }
        let mut grant = Grant { privileges, on, grantees, with_option: false, with_hierarchy: false };
        while self.take_word("WITH") {
            if self.take_words(&["HIERARCHY", "OPTION"]) {
                grant.with_hierarchy = true;
                continue;
            }
            if self.is_word("DELEGATE") {
                return Err(self.unsupported("delegate roles"));
            }
            self.expect_word(if grant.on.is_some() { "GRANT" } else { "ADMIN" }, MISSING_KEYWORD)?;
            self.expect_word("OPTION", MISSING_KEYWORD)?;
            grant.with_option = true;
        }
        if self.is_word("CONTAINER") {
            return Err(self.unsupported("grant in other containers"));
        }
        Ok(StatementKind::Grant(Box::new(grant)))
    }

    pub(super) fn revoke(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let (privileges, on) = self.privileges()?;
        self.expect_word("FROM", MISSING_KEYWORD)?;
        let grantees = self.grantees()?;
        let cascade_constraints = self.take_words(&["CASCADE", "CONSTRAINTS"]);
        let force = self.take_word("FORCE");
        let revoke = Revoke { privileges, on, grantees, cascade_constraints, force };
        Ok(StatementKind::Revoke(Box::new(revoke)))
    }

    fn privileges(&mut self) -> Parsed<(Vec<Privilege>, Option<GrantObject>)> {
        let mut privileges = self.list(Self::privilege)?;
        if !self.take_word("ON") {
            // Object privileges name an object; a role may not be called like one without quotes.
            if let Some(lost) = privileges.iter().position(|one| {
                !one.quoted
                    && !one.system
                    && one.name != "ALL PRIVILEGES"
                    && ON_OBJECTS.contains(&one.name.as_str())
            }) {
                let end = privileges.get(lost).map(|one| one.span).unwrap_or_default();
                return Err(if self.at_end() {
                    self.sql_error(MISSING_ON, end)
                } else {
                    self.fail(MISSING_ON, "on")
                });
            }
            self.check_system(&mut privileges)?;
            return Ok((privileges, None));
        }
        for privilege in &mut privileges {
            if privilege.name == "ALL PRIVILEGES" {
                "ALL".clone_into(&mut privilege.name);
            }
            privilege.system = false;
            if privilege.quoted || !ON_OBJECTS.contains(&privilege.name.as_str()) {
                return Err(self.sql_error(MISSING_PRIVILEGE, privilege.span));
            }
        }
        Ok((privileges, Some(self.grant_object()?)))
    }

    fn check_system(&self, privileges: &mut [Privilege]) -> Parsed<()> {
        for privilege in privileges {
            let words = privilege.name.contains(' ');
            if words && !privilege.quoted && !privilege.system {
                return Err(self.sql_error(MISSING_PRIVILEGE, privilege.span));
            }
        }
        Ok(())
    }

    fn privilege(&mut self) -> Parsed<Privilege> {
        let start = self.span();
        if let TokenKind::Quoted(name) = self.kind().clone() {
            self.advance();
            let span = self.since(start);
            return Ok(Privilege { name, quoted: true, system: false, columns: Vec::new(), span });
        }
        let mut words: Vec<String> = Vec::new();
        while let Some(word) = self.word() {
            let ends = matches!(word, "ON" if !self.is_word_at(1, "COMMIT") || !words.is_empty())
                || matches!(word, "TO" | "FROM");
            if ends {
                break;
            }
            words.push(word.to_owned());
            self.advance();
        }
        if words.is_empty() {
            return Err(self.fail(MISSING_PRIVILEGE, "all"));
        }
        let name = words.join(" ");
        let span = self.since(start);
        let columns = if self.is_symbol("(") { self.bracketed_list(Self::column_name)? } else { Vec::new() };
        // Two words that are no privilege: the second one stands where ON or TO should.
        let system = is_system(&name) || name == "ALL PRIVILEGES";
        if words.len() > 1 && !system && !ON_OBJECTS.contains(&name.as_str()) {
            let message = if ON_OBJECTS.contains(&words[0].as_str()) && words.len() == 2 {
                MISSING_ON
            } else {
                MISSING_PRIVILEGE
            };
            return Err(self.sql_error(message, span));
        }
        Ok(Privilege { name, quoted: false, system, columns, span })
    }

    fn grant_object(&mut self) -> Parsed<GrantObject> {
        if self.take_word("DIRECTORY") {
            return Ok(GrantObject::Directory(self.identifier(INVALID_IDENTIFIER)?));
        }
        if self.take_word("USER") {
            return Ok(GrantObject::User(self.list(|parser| parser.identifier(INVALID_GRANTEE))?));
        }
        if self.is_one_of(&["EDITION", "JAVA", "MINING", "SQL"]) && self.is_identifier_at(1) {
            return Err(self.unsupported("grant on this kind of object"));
        }
        Ok(GrantObject::Object(self.local_name(INVALID_TABLE_NAME)?))
    }

    fn grantees(&mut self) -> Parsed<Vec<Grantee>> {
        self.list(|parser| {
            if parser.take_word("PUBLIC") {
                return Ok(Grantee::Public);
            }
            let grantee: Ident = parser.identifier(INVALID_GRANTEE)?;
            Ok(Grantee::Named(grantee))
        })
    }
}

fn is_system(name: &str) -> bool {
    if SYSTEM.contains(&name) {
        return true;
    }
    let any = ["CREATE ANY ", "ALTER ANY ", "DROP ANY "].iter().find_map(|prefix| name.strip_prefix(prefix));
    any.is_some_and(|kind| KINDS.contains(&kind))
}
