-- purpose: Lists the users of people that a dump does not hold. What its users are called has to be known, else there are none.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_USERS
-- param names: bind clob in - JSON array of the names of the dump's users
-- param known: bind number in - 1 if it is known what the dump's users are called
select u.username
  from dba_users u
 where u.oracle_maintained = 'N'
   and :known = 1
   and u.username not in (select n.name from json_table(:names, '$[*]' columns (name varchar2(128) path '$')) n)
 order by u.username
