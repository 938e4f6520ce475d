-- expect: PLS-00103 4:4
BEGIN
 apex_instance_admin.set_parameter(
   ‘APEX_BUILDER_AUTHENTICATION’,
   ‘DB’
 );
END;
