//! `compare-captures`: what differs between two captures, topic by topic.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::TOPICS;
use crate::actions::domain::{Binding, Domain};
use crate::engine::{Action, Finish, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Late};

/// Compares two captures in all topics that the later one has. An entry that changed is among both the gone and the new
/// ones of its topic.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CompareCaptures {
    /// The earlier document.
    pub earlier: Late<Value>,
    /// The later one.
    pub later: Late<Value>,
}

const OUTPUTS: &[OutputDecl] = &[OutputDecl {
    name: "differing",
    kind: OutputKind::Object,
    doc: "by topic, where there are any: the entries that only the earlier one has (gone), and those that only the later one has (new)",
}];

impl Domain for CompareCaptures {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        Ok(Vec::new())
    }
}

/// What differs, by topic.
fn differing(earlier: &Value, later: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    for topic in TOPICS.iter().filter(|topic| later["topics"].get(topic.name).is_some()) {
        let [earlier, later] = [earlier, later].map(|document| sorted(&document["topics"][topic.name]));
        let (gone, new) = (lacking(&earlier, &later), lacking(&later, &earlier));
        if !gone.is_empty() || !new.is_empty() {
            found.insert(topic.name.to_owned(), json!({ "gone": gone, "new": new }));
        }
    }
    found
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
            let found = differing(&cx.arg(&self.earlier)?, &cx.arg(&self.later)?);
            Ok(Finish::Done(Map::from_iter([("differing".to_owned(), Value::Object(found))])))
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

    #[test]
    fn topics_that_differ() {
        let document =
            |users: Value, synonyms: Value| json!({ "topics": { "users": users, "synonyms": synonyms } });
        let earlier = document(json!([{ "username": "A" }]), json!([]));
        assert_eq!(differing(&earlier, &earlier), Map::new());
        let later = document(json!([{ "username": "B" }]), json!([]));
        let wanted = json!({ "users": { "gone": [{ "username": "A" }], "new": [{ "username": "B" }] } });
        assert_eq!(Value::Object(differing(&earlier, &later)), wanted);
        // A topic that was not looked at now is no difference.
        assert_eq!(differing(&earlier, &json!({ "topics": { "synonyms": [] } })), Map::new());
    }
}
