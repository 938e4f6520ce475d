-- purpose: Lists the synonyms of people's schemas, and the public ones that lead to their objects.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_SYNONYMS and DBA_USERS
select s.owner, s.synonym_name, s.table_owner, s.table_name, s.db_link
  from dba_synonyms s
 where s.owner in (select u.username from dba_users u where u.oracle_maintained = 'N')
    or (s.owner = 'PUBLIC' and s.table_owner in (select u.username from dba_users u where u.oracle_maintained = 'N'))
 order by s.owner, s.synonym_name
