//! Runbooks that are right, and every mistake one can make in one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::file::{ParamFile, ParamKind};
use super::*;
use crate::actions::Facts;
use crate::engine::PlannedDatabase;
use crate::model::SourceText;

const HEAD: &str = "format = 1\ntitle = 'x'\n[database.source]\ndoc = 's'\naccess = 'read'\n";

/// The mistakes of a runbook, one a line with line and column, and the help behind a bar.
fn check(body: &str, wanted: &[&str]) {
    let text = format!("{HEAD}{body}");
    let found: Vec<String> = match load("x", &SourceText::new("x", text)) {
        Ok(_) => Vec::new(),
        Err(mistakes) => {
            // The list of all actions grows; the mistake is what counts.
            let short = |m: &crate::model::Diagnostic| {
                m.to_string().split(", expected one of").next().unwrap().to_owned()
            };
            mistakes.iter().map(|m| format!("{} | {}", short(m), m.help.as_deref().unwrap_or("-"))).collect()
        }
    };
    assert_eq!(found, wanted, "{body}");
}

const LOOK: &str = "run.describe-database = { database = '{{ source.ocid }}' }";

#[test]
fn a_right_runbook_has_no_mistakes() {
    check(&format!("[[step]]\nid = 'a'\ntitle = 'A'\n{LOOK}"), &[]);
}

#[test]
fn mistakes_of_form() {
    check(
        "[[step]]\nid = 'a'\ntitle = 'A'\nrun.descrbe-database = { database = 'x' }\n[[step]]\nid = 'b'\nrun.manual = { instructions = 'x' }",
        &[
            "x:9:5: unknown variant `descrbe-database` | did you mean \"describe-database\"?",
            "x:10:1: missing field `title` | -",
        ],
    );
    check(
        "[[step]]\nid = 'Up-per'\ntitle = 'A'\nrun.manual = { instructions = 'x' }",
        &["x:6:1: \"Up-per\" is no id for a step | use lower-case letters, digits and _, a letter first"],
    );
    check(
        "[[step]]\nid = 'a'\ntitle = 'A'\ntimeout = 'soon'\nrun.manual = { instructions = 'x' }",
        &["x:6:1: \"soon\" is not a length of time; write it like \"90s\", \"20m\", \"3h\" or \"1h30m\" | -"],
    );
    check(
        "[[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instrutions = 'x' }",
        &[
            "x:9:16: unknown field `instrutions`, expected `instructions` or `verify` | did you mean \"instructions\"?",
        ],
    );
}

#[test]
fn mistakes_of_the_whole_file() {
    let none = "x:1:1: a runbook without steps | write at least one [[step]]";
    check("", &[none]);
    check("[[stepp]]\nid = 'a'", &[none, "x:6:3: unknown key `stepp` | did you mean \"step\"?"]);
    check(
        "[step]\nid = 'a'",
        &["x:6:1: `step` is a table, expected an array of tables | write [[step]] over each of them"],
    );
    check("[[step]]\nid = ", &["x:7:6: string values must be quoted, expected literal string | -"]);
}

#[test]
fn mistakes_of_reference_come_all_at_once() {
    check(
        "[[step]]\nid = 'a'\ntitle = 'A'\nneeds = ['bb']\nrun.describe-database = { database = '{{ steps.b.recrod }}' }\n\
         [[step]]\nid = 'b'\ntitle = 'B'\nrun.describe-database = { database = '{{ sorce.ocid }}' }\n\
         [[step]]\nid = 'c'\ntitle = 'C'\nrun.manual = { instructions = '{{ params.x }} {{ source.ocdi }} {{ target.ocid }} {{ item }} {{' }",
        &[
            "x:6:1: step a needs \"bb\", which is not there | did you mean \"b\"?",
            "x:10:38: step b has no output \"recrod\" | did you mean \"record\"?",
            "x:14:38: nothing is called \"sorce\" here | did you mean \"source\"?",
            "x:18:31: the braces are not closed in {{  }} | -",
        ],
    );
    check(
        "[[step]]\nid = 'c'\ntitle = 'C'\nrun.manual = { instructions = '{{ params.x }} {{ source.ocdi }} {{ target.ocid }} {{ item }}' }",
        &[
            "x:9:31: there is no item here | `item` belongs to a step with for-each",
            "x:9:31: no parameter is called \"x\" | -",
            "x:9:31: no fact about a database is called \"ocdi\" | did you mean \"ocid\"?",
            "x:9:31: this runbook has no target | declare [database.target]",
        ],
    );
}

#[test]
fn rings_and_doubles() {
    check(
        "[[step]]\nid = 'a'\ntitle = 'A'\nrun.describe-database = { database = '{{ steps.b.ocid }}' }\n\
         [[step]]\nid = 'b'\ntitle = 'B'\nrun.describe-database = { database = '{{ steps.a.ocid }}' }",
        &["x:6:1: these steps wait for each other: a -> b -> a | take one of the references or `needs` away"],
    );
    check(
        "[[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instructions = 'x' }\n[[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instructions = 'x' }",
        &["x:10:1: there is a step a already, in line 6 | -"],
    );
}

#[test]
fn parameters() {
    check(
        "[param.p]\ntype = 'number'\ndoc = 'd'\ndefault = 'x'\n[param.q]\ntype = 'choice'\ndoc = 'd'\n[[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instructions = 'x' }",
        &[
            "x:6:8: the default of parameter `p` must be a number | -",
            "x:10:8: parameter `q`: `choices` belongs to type \"choice\", and is needed there | -",
        ],
    );
}

fn facts(given: &Value) -> Facts {
    let database = |name: &str, production| PlannedDatabase {
        name: name.into(),
        ocid: format!("ocid1.autonomousdatabase.oc1.uk-london-1.{name}example"),
        production,
    };
    let mut seen = Map::new();
    for name in ["source", "target"] {
        seen.insert(
            name.into(),
            json!({ "name": name, "db_name": name.to_uppercase(), "ocid": database(name, false).ocid }),
        );
    }
    Facts {
        run: "20260101t000000-abcd".parse().unwrap(),
        folder: "runs/x".into(),
        databases: [
            ("source".into(), database("source", true)),
            ("target".into(), database("target", false)),
        ]
        .into(),
        seen,
        storage: serde_json::Map::new(),
        production: vec![database("source", true).ocid],
        consents: Vec::new(),
        given: given.as_object().cloned().unwrap_or_default(),
        settings_sha256: String::new(),
    }
}

fn plan_of(body: &str, given: &Value, selection: &Selection) -> Result<crate::engine::Plan, String> {
    let text = format!("{HEAD}[database.target]\ndoc = 't'\naccess = 'write'\n{body}");
    let runbook = load("x", &SourceText::new("x", text)).map_err(|m| m[0].to_string())?;
    compile(&runbook, &facts(given), selection, "sha")
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn values_known_at_plan_time_are_settled_and_typed() {
    let body = "[param.name]\ntype = 'text'\ndoc = 'd'\n[[step]]\nid = 'b'\ntitle = 'B'\n\
                run.update-database = { database = '{{ steps.a.ocid }}', change = { dbName = '{{ params.name ~ target.db_name }}' } }\n\
                [[step]]\nid = 'a'\ntitle = 'A'\nrun.describe-database = { database = '{{ target.ocid }}' }";
    let plan = plan_of(body, &json!({ "name": "X" }), &Selection::default()).unwrap();
    let ids: Vec<&str> = plan.steps.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"], "the reference made the edge");
    assert_eq!(plan.steps[1].args["change"]["dbName"], "XTARGET");
    assert_eq!(plan.steps[1].args["database"], json!({ "$late": "steps.a.ocid" }));
}

#[test]
fn wrong_parameters_make_no_plan() {
    let body = "[param.name]\ntype = 'text'\ndoc = 'the name'\n[[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instructions = '{{ params.name }}' }";
    let fails = |given: Value, wanted: &str| {
        assert_eq!(plan_of(body, &given, &Selection::default()).unwrap_err(), wanted);
    };
    fails(json!({}), "parameter name is missing: the name");
    fails(json!({ "name": 3 }), "parameter name must be a text");
    fails(json!({ "name": "x", "nmae": "y" }), "runbook x has no parameter \"nmae\"");
}

#[test]
fn two_questions_at_the_terminal_are_two_secrets() {
    let body = "[param.users]\ntype = 'list'\ndoc = 'd'\n[[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instructions = 'x' }";
    let given = |prompt: Value| json!({ "users": [{ "username": "ANN", "password": { "prompt": prompt } }] });
    let refused = plan_of(body, &given(json!(true)), &Selection::default()).unwrap_err();
    assert!(refused.contains("parameter users asks for a secret without saying which"), "{refused}");
    plan_of(body, &given(json!("password of ANN")), &Selection::default()).unwrap();
}

#[test]
fn a_value_that_looks_like_an_expression_stays_a_text() {
    let body = "[param.name]\ntype = 'text'\ndoc = 'd'\n[[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instructions = '{{ params.name }}' }";
    let plan = plan_of(body, &json!({ "name": "{{ steps.a.done }}" }), &Selection::default()).unwrap();
    assert_eq!(plan.steps[0].args["instructions"], json!({ "$text": "{{ steps.a.done }}" }));
}

#[test]
fn what_a_left_out_step_would_make_is_missed() {
    let body = "[[step]]\nid = 'a'\ntitle = 'A'\nrun.describe-database = { database = '{{ target.ocid }}' }\n\
                [[step]]\nid = 'b'\ntitle = 'B'\nrun.describe-database = { database = '{{ steps.a.ocid }}' }";
    let skip = Selection { skip: vec!["a".parse().unwrap()], ..Selection::default() };
    assert_eq!(
        plan_of(body, &json!({}), &skip).unwrap_err(),
        "step b uses {{ steps.a.ocid }}, but step a is left out"
    );
    let until = Selection { until: Some("a".parse().unwrap()), ..Selection::default() };
    let plan = plan_of(body, &json!({}), &until).unwrap();
    assert_eq!(plan.steps[1].skip.as_deref(), Some("left out on request"));
    let unknown = Selection { from: Some("c".parse().unwrap()), ..Selection::default() };
    assert_eq!(plan_of(body, &json!({}), &unknown).unwrap_err(), "runbook x has no step c");
}

#[test]
fn what_a_step_that_does_not_run_would_need_may_be_missing() {
    let body = "[param.mail]\ntype = 'object'\ndoc = 'd'\ndefault = {}\n[[step]]\nid = 'a'\ntitle = 'A'\nwhen = 'params.mail != {}'\nrun.manual = { instructions = '{{ params.mail.host }}' }";
    let plan = plan_of(body, &json!({}), &Selection::default()).unwrap();
    assert!(plan.steps[0].skip.is_some());
    let error = plan_of(body, &json!({ "mail": { "port": 1 } }), &Selection::default()).unwrap_err();
    assert!(error.contains("params.mail.host"), "{error}");
}

#[test]
fn repeated_steps() {
    let body = "[param.names]\ntype = 'list'\ndoc = 'd'\n[[step]]\nid = 'a'\ntitle = 'Do {{ item }}'\nfor-each = 'params.names'\nrun.manual = { instructions = 'for {{ item }}' }\n\
                [[step]]\nid = 'b'\ntitle = 'B'\nneeds = ['a']\nrun.manual = { instructions = 'x' }";
    let plan = plan_of(body, &json!({ "names": ["one", "two"] }), &Selection::default()).unwrap();
    let titles: Vec<&str> = plan.steps.iter().map(|s| s.title.as_str()).collect();
    assert_eq!(titles, ["Do one", "Do two", "B"]);
    assert_eq!(plan.steps[2].needs.len(), 2);
    // Without items the order that goes through the step still holds.
    let text = body
        .replacen(
            "[[step]]",
            "[[step]]\nid = 'first'\ntitle = 'F'\nrun.manual = { instructions = 'x' }\n[[step]]",
            1,
        )
        .replacen("for-each", "needs = ['first']\nfor-each", 1);
    let plan = plan_of(&text, &json!({ "names": [] }), &Selection::default()).unwrap();
    let needs: Vec<&str> = plan.steps[1].needs.iter().map(crate::model::StepId::as_str).collect();
    assert_eq!((plan.steps[1].id.as_str(), needs.as_slice()), ("b", ["first"].as_slice()));
}

#[test]
fn a_check_may_only_read() {
    let body = "[[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instructions = 'x' }\n[[check]]\nid = 'c'\ntitle = 'C'\n\
                run.power-database = { database = '{{ target.ocid }}', want = 'stopped' }\nfound = 'found.was'\nexpect = 'x'";
    let error = plan_of(body, &json!({}), &Selection::default()).unwrap_err();
    assert!(error.starts_with("check c: a check may only read"), "{error}");
}

#[test]
fn every_shipped_runbook_is_right_and_documents_itself() {
    for (name, text) in shipped() {
        let runbook = load(name, &SourceText::new(name, text)).unwrap_or_else(|m| panic!("{name}: {m:#?}"));
        assert!(!runbook.doc.is_empty(), "{name} has no doc");
        assert!(runbook.steps.iter().any(|s| s.check.is_some()), "{name} has no checklist");
    }
}

#[test]
fn demands_are_checked_before_anything_else() {
    let body = "[param.order]\ntype = 'text'\ndoc = 'd'\ndefault = 'swap'\n[[require]]\nwhen = \"params.order == 'replace'\"\n\
                expr = \"target.name == 'x'\"\nmessage = '{{ target.name }} is not x'\nhelp = 'say x'\n\
                [[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instructions = 'x' }\n[[check]]\nid = 'c'\ntitle = 'C'\n\
                when = \"params.order == 'replace'\"\nrun.describe-database = { database = '{{ target.ocid }}' }\nfound = 'found.state'\nexpect = 'x'";
    let plan = plan_of(body, &json!({}), &Selection::default()).unwrap();
    assert!(
        plan.steps.iter().all(|s| s.check.is_none()),
        "a check that does not concern the run is not in its plan"
    );
    assert_eq!(
        plan_of(body, &json!({ "order": "replace" }), &Selection::default()).unwrap_err(),
        "target is not x"
    );
    check(
        "[[require]]\nexpr = 'parms.x'\nmessage = 'm'\n[[require]]\nexpr = 'true'\nmesage = 'm'\n[[step]]\nid = 'a'\ntitle = 'A'\nrun.manual = { instructions = 'x' }",
        &[
            "x:7:8: nothing is called \"parms\" here | did you mean \"params\"?",
            "x:11:1: unknown field `mesage` | did you mean \"message\"?",
        ],
    );
}

#[test]
fn values_are_worked_out_once() {
    check(
        &format!(
            "[value.b]\ndoc = 'x'\nis = 'values.c and values.d and sorce.ocid'\n[value.c]\ndoc = 'x'\nis = '{{{{'\n\
             [[step]]\nid = 'a'\ntitle = '{{{{ values.b }}}}'\nwhen = 'values.bb'\n{LOOK}"
        ),
        &[
            "x:8:6: nothing is called \"sorce\" here | did you mean \"source\"?",
            "x:8:6: no value is called \"d\" | did you mean \"b\"?",
            "x:8:6: value b cannot refer to values.c | a value may refer to those that stand before it in the alphabet",
            "x:11:6: syntax error: unexpected end of input, expected expression in {{ {{ }} | -",
            "x:15:8: no value is called \"bb\" | did you mean \"b\"?",
        ],
    );
}

/// The members a table can have, and their types.
#[test]
fn members_of_tables() {
    fn check(given: &Value, wanted: &str) {
        let param = ParamFile {
            kind: ParamKind::Object,
            doc: "x".into(),
            default: None,
            choices: Vec::new(),
            members: BTreeMap::from([
                ("subnet".to_owned(), ParamKind::Text),
                ("ids".to_owned(), ParamKind::List),
            ]),
        };
        let found = super::compile::fits(&param, given).err();
        assert_eq!(found.as_deref().unwrap_or_default(), wanted, "{given}");
    }
    check(&json!({}), "");
    check(&json!({ "subnet": "s", "ids": [] }), "");
    check(&json!([]), "must be a table");
    check(&json!({ "subnett": "s" }), "has no member \"subnett\"; did you mean \"subnet\"?");
    check(&json!({ "x": "s" }), "has no member \"x\"; known here: ids, subnet");
    check(&json!({ "ids": "s" }), "has a member ids that must be a list");
}

/// A person's task with this verification behind it.
fn verified(verification: &str) -> String {
    format!(
        "[[step]]\nid = 'b'\ntitle = 'B'\n[step.run.manual]\ninstructions = 'x'\n[step.run.manual.verify]\n{verification}\n\
         [[step]]\nid = 'a'\ntitle = 'A'\n{LOOK}"
    )
}

#[test]
fn what_verifies_a_task_is_read_as_a_check_is() {
    let right = verified(&format!("{LOOK}\nfound = 'found.state'\nexpect = '{{{{ steps.a.state }}}}'"));
    check(&right, &[]);
    let plan = plan_of(&right, &json!({}), &Selection::default()).unwrap();
    let order: Vec<&str> = plan.steps.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(order, ["a", "b"], "what is expected makes an edge");
    assert_eq!(plan.steps[1].acts.len(), 1);
    check(
        &verified(&format!("{LOOK}\nfound = 'found.sate'\nexpect = '{{{{ found.ocdi }}}}'")),
        &[
            "x:13:9: no output of this check's action is called \"sate\" | did you mean \"state\"?",
            "x:14:10: no output of this check's action is called \"ocdi\" | did you mean \"ocid\"?",
        ],
    );
    check(
        &verified(
            "run.query = { on = 'clone', text = 'select 1 from dual' }\nfound = 'found.count'\nexpect = 1",
        ),
        &["x:6:1: step b runs on \"clone\", and no connection has that name | known here: source"],
    );
}

#[test]
fn a_verification_only_looks() {
    fn refused(verification: &str, wanted: &str) {
        let error = plan_of(&verified(verification), &json!({}), &Selection::default()).unwrap_err();
        assert!(error.contains(wanted), "{error}");
    }
    let stop = "run.power-database = { database = '{{ target.ocid }}', want = 'stopped' }";
    refused(&format!("{stop}\nfound = 'found.was'\nexpect = 'x'"), "a verification may only read");
    let person = "run.manual = { instructions = 'y' }\nfound = 'found.done'\nexpect = true";
    refused(person, "cannot verify a person's task");
    refused(
        &format!("{LOOK}\nfound = '[found.state]'\nexpect = ['{{{{ source.state }}}}']"),
        "an expression inside a list",
    );
}
