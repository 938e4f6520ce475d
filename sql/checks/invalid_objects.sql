-- purpose: Lists invalid objects of people's schemas.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_OBJECTS and DBA_USERS
select o.owner, o.object_type, o.object_name
  from dba_objects o
 where o.status = 'INVALID'
   and o.owner in (select u.username from dba_users u where u.oracle_maintained = 'N')
 order by o.owner, o.object_type, o.object_name
