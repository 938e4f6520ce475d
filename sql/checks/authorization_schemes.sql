-- purpose: Shows the authorization schemes of an application, for the steps that have no API.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
-- param application_id: bind number in - the application
select a.authorization_scheme_name, a.scheme_type_code, a.attribute_01
  from apex_application_authorization a
 where a.application_id = :application_id
 order by a.authorization_scheme_name
