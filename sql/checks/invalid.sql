-- purpose: Lists what is invalid, with the first error of each.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_OBJECTS, DBA_ERRORS and DBA_USERS
-- param schemas: bind clob in - JSON array of names as the database keeps them; empty for all of people's
select o.owner, o.object_name as name, o.object_type as type,
       (select min(e.line || ': ' || e.text) from dba_errors e
         where e.owner = o.owner and e.name = o.object_name and e.type = o.object_type and e.attribute = 'ERROR'
           and e.sequence = 1) as error
  from dba_objects o
 where o.status = 'INVALID'
   and o.owner in (select u.username from dba_users u where u.oracle_maintained = 'N')
   and (json_value(:schemas, '$[0]') is null
        or o.owner in (select j.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) j))
 order by o.owner, o.object_type, o.object_name
