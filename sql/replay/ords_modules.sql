-- purpose: Defines the recorded REST modules that are missing or differ anew, each whole, with templates, handlers and parameters.
--   A module that is defined anew loses its privileges, so those that it had and those that are recorded are given to it
--   before anything of it is committed: at no moment it can be called by whom it is closed to.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: ORDS_ADMINISTRATOR_ROLE, SELECT on DBA_ORDS_SCHEMAS, DBA_ORDS_ROLES, DBA_ORDS_PRIVILEGES, DBA_ORDS_PRIVILEGE_ROLES, DBA_ORDS_PRIVILEGE_MODULES, DBA_ORDS_PRIVILEGE_MAPPINGS
-- param wanted: bind clob in - JSON array of objects with parsing_schema and module_name: the modules to define
-- param modules: bind clob in - JSON array, as capture/ords_modules gives it
-- param templates: bind clob in - JSON array, as capture/ords_templates gives it
-- param handlers: bind clob in - JSON array, as capture/ords_handlers gives it
-- param parameters: bind clob in - JSON array, as capture/ords_parameters gives it
-- param privileges: bind clob in - JSON array, as capture/ords_privileges gives it
-- param parts: bind clob in - JSON array, as capture/ords_privilege_parts gives it
-- param given: bind number out - how many modules were defined
-- param refused: bind clob out - those that were not, with the reason
declare
  type t_names is table of varchar2(255) index by pls_integer;
  given_now number := 0;
  failures clob;
  protecting t_names;
  no_names t_names;
  its_roles owa.vc_arr;
  its_patterns owa.vc_arr;
  its_modules owa.vc_arr;
  no_entries owa.vc_arr;

  -- Defines a privilege as it is here and as it is recorded, both together, and with this module.
  procedure protect(p_schema in varchar2, p_name in varchar2, p_module in varchar2) is
    its_label varchar2(4000);
    its_description varchar2(4000);
    its_comments varchar2(4000);
    known number;
  begin
    its_roles := no_entries;
    its_patterns := no_entries;
    its_modules := no_entries;
    for x in (
      with here as (
        select p.id
          from dba_ords_privileges p
          join dba_ords_schemas s on s.id = p.schema_id
         where s.parsing_schema = p_schema and p.name = p_name
      )
      select b.kind, b.entry from (
        select 'ROLE' as kind, r.role_name as entry
          from dba_ords_privilege_roles r
          join here h on h.id = r.privilege_id
        union
        select 'PATTERN', r.pattern
          from dba_ords_privilege_mappings r
          join here h on h.id = r.privilege_id
        union
        select 'MODULE', r.module_name
          from dba_ords_privilege_modules r
          join here h on h.id = r.privilege_id
        union
        select g.kind, g.entry
          from json_table(:parts, '$[*]' columns (
                 parsing_schema varchar2(128) path '$.parsing_schema', privilege_name varchar2(255) path '$.privilege_name',
                 kind varchar2(10) path '$.kind', entry varchar2(600) path '$.value')) g
         where g.parsing_schema = p_schema and g.privilege_name = p_name and g.kind <> 'MODULE'
        union
        select 'MODULE', p_module from dual) b
    ) loop
      if x.kind = 'ROLE' then
        select count(*) into known
          from dba_ords_roles d
          join dba_ords_schemas s on s.id = d.schema_id
         where s.parsing_schema = p_schema and d.name = x.entry;
        if known = 0 then
          ords_admin.create_role(p_schema => p_schema, p_role_name => x.entry);
        end if;
        its_roles(its_roles.count + 1) := x.entry;
      elsif x.kind = 'PATTERN' then
        its_patterns(its_patterns.count + 1) := x.entry;
      else
        its_modules(its_modules.count + 1) := x.entry;
      end if;
    end loop;
    select max(g.label), max(g.description), max(g.comments) into its_label, its_description, its_comments
      from json_table(:privileges, '$[*]' columns (
             parsing_schema varchar2(128) path '$.parsing_schema', privilege_name varchar2(255) path '$.privilege_name',
             label varchar2(255) path '$.label', description varchar2(4000) path '$.description', comments varchar2(4000) path '$.comments')) g
     where g.parsing_schema = p_schema and g.privilege_name = p_name;
    if its_label is null then
      select max(p.label), max(p.description), max(p.comments) into its_label, its_description, its_comments
        from dba_ords_privileges p
        join dba_ords_schemas s on s.id = p.schema_id
       where s.parsing_schema = p_schema and p.name = p_name;
    end if;
    ords_admin.define_privilege(p_schema => p_schema, p_privilege_name => p_name, p_roles => its_roles, p_patterns => its_patterns,
      p_modules => its_modules, p_label => its_label, p_description => its_description, p_comments => its_comments);
  end;
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
      protecting := no_names;
      for x in (
        select p.name
          from dba_ords_privilege_modules r
          join dba_ords_privileges p on p.id = r.privilege_id
          join dba_ords_schemas s on s.id = p.schema_id
         where s.parsing_schema = m.parsing_schema and r.module_name = m.module_name
        union
        select g.privilege_name
          from json_table(:parts, '$[*]' columns (
                 parsing_schema varchar2(128) path '$.parsing_schema', privilege_name varchar2(255) path '$.privilege_name',
                 kind varchar2(10) path '$.kind', entry varchar2(600) path '$.value')) g
         where g.parsing_schema = m.parsing_schema and g.kind = 'MODULE' and g.entry = m.module_name
      ) loop
        protecting(protecting.count + 1) := x.name;
      end loop;
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
      for i in 1 .. protecting.count loop
        protect(m.parsing_schema, protecting(i), m.module_name);
      end loop;
      commit;
      given_now := given_now + 1;
    exception
      when others then
        rollback;
        failures := failures || 'REST module ' || m.module_name || ' of ' || m.parsing_schema || ': ' || sqlerrm || chr(10);
        dbms_output.put_line('left out: REST module ' || m.module_name || ' of ' || m.parsing_schema || ': ' || sqlerrm);
    end;
  end loop;
  :given := given_now;
  :refused := failures;
end;
