//! The tenancy's user and its auth tokens: what Object Storage takes in place of a signature.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::engine::hash;
use super::http::{Answer, Call, Refusal, check_if_match, paged};
use super::pace::text;
use super::world::{World, note, random_word, set_note};
use crate::model::Secret;

/// The name of the sample tenancy's user.
pub(crate) const USER_NAME: &str = "operator@example.com";

/// A user has no more of them at a time.
const MOST: usize = 2;

/// An auth token. Its value is told once and not kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AuthToken {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) description: String,
    pub(crate) made: Timestamp,
    pub(crate) etag: String,
    pub(crate) sha256: String,
}

fn view(token: &AuthToken, value: Option<&str>) -> Value {
    json!({
        "id": token.id, "userId": token.user, "description": token.description, "token": value,
        "timeCreated": text(token.made), "timeExpires": null, "lifecycleState": "ACTIVE", "inactiveStatus": null,
    })
}

/// A value as the service makes them: letters, digits and signs.
fn new_value() -> String {
    const SIGNS: [char; 12] = ['>', '(', ')', '[', ']', '{', '}', ';', ':', '#', '+', '_'];
    let word = random_word(20);
    word.chars()
        .enumerate()
        .map(|(place, letter)| match place % 5 {
            1 => letter.to_ascii_uppercase(),
            3 => SIGNS[letter as usize % SIGNS.len()],
            _ => letter,
        })
        .collect()
}

fn add(world: &mut World, description: &str, now: Timestamp) -> (AuthToken, String) {
    let value = new_value();
    // The log of statements shows no value that the sandbox gave out.
    let value = Secret::new(value).reveal().to_owned();
    let id = world.new_ocid("credential");
    let token = AuthToken {
        sha256: hash(&id, &value),
        user: world.tenancy.user.clone(),
        description: description.to_owned(),
        made: now,
        etag: random_word(20),
        id,
    };
    world.tables.auth_tokens.insert(&token.id.clone(), token.clone());
    (token, value)
}

/// Gives the user the one token that the sandbox's own description tells.
pub(crate) fn first(world: &mut World, now: Timestamp) {
    match note(world, "auth-token") {
        None => {
            let (token, value) = add(world, "made with the sandbox", now);
            set_note(world, "auth-token", json!({"id": token.id, "value": value}));
        }
        Some(known) => drop(Secret::new(known["value"].as_str().unwrap_or_default().to_owned())),
    }
}

/// The value of the token that the sandbox began with, for as long as it is good.
pub(crate) fn first_value(world: &World) -> Option<String> {
    let known = note(world, "auth-token")?;
    world.tables.auth_tokens.get(known["id"].as_str()?)?;
    known["value"].as_str().map(str::to_owned)
}

/// Checks a user's name and token.
pub(crate) fn verify(world: &World, user: &str, token: &str) -> Result<(), Refusal> {
    let known = |row: &AuthToken| row.user == world.tenancy.user && row.sha256 == hash(&row.id, token);
    if user == USER_NAME && world.tables.auth_tokens.values().any(known) {
        Ok(())
    } else {
        Err(Refusal::unauthenticated("the user's name or the auth token is wrong"))
    }
}

/// Answers a call under `/20160918/users`, given the segments behind that.
pub(crate) fn route(
    world: &mut World,
    call: &Call,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let [user, rest @ ..] = rest else { return Err(no_such_call()) };
    if *user != world.tenancy.user {
        return Err(Refusal::not_found());
    }
    match (call.method.as_str(), rest) {
        ("GET", []) => Ok(Answer::json(
            200,
            &json!({
                "id": world.tenancy.user, "compartmentId": world.tenancy.id, "name": USER_NAME,
                "description": "the user of the sandbox", "email": USER_NAME, "lifecycleState": "ACTIVE",
                "inactiveStatus": null, "isMfaActivated": false, "identityProviderId": null,
                "capabilities": {"canUseApiKeys": true, "canUseAuthTokens": true},
                "timeCreated": "2026-01-12T08:00:00.000Z", "freeformTags": {}, "definedTags": {},
            }),
        )),
        ("GET", ["authTokens"]) => {
            let rows = world.tables.auth_tokens.values().map(|token| view(token, None)).collect();
            paged(call, rows)
        }
        ("POST", ["authTokens"]) => create(world, call, now),
        ("DELETE", ["authTokens", id]) => {
            let token = world.tables.auth_tokens.get(id).ok_or_else(Refusal::not_found)?;
            check_if_match(call, &token.etag)?;
            world.tables.auth_tokens.remove(id);
            Ok(Answer::empty(204))
        }
        _ => Err(no_such_call()),
    }
}

fn create(world: &mut World, call: &Call, now: Timestamp) -> Result<Answer, Refusal> {
    let body = call.object()?;
    if let Some(other) = body.keys().find(|name| *name != "description") {
        return Err(Refusal::invalid(format!("{other} is not a field of this request")));
    }
    let description = body
        .get("description")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Refusal::missing("description is required"))?;
    if description.chars().count() > 400 {
        return Err(Refusal::invalid("description has at most 400 characters"));
    }
    if world.tables.auth_tokens.values().count() >= MOST {
        return Err(Refusal::new(
            400,
            "LimitExceeded",
            "a user has at most two auth tokens; delete one first",
        ));
    }
    let (token, value) = add(world, description, now);
    Ok(Answer::json(200, &view(&token, Some(&value))).header("etag", token.etag))
}

fn no_such_call() -> Refusal {
    Refusal::new(404, "NotFound", "the sandbox has no such call in the identity service")
}
