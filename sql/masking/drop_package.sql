-- purpose: Drops the package of masks and the table with its key.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: none beyond one's own schema
-- param package_name: bind varchar2 in - the package, in upper case
declare
  known number;
  package_name varchar2(128) := dbms_assert.simple_sql_name(:package_name);
begin
  select count(*) into known from user_tables t where t.table_name = package_name || '_KEY';
  if known > 0 then
    execute immediate 'drop table ' || package_name || '_KEY purge';
  end if;
  select count(*) into known from user_objects o where o.object_name = package_name and o.object_type = 'PACKAGE';
  if known > 0 then
    execute immediate 'drop package ' || package_name;
  end if;
end;
