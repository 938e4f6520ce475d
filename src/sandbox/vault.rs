//! Vault: secrets, their versions, and their values.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::http::{Answer, Call, Refusal, check_if_match, paged};
use super::pace::text;
use super::world::World;
use crate::model::Secret;

/// One version of a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) name: Option<String>,
    pub(crate) made: Timestamp,
    /// Base64 of the value.
    pub(crate) content: String,
    pub(crate) stages: Vec<String>,
}

/// A secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VaultSecret {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) vault: String,
    pub(crate) compartment: String,
    pub(crate) key: String,
    pub(crate) made: Timestamp,
    pub(crate) versions: BTreeMap<u64, Version>,
    pub(crate) description: Option<String>,
    pub(crate) freeform_tags: Map<String, Value>,
    pub(crate) changes: u64,
    pub(crate) deletion: Option<Timestamp>,
}

/// A new secret with one version.
pub(crate) fn new_secret(
    world: &World,
    id: &str,
    name: &str,
    compartment: &str,
    value: &str,
    now: Timestamp,
) -> VaultSecret {
    let version = Version {
        number: 1,
        name: None,
        made: now,
        content: STANDARD.encode(value),
        stages: vec!["CURRENT".to_owned(), "LATEST".to_owned()],
    };
    VaultSecret {
        id: id.to_owned(),
        name: name.to_owned(),
        vault: world.tenancy.vault.clone(),
        compartment: compartment.to_owned(),
        key: world.tenancy.master_key.clone(),
        made: now,
        versions: BTreeMap::from([(1, version)]),
        description: None,
        freeform_tags: Map::new(),
        changes: 1,
        deletion: None,
    }
}

/// A secret's value as text, the current version or the one asked for.
pub(crate) fn value(world: &World, id: &str, version: Option<u64>) -> Option<String> {
    let secret = world.tables.secrets.get(id)?;
    let version = match version {
        Some(number) => secret.versions.get(&number)?,
        None => {
            secret.versions.values().find(|version| version.stages.iter().any(|stage| stage == "CURRENT"))?
        }
    };
    String::from_utf8(STANDARD.decode(&version.content).ok()?).ok()
}

fn bundle_version(secret: &VaultSecret, version: &Version) -> Value {
    json!({
        "secretId": secret.id,
        "timeCreated": text(version.made),
        "versionNumber": version.number,
        "versionName": version.name,
        "timeOfDeletion": null,
        "timeOfExpiry": null,
        "stages": version.stages,
    })
}

fn bundle(secret: &VaultSecret, call: &Call) -> Result<Answer, Refusal> {
    let choosers = ["versionNumber", "secretVersionName", "stage"];
    if choosers.iter().filter(|name| call.query(name).is_some()).count() > 1 {
        return Err(Refusal::invalid("give one of versionNumber, secretVersionName and stage"));
    }
    let stage = call.query("stage").unwrap_or("CURRENT");
    if !["CURRENT", "PENDING", "LATEST", "PREVIOUS", "DEPRECATED"].contains(&stage) {
        return Err(Refusal::invalid("stage has to be CURRENT, PENDING, LATEST, PREVIOUS or DEPRECATED"));
    }
    let version = if let Some(number) = call.query("versionNumber") {
        number.parse().ok().and_then(|number: u64| secret.versions.get(&number))
    } else if let Some(name) = call.query("secretVersionName") {
        secret.versions.values().find(|version| version.name.as_deref() == Some(name))
    } else {
        secret.versions.values().rev().find(|version| version.stages.iter().any(|held| held == stage))
    };
    let version = version.ok_or_else(Refusal::not_found)?;
    if secret.deletion.is_some() {
        return Err(Refusal::not_found());
    }
    let mut view = bundle_version(secret, version);
    view["metadata"] = json!({});
    view["secretBundleContent"] = json!({"contentType": "BASE64", "content": version.content});
    Ok(Answer::json(200, &view).header("etag", format!("{}-{}", secret.id, secret.changes)))
}

/// The calls under `/20190301`: the values.
pub(crate) fn route_values(world: &World, call: &Call, rest: &[&str]) -> Result<Answer, Refusal> {
    match (call.method.as_str(), rest) {
        ("GET", ["secretbundles", id]) => {
            bundle(world.tables.secrets.get(id).ok_or_else(Refusal::not_found)?, call)
        }
        ("POST", ["secretbundles", "actions", "getByName"]) => {
            let (name, vault) = (call.required_query("secretName")?, call.required_query("vaultId")?);
            let secret = world
                .tables
                .secrets
                .values()
                .find(|secret| secret.name == name && secret.vault == vault)
                .ok_or_else(Refusal::not_found)?;
            bundle(secret, call)
        }
        ("GET", ["secretbundles", id, "versions"]) => {
            let secret = world.tables.secrets.get(id).ok_or_else(Refusal::not_found)?;
            let newest_first = secret.versions.values().rev();
            paged(call, newest_first.map(|version| bundle_version(secret, version)).collect())
        }
        _ => Err(Refusal::new(404, "NotFound", "the sandbox has no such call in the secret service")),
    }
}

fn metadata(secret: &VaultSecret) -> Value {
    let current = secret
        .versions
        .values()
        .find(|version| version.stages.iter().any(|stage| stage == "CURRENT"))
        .map(|version| version.number);
    json!({
        "id": secret.id,
        "secretName": secret.name,
        "vaultId": secret.vault,
        "compartmentId": secret.compartment,
        "keyId": secret.key,
        "description": secret.description,
        "currentVersionNumber": current,
        "lifecycleState": if secret.deletion.is_some() { "PENDING_DELETION" } else { "ACTIVE" },
        "lifecycleDetails": null,
        "timeCreated": text(secret.made),
        "timeOfDeletion": secret.deletion.map(text),
        "freeformTags": secret.freeform_tags,
        "definedTags": {},
    })
}

fn content(
    body: &Map<String, Value>,
    required: bool,
) -> Result<Option<(String, Option<String>, bool)>, Refusal> {
    let Some(content) = body.get("secretContent").filter(|value| !value.is_null()) else {
        return if required { Err(Refusal::missing("secretContent is required")) } else { Ok(None) };
    };
    if content["contentType"] != "BASE64" {
        return Err(Refusal::invalid("secretContent.contentType has to be BASE64"));
    }
    let encoded =
        content["content"].as_str().ok_or_else(|| Refusal::missing("secretContent.content is required"))?;
    let decoded =
        STANDARD.decode(encoded).map_err(|_| Refusal::invalid("secretContent.content is not base64"))?;
    if decoded.is_empty() || decoded.len() > 25_600 {
        return Err(Refusal::invalid("a secret has 1 to 25,600 bytes"));
    }
    if let Ok(text) = String::from_utf8(decoded) {
        // From here on the value is scrubbed from every log of this process.
        drop(Secret::new(text));
    }
    let pending = match content["stage"].as_str() {
        None | Some("CURRENT") => false,
        Some("PENDING") => true,
        Some(_) => return Err(Refusal::invalid("secretContent.stage has to be CURRENT or PENDING")),
    };
    Ok(Some((encoded.to_owned(), content["name"].as_str().map(str::to_owned), pending)))
}

fn check_known(body: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    match body.keys().find(|key| !known.contains(&key.as_str())) {
        Some(other) => Err(Refusal::invalid(format!("{other} is not a field of this request"))),
        None => Ok(()),
    }
}

fn create(world: &mut World, call: &Call, now: Timestamp) -> Result<Answer, Refusal> {
    let mut body = call.object()?;
    body.retain(|_, value| !value.is_null());
    check_known(
        &body,
        &[
            "compartmentId",
            "definedTags",
            "description",
            "freeformTags",
            "keyId",
            "metadata",
            "secretContent",
            "secretName",
            "secretRules",
            "vaultId",
            "enableAutoGeneration",
        ],
    )?;
    let field = |name: &str| {
        body.get(name).and_then(Value::as_str).ok_or_else(|| Refusal::missing(format!("{name} is required")))
    };
    let (compartment, name, vault, key) =
        (field("compartmentId")?, field("secretName")?, field("vaultId")?, field("keyId")?);
    if !world.knows_compartment(compartment)
        || vault != world.tenancy.vault
        || key != world.tenancy.master_key
    {
        return Err(Refusal::not_found());
    }
    let (encoded, version_name, pending) = content(&body, true)?.expect("it is required");
    if pending {
        return Err(Refusal::invalid("the first version of a secret cannot be PENDING"));
    }
    if world.tables.secrets.values().any(|secret| secret.name == name && secret.vault == vault) {
        return Err(Refusal::new(409, "Conflict", format!("the vault has a secret named {name}")));
    }
    let id = world.new_ocid("vaultsecret");
    let mut secret = new_secret(world, &id, name, compartment, "", now);
    secret.description = body.get("description").and_then(Value::as_str).map(str::to_owned);
    secret.freeform_tags = body.get("freeformTags").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(version) = secret.versions.get_mut(&1) {
        version.content = encoded;
        version.name = version_name;
    }
    let answer = Answer::json(200, &metadata(&secret)).header("etag", format!("{id}-1"));
    world.tables.secrets.insert(&id, secret);
    Ok(answer)
}

fn update(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let secret = world.tables.secrets.get(id).ok_or_else(Refusal::not_found)?;
    check_if_match(call, &format!("{id}-{}", secret.changes))?;
    if secret.deletion.is_some() {
        return Err(Refusal::new(409, "IncorrectState", "the secret is PENDING_DELETION"));
    }
    let mut body = call.object()?;
    body.retain(|_, value| !value.is_null());
    check_known(
        &body,
        &[
            "currentVersionNumber",
            "definedTags",
            "description",
            "freeformTags",
            "metadata",
            "secretContent",
            "secretRules",
        ],
    )?;
    let content = content(&body, false)?;
    let promoted = body.get("currentVersionNumber").and_then(Value::as_u64);
    if promoted.is_some_and(|number| !secret.versions.contains_key(&number)) {
        return Err(Refusal::not_found());
    }
    if promoted.is_some() && content.is_some() {
        return Err(Refusal::invalid("send currentVersionNumber or secretContent, not both"));
    }
    let secret = world.tables.secrets.change(id).expect("it was read above");
    secret.changes += 1;
    if let Some(description) = body.get("description").and_then(Value::as_str) {
        secret.description = Some(description.to_owned());
    }
    if let Some(tags) = body.get("freeformTags").and_then(Value::as_object) {
        secret.freeform_tags.clone_from(tags);
    }
    if let Some((encoded, name, pending)) = content {
        let number = secret.versions.keys().next_back().copied().unwrap_or(0) + 1;
        for version in secret.versions.values_mut() {
            version.stages.retain(|stage| stage != "LATEST" && (!pending || stage != "PENDING"));
        }
        let stages = vec!["LATEST".to_owned(), if pending { "PENDING" } else { "DEPRECATED" }.to_owned()];
        secret.versions.insert(number, Version { number, name, made: now, content: encoded, stages });
        if !pending {
            promote(secret, number);
        }
    }
    if let Some(number) = promoted {
        promote(secret, number);
    }
    Ok(Answer::json(200, &metadata(secret)).header("etag", format!("{id}-{}", secret.changes)))
}

/// Makes a version the current one; the one before becomes PREVIOUS, what was PREVIOUS is DEPRECATED.
fn promote(secret: &mut VaultSecret, number: u64) {
    for version in secret.versions.values_mut() {
        let old = |stage: &str| version.stages.iter().any(|held| held == stage);
        let then = match (version.number == number, old("CURRENT"), old("PREVIOUS")) {
            (true, _, _) => "CURRENT",
            (_, true, _) => "PREVIOUS",
            (_, _, true) => "DEPRECATED",
            _ => continue,
        };
        let latest = old("LATEST");
        version.stages = vec![then.to_owned()];
        if latest {
            version.stages.push("LATEST".to_owned());
        }
    }
}

/// The calls under `/20180608`: names and life.
pub(crate) fn route_names(
    world: &mut World,
    call: &Call,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    match (call.method.as_str(), rest) {
        ("GET", ["secrets"]) => {
            let compartment = call.required_query("compartmentId")?;
            if !world.knows_compartment(compartment) {
                return Err(Refusal::not_found());
            }
            let rows = world
                .tables
                .secrets
                .values()
                .filter(|secret| secret.compartment == compartment)
                .filter(|secret| call.query("name").is_none_or(|name| secret.name == name))
                .filter(|secret| call.query("vaultId").is_none_or(|vault| secret.vault == vault))
                .map(metadata)
                .collect();
            paged(call, rows)
        }
        ("POST", ["secrets"]) => create(world, call, now),
        ("GET", ["secrets", id]) => {
            let secret = world.tables.secrets.get(id).ok_or_else(Refusal::not_found)?;
            Ok(Answer::json(200, &metadata(secret)).header("etag", format!("{id}-{}", secret.changes)))
        }
        ("PUT", ["secrets", id]) => update(world, call, id, now),
        ("GET", ["secrets", id, "versions"]) => {
            let secret = world.tables.secrets.get(id).ok_or_else(Refusal::not_found)?;
            let newest_first = secret.versions.values().rev();
            paged(call, newest_first.map(|version| bundle_version(secret, version)).collect())
        }
        ("POST", ["secrets", id, "actions", "scheduleDeletion"]) => {
            let secret = world.tables.secrets.get(id).ok_or_else(Refusal::not_found)?;
            if secret.deletion.is_some() {
                return Err(Refusal::new(409, "IncorrectState", "the secret is PENDING_DELETION"));
            }
            let month = jiff::SignedDuration::from_hours(30 * 24);
            let secret = world.tables.secrets.change(id).expect("it was read above");
            secret.deletion = Some(now.saturating_add(month).unwrap_or(now));
            secret.changes += 1;
            Ok(Answer::empty(200))
        }
        _ => Err(Refusal::new(404, "NotFound", "the sandbox has no such call in the vault service")),
    }
}
