//! Before an application or a schema is cloned into a database: what has to wait for it there.

use serde_json::{Map, Value};

use super::super::exit::Failure;
use super::super::probe::Probe;
use super::database::Patient;
use super::findings::Findings;
use crate::cli::DoctorArgs;
use crate::settings::Role;

/// The lines that need an answer of the database.
const ASKED: &[&str] = &["workspace", "schema", "schema of workspace"];

/// Goes through the list.
pub(super) async fn list(
    findings: &mut Findings,
    args: &DoctorArgs,
    name: &str,
    patient: Option<&Patient<'_>>,
) {
    findings.begin(format!("Before a clone into {name}"));
    if patient.is_some_and(|patient| patient.settings.role.value == Role::Production) {
        findings.failed(
            "target",
            format!("{name} is a production database, and those are never targets"),
            "name the database that the clone is for",
        );
    }
    match patient.and_then(|patient| patient.probe.as_ref()) {
        Some(probe) => ask(findings, args, probe).await,
        None => findings.unchecked(ASKED, "nobody is logged on"),
    }
    findings.person(
        "masking",
        format_args!("may the personal data of the source go into {name} as it is?"),
        "where it may not, have it masked when it is exported: in a dump it is clear, and lies in the bucket so",
    );
    findings.person(
        "names outside",
        "who talks to the new application, and whom does it talk to?",
        "plan the DNS names, the callbacks and addresses in its settings, mail and the systems it calls, before the first \
         of them is called from the copy",
    );
}

async fn ask(findings: &mut Findings, args: &DoctorArgs, probe: &Probe<'_>) {
    let workspace = match &args.workspace {
        None => {
            unnamed_workspace(findings, probe.rows("doctor/workspaces", Map::new()).await);
            None
        }
        Some(asked) => workspace(findings, asked, probe.rows("doctor/workspaces", Map::new()).await),
    };
    let schema = match &args.schema {
        None => {
            findings.failed("schema", "none was named", "say which one the clone is for: --schema NAME");
            None
        }
        Some(asked) => schema(findings, asked, probe.rows_for("doctor/schema", "schema_name", asked).await),
    };
    match (workspace, schema) {
        (Some(workspace), Some(schema)) => {
            let rows = probe.rows_for("apex/workspace_schemas", "workspace", &workspace.to_uppercase()).await;
            association(findings, &workspace, &schema, rows);
        }
        _ => findings.unchecked(&["schema of workspace"], "it needs the workspace and the schema"),
    }
}

/// The texts of a column.
fn column<'a>(rows: &'a Value, name: &str) -> Vec<&'a str> {
    rows.as_array().into_iter().flatten().filter_map(|row| row[name].as_str()).collect()
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn unnamed_workspace(findings: &mut Findings, rows: Result<Value, Failure>) {
    match rows {
        Ok(rows) => findings.failed(
            "workspace",
            format!("none was named; there are: {}", listed(&column(&rows, "workspace"))),
            "say which one the clone is for: --workspace NAME",
        ),
        Err(failure) => findings.error("workspace", failure),
    }
}

/// Gives the workspace's name where there is one of that name.
fn workspace(findings: &mut Findings, asked: &str, rows: Result<Value, Failure>) -> Option<String> {
    let rows = match rows {
        Ok(rows) => rows,
        Err(failure) => {
            findings.error("workspace", failure);
            return None;
        }
    };
    let names = column(&rows, "workspace");
    if let Some(found) = names.iter().find(|name| name.eq_ignore_ascii_case(asked)) {
        findings.passed("workspace", format!("{found} is there"));
        return Some((*found).to_owned());
    }
    findings.failed(
        "workspace",
        format!("{asked} is not there, or not to be seen; there are: {}", listed(&names)),
        "make it in the administration of APEX (Manage Workspaces), or name another one",
    );
    None
}

/// Gives the schema's name where there is one of that name.
fn schema(findings: &mut Findings, asked: &str, rows: Result<Value, Failure>) -> Option<String> {
    let rows = match rows {
        Ok(rows) => rows,
        Err(failure) => {
            findings.error("schema", failure);
            return None;
        }
    };
    let row = &rows[0];
    let Some(found) = row["username"].as_str() else {
        findings.failed(
            "schema",
            format!("there is no user {}", asked.to_uppercase()),
            "make it before the clone: CREATE USER, with its privileges and a quota",
        );
        return None;
    };
    if row["oracle_maintained"] == "Y" {
        findings.failed(
            "schema",
            format!("{found} belongs to the database itself"),
            "name a schema of your own",
        );
        return None;
    }
    let status = row["account_status"].as_str().unwrap_or("unknown");
    findings.passed("schema", format!("{found} is there, account {status}"));
    Some(found.to_owned())
}

fn association(findings: &mut Findings, workspace: &str, schema: &str, rows: Result<Value, Failure>) {
    match rows {
        Ok(rows) => {
            let schemas = column(&rows, "name");
            if schemas.contains(&schema) {
                findings.passed("schema of workspace", format!("{workspace} may work with {schema}"));
            } else {
                findings.failed(
                    "schema of workspace",
                    format!("{workspace} may not work with {schema}; it has: {}", listed(&schemas)),
                    "add the schema to the workspace: APEX administration, Manage Workspaces, Workspace to Schema \
                     Assignments",
                );
            }
        }
        Err(failure) => findings.error("schema of workspace", failure),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::Style;

    #[test]
    fn schemas_and_workspaces() {
        fn check(rows: &Value, found: Option<&str>, text: &str) {
            let mut findings = Findings::default();
            assert_eq!(schema(&mut findings, "sales", Ok(rows.clone())).as_deref(), found, "{rows}");
            assert!(findings.text(Style::default()).contains(text), "{rows}");
        }
        let row =
            |own: &str| json!([{ "username": "SALES", "account_status": "OPEN", "oracle_maintained": own }]);
        check(&row("N"), Some("SALES"), "✓ schema  SALES is there, account OPEN");
        check(&row("Y"), None, "belongs to the database itself");
        check(&json!([]), None, "there is no user SALES");
        let mut findings = Findings::default();
        let rows = json!([{ "workspace": "SALES" }, { "workspace": "HR" }]);
        assert_eq!(workspace(&mut findings, "sales", Ok(rows.clone())).as_deref(), Some("SALES"));
        assert_eq!(workspace(&mut findings, "other", Ok(rows)), None);
        assert!(findings.text(Style::default()).contains("there are: SALES, HR"));
    }
}
