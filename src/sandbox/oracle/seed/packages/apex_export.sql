-- APEX_EXPORT: an application or a workspace as the script that makes it again.
create package apex_240200.wwv_flow_export_api authid current_user as
  c_type_application_source constant varchar2(30) := 'APPLICATION_SOURCE';
  c_type_embedded_code constant varchar2(30) := 'EMBEDDED_CODE';
  c_type_checksum_sha1 constant varchar2(30) := 'CHECKSUM-SH1';
  c_type_checksum_sha256 constant varchar2(30) := 'CHECKSUM-SH256';
  c_type_readable_yaml constant varchar2(30) := 'READABLE_YAML';
  function get_application(p_application_id in number, p_type in varchar2 default 'APPLICATION_SOURCE', p_split in boolean default false, p_with_date in boolean default false, p_with_ir_public_reports in boolean default false, p_with_ir_private_reports in boolean default false, p_with_ir_notifications in boolean default false, p_with_translations in boolean default false, p_with_pkg_app_mapping in boolean default false, p_with_original_ids in boolean default false, p_with_no_subscriptions in boolean default false, p_with_comments in boolean default false, p_with_supporting_objects in varchar2 default null, p_with_acl_assignments in boolean default false, p_components in wwv_flow_t_varchar2 default null{24.2:, p_with_audit_info in varchar2 default null, p_with_runtime_instances in wwv_flow_t_varchar2 default null}) return wwv_flow_t_export_files;
  function get_workspace_files(p_workspace_id in number, p_with_date in boolean default false) return wwv_flow_t_export_files;
  function get_workspace(p_workspace_id in number, p_with_date in boolean default false, p_with_team_development in boolean default false, p_with_misc in boolean default false) return wwv_flow_t_export_files;
  function zip(p_source_files in wwv_flow_t_export_files, p_extra_files in wwv_flow_t_export_files default wwv_flow_t_export_files()) return blob;
  function unzip(p_source_zip in blob) return wwv_flow_t_export_files;
  -- The statements that fill g_varchar2_table with a file's bytes or a text.
  function hex_lines(p_content in blob) return clob;
  function text_lines(p_content in clob) return clob;
end;
/
create package body apex_240200.wwv_flow_export_api as
  g_files wwv_flow_t_export_files;
  g_split boolean;
  g_begin varchar2(4000);
  g_date varchar2(200);
  -- One line as a literal; what is not ASCII in the form for any character set.
  function line_lit(p_line in varchar2) return varchar2 is
    l_text varchar2(32767) := '''' || replace(p_line, '''', '''''') || '''';
  begin
    if lengthb(l_text) > length(l_text) then
      return 'unistr(' || asciistr(l_text) || ')';
    end if;
    return l_text;
  end;
  function lit(p_text in varchar2) return varchar2 is
    l_lines varchar2(32767);
    l_at number := 1;
    l_end number;
  begin
    if nvl(instr(p_text, chr(10)), 0) = 0 then
      return line_lit(p_text);
    end if;
    loop
      l_end := instr(p_text, chr(10), l_at);
      l_lines := l_lines || case when l_at > 1 then ',' || chr(10) end || line_lit(substr(p_text, l_at, case when l_end = 0 then length(p_text) else l_end - l_at end));
      exit when l_end = 0;
      l_at := l_end + 1;
    end loop;
    return 'wwv_flow_string.join(wwv_flow_t_varchar2(' || chr(10) || l_lines || '))';
  end;
  function arg(p_name in varchar2, p_text in varchar2) return varchar2 is
  begin
    return case when p_text is not null then ',p_' || p_name || '=>' || lit(p_text) || chr(10) end;
  end;
  function narg(p_name in varchar2, p_number in number) return varchar2 is
  begin
    return case when p_number is not null then ',p_' || p_name || '=>' || to_char(p_number) || chr(10) end;
  end;
  function ident(p_id in number) return varchar2 is
  begin
    return case when p_id is not null then 'wwv_flow_imp.id(' || to_char(p_id) || ')' end;
  end;
  function slug(p_name in varchar2) return varchar2 is
  begin
    return lower(regexp_replace(p_name, '[^A-Za-z0-9]+', '_'));
  end;
  -- One component: a part of the one file, or a file of its own.
  procedure add(p_path in varchar2, p_calls in clob, p_bare in boolean default false) is
    l_text clob;
  begin
    if p_bare then
      l_text := p_calls;
    else
      l_text := 'prompt --' || p_path || chr(10) || 'begin' || chr(10)
        || case when g_split then 'wwv_flow_imp.component_begin (' || chr(10) || g_begin || ');' || chr(10) end
        || p_calls
        || case when g_split then 'wwv_flow_imp.component_end;' || chr(10) end
        || 'end;' || chr(10) || '/' || chr(10);
    end if;
    g_files.extend;
    g_files(g_files.count) := wwv_flow_t_export_file(p_path || '.sql', l_text);
  end;
  function collected(p_folder in varchar2, p_name in varchar2) return wwv_flow_t_export_files is
    l_all wwv_flow_t_export_files := wwv_flow_t_export_files();
    l_text clob;
  begin
    if not g_split then
      for i in 1 .. g_files.count loop
        l_text := l_text || g_files(i).contents;
      end loop;
      return wwv_flow_t_export_files(wwv_flow_t_export_file(p_name, l_text));
    end if;
    l_text := 'prompt --install' || chr(10);
    for i in 1 .. g_files.count loop
      l_text := l_text || '@@' || g_files(i).name || chr(10);
      l_all.extend;
      l_all(l_all.count) := wwv_flow_t_export_file(p_folder || '/' || g_files(i).name, g_files(i).contents);
    end loop;
    l_all.extend;
    l_all(l_all.count) := wwv_flow_t_export_file(p_folder || '/install.sql', l_text);
    return l_all;
  end;
  function header(p_what in varchar2) return clob is
  begin
    return 'set define off verify off feedback off' || chr(10) || 'whenever sqlerror exit sql.sqlcode rollback' || chr(10)
      || rpad('-', 80, '-') || chr(10) || '--' || chr(10) || '-- Oracle APEX export file' || chr(10) || '--' || chr(10)
      || '-- Run it as the parsing schema or as a user with APEX_ADMINISTRATOR_ROLE.' || chr(10) || '--' || chr(10) || rpad('-', 80, '-') || chr(10) || p_what;
  end;
  function footer return clob is
  begin
    return 'set verify on feedback on define on' || chr(10) || 'prompt  ...done' || chr(10);
  end;
  procedure export_shared(p_id in number, p_acl in boolean, p_supporting in varchar2) is
    l_text clob;
    l_part number;
  begin
    for x in (select * from auth$ where application_id = p_id order by auth_id) loop
      add('application/shared_components/security/authentications/' || slug(x.name), 'wwv_flow_imp_shared.create_authentication(' || chr(10) || ' p_id=>' || ident(x.auth_id) || chr(10) || arg('name', x.name) || arg('scheme_type', x.scheme_type_code) || arg('attribute_01', x.attribute_01) || arg('attribute_02', x.attribute_02) || arg('attribute_03', x.attribute_03) || arg('attribute_04', x.attribute_04) || arg('attribute_05', x.attribute_05) || arg('attribute_06', x.attribute_06) || arg('attribute_07', x.attribute_07) || arg('attribute_08', x.attribute_08) || arg('attribute_09', x.attribute_09) || arg('attribute_10', x.attribute_10) || arg('attribute_11', x.attribute_11) || arg('attribute_12', x.attribute_12) || arg('attribute_13', x.attribute_13) || arg('attribute_14', x.attribute_14) || arg('attribute_15', x.attribute_15) || arg('logout_url', x.logout_url) || ');' || chr(10));
    end loop;
    for x in (select * from authorization$ where application_id = p_id order by authorization_id) loop
      add('application/shared_components/security/authorizations/' || slug(x.name), 'wwv_flow_imp_shared.create_security_scheme(' || chr(10) || ' p_id=>' || ident(x.authorization_id) || chr(10) || arg('name', x.name) || arg('scheme_type', x.scheme_type_code) || arg('attribute_01', x.attribute_01) || arg('attribute_02', x.attribute_02) || arg('attribute_03', x.attribute_03) || arg('attribute_04', x.attribute_04) || arg('attribute_05', x.attribute_05) || arg('attribute_06', x.attribute_06) || arg('attribute_07', x.attribute_07) || arg('attribute_08', x.attribute_08) || arg('attribute_09', x.attribute_09) || arg('attribute_10', x.attribute_10) || arg('attribute_11', x.attribute_11) || arg('attribute_12', x.attribute_12) || arg('attribute_13', x.attribute_13) || arg('attribute_14', x.attribute_14) || arg('attribute_15', x.attribute_15) || arg('error_message', x.error_message)
        || arg('caching', case x.caching when 'Once per session' then 'BY_USER_BY_SESSION' when 'Once per page view' then 'BY_USER_BY_PAGE_VIEW' when 'Once per component' then 'BY_COMPONENT' when 'Always (No Caching)' then 'NOCACHE' else x.caching end) || ');' || chr(10));
    end loop;
    for x in (select * from acl_role$ where application_id = p_id order by role_id) loop
      l_text := 'wwv_flow_imp_shared.create_acl_role(' || chr(10) || ' p_id=>' || ident(x.role_id) || chr(10) || arg('static_id', x.static_id) || arg('name', x.name) || arg('description', x.description) || ');' || chr(10);
      if p_acl then
        for m in (select user_name from acl_user_role$ where role_id = x.role_id order by user_name) loop
          l_text := l_text || 'wwv_flow_imp_shared.create_acl_user_role(' || chr(10) || ' p_role_id=>' || ident(x.role_id) || chr(10) || arg('user_name', m.user_name) || ');' || chr(10);
        end loop;
      end if;
      add('application/shared_components/security/app_access_control/' || slug(x.name), l_text);
    end loop;
    for x in (select * from app_file$ where application_id = p_id order by file_name) loop
      add('application/shared_components/files/' || slug(x.file_name), hex_lines(x.content) || 'wwv_flow_imp_shared.create_app_static_file(' || chr(10) || ' p_id=>' || ident(x.file_id) || chr(10) || arg('file_name', x.file_name) || arg('mime_type', x.mime_type) || arg('file_charset', x.file_charset)
        || ',p_file_content => wwv_flow_imp.varchar2_to_blob(wwv_flow_imp.g_varchar2_table)' || chr(10) || ');' || chr(10));
    end loop;
  end;
  procedure export_pages(p_id in number) is
    l_text clob;
  begin
    for p in (select * from page$ where application_id = p_id order by page_id) loop
      l_text := case when p.javascript is not null then text_lines(p.javascript) end || 'wwv_flow_imp_page.create_page(' || chr(10) || ' p_id=>' || to_char(p.page_id) || chr(10) || arg('name', p.name) || arg('alias', p.alias) || arg('page_mode', p.page_mode) || arg('step_title', p.title)
        || case when p.javascript is not null then ',p_javascript_code=>wwv_flow_imp.varchar2_to_clob(wwv_flow_imp.g_varchar2_table)' || chr(10) end
        || case when p.required_role is not null then ',p_required_role=>' || ident(p.required_role) || chr(10) end || ');' || chr(10);
      for r in (select * from region$ where application_id = p_id and page_id = p.page_id order by sequence, region_id) loop
        l_text := l_text || case when r.source is not null then text_lines(r.source) end || 'wwv_flow_imp_page.create_page_plug(' || chr(10) || ' p_id=>' || ident(r.region_id) || chr(10) || arg('plug_name', r.name) || narg('plug_display_sequence', r.sequence) || arg('query_type', r.query_type) || arg('query_table', r.table_name)
          || case when r.source is not null then ',p_plug_source=>wwv_flow_imp.varchar2_to_clob(wwv_flow_imp.g_varchar2_table)' || chr(10) end || arg('plug_source_type', r.source_type) || ');' || chr(10);
      end loop;
      for i in (select * from item$ where application_id = p_id and page_id = p.page_id order by sequence, item_id) loop
        l_text := l_text || 'wwv_flow_imp_page.create_page_item(' || chr(10) || ' p_id=>' || ident(i.item_id) || chr(10) || arg('name', i.name) || narg('item_sequence', i.sequence)
          || case when i.region_id is not null then ',p_item_plug_id=>' || ident(i.region_id) || chr(10) end || arg('prompt', i.prompt) || arg('display_as', i.display_as) || ');' || chr(10);
      end loop;
      for c in (select * from process$ where application_id = p_id and page_id = p.page_id order by sequence, process_id) loop
        l_text := l_text || case when c.source is not null then text_lines(c.source) end || 'wwv_flow_imp_page.create_page_process(' || chr(10) || ' p_id=>' || ident(c.process_id) || chr(10) || narg('process_sequence', c.sequence) || arg('process_point', c.point) || arg('process_type', c.process_type) || arg('process_name', c.name)
          || case when c.source is not null then ',p_process_sql_clob=>wwv_flow_imp.varchar2_to_clob(wwv_flow_imp.g_varchar2_table)' || chr(10) end || ');' || chr(10);
      end loop;
      add('application/pages/page_' || lpad(to_char(p.page_id), 5, '0'), l_text);
    end loop;
  end;
  procedure export_supporting(p_id in number, p_auto in boolean) is
  begin
    for i in (select * from install$ where application_id = p_id) loop
      add('application/deployment/definition', case when i.deinstall_script is not null then text_lines(i.deinstall_script) end || 'wwv_flow_imp_shared.create_install(' || chr(10) || ' p_id=>' || ident(i.install_id) || chr(10) || arg('welcome_message', i.welcome_message)
        || case when i.deinstall_script is not null then ',p_deinstall_script_clob=>wwv_flow_imp.varchar2_to_clob(wwv_flow_imp.g_varchar2_table)' || chr(10) end || ');' || chr(10));
      for s in (select * from install_script$ where install_id = i.install_id order by sequence, script_id) loop
        add('application/deployment/install/' || lower(s.script_type) || '_' || slug(s.name), text_lines(s.script) || 'wwv_flow_imp_shared.create_install_script(' || chr(10) || ' p_id=>' || ident(s.script_id) || chr(10) || ',p_install_id=>' || ident(i.install_id) || chr(10) || arg('name', s.name) || narg('sequence', s.sequence) || arg('script_type', s.script_type)
          || ',p_script_clob=>wwv_flow_imp.varchar2_to_clob(wwv_flow_imp.g_varchar2_table)' || chr(10) || ');' || chr(10));
      end loop;
    end loop;
  end;
  procedure allow(p_workspace_id in number) is
    l_count number;
  begin
    select count(*) into l_count from visible$ where workspace_id = p_workspace_id;
    if l_count = 0 then
      raise_application_error(-20987, 'APEX - Workspace ' || p_workspace_id || ' not found. - Contact your application administrator.');
    end if;
  end;
  function get_application(p_application_id in number, p_type in varchar2 default 'APPLICATION_SOURCE', p_split in boolean default false, p_with_date in boolean default false, p_with_ir_public_reports in boolean default false, p_with_ir_private_reports in boolean default false, p_with_ir_notifications in boolean default false, p_with_translations in boolean default false, p_with_pkg_app_mapping in boolean default false, p_with_original_ids in boolean default false, p_with_no_subscriptions in boolean default false, p_with_comments in boolean default false, p_with_supporting_objects in varchar2 default null, p_with_acl_assignments in boolean default false, p_components in wwv_flow_t_varchar2 default null{24.2:, p_with_audit_info in varchar2 default null, p_with_runtime_instances in wwv_flow_t_varchar2 default null}) return wwv_flow_t_export_files is
    l_app application$%rowtype;
    l_version varchar2(20);
    l_release varchar2(20);
    l_current number;
    l_subs varchar2(32767);
    l_pages number;
  begin
    if p_type <> c_type_application_source or p_components is not null then
      raise_application_error(-20999, 'the sandbox exports whole applications as their source and nothing else');
    end if;
    begin
      select * into l_app from application$ where application_id = p_application_id and workspace_id in (select workspace_id from visible$);
    exception
      when no_data_found then
        raise_application_error(-20987, 'APEX - Application ' || p_application_id || ' not found. - Contact your application administrator.');
    end;
    select api_compatibility, version_no into l_version, l_release from apex_release;
    select max(auth_id) into l_current from auth$ where application_id = p_application_id and is_current = 'Y';
    select count(*) into l_pages from page$ where application_id = p_application_id;
    g_files := wwv_flow_t_export_files();
    g_split := nvl(p_split, false);
    g_begin := ' p_version_yyyy_mm_dd=>' || lit(l_version) || chr(10) || ',p_release=>' || lit(l_release) || chr(10) || ',p_default_workspace_id=>' || to_char(l_app.workspace_id) || chr(10) || ',p_default_application_id=>' || to_char(p_application_id) || chr(10) || ',p_default_id_offset=>0' || chr(10) || ',p_default_owner=>' || lit(l_app.owner) || chr(10);
    add('application/set_environment', 'prompt --application/set_environment' || chr(10) || header('begin' || chr(10) || 'wwv_flow_imp.import_begin (' || chr(10) || g_begin || ');' || chr(10) || 'end;' || chr(10) || '/' || chr(10) || ' ' || chr(10)
      || 'prompt APPLICATION ' || to_char(p_application_id) || ' - ' || l_app.name || chr(10) || '--' || chr(10) || '-- Application Export:' || chr(10) || '--   Application:     ' || to_char(p_application_id) || chr(10) || '--   Name:            ' || l_app.name || chr(10)
      || case when p_with_date then '--   Date and Time:   ' || to_char(sysdate, 'HH24:MI YYYY-MM-DD') || chr(10) end
      || '--   Exported By:     ' || user || chr(10) || '--   Export Type:     Application Export' || chr(10) || '--     Pages:         ' || lpad(to_char(l_pages), 11) || chr(10) || '--   Version:         ' || l_release || chr(10) || '--' || chr(10) || chr(10)), true);
    add('application/delete_application', 'wwv_flow_imp.remove_flow(wwv_flow.g_flow_id);' || chr(10));
    for s in (select place, name, value from substitution$ where application_id = p_application_id order by place) loop
      l_subs := l_subs || arg('substitution_string_0' || s.place, s.name) || arg('substitution_value_0' || s.place, s.value);
    end loop;
    add('application/create_application', '{24.2:wwv_imp_workspace}{23.1:wwv_flow_imp}.create_flow(' || chr(10) || ' p_id=>wwv_flow.g_flow_id' || chr(10)
      || ',p_owner=>nvl(wwv_flow_application_install.get_schema,' || lit(l_app.owner) || ')' || chr(10)
      || ',p_name=>nvl(wwv_flow_application_install.get_application_name,' || lit(l_app.name) || ')' || chr(10)
      || ',p_alias=>nvl(wwv_flow_application_install.get_application_alias,' || lit(l_app.alias) || ')' || chr(10)
      || arg('page_view_logging', 'YES') || arg('page_protection_enabled_y_n', 'Y') || arg('checksum_salt', l_app.checksum_salt) || arg('bookmark_checksum_function', 'SH512') || arg('compatibility_mode', l_app.compatibility_mode)
      || arg('flow_language', l_app.flow_language) || arg('flow_language_derived_from', 'FLOW_PRIMARY_LANGUAGE')
      || ',p_flow_image_prefix => nvl(wwv_flow_application_install.get_image_prefix,' || lit(l_app.image_prefix) || ')' || chr(10)
      || case when l_current is not null then ',p_authentication_id=>' || ident(l_current) || chr(10) end
      || case when l_app.populate_roles <> 'R' then arg('populate_roles', l_app.populate_roles) end
      || arg('logo_text', l_app.logo_text)
      || ',p_proxy_server=>nvl(wwv_flow_application_install.get_proxy,' || lit(l_app.proxy_server) || ')' || chr(10)
      || ',p_no_proxy_domains=>nvl(wwv_flow_application_install.get_no_proxy_domains,' || lit(l_app.no_proxy_domains) || ')' || chr(10)
      || arg('flow_version', l_app.version)
      || arg('flow_status', l_app.flow_status) || arg('flow_unavailable_text', l_app.unavailable_text) || arg('restrict_to_user_list', l_app.restrict_to_user_list)
      || arg('build_status', l_app.build_status)
      || narg('theme_id', l_app.theme_id) || l_subs || ');' || chr(10));
    export_shared(p_application_id, nvl(p_with_acl_assignments, false), p_with_supporting_objects);
    export_pages(p_application_id);
    if nvl(p_with_supporting_objects, 'Y') in ('Y', 'I') then
      export_supporting(p_application_id, p_with_supporting_objects = 'I');
    end if;
    add('application/end_environment', 'prompt --application/end_environment' || chr(10) || 'begin' || chr(10) || 'wwv_flow_imp.import_end(p_auto_install_sup_obj => nvl(wwv_flow_application_install.get_auto_install_sup_obj, '
      || case when p_with_supporting_objects = 'I' then 'true' else 'false' end || ')' || chr(10) || ');' || chr(10) || 'commit;' || chr(10) || 'end;' || chr(10) || '/' || chr(10) || footer, true);
    return collected('f' || to_char(p_application_id), 'f' || to_char(p_application_id) || '.sql');
  end;
  function workspace_begin(p_workspace_id in number, p_type in varchar2) return clob is
    l_version varchar2(20);
    l_release varchar2(20);
  begin
    allow(p_workspace_id);
    select api_compatibility, version_no into l_version, l_release from apex_release;
    return header('begin' || chr(10) || 'wwv_flow_imp.import_begin (' || chr(10) || ' p_version_yyyy_mm_dd=>' || lit(l_version) || chr(10) || ',p_default_workspace_id=>' || to_char(p_workspace_id) || chr(10) || ');' || chr(10) || 'end;' || chr(10) || '/' || chr(10)
      || 'prompt  WORKSPACE ' || to_char(p_workspace_id) || chr(10) || '--' || chr(10) || '-- ' || p_type || chr(10) || '--   Version:         ' || l_release || chr(10) || '--' || chr(10));
  end;
  function get_workspace_files(p_workspace_id in number, p_with_date in boolean default false) return wwv_flow_t_export_files is
    l_text clob := workspace_begin(p_workspace_id, 'Workspace Static Files Export');
  begin
    for f in (select * from workspace_file$ where workspace_id = p_workspace_id order by file_name) loop
      l_text := l_text || 'prompt --workspace/files/' || slug(f.file_name) || chr(10) || 'begin' || chr(10) || hex_lines(f.content) || 'wwv_flow_imp_shared.create_workspace_static_file(' || chr(10) || ' p_file_name=>' || lit(f.file_name) || chr(10) || arg('mime_type', f.mime_type) || arg('file_charset', f.file_charset)
        || ',p_file_content => wwv_flow_imp.varchar2_to_blob(wwv_flow_imp.g_varchar2_table)' || chr(10) || ');' || chr(10) || 'end;' || chr(10) || '/' || chr(10);
    end loop;
    l_text := l_text || 'begin' || chr(10) || 'wwv_flow_imp.import_end(p_auto_install_sup_obj => false);' || chr(10) || 'commit;' || chr(10) || 'end;' || chr(10) || '/' || chr(10) || footer;
    return wwv_flow_t_export_files(wwv_flow_t_export_file('files_' || to_char(p_workspace_id) || '.sql', l_text));
  end;
  function get_workspace(p_workspace_id in number, p_with_date in boolean default false, p_with_team_development in boolean default false, p_with_misc in boolean default false) return wwv_flow_t_export_files is
    l_text clob := workspace_begin(p_workspace_id, 'Workspace, User Group, User, and Team Development Export');
    l_schemas varchar2(4000);
    l_first varchar2(128);
  begin
    select listagg(schema_name, ':') within group (order by schema_name), max(case when is_first = 'Y' then schema_name end) into l_schemas, l_first from workspace_schema$ where workspace_id = p_workspace_id;
    l_text := l_text || 'begin' || chr(10) || '    wwv_flow_imp.set_security_group_id(p_security_group_id=>' || to_char(p_workspace_id) || ');' || chr(10) || 'end;' || chr(10) || '/' || chr(10);
    for w in (select * from workspace$ where workspace_id = p_workspace_id) loop
      l_text := l_text || 'prompt  Creating workspace ' || w.workspace || '...' || chr(10) || 'begin' || chr(10) || 'wwv_flow_fnd_user_api.create_company (' || chr(10) || ' p_id=>' || to_char(p_workspace_id + 1) || chr(10) || ',p_provisioning_company_id=>' || to_char(p_workspace_id) || chr(10)
        || arg('short_name', w.workspace) || arg('display_name', w.display_name) || arg('first_schema_provisioned', l_first) || arg('company_schemas', l_schemas) || arg('account_status', 'ASSIGNED') || arg('path_prefix', w.path_prefix) || ');' || chr(10) || 'end;' || chr(10) || '/' || chr(10);
    end loop;
    l_text := l_text || 'prompt  Creating Users...' || chr(10);
    for u in (select * from user$ where workspace_id = p_workspace_id order by user_name) loop
      l_text := l_text || 'begin' || chr(10) || 'wwv_flow_fnd_user_api.create_fnd_user (' || chr(10) || ' p_user_id=>' || lit(to_char(u.user_id)) || chr(10) || arg('user_name', u.user_name) || arg('first_name', u.first_name) || arg('last_name', u.last_name) || arg('description', u.description) || arg('email_address', u.email)
        || arg('web_password', u.web_password) || arg('web_password_format', '5;5;10000') || arg('developer_privs', u.developer_privs) || arg('default_schema', u.default_schema) || arg('account_locked', u.account_locked)
        || case when u.account_expiry is not null then ',p_account_expiry=>to_date(' || lit(to_char(u.account_expiry, 'YYYYMMDDHH24MI')) || ',''YYYYMMDDHH24MI'')' || chr(10) end
        || narg('failed_access_attempts', u.failed_access_attempts) || arg('change_password_on_first_use', u.change_password) || arg('first_password_use_occurred', u.first_password_use) || ');' || chr(10) || 'end;' || chr(10) || '/' || chr(10);
    end loop;
    l_text := l_text || 'begin' || chr(10) || 'wwv_flow_imp.import_end(p_auto_install_sup_obj => false);' || chr(10) || 'commit;' || chr(10) || 'end;' || chr(10) || '/' || chr(10) || footer;
    return wwv_flow_t_export_files(wwv_flow_t_export_file('w' || to_char(p_workspace_id) || '.sql', l_text));
  end;
end;
/
create public synonym wwv_flow for apex_240200.wwv_flow;
grant execute on apex_240200.wwv_flow to public;
create public synonym wwv_flow_string for apex_240200.wwv_flow_string;
grant execute on apex_240200.wwv_flow_string to public;
create public synonym wwv_flow_imp_parser for apex_240200.wwv_flow_imp_parser;
grant execute on apex_240200.wwv_flow_imp_parser to public;
create public synonym wwv_flow_imp for apex_240200.wwv_flow_imp;
grant execute on apex_240200.wwv_flow_imp to public;
{24.2:create public synonym wwv_imp_workspace for apex_240200.wwv_imp_workspace;
grant execute on apex_240200.wwv_imp_workspace to public;
}create public synonym wwv_flow_imp_shared for apex_240200.wwv_flow_imp_shared;
grant execute on apex_240200.wwv_flow_imp_shared to public;
create public synonym wwv_flow_imp_page for apex_240200.wwv_flow_imp_page;
grant execute on apex_240200.wwv_flow_imp_page to public;
create public synonym wwv_flow_fnd_user_api for apex_240200.wwv_flow_fnd_user_api;
grant execute on apex_240200.wwv_flow_fnd_user_api to public;
create public synonym wwv_flow_application_install for apex_240200.wwv_flow_application_install;
grant execute on apex_240200.wwv_flow_application_install to public;
create public synonym wwv_flow_export_api for apex_240200.wwv_flow_export_api;
grant execute on apex_240200.wwv_flow_export_api to public;
create public synonym apex_application_install for apex_240200.wwv_flow_application_install;
create public synonym apex_export for apex_240200.wwv_flow_export_api;
create public synonym apex_t_export_file for apex_240200.wwv_flow_t_export_file;
create public synonym apex_t_export_files for apex_240200.wwv_flow_t_export_files;
create public synonym wwv_flow_t_varchar2 for apex_240200.wwv_flow_t_varchar2;
grant execute on apex_240200.wwv_flow_t_export_file to public;
grant execute on apex_240200.wwv_flow_t_export_files to public;
