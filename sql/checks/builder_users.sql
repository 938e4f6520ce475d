-- purpose: Lists the people who work in the APEX builder and have no database user of that name, where the builder
--   authenticates against the database: they cannot sign in.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE, SELECT on DBA_USERS
select w.workspace_name, w.user_name
  from apex_workspace_apex_users w
 where (w.is_admin = 'Yes' or w.is_application_developer = 'Yes')
   and apex_instance_admin.get_parameter('APEX_BUILDER_AUTHENTICATION') = 'DB'
   and not exists (select 1 from dba_users u where u.username = upper(w.user_name))
 order by w.workspace_name, w.user_name
