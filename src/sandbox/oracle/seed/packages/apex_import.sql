-- Installing applications: what an export's script calls, and APEX_APPLICATION_INSTALL over it.
create type apex_240200.wwv_flow_t_export_file as object (name varchar2(4000), contents clob);
/
create type apex_240200.wwv_flow_t_export_files as table of apex_240200.wwv_flow_t_export_file;
/
create package apex_240200.wwv_flow as
  lf constant varchar2(1) := chr(10);
  g_flow_id number;
  g_import_in_progress boolean := false;
end;
/
create package apex_240200.wwv_flow_string as
  function join(p_table in wwv_flow_t_varchar2, p_sep in varchar2 default chr(10)) return varchar2;
end;
/
create package body apex_240200.wwv_flow_string as
  function join(p_table in wwv_flow_t_varchar2, p_sep in varchar2 default chr(10)) return varchar2 is
    l_text varchar2(32767);
  begin
    for i in 1 .. p_table.count loop
      l_text := l_text || case when i > 1 then p_sep end || p_table(i);
    end loop;
    return l_text;
  end;
end;
/
-- The pieces of a script as SQL*Plus would send them (name: PLSQL, SQL or COMMAND), and the first of them that cannot be read.
create package apex_240200.wwv_flow_imp_parser as
  run_stmt_error exception;
  function pieces(p_script in clob) return wwv_flow_t_export_files;
  function problem(p_script in clob) return varchar2;
end;
/
-- Two packages that call each other cannot be compiled here, so what both need stands alone.
create procedure apex_240200.check_application_id(p_id in number, p_workspace_id in number) is
  l_count number;
begin
  if p_id between 3000 and 8999 then
    raise_application_error(-20987, 'APEX - WWV_FLOW_API.FLOW_ID_RANGE_RESERVED: application ID ' || p_id || ' is reserved for internal use. - Contact your application administrator.');
  elsif p_id is null or p_id < 1 or p_id <> trunc(p_id) or p_id >= 100000000000000000000 then
    raise_application_error(-20987, 'APEX - WWV_FLOW_API.FLOW_ID_OUT_OF_RANGE: application ID ' || p_id || ' is not in a valid range. - Contact your application administrator.');
  end if;
  select count(*) into l_count from application$ where application_id = p_id and workspace_id <> p_workspace_id;
  if l_count > 0 then
    raise_application_error(-20987, 'APEX - WWV_FLOW_API.FLOW_ID_RESERVED_FOR_OTHER_WORKSPACE: application ID ' || p_id || ' is used in another workspace. - Contact your application administrator.');
  end if;
end;
/
create package apex_240200.wwv_flow_application_install authid current_user as
  c_file_type_workspace constant pls_integer := 1;
  c_file_type_app constant pls_integer := 2;
  c_file_type_websheet constant pls_integer := 3;
  c_file_type_plugin constant pls_integer := 4;
  c_file_type_css constant pls_integer := 5;
  c_app_usage_not_used constant pls_integer := 1;
  c_app_usage_current_workspace constant pls_integer := 2;
  c_app_usage_other_workspace constant pls_integer := 3;
  type t_file_info is record (file_type pls_integer, workspace_id number, version varchar2(10), app_id number, app_name varchar2(4000), app_alias varchar2(4000), app_owner varchar2(4000), build_status varchar2(4000), has_install_script boolean, app_id_usage pls_integer, app_alias_usage pls_integer);
  procedure set_workspace_id(p_workspace_id in number);
  procedure set_workspace(p_workspace in varchar2);
  function get_workspace_id return number;
  procedure set_application_id(p_application_id in number);
  procedure generate_application_id;
  function get_application_id return number;
  procedure set_offset(p_offset in number);
  procedure generate_offset;
  function get_offset return number;
  procedure set_schema(p_schema in varchar2);
  function get_schema return varchar2;
  procedure set_application_name(p_application_name in varchar2);
  function get_application_name return varchar2;
  procedure set_application_alias(p_application_alias in varchar2);
  function get_application_alias return varchar2;
  procedure set_image_prefix(p_image_prefix in varchar2);
  function get_image_prefix return varchar2;
  procedure set_proxy(p_proxy in varchar2, p_no_proxy_domains in varchar2 default null);
  function get_proxy return varchar2;
  function get_no_proxy_domains return varchar2;
  procedure set_auto_install_sup_obj(p_auto_install_sup_obj in boolean);
  function get_auto_install_sup_obj return boolean;
  procedure set_keep_sessions(p_keep_sessions in boolean);
  function get_keep_sessions return boolean;
  procedure set_authentication_scheme(p_name in varchar2);
  function get_authentication_scheme return varchar2;
  procedure set_build_status(p_build_status in varchar2);
  function get_build_status return varchar2;
  procedure set_static_app_file_prefix(p_prefix in varchar2);
  function get_static_app_file_prefix return varchar2;
  procedure set_remote_server(p_static_id in varchar2, p_base_url in varchar2, p_https_host in varchar2 default null);
  function get_remote_server_base_url(p_static_id in varchar2) return varchar2;
  procedure set_theme_id(p_theme_id in number);
  function get_theme_id return number;
  procedure set_pass_ecid(p_pass_ecid in varchar2);
  function get_pass_ecid return varchar2;
  procedure set_max_session_length_sec(p_max_session_length_sec in number);
  function get_max_session_length_sec return number;
  procedure set_max_session_idle_sec(p_max_session_idle_sec in number);
  function get_max_session_idle_sec return number;
  procedure clear_all;
  function get_info(p_source in wwv_flow_t_export_files) return t_file_info;
  procedure install(p_source in wwv_flow_t_export_files default null, p_overwrite_existing in boolean default false);
  procedure remove_application(p_application_id in number);
end;
/
create package apex_240200.wwv_flow_imp authid current_user as
  type t_varchar2_table is table of varchar2(32767) index by binary_integer;
  g_varchar2_table t_varchar2_table;
  empty_varchar2_table t_varchar2_table;
  g_workspace_id number;
  g_id_offset number := 0;
  g_owner varchar2(128);
  g_authentication_id number;
  procedure set_security_group_id(p_security_group_id in number);
  procedure import_begin(p_version_yyyy_mm_dd in varchar2 default null, p_release in varchar2 default null, p_default_workspace_id in number default null, p_default_application_id in number default null, p_default_id_offset in number default null, p_default_owner in varchar2 default null);
  procedure component_begin(p_version_yyyy_mm_dd in varchar2 default null, p_release in varchar2 default null, p_default_workspace_id in number default null, p_default_application_id in number default null, p_default_id_offset in number default null, p_default_owner in varchar2 default null);
  procedure component_end;
  procedure import_end(p_auto_install_sup_obj in boolean default false, p_is_component_import in boolean default false);
  procedure remove_flow(p_id in number);
  procedure create_flow(p_id in number, p_owner in varchar2, p_name in varchar2, p_alias in varchar2 default null, p_application_group in number default null, p_application_group_name in varchar2 default null, p_page_view_logging in varchar2 default null, p_page_protection_enabled_y_n in varchar2 default null, p_checksum_salt in varchar2 default null, p_bookmark_checksum_function in varchar2 default null, p_accept_old_checksums in boolean default true, p_max_session_length_sec in number default null, p_max_session_idle_sec in number default null, p_compatibility_mode in varchar2 default null, p_accessible_read_only in varchar2 default null, p_session_state_commits in varchar2 default null, p_flow_language in varchar2 default null, p_flow_language_derived_from in varchar2 default null, p_allow_feedback_yn in varchar2 default null, p_date_format in varchar2 default null, p_date_time_format in varchar2 default null, p_timestamp_format in varchar2 default null, p_timestamp_tz_format in varchar2 default null, p_direction_right_to_left in varchar2 default null, p_flow_image_prefix in varchar2 default null, p_documentation_banner in varchar2 default null, p_authentication_id in number default null, p_populate_roles in varchar2 default 'R', p_application_tab_set in number default null, p_logo_type in varchar2 default null, p_logo in varchar2 default null, p_logo_text in varchar2 default null, p_public_user in varchar2 default null, p_proxy_server in varchar2 default null, p_no_proxy_domains in varchar2 default null, p_flow_version in varchar2 default null, p_flow_status in varchar2 default null, p_flow_unavailable_text in varchar2 default null, p_restrict_to_user_list in varchar2 default null, p_exact_substitutions_only in varchar2 default null, p_browser_cache in varchar2 default null, p_browser_frame in varchar2 default null, p_rejoin_existing_sessions in varchar2 default null, p_csv_encoding in varchar2 default null, p_auto_time_zone in varchar2 default null, p_build_status in varchar2 default null, p_theme_id in number default null, p_substitution_string_01 in varchar2 default null, p_substitution_value_01 in varchar2 default null, p_substitution_string_02 in varchar2 default null, p_substitution_value_02 in varchar2 default null, p_substitution_string_03 in varchar2 default null, p_substitution_value_03 in varchar2 default null, p_substitution_string_04 in varchar2 default null, p_substitution_value_04 in varchar2 default null, p_last_updated_by in varchar2 default null, p_last_upd_yyyymmddhh24miss in varchar2 default null, p_file_prefix in varchar2 default null, p_files_version in number default null, p_version_scn in number default null, p_print_server_type in varchar2 default null, p_file_storage in varchar2 default null, p_is_pwa in varchar2 default null);
  function id(p_id in number) return number;
  function varchar2_to_blob(p_varchar2_table in t_varchar2_table) return blob;
  function varchar2_to_clob(p_varchar2_table in t_varchar2_table) return clob;
end;
/
create package body apex_240200.wwv_flow_imp as
  g_application boolean := false;
  procedure set_security_group_id(p_security_group_id in number) is
    l_count number;
  begin
    select count(*) into l_count from workspace$ where workspace_id = p_security_group_id;
    if l_count > 0 then
      htmldb_util.set_security_group_id(p_security_group_id);
    elsif sys.kernel.has_role(sys_context('USERENV', 'CURRENT_USER'), 'APEX_ADMINISTRATOR_ROLE') = 0 then
      raise_application_error(-20001, 'The security group ID is invalid.');
    end if;
    g_workspace_id := p_security_group_id;
  end;
  procedure require_schema(p_schema in varchar2, p_workspace_id in number) is
    l_count number;
  begin
    select count(*) into l_count from workspace_schema$ where workspace_id = p_workspace_id and schema_name = upper(p_schema);
    if l_count = 0 then
      raise_application_error(-20987, 'APEX - Parsing schema ' || p_schema || ' is not assigned to the workspace. - Contact your application administrator.');
    end if;
  end;
  procedure import_begin(p_version_yyyy_mm_dd in varchar2 default null, p_release in varchar2 default null, p_default_workspace_id in number default null, p_default_application_id in number default null, p_default_id_offset in number default null, p_default_owner in varchar2 default null) is
    l_here varchar2(20);
    l_set number := wwv_flow_application_install.get_workspace_id;
    l_session number := to_number(sys_context('APEX$SESSION', 'WORKSPACE_ID'));
    l_count number;
  begin
    select api_compatibility into l_here from apex_release;
    if p_version_yyyy_mm_dd > l_here then
      raise_application_error(-20001, 'This export was made by a newer release (' || p_version_yyyy_mm_dd || ') than this instance supports (' || l_here || ').');
    end if;
    wwv_flow.g_import_in_progress := true;
    g_varchar2_table := empty_varchar2_table;
    g_authentication_id := null;
    g_application := p_default_application_id is not null;
    if not g_application then
      g_workspace_id := p_default_workspace_id;
      return;
    end if;
    if l_set is not null and l_session is not null and l_set <> l_session then
      raise_application_error(-20001, 'SECURITY_GROUP_ID_INVALID: the current workspace conflicts with the install workspace.');
    end if;
    g_workspace_id := nvl(l_set, l_session);
    if g_workspace_id is null then
      select count(*) into l_count from workspace$ where workspace_id = p_default_workspace_id;
      if l_count = 0 then
        raise_application_error(-20001, 'Package variable g_security_group_id must be set.');
      end if;
      g_workspace_id := p_default_workspace_id;
    end if;
    htmldb_util.set_security_group_id(g_workspace_id);
    wwv_flow.g_flow_id := nvl(wwv_flow_application_install.get_application_id, p_default_application_id);
    check_application_id(wwv_flow.g_flow_id, g_workspace_id);
    g_id_offset := nvl(wwv_flow_application_install.get_offset, nvl(p_default_id_offset, 0));
    g_owner := upper(nvl(wwv_flow_application_install.get_schema, p_default_owner));
    require_schema(g_owner, g_workspace_id);
  end;
  procedure component_begin(p_version_yyyy_mm_dd in varchar2 default null, p_release in varchar2 default null, p_default_workspace_id in number default null, p_default_application_id in number default null, p_default_id_offset in number default null, p_default_owner in varchar2 default null) is
  begin
    if not wwv_flow.g_import_in_progress then
      import_begin(p_version_yyyy_mm_dd, p_release, p_default_workspace_id, p_default_application_id, p_default_id_offset, p_default_owner);
    end if;
  end;
  procedure component_end is
  begin
    null;
  end;
  procedure install_supporting_objects is
    l_pieces wwv_flow_t_export_files;
    l_failed varchar2(4000);
  begin
    for s in (select c.name, c.script from install_script$ c join install$ i on i.install_id = c.install_id where i.application_id = wwv_flow.g_flow_id and c.script_type = 'INSTALL' order by c.sequence, c.script_id) loop
      l_pieces := wwv_flow_imp_parser.pieces(s.script);
      for i in 1 .. l_pieces.count loop
        if l_pieces(i).name <> 'COMMAND' then
          l_failed := sys.kernel.run_as(g_owner, 'begin execute immediate ''' || replace(l_pieces(i).contents, '''', '''''') || '''; end;', 'APEX supporting objects');
          if l_failed is not null then
            raise_application_error(-20001, 'Supporting object script ' || s.name || ': ' || l_failed);
          end if;
        end if;
      end loop;
    end loop;
  end;
  procedure import_end(p_auto_install_sup_obj in boolean default false, p_is_component_import in boolean default false) is
    l_name varchar2(255) := wwv_flow_application_install.get_authentication_scheme;
    l_count number;
  begin
    wwv_flow.g_import_in_progress := false;
    if not g_application then
      return;
    end if;
    if l_name is not null then
      select count(*) into l_count from auth$ where application_id = wwv_flow.g_flow_id and name = l_name;
      if l_count = 0 then
        raise_application_error(-20987, 'APEX - Authentication scheme ' || l_name || ' not found. - Contact your application administrator.');
      end if;
      update auth$ set is_current = case when name = l_name then 'Y' else 'N' end where application_id = wwv_flow.g_flow_id;
    end if;
    if p_auto_install_sup_obj then
      install_supporting_objects;
    end if;
  end;
  procedure remove_flow(p_id in number) is
  begin
    delete from application$ where application_id = p_id and workspace_id = g_workspace_id;
  end;
  function id(p_id in number) return number is
  begin
    return p_id + g_id_offset;
  end;
  procedure substitution(p_id in number, p_place in number, p_name in varchar2, p_value in varchar2) is
  begin
    if p_name is not null then
      insert into substitution$ (application_id, place, name, value) values (p_id, p_place, p_name, p_value);
    end if;
  end;
  procedure create_flow(p_id in number, p_owner in varchar2, p_name in varchar2, p_alias in varchar2 default null, p_application_group in number default null, p_application_group_name in varchar2 default null, p_page_view_logging in varchar2 default null, p_page_protection_enabled_y_n in varchar2 default null, p_checksum_salt in varchar2 default null, p_bookmark_checksum_function in varchar2 default null, p_accept_old_checksums in boolean default true, p_max_session_length_sec in number default null, p_max_session_idle_sec in number default null, p_compatibility_mode in varchar2 default null, p_accessible_read_only in varchar2 default null, p_session_state_commits in varchar2 default null, p_flow_language in varchar2 default null, p_flow_language_derived_from in varchar2 default null, p_allow_feedback_yn in varchar2 default null, p_date_format in varchar2 default null, p_date_time_format in varchar2 default null, p_timestamp_format in varchar2 default null, p_timestamp_tz_format in varchar2 default null, p_direction_right_to_left in varchar2 default null, p_flow_image_prefix in varchar2 default null, p_documentation_banner in varchar2 default null, p_authentication_id in number default null, p_populate_roles in varchar2 default 'R', p_application_tab_set in number default null, p_logo_type in varchar2 default null, p_logo in varchar2 default null, p_logo_text in varchar2 default null, p_public_user in varchar2 default null, p_proxy_server in varchar2 default null, p_no_proxy_domains in varchar2 default null, p_flow_version in varchar2 default null, p_flow_status in varchar2 default null, p_flow_unavailable_text in varchar2 default null, p_restrict_to_user_list in varchar2 default null, p_exact_substitutions_only in varchar2 default null, p_browser_cache in varchar2 default null, p_browser_frame in varchar2 default null, p_rejoin_existing_sessions in varchar2 default null, p_csv_encoding in varchar2 default null, p_auto_time_zone in varchar2 default null, p_build_status in varchar2 default null, p_theme_id in number default null, p_substitution_string_01 in varchar2 default null, p_substitution_value_01 in varchar2 default null, p_substitution_string_02 in varchar2 default null, p_substitution_value_02 in varchar2 default null, p_substitution_string_03 in varchar2 default null, p_substitution_value_03 in varchar2 default null, p_substitution_string_04 in varchar2 default null, p_substitution_value_04 in varchar2 default null, p_last_updated_by in varchar2 default null, p_last_upd_yyyymmddhh24miss in varchar2 default null, p_file_prefix in varchar2 default null, p_files_version in number default null, p_version_scn in number default null, p_print_server_type in varchar2 default null, p_file_storage in varchar2 default null, p_is_pwa in varchar2 default null) is
    l_other number;
    l_build varchar2(255) := nvl(wwv_flow_application_install.get_build_status, nvl(p_build_status, 'RUN_AND_BUILD'));
    l_workspace number := g_workspace_id;
    l_theme number := nvl(wwv_flow_application_install.get_theme_id, p_theme_id);
  begin
    select max(application_id) into l_other from application$ where workspace_id = l_workspace and alias = upper(p_alias);
    if l_other is not null then
      raise_application_error(-20987, 'APEX - Application alias ' || p_alias || ' is used by application ' || l_other || '. - Contact your application administrator.');
    end if;
    g_authentication_id := p_authentication_id;
    insert into application$ (application_id, workspace_id, name, alias, owner, version, flow_status, unavailable_text, restrict_to_user_list, build_status, populate_roles, flow_language, compatibility_mode, checksum_salt, logo_text, image_prefix, proxy_server, no_proxy_domains, theme_id)
    values (p_id, l_workspace, p_name, upper(p_alias), upper(p_owner), p_flow_version,
      nvl(p_flow_status, 'AVAILABLE'), p_flow_unavailable_text, p_restrict_to_user_list, l_build,
      p_populate_roles, p_flow_language, p_compatibility_mode, p_checksum_salt, p_logo_text, p_flow_image_prefix, p_proxy_server, p_no_proxy_domains, l_theme);
    substitution(p_id, 1, p_substitution_string_01, p_substitution_value_01);
    substitution(p_id, 2, p_substitution_string_02, p_substitution_value_02);
    substitution(p_id, 3, p_substitution_string_03, p_substitution_value_03);
    substitution(p_id, 4, p_substitution_string_04, p_substitution_value_04);
  end;
end;
/
-- Not before 23.2; until then WWV_FLOW_IMP has it alone.
{24.2:create package apex_240200.wwv_imp_workspace authid current_user as
  procedure create_flow(p_id in number, p_owner in varchar2, p_name in varchar2, p_alias in varchar2 default null, p_application_group in number default null, p_application_group_name in varchar2 default null, p_page_view_logging in varchar2 default null, p_page_protection_enabled_y_n in varchar2 default null, p_checksum_salt in varchar2 default null, p_bookmark_checksum_function in varchar2 default null, p_accept_old_checksums in boolean default true, p_max_session_length_sec in number default null, p_max_session_idle_sec in number default null, p_compatibility_mode in varchar2 default null, p_accessible_read_only in varchar2 default null, p_session_state_commits in varchar2 default null, p_flow_language in varchar2 default null, p_flow_language_derived_from in varchar2 default null, p_allow_feedback_yn in varchar2 default null, p_date_format in varchar2 default null, p_date_time_format in varchar2 default null, p_timestamp_format in varchar2 default null, p_timestamp_tz_format in varchar2 default null, p_direction_right_to_left in varchar2 default null, p_flow_image_prefix in varchar2 default null, p_documentation_banner in varchar2 default null, p_authentication_id in number default null, p_populate_roles in varchar2 default 'R', p_application_tab_set in number default null, p_logo_type in varchar2 default null, p_logo in varchar2 default null, p_logo_text in varchar2 default null, p_public_user in varchar2 default null, p_proxy_server in varchar2 default null, p_no_proxy_domains in varchar2 default null, p_flow_version in varchar2 default null, p_flow_status in varchar2 default null, p_flow_unavailable_text in varchar2 default null, p_restrict_to_user_list in varchar2 default null, p_exact_substitutions_only in varchar2 default null, p_browser_cache in varchar2 default null, p_browser_frame in varchar2 default null, p_rejoin_existing_sessions in varchar2 default null, p_csv_encoding in varchar2 default null, p_auto_time_zone in varchar2 default null, p_build_status in varchar2 default null, p_theme_id in number default null, p_substitution_string_01 in varchar2 default null, p_substitution_value_01 in varchar2 default null, p_substitution_string_02 in varchar2 default null, p_substitution_value_02 in varchar2 default null, p_substitution_string_03 in varchar2 default null, p_substitution_value_03 in varchar2 default null, p_substitution_string_04 in varchar2 default null, p_substitution_value_04 in varchar2 default null, p_last_updated_by in varchar2 default null, p_last_upd_yyyymmddhh24miss in varchar2 default null, p_file_prefix in varchar2 default null, p_files_version in number default null, p_version_scn in number default null, p_print_server_type in varchar2 default null, p_file_storage in varchar2 default null, p_is_pwa in varchar2 default null);
end;
/
create package body apex_240200.wwv_imp_workspace as
  procedure create_flow(p_id in number, p_owner in varchar2, p_name in varchar2, p_alias in varchar2 default null, p_application_group in number default null, p_application_group_name in varchar2 default null, p_page_view_logging in varchar2 default null, p_page_protection_enabled_y_n in varchar2 default null, p_checksum_salt in varchar2 default null, p_bookmark_checksum_function in varchar2 default null, p_accept_old_checksums in boolean default true, p_max_session_length_sec in number default null, p_max_session_idle_sec in number default null, p_compatibility_mode in varchar2 default null, p_accessible_read_only in varchar2 default null, p_session_state_commits in varchar2 default null, p_flow_language in varchar2 default null, p_flow_language_derived_from in varchar2 default null, p_allow_feedback_yn in varchar2 default null, p_date_format in varchar2 default null, p_date_time_format in varchar2 default null, p_timestamp_format in varchar2 default null, p_timestamp_tz_format in varchar2 default null, p_direction_right_to_left in varchar2 default null, p_flow_image_prefix in varchar2 default null, p_documentation_banner in varchar2 default null, p_authentication_id in number default null, p_populate_roles in varchar2 default 'R', p_application_tab_set in number default null, p_logo_type in varchar2 default null, p_logo in varchar2 default null, p_logo_text in varchar2 default null, p_public_user in varchar2 default null, p_proxy_server in varchar2 default null, p_no_proxy_domains in varchar2 default null, p_flow_version in varchar2 default null, p_flow_status in varchar2 default null, p_flow_unavailable_text in varchar2 default null, p_restrict_to_user_list in varchar2 default null, p_exact_substitutions_only in varchar2 default null, p_browser_cache in varchar2 default null, p_browser_frame in varchar2 default null, p_rejoin_existing_sessions in varchar2 default null, p_csv_encoding in varchar2 default null, p_auto_time_zone in varchar2 default null, p_build_status in varchar2 default null, p_theme_id in number default null, p_substitution_string_01 in varchar2 default null, p_substitution_value_01 in varchar2 default null, p_substitution_string_02 in varchar2 default null, p_substitution_value_02 in varchar2 default null, p_substitution_string_03 in varchar2 default null, p_substitution_value_03 in varchar2 default null, p_substitution_string_04 in varchar2 default null, p_substitution_value_04 in varchar2 default null, p_last_updated_by in varchar2 default null, p_last_upd_yyyymmddhh24miss in varchar2 default null, p_file_prefix in varchar2 default null, p_files_version in number default null, p_version_scn in number default null, p_print_server_type in varchar2 default null, p_file_storage in varchar2 default null, p_is_pwa in varchar2 default null) is
  begin
    wwv_flow_imp.create_flow(p_id => p_id, p_owner => p_owner, p_name => p_name, p_alias => p_alias, p_application_group => p_application_group, p_application_group_name => p_application_group_name, p_page_view_logging => p_page_view_logging, p_page_protection_enabled_y_n => p_page_protection_enabled_y_n, p_checksum_salt => p_checksum_salt, p_bookmark_checksum_function => p_bookmark_checksum_function, p_accept_old_checksums => p_accept_old_checksums, p_max_session_length_sec => p_max_session_length_sec, p_max_session_idle_sec => p_max_session_idle_sec, p_compatibility_mode => p_compatibility_mode, p_accessible_read_only => p_accessible_read_only, p_session_state_commits => p_session_state_commits, p_flow_language => p_flow_language, p_flow_language_derived_from => p_flow_language_derived_from, p_allow_feedback_yn => p_allow_feedback_yn, p_date_format => p_date_format, p_date_time_format => p_date_time_format, p_timestamp_format => p_timestamp_format, p_timestamp_tz_format => p_timestamp_tz_format, p_direction_right_to_left => p_direction_right_to_left, p_flow_image_prefix => p_flow_image_prefix, p_documentation_banner => p_documentation_banner, p_authentication_id => p_authentication_id, p_populate_roles => p_populate_roles, p_application_tab_set => p_application_tab_set, p_logo_type => p_logo_type, p_logo => p_logo, p_logo_text => p_logo_text, p_public_user => p_public_user, p_proxy_server => p_proxy_server, p_no_proxy_domains => p_no_proxy_domains, p_flow_version => p_flow_version, p_flow_status => p_flow_status, p_flow_unavailable_text => p_flow_unavailable_text, p_restrict_to_user_list => p_restrict_to_user_list, p_exact_substitutions_only => p_exact_substitutions_only, p_browser_cache => p_browser_cache, p_browser_frame => p_browser_frame, p_rejoin_existing_sessions => p_rejoin_existing_sessions, p_csv_encoding => p_csv_encoding, p_auto_time_zone => p_auto_time_zone, p_build_status => p_build_status, p_theme_id => p_theme_id, p_substitution_string_01 => p_substitution_string_01, p_substitution_value_01 => p_substitution_value_01, p_substitution_string_02 => p_substitution_string_02, p_substitution_value_02 => p_substitution_value_02, p_substitution_string_03 => p_substitution_string_03, p_substitution_value_03 => p_substitution_value_03, p_substitution_string_04 => p_substitution_string_04, p_substitution_value_04 => p_substitution_value_04, p_last_updated_by => p_last_updated_by, p_last_upd_yyyymmddhh24miss => p_last_upd_yyyymmddhh24miss, p_file_prefix => p_file_prefix, p_files_version => p_files_version, p_version_scn => p_version_scn, p_print_server_type => p_print_server_type, p_file_storage => p_file_storage, p_is_pwa => p_is_pwa);
  end;
end;
/
}create package apex_240200.wwv_flow_imp_shared authid current_user as
  procedure create_authentication(p_id in number, p_name in varchar2, p_scheme_type in varchar2, p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null, p_invalid_session_type in varchar2 default null, p_invalid_session_url in varchar2 default null, p_logout_url in varchar2 default null, p_cookie_name in varchar2 default null, p_use_secure_cookie_yn in varchar2 default null, p_ras_mode in number default null, p_comments in varchar2 default null, p_version_scn in number default null);
  procedure create_security_scheme(p_id in number, p_name in varchar2, p_scheme_type in varchar2, p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null, p_error_message in varchar2 default null, p_caching in varchar2 default null, p_reference_id in number default null, p_comments in varchar2 default null, p_version_scn in number default null);
  procedure create_acl_role(p_id in number, p_static_id in varchar2, p_name in varchar2, p_description in varchar2 default null, p_version_scn in number default null);
  procedure create_acl_user_role(p_id in number default null, p_user_name in varchar2, p_role_id in number);
  procedure create_app_static_file(p_id in number default null, p_file_name in varchar2, p_mime_type in varchar2, p_file_charset in varchar2 default null, p_file_content in blob);
  procedure create_workspace_static_file(p_id in number default null, p_file_name in varchar2, p_mime_type in varchar2, p_file_charset in varchar2 default null, p_file_content in blob);
  procedure create_install(p_id in number, p_welcome_message in varchar2 default null, p_license_message in varchar2 default null, p_configuration_message in varchar2 default null, p_build_options_message in varchar2 default null, p_validation_message in varchar2 default null, p_install_message in varchar2 default null, p_install_success_message in varchar2 default null, p_install_failure_message in varchar2 default null, p_deinstall_message in varchar2 default null, p_deinstall_script_clob in clob default null, p_required_free_kb in number default null, p_required_sys_privs in varchar2 default null);
  procedure create_install_script(p_id in number, p_install_id in number, p_name in varchar2, p_sequence in number, p_script_type in varchar2 default 'INSTALL', p_script_clob in clob default null);
  procedure append_to_install_script(p_id in number, p_script_clob in clob);
end;
/
create package body apex_240200.wwv_flow_imp_shared as
  procedure create_authentication(p_id in number, p_name in varchar2, p_scheme_type in varchar2, p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null, p_invalid_session_type in varchar2 default null, p_invalid_session_url in varchar2 default null, p_logout_url in varchar2 default null, p_cookie_name in varchar2 default null, p_use_secure_cookie_yn in varchar2 default null, p_ras_mode in number default null, p_comments in varchar2 default null, p_version_scn in number default null) is
    l_flow number := wwv_flow.g_flow_id;
    l_current varchar2(1) := case when p_id = wwv_flow_imp.g_authentication_id then 'Y' else 'N' end;
  begin
    insert into auth$ (auth_id, application_id, name, scheme_type_code, scheme_type, is_current, logout_url, attribute_01, attribute_02, attribute_03, attribute_04, attribute_05, attribute_06, attribute_07, attribute_08, attribute_09, attribute_10, attribute_11, attribute_12, attribute_13, attribute_14, attribute_15)
    values (p_id, l_flow, p_name, p_scheme_type,
      case p_scheme_type when 'NATIVE_APEX_ACCOUNTS' then 'Oracle APEX Accounts' when 'NATIVE_SOCIAL' then 'Social Sign-In' when 'NATIVE_CUSTOM' then 'Custom' when 'NATIVE_DB_ACCOUNTS' then 'Database Accounts' when 'NATIVE_LDAP' then 'LDAP Directory' when 'NATIVE_SAML' then 'SAML Sign-In' else p_scheme_type end,
      l_current, p_logout_url, p_attribute_01, p_attribute_02, p_attribute_03, p_attribute_04, p_attribute_05, p_attribute_06, p_attribute_07, p_attribute_08, p_attribute_09, p_attribute_10, p_attribute_11, p_attribute_12, p_attribute_13, p_attribute_14, p_attribute_15);
  end;
  procedure create_security_scheme(p_id in number, p_name in varchar2, p_scheme_type in varchar2, p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null, p_error_message in varchar2 default null, p_caching in varchar2 default null, p_reference_id in number default null, p_comments in varchar2 default null, p_version_scn in number default null) is
    l_flow number := wwv_flow.g_flow_id;
  begin
    insert into authorization$ (authorization_id, application_id, name, scheme_type_code, scheme_type, error_message, caching, attribute_01, attribute_02, attribute_03, attribute_04, attribute_05, attribute_06, attribute_07, attribute_08, attribute_09, attribute_10, attribute_11, attribute_12, attribute_13, attribute_14, attribute_15)
    values (p_id, l_flow, p_name, p_scheme_type,
      case p_scheme_type when 'NATIVE_IS_IN_GROUP' then 'Is In Role or Group' when 'NATIVE_FUNCTION_BODY' then 'PL/SQL Function Returning Boolean' when 'NATIVE_EXISTS' then 'Exists SQL Query' else p_scheme_type end,
      p_error_message,
      case p_caching when 'BY_USER_BY_SESSION' then 'Once per session' when 'BY_USER_BY_PAGE_VIEW' then 'Once per page view' when 'BY_COMPONENT' then 'Once per component' when 'NOCACHE' then 'Always (No Caching)' else p_caching end, p_attribute_01, p_attribute_02, p_attribute_03, p_attribute_04, p_attribute_05, p_attribute_06, p_attribute_07, p_attribute_08, p_attribute_09, p_attribute_10, p_attribute_11, p_attribute_12, p_attribute_13, p_attribute_14, p_attribute_15);
  end;
  procedure create_acl_role(p_id in number, p_static_id in varchar2, p_name in varchar2, p_description in varchar2 default null, p_version_scn in number default null) is
    l_flow number := wwv_flow.g_flow_id;
  begin
    insert into acl_role$ (role_id, application_id, name, static_id, description) values (p_id, l_flow, p_name, p_static_id, p_description);
  end;
  procedure create_acl_user_role(p_id in number default null, p_user_name in varchar2, p_role_id in number) is
    l_flow number := wwv_flow.g_flow_id;
  begin
    insert into acl_user_role$ (application_id, user_name, role_id) values (l_flow, upper(p_user_name), p_role_id);
  end;
  procedure create_app_static_file(p_id in number default null, p_file_name in varchar2, p_mime_type in varchar2, p_file_charset in varchar2 default null, p_file_content in blob) is
    l_flow number := wwv_flow.g_flow_id;
  begin
    delete from app_file$ where application_id = l_flow and file_name = p_file_name;
    if p_id is null then
      insert into app_file$ (application_id, file_name, mime_type, file_charset, content) values (l_flow, p_file_name, p_mime_type, p_file_charset, p_file_content);
    else
      insert into app_file$ (file_id, application_id, file_name, mime_type, file_charset, content) values (p_id, l_flow, p_file_name, p_mime_type, p_file_charset, p_file_content);
    end if;
  end;
  procedure create_workspace_static_file(p_id in number default null, p_file_name in varchar2, p_mime_type in varchar2, p_file_charset in varchar2 default null, p_file_content in blob) is
    l_workspace number := nvl(to_number(sys_context('APEX$SESSION', 'WORKSPACE_ID')), wwv_flow_imp.g_workspace_id);
  begin
    if l_workspace is null then
      raise_application_error(-20001, 'Package variable g_security_group_id must be set.');
    end if;
    delete from workspace_file$ where workspace_id = l_workspace and file_name = p_file_name;
    insert into workspace_file$ (workspace_id, file_name, mime_type, file_charset, content) values (l_workspace, p_file_name, p_mime_type, p_file_charset, p_file_content);
  end;
  procedure create_install(p_id in number, p_welcome_message in varchar2 default null, p_license_message in varchar2 default null, p_configuration_message in varchar2 default null, p_build_options_message in varchar2 default null, p_validation_message in varchar2 default null, p_install_message in varchar2 default null, p_install_success_message in varchar2 default null, p_install_failure_message in varchar2 default null, p_deinstall_message in varchar2 default null, p_deinstall_script_clob in clob default null, p_required_free_kb in number default null, p_required_sys_privs in varchar2 default null) is
    l_flow number := wwv_flow.g_flow_id;
  begin
    insert into install$ (install_id, application_id, welcome_message, deinstall_script) values (p_id, l_flow, p_welcome_message, p_deinstall_script_clob);
  end;
  procedure create_install_script(p_id in number, p_install_id in number, p_name in varchar2, p_sequence in number, p_script_type in varchar2 default 'INSTALL', p_script_clob in clob default null) is
  begin
    insert into install_script$ (script_id, install_id, name, sequence, script_type, script) values (p_id, p_install_id, p_name, p_sequence, p_script_type, p_script_clob);
  end;
  procedure append_to_install_script(p_id in number, p_script_clob in clob) is
  begin
    update install_script$ set script = script || p_script_clob where script_id = p_id;
  end;
end;
/
create package apex_240200.wwv_flow_imp_page authid current_user as
  g_page_id number;
  procedure create_page(p_id in number, p_name in varchar2, p_alias in varchar2 default null, p_page_mode in varchar2 default 'NORMAL', p_step_title in varchar2 default null, p_warn_on_unsaved_changes in varchar2 default null, p_first_item in varchar2 default null, p_autocomplete_on_off in varchar2 default null, p_group_id in number default null, p_javascript_code in clob default null, p_inline_css in clob default null, p_step_template in number default null, p_page_template_options in varchar2 default null, p_required_role in number default null, p_protection_level in varchar2 default null, p_page_component_map in varchar2 default null, p_help_text in varchar2 default null, p_last_updated_by in varchar2 default null, p_last_upd_yyyymmddhh24miss in varchar2 default null);
  procedure remove_page(p_flow_id in number, p_page_id in number);
  procedure create_page_plug(p_id in number, p_plug_name in varchar2, p_region_template_options in varchar2 default null, p_plug_template in number default null, p_plug_display_sequence in number default null, p_plug_display_point in varchar2 default null, p_location in varchar2 default null, p_query_type in varchar2 default null, p_query_table in varchar2 default null, p_plug_source in clob default null, p_plug_source_type in varchar2 default 'NATIVE_STATIC', p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null);
  procedure create_page_item(p_id in number, p_name in varchar2, p_item_sequence in number default null, p_item_plug_id in number default null, p_prompt in varchar2 default null, p_source in varchar2 default null, p_source_type in varchar2 default null, p_display_as in varchar2 default 'NATIVE_TEXT_FIELD', p_item_template_options in varchar2 default null, p_protection_level in varchar2 default null, p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null);
  procedure create_page_process(p_id in number, p_process_sequence in number default null, p_process_point in varchar2 default null, p_region_id in number default null, p_process_type in varchar2, p_process_name in varchar2, p_process_sql_clob in clob default null, p_process_clob_language in varchar2 default null, p_error_display_location in varchar2 default null, p_process_when_button_id in number default null, p_internal_uid in number default null, p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null);
end;
/
create package body apex_240200.wwv_flow_imp_page as
  procedure create_page(p_id in number, p_name in varchar2, p_alias in varchar2 default null, p_page_mode in varchar2 default 'NORMAL', p_step_title in varchar2 default null, p_warn_on_unsaved_changes in varchar2 default null, p_first_item in varchar2 default null, p_autocomplete_on_off in varchar2 default null, p_group_id in number default null, p_javascript_code in clob default null, p_inline_css in clob default null, p_step_template in number default null, p_page_template_options in varchar2 default null, p_required_role in number default null, p_protection_level in varchar2 default null, p_page_component_map in varchar2 default null, p_help_text in varchar2 default null, p_last_updated_by in varchar2 default null, p_last_upd_yyyymmddhh24miss in varchar2 default null) is
    l_flow number := wwv_flow.g_flow_id;
  begin
    g_page_id := p_id;
    insert into page$ (application_id, page_id, name, alias, title, page_mode, required_role, javascript, inline_css) values (l_flow, p_id, p_name, p_alias, p_step_title, p_page_mode, p_required_role, p_javascript_code, p_inline_css);
  end;
  procedure remove_page(p_flow_id in number, p_page_id in number) is
  begin
    delete from region$ where application_id = p_flow_id and page_id = p_page_id;
    delete from item$ where application_id = p_flow_id and page_id = p_page_id;
    delete from process$ where application_id = p_flow_id and page_id = p_page_id;
    delete from page$ where application_id = p_flow_id and page_id = p_page_id;
  end;
  procedure create_page_plug(p_id in number, p_plug_name in varchar2, p_region_template_options in varchar2 default null, p_plug_template in number default null, p_plug_display_sequence in number default null, p_plug_display_point in varchar2 default null, p_location in varchar2 default null, p_query_type in varchar2 default null, p_query_table in varchar2 default null, p_plug_source in clob default null, p_plug_source_type in varchar2 default 'NATIVE_STATIC', p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null) is
    l_flow number := wwv_flow.g_flow_id;
    l_page number := g_page_id;
  begin
    insert into region$ (region_id, application_id, page_id, name, sequence, source_type, query_type, table_name, source) values (p_id, l_flow, l_page, p_plug_name, p_plug_display_sequence, p_plug_source_type, p_query_type, p_query_table, p_plug_source);
  end;
  procedure create_page_item(p_id in number, p_name in varchar2, p_item_sequence in number default null, p_item_plug_id in number default null, p_prompt in varchar2 default null, p_source in varchar2 default null, p_source_type in varchar2 default null, p_display_as in varchar2 default 'NATIVE_TEXT_FIELD', p_item_template_options in varchar2 default null, p_protection_level in varchar2 default null, p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null) is
    l_flow number := wwv_flow.g_flow_id;
    l_page number := g_page_id;
  begin
    insert into item$ (item_id, application_id, page_id, region_id, name, sequence, prompt, display_as) values (p_id, l_flow, l_page, p_item_plug_id, p_name, p_item_sequence, p_prompt, p_display_as);
  end;
  procedure create_page_process(p_id in number, p_process_sequence in number default null, p_process_point in varchar2 default null, p_region_id in number default null, p_process_type in varchar2, p_process_name in varchar2, p_process_sql_clob in clob default null, p_process_clob_language in varchar2 default null, p_error_display_location in varchar2 default null, p_process_when_button_id in number default null, p_internal_uid in number default null, p_attribute_01 in varchar2 default null, p_attribute_02 in varchar2 default null, p_attribute_03 in varchar2 default null, p_attribute_04 in varchar2 default null, p_attribute_05 in varchar2 default null, p_attribute_06 in varchar2 default null, p_attribute_07 in varchar2 default null, p_attribute_08 in varchar2 default null, p_attribute_09 in varchar2 default null, p_attribute_10 in varchar2 default null, p_attribute_11 in varchar2 default null, p_attribute_12 in varchar2 default null, p_attribute_13 in varchar2 default null, p_attribute_14 in varchar2 default null, p_attribute_15 in varchar2 default null) is
    l_flow number := wwv_flow.g_flow_id;
    l_page number := g_page_id;
  begin
    insert into process$ (process_id, application_id, page_id, sequence, point, process_type, name, source) values (p_id, l_flow, l_page, p_process_sequence, p_process_point, p_process_type, p_process_name, p_process_sql_clob);
  end;
end;
/
create package apex_240200.wwv_flow_fnd_user_api authid current_user as
  procedure create_company(p_id in number, p_provisioning_company_id in number, p_short_name in varchar2, p_display_name in varchar2 default null, p_first_schema_provisioned in varchar2, p_company_schemas in varchar2 default null, p_account_status in varchar2 default null, p_allow_plsql_editing in varchar2 default null, p_allow_app_building_yn in varchar2 default null, p_allow_packaged_app_ins_yn in varchar2 default null, p_allow_sql_workshop_yn in varchar2 default null, p_allow_team_development_yn in varchar2 default null, p_allow_to_be_purged_yn in varchar2 default null, p_allow_restful_services_yn in varchar2 default null, p_source_identifier in varchar2 default null, p_webservice_logging_yn in varchar2 default null, p_path_prefix in varchar2 default null, p_files_version in number default null, p_is_extension_yn in varchar2 default null, p_env_banner_yn in varchar2 default null, p_env_banner_pos in varchar2 default null);
  procedure create_user_group(p_id in number, p_group_name in varchar2, p_security_group_id in number, p_group_desc in varchar2 default null);
  procedure create_fnd_user(p_user_id in varchar2, p_user_name in varchar2, p_first_name in varchar2 default null, p_last_name in varchar2 default null, p_description in varchar2 default null, p_email_address in varchar2 default null, p_web_password in varchar2 default null, p_web_password_format in varchar2 default 'CLEAR_TEXT', p_group_ids in varchar2 default null, p_developer_privs in varchar2 default null, p_default_schema in varchar2 default null, p_account_locked in varchar2 default 'N', p_account_expiry in date default null, p_failed_access_attempts in number default 0, p_change_password_on_first_use in varchar2 default 'Y', p_first_password_use_occurred in varchar2 default 'N', p_allow_app_building_yn in varchar2 default null, p_allow_sql_workshop_yn in varchar2 default null, p_allow_team_development_yn in varchar2 default null, p_allow_access_to_schemas in varchar2 default null);
end;
/
create package body apex_240200.wwv_flow_fnd_user_api as
  procedure create_company(p_id in number, p_provisioning_company_id in number, p_short_name in varchar2, p_display_name in varchar2 default null, p_first_schema_provisioned in varchar2, p_company_schemas in varchar2 default null, p_account_status in varchar2 default null, p_allow_plsql_editing in varchar2 default null, p_allow_app_building_yn in varchar2 default null, p_allow_packaged_app_ins_yn in varchar2 default null, p_allow_sql_workshop_yn in varchar2 default null, p_allow_team_development_yn in varchar2 default null, p_allow_to_be_purged_yn in varchar2 default null, p_allow_restful_services_yn in varchar2 default null, p_source_identifier in varchar2 default null, p_webservice_logging_yn in varchar2 default null, p_path_prefix in varchar2 default null, p_files_version in number default null, p_is_extension_yn in varchar2 default null, p_env_banner_yn in varchar2 default null, p_env_banner_pos in varchar2 default null) is
    l_rest varchar2(32767) := p_company_schemas || ':';
    l_at number;
    l_name varchar2(128);
  begin
    apex_instance_admin.add_workspace(p_workspace_id => p_provisioning_company_id, p_workspace => p_short_name, p_primary_schema => p_first_schema_provisioned);
    update workspace$ set display_name = nvl(p_display_name, display_name), path_prefix = nvl(p_path_prefix, path_prefix) where workspace_id = p_provisioning_company_id;
    loop
      l_at := instr(l_rest, ':');
      exit when l_at = 0 or l_rest is null;
      l_name := substr(l_rest, 1, l_at - 1);
      if l_name is not null and l_name <> p_first_schema_provisioned then
        apex_instance_admin.add_schema(p_short_name, l_name);
      end if;
      l_rest := substr(l_rest, l_at + 1);
    end loop;
    wwv_flow_imp.set_security_group_id(p_provisioning_company_id);
  end;
  procedure create_user_group(p_id in number, p_group_name in varchar2, p_security_group_id in number, p_group_desc in varchar2 default null) is
  begin
    null;
  end;
  procedure create_fnd_user(p_user_id in varchar2, p_user_name in varchar2, p_first_name in varchar2 default null, p_last_name in varchar2 default null, p_description in varchar2 default null, p_email_address in varchar2 default null, p_web_password in varchar2 default null, p_web_password_format in varchar2 default 'CLEAR_TEXT', p_group_ids in varchar2 default null, p_developer_privs in varchar2 default null, p_default_schema in varchar2 default null, p_account_locked in varchar2 default 'N', p_account_expiry in date default null, p_failed_access_attempts in number default 0, p_change_password_on_first_use in varchar2 default 'Y', p_first_password_use_occurred in varchar2 default 'N', p_allow_app_building_yn in varchar2 default null, p_allow_sql_workshop_yn in varchar2 default null, p_allow_team_development_yn in varchar2 default null, p_allow_access_to_schemas in varchar2 default null) is
    l_workspace number := wwv_flow_imp.g_workspace_id;
    l_password varchar2(255) := p_web_password;
  begin
    if p_web_password_format = 'CLEAR_TEXT' then
      l_password := sys.kernel.hash_password(upper(p_user_name), p_web_password);
    end if;
    insert into user$ (workspace_id, user_name, first_name, last_name, email, description, web_password, developer_privs, default_schema, account_locked, account_expiry, failed_access_attempts, change_password, first_password_use)
    values (l_workspace, upper(p_user_name), p_first_name, p_last_name, p_email_address, p_description, l_password, p_developer_privs, p_default_schema, p_account_locked, p_account_expiry, p_failed_access_attempts, p_change_password_on_first_use, p_first_password_use_occurred);
  exception
    when dup_val_on_index then
      raise_application_error(-20987, 'APEX - User ' || p_user_name || ' already exists. - Contact your application administrator.');
  end;
end;
/
