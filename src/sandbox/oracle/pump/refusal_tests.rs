//! What the calls refuse, and what `GET_STATUS` says about it.

use super::tests::{DUMP, details, export, job, said, shop};
use crate::sandbox::oracle::tests::{check, refuse, run};

#[test]
fn definitions_are_checked() {
    let (fixture, _) = shop();
    let check_call = |open: &str, calls: &str, code: &str, detail: &str| {
        let mut admin = fixture.admin();
        let block =
            format!("declare h number; s varchar2(30); begin h := dbms_datapump.open({open}); {calls} end;");
        refuse(&mut admin, &block, code);
        said(&details(&mut admin), &[code, detail]);
    };
    let export = "'EXPORT', 'SCHEMA'";
    let import = "'IMPORT', 'SCHEMA'";
    for (open, code, detail) in [
        ("'EXPROT', 'SCHEMA'", "ORA-39001", "ORA-39019: invalid operation type EXPROT"),
        ("'EXPORT', 'SCHEMAS'", "ORA-39001", "ORA-39020: invalid mode type SCHEMAS"),
        ("'EXPORT', null", "ORA-39001", "ORA-39020"),
        ("'EXPORT', 'SCHEMA', null, null, '99'", "ORA-39001", "ORA-39023: Version 99 is not supported."),
        ("'IMPORT', 'SCHEMA', null, null, '12'", "ORA-39005", "ORA-39050"),
    ] {
        check_call(open, "null;", code, detail);
    }
    for (calls, code, detail) in [
        (
            "metadata_filter(h, 'SCHEMA_EXPR', 'SHOP')",
            "ORA-39001",
            "ORA-39071: Value for SCHEMA_EXPR is badly formed.",
        ),
        (
            "metadata_filter(h, 'SCHEMA_LIST', 'SHOP')",
            "ORA-39001",
            "ORA-39071: Value for SCHEMA_LIST is badly formed.",
        ),
        (
            "metadata_filter(h, 'SCHEMAS', '''SHOP''')",
            "ORA-39001",
            "ORA-39036: invalid metadata filter name SCHEMAS",
        ),
        (
            "metadata_filter(h, 'EXCLUDE_PATH_EXPR', 'IN (''STATS'')')",
            "ORA-39001",
            "ORA-39038: Object path \"STATS\" is not supported for SCHEMA jobs.",
        ),
        (
            "metadata_filter(h, 'NAME_EXPR', '= ''X''', 'TABEL')",
            "ORA-39001",
            "ORA-39038: Object path \"TABEL\"",
        ),
        ("metadata_filter(h, 'SCHEMA_EXPR', '= ''X''', 'TABLE')", "ORA-39001", "ORA-39037"),
        (
            "metadata_remap(h, 'REMAP_SCHEMA', 'A', 'B')",
            "ORA-39002",
            "ORA-39032: function METADATA_REMAP is not supported in EXPORT jobs",
        ),
        (
            "metadata_remap(h, 'REMAP_DATA', 'A', 'B')",
            "ORA-39001",
            "ORA-39045: invalid metadata remap name REMAP_DATA",
        ),
        ("metadata_transform(h, 'OID', 0)", "ORA-39002", "ORA-39032"),
        ("metadata_transform(h, 'OIDS', 0)", "ORA-39001", "ORA-39042: invalid transform name OIDS"),
        ("data_filter(h, 'SAMPLE', 0)", "ORA-39001", "ORA-39163: A sample size of 0 is invalid."),
        ("data_filter(h, 'SAMPLE', 100.5)", "ORA-39001", "ORA-39163: A sample size of 100.5 is invalid."),
        ("set_parameter(h, 'INCLUDE_METADATA', 0.4)", "ORA-39001", "ORA-39096"),
        ("data_filter(h, 'INCLUDE_ROWS', 'N')", "ORA-39005", "ORA-39096"),
        ("data_filter(h, 'SUBQUERY', 'where 1 = 0', null, 'SHOP')", "ORA-39005", "ORA-39053"),
        ("data_remap(h, 'REMAP_DATA', 'T', 'C', 'P.F')", "ORA-39001", "ORA-39045"),
        ("data_remap(h, 'COLUMN_FUNCTION', 'T', 'C', 'F')", "ORA-39001", "ORA-39071"),
        ("set_parameter(h, 'TABLE_EXISTS_ACTION', 'SKIP')", "ORA-39005", "ORA-39050"),
        (
            "set_parameter(h, 'COMPRESSION', 1)",
            "ORA-39005",
            "ORA-39096: invalid input value 1 for parameter COMPRESSION",
        ),
        ("set_parameter(h, 'INCLUDE_METADATA', '0')", "ORA-39005", "ORA-39096"),
        ("set_parameter(h, 'COMPRESSION', 'SOME')", "ORA-39001", "ORA-39096"),
        (
            "set_parameter(h, 'CONTENT', 'DATA_ONLY')",
            "ORA-39001",
            "ORA-39049: invalid parameter name CONTENT",
        ),
        ("set_parameter(h, 'DATA_OPTIONS', 1)", "ORA-39001", "ORA-39096"),
        ("set_parallel(h, 0)", "ORA-39001", "ORA-39096"),
        ("add_file(h, 'x.dmp', 'NO_DIR')", "ORA-39001", "ORA-39087: directory name NO_DIR is invalid"),
        ("add_file(h, 'x.log', 'NO_DIR', null, 3)", "ORA-39002", "ORA-39070: Unable to open the log file."),
        (
            "add_file(h, '../x.dmp', 'DATA_PUMP_DIR')",
            "ORA-39001",
            "ORA-39088: file name cannot contain a path specification",
        ),
        (
            "add_file(h, 'x%Z.dmp', 'DATA_PUMP_DIR')",
            "ORA-39001",
            "ORA-39156: error parsing dump file name \"x%Z.dmp\"",
        ),
        ("add_file(h, 'x.dmp', 'DATA_PUMP_DIR', '10K')", "ORA-39001", "ORA-39096"),
        (
            "add_file(h, 'x.dmp', 'DATA_PUMP_DIR', filetype => 9)",
            "ORA-39001",
            "ORA-39030: invalid file type 9",
        ),
        ("add_file(h, 'https://x.example.com/o/x.dmp', null, filetype => 5)", "ORA-39001", "ORA-39145"),
        (
            "add_file(h, 'x%U.dmp', 'DATA_PUMP_DIR'); dbms_datapump.add_file(h, 'x%U.dmp', 'DATA_PUMP_DIR')",
            "ORA-39001",
            "ORA-39000: bad dump file specification",
        ),
        ("start_job(h)", "ORA-39004", "ORA-39053"),
        (
            "wait_for_job(h, s)",
            "ORA-39004",
            "ORA-39016: Operation not supported when job is in DEFINING state.",
        ),
        (
            "detach(h); dbms_datapump.set_parallel(h, 2)",
            "ORA-31623",
            "ORA-31623: a job is not attached to this session via the specified handle",
        ),
    ] {
        check_call(export, &format!("dbms_datapump.{calls};"), code, detail);
    }
    for (calls, code, detail) in [
        ("set_parameter(h, 'ENCRYPTION', 'ALL')", "ORA-39005", "ORA-39050"),
        ("set_parameter(h, 'FLASHBACK_SCN', 1)", "ORA-39005", "ORA-39050"),
        ("set_parameter(h, 'DATA_OPTIONS', 2)", "ORA-39001", "ORA-39096"),
        (
            "set_parameter(h, 'TABLE_EXISTS_ACTION', 'REPLACE'); dbms_datapump.set_parameter(h, 'INCLUDE_METADATA', 0)",
            "ORA-39005",
            "ORA-39050",
        ),
        (
            "set_parameter(h, 'METRICS', 1); dbms_datapump.set_parameter(h, 'METRICS', 0)",
            "ORA-39001",
            "ORA-39051: parameter METRICS specified multiple times",
        ),
        (
            "add_file(h, 'gone.dmp', 'DATA_PUMP_DIR')",
            "ORA-39001",
            "ORA-31640: unable to open dump file \"gone.dmp\" for read",
        ),
        ("data_filter(h, 'SAMPLE', 5)", "ORA-39005", "ORA-39050"),
    ] {
        check_call(import, &format!("dbms_datapump.{calls};"), code, detail);
    }
    check_call(
        export,
        "dbms_datapump.metadata_filter(h, 'INCLUDE_PATH_EXPR', 'IN (''TABLE'')'); dbms_datapump.metadata_filter(h, 'EXCLUDE_PATH_EXPR', 'IN (''INDEX'')');",
        "ORA-39001",
        "ORA-39050: parameter INCLUDE is incompatible with parameter EXCLUDE",
    );
    for schemas in [
        "'SCHEMA_EXPR', 'IN (''A'', ''B'')'",
        "'SCHEMA_EXPR', 'NOT IN (''A'')'",
        "'SCHEMA_EXPR', '<> ''A'''",
        "'SCHEMA_EXPR', 'LIKE ''%'''",
        "'SCHEMA_LIST', '''A'', ''B'''",
        "'SCHEMA_EXPR', '= ''A'''); dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', '= ''B'''",
    ] {
        let filter = format!("dbms_datapump.metadata_filter(h, {schemas});");
        check_call("'EXPORT', 'TABLE'", &filter, "ORA-39001", "ORA-39040");
    }
    for (open, call) in [
        (export, "metadata_filter(h, 'TABLESPACE_LIST', '''DATA''')"),
        (export, "metadata_filter(h, 'VIEWS_AS_TABLES', '''RICH''')"),
        (export, "data_filter(h, 'PARTITION_LIST', '''P1''')"),
        (export, "set_parameter(h, 'FLASHBACK_SCN', 1)"),
        (export, "set_parameter(h, 'TRANSPORTABLE', 'always')"),
        (import, "set_parameter(h, 'MASTER_ONLY', 1)"),
        (import, "metadata_remap(h, 'REMAP_DATAFILE', 'a', 'b')"),
        (import, "metadata_remap(h, 'REMAP_SCHEMA', 'A', 'B', 'TABLE')"),
    ] {
        let block =
            format!("declare h number; begin h := dbms_datapump.open({open}); dbms_datapump.{call}; end;");
        refuse(&mut fixture.admin(), &block, "the sandbox cannot");
    }
    check(&mut fixture.admin(), "select count(*) from dba_datapump_jobs", "0");
}

#[test]
fn exceptions_have_names() {
    let (_fixture, mut admin) = shop();
    admin.enable_dbms_output();
    for (call, name) in [
        ("h := dbms_datapump.open('X', 'Y')", "invalid_argval"),
        ("dbms_datapump.detach(4711)", "invalid_handle"),
        ("h := dbms_datapump.attach('NOTHING')", "no_such_job"),
        ("h := dbms_datapump.open('EXPORT', 'SCHEMA'); dbms_datapump.start_job(h)", "invalid_state"),
        (
            "h := dbms_datapump.open('EXPORT', 'SCHEMA'); dbms_datapump.set_parameter(h, 'METRICS', 'x')",
            "inconsistent_args",
        ),
        (
            "h := dbms_datapump.open('EXPORT', 'SCHEMA'); dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'A', 'B')",
            "invalid_operation",
        ),
        (
            "h := dbms_datapump.open('EXPORT', 'SCHEMA', null, 'TWICE'); h := dbms_datapump.open('EXPORT', 'SCHEMA', null, 'TWICE')",
            "job_exists",
        ),
    ] {
        let block = format!(
            "declare h number; begin {call}; exception when dbms_datapump.{name} then dbms_output.put_line('seen'); end;"
        );
        run(&mut admin, &[&block]);
        assert_eq!(admin.take_dbms_output(), ["seen"], "{call}");
    }
}

#[test]
fn users_need_privileges() {
    let (fixture, mut admin) = shop();
    export(&mut admin);
    run(
        &mut admin,
        &[
            "grant execute on dbms_cloud to shop",
            "grant read, write on directory data_pump_dir to shop",
            "create user other identified by \"Market#Stall2026\" quota unlimited on data",
            "grant create session to other",
        ],
    );
    let open = |mode: &str| {
        format!(
            "declare h number; begin h := dbms_datapump.open('EXPORT', '{mode}'); dbms_datapump.add_file(h, 'own.dmp', 'DATA_PUMP_DIR', reusefile => 1);"
        )
    };
    let mut session = fixture.database.session_as("SHOP").unwrap();
    refuse(&mut session, &format!("{} end;", open("FULL")), "ORA-31631: privileges are required");
    said(&details(&mut session), &["ORA-39161: Full database jobs require privileges"]);
    refuse(
        &mut session,
        &format!(
            "{} dbms_datapump.metadata_filter(h, 'SCHEMA_LIST', '''ADMIN'''); dbms_datapump.start_job(h); end;",
            open("SCHEMA")
        ),
        "ORA-31631",
    );
    said(
        &details(&mut session),
        &["ORA-39109: Unprivileged users may not operate upon other users' schemas"],
    );
    refuse(
        &mut session,
        &format!("{} dbms_datapump.set_parameter(h, 'USER_METADATA', 1); end;", open("SCHEMA")),
        "ORA-31631",
    );
    refuse(
        &mut session,
        "declare h number; begin h := dbms_datapump.open('IMPORT', 'SCHEMA'); dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'X', 'Y'); end;",
        "ORA-31631",
    );
    said(&details(&mut session), &["ORA-39122: Unprivileged users may not perform REMAP_SCHEMA remappings."]);
    // Nor does the job lend its rights to what the definition calls.
    run(
        &mut admin,
        &[
            "create function shop.moment return timestamp authid current_user is n number; begin execute immediate 'select count(*) from sys.credential$' into n; return systimestamp; end;",
        ],
    );
    refuse(
        &mut session,
        &format!(
            "{} dbms_datapump.set_parameter(h, 'FLASHBACK_TIME', 'moment()'); dbms_datapump.start_job(h); end;",
            open("SCHEMA")
        ),
        "ORA-39001",
    );
    said(&details(&mut session), &["ORA-39150", "ORA-00942"]);
    let mut poor = fixture.database.session_as("OTHER").unwrap();
    refuse(
        &mut poor,
        "declare h number; begin h := dbms_datapump.open('EXPORT', 'SCHEMA', null, 'MINE'); end;",
        "ORA-31626",
    );
    said(&details(&mut poor), &["ORA-31633: unable to create master table \"OTHER.MINE\"", "ORA-01031"]);
    // The own schema needs no role; users are not in such a dump.
    run(&mut session, &[&format!("{} dbms_datapump.start_job(h); end;", open("SCHEMA"))]);
    check(&mut session, "select count(*) from user_datapump_jobs where state <> 'DEFINING'", "0");
    let log = job(
        &mut admin,
        "IMPORT",
        "FULL",
        "NOUSER",
        "dbms_datapump.add_file(h, 'own.dmp', 'DATA_PUMP_DIR'); dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', 'FRESH');",
    );
    said(&log, &["ORA-01918: user 'FRESH' does not exist"]);
    check(&mut admin, "select count(*) from dba_users where username = 'FRESH'", "0");
}

#[test]
fn status_in_its_types() {
    let (_fixture, mut admin) = shop();
    admin.enable_dbms_output();
    let block = format!(
        "declare h number; s varchar2(30); sts ku$_Status; js ku$_JobStatus; jd ku$_JobDesc; le ku$_LogEntry; old sys.ku$_Status1010; n number := 0; \
         begin h := dbms_datapump.open('EXPORT', 'SCHEMA', null, 'STATS'); {DUMP} \
         dbms_datapump.metadata_filter(h, 'SCHEMA_LIST', '''SHOP'', ''GHOST'''); dbms_datapump.log_entry(h, 'said by hand'); \
         dbms_datapump.get_status(h, dbms_datapump.ku$_status_job_status, 0, s, old); dbms_output.put_line(s || ' ' || old.job_status.state); \
         dbms_datapump.start_job(h); s := 'UNDEFINED'; \
         while s <> 'COMPLETED' and s <> 'STOPPED' loop \
           dbms_datapump.get_status(h, 15, -1, s, sts); js := sts.job_status; \
           if sts.error is not null then for i in 1 .. sts.error.count loop dbms_output.put_line(sts.error(i).errornumber || ' ' || sts.error(i).logtext); end loop; end if; \
           le := sts.wip; if le is not null then n := n + le.count; end if; \
         end loop; jd := sts.job_description; \
         dbms_output.put_line(s || ' ' || js.percent_done || ' ' || js.error_count || ' ' || jd.term_reason || ' ' || js.files(1).file_name || ' ' || jd.owner); \
         if n > 10 then dbms_output.put_line('many lines'); end if; dbms_datapump.detach(h); end;"
    );
    run(&mut admin, &[&block]);
    assert_eq!(
        admin.take_dbms_output(),
        [
            "DEFINING DEFINING",
            "-39165 ORA-39165: Schema GHOST was not found.",
            "COMPLETED 100 1 2 shop01.dmp ADMIN",
            "many lines"
        ]
    );
    run(
        &mut admin,
        &[
            "declare t ku$_dumpfile_info; k number; begin dbms_datapump.get_dumpfile_info('shop01.dmp', 'DATA_PUMP_DIR', t, k); dbms_output.put_line(k); \
        for i in 1 .. t.count loop if t(i).item_code in (dbms_datapump.ku$_dfhdr_job_name, dbms_datapump.ku$_dfhdr_db_version, dbms_datapump.ku$_dfhdr_master_present, dbms_datapump.ku$_dfhdr_encryption_mode) then dbms_output.put_line(t(i).value); end if; end loop; end;",
        ],
    );
    assert_eq!(admin.take_dbms_output(), ["1", "1", "\"ADMIN\".\"STATS\"", "19.0.0.0.0", "2"]);
    refuse(
        &mut admin,
        "declare t ku$_dumpfile_info; k number; begin dbms_datapump.get_dumpfile_info('gone.dmp', 'DATA_PUMP_DIR', t, k); end;",
        "ORA-39211",
    );
    check(
        &mut admin,
        "select count(*) from schema_export_objects where object_path in ('TABLE', 'STATISTICS', 'SCHEMA_EXPORT/TABLE/TRIGGER', 'TABLE/INDEX/INDEX', 'REF_CONSTRAINT')",
        "5",
    );
}

#[test]
fn encrypted_dumps_need_their_password() {
    let (_fixture, mut admin) = shop();
    let calls = "dbms_datapump.add_file(h, 'secret.dmp', 'DATA_PUMP_DIR'); dbms_datapump.metadata_filter(h, 'SCHEMA_LIST', '''SHOP'''); \
                 dbms_datapump.set_parameter(h, 'ENCRYPTION', 'ALL'); dbms_datapump.set_parameter(h, 'ENCRYPTION_PASSWORD', 'open sesame');";
    let log = job(&mut admin, "EXPORT", "SCHEMA", "SECRETS", calls);
    said(&log, &["successfully completed"]);
    assert!(!log.contains("sesame"), "{log}");
    let import = |password: &str| {
        format!(
            "declare h number; s varchar2(30); begin h := dbms_datapump.open('IMPORT', 'FULL'); dbms_datapump.add_file(h, 'secret.dmp', 'DATA_PUMP_DIR'); {password} \
             dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', 'OPENED'); dbms_datapump.start_job(h); dbms_datapump.wait_for_job(h, s); end;"
        )
    };
    refuse(&mut admin, &import(""), "ORA-39002: invalid operation");
    said(&details(&mut admin), &["ORA-39174: Encryption password must be supplied."]);
    refuse(
        &mut admin,
        &import("dbms_datapump.set_parameter(h, 'ENCRYPTION_PASSWORD', 'guess');"),
        "ORA-39002",
    );
    said(&details(&mut admin), &["ORA-39176: Encryption password is incorrect."]);
    run(&mut admin, &[&import("dbms_datapump.set_parameter(h, 'ENCRYPTION_PASSWORD', 'open sesame');")]);
    check(&mut admin, "select count(*) from opened.customers", "20");
}
