//! When a call is repeated, and after how long.
//!
//! | what happened | repeated |
//! |---|---|
//! | no connection was made | every call, a few times; not where the certificate is wrong |
//! | the answer was lost | calls that may be repeated |
//! | 429; 503 | every call: the service did not take it up; after a 503 no statement, as it may have been begun |
//! | 500, 502, 504 and other 5xx but 501 | calls that may be repeated |
//! | 409 `IncorrectState`, `LockConflict`, `ExternalServerIncorrectState`, `ConcurrentObjectUpdate` | every call, a few times: it was refused |
//! | 401 | once, after the token was renewed |
//! | anything else | never |
//!
//! A call may be repeated if it reads, carries a retry token that the service knows, is held by `if-match` or
//! `if-none-match`, or stores an object whole.

use std::time::Duration;

use super::error::{Fault, Sending};
use crate::model::act::Method;
use crate::model::{RestCall, Service};

/// How often and how long calls are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// Attempts in all where a state or a lock was in the way, or nobody was there.
    pub few_attempts: u32,
    /// No attempt starts later than this after the first.
    pub total: Duration,
    /// The longest pause.
    pub cap: Duration,
    /// The pause before the second attempt; each further one is twice as long. A random part of it is added.
    pub unit: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 8,
            few_attempts: 5,
            total: Duration::from_mins(10),
            cap: Duration::from_secs(30),
            unit: Duration::from_secs(1),
        }
    }
}

impl RetryPolicy {
    /// No repeats at all.
    pub fn never() -> Self {
        Self { attempts: 1, few_attempts: 1, ..Self::default() }
    }
}

/// Whether sending the call twice is harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeatable {
    /// Doing it twice is the same as doing it once, or the second is refused.
    Yes,
    /// A second one may do it again.
    No,
    /// It runs a statement: even a service that says it is unavailable may have begun it.
    Statement,
}

/// Whether the call may be sent again after its answer was lost. `token` says whether a retry token goes with it.
pub fn repeatable(call: &RestCall, token: bool) -> Repeatable {
    if call.service == Service::DatabaseToolsRuntime && call.method == Method::Post {
        return Repeatable::Statement;
    }
    let held = call.headers.iter().any(|(name, value)| {
        !value.is_null()
            && (name.eq_ignore_ascii_case("if-match") || name.eq_ignore_ascii_case("if-none-match"))
    });
    if matches!(call.method, Method::Get | Method::Head)
        || token
        || held
        || super::request::stores_object(call)
    {
        Repeatable::Yes
    } else {
        Repeatable::No
    }
}

const PASSING_CONFLICTS: [&str; 4] =
    ["IncorrectState", "LockConflict", "ExternalServerIncorrectState", "ConcurrentObjectUpdate"];

/// The pause before the next attempt, or nothing if there shall be none. `attempt` counts from 1, `spent` is the time
/// since the first, `chance` is random between 0 and 1.
pub fn pause(
    fault: &Fault,
    repeatable: Repeatable,
    policy: &RetryPolicy,
    attempt: u32,
    spent: Duration,
    chance: f64,
) -> Option<Duration> {
    let attempts = allowed(fault, repeatable, policy)?;
    if attempt >= attempts {
        return None;
    }
    let doubled = policy.unit.saturating_mul(1_u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
    let own = (doubled + policy.unit.mul_f64(chance.clamp(0.0, 1.0))).min(policy.cap);
    let asked = fault.retry_after.map_or(Duration::ZERO, Duration::from_secs);
    let pause = own.max(asked);
    (spent + pause <= policy.total).then_some(pause)
}

fn allowed(fault: &Fault, repeatable: Repeatable, policy: &RetryPolicy) -> Option<u32> {
    let safe = repeatable == Repeatable::Yes;
    let yes = match (fault.sending, fault.status) {
        (Sending::NotSent, _) => return fault.category.passes().then_some(policy.few_attempts),
        (Sending::Answered, Some(503)) if repeatable == Repeatable::Statement => false,
        (Sending::Answered, Some(429 | 503)) => true,
        (Sending::Answered, Some(409)) => {
            let passing = fault.code.as_deref().is_some_and(|code| PASSING_CONFLICTS.contains(&code));
            return passing.then_some(policy.few_attempts);
        }
        (Sending::Lost, _) => safe && fault.category.passes(),
        (Sending::Answered, Some(status)) => safe && status >= 500 && status != 501,
        (Sending::Answered, None) | (Sending::Local, _) => false,
    };
    yes.then_some(policy.attempts)
}

/// A random number from 0 to 1.
pub fn chance() -> f64 {
    let mut bytes = [0_u8; 4];
    // Without randomness the pauses are merely all alike.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        return 0.5;
    }
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Category;
    use crate::model::act::Body;
    use serde_json::json;

    fn fault(sending: Sending, status: Option<u16>, code: Option<&str>) -> Fault {
        let error = super::super::OciError::local("x");
        let mut fault = (*error).clone();
        fault.sending = sending;
        fault.status = status;
        fault.code = code.map(str::to_owned);
        fault.category = status.map_or(Category::Transient, |s| super::super::error::category(s, code));
        fault
    }

    #[test]
    fn the_table() {
        fn check(sending: Sending, status: Option<u16>, code: Option<&str>, safe: bool, not_safe: bool) {
            let fault = fault(sending, status, code);
            let ask = |r| pause(&fault, r, &RetryPolicy::default(), 1, Duration::ZERO, 0.0).is_some();
            assert_eq!(
                (ask(Repeatable::Yes), ask(Repeatable::No)),
                (safe, not_safe),
                "{sending:?} {status:?} {code:?}"
            );
        }
        use Sending::{Answered, Local, Lost, NotSent};
        check(NotSent, None, None, true, true);
        check(Lost, None, None, true, false);
        check(Local, None, None, false, false);
        check(Answered, Some(400), Some("InvalidParameter"), false, false);
        check(Answered, Some(401), Some("NotAuthenticated"), false, false);
        check(Answered, Some(404), Some("NotFound"), false, false);
        check(Answered, Some(409), Some("IncorrectState"), true, true);
        check(Answered, Some(409), Some("LockConflict"), true, true);
        check(Answered, Some(409), Some("InvalidatedRetryToken"), false, false);
        check(Answered, Some(409), Some("Conflict"), false, false);
        check(Answered, Some(412), Some("NoEtagMatch"), false, false);
        check(Answered, Some(429), Some("TooManyRequests"), true, true);
        check(Answered, Some(500), Some("InternalServerError"), true, false);
        check(Answered, Some(501), None, false, false);
        check(Answered, Some(502), None, true, false);
        check(Answered, Some(503), Some("ServiceUnavailable"), true, true);
        check(Answered, Some(504), None, true, false);
    }

    #[test]
    fn statements_are_repeated_only_where_they_were_not_begun() {
        fn check(sending: Sending, status: Option<u16>, wanted: bool) {
            let fault = fault(sending, status, None);
            let next = pause(&fault, Repeatable::Statement, &RetryPolicy::default(), 1, Duration::ZERO, 0.0);
            assert_eq!(next.is_some(), wanted, "{sending:?} {status:?}");
        }
        check(Sending::NotSent, None, true);
        check(Sending::Answered, Some(429), true);
        check(Sending::Answered, Some(503), false);
        check(Sending::Answered, Some(500), false);
        check(Sending::Lost, None, false);
    }

    #[test]
    fn pauses_grow_to_the_cap_and_end() {
        let fault = fault(Sending::Answered, Some(503), None);
        let policy = RetryPolicy::default();
        let seconds: Vec<_> = (1..=8)
            .map(|n| pause(&fault, Repeatable::Yes, &policy, n, Duration::ZERO, 0.5).map(|d| d.as_secs_f64()))
            .collect();
        let wanted = [Some(1.5), Some(2.5), Some(4.5), Some(8.5), Some(16.5), Some(30.0), Some(30.0), None];
        assert_eq!(seconds, wanted);
        assert_eq!(pause(&fault, Repeatable::Yes, &policy, 1, Duration::from_mins(10), 0.0), None);
    }

    #[test]
    fn retry_after_is_honoured_and_can_be_too_long() {
        let mut fault = fault(Sending::Answered, Some(429), None);
        fault.retry_after = Some(45);
        let policy = RetryPolicy::default();
        assert_eq!(
            pause(&fault, Repeatable::No, &policy, 1, Duration::ZERO, 0.0),
            Some(Duration::from_secs(45))
        );
        fault.retry_after = Some(3600);
        assert_eq!(pause(&fault, Repeatable::No, &policy, 1, Duration::ZERO, 0.0), None);
    }

    #[test]
    fn what_may_be_repeated() {
        fn check(call: &RestCall, token: bool, wanted: Repeatable) {
            assert_eq!(repeatable(call, token), wanted, "{call:?}");
        }
        let post = RestCall::new(Service::Database, Method::Post, vec![json!("autonomousDatabases")]);
        check(&post, false, Repeatable::No);
        check(&post, true, Repeatable::Yes);
        check(&post.clone().header("if-match", "e"), false, Repeatable::Yes);
        check(&post.clone().header("if-match", serde_json::Value::Null), false, Repeatable::No);
        let sql = RestCall::new(Service::DatabaseToolsRuntime, Method::Post, vec![json!("x")]);
        check(&sql.header("if-match", "e"), true, Repeatable::Statement);
        check(&RestCall::new(Service::Database, Method::Get, vec![]), false, Repeatable::Yes);
        check(&RestCall::new(Service::Database, Method::Delete, vec![]), false, Repeatable::No);
        let mut put = RestCall::new(
            Service::ObjectStorage,
            Method::Put,
            ["n", "N", "b", "B", "o", "O"].map(|s| json!(s)).to_vec(),
        );
        put.body = Body::Bytes { content_type: "text/plain".into() };
        check(&put, false, Repeatable::Yes);
        put.path[4] = json!("l");
        check(&put, false, Repeatable::No);
    }
}
