//! The plan: everything a run will do, as data that survives the process.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::action::OutputKind;
use crate::model::{Act, Effect, RunId, StepId};

/// The version of the format. A newer plan is refused.
pub const FORMAT: u32 = 1;

/// A run's plan. It is frozen: a run reads runbooks, templates and configuration only through it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of the format.
    pub format: u32,
    /// The adbctl that made it.
    pub adbctl: String,
    /// The run it is for; names that the run makes up end in its suffix.
    pub run: RunId,
    /// Name of the runbook.
    pub runbook: String,
    /// Title of the runbook.
    pub title: String,
    /// SHA-256 of the runbook's text, in hex.
    pub runbook_sha256: String,
    /// SHA-256 of the settings that the plan depends on, in hex.
    pub settings_sha256: String,
    /// The parameters with their values.
    pub parameters: Map<String, Value>,
    /// The databases by the part they play: `source`, `target`.
    pub databases: BTreeMap<String, PlannedDatabase>,
    /// OCIDs of the databases that are never written to.
    pub production: Vec<String>,
    /// What expressions can see beside the outputs of steps.
    pub scope: Value,
    /// What a run that came to its end is to be known by, by name, such as where it put a dump.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub results: Map<String, Value>,
    /// What is typed after `adbctl` to go on from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The steps, in an order that respects their needs; checks last.
    pub steps: Vec<PlannedStep>,
}

/// A database that a plan deals with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedDatabase {
    /// Its name in the configuration.
    pub name: String,
    /// Its OCID when the plan was made.
    pub ocid: String,
    /// Whether the configuration calls it production.
    pub production: bool,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Its id.
    pub id: StepId,
    /// Its title.
    pub title: String,
    /// The kind of its action.
    pub kind: String,
    /// The action's arguments; late values stand in them.
    pub args: Value,
    /// The item it is for, where the runbook repeats it for each of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Value>,
    /// The steps it comes after.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<StepId>,
    /// It runs only where this expression is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// It was decided when the plan was made that it does not run, for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<String>,
    /// How long it may take, in seconds.
    pub timeout_seconds: u64,
    /// How often it is tried again after a passing fault.
    #[serde(default)]
    pub retries: u32,
    /// It runs after a failure too, once what it refers to is there.
    #[serde(default)]
    pub always: bool,
    /// It runs when the checklist is over, or after a failure.
    #[serde(default)]
    pub last: bool,
    /// The steps whose work it takes back. Where it did so after a failure and the run goes on, they are done again first.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub puts_back: BTreeSet<StepId>,
    /// What it promises to make, and the types.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, OutputKind>,
    /// Everything it may do.
    pub acts: Vec<Act>,
    /// The step is a check: what it finds is compared, and nothing waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckRule>,
}

/// What a check compares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckRule {
    /// Gives what was found, from the check's own outputs (`found.…`) and everything else.
    pub found: String,
    /// Gives what it must be equal to.
    pub expect: Value,
    /// What it means when they differ.
    #[serde(default)]
    pub otherwise: Otherwise,
    /// The parameter that asks for it, where it is made only on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_request: Option<String>,
}

/// What it means that a check finds something else than it expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// The check failed, and with it the run.
    #[default]
    Failed,
    /// A person has to look at what was found; it fails the run only under `--fail-on-manual`.
    Manual,
}

impl PlannedStep {
    /// The databases the step changes with SQL, one step at a time. What a source consents to takes no turns: it makes
    /// objects of its own (a dump, an export, a package of masks), and whoever builds on them says so with `needs`.
    pub fn writes(&self) -> BTreeSet<&str> {
        let changes = self.acts.iter().filter(|a| a.effect != Effect::Read && !a.on_consent());
        changes.filter_map(Act::database).collect()
    }

    /// Whether the step takes anything away for good.
    pub fn destroys(&self) -> bool {
        self.acts.iter().any(|a| a.effect == Effect::Destroy)
    }
}

impl Plan {
    /// The step with this id.
    pub fn step(&self, id: &StepId) -> Option<&PlannedStep> {
        self.steps.iter().find(|s| &s.id == id)
    }

    /// The plan as the bytes that are stored and hashed.
    ///
    /// # Errors
    /// Never for a plan that was made by adbctl; serde's own type is passed on.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }
}
