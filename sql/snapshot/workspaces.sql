-- purpose: Lists people's APEX workspaces with how many static files and users each has.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
select w.workspace, w.workspace_id, w.apex_users as users,
       (select count(*) from apex_workspace_static_files f where f.workspace_id = w.workspace_id) as static_files
  from apex_workspaces w
 where w.workspace <> 'INTERNAL'
   and w.workspace not like 'COM.ORACLE.%'
   and w.schemas > 0
 order by w.workspace
