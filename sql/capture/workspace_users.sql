-- purpose: Lists the users of all APEX workspaces.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
select w.workspace_name, w.user_name, w.email, w.first_name, w.last_name, w.description, w.is_admin, w.is_application_developer, w.account_locked
  from apex_workspace_apex_users w
 order by w.workspace_name, w.user_name
