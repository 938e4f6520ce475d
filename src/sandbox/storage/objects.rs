//! Objects: put, get, head, delete, list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::body::Excerpt;
use super::checks::{check_conditions, check_sums, range};
use super::record::{Algorithm, StoredObject, key};
use super::versions;
use crate::sandbox::http::{Answer, Call, Refusal};
use crate::sandbox::pace::text;
use crate::sandbox::world::{World, random_word};

/// The headers that are kept with an object and given back.
const KEPT: [&str; 5] =
    ["content-type", "content-encoding", "content-language", "content-disposition", "cache-control"];

pub(super) fn not_found(name: &str) -> Refusal {
    Refusal::new(404, "ObjectNotFound", format!("the object {name} is not there or not yours to see"))
}

pub(super) fn io(error: &std::io::Error) -> Refusal {
    Refusal::new(500, "InternalServerError", format!("the sandbox cannot keep the bytes: {error}"))
}

pub(super) fn http_date(at: Timestamp) -> String {
    httpdate::fmt_http_date(at.into())
}

/// Checks an object's name: some bytes, no line ends, at most 1,024.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() || name.len() > 1024 || name.contains(['\r', '\n', '\0']) {
        return Err(Refusal::new(
            400,
            "InvalidObjectName",
            "an object's name has 1 to 1024 bytes and no line end",
        ));
    }
    Ok(())
}

/// Checks a storage tier, and gives the bucket's own when none is named.
pub(super) fn tier(world: &World, bucket: &str, wanted: Option<&str>) -> Result<String, Refusal> {
    match wanted {
        Some(tier @ ("Standard" | "InfrequentAccess" | "Archive")) => Ok(tier.to_owned()),
        Some(_) => Err(Refusal::invalid("the storage tier has to be Standard, InfrequentAccess or Archive")),
        None => Ok(world
            .tables
            .buckets
            .get(bucket)
            .and_then(|bucket| bucket.fields.get("storageTier"))
            .and_then(Value::as_str)
            .unwrap_or("Standard")
            .to_owned()),
    }
}

pub(super) fn route(
    world: &mut World,
    call: &Call,
    bucket: &str,
    name: &str,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    match call.method.as_str() {
        "PUT" => put(world, call, bucket, name, now),
        "GET" => get(world, call, bucket, name, now),
        "HEAD" => head(world, call, bucket, name, now),
        "DELETE" => delete(world, call, bucket, name, now),
        _ => Err(Refusal::new(405, "MethodNotAllowed", "objects take GET, HEAD, PUT and DELETE")),
    }
}

fn put(world: &mut World, call: &Call, bucket: &str, name: &str, now: Timestamp) -> Result<Answer, Refusal> {
    check_name(name)?;
    let there = world.tables.objects.get(&key(bucket, name));
    check_conditions(call, there.map(|object| object.etag.as_str()))?;
    let algorithm = Algorithm::named(&call.headers)?;
    let received = check_sums(call)?;
    let tier = tier(world, bucket, call.header("storage-tier"))?;
    let mut headers = BTreeMap::new();
    for (header, value) in &call.headers {
        let header = header.as_str();
        if (KEPT.contains(&header) || header.starts_with("opc-meta-"))
            && let Ok(value) = value.to_str()
        {
            headers.insert(header.to_owned(), value.to_owned());
        }
    }
    let object = StoredObject {
        bucket: bucket.to_owned(),
        name: name.to_owned(),
        pieces: vec![received.take()],
        size: received.size,
        etag: random_word(32),
        md5: Some(received.md5.clone()),
        multipart_md5: None,
        checksum: algorithm.and_then(|algorithm| received.checksum(algorithm)),
        made: now,
        modified: now,
        tier,
        restored: None,
        headers,
        version: None,
    };
    let mut answer = Answer::empty(200)
        .header("etag", object.etag.clone())
        .header("opc-content-md5", received.md5.clone())
        .header("last-modified", http_date(now));
    if let Some((header, sum)) = &object.checksum {
        answer = answer.header(header, sum.clone());
    }
    Ok(with_version(answer, versions::store(world, object)))
}

/// An answer that names the version it is about.
pub(super) fn with_version(answer: Answer, version: Option<String>) -> Answer {
    match version {
        Some(version) => answer.header("version-id", version),
        None => answer,
    }
}

pub(super) fn find<'a>(world: &'a World, bucket: &str, name: &str) -> Result<&'a StoredObject, Refusal> {
    world.tables.objects.get(&key(bucket, name)).ok_or_else(|| not_found(name))
}

fn with_headers(mut answer: Answer, object: &StoredObject, now: Timestamp) -> Answer {
    answer.headers.retain(|(name, _)| name != "content-type");
    for (name, value) in &object.headers {
        answer = answer.header(name, value.clone());
    }
    if !object.headers.contains_key("content-type") {
        answer = answer.header("content-type", "application/octet-stream");
    }
    answer = answer
        .header("etag", object.etag.clone())
        .header("last-modified", http_date(object.modified))
        .header("storage-tier", object.tier.clone())
        .header("accept-ranges", "bytes");
    if let Some(md5) = &object.md5 {
        answer = answer.header("content-md5", md5.clone());
    }
    if let Some(md5) = &object.multipart_md5 {
        answer = answer.header("opc-multipart-md5", md5.clone());
    }
    if let Some((header, sum)) = &object.checksum {
        answer = answer.header(header, sum.clone());
    }
    answer = with_version(answer, object.version.clone());
    if let Some(state) = object.archival_state(now) {
        answer = answer.header("archival-state", state);
        if let Some((_, until)) = object.restored.filter(|_| state == "Restored") {
            answer = answer.header("time-of-archival", http_date(until));
        }
    }
    answer
}

/// The conditions of a read: the answer to give at once, if one applies.
fn read_conditions(call: &Call, object: &StoredObject) -> Result<Option<Answer>, Refusal> {
    if let Some(wanted) = call.header("if-match")
        && wanted.trim_matches('"') != object.etag
        && wanted != "*"
    {
        return Err(Refusal::new(412, "IfMatchFailed", "the object is another one than if-match names"));
    }
    let same =
        call.header("if-none-match").is_some_and(|etag| etag == "*" || etag.trim_matches('"') == object.etag);
    Ok(same.then(|| Answer::empty(304).header("etag", object.etag.clone())))
}

/// The object of a read: the version that is asked for, else the latest.
fn read<'a>(world: &'a World, call: &Call, bucket: &str, name: &str) -> Result<&'a StoredObject, Refusal> {
    match call.query("versionId").filter(|version| !version.is_empty()) {
        Some(version) => versions::find(world, bucket, name, version),
        None => find(world, bucket, name),
    }
}

fn get(world: &World, call: &Call, bucket: &str, name: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let object = read(world, call, bucket, name)?;
    if let Some(answer) = read_conditions(call, object)? {
        return Ok(answer);
    }
    if matches!(object.archival_state(now), Some("Archived" | "Restoring")) {
        return Err(Refusal::new(409, "NotRestored", "the object is archived; restore it first"));
    }
    let (first, length, mut answer) = match call.header("range") {
        None => (0, object.size, Answer::empty(200)),
        Some(header) => {
            let (first, last) = range(header, object.size)?;
            let answer =
                Answer::empty(206).header("content-range", format!("bytes {first}-{last}/{}", object.size));
            (first, last - first + 1, answer)
        }
    };
    answer = answer.header("content-length", length.to_string());
    answer.excerpt =
        Some(Excerpt::open(&world.dir, &object.pieces, first, length).map_err(|error| io(&error))?);
    answer = with_headers(answer, object, now);
    for (query, header) in [
        ("httpResponseContentType", "content-type"),
        ("httpResponseContentDisposition", "content-disposition"),
        ("httpResponseCacheControl", "cache-control"),
        ("httpResponseContentLanguage", "content-language"),
        ("httpResponseContentEncoding", "content-encoding"),
    ] {
        if let Some(value) = call.query(query) {
            answer.headers.retain(|(name, _)| name != header);
            answer = answer.header(header, value);
        }
    }
    Ok(answer)
}

fn head(world: &World, call: &Call, bucket: &str, name: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let object = read(world, call, bucket, name)?;
    if let Some(answer) = read_conditions(call, object)? {
        return Ok(answer);
    }
    Ok(with_headers(Answer::empty(200), object, now).header("content-length", object.size.to_string()))
}

fn delete(
    world: &mut World,
    call: &Call,
    bucket: &str,
    name: &str,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    if let Some(version) = call.query("versionId").filter(|version| !version.is_empty()) {
        return versions::end(world, bucket, name, version);
    }
    let object = find(world, bucket, name)?;
    read_conditions(call, object)?;
    let marker = versions::remove(world, bucket, name, now);
    let answer = Answer::empty(204).header("last-modified", http_date(now));
    Ok(match marker {
        Some(version) => answer.header("version-id", version).header("is-delete-marker", "true"),
        None => answer,
    })
}

fn summary(object: &StoredObject, fields: &str, now: Timestamp) -> Result<Value, Refusal> {
    let mut view = Map::new();
    view.insert("name".to_owned(), object.name.as_str().into());
    for field in fields.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        let value = match field {
            "name" => continue,
            "size" => object.size.into(),
            "etag" => object.etag.as_str().into(),
            "md5" => json!(object.md5.as_ref().or(object.multipart_md5.as_ref())),
            "timeCreated" => text(object.made).into(),
            "timeModified" => text(object.modified).into(),
            "storageTier" => object.tier.as_str().into(),
            "archivalState" => json!(object.archival_state(now)),
            _ => return Err(Refusal::invalid(format!("fields: {field} is not one that a list can show"))),
        };
        view.insert(field.to_owned(), value);
    }
    Ok(Value::Object(view))
}

pub(super) fn list(world: &World, call: &Call, bucket: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let limit = match call.query("limit") {
        None => 1000,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|limit| (1..=1000).contains(limit))
            .ok_or_else(|| Refusal::invalid("limit has to be a number from 1 to 1000"))?,
    };
    let delimiter = match call.query("delimiter") {
        None | Some("") => false,
        Some("/") => true,
        Some(_) => return Err(Refusal::invalid("delimiter has to be /")),
    };
    if call.query("start").is_some() && call.query("startAfter").is_some() {
        return Err(Refusal::invalid("send start or startAfter, not both"));
    }
    let prefix = call.query("prefix").unwrap_or_default();
    let fields = call.query("fields").unwrap_or("name");
    let (mut objects, mut prefixes, mut next) = (Vec::new(), Vec::<String>::new(), None);
    let mut names: Vec<&StoredObject> =
        world.tables.objects.values().filter(|object| object.bucket == bucket).collect();
    names.sort_by(|a, b| a.name.cmp(&b.name));
    for object in names {
        let name = object.name.as_str();
        let wanted = name.starts_with(prefix)
            && call.query("start").is_none_or(|start| name >= start)
            && call.query("startAfter").is_none_or(|start| name > start)
            && call.query("end").is_none_or(|end| name < end);
        if !wanted {
            continue;
        }
        let folder = delimiter
            .then(|| name[prefix.len()..].find('/').map(|place| name[..=prefix.len() + place].to_owned()))
            .flatten();
        if folder.is_some() && prefixes.last() == folder.as_ref() {
            continue;
        }
        if objects.len() + prefixes.len() == limit {
            next = Some(name.to_owned());
            break;
        }
        match folder {
            Some(folder) => prefixes.push(folder),
            None => objects.push(summary(object, fields, now)?),
        }
    }
    Ok(Answer::json(200, &json!({"objects": objects, "prefixes": prefixes, "nextStartWith": next})))
}
