-- purpose: Lists a prefix of the bucket from inside the database, which shows that its credential is good for it.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: EXECUTE on DBMS_CLOUD
-- param credential_name: bind varchar2 in - the credential
-- param uri: bind varchar2 in - the bucket's address, with the prefix
select count(*) as objects
  from dbms_cloud.list_objects(:credential_name, :uri)
