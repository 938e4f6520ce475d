//! A statement that failed: which it was, at which of its own lines, and how the process ends.

use super::super::exit::{Exit, Failure};
use super::sending::{Sending, Way};
use super::text::named;
use crate::db::{DbError, codes};
use crate::model::Category;
use crate::sql::{AT_STATEMENT, Script};

/// The errors by which the guard refuses.
const REFUSALS: [&str; 3] = ["ORA-20901", "ORA-20902", "ORA-20903"];

/// How the line of a call stack begins that stands for an anonymous block.
const FRAME: &str = "ORA-06512: at line ";

/// A failure, told as the statement's own.
#[derive(Debug)]
pub(super) struct Told {
    /// The statement's number.
    pub(super) number: usize,
    /// What happened.
    pub(super) error: DbError,
}

impl Told {
    /// The error of a sending in the words of the statement that failed: what stands in the text around it is taken off.
    pub(super) fn of(error: DbError, sending: &Sending, script: &Script) -> Self {
        let first = sending.numbers.first().copied().unwrap_or(script.pieces.len());
        let Some((number, text)) = database_text(&error, &sending.way, first) else {
            let place = named(script, first, None);
            let error = DbError { message: format!("{place}: {}", error.message).into(), ..error };
            return Self { number: first, error };
        };
        let line = match &sending.way {
            Way::Rows { bare: Some(_) } => error.line.map(|line| line.saturating_sub(1)),
            Way::Rows { bare: None } | Way::Bare => error.line,
            Way::Block { .. } | Way::Behind { .. } => None,
        };
        Self::reported(number, &text, line, script)
    }

    /// A failure that the database reported in `text` for a statement; `line` counts the statement's own lines.
    pub(super) fn reported(number: usize, text: &str, line: Option<u64>, script: &Script) -> Self {
        let statement = script.pieces.get(number - 1).map_or("", |piece| piece.text.as_str());
        let line = line.filter(|line| *line > 0);
        let found = DbError::reported("", text, None, line, statement).line;
        let what = named(script, number, found);
        // The frames of the statement itself say only where, and that is told.
        let said: Vec<&str> = text.lines().filter(|line| !line.starts_with(FRAME)).collect();
        let mut error = DbError::reported(&what, &said.join("\n"), None, found, statement);
        if error.code().is_some_and(codes::is_raised) {
            error.advice = Some("code in the database raised it: its text says what is wrong".to_owned());
        }
        // Where it is in the file stands in the name already.
        if let Some(line) = found {
            let message = error.message.replacen(&format!(" failed at line {line}"), " failed", 1);
            error.message = message.into();
        }
        Self { number, error }
    }

    /// The failure as it ends the command. `leaves` says whether something that earlier statements changed stays.
    pub(super) fn failure(&self, sent_by: &Sending, leaves: bool) -> Failure {
        let error = &self.error;
        let exit = if error.category == Category::Cancelled {
            Exit::Interrupted
        } else if error.codes.iter().any(|code| REFUSALS.contains(&code.as_str())) {
            Exit::Refused
        } else if error.not_sent && error.codes.is_empty() {
            far_side(error)
        } else if is_lost(error) && !sent_by.writes() {
            Exit::FarSide
        } else if leaves || is_lost(error) {
            Exit::FailedWithLeftovers
        } else {
            Exit::Failed
        };
        Failure { exit, ..Failure::from(error.clone()) }
    }
}

/// How a command ends that could not speak to the database.
pub(super) fn far_side(error: &DbError) -> Exit {
    match error.category {
        Category::Cancelled => Exit::Interrupted,
        Category::Invalid => Exit::Wrong,
        Category::Bug => Exit::Bug,
        _ => Exit::FarSide,
    }
}

/// Whether the session or the answer is gone, and with it everything that could follow.
pub(super) fn is_lost(error: &DbError) -> bool {
    let passing = matches!(
        error.category,
        Category::Transient | Category::Throttled | Category::TimedOut | Category::Unknown | Category::Denied
    );
    (error.codes.is_empty() && (passing || error.not_sent))
        || error.codes.iter().any(|code| ends_session(code))
}

/// The codes after which a session is no more.
fn ends_session(code: &str) -> bool {
    matches!(
        code,
        "ORA-00028"
            | "ORA-01012"
            | "ORA-01033"
            | "ORA-01034"
            | "ORA-01089"
            | "ORA-01092"
            | "ORA-02396"
            | "ORA-03113"
            | "ORA-03114"
            | "ORA-03135"
            | "ORA-12537"
            | "ORA-12547"
            | "ORA-12570"
            | "ORA-12583"
            | "DPY-4011"
            | "DPI-1080"
    )
}

/// What the database said of the statement itself: its number and the text without the frames of what stands around it.
fn database_text(error: &DbError, way: &Way, first: usize) -> Option<(usize, String)> {
    let code = error.codes.first()?;
    let begin = error.message.find(&format!(": {code}")).map(|at| at + 2);
    let mut head = error.message.get(begin?..)?.to_owned();
    let mut number = first;
    let marked = head.split_once(AT_STATEMENT).and_then(|(_, rest)| {
        let (number, rest) = rest.split_once(": ")?;
        Some((number.parse().ok()?, rest.to_owned()))
    });
    if let Some((at, rest)) = marked {
        (number, head) = (at, rest);
    }
    let said = error
        .causes
        .iter()
        .filter(|cause| !cause.starts_with("usual cause:") && !cause.starts_with("tried:"));
    let mut lines: Vec<String> = Vec::new();
    for line in std::iter::once(&head).chain(said) {
        if let Some(line) = own_line(line, way)
            && !lines.contains(&line)
        {
            lines.push(line);
        }
    }
    Some((number, lines.join("\n")))
}

/// A line of a message with the number of the statement's own line; nothing for the frames around it.
fn own_line(line: &str, way: &Way) -> Option<String> {
    for mark in [FRAME, "ORA-06550: line "] {
        let Some(rest) = line.trim_start().strip_prefix(mark) else { continue };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let number: u64 = digits.parse().ok()?;
        let own = match way {
            Way::Block { lines_before } => number.checked_sub(*lines_before).filter(|own| *own > 0)?,
            Way::Behind { guard_lines } => Some(number).filter(|own| own <= guard_lines)?,
            Way::Rows { .. } | Way::Bare => number,
        };
        return Some(format!("{mark}{own}{}", &rest[digits.len()..]));
    }
    Some(line.to_owned())
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use serde_json::Value;

    use super::*;
    use crate::model::act::{Connection, Returns, SqlCall};
    use crate::sql::ScriptOptions;

    fn script() -> Script {
        let text = "select 1 from dual;\n\nbegin\n  null;\n  nope;\nend;\n/\ndelete from t;\n";
        Script::read(Utf8Path::new("fix.sql"), &|_| Ok(text.to_owned()), &ScriptOptions::default()).unwrap()
    }

    fn sending(numbers: &[usize], way: Way) -> Sending {
        let connection: Connection = serde_json::from_value(serde_json::json!({
            "database": "dev", "ocid": null, "driver": "ords", "address": null, "user": null, "password": null, "wallet": null
        }))
        .unwrap();
        let call = SqlCall {
            connection,
            text: String::new(),
            returns: Returns::Nothing,
            binds: Vec::new(),
            limit_seconds: 1,
            consented: false,
        };
        assert!(matches!(call.connection.ocid, Value::Null));
        Sending { numbers: numbers.to_vec(), call, way }
    }

    #[test]
    fn what_failed_is_told_by_its_own_lines() {
        fn check(numbers: &[usize], way: Way, said: &str, wanted: &str, hidden: &str) {
            let error = DbError::reported("the statement on dev", said, None, Some(99), "x");
            let told = Told::of(error, &sending(numbers, way), &script());
            let text = format!("{} | {}", told.error, told.error.causes.join(" | "));
            assert!(text.starts_with(wanted), "{text}");
            assert!(!text.contains(hidden), "{text}");
        }
        check(
            &[2],
            Way::Block { lines_before: 40 },
            "ORA-06550: line 43, column 3:\nPLS-00201: identifier 'NOPE' must be declared",
            "statement 2 (fix.sql:5) failed (nope;): ORA-06550: line 3, column 3:",
            "43",
        );
        check(
            &[2],
            Way::Block { lines_before: 40 },
            "ORA-20903: adbctl: this is another database\nORA-06512: at line 12",
            "statement 2 (fix.sql:3) failed: ORA-20903",
            "line 12",
        );
        check(
            &[2, 3],
            Way::Behind { guard_lines: 40 },
            "ORA-20904: adbctl: at statement 3: ORA-00942: table or view does not exist\nORA-06512: at line 60\n\
             ORA-00942: table or view does not exist\nORA-06512: at line 52",
            "statement 3 (fix.sql:8) failed: ORA-00942: table or view does not exist | usual cause",
            "ORA-06512",
        );
        check(
            &[3],
            Way::Behind { guard_lines: 40 },
            "ORA-00942: none",
            "statement 3 (fix.sql:8) failed: ORA-00942: none",
            "99",
        );
    }

    #[test]
    fn exit_codes_tell_what_failed() {
        fn check(error: DbError, writes: bool, leaves: bool, wanted: Exit) {
            let way = if writes { Way::Behind { guard_lines: 1 } } else { Way::Bare };
            let sending = sending(&[1], way);
            let told = Told { number: 1, error };
            assert_eq!(told.failure(&sending, leaves).exit, wanted, "{told:?}");
        }
        let ora = |text: &str| DbError::reported("x", text, None, None, "");
        check(ora("ORA-00942: none"), false, false, Exit::Failed);
        check(ora("ORA-00942: none"), true, true, Exit::FailedWithLeftovers);
        check(ora("ORA-01031: insufficient privileges"), true, false, Exit::Failed);
        check(ora("ORA-20902: adbctl: production"), true, false, Exit::Refused);
        check(ora("ORA-03113: end-of-file"), true, false, Exit::FailedWithLeftovers);
        check(ora("ORA-03113: end-of-file"), false, false, Exit::FarSide);
        check(DbError::new(Category::TimedOut, "late"), true, false, Exit::FailedWithLeftovers);
        check(DbError::new(Category::Cancelled, "off"), true, true, Exit::Interrupted);
        check(DbError { not_sent: true, ..DbError::new(Category::Denied, "no") }, true, false, Exit::FarSide);
    }
}
