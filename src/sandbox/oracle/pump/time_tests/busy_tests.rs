//! Other sessions at work in the same database, and faults while files are written.

use super::*;

#[test]
fn workers_wait_for_other_sessions() {
    let bench = bench();
    run(&mut bench.admin(), &[START]);
    let mut admin = bench.admin();
    run(&mut admin, &["update shop.regions set name = 'not yet'"]);
    // The row is changed but not committed: a look at the jobs neither waits nor fails.
    check(&mut admin, "select state from user_datapump_jobs", "EXECUTING");
    run(&mut admin, &["rollback"]);
    drop(admin);
    bench.pass(60_000);
    said(&bench.log("NIGHTLY"), &["successfully completed"]);
}

/// An export of two streams into the bucket, without leave to write over anything.
fn two_streams() -> String {
    START
        .replace("'night%U.dmp', 'DATA_PUMP_DIR'", &format!("'{URI}', 'CRED', filetype => 5"))
        .replace("dbms_datapump.start_job", "dbms_datapump.set_parallel(h, 2); dbms_datapump.start_job")
}

#[test]
fn an_export_that_fails_while_it_writes_goes_on() {
    let mut bench = bench();
    run(&mut bench.admin(), &[CREDENTIAL, &two_streams()]);
    *bench.lab.fails.lock().unwrap() = Some("exp02.dmp");
    bench.pass(60_000);
    check(&mut bench.admin(), STATE, "EXPORT|SCHEMA|NOT RUNNING|0");
    said(&bench.log("NIGHTLY"), &["ORA-31641: unable to create dump file", "stopped due to fatal error"]);
    // Whatever is there of it is its own, also for another process.
    bench.restart();
    let start =
        "declare h number; begin h := dbms_datapump.attach('NIGHTLY'); dbms_datapump.start_job(h); end;";
    run(&mut bench.admin(), &[start]);
    bench.pass(60_000);
    check(&mut bench.admin(), STATE, "");
    let log = bench.log("NIGHTLY");
    said(&log, &["successfully completed"]);
    assert!(!log.contains("ORA-27038"), "{log}");
}

/// A session that has changed something and does not say what becomes of it.
fn busy(database: &Database) -> Session {
    let mut session = database.logon("admin", PASSWORD).unwrap();
    run(&mut session, &["update shop.regions set name = name"]);
    session
}

#[test]
fn a_busy_database_loses_nothing() {
    let bench = bench();
    run(&mut bench.admin(), &[CREDENTIAL, &two_streams()]);
    // The last object is written, and then another session is in the way.
    let other = Arc::new(Mutex::new(None));
    let (database, place) = (bench.database.clone(), Arc::clone(&other));
    let hook = move || *place.lock().unwrap() = Some(busy(&database));
    *bench.lab.hook.lock().unwrap() = Some(Hook("exp02.dmp", Box::new(hook)));
    bench.pass(60_000);
    assert!(other.lock().unwrap().is_some());
    check(&mut bench.admin(), STATE, "EXPORT|SCHEMA|COMPLETING|0");
    assert!(!bench.log("NIGHTLY").contains("completed"), "{}", bench.log("NIGHTLY"));
    *other.lock().unwrap() = None;
    bench.pass(1);
    check(&mut bench.admin(), STATE, "");
    let log = bench.log("NIGHTLY");
    assert_eq!((log.matches("completed").count(), log.contains("ORA-")), (1, false), "{log}");
    // An import meets somebody at each of its steps.
    let import = format!(
        "declare h number; begin h := dbms_datapump.open('IMPORT', 'FULL', job_name => 'NIGHTLY'); \
         dbms_datapump.add_file(h, '{URI}', 'CRED', filetype => 5); dbms_datapump.add_file(h, 'NIGHTLY.log', 'DATA_PUMP_DIR', filetype => 3); \
         dbms_datapump.metadata_filter(h, 'EXCLUDE_PATH_EXPR', 'IN (''PROCEDURE'')'); \
         dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', 'COPY'); dbms_datapump.start_job(h); end;"
    );
    run(&mut bench.admin(), &[&import]);
    for _ in 0..60 {
        let session = busy(&bench.database);
        bench.pass(25);
        drop(session);
        bench.pass(1);
    }
    bench.pass(60_000);
    check(&mut bench.admin(), STATE, "");
    let log = bench.log("NIGHTLY");
    said(&log, &["successfully completed"]);
    check(&mut bench.admin(), "select count(*) from copy.customers", "20");
    check(&mut bench.admin(), "select count(*) from copy.log", "5");
}

#[test]
fn status_waits_for_news() {
    let bench = bench();
    run(&mut bench.admin(), &[START]);
    bench.lab.drift.store(500, Ordering::Relaxed);
    let mut admin = bench.admin();
    admin.enable_dbms_output();
    run(
        &mut admin,
        &["declare h number; s varchar2(30) := 'UNDEFINED'; sts ku$_Status; empty number := 0; begin \
           h := dbms_datapump.attach('NIGHTLY'); \
           while s not in ('COMPLETED', 'STOPPED') loop dbms_datapump.get_status(h, 15, -1, s, sts); \
             if s = 'EXECUTING' and sts.wip is null and sts.error is null then empty := empty + 1; end if; end loop; \
           dbms_output.put_line(empty || ' ' || s); end;"],
    );
    assert_eq!(admin.take_dbms_output(), ["0 COMPLETED"]);
    // Nobody holds on to it any more.
    drop(admin);
    let mut admin = bench.admin();
    let machine = admin.machine();
    assert!(machine.shared.clone().pump.open(&machine.store).unwrap().ended.is_empty());
}
