//! `describe-bucket`: what the service says of a bucket that dumps go to.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::actions::domain::{Binding, Domain, look, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Category, Late};
use crate::oci::object_storage as calls;

/// Reads whether a bucket keeps former versions, which lifecycle rules it has, and where it is copied to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DescribeBucket {
    /// The tenancy's namespace.
    pub namespace: Late<String>,
    /// The bucket.
    pub bucket: Late<String>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "versioning", kind: OutputKind::Text, doc: "Enabled, Suspended or Disabled" },
    OutputDecl {
        name: "rules",
        kind: OutputKind::List,
        doc: "its lifecycle rules: name, action, target, days (null where they count in years), enabled, prefixes, patterns",
    },
    OutputDecl {
        name: "copies",
        kind: OutputKind::List,
        doc: "where the service copies its objects: to (REGION:BUCKET), status",
    },
];

/// A lifecycle rule by what it means, so that two that mean the same are equal: what the service adds is left out, and
/// prefixes and patterns are in order.
pub(super) fn plainly(rule: &Value) -> Value {
    let list = |names: &[&str]| {
        let filter = &rule["objectNameFilter"];
        let all = names.iter().filter_map(|name| filter[*name].as_array()).flatten();
        let mut all: Vec<&str> = all.filter_map(Value::as_str).collect();
        all.sort_unstable();
        json!(all)
    };
    json!({
        "name": rule["name"],
        "action": rule["action"],
        "target": rule["target"].as_str().unwrap_or("objects"),
        "days": if rule["timeUnit"] == "YEARS" { &Value::Null } else { &rule["timeAmount"] },
        "enabled": rule["isEnabled"],
        "prefixes": list(&["inclusionPrefixes"]),
        "patterns": list(&["inclusionPatterns", "exclusionPatterns"]),
    })
}

impl Domain for DescribeBucket {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let (namespace, bucket) = (|| self.namespace.to_value(), || self.bucket.to_value());
        let name = shown(&bucket());
        Ok(vec![
            look("bucket", format!("read the bucket {name}"), calls::get_bucket(namespace(), bucket())),
            look(
                "rules",
                format!("read the lifecycle rules of the bucket {name}"),
                calls::get_lifecycle(namespace(), bucket()),
            ),
            look(
                "copies",
                format!("read the replication policies of the bucket {name}"),
                calls::list_replication(namespace(), bucket()),
            ),
        ])
    }
}

impl Action for DescribeBucket {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let bucket = cx.perform("bucket", Here::nothing()).await?.value;
            let rules = match cx.perform("rules", Here::nothing()).await {
                Ok(reply) => reply.value["items"].as_array().cloned().unwrap_or_default(),
                // No policy yet.
                Err(error) if error.category == Category::NotFound => Vec::new(),
                Err(error) => return Err(error),
            };
            let copies = cx.perform("copies", Here::nothing()).await?.value;
            let place = |policy: &Value| {
                let [region, bucket] = ["destinationRegionName", "destinationBucketName"]
                    .map(|name| policy[name].as_str().unwrap_or_default());
                json!({ "to": format!("{region}:{bucket}"), "status": policy["status"] })
            };
            let copies: Vec<Value> = copies.as_array().into_iter().flatten().map(place).collect();
            Ok(Finish::Done(Map::from_iter([
                ("versioning".to_owned(), bucket["versioning"].clone()),
                ("rules".to_owned(), rules.iter().map(plainly).collect()),
                ("copies".to_owned(), Value::Array(copies)),
            ])))
        })
    }
}
