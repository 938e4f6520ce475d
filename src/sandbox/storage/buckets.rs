//! Buckets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::record::Bucket;
use crate::sandbox::http::{Answer, Call, Refusal, check_if_match, paged};
use crate::sandbox::pace::text;
use crate::sandbox::world::{World, random_word};

pub(crate) fn not_found(name: &str) -> Refusal {
    Refusal::new(404, "BucketNotFound", format!("the bucket {name} is not there or not yours to see"))
}

/// Whether a call on a bucket, given the segments behind `/n`, needs no login.
pub(crate) fn is_public(world: &World, call: &Call, rest: &[&str]) -> bool {
    let [_, "b", bucket, "o", name @ ..] = rest else { return false };
    let access = world.tables.buckets.get(bucket).and_then(|bucket| bucket.fields.get("publicAccessType"));
    let listing = name.iter().all(|part| part.is_empty());
    matches!(call.method.as_str(), "GET" | "HEAD")
        && match access.and_then(Value::as_str) {
            Some("ObjectRead") => true,
            Some("ObjectReadWithoutList") => !listing,
            _ => false,
        }
}

fn view(world: &World, bucket: &Bucket, fields: &str) -> Value {
    let mut view = json!({
        "namespace": world.tenancy.namespace, "name": bucket.name, "compartmentId": bucket.compartment,
        "createdBy": world.tenancy.user, "timeCreated": text(bucket.made), "etag": bucket.etag,
        "metadata": {}, "freeformTags": {}, "definedTags": {}, "storageTier": "Standard",
        "publicAccessType": "NoPublicAccess", "versioning": "Disabled", "autoTiering": null, "kmsKeyId": null,
        "objectEventsEnabled": false, "replicationEnabled": !bucket.replication.is_empty(), "isReadOnly": false,
        "objectLifecyclePolicyEtag": bucket.lifecycle.as_ref().map(|policy| policy.0.clone()),
        "approximateCount": null, "approximateSize": null,
    });
    for (name, value) in &bucket.fields {
        view[name.as_str()] = value.clone();
    }
    let objects = || world.tables.objects.values().filter(|object| object.bucket == bucket.name);
    for field in fields.split(',') {
        match field {
            "approximateCount" => view[field] = objects().count().into(),
            "approximateSize" => view[field] = objects().map(|object| object.size).sum::<u64>().into(),
            _ => {}
        }
    }
    view
}

const FIELDS: [&str; 9] = [
    "storageTier",
    "publicAccessType",
    "versioning",
    "autoTiering",
    "objectEventsEnabled",
    "kmsKeyId",
    "freeformTags",
    "definedTags",
    "metadata",
];

fn check_fields(body: &Map<String, Value>, more: &[&str]) -> Result<(), Refusal> {
    for (name, value) in body {
        if !FIELDS.contains(&name.as_str()) && !more.contains(&name.as_str()) {
            return Err(Refusal::invalid(format!("{name} is not a field of this request")));
        }
        let words: &[&str] = match name.as_str() {
            "storageTier" => &["Standard", "Archive"],
            "publicAccessType" => &["NoPublicAccess", "ObjectRead", "ObjectReadWithoutList"],
            "versioning" if more.contains(&"namespace") => &["Enabled", "Suspended"],
            "versioning" => &["Enabled", "Disabled"],
            "autoTiering" => &["Disabled", "InfrequentAccess"],
            _ => continue,
        };
        if !value.as_str().is_some_and(|word| words.contains(&word)) {
            return Err(Refusal::invalid(format!("{name} has to be one of {}", words.join(", "))));
        }
    }
    Ok(())
}

pub(super) fn create(world: &mut World, call: &Call, now: Timestamp) -> Result<Answer, Refusal> {
    let mut body = call.object()?;
    body.retain(|_, value| !value.is_null());
    check_fields(&body, &["name", "compartmentId"])?;
    let field = |name: &str| {
        body.get(name).and_then(Value::as_str).ok_or_else(|| Refusal::missing(format!("{name} is required")))
    };
    let (name, compartment) = (field("name")?.to_owned(), field("compartmentId")?.to_owned());
    let shaped = !name.is_empty()
        && name.len() <= 256
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !shaped {
        return Err(Refusal::new(400, "InvalidBucketName", "a bucket's name has letters, digits, - _ and ."));
    }
    if !world.knows_compartment(&compartment) {
        return Err(Refusal::not_found());
    }
    if world.tables.buckets.get(&name).is_some() {
        return Err(Refusal::new(409, "BucketAlreadyExists", format!("there is a bucket named {name}")));
    }
    body.remove("name");
    body.remove("compartmentId");
    let bucket = Bucket {
        name: name.clone(),
        compartment,
        made: now,
        etag: random_word(20),
        fields: body,
        lifecycle: None,
        preauthenticated: BTreeMap::new(),
        replication: BTreeMap::new(),
    };
    let answer = Answer::json(200, &view(world, &bucket, ""))
        .header("etag", bucket.etag.clone())
        .header("location", format!("{}/n/{}/b/{name}", world.base_url, world.tenancy.namespace));
    world.tables.buckets.insert(&name, bucket);
    Ok(answer)
}

pub(super) fn list(world: &World, call: &Call) -> Result<Answer, Refusal> {
    let compartment = call.required_query("compartmentId")?;
    if !world.knows_compartment(compartment) {
        return Err(Refusal::not_found());
    }
    let rows = world
        .tables
        .buckets
        .values()
        .filter(|bucket| bucket.compartment == compartment)
        .map(|bucket| {
            json!({
                "namespace": world.tenancy.namespace, "name": bucket.name, "compartmentId": bucket.compartment,
                "createdBy": world.tenancy.user, "timeCreated": text(bucket.made), "etag": bucket.etag,
                "freeformTags": null, "definedTags": null,
            })
        })
        .collect();
    paged(call, rows)
}

pub(super) fn get(world: &World, call: &Call, name: &str) -> Result<Answer, Refusal> {
    let bucket = world.tables.buckets.get(name).ok_or_else(|| not_found(name))?;
    check_if_match(call, &bucket.etag)?;
    if call.header("if-none-match").is_some_and(|etag| etag.trim_matches('"') == bucket.etag) {
        return Ok(Answer::empty(304).header("etag", bucket.etag.clone()));
    }
    let answer = if call.method == axum::http::Method::HEAD {
        Answer::empty(200)
    } else {
        Answer::json(200, &view(world, bucket, call.query("fields").unwrap_or_default()))
    };
    Ok(answer.header("etag", bucket.etag.clone()))
}

pub(super) fn update(world: &mut World, call: &Call, name: &str) -> Result<Answer, Refusal> {
    let bucket = world.tables.buckets.get(name).ok_or_else(|| not_found(name))?;
    check_if_match(call, &bucket.etag)?;
    let mut body = call.object()?;
    body.retain(|_, value| !value.is_null());
    check_fields(&body, &["namespace", "name", "compartmentId"])?;
    if body.contains_key("storageTier") {
        return Err(Refusal::invalid("storageTier is fixed for a bucket's life"));
    }
    if body.get("name").is_some_and(|new| new != name) {
        return Err(Refusal::invalid("the sandbox cannot rename a bucket"));
    }
    for fixed in ["namespace", "name", "compartmentId"] {
        body.remove(fixed);
    }
    let bucket = world.tables.buckets.change(name).expect("it was read above");
    bucket.fields.extend(body);
    bucket.etag = random_word(20);
    let bucket = bucket.clone();
    Ok(Answer::json(200, &view(world, &bucket, "")).header("etag", bucket.etag))
}

pub(super) fn delete(world: &mut World, call: &Call, name: &str) -> Result<Answer, Refusal> {
    let bucket = world.tables.buckets.get(name).ok_or_else(|| not_found(name))?;
    check_if_match(call, &bucket.etag)?;
    let used = world.tables.objects.values().any(|object| object.bucket == name)
        || world.tables.old_versions.values().any(|row| row.object.bucket == name)
        || world.tables.uploads.values().any(|upload| upload.bucket == name)
        || !bucket.preauthenticated.is_empty();
    if used {
        return Err(Refusal::new(409, "BucketNotEmpty", format!("the bucket {name} is not empty")));
    }
    world.tables.buckets.remove(name);
    Ok(Answer::empty(204))
}
