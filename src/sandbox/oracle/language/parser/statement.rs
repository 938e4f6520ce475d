//! Which statement a text is, and what may follow it.

use super::super::LanguageError;
use super::core::{Mode, Parsed, Parser};
use super::message::{
    INVALID_ALTER, INVALID_ALTER_TABLE, INVALID_CREATE, INVALID_IDENTIFIER, INVALID_INDEX_OPTION,
    INVALID_STATEMENT, MISSING_KEYWORD, MISSING_OPTION, Message, NOT_ENDED,
};
use crate::sandbox::oracle::language::ast::{
    Block, CommentTarget, Expression, Query, Statement, StatementKind,
};

/// Statements of Oracle's that the sandbox lacks.
const UNKNOWN: [&str; 9] = [
    "EXPLAIN",
    "ANALYZE",
    "AUDIT",
    "NOAUDIT",
    "FLASHBACK",
    "ASSOCIATE",
    "DISASSOCIATE",
    "ADMINISTER",
    "UNDROP",
];
/// Kinds of object that can be created or altered in Oracle and not here.
const UNKNOWN_OBJECTS: [&str; 26] = [
    "MATERIALIZED",
    "CLUSTER",
    "DIMENSION",
    "TABLESPACE",
    "PROFILE",
    "CONTEXT",
    "OPERATOR",
    "LIBRARY",
    "JAVA",
    "EDITION",
    "OUTLINE",
    "RESTORE",
    "SCHEMA",
    "PLUGGABLE",
    "DOMAIN",
    "PROPERTY",
    "SHARDED",
    "DUPLICATED",
    "BLOCKCHAIN",
    "IMMUTABLE",
    "MULTIVALUE",
    "INDEXTYPE",
    "FLASHBACK",
    "LOCKDOWN",
    "MLE",
    "ROLLBACK",
];

impl Parser<'_> {
    /// The whole text as one statement.
    pub(in super::super) fn whole_statement(mut self) -> Parsed<Statement> {
        let start = self.span();
        if self.is_one_of(&["BEGIN", "DECLARE"]) || self.is_symbol("<<") {
            let block = self.anonymous_block()?;
            let span = self.since(start);
            return Ok(Statement { kind: StatementKind::Block(Box::new(block)), binds: self.binds, span });
        }
        let kind = self.statement_kind()?;
        if !self.at_end() {
            return Err(self.fail(leftover(&kind), ";"));
        }
        if matches!(kind, StatementKind::CreateSource(_)) {
            self.binds.clear();
        }
        let span = self.since(start);
        Ok(Statement { kind, binds: self.binds, span })
    }

    pub(in super::super) fn whole_block(mut self) -> Parsed<Block> {
        self.anonymous_block()
    }

    pub(in super::super) fn whole_query(mut self) -> Parsed<Query> {
        let query = *self.query()?;
        if self.at_end() { Ok(query) } else { Err(self.fail(NOT_ENDED, ";")) }
    }

    pub(in super::super) fn whole_expression(mut self) -> Parsed<Expression> {
        let expression = self.expression()?;
        if self.at_end() { Ok(expression) } else { Err(self.fail(NOT_ENDED, ";")) }
    }

    /// A SQL statement among PL/SQL statements.
    pub(super) fn static_sql(&mut self) -> Parsed<Statement> {
        self.embedded(|parser| {
            let start = parser.span();
            let first_bind = parser.binds.len();
            parser.into_allowed = parser.at_query();
            let kind = parser.statement_kind()?;
            parser.into_allowed = false;
            let binds = parser.binds.get(first_bind..).unwrap_or_default().to_vec();
            Ok(Statement { kind, binds, span: parser.since(start) })
        })
    }

    fn statement_kind(&mut self) -> Parsed<StatementKind> {
        let word = match self.word() {
            Some(word) => word.to_owned(),
            None if self.is_symbol("(") => "SELECT".to_owned(),
            None => return Err(self.fail(INVALID_STATEMENT, "<a statement>")),
        };
        Ok(match word.as_str() {
            "SELECT" | "WITH" => StatementKind::Query(self.query()?),
            "INSERT" => StatementKind::Insert(Box::new(self.insert()?)),
            "UPDATE" => StatementKind::Update(Box::new(self.update()?)),
            "DELETE" => StatementKind::Delete(Box::new(self.delete()?)),
            "MERGE" => StatementKind::Merge(Box::new(self.merge()?)),
            "COMMIT" => self.commit()?,
            "ROLLBACK" => self.rollback()?,
            "SAVEPOINT" => self.savepoint()?,
            "SET" => self.set_statement()?,
            "LOCK" => self.lock_table()?,
            _ if self.mode != Mode::Sql => return Err(self.fail(INVALID_STATEMENT, "<a statement>")),
            "CREATE" => self.create()?,
            "ALTER" => self.alter()?,
            "DROP" => self.drop_statement()?,
            "GRANT" => self.grant()?,
            "REVOKE" => self.revoke()?,
            "TRUNCATE" => self.truncate()?,
            "RENAME" => self.rename()?,
            "COMMENT" => self.comment()?,
            "PURGE" => self.purge()?,
            "CALL" => self.call_statement()?,
            unknown if UNKNOWN.contains(&unknown) => {
                return Err(self.unsupported(&format!("execute {unknown}")));
            }
            _ => return Err(self.fail(INVALID_STATEMENT, "<a statement>")),
        })
    }

    fn create(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let or_replace = self.take_words(&["OR", "REPLACE"]);
        if self.is_one_of(&["EDITIONABLE", "NONEDITIONABLE"]) {
            self.advance();
        }
        let word = self.word().unwrap_or_default().to_owned();
        match word.as_str() {
            "PROCEDURE" | "FUNCTION" | "PACKAGE" | "TRIGGER" | "TYPE" => {
                return self.create_source(or_replace);
            }
            "VIEW" | "FORCE" | "NO" => return self.create_view(or_replace),
            "DIRECTORY" => return self.create_directory(or_replace),
            "SYNONYM" => return self.create_synonym(or_replace, false),
            "PUBLIC" if self.is_word_at(1, "SYNONYM") => {
                self.advance();
                return self.create_synonym(or_replace, true);
            }
            _ if or_replace => return Err(self.fail(MISSING_OPTION, "view procedure")),
            _ => {}
        }
        match word.as_str() {
            "TABLE" | "GLOBAL" | "PRIVATE" => self.create_table(),
            "INDEX" | "UNIQUE" | "BITMAP" => Ok(StatementKind::CreateIndex(Box::new(self.create_index()?))),
            "SEQUENCE" => self.create_sequence(),
            "USER" => self.create_user(),
            "ROLE" => self.create_role(),
            "DATABASE" | "PUBLIC" | "SHARED" => self.create_database_link(),
            "AND" => Err(self.unsupported("compile Java")),
            unknown if UNKNOWN_OBJECTS.contains(&unknown) => {
                Err(self.unsupported(&format!("create a {}", unknown.to_lowercase())))
            }
            _ => Err(self.fail(INVALID_CREATE, "table")),
        }
    }

    fn alter(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let word = self.word().unwrap_or_default().to_owned();
        match word.as_str() {
            "TABLE" => self.alter_table(),
            "INDEX" => self.alter_index(),
            "SEQUENCE" => self.alter_sequence(),
            "USER" => self.alter_user(),
            "TRIGGER" => self.alter_trigger(),
            "PROCEDURE" | "FUNCTION" | "PACKAGE" | "VIEW" | "TYPE" | "SYNONYM" | "PUBLIC" => self.compile(),
            "SESSION" => {
                self.advance();
                self.alter_session()
            }
            "SYSTEM" => {
                self.advance();
                self.alter_system()
            }
            "DATABASE" => {
                self.advance();
                self.alter_database()
            }
            "ROLE" | "RESOURCE" => Err(self.unsupported("alter roles and resource costs")),
            unknown if UNKNOWN_OBJECTS.contains(&unknown) => {
                Err(self.unsupported(&format!("alter a {}", unknown.to_lowercase())))
            }
            _ => Err(self.fail(INVALID_ALTER, "table")),
        }
    }

    fn comment(&mut self) -> Parsed<StatementKind> {
        self.advance();
        self.expect_word("ON", MISSING_KEYWORD)?;
        let on = if self.take_word("TABLE") {
            CommentTarget::Table(self.table_name()?)
        } else if self.take_word("COLUMN") {
            CommentTarget::Column(self.name(INVALID_IDENTIFIER)?)
        } else if self.is_one_of(&["MATERIALIZED", "EDITION", "INDEXTYPE", "MINING", "OPERATOR", "AUDIT"]) {
            return Err(self.unsupported("comment on anything but tables and columns"));
        } else {
            return Err(self.fail(MISSING_KEYWORD, "table column"));
        };
        self.expect_word("IS", MISSING_KEYWORD)?;
        let text = self.string((1780, "string literal required"))?;
        Ok(StatementKind::Comment { on, text })
    }

    fn call_statement(&mut self) -> Parsed<StatementKind> {
        const INVALID_CALL: Message = (6576, "not a valid function or procedure name");
        self.advance();
        let start = self.span();
        let name = self.name(INVALID_CALL)?;
        if !self.is_symbol("(") {
            return Err(self.fail(INVALID_CALL, "("));
        }
        let routine = self.call(name, start)?;
        let into = if self.take_word("INTO") { Some(self.bind()?) } else { None };
        Ok(StatementKind::Call { routine, into })
    }

    /// The error if a statement does not begin as `parse_query` needs.
    pub(in super::super) fn require_query(&self) -> Result<(), LanguageError> {
        if self.at_query() || self.is_symbol("(") {
            Ok(())
        } else {
            Err(self.fail(INVALID_STATEMENT, "select"))
        }
    }
}

/// What Oracle says to words it cannot use after a whole statement.
fn leftover(kind: &StatementKind) -> Message {
    match kind {
        StatementKind::CreateTable(_)
        | StatementKind::CreateUser { .. }
        | StatementKind::AlterUser { .. } => MISSING_OPTION,
        StatementKind::AlterTable { .. } => INVALID_ALTER_TABLE,
        StatementKind::CreateIndex(_) => INVALID_INDEX_OPTION,
        _ => NOT_ENDED,
    }
}
