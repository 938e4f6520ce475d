//! Data Pump jobs that somebody left or is at, and exports that come by themselves.

use std::io::{BufRead as _, BufReader};

use serde_json::{Value, json as value};

use crate::contract::rows;
use crate::dumps::{RENAMED, number, proofs, pump_fault, said};
use crate::hands;
use crate::orders::{configured, run_with};
use crate::support::{Rehearsal, json, next_second};
use crate::templates_on_sandbox;

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
    // Only attached to it is it known how many errors a job has met: one that works is asked, one that does not is left alone.
    let look = || {
        let library = adbctl::sql::Library::shipped();
        let arguments = value!({ "job_name": "BY_HAND", "patience": 0 });
        let look =
            library.get("datapump/look").unwrap().render(arguments.as_object().unwrap(), None).unwrap();
        let binds = templates_on_sandbox::run(rehearsal, "prod", &look).unwrap();
        (binds["job_state"].clone(), binds["error_count"].clone())
    };
    assert_eq!(look(), (value!("EXECUTING"), value!(0)));
    // Watched, a job is shown until it is not at work any more.
    let mut watcher = rehearsal
        .sandbox_command(&["--output", "json", "jobs", "prod", "--watch"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = BufReader::new(watcher.stdout.take().unwrap()).lines().map(Result::unwrap);
    let state = |line: String| serde_json::from_str::<Value>(&line).unwrap()[0]["jobs"][0]["state"].clone();
    assert_eq!(shown.next().map(state), Some(value!("EXECUTING")));
    job("--stop", "by_hand", 0, "The job ran, and does not run any more");
    assert_eq!(shown.last().map(state), Some(value!("NOT RUNNING")));
    assert!(watcher.wait().unwrap().success());
    assert_eq!(look(), (value!("NOT RUNNING"), Value::Null));
    job("--stop", "by_hand", 5, "only a job that is at work can be stopped");
    job("--clean", "by_hand", 0, "The job was taken away, and nothing of it is left");
    assert_eq!(number(rehearsal, "prod", log), 0);
    begin_job(rehearsal, "HERS", "SALES");
    job("--stop", "hers", 5, "the job HERS is of SALES, and only its owner can");
    // An export of a schedule leaves itself out while the one before is at work.
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    begin_job(rehearsal, "ADBCTL_EXPORTS_20260101T000000", "ADMIN");
    for words in [&["--every", "6h", "--schema", "sales_report"][..], &["--run-now"]] {
        rehearsal.on_sandbox(&[&["schedule", "prod", "--yes"], words].concat()).expect(0);
    }
    let begun = std::time::Instant::now();
    let status = loop {
        let status = rehearsal.on_sandbox(&["schedule", "prod"]);
        if status.code != 0 || begun.elapsed().as_secs() > 30 {
            break said(&status);
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    assert!(status.contains("the export before this one is still at work"), "{status}");
    let jobs = "select job_name from user_datapump_jobs where job_name like 'ADBCTL_EXPORTS%'";
    assert_eq!(rows(rehearsal, "prod", jobs).len(), 1);
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
        next_second();
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
    assert!(listed.stdout.contains(&format!("{prefix}export.log")), "{}", listed.stdout);
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["import", "dev", "--dump", prefix, "--schema", RENAMED, "--yes"]).expect(0);
    assert_eq!(proofs(&rehearsal, "dev", "sales_copy")[..5], proofs(&rehearsal, "prod", "sales")[..5]);
    let file = rehearsal.home().join("scheduled.json");
    rehearsal.on_sandbox(&["object", "get", manifest, file.to_str().unwrap()]).expect(0);
    let counted = &json(&file)["tables"];
    let orders = counted.as_array().unwrap().iter().find(|t| t["table"] == "ORDERS").unwrap();
    assert_eq!(orders["rows"], number(&rehearsal, "prod", "select count(*) from sales.orders"));
    // An export that fails is a run that failed, and a pipeline is told so.
    pump_fault(&rehearsal, "pump-fatal", &value!({}));
    run_now();
    assert_eq!(exports()[0]["status"], "FAILED");
    let own = "select count(*) from user_datapump_jobs where job_name like 'ADBCTL_EXPORTS_2%'";
    assert_eq!(number(&rehearsal, "prod", own), 1);
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
    assert_eq!(number(&rehearsal, "prod", own), 0, "the next run takes away what a failed one left");
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
