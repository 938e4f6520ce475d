//! Replication policies. The copies would be in another region, of which the sandbox keeps nothing but this.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::buckets;
use super::lifecycle::check_service;
use super::record::Replication;
use crate::sandbox::http::{Answer, Call, Refusal, paged};
use crate::sandbox::outbound::is_region;
use crate::sandbox::pace::text;
use crate::sandbox::world::{World, random_word};

/// The regions that the tenancy uses beside its own.
const SUBSCRIBED: [&str; 1] = ["uk-cardiff-1"];

/// What a request to make a policy says.
const FIELDS: [&str; 3] = ["name", "destinationRegionName", "destinationBucketName"];

fn view(policy: &Replication, now: Timestamp) -> Value {
    json!({
        "id": policy.id, "name": policy.name, "destinationRegionName": policy.region,
        "destinationBucketName": policy.bucket, "timeCreated": text(policy.made), "timeLastSync": text(now),
        "status": "ACTIVE", "statusMessage": "The policy is active.",
    })
}

/// The calls on a bucket's replication policies.
pub(super) fn route(
    world: &mut World,
    call: &Call,
    name: &str,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let bucket = world.tables.buckets.get(name).ok_or_else(|| buckets::not_found(name))?;
    let gone = || Refusal::new(404, "ReplicationPolicyNotFound", "the bucket has no such replication policy");
    match (call.method.as_str(), rest) {
        ("POST", [] | [""]) => create(world, call, name, now),
        ("GET", [] | [""]) => paged(call, bucket.replication.values().map(|row| view(row, now)).collect()),
        ("GET", [id]) => {
            bucket.replication.get(*id).map(|row| Answer::json(200, &view(row, now))).ok_or_else(gone)
        }
        ("DELETE", [id]) => {
            bucket.replication.get(*id).ok_or_else(gone)?;
            if let Some(bucket) = world.tables.buckets.change(name) {
                bucket.replication.remove(*id);
            }
            Ok(Answer::empty(204))
        }
        _ => Err(gone()),
    }
}

fn create(world: &mut World, call: &Call, name: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let body = call.object()?;
    if let Some(other) = body.keys().find(|field| !FIELDS.contains(&field.as_str())) {
        return Err(Refusal::invalid(format!("{other} is not a field of this request")));
    }
    let field = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| Refusal::missing(format!("{name} is required")))
    };
    let policy = Replication {
        id: random_word(36),
        name: field("name")?,
        region: field("destinationRegionName")?,
        bucket: field("destinationBucketName")?,
        made: now,
    };
    if policy.region == world.tenancy.region {
        return Err(Refusal::invalid("the sandbox cannot replicate within a region"));
    }
    if !is_region(&policy.region) {
        return Err(Refusal::invalid(format!("{} is no region", policy.region)));
    }
    if !SUBSCRIBED.contains(&policy.region.as_str()) {
        let text = format!("the tenancy is not subscribed to the region {}", policy.region);
        return Err(Refusal::invalid(text));
    }
    check_service(world, name)?;
    if world.tables.buckets.get(name).is_some_and(|bucket| !bucket.replication.is_empty()) {
        return Err(Refusal::new(409, "Conflict", "the bucket is replicated already"));
    }
    let answer = Answer::json(200, &view(&policy, now));
    if let Some(bucket) = world.tables.buckets.change(name) {
        bucket.replication.insert(policy.id.clone(), policy);
    }
    Ok(answer)
}
