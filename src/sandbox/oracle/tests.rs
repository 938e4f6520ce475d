//! The engine from outside.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use super::session::OutcomeKind;
use super::{Database, Host, Identity, Mail, Session};

/// A host with a clock that stands still and a letter box.
#[derive(Debug, Default)]
pub(super) struct Desk {
    mails: Mutex<Vec<Mail>>,
}

impl Host for Desk {
    fn now(&self) -> i64 {
        // 2026-11-21 10:20:30 UTC
        1_795_256_430_000_000
    }

    fn send_mail(&self, mail: &Mail) -> Result<(), String> {
        self.mails.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

pub(super) fn identity() -> Identity {
    Identity {
        database_name: "prod".into(),
        db_name: "PRODDB".into(),
        region: "eu-frankfurt-1".into(),
        tenant_ocid: "ocid1.tenancy.oc1..example".into(),
        database_ocid: "ocid1.autonomousdatabase.oc1..exampleprod".into(),
        compartment_ocid: "ocid1.compartment.oc1..example".into(),
        version: "19c".into(),
    }
}

pub(super) const PASSWORD: &str = "Wonderland#2026";

/// The dictionary is made once and copied.
static EMPTY: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.db");
    let apex = super::ApexVersion::default();
    Database::create_empty(&path, apex, &identity(), PASSWORD, Arc::new(Desk::default())).unwrap();
    folder
});

pub(super) struct Fixture {
    folder: tempfile::TempDir,
    pub(super) database: Database,
    desk: Arc<Desk>,
}

pub(super) fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let source = Database::open(&EMPTY.path().join("empty.db"), Arc::new(Desk::default())).unwrap();
    let path = folder.path().join("copy.db");
    source.clone_to(&path, super::CloneKind::Full, &identity(), PASSWORD).unwrap();
    drop(source);
    let desk = Arc::new(Desk::default());
    let database = Database::open(&path, desk.clone()).unwrap();
    assert!(Path::new(&path).exists(), "{}", folder.path().display());
    Fixture { folder, database, desk }
}

impl Fixture {
    pub(super) fn admin(&self) -> Session {
        assert!(self.folder.path().exists());
        self.database.logon("admin", PASSWORD).unwrap()
    }
}

/// Runs statements that must succeed.
pub(super) fn run(session: &mut Session, statements: &[&str]) {
    for statement in statements {
        if let Err(error) = session.execute(statement, &mut []) {
            panic!("{statement}\n{}", error.text);
        }
    }
}

/// The rows of a query as text, columns by `|`, rows by `;`.
pub(super) fn rows(session: &mut Session, query: &str) -> String {
    match session.execute(query, &mut []) {
        Err(error) => error.text,
        Ok(outcome) => {
            assert_eq!(outcome.kind, OutcomeKind::Query);
            let rows = outcome.rows.unwrap().rows;
            rows.iter()
                .map(|row| row.iter().map(super::Value::display).collect::<Vec<_>>().join("|"))
                .collect::<Vec<_>>()
                .join(";")
        }
    }
}

pub(super) fn check(session: &mut Session, query: &str, want: &str) {
    assert_eq!(rows(session, query), want, "{query}");
}

pub(super) fn refuse(session: &mut Session, statement: &str, want: &str) {
    let text = match session.execute(statement, &mut []) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.text,
    };
    assert!(text.contains(want), "{statement}\n  got  {text}\n  want {want}");
}

#[test]
fn expressions_mean_what_oracle_means() {
    let fixture = fixture();
    let mut session = fixture.admin();
    for (query, want) in [
        ("select 1/2 from dual", ".5"),
        ("select nvl('', 'null') from dual", "null"),
        ("select 'a' || null || 'b' from dual", "ab"),
        ("select count(*) from dual where '10' = 10", "1"),
        ("select count(*) from dual where 'ABC' like 'abc'", "0"),
        ("select 0.1 + 0.2 from dual", ".3"),
        ("select to_char(date '2026-03-09', 'YYYY-MM-DD') from dual", "2026-03-09"),
        ("select sysdate from dual", "21-NOV-26"),
        ("select date '2026-03-31' - date '2026-03-01' from dual", "30"),
        ("select decode(null, null, 'same', 'other') from dual", "same"),
        ("select case when null = null then 'yes' else 'no' end from dual", "no"),
        ("select greatest(3, 10, 7), least('b', 'a') from dual", "10|a"),
        ("select substr('wonderland', -4), instr('banana', 'a', 1, 2) from dual", "land|4"),
        ("select level from dual connect by level <= 3", "1;2;3"),
        (
            "select listagg(level, ',') within group (order by level desc) from dual connect by level <= 4",
            "4,3,2,1",
        ),
        ("select user from dual", "ADMIN"),
        ("select json_object('a' value 1, 'b' value 'x') from dual", "{\"a\":1,\"b\":\"x\"}"),
        ("select json_value('{\"a\":{\"b\":7}}', '$.a.b') from dual", "7"),
        ("select trunc(to_date('2026-11-21 17:45', 'YYYY-MM-DD HH24:MI'), 'MM') from dual", "01-NOV-26"),
        (
            "with t as (select level n from dual connect by level <= 5) select n, sum(n) over (order by n) from t where n > 3",
            "4|4;5|9",
        ),
        (
            "select * from (select level n from dual connect by level <= 9 order by n desc) where rownum <= 2",
            "9;8",
        ),
        (
            "select n from (select level n from dual connect by level <= 9) order by n desc fetch first 2 rows only",
            "9;8",
        ),
    ] {
        check(&mut session, query, want);
    }
    for (query, want) in [
        ("select 1/0 from dual", "ORA-01476"),
        ("select to_number('x') from dual", "ORA-01722"),
        ("select nothing from dual", "ORA-00904: \"NOTHING\": invalid identifier"),
        ("select * from nowhere", "ORA-00942"),
        ("select (select level from dual connect by level <= 2) from dual", "ORA-01427"),
        ("select dummy, count(*) from dual", "ORA-00937"),
        ("select 1", "ORA-00923"),
    ] {
        refuse(&mut session, query, want);
    }
}

#[test]
fn tables_keep_their_constraints() {
    let fixture = fixture();
    let mut session = fixture.admin();
    run(
        &mut session,
        &[
            "create table p (id number generated always as identity primary key, name varchar2(5) not null, n number(4,1))",
            "create table c (id number primary key, p_id number constraint c_fk references p, kind char(3), constraint c_ck check (id > 0))",
            "insert into p (name, n) select 'n' || level, level / 3 from dual connect by level <= 3",
            "insert into c values (1, 1, 'a')",
        ],
    );
    check(&mut session, "select id, name, n from p order by id", "1|n1|.3;2|n2|.7;3|n3|1");
    check(&mut session, "select count(*) from c where kind = 'a'", "1");
    for (statement, want) in [
        (
            "insert into p (name) values ('too long')",
            "ORA-12899: value too large for column \"ADMIN\".\"P\".\"NAME\" (actual: 8, maximum: 5)",
        ),
        ("insert into p (name) values ('')", "ORA-01400: cannot insert NULL into (\"ADMIN\".\"P\".\"NAME\")"),
        ("insert into p (id, name) values (9, 'x')", "ORA-32795"),
        ("insert into p (name, n) values ('x', 1000)", "ORA-01438"),
        ("insert into c values (1, 1, 'b')", "ORA-00001"),
        ("insert into c values (2, 99, 'b')", "ORA-02291: integrity constraint (ADMIN.C_FK) violated"),
        ("insert into c values (0, 1, 'b')", "ORA-02290: check constraint (ADMIN.C_CK) violated"),
        ("delete from p where id = 1", "ORA-02292"),
        ("truncate table p", "ORA-02266"),
        ("drop table p", "ORA-02449"),
        ("update p set name = null", "ORA-01407"),
        ("create table p (x number)", "ORA-00955"),
    ] {
        refuse(&mut session, statement, want);
    }
    run(
        &mut session,
        &["alter table c disable constraint c_fk", "insert into c values (7, 99, 'z')", "commit"],
    );
    refuse(
        &mut session,
        "alter table c enable constraint c_fk",
        "ORA-02298: cannot validate (ADMIN.C_FK) - parent keys not found",
    );
    run(&mut session, &["alter table c enable novalidate constraint c_fk"]);
    check(
        &mut session,
        "select status, validated from user_constraints where constraint_name = 'C_FK'",
        "ENABLED|NOT VALIDATED",
    );
    let close = "alter table c disable validate constraint c_fk";
    refuse(&mut session, close, "ORA-02298");
    run(&mut session, &["delete from c where kind = 'z'", close]);
    refuse(&mut session, "delete from c", "ORA-25128");
    run(&mut session, &["savepoint a", "update p set n = 0", "rollback to a"]);
    check(&mut session, "select sum(n) from p", "2");
    refuse(&mut session, "alter table p modify name nvarchar2(5)", "ORA-01439");
    refuse(&mut session, "alter table c modify kind varchar2(3)", "ORA-01439");
    let locks = serde_json::json!({ "user": "SALES", "tables": ["ADMIN.C"] });
    assert!(fixture.database.arm("hold-locks", &locks));
    for statement in ["drop table c", "truncate table c", "alter table c add (x number)"] {
        refuse(&mut session, statement, "ORA-00054");
    }
    check(&mut session, "select count(*) from c", "1");
}

#[test]
fn joins_and_groups() {
    let fixture = fixture();
    let mut session = fixture.admin();
    run(
        &mut session,
        &[
            "create table d (id number primary key, name varchar2(10))",
            "create table e (id number primary key, d_id number, pay number, boss number)",
            "insert into d select level, 'd' || level from dual connect by level <= 3",
            "insert into e values (1, 1, 100, null)",
            "insert into e values (2, 1, 200, 1)",
            "insert into e values (3, 2, 50, 2)",
            "insert into e values (4, null, 10, 1)",
        ],
    );
    for (query, want) in [
        ("select d.name, e.id from d, e where d.id = e.d_id(+) order by 1, 2", "d1|1;d1|2;d2|3;d3|"),
        ("select count(*) from d full join e on d.id = e.d_id", "5"),
        (
            "select d.name, sum(e.pay) from d join e on e.d_id = d.id group by d.name having sum(e.pay) > 60 order by 2 desc",
            "d1|300",
        ),
        (
            "select d_id, sum(pay) from e group by rollup(d_id) order by d_id nulls last, 2",
            "1|300;2|50;|10;|360",
        ),
        ("select id from e x where pay > (select avg(pay) from e y where y.d_id = x.d_id)", "2"),
        ("select id from d where id not in (select d_id from e)", ""),
        ("select id from d where not exists (select 1 from e where e.d_id = d.id)", "3"),
        (
            "select lpad(' ', level) || id from e start with boss is null connect by prior id = boss order siblings by id",
            " 1;  2;   3;  4",
        ),
        (
            "select id, rank() over (partition by d_id order by pay desc) from e where d_id = 1 order by id",
            "1|2;2|1",
        ),
        ("select id from e minus select id from d", "4"),
        ("select max(pay) keep (dense_rank first order by id) from e", "100"),
        ("select count(*) from e sample (50) where pay < 1000", "2"),
        ("select count(*) from d, e sample block (99.999999) seed (3) x where d.id = 1", "3"),
        (
            "with r (n) as (select 1 from dual union all select n + 1 from r where n < 4) select sum(n) from r",
            "10",
        ),
        (
            "select jt.a from json_table('[{\"a\":1},{\"a\":2}]', '$[*]' columns (a number path '$.a')) jt",
            "1;2",
        ),
    ] {
        check(&mut session, query, want);
    }
    run(
        &mut session,
        &[
            "merge into d using (select 3 id, 'new3' name from dual union all select 4, 'new4' from dual) s on (d.id = s.id) when matched then update set d.name = s.name when not matched then insert values (s.id, s.name)",
        ],
    );
    check(&mut session, "select id, name from d where id > 2 order by id", "3|new3;4|new4");
    refuse(&mut session, "select name, count(*) from d group by id", "ORA-00979");
    refuse(&mut session, "select id from d, e", "ORA-00918");
    refuse(&mut session, "select id from e sample (0)", "ORA-30562: invalid SAMPLE percentage");
    refuse(&mut session, "select id from e sample (100)", "ORA-30562");
}

#[test]
fn blocks_run_and_refuse() {
    let fixture = fixture();
    let mut session = fixture.admin();
    session.enable_dbms_output();
    run(
        &mut session,
        &[
            "create table log (line varchar2(100))",
            "create or replace package calc as function twice(a number default 2) return number; procedure split(a in out number, b out varchar2); end;",
            "create or replace package body calc as g number := 0; function twice(a number default 2) return number is begin g := g + 1; return a * 2; end; procedure split(a in out number, b out varchar2) is begin a := a + 1; b := 'out' || g; end; end;",
            "create or replace trigger log_up before insert on log for each row begin :new.line := upper(:new.line); end;",
            "declare n number := 4; s varchar2(20); type t is table of varchar2(9) index by pls_integer; v t;
             begin
               calc.split(n, s); v(3) := 'c'; v(1) := 'a';
               dbms_output.put_line(n || s || v.count || v.first || calc.twice);
               insert into log values ('quiet');
               execute immediate 'select count(*) from log where line = :1' into n using 'QUIET';
               dbms_output.put_line(n);
               begin select 1 into n from dual where 1 = 0; exception when no_data_found then dbms_output.put_line(sqlerrm); end;
               begin raise_application_error(-20005, 'mine'); exception when others then dbms_output.put_line(sqlcode || ' ' || sqlerrm); end;
             end;",
        ],
    );
    assert_eq!(
        session.take_dbms_output(),
        ["5out0214", "1", "ORA-01403: no data found", "-20005 ORA-20005: mine"]
    );
    for (statement, want) in [
        (
            "begin nope(1); end;",
            "ORA-06550: line 1, column 7:\nPLS-00201: identifier 'NOPE' must be declared",
        ),
        ("begin dbms_output.nope; end;", "PLS-00302: component 'NOPE' must be declared"),
        (
            "begin dbms_output.put_line(text => 'x'); end;",
            "PLS-00306: wrong number or types of arguments in call to 'PUT_LINE'",
        ),
        (
            "begin insert into log values (1); delete from nowhere; end;",
            "PL/SQL: ORA-00942: table or view does not exist",
        ),
        (
            "declare n number(2); begin n := 100; end;",
            "ORA-06502: PL/SQL: numeric or value error: number precision too large\nORA-06512: at line 1",
        ),
        ("declare n number; begin select 1 into n from dual connect by level <= 2; end;", "ORA-01422"),
        ("begin execute immediate 'select * from nowhere'; end;", "ORA-00942"),
        ("begin raise_application_error(-20001, 'stop'); end;", "ORA-20001: stop\nORA-06512: at line 1"),
    ] {
        refuse(&mut session, statement, want);
    }
    // Nothing of a block runs when a later statement does not bind.
    check(&mut session, "select count(*) from log", "1");
    let warned = session.execute("create or replace procedure bad is begin x := 1; end;", &mut []).unwrap();
    assert!(warned.feedback.contains("compilation errors"));
    check(
        &mut session,
        "select text from user_errors where name = 'BAD' and sequence = 1",
        "PLS-00201: identifier 'X' must be declared",
    );
    check(&mut session, "select status from user_objects where object_name = 'BAD'", "INVALID");
    // To a block it is an exception, and what was made stays.
    refuse(
        &mut session,
        "begin execute immediate 'create procedure worse is begin x := 1; end;'; end;",
        "ORA-24344: success with compilation error",
    );
    check(&mut session, "select status from user_objects where object_name = 'WORSE'", "INVALID");
    // Links are made by Autonomous Database's own package.
    refuse(&mut session, "create database link l connect to u identified by \"p\" using 'x'", "ORA-01031");
}

#[test]
fn binds_go_in_and_out() {
    use super::{BindMode, BindValue, Type, Value};
    let fixture = fixture();
    let mut session = fixture.admin();
    let bind = |name: &str, of: Type, mode: BindMode, value: Value| BindValue {
        name: Some(name.into()),
        of,
        mode,
        value,
    };
    let text = Type::Varchar { length: None, chars: false };
    let mut binds = [
        bind("a", Type::Number(None, None), BindMode::In, Value::integer(20)),
        bind("b", text, BindMode::Out, Value::Null),
    ];
    session.execute("begin :b := 'got ' || (:a + 1); end;", &mut binds).unwrap();
    assert_eq!(binds[1].value, Value::text("got 21"));
    let refused = session.execute("select :missing from dual", &mut []).unwrap_err();
    assert_eq!(refused.code, 1008);
}

#[test]
fn users_see_what_they_were_given() {
    let fixture = fixture();
    let mut admin = fixture.admin();
    run(
        &mut admin,
        &[
            "create user ann identified by \"Meadow#Road2026\" quota unlimited on data",
            "create user ben identified by \"River#Bank2026x\"",
            "grant create session, create table, create procedure to ann",
            "create table secrets (x number)",
        ],
    );
    assert_eq!(fixture.database.logon("ben", "River#Bank2026x").unwrap_err().code, 1045);
    assert_eq!(fixture.database.logon("ann", "wrong").unwrap_err().code, 1017);
    let mut ann = fixture.database.logon("ann", "Meadow#Road2026").unwrap();
    refuse(&mut ann, "select * from admin.secrets", "ORA-00942");
    refuse(&mut ann, "select * from dba_users", "ORA-00942");
    refuse(&mut ann, "create user x identified by \"Meadow#Road2027\"", "ORA-01031");
    refuse(
        &mut ann,
        "begin dbms_cloud.drop_credential('X'); end;",
        "PLS-00201: identifier 'DBMS_CLOUD.DROP_CREDENTIAL' must be declared",
    );
    run(
        &mut admin,
        &[
            "grant select on secrets to ann",
            "grant select on dba_users to ann",
            "grant execute on dbms_cloud to ann",
        ],
    );
    check(&mut ann, "select count(*) from admin.secrets", "0");
    refuse(&mut ann, "insert into admin.secrets values (1)", "ORA-01031");
    check(&mut ann, "select account_status from dba_users where username = 'ANN'", "OPEN");
    refuse(
        &mut ann,
        "begin dbms_cloud.drop_credential('X'); end;",
        "ORA-20004: Credential \"ANN\".\"X\" does not exist",
    );
    for _ in 0..10 {
        let _ = fixture.database.logon("ann", "wrong");
    }
    assert_eq!(fixture.database.logon("ann", "Meadow#Road2026").unwrap_err().code, 28000);
}

#[test]
fn mail_needs_credential_parameters_and_acl() {
    let fixture = fixture();
    let mut session = fixture.admin();
    let send = "begin dbms_cloud_notification.send_data(provider => 'email', credential_name => 'EMAIL_CRED', query => 'SELECT SYSDATE FROM dual',
        params => json_object('sender' value 'a@example.com', 'smtp_host' value 'smtp.example.com', 'recipient' value 'b@example.com', 'subject' value 'Test')); end;";
    refuse(&mut session, send, "ORA-20004");
    run(
        &mut session,
        &[
            "begin dbms_cloud.create_credential(credential_name => 'EMAIL_CRED', username => 'u', password => 'p'); end;",
        ],
    );
    refuse(&mut session, send, "ORA-24247");
    refuse(
        &mut session,
        "begin dbms_cloud_notification.send_data(provider => 'email', credential_name => 'EMAIL_CRED', query => 'select 1 from dual', params => json_object('recipient' value 'b@example.com', 'subject' value 'Test')); end;",
        "Missing mandatory parameter - sender",
    );
    run(
        &mut session,
        &[
            "begin dbms_network_acl_admin.append_host_ace(host => 'smtp.example.com', ace => xs$ace_type(privilege_list => xs$name_list('smtp'), principal_name => 'ADMIN', principal_type => xs_acl.ptype_db)); end;",
            send,
        ],
    );
    let mails = fixture.desk.mails.lock().unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].recipient.as_str(), mails[0].password.as_str()), ("b@example.com", "p"));
    assert!(mails[0].body.contains("21-NOV-26"), "{}", mails[0].body);
}

#[test]
fn every_native_has_a_specification_and_every_declared_one_a_body() {
    let fixture = fixture();
    let mut session = fixture.database.session_as("SYS").unwrap();
    let units: Vec<_> = session
        .machine()
        .catalogue
        .objects()
        .into_iter()
        .filter(|object| object.kind == super::catalogue::Kind::Package)
        .map(|object| object.id)
        .collect();
    let mut declared = Vec::new();
    let mut without = Vec::new();
    for id in units {
        let unit = session.machine().unit(id).unwrap();
        assert!(unit.broken.is_none(), "{}: {:?}", unit.name, unit.broken);
        for routine in &unit.routines {
            let name = format!("{}.{}", unit.name, routine.name);
            if routine.body.is_none() && super::packages::find(&name).is_none() {
                without.push(name.clone());
            }
            declared.push(name);
        }
    }
    for (name, _) in super::packages::NATIVES {
        assert!(declared.iter().any(|other| other == name), "{name} has no specification");
    }
    without.dedup();
    // These are known by name and refused when run.
    assert_eq!(
        without,
        [
            "DBMS_SQL.OPEN_CURSOR",
            "DBMS_SQL.PARSE",
            "DBMS_SQL.EXECUTE",
            "DBMS_SQL.FETCH_ROWS",
            "DBMS_SQL.CLOSE_CURSOR"
        ]
    );
}
