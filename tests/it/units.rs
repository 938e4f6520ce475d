//! Every shipped template as it is sent, written as files for the peers that parse it.

use std::collections::BTreeSet;
use std::path::Path;

use adbctl::model::Effect;
use adbctl::sql::{Guard, Library, Side, Template, guarded_nothing, guarded_refusal, guarded_statement};
use serde_json::{Map, Value, json};

/// More ways to render one template than this are no longer worth trying one by one.
const MOST_WAYS: usize = 64;

fn guard(denied: &[&str]) -> Guard {
    Guard::new(
        json!("ocid1.autonomousdatabase.oc1.uk-london-1.dev.example"),
        denied.iter().map(|ocid| ocid.parse().unwrap()).collect(),
        "20260519t211000-k3fa".parse().unwrap(),
        "step".parse().unwrap(),
    )
}

/// The insides of the `{% if … %}` and `{% elif … %}` of a template.
fn conditions(text: &str) -> Vec<&str> {
    let tags = text.split("{%").skip(1).filter_map(|rest| rest.split("%}").next());
    let words = tags.map(|tag| tag.trim_matches('-').trim());
    words.filter_map(|tag| tag.strip_prefix("if ").or_else(|| tag.strip_prefix("elif "))).collect()
}

/// The texts that a condition compares with.
fn compared(condition: &str) -> impl Iterator<Item = &str> {
    condition.split(['"', '\'']).skip(1).step_by(2)
}

/// What a parameter that decides about parts of the text can be.
fn choices(sample: &Value, conditions: &[&str]) -> Vec<Value> {
    let mut choices = vec![sample.clone()];
    match sample {
        Value::Array(_) => choices.push(json!([])),
        Value::Bool(yes) => choices.push(json!(!yes)),
        Value::String(_) => {
            choices.push(json!(""));
            choices
                .extend(conditions.iter().flat_map(|condition| compared(condition)).map(|text| json!(text)));
        }
        _ => {}
    }
    choices
}

/// The arguments that make every part of a template appear and disappear.
fn ways(template: &Template) -> Vec<Map<String, Value>> {
    let samples = template.samples();
    let conditions = conditions(template.text());
    let mut ways = vec![samples.clone()];
    for (name, sample) in &samples {
        let names = |condition: &&&str| {
            condition.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
        };
        let about: Vec<&str> = conditions.iter().filter(names).copied().collect();
        if about.is_empty() {
            continue;
        }
        let with = |way: &Map<String, Value>, choice: Value| {
            let mut way = way.clone();
            way.insert(name.clone(), choice);
            way
        };
        let choices = choices(sample, &about);
        ways = ways.iter().flat_map(|way| choices.iter().map(|choice| with(way, choice.clone()))).collect();
        assert!(ways.len() <= MOST_WAYS, "{} has too many conditions", template.name());
    }
    ways
}

/// The different texts of a template, in the order in which they were made.
fn texts(template: &Template) -> Vec<String> {
    let guards = [guard(&["ocid1.autonomousdatabase.oc1.uk-london-1.prod.example"]), guard(&[])];
    let used = if template.header().effect == Effect::Read { &guards[..1] } else { &guards[..] };
    let mut seen = BTreeSet::new();
    let mut texts = Vec::new();
    for way in ways(template) {
        for guard in used {
            let text = template.render(&way, Some(guard)).unwrap_or_else(|e| panic!("{way:?}: {e}")).text;
            if seen.insert(text.clone()) {
                texts.push(text);
            }
        }
    }
    texts
}

/// The guard's own text shows only around something: around nothing, refusing, and around a statement of an operator.
fn guard_texts() -> Vec<String> {
    let guard = guard(&["ocid1.autonomousdatabase.oc1.uk-london-1.prod.example"]);
    let statement = |text: &str| guarded_statement(text, Effect::Write, Side::Target, &guard, 60);
    let long = "x".repeat(100_000);
    [
        guarded_nothing(&guard, Side::Target),
        guarded_refusal(&guard, Side::Target),
        statement("create table t (a char(1) default 'x')"),
        statement(&format!("begin\n  p('{long}');\nend;")),
    ]
    .map(|rendered| rendered.unwrap().text)
    .to_vec()
}

/// Every template by name with its texts.
fn units() -> Vec<(String, Vec<String>)> {
    let library = Library::shipped();
    let of = |name: &str| match name {
        "guard/identity" => guard_texts(),
        name => texts(&library.get(name).unwrap()),
    };
    library.names().map(|name| (name.to_owned(), of(name))).collect()
}

#[test]
fn every_part_of_a_template_appears_and_disappears() {
    let text = "-- purpose: An example.\n-- side: any\n-- effect: read\n-- repeat: safe\n-- returns: rows\n\
                -- limit: 60\n-- privileges: none\n-- param only: literals - some\n-- param form: literal - which\n\
                select 1 from t where 1 = 1\n\
                {%- if only %} and a in ({% for a in only %}{{ a | lit }}, {% endfor %}null){% endif %}\n\
                {%- if form == \"short\" %} and b = {{ form | lit }}{% elif form %} and c = {{ form | lit }}{% endif %}\n";
    let template = Template::load("example", text).unwrap();
    let found = texts(&template);
    let whole: Vec<&str> =
        found.iter().map(|text| text.strip_prefix("select 1 from t where 1 = 1").unwrap()).collect();
    let list = " and a in ('it''s', 'b', null)";
    let mut wanted = Vec::new();
    for form in [" and c = 'it''s'", "", " and b = 'short'"] {
        wanted.push(form.to_owned());
        wanted.push(format!("{list}{form}"));
    }
    wanted.sort();
    let mut sorted = whole.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, wanted);
}

#[test]
#[ignore = "writes files for tests/peers/sqlfluff.sh into the directory that ADBCTL_UNITS names"]
fn write_units() {
    let directory = std::env::var("ADBCTL_UNITS").expect("ADBCTL_UNITS names the directory");
    for (name, texts) in units() {
        assert!(!texts.is_empty(), "{name}");
        for (number, text) in texts.iter().enumerate() {
            let file = Path::new(&directory).join(format!("{name}@{number}.sql"));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, format!("{text}\n")).unwrap();
        }
    }
}
