//! SQL/JSON functions and `JSON_TABLE`.

use super::super::lexer::TokenKind;
use super::core::{Mode, Parsed, Parser};
use super::message::{MISSING_EXPRESSION, MISSING_KEYWORD};
use crate::sandbox::oracle::language::ast::{
    Expression, ExpressionKind, Ident, JsonAnswer, JsonColumn, JsonColumnKind, JsonEntry, JsonFunction,
    JsonHandling, JsonOnNull, JsonPath, JsonTable, JsonValueExpression, JsonWrapper,
};

const INVALID_PATH: super::message::Message = (40454, "path expression not a literal");

impl Parser<'_> {
    /// How to read the JSON function `word`, whose name and opening bracket are next; `None` if it is none.
    pub(super) fn json_function(word: &str) -> Option<fn(&mut Self) -> Parsed<ExpressionKind>> {
        Some(match word {
            "JSON_VALUE" => |parser| parser.json_path(JsonFunction::Value),
            "JSON_QUERY" => |parser| parser.json_path(JsonFunction::Query),
            "JSON_EXISTS" => |parser| parser.json_path(JsonFunction::Exists),
            "JSON_OBJECT" => Self::json_object,
            "JSON_ARRAY" => Self::json_array,
            "JSON_ARRAYAGG" => Self::json_array_agg,
            "JSON_OBJECTAGG" => Self::json_object_agg,
            _ => return None,
        })
    }

    fn json_path(&mut self, function: JsonFunction) -> Parsed<ExpressionKind> {
        self.at += 2;
        let document = self.value()?;
        let format_json = self.take_words(&["FORMAT", "JSON"]);
        self.expect_symbol(",", super::message::MISSING_COMMA)?;
        let path = Some(self.string(INVALID_PATH)?);
        let passing = self.passing()?;
        let mut handling = JsonHandling::default();
        let mut wrapper = None;
        self.json_clauses(&mut handling, &mut wrapper)?;
        self.close_call()?;
        let path = JsonPath { function, document, format_json, path, passing, wrapper, handling };
        Ok(ExpressionKind::JsonPath(Box::new(path)))
    }

    fn passing(&mut self) -> Parsed<Vec<(Expression, Ident)>> {
        if !self.take_word("PASSING") {
            return Ok(Vec::new());
        }
        self.list(|parser| {
            let value = parser.value()?;
            parser.expect_word("AS", MISSING_KEYWORD)?;
            Ok((value, parser.identifier(MISSING_EXPRESSION)?))
        })
    }

    /// The clauses that may end a JSON function, in any order.
    fn json_clauses(&mut self, handling: &mut JsonHandling, wrapper: &mut Option<JsonWrapper>) -> Parsed<()> {
        loop {
            if self.take_word("RETURNING") {
                handling.returning = Some(self.data_type()?);
            } else if self.take_words(&["NULL", "ON", "NULL"]) {
                handling.on_null = Some(JsonOnNull::Null);
            } else if self.take_words(&["ABSENT", "ON", "NULL"]) {
                handling.on_null = Some(JsonOnNull::Absent);
            } else if self.take_word("PRETTY") {
                handling.pretty = true;
            } else if self.take_word("STRICT") {
                handling.strict = true;
            } else if self.take_words(&["WITH", "UNIQUE"]) {
                self.expect_word("KEYS", MISSING_KEYWORD)?;
                handling.unique_keys = true;
            } else if self.is_one_of(&["ASCII", "ALLOW", "DISALLOW", "ORDERED", "TYPE"]) {
                return Err(self.unsupported("use this clause of a JSON function"));
            } else if let Some(found) = self.wrapper()? {
                *wrapper = Some(found);
            } else if let Some(answer) = self.json_answer()? {
                self.expect_word("ON", MISSING_KEYWORD)?;
                if self.take_word("EMPTY") {
                    handling.on_empty = Some(answer);
                } else {
                    self.expect_word("ERROR", MISSING_KEYWORD)?;
                    handling.on_error = Some(answer);
                }
            } else {
                return Ok(());
            }
        }
    }

    fn wrapper(&mut self) -> Parsed<Option<JsonWrapper>> {
        let found = if self.take_word("WITHOUT") {
            JsonWrapper::Without
        } else if self.take_word("WITH") {
            if self.take_word("CONDITIONAL") {
                JsonWrapper::Conditional
            } else {
                self.take_word("UNCONDITIONAL");
                JsonWrapper::Unconditional
            }
        } else {
            return Ok(None);
        };
        self.take_word("ARRAY");
        self.expect_word("WRAPPER", MISSING_KEYWORD)?;
        Ok(Some(found))
    }

    fn json_answer(&mut self) -> Parsed<Option<JsonAnswer>> {
        let answer = match self.word() {
            Some("NULL") => JsonAnswer::Null,
            Some("ERROR") => JsonAnswer::Error,
            Some("TRUE") => JsonAnswer::True,
            Some("FALSE") => JsonAnswer::False,
            Some("DEFAULT") => {
                self.advance();
                return Ok(Some(JsonAnswer::Default(Box::new(self.operand()?))));
            }
            Some("EMPTY") => {
                self.advance();
                if self.take_word("OBJECT") {
                    return Ok(Some(JsonAnswer::EmptyObject));
                }
                if !self.is_word("ARRAY") {
                    return Ok(Some(JsonAnswer::EmptyArray));
                }
                JsonAnswer::EmptyArray
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(answer))
    }

    fn json_object(&mut self) -> Parsed<ExpressionKind> {
        self.at += 2;
        let mut entries = Vec::new();
        if self.is_symbol("*") {
            return Err(self.unsupported("make a JSON object of all columns with *"));
        }
        if !self.is_symbol(")") && !self.at_json_clause() {
            entries = self.list(Self::json_entry)?;
        }
        let handling = self.json_tail()?;
        Ok(ExpressionKind::JsonObject { entries, handling })
    }

    fn at_json_clause(&self) -> bool {
        self.is_word("RETURNING") || self.is_word_at(1, "ON")
    }

    fn json_tail(&mut self) -> Parsed<JsonHandling> {
        let mut handling = JsonHandling::default();
        self.json_clauses(&mut handling, &mut None)?;
        self.close_call()?;
        Ok(handling)
    }

    /// `[KEY] key VALUE value`, `key : value`, or a column that is its own key.
    fn json_entry(&mut self) -> Parsed<JsonEntry> {
        if self.is_word("KEY") && !self.is_word_at(1, "VALUE") && !self.is_symbol_at(1, ":") {
            self.advance();
        }
        let key = self.operand()?;
        let keyed = self.take_word("VALUE") || self.take_word("IS") || self.take_colon();
        if keyed {
            return Ok(JsonEntry { key: Some(key), value: self.json_value()? });
        }
        if !matches!(key.kind, ExpressionKind::Name(_)) {
            return Err(self.fail(MISSING_KEYWORD, "value"));
        }
        Ok(JsonEntry { key: None, value: JsonValueExpression { value: key, format_json: false } })
    }

    /// The colon of `key : value`. In `'key':value` the lexer saw the bind `:value`; its name becomes the value.
    fn take_colon(&mut self) -> bool {
        let TokenKind::Bind(name) = self.kind() else { return self.take_symbol(":") };
        let name = name.clone();
        let quoted = self.span().of(self.text).ends_with('"');
        let Some(token) = self.tokens.get_mut(self.at) else { return false };
        token.span.offset += 1;
        token.span.column += 1;
        token.kind = if quoted {
            TokenKind::Quoted(name)
        } else if name.starts_with(|letter: char| letter.is_ascii_digit()) {
            TokenKind::Number(name)
        } else {
            TokenKind::Word(name)
        };
        true
    }

    fn json_value(&mut self) -> Parsed<JsonValueExpression> {
        let value = self.value()?;
        Ok(JsonValueExpression { value, format_json: self.take_words(&["FORMAT", "JSON"]) })
    }

    fn json_array(&mut self) -> Parsed<ExpressionKind> {
        self.at += 2;
        if self.at_query() {
            return Err(self.unsupported("make a JSON array of a subquery"));
        }
        let mut elements = Vec::new();
        if !self.is_symbol(")") && !self.at_json_clause() {
            elements = self.list(Self::json_value)?;
        }
        let handling = self.json_tail()?;
        Ok(ExpressionKind::JsonArray { elements, handling })
    }

    fn json_array_agg(&mut self) -> Parsed<ExpressionKind> {
        self.at += 2;
        let element = Box::new(self.json_value()?);
        let order_by = if self.is_word("ORDER") { self.order_by()? } else { Vec::new() };
        let handling = self.json_tail()?;
        self.refuse_window()?;
        Ok(ExpressionKind::JsonArrayAgg { element, order_by, handling })
    }

    fn json_object_agg(&mut self) -> Parsed<ExpressionKind> {
        self.at += 2;
        let entry = Box::new(self.json_entry()?);
        let handling = self.json_tail()?;
        self.refuse_window()?;
        Ok(ExpressionKind::JsonObjectAgg { entry, handling })
    }

    fn refuse_window(&self) -> Parsed<()> {
        if self.mode != Mode::Plsql && self.is_word("OVER") {
            return Err(self.unsupported("use JSON aggregates as analytic functions"));
        }
        Ok(())
    }

    /// `JSON_TABLE(…)`, whose name and opening bracket are next.
    pub(super) fn json_table(&mut self) -> Parsed<JsonTable> {
        let start = self.span();
        self.at += 2;
        let document = self.value()?;
        let format_json = self.take_words(&["FORMAT", "JSON"]);
        let path = if self.take_symbol(",") { Some(self.string(INVALID_PATH)?) } else { None };
        let passing = self.passing()?;
        let mut handling = JsonHandling::default();
        self.json_clauses(&mut handling, &mut None)?;
        let columns = self.json_columns()?;
        self.close_call()?;
        Ok(JsonTable { document, format_json, path, passing, handling, columns, span: self.since(start) })
    }

    fn json_columns(&mut self) -> Parsed<Vec<JsonColumn>> {
        self.expect_word("COLUMNS", MISSING_KEYWORD)?;
        self.bracketed_list(|parser| parser.nested(Self::json_column))
    }

    fn json_column(&mut self) -> Parsed<JsonColumn> {
        let start = self.span();
        if self.is_word("NESTED")
            && (self.is_word_at(1, "PATH") || matches!(self.kind_at(1), TokenKind::String { .. }))
        {
            self.advance();
            self.take_word("PATH");
            let path = self.string(INVALID_PATH)?;
            let columns = self.json_columns()?;
            let kind = JsonColumnKind::Nested { path, columns };
            return Ok(JsonColumn { name: None, kind, span: self.since(start) });
        }
        let name = Some(self.column_name()?);
        if self.take_words(&["FOR", "ORDINALITY"]) {
            return Ok(JsonColumn { name, kind: JsonColumnKind::Ordinality, span: self.since(start) });
        }
        let typed =
            !(self.is_symbol(",") || self.is_symbol(")") || self.is_one_of(&["PATH", "EXISTS", "FORMAT"]));
        let data_type = if typed { Some(self.data_type()?) } else { None };
        let mut function = JsonFunction::Value;
        if self.take_word("EXISTS") {
            function = JsonFunction::Exists;
        } else if self.take_words(&["FORMAT", "JSON"]) {
            function = JsonFunction::Query;
        }
        let mut handling = JsonHandling::default();
        let mut wrapper = None;
        self.json_clauses(&mut handling, &mut wrapper)?;
        let path = if self.take_word("PATH") { Some(self.string(INVALID_PATH)?) } else { None };
        self.json_clauses(&mut handling, &mut wrapper)?;
        let kind = JsonColumnKind::Path { function, data_type, wrapper, path, handling: Box::new(handling) };
        Ok(JsonColumn { name, kind, span: self.since(start) })
    }
}
