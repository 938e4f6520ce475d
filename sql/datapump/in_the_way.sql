-- purpose: Lists what people made in a database: their schemas with how much they own, and tables of the connected user.
-- side: target
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_USERS, DBA_OBJECTS, DBA_TABLES
select u.username as name, 'schema ' || u.username || ' with '
       || (select count(*) from dba_objects o where o.owner = u.username) || ' objects' as what
  from dba_users u
 where u.oracle_maintained = 'N'
   and u.username <> user
union all
select t.table_name, 'table ' || t.owner || '.' || t.table_name
  from dba_tables t
 where t.owner = user
 order by 1
