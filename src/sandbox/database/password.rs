//! Rules on ADMIN's password.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::record::{AdminPassword, Database};
use crate::model::Secret;
use crate::sandbox::engine::hash;
use crate::sandbox::http::Refusal;
use crate::sandbox::vault;
use crate::sandbox::world::World;

/// Takes the password out of a body: given there, or in a vault secret.
pub(super) fn take(world: &World, body: &mut Map<String, Value>) -> Result<Option<Secret>, Refusal> {
    let given = body.remove("adminPassword").and_then(|value| value.as_str().map(str::to_owned));
    let secret = body.remove("secretId").and_then(|value| value.as_str().map(str::to_owned));
    let version = body.remove("secretVersionNumber").and_then(|value| value.as_u64());
    let password = match (given, secret) {
        (Some(_), Some(_)) => {
            return Err(Refusal::invalid("send adminPassword or secretId, not both"));
        }
        (Some(password), None) => password,
        (None, Some(id)) => vault::value(world, &id, version).ok_or_else(|| {
            Refusal::new(
                400,
                "RelatedResourceNotAuthorizedOrNotFound",
                format!("the secret {id} cannot be read"),
            )
        })?,
        (None, None) => return Ok(None),
    };
    check(&password)?;
    Ok(Some(Secret::new(password)))
}

fn check(password: &str) -> Result<(), Refusal> {
    let length = password.chars().count();
    let good = (12..=30).contains(&length)
        && password.chars().any(|c| c.is_ascii_uppercase())
        && password.chars().any(|c| c.is_ascii_lowercase())
        && password.chars().any(|c| c.is_ascii_digit())
        && !password.contains('"')
        && !password.to_ascii_lowercase().contains("admin");
    if good {
        Ok(())
    } else {
        Err(Refusal::invalid(
            "adminPassword has to have 12 to 30 characters with an upper-case letter, a lower-case letter and a \
             digit, without double quotes and without the word admin",
        ))
    }
}

/// Refuses a password that was used too lately: one of the last four, or within 24 hours.
pub(super) fn check_reuse(database: &Database, password: &Secret, now: Timestamp) -> Result<(), Refusal> {
    let sha256 = hash(&database.id, password.reveal());
    let day = SignedDuration::from_hours(24);
    let lately = database
        .passwords
        .iter()
        .rev()
        .enumerate()
        .any(|(place, old)| old.sha256 == sha256 && (place < 4 || now.duration_since(old.at) < day));
    if lately {
        return Err(Refusal::invalid(
            "adminPassword was one of the last four, or was used within the last 24 hours",
        ));
    }
    Ok(())
}

/// Notes a password as the present one.
pub(super) fn remember(database: &mut Database, password: &Secret, now: Timestamp) {
    let sha256 = hash(&database.id, password.reveal());
    database.passwords.push(AdminPassword { at: now, sha256 });
    database.admin_password = Some(password.reveal().to_owned());
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rules() {
        fn check(password: &str, good: bool) {
            assert_eq!(super::check(password).is_ok(), good, "{password}");
        }
        check("Good-enough-1", true);
        check("Short-1", false);
        check("no-upper-case-1", false);
        check("NO-LOWER-CASE-1", false);
        check("No-digit-in-here", false);
        check("With-\"quote\"-12", false);
        check("The-aDmIn-word-1", false);
        check("Far-too-long-for-a-password-123", false);
    }
}
