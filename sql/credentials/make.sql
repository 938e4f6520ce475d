-- purpose: Makes a credential in the schema that uses it, or gives the one that is there another user and secret. In another
--   schema than one's own a procedure does it that exists only meanwhile.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: EXECUTE on DBMS_CLOUD; in another schema CREATE ANY PROCEDURE, DROP ANY PROCEDURE, EXECUTE ANY PROCEDURE, SELECT on DBA_CREDENTIALS and DBA_ERRORS, and that schema needs EXECUTE on DBMS_CLOUD
-- param schema_name: bind varchar2 in - the schema; nothing: one's own
-- param credential: bind varchar2 in - the credential's name
-- param username: bind varchar2 in - the user that it stands for
-- param password: bind varchar2 in - that user's password or token
-- param existing: bind varchar2 in - one that is there: keep it, change it, or change it where it is another user's (differing)
-- param outcome: bind varchar2 out - made, changed or kept
declare
  compiled_with_errors exception;
  pragma exception_init(compiled_with_errors, -24344);
  owner_name varchar2(128) := nvl(:schema_name, user);
  helper varchar2(300);
  known number;
  present_user varchar2(4000);
  done varchar2(10);
  work varchar2(1000);
  why varchar2(2000);

  procedure drop_helper is
  begin
    execute immediate 'drop procedure ' || helper;
  exception
    when others then
      null;
  end;
begin
  select count(*), max(c.username) into known, present_user
    from dba_credentials c
   where c.owner = owner_name and c.credential_name = upper(:credential);
  done := case
    when known = 0 then 'made'
    when :existing = 'change' or :existing = 'differing' and nvl(present_user, chr(0)) <> :username then 'changed'
    else 'kept'
  end;
  if done = 'changed' and present_user is not null then
    work := 'dbms_cloud.update_credential(credential_name => p_name, attribute => ''USERNAME'', value => p_user);'
      || ' dbms_cloud.update_credential(credential_name => p_name, attribute => ''PASSWORD'', value => p_secret);';
  else
    work := 'dbms_cloud.create_credential(credential_name => p_name, username => p_user, password => p_secret);';
    if known > 0 then
      -- One with a key instead of a user cannot be given one.
      work := 'dbms_cloud.drop_credential(credential_name => p_name); ' || work;
    end if;
  end if;
  if done <> 'kept' and owner_name = user then
    execute immediate 'begin ' || replace(work, 'p_', ':p_') || ' end;' using :credential, :username, :password;
  elsif done <> 'kept' then
    helper := dbms_assert.enquote_name(owner_name, false) || '.adbctl_credential';
    begin
      begin
        execute immediate 'create or replace procedure ' || helper
          || ' (p_name in varchar2, p_user in varchar2, p_secret in varchar2) authid definer is begin ' || work || ' end;';
      exception
        -- Why it does not compile is read below.
        when compiled_with_errors then
          null;
      end;
      select max(e.text) keep (dense_rank first order by e.sequence) into why
        from dba_errors e
       where e.owner = owner_name and e.name = 'ADBCTL_CREDENTIAL';
      if why is not null then
        raise_application_error(-20923, 'adbctl: ' || owner_name || ' cannot make credentials; may it execute DBMS_CLOUD? ' || why);
      end if;
      execute immediate 'begin ' || helper || '(:p_name, :p_user, :p_secret); end;' using :credential, :username, :password;
    exception
      when others then
        drop_helper;
        raise;
    end;
    drop_helper;
  end if;
  commit;
  :outcome := done;
end;
