//! Whole databases: snapshots, restores into empty databases, drills.

use std::time::{Duration, Instant};

use serde_json::{Value, json as value};

use crate::capture::{alter, outputs};
use crate::contract::rows;
use crate::orders::flat;
use crate::support::{Ended, Rehearsal, json};

const SNAPSHOT: &str = "permanent/prod/snapshots/one/";

fn said(ended: &Ended) -> String {
    flat(&format!("{} {}", ended.stdout, ended.stderr))
}

fn run(rehearsal: &Rehearsal, words: &[&str]) -> Ended {
    rehearsal.on_sandbox(&[words, &["--yes", "--report", "json=report.json"]].concat())
}

fn number(rehearsal: &Rehearsal, database: &str, query: &str) -> Value {
    rows(rehearsal, database, query)[0].as_object().unwrap().values().next().unwrap().clone()
}

/// A snapshot of prod lies in the bucket.
fn snapshot(rehearsal: &Rehearsal) {
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    run(rehearsal, &["snapshot", "prod", "--label", "one"]).expect(0);
}

/// Takes everything away that people made in dev.
fn emptied(rehearsal: &Rehearsal) {
    alter(
        rehearsal,
        "dev",
        "begin apex_instance_admin.remove_workspace(p_workspace => 'SALES_WS'); commit; end;",
    );
    for user in ["sales_report", "sales", "wksp_sales", "dave", "test_robot"] {
        alter(rehearsal, "dev", &format!("drop user {user} cascade"));
    }
}

/// What is to be equal in two databases.
const PROOFS: &[&str] = &[
    "select count(*) as n, sum(order_id) as ids, min(ordered_on) as first, max(ordered_on) as last from sales.orders",
    "select count(*) as n, sum(quantity) as pieces, sum(unit_price) as prices from sales.order_items",
    "select count(*) as n, sum(score) as scores from sales_report.customer_scores",
    "select username from dba_users where oracle_maintained = 'N' order by username",
    "select role from dba_roles where oracle_maintained = 'N' order by role",
    "select owner, object_type, object_name, status from dba_objects where owner in ('SALES', 'SALES_REPORT') \
     and generated = 'N' and object_type not in ('JOB', 'DATABASE LINK') and object_type not like '%LOB%' order by 1, 2, 3",
    "select owner, trigger_name, status from dba_triggers where owner like 'SALES%' order by 1, 2",
    "select grantee, privilege from dba_sys_privs where grantee in ('SALES', 'SALES_REPORT', 'WKSP_SALES', 'AUDITORS') order by 1, 2",
    "select grantee, granted_role from dba_role_privs where grantee in ('SALES', 'SALES_REPORT', 'WKSP_SALES') order by 1, 2",
    "select grantee, owner, table_name, privilege from dba_tab_privs where grantee in ('SALES', 'SALES_REPORT', 'AUDITORS') order by 1, 2, 3, 4",
    "select owner, job_name, job_action, repeat_interval from dba_scheduler_jobs where owner = 'SALES' order by 1, 2",
    "select host, lower_port, principal, privilege from dba_host_aces where principal = 'SALES' and host not like '%.dev.%' order by 1, 2, 3, 4",
    "select workspace_name, schema from apex_workspace_schemas order by 1, 2",
    "select workspace_name, user_name, is_admin, is_application_developer from apex_workspace_apex_users order by 1, 2",
    "select workspace, application_id, application_name, alias, owner, version, authentication_scheme, pages from apex_applications order by 2",
    "select application_id, page_id, region_name, region_source from apex_application_page_regions order by 1, 2, 3",
    "select application_id, user_name, role_static_id from apex_appl_acl_user_roles order by 1, 2, 3",
    "select workspace_name, file_name, mime_type, dbms_lob.getlength(file_content) as bytes from apex_workspace_static_files order by 1, 2",
];

fn equal(rehearsal: &Rehearsal, one: &str, other: &str) {
    for proof in PROOFS {
        let (one, other) = (rows(rehearsal, one, proof), rows(rehearsal, other, proof));
        assert!(!one.is_empty(), "{proof}");
        assert_eq!(one, other, "{proof}");
    }
}

#[test]
fn a_snapshot_is_restored_into_an_empty_database() {
    let rehearsal = Rehearsal::new();
    alter(&rehearsal, "prod", "create role auditors");
    alter(&rehearsal, "prod", "grant create session to auditors");
    alter(&rehearsal, "prod", "grant select on sales.orders to auditors");
    alter(&rehearsal, "prod", "grant auditors to sales_report");
    // Without it nobody can make a link in that schema, and it stays to a person.
    alter(&rehearsal, "prod", "grant execute on dbms_cloud_admin to sales");
    snapshot(&rehearsal);
    // A database that is in use is refused by name, before anything is changed.
    let refused = run(&rehearsal, &["restore", "dev", "--dump", SNAPSHOT]).expect(5);
    assert!(
        said(&refused).contains("dev is not empty: schema DAVE with 0 objects, schema SALES with"),
        "{}",
        refused.stdout
    );
    // What the service says of a password that it does not take stands, where it is not about one that was in use lately.
    std::fs::write(rehearsal.home().join("weak"), "weak").unwrap();
    std::fs::set_permissions(
        rehearsal.home().join("weak"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let weak = format!("admin_password={{ file = \"{}\" }}", rehearsal.home().join("weak").display());
    let refused = run(&rehearsal, &["restore", "dev", "--dump", SNAPSHOT, "--set", &weak]);
    assert!(
        refused.code != 0 && said(&refused).contains("has to have 12 to 30 characters"),
        "{}",
        said(&refused)
    );
    assert!(!said(&refused).contains("lately"), "{}", said(&refused));
    let production = run(&rehearsal, &["restore", "prod", "--dump", SNAPSHOT]).expect(4);
    assert!(said(&production).contains("is a production database"), "{}", production.stderr);
    emptied(&rehearsal);
    // A role that is there already is noise.
    alter(&rehearsal, "dev", "create role auditors");
    let link = rehearsal.home().join("link");
    std::fs::write(&link, "Erp#Reader2026x").unwrap();
    std::fs::set_permissions(&link, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let links = format!(
        "link_passwords=[{{ owner = \"SALES\", db_link = \"ERP_LINK\", password = {{ file = \"{}\" }} }}]",
        link.display()
    );
    // One of the restored users gets a password; all others get none.
    let users = format!(
        "reset_users=[{{ username = \"SALES_REPORT\", password = {{ file = \"{}\" }} }}]",
        link.display()
    );
    run(&rehearsal, &["restore", "dev", "--dump", SNAPSHOT, "--set", &links, "--set", &users]).expect(0);
    equal(&rehearsal, "prod", "dev");
    let noise = &outputs(&rehearsal, "import")["errors"];
    assert!(
        noise.as_array().unwrap().iter().any(|e| e["code"] == "ORA-31684" && e["why"].is_string()),
        "{noise}"
    );
    let open = |query: &str| number(&rehearsal, "dev", query);
    assert_eq!(open("select count(*) from dba_db_links where db_link like 'ERP_LINK%'"), 1);
    assert_eq!(open("select count(*) from dba_scheduler_jobs where owner = 'SALES' and enabled = 'TRUE'"), 0);
    let with_password = "select username from dba_users where oracle_maintained = 'N' and authentication_type <> 'NONE' and username <> 'ADMIN'";
    assert_eq!(rows(&rehearsal, "dev", with_password), [value!({ "username": "SALES_REPORT" })]);
    assert_eq!(open("select count(*) from apex_workspace_apex_users where account_locked = 'No'"), 0);
    assert_eq!(open("select count(*) from dba_datapump_jobs"), 0);
    // Asking a link makes a procedure for a moment; one of that name that is somebody else's stays.
    alter(&rehearsal, "dev", "create procedure sales.adbctl_try_link as begin null; end;");
    let book = "format = 1\ntitle = 'Ask'\n[database.source]\ndoc = 's'\naccess = 'read'\n[database.target]\ndoc = 't'\naccess = 'write'\n\
        [[step]]\nid = 'a'\ntitle = 'Ask'\n[step.run.plsql]\non = 'target'\ntemplate = 'replay/try_links'\n\
        args = { links = [{ owner = 'SALES', db_link = 'ERP_LINK' }] }\n";
    std::fs::write(rehearsal.home().join("own.toml"), book).unwrap();
    let asked = run(&rehearsal, &["run", "./own.toml", "prod", "dev"]).expect(0);
    assert!(
        said(&asked).contains("not asked: there is a procedure SALES.ADBCTL_TRY_LINK already"),
        "{}",
        said(&asked)
    );
    let theirs = "select count(*) from dba_objects where object_name = 'ADBCTL_TRY_LINK'";
    assert_eq!(open(theirs), 1);
    alter(&rehearsal, "dev", "drop procedure sales.adbctl_try_link");
    run(&rehearsal, &["run", "./own.toml", "prod", "dev"]).expect(0);
    assert_eq!(open(theirs), 0);
    // Into a database that holds the same already. Its applications stay unless it is said that they may go, and then are kept.
    let again = ["restore", "dev", "--dump", SNAPSHOT, "--existing", "skip"];
    let kept = run(&rehearsal, &again).expect(5);
    assert!(
        said(&kept).contains("dev has applications with numbers of the snapshot's: 100 ("),
        "{}",
        said(&kept)
    );
    // An earlier try left an account open: it comes with the dump, so it is closed, although the import fails.
    alter(&rehearsal, "dev", "alter user sales identified by \"Known2026#there\"");
    let failed = run(&rehearsal, &[&again[..], &["--overwrite"]].concat()).expect(6);
    assert!(said(&failed).contains("ORA-39151"), "{}", said(&failed));
    assert_eq!(
        open("select count(*) from dba_users where username = 'SALES' and authentication_type = 'NONE'"),
        1
    );
    let listed = rehearsal.on_sandbox(&["object", "list", "permanent/dev/apex/replaced/"]).expect(0).stdout;
    assert!(listed.contains("/f100.sql"), "{listed}");
}

/// Everything of a snapshot of dev lies in the archive, and dev is in use: what becomes of its tables is said with --existing.
#[test]
fn an_archived_snapshot_is_restored_over_what_is_there_as_it_is_told() {
    let rehearsal = Rehearsal::new();
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    run(&rehearsal, &["snapshot", "dev", "--label", "one"]).expect(0);
    let before: Vec<_> = PROOFS.iter().map(|proof| rows(&rehearsal, "dev", proof)).collect();
    let as_before = || {
        for (proof, before) in PROOFS.iter().zip(&before) {
            assert_eq!(&rows(&rehearsal, "dev", proof), before, "{proof}");
        }
    };
    crate::dump_faults::days_pass(&rehearsal, 91);
    let restore = |existing: &str, more: &[&str], code: i32, wanted: &[&str]| {
        let words = [
            "restore",
            "dev",
            "--dump",
            "permanent/dev/snapshots/one/",
            "--existing",
            existing,
            "--overwrite",
        ];
        let said = said(&run(&rehearsal, &[&words[..], more].concat()).expect(code));
        for wanted in wanted {
            assert!(said.contains(wanted), "--existing {existing}: {wanted:?} is not in {said}");
        }
    };
    // Rows that were not loaded are a failure, and what is there stays.
    alter(&rehearsal, "dev", "begin delete from sales.order_items where rownum <= 5; commit; end;");
    let items = rows(&rehearsal, "dev", PROOFS[1]);
    let archived = "archived pieces, which takes up to an hour";
    restore("skip", &[], 6, &[archived, "ORA-39151", "\"SALES\".\"ORDER_ITEMS\""]);
    assert_eq!(rows(&rehearsal, "dev", PROOFS[1]), items);
    // What is referred to cannot be emptied.
    restore("truncate", &[], 6, &["ORA-39120", "\"SALES\".\"CUSTOMERS\""]);
    restore("replace", &[], 0, &[]);
    as_before();
    // Some of its schemas, beside what is there.
    let words =
        ["import", "dev", "--dump", "permanent/dev/snapshots/one/", "--schema", "SALES_REPORT:REPORT_TWO"];
    run(&rehearsal, &words).expect(0);
    let scores = "select count(*) as n, sum(score) as scores from report_two.customer_scores";
    assert_eq!(&rows(&rehearsal, "dev", scores), &before[2]);
    alter(&rehearsal, "dev", "drop user report_two cascade");
    // One table is there already, with a row of its own.
    emptied(&rehearsal);
    alter(&rehearsal, "dev", "create user sales no authentication quota unlimited on data");
    alter(
        &rehearsal,
        "dev",
        "create table sales.settings (name varchar2(60) constraint settings_pk primary key, value varchar2(4000))",
    );
    alter(&rehearsal, "dev", "begin insert into sales.settings values ('of dev', 'stays'); commit; end;");
    let password = || std::fs::read_to_string(rehearsal.sandbox().join("passwords/dev")).unwrap();
    let old = password();
    restore("append", &["--keep-passwords", "--new-admin-password"], 0, &[]);
    assert_ne!(password(), old, "ADMIN's");
    let settings =
        "select count(*) as n, count(case when name = 'of dev' then 1 end) as own from sales.settings";
    let held = number(&rehearsal, "dev", settings);
    assert!(held.as_i64() > Some(1), "{held}");
    assert_eq!(rows(&rehearsal, "dev", settings)[0]["own"], 1);
    let dave = "select authentication_type from dba_users where username = 'DAVE'";
    assert_eq!(number(&rehearsal, "dev", dave), "PASSWORD");
    alter(&rehearsal, "dev", "begin delete from sales.settings where name = 'of dev'; commit; end;");
    as_before();
}

/// How many databases were created, and how many terminated.
fn created_and_gone(rehearsal: &Rehearsal) -> (usize, usize) {
    let audit = rehearsal.audit();
    let of = |method: &str, step: &str| {
        audit
            .iter()
            .filter(|line| line["method"] == method && line["step"] == step && line["status"] == 200)
            .count()
    };
    let gone = audit.iter().filter(|line| line["method"] == "DELETE" && line["step"] == "terminate").count();
    (of("POST", "create"), gone)
}

/// What the drills of prod recorded, the newest last.
fn records(rehearsal: &Rehearsal) -> Vec<Value> {
    let listed = rehearsal.on_sandbox(&["object", "list", "permanent/prod/drills/"]).expect(0).stdout;
    let names =
        listed.split_whitespace().filter_map(|word| word.split_once("manifest.json").map(|(at, _)| at));
    let file = rehearsal.home().join("record.json");
    let mut all: Vec<Value> = names
        .map(|name| {
            let name = format!("{name}manifest.json");
            rehearsal.on_sandbox(&["object", "get", &name, file.to_str().unwrap(), "--force"]).expect(0);
            json(&file)
        })
        .collect();
    all.sort_by_key(|record| record["finished"].as_str().unwrap().to_owned());
    all
}

#[test]
fn a_drill_leaves_nothing_but_its_record() {
    let rehearsal = Rehearsal::new();
    snapshot(&rehearsal);
    run(&rehearsal, &["drill", "prod", "--dump", SNAPSHOT]).expect(0);
    assert_eq!(created_and_gone(&rehearsal), (1, 1));
    let [record] = &records(&rehearsal)[..] else { panic!("one record") };
    assert_eq!(
        [&record["kind"], &record["outcome"], &record["dump"], &record["failed"]],
        [&value!("drill"), &value!("succeeded"), &value!(SNAPSHOT), &Value::Null]
    );
    let steps = record["steps"].as_array().unwrap();
    let import = steps.iter().find(|step| step["id"] == "import").unwrap();
    assert!(import["seconds"].as_f64().unwrap() > 0.0 && import["status"] == "done", "{import}");
    assert_eq!(steps.last().unwrap()["id"], "terminate");
    let doctor = said(&rehearsal.on_sandbox(&["doctor", "prod"]));
    assert!(doctor.contains("last drill") && doctor.contains("succeeded"), "{doctor}");
    let upgrade = said(&rehearsal.on_sandbox(&["doctor", "--for", "upgrade", "prod"]));
    for line in ["full export", "app exports", "environment", "restore drill"] {
        let good = |text: &str| text.contains(&format!("✓ {line}")) && text.contains("without errors");
        assert!(upgrade.lines().any(good), "{line} in {upgrade}");
    }
    // A job that breaks in the middle: the database goes all the same, and the record says where it was.
    rehearsal.fault(&value!({
        "path": "*sql*", "count": 1, "action": { "engine": { "name": "pump-errors", "detail": { "errors": 2 } } },
    }));
    let failed = run(&rehearsal, &["drill", "prod", "--dump", SNAPSHOT]);
    assert_eq!(failed.code, 6, "{}", failed.stdout);
    assert!(said(&failed).contains("ORA-31693"), "{}", failed.stdout);
    assert_eq!(created_and_gone(&rehearsal), (2, 2));
    let record = records(&rehearsal).pop().unwrap();
    assert_eq!([&record["outcome"], &record["failed"]], [&value!("failed"), &value!("import")]);
    let resumed = said(&rehearsal.on_sandbox(&["resume", "--yes"]).expect(3));
    assert!(resumed.contains("begin a new run"), "{resumed}");
    let doctor = said(&rehearsal.on_sandbox(&["doctor", "prod"]));
    assert!(doctor.contains("last drill") && doctor.contains("failed"), "{doctor}");
}

#[test]
fn a_drill_that_is_killed_terminates_its_database_when_it_is_resumed() {
    let rehearsal = Rehearsal::at_speed("3");
    snapshot(&rehearsal);
    let mut child = rehearsal
        .sandbox_command(&["drill", "prod", "--dump", SNAPSHOT, "--ecpu", "3", "--yes"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let journal =
        || std::fs::read_to_string(rehearsal.newest_run().join("journal.jsonl")).unwrap_or_default();
    while !journal().contains("\"import\"") {
        assert!(begun.elapsed() < Duration::from_mins(2), "the import does not begin");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(created_and_gone(&rehearsal), (1, 0));
    rehearsal.on_sandbox(&["resume", "--yes"]).expect(0);
    assert_eq!(created_and_gone(&rehearsal), (1, 1));
    assert_eq!(records(&rehearsal)[0]["outcome"], "succeeded");
    // Its own size, not that of prod.
    assert_ne!(rehearsal.show("prod")["computeCount"].as_f64(), Some(3.0));
    let kept = std::fs::read_dir(rehearsal.newest_run().join("kept")).unwrap();
    let made = kept.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let is_so = |text: &String| text.contains("\"computeCount\":3") && text.contains("AVAILABLE");
    assert!(made.filter(is_so).count() > 0);
}
