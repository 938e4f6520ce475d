//! Calls of Object Storage.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the parts of a call are handed over, all alike, to be built into it"
)]

use serde_json::{Map, Value, json};

use super::client::{CallContext, Oci};
use super::error::OciError;
use crate::model::act::{Body, Method};
use crate::model::{NoSecrets, RestCall, Service};

fn bucket_call(method: Method, namespace: Value, further: Vec<Value>) -> RestCall {
    let mut path = vec![json!("n"), namespace, json!("b")];
    path.extend(further);
    RestCall::new(Service::ObjectStorage, method, path)
}

fn object_call(method: Method, namespace: Value, bucket: Value, object: Value) -> RestCall {
    bucket_call(method, namespace, vec![bucket, json!("o"), object])
}

/// Reads the tenancy's namespace, a JSON string.
pub fn namespace() -> RestCall {
    RestCall::new(Service::ObjectStorage, Method::Get, vec![json!("n")])
}

/// The tenancy's own namespace.
///
/// # Errors
/// The service did not tell it.
async fn own_namespace(cloud: &Oci) -> Result<String, OciError> {
    let reply = cloud.send(&namespace(), &CallContext::default(), &NoSecrets).await?;
    reply.value.as_str().map(str::to_owned).ok_or_else(|| {
        OciError::local("the service did not tell the tenancy's namespace")
            .advise("write `namespace` beside the bucket in the configuration")
    })
}

/// The namespace that is configured, else the tenancy's own.
///
/// # Errors
/// The service did not tell it.
pub async fn namespace_or_own(cloud: &Oci, configured: Option<&str>) -> Result<String, OciError> {
    match configured {
        Some(namespace) => Ok(namespace.to_owned()),
        None => own_namespace(cloud).await,
    }
}

/// Reads a bucket's properties.
pub fn get_bucket(namespace: Value, bucket: Value) -> RestCall {
    bucket_call(Method::Get, namespace, vec![bucket])
}

/// Asks whether a bucket is there.
pub fn head_bucket(namespace: Value, bucket: Value) -> RestCall {
    bucket_call(Method::Head, namespace, vec![bucket])
}

/// Creates a private bucket of the standard tier.
pub fn create_bucket(namespace: Value, bucket: Value, compartment: Value) -> RestCall {
    let body = json!({ "name": bucket, "compartmentId": compartment, "publicAccessType": "NoPublicAccess",
                       "storageTier": "Standard" });
    bucket_call(Method::Post, namespace, Vec::new()).json(body)
}

/// Has a bucket keep former versions of its objects.
pub fn keep_versions(namespace: Value, bucket: Value) -> RestCall {
    bucket_call(Method::Post, namespace, vec![bucket]).json(json!({ "versioning": "Enabled" }))
}

/// Lists the buckets of a compartment. Follow the pages.
pub fn list_buckets(namespace: Value, compartment: Value) -> RestCall {
    bucket_call(Method::Get, namespace, Vec::new()).query("compartmentId", compartment)
}

/// Under which condition an object is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// In any case.
    Always,
    /// Only if there is none of that name.
    Absent,
    /// Only in the place of the one with this entity tag.
    Unchanged(Value),
}

/// A call under a condition.
fn conditional(call: RestCall, condition: Condition) -> RestCall {
    match condition {
        Condition::Always => call,
        Condition::Absent => call.header("if-none-match", "*"),
        Condition::Unchanged(etag) => call.header("if-match", etag),
    }
}

/// Stores an object whole; the bytes come with the call. `md5` is the base64 of their MD5, which the service checks;
/// null leaves it out.
pub fn put_object(
    namespace: Value,
    bucket: Value,
    object: Value,
    content_type: &str,
    md5: Value,
    condition: Condition,
) -> RestCall {
    let mut call = object_call(Method::Put, namespace, bucket, object).header("content-md5", md5);
    call.body = Body::Bytes { content_type: content_type.to_owned() };
    conditional(call, condition)
}

/// With the CRC-32C of the bytes, in base64: the service compares it with what it received and keeps it.
pub fn with_crc32c(call: RestCall, sum: &str) -> RestCall {
    call.header("opc-checksum-algorithm", "CRC32C").header("opc-content-crc32c", sum)
}

/// Reads an object, whole. `if_match` pins the entity tag where it is not null.
pub fn get_object(namespace: Value, bucket: Value, object: Value, if_match: Value) -> RestCall {
    let mut call = object_call(Method::Get, namespace, bucket, object).header("if-match", if_match);
    call.binary = true;
    call
}

/// Reads a part of an object: bytes `first` to `last`, both included, of the version with this entity tag.
pub fn get_range(
    namespace: Value,
    bucket: Value,
    object: Value,
    if_match: Value,
    first: u64,
    last: u64,
) -> RestCall {
    get_object(namespace, bucket, object, if_match).header("range", format!("bytes={first}-{last}"))
}

/// Reads an object's headers: size, entity tag, checksums, archival state. They are the answer's value.
pub fn head_object(namespace: Value, bucket: Value, object: Value) -> RestCall {
    object_call(Method::Head, namespace, bucket, object)
}

/// Begins an upload in parts; the answer holds its `uploadId`. `metadata` has keys with the prefix `opc-meta-`. The
/// object is to have a CRC-32C beside the sum over its parts.
pub fn create_upload(
    namespace: Value,
    bucket: Value,
    object: Value,
    content_type: &str,
    metadata: Value,
    condition: Condition,
) -> RestCall {
    let body = json!({ "object": object, "contentType": content_type, "metadata": metadata });
    let call = bucket_call(Method::Post, namespace, vec![bucket, json!("u")])
        .json(body)
        .header("opc-checksum-algorithm", "CRC32C");
    conditional(call, condition)
}

fn upload_call(method: Method, namespace: Value, bucket: Value, object: Value, upload: Value) -> RestCall {
    bucket_call(method, namespace, vec![bucket, json!("u"), object]).query("uploadId", upload)
}

/// The checksum of a part in base64, which the service compares with what it received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartSum {
    /// Its MD5.
    Md5(String),
    /// Its CRC-32C.
    Crc32c(String),
}

/// Stores one part of an upload, from 1 to 10,000; the bytes come with the call. A part that was stored under the number before is replaced.
pub fn put_part(
    namespace: Value,
    bucket: Value,
    object: Value,
    upload: Value,
    number: u32,
    sum: &PartSum,
) -> RestCall {
    let call = upload_call(Method::Put, namespace, bucket, object, upload).query("uploadPartNum", number);
    let mut call = match sum {
        PartSum::Md5(sum) => call.header("content-md5", sum.as_str()),
        PartSum::Crc32c(sum) => with_crc32c(call, sum),
    };
    call.body = Body::Bytes { content_type: "application/octet-stream".to_owned() };
    call
}

/// Makes an object of an upload's parts. `parts` is a list of `partNum` and `etag`; every other part that was stored has
/// to be in `excluded`, by number.
pub fn commit_upload(
    namespace: Value,
    bucket: Value,
    object: Value,
    upload: Value,
    parts: Value,
    excluded: Value,
    condition: Condition,
) -> RestCall {
    let body = json!({ "partsToCommit": parts, "partsToExclude": excluded });
    let call = upload_call(Method::Post, namespace, bucket, object, upload).json(body);
    conditional(call, condition)
}

/// Gives an upload up; its parts are gone.
pub fn abort_upload(namespace: Value, bucket: Value, object: Value, upload: Value) -> RestCall {
    upload_call(Method::Delete, namespace, bucket, object, upload)
}

/// Lists the uploads of a bucket that are not ended. Follow the pages.
pub fn list_uploads(namespace: Value, bucket: Value) -> RestCall {
    bucket_call(Method::Get, namespace, vec![bucket, json!("u")]).query("limit", 1000)
}

/// Lists the parts of an upload: number, tag, MD5, size. Follow the pages.
pub fn list_parts(namespace: Value, bucket: Value, object: Value, upload: Value) -> RestCall {
    upload_call(Method::Get, namespace, bucket, object, upload).query("limit", 1000)
}

/// Deletes an object; only the version with this entity tag where it is not null.
pub fn delete_object(namespace: Value, bucket: Value, object: Value, if_match: Value) -> RestCall {
    object_call(Method::Delete, namespace, bucket, object).header("if-match", if_match)
}

/// Lists the objects whose names begin with `prefix`, with size, tag, checksum and times. Follow the pages.
pub fn list_objects(namespace: Value, bucket: Value, prefix: Value) -> RestCall {
    bucket_call(Method::Get, namespace, vec![bucket, json!("o")])
        .query("prefix", prefix)
        .query("limit", 1000)
        .query("fields", "name,size,etag,md5,timeCreated,timeModified,storageTier,archivalState")
}

/// Asks for archived objects to be made readable for some hours.
pub fn restore_objects(namespace: Value, bucket: Value, object: Value, hours: Value) -> RestCall {
    let body = json!({ "objectName": object, "hours": hours });
    bucket_call(Method::Post, namespace, vec![bucket, json!("actions"), json!("restoreObjects")]).json(body)
}

/// Reads a bucket's lifecycle policy; there being none is a 404.
pub fn get_lifecycle(namespace: Value, bucket: Value) -> RestCall {
    bucket_call(Method::Get, namespace, vec![bucket, json!("l")])
}

/// Whether a lifecycle rule is for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// It is.
    Yes,
    /// It is not, or the rule is switched off.
    No,
    /// Its patterns decide, and they are not weighed here.
    Perhaps,
}

/// Whether a lifecycle rule is for the object of this name, or for everything whose name begins so. A rule with neither
/// prefixes nor patterns is for all.
pub fn covers(rule: &Value, name: &str) -> Covers {
    let filter = &rule["objectNameFilter"];
    let list = |member: &str| filter[member].as_array().map_or(&[][..], Vec::as_slice);
    let prefixes = list("inclusionPrefixes");
    let patterns = list("inclusionPatterns");
    let of_objects = rule["target"].as_str().is_none_or(|target| target == "objects");
    let inside = prefixes.is_empty() && patterns.is_empty()
        || prefixes.iter().filter_map(Value::as_str).any(|prefix| name.starts_with(prefix));
    match (rule["isEnabled"] == true && of_objects, inside, list("exclusionPatterns").is_empty()) {
        (false, _, _) => Covers::No,
        (true, true, true) => Covers::Yes,
        (true, false, _) if patterns.is_empty() => Covers::No,
        (true, _, _) => Covers::Perhaps,
    }
}

/// Replaces a bucket's whole lifecycle policy. `if_match` is the entity tag it was read with; null means there was none.
pub fn put_lifecycle(namespace: Value, bucket: Value, items: Value, if_match: Value) -> RestCall {
    let call = bucket_call(Method::Put, namespace, vec![bucket, json!("l")]).json(json!({ "items": items }));
    if if_match.is_null() { call.header("if-none-match", "*") } else { call.header("if-match", if_match) }
}

/// Lists a bucket's replication policies.
pub fn list_replication(namespace: Value, bucket: Value) -> RestCall {
    bucket_call(Method::Get, namespace, vec![bucket, json!("replicationPolicies")])
}

/// Has the service copy a bucket's new objects to a bucket of another region.
pub fn create_replication(
    namespace: Value,
    bucket: Value,
    name: Value,
    region: Value,
    destination: Value,
) -> RestCall {
    let body = json!({ "name": name, "destinationRegionName": region, "destinationBucketName": destination });
    bucket_call(Method::Post, namespace, vec![bucket, json!("replicationPolicies")]).json(body)
}

/// Makes a pre-authenticated address. The answer shows it once, so the call is sensitive.
pub fn create_preauthenticated(
    namespace: Value,
    bucket: Value,
    name: Value,
    object: Value,
    access: &str,
    expires: Value,
) -> RestCall {
    let mut body = Map::new();
    body.insert("name".into(), name);
    body.insert("accessType".into(), json!(access));
    if !object.is_null() {
        body.insert("objectName".into(), object);
    }
    body.insert("timeExpires".into(), expires);
    let mut call = bucket_call(Method::Post, namespace, vec![bucket, json!("p")]).json(Value::Object(body));
    call.sensitive = true;
    call
}

/// Takes a pre-authenticated address back.
pub fn delete_preauthenticated(namespace: Value, bucket: Value, id: Value) -> RestCall {
    bucket_call(Method::Delete, namespace, vec![bucket, json!("p"), id])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_the_names_they_are_for() {
        fn check(filter: &Value, name: &str, wanted: Covers) {
            let rule = json!({ "isEnabled": true, "target": "objects", "objectNameFilter": filter });
            assert_eq!(covers(&rule, name), wanted, "{filter} {name}");
        }
        check(&Value::Null, "temp/x", Covers::Yes);
        check(&json!({ "inclusionPrefixes": [], "exclusionPatterns": null }), "temp/x", Covers::Yes);
        check(&json!({ "inclusionPrefixes": ["a/", "temp/"] }), "temp/x", Covers::Yes);
        check(&json!({ "inclusionPrefixes": ["temp/prod/"] }), "temp/", Covers::No);
        check(
            &json!({ "inclusionPrefixes": ["a/"], "inclusionPatterns": ["*x"] }),
            "temp/x",
            Covers::Perhaps,
        );
        check(&json!({ "inclusionPatterns": ["*x"] }), "temp/x", Covers::Perhaps);
        check(&json!({ "exclusionPatterns": ["*.log"] }), "temp/x", Covers::Perhaps);
        check(&json!({ "inclusionPrefixes": ["a/"], "exclusionPatterns": ["*.log"] }), "temp/x", Covers::No);
        assert_eq!(covers(&json!({ "isEnabled": false }), "temp/x"), Covers::No);
        let former = json!({ "isEnabled": true, "target": "previous-object-versions" });
        assert_eq!(covers(&former, "temp/x"), Covers::No);
    }

    #[test]
    fn requests() {
        fn check(call: &RestCall, line: &str, headers: &[(&str, &str)]) {
            assert_eq!(format!("{} {}", call.method, call.shown_path()), line);
            let own: Vec<(&str, &str)> = call
                .headers
                .iter()
                .filter(|(_, v)| !v.is_null())
                .map(|(n, v)| (n.as_str(), v.as_str().unwrap()))
                .collect();
            assert_eq!(own, headers, "{line}");
        }
        let (n, b, o) = (|| json!("ns"), || json!("bkt"), || json!("a/b"));
        check(&namespace(), "GET /n", &[]);
        check(&create_bucket(n(), b(), json!("c")), "POST /n/ns/b", &[]);
        check(&head_bucket(n(), b()), "HEAD /n/ns/b/bkt", &[]);
        let put = |condition| put_object(n(), b(), o(), "text/plain", json!("md5="), condition);
        check(&put(Condition::Always), "PUT /n/ns/b/bkt/o/a/b", &[("content-md5", "md5=")]);
        check(
            &put(Condition::Absent),
            "PUT /n/ns/b/bkt/o/a/b",
            &[("content-md5", "md5="), ("if-none-match", "*")],
        );
        check(
            &put(Condition::Unchanged(json!("e"))),
            "PUT /n/ns/b/bkt/o/a/b",
            &[("content-md5", "md5="), ("if-match", "e")],
        );
        assert!(super::super::request::stores_object(&put(Condition::Always)));
        check(
            &get_range(n(), b(), o(), json!("e"), 0, 9),
            "GET /n/ns/b/bkt/o/a/b",
            &[("if-match", "e"), ("range", "bytes=0-9")],
        );
        check(
            &create_upload(n(), b(), o(), "text/plain", json!({}), Condition::Absent),
            "POST /n/ns/b/bkt/u",
            &[("opc-checksum-algorithm", "CRC32C"), ("if-none-match", "*")],
        );
        let part = put_part(n(), b(), o(), json!("id"), 7, &PartSum::Md5("md5=".into()));
        check(&part, "PUT /n/ns/b/bkt/u/a/b", &[("content-md5", "md5=")]);
        assert!(super::super::request::stores_object(&part));
        check(
            &put_part(n(), b(), o(), json!("id"), 7, &PartSum::Crc32c("crc=".into())),
            "PUT /n/ns/b/bkt/u/a/b",
            &[("opc-checksum-algorithm", "CRC32C"), ("opc-content-crc32c", "crc=")],
        );
        check(
            &commit_upload(n(), b(), o(), json!("id"), json!([]), json!([]), Condition::Absent),
            "POST /n/ns/b/bkt/u/a/b",
            &[("if-none-match", "*")],
        );
        check(&abort_upload(n(), b(), o(), json!("id")), "DELETE /n/ns/b/bkt/u/a/b", &[]);
        check(&list_uploads(n(), b()), "GET /n/ns/b/bkt/u", &[]);
        check(&list_parts(n(), b(), o(), json!("id")), "GET /n/ns/b/bkt/u/a/b", &[]);
        check(&delete_object(n(), b(), o(), Value::Null), "DELETE /n/ns/b/bkt/o/a/b", &[]);
        check(&list_objects(n(), b(), json!("p/")), "GET /n/ns/b/bkt/o", &[]);
        check(
            &put_lifecycle(n(), b(), json!([]), Value::Null),
            "PUT /n/ns/b/bkt/l",
            &[("if-none-match", "*")],
        );
        check(&put_lifecycle(n(), b(), json!([]), json!("e")), "PUT /n/ns/b/bkt/l", &[("if-match", "e")]);
        let address = create_preauthenticated(n(), b(), json!("x"), o(), "ObjectRead", json!("t"));
        assert!(address.sensitive);
    }
}
