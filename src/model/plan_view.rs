//! A plan as it is shown: what `--dry-run` prints, without the engine's own types.

use serde::Serialize;
use serde_json::{Map, Value};

use super::act::Act;
use super::ids::{RunId, StepId};

/// A plan, ready to be shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanView {
    /// The runbook's title.
    pub title: String,
    /// The runbook's name.
    pub runbook: String,
    /// The run it is for.
    pub run: RunId,
    /// The parameters with their values.
    pub parameters: Map<String, Value>,
    /// The databases it deals with.
    pub databases: Vec<DatabaseView>,
    /// The steps in an order that respects their needs.
    pub steps: Vec<StepView>,
    /// The checks at the end.
    pub checks: Vec<CheckView>,
}

/// A database of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatabaseView {
    /// The part it plays: `source`, `target`.
    pub part: String,
    /// Its name in the configuration.
    pub name: String,
    /// Its OCID when the plan was made.
    pub ocid: String,
    /// Whether the configuration calls it production.
    pub production: bool,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepView {
    /// Its id.
    pub id: StepId,
    /// Its title.
    pub title: String,
    /// The kind of its action.
    pub kind: String,
    /// It runs only where this expression is true.
    pub when: Option<String>,
    /// It was decided that it does not run, for this reason.
    pub skip: Option<String>,
    /// The steps it comes after.
    pub needs: Vec<StepId>,
    /// It runs after a failure too.
    pub always: bool,
    /// It runs when the checklist is over, or after a failure.
    pub last: bool,
    /// What a person has to do, for manual steps.
    pub manual: Option<String>,
    /// Everything it may do.
    pub acts: Vec<Act>,
}

impl StepView {
    /// Whether the step takes anything away for good.
    pub fn destroys(&self) -> bool {
        self.acts.iter().any(|act| act.effect == super::Effect::Destroy)
    }
}

/// A check of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckView {
    /// Its id.
    pub id: StepId,
    /// Its title.
    pub title: String,
    /// What must be found.
    pub expected: Value,
    /// What it looks with.
    pub acts: Vec<Act>,
}
