//! Row sources and joins.

use super::super::Span;
use super::super::lexer::TokenKind;
use super::core::{Dialect, Mode, Parsed, Parser};
use super::message::{INVALID_TABLE_NAME, MISSING_EXPRESSION, MISSING_KEYWORD, MISSING_LEFT_PARENTHESIS};
use crate::sandbox::oracle::language::ast::{
    ExpressionKind, Flashback, Ident, Join, JoinCondition, JoinKind, TableFactor, TableReference, TableSource,
};

impl Parser<'_> {
    /// One element of FROM with its joins.
    pub(super) fn table_reference(&mut self) -> Parsed<TableReference> {
        self.nested(|parser| {
            let start = parser.span();
            let first = parser.table_or_bracket()?;
            parser.joins(first, start)
        })
    }

    fn joins(&mut self, mut left: TableReference, start: Span) -> Parsed<TableReference> {
        while let Some((kind, natural)) = self.join_words()? {
            let right = self.table_or_bracket()?;
            let condition = match kind {
                JoinKind::Cross | JoinKind::CrossApply | JoinKind::OuterApply => JoinCondition::None,
                _ if natural => JoinCondition::Natural,
                _ => self.join_condition()?,
            };
            let span = self.since(start);
            left = TableReference::Join(Box::new(Join { kind, left, right, condition, span }));
            self.grow()?;
        }
        Ok(left)
    }

    fn join_condition(&mut self) -> Parsed<JoinCondition> {
        if self.take_word("USING") {
            return Ok(JoinCondition::Using(self.bracketed_list(Self::column_name)?));
        }
        self.expect_word("ON", MISSING_KEYWORD)?;
        Ok(JoinCondition::On(self.condition()?))
    }

    /// How many words of a join begin here, with its kind; `None` if no join does.
    fn join_at(&self) -> Option<(JoinKind, bool, usize)> {
        let natural = self.is_word("NATURAL");
        let at = usize::from(natural);
        let (kind, words) = match self.word_at(at)? {
            "JOIN" => (JoinKind::Inner, 1),
            "INNER" => (JoinKind::Inner, 2),
            "LEFT" => (JoinKind::Left, 2),
            "RIGHT" => (JoinKind::Right, 2),
            "FULL" => (JoinKind::Full, 2),
            "CROSS" if self.is_word_at(1, "APPLY") => return Some((JoinKind::CrossApply, false, 2)),
            "OUTER" if self.is_word_at(1, "APPLY") => return Some((JoinKind::OuterApply, false, 2)),
            "CROSS" if !natural => (JoinKind::Cross, 2),
            _ => return None,
        };
        let words = if self.is_word_at(at + 1, "OUTER") { words + 1 } else { words };
        self.is_word_at(at + words - 1, "JOIN").then_some((kind, natural, at + words))
    }

    fn join_words(&mut self) -> Parsed<Option<(JoinKind, bool)>> {
        if self.is_word("PARTITION") && self.is_word_at(1, "BY") {
            return Err(self.unsupported("use partitioned outer joins"));
        }
        let Some((kind, natural, words)) = self.join_at() else { return Ok(None) };
        self.at += words;
        Ok(Some((kind, natural)))
    }

    fn table_or_bracket(&mut self) -> Parsed<TableReference> {
        let start = self.span();
        if !self.is_symbol("(") {
            return Ok(TableReference::Factor(Box::new(self.table_factor()?)));
        }
        if matches!(self.word_at(1), Some("SELECT" | "WITH")) {
            return Ok(TableReference::Factor(Box::new(self.table_factor()?)));
        }
        self.open_bracket()?;
        let mut inner = self.table_reference()?;
        if let TableReference::Factor(factor) = &mut inner {
            self.continue_source(factor)?;
        }
        self.close_bracket()?;
        if let TableReference::Factor(factor) = &mut inner
            && factor.alias.is_none()
        {
            self.factor_tail(factor)?;
            factor.span = self.since(start);
        }
        Ok(inner)
    }

    /// `((select …) union …)`: what looked like a bracketed row source goes on as a query.
    fn continue_source(&mut self, factor: &mut TableFactor) -> Parsed<()> {
        if factor.alias.is_some() {
            return Ok(());
        }
        let placeholder = TableSource::Named(crate::sandbox::oracle::language::ast::Name {
            parts: Vec::new(),
            link: None,
            span: factor.span,
        });
        let source = std::mem::replace(&mut factor.source, placeholder);
        factor.source = match source {
            TableSource::Subquery(query) => TableSource::Subquery(self.continue_query(query)?),
            other => other,
        };
        Ok(())
    }

    /// One row source with its alias.
    pub(super) fn table_factor(&mut self) -> Parsed<TableFactor> {
        let start = self.span();
        let lateral = self.is_word("LATERAL") && self.is_symbol_at(1, "(");
        if lateral {
            self.advance();
        }
        let source = self.table_source()?;
        let mut factor = TableFactor {
            source,
            lateral,
            alias: None,
            flashback: None,
            sample: None,
            partition: None,
            outer_join: false,
            span: start,
        };
        self.factor_tail(&mut factor)?;
        factor.span = self.since(start);
        Ok(factor)
    }

    fn table_source(&mut self) -> Parsed<TableSource> {
        let start = self.span();
        let call = self.is_symbol_at(1, "(");
        if self.take_symbol("(") {
            let query = self.query()?;
            self.close_bracket()?;
            return Ok(TableSource::Subquery(query));
        }
        if call {
            match self.word() {
                Some("TABLE" | "THE") => {
                    self.at += 2;
                    if self.at_query() {
                        return Err(self.unsupported("read a nested table of a subquery"));
                    }
                    let value = self.value()?;
                    self.close_bracket()?;
                    return Ok(TableSource::Collection(value));
                }
                Some("JSON_TABLE") => return Ok(TableSource::JsonTable(Box::new(self.json_table()?))),
                Some("XMLTABLE" | "ONLY" | "CONTAINERS" | "GRAPH_TABLE") => {
                    return Err(self.unsupported("read this kind of row source"));
                }
                _ => {}
            }
        }
        let name = self.name(INVALID_TABLE_NAME)?;
        if self.is_symbol("(") {
            let call = self.call(name, start)?;
            return Ok(TableSource::Function(self.finish(ExpressionKind::Call(Box::new(call)), start)));
        }
        Ok(TableSource::Named(name))
    }

    fn factor_tail(&mut self, factor: &mut TableFactor) -> Parsed<()> {
        if self.is_symbol("(") && self.is_symbol_at(1, "+") && self.is_symbol_at(2, ")") {
            self.at += 3;
            factor.outer_join = true;
        }
        if self.is_one_of(&["PARTITION", "SUBPARTITION"]) && !self.is_word_at(1, "BY") {
            if !self.is_symbol_at(1, "(") || self.is_word("SUBPARTITION") {
                return Err(self.unsupported("choose partitions by value"));
            }
            self.at += 2;
            factor.partition = Some(self.identifier(MISSING_EXPRESSION)?);
            self.close_bracket()?;
        }
        if self.is_word("SAMPLE") && (self.is_symbol_at(1, "(") || self.is_word_at(1, "BLOCK")) {
            self.advance();
            let block = self.take_word("BLOCK");
            self.expect_symbol("(", MISSING_LEFT_PARENTHESIS)?;
            factor.sample = Some((self.operand()?, block));
            self.close_bracket()?;
            if self.take_word("SEED") {
                self.open_bracket()?;
                self.operand()?;
                self.close_bracket()?;
            }
        }
        if self.take_words(&["AS", "OF"]) {
            let timestamp = self.take_word("TIMESTAMP");
            if !timestamp {
                self.expect_word("SCN", MISSING_KEYWORD)?;
            }
            factor.flashback = Some(Flashback { timestamp, value: self.operand()? });
        }
        let opening = self.is_symbol_at(1, "(") || self.is_word_at(1, "XML") || self.is_word_at(1, "INCLUDE");
        if (opening && self.is_one_of(&["PIVOT", "UNPIVOT", "MATCH_RECOGNIZE"]))
            || self.are_words(&["VERSIONS", "BETWEEN"])
        {
            return Err(self.unsupported("use PIVOT, UNPIVOT, MATCH_RECOGNIZE or VERSIONS"));
        }
        factor.alias = self.table_alias()?;
        if self.is_one_of(&["PIVOT", "UNPIVOT", "MATCH_RECOGNIZE"]) {
            return Err(self.unsupported("use PIVOT, UNPIVOT or MATCH_RECOGNIZE"));
        }
        Ok(())
    }

    /// An alias, unless the word begins the next clause. Tables take no AS.
    pub(super) fn table_alias(&mut self) -> Parsed<Option<Ident>> {
        if self.is_identifier_at(0) && !self.at_next_clause() {
            return self.identifier(INVALID_TABLE_NAME).map(Some);
        }
        Ok(None)
    }

    fn at_next_clause(&self) -> bool {
        if self.join_at().is_some() {
            return true;
        }
        match self.word() {
            Some("RETURNING" | "RETURN" | "USING") => true,
            Some("FETCH") => self.is_word_at(1, "FIRST") || self.is_word_at(1, "NEXT"),
            Some("OFFSET") => {
                matches!(self.kind_at(1), TokenKind::Number(_) | TokenKind::Bind(_) | TokenKind::Symbol("("))
                    || self.is_word_at(2, "ROWS")
                    || self.is_word_at(2, "ROW")
            }
            Some("LOG") => self.is_word_at(1, "ERRORS"),
            Some("LOOP") => self.mode == Mode::Embedded,
            Some("EXCEPT") => self.dialect != Dialect::Oracle19,
            Some("MODEL" | "WINDOW" | "PARTITION") => self.word_at(1).is_some(),
            _ => false,
        }
    }
}
