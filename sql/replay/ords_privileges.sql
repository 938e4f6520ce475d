-- purpose: Makes the recorded roles for REST that are not there, and defines the recorded privileges that are missing or differ.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: ORDS_ADMINISTRATOR_ROLE, SELECT on DBA_ORDS_ROLES and DBA_ORDS_SCHEMAS
-- param roles: bind clob in - JSON array, as capture/ords_roles gives it
-- param wanted: bind clob in - JSON array of objects with parsing_schema and privilege_name: the privileges to define
-- param privileges: bind clob in - JSON array, as capture/ords_privileges gives it
-- param parts: bind clob in - JSON array, as capture/ords_privilege_parts gives it
-- param given: bind number out - how many roles and privileges were made
-- param refused: bind clob out - those that were not, with the reason
declare
  given_now number := 0;
  failures clob;
  its_roles owa.vc_arr;
  its_patterns owa.vc_arr;
  its_modules owa.vc_arr;
  no_entries owa.vc_arr;
begin
  dbms_output.enable(null);
  for r in (
    select g.parsing_schema, g.role_name
      from json_table(:roles, '$[*]' columns (
             parsing_schema varchar2(128) path '$.parsing_schema', role_name varchar2(255) path '$.role_name')) g
     where not exists (select 1 from dba_ords_roles d join dba_ords_schemas s on s.id = d.schema_id
                        where s.parsing_schema = g.parsing_schema and d.name = g.role_name)
  ) loop
    begin
      ords_admin.create_role(p_schema => r.parsing_schema, p_role_name => r.role_name);
      commit;
      given_now := given_now + 1;
    exception
      when others then
        rollback;
        failures := failures || 'REST role ' || r.role_name || ' of ' || r.parsing_schema || ': ' || sqlerrm || chr(10);
        dbms_output.put_line('left out: REST role ' || r.role_name || ' of ' || r.parsing_schema || ': ' || sqlerrm);
    end;
  end loop;
  for p in (
    select g.parsing_schema, g.privilege_name, g.label, g.description, g.comments
      from json_table(:privileges, '$[*]' columns (
             parsing_schema varchar2(128) path '$.parsing_schema', privilege_name varchar2(255) path '$.privilege_name',
             label varchar2(255) path '$.label', description varchar2(4000) path '$.description', comments varchar2(4000) path '$.comments')) g
     where exists (select 1
                     from json_table(:wanted, '$[*]' columns (
                            parsing_schema varchar2(128) path '$.parsing_schema', privilege_name varchar2(255) path '$.privilege_name')) d
                    where d.parsing_schema = g.parsing_schema and d.privilege_name = g.privilege_name)
  ) loop
    its_roles := no_entries;
    its_patterns := no_entries;
    its_modules := no_entries;
    for x in (
      select g.kind, g.entry
        from json_table(:parts, '$[*]' columns (
               parsing_schema varchar2(128) path '$.parsing_schema', privilege_name varchar2(255) path '$.privilege_name',
               kind varchar2(10) path '$.kind', entry varchar2(600) path '$.value')) g
       where g.parsing_schema = p.parsing_schema and g.privilege_name = p.privilege_name
    ) loop
      if x.kind = 'ROLE' then
        its_roles(its_roles.count + 1) := x.entry;
      elsif x.kind = 'PATTERN' then
        its_patterns(its_patterns.count + 1) := x.entry;
      else
        its_modules(its_modules.count + 1) := x.entry;
      end if;
    end loop;
    begin
      ords_admin.define_privilege(p_schema => p.parsing_schema, p_privilege_name => p.privilege_name, p_roles => its_roles,
        p_patterns => its_patterns, p_modules => its_modules, p_label => p.label, p_description => p.description, p_comments => p.comments);
      commit;
      given_now := given_now + 1;
    exception
      when others then
        rollback;
        failures := failures || 'REST privilege ' || p.privilege_name || ' of ' || p.parsing_schema || ': ' || sqlerrm || chr(10);
        dbms_output.put_line('left out: REST privilege ' || p.privilege_name || ' of ' || p.parsing_schema || ': ' || sqlerrm);
    end;
  end loop;
  :given := given_now;
  :refused := failures;
end;
