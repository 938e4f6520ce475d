-- APEX_APPLICATION_INSTALL: the settings of a session, and running an export's script.
-- No two sessions are given the same offset.
create sequence apex_240200.offset_seq start with 7301;
create package body apex_240200.wwv_flow_application_install as
  type t_texts is table of varchar2(4000) index by varchar2(255);
  g_workspace_id number;
  g_application_id number;
  g_schema varchar2(128);
  g_application_alias varchar2(255);
  g_proxy varchar2(255);
  g_no_proxy_domains varchar2(500);
  g_servers t_texts;
  g_source wwv_flow_t_export_files;
  g_application_name varchar2(255);
  g_image_prefix varchar2(255);
  g_auto_install_sup_obj boolean;
  g_keep_sessions boolean;
  g_authentication_scheme varchar2(255);
  g_build_status varchar2(255);
  g_static_app_file_prefix varchar2(255);
  g_theme_id number;
  g_pass_ecid varchar2(1);
  g_max_session_length_sec number;
  g_max_session_idle_sec number;
  g_offset number;
  procedure set_workspace_id(p_workspace_id in number) is
    l_count number;
  begin
    select count(*) into l_count from workspace$ where workspace_id = p_workspace_id;
    if l_count = 0 then
      raise_application_error(-20987, 'APEX - Workspace ' || p_workspace_id || ' not found. - Contact your application administrator.');
    end if;
    g_workspace_id := p_workspace_id;
  end;
  procedure set_workspace(p_workspace in varchar2) is
    l_id number := htmldb_util.find_security_group_id(p_workspace);
  begin
    if l_id is null then
      raise_application_error(-20987, 'APEX - Workspace ' || p_workspace || ' not found. - Contact your application administrator.');
    end if;
    g_workspace_id := l_id;
  end;
  function get_workspace_id return number is
  begin
    return g_workspace_id;
  end;
  procedure set_application_id(p_application_id in number) is
  begin
    check_application_id(p_application_id, nvl(g_workspace_id, to_number(sys_context('APEX$SESSION', 'WORKSPACE_ID'))));
    g_application_id := p_application_id;
  end;
  procedure generate_application_id is
    l_id number;
  begin
    select nvl(max(application_id), 99) + 1 into l_id from application$ where application_id < 3000;
    if l_id > 2999 then
      select nvl(max(application_id), 8999) + 1 into l_id from application$ where application_id > 8999;
    end if;
    g_application_id := l_id;
  end;
  function get_application_id return number is
  begin
    return g_application_id;
  end;
  procedure generate_offset is
  begin
    g_offset := offset_seq.nextval * 1000000000000 + trunc(sys.kernel.random * 1000000000);
  end;
  procedure set_schema(p_schema in varchar2) is
    l_count number;
    l_workspace number := nvl(g_workspace_id, to_number(sys_context('APEX$SESSION', 'WORKSPACE_ID')));
  begin
    select count(*) into l_count from sys.dba_users where username = upper(p_schema);
    if l_count = 0 then
      raise_application_error(-20987, 'APEX - Schema ' || p_schema || ' does not exist. - Contact your application administrator.');
    end if;
    if l_workspace is not null then
      select count(*) into l_count from workspace_schema$ where workspace_id = l_workspace and schema_name = upper(p_schema);
      if l_count = 0 then
        raise_application_error(-20987, 'APEX - Schema ' || p_schema || ' is not assigned to the workspace. - Contact your application administrator.');
      end if;
    end if;
    g_schema := upper(p_schema);
  end;
  function get_schema return varchar2 is
  begin
    return g_schema;
  end;
  procedure set_application_alias(p_application_alias in varchar2) is
  begin
    g_application_alias := upper(p_application_alias);
  end;
  function get_application_alias return varchar2 is
  begin
    return g_application_alias;
  end;
  procedure set_proxy(p_proxy in varchar2, p_no_proxy_domains in varchar2 default null) is
  begin
    g_proxy := p_proxy;
    g_no_proxy_domains := p_no_proxy_domains;
  end;
  function get_proxy return varchar2 is
  begin
    return g_proxy;
  end;
  function get_no_proxy_domains return varchar2 is
  begin
    return g_no_proxy_domains;
  end;
  procedure set_remote_server(p_static_id in varchar2, p_base_url in varchar2, p_https_host in varchar2 default null) is
  begin
    g_servers(p_static_id) := p_base_url;
  end;
  function get_remote_server_base_url(p_static_id in varchar2) return varchar2 is
  begin
    if g_servers.exists(p_static_id) then
      return g_servers(p_static_id);
    end if;
    return null;
  end;
  procedure set_application_name(p_application_name in varchar2) is
  begin
    g_application_name := p_application_name;
  end;
  function get_application_name return varchar2 is
  begin
    return g_application_name;
  end;
  procedure set_image_prefix(p_image_prefix in varchar2) is
  begin
    g_image_prefix := p_image_prefix;
  end;
  function get_image_prefix return varchar2 is
  begin
    return g_image_prefix;
  end;
  procedure set_auto_install_sup_obj(p_auto_install_sup_obj in boolean) is
  begin
    g_auto_install_sup_obj := p_auto_install_sup_obj;
  end;
  function get_auto_install_sup_obj return boolean is
  begin
    return g_auto_install_sup_obj;
  end;
  procedure set_keep_sessions(p_keep_sessions in boolean) is
  begin
    g_keep_sessions := p_keep_sessions;
  end;
  function get_keep_sessions return boolean is
  begin
    return g_keep_sessions;
  end;
  procedure set_authentication_scheme(p_name in varchar2) is
  begin
    g_authentication_scheme := p_name;
  end;
  function get_authentication_scheme return varchar2 is
  begin
    return g_authentication_scheme;
  end;
  procedure set_build_status(p_build_status in varchar2) is
  begin
    g_build_status := p_build_status;
  end;
  function get_build_status return varchar2 is
  begin
    return g_build_status;
  end;
  procedure set_static_app_file_prefix(p_prefix in varchar2) is
  begin
    g_static_app_file_prefix := p_prefix;
  end;
  function get_static_app_file_prefix return varchar2 is
  begin
    return g_static_app_file_prefix;
  end;
  procedure set_theme_id(p_theme_id in number) is
  begin
    g_theme_id := p_theme_id;
  end;
  function get_theme_id return number is
  begin
    return g_theme_id;
  end;
  procedure set_pass_ecid(p_pass_ecid in varchar2) is
  begin
    g_pass_ecid := p_pass_ecid;
  end;
  function get_pass_ecid return varchar2 is
  begin
    return g_pass_ecid;
  end;
  procedure set_max_session_length_sec(p_max_session_length_sec in number) is
  begin
    g_max_session_length_sec := p_max_session_length_sec;
  end;
  function get_max_session_length_sec return number is
  begin
    return g_max_session_length_sec;
  end;
  procedure set_max_session_idle_sec(p_max_session_idle_sec in number) is
  begin
    g_max_session_idle_sec := p_max_session_idle_sec;
  end;
  function get_max_session_idle_sec return number is
  begin
    return g_max_session_idle_sec;
  end;
  procedure set_offset(p_offset in number) is
  begin
    g_offset := p_offset;
  end;
  function get_offset return number is
  begin
    return g_offset;
  end;
  procedure clear_all is
  begin
    g_workspace_id := null;
    g_application_id := null;
    g_schema := null;
    g_application_alias := null;
    g_proxy := null;
    g_no_proxy_domains := null;
    g_servers.delete;
    g_source := null;
    g_application_name := null;
    g_image_prefix := null;
    g_auto_install_sup_obj := null;
    g_keep_sessions := null;
    g_authentication_scheme := null;
    g_build_status := null;
    g_static_app_file_prefix := null;
    g_theme_id := null;
    g_pass_ecid := null;
    g_max_session_length_sec := null;
    g_max_session_idle_sec := null;
    g_offset := null;
  end;
  -- What follows an opening quote up to the closing one, doubled quotes halved.
  function quoted(p_text in clob, p_before in varchar2) return varchar2 is
    l_at number := instr(p_text, p_before || '''');
    l_coded number := instr(p_text, p_before || 'unistr(''');
    l_end number;
    l_text varchar2(4000);
  begin
    if l_at = 0 and l_coded = 0 then
      return null;
    end if;
    l_at := case when l_at > 0 then l_at + length(p_before) else l_coded + length(p_before) + 7 end + 1;
    l_end := l_at;
    loop
      l_end := instr(p_text, '''', l_end);
      exit when substr(p_text, l_end + 1, 1) <> '''' or l_end = 0;
      l_end := l_end + 2;
    end loop;
    l_text := replace(substr(p_text, l_at, l_end - l_at), '''''', '''');
    return case when l_coded > 0 then unistr(l_text) else l_text end;
  end;
  function named(p_source in wwv_flow_t_export_files, p_ending in varchar2) return clob is
  begin
    for i in 1 .. p_source.count loop
      if p_source(i).name = p_ending or p_source(i).name like '%/' || p_ending then
        return p_source(i).contents;
      end if;
    end loop;
    return null;
  end;
  -- One script of what may be many files, as install.sql names them.
  function whole_script(p_source in wwv_flow_t_export_files) return clob is
    l_list clob;
    l_script clob;
    l_line varchar2(4000);
    l_part clob;
    l_at number := 1;
    l_end number;
  begin
    if p_source.count = 1 then
      return p_source(1).contents;
    end if;
    l_list := named(p_source, 'install.sql');
    if l_list is null then
      raise_application_error(-20001, 'WWV_FLOW_IMP_PARSER.RUN_STMT_ERROR: the source has no install.sql.');
    end if;
    loop
      l_end := instr(l_list, chr(10), l_at);
      l_line := trim(substr(l_list, l_at, case when l_end = 0 then 4000 else l_end - l_at end));
      if l_line like '@@%' then
        l_part := named(p_source, substr(l_line, 3));
        if l_part is null then
          raise_application_error(-20001, 'WWV_FLOW_IMP_PARSER.RUN_STMT_ERROR: the source has no file ' || substr(l_line, 3) || '.');
        end if;
        l_script := l_script || l_part || chr(10);
      end if;
      exit when l_end = 0;
      l_at := l_end + 1;
    end loop;
    return l_script;
  end;
  function read_info(p_script in clob) return t_file_info is
    l_info t_file_info;
    l_problem varchar2(4000) := wwv_flow_imp_parser.problem(p_script);
    l_count number;
    l_workspace number := nvl(g_workspace_id, to_number(sys_context('APEX$SESSION', 'WORKSPACE_ID')));
    l_alias varchar2(255);
    l_id number;
    -- What an export is of stands at its beginning.
    l_head varchar2(32767) := substr(p_script, 1, 8000);
  begin
    if l_problem is not null or instr(p_script, 'wwv_flow_imp.import_begin') = 0 then
      raise_application_error(-20001, 'WWV_FLOW_IMP_PARSER.RUN_STMT_ERROR: ' || nvl(l_problem, 'the source is no export.'));
    end if;
    l_info.version := quoted(p_script, 'p_version_yyyy_mm_dd=>');
    l_info.workspace_id := to_number(regexp_substr(l_head, 'p_default_workspace_id=>([0-9]+)', 1, 1, null, 1));
    l_info.app_id := to_number(regexp_substr(l_head, 'p_default_application_id=>([0-9]+)', 1, 1, null, 1));
    if l_info.app_id is null then
      l_info.file_type := c_file_type_workspace;
      return l_info;
    end if;
    l_info.file_type := c_file_type_app;
    l_info.app_owner := quoted(p_script, 'get_schema,');
    l_info.app_name := quoted(p_script, 'get_application_name,');
    l_info.app_alias := quoted(p_script, 'get_application_alias,');
    l_info.build_status := nvl(quoted(p_script, 'p_build_status=>'), 'RUN_AND_BUILD');
    l_info.has_install_script := instr(p_script, 'create_install_script(') > 0;
    l_info.app_id_usage := c_app_usage_not_used;
    l_info.app_alias_usage := c_app_usage_not_used;
    l_id := nvl(g_application_id, l_info.app_id);
    for a in (select workspace_id from application$ where application_id = l_id) loop
      l_info.app_id_usage := case when a.workspace_id = l_workspace then c_app_usage_current_workspace else c_app_usage_other_workspace end;
    end loop;
    l_alias := nvl(g_application_alias, l_info.app_alias);
    for a in (select workspace_id from application$ where alias = l_alias and application_id <> l_id) loop
      if a.workspace_id = l_workspace then
        l_info.app_alias_usage := c_app_usage_current_workspace;
      elsif l_info.app_alias_usage = c_app_usage_not_used then
        l_info.app_alias_usage := c_app_usage_other_workspace;
      end if;
    end loop;
    return l_info;
  end;
  function get_info(p_source in wwv_flow_t_export_files) return t_file_info is
  begin
    g_source := p_source;
    return read_info(whole_script(p_source));
  end;
  procedure install(p_source in wwv_flow_t_export_files default null, p_overwrite_existing in boolean default false) is
    l_source wwv_flow_t_export_files := p_source;
    l_script clob;
    l_info t_file_info;
    l_pieces wwv_flow_t_export_files;
  begin
    if l_source is null then
      l_source := g_source;
    end if;
    if l_source is null then
      raise_application_error(-20001, 'WWV_FLOW_IMP_PARSER.RUN_STMT_ERROR: there is no source.');
    end if;
    l_script := whole_script(l_source);
    l_info := read_info(l_script);
    if l_info.app_id_usage = c_app_usage_current_workspace and not nvl(p_overwrite_existing, false) then
      raise_application_error(-20987, 'APEX - APPLICATION_ID_RESERVED: application ID ' || nvl(g_application_id, l_info.app_id) || ' is in use in the current workspace. - Contact your application administrator.');
    end if;
    l_pieces := wwv_flow_imp_parser.pieces(l_script);
    for i in 1 .. l_pieces.count loop
      if l_pieces(i).name <> 'COMMAND' then
        execute immediate l_pieces(i).contents;
      end if;
    end loop;
  end;
  procedure remove_application(p_application_id in number) is
    l_workspace number := nvl(g_workspace_id, to_number(sys_context('APEX$SESSION', 'WORKSPACE_ID')));
    l_count number;
  begin
    if l_workspace is null then
      raise_application_error(-20001, 'Package variable g_security_group_id must be set.');
    end if;
    htmldb_util.set_security_group_id(l_workspace);
    select count(*) into l_count from application$ where application_id = p_application_id and workspace_id = l_workspace;
    if l_count = 0 then
      raise_application_error(-20987, 'APEX - Application ' || p_application_id || ' not found. - Contact your application administrator.');
    end if;
    delete from application$ where application_id = p_application_id;
  end;
end;
/
-- Not before 23.2.
{24.2:create package apex_240200.apex_application_admin authid current_user as
  procedure set_authentication_scheme(p_application_id in number, p_name in varchar2);
  function get_authentication_scheme(p_application_id in number) return varchar2;
  procedure set_application_name(p_application_id in number, p_application_name in varchar2);
  procedure set_application_alias(p_application_id in number, p_application_alias in varchar2);
  procedure set_application_version(p_application_id in number, p_version in varchar2);
  procedure set_application_status(p_application_id in number, p_application_status in varchar2, p_allowed_users_list in wwv_flow_t_varchar2 default null, p_message in varchar2 default null, p_plsql_code in varchar2 default null, p_redirect_url in varchar2 default null);
  function get_application_status(p_application_id in number) return varchar2;
  procedure set_build_status(p_application_id in number, p_build_status in varchar2);
  procedure set_parsing_schema(p_application_id in number, p_schema in varchar2);
end;
/
create package body apex_240200.apex_application_admin as
  procedure require_app(p_id in number) is
    l_count number;
  begin
    select count(*) into l_count from application$ where application_id = p_id and workspace_id in (select workspace_id from visible$);
    if l_count = 0 then
      raise_application_error(-20987, 'APEX - Application ' || p_id || ' not found. - Contact your application administrator.');
    end if;
  end;
  procedure set_application_name(p_application_id in number, p_application_name in varchar2) is
  begin
    require_app(p_application_id);
    update application$ set name = p_application_name, updated = sysdate where application_id = p_application_id;
  end;
  procedure set_application_alias(p_application_id in number, p_application_alias in varchar2) is
    l_count number;
  begin
    require_app(p_application_id);
    select count(*) into l_count from application$ o join application$ a on a.workspace_id = o.workspace_id where a.application_id = p_application_id and o.application_id <> p_application_id and o.alias = upper(p_application_alias);
    if l_count > 0 then
      raise_application_error(-20987, 'APEX - Application alias ' || p_application_alias || ' is already used. - Contact your application administrator.');
    end if;
    update application$ set alias = upper(p_application_alias), updated = sysdate where application_id = p_application_id;
  end;
  procedure set_application_version(p_application_id in number, p_version in varchar2) is
  begin
    require_app(p_application_id);
    update application$ set version = p_version, updated = sysdate where application_id = p_application_id;
  end;
  procedure set_application_status(p_application_id in number, p_application_status in varchar2, p_allowed_users_list in wwv_flow_t_varchar2 default null, p_message in varchar2 default null, p_plsql_code in varchar2 default null, p_redirect_url in varchar2 default null) is
    l_users varchar2(4000);
  begin
    if p_allowed_users_list is not null then
      for i in 1 .. p_allowed_users_list.count loop
        l_users := l_users || case when i > 1 then ',' end || p_allowed_users_list(i);
      end loop;
    end if;
    htmldb_util.set_application_status(p_application_id, p_application_status, nvl(p_message, nvl(p_plsql_code, p_redirect_url)), l_users);
  end;
  function get_application_status(p_application_id in number) return varchar2 is
  begin
    return htmldb_util.get_application_status(p_application_id);
  end;
  procedure set_build_status(p_application_id in number, p_build_status in varchar2) is
  begin
    require_app(p_application_id);
    htmldb_util.set_app_build_status(p_application_id, p_build_status);
  end;
  procedure set_parsing_schema(p_application_id in number, p_schema in varchar2) is
    l_count number;
  begin
    require_app(p_application_id);
    select count(*) into l_count from workspace_schema$ s join application$ a on a.workspace_id = s.workspace_id where a.application_id = p_application_id and s.schema_name = upper(p_schema);
    if l_count = 0 then
      raise_application_error(-20987, 'APEX - Schema ' || p_schema || ' is not assigned to the workspace. - Contact your application administrator.');
    end if;
    update application$ set owner = upper(p_schema), updated = sysdate where application_id = p_application_id;
  end;
  procedure set_authentication_scheme(p_application_id in number, p_name in varchar2) is
    l_count number;
  begin
    select count(*) into l_count from auth$ where application_id = p_application_id and name = p_name
       and application_id in (select application_id from application$ where workspace_id in (select workspace_id from visible$));
    if l_count = 0 then
      raise_application_error(-20987, 'APEX - Authentication scheme ' || p_name || ' not found. - Contact your application administrator.');
    end if;
    update auth$ set is_current = case when name = p_name then 'Y' else 'N' end where application_id = p_application_id;
  end;
  function get_authentication_scheme(p_application_id in number) return varchar2 is
    l_name varchar2(255);
  begin
    select max(name) into l_name from auth$ where application_id = p_application_id and is_current = 'Y';
    return l_name;
  end;
end;
/
create public synonym apex_application_admin for apex_240200.apex_application_admin;
grant execute on apex_240200.apex_application_admin to public;
}
