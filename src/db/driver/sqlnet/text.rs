//! What a statement is, read from its text.

/// What kind of statement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::db::driver) enum Kind {
    /// It gives rows.
    Query,
    /// A block.
    Block,
    /// INSERT, UPDATE, DELETE or MERGE.
    Change,
    /// Anything else.
    Other,
}

/// The text without what only a client's script needs at its end: a slash on a line of its own, and the semicolon of SQL.
pub(in crate::db::driver) fn bare(text: &str) -> &str {
    let text = text.trim_end();
    let text = text.strip_suffix('/').filter(|rest| rest.ends_with(['\n', '\r'])).map_or(text, str::trim_end);
    match kind_of(text).0 {
        Kind::Query | Kind::Change => text.trim_end_matches(|c: char| c == ';' || c.is_whitespace()),
        _ => text,
    }
}

/// The kind of a statement, and whether it is a block that begins with a label, which the driver does not see as one.
pub(in crate::db::driver) fn kind_of(text: &str) -> (Kind, bool) {
    let start = behind_comments(text);
    if start.starts_with("<<") {
        return (Kind::Block, true);
    }
    let word: String =
        start.trim_start_matches(['(', ' ', '\n']).chars().take_while(char::is_ascii_alphabetic).collect();
    let kind = match word.to_ascii_lowercase().as_str() {
        "select" | "with" => Kind::Query,
        "insert" | "update" | "delete" | "merge" => Kind::Change,
        "begin" | "declare" | "call" => Kind::Block,
        _ => Kind::Other,
    };
    (kind, false)
}

fn behind_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let next = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return rest;
        };
        rest = next.trim_start();
    }
}

/// Whether a query begins a transaction: it locks rows, or asks another database.
pub(in crate::db::driver) fn locks(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains('@')
        || lower
            .split_whitespace()
            .zip(lower.split_whitespace().skip(1))
            .any(|pair| pair == ("for", "update"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_that_begin_a_transaction() {
        fn check(text: &str, wanted: bool) {
            assert_eq!(locks(text), wanted, "{text}");
        }
        check("select 1 from dual", false);
        check("select id from t FOR\n  update nowait", true);
        check("select id from t@prod", true);
    }
}
