-- purpose: Lists the APEX workspaces.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 30
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
select w.workspace
  from apex_workspaces w
 order by w.workspace
