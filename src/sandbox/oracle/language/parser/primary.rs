//! The smallest expressions: literals, binds, brackets, and those that begin with a word of their own.

use super::super::LanguageError;
use super::super::keywords::reserved_in_sql;
use super::super::lexer::TokenKind;
use super::core::{Mode, Parsed, Parser};
use super::message::{INVALID_BIND_NAME, LONG_STRING, MISSING_EXPRESSION, MISSING_KEYWORD, Message};
use crate::sandbox::oracle::language::ast::{
    Bind, CaseBranch, Expression, ExpressionKind, IntervalQualifier, Name, PseudoColumn, Query, SetExpression,
};

/// Longest string literal in bytes, with `MAX_STRING_SIZE=EXTENDED` as on Autonomous Database.
const LONGEST_STRING: usize = 32_767;

impl Parser<'_> {
    pub(super) fn primary(&mut self, conditions: bool) -> Parsed<Expression> {
        let start = self.span();
        let kind = match self.kind().clone() {
            TokenKind::Number(digits) => {
                self.advance();
                ExpressionKind::Number(digits)
            }
            TokenKind::String { value, national } => {
                self.check_length(&value)?;
                self.advance();
                ExpressionKind::String { value, national }
            }
            TokenKind::Bind(name) => return self.bind_expression(name),
            TokenKind::Symbol("(") => return self.bracketed(conditions),
            TokenKind::Word(word) => match self.word_expression(&word)? {
                Some(kind) => kind,
                None => return self.name_expression(),
            },
            TokenKind::Quoted(_) => return self.name_expression(),
            _ => return Err(self.missing_expression()),
        };
        Ok(self.finish(kind, start))
    }

    pub(super) fn missing_expression(&self) -> LanguageError {
        self.fail(
            MISSING_EXPRESSION,
            "( - + case mod new not null <an identifier> <a literal> <a bind variable>",
        )
    }

    fn check_length(&self, value: &str) -> Parsed<()> {
        if value.len() <= LONGEST_STRING {
            Ok(())
        } else if self.mode == Mode::Plsql {
            Err(LanguageError::pls(172, "string literal too long", self.span()))
        } else {
            Err(self.fail(LONG_STRING, ""))
        }
    }

    pub(super) fn bind(&mut self) -> Parsed<Bind> {
        let TokenKind::Bind(name) = self.kind().clone() else { return Err(self.missing_expression()) };
        let span = self.span();
        if reserved_in_sql(&name) && !span.of(self.text).contains('"') {
            return Err(self.sql_error(INVALID_BIND_NAME, span));
        }
        self.advance();
        let bind = Bind { name, span };
        self.binds.push(bind.clone());
        Ok(bind)
    }

    fn bind_expression(&mut self, _: String) -> Parsed<Expression> {
        let start = self.span();
        let bind = self.bind()?;
        let kind =
            if self.is_symbol(".") && matches!(self.kind_at(1), TokenKind::Word(_) | TokenKind::Quoted(_)) {
                self.advance();
                ExpressionKind::BindField { bind, field: self.any_word(MISSING_EXPRESSION)? }
            } else {
                ExpressionKind::Bind(bind)
            };
        let bound = self.finish(kind, start);
        self.cursor_attribute(bound, start)
    }

    /// True if a query begins here.
    pub(super) fn at_query(&self) -> bool {
        self.is_word("SELECT") || (self.is_word("WITH") && !self.is_symbol_at(1, ")"))
    }

    /// `(…)`: a bracketed expression, a subquery, or a tuple.
    fn bracketed(&mut self, conditions: bool) -> Parsed<Expression> {
        let start = self.span();
        self.open_bracket()?;
        if self.at_query() {
            if self.mode == Mode::Plsql {
                return Err(self.missing_expression());
            }
            let query = self.unordered_query()?;
            self.close_bracket()?;
            return Ok(self.finish(ExpressionKind::Subquery(query), start));
        }
        let mut first = if conditions { self.expression()? } else { self.value()? };
        if let ExpressionKind::Subquery(query) = first.kind {
            first.kind = ExpressionKind::Subquery(self.continue_query(query)?);
        }
        if !self.is_symbol(",") {
            self.close_bracket()?;
            first.span = self.since(start);
            return self.postfix(first, start);
        }
        let mut items = vec![first];
        while self.take_symbol(",") {
            items.push(self.value()?);
        }
        self.close_bracket()?;
        Ok(self.finish(ExpressionKind::Tuple(items), start))
    }

    /// A query in brackets may turn out to be the first part of a longer one.
    pub(super) fn continue_query(&mut self, first: Box<Query>) -> Parsed<Box<Query>> {
        if self.is_one_of(&["UNION", "MINUS", "INTERSECT", "ORDER", "OFFSET", "FETCH"]) {
            let start = first.span;
            return self.query_from(SetExpression::Nested(first), start);
        }
        Ok(first)
    }

    /// Expressions that begin with a word that is no name; `None` if this one does not.
    fn word_expression(&mut self, word: &str) -> Parsed<Option<ExpressionKind>> {
        let booleans = self.mode != Mode::Sql || !self.strict();
        let call = self.is_symbol_at(1, "(");
        let literal = matches!(self.kind_at(1), TokenKind::String { .. });
        // Through a pointer, so that this much-nested frame holds one result and not one for each kind.
        let parse: fn(&mut Self) -> Parsed<ExpressionKind> = match word {
            "NULL" => |parser| {
                parser.advance();
                Ok(ExpressionKind::Null)
            },
            "TRUE" | "FALSE" if booleans && !call => |parser| {
                let value = parser.is_word("TRUE");
                parser.advance();
                Ok(ExpressionKind::Boolean(value))
            },
            "CASE" => Self::case,
            "EXISTS" if call && !self.previous_is_dot() => Self::exists,
            "DATE" if literal => |parser| {
                parser.advance();
                Ok(ExpressionKind::Date(parser.string(MISSING_EXPRESSION)?))
            },
            "TIMESTAMP" if literal => |parser| {
                parser.advance();
                Ok(ExpressionKind::Timestamp(parser.string(MISSING_EXPRESSION)?))
            },
            "INTERVAL" if literal => Self::interval,
            "CURSOR" if call => |parser| Err(parser.unsupported("evaluate CURSOR() expressions")),
            "NEW" if self.mode == Mode::Plsql && self.is_identifier_at(1) => {
                |parser| Err(parser.unsupported("construct objects with NEW"))
            }
            "SQL" if self.mode == Mode::Plsql && self.is_symbol_at(1, "%") => Self::implicit_cursor,
            _ => {
                let Some(pseudo) = self.pseudo_column(word).filter(|_| !call) else { return Ok(None) };
                self.advance();
                return Ok(Some(ExpressionKind::Pseudo(pseudo)));
            }
        };
        parse(self).map(Some)
    }

    /// `SQL%ROWCOUNT` and its kin.
    fn implicit_cursor(&mut self) -> Parsed<ExpressionKind> {
        let start = self.span();
        let name = self.any_word(MISSING_EXPRESSION)?;
        let name = Name { parts: vec![name], link: None, span: start };
        let cursor = self.finish(ExpressionKind::Name(name), start);
        Ok(self.cursor_attribute(cursor, start)?.kind)
    }

    fn previous_is_dot(&self) -> bool {
        self.previous().of(self.text) == "."
    }

    fn pseudo_column(&self, word: &str) -> Option<PseudoColumn> {
        let sql = self.mode != Mode::Plsql;
        if self.is_symbol_at(1, ".") || self.is_symbol_at(1, ":=") || self.is_symbol_at(1, "%") {
            return None;
        }
        Some(match word {
            "ROWNUM" if sql => PseudoColumn::Rownum,
            "ROWID" if sql => PseudoColumn::Rowid,
            "LEVEL" if sql => PseudoColumn::Level,
            "SYSDATE" => PseudoColumn::Sysdate,
            "SYSTIMESTAMP" => PseudoColumn::Systimestamp,
            "CURRENT_DATE" => PseudoColumn::CurrentDate,
            "CURRENT_TIMESTAMP" => PseudoColumn::CurrentTimestamp,
            "LOCALTIMESTAMP" => PseudoColumn::Localtimestamp,
            "SESSIONTIMEZONE" => PseudoColumn::Sessiontimezone,
            "DBTIMEZONE" => PseudoColumn::Dbtimezone,
            "USER" => PseudoColumn::User,
            "UID" => PseudoColumn::Uid,
            _ => return None,
        })
    }

    fn case(&mut self) -> Parsed<ExpressionKind> {
        self.advance();
        let operand = if self.is_word("WHEN") { None } else { Some(Box::new(self.value()?)) };
        let mut branches = Vec::new();
        while self.take_word("WHEN") {
            let when = if operand.is_some() { self.value()? } else { self.condition()? };
            self.expect_word("THEN", MISSING_KEYWORD)?;
            branches.push(CaseBranch { when, then: self.value()? });
        }
        if branches.is_empty() {
            return Err(self.fail(MISSING_KEYWORD, "when"));
        }
        let otherwise = if self.take_word("ELSE") { Some(Box::new(self.value()?)) } else { None };
        self.expect_word("END", MISSING_KEYWORD)?;
        Ok(ExpressionKind::Case { operand, branches, otherwise })
    }

    fn exists(&mut self) -> Parsed<ExpressionKind> {
        let at = self.span();
        self.advance();
        if self.mode == Mode::Plsql {
            let message = "function or pseudo-column 'EXISTS' may be used inside a SQL statement only";
            return Err(LanguageError::pls(204, message, at));
        }
        self.open_bracket()?;
        let query = self.unordered_query()?;
        self.close_bracket()?;
        Ok(ExpressionKind::Exists(query))
    }

    fn interval(&mut self) -> Parsed<ExpressionKind> {
        const FIELDS: [&str; 6] = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];
        const INVALID: Message = (30089, "missing or invalid <datetime field>");
        self.advance();
        let value = self.string(MISSING_EXPRESSION)?;
        let field = |parser: &mut Self| {
            if !parser.is_one_of(&FIELDS) {
                return Err(parser.fail(INVALID, "year month day hour minute second"));
            }
            parser.any_word(INVALID).map(|word| word.text)
        };
        let mut qualifier = IntervalQualifier {
            leading: field(self)?,
            leading_precision: None,
            trailing: None,
            second_precision: None,
        };
        if self.take_symbol("(") {
            qualifier.leading_precision = Some(self.integer(INVALID)?);
            if self.take_symbol(",") {
                qualifier.second_precision = Some(self.integer(INVALID)?);
            }
            self.close_bracket()?;
        }
        if self.take_word("TO") {
            qualifier.trailing = Some(field(self)?);
            if self.take_symbol("(") {
                qualifier.second_precision = Some(self.integer(INVALID)?);
                self.close_bracket()?;
            }
        }
        Ok(ExpressionKind::Interval { value, qualifier })
    }
}
