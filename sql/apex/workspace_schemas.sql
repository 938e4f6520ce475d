-- purpose: Lists the schemas that an APEX workspace may use.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
-- param workspace: bind varchar2 in - the workspace
select w.schema as name
  from apex_workspace_schemas w
 where w.workspace_name = :workspace
 order by w.schema
