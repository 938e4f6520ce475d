//! Expressions, by precedence climbing.

use super::super::lexer::TokenKind;
use super::super::{LanguageError, Span};
use super::core::{Mode, Parsed, Parser};
use super::message::{INVALID_RELATIONAL_OPERATOR, MISSING_KEYWORD, MISSING_NULL, MISSING_RIGHT_PARENTHESIS};
use crate::sandbox::oracle::language::ast::{
    BinaryOperator, Expression, ExpressionKind, JsonFunction, LikeKind, Quantifier, Query, UnaryOperator,
};

/// Powers of binding, weakest first. An operator is taken if its power is at least the one asked for.
mod power {
    pub(super) const ANY: u8 = 0;
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const COMPARE: u8 = 4;
    pub(super) const ADD: u8 = 5;
    pub(super) const MULTIPLY: u8 = 6;
    pub(super) const UNARY: u8 = 7;
    pub(super) const POWER: u8 = 8;
}

impl Parser<'_> {
    /// Whatever the rules at hand call an expression or a condition.
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.binding(power::ANY)
    }

    /// A value: in 19c's SQL that excludes conditions.
    pub(super) fn value(&mut self) -> Parsed<Expression> {
        let least = if self.strict() { power::ADD } else { power::ANY };
        self.binding(least)
    }

    /// A condition: in 19c's SQL that excludes values.
    pub(super) fn condition(&mut self) -> Parsed<Expression> {
        let condition = self.expression()?;
        self.require_condition(&condition)?;
        Ok(condition)
    }

    /// A value that ends before AND, for BETWEEN and ranges.
    pub(super) fn operand(&mut self) -> Parsed<Expression> {
        self.binding(power::ADD)
    }

    fn require_condition(&self, expression: &Expression) -> Parsed<()> {
        if self.strict() && !is_condition(expression) {
            return Err(self.fail(INVALID_RELATIONAL_OPERATOR, ". = < > and or"));
        }
        Ok(())
    }

    fn binding(&mut self, least: u8) -> Parsed<Expression> {
        self.nested(|parser| parser.climb(least))
    }

    fn climb(&mut self, least: u8) -> Parsed<Expression> {
        let start = self.span();
        let mut left = self.prefix(least)?;
        loop {
            let boundary = self.strict() && is_condition(&left);
            if let Some((operator, power)) = self.binary_operator().filter(|(_, power)| *power >= least) {
                let logical = power <= power::AND;
                if boundary && !logical {
                    return Ok(left);
                }
                if logical {
                    self.require_condition(&left)?;
                }
                left = self.binary(left, operator, power, start)?;
            } else if least <= power::COMPARE && !boundary && self.at_predicate() {
                left = self.predicate(left, start)?;
            } else if least <= power::UNARY
                && self.is_word("AT")
                && (self.is_word_at(1, "LOCAL") || self.is_word_at(1, "TIME"))
            {
                left = self.at_time_zone(left, start)?;
            } else {
                self.refuse_postfix()?;
                return Ok(left);
            }
            self.grow()?;
        }
    }

    fn refuse_postfix(&self) -> Parsed<()> {
        let pairs =
            [["DAY", "TO"], ["YEAR", "TO"], ["MEMBER", "OF"], ["SUBMULTISET", "OF"], ["MULTISET", "UNION"]];
        if pairs.iter().any(|pair| self.are_words(pair)) && !matches!(self.mode, Mode::Plsql) {
            let what = format!("evaluate {}", self.word().unwrap_or_default());
            return Err(self.unsupported(&what));
        }
        Ok(())
    }

    fn binary_operator(&self) -> Option<(BinaryOperator, u8)> {
        use BinaryOperator as Op;
        let plsql = self.mode == Mode::Plsql;
        Some(match self.kind() {
            TokenKind::Word(word) => match word.as_str() {
                "OR" => (Op::Or, power::OR),
                "AND" => (Op::And, power::AND),
                "MOD" if plsql => (Op::Modulo, power::MULTIPLY),
                _ => return None,
            },
            TokenKind::Symbol(symbol) => match *symbol {
                "=" => (Op::Equal, power::COMPARE),
                "<>" | "!=" | "^=" | "~=" => (Op::NotEqual, power::COMPARE),
                "<" => (Op::Less, power::COMPARE),
                "<=" => (Op::LessOrEqual, power::COMPARE),
                ">" => (Op::Greater, power::COMPARE),
                ">=" => (Op::GreaterOrEqual, power::COMPARE),
                "+" => (Op::Add, power::ADD),
                "-" => (Op::Subtract, power::ADD),
                "||" => (Op::Concatenate, power::ADD),
                "*" => (Op::Multiply, power::MULTIPLY),
                "/" => (Op::Divide, power::MULTIPLY),
                "**" if plsql => (Op::Power, power::POWER),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn binary(
        &mut self,
        left: Expression,
        operator: BinaryOperator,
        power: u8,
        start: Span,
    ) -> Parsed<Expression> {
        self.advance();
        if power == power::COMPARE
            && let Some(quantifier) = self.quantifier()
        {
            return self.quantified(left, operator, quantifier, start);
        }
        let right = self.binding(power + 1)?;
        if power <= power::AND {
            self.require_condition(&right)?;
        }
        let kind = ExpressionKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
        Ok(self.finish(kind, start))
    }

    fn quantifier(&mut self) -> Option<Quantifier> {
        let quantifier = match self.word()? {
            "ANY" | "SOME" => Quantifier::Any,
            "ALL" => Quantifier::All,
            _ => return None,
        };
        self.is_symbol_at(1, "(").then(|| self.advance())?;
        Some(quantifier)
    }

    fn quantified(
        &mut self,
        left: Expression,
        operator: BinaryOperator,
        quantifier: Quantifier,
        start: Span,
    ) -> Parsed<Expression> {
        let at = self.span();
        let items = self.in_items()?;
        let kind = match items {
            InItems::Query(query) => ExpressionKind::Subquery(query),
            InItems::List(list) => ExpressionKind::Tuple(list),
        };
        let right = self.finish(kind, at);
        let kind =
            ExpressionKind::Quantified { operator, quantifier, left: Box::new(left), right: Box::new(right) };
        Ok(self.finish(kind, start))
    }

    fn at_predicate(&self) -> bool {
        const WORDS: [&str; 7] = ["IS", "BETWEEN", "IN", "LIKE", "LIKEC", "LIKE2", "LIKE4"];
        self.is_one_of(&WORDS)
            || (self.is_word("NOT") && self.word_at(1).is_some_and(|word| WORDS[1..].contains(&word)))
    }

    fn predicate(&mut self, left: Expression, start: Span) -> Parsed<Expression> {
        if self.take_word("IS") {
            return self.is_predicate(left, start);
        }
        let negated = self.take_word("NOT");
        let operand = Box::new(left);
        let word = self.word().unwrap_or_default().to_owned();
        self.advance();
        let kind = match word.as_str() {
            "BETWEEN" => {
                let low = Box::new(self.binding(power::ADD)?);
                self.expect_word("AND", MISSING_KEYWORD)?;
                let high = Box::new(self.binding(power::ADD)?);
                ExpressionKind::Between { operand, low, high, negated }
            }
            "IN" => self.in_predicate(operand, negated)?,
            like => {
                let kind = match like {
                    "LIKEC" => LikeKind::LikeC,
                    "LIKE2" => LikeKind::Like2,
                    "LIKE4" => LikeKind::Like4,
                    _ => LikeKind::Like,
                };
                let pattern = Box::new(self.binding(power::ADD)?);
                let escape =
                    if self.take_word("ESCAPE") { Some(Box::new(self.binding(power::ADD)?)) } else { None };
                ExpressionKind::Like { kind, operand, pattern, escape, negated }
            }
        };
        Ok(self.finish(kind, start))
    }

    fn is_predicate(&mut self, left: Expression, start: Span) -> Parsed<Expression> {
        let negated = self.take_word("NOT");
        let operand = Box::new(left);
        let kind = if self.take_word("NULL") {
            ExpressionKind::IsNull { operand, negated }
        } else if self.take_word("JSON") {
            if self.is_one_of(&["VALUE", "OBJECT", "ARRAY", "SCALAR", "VALIDATE"]) {
                return Err(self.unsupported("check JSON for more than being well-formed"));
            }
            if self.is_one_of(&["STRICT", "LAX"]) {
                self.advance();
            }
            if self.take_words(&["WITH", "UNIQUE"]) {
                self.take_word("KEYS");
            }
            ExpressionKind::IsJson { operand, negated }
        } else if self.is_one_of(&["NAN", "INFINITE"]) {
            let infinite = self.is_word("INFINITE");
            self.advance();
            ExpressionKind::IsFloat { operand, infinite, negated }
        } else if self.is_one_of(&["OF", "A", "EMPTY", "DANGLING", "ANY", "PRESENT"]) {
            return Err(self.unsupported("test types, sets and cells with IS"));
        } else {
            return Err(self.fail(MISSING_NULL, "null not"));
        };
        Ok(self.finish(kind, start))
    }

    fn in_predicate(&mut self, operand: Box<Expression>, negated: bool) -> Parsed<ExpressionKind> {
        if !self.is_symbol("(") {
            let list = vec![self.binding(power::ADD)?];
            return Ok(ExpressionKind::InList { operand, list, negated });
        }
        let at = self.span();
        match self.in_items()? {
            InItems::List(list) => Ok(ExpressionKind::InList { operand, list, negated }),
            InItems::Query(_) if self.mode == Mode::Plsql => {
                Err(LanguageError::pls(405, "subquery not allowed in this context", at))
            }
            InItems::Query(query) => Ok(ExpressionKind::InQuery { operand, query, negated }),
        }
    }

    /// `(query)` or `(value, value, …)`.
    fn in_items(&mut self) -> Parsed<InItems> {
        self.open_bracket()?;
        let items = if self.at_query() {
            InItems::Query(self.embedded(Self::unordered_query)?)
        } else {
            let mut list = self.list(Self::value)?;
            match list.pop() {
                Some(Expression { kind: ExpressionKind::Subquery(query), .. }) if list.is_empty() => {
                    InItems::Query(query)
                }
                Some(value) => {
                    list.push(value);
                    InItems::List(list)
                }
                None => InItems::List(list),
            }
        };
        self.close_bracket()?;
        Ok(items)
    }

    fn at_time_zone(&mut self, left: Expression, start: Span) -> Parsed<Expression> {
        self.advance();
        let zone = if self.take_word("LOCAL") {
            None
        } else {
            self.expect_words(&["TIME", "ZONE"], MISSING_KEYWORD)?;
            Some(Box::new(self.binding(power::POWER)?))
        };
        Ok(self.finish(ExpressionKind::AtTimeZone { operand: Box::new(left), zone }, start))
    }

    fn prefix(&mut self, least: u8) -> Parsed<Expression> {
        let start = self.span();
        let conditions = !self.strict() || least <= power::COMPARE;
        let (operator, binding) = match self.kind() {
            TokenKind::Symbol("-") => (UnaryOperator::Minus, power::UNARY),
            TokenKind::Symbol("+") => (UnaryOperator::Plus, power::UNARY),
            TokenKind::Word(word) => match word.as_str() {
                "NOT" if conditions => (UnaryOperator::Not, power::COMPARE),
                "PRIOR" if self.mode != Mode::Plsql => (UnaryOperator::Prior, power::UNARY),
                "CONNECT_BY_ROOT" => (UnaryOperator::ConnectByRoot, power::UNARY),
                _ => return self.primary(conditions),
            },
            _ => return self.primary(conditions),
        };
        self.advance();
        let operand = self.binding(binding)?;
        if operator == UnaryOperator::Not {
            self.require_condition(&operand)?;
        }
        Ok(self.finish(ExpressionKind::Unary { operator, operand: Box::new(operand) }, start))
    }

    pub(super) fn finish(&self, kind: ExpressionKind, start: Span) -> Expression {
        Expression { kind, span: self.since(start) }
    }

    /// In SQL a bracket that does not close is ORA-00907 wherever it is.
    pub(super) fn close_call(&mut self) -> Parsed<()> {
        self.expect_symbol(")", MISSING_RIGHT_PARENTHESIS)
    }
}

enum InItems {
    Query(Box<Query>),
    List(Vec<Expression>),
}

/// True for what 19c's SQL calls a condition.
pub(super) fn is_condition(expression: &Expression) -> bool {
    use BinaryOperator as Op;
    match &expression.kind {
        ExpressionKind::Binary { operator, .. } => !matches!(
            operator,
            Op::Add | Op::Subtract | Op::Concatenate | Op::Multiply | Op::Divide | Op::Power | Op::Modulo
        ),
        ExpressionKind::Unary { operator, .. } => *operator == UnaryOperator::Not,
        ExpressionKind::Quantified { .. }
        | ExpressionKind::Between { .. }
        | ExpressionKind::InList { .. }
        | ExpressionKind::InQuery { .. }
        | ExpressionKind::Like { .. }
        | ExpressionKind::IsNull { .. }
        | ExpressionKind::IsJson { .. }
        | ExpressionKind::IsFloat { .. }
        | ExpressionKind::Exists(_) => true,
        ExpressionKind::JsonPath(path) => path.function == JsonFunction::Exists,
        // Conditions that look like function calls.
        ExpressionKind::Call(call) => {
            matches!(call.name.last().text.as_str(), "REGEXP_LIKE" | "JSON_EQUAL")
        }
        _ => false,
    }
}
