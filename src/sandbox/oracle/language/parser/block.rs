//! PL/SQL blocks, declarations and subprograms.

use super::super::lexer::TokenKind;
use super::super::{LanguageError, Span};
use super::core::{Mode, Parsed, Parser};
use super::message::{MISSING_EXPRESSION, Message};
use crate::sandbox::oracle::language::ast::{
    Block, DataType, Declaration, DeclarationKind, ExceptionHandler, Expression, HandlerTrigger, Ident, Name,
    Parameter, ParameterMode, Pragma, RecordField, Rights, Subprogram, SubprogramProperty, TypeDefinition,
};

/// In PL/SQL mode every mistake is PLS-00103, so the SQL message is never shown.
pub(super) const NONE: Message = MISSING_EXPRESSION;

impl Parser<'_> {
    pub(super) fn semicolon(&mut self) -> Parsed<()> {
        self.expect_symbol(";", NONE)
    }

    pub(super) fn pl_identifier(&mut self) -> Parsed<Ident> {
        self.identifier(NONE)
    }

    /// `[DECLARE …] BEGIN … END [name]`, without labels and without the semicolon.
    pub(super) fn block(&mut self) -> Parsed<Block> {
        self.nested(|parser| {
            let start = parser.span();
            let declarations = if parser.take_word("DECLARE") { parser.declarations()? } else { Vec::new() };
            parser.block_after(declarations, start)
        })
    }

    /// BEGIN and what follows, after `declarations`.
    pub(super) fn block_after(&mut self, declarations: Vec<Declaration>, start: Span) -> Parsed<Block> {
        self.expect_word("BEGIN", NONE)?;
        let body = self.statements()?;
        let handlers = if self.take_word("EXCEPTION") { self.handlers()? } else { Vec::new() };
        self.expect_word("END", NONE)?;
        let end_label = self.end_label()?;
        Ok(Block { labels: Vec::new(), declarations, body, handlers, end_label, span: self.since(start) })
    }

    fn end_label(&mut self) -> Parsed<Option<Ident>> {
        if self.is_identifier_at(0) { self.pl_identifier().map(Some) } else { Ok(None) }
    }

    fn handlers(&mut self) -> Parsed<Vec<ExceptionHandler>> {
        self.handlers += 1;
        let mut handlers: Vec<ExceptionHandler> = Vec::new();
        while self.is_word("WHEN") {
            let start = self.span();
            if let Some(others) = handlers.last().filter(|last| last.trigger == HandlerTrigger::Others) {
                let message = "OTHERS handler must be last among the exception handlers of a block";
                return Err(LanguageError::pls(370, message, others.span));
            }
            self.advance();
            let trigger = if self.take_word("OTHERS") {
                HandlerTrigger::Others
            } else {
                let mut exceptions = vec![self.name(NONE)?];
                while self.take_word("OR") {
                    exceptions.push(self.name(NONE)?);
                }
                HandlerTrigger::Exceptions(exceptions)
            };
            self.expect_word("THEN", NONE)?;
            let body = self.statements()?;
            handlers.push(ExceptionHandler { trigger, body, span: self.since(start) });
        }
        self.handlers -= 1;
        if handlers.is_empty() {
            return Err(self.fail(NONE, "pragma when"));
        }
        Ok(handlers)
    }

    /// Declarations up to BEGIN or END.
    pub(super) fn declarations(&mut self) -> Parsed<Vec<Declaration>> {
        let mut declarations = Vec::new();
        while !self.is_one_of(&["BEGIN", "END"]) && !self.at_end() {
            declarations.push(self.nested(super::core::Parser::declaration)?);
        }
        Ok(declarations)
    }

    fn declaration(&mut self) -> Parsed<Declaration> {
        let start = self.span();
        if self.is_one_of(&["PROCEDURE", "FUNCTION"]) {
            let subprogram = self.subprogram()?;
            return Ok(Declaration { kind: subprogram, span: self.since(start) });
        }
        let kind = if self.take_word("PRAGMA") {
            DeclarationKind::Pragma(self.pragma()?)
        } else if self.is_word("TYPE") {
            self.advance();
            let name = self.pl_identifier()?;
            self.expect_word("IS", NONE)?;
            DeclarationKind::Type { name, definition: self.type_definition()? }
        } else if self.take_word("SUBTYPE") {
            self.subtype()?
        } else if self.take_word("CURSOR") {
            self.cursor_declaration()?
        } else {
            self.variable()?
        };
        self.semicolon()?;
        Ok(Declaration { kind, span: self.since(start) })
    }

    fn variable(&mut self) -> Parsed<DeclarationKind> {
        if !self.is_identifier_at(0) {
            return Err(
                self.fail(NONE, "begin function pragma procedure subtype type <an identifier> cursor")
            );
        }
        let name = self.pl_identifier()?;
        let constant = self.take_word("CONSTANT");
        if !constant && self.take_word("EXCEPTION") {
            return Ok(DeclarationKind::Exception(name));
        }
        let data_type = self.pl_type("constant exception <an identifier> <a datatype>")?;
        let not_null = self.take_words(&["NOT", "NULL"]);
        let default = self.default_value()?;
        let required = constant || not_null;
        if required && default.is_none() && self.is_symbol(";") {
            let message = if constant {
                (
                    322,
                    format!(
                        "declaration of a constant '{}' must contain an initialization assignment",
                        name.text
                    ),
                )
            } else {
                (218, "a variable declared NOT NULL must have an initialization assignment".to_owned())
            };
            return Err(LanguageError::pls(message.0, message.1, name.span));
        }
        Ok(DeclarationKind::Variable { name, constant, data_type, not_null, default })
    }

    fn default_value(&mut self) -> Parsed<Option<Expression>> {
        if self.take_symbol(":=") || self.take_word("DEFAULT") {
            self.expression().map(Some)
        } else {
            Ok(None)
        }
    }

    /// A type of PL/SQL, which may be a constrained name.
    fn pl_type(&mut self, expected: &str) -> Parsed<DataType> {
        let word = matches!(self.kind(), TokenKind::Word(_) | TokenKind::Quoted(_));
        if !word || (!self.is_identifier_at(0) && !self.is_word("DATE")) {
            return Err(self.fail(NONE, expected));
        }
        let data_type = self.data_type()?;
        if self.is_symbol("(") {
            return Err(self.unsupported("constrain a named type"));
        }
        if self.is_word("CHARACTER") && self.is_word_at(1, "SET") {
            return Err(self.unsupported("declare a character set"));
        }
        Ok(data_type)
    }

    /// The type of a parameter or result, which takes no length: `VARCHAR2`, not `VARCHAR2(10)`.
    fn unconstrained_type(&mut self, expected: &str) -> Parsed<DataType> {
        const WITH_FIGURES: [&str; 12] = [
            "VARCHAR2",
            "VARCHAR",
            "NVARCHAR2",
            "CHAR",
            "CHARACTER",
            "NCHAR",
            "STRING",
            "NUMBER",
            "NUMERIC",
            "DECIMAL",
            "RAW",
            "FLOAT",
        ];
        if self.is_one_of(&WITH_FIGURES) && self.is_symbol_at(1, "(") {
            self.advance();
            return Err(self.fail(NONE, ":= . ) , @ % default character"));
        }
        self.pl_type(expected)
    }

    fn subtype(&mut self) -> Parsed<DeclarationKind> {
        let name = self.pl_identifier()?;
        self.expect_word("IS", NONE)?;
        let base = self.pl_type("<a datatype>")?;
        let range = if self.take_word("RANGE") {
            let low = self.operand()?;
            self.expect_symbol("..", NONE)?;
            Some((low, self.operand()?))
        } else {
            None
        };
        let not_null = self.take_words(&["NOT", "NULL"]);
        Ok(DeclarationKind::Subtype { name, base, not_null, range })
    }

    fn cursor_declaration(&mut self) -> Parsed<DeclarationKind> {
        let name = self.pl_identifier()?;
        let parameters = self.parameters()?;
        let returns = if self.take_word("RETURN") { Some(self.pl_type("<a datatype>")?) } else { None };
        let query = if self.take_word("IS") {
            Some(self.embedded(Self::query)?)
        } else if returns.is_some() {
            None
        } else {
            return Err(self.fail(NONE, "( is return"));
        };
        Ok(DeclarationKind::Cursor { name, parameters, returns, query })
    }

    fn pragma(&mut self) -> Parsed<Pragma> {
        let name = self.any_word(NONE)?;
        let pragma = match name.text.as_str() {
            "AUTONOMOUS_TRANSACTION" => Pragma::AutonomousTransaction,
            "SERIALLY_REUSABLE" => Pragma::SeriallyReusable,
            "EXCEPTION_INIT" => {
                self.expect_symbol("(", NONE)?;
                let exception = self.pl_identifier()?;
                self.expect_symbol(",", NONE)?;
                let quoted = self.take_string().and_then(|text| text.trim().parse().ok());
                let code = match quoted {
                    Some(code) => code,
                    None => self.signed_integer(NONE)?,
                };
                let code = i32::try_from(code).map_err(|_| self.fail(NONE, "<an integer>"))?;
                self.expect_symbol(")", NONE)?;
                Pragma::ExceptionInit { exception, code }
            }
            _ => {
                if self.is_symbol("(") {
                    self.arguments()?;
                }
                Pragma::Other(name)
            }
        };
        Ok(pragma)
    }

    /// What a type is, after IS or AS.
    pub(super) fn type_definition(&mut self) -> Parsed<TypeDefinition> {
        if self.take_word("RECORD") {
            return Ok(TypeDefinition::Record(self.record_fields()?));
        }
        if self.take_words(&["REF", "CURSOR"]) {
            let returns = if self.take_word("RETURN") { Some(self.pl_type("<a datatype>")?) } else { None };
            return Ok(TypeDefinition::RefCursor { returns });
        }
        if self.take_words(&["TABLE", "OF"]) {
            let element = self.pl_type("<a datatype>")?;
            let not_null = self.take_words(&["NOT", "NULL"]);
            let index_by =
                if self.take_words(&["INDEX", "BY"]) { Some(self.pl_type("<a datatype>")?) } else { None };
            return Ok(TypeDefinition::TableOf { element, not_null, index_by });
        }
        if self.take_word("VARRAY") || self.take_words(&["VARYING", "ARRAY"]) {
            self.expect_symbol("(", NONE)?;
            let limit = self.integer(NONE)?;
            self.expect_symbol(")", NONE)?;
            self.expect_word("OF", NONE)?;
            let element = self.pl_type("<a datatype>")?;
            let not_null = self.take_words(&["NOT", "NULL"]);
            return Ok(TypeDefinition::Varray { limit, element, not_null });
        }
        if self.is_symbol("(") {
            return Err(self.unsupported("declare enumerations"));
        }
        Err(self.fail(NONE, "array varray table ref record varying"))
    }

    pub(super) fn record_fields(&mut self) -> Parsed<Vec<RecordField>> {
        self.expect_symbol("(", NONE)?;
        let fields = self.list(|parser| {
            let name = parser.any_word(NONE)?;
            let data_type = parser.pl_type("<a datatype>")?;
            let not_null = parser.take_words(&["NOT", "NULL"]);
            let default = parser.default_value()?;
            Ok(RecordField { name, data_type, not_null, default })
        })?;
        self.expect_symbol(")", NONE)?;
        Ok(fields)
    }

    /// Formal parameters, if there are any.
    fn parameters(&mut self) -> Parsed<Vec<Parameter>> {
        if !self.take_symbol("(") {
            return Ok(Vec::new());
        }
        let parameters = self.list(|parser| {
            let start = parser.span();
            let name = parser.pl_identifier()?;
            let input = parser.take_word("IN");
            let output = parser.take_word("OUT");
            let mode = match (input, output) {
                (true, true) => ParameterMode::InOut,
                (_, true) => ParameterMode::Out,
                _ => ParameterMode::In,
            };
            let no_copy = parser.take_word("NOCOPY");
            let data_type = parser.unconstrained_type("in out <an identifier> <a datatype>")?;
            let default = parser.default_value()?;
            Ok(Parameter { name, mode, no_copy, data_type, default, span: parser.since(start) })
        })?;
        self.expect_symbol(")", NONE)?;
        Ok(parameters)
    }

    fn subprogram(&mut self) -> Parsed<DeclarationKind> {
        let subprogram = self.subprogram_text()?;
        self.semicolon()?;
        Ok(DeclarationKind::Subprogram(Box::new(subprogram)))
    }

    /// PROCEDURE or FUNCTION with its heading and, if it has one, its body, up to the last semicolon.
    pub(super) fn subprogram_text(&mut self) -> Parsed<Subprogram> {
        let start = self.span();
        let function = self.is_word("FUNCTION");
        self.advance();
        let name = self.local_name(NONE)?;
        let parameters = self.parameters()?;
        let returns = if function {
            self.expect_word("RETURN", NONE)?;
            Some(self.unconstrained_type("<a datatype>")?)
        } else {
            None
        };
        let mut subprogram = Subprogram {
            name,
            parameters,
            returns,
            rights: None,
            properties: Vec::new(),
            block: None,
            span: start,
        };
        self.subprogram_properties(&mut subprogram)?;
        if self.take_word("IS") || self.take_word("AS") {
            subprogram.block = Some(Box::new(self.subprogram_block(&subprogram.name, function)?));
        } else if !self.is_symbol(";") {
            return Err(self.fail(NONE, "; is as authid deterministic"));
        }
        subprogram.span = self.since(start);
        Ok(subprogram)
    }

    fn subprogram_block(&mut self, name: &Name, function: bool) -> Parsed<Block> {
        if self.is_one_of(&["LANGUAGE", "EXTERNAL", "MLE"]) {
            return Err(self.unsupported("call external routines"));
        }
        let outer = (self.loops, self.handlers, self.in_function);
        (self.loops, self.handlers, self.in_function) = (0, 0, function);
        let start = self.span();
        let block = self.nested(|parser| {
            let declarations = parser.declarations()?;
            parser.block_after(declarations, start)
        })?;
        (self.loops, self.handlers, self.in_function) = outer;
        Self::check_end(block.end_label.as_ref(), name)?;
        Ok(block)
    }

    /// The name after END must be that of what ends.
    pub(super) fn check_end(end: Option<&Ident>, name: &Name) -> Parsed<()> {
        let Some(end) = end.filter(|end| end.text != name.last().text) else { return Ok(()) };
        let message = format!(
            "END identifier '{}' must match '{}' at line {}, column {}",
            end.text,
            name.last().text,
            name.span.line,
            name.span.column
        );
        Err(LanguageError::pls(113, message, end.span))
    }

    fn subprogram_properties(&mut self, subprogram: &mut Subprogram) -> Parsed<()> {
        loop {
            let property = match self.word() {
                Some("AUTHID") => {
                    subprogram.rights = self.rights()?;
                    continue;
                }
                Some("DETERMINISTIC") => SubprogramProperty::Deterministic,
                Some("PARALLEL_ENABLE") => SubprogramProperty::ParallelEnable,
                Some("RESULT_CACHE") => SubprogramProperty::ResultCache,
                Some("PIPELINED") => return Err(self.unsupported("run pipelined functions")),
                Some("AGGREGATE" | "SQL_MACRO" | "ACCESSIBLE") => {
                    return Err(self.unsupported("use this property of a subprogram"));
                }
                _ => return Ok(()),
            };
            self.advance();
            if self.is_symbol("(") || self.is_word("RELIES_ON") {
                return Err(self.unsupported("use the arguments of this property"));
            }
            subprogram.properties.push(property);
        }
    }

    /// `AUTHID …`, if it is there.
    pub(super) fn rights(&mut self) -> Parsed<Option<Rights>> {
        if !self.take_word("AUTHID") {
            return Ok(None);
        }
        let rights = if self.take_word("DEFINER") { Rights::Definer } else { Rights::CurrentUser };
        if rights == Rights::CurrentUser {
            self.expect_word("CURRENT_USER", NONE)?;
        }
        Ok(Some(rights))
    }

    /// A whole anonymous block with its labels and semicolon, and nothing after it.
    pub(super) fn anonymous_block(&mut self) -> Parsed<Block> {
        self.in_mode(Mode::Plsql, |parser| {
            let labels = parser.labels()?;
            let block = Block { labels, ..parser.block()? };
            parser.semicolon()?;
            if !parser.at_end() {
                return Err(parser.fail(NONE, "<end of the text>"));
            }
            Ok(block)
        })
    }
}
