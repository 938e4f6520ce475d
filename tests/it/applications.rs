//! APEX applications: exported, imported under the same or other numbers, and what stands against it.

use serde_json::{Value, json as value};

use crate::contract::rows;
use crate::hands::page;
use crate::orders::flat;
use crate::support::{Ended, Rehearsal, json};

/// Where the labelled export of application 100 lies.
const ONE: &str = "temp/prod/apex/100/snapshots/one/";
/// Where that of the workspace does.
const SPACE: &str = "temp/prod/apex/sales_ws/snapshots/one/";

fn said(ended: &Ended) -> String {
    flat(&format!("{} {}", ended.stdout, ended.stderr))
}

fn import(rehearsal: &Rehearsal, more: &[&str], code: i32) -> String {
    said(&rehearsal.on_sandbox(&[&["app", "import", "dev", "--yes"], more].concat()).expect(code))
}

/// What two copies of an application are compared by, `{id}` being its number.
const PROOFS: &[&str] = &[
    "select application_name, owner, version, build_status, authentication_scheme, pages from apex_applications where application_id = {id}",
    "select authentication_scheme_name, scheme_type_code, is_current_authentication from apex_application_auth where application_id = {id} order by 1",
    "select authorization_scheme_name, scheme_type_code, attribute_01, attribute_02, caching from apex_application_authorization where application_id = {id} order by 1",
    "select role_name, role_static_id from apex_appl_acl_roles where application_id = {id} order by 1",
    "select page_id, page_name, page_alias, page_mode from apex_application_pages where application_id = {id} order by 1",
    "select page_id, region_name, source_type_code, region_source from apex_application_page_regions where application_id = {id} order by 1",
    "select page_id, item_name, label from apex_application_page_items where application_id = {id} order by 2",
    "select page_id, process_name, process_source from apex_application_page_proc where application_id = {id}",
    "select file_name, mime_type, rawtohex(dbms_lob.substr(file_content, 2000, 1)) as bytes from apex_application_static_files where application_id = {id} order by 1",
    "select script_name, sql_script from apex_application_supp_obj_scr where application_id = {id}",
];

pub(crate) fn proofs(rehearsal: &Rehearsal, database: &str, id: u32) -> Vec<Vec<Value>> {
    PROOFS.iter().map(|proof| rows(rehearsal, database, &proof.replace("{id}", &id.to_string()))).collect()
}

/// Who has which role in an application.
fn holders(rehearsal: &Rehearsal, id: u32) -> Vec<Value> {
    let query = "select user_name, role_static_id from apex_appl_acl_user_roles where application_id = {id} order by 1";
    rows(rehearsal, "dev", &query.replace("{id}", &id.to_string()))
}

#[test]
fn applications_go_from_one_database_to_another() {
    let rehearsal = Rehearsal::new();
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    let wanted = proofs(&rehearsal, "prod", 100);
    let old = proofs(&rehearsal, "dev", 100);
    let people = holders(&rehearsal, 100);
    assert!(wanted.iter().all(|rows| !rows.is_empty()) && !people.is_empty() && wanted != old);
    let told = said(
        &rehearsal
            .on_sandbox(&["app", "export", "prod", "--app", "100", "--label", "one", "--yes"])
            .expect(0),
    );
    assert!(told.contains(&format!("app import DATABASE --export {ONE}")), "{told}");
    // The number is taken, and nothing happens to what has it.
    let refused = import(&rehearsal, &["--export", ONE], 5);
    assert!(
        refused.contains("application 100: the number 100 is taken in the workspace SALES_WS"),
        "{refused}"
    );
    assert_eq!(proofs(&rehearsal, "dev", 100), old);
    // A free number; the alias gives way, supporting objects stay uninstalled.
    import(&rehearsal, &["--export", ONE, "--id", "new"], 0);
    assert_eq!(proofs(&rehearsal, "dev", 101), wanted);
    let query = "select alias, (select count(*) from dba_tables where table_name = 'DESK_NOTES') as tables from apex_applications where application_id = 101";
    assert_eq!(rows(&rehearsal, "dev", query), [value!({ "alias": "SALES-DESK-101", "tables": 0 })]);
    // What is there answers a visitor, under its number and its name; what is not does not.
    let visit = |path: &str| page(&rehearsal, "dev", path).0;
    assert_eq!(
        ["f?p=101", "f?p=100:1", "r/sales_ws/sales-desk-101", "apex", "apex_admin"].map(visit),
        [200; 5]
    );
    assert_eq!(["f?p=102", "r/sales_ws/desk", "r/other_ws/sales-desk"].map(visit), [404; 3]);
    run_sql(
        &rehearsal,
        "begin apex_util.set_workspace('SALES_WS'); apex_application_admin.set_application_status(101, 'UNAVAILABLE', p_message => 'Back at noon'); commit; end;",
    );
    assert!(page(&rehearsal, "dev", "f?p=101").1.contains("Back at noon"));
    // Over the old one, unless somebody is at work in it; it is exported first, and its people keep their roles.
    let detail = value!({ "user": "ords_public_user", "module": "SALES/APEX:APP 100:3", "tables": [], "active": true });
    let action = value!({ "engine": { "name": "hold-locks", "detail": detail } });
    rehearsal.fault(&value!({ "count": 1, "path": "*sql*", "action": action }));
    let refused = import(&rehearsal, &["--export", ONE, "--overwrite"], 5);
    assert!(refused.contains("what would be replaced is in use: ORDS_PUBLIC_USER (session"), "{refused}");
    assert_eq!(proofs(&rehearsal, "dev", 100), old);
    run_sql(
        &rehearsal,
        "begin for s in (select s.sid, s.serial# as n from v$session s where s.module like '%APEX:APP 100:3') loop \
         execute immediate 'alter system kill session ''' || s.sid || ',' || s.n || ''''; end loop; end;",
    );
    import(&rehearsal, &["--export", ONE, "--overwrite"], 0);
    assert_eq!(proofs(&rehearsal, "dev", 100), wanted);
    assert_eq!(holders(&rehearsal, 100), people);
    let listed = rehearsal.on_sandbox(&["object", "list", "temp/dev/apex/replaced/"]).expect(0).stdout;
    let kept: Vec<&str> = listed.split_whitespace().filter(|w| w.starts_with("temp/")).collect();
    assert!(kept.len() == 1 && kept[0].ends_with("/f100.sql"), "{listed}");
    // A number of one's own, an alias, and the scripts.
    import(&rehearsal, &["--export", ONE, "--id", "4242", "--alias", "desk"], 5);
    import(&rehearsal, &["--export", ONE, "--id", "777", "--alias", "desk", "--supporting-objects"], 0);
    assert_eq!(proofs(&rehearsal, "dev", 777), wanted);
    assert_eq!(
        rows(&rehearsal, "dev", "select note from sales.desk_notes"),
        [value!({ "note": "It's new" })]
    );
    // The whole workspace in the split form, with its files.
    let words = ["app", "export", "prod", "--workspace", "sales_ws", "--split", "--label", "one", "--yes"];
    rehearsal.on_sandbox(&words).expect(0);
    run_sql(
        &rehearsal,
        "begin apex_util.set_workspace('SALES_WS'); wwv_flow_imp_shared.create_workspace_static_file(p_file_name => 'brand/logo.svg', p_mime_type => 'x', p_file_content => hextoraw('00')); commit; end;",
    );
    import(&rehearsal, &["--export", SPACE, "--overwrite", "--workspace-files"], 0);
    assert_eq!(proofs(&rehearsal, "dev", 100), wanted);
    let files = "select file_name, mime_type, rawtohex(dbms_lob.substr(file_content, 100, 1)) as bytes from apex_workspace_static_files";
    assert_eq!(rows(&rehearsal, "dev", files), rows(&rehearsal, "prod", files));
    // Static files of the same length that are not those that were written.
    let listed = rehearsal.on_sandbox(&["object", "list", SPACE]).expect(0).stdout;
    let at = listed.find("workspace-files-").unwrap();
    let full = format!("{SPACE}{}", listed[at..].split_whitespace().next().unwrap());
    let file = rehearsal.home().join("files.sql");
    rehearsal.on_sandbox(&["object", "get", &full, file.to_str().unwrap()]).expect(0);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("logo", "goal")).unwrap();
    rehearsal.on_sandbox(&["object", "put", file.to_str().unwrap(), &full, "--force", "--yes"]).expect(0);
    let told = import(&rehearsal, &["--export", SPACE, "--overwrite", "--workspace-files"], 6);
    assert!(told.contains("are not those that were written"), "{told}");
}

/// Runs a statement in the development database as its administrator.
fn run_sql(rehearsal: &Rehearsal, statement: &str) {
    let answer = crate::hands::sql(rehearsal, "dev", &format!("{statement}\n/"));
    assert!(!answer.to_string().contains("errorCode"), "{answer}");
}

#[test]
fn what_stands_against_an_import_is_named_before_anything_changes() {
    let rehearsal = Rehearsal::new();
    rehearsal.on_sandbox(&["setup", "prod", "--yes"]).expect(0);
    rehearsal.on_sandbox(&["setup", "dev", "--yes"]).expect(0);
    let export = |more: &[&str], code: i32| {
        said(
            &rehearsal
                .on_sandbox(&[&["app", "export", "prod", "--yes", "--label", "one"], more].concat())
                .expect(code),
        )
    };
    assert!(export(&["--app", "100,999"], 5).contains("application 999"));
    assert!(export(&["--workspace", "none"], 5).contains("workspace NONE"));
    assert!(export(&["--app", "abc"], 2).contains("is no application's number"));
    export(&["--app", "100"], 0);
    assert!(export(&["--app", "100"], 5).contains("objects already"));
    run_sql(
        &rehearsal,
        "begin apex_instance_admin.add_workspace(p_workspace => 'OTHER_WS', p_primary_schema => 'SALES_REPORT'); commit; end;",
    );
    let before =
        rows(&rehearsal, "dev", "select application_id, workspace, last_updated_on from apex_applications");
    for (more, code, wanted) in [
        (&["--export", "temp/none/"][..], 5, "there is no export of applications under temp/none/"),
        (&["--export", ONE, "--app", "7"], 5, "the export holds 100, and not 7"),
        (&["--export", ONE, "--workspace", "nowhere"], 5, "there is no workspace NOWHERE"),
        (&["--export", ONE, "--schema", "nobody"], 5, "there is no schema NOBODY"),
        (
            &["--export", ONE, "--schema", "sales_report"],
            5,
            "the workspace SALES_WS may not use the schema SALES_REPORT",
        ),
        (
            &["--export", ONE, "--workspace", "other_ws"],
            5,
            "the number 100 is taken by an application of the workspace SALES_WS",
        ),
        (&["--export", ONE, "--id", "3500"], 5, "3500 is among the numbers that APEX keeps for itself"),
        (&["--export", ONE, "--id", "101", "--alias", "sales-desk"], 5, "the alias sales-desk is taken"),
        (&["--export", ONE, "--id", "soon"], 2, "is no application's number"),
    ] {
        let text = import(&rehearsal, more, code);
        assert!(text.contains(wanted), "{more:?}: {text}");
    }
    // A file that was cut, one that was changed, and one of a newer APEX.
    let file = rehearsal.home().join("f100.sql");
    let name = format!("{ONE}f100.sql");
    rehearsal.on_sandbox(&["object", "get", &name, file.to_str().unwrap()]).expect(0);
    let whole = std::fs::read_to_string(&file).unwrap();
    let put = |text: &str, name: &str| {
        std::fs::write(&file, text).unwrap();
        rehearsal.on_sandbox(&["object", "put", file.to_str().unwrap(), name, "--force", "--yes"]).expect(0);
    };
    let changed = whole.replace("Customers", "Strangers");
    for (text, wanted) in
        [(&whole[..whole.len() - 700], "it was cut or changed"), (changed.as_str(), "it was changed")]
    {
        put(text, &name);
        let told = import(&rehearsal, &["--export", ONE, "--id", "new"], 5);
        assert!(told.contains(wanted), "{told}");
    }
    put(&whole, &name);
    let kept = rehearsal.home().join("manifest.json");
    let name = format!("{ONE}manifest.json");
    rehearsal.on_sandbox(&["object", "get", &name, kept.to_str().unwrap()]).expect(0);
    let mut manifest = json(&kept);
    manifest["apex"]["api_compatibility"] = value!("2025.05.15");
    put(&manifest.to_string(), &name);
    let told = import(&rehearsal, &["--export", ONE, "--id", "new"], 5);
    assert!(told.contains("made by a newer APEX (2025.05.15)"), "{told}");
    assert_eq!(
        rows(&rehearsal, "dev", "select application_id, workspace, last_updated_on from apex_applications"),
        before
    );
    // An export writes, so the source has to consent; a production database is never a target.
    let refused = rehearsal.on_sandbox(&["app", "import", "prod", "--export", ONE, "--yes"]).expect(4);
    assert!(said(&refused).contains("is a production database"));
}
