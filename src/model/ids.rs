//! Identifiers as types: an OCID is not a name, and neither is a token.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text is not the identifier it was taken for.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{text:?} is not {wanted}")]
pub struct NotAnId {
    text: String,
    wanted: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $wanted:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let good: fn(&str) -> bool = $check;
                if good(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotAnId { text: text.to_owned(), wanted: $wanted })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_' || c == '.')
}

text_id!(
    /// A step of a runbook: lower-case letters, digits and `_` (a `-` would read as a minus in expressions), a letter
    /// first, at most 64 characters. The checks of a step add `.check-1` and so on.
    StepId, "a step id (lower-case letters, digits and _, a letter first)", |t: &str| {
        is_word(t) && !t.split('.').next().unwrap_or(t).contains('-')
    }
);
text_id!(
    /// An act within its step.
    ActKey, "an act key (lower-case letters, digits, - and _, a letter first)", is_word
);
text_id!(
    /// A run: the second it began in UTC and four random characters, so names sort by time.
    RunId, "a run id (such as 20260519t211000-k3fa)", |t: &str| {
        !t.is_empty() && t.len() <= 40 && t.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    }
);
text_id!(
    /// An Oracle Cloud Identifier. The shape is checked, the existence is not.
    Ocid, "an OCID (ocid1.<type>.<realm>.<region>.<unique>)", |t: &str| {
        t.starts_with("ocid1.") && t.split('.').count() >= 5 && t.len() <= 255
            && t.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
    }
);
text_id!(
    /// A retry token: letters and digits, at most 64 characters (the service's own limit).
    Token, "a retry token (letters and digits, at most 64)", |t: &str| {
        !t.is_empty() && t.len() <= 64 && t.chars().all(|c| c.is_ascii_alphanumeric())
    }
);

const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

fn random_letters(count: usize) -> String {
    let mut bytes = vec![0_u8; count];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect()
}

impl RunId {
    /// A new run id for a run that begins `at` this time.
    pub fn new(at: jiff::Timestamp) -> Self {
        Self(format!("{}-{}", at.strftime("%Y%m%dt%H%M%S"), random_letters(4)))
    }

    /// The second the run began, in UTC, as prefixes of dumps have it: `20260519T211000`.
    pub fn stamp(&self) -> String {
        self.0.split('-').next().unwrap_or(&self.0).to_uppercase()
    }

    /// The random end of the id, which makes names that a run creates its own.
    pub fn suffix(&self) -> &str {
        self.0.rsplit('-').next().unwrap_or(&self.0)
    }
}

impl Token {
    /// A new random token of 30 characters.
    pub fn random() -> Self {
        Self(random_letters(30))
    }

    /// The token that stands for a step which was never begun.
    pub fn none() -> Self {
        Self("0".into())
    }

    /// The token of one act (and one item of it) within a step, derived so that a resumed run sends the same one. After
    /// a refusal the next try is another request, and has another token: `spent` counts them.
    #[must_use]
    pub fn for_act(&self, act: &ActKey, item: usize, spent: u32) -> Self {
        let text = format!("{}/{act}/{item}/{spent}", self.0);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        Self(
            digest
                .as_ref()
                .iter()
                .take(30)
                .map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()]))
                .collect(),
        )
    }
}

impl StepId {
    /// The id of the `n`-th check (from 1) of a step.
    #[must_use]
    pub fn check(&self, n: usize) -> Self {
        Self(format!("{}.check-{n}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        fn check<T: FromStr>(text: &str, good: bool) {
            assert_eq!(text.parse::<T>().is_ok(), good, "{text}");
        }
        check::<StepId>("clone", true);
        check::<StepId>("Clone", false);
        check::<StepId>("stop-old", false);
        check::<StepId>("clone.check-1", true);
        check::<StepId>("", false);
        check::<Ocid>("ocid1.autonomousdatabase.oc1.uk-london-1.example", true);
        check::<Ocid>("ocid1.autonomousdatabase", false);
        check::<Ocid>("ocid1.x.y.z.w/../v", false);
        check::<Token>("abc DEF", false);
    }

    #[test]
    fn derived_tokens_are_stable_and_apart() {
        let token: Token = "abc".parse().unwrap();
        let act: ActKey = "create".parse().unwrap();
        assert_eq!(token.for_act(&act, 0, 0), token.for_act(&act, 0, 0));
        assert_ne!(token.for_act(&act, 0, 0), token.for_act(&act, 1, 0));
        assert_eq!(token.for_act(&act, 0, 1).as_str().len(), 30);
    }
}
