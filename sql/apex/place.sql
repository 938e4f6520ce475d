-- purpose: Shows the workspace that an application is to go into, as far as it is there, and the administrator that it is to have.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE, SELECT on DBA_USERS
-- param workspace: bind varchar2 in - the workspace; null for the next one
-- param otherwise: bind varchar2 in - the workspace where none is named
-- param administrator: bind varchar2 in - the administrator's name; null for the workspace's with _ADMIN behind it
select p.workspace, p.administrator,
       (select count(*) from apex_workspaces w where w.workspace = p.workspace) as workspaces,
       (select count(*) from apex_workspace_apex_users u where u.workspace_name = p.workspace and u.is_admin = 'Yes') as administrators,
       (select count(*) from apex_workspace_apex_users u where u.workspace_name = p.workspace and u.user_name = p.administrator) as known,
       (select count(*) from dba_users d where d.username = p.administrator) as database_users,
       (select count(*) from dba_users d where d.username = p.administrator and (d.oracle_maintained = 'Y' or d.username = 'ADMIN')) as maintained,
       apex_instance_admin.get_parameter('APEX_BUILDER_AUTHENTICATION') as builder_authentication
  from (select upper(nvl(:workspace, :otherwise)) as workspace,
               upper(nvl(:administrator, nvl(:workspace, :otherwise) || '_ADMIN')) as administrator
          from dual) p
