-- purpose: Shows whether somebody has a role in an APEX application.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
-- param application_id: bind number in - the application
-- param user_name: bind varchar2 in - the user
-- param role: bind varchar2 in - the role's static id
select r.user_name, r.role_static_id
  from apex_appl_acl_user_roles r
 where r.application_id = :application_id
   and upper(r.user_name) = upper(:user_name)
   and r.role_static_id = :role
