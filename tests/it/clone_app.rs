//! Applications with their schemas, cloned: data, application, people, privileges of the network, jobs; code that names the old schema; what
//! stops it before anything is exported; and the checklist, asked again.

use std::process::Stdio;

use serde_json::{Value, json as value};

use crate::applications::proofs as application;
use crate::contract::rows;
use crate::dumps::{number, proofs as schema};
use crate::orders::flat;
use crate::resume::until;
use crate::support::{Ended, Rehearsal, json};

fn said(ended: &Ended) -> String {
    flat(&format!("{} {}", ended.stdout, ended.stderr))
}

fn run_sql(rehearsal: &Rehearsal, database: &str, statement: &str) {
    let answer = crate::hands::sql(rehearsal, database, &format!("{statement}\n/"));
    assert!(!answer.to_string().contains("errorCode"), "{answer}");
}

fn prepared() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    rehearsal
}

/// The words of a clone of application 100, and what comes behind them.
fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["clone-app", "prod", "dev", "--app", "100"], more, &["--yes"]].concat()
}

/// What was found by the check of this id in a report, and how it ended.
fn check_of(rehearsal: &Rehearsal, id: &str) -> (Value, Value) {
    let report = json(&rehearsal.home().join("report.json"));
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap().clone();
    (check["status"].clone(), check["found"].clone())
}

fn verify(rehearsal: &Rehearsal, code: i32) -> String {
    said(&rehearsal.on_sandbox(&["verify", "dev", "--report", "json=report.json"]).expect(code))
}

/// Code that names SALES in an application: once in a comment, and once where it counts.
const NAMES_IN_APPLICATION: &str = "declare
  f apex_t_export_files;
begin
  apex_util.set_workspace('SALES_WS');
  f := apex_export.get_application(p_application_id => 100, p_with_supporting_objects => 'Y', p_with_acl_assignments => true);
  f(1).contents := replace(f(1).contents, '''  from orders''', '''-- was sales.orders''||wwv_flow.LF||' || chr(10) || '''  from sales.orders''');
  apex_application_install.clear_all;
  apex_application_install.set_workspace('SALES_WS');
  apex_application_install.install(p_source => f, p_overwrite_existing => true);
  commit;
end;";

/// Lines 5, 6 and 10 name the schema; the others only look as if they did.
const NAMES_IN_CODE: &str = "create or replace procedure sales.names_itself as
  -- sales.orders in a comment
  n number; /* and sales.orders
    over two sales.lines */
  m sales.orders.order_id%type; -- sales.x
  o \"SALES\".orders.order_id%type;
begin
  select count(*) as sales into n from orders presales where presales.order_id > 0;
  dbms_output.put_line('presales.orders, sales of today, mail@sales.example.com, it''s sales');
  execute immediate 'select count(*) from sales.orders' into n;
end;";

/// One authorization scheme is to ask for a role of the application.
const SCHEMES: &str = r#"authorization_schemes=[{ application_id = 100, authorization_schemes = [{ name = "Contribution Rights", role = "Reader" }] }]"#;

#[test]
fn an_application_and_its_schemas_are_cloned_though_the_run_is_killed() {
    let rehearsal = prepared();
    // Without a run the checklist asks what it can.
    let told = verify(&rehearsal, 0);
    assert!(told.contains("no run that ended has put anything into dev"), "{told}");
    let told = said(&rehearsal.on_sandbox(&["verify", "dev", "--live-counts"]).expect(2));
    assert!(told.contains("the checklist of verify has nothing for --live-counts"), "{told}");
    assert_eq!(check_of(&rehearsal, "builder_answers").0, "passed");
    run_sql(
        &rehearsal,
        "prod",
        "begin execute immediate 'grant execute on sys.dbms_cloud_admin to sales'; end;",
    );
    let secret = rehearsal.home().join("secret");
    std::fs::write(&secret, "Erp#Reader2026x").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let link = format!(
        "link_passwords=[{{ owner = \"SALES_TWO\", db_link = \"ERP_LINK\", password = {{ file = \"{}\" }} }}]",
        secret.display()
    );
    let credential = format!(
        "credentials=[{{ owner = \"SALES_TWO\", credential_name = \"EMAIL_CRED\", username = \"u@example.com\", password = {{ file = \"{}\" }} }}]",
        secret.display()
    );
    let mut child = rehearsal
        .sandbox_command(&words(&[
            "--schema",
            "sales:sales_two,sales_report:report_two",
            "--workspace",
            "two_ws",
            "--id",
            "new",
            "--live-counts",
            "--set",
            &link,
            "--set",
            &credential,
            "--set",
            SCHEMES,
        ]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Runs of the same second have no order.
    let journal = || {
        let runs = std::fs::read_dir(rehearsal.sandbox().join("state/runs")).unwrap();
        let texts = runs.map(|run| std::fs::read_to_string(run.unwrap().path().join("journal.jsonl")));
        texts.map(Result::unwrap_or_default).collect::<String>()
    };
    until("the import begins", || journal().contains("{\"step-started\":{\"step\":\"import\""));
    child.kill().unwrap();
    child.wait().unwrap();
    rehearsal.on_sandbox(&["resume", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["runs", "show", "--report", "json=report.json"]).expect(0);
    // Data and metadata.
    assert_eq!(schema(&rehearsal, "prod", "sales"), schema(&rehearsal, "dev", "sales_two"));
    let scores = "select count(*) as n, sum(score) as scores from {s}.customer_scores";
    assert_eq!(
        rows(&rehearsal, "prod", &scores.replace("{s}", "sales_report")),
        rows(&rehearsal, "dev", &scores.replace("{s}", "report_two"))
    );
    // The application, in its workspace and schema, with one authorization scheme that asks for a role now.
    let mut wanted = application(&rehearsal, "prod", 100);
    let scheme =
        wanted[2].iter_mut().find(|row| row["authorization_scheme_name"] == "Contribution Rights").unwrap();
    assert_ne!(scheme["attribute_01"], "Reader");
    for (column, set) in
        [("scheme_type_code", "NATIVE_IS_IN_GROUP"), ("attribute_01", "Reader"), ("attribute_02", "A")]
    {
        scheme[column] = value!(set);
    }
    assert_eq!(wanted, {
        let mut copy = application(&rehearsal, "dev", 101);
        assert_eq!(copy[0][0]["owner"], "SALES_TWO");
        copy[0][0]["owner"] = value!("SALES");
        copy
    });
    let one = |query: &str| rows(&rehearsal, "dev", query);
    assert_eq!(
        one(
            "select workspace_name, schema, first_schema_provisioned from apex_workspace_schemas where workspace_name = 'TWO_WS' order by schema"
        ),
        [
            value!({ "workspace_name": "TWO_WS", "schema": "REPORT_TWO", "first_schema_provisioned": "SALES_TWO" }),
            value!({ "workspace_name": "TWO_WS", "schema": "SALES_TWO", "first_schema_provisioned": "SALES_TWO" })
        ]
    );
    // People: the administrator, with a database user, since the builder asks the database; the others as they were.
    let people = "select user_name, email, is_admin, is_application_developer from apex_workspace_apex_users where workspace_name = '{ws}' and user_name <> 'TWO_WS_ADMIN' order by user_name";
    assert_eq!(
        one(&people.replace("{ws}", "TWO_WS")),
        rows(&rehearsal, "prod", &people.replace("{ws}", "SALES_WS"))
    );
    let admin = "select is_admin, is_application_developer, (select count(*) from dba_users where username = 'TWO_WS_ADMIN' and authentication_type = 'PASSWORD') as logins from apex_workspace_apex_users where user_name = 'TWO_WS_ADMIN'";
    assert_eq!(one(admin), [value!({ "is_admin": "Yes", "is_application_developer": "Yes", "logins": 1 })]);
    let kept: Vec<String> = std::fs::read_dir(rehearsal.sandbox().join("state/secrets"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(kept.len() == 1 && kept[0].starts_with("dev-workspace-admin-"), "{kept:?}");
    let roles = "select user_name, role_static_id from apex_appl_acl_user_roles where application_id = {id} order by 1, 2";
    assert_eq!(one(&roles.replace("{id}", "101")), rows(&rehearsal, "prod", &roles.replace("{id}", "100")));
    // The network, the jobs, links and credentials by reference.
    let aces = "select host, lower_port, upper_port, privilege from dba_host_aces where principal = '{s}' order by 1, 4";
    assert_eq!(
        one(&aces.replace("{s}", "SALES_TWO")),
        rows(&rehearsal, "prod", &aces.replace("{s}", "SALES"))
    );
    let jobs = "select job_name, job_action, repeat_interval, 'FALSE' as enabled from dba_scheduler_jobs where owner = 'SALES' order by job_name";
    let made = "select job_name, job_action, repeat_interval, enabled from dba_scheduler_jobs where owner = 'SALES_TWO' order by job_name";
    assert_eq!(one(made), rows(&rehearsal, "prod", jobs));
    assert_eq!(
        one("select db_link from dba_db_links where owner = 'SALES_TWO'"),
        [value!({ "db_link": "ERP_LINK" })]
    );
    let credential =
        "select count(*) from dba_credentials where owner = 'SALES_TWO' and credential_name = 'EMAIL_CRED'";
    assert_eq!(number(&rehearsal, "dev", credential), 1);
    // Both exports went on at the same time.
    let told = rehearsal.on_sandbox(&["runs", "events"]).expect(0).stdout;
    let events: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let place = |event: &str, step: &str| {
        events.iter().position(|e| e["event"] == event && e["step"] == step).unwrap()
    };
    assert!(place("step-started", "app_export") < place("step-finished", "export"));
    // What is left to a person, and the same again.
    for (id, status) in [
        ("jobs_gone", "passed"),
        ("rows_counted", "passed"),
        ("statistics", "passed"),
        ("links_answer", "manual"),
        ("code_names_new", "manual"),
        ("valid", "manual"),
        ("application_names_new", "passed"),
        ("application_answers.1", "passed"),
        ("people_sign_in", "manual"),
    ] {
        assert_eq!(check_of(&rehearsal, id).0, status, "{id}");
    }
    // Production's own job may have written a line into its log meanwhile; everything else is as it was.
    let moved = check_of(&rehearsal, "source_counted").1;
    assert!(moved.as_array().unwrap().iter().all(|table| table["table"] == "AUDIT_LOG"), "{moved}");
    verify(&rehearsal, 0);
    run_sql(
        &rehearsal,
        "dev",
        "begin delete from sales_two.notes where rownum = 1; dbms_scheduler.enable('SALES_TWO.NIGHTLY_REPORT'); \
         apex_instance_admin.remove_schema(p_workspace => 'TWO_WS', p_schema => 'SALES_TWO'); commit; end;",
    );
    verify(&rehearsal, 10);
    for (id, status) in
        [("rows_counted", "failed"), ("workspace_sees", "failed"), ("jobs_stayed_out", "manual")]
    {
        assert_eq!(check_of(&rehearsal, id).0, status, "{id}");
    }
    let (status, found) = check_of(&rehearsal, "application_answers.1");
    assert_eq!(status, "manual");
    let why = "404: APEX_WORKSPACE_SCHEMAS does not let TWO_WS use SALES_TWO, only REPORT_TWO";
    assert!(found.as_str().unwrap().contains(why), "{found}");
}

/// A credential whose password is nowhere.
const NOWHERE: &str = r#"credentials=[{ owner = "SALES_TWO", credential_name = "C", username = "u", password = { file = "/nowhere/secret" } }]"#;

#[test]
fn what_stands_against_a_clone_is_said_before_anything_is_exported() {
    let rehearsal = prepared();
    run_sql(&rehearsal, "prod", NAMES_IN_APPLICATION);
    run_sql(&rehearsal, "prod", NAMES_IN_CODE);
    run_sql(
        &rehearsal,
        "dev",
        "begin apex_instance_admin.add_workspace(p_workspace => 'OTHER_WS', p_primary_schema => 'SALES_REPORT'); commit; end;",
    );
    let world = || {
        [
            rows(&rehearsal, "dev", "select username from dba_users order by 1"),
            rows(
                &rehearsal,
                "dev",
                "select application_id, workspace, last_updated_on from apex_applications order by 1",
            ),
            rows(
                &rehearsal,
                "dev",
                "select workspace_name, schema from apex_workspace_schemas order by 1, 2",
            ),
            rows(
                &rehearsal,
                "dev",
                "select workspace_name, user_name from apex_workspace_apex_users order by 1, 2",
            ),
        ]
    };
    let before = world();
    let two = ["--schema", "sales:sales_two"];
    for (more, code, wanted) in [
        (
            &["--schema", "sales_report:report_two"][..],
            5,
            "not among the schemas: SALES, the parsing schema of application 100",
        ),
        (&["--schema", "nobody:two"], 5, "not in prod: NOBODY"),
        (&["--schema", "sales:sys"], 5, "SYS in dev is no schema of an application"),
        (&["--schema", "sales"], 5, "SALES in dev has tables already"),
        (&[two[0], two[1], "--id", "new", "--must-exist"], 5, "dev has no schema SALES_TWO"),
        (
            &[
                "--schema",
                "sales:sales_report",
                "--existing",
                "replace",
                "--workspace",
                "nowhere",
                "--id",
                "new",
                "--must-exist",
            ],
            5,
            "dev has no workspace NOWHERE",
        ),
        (
            &["--schema", "sales:sales_report", "--existing", "replace", "--id", "new", "--must-exist"],
            5,
            "dev has no assignment of SALES_REPORT to the workspace SALES_WS",
        ),
        (
            &[two[0], two[1], "--workspace", "other_ws"],
            5,
            "the number 100 is taken by an application of the workspace SALES_WS",
        ),
        (&two, 5, "the number 100 is taken in the workspace SALES_WS"),
        (&[two[0], two[1], "--id", "3500"], 5, "3500 is among the numbers that APEX keeps for itself"),
        (&[two[0], two[1], "--id", "soon"], 2, "is no application's number"),
        (
            &[two[0], two[1], "--id", "new", "--workspace", "two_ws", "--admin", "admin"],
            5,
            "ADMIN cannot be the administrator of TWO_WS",
        ),
        (&[two[0], two[1], "--id", "new", "--masking", "required"], 5, "without a rule of masking"),
        (
            &[two[0], two[1], "--id", "new", "--set", NOWHERE],
            3,
            "Step credentials.1 needs it; nothing was sent",
        ),
        (
            &[
                two[0],
                two[1],
                "--id",
                "new",
                "--set",
                "workspace_users=[{ user_name = \"ANM\", password = { env = \"HOME\" } }]",
            ],
            5,
            "no users of SALES_WS in prod: ANM",
        ),
        (
            &[
                two[0],
                two[1],
                "--id",
                "new",
                "--set",
                "link_passwords=[{ owner = \"SALES_TWO\", db_link = \"ERB\", password = { env = \"HOME\" } }]",
            ],
            5,
            "no database links of prod: SALES_TWO.ERB",
        ),
    ] {
        let told = said(&rehearsal.on_sandbox(&words(more)).expect(code));
        assert!(told.contains(wanted), "{more:?}: {told}");
    }
    // Rows that are appended are no measure of those that were there.
    let counted = |existing: &str| {
        let planned = rehearsal
            .on_sandbox(&words(&[two[0], two[1], "--existing", existing, "--dry-run=json"]))
            .expect(0)
            .stdout;
        let plan: Value = serde_json::from_str(&planned).unwrap();
        plan["checks"].as_array().unwrap().iter().any(|check| check["id"] == "rows_counted")
    };
    assert_eq!((counted("truncate"), counted("append")), (true, false));
    let absent = ["clone-app", "prod", "dev", "--app", "100,999", "--schema", "sales:sales_two", "--yes"];
    let told = said(&rehearsal.on_sandbox(&absent).expect(5));
    assert!(told.contains("application 999"), "{told}");
    let backwards = ["clone-app", "dev", "prod", "--app", "100", "--schema", "sales:sales_two", "--yes"];
    let told = said(&rehearsal.on_sandbox(&backwards).expect(4));
    assert!(told.contains("is a production database"), "{told}");
    let detail = value!({ "user": "ords_public_user", "module": "SALES/APEX:APP 100:3", "tables": [], "active": true });
    let action = value!({ "engine": { "name": "hold-locks", "detail": detail } });
    rehearsal.fault(&value!({ "count": 1, "path": "*sql*", "action": action }));
    run_sql(&rehearsal, "dev", "begin null; end;");
    let told = said(&rehearsal.on_sandbox(&words(&[two[0], two[1], "--overwrite"])).expect(5));
    assert!(told.contains("what would be replaced is in use: ORDS_PUBLIC_USER (session"), "{told}");
    // Code that names the schema refuses with --strict, each place with its line; so does what is too long to be looked at.
    let long = format!("'{}' <> 'y'", "x".repeat(3900));
    let view = format!(
        "create view sales.at_length as select 1 as one from dual where {}",
        [long.as_str(); 9].join(" and ")
    );
    crate::hands::sql(&rehearsal, "prod", &format!("{view};"));
    let strict = words(&[two[0], two[1], "--id", "new", "--strict"]);
    let told = flat(&rehearsal.on_sandbox(&strict).expect(5).stdout);
    for wanted in [
        "procedure SALES.NAMES_ITSELF, line 5: m sales.orders.order_id%type",
        "procedure SALES.NAMES_ITSELF, line 6:",
        "procedure SALES.NAMES_ITSELF, line 10: execute immediate",
        "view SALES.AT_LENGTH: not looked at: its text has 35",
        "view SALES.OPEN_ORDERS, line 1:",
        "trigger SALES.ORDERS_AUDIT, line 3:",
        "job SALES.NIGHTLY_REPORT, line 1:",
        "synonym PUBLIC.SHOP_CUSTOMERS: for SALES.CUSTOMERS",
        "application SALES_WS.100, page 2, page plug Orders, line ",
        ": ' from sales.orders'",
    ] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    assert_eq!(told.matches("NAMES_ITSELF, line").count(), 3, "{told}");
    assert_eq!(told.matches("application SALES_WS.100").count(), 1, "{told}");
    assert_eq!(told.matches("CUSTOMERS_BIU").count(), 0, "{told}");
    // Nothing moved.
    assert_eq!(world(), before);
    let listed = rehearsal.on_sandbox(&["object", "list", "temp/"]).expect(0).stdout;
    assert!(!listed.contains("temp/prod/"), "{listed}");
}
