//! Shipped SQL as a database reads it: every template, guard included, is accepted by the sandbox's own parser.

use adbctl::model::Effect;
use adbctl::sandbox::oracle::language::{Dialect, parse_statement};
use adbctl::sql::{Guard, Library, Script, ScriptOptions, Side};
use camino::Utf8Path;
use serde_json::json;

fn guard() -> Guard {
    Guard::new(
        json!("ocid1.autonomousdatabase.oc1.uk-london-1.dev.example"),
        vec!["ocid1.autonomousdatabase.oc1.uk-london-1.prod.example".parse().expect("the text is an OCID")],
        "20260519t211000-k3fa".parse().expect("the text is a run id"),
        "step".parse().expect("the text is a step id"),
    )
}

fn check(name: &str, text: &str) -> Option<String> {
    parse_statement(text, Dialect::Oracle19).err().map(|error| format!("{name}: {error}\n{text}"))
}

#[test]
fn every_template_is_grammatical() {
    let library = Library::shipped();
    let mut failures = Vec::new();
    for name in library.names().filter(|name| *name != "guard/identity") {
        let template = library.get(name).expect("a shipped template loads");
        let rendered = template.render(&template.samples(), Some(&guard())).expect("samples fit");
        assert_eq!(rendered.text.contains("adbctl_here"), rendered.effect != Effect::Read, "{name}");
        failures.extend(check(name, &rendered.text));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn units_of_scripts_are_grammatical() {
    let text = "alter session set current_schema = APP;\nprompt it's begun\n\
                create or replace procedure p is\nbegin\n  -- it's\n  null;\nend;\n/\n\
                whenever sqlerror continue\ndrop table old;\nwhenever sqlerror exit\n\
                insert into t values (q'[a;b]');\nsavepoint s;\nrollback to s;\ncommit;\nexec p\n";
    let load = |_: &Utf8Path| Ok(text.to_owned());
    let script =
        Script::read(Utf8Path::new("main.sql"), &load, &ScriptOptions::default()).expect("it is a script");
    for unit in script.units().expect("it can travel") {
        let rendered = unit.render(&guard(), Side::Target, 60).expect("it renders");
        assert_eq!(check(&unit.place(), &rendered.text), None);
    }
}
