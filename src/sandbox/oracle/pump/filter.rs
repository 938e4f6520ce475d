//! Filters: the right side of a comparison, as the language reads it, and what it lets through.

use super::job::{Job, MetadataFilter};
use super::paths;
use crate::sandbox::oracle::error::Outcome;
use crate::sandbox::oracle::language::ast::{BinaryOperator, Expression, ExpressionKind};
use crate::sandbox::oracle::language::{Dialect, parse_expression};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

/// Text literals, wherever they stand.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current: Option<String> = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (&mut current, letter) {
            (Some(word), '\'') if letters.peek() == Some(&'\'') => {
                letters.next();
                word.push('\'');
            }
            (Some(_), '\'') => found.extend(current.take()),
            (Some(word), other) => word.push(other),
            (None, '\'') => current = Some(String::new()),
            (None, _) => {}
        }
    }
    found
}

/// The elements of a `_LIST` value: quoted and separated by commas. None when it is anything else.
pub(super) fn elements(text: &str) -> Option<Vec<String>> {
    let found = literals(text);
    let mut outside = String::new();
    let mut inside = false;
    for letter in text.chars() {
        if letter == '\'' {
            inside = !inside;
        } else if !inside && !letter.is_whitespace() {
            outside.push(letter);
        }
    }
    let commas = ",".repeat(found.len().checked_sub(1)?);
    (!inside && outside == commas).then_some(found)
}

fn comparison(name: &str, value: &str) -> String {
    format!("case when '{}' {value} then 1 else 0 end", name.replace('\'', "''"))
}

/// Whether a filter's value is a list of names and no expression.
pub(super) fn is_list(name: &str) -> bool {
    name.ends_with("_LIST") || matches!(name, "EXCLUDE_TABLES" | "VIEWS_AS_TABLES")
}

/// The names that a filter asks for one by one: those of a list, of an equation, or of IN. None for any other comparison.
pub(super) fn named(name: &str, value: &str) -> Option<Vec<String>> {
    if is_list(name) {
        return elements(value);
    }
    let parsed = parse_expression(&comparison("X", value), Dialect::default()).ok()?;
    let ExpressionKind::Case { branches, .. } = parsed.kind else { return None };
    let literal = |expression: &Expression| match &expression.kind {
        ExpressionKind::String { value, .. } => Some(value.clone()),
        _ => None,
    };
    match &branches.first()?.when.kind {
        ExpressionKind::InList { operand, list, negated: false } if literal(operand).is_some() => {
            list.iter().map(literal).collect()
        }
        ExpressionKind::Binary { operator: BinaryOperator::Equal, left, right }
            if literal(left).is_some() =>
        {
            literal(right).map(|name| vec![name])
        }
        _ => None,
    }
}

impl MetadataFilter {
    /// The names that it asks for one by one; none where it compares.
    pub(super) fn named(&self) -> Vec<String> {
        named(&self.name, &self.value).unwrap_or_default()
    }
}

/// Whether a value can stand at the right side of a comparison.
pub(super) fn parses(value: &str) -> bool {
    parse_expression(&comparison("X", value), Dialect::default()).is_ok()
}

/// Whether a filter's value lets a name through.
pub(super) fn passes(machine: &mut Machine, filter: &MetadataFilter, name: &str) -> Outcome<bool> {
    if is_list(&filter.name) {
        return Ok(filter.named().iter().any(|element| element == name));
    }
    let text = comparison(name, &filter.value);
    let expr = machine.binder(&text).stored_expression(&text)?;
    let value = machine.as_statement(|machine| machine.eval(&expr))?;
    Ok(value == Value::integer(1))
}

/// Whether an object path is wanted at all.
pub(super) fn path_wanted(machine: &mut Machine, job: &Job, path: &str) -> Outcome<bool> {
    for filter in &job.filters {
        let (include, is_path) = match filter.name.as_str() {
            "INCLUDE_PATH_EXPR" | "INCLUDE_PATH_LIST" => (true, true),
            "EXCLUDE_PATH_EXPR" | "EXCLUDE_PATH_LIST" => (false, true),
            _ => (false, false),
        };
        if !is_path {
            continue;
        }
        let hit = if let Some(list) = named(&filter.name, &filter.value) {
            list.iter().any(|written| paths::covers(written, path))
        } else {
            // Anything but a list or an equation looks at the path itself and at each word of it.
            let mut hit = false;
            let full = paths::whole(job.mode, path);
            for candidate in path.split('/').chain([path, full.as_str()]) {
                hit |= passes(machine, filter, candidate)?;
            }
            hit
        };
        // The rows of tables are wanted unless they or their tables are left out.
        if hit != include {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a whole schema is wanted by its name. What belongs to none always is.
pub(super) fn schema_wanted(machine: &mut Machine, job: &Job, schema: &str) -> Outcome<bool> {
    let of_schemas = |filter: &&MetadataFilter| filter.path.as_deref() == Some(paths::SCHEMA);
    let filters: Vec<MetadataFilter> = job.filters.iter().filter(of_schemas).cloned().collect();
    for filter in filters {
        if !schema.is_empty() && !passes(machine, &filter, schema)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether `EXCLUDE_TABLES` leaves a table out, named with its schema or without.
pub(super) fn is_excluded(job: &Job, schema: &str, table: &str) -> bool {
    let full = format!("{schema}.{table}");
    let lists = job.filters.iter().filter(|filter| filter.name == "EXCLUDE_TABLES");
    lists.flat_map(MetadataFilter::named).any(|name| name == table || name == full)
}

/// Whether an object of a path is wanted by its name.
pub(super) fn name_wanted(machine: &mut Machine, job: &Job, path: &str, name: &str) -> Outcome<bool> {
    let named: Vec<MetadataFilter> = job
        .filters
        .iter()
        .filter(|filter| matches!(filter.name.as_str(), "NAME_EXPR" | "NAME_LIST"))
        .cloned()
        .collect();
    for filter in named {
        let applies = match &filter.path {
            Some(written) => {
                path == paths::of_names(written) || {
                    let written = written.to_uppercase();
                    path.ends_with(&format!("/{written}")) && paths::covers(&written, path)
                }
            }
            // Without a path it is the tables' in table mode, everything named otherwise.
            None => path == "TABLE/TABLE" || job.mode != super::job::Mode::Table,
        };
        if applies && !passes(machine, &filter, name)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_lists() {
        fn check(text: &str, want: Option<&[&str]>) {
            let got = elements(text);
            assert_eq!(
                got.as_deref().map(|list| list.iter().map(String::as_str).collect::<Vec<_>>()).as_deref(),
                want
            );
        }
        fn check_named(name: &str, value: &str, want: Option<&[&str]>) {
            let got = named(name, value);
            let got: Option<Vec<&str>> = got.as_ref().map(|list| list.iter().map(String::as_str).collect());
            assert_eq!(got.as_deref(), want, "{value}");
        }
        check("'HR','OE'", Some(&["HR", "OE"]));
        check(" 'it''s' ", Some(&["it's"]));
        check("HR", None);
        check("IN ('HR')", None);
        check("'HR' 'OE'", None);
        check("'HR',", None);
        check_named("NAME_EXPR", "IN ('NOTES','it''s','GONE')", Some(&["NOTES", "it's", "GONE"]));
        check_named("NAME_EXPR", "= 'LIKELY'", Some(&["LIKELY"]));
        check_named("SCHEMA_LIST", "'NOTARY', 'GHOST'", Some(&["NOTARY", "GHOST"]));
        for other in
            ["NOT IN ('A')", "<> 'A'", "LIKE 'A%'", "= 'A' or 'B' = 'B'", "IN (select 'A' from dual)"]
        {
            check_named("NAME_EXPR", other, None);
        }
        assert!(parses("IN ('A','B')") && parses("= 'A'") && parses("LIKE 'X%'") && parses("not in ('A')"));
        assert!(!parses("'A'") && !parses("IN ('A'") && !parses("A"));
    }
}
