-- purpose: Lists people's schemas with the state of their accounts.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_USERS
select u.username, u.account_status, u.expiry_date, u.profile, u.default_tablespace
  from dba_users u
 where u.oracle_maintained = 'N'
 order by u.username
