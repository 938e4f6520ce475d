-- purpose: Lists workspaces of APEX with their users and static files counted. Those of APEX itself are left out.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
-- param workspaces: bind clob in - JSON array of names; empty for all
select w.workspace, w.workspace_id,
       (select count(*) from apex_workspace_apex_users u where u.workspace_id = w.workspace_id) as users,
       (select count(*) from apex_workspace_static_files f where f.workspace_id = w.workspace_id) as static_files
  from apex_workspaces w
 where (json_value(:workspaces, '$[0]') is null
        or w.workspace in (select upper(j.name) from json_table(:workspaces, '$[*]' columns (name varchar2(255) path '$')) j))
   and w.workspace <> 'INTERNAL'
   and w.workspace not like 'COM.ORACLE.%'
 order by w.workspace
