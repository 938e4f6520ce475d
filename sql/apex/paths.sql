-- purpose: Shows the path under which each installed application is found, behind /ords/r/.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
-- param planned: bind clob in - JSON array of objects with application_id and new_id
select p.application_id, p.new_id, a.workspace, a.owner, lower(w.path_prefix) || '/' || lower(nvl(a.alias, to_char(a.application_id))) as path
  from json_table(:planned, '$[*]' columns (application_id number path '$.application_id', new_id number path '$.new_id')) p
  join apex_applications a on a.application_id = p.new_id
  join apex_workspaces w on w.workspace = a.workspace
 order by p.application_id
