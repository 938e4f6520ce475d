-- purpose: Counts the tables that these schemas have.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_TABLES
-- param schemas: bind clob in - JSON array of names as the database keeps them
select t.owner, count(*) as tables
  from dba_tables t
 where t.owner in (select j.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) j)
 group by t.owner
 order by t.owner
