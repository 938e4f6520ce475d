//! What kind of statement a text is, told from its first words.

/// The kinds of statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// Gives rows.
    Query,
    /// Changes rows.
    Dml,
    /// Changes objects or rights, and commits by itself.
    Ddl,
    /// A PL/SQL block that runs.
    Plsql,
    /// Makes or replaces a stored PL/SQL unit, and commits by itself.
    PlsqlDefinition,
    /// `commit`, `rollback`, `savepoint`, `set transaction`, `set constraints`.
    Transaction,
    /// `alter session`, `set role`.
    Session,
}

impl PieceKind {
    /// Whether the statement commits by itself.
    pub fn commits(self) -> bool {
        matches!(self, Self::Ddl | Self::PlsqlDefinition)
    }

    /// Whether the text belongs to PL/SQL, which ends with a `/` on a line of its own.
    pub fn is_plsql(self) -> bool {
        matches!(self, Self::Plsql | Self::PlsqlDefinition)
    }
}

/// How far into a text its first words are looked for, in bytes: a long statement is asked after each of its lines.
const FIRST_BYTES: usize = 4000;

/// The first words of a text in upper case, comments left out.
pub(super) fn words(text: &str, count: usize) -> Vec<String> {
    words_as_written(text, count).iter().map(|word| word.to_uppercase()).collect()
}

/// The first words of a text, comments left out.
pub(super) fn words_as_written(text: &str, count: usize) -> Vec<String> {
    let mut end = text.len().min(FIRST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let code: String = super::super::lexer::parts(text)
        .into_iter()
        .map(|(part, range)| if part == super::super::lexer::Part::Comment { " " } else { &text[range] })
        .take(40)
        .collect();
    code.split(|c: char| c.is_whitespace() || c == '(' || c == ';')
        .filter(|word| !word.is_empty())
        .take(count)
        .map(str::to_owned)
        .collect()
}

/// The kind of a statement, or nothing when its first words begin none.
pub(super) fn classify(text: &str) -> Option<PieceKind> {
    let words = words(text, 8);
    let first = words.first()?.as_str();
    let second = words.get(1).map_or("", String::as_str);
    let kind = match first {
        "SELECT" | "WITH" => PieceKind::Query,
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "CALL" | "LOCK" | "EXPLAIN" => PieceKind::Dml,
        "DECLARE" | "BEGIN" => PieceKind::Plsql,
        label if label.starts_with("<<") => PieceKind::Plsql,
        "CREATE" if defines_plsql(&words) => PieceKind::PlsqlDefinition,
        "ALTER" if second == "SESSION" => PieceKind::Session,
        "CREATE" | "ALTER" | "DROP" | "GRANT" | "REVOKE" | "TRUNCATE" | "COMMENT" | "RENAME" | "PURGE"
        | "FLASHBACK" | "AUDIT" | "NOAUDIT" | "ANALYZE" | "ASSOCIATE" | "DISASSOCIATE" => PieceKind::Ddl,
        "COMMIT" | "ROLLBACK" | "SAVEPOINT" => PieceKind::Transaction,
        "SET" if matches!(second, "TRANSACTION" | "CONSTRAINT" | "CONSTRAINTS") => PieceKind::Transaction,
        "SET" if second == "ROLE" => PieceKind::Session,
        _ => return None,
    };
    Some(kind)
}

fn defines_plsql(words: &[String]) -> bool {
    words
        .iter()
        .skip(1)
        .find(|w| {
            !matches!(
                w.as_str(),
                "OR" | "REPLACE" | "AND" | "COMPILE" | "RESOLVE" | "EDITIONABLE" | "NONEDITIONABLE"
            )
        })
        .is_some_and(|w| {
            matches!(
                w.as_str(),
                "PROCEDURE" | "FUNCTION" | "PACKAGE" | "TRIGGER" | "TYPE" | "LIBRARY" | "JAVA"
            )
        })
}
