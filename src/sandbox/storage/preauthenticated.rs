//! Pre-authenticated requests: addresses that need no signature.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::record::Preauthenticated;
use super::{buckets, objects};
use crate::sandbox::http::{Answer, Call, Refusal, paged};
use crate::sandbox::pace::text;
use crate::sandbox::world::{World, random_word};

fn view(request: &Preauthenticated) -> Value {
    json!({
        "id": request.id, "name": request.name, "objectName": request.object, "accessType": request.access,
        "bucketListingAction": if request.listing { "ListObjects" } else { "Deny" },
        "timeExpires": text(request.expires), "timeCreated": text(request.made),
    })
}

fn create(world: &mut World, call: &Call, name: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let field = |name: &str| {
        body.get(name).and_then(Value::as_str).ok_or_else(|| Refusal::missing(format!("{name} is required")))
    };
    let access = field("accessType")?.to_owned();
    let any = matches!(access.as_str(), "AnyObjectRead" | "AnyObjectWrite" | "AnyObjectReadWrite");
    if !any && !matches!(access.as_str(), "ObjectRead" | "ObjectWrite" | "ObjectReadWrite") {
        return Err(Refusal::invalid("accessType is not one of the six there are"));
    }
    let object = body.get("objectName").and_then(Value::as_str).map(str::to_owned);
    if !any && object.is_none() {
        return Err(Refusal::missing("objectName is required for this accessType"));
    }
    let expires: Timestamp =
        field("timeExpires")?.parse().map_err(|_| Refusal::invalid("timeExpires has to be a time"))?;
    if expires <= now {
        return Err(Refusal::invalid("timeExpires has to be in the future"));
    }
    let request = Preauthenticated {
        id: random_word(40),
        name: field("name")?.to_owned(),
        access,
        object: object.clone(),
        listing: body.get("bucketListingAction").and_then(Value::as_str) == Some("ListObjects"),
        made: now,
        expires,
    };
    let key = random_word(60);
    let end = object.filter(|_| !any).map(|object| {
        percent_encoding::utf8_percent_encode(&object, percent_encoding::NON_ALPHANUMERIC).to_string()
    });
    let uri = format!("/p/{key}/n/{}/b/{name}/o/{}", world.tenancy.namespace, end.unwrap_or_default());
    let mut shown = view(&request);
    shown["accessUri"] = uri.as_str().into();
    shown["fullPath"] = format!("{}{uri}", world.base_url).into();
    if let Some(bucket) = world.tables.buckets.change(name) {
        bucket.preauthenticated.insert(key, request);
    }
    Ok(Answer::json(200, &shown))
}

/// The calls that make, list and end pre-authenticated requests.
pub(super) fn route(
    world: &mut World,
    call: &Call,
    name: &str,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let bucket = world.tables.buckets.get(name).ok_or_else(|| buckets::not_found(name))?;
    let gone = || Refusal::new(404, "NotFound", "there is no such pre-authenticated request");
    match (call.method.as_str(), rest) {
        ("POST", [] | [""]) => create(world, call, name, now),
        ("GET", [] | [""]) => {
            let prefix = call.query("objectNamePrefix").unwrap_or_default();
            let rows = bucket
                .preauthenticated
                .values()
                .filter(|request| request.object.as_deref().unwrap_or_default().starts_with(prefix))
                .map(view)
                .collect();
            paged(call, rows)
        }
        ("GET", [id]) => {
            let request =
                bucket.preauthenticated.values().find(|request| request.id == *id).ok_or_else(gone)?;
            Ok(Answer::json(200, &view(request)))
        }
        ("DELETE", [id]) => {
            let key = bucket
                .preauthenticated
                .iter()
                .find(|(_, request)| request.id == *id)
                .map(|(key, _)| key.clone())
                .ok_or_else(gone)?;
            if let Some(bucket) = world.tables.buckets.change(name) {
                bucket.preauthenticated.remove(&key);
            }
            Ok(Answer::empty(204))
        }
        _ => Err(gone()),
    }
}

/// A visit to such an address; `place` is its secret word, the bucket and the object's name.
pub(super) fn visit(
    world: &mut World,
    call: &Call,
    place: (&str, &str, &str),
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let (key, bucket, name) = place;
    let refused =
        || Refusal::new(404, "NotAuthenticated", "the pre-authenticated request is not there or has expired");
    let request = world
        .tables
        .buckets
        .get(bucket)
        .and_then(|bucket| bucket.preauthenticated.get(key))
        .filter(|request| request.expires > now)
        .ok_or_else(refused)?;
    if name.is_empty() {
        return if request.listing { objects::list(world, call, bucket, now) } else { Err(refused()) };
    }
    let named = match &request.object {
        Some(object) if request.access.starts_with("Any") => name.starts_with(object.as_str()),
        Some(object) => object == name,
        None => true,
    };
    let allowed = match call.method.as_str() {
        "GET" | "HEAD" => request.access.contains("Read"),
        "PUT" => request.access.contains("Write"),
        _ => false,
    };
    if !named || !allowed {
        return Err(refused());
    }
    objects::route(world, call, bucket, name, now)
}
