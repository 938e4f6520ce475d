//! `get-object`: reads a small object whole.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::actions::domain::{Binding, Domain, look, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Late};
use crate::oci::object_storage as calls;

/// Reads a small object whole: a text, and what it holds where that is JSON.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GetObject {
    /// The tenancy's namespace.
    pub namespace: Late<String>,
    /// The bucket.
    pub bucket: Late<String>,
    /// The object's name, with its slashes.
    pub name: Late<String>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl {
        name: "content",
        kind: OutputKind::Object,
        doc: "what it holds, where that is a JSON object",
    },
    OutputDecl { name: "text", kind: OutputKind::Text, doc: "its text" },
    OutputDecl { name: "etag", kind: OutputKind::Text, doc: "its entity tag" },
    OutputDecl { name: "size", kind: OutputKind::Number, doc: "its size in bytes" },
];

impl Domain for GetObject {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let (bucket, name) = (self.bucket.to_value(), self.name.to_value());
        let title = format!("read the object {} in the bucket {}", shown(&name), shown(&bucket));
        let call = calls::get_object(self.namespace.to_value(), bucket, name, Value::Null);
        Ok(vec![look("get", title, call)])
    }
}

impl Action for GetObject {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let name = cx.arg(&self.name)?;
            let reply = cx.perform("get", Here::nothing()).await?;
            let bytes = reply.bytes.unwrap_or_default();
            let text = std::str::from_utf8(&bytes).map_err(|e| {
                ActionError::invalid(format!("the object {name} is no text: {e}"))
                    .advise("look whether this is the object that was meant")
            })?;
            let content = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
            Ok(Finish::Done(Map::from_iter([
                ("content".to_owned(), json!(content)),
                ("text".to_owned(), json!(text)),
                ("etag".to_owned(), json!(reply.etag)),
                ("size".to_owned(), json!(bytes.len())),
            ])))
        })
    }
}
