-- purpose: Asks every one of these database links whether it answers. A link can be used only by its owner, so in other schemas a procedure asks
--   that exists only meanwhile.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 600
-- privileges: CREATE ANY PROCEDURE, DROP ANY PROCEDURE, EXECUTE ANY PROCEDURE, SELECT on DBA_OBJECTS and DBA_SOURCE
-- param links: bind clob in - JSON array, as capture/database_links gives it
-- param asked: bind clob out - JSON array of objects with owner, db_link and said: answers, or the error
declare
  compiled_with_errors exception;
  pragma exception_init(compiled_with_errors, -24344);
  list clob;
  said varchar2(4000);

  function quoted(text in varchar2) return varchar2 is
  begin
    return '"' || replace(replace(regexp_replace(text, '[[:cntrl:]]', ' '), '\', '\\'), '"', '\"') || '"';
  end;

  procedure ask_as(owner_name in varchar2, question in varchar2) is
    helper varchar2(300) := dbms_assert.enquote_name(owner_name, false) || '.adbctl_try_link';
    others number;
  begin
    -- One that was killed may have left its own behind; whoever else has one of that name keeps it.
    select count(*) into others
      from dba_objects o
     where o.owner = owner_name and o.object_name = 'ADBCTL_TRY_LINK'
       and not exists (
             select 1
               from dba_source s
              where s.owner = o.owner and s.name = o.object_name and s.type = 'PROCEDURE' and instr(s.text, '/* adbctl */') > 0);
    if others > 0 then
      said := 'not asked: there is a procedure ' || owner_name || '.ADBCTL_TRY_LINK already';
      return;
    end if;
    begin
      execute immediate 'create or replace procedure ' || helper || ' authid definer is /* adbctl */ n number; begin execute immediate '
        || dbms_assert.enquote_literal(replace(question, '''', '''''')) || ' into n; end;';
    exception
      -- What does not compile says so when it is called.
      when compiled_with_errors then
        null;
      when others then
        said := sqlerrm;
        return;
    end;
    begin
      execute immediate 'begin ' || helper || '; end;';
    exception
      when others then
        said := sqlerrm;
    end;
    execute immediate 'drop procedure ' || helper;
  end;

  procedure ask(question in varchar2) is
    answer number;
  begin
    execute immediate question into answer;
  exception
    when others then
      said := sqlerrm;
  end;
begin
  dbms_output.enable(null);
  for l in (
    select g.owner, g.db_link
      from json_table(:links, '$[*]' columns (owner varchar2(128) path '$.owner', db_link varchar2(128) path '$.db_link')) g
     order by g.owner, g.db_link
  ) loop
    said := 'answers';
    if l.owner in ('PUBLIC', user) then
      ask('select 1 from dual@' || l.db_link);
    else
      ask_as(l.owner, 'select 1 from dual@' || l.db_link);
    end if;
    dbms_output.put_line(l.owner || '.' || l.db_link || ': ' || said);
    list := list || case when list is not null then ',' end || '{"owner":' || quoted(l.owner) || ',"db_link":' || quoted(l.db_link)
      || ',"said":' || quoted(said) || '}';
  end loop;
  :asked := '[' || list || ']';
end;
