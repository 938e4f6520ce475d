-- purpose: Lists the privileges of schemas for REST.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_ORDS_PRIVILEGES and DBA_ORDS_SCHEMAS (ORDS 24.4)
select s.parsing_schema, p.name as privilege_name, p.label, p.description, p.comments
  from dba_ords_privileges p
  join dba_ords_schemas s on s.id = p.schema_id
 order by s.parsing_schema, p.name
