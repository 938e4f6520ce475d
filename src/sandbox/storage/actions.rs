//! Rename, copy, change of tier, restore from archive, batch delete.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::lifecycle::check_service;
use super::objects::{check_name, find, io, tier, with_version};
use super::record::{StoredObject, key};
use super::routes::copy_end;
use super::versions;
use crate::sandbox::http::{Answer, Call, Refusal};
use crate::sandbox::pace::Work;
use crate::sandbox::work_requests;
use crate::sandbox::world::{World, random_word};

fn field<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
    body.get(name).and_then(Value::as_str).ok_or_else(|| Refusal::missing(format!("{name} is required")))
}

/// The version that a request is about; none means the latest.
fn version(body: &Map<String, Value>) -> Option<&str> {
    body.get("versionId").and_then(Value::as_str).filter(|version| !version.is_empty())
}

fn chosen<'a>(
    world: &'a World,
    bucket: &str,
    name: &str,
    version: Option<&str>,
) -> Result<&'a StoredObject, Refusal> {
    match version {
        Some(version) => versions::find(world, bucket, name, version),
        None => find(world, bucket, name),
    }
}

fn check_etags(
    body: &Map<String, Value>,
    found: Option<&str>,
    matching: &str,
    none: &str,
) -> Result<(), Refusal> {
    if let Some(wanted) = body.get(matching).and_then(Value::as_str)
        && found != Some(wanted)
    {
        return Err(Refusal::new(412, "IfMatchFailed", format!("{matching} names another object")));
    }
    if body.get(none).and_then(Value::as_str).is_some() && found.is_some() {
        return Err(Refusal::new(412, "IfNoneMatchFailed", "there is an object of the new name"));
    }
    Ok(())
}

/// The calls under `actions`.
pub(super) fn route(
    world: &mut World,
    call: &Call,
    bucket: &str,
    action: &str,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let mut body = call.object()?;
    body.retain(|_, value| !value.is_null());
    match action {
        "renameObject" => rename(world, bucket, &body, now),
        "copyObject" => copy(world, bucket, &body, now),
        "updateObjectStorageTier" => {
            let name = field(&body, "objectName")?;
            let tier = tier(world, bucket, Some(field(&body, "storageTier")?))?;
            let version = version(&body);
            if chosen(world, bucket, name, version)?.tier == "Archive" {
                return Err(Refusal::new(409, "NotRestored", "the object is archived; restore it first"));
            }
            versions::change(world, bucket, name, version, |object| object.tier = tier);
            Ok(Answer::empty(200))
        }
        "restoreObjects" => restore(world, bucket, &body, now),
        "batchDeleteObjects" => batch_delete(world, bucket, &body, now),
        _ => Err(Refusal::new(404, "NotFound", "the sandbox has no such action on objects")),
    }
}

fn rename(
    world: &mut World,
    bucket: &str,
    body: &Map<String, Value>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let (from, to) = (field(body, "sourceName")?, field(body, "newName")?);
    check_name(to)?;
    let object = find(world, bucket, from)?.clone();
    check_etags(body, Some(&object.etag), "srcObjIfMatchETag", "")?;
    let there = world.tables.objects.get(&key(bucket, to)).map(|object| object.etag.clone());
    check_etags(body, there.as_deref(), "newObjIfMatchETag", "newObjIfNoneMatchETag")?;
    // The bytes go along; what stays behind in a bucket of versions has its own.
    let pieces = world.copy_pieces(&object.pieces).map_err(|error| io(&error))?;
    versions::remove(world, bucket, from, now);
    let mut renamed = StoredObject { pieces, ..object };
    to.clone_into(&mut renamed.name);
    renamed.modified = now;
    let etag = renamed.etag.clone();
    let version = versions::store(world, renamed);
    Ok(with_version(Answer::empty(200), version)
        .header("etag", etag)
        .header("last-modified", httpdate::fmt_http_date(now.into())))
}

fn copy(
    world: &mut World,
    bucket: &str,
    body: &Map<String, Value>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let name = field(body, "sourceObjectName")?;
    let object = find(world, bucket, name)?.clone();
    check_etags(body, Some(&object.etag), "sourceObjectIfMatchETag", "")?;
    let (region, namespace) = (field(body, "destinationRegion")?, field(body, "destinationNamespace")?);
    let (to_bucket, to_name) = (field(body, "destinationBucket")?, field(body, "destinationObjectName")?);
    if region != world.tenancy.region || namespace != world.tenancy.namespace {
        return Err(Refusal::invalid("the sandbox has one region and one namespace"));
    }
    let compartment = world
        .tables
        .buckets
        .get(to_bucket)
        .map(|bucket| bucket.compartment.clone())
        .ok_or_else(|| super::buckets::not_found(to_bucket))?;
    check_name(to_name)?;
    check_service(world, bucket)?;
    let there = world.tables.objects.get(&key(to_bucket, to_name)).map(|object| object.etag.clone());
    check_etags(body, there.as_deref(), "destinationObjectIfMatchETag", "destinationObjectIfNoneMatchETag")?;
    if matches!(object.archival_state(now), Some("Archived" | "Restoring")) {
        return Err(Refusal::new(409, "NotRestored", "the object is archived; restore it first"));
    }
    let wanted = body.get("destinationObjectStorageTier").and_then(Value::as_str);
    let tier = tier(world, to_bucket, wanted)?;
    let mut made = object;
    made.pieces = world.copy_pieces(&made.pieces).map_err(|error| io(&error))?;
    to_bucket.clone_into(&mut made.bucket);
    to_name.clone_into(&mut made.name);
    made.etag = random_word(32);
    made.made = now;
    made.modified = now;
    made.tier = tier;
    made.restored = None;
    for (header, value) in
        body.get("destinationObjectMetadata").and_then(Value::as_object).into_iter().flatten()
    {
        made.headers.insert(header.to_ascii_lowercase(), value.as_str().unwrap_or_default().to_owned());
    }
    let until = copy_end(world, now);
    let id =
        work_requests::begin(world, "COPY_OBJECT", &compartment, ("object", to_name, "CREATED"), now, until);
    versions::store(world, made);
    Ok(Answer::empty(202).header("opc-work-request-id", id))
}

fn restore(
    world: &mut World,
    bucket: &str,
    body: &Map<String, Value>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let name = field(body, "objectName")?;
    let hours = body.get("hours").map_or(Some(24), Value::as_i64).filter(|hours| (1..=240).contains(hours));
    let hours = hours.ok_or_else(|| Refusal::invalid("hours has to be from 1 to 240"))?;
    let version = version(body);
    let object = chosen(world, bucket, name, version)?;
    if object.tier != "Archive" {
        return Err(Refusal::new(409, "NotArchived", "the object is not archived"));
    }
    let status = if object.archival_state(now) == Some("Restored") { 200 } else { 202 };
    let from = if status == 200 { now } else { world.pace.end(Work::Restore, now) };
    let until = from.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(from);
    versions::change(world, bucket, name, version, |object| object.restored = Some((from, until)));
    Ok(Answer::empty(status))
}

fn batch_delete(
    world: &mut World,
    bucket: &str,
    body: &Map<String, Value>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let objects = body
        .get("objects")
        .and_then(Value::as_array)
        .filter(|objects| !objects.is_empty())
        .ok_or_else(|| Refusal::missing("objects is required"))?;
    if objects.len() > 1000 {
        return Err(Refusal::invalid("at most 1000 objects go in one request"));
    }
    let (mut deleted, mut failed) = (Vec::new(), Vec::new());
    for wanted in objects {
        let name = wanted["objectName"].as_str().unwrap_or_default();
        let refused = match (find(world, bucket, name), wanted["ifMatch"].as_str()) {
            (Err(refusal), _) => Some(refusal),
            (Ok(object), Some(etag)) if object.etag != etag => {
                Some(Refusal::new(412, "IfMatchFailed", "the object is another one than ifMatch names"))
            }
            _ => None,
        };
        if let Some(refusal) = refused {
            failed.push(json!({
                "objectName": name,
                "statusCode": refusal.status,
                "errorCode": refusal.code,
                "errorMessage": refusal.message,
            }));
        } else {
            versions::remove(world, bucket, name, now);
            deleted.push(json!({"objectName": name}));
        }
    }
    if body.get("isSkipDeletedResult").and_then(Value::as_bool) == Some(true) {
        deleted.clear();
    }
    Ok(Answer::json(200, &json!({"deleted": deleted, "failed": failed})))
}
