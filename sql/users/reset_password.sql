-- purpose: Gives a database user a new password, unlocks the account and says how it stands afterwards.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: ALTER USER, SELECT on DBA_USERS
-- param username: bind varchar2 in - the user, in the case of the dictionary
-- param password: bind varchar2 in - the new password
-- param account_status: bind varchar2 out - the state of the account
-- param expires: bind varchar2 out - when the password expires, empty for never
declare
  found number;
  status varchar2(100);
  expiry varchar2(40);
begin
  dbms_output.enable(null);
  if :password is null or instr(:password, '"') > 0 then
    raise_application_error(-20910, 'adbctl: a password cannot be empty and cannot hold a quotation mark');
  end if;
  select count(*) into found from dba_users u where u.username = :username and u.oracle_maintained = 'N';
  if found = 0 then
    raise_application_error(-20911, 'adbctl: there is no database user ' || :username || ' that may be changed');
  end if;
  execute immediate 'alter user ' || dbms_assert.enquote_name(:username, false)
    || ' identified by "' || :password || '" account unlock';
  select u.account_status, to_char(u.expiry_date, 'YYYY-MM-DD"T"HH24:MI:SS')
    into status, expiry
    from dba_users u
   where u.username = :username;
  dbms_output.put_line(:username || ' is ' || status || ', and its password ' || case when expiry is null then 'does not expire' else 'expires ' || expiry end);
  :account_status := status;
  :expires := expiry;
end;
