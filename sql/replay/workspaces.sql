-- purpose: Makes the recorded APEX workspaces that are not there, and gives workspaces the recorded schemas they lack.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: APEX_ADMINISTRATOR_ROLE, SELECT on DBA_USERS
-- param workspaces: bind clob in - JSON array, as capture/workspaces gives it
-- param given: bind number out - how many workspaces and schemas were given
-- param refused: bind clob out - those that were not, with the reason
declare
  given_now number := 0;
  failures clob;
  known number;
begin
  dbms_output.enable(null);
  for w in (
    select g.workspace_name, g.schema_name, g.is_first
      from json_table(:workspaces, '$[*]' columns (
             workspace_name varchar2(255) path '$.workspace_name', schema_name varchar2(128) path '$.schema',
             is_first varchar2(1) path '$.is_first')) g
     where not exists (select 1 from apex_workspace_schemas s
                        where s.workspace_name = g.workspace_name and s.schema = g.schema_name)
     order by g.workspace_name, g.is_first desc, g.schema_name
  ) loop
    begin
      select count(*) into known from dba_users u where u.username = w.schema_name;
      if known = 0 then
        raise_application_error(-20913, 'there is no such user');
      end if;
      select count(*) into known from apex_workspaces x where x.workspace = w.workspace_name;
      if known = 0 and w.is_first <> 'Y' then
        raise_application_error(-20918, 'there is no such workspace, and its first schema could not be given');
      elsif known = 0 then
        apex_instance_admin.add_workspace(p_workspace => w.workspace_name, p_primary_schema => w.schema_name);
      else
        apex_instance_admin.add_schema(p_workspace => w.workspace_name, p_schema => w.schema_name);
      end if;
      given_now := given_now + 1;
    exception
      when others then
        failures := failures || 'schema ' || w.schema_name || ' of workspace ' || w.workspace_name || ': ' || sqlerrm || chr(10);
        dbms_output.put_line('left out: schema ' || w.schema_name || ' of workspace ' || w.workspace_name || ': ' || sqlerrm);
    end;
  end loop;
  commit;
  :given := given_now;
  :refused := failures;
end;
