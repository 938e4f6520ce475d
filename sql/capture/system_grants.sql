-- purpose: Lists system privileges of people's schemas.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_SYS_PRIVS and DBA_USERS
select p.grantee, p.privilege, p.admin_option
  from dba_sys_privs p
 where p.grantee in (select u.username from dba_users u where u.oracle_maintained = 'N')
 order by p.grantee, p.privilege
