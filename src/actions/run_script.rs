//! `run-script`: an operator's SQL*Plus-style scripts, statement by statement.
//!
//! A session over REST is one request, so statements up to a COMMIT or a DDL statement travel together; what each
//! request did is recorded before the next one goes.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain};
use super::sql::guard;
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, Probe, StepCx, UndoPolicy};
use crate::model::act::SqlCall;
use crate::model::diagnostic::draw;
use crate::model::{Act, ActionError, Call, Late, Times};
use crate::sql::{Script, ScriptOptions, Side, SqlError, directory_loader};

/// Runs an operator's SQL*Plus-style script. The script is read when the plan is made and shown in it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RunScript {
    /// The connection.
    pub on: String,
    /// The file. What it includes with @ must lie in its directory or below.
    pub script: Late<String>,
    /// Values for `&name` in the script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub define: Option<Late<BTreeMap<String, Late<String>>>>,
    /// What to do with statements of which it is not known, after a crash, whether they ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_unknown: Option<Late<WhenUnknown>>,
    /// How long each request may take, in seconds.
    #[serde(default = "five_minutes")]
    pub limit_seconds: u64,
}

/// What to do with statements of which it is not known whether they ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhenUnknown {
    /// Stop, and say which.
    #[default]
    Stop,
    /// Run them again: the script is written so that this does no harm.
    Repeat,
}

fn five_minutes() -> u64 {
    300
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "statements", kind: OutputKind::Number, doc: "how many statements ran" },
    OutputDecl { name: "requests", kind: OutputKind::Number, doc: "in how many requests" },
    OutputDecl { name: "output", kind: OutputKind::List, doc: "the lines of DBMS_OUTPUT and PROMPT" },
];

impl RunScript {
    fn read(&self) -> Result<Script, ActionError> {
        let path = Utf8PathBuf::from(self.script.at_plan("the script")?);
        let directory = path.parent().filter(|p| !p.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
        let name = path.file_name().ok_or_else(|| ActionError::invalid(format!("{path} is no file")))?;
        let load = directory_loader(directory).map_err(|e| {
            ActionError::invalid(format!("the directory of script {path} cannot be read: {e}"))
        })?;
        let values = "what a script's variables are defined as";
        let mut defines = BTreeMap::new();
        if let Some(given) = &self.define {
            for (name, value) in given.at_plan(values)? {
                defines.insert(name.clone(), value.at_plan(values)?.clone());
            }
        }
        Script::read(Utf8Path::new(name), &load, &ScriptOptions { defines }).map_err(mistakes)
    }
}

fn mistakes(error: SqlError) -> ActionError {
    match error {
        SqlError::Mistakes(found) => {
            let plural = if found.len() == 1 { "" } else { "s" };
            ActionError::invalid(format!("{} mistake{plural} in the script\n{}", found.len(), draw(&found)))
        }
        other => other.into(),
    }
}

impl Domain for RunScript {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "what a script changed, only another script changes back".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let to = binding.connection(&self.on)?;
        if to.part == "source" {
            return Err(ActionError::invalid("a script cannot run on the source"));
        }
        let guard = guard(binding, to);
        let units = self.read()?.units().map_err(mistakes)?;
        let mut acts = Vec::new();
        for (n, unit) in units.iter().enumerate() {
            let rendered = unit.render(&guard, Side::Target, self.limit_seconds)?;
            let count = unit.pieces.len();
            let plural = if count == 1 { "" } else { "s" };
            acts.push(Act {
                key: format!("unit-{}", n + 1).parse().map_err(|e| ActionError::bug(format!("{e}")))?,
                title: format!("run {count} statement{plural} from {}", unit.place()),
                effect: rendered.effect,
                times: Times::Once,
                repeat: rendered.repeat,
                call: Call::Sql(Box::new(SqlCall {
                    connection: to.connection.clone(),
                    text: rendered.text,
                    returns: rendered.returns,
                    binds: rendered.binds,
                    limit_seconds: rendered.limit_seconds,
                    consented: false,
                })),
            });
        }
        Ok(acts)
    }
}

impl Action for RunScript {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let mut output = Vec::new();
            let mut statements = 0;
            let acts: Vec<(String, String)> =
                cx.acts().iter().map(|a| (a.key.to_string(), a.title.clone())).collect();
            for (key, title) in &acts {
                let reply = cx.perform(key, Here::nothing()).await.map_err(|e| e.because(title.clone()))?;
                for line in reply.value["output"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    cx.say(line).await;
                    output.push(json!(line));
                }
                statements += title.split(' ').nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(1);
            }
            Ok(Finish::Done(Map::from_iter([
                ("statements".to_owned(), json!(statements)),
                ("requests".to_owned(), json!(acts.len())),
                ("output".to_owned(), Value::Array(output)),
            ])))
        })
    }

    fn probe<'a>(&'a self, cx: &'a StepCx, act: &'a Act) -> BoxFuture<'a, Result<Probe, ActionError>> {
        Box::pin(async move {
            Ok(match self.when_unknown.as_ref().map(|word| cx.arg(word)).transpose()?.unwrap_or_default() {
                WhenUnknown::Repeat => Probe::NotDone,
                WhenUnknown::Stop => Probe::Unknown {
                    advice: format!(
                        "look in the database whether it happened ({}); it happened whole or not at all where it \
                         ends in one COMMIT",
                        act.title
                    ),
                },
            })
        })
    }
}
