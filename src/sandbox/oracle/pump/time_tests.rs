//! Jobs over time: states, stops, restarts, the end of a process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use super::tests::{SCHEMA, details, said};
use crate::sandbox::oracle::tests::{check, fixture, refuse, rows, run};
use crate::sandbox::oracle::{Database, Host, Mail, Session, WebAnswer, WebRequest};

mod busy_tests;

const PASSWORD: &str = "Wonderland#2026";

/// What happens when an object of this name is put.
struct Hook(&'static str, Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// A host whose clock is moved by hand, with a bucket.
#[derive(Debug, Default)]
struct Lab {
    micros: AtomicI64,
    /// How far the clock goes on by itself with each look at it.
    drift: AtomicI64,
    bucket: Mutex<BTreeMap<String, Vec<u8>>>,
    /// The next put of an object whose name ends like this is refused.
    fails: Mutex<Option<&'static str>>,
    hook: Mutex<Option<Hook>>,
}

impl Host for Lab {
    fn now(&self) -> i64 {
        let drift = self.drift.load(Ordering::Relaxed);
        1_795_256_430_000_000 + self.micros.fetch_add(drift, Ordering::Relaxed)
    }

    fn speed(&self) -> f64 {
        1.0
    }

    fn send_mail(&self, _: &Mail) -> Result<(), String> {
        Ok(())
    }

    fn send(&self, request: &WebRequest) -> Result<WebAnswer, String> {
        let answer = |status, body: Vec<u8>| {
            Ok(WebAnswer { status, headers: vec![("content-length".into(), body.len().to_string())], body })
        };
        if request.login != Some(("someone".to_owned(), "token".to_owned())) {
            return answer(401, b"{}".to_vec());
        }
        let (path, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
        let name = path.split_once("/o/").map_or("", |(_, name)| name);
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
        if request.method == "PUT" {
            if self.fails.lock().unwrap().take_if(|end| name.ends_with(*end)).is_some() {
                return answer(503, b"{}".to_vec());
            }
            let due = self.hook.lock().unwrap().take_if(|hook| name.ends_with(hook.0));
            if let Some(hook) = due {
                hook.1();
            }
        }
        let mut bucket = self.bucket.lock().unwrap();
        match request.method {
            "PUT" => {
                bucket.insert(name, request.body.clone());
                answer(200, Vec::new())
            }
            "DELETE" => answer(if bucket.remove(&name).is_some() { 204 } else { 404 }, Vec::new()),
            _ if name.is_empty() => {
                let prefix =
                    query.split('&').find_map(|part| part.strip_prefix("prefix=")).unwrap_or_default();
                let prefix = percent_encoding::percent_decode_str(prefix).decode_utf8_lossy().into_owned();
                let list: Vec<_> = bucket
                    .iter()
                    .filter(|(name, _)| name.starts_with(&prefix))
                    .map(|(name, bytes)| serde_json::json!({"name": name, "size": bytes.len()}))
                    .collect();
                answer(200, serde_json::json!({ "objects": list }).to_string().into_bytes())
            }
            _ => match bucket.get(&name) {
                Some(bytes) => answer(200, bytes.clone()),
                None => answer(404, Vec::new()),
            },
        }
    }
}

struct Bench {
    folder: tempfile::TempDir,
    lab: Arc<Lab>,
    database: Database,
}

fn bench() -> Bench {
    let fixture = fixture();
    run(&mut fixture.admin(), SCHEMA);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.db");
    let identity = crate::sandbox::oracle::Identity::default();
    fixture.database.clone_to(&path, crate::sandbox::oracle::CloneKind::Full, &identity, PASSWORD).unwrap();
    let lab = Arc::new(Lab::default());
    let database = Database::open(&path, lab.clone()).unwrap();
    Bench { folder, lab, database }
}

impl Bench {
    fn admin(&self) -> Session {
        self.database.logon("admin", PASSWORD).unwrap()
    }

    /// Lets time pass, in milliseconds, and the database see it.
    fn pass(&self, millis: i64) {
        self.lab.micros.fetch_add(millis * 1000, Ordering::Relaxed);
        self.database.tick(self.lab.now()).unwrap();
    }

    /// The process ends and another begins.
    fn restart(&mut self) {
        self.database = Database::open(&self.folder.path().join("bench.db"), self.lab.clone()).unwrap();
    }

    fn log(&self, name: &str) -> String {
        let mut session = self.admin();
        super::tests::read_log(&mut session, name)
    }
}

const START: &str = "declare h number; begin h := dbms_datapump.open('EXPORT', 'SCHEMA', job_name => 'NIGHTLY'); \
    dbms_datapump.add_file(h, 'night%U.dmp', 'DATA_PUMP_DIR'); \
    dbms_datapump.add_file(h, 'NIGHTLY.log', 'DATA_PUMP_DIR', filetype => dbms_datapump.ku$_file_type_log_file); \
    dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', 'IN (''SHOP'')'); dbms_datapump.start_job(h); dbms_datapump.detach(h); end;";
const STATE: &str = "select trim(operation), trim(job_mode), state, attached_sessions from dba_datapump_jobs where job_name = 'NIGHTLY'";

#[test]
fn states_follow_the_clock() {
    let bench = bench();
    let mut admin = bench.admin();
    run(
        &mut admin,
        &["declare h number; begin h := dbms_datapump.open('EXPORT', 'SCHEMA', job_name => 'NIGHTLY'); end;"],
    );
    check(&mut admin, STATE, "EXPORT|SCHEMA|DEFINING|1");
    check(
        &mut admin,
        "select count(*) from dba_tables where owner = 'ADMIN' and table_name = 'NIGHTLY'",
        "1",
    );
    refuse(
        &mut admin,
        "declare h number; begin h := dbms_datapump.open('EXPORT', 'SCHEMA', job_name => 'NIGHTLY'); end;",
        "ORA-31634: job already exists",
    );
    // The session ends, and with it a job that nobody has started.
    drop(admin);
    let mut admin = bench.admin();
    check(&mut admin, STATE, "");
    check(
        &mut admin,
        "select count(*) from dba_tables where owner = 'ADMIN' and table_name = 'NIGHTLY'",
        "0",
    );
    run(&mut admin, &[START]);
    check(&mut admin, STATE, "EXPORT|SCHEMA|EXECUTING|0");
    check(&mut admin, "select opname, units, totalwork from v$session_longops", "NIGHTLY|MB|1");
    let processes = "select d.session_type, s.module from dba_datapump_sessions d, v$session s where s.saddr = d.saddr order by 1";
    check(&mut admin, processes, "MASTER|Data Pump Master;WORKER|Data Pump Worker");
    bench.pass(1380);
    check(&mut admin, STATE, "EXPORT|SCHEMA|COMPLETING|0");
    bench.pass(10_000);
    check(&mut admin, STATE, "");
    check(&mut admin, processes, "");
    check(&mut admin, "select opname, sofar, totalwork from v$session_longops", "NIGHTLY|1|1");
    said(&bench.log("NIGHTLY"), &["successfully completed at Sat Nov 21 10:20:41 2026 elapsed 0 00:00:11"]);
    drop(admin);
}

#[test]
fn stopped_and_killed_jobs_go_on() {
    let mut bench = bench();
    run(&mut bench.admin(), &[START]);
    let attach = "h := dbms_datapump.attach('NIGHTLY', 'ADMIN');";
    // Its workers end what they are at, and nobody can let it go on before.
    run(&mut bench.admin(), &[&format!("declare h number; begin {attach} dbms_datapump.stop_job(h); end;")]);
    {
        let mut admin = bench.admin();
        check(&mut admin, STATE, "EXPORT|SCHEMA|STOP PENDING|0");
        let start = format!("declare h number; begin {attach} dbms_datapump.start_job(h); end;");
        refuse(&mut admin, &start, "ORA-39004: invalid state");
    }
    bench.pass(10_000);
    check(
        &mut bench.admin(),
        "select operation, job_mode, state, degree from dba_datapump_jobs",
        &format!("{:<30}|{:<30}|NOT RUNNING|0", "EXPORT", "SCHEMA"),
    );
    bench.pass(60_000);
    check(&mut bench.admin(), STATE, "EXPORT|SCHEMA|NOT RUNNING|0");
    {
        let mut admin = bench.admin();
        run(&mut admin, &[&format!("declare h number; begin {attach} end;")]);
        check(&mut admin, STATE, "EXPORT|SCHEMA|IDLING|1");
        let mut other = bench.admin();
        run(&mut other, &[&format!("declare h number; begin {attach} end;")]);
        check(&mut other, STATE, "EXPORT|SCHEMA|IDLING|2");
        let wait = "declare h number; s varchar2(30); begin h := dbms_datapump.attach('NIGHTLY', 'ADMIN'); \
                    dbms_datapump.wait_for_job(h, s); end;";
        refuse(&mut bench.admin(), wait, "ORA-39004: invalid state");
    }
    check(&mut bench.admin(), STATE, "EXPORT|SCHEMA|NOT RUNNING|0");
    run(&mut bench.admin(), &[&format!("declare h number; begin {attach} dbms_datapump.start_job(h); end;")]);
    check(&mut bench.admin(), STATE, "EXPORT|SCHEMA|EXECUTING|0");
    bench.restart();
    check(&mut bench.admin(), STATE, "EXPORT|SCHEMA|NOT RUNNING|0");
    bench.pass(60_000);
    check(&mut bench.admin(), STATE, "EXPORT|SCHEMA|NOT RUNNING|0");
    run(&mut bench.admin(), &[&format!("declare h number; begin {attach} dbms_datapump.start_job(h); end;")]);
    bench.pass(60_000);
    check(&mut bench.admin(), STATE, "");
    said(
        &bench.log("NIGHTLY"),
        &[
            "stopped by user request",
            "has been reopened",
            "exported \"SHOP\".\"CUSTOMERS\"",
            "successfully completed",
        ],
    );
    // Without its control table a stopped job is gone for good.
    let again = START.replace("night%U", "second%U");
    run(
        &mut bench.admin(),
        &[&again, &format!("declare h number; begin {attach} dbms_datapump.stop_job(h, 1, 0); end;")],
    );
    check(&mut bench.admin(), STATE, "");
    let mut admin = bench.admin();
    refuse(&mut admin, &format!("declare h number; begin {attach} end;"), "ORA-31626: job does not exist");
    said(&details(&mut admin), &["ORA-31638: cannot attach to job NIGHTLY for user ADMIN"]);
    // A dropped control table ends its job.
    run(&mut admin, &[&again.replace("second", "third"), "drop table admin.nightly"]);
    bench.pass(1);
    check(&mut admin, STATE, "");
}

#[test]
fn imports_go_on_table_by_table() {
    let mut bench = bench();
    run(&mut bench.admin(), &[START]);
    bench.pass(60_000);
    run(
        &mut bench.admin(),
        &["declare h number; begin h := dbms_datapump.open('IMPORT', 'FULL', job_name => 'NIGHTLY'); \
           dbms_datapump.add_file(h, 'night%U.dmp', 'DATA_PUMP_DIR'); dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', 'COPY'); \
           dbms_datapump.start_job(h); end;"],
    );
    let mut seen = Vec::new();
    for _ in 0..400 {
        bench.pass(5);
        let mut admin = bench.admin();
        let tables = rows(
            &mut admin,
            "select count(*) from dba_tables where owner = 'COPY' and table_name = 'CUSTOMERS'",
        );
        let count = if tables == "1" {
            rows(&mut admin, "select count(*) from copy.customers")
        } else {
            "none".to_owned()
        };
        drop(admin);
        if seen.last() != Some(&count) {
            seen.push(count.clone());
            bench.restart();
            check(&mut bench.admin(), STATE, "IMPORT|FULL|NOT RUNNING|0");
            run(
                &mut bench.admin(),
                &[
                    "declare h number; begin h := dbms_datapump.attach('NIGHTLY'); dbms_datapump.start_job(h); end;",
                ],
            );
        }
    }
    // Whole tables only, whatever happens between them.
    assert_eq!(seen, ["none", "0", "20"]);
    bench.pass(60_000);
    check(&mut bench.admin(), STATE, "");
    check(&mut bench.admin(), "select count(*) from copy.regions", "3");
    check(&mut bench.admin(), "select count(*) from copy.log", "5");
}

#[test]
fn an_image_is_of_one_moment() {
    check_image("", "      4 rows");
    check_image("dbms_datapump.set_parameter(h, 'FLASHBACK_TIME', 'SYSTIMESTAMP');", "      3 rows");
}

fn check_image(parameter: &str, want: &str) {
    let bench = bench();
    let start = START.replace("dbms_datapump.start_job", &format!("{parameter} dbms_datapump.start_job"));
    run(&mut bench.admin(), &[&start]);
    let mut admin = bench.admin();
    run(&mut admin, &["insert into shop.regions values (7, 'late')", "commit"]);
    drop(admin);
    bench.pass(60_000);
    said(&bench.log("NIGHTLY"), &[want]);
}

const URI: &str = "https://objectstorage.eu-frankfurt-1.oraclecloud.com/n/space/b/temp/o/run%20a/exp%L.dmp";
const CREDENTIAL: &str = "begin dbms_cloud.create_credential('CRED', 'someone', 'token'); end;";

#[test]
fn dumps_are_objects_in_a_bucket() {
    let bench = bench();
    let mut admin = bench.admin();
    let uri = URI;
    run(&mut admin, &[CREDENTIAL, "begin dbms_cloud.create_credential('WRONG', 'someone', 'else'); end;"]);
    let start = |credential: &str, reuse: &str| {
        format!(
            "declare h number; begin h := dbms_datapump.open('EXPORT', 'SCHEMA', job_name => 'NIGHTLY'); dbms_datapump.set_parallel(h, 2); \
             dbms_datapump.add_file(h, '{uri}', '{credential}', null, dbms_datapump.ku$_file_type_uridump_file, {reuse}); \
             dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', 'IN (''SHOP'')'); dbms_datapump.start_job(h); end;"
        )
    };
    refuse(&mut admin, &start("WRONG", "0"), "ORA-39001: invalid argument value");
    said(
        &details(&mut admin),
        &[
            "ORA-39000: bad dump file specification",
            "ORA-31641: unable to create dump file",
            "ORA-20401: Authorization failed for URI",
        ],
    );
    drop(admin);
    let mut admin = bench.admin();
    refuse(&mut admin, &start("NOBODY", "0"), "ORA-39001");
    said(&details(&mut admin), &["ORA-20004: Credential \"ADMIN\".\"NOBODY\" does not exist"]);
    drop(admin);
    let mut admin = bench.admin();
    run(&mut admin, &[&start("CRED", "0")]);
    bench.pass(60_000);
    let names: Vec<(String, bool)> = bench
        .lab
        .bucket
        .lock()
        .unwrap()
        .iter()
        .map(|(name, bytes)| (name.clone(), bytes.is_empty()))
        .collect();
    let name = |text: &str, empty: bool| (text.to_owned(), empty);
    assert_eq!(
        names,
        [
            name("run a/exp01.dmp", true),
            name("run a/exp01.dmp_aaaaaa", false),
            name("run a/exp02.dmp", true),
            name("run a/exp02.dmp_aaaaaa", false),
        ]
    );
    refuse(&mut admin, &start("CRED", "0"), "ORA-39001");
    said(
        &details(&mut admin),
        &["ORA-31641: unable to create dump file", "ORA-27038: created file already exists"],
    );
    drop(admin);
    let import = format!(
        "declare h number; begin h := dbms_datapump.open('IMPORT', 'FULL', job_name => 'BACK'); \
         dbms_datapump.add_file(h, '{uri}', 'CRED', null, 5); dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', 'COPY'); dbms_datapump.start_job(h); end;"
    );
    let piece = bench.lab.bucket.lock().unwrap().remove("run a/exp02.dmp").unwrap();
    let mut admin = bench.admin();
    refuse(&mut admin, &import, "ORA-39002: invalid operation");
    said(
        &details(&mut admin),
        &[
            "ORA-31694: master table \"ADMIN\".\"BACK\" failed to load/unload",
            "ORA-39059: dump file set is incomplete",
        ],
    );
    drop(admin);
    bench.lab.bucket.lock().unwrap().insert("run a/exp02.dmp".to_owned(), piece);
    run(&mut bench.admin(), &[&import]);
    bench.pass(60_000);
    check(&mut bench.admin(), "select count(*) from copy.customers", "20");
}

#[test]
fn jobs_go_wrong_on_request() {
    let bench = bench();
    assert!(!bench.database.arm("kill-session", &serde_json::json!({})));
    let check_fault = |name: &str, detail: serde_json::Value, state: &str, lines: &[&str]| {
        assert!(bench.database.arm(name, &detail));
        let start = START.replace("night%U", &format!("{name}{}%U", lines.len()));
        run(&mut bench.admin(), &[&start]);
        for _ in 0..40 {
            bench.pass(100);
        }
        check(&mut bench.admin(), STATE, state);
        said(&bench.log("NIGHTLY"), lines);
        if !state.is_empty() {
            // The next start goes on as if nothing had been.
            run(
                &mut bench.admin(),
                &[
                    "declare h number; begin h := dbms_datapump.attach('NIGHTLY'); dbms_datapump.start_job(h); end;",
                ],
            );
            bench.pass(60_000);
            check(&mut bench.admin(), STATE, "");
            said(&bench.log("NIGHTLY"), &["successfully completed"]);
        }
    };
    let errors = ["ORA-31693: Table data object", "ORA-01555: snapshot too old", "completed with 2 error(s)"];
    check_fault("pump-errors", serde_json::json!({"errors": 2}), "", &errors);
    let stops = [
        "ORA-39029: worker 1 with process name \"DW00\" prematurely terminated",
        "stopped due to fatal error",
    ];
    check_fault("pump-stops", serde_json::json!({"percent": 30}), "EXPORT|SCHEMA|NOT RUNNING|0", &stops);
    check_fault(
        "pump-fatal",
        serde_json::json!({}),
        "EXPORT|SCHEMA|NOT RUNNING|0",
        &["ORA-39006: internal error", "stopped due to fatal error"],
    );
    // A job that is refused does not use it up.
    assert!(bench.database.arm("pump-fatal", &serde_json::json!({})));
    refuse(
        &mut bench.admin(),
        "declare h number; begin h := dbms_datapump.open('EXPORT', 'SCHEMA'); dbms_datapump.start_job(h); end;",
        "ORA-39004",
    );
    check_fault("pump-fatal", serde_json::json!({}), "EXPORT|SCHEMA|NOT RUNNING|0", &["ORA-39006"]);
    // Used up: nothing is armed any more.
    run(&mut bench.admin(), &[&START.replace("night%U", "fine%U")]);
    bench.pass(60_000);
    said(&bench.log("NIGHTLY"), &["successfully completed"]);
}

#[test]
fn versions_are_looked_at() {
    let bench = bench();
    let identity = |version: &str| crate::sandbox::oracle::Identity {
        version: version.to_owned(),
        ..Default::default()
    };
    bench.database.set_identity(&identity("26ai")).unwrap();
    check(&mut bench.admin(), "select version, version_full from v$instance", "23.0.0.0.0|23.26.0.1.0");
    check(&mut bench.admin(), "select filename, version from v$timezone_file", "timezlrg_45.dat|45");
    run(&mut bench.admin(), &[START]);
    bench.pass(60_000);
    let older = START
        .replace("'EXPORT', 'SCHEMA', ", "'EXPORT', 'SCHEMA', version => '19', ")
        .replace("night%U", "older%U");
    run(&mut bench.admin(), &[&older]);
    bench.pass(60_000);
    bench.database.set_identity(&identity("19c")).unwrap();
    check(&mut bench.admin(), "select version from v$instance", "19.0.0.0.0");
    check(&mut bench.admin(), "select version from v$timezone_file", "43");
    let import = |file: &str| {
        format!(
            "declare h number; begin h := dbms_datapump.open('IMPORT', 'FULL'); dbms_datapump.add_file(h, '{file}', 'DATA_PUMP_DIR'); \
             dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', 'COPY'); dbms_datapump.start_job(h); end;"
        )
    };
    let mut admin = bench.admin();
    refuse(&mut admin, &import("night%U.dmp"), "ORA-39001: invalid argument value");
    said(
        &details(&mut admin),
        &["ORA-39142: incompatible version number 23.0.0.0.0 in dump file \"night01.dmp\""],
    );
    // Made for an older version it can be read, but rows with time zones may mean something else.
    refuse(&mut admin, &import("older%U.dmp"), "ORA-39002: invalid operation");
    said(
        &details(&mut admin),
        &[
            "ORA-39405: Oracle Data Pump does not support importing from a source database with TSTZ version 45 into a target database with TSTZ version 43.",
        ],
    );
    drop(admin);
    bench.database.set_identity(&identity("26ai")).unwrap();
    run(&mut bench.admin(), &[&import("older%U.dmp")]);
    bench.pass(60_000);
    check(&mut bench.admin(), "select count(*) from copy.customers", "20");
}

#[test]
fn imports_wait_for_room() {
    let bench = bench();
    run(&mut bench.admin(), &[START]);
    bench.pass(60_000);
    run(
        &mut bench.admin(),
        &[
            "create user small identified by \"Market#Stall2026\" quota 500 on data",
            "create user none identified by \"Market#Stall2026\"",
            "grant create session to small",
        ],
    );
    let import = |user: &str| {
        format!(
            "declare h number; begin h := dbms_datapump.open('IMPORT', 'FULL', job_name => 'NIGHTLY'); dbms_datapump.add_file(h, 'night%U.dmp', 'DATA_PUMP_DIR'); \
             dbms_datapump.add_file(h, 'NIGHTLY.log', 'DATA_PUMP_DIR', filetype => 3); \
             dbms_datapump.metadata_filter(h, 'EXCLUDE_PATH_EXPR', 'IN (''TABLESPACE_QUOTA'')'); \
             dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', '{user}'); dbms_datapump.start_job(h); end;"
        )
    };
    run(&mut bench.admin(), &[&import("SMALL")]);
    bench.pass(60_000);
    check(&mut bench.admin(), STATE, "IMPORT|FULL|EXECUTING|0");
    check(&mut bench.admin(), "select count(*) from small.customers", "0");
    bench.pass(60_000);
    let log = bench.log("NIGHTLY");
    said(
        &log,
        &[
            "ORA-39171: Job is experiencing a resumable wait.",
            "ORA-01536: space quota exceeded for tablespace 'DATA'",
        ],
    );
    assert_eq!(log.matches("ORA-39171").count(), 1, "{log}");
    run(&mut bench.admin(), &["alter user small quota unlimited on data"]);
    bench.pass(60_000);
    check(&mut bench.admin(), STATE, "");
    check(&mut bench.admin(), "select count(*) from small.customers", "20");
    run(&mut bench.admin(), &[&import("NONE")]);
    bench.pass(60_000);
    said(
        &bench.log("NIGHTLY"),
        &[
            "ORA-31693: Table data object \"NONE\".\"CUSTOMERS\"",
            "ORA-01950: no privileges on tablespace 'DATA'",
        ],
    );
}
