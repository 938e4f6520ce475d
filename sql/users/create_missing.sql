-- purpose: Makes a database user that can log on, unless there is one of that name, which is left as it is.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: CREATE USER, GRANT ANY PRIVILEGE, SELECT on DBA_USERS
-- param username: bind varchar2 in - the user, in the case of the dictionary
-- param password: bind varchar2 in - the new user's password
-- param made: bind varchar2 out - YES if there was none
declare
  found number;
begin
  select count(*) into found from dba_users u where u.username = :username;
  if found > 0 then
    :made := 'NO';
  else
    if :password is null or instr(:password, '"') > 0 then
      raise_application_error(-20910, 'adbctl: a password cannot be empty and cannot hold a quotation mark');
    end if;
    execute immediate 'create user ' || dbms_assert.enquote_name(:username, false) || ' identified by "' || :password || '"';
    execute immediate 'grant create session to ' || dbms_assert.enquote_name(:username, false);
    :made := 'YES';
  end if;
end;
