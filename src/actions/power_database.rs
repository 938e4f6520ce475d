//! `power-database`: starts or stops a database, if it is not so already.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain, Facts, SETTLED, USABLE, look, rest, shown, state_look};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, Probe, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::here;
use crate::model::{Act, ActionError, Effect, Late, Ocid, Repeat};
use crate::oci::database as calls;

/// Starts or stops a database, if it is not so already.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PowerDatabase {
    /// The database's OCID. A production database can be started only where its configuration consents to `start`.
    pub database: Late<Ocid>,
    /// How it is to be.
    pub want: Power,
    /// It is the source: the configuration must consent to `start`, which allows stopping it again too.
    #[serde(default)]
    pub source: bool,
}

/// How a database is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// Available.
    Running,
    /// Stopped.
    Stopped,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "was", kind: OutputKind::Text, doc: "the state before" },
    OutputDecl { name: "changed", kind: OutputKind::Flag, doc: "whether anything had to be done" },
];

impl PowerDatabase {
    fn wanted(&self) -> &'static [&'static str] {
        match self.want {
            Power::Running => USABLE,
            Power::Stopped => &["STOPPED"],
        }
    }

    /// Whether this is a production database whose configuration consents to being started. A source may be stopped
    /// again too; any other production database is never stopped.
    fn consented(&self, facts: &Facts) -> Result<bool, ActionError> {
        if self.source {
            let name = facts.databases.get("source").map_or("the source", |d| d.name.as_str());
            if facts.consents.iter().any(|word| word == "start") {
                return Ok(true);
            }
            return Err(refused(
                format!(
                    "{name} would have to be started and stopped again, and its configuration does not consent to that"
                ),
                name,
            ));
        }
        let Late::Known(ocid) = &self.database else { return Ok(false) };
        let same = |other: &str| other.eq_ignore_ascii_case(ocid.as_str());
        let Some((part, database)) = facts.databases.iter().find(|(_, d)| same(&d.ocid)) else {
            return Ok(false);
        };
        if !database.production && !facts.production.iter().any(|other| same(other)) {
            return Ok(false);
        }
        let name = &database.name;
        if self.want == Power::Stopped {
            return Err(ActionError::invalid(format!(
                "{name} is a production database, and is never stopped"
            ))
            .advise("if the role in the configuration is wrong, correct it there"));
        }
        let consents = facts.seen.get(part).and_then(|seen| seen["consents"].as_array());
        if consents.is_some_and(|words| words.iter().any(|word| word == "start")) {
            return Ok(true);
        }
        Err(refused(
            format!("{name} is a production database, and its configuration does not consent to starting it"),
            name,
        ))
    }

    fn is_there(&self, record: &Value) -> bool {
        record["lifecycleState"].as_str().is_some_and(|state| self.wanted().contains(&state))
    }
}

fn refused(why: String, name: &str) -> ActionError {
    ActionError::invalid(why).advise(format!(
        "start {name} yourself, or write consent = [\"start\"] under [database.{name}] in the configuration"
    ))
}

impl Domain for PowerDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "start or stop it again".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let consented = self.consented(binding.facts)?;
        let id = self.database.to_value();
        let (verb, mut call) = match self.want {
            Power::Running => ("start", calls::start(id.clone(), here("etag"))),
            Power::Stopped => ("stop", calls::stop(id.clone(), here("etag"))),
        };
        call.consented = consented;
        let switch = rest("switch", format!("{verb} {}", shown(&id)), Effect::Write, Repeat::Probe, call);
        Ok(vec![
            look("read", format!("read {}", shown(&id)), calls::get(id.clone())).until("it is at rest"),
            switch.maybe("it is not so already"),
            look("settle", "look how far it is", calls::get(id)).until("it is so"),
        ])
    }
}

impl Action for PowerDatabase {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let before = cx
                .wait("read", Here::nothing(), "the database to be at rest", |reply| {
                    state_look(reply, SETTLED)
                })
                .await?;
            let changed = !self.is_there(&before.value);
            if changed {
                let etag = before.etag.clone().unwrap_or_default();
                cx.perform("switch", Here::nothing().value("etag", etag)).await?;
                let what = if self.want == Power::Running {
                    "the database to start"
                } else {
                    "the database to stop"
                };
                cx.wait("settle", Here::nothing(), what, |reply| state_look(reply, self.wanted())).await?;
            }
            Ok(Finish::Done(Map::from_iter([
                ("was".to_owned(), before.value["lifecycleState"].clone()),
                ("changed".to_owned(), json!(changed)),
            ])))
        })
    }

    fn probe<'a>(&'a self, cx: &'a StepCx, _: &'a Act) -> BoxFuture<'a, Result<Probe, ActionError>> {
        Box::pin(async move {
            let now = cx
                .wait("settle", Here::nothing(), "the database to be at rest", |reply| {
                    state_look(reply, SETTLED)
                })
                .await?;
            Ok(if self.is_there(&now.value) { Probe::Done(Reply::default()) } else { Probe::NotDone })
        })
    }
}
