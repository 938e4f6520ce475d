-- purpose: Lists the handlers of REST modules with their code.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_ORDS_HANDLERS, DBA_ORDS_TEMPLATES, DBA_ORDS_MODULES and DBA_ORDS_SCHEMAS (ORDS 24.4)
select s.parsing_schema, m.name as module_name, t.uri_template, h.method, h.source_type, h.source, h.items_per_page, h.mimes_allowed, h.comments
  from dba_ords_handlers h
  join dba_ords_templates t on t.id = h.template_id
  join dba_ords_modules m on m.id = t.module_id
  join dba_ords_schemas s on s.id = m.schema_id
 order by s.parsing_schema, m.name, t.uri_template, h.method
