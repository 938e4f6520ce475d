//! The log of a Data Pump job: how it ended, what went wrong, how many rows went.

use serde::Serialize;

/// What a log says, read piece by piece.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PumpLog {
    /// How many lines were read.
    pub lines: u64,
    /// How the job ended; the last such line counts, since a job that is restarted goes on in the same log.
    pub end: Option<End>,
    /// The last line that is not empty.
    pub last_line: String,
    /// The errors, in order.
    pub errors: Vec<Error>,
    /// The tables whose rows went.
    pub tables: Vec<TableRows>,
    /// The object paths that the job handled, each once.
    pub paths: Vec<String>,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Without errors.
    Succeeded,
    /// To its end, with errors on the way.
    WithErrors,
    /// Before its end.
    Stopped,
}

/// An error of the log, with the lines that belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Error {
    /// The first code, such as ORA-31693.
    pub code: String,
    /// All its codes, in order.
    #[serde(skip)]
    pub chain: Vec<String>,
    /// Its text, lines joined.
    pub text: String,
}

/// The rows of a table or partition that went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableRows {
    /// The schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The rows; those of partitions are added up.
    pub rows: u64,
}

/// Codes that begin an error of their own; others explain the one before.
const HEADS: &[&str] = &["ORA-31", "ORA-39"];

/// The error code at the beginning of a line.
pub(super) fn code(line: &str) -> Option<String> {
    let line = line.trim_start();
    let (family, rest) = line.split_once('-')?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let known = matches!(family, "ORA" | "PLS" | "KUP" | "UDE" | "UDI");
    (known && digits.len() >= 4).then(|| format!("{family}-{digits}"))
}

impl PumpLog {
    /// Reads the next whole lines.
    pub fn read(&mut self, piece: &str) {
        for line in piece.lines() {
            self.lines += 1;
            if !line.trim().is_empty() {
                self.line(line.trim_end());
            }
        }
    }

    fn line(&mut self, line: &str) {
        line.clone_into(&mut self.last_line);
        if let Some(end) = end(line) {
            self.end = Some(end);
            return;
        }
        if let Some(code) = code(line) {
            let explains = !HEADS.iter().any(|head| code.starts_with(head));
            match self.errors.last_mut().filter(|_| explains) {
                Some(error) => {
                    error.text.push_str("; ");
                    error.text.push_str(line.trim());
                    error.chain.push(code);
                }
                None => {
                    self.errors.push(Error { chain: vec![code.clone()], code, text: line.trim().to_owned() });
                }
            }
            return;
        }
        if let Some((_, path)) = line.split_once("Processing object type ") {
            if !self.paths.iter().any(|known| known == path.trim()) {
                self.paths.push(path.trim().to_owned());
            }
            return;
        }
        if let Some(found) = table_rows(line) {
            match self.tables.iter_mut().rev().find(|t| t.schema == found.schema && t.table == found.table) {
                Some(known) => known.rows += found.rows,
                None => self.tables.push(found),
            }
        }
    }

    /// The errors of which no code is among the expected ones.
    pub fn unexpected(&self, expected: &[String]) -> Vec<&Error> {
        self.errors.iter().filter(|error| !error.chain.iter().any(|code| expected.contains(code))).collect()
    }
}

/// How a job ended, if this line says so: `Job "ADMIN"."NAME" successfully completed at …`.
fn end(line: &str) -> Option<End> {
    let rest = line.trim_start().strip_prefix("Job \"")?;
    if rest.contains("successfully completed") {
        Some(End::Succeeded)
    } else if rest.contains("completed with") {
        Some(End::WithErrors)
    } else if rest.contains("stopped") {
        Some(End::Stopped)
    } else {
        None
    }
}

/// The table and rows of a line such as `. . exported "HR"."EMPLOYEES"   16.81 KB   107 rows`.
fn table_rows(line: &str) -> Option<TableRows> {
    let rest = line.trim_start().strip_prefix(". . ")?;
    let rest = rest.strip_prefix("exported ").or_else(|| rest.strip_prefix("imported "))?;
    let (schema, rest) = quoted(rest)?;
    let (table, rest) = quoted(rest.strip_prefix('.')?)?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let at = words.iter().rposition(|word| matches!(*word, "rows" | "row"))?;
    // `5 out of 7 rows` where some were refused.
    let before = |back: usize| at.checked_sub(back).and_then(|at| words.get(at));
    let count = if before(2) == Some(&"of") { before(4)? } else { before(1)? };
    let rows = count.parse().ok()?;
    Some(TableRows { schema, table, rows })
}

/// A name in double quotes at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let rest = text.strip_prefix('"')?;
    let end = rest.find('"')?;
    Some((rest[..end].to_owned(), &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> PumpLog {
        let mut log = PumpLog::default();
        log.read(text);
        log
    }

    #[test]
    fn ends() {
        fn check(text: &str, wanted: Option<End>) {
            assert_eq!(read(text).end, wanted, "{text}");
        }
        let job = "Job \"ADMIN\".\"X\"";
        check(
            &format!("{job} successfully completed at Sat Nov 21 10:00:05 2026 elapsed 0 00:00:05"),
            Some(End::Succeeded),
        );
        check(&format!("{job} completed with 2 error(s) at Sat Nov 21 10:00:05 2026"), Some(End::WithErrors));
        check(&format!("{job} stopped due to fatal error at Sat"), Some(End::Stopped));
        check(&format!("{job} stopped by user request at Sat"), Some(End::Stopped));
        check(
            &format!("{job} stopped by user request at Sat\n{job} successfully completed at Sat"),
            Some(End::Succeeded),
        );
        check("Starting \"ADMIN\".\"X\":", None);
        check("", None);
    }

    #[test]
    fn rows_of_tables() {
        fn check(line: &str, wanted: Option<(&str, &str, u64)>) {
            let found = read(line).tables;
            let found = found.first().map(|t| (t.schema.as_str(), t.table.as_str(), t.rows));
            assert_eq!(found, wanted, "{line}");
        }
        check(". . exported \"HR\".\"EMPLOYEES\"   16.81 KB     107 rows", Some(("HR", "EMPLOYEES", 107)));
        check(". . imported \"HR\".\"Odd name\"   0 KB       1 row", Some(("HR", "Odd name", 1)));
        check(". . exported \"SH\".\"SALES\":\"Q1\"   4.3 MB  900 rows", Some(("SH", "SALES", 900)));
        check(". . imported \"A\".\"B\"  1 KB  5 out of 7 rows", Some(("A", "B", 5)));
        check("Processing object type SCHEMA_EXPORT/TABLE/TABLE", None);
        let log = read(
            ". . exported \"S\".\"T\":\"P1\"  1 KB  3 rows\n. . exported \"S\".\"T\":\"P2\"  1 KB  4 rows",
        );
        assert_eq!(log.tables, [TableRows { schema: "S".into(), table: "T".into(), rows: 7 }]);
    }

    #[test]
    fn errors_and_what_explains_them() {
        let text = "ORA-31684: Object type USER:\"APP\" already exists\n\
            ORA-31693: Table data object \"APP\".\"T\" failed to load/unload and is being skipped due to error:\n\
            ORA-02291: integrity constraint (APP.FK) violated - parent key not found\n\
            ORA-31693: Table data object \"APP\".\"V\" failed to load/unload and is being skipped due to error:\n\
            ORA-02291: integrity constraint (APP.FL) violated - parent key not found\n\
            . . imported \"APP\".\"U\"  1 KB  2 rows";
        let log = read(text);
        let codes: Vec<&str> = log.errors.iter().map(|e| e.code.as_str()).collect();
        assert_eq!(codes, ["ORA-31684", "ORA-31693", "ORA-31693"]);
        assert_eq!(log.errors[1].chain, ["ORA-31693", "ORA-02291"]);
        assert_eq!(log.unexpected(&["ORA-31684".to_owned()]).len(), 2);
        assert_eq!(log.unexpected(&["ORA-31684".to_owned(), "ORA-02291".to_owned()]).len(), 0);
        assert_eq!(log.tables.len(), 1);
    }
}
