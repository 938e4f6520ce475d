-- purpose: Names those of a list of users that no import may load schemas into.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 30
-- privileges: SELECT on DBA_USERS
-- param schemas: bind clob in - JSON array of users' names as the database keeps them
select s.name
  from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) s
  join dba_users u on u.username = s.name
 where u.oracle_maintained = 'Y' or u.username = 'ADMIN'
 order by s.name
