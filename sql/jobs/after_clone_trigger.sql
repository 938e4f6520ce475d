-- purpose: Makes a trigger on the source that keeps copied jobs from running in a clone. It fires in clones only.
-- side: source
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: CREATE ANY TRIGGER, ADMINISTER DATABASE TRIGGER
-- param made: bind varchar2 out - YES, once it is there and compiles
declare
  compiled_with_errors exception;
  pragma exception_init(compiled_with_errors, -24344);
  why varchar2(2000);
begin
  begin
    execute immediate 'create or replace trigger adbctl_after_clone after clone on pluggable database'
      || ' declare'
      || ' pragma autonomous_transaction;'
      || ' begin'
      || ' for job in (select j.owner, j.job_name from dba_scheduler_jobs j where j.enabled = ''TRUE'''
      || ' and j.owner in (select u.username from dba_users u where u.oracle_maintained = ''N'')) loop'
      || ' dbms_scheduler.disable(name => dbms_assert.enquote_name(job.owner, false) || ''.'''
      || ' || dbms_assert.enquote_name(job.job_name, false), force => true);'
      || ' end loop;'
      || ' commit;'
      || ' end;';
  exception
    -- Why it does not compile is read below.
    when compiled_with_errors then
      null;
  end;
  select max(e.text) keep (dense_rank first order by e.sequence) into why
    from user_errors e
   where e.name = 'ADBCTL_AFTER_CLONE';
  if why is not null then
    execute immediate 'drop trigger adbctl_after_clone';
    raise_application_error(-20925, 'adbctl: the AFTER CLONE trigger does not compile: ' || why);
  end if;
  :made := 'YES';
end;
