//! Before an Always Free database becomes a paid one: what has to lie outside of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::exit::Failure;
use super::super::probe::Probe;
use super::super::surroundings::Surroundings;
use super::database::Patient;
use super::dumps::{Dumps, Wanted};
use super::findings::Findings;
use crate::db::DbError;
use crate::model::Category;

/// Whether the service says that the database is an Always Free one.
pub(super) fn is_free(record: &Value) -> bool {
    record["isFreeTier"] == true
}

/// Goes through the list.
pub(super) async fn list(
    findings: &mut Findings,
    around: &Surroundings,
    name: &str,
    patient: Option<&Patient<'_>>,
    dumps: &Dumps,
) {
    findings.begin(format!("Before an upgrade of {name}"));
    let repeat = &around.repeat;
    match patient {
        Some(patient) if is_free(&patient.located.record) => {
            findings.passed("tier", "Always Free: it can become a paid one");
        }
        Some(_) => findings.note("tier", "it is a paid database already", None),
        None => findings.unchecked(&["tier"], "the database was not found"),
    }
    match patient.and_then(|patient| patient.probe.as_ref()) {
        Some(probe) => {
            let asked = &around.settings.storage.credential.value;
            let rows =
                probe.rows_for("store/credential_state", "credential_name", &asked.to_uppercase()).await;
            let remedy = format!("have it made and proved: adbctl{repeat} setup {name}");
            credential(findings, asked, probe.user(), rows, &remedy);
        }
        None => findings.unchecked(&["credential"], "nobody is logged on"),
    }
    let record = patient.map(|patient| &patient.located.record);
    let wanted = |kind, mode| Wanted { kind, mode, name, record, applications: BTreeSet::new() };
    let applications = match patient.and_then(|patient| patient.probe.as_ref()) {
        Some(probe) => applications(probe).await,
        None => BTreeSet::new(),
    };
    dumps.newest(
        findings,
        "full export",
        "full export",
        &wanted("export", Some("full")),
        &format!("mend what the export's log names, and export it whole: adbctl{repeat} export {name} --full --retention permanent"),
    );
    dumps.newest(
        findings,
        "app exports",
        "export of the APEX applications",
        &Wanted { applications, ..wanted("applications", None) },
        &format!(
            "export every application of every workspace into the bucket: adbctl{repeat} app export {name} --all --retention permanent"
        ),
    );
    match patient.and_then(|patient| patient.probe.as_ref()) {
        Some(probe) => static_files(findings, probe).await,
        None => findings.unchecked(&["static files"], "nobody is logged on"),
    }
    dumps.newest(
        findings,
        "environment",
        "capture of the environment",
        &wanted("capture", None),
        &format!(
            "record what lies outside of the schemas (ACLs, credentials' names, links, jobs, APEX and ORDS settings): \
             adbctl{repeat} capture {name} --retention permanent, or together with a dump adbctl{repeat} snapshot {name}"
        ),
    );
    dumps.newest(
        findings,
        "restore drill",
        "restore drill",
        &wanted("drill", None),
        &format!(
            "an export that was never restored proves nothing. Restore it into a throwaway database: adbctl{repeat} drill {name} \
             --dump PREFIX"
        ),
    );
}

/// The numbers of the APEX applications that the database has; none where they cannot be listed.
async fn applications(probe: &Probe<'_>) -> BTreeSet<u64> {
    let all = Map::from_iter([("applications".to_owned(), json!([])), ("workspace".to_owned(), json!(""))]);
    let rows = probe.rows("apex/applications", all).await.unwrap_or_default();
    rows.as_array().into_iter().flatten().filter_map(|row| row["application_id"].as_u64()).collect()
}

fn credential(findings: &mut Findings, name: &str, user: &str, rows: Result<Value, Failure>, remedy: &str) {
    let rows = match rows {
        Ok(rows) => rows,
        Err(failure) => {
            findings.error("credential", failure);
            return;
        }
    };
    let row = &rows[0];
    let Some(found) = row["credential_name"].as_str() else {
        findings.failed("credential", format!("{user} has no credential {name}"), remedy);
        return;
    };
    if row["enabled"].as_str().is_some_and(|word| word.eq_ignore_ascii_case("TRUE")) || row["enabled"] == true
    {
        let who = row["username"].as_str().unwrap_or("an unknown user");
        findings.passed("credential", format!("{found} of {user} is there and enabled, for {who}"));
    } else {
        findings.failed(
            "credential",
            format!("{found} of {user} is disabled"),
            "enable it: DBMS_CREDENTIAL.ENABLE_CREDENTIAL",
        );
    }
}

async fn static_files(findings: &mut Findings, probe: &Probe<'_>) {
    files(findings, probe.count("apex_workspace_static_files").await);
}

/// Files that belong to a workspace and to no application: only an export of whole workspaces has them.
fn files(findings: &mut Findings, count: Result<u64, DbError>) {
    let look = "`adbctl app export DB --all` and `adbctl snapshot DB` write them beside the applications; by hand: App Builder, \
                Shared Components of any application, Static Workspace Files";
    match count {
        Ok(0) => findings.passed("static files", "no workspace has static files"),
        Ok(count) => findings.person(
            "static files",
            format_args!("there are {count} static files of workspaces; were they exported?"),
            look,
        ),
        Err(error) if matches!(error.category, Category::NotFound | Category::Denied) => findings.person(
            "static files",
            "APEX_WORKSPACE_STATIC_FILES cannot be read; were the static files of the workspaces exported?",
            look,
        ),
        Err(error) => findings.error("static files", error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::exit::Exit;
    use super::*;
    use crate::report::Style;

    #[test]
    fn credentials() {
        fn check(rows: &Value, exit: Exit, text: &str) {
            let mut findings = Findings::default();
            credential(&mut findings, "STORE", "ADMIN", Ok(rows.clone()), "make it");
            assert_eq!(findings.exit(), exit, "{rows}");
            assert!(findings.text(Style::default()).contains(text), "{rows}");
        }
        let row = |enabled: Value| json!([{ "credential_name": "STORE", "username": "backup@example.com", "enabled": enabled }]);
        check(&row(json!("TRUE")), Exit::Done, "STORE of ADMIN is there and enabled, for backup@example.com");
        check(&row(json!("FALSE")), Exit::CheckFailed, "disabled");
        check(&json!([]), Exit::CheckFailed, "ADMIN has no credential STORE");
    }

    #[test]
    fn static_files_of_workspaces() {
        fn check(count: Result<u64, DbError>, exit: Exit, text: &str) {
            let mut findings = Findings::default();
            files(&mut findings, count);
            assert_eq!(findings.exit(), exit, "{text}");
            assert!(findings.text(Style::default()).contains(text), "{text}");
        }
        check(Ok(0), Exit::Done, "✓ static files  no workspace");
        check(Ok(12), Exit::Done, "? static files  for a person: there are 12");
    }
}
