//! What a runbook file can say.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actions::AnyAction;
use crate::engine::Otherwise;
use crate::model::{Late, SecretRef};

/// The format this adbctl reads.
pub const FORMAT: i64 = 1;

/// A runbook file. Only the JSON Schema is made from this type as a whole; the loader reads table by table, so that
/// each reports its own mistakes.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "adbctl runbook")]
pub struct RunbookFile {
    /// The format of the file: 1.
    pub format: i64,
    /// Shipped fragments whose tables belong to this runbook too. They stand behind it, so their lines are counted on. Written in one line.
    #[schemars(default)]
    pub include: Vec<String>,
    /// For steps of fragments: by a step's id, further steps that it comes after.
    #[schemars(default)]
    pub needs: BTreeMap<String, Vec<String>>,
    /// What the runbook does, in a line.
    pub title: String,
    /// What it does and when to use it; also where it differs from the procedure it comes from, and why.
    #[schemars(default)]
    pub doc: Option<String>,
    /// The parts that databases play in it.
    #[schemars(default)]
    pub database: BTreeMap<String, DatabaseFile>,
    /// Connections for statements, by name, beside `source` and `target`.
    #[schemars(default)]
    pub connection: BTreeMap<String, ConnectionFile>,
    /// The parameters, by name.
    #[schemars(default)]
    pub param: BTreeMap<String, ParamFile>,
    /// Values worked out once when the plan is made, by name: what several places would otherwise work out each.
    #[schemars(default)]
    pub value: BTreeMap<String, ValueFile>,
    /// What a run that came to its end is to be known by, by name. It is printed, and stands in the reports and in JSON.
    #[schemars(default)]
    pub result: BTreeMap<String, ValueFile>,
    /// What is typed after `adbctl` to go on from a run that came to its end, with expressions over what values can see.
    #[schemars(default)]
    pub next: Option<String>,
    /// What must hold before anything begins; checked when the plan is made.
    #[schemars(default)]
    pub require: Vec<RequireFile>,
    /// The steps, in the order a person would read them.
    pub step: Vec<StepFile>,
    /// The checklist at the end; it becomes the report.
    #[schemars(default)]
    pub check: Vec<CheckFile>,
}

/// The part of a database in a runbook.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DatabaseFile {
    /// What it is for.
    pub doc: String,
    /// What the runbook does to it.
    pub access: Access,
}

/// What a runbook does to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// It reads. The few writes a source needs are allowed one by one, and need consent in the configuration.
    Read,
    /// It writes. A database of role production is refused.
    Write,
}

/// A connection for statements, such as the one to a database that a step makes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConnectionFile {
    /// What it is called in plans and messages.
    pub title: String,
    /// The part its database plays.
    pub part: Part,
    /// Its OCID, for the identity guard.
    pub ocid: Late<String>,
    /// Where it answers: for `ords` the address that ends in `/ords/`.
    pub address: Late<String>,
    /// The database user.
    pub user: Late<String>,
    /// Where the user's password is to be found.
    pub password: Late<SecretRef>,
}

/// The parts databases play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// It is read.
    Source,
    /// It is changed.
    Target,
}

/// A parameter.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ParamFile {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ParamKind,
    /// What it is for.
    pub doc: String,
    /// Its value when none is given; without a default it must be given. It may refer to `source`, `target`, `run`, to
    /// parameters whose default refers to nothing, and to those that stand before it in the alphabet.
    #[serde(default)]
    pub default: Option<Value>,
    /// The values a `choice` can have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The members an `object` can have, and their types; without it, any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<String, ParamKind>,
}

/// A value that is worked out when the plan is made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ValueFile {
    /// What it means.
    pub doc: String,
    /// An expression. It may refer to parameters, `source`, `target`, `run`, and to values that stand before it in the
    /// alphabet.
    pub is: String,
}

/// The types of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ParamKind {
    /// A text; an empty one counts as not given where the default is empty.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// One of a few words.
    Choice,
    /// A list.
    List,
    /// A table.
    Object,
    /// A reference to a secret.
    Secret,
}

/// Something that must hold before anything begins. It can refer to what is known when a plan is made: parameters,
/// values, `source`, `target` and `run`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequireFile {
    /// An expression; the demand is made only where it is true.
    #[serde(default)]
    pub when: Option<String>,
    /// The expression that must be true.
    pub expr: String,
    /// What is wrong where it is not.
    pub message: String,
    /// What to do about it.
    #[serde(default)]
    pub help: Option<String>,
}

/// A step.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepFile {
    /// Its id: lower-case letters, digits and `_`, a letter first.
    pub id: String,
    /// What it does, in a line.
    pub title: String,
    /// More about it: reasons, and where it differs from the procedure it comes from.
    #[serde(default)]
    pub doc: Option<String>,
    /// Steps it comes after although it uses nothing of theirs.
    #[serde(default)]
    pub needs: Vec<String>,
    /// An expression; the step runs only where it is true.
    #[serde(default)]
    pub when: Option<String>,
    /// A list-valued expression over parameters; the step is repeated for each `item` of it.
    #[serde(default)]
    pub for_each: Option<String>,
    /// How long it may take, such as "20m". Default: 15m.
    #[serde(default)]
    pub timeout: Option<String>,
    /// How often it is tried again after a passing fault. Default: 1.
    #[serde(default)]
    pub retries: Option<u32>,
    /// It runs after a failure too, from what the steps it refers to recorded.
    #[serde(default)]
    pub always: bool,
    /// The steps whose work it takes back, from what was recorded: it runs after a failure too, and comes after them. Where it
    /// did so and the run goes on, these steps are done again first.
    #[serde(default)]
    pub puts_back: Vec<String>,
    /// It runs when the checklist is over, or after a failure: to take away what only the run needed. It can see `so_far`.
    #[serde(default)]
    pub last: bool,
    /// The action and its arguments.
    pub run: AnyAction,
    /// What must be true after it.
    #[serde(default)]
    pub check: Vec<CheckFile>,
}

/// A check.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckFile {
    /// Its id; the checks of a step get one from the step.
    #[serde(default)]
    pub id: Option<String>,
    /// What must be true, as a line of the checklist.
    pub title: String,
    /// An expression; the check is made only where it is true.
    #[serde(default)]
    pub when: Option<String>,
    /// A parameter that is a flag: the check is made only where it is set, and `adbctl verify` can ask for it later.
    #[serde(default)]
    pub on_request: Option<String>,
    /// A list-valued expression over parameters; the check is repeated for each `item` of it.
    #[serde(default)]
    pub for_each: Option<String>,
    /// How long it may take. Default: 5m.
    #[serde(default)]
    pub timeout: Option<String>,
    /// The action that looks. It may only read. Without it the check compares what steps have found out.
    #[serde(default = "AnyAction::recall")]
    pub run: AnyAction,
    /// An expression over `found` (the action's outputs) and everything else.
    pub found: String,
    /// What it must be equal to: a value, or an expression in braces.
    pub expect: Value,
    /// What it means when something else is found. Default: failed.
    #[serde(default)]
    pub otherwise: Otherwise,
}
