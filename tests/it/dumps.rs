//! Exports and imports: data compared on both sides, and what goes wrong on the way.

use serde_json::{Value, json as value};

use crate::contract::rows;
use crate::hands;
use crate::kill::kill_at;
use crate::orders::{configured, run_with};
use crate::support::{Ended, Rehearsal, json};

const PREFIX: &str = "temp/prod/schema/sales-sales_report/snapshots/one/";
const RENAMED: &str = "SALES:SALES_COPY,SALES_REPORT:REPORT_COPY";

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
fn said(ended: &Ended) -> String {
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
    let printed = exported(&rehearsal, &["--report", "json=report.json"]).stdout;
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
}

#[test]
fn tables_alone_go_with_conditions_and_under_other_names() {
    let rehearsal = Rehearsal::new();
    for database in ["prod", "dev"] {
        rehearsal.on_sandbox(&["setup", database, "--yes"]).expect(0);
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
    import(&[]).expect(0);
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
}

#[test]
fn tables_that_are_there_and_referenced_fail_the_import_by_name() {
    let rehearsal = Rehearsal::new();
    exported(&rehearsal, &[]);
    let ended = import(&rehearsal, &["--schema", "SALES:SALES", "--existing", "truncate"]).expect(6);
    let text = said(&ended);
    assert!(text.contains("ORA-39120") && text.contains("ORA-02266"), "{text}");
    assert!(text.contains("\"SALES\".\"CUSTOMERS\""), "{text}");
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
    let refused = import(&rehearsal, &["--schema", RENAMED, "--set", &given(&wrong)]).expect(6);
    assert!(said(&refused).contains("ORA-39176"), "{}", refused.stdout);
    // The secret is mended, and the same run goes on.
    std::fs::copy(&secret, &wrong).unwrap();
    rehearsal.on_sandbox(&["resume", "--yes"]).expect(0);
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
    // The one that the database has still has the token that works.
    rehearsal.on_sandbox(&["export", "prod", "--schema", "sales_report", "--yes"]).expect(0);
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
        "method": "POST", "path": "*/_/sql", "count": 1, "action": { "engine": { "name": name, "detail": detail } },
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
}

/// Starts a Data Pump job by hand, as this user.
pub(crate) fn begin_job(rehearsal: &Rehearsal, name: &str, user: &str) {
    let text = format!(
        "declare job number; begin job := dbms_datapump.open(operation => 'EXPORT', job_mode => 'SCHEMA', job_name => '{name}'); \
         dbms_datapump.add_file(handle => job, filename => '{name}.dmp', directory => 'DATA_PUMP_DIR'); \
         dbms_datapump.add_file(handle => job, filename => lower('{name}.log'), directory => 'DATA_PUMP_DIR', filetype => 3); \
         dbms_datapump.metadata_filter(handle => job, name => 'SCHEMA_LIST', value => '''SALES'''); \
         dbms_datapump.start_job(job); dbms_datapump.detach(job); end;"
    );
    if user == "ADMIN" {
        hands::sql(rehearsal, "prod", &format!("{text}\n/"));
        return;
    }
    let script = format!(
        "grant read, write on directory data_pump_dir to {user};\n\
         create procedure {user}.begin_job authid definer is {}\n/\nbegin {user}.begin_job; end;\n/\ndrop procedure {user}.begin_job;",
        text.trim_start_matches("declare ")
    );
    hands::sql(rehearsal, "prod", &script);
}

/// A job that runs keeps its log, and a job that is not there or somebody else's is not said to be cleaned.
#[test]
fn only_a_job_that_does_not_run_is_cleaned() {
    // So slow that the job is at work all the time.
    let rehearsal = &Rehearsal::at_speed("0.1");
    let job = |what: &str, name: &str, code: i32, wanted: &str| {
        let ended = rehearsal.on_sandbox(&["jobs", "prod", what, name, "--yes"]).expect(code);
        let text = said(&ended);
        assert!(text.contains(wanted), "{what} {name}: {text}");
    };
    let log = "select count(*) from dbms_cloud.list_files('DATA_PUMP_DIR') where object_name = 'by_hand.log'";
    job("--clean", "by_hand", 5, "there is no job BY_HAND in prod");
    begin_job(rehearsal, "BY_HAND", "ADMIN");
    job("--clean", "by_hand", 5, "the job BY_HAND is EXECUTING");
    assert_eq!(number(rehearsal, "prod", log), 1, "the log of a job that runs stays");
    job("--restart", "by_hand", 5, "the job BY_HAND is EXECUTING");
    job("--stop", "by_hand", 0, "The job ran, and does not run any more");
    job("--stop", "by_hand", 5, "only a job that is at work can be stopped");
    job("--clean", "by_hand", 0, "The job was taken away, and nothing of it is left");
    assert_eq!(number(rehearsal, "prod", log), 0);
    begin_job(rehearsal, "HERS", "SALES");
    job("--stop", "hers", 5, "the job HERS is of SALES, and only its owner can");
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

#[test]
fn a_schedule_exports_and_tells_whether_it_did() {
    let rehearsal = Rehearsal::new();
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    let none = said(&rehearsal.on_sandbox(&["schedule", "prod"]).expect(0));
    assert!(none.contains("no exports are scheduled"), "{none}");
    let schedule = |more: &[&str]| rehearsal.on_sandbox(&[&["schedule", "prod", "--yes"][..], more].concat());
    let exports = || -> Vec<Value> {
        let shown = rehearsal.on_sandbox(&["--output", "json", "schedule", "prod"]);
        let found: Value = serde_json::from_str(&shown.stdout).unwrap();
        found["exports"].as_array().unwrap().clone()
    };
    let run_now = || {
        let before = exports().len();
        schedule(&["--run-now"]).expect(0);
        for _ in 0..200 {
            if exports().len() > before {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the scheduled export does not end");
    };
    // A schedule whose name begins like this one's is another one: what it left is its own.
    pump_fault(&rehearsal, "pump-fatal", &value!({}));
    begin_job(&rehearsal, "ADBCTL_EXPORTS_HR_20260101T000000", "ADMIN");
    schedule(&["--every", "6h", "--schema", "sales,sales_report"]).expect(0);
    run_now();
    assert_eq!(exports()[0]["status"], "SUCCEEDED", "{:?}", exports());
    let others = "select count(*) from user_datapump_jobs where job_name like 'ADBCTL_EXPORTS_HR%'";
    assert_eq!(number(&rehearsal, "prod", others), 1);
    // What it wrote is a dump like any other, with the rows of its tables.
    let listed = rehearsal.on_sandbox(&["object", "list", "temp/prod/schema/sales-sales_report/"]).expect(0);
    let manifest = listed.stdout.split_whitespace().find(|word| word.ends_with("manifest.json")).unwrap();
    let prefix = manifest.trim_end_matches("manifest.json");
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["import", "dev", "--dump", prefix, "--schema", RENAMED, "--yes"]).expect(0);
    assert_eq!(proofs(&rehearsal, "dev", "sales_copy")[..5], proofs(&rehearsal, "prod", "sales")[..5]);
    let file = rehearsal.home().join("scheduled.json");
    rehearsal.on_sandbox(&["object", "get", manifest, file.to_str().unwrap()]).expect(0);
    let counted = &json(&file)["tables"];
    let orders = counted.as_array().unwrap().iter().find(|t| t["table"] == "ORDERS").unwrap();
    assert_eq!(orders["rows"], number(&rehearsal, "prod", "select count(*) from sales.orders"));
    // An export that fails is a run that failed, and a pipeline is told so.
    pump_fault(&rehearsal, "pump-errors", &value!({ "errors": 1 }));
    run_now();
    assert_eq!(exports()[0]["status"], "FAILED");
    let failed = said(&rehearsal.on_sandbox(&["schedule", "prod"]).expect(10));
    assert!(failed.contains("ORA-20951: adbctl: the export failed"), "{failed}");
    // Somebody is told by mail; with many schemas and an apostrophe in a name, which is not in the way of the others.
    let schemas_there: Vec<String> = (1..=20).map(|n| format!("schema_with_a_long_name_{n}")).collect();
    let grown: Vec<String> =
        schemas_there.iter().map(|name| format!("create user {name} no authentication;\n")).collect();
    let grown = grown.concat();
    hands::sql(
        &rehearsal,
        "prod",
        &format!(
            "{grown}create user \"O'BRIEN\" no authentication;\n\
             begin dbms_cloud.create_credential('ALERT_CRED', 'smtp-user', 'smtp-secret');\n\
             dbms_network_acl_admin.append_host_ace(host => 'smtp.example.com', lower_port => 587, upper_port => 587, \
             ace => xs$ace_type(privilege_list => xs$name_list('smtp', 'connect'), principal_name => 'ADMIN', principal_type => 1));\nend;\n/"
        ),
    );
    let many = schemas_there.join(",");
    let alert = "alert={ sender = \"db@example.com\", smtp_host = \"smtp.example.com\", recipient = \"ops@example.com\", subject = \"prod\" }";
    let schemas = format!("{many},sales_report,\"O'BRIEN\"");
    let words = ["--every", "6h", "--schema", &schemas, "--set", alert];
    let refused = said(&schedule(&words).expect(3));
    assert!(refused.contains("an alert cannot be sent"), "{refused}");
    let nobody = said(&schedule(&[&words[..], &["--set", "alert_credential=mail_cred"]].concat()).expect(5));
    assert!(nobody.contains("ADMIN has no credential MAIL_CRED in prod"), "{nobody}");
    schedule(&[&words[..], &["--set", "alert_credential=ALERT_CRED"]].concat()).expect(0);
    pump_fault(&rehearsal, "pump-errors", &value!({ "errors": 1 }));
    run_now();
    assert!(exports()[0]["additional_info"].as_str().unwrap().starts_with("ORA-20951"), "{:?}", exports()[0]);
    assert!(
        !exports()[0]["additional_info"].as_str().unwrap().contains("could be told"),
        "{:?}",
        exports()[0]
    );
    let mails = std::fs::read_to_string(rehearsal.sandbox().join("engine/mail.jsonl")).unwrap();
    assert!(mails.contains("ops@example.com") && mails.contains("ORA-20951: adbctl"), "{mails}");
    // What Data Pump says of a refusal is in the record.
    schedule(&["--every", "6h", "--schema", "schema_with_a_long_name_7"]).expect(0);
    let change = "begin dbms_cloud.update_credential('ADBCTL_STORE', 'PASSWORD', 'not-the-token'); end;\n/";
    hands::sql(&rehearsal, "prod", change);
    run_now();
    let refused = exports()[0]["additional_info"].to_string();
    assert!(
        refused.contains("ORA-20952") && refused.contains("ORA-39001") && refused.contains("ORA-20401"),
        "{refused}"
    );
    rehearsal.on_sandbox(&["setup", "prod", "--rotate-credential", "--yes"]).expect(0);
    for (word, enabled) in [("--pause", "FALSE"), ("--resume", "TRUE")] {
        schedule(&[word]).expect(0);
        assert_eq!(
            rows(
                &rehearsal,
                "prod",
                "select enabled from user_scheduler_jobs where job_name = 'ADBCTL_EXPORTS'"
            ),
            [value!({ "enabled": enabled })]
        );
    }
    schedule(&["--drop"]).expect(0);
    let code = "select count(*) from user_objects where object_name = 'ADBCTL_EXPORTS_CODE'";
    assert_eq!(number(&rehearsal, "prod", code), 0);
    // The status is of the job that the configuration names.
    let named = configured(&rehearsal, |text| format!("{text}\n[runbook.schedule]\nname = \"nightly\"\n"));
    run_with(&rehearsal, &named, &["schedule", "prod", "--every", "1d", "--schema", "sales", "--yes"])
        .expect(0);
    let status = said(&run_with(&rehearsal, &named, &["schedule", "prod"]).expect(0));
    assert!(status.contains("prod: NIGHTLY"), "{status}");
    let often = said(&rehearsal.on_sandbox(&["schedule", "dev", "--every", "5m", "--yes"]).expect(5));
    assert!(often.contains("the smallest shape"), "{often}");
    let hourly = said(&schedule(&["--every", "1h"]).expect(0));
    assert!(hourly.contains("1 check is to be looked at"), "{hourly}");
    let wrong = said(&schedule(&["--every", "100m"]).expect(3));
    assert!(wrong.contains("is no rhythm the scheduler has"), "{wrong}");
}
