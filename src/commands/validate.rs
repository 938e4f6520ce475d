//! `adbctl plan --validate`: asks the service itself what it thinks of the planned changes.
//!
//! Each create, update, start and stop of a database whose values are known now is sent with `opc-dry-run`: the service
//! checks it and changes nothing. What describes a database is looked up for that, since most bodies are made of it.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::exit::Failure;
use crate::actions::describe_database;
use crate::engine::{Plan, PlannedStep};
use crate::model::act::{Body, Method};
use crate::model::{
    Act, ActionError, Call, Category, Effect, Expression, NoSecrets, RestCall, Secret, SecretRef,
    SecretSource, Service, Times, late,
};
use crate::oci::{CallContext, Oci};
use crate::secret::generate;

/// Stands for a password that the run will make up; a dry run gets one that is then forgotten.
const MADE_UP: &str = "ADBCTL_MADE_UP_BY_THE_RUN";

/// What the service thinks of the changes of a plan.
#[derive(Debug, Default)]
pub(super) struct Validation {
    lines: Vec<String>,
    accepted: usize,
    refused: usize,
    open: usize,
}

impl Validation {
    /// Whether the service would refuse any change.
    pub(super) fn is_refused(&self) -> bool {
        self.refused > 0
    }

    /// One line a change, and the sum.
    pub(super) fn text(&self) -> String {
        let Self { accepted, refused, open, .. } = self;
        format!(
            "Validated by the service (nothing was changed)\n{}\n{accepted} accepted, {refused} refused, {open} not validated",
            self.lines.join("\n")
        )
    }

    fn note(&mut self, step: &PlannedStep, act: &Act, opinion: Opinion) {
        let (mark, words) = match opinion {
            Opinion::Accepted => {
                self.accepted += 1;
                ("✓", "ok".to_owned())
            }
            Opinion::Refused(error) => {
                self.refused += 1;
                let code = error.code.as_deref().unwrap_or("no code");
                ("✗", format!("refused: {code}: {}", error.message))
            }
            Opinion::Open(why) => {
                self.open += 1;
                ("–", format!("not validated: {why}"))
            }
        };
        self.lines.push(format!("  {mark} {}: {}: {words}", step.id, act.title));
    }
}

enum Opinion {
    Accepted,
    Refused(ActionError),
    Open(String),
}

/// Asks the service about every change of a plan.
///
/// # Errors
/// The service cannot be reached, or does not answer as a service does.
pub(super) async fn validate(
    plan: &Plan,
    oci: &Oci,
    secrets: &dyn SecretSource,
) -> Result<Validation, Failure> {
    let mut asked =
        Asked { plan, oci, secrets, known: Map::new(), changed: BTreeSet::new(), destroyed: None };
    let mut validation = Validation::default();
    for step in plan.steps.iter().filter(|step| step.check.is_none()) {
        let changes = step.acts.iter().filter(|act| act.effect != Effect::Read);
        match asked.runs(step) {
            Ok(true) => {}
            Ok(false) => {
                asked.know(step, None);
                continue;
            }
            Err(needs) => {
                for act in changes.filter(|act| is_rest(act)) {
                    let why = format!("whether it is done at all needs {needs}");
                    validation.note(step, act, Opinion::Open(why));
                }
                continue;
            }
        }
        asked.look(step).await?;
        for act in changes {
            let Call::Rest(call) = &act.call else { continue };
            let opinion = asked.opinion(step, act, call).await?;
            validation.note(step, act, opinion);
        }
    }
    Ok(validation)
}

fn is_rest(act: &Act) -> bool {
    matches!(act.call, Call::Rest(_))
}

struct Asked<'a> {
    plan: &'a Plan,
    oci: &'a Oci,
    secrets: &'a dyn SecretSource,
    /// The outputs of steps that are known before the run.
    known: Map<String, Value>,
    /// The databases that an earlier step changes.
    changed: BTreeSet<String>,
    /// The first step that takes something away.
    destroyed: Option<String>,
}

impl Asked<'_> {
    fn scope(&self, step: &PlannedStep) -> Value {
        let mut scope = self.plan.scope.clone();
        if let Some(map) = scope.as_object_mut() {
            map.insert("steps".into(), Value::Object(self.known.clone()));
            if let Some(item) = &step.item {
                map.insert("item".into(), item.clone());
            }
        }
        scope
    }

    /// Whether a step will run, or the expression that cannot be told yet.
    fn runs(&self, step: &PlannedStep) -> Result<bool, String> {
        if step.skip.is_some() {
            return Ok(false);
        }
        let Some(when) = &step.when else { return Ok(true) };
        let value = Expression::parse(when).and_then(|e| e.evaluate(&self.scope(step)));
        value.map(|value| value == Value::Bool(true)).map_err(|_| format!("{{{{ {when} }}}}"))
    }

    /// Remembers the outputs of a step; a step that does not run has made nothing.
    fn know(&mut self, step: &PlannedStep, outputs: Option<Map<String, Value>>) {
        let nothing = || step.outputs.keys().map(|name| (name.clone(), Value::Null)).collect();
        self.known.insert(step.id.to_string(), Value::Object(outputs.unwrap_or_else(nothing)));
    }

    /// Looks up what a step will find out, where that can be known before the run.
    async fn look(&mut self, step: &PlannedStep) -> Result<(), Failure> {
        if step.kind == "generate-secret" {
            let secret = json!(SecretRef::Env(MADE_UP.to_owned()));
            self.know(step, Some(Map::from_iter([("secret".to_owned(), secret)])));
        }
        if step.kind == "describe-database"
            && let [act] = step.acts.as_slice()
            && let Ok(filled) = self.filled(step, act)
            && let Call::Rest(call) = &filled.call
        {
            let reply = self.oci.send(call, &CallContext::default(), &NoSecrets).await?;
            self.know(step, Some(describe_database::outputs_of(&reply.value)));
        }
        Ok(())
    }

    /// The act with every value that is known now, or the first expression that has none.
    fn filled(&self, step: &PlannedStep, act: &Act) -> Result<Act, String> {
        let scope = self.scope(step);
        let mut act = act.clone();
        if let Call::Rest(call) = &mut act.call {
            // An entity tag only says that nobody came in between.
            call.headers.retain(|(name, _)| name != "if-match");
            // Tags that the step works out itself are the one part of a body that it means something without.
            if let Body::Json(Value::Object(body)) = &mut call.body
                && body.len() > 1
                && body.get("freeformTags").and_then(late::as_late).is_some_and(is_here)
            {
                body.shift_remove("freeformTags");
            }
        }
        act.map(&mut |value| {
            late::fill(value, &mut |source| {
                let value = Expression::parse(source).and_then(|e| e.evaluate(&scope));
                value.map(Some).map_err(|_| {
                    if is_here(source) {
                        "what the step itself looks up first".to_owned()
                    } else {
                        format!("{{{{ {source} }}}}")
                    }
                })
            })
        })
    }

    async fn opinion(&mut self, step: &PlannedStep, act: &Act, call: &RestCall) -> Result<Opinion, Failure> {
        let before = self.destroyed.clone();
        if act.effect == Effect::Destroy {
            self.destroyed.get_or_insert_with(|| step.id.to_string());
            return Ok(Opinion::Open("what takes something away is never sent before its time".into()));
        }
        if !offers_dry_run(call) {
            return Ok(Opinion::Open("the service offers no dry run for it".into()));
        }
        let filled = match self.filled(step, act) {
            Ok(filled) => filled,
            Err(needs) => return Ok(Opinion::Open(format!("needs {needs}"))),
        };
        let Call::Rest(call) = filled.call else { return Ok(Opinion::Open("it is no request".into())) };
        let database = call.path.get(1).and_then(Value::as_str).unwrap_or_default().to_owned();
        if self.plan.production.iter().any(|ocid| ocid.eq_ignore_ascii_case(&database)) {
            return Ok(Opinion::Open("it concerns a production database".into()));
        }
        let is_new = database.is_empty() || self.changed.insert(database);
        let again = !is_new || before.is_some();
        let call = call.header("opc-dry-run", "true");
        let secrets = MadeUp(self.secrets);
        let error = match self.oci.send(&call, &CallContext::default(), &secrets).await {
            Ok(_) => return Ok(Opinion::Accepted),
            Err(error) => ActionError::from(error),
        };
        let says = |error: &ActionError| format!("the service says now: {}", error.message);
        Ok(match error.category {
            Category::Conflict if matches!(act.times, Times::Maybe { .. }) => {
                Opinion::Open(format!("it may not be needed; {}", says(&error)))
            }
            Category::Conflict if again => {
                Opinion::Open(format!("an earlier step must be done first; {}", says(&error)))
            }
            Category::Invalid if before.is_some() => {
                let step = before.unwrap_or_default();
                Opinion::Open(format!("step {step} must be done first; {}", says(&error)))
            }
            Category::Conflict | Category::Invalid | Category::Denied | Category::NotFound => {
                Opinion::Refused(error)
            }
            _ => return Err(error.into()),
        })
    }
}

/// Whether an expression is for what an action supplies while it runs.
fn is_here(source: &str) -> bool {
    source.starts_with("here.")
}

/// The calls whose `opc-dry-run` is documented, and which would do little harm where it were not honoured.
fn offers_dry_run(call: &RestCall) -> bool {
    let words: Vec<Option<&str>> = call.path.iter().map(Value::as_str).collect();
    call.service == Service::Database
        && words.first() == Some(&Some("autonomousDatabases"))
        && match (call.method, &words[1..]) {
            (Method::Post, []) | (Method::Put, [_]) => true,
            (Method::Post, [_, Some("actions"), Some(action)]) => matches!(*action, "start" | "stop"),
            _ => false,
        }
}

/// Secrets for dry runs: those that the run will make up get a value that nobody keeps.
struct MadeUp<'a>(&'a dyn SecretSource);

impl SecretSource for MadeUp<'_> {
    fn resolve<'a>(&'a self, reference: &'a SecretRef) -> BoxFuture<'a, Result<Secret, ActionError>> {
        match reference {
            SecretRef::Env(name) if name == MADE_UP => Box::pin(async { Ok(generate::admin_password()) }),
            _ => self.0.resolve(reference),
        }
    }
}
