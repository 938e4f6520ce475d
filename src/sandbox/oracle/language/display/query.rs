//! Queries.

use std::fmt::{self, Display, Formatter};

use super::super::ast::{
    CommonTable, Fetch, ForUpdate, GroupItem, Hierarchical, Into, Join, JoinCondition, JoinKind, LockWait,
    Query, Select, SelectItem, SetExpression, SetOperator, TableFactor, TableReference, TableSource,
};
use super::list;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.with.is_empty() {
            f.write_str("WITH ")?;
            list(f, &self.with)?;
            f.write_str(" ")?;
        }
        self.body.fmt(f)?;
        if !self.order_by.is_empty() {
            f.write_str(if self.order_siblings { " ORDER SIBLINGS BY " } else { " ORDER BY " })?;
            list(f, &self.order_by)?;
        }
        if let Some(offset) = &self.offset {
            write!(f, " OFFSET ({offset}) ROWS")?;
        }
        if let Some(fetch) = &self.fetch {
            write!(f, " {fetch}")?;
        }
        match &self.for_update {
            Some(lock) => write!(f, " {lock}"),
            None => Ok(()),
        }
    }
}

impl Display for CommonTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)?;
        if !self.columns.is_empty() {
            f.write_str(" (")?;
            list(f, &self.columns)?;
            f.write_str(")")?;
        }
        write!(f, " AS ({})", self.query)
    }
}

impl Display for Fetch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("FETCH FIRST")?;
        if let Some(count) = &self.count {
            write!(f, " ({count})")?;
        }
        f.write_str(if self.percent { " PERCENT ROWS" } else { " ROWS" })?;
        f.write_str(if self.with_ties { " WITH TIES" } else { " ONLY" })
    }
}

impl Display for ForUpdate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("FOR UPDATE")?;
        if !self.of.is_empty() {
            f.write_str(" OF ")?;
            list(f, &self.of)?;
        }
        match self.wait {
            LockWait::Forever => Ok(()),
            LockWait::NoWait => f.write_str(" NOWAIT"),
            LockWait::Seconds(seconds) => write!(f, " WAIT {seconds}"),
            LockWait::SkipLocked => f.write_str(" SKIP LOCKED"),
        }
    }
}

impl Display for SetExpression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(select) => select.fmt(f),
            Self::Nested(query) => write!(f, "({query})"),
            Self::Set { operator, all, left, right } => {
                let word = match operator {
                    SetOperator::Union => "UNION",
                    SetOperator::Intersect => "INTERSECT",
                    SetOperator::Minus => "MINUS",
                };
                write!(f, "{left} {word}{} {right}", if *all { " ALL" } else { "" })
            }
        }
    }
}

impl Display for Select {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("SELECT ")?;
        if let Some(distinctness) = self.distinctness {
            write!(f, "{distinctness} ")?;
        }
        list(f, &self.items)?;
        if let Some(into) = &self.into {
            write!(f, " {into}")?;
        }
        if !self.from.is_empty() {
            f.write_str(" FROM ")?;
            list(f, &self.from)?;
        }
        if let Some(condition) = &self.selection {
            write!(f, " WHERE {condition}")?;
        }
        if let Some(hierarchical) = &self.hierarchical {
            write!(f, " {hierarchical}")?;
        }
        if !self.group_by.is_empty() {
            f.write_str(" GROUP BY ")?;
            list(f, &self.group_by)?;
        }
        match &self.having {
            Some(having) => write!(f, " HAVING {having}"),
            None => Ok(()),
        }
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Star(_) => f.write_str("*"),
            Self::QualifiedStar(name) => write!(f, "{name}.*"),
            Self::Expression { value, alias: Some(alias) } => write!(f, "{value} AS {alias}"),
            Self::Expression { value, alias: None } => value.fmt(f),
        }
    }
}

impl Display for Into {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.bulk { "BULK COLLECT INTO " } else { "INTO " })?;
        list(f, &self.targets)
    }
}

impl Display for Hierarchical {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(start) = &self.start_with {
            write!(f, "START WITH {start} ")?;
        }
        write!(f, "CONNECT BY {}{}", if self.nocycle { "NOCYCLE " } else { "" }, self.connect_by)
    }
}

impl Display for GroupItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let items = match self {
            Self::Expression(value) => return value.fmt(f),
            Self::Empty => return f.write_str("()"),
            Self::GroupingSets(items) => {
                f.write_str("GROUPING SETS (")?;
                list(f, items)?;
                return f.write_str(")");
            }
            Self::Rollup(items) => {
                f.write_str("ROLLUP (")?;
                items
            }
            Self::Cube(items) => {
                f.write_str("CUBE (")?;
                items
            }
        };
        list(f, items)?;
        f.write_str(")")
    }
}

impl Display for TableReference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Factor(factor) => factor.fmt(f),
            Self::Join(join) => join.fmt(f),
        }
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = match self.kind {
            JoinKind::Inner => "JOIN",
            JoinKind::Left => "LEFT JOIN",
            JoinKind::Right => "RIGHT JOIN",
            JoinKind::Full => "FULL JOIN",
            JoinKind::Cross => "CROSS JOIN",
            JoinKind::CrossApply => "CROSS APPLY",
            JoinKind::OuterApply => "OUTER APPLY",
        };
        let natural = if self.condition == JoinCondition::Natural { "NATURAL " } else { "" };
        write!(f, "{} {natural}{word} ", self.left)?;
        match &self.right {
            TableReference::Factor(factor) => factor.fmt(f)?,
            TableReference::Join(join) => write!(f, "({join})")?,
        }
        match &self.condition {
            JoinCondition::On(condition) => write!(f, " ON {condition}"),
            JoinCondition::Using(columns) => {
                f.write_str(" USING (")?;
                list(f, columns)?;
                f.write_str(")")
            }
            JoinCondition::Natural | JoinCondition::None => Ok(()),
        }
    }
}

impl Display for TableFactor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.lateral { "LATERAL " } else { "" })?;
        match &self.source {
            TableSource::Named(name) => name.fmt(f)?,
            TableSource::Subquery(query) => write!(f, "({query})")?,
            TableSource::Collection(value) => write!(f, "TABLE({value})")?,
            TableSource::Function(call) => call.fmt(f)?,
            TableSource::JsonTable(table) => table.fmt(f)?,
        }
        f.write_str(if self.outer_join { "(+)" } else { "" })?;
        if let Some(partition) = &self.partition {
            write!(f, " PARTITION ({partition})")?;
        }
        if let Some((percent, block)) = &self.sample {
            write!(f, " SAMPLE {}({percent})", if *block { "BLOCK " } else { "" })?;
        }
        if let Some(flashback) = &self.flashback {
            write!(
                f,
                " AS OF {} ({})",
                if flashback.timestamp { "TIMESTAMP" } else { "SCN" },
                flashback.value
            )?;
        }
        match &self.alias {
            Some(alias) => write!(f, " {alias}"),
            None => Ok(()),
        }
    }
}
