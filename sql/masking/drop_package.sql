-- purpose: Drops the package of masks and the table with its key. While the job that needs them is at work they stay.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: none beyond one's own schema
-- param package_name: bind varchar2 in - the package, in upper case
-- param job_name: bind varchar2 in - the Data Pump job that needs it; nothing: none does any more
declare
  known number;
  package_name varchar2(128) := dbms_assert.simple_sql_name(:package_name);
begin
  select count(*) into known
    from user_datapump_jobs j
   where j.job_name = :job_name and trim(j.state) in ('EXECUTING', 'COMPLETING');
  if known > 0 then
    dbms_output.put_line('the masks stay while job ' || :job_name || ' is at work; resume the run to drop them after it');
    return;
  end if;
  select count(*) into known from user_tables t where t.table_name = package_name || '_KEY';
  if known > 0 then
    execute immediate 'drop table ' || package_name || '_KEY purge';
  end if;
  select count(*) into known from user_objects o where o.object_name = package_name and o.object_type = 'PACKAGE';
  if known > 0 then
    execute immediate 'drop package ' || package_name;
  end if;
end;
