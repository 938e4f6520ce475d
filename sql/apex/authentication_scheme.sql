-- purpose: Makes an authentication scheme of an application the current one, and reads it back.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param workspace: bind varchar2 in - the workspace
-- param application_id: bind number in - the application
-- param scheme: bind varchar2 in - the scheme's name
-- param earlier: bind varchar2 out - the scheme that was current
-- param value_now: bind varchar2 out - the scheme that is current now
declare
  before varchar2(4000);
  after varchar2(4000);
begin
  apex_util.set_workspace(p_workspace => :workspace);
  select max(a.authentication_scheme_name) into before
    from apex_application_auth a
   where a.application_id = :application_id and a.is_current_authentication = 'Y';
  if before is null or before <> :scheme then
    apex_application_admin.set_authentication_scheme(p_application_id => :application_id, p_name => :scheme);
    commit;
  end if;
  select max(a.authentication_scheme_name) into after
    from apex_application_auth a
   where a.application_id = :application_id and a.is_current_authentication = 'Y';
  :earlier := before;
  :value_now := after;
end;
