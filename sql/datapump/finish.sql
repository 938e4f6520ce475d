-- purpose: Compiles what is invalid in these schemas and gathers their statistics, which a dump does not bring.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 3600
-- privileges: ALTER ANY PROCEDURE, ANALYZE ANY
-- param schemas: bind clob in - JSON array of names as the database keeps them
begin
  for s in (select t.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) t) loop
    dbms_utility.compile_schema(schema => s.name, compile_all => false);
    -- This one takes names as SQL does; the other takes them as they are.
    dbms_stats.gather_schema_stats(ownname => dbms_assert.enquote_name(s.name, false));
  end loop;
end;
