-- purpose: Sets how people sign in to the APEX builder, and reads the setting back.
--   Under DB a builder user also needs a database user of the same name.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param wanted: bind varchar2 in - APEX, DB, HEADER, SSO, LDAP, SOCIAL or SAML
-- param earlier: bind varchar2 out - what was set
-- param value_now: bind varchar2 out - what is set now
declare
  found varchar2(4000);
begin
  found := apex_instance_admin.get_parameter('APEX_BUILDER_AUTHENTICATION');
  :earlier := found;
  if found is null or found <> :wanted then
    apex_instance_admin.set_parameter('APEX_BUILDER_AUTHENTICATION', :wanted);
    commit;
  end if;
  :value_now := apex_instance_admin.get_parameter('APEX_BUILDER_AUTHENTICATION');
end;
