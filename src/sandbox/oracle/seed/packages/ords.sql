-- Oracle REST Data Services: enabled schemas, modules, roles and privileges, as far as their definition goes.
create package sys.owa as
  type vc_arr is table of varchar2(32000) index by binary_integer;
end;
/
grant execute on sys.owa to ords_metadata;
create table ords_metadata.schema$ (id number generated always as identity (start with 10001) primary key, parsing_schema varchar2(128) not null unique, type varchar2(30) default 'BASE_PATH', pattern varchar2(255), status varchar2(20), auto_rest_auth varchar2(20));
create table ords_metadata.module$ (id number generated always as identity (start with 20001) primary key, schema_id number not null references ords_metadata.schema$ on delete cascade, name varchar2(255) not null, uri_prefix varchar2(255), items_per_page number, status varchar2(30), comments varchar2(4000), origins_allowed varchar2(4000), unique (schema_id, name));
create table ords_metadata.template$ (id number generated always as identity (start with 30001) primary key, module_id number not null references ords_metadata.module$ on delete cascade, uri_template varchar2(600) not null, priority number, etag_type varchar2(30), etag_query varchar2(4000), comments varchar2(4000), unique (module_id, uri_template));
create table ords_metadata.handler$ (id number generated always as identity (start with 40001) primary key, template_id number not null references ords_metadata.template$ on delete cascade, method varchar2(10) not null, source_type varchar2(30), source clob, items_per_page number, mimes_allowed varchar2(255), comments varchar2(4000), unique (template_id, method));
create table ords_metadata.parameter$ (id number generated always as identity (start with 50001) primary key, handler_id number not null references ords_metadata.handler$ on delete cascade, name varchar2(255) not null, bind_variable_name varchar2(30), source_type varchar2(30), param_type varchar2(30), access_method varchar2(10), comments varchar2(4000), unique (handler_id, name));
create table ords_metadata.role$ (id number generated always as identity (start with 60001) primary key, schema_id number references ords_metadata.schema$ on delete cascade, name varchar2(255) not null);
create table ords_metadata.privilege$ (id number generated always as identity (start with 70001) primary key, schema_id number not null references ords_metadata.schema$ on delete cascade, name varchar2(255) not null, label varchar2(255), description varchar2(4000), comments varchar2(4000), unique (schema_id, name));
create table ords_metadata.privilege_role$ (privilege_id number not null references ords_metadata.privilege$ on delete cascade, role_id number not null references ords_metadata.role$ on delete cascade);
create table ords_metadata.privilege_module$ (privilege_id number not null references ords_metadata.privilege$ on delete cascade, module_id number not null references ords_metadata.module$ on delete cascade);
create table ords_metadata.privilege_mapping$ (privilege_id number not null references ords_metadata.privilege$ on delete cascade, pattern varchar2(600) not null);
insert into ords_metadata.schema$ (parsing_schema, pattern, status, auto_rest_auth) values ('ADMIN', 'admin', 'ENABLED', 'ENABLED');
insert into ords_metadata.role$ (name) values ('SQL Developer');
insert into ords_metadata.role$ (name) values ('SQL Administrator');
insert into ords_metadata.role$ (name) values ('RESTful Services');
insert into ords_metadata.role$ (name) values ('OAuth2 Client Developer');
create view ords_metadata.dba_ords_schemas as select id, parsing_schema, type, pattern, status, auto_rest_auth from ords_metadata.schema$;
create view ords_metadata.user_ords_schemas as select id, parsing_schema, type, pattern, status, auto_rest_auth from ords_metadata.schema$ where parsing_schema = user;
create view ords_metadata.dba_ords_modules as select id, name, uri_prefix, items_per_page, status, comments, origins_allowed, schema_id from ords_metadata.module$;
create view ords_metadata.user_ords_modules as select m.id, m.name, m.uri_prefix, m.items_per_page, m.status, m.comments, m.origins_allowed from ords_metadata.module$ m join ords_metadata.schema$ s on s.id = m.schema_id where s.parsing_schema = user;
create view ords_metadata.dba_ords_templates as select t.id, t.module_id, t.uri_template, t.priority, t.etag_type, t.etag_query, t.comments, m.schema_id from ords_metadata.template$ t join ords_metadata.module$ m on m.id = t.module_id;
create view ords_metadata.user_ords_templates as select t.id, t.module_id, t.uri_template, t.priority, t.etag_type, t.etag_query, t.comments from ords_metadata.template$ t join ords_metadata.user_ords_modules m on m.id = t.module_id;
create view ords_metadata.dba_ords_handlers as select h.id, h.template_id, h.source_type, h.method, h.mimes_allowed, h.items_per_page, h.source, h.comments, t.schema_id from ords_metadata.handler$ h join ords_metadata.dba_ords_templates t on t.id = h.template_id;
create view ords_metadata.user_ords_handlers as select h.id, h.template_id, h.source_type, h.method, h.mimes_allowed, h.items_per_page, h.source, h.comments from ords_metadata.handler$ h join ords_metadata.user_ords_templates t on t.id = h.template_id;
create view ords_metadata.dba_ords_parameters as select p.id, p.handler_id, p.name, p.bind_variable_name, p.source_type, p.access_method, p.param_type, p.comments, h.schema_id from ords_metadata.parameter$ p join ords_metadata.dba_ords_handlers h on h.id = p.handler_id;
create view ords_metadata.user_ords_parameters as select p.id, p.handler_id, p.name, p.bind_variable_name, p.source_type, p.access_method, p.param_type, p.comments from ords_metadata.parameter$ p join ords_metadata.user_ords_handlers h on h.id = p.handler_id;
create view ords_metadata.dba_ords_roles as select id, name, schema_id from ords_metadata.role$ where schema_id is not null;
create view ords_metadata.user_ords_roles as select r.id, r.name from ords_metadata.role$ r join ords_metadata.schema$ s on s.id = r.schema_id where s.parsing_schema = user;
create view ords_metadata.dba_ords_privileges as select id, label, name, description, comments, schema_id from ords_metadata.privilege$;
create view ords_metadata.user_ords_privileges as select p.id, p.label, p.name, p.description, p.comments from ords_metadata.privilege$ p join ords_metadata.schema$ s on s.id = p.schema_id where s.parsing_schema = user;
create view ords_metadata.dba_ords_privilege_roles as select p.id as privilege_id, p.name as privilege_name, r.id as role_id, r.name as role_name, p.schema_id from ords_metadata.privilege_role$ x join ords_metadata.privilege$ p on p.id = x.privilege_id join ords_metadata.role$ r on r.id = x.role_id;
create view ords_metadata.dba_ords_privilege_modules as select m.id as module_id, m.name as module_name, p.id as privilege_id, p.name as privilege_name, p.schema_id from ords_metadata.privilege_module$ x join ords_metadata.privilege$ p on p.id = x.privilege_id join ords_metadata.module$ m on m.id = x.module_id;
create view ords_metadata.dba_ords_privilege_mappings as select p.id as privilege_id, p.name, x.pattern, p.schema_id from ords_metadata.privilege_mapping$ x join ords_metadata.privilege$ p on p.id = x.privilege_id;
create package ords_metadata.ords_admin authid current_user as
  source_type_collection_feed constant varchar2(30) := 'json/collection';
  source_type_collection_item constant varchar2(30) := 'json/item';
  source_type_query constant varchar2(30) := 'json/query';
  source_type_csv_query constant varchar2(30) := 'csv/query';
  source_type_media constant varchar2(30) := 'resource/lob';
  source_type_plsql constant varchar2(30) := 'plsql/block';
  procedure enable_schema(p_enabled in boolean default true, p_schema in varchar2 default null, p_url_mapping_type in varchar2 default 'BASE_PATH', p_url_mapping_pattern in varchar2 default null, p_auto_rest_auth in boolean default null);
  procedure define_module(p_schema in varchar2, p_module_name in varchar2, p_base_path in varchar2, p_items_per_page in number default 25, p_status in varchar2 default 'PUBLISHED', p_comments in varchar2 default null);
  procedure set_module_origins_allowed(p_schema in varchar2, p_module_name in varchar2, p_origins_allowed in varchar2);
  procedure define_template(p_schema in varchar2, p_module_name in varchar2, p_pattern in varchar2, p_priority in number default 0, p_etag_type in varchar2 default 'HASH', p_etag_query in varchar2 default null, p_comments in varchar2 default null);
  procedure define_handler(p_schema in varchar2, p_module_name in varchar2, p_pattern in varchar2, p_method in varchar2 default 'GET', p_source_type in varchar2 default 'json/collection', p_source in clob, p_items_per_page in number default null, p_mimes_allowed in varchar2 default null, p_comments in varchar2 default null);
  procedure define_parameter(p_schema in varchar2, p_module_name in varchar2, p_pattern in varchar2, p_method in varchar2, p_name in varchar2, p_bind_variable_name in varchar2 default null, p_source_type in varchar2 default 'HEADER', p_param_type in varchar2 default 'STRING', p_access_method in varchar2 default 'IN', p_comments in varchar2 default null);
  procedure create_role(p_schema in varchar2, p_role_name in varchar2);
  procedure define_privilege(p_schema in varchar2, p_privilege_name in varchar2, p_roles in sys.owa.vc_arr, p_patterns in sys.owa.vc_arr, p_modules in sys.owa.vc_arr, p_label in varchar2 default null, p_description in varchar2 default null, p_comments in varchar2 default null);
  procedure delete_module(p_schema in varchar2, p_module_name in varchar2);
  procedure delete_role(p_schema in varchar2, p_role_name in varchar2);
  procedure delete_privilege(p_schema in varchar2, p_name in varchar2);
end;
/
create package body ords_metadata.ords_admin as
  function schema_of(name in varchar2) return number is
    l_id number;
  begin
    select id into l_id from schema$ where parsing_schema = upper(name);
    return l_id;
  exception
    when no_data_found then
      raise_application_error(-20014, 'Schema ' || name || ' is not enabled for REST');
  end;
  function module_of(schema_name in varchar2, module_name in varchar2) return number is
    l_id number;
    l_schema number := schema_of(schema_name);
  begin
    select id into l_id from module$ where schema_id = l_schema and name = module_name;
    return l_id;
  exception
    when no_data_found then
      raise_application_error(-20022, 'Module ' || module_name || ' does not exist');
  end;
  function template_of(schema_name in varchar2, module_name in varchar2, pattern in varchar2) return number is
    l_id number;
    l_module number := module_of(schema_name, module_name);
  begin
    select id into l_id from template$ where module_id = l_module and uri_template = pattern;
    return l_id;
  exception
    when no_data_found then
      raise_application_error(-20023, 'Template ' || pattern || ' does not exist in module ' || module_name);
  end;
  procedure enable_schema(p_enabled in boolean default true, p_schema in varchar2 default null, p_url_mapping_type in varchar2 default 'BASE_PATH', p_url_mapping_pattern in varchar2 default null, p_auto_rest_auth in boolean default null) is
    l_schema varchar2(128) := nvl(upper(p_schema), sys_context('USERENV', 'CURRENT_USER'));
    l_pattern varchar2(255) := nvl(p_url_mapping_pattern, lower(l_schema));
    l_type varchar2(30) := p_url_mapping_type;
    l_status varchar2(20) := 'ENABLED';
    l_auth varchar2(20) := 'DISABLED';
    l_count number;
  begin
    select count(*) into l_count from sys.dba_users where username = l_schema;
    if l_count = 0 then
      raise_application_error(-20014, 'Schema does not exist');
    end if;
    select count(*) into l_count from schema$ where pattern = l_pattern and parsing_schema <> l_schema;
    if l_count > 0 then
      raise_application_error(-20049, 'The URL mapping pattern ' || l_pattern || ' is used by another schema');
    end if;
    if not p_enabled then
      l_status := 'DISABLED';
    end if;
    if p_auto_rest_auth then
      l_auth := 'ENABLED';
    end if;
    merge into schema$ s using (select l_schema as name from dual) n on (s.parsing_schema = n.name)
      when matched then update set type = l_type, pattern = l_pattern, status = l_status, auto_rest_auth = l_auth
      when not matched then insert (parsing_schema, type, pattern, status, auto_rest_auth) values (l_schema, l_type, l_pattern, l_status, l_auth);
  end;
  procedure define_module(p_schema in varchar2, p_module_name in varchar2, p_base_path in varchar2, p_items_per_page in number default 25, p_status in varchar2 default 'PUBLISHED', p_comments in varchar2 default null) is
    l_schema number := schema_of(p_schema);
  begin
    if p_status not in ('PUBLISHED', 'NOT_PUBLISHED') then
      raise_application_error(-20020, 'Invalid status ' || p_status);
    end if;
    delete from module$ where schema_id = l_schema and name = p_module_name;
    insert into module$ (schema_id, name, uri_prefix, items_per_page, status, comments)
    values (l_schema, p_module_name, '/' || trim('/' from p_base_path) || '/', p_items_per_page, p_status, p_comments);
  end;
  procedure set_module_origins_allowed(p_schema in varchar2, p_module_name in varchar2, p_origins_allowed in varchar2) is
    l_module number := module_of(p_schema, p_module_name);
  begin
    update module$ set origins_allowed = p_origins_allowed where id = l_module;
  end;
  procedure define_template(p_schema in varchar2, p_module_name in varchar2, p_pattern in varchar2, p_priority in number default 0, p_etag_type in varchar2 default 'HASH', p_etag_query in varchar2 default null, p_comments in varchar2 default null) is
    l_module number := module_of(p_schema, p_module_name);
  begin
    if p_etag_type not in ('HASH', 'QUERY', 'NONE') then
      raise_application_error(-20020, 'Invalid etag type ' || p_etag_type);
    end if;
    delete from template$ where module_id = l_module and uri_template = p_pattern;
    insert into template$ (module_id, uri_template, priority, etag_type, etag_query, comments) values (l_module, p_pattern, p_priority, p_etag_type, p_etag_query, p_comments);
  end;
  procedure define_handler(p_schema in varchar2, p_module_name in varchar2, p_pattern in varchar2, p_method in varchar2 default 'GET', p_source_type in varchar2 default 'json/collection', p_source in clob, p_items_per_page in number default null, p_mimes_allowed in varchar2 default null, p_comments in varchar2 default null) is
    l_template number := template_of(p_schema, p_module_name, p_pattern);
  begin
    if p_method not in ('GET', 'POST', 'PUT', 'DELETE', 'PATCH') then
      raise_application_error(-20020, 'Invalid method ' || p_method);
    end if;
    delete from handler$ where template_id = l_template and method = p_method;
    insert into handler$ (template_id, method, source_type, source, items_per_page, mimes_allowed, comments)
    values (l_template, p_method, p_source_type, p_source, p_items_per_page, p_mimes_allowed, p_comments);
  end;
  procedure define_parameter(p_schema in varchar2, p_module_name in varchar2, p_pattern in varchar2, p_method in varchar2, p_name in varchar2, p_bind_variable_name in varchar2 default null, p_source_type in varchar2 default 'HEADER', p_param_type in varchar2 default 'STRING', p_access_method in varchar2 default 'IN', p_comments in varchar2 default null) is
    l_template number := template_of(p_schema, p_module_name, p_pattern);
    l_handler number;
  begin
    begin
      select id into l_handler from handler$ where template_id = l_template and method = p_method;
    exception
      when no_data_found then
        raise_application_error(-20024, 'Handler ' || p_method || ' does not exist for template ' || p_pattern);
    end;
    delete from parameter$ where handler_id = l_handler and name = p_name;
    insert into parameter$ (handler_id, name, bind_variable_name, source_type, param_type, access_method, comments)
    values (l_handler, p_name, p_bind_variable_name, p_source_type, p_param_type, p_access_method, p_comments);
  end;
  procedure create_role(p_schema in varchar2, p_role_name in varchar2) is
    l_schema number := schema_of(p_schema);
    l_count number;
  begin
    select count(*) into l_count from role$ where name = p_role_name and (schema_id is null or schema_id = l_schema);
    if l_count > 0 then
      raise_application_error(-20031, 'Role ' || p_role_name || ' already exists');
    end if;
    insert into role$ (schema_id, name) values (l_schema, p_role_name);
  end;
  procedure define_privilege(p_schema in varchar2, p_privilege_name in varchar2, p_roles in sys.owa.vc_arr, p_patterns in sys.owa.vc_arr, p_modules in sys.owa.vc_arr, p_label in varchar2 default null, p_description in varchar2 default null, p_comments in varchar2 default null) is
    l_schema number := schema_of(p_schema);
    l_privilege number;
    l_role number;
    l_module number;
    l_text varchar2(4000);
  begin
    delete from privilege$ where schema_id = l_schema and name = p_privilege_name;
    insert into privilege$ (schema_id, name, label, description, comments) values (l_schema, p_privilege_name, p_label, p_description, p_comments);
    select id into l_privilege from privilege$ where schema_id = l_schema and name = p_privilege_name;
    for i in 1 .. p_roles.count loop
      l_text := p_roles(i);
      begin
        select id into l_role from role$ where name = l_text and (schema_id is null or schema_id = l_schema);
      exception
        when no_data_found then
          raise_application_error(-20032, 'Role ' || l_text || ' does not exist');
      end;
      insert into privilege_role$ (privilege_id, role_id) values (l_privilege, l_role);
    end loop;
    for i in 1 .. p_patterns.count loop
      l_text := p_patterns(i);
      insert into privilege_mapping$ (privilege_id, pattern) values (l_privilege, l_text);
    end loop;
    for i in 1 .. p_modules.count loop
      l_text := p_modules(i);
      l_module := module_of(p_schema, l_text);
      insert into privilege_module$ (privilege_id, module_id) values (l_privilege, l_module);
    end loop;
  end;
  procedure delete_module(p_schema in varchar2, p_module_name in varchar2) is
    l_schema number := schema_of(p_schema);
  begin
    delete from module$ where schema_id = l_schema and name = p_module_name;
  end;
  procedure delete_role(p_schema in varchar2, p_role_name in varchar2) is
    l_schema number := schema_of(p_schema);
  begin
    delete from role$ where schema_id = l_schema and name = p_role_name;
  end;
  procedure delete_privilege(p_schema in varchar2, p_name in varchar2) is
    l_schema number := schema_of(p_schema);
  begin
    delete from privilege$ where schema_id = l_schema and name = p_name;
  end;
end;
/
create package ords_metadata.ords authid current_user as
  function installed_version return varchar2;
  procedure enable_schema(p_enabled in boolean default true, p_schema in varchar2 default null, p_url_mapping_type in varchar2 default 'BASE_PATH', p_url_mapping_pattern in varchar2 default null, p_auto_rest_auth in boolean default null);
end;
/
create package body ords_metadata.ords as
  function installed_version return varchar2 is
  begin
    return '25.2.0';
  end;
  procedure enable_schema(p_enabled in boolean default true, p_schema in varchar2 default null, p_url_mapping_type in varchar2 default 'BASE_PATH', p_url_mapping_pattern in varchar2 default null, p_auto_rest_auth in boolean default null) is
  begin
    if upper(p_schema) <> sys_context('USERENV', 'CURRENT_USER') and sys.kernel.has_role(sys_context('USERENV', 'CURRENT_USER'), 'ORDS_ADMINISTRATOR_ROLE') = 0 then
      sys.kernel.raise_error(1031);
    end if;
    ords_admin.enable_schema(p_enabled, nvl(p_schema, sys_context('USERENV', 'CURRENT_USER')), p_url_mapping_type, p_url_mapping_pattern, p_auto_rest_auth);
  end;
end;
/
create public synonym ords for ords_metadata.ords;
create public synonym ords_admin for ords_metadata.ords_admin;
grant execute on ords_metadata.ords to public;
grant execute on ords_metadata.ords_admin to ords_administrator_role;
create public synonym dba_ords_schemas for ords_metadata.dba_ords_schemas;
grant select on ords_metadata.dba_ords_schemas to admin;
create public synonym dba_ords_modules for ords_metadata.dba_ords_modules;
grant select on ords_metadata.dba_ords_modules to admin;
create public synonym dba_ords_templates for ords_metadata.dba_ords_templates;
grant select on ords_metadata.dba_ords_templates to admin;
create public synonym dba_ords_handlers for ords_metadata.dba_ords_handlers;
grant select on ords_metadata.dba_ords_handlers to admin;
create public synonym dba_ords_parameters for ords_metadata.dba_ords_parameters;
grant select on ords_metadata.dba_ords_parameters to admin;
create public synonym dba_ords_roles for ords_metadata.dba_ords_roles;
grant select on ords_metadata.dba_ords_roles to admin;
create public synonym dba_ords_privileges for ords_metadata.dba_ords_privileges;
grant select on ords_metadata.dba_ords_privileges to admin;
create public synonym dba_ords_privilege_roles for ords_metadata.dba_ords_privilege_roles;
grant select on ords_metadata.dba_ords_privilege_roles to admin;
create public synonym dba_ords_privilege_modules for ords_metadata.dba_ords_privilege_modules;
grant select on ords_metadata.dba_ords_privilege_modules to admin;
create public synonym dba_ords_privilege_mappings for ords_metadata.dba_ords_privilege_mappings;
grant select on ords_metadata.dba_ords_privilege_mappings to admin;
create public synonym user_ords_schemas for ords_metadata.user_ords_schemas;
grant read on ords_metadata.user_ords_schemas to public;
create public synonym user_ords_modules for ords_metadata.user_ords_modules;
grant read on ords_metadata.user_ords_modules to public;
create public synonym user_ords_templates for ords_metadata.user_ords_templates;
grant read on ords_metadata.user_ords_templates to public;
create public synonym user_ords_handlers for ords_metadata.user_ords_handlers;
grant read on ords_metadata.user_ords_handlers to public;
create public synonym user_ords_parameters for ords_metadata.user_ords_parameters;
grant read on ords_metadata.user_ords_parameters to public;
create public synonym user_ords_roles for ords_metadata.user_ords_roles;
grant read on ords_metadata.user_ords_roles to public;
create public synonym user_ords_privileges for ords_metadata.user_ords_privileges;
grant read on ords_metadata.user_ords_privileges to public;
