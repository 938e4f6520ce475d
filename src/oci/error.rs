//! What can go wrong with a call, as one type that says where, what and what to do next.

use std::ops::Deref;

use jiff::Timestamp;

use crate::model::{ActionError, Category, Service};

/// How far a failed request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It was never begun: settings, keys, a mistake in the call.
    Local,
    /// No connection was made, so the far side has certainly not seen it.
    NotSent,
    /// It may have arrived; the answer did not.
    Lost,
    /// The far side answered.
    Answered,
}

/// The failure of a call.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub struct OciError(Box<Fault>);

/// All that is known about a failure.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The kind, which decides about repeats.
    pub category: Category,
    /// How far the request came.
    pub sending: Sending,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The service's own code, such as `IncorrectState`.
    pub code: Option<String>,
    /// What happened and where, one sentence.
    pub message: String,
    /// The service's `opc-request-id`, or the one adbctl sent where a gateway answered without.
    pub request_id: Option<String>,
    /// The service.
    pub service: Option<Service>,
    /// Method and path; empty for calls marked sensitive and for failures without a request.
    pub request: String,
    /// How long the service asks to wait, in seconds.
    pub retry_after: Option<u64>,
    /// How often the request was sent. After more than one a refusal can be the echo of an earlier success.
    pub attempts: u32,
    /// The causes underneath, outermost first.
    pub causes: Vec<String>,
    /// What to do next.
    pub advice: Option<String>,
}

impl Deref for OciError {
    type Target = Fault;

    fn deref(&self) -> &Fault {
        &self.0
    }
}

impl From<Fault> for OciError {
    fn from(fault: Fault) -> Self {
        Self(Box::new(fault))
    }
}

impl OciError {
    fn new(category: Category, sending: Sending, message: String) -> Self {
        Self(Box::new(Fault {
            category,
            sending,
            status: None,
            code: None,
            message,
            request_id: None,
            service: None,
            request: String::new(),
            retry_after: None,
            attempts: 0,
            causes: Vec::new(),
            advice: None,
        }))
    }

    /// Settings, keys or files are wrong.
    pub fn local(message: impl Into<String>) -> Self {
        Self::new(Category::Invalid, Sending::Local, message.into())
    }

    /// The caller is not, or no longer, who it says.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(Category::Denied, Sending::Local, message.into())
    }

    /// A broken promise of adbctl's own.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Category::Bug, Sending::Local, message.into())
            .advise("this is a fault of adbctl: please report it with this message")
    }

    /// Broken off on request.
    pub fn cancelled(request: &str) -> Self {
        Self::new(Category::Cancelled, Sending::Lost, format!("{request} was broken off on request"))
    }

    /// The far side was not reached, or its answer was not.
    pub fn unreachable(sending: Sending, request: &str, cause: &dyn std::error::Error) -> Self {
        let what = if sending == Sending::NotSent { "could not be sent" } else { "got no whole answer" };
        let mut error = Self::new(Category::Transient, sending, format!("{request} {what}: {cause}"));
        let mut below = cause.source();
        while let Some(next) = below {
            error.0.causes.push(next.to_string());
            below = next.source();
        }
        error
    }

    /// The body of an answer ended before its promised length.
    pub fn cut_short(request: &str, got: u64, wanted: u64) -> Self {
        let message = format!("the answer to {request} ended after {got} of {wanted} bytes");
        Self::new(Category::Transient, Sending::Lost, message)
            .advise("if it stays, check the network between here and the service")
    }

    /// With what to do next.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    /// With one more cause underneath.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.0.causes.push(cause.to_string());
        self
    }

    /// With the service and the request it belongs to.
    #[must_use]
    pub fn at(mut self, service: Service, request: &str) -> Self {
        self.0.service = Some(service);
        request.clone_into(&mut self.0.request);
        self
    }

    /// With the number of attempts made.
    #[must_use]
    pub fn after(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// With another kind.
    #[must_use]
    pub fn category(mut self, category: Category) -> Self {
        self.0.category = category;
        self
    }
}

impl From<OciError> for ActionError {
    fn from(error: OciError) -> Self {
        let fault = *error.0;
        let mut message = fault.message;
        if fault.attempts > 1 {
            message = format!("{message} (after {} attempts)", fault.attempts);
        }
        Self {
            category: fault.category,
            code: fault.code,
            request_id: fault.request_id,
            message,
            causes: fault.causes,
            advice: fault.advice,
        }
    }
}

impl From<ActionError> for OciError {
    fn from(error: ActionError) -> Self {
        let mut own = Self::new(error.category, Sending::Local, error.message);
        own.0.code = error.code;
        own.0.request_id = error.request_id;
        own.0.causes = error.causes;
        own.0.advice = error.advice;
        own
    }
}

/// An answer that is no success, before it is understood.
#[derive(Debug)]
pub struct Refusal<'a> {
    /// The service.
    pub service: Service,
    /// Method and path, for the message.
    pub request: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
    /// The `opc-request-id` of the answer, else the one that was sent.
    pub request_id: Option<String>,
    /// The answer's `Date`.
    pub date: Option<Timestamp>,
    /// The local time when the answer came.
    pub now: Timestamp,
    /// The answer's `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
}

impl From<Refusal<'_>> for OciError {
    fn from(refusal: Refusal<'_>) -> Self {
        let (code, text) = read_body(refusal.body);
        let category = category(refusal.status, code.as_deref());
        let advice = advice(&refusal, code.as_deref());
        let label = code.as_ref().map_or_else(String::new, |code| format!(" {code}"));
        let text = if text.is_empty() { String::new() } else { format!(": {text}") };
        Fault {
            category,
            sending: Sending::Answered,
            status: Some(refusal.status),
            message: format!(
                "the {} answered {}{label} to {}{text}",
                refusal.service.title(),
                refusal.status,
                refusal.request
            ),
            code,
            request_id: refusal.request_id,
            service: Some(refusal.service),
            request: refusal.request.to_owned(),
            retry_after: refusal.retry_after,
            attempts: 1,
            causes: Vec::new(),
            advice,
        }
        .into()
    }
}

/// Code and message of an error body. A gateway's HTML gives its text and no code.
fn read_body(body: &[u8]) -> (Option<String>, String) {
    let text = String::from_utf8_lossy(body);
    if let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) {
        let member = |name: &str| json.get(name).and_then(|v| v.as_str()).map(str::to_owned);
        if let Some(message) = member("message").or_else(|| member("title")) {
            return (member("code"), message);
        }
        if let Some(code) = member("code") {
            return (Some(code), String::new());
        }
    }
    let mut plain = String::new();
    let mut inside_tag = false;
    for c in text.chars() {
        match c {
            '<' => inside_tag = true,
            '>' => {
                inside_tag = false;
                plain.push(' ');
            }
            _ if inside_tag => {}
            c => plain.push(c),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    (None, words.join(" ").chars().take(300).collect())
}

/// The kind of failure an answer means (section 6 of the service's error table).
pub fn category(status: u16, code: Option<&str>) -> Category {
    match (status, code) {
        (_, Some("InsufficientServicePermissions")) | (401 | 403, _) => Category::Denied,
        (_, Some("RelatedResourceNotAuthorizedOrNotFound")) | (404, _) => Category::NotFound,
        (409 | 412, _) => Category::Conflict,
        (429, _) => Category::Throttled,
        (501, _) => Category::Invalid,
        (500.., _) => Category::Transient,
        _ => Category::Invalid,
    }
}

/// Clocks further apart than this are refused by the service.
const SKEW_ALLOWED_SECONDS: i64 = 300;

fn advice(refusal: &Refusal<'_>, code: Option<&str>) -> Option<String> {
    if refusal.service == Service::Direct {
        return None;
    }
    if refusal.status == 401 {
        if let Some(date) = refusal.date {
            let ahead = refusal.now.as_second() - date.as_second();
            if ahead.abs() > SKEW_ALLOWED_SECONDS {
                let length =
                    crate::model::clock::spoken(std::time::Duration::from_secs(ahead.unsigned_abs()));
                let way = if ahead > 0 { "ahead of" } else { "behind" };
                return Some(format!(
                    "the clock of this machine is {length} {way} the service's; requests are refused beyond 5 min: set the clock"
                ));
            }
        }
        return Some(
            "check user, tenancy, fingerprint and key of the profile, that the public key is uploaded for that user, \
             and that a session token belongs to this region"
                .into(),
        );
    }
    let text = match (refusal.status, code.unwrap_or_default()) {
        (_, "LimitExceeded" | "QuotaExceeded") => {
            "a limit or quota of the tenancy or compartment is used up: ask for more, or free something (a refresh in the \
             order `replace` needs room for one database only)"
        }
        (_, "InsufficientServicePermissions") => {
            "the service itself carries this out, and needs a policy in the tenancy; for Object Storage: allow service \
             objectstorage-REGION to manage object-family in compartment NAME"
        }
        (_, "RelatedResourceNotAuthorizedOrNotFound") => {
            "something the request refers to (subnet, NSG, source, vault key) does not exist or may not be used; the \
             service does not say which of the two"
        }
        (404, "NotAuthorizedOrNotFound" | "NotFound") => {
            "it does not exist, or this user may not see it: the service answers both alike. Check the OCID, the region \
             and the policies"
        }
        (404, "LifecyclePolicyNotFound") => {
            "the bucket has no rules yet: store the first ones without if-match"
        }
        (404, "BucketNotFound" | "NamespaceNotFound") => {
            "check bucket and namespace names, and that the policies let this user see them"
        }
        (403, "SignUpRequired") => "the tenancy is not signed up for this service or region",
        (403, _) => "a policy does not allow this; ask the tenancy's administrator",
        (409, "IncorrectState") => {
            "the resource is in a state that does not allow this now; wait for its running change to end"
        }
        (409, "LockConflict") => "the resource is locked; remove the lock, or ask who set it",
        (409, "InvalidatedRetryToken") => {
            "the retry token was used for another request or is older than 24 hours; look for what the first request made \
             before starting anew"
        }
        (409, "NotAuthorizedOrResourceAlreadyExists" | "BucketAlreadyExists") => {
            "the name is taken, or this user may not use it"
        }
        (409, "NotRestored") => "the object is archived: restore it first, which takes up to an hour",
        (412, "IfNoneMatchFailed") => "there is one of that name already",
        (412, _) => "somebody else changed it in the meantime: read it again and look before repeating",
        (404, _) => "it does not exist, or this user may not see it: check names, region and policies",
        (413, _) => "the body is too large for one request",
        (429, _) => "the service is throttling this tenancy; try again later or with fewer calls at a time",
        (300..=399, _) => "redirects are not followed; check the endpoint",
        (501, _) => "this service does not know the call; check the endpoint",
        (500.., _) => "the fault is on the service's side; if it stays, report the request id to its support",
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &'static str, date: Option<&str>) -> OciError {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        Refusal {
            service: Service::Database,
            request: "GET /20160918/autonomousDatabases",
            status,
            body: body.as_bytes(),
            request_id: Some("ABC/DEF".into()),
            date: date.map(|d| d.parse().unwrap()),
            now,
            retry_after: None,
        }
        .into()
    }

    #[test]
    fn categories() {
        fn check(status: u16, code: Option<&str>, wanted: Category) {
            assert_eq!(category(status, code), wanted, "{status} {code:?}");
        }
        check(400, Some("InvalidParameter"), Category::Invalid);
        check(400, Some("LimitExceeded"), Category::Invalid);
        check(400, Some("RelatedResourceNotAuthorizedOrNotFound"), Category::NotFound);
        check(400, Some("InsufficientServicePermissions"), Category::Denied);
        check(401, Some("NotAuthenticated"), Category::Denied);
        check(403, None, Category::Denied);
        check(404, None, Category::NotFound);
        check(409, Some("IncorrectState"), Category::Conflict);
        check(412, Some("NoEtagMatch"), Category::Conflict);
        check(413, None, Category::Invalid);
        check(429, None, Category::Throttled);
        check(500, None, Category::Transient);
        check(501, None, Category::Invalid);
        check(503, None, Category::Transient);
        check(302, None, Category::Invalid);
    }

    #[test]
    fn messages_and_advice() {
        fn check(status: u16, body: &'static str, date: Option<&str>, message: &str, advice: &str) {
            let error = refusal(status, body, date);
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.advice.clone().unwrap_or_default().contains(advice), "{:?}", error.advice);
        }
        check(
            404,
            r#"{"code":"NotAuthorizedOrNotFound","message":"no"}"#,
            None,
            "404 NotAuthorizedOrNotFound to GET /20160918/autonomousDatabases: no",
            "may not see",
        );
        check(
            401,
            r#"{"code":"NotAuthenticated","message":"x"}"#,
            Some("2026-11-21T09:50:00Z"),
            "NotAuthenticated",
            "10 min 0 s ahead of",
        );
        check(
            401,
            r#"{"code":"NotAuthenticated","message":"x"}"#,
            Some("2026-11-21T10:20:00Z"),
            "NotAuthenticated",
            "20 min 0 s behind",
        );
        check(
            401,
            r#"{"code":"NotAuthenticated","message":"x"}"#,
            Some("2026-11-21T10:01:00Z"),
            "NotAuthenticated",
            "fingerprint",
        );
        check(400, r#"{"code":"LimitExceeded","message":"adb-ecpu-count"}"#, None, "adb-ecpu-count", "quota");
        check(
            502,
            "<html><head><title>502</title></head><body>Bad <b>Gateway</b></body></html>",
            None,
            ": 502 Bad Gateway",
            "service's side",
        );
        check(500, "", None, "answered 500 to GET", "service's side");
    }

    #[test]
    fn action_errors_keep_everything() {
        let error: ActionError =
            refusal(409, r#"{"code":"IncorrectState","message":"busy"}"#, None).after(5).into();
        assert_eq!(error.category, Category::Conflict);
        assert_eq!(error.code.as_deref(), Some("IncorrectState"));
        assert_eq!(error.request_id.as_deref(), Some("ABC/DEF"));
        assert!(error.message.ends_with("busy (after 5 attempts)"), "{}", error.message);
        assert!(error.advice.unwrap().contains("state"));
    }
}
