-- expect: PLS-00103 4:23
BEGIN
 DBMS_CLOUD.CREATE_CREDENTIAL(
   credential_name => ‘EMAIL_CRED’,
   username        => ‘<email-username>’,
   password        => ‘<email-password>’
 );
END;
