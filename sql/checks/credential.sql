-- purpose: Shows whether a schema has a credential.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_CREDENTIALS
-- param schema_name: bind varchar2 in - the schema
-- param credential: bind varchar2 in - the credential's name
select c.owner, c.credential_name, c.username, c.enabled
  from dba_credentials c
 where c.owner = :schema_name and c.credential_name = upper(:credential)
