//! `prepare-bucket`: a bucket for dumps, with versions kept and rules that clean up.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::describe_bucket::plainly;
use crate::actions::domain::{Binding, Domain, look, rest, shown};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::late::here;
use crate::model::{Act, ActionError, Category, Effect, Late, Repeat};
use crate::oci::object_storage as calls;

/// Makes a bucket if there is none, keeps former versions of its objects, and sets lifecycle rules by name; rules of
/// other names stay. What is so already is left alone, and everything is read back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PrepareBucket {
    /// The tenancy's namespace.
    pub namespace: Late<String>,
    /// The bucket.
    pub bucket: Late<String>,
    /// The compartment a missing bucket is made in; null where it must be there.
    pub compartment: Late<Option<String>>,
    /// The lifecycle rules, known when the plan is made but for their days.
    pub rules: Late<Vec<LifecycleRule>>,
}

/// A lifecycle rule, known by its name.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LifecycleRule {
    /// Its name.
    pub name: String,
    /// What is done: DELETE, ARCHIVE, `INFREQUENT_ACCESS`, or ABORT for uploads.
    pub action: String,
    /// With what: `objects`, `previous-object-versions` or `multipart-uploads`.
    pub target: String,
    /// After how many days.
    pub days: Late<f64>,
    /// How the names begin; without them it counts for every object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<String>,
}

impl LifecycleRule {
    /// The rule as the service takes it.
    fn to_service(&self, days: f64) -> Result<Value, ActionError> {
        if !(1.0..=36_500.0).contains(&days) || days.fract() != 0.0 {
            return Err(ActionError::invalid(format!("the rule {} cannot act after {days} days", self.name))
                .advise("give a whole number of days, from 1"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number within the bounds that were just looked at"
        )]
        let days = days as i64;
        let mut rule = json!({ "name": self.name, "action": self.action, "target": self.target, "timeAmount": days,
                               "timeUnit": "DAYS", "isEnabled": true });
        if !self.prefixes.is_empty() {
            rule["objectNameFilter"] = json!({ "inclusionPrefixes": self.prefixes });
        }
        Ok(rule)
    }
}

const OUTPUTS: &[OutputDecl] = &[
    OutputDecl { name: "made", kind: OutputKind::Flag, doc: "whether the bucket was made just now" },
    OutputDecl { name: "versioning", kind: OutputKind::Text, doc: "Enabled, as read back" },
    OutputDecl { name: "rules", kind: OutputKind::List, doc: "all lifecycle rules, as read back" },
];

impl Domain for PrepareBucket {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::ByHand { hint: "delete the bucket, or its rules by name, if they are not wanted".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let (namespace, bucket) = (self.namespace.to_value(), self.bucket.to_value());
        let name = shown(&bucket);
        let (n, b) = (|| namespace.clone(), || bucket.clone());
        for rule in self.rules.at_plan("the rules of a bucket")? {
            rule.days.known().map(|days| rule.to_service(*days)).transpose()?;
        }
        Ok(vec![
            look("bucket", format!("read the bucket {name}"), calls::get_bucket(n(), b())),
            rest(
                "create",
                format!("make the bucket {name}"),
                Effect::Write,
                Repeat::Safe,
                calls::create_bucket(n(), b(), self.compartment.to_value()),
            )
            .maybe("there is none of that name"),
            rest(
                "versioning",
                format!("keep former versions of the objects in the bucket {name}"),
                Effect::Write,
                Repeat::Safe,
                calls::keep_versions(n(), b()),
            )
            .maybe("it does not keep them yet"),
            look(
                "rules",
                format!("read the lifecycle rules of the bucket {name}"),
                calls::get_lifecycle(n(), b()),
            ),
            rest(
                "set-rules",
                format!("set lifecycle rules of the bucket {name}"),
                Effect::Write,
                Repeat::Safe,
                calls::put_lifecycle(n(), b(), here("rules"), Value::Null),
            )
            .maybe("a rule is missing or another one, and there is no policy yet"),
            rest(
                "change-rules",
                format!("change lifecycle rules of the bucket {name}, and keep the others"),
                Effect::Write,
                Repeat::Safe,
                calls::put_lifecycle(n(), b(), here("rules"), here("etag")),
            )
            .maybe("a rule is missing or another one"),
            look("read-bucket", format!("read the bucket {name} back"), calls::get_bucket(n(), b())),
            look("read-rules", format!("read the rules of {name} back"), calls::get_lifecycle(n(), b())),
        ])
    }
}

/// The rules that are there with the wanted ones among them; nothing if all of these are there as they should be.
fn merged(there: &[Value], wanted: &[Value]) -> Option<Vec<Value>> {
    if wanted.iter().all(|rule| there.iter().any(|found| plainly(rule) == plainly(found))) {
        return None;
    }
    let named = |name: &Value| wanted.iter().any(|rule| rule["name"] == *name);
    let others = there.iter().filter(|rule| !named(&rule["name"])).cloned();
    Some(others.chain(wanted.iter().cloned()).collect())
}

impl PrepareBucket {
    async fn set_rules(&self, cx: &StepCx) -> Result<(), ActionError> {
        let rules = cx.arg(&self.rules)?;
        let wanted =
            rules.iter().map(|rule| rule.to_service(cx.arg(&rule.days)?)).collect::<Result<Vec<_>, _>>()?;
        let found = match cx.perform("rules", Here::nothing()).await {
            Ok(reply) => Some(reply),
            Err(error) if error.category == Category::NotFound => None,
            Err(error) => return Err(error),
        };
        let there =
            found.as_ref().and_then(|reply| reply.value["items"].as_array()).cloned().unwrap_or_default();
        let Some(rules) = merged(&there, &wanted) else { return Ok(()) };
        let here = Here::nothing().value("rules", Value::Array(rules));
        let sent = match found.and_then(|reply| reply.etag) {
            None => cx.perform("set-rules", here).await,
            Some(etag) => cx.perform("change-rules", here.value("etag", etag)).await,
        };
        sent.map(drop)
    }
}

impl Action for PrepareBucket {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let before = match cx.perform("bucket", Here::nothing()).await {
                Ok(reply) => Some(reply.value),
                Err(error) if error.category == Category::NotFound => None,
                Err(error) => return Err(error),
            };
            if before.is_none() {
                if cx.arg(&self.compartment)?.is_none() {
                    let name = cx.arg(&self.bucket)?;
                    return Err(ActionError::new(Category::NotFound, format!("there is no bucket {name}"))
                        .because("the service also says so of a bucket that this user may not see")
                        .advise("write `compartment` under [storage], where it is to be made, or correct `bucket`"));
                }
                cx.perform("create", Here::nothing()).await?;
            }
            if before.as_ref().is_none_or(|bucket| bucket["versioning"] != "Enabled") {
                cx.perform("versioning", Here::nothing()).await?;
            }
            self.set_rules(cx).await?;
            let bucket = cx.perform("read-bucket", Here::nothing()).await?.value;
            let rules = cx.perform("read-rules", Here::nothing()).await?.value;
            Ok(Finish::Done(Map::from_iter([
                ("made".to_owned(), json!(before.is_none())),
                ("versioning".to_owned(), bucket["versioning"].clone()),
                ("rules".to_owned(), rules["items"].clone()),
            ])))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_among_others() {
        fn check(there: &Value, wanted: Option<&Value>) {
            let rules = [json!({ "name": "ours", "timeAmount": 7 })];
            let found = merged(there.as_array().unwrap(), &rules).map(Value::Array);
            assert_eq!(found.as_ref(), wanted, "{there}");
        }
        let theirs = json!({ "name": "theirs", "timeAmount": 1 });
        let ours = json!({ "name": "ours", "timeAmount": 7 });
        let ours_with =
            |filter: Value| json!([{ "name": "ours", "timeAmount": 7, "objectNameFilter": filter }]);
        let anew = json!([ours]);
        check(&json!([]), Some(&anew));
        check(&json!([theirs]), Some(&json!([theirs, ours])));
        check(&json!([{ "name": "ours", "timeAmount": 8 }, theirs]), Some(&json!([theirs, ours])));
        check(&json!([{ "name": "ours", "timeAmount": 7, "target": "objects", "timeCreated": "x" }]), None);
        // What the service adds is no difference; a rule that is for less is another one.
        check(&ours_with(json!({ "inclusionPrefixes": [], "exclusionPatterns": null })), None);
        check(&ours_with(json!({ "inclusionPrefixes": ["a/"] })), Some(&anew));
        check(&ours_with(json!({ "exclusionPatterns": ["*.log"] })), Some(&anew));
    }
}
