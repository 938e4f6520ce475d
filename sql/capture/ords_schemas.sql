-- purpose: Lists the schemas that are enabled for REST, with their places in addresses.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_ORDS_SCHEMAS (ORDS 24.4)
select s.parsing_schema, s.type, s.pattern, s.status, s.auto_rest_auth
  from dba_ords_schemas s
 where s.parsing_schema <> 'ADMIN'
 order by s.parsing_schema
