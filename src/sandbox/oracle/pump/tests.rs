//! Data Pump from outside: SQL in, dump files and rows out.

use crate::sandbox::oracle::Session;
use crate::sandbox::oracle::tests::{Fixture, check, fixture, refuse, rows, run};

pub(super) const SCHEMA: &[&str] = &[
    "create user shop identified by \"Market#Stall2026\" quota unlimited on data",
    "grant create session, create table, create view to shop",
    "create sequence shop.numbers start with 500 nocache",
    "create table shop.regions (region_id number(4) constraint regions_pk primary key, name varchar2(60) not null)",
    "create table shop.customers (customer_id number generated always as identity constraint customers_pk primary key, name varchar2(120) constraint name_nn not null, region_id number(4) constraint region_fk references shop.regions, since date default sysdate, credit number(12,2), doubled number generated always as (credit * 2) virtual, constraint credit_ck check (credit >= 0))",
    "create index shop.customers_name_ix on shop.customers (name)",
    "create table shop.log (at timestamp default systimestamp, what varchar2(200))",
    "comment on table shop.customers is 'who buys'",
    "comment on column shop.customers.name is 'it''s the name'",
    "insert into shop.regions select level, 'Region ' || level from dual connect by level <= 3",
    "insert into shop.customers (name, region_id, since, credit) select 'Customer ' || level, mod(level, 3) + 1, date '2026-01-01' + level, level * 1.5 from dual connect by level <= 20",
    "insert into shop.log (what) select 'line ' || level from dual connect by level <= 5",
    "commit",
    "create view shop.rich as select customer_id, name from customers where credit > 20",
    "create package shop.tools as function twice(p in number) return number; function masked(p in varchar2) return varchar2; end;",
    "create package body shop.tools as function twice(p in number) return number is begin return p * 2; end; function masked(p in varchar2) return varchar2 is begin return 'X' || substr(p, -2); end; end;",
    "create trigger shop.customers_bi before insert on shop.customers for each row begin insert into log (what) values ('insert ' || :new.name); end;",
    "create procedure shop.clear_log as begin delete from shop.log; end;",
    "create synonym shop.people for shop.customers",
    "grant select on shop.customers to admin",
];

pub(super) fn shop() -> (Fixture, Session) {
    let fixture = fixture();
    let mut admin = fixture.admin();
    run(&mut admin, SCHEMA);
    (fixture, admin)
}

/// Defines a job by lines of calls on `h`, runs it and answers its log.
pub(super) fn job(admin: &mut Session, operation: &str, mode: &str, name: &str, calls: &str) -> String {
    let block = format!(
        "declare h number; s varchar2(30); begin h := dbms_datapump.open('{operation}', '{mode}', null, '{name}'); \
         dbms_datapump.add_file(h, '{name}.log', 'DATA_PUMP_DIR', null, dbms_datapump.ku$_file_type_log_file); \
         {calls} dbms_datapump.start_job(h); dbms_datapump.wait_for_job(h, s); dbms_output.put_line(s); end;"
    );
    admin.enable_dbms_output();
    if let Err(error) = admin.execute(&block, &mut []) {
        panic!("{block}\n{}\n{}", error.text, details(admin));
    }
    let mut lines = admin.take_dbms_output();
    lines.extend(read_log(admin, name).lines().map(str::to_owned));
    lines.join("\n")
}

pub(super) fn read_log(session: &mut Session, name: &str) -> String {
    let folder =
        crate::sandbox::oracle::packages::directory::folder(session.machine(), "DATA_PUMP_DIR", false)
            .unwrap();
    fs_err::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default()
}

/// What `GET_STATUS` tells of the last refusal.
pub(super) fn details(session: &mut Session) -> String {
    session.enable_dbms_output();
    session.take_dbms_output();
    let block = "declare sts ku$_Status; begin sts := dbms_datapump.get_status(null, 8, 0); if sts.error is not null then \
                 for i in 1 .. sts.error.count loop dbms_output.put_line(sts.error(i).logtext); end loop; end if; end;";
    if let Err(error) = session.execute(block, &mut []) {
        return error.text;
    }
    session.take_dbms_output().join("\n")
}

pub(super) const DUMP: &str = "dbms_datapump.add_file(h, 'shop%U.dmp', 'DATA_PUMP_DIR');";

pub(super) fn export(admin: &mut Session) -> String {
    let calls = format!("{DUMP} dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', 'IN (''SHOP'')');");
    job(admin, "EXPORT", "SCHEMA", "EXP1", &calls)
}

pub(super) fn said(log: &str, want: &[&str]) {
    for line in want {
        assert!(log.contains(line), "{line}\nis not in\n{log}");
    }
}

#[test]
fn a_schema_moves_to_another() {
    let (_fixture, mut admin) = shop();
    run(
        &mut admin,
        &[
            "comment on table shop.rich is 'who has more'",
            "create table shop.codes (code number constraint codes_pk primary key deferrable)",
            "insert into shop.codes values (7)",
            "commit",
            "alter table shop.codes read only",
        ],
    );
    let log = export(&mut admin);
    said(
        &log,
        &[
            "COMPLETED",
            "Starting \"ADMIN\".\"EXP1\":",
            "Processing object type SCHEMA_EXPORT/TABLE/TABLE",
            ". . exported \"SHOP\".\"CUSTOMERS\"",
            "20 rows",
            "Dump file set for ADMIN.EXP1 is:\n  shop01.dmp",
            "Job \"ADMIN\".\"EXP1\" successfully completed at ",
        ],
    );
    check(&mut admin, "select count(*) from dba_datapump_jobs", "0");
    check(&mut admin, "select count(*) from dba_tables where table_name = 'EXP1'", "0");
    let calls = format!("{DUMP} dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', 'SHOP2');");
    let log = job(&mut admin, "IMPORT", "SCHEMA", "IMP1", &calls);
    said(
        &log,
        &[
            "COMPLETED",
            ". . imported \"SHOP2\".\"CUSTOMERS\"",
            "ORA-39082: Object type PROCEDURE:\"SHOP2\".\"CLEAR_LOG\" created with compilation warnings",
            "Job \"ADMIN\".\"IMP1\" completed with 1 error(s) at ",
        ],
    );
    let query = |schema: &str| {
        format!(
            "select customer_id, name, region_id, since, credit, doubled from {schema}.customers order by customer_id"
        )
    };
    let want = rows(&mut admin, &query("shop"));
    assert_eq!(want.split(';').count(), 20);
    check(&mut admin, &query("shop2"), &want);
    for (query, want) in [
        ("select count(*) from shop2.rich", "7"),
        ("select shop2.tools.twice(4) from dual", "8"),
        ("select shop2.numbers.nextval from dual", "500"),
        ("select count(*) from shop2.log", "5"),
        (
            "select comments from dba_tab_comments where owner = 'SHOP2' and table_name = 'CUSTOMERS'",
            "who buys",
        ),
        (
            "select comments from dba_col_comments where owner = 'SHOP2' and column_name = 'NAME' and table_name = 'CUSTOMERS'",
            "it's the name",
        ),
        (
            "select table_owner || '.' || table_name from dba_triggers where owner = 'SHOP2'",
            "SHOP2.CUSTOMERS",
        ),
        ("select table_owner from dba_synonyms where owner = 'SHOP2' and synonym_name = 'PEOPLE'", "SHOP2"),
        (
            "select r_owner from dba_constraints where owner = 'SHOP2' and constraint_name = 'REGION_FK'",
            "SHOP2",
        ),
        (
            "select comments from dba_tab_comments where owner = 'SHOP2' and table_name = 'RICH'",
            "who has more",
        ),
        (
            "select deferrable from dba_constraints where owner = 'SHOP2' and constraint_name = 'CODES_PK'",
            "DEFERRABLE",
        ),
        (
            "select t.read_only, c.code from dba_tables t, shop2.codes c where t.owner = 'SHOP2' and t.table_name = 'CODES'",
            "YES|7",
        ),
        ("select count(*) from dba_sys_privs where grantee = 'SHOP2'", "3"),
        (
            "select index_name from dba_indexes where owner = 'SHOP2' and index_name like '%NAME_IX'",
            "CUSTOMERS_NAME_IX",
        ),
    ] {
        check(&mut admin, query, want);
    }
    run(&mut admin, &["insert into shop2.customers (name, region_id, credit) values ('new', 1, 1)"]);
    check(&mut admin, "select max(customer_id) from shop2.customers", "21");
    refuse(&mut admin, "insert into shop2.customers (name, region_id) values ('bad', 99)", "ORA-02291");
    refuse(&mut admin, "insert into shop2.customers (region_id) values (1)", "ORA-01400");
}

/// An import of the dump that `export` wrote.
fn import(admin: &mut Session, mode: &str, name: &str, calls: &str) -> String {
    job(admin, "IMPORT", mode, name, &format!("{DUMP} {calls}"))
}

fn action(word: &str) -> String {
    format!("dbms_datapump.set_parameter(h, 'TABLE_EXISTS_ACTION', '{word}');")
}

#[test]
fn tables_that_are_there() {
    let (_fixture, mut admin) = shop();
    export(&mut admin);
    run(
        &mut admin,
        &[
            "delete from shop.customers where customer_id > 10",
            "update shop.regions set name = 'changed'",
            "insert into shop.regions values (9, 'ninth')",
            "delete from shop.log",
            "commit",
        ],
    );
    // Nothing is touched, and each table is an error.
    let log =
        import(&mut admin, "SCHEMA", "SKIPS", "dbms_datapump.metadata_filter(h, 'SCHEMA_LIST', '''SHOP''');");
    said(
        &log,
        &[
            "ORA-31684: Object type USER:\"SHOP\" already exists",
            "ORA-39151: Table \"SHOP\".\"REGIONS\" exists.",
        ],
    );
    assert!(!log.contains("imported"), "{log}");
    check(&mut admin, "select count(*) from shop.customers", "10");
    // Rows that are there again violate the key: the table's rows come whole or not at all.
    let tables = "dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', '= ''SHOP'''); \
                  dbms_datapump.metadata_filter(h, 'NAME_EXPR', 'IN (''CUSTOMERS'', ''LOG'')');";
    let log = import(&mut admin, "TABLE", "APPENDS", &format!("{} {tables}", action("APPEND")));
    said(
        &log,
        &[
            "ORA-39152: Table \"SHOP\".\"CUSTOMERS\" exists. Data will be appended",
            "ORA-31693: Table data object \"SHOP\".\"CUSTOMERS\" failed to load/unload and is being skipped due to error:",
            "ORA-00001: unique constraint (SHOP.CUSTOMERS_PK) violated",
            ". . imported \"SHOP\".\"LOG\"",
            "completed with 1 error(s)",
        ],
    );
    check(&mut admin, "select count(*) from shop.customers", "10");
    // The trigger of a table that was there fires, but what a refused statement did is undone.
    check(&mut admin, "select count(*) from shop.log", "5");
    // A parent with enabled foreign keys cannot be truncated: its rows stay as they are.
    let log = import(&mut admin, "FULL", "TRUNCS", &action("TRUNCATE"));
    said(
        &log,
        &[
            "ORA-39120: Table \"SHOP\".\"REGIONS\" can't be truncated, data will be skipped. Failing error is:",
            "ORA-02266: unique/primary keys in table referenced by enabled foreign keys",
            "ORA-39153: Table \"SHOP\".\"CUSTOMERS\" exists and has been truncated.",
        ],
    );
    check(&mut admin, "select name from shop.regions where region_id = 9", "ninth");
    check(&mut admin, "select count(*), min(customer_id), max(customer_id) from shop.customers", "20|1|20");
    // The trigger fires for each row; both tables were emptied before the first row came.
    check(&mut admin, "select count(*) from shop.log where what like 'insert Customer%'", "20");
    check(&mut admin, "select count(*) from shop.log", "25");
    // Without the foreign key the parent is emptied too.
    run(&mut admin, &["alter table shop.customers disable constraint region_fk"]);
    let log = import(&mut admin, "FULL", "TRUNC2", &action("TRUNCATE"));
    said(&log, &["ORA-39153: Table \"SHOP\".\"REGIONS\" exists and has been truncated."]);
    let names = "select listagg(name, ',') within group (order by region_id) from shop.regions";
    check(&mut admin, names, "Region 1,Region 2,Region 3");
    let state = "select status from dba_constraints where constraint_name = 'REGION_FK' and owner = 'SHOP'";
    check(&mut admin, state, "DISABLED");
    // Replaced tables are as they were in the dump, foreign key and all.
    run(&mut admin, &["alter table shop.customers add extra number", "drop trigger shop.customers_bi"]);
    let log = import(&mut admin, "FULL", "REPL", &action("REPLACE"));
    assert!(!log.contains("ORA-39151"), "{log}");
    check(
        &mut admin,
        "select count(*) from dba_tab_columns where owner = 'SHOP' and column_name = 'EXTRA'",
        "0",
    );
    check(&mut admin, state, "ENABLED");
    check(
        &mut admin,
        "select count(*) from dba_triggers where trigger_name = 'CUSTOMERS_BI' and owner = 'SHOP'",
        "1",
    );
}

#[test]
fn rows_alone() {
    let (_fixture, mut admin) = shop();
    export(&mut admin);
    let data_only = "dbms_datapump.set_parameter(h, 'INCLUDE_METADATA', 0);";
    run(
        &mut admin,
        &[
            "delete from shop.customers where customer_id <= 5",
            "commit",
            "drop table shop.log",
            "alter trigger shop.customers_bi disable",
        ],
    );
    // Appending is what happens without a word; a table that is not there is an error.
    let log = import(&mut admin, "FULL", "DATA1", data_only);
    said(&log, &["ORA-39034: Table TABLE_DATA:\"SHOP\".\"LOG\" does not exist.", "ORA-00001", "ORA-39152"]);
    check(&mut admin, "select count(*) from shop.customers", "15");
    run(&mut admin, &["alter table shop.customers disable constraint region_fk"]);
    let log = import(&mut admin, "FULL", "DATA2", &format!("{data_only} {}", action("TRUNCATE")));
    said(
        &log,
        &["ORA-39153: Table \"SHOP\".\"CUSTOMERS\"", "Processing object type SCHEMA_EXPORT/TABLE/TABLE_DATA"],
    );
    assert!(!log.contains("SCHEMA_EXPORT/TABLE/TABLE\n"), "{log}");
    check(&mut admin, "select count(*) from shop.customers", "20");
    check(&mut admin, "select count(*) from dba_tables where owner = 'SHOP' and table_name = 'LOG'", "0");
    // Rows without a parent refuse the whole table, or only themselves with SKIP_CONST_ERR.
    run(
        &mut admin,
        &[
            "delete from shop.customers",
            "delete from shop.regions where region_id = 2",
            "commit",
            "alter table shop.customers enable constraint region_fk",
        ],
    );
    let only = "dbms_datapump.metadata_filter(h, 'NAME_LIST', '''CUSTOMERS''', 'TABLE');";
    let log = import(&mut admin, "FULL", "DATA3", &format!("{data_only} {only}"));
    let broken = "ORA-02291: integrity constraint (SHOP.REGION_FK) violated - parent key not found";
    said(&log, &["ORA-31693", broken, "completed with 1 error(s)"]);
    check(&mut admin, "select count(*) from shop.customers", "0");
    let skip = "dbms_datapump.set_parameter(h, 'DATA_OPTIONS', dbms_datapump.ku$_dataopt_skip_const_err);";
    let log = import(&mut admin, "FULL", "DATA4", &format!("{data_only} {only} {skip}"));
    said(&log, &["13 out of 20 rows", "7 row(s) were rejected with the following error:", "ORA-02291"]);
    check(&mut admin, "select count(*), min(region_id), max(region_id) from shop.customers", "13|1|3");
}

#[test]
fn filters_leave_things_out() {
    let check_job = |calls: &str, present: &[&str], absent: &[&str]| {
        let (_fixture, mut admin) = shop();
        let calls = format!("{DUMP} dbms_datapump.metadata_filter(h, 'SCHEMA_LIST', '''SHOP'''); {calls}");
        run(
            &mut admin,
            &["create or replace function admin.chosen return varchar2 is begin return 'REGIONS'; end;"],
        );
        let log = job(&mut admin, "EXPORT", "SCHEMA", "EXPF", &calls);
        said(&log, present);
        for line in absent {
            assert!(!log.contains(line), "{calls}: {line}\nis in\n{log}");
        }
    };
    let path = |name: &str, value: &str| {
        format!("dbms_datapump.metadata_filter(h, '{name}', '{}');", value.replace('\'', "''"))
    };
    check_job(
        &path("EXCLUDE_PATH_EXPR", "IN ('STATISTICS', 'TRIGGER', 'VIEW')"),
        &["TABLE/TABLE\n", "exported \"SHOP\".\"LOG\""],
        &["TRIGGER", "VIEW", "STATISTICS"],
    );
    check_job(
        &path("INCLUDE_PATH_EXPR", "= 'TABLE'"),
        &["TABLE/INDEX/INDEX", "REF_CONSTRAINT"],
        &["PACKAGE", "USER", "SEQUENCE"],
    );
    check_job(
        &path("INCLUDE_PATH_EXPR", "IN ('SEQUENCE')"),
        &["SEQUENCE/SEQUENCE"],
        &["exported", "TABLE/TABLE"],
    );
    check_job(&path("EXCLUDE_PATH_LIST", "'TABLE_DATA'"), &["TABLE/TABLE\n"], &["exported"]);
    check_job("dbms_datapump.data_filter(h, 'INCLUDE_ROWS', 0);", &["TABLE/TABLE\n"], &["exported"]);
    check_job(
        "dbms_datapump.metadata_filter(h, 'NAME_EXPR', 'LIKE ''REG%''', 'TABLE');",
        &["exported \"SHOP\".\"REGIONS\"", "PACKAGE_BODY"],
        &["exported \"SHOP\".\"LOG\"", "INDEX/INDEX", "TRIGGER"],
    );
    check_job(
        "dbms_datapump.data_filter(h, 'SUBQUERY', 'where ku$.customer_id in (select max(customer_id) from shop.customers)', 'CUSTOMERS', 'SHOP');",
        &["      1 rows", "exported \"SHOP\".\"LOG\""],
        &[],
    );
    check_job(
        "dbms_datapump.metadata_filter(h, 'EXCLUDE_TABLES', '''CUSTOMERS'', ''SHOP.LOG'''); dbms_datapump.set_parameter(h, 'CLIENT_COMMAND', 'by hand');",
        &["exported \"SHOP\".\"REGIONS\"", "Starting \"ADMIN\".\"EXPF\":  by hand"],
        &["exported \"SHOP\".\"LOG\"", "CUSTOMERS", "TRIGGER"],
    );
    // What an expression names is looked for in the schema of whose job it is.
    check_job(
        "dbms_datapump.metadata_filter(h, 'NAME_EXPR', '= chosen()', 'TABLE');",
        &["exported \"SHOP\".\"REGIONS\""],
        &["exported \"SHOP\".\"LOG\""],
    );
    check_job("dbms_datapump.data_filter(h, 'SAMPLE', 50, 'CUSTOMERS');", &["     10 rows"], &[]);
    check_job("dbms_datapump.data_filter(h, 'SAMPLE', 5.5, 'CUSTOMERS');", &["      1 rows"], &[]);
}

#[test]
fn whole_databases_and_single_tables() {
    let (_fixture, mut admin) = shop();
    let log = job(&mut admin, "EXPORT", "FULL", "FULL1", DUMP);
    said(
        &log,
        &[
            "DATABASE_EXPORT/SCHEMA/TABLE/TABLE",
            "DATABASE_EXPORT/SCHEMA/USER",
            "exported \"SHOP\".\"REGIONS\"",
            "successfully completed",
        ],
    );
    assert!(!log.contains("exported \"ADMIN\".\"FULL1\""), "{log}");
    run(&mut admin, &["drop user shop cascade"]);
    let log = import(&mut admin, "FULL", "BACK", "");
    said(
        &log,
        &[
            "Processing object type DATABASE_EXPORT/SCHEMA/TABLE/TABLE",
            "ORA-31684: Object type USER:\"ADMIN\" already exists",
            ". . imported \"SHOP\".\"CUSTOMERS\"",
        ],
    );
    check(&mut admin, "select count(*) from shop.customers", "20");
    check(&mut admin, "select count(*) from dba_objects where owner = 'SHOP' and status = 'INVALID'", "0");
    let file = "dbms_datapump.add_file(h, 'tab.dmp', 'DATA_PUMP_DIR');";
    // Names are names, also those that look like operators.
    let tables = "dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', 'IN (''SHOP'')'); \
                  dbms_datapump.metadata_filter(h, 'NAME_EXPR', 'IN (''REGIONS'', ''NOTHING_LIKE_IT'')');";
    let log = job(&mut admin, "EXPORT", "TABLE", "TAB1", &format!("{file} {tables}"));
    let missing =
        "ORA-39166: Object \"SHOP\".\"NOTHING_LIKE_IT\" was not found or could not be exported or imported.";
    said(&log, &["TABLE_EXPORT/TABLE/TABLE\n", missing, "completed with 1 error(s)"]);
    let remap = |name: &str, old: &str, new: &str| {
        format!("dbms_datapump.metadata_remap(h, '{name}', '{old}', '{new}');")
    };
    let calls = format!(
        "{file} {} {}",
        remap("REMAP_TABLE", "REGIONS", "AREAS"),
        remap("REMAP_SCHEMA", "SHOP", "ADMIN")
    );
    let log = job(&mut admin, "IMPORT", "FULL", "TAB2", &calls);
    said(&log, &[". . imported \"ADMIN\".\"AREAS\""]);
    check(&mut admin, "select count(*) from admin.areas", "3");
    // No such schema, neither here nor in the dump.
    let log = job(
        &mut admin,
        "IMPORT",
        "FULL",
        "TAB3",
        &format!("{file} {}", remap("REMAP_SCHEMA", "SHOP", "NOBODY")),
    );
    said(
        &log,
        &[
            "ORA-39083: Object type TABLE:\"NOBODY\".\"REGIONS\" failed to create with error:",
            "ORA-01918: user 'NOBODY' does not exist",
            "ORA-39112: Dependent object type CONSTRAINT:\"NOBODY\".\"REGIONS_PK\" skipped",
        ],
    );
    let calls = "dbms_datapump.add_file(h, 'none.dmp', 'DATA_PUMP_DIR'); \
                 dbms_datapump.metadata_filter(h, 'SCHEMA_LIST', '''NOTARY'', ''NOBODY''');";
    let log = job(&mut admin, "EXPORT", "SCHEMA", "NONE1", calls);
    let nothing = "ORA-31655: no data or metadata objects selected for job";
    let notary = "ORA-39165: Schema NOTARY was not found.";
    said(&log, &[notary, "ORA-39165: Schema NOBODY was not found.", nothing, "completed with "]);
    // What a dump does not hold cannot be left out of it, nor chosen from it.
    for (filter, path) in [
        ("EXCLUDE_PATH_EXPR', 'IN (''CONSTRAINT'', ''USER'')", "USER"),
        ("EXCLUDE_PATH_LIST', '''TABEL''", "TABEL"),
        ("INCLUDE_PATH_EXPR', '= ''SEQUENCE''", "SEQUENCE"),
    ] {
        let block = format!(
            "declare h number; begin h := dbms_datapump.open('IMPORT', 'FULL'); {file} dbms_datapump.metadata_filter(h, '{filter}'); dbms_datapump.start_job(h); end;"
        );
        refuse(&mut admin, &block, "ORA-39002: invalid operation");
        said(&super::tests::details(&mut admin), &[&format!("ORA-39168: Object path {path} was not found.")]);
    }
}

#[test]
fn columns_are_masked() {
    let (_fixture, mut admin) = shop();
    let masked = |function: &str, column: &str| {
        format!(
            "dbms_datapump.add_file(h, 'mask.dmp', 'DATA_PUMP_DIR', reusefile => 1); \
             dbms_datapump.metadata_filter(h, 'SCHEMA_LIST', '''SHOP'''); \
             dbms_datapump.data_remap(h, 'COLUMN_FUNCTION', 'CUSTOMERS', '{column}', '{function}', 'SHOP');"
        )
    };
    run(
        &mut admin,
        &[
            "create package admin.bad as function fails(p in varchar2) return varchar2; function stretch(p in varchar2) return varchar2; end;",
            "create package body admin.bad as function fails(p in varchar2) return varchar2 is begin raise_application_error(-20123, 'not ' || p); end; function stretch(p in varchar2) return varchar2 is begin return rpad('x', 500, 'x'); end; end;",
        ],
    );
    let too_long =
        "ORA-12899: value too large for column \"SHOP\".\"CUSTOMERS\".\"NAME\" (actual: 500, maximum: 120)";
    for (function, column, want) in [
        ("ADMIN.BAD.FAILS", "NAME", "ORA-20123: not Customer 1"),
        ("ADMIN.BAD.STRETCH", "NAME", too_long),
        ("SHOP.TOOLS.NOTHERE", "NAME", "ORA-00904"),
        ("SHOP.TOOLS.MASKED", "SURNAME", "ORA-00904: \"SURNAME\": invalid identifier"),
        ("SHOP.TOOLS.MASKED", "SINCE", "ORA-31693"),
    ] {
        let log = job(&mut admin, "EXPORT", "SCHEMA", "MASKS", &masked(function, column));
        let top = "ORA-31693: Table data object \"SHOP\".\"CUSTOMERS\" failed";
        said(&log, &[top, want, "completed with 1 error(s)"]);
    }
    // A function may change something, also where all tables are of one moment.
    run(
        &mut admin,
        &[
            "create package admin.pool as function next(p in varchar2) return varchar2; end;",
            "create sequence admin.pool_numbers nocache",
            "create package body admin.pool as function next(p in varchar2) return varchar2 is begin return 'P' || pool_numbers.nextval; end; end;",
        ],
    );
    let moment = "dbms_datapump.set_parameter(h, 'FLASHBACK_TIME', 'SYSTIMESTAMP');";
    let calls = format!("{} {moment}", masked("ADMIN.POOL.NEXT", "NAME"));
    said(&job(&mut admin, "EXPORT", "SCHEMA", "POOLED", &calls), &["successfully completed"]);
    check(&mut admin, "select pool_numbers.nextval from dual", "21");
    let log = job(&mut admin, "EXPORT", "SCHEMA", "MASKED", &masked("SHOP.TOOLS.MASKED", "NAME"));
    said(&log, &["successfully completed"]);
    let calls = "dbms_datapump.add_file(h, 'mask.dmp', 'DATA_PUMP_DIR'); \
                 dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', 'SHOP3'); \
                 dbms_datapump.data_remap(h, 'COLUMN_FUNCTION', 'CUSTOMERS', 'CREDIT', 'SHOP.TOOLS.TWICE', 'SHOP');";
    let log = job(
        &mut admin,
        "IMPORT",
        "SCHEMA",
        "MASKI",
        &format!("{calls} dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', 'IN (''SHOP'')');"),
    );
    said(&log, &[". . imported \"SHOP3\".\"CUSTOMERS\""]);
    check(&mut admin, "select name, credit from shop3.customers where customer_id = 7", "X 7|21");
    check(&mut admin, "select name, credit from shop.customers where customer_id = 7", "Customer 7|10.5");
}

#[test]
fn statements_go_into_a_file() {
    let (_fixture, mut admin) = shop();
    export(&mut admin);
    let calls = format!(
        "{DUMP} dbms_datapump.add_file(h, 'shop.log', 'DATA_PUMP_DIR', filetype => dbms_datapump.ku$_file_type_sql_file); \
         dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SHOP', 'STALL');"
    );
    let log = job(&mut admin, "SQL_FILE", "FULL", "STATEMENTS", &calls);
    said(&log, &["successfully completed"]);
    check(&mut admin, "select count(*) from dba_users where username = 'STALL'", "0");
    let text = read_log(&mut admin, "shop");
    said(
        &text,
        &[
            "-- new object type path: SCHEMA_EXPORT/TABLE/TABLE",
            "CREATE TABLE \"STALL\".\"REGIONS\" (\"REGION_ID\" NUMBER(4), \"NAME\" VARCHAR2(60) NOT NULL);",
            "ALTER TABLE \"STALL\".\"REGIONS\" ADD CONSTRAINT \"REGIONS_PK\" PRIMARY KEY (\"REGION_ID\") ENABLE;",
            "CREATE USER \"STALL\" NO AUTHENTICATION",
            "delete from shop.log",
        ],
    );
    assert!(!text.contains("Market#Stall2026"), "{text}");
}

#[test]
fn code_runs_with_its_own_roles() {
    let (_fixture, mut admin) = shop();
    // Roles do not count in a procedure that runs with its definer's rights.
    run(
        &mut admin,
        &[
            "create procedure admin.backup_all as h number; begin h := dbms_datapump.open('EXPORT', 'FULL'); end;",
        ],
    );
    refuse(&mut admin, "begin admin.backup_all; end;", "ORA-31631: privileges are required");
    run(
        &mut admin,
        &[
            "create or replace procedure admin.backup_all authid current_user as h number; begin h := dbms_datapump.open('EXPORT', 'FULL'); dbms_datapump.detach(h); end;",
            "begin admin.backup_all; end;",
        ],
    );
}
