-- purpose: Counts the rows of these tables.
-- side: any
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 3600
-- privileges: SELECT on the tables
-- param tables: bind clob in - JSON array of objects with schema and table
-- param counted: bind clob out - JSON array of objects with schema, table and rows; null rows where they cannot be counted
declare
  list clob;
  how_many number;
  function quoted(text in varchar2) return varchar2 is
  begin
    return '"' || replace(replace(text, '\', '\\'), '"', '\"') || '"';
  end;
begin
  for t in (
    select j.owner_name, j.table_name
      from json_table(:tables, '$[*]' columns (owner_name varchar2(128) path '$.schema', table_name varchar2(128) path '$.table')) j
     order by j.owner_name, j.table_name
  ) loop
    begin
      execute immediate 'select count(*) from ' || dbms_assert.enquote_name(t.owner_name, false) || '.' || dbms_assert.enquote_name(t.table_name, false)
        into how_many;
    exception
      when others then
        how_many := null;
    end;
    list := list || case when list is not null then ',' end || '{"schema":' || quoted(t.owner_name) || ',"table":' || quoted(t.table_name)
      || ',"rows":' || nvl(to_char(how_many), 'null') || '}';
  end loop;
  :counted := '[' || list || ']';
end;
