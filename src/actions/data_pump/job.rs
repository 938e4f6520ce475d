//! `data-pump`: an export or import job, started once and followed to its true end.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::failures::{
    ended_before, halted, refusal, stopped_for_good, unknown, waits_for_room, with_errors,
};
use super::log::{End, Noise, PumpLog};
use super::settings::Settings;
use crate::actions::domain::{Binding, Domain};
use crate::actions::sql::{act_of, consented};
use crate::db::driver::keeps_state;
use crate::engine::{Action, Finish, Here, Look, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::{here, secret_of};
use crate::model::{Act, ActionError, Call, Category, Late, SecretRef};

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
    /// Tables to leave out beside those of the settings, by name without schema. They may follow from what a look at the
    /// database showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave_tables: Option<Late<Vec<String>>>,
    /// The dump's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_password: Option<Late<SecretRef>>,
    /// Errors that are no failure of this job, such as ORA-31684 for a user that is there already.
    #[serde(default = "no_codes")]
    pub expected_errors: Late<Vec<String>>,
    /// Errors that are no failure of this job in certain circumstances, each kind with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noise: Vec<Noise>,
    /// Further ones, such as those of a parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_noise: Option<Late<Vec<Noise>>>,
    /// The address in Object Storage to which the log goes where the job does not end well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_copy: Option<Late<String>>,
    /// The shipped masks that the job needs, to be made again where an interrupted job goes on. For exports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masks: Option<Masks>,
    /// Where a run goes on whose job had ended with errors, the job begins again. For imports that empty or replace their tables first;
    /// others would find what the first try left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub begins_again: bool,
    /// For a job on the source: the word by which the source's configuration consents to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
}

/// A package of masks that is there while an export goes on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Masks {
    /// The package; nothing where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Late<String>>,
    /// What the masks follow from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Late<SecretRef>>,
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
    OutputDecl {
        name: "errors",
        kind: OutputKind::List,
        doc: "the errors the log holds: { code, text }, with why where a rule of noise covers it",
    },
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
/// For how many seconds a look waits for news inside the database, where its session is held. Meanwhile the run does not stop.
const INSIDE: u32 = 5;
const RESTART: &str = "restart";
const READ_LOG: &str = "read-log";
const KEEP_LOG: &str = "keep-log";
const MAKE_MASKS: &str = "make-masks";
const DROP_MASKS: &str = "drop-masks";

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
        let mode = *self.mode.at_plan("the mode of a job")?;
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
            "left_tables": self.leave_tables.as_ref().map_or_else(|| json!([]), Late::to_value),
            "encryption_password": password,
        });
        let patience = if keeps_state(&to.connection.driver) { INSIDE } else { 0 };
        let mut acts = vec![
            act_of(START, "datapump/start", &start, binding, to)?,
            act_of(LOOK, "datapump/look", &json!({ "job_name": job, "patience": patience }), binding, to)?
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
        if let Some(copy) = &self.log_copy {
            let arguments = json!({
                "log_file": log,
                "ended": here("ended"),
                "credential_name": self.credential.to_value(),
                "uri": copy.to_value(),
            });
            acts.push(
                act_of(KEEP_LOG, "datapump/keep_log", &arguments, binding, to)?
                    .maybe("the job does not end well"),
            );
        }
        if let Some((package, key)) = self.masks.as_ref().and_then(Masks::both) {
            consented(Some("masking"), binding, to)?;
            let package = package.to_value();
            let make = json!({ "package_name": package, "masking_key": secret_of(&key.to_value()) });
            let drop = json!({ "package_name": package, "job_name": "" });
            acts.push(
                act_of(MAKE_MASKS, "masking/make_package", &make, binding, to)?
                    .maybe("an interrupted job is to go on"),
            );
            acts.push(
                act_of(DROP_MASKS, "masking/drop_package", &drop, binding, to)?
                    .maybe("an interrupted job went on"),
            );
        }
        let on_source = to.part == "source";
        for act in &mut acts {
            if let Call::Sql(sql) = &mut act.call {
                sql.consented = on_source;
            }
        }
        Ok(acts)
    }
}

impl Masks {
    fn both(&self) -> Option<(&Late<String>, &Late<SecretRef>)> {
        self.package.as_ref().zip(self.key.as_ref())
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
        let mut waits = 0;
        let judge = |reply: &Reply| look(reply, job, &mut waits);
        let reply = cx.wait(LOOK, Here::nothing(), &what, judge).await?;
        let Some(state) = state(&reply) else { return Ok(Seen::Gone) };
        // Its control table may outlive its end for a moment: the log decides.
        let log = self.read_log(cx).await?;
        if log.is_some_and(|log| matches!(log.end, Some(End::Succeeded | End::WithErrors))) {
            return Ok(Seen::Gone);
        }
        Ok(Seen::Halted(state.to_owned()))
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

    async fn start(&self, cx: &StepCx, job: &str, begun: bool) -> Result<(), ActionError> {
        let reply = cx.perform(START, Here::nothing()).await?;
        self.refused(cx, START, job, &reply).await?;
        if !begun && reply.value["binds"]["started"].as_i64() == Some(1) {
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
            return Err(match self.earlier_copy(cx).await? {
                Some(place) => ended_before(job, &place),
                None => unknown(job, "its log is not in DATA_PUMP_DIR"),
            });
        };
        let mut noise = self.noise.clone();
        if let Some(more) = &self.more_noise {
            noise.extend(cx.arg(more)?);
        }
        log.explain(&noise);
        let unexpected = match log.end {
            // What it met before it was stopped and let go on, it has got over.
            Some(End::Succeeded) => log.lost(),
            _ => log.unexpected(expected),
        };
        match log.end {
            Some(End::Succeeded) if unexpected.is_empty() => {
                for error in &log.errors {
                    cx.say(format!("got over: {}", error.text)).await;
                }
                log.errors.clear();
            }
            Some(End::WithErrors) if unexpected.is_empty() && !log.errors.is_empty() => {}
            Some(End::Succeeded | End::WithErrors) => {
                let place = self.keep_log(cx, true).await?;
                return Err(self.next_try(with_errors(job, &log, &unexpected, &place), &place));
            }
            Some(End::Stopped) => {
                let place = self.keep_log(cx, true).await?;
                return Err(self.next_try(stopped_for_good(job, &log, &place), &place));
            }
            None => {
                let place = self.keep_log(cx, false).await?;
                return Err(unknown(job, &format!("its log does not say how it ended; {place}")));
            }
        }
        for error in &log.errors {
            let why = error.why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
            cx.say(format!("expected: {}{why}", error.text)).await;
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

impl DataPump {
    /// Copies the log of a job that did not end well beside the dump. Answers where it is to be found now.
    async fn keep_log(&self, cx: &StepCx, ended: bool) -> Result<String, ActionError> {
        let name = cx.arg(&self.log)?;
        let Some(copy) = &self.log_copy else { return Ok(format!("its log {name} lies in DATA_PUMP_DIR")) };
        let place = cx.arg(copy)?;
        if cx.has_performed(KEEP_LOG) {
            cx.void(KEEP_LOG, "the log has grown since").await?;
        }
        // What failed is the job; that its log could not be copied must not hide it.
        let kept = cx.perform(KEEP_LOG, Here::nothing().value("ended", i32::from(ended))).await;
        let binds = kept.map(|reply| reply.value["binds"].clone()).unwrap_or_default();
        let removed = binds["removed"].as_i64() == Some(1);
        Ok(match binds["bytes"].as_i64() {
            Some(_) if removed => format!("its log is {place} now"),
            Some(_) => format!("its log {name} lies in DATA_PUMP_DIR, and a copy of it is {place}"),
            None => format!("its log {name} lies in DATA_PUMP_DIR, if it wrote one"),
        })
    }

    /// What to do after a job that ended badly, where it can begin again.
    fn next_try(&self, error: ActionError, place: &str) -> ActionError {
        if !self.begins_again {
            return error;
        }
        error.advise(format!("{place}. Mend the cause and resume this run: the job begins again"))
    }

    /// Forgets a job that had ended badly when this run was last at work, so that it begins again. Its log is in the bucket, so nothing
    /// tells of it in the database any more.
    async fn forget_what_ended(&self, cx: &StepCx, job: &str) -> Result<bool, ActionError> {
        if !self.begins_again || self.earlier_copy(cx).await?.is_none() {
            return Ok(false);
        }
        for key in [START, RESTART, KEEP_LOG] {
            cx.void(key, "the job had ended with errors, and begins again").await?;
        }
        cx.say(format!("Data Pump job {job} had ended with errors and begins again")).await;
        Ok(true)
    }

    /// Where the log went when an earlier life of this run saw the job end badly.
    async fn earlier_copy(&self, cx: &StepCx) -> Result<Option<String>, ActionError> {
        let Some(copy) = self.log_copy.as_ref().filter(|_| cx.has_performed(KEEP_LOG)) else {
            return Ok(None);
        };
        let reply = cx.perform(KEEP_LOG, Here::nothing().value("ended", 0)).await?;
        let removed = reply.value["binds"]["removed"].as_i64() == Some(1);
        if removed { cx.arg(copy).map(Some) } else { Ok(None) }
    }

    /// Waits for the job, lets it go on where an earlier life of this run left it halted, and reads how it ended.
    async fn follow_to_its_end(&self, cx: &StepCx, job: &str, begun: bool) -> Result<Finish, ActionError> {
        let expected = cx.arg(&self.expected_errors)?;
        let mut seen = self.follow(cx, job).await?;
        if begun && matches!(seen, Seen::Halted(_)) {
            if self.masks.as_ref().and_then(Masks::both).is_some() {
                cx.void(MAKE_MASKS, "they were dropped when the job halted").await?;
                cx.perform(MAKE_MASKS, Here::nothing()).await?;
            }
            cx.void(RESTART, "the job halted again").await?;
            let reply = cx.perform(RESTART, Here::nothing()).await?;
            self.refused(cx, RESTART, job, &reply).await?;
            cx.say(format!("let Data Pump job {job} go on")).await;
            seen = self.follow(cx, job).await?;
        }
        match seen {
            Seen::Gone => self.end(cx, job, &expected).await,
            Seen::Halted(state) => {
                let log = self.read_log(cx).await?.unwrap_or_default();
                Err(halted(job, &format!("it is {state}"), &log, &self.keep_log(cx, false).await?))
            }
        }
    }

    /// In a life of the run that took the job up again: drops the masks, which an earlier life may have dropped for good.
    async fn drop_masks(&self, cx: &StepCx) -> Result<(), ActionError> {
        if self.masks.as_ref().and_then(Masks::both).is_some() {
            cx.void(DROP_MASKS, "they were made again").await?;
            cx.perform(DROP_MASKS, Here::nothing()).await?;
        }
        Ok(())
    }
}

impl Action for DataPump {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let job = cx.arg(&self.job)?;
            // A job that an earlier life of this run left halted goes on; one that halts now is for a person to look at.
            let begun = cx.has_performed(START) && !self.forget_what_ended(cx, &job).await?;
            self.start(cx, &job, begun).await?;
            let ended = self.follow_to_its_end(cx, &job, begun).await;
            let over = ended.as_ref().map_or_else(
                |error| matches!(error.category, Category::DeadEnd | Category::Unknown),
                |_| true,
            );
            if begun && over {
                match (self.drop_masks(cx).await, &ended) {
                    (Err(error), Ok(_)) => return Err(error),
                    (Err(error), Err(_)) => {
                        cx.say(format!("the masks may still be there: {}", error.message)).await;
                    }
                    (Ok(()), _) => {}
                }
            }
            ended
        })
    }
}

fn state(reply: &Reply) -> Option<&str> {
    reply.value["binds"]["job_state"].as_str().map(str::trim).filter(|state| !state.is_empty())
}

/// How many looks in a row may find a job waiting for room: one that was given room needs a moment to notice.
const PATIENCE: u32 = 4;

fn look(reply: &Reply, job: &str, waits: &mut u32) -> Look {
    match state(reply) {
        None | Some("NOT RUNNING" | "IDLING" | "STOPPED") => Look::Ready,
        Some(at_work) => {
            let binds = &reply.value["binds"];
            if let Some(reason) = binds["waits_for"].as_str().filter(|reason| !reason.is_empty()) {
                *waits += 1;
                if *waits >= PATIENCE {
                    return Look::DeadEnd(waits_for_room(job, reason));
                }
            } else {
                *waits = 0;
            }
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
