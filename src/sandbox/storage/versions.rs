//! Versions of objects: what becomes of an object when another takes its place, or nothing does.
//!
//! The latest version of an object is its row among the objects; older ones, and the markers that a delete leaves, are
//! rows of their own. An object whose latest version is such a marker has no row among the objects.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::objects::not_found;
use super::record::{OldVersion, StoredObject, key};
use crate::sandbox::http::{Answer, Call, Refusal};
use crate::sandbox::pace::text;
use crate::sandbox::world::{World, random_word};

/// Whether a bucket keeps what is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    Disabled,
    Enabled,
    /// What has a version stays; what has none is replaced.
    Suspended,
}

fn keeping(world: &World, bucket: &str) -> Keeping {
    let fields = world.tables.buckets.get(bucket).map(|bucket| &bucket.fields);
    match fields.and_then(|fields| fields.get("versioning")).and_then(Value::as_str) {
        Some("Enabled") => Keeping::Enabled,
        Some("Suspended") => Keeping::Suspended,
        _ => Keeping::Disabled,
    }
}

/// What stands before the number of an old version in its key: a name has no line end.
fn stem(bucket: &str, name: &str) -> String {
    format!("{}\n", key(bucket, name))
}

/// The old versions of an object, oldest first.
fn old<'a>(world: &'a World, bucket: &str, name: &str) -> Vec<&'a OldVersion> {
    let mut rows: Vec<&OldVersion> = world.tables.old_versions.beginning(&stem(bucket, name)).collect();
    rows.sort_by_key(|row| row.order);
    rows
}

fn add_old(world: &mut World, object: StoredObject, marker: bool, now: Timestamp) {
    let order = old(world, &object.bucket, &object.name).last().map_or(0, |row| row.order) + 1;
    let key = format!("{}{order:012}", stem(&object.bucket, &object.name));
    world.tables.old_versions.insert(&key, OldVersion { object, marker, order, since: now });
}

fn forget(world: &mut World, row: &OldVersion) {
    let key = format!("{}{:012}", stem(&row.object.bucket, &row.object.name), row.order);
    world.tables.old_versions.remove(&key);
    if !row.marker {
        world.drop_pieces(row.object.pieces.clone());
    }
}

/// Takes the latest version out of its place: it becomes an old one where the bucket keeps it.
fn retire(world: &mut World, bucket: &str, name: &str, now: Timestamp) {
    let Some(latest) = world.tables.objects.remove(&key(bucket, name)) else { return };
    let kept = match keeping(world, bucket) {
        Keeping::Disabled => false,
        Keeping::Enabled => true,
        Keeping::Suspended => latest.version.is_some(),
    };
    if kept {
        add_old(world, latest, false, now);
    } else {
        world.drop_pieces(latest.pieces);
    }
}

/// Forgets an old version that has no number of its own: there is at most one without.
fn replace_unnumbered(world: &mut World, bucket: &str, name: &str) {
    let rows: Vec<OldVersion> =
        old(world, bucket, name).into_iter().filter(|row| row.object.version.is_none()).cloned().collect();
    for row in rows {
        forget(world, &row);
    }
}

/// Puts an object in its place; answers its version's number where the bucket gives any.
pub(super) fn store(world: &mut World, mut object: StoredObject) -> Option<String> {
    let now = object.modified;
    retire(world, &object.bucket, &object.name, now);
    object.version = match keeping(world, &object.bucket) {
        Keeping::Enabled => Some(random_word(36)),
        Keeping::Suspended => {
            replace_unnumbered(world, &object.bucket, &object.name);
            None
        }
        Keeping::Disabled => None,
    };
    let version = object.version.clone();
    world.tables.objects.insert(&key(&object.bucket, &object.name), object);
    version
}

/// Removes an object's latest version from sight; answers the number of the marker that is left, if one is.
pub(super) fn remove(world: &mut World, bucket: &str, name: &str, now: Timestamp) -> Option<String> {
    let keeping = keeping(world, bucket);
    let like = world.tables.objects.get(&key(bucket, name)).cloned()?;
    retire(world, bucket, name, now);
    if keeping == Keeping::Disabled || (keeping == Keeping::Suspended && old(world, bucket, name).is_empty())
    {
        return None;
    }
    let mut version = None;
    if keeping == Keeping::Enabled {
        version = Some(random_word(36));
    } else {
        replace_unnumbered(world, bucket, name);
    }
    let marker = StoredObject {
        version: version.clone(),
        pieces: Vec::new(),
        size: 0,
        md5: None,
        multipart_md5: None,
        checksum: None,
        etag: random_word(32),
        made: now,
        modified: now,
        ..like
    };
    add_old(world, marker, true, now);
    version
}

fn is_version(object: &StoredObject, wanted: &str) -> bool {
    object.version.as_deref().unwrap_or("null") == wanted
}

/// A version of an object by its number; a marker is no object.
pub(super) fn find<'a>(
    world: &'a World,
    bucket: &str,
    name: &str,
    version: &str,
) -> Result<&'a StoredObject, Refusal> {
    let latest = world.tables.objects.get(&key(bucket, name));
    latest
        .into_iter()
        .chain(old(world, bucket, name).into_iter().filter(|row| !row.marker).map(|row| &row.object))
        .find(|object| is_version(object, version))
        .ok_or_else(|| not_found(&format!("{name} of version {version}")))
}

/// Changes what is kept of a version that is there, or of the latest.
pub(super) fn change(
    world: &mut World,
    bucket: &str,
    name: &str,
    version: Option<&str>,
    act: impl FnOnce(&mut StoredObject),
) {
    let place = key(bucket, name);
    let latest = world.tables.objects.get(&place);
    if latest.is_some_and(|object| version.is_none_or(|version| is_version(object, version))) {
        if let Some(object) = world.tables.objects.change(&place) {
            act(object);
        }
        return;
    }
    let found = old(world, bucket, name)
        .into_iter()
        .find(|row| version.is_some_and(|version| is_version(&row.object, version)))
        .map(|row| format!("{}{:012}", stem(bucket, name), row.order));
    if let Some(row) = found.and_then(|place| world.tables.old_versions.change(&place)) {
        act(&mut row.object);
    }
}

/// Ends one version for good; when it was the latest, the one before it is the latest again.
pub(super) fn end(world: &mut World, bucket: &str, name: &str, version: &str) -> Result<Answer, Refusal> {
    let ended = |marker: bool| {
        Answer::empty(204).header("version-id", version).header("is-delete-marker", marker.to_string())
    };
    let place = key(bucket, name);
    if world.tables.objects.get(&place).is_some_and(|object| is_version(object, version)) {
        if let Some(object) = world.tables.objects.remove(&place) {
            world.drop_pieces(object.pieces);
        }
        promote(world, bucket, name);
        return Ok(ended(false));
    }
    let found = old(world, bucket, name).into_iter().find(|row| is_version(&row.object, version)).cloned();
    let found = found.ok_or_else(|| not_found(&format!("{name} of version {version}")))?;
    forget(world, &found);
    promote(world, bucket, name);
    Ok(ended(found.marker))
}

/// Makes the newest old version the latest one, unless there is a latest or it is a marker.
fn promote(world: &mut World, bucket: &str, name: &str) {
    if world.tables.objects.get(&key(bucket, name)).is_some() {
        return;
    }
    let Some(newest) = old(world, bucket, name).last().map(|row| (*row).clone()) else { return };
    if !newest.marker {
        let place = format!("{}{:012}", stem(bucket, name), newest.order);
        world.tables.old_versions.remove(&place);
        world.tables.objects.insert(&key(bucket, name), newest.object);
    }
}

/// The old versions of a bucket for which a rule holds, ended for good.
pub(super) fn end_old(world: &mut World, bucket: &str, due: impl Fn(&OldVersion) -> bool) -> usize {
    let mut newest: HashMap<&str, u64> = HashMap::new();
    let of_bucket = key(bucket, "");
    for row in world.tables.old_versions.beginning(&of_bucket) {
        let known = newest.entry(&row.object.name).or_default();
        *known = row.order.max(*known);
    }
    let rows: Vec<OldVersion> = world
        .tables
        .old_versions
        .beginning(&of_bucket)
        .filter(|row| {
            // A marker that is the latest is no previous version.
            let latest = world.tables.objects.get(&key(bucket, &row.object.name)).is_some();
            latest || newest.get(row.object.name.as_str()) != Some(&row.order)
        })
        .filter(|row| due(row))
        .cloned()
        .collect();
    for row in &rows {
        forget(world, row);
    }
    rows.len()
}

/// Changes the tier of old versions for which a rule holds.
pub(super) fn move_old(
    world: &mut World,
    bucket: &str,
    tier: &str,
    due: impl Fn(&OldVersion) -> bool,
) -> usize {
    let mut moved = 0;
    for place in world.tables.old_versions.keys() {
        let Some(row) = world.tables.old_versions.get(&place) else { continue };
        let fits = row.object.bucket == bucket && !row.marker && row.object.tier != tier && due(row);
        if fits && let Some(row) = world.tables.old_versions.change(&place) {
            tier.clone_into(&mut row.object.tier);
            moved += 1;
        }
    }
    moved
}

fn view(object: &StoredObject, marker: bool, fields: &str, now: Timestamp) -> Result<Value, Refusal> {
    let mut view = Map::new();
    view.insert("name".to_owned(), object.name.as_str().into());
    view.insert("timeModified".to_owned(), text(object.modified).into());
    view.insert("versionId".to_owned(), json!(object.version));
    view.insert("isDeleteMarker".to_owned(), marker.into());
    for field in fields.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        let value = match field {
            "name" | "timeModified" | "versionId" | "isDeleteMarker" => continue,
            "size" | "archivalState" if marker => Value::Null,
            "size" => object.size.into(),
            "etag" => object.etag.as_str().into(),
            "md5" => json!(object.md5.as_ref().or(object.multipart_md5.as_ref())),
            "timeCreated" => text(object.made).into(),
            "storageTier" => object.tier.as_str().into(),
            "archivalState" => json!(object.archival_state(now)),
            _ => return Err(Refusal::invalid(format!("fields: {field} is not one that a list can show"))),
        };
        view.insert(field.to_owned(), value);
    }
    Ok(Value::Object(view))
}

/// The list of all versions: by name, the latest first.
pub(super) fn list(world: &World, call: &Call, bucket: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let prefix = call.query("prefix").unwrap_or_default();
    let fields = call.query("fields").unwrap_or_default();
    if call.query("delimiter").is_some_and(|delimiter| !delimiter.is_empty()) {
        return Err(Refusal::invalid("the sandbox cannot list versions by folders"));
    }
    let wanted = |name: &str| {
        name.starts_with(prefix)
            && call.query("start").is_none_or(|start| name >= start)
            && call.query("startAfter").is_none_or(|start| name > start)
            && call.query("end").is_none_or(|end| name < end)
    };
    let mut rows: Vec<(&StoredObject, bool, u64)> = world
        .tables
        .objects
        .values()
        .map(|object| (object, false, u64::MAX))
        .chain(world.tables.old_versions.values().map(|row| (&row.object, row.marker, row.order)))
        .filter(|(object, ..)| object.bucket == bucket && wanted(&object.name))
        .collect();
    rows.sort_by(|a, b| a.0.name.cmp(&b.0.name).then(b.2.cmp(&a.2)));
    let views = rows
        .iter()
        .map(|(object, marker, _)| view(object, *marker, fields, now))
        .collect::<Result<_, _>>()?;
    let (items, next) = crate::sandbox::http::page_of(call, views, 1000)?;
    let answer = Answer::json(200, &json!({"items": items, "prefixes": []}));
    Ok(match next {
        Some(token) => answer.header("opc-next-page", token),
        None => answer,
    })
}
