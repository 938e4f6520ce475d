//! APEX applications: exported, installed again, and what is refused.

use super::Session;
use super::tests::{Fixture, check, fixture, refuse, run};

/// A workspace with one application that has one of everything.
fn desk() -> (Fixture, Session) {
    let fixture = fixture();
    let mut session = fixture.admin();
    check(&mut session, "select name, type, line, text from dba_errors where owner like 'APEX%'", "");
    run(
        &mut session,
        &[
            "create user desk no authentication",
            "create user shop no authentication",
            "grant create session, unlimited tablespace, resource to desk, shop",
            "begin apex_instance_admin.add_workspace(p_workspace => 'DESK_WS', p_workspace_id => 500, p_primary_schema => 'DESK'); \
             apex_instance_admin.add_workspace(p_workspace => 'SHOP_WS', p_workspace_id => 600, p_primary_schema => 'SHOP'); commit; end;",
            "begin apex_util.set_workspace('DESK_WS'); apex_util.create_user(p_user_name => 'ann', p_web_password => 'Ann#Password2026', p_developer_privs => 'EDIT'); commit; end;",
            &made(),
        ],
    );
    (fixture, session)
}

/// A script of calls as an export has them, in one block.
fn made() -> String {
    "begin
  apex_application_install.clear_all;
  apex_application_install.set_workspace('DESK_WS');
  wwv_flow_imp.import_begin(p_version_yyyy_mm_dd => '2024.11.30', p_default_workspace_id => 500, p_default_application_id => 200, p_default_owner => 'DESK');
  wwv_imp_workspace.create_flow(p_id => wwv_flow.g_flow_id, p_owner => 'DESK', p_name => 'Ann''s Desk', p_alias => 'ANN', p_authentication_id => wwv_flow_imp.id(22), p_populate_roles => 'A', p_flow_version => '1.2', p_flow_status => 'UNAVAILABLE', p_flow_unavailable_text => 'Back ''soon''', p_restrict_to_user_list => 'ANN,BOB', p_build_status => 'RUN_ONLY', p_substitution_string_01 => 'X', p_substitution_value_01 => 'a' || chr(10) || 'b');
  wwv_flow_imp_shared.create_authentication(p_id => wwv_flow_imp.id(21), p_name => 'Accounts', p_scheme_type => 'NATIVE_APEX_ACCOUNTS');
  wwv_flow_imp_shared.create_authentication(p_id => wwv_flow_imp.id(22), p_name => 'Single', p_scheme_type => 'NATIVE_SOCIAL', p_attribute_01 => 'it''s');
  wwv_flow_imp_shared.create_security_scheme(p_id => wwv_flow_imp.id(31), p_name => 'Admins', p_scheme_type => 'NATIVE_IS_IN_GROUP', p_attribute_01 => 'ADMINISTRATOR', p_attribute_02 => 'A', p_caching => 'BY_USER_BY_SESSION');
  wwv_flow_imp_shared.create_acl_role(p_id => wwv_flow_imp.id(41), p_static_id => 'ADMINISTRATOR', p_name => 'Administrator');
  wwv_flow_imp.g_varchar2_table := wwv_flow_imp.empty_varchar2_table;
  wwv_flow_imp.g_varchar2_table(1) := '00FF41';
  wwv_flow_imp.g_varchar2_table(2) := '0A';
  wwv_flow_imp_shared.create_app_static_file(p_id => wwv_flow_imp.id(51), p_file_name => 'a/b.bin', p_mime_type => 'application/octet-stream', p_file_content => wwv_flow_imp.varchar2_to_blob(wwv_flow_imp.g_varchar2_table));
  wwv_flow_imp_page.create_page(p_id => 1, p_name => 'Home', p_alias => 'HOME', p_step_title => 'Home', p_required_role => wwv_flow_imp.id(31));
  wwv_flow_imp_page.create_page_plug(p_id => wwv_flow_imp.id(61), p_plug_name => 'Region', p_plug_display_sequence => 10, p_plug_source_type => 'NATIVE_IR', p_query_type => 'SQL', p_plug_source => 'select ''ö'' from dual' || chr(10) || ' where 1 = 1');
  wwv_flow_imp_page.create_page_item(p_id => wwv_flow_imp.id(71), p_name => 'P1_X', p_item_sequence => 10, p_item_plug_id => wwv_flow_imp.id(61));
  wwv_flow_imp_page.create_page_process(p_id => wwv_flow_imp.id(81), p_process_type => 'NATIVE_PLSQL', p_process_name => 'Go', p_process_sql_clob => 'begin null; end;');
  wwv_flow_imp_page.create_page(p_id => 2, p_name => 'More');
  wwv_flow_imp_shared.create_install(p_id => wwv_flow_imp.id(91), p_welcome_message => 'Hello');
  wwv_flow_imp_shared.create_install_script(p_id => wwv_flow_imp.id(92), p_install_id => wwv_flow_imp.id(91), p_name => 'Tables', p_sequence => 10, p_script_clob => 'create table made_by_apex (n number);' || chr(10) || 'insert into made_by_apex values (1);');
  wwv_flow_imp.import_end;
  apex_acl.add_user_role(p_application_id => 200, p_user_name => 'ann', p_role_static_id => 'ADMINISTRATOR');
  commit;
end;"
        .to_owned()
}

/// A block that exports application 200 into `files` and then does something with it.
fn with_export(how: &str, what: &str) -> String {
    format!(
        "declare
  files apex_t_export_files;
  info apex_application_install.t_file_info;
begin
  apex_util.set_workspace('DESK_WS');
  files := apex_export.get_application(p_application_id => 200{how});
  apex_application_install.clear_all;
  {what}
end;"
    )
}

/// What two copies of an application are compared by, its own number and those of components left out.
const PROOFS: &[&str] = &[
    "select application_name, owner, version, build_status, availability_status, flow_status_code, unavailable_text, restrict_to_user, authentication_scheme, pages from apex_applications where application_id = {id}",
    "select authentication_scheme_name, scheme_type_code, attribute_01, is_current_authentication from apex_application_auth where application_id = {id} order by 1",
    "select authorization_scheme_name, scheme_type_code, attribute_01, attribute_02, caching from apex_application_authorization where application_id = {id}",
    "select role_name, role_static_id from apex_appl_acl_roles where application_id = {id}",
    "select page_id, page_name, page_alias from apex_application_pages where application_id = {id} order by 1",
    "select page_id, region_name, display_sequence, source_type_code, region_source from apex_application_page_regions where application_id = {id}",
    "select page_id, item_name, display_as_code from apex_application_page_items where application_id = {id}",
    "select page_id, process_name, process_source from apex_application_page_proc where application_id = {id}",
    "select substitution_string, substitution_value from apex_application_substitutions where application_id = {id}",
    "select file_name, mime_type, rawtohex(dbms_lob.substr(file_content, 100, 1)) from apex_application_static_files where application_id = {id}",
    "select script_name, execution_sequence, sql_script from apex_application_supp_obj_scr where application_id = {id}",
];

fn proofs(session: &mut Session, id: u32) -> Vec<String> {
    PROOFS.iter().map(|proof| super::tests::rows(session, &proof.replace("{id}", &id.to_string()))).collect()
}

#[test]
fn an_export_makes_the_application_again() {
    let (_fixture, mut session) = desk();
    let before = proofs(&mut session, 200);
    assert!(before.iter().all(|rows| !rows.is_empty() && !rows.contains("ORA-")), "{before:#?}");
    let new = "apex_application_install.set_application_id(201); apex_application_install.generate_offset; \
               apex_application_install.set_application_alias('OTHER'); apex_application_install.install(files);";
    run(&mut session, &[&with_export("", new)]);
    assert_eq!(proofs(&mut session, 201), before);
    check(&mut session, "select alias from apex_applications where application_id = 201", "OTHER");
    let source =
        "if instr(files(1).contents, q'[p_populate_roles=>'A']') = 0 then raise no_data_found; end if;";
    run(&mut session, &[&with_export("", source).replace("=> 200", "=> 201")]);
    // Split, through a zip file.
    let split = "apex_application_install.set_application_id(202); apex_application_install.generate_offset; \
                 apex_application_install.set_application_alias('SPLIT'); \
                 apex_application_install.install(apex_export.unzip(apex_export.zip(files)));";
    run(&mut session, &[&with_export(", p_split => true", split)]);
    assert_eq!(proofs(&mut session, 202), before);
    // Over itself, into another schema, with other settings.
    run(
        &mut session,
        &[
            "begin apex_instance_admin.add_schema('DESK_WS', 'SHOP'); commit; end;",
            &with_export(
                "",
                "apex_application_install.set_schema('shop'); apex_application_install.set_application_name('New'); \
                 apex_application_install.set_authentication_scheme('Accounts'); \
                 apex_application_install.set_auto_install_sup_obj(true); apex_application_install.install(files, p_overwrite_existing => true);",
            ),
        ],
    );
    check(
        &mut session,
        "select application_name, owner, authentication_scheme from apex_applications where application_id = 200",
        "New|SHOP|Accounts",
    );
    check(&mut session, "select count(*) from shop.made_by_apex", "1");
    check(&mut session, "select count(*) from apex_appl_acl_user_roles where application_id = 200", "0");
    run(
        &mut session,
        &[
            "begin apex_application_install.set_workspace('DESK_WS'); apex_application_install.remove_application(202); end;",
        ],
    );
    check(&mut session, "select count(*) from apex_applications where application_id = 202", "0");
}

#[test]
fn an_export_is_a_script_that_anybody_may_run() {
    let (_fixture, mut session) = desk();
    let said = "for i in 1 .. files.count loop dbms_output.put_line(files(i).name); end loop; \
                info := apex_application_install.get_info(files); \
                dbms_output.put_line(info.file_type || info.app_id || info.app_name || info.app_alias || info.app_owner || info.version || info.app_id_usage || info.app_alias_usage);";
    let outputs = |session: &mut Session, how: &str| {
        run(session, &["begin dbms_output.enable(null); end;", &with_export(how, said)]);
        session.take_dbms_output()
    };
    assert_eq!(outputs(&mut session, ""), ["f200.sql", "2200Ann's DeskANNDESK2024.11.3021"]);
    let split = outputs(&mut session, ", p_split => true");
    assert!(
        split.contains(&"f200/install.sql".to_owned())
            && split.contains(&"f200/application/pages/page_00001.sql".to_owned()),
        "{split:?}"
    );
    run(
        &mut session,
        &[
            "create table kept (script clob)",
            &with_export("", "insert into kept values (files(1).contents); commit;"),
            "begin apex_application_install.set_workspace('DESK_WS'); apex_application_install.remove_application(200); commit; end;",
        ],
    );
    let script = super::tests::rows(&mut session, "select script from kept");
    for piece in super::language::script::split(&script) {
        if piece.kind != super::language::script::PieceKind::Command {
            run(&mut session, &[&piece.text]);
        }
    }
    check(
        &mut session,
        "select application_name, pages from apex_applications where application_id = 200",
        "Ann's Desk|2",
    );
}

#[test]
fn what_cannot_be_installed_is_refused() {
    let (fixture, mut session) = desk();
    let cases: &[(&str, &str)] = &[
        ("apex_application_install.install(files);", "APPLICATION_ID_RESERVED"),
        ("apex_application_install.set_application_id(3000);", "FLOW_ID_RANGE_RESERVED"),
        ("apex_application_install.set_application_id(8999);", "FLOW_ID_RANGE_RESERVED"),
        ("apex_application_install.set_application_id(0);", "FLOW_ID_OUT_OF_RANGE"),
        ("apex_application_install.set_workspace('NOWHERE');", "Workspace NOWHERE not found"),
        ("apex_application_install.set_schema('NOBODY');", "Schema NOBODY does not exist"),
        ("apex_application_install.set_schema('SHOP');", "Schema SHOP is not assigned"),
        (
            "apex_util.set_workspace('SHOP_WS'); apex_application_install.install(files);",
            "FLOW_ID_RESERVED_FOR_OTHER_WORKSPACE",
        ),
        (
            "apex_application_install.set_workspace('SHOP_WS'); apex_application_install.set_application_id(210); apex_application_install.install(files);",
            "SECURITY_GROUP_ID_INVALID",
        ),
        (
            "apex_application_install.set_application_id(210); apex_application_install.install(files);",
            "alias ANN is used by application 200",
        ),
        (
            "apex_application_install.set_application_id(210); apex_application_install.set_application_alias('Z'); apex_application_install.install(files);",
            "ORA-00001",
        ),
        (
            "apex_application_install.set_application_id(210); apex_application_install.set_application_alias('Z'); apex_application_install.set_authentication_scheme('No'); apex_application_install.generate_offset; apex_application_install.install(files);",
            "Authentication scheme No not found",
        ),
        (
            "files(1) := apex_t_export_file('f.sql', substr(files(1).contents, 1, instr(files(1).contents, 'create_page(') + 20)); apex_application_install.install(files, true);",
            "RUN_STMT_ERROR",
        ),
        (
            "files(1) := apex_t_export_file('f.sql', replace(files(1).contents, '2024.11.30', '2025.05.15')); apex_application_install.install(files, true);",
            "newer release",
        ),
        ("apex_application_install.install;", "there is no source"),
        ("files := apex_export.unzip(hextoraw('00'));", "The zip file cannot be read"),
        ("files := apex_export.get_application(p_application_id => 999);", "Application 999 not found"),
        ("apex_application_install.remove_application(999);", "Application 999 not found"),
    ];
    for (what, wanted) in cases {
        let error = session.execute(&with_export("", what), &mut []).map(|_| ()).expect_err(what);
        assert!(error.text.contains(wanted), "{what}: {}", error.text);
        session.rollback().unwrap();
        check(&mut session, "select application_id, pages from apex_applications", "200|2");
    }
    // No workspace: nothing of the session says where to.
    let mut other = fixture.admin();
    refuse(
        &mut other,
        "begin wwv_flow_imp.import_begin(p_version_yyyy_mm_dd => '2024.11.30', p_default_workspace_id => 7, p_default_application_id => 5, p_default_owner => 'DESK'); end;",
        "g_security_group_id must be set",
    );
    check(&mut other, "select apex_application_install.get_application_id from dual", "");
}

#[test]
fn a_workspace_goes_with_its_users_and_files() {
    let (_fixture, mut session) = desk();
    run(
        &mut session,
        &[
            "begin apex_util.set_workspace('DESK_WS'); wwv_flow_imp_shared.create_workspace_static_file(p_file_name => 'x.css', p_mime_type => 'text/css', p_file_content => hextoraw('414243')); commit; end;",
            "declare f apex_t_export_files; p apex_t_export_files; begin
               f := apex_export.get_workspace(p_workspace_id => 500);
               p := apex_export.get_workspace_files(p_workspace_id => 500);
               apex_instance_admin.remove_workspace('DESK_WS');
               apex_application_install.install(f);
               apex_application_install.install(p);
             end;",
        ],
    );
    check(
        &mut session,
        "select workspace, workspace_id, schemas, apex_users from apex_workspaces where workspace_id = 500",
        "DESK_WS|500|1|1",
    );
    check(
        &mut session,
        "select user_name, is_application_developer from apex_workspace_apex_users where workspace_id = 500",
        "ANN|Yes",
    );
    check(
        &mut session,
        "select file_name, rawtohex(dbms_lob.substr(file_content, 10, 1)) from apex_workspace_static_files",
        "x.css|414243",
    );
}

#[test]
fn an_application_is_administered() {
    let (_fixture, mut session) = desk();
    let set = "begin
       apex_application_admin.set_application_name(200, 'N'); apex_application_admin.set_application_alias(200, 'new-alias');
       apex_application_admin.set_application_version(200, '9'); apex_application_admin.set_build_status(200, 'RUN_AND_BUILD');
       apex_application_admin.set_application_status(200, 'UNAVAILABLE'); apex_application_admin.set_parsing_schema(200, 'desk');
       apex_application_admin.set_authentication_scheme(200, 'Accounts'); end;";
    run(&mut session, &[set]);
    check(
        &mut session,
        "select application_name, alias, version, build_status, availability_status, owner, authentication_scheme from apex_applications",
        "N|NEW-ALIAS|9|Run and Develop|Unavailable|DESK|Accounts",
    );
    for (call, wanted) in [
        ("set_parsing_schema(200, 'SHOP')", "Schema SHOP is not assigned"),
        ("set_application_status(200, 'GONE')", "Invalid application status GONE"),
        ("set_application_name(201, 'X')", "Application 201 not found"),
    ] {
        refuse(&mut session, &format!("begin apex_application_admin.{call}; end;"), wanted);
    }
}
