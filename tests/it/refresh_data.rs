//! `refresh-data`: rows come, everything else stays; and whatever happens, what was switched off is back.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json as value};

use crate::contract::rows;
use crate::hands;
use crate::kill::kill_at;
use crate::orders::{configured, flat, run_with};
use crate::support::{Ended, Rehearsal, json, next_second};

const REFRESH: &[&str] = &["refresh-data", "prod", "dev", "--schema", "sales,sales_report", "--yes"];

/// Where runs are killed unless `ADBCTL_KILL_POINTS` says `all`, or names other records: while things are switched off, while the
/// import is at work, and while they are put back.
const POINTS: &[usize] = &[114, 118, 130];

/// Both databases are prepared, and development has states that are worth keeping: a trigger of another schema, one that is
/// off, keys that are disabled, disabled and yet validated, or were never validated, a job that is off.
fn prepared() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    for database in ["prod", "dev"] {
        rehearsal.on_sandbox(&["setup", database, "--yes"]).expect(0);
    }
    // Fewer rows of the large tables.
    hands::sql(
        &rehearsal,
        "prod",
        "delete from sales.payments where order_id > 100400;\ndelete from sales.order_items where order_id > 100400;\n\
         delete from sales.orders where order_id > 100400;\ncommit;\n",
    );
    hands::sql(
        &rehearsal,
        "dev",
        "create trigger sales_report.watch before insert on sales.regions for each row\nbegin\n  :new.name := upper(:new.name);\nend;\n/\n\
         alter table sales.notes disable constraint notes_customer_fk;\n\
         alter table sales.payments modify constraint payments_order_fk enable novalidate;\n\
         alter table sales.order_items modify constraint items_order_fk disable validate;\n\
         begin\n  dbms_scheduler.disable('SALES.PURGE_CANCELLED');\n  dbms_utility.compile_schema('SALES', false);\nend;\n/\n",
    );
    rehearsal
}

fn refresh(rehearsal: &Rehearsal, more: &[&str]) -> Ended {
    let report = ["--report", "json=report.json"];
    next_second();
    rehearsal.on_sandbox(&[REFRESH, &report, more].concat())
}

fn says(ended: &Ended, words: &[&str]) {
    let said = flat(&format!("{} {}", ended.stdout, ended.stderr));
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
}

/// What must be as it was: states first, then everything else that is no row.
const KEPT: &[&str] = &[
    "select owner, trigger_name, status from dba_triggers where owner in ('SALES', 'SALES_REPORT') order by owner, trigger_name",
    "select owner, constraint_name, status, validated, rely from dba_constraints where owner in ('SALES', 'SALES_REPORT') \
     order by owner, constraint_name",
    "select owner, job_name, enabled from dba_scheduler_jobs order by owner, job_name",
    "select application_id, application_name, availability_status, pages from apex_applications order by application_id",
    "select workspace_name, user_name, email, is_admin, account_locked from apex_workspace_apex_users order by workspace_name, user_name",
    "select grantee, owner, table_name, privilege from dba_tab_privs where owner in ('SALES', 'SALES_REPORT') \
     order by grantee, owner, table_name, privilege",
    "select object_type, object_name, created from dba_objects where owner in ('SALES', 'SALES_REPORT') order by object_type, object_name",
    "select table_name, column_name, data_type, data_length, nullable from dba_tab_cols where owner = 'SALES' order by table_name, column_name",
    "select name, type, line, text from dba_source where owner = 'SALES' order by name, type, line",
];

fn kept(rehearsal: &Rehearsal) -> Vec<Vec<Value>> {
    KEPT.iter().map(|query| rows(rehearsal, "dev", query)).collect()
}

#[track_caller]
fn is_kept(rehearsal: &Rehearsal, before: &[Vec<Value>]) {
    for ((query, before), after) in KEPT.iter().zip(before).zip(kept(rehearsal)) {
        let gone: Vec<&Value> = before.iter().filter(|row| !after.contains(row)).collect();
        let new: Vec<&Value> = after.iter().filter(|row| !before.contains(row)).collect();
        assert!(gone.is_empty() && new.is_empty(), "{query}\ngone: {gone:#?}\nnew: {new:#?}");
    }
}

/// What decides whether the rows are those of production.
const ROWS: &[&str] = &[
    "select region_id, name from sales.regions order by region_id",
    "select count(*) as n, sum(customer_id) as ids, min(email) as first, max(created_at) as last from sales.customers",
    "select count(*) as n, sum(price) as prices from sales.products",
    "select count(*) as n, sum(order_id) as ids, max(ordered_on) as last from sales.orders",
    "select count(*) as n, sum(quantity) as pieces, sum(unit_price) as prices from sales.order_items",
    "select count(*) as n, sum(amount) as amounts from sales.payments",
    "select count(*) as n, sum(length(body)) as letters from sales.notes",
    "select name, value from sales.settings order by name",
    "select count(*) as n, sum(score) as scores from sales_report.customer_scores",
];

#[track_caller]
fn rows_are_equal(rehearsal: &Rehearsal) {
    for query in ROWS {
        assert_eq!(rows(rehearsal, "prod", query), rows(rehearsal, "dev", query), "{query}");
    }
}

fn number(rehearsal: &Rehearsal, query: &str) -> u64 {
    hands::number(&hands::sql(rehearsal, "dev", query))
}

fn open_checks(rehearsal: &Rehearsal) -> Vec<Value> {
    let report = json(&rehearsal.home().join("report.json"));
    let checks = report["checks"].as_array().unwrap().clone();
    checks.into_iter().filter(|check| check["status"] != "passed" && check["status"] != "skipped").collect()
}

/// The runs of refreshes, the newest first.
fn refreshes(rehearsal: &Rehearsal) -> Vec<String> {
    let listed = rehearsal.on_sandbox(&["runs", "list", "--output", "json"]).expect(0).stdout;
    let runs: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let of = |run: &&Value| run["runbook"] == "refresh-data";
    runs.iter().filter(of).map(|run| run["run"].as_str().unwrap().to_owned()).collect()
}

/// Puts back what a record says, in a run of its own.
fn put_back(rehearsal: &Rehearsal, timeout: &str, job: &str, record: &str) -> Ended {
    let book = format!(
        "format = 1\ntitle = 'Put back'\n[database.source]\ndoc = 's'\naccess = 'read'\n[database.target]\ndoc = 't'\naccess = 'write'\n\
         [[step]]\nid = 'a'\ntitle = 'Put back'\ntimeout = '{timeout}'\n[step.run.plsql]\non = 'target'\ntemplate = 'refresh/put_back'\n\
         args = {{ record = {record}, job_name = '{job}', accept_orphans = 0 }}\n"
    );
    std::fs::write(rehearsal.home().join("own.toml"), book).unwrap();
    rehearsal.on_sandbox(&["run", "./own.toml", "prod", "dev", "--yes"])
}

/// Somebody who works in a database and has not committed.
fn somebody_works(rehearsal: &Rehearsal, name: &str, tables: &[&str]) {
    let detail = value!({ "user": "sales", "module": "Toad", "tables": tables });
    let action = value!({ "engine": { "name": "hold-locks", "detail": detail } });
    rehearsal.fault(&value!({ "count": 1, "path": "*sql*", "action": action }));
    hands::sql(rehearsal, name, "select 1 from dual;");
}

#[test]
fn rows_come_and_everything_else_stays() {
    let rehearsal = prepared();
    // A trigger that fired would put this into small letters.
    hands::sql(
        &rehearsal,
        "prod",
        "alter trigger sales.customers_biu disable;\nupdate sales.customers set email = 'A.Mixed@Example.com' where customer_id = 1;\ncommit;\n\
         alter trigger sales.customers_biu enable;\n\
         create sequence sales.rounds start with 500 maxvalue 1000 cycle;\ncreate sequence sales.falling start with 500;\n\
         create table sales.only_there (n number);\ninsert into sales.only_there values (1);\ncommit;\n",
    );
    hands::sql(
        &rehearsal,
        "dev",
        // These two sequences stay as they are, wherever production's stand.
        "create sequence sales.rounds start with 5 maxvalue 1000 cycle;\n\
         create sequence sales.falling start with 900 maxvalue 1000 increment by -1;\n\
         create table sales.only_here (n number);\ninsert into sales.only_here values (7);\ncommit;\n",
    );
    let before = kept(&rehearsal);
    let ended = refresh(&rehearsal, &[]).expect(0);
    rows_are_equal(&rehearsal);
    is_kept(&rehearsal, &before);
    let mixed = "select count(*) from sales.customers where email = 'A.Mixed@Example.com'";
    assert_eq!(number(&rehearsal, mixed), 1, "no trigger fired");
    assert_eq!(
        number(&rehearsal, "select n from sales.only_here"),
        7,
        "a table of the target alone keeps its rows"
    );
    let open: Vec<Value> = open_checks(&rehearsal).iter().map(|check| check["id"].clone()).collect();
    assert_eq!(open, ["tables_kept", "rows_had_a_place"]);
    says(&ended, &["SALES.ONLY_HERE: in the target only", "SALES.ONLY_THERE: in the source only"]);
    // Production's numbers, and a margin; identity columns too, each with the generation it had.
    let last = |database: &str| {
        let query = "select last_number from dba_sequences where sequence_name = 'ORDER_NUMBER_SEQ'";
        rows(&rehearsal, database, query)[0]["last_number"].as_u64().unwrap()
    };
    assert_eq!(last("dev"), last("prod") + 1000);
    hands::sql(
        &rehearsal,
        "dev",
        "insert into sales.products (sku, name, price) values ('NEW', 'New', 1);\n\
         insert into sales.customers (name, region_id) values ('New', 1);\ncommit;\n",
    );
    assert_eq!(number(&rehearsal, "select max(product_id) from sales.products"), 1401);
    assert_eq!(number(&rehearsal, "select max(customer_id) from sales.customers"), 4001);
    let analyzed =
        "select count(*) from dba_tables where owner = 'SALES' and table_name = 'ORDERS' and num_rows = 400";
    assert_eq!(number(&rehearsal, analyzed), 1);
    // What is to be put back stands in the journal before anything is switched off.
    let journal = std::fs::read_to_string(rehearsal.newest_run().join("journal.jsonl")).unwrap();
    let at = |what: &str| journal.lines().position(|line| line.contains(what)).unwrap();
    for record in ["record", "record_jobs", "record_applications"] {
        assert!(
            at(&format!("\"step-done\":{{\"step\":\"{record}\""))
                < at("\"act-sent\":{\"step\":\"applications_off\""),
            "{record}"
        );
    }
    // The source is counted on request, as it is now.
    let check = |id: &str| -> Value {
        let report = json(&rehearsal.home().join("report.json"));
        report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap().clone()
    };
    assert_eq!(check("source_counted")["status"], "skipped");
    hands::sql(&rehearsal, "prod", "delete from sales.notes where rownum = 1;\ncommit;");
    let verify = ["verify", "dev", "--report", "json=report.json"];
    rehearsal.on_sandbox(&verify).expect(0);
    assert_eq!(check("source_counted")["status"], "skipped");
    rehearsal.on_sandbox(&[&verify[..], &["--live-counts"]].concat()).expect(0);
    let counted = check("source_counted");
    assert_eq!(counted["status"], "manual");
    assert!(counted["found"].as_array().unwrap().iter().any(|table| table["table"] == "NOTES"), "{counted}");
    // A second time nothing goes backwards, and nothing is in its way.
    hands::sql(
        &rehearsal,
        "dev",
        "alter sequence sales.order_number_seq restart start with 500000;\n\
         alter table sales.products modify product_id generated by default as identity (start with 1);",
    );
    refresh(&rehearsal, &["--exclude-table", "settings,products"]).expect(0);
    assert_eq!(last("dev"), 500_000);
    let open: Vec<Value> = open_checks(&rehearsal).iter().map(|check| check["found"].clone()).collect();
    assert_eq!(open[0], value!(["SALES.ONLY_HERE: in the target only", "SETTINGS", "PRODUCTS"]));
}

#[test]
fn what_stops_it_before_anything_moves() {
    let rehearsal = prepared();
    let check = |schema: &str, more: &[&str], words: &[&str]| {
        let lines = rehearsal.audit().len();
        let all = [&["refresh-data", "prod", "dev", "--schema", schema, "--yes"], more].concat();
        says(&rehearsal.on_sandbox(&all).expect(5), words);
        let audit = rehearsal.audit();
        let jobs = audit[lines..].iter().filter(|line| {
            line["effect"] == "write"
                && matches!(
                    line["step"].as_str(),
                    Some("export" | "applications_off" | "switch_off" | "import")
                )
        });
        assert_eq!(jobs.count(), 0, "{words:?}");
    };
    check("sales:nobody", &[], &["not in dev: NOBODY", "adbctl import dev"]);
    check("sales:sys", &[], &["SYS in dev is no schema of an application"]);
    check("nobody:sales", &[], &["not in prod: NOBODY"]);
    check("sales:wksp_sales", &[], &["SALES in prod and WKSP_SALES in dev have no table in common"]);
    let columns = "alter table sales.orders modify status varchar2(30);\nalter table sales.orders add (seen date);\n\
                   alter table sales.regions modify name null;\n";
    hands::sql(&rehearsal, "dev", columns);
    let drift = [
        "columns differ",
        "SALES.ORDERS.SEEN: DATE in the target, missing in the source",
        "SALES.ORDERS.STATUS: VARCHAR2(12 BYTE) not null in the source, VARCHAR2(30 BYTE) not null in the target",
        "SALES.REGIONS.NAME: VARCHAR2(60 BYTE) not null in the source, VARCHAR2(60 BYTE) in the target",
    ];
    check("sales", &[], &drift);
    // One table and one column are acknowledged; one column is left.
    check(
        "sales",
        &["--acknowledge-drift", "regions,sales.orders.seen"],
        &["columns differ: SALES.ORDERS.STATUS", "--acknowledge-drift"],
    );
    hands::sql(&rehearsal, "prod", "alter table sales.notes add (tag varchar2(5));");
    let cannot = [
        "rows cannot be loaded: SALES.NOTES.TAG: VARCHAR2(5 BYTE) in the source, missing in the target",
        "--exclude-table",
    ];
    check("sales", &["--acknowledge-drift", "*"], &cannot);
    let of_plan = |words: &[&str], code: i32, said: &str| {
        says(&rehearsal.on_sandbox(&[&["refresh-data"], words, &["--yes"]].concat()).expect(code), &[said]);
    };
    of_plan(&["dev", "prod", "--schema", "sales"], 4, "prod is a production database, and is never a target");
    of_plan(&["dev", "dev", "--schema", "sales"], 4, "dev cannot be refreshed from itself");
    of_plan(
        &["prod", "dev", "--schema", "sales:a,sales_report:a"],
        3,
        "two schemas cannot be loaded into one",
    );
    let without = configured(&rehearsal, |text| text.replace("bucket = ", "# bucket = "));
    says(&run_with(&rehearsal, &without, REFRESH).expect(3), &["no bucket for dumps is configured"]);
    // With what differs acknowledged, and what cannot be loaded left out, it comes to where somebody works.
    hands::sql(
        &rehearsal,
        "dev",
        "alter table sales.regions modify name not null;\nalter table sales.orders drop column seen;\nalter table sales.orders modify status varchar2(12);",
    );
    hands::sql(&rehearsal, "dev", "begin\n  dbms_utility.compile_schema('SALES', false);\nend;\n/\n");
    // More tables than a text holds the names of.
    let many: Vec<String> = (0..40).map(|n| format!("SALES.{}{n:02}", "Z".repeat(110))).collect();
    let made: Vec<String> = many.iter().map(|name| format!("create table {name} (n number);\n")).collect();
    hands::sql(&rehearsal, "dev", &made.concat());
    let before = kept(&rehearsal);
    let locked: Vec<&str> =
        ["SALES.ORDERS", "SALES.PAYMENTS"].into_iter().chain(many.iter().map(String::as_str)).collect();
    somebody_works(&rehearsal, "dev", &locked);
    hands::sql(&rehearsal, "prod", "alter table sales.notes drop column tag;");
    let ended = refresh(&rehearsal, &[]).expect(6);
    says(
        &ended,
        &[
            "dev is in use: SALES (session",
            "Toad, locks SALES.ORDERS, SALES.PAYMENTS, SALES.ZZZ",
            "and 32 more)",
            "--end-sessions",
        ],
    );
    is_kept(&rehearsal, &before);
    refresh(&rehearsal, &["--end-sessions"]).expect(0);
    rows_are_equal(&rehearsal);
    is_kept(&rehearsal, &before);
    assert_eq!(number(&rehearsal, "select count(*) from v$locked_object"), 0);
}

/// Rows of production whose parent is missing, since its key was off for a while.
const ORPHANS: &str = "alter table sales.payments disable constraint payments_order_fk;\n\
    insert into sales.payments (order_id, paid_on, amount) values (1, sysdate, 5);\n\
    insert into sales.payments (order_id, paid_on, amount) values (2, sysdate, 6);\ncommit;\n";

#[test]
fn orphans_fail_by_name_or_stay_by_decision() {
    let rehearsal = prepared();
    hands::sql(&rehearsal, "prod", ORPHANS);
    // Here the key is to be validated again.
    hands::sql(
        &rehearsal,
        "dev",
        "alter table sales.payments modify constraint payments_order_fk enable validate;",
    );
    let before = kept(&rehearsal);
    let key = |wanted: [&str; 2]| {
        let query =
            "select status, validated from dba_constraints where constraint_name = 'PAYMENTS_ORDER_FK'";
        assert_eq!(rows(&rehearsal, "dev", query), [value!({ "status": wanted[0], "validated": wanted[1] })]);
    };
    let ended = refresh(&rehearsal, &[]).expect(6);
    says(
        &ended,
        &[
            "SALES.PAYMENTS_ORDER_FK cannot be validated (ORA-02298): 2 rows of SALES.PAYMENTS have no parent in SALES.ORDERS, such as ROWID",
        ],
    );
    key(["ENABLED", "NOT VALIDATED"]);
    // A new run would take that for how it is meant to be.
    is_owed(&rehearsal, REFRESH);
    is_owed(&rehearsal, &["refresh-data", "prod", "dev", "--schema", "sales_report", "--yes"]);
    // Where the rows without parent cannot be found out, everything else is back all the same.
    hands::sql(
        &rehearsal,
        "dev",
        "alter trigger sales.customers_biu disable;\nalter table sales.customers disable constraint customers_region_fk;",
    );
    let record = "[{ kind = 'foreign key', owner = 'SALES', name = 'PAYMENTS_ORDER_FK', table_name = 'PAYMENTS', status = 'ENABLED', \
                  validated = 'VALIDATED', parent_owner = 'SALES', parent_table = 'GONE' }, \
                  { kind = 'foreign key', owner = 'SALES', name = 'CUSTOMERS_REGION_FK', table_name = 'CUSTOMERS', status = 'ENABLED', \
                  validated = 'VALIDATED', parent_owner = 'SALES', parent_table = 'REGIONS' }, \
                  { kind = 'trigger', owner = 'SALES', name = 'CUSTOMERS_BIU', status = 'ENABLED' }]";
    says(
        &put_back(&rehearsal, "1m", "", record).expect(5),
        &[
            "SALES.PAYMENTS_ORDER_FK cannot be validated (ORA-02298): some rows of SALES.PAYMENTS",
            "ORA-00942",
        ],
    );
    let on = "select count(*) from dba_triggers t, dba_constraints c where t.trigger_name = 'CUSTOMERS_BIU' and t.status = 'ENABLED' \
              and c.constraint_name = 'CUSTOMERS_REGION_FK' and c.status = 'ENABLED' and c.validated = 'VALIDATED'";
    assert_eq!(number(&rehearsal, on), 1);
    // Everything else is back, and the rows are there. Once the orphans are gone the run ends as it should have.
    hands::sql(&rehearsal, "dev", "delete from sales.payments where order_id < 3;\ncommit;");
    let first = refreshes(&rehearsal).remove(0);
    let undone = rehearsal.on_sandbox(&["undo"]).expect(0).stdout;
    let place = |words: &str| undone.find(words).unwrap_or_else(|| panic!("{words}: {undone}"));
    let story =
        ["Put back", "✓ put_back", "is put back", "resume", "Checks that were not made", "– No sequence"];
    assert!(story.is_sorted_by_key(|words| place(words)), "{undone}");
    assert!(!undone.contains("drift_known"), "{undone}");
    rehearsal.on_sandbox(&["resume", &first, "--report", "json=report.json"]).expect(0);
    is_kept(&rehearsal, &before);
    let ended = refresh(&rehearsal, &["--orphans", "novalidate"]).expect(0);
    key(["ENABLED", "NOT VALIDATED"]);
    says(&ended, &["No foreign key had to be left without validation"]);
    let open = open_checks(&rehearsal);
    assert_eq!(open.len(), 1, "{open:#?}");
    let found = &open[0]["found"][0];
    assert_eq!(
        [&found["name"], &found["table_name"], &found["rows"]],
        [&value!("PAYMENTS_ORDER_FK"), &value!("PAYMENTS"), &value!(2)]
    );
    let place = found["rowids"].as_str().unwrap().split(", ").next().unwrap().to_owned();
    assert_eq!(
        number(&rehearsal, &format!("select order_id from sales.payments where rowid = '{place}'")),
        1
    );
    rows_are_equal(&rehearsal);
}

/// A new run is refused, and nothing is done, while the newest one has to put back what it recorded.
#[track_caller]
fn is_owed(rehearsal: &Rehearsal, words: &[&str]) {
    let run = rehearsal.newest_run().file_name().unwrap().to_str().unwrap().to_owned();
    let runs = || std::fs::read_dir(rehearsal.sandbox().join("state/runs")).unwrap().count();
    let before = runs();
    let ended = rehearsal.on_sandbox(words).expect(4);
    let commands = [format!("resume {run}"), format!("undo {run}")];
    says(&ended, &["still has to put back states that it recorded", &commands[0], &commands[1]]);
    assert_eq!(runs(), before);
}

#[test]
fn an_import_that_fails_leaves_nothing_switched_off() {
    let rehearsal = prepared();
    let before = kept(&rehearsal);
    // There is no room: the job waits, is halted while everything is back, and goes on with everything off.
    hands::sql(&rehearsal, "dev", "alter user sales quota 100000 on data;");
    says(&refresh(&rehearsal, &[]).expect(6), &["waits for room (ORA-39171)"]);
    is_back(&rehearsal, &before);
    let jobs = "select state from dba_datapump_jobs";
    assert_eq!(
        rows(&rehearsal, "dev", jobs),
        [value!({ "state": "NOT RUNNING" })],
        "it does not go on by itself"
    );
    let failed = rehearsal.audit().len();
    hands::sql(
        &rehearsal,
        "dev",
        "alter user sales quota unlimited on data;\n\
         create trigger sales_report.late before insert on sales.regions for each row\nbegin\n  null;\nend;\n/\n\
         insert into sales.regions (region_id, name) values (9999, 'written meanwhile');\ncommit;\n",
    );
    let first = refreshes(&rehearsal).remove(0);
    says(
        &rehearsal.on_sandbox(&["resume", &first]).expect(6),
        &["on by now, and off or not there when the states were recorded: trigger SALES_REPORT.LATE"],
    );
    let off = |line: &Value| line["step"] == "switch_off" && line["effect"] == "write";
    assert_eq!(rehearsal.audit()[failed..].iter().filter(|line| off(line)).count(), 0);
    hands::sql(&rehearsal, "dev", "drop trigger sales_report.late;");
    rehearsal.on_sandbox(&["resume", &first]).expect(0);
    rows_are_equal(&rehearsal);
    is_kept(&rehearsal, &before);
    // Rows that a table does not take.
    hands::sql(
        &rehearsal,
        "dev",
        "alter table sales.products add constraint cheap check (price < 50) disable;\nalter table sales.products modify constraint cheap enable novalidate;",
    );
    says(&refresh(&rehearsal, &[]).expect(6), &["ORA-31693", "\"SALES\".\"PRODUCTS\"", "ORA-02290"]);
    is_back(&rehearsal, &before);
    // The emptied table is what keys point at, so what was recorded waits for its rows.
    says(
        &rehearsal.on_sandbox(&["undo"]).expect(6),
        &["SALES.ITEMS_PRODUCT_FK cannot be validated (ORA-02298)"],
    );
    is_owed(&rehearsal, REFRESH);
    // The cause is mended, and the same run loads everything again. It sees that a constraint is gone.
    hands::sql(&rehearsal, "dev", "alter table sales.products drop constraint cheap;");
    let ended = rehearsal.on_sandbox(&["resume"]).expect(10);
    says(&ended, &["had ended with errors and begins again", "CHEAP"]);
    rows_are_equal(&rehearsal);
    is_kept(&rehearsal, &before);
    let first = rehearsal.newest_run().file_name().unwrap().to_str().unwrap().to_owned();
    says(&rehearsal.on_sandbox(&["undo", &first]).expect(0), &["nothing left to put back"]);
    // Killed and given up, and taken up again after all.
    next_second();
    let child =
        rehearsal.sandbox_command(REFRESH).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    kill_at(&rehearsal, child, POINTS[0]);
    is_owed(&rehearsal, REFRESH);
    let killed = rehearsal.newest_run().file_name().unwrap().to_str().unwrap().to_owned();
    // What the dead process had begun is still at work in the database: nothing is put back beside it.
    let detail =
        value!({ "user": "admin", "module": format!("adbctl {killed}"), "tables": [], "active": true });
    let action = value!({ "engine": { "name": "hold-locks", "detail": detail } });
    rehearsal.fault(&value!({ "count": 1, "path": "*sql*", "action": action }));
    let asked =
        "select sid, serial# as serial from v$session where module like 'adbctl%' and status = 'ACTIVE'";
    let session = rows(&rehearsal, "dev", asked)[0].clone();
    let mut undo = rehearsal
        .sandbox_command(&["undo", &killed])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(undo.stderr.take().unwrap()).lines();
    let waits = told
        .find(|line| line.as_ref().unwrap().contains("an earlier statement of this run is still at work"));
    assert!(waits.is_some());
    let kill = format!("alter system kill session '{},{}';", session["sid"], session["serial"]);
    hands::sql(&rehearsal, "dev", &kill);
    told.for_each(drop);
    assert!(undo.wait().unwrap().success());
    rehearsal.on_sandbox(&["resume", &killed]).expect(0);
    next_second();
    let child =
        rehearsal.sandbox_command(REFRESH).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    kill_at(&rehearsal, child, POINTS[0]);
    let killed = rehearsal.newest_run().file_name().unwrap().to_str().unwrap().to_owned();
    // A run that failed later has nothing to put back.
    rehearsal.on_sandbox(&["refresh-data", "prod", "dev", "--schema", "sales:nobody", "--yes"]).expect(5);
    says(
        &rehearsal.on_sandbox(&["undo"]).expect(0),
        &[&killed, "had changed for the time being is put back"],
    );
    is_kept(&rehearsal, &before);
    says(&rehearsal.on_sandbox(&["undo"]).expect(0), &["no run has anything left to put back"]);
    rehearsal.on_sandbox(&["resume", &killed]).expect(0);
    is_kept(&rehearsal, &before);
    rows_are_equal(&rehearsal);
}

/// After a failure in the middle a key may be without validation, since its parents' rows are not there; what is on is on.
#[track_caller]
fn is_back(rehearsal: &Rehearsal, before: &[Vec<Value>]) {
    let after = kept(rehearsal);
    assert_eq!((&before[0], &before[2], &before[3]), (&after[0], &after[2], &after[3]));
    for key in &before[1] {
        let found = after[1].iter().find(|row| row["constraint_name"] == key["constraint_name"]).unwrap();
        assert_eq!(found["status"], key["status"], "{key}");
    }
}

fn points() -> Vec<usize> {
    match std::env::var("ADBCTL_KILL_POINTS") {
        Err(_) => POINTS.to_vec(),
        Ok(all) if all == "all" => (0..=200).collect(),
        Ok(list) => list.split(',').map(|point| point.trim().parse().unwrap()).collect(),
    }
}

/// Killed at a record, and once more while it is taken up again: it goes on to the end, and everything is put back once.
#[test]
fn killed_at_a_record_everything_is_as_it_was() {
    let rehearsal = prepared();
    let before = kept(&rehearsal);
    for point in points() {
        hands::sql(&rehearsal, "dev", "delete from sales.settings;\ncommit;");
        for (words, at) in [(REFRESH, point), (&["resume"][..], point + 6)] {
            let child =
                rehearsal.sandbox_command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            kill_at(&rehearsal, child, at);
        }
        let ended = rehearsal.on_sandbox(&["resume"]);
        if ended.code != 0 {
            // Killed before there was a plan, or too late.
            says(&ended, &["there is no such run"]);
            refresh(&rehearsal, &[]).expect(0);
        }
        is_kept(&rehearsal, &before);
        rows_are_equal(&rehearsal);
        let journal = std::fs::read_to_string(rehearsal.newest_run().join("journal.jsonl")).unwrap();
        for step in ["switch_off", "put_back", "jobs_back", "applications_back", "import"] {
            let done =
                journal.lines().filter(|line| line.contains(&format!("\"step-done\":{{\"step\":\"{step}\"")));
            assert_eq!(done.count(), 1, "killed at record {point}: {step}");
        }
    }
}
