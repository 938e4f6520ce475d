-- purpose: Defines the recorded REST modules that are missing or differ anew, each whole, with templates, handlers and parameters.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: ORDS_ADMINISTRATOR_ROLE
-- param wanted: bind clob in - JSON array of objects with parsing_schema and module_name: the modules to define
-- param modules: bind clob in - JSON array, as capture/ords_modules gives it
-- param templates: bind clob in - JSON array, as capture/ords_templates gives it
-- param handlers: bind clob in - JSON array, as capture/ords_handlers gives it
-- param parameters: bind clob in - JSON array, as capture/ords_parameters gives it
-- param given: bind number out - how many modules were defined
declare
  given_now number := 0;
begin
  dbms_output.enable(null);
  for m in (
    select g.parsing_schema, g.module_name, g.uri_prefix, g.items_per_page, g.status, g.origins_allowed, g.comments
      from json_table(:modules, '$[*]' columns (
             parsing_schema varchar2(128) path '$.parsing_schema', module_name varchar2(255) path '$.module_name',
             uri_prefix varchar2(255) path '$.uri_prefix', items_per_page number path '$.items_per_page', status varchar2(30) path '$.status',
             origins_allowed varchar2(4000) path '$.origins_allowed', comments varchar2(4000) path '$.comments')) g
     where exists (select 1
                     from json_table(:wanted, '$[*]' columns (
                            parsing_schema varchar2(128) path '$.parsing_schema', module_name varchar2(255) path '$.module_name')) d
                    where d.parsing_schema = g.parsing_schema and d.module_name = g.module_name)
  ) loop
    begin
      ords_admin.define_module(p_schema => m.parsing_schema, p_module_name => m.module_name, p_base_path => m.uri_prefix,
        p_items_per_page => m.items_per_page, p_status => m.status, p_comments => m.comments);
      if m.origins_allowed is not null then
        ords_admin.set_module_origins_allowed(p_schema => m.parsing_schema, p_module_name => m.module_name, p_origins_allowed => m.origins_allowed);
      end if;
      for t in (
        select g.uri_template, g.priority, g.etag_type, g.etag_query, g.comments
          from json_table(:templates, '$[*]' columns (
                 parsing_schema varchar2(128) path '$.parsing_schema', module_name varchar2(255) path '$.module_name',
                 uri_template varchar2(600) path '$.uri_template', priority number path '$.priority', etag_type varchar2(30) path '$.etag_type',
                 etag_query varchar2(4000) path '$.etag_query', comments varchar2(4000) path '$.comments')) g
         where g.parsing_schema = m.parsing_schema and g.module_name = m.module_name
      ) loop
        ords_admin.define_template(p_schema => m.parsing_schema, p_module_name => m.module_name, p_pattern => t.uri_template,
          p_priority => t.priority, p_etag_type => t.etag_type, p_etag_query => t.etag_query, p_comments => t.comments);
      end loop;
      for h in (
        select g.uri_template, g.method, g.source_type, g.source, g.items_per_page, g.mimes_allowed, g.comments
          from json_table(:handlers, '$[*]' columns (
                 parsing_schema varchar2(128) path '$.parsing_schema', module_name varchar2(255) path '$.module_name',
                 uri_template varchar2(600) path '$.uri_template', method varchar2(10) path '$.method',
                 source_type varchar2(30) path '$.source_type', source clob path '$.source', items_per_page number path '$.items_per_page',
                 mimes_allowed varchar2(255) path '$.mimes_allowed', comments varchar2(4000) path '$.comments')) g
         where g.parsing_schema = m.parsing_schema and g.module_name = m.module_name
      ) loop
        ords_admin.define_handler(p_schema => m.parsing_schema, p_module_name => m.module_name, p_pattern => h.uri_template,
          p_method => h.method, p_source_type => h.source_type, p_source => h.source, p_items_per_page => h.items_per_page,
          p_mimes_allowed => h.mimes_allowed, p_comments => h.comments);
      end loop;
      for p in (
        select g.uri_template, g.method, g.parameter_name, g.bind_variable_name, g.source_type, g.param_type, g.access_method, g.comments
          from json_table(:parameters, '$[*]' columns (
                 parsing_schema varchar2(128) path '$.parsing_schema', module_name varchar2(255) path '$.module_name',
                 uri_template varchar2(600) path '$.uri_template', method varchar2(10) path '$.method',
                 parameter_name varchar2(255) path '$.parameter_name', bind_variable_name varchar2(128) path '$.bind_variable_name',
                 source_type varchar2(30) path '$.source_type', param_type varchar2(30) path '$.param_type',
                 access_method varchar2(10) path '$.access_method', comments varchar2(4000) path '$.comments')) g
         where g.parsing_schema = m.parsing_schema and g.module_name = m.module_name
      ) loop
        ords_admin.define_parameter(p_schema => m.parsing_schema, p_module_name => m.module_name, p_pattern => p.uri_template,
          p_method => p.method, p_name => p.parameter_name, p_bind_variable_name => p.bind_variable_name, p_source_type => p.source_type,
          p_param_type => p.param_type, p_access_method => p.access_method, p_comments => p.comments);
      end loop;
      commit;
      given_now := given_now + 1;
    exception
      when others then
        rollback;
        dbms_output.put_line('left out: REST module ' || m.module_name || ' of ' || m.parsing_schema || ': ' || sqlerrm);
    end;
  end loop;
  :given := given_now;
end;
