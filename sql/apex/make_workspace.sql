-- purpose: Makes an APEX workspace, unless it is there, and lets it use these schemas.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param workspace: bind varchar2 in - the workspace
-- param primary_schema: bind varchar2 in - the schema that a new workspace begins with
-- param schemas: bind clob in - JSON array of all its schemas, as the database keeps their names
-- param outcome: bind varchar2 out - made or kept
-- param given: bind number out - how many schemas it had not
declare
  known number;
  given_now number := 0;
begin
  dbms_output.enable(null);
  select count(*) into known from apex_workspaces w where w.workspace = :workspace;
  if known = 0 then
    apex_instance_admin.add_workspace(p_workspace => :workspace, p_primary_schema => :primary_schema);
    given_now := 1;
  end if;
  :outcome := case known when 0 then 'made' else 'kept' end;
  for s in (
    select t.name
      from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) t
     where not exists (select 1 from apex_workspace_schemas w where w.workspace_name = :workspace and w.schema = t.name)
  ) loop
    apex_instance_admin.add_schema(p_workspace => :workspace, p_schema => s.name);
    given_now := given_now + 1;
  end loop;
  commit;
  dbms_output.put_line('workspace ' || :workspace || case known when 0 then ' was made' else ' was there' end || ', and was given ' || given_now || ' schemas');
  :given := given_now;
end;
