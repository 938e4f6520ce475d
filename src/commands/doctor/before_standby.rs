//! Before a production database gets a standby: what has to be in place, and who has to know.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::exit::Failure;
use super::database::Patient;
use super::dumps::{Dumps, Wanted};
use super::findings::Findings;
use crate::model::{NoSecrets, clock};
use crate::oci::database::{self, Backup, Lifecycle, LifecycleKind};
use crate::oci::{CallContext, Oci};

/// The service backs up daily; a newest backup older than this means that it does not.
const OLDEST_BACKUP: SignedDuration = SignedDuration::from_hours(48);

/// Goes through the list.
pub(super) async fn list(
    findings: &mut Findings,
    repeat: &str,
    name: &str,
    patient: Option<&Patient<'_>>,
    dumps: &Dumps,
) {
    findings.begin(format!("Before a standby of {name}"));
    let record = patient.map(|patient| &patient.located.record);
    limits(findings, record);
    findings.person(
        "quiet window",
        "is there an hour in which a surprise would cost least?",
        "pick one; the service promises no downtime while it makes the standby",
    );
    match patient {
        Some(patient) => {
            let backups = backups(patient.oci, patient.located.ocid()).await;
            backup(findings, backups, clock::now());
        }
        None => findings.unchecked(&["backup"], "the database was not found"),
    }
    dumps.newest(
        findings,
        "dump",
        "full export",
        &Wanted { kind: "export", mode: Some("full"), name, record, ..Wanted::default() },
        &format!("so that one copy does not depend on the service: adbctl{repeat} export {name} --full --retention permanent"),
    );
    match record {
        Some(record) => state(findings, record),
        None => findings.unchecked(&["state"], "the database was not found"),
    }
    findings.person(
        "team",
        format_args!("does everybody know that {name} cannot be administered meanwhile?"),
        "stop, restart, restore and move are refused while the state is UPDATING; say so before, and when it is over",
    );
}

/// What a second instance of the same size takes up.
fn limits(findings: &mut Findings, record: Option<&Value>) {
    let number = |name: &str| record.map(|record| &record[name]).and_then(Value::as_f64);
    let compute = number("computeCount").map(|count| {
        let model = record.and_then(|record| record["computeModel"].as_str()).unwrap_or("CPU");
        format!("{count} {model}")
    });
    let storage = number("dataStorageSizeInGBs")
        .map(|size| format!("{size} GB"))
        .or_else(|| number("dataStorageSizeInTBs").map(|size| format!("{size} TB")));
    let size: Vec<String> = compute.into_iter().chain(storage).collect();
    let size = if size.is_empty() { "the same size".to_owned() } else { size.join(" and ") };
    findings.person(
        "service limits",
        format_args!("does the tenancy have room for a second instance of {size}?"),
        "console: Governance, Limits, Quotas and Usage, service Database; look at quota policies of the compartment too",
    );
}

/// The finished backups: end and kind, newest first.
async fn backups(oci: &Oci, ocid: &str) -> Result<Vec<(Timestamp, String)>, Failure> {
    let listed = oci.list(&database::list_backups(json!(ocid)), &CallContext::default(), &NoSecrets).await?;
    let items = listed.value.as_array().cloned().unwrap_or_default();
    let mut finished = Vec::new();
    for item in &items {
        let backup = Backup::read(item)?;
        let ended = backup.time_ended.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        if let (Some(ended), "ACTIVE") = (ended, backup.lifecycle_state.as_str()) {
            let kind = backup.kind.as_deref().unwrap_or("backup").to_lowercase();
            let by = if item["isAutomatic"] == true { "automatic" } else { "made by hand" };
            finished.push((ended, format!("{kind}, {by}")));
        }
    }
    finished.sort_by(|a, b| b.cmp(a));
    Ok(finished)
}

fn backup(findings: &mut Findings, backups: Result<Vec<(Timestamp, String)>, Failure>, now: Timestamp) {
    let newest = match backups {
        Ok(backups) => backups.into_iter().next(),
        Err(failure) => {
            findings.error("backup", failure);
            return;
        }
    };
    let remedy = "make one and wait until it is ACTIVE; the automatic ones come daily";
    match newest {
        None => findings.failed("backup", "the service has no finished backup of it", remedy),
        Some((ended, kind)) => {
            let age = now.duration_since(ended);
            let text = format!(
                "the newest ended at {}, {} ago ({kind})",
                ended.strftime("%Y-%m-%d %H:%M:%SZ"),
                clock::spoken(age.unsigned_abs()),
            );
            if age <= OLDEST_BACKUP {
                findings.passed("backup", text);
            } else {
                findings.failed("backup", text, remedy);
            }
        }
    }
}

fn state(findings: &mut Findings, record: &Value) {
    let word = record["lifecycleState"].as_str().unwrap_or("unknown");
    if record["isLocalDataGuardEnabled"] == true {
        findings.note("state", format!("{word}; it has a local standby already"), None);
    } else if Lifecycle(word.to_owned()).kind() == LifecycleKind::Usable {
        findings.passed("state", word);
    } else {
        let remedy = "wait until it is AVAILABLE: nothing else is taken while it works on something";
        findings.failed("state", word, remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::exit::Exit;
    use super::*;
    use crate::report::Style;

    fn check(look: impl Fn(&mut Findings), exit: Exit, text: &str) {
        let mut findings = Findings::default();
        look(&mut findings);
        assert_eq!(findings.exit(), exit, "{text}");
        let shown = findings.text(Style::default());
        assert!(shown.contains(text), "{text:?} is not in {shown}");
    }

    #[test]
    fn ages_of_backups() {
        let now: Timestamp = "2026-05-19T21:10:00Z".parse().unwrap();
        let aged =
            |hours: i64| vec![(now - SignedDuration::from_hours(hours), "incremental, automatic".to_owned())];
        check(
            |f| backup(f, Ok(aged(3)), now),
            Exit::Done,
            "2026-05-19 18:10:00Z, 3 h 0 min ago (incremental, automatic)",
        );
        check(|f| backup(f, Ok(aged(49)), now), Exit::CheckFailed, "49 h 0 min ago");
        check(|f| backup(f, Ok(Vec::new()), now), Exit::CheckFailed, "no finished backup");
    }

    #[test]
    fn states_before_a_standby() {
        let record =
            |word: &str, has: bool| json!({ "lifecycleState": word, "isLocalDataGuardEnabled": has });
        check(|f| state(f, &record("AVAILABLE", false)), Exit::Done, "✓ state  AVAILABLE");
        check(|f| state(f, &record("UPDATING", false)), Exit::CheckFailed, "✗ state  UPDATING");
        check(|f| state(f, &record("AVAILABLE", true)), Exit::Done, "a local standby already");
    }

    #[test]
    fn sizes_of_a_second_instance() {
        let record = json!({ "computeCount": 4.0, "computeModel": "ECPU", "dataStorageSizeInTBs": 1 });
        check(|f| limits(f, Some(&record)), Exit::Done, "a second instance of 4 ECPU and 1 TB");
        check(|f| limits(f, None), Exit::Done, "a second instance of the same size");
    }
}
