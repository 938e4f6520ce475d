//! `describe-subnet`: which network a subnet belongs to.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain, look, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::{Act, ActionError, Category, Late, Ocid};
use crate::oci::network as calls;

/// Reads which virtual cloud network a subnet belongs to. Whoever works with databases need not be allowed to look at
/// networks: where the service shows nothing, the outputs are empty, `note` says so, and the run goes on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DescribeSubnet {
    /// The subnet's OCID.
    pub subnet: Late<Ocid>,
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "vcn", kind: OutputKind::Text, doc: "OCID of its virtual cloud network" },
    OutputDecl { name: "name", kind: OutputKind::Text, doc: "the subnet's display name" },
    OutputDecl { name: "cidr", kind: OutputKind::Text, doc: "its addresses, such as 10.0.2.0/24" },
    OutputDecl { name: "note", kind: OutputKind::Text, doc: "why nothing is known of it, or nothing" },
];

impl Domain for DescribeSubnet {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let id = self.subnet.to_value();
        Ok(vec![look("read", format!("read {}", shown(&id)), calls::get_subnet(id))])
    }
}

/// Why nothing is known of a subnet, where that is no reason to stop.
fn unseen(error: &ActionError) -> Option<String> {
    matches!(error.category, Category::NotFound | Category::Denied)
        .then(|| format!("the network service does not show it: {}", error.message))
}

fn outputs_of(record: &Value, note: Option<&str>) -> Map<String, Value> {
    Map::from_iter([
        ("vcn".to_owned(), record["vcnId"].clone()),
        ("name".to_owned(), record["displayName"].clone()),
        ("cidr".to_owned(), record["cidrBlock"].clone()),
        ("note".to_owned(), json!(note)),
    ])
}

impl Action for DescribeSubnet {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            match cx.perform("read", Here::nothing()).await {
                Ok(reply) => Ok(Finish::Done(outputs_of(&reply.value, None))),
                Err(error) => {
                    let Some(note) = unseen(&error) else { return Err(error) };
                    cx.say(format!("{note}; the run goes on without it")).await;
                    Ok(Finish::Done(outputs_of(&Value::Null, Some(&note))))
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_reason_to_stop() {
        fn check(category: Category, goes_on: bool) {
            assert_eq!(unseen(&ActionError::new(category, "x")).is_some(), goes_on, "{category:?}");
        }
        check(Category::NotFound, true);
        check(Category::Denied, true);
        check(Category::Transient, false);
        check(Category::Cancelled, false);
        check(Category::Bug, false);
    }
}
