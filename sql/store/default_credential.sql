-- purpose: Makes a credential the one that Data Pump uses where none is named. It counts for every user of the database.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: ALTER DATABASE PROPERTY, which ADMIN has
-- param credential_name: bind varchar2 in - the credential, in the connected user's schema
begin
  execute immediate 'alter database property set default_credential = '
    || dbms_assert.enquote_literal(user || '.' || :credential_name);
end;
