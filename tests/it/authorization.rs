//! Authorization schemes and the source of role schemes, set by changing the export: on one database, without a run.

use std::sync::Arc;

use adbctl::sandbox::oracle::{BindMode, BindValue, Database, Session, Type, Value};
use serde_json::{Value as Json, json};

use crate::hands::{Still, try_sql};
use crate::support::{Rehearsal, json as document};

const TEXT: Type = Type::Varchar { length: Some(32_767), chars: false };

fn bind(name: &str, of: Type, mode: BindMode, value: Value) -> BindValue {
    BindValue { name: Some(name.to_owned()), of, mode, value }
}

/// Runs the block as it is shipped, and gives what it changed and what it left alone.
fn patch(session: &mut Session, applications: &Json) -> (Json, Json) {
    let text = include_str!("../../sql/apex/patch_applications.sql");
    let mut binds = [
        bind("applications", Type::Clob, BindMode::In, Value::text(applications.to_string())),
        bind("patched", Type::Clob, BindMode::Out, Value::Null),
        bind("left_alone", Type::Clob, BindMode::Out, Value::Null),
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

/// The sample development database, served by nobody.
fn sample() -> (Rehearsal, Database) {
    let rehearsal = Rehearsal::bare();
    let samples = rehearsal.sandbox().join("engine/samples");
    let is_dev = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("dev-");
    let file = std::fs::read_dir(samples).unwrap().map(|entry| entry.unwrap().path()).find(is_dev).unwrap();
    let database = Database::open(&file, Arc::new(Still)).unwrap();
    (rehearsal, database)
}

/// Reads a piece of the export of application 100 by the block as it is shipped: the piece, how long the whole is, and its digest.
fn piece(session: &mut Session, skipped: usize, at_most: usize) -> (String, usize, String) {
    let text = include_str!("../../sql/apex/application_sources.sql");
    let applications = json!([{ "workspace": "sales_ws", "id": 100 }]).to_string();
    let number = |of: usize| Value::count(of);
    let mut binds = vec![
        bind("applications", Type::Clob, BindMode::In, Value::text(applications)),
        bind("text_number", Type::Number(None, None), BindMode::In, number(1)),
        bind("skipped", Type::Number(None, None), BindMode::In, number(skipped)),
        bind("at_most", Type::Number(None, None), BindMode::In, number(at_most)),
        bind("name", TEXT, BindMode::Out, Value::Null),
        bind("piece", Type::Clob, BindMode::Out, Value::Null),
        bind("total", Type::Number(None, None), BindMode::Out, Value::Null),
        bind("digest", TEXT, BindMode::Out, Value::Null),
        bind("more", Type::Number(None, None), BindMode::Out, Value::Null),
    ];
    session.execute(text, &mut binds).unwrap_or_else(|error| panic!("{skipped}: {}", error.text));
    let of = |at: usize| binds[at].value.display();
    assert_eq!((of(4).as_str(), of(8).as_str()), ("f100.sql", "0"));
    (binds[5].value.as_str().unwrap_or_default().to_owned(), of(6).parse().unwrap(), of(7))
}

#[test]
fn exports_are_changed_where_they_are_understood() {
    let (_rehearsal, database) = sample();
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
    // Nor does it matter how long the export is; it is read in pieces, to be kept.
    session.execute(LONG, &mut []).unwrap();
    session.commit().unwrap();
    let before = the_rest(&mut session);
    let (first, total, digest) = piece(&mut session, 0, 3_000_000);
    let (second, ..) = piece(&mut session, 3_000_000, 3_000_000);
    assert!(total > 4 << 20 && first.chars().count() == 3_000_000, "{total}");
    assert_eq!(first.chars().count() + second.chars().count(), total);
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, (first + &second).as_bytes());
    let sum = sum.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    assert_eq!(sum, digest);
    let (patched, left) = patch(&mut session, &asked("R", json!([])));
    assert_eq!((patched[0]["to"].as_str(), left), (Some("R"), json!([])));
    assert_eq!((schemes(&mut session), the_rest(&mut session)), (now.clone(), before));
    // A name over two lines is written in a form that is not read.
    let strange = "update apex_240200.authorization$ set name = 'Two' || chr(10) || 'lines' where name = 'Contribution Rights'";
    builder.execute(strange, &mut []).unwrap();
    builder.commit().unwrap();
    let wish = json!([{ "name": "Administration Rights", "role": "Reader" }]);
    let (patched, left) = patch(&mut session, &asked("", wish));
    assert_eq!(patched, json!([]));
    assert!(left[0]["reason"].as_str().unwrap().contains("is no plain text"), "{left}");
}

/// Two files of 1 MiB each stand in an export with five million letters.
const LONG: &str = "declare
  one raw(16384) := utl_raw.cast_to_raw(rpad('.', 16384, 'body 0123456789; '));
  content blob;
begin
  apex_util.set_workspace('SALES_WS');
  dbms_lob.createtemporary(content, true);
  for i in 1 .. 64 loop
    dbms_lob.writeappend(content, 16384, one);
  end loop;
  wwv_flow.g_flow_id := 100;
  for i in 1 .. 2 loop
    wwv_flow_imp_shared.create_app_static_file(p_id => 9700000 + i, p_file_name => 'big/part' || i || '.css', p_mime_type => 'text/css', p_file_content => content);
  end loop;
end;";

/// Runs the block that makes a workspace's administrator, as it is shipped.
fn make_administrator(session: &mut Session, name: &str) -> Result<String, String> {
    let text = include_str!("../../sql/apex/make_administrator.sql");
    let given = [
        ("workspace", "SALES_WS"),
        ("user_name", name),
        ("email", "new@example.com"),
        ("schema_name", "SALES"),
        ("password", "Some#Secret2026"),
    ];
    let mut binds: Vec<BindValue> =
        given.iter().map(|(name, value)| bind(name, TEXT, BindMode::In, Value::text(*value))).collect();
    binds.push(bind("outcome", TEXT, BindMode::Out, Value::Null));
    session.execute(text, &mut binds).map_err(|error| error.text)?;
    Ok(binds[5].value.display())
}

/// Packages of releases that nobody has seen: `CREATE_USER` takes less there, or more.
#[test]
fn an_administrator_is_made_where_the_call_takes_other_parameters() {
    let (_rehearsal, database) = sample();
    let mut owner = database.session_as("SYS").unwrap();
    let mut session = database.session_as("ADMIN").unwrap();
    let mut release = |parameters: &str| {
        for part in [
            format!(
                "create or replace package apex_240200.htmldb_util as procedure set_workspace(p_workspace in varchar2); \
                 procedure create_user({parameters}); end;"
            ),
            format!(
                "create or replace package body apex_240200.htmldb_util as \
                 procedure set_workspace(p_workspace in varchar2) is begin null; end; \
                 procedure create_user({parameters}) is begin \
                 insert into user$ (workspace_id, user_name, developer_privs) select workspace_id, p_user_name, p_developer_privs \
                 from workspace$ where workspace = 'SALES_WS'; end; end;"
            ),
        ] {
            owner.execute(&part, &mut []).unwrap_or_else(|error| panic!("{part}: {}", error.text));
        }
        owner.commit().unwrap();
    };
    let less =
        "p_user_name in varchar2, p_web_password in varchar2, p_developer_privs in varchar2 default null";
    release(less);
    assert_eq!(make_administrator(&mut session, "NEWLY"), Ok("made".to_owned()));
    let query = "select user_name, is_admin from apex_workspace_apex_users where user_name = 'NEWLY'";
    assert_eq!(rows(&mut session, query), [["NEWLY", "Yes"]]);
    assert_eq!(make_administrator(&mut session, "NEWLY"), Ok("kept".to_owned()));
    release(&format!("{less}, p_tenant in varchar2"));
    let told = make_administrator(&mut session, "ANOTHER").unwrap_err();
    for part in [
        "APEX_UTIL.CREATE_USER of APEX 24.2.0 does not take the call (PLS-00306)",
        "it was tried with p_user_name => l_user, p_web_password => l_password, p_developer_privs => ",
        "it takes p_user_name, p_web_password, p_developer_privs, p_tenant",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("Some#Secret2026") && !told.contains("p_email_address"), "{told}");
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
    // A run says which call it was, and how it was tried.
    let file = rehearsal.home().join("later.toml");
    std::fs::write(&file, LATER).unwrap();
    let told = rehearsal.on_sandbox(&["run", file.to_str().unwrap(), "dev", "--yes"]).expect(5).stdout;
    let told = crate::orders::flat(&told);
    for part in [
        "PLS-00306: wrong number or types of arguments in call to 'GET_APPLICATION'",
        "tried: apex_export.get_application with p_application_id, p_with_audit_info",
        "compare with ALL_ARGUMENTS",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // Nor is an application cloned into an older release.
    let words =
        ["clone-app", "prod", "dev", "--app", "100", "--schema", "sales:sales_two", "--id", "new", "--yes"];
    let told = rehearsal.on_sandbox(&words).expect(5).stdout;
    assert!(
        crate::orders::flat(&told)
            .contains("made by a newer APEX (2024.11.30) than this database has (2023.04.28)"),
        "{told}"
    );
    let query = "select count(*) as n from dba_users where username = 'SALES_TWO'";
    assert_eq!(crate::contract::rows(&rehearsal, "dev", query), [json!({ "n": 0 })]);
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

/// A call as 24.2 has it.
const LATER: &str = r#"
format = 1
title = "Export with the names of those who changed something"
doc = "For 24.2."

[database.target]
doc = "the database"
access = "write"

[[step]]
id = "export"
title = "Export"
[step.run.plsql]
on = "target"
text = """
declare
  f apex_t_export_files;
begin
  apex_util.set_workspace('SALES_WS');
  f := apex_export.get_application(p_application_id => 100, p_with_audit_info => 'DATES_ONLY');
end;
"""
"#;

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
