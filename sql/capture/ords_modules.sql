-- purpose: Lists the REST modules.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_ORDS_MODULES and DBA_ORDS_SCHEMAS (ORDS 24.4)
select s.parsing_schema, m.name as module_name, m.uri_prefix, m.items_per_page, m.status, m.origins_allowed, m.comments
  from dba_ords_modules m
  join dba_ords_schemas s on s.id = m.schema_id
 order by s.parsing_schema, m.name
