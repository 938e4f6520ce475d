use std::sync::Arc;

use super::super::{Attribute, Bind, BindMode as Direction, BindType, Cell, Halt, Seen, Watch};
use super::*;

fn identity(ocid: &str, name: &str) -> Identity {
    Identity {
        ocid: ocid.to_owned(),
        tenancy: "ocid1.tenancy.oc1..example".to_owned(),
        compartment: "ocid1.compartment.oc1..example".to_owned(),
        name: name.to_owned(),
        region: "uk-london-1".to_owned(),
        workload: "OLTP".to_owned(),
        version: "19c".to_owned(),
        apex: "24.2".to_owned(),
        ords_url: format!("http://127.0.0.1:1/g0example-{}/ords/", name.to_lowercase()),
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn quiet() -> Watch {
    Arc::new(|_: &Seen<'_>| {})
}

fn logon(
    engine: &SqlEngine,
    ocid: &str,
    password: &str,
    watch: Watch,
) -> Result<Box<dyn SqlSession>, LogonError> {
    engine.logon(Logon {
        database: identity(ocid, "ANY"),
        user: "admin".to_owned(),
        password: secret(password),
        read_only: ocid == "still",
        watch,
        faults: Vec::new(),
    })
}

fn only(session: &mut dyn SqlSession, text: &str) -> String {
    match session.execute(text, &mut []) {
        Ok(done) => done.rows.map_or_else(|| done.feedback.clone(), |rows| format!("{:?}", rows.rows)),
        Err(error) => error.text,
    }
}

#[test]
fn a_copy_is_its_own_database() {
    let dir = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(dir.path()).unwrap();
    let engine = SqlEngine::new(dir).unwrap();
    engine.create_sample(&identity("a", "PROD"), Sample::Empty, &secret("First-Password-1")).unwrap();
    engine.clone_to("a", &identity("b", "DEV"), CloneKind::Full, Some(&secret("Second-Password-2"))).unwrap();
    engine.clone_to("b", &identity("c", "THIRD"), CloneKind::Full, None).unwrap();
    engine.set_identity(&identity("b", "DEV2")).unwrap();
    for (ocid, password, wanted) in [
        ("a", "First-Password-1", Ok(())),
        ("b", "Second-Password-2", Ok(())),
        ("b", "First-Password-1", Err("ORA-01017")),
        ("c", "Second-Password-2", Ok(())),
        ("none", "First-Password-1", Err("no such database")),
    ] {
        let found = logon(&engine, ocid, password, quiet()).map(drop).map_err(|error| error.to_string());
        let same = match (&found, wanted) {
            (Err(found), Err(wanted)) => found.contains(wanted),
            (found, wanted) => found.is_ok() && wanted.is_ok(),
        };
        assert!(same, "{ocid} {password}: {found:?}");
    }
    let mut session = logon(&engine, "b", "Second-Password-2", quiet()).unwrap();
    let found = only(session.as_mut(), "select name from v$pdbs");
    assert!(found.contains("G0EXAMPLE_DEV2"), "{found}");
    assert_eq!(engine.user_of_alias("b", "admin").unwrap().as_deref(), Some("ADMIN"));
    assert_eq!(engine.user_of_alias("b", "nobody").unwrap(), None);
    drop(session);
    engine.tick("b", clock::now()).unwrap();
    engine.remove("b").unwrap();
    engine.remove("b").unwrap();
    assert!(engine.tick("b", clock::now() + jiff::SignedDuration::from_secs(5)).is_err());
    assert!(engine.clone_to("none", &identity("d", "D"), CloneKind::Full, None).is_err());
    // Another process finds what this one left, and makes what it did not finish.
    let from = Origin::Copy("a".to_owned(), CloneKind::Full);
    let order = Order { identity: identity("e", "E"), from, admin: None };
    write_private(&engine.shelf.order_file("e"), &serde_json::to_vec(&order).unwrap()).unwrap();
    drop(engine);
    // What a killed process left of a session goes.
    fs::create_dir_all(dir.join("a.left.scratch.files/DATA_PUMP_DIR")).unwrap();
    fs::write(dir.join("a.left.scratch"), b"").unwrap();
    let engine = SqlEngine::new(dir).unwrap();
    assert!(!dir.join("a.left.scratch").exists() && !dir.join("a.left.scratch.files").exists());
    assert!(logon(&engine, "e", "First-Password-1", quiet()).is_ok());
    assert!(logon(&engine, "c", "Second-Password-2", quiet()).is_ok());
}

#[test]
fn statements_are_reported_to_whoever_sent_them() {
    let dir = tempfile::tempdir().unwrap();
    let engine = SqlEngine::new(Utf8Path::from_path(dir.path()).unwrap()).unwrap();
    engine.create_sample(&identity("a", "PROD"), Sample::Empty, &secret("First-Password-1")).unwrap();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let watch: Watch = Arc::new(move |seen: &Seen<'_>| {
        let place = if seen.inside { "inside" } else { "top" };
        sink.lock().unwrap().push(format!("{} {place} {}", seen.user, seen.sql));
    });
    let mut session = logon(&engine, "a", "First-Password-1", watch).unwrap();
    let block = "begin execute immediate 'create table t (a number)'; end;";
    only(session.as_mut(), block);
    assert_eq!(only(session.as_mut(), "select count(*) from t"), "[[Number(\"0\")]]");
    let wanted =
        format!("ADMIN top {block}|ADMIN inside create table t (a number)|ADMIN top select count(*) from t");
    assert_eq!(seen.lock().unwrap().join("|"), wanted);
}

#[test]
fn a_database_that_takes_no_changes() {
    let dir = tempfile::tempdir().unwrap();
    let engine = SqlEngine::new(Utf8Path::from_path(dir.path()).unwrap()).unwrap();
    engine.create_sample(&identity("still", "STILL"), Sample::Empty, &secret("First-Password-1")).unwrap();
    drop(logon(&engine, "still", "First-Password-1", quiet()).unwrap());
    fs::create_dir_all(dir.path().join("still.db.files/DATA_PUMP_DIR")).unwrap();
    fs::write(dir.path().join("still.db.files/DATA_PUMP_DIR/seen.log"), b"x").unwrap();
    let mut session = logon(&engine, "still", "First-Password-1", quiet()).unwrap();
    for (text, wanted) in [
        ("select 1 from dual", "[[Number(\"1\")]]"),
        ("begin null; end;", "PL/SQL procedure successfully completed."),
        ("/* a */ -- b\nbegin null; end;", "PL/SQL procedure successfully completed."),
        ("create table t (a number)", "ORA-16000"),
        ("begin execute immediate 'create table v (a number)'; raise no_data_found; end;", "ORA-16000"),
        ("begin null; end;", "PL/SQL procedure successfully completed."),
        ("begin execute immediate 'create table u (a number)'; end;", "ORA-16000"),
        ("alter session set nls_date_format = 'YYYY'", "Session altered."),
        ("insert into nowhere values (1)", "ORA-00942"),
        ("select object_name from dbms_cloud.list_files('DATA_PUMP_DIR')", "[[Text(\"seen.log\")]]"),
    ] {
        let found = only(session.as_mut(), text);
        assert!(found.starts_with(wanted), "{text}: {found}");
    }
    drop(session);
    let files: Vec<String> = dir
        .path()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!files.iter().any(|file| file.contains("scratch")), "{files:?}");
    let mut session = logon(&engine, "still", "First-Password-1", quiet()).unwrap();
    assert!(only(session.as_mut(), "select 1 from t").starts_with("ORA-00942"));
}

/// What REST-Enabled SQL never asks for: a session that lives on, and what clients of SQL*Net want of statements.
#[test]
fn a_session_that_stays() {
    let dir = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(dir.path()).unwrap();
    let engine = SqlEngine::new(dir).unwrap();
    engine.create_sample(&identity("a", "PROD"), Sample::Empty, &secret("First-Password-1")).unwrap();
    let mut session = logon(&engine, "a", "First-Password-1", quiet()).unwrap();
    let bind = |name: &str, of: BindType, value: Cell| Bind {
        name: Some(name.to_owned()),
        of,
        mode: Direction::InOut,
        value,
        size: Some(5),
    };
    let number = |text: &str| Cell::Number(text.to_owned());

    // The directions of a block are its own, whatever is said of them.
    for (text, wanted) in [
        ("begin :a := :b; end;", [Direction::Out, Direction::In]),
        ("begin :a := :a + :b; end;", [Direction::InOut, Direction::In]),
        ("begin if :b = 0 then :a := 1; end if; end;", [Direction::Out, Direction::In]),
        ("begin dbms_output.get_line(:a, :b); end;", [Direction::Out, Direction::Out]),
        ("begin select 1, 2 into :a, :b from dual; end;", [Direction::Out, Direction::Out]),
        ("begin null; if :a = :b then null; end if; end;", [Direction::In, Direction::In]),
    ] {
        let mut binds = [bind("a", BindType::Number, number("1")), bind("b", BindType::Number, number("2"))];
        let done = session.execute(text, &mut binds).unwrap();
        assert_eq!(done.directions, wanted, "{text}");
    }
    let mut narrow = [bind("a", BindType::Varchar2, Cell::Null)];
    assert_eq!(session.execute("begin :a := 'six or more'; end;", &mut narrow).unwrap_err().code, 6502);

    let mut lines =
        [bind("l", BindType::Texts, Cell::Array(Vec::new())), bind("n", BindType::Number, number("9"))];
    only(
        session.as_mut(),
        "begin dbms_output.enable; dbms_output.put_line('one'); dbms_output.put_line('two'); end;",
    );
    lines[0].size = Some(100);
    session.execute("begin dbms_output.get_lines(:l, :n); end;", &mut lines).unwrap();
    assert_eq!(lines[0].value, Cell::Array(vec![Cell::text("one"), Cell::text("two")]));
    assert_eq!(lines[1].value, number("2"));

    let mut cursor = [bind("c", BindType::Cursor, Cell::Null)];
    session.execute("begin open :c for select 7 as seven from dual; end;", &mut cursor).unwrap();
    let Cell::Rows(rows) = &cursor[0].value else { panic!("{:?}", cursor[0].value) };
    assert_eq!((rows.columns[0].name.as_str(), &rows.rows), ("SEVEN", &vec![vec![number("7")]]));

    let columns = session.describe("select dummy, :x as n from dual").unwrap().unwrap();
    assert_eq!(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["DUMMY", "N"]);
    assert!(session.describe("begin null; end;").unwrap().is_none());
    assert_eq!(session.describe("select nothing from dual").unwrap_err().code, 904);

    only(session.as_mut(), "create table t (a number, b varchar2(10))");
    assert!(!session.in_transaction());
    let mut out = [bind("x", BindType::Number, Cell::Null), bind("y", BindType::Varchar2, Cell::Null)];
    let text = "insert into t select level, 'r' || level from dual connect by level < 3";
    assert_eq!(session.execute(text, &mut []).unwrap().affected, 2);
    assert!(session.in_transaction());
    let done = session.execute("update t set b = b || 'x' returning a, b into :x, :y", &mut out).unwrap();
    assert_eq!(done.returned, [[number("1"), Cell::text("r1x")], [number("2"), Cell::text("r2x")]]);
    session.rollback().unwrap();
    assert!(!session.in_transaction());

    session.set_attribute(Attribute::Module, Some("a module".to_owned()));
    let own = "select module from v$session where sid = sys_context('userenv', 'sid')";
    assert_eq!(only(session.as_mut(), own), "[[Text(\"a module\")]]");
    session.set_schema("SYS").unwrap();
    assert_eq!(session.set_schema("NOBODY").unwrap_err().code, 1435);

    stopping(&engine, session);
    passwords(&engine);
}

/// What runs can be stopped from outside, and a session that is killed has ended even in the middle of a call.
fn stopping(engine: &SqlEngine, mut session: Box<dyn SqlSession>) {
    let halt = Halt::default();
    session.set_halt(halt.clone());
    let endless = "begin loop null; end loop; end;";
    halt.cancel();
    assert_eq!(session.execute(endless, &mut []).unwrap_err().code, 1013);
    let asleep = "begin dbms_session.sleep(86400); end;";
    assert_eq!(session.execute(asleep, &mut []).unwrap_err().code, 1013);
    halt.forget();
    let begun = crate::model::clock::instant();
    session.execute("begin dbms_session.sleep(seconds => 0.05); end;", &mut []).unwrap();
    assert!(begun.elapsed().as_millis() >= 50);
    for wrong in ["begin dbms_session.sleep(-1); end;", "begin dbms_session.sleep(null); end;"] {
        assert_eq!(session.execute(wrong, &mut []).unwrap_err().code, 38148, "{wrong}");
    }
    assert_eq!(only(session.as_mut(), "select 1 from dual"), "[[Number(\"1\")]]");
    let (sid, serial) = session.number();
    let mut other = logon(engine, "a", "First-Password-1", quiet()).unwrap();
    let killer = std::thread::scope(|scope| {
        let runs = scope.spawn({
            // A session stays on its thread: this one kills what the other one runs.
            let engine = &engine;
            move || {
                let mut killer = logon(engine, "a", "First-Password-1", quiet()).unwrap();
                only(killer.as_mut(), &format!("alter system kill session '{sid},{serial}'"))
            }
        });
        assert_eq!(session.execute(endless, &mut []).unwrap_err().code, 28);
        runs.join().unwrap()
    });
    assert_eq!(killer, "System altered.");
    assert_eq!(session.execute("select 1 from dual", &mut []).unwrap_err().code, 28);
    assert_eq!(only(other.as_mut(), "select 1 from dual"), "[[Number(\"1\")]]");
}

fn passwords(engine: &SqlEngine) {
    let known = engine.verifier("a", "ADMIN").unwrap().unwrap();
    assert_eq!(known, Verifier::with_salt("First-Password-1", known.salt));
    assert_eq!(engine.verifier("a", "NOBODY").unwrap(), None);
    let change = |old: &str, new: &str| {
        engine.change_password("a", "ADMIN", &secret(old), &secret(new)).map_err(|e| e.code)
    };
    assert_eq!(change("Wrong-Password-1", "Other-Secret-22"), Err(1017));
    assert_eq!(change("First-Password-1", "short"), Err(28003));
    assert_eq!(change("First-Password-1", "Other-Secret-22"), Ok(()));
    assert!(logon(engine, "a", "Other-Secret-22", quiet()).is_ok());
    let known = engine.verifier("a", "ADMIN").unwrap().unwrap();
    assert_eq!(known, Verifier::with_salt("Other-Secret-22", known.salt));
}
