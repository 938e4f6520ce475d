//! Authorization schemes and the source of role schemes, set by changing the export: on one database, without a run.

use std::sync::Arc;

use adbctl::sandbox::oracle::{BindMode, BindValue, Database, Session, Type, Value};
use serde_json::{Value as Json, json};

use crate::hands::{Still, try_sql};
use crate::support::{Rehearsal, json as document};

/// Runs the block as it is shipped, and gives what it changed and what it left alone.
fn patch(session: &mut Session, applications: &Json) -> (Json, Json) {
    let text = include_str!("../../sql/apex/patch_applications.sql");
    let bind = |name: &str, mode: BindMode, value: Value| BindValue {
        name: Some(name.to_owned()),
        of: Type::Clob,
        mode,
        value,
    };
    let mut binds = [
        bind("applications", BindMode::In, Value::text(applications.to_string())),
        bind("patched", BindMode::Out, Value::Null),
        bind("left_alone", BindMode::Out, Value::Null),
    ];
    session.execute(text, &mut binds).unwrap_or_else(|error| panic!("{applications}: {}", error.text));
    let told = |at: usize| serde_json::from_str(binds[at].value.as_str().unwrap()).unwrap();
    (told(1), told(2))
}

fn rows(session: &mut Session, query: &str) -> Vec<Vec<String>> {
    let found = session.execute(query, &mut []).unwrap_or_else(|error| panic!("{query}: {}", error.text));
    found.rows.unwrap().rows.iter().map(|row| row.iter().map(Value::display).collect()).collect()
}

/// What of the application has to stay as it is.
const THE_REST: &[&str] = &[
    "select application_name, alias, owner, version, authentication_scheme, pages from apex_applications where application_id = 100",
    "select page_id, region_name, region_source from apex_application_page_regions where application_id = 100 order by 1, 2",
    "select file_name, rawtohex(dbms_lob.substr(file_content, 2000, 1)) from apex_application_static_files where application_id = 100 order by 1",
    "select user_name, role_static_id from apex_appl_acl_user_roles where application_id = 100 order by 1, 2",
    "select script_name, sql_script from apex_application_supp_obj_scr where application_id = 100",
    "select authorization_scheme_name, error_message, caching from apex_application_authorization where application_id = 100 order by 1",
];

fn the_rest(session: &mut Session) -> Vec<Vec<Vec<String>>> {
    THE_REST.iter().map(|query| rows(session, query)).collect()
}

fn schemes(session: &mut Session) -> Vec<Vec<String>> {
    rows(
        session,
        "select authorization_scheme_name, scheme_type_code, attribute_01, attribute_02 \
         from apex_application_authorization where application_id = 100 order by authorization_scheme_name",
    )
}

#[test]
fn exports_are_changed_where_they_are_understood() {
    let rehearsal = Rehearsal::bare();
    let samples = rehearsal.sandbox().join("engine/samples");
    let is_dev = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("dev-");
    let file = std::fs::read_dir(samples).unwrap().map(|entry| entry.unwrap().path()).find(is_dev).unwrap();
    let database = Database::open(&file, Arc::new(Still)).unwrap();
    let mut builder = database.session_as("SYS").unwrap();
    let hard = "insert into apex_240200.authorization$ (application_id, name, scheme_type_code, scheme_type, error_message, caching, attribute_01, attribute_02) \
                values (100, 'Prüfer''s', 'NATIVE_EXISTS', 'Exists SQL Query', 'No, (not) you; ''sorry'' -- really', 'Once per session', \
                'select ''),p_name=>Other'' from dual' || chr(10) || 'where 1 = 1 -- );', 'x')";
    builder.execute(hard, &mut []).unwrap();
    builder.commit().unwrap();
    let mut session = database.session_as("ADMIN").unwrap();
    let before = the_rest(&mut session);
    let others: Vec<_> = schemes(&mut session);
    let asked = |role_source: &str, schemes: Json| {
        let mut one = json!({ "workspace": "sales_ws", "id": 100, "authorization_schemes": schemes });
        if !role_source.is_empty() {
            one["role_source"] = json!(role_source);
        }
        json!([one])
    };
    // Two of three, by name and by static ID; the third stays, and all the rest does.
    let wish = json!([{ "name": "Prüfer's", "role": "Reader" }, { "name": "Administration Rights", "role": "administrator" }]);
    let (patched, left) = patch(&mut session, &asked("R", wish.clone()));
    assert_eq!(left, json!([]));
    assert_eq!(patched.as_array().unwrap().len(), 3, "{patched}");
    assert_eq!(patched[2], json!({ "application_id": 100, "scheme": null, "from": "A", "to": "R" }));
    let now = schemes(&mut session);
    let role = |name: &str, role: &str| [name, "NATIVE_IS_IN_GROUP", role, "A"].map(str::to_owned).to_vec();
    let third = others.iter().find(|row| row[0] == "Contribution Rights").unwrap();
    assert_eq!(
        now,
        [role("Administration Rights", "Administrator"), third.clone(), role("Prüfer's", "Reader")]
    );
    assert_eq!(the_rest(&mut session), before);
    // What is so already is left; the source is put where none is written.
    assert_eq!(patch(&mut session, &asked("R", wish)), (json!([]), json!([])));
    let (patched, left) = patch(&mut session, &asked("C", json!([])));
    assert_eq!(
        (patched[0]["from"].as_str(), patched[0]["to"].as_str(), left),
        (Some("R"), Some("C"), json!([]))
    );
    assert_eq!((schemes(&mut session), the_rest(&mut session)), (now.clone(), before.clone()));
    // What cannot be is left alone, with the reason.
    let mut refuse = |applications: Json, wanted: &str| {
        let (patched, left) = patch(&mut session, &applications);
        assert_eq!(patched, json!([]), "{applications}");
        assert!(left[0]["reason"].as_str().is_some_and(|why| why.contains(wanted)), "{applications}: {left}");
        assert_eq!((schemes(&mut session), the_rest(&mut session)), (now.clone(), before.clone()));
    };
    refuse(asked("", json!(["Contribution Rights"])), "it has no role Contribution Rights");
    refuse(asked("", json!([{ "name": "None", "role": "Reader" }])), "it has no authorization scheme None");
    refuse(asked("X", json!([])), "the source of role schemes is R, A or C, and not X");
    refuse(
        json!([{ "workspace": "sales_ws", "id": 999, "authorization_schemes": ["Reader"] }]),
        "the workspace SALES_WS has no such application",
    );
    // A name over two lines is written in a form that is not read.
    let strange = "update apex_240200.authorization$ set name = 'Two' || chr(10) || 'lines' where name = 'Contribution Rights'";
    builder.execute(strange, &mut []).unwrap();
    builder.commit().unwrap();
    let wish = json!([{ "name": "Administration Rights", "role": "Reader" }]);
    let (patched, left) = patch(&mut session, &asked("", wish));
    assert_eq!(patched, json!([]));
    assert!(left[0]["reason"].as_str().unwrap().contains("is no plain text"), "{left}");
}

/// APEX 23.1 has other signatures, and its exports go into a 24.2 but not the other way.
#[test]
fn both_releases_of_apex() {
    let mut rehearsal = Rehearsal::bare();
    rehearsal.serve_with("0", &["--apex", "dev=23.1"]);
    let release = |name: &str| {
        let query = "select version_no, api_compatibility from apex_release";
        crate::contract::rows(&rehearsal, name, query)[0]["version_no"].clone()
    };
    assert_eq!([release("prod"), release("dev")], ["24.2.0", "23.1.0"]);
    assert_eq!(rehearsal.show("dev")["apexDetails"]["apexVersion"], "23.1.0");
    for name in ["prod", "dev"] {
        rehearsal.on_sandbox(&["setup", name, "--yes"]).expect(0);
    }
    let export = |name: &str| {
        let words = ["app", "export", name, "--app", "100", "--label", "one", "--yes"];
        rehearsal.on_sandbox(&words).expect(0);
        format!("temp/{name}/apex/100/snapshots/one/")
    };
    let newer = export("prod");
    let refused =
        rehearsal.on_sandbox(&["app", "import", "dev", "--export", &newer, "--id", "new", "--yes"]).expect(5);
    assert!(refused.stdout.contains("made by a newer APEX (2024.11.30)"), "{}", refused.stdout);
    let older = export("dev");
    let roles = r#"authorization_schemes=[{ application_id = 100, authorization_schemes = [{ name = "Contribution Rights", role = "Reader" }] }]"#;
    let import = |how: &str, roles: &str, code: i32| {
        let words = ["app", "import", "dev", "--export", &older, "--id", how, "--set", roles, "--yes"];
        rehearsal.on_sandbox(&words).expect(code).stdout
    };
    import("new", roles, 0);
    let query = "select attribute_01 as role from apex_application_authorization \
                 where application_id = 101 and authorization_scheme_name = 'Contribution Rights'";
    assert_eq!(crate::contract::rows(&rehearsal, "dev", query), [json!({ "role": "Reader" })]);
    let told = import("102", &roles.replace("Reader", "Nobody"), 6);
    assert!(told.contains("it has no role Nobody"), "{told}");
    // What the other release has is not there: the call does not compile.
    let call = "begin apex_util.set_workspace('SALES_WS'); apex_application_admin.set_application_status(100, 'UNAVAILABLE'); end;
/";
    let answer = try_sql(&rehearsal, "dev", call);
    assert!(answer.to_string().contains("PLS-00201"), "{answer}");
    let call = "declare f apex_t_export_files; begin f := apex_export.get_application(p_application_id => 100, p_with_audit_info => 'DATES_ONLY'); end;
/";
    let answer = try_sql(&rehearsal, "dev", call);
    assert!(answer.to_string().contains("PLS-00306"), "{answer}");
    // Its applications are set up as those of 24.2 are.
    let file = rehearsal.home().join("scheme.toml");
    std::fs::write(&file, SCHEME).unwrap();
    let ended = rehearsal
        .on_sandbox(&["run", file.to_str().unwrap(), "dev", "--yes", "--report", "json=report.json"])
        .expect(0);
    assert!(ended.stderr.contains("this APEX has no such call (PLS-00201"), "{}", ended.stderr);
    let steps = document(&rehearsal.home().join("report.json"))["steps"].clone();
    let binds =
        &steps.as_array().unwrap().iter().find(|step| step["id"] == "roles").unwrap()["outputs"]["binds"];
    assert_eq!(binds["left_alone"], "[]", "{binds}");
    let query = "select scheme_type_code as type, attribute_01 as role from apex_application_authorization \
                 where application_id = 100 and authorization_scheme_name = 'Administration Rights'";
    assert_eq!(
        crate::contract::rows(&rehearsal, "dev", query),
        [json!({ "type": "NATIVE_IS_IN_GROUP", "role": "Administrator" })]
    );
    let query = "select authentication_scheme from apex_applications where application_id = 100";
    let current = crate::contract::rows(&rehearsal, "dev", query);
    assert_eq!(current, [json!({ "authentication_scheme": "Company Single Sign-On" })]);
}

const SCHEME: &str = r#"
format = 1
title = "Set an application's schemes"
doc = "For both releases."

[database.target]
doc = "the database"
access = "write"

[[step]]
id = "scheme"
title = "Make a scheme the current one"
run.plsql = { on = "target", template = "apex/authentication_scheme", args = { workspace = "SALES_WS", application_id = 100, scheme = "Company Single Sign-On" } }

[[step]]
id = "roles"
title = "Set a scheme to a role"
needs = ["scheme"]
[step.run.plsql]
on = "target"
template = "apex/patch_applications"
args = { applications = [{ workspace = "SALES_WS", id = 100, role_source = "R", authorization_schemes = [{ name = "Administration Rights", role = "Administrator" }] }] }
"#;
