//! What can go wrong with a statement, as one type that says where, what and what to do next.

use super::codes;
use crate::model::{ActionError, Category};

/// The failure of a statement or of a session.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct DbError {
    /// The kind, which decides about repeats.
    pub category: Category,
    /// Oracle's codes in the order of the message, such as `ORA-06550` and `PLS-00201`.
    pub codes: Box<[String]>,
    /// The line of the statement, from 1.
    pub line: Option<u64>,
    /// The HTTP status, where HTTP is spoken.
    pub status: Option<u16>,
    /// Whether the database has certainly not seen the statement.
    pub not_sent: bool,
    /// What happened and where, one sentence.
    pub message: Box<str>,
    /// The causes underneath, outermost first.
    pub causes: Vec<String>,
    /// What to do next.
    pub advice: Option<String>,
}

impl DbError {
    /// A failure of this kind.
    pub fn new(category: Category, message: impl Into<String>) -> Self {
        Self {
            category,
            codes: Box::default(),
            line: None,
            status: None,
            not_sent: false,
            message: message.into().into_boxed_str(),
            causes: Vec::new(),
            advice: None,
        }
    }

    /// The call itself is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { not_sent: true, ..Self::new(Category::Invalid, message) }
    }

    /// A failure that the database reported in `text`, while `what` was executed. `line` is the driver's own idea of
    /// the line; a line inside the text counts more, as it belongs to the block.
    pub fn reported(what: &str, text: &str, code: Option<u64>, line: Option<u64>, statement: &str) -> Self {
        let mut found = codes::find(text);
        if found.is_empty() {
            found.extend(code.filter(|code| *code != 0).map(|code| format!("ORA-{code:05}")));
        }
        let line = line_inside(text).or(line).filter(|line| *line > 0);
        let known = found.iter().filter_map(|code| codes::lookup(code)).min_by_key(|known| known.wrapper);
        let category = codes::category(&found);
        let place = line.map(|line| place(line, statement)).unwrap_or_default();
        let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or(text).trim();
        let mut error = Self::new(category, format!("{what} failed{place}: {first}"));
        error.causes =
            text.lines().map(str::trim).filter(|l| !l.is_empty() && *l != first).map(str::to_owned).collect();
        error.line = line;
        if found.iter().any(|code| code == "PLS-00306") {
            error.causes.extend(tried(text, line, statement));
        }
        if let Some(known) = known {
            error.causes.push(format!("usual cause: {}", known.cause));
            error.advice = Some(known.remedy.to_owned());
        } else if let Some(code) = found.first() {
            error.advice = Some(format!("look {code} up in Oracle's error messages"));
        }
        error.codes = found.into_boxed_slice();
        error
    }

    /// The code that tells most: an inner one where the outer only wraps it.
    pub fn code(&self) -> Option<&str> {
        codes::telling(&self.codes)
    }

    /// With what to do next.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// With one more cause underneath.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// With the HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

/// The call whose arguments do not fit (PLS-00306), as the statement has it: the names of its parameters, and no values.
fn tried(text: &str, line: Option<u64>, statement: &str) -> Option<String> {
    let name = text.split("in call to '").nth(1)?.split('\'').next()?.to_lowercase();
    let lower = statement.to_lowercase();
    let line = usize::try_from(line.unwrap_or(1)).ok()?;
    let begun: usize = lower.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let is_word = |letter: char| letter.is_alphanumeric() || "_$#".contains(letter);
    let call = |from: usize| {
        lower[from..].match_indices(&name).map(|(at, _)| from + at).find(|at| {
            let behind = &lower[at + name.len()..];
            !lower[..*at].ends_with(is_word) && behind.trim_start().starts_with('(')
        })
    };
    let at = call(begun).or_else(|| call(0))?;
    let before =
        lower[..at].char_indices().rev().take_while(|(_, letter)| is_word(*letter) || *letter == '.');
    let path = before.last().map_or(at, |(place, _)| place);
    let open = at + name.len() + lower[at + name.len()..].find('(')? + 1;
    let sent = match arguments(&lower[open..])[..] {
        [] => "without arguments".to_owned(),
        ref names => format!("with {}", names.join(", ")),
    };
    Some(format!("tried: {} {sent}", &lower[path..at + name.len()]))
}

/// The arguments of a call, from behind its parenthesis: each by its name, or by its place where it has none.
fn arguments(text: &str) -> Vec<String> {
    let (mut found, mut one, mut depth, mut quoted) = (Vec::new(), String::new(), 0_u32, false);
    for letter in text.chars() {
        quoted ^= letter == '\'';
        match letter {
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => break,
            ')' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                found.push(std::mem::take(&mut one));
                continue;
            }
            _ => {}
        }
        one.push(letter);
    }
    if !one.trim().is_empty() || !found.is_empty() {
        found.push(one);
    }
    let named = |(place, one): (usize, &String)| match one.split_once("=>") {
        Some((name, _)) if !name.contains(['\'', '(']) => name.trim().to_owned(),
        _ => format!("argument {}", place + 1),
    };
    found.iter().enumerate().map(named).collect()
}

/// ` at line 3 (begin foo;)`: the line and its text, which holds no values.
fn place(line: u64, statement: &str) -> String {
    let text = usize::try_from(line - 1).ok().and_then(|index| statement.lines().nth(index)).map(str::trim);
    match text.filter(|text| !text.is_empty()) {
        Some(text) if text.chars().count() > 80 => {
            format!(" at line {line} ({}…)", text.chars().take(80).collect::<String>())
        }
        Some(text) => format!(" at line {line} ({text})"),
        None => format!(" at line {line}"),
    }
}

/// The line of the anonymous block that a message names: where it did not compile, or the last of the call stack.
fn line_inside(text: &str) -> Option<u64> {
    let number = |rest: &str| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    if let Some((_, rest)) = text.split_once("ORA-06550: line ") {
        return number(rest);
    }
    text.lines().filter_map(|line| number(line.trim().strip_prefix("ORA-06512: at line ")?)).next_back()
}

impl From<DbError> for ActionError {
    fn from(error: DbError) -> Self {
        let code = error.code().map(str::to_owned);
        Self {
            category: error.category,
            code,
            request_id: None,
            message: error.message.into(),
            causes: error.causes,
            advice: error.advice,
        }
    }
}

impl From<ActionError> for DbError {
    fn from(error: ActionError) -> Self {
        Self {
            codes: error.code.into_iter().collect(),
            not_sent: true,
            causes: error.causes,
            advice: error.advice,
            ..Self::new(error.category, error.message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports() {
        fn check(text: &str, line: Option<u64>, code: &str, category: Category, message: &str) {
            let statement = "begin\n  guard;\n  grant_it;\nend;";
            let error = DbError::reported("the block", text, None, line, statement);
            assert_eq!(error.code(), Some(code), "{text}");
            assert_eq!(error.category, category, "{text}");
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.advice.is_some());
        }
        check(
            "ORA-06550: line 3, column 3:\nPLS-00201: identifier 'GRANT_IT' must be declared\nORA-06550: line 3, column 3:\nPL/SQL: Statement ignored",
            Some(1),
            "PLS-00201",
            Category::Invalid,
            "failed at line 3 (grant_it;)",
        );
        check(
            "ORA-00942: table or view does not exist",
            Some(2),
            "ORA-00942",
            Category::NotFound,
            "at line 2 (guard;)",
        );
        check(
            "ORA-01476: divisor is equal to zero\nORA-06512: at \"APP.P\", line 7\nORA-06512: at line 2",
            None,
            "ORA-01476",
            Category::Invalid,
            "at line 2",
        );
        check("ORA-00054: resource busy", None, "ORA-00054", Category::Transient, "failed: ORA-00054");
        check(
            "ORA-20123: own text\nORA-06512: at line 99",
            None,
            "ORA-20123",
            Category::Invalid,
            "at line 99: ORA-20123",
        );
    }

    #[test]
    fn a_call_that_does_not_fit_is_told_as_it_was_sent() {
        fn check(statement: &str, line: u64, wanted: Option<&str>) {
            let text = format!(
                "ORA-06550: line {line}, column 3:\nPLS-00306: wrong number or types of arguments in call to 'ADD_USER'"
            );
            let error = DbError::reported("the block", &text, None, None, statement);
            let tried = error.causes.iter().find(|cause| cause.starts_with("tried"));
            assert_eq!(tried.map(String::as_str), wanted, "{statement}");
        }
        let block = "begin\n  -- add_user(x)\n  “Apex.Add_User (p_name => 'a, (b', p_group=>f(1, 2),\n p_on => sysdate); end;";
        check(block, 3, Some("tried: apex.add_user with p_name, p_group, p_on"));
        check(
            "begin re_add_user(1); add_user(1, x); end;",
            1,
            Some("tried: add_user with argument 1, argument 2"),
        );
        check("begin add_user(); end;", 1, Some("tried: add_user without arguments"));
        check("begin other; end;", 1, None);
    }

    #[test]
    fn a_bare_code_is_enough() {
        let error = DbError::reported("the query", "something odd", Some(942), None, "select 1");
        assert_eq!(error.code(), Some("ORA-00942"));
        let action: ActionError = error.into();
        assert_eq!(action.code.as_deref(), Some("ORA-00942"));
        assert!(action.causes.iter().any(|c| c.starts_with("usual cause")));
    }
}
