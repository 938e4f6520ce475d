-- purpose: Makes the users that an import is to load into, where they are missing, with what a schema needs to own tables.
--   Nobody can log on as one of them until it is given a password.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE USER, GRANT ANY ROLE, GRANT ANY PRIVILEGE, SELECT on DBA_USERS
-- param users: bind clob in - JSON array of names as the database keeps them
-- param made: bind clob out - JSON array of the names that were made
declare
  known number;
  names clob;
begin
  for w in (select u.name from json_table(:users, '$[*]' columns (name varchar2(128) path '$')) u) loop
    select count(*) into known from dba_users d where d.username = w.name;
    if known = 0 then
      execute immediate 'create user ' || dbms_assert.enquote_name(w.name, false) || ' no authentication';
      execute immediate 'grant create session, unlimited tablespace, resource to ' || dbms_assert.enquote_name(w.name, false);
      names := names || case when names is not null then ',' end || '"' || replace(replace(w.name, '\', '\\'), '"', '\"') || '"';
    end if;
  end loop;
  :made := '[' || names || ']';
end;
