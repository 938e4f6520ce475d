-- purpose: Lists the roles of schemas for REST.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_ORDS_ROLES and DBA_ORDS_SCHEMAS (ORDS 24.4)
select s.parsing_schema, r.name as role_name
  from dba_ords_roles r
  join dba_ords_schemas s on s.id = r.schema_id
 order by s.parsing_schema, r.name
