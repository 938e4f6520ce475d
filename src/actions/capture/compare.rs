//! `compare-captures`: what of one topic differs between two captures.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::named;
use crate::actions::domain::{Binding, Domain};
use crate::engine::{Action, Finish, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Late};

/// Compares one topic of two captures. An entry that changed is among both the gone and the new ones.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CompareCaptures {
    /// The topic.
    pub topic: String,
    /// The earlier document.
    pub earlier: Late<Value>,
    /// The later one.
    pub later: Late<Value>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "gone", kind: OutputKind::List, doc: "the entries that only the earlier one has" },
    OutputDecl { name: "new", kind: OutputKind::List, doc: "the entries that only the later one has" },
];

impl Domain for CompareCaptures {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        named(&self.topic).map(|_| Vec::new())
    }
}

/// The rows that `others` does not have.
fn lacking(rows: &Value, others: &Value) -> Vec<Value> {
    let others = others.as_array().map(Vec::as_slice).unwrap_or_default();
    let others: std::collections::HashSet<String> = others.iter().map(Value::to_string).collect();
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().filter(|row| !others.contains(&row.to_string())).cloned().collect()
}

impl Action for CompareCaptures {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let (earlier, later) = (cx.arg(&self.earlier)?, cx.arg(&self.later)?);
            let [earlier, later] =
                [&earlier, &later].map(|document| sorted(&document["topics"][&self.topic]));
            Ok(Finish::Done(Map::from_iter([
                ("gone".to_owned(), json!(lacking(&earlier, &later))),
                ("new".to_owned(), json!(lacking(&later, &earlier))),
            ])))
        })
    }
}

/// The value with the members of objects in order: two that are equal then read the same.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(map) => {
            let members: std::collections::BTreeMap<&String, Value> =
                map.iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(members.into_iter().map(|(name, value)| (name.clone(), value)).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_differ() {
        let earlier = sorted(&json!([{ "a": 1, "b": null }, { "a": 2 }]));
        let later = sorted(&json!([{ "b": null, "a": 1 }, { "a": 3 }]));
        assert_eq!(lacking(&earlier, &later), [json!({ "a": 2 })]);
        assert_eq!(lacking(&later, &earlier), [json!({ "a": 3 })]);
        assert_eq!(lacking(&Value::Null, &later), [] as [Value; 0]);
    }
}
