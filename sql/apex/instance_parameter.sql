-- purpose: Sets an APEX instance parameter, and reads it back. Releases stopped mail, for instance.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param parameter: bind varchar2 in - its name
-- param wanted: bind varchar2 in - its value
-- param earlier: bind varchar2 out - what was set
-- param value_now: bind varchar2 out - what is set now
declare
  found varchar2(4000);
begin
  found := apex_instance_admin.get_parameter(:parameter);
  :earlier := found;
  apex_instance_admin.set_parameter(:parameter, :wanted);
  commit;
  :value_now := apex_instance_admin.get_parameter(:parameter);
end;
