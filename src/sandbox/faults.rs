//! Failures on request: rules that match requests and say what goes wrong with them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::http::{Answer, Refusal};
use super::world::{Twist, World, random_word};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// The request is answered with this status and not carried out.
    Status {
        /// The HTTP status.
        status: u16,
        /// The service's code; without one the usual code of the status.
        #[serde(default)]
        code: Option<String>,
        /// The sentence.
        #[serde(default)]
        message: Option<String>,
        /// Seconds for a `retry-after` header.
        #[serde(default, rename = "retry-after")]
        retry_after: Option<u64>,
        /// Answer as a gateway does, in HTML.
        #[serde(default)]
        html: bool,
    },
    /// The connection is closed without an answer.
    Drop {
        /// The request is carried out first.
        #[serde(default)]
        after: bool,
    },
    /// The answer comes late, by this many seconds of real time.
    Slow {
        /// How late.
        seconds: f64,
    },
    /// The database that the request makes does not come to be: it ends TERMINATED, its work request FAILED.
    FailClone {
        /// The work request's code.
        #[serde(default)]
        code: Option<String>,
        /// The work request's sentence.
        #[serde(default)]
        message: Option<String>,
    },
    /// The work that the request begins ends badly.
    FailWork {
        /// The work request's code.
        #[serde(default)]
        code: Option<String>,
        /// The work request's sentence.
        #[serde(default)]
        message: Option<String>,
    },
    /// One bit of an object's bytes falls over on their way, in or out.
    Spoil {},
    /// The tokens given out so far expire.
    ExpireTokens {},
    /// A create is refused when the tenancy has this many databases.
    Quota {
        /// The limit.
        databases: usize,
    },
    /// The display name of a serverless database may be changed.
    AllowDisplayName {},
    /// The tenancy has no policy that allows Object Storage to act by itself: lifecycle, replication, copies.
    NoServicePolicy {},
    /// The server's clock is this many seconds ahead (negative: behind) for the request.
    Skew {
        /// The difference.
        seconds: i64,
    },
    /// The listener refuses a connection.
    Refuse {
        /// The listener's error; ORA-12506 when left out.
        #[serde(default)]
        error: Option<u32>,
    },
    /// Something for the database itself; the SQL surface asks for it by name.
    Engine {
        /// What: `kill-session`, `data-pump-error` and what else the SQL surface knows.
        name: String,
        /// More about it.
        #[serde(default)]
        detail: Value,
    },
}

/// A rule: which requests, from which one on, how often, and what happens to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// Its name; made up when left out.
    #[serde(default)]
    pub id: String,
    /// The method, or `*`.
    #[serde(default = "any")]
    pub method: String,
    /// The path, `*` standing for any characters.
    #[serde(default = "any")]
    pub path: String,
    /// This many matching requests pass first.
    #[serde(default)]
    pub after: u64,
    /// How many requests it applies to; all when left out.
    #[serde(default)]
    pub count: Option<u64>,
    /// What happens.
    pub action: Action,
}

impl Action {
    /// Whether an action can do anything to a request; a rule is not used up by one that it cannot touch.
    fn concerns(&self, method: &str, path: &str) -> bool {
        let creates = method == "POST" && path == "/20160918/autonomousDatabases";
        if matches!(method, "CONNECT" | "CALL") {
            return match self {
                Self::Drop { .. } | Self::Slow { .. } | Self::Engine { .. } => true,
                Self::Refuse { .. } => method == "CONNECT",
                _ => false,
            };
        }
        match self {
            Self::Refuse { .. } => false,
            Self::FailClone { .. } | Self::Quota { .. } => creates,
            Self::FailWork { .. } => {
                let works = ["/20160918/autonomousDatabase", "/20201005/databaseToolsConnections"];
                matches!(method, "POST" | "PUT" | "DELETE")
                    && works.iter().any(|begin| path.starts_with(begin))
                    && !path.ends_with("/actions/generateWallet")
            }
            Self::AllowDisplayName {} => {
                method == "PUT" && path.starts_with("/20160918/autonomousDatabases/")
            }
            Self::NoServicePolicy {} => {
                (method == "PUT" && path.ends_with("/l"))
                    || (method == "POST"
                        && (path.ends_with("/actions/copyObject") || path.contains("/replicationPolicies")))
            }
            Self::Spoil {} => {
                matches!(method, "PUT" | "GET")
                    && (path.starts_with("/n/") || path.starts_with("/p/"))
                    && (path.contains("/o/") || path.contains("/u/"))
            }
            Self::ExpireTokens {} | Self::Skew { .. } => !path.contains("/ords/"),
            _ => true,
        }
    }
}

fn any() -> String {
    "*".to_owned()
}

/// Whether a text matches a pattern in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, rest)) => {
            let Some(after) = text.strip_prefix(before) else { return false };
            rest.is_empty()
                || (0..=after.len())
                    .filter(|place| after.is_char_boundary(*place))
                    .any(|place| matches(rest, &after[place..]))
        }
    }
}

/// The actions of the rules that this request meets, each rule counted down.
pub(crate) fn take(world: &mut World, method: &str, path: &str) -> Vec<Action> {
    take_where(world, method, path, |action| !matches!(action, Action::Engine { .. }))
}

/// The faults for the database itself that a request to its SQL surface meets, by name and detail.
pub(crate) fn take_engine(world: &mut World, path: &str) -> Vec<(String, Value)> {
    take_where(world, "POST", path, |action| matches!(action, Action::Engine { .. }))
        .into_iter()
        .filter_map(|action| match action {
            Action::Engine { name, detail } => Some((name, detail)),
            _ => None,
        })
        .collect()
}

/// Everything that a connection or call of SQL*Net meets.
pub(crate) fn take_for_session(world: &mut World, method: &str, path: &str) -> Vec<Action> {
    take_where(world, method, path, |_| true)
}

fn take_where(world: &mut World, method: &str, path: &str, wanted: impl Fn(&Action) -> bool) -> Vec<Action> {
    let mut actions = Vec::new();
    for id in world.tables.rules.keys() {
        let Some(rule) = world.tables.rules.get(&id) else { continue };
        if !wanted(&rule.action)
            || !rule.action.concerns(method, path)
            || !(rule.method == "*" || rule.method.eq_ignore_ascii_case(method))
            || !matches(&rule.path, path)
        {
            continue;
        }
        let Some(rule) = world.tables.rules.change(&id) else { continue };
        if rule.after > 0 {
            rule.after -= 1;
            continue;
        }
        actions.push(rule.action.clone());
        match &mut rule.count {
            Some(0 | 1) => {
                world.tables.rules.remove(&id);
            }
            Some(left) => *left -= 1,
            None => {}
        }
    }
    actions
}

/// The answer of a status fault.
pub(crate) fn answer(action: &Action) -> Option<Answer> {
    let Action::Status { status, code, message, retry_after, html } = action else { return None };
    let answer = if *html {
        let body =
            format!("<html><head><title>{status}</title></head><body>The gateway gave up.</body></html>");
        Answer::bytes(*status, "text/html", body)
    } else {
        let usual = match status {
            400 => "InvalidParameter",
            401 => "NotAuthenticated",
            404 => "NotAuthorizedOrNotFound",
            409 => "IncorrectState",
            429 => "TooManyRequests",
            503 => "ServiceUnavailable",
            _ => "InternalServerError",
        };
        let code = code.as_deref().unwrap_or(usual);
        Refusal::new(
            *status,
            code,
            message.clone().unwrap_or_else(|| "a fault that was asked for".to_owned()),
        )
        .answer()
    };
    Some(match retry_after {
        Some(seconds) => answer.header("retry-after", seconds.to_string()),
        None => answer,
    })
}

/// What the actions mean for the request while it is carried out.
pub(crate) fn twist(actions: &[Action]) -> Twist {
    let mut twist = Twist::default();
    for action in actions {
        match action {
            Action::FailWork { code, message } | Action::FailClone { code, message } => {
                let code = code.clone().unwrap_or_else(|| "InternalError".to_owned());
                let message = message.clone().unwrap_or_else(|| {
                    "The work could not be completed. (A fault that was asked for.)".to_owned()
                });
                twist.fail_work = Some((code, message));
            }
            Action::Quota { databases } => twist.quota = Some(*databases),
            Action::NoServicePolicy {} => twist.no_service_policy = true,
            Action::AllowDisplayName {} => twist.allow_display_name = true,
            _ => {}
        }
    }
    twist
}

/// The control calls under `/sandbox/faults`, which need no signature and reach this machine only.
pub(crate) fn control(world: &mut World, method: &str, rest: &[&str], body: &[u8]) -> Answer {
    match (method, rest) {
        ("GET", []) => {
            let rules: Vec<&Rule> = world.tables.rules.values().collect();
            Answer::json(200, &json!(rules))
        }
        ("POST", []) => match serde_json::from_slice::<Rule>(body) {
            Ok(mut rule) => {
                if rule.id.is_empty() {
                    rule.id = format!("{:06}-{}", world.tables.rules.keys().len(), random_word(6));
                }
                let id = rule.id.clone();
                let answer = Answer::json(201, &json!(rule));
                world.tables.rules.insert(&id, rule);
                answer
            }
            Err(error) => Refusal::invalid(format!("this is not a fault: {error}")).answer(),
        },
        ("DELETE", []) => {
            for id in world.tables.rules.keys() {
                world.tables.rules.remove(&id);
            }
            Answer::empty(204)
        }
        ("DELETE", [id]) => match world.tables.rules.remove(id) {
            Some(_) => Answer::empty(204),
            None => Refusal::new(404, "NotFound", format!("there is no fault {id}")).answer(),
        },
        _ => Refusal::new(404, "NotFound", "faults take GET, POST and DELETE").answer(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        fn check(pattern: &str, text: &str, good: bool) {
            assert_eq!(matches(pattern, text), good, "{pattern} {text}");
        }
        check("*", "/a/b", true);
        check("/a/*", "/a/b", true);
        check("*/actions/start", "/a/b/actions/start", true);
        check("*/actions/start", "/a/b/actions/stop", false);
        check("/a", "/a/b", false);
        check("/*/b/*", "/a/b/c", true);
    }

    #[test]
    fn rules_as_people_write_them() {
        fn check(text: &str, good: bool) {
            assert_eq!(serde_json::from_str::<Rule>(text).is_ok(), good, "{text}");
        }
        check(
            r#"{"method":"POST","path":"/20160918/*","count":2,"action":{"status":{"status":429,"retry-after":1}}}"#,
            true,
        );
        check(r#"{"action":{"drop":{"after":true}}}"#, true);
        check(r#"{"action":{"drop":{}}}"#, true);
        check(r#"{"action":{"explode":{}}}"#, false);
        check(r#"{"action":{"slow":{"seconds":1.5}},"colour":"red"}"#, false);
    }
}
