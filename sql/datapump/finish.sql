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
    dbms_stats.gather_schema_stats(ownname => s.name);
  end loop;
end;
