-- purpose: Lists the parameters of REST handlers.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_ORDS_PARAMETERS, DBA_ORDS_HANDLERS, DBA_ORDS_TEMPLATES, DBA_ORDS_MODULES and DBA_ORDS_SCHEMAS (ORDS 24.4)
select s.parsing_schema, m.name as module_name, t.uri_template, h.method, p.name as parameter_name, p.bind_variable_name,
       p.source_type, p.param_type, p.access_method, p.comments
  from dba_ords_parameters p
  join dba_ords_handlers h on h.id = p.handler_id
  join dba_ords_templates t on t.id = h.template_id
  join dba_ords_modules m on m.id = t.module_id
  join dba_ords_schemas s on s.id = m.schema_id
 order by s.parsing_schema, m.name, t.uri_template, h.method, p.name
