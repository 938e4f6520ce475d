//! Stored procedures, functions, packages, triggers and types.

use super::super::lexer::TokenKind;
use super::super::{Code, LanguageError, Span};
use super::block::NONE;
use super::core::{Dialect, Mode, Parsed, Parser};
use super::message::{INVALID_IDENTIFIER, INVALID_TABLE_NAME, MISSING_KEYWORD, MISSING_ON, Message};
use crate::sandbox::oracle::language::ast::{
    CreateSource, CreateTrigger, DmlEvent, Ident, Name, ObjectKind, StatementKind, SystemScope, TriggerBody,
    TriggerEvent, TriggerTiming, UnitBody,
};

const MISSING_SOURCE_NAME: Message = (4050, "invalid or missing procedure, function, or package name");
const INVALID_TRIGGER_NAME: Message = (4070, "invalid trigger name");
const MISSING_TIMING: Message = (4071, "missing BEFORE, AFTER or INSTEAD OF keyword");
const INVALID_TRIGGER: Message = (4079, "invalid trigger specification");

/// Events that are not DML.
const SYSTEM_EVENTS: [&str; 24] = [
    "CLONE",
    "UNPLUG",
    "LOGON",
    "LOGOFF",
    "STARTUP",
    "SHUTDOWN",
    "SERVERERROR",
    "SUSPEND",
    "DB_ROLE_CHANGE",
    "ALTER",
    "ANALYZE",
    "AUDIT",
    "COMMENT",
    "CREATE",
    "DDL",
    "DROP",
    "GRANT",
    "NOAUDIT",
    "RENAME",
    "REVOKE",
    "TRUNCATE",
    "ASSOCIATE",
    "DISASSOCIATE",
    "SET",
];

impl Parser<'_> {
    /// CREATE of stored source; its kind is the next word.
    pub(super) fn create_source(&mut self, or_replace: bool) -> Parsed<StatementKind> {
        let kind_at = self.at;
        let source_span = self.span();
        let object = self.source_kind()?;
        let if_not_exists = self.dialect != Dialect::Oracle19 && self.are_words(&["IF", "NOT", "EXISTS"]);
        if if_not_exists {
            self.tokens.drain(self.at..self.at + 3);
        }
        let trigger = object == ObjectKind::Trigger;
        let name = self.local_name(if trigger { INVALID_TRIGGER_NAME } else { MISSING_SOURCE_NAME })?;
        let mut error_origin = source_span;
        let body = if trigger {
            let trigger = self.trigger(&name)?;
            error_origin = trigger.1;
            Ok(UnitBody::Trigger(Box::new(trigger.0)))
        } else {
            self.captured(|parser| {
                parser.at = kind_at;
                parser.unit(object, &name)
            })?
        };
        self.at = self.tokens.len().saturating_sub(1);
        let source = self.text.get(source_span.offset..).unwrap_or_default().to_owned();
        let create =
            CreateSource { or_replace, if_not_exists, object, name, source, source_span, error_origin, body };
        Ok(StatementKind::CreateSource(Box::new(create)))
    }

    fn source_kind(&mut self) -> Parsed<ObjectKind> {
        let (kind, words) = match (self.word().unwrap_or_default(), self.word_at(1)) {
            ("PROCEDURE", _) => (ObjectKind::Procedure, 1),
            ("FUNCTION", _) => (ObjectKind::Function, 1),
            ("PACKAGE", Some("BODY")) => (ObjectKind::PackageBody, 2),
            ("PACKAGE", _) => (ObjectKind::Package, 1),
            ("TRIGGER", _) => (ObjectKind::Trigger, 1),
            ("TYPE", Some("BODY")) => return Err(self.unsupported("give object types methods")),
            _ => (ObjectKind::Type, 1),
        };
        self.at += words;
        Ok(kind)
    }

    /// Runs `parse` under PL/SQL's rules and keeps its mistakes; what the sandbox lacks, and what is no token at
    /// all, fails the statement.
    fn captured<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<Result<T, LanguageError>> {
        match self.in_mode(Mode::Plsql, parse) {
            Err(error) if matches!(error.code, Code::Unsupported | Code::Ora(_)) => Err(error),
            result => Ok(result),
        }
    }

    fn unit(&mut self, object: ObjectKind, name: &Name) -> Parsed<UnitBody> {
        self.refuse_binds(&[])?;
        let unit = match object {
            ObjectKind::Procedure | ObjectKind::Function => {
                let subprogram = self.subprogram_text()?;
                self.semicolon()?;
                if subprogram.block.is_none() {
                    return Err(self.fail(NONE, "is as"));
                }
                UnitBody::Subprogram(Box::new(subprogram))
            }
            ObjectKind::Package => self.package(name)?,
            ObjectKind::PackageBody => self.package_body(name)?,
            _ => self.type_unit()?,
        };
        if !self.at_end() {
            return Err(self.fail(NONE, "<end of the text>"));
        }
        Ok(unit)
    }

    /// Binds belong to anonymous blocks; a trigger has its correlation names.
    fn refuse_binds(&self, allowed: &[&str]) -> Parsed<()> {
        let bad = self.tokens.iter().skip(self.at).find_map(|token| match &token.kind {
            TokenKind::Bind(name) if !allowed.contains(&name.as_str()) => Some((name, token.span)),
            _ => None,
        });
        match bad {
            Some((name, span)) => Err(LanguageError::pls(49, format!("bad bind variable '{name}'"), span)),
            None => Ok(()),
        }
    }

    fn is_or_as(&mut self) -> Parsed<()> {
        if self.take_word("AS") { Ok(()) } else { self.expect_word("IS", NONE) }
    }

    fn package(&mut self, name: &Name) -> Parsed<UnitBody> {
        self.advance();
        self.local_name(NONE)?;
        let rights = self.rights()?;
        if self.is_one_of(&["ACCESSIBLE", "DEFAULT", "SHARING"]) {
            return Err(self.unsupported("use this property of a package"));
        }
        self.is_or_as()?;
        let declarations = self.declarations()?;
        self.expect_word("END", NONE)?;
        let end_name = self.end_name(name)?;
        Ok(UnitBody::Package { rights, declarations, end_name })
    }

    fn end_name(&mut self, name: &Name) -> Parsed<Option<Ident>> {
        let end = if self.is_identifier_at(0) { Some(self.pl_identifier()?) } else { None };
        Self::check_end(end.as_ref(), name)?;
        self.semicolon()?;
        Ok(end)
    }

    fn package_body(&mut self, name: &Name) -> Parsed<UnitBody> {
        self.at += 2;
        self.local_name(NONE)?;
        self.is_or_as()?;
        let declarations = self.declarations()?;
        if self.is_word("BEGIN") {
            let start = self.span();
            let block = self.block_after(Vec::new(), start)?;
            Self::check_end(block.end_label.as_ref(), name)?;
            self.semicolon()?;
            let end_name = block.end_label.clone();
            return Ok(UnitBody::PackageBody {
                declarations,
                initialization: Some(Box::new(block)),
                end_name,
            });
        }
        self.expect_word("END", NONE)?;
        let end_name = self.end_name(name)?;
        Ok(UnitBody::PackageBody { declarations, initialization: None, end_name })
    }

    fn type_unit(&mut self) -> Parsed<UnitBody> {
        self.advance();
        self.local_name(NONE)?;
        self.take_word("FORCE");
        self.rights()?;
        if self.is_word("UNDER") {
            return Err(self.unsupported("derive object types"));
        }
        self.is_or_as()?;
        if self.is_one_of(&["OBJECT", "OPAQUE"]) {
            let methods = ["MEMBER", "STATIC", "CONSTRUCTOR", "MAP", "ORDER", "OVERRIDING"];
            let words = self.tokens.iter().skip(self.at);
            let has_methods = words.into_iter().any(
                |token| matches!(&token.kind, TokenKind::Word(word) if methods.contains(&word.as_str())),
            );
            if has_methods || self.is_word("OPAQUE") {
                return Err(self.unsupported("give object types methods"));
            }
            self.advance();
            let fields = self.record_fields()?;
            self.take_word("NOT");
            self.take_word("FINAL");
            self.take_symbol(";");
            let definition = crate::sandbox::oracle::language::ast::TypeDefinition::Object(fields);
            return Ok(UnitBody::Type(definition));
        }
        let definition = self.type_definition()?;
        self.take_symbol(";");
        Ok(UnitBody::Type(definition))
    }

    /// A trigger after its name, with the place where its body begins.
    fn trigger(&mut self, name: &Name) -> Parsed<(CreateTrigger, Span)> {
        let timing = if self.take_word("BEFORE") {
            TriggerTiming::Before
        } else if self.take_word("AFTER") {
            TriggerTiming::After
        } else if self.take_words(&["INSTEAD", "OF"]) {
            TriggerTiming::InsteadOf
        } else if self.is_word("FOR") {
            return Err(self.unsupported("run compound triggers"));
        } else {
            return Err(self.fail(MISSING_TIMING, "before after instead"));
        };
        let event = if self.is_one_of(&["INSERT", "UPDATE", "DELETE"]) {
            self.dml_event()?
        } else if self.is_one_of(&SYSTEM_EVENTS) {
            self.system_event()?
        } else {
            return Err(self.fail(INVALID_TRIGGER, "insert update delete"));
        };
        let mut trigger = CreateTrigger {
            timing,
            event,
            follows: Vec::new(),
            enabled: true,
            when: None,
            when_text: None,
            body: TriggerBody::Invalid(LanguageError::pls(103, String::new(), self.span())),
            body_text: String::new(),
            description: self.since(name.span).of(self.text).to_owned(),
        };
        self.trigger_options(&mut trigger)?;
        let origin = self.span();
        trigger.body_text = self.text.get(origin.offset..).unwrap_or_default().to_owned();
        trigger.body = self.trigger_body(&trigger.event)?;
        Ok((trigger, origin))
    }

    fn trigger_options(&mut self, trigger: &mut CreateTrigger) -> Parsed<()> {
        loop {
            if self.take_word("FOLLOWS") {
                trigger.follows = self.list(|parser| parser.local_name(INVALID_TRIGGER_NAME))?;
            } else if self.is_one_of(&["PRECEDES", "CROSSEDITION", "FORWARD", "REVERSE"]) {
                return Err(self.unsupported("order or replay triggers in this way"));
            } else if self.take_word("DISABLE") {
                trigger.enabled = false;
            } else if self.take_word("ENABLE") {
                trigger.enabled = true;
            } else if trigger.when.is_none() && self.take_word("WHEN") {
                self.open_bracket()?;
                let start = self.span();
                trigger.when = Some(self.condition()?);
                trigger.when_text = Some(self.since(start).of(self.text).to_owned());
                self.close_bracket()?;
            } else {
                return Ok(());
            }
        }
    }

    fn trigger_body(&mut self, event: &TriggerEvent) -> Parsed<TriggerBody> {
        if self.take_word("CALL") {
            let start = self.span();
            let name = self.name(MISSING_SOURCE_NAME)?;
            if self.is_symbol("(") {
                return Ok(TriggerBody::Call(Box::new(self.call(name, start)?)));
            }
            return Err(self.unsupported("call a procedure without brackets from a trigger"));
        }
        if !self.is_one_of(&["BEGIN", "DECLARE"]) && !self.is_symbol("<<") {
            return Err(self.fail(INVALID_TRIGGER, "begin declare"));
        }
        let mut allowed = vec!["NEW", "OLD", "PARENT"];
        if let TriggerEvent::Dml { old, new, .. } = event {
            allowed.extend(old.iter().chain(new).map(|alias| alias.text.as_str()));
        }
        let body = self.captured(|parser| {
            parser.refuse_binds(&allowed)?;
            parser.anonymous_block()
        })?;
        Ok(match body {
            Ok(block) => TriggerBody::Block(Box::new(block)),
            Err(error) => TriggerBody::Invalid(error),
        })
    }

    fn dml_event(&mut self) -> Parsed<TriggerEvent> {
        let mut events = Vec::new();
        loop {
            let event = if self.take_word("INSERT") {
                DmlEvent::Insert
            } else if self.take_word("DELETE") {
                DmlEvent::Delete
            } else {
                self.expect_word("UPDATE", INVALID_TRIGGER)?;
                let columns = if self.take_word("OF") { self.list(Self::column_name)? } else { Vec::new() };
                DmlEvent::Update(columns)
            };
            events.push(event);
            if !self.take_word("OR") {
                break;
            }
        }
        self.expect_word("ON", MISSING_ON)?;
        if self.is_one_of(&["NESTED", "TABLE"]) {
            return Err(self.fail(INVALID_TABLE_NAME, "<an identifier>"));
        }
        let table = self.local_name(INVALID_TABLE_NAME)?;
        let (mut old, mut new) = (None, None);
        if self.take_word("REFERENCING") {
            while self.is_one_of(&["OLD", "NEW"]) {
                let is_old = self.is_word("OLD");
                self.advance();
                self.take_word("AS");
                let alias = Some(self.identifier(INVALID_IDENTIFIER)?);
                if is_old {
                    old = alias;
                } else {
                    new = alias;
                }
            }
        }
        let for_each_row = self.take_words(&["FOR", "EACH", "ROW"]);
        Ok(TriggerEvent::Dml { events, table, old, new, for_each_row })
    }

    fn system_event(&mut self) -> Parsed<TriggerEvent> {
        let mut events = vec![self.any_word(INVALID_TRIGGER)?.text];
        while self.take_word("OR") {
            events.push(self.any_word(INVALID_TRIGGER)?.text);
        }
        self.expect_word("ON", MISSING_ON)?;
        let scope = if self.take_word("DATABASE") {
            SystemScope::Database
        } else if self.take_word("PLUGGABLE") {
            self.expect_word("DATABASE", MISSING_KEYWORD)?;
            SystemScope::PluggableDatabase
        } else if self.take_word("SCHEMA") {
            SystemScope::Schema(None)
        } else {
            let owner = self.identifier(INVALID_TRIGGER)?;
            self.expect_symbol(".", INVALID_TRIGGER)?;
            self.expect_word("SCHEMA", INVALID_TRIGGER)?;
            SystemScope::Schema(Some(owner))
        };
        Ok(TriggerEvent::System { events, scope })
    }
}
