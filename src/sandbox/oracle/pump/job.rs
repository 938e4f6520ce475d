//! What a job is: its definition, its progress, its log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sandbox::oracle::error::OracleError;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Operation {
    Export,
    Import,
    SqlFile,
}

impl Operation {
    /// The word of `OPERATION`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Export => "EXPORT",
            Self::Import => "IMPORT",
            Self::SqlFile => "SQL_FILE",
        }
    }
}

/// How much of the database a job concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    Full,
    Schema,
    Table,
}

impl Mode {
    /// The word of `JOB_MODE`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Schema => "SCHEMA",
            Self::Table => "TABLE",
        }
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    Defining,
    Executing,
    Completing,
    Completed,
    /// It was told to stop, and its workers end what they are at.
    StopPending,
    Stopped,
    Idling,
    NotRunning,
}

impl State {
    /// The word of `STATE`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Defining => "DEFINING",
            Self::Executing => "EXECUTING",
            Self::Completing => "COMPLETING",
            Self::Completed => "COMPLETED",
            Self::StopPending => "STOP PENDING",
            Self::Stopped => "STOPPED",
            Self::Idling => "IDLING",
            Self::NotRunning => "NOT RUNNING",
        }
    }

    /// Whether workers are at it.
    pub(crate) fn is_running(self) -> bool {
        matches!(self, Self::Executing | Self::Completing | Self::StopPending)
    }

    /// Whether nothing will happen any more unless the job is started again.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Stopped | Self::NotRunning)
    }
}

const MILLION: i64 = 1_000_000;

/// A value given to a filter or parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Given {
    Text(String),
    Number(i64),
    /// A number that is not whole, in millionths.
    Fraction(i64),
}

impl Given {
    /// The text, digits for a number.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Fraction(millionths) => {
                let sign = if *millionths < 0 { "-" } else { "" };
                let (whole, rest) = (millionths.abs() / MILLION, millionths.abs() % MILLION);
                let text = format!("{whole}.{rest:06}");
                format!("{sign}{}", text.trim_matches('0').trim_end_matches('.'))
            }
        }
    }

    /// The number; none for a text.
    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Text(_) | Self::Fraction(_) => None,
            Self::Number(number) => Some(*number),
        }
    }

    /// The number in millionths; none for a text.
    pub(crate) fn millionths(&self) -> Option<i64> {
        match self {
            Self::Text(_) => None,
            Self::Number(number) => Some(number.saturating_mul(MILLION)),
            Self::Fraction(millionths) => Some(*millionths),
        }
    }
}

/// A metadata filter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MetadataFilter {
    pub(crate) name: String,
    pub(crate) value: String,
    /// The object path it is limited to.
    pub(crate) path: Option<String>,
}

/// A metadata remap or transform.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) name: String,
    pub(crate) old: String,
    pub(crate) new: Given,
    pub(crate) path: Option<String>,
}

/// A data filter or the remap of a column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DataRule {
    pub(crate) name: String,
    pub(crate) value: Given,
    pub(crate) column: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) schema: Option<String>,
}

/// A file of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct JobFile {
    /// As given, wildcards and all.
    pub(crate) name: String,
    /// A directory's or a credential's name.
    pub(crate) place: Option<String>,
    /// 1 dump, 3 log, 4 SQL, 5 dump in Object Storage.
    pub(crate) kind: i64,
    pub(crate) reuse: bool,
}

/// A line of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// The error's number; none for information.
    pub(crate) code: Option<i64>,
    /// Not for the sessions that are attached.
    #[serde(default)]
    pub(crate) file_only: bool,
    /// Microseconds since 1970.
    pub(crate) at: i64,
}

/// What a step of a running job does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Takes the definitions of everything that is exported.
    Definitions,
    /// Writes out or loads the rows of a table, by its place in the list of entries.
    Rows(usize),
    /// Makes an object, by its place in the list of entries.
    Make(usize),
}

/// A step and when it is due.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) step: Step,
    /// When it is over, as a share of the whole in millionths.
    pub(crate) due: i64,
    pub(crate) bytes: i64,
}

/// A job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) operation: Operation,
    pub(crate) mode: Mode,
    pub(crate) state: State,
    /// 32 hexadecimal digits.
    pub(crate) guid: String,
    pub(crate) version: String,
    pub(crate) degree: i64,
    pub(crate) files: Vec<JobFile>,
    pub(crate) filters: Vec<MetadataFilter>,
    pub(crate) remaps: Vec<Change>,
    pub(crate) transforms: Vec<Change>,
    pub(crate) data_filters: Vec<DataRule>,
    pub(crate) data_remaps: Vec<DataRule>,
    pub(crate) parameters: BTreeMap<String, Given>,
    /// The owner may export or import more than the own schema.
    pub(crate) privileged: bool,
    /// The control table.
    pub(crate) table: i64,
    /// When `START_JOB` was called last, microseconds since 1970.
    pub(crate) started: i64,
    /// When it was called first.
    #[serde(default)]
    pub(crate) begun: i64,
    /// How long the whole takes, in microseconds at the speed it was started with.
    pub(crate) length: i64,
    /// What was over when it was started last, in millionths.
    pub(crate) head_start: i64,
    pub(crate) items: Vec<Item>,
    pub(crate) done: usize,
    pub(crate) bytes_done: i64,
    pub(crate) bytes_total: i64,
    pub(crate) errors: i64,
    pub(crate) restarts: i64,
    pub(crate) lines: Vec<Line>,
    pub(crate) term_reason: Option<i64>,
    /// The dump files by name, as far as they are known.
    pub(crate) written: Vec<(String, i64)>,
    /// What a worker is at.
    pub(crate) current: Option<(String, String, String)>,
    /// What is to go wrong: name and figure.
    #[serde(default)]
    pub(crate) fault: Option<(String, i64)>,
    /// What was found out while it ran: tables that were there before, objects that failed.
    pub(crate) notes: BTreeMap<String, String>,
}

impl Job {
    /// Owner and name, as logs write them.
    pub(crate) fn quoted(&self) -> String {
        format!("\"{}\".\"{}\"", self.owner, self.name)
    }

    /// The line of the log that names the job, with what its client says of itself.
    pub(crate) fn starting(&self) -> String {
        format!("Starting {}:  {}", self.quoted(), self.text("CLIENT_COMMAND").unwrap_or_default())
    }

    /// The session id of its master process.
    pub(crate) fn master(&self) -> i64 {
        // Far from those of clients.
        1_000_000 + self.table * 100
    }

    /// The sessions of its processes: their ids and what they are.
    pub(crate) fn processes(&self) -> Vec<(i64, &'static str)> {
        let workers = if self.state.is_running() { self.degree.clamp(1, 99) } else { 0 };
        let workers = (1..=workers).map(|number| (self.master() + number, "WORKER"));
        std::iter::once((self.master(), "MASTER")).chain(workers).collect()
    }

    /// The key of its document.
    pub(crate) fn document(&self) -> String {
        format!("j/{}/{}", self.owner, self.name)
    }

    /// The number of a numeric parameter.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.parameters.get(name).and_then(Given::number)
    }

    /// The text of a text parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.parameters.get(name) {
            Some(Given::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The log file.
    pub(crate) fn log_file(&self) -> Option<&JobFile> {
        self.files.iter().find(|file| file.kind == 3)
    }

    /// The dump files.
    pub(crate) fn dump_files(&self) -> impl Iterator<Item = &JobFile> {
        self.files.iter().filter(|file| matches!(file.kind, 1 | 5))
    }

    /// Adds a line of information.
    pub(crate) fn say(&mut self, at: i64, text: impl Into<String>) {
        self.lines.push(Line { text: text.into(), code: None, file_only: false, at });
    }

    /// Adds the lines of an error and counts it.
    pub(crate) fn fail(&mut self, at: i64, error: &OracleError) {
        self.errors += 1;
        self.report(at, error);
    }

    /// Adds the lines of an error without counting it.
    pub(crate) fn report(&mut self, at: i64, error: &OracleError) {
        for text in error.text.split('\u{1}').next().unwrap_or_default().lines() {
            if text.starts_with("ORA-06512") {
                continue;
            }
            let code = code_of(text).or(Some(i64::from(error.code)));
            self.lines.push(Line { text: text.to_owned(), code, file_only: false, at });
        }
    }

    /// Percent of the rows' bytes, as `GET_STATUS` tells it.
    pub(crate) fn percent(&self) -> i64 {
        if self.state == State::Completed {
            return 100;
        }
        if self.bytes_total <= 0 { 0 } else { (self.bytes_done * 100 / self.bytes_total).clamp(0, 100) }
    }
}

/// The number of an `ORA-` line.
pub(crate) fn code_of(text: &str) -> Option<i64> {
    text.strip_prefix("ORA-").and_then(|rest| rest.get(..5)).and_then(|digits| digits.parse().ok())
}
