//! `power-database`: starts or stops a database, if it is not so already.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain, SETTLED, USABLE, look, rest, shown, state_look};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, Probe, StepCx, UndoPolicy};
use crate::model::act::Reply;
use crate::model::late::here;
use crate::model::{Act, ActionError, Effect, Late, Ocid, Repeat};
use crate::oci::database as calls;

/// Starts or stops a database, if it is not so already.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PowerDatabase {
    /// The database's OCID.
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

    fn is_there(&self, record: &Value) -> bool {
        record["lifecycleState"].as_str().is_some_and(|state| self.wanted().contains(&state))
    }
}

impl Domain for PowerDatabase {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "start or stop it again".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        if self.source && !binding.facts.consents.iter().any(|word| word == "start") {
            let name = binding.facts.databases.get("source").map_or("the source", |d| d.name.as_str());
            return Err(ActionError::invalid(format!(
                "{name} would have to be started and stopped again, and its configuration does not consent to that"
            ))
            .advise(format!(
                "start {name} yourself, or write consent = [\"start\"] under [database.{name}] in the configuration"
            )));
        }
        let id = self.database.to_value();
        let (verb, mut call) = match self.want {
            Power::Running => ("start", calls::start(id.clone(), here("etag"))),
            Power::Stopped => ("stop", calls::stop(id.clone(), here("etag"))),
        };
        call.consented = self.source;
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
