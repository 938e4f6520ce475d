use super::super::super::exit::Exit;
use super::*;
use crate::report::Style;

#[track_caller]
fn check(look: impl Fn(&mut Findings), exit: Exit, words: &[&str]) {
    let mut findings = Findings::default();
    look(&mut findings);
    let shown = findings.text(Style::default());
    assert_eq!(findings.exit(), exit, "{shown}");
    for word in words {
        assert!(shown.contains(word), "{word:?} is not in {shown}");
    }
}

fn manifest(change: impl Fn(&mut Value)) -> Manifest {
    let mut value = json!({ "kind": "export", "mode": "full", "database": "prod", "finished": "2026-05-19T21:10:00Z",
                            "outcome": "succeeded", "errors": 0, "parts": [] });
    change(&mut value);
    Manifest::read("temp/a/manifest.json", None, value.to_string().as_bytes()).unwrap()
}

#[test]
fn manifests_are_read() {
    fn bad(text: &str, word: &str) {
        let error = Manifest::read("m", None, text.as_bytes()).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
    let read = manifest(|_| {});
    assert!(read.is_good());
    assert_eq!(read.mode.as_deref(), Some("full"));
    assert!(!manifest(|m| m["errors"] = json!(1)).is_good());
    assert!(!manifest(|m| m["outcome"] = json!("errors")).is_good());
    let stored: Timestamp = "2026-05-19T22:00:00Z".parse().unwrap();
    let untimed = br#"{ "kind": "export", "database": "a", "outcome": "succeeded" }"#;
    assert_eq!(Manifest::read("m", Some(stored), untimed).unwrap().finished, Some(stored));
    bad("{", "EOF");
    bad(r#"{ "kind": "export" }"#, "database");
    bad(r#"{ "kind": "export", "database": "a", "outcome": "succeeded", "finished": "soon" }"#, "soon");
}

#[test]
fn a_snapshot_counts_for_what_it_holds() {
    fn check(kind: &str, wanted: bool) {
        let snapshot = manifest(|m| {
            (m["kind"], m["mode"]) = (json!("snapshot"), Value::Null);
            m["artefacts"] =
                json!({ "capture": { "outcome": "succeeded" }, "apps": { "outcome": "failed" } });
        });
        assert_eq!(Wanted { kind, name: "prod", ..Wanted::default() }.is(&snapshot), wanted, "{kind}");
    }
    check("capture", true);
    check("applications", false);
    check("drill", false);
}

#[test]
fn what_is_not_whole_does_not_count() {
    let look = |manifest: &Manifest, kind: &'static str| {
        let dumps = Dumps::Seen { bucket: "dumps".into(), manifests: vec![manifest.clone()] };
        let applications = BTreeSet::from([100, 101]);
        move |f: &mut Findings| {
            let wanted =
                Wanted { kind, name: "prod", applications: applications.clone(), ..Wanted::default() };
            dumps.newest(f, "line", "record", &wanted, "do it");
        }
    };
    let capture =
        |schemas: Value| manifest(|m| (m["kind"], m["schemas"]) = (json!("capture"), schemas.clone()));
    check(look(&capture(json!([])), "capture"), Exit::Done, &["✓ line"]);
    check(
        look(&capture(json!(["SALES"])), "capture"),
        Exit::CheckFailed,
        &["not whole, it is of SALES alone"],
    );
    let applications = |ids: &[u64]| {
        let rows: Vec<Value> = ids.iter().map(|id| json!({ "application_id": id })).collect();
        let text = json!({ "kind": "applications", "database": "prod", "applications": rows }).to_string();
        Manifest::read("m", "2026-05-19T22:00:00Z".parse().ok(), text.as_bytes()).unwrap()
    };
    check(look(&applications(&[100, 101, 102]), "applications"), Exit::Done, &["✓ line"]);
    check(look(&applications(&[100]), "applications"), Exit::CheckFailed, &["it lacks the applications 101"]);
    let snapshot = manifest(|m| {
        m["kind"] = json!("snapshot");
        m["artefacts"] = json!({ "apps": { "outcome": "succeeded", "applications": [{ "application_id": 100 }, { "application_id": 101 }] } });
    });
    check(look(&snapshot, "applications"), Exit::Done, &["✓ line"]);
}

#[test]
fn the_newest_record_decides() {
    let record = json!({ "dbName": "PRODDB", "id": "ocid1.autonomousdatabase.prod.example" });
    let wanted = Wanted {
        kind: "export",
        mode: Some("full"),
        name: "prod",
        record: Some(&record),
        ..Wanted::default()
    };
    let look = |manifests: &[&Manifest]| {
        let dumps =
            Dumps::Seen { bucket: "dumps".into(), manifests: manifests.iter().copied().cloned().collect() };
        let wanted = &wanted;
        move |f: &mut Findings| dumps.newest(f, "full export", "full export", wanted, "export it")
    };
    let good = manifest(|_| {});
    let later = manifest(|m| {
        (m["finished"], m["outcome"], m["errors"]) =
            (json!("2026-05-20T01:00:00Z"), json!("errors"), json!(3));
    });
    check(look(&[&good]), Exit::Done, &["✓ full export  2026-05-19 21:10:00Z", "temp/a/manifest.json"]);
    check(look(&[&later, &good]), Exit::CheckFailed, &["\"errors\" with 3 errors", "help: export it"]);
    for other in [
        manifest(|m| m["mode"] = json!("schema")),
        manifest(|m| m["kind"] = json!("drill")),
        manifest(|m| m["database"] = json!("dev")),
        manifest(|m| m["finished"] = Value::Null),
        manifest(|m| m["ocid"] = json!("ocid1.autonomousdatabase.former.example")),
    ] {
        check(look(&[&other]), Exit::CheckFailed, &["bucket dumps records no finished full export of prod"]);
    }
    for name in ["PRODDB", "Prod"] {
        check(look(&[&manifest(|m| m["database"] = json!(name))]), Exit::Done, &["✓ full export"]);
    }
    let own = manifest(|m| m["ocid"] = json!("OCID1.AUTONOMOUSDATABASE.PROD.EXAMPLE"));
    check(look(&[&own]), Exit::Done, &["✓ full export"]);
    let unseen = Dumps::Unseen("nobody looked");
    check(
        |f| unseen.newest(f, "full export", "full export", &wanted, "export it"),
        Exit::Done,
        &["– full export  not checked: nobody looked"],
    );
}

#[test]
fn lifecycle_rules() {
    let rule = |action: &str, prefix: Option<&str>| {
        let filter = prefix.map_or(Value::Null, |prefix| json!({ "inclusionPrefixes": [prefix] }));
        json!({ "name": "r", "action": action, "timeAmount": 7, "timeUnit": "DAYS", "isEnabled": true,
                "target": "objects", "objectNameFilter": filter })
    };
    let of = |items: Vec<Value>| move |f: &mut Findings| rules(f, &items);
    let (temp, kept) = (rule("DELETE", Some("temp/")), rule("ARCHIVE", Some("permanent/")));
    check(
        of(vec![temp.clone(), kept.clone()]),
        Exit::Done,
        &[
            "✓ lifecycle rules  temp/: r (delete after 7 days)",
            "✓ lifecycle rules  permanent/: r (archive after 7 days)",
        ],
    );
    check(of(vec![temp.clone()]), Exit::Done, &["permanent/: kept as they are"]);
    check(of(vec![kept.clone()]), Exit::CheckFailed, &["no rule deletes what is under temp/"]);
    check(of(Vec::new()), Exit::CheckFailed, &["no rule deletes what is under temp/"]);
    check(
        of(vec![rule("DELETE", None)]),
        Exit::CheckFailed,
        &["✓ lifecycle rules  temp/", "what is meant to be kept goes away"],
    );
    let mut off = temp.clone();
    off["isEnabled"] = json!(false);
    check(of(vec![off, kept.clone()]), Exit::CheckFailed, &["no rule deletes"]);
    let mut versions = temp.clone();
    versions["target"] = json!("previous-object-versions");
    check(of(vec![versions, kept.clone()]), Exit::CheckFailed, &["no rule deletes"]);
    check(of(vec![rule("DELETE", Some("temp/prod/")), kept]), Exit::CheckFailed, &["no rule deletes"]);
}

#[test]
fn manifests_among_objects() {
    let object = |name: &str, hour: u32, state: Value| json!({ "name": name, "timeCreated": format!("2026-05-19T{hour:02}:00:00Z"), "archivalState": state });
    let objects = [
        object("temp/a/manifest.json", 1, Value::Null),
        object("temp/b/manifest.json", 3, Value::Null),
        object("permanent/c/manifest.json", 2, json!("Archived")),
        object("temp/b/dump_01.dmp", 4, Value::Null),
        object("temp/b/other_manifest.json", 4, Value::Null),
    ];
    let (names, archived, left) = chosen(&objects);
    let at = |hour: &str| Some(format!("2026-05-19T{hour}:00:00Z").parse().unwrap());
    assert_eq!(
        names,
        [("temp/b/manifest.json".to_owned(), at("03")), ("temp/a/manifest.json".to_owned(), at("01"))]
    );
    assert_eq!((archived, left), (1, 0));
    let many: Vec<Value> =
        (0..=MOST).map(|n| object(&format!("temp/{n}/manifest.json"), 1, Value::Null)).collect();
    assert_eq!((chosen(&many).0.len(), chosen(&many).2), (MOST, 1));
}
