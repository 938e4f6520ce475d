//! Uploads in parts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::checks::{check_conditions, check_sums, multipart_md5};
use super::objects::{check_name, http_date, tier, with_version};
use super::record::{Algorithm, Part, Piece, StoredObject, Upload, key};
use super::versions;
use crate::sandbox::http::{Answer, Call, Refusal, paged};
use crate::sandbox::pace::text;
use crate::sandbox::world::{World, random_word};

/// Every part but the last has at least this many bytes.
const LEAST_PART: u64 = 10 * 1024 * 1024;

pub(super) fn create(
    world: &mut World,
    call: &Call,
    bucket: &str,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let mut body = call.object()?;
    body.retain(|_, value| !value.is_null());
    let name = body
        .get("object")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::missing("object is required"))?
        .to_owned();
    check_name(&name)?;
    let there = world.tables.objects.get(&key(bucket, &name));
    check_conditions(call, there.map(|object| object.etag.as_str()))?;
    let mut headers = BTreeMap::new();
    for (field, value) in &body {
        let header = match field.as_str() {
            "object" | "storageTier" | "metadata" => continue,
            "contentType" => "content-type",
            "contentEncoding" => "content-encoding",
            "contentLanguage" => "content-language",
            "contentDisposition" => "content-disposition",
            "cacheControl" => "cache-control",
            other => return Err(Refusal::invalid(format!("{other} is not a field of this request"))),
        };
        let value = value.as_str().ok_or_else(|| Refusal::invalid(format!("{field} has to be a string")))?;
        headers.insert(header.to_owned(), value.to_owned());
    }
    for (name, value) in body.get("metadata").and_then(Value::as_object).into_iter().flatten() {
        let value =
            value.as_str().ok_or_else(|| Refusal::invalid("metadata has to be an object of strings"))?;
        if !name.starts_with("opc-meta-") {
            return Err(Refusal::invalid(format!("metadata: {name} has to begin with opc-meta-")));
        }
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let upload = Upload {
        id: random_word(36),
        bucket: bucket.to_owned(),
        name,
        made: now,
        tier: tier(world, bucket, body.get("storageTier").and_then(Value::as_str))?,
        headers,
        algorithm: Algorithm::named(&call.headers)?,
        parts: BTreeMap::new(),
    };
    let answer = Answer::json(200, &view(world, &upload));
    world.tables.uploads.insert(&upload.id.clone(), upload);
    Ok(answer)
}

fn view(world: &World, upload: &Upload) -> Value {
    json!({
        "namespace": world.tenancy.namespace, "bucket": upload.bucket, "object": upload.name,
        "uploadId": upload.id, "timeCreated": text(upload.made), "storageTier": upload.tier,
    })
}

pub(super) fn list(world: &World, call: &Call, bucket: &str) -> Result<Answer, Refusal> {
    let mut rows: Vec<&Upload> =
        world.tables.uploads.values().filter(|upload| upload.bucket == bucket).collect();
    rows.sort_by(|a, b| (&a.name, a.made).cmp(&(&b.name, b.made)));
    paged(call, rows.iter().map(|upload| view(world, upload)).collect())
}

pub(super) fn route(
    world: &mut World,
    call: &Call,
    bucket: &str,
    name: &str,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let id = call.required_query("uploadId")?.to_owned();
    let upload = world
        .tables
        .uploads
        .get(&id)
        .filter(|upload| upload.bucket == bucket && upload.name == name)
        .ok_or_else(|| Refusal::new(404, "NoSuchUpload", "there is no such upload of this object"))?
        .clone();
    match call.method.as_str() {
        "PUT" => put_part(world, call, &upload),
        "POST" => commit(world, call, &upload, now),
        "DELETE" => {
            end(world, upload, &BTreeMap::new());
            Ok(Answer::empty(204))
        }
        "GET" => {
            let rows = upload
                .parts
                .iter()
                .map(|(number, part)| {
                    json!({"partNumber": number, "etag": part.etag, "md5": part.md5, "size": part.size})
                })
                .collect();
            paged(call, rows)
        }
        _ => Err(Refusal::new(405, "MethodNotAllowed", "uploads take GET, PUT, POST and DELETE")),
    }
}

fn put_part(world: &mut World, call: &Call, upload: &Upload) -> Result<Answer, Refusal> {
    let number: u32 = call
        .required_query("uploadPartNum")?
        .parse()
        .ok()
        .filter(|number| (1..=10_000).contains(number))
        .ok_or_else(|| Refusal::invalid("uploadPartNum has to be from 1 to 10000"))?;
    check_conditions(call, upload.parts.get(&number).map(|part| part.etag.as_str()))?;
    let named = Algorithm::named(&call.headers)?;
    if named.is_some() && upload.algorithm.is_some() && named != upload.algorithm {
        return Err(Refusal::invalid("opc-checksum-algorithm is another one than that of the upload"));
    }
    let received = check_sums(call)?;
    let checksum = named.or(upload.algorithm).and_then(|algorithm| received.checksum(algorithm));
    let mut answer = Answer::empty(200).header("opc-content-md5", received.md5.clone());
    if let Some((header, sum)) = &checksum {
        answer = answer.header(header, sum.clone());
    }
    let part = Part {
        blob: received.take().blob,
        size: received.size,
        etag: random_word(32),
        md5: received.md5.clone(),
        checksum: checksum.map(|(_, sum)| sum),
    };
    let answer = answer.header("etag", part.etag.clone());
    let row = world.tables.uploads.change(&upload.id).expect("it was read above");
    if let Some(old) = row.parts.insert(number, part) {
        world.drop_blob(old.blob);
    }
    Ok(answer)
}

fn refused(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidUploadPart", message)
}

fn commit(world: &mut World, call: &Call, upload: &Upload, now: Timestamp) -> Result<Answer, Refusal> {
    let there = world.tables.objects.get(&key(&upload.bucket, &upload.name));
    check_conditions(call, there.map(|object| object.etag.as_str()))?;
    let body = call.object()?;
    let mut chosen = BTreeMap::new();
    for part in body.get("partsToCommit").and_then(Value::as_array).into_iter().flatten() {
        let number = part["partNum"].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
        let held =
            upload.parts.get(&number).ok_or_else(|| refused(format!("part {number} was not uploaded")))?;
        if part["etag"].as_str() != Some(held.etag.as_str()) {
            return Err(refused(format!("part {number} has another etag")));
        }
        chosen.insert(number, held);
    }
    if chosen.is_empty() {
        return Err(Refusal::missing("partsToCommit names no part"));
    }
    let excluded: Vec<u64> = body
        .get("partsToExclude")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect();
    if let Some(forgotten) = upload
        .parts
        .keys()
        .find(|number| !chosen.contains_key(number) && !excluded.contains(&u64::from(**number)))
    {
        return Err(refused(format!("part {forgotten} is neither to be committed nor to be excluded")));
    }
    let last = chosen.keys().next_back().copied();
    if let Some((number, _)) =
        chosen.iter().find(|(number, part)| Some(**number) != last && part.size < LEAST_PART)
    {
        return Err(refused(format!("part {number} is smaller than 10 MiB and not the last")));
    }
    let digests: Vec<String> = chosen.values().map(|part| part.md5.clone()).collect();
    let parts: Vec<&Part> = chosen.values().copied().collect();
    let checksum = upload.algorithm.and_then(|algorithm| algorithm.of_parts(&parts));
    let object = StoredObject {
        bucket: upload.bucket.clone(),
        name: upload.name.clone(),
        pieces: chosen.values().map(|part| Piece { blob: part.blob.clone(), size: part.size }).collect(),
        size: chosen.values().map(|part| part.size).sum(),
        etag: random_word(32),
        md5: None,
        multipart_md5: Some(multipart_md5(&digests)),
        checksum,
        made: now,
        modified: now,
        tier: upload.tier.clone(),
        restored: None,
        headers: upload.headers.clone(),
        version: None,
    };
    let mut answer = Answer::empty(200)
        .header("etag", object.etag.clone())
        .header("opc-multipart-md5", multipart_md5(&digests))
        .header("last-modified", http_date(now));
    if let Some((header, sum)) = &object.checksum {
        answer = answer.header(header, sum.clone());
    }
    let version = versions::store(world, object);
    end(world, upload.clone(), &chosen);
    Ok(with_version(answer, version))
}

/// Ends an upload; the bytes of its parts go, save those that are kept.
fn end(world: &mut World, upload: Upload, kept: &BTreeMap<u32, &Part>) {
    world.tables.uploads.remove(&upload.id);
    for (number, part) in upload.parts {
        if !kept.contains_key(&number) {
            world.drop_blob(part.blob);
        }
    }
}

/// Ends the uploads of a bucket for which a rule holds.
pub(super) fn end_old(world: &mut World, bucket: &str, due: impl Fn(&Upload) -> bool) -> usize {
    let uploads: Vec<Upload> = world
        .tables
        .uploads
        .values()
        .filter(|upload| upload.bucket == bucket && due(upload))
        .cloned()
        .collect();
    let count = uploads.len();
    for upload in uploads {
        end(world, upload, &BTreeMap::new());
    }
    count
}

/// The checksum that the upload of a part asks for, whether or not the part's request does.
pub(crate) fn algorithm(world: &World, call: &Call) -> Option<Algorithm> {
    world.tables.uploads.get(call.query("uploadId")?)?.algorithm
}
