-- purpose: Lists people's schemas that can be logged on to with a password.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_USERS
select u.username, u.account_status
  from dba_users u
 where u.oracle_maintained = 'N'
   and u.authentication_type = 'PASSWORD'
   and u.username <> user
 order by u.username
