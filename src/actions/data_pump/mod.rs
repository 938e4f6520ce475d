//! `data-pump`: an export or import job, started once and followed to its true end.
//!
//! The job's name is the key: it follows from the run, so that after a crash the job is found and not started twice. A
//! row that is gone from the job view proves nothing; the end is what the log says.

mod log;
mod settings;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain};
use super::sql::{act_of, consented};
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::{here, secret_of};
use crate::model::{Act, ActionError, Call, Category, Late, SecretRef};
pub use log::{End, PumpLog};
pub use settings::Settings;

/// Runs a Data Pump job and follows it to its true end.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DataPump {
    /// The connection: `source`, `target`, or one that the runbook declares.
    pub on: String,
    /// What the job does.
    pub operation: Operation,
    /// What it takes at once.
    pub mode: Late<Mode>,
    /// The job's name, which must follow from the run. It is the control table's name too.
    pub job: Late<String>,
    /// The dump files' addresses in Object Storage. An export takes a pattern with `%L`.
    pub files: Late<Vec<String>>,
    /// The credential for these addresses, in the connection's own schema.
    pub credential: Late<String>,
    /// The log's name in `DATA_PUMP_DIR`.
    pub log: Late<String>,
    /// The version the dump is for; empty: the database's own compatibility. For exports.
    #[serde(default = "nothing")]
    pub version: Late<String>,
    /// How many workers at most.
    #[serde(default = "one")]
    pub parallel: Late<f64>,
    /// What the job takes along, and what becomes of it.
    #[serde(default)]
    pub settings: Settings,
    /// Object paths to leave out beside those of the settings. They may follow from what the dump holds: Data Pump refuses to
    /// leave out of an import what is not in the dump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave_out: Option<Late<Vec<String>>>,
    /// The dump's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_password: Option<Late<SecretRef>>,
    /// Errors that are no failure of this job, such as ORA-31684 for a user that is there already.
    #[serde(default = "no_codes")]
    pub expected_errors: Late<Vec<String>>,
    /// For a job on the source: the word by which the source's configuration consents to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Writes a dump.
    Export,
    /// Reads one.
    Import,
}

/// What a job takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The whole database.
    Full,
    /// Schemas.
    Schema,
    /// Tables of one schema.
    Table,
}

fn nothing() -> Late<String> {
    Late::Known(String::new())
}

fn one() -> Late<f64> {
    Late::Known(1.0)
}

fn no_codes() -> Late<Vec<String>> {
    Late::Known(Vec::new())
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Self::Export => "EXPORT",
            Self::Import => "IMPORT",
        }
    }
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Schema => "SCHEMA",
            Self::Table => "TABLE",
        }
    }
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "job", kind: OutputKind::Text, doc: "the job's name" },
    OutputDecl {
        name: "outcome",
        kind: OutputKind::Text,
        doc: "succeeded, or errors where all were expected",
    },
    OutputDecl { name: "errors", kind: OutputKind::List, doc: "the errors the log holds: { code, text }" },
    OutputDecl {
        name: "tables",
        kind: OutputKind::List,
        doc: "the tables with their rows: { schema, table, rows }",
    },
    OutputDecl {
        name: "paths",
        kind: OutputKind::List,
        doc: "the object paths that the job handled, such as SCHEMA_EXPORT/TABLE/TABLE",
    },
    OutputDecl { name: "rows", kind: OutputKind::Number, doc: "how many rows went, in all tables" },
    OutputDecl { name: "last_line", kind: OutputKind::Text, doc: "the log's last line" },
    OutputDecl { name: "log_lines", kind: OutputKind::Number, doc: "how many lines the log has" },
];

const START: &str = "start";
const LOOK: &str = "look";
const RESTART: &str = "restart";
const READ_LOG: &str = "read-log";

impl Domain for DataPump {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand {
            hint: match self.operation {
                Operation::Export => "delete the dump's objects in the bucket".into(),
                Operation::Import => {
                    "drop what the import made; rows it added are not told from others".into()
                }
            },
        }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let to = binding.connection(&self.on)?;
        consented(self.consent.as_deref(), binding, to)?;
        let mode = self.mode.known().copied().ok_or_else(|| {
            ActionError::invalid(
                "the mode of a job must be known when the plan is made: it is part of the plan",
            )
        })?;
        let job = self.job.to_value();
        let log = self.log.to_value();
        let password = self.encryption_password.as_ref().map_or(Value::Null, |p| secret_of(&p.to_value()));
        let start = json!({
            "operation": self.operation.word(),
            "job_mode": mode.word(),
            "job_name": job,
            "job_version": self.version.to_value(),
            "files": self.files.to_value(),
            "credential_name": self.credential.to_value(),
            "log_file": log,
            "degree": self.parallel.to_value(),
            "settings": self.settings.calls(mode)?,
            "left_out": self.leave_out.as_ref().map_or_else(|| json!([]), Late::to_value),
            "encryption_password": password,
        });
        let mut acts = vec![
            act_of(START, "datapump/start", &start, binding, to)?,
            act_of(LOOK, "datapump/look", &json!({ "job_name": job }), binding, to)?
                .until("the job is not there any more, or does not run"),
            act_of(RESTART, "datapump/restart", &json!({ "job_name": job }), binding, to)?
                .maybe("an interrupted job is to go on"),
            act_of(
                READ_LOG,
                "datapump/read_log",
                &json!({ "log_file": log, "skipped": here("skipped") }),
                binding,
                to,
            )?
            .until("its end is read"),
        ];
        let on_source = to.part == "source";
        for act in &mut acts {
            if let Call::Sql(sql) = &mut act.call {
                sql.consented = on_source;
            }
        }
        Ok(acts)
    }
}

/// What became of a job, as far as the job view tells.
enum Seen {
    /// Its row is gone.
    Gone,
    /// Its control table is there and nothing works on it.
    Halted(String),
}

impl DataPump {
    /// Waits until the job is not at work any more.
    async fn follow(&self, cx: &StepCx, job: &str) -> Result<Seen, ActionError> {
        let what = format!("Data Pump job {job}");
        let reply = cx.wait(LOOK, Here::nothing(), &what, look).await?;
        Ok(match state(&reply) {
            None => Seen::Gone,
            Some(state) => Seen::Halted(state.to_owned()),
        })
    }

    async fn read_log(&self, cx: &StepCx) -> Result<Option<PumpLog>, ActionError> {
        let mut log = PumpLog::default();
        loop {
            let reply = cx.perform(READ_LOG, Here::nothing().value("skipped", log.lines)).await?;
            let binds = &reply.value["binds"];
            if binds["log_there"].as_i64() != Some(1) {
                return Ok(None);
            }
            log.read(binds["piece"].as_str().unwrap_or_default());
            if binds["at_end"].as_i64() == Some(1) {
                return Ok(Some(log));
            }
        }
    }

    async fn start(&self, cx: &StepCx, job: &str) -> Result<(), ActionError> {
        let reply = cx.perform(START, Here::nothing()).await?;
        self.refused(cx, START, job, &reply).await?;
        if reply.value["binds"]["started"].as_i64() == Some(1) {
            cx.say(format!("started Data Pump job {job}")).await;
        } else {
            cx.say(format!("found Data Pump job {job}, which was started before")).await;
        }
        Ok(())
    }

    /// Turns what Data Pump said of a job it did not take into an error, and lets a later try begin anew.
    async fn refused(&self, cx: &StepCx, key: &str, job: &str, reply: &Reply) -> Result<(), ActionError> {
        let Some(said) = reply.value["binds"]["failure"].as_str().filter(|said| !said.trim().is_empty())
        else {
            return Ok(());
        };
        cx.void(key, "the database refused the job").await?;
        Err(refusal(job, said))
    }

    async fn end(&self, cx: &StepCx, job: &str, expected: &[String]) -> Result<Finish, ActionError> {
        let Some(mut log) = self.read_log(cx).await? else {
            return Err(unknown(job, "its log is not in DATA_PUMP_DIR"));
        };
        let unexpected: Vec<log::Error> = log.unexpected(expected).into_iter().cloned().collect();
        match log.end {
            // What it met before it was stopped and let go on, it has got over.
            Some(End::Succeeded) => {
                for error in &log.errors {
                    cx.say(format!("got over: {}", error.text)).await;
                }
                log.errors.clear();
            }
            Some(End::WithErrors) if unexpected.is_empty() && !log.errors.is_empty() => {}
            Some(End::WithErrors) => return Err(with_errors(job, &log, &unexpected)),
            Some(End::Stopped) => return Err(halted(job, "it stopped", &log)),
            None => return Err(unknown(job, "its log does not say how it ended")),
        }
        for error in &log.errors {
            cx.say(format!("expected: {}", error.text)).await;
        }
        let outcome = if log.errors.is_empty() { "succeeded" } else { "errors" };
        let rows: u64 = log.tables.iter().map(|t| t.rows).sum();
        Ok(Finish::Done(Map::from_iter([
            ("job".to_owned(), json!(job)),
            ("outcome".to_owned(), json!(outcome)),
            ("errors".to_owned(), json!(log.errors)),
            ("tables".to_owned(), json!(log.tables)),
            ("paths".to_owned(), json!(log.paths)),
            ("rows".to_owned(), json!(rows)),
            ("last_line".to_owned(), json!(log.last_line)),
            ("log_lines".to_owned(), json!(log.lines)),
        ])))
    }
}

impl Action for DataPump {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let job = cx.arg(&self.job)?;
            let expected = cx.arg(&self.expected_errors)?;
            // A job that an earlier life of this run left halted goes on; one that halts now is for a person to look at.
            let begun = cx.has_performed(START);
            self.start(cx, &job).await?;
            let mut seen = self.follow(cx, &job).await?;
            if begun && matches!(seen, Seen::Halted(_)) {
                cx.void(RESTART, "the job halted again").await?;
                let reply = cx.perform(RESTART, Here::nothing()).await?;
                self.refused(cx, RESTART, &job, &reply).await?;
                cx.say(format!("let Data Pump job {job} go on")).await;
                seen = self.follow(cx, &job).await?;
            }
            match seen {
                Seen::Gone => self.end(cx, &job, &expected).await,
                Seen::Halted(state) => {
                    let log = self.read_log(cx).await?.unwrap_or_default();
                    Err(halted(&job, &format!("it is {state}"), &log))
                }
            }
        })
    }
}

fn state(reply: &Reply) -> Option<&str> {
    reply.value["binds"]["job_state"].as_str().map(str::trim).filter(|state| !state.is_empty())
}

fn look(reply: &Reply) -> Look {
    match state(reply) {
        None | Some("NOT RUNNING" | "IDLING" | "STOPPED") => Look::Ready,
        Some(at_work) => {
            let binds = &reply.value["binds"];
            let errors = binds["error_count"].as_u64().filter(|n| *n > 0);
            let state = match errors {
                Some(1) => format!("{at_work}, 1 error so far"),
                Some(errors) => format!("{at_work}, {errors} errors so far"),
                None => at_work.to_owned(),
            };
            Look::NotYet { state: Some(state), percent: binds["percent_done"].as_f64() }
        }
    }
}

fn refusal(job: &str, said: &str) -> ActionError {
    let mut lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.dedup();
    // The first error only wraps the ones that say what is wrong.
    let telling = lines.iter().rev().find_map(|line| log::code(line)).unwrap_or_default();
    let error = ActionError::new(Category::Invalid, format!("Data Pump refused job {job}"))
        .because(lines.join("; "))
        .advise("nothing was started; mend what the last of these errors names, then resume");
    if telling.is_empty() { error } else { error.code(telling) }
}

fn with_errors(job: &str, log: &PumpLog, unexpected: &[log::Error]) -> ActionError {
    let shown: Vec<&str> = unexpected.iter().take(5).map(|e| e.text.as_str()).collect();
    let more = unexpected.len().saturating_sub(shown.len());
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    let mut error = ActionError::new(
        Category::DeadEnd,
        match unexpected.len() {
            1 => format!("Data Pump job {job} ended with an error that was not expected"),
            many => format!("Data Pump job {job} ended with {many} errors that were not expected"),
        },
    )
    .because(format!("{}{more}. The log ends: {}", shown.join("; "), log.last_line))
    .advise(
        "its log lies in DATA_PUMP_DIR, and beside the dump where it could be copied; what went well stays",
    );
    if let Some(first) = unexpected.first() {
        error = error.code(first.code.clone());
    }
    error
}

fn halted(job: &str, how: &str, log: &PumpLog) -> ActionError {
    let last = if log.last_line.is_empty() { "it left no log".to_owned() } else { log.last_line.clone() };
    let mut error = ActionError::new(Category::DeadEnd, format!("Data Pump job {job} did not end: {how}"))
        .because(last)
        .advise("resume this run to let the job go on from where it was");
    if let Some(found) = log.errors.last() {
        error = error.code(found.code.clone());
    }
    error
}

fn unknown(job: &str, why: &str) -> ActionError {
    ActionError::new(Category::Unknown, format!("it is not known how Data Pump job {job} ended"))
        .because(format!("it is not in the job view any more, and {why}"))
        .advise(
            "look at what it made and at USER_DATAPUMP_JOBS before you run it again; an export goes under a new prefix \
             in a new run",
        )
}
