//! Queries.

use super::super::{LanguageError, Span};
use super::core::{Dialect, Mode, Parsed, Parser};
use super::message::{
    INVALID_IDENTIFIER, MISSING_BY, MISSING_EXPRESSION, MISSING_FROM, MISSING_KEYWORD,
    MISSING_RIGHT_PARENTHESIS, MISSING_SELECT,
};
use crate::sandbox::oracle::language::ast::{
    CommonTable, Fetch, ForUpdate, GroupItem, Hierarchical, Into, LockWait, OrderItem, Query, Select,
    SelectItem, SetExpression, SetOperator,
};

impl Parser<'_> {
    /// A whole query, whose first word or bracket is next.
    pub(super) fn query(&mut self) -> Parsed<Box<Query>> {
        self.nested(Self::query_here)
    }

    /// A subquery in an expression, which 19c lets order its rows only to cut them off.
    pub(super) fn unordered_query(&mut self) -> Parsed<Box<Query>> {
        let query = self.query()?;
        if self.strict() && !query.order_by.is_empty() && query.offset.is_none() && query.fetch.is_none() {
            return Err(self.sql_error(MISSING_RIGHT_PARENTHESIS, self.order_span));
        }
        Ok(query)
    }

    fn query_here(&mut self) -> Parsed<Box<Query>> {
        let start = self.span();
        let with = if self.take_word("WITH") { self.common_tables()? } else { Vec::new() };
        let first = self.query_part()?;
        let mut query = self.query_from(first, start)?;
        query.with = with;
        Ok(query)
    }

    /// The rest of a query whose first part has been read.
    pub(super) fn query_from(&mut self, first: SetExpression, start: Span) -> Parsed<Box<Query>> {
        let body = self.set_tail(first)?;
        let mut query = Box::new(Query {
            with: Vec::new(),
            body,
            order_by: Vec::new(),
            order_siblings: false,
            offset: None,
            fetch: None,
            for_update: None,
            span: start,
        });
        if self.is_word("ORDER") {
            query.order_siblings = self.is_word_at(1, "SIBLINGS");
            let start = self.span();
            query.order_by = self.order_by()?;
            self.order_span = start;
        }
        if self.take_word("OFFSET") {
            query.offset = Some(self.operand()?);
            self.row_word()?;
        }
        if self.is_word("FETCH") && (self.is_word_at(1, "FIRST") || self.is_word_at(1, "NEXT")) {
            query.fetch = Some(self.fetch_clause()?);
        }
        if self.take_words(&["FOR", "UPDATE"]) {
            query.for_update = Some(self.for_update()?);
        }
        query.span = self.since(start);
        Ok(query)
    }

    fn common_tables(&mut self) -> Parsed<Vec<CommonTable>> {
        if self.is_one_of(&["FUNCTION", "PROCEDURE"]) && self.is_identifier_at(1) {
            return Err(self.unsupported("declare functions in WITH"));
        }
        self.list(|parser| {
            let name = parser.identifier(super::message::INVALID_TABLE_NAME)?;
            let columns =
                if parser.is_symbol("(") { parser.bracketed_list(Self::column_name)? } else { Vec::new() };
            parser.expect_word("AS", MISSING_KEYWORD)?;
            parser.open_bracket()?;
            let query = *parser.query()?;
            parser.close_bracket()?;
            if parser.is_one_of(&["SEARCH", "CYCLE"]) {
                return Err(parser.unsupported("use SEARCH and CYCLE clauses"));
            }
            Ok(CommonTable { name, columns, query })
        })
    }

    fn set_tail(&mut self, mut left: SetExpression) -> Parsed<SetExpression> {
        loop {
            let operator = match self.word() {
                Some("UNION") => SetOperator::Union,
                Some("INTERSECT") => SetOperator::Intersect,
                Some("MINUS") => SetOperator::Minus,
                Some("EXCEPT") if self.dialect != Dialect::Oracle19 => SetOperator::Minus,
                _ => return Ok(left),
            };
            self.advance();
            let all = self.take_word("ALL");
            if all && operator != SetOperator::Union && self.dialect == Dialect::Oracle19 {
                return Err(self.sql_error(MISSING_SELECT, self.previous()));
            }
            let right = Box::new(self.query_part()?);
            left = SetExpression::Set { operator, all, left: Box::new(left), right };
            self.grow()?;
        }
    }

    fn query_part(&mut self) -> Parsed<SetExpression> {
        if self.take_symbol("(") {
            let inner = self.query()?;
            self.close_bracket()?;
            return Ok(SetExpression::Nested(inner));
        }
        if self.is_word("SELECT") {
            return Ok(SetExpression::Select(self.select()?));
        }
        if self.is_word("VALUES") && self.dialect != Dialect::Oracle19 {
            return Err(self.unsupported("make rows with a VALUES clause"));
        }
        Err(self.fail(MISSING_SELECT, "( select"))
    }

    fn select(&mut self) -> Parsed<Box<Select>> {
        let start = self.span();
        self.advance();
        let into_allowed = std::mem::take(&mut self.into_allowed);
        let distinctness = self.distinctness();
        let items = self.select_items()?;
        let into = if self.is_word("INTO") || self.are_words(&["BULK", "COLLECT"]) {
            if !into_allowed {
                return Err(self.fail(MISSING_KEYWORD, "from"));
            }
            Some(self.take_into()?)
        } else {
            None
        };
        if into_allowed && into.is_none() {
            return Err(LanguageError::pls(
                428,
                "an INTO clause is expected in this SELECT statement",
                start,
            ));
        }
        let mut select = Box::new(Select {
            distinctness,
            items,
            into,
            from: Vec::new(),
            selection: None,
            hierarchical: None,
            group_by: Vec::new(),
            having: None,
            span: start,
        });
        if self.take_word("FROM") {
            select.from = self.list(Self::table_reference)?;
        } else if self.dialect == Dialect::Oracle19 {
            return Err(self.fail(MISSING_FROM, "from"));
        }
        if self.take_word("WHERE") {
            select.selection = Some(self.condition()?);
        }
        select.hierarchical = self.hierarchical()?;
        self.grouping(&mut select)?;
        if self.is_one_of(&["MODEL", "WINDOW", "QUALIFY"]) && !self.at_end() && self.word_at(1).is_some() {
            return Err(self.unsupported("use this clause of SELECT"));
        }
        select.span = self.since(start);
        Ok(select)
    }

    fn select_items(&mut self) -> Parsed<Vec<SelectItem>> {
        if self.is_symbol("*") {
            let span = self.span();
            self.advance();
            return Ok(vec![SelectItem::Star(span)]);
        }
        self.list(Self::select_item)
    }

    fn select_item(&mut self) -> Parsed<SelectItem> {
        if self.at_qualified_star() {
            let name = self.name(MISSING_EXPRESSION)?;
            self.at += 2;
            return Ok(SelectItem::QualifiedStar(name));
        }
        let value = self.value()?;
        let named = self.take_word("AS");
        let bulk = self.are_words(&["BULK", "COLLECT"]) && self.mode == Mode::Embedded;
        let except = self.is_word("EXCEPT") && self.dialect != Dialect::Oracle19;
        let alias = if named || (self.is_identifier_at(0) && !bulk && !except) {
            Some(self.identifier(MISSING_FROM)?)
        } else {
            None
        };
        Ok(SelectItem::Expression { value, alias })
    }

    fn at_qualified_star(&self) -> bool {
        (0..4)
            .map(|part| part * 2)
            .take_while(|at| self.is_identifier_at(*at) && self.is_symbol_at(at + 1, "."))
            .any(|at| self.is_symbol_at(at + 2, "*"))
    }

    /// `[BULK COLLECT] INTO target, …`, which is next.
    pub(super) fn take_into(&mut self) -> Parsed<Into> {
        let start = self.span();
        let bulk = self.take_words(&["BULK", "COLLECT"]);
        self.expect_word("INTO", MISSING_KEYWORD)?;
        let targets = self.in_mode(Mode::Plsql, |parser| parser.list(Self::target))?;
        Ok(Into { bulk, targets, span: self.since(start) })
    }

    fn hierarchical(&mut self) -> Parsed<Option<Hierarchical>> {
        let mut start_with = None;
        if self.take_words(&["START", "WITH"]) {
            start_with = Some(self.condition()?);
        }
        if !self.take_word("CONNECT") {
            return if start_with.is_none() { Ok(None) } else { Err(self.fail(MISSING_KEYWORD, "connect")) };
        }
        self.expect_word("BY", MISSING_BY)?;
        let nocycle = self.take_word("NOCYCLE");
        let connect_by = self.condition()?;
        if start_with.is_none() && self.take_words(&["START", "WITH"]) {
            start_with = Some(self.condition()?);
        }
        Ok(Some(Hierarchical { start_with, connect_by, nocycle }))
    }

    fn grouping(&mut self, select: &mut Select) -> Parsed<()> {
        loop {
            if select.group_by.is_empty() && self.take_word("GROUP") {
                self.expect_word("BY", MISSING_BY)?;
                select.group_by = self.list(Self::group_item)?;
            } else if select.having.is_none() && self.take_word("HAVING") {
                select.having = Some(self.condition()?);
            } else {
                return Ok(());
            }
        }
    }

    fn group_item(&mut self) -> Parsed<GroupItem> {
        self.nested(|parser| {
            let bracket = parser.is_symbol_at(1, "(");
            if parser.is_symbol("(") && parser.is_symbol_at(1, ")") {
                parser.at += 2;
                return Ok(GroupItem::Empty);
            }
            if bracket && parser.take_word("ROLLUP") {
                return Ok(GroupItem::Rollup(parser.bracketed_list(Self::value)?));
            }
            if bracket && parser.take_word("CUBE") {
                return Ok(GroupItem::Cube(parser.bracketed_list(Self::value)?));
            }
            if parser.take_words(&["GROUPING", "SETS"]) {
                return Ok(GroupItem::GroupingSets(parser.bracketed_list(Self::group_item)?));
            }
            Ok(GroupItem::Expression(parser.value()?))
        })
    }

    /// `ORDER [SIBLINGS] BY …`, which is next.
    pub(super) fn order_by(&mut self) -> Parsed<Vec<OrderItem>> {
        self.expect_word("ORDER", MISSING_KEYWORD)?;
        self.take_word("SIBLINGS");
        self.expect_word("BY", MISSING_BY)?;
        self.list(|parser| {
            let value = parser.value()?;
            let descending = parser.take_word("DESC");
            if !descending {
                parser.take_word("ASC");
            }
            let mut nulls_first = None;
            if parser.take_word("NULLS") {
                let first = parser.take_word("FIRST");
                if !first {
                    parser.expect_word("LAST", MISSING_KEYWORD)?;
                }
                nulls_first = Some(first);
            }
            Ok(OrderItem { value, descending, nulls_first })
        })
    }

    fn row_word(&mut self) -> Parsed<()> {
        if self.take_word("ROW") { Ok(()) } else { self.expect_word("ROWS", MISSING_KEYWORD) }
    }

    fn fetch_clause(&mut self) -> Parsed<Fetch> {
        self.at += 2;
        let mut fetch = Fetch { count: None, percent: false, with_ties: false };
        if !self.is_one_of(&["ROW", "ROWS"]) {
            fetch.count = Some(self.operand()?);
            fetch.percent = self.take_word("PERCENT");
        }
        self.row_word()?;
        fetch.with_ties = self.take_words(&["WITH", "TIES"]);
        if !fetch.with_ties {
            self.expect_word("ONLY", MISSING_KEYWORD)?;
        }
        Ok(fetch)
    }

    fn for_update(&mut self) -> Parsed<ForUpdate> {
        let of = if self.take_word("OF") {
            self.list(|parser| parser.name(INVALID_IDENTIFIER))?
        } else {
            Vec::new()
        };
        let wait =
            if self.take_words(&["SKIP", "LOCKED"]) { LockWait::SkipLocked } else { self.lock_wait()? };
        Ok(ForUpdate { of, wait })
    }

    /// `[NOWAIT | WAIT n]`
    pub(super) fn lock_wait(&mut self) -> Parsed<LockWait> {
        if self.take_word("NOWAIT") {
            return Ok(LockWait::NoWait);
        }
        if self.take_word("WAIT") {
            return Ok(LockWait::Seconds(self.integer((30005, "missing or invalid WAIT interval"))?));
        }
        Ok(LockWait::Forever)
    }
}
