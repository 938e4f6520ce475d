use serde_json::{Value, json};

use super::*;
use crate::model::act::{Connection, Returns};

fn call(text: &str, binds: Vec<Bind>) -> SqlCall {
    let connection = Connection {
        database: "dev".into(),
        ocid: Value::Null,
        driver: "thin".into(),
        address: Value::Null,
        user: Value::Null,
        password: Value::Null,
        wallet: Value::Null,
        results: Value::Null,
    };
    SqlCall {
        connection,
        text: text.into(),
        returns: Returns::Nothing,
        binds,
        limit_seconds: 5,
        consented: false,
    }
}

fn bind(name: &str, kind: BindKind, direction: Direction, value: Value) -> Bind {
    Bind { name: name.into(), kind, direction, value }
}

#[test]
fn statements_that_need_nothing_stay_as_they_are() {
    fn check(text: &str, wanted: (Kind, &str)) {
        let binds = vec![
            bind("a", BindKind::Varchar2, Direction::In, json!("x")),
            bind("n", BindKind::Number, Direction::In, json!(1)),
        ];
        let ready = ready(&call(text, binds)).unwrap();
        assert_eq!((ready.kind, ready.text.as_str(), ready.before), (wanted.0, wanted.1, 0), "{text}");
        assert_eq!(ready.binds.len(), 2);
    }
    check("begin p(:a, :n); end;\n/\n", (Kind::Block, "begin p(:a, :n); end;"));
    check("select :a, :n from dual;\n", (Kind::Query, "select :a, :n from dual"));
    check("-- x\n(select 1 from t where a = :a)", (Kind::Query, "-- x\n(select 1 from t where a = :a)"));
    check("/* x */ update t set a = :a ;", (Kind::Change, "/* x */ update t set a = :a"));
    check("alter session set a = b", (Kind::Other, "alter session set a = b"));
    check(
        "create procedure p is begin null; end;\n/",
        (Kind::Other, "create procedure p is begin null; end;"),
    );
    check("select 1/2 from dual where 1 = 1/", (Kind::Query, "select 1/2 from dual where 1 = 1/"));
}

#[test]
fn blocks_are_made_around_what_needs_them() {
    fn check(text: &str, binds: Vec<Bind>, wanted: &str, names: &[&str]) {
        let ready = ready(&call(text, binds)).unwrap();
        assert_eq!(ready.text, wanted, "{text}");
        let found: Vec<&str> = ready.binds.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(found, names, "{text}");
        let whole: String = ready.text.chars().skip(ready.before).collect();
        assert!(
            whole.starts_with(text.trim_start_matches("call ").trim()) || text.starts_with("call"),
            "{whole}"
        );
        assert!(!ready.text[..ready.text.len() - whole.len()].contains('\n'), "lines are moved");
    }
    let clob = |direction, value| bind("c", BindKind::Clob, direction, value);
    check(
        "begin p(:c); end;",
        vec![clob(Direction::In, json!("x"))],
        "declare adbctl_1 clob := :adbctl_1_1; begin :c := adbctl_1; /* adbctl: the statement */ begin p(:c); end;\nend;",
        &["adbctl_1_1", "c"],
    );
    check("begin p(:c); end;", vec![clob(Direction::Out, Value::Null)], "begin p(:c); end;", &["c"]);
    check("begin p(:c); end;", vec![clob(Direction::InOut, Value::Null)], "begin p(:c); end;", &["c"]);
    check("begin p(:c); end;", vec![clob(Direction::In, json!(""))], "begin p(:c); end;", &["c"]);
    check(
        "begin p(:c); end;",
        vec![clob(Direction::InOut, json!("ö".repeat(20_000)))],
        "declare adbctl_1 clob := :adbctl_1_1; begin dbms_lob.append(adbctl_1, :adbctl_1_2); :c := adbctl_1; \
         /* adbctl: the statement */ begin p(:c); end;\nend;",
        &["adbctl_1_1", "adbctl_1_2", "c"],
    );
    check(
        "begin :v := 1; end;",
        vec![bind("v", BindKind::Varchar2, Direction::Out, Value::Null)],
        "begin :v := null; /* adbctl: the statement */ begin :v := 1; end;\nend;",
        &["v"],
    );
    check(
        "call p(:v)",
        vec![bind("v", BindKind::Varchar2, Direction::InOut, json!("x"))],
        "begin :v := :adbctl_1_1; /* adbctl: the statement */  p(:v);\nend;",
        &["adbctl_1_1", "v"],
    );
    check(
        "<<a>> begin null; end;",
        Vec::new(),
        "begin /* adbctl: the statement */ <<a>> begin null; end;\nend;",
        &[],
    );
    check(
        "insert into t values (:n) returning id into :i",
        vec![
            bind("n", BindKind::Number, Direction::In, json!(1)),
            bind("i", BindKind::Number, Direction::Out, Value::Null),
        ],
        "begin /* adbctl: the statement */ insert into t values (:n) returning id into :i; :adbctl_count := sql%rowcount;\nend;",
        &["n", "i", "adbctl_count"],
    );
    let long = clob(Direction::In, json!("x".repeat(LONGEST + 1)));
    let ready = ready(&call("select length(:c) from dual", vec![long])).unwrap();
    assert!(ready.by_cursor);
    assert!(
        ready.text.ends_with("open :adbctl_rows for select length(:c) from dual;\nend;"),
        "{}",
        ready.text
    );
    assert!(ready.text.chars().skip(ready.before).collect::<String>().starts_with("select length"));
}

#[test]
fn pieces_fit_and_make_the_whole() {
    fn check(text: &str, wanted: usize) {
        let found: Vec<&str> = pieces(text).collect();
        assert_eq!(found.len(), wanted);
        assert!(found.iter().all(|piece| !piece.is_empty() && piece.len() <= LONGEST));
        assert_eq!(found.concat(), text);
    }
    check("", 0);
    check("a", 1);
    check(&"a".repeat(LONGEST), 1);
    check(&"a".repeat(LONGEST + 1), 2);
    // 32767 is no multiple of four, nor of two.
    check(&"🎈".repeat(LONGEST), 5);
    check(&format!("a{}", "ö".repeat(LONGEST)), 3);
}

#[test]
fn values_that_no_bind_takes() {
    fn check(kind: BindKind, value: Value, wanted: &str) {
        let error =
            ready(&call("begin p(:a); end;", vec![bind("a", kind, Direction::In, value)])).unwrap_err();
        assert!(error.to_string().contains(wanted) && error.not_sent, "{error}");
    }
    check(BindKind::Number, json!("x"), "is to be a number");
    check(BindKind::Number, json!([1]), "list or object");
    check(BindKind::Number, json!("1e300"), "out of the range");
    check(BindKind::Varchar2, json!("x".repeat(LONGEST + 1)), "has 32768 bytes");
}
