-- purpose: Shows the current authentication scheme of an application.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
-- param application_id: bind number in - the application
select a.authentication_scheme_name
  from apex_application_auth a
 where a.application_id = :application_id and a.is_current_authentication = 'Y'
