//! `plan --validate`: the service's own opinion, and nothing changed.

use serde_json::Value;

use crate::orders::{flat, plain};
use crate::support::{Ended, Rehearsal};

fn validate(rehearsal: &Rehearsal, words: &[&str]) -> Ended {
    rehearsal.on_sandbox(&[&["plan"], words, &["--validate"]].concat())
}

/// The lines about the steps, each with its line breaks.
fn opinions(ended: &Ended) -> Vec<String> {
    let (_, text) = ended.stdout.split_once("Validated by the service").unwrap();
    text.lines().filter(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
}

#[track_caller]
fn has(opinions: &[String], start: &str, part: &str) {
    let found = opinions.iter().any(|line| line.starts_with(start) && line.contains(part));
    assert!(found, "{start:?} with {part:?} is not among {opinions:#?}");
}

/// The requests that were dry runs or changed something, by method.
fn dry_runs(rehearsal: &Rehearsal) -> Vec<Value> {
    rehearsal.audit().into_iter().filter(|line| line["method"] == "POST" || line["method"] == "PUT").collect()
}

#[test]
fn a_refresh_is_validated_and_nothing_changes() {
    let rehearsal = Rehearsal::new();
    let before = rehearsal.show("dev");
    let ended = validate(&rehearsal, &plain(&["refresh", "prod", "dev"])).expect(0);
    let found = opinions(&ended);
    has(&found, "✓ clone:", ": ok");
    has(&found, "✓ rename_old:", ": ok");
    has(&found, "✓ release_address:", ": ok");
    has(&found, "– rename_new:", "not validated: needs {{ steps.clone.ocid }}");
    assert!(ended.stdout.contains("0 refused"), "{}", ended.stdout);
    let sent = dry_runs(&rehearsal);
    assert!(sent.len() >= 3, "{sent:#?}");
    assert!(rehearsal.audit().iter().all(|line| line["effect"] == "read"), "{sent:#?}");
    assert_eq!(rehearsal.show("dev"), before);
}

#[test]
fn what_the_service_would_refuse_is_named_and_not_sealed() {
    let rehearsal = Rehearsal::new();
    let mut words = plain(&["refresh", "prod", "dev", "-o", "plan.json"]);
    words.extend(["--set", "parking_ip=203.0.113.9"]);
    let ended = validate(&rehearsal, &words).expect(4);
    let found = opinions(&ended);
    has(&found, "✗ release_address:", "203.0.113.9 is not an address of the subnet");
    has(&found, "✓ clone:", ": ok");
    assert!(flat(&ended.stderr).contains("the service would refuse this plan"), "{}", ended.stderr);
    assert!(!rehearsal.home().join("plan.json").exists());
    assert!(rehearsal.audit().iter().all(|line| line["effect"] == "read"));
}

#[test]
fn what_cannot_be_judged_before_its_time_is_no_refusal() {
    let rehearsal = Rehearsal::new();
    let mut words = plain(&["refresh", "prod", "dev", "--set", "order=replace"]);
    words.extend(["--set", "confirm_terminate=dev"]);
    let ended = validate(&rehearsal, &words).expect(0);
    let found = opinions(&ended);
    has(&found, "– terminate_first:", "never sent before its time");
    has(&found, "– clone:", "step terminate_first must be done first");
    // It runs already, so a start is not needed.
    let ended = validate(&rehearsal, &["start", "dev"]).expect(0);
    has(&opinions(&ended), "– start:", "it may not be needed");
    let ended = validate(&rehearsal, &["stop", "dev"]).expect(0);
    has(&opinions(&ended), "✓ stop:", ": ok");
    assert_eq!(rehearsal.show("dev")["lifecycleState"], "AVAILABLE");
}
