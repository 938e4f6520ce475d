//! The parts of an answer.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::backend::{Done, Rows, SqlError};

/// What a piece of a script is, in the words of the service.
pub(super) fn kind_of(text: &str) -> &'static str {
    let text = behind_comments(text);
    let mut words = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_uppercase);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    match (first.as_str(), second.as_str()) {
        ("SELECT" | "WITH", _) => "query",
        ("INSERT" | "UPDATE" | "DELETE" | "MERGE", _) => "dml",
        ("BEGIN" | "DECLARE" | "CALL", _) => "plsql",
        ("COMMIT" | "ROLLBACK" | "SAVEPOINT", _) | ("SET", "TRANSACTION" | "CONSTRAINT" | "CONSTRAINTS") => {
            "transaction-control"
        }
        ("ALTER", "SESSION") | ("SET", "ROLE") => "session-control",
        ("ALTER", "SYSTEM") => "system-control",
        (
            "CREATE" | "ALTER" | "DROP" | "GRANT" | "REVOKE" | "TRUNCATE" | "RENAME" | "COMMENT" | "ANALYZE"
            | "AUDIT" | "NOAUDIT" | "PURGE" | "FLASHBACK",
            _,
        ) => "ddl",
        _ if text.starts_with("<<") => "plsql",
        _ => "other",
    }
}

fn behind_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let comment = match rest.get(..2) {
            Some("--") => rest.split_once('\n'),
            Some("/*") => rest.split_once("*/"),
            _ => return rest,
        };
        rest = comment.map_or("", |(_, behind)| behind.trim_start());
    }
}

/// Where a piece stands in its script.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) id: usize,
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) start_line: u32,
    pub(super) end_line: u32,
}

impl Place {
    /// An item with the members that every one has.
    pub(super) fn item(&self, response: &[String], result: u64) -> Map<String, Value> {
        let item = json!({
            "statementId": self.id,
            "statementType": self.kind,
            "statementPos": { "startLine": self.start_line, "endLine": self.end_line },
            "statementText": self.text,
            "response": response,
            "result": result,
        });
        match item {
            Value::Object(item) => item,
            _ => Map::new(),
        }
    }

    /// The item of a statement that succeeded.
    pub(super) fn done(&self, done: &Done, offset: usize, limit: usize) -> Map<String, Value> {
        let response = if done.rows.is_some() { Vec::new() } else { vec![self.feedback(done)] };
        let mut item = self.item(&response, done.affected);
        if let Some(rows) = &done.rows {
            item.insert("resultSet".to_owned(), result_set(rows, offset, limit));
        }
        item
    }

    fn feedback(&self, done: &Done) -> String {
        let verb = match self.text.get(..6).unwrap_or_default().to_ascii_uppercase().trim() {
            "INSERT" => "inserted",
            "UPDATE" => "updated",
            "DELETE" => "deleted",
            word if word.starts_with("MERGE") => "merged",
            _ => return format!("\n{}\n\n", done.feedback),
        };
        let noun = if done.affected == 1 { "row" } else { "rows" };
        format!("\n{} {noun} {verb}.\n\n", done.affected)
    }

    /// The item of a statement that failed.
    pub(super) fn failed(&self, error: &SqlError) -> Map<String, Value> {
        let line = self.start_line + error.place().unwrap_or(1).saturating_sub(1);
        let response = format!(
            "\nError starting at line : {} in command -\n{}\nError at Command Line : {line} Column : {}\n\
             Error report -\nSQL Error: {}\n",
            self.start_line, self.text, error.column, error.text,
        );
        let mut item = self.item(&[response], 0);
        item.insert("errorCode".to_owned(), error.code.into());
        item.insert("errorLine".to_owned(), line.into());
        item.insert("errorColumn".to_owned(), error.column.into());
        item.insert("errorDetails".to_owned(), format!("{}\n", error.text.trim_end()).into());
        item
    }

    /// The item of a command that SQL*Plus itself refuses.
    pub(super) fn refused(&self, why: &str) -> Map<String, Value> {
        self.item(&[format!("{why}\n")], 0)
    }
}

/// The rows of a page, keys in lower case.
fn result_set(rows: &Rows, offset: usize, limit: usize) -> Value {
    let keys: Vec<String> = rows.columns.iter().map(|column| column.name.to_lowercase()).collect();
    let metadata: Vec<Value> = rows
        .columns
        .iter()
        .zip(&keys)
        .map(|(column, key)| {
            json!({
                "columnName": column.name,
                "jsonColumnName": key,
                "columnTypeName": column.type_name,
                "precision": column.precision,
                "scale": column.scale,
                "isNullable": u8::from(column.nullable),
            })
        })
        .collect();
    let items: Vec<Value> = rows
        .rows
        .iter()
        .skip(offset)
        .take(limit)
        .map(|row| Value::Object(keys.iter().cloned().zip(row.iter().map(super::Cell::to_json)).collect()))
        .collect();
    json!({
        "metadata": metadata,
        "hasMore": rows.rows.len().saturating_sub(offset) > limit,
        "limit": limit,
        "offset": offset,
        "count": items.len(),
        "items": items,
    })
}

/// The service puts a query into another one, in which two columns of one name cannot be told apart.
pub(super) fn check_columns(rows: &Rows) -> Result<(), SqlError> {
    let mut seen = HashSet::new();
    if rows.columns.iter().all(|column| seen.insert(column.name.to_uppercase())) {
        Ok(())
    } else {
        Err(SqlError::new(918, "column ambiguously defined"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        fn check(text: &str, wanted: &str) {
            assert_eq!(kind_of(text), wanted, "{text}");
        }
        check("select 1 from dual", "query");
        check("(select 1 from dual)", "query");
        check("with x as (select 1 a from dual) select * from x", "query");
        check("Merge into t", "dml");
        check("begin null; end;", "plsql");
        check("create or replace procedure p is begin null; end;", "ddl");
        check("commit", "transaction-control");
        check("set role none", "session-control");
        check("alter session set current_schema = x", "session-control");
        check("alter system kill session '1,2'", "system-control");
        check("explain plan for select 1 from dual", "other");
        check("<<outer>> begin null; end;", "plsql");
    }
}
