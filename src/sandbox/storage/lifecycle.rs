//! Lifecycle policies. They are checked and kept; `upkeep` carries them out when it is asked to.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::buckets;
use super::checks::check_conditions;
use crate::sandbox::http::{Answer, Call, Refusal};
use crate::sandbox::pace::text;
use crate::sandbox::world::{World, random_word};

/// The longest time of a rule, in days.
const MOST_DAYS: i64 = 36_500;

fn check_rule(rule: &Value) -> Result<(), Refusal> {
    const KNOWN: [&str; 7] =
        ["name", "target", "action", "timeAmount", "timeUnit", "isEnabled", "objectNameFilter"];
    let map = rule.as_object().ok_or_else(|| Refusal::invalid("items has to be a list of objects"))?;
    if let Some(other) = map.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(Refusal::invalid(format!("{other} is not a field of a lifecycle rule")));
    }
    for needed in ["name", "action", "timeAmount", "timeUnit", "isEnabled"] {
        if map.get(needed).is_none_or(Value::is_null) {
            return Err(Refusal::missing(format!("{needed} of a lifecycle rule is required")));
        }
    }
    let word = |name: &str, words: &[&str]| {
        let good = map
            .get(name)
            .is_none_or(|value| value.is_null() || value.as_str().is_some_and(|word| words.contains(&word)));
        if good {
            Ok(())
        } else {
            Err(Refusal::invalid(format!("{name} has to be one of {}", words.join(", "))))
        }
    };
    word("target", &["objects", "previous-object-versions", "multipart-uploads"])?;
    word("action", &["ARCHIVE", "INFREQUENT_ACCESS", "DELETE", "ABORT"])?;
    word("timeUnit", &["DAYS", "YEARS"])?;
    let most = if rule["timeUnit"] == "YEARS" { MOST_DAYS / 365 } else { MOST_DAYS };
    if !rule["timeAmount"].as_i64().is_some_and(|amount| (1..=most).contains(&amount)) {
        return Err(Refusal::invalid(format!("timeAmount has to be a number from 1 to {most}")));
    }
    if !rule["isEnabled"].is_boolean() {
        return Err(Refusal::invalid("isEnabled has to be true or false"));
    }
    if (rule["target"] == "multipart-uploads") != (rule["action"] == "ABORT") {
        return Err(Refusal::invalid("ABORT goes with the target multipart-uploads and with no other"));
    }
    for (name, patterns) in rule["objectNameFilter"].as_object().into_iter().flatten() {
        let known = ["inclusionPrefixes", "inclusionPatterns", "exclusionPatterns"].contains(&name.as_str());
        let texts = patterns.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        if !known || !(patterns.is_null() || texts) {
            return Err(Refusal::invalid("objectNameFilter has lists of prefixes and patterns"));
        }
    }
    Ok(())
}

/// Refuses what the service does by itself when a fault takes the policy away that allows the service to do it.
pub(super) fn check_service(world: &World, bucket: &str) -> Result<(), Refusal> {
    if !world.twist.no_service_policy {
        return Ok(());
    }
    let region = &world.tenancy.region;
    Err(Refusal::new(
        400,
        "InsufficientServicePermissions",
        format!(
            "Permissions granted to the object storage service principal \"objectstorage-{region}\" to the bucket \
             {bucket} are insufficient."
        ),
    ))
}

/// The calls on a bucket's policy.
pub(super) fn route(world: &mut World, call: &Call, name: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let bucket = world.tables.buckets.get(name).ok_or_else(|| buckets::not_found(name))?;
    let none = || Refusal::new(404, "LifecyclePolicyNotFound", "the bucket has no lifecycle policy");
    let shown = |policy: &(String, Timestamp, Value)| {
        Answer::json(200, &json!({"timeCreated": text(policy.1), "items": policy.2}))
            .header("etag", policy.0.clone())
    };
    match call.method.as_str() {
        "GET" => bucket.lifecycle.as_ref().map(shown).ok_or_else(none),
        "PUT" => {
            check_conditions(call, bucket.lifecycle.as_ref().map(|policy| policy.0.as_str()))?;
            let body = call.object()?;
            let items = body.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
            for rule in &items {
                check_rule(rule)?;
            }
            let names: std::collections::BTreeSet<&str> =
                items.iter().filter_map(|rule| rule["name"].as_str()).collect();
            if names.len() != items.len() {
                return Err(Refusal::invalid("two lifecycle rules have one name"));
            }
            if items.len() > 1000 {
                return Err(Refusal::invalid("a lifecycle policy has at most 1000 rules"));
            }
            check_service(world, name)?;
            let policy = (random_word(20), now, Value::Array(items));
            let answer = shown(&policy);
            if let Some(bucket) = world.tables.buckets.change(name) {
                bucket.lifecycle = Some(policy);
            }
            Ok(answer)
        }
        "DELETE" => {
            let etag = bucket.lifecycle.as_ref().map(|policy| policy.0.clone()).ok_or_else(none)?;
            check_conditions(call, Some(&etag))?;
            if let Some(bucket) = world.tables.buckets.change(name) {
                bucket.lifecycle = None;
            }
            Ok(Answer::empty(204))
        }
        _ => Err(Refusal::new(405, "MethodNotAllowed", "a lifecycle policy takes GET, PUT and DELETE")),
    }
}
