//! The engine from outside.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use super::session::OutcomeKind;
use super::{Database, Host, Identity, Mail, Session};

/// A host with a clock that stands still and a letter box.
#[derive(Debug, Default)]
struct Desk {
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

fn identity() -> Identity {
    Identity {
        database_name: "prod".into(),
        db_name: "PRODDB".into(),
        region: "eu-frankfurt-1".into(),
        tenant_ocid: "ocid1.tenancy.oc1..example".into(),
        database_ocid: "ocid1.autonomousdatabase.oc1..exampleprod".into(),
        compartment_ocid: "ocid1.compartment.oc1..example".into(),
    }
}

const PASSWORD: &str = "Wonderland#2026";

/// The dictionary is made once and copied.
static EMPTY: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Database::create_empty(&folder.path().join("empty.db"), &identity(), PASSWORD, Arc::new(Desk::default()))
        .unwrap();
    folder
});

struct Fixture {
    folder: tempfile::TempDir,
    database: Database,
    desk: Arc<Desk>,
}

fn fixture() -> Fixture {
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
    fn admin(&self) -> Session {
        assert!(self.folder.path().exists());
        self.database.logon("admin", PASSWORD).unwrap()
    }
}

/// Runs statements that must succeed.
fn run(session: &mut Session, statements: &[&str]) {
    for statement in statements {
        if let Err(error) = session.execute(statement, &mut []) {
            panic!("{statement}\n{}", error.text);
        }
    }
}

/// The rows of a query as text, columns by `|`, rows by `;`.
fn rows(session: &mut Session, query: &str) -> String {
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

fn check(session: &mut Session, query: &str, want: &str) {
    assert_eq!(rows(session, query), want, "{query}");
}

fn refuse(session: &mut Session, statement: &str, want: &str) {
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
#[ignore = "prints what the seed scripts meet"]
fn seed_debug() {
    use super::language::script::{PieceKind, split};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("debug.db");
    drop(super::storage::Store::open(&path, true).unwrap());
    let database = Database::open(&path, Arc::new(Desk::default())).unwrap();
    let mut session = database.session_as("SYS").unwrap();
    session.machine().define(|m, c| c.set(&m.store, "$SEEDING", Some("DICTIONARY"))).unwrap();
    let mut report = String::new();
    let list = std::env::args().skip_while(|a| a != "--files").nth(1);
    let default = "security,packages/kernel,packages/standard,views,packages/scheduler,packages/cloud,packages/apex,grants,sample/schema,sample/production,sample/code,sample/production_apex,debug";
    for name in list.as_deref().unwrap_or(default).split(',') {
        if name == "sample/schema" {
            session.machine().define(|m, c| c.set(&m.store, "$SEEDING", None)).unwrap();
            report.push_str(&format!("{:?}\n", database.set_admin_password(PASSWORD)));
            database.set_identity(&identity()).unwrap();
        }
        if name == "debug" {
            let Ok(admin) = database.session_as("ADMIN") else { break };
            session = admin;
            session.enable_dbms_output();
        }
        let file = if name == "debug" {
            "/tmp/debug.sql".to_owned()
        } else {
            format!("src/sandbox/oracle/seed/{name}.sql")
        };
        let Ok(script) = fs_err::read_to_string(&file) else { continue };
        let start = jiff::Timestamp::now();
        for piece in split(&script) {
            if piece.kind == PieceKind::Command {
                continue;
            }
            match session.execute(&piece.text, &mut []) {
                Err(error) => report.push_str(&format!(
                    "{name}:{} {}\n   {}\n",
                    piece.start_line,
                    error.text,
                    piece.text.lines().next().unwrap_or_default()
                )),
                Ok(outcome) if outcome.feedback.starts_with("Warning") => {
                    report.push_str(&format!(
                        "{name}:{} {}\n   {}\n",
                        piece.start_line,
                        outcome.feedback,
                        piece.text.lines().next().unwrap_or_default()
                    ));
                    for error in session.machine().catalogue.objects().iter().filter(|o| !o.valid) {
                        report.push_str(&format!(
                            "     {} {:?}\n",
                            error.name,
                            match &error.body {
                                super::catalogue::Body::Source { errors, .. } => errors.clone(),
                                _ => vec![],
                            }
                        ));
                    }
                }
                Ok(outcome) => {
                    if name == "debug" {
                        if let Some(rows) = outcome.rows {
                            for row in rows.rows {
                                report.push_str(&format!(
                                    "   {}\n",
                                    row.iter().map(super::Value::display).collect::<Vec<_>>().join("|")
                                ));
                            }
                        }
                    }
                }
            }
            for line in session.take_dbms_output() {
                report.push_str(&format!("  > {line}\n"));
            }
        }
        session.commit().unwrap();
        report.push_str(&format!("{name} took {}\n", jiff::Timestamp::now() - start));
    }
    fs_err::write("/tmp/seed_report.txt", report).unwrap();
}
