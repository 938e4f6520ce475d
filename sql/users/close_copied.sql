-- purpose: Takes the passwords from the users that an import brought, which are those of the exported database.
--   Nobody can log on as one of them until it is given a password; the account itself stays as open as it was.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: ALTER USER, SELECT on DBA_USERS
-- param before: bind clob in - JSON array of the users that keep theirs, as users/others gives it
-- param closed: bind clob out - JSON array of the names that were closed
declare
  names clob;
begin
  for w in (
    select u.username
      from dba_users u
     where u.oracle_maintained = 'N'
       and u.authentication_type = 'PASSWORD'
       and u.username <> user
       and u.username not in (select b.username from json_table(:before, '$[*]' columns (username varchar2(128) path '$.username')) b)
     order by u.username
  ) loop
    execute immediate 'alter user ' || dbms_assert.enquote_name(w.username, false) || ' no authentication';
    names := names || case when names is not null then ',' end || '"' || replace(replace(w.username, '\', '\\'), '"', '\"') || '"';
  end loop;
  :closed := '[' || names || ']';
end;
