-- purpose: Shows the user that owns a schema.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 30
-- privileges: SELECT on DBA_USERS
-- param schema_name: bind varchar2 in - the schema
select u.username, u.account_status, u.oracle_maintained
  from dba_users u
 where u.username = upper(:schema_name)
