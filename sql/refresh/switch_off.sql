-- purpose: Switches off the triggers and foreign keys that a record says are on, by name.
--   Those that are gone meanwhile are left out.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 900
-- privileges: ALTER ANY TABLE, ALTER ANY TRIGGER; SELECT on DBA_CONSTRAINTS, DBA_TRIGGERS
-- param record: bind clob in - JSON array, as refresh/record gives it
-- param changed: bind number out - how many were switched off now
declare
  done number := 0;
  failures varchar2(32767);
  procedure carry_out(p_statement in varchar2) is
  begin
    execute immediate p_statement;
    done := done + 1;
  exception
    when others then
      failures := substr(failures || p_statement || ': ' || sqlerrm || chr(10), 1, 1500);
  end;
begin
  -- A statement that somebody has just begun may hold a table for a moment.
  execute immediate 'alter session set ddl_lock_timeout = 30';
  for k in (
    select r.owner_name, r.name, r.table_name
      from json_table(:record, '$[*]' columns (
             kind varchar2(20) path '$.kind', owner_name varchar2(128) path '$.owner', name varchar2(128) path '$.name',
             table_name varchar2(128) path '$.table_name', status varchar2(8) path '$.status',
             validated varchar2(13) path '$.validated')) r
      join dba_constraints c on c.owner = r.owner_name and c.constraint_name = r.name
     where r.kind = 'foreign key'
       -- One that is disabled and validated lets no row in at all.
       and (c.status = 'ENABLED' or c.validated = 'VALIDATED')
       and (r.status = 'ENABLED' or r.validated = 'VALIDATED')
     order by r.owner_name, r.table_name, r.name
  ) loop
    carry_out('alter table ' || dbms_assert.enquote_name(k.owner_name, false) || '.' || dbms_assert.enquote_name(k.table_name, false)
      || ' disable novalidate constraint ' || dbms_assert.enquote_name(k.name, false));
  end loop;
  for g in (
    select r.owner_name, r.name
      from json_table(:record, '$[*]' columns (
             kind varchar2(20) path '$.kind', owner_name varchar2(128) path '$.owner', name varchar2(128) path '$.name',
             status varchar2(8) path '$.status')) r
      join dba_triggers t on t.owner = r.owner_name and t.trigger_name = r.name
     where r.kind = 'trigger' and r.status = 'ENABLED' and t.status = 'ENABLED'
     order by r.owner_name, r.name
  ) loop
    carry_out('alter trigger ' || dbms_assert.enquote_name(g.owner_name, false) || '.' || dbms_assert.enquote_name(g.name, false) || ' disable');
  end loop;
  :changed := done;
  if failures is not null then
    raise_application_error(-20928, 'adbctl: could not be switched off: ' || failures);
  end if;
end;
