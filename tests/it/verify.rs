//! Every check of the refresh fails when what it looks at is not so.
//!
//! A refresh goes well; then its result is sabotaged, one thing after the other, and `adbctl verify` has to notice
//! each: the check that passed before fails after, and the report says what was found and what was expected.

use adbctl::oci::database;
use serde_json::{Value, json};

use crate::hands;
use crate::support::{Rehearsal, json as read_json};

/// What is done to make a check fail.
enum Sabotage {
    /// A script, run as ADMIN in the new target.
    Sql(&'static str),
    /// An update of the new target, in JSON.
    Update(&'static str),
    /// The new target is stopped.
    Stop,
    /// The old target is started.
    StartOld,
    /// Nothing: production and development of the sandbox differ in it, so it is noticed from the start.
    Sample,
    /// A person changes something in App Builder.
    Builder(&'static str),
    /// A file of the wallet is cut short.
    Wallet(&'static str),
}

use Sabotage::{Builder, Sample, Sql, StartOld, Stop, Update, Wallet};

/// One row a check: its id in the runbook, and what makes it fail. The order matters in the end: a database that was
/// renamed or stopped does not answer SQL under its address any more.
const ROWS: &[(&str, Sabotage)] = &[
    ("host_aces_copied", Sample),
    ("links_kept", Sample),
    ("links_copied", Sample),
    ("builder_users", Sample),
    ("copied_jobs_ran", Sql("begin dbms_scheduler.run_job('SALES.PURGE_CANCELLED'); commit; end;\n/")),
    ("object_grants_kept", Sql("revoke select on sales.orders from test_robot;")),
    ("system_grants_kept", Sql("revoke create session from test_robot;")),
    ("users_kept", Sql("drop user test_robot cascade;")),
    ("role_grants_kept", Sql("revoke dwrole from admin;")),
    (
        "host_aces_kept",
        Sql(
            "begin dbms_network_acl_admin.remove_host_ace(host => 'erp.dev.example.com', ace => xs$ace_type(\
             privilege_list => xs$name_list('http', 'resolve'), principal_name => 'SALES', \
             principal_type => xs_acl.ptype_db)); commit; end;\n/",
        ),
    ),
    ("credentials_kept", Sql("begin dbms_cloud.drop_credential('OBJECT_STORE_CRED'); commit; end;\n/")),
    (
        "credentials_copied",
        Sql(
            "begin dbms_cloud.create_credential('LEFT_OVER', 'somebody@example.com', 'some-password'); commit; end;\n/",
        ),
    ),
    (
        "apex_parameters_kept",
        Sql("begin apex_instance_admin.set_parameter('SMTP_FROM', 'x@example.com'); commit; end;\n/"),
    ),
    (
        "application_roles_kept",
        Sql("begin apex_util.set_workspace('SALES_WS'); apex_acl.remove_user_role(p_application_id => 100, \
             p_user_name => 'ERIN', p_role_static_id => 'CONTRIBUTOR'); commit; end;\n/"),
    ),
    (
        "workspace_users_kept",
        Sql(
            "begin apex_util.set_workspace('SALES_WS'); apex_util.remove_user(p_user_name => 'ERIN'); commit; end;\n/",
        ),
    ),
    ("jobs_are_off", Sql("begin dbms_scheduler.enable('SALES.NIGHTLY_REPORT'); end;\n/")),
    (
        "builder_sign_in",
        Sql("begin apex_instance_admin.set_parameter('APEX_BUILDER_AUTHENTICATION', 'SSO'); commit; end;\n/"),
    ),
    (
        "scripts_executed",
        Sql("create or replace procedure sales.broken as begin nothing_of_that_name; end;\n/"),
    ),
    ("accounts_open", Sql("alter user sales account lock;")),
    (
        "schemes_current",
        Sql("begin apex_util.set_workspace('SALES_WS'); apex_application_admin.set_authentication_scheme(\
             p_application_id => 100, p_name => 'Company Single Sign-On'); commit; end;\n/"),
    ),
    (
        "schemes_are_roles",
        Builder(
            "update apex_240200.authorization$ set scheme_type_code = 'NATIVE_FUNCTION_BODY' where application_id = 100",
        ),
    ),
    (
        "roles_given",
        Sql("begin apex_util.set_workspace('SALES_WS'); apex_acl.remove_user_role(p_application_id => 100, \
             p_user_name => 'DAVE', p_role_static_id => 'CONTRIBUTOR'); commit; end;\n/"),
    ),
    (
        "mail_credential_there",
        Sql("create or replace procedure sales.drop_it authid definer is begin \
             dbms_cloud.drop_credential(credential_name => 'EMAIL_CRED'); end;\n/\nbegin sales.drop_it; commit; end;\n/"),
    ),
    ("grants_there", Sql("revoke execute on sys.dbms_sql from sales;")),
    ("wallet_works", Wallet("ewallet.pem")),
    ("old_stopped", StartOld),
    ("tags_kept", Update(r#"{ "freeformTags": { "adbctl-name": "dev", "owner": "somebody else" } }"#)),
    (
        "extras_kept",
        Update(
            r#"{ "longTermBackupSchedule": { "repeatCadence": "MONTHLY", "retentionPeriodInDays": 90, "timeOfBackup": "2027-01-01T02:00:00Z", "isDisabled": false } }"#,
        ),
    ),
    ("address_kept", Update(r#"{ "privateEndpointIp": "10.0.2.77" }"#)),
    ("database_name", Update(r#"{ "dbName": "OTHER" }"#)),
    ("database_available", Stop),
];

/// Checks that no hand can make fail here, each with the reason.
const EXEMPT: &[(&str, &str)] = &[
    ("guard_in_place", "it tries the guard itself; a_guard_that_refuses_nothing_is_noticed shows it failing"),
    (
        "old_terminated",
        "is part of a run that terminates only, and looks at the record of what the service said",
    ),
    ("same_addresses", "the kinds of address follow from the workload, which nobody can change afterwards"),
    (
        "identity_of_target",
        "the database says it of itself; sql::guard and its templates are tested to refuse others",
    ),
];

fn checks_of_the_runbook() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/refresh.toml");
    let runbook: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    runbook["check"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_check_is_sabotaged_or_exempt_with_a_reason() {
    for id in checks_of_the_runbook() {
        let rows = ROWS.iter().filter(|(row, _)| *row == id).count();
        let exempt = EXEMPT.iter().filter(|(row, reason)| *row == id && !reason.is_empty()).count();
        assert_eq!(rows + exempt, 1, "check {id} needs one row in ROWS, or one in EXEMPT");
    }
    for id in ROWS.iter().map(|(id, _)| id).chain(EXEMPT.iter().map(|(id, _)| id)) {
        assert!(checks_of_the_runbook().iter().any(|known| known == id), "{id} is no check of the runbook");
    }
}

struct Scene {
    rehearsal: Rehearsal,
    old: String,
    new: String,
}

impl Scene {
    fn sabotage(&self, sabotage: &Sabotage) {
        match sabotage {
            Sql(script) => drop(hands::sql(&self.rehearsal, "dev", script)),
            Update(change) => {
                let mut change: Value = serde_json::from_str(change).unwrap();
                if change.get("privateEndpointIp").is_some() {
                    let record = hands::record(&self.rehearsal, &self.new);
                    for kept in ["subnetId", "nsgIds", "privateEndpointLabel"] {
                        change[kept] = record[kept].clone();
                    }
                }
                let call = database::update(json!(self.new), change, Value::Null);
                hands::cloud(&self.rehearsal, &self.new, &call);
            }
            Builder(statement) => hands::as_builder(&self.rehearsal, &self.new, statement),
            Sample => {}
            Stop => hands::cloud(&self.rehearsal, &self.new, &database::stop(json!(self.new), Value::Null)),
            StartOld => {
                hands::cloud(&self.rehearsal, &self.old, &database::start(json!(self.old), Value::Null));
            }
            Wallet(name) => {
                let file = self.rehearsal.newest_run().join("wallet").join(name);
                let whole = std::fs::read(&file).unwrap();
                std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
            }
        }
    }

    /// Verifies, which must end with this code. Gives the checks and the text.
    #[track_caller]
    fn verify(&self, code: i32) -> (Vec<Value>, String) {
        let words = ["verify", "dev", "--report", "json=verify.json"];
        let ended = self.rehearsal.on_sandbox(&words).expect(code);
        let report = read_json(&self.rehearsal.home().join("verify.json"));
        (report["checks"].as_array().unwrap().clone(), ended.stdout)
    }
}

/// The checks of this id in the runbook: one, or one for each item.
fn of<'a>(checks: &'a [Value], id: &str) -> Vec<&'a Value> {
    checks.iter().filter(|c| c["id"].as_str().unwrap().split('.').next() == Some(id)).collect()
}

#[test]
fn what_is_not_so_is_noticed() {
    let rehearsal = Rehearsal::new();
    let old = rehearsal.show("dev")["id"].as_str().unwrap().to_owned();
    rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(0);
    let new = rehearsal.show("dev")["id"].as_str().unwrap().to_owned();
    let scene = Scene { rehearsal, old, new };
    let writes = |scene: &Scene| hands::writes(&scene.rehearsal).len();
    let (mut before, _) = scene.verify(0);
    for (id, sabotage) in ROWS {
        assert!(!of(&before, id).is_empty(), "{id} is not in the report");
        // A copied job may be due in the very moment in which the clone opens.
        let open = matches!(sabotage, Sample) || *id == "copied_jobs_ran";
        assert!(
            open || of(&before, id).iter().all(|c| c["status"] == "passed"),
            "{id} is not so: {before:#?}"
        );
        scene.sabotage(sabotage);
        let sent = writes(&scene);
        let words = ["verify", "dev", "--report", "json=verify.json"];
        let ended = scene.rehearsal.on_sandbox(&words);
        let after =
            read_json(&scene.rehearsal.home().join("verify.json"))["checks"].as_array().unwrap().clone();
        assert_eq!(writes(&scene), sent, "verify changes nothing");
        let noticed: Vec<&Value> = of(&after, id).into_iter().filter(|c| c["status"] != "passed").collect();
        assert!(!noticed.is_empty(), "{id} did not notice: {after:#?}");
        // What a person has to judge is left open; everything else fails the verification.
        let failed = after.iter().any(|c| c["status"] == "failed");
        assert_eq!(ended.code, if failed { 10 } else { 0 }, "{}", ended.stderr);
        for check in noticed {
            let mark = if check["status"] == "failed" { "✗" } else { "!" };
            let line = format!("{mark} {}", check["title"].as_str().unwrap());
            assert!(ended.stdout.contains(&line), "{line}: {}", ended.stdout);
            assert!(matches!(check["status"].as_str(), Some("failed" | "manual")), "{check:#}");
            assert!(check["found"] != check["expected"] || !check["error"].is_null(), "{check:#}");
        }
        before = after;
    }
}

/// A guard that lets work for another database through is noticed: here the other one is the same one, which it must
/// let through.
#[test]
fn a_guard_that_refuses_nothing_is_noticed() {
    let rehearsal = Rehearsal::new();
    let file = rehearsal.home().join("guard.toml");
    let runbook = |other: &str| {
        format!(
            "format = 1\ntitle = 'Guard'\n[database.source]\ndoc = 'd'\naccess = 'read'\n[database.target]\ndoc = 'd'\n\
             access = 'write'\n[[step]]\nid = 'look'\ntitle = 'Look'\n\
             run.describe-database = {{ database = '{{{{ target.ocid }}}}' }}\n[[check]]\nid = 'guard'\ntitle = 'The guard refuses'\n\
             run.prove-guard = {{ on = 'target', other = '{{{{ {other}.ocid }}}}' }}\nfound = '[found.passed, found.refused]'\n\
             expect = [true, -20903]\n"
        )
    };
    for (other, code, found) in [("source", 0, "✓ The guard refuses"), ("target", 10, "found: [true,null]")]
    {
        std::fs::write(&file, runbook(other)).unwrap();
        let ended =
            rehearsal.on_sandbox(&["run", file.to_str().unwrap(), "prod", "dev", "--yes"]).expect(code);
        assert!(ended.stdout.contains(found), "{found}: {}", ended.stdout);
    }
}
