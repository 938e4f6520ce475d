-- purpose: Makes the recorded synonyms that are not there. One of that name that leads elsewhere stays as it is.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: CREATE ANY SYNONYM, CREATE PUBLIC SYNONYM, SELECT on DBA_SYNONYMS and DBA_USERS
-- param synonyms: bind clob in - JSON array, as capture/synonyms gives it
-- param given: bind number out - how many were made
-- param refused: bind clob out - those that were not, with the reason
declare
  given_now number := 0;
  failures clob;
begin
  dbms_output.enable(null);
  for w in (
    select g.owner, g.synonym_name, g.table_owner, g.table_name, g.db_link
      from json_table(:synonyms, '$[*]' columns (
             owner varchar2(128) path '$.owner', synonym_name varchar2(128) path '$.synonym_name',
             table_owner varchar2(128) path '$.table_owner', table_name varchar2(128) path '$.table_name',
             db_link varchar2(128) path '$.db_link')) g
     where not exists (select 1 from dba_synonyms s where s.owner = g.owner and s.synonym_name = g.synonym_name)
  ) loop
    begin
      execute immediate 'create ' || case w.owner when 'PUBLIC' then 'public synonym ' else 'synonym ' || dbms_assert.enquote_name(w.owner, false) || '.' end
        || dbms_assert.enquote_name(w.synonym_name, false) || ' for '
        || case when w.table_owner is not null then dbms_assert.enquote_name(w.table_owner, false) || '.' end
        || dbms_assert.enquote_name(w.table_name, false)
        || case when w.db_link is not null then '@' || dbms_assert.qualified_sql_name(w.db_link) end;
      given_now := given_now + 1;
    exception
      when others then
        failures := failures || 'synonym ' || w.owner || '.' || w.synonym_name || ': ' || sqlerrm || chr(10);
        dbms_output.put_line('left out: synonym ' || w.owner || '.' || w.synonym_name || ': ' || sqlerrm);
    end;
  end loop;
  :given := given_now;
  :refused := failures;
end;
