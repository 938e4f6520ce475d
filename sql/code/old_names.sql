-- purpose: Lists what names a schema by a name that it does not keep: code, views, jobs, synonyms, and applications of APEX, each with its line.
--   What cannot be looked at (a view's text of more than 32000 characters) is a line, too. A name counts where it stands before a dot and a further name, alone in a literal, or behind CURRENT_SCHEMA; not inside other names, not in
--   comments, and not where an import writes it anew by itself (the heading of code, the table of a trigger).
-- side: any
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: SELECT on DBA_SOURCE, DBA_VIEWS, DBA_SCHEDULER_JOBS and DBA_SYNONYMS; for applications APEX_ADMINISTRATOR_ROLE
-- param schemas: bind clob in - JSON array of the schemas whose code is looked at, as they are called here
-- param names: bind clob in - JSON array of the names that mean nothing any more
-- param applications: bind clob in - JSON array of objects with application_id and workspace
-- param carried: bind number in - 1 after an import, which has written the schemas' own synonyms anew
-- param how_many: bind number out - how many lines there are
-- param found: bind clob out - JSON array of the first 500: objects with place (the next four as a text), kind, owner, name, line, says and
--   schema
declare
  -- Types of its own, so that a database without APEX has them.
  type texts is table of varchar2(32767);
  type numbers is table of number;
  stale texts := texts();
  patterns texts := texts();
  list clob;
  total number := 0;
  in_comment boolean := false;
  in_literal boolean := false;
  -- What of an application the lines are about.
  page varchar2(20);
  component varchar2(4000);
  part_name varchar2(4000);
  in_table boolean := false;
  waiting_lines numbers := numbers();
  waiting_texts texts := texts();
  waiting_names texts := texts();
  -- A line of an export that is a line of code: alone, in a list, or as a part of a longer text.
  literal_line constant varchar2(200) := '^(wwv_flow_imp[.]g_varchar2_table[(][0-9]+[)] := )?''(.*)''(,|[)][)]|;|[|][|]wwv_flow[.]LF[|][|])?$';
  exported clob;

  function quoted(text in varchar2) return varchar2 is
  begin
    return case when text is null then 'null'
      else '"' || replace(replace(regexp_replace(text, '[[:cntrl:]]', ' '), '\', '\\'), '"', '\"') || '"' end;
  end;

  procedure note(kind in varchar2, owner_name in varchar2, object_name in varchar2, line_number in number, says in varchar2, schema_name in varchar2) is
  begin
    total := total + 1;
    if total <= 500 then
      list := list || case when list is not null then ',' end || '{"place":'
        || quoted(kind || ' ' || owner_name || '.' || object_name || case when line_number is not null then ', line ' || line_number end)
        || ',"kind":' || quoted(kind) || ',"owner":' || quoted(owner_name)
        || ',"name":' || quoted(object_name) || ',"line":' || nvl(to_char(line_number), 'null')
        || ',"says":' || quoted(substr(trim(says), 1, 200)) || ',"schema":' || quoted(schema_name) || '}';
    end if;
  end;

  -- The line without its comments. Literals stay, since they can hold statements; a comment or literal may go on in the next line.
  function without_comments(line in varchar2) return varchar2 is
    rest varchar2(32767) := line;
    kept varchar2(32767);
    literal_at number;
    line_at number;
    block_at number;
    ends_at number;
  begin
    while rest is not null loop
      if in_comment then
        ends_at := instr(rest, '*/');
        exit when ends_at = 0;
        rest := substr(rest, ends_at + 2);
        in_comment := false;
      elsif in_literal then
        ends_at := instr(rest, '''');
        if ends_at = 0 then
          return kept || rest;
        end if;
        kept := kept || substr(rest, 1, ends_at);
        rest := substr(rest, ends_at + 1);
        in_literal := false;
      else
        literal_at := instr(rest || '''', '''');
        line_at := instr(rest || '--', '--');
        block_at := instr(rest || '/*', '/*');
        if line_at < literal_at and line_at < block_at then
          return kept || substr(rest, 1, line_at - 1);
        elsif block_at < literal_at then
          kept := kept || substr(rest, 1, block_at - 1) || ' ';
          rest := substr(rest, block_at + 2);
          in_comment := true;
        elsif literal_at <= length(rest) then
          kept := kept || substr(rest, 1, literal_at);
          rest := substr(rest, literal_at + 1);
          in_literal := true;
        else
          return kept || rest;
        end if;
      end if;
    end loop;
    return kept;
  end;

  function holds_one(text in varchar2) return boolean is
  begin
    for n in 1 .. stale.count loop
      if instr(upper(text), upper(stale(n))) > 0 then
        return true;
      end if;
    end loop;
    return false;
  end;

  -- Which of the names the code speaks of.
  function spoken_of(code in varchar2) return varchar2 is
  begin
    for n in 1 .. stale.count loop
      if instr(upper(code), upper(stale(n))) > 0 then
        if instr(code, '"' || stale(n) || '".') > 0 or instr(code, '''' || stale(n) || '''') > 0 then
          return stale(n);
        elsif patterns(n) is not null and (regexp_like(code, '(^|[^A-Za-z0-9_$#".:@/]|[^/]/)' || patterns(n) || '[.]["A-Za-z]', 'i')
          or regexp_like(code, 'current_schema *= *"?' || patterns(n) || '([^A-Za-z0-9_$#]|$)', 'i')) then
          return stale(n);
        end if;
      end if;
    end loop;
    return null;
  end;

  -- The heading of code without the names that an import writes anew.
  function without_heading(code in varchar2, code_type in varchar2, line_number in number, in_body in boolean) return varchar2 is
    rest varchar2(32767) := code;
  begin
    for n in 1 .. stale.count loop
      if line_number = 1 then
        rest := regexp_replace(rest, '^( *(package body|package|procedure|function|type body|type|trigger) +)"?' || nvl(patterns(n), stale(n)) || '"?[.]', '\1', 1, 1, 'i');
      end if;
      if code_type = 'TRIGGER' and not in_body then
        rest := regexp_replace(rest, '((^|[^A-Za-z0-9_$#])on +)"?' || nvl(patterns(n), stale(n)) || '"?[.]', '\1', 1, 1, 'i');
      end if;
    end loop;
    return rest;
  end;

  procedure look_at_source is
    last_object varchar2(400);
    this_object varchar2(400);
    in_body boolean := false;
    code varchar2(32767);
    named varchar2(128);
  begin
    for s in (
      select c.owner, c.name, c.type, c.line, c.text
        from dba_source c
       where c.owner in (select j.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) j)
       order by c.owner, c.type, c.name, c.line
    ) loop
      this_object := s.owner || ' ' || s.type || ' ' || s.name;
      if last_object is null or last_object <> this_object then
        last_object := this_object;
        in_comment := false;
        in_literal := false;
        in_body := false;
      end if;
      code := null;
      -- Most lines neither hold a name nor begin or end a comment or a literal.
      if in_comment or in_literal or instr(s.text, '/*') > 0 or instr(s.text, '''') > 0 or holds_one(s.text) then
        code := without_comments(rtrim(s.text, chr(10) || chr(13)));
      end if;
      if code is not null then
        code := without_heading(code, s.type, s.line, in_body);
        named := spoken_of(code);
        if named is not null then
          note(lower(s.type), s.owner, s.name, s.line, s.text, named);
        end if;
      end if;
      if s.type = 'TRIGGER' and not in_body then
        in_body := regexp_like(s.text, '(^|[^A-Za-z0-9_$#])(begin|declare|call|compound)([^A-Za-z0-9_$#]|$)', 'i');
      end if;
    end loop;
  end;

  -- The lines of a text, one after the other.
  procedure look_at_text(kind in varchar2, owner_name in varchar2, object_name in varchar2, text in varchar2) is
    rest varchar2(32767) := text;
    line varchar2(32767);
    line_number number := 0;
    named varchar2(128);
    ends_at number;
  begin
    in_comment := false;
    in_literal := false;
    while rest is not null loop
      ends_at := instr(rest || chr(10), chr(10));
      line := substr(rest, 1, ends_at - 1);
      rest := substr(rest, ends_at + 1);
      line_number := line_number + 1;
      named := case when line is not null then spoken_of(nvl(without_comments(line), ' ')) end;
      if named is not null then
        note(kind, owner_name, object_name, line_number, line, named);
      end if;
    end loop;
  end;

  procedure note_in_application(application_id in number, workspace_name in varchar2, line_number in number, says in varchar2, schema_name in varchar2) is
  begin
    note('application', workspace_name,
      application_id || case when page is not null then ', page ' || page end || case when component is not null then ', ' || component end
        || case when part_name is not null then ' ' || part_name end,
      line_number, says, schema_name);
  end;

  -- Long code stands before the call that takes it.
  procedure note_waiting(application_id in number, workspace_name in varchar2) is
  begin
    for n in 1 .. waiting_lines.count loop
      note_in_application(application_id, workspace_name, waiting_lines(n), waiting_texts(n), waiting_names(n));
    end loop;
    waiting_lines := numbers();
    waiting_texts := texts();
    waiting_names := texts();
    in_table := false;
  end;

  -- A line of an application's export. Code stands in it as literals, a line of code in each.
  procedure look_at_export(application_id in number, workspace_name in varchar2, line_number in number, line in varchar2) is
    code varchar2(32767) := line;
    named varchar2(128);
  begin
    if line like 'wwv_%imp%.create_%(' then
      component := replace(regexp_replace(line, '^.*[.]create_([a-z_]+)[(].*$', '\1'), '_', ' ');
      part_name := null;
      in_comment := false;
      if component like 'flow%' then
        page := null;
      end if;
    elsif line like 'wwv_flow_imp.g_varchar2_table := %' then
      in_table := true;
      in_comment := false;
      component := null;
      part_name := null;
    elsif component = 'page' and line like ' p_id=>%' then
      page := regexp_substr(line, '[0-9]+');
    elsif component is not null and part_name is null and regexp_like(line, '^,p_([a-z]+_)?name=>') then
      part_name := regexp_replace(line, '^[^'']*''(.*)''$', '\1');
      note_waiting(application_id, workspace_name);
    end if;
    -- Whose the application is, an import is told; it does not follow the file.
    if line like '%p_default_owner=>%' or line like '%get_schema,%' or line like 'prompt %' then
      return;
    end if;
    if regexp_like(line, literal_line) then
      code := replace(regexp_replace(line, literal_line, '\2'), '''''', '''');
    end if;
    in_literal := false;
    code := without_comments(code);
    named := case when code is not null then spoken_of(code) end;
    if named is null then
      return;
    elsif in_table then
      waiting_lines.extend;
      waiting_lines(waiting_lines.count) := line_number;
      waiting_texts.extend;
      waiting_texts(waiting_texts.count) := substr(line, 1, 1000);
      waiting_names.extend;
      waiting_names(waiting_names.count) := named;
    else
      note_in_application(application_id, workspace_name, line_number, line, named);
    end if;
  end;

  procedure look_at_application(application_id in number, workspace_name in varchar2, text in clob) is
    rest varchar2(32767);
    at_letter number := 1;
    line_number number := 0;
    ends_at number;
  begin
    page := null;
    component := null;
    part_name := null;
    in_comment := false;
    while at_letter <= dbms_lob.getlength(text) loop
      rest := rest || dbms_lob.substr(text, 4000, at_letter);
      at_letter := at_letter + 4000;
      loop
        ends_at := instr(rest, chr(10));
        if ends_at = 0 and (length(rest) > 20000 or at_letter > dbms_lob.getlength(text)) then
          ends_at := length(rest) + 1;
        end if;
        exit when nvl(ends_at, 0) = 0;
        line_number := line_number + 1;
        look_at_export(application_id, workspace_name, line_number, substr(rest, 1, ends_at - 1));
        rest := substr(rest, ends_at + 1);
      end loop;
    end loop;
    note_waiting(application_id, workspace_name);
  end;
begin
  for n in (select j.name from json_table(:names, '$[*]' columns (name varchar2(128) path '$')) j) loop
    stale.extend;
    stale(stale.count) := n.name;
    patterns.extend;
    -- Only a name that needs no quotation marks can stand without them.
    if regexp_like(n.name, '^[A-Z][A-Z0-9_$#]*$') then
      patterns(patterns.count) := replace(n.name, '$', '[$]');
    end if;
  end loop;
  look_at_source;
  -- A LONG of more cannot be read here.
  for v in (
    select w.owner, w.view_name, w.text_length
      from dba_views w
     where w.text_length > 32000
       and w.owner in (select j.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) j)
     order by w.owner, w.view_name
  ) loop
    note('view', v.owner, v.view_name, null, 'not looked at: its text has ' || v.text_length || ' characters', v.owner);
  end loop;
  for v in (
    select w.owner, w.view_name, w.text
      from dba_views w
     where w.text_length <= 32000
       and w.owner in (select j.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) j)
     order by w.owner, w.view_name
  ) loop
    look_at_text('view', v.owner, v.view_name, v.text);
  end loop;
  for g in (
    select w.owner, w.job_name, w.job_action
      from dba_scheduler_jobs w
     where w.owner in (select j.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) j)
     order by w.owner, w.job_name
  ) loop
    look_at_text('job', g.owner, g.job_name, g.job_action);
  end loop;
  for y in (
    select w.owner, w.synonym_name, w.table_owner, w.table_name
      from dba_synonyms w
     where w.table_owner in (select j.name from json_table(:names, '$[*]' columns (name varchar2(128) path '$')) j)
       and w.db_link is null
       and (w.owner = 'PUBLIC'
            or :carried = 1 and w.owner in (select j.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) j))
     order by w.owner, w.synonym_name
  ) loop
    note('synonym', y.owner, y.synonym_name, null, 'for ' || y.table_owner || '.' || y.table_name, y.table_owner);
  end loop;
  for a in (
    select j.application_id, j.workspace
      from json_table(:applications, '$[*]' columns (application_id number path '$.application_id', workspace varchar2(255) path '$.workspace')) j
  ) loop
    execute immediate 'declare files apex_t_export_files; begin apex_util.set_workspace(p_workspace => :workspace);'
      || ' files := apex_export.get_application(p_application_id => :id); :exported := files(1).contents; end;'
      using a.workspace, a.application_id, out exported;
    look_at_application(a.application_id, a.workspace, exported);
  end loop;
  :how_many := total;
  :found := '[' || list || ']';
end;
