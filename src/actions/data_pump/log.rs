//! The log of a Data Pump job: how it ended, what went wrong, how many rows went.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// How many errors the last line says there were.
    pub counted: Option<u64>,
    /// Whether the line before belongs to the last error.
    in_error: bool,
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
    /// Why it is no failure, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Error {
    /// The kind of object it is about, as in `Object type ROLE_GRANT failed` and `Object type USER:"APP" already exists`.
    pub fn object(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once("bject type ")?;
        rest.split([':', ' ']).next().filter(|kind| !kind.is_empty())
    }
}

/// A kind of error that is no failure, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// Codes that all have to be among those of the error.
    pub codes: Vec<String>,
    /// The kinds of object it may be about, such as `ROLE_GRANT`; none: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<String>,
    /// Texts of which one has to stand in it, such as the beginning of a name; none: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub naming: Vec<String>,
    /// Why it is no failure.
    pub why: String,
}

impl Noise {
    fn covers(&self, error: &Error) -> bool {
        let object = || error.object().is_some_and(|kind| self.objects.iter().any(|wanted| wanted == kind));
        !self.codes.is_empty()
            && self.codes.iter().all(|code| error.chain.contains(code))
            && (self.objects.is_empty() || object())
            && (self.naming.is_empty() || self.naming.iter().any(|name| error.text.contains(name)))
    }
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
    /// The rows that were in the dump and were refused.
    #[serde(skip_serializing_if = "is_none")]
    pub refused: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_none(rows: &u64) -> bool {
    *rows == 0
}

/// Codes that begin an error of their own. Others explain the error that stands right before them, or are one.
const HEADS: &[&str] = &["ORA-31", "ORA-39", "ORA-02374"];

/// The error that says that a job waits for room.
const WAITED: &str = "ORA-39171";

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
        let in_error = std::mem::take(&mut self.in_error);
        if let Some(end) = end(line) {
            self.end = Some(end);
            self.counted = counted(line);
        } else if let Some(code) = code(line) {
            self.in_error = true;
            let explains = in_error && !HEADS.iter().any(|head| code.starts_with(head));
            if let Some(error) = self.errors.last_mut().filter(|_| explains) {
                error.text.push_str("; ");
                error.text.push_str(line.trim());
                error.chain.push(code);
            } else {
                let text = line.trim().to_owned();
                self.errors.push(Error { chain: vec![code.clone()], code, text, why: None });
            }
        } else if let Some((_, path)) = line.split_once("Processing object type ") {
            if !self.paths.iter().any(|known| known == path.trim()) {
                self.paths.push(path.trim().to_owned());
            }
        } else if let Some(found) = table_rows(line) {
            match self.tables.iter_mut().rev().find(|t| t.schema == found.schema && t.table == found.table) {
                Some(known) => {
                    known.rows += found.rows;
                    known.refused += found.refused;
                }
                None => self.tables.push(found),
            }
        }
    }

    /// Says of each error that a rule covers why it is no failure.
    pub fn explain(&mut self, noise: &[Noise]) {
        for error in &mut self.errors {
            error.why = noise.iter().find(|rule| rule.covers(error)).map(|rule| rule.why.clone());
        }
    }

    /// What went wrong and is neither covered by a rule nor expected, each in a sentence with its code. An error is expected
    /// by its own code; one whose text only wraps another (ORA-39083) by that of the other. A wait for room that ended is
    /// none: a job that was not given any says so in another error.
    pub fn unexpected(&self, expected: &[String]) -> Vec<Wrong> {
        let is_expected = |error: &Error| match error.chain.split_first() {
            Some((head, _)) if head == WAITED => true,
            Some((head, [])) => expected.contains(head),
            Some((head, inner)) => head == WRAPS && inner.iter().all(|code| expected.contains(code)),
            None => false,
        };
        let errors = self.errors.iter().filter(|error| error.why.is_none() && !is_expected(error));
        let mut wrong: Vec<Wrong> =
            errors.map(|error| Wrong { code: Some(error.code.clone()), text: error.text.clone() }).collect();
        wrong.extend(self.tables.iter().filter(|table| table.refused > 0).map(|t| Wrong {
            code: None,
            text: format!("{} rows of {}.{} were refused", t.refused, t.schema, t.table),
        }));
        let met = u64::try_from(self.errors.len()).unwrap_or(u64::MAX);
        if let Some(counted) = self.counted.filter(|counted| *counted > met) {
            wrong.push(Wrong {
                code: None,
                text: format!("its last line counts {counted} errors, and {met} stand in the log"),
            });
        }
        wrong
    }

    /// What says that rows were lost, also where the job itself calls that a success.
    pub fn lost(&self) -> Vec<Wrong> {
        self.unexpected(&[])
            .into_iter()
            .filter(|wrong| wrong.code.as_deref().is_none_or(|c| c == REFUSED))
            .collect()
    }
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The code, if it is an error of the log.
    pub code: Option<String>,
    /// What the log says.
    pub text: String,
}

/// The error whose text only says that another one hindered it.
const WRAPS: &str = "ORA-39083";

/// The error of a row that does not fit.
const REFUSED: &str = "ORA-02374";

/// The number of errors in `completed with 2 error(s)`.
fn counted(line: &str) -> Option<u64> {
    line.split_once("completed with ")?.1.split_whitespace().next()?.parse().ok()
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
    let all: u64 = before(1)?.parse().ok()?;
    let rows = if before(2) == Some(&"of") { before(4)?.parse().ok()? } else { all };
    Some(TableRows { schema, table, rows, refused: all.saturating_sub(rows) })
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
        assert_eq!(log.tables, [TableRows { schema: "S".into(), table: "T".into(), rows: 7, refused: 0 }]);
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
        assert_eq!(log.tables.len(), 1);
    }

    #[test]
    fn what_was_not_expected() {
        fn check(text: &str, expected: &[&str], wanted: &[&str]) {
            let expected: Vec<String> = expected.iter().map(|code| (*code).to_owned()).collect();
            let found = read(text).unexpected(&expected);
            let said: Vec<&str> = found.iter().map(|wrong| wrong.text.as_str()).collect();
            assert!(
                said.len() == wanted.len()
                    && said.iter().zip(wanted).all(|(said, wanted)| said.contains(wanted)),
                "{text}\n{said:?}"
            );
        }
        let there = "ORA-31684: Object type USER:\"APP\" already exists\n";
        let skipped = "ORA-31693: Table data object \"APP\".\"T\" failed to load/unload and is being skipped due to error:\n\
            ORA-02291: integrity constraint (APP.FK) violated - parent key not found\n";
        check(there, &["ORA-31684"], &[]);
        check(there, &["ORA-39082"], &["ORA-31684"]);
        check(skipped, &["ORA-02291"], &["ORA-31693"]);
        check(skipped, &["ORA-31693"], &["ORA-31693"]);
        let grant = "ORA-39083: Object type OBJECT_GRANT failed to create with error:\nORA-01917: user or role 'X' does not exist\n";
        check(grant, &["ORA-01917"], &[]);
        check(grant, &["ORA-39083"], &["ORA-01917"]);
        // What comes later, or is an error of its own, is not excused by one that was expected.
        let appended = "ORA-39152: Table \"APP\".\"T\" exists. Data will be appended\n";
        let refused = "ORA-02374: conversion error loading table \"APP\".\"T\"\n\
            ORA-12899: value too large for column C (actual: 11, maximum: 10)\n";
        check(&format!("{appended}{refused}"), &["ORA-39152"], &["ORA-12899"]);
        check(
            &format!("{appended}Processing object type X\nORA-12899: value too large"),
            &["ORA-39152"],
            &["ORA-12899"],
        );
        check(". . imported \"A\".\"B\"  1 KB  5 out of 7 rows", &[], &["2 rows of A.B were refused"]);
        let ended = |n: u32| format!("{there}Job \"A\".\"J\" completed with {n} error(s) at Sat");
        check(&ended(1), &["ORA-31684"], &[]);
        check(&ended(3), &["ORA-31684"], &["counts 3 errors, and 1 stand"]);
        let well = "Job \"A\".\"J\" successfully completed at Sat";
        assert_eq!(read(&format!("{refused}{well}")).lost().len(), 1);
        assert_eq!(read(&format!("{skipped}{well}")).lost().len(), 0);
        let waited = "ORA-39171: Job is experiencing a resumable wait.\n\
            ORA-01536: space quota exceeded for tablespace 'DATA'\n";
        assert_eq!(read(waited).unexpected(&[]).len(), 0);
        let gave_up = "ORA-31693: Table data object \"APP\".\"T\" failed to load/unload and is being skipped due to error:\n\
            ORA-01536: space quota exceeded for tablespace 'DATA'";
        assert_eq!(read(&format!("{waited}{gave_up}")).unexpected(&[]).len(), 1);
    }

    #[test]
    fn noise_and_what_is_none() {
        fn check(line: &str, wanted: bool) {
            let noise = |codes: &[&str], objects: &[&str], naming: &[&str]| Noise {
                codes: codes.iter().map(|code| (*code).to_owned()).collect(),
                objects: objects.iter().map(|kind| (*kind).to_owned()).collect(),
                naming: naming.iter().map(|name| (*name).to_owned()).collect(),
                why: "known".into(),
            };
            let mut log = read(line);
            log.explain(&[
                noise(&["ORA-31684"], &["USER", "ROLE"], &[]),
                noise(&["ORA-39083", "ORA-01917"], &["OBJECT_GRANT"], &[]),
                noise(&["ORA-39083"], &[], &["\"APEX_2"]),
            ]);
            assert_eq!(log.unexpected(&[]).is_empty(), wanted, "{line}");
        }
        check("ORA-31684: Object type USER:\"APP\" already exists", true);
        check("ORA-31684: Object type VIEW:\"APP\".\"V\" already exists", false);
        let grant = "ORA-39083: Object type OBJECT_GRANT failed to create with error:";
        check(&format!("{grant}\nORA-01917: user or role 'GONE' does not exist"), true);
        check(&format!("{grant}\nORA-00942: table or view does not exist"), false);
        check(
            "ORA-39083: Object type VIEW:\"APEX_230100\".\"V\" failed to create with error:\nORA-01918: user",
            true,
        );
        check(
            "ORA-39083: Object type VIEW:\"APEX_DEMO\".\"V\" failed to create with error:\nORA-01918: user",
            false,
        );
    }
}
