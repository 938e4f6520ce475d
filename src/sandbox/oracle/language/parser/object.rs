//! Indexes, views, sequences, synonyms, directories, links, and DROP, TRUNCATE, RENAME and PURGE.

use super::core::{Dialect, Parsed, Parser};
use super::message::{
    INVALID_DROP, INVALID_IDENTIFIER, INVALID_INDEX_NAME, INVALID_SEQUENCE_NAME, INVALID_TABLE_NAME,
    INVALID_TRUNCATE, MISSING_KEYWORD, MISSING_ON, MISSING_OPTION, MISSING_USER, MISSING_VIEW_NAME, Message,
    NOT_AN_INTEGER, NOT_ENDED,
};
use crate::sandbox::oracle::language::ast::{
    AlterIndex, AlterTrigger, Bound, Cache, CreateIndex, CreateSequence, CreateSynonym, CreateView,
    DatabaseLinkUser, DropStatement, Ident, IndexColumn, IndexKind, Name, ObjectKind, PackagePart,
    SequenceOptions, StatementKind, ViewRestriction,
};

const MISSING_ALTER_INDEX: Message = (2243, "invalid ALTER INDEX option");
const LINK_NAME: Message = (1729, "database link name expected");
const MISSING_SYNONYM_NAME: Message = (995, "missing or invalid synonym identifier");

impl Parser<'_> {
    /// `[UNIQUE|BITMAP] INDEX …`, which is next.
    pub(super) fn create_index(&mut self) -> Parsed<CreateIndex> {
        let kind = match self.word() {
            Some("UNIQUE") => IndexKind::Unique,
            Some("BITMAP") => IndexKind::Bitmap,
            _ => IndexKind::Normal,
        };
        if kind != IndexKind::Normal {
            self.advance();
        }
        self.expect_word("INDEX", MISSING_KEYWORD)?;
        let name = self.local_name(INVALID_INDEX_NAME)?;
        self.expect_word("ON", MISSING_ON)?;
        if self.is_word("CLUSTER") {
            return Err(self.unsupported("index a cluster"));
        }
        let table = self.local_name(INVALID_TABLE_NAME)?;
        let columns = self.bracketed_list(|parser| {
            let value = parser.value()?;
            let descending = parser.take_word("DESC");
            if !descending {
                parser.take_word("ASC");
            }
            Ok(IndexColumn { value, descending })
        })?;
        if self.is_one_of(&["INDEXTYPE", "LOCAL", "GLOBAL", "FROM"]) {
            return Err(self.unsupported("create domain, join and partitioned indexes"));
        }
        let options = self.storage_options()?;
        Ok(CreateIndex { kind, name, table, columns, options })
    }

    pub(super) fn alter_index(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let index = self.local_name((1418, "specified index does not exist"))?;
        let action = match self.word() {
            Some("REBUILD") => {
                self.advance();
                if self.is_one_of(&["PARTITION", "SUBPARTITION", "PARAMETERS"]) {
                    return Err(self.unsupported("rebuild parts of an index"));
                }
                AlterIndex::Rebuild(self.storage_options()?)
            }
            Some("RENAME") => {
                self.advance();
                self.expect_word("TO", MISSING_KEYWORD)?;
                AlterIndex::RenameTo(self.identifier(INVALID_INDEX_NAME)?)
            }
            Some(word @ ("UNUSABLE" | "VISIBLE" | "INVISIBLE" | "ENABLE" | "DISABLE" | "COALESCE")) => {
                let action = match word {
                    "UNUSABLE" => AlterIndex::Unusable,
                    "COALESCE" => AlterIndex::Coalesce,
                    "VISIBLE" | "INVISIBLE" => AlterIndex::Visible(word == "VISIBLE"),
                    _ => AlterIndex::Enable(word == "ENABLE"),
                };
                self.advance();
                action
            }
            _ => {
                let options = self.storage_options()?;
                if options.is_empty() {
                    return Err(self.fail(MISSING_ALTER_INDEX, "rebuild"));
                }
                AlterIndex::Rebuild(options)
            }
        };
        Ok(StatementKind::AlterIndex { index, action })
    }

    pub(super) fn create_view(&mut self, or_replace: bool) -> Parsed<StatementKind> {
        let unforced = self.take_words(&["NO", "FORCE"]);
        let force = !unforced && self.take_word("FORCE");
        if self.is_one_of(&["EDITIONABLE", "NONEDITIONABLE"]) {
            self.advance();
        }
        self.expect_word("VIEW", MISSING_KEYWORD)?;
        let if_not_exists = self.if_not_exists();
        let name = self.local_name(MISSING_VIEW_NAME)?;
        if self.is_one_of(&["OF", "SHARING", "DEFAULT", "BEQUEATH", "CONTAINER_MAP"]) {
            return Err(self.unsupported("create views with this clause"));
        }
        let columns = if self.is_symbol("(") {
            self.bracketed_list(|parser| {
                let column = parser.column_name()?;
                if parser.at_constraint() || parser.is_one_of(&["VISIBLE", "INVISIBLE"]) {
                    return Err(parser.unsupported("constrain or hide columns of views"));
                }
                Ok(column)
            })?
        } else {
            Vec::new()
        };
        self.expect_word("AS", MISSING_KEYWORD)?;
        let start = self.span();
        let query = *self.query()?;
        let text = self.since(start).of(self.text).to_owned();
        let restriction = self.view_restriction()?;
        let view = CreateView { or_replace, if_not_exists, force, name, columns, query, text, restriction };
        Ok(StatementKind::CreateView(Box::new(view)))
    }

    fn view_restriction(&mut self) -> Parsed<Option<ViewRestriction>> {
        if !self.take_word("WITH") {
            return Ok(None);
        }
        if self.take_words(&["READ", "ONLY"]) {
            return Ok(Some(ViewRestriction::ReadOnly));
        }
        self.expect_words(&["CHECK", "OPTION"], MISSING_KEYWORD)?;
        let constraint = if self.take_word("CONSTRAINT") { Some(self.column_name()?) } else { None };
        Ok(Some(ViewRestriction::CheckOption { constraint }))
    }

    pub(super) fn create_sequence(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let if_not_exists = self.if_not_exists();
        let name = self.local_name(INVALID_SEQUENCE_NAME)?;
        let options = self.sequence_options(false)?;
        Ok(StatementKind::CreateSequence(Box::new(CreateSequence { if_not_exists, name, options })))
    }

    pub(super) fn alter_sequence(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let sequence = self.local_name(INVALID_SEQUENCE_NAME)?;
        if self.at_end() {
            return Err(self.fail((2286, "no options specified for ALTER SEQUENCE"), "restart"));
        }
        let options = self.sequence_options(false)?;
        Ok(StatementKind::AlterSequence { sequence, options })
    }

    /// The options that are here, in any order.
    pub(super) fn sequence_options(&mut self, identity: bool) -> Parsed<SequenceOptions> {
        let mut options = SequenceOptions::default();
        loop {
            let Some(word) = self.word().map(str::to_owned) else { return Ok(options) };
            match word.as_str() {
                "RESTART" => options.restart = true,
                "NOMAXVALUE" => options.max_value = Some(Bound::None),
                "NOMINVALUE" => options.min_value = Some(Bound::None),
                "CYCLE" | "NOCYCLE" => options.cycle = Some(word == "CYCLE"),
                "NOCACHE" => options.cache = Some(Cache::None),
                "ORDER" | "NOORDER" => options.order = Some(word == "ORDER"),
                "KEEP" | "NOKEEP" => options.keep = Some(word == "KEEP"),
                "SCALE" | "NOSCALE" => options.scale = Some(word == "SCALE"),
                "SESSION" | "GLOBAL" => options.session = Some(word == "SESSION"),
                "SHARD" | "NOSHARD" | "SHARING" => return Err(self.unsupported("shard sequences")),
                "START" | "INCREMENT" | "MAXVALUE" | "MINVALUE" | "CACHE" => {
                    self.advance();
                    self.sequence_figure(&word, identity, &mut options)?;
                    continue;
                }
                _ => return Ok(options),
            }
            self.advance();
            if word == "SCALE" && !self.take_word("EXTEND") {
                self.take_word("NOEXTEND");
            }
        }
    }

    fn sequence_figure(&mut self, word: &str, identity: bool, options: &mut SequenceOptions) -> Parsed<()> {
        match word {
            "START" => {
                self.expect_word("WITH", MISSING_KEYWORD)?;
                if identity && self.take_words(&["LIMIT", "VALUE"]) {
                    options.start_with_limit_value = true;
                } else {
                    options.start_with = Some(self.signed_integer(NOT_AN_INTEGER)?);
                }
            }
            "INCREMENT" => {
                self.expect_word("BY", MISSING_KEYWORD)?;
                options.increment_by = Some(self.signed_integer(NOT_AN_INTEGER)?);
            }
            "MAXVALUE" => options.max_value = Some(Bound::Value(self.signed_integer(NOT_AN_INTEGER)?)),
            "MINVALUE" => options.min_value = Some(Bound::Value(self.signed_integer(NOT_AN_INTEGER)?)),
            _ => options.cache = Some(Cache::Values(self.signed_integer(NOT_AN_INTEGER)?)),
        }
        Ok(())
    }

    pub(super) fn create_synonym(&mut self, or_replace: bool, public: bool) -> Parsed<StatementKind> {
        self.advance();
        let name = self.local_name(MISSING_SYNONYM_NAME)?;
        self.expect_word("FOR", MISSING_KEYWORD)?;
        let target = self.name(INVALID_IDENTIFIER)?;
        Ok(StatementKind::CreateSynonym(CreateSynonym { or_replace, public, name, target }))
    }

    pub(super) fn create_directory(&mut self, or_replace: bool) -> Parsed<StatementKind> {
        self.advance();
        let name = self.identifier(INVALID_IDENTIFIER)?;
        self.expect_word("AS", MISSING_KEYWORD)?;
        let path = self.string((1780, "string literal required"))?;
        Ok(StatementKind::CreateDirectory { or_replace, name, path })
    }

    /// `[PUBLIC|SHARED] DATABASE LINK …`, which is next.
    pub(super) fn create_database_link(&mut self) -> Parsed<StatementKind> {
        if self.is_word("SHARED") {
            return Err(self.unsupported("create shared database links"));
        }
        let public = self.take_word("PUBLIC");
        self.expect_word("DATABASE", MISSING_KEYWORD)?;
        if !self.take_word("LINK") {
            return Err(self.unsupported("create databases"));
        }
        let name = self.local_name(LINK_NAME)?;
        let mut user = None;
        if self.take_words(&["CONNECT", "TO"]) {
            user = Some(if self.take_word("CURRENT_USER") {
                DatabaseLinkUser::Current
            } else {
                let user = self.identifier(MISSING_USER)?;
                self.expect_words(&["IDENTIFIED", "BY"], MISSING_KEYWORD)?;
                DatabaseLinkUser::Fixed { user, password: self.password()? }
            });
        }
        let using = if self.take_word("USING") {
            Some(self.string((2010, "missing host connect string"))?)
        } else {
            None
        };
        Ok(StatementKind::CreateDatabaseLink { public, name, user, using })
    }

    pub(super) fn drop_statement(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let object = self.dropped_kind()?;
        let if_exists = self.dialect != Dialect::Oracle19 && self.take_words(&["IF", "EXISTS"]);
        let name = match object {
            ObjectKind::User | ObjectKind::Role => {
                let name = self.identifier(MISSING_USER)?;
                let span = name.span;
                Name { parts: vec![name], link: None, span }
            }
            ObjectKind::Table => self.local_name(INVALID_TABLE_NAME)?,
            ObjectKind::Sequence => self.local_name(INVALID_SEQUENCE_NAME)?,
            ObjectKind::Index => self.local_name(INVALID_INDEX_NAME)?,
            ObjectKind::DatabaseLink | ObjectKind::PublicDatabaseLink => self.local_name(LINK_NAME)?,
            ObjectKind::View => self.local_name(MISSING_VIEW_NAME)?,
            _ => self.local_name((4050, "invalid or missing procedure, function, or package name"))?,
        };
        let mut drop = DropStatement { object, name, if_exists, cascade: false, purge: false, force: false };
        match object {
            ObjectKind::Table | ObjectKind::View => {
                drop.cascade = self.take_words(&["CASCADE", "CONSTRAINTS"]);
                drop.purge = object == ObjectKind::Table && self.take_word("PURGE");
            }
            ObjectKind::User => drop.cascade = self.take_word("CASCADE"),
            ObjectKind::Type | ObjectKind::Synonym | ObjectKind::PublicSynonym | ObjectKind::Index => {
                drop.force = self.take_word("FORCE");
            }
            _ => {}
        }
        if !self.at_end() {
            return Err(self.fail(NOT_ENDED, ";"));
        }
        Ok(StatementKind::Drop(drop))
    }

    fn dropped_kind(&mut self) -> Parsed<ObjectKind> {
        let word = self.word().unwrap_or_default().to_owned();
        let next = self.word_at(1).unwrap_or_default();
        let (kind, words) = match (word.as_str(), next) {
            ("PUBLIC", "SYNONYM") => (ObjectKind::PublicSynonym, 2),
            ("PUBLIC", "DATABASE") => (ObjectKind::PublicDatabaseLink, 3),
            ("DATABASE", "LINK") => (ObjectKind::DatabaseLink, 2),
            ("PACKAGE", "BODY") => (ObjectKind::PackageBody, 2),
            ("TYPE", "BODY") => (ObjectKind::TypeBody, 2),
            ("DIRECTORY", _) => (ObjectKind::Directory, 1),
            ("USER", _) => (ObjectKind::User, 1),
            ("ROLE", _) => (ObjectKind::Role, 1),
            ("TABLE", _) => (ObjectKind::Table, 1),
            ("INDEX", _) => (ObjectKind::Index, 1),
            ("SEQUENCE", _) => (ObjectKind::Sequence, 1),
            ("TRIGGER", _) => (ObjectKind::Trigger, 1),
            (
                "MATERIALIZED" | "CLUSTER" | "TABLESPACE" | "PROFILE" | "CONTEXT" | "OPERATOR" | "LIBRARY"
                | "JAVA" | "EDITION" | "DIMENSION" | "DATABASE" | "PLUGGABLE" | "RESTORE" | "INDEXTYPE"
                | "OUTLINE" | "DOMAIN",
                _,
            ) => return Err(self.unsupported(&format!("drop a {}", word.to_lowercase()))),
            _ => match self.stored_kind() {
                Some(kind) => (kind, 1),
                None => return Err(self.fail(INVALID_DROP, "table")),
            },
        };
        self.at += words;
        Ok(kind)
    }

    /// Objects that can be compiled, by the word at hand.
    fn stored_kind(&self) -> Option<ObjectKind> {
        Some(match self.word()? {
            "PROCEDURE" => ObjectKind::Procedure,
            "FUNCTION" => ObjectKind::Function,
            "PACKAGE" => ObjectKind::Package,
            "TYPE" => ObjectKind::Type,
            "VIEW" => ObjectKind::View,
            "SYNONYM" => ObjectKind::Synonym,
            _ => return None,
        })
    }

    /// `ALTER <kind> name COMPILE …`; the kind is next.
    pub(super) fn compile(&mut self) -> Parsed<StatementKind> {
        let public = self.take_word("PUBLIC");
        let object = match self.stored_kind() {
            Some(ObjectKind::Synonym) if public => ObjectKind::PublicSynonym,
            Some(kind) if !public => kind,
            _ => return Err(self.fail(super::message::INVALID_ALTER, "synonym")),
        };
        self.advance();
        let name = self.local_name((4050, "invalid or missing procedure, function, or package name"))?;
        if !self.is_word("COMPILE") && self.word().is_some() {
            return Err(self.unsupported("alter a stored object but for compiling it"));
        }
        self.finish_compile(object, name)
    }

    fn finish_compile(&mut self, object: ObjectKind, name: Name) -> Parsed<StatementKind> {
        self.expect_word("COMPILE", MISSING_OPTION)?;
        self.take_word("DEBUG");
        let part = match self.word() {
            Some("BODY") => PackagePart::Body,
            Some("SPECIFICATION") => PackagePart::Specification,
            _ => PackagePart::All,
        };
        if part != PackagePart::All || self.is_word("PACKAGE") {
            self.advance();
        }
        if self.is_symbol_at(1, "=") {
            return Err(self.unsupported("compile with parameters"));
        }
        let reuse_settings = self.take_words(&["REUSE", "SETTINGS"]);
        Ok(StatementKind::Compile { object, name, part, reuse_settings })
    }

    pub(super) fn alter_trigger(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let trigger = self.local_name((4070, "invalid trigger name"))?;
        if self.is_word("COMPILE") {
            return self.finish_compile(ObjectKind::Trigger, trigger);
        }
        let action = if self.take_word("ENABLE") {
            AlterTrigger::Enable
        } else if self.take_word("DISABLE") {
            AlterTrigger::Disable
        } else if self.take_words(&["RENAME", "TO"]) {
            AlterTrigger::RenameTo(self.identifier((4070, "invalid trigger name"))?)
        } else {
            return Err(self.fail(MISSING_OPTION, "enable disable compile"));
        };
        Ok(StatementKind::AlterTrigger { trigger, action })
    }

    pub(super) fn truncate(&mut self) -> Parsed<StatementKind> {
        self.advance();
        if self.is_word("CLUSTER") {
            return Err(self.unsupported("truncate clusters"));
        }
        self.expect_word("TABLE", INVALID_TRUNCATE)?;
        let table = self.local_name(INVALID_TABLE_NAME)?;
        if self.is_one_of(&["PRESERVE", "PURGE"]) {
            self.at += 1;
            self.expect_words(&["MATERIALIZED", "VIEW", "LOG"], (3291, "Invalid truncate option"))?;
        }
        let reuse_storage = self.take_words(&["REUSE", "STORAGE"]);
        if !reuse_storage && !self.take_words(&["DROP", "STORAGE"]) {
            self.take_words(&["DROP", "ALL", "STORAGE"]);
        }
        let cascade = self.take_word("CASCADE");
        if !self.at_end() {
            return Err(self.fail((3291, "Invalid truncate option - missing STORAGE keyword"), "storage"));
        }
        Ok(StatementKind::Truncate { table, reuse_storage, cascade })
    }

    pub(super) fn rename(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let from: Ident = self.identifier(INVALID_TABLE_NAME)?;
        if self.is_symbol(".") {
            return Err(self.fail((1765, "specifying owner's name of the table is not allowed"), "to"));
        }
        self.expect_word("TO", MISSING_KEYWORD)?;
        Ok(StatementKind::Rename { from, to: self.identifier(INVALID_TABLE_NAME)? })
    }

    pub(super) fn purge(&mut self) -> Parsed<StatementKind> {
        self.advance();
        if self.take_word("RECYCLEBIN") {
            return Ok(StatementKind::Purge { table: None });
        }
        if self.is_one_of(&["DBA_RECYCLEBIN", "TABLESPACE", "INDEX"]) {
            return Err(self.unsupported("purge anything but tables"));
        }
        self.expect_word("TABLE", (38302, "invalid PURGE option"))?;
        Ok(StatementKind::Purge { table: Some(self.local_name(INVALID_TABLE_NAME)?) })
    }
}
