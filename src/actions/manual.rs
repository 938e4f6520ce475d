//! `manual`: a task for a person, and the look that tells whether it was done.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::AnyAction;
use super::domain::{Binding, Domain};
use crate::engine::{Action, Finish, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Category, Effect, Expression, Late, Times, late};

/// A task for a person. At a terminal the run waits for it; else it is left open, named in the verdict and the report.
/// With a verification the look decides, not the person's word: a task that is done already needs nobody.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manual {
    /// What to do, step by step.
    pub instructions: Late<String>,
    /// How to see that it was done. `adbctl verify` looks again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Box<Verification>>,
}

/// A look that tells whether a task was done.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Verification {
    /// The action that looks. It may only read.
    pub run: AnyAction,
    /// An expression over `found` (the action's outputs) and everything else.
    pub found: String,
    /// What it must be equal to: a value, or an expression in braces.
    pub expect: Late<Value>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl {
        name: "done",
        kind: OutputKind::Flag,
        doc: "whether it is done: as the verification found, or as the person says",
    },
    OutputDecl { name: "found", kind: OutputKind::Text, doc: "what the verification found" },
    OutputDecl { name: "expected", kind: OutputKind::Text, doc: "what it was to find" },
];

/// What one look showed.
struct Seen {
    agrees: bool,
    found: String,
    expected: String,
}

impl Seen {
    fn report(&self) -> String {
        format!("Looked at, and not done yet.\nfound:    {}\nexpected: {}", self.found, self.expected)
    }
}

impl Verification {
    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        if matches!(self.run, AnyAction::Manual(_)) {
            return Err(ActionError::invalid("a person's task cannot verify a person's task")
                .advise("verify it with an action that looks, such as query or describe-database"));
        }
        if let Late::Known(expect) = &self.expect
            && has_nested_expression(expect)
        {
            return Err(ActionError::invalid("`expect` has an expression inside a list or a table")
                .advise("write the whole of it as one expression: \"{{ [ … ] }}\""));
        }
        let mut acts = self.run.domain().acts(binding)?;
        if let Some(act) = acts.iter().find(|act| act.effect != Effect::Read) {
            return Err(ActionError::invalid(format!(
                "a verification may only read, and this changes something: {}",
                act.title
            ))
            .advise("make it a step of its own, and verify its outcome"));
        }
        for act in acts.iter_mut().filter(|act| act.times == Times::Once) {
            act.times = Times::Until { condition: "it is done, or left open".into() };
        }
        Ok(acts)
    }

    /// Looks once. A look that fails does not fail the run: the task is as open as before, with the reason.
    async fn look(&self, cx: &StepCx) -> Result<Seen, ActionError> {
        let outputs = match self.run.domain().run(cx).await {
            Ok(Finish::Done(outputs)) => outputs,
            Ok(Finish::Skipped(_) | Finish::Manual { .. }) => Map::new(),
            Err(error) if error.category == Category::Cancelled => return Err(error),
            Err(error) => return Ok(self.blind(&error)),
        };
        let outputs = Value::Object(outputs);
        let value = |expression: &Expression| cx.evaluate_with(expression, "found", &outputs);
        let found = Expression::parse(&self.found)
            .map_err(|e| ActionError::invalid(e.to_string()))
            .and_then(|expression| value(&expression));
        let expected = match &self.expect {
            Late::Known(expected) => Ok(expected.clone()),
            Late::Later(expression) => value(expression),
        };
        Ok(match (found, expected) {
            (Ok(found), Ok(expected)) => {
                Seen { agrees: found == expected, found: spoken(&found), expected: spoken(&expected) }
            }
            (Err(error), _) | (_, Err(error)) => self.blind(&error),
        })
    }

    fn blind(&self, error: &ActionError) -> Seen {
        let expected = spoken(&late::show(&self.expect.to_value()));
        Seen { agrees: false, found: format!("it cannot be told: {}", error.message), expected }
    }
}

fn has_nested_expression(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{"),
        Value::Array(items) => items.iter().any(has_nested_expression),
        Value::Object(map) => map.values().any(has_nested_expression),
        _ => false,
    }
}

/// A value as people read it.
fn spoken(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn outputs(done: bool, seen: Option<&Seen>) -> Map<String, Value> {
    Map::from_iter([
        ("done".to_owned(), json!(done)),
        ("found".to_owned(), json!(seen.map(|seen| &seen.found))),
        ("expected".to_owned(), json!(seen.map(|seen| &seen.expected))),
    ])
}

impl Domain for Manual {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "a person did it".into() }
    }

    fn acts(&self, binding: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        self.verify.as_ref().map_or_else(|| Ok(Vec::new()), |verify| verify.acts(binding))
    }
}

impl Action for Manual {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let instructions = cx.arg(&self.instructions)?;
            loop {
                let seen = match &self.verify {
                    Some(verify) => Some(verify.look(cx).await?),
                    None => None,
                };
                if seen.as_ref().is_some_and(|seen| seen.agrees) {
                    return Ok(Finish::Done(outputs(true, seen.as_ref())));
                }
                let to_do = match &seen {
                    Some(seen) => format!("{}\n{}", instructions.trim_end(), seen.report()),
                    None => instructions.clone(),
                };
                if !cx.ask(&to_do).await {
                    return Ok(Finish::Manual { to_do, outputs: outputs(false, seen.as_ref()) });
                }
                if seen.is_none() {
                    return Ok(Finish::Done(outputs(true, None)));
                }
            }
        })
    }

    fn waits_for_a_person(&self) -> bool {
        true
    }
}
