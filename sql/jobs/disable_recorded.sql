-- purpose: Switches the recorded jobs off, by name, all of them first; then stops the runs that are going on.
--   Jobs that are gone meanwhile are left out of the count. One that cannot be switched off does not keep the others on.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: MANAGE SCHEDULER, CREATE ANY JOB, SELECT on DBA_SCHEDULER_JOBS
-- param jobs: bind clob in - JSON array of objects with owner and job_name, as jobs/record gives them
-- param changed: bind number out - how many jobs were there
declare
  job_path varchar2(300);
  done number := 0;
  failures varchar2(32767);
begin
  for job in (
    select r.owner, r.job_name
      from json_table(:jobs, '$[*]' columns (owner varchar2(128) path '$.owner', job_name varchar2(128) path '$.job_name')) r
     where exists (select 1 from dba_scheduler_jobs j where j.owner = r.owner and j.job_name = r.job_name)
  ) loop
    job_path := dbms_assert.enquote_name(job.owner, false) || '.' || dbms_assert.enquote_name(job.job_name, false);
    begin
      dbms_scheduler.disable(name => job_path, force => true);
      done := done + 1;
    exception
      when others then
        -- Gone meanwhile: there is nothing to be switched off.
        if sqlcode not in (-27475, -27476) then
          failures := substr(failures || job_path || ': ' || sqlerrm || chr(10), 1, 1500);
        end if;
    end;
  end loop;
  for busy in (
    select b.owner, b.job_name
      from dba_scheduler_running_jobs b
     where (b.owner, b.job_name) in (
             select r.owner, r.job_name
               from json_table(:jobs, '$[*]' columns (owner varchar2(128) path '$.owner', job_name varchar2(128) path '$.job_name')) r)
  ) loop
    job_path := dbms_assert.enquote_name(busy.owner, false) || '.' || dbms_assert.enquote_name(busy.job_name, false);
    begin
      dbms_scheduler.stop_job(job_name => job_path, force => true);
    exception
      when others then
        -- Ended or gone meanwhile.
        if sqlcode not in (-27366, -27475, -27476) then
          failures := substr(failures || job_path || ' runs on: ' || sqlerrm || chr(10), 1, 1500);
        end if;
    end;
  end loop;
  commit;
  :changed := done;
  if failures is not null then
    raise_application_error(-20926, 'adbctl: jobs that could not be switched off: ' || failures);
  end if;
end;
