use std::collections::BTreeMap;
use std::io;

use camino::Utf8Path;
use serde_json::json;

use super::*;
use crate::sql::{Guard, Side, SqlError};

fn read(files: &[(&str, &str)]) -> Result<Script, Vec<String>> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let load = |path: &Utf8Path| {
        files.get(path.as_str()).map(|t| (*t).to_owned()).ok_or_else(|| io::Error::other("not there"))
    };
    let options = ScriptOptions { defines: [("given".to_owned(), "APP".to_owned())].into_iter().collect() };
    Script::read(Utf8Path::new("main.sql"), &load, &options).map_err(mistakes)
}

fn mistakes(error: SqlError) -> Vec<String> {
    match error {
        SqlError::Mistakes(found) => {
            found.iter().map(|m| format!("{m} | {}", m.help.as_deref().unwrap_or("-"))).collect()
        }
        other => vec![other.to_string()],
    }
}

fn pieces(text: &str) -> Vec<(PieceKind, String, usize)> {
    let script = read(&[("main.sql", text)]).unwrap_or_else(|e| panic!("{text}: {e:#?}"));
    script.pieces.into_iter().map(|p| (p.kind, p.text, p.line)).collect()
}

#[test]
fn statements_are_taken_apart() {
    fn check(text: &str, wanted: &[(PieceKind, &str, usize)]) {
        let found = pieces(text);
        let found: Vec<_> = found.iter().map(|(kind, text, line)| (*kind, text.as_str(), *line)).collect();
        assert_eq!(found, wanted, "{text}");
    }
    use PieceKind::{Ddl, Dml, Plsql, PlsqlDefinition, Query, Session, Transaction};
    check("select 1\n  from dual;\n", &[(Query, "select 1\n  from dual", 1)]);
    check(
        "insert into t values ('a;b');commit;",
        &[(Dml, "insert into t values ('a;b')", 1), (Transaction, "commit", 1)],
    );
    check("select q'[it's; ]' from dual;", &[(Query, "select q'[it's; ]' from dual", 1)]);
    check("-- c;\n/* a\nb; */\nupdate t set a = 1 -- x;\n;\n", &[(Dml, "update t set a = 1 -- x;", 4)]);
    check("begin\n  null;\nend;\n/\n", &[(Plsql, "begin\n  null;\nend;", 1)]);
    check(
        "create or replace procedure p is\nbegin\n  null;\nend;\n/\ngrant execute on p to x;",
        &[
            (PlsqlDefinition, "create or replace procedure p is\nbegin\n  null;\nend;", 1),
            (Ddl, "grant execute on p to x", 6),
        ],
    );
    check(
        "create\n or replace\n package p as\n a number;\nend;\n/",
        &[(PlsqlDefinition, "create\n or replace\n package p as\n a number;\nend;", 1)],
    );
    check("create table t (\n\n a number\n)\n/\n", &[(Ddl, "create table t (\n\n a number\n)", 1)]);
    check(
        "alter session set current_schema = app;",
        &[(Session, "alter session set current_schema = app", 1)],
    );
    check(
        "set role none;\nset echo on\nset transaction read only;",
        &[(Session, "set role none", 1), (Transaction, "set transaction read only", 3)],
    );
    check(
        "exec dbms_stats.gather_schema_stats( -\n  'A')\n",
        &[(Plsql, "begin dbms_stats.gather_schema_stats(   'A'); end;", 1)],
    );
    check("define x = T1\nselect '&x..c' from &x;", &[(Query, "select 'T1.c' from T1", 2)]);
    check("select '&given' from dual;", &[(Query, "select 'APP' from dual", 1)]);
    check("set define off\nselect 'a&b' from dual;", &[(Query, "select 'a&b' from dual", 2)]);
    check("select 'R & D' from dual;", &[(Query, "select 'R & D' from dual", 1)]);
    check(
        "select ‘x’ from dual where 1 = 2\nexit\n"
            .replace(['‘', '’'], "'")
            .as_str()
            .split("\nexit")
            .next()
            .map(|s| format!("{s};"))
            .unwrap()
            .as_str(),
        &[(Query, "select 'x' from dual where 1 = 2", 1)],
    );
    check("select '‘fine’' from dual;", &[(Query, "select '‘fine’' from dual", 1)]);
    check("select 1 from dual;\nexit\nselect 2 from dual;", &[(Query, "select 1 from dual", 1)]);
    check("rem it's a remark\nprompt it's talk\nselect 1 from dual;", &[(Query, "select 1 from dual", 3)]);
    check("/* a */ /* b\n c */ select 1 from dual;", &[(Query, "select 1 from dual", 2)]);
    check(
        "/* a */ prompt x\nselect /*+ full(t) */ 1 from t;",
        &[(Query, "select /*+ full(t) */ 1 from t", 2)],
    );
    check("begin\n  x := 'a\n/b';\nend;\n/", &[(Plsql, "begin\n  x := 'a\n/b';\nend;", 1)]);
}

#[test]
fn mistakes_have_lines_and_advice() {
    fn check(text: &str, wanted: &[&str]) {
        let found = read(&[("main.sql", text)]).map(|s| s.pieces).expect_err(text);
        assert_eq!(found.len(), wanted.len(), "{text}: {found:#?}");
        for (found, wanted) in found.iter().zip(wanted) {
            let (start, part) = wanted.split_once(" … ").unwrap_or((wanted, ""));
            assert!(found.starts_with(start) && found.contains(part), "{wanted}: {found}");
        }
    }
    check(
        "BEGIN\n apex_instance_admin.set_parameter(\n   ‘APEX_BUILDER_AUTHENTICATION’, 'DB');\nEND;\n/",
        &[
            "main.sql:3:4: line 3: '‘' (U+2018) … type an apostrophe: '",
            "main.sql:3:32: line 3: '’' (U+2019)",
        ],
    );
    check("select\u{a0}1 from dual;", &["main.sql:1:7: line 1: '\\u{a0}' … an ordinary space"]);
    check(
        "host ls\n!ls\nspool x\nconnect a/b",
        &["main.sql:1:1: HOST", "main.sql:2:1: ! ", "main.sql:3:1: SPOOL", "main.sql:4:1: CONNECT"],
    );
    check("select 1 from dual", &["main.sql:1:1: this statement is not ended; write ;"]);
    check("begin\n  null;\nend;\n", &["main.sql:1:1: this block is not ended; write /"]);
    check("select 'a from dual;\n", &["main.sql:1:1: a literal is not closed"]);
    check(
        "create table t (a number);\n/\n",
        &["main.sql:2:1: this / runs the statement before it a second time … take it out"],
    );
    check("select '&who' from dual;", &["main.sql:1:1: &who has no value … SET DEFINE OFF"]);
    check("frobnicate the table;", &["main.sql:1:1: \"frobnicate\" begins no statement"]);
    check("variable x number\naccept y", &["main.sql:1:1: VARIABLE", "main.sql:2:1: ACCEPT"]);
    check(
        "@../x\n@missing\n@main",
        &[
            "main.sql:1:1: \"../x\" leads out",
            "main.sql:2:1: missing.sql cannot be read",
            "main.sql:3:1: main.sql includes itself",
        ],
    );
}

#[test]
fn included_scripts_keep_their_places() {
    let script = read(&[
        ("main.sql", "prompt first\n@sub/a.sql\nselect 3 from dual;"),
        ("sub/a.sql", "select 1 from dual;\n@@b\n"),
        ("sub/b.sql", "\nselect 2 from dual;"),
    ])
    .unwrap();
    let places: Vec<String> = script.pieces.iter().map(Piece::place).collect();
    assert_eq!(places, ["sub/a.sql:1", "sub/b.sql:2", "main.sql:3"]);
    assert_eq!(script.pieces[0].prompts, ["first"]);
    assert_eq!(script.texts.len(), 3);
    let cycle = read(&[("main.sql", "@a"), ("a.sql", "@@main")]).map(|s| s.pieces).unwrap_err();
    assert!(cycle[0].starts_with("a.sql:1:1: main.sql includes itself"), "{cycle:?}");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_has_drawn_mistakes(text in "([a-z&@'\"/*;\\-‘\u{a0} \n]|select |begin|end;|\n/\n|q'\\[|\\]'|--|set define |prompt |exec |commit;|create type ){0,40}") {
        match read_raw(&text) {
            Ok(script) => {
                let lines = text.split('\n').count();
                proptest::prop_assert!(script.pieces.iter().all(|p| p.line <= lines && !p.text.is_empty()));
                drop(script.units());
            }
            Err(SqlError::Mistakes(found)) => {
                proptest::prop_assert!(!found.is_empty());
                drop(crate::model::diagnostic::draw(&found));
            }
            Err(other) => panic!("{other}"),
        }
    }
}

fn read_raw(text: &str) -> Result<Script, SqlError> {
    let load = |path: &Utf8Path| {
        if path == "main.sql" { Ok(text.to_owned()) } else { Err(io::Error::other("not there")) }
    };
    Script::read(Utf8Path::new("main.sql"), &load, &ScriptOptions::default())
}

fn units(text: &str) -> Result<Vec<Unit>, Vec<String>> {
    read(&[("main.sql", text)])?.units().map_err(mistakes)
}

#[test]
fn statements_travel_up_to_a_commit_or_ddl() {
    fn check(text: &str, wanted: &[(usize, usize)]) {
        let found: Vec<_> = units(text).unwrap().iter().map(|u| (u.pieces.len(), u.session.len())).collect();
        assert_eq!(found, wanted, "{text}");
    }
    check("insert into t values (1);\ninsert into t values (2);\ncommit;\ndelete from t;", &[(3, 0), (1, 0)]);
    check(
        "insert into t values (1);\ncreate table u (a number);\ninsert into u values (1);",
        &[(2, 0), (1, 0)],
    );
    check("insert into t values (1);\nsavepoint a;\nrollback to a;\ncommit;", &[(4, 0)]);
    check(
        "delete from t;\nalter session set nls_date_format = 'YYYY';\ndelete from t;\ncommit;\ndelete from t;",
        &[(4, 0), (1, 1)],
    );
    check("select 1 from dual;\ndelete from t;\nselect 2 from dual;", &[(1, 0), (1, 0), (1, 0)]);
    check(
        "alter session set current_schema = A;\ndelete from t;\nalter session set current_schema=B;\nalter session set nls_date_format = 'YYYY';\ndelete from t;",
        &[(4, 1)],
    );
}

#[test]
fn session_state_that_cannot_travel_is_refused() {
    fn check(text: &str, wanted: &str) {
        let found = units(text).map(|u| u.len()).expect_err(text);
        assert!(found[0].starts_with(wanted), "{found:?}");
    }
    check("alter session enable parallel dml;\ndelete from t;", "main.sql:1:1: this session state ends");
    check("set role x;", "main.sql:1:1: this session state ends");
    check(
        "begin apex_util.set_workspace('X'); end;\n/\ncommit;\ndelete from t;",
        "main.sql:1:1: what this call sets ends",
    );
    assert!(units("begin apex_util.set_workspace('X'); x; end;\n/\n").is_ok());
}

fn guard() -> Guard {
    Guard::new(
        json!("ocid1.autonomousdatabase.oc1.uk-london-1.dev.example"),
        vec![],
        "20260519t211000-k3fa".parse().unwrap(),
        "scripts".parse().unwrap(),
    )
}

#[test]
fn a_unit_as_one_block() {
    let text = "alter session set current_schema = APP;\nprompt it's begun\ninsert into t\n  values ('x');\nwhenever sqlerror continue\ndrop table old;\n";
    let units = units(text).unwrap();
    let rendered = units[0].render(&guard(), Side::Target, 600).unwrap();
    insta::assert_snapshot!(rendered.text);
    assert_eq!(rendered.binds.len(), 1);
}

#[test]
fn queries_travel_alone() {
    let plain = units("select 1 from dual;").unwrap();
    let rendered = plain[0].render(&guard(), Side::Target, 60).unwrap();
    assert_eq!((rendered.text.as_str(), rendered.binds.len()), ("select 1 from dual", 0));
    let with = units("alter session set current_schema = A;\nselect 1 from t;").unwrap_err();
    assert!(with[0].starts_with("main.sql:2:1: a query travels alone"), "{with:?}");
    for (end, good) in
        [("rollback;", false), ("savepoint a;\nrollback to a;", false), ("commit;", true), ("", true)]
    {
        let text = format!("delete from t;\nselect 1 from dual;\ndelete from t;\n{end}");
        assert_eq!(units(&text).is_ok(), good, "{text}");
    }
}

#[test]
fn uncommitted_work_is_committed_and_committed_work_is_not_again() {
    fn check(text: &str, wanted: bool) {
        let rendered = units(text).unwrap()[0].render(&guard(), Side::Target, 60).unwrap();
        assert_eq!(rendered.text.contains("  commit;\nexception"), wanted, "{}", rendered.text);
    }
    check("delete from t;", true);
    check("drop table t;", false);
    check("delete from t;\nrollback;", false);
    check("delete from t;\nsavepoint a;", true);
}
