-- purpose: Sends a test mail as the application's schema would.
--   Sent again after a crash at the wrong moment it arrives twice, which does no harm.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE ANY PROCEDURE, DROP ANY PROCEDURE, EXECUTE ANY PROCEDURE, SELECT on DBA_ERRORS; the schema needs EXECUTE on DBMS_CLOUD_NOTIFICATION
-- param schema_name: bind varchar2 in - the application's schema
-- param credential: bind varchar2 in - the mail credential's name
-- param params: bind clob in - JSON object with sender, smtp_host, recipient, subject, message, type and title
-- param sent: bind varchar2 out - YES
declare
  compiled_with_errors exception;
  pragma exception_init(compiled_with_errors, -24344);
  helper varchar2(300) := dbms_assert.enquote_name(:schema_name, false) || '.adbctl_send_test';
  why varchar2(2000);

  procedure drop_helper is
  begin
    execute immediate 'drop procedure ' || helper;
  exception
    when others then
      null;
  end;
begin
  begin
    begin
      execute immediate 'create or replace procedure ' || helper
        || ' (p_name in varchar2, p_params in clob) authid definer is'
        || ' begin'
        || ' dbms_cloud_notification.send_data(provider => ''email'', credential_name => p_name,'
        || ' query => ''select sysdate from dual'', params => p_params);'
        || ' end;';
    exception
      -- Why it does not compile is read below.
      when compiled_with_errors then
        null;
    end;
    select max(e.text) keep (dense_rank first order by e.sequence) into why
      from dba_errors e
     where e.owner = :schema_name and e.name = 'ADBCTL_SEND_TEST';
    if why is not null then
      raise_application_error(-20924,
        'adbctl: ' || :schema_name || ' cannot send mail; may it execute DBMS_CLOUD_NOTIFICATION? ' || why);
    end if;
    execute immediate 'begin ' || helper || '(:p_name, :p_params); end;' using :credential, :params;
  exception
    when others then
      drop_helper;
      raise;
  end;
  drop_helper;
  commit;
  :sent := 'YES';
end;
