use serde_json::{Value, json};

use super::*;

fn sample() -> Document {
    let text = json!({
        "format": 1, "kind": "capture", "captured": { "database": "prod" },
        "topics": {
            "workspaces": [{ "workspace_name": "W", "schema": "SALES" }],
            "workspace_users": [{ "workspace_name": "W", "user_name": "ANN" }, { "workspace_name": "V", "user_name": "BOB" }],
            "users": [{ "username": "SALES" }, { "username": "OTHER" }],
            "object_grants": [
                { "grantee": "OTHER", "owner": "SALES", "table_name": "T", "type": "TABLE" },
                { "grantee": "OTHER", "owner": "SYS", "table_name": "SALES", "type": "USER" },
            ],
            "apex_parameters": [{ "name": "SMTP_FROM", "value": null }],
            "ords_schemas": [{ "parsing_schema": "SALES", "pattern": "sales" }],
            "scheduler_jobs": [
                { "owner": "SALES", "job_name": "J", "job_action": "begin sales.run; end;" },
                { "owner": "SALES", "job_name": "K", "job_action": "begin presales.run; sales_x.run; end;" },
            ],
        },
    });
    Document::read(&text.to_string(), "it").unwrap()
}

#[test]
fn documents_that_are_none() {
    fn check(text: &str, wanted: &str) {
        let error = Document::read(text, "the file").unwrap_err();
        assert!(error.message.contains(wanted), "{text}: {error}");
        assert!(error.advice.is_some(), "{text}");
    }
    let whole = sample().to_value().to_string();
    assert_eq!(Document::read(&whole, "it").unwrap(), sample());
    check(&whole[..whole.len() - 20], "the file is cut off");
    check("", "is cut off");
    check("-- SQL", "is no JSON document");
    check("[]", "is no object");
    check("{}", "does not say of what kind");
    check(r#"{ "kind": "manifest", "format": 1 }"#, "of the kind \"manifest\"");
    check(r#"{ "kind": "capture", "format": 2 }"#, "format 2, and this adbctl reads formats up to 1");
    check(r#"{ "kind": "capture", "format": "1" }"#, "no number");
    check(r#"{ "kind": "capture", "format": 1 }"#, "no header");
    check(r#"{ "kind": "capture", "format": 1, "captured": {} }"#, "no `topics`");
    check(
        r#"{ "kind": "capture", "format": 1, "captured": {}, "topics": { "user": [] } }"#,
        "no topic \"user\"",
    );
    check(
        r#"{ "kind": "capture", "format": 1, "captured": {}, "topics": { "users": [1] } }"#,
        "no list of objects",
    );
}

#[test]
fn some_schemas_alone() {
    let only = sample().only(&["SALES".to_owned()]).unwrap();
    let count = |topic: &str| only.rows(topic).len();
    assert_eq!([count("users"), count("object_grants"), count("workspace_users")], [1, 1, 1]);
    assert_eq!(count("apex_parameters"), 0, "they belong to no schema");
    assert_eq!(sample().only(&[]).unwrap(), sample());
    let error = sample().only(&["SALE".to_owned()]).unwrap_err();
    assert_eq!(error.message, "there is no schema SALE");
    assert!(error.advice.unwrap().contains("SALES"));
}

#[test]
fn new_names_reach_owners_and_no_code() {
    let names = BTreeMap::from([("SALES".to_owned(), "SALES_DEV".to_owned())]);
    assert_eq!(
        sample().code_naming(&names),
        [json!({ "kind": "job", "name": "SALES.J", "names": "SALES" })],
        "parts of longer names do not count"
    );
    let renamed = sample().renamed(&names).to_value();
    let at = |pointer: &str| renamed.pointer(pointer).unwrap().clone();
    assert_eq!(at("/topics/object_grants/0/owner"), "SALES_DEV");
    assert_eq!(at("/topics/object_grants/1/table_name"), "SALES_DEV");
    assert_eq!(at("/topics/workspaces/0/schema"), "SALES_DEV");
    assert_eq!(at("/topics/ords_schemas/0/pattern"), "sales_dev");
    assert_eq!(at("/topics/scheduler_jobs/0/owner"), "SALES_DEV");
    assert_eq!(at("/topics/scheduler_jobs/0/job_action"), "begin sales.run; end;");
    assert_eq!(at("/topics/apex_parameters/0/value"), Value::Null);
}

/// Each topic has its query, and both runbooks treat it.
#[test]
fn every_topic_is_captured_and_replayed() {
    let templates = crate::sql::Library::shipped();
    let capture = concat!(
        include_str!("../../../runbooks/capture.toml"),
        include_str!("../../../runbooks/fragments/capture.toml"),
        include_str!("../../../runbooks/fragments/recorded.toml"),
    );
    let replay = include_str!("../../../runbooks/fragments/replay.toml");
    for topic in TOPICS {
        let template = format!("capture/{}", topic.name);
        assert!(templates.get(&template).is_ok(), "{template}");
        assert!(capture.contains(&format!("\"{template}\"")), "capture.toml does not ask {template}");
        assert!(
            capture.contains(&format!("{0} = \"{{{{ steps.{0}.rows }}}}\"", topic.name)),
            "the fragment capture does not hand {} over",
            topic.name
        );
        assert!(
            replay.contains(&format!("steps.capture.{}", topic.name)),
            "replay.toml leaves {} out",
            topic.name
        );
    }
}
