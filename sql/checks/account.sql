-- purpose: Shows how a database account stands.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_USERS
-- param username: bind varchar2 in - the user, in the case of the dictionary
select u.username, u.account_status, u.expiry_date
  from dba_users u
 where u.username = :username
