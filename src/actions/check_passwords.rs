//! `check-passwords`: looks whether passwords keep the service's rules before anything is done with them.

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::domain::{Binding, Domain};
use crate::engine::{Action, Finish, Here, OutputDecl, OutputKind, StepCx, UndoPolicy};
use crate::model::act::LocalCall;
use crate::model::late::secret_of;
use crate::model::{Act, ActionError, Call, Effect, Late, Repeat, Secret, SecretSource, Times};

/// The shortest and the longest password of a database user that the service takes, in characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=30;

/// Looks whether passwords of database users keep the service's rules. They are fetched from where they are and not
/// sent anywhere: one that the database would refuse is found before anything is made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckPasswords {
    /// Whose: `{ username, password }`, the password as a reference to a secret.
    pub users: Late<Vec<Value>>,
}

const OUTPUTS: &[OutputDecl] =
    &[OutputDecl { name: "checked", kind: OutputKind::Number, doc: "how many passwords were looked at" }];

impl Domain for CheckPasswords {
    fn outputs(&self) -> &'static [OutputDecl] {
        OUTPUTS
    }

    fn undo_policy(&self) -> UndoPolicy {
        UndoPolicy::Never { why: "it only looks".into() }
    }

    fn acts(&self, _: &Binding<'_>) -> Result<Vec<Act>, ActionError> {
        let users = self.users.at_plan("whose passwords are checked")?;
        let users = users
            .iter()
            .map(|user| match (user.get("username").and_then(Value::as_str), user.get("password")) {
                (Some(name), Some(password)) => Ok((name.to_owned(), secret_of(password))),
                _ => Err(ActionError::invalid(format!("{user} is no {{ username, password }}"))),
            })
            .collect::<Result<_, _>>()?;
        Ok(vec![Act {
            key: "look".parse().expect("a word"),
            title: "look whether the passwords keep the service's rules".into(),
            effect: Effect::Read,
            times: Times::Once,
            repeat: Repeat::Safe,
            call: Call::Local(LocalCall::CheckPasswords { users }),
        }])
    }
}

impl Action for CheckPasswords {
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>> {
        Box::pin(async move {
            let reply = cx.perform("look", Here::nothing()).await?;
            Ok(Finish::Done(Map::from_iter([("checked".to_owned(), reply.value)])))
        })
    }
}

/// Fetches the passwords and looks at each: all faults are told at once.
pub(super) async fn look(
    users: &[(String, Value)],
    secrets: &dyn SecretSource,
) -> Result<Value, ActionError> {
    let mut faults = Vec::new();
    for (name, password) in users {
        let reference = crate::model::late::as_secret(password)
            .and_then(|reference| serde_json::from_value(reference.clone()).ok())
            .ok_or_else(|| {
                ActionError::invalid(format!("the password of {name} is no reference to a secret"))
            })?;
        let broken = broken_rules(name, &secrets.resolve(&reference).await?);
        if !broken.is_empty() {
            faults.push(format!("{name}: {}", broken.join(", ")));
        }
    }
    if faults.is_empty() {
        return Ok(json!(users.len()));
    }
    Err(ActionError::invalid(format!("passwords that the database would refuse: {}", faults.join("; ")))
        .advise("put other passwords where the references lead; nothing was changed yet"))
}

/// The rules that a password breaks, in words that do not tell it.
fn broken_rules(username: &str, password: &Secret) -> Vec<&'static str> {
    let text = password.reveal();
    let mut broken = Vec::new();
    let mut rule = |kept: bool, words: &'static str| {
        if !kept {
            broken.push(words);
        }
    };
    rule(LENGTHS.contains(&text.chars().count()), "not 12 to 30 characters");
    rule(text.chars().any(char::is_uppercase), "no upper-case letter");
    rule(text.chars().any(char::is_lowercase), "no lower-case letter");
    rule(text.chars().any(|c| c.is_ascii_digit()), "no digit");
    rule(!text.contains('"'), "a quotation mark in it");
    rule(!text.to_lowercase().contains(&username.to_lowercase()), "the user's name in it");
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        fn check(username: &str, password: &str, wanted: &[&str]) {
            assert_eq!(broken_rules(username, &Secret::new(password.to_owned())), wanted, "{password}");
        }
        check("SALES", "Harbour-Lantern-26", &[]);
        check("SALES", "Short-1", &["not 12 to 30 characters"]);
        check(
            "SALES",
            "a-very-long-password-without-end-1234",
            &["not 12 to 30 characters", "no upper-case letter"],
        );
        check("SALES", "UPPER-ONLY-1234", &["no lower-case letter"]);
        check("SALES", "No-digits-in-here", &["no digit"]);
        check("SALES", "My-sales-Lantern-26", &["the user's name in it"]);
        check("SALES", "With-\"quote\"-1234", &["a quotation mark in it"]);
    }
}
