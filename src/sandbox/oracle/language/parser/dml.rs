//! INSERT, UPDATE, DELETE and MERGE.

use super::super::Span;
use super::core::{Dialect, Mode, Parsed, Parser};
use super::message::{
    INVALID_COLUMN, INVALID_IDENTIFIER, MISSING_COMMA, MISSING_EQUAL, MISSING_INTO, MISSING_KEYWORD,
    MISSING_LEFT_PARENTHESIS, MISSING_ON, MISSING_SET, MISSING_VALUES,
};
use crate::sandbox::oracle::language::ast::{
    Assignment, AssignmentTarget, Delete, DmlTarget, DmlTargetSource, Expression, ExpressionKind, Insert,
    InsertSource, Merge, MergeInsert, MergeUpdate, Name, Returning, Update, WhereClause,
};

impl Parser<'_> {
    fn dml_target(&mut self) -> Parsed<DmlTarget> {
        let start = self.span();
        let source = if self.is_symbol("(") && self.is_word_at(1, "SELECT") {
            self.open_bracket()?;
            let query = self.query()?;
            self.close_bracket()?;
            DmlTargetSource::Subquery(query)
        } else {
            let name = self.table_name()?;
            if self.is_one_of(&["PARTITION", "SUBPARTITION"]) && self.is_symbol_at(1, "(") {
                return Err(self.unsupported("change rows of one partition"));
            }
            DmlTargetSource::Named(name)
        };
        let alias = if self.is_word("LOG") { None } else { self.table_alias()? };
        Ok(DmlTarget { source, alias, span: self.since(start) })
    }

    /// INSERT, which is next.
    pub(super) fn insert(&mut self) -> Parsed<Insert> {
        self.advance();
        if self.is_one_of(&["ALL", "FIRST"]) {
            return Err(self.unsupported("insert into several tables at once"));
        }
        self.expect_word("INTO", MISSING_INTO)?;
        let target = self.dml_target()?;
        let columns = if self.is_symbol("(") && !self.is_word_at(1, "SELECT") && !self.is_word_at(1, "WITH") {
            self.comma_list(super::core::Parser::column_path)?
        } else {
            Vec::new()
        };
        let source = if self.take_word("VALUES") {
            self.values()?
        } else if self.at_query() || self.is_symbol("(") {
            InsertSource::Query(self.query()?)
        } else {
            return Err(self.fail(MISSING_VALUES, "( select values"));
        };
        if self.is_symbol(",") && self.dialect != Dialect::Oracle19 {
            return Err(self.unsupported("insert several rows of values at once"));
        }
        let returning = self.returning()?;
        Ok(Insert { target, columns, source, returning })
    }

    /// `(item, item, …)` where a missing bracket reads as a missing comma, as in INSERT.
    fn comma_list<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.open_bracket()?;
        let items = self.list(item)?;
        self.expect_symbol(")", MISSING_COMMA)?;
        Ok(items)
    }

    fn column_path(&mut self) -> Parsed<Name> {
        self.name(INVALID_COLUMN)
    }

    fn values(&mut self) -> Parsed<InsertSource> {
        if self.is_symbol("(") {
            return Ok(InsertSource::Values(self.comma_list(Self::value_or_default)?));
        }
        if self.mode == Mode::Sql {
            return Err(self.fail(MISSING_LEFT_PARENTHESIS, "("));
        }
        Ok(InsertSource::Record(self.in_mode(Mode::Plsql, Self::target)?))
    }

    fn value_or_default(&mut self) -> Parsed<Expression> {
        let start = self.span();
        if self.take_word("DEFAULT") {
            return Ok(self.finish(ExpressionKind::Default, start));
        }
        self.value()
    }

    /// `RETURNING … INTO …`, if it is there.
    fn returning(&mut self) -> Parsed<Option<Returning>> {
        if self.is_word("LOG") && self.is_word_at(1, "ERRORS") {
            return Err(self.unsupported("log DML errors into a table"));
        }
        if !self.take_word("RETURNING") && !self.take_word("RETURN") {
            return Ok(None);
        }
        let expressions = self.list(Self::value)?;
        if !self.is_word("INTO") && !self.is_word("BULK") {
            return Err(self.fail(MISSING_INTO, "into"));
        }
        let into = self.take_into()?;
        Ok(Some(Returning { expressions, into }))
    }

    /// UPDATE, which is next.
    pub(super) fn update(&mut self) -> Parsed<Update> {
        self.advance();
        let target = self.dml_target()?;
        self.expect_word("SET", MISSING_SET)?;
        let assignments = self.assignments()?;
        let selection = self.where_clause()?;
        let returning = self.returning()?;
        Ok(Update { target, assignments, selection, returning })
    }

    fn assignments(&mut self) -> Parsed<Vec<Assignment>> {
        self.list(|parser| {
            let row: Span = parser.span();
            let target = if parser.is_symbol("(") {
                AssignmentTarget::Columns(parser.bracketed_list(Self::column_path)?)
            } else if parser.is_word("ROW") && parser.mode == Mode::Embedded {
                parser.advance();
                AssignmentTarget::Row(row)
            } else {
                AssignmentTarget::Column(parser.column_path()?)
            };
            parser.expect_symbol("=", MISSING_EQUAL)?;
            Ok(Assignment { target, value: parser.value_or_default()? })
        })
    }

    fn where_clause(&mut self) -> Parsed<Option<WhereClause>> {
        if !self.take_word("WHERE") {
            return Ok(None);
        }
        if self.mode == Mode::Embedded && self.take_words(&["CURRENT", "OF"]) {
            return Ok(Some(WhereClause::CurrentOf(self.name(INVALID_IDENTIFIER)?)));
        }
        Ok(Some(WhereClause::Condition(self.condition()?)))
    }

    /// DELETE, which is next.
    pub(super) fn delete(&mut self) -> Parsed<Delete> {
        self.advance();
        self.take_word("FROM");
        let target = self.dml_target()?;
        let selection = self.where_clause()?;
        let returning = self.returning()?;
        Ok(Delete { target, selection, returning })
    }

    /// MERGE, which is next.
    pub(super) fn merge(&mut self) -> Parsed<Merge> {
        self.advance();
        self.expect_word("INTO", MISSING_INTO)?;
        let target = self.dml_target()?;
        self.expect_word("USING", (2012, "missing USING keyword"))?;
        let using = self.table_factor()?;
        self.expect_word("ON", MISSING_ON)?;
        let bracket = self.span();
        if !self.is_symbol("(") {
            return Err(self.fail(MISSING_LEFT_PARENTHESIS, "("));
        }
        let on = self.condition()?;
        let mut merge = Merge { target, using, on, update: None, insert: None };
        while self.is_word("WHEN") {
            self.merge_branch(&mut merge)?;
        }
        if merge.update.is_none() && merge.insert.is_none() {
            return Err(if self.at_end() {
                self.sql_error(MISSING_KEYWORD, bracket)
            } else {
                self.fail(MISSING_KEYWORD, "when")
            });
        }
        if self.is_word("LOG") {
            return Err(self.unsupported("log DML errors into a table"));
        }
        Ok(merge)
    }

    fn merge_branch(&mut self, merge: &mut Merge) -> Parsed<()> {
        self.advance();
        let matched = !self.take_word("NOT");
        self.expect_words(&["MATCHED", "THEN"], MISSING_KEYWORD)?;
        if matched && merge.update.is_none() {
            self.expect_word("UPDATE", MISSING_KEYWORD)?;
            self.expect_word("SET", MISSING_SET)?;
            let assignments = self.assignments()?;
            let selection = self.optional_where()?;
            let delete_selection = if self.take_word("DELETE") {
                self.expect_word("WHERE", MISSING_KEYWORD)?;
                Some(self.condition()?)
            } else {
                None
            };
            merge.update = Some(MergeUpdate { assignments, selection, delete_selection });
            return Ok(());
        }
        if matched || merge.insert.is_some() {
            return Err(self.fail(MISSING_KEYWORD, ";"));
        }
        self.expect_word("INSERT", MISSING_KEYWORD)?;
        let columns =
            if self.is_symbol("(") { self.comma_list(super::core::Parser::column_path)? } else { Vec::new() };
        self.expect_word("VALUES", MISSING_VALUES)?;
        let values = self.comma_list(Self::value_or_default)?;
        let selection = self.optional_where()?;
        merge.insert = Some(MergeInsert { columns, values, selection });
        Ok(())
    }

    fn optional_where(&mut self) -> Parsed<Option<Expression>> {
        if self.take_word("WHERE") { self.condition().map(Some) } else { Ok(None) }
    }
}
