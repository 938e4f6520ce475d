-- purpose: Reads what the database says of the credential for the bucket. It never shows the secret.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: none beyond the user's own; SELECT on DATABASE_PROPERTIES
-- param credential_name: bind varchar2 in - the credential, in upper case
select c.credential_name, c.username, c.enabled,
       (select max(p.property_value) from database_properties p where p.property_name = 'DEFAULT_CREDENTIAL') as default_credential
  from user_credentials c
 where c.credential_name = :credential_name
