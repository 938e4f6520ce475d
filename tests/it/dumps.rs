//! Exports and imports: data compared on both sides, and what goes wrong on the way.

use serde_json::{Value, json as value};

use crate::contract::rows;
use crate::hands;
use crate::kill::kill_at;
use crate::orders::{configured, run_with};
use crate::support::{Ended, Rehearsal, json, next_second};

const PREFIX: &str = "temp/prod/schema/sales-sales_report/snapshots/one/";
pub(crate) const RENAMED: &str = "SALES:SALES_COPY,SALES_REPORT:REPORT_COPY";

/// Both databases are prepared, and the sample schemas lie in the bucket.
fn exported(rehearsal: &Rehearsal, more: &[&str]) -> Ended {
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    export(rehearsal, more).expect(0)
}

fn export(rehearsal: &Rehearsal, more: &[&str]) -> Ended {
    let words = ["export", "prod", "--schema", "sales,sales_report", "--label", "one", "--yes"];
    rehearsal.on_sandbox(&[&words[..], more].concat())
}

fn import(rehearsal: &Rehearsal, more: &[&str]) -> Ended {
    let words = ["import", "dev", "--dump", PREFIX, "--yes", "--report", "json=report.json"];
    rehearsal.on_sandbox(&[&words[..], more].concat())
}

/// Everything a command said, in one line.
pub(crate) fn said(ended: &Ended) -> String {
    crate::orders::flat(&format!("{} {}", ended.stdout, ended.stderr))
}

fn manifest(rehearsal: &Rehearsal) -> Value {
    let file = rehearsal.home().join("manifest.json");
    let name = format!("{PREFIX}manifest.json");
    rehearsal.on_sandbox(&["object", "get", &name, file.to_str().unwrap()]).expect(0);
    json(&file)
}

/// One number of a query.
pub(crate) fn number(rehearsal: &Rehearsal, database: &str, query: &str) -> Value {
    rows(rehearsal, database, query)[0].as_object().unwrap().values().next().unwrap().clone()
}

/// What decides whether two copies of the sample schemas are equal, with the schemas' names left out.
const PROOFS: &[&str] = &[
    "select count(*) as n, sum(order_id) as ids, min(ordered_on) as first, max(ordered_on) as last from {s}.orders",
    "select count(*) as n, sum(quantity) as pieces, sum(unit_price) as prices from {s}.order_items",
    "select region_id, name from {s}.regions order by region_id",
    "select name, value from {s}.settings order by name",
    "select count(*) as n, sum(length(body)) as letters from {s}.notes",
    "select table_name, constraint_type, count(*) as n from dba_constraints where owner = '{S}' and generated = 'USER NAME' \
     group by table_name, constraint_type order by table_name, constraint_type",
    "select object_type, object_name from dba_objects where owner = '{S}' and generated = 'N' and object_type <> 'JOB' \
     and object_type <> 'DATABASE LINK' and object_type not like '%LOB%' order by object_type, object_name",
    "select trigger_name, status from dba_triggers where owner = '{S}' order by trigger_name",
    "select privilege from dba_sys_privs where grantee = '{S}' and privilege <> 'UNLIMITED TABLESPACE' order by privilege",
    "select owner, table_name, privilege from dba_tab_privs where grantee = '{S}' and owner = 'SYS' order by table_name, privilege",
];

pub(crate) fn proofs(rehearsal: &Rehearsal, database: &str, schema: &str) -> Vec<Vec<Value>> {
    let text = |proof: &&str| proof.replace("{s}", schema).replace("{S}", &schema.to_uppercase());
    PROOFS.iter().map(|proof| rows(rehearsal, database, &text(proof))).collect()
}

#[test]
fn schemas_go_from_one_database_to_another_under_other_names() {
    let rehearsal = Rehearsal::new();
    let printed = exported(&rehearsal, &["--report", "json=report.json", "--for", "dev"]).stdout;
    assert!(printed.contains(&format!("\nDump: {PREFIX}\nNext: adbctl --sandbox=")), "{printed}");
    assert!(printed.contains(&format!(" import DATABASE --dump {PREFIX} --schema OLD:NEW\n")), "{printed}");
    assert_eq!(json(&rehearsal.home().join("report.json"))["results"], value!({ "dump": PREFIX }));
    let manifest = manifest(&rehearsal);
    let owner = |job: &Value| job["owner"].as_str().unwrap().to_owned();
    assert!(manifest["scheduler_jobs"].as_array().unwrap().iter().all(|job| owner(job).starts_with("SALES")));
    assert_eq!(
        [&manifest["kind"], &manifest["outcome"], &manifest["errors"]],
        [&value!("export"), &value!("succeeded"), &value!(0)]
    );
    assert_eq!(manifest["schemas"], value!(["SALES", "SALES_REPORT"]));
    assert_eq!(manifest["dump_version"], "19", "dev's release");
    let versions = &manifest["versions"];
    assert!(versions["time_zone_file"].is_number() && versions["database_version"].is_string(), "{versions}");
    for table in manifest["tables"].as_array().unwrap() {
        let name = format!("{}.{}", table["schema"].as_str().unwrap(), table["table"].as_str().unwrap());
        assert_eq!(
            number(&rehearsal, "prod", &format!("select count(*) from {name}")),
            table["rows"],
            "{name}"
        );
    }
    for database in ["prod", "dev"] {
        assert_eq!(
            number(&rehearsal, database, "select count(*) from dbms_cloud.list_files('DATA_PUMP_DIR')"),
            0
        );
        assert_eq!(number(&rehearsal, database, "select count(*) from dba_datapump_jobs"), 0);
    }
    import(&rehearsal, &["--schema", RENAMED, "--workspace", "sales_ws"]).expect(0);
    let (before, after) = (proofs(&rehearsal, "prod", "sales"), proofs(&rehearsal, "dev", "sales_copy"));
    for ((proof, before), after) in PROOFS.iter().zip(&before).zip(&after) {
        assert!(!before.is_empty(), "{proof}");
        assert_eq!(before, after, "{proof}");
    }
    let link = "select r_owner from dba_constraints where owner = 'REPORT_COPY' and constraint_type = 'R'";
    assert_eq!(
        rows(&rehearsal, "dev", link),
        [value!({ "r_owner": "SALES_COPY" })],
        "foreign keys follow the new names"
    );
    let statistics =
        "select count(*) as n, count(last_analyzed) as gathered from dba_tables where owner = 'SALES_COPY'";
    let gathered = &rows(&rehearsal, "dev", statistics)[0];
    assert!(gathered["n"] == gathered["gathered"] && gathered["n"] != 0, "{gathered}");
    // Jobs come from the manifest, all of them switched off.
    let jobs = |schema: &str| {
        format!(
            "select job_name, job_action, repeat_interval, enabled from dba_scheduler_jobs where owner = '{schema}' order by job_name"
        )
    };
    let recorded = rows(&rehearsal, "prod", &jobs("SALES"));
    assert!(recorded.iter().any(|job| job["enabled"] == "TRUE"));
    let off = recorded.into_iter().map(|mut job| {
        job["enabled"] = value!("FALSE");
        job
    });
    assert_eq!(rows(&rehearsal, "dev", &jobs("SALES_COPY")), off.collect::<Vec<_>>());
    let locked =
        "select count(*) from dba_users where username = 'SALES_COPY' and authentication_type = 'NONE'";
    assert_eq!(number(&rehearsal, "dev", locked), 1, "nobody logs on with the source's password");
    // What names the old schema in its text is told, not hidden.
    let report = json(&rehearsal.home().join("report.json"));
    let open: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["status"] == "manual")
        .map(|c| c["id"].as_str().unwrap())
        .collect();
    assert_eq!(open, ["valid", "code_names_new"]);
    // A second import finds the tables and says so; nothing is loaded twice.
    let again = import(&rehearsal, &["--schema", RENAMED]).expect(6);
    assert!(said(&again).contains("ORA-39151"), "{}", again.stdout);
    assert_eq!(proofs(&rehearsal, "dev", "sales_copy")[..5], before[..5]);
    // A table that others refer to cannot be emptied, and is named.
    let referred = said(&import(&rehearsal, &["--schema", RENAMED, "--existing", "truncate"]).expect(6));
    assert!(referred.contains("ORA-39120") && referred.contains("ORA-02266"), "{referred}");
    assert!(referred.contains("\"SALES_COPY\".\"CUSTOMERS\""), "{referred}");
}

#[test]
fn tables_alone_go_with_conditions_and_under_other_names() {
    let rehearsal = Rehearsal::new();
    for database in ["prod", "dev"] {
        rehearsal.on_sandbox(&["setup", database, "--set", "temp_days=1", "--yes"]).expect(0);
    }
    let words = ["export", "prod", "--table", "sales.orders,sales.notes", "--label", "one", "--yes"];
    let chosen = ["--where", "sales.orders=where status = 'PAID'", "--sample", "sales.notes=50"];
    rehearsal.on_sandbox(&[&words[..], &chosen].concat()).expect(0);
    let import = |more: &[&str]| {
        let words =
            ["import", "dev", "--dump", "temp/prod/table/sales/snapshots/one/", "--schema", "SALES:SALES_T"];
        // What the foreign keys refer to is not in the dump.
        let alone = ["--set", "exclude=[\"REF_CONSTRAINT\"]", "--yes"];
        rehearsal.on_sandbox(&[&words[..], &alone, more].concat())
    };
    let refused = said(&import(&["--rename-table", "ordres:orders_old"]).expect(5));
    assert!(refused.contains("no table of the dump is called ORDRES"), "{refused}");
    let soon = said(&import(&[]).expect(0));
    assert!(
        soon.contains("warning: the bucket's rule adbctl-delete-temp deletes this dump in about"),
        "{soon}"
    );
    let paid =
        "select order_id, customer_id, ordered_on from sales.orders where status = 'PAID' order by order_id";
    let came = |table: &str| {
        rows(
            &rehearsal,
            "dev",
            &format!("select order_id, customer_id, ordered_on from sales_t.{table} order by order_id"),
        )
    };
    assert_eq!(came("orders"), rows(&rehearsal, "prod", paid));
    let sampled = number(&rehearsal, "dev", "select count(*) from sales_t.notes").as_i64().unwrap();
    let all = number(&rehearsal, "prod", "select count(*) from sales.notes").as_i64().unwrap();
    assert!(sampled > all / 4 && sampled < all * 3 / 4, "{sampled} of {all}");
    // A name in lower case means the table, and what is there under the old name stays.
    hands::sql(&rehearsal, "dev", "delete from sales_t.orders where rownum < 100;\ncommit;");
    let kept = came("orders");
    import(&["--rename-table", "orders:orders_old", "--existing", "replace"]).expect(0);
    assert_eq!((came("orders_old"), came("orders")), (rows(&rehearsal, "prod", paid), kept));
    // Rows are added to what is there, unless a key forbids it.
    let twice = said(&import(&["--existing", "append"]).expect(6));
    assert!(twice.contains("ORA-31693") && twice.contains("ORA-00001"), "{twice}");
    hands::sql(&rehearsal, "dev", "delete from sales_t.orders;\ndelete from sales_t.notes;\ncommit;");
    import(&["--existing", "append"]).expect(0);
    assert_eq!(came("orders"), rows(&rehearsal, "prod", paid));
}

/// Without any option a whole database goes, with as many workers, and so files, as it has ECPUs.
#[test]
fn exports_take_all_unless_they_are_told_otherwise() {
    let rehearsal = Rehearsal::new();
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    let exported = |prefix: &str, words: &[&str]| {
        rehearsal.on_sandbox(&[&["export", "prod", "--yes"], words].concat()).expect(0);
        let file = rehearsal.home().join("manifest.json");
        let name = format!("{prefix}manifest.json");
        rehearsal.on_sandbox(&["object", "get", "--force", &name, file.to_str().unwrap()]).expect(0);
        json(&file)
    };
    let dumps = |manifest: &Value| {
        let pieces = manifest["pieces"].as_array().unwrap().iter();
        pieces.filter(|piece| piece["name"].as_str().unwrap().rsplit('.').next() == Some("dmp")).count()
    };
    let tables = |manifest: &Value| {
        let tables = manifest["tables"].as_array().unwrap().iter();
        tables.map(|table| table["table"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let listed = rehearsal.on_sandbox(&["export", "prod", "--full", "--yes"]).expect(0);
    let dump = listed.stdout.lines().find_map(|line| line.strip_prefix("Dump: ")).unwrap().to_owned();
    assert!(dump.starts_with("temp/prod/full/"), "{dump}");
    let file = rehearsal.home().join("full.json");
    rehearsal
        .on_sandbox(&["object", "get", &format!("{dump}manifest.json"), file.to_str().unwrap()])
        .expect(0);
    let full = json(&file);
    assert_eq!(
        [&full["mode"], &full["compression"], &full["errors"]],
        [&value!("full"), &value!("ALL"), &value!(0)]
    );
    let ecpus = rehearsal.show("prod")["computeCount"].as_f64();
    assert_eq!((ecpus, dumps(&full)), (Some(4.0), 4));
    let all =
        "select owner, table_name from dba_tables where owner in ('SALES', 'SALES_REPORT') order by 1, 2";
    for table in rows(&rehearsal, "prod", all) {
        assert!(tables(&full).contains(&table["table_name"].as_str().unwrap().to_owned()), "{table}");
    }
    let some = exported(
        "temp/prod/schema/sales/snapshots/few/",
        &[
            "--schema",
            "sales",
            "--exclude-table",
            "notes,Settings",
            "--compression",
            "none",
            "--parallel",
            "1",
            "--label",
            "few",
        ],
    );
    assert_eq!((&some["compression"], dumps(&some)), (&value!("NONE"), 1));
    assert!(tables(&some).contains(&"ORDERS".to_owned()), "{some}");
    for left in ["NOTES", "SETTINGS"] {
        assert!(!tables(&some).contains(&left.to_owned()), "{left}");
    }
    let words = [
        "import",
        "dev",
        "--dump",
        "temp/prod/schema/sales/snapshots/few/",
        "--schema",
        "sales:sales_few",
        "--yes",
    ];
    rehearsal.on_sandbox(&words).expect(0);
    let orders = "select count(*) as n, sum(order_id) as ids from {s}.orders";
    assert_eq!(
        rows(&rehearsal, "dev", &orders.replace("{s}", "sales_few")),
        rows(&rehearsal, "prod", &orders.replace("{s}", "sales"))
    );
    let came =
        "select count(*) from dba_tables where owner = 'SALES_FEW' and table_name in ('NOTES', 'SETTINGS')";
    assert_eq!(number(&rehearsal, "dev", came), 0);
    let refused = said(&rehearsal.on_sandbox(&[
        "export",
        "prod",
        "--schema",
        "sales",
        "--exclude-table",
        "ntoes",
        "--yes",
    ]));
    assert!(refused.contains("NTOES"), "{refused}");
}

#[test]
fn an_encrypted_dump_wants_its_password() {
    let rehearsal = Rehearsal::new();
    exported(&rehearsal, &["--encrypt"]);
    let made =
        std::fs::read_dir(rehearsal.sandbox().join("state/secrets")).unwrap().map(|f| f.unwrap().path());
    let secret = made.into_iter().find(|f| f.to_str().unwrap().contains("dump")).unwrap();
    let wrong = rehearsal.home().join("wrong");
    std::fs::write(&wrong, "Another#Password26").unwrap();
    std::fs::set_permissions(&wrong, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let given = |file: &std::path::Path| format!("encryption_password={{ file = \"{}\" }}", file.display());
    let none = import(&rehearsal, &["--schema", RENAMED]).expect(5);
    assert!(
        said(&none).contains("the dump is encrypted, and no password is given (ORA-39174)"),
        "{}",
        none.stdout
    );
    let words = ["--schema", RENAMED, "--set", &given(&wrong), "--strict"];
    let refused = import(&rehearsal, &words).expect(6);
    assert!(said(&refused).contains("ORA-39176"), "{}", refused.stdout);
    // The secret is mended, and the same run goes on. Code that names the old schema fails it, as --strict says.
    std::fs::copy(&secret, &wrong).unwrap();
    let strict = said(&rehearsal.on_sandbox(&["resume", "--yes"]).expect(10));
    assert!(strict.contains("✗ No code names a schema by its old name"), "{strict}");
    assert_eq!(proofs(&rehearsal, "dev", "sales_copy")[..5], proofs(&rehearsal, "prod", "sales")[..5]);
    let text = std::fs::read_to_string(&secret).unwrap();
    for file in ["journal.jsonl", "plan.json", "events.jsonl"] {
        let kept = std::fs::read_to_string(rehearsal.newest_run().join(file)).unwrap();
        assert!(!kept.contains(text.trim()), "{file} holds the password");
    }
}

#[test]
fn what_is_wrong_shows_before_anything_is_written() {
    let rehearsal = Rehearsal::new();
    exported(&rehearsal, &[]);
    let check = |words: &[&str], code: i32, wanted: &str| {
        let ended = rehearsal.on_sandbox(words).expect(code);
        let text = said(&ended);
        assert!(text.contains(wanted), "{words:?}: {text}");
    };
    check(&["export", "prod", "--schema", "sales,nope", "--yes"], 5, "not in prod: NOPE");
    check(&["export", "prod", "--table", "sales.orders,sales.nope", "--yes"], 5, "not in prod: SALES.NOPE");
    check(
        &["export", "prod", "--table", "sales.orders,sales_report.customer_scores", "--yes"],
        3,
        "tables of one schema",
    );
    check(&["export", "prod", "--yes"], 2, "--full");
    check(&["export", "prod", "--full", "--sample", "sales.orders=101", "--yes"], 2, "is no percentage");
    check(
        &["export", "prod", "--schema", "sales,sales_report", "--label", "one", "--yes"],
        5,
        "objects already",
    );
    check(
        &["import", "prod", "--dump", PREFIX, "--schema", "SALES:X", "--yes"],
        4,
        "is a production database",
    );
    check(
        &["import", "dev", "--dump", "temp/none/", "--schema", "SALES:X", "--yes"],
        5,
        "there is no dump under temp/none/",
    );
    check(
        &["import", "dev", "--dump", PREFIX, "--schema", "HR:X", "--yes"],
        5,
        "the dump holds SALES, SALES_REPORT, and not HR",
    );
    // Half a dump.
    let listed = rehearsal.on_sandbox(&["--output", "json", "object", "list", PREFIX]).expect(0);
    let piece = listed.stdout.split('"').find(|word| word.ends_with(".dmp_aaaaaa")).unwrap().to_owned();
    rehearsal.on_sandbox(&["object", "rm", &piece, "--yes"]).expect(0);
    check(
        &["import", "dev", "--dump", PREFIX, "--schema", "SALES:X", "--yes"],
        5,
        "the dump is not complete",
    );
    let users = "select count(*) from dba_users where username = 'X'";
    assert_eq!(number(&rehearsal, "dev", users), 0, "nothing was made");
    // A wrong token is found from inside the database.
    let token = rehearsal.home().join("token");
    std::fs::write(&token, "not-the-token").unwrap();
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let options = configured(&rehearsal, |text| {
        let lines = text.lines().map(|line| {
            if line.starts_with("token = ") {
                format!("token = {{ file = \"{}\" }}", token.display())
            } else {
                line.to_owned()
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    let words = ["setup", "prod", "--rotate-credential", "--yes"];
    let text = said(&run_with(&rehearsal, &options, &words).expect(5));
    assert!(text.contains("ORA-20401"), "{text}");
    let trial = "select count(*) from dba_credentials where credential_name = 'ADBCTL_TRIAL'";
    assert_eq!(number(&rehearsal, "prod", trial), 0);
    // The one that the database has still has the token that works. What leads out of the dump is named, with the schema to add.
    let leaving = "create synonym sales_report.orders for sales.orders;\n\
                   create view sales_report.paid as select order_id from sales.orders where status = 'PAID';";
    hands::sql(&rehearsal, "prod", leaving);
    let words = ["export", "prod", "--schema", "sales_report", "--yes", "--report", "json=report.json"];
    rehearsal.on_sandbox(&words).expect(0);
    let report = json(&rehearsal.home().join("report.json"));
    let prefix = report["results"]["dump"].as_str().unwrap();
    assert!(prefix.starts_with("temp/prod/schema/sales_report/2") && prefix.ends_with('/'), "{prefix}");
    let alone = report["checks"].as_array().unwrap().iter().find(|c| c["id"] == "self_contained").unwrap();
    assert_eq!(alone["status"], "manual");
    let leads = |kind: &str| {
        let found = alone["found"].as_array().unwrap().iter();
        found.clone().any(|row| row["kind"] == kind && row["schema_to_add"] == "SALES")
    };
    assert!(leads("foreign key") && leads("synonym") && leads("view"), "{alone}");
    rehearsal.on_sandbox(&["setup", "prod", "--rotate-credential", "--yes"]).expect(0);
    let change = "begin dbms_cloud.update_credential('ADBCTL_STORE', 'PASSWORD', 'not-the-token'); end;\n/";
    hands::sql(&rehearsal, "prod", change);
    let words = ["export", "prod", "--full", "--yes"];
    let text = said(&rehearsal.on_sandbox(&words).expect(5));
    assert!(text.contains("ORA-20401") && text.contains("auth token"), "{text}");
}

#[test]
fn a_killed_export_starts_its_job_once() {
    for point in [20, 24, 28] {
        let rehearsal = Rehearsal::at_speed("3");
        rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
        // The journal whose lines are counted is that of the export.
        std::fs::remove_dir_all(rehearsal.newest_run()).unwrap();
        let words = ["export", "prod", "--schema", "sales,sales_report", "--label", "one", "--yes"];
        let child = rehearsal
            .sandbox_command(&words)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        kill_at(&rehearsal, child, point);
        rehearsal.on_sandbox(&["resume", "--yes"]).expect(0);
        let manifest = manifest(&rehearsal);
        assert_eq!(manifest["outcome"], "succeeded", "killed at {point}");
        let log = rehearsal.home().join("export.log");
        rehearsal
            .on_sandbox(&["object", "get", &format!("{PREFIX}export.log"), log.to_str().unwrap()])
            .expect(0);
        let log = std::fs::read_to_string(&log).unwrap();
        assert_eq!(log.matches("Starting \"").count(), 1, "killed at {point}: {log}");
        let count = number(&rehearsal, "prod", "select count(*) from sales.orders");
        let orders = manifest["tables"].as_array().unwrap().iter().find(|t| t["table"] == "ORDERS").unwrap();
        assert_eq!(orders["rows"], count, "killed at {point}");
        assert_eq!(
            number(&rehearsal, "prod", "select count(*) from dba_datapump_jobs"),
            0,
            "killed at {point}"
        );
    }
}

/// Arms a fault for the next Data Pump job of any database.
pub(crate) fn pump_fault(rehearsal: &Rehearsal, name: &str, detail: &Value) {
    rehearsal.fault(&value!({
        "path": "*sql*", "count": 1, "action": { "engine": { "name": name, "detail": detail } },
    }));
}

#[test]
fn a_job_that_stops_goes_on_when_the_run_is_resumed() {
    let rehearsal = Rehearsal::at_speed("3");
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    pump_fault(&rehearsal, "pump-stops", &value!({ "percent": 40 }));
    let stopped = said(&export(&rehearsal, &[]).expect(6));
    assert!(stopped.contains("it is NOT RUNNING") && stopped.contains("resume this run"), "{stopped}");
    assert!(stopped.contains("lies in DATA_PUMP_DIR, and a copy of it is"), "{stopped}");
    let jobs = said(&rehearsal.on_sandbox(&["jobs", "prod"]).expect(0));
    assert!(
        jobs.contains("export schema NOT RUNNING") && jobs.contains("--restart ADBCTL_EXPORT_"),
        "{jobs}"
    );
    let resumed = said(&rehearsal.on_sandbox(&["resume", "--yes"]).expect(0));
    assert!(resumed.contains("go on"), "{resumed}");
    let manifest = manifest(&rehearsal);
    let count = number(&rehearsal, "prod", "select count(*) from sales.order_items");
    let items = manifest["tables"].as_array().unwrap().iter().find(|t| t["table"] == "ORDER_ITEMS").unwrap();
    assert_eq!((&items["rows"], &manifest["outcome"]), (&count, &value!("succeeded")));
    let none = said(&rehearsal.on_sandbox(&["jobs", "prod"]).expect(0));
    assert!(none.contains("prod: no Data Pump jobs"), "{none}");
}

#[test]
fn errors_of_the_log_fail_the_run_by_name_and_what_is_left_is_cleaned_up() {
    let rehearsal = Rehearsal::at_speed("3");
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    pump_fault(&rehearsal, "pump-errors", &value!({ "errors": 2 }));
    let failed = said(&export(&rehearsal, &[]).expect(6));
    assert!(failed.contains("ended with 2 errors that were not expected"), "{failed}");
    assert!(failed.contains("ORA-31693") && failed.contains("ORA-01555"), "{failed}");
    assert!(failed.contains(&format!("{PREFIX}export.log now")), "{failed}");
    let listed = rehearsal.on_sandbox(&["object", "list", PREFIX]).expect(0);
    assert!(!listed.stdout.contains("manifest.json"), "a failed export has no manifest: {}", listed.stdout);
    // Its log is beside what it wrote, whole, and not in the database any more.
    let log = rehearsal.home().join("export.log");
    let name = format!("{PREFIX}export.log");
    rehearsal.on_sandbox(&["object", "get", &name, log.to_str().unwrap()]).expect(0);
    let text = std::fs::read_to_string(log).unwrap();
    assert!(text.contains("ORA-31693") && text.contains("completed with 2 error(s)"), "{text}");
    let files = "select count(*) from dbms_cloud.list_files('DATA_PUMP_DIR')";
    assert_eq!(number(&rehearsal, "prod", files), 0);
    let again = said(&rehearsal.on_sandbox(&["resume", "--yes"]).expect(6));
    assert!(again.contains("ended with errors when this run was last at work"), "{again}");
    // A job that was aborted leaves its control table, until somebody takes it away.
    pump_fault(&rehearsal, "pump-fatal", &value!({}));
    let words = ["export", "prod", "--schema", "sales_report", "--yes"];
    let fatal = said(&rehearsal.on_sandbox(&words).expect(6));
    assert!(fatal.contains("did not end"), "{fatal}");
    let jobs = rehearsal.on_sandbox(&["--output", "json", "jobs", "prod"]).expect(0);
    let found: Value = serde_json::from_str(&jobs.stdout).unwrap();
    let name = found[0]["jobs"][0]["job"].as_str().unwrap().to_owned();
    assert_eq!(found[0]["jobs"][0]["state"], "NOT RUNNING");
    rehearsal.on_sandbox(&["jobs", "prod", "--clean", &name, "--yes"]).expect(0);
    assert_eq!(number(&rehearsal, "prod", "select count(*) from dba_datapump_jobs"), 0);
    let left = format!(
        "select count(*) from dbms_cloud.list_files('DATA_PUMP_DIR') where object_name = lower('{name}.log')"
    );
    assert_eq!(number(&rehearsal, "prod", &left), 0);
    // Job and log are gone: nothing says how it ended, and that is no success.
    let unknown = said(&rehearsal.on_sandbox(&["resume", "--yes"]).expect(6));
    assert!(
        unknown.contains(&format!("it is not known how Data Pump job {name} ended"))
            && unknown.contains("what to do: look at what it made and at USER_DATAPUMP_JOBS"),
        "{unknown}"
    );
    // The log is there, and says that nothing is left to go on with.
    pump_fault(&rehearsal, "pump-fatal", &value!({}));
    next_second();
    rehearsal.on_sandbox(&words).expect(6);
    let dropped = "declare h number; n varchar2(128); begin select max(job_name) into n from user_datapump_jobs; \
                   h := dbms_datapump.attach(n); dbms_datapump.stop_job(h, 1, 0); end;\n/";
    hands::sql(&rehearsal, "prod", dropped);
    let gone = said(&rehearsal.on_sandbox(&["resume", "--yes"]).expect(6));
    assert!(
        gone.contains("stopped before its end and is gone") && gone.contains("begin a new run"),
        "{gone}"
    );
}

#[test]
fn a_source_that_does_not_consent_is_not_written_to() {
    let rehearsal = Rehearsal::new();
    let options = configured(&rehearsal, |text| {
        text.replacen("consent = [\"credential\", \"export\", \"masking\", \"schedule\"]", "consent = []", 1)
    });
    for (words, wanted) in [
        (&["setup", "prod", "--yes"][..], "consent = [\"credential\"] under [database.prod]"),
        (&["export", "prod", "--full", "--yes"][..], "consent = [\"export\"] under [database.prod]"),
        (&["jobs", "prod", "--stop", "J", "--yes"][..], "consent = [\"export\"] under [database.prod]"),
    ] {
        let refused = said(&run_with(&rehearsal, &options, words).expect(3));
        assert!(refused.contains(wanted), "{refused}");
    }
    let nobody = configured(&rehearsal, |text| text[..text.find("[storage]").unwrap()].to_owned());
    let refused = said(&run_with(&rehearsal, &nobody, &["export", "prod", "--full", "--yes"]).expect(3));
    assert!(refused.contains("no bucket for dumps is configured"), "{refused}");
    assert!(rehearsal.audit().iter().all(|line| line["effect"] == "read"));
}

#[test]
fn a_bucket_and_its_credential_are_made_ready_once() {
    let rehearsal = Rehearsal::new();
    let step = |id: &str| {
        let report = json(&rehearsal.home().join("report.json"));
        report["steps"].as_array().unwrap().iter().find(|s| s["id"] == id).unwrap()["outputs"].clone()
    };
    let setup = |more: &[&str]| {
        let words = ["setup", "prod", "--yes", "--report", "json=report.json"];
        rehearsal.on_sandbox(&[&words[..], more].concat())
    };
    setup(&["--default-credential", "--replicate-to", "uk-cardiff-1:copy"]).expect(0);
    assert_eq!(step("credential")["binds"]["outcome"], "made");
    assert_eq!(
        (&step("replicate")["made"], &step("replicate")["status"]),
        (&value!(true), &value!("ACTIVE"))
    );
    let rules = step("bucket")["rules"].clone();
    let of = |name: &str| rules.as_array().unwrap().iter().find(|rule| rule["name"] == name).unwrap().clone();
    assert_eq!(of("adbctl-delete-temp")["timeAmount"], 7);
    assert_eq!(
        of("adbctl-archive-permanent")["objectNameFilter"]["inclusionPrefixes"],
        value!(["permanent/"])
    );
    assert_eq!(of("adbctl-delete-former-versions")["target"], "previous-object-versions");
    let default = "select property_value from database_properties where property_name = 'DEFAULT_CREDENTIAL'";
    assert_eq!(rows(&rehearsal, "prod", default), [value!({ "property_value": "ADMIN.ADBCTL_STORE" })]);
    // Again: everything is so already. A rule of somebody else stays.
    let changes = || {
        rehearsal.audit().iter().filter(|line| line["kind"] == "rest" && line["effect"] == "write").count()
    };
    let before = changes();
    setup(&["--replicate-to", "uk-cardiff-1:copy"]).expect(0);
    assert_eq!((step("credential")["binds"]["outcome"].clone(), changes()), (value!("kept"), before));
    setup(&["--rotate-credential"]).expect(0);
    assert_eq!(step("credential")["binds"]["outcome"], "changed");
    for (more, code, wanted) in [
        (&["--replicate-to", "uk-cardiff-1:other"][..], 6, "copied to uk-cardiff-1:copy already"),
        (&["--replicate-to", "nowhere"][..], 3, "is no place to copy to"),
        (&["--set", "temp_days=0"][..], 3, "cannot act after 0 days"),
    ] {
        let refused = said(&setup(more).expect(code));
        assert!(refused.contains(wanted), "{refused}");
    }
    rehearsal
        .fault(&value!({ "method": "PUT", "path": "*", "count": 1, "action": { "no-service-policy": {} } }));
    let refused = said(&setup(&["--set", "temp_days=8"]).expect(5));
    assert!(refused.contains("allow service objectstorage-REGION"), "{refused}");
}
