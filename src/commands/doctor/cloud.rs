//! The way to the cloud: who signs, which hosts answer, whether the clocks agree, whether the signature is taken.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::super::exit::Failure;
use super::super::lease;
use super::super::surroundings::Surroundings;
use super::findings::Findings;
use crate::lease::Seen;
use crate::model::{NoSecrets, SecretSource, Service, clock};
use crate::oci::{CallContext, Credentials, Oci, OciOptions, object_storage};

/// The services that runs use, each with a check of its own: they have hosts of their own.
const SERVICES: &[(&str, Service)] = &[
    ("database service", Service::Database),
    ("work requests", Service::WorkRequests),
    ("object storage", Service::ObjectStorage),
    ("secrets", Service::Secrets),
    ("vaults", Service::Vaults),
];

/// From this difference on it is worth mending; the service refuses signatures at five minutes.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// A token that ends sooner than this will end inside a refresh, unless it can be renewed.
const SHORT: SignedDuration = SignedDuration::from_mins(10);

/// The cloud, once it is known that it answers and takes the signature.
pub(super) struct Reached {
    pub(super) oci: Oci,
    pub(super) secrets: Arc<dyn SecretSource>,
}

/// Looks at the way to the cloud.
pub(super) async fn cloud(findings: &mut Findings, around: &Surroundings) -> Option<Reached> {
    findings.begin("Cloud");
    let options = match around.cloud_options().await {
        Ok(options) => options,
        Err(failure) => {
            findings.error("credentials", failure);
            findings.unchecked(&["reachability", "clock", "signature"], "there are no credentials");
            return None;
        }
    };
    let known = credentials(findings, &options);
    if !known {
        findings.unchecked(&["reachability", "clock", "signature"], "the credentials cannot be used");
        return None;
    }
    let (oci, secrets) = match around.cloud().await {
        Ok(both) => both,
        Err(failure) => {
            findings.error("client", failure);
            return None;
        }
    };
    if !reachable(findings, &oci).await {
        findings.unchecked(&["signature"], "a host of the cloud does not answer");
        return None;
    }
    if !accepted(findings, &oci).await {
        return None;
    }
    bucket(findings, around, &oci).await;
    Some(Reached { oci, secrets })
}

fn credentials(findings: &mut Findings, options: &OciOptions) -> bool {
    let found = match Credentials::read(options) {
        Ok(found) => found,
        Err(error) => {
            findings.error("credentials", error);
            return false;
        }
    };
    let fingerprint = found.fingerprint.map(|f| format!(", fingerprint {f}")).unwrap_or_default();
    match &found.key_file {
        None => findings.passed("credentials", format!("{}{fingerprint}", found.kind)),
        Some(file) => {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs_err::metadata(file).map_or(0, |data| data.permissions().mode() & 0o777);
            let private = mode.trailing_zeros() >= 6;
            let text = format!("{} of {file}, mode {mode:03o}{fingerprint}", found.kind);
            if private {
                findings.passed("credentials", text);
            } else {
                findings.failed("credentials", text, format!("others can read the key: chmod 600 {file}"));
            }
        }
    }
    match found.token_ends {
        Some(ends) => token(findings, ends, clock::now()),
        None => true,
    }
}

/// Says when the token ends. Gives whether it can still be used.
fn token(findings: &mut Findings, ends: Timestamp, now: Timestamp) -> bool {
    let left = ends.duration_since(now);
    let at = ends.strftime("%Y-%m-%d %H:%M:%SZ");
    if left.is_negative() {
        findings.failed("token", format!("it ended at {at}"), "make a new one: oci session authenticate");
        return false;
    }
    let text = format!("it ends at {at}, in {}", clock::spoken(left.unsigned_abs()));
    if left < SHORT {
        findings.note(
            "token",
            text,
            Some("adbctl renews it while it lives; to be safe, renew it now".into()),
        );
    } else {
        findings.passed("token", text);
    }
    true
}

/// Asks every service's host and compares clocks. Gives whether all answered.
async fn reachable(findings: &mut Findings, oci: &Oci) -> bool {
    let mut all = true;
    let mut ahead = None;
    for (check, service) in SERVICES {
        match oci.reach(*service).await {
            Ok(reach) => {
                findings.passed(check, format!("{} answers", reach.origin));
                ahead = ahead.or(reach.ahead);
            }
            Err(error) => {
                findings.error(check, error);
                findings.unreachable();
                all = false;
            }
        }
    }
    match ahead {
        Some(ahead) => skew(findings, ahead),
        None if all => findings.note("clock", "no answer had a date, so the clocks cannot be compared", None),
        None => findings.unchecked(&["clock"], "no service answered"),
    }
    all
}

fn skew(findings: &mut Findings, ahead: SignedDuration) {
    let size = clock::spoken(ahead.unsigned_abs());
    if ahead.abs() < SKEW {
        findings.passed("clock", format!("within {size} of the service's"));
        return;
    }
    let way = if ahead.is_positive() { "behind" } else { "ahead of" };
    findings.failed(
        "clock",
        format!("this machine's clock is {size} {way} the service's"),
        "set it (chrony or another NTP client): signatures older or newer than five minutes are refused",
    );
}

/// Sends one signed request that everybody may send.
async fn accepted(findings: &mut Findings, oci: &Oci) -> bool {
    match oci.send(&object_storage::namespace(), &CallContext::default(), &NoSecrets).await {
        Ok(reply) => {
            let namespace = reply.value.as_str().unwrap_or_default().to_owned();
            findings.passed("signature", format!("the service takes it; namespace {namespace}"));
            true
        }
        Err(error) => {
            findings.error("signature", error);
            false
        }
    }
}

/// The bucket of leases, where one is configured: that it is there, can be listed, and its leases read. Whether leases
/// can be stored shows only when one is.
async fn bucket(findings: &mut Findings, around: &Surroundings, oci: &Oci) {
    match leases(around, oci).await {
        Ok(None) => {}
        Ok(Some((name, leases))) => {
            findings.passed("state bucket", format!("{name} is there and can be read"));
            for (target, seen) in leases {
                let found = format!("{target} is leased by {}; it {}", lease::whose(&seen), seen.until());
                let remedy = format!(
                    "wait for that run; if it is dead: adbctl{} lock release {target}",
                    around.repeat
                );
                findings.note("leases", found, Some(remedy));
            }
        }
        Err(failure) => findings.error("state bucket", failure),
    }
}

async fn leases(around: &Surroundings, oci: &Oci) -> Result<Option<(String, Vec<(String, Seen)>)>, Failure> {
    let Some(bucket) = lease::bucket(oci, around).await? else { return Ok(None) };
    bucket.there().await?;
    Ok(Some((bucket.name(), lease::listed(&bucket).await?)))
}

#[cfg(test)]
mod tests {
    use super::super::super::exit::Exit;
    use super::*;

    #[test]
    fn clocks() {
        fn check(seconds: i64, exit: Exit, text: &str) {
            let mut findings = Findings::default();
            skew(&mut findings, SignedDuration::from_secs(seconds));
            assert_eq!(findings.exit(), exit, "{seconds}");
            assert!(findings.text(crate::report::Style::default()).contains(text), "{seconds}");
        }
        check(-1, Exit::Done, "within 1 s");
        check(59, Exit::Done, "within 59 s");
        check(90, Exit::CheckFailed, "1 min 30 s behind the service's");
        check(-3700, Exit::CheckFailed, "1 h 1 min ahead of the service's");
    }

    #[test]
    fn tokens() {
        fn check(left: i64, usable: bool, exit: Exit, text: &str) {
            let now: Timestamp = "2026-05-19T21:10:00Z".parse().unwrap();
            let mut findings = Findings::default();
            assert_eq!(token(&mut findings, now + SignedDuration::from_secs(left), now), usable);
            assert_eq!(findings.exit(), exit, "{left}");
            assert!(findings.text(crate::report::Style::default()).contains(text), "{left}");
        }
        check(3600, true, Exit::Done, "✓ token  it ends at 2026-05-19 22:10:00Z, in 1 h 0 min");
        check(60, true, Exit::Done, "– token");
        check(-1, false, Exit::CheckFailed, "oci session authenticate");
    }
}
