-- purpose: Makes a recorded workspace user that is not there, with a password; one that is there stays as it is.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param users: bind clob in - JSON array, as capture/workspace_users gives it
-- param workspace: bind varchar2 in - the workspace
-- param user_name: bind varchar2 in - the user
-- param password: bind varchar2 in - the password
-- param outcome: bind varchar2 out - created, kept, or not recorded
declare
  found number;
  result varchar2(20) := 'not recorded';
begin
  dbms_output.enable(null);
  for w in (
    select g.workspace_name, g.user_name, g.email, g.first_name, g.last_name, g.description, g.is_admin, g.is_application_developer,
           g.account_locked
      from json_table(:users, '$[*]' columns (
             workspace_name varchar2(255) path '$.workspace_name', user_name varchar2(255) path '$.user_name',
             email varchar2(240) path '$.email', first_name varchar2(255) path '$.first_name', last_name varchar2(255) path '$.last_name',
             description varchar2(240) path '$.description', is_admin varchar2(3) path '$.is_admin',
             is_application_developer varchar2(3) path '$.is_application_developer',
             account_locked varchar2(3) path '$.account_locked')) g
     where g.workspace_name = upper(:workspace) and g.user_name = upper(:user_name)
  ) loop
    select count(*) into found
      from apex_workspace_apex_users x
     where x.workspace_name = w.workspace_name and x.user_name = w.user_name;
    if found > 0 then
      result := 'kept';
    else
      apex_util.set_workspace(p_workspace => w.workspace_name);
      apex_util.create_user(p_user_name => w.user_name, p_first_name => w.first_name, p_last_name => w.last_name,
        p_description => w.description, p_email_address => w.email, p_web_password => :password,
        p_developer_privs => case when w.is_admin = 'Yes' then 'ADMIN:CREATE:DATA_LOADER:EDIT:HELP:MONITOR:SQL'
          when w.is_application_developer = 'Yes' then 'CREATE:DATA_LOADER:EDIT:HELP:MONITOR:SQL' end,
        p_account_locked => case when w.account_locked = 'Yes' then 'Y' else 'N' end, p_change_password_on_first_use => 'Y');
      result := 'created';
    end if;
  end loop;
  commit;
  dbms_output.put_line(:user_name || ' of ' || :workspace || ': ' || result);
  :outcome := result;
end;
