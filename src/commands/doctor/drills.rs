//! The last restore drill of a database, from its record in the bucket for dumps.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::surroundings::Surroundings;
use super::cloud::Reached;
use super::findings::Findings;
use crate::model::names::segment;
use crate::model::{NoSecrets, clock};
use crate::oci::{CallContext, Oci, OciError, object_storage};
use crate::settings::Role;

/// What the line is called.
const CHECK: &str = "last drill";

/// Says when a restore of this database was drilled last, of which dump, how it ended and how long it took. A database that is
/// not of role production, and was never drilled, is passed over.
pub(super) async fn last(
    findings: &mut Findings,
    around: &Surroundings,
    reached: Option<&Reached>,
    name: &str,
) {
    let settings = &around.settings;
    let (Some(bucket), Some(reached)) = (&settings.storage.bucket, reached) else { return };
    let namespace = object_storage::namespace_or_own(&reached.oci, settings.storage.namespace()).await;
    let found = match namespace {
        Ok(namespace) => newest(&reached.oci, &namespace, &bucket.value, name).await,
        Err(error) => Err(error),
    };
    let remedy = format!("adbctl{} drill {name} --dump PREFIX", around.repeat);
    let production = settings.database(name).is_ok_and(|of| of.role.value == Role::Production);
    match found {
        Ok(Some((object, record))) => say(findings, &object, &record, &remedy),
        Ok(None) if production => {
            findings.note(CHECK, "no restore of it was ever drilled", Some(remedy));
        }
        // A bucket that is not there yet has no records; the lists that need it say so.
        Ok(None) => {}
        Err(error) if error.status == Some(404) => {}
        Err(error) => findings.error(CHECK, error),
    }
}

/// The newest record: its object's name and what it says.
async fn newest(
    oci: &Oci,
    namespace: &str,
    bucket: &str,
    name: &str,
) -> Result<Option<(String, Value)>, OciError> {
    let mut objects: Vec<String> = Vec::new();
    for retention in ["permanent", "temp"] {
        let prefix = format!("{retention}/{}/drills/", segment(name));
        let call = object_storage::list_objects(json!(namespace), json!(bucket), json!(prefix));
        let listed = oci.list(&call, &CallContext::default(), &NoSecrets).await?;
        let here = listed.value["objects"].as_array().into_iter().flatten();
        let here = here.filter(|object| object["archivalState"] != "Archived");
        objects.extend(here.filter_map(|object| object["name"].as_str().map(str::to_owned)));
    }
    // The time stands last but one in the name, and sorts as it should.
    let Some(object) = objects.into_iter().max_by_key(|name| name.rsplit('/').nth(1).map(str::to_owned))
    else {
        return Ok(None);
    };
    let call = object_storage::get_object(json!(namespace), json!(bucket), json!(object), Value::Null);
    let reply = oci.send(&call, &CallContext::default(), &NoSecrets).await?;
    let record = serde_json::from_slice(reply.bytes.as_deref().unwrap_or_default()).unwrap_or_default();
    Ok(Some((object, record)))
}

fn say(findings: &mut Findings, object: &str, record: &Value, remedy: &str) {
    let text = |name: &str| record[name].as_str().unwrap_or("unknown");
    let age = record["finished"].as_str().and_then(|at| at.parse::<Timestamp>().ok()).map(|at| {
        let age = clock::spoken(clock::now().duration_since(at).unsigned_abs());
        format!("{}, {age} ago", at.strftime("%Y-%m-%d %H:%M:%SZ"))
    });
    let took = std::time::Duration::from_secs_f64(record["seconds"].as_f64().unwrap_or_default().max(0.0));
    let found = format!(
        "{}: {} of {} in {}; {object}",
        age.as_deref().unwrap_or("at an unknown time"),
        text("outcome"),
        text("dump"),
        clock::spoken(took)
    );
    match record["failed"].as_str() {
        None if text("outcome") == "succeeded" => findings.passed(CHECK, found),
        None => findings.failed(CHECK, found, format!("mend what its checklist names, then {remedy}")),
        Some(step) => {
            let found = format!("{found}; step {step}: {}", text("error"));
            findings.failed(CHECK, found, format!("mend it, then {remedy}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::exit::Exit;
    use super::*;
    use crate::report::Style;

    #[test]
    fn records_in_words() {
        fn check(change: &Value, exit: Exit, wanted: &str) {
            let mut record = json!({ "kind": "drill", "finished": "2026-05-01T10:00:00Z", "seconds": 75.2, "dump": "p/",
                "outcome": "succeeded", "failed": null, "error": null });
            for (name, value) in change.as_object().unwrap() {
                record[name] = value.clone();
            }
            let mut findings = Findings::default();
            say(&mut findings, "o/manifest.json", &record, "drill");
            assert_eq!(findings.exit(), exit, "{record}");
            let text = findings.text(Style::default());
            assert!(text.contains(wanted), "{text}");
        }
        check(&json!({}), Exit::Done, "succeeded of p/ in 1 min 15 s");
        check(&json!({ "outcome": "check-failed" }), Exit::CheckFailed, "check-failed of p/");
        check(
            &json!({ "outcome": "failed", "failed": "import", "error": "ORA-1" }),
            Exit::CheckFailed,
            "step import: ORA-1",
        );
        check(&json!({ "finished": "soon" }), Exit::Done, "at an unknown time");
    }
}
