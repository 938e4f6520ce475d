-- purpose: Sends a test mail as the application's schema would.
--   Sent again after a crash at the wrong moment it arrives twice, which does no harm.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE ANY PROCEDURE, DROP ANY PROCEDURE, EXECUTE ANY PROCEDURE; the schema needs EXECUTE on DBMS_CLOUD_NOTIFICATION
-- param schema_name: bind varchar2 in - the application's schema
-- param credential: bind varchar2 in - the mail credential's name
-- param params: bind clob in - JSON object with sender, smtp_host, recipient, subject, message, type and title
declare
  helper varchar2(300);
begin
  helper := dbms_assert.enquote_name(:schema_name, false) || '.adbctl_send_test';
  execute immediate 'create or replace procedure ' || helper
    || ' (p_name in varchar2, p_params in clob) authid definer is'
    || ' begin'
    || ' dbms_cloud_notification.send_data(provider => ''email'', credential_name => p_name,'
    || ' query => ''select sysdate from dual'', params => p_params);'
    || ' end;';
  begin
    execute immediate 'begin ' || helper || '(:p_name, :p_params); end;' using :credential, :params;
  exception
    when others then
      execute immediate 'drop procedure ' || helper;
      raise;
  end;
  execute immediate 'drop procedure ' || helper;
  commit;
end;
