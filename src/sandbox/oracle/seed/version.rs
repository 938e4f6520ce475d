//! The release of APEX that a database has, and the scripts as they are for it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A release of APEX.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ApexVersion {
    /// 23.1, in the schema `APEX_230100`.
    #[serde(rename = "23.1")]
    V231,
    /// 24.2, in the schema `APEX_240200`.
    #[default]
    #[serde(rename = "24.2")]
    V242,
}

impl ApexVersion {
    /// All of them, the oldest first.
    pub const ALL: [Self; 2] = [Self::V231, Self::V242];

    /// Its number, as people write it.
    pub fn number(self) -> &'static str {
        match self {
            Self::V231 => "23.1",
            Self::V242 => "24.2",
        }
    }

    /// Its number with the patch level, as `APEX_RELEASE` has it.
    pub fn full(self) -> &'static str {
        match self {
            Self::V231 => "23.1.0",
            Self::V242 => "24.2.0",
        }
    }

    fn schema(self) -> &'static str {
        match self {
            Self::V231 => "apex_230100",
            Self::V242 => "apex_240200",
        }
    }

    /// A script for this release: what stands in `{24.2:…}` is for 24.2 only, and so on; the schema is named as in 24.2.
    pub(super) fn script(self, text: &str) -> Cow<'_, str> {
        let mut done = Cow::Borrowed(text);
        for version in Self::ALL {
            let mark = format!("{{{}:", version.number());
            if !done.contains(&mark) {
                continue;
            }
            let mut parts = done.split(mark.as_str());
            let mut whole = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let (inner, rest) = part.split_once('}').unwrap_or((part, ""));
                if version == self {
                    whole.push_str(inner);
                }
                whole.push_str(rest);
            }
            done = Cow::Owned(whole);
        }
        if self != Self::V242 && done.contains(Self::V242.schema()) {
            done = Cow::Owned(done.replace(Self::V242.schema(), self.schema()));
        }
        done
    }
}

impl fmt::Display for ApexVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// There is no such release in the sandbox.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the sandbox has APEX 23.1 and 24.2, and not {0}")]
pub struct UnknownVersion(String);

impl FromStr for ApexVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|version| version.number() == text);
        found.ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_those_of_a_release() {
        let text = "create apex_240200.x (a{24.2:, b}{23.1:, c}) -- {other}";
        assert_eq!(ApexVersion::V242.script(text), "create apex_240200.x (a, b) -- {other}");
        assert_eq!(ApexVersion::V231.script(text), "create apex_230100.x (a, c) -- {other}");
        assert_eq!("23.1".parse::<ApexVersion>().unwrap(), ApexVersion::V231);
        assert!("22.2".parse::<ApexVersion>().is_err());
    }
}
