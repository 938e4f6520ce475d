//! The main job on the sandbox, and what the target is afterwards.

use serde_json::json;

use crate::contract::rows;
use crate::support::{Rehearsal, json as document};

#[test]
fn the_report_says_what_was_done() {
    let rehearsal = Rehearsal::new();
    let ended =
        rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes", "--report", "json=report.json"]).expect(0);
    assert!(ended.stdout.contains("Verdict: done"), "{}", ended.stdout);
    for said in [
        "messages wait in the queue; the mail server was",
        "SMTP_HOST_ADDRESS",
        "SALES is OPEN, and its password ",
    ] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    let report = document(&rehearsal.home().join("report.json"));
    assert_eq!((report["runbook"].as_str(), report["verdict"].as_str()), (Some("refresh"), Some("done")));
    assert_eq!((report["source"].as_str(), report["target"].as_str()), (Some("prod"), Some("dev")));
    for step in report["steps"].as_array().unwrap() {
        for field in ["id", "title", "status", "started", "finished", "attempts", "outputs", "error"] {
            assert!(step.get(field).is_some(), "{field} of {step}");
        }
    }
    // The application's schemes are set, from its export, which is kept; nothing else in it is another.
    let schemes = "select authorization_scheme_name as scheme, scheme_type_code || ' ' || attribute_01 as role, error_message \
                   from apex_application_authorization where application_id = 100 order by 1";
    let row = |scheme: &str, role: &str| json!({ "scheme": scheme, "role": format!("NATIVE_IS_IN_GROUP {role}"), "error_message": "Insufficient privileges" });
    assert_eq!(
        rows(&rehearsal, "dev", schemes),
        [row("Administration Rights", "Administrator"), row("Contribution Rights", "Contributor")]
    );
    let pages = "select page_id, page_name, page_alias from apex_application_pages where application_id = 100 order by 1";
    assert_eq!(rows(&rehearsal, "dev", pages), rows(&rehearsal, "prod", pages));
    let kept = report["steps"].as_array().unwrap().iter().find(|step| step["id"] == "keep_sources").unwrap();
    let original = std::fs::read_to_string(kept["outputs"]["files"][0].as_str().unwrap()).unwrap();
    assert!(
        original.contains("NATIVE_FUNCTION_BODY") && original.contains("p_populate_roles=>'A'"),
        "{original}"
    );
    // What came with the copy and no step takes away is left to a person.
    let known = ["host_aces_copied", "links_kept", "links_copied", "builder_users"];
    for check in report["checks"].as_array().unwrap() {
        let id = check["id"].as_str().unwrap();
        let wanted = if known.contains(&id) { "manual" } else { "passed" };
        // Whether a copied job had time to run before it was switched off is chance.
        assert!(check["status"] == wanted || id == "copied_jobs_ran", "{check}");
        assert!(check.get("expected").is_some() && check.get("found").is_some());
    }
}

/// Two refreshes in a row: the second means the database that the first one made.
#[test]
fn the_target_stays_the_target() {
    let rehearsal = Rehearsal::new();
    let first = rehearsal.show("dev");
    for _ in 0..2 {
        let before = rehearsal.show("dev");
        rehearsal.on_sandbox(&["refresh", "prod", "dev", "--yes"]).expect(0);
        let after = rehearsal.show("dev");
        assert_ne!(before["id"], after["id"], "the clone is the target now");
        for kept in [
            "dbName",
            "displayName",
            "privateEndpointIp",
            "privateEndpointLabel",
            "subnetId",
            "nsgIds",
            "compartmentId",
        ] {
            assert_eq!(first[kept], after[kept], "{kept}");
        }
        assert_eq!(after["freeformTags"]["adbctl-name"], "dev");
        assert_eq!(after["sourceId"], rehearsal.show("prod")["id"]);
    }
}

#[test]
fn production_is_never_a_target() {
    let rehearsal = Rehearsal::new();
    let ended = rehearsal.on_sandbox(&["refresh", "dev", "prod", "--yes"]).expect(4);
    assert!(
        ended.stderr.contains("prod is a production database, and is never a target"),
        "{}",
        ended.stderr
    );
    let ended = rehearsal.on_sandbox(&["refresh", "dev", "dev", "--yes"]).expect(4);
    assert!(ended.stderr.contains("cannot be refreshed from itself"), "{}", ended.stderr);
    assert!(rehearsal.audit().iter().all(|line| line["effect"] == "read"));
}

#[test]
fn nobody_there_to_confirm_is_a_refusal() {
    let rehearsal = Rehearsal::new();
    let ended = rehearsal.on_sandbox(&["refresh", "prod", "dev"]).expect(4);
    assert!(ended.stderr.contains("--yes"), "{}", ended.stderr);
    assert!(rehearsal.audit().iter().all(|line| line["effect"] == "read"));
}

/// The runbook in docs/runbooks.md, as whoever copies it runs it.
#[test]
fn the_example_of_the_documents_runs() {
    let rehearsal = Rehearsal::new();
    let page = include_str!("../../docs/runbooks.md");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let file = rehearsal.home().join("testers.toml");
    std::fs::write(&file, example).unwrap();
    let file = file.to_str().unwrap();
    rehearsal.description();
    let password = rehearsal.sandbox().join("example/robot_password");
    let testers = format!(
        "testers=[{{ username = \"NEWCOMER\", password = {{ file = \"{}\" }} }}]",
        password.to_str().unwrap()
    );
    rehearsal.on_sandbox(&["runbook", "check", file]).expect(0);
    let words = ["run", file, "dev", "--yes", "--set", &testers, "--set", "notify=the team"];
    let ended = rehearsal.on_sandbox(&words).expect(0);
    for words in
        ["✓ NEWCOMER can log on", "✓ Nobody else was added", "Tell the team", "1 manual step is open"]
    {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
    let nobody = rehearsal.on_sandbox(&["run", file, "dev", "--yes", "--set", "testers=[]"]).expect(3);
    assert!(nobody.stderr.contains("nobody is named"), "{}", nobody.stderr);
}
