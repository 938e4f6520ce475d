//! The statements of PL/SQL.

use super::super::lexer::TokenKind;
use super::super::{LanguageError, Span};
use super::block::NONE;
use super::core::{Mode, Parsed, Parser};
use crate::sandbox::oracle::language::ast::{
    Argument, Expression, ExpressionKind, ForallBounds, Ident, IfBranch, ParameterMode, PlStatement,
    PlStatementKind, UsingArgument,
};

/// Words that end a list of statements.
const ENDS: [&str; 5] = ["END", "ELSE", "ELSIF", "WHEN", "EXCEPTION"];
/// What may begin a statement, for the message.
const BEGINNINGS: &str = "( begin case declare exit for goto if loop mod null pragma raise return select update \
    while with <an identifier> <a bind variable> << close current delete fetch lock insert open rollback savepoint \
    set sql execute commit forall merge pipe purge";

impl Parser<'_> {
    /// One or more statements, up to a word that ends them.
    pub(super) fn statements(&mut self) -> Parsed<Vec<PlStatement>> {
        let mut statements = vec![self.pl_statement()?];
        while !self.is_one_of(&ENDS) {
            if self.at_end() {
                return Err(self.fail(NONE, BEGINNINGS));
            }
            statements.push(self.pl_statement()?);
        }
        Ok(statements)
    }

    /// `<<label>>`, any number of them.
    pub(super) fn labels(&mut self) -> Parsed<Vec<Ident>> {
        let mut labels = Vec::new();
        while self.take_symbol("<<") {
            labels.push(self.pl_identifier()?);
            self.expect_symbol(">>", NONE)?;
        }
        Ok(labels)
    }

    fn pl_statement(&mut self) -> Parsed<PlStatement> {
        self.nested(|parser| {
            let start = parser.span();
            let labels = parser.labels()?;
            let kind = parser.pl_statement_kind()?;
            parser.semicolon_after(&kind)?;
            Ok(PlStatement { labels, kind, span: parser.since(start) })
        })
    }

    fn semicolon_after(&mut self, kind: &PlStatementKind) -> Parsed<()> {
        match kind {
            PlStatementKind::Call(_) => self
                .expect_symbol(";", NONE)
                .map_err(|error| if self.is_symbol(";") { error } else { self.fail(NONE, ":= . ( @ % ;") }),
            // In SQL text a stray token is SQL's mistake.
            PlStatementKind::Sql(_) if !self.is_symbol(";") && !self.at_end() => {
                self.in_mode(Mode::Embedded, |parser| Err(parser.fail(super::message::NOT_ENDED, ";")))
            }
            _ => self.semicolon(),
        }
    }

    fn pl_statement_kind(&mut self) -> Parsed<PlStatementKind> {
        let variable = self.is_symbol_at(1, ":=") || self.is_symbol_at(1, ".") || self.is_symbol_at(1, "%");
        let word = match self.kind() {
            TokenKind::Word(word) if !variable => word.clone(),
            TokenKind::Word(_) | TokenKind::Quoted(_) | TokenKind::Bind(_) => {
                return self.assignment_or_call();
            }
            _ => return Err(self.fail(NONE, BEGINNINGS)),
        };
        // Through a pointer, so that this much-nested frame holds one result and not one for each kind.
        let parse: fn(&mut Self) -> Parsed<PlStatementKind> = match word.as_str() {
            "NULL" => |parser| {
                parser.advance();
                Ok(PlStatementKind::Null)
            },
            "BEGIN" | "DECLARE" => |parser| Ok(PlStatementKind::Block(Box::new(parser.block()?))),
            "IF" => Self::if_statement,
            "CASE" => Self::case_statement,
            "LOOP" => Self::loop_statement,
            "WHILE" => Self::while_statement,
            "FOR" => Self::for_statement,
            "FORALL" => Self::forall_statement,
            "EXIT" | "CONTINUE" => Self::exit_statement,
            "RETURN" => Self::return_statement,
            "RAISE" => Self::raise_statement,
            "EXECUTE" if self.is_word_at(1, "IMMEDIATE") => Self::execute_immediate,
            "OPEN" => Self::open_statement,
            "FETCH" => Self::fetch_statement,
            "CLOSE" => |parser| {
                parser.advance();
                Ok(PlStatementKind::Close { cursor: parser.target()? })
            },
            "PIPE" if self.is_word_at(1, "ROW") => {
                |parser| Err(parser.unsupported("run pipelined functions"))
            }
            "GOTO" => |parser| Err(parser.unsupported("jump with GOTO")),
            "PRAGMA" => |parser| Err(parser.unsupported("follow a PRAGMA among statements")),
            _ if self.at_static_sql() => |parser| Ok(PlStatementKind::Sql(Box::new(parser.static_sql()?))),
            _ => Self::assignment_or_call,
        };
        parse(self)
    }

    fn loop_statement(&mut self) -> Parsed<PlStatementKind> {
        self.advance();
        let (body, end_label) = self.loop_body()?;
        Ok(PlStatementKind::Loop { body, end_label })
    }

    fn return_statement(&mut self) -> Parsed<PlStatementKind> {
        let at = self.span();
        self.advance();
        match (self.in_function, self.is_symbol(";")) {
            (false, false) => {
                let message = "In a procedure, RETURN statement cannot contain an expression";
                return Err(LanguageError::pls(372, message, at));
            }
            (true, true) => {
                let message = "RETURN <value> statement required for this return from function";
                return Err(LanguageError::pls(503, message, at));
            }
            _ => {}
        }
        let value = if self.is_symbol(";") { None } else { Some(self.expression()?) };
        Ok(PlStatementKind::Return(value))
    }

    fn at_static_sql(&self) -> bool {
        match self.word() {
            Some("SELECT" | "WITH" | "INSERT" | "UPDATE" | "LOCK") => true,
            Some("DELETE" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "MERGE") => !self.is_symbol_at(1, "("),
            Some("SET") => self.is_word_at(1, "TRANSACTION") || self.is_word_at(1, "ROLE"),
            _ => false,
        }
    }

    /// A name, bind, element or field: what can be assigned to, opened or called.
    pub(super) fn target(&mut self) -> Parsed<Expression> {
        match self.kind() {
            TokenKind::Bind(_) => {
                let start = self.span();
                let bind = self.bind()?;
                let field = self.is_symbol(".") && self.word_at(1).is_some();
                let kind = if field {
                    self.advance();
                    ExpressionKind::BindField { bind, field: self.any_word(NONE)? }
                } else {
                    ExpressionKind::Bind(bind)
                };
                Ok(self.finish(kind, start))
            }
            TokenKind::Word(_) | TokenKind::Quoted(_) if self.is_identifier_at(0) => self.name_expression(),
            _ => Err(self.fail(NONE, "<an identifier> <a bind variable>")),
        }
    }

    fn assignment_or_call(&mut self) -> Parsed<PlStatementKind> {
        let bind = matches!(self.kind(), TokenKind::Bind(_));
        if !bind && !self.is_identifier_at(0) {
            return Err(self.fail(NONE, BEGINNINGS));
        }
        let target = self.target()?;
        if self.take_symbol(":=") {
            return Ok(PlStatementKind::Assign { target, value: self.expression()? });
        }
        if bind {
            return Err(self.fail(NONE, ":= ."));
        }
        Ok(PlStatementKind::Call(target))
    }

    fn if_statement(&mut self) -> Parsed<PlStatementKind> {
        self.advance();
        let mut branches = vec![self.branch()?];
        while self.take_word("ELSIF") {
            branches.push(self.branch()?);
        }
        let otherwise = if self.take_word("ELSE") { Some(self.statements()?) } else { None };
        self.expect_words(&["END", "IF"], NONE)?;
        Ok(PlStatementKind::If { branches, otherwise })
    }

    fn branch(&mut self) -> Parsed<IfBranch> {
        let condition = self.expression()?;
        self.expect_word("THEN", NONE)?;
        Ok(IfBranch { condition, body: self.statements()? })
    }

    fn case_statement(&mut self) -> Parsed<PlStatementKind> {
        self.advance();
        let operand = if self.is_word("WHEN") { None } else { Some(self.expression()?) };
        let mut branches = Vec::new();
        while self.take_word("WHEN") {
            branches.push(self.branch()?);
        }
        if branches.is_empty() {
            return Err(self.fail(NONE, "when"));
        }
        let otherwise = if self.take_word("ELSE") { Some(self.statements()?) } else { None };
        self.expect_words(&["END", "CASE"], NONE)?;
        if self.is_identifier_at(0) {
            self.advance();
        }
        Ok(PlStatementKind::Case { operand, branches, otherwise })
    }

    fn loop_body(&mut self) -> Parsed<(Vec<PlStatement>, Option<Ident>)> {
        self.loops += 1;
        let body = self.statements()?;
        self.loops -= 1;
        self.expect_words(&["END", "LOOP"], NONE)?;
        let end_label = if self.is_identifier_at(0) { Some(self.pl_identifier()?) } else { None };
        Ok((body, end_label))
    }

    fn while_statement(&mut self) -> Parsed<PlStatementKind> {
        self.advance();
        let condition = self.expression()?;
        self.expect_word("LOOP", NONE)?;
        let (body, end_label) = self.loop_body()?;
        Ok(PlStatementKind::While { condition, body, end_label })
    }

    fn for_statement(&mut self) -> Parsed<PlStatementKind> {
        self.advance();
        let variable = self.pl_identifier()?;
        self.expect_word("IN", NONE)?;
        if self.is_symbol("(") && matches!(self.first_inside(), Some("SELECT" | "WITH")) {
            self.open_bracket()?;
            let query = self.embedded(Self::query)?;
            if !self.is_symbol(")") {
                return self
                    .in_mode(Mode::Embedded, |parser| Err(parser.fail(super::message::NOT_ENDED, ")")));
            }
            self.advance();
            self.expect_word("LOOP", NONE)?;
            let (body, end_label) = self.loop_body()?;
            return Ok(PlStatementKind::ForQuery { variable, query, body, end_label });
        }
        let reverse = self.take_word("REVERSE");
        let low = self.operand()?;
        if self.take_symbol("..") {
            let high = self.operand()?;
            if self.is_one_of(&["BY", "WHILE", "WHEN", "REPEAT"]) || self.is_symbol(",") {
                return Err(self.unsupported("use iterator controls beyond a range"));
            }
            self.expect_word("LOOP", NONE)?;
            let (body, end_label) = self.loop_body()?;
            return Ok(PlStatementKind::ForRange { variable, reverse, low, high, body, end_label });
        }
        let (cursor, arguments) = match low.kind {
            ExpressionKind::Name(name) if !reverse && self.is_word("LOOP") => (name, Vec::new()),
            ExpressionKind::Call(call) if !reverse && self.is_word("LOOP") => (call.name, call.arguments),
            _ => return Err(self.fail(NONE, ". ( * @ % & - + / at mod remainder rem .. || loop")),
        };
        self.expect_word("LOOP", NONE)?;
        let (body, end_label) = self.loop_body()?;
        Ok(PlStatementKind::ForCursor { variable, cursor, arguments, body, end_label })
    }

    /// The first word behind any number of opening brackets.
    fn first_inside(&self) -> Option<&str> {
        let ahead = (0..self.tokens.len()).take_while(|ahead| self.is_symbol_at(*ahead, "(")).count();
        self.word_at(ahead)
    }

    fn forall_statement(&mut self) -> Parsed<PlStatementKind> {
        self.advance();
        let index = self.pl_identifier()?;
        self.expect_word("IN", NONE)?;
        let bounds = if self.take_words(&["INDICES", "OF"]) {
            let collection = self.target()?;
            let between = if self.take_word("BETWEEN") {
                let low = self.operand()?;
                self.expect_word("AND", NONE)?;
                Some((low, self.operand()?))
            } else {
                None
            };
            ForallBounds::IndicesOf { collection, between }
        } else if self.take_words(&["VALUES", "OF"]) {
            ForallBounds::ValuesOf(self.target()?)
        } else {
            let low = self.operand()?;
            self.expect_symbol("..", NONE)?;
            ForallBounds::Range { low, high: self.operand()? }
        };
        let save_exceptions = self.take_words(&["SAVE", "EXCEPTIONS"]);
        let start = self.span();
        let kind = if self.are_words(&["EXECUTE", "IMMEDIATE"]) {
            self.execute_immediate()?
        } else if self.is_one_of(&["INSERT", "UPDATE", "DELETE", "MERGE"]) {
            PlStatementKind::Sql(Box::new(self.static_sql()?))
        } else {
            return Err(self.fail(NONE, ". ( * @ % & - + / at mod delete insert save update execute merge"));
        };
        let statement = Box::new(PlStatement { labels: Vec::new(), kind, span: self.since(start) });
        Ok(PlStatementKind::Forall { index, bounds, save_exceptions, statement })
    }

    fn exit_statement(&mut self) -> Parsed<PlStatementKind> {
        let at = self.span();
        let exit = self.is_word("EXIT");
        self.advance();
        if self.loops == 0 {
            let message = "illegal EXIT/CONTINUE statement; it must appear inside a loop";
            return Err(LanguageError::pls(376, message, at));
        }
        let label = if self.is_identifier_at(0) { Some(self.pl_identifier()?) } else { None };
        let when = if self.take_word("WHEN") { Some(self.expression()?) } else { None };
        Ok(if exit {
            PlStatementKind::Exit { label, when }
        } else {
            PlStatementKind::Continue { label, when }
        })
    }

    fn raise_statement(&mut self) -> Parsed<PlStatementKind> {
        let at = self.span();
        self.advance();
        if !self.is_symbol(";") {
            return Ok(PlStatementKind::Raise(Some(self.name(NONE)?)));
        }
        if self.handlers == 0 {
            let message = "a RAISE statement with no exception name must be inside an exception handler";
            return Err(LanguageError::pls(367, message, at));
        }
        Ok(PlStatementKind::Raise(None))
    }

    fn execute_immediate(&mut self) -> Parsed<PlStatementKind> {
        self.at += 2;
        let text = self.expression()?;
        let into = if self.is_word("INTO") || self.is_word("BULK") { Some(self.take_into()?) } else { None };
        let using = self.using()?;
        let returning = if self.take_word("RETURNING") || self.take_word("RETURN") {
            Some(self.take_into()?)
        } else {
            None
        };
        Ok(PlStatementKind::ExecuteImmediate { text, into, using, returning })
    }

    fn using(&mut self) -> Parsed<Vec<UsingArgument>> {
        if !self.take_word("USING") {
            return Ok(Vec::new());
        }
        self.list(|parser| {
            let input = parser.take_word("IN");
            let output = parser.take_word("OUT");
            let mode = match (input, output) {
                (true, true) => ParameterMode::InOut,
                (_, true) => ParameterMode::Out,
                _ => ParameterMode::In,
            };
            Ok(UsingArgument { mode, value: parser.expression()? })
        })
    }

    fn open_statement(&mut self) -> Parsed<PlStatementKind> {
        self.advance();
        let target = self.target()?;
        if !self.take_word("FOR") {
            let (cursor, arguments) = split_call(target);
            return Ok(PlStatementKind::Open { cursor, arguments });
        }
        if self.at_query() || (self.is_symbol("(") && matches!(self.first_inside(), Some("SELECT" | "WITH")))
        {
            let query = self.embedded(Self::query)?;
            if !self.is_symbol(";") && !self.at_end() {
                return self
                    .in_mode(Mode::Embedded, |parser| Err(parser.fail(super::message::NOT_ENDED, ";")));
            }
            return Ok(PlStatementKind::OpenQuery { cursor: target, query });
        }
        let text = self.expression()?;
        Ok(PlStatementKind::OpenDynamic { cursor: target, text, using: self.using()? })
    }

    fn fetch_statement(&mut self) -> Parsed<PlStatementKind> {
        self.advance();
        let cursor = self.target()?;
        if !self.is_word("INTO") && !self.is_word("BULK") {
            return Err(self.fail(NONE, ". ( @ % ; bulk into"));
        }
        let into = self.take_into()?;
        let limit = if self.take_word("LIMIT") { Some(self.operand()?) } else { None };
        Ok(PlStatementKind::Fetch { cursor, into, limit })
    }
}

/// `cursor(arguments)` in two.
fn split_call(target: Expression) -> (Expression, Vec<Argument>) {
    let span: Span = target.span;
    match target.kind {
        ExpressionKind::Call(call) => {
            let name = Expression { kind: ExpressionKind::Name(call.name), span };
            (name, call.arguments)
        }
        kind => (Expression { kind, span }, Vec::new()),
    }
}
