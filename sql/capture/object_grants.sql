-- purpose: Lists object privileges of people's schemas on objects of others.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_TAB_PRIVS and DBA_USERS
select p.grantee, p.owner, p.table_name, p.privilege, p.grantable, p.type
  from dba_tab_privs p
 where p.grantee in (select u.username from dba_users u where u.oracle_maintained = 'N')
   and p.grantee <> p.owner
 order by p.grantee, p.owner, p.table_name, p.privilege
