//! Making values safe inside SQL text.

/// The longest identifier of a database, in bytes.
const LONGEST_NAME: usize = 128;
/// The longest literal of PL/SQL, in bytes.
const LONGEST_LITERAL: usize = 32_767;

/// A text as an SQL literal: apostrophes doubled.
///
/// # Errors
/// Control characters, line ends included (use a bind or [`text_expression`]), or more than 32,767 bytes.
pub fn literal(text: &str) -> Result<String, String> {
    if let Some(bad) = text.chars().find(|c| c.is_control()) {
        return Err(format!("a literal cannot hold the control character {bad:?}; use a bind"));
    }
    if text.len() > LONGEST_LITERAL {
        return Err(format!("{} bytes are too long for a literal; use a CLOB bind", text.len()));
    }
    Ok(format!("'{}'", text.replace('\'', "''")))
}

/// A name as a quoted identifier, exactly as it is: `"Name"`.
///
/// # Errors
/// An empty name, more than 128 bytes, a quotation mark or a control character.
pub fn identifier(name: &str) -> Result<String, String> {
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err(format!("{name:?} is no identifier: it needs 1 to {LONGEST_NAME} bytes"));
    }
    if name.contains('"') || name.chars().any(char::is_control) {
        return Err(format!(
            "{name:?} is no identifier: quotation marks and control characters cannot stand in one"
        ));
    }
    Ok(format!("\"{name}\""))
}

/// A simple name that needs no quotation marks, as it is: a letter, then letters, digits, `_`, `$` and `#`.
///
/// # Errors
/// Anything else.
pub fn simple_name(name: &str) -> Result<String, String> {
    let good = name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '#'));
    if good { Ok(name.to_owned()) } else { Err(format!("{name:?} is no simple name")) }
}

/// A text of any shape as a PL/SQL expression: a literal over several lines, cut and joined with `chr(10)` where a
/// line would otherwise be taken for a command by SQL*Plus, into which a dry run may be pasted.
///
/// # Errors
/// Control characters other than line ends and tabs, or too long for PL/SQL (use a CLOB bind).
pub fn text_expression(text: &str) -> Result<String, String> {
    let mut expression = String::from("'");
    let mut before: Option<String> = None;
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(bad) = line.chars().find(|c| c.is_control() && *c != '\t') {
            return Err(format!("the text holds the control character {bad:?}"));
        }
        if let Some(before) = &before {
            expression.push_str(if cuts(before, line) { CUT } else { "\n" });
        }
        expression.push_str(&line.replace('\'', "''"));
        before = Some(line.to_owned());
    }
    expression.push('\'');
    if expression.len() > LONGEST_LITERAL {
        return Err("the text is too long for PL/SQL; use a CLOB bind".into());
    }
    Ok(expression)
}

/// The end of one literal, a line end, and the beginning of the next literal.
const CUT: &str = "' || chr(10)\n  || '";

/// Whether the literal has to be cut between two lines: the first would be continued by its dash, or the second is a
/// command by itself.
fn cuts(before: &str, line: &str) -> bool {
    let begin = line.trim_start();
    before.trim_end().ends_with('-')
        || matches!(begin.trim_end(), "/" | ".")
        || begin.starts_with(['@', '#', '!', '/'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads one literal or quoted identifier the way a database does; the rest must be empty.
    fn read(text: &str, mark: char) -> Option<String> {
        let mut letters = text.strip_prefix(mark)?.chars().peekable();
        let mut found = String::new();
        while let Some(c) = letters.next() {
            if c != mark {
                found.push(c);
            } else if mark == '\'' && letters.peek() == Some(&mark) {
                letters.next();
                found.push(mark);
            } else {
                return letters.next().is_none().then_some(found);
            }
        }
        None
    }

    /// Reads literals joined with `chr(10)`.
    fn read_expression(text: &str) -> Option<String> {
        let pieces: Option<Vec<String>> =
            text.split(CUT).map(|part| read(&format!("'{part}'"), '\'')).collect();
        Some(pieces?.join("\n"))
    }

    proptest! {
        #[test]
        fn literals_read_back(text in "[^\\x00-\\x1f\\x7f-\\u{9f}]{0,60}") {
            prop_assert_eq!(read(&literal(&text).unwrap(), '\''), Some(text));
        }

        #[test]
        fn identifiers_read_back_or_are_refused(text in any::<String>()) {
            if let Ok(quoted) = identifier(&text) {
                prop_assert_eq!(read(&quoted, '"'), Some(text));
            }
        }

        #[test]
        fn whatever_becomes_a_literal_stays_one(text in any::<String>()) {
            if let Ok(quoted) = literal(&text) {
                prop_assert_eq!(read(&quoted, '\''), Some(text));
            }
        }

        #[test]
        fn texts_read_back_and_hold_no_command(text in "[a-z'/@; \\n-]{0,80}") {
            let expression = text_expression(&text).unwrap();
            prop_assert!(expression.lines().all(|l| l.trim() != "/" && !l.trim_start().starts_with('@')));
            prop_assert!(expression.lines().rev().skip(1).all(|l| !l.trim_end().ends_with('-')));
            let inside = expression.strip_prefix('\'').and_then(|e| e.strip_suffix('\''));
            prop_assert_eq!(inside.and_then(read_expression), Some(text));
        }
    }

    #[test]
    fn what_is_refused() {
        fn check(found: &Result<String, String>, good: bool) {
            assert_eq!(found.is_ok(), good, "{found:?}");
        }
        check(&literal("a\nb"), false);
        check(&literal("a\0b"), false);
        check(&literal(&"x".repeat(40_000)), false);
        check(&identifier(""), false);
        check(&identifier("a\"b"), false);
        check(&identifier(&"x".repeat(129)), false);
        check(&identifier("Mixed Case"), true);
        check(&simple_name("DBMS_SQL"), true);
        check(&simple_name("1A"), false);
        check(&simple_name("A B"), false);
        check(&simple_name("A;B"), false);
        check(&text_expression("a\u{7}"), false);
    }
}
