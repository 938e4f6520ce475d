-- purpose: Makes the recorded APEX workspaces that are not there, and gives workspaces the recorded schemas they lack.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: APEX_ADMINISTRATOR_ROLE, SELECT on DBA_USERS
-- param workspaces: bind clob in - JSON array, as capture/workspaces gives it
-- param given: bind number out - how many workspaces and schemas were given
declare
  given_now number := 0;
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
    select count(*) into known from dba_users u where u.username = w.schema_name;
    if known = 0 then
      dbms_output.put_line('left out: schema ' || w.schema_name || ' of workspace ' || w.workspace_name || ': there is no such user');
    else
      select count(*) into known from apex_workspaces x where x.workspace = w.workspace_name;
      if known = 0 then
        apex_instance_admin.add_workspace(p_workspace => w.workspace_name, p_primary_schema => w.schema_name);
      else
        apex_instance_admin.add_schema(p_workspace => w.workspace_name, p_schema => w.schema_name);
      end if;
      given_now := given_now + 1;
    end if;
  end loop;
  commit;
  :given := given_now;
end;
