-- purpose: Lets an APEX workspace use these schemas, so that applications can run in them.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param workspace: bind varchar2 in - the workspace
-- param schemas: bind clob in - JSON array of names as the database keeps them
declare
  known number;
begin
  for s in (select t.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) t) loop
    select count(*) into known from apex_workspace_schemas w where w.workspace_name = :workspace and w.schema = s.name;
    if known = 0 then
      apex_instance_admin.add_schema(p_workspace => :workspace, p_schema => s.name);
    end if;
  end loop;
  commit;
end;
