-- What the team runs after each refresh: a procedure and the job that calls it.
set define off
prompt making the procedure
create or replace procedure sales.mark_refreshed as
begin
  insert into sales.audit_log (actor, what) values (user, 'refreshed');
  commit;
end;
/
prompt making the job
begin
  dbms_scheduler.create_job(
    job_name        => 'SALES.MARK_REFRESHED_JOB',
    job_type        => 'STORED_PROCEDURE',
    job_action      => 'SALES.MARK_REFRESHED',
    repeat_interval => 'FREQ=DAILY;BYHOUR=6',
    enabled         => true);
end;
/
update sales.settings set value = 'dev' where name = 'environment';
commit;
