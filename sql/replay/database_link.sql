-- purpose: Makes a recorded database link that is not there, in the schema that uses it; one that is there stays as it is.
--   A procedure that exists only meanwhile does it, since a link can be made in one's own schema only.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE ANY PROCEDURE, DROP ANY PROCEDURE, EXECUTE ANY PROCEDURE, CREATE PUBLIC DATABASE LINK, SELECT on DBA_DB_LINKS; the schema needs CREATE DATABASE LINK, not by a role
-- param links: bind clob in - JSON array, as capture/database_links gives it
-- param schema_name: bind varchar2 in - the schema, or PUBLIC
-- param db_link: bind varchar2 in - the link's name
-- param password: bind varchar2 in - the password of the user that it connects as
-- param outcome: bind varchar2 out - made, kept, or not recorded
declare
  helper varchar2(300);
  found number;
  text varchar2(4000);
  result varchar2(20) := 'not recorded';
begin
  if :password is null or instr(:password, '"') > 0 then
    raise_application_error(-20910, 'adbctl: a password cannot be empty and cannot hold a quotation mark');
  end if;
  for w in (
    select g.owner, g.db_link, g.username, g.host
      from json_table(:links, '$[*]' columns (
             owner varchar2(128) path '$.owner', db_link varchar2(128) path '$.db_link',
             username varchar2(128) path '$.username', host varchar2(2000) path '$.host')) g
     where g.owner = :schema_name and g.db_link = upper(:db_link)
  ) loop
    select count(*) into found from dba_db_links l where l.owner = w.owner and l.db_link = w.db_link;
    if found > 0 then
      result := 'kept';
    else
      text := 'create ' || case w.owner when 'PUBLIC' then 'public ' end || 'database link ' || dbms_assert.qualified_sql_name(w.db_link)
        || ' connect to ' || dbms_assert.enquote_name(w.username, false) || ' identified by "' || :password || '" using '
        || dbms_assert.enquote_literal(w.host);
      if w.owner in ('PUBLIC', user) then
        execute immediate text;
      else
        helper := dbms_assert.enquote_name(w.owner, false) || '.adbctl_database_link';
        execute immediate 'create or replace procedure ' || helper
          || ' (p_text in varchar2) authid definer is begin execute immediate p_text; end;';
        begin
          execute immediate 'begin ' || helper || '(:p_text); end;' using text;
        exception
          when others then
            execute immediate 'drop procedure ' || helper;
            raise;
        end;
        execute immediate 'drop procedure ' || helper;
      end if;
      result := 'made';
    end if;
  end loop;
  :outcome := result;
end;
