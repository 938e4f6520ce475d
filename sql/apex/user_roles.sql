-- purpose: Gives people their roles in an application. Who has the role already keeps it; nobody loses one.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param workspace: bind varchar2 in - the workspace
-- param application_id: bind number in - the application
-- param assignments: bind clob in - JSON array of objects with user_name and role_static_id
-- param added: bind number out - how many assignments were new
declare
  fresh number := 0;
  held number;
begin
  apex_util.set_workspace(p_workspace => :workspace);
  for wanted in (
    select w.user_name, w.role_static_id
      from json_table(:assignments, '$[*]' columns (user_name varchar2(255) path '$.user_name', role_static_id varchar2(255) path '$.role_static_id')) w
  ) loop
    select count(*) into held
      from apex_appl_acl_user_roles r
     where r.application_id = :application_id
       and r.user_name = upper(wanted.user_name)
       and r.role_static_id = wanted.role_static_id;
    if held = 0 then
      apex_acl.add_user_role(p_application_id => :application_id, p_user_name => wanted.user_name, p_role_static_id => wanted.role_static_id);
      fresh := fresh + 1;
    end if;
  end loop;
  commit;
  :added := fresh;
end;
