//! Which fields a connection's body may have, and of which shape.

use serde_json::{Map, Value, json};

use crate::sandbox::database::Database;
use crate::sandbox::http::Refusal;
use crate::sandbox::world::World;

/// Which calls take a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Both,
    Create,
}

/// The type of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Map,
    Related,
    Password,
    KeyStores,
    Proxy,
    OneOf(&'static [&'static str]),
}

const FIELDS: &[(&str, Taken, Kind)] = &[
    ("type", Taken::Both, Kind::OneOf(&["ORACLE_DATABASE", "MYSQL", "POSTGRESQL", "GENERIC_JDBC"])),
    ("displayName", Taken::Both, Kind::Text),
    ("compartmentId", Taken::Create, Kind::Text),
    ("definedTags", Taken::Both, Kind::Map),
    ("freeformTags", Taken::Both, Kind::Map),
    ("runtimeSupport", Taken::Create, Kind::OneOf(&["SUPPORTED", "UNSUPPORTED"])),
    ("runtimeIdentity", Taken::Create, Kind::OneOf(&["AUTHENTICATED_PRINCIPAL", "RESOURCE_PRINCIPAL"])),
    ("relatedResource", Taken::Both, Kind::Related),
    ("connectionString", Taken::Both, Kind::Text),
    ("userName", Taken::Both, Kind::Text),
    ("userPassword", Taken::Both, Kind::Password),
    ("advancedProperties", Taken::Both, Kind::Map),
    ("keyStores", Taken::Both, Kind::KeyStores),
    ("privateEndpointId", Taken::Both, Kind::Text),
    ("proxyClient", Taken::Both, Kind::Proxy),
    ("authenticationType", Taken::Create, Kind::OneOf(&["PASSWORD", "TOKEN"])),
];

/// The fields that a client reads back.
pub(super) fn readable() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(name, _, _)| *name)
}

fn wrong(name: &str, why: &str) -> Refusal {
    Refusal::invalid(format!("{name} {why}"))
}

/// The text of a member that has to be there.
fn member<'a>(field: &str, value: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    value
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Refusal::missing(format!("{field}.{name} is required")))
}

fn only(field: &str, value: &Value, known: &[&str]) -> Result<(), Refusal> {
    let map = value.as_object().ok_or_else(|| wrong(field, "has to be an object"))?;
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(other) => Err(Refusal::invalid(format!("{field}.{other} is not a field of this request"))),
        None => Ok(()),
    }
}

/// A value that stands in a secret: `{valueType: SECRETID, secretId}`.
fn secret(world: &World, field: &str, value: &Value) -> Result<(), Refusal> {
    only(field, value, &["valueType", "secretId"])?;
    if member(field, value, "valueType")? != "SECRETID" {
        return Err(wrong(field, "has to have the valueType SECRETID"));
    }
    related(world.tables.secrets.get(member(field, value, "secretId")?).is_some(), field)
}

fn related(known: bool, field: &str) -> Result<(), Refusal> {
    if known {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "RelatedResourceNotAuthorizedOrNotFound",
        format!("{field}: authorization failed or the resource was not found"),
    ))
}

fn key_stores(world: &World, value: &Value) -> Result<(), Refusal> {
    let stores = value.as_array().ok_or_else(|| wrong("keyStores", "has to be a list"))?;
    for store in stores {
        only("keyStores", store, &["keyStoreType", "keyStoreContent", "keyStorePassword"])?;
        let kind = member("keyStores", store, "keyStoreType")?;
        if !["JAVA_KEY_STORE", "JAVA_TRUST_STORE", "PEM", "PKCS12", "SSO"].contains(&kind) {
            return Err(wrong("keyStores.keyStoreType", "is none that the service knows"));
        }
        secret(world, "keyStores.keyStoreContent", &store["keyStoreContent"])?;
        match store.get("keyStorePassword").filter(|password| !password.is_null()) {
            Some(password) => secret(world, "keyStores.keyStorePassword", password)?,
            None if kind == "SSO" || kind == "PEM" => {}
            None => return Err(Refusal::missing("keyStores.keyStorePassword is required for this type")),
        }
    }
    Ok(())
}

fn check_value(world: &World, name: &str, kind: Kind, value: &Value) -> Result<(), Refusal> {
    match kind {
        Kind::Text => match value.as_str() {
            Some(text) if !text.is_empty() && text.len() <= 4000 => Ok(()),
            _ => Err(wrong(name, "has to be a text")),
        },
        Kind::Map => value.as_object().map(drop).ok_or_else(|| wrong(name, "has to be an object")),
        Kind::OneOf(words) => match value.as_str() {
            Some(given) if words.contains(&given) => Ok(()),
            _ => Err(Refusal::invalid(format!("{name} has to be one of {}", words.join(", ")))),
        },
        Kind::Related => {
            only(name, value, &["entityType", "identifier"])?;
            if member(name, value, "entityType")? != "AUTONOMOUSDATABASE" {
                return Err(wrong(name, "can only be an AUTONOMOUSDATABASE in the sandbox"));
            }
            let id = member(name, value, "identifier")?;
            related(world.tables.databases.get(id).is_some_and(Database::exists), name)
        }
        Kind::Password => secret(world, name, value),
        Kind::KeyStores => key_stores(world, value),
        Kind::Proxy => {
            only(name, value, &["proxyAuthenticationType"])?;
            match member(name, value, "proxyAuthenticationType")? {
                "NO_PROXY" => Ok(()),
                _ => Err(Refusal::new(
                    501,
                    "NotImplemented",
                    "the sandbox cannot connect through a proxy user",
                )),
            }
        }
    }
}

/// Checks a body; what is null counts as absent. `create` says whether it makes a connection.
pub(super) fn check(world: &World, body: &mut Map<String, Value>, create: bool) -> Result<(), Refusal> {
    body.retain(|_, value| !value.is_null());
    for (name, value) in body.iter() {
        let known = FIELDS
            .iter()
            .find(|(known, taken, _)| known == name && (create || *taken == Taken::Both))
            .ok_or_else(|| Refusal::invalid(format!("{name} is not a field of this request")))?;
        check_value(world, name, known.2, value)?;
    }
    let kind = body.get("type").and_then(Value::as_str);
    match kind {
        Some("ORACLE_DATABASE") => {}
        None => return Err(Refusal::missing("type is required")),
        Some(_) => {
            return Err(Refusal::new(
                501,
                "NotImplemented",
                "the sandbox has connections to Oracle databases only",
            ));
        }
    }
    if let Some(endpoint) = body.get("privateEndpointId").and_then(Value::as_str) {
        related(super::routes::private_endpoint(world, endpoint).is_some(), "privateEndpointId")?;
    }
    if !create {
        return Ok(());
    }
    if body.get("authenticationType").and_then(Value::as_str) == Some("TOKEN") {
        return Err(Refusal::new(501, "NotImplemented", "the sandbox cannot log on with tokens"));
    }
    for name in ["displayName", "compartmentId", "connectionString", "userName", "userPassword"] {
        if !body.contains_key(name) {
            return Err(Refusal::missing(format!("{name} is required")));
        }
    }
    for (name, usual) in [
        ("runtimeSupport", json!("SUPPORTED")),
        ("runtimeIdentity", json!("AUTHENTICATED_PRINCIPAL")),
        ("authenticationType", json!("PASSWORD")),
        ("freeformTags", json!({})),
        ("definedTags", json!({})),
    ] {
        body.entry(name).or_insert(usual);
    }
    Ok(())
}
