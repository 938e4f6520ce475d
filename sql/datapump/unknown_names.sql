-- purpose: Names the schemas and tables of a list that are not there.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_USERS and DBA_TABLES
-- param schemas: bind clob in - JSON array of schemas' names as the database keeps them
-- param tables: bind clob in - JSON array of objects with schema and table
-- param some: bind clob in - JSON array of tables' names without schema, which one of the schemas has; any one where none is named
select s.name as name, 'schema' as kind
  from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) s
 where not exists (select 1 from dba_users u where u.username = s.name)
union all
select t.owner_name || '.' || t.table_name, 'table'
  from json_table(:tables, '$[*]' columns (owner_name varchar2(128) path '$.schema', table_name varchar2(128) path '$.table')) t
 where not exists (select 1 from dba_tables d where d.owner = t.owner_name and d.table_name = t.table_name)
union all
select n.table_name, 'table'
  from json_table(:some, '$[*]' columns (table_name varchar2(128) path '$')) n
 where not exists (select 1 from dba_tables d where d.table_name = n.table_name
         and (not exists (select 1 from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')))
              or d.owner in (select w.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) w)))
 order by 2, 1
