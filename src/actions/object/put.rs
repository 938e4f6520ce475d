//! `put-object`: stores a small object whole.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::bytes_of;
use crate::actions::domain::{Binding, Domain, look, rest, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::late::here;
use crate::model::names::encoded;
use crate::model::{Act, ActionError, Category, Effect, Late, Repeat};
use crate::oci::object_storage::{self as calls, Condition};
use crate::oci::transfer::base64_md5;

/// Stores a small object whole. Its MD5 is sent along, so that what arrives is what was sent. Without `overwrite` an
/// object of that name that holds the same counts as stored, and one that holds something else is refused.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PutObject {
    /// The tenancy's namespace.
    pub namespace: Late<String>,
    /// The bucket.
    pub bucket: Late<String>,
    /// The object's name, with its slashes.
    pub name: Late<String>,
    /// What it is to hold: a text as it is, or an object, which becomes indented JSON.
    pub content: Late<Value>,
    /// Its media type; by default `application/json`, or `text/plain` for a text that is known when the plan is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Whether an object of that name may be replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overwrite: Option<Late<bool>>,
    /// The address under which the bucket's objects are found, for the output `uri`: `https://…/n/NAMESPACE/b/BUCKET/o`.
    /// Without it the output is `oci://BUCKET@NAMESPACE/NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Late<String>>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "etag", kind: OutputKind::Text, doc: "the object's entity tag" },
    OutputDecl { name: "name", kind: OutputKind::Text, doc: "the object's name" },
    OutputDecl { name: "uri", kind: OutputKind::Text, doc: "the object's address" },
];

impl PutObject {
    fn media_type(&self) -> String {
        let by_default = match &self.content {
            Late::Known(Value::String(_)) => "text/plain; charset=utf-8",
            _ => "application/json",
        };
        self.content_type.clone().unwrap_or_else(|| by_default.to_owned())
    }

    /// Whether one of that name may be replaced; it decides about a header, so it must be known with the plan.
    fn replaces(&self) -> Result<bool, ActionError> {
        let overwrite = self.overwrite.as_ref();
        overwrite
            .map_or(Ok(false), |overwrite| overwrite.at_plan("whether an object may be replaced").copied())
    }
}

/// The object's address: below the bucket's, where that is known.
fn uri(address: Option<&str>, namespace: &str, bucket: &str, name: &str) -> String {
    match address.map(|address| address.trim_end_matches('/')).filter(|address| !address.is_empty()) {
        None => format!("oci://{bucket}@{namespace}/{name}"),
        Some(address) => {
            let below = if address.ends_with("/o") { "" } else { "/o" };
            format!("{address}{below}/{}", encoded(name))
        }
    }
}

impl Domain for PutObject {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "delete the object, if it is not wanted".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let (namespace, bucket, name) =
            (self.namespace.to_value(), self.bucket.to_value(), self.name.to_value());
        let replaces = self.replaces()?;
        let condition = if replaces { Condition::Always } else { Condition::Absent };
        let title = format!("store the object {} in the bucket {}", shown(&name), shown(&bucket));
        let put = calls::put_object(
            namespace.clone(),
            bucket.clone(),
            name.clone(),
            &self.media_type(),
            here("md5"),
            condition,
        );
        // Storing the same once more leaves the same; where nothing may be replaced, the one that is there is compared.
        let mut acts = vec![rest("put", title, Effect::Write, Repeat::Safe, put)];
        if !replaces {
            let head = calls::head_object(namespace, bucket, name.clone());
            acts.push(
                look("compare", format!("compare {} with what is to be stored", shown(&name)), head)
                    .maybe("there is one of that name already"),
            );
        }
        Ok(acts)
    }
}

impl Action for PutObject {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let (namespace, bucket, name) =
                (cx.arg(&self.namespace)?, cx.arg(&self.bucket)?, cx.arg(&self.name)?);
            let address = self.address.as_ref().map(|address| cx.arg(address)).transpose()?;
            let bytes = bytes_of(&cx.arg(&self.content)?)?;
            let md5 = base64_md5(&bytes);
            let put = cx.perform("put", Here::nothing().value("md5", md5.as_str()).bytes(bytes)).await;
            let etag = match put {
                Ok(reply) => reply.etag,
                Err(error)
                    if error.category == Category::Conflict
                        && error.code.as_deref() == Some("IfNoneMatchFailed") =>
                {
                    let there = cx.perform("compare", Here::nothing()).await?;
                    if there.value["content-md5"].as_str() != Some(md5.as_str()) {
                        return Err(error
                            .because(format!("the bucket {bucket} holds another object {name}"))
                            .advise("give another name, or say overwrite = true if it may be replaced"));
                    }
                    there.etag
                }
                Err(error) => return Err(error),
            };
            Ok(Finish::Done(Map::from_iter([
                ("etag".to_owned(), json!(etag)),
                ("uri".to_owned(), json!(uri(address.as_deref(), &namespace, &bucket, &name))),
                ("name".to_owned(), json!(name)),
            ])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        fn check(address: Option<&str>, wanted: &str) {
            assert_eq!(uri(address, "ns", "bkt", "a b/c.json"), wanted, "{address:?}");
        }
        check(None, "oci://bkt@ns/a b/c.json");
        check(Some(""), "oci://bkt@ns/a b/c.json");
        check(Some("https://h.example/n/ns/b/bkt/o"), "https://h.example/n/ns/b/bkt/o/a%20b/c.json");
        check(Some("https://h.example/n/ns/b/bkt/"), "https://h.example/n/ns/b/bkt/o/a%20b/c.json");
    }
}
