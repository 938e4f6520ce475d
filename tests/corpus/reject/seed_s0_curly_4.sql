-- expect: PLS-00103 4:23
BEGIN
 DBMS_CLOUD_NOTIFICATION.SEND_DATA(
   provider        => ’email’,
   credential_name => ‘EMAIL_CRED’,
   query           => ‘SELECT SYSDATE FROM dual’,
   params          => json_object(
     ‘recipient’ VALUE ‘<recipient>’,
     ‘subject’   VALUE ‘Test Subject’,
     ‘message’   VALUE ‘Test Message’
   )
 );
END;
