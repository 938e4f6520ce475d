use super::*;
use crate::model::{Expression, SecretRef};

const HEAD: &str = "-- purpose: x\n-- side: target\n-- effect: read\n-- repeat: safe\n-- returns: rows\n-- limit: 5\n-- privileges: none\n";

fn load(parameters: &str, body: &str) -> Result<Template, Vec<String>> {
    match Template::load("test/x", &format!("{HEAD}{parameters}{body}")) {
        Ok(template) => Ok(template),
        Err(SqlError::Mistakes(found)) => Err(found.iter().map(ToString::to_string).collect()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_does_not_load() {
    fn check(parameters: &str, body: &str, wanted: &str) {
        let found = load(parameters, body).map(|t| t.body).expect_err(body);
        assert!(found[0].contains(wanted), "{body}: {found:#?}");
    }
    let literal = "-- param a: literal - x\n";
    check(literal, "select {{ a }} from dual", "sql/test/x.sql:9:8: the value {{ a }} is not quoted");
    check(literal, "select {{ a | upper }} from dual", "is not quoted");
    check(literal, "select {{ a | safe }} from dual", "is not quoted");
    check(literal, "select {{ (a | lit) ~ a }} from dual", "is not quoted");
    check(literal, "select {{ 'x' | lit }}, {{ a | lit }} from dual", "is not quoted");
    check(literal, "select 'a{{ a | lit }}' from dual", "9:10: a value cannot stand inside a literal");
    check(literal, "select 1 -- {{ a | lit }}\nfrom dual", "cannot stand inside");
    check(
        literal,
        "select {{ a | lit }}, {{ b | lit }} from dual",
        "b is used in the text and is not declared",
    );
    check(literal, "select 1 from dual", "parameter a is declared and not used");
    check("", "select :a from dual", "the bind :a is used and is not declared");
    check(literal, "select :a, {{ a | lit }} from dual", "the bind :a is used and is not declared");
    check("-- param a: bind varchar2 in - x\n", "select 1 from dual", "parameter a is declared and not used");
    check("-- param a: bind text in - x\n", "select :a from dual", "is no type of a parameter");
    check("-- param a: literal\n", "select {{ a | lit }} from dual", "parameter a is not explained");
    check("-- pram a: literal - x\n", "select 1 from dual", "unknown key \"pram a\"");
    check(
        "-- param adbctl_database: bind varchar2 in - x\n",
        "select :adbctl_database from dual",
        "belongs to the guard",
    );
    check("-- param user: bind varchar2 in - x\n", "select :user from dual", "ORA-01745");
    check(literal, "select {{ a | lit } from dual", "sql/test/x.sql:9");
    check(literal, "{% if a %}{{ a | lit }}", "template's line");
    check(literal, "select {% include 'x' %}{{ a | lit }} from dual", "sql/test/x.sql:9");
}

#[test]
fn writers_are_blocks_for_one_side() {
    let head = HEAD.replace("effect: read", "effect: write");
    assert!(Template::load("x", &format!("{head}delete from t")).is_err());
    assert!(Template::load("x", &format!("{head}begin null; end;")).is_ok());
    let any = head.replace("side: target", "side: any");
    assert!(Template::load("x", &format!("{any}begin null; end;")).is_ok());
    let destroys = any.replace("effect: write", "effect: destroy");
    assert!(Template::load("x", &format!("{destroys}begin null; end;")).is_err());
}

#[test]
fn values_are_quoted_and_binds_keep_their_values() {
    let template = load(
        "-- param a: literal - x\n-- param t: identifier - x\n-- param p: name - x\n-- param l: literals - x\n-- param b: bind varchar2 in - x\n",
        "select {{ a | lit }}, :b from {{ t | ident }}, {{ p | upper | name }} where x in ({% for i in l %}{% if not loop.first %}, {% endif %}{{ i | lit }}{% endfor %})",
    )
    .unwrap();
    let later = late::late(&Expression::parse("steps.clone.ocid").unwrap());
    let arguments = |a: Value, b: Value| {
        json!({ "a": a, "t": "Odd Name", "p": "dbms_sql", "l": ["x", "y'z"], "b": b })
            .as_object()
            .unwrap()
            .clone()
    };
    let rendered = template.render(&arguments(json!("it's"), later.clone()), None).unwrap();
    assert_eq!(rendered.text, "select 'it''s', :b from \"Odd Name\", DBMS_SQL where x in ('x', 'y''z')");
    assert_eq!(rendered.binds[0].value, later);
    let secret = late::secret(&SecretRef::Env("X".into()));
    assert!(template.render(&arguments(json!("a"), secret.clone()), None).is_ok());
    for wrong in [later, secret, json!(1), json!(["a"]), json!("a\nb"), Value::Null] {
        let error = template.render(&arguments(wrong.clone(), json!("b")), None);
        assert!(error.is_err(), "{wrong}");
    }
    assert!(template.render(&arguments(json!("a"), json!(1)), None).is_err());
    let mut more = arguments(json!("a"), json!("b"));
    more.insert("z".into(), json!(1));
    assert!(template.render(&more, None).is_err());
}

#[test]
fn lists_travel_as_json_text() {
    let template = load("-- param b: bind clob in - x\n", "select :b from dual").unwrap();
    let give = |value: Value| {
        let mut arguments = Map::new();
        arguments.insert("b".to_owned(), value);
        template.render(&arguments, None).map(|r| r.binds[0].value.clone())
    };
    assert_eq!(give(json!([{ "owner": "A" }])).unwrap(), json!("[{\"owner\":\"A\"}]"));
    let hidden = json!([late::late(&Expression::parse("steps.a.b").unwrap())]);
    assert!(give(hidden).is_err());
}
