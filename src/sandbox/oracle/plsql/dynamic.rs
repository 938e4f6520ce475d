//! Dynamic SQL: bound and checked when it is run.

use std::sync::Arc;

use super::code::{Targets, Using};
use crate::sandbox::oracle::bind::{Binder, syntax_error};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::{ParameterMode, StatementKind};
use crate::sandbox::oracle::language::{self, Dialect};
use crate::sandbox::oracle::plan::{Expr, OutputColumn};
use crate::sandbox::oracle::run::{Frame, Machine, Row};
use crate::sandbox::oracle::session::Effect;
use crate::sandbox::oracle::values::{Type, Value};

/// Bound DML.
enum Plan {
    Insert(crate::sandbox::oracle::bind::InsertPlan),
    Update(crate::sandbox::oracle::bind::UpdatePlan),
    Delete(crate::sandbox::oracle::bind::DeletePlan),
    Merge(crate::sandbox::oracle::bind::MergePlan),
}

impl Machine {
    fn using_values(&mut self, using: &[Using]) -> Outcome<(Vec<Value>, Vec<Type>)> {
        let mut values = Vec::new();
        let mut types = Vec::new();
        for argument in using {
            let of = argument
                .value
                .as_ref()
                .map(|expr| expr.of.clone())
                .or_else(|| argument.place.as_ref().map(|place| place.of.clone()));
            types.push(match of {
                Some(Type::Varchar { .. } | Type::Char { .. } | Type::Null) | None => Type::TEXT,
                Some(Type::Integer | Type::Number(..)) => Type::NUMBER,
                Some(other) => other,
            });
            values.push(match &argument.value {
                Some(expr) => self.eval(expr)?,
                None => Value::Null,
            });
        }
        Ok((values, types))
    }

    fn dynamic_text(&mut self, text: &Expr) -> Outcome<String> {
        match self.eval(text)?.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => fail(6535, &[]),
        }
    }

    fn in_dynamic<T>(
        &mut self,
        values: Vec<Value>,
        act: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<(T, Vec<Value>)> {
        self.check_depth()?;
        self.binds.push(values);
        let rows = std::mem::take(&mut self.rows);
        let result = act(self);
        self.rows = rows;
        let values = self.binds.pop().unwrap_or_default();
        result.map(|made| (made, values))
    }

    /// EXECUTE IMMEDIATE.
    pub(super) fn execute_immediate(
        &mut self,
        text: &Expr,
        into: Option<&Targets>,
        using: &[Using],
        returning: Option<&Targets>,
    ) -> Outcome<()> {
        let text = self.dynamic_text(text)?;
        let statement =
            language::parse_statement(&text, Dialect::default()).map_err(|error| syntax_error(&error))?;
        if returning.is_some() {
            return Err(OracleError::unsupported("return values from dynamic DML"));
        }
        let (values, types) = self.using_values(using)?;
        let count = values.len();
        match &statement.kind {
            StatementKind::Query(query) => {
                let plan = {
                    let mut binder = self.dynamic_binder(&text, &types);
                    let plan = binder.query(query)?;
                    check_used(&binder, count)?;
                    plan
                };
                let Some(into) = into else { return Ok(()) };
                self.observe(&text, Effect::Read);
                let (rows, _) = self.in_dynamic(values, |machine| machine.run_query(&plan))?;
                self.implicit = Some(i64::try_from(rows.len()).unwrap_or(i64::MAX));
                if into.bulk {
                    return self.into_bulk(into, rows);
                }
                let mut rows = rows.into_iter();
                let Some(first) = rows.next() else { return fail(1403, &[]) };
                if rows.next().is_some() {
                    return fail(1422, &[]);
                }
                self.into_row(into, first)
            }
            StatementKind::Insert(_)
            | StatementKind::Update(_)
            | StatementKind::Delete(_)
            | StatementKind::Merge(_) => {
                let count = values.len();
                let (done, _) =
                    self.in_dynamic(values, |machine| machine.change(&statement, &text, &types, count))?;
                self.implicit = Some(done);
                Ok(())
            }
            StatementKind::Block(block) => {
                // Placeholders of a block are one for each name.
                let (names, order) = placeholders(&text);
                if names.len() != count {
                    return fail(if names.len() > count { 1008 } else { 1006 }, &[]);
                }
                let named = names.into_iter().zip(types).collect::<Vec<_>>();
                let _ = order;
                let unit = {
                    let mut binder = self.binder(&text);
                    binder.binds.names = named;
                    super::compile_block(&mut binder, block)?
                };
                self.observe(&text, Effect::Write);
                let ((), after) = self.in_dynamic(values, |machine| machine.run_unit(unit))?;
                for (argument, value) in using.iter().zip(after) {
                    if let (Some(place), true) = (&argument.place, argument.mode != ParameterMode::In) {
                        self.assign(place, value)?;
                    }
                }
                Ok(())
            }
            _ => {
                if self.in_trigger > 0 {
                    return fail(4092, &["COMMIT"]);
                }
                let outcome = self.execute_other(&statement, &text)?;
                // What is a warning to a client is an exception to a block, and what is made stays.
                if outcome.feedback.starts_with("Warning: ") { fail(24344, &[]) } else { Ok(()) }
            }
        }
    }

    fn dynamic_binder(&mut self, text: &str, types: &[Type]) -> Binder<'_> {
        let names = types.iter().map(|of| (String::new(), of.clone())).collect();
        let mut binder = self.binder(text);
        binder.binds.names = names;
        binder.binds.positional = true;
        binder
    }

    /// Binds and runs DML with binds by position or by name.
    pub(crate) fn change(
        &mut self,
        statement: &crate::sandbox::oracle::language::ast::Statement,
        text: &str,
        types: &[Type],
        count: usize,
    ) -> Outcome<i64> {
        let plan = {
            let mut binder = self.dynamic_binder(text, types);
            let plan = match &statement.kind {
                StatementKind::Insert(insert) => Plan::Insert(binder.insert(insert)?),
                StatementKind::Update(update) => Plan::Update(binder.update(update)?),
                StatementKind::Delete(delete) => Plan::Delete(binder.delete(delete)?),
                StatementKind::Merge(merge) => Plan::Merge(binder.merge(merge)?),
                _ => return fail(900, &[]),
            };
            check_used(&binder, count)?;
            plan
        };
        self.observe(text, Effect::Write);
        Ok(match plan {
            Plan::Insert(plan) => self.insert(&plan)?.0,
            Plan::Update(plan) => self.update(&plan)?.0,
            Plan::Delete(plan) => self.delete(&plan)?.0,
            Plan::Merge(plan) => self.merge(&plan)?.0,
        })
    }

    /// Runs a query whose text is made at run time.
    pub(super) fn dynamic_query(
        &mut self,
        text: &Expr,
        using: &[Using],
    ) -> Outcome<(Vec<OutputColumn>, Vec<Row>)> {
        let text = self.dynamic_text(text)?;
        let query = language::parse_query(&text, Dialect::default()).map_err(|error| syntax_error(&error))?;
        let (values, types) = self.using_values(using)?;
        let plan = {
            let mut binder = self.dynamic_binder(&text, &types);
            let plan = binder.query(&query)?;
            check_used(&binder, types.len())?;
            plan
        };
        self.observe(&text, Effect::Read);
        let (rows, _) = self.in_dynamic(values, |machine| machine.run_query(&plan))?;
        Ok((plan.columns, rows))
    }

    /// Runs a compiled anonymous block.
    pub(crate) fn run_unit(&mut self, unit: super::code::Unit) -> Outcome<()> {
        let Some(routine) = unit.routines.first().cloned() else { return Ok(()) };
        let Some(body) = routine.body.clone() else { return Ok(()) };
        let in_sql = std::mem::replace(&mut self.in_sql, 0);
        self.frames.push(Frame {
            unit: Arc::new(unit),
            routine: 0,
            values: vec![Value::Null; routine.slots],
            parent: 0,
            line: 0,
        });
        let result = self.run_routine_body(&body, routine.autonomous);
        self.frames.pop();
        self.in_sql = in_sql;
        result.map(|_| ())
    }
}

fn check_used(binder: &Binder<'_>, given: usize) -> Outcome<()> {
    if binder.binds.used < given { fail(1006, &[]) } else { Ok(()) }
}

/// The last letter of a literal of chosen marks, `q'{…}'`, whose `q` stands here; nothing where it is none.
fn chosen_end(letters: &[char], at: usize) -> Option<usize> {
    let in_a_word = |place: usize| {
        letters.get(place).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | ':'))
    };
    let before = at.checked_sub(1);
    let national = before.is_some_and(|b| matches!(letters[b], 'n' | 'N') && !(b > 0 && in_a_word(b - 1)));
    if letters.get(at + 1) != Some(&'\'') || (before.is_some_and(in_a_word) && !national) {
        return None;
    }
    let end = match letters.get(at + 2)? {
        '{' => '}',
        '[' => ']',
        '(' => ')',
        '<' => '>',
        other => *other,
    };
    (at + 3..letters.len())
        .find(|place| letters[*place] == '\'' && letters[*place - 1] == end && *place > at + 3)
}

/// The bind names of a text in order of first mention, and the order of all mentions.
pub(crate) fn placeholders(text: &str) -> (Vec<String>, Vec<usize>) {
    let mut names: Vec<String> = Vec::new();
    let mut order = Vec::new();
    let letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        match letters[at] {
            'q' | 'Q' if chosen_end(&letters, at).is_some() => {
                at = chosen_end(&letters, at).unwrap_or(at);
            }
            '\'' => {
                at += 1;
                while at < letters.len() && letters[at] != '\'' {
                    at += 1;
                }
            }
            '"' => {
                at += 1;
                while at < letters.len() && letters[at] != '"' {
                    at += 1;
                }
            }
            '-' if letters.get(at + 1) == Some(&'-') => {
                while at < letters.len() && letters[at] != '\n' {
                    at += 1;
                }
            }
            '/' if letters.get(at + 1) == Some(&'*') => {
                at += 2;
                while at + 1 < letters.len() && !(letters[at] == '*' && letters[at + 1] == '/') {
                    at += 1;
                }
                at += 1;
            }
            ':' if letters.get(at + 1).is_some_and(|c| c.is_alphanumeric() || *c == '_') => {
                let from = at + 1;
                at = from;
                while at < letters.len()
                    && (letters[at].is_alphanumeric() || matches!(letters[at], '_' | '$' | '#'))
                {
                    at += 1;
                }
                let name: String = letters[from..at].iter().collect::<String>().to_uppercase();
                let known = names.iter().position(|other| *other == name);
                order.push(known.unwrap_or(names.len()));
                if known.is_none() {
                    names.push(name);
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    (names, order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_are_found_outside_of_literals_alone() {
        fn check(text: &str, wanted: &[&str]) {
            assert_eq!(placeholders(text).0, wanted, "{text}");
        }
        check("begin :a := :b + :A; end;", &["A", "B"]);
        check("select ':no', \":no\", :yes from t -- :no\n where /* :no */ x = :too", &["YES", "TOO"]);
        check("begin x := q'{it's :no}'; y := :yes; end;", &["YES"]);
        check("begin x := q'{:no ' :no}' || :yes; y := nQ'[it's :no]' || :too; end;", &["YES", "TOO"]);
        check("begin x := q'!don't :no!' || q'(a'b:no)' || q'<'>' || :yes; end;", &["YES"]);
        check("begin x := q'||' || :yes; y := q'{}' || :too; end;", &["YES", "TOO"]);
        check("select faq':no' from dual where a = :yes", &["YES"]);
    }
}
