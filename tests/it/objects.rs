//! Small objects of Object Storage, through a runbook: stored once, read back, listed; never replaced unasked.

use serde_json::{Value, json as value};

use crate::equality::{compare, strays};
use crate::orders::flat;
use crate::support::{Ended, Rehearsal, json};

const RUNBOOK: &str = r#"
format = 1
title = "Store and read objects"
doc = "A trial."

[database.target]
doc = "any"
access = "read"

[param.namespace]
type = "text"
doc = "the namespace"
[param.bucket]
type = "text"
doc = "the bucket"
[param.note]
type = "text"
doc = "what the object holds"
default = "first"
[param.overwrite]
type = "flag"
doc = "whether it may be replaced"
default = false

[[step]]
id = "described"
title = "Look"
run.describe-database = { database = "{{ target.ocid }}" }

[[step]]
id = "stored"
title = "Store"
[step.run.put-object]
namespace = "{{ params.namespace }}"
bucket = "{{ params.bucket }}"
name = "trial/a b.json"
content = "{{ { 'note': params.note, 'ocid': steps.described.ocid } }}"
overwrite = "{{ params.overwrite }}"
address = "https://objects.example.com/n/{{ params.namespace }}/b/{{ params.bucket }}/o"

[[step]]
id = "text"
title = "Store a text"
run.put-object = { namespace = "{{ params.namespace }}", bucket = "{{ params.bucket }}", name = "trial/text", content = "plain", overwrite = true }

[[step]]
id = "listed"
title = "List"
needs = ["stored", "text"]
run.list-objects = { namespace = "{{ params.namespace }}", bucket = "{{ params.bucket }}", prefix = "trial/" }

[[step]]
id = "got"
title = "Read"
needs = ["listed"]
run.get-object = { namespace = "{{ params.namespace }}", bucket = "{{ params.bucket }}", name = "{{ steps.listed.objects[0].name }}" }

[[step]]
id = "got_text"
title = "Read the text"
run.get-object = { namespace = "{{ params.namespace }}", bucket = "{{ params.bucket }}", name = "{{ steps.text.name }}" }
"#;

fn run(rehearsal: &Rehearsal, more: &[&str]) -> Ended {
    let file = rehearsal.home().join("objects.toml");
    std::fs::write(&file, RUNBOOK).unwrap();
    let seen = rehearsal.description();
    let namespace = format!("namespace={}", seen["namespace"].as_str().unwrap());
    let bucket = format!("bucket={}", seen["bucket"].as_str().unwrap());
    let words = [
        "run",
        file.to_str().unwrap(),
        "dev",
        "--yes",
        "--report",
        "json=report.json",
        "--set",
        &namespace,
        "--set",
        &bucket,
    ];
    rehearsal.on_sandbox(&[&words[..], more].concat())
}

fn outputs(rehearsal: &Rehearsal, step: &str) -> Value {
    let report = json(&rehearsal.home().join("report.json"));
    let steps = report["steps"].as_array().unwrap().clone();
    steps.into_iter().find(|s| s["id"] == step).unwrap()["outputs"].clone()
}

#[test]
fn objects_are_stored_read_and_never_replaced_unasked() {
    let rehearsal = Rehearsal::new();
    run(&rehearsal, &[]).expect(0);
    let plan = json(&rehearsal.newest_run().join("plan.json"));
    compare(&plan, &rehearsal.audit_of_steps()).unwrap();
    assert!(strays(&rehearsal.audit(), None).is_empty());
    let (stored, got, listed) =
        (outputs(&rehearsal, "stored"), outputs(&rehearsal, "got"), outputs(&rehearsal, "listed"));
    let bucket = rehearsal.description()["bucket"].as_str().unwrap().to_owned();
    assert!(
        stored["uri"].as_str().unwrap().ends_with(&format!("/b/{bucket}/o/trial/a%20b.json")),
        "{stored}"
    );
    assert_eq!(got["content"]["note"], "first");
    assert_eq!(got["etag"], stored["etag"]);
    assert_eq!(got["size"], got["text"].as_str().unwrap().len());
    assert_eq!(listed["count"], 2);
    assert_eq!(listed["objects"][1]["name"], "trial/text");
    let text = outputs(&rehearsal, "got_text");
    assert_eq!([&text["text"], &text["content"]], [&value!("plain"), &Value::Null]);

    // The same once more is there already; something else is refused, and replaces it when that is asked for.
    run(&rehearsal, &[]).expect(0);
    assert_eq!(outputs(&rehearsal, "stored")["etag"], stored["etag"], "it was not stored anew");
    let refused = run(&rehearsal, &["--set", "note=second"]);
    assert_ne!(refused.code, 0);
    assert!(flat(&refused.stderr).contains("holds another object trial/a b.json"), "{}", refused.stderr);
    run(&rehearsal, &["--set", "note=second", "--set", "overwrite=true"]).expect(0);
    assert_eq!(outputs(&rehearsal, "got")["content"]["note"], "second");
}

/// The answer to the request was lost: the object that it stored is recognised.
#[test]
fn an_object_whose_answer_was_lost_is_recognised() {
    let rehearsal = Rehearsal::new();
    rehearsal.description();
    rehearsal.fault(
        &value!({ "method": "PUT", "path": "/n/", "count": 1, "action": { "drop": { "after": true } } }),
    );
    run(&rehearsal, &[]).expect(0);
    assert_eq!(outputs(&rehearsal, "got")["content"]["note"], "first");
}
