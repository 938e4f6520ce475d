-- purpose: Makes a recorded credential that is not there, in the schema that uses it; one that is there stays as it is.
--   A procedure that exists only meanwhile does it.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE ANY PROCEDURE, DROP ANY PROCEDURE, EXECUTE ANY PROCEDURE, SELECT on DBA_CREDENTIALS; the schema needs EXECUTE on DBMS_CLOUD
-- param schema_name: bind varchar2 in - the schema
-- param credential: bind varchar2 in - the credential's name
-- param username: bind varchar2 in - the user that it stands for
-- param password: bind varchar2 in - that user's password or token
-- param made: bind varchar2 out - YES if there was none
declare
  helper varchar2(300);
  found number;
begin
  select count(*) into found
    from dba_credentials c
   where c.owner = :schema_name and c.credential_name = upper(:credential);
  if found > 0 then
    :made := 'NO';
  else
    helper := dbms_assert.enquote_name(:schema_name, false) || '.adbctl_credential';
    execute immediate 'create or replace procedure ' || helper
      || ' (p_name in varchar2, p_user in varchar2, p_password in varchar2) authid definer is'
      || ' begin'
      || ' dbms_cloud.create_credential(credential_name => p_name, username => p_user, password => p_password);'
      || ' end;';
    begin
      execute immediate 'begin ' || helper || '(:p_name, :p_user, :p_password); end;' using :credential, :username, :password;
    exception
      when others then
        execute immediate 'drop procedure ' || helper;
        raise;
    end;
    execute immediate 'drop procedure ' || helper;
    commit;
    :made := 'YES';
  end if;
end;
