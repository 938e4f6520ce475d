-- purpose: Makes a workspace user, or gives an existing one a new password and unlocks the account.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param workspace: bind varchar2 in - the workspace
-- param user_name: bind varchar2 in - the user
-- param email: bind varchar2 in - the user's address
-- param password: bind varchar2 in - the password
-- param privileges: bind varchar2 in - null for end users, else as APEX_UTIL.CREATE_USER takes them
-- param outcome: bind varchar2 out - created or updated
declare
  found number;
begin
  apex_util.set_workspace(p_workspace => :workspace);
  select count(*) into found
    from apex_workspace_apex_users w
   where w.workspace_name = upper(:workspace) and w.user_name = upper(:user_name);
  if found = 0 then
    apex_util.create_user(p_user_name => :user_name, p_email_address => :email, p_web_password => :password,
      p_developer_privs => :privileges, p_change_password_on_first_use => 'N');
    :outcome := 'created';
  else
    apex_util.reset_password(p_user_name => :user_name, p_old_password => null, p_new_password => :password,
      p_change_password_on_first_use => false);
    apex_util.unlock_account(p_user_name => :user_name);
    :outcome := 'updated';
  end if;
  commit;
end;
