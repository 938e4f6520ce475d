//! Data Pump from outside: SQL in, dump files and rows out.

use crate::sandbox::oracle::tests::{Fixture, check, fixture, refuse, rows, run};
use crate::sandbox::oracle::{Session, Value};

const SCHEMA: &[&str] = &[
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
    "commit",
    "create view shop.rich as select customer_id, name from customers where credit > 20",
    "create package shop.tools as function twice(p in number) return number; function masked(p in varchar2) return varchar2; end;",
    "create package body shop.tools as function twice(p in number) return number is begin return p * 2; end; function masked(p in varchar2) return varchar2 is begin return 'X' || substr(p, -2); end; end;",
    "create trigger shop.customers_bi before insert on shop.customers for each row begin insert into log (what) values ('insert ' || :new.name); end;",
    "create procedure shop.clear_log as begin delete from shop.log; end;",
    "create synonym shop.people for shop.customers",
    "grant select on shop.customers to admin",
];

fn shop() -> (Fixture, Session) {
    let fixture = fixture();
    let mut admin = fixture.admin();
    run(&mut admin, SCHEMA);
    (fixture, admin)
}

/// Defines a job by lines of calls on `h`, runs it and answers its log.
fn job(admin: &mut Session, operation: &str, mode: &str, name: &str, calls: &str) -> String {
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

fn read_log(session: &mut Session, name: &str) -> String {
    let folder =
        crate::sandbox::oracle::packages::directory::folder(session.machine(), "DATA_PUMP_DIR", false)
            .unwrap();
    fs_err::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default()
}

/// What GET_STATUS tells of the last refusal.
fn details(session: &mut Session) -> String {
    session.enable_dbms_output();
    session.take_dbms_output();
    let block = "declare sts ku$_Status; begin sts := dbms_datapump.get_status(null, 8, 0); if sts.error is not null then \
                 for i in 1 .. sts.error.count loop dbms_output.put_line(sts.error(i).logtext); end loop; end if; end;";
    if let Err(error) = session.execute(block, &mut []) {
        return error.text;
    }
    session.take_dbms_output().join("\n")
}

const DUMP: &str = "dbms_datapump.add_file(h, 'shop%U.dmp', 'DATA_PUMP_DIR');";

fn export(admin: &mut Session) -> String {
    let calls = format!("{DUMP} dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', 'IN (''SHOP'')');");
    job(admin, "EXPORT", "SCHEMA", "EXP1", &calls)
}

fn said(log: &str, want: &[&str]) {
    for line in want {
        assert!(log.contains(line), "{line}\nis not in\n{log}");
    }
}

#[test]
fn a_schema_moves_to_another() {
    let (_fixture, mut admin) = shop();
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
        ("select count(*) from shop2.log", "0"),
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
    let _ = Value::Null;
}
