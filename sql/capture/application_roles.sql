-- purpose: Lists who has which role in which APEX application.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
select r.workspace, r.application_id, r.user_name, r.role_static_id
  from apex_appl_acl_user_roles r
 order by r.workspace, r.application_id, r.user_name, r.role_static_id
