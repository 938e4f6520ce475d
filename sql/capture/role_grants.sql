-- purpose: Lists roles of people's schemas.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_ROLE_PRIVS and DBA_USERS
select p.grantee, p.granted_role, p.admin_option, p.default_role
  from dba_role_privs p
 where p.grantee in (select u.username from dba_users u where u.oracle_maintained = 'N')
 order by p.grantee, p.granted_role
