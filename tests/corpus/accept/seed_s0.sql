-- The statements of a runbook, with typographic quotes and placeholders made plain.

BEGIN
 apex_instance_admin.set_parameter(
   'APEX_BUILDER_AUTHENTICATION',
   'DB'
 );
END;
/

COMMIT;

BEGIN
 DBMS_CLOUD.DROP_CREDENTIAL('EMAIL_CRED');
END;
/

BEGIN
 DBMS_CLOUD.CREATE_CREDENTIAL(
   credential_name => 'EMAIL_CRED',
   username        => '<email-username>',
   password        => '<email-password>'
 );
END;
/

BEGIN
 DBMS_CLOUD_NOTIFICATION.SEND_DATA(
   provider        => 'email',
   credential_name => 'EMAIL_CRED',
   query           => 'SELECT SYSDATE FROM dual',
   params          => json_object(
     'recipient' VALUE '<recipient>',
     'subject'   VALUE 'Test Subject',
     'message'   VALUE 'Test Message'
   )
 );
END;
/

GRANT EXECUTE ON DBMS_SQL TO APP_SCHEMA;

GRANT SELECT ON DBA_TAB_PRIVS TO APP_SCHEMA;

GRANT SELECT ON DBA_USERS TO APP_SCHEMA;
