-- purpose: Lists credentials by name; their secrets cannot be read and are not copied by hand.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_CREDENTIALS
select c.owner, c.credential_name, c.username, c.enabled
  from dba_credentials c
 order by c.owner, c.credential_name
