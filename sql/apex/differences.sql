-- purpose: Names what of installed applications is not as in the list they were installed from.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
-- param planned: bind clob in - JSON array of objects with application_id, new_id, workspace, schema_name and alias
-- param applications: bind clob in - JSON array, as apex/applications gave it where they come from
select d.application_id, d.what, d.wanted, d.found
  from (
    select p.new_id as application_id, k.what,
           case k.what when 'workspace' then p.workspace when 'schema' then p.schema_name when 'alias' then upper(p.alias) when 'name' then w.application_name
             when 'pages' then to_char(w.pages) when 'static files' then to_char(w.static_files) when 'bytes of static files' then to_char(w.static_bytes)
             when 'roles' then to_char(w.roles) when 'authentication scheme' then w.authentication_scheme end as wanted,
           case k.what when 'workspace' then a.workspace when 'schema' then a.owner when 'alias' then upper(a.alias) when 'name' then a.application_name
             when 'pages' then to_char((select count(*) from apex_application_pages x where x.application_id = p.new_id))
             when 'static files' then to_char((select count(*) from apex_application_static_files x where x.application_id = p.new_id))
             when 'bytes of static files' then to_char((select nvl(sum(dbms_lob.getlength(x.file_content)), 0)
                                                          from apex_application_static_files x where x.application_id = p.new_id))
             when 'roles' then to_char((select count(*) from apex_appl_acl_roles x where x.application_id = p.new_id))
             when 'authentication scheme' then a.authentication_scheme end as found
      from json_table(:planned, '$[*]' columns (
             application_id number path '$.application_id', new_id number path '$.new_id', workspace varchar2(255) path '$.workspace',
             schema_name varchar2(128) path '$.schema_name', alias varchar2(255) path '$.alias')) p
      join json_table(:applications, '$[*]' columns (
             application_id number path '$.application_id', application_name varchar2(255) path '$.application_name', pages number path '$.pages',
             static_files number path '$.static_files', static_bytes number path '$.static_bytes', roles number path '$.roles',
             authentication_scheme varchar2(255) path '$.authentication_scheme')) w on w.application_id = p.application_id
     cross join (select 'workspace' as what from dual union all select 'schema' from dual union all select 'alias' from dual union all
                 select 'name' from dual union all select 'pages' from dual union all select 'static files' from dual union all
                 select 'bytes of static files' from dual union all select 'roles' from dual union all select 'authentication scheme' from dual) k
      left join apex_applications a on a.application_id = p.new_id
  ) d
 where nvl(d.wanted, ' ') <> nvl(d.found, ' ')
 order by d.application_id, d.what
