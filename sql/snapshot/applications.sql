-- purpose: Lists the APEX applications of people's workspaces.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
select a.workspace, a.application_id, a.application_name, a.alias, a.owner, a.version, a.pages
  from apex_applications a
 where a.workspace <> 'INTERNAL'
   and a.workspace not like 'COM.ORACLE.%'
 order by a.workspace, a.application_id
