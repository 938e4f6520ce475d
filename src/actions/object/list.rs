//! `list-objects`: lists the objects whose names begin alike.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::pages;
use crate::actions::domain::{Binding, Domain, look, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::late::here;
use crate::model::{Act, ActionError, Late};
use crate::oci::object_storage as calls;

/// Lists the objects of a bucket whose names begin with a prefix, all pages of them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ListObjects {
    /// The tenancy's namespace.
    pub namespace: Late<String>,
    /// The bucket.
    pub bucket: Late<String>,
    /// How the names begin; empty for all objects.
    pub prefix: Late<String>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl {
        name: "objects",
        kind: OutputKind::List,
        doc: "the objects by name: name, size, etag, md5, timeCreated, timeModified, storageTier, archivalState",
    },
    OutputDecl { name: "count", kind: OutputKind::Number, doc: "how many there are" },
];

impl Domain for ListObjects {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let (bucket, prefix) = (self.bucket.to_value(), self.prefix.to_value());
        let title = format!("list the objects {}* in the bucket {}", shown(&prefix), shown(&bucket));
        let call =
            calls::list_objects(self.namespace.to_value(), bucket, prefix).query("start", here("start"));
        Ok(vec![look("list", title, call).until("there is no further page")])
    }
}

impl Action for ListObjects {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let objects = pages::all(cx, "list", |start| Here::nothing().value("start", start)).await?;
            Ok(Finish::Done(Map::from_iter([
                ("count".to_owned(), json!(objects.len())),
                ("objects".to_owned(), Value::Array(objects)),
            ])))
        })
    }
}
