-- purpose: Lists the tables of these schemas that have no statistics.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_TABLES and DBA_USERS
-- param schemas: bind clob in - JSON array of names as the database keeps them; empty for all of people's
select t.owner, t.table_name
  from dba_tables t
 where t.last_analyzed is null
   and t.temporary = 'N'
   and t.owner in (select u.username from dba_users u where u.oracle_maintained = 'N')
   and (json_value(:schemas, '$[0]') is null
        or t.owner in (select j.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) j))
 order by t.owner, t.table_name
