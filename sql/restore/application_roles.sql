-- purpose: Gives people the roles in applications again that were recorded, as far as applications and roles are there.
--   Nobody loses one.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param assignments: bind clob in - JSON array, as capture/application_roles gives it
-- param given: bind number out - how many were given
declare
  given_now number := 0;
begin
  dbms_output.enable(null);
  for w in (
    select g.workspace, g.application_id, g.user_name, g.role_static_id
      from json_table(:assignments, '$[*]' columns (
             workspace varchar2(255) path '$.workspace', application_id number path '$.application_id',
             user_name varchar2(255) path '$.user_name', role_static_id varchar2(255) path '$.role_static_id')) g
     where not exists (select 1 from apex_appl_acl_user_roles r
                        where r.application_id = g.application_id and r.user_name = g.user_name
                          and r.role_static_id = g.role_static_id)
  ) loop
    begin
      apex_util.set_workspace(p_workspace => w.workspace);
      apex_acl.add_user_role(p_application_id => w.application_id, p_user_name => w.user_name, p_role_static_id => w.role_static_id);
      given_now := given_now + 1;
    exception
      when others then
        dbms_output.put_line('left out: ' || w.role_static_id || ' in application ' || w.application_id || ' for ' || w.user_name
          || ': ' || sqlerrm);
    end;
  end loop;
  commit;
  :given := given_now;
end;
