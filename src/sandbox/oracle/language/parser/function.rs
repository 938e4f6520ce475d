//! Names, calls and the functions whose arguments have a grammar of their own.

use super::super::lexer::TokenKind;
use super::super::{LanguageError, Span};
use super::core::{Mode, Parsed, Parser};
use super::message::{MISSING_EXPRESSION, MISSING_KEYWORD, MISSING_WINDOW};
use crate::sandbox::oracle::language::ast::{
    Argument, Call, CursorAttribute, Distinctness, Expression, ExpressionKind, FrameBound, FrameUnit, Keep,
    Name, NullTreatment, SequenceField, TrimSide, Window, WindowFrame,
};

/// Functions with a grammar of their own that the sandbox does not know.
const UNKNOWN_GRAMMAR: [&str; 14] = [
    "XMLELEMENT",
    "XMLFOREST",
    "XMLAGG",
    "XMLPARSE",
    "XMLROOT",
    "XMLSERIALIZE",
    "XMLQUERY",
    "XMLCAST",
    "XMLEXISTS",
    "XMLATTRIBUTES",
    "XMLCOLATTVAL",
    "TREAT",
    "MULTISET",
    "JSON_TRANSFORM",
];

impl Parser<'_> {
    /// An expression that begins with a name.
    pub(super) fn name_expression(&mut self) -> Parsed<Expression> {
        let start = self.span();
        if self.is_symbol_at(1, "(")
            && let TokenKind::Word(word) = self.kind().clone()
            && let Some(kind) = self.special_function(&word)?
        {
            let special = self.finish(kind, start);
            return self.postfix(special, start);
        }
        if !self.is_identifier_at(0) {
            return Err(self.missing_expression());
        }
        let name = self.name(MISSING_EXPRESSION)?;
        if let Some(field) = sequence_field(&name) {
            let mut sequence = name;
            sequence.parts.pop();
            return Ok(self.finish(ExpressionKind::SequenceValue { sequence, field }, start));
        }
        if self.is_symbol("(")
            && self.is_symbol_at(1, "+")
            && self.is_symbol_at(2, ")")
            && self.mode != Mode::Plsql
        {
            let column = self.finish(ExpressionKind::Name(name), start);
            self.at += 3;
            return Ok(self.finish(ExpressionKind::OuterJoin(Box::new(column)), start));
        }
        let kind = if self.is_symbol("(") {
            ExpressionKind::Call(Box::new(self.call(name, start)?))
        } else {
            ExpressionKind::Name(name)
        };
        let expression = self.finish(kind, start);
        self.postfix(expression, start)
    }

    /// `.field`, `(…)` and `%ATTRIBUTE` after an expression.
    pub(super) fn postfix(&mut self, mut base: Expression, start: Span) -> Parsed<Expression> {
        loop {
            let selectable = matches!(
                base.kind,
                ExpressionKind::Call(_) | ExpressionKind::Member { .. } | ExpressionKind::Apply { .. }
            );
            let method = matches!(base.kind, ExpressionKind::Member { .. });
            let field =
                self.is_symbol(".") && matches!(self.kind_at(1), TokenKind::Word(_) | TokenKind::Quoted(_));
            if selectable && field {
                self.advance();
                let field = self.any_word(MISSING_EXPRESSION)?;
                base = self.finish(ExpressionKind::Member { base: Box::new(base), field }, start);
            } else if selectable && self.is_symbol("(") && (self.mode != Mode::Sql || method) {
                let arguments = self.arguments()?;
                base = self.finish(ExpressionKind::Apply { base: Box::new(base), arguments }, start);
            } else {
                return self.cursor_attribute(base, start);
            }
            self.grow()?;
        }
    }

    /// `%FOUND` and its kin after `cursor`.
    pub(super) fn cursor_attribute(&mut self, cursor: Expression, start: Span) -> Parsed<Expression> {
        if self.mode == Mode::Sql || !self.is_symbol("%") {
            return Ok(cursor);
        }
        let attribute = match self.word_at(1) {
            Some("FOUND") => CursorAttribute::Found,
            Some("NOTFOUND") => CursorAttribute::NotFound,
            Some("ROWCOUNT") => CursorAttribute::RowCount,
            Some("ISOPEN") => CursorAttribute::IsOpen,
            Some("BULK_ROWCOUNT") => CursorAttribute::BulkRowCount,
            Some("BULK_EXCEPTIONS") => CursorAttribute::BulkExceptions,
            _ => return Ok(cursor),
        };
        self.at += 2;
        let kind = ExpressionKind::CursorAttribute { cursor: Box::new(cursor), attribute };
        let mut expression = self.finish(kind, start);
        if self.is_symbol("(") {
            let arguments = self.arguments()?;
            expression = self.finish(ExpressionKind::Apply { base: Box::new(expression), arguments }, start);
        }
        while self.is_symbol(".") && self.word_at(1).is_some() {
            self.advance();
            let field = self.any_word(MISSING_EXPRESSION)?;
            expression = self.finish(ExpressionKind::Member { base: Box::new(expression), field }, start);
            self.grow()?;
        }
        Ok(expression)
    }

    /// `([name =>] value, …)`, perhaps empty.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        self.open_bracket()?;
        if self.take_symbol(")") {
            return Ok(Vec::new());
        }
        let arguments = self.argument_list()?;
        self.close_call()?;
        Ok(arguments)
    }

    /// Positions first, then names.
    fn argument_list(&mut self) -> Parsed<Vec<Argument>> {
        let mut named = false;
        self.list(|parser| {
            let start = parser.span();
            let argument = parser.argument()?;
            if named && argument.name.is_none() {
                let message = "a positional parameter association may not follow a named association";
                return Err(if parser.mode == Mode::Sql {
                    LanguageError::ora(6553, format!("PLS-312: {message}"), start)
                } else {
                    LanguageError::pls(312, message, start)
                });
            }
            named = argument.name.is_some();
            Ok(argument)
        })
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let named = self.is_symbol_at(1, "=>");
        let name = if named { Some(self.any_word(MISSING_EXPRESSION)?) } else { None };
        if named {
            self.advance();
        }
        let value = self.value()?;
        if self.is_word("USING") || (self.is_word("DEFAULT") && self.mode != Mode::Plsql) {
            return Err(
                self.unsupported("use USING and DEFAULT … ON CONVERSION ERROR inside function arguments")
            );
        }
        Ok(Argument { name, value })
    }

    /// The call of `name`, whose opening bracket is next.
    pub(super) fn call(&mut self, name: Name, start: Span) -> Parsed<Call> {
        let mut call = Call {
            name,
            distinctness: None,
            star: false,
            arguments: Vec::new(),
            overflow_truncate: None,
            null_treatment: None,
            within_group: Vec::new(),
            keep: None,
            over: None,
            span: start,
        };
        self.open_bracket()?;
        let counts = call.name.single().is_some_and(|name| name.text == "COUNT");
        if counts && self.is_symbol("*") && self.is_symbol_at(1, ")") {
            self.advance();
            call.star = true;
        } else if !self.is_symbol(")") {
            call.distinctness = self.distinctness();
            call.arguments = self.argument_list()?;
            call.overflow_truncate = self.overflow()?;
            call.null_treatment = self.null_treatment();
        }
        self.close_call()?;
        if self.mode != Mode::Plsql {
            self.call_tail(&mut call)?;
        }
        call.span = self.since(start);
        Ok(call)
    }

    pub(super) fn distinctness(&mut self) -> Option<Distinctness> {
        let distinctness = match self.word()? {
            "DISTINCT" | "UNIQUE" => Distinctness::Distinct,
            "ALL" => Distinctness::All,
            _ => return None,
        };
        self.advance();
        Some(distinctness)
    }

    fn overflow(&mut self) -> Parsed<Option<bool>> {
        if !self.take_words(&["ON", "OVERFLOW"]) {
            return Ok(None);
        }
        if self.take_word("ERROR") {
            return Ok(Some(false));
        }
        self.expect_word("TRUNCATE", MISSING_KEYWORD)?;
        self.take_string();
        if self.is_one_of(&["WITH", "WITHOUT"]) {
            self.advance();
            self.expect_word("COUNT", MISSING_KEYWORD)?;
        }
        Ok(Some(true))
    }

    fn null_treatment(&mut self) -> Option<NullTreatment> {
        if self.take_words(&["IGNORE", "NULLS"]) {
            Some(NullTreatment::Ignore)
        } else if self.take_words(&["RESPECT", "NULLS"]) {
            Some(NullTreatment::Respect)
        } else {
            None
        }
    }

    fn call_tail(&mut self, call: &mut Call) -> Parsed<()> {
        if self.take_words(&["WITHIN", "GROUP"]) {
            self.open_bracket()?;
            call.within_group = self.order_by()?;
            self.close_bracket()?;
        }
        if call.null_treatment.is_none() {
            call.null_treatment = self.null_treatment();
        }
        if self.is_word("KEEP") && self.is_symbol_at(1, "(") {
            self.at += 2;
            self.expect_word("DENSE_RANK", MISSING_KEYWORD)?;
            let first = self.take_word("FIRST");
            if !first {
                self.expect_word("LAST", MISSING_KEYWORD)?;
            }
            call.keep = Some(Keep { first, order_by: self.order_by()? });
            self.close_bracket()?;
        }
        if self.is_word("OVER") {
            self.advance();
            if self.is_identifier_at(0) {
                return Err(self.unsupported("use a named window"));
            }
            self.expect_symbol("(", MISSING_WINDOW)?;
            call.over = Some(self.window()?);
            self.close_bracket()?;
        }
        Ok(())
    }

    fn window(&mut self) -> Parsed<Window> {
        let mut window = Window { partition_by: Vec::new(), order_by: Vec::new(), frame: None };
        if self.take_words(&["PARTITION", "BY"]) {
            window.partition_by = self.list(Self::value)?;
        }
        if self.is_word("ORDER") {
            window.order_by = self.order_by()?;
        }
        let unit = match self.word() {
            Some("ROWS") => FrameUnit::Rows,
            Some("RANGE") => FrameUnit::Range,
            _ => return Ok(window),
        };
        self.advance();
        let between = self.take_word("BETWEEN");
        let start = self.frame_bound()?;
        let end = if between {
            self.expect_word("AND", MISSING_KEYWORD)?;
            Some(self.frame_bound()?)
        } else {
            None
        };
        window.frame = Some(WindowFrame { unit, start, end });
        Ok(window)
    }

    fn frame_bound(&mut self) -> Parsed<FrameBound> {
        if self.take_words(&["CURRENT", "ROW"]) {
            return Ok(FrameBound::CurrentRow);
        }
        let limit = if self.take_word("UNBOUNDED") { None } else { Some(Box::new(self.operand()?)) };
        let preceding = self.take_word("PRECEDING");
        if !preceding {
            self.expect_word("FOLLOWING", MISSING_KEYWORD)?;
        }
        Ok(match (limit, preceding) {
            (None, true) => FrameBound::UnboundedPreceding,
            (None, false) => FrameBound::UnboundedFollowing,
            (Some(limit), true) => FrameBound::Preceding(limit),
            (Some(limit), false) => FrameBound::Following(limit),
        })
    }

    /// Functions with their own grammar; `None` if `word` is an ordinary name.
    fn special_function(&mut self, word: &str) -> Parsed<Option<ExpressionKind>> {
        let parse: fn(&mut Self) -> Parsed<ExpressionKind> = match word {
            "CAST" => Self::cast,
            "EXTRACT" if self.is_word_at(3, "FROM") => Self::extract,
            "TRIM" => Self::trim,
            _ if UNKNOWN_GRAMMAR.contains(&word) => {
                return Err(self.unsupported(&format!("evaluate {word}")));
            }
            _ => match Self::json_function(word) {
                Some(parse) => parse,
                None => return Ok(None),
            },
        };
        self.nested(parse).map(Some)
    }

    fn cast(&mut self) -> Parsed<ExpressionKind> {
        self.at += 2;
        if self.is_word("MULTISET") {
            return Err(self.unsupported("evaluate MULTISET"));
        }
        let operand = Box::new(self.value()?);
        self.expect_word("AS", MISSING_KEYWORD)?;
        let data_type = self.data_type()?;
        if self.is_word("DEFAULT") || self.is_symbol(",") {
            return Err(self.unsupported("use the further clauses of CAST"));
        }
        self.close_call()?;
        Ok(ExpressionKind::Cast { operand, data_type })
    }

    fn extract(&mut self) -> Parsed<ExpressionKind> {
        self.at += 2;
        let field = self.any_word(MISSING_EXPRESSION)?;
        self.expect_word("FROM", MISSING_KEYWORD)?;
        let operand = Box::new(self.value()?);
        self.close_call()?;
        Ok(ExpressionKind::Extract { field, operand })
    }

    fn trim(&mut self) -> Parsed<ExpressionKind> {
        self.at += 2;
        let side = match self.word() {
            Some("LEADING") => Some(TrimSide::Leading),
            Some("TRAILING") => Some(TrimSide::Trailing),
            Some("BOTH") => Some(TrimSide::Both),
            _ => None,
        };
        if side.is_some() {
            self.advance();
        }
        let first = if side.is_some() && self.is_word("FROM") { None } else { Some(Box::new(self.value()?)) };
        let (characters, operand) = if self.take_word("FROM") {
            (first, Box::new(self.value()?))
        } else {
            match first {
                Some(operand) if side.is_none() => (None, operand),
                _ => return Err(self.fail(MISSING_KEYWORD, "from")),
            }
        };
        self.close_call()?;
        Ok(ExpressionKind::Trim { side: side.unwrap_or(TrimSide::Both), characters, operand })
    }
}

fn sequence_field(name: &Name) -> Option<SequenceField> {
    if name.parts.len() < 2 || name.last().quoted {
        return None;
    }
    match name.last().text.as_str() {
        "NEXTVAL" => Some(SequenceField::Nextval),
        "CURRVAL" => Some(SequenceField::Currval),
        _ => None,
    }
}
