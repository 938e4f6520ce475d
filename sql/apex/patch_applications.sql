-- purpose: Sets authorization schemes of applications to roles of the application, and the source of role schemes. Neither has an API: the export is
--   changed and installed again under the same number. An export that does not look as expected is left alone, with the reason.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 3600
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param applications: bind clob in - JSON array of objects with workspace, id (or new_id, which goes before it), role_source (a letter) and
--   authorization_schemes: names that are those of roles too, or objects with name and role
-- param patched: bind clob out - JSON array of objects with application_id, scheme, from and to; scheme is null for the source of role schemes
-- param left_alone: bind clob out - JSON array of objects with application_id and reason
declare
  scheme_call constant varchar2(100) := chr(10) || 'wwv_flow_imp_shared.create_security_scheme(';
  -- APEX 23.1 has the second form.
  flow_call constant varchar2(100) := chr(10) || 'wwv_imp_workspace.create_flow(';
  flow_call_before constant varchar2(100) := chr(10) || 'wwv_flow_imp.create_flow(';
  known_parameters constant varchar2(400) := ' p_id p_flow_id p_name p_scheme_type p_caching p_error_message p_reference_id p_version_scn p_comments '
    || 'p_created_by p_created_on p_updated_by p_updated_on p_last_updated_by p_last_updated_on ';
  type texts is table of varchar2(4000) index by pls_integer;
  type places is table of pls_integer index by pls_integer;
  type roles is table of varchar2(4000) index by varchar2(255);
  files apex_t_export_files;
  source clob;
  result clob;
  written_to number;
  window varchar2(32767);
  window_from number := 0;
  names texts;
  starts places;
  ends places;
  how_many number;
  call_end number;
  wanted roles;
  now_it_is roles;
  nobody roles;
  owner_name varchar2(128);
  role_name varchar2(4000);
  scheme_name varchar2(255);
  differing number;
  seen number;
  there number;
  place number;
  flow_place number;
  arguments_at number;
  source_now varchar2(4000);
  pages_before number;
  files_before number;
  people_before number;
  reason varchar2(4000);
  patched_list clob;
  left_list clob;
  unread exception;
  function json_text(text in varchar2) return varchar2 is
  begin
    return case when text is null then 'null'
      else '"' || replace(replace(replace(replace(text, '\', '\\'), '"', '\"'), chr(10), ' '), chr(9), ' ') || '"' end;
  end;
  procedure leave(why in varchar2) is
  begin
    reason := why;
    raise unread;
  end;
  function literal(text in varchar2) return varchar2 is
  begin
    return '''' || replace(text, '''', '''''') || '''';
  end;
  function letter(spot in number) return varchar2 is
  begin
    if window_from = 0 or spot < window_from or spot >= window_from + nvl(length(window), 0) then
      window := dbms_lob.substr(source, 4000, spot);
      window_from := spot;
    end if;
    return substr(window, spot - window_from + 1, 1);
  end;
  procedure end_of_argument(started in number, stopped in number) is
    head varchar2(4000) := dbms_lob.substr(source, least(stopped - started, 200), started);
  begin
    how_many := how_many + 1;
    names(how_many) := regexp_substr(head, '^[[:space:]]*(p_[a-z0-9_]+)[[:space:]]*=>', 1, 1, null, 1);
    if names(how_many) is null then
      leave('a call in its export has a parameter without a name');
    end if;
    starts(how_many) := started;
    ends(how_many) := stopped;
  end;
  -- The arguments of the call whose opening parenthesis stands before this place.
  procedure read_call(from_place in number) is
    here number := from_place;
    started number := from_place;
    depth number := 1;
    quoted boolean := false;
    mark varchar2(4);
    before varchar2(4);
  begin
    how_many := 0;
    loop
      mark := letter(here);
      if mark is null then
        leave('its export ends inside a call');
      elsif quoted then
        if mark = '''' then
          if letter(here + 1) = '''' then
            here := here + 1;
          else
            quoted := false;
          end if;
        end if;
      elsif mark = '''' then
        if regexp_like(before, '[A-Za-z0-9_]') then
          leave('a call in its export has a literal of an unknown form');
        end if;
        quoted := true;
      elsif mark = '-' and letter(here + 1) = '-' then
        while letter(here + 1) <> chr(10) loop
          here := here + 1;
        end loop;
      elsif mark = '/' and letter(here + 1) = '*' then
        leave('a call in its export has a comment of an unknown form');
      elsif mark = '(' then
        depth := depth + 1;
      elsif mark = ')' then
        depth := depth - 1;
        exit when depth = 0;
      elsif mark = ',' and depth = 1 then
        end_of_argument(started, here);
        started := here + 1;
      end if;
      before := mark;
      here := here + 1;
    end loop;
    end_of_argument(started, here);
    if letter(here + 1) is null or letter(here + 1) <> ';' then
      leave('a call in its export does not end with a semicolon');
    end if;
    call_end := here;
  end;
  function argument(name in varchar2) return number is
  begin
    for i in 1 .. how_many loop
      if names(i) = name then
        return i;
      end if;
    end loop;
    return 0;
  end;
  -- The value of an argument that is one plain text.
  function plain(which in number) return varchar2 is
    text varchar2(32767);
    decoded varchar2(32767);
  begin
    if which = 0 then
      leave('a call in its export lacks a parameter');
    end if;
    text := dbms_lob.substr(source, least(ends(which) - starts(which), 4000), starts(which));
    text := regexp_substr(text, '=>[[:space:]]*(.*[^[:space:]])[[:space:]]*$', 1, 1, 'n', 1);
    decoded := regexp_substr(text, '^(unistr\()?''(([^'']|'''')*)''\)?$', 1, 1, null, 2);
    if decoded is null then
      leave('the value of ' || names(which) || ' in its export is no plain text');
    end if;
    decoded := replace(decoded, '''''', '''');
    return case when text like 'unistr(%' then unistr(decoded) else decoded end;
  end;
  procedure keep_to(up_to in number) is
  begin
    if up_to > written_to then
      dbms_lob.copy(result, source, up_to - written_to, nvl(dbms_lob.getlength(result), 0) + 1, written_to);
    end if;
    written_to := up_to;
  end;
  procedure put(text in varchar2) is
  begin
    dbms_lob.writeappend(result, length(text), text);
  end;
  procedure set_role_source(wish in varchar2) is
    which number;
  begin
    flow_place := dbms_lob.instr(source, flow_call);
    arguments_at := flow_place + length(flow_call);
    if flow_place = 0 then
      flow_place := dbms_lob.instr(source, flow_call_before);
      arguments_at := flow_place + length(flow_call_before);
    end if;
    if flow_place = 0 then
      leave('its export has no call of create_flow in a form that is known');
    end if;
    read_call(arguments_at);
    which := argument('p_populate_roles');
    source_now := 'R';
    if which > 0 then
      source_now := plain(which);
    end if;
    if source_now = wish then
      return;
    end if;
    if which > 0 then
      keep_to(starts(which));
      put('p_populate_roles=>' || literal(wish) || chr(10));
      written_to := ends(which);
    else
      keep_to(ends(1));
      put(',p_populate_roles=>' || literal(wish) || chr(10));
    end if;
  end;
  procedure set_role(role in varchar2) is
    gap varchar2(1);
  begin
    keep_to(starts(1));
    for i in 1 .. how_many loop
      if names(i) = 'p_scheme_type' then
        put(gap || 'p_scheme_type=>''NATIVE_IS_IN_GROUP''' || chr(10) || ',p_attribute_01=>' || literal(role) || chr(10) || ',p_attribute_02=>''A''' || chr(10));
      elsif names(i) not like 'p\_attribute\_%' escape '\' then
        if gap is not null then
          put(gap);
        end if;
        written_to := starts(i);
        keep_to(ends(i));
      end if;
      gap := ',';
    end loop;
    written_to := call_end;
  end;
begin
  dbms_output.enable(null);
  for a in (
    select j.workspace, nvl(j.new_id, j.id) as id, j.role_source
      from json_table(:applications, '$[*]' columns (
             workspace varchar2(255) path '$.workspace', id number path '$.id', new_id number path '$.new_id',
             role_source varchar2(30) path '$.role_source')) j
  ) loop
    begin
      reason := null;
      wanted := nobody;
      now_it_is := nobody;
      differing := 0;
      apex_util.set_workspace(p_workspace => a.workspace);
      select count(*), max(x.owner) into there, owner_name
        from apex_applications x
       where x.application_id = a.id and x.workspace = upper(a.workspace);
      if there = 0 then
        leave('the workspace ' || upper(a.workspace) || ' has no such application');
      end if;
      if a.role_source not in ('R', 'A', 'C') then
        leave('the source of role schemes is R, A or C, and not ' || a.role_source);
      end if;
      for s in (
        select nvl(j.plain_name, j.name) as name, nvl(nvl(j.role, j.plain_name), j.name) as role
          from json_table(:applications, '$[*]' columns (
                 id number path '$.id', new_id number path '$.new_id',
                 nested path '$.authorization_schemes[*]' columns (
                   plain_name varchar2(255) path '$', name varchar2(255) path '$.name', role varchar2(255) path '$.role'))) j
         where nvl(j.new_id, j.id) = a.id and nvl(j.plain_name, j.name) is not null
      ) loop
        select nvl(max(case when r.role_name = s.role then r.role_name end), max(r.role_name)) into role_name
          from apex_appl_acl_roles r
         where r.application_id = a.id and (r.role_name = s.role or r.role_static_id = upper(s.role));
        if role_name is null then
          leave('it has no role ' || s.role);
        end if;
        select count(*), max(z.scheme_type_code || case when z.attribute_01 is not null then ' ' || substr(z.attribute_01, 1, 200) end),
               count(case when z.scheme_type_code = 'NATIVE_IS_IN_GROUP' and z.attribute_01 = role_name and z.attribute_02 = 'A' then 1 end)
          into there, source_now, seen
          from apex_application_authorization z
         where z.application_id = a.id and z.authorization_scheme_name = s.name;
        if there = 0 then
          leave('it has no authorization scheme ' || s.name);
        end if;
        if seen = 0 then
          wanted(s.name) := role_name;
          now_it_is(s.name) := source_now;
          differing := differing + 1;
        end if;
      end loop;
      continue when differing = 0 and a.role_source is null;
      files := apex_export.get_application(p_application_id => a.id, p_with_ir_public_reports => true, p_with_ir_private_reports => true,
        p_with_ir_notifications => true, p_with_translations => true, p_with_comments => true, p_with_supporting_objects => 'Y',
        p_with_acl_assignments => true);
      source := files(1).contents;
      window_from := 0;
      written_to := 1;
      flow_place := 0;
      source_now := a.role_source;
      dbms_lob.createtemporary(result, true);
      if a.role_source is not null then
        set_role_source(a.role_source);
      end if;
      continue when differing = 0 and source_now = a.role_source;
      seen := 0;
      place := dbms_lob.instr(source, scheme_call);
      if place > 0 and place < flow_place then
        leave('its export has authorization schemes before the application itself');
      end if;
      while place > 0 loop
        read_call(place + length(scheme_call));
        for i in 1 .. how_many loop
          if instr(known_parameters, ' ' || names(i) || ' ') = 0 and not regexp_like(names(i), '^p_attribute_(0[1-9]|1[0-5])$') then
            leave('its export gives an authorization scheme the parameter ' || names(i) || ', which is not known');
          end if;
        end loop;
        seen := seen + 1;
        scheme_name := plain(argument('p_name'));
        if wanted.exists(scheme_name) then
          if argument('p_scheme_type') < 2 then
            leave('the authorization scheme ' || scheme_name || ' has no type in its export');
          end if;
          set_role(wanted(scheme_name));
        end if;
        place := dbms_lob.instr(source, scheme_call, call_end);
      end loop;
      select count(*) into there from apex_application_authorization z where z.application_id = a.id;
      if seen <> there then
        leave('it has ' || there || ' authorization schemes, and its export ' || seen || ' calls that make one in the form that is known');
      end if;
      keep_to(dbms_lob.getlength(source) + 1);
      select (select count(*) from apex_application_pages p where p.application_id = a.id),
             (select count(*) from apex_application_static_files f where f.application_id = a.id),
             (select count(*) from apex_appl_acl_user_roles u where u.application_id = a.id)
        into pages_before, files_before, people_before
        from dual;
      apex_application_install.clear_all;
      apex_application_install.set_workspace(p_workspace => a.workspace);
      apex_application_install.set_application_id(p_application_id => a.id);
      apex_application_install.set_schema(p_schema => owner_name);
      apex_application_install.set_auto_install_sup_obj(p_auto_install_sup_obj => false);
      apex_application_install.install(p_source => apex_t_export_files(apex_t_export_file('f' || a.id || '.sql', result)), p_overwrite_existing => true);
      apex_application_install.clear_all;
      commit;
      select count(*) into there
        from dual
       where pages_before = (select count(*) from apex_application_pages p where p.application_id = a.id)
         and files_before = (select count(*) from apex_application_static_files f where f.application_id = a.id)
         and people_before = (select count(*) from apex_appl_acl_user_roles u where u.application_id = a.id);
      scheme_name := wanted.first;
      while scheme_name is not null loop
        role_name := wanted(scheme_name);
        select count(*) into seen
          from apex_application_authorization z
         where z.application_id = a.id and z.authorization_scheme_name = scheme_name
           and z.scheme_type_code = 'NATIVE_IS_IN_GROUP' and z.attribute_01 = role_name;
        there := there * seen;
        patched_list := patched_list || case when patched_list is not null then ',' end || '{"application_id":' || a.id || ',"scheme":' || json_text(scheme_name)
          || ',"from":' || json_text(now_it_is(scheme_name)) || ',"to":' || json_text(role_name) || '}';
        dbms_output.put_line('application ' || a.id || ': ' || scheme_name || ' asks for the role ' || role_name);
        scheme_name := wanted.next(scheme_name);
      end loop;
      if source_now <> a.role_source then
        patched_list := patched_list || case when patched_list is not null then ',' end || '{"application_id":' || a.id || ',"scheme":null,"from":'
          || json_text(source_now) || ',"to":' || json_text(a.role_source) || '}';
        dbms_output.put_line('application ' || a.id || ': the source of role schemes is ' || a.role_source);
      end if;
      if there = 0 then
        raise_application_error(-20964, 'adbctl: application ' || a.id || ' is not what it should be after its changed export was installed; '
          || 'install the original again, which this run keeps');
      end if;
    exception
      when unread then
        left_list := left_list || case when left_list is not null then ',' end || '{"application_id":' || a.id || ',"reason":' || json_text(reason) || '}';
        dbms_output.put_line('application ' || a.id || ' is left alone: ' || reason);
    end;
  end loop;
  :patched := '[' || patched_list || ']';
  :left_alone := '[' || left_list || ']';
end;
