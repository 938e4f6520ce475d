-- purpose: Lists the schemas that an APEX workspace may work with.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 30
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
-- param workspace: bind varchar2 in - the workspace
select s.schema
  from apex_workspace_schemas s
 where s.workspace_name = upper(:workspace)
 order by s.schema
