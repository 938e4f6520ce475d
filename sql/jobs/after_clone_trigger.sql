-- purpose: Makes a trigger on the source that keeps copied jobs from running in a clone. It fires in clones only.
-- side: source
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: CREATE ANY TRIGGER, ADMINISTER DATABASE TRIGGER
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
end;
