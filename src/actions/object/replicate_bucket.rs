//! `replicate-bucket`: has the service copy a bucket's objects to another region.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::actions::domain::{Binding, Domain, look, rest, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Effect, Late, Repeat};
use crate::oci::object_storage as calls;

/// Has the service copy a bucket's objects to a bucket of another region, from now on. A policy that does so already is
/// left alone; one to another place is never changed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReplicateBucket {
    /// The tenancy's namespace.
    pub namespace: Late<String>,
    /// The bucket.
    pub bucket: Late<String>,
    /// Where to: `REGION:BUCKET`. The bucket must be there.
    pub to: Late<String>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "made", kind: OutputKind::Flag, doc: "whether the policy was made just now" },
    OutputDecl { name: "status", kind: OutputKind::Text, doc: "the policy's status, as read back" },
    OutputDecl {
        name: "to",
        kind: OutputKind::Text,
        doc: "where the objects go, as read back: REGION:BUCKET",
    },
];

/// Region and bucket of `REGION:BUCKET`.
fn place(to: &str) -> Result<(String, String), ActionError> {
    match to.split_once(':') {
        Some((region, bucket)) if !region.is_empty() && !bucket.is_empty() && !bucket.contains('/') => {
            Ok((crate::oci::region::identifier(region), bucket.to_owned()))
        }
        _ => Err(ActionError::invalid(format!("{to:?} is no place to copy to"))
            .advise("write it as REGION:BUCKET, such as uk-cardiff-1:adb-dumps-copy")),
    }
}

impl Domain for ReplicateBucket {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "delete the bucket's replication policy; what was copied stays".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let (namespace, bucket) = (self.namespace.to_value(), self.bucket.to_value());
        let (region, copy) = place(self.to.at_plan("where a bucket is copied to")?)?;
        let name = shown(&bucket);
        let list = || calls::list_replication(namespace.clone(), bucket.clone());
        let make = calls::create_replication(
            namespace.clone(),
            bucket.clone(),
            json!(format!("adbctl-to-{region}")),
            json!(region),
            json!(copy),
        );
        Ok(vec![
            look("policies", format!("read the replication policies of the bucket {name}"), list()),
            rest(
                "create",
                format!("have the service copy the bucket {name} to {copy} in {region}"),
                Effect::Write,
                // A second policy to the same place is refused; the list is read before.
                Repeat::WithToken,
                make,
            )
            .maybe("there is no such policy yet"),
            look("read-policies", format!("read the policies of {name} back"), list()),
        ])
    }
}

/// The policy that copies to this place.
fn policy<'a>(policies: &'a Value, region: &str, bucket: &str) -> Option<&'a Value> {
    policies
        .as_array()?
        .iter()
        .find(|policy| policy["destinationRegionName"] == region && policy["destinationBucketName"] == bucket)
}

impl Action for ReplicateBucket {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let (region, bucket) = place(&cx.arg(&self.to)?)?;
            let before = cx.perform("policies", Here::nothing()).await?.value;
            let known = policy(&before, &region, &bucket).is_some();
            if let (false, Some(other)) = (known, before.as_array().and_then(|list| list.first())) {
                let to = (shown(&other["destinationRegionName"]), shown(&other["destinationBucketName"]));
                return Err(ActionError::invalid(format!(
                    "the bucket is copied to {}:{} already",
                    to.0, to.1
                ))
                .because("a bucket has one replication policy")
                .advise("delete that policy in the console, if the copy is to go elsewhere"));
            }
            if !known {
                cx.perform("create", Here::nothing()).await?;
            }
            let after = cx.perform("read-policies", Here::nothing()).await?.value;
            let found = policy(&after, &region, &bucket);
            Ok(Finish::Done(Map::from_iter([
                ("made".to_owned(), json!(!known)),
                ("status".to_owned(), found.map_or(Value::Null, |policy| policy["status"].clone())),
                ("to".to_owned(), json!(found.map(|_| format!("{region}:{bucket}")))),
            ])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        fn check(to: &str, wanted: Option<(&str, &str)>) {
            let found = place(to).ok();
            let found = found.as_ref().map(|(region, bucket)| (region.as_str(), bucket.as_str()));
            assert_eq!(found, wanted, "{to}");
        }
        check("uk-cardiff-1:copy", Some(("uk-cardiff-1", "copy")));
        check("cwl:copy", Some(("uk-cardiff-1", "copy")));
        check("copy", None);
        check(":copy", None);
        check("uk-cardiff-1:", None);
        check("uk-cardiff-1:a/b", None);
    }
}
